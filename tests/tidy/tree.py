# SPDX-License-Identifier: MIT
"""The rooms of src/: what each may include, and where each foreign library has its door."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
SRC = ROOT / "src"

# A room may include itself and these (docs/architecture.md).
ROOMS = {
    "base": [],
    "geo": ["base"],
    "draw": ["base"],
    "style": ["base"],
    "store": ["geo", "base"],
    "ingest": ["store", "geo", "base"],
    "render": ["draw", "style", "geo", "base"],
    "tile": ["render", "store", "style", "geo", "base"],
    "server": ["tile", "store", "style", "render", "geo", "base"],
    "cli": ["server", "tile", "ingest", "store", "render", "style", "draw", "geo", "base"],
}

# Which rooms may include the header of a foreign library (regular expression of the include).
DOORS = {
    r"gdal.*|ogr_.*|cpl_.*": ["ingest", "store"],
    r"geos_c\.h": ["ingest"],
    r"zip\.h": ["ingest"],
    r"proj\.h": ["geo"],
    r"spatialite.*": ["store"],
    r"sqlite3\.h": ["store", "tile", "ingest"],
    r"png\.h|jpeglib\.h|webp/.*": ["draw"],
    r"ft2build\.h|freetype/.*|hb.*\.h|fribidi.*|fontconfig/.*|librsvg/.*": ["draw"],
    r"microhttpd\.h": ["server"],
    r"brotli/.*": ["tile", "server"],
    r"jansson\.h|xxhash\.h": ["base"],
    r"libdeflate\.h": ["draw", "ingest", "tile", "server"],
    r"unicode/.*": ["style"],
    r"libxml/.*": ["style"],
    r"openssl/.*": ["ingest"],
    r"seccomp\.h": ["ingest"],
}

INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]', re.MULTILINE)


def sources(*patterns):
    """Files of src/ by pattern, sorted."""
    found = []
    for pattern in patterns:
        found.extend(SRC.rglob(pattern))
    return sorted(found)


def includes(path):
    """(is_ours, what) for each include of a file."""
    return [(quote == '"', what) for quote, what in INCLUDE.findall(path.read_text(encoding="utf-8"))]
