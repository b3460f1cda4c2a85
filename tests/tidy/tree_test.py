# SPDX-License-Identifier: MIT
"""Includes go down only; foreign libraries come in by their door; names and heads of files keep the house style."""

import re
import subprocess
import unittest

from tree import DOORS, ROOMS, ROOT, SRC, includes, sources


def allowed(path, is_ours, what):
    """None when the include is in order, otherwise what is wrong."""
    room = path.relative_to(SRC).parts[0]
    if is_ours:
        other = what.split("/")[0]
        if not (SRC / what).is_file():
            return f'"{what}" is not a path below src/'
        if other != room and other not in ROOMS[room]:
            return f"room {room} may not include {what}"
        return None
    for pattern, rooms in DOORS.items():
        if re.fullmatch(pattern, what) and room not in rooms:
            return f"<{what}> has its door in {', '.join(rooms)}"
    return None


class Tree(unittest.TestCase):
    def test_includes_go_down_only(self):
        wrong = []
        for path in sources("*.c", "*.h"):
            for is_ours, what in includes(path):
                problem = allowed(path, is_ours, what)
                if problem:
                    wrong.append(f"{path.relative_to(ROOT)}: {problem}")
        self.assertEqual(wrong, [])

    def test_the_check_can_fail(self):
        self.assertIsNotNone(allowed(SRC / "base" / "text.c", True, "geo/grid.h"))
        self.assertIsNotNone(allowed(SRC / "draw" / "raster.c", True, "geo/grid.h"))
        self.assertIsNotNone(allowed(SRC / "geo" / "grid.c", False, "sqlite3.h"))
        self.assertIsNone(allowed(SRC / "cli" / "main.c", True, "geo/grid.h"))

    def test_a_source_includes_its_own_header_first(self):
        wrong = []
        for path in sources("*.c"):
            own = path.with_suffix(".h")
            found = includes(path)
            if own.is_file() and (not found or found[0] != (True, str(own.relative_to(SRC)))):
                wrong.append(str(path.relative_to(ROOT)))
        self.assertEqual(wrong, [])

    def test_file_names_are_unique(self):
        seen = {}
        for path in sources("*.h"):
            seen.setdefault(path.name, []).append(str(path.relative_to(ROOT)))
        self.assertEqual([paths for paths in seen.values() if len(paths) > 1], [])

    def test_heads_of_files(self):
        wrong = []
        for path in sources("*.c", "*.h"):
            text = path.read_text(encoding="utf-8")
            if not text.startswith("/* SPDX-License-Identifier: MIT */\n"):
                wrong.append(f"{path.relative_to(ROOT)}: no SPDX line")
            if path.suffix == ".h" and "#pragma once" not in text:
                wrong.append(f"{path.relative_to(ROOT)}: no #pragma once")
        self.assertEqual(wrong, [])

    def test_public_functions_carry_the_name_of_their_file(self):
        """A public function starts with the file's name or its first word (docs/architecture.md: names)."""
        declared = re.compile(r"^[a-z][\w \*]*?\b\*?([a-z][a-z0-9_]*)\(", re.MULTILINE)
        wrong = []
        for path in sources("*.h"):
            text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
            text = re.sub(r"^(static|#|typedef).*$", "", text, flags=re.MULTILINE)
            for name in declared.findall(text):
                if name.startswith("__") or name.split("_")[0] in path.stem.split("_") or path.stem.startswith(name):
                    continue
                wrong.append(f"{path.relative_to(ROOT)}: {name}")
        # Values and the verbs of a room's whole interface are named for the noun, not for the file.
        nouns = ("bbox_", "world_", "tile_", "view_", "value_", "text_", "pixel_", "feature_", "geometry_", "field_",
                 "catalog_", "label_", "handle_", "shape_", "style_", "render_", "painter_", "store_", "ingest_",
                 "connection_", "static_files_", "server_", "translate_", "number_", "fill_", "line_",
                 "circle_", "heatmap_", "raster_", "hillshade_", "color_", "layer_", "cli_", "response_", "request_")
        wrong = [line for line in wrong if not line.split(": ")[1].startswith(nouns)]
        self.assertEqual(wrong, [])

    def test_nothing_of_this_machine_is_in_the_repository(self):
        tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split("\n")
        forbidden = re.compile(r"/work/(main|shared)|registry\.npmjs|deb\.debian\.org")
        wrong = []
        for name in filter(None, tracked):
            path = ROOT / name
            if path.suffix in (".png", ".zip", ".gpkg", ".pbf") or not path.is_file() or path.name == "tree_test.py":
                continue
            if forbidden.search(path.read_text(encoding="utf-8", errors="replace")):
                wrong.append(name)
        self.assertEqual(wrong, [])


if __name__ == "__main__":
    unittest.main()
