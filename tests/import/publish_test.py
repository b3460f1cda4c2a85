#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What a load makes visible, and when: drafts, several layers at once, empty layers, styles that come along.

TESELA_PROGRAM names the program. TESELA_LONG=1 kills some hundred times instead of some ten.
"""

import contextlib
import json
import os
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

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
KILLS = 200 if os.environ.get("TESELA_LONG") == "1" else 12

QML = """<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.28.0" styleCategories="AllStyleCategories">
 <renderer-v2 type="singleSymbol" forceraster="0"><symbols>
  <symbol type="marker" name="0" alpha="1"><layer class="SimpleMarker" enabled="1" pass="0" locked="0"><Option type="Map">
   <Option name="color" type="QString" value="%s,255"/><Option name="name" type="QString" value="%s"/>
   <Option name="size" type="QString" value="3"/><Option name="size_unit" type="QString" value="MM"/>
   <Option name="outline_color" type="QString" value="0,0,0,255"/><Option name="outline_style" type="QString" value="solid"/>
  </Option></layer></symbol></symbols></renderer-v2>
</qgis>"""


def write_layers(path, layers):
    """layers: name -> marks; one point for each mark."""
    if os.path.exists(path):
        os.remove(path)
    dataset = ogr.GetDriverByName("GPKG").CreateDataSource(path)
    system = osr.SpatialReference()
    system.ImportFromEPSG(4326)
    for name, marks in layers.items():
        layer = dataset.CreateLayer(name, system, ogr.wkbPoint)
        layer.CreateField(ogr.FieldDefn("marca", ogr.OFTInteger))
        layer.StartTransaction()
        for i, mark in enumerate(marks):
            feature = ogr.Feature(layer.GetLayerDefn())
            feature["marca"] = mark
            feature.SetGeometry(ogr.CreateGeometryFromWkt(f"POINT ({-103.4 + i / 10000} 25.5)"))
            layer.CreateFeature(feature)
        layer.CommitTransaction()
    dataset = None


def add_style(path, table, name, qml, default):
    database = sqlite3.connect(path)
    with database:
        database.execute(
            "CREATE TABLE IF NOT EXISTS layer_styles (id INTEGER PRIMARY KEY AUTOINCREMENT, f_table_catalog TEXT,"
            " f_table_schema TEXT, f_table_name TEXT, f_geometry_column TEXT, styleName TEXT, styleQML TEXT,"
            " styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, owner TEXT, ui TEXT, update_time DATETIME)")
        database.execute(
            "INSERT INTO layer_styles (f_table_name, f_geometry_column, styleName, styleQML, useAsDefault)"
            " VALUES (?, 'geom', ?, ?, ?)", [table, name, qml, default])
    database.close()


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="tesela-publish-test-")
        self.data = self.path("data")
        self.styles = self.path("styles")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def environment(self, language="C.UTF-8"):
        return {"PATH": os.environ["PATH"], "LANG": language, "TESELA_DATA": self.data, "TMPDIR": self.folder,
                "TESELA_STYLES": self.styles, "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "")}

    def run_program(self, *arguments, language="C.UTF-8"):
        result = subprocess.run([PROGRAM, *arguments], env=self.environment(language), capture_output=True,
                                timeout=300, check=False)
        self.assertNotIn(b"Sanitizer", result.stderr, result.stderr.decode(errors="replace"))
        return result

    def load(self, path, *options, expected=(0, 1)):
        result = self.run_program("load", path, "--json", *options)
        self.assertIn(result.returncode, expected, result.stdout.decode() + result.stderr.decode())
        return json.loads(result.stdout)

    def done(self, *arguments):
        result = self.run_program(*arguments)
        self.assertEqual(result.returncode, 0, result.stdout.decode() + result.stderr.decode())
        return result.stdout.decode()

    def published(self):
        listed = json.loads(self.done("layers", "--json"))["layers"]
        return {layer["id"]: layer["version"] for layer in listed}

    def versions(self, layer):
        listed = json.loads(self.done("versions", layer, "--json"))["versions"]
        return [(version["version"], version["state"]) for version in listed]

    def descriptor(self, layer):
        database = sqlite3.connect(os.path.join(self.data, "tesela.sqlite"))
        try:
            row = database.execute(
                "SELECT descriptor FROM tesela_version WHERE layer=? ORDER BY version DESC LIMIT 1", [layer]).fetchone()
        finally:
            database.close()
        return json.loads(row[0])

    def texts(self, report, code):
        return [message["text"] for message in report["messages"] if message["code"] == code]


class Drafts(Case):
    def test_a_draft_waits_to_be_published(self):
        write_layers(self.path("pozos.gpkg"), {"pozos": [1, 2]})
        result = self.run_program("load", self.path("pozos.gpkg"), "--draft", language="es_MX.UTF-8")
        self.assertEqual(result.returncode, 0)
        self.assertIn("la versión 1 es un borrador: «tesela publish pozos» la muestra", result.stdout.decode())
        self.assertEqual(self.published(), {})
        self.assertEqual(self.versions("pozos"), [(1, "draft")])
        self.done("publish", "pozos")
        self.assertEqual(self.published(), {"pozos": 1})
        write_layers(self.path("pozos.gpkg"), {"pozos": [1, 2, 3]})
        self.load(self.path("pozos.gpkg"), "--draft")
        self.assertEqual(self.versions("pozos"), [(2, "draft"), (1, "published")])
        self.assertEqual(self.published(), {"pozos": 1})
        self.done("publish", "pozos")
        self.assertEqual(self.versions("pozos"), [(2, "published"), (1, "kept")])
        self.assertEqual(json.loads(self.run_program("check", "--json").stdout)["errors"], 0)

    def check_keeps_descriptor(self, *load_options):
        write_layers(self.path("pozos.gpkg"), {"pozos": [7, 8, 9]})
        self.load(self.path("pozos.gpkg"), *load_options)
        kept = self.descriptor("pozos")
        self.assertEqual(kept["title"], {"es": "Pozos de agua"})
        self.assertEqual(kept["key"], "marca")
        self.assertEqual(kept["fields"], {"marca": {"title": {"es": "Número de pozo"}}})

    def first(self, *options):
        write_layers(self.path("pozos.gpkg"), {"pozos": [1, 2]})
        with open(self.path("pozos.json"), "w", encoding="utf-8") as file:
            json.dump({"id": "pozos", "title": {"es": "Pozos de agua"}, "file": "pozos.gpkg", "key": "marca",
                       "fields": {"marca": {"title": {"es": "Número de pozo"}}}}, file)
        self.load(self.path("pozos.gpkg"), "--descriptor", self.path("pozos.json"), *options)

    def test_the_descriptor_of_a_draft_is_kept(self):
        self.first("--draft")
        self.check_keeps_descriptor()
        self.assertEqual(self.published(), {"pozos": 2})

    def test_the_descriptor_of_a_withdrawn_layer_is_kept(self):
        self.first()
        self.done("unpublish", "pozos")
        self.check_keeps_descriptor("--draft")
        self.assertEqual(self.published(), {})

    def test_a_publishing_load_does_not_take_over_a_waiting_draft(self):
        self.first()
        self.load(self.path("pozos.gpkg"), "--draft", "--title", "Otro título")
        self.load(self.path("pozos.gpkg"), "--draft")
        self.assertEqual(self.descriptor("pozos")["title"]["es"], "Otro título", "a draft goes on from the draft")
        self.load(self.path("pozos.gpkg"))
        self.assertEqual(self.descriptor("pozos")["title"]["es"], "Pozos de agua")

    def test_all_descriptors(self):
        folder = self.path("layers")
        os.mkdir(folder)
        write_layers(os.path.join(folder, "dos.gpkg"), {"pozos": [1], "tanques": [2]})
        for layer in ("pozos", "tanques"):
            with open(os.path.join(folder, layer + ".json"), "w", encoding="utf-8") as file:
                json.dump({"id": layer, "file": "dos.gpkg", "source_layer": layer}, file)
        self.done("load", "--all", folder, "--draft")
        self.assertEqual(self.published(), {})
        self.assertEqual(self.done("load", "--all", folder, "--draft").count("unchanged"), 2)
        self.done("publish", "pozos")
        self.done("load", "--all", folder)
        self.assertEqual(self.published(), {"pozos": 1, "tanques": 2})
        self.done("unpublish", "tanques")
        self.assertEqual(self.done("load", "--all", folder).count("unchanged"), 2)
        self.assertEqual(self.published(), {"pozos": 1}, "a withdrawn layer does not come back by itself")

    def test_a_running_server_shows_no_draft(self):
        write_layers(self.path("pozos.gpkg"), {"pozos": [1]})
        self.load(self.path("pozos.gpkg"))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        os.makedirs(self.styles)
        server = subprocess.Popen([PROGRAM, "serve", "--listen", f"127.0.0.1:{port}"], env=self.environment(),
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            self.assertEqual(self.marks(port, "pozos"), [1])
            write_layers(self.path("pozos.gpkg"), {"pozos": [2]})
            self.load(self.path("pozos.gpkg"), "--draft")
            write_layers(self.path("nueva.gpkg"), {"nueva": [3]})
            self.load(self.path("nueva.gpkg"), "--draft")
            self.assertEqual(self.marks(port, "pozos"), [1])
            with self.assertRaises(urllib.error.HTTPError) as refused:
                self.get(port, "/collections/nueva/items")
            self.assertEqual(refused.exception.code, 404)
            refused.exception.close()
            self.done("publish", "pozos")
            self.done("publish", "nueva")
            self.await_marks(port, "pozos", [2])
            self.await_marks(port, "nueva", [3])
        finally:
            server.terminate()
            server.wait(timeout=60)

    def get(self, port, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
            return json.load(answer)

    def await_marks(self, port, layer, expected):
        """The server looks for what was published every now and then: a busy machine may take its time."""
        shown = None
        deadline = time.monotonic() + 20
        while shown != expected and time.monotonic() < deadline:
            with contextlib.suppress(urllib.error.HTTPError):
                shown = self.marks(port, layer)
            time.sleep(0.05)
        self.assertEqual(shown, expected)

    def marks(self, port, layer):
        for _ in range(200):
            try:
                items = self.get(port, f"/collections/{layer}/items")
                return [feature["properties"]["marca"] for feature in items["features"]]
            except urllib.error.HTTPError:
                raise
            except OSError:
                time.sleep(0.1)
        raise AssertionError("the server does not answer")


class SeveralLayers(Case):
    NAMES = ("calles", "manzanas", "predios")

    def write(self, mark, count=300):
        write_layers(self.path("ciudad.gpkg"), {name: [mark] * count for name in self.NAMES})
        return self.path("ciudad.gpkg")

    def shown(self):
        """The mark of each layer as readers see them in one look."""
        database = sqlite3.connect("file:" + os.path.join(self.data, "tesela.sqlite") + "?mode=ro", uri=True)
        try:
            return tuple(
                database.execute(f'SELECT min(marca), max(marca), count(*) FROM "{name}"').fetchone()
                for name in self.NAMES)
        finally:
            database.close()

    def test_all_or_none(self):
        self.load(self.write(1))
        # The last layer breaks only when it is written: its key comes twice.
        write_layers(self.path("ciudad.gpkg"), {"calles": [2], "manzanas": [2], "predios": [2]})
        database = sqlite3.connect(os.path.join(self.data, "tesela.sqlite"))
        database.execute("CREATE TRIGGER stop BEFORE INSERT ON tesela_version WHEN new.layer='predios'"
                         " BEGIN SELECT raise(abort, 'stop'); END")
        database.commit()
        database.close()
        result = self.run_program("load", self.path("ciudad.gpkg"), "--json")
        self.assertNotIn(result.returncode, (0, 1))
        report = json.loads(result.stdout)
        self.assertEqual([layer.get("version") for layer in report["layers"]], [None] * 3, "nothing is told as loaded")
        self.assertEqual(self.shown(), ((1, 1, 300),) * 3)
        database = sqlite3.connect(os.path.join(self.data, "tesela.sqlite"))
        database.execute("DROP TRIGGER stop")
        database.commit()
        database.close()
        self.load(self.path("ciudad.gpkg"))
        self.assertEqual(self.shown(), ((2, 2, 1),) * 3)
        self.assertEqual(json.loads(self.run_program("check", "--json").stdout)["errors"], 0)

    def test_three_shapefiles_in_a_zip(self):
        members = []
        for name in self.NAMES:
            stem = self.path(name)
            fixtures.write_points(stem, [name.encode()] * 3)
            members += fixtures.parts_of(stem)
        fixtures.pack(self.path("ciudad.zip"), members)
        report = self.load(self.path("ciudad.zip"))
        self.assertEqual([layer["version"] for layer in report["layers"]], [1, 1, 1])
        database = sqlite3.connect(os.path.join(self.data, "tesela.sqlite"))
        generation = database.execute("SELECT count(*) FROM tesela_version WHERE state='published'").fetchone()
        database.close()
        self.assertEqual(generation, (3,))

    def test_killed_at_any_moment(self):
        self.load(self.write(0))
        chance = random.Random(7)
        started = time.monotonic()
        self.load(self.write(1))
        span = time.monotonic() - started
        seen = 1
        for mark in range(2, KILLS + 2):
            path = self.write(mark)
            process = subprocess.Popen([PROGRAM, "load", path], env=self.environment(), stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL, start_new_session=True)
            time.sleep(chance.random() * span)
            process.send_signal(signal.SIGKILL)
            process.wait()
            shown = self.shown()
            self.assertEqual(len(set(shown)), 1, "all layers of one load, or none")
            self.assertIn(shown[0][0], (seen, mark))
            self.assertEqual(shown[0][0], shown[0][1])
            seen = shown[0][0]
        report = json.loads(self.run_program("check", "--json", "--full").stdout)
        self.assertEqual([p for p in report["problems"] if p["severity"] == "error"], [])
        self.load(self.write(9999))
        self.assertEqual(self.shown()[0][:2], (9999, 9999))

    def test_an_empty_layer_does_not_stop_the_others(self):
        write_layers(self.path("ciudad.gpkg"), {"calles": [1], "vacia": [], "predios": [2]})
        report = self.load(self.path("ciudad.gpkg"), expected=(1,))
        self.assertEqual(self.published(), {"calles": 1, "predios": 1})
        self.assertEqual(self.texts(report, "IMP-053"),
                         ["the layer has no features: it is not loaded, the others of the file are"])
        told = [m for m in report["messages"] if m["code"] == "IMP-053"][0]
        self.assertEqual((told["place"]["layer"], told["severity"]), ("vacia", "warning"))

    def test_a_file_of_empty_layers_is_refused(self):
        write_layers(self.path("vacio.gpkg"), {"una": [], "dos": []})
        report = self.load(self.path("vacio.gpkg"), expected=(2,))
        self.assertIn("no layer of the file has any features", self.texts(report, "IMP-053"))
        write_layers(self.path("vacio.gpkg"), {"una": []})
        self.load(self.path("vacio.gpkg"), expected=(2,))


class Styles(Case):
    def begin(self):
        write_layers(self.path("pozos.gpkg"), {"pozos": [1, 2]})
        add_style(self.path("pozos.gpkg"), "pozos", "verde", QML % ("0,128,0", "circle"), True)
        add_style(self.path("pozos.gpkg"), "pozos", "rojo", QML % ("255,0,0", "circle"), False)
        return self.path("pozos.gpkg")

    def test_a_style_is_offered(self):
        for command in ("inspect", "load"):
            result = self.run_program(command, self.begin(), language="es_MX.UTF-8")
            self.assertIn("IMP-100", result.stdout.decode())
            self.assertIn("el archivo trae un estilo de QGIS para esta capa («verde»)", result.stdout.decode())
            self.assertIn("--with-style", result.stdout.decode())
        self.assertFalse(os.path.exists(self.styles))

    def test_the_default_style_is_converted_on_demand(self):
        report = self.load(self.begin(), "--with-style")
        path = os.path.join(self.styles, "pozos.json")
        with open(path, encoding="utf-8") as file:
            text = file.read()
        style = json.loads(text)
        self.assertEqual(style["version"], 8)
        self.assertEqual([source["url"] for source in style["sources"].values()], ["tesela://pozos"])
        self.assertIn("#008000", text.replace("rgb(0,128,0)", "#008000"))
        self.assertIn("was converted to", self.texts(report, "IMP-100")[0])
        self.assertEqual(self.run_program("style", "check", path).returncode, 0)

    def test_nothing_is_overwritten(self):
        os.makedirs(self.styles)
        path = os.path.join(self.styles, "pozos.json")
        with open(path, "w", encoding="ascii") as file:
            file.write("mine")
        report = self.load(self.begin(), "--with-style")
        self.assertIn("exists and stays", self.texts(report, "IMP-100")[0])
        with open(path, encoding="ascii") as file:
            self.assertEqual(file.read(), "mine")

    def test_losses_are_listed(self):
        write_layers(self.path("pozos.gpkg"), {"pozos": [1]})
        add_style(self.path("pozos.gpkg"), "pozos", "estrella", QML % ("0,0,255", "star"), True)
        report = self.load(self.path("pozos.gpkg"), "--with-style")
        self.assertTrue(self.texts(report, "IMP-101"))

    def test_junk_is_no_style_and_no_crash(self):
        for junk in ("<qgis", "", "hola", "<x/>", "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><qgis>&b;</qgis>"):
            write_layers(self.path("pozos.gpkg"), {"pozos": [1]})
            add_style(self.path("pozos.gpkg"), "pozos", "x", junk, True)
            self.load(self.path("pozos.gpkg"), "--with-style")
            self.assertEqual(os.listdir(self.styles) if os.path.isdir(self.styles) else [], [])

    def test_a_rejected_load_writes_no_style(self):
        path = self.begin()
        self.load(path, "--with-style", "--key", "nada", expected=(2,))
        self.load(path, "--with-style", "--dry-run")
        self.assertFalse(os.path.exists(self.styles))


if __name__ == "__main__":
    unittest.main()
