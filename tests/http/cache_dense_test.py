# SPDX-License-Identifier: MIT
"""Caches and layers in which what a far zoom shows depends on neighbours (thinned, generalised), and rasters: after each
edit every tile, from memory or from disk, is what a server without caches makes; and few are made again."""

import os
import random
import re
import subprocess
import sys
import unittest

from tests.http.harness import PROGRAM, Server, wait_until
from tests.http.cache_test import metric, tile_at

ACROSS, DOWN, STEP = 420, 12, 0.0018
MIDDLE = (-103.45, 25.45)


def style(source, layers):
    return {"version": 8, "metadata": {"tesela:map": {"title": {"es": "Mapa"}, "state": "publicar"}}, "sources": source,
            "layers": layers}


STYLES = {
    "parcelas": style({"z": {"type": "vector", "url": "tesela://zonas"}}, [
        {"id": "f", "type": "fill", "source": "z", "source-layer": "zonas",
         "paint": {"fill-color": ["interpolate", ["linear"], ["get", "valor"], 0, "#00aaff", 9, "#ffaa00"]}}]),
    "relieve": style({"f": {"type": "raster", "url": "tesela://foto"}, "d": {"type": "raster-dem", "url": "tesela://mde"}}, [
        {"id": "foto", "type": "raster", "source": "f"},
        {"id": "sombra", "type": "hillshade", "source": "d"}]),
}

MAKE = """
import sys
from osgeo import gdal, osr
path, kind, west, size, value = sys.argv[1:3] + [float(number) for number in sys.argv[3:]]
system = osr.SpatialReference()
system.ImportFromEPSG(4326)
bands, number = (3, gdal.GDT_Byte) if kind == "foto" else (1, gdal.GDT_Float32)
made = gdal.GetDriverByName("GTiff").Create(path, int(size), int(size), bands, number)
made.SetGeoTransform([west, 0.001, 0, 25.5, 0, -0.001])
made.SetProjection(system.ExportToWkt())
for i in range(bands):
    made.GetRasterBand(i + 1).WriteRaster(0, 0, int(size), int(size), bytes(
        (x * int(value) + y * 3) % 251 for y in range(int(size)) for x in range(int(size))), buf_type=gdal.GDT_Byte)
"""


class Coverage:
    """Parcels that share the vertices of their borders."""

    def __init__(self):
        self.random = random.Random(7)
        self.spots = {(x, y): [MIDDLE[0] + STEP / 2 * (x - ACROSS) + self.jitter(),
                               MIDDLE[1] + STEP / 2 * (y - DOWN) + self.jitter()]
                      for y in range(2 * DOWN + 1) for x in range(2 * ACROSS + 1)}
        self.parcels = [(column, row) for row in range(DOWN) for column in range(ACROSS)]
        self.values = {parcel: index % 10 for index, parcel in enumerate(self.parcels)}

    def jitter(self):
        return self.random.uniform(-0.2, 0.2) * STEP

    def some(self):
        return self.random.randrange(ACROSS // 2 - 4, ACROSS // 2 + 5), self.random.randrange(DOWN)

    def collection(self):
        around = ((0, 0), (1, 0), (2, 0), (2, 1), (2, 2), (1, 2), (0, 2), (0, 1), (0, 0))
        features = []
        for column, row in self.parcels:
            ring = [[round(number, 7) for number in self.spots[2 * column + x, 2 * row + y]] for x, y in around]
            features.append({"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]},
                             "properties": {"clave": column + ACROSS * row, "valor": self.values[column, row]}})
        return {"type": "FeatureCollection", "features": features}

    def change_value(self):
        parcel = self.some()
        self.values[parcel] = 9 - self.values[parcel]

    def move_corner(self):
        column, row = self.some()
        self.spots[2 * column, 2 * row][0] += self.jitter()

    def move_border(self):
        column, row = self.some()
        self.spots[2 * column + 1, 2 * row][1] += self.jitter()

    def leave_few(self):
        """So few that nothing is thinned."""
        del self.parcels[5000:]

    def remove(self):
        self.parcels.remove(self.some())

    def swap(self):
        a, b = (self.parcels.index(self.some()) for _ in range(2))
        self.parcels[a], self.parcels[b] = self.parcels[b], self.parcels[a]


class DenseCacheTest(unittest.TestCase):
    def setUp(self):
        self.server = Server(styles=STYLES)
        self.addCleanup(self.server.stop)
        self.plain = Server(styles=STYLES, arguments=["--cache-mb", "0"])
        self.plain.data = self.server.data
        self.addCleanup(self.plain.stop)

    def restart(self):
        self.server.process.terminate()
        self.assertEqual(self.server.process.wait(timeout=30), 0)
        self.server.process.stdout.close()
        self.server.start()

    @staticmethod
    def version(server, subject):
        return re.search(r"v=(\w+)", server.get(f"/tiles/{subject}.json").json()["tiles"][0]).group(1)

    def check(self, tiles, change, through_disk):
        """Changes something; compares all tiles with new ones. Returns how many were made again."""
        subjects = sorted({tile.split("/")[2] for tile in tiles})
        before = [[self.version(server, subject) for subject in subjects] for server in (self.server, self.plain)]
        change()
        if through_disk:
            self.restart()
        made = metric(self.server, "tesela_tiles_made_total")
        for server, old in ((self.server, before[0]), (self.plain, before[1])):
            for subject, version in zip(subjects, old):
                self.assertTrue(wait_until(lambda: self.version(server, subject) != version))
        for tile in tiles:
            target = f"{tile}?v={self.version(self.server, tile.split('/')[2])}"
            self.assertEqual(self.server.get(target).body, self.plain.get(target).body, (tile, change))
        return metric(self.server, "tesela_tiles_made_total") - made

    @staticmethod
    def tiles_of(subject, form, zooms, radius):
        tiles = []
        for zoom in zooms:
            column, row = tile_at(*MIDDLE, zoom)
            tiles += [f"/tiles/{subject}/{zoom}/{x}/{y}.{form}" for x in range(column - radius, column + radius + 1)
                      for y in range(row - radius, row + radius + 1)]
        return tiles

    def test_parcels(self):
        coverage = Coverage()

        def load():
            self.server.load("zonas", coverage.collection(), "--key", "clave")

        load()
        self.server.start()
        self.plain.start()
        zooms = range(4, 17)
        tiles = self.tiles_of("parcelas", "png", zooms, 1) + self.tiles_of("zonas", "mvt", zooms, 1)
        for tile in tiles:
            self.server.get(tile)
        edits = (coverage.change_value, coverage.move_corner, coverage.move_border, coverage.leave_few, coverage.remove,
                 coverage.swap)
        for number, edit in enumerate(edits):
            with self.subTest(edit=edit.__name__):
                made = self.check(tiles, lambda edit=edit: (edit(), load()), number % 2 == 1)
                print(f"{edit.__name__}: {made} of {len(tiles)} tiles made again")
                if edit == coverage.change_value:
                    # One tile of each zoom and kind, and where it lies on a border of tiles, or fills several, some more.
                    self.assertLessEqual(made, 2 * len(zooms) + 10)

    def load_raster(self, kind, west, size, value):
        path = os.path.join(self.server.folder, kind + ".tif")
        python = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable
        done = subprocess.run([python, "-c", MAKE, path, kind, str(west), str(size), str(value)], capture_output=True,
                              text=True, check=False)
        if done.returncode != 0:
            raise unittest.SkipTest("python3-gdal is not installed: " + done.stderr[-200:])
        done = subprocess.run([PROGRAM, "load", path, "--data", self.server.data], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_rasters(self):
        self.load_raster("foto", -103.5, 100, 5)
        self.load_raster("mde", -103.45, 60, 2)
        self.server.start()
        self.plain.start()
        tiles = self.tiles_of("relieve", "png", range(4, 17, 2), 3)
        own = self.tiles_of("foto", "png", range(4, 15, 2), 1)
        for tile in tiles + own:
            self.server.get(tile)
        made = self.check(tiles + own, lambda: self.load_raster("foto", -103.5, 100, 7), False)
        print(f"pixels: {made} of {len(tiles + own)} tiles made again")
        self.assertGreater(made, 0)
        self.assertLess(made, len(tiles + own) * 3 // 5)
        self.check(tiles + own, lambda: self.load_raster("foto", -103.47, 80, 7), True)
        self.check(tiles, lambda: self.load_raster("mde", -103.44, 70, 3), False)
        self.check(tiles, lambda: self.load_raster("mde", -103.46, 50, 4), True)


if __name__ == "__main__":
    unittest.main()
