#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The import as people use it: the built program on files of our own making and on the shared sample data.

TESELA_PROGRAM names the program; TESELA_SHARED the folder with the sample data (else ../shared beside the repository).
expected.json says for each shared file what must come out; `import_test.py --renew` writes it anew from what the
program does now, to be read and judged before it is committed.
"""

import gzip
import json
import os
import shutil
import sqlite3
import struct
import subprocess
import sys
import tempfile
import unittest
import zipfile

import fixtures

try:
    from osgeo import gdal, ogr
except ImportError:
    print("python3-gdal is not installed: skipped")
    sys.exit(77)

ogr.UseExceptions()
gdal.UseExceptions()
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PROGRAM = os.environ.get("TESELA_PROGRAM", os.path.join(ROOT, "build", "tesela"))
SHARED = os.environ.get("TESELA_SHARED", os.path.join(os.path.dirname(ROOT), "shared"))
DATA = os.path.join(SHARED, "data")
EXPECTED = os.path.join(HERE, "expected.json")

# Left-out rows are told by messages with these beginnings.
LEFT_OUT = "left out, since"


def run(arguments, directory, language="C.UTF-8"):
    environment = {
        "PATH": os.environ["PATH"],
        "LANG": language,
        "TESELA_DATA": directory,
        "TMPDIR": os.path.dirname(directory),
        "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", ""),
    }
    return subprocess.run([PROGRAM] + arguments, env=environment, capture_output=True, timeout=300, check=False)


def stored(directory):
    result = run(["layers", "--json"], directory)
    return {layer["id"]: layer for layer in json.loads(result.stdout)["layers"]}


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="tesela-import-")
        self.data = os.path.join(self.folder, "data")
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def load(self, path, *options, command="load"):
        """Runs load (or inspect) with --json; returns exit code and report."""
        result = run([command, path, "--json", *options], self.data)
        self.assertNotIn(b"Sanitizer", result.stderr, result.stderr.decode(errors="replace"))
        self.assertIn(result.returncode, (0, 1, 2), result.stderr.decode(errors="replace"))
        report = json.loads(result.stdout.decode("utf-8"))
        leftovers = [name for name in os.listdir(self.folder) if name.startswith("tesela-")]
        self.assertEqual(leftovers, [], "temporary folders are removed")
        self.check_rows(report, command)
        return result.returncode, report

    def check_rows(self, report, command):
        """Rows in = rows kept + rows listed."""
        for layer in report["layers"]:
            if command != "load" or "version" not in layer:
                continue
            self.assertEqual(layer["features"], layer["loaded"] + layer["left_out"])
            listed = sum(
                message["place"]["row_count"]
                for message in report["messages"]
                if LEFT_OUT in message["text"] and message["place"].get("layer") == layer["name"]
            )
            self.assertEqual(layer["left_out"], listed)

    def codes(self, report, least="warning"):
        order = ["notice", "warning", "error"]
        return sorted({m["code"] for m in report["messages"] if order.index(m["severity"]) >= order.index(least)})

    def layers(self):
        """What is stored now."""
        return stored(self.data)

    def rows(self, layer_id):
        """Features as OGR reads them from the store: (attributes, WKT or None)."""
        layer = self.layers()[layer_id]
        dataset = ogr.Open(os.path.join(self.data, "tesela.sqlite"))
        table = dataset.GetLayerByName(layer["table"])
        out = []
        for feature in table:
            geometry = feature.GetGeometryRef()
            out.append((feature.items(), geometry.ExportToWkt() if geometry else None))
        return out

    def check_store(self, layer_id):
        """Every text is UTF-8, the count is right, the spatial index is there."""
        layer = self.layers()[layer_id]
        database = sqlite3.connect(os.path.join(self.data, "tesela.sqlite"))
        self.addCleanup(database.close)
        database.text_factory = lambda raw: raw.decode("utf-8")
        names = [row[1] for row in database.execute('PRAGMA table_info("%s")' % layer["table"])]
        columns = ",".join('"%s"' % name.replace('"', '""') for name in names if name.lower() != "geom")
        count = sum(1 for _ in database.execute('SELECT %s FROM "%s"' % (columns, layer["table"])))
        self.assertEqual(count, layer["features"])


class Encodings(Case):
    def check_names(self, stem_options, expected, code=None, encoding=None, options=()):
        stem = self.path("nombres")
        fixtures.write_points(stem, **stem_options)
        exit_code, report = self.load(stem + ".shp", *options)
        self.assertEqual([row[0]["nombre" if "nombre" in row[0] else "NOMBRE"] for row in self.rows("nombres")], expected)
        if code:
            self.assertIn(code, self.codes(report, "notice"))
        if encoding:
            self.assertEqual(report["layers"][0]["encoding"]["name"], encoding)
        return exit_code, report

    def test_latin1_undeclared(self):
        names = ["Torreón", "Gómez Palacio", "PEÑA", "Año"]
        code, report = self.check_names(
            {"names": [n.encode("latin-1") for n in names]}, names, "IMP-010", "windows-1252")
        self.assertEqual(code, 1)
        self.assertIn("Torreón", report["layers"][0]["encoding"]["samples"])

    def test_cp850_undeclared(self):
        names = ["Torreón", "Gómez Palacio", "Peña", "Juárez", "León"]
        self.check_names({"names": [n.encode("cp850") for n in names]}, names, "IMP-010", "CP850")

    def test_cp850_by_language_byte(self):
        names = ["San Luis Potosí", "Querétaro"]
        code, _ = self.check_names(
            {"names": [n.encode("cp850") for n in names], "language": 2}, names, None, "CP850")
        self.assertEqual(code, 0)

    def test_utf8_undeclared(self):
        names = ["Torreón", "Ñandú"]
        code, _ = self.check_names({"names": [n.encode() for n in names]}, names, "IMP-010", "UTF-8")
        self.assertEqual(code, 0)

    def test_declared_utf8_but_latin1(self):
        names = ["Torreón", "Cañón"]
        code, _ = self.check_names(
            {"names": [n.encode("latin-1") for n in names], "cpg": "UTF-8"}, names, "IMP-010", "windows-1252")
        self.assertEqual(code, 1)

    def test_declared_latin1_but_utf8(self):
        names = ["Torreón", "Cañón", "Peñón"]
        self.check_names({"names": [n.encode() for n in names], "cpg": "ISO-8859-1"}, names, "IMP-010", "UTF-8")

    def test_mixed_in_one_table(self):
        names = ["Torreón", "Cañón", "León", "Peñón"]
        raw = [names[0].encode(), names[1].encode(), names[2].encode("latin-1"), names[3].encode()]
        code, _ = self.check_names({"names": raw}, names, "IMP-010")
        self.assertEqual(code, 1)

    def test_person_decides(self):
        names = ["Torreón"]
        self.check_names({"names": [b"Torre\xa2n"]}, names, None, "CP850", ("--encoding", "CP850"))

    def test_unknown_encoding(self):
        stem = self.path("x")
        fixtures.write_points(stem, [b"a"])
        code, report = self.load(stem + ".shp", "--encoding", "klingon")
        self.assertEqual((code, self.codes(report)), (2, ["IMP-010"]))

    def test_column_name(self):
        stem = self.path("x")
        fixtures.write_points(stem, [b"a"], columns=[("AÑO".encode("latin-1"), "C", 5, 0)], rows=[["Ñu".encode("latin-1")]])
        self.load(stem + ".shp")
        self.assertEqual(self.rows("x")[0][0]["AÑO"], "Ñu")


class Systems(Case):
    TORREON = (2374865.0, 1458642.0)  # in INEGI's Lambert: -103.2476, 25.1678

    def place(self, layer="x"):
        box = stored(self.data)[layer]["bbox"]
        return round(box[0], 3), round(box[1], 3)

    def test_inegi_lambert_by_parameters(self):
        stem = self.path("x")
        fixtures.write_points(stem, [b"a"], prj=fixtures.LCC_PRJ, places=[self.TORREON])
        code, report = self.load(stem + ".shp")
        self.assertEqual((code, report["layers"][0]["srs"]["code"]), (0, "EPSG:6372"))
        self.assertEqual(self.place(), (-103.248, 25.168))
        # the truth keeps the original coordinates
        self.assertEqual(self.rows("x")[0][1], "POINT (2374865 1458642)")

    def test_no_prj_projected(self):
        stem = self.path("x")
        fixtures.write_points(stem, [b"a"], prj=None, places=[self.TORREON])
        code, report = self.load(stem + ".shp")
        self.assertEqual((code, self.codes(report, "error")), (2, ["IMP-020"]))
        self.assertIn("--srs EPSG:6372", [m["cure"] for m in report["messages"] if m["severity"] == "error"][0])
        self.assertEqual(stored(self.data), {})
        code, _ = self.load(stem + ".shp", "--srs", "EPSG:6372")
        self.assertEqual((code, self.place()), (0, (-103.248, 25.168)))

    def test_no_prj_degrees(self):
        stem = self.path("x")
        fixtures.write_points(stem, [b"a"], prj=None)
        code, report = self.load(stem + ".shp")
        self.assertEqual((code, self.codes(report)), (1, ["IMP-020"]))

    def test_junk_prj(self):
        stem = self.path("x")
        fixtures.write_points(stem, [b"a"], prj="<html>404</html>")
        code, report = self.load(stem + ".shp")
        self.assertEqual((code, self.codes(report)), (1, ["IMP-020"]))

    def test_swapped(self):
        stem = self.path("x")
        fixtures.write_points(stem, [b"a"], places=[(25.5, -103.4)])
        code, report = self.load(stem + ".shp")
        self.assertEqual((code, self.codes(report)), (2, ["IMP-021"]))

    def test_degrees_declared_metres_inside(self):
        stem = self.path("x")
        fixtures.write_points(stem, [b"a"], places=[self.TORREON])
        code, report = self.load(stem + ".shp")
        self.assertEqual((code, self.codes(report, "error")), (2, ["IMP-020"]))

    def test_wrong_zone_is_told(self):
        stem = self.path("x")
        fixtures.write_points(stem, [b"a"], prj=None, places=[(660079, -2826013)])
        code, report = self.load(stem + ".shp", "--srs", "EPSG:32613")
        self.assertEqual((code, self.codes(report)), (1, ["IMP-021"]))

    def test_bad_option(self):
        stem = self.path("x")
        fixtures.write_points(stem, [b"a"])
        code, report = self.load(stem + ".shp", "--srs", "EPSG:5703")
        self.assertEqual((code, self.codes(report)), (2, ["IMP-020"]))


class Geometries(Case):
    SQUARE = [[(-103.4, 25.5), (-103.4, 25.6), (-103.3, 25.6), (-103.3, 25.5), (-103.4, 25.5)]]

    def test_null_shapes(self):
        stem = self.path("x")
        fixtures.write_polygons(stem, [None, self.SQUARE, None])
        code, report = self.load(stem + ".shp")
        self.assertEqual((code, self.codes(report)), (1, ["IMP-050"]))
        self.assertEqual(report["layers"][0]["null_geometries"], 2)
        rows = self.rows("x")
        self.assertEqual(sum(1 for row in rows if row[1] is None), 2)
        self.assertEqual(sorted(row[0]["CLAVE"] for row in rows), [1, 2, 3])

    def test_all_null(self):
        stem = self.path("x")
        fixtures.write_polygons(stem, [None, None])
        code, report = self.load(stem + ".shp")
        self.assertEqual((code, self.codes(report)), (2, ["IMP-050"]))

    def test_bow_tie_keeps_its_area(self):
        stem = self.path("x")
        bow = [[(-103.4, 25.5), (-103.2, 25.7), (-103.2, 25.5), (-103.4, 25.7), (-103.4, 25.5)]]
        fixtures.write_polygons(stem, [bow, self.SQUARE])
        code, report = self.load(stem + ".shp")
        self.assertEqual((code, self.codes(report)), (1, ["IMP-050"]))
        message = [m for m in report["messages"] if m["code"] == "IMP-050"][0]
        self.assertEqual(message["place"]["rows"], [1])
        self.assertAlmostEqual(message["place"]["details"][0]["x"], -103.3, 6)
        self.assertAlmostEqual(message["place"]["details"][0]["y"], 25.6, 6)
        shapes = {row[0]["CLAVE"]: ogr.CreateGeometryFromWkt(row[1]) for row in self.rows("x")}
        self.assertAlmostEqual(shapes[1].GetArea(), 0.02, 9)
        self.assertIn("the area goes from 0 to 0.02", message["place"]["details"][0]["what"])
        self.assertTrue(shapes[1].IsValid())

    def test_strict(self):
        stem = self.path("x")
        bow = [[(-103.4, 25.5), (-103.2, 25.7), (-103.2, 25.5), (-103.4, 25.7), (-103.4, 25.5)]]
        fixtures.write_polygons(stem, [bow])
        code, _ = self.load(stem + ".shp", "--strict")
        self.assertEqual((code, stored(self.data)), (2, {}))

    def test_open_ring(self):
        stem = self.path("x")
        fixtures.write_polygons(stem, [[self.SQUARE[0][:-1]]])
        code, report = self.load(stem + ".shp")
        self.assertEqual((code, self.codes(report)), (1, ["IMP-050"]))
        self.assertAlmostEqual(ogr.CreateGeometryFromWkt(self.rows("x")[0][1]).GetArea(), 0.01, 9)

    def test_not_a_number(self):
        stem = self.path("x")
        fixtures.write_points(stem, [b"a", b"b", b"c", b"d"], places=[
            (-103.4, 25.5), (float("nan"), 25.5), (float("inf"), 25.5), (-103.4, -1.7976931348623157e308)])
        code, report = self.load(stem + ".shp")
        self.assertEqual((code, self.codes(report)), (1, ["IMP-050"]))
        message = [m for m in report["messages"] if LEFT_OUT in m["text"]][0]
        self.assertEqual(message["place"]["rows"], [2, 3, 4])
        self.assertEqual(len(self.rows("x")), 1)

    def test_mixed_kinds(self):
        path = self.path("mezcla.geojson")
        features = [{"type": "Feature", "properties": {"n": i}, "geometry": {"type": "Point", "coordinates": [-103, 25]}}
                    for i in range(3)]
        features.append({"type": "Feature", "properties": {"n": 9},
                         "geometry": {"type": "LineString", "coordinates": [[-103, 25], [-102, 25]]}})
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"type": "FeatureCollection", "features": features}, file)
        code, report = self.load(path)
        self.assertEqual((code, self.codes(report)), (1, ["IMP-052"]))
        self.assertEqual(report["layers"][0]["left_out"], 1)


class Attributes(Case):
    def test_types(self):
        stem = self.path("x")
        columns = [(b"ENTERO", "N", 18, 0), (b"REAL", "N", 12, 3), (b"FECHA", "D", 8, 0), (b"LOGICO", "L", 1, 0),
                   (b"TEXTO", "C", 10, 0)]
        rows = [[b"900719925474099312", b"1.125", b"20200315", b"T", b"05035"],
                [None, None, None, b"?", None],
                [b"-7", b"-0.5", b"19991231", b"F", b"x y"]]
        fixtures.write_points(stem, [b"", b"", b""], columns=columns, rows=rows)
        code, report = self.load(stem + ".shp")
        self.assertEqual(code, 0, report["messages"])
        types = {field["name"]: field["type"] for field in report["layers"][0]["fields"]}
        self.assertEqual(types, {"ENTERO": "integer", "REAL": "real", "FECHA": "date", "LOGICO": "boolean",
                                 "TEXTO": "string"})
        got = {row[0]["TEXTO"]: row[0] for row in self.rows("x")}
        self.assertEqual(got["05035"]["ENTERO"], 900719925474099312)
        self.assertEqual(got["05035"]["REAL"], 1.125)
        self.assertEqual(got["05035"]["FECHA"].replace("/", "-")[:10], "2020-03-15")
        self.assertTrue(got["05035"]["LOGICO"])
        self.assertFalse(got["x y"]["LOGICO"])
        empty = [row for name, row in got.items() if name not in ("05035", "x y")][0]
        self.assertEqual([empty[name] for name in ("ENTERO", "REAL", "FECHA", "LOGICO")], [None] * 4)

    def test_overflowed_numbers(self):
        stem = self.path("x")
        columns = [(b"POB", "N", 4, 0), (b"IND", "N", 6, 2), (b"FECHA", "D", 8, 0)]
        rows = [[b"1234", b"1.50", b"20200229"], [b"****", b"******", b"20200230"], [b"7", b"n/d", b"00000000"]]
        fixtures.write_points(stem, [b"", b"", b""], columns=columns, rows=rows)
        code, report = self.load(stem + ".shp")
        self.assertEqual((code, self.codes(report)), (1, ["IMP-030"]))
        told = {(m["place"]["field"], tuple(m["place"].get("rows", ()))) for m in report["messages"]}
        self.assertEqual(told, {("POB", (2,)), ("IND", ()), ("IND", (3,)), ("FECHA", (2,))})
        # "1234" fills its column, so that a number may have been too long; no value of IND does
        self.assertEqual({m["severity"] for m in report["messages"] if m["place"]["field"] == "IND"}, {"notice", "warning"})
        got = [row[0] for row in sorted(self.rows("x"), key=lambda row: row[1], reverse=True)]
        got = {row["POB"]: (row["IND"], row["FECHA"]) for row in got}
        self.assertEqual(got[1234], (1.5, "2020/02/29"))
        self.assertEqual(got[None], (None, None))
        self.assertEqual(got[7], (None, None))

    def test_deleted_rows(self):
        stem = self.path("x")
        fixtures.write_points(stem, [b"a", b"b", b"c", b"d"])
        with open(stem + ".dbf", "r+b") as file:
            file.seek(65 + 2 * 41)
            file.write(b"*")
        code, report = self.load(stem + ".shp")
        self.assertEqual((code, self.codes(report)), (1, ["IMP-060"]))
        self.assertEqual([m["place"]["rows"] for m in report["messages"]], [[3]])
        self.assertEqual(sorted(row[0]["NOMBRE"] for row in self.rows("x")), ["a", "b", "d"])

    def test_long_integers(self):
        stem = self.path("x")
        most = [b"9223372036854775807", b"-9223372036854775808"]
        fixtures.write_points(stem, most, columns=[(b"N", "N", 20, 0)], rows=[[value] for value in most])
        self.assertEqual(self.load(stem + ".shp")[0], 0)
        self.assertEqual(sorted(row[0]["N"] for row in self.rows("x")), [-2**63, 2**63 - 1])

    def test_round_trip(self):
        values = [
            {"k": "a", "i": 2**63 - 1, "r": 0.1, "b": True, "d": "2020-02-29", "t": "2020-02-29T10:11:12Z", "s": ""},
            {"k": "b", "i": -2**63, "r": -1e300, "b": False, "d": "1999-12-31", "t": "1999-12-31T23:59:59Z", "s": "ñ"},
            {"k": "c", "i": None, "r": None, "b": None, "d": None, "t": None, "s": None}]
        features = [{"type": "Feature", "properties": row,
                     "geometry": {"type": "Point", "coordinates": [-103.40671234567891, 25.5 + 10 * i]}}
                    for i, row in enumerate(values)]
        with open(self.path("x.geojson"), "w", encoding="utf-8") as file:
            json.dump({"type": "FeatureCollection", "features": features}, file)
        self.assertEqual(self.load(self.path("x.geojson"))[0], 0)
        stored_rows = {}
        for row, wkt in self.rows("x"):
            stored_rows[row["k"]] = row
            self.assertIsNotNone(wkt)
        for row in values:
            got = stored_rows[row["k"]]
            self.assertEqual([got[name] for name in "kirbs"], [row[name] for name in "kirbs"])
            for name in "dt":
                text = got[name].replace("/", "-").replace(" ", "T").replace("+00", "Z") if got[name] else None
                self.assertEqual(text, row[name])
        dataset = ogr.Open(os.path.join(self.data, "tesela.sqlite"))
        table = dataset.GetLayerByName(stored(self.data)["x"]["table"])
        for feature in table:
            self.assertEqual(feature.GetGeometryRef().GetX(), -103.40671234567891, "coordinates are kept to the bit")
        out = self.path("tile.json")
        result = run(["tile", "x", "0/0/0", "--format", "geojson", "-o", out], self.data)
        self.assertEqual(result.returncode, 0, result.stderr)
        with open(out, encoding="utf-8") as file:
            tile = json.load(file)
        self.assertEqual(sorted((f["properties"] for f in tile["features"]), key=lambda row: row["k"]), values)

    def test_repeated_names(self):
        stem = self.path("x")
        fixtures.write_points(stem, [b""], columns=[(b"NOM", "C", 5, 0), (b"nom", "C", 5, 0), (b"NOM", "C", 5, 0)],
                              rows=[[b"a", b"b", b"c"]])
        code, report = self.load(stem + ".shp")
        self.assertEqual((code, self.codes(report)), (1, ["IMP-030"]))
        names = [field["name"] for field in report["layers"][0]["fields"]]
        self.assertEqual(len({name.lower() for name in names}), 3)
        self.assertEqual(sorted(v for k, v in self.rows("x")[0][0].items() if k in names), ["a", "b", "c"])

    def test_key(self):
        stem = self.path("x")
        fixtures.write_points(stem, [b"a", b"b", b"a"])
        code, report = self.load(stem + ".shp", "--key", "NOMBRE")
        self.assertEqual((code, self.codes(report)), (2, ["IMP-031"]))
        code, report = self.load(stem + ".shp", "--key", "NONBRE")
        self.assertEqual(code, 2)
        self.assertIn('"NOMBRE"', [m["text"] for m in report["messages"] if m["code"] == "IMP-031"][0])


class Archives(Case):
    def setUp(self):
        super().setUp()
        self.stem = self.path("capa")
        fixtures.write_points(self.stem, [b"uno", b"dos"])
        self.zip = self.path("capa.zip")

    def test_nested_folder_and_litter(self):
        members = fixtures.parts_of(self.stem, "una/otra/")
        members += [("__MACOSX/una/._capa.shp", b"basura"), ("una/.DS_Store", b"basura"), ("léeme.txt", b"hola")]
        fixtures.pack(self.zip, members)
        self.assertEqual(self.load(self.zip)[0], 0)
        self.assertEqual(len(self.rows("capa")), 2)

    def test_upper_case_parts(self):
        fixtures.pack(self.zip, [(name[:-3] + name[-3:].upper() if name.endswith("dbf") else name, path)
                                 for name, path in fixtures.parts_of(self.stem)])
        self.assertEqual(self.load(self.zip)[0], 0)
        self.assertEqual(sorted(row[0]["NOMBRE"] for row in self.rows("capa")), ["dos", "uno"])

    def test_upper_case_file(self):
        for extension in (".shp", ".shx", ".dbf", ".prj"):
            os.rename(self.stem + extension, self.stem + extension.upper())
        self.assertEqual(self.load(self.stem + ".SHP")[0], 0)
        self.assertEqual(len(self.rows("capa")), 2)

    def test_missing_parts(self):
        os.remove(self.stem + ".shx")
        code, report = self.load(self.stem + ".shp")
        self.assertEqual((code, self.codes(report)), (1, ["IMP-060"]))
        os.remove(self.stem + ".dbf")
        code, report = self.load(self.stem + ".shp", "--layer", "sin")
        self.assertEqual((code, self.codes(report)), (1, ["IMP-060"]))
        self.assertEqual(len(self.rows("sin")), 2)

    def test_table_alone(self):
        fixtures.pack(self.zip, [("capa.dbf", self.stem + ".dbf")])
        code, report = self.load(self.zip)
        self.assertEqual((code, self.codes(report)), (2, ["IMP-060"]))
        self.assertIn(".shp", report["messages"][-1]["text"])

    def test_hostile_names(self):
        for name in ("../capa.shp", "/tmp/capa.shp", "a/../../capa.shp", "C:\\capa.shp", "a\\..\\..\\capa.shp"):
            with self.subTest(name=name):
                fixtures.pack(self.zip, [(name, self.stem + ".shp")])
                code, report = self.load(self.zip)
                self.assertEqual((code, self.codes(report)), (2, ["IMP-060"]))
        self.assertFalse(os.path.exists(os.path.join(os.path.dirname(self.folder), "capa.shp")))

    def test_link(self):
        with zipfile.ZipFile(self.zip, "w") as archive:
            info = zipfile.ZipInfo("capa.shp")
            info.create_system = 3
            info.external_attr = 0o120777 << 16
            archive.writestr(info, "/etc/passwd")
        code, report = self.load(self.zip)
        self.assertEqual((code, self.codes(report)), (2, ["IMP-060"]))

    def test_bomb(self):
        with zipfile.ZipFile(self.zip, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("capa.shp", bytes(200 << 20))
        code, report = self.load(self.zip)
        self.assertEqual((code, self.codes(report)), (2, ["IMP-060"]))

    def test_cut_off(self):
        fixtures.pack(self.zip, fixtures.parts_of(self.stem))
        with open(self.zip, "rb") as file:
            content = file.read()
        for length in (10, len(content) // 2, len(content) - 10):
            with open(self.zip, "wb") as file:
                file.write(content[:length])
            self.assertEqual(self.load(self.zip)[0], 2)

    def test_two_layers(self):
        other = self.path("otra")
        fixtures.write_points(other, [b"tres"])
        fixtures.pack(self.zip, fixtures.parts_of(self.stem) + fixtures.parts_of(other))
        self.assertEqual(self.load(self.zip, "--layer", "x")[0], 2)
        self.assertEqual(self.load(self.zip, "--layer", "x", "--source-layer", "otra")[0], 0)
        self.assertEqual(len(self.rows("x")), 1)
        self.assertEqual(self.load(self.zip)[0], 0)
        self.assertEqual(set(stored(self.data)), {"x", "capa", "otra"})

    def test_disguised(self):
        vrt = b'<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>/etc</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'
        for name in ("x.shp", "x.gpkg", "x.geojson", "x.csv"):
            with self.subTest(name=name):
                with open(self.path(name), "wb") as file:
                    file.write(vrt)
                self.assertEqual(self.load(self.path(name))[0], 2)
        fixtures.pack(self.zip, [("x.shp", vrt)])
        self.assertEqual(self.load(self.zip)[0], 2)

    def test_amplified_index(self):
        with open(self.stem + ".shx", "rb") as file:
            head = file.read(100)
        with open(self.stem + ".shx", "wb") as file:
            file.write(head + struct.pack(">ii", 50, 10) * 10000)
        code, report = self.load(self.stem + ".shp")
        self.assertEqual((code, self.codes(report)), (1, ["IMP-060"]))
        self.assertEqual(len(self.rows("capa")), 2)


class Replacing(Case):
    def test_replace_keeps_the_descriptor(self):
        stem = self.path("colonias")
        fixtures.write_points(stem, [b"a", b"b"])
        descriptor = {"id": "colonias", "title": {"es": "Colonias"}, "key": "NOMBRE", "label": "NOMBRE",
                      "fields": {"NOMBRE": {"title": {"es": "Nombre"}}}, "file": "colonias.shp"}
        with open(self.path("colonias.json"), "w", encoding="utf-8") as file:
            json.dump(descriptor, file)
        self.assertEqual(self.load(stem + ".shp", "--descriptor", self.path("colonias.json"))[0], 0)
        fixtures.write_points(stem, [b"a", b"b", b"c"])
        code, report = self.load(stem + ".shp")
        self.assertEqual((code, self.codes(report, "notice")), (0, ["IMP-040"]))
        layer = stored(self.data)["colonias"]
        self.assertEqual((layer["title"], layer["key"], layer["version"], layer["features"]),
                         ("Colonias", "NOMBRE", 2, 3))
        self.assertEqual(layer["fields"][0]["title"], "Nombre")

    def test_failed_replace_changes_nothing(self):
        stem = self.path("colonias")
        fixtures.write_points(stem, [b"a", b"b"])
        self.load(stem + ".shp")
        before = stored(self.data)
        fixtures.write_points(stem, [b"a"], prj=None, places=[(9e9, 9e9)])
        os.remove(stem + ".prj")
        self.assertEqual(self.load(stem + ".shp")[0], 2)
        self.assertEqual(stored(self.data), before)

    def test_another_file_does_not_overwrite(self):
        stem = self.path("colonias")
        fixtures.write_points(stem, [b"a", b"b"])
        self.load(stem + ".shp")
        fixtures.pack(self.path("colonias.zip"), fixtures.parts_of(stem))
        code, report = self.load(self.path("colonias.zip"))
        self.assertEqual((code, self.codes(report)), (2, ["IMP-070"]))
        self.assertEqual(self.load(self.path("colonias.zip"), "--layer", "colonias")[0], 0)

    def test_inspect_and_dry_run_change_nothing(self):
        stem = self.path("x")
        fixtures.write_points(stem, [b"a"])
        self.assertEqual(self.load(stem + ".shp", command="inspect")[0], 0)
        self.assertEqual(self.load(stem + ".shp", "--dry-run")[0], 0)
        self.assertEqual(stored(self.data), {})

    def test_remove(self):
        stem = self.path("x")
        fixtures.write_points(stem, [b"a"])
        self.load(stem + ".shp")
        self.assertEqual(run(["remove", "x"], self.data).returncode, 0)
        self.assertEqual(stored(self.data), {})
        self.assertEqual(run(["remove", "x"], self.data).returncode, 2)

    def test_all(self):
        folder = self.path("layers")
        os.mkdir(folder)
        for name in ("uno", "dos"):
            fixtures.write_points(os.path.join(folder, name), [b"a"])
            with open(os.path.join(folder, name + ".json"), "w", encoding="utf-8") as file:
                json.dump({"id": name, "title": {"es": name}, "file": name + ".shp"}, file)
        first = run(["load", "--all", folder], self.data)
        self.assertEqual(first.returncode, 0, first.stdout + first.stderr)
        self.assertEqual({layer["version"] for layer in stored(self.data).values()}, {1})
        again = run(["load", "--all", folder], self.data)
        self.assertEqual(again.stdout.count(b"unchanged"), 2, again.stdout)
        fixtures.write_points(os.path.join(folder, "uno"), [b"a", b"b"])
        with open(os.path.join(folder, "dos.json"), "w", encoding="utf-8") as file:
            json.dump({"id": "dos", "title": {"es": "Otro"}, "file": "dos.shp"}, file)
        run(["load", "--all", folder], self.data)
        layers = stored(self.data)
        self.assertEqual((layers["uno"]["version"], layers["uno"]["features"]), (2, 2))
        self.assertEqual((layers["dos"]["version"], layers["dos"]["title"]), (2, "Otro"))
        self.assertEqual(run(["load", "--all", folder], self.data).stdout.count(b"unchanged"), 2)

    def test_descriptor_key_is_misspelt(self):
        stem = self.path("x")
        fixtures.write_points(stem, [b"a"])
        with open(self.path("x.json"), "w", encoding="utf-8") as file:
            file.write('{"id": "x", "titel": "X"}')
        code, report = self.load(stem + ".shp", "--descriptor", self.path("x.json"))
        self.assertEqual(code, 2)
        self.assertIn('did you mean "title"', report["messages"][0]["text"])


class Tables(Case):
    def write(self, name, text, encoding="utf-8"):
        with open(self.path(name), "w", encoding=encoding, newline="") as file:
            file.write(text)
        return self.path(name)

    def test_decimal_comma_and_title_lines(self):
        path = self.write("tabla.csv", "Padrón 2020\r\n\r\nclave;nombre;longitud;latitud\r\n"
                                       "05;Torreón;-103,4067;25,5428\r\n06;Lerdo;-103,5245;25,5366\r\n", "latin-1")
        code, report = self.load(path)
        self.assertEqual((code, self.codes(report)), (1, ["IMP-010"]))
        rows = {row[0]["clave"]: row for row in self.rows("tabla")}
        self.assertEqual(rows["05"][0]["nombre"], "Torreón")
        self.assertEqual(rows["05"][1], "POINT (-103.4067 25.5428)")

    def test_wkt(self):
        path = self.write("tabla.csv", 'id,wkt\n1,"POLYGON ((-103 25,-103 26,-102 26,-103 25))"\n2,"mal"\n')
        code, report = self.load(path)
        self.assertEqual(report["layers"][0]["left_out"], 1)
        self.assertEqual(code, 1)

    def test_projected_columns_need_a_system(self):
        path = self.write("tabla.csv", "id,x,y\n1,660078.95,2826013.30\n")
        self.assertEqual(self.load(path)[0], 2)
        self.assertEqual(self.load(path, "--srs", "32613")[0], 0)
        box = stored(self.data)["tabla"]["bbox"]
        self.assertAlmostEqual(box[0], -103.4067, 4)
        self.assertAlmostEqual(box[1], 25.5428, 4)

    def test_swapped_columns(self):
        path = self.write("tabla.csv", "id,lon,lat\n1,25.5,-103.4\n")
        code, report = self.load(path)
        self.assertEqual((code, self.codes(report)), (2, ["IMP-021"]))


    def types(self, report):
        return {field["name"]: field["type"] for field in report["layers"][0]["fields"]}

    def test_decimal_comma_columns(self):
        path = self.write("tabla.csv", "clave;indice;monto;lon;lat\n"
                                       "05;0,125;1.234,5;-103,4;25,5\n06;-12,5;999;-103,5;25,6\n07;;0,01;-103,5;25,6\n")
        code, report = self.load(path)
        self.assertEqual(code, 0, report["messages"])
        self.assertEqual(self.types(report),
                         {"clave": "string", "indice": "real", "monto": "real", "lon": "real", "lat": "real"})
        self.assertIn("IMP-030", self.codes(report, "notice"))
        rows = {row[0]["clave"]: row[0] for row in self.rows("tabla")}
        self.assertEqual([rows["05"][n] for n in ("indice", "monto", "lon")], [0.125, 1234.5, -103.4])
        self.assertEqual([rows["06"][n] for n in ("indice", "monto")], [-12.5, 999])
        self.assertIsNone(rows["07"]["indice"])

    def test_thousands(self):
        path = self.write("tabla.csv", 'Población total\n"clave","2010","valor","tel","lon","lat"\n'
                                       '"05","126,014,024","1,234.50","871,12",-103.4,25.5\n'
                                       '"06","1,425","17","x",-103.5,25.6\n')
        code, report = self.load(path)
        self.assertEqual(code, 0, report["messages"])
        self.assertEqual(self.types(report), {"clave": "string", "2010": "integer", "valor": "real", "tel": "string",
                                              "lon": "real", "lat": "real"})
        rows = {row[0]["clave"]: row[0] for row in self.rows("tabla")}
        self.assertEqual((rows["05"]["2010"], rows["05"]["valor"]), (126014024, 1234.5))
        self.assertEqual((rows["06"]["2010"], rows["06"]["valor"]), (1425, 17))

    def test_doubtful_commas_stay_text(self):
        path = self.write("tabla.csv", "id;n;lon;lat\n1;1,234;-103.4;25.5\n2;5,678;-103.4;25.5\n")
        code, report = self.load(path)
        self.assertEqual((code, self.types(report)["n"]), (0, "string"))
        self.assertIn("kept as text", report["messages"][-1]["text"] + report["messages"][0]["text"])

    def test_numbers_that_are_codes(self):
        path = self.write("tabla.csv", "id,n,m,lon,lat\n1,012,9223372036854775807,-103.4,25.5\n"
                                       "2,5,9223372036854775808,-103.4,25.5\n")
        code, report = self.load(path)
        self.assertEqual((code, self.types(report)["n"], self.types(report)["m"]), (0, "string", "string"))
        self.assertEqual(sorted(row[0]["m"] for row in self.rows("tabla")), ["9223372036854775807", "9223372036854775808"])

    def test_hexadecimal_geometry_with_its_system(self):
        point = struct.pack("<BIIdd", 1, 0x20000001, 32613, 660079, 2826013).hex()
        other = struct.pack("<BIIdd", 1, 0x20000001, 4326, -103.4, 25.5).hex()
        path = self.write("tabla.csv", "id,geom\n1,%s\n2,%s\n" % (point, other))
        code, report = self.load(path)
        self.assertEqual((code, report["layers"][0]["srs"]["code"]), (1, "EPSG:32613"))
        self.assertEqual((report["layers"][0]["loaded"], report["layers"][0]["left_out"]), (1, 1))
        self.assertEqual([row[1] for row in self.rows("tabla") if row[0]["id"] == 1], ["POINT (660079 2826013)"])

    def test_no_place(self):
        path = self.write("tabla.csv", "clave,poblacion\n05,12\n")
        code, report = self.load(path)
        self.assertEqual((code, self.codes(report)), (2, ["IMP-030"]))
        self.assertIn("joined", report["messages"][-1]["text"])
        self.assertEqual(stored(self.data), {})


class Formats(Case):
    def make(self, driver, name, shapes, fields=(("nombre", ogr.OFTString), ("n", ogr.OFTInteger64)), layer="capa"):
        """shapes: (WKT or None, values)."""
        path = self.path(name)
        dataset = ogr.GetDriverByName(driver).CreateDataSource(path)
        table = dataset.CreateLayer(layer)
        if driver != "DXF":
            for field, kind in fields:
                table.CreateField(ogr.FieldDefn(field, kind))
        for wkt, values in shapes:
            feature = ogr.Feature(table.GetLayerDefn())
            for field, value in values.items():
                feature[field] = value
            if wkt:
                feature.SetGeometry(ogr.CreateGeometryFromWkt(wkt))
            table.CreateFeature(feature)
        del table, dataset
        return path

    POINTS = [("POINT (-103.4 25.5)", {"nombre": "Peña", "n": 2**53 + 1}), ("POINT (-103.5 25.6)", {"nombre": "b"})]

    def check_points(self, layer):
        rows = {row[0]["nombre"]: row for row in self.rows(layer)}
        self.assertEqual((rows["Peña"][0]["n"], rows["Peña"][1]), (2**53 + 1, "POINT (-103.4 25.5)"))
        self.assertIsNone(rows["b"][0]["n"])
        self.check_store(layer)

    def test_flatgeobuf(self):
        path = self.make("FlatGeobuf", "capa.fgb", self.POINTS)
        code, report = self.load(path, "--srs", "4326")
        self.assertEqual((code, report["format"]), (0, "FlatGeobuf"))
        self.check_points("capa")
        fixtures.pack(self.path("z.zip"), [("a/capa.fgb", path)])
        self.assertEqual(self.load(self.path("z.zip"), "--srs", "4326")[0], 0)
        self.check_points("z")
        with open(path, "rb") as file:
            content = file.read()
        for length in (9, 60, len(content) // 2, len(content) - 9):
            with open(path, "wb") as file:
                file.write(content[:length])
            self.assertEqual(self.load(path, "--srs", "4326", "--layer", "roto")[0], 2)

    KML = """<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>
<Schema name="s" id="s"><SimpleField type="int" name="pob"/></Schema>
<Folder><name>Colonias</name>
<Placemark><name>Peña</name><ExtendedData><SchemaData schemaUrl="#s"><SimpleData name="pob">12</SimpleData></SchemaData>
</ExtendedData><Polygon><outerBoundaryIs><LinearRing><coordinates>-103.4,25.5 -103.3,25.5 -103.3,25.6 -103.4,25.5
</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>
<Placemark><name>P1</name><Point><coordinates>-103.4,25.5</coordinates></Point></Placemark>
<Placemark><name>nada</name></Placemark></Folder>
<Folder><name>Colonias</name><Placemark><name>L</name><LineString><coordinates>-103.4,25.5 -103.3,25.5</coordinates>
</LineString></Placemark></Folder><Folder><name>Vacía</name></Folder></Document></kml>"""

    def check_kml(self, path):
        code, report = self.load(path)
        self.assertEqual((code, self.codes(report, "notice")), (1, ["IMP-050", "IMP-052"]), report["messages"])
        self.assertEqual({(l["name"], l["features"], l["loaded"]) for l in report["layers"]},
                         {("Colonias_puntos", 2, 2), ("Colonias_poligonos", 1, 1), ("Colonias (#2)", 1, 1)})
        row = self.rows("colonias_poligonos")[0][0]
        self.assertEqual((row["Name"], row["pob"]), ("Peña", 12))
        self.assertNotIn("tessellate", row)
        shutil.rmtree(self.data)

    def test_kml(self):
        with open(self.path("x.kml"), "w", encoding="utf-8") as file:
            file.write(self.KML)
        self.check_kml(self.path("x.kml"))
        fixtures.pack(self.path("x.kmz"), [("doc.kml", self.path("x.kml")), ("files/icono.png", b"x")])
        self.check_kml(self.path("x.kmz"))
        with open(self.path("x.kml"), "w", encoding="utf-8") as file:
            file.write(self.KML[:-200])
        self.assertEqual(self.load(self.path("x.kml"))[0], 2)

    def test_kml_that_asks_for_files(self):
        with open(self.path("x.kml"), "w", encoding="utf-8") as file:
            file.write('<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
                       '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><NetworkLink><Link><href>/etc/passwd</href>'
                       '</Link></NetworkLink><Placemark><name>&x;</name><Point><coordinates>-103,25</coordinates></Point>'
                       '</Placemark></Document></kml>')
        _, report = self.load(self.path("x.kml"))
        self.assertNotIn("root:", json.dumps(report))
        if "x" in stored(self.data):
            self.assertNotIn("root:", json.dumps(self.rows("x")))

    def test_entity_bombs(self):
        entities = '<!ENTITY a0 "lol">' + "".join('<!ENTITY a%d "%s">' % (i, "&a%d;" % (i - 1) * 10) for i in range(1, 10))
        for name, content in (
                ("x.kml", '<?xml version="1.0"?><!DOCTYPE kml [%s]><kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
                          '<Placemark><name>&a9;</name><Point><coordinates>-103,25</coordinates></Point></Placemark>'
                          '</Document></kml>'),
                ("x.osm", '<?xml version="1.0"?><!DOCTYPE osm [%s]><osm version="0.6"><node id="1" lat="25" lon="-103">'
                          '<tag k="name" v="&a9;"/></node></osm>')):
            with open(self.path(name), "w", encoding="utf-8") as file:
                file.write(content % entities)
            code, report = self.load(self.path(name))
            self.assertEqual((code, self.codes(report)), (2, ["IMP-060"]))
            self.assertNotIn("tesela-load-", report["messages"][-1]["text"])

    def test_dxf(self):
        path = self.make("DXF", "plano.dxf", [
            ("POINT (660079 2826013)", {"Layer": "POSTES"}),
            ("LINESTRING (660079 2826013,660179 2826113)", {"Layer": "CALLES"}),
            ("LINESTRING (660079 2826014,660179 2826114)", {"Layer": "CALLES"}),
            ("POLYGON ((660079 2826013,660179 2826113,660179 2826013,660079 2826013))", {"Layer": "PREDIOS"})], layer="entities")
        code, report = self.load(path)
        self.assertEqual((code, self.codes(report, "error")), (2, ["IMP-020"]))
        code, report = self.load(path, "--srs", "32613")
        self.assertEqual((code, self.codes(report, "notice")), (0, ["IMP-052"]))
        self.assertEqual({(l["name"], l["loaded"]) for l in report["layers"]},
                         {("plano_puntos", 1), ("plano_lineas", 2), ("plano_poligonos", 1)})
        self.assertEqual({row[0]["Layer"] for row in self.rows("plano_lineas")}, {"CALLES"})
        code, report = self.load(path, "--srs", "32613", "--source-layer", "plano_poligonos", "--layer", "predios")
        self.assertEqual((code, len(self.rows("predios"))), (0, 1))

    def test_other_drawings(self):
        for name, content in (("x.dxf", b"AutoCAD Binary DXF\r\n\x1a\x00"), ("x.dwg", b"AC1027\x00\x00"),
                              ("x.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), ("x.rar", b"Rar!\x1a\x07")):
            with open(self.path(name), "wb") as file:
                file.write(content)
            code, report = self.load(self.path(name))
            self.assertEqual((code, self.codes(report)), (2, ["IMP-060"]))

    def test_gzip(self):
        with open(self.path("t.csv"), "w", encoding="utf-8") as file:
            file.write("nombre,lon,lat\nPeña,-103.4,25.5\n")
        feature = {"type": "Feature", "properties": {"nombre": "Peña"},
                   "geometry": {"type": "Point", "coordinates": [-103.4, 25.5]}}
        with open(self.path("g.geojson"), "w", encoding="utf-8") as file:
            json.dump({"type": "FeatureCollection", "features": [feature]}, file)
        for name in ("t.csv", "g.geojson"):
            with open(self.path(name), "rb") as file:
                packed = gzip.compress(file.read())
            path = self.path(name + ".gz")
            with open(path, "wb") as file:
                file.write(packed)
            self.assertEqual(self.load(path)[0], 0)
            self.assertEqual([(row[0]["nombre"], row[1]) for row in self.rows(name[0])], [("Peña", "POINT (-103.4 25.5)")])
            for broken in (packed[:-6], packed[:20], packed[:-8] + b"\0\0\0\0" + packed[-4:], gzip.compress(packed)):
                with open(path, "wb") as file:
                    file.write(broken)
                code, report = self.load(path)
                self.assertEqual((code, self.codes(report)), (2, ["IMP-060"]))
        with open(self.path("b.csv.gz"), "wb") as file:
            file.write(gzip.compress(bytes(200 << 20)))
        self.assertEqual(self.load(self.path("b.csv.gz"))[0], 2)

    def sheet(self, driver, name, rows):
        width = max(len(row) for row in rows)
        # The first row becomes GDAL's header, so it is written as names.
        first = [value or " " * (i + 1) for i, value in enumerate(rows[0] + [""] * (width - len(rows[0])))]
        path = self.path(name)
        dataset = ogr.GetDriverByName(driver).CreateDataSource(path)
        table = dataset.CreateLayer("Hoja 1")
        for value in first:
            table.CreateField(ogr.FieldDefn(value, ogr.OFTString))
        for row in rows[1:]:
            feature = ogr.Feature(table.GetLayerDefn())
            for i, value in enumerate(row):
                if value is not None:
                    feature.SetField(i, value)
            table.CreateFeature(feature)
        notes = dataset.CreateLayer("Notas")
        notes.CreateField(ogr.FieldDefn("nota", ogr.OFTString))
        feature = ogr.Feature(notes.GetLayerDefn())
        feature["nota"] = "Fuente: IMPLAN"
        notes.CreateFeature(feature)
        del table, notes, dataset
        return path

    def test_spreadsheets(self):
        for driver, extension in (("XLSX", "xlsx"), ("ODS", "ods")):
            with self.subTest(driver=driver):
                path = self.sheet(driver, "t_%s.%s" % (extension, extension), [
                    ["Padrón 2020"], ["clave", "nombre", "monto", "fecha", "lon", "lat"],
                    ["05035", "Torreón", "1.234,5", "2020-03-15", "-103,4067", "25,5428"],
                    ["10012", None, "0,5", "2021-01-01", "-103,5245", "25,5366"]])
                code, report = self.load(path)
                self.assertEqual(code, 0, report["messages"])
                self.assertEqual([layer["name"] for layer in report["layers"]], ["Hoja 1"])
                self.assertIn("Notas", " ".join(m["text"] for m in report["messages"]))
                types = {field["name"]: field["type"] for field in report["layers"][0]["fields"]}
                self.assertEqual((types["monto"], types["fecha"]), ("real", "date"))
                rows = {row[0]["fecha"]: row for row in self.rows("t_" + extension)}
                self.assertEqual(rows["2020/03/15"][1], "POINT (-103.4067 25.5428)")
                self.assertEqual(rows["2020/03/15"][0]["monto"], 1234.5)
                self.assertIsNone(rows["2021/01/01"][0]["nombre"])

    def test_spreadsheet_numbers_and_geometry(self):
        path = self.path("t.xlsx")
        dataset = ogr.GetDriverByName("XLSX").CreateDataSource(path)
        table = dataset.CreateLayer("Hoja 1")
        for name, kind in (("n", ogr.OFTInteger64), ("d", ogr.OFTDate), ("wkt", ogr.OFTString), ("r", ogr.OFTReal)):
            table.CreateField(ogr.FieldDefn(name, kind))
        feature = ogr.Feature(table.GetLayerDefn())
        feature["n"], feature["d"], feature["r"] = 2**53 + 1, "2020/03/15", 0.1
        feature["wkt"] = "SRID=4326;LINESTRING (-103 25,-102 25)"
        table.CreateFeature(feature)
        del table, dataset, feature
        self.assertEqual(self.load(path)[0], 0)
        row, wkt = self.rows("t")[0]
        self.assertEqual((row["n"], row["d"], row["r"]), (2**53 + 1, "2020/03/15", 0.1))
        self.assertEqual(wkt, "MULTILINESTRING ((-103 25,-102 25))")

    def test_spreadsheet_without_place(self):
        path = self.sheet("ODS", "t.ods", [["clave", "poblacion"], ["05", "12"]])
        code, report = self.load(path)
        self.assertEqual((code, self.codes(report, "error")), (2, ["IMP-030"]))
        self.assertIn("joined", report["messages"][-1]["text"])


class Killed(Case):
    def test_old_state_and_no_litter(self):
        stem = self.path("x")
        count = 20000
        fixtures.write_points(stem, [b"n%d" % i for i in range(count)],
                              places=[(-103 - i / count, 25 + i / count) for i in range(count)])
        self.assertEqual(self.load(stem + ".shp")[0], 0)
        before = stored(self.data)
        environment = {"PATH": os.environ["PATH"], "TESELA_DATA": self.data, "TMPDIR": self.folder}
        for delay in (0.02, 0.05, 0.1, 0.2, 0.3):
            process = subprocess.Popen([PROGRAM, "load", stem + ".shp"], env=environment, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
            try:
                process.wait(delay)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            now = stored(self.data)["x"]
            self.assertEqual(now["features"], count)
            self.assertGreaterEqual(now["version"], before["x"]["version"])
        # The next load sweeps what the killed ones left (self.load looks).
        self.assertEqual(self.load(stem + ".shp")[0], 0)
        self.check_store("x")


class Words(Case):
    def test_spanish(self):
        result = run(["load", self.path("falta.shp")], self.data, "es_MX.UTF-8")
        self.assertEqual(result.returncode, 2)
        self.assertIn("no se pudo abrir", result.stdout.decode())
        self.assertIn("no se cargó", result.stderr.decode())

    def test_usage(self):
        for arguments in (["load"], ["load", "--nada"], ["load", "x", "--srs"], ["inspect"], ["remove"], ["layers", "x"],
                          ["load", "a", "b", "--layer", "c"], ["load", "--all", "x", "y"]):
            with self.subTest(arguments=arguments):
                self.assertEqual(run(arguments, self.data).returncode, 3)

    def test_no_escape_sequences(self):
        path = self.path("x\x1b[31m.shp")
        with open(path, "wb") as file:
            file.write(b"nada")
        result = run(["load", path], self.data)
        self.assertEqual(result.returncode, 2)
        self.assertNotIn(b"\x1b", result.stdout + result.stderr)


def shared_files():
    found = []
    for folder in ("shapefiles", "laguna", "osm", "nasty", "indicadores", "raster"):
        for place, _, names in sorted(os.walk(os.path.join(DATA, folder))):
            for name in sorted(names):
                path = os.path.relpath(os.path.join(place, name), DATA)
                extension = name.lower().rsplit(".", 1)[-1]
                beside = os.path.join(DATA, path[: -len(extension)] + "shp")
                if extension in ("shp", "zip", "gpkg", "geojson", "csv", "ods", "xlsx", "pbf", "tif") or (
                        extension == "dbf" and not os.path.exists(beside)):
                    found.append(path)
    return found


def summary(code, report):
    """What of a report is compared."""
    layers = {}
    for layer in report["layers"]:
        layers[layer["name"]] = {
            "geometry": layer["geometry"],
            "features": layer["features"],
            "without_geometry": layer["null_geometries"],
            "srs": layer["srs"]["code"],
            "encoding": layer["encoding"]["name"],
            "samples": layer["encoding"]["samples"][:2],
            "bbox": [round(number, 3) for number in layer["bbox"]] if layer["bbox"] else None,
            "loaded": layer.get("loaded", 0),
        }
    messages = sorted({(m["code"], m["severity"]) for m in report["messages"]})
    return {"exit": code, "layers": layers, "messages": ["%s %s" % message for message in messages]}


class Shared(Case):
    maxDiff = None

    def options(self, path):
        with open(EXPECTED, encoding="utf-8") as file:
            return json.load(file).get(path, {}).get("options", [])

    def test_files(self):
        if not os.path.isdir(DATA):
            self.skipTest("no sample data at " + DATA)
        with open(EXPECTED, encoding="utf-8") as file:
            expected = json.load(file)
        files = shared_files()
        self.assertEqual(sorted(expected), sorted(files), "expected.json names every file")
        for path in files:
            with self.subTest(path=path):
                shutil.rmtree(self.data, ignore_errors=True)
                code, report = self.load(os.path.join(DATA, path), *expected[path].get("options", []))
                got = summary(code, report)
                if expected[path].get("options"):
                    got["options"] = expected[path]["options"]
                self.assertEqual(got, expected[path])
                for layer in report["layers"]:
                    if layer.get("version"):
                        self.check_store(layer["layer"])


def renew():
    try:
        with open(EXPECTED, encoding="utf-8") as file:
            old = json.load(file)
    except FileNotFoundError:
        old = {}
    renewed = {}
    for path in shared_files():
        options = old.get(path, {}).get("options", [])
        with tempfile.TemporaryDirectory() as folder:
            result = run(["load", os.path.join(DATA, path), "--json"] + options, os.path.join(folder, "data"))
            renewed[path] = summary(result.returncode, json.loads(result.stdout))
            if not options and result.returncode == 2 and "IMP-020 error" in renewed[path]["messages"]:
                # Where the file cannot tell, a person does; what stands here is a guess to be judged.
                options = ["--srs", "EPSG:6372" if "inegi" in path else "EPSG:32613"]
                result = run(["load", os.path.join(DATA, path), "--json"] + options, os.path.join(folder, "data"))
                renewed[path] = summary(result.returncode, json.loads(result.stdout))
            if options:
                renewed[path]["options"] = options
    with open(EXPECTED, "w", encoding="utf-8") as file:
        json.dump(renewed, file, ensure_ascii=False, indent=1, sort_keys=True)
        file.write("\n")


if __name__ == "__main__":
    if not os.access(PROGRAM, os.X_OK):
        print("no program at " + PROGRAM)
        sys.exit(1)
    if "--renew" in sys.argv:
        renew()
        sys.exit(0)
    unittest.main(verbosity=1)
