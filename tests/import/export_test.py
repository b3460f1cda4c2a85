#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What goes out is what came in: layers are loaded, exported in each format, and loaded again.

TESELA_PROGRAM names the program; TESELA_SHARED the folder with the sample data (else ../shared beside the repository).
"""

import csv
import glob
import json
import os
import re
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
    from osgeo import gdal, ogr, osr
except ImportError:
    print("python3-gdal is not installed: skipped")
    sys.exit(77)

ogr.UseExceptions()
gdal.UseExceptions()
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PROGRAM = os.environ.get("TESELA_PROGRAM", os.path.join(ROOT, "build", "tesela"))
SHARED = os.environ.get("TESELA_SHARED", os.path.join(os.path.dirname(ROOT), "shared"))


def lambert():
    system = osr.SpatialReference()
    system.ImportFromEPSG(6372)
    system.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    return system


# name, type, subtype, and the values of five features
COLUMNS = [
    ("nombre_completo_a", ogr.OFTString, 0, ["Torreón", "", None, 'x "y" <&>', "a,b\nc; d"]),
    ("nombre_completo_b", ogr.OFTString, 0, ["ñandú", None, "05035", "123", "á" * 200]),
    ("entero", ogr.OFTInteger64, 0, [9007199254740993, -(2**63), 2**63 - 1, None, 0]),
    ("real", ogr.OFTReal, 0, [0.1, 1 / 3, -2.5e-7, None, 12345.0]),
    ("activo", ogr.OFTInteger, ogr.OFSTBoolean, [1, 0, None, 1, 0]),
    ("fecha", ogr.OFTDate, 0, ["2020/03/15", None, "1999/12/31", "2024/02/29", "2020/01/01"]),
    ("momento", ogr.OFTDateTime, 0,
     ["2020/03/15 10:00:00+00", "2020/03/15 23:59:59.125+00", None, "1985/09/19 13:17:49+00", "2021/01/01 00:00:00+00"]),
    ("Año", ogr.OFTInteger, 0, [2000, 2001, 2002, 2003, 2004]),
]


def polygon(x, y, height=None):
    end = "" if height is None else f" {height!r}"
    ring = [(x, y), (x, y + 50.1), (x + 50.3, y + 50.1), (x + 50.3, y), (x, y)]
    hole = [(x + 10, y + 10), (x + 20, y + 10), (x + 20, y + 20.7), (x + 10, y + 10)]
    rings = ",".join("(" + ",".join(f"{a!r} {b!r}{end}" for a, b in part) + ")" for part in (ring, hole))
    return f"MULTIPOLYGON{' Z' if end else ''} (({rings}))"


def write_gpkg(path, name="predios", geometries=None, kind=ogr.wkbMultiPolygon, srs=None, columns=None, append=False):
    driver = ogr.GetDriverByName("GPKG")
    dataset = driver.Open(path, 1) if append else driver.CreateDataSource(path)
    layer = dataset.CreateLayer(name, srs or lambert(), kind)
    columns = COLUMNS if columns is None else columns
    for column, field_type, subtype, _ in columns:
        field = ogr.FieldDefn(column, field_type)
        field.SetSubType(subtype)
        layer.CreateField(field)
    if geometries is None:
        geometries = [polygon(2359311.123456789 + i * 7.7, 1500119.987654321 + i / 3) for i in range(4)] + [None]
    for i, geometry in enumerate(geometries):
        feature = ogr.Feature(layer.GetLayerDefn())
        if geometry:
            feature.SetGeometry(ogr.CreateGeometryFromWkt(geometry))
        for column, _, _, values in columns:
            if values[i] is None:
                feature.SetFieldNull(column)
            else:
                feature.SetField(column, values[i])
        layer.CreateFeature(feature)
    dataset = None


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="tesela-export-test-")
        self.data = self.path("data")
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def run_program(self, *arguments, language="C.UTF-8"):
        environment = {"PATH": os.environ["PATH"], "LANG": language, "TESELA_DATA": self.data, "TMPDIR": self.folder,
                       "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "")}
        result = subprocess.run([PROGRAM, *arguments], env=environment, capture_output=True, timeout=300, check=False)
        self.assertNotIn(b"Sanitizer", result.stderr, result.stderr.decode(errors="replace"))
        return result

    def load(self, path, layer, *options):
        result = self.run_program("load", path, "--layer", layer, "--json", *options)
        self.assertIn(result.returncode, (0, 1), result.stdout.decode() + result.stderr.decode())
        return json.loads(result.stdout)

    def export(self, name, *options, layer="predios", expected=(0, 1)):
        result = self.run_program("export", layer, "-o", self.path(name), "--json", *options)
        self.assertIn(result.returncode, expected, result.stdout.decode() + result.stderr.decode())
        leftovers = [entry for entry in os.listdir(self.folder) if entry.startswith(".tesela-")]
        self.assertEqual(leftovers, [])
        return json.loads(result.stdout)

    def codes(self, report):
        return sorted({message["code"] for message in report["messages"]})

    def stored(self, layer):
        """What the truth holds: columns with their types, and rows of values with the geometry's blob."""
        database = sqlite3.connect(os.path.join(self.data, "tesela.sqlite"))
        try:
            table, fields = database.execute(
                "SELECT table_name, fields FROM tesela_version WHERE layer=? ORDER BY version DESC LIMIT 1", [layer]
            ).fetchone()
            fields = json.loads(fields)
            names = ", ".join('"%s"' % field["column"].replace('"', '""') for field in fields)
            rows = database.execute(f'SELECT fid, geom, {names} FROM "{table}" ORDER BY fid').fetchall()
        finally:
            database.close()
        return [(field["name"], field["type"]) for field in fields], rows

    def coordinates(self, blob):
        """The vertices of a SpatiaLite blob as bytes, parts apart, each part in a form that does not depend on where
        a ring starts or how it is wound."""
        if blob is None:
            return None
        wkb = bytearray(b"\x01" + blob[39:-1])
        at = 5
        kind, count = struct.unpack_from("<II", wkb, 1)
        if kind % 1000 > 3:
            at += 4
            for _ in range(count):
                wkb[at] = 1
                at += 1
                at = self.skip(wkb, at)
        geometry = ogr.CreateGeometryFromWkb(bytes(wkb))
        return sorted(self.parts(geometry))

    def skip(self, wkb, at):
        kind = struct.unpack_from("<I", wkb, at)[0]
        at += 4
        stride = 24 if kind > 1000 else 16
        if kind % 1000 == 1:
            return at + stride
        count = struct.unpack_from("<I", wkb, at)[0]
        at += 4
        if kind % 1000 == 2:
            return at + count * stride
        for _ in range(count):
            at += 4 + struct.unpack_from("<I", wkb, at)[0] * stride
        return at

    def parts(self, geometry):
        if geometry.GetGeometryCount() > 0:
            return [part for i in range(geometry.GetGeometryCount()) for part in self.parts(geometry.GetGeometryRef(i))]
        points = [geometry.GetPoint(i) for i in range(geometry.GetPointCount())]
        if geometry.GetGeometryName() == "LINEARRING":
            ring = points[:-1]
            start = ring.index(min(ring))
            turned = ring[start:] + ring[:start]
            back = [turned[0]] + turned[:0:-1]
            points = min(turned, back)
        return [tuple(points)]

    def assert_same(self, before, after, columns="same", digits=None, values=lambda row: row):
        fields_before, rows_before = before
        fields_after, rows_after = after
        if columns == "same":
            self.assertEqual(fields_after, fields_before)
        self.assertEqual(len(rows_after), len(rows_before))
        for old, new in zip(sorted(rows_before, key=lambda r: str(r[-1])), sorted(rows_after, key=lambda r: str(r[-1]))):
            self.assertEqual(new[2:], values(old[2:]))
            if digits is None:
                self.assertEqual(self.coordinates(new[1]), self.coordinates(old[1]))


class RoundTrips(Case):
    def begin(self, **options):
        write_gpkg(self.path("a.gpkg"), **options)
        report = self.load(self.path("a.gpkg"), "predios")
        self.assertEqual(report["layers"][0]["left_out"], 0)
        return self.stored("predios")

    def again(self, name, *options):
        self.load(self.path(name), "otra", *options)
        return self.stored("otra")

    def test_gpkg(self):
        before = self.begin()
        report = self.export("b.gpkg")
        self.assertEqual(report["layers"][0]["loaded"], 5)
        self.assertEqual(report["layers"][0]["srs"]["code"], "EPSG:6372")
        self.assertEqual(self.codes(report), [])
        after = self.again("b.gpkg")
        self.assert_same(before, after)
        self.assertEqual([row[:2] for row in after[1]], [row[:2] for row in before[1]], "row ids and blobs to the bit")
        dataset = ogr.Open(self.path("b.gpkg"))
        self.assertEqual(dataset.GetLayer(0).GetName(), "predios")
        self.assertEqual(dataset.GetLayer(0).GetSpatialRef().GetAuthorityCode(None), "6372")

    def test_gpkg_with_heights_points_and_lines(self):
        for kind, geometries in (
            (ogr.wkbMultiPolygon25D, [polygon(2359311.1 + i, 1500119.7, 12.5 + i) for i in range(5)]),
            (ogr.wkbPoint, [f"POINT ({2359311.1 + i / 7!r} 1500119.3)" for i in range(5)]),
            (ogr.wkbMultiPoint, [f"MULTIPOINT ({2359311.1 + i / 7!r} 1500119.3,2359312 1500120)" for i in range(5)]),
            (ogr.wkbPoint25D, [f"POINT Z ({2359311.1 + i / 7!r} 1500119.3 {i / 3!r})" for i in range(5)]),
            (ogr.wkbMultiLineString, [f"MULTILINESTRING ((2359311 1500119,{2359312 + i / 3!r} 1500120),"
                                      "(2359311 1500129,2359312 1500130.5))" for i in range(5)]),
        ):
            for ending in ("gpkg", "fgb", "shp", "csv"):
                with self.subTest(kind=kind, ending=ending):
                    for name in os.listdir(self.folder):
                        path = self.path(name)
                        shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)
                    before = self.begin(kind=kind, geometries=geometries, columns=COLUMNS[-1:])
                    self.export("b." + ending)
                    after = self.again("b." + ending, *(["--srs", "EPSG:6372"] if ending == "csv" else []))
                    self.assert_same(before, after)

    def test_fgb(self):
        before = self.begin()
        report = self.export("b.fgb")
        self.assertEqual(self.codes(report), ["EXP-022", "EXP-024"])
        self.assertEqual([m["place"]["rows"] for m in report["messages"] if m["code"] == "EXP-024"], [[5]])
        self.assertEqual((report["layers"][0]["loaded"], report["layers"][0]["left_out"]), (4, 1))
        fields, rows = self.again("b.fgb")
        expected = [(name, "string" if kind == "date" else kind) for name, kind in before[0]]
        self.assertEqual(fields, expected)
        self.assert_same((before[0], before[1][:4]), (fields, rows), columns="told")

    def test_fgb_with_index(self):
        before = self.begin(geometries=[polygon(2359311.1 + i * 60, 1500119.7) for i in range(5)])
        self.export("b.fgb")
        self.assert_same(before, self.again("b.fgb"), columns="told")

    def check_shapefile(self, name):
        before = self.begin()
        report = self.export(name)
        renamed = {m["place"]["field"]: m["text"] for m in report["messages"] if m["code"] == "EXP-020"}
        self.assertEqual(sorted(renamed), ["nombre_completo_a", "nombre_completo_b"])
        cut = [m for m in report["messages"] if "longer than 254" in m["text"]]
        self.assertEqual([m["place"]["field"] for m in cut], ["nombre_completo_b"])
        self.assertEqual(cut[0]["severity"], "warning")
        after = self.again(name)
        self.assertEqual([field for field, _ in after[0]],
                         ["nombre_com", "nombre_c_2", "entero", "real", "activo", "fecha", "momento", "Año"])
        self.assertEqual([kind for _, kind in after[0]],
                         ["string", "string", "integer", "real", "boolean", "date", "string", "integer"])
        self.assert_same(before, after, columns="told",
                         values=lambda row: (row[0] or None, row[1][:127] if row[1] else None, *row[2:]))

    def test_shapefile(self):
        self.check_shapefile("b.shp")
        for part in ("shp", "shx", "dbf", "prj", "cpg"):
            self.assertTrue(os.path.exists(self.path("b." + part)), part)
        with open(self.path("b.cpg"), encoding="ascii") as file:
            self.assertEqual(file.read().strip(), "UTF-8")

    def test_shapefile_in_a_zip(self):
        self.check_shapefile("b.shp.zip")
        with zipfile.ZipFile(self.path("b.shp.zip")) as archive:
            self.assertEqual(sorted(archive.namelist()),
                             sorted("predios." + part for part in ("shp", "shx", "dbf", "prj", "cpg")))

    def test_shapefile_names_never_collide(self):
        names = ["poblacion_total", "poblacion_hombres", "poblacion_", "POBLACIO_2", "población_mujeres", "corto"]
        columns = [(name, ogr.OFTInteger, 0, [i * 10 + k for k in range(5)]) for i, name in enumerate(names)]
        before = self.begin(columns=columns)
        self.export("b.shp")
        after = self.again("b.shp")
        short = [field for field, _ in after[0]]
        self.assertEqual(len({name.lower() for name in short}), len(names))
        self.assertTrue(all(len(name.encode()) <= 10 for name in short), short)
        self.assertEqual(short[2:4] + short[5:], names[2:4] + names[5:], "short names stay")
        self.assert_same(before, after, columns="told")

    def test_geojson(self):
        before = self.begin()
        report = self.export("b.geojson")
        self.assertIn("9 decimals", report["messages"][0]["text"])
        with open(self.path("b.geojson"), encoding="utf-8") as file:
            whole = json.load(file)
        self.assertEqual([feature["id"] for feature in whole["features"]], [1, 2, 3, 4, 5])
        self.assertEqual(whole["features"][0]["properties"]["momento"], "2020-03-15T10:00:00Z")
        self.assertIs(whole["features"][0]["properties"]["activo"], True)
        self.assertIsNone(whole["features"][4]["geometry"])
        outer = whole["features"][0]["geometry"]["coordinates"][0][0]
        self.assertGreater(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(outer, outer[1:])), 0, "RFC 7946, 3.1.6")
        after = self.again("b.geojson")
        self.assert_same(before, after, digits=9)
        to_degrees = osr.CoordinateTransformation(lambert(), self.degrees())
        for old, new in zip(before[1], after[1]):
            if old[1]:
                moved = sorted(to_degrees.TransformPoint(*p[:2])[:2] for part in self.coordinates(old[1]) for p in part)
                came = sorted(p[:2] for part in self.coordinates(new[1]) for p in part)
                for (x, y), (a, b) in zip(moved, came):
                    self.assertLess(max(abs(x - a), abs(y - b)), 6e-10)

    def degrees(self):
        system = osr.SpatialReference()
        system.ImportFromEPSG(4326)
        system.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
        return system

    def test_degrees_stay_to_the_bit(self):
        before = self.begin(srs=self.degrees(), geometries=[polygon(-103.4 + i / 3, -30 + i / 7) for i in range(4)] + [None])
        for ending in ("geojson", "csv"):
            self.assertNotIn("converted", json.dumps(self.export("b." + ending)))
            self.assert_same(before, self.again("b." + ending))

    def test_csv(self):
        before = self.begin()
        report = self.export("b.csv")
        self.assertIn("EPSG:6372", report["messages"][0]["text"])
        self.assert_same(before, self.again("b.csv", "--srs", "EPSG:6372"))
        with open(self.path("b.csv"), encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        self.assertEqual(rows[0], ["wkt"] + [column[0] for column in COLUMNS])
        self.assertEqual(rows[5][1], "a,b\nc; d")

    def test_kml(self):
        self.begin()
        self.export("b.kml")
        dataset = ogr.Open(self.path("b.kml"))
        layer = dataset.GetLayer(0)
        self.assertEqual(layer.GetFeatureCount(), 5)
        first = layer.GetNextFeature()
        self.assertEqual(first["nombre_completo_a"], "Torreón")
        self.assertEqual(first["entero"], "9007199254740993")
        self.assertAlmostEqual(first.GetGeometryRef().Centroid().GetX(), -103.406, 2)
        fields, rows = self.again("b.kml")
        self.assertEqual(len(rows), 5)
        self.assertIn(("real", "real"), fields)

    def test_other_reference_system_and_versions(self):
        self.begin()
        write_gpkg(self.path("c.gpkg"), geometries=[polygon(2359000.5, 1500000.5)], columns=[
            ("Año", ogr.OFTInteger, 0, [1])])
        self.load(self.path("c.gpkg"), "predios")
        report = self.export("uno.gpkg", "--version", "1", "--srs", "EPSG:32613")
        self.assertEqual(report["layers"][0]["loaded"], 5)
        self.assertIn("EXP-011", self.codes(report))
        dataset = ogr.Open(self.path("uno.gpkg"))
        layer = dataset.GetLayer(0)
        self.assertEqual(layer.GetSpatialRef().GetAuthorityCode(None), "32613")
        self.assertAlmostEqual(layer.GetExtent()[0], 660000, delta=1500)
        self.assertEqual(self.export("dos.gpkg")["layers"][0]["loaded"], 1)


class Command(Case):
    def test_refusals_leave_nothing(self):
        write_gpkg(self.path("a.gpkg"))
        self.load(self.path("a.gpkg"), "predios")
        names = sorted(os.listdir(self.folder))
        for code, options in (
            ("EXP-001", ["-o", self.path("b.xyz")]),
            ("EXP-001", ["-o", self.path("b.shp"), "--format", "gpkg"]),
            ("EXP-001", ["-o", self.path("b.dwg"), "--format", "dwg"]),
            ("EXP-002", ["-o", self.path("no/hay/b.gpkg")]),
            ("EXP-010", ["-o", self.path("b.kml"), "--srs", "EPSG:6372"]),
            ("IMP-020", ["-o", self.path("b.gpkg"), "--srs", "EPSG:999999"]),
            ("STO-015", ["-o", self.path("b.gpkg"), "--version", "9"]),
        ):
            with self.subTest(options=options):
                result = self.run_program("export", "predios", *options)
                self.assertEqual(result.returncode, 2, result.stderr.decode())
                self.assertIn(code.encode(), result.stderr)
                self.assertEqual(sorted(os.listdir(self.folder)), names)
        self.assertIn(b"STO-014", self.run_program("export", "nada", "-o", self.path("b.gpkg")).stderr)
        self.assertEqual(self.run_program("export", "predios").returncode, 3)
        self.assertIn("«predios» no tiene la versión 9",
                      self.run_program("export", "predios", "-o", self.path("b.gpkg"), "--version", "9",
                                       language="es_MX.UTF-8").stderr.decode())

    def test_a_file_is_replaced_whole_or_stays(self):
        write_gpkg(self.path("a.gpkg"), geometries=[polygon(2359311.5, 1500119.5)], columns=[
            ("n", ogr.OFTInteger, 0, [1])])
        self.load(self.path("a.gpkg"), "predios")
        with open(self.path("b.geojson"), "w", encoding="ascii") as file:
            file.write("antes")
        self.export("b.geojson")
        with open(self.path("b.geojson"), encoding="utf-8") as file:
            self.assertEqual(len(json.load(file)["features"]), 1)

    def test_hidden_columns_stay_inside(self):
        write_gpkg(self.path("a.gpkg"))
        with open(self.path("predios.json"), "w", encoding="utf-8") as file:
            json.dump({"id": "predios", "file": "a.gpkg", "fields": {"real": {"hidden": True}}}, file)
        self.load(self.path("a.gpkg"), "predios", "--descriptor", self.path("predios.json"))
        report = self.export("b.geojson")
        self.assertIn("EXP-023", self.codes(report))
        with open(self.path("b.geojson"), encoding="utf-8") as file:
            self.assertNotIn("real", json.load(file)["features"][0]["properties"])
        self.export("b.geojson", "--hidden")
        with open(self.path("b.geojson"), encoding="utf-8") as file:
            self.assertIn("real", json.load(file)["features"][0]["properties"])


@unittest.skipUnless(os.path.isdir(os.path.join(SHARED, "data", "shapefiles")), "the shared sample data is not there")
class SharedShapefiles(Case):
    def test_every_one_comes_back(self):
        found = sorted(glob.glob(os.path.join(SHARED, "data", "shapefiles", "*")))
        tried = 0
        for path in found:
            if os.path.getsize(path) > 3_000_000 and os.environ.get("TESELA_LONG") != "1":
                continue
            shutil.rmtree(self.data, ignore_errors=True)
            result = self.run_program("load", path, "--json")
            if result.returncode > 1:
                continue
            for layer in [layer for layer in json.loads(result.stdout)["layers"] if layer.get("version")]:
                self.check_layer(path, layer["layer"])
                tried += 1
        self.assertGreater(tried, 0)

    def check_layer(self, path, layer):
        before = self.stored(layer)
        for ending in ("gpkg", "shp", "fgb"):  # fgb last: it has no features without geometry
            with self.subTest(file=os.path.basename(path), layer=layer, ending=ending):
                for old in glob.glob(self.path("b.*")):
                    os.remove(old)
                self.export("b." + ending, layer=layer)
                self.load(self.path("b." + ending), "otra")
                after = self.stored("otra")
                if ending == "fgb":
                    before = (before[0], [row for row in before[1] if row[1]])  # the others are told: EXP-024
                key = (lambda rows: sorted((str(self.coordinates(r[1])), str(r[2:])) for r in rows))
                if ending == "shp":
                    key = (lambda rows: sorted(str(self.coordinates(r[1])) for r in rows))
                self.assertEqual(key(after[1]), key(before[1]))


if __name__ == "__main__":
    unittest.main()
