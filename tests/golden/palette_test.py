# SPDX-License-Identifier: MIT
"""Tiles in the palette of their style against the same tiles exactly as painted (`tesela render`): for each demo map at
several zooms. And neighbours, each encoded for itself, join."""

import os
import pathlib
import tempfile
import unittest

import numpy

from coverage_test import tile_of
from pictures import ROOT, read_png, run

DATA = pathlib.Path(os.environ.get("TESELA_DEMO_DATA", ROOT / "build" / "demo-data"))
PLACES = [(-103.4067, 25.5428), (-103.432, 25.552)]
INDEXED = 3


class Palette(unittest.TestCase):
    def setUp(self):
        if not (DATA / "tesela.sqlite").exists():
            self.skipTest("the demonstration city is not loaded: run tests/golden/demo_data.py")
        self.folder = tempfile.TemporaryDirectory()
        self.out = pathlib.Path(self.folder.name) / "tile.png"
        self.maps = sorted(path.stem for path in (ROOT / "styles").glob("*.json"))
        self.assertGreaterEqual(len(self.maps), 8)

    def tearDown(self):
        if hasattr(self, "folder"):
            self.folder.cleanup()

    def served(self, name, tile, size=256):
        run("tile", name, tile, "--format", "png", "--size", size, "--data", DATA, "--styles", ROOT / "styles",
            "-o", self.out)
        return read_png(self.out), self.out.read_bytes()[25], self.out.stat().st_size

    def exact(self, name, tile):
        run("render", name, "--tile", tile, "--data", DATA, "--styles", ROOT / "styles", "-o", self.out)
        return read_png(self.out), self.out.stat().st_size

    def test_tiles_look_alike(self):
        squares = channels = fallbacks = tiles = worst = indexed_bytes = exact_bytes = 0
        for name in self.maps:
            for z in (10, 12, 14, 16):
                lon, lat = PLACES[z // 2 % 2]
                x, y = tile_of(lon, lat, z)
                was, exact_size = self.exact(name, f"{z}/{x}/{y}")
                now, kind, size = self.served(name, f"{z}/{x}/{y}")
                off = numpy.abs(was.astype(int) - now.astype(int))
                share = float((off.max(axis=2) > 24).mean())
                self.assertLessEqual(share, 0.001, f"{name} {z}/{x}/{y}: {share:.4%} of the pixels are far off")
                squares += float((off ** 2).sum())
                channels += off.size * 3 // 4
                worst = max(worst, int(off.max()))
                fallbacks += kind != INDEXED
                indexed_bytes += size
                exact_bytes += exact_size
                tiles += 1
        psnr = 10 * numpy.log10(255 ** 2 * channels / max(squares, 1e-9))
        print(f"{tiles} tiles: {indexed_bytes / tiles / 1024:.1f} KB, exact {exact_bytes / tiles / 1024:.1f} KB; "
              f"PSNR {psnr:.1f} dB, worst {worst}, {fallbacks} encoded exactly")
        self.assertGreaterEqual(psnr, 40)
        self.assertLess(fallbacks, 0.05 * tiles)
        self.assertLess(indexed_bytes, 0.6 * exact_bytes)

    def test_neighbours_join(self):
        for number, name in enumerate(self.maps):
            z = 10 + number % 7
            x, y = tile_of(*PLACES[number % 2], z)
            whole, kind, _ = self.served(name, f"{z}/{x}/{y}", 512)
            parts = [self.served(name, f"{z + 1}/{2 * x + i}/{2 * y + j}") for j in (0, 1) for i in (0, 1)]
            if kind != INDEXED or any(part[1] != INDEXED for part in parts):
                continue  # encoded exactly: counted above
            pixels = [part[0] for part in parts]
            joined = numpy.vstack([numpy.hstack(pixels[:2]), numpy.hstack(pixels[2:])])
            different = int((joined != whole).any(axis=2).sum())
            self.assertEqual(different, 0, f"{name} {z}/{x}/{y}: {different} pixels differ")


if __name__ == "__main__":
    unittest.main()
