#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Vector tiles and GeoJSON that nobody keeps: Tesela beside MapServer and PostGIS, alternately in one run.

    tests/bench/vector_bench.py mvt PATH --zooms 10-16             tiles of one layer
    tests/bench/vector_bench.py geojson PATH --zooms 14-16         up to 1 000 features in the boxes of tiles
        [--postgis "host=/run/postgresql dbname=bench"]            PostGIS as well, in a database that may be written to

PATH is any file with one layer of features that GDAL reads. Needs the Debian packages cgi-mapserver, mapserver-bin,
gdal-bin; for PostGIS postgresql-client. MapServer runs as one FastCGI process on a shapefile in EPSG:3857 with .qix
index; PostGIS has the same in a table clustered by its index (schema tesela_bench, dropped at the end), and is
asked through psql, whose \\timing is its time: it has no HTTP to pay for. Tesela runs with one worker and its caches
off. None of them compresses. Printed: what mapserver_bench.py prints; PostGIS's processor time is its time."""

import argparse
import json
import math
import pathlib
import shutil
import subprocess
import sys
import tempfile

from mapserver_bench import (MAP_HEAD, MapServer, Tesela, add_options, first_layer, load_layer, map_layer, report_zooms,
                             tile_bounds, to_shapefile)

LAYER = "bench-file"
SCHEMA = "tesela_bench"


def degrees(z, x, y):
    """The box of a tile as the parameter bbox."""
    west, south, east, north = tile_bounds(z, x, y)
    half = 20037508.342789244
    lat = [math.degrees(math.atan(math.sinh(v / half * math.pi))) for v in (south, north)]
    return f"{west / half * 180:.9f},{lat[0]:.9f},{east / half * 180:.9f},{lat[1]:.9f}"


def check(what, body):
    """Nobody wins by answering with an error."""
    if what == "geojson" and not body.lstrip().startswith(b"{"):
        raise RuntimeError(f"no GeoJSON: {body[:200]!r}")
    return body


class OurTiles(Tesela):
    def __init__(self, data, styles, what):
        super().__init__(data, styles, LAYER)
        self.what = what

    def get(self, z, x, y):
        path = (f"/tiles/{LAYER}/{z}/{x}/{y}.mvt" if self.what == "mvt"
                else f"/collections/{LAYER}/items?limit=1000&bbox={degrees(z, x, y)}")
        self.connection.request("GET", path)
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"tesela answered {answer.status}: {body[:200]!r}")
        return check(self.what, body)


class MapServerVector(MapServer):
    def __init__(self, mapfile, folder, what):
        super().__init__(mapfile, folder)
        self.what = what

    def get(self, z, x, y):
        if self.what == "mvt":
            head, body = self.ask(f"map={self.mapfile}&mode=tile&tilemode=gmap&tile={x}+{y}+{z}&layers=file&map.imagetype=mvt")
        else:
            head, body = self.ask(f"f=json&limit=1000&bbox={degrees(z, x, y)}", "/bench/ogcapi/collections/file/items")
        if b"Status: 4" in head or b"Status: 5" in head or b"text/html" in head:
            raise RuntimeError(f"mapserver answered {head!r} {body[:300]!r}")
        return check(self.what, body)


class PostGIS:
    name = "postgis"

    def __init__(self, connection, shapefile, what, fields):
        self.what = what
        self.connection = connection
        self.fields = ", ".join(f'"{name.lower()}"' for name in fields)
        self.sql(f"drop schema if exists {SCHEMA} cascade; create schema {SCHEMA}")
        subprocess.run(["ogr2ogr", "-f", "PostgreSQL", f"PG:{connection}", str(shapefile), "-nln", f"{SCHEMA}.bench", "-a_srs",
                        "EPSG:3857", "-lco", "GEOMETRY_NAME=geom", "-lco", "FID=fid", "-nlt", "PROMOTE_TO_MULTI", "--config",
                        "PG_USE_COPY", "YES"], check=True, stderr=subprocess.DEVNULL)
        self.sql(f"cluster {SCHEMA}.bench using bench_geom_geom_idx; analyze {SCHEMA}.bench")
        self.process = subprocess.Popen(["psql", "-qAt", connection], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.process.stdin.write("set jit = off;\n\\timing on\n")

    def sql(self, text):
        subprocess.run(["psql", "-qAt", "-c", text.split(";")[0], *[a for t in text.split(";")[1:] for a in ("-c", t)], self.connection],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def query(self, z, x, y):
        if self.what == "mvt":
            return (f"with b as (select st_tileenvelope({z},{x},{y}) e, st_tileenvelope({z},{x},{y},margin=>64.0/4096) m) "
                    f"select length(coalesce(st_asmvt(t,'file',4096,'g'),'')) from (select st_asmvtgeom(geom,b.e,4096,64) g, "
                    f"{self.fields} from {SCHEMA}.bench, b where geom && b.m) t where g is not null;")
        return (f"select length(json_build_object('type','FeatureCollection','features',coalesce(json_agg(st_asgeojson(t.*)::json),"
                f"'[]'::json))::text) from (select {self.fields}, st_transform(geom,4326) from {SCHEMA}.bench where geom && "
                f"st_tileenvelope({z},{x},{y}) and st_intersects(geom,st_tileenvelope({z},{x},{y})) limit 1000) t;")

    def timed(self, z, x, y):
        """Bytes and seconds of one query."""
        self.process.stdin.write(self.query(z, x, y) + "\n")
        self.process.stdin.flush()
        size = int(self.process.stdout.readline())
        return size, float(self.process.stdout.readline().split()[1]) / 1000

    def close(self):
        self.process.stdin.close()
        self.process.wait(30)
        self.sql(f"drop schema {SCHEMA} cascade")


def field_names(shapefile):
    text = subprocess.run(["ogrinfo", "-json", str(shapefile)], capture_output=True, text=True, check=False).stdout
    try:
        return [field["name"] for field in json.loads(text)["layers"][0]["fields"]]
    except (ValueError, KeyError):  # GDAL before 3.7 has no -json
        text = subprocess.run(["ogrinfo", "-so", "-al", str(shapefile)], capture_output=True, text=True, check=True).stdout
        types = (": String (", ": Integer (", ": Integer64 (", ": Real (", ": Date (")
        return [line.split(":")[0] for line in text.splitlines() if any(kind in line for kind in types)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["mvt", "geojson"])
    parser.add_argument("path", type=pathlib.Path)
    parser.add_argument("--zooms", default="12-16")
    parser.add_argument("--postgis", help="connection string of a database with PostGIS")
    add_options(parser)
    arguments = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tesela-bench-"))
    targets = []
    try:
        data = folder / "data"
        load_layer(arguments.path, LAYER, data, arguments.load)
        source = f"/vsizip/{arguments.path}" if arguments.path.suffix == ".zip" else arguments.path
        shapefile = folder / "file.shp"
        to_shapefile(source, None, shapefile)
        layer, box = first_layer(data)
        if arguments.box:
            box = [float(number) for number in arguments.box.split(",")]
        styles = folder / "styles"
        styles.mkdir()
        kinds = {"point": "POINT", "line": "LINE", "polygon": "POLYGON"}
        body = map_layer("file", shapefile, kinds[layer.get("kind", "polygon")], [(None, ['COLOR "#a6cee3"'])])
        body = body.replace("STATUS ON", 'STATUS ON\nENCODING "UTF-8"\nTEMPLATE "x"\nMETADATA\n"ows_title" "file"\n'
                            '"gml_include_items" "all"\n"wfs_getfeature_formatlist" "geojson"\n"gml_featureid" "'
                            f'{field_names(shapefile)[0]}"\nEND')
        head = MAP_HEAD.replace("WEB\nMETADATA", 'OUTPUTFORMAT\nNAME "mvt"\nDRIVER MVT\nMIMETYPE "application/vnd.mapbox-vector-tile"\n'
                                'EXTENSION "pbf"\nFORMATOPTION "EXTENT=4096"\nFORMATOPTION "EDGE_BUFFER=64"\nEND\n'
                                'OUTPUTFORMAT\nNAME "geojson"\nDRIVER "OGR/GEOJSON"\nMIMETYPE "application/json; subtype=geojson"\n'
                                'FORMATOPTION "STORAGE=memory"\nFORMATOPTION "FORM=SIMPLE"\nEND\n'
                                'WEB\nMETADATA\n"oga_onlineresource" "http://localhost/bench/ogcapi"')
        mapfile = folder / "bench.map"
        mapfile.write_text(head + body + "END\n")
        targets = [OurTiles(data, styles, arguments.what), MapServerVector(mapfile, folder, arguments.what)]
        if arguments.postgis:
            targets.append(PostGIS(arguments.postgis, shapefile, arguments.what, field_names(shapefile)))
        report_zooms(targets, box, arguments.zooms, arguments)
    finally:
        for target in targets:
            target.close()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
