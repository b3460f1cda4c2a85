# SPDX-License-Identifier: MIT
"""Four neighbouring tiles put together are the tile of twice the size, pixel for pixel, labels included: for each demo
map at random places and zooms. (Tiles of 512 px at zoom z show what four of 256 px at zoom z + 1 show.)"""

import os
import pathlib
import random
import tempfile
import unittest

import numpy

from coverage_test import tile_of
from pictures import ROOT, read_png, run

DATA = pathlib.Path(os.environ.get("TESELA_DEMO_DATA", ROOT / "build" / "demo-data"))


class Seams(unittest.TestCase):
    def setUp(self):
        if not (DATA / "tesela.sqlite").exists():
            self.skipTest("the demonstration city is not loaded: run tests/golden/demo_data.py")

    def test_neighbours_join(self):
        chance = random.Random(20261121)
        maps = sorted(path.stem for path in (ROOT / "styles").glob("*.json"))
        self.assertGreaterEqual(len(maps), 8)
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder) / "tile.png"
            for name in maps:
                for scale in (1, 2):
                    z = chance.randint(9, 17)
                    lon = -103.4067 + chance.uniform(-0.08, 0.08)
                    lat = 25.5428 + chance.uniform(-0.05, 0.05)
                    x, y = tile_of(lon, lat, z)
                    self.join(name, z, x, y, scale, out)

    def draw(self, name, tile, size, scale, out):
        run("render", name, "--tile", tile, "--size", size, "--scale", scale, "--data", DATA, "--styles",
            ROOT / "styles", "-o", out)
        return read_png(out)

    def join(self, name, z, x, y, scale, out):
        whole = self.draw(name, f"{z}/{x}/{y}", 512, scale, out)
        quarters = [self.draw(name, f"{z + 1}/{2 * x + i}/{2 * y + j}", 256, scale, out) for j in (0, 1) for i in (0, 1)]
        joined = numpy.vstack([numpy.hstack(quarters[:2]), numpy.hstack(quarters[2:])])
        different = int((joined != whole).any(axis=2).sum())
        self.assertEqual(different, 0, f"{name} {z}/{x}/{y} @{scale}x: {different} pixels differ")


if __name__ == "__main__":
    unittest.main()
