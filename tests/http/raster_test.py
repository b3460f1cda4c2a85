# SPDX-License-Identifier: MIT
"""Raster layers over HTTP: tiles of the layer and of a map, as PNG, JPEG and WebP; what clients are told; a replacement
while serving."""

import json
import os
import subprocess
import sys
import unittest

from tests.http.harness import PROGRAM, Server

STYLE = {
    "version": 8,
    "metadata": {"tesela:map": {"title": {"es": "Relieve"}, "state": "publicar"}},
    "sources": {"f": {"type": "raster", "url": "tesela://foto"}, "d": {"type": "raster-dem", "url": "tesela://mde"}},
    "layers": [
        {"id": "foto", "type": "raster", "source": "f"},
        {"id": "tintas", "type": "color-relief", "source": "d", "paint": {
            "color-relief-color": ["interpolate", ["linear"], ["elevation"], 1000, "#000000", 2000, "#ffffff"]}},
    ],
}

MAKE = """
import sys
from osgeo import gdal, osr
path, kind, value = sys.argv[1:4]
system = osr.SpatialReference()
system.ImportFromEPSG(4326)
bands, number = (3, gdal.GDT_Byte) if kind == "foto" else (1, gdal.GDT_Float32)
made = gdal.GetDriverByName("GTiff").Create(path, 200, 200, bands, number)
made.SetGeoTransform([-103.5, 0.001, 0, 25.6, 0, -0.001])
made.SetProjection(system.ExportToWkt())
for i in range(bands):
    made.GetRasterBand(i + 1).Fill(float(value))
"""


def make(path, kind, value):
    python = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable
    done = subprocess.run([python, "-c", MAKE, path, kind, str(value)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise unittest.SkipTest("python3-gdal is not installed: " + done.stderr[-200:])


class RasterTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(styles={"relieve": STYLE})
        cls.addClassCleanup(cls.server.stop)
        cls.load("foto", 100)
        cls.load("mde", 1500)
        cls.server.start()

    @classmethod
    def load(cls, kind, value):
        path = os.path.join(cls.server.folder, kind + ".tif")
        make(path, kind, value)
        done = subprocess.run([PROGRAM, "load", path, "--data", cls.server.data], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def test_tiles(self):
        for target, kind, magic in (("/tiles/foto/10/218/437.png", "image/png", b"\x89PNG"),
                                    ("/tiles/foto/10/218/437@2x.png", "image/png", b"\x89PNG"),
                                    ("/tiles/foto/512/10/218/437.png", "image/png", b"\x89PNG"),
                                    ("/tiles/foto/10/218/437.jpg", "image/jpeg", b"\xff\xd8\xff"),
                                    ("/tiles/foto/10/218/437.webp", "image/webp", b"RIFF"),
                                    ("/tiles/mde/10/218/437.png", "image/png", b"\x89PNG"),
                                    ("/tiles/relieve/10/218/437.png", "image/png", b"\x89PNG"),
                                    ("/tiles/relieve/10/218/437@2x.jpg", "image/jpeg", b"\xff\xd8\xff"),
                                    ("/tiles/relieve/10/218/437.webp", "image/webp", b"RIFF"),
                                    ("/tiles/foto/10/0/0.png", "image/png", b"\x89PNG"),
                                    ("/tiles/foto/10/218/437.mvt", "application/vnd.mapbox-vector-tile", b"\x1a")):
            with self.subTest(target=target):
                answer = self.server.get(target)
                self.assertEqual((answer.status, answer.header("content-type")), (200, kind))
                self.assertTrue(answer.body.startswith(magic))
                again = self.server.get(target, If_None_Match=answer.header("etag"))
                self.assertEqual(again.status, 304)

    def test_refused(self):
        for target in ("/tiles/nada/10/218/437.jpg", "/tiles/mde/10/218/437.jpg", "/tiles/mde/10/218/437@2x.png",
                       "/tiles/mde/20/223232/447488.png"):
            with self.subTest(target=target):
                answer = self.server.get(target)
                self.assertEqual((answer.status, answer.header("content-type")), (404, "application/problem+json"))
                self.assertIn("code", answer.json())

    def test_what_clients_are_told(self):
        tiles = self.server.get("/tiles/mde.json").json()
        self.assertEqual((tiles["format"], tiles["encoding"], tiles["tileSize"]), ("png", "mapbox", 256))
        self.assertRegex(tiles["tiles"][0], r"/tiles/mde/\{z\}/\{x\}/\{y\}\.png\?v=")
        self.assertLess(tiles["maxzoom"], 14)
        self.assertEqual(tiles["bounds"], [-103.5, 25.4, -103.3, 25.6])
        style = self.server.get("/styles/relieve.json").json()
        self.assertEqual(style["sources"]["d"]["encoding"], "mapbox")
        self.assertEqual(style["sources"]["f"]["tileSize"], 256)
        self.assertRegex(style["sources"]["f"]["tiles"][0], r"/tiles/foto/\{z\}/\{x\}/\{y\}\.png")
        self.assertEqual(self.server.get("/legend/relieve").status, 200)
        page = self.server.get("/mapas/relieve")
        self.assertEqual(page.status, 200)
        self.assertEqual(self.server.get("/collections/foto/items").json()["features"][0]["properties"]["ancho"], 200)

    def test_versions_are_compared(self):
        def changed():
            done = subprocess.run([PROGRAM, "diff", "mde", "--data", self.server.data, "--json"], capture_output=True,
                                  text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            return json.loads(done.stdout)["pixels_changed"]

        self.load("mde", 1600)
        self.assertTrue(changed())
        self.load("mde", 1600)
        self.assertFalse(changed())

    def test_replaced_while_serving(self):
        before = self.server.get("/tiles/foto/12/871/1747.png").body
        self.load("foto", 200)
        import time
        time.sleep(0.7)
        after = self.server.get("/tiles/foto/12/871/1747.png").body
        self.assertNotEqual(before, after)


if __name__ == "__main__":
    unittest.main()
