# SPDX-License-Identifier: MIT
"""Tiles across publishes and runs: nothing wrong is served, and little is made again."""

import math
import os
import re
import sqlite3
import subprocess
import time
import unittest
from contextlib import closing

from tests.http.harness import PROGRAM, Server, point_collection, wait_until


def tile_at(longitude, latitude, zoom):
    n = 2 ** zoom
    y = (1 - math.asinh(math.tan(math.radians(latitude))) / math.pi) / 2
    return int((longitude + 180) / 360 * n), int(y * n)


def metric(server, name):
    return int(re.search(rf"^{name} (\d+)$", server.get("/metrics").body.decode(), re.MULTILINE).group(1))


class CacheTest(unittest.TestCase):
    def setUp(self):
        self.points = point_collection(400)
        self.server = Server(layers={"muchos": (self.points, ["--key", "clave"])}).start()
        self.tiles = []
        for zoom in (13, 14):
            left, top = tile_at(-103.5, 25.65, zoom)
            right, bottom = tile_at(-103.3, 25.45, zoom)
            self.tiles += [f"/tiles/base/{zoom}/{x}/{y}.png" for x in range(left, right + 1) for y in range(top, bottom + 1)]

    def tearDown(self):
        self.server.stop()

    def version(self):
        return re.search(r"v=(\w+)", self.server.get("/tiles/base.json").json()["tiles"][0]).group(1)

    def edit(self, index, longitude):
        """Moves one point and loads the layer again; returns when the server shows it, and how long that took."""
        self.points["features"][index]["geometry"]["coordinates"][0] = longitude
        before = self.version()
        self.server.load("muchos", self.points, "--key", "clave")
        begin = time.monotonic()
        self.assertTrue(wait_until(lambda: self.version() != before))
        return time.monotonic() - begin

    def fresh(self, tile):
        z, x, y = re.search(r"(\d+)/(\d+)/(\d+)\.png", tile).groups()
        path = os.path.join(self.server.folder, "t.png")
        subprocess.run([PROGRAM, "tile", "base", f"{z}/{x}/{y}", "--format", "png", "--data", self.server.data, "--styles",
                        self.server.styles, "-o", path], check=True, timeout=60)
        with open(path, "rb") as file:
            return file.read()

    def test_edit_redraws_what_it_touches(self):
        bodies = {tile: self.server.get(tile).body for tile in self.tiles}
        made = metric(self.server, "tesela_tiles_made_total")
        self.edit(0, -103.4995)
        version = self.version()
        now = {tile: self.server.get(f"{tile}?v={version}").body for tile in self.tiles}
        changed = [tile for tile in self.tiles if bodies[tile] != now[tile]]
        made = metric(self.server, "tesela_tiles_made_total") - made
        self.assertGreater(len(changed), 0)
        self.assertLessEqual(len(changed), made)
        self.assertLessEqual(made, 6, f"{made} of {len(self.tiles)} were made again for one point")
        for tile in changed + self.tiles[::25]:
            self.assertEqual(now[tile], self.fresh(tile), tile)

    def test_stale_for_a_moment(self):
        longitude, latitude = self.points["features"][0]["geometry"]["coordinates"]
        x, y = tile_at(longitude, latitude, 14)
        tile = f"/tiles/base/14/{x}/{y}.png"
        old = self.server.get(tile)
        self.assertIn("max-age=300", old.header("Cache-Control"))
        self.edit(0, longitude + 0.001)
        first = self.server.get(tile)
        if first.body == old.body:
            self.assertIn("max-age=0", first.header("Cache-Control"))
        self.assertTrue(wait_until(lambda: self.server.get(tile).body != old.body, 5))
        new = self.server.get(tile)
        self.assertIn("max-age=300", new.header("Cache-Control"))
        self.assertEqual(new.body, self.fresh(tile))

    def restart(self):
        process = self.server.process
        process.terminate()
        self.assertEqual(process.wait(timeout=30), 0)
        process.stdout.close()
        self.server.start()

    def test_across_runs(self):
        bodies = {tile: self.server.get(tile).body for tile in self.tiles[:60]}
        self.restart()
        for tile, body in bodies.items():
            self.assertEqual(self.server.get(tile).body, body)
        self.assertEqual(metric(self.server, "tesela_tiles_made_total"), 0)
        self.assertEqual(metric(self.server, "tesela_tiles_from_disk_total"), len(bodies))
        # What is published while nobody serves is not missed.
        self.server.process.terminate()
        self.server.process.wait(timeout=30)
        self.server.process.stdout.close()
        for index in range(0, 400, 3):
            self.points["features"][index]["geometry"]["coordinates"][0] += 0.0004
        self.server.load("muchos", self.points, "--key", "clave")
        self.server.start()
        for tile in list(bodies)[::6]:
            self.assertEqual(self.server.get(tile).body, self.fresh(tile), tile)

    def test_file_deleted_and_damaged(self):
        path = os.path.join(self.server.data, "tiles.sqlite")
        bodies = {tile: self.server.get(tile).body for tile in self.tiles[:40]}
        self.assertTrue(wait_until(lambda: os.path.exists(path)))
        time.sleep(0.5)
        os.remove(path)
        for tile, body in bodies.items():
            self.assertEqual(self.server.get(tile).body, body)
        self.assertTrue(wait_until(lambda: os.path.exists(path)))
        self.restart()
        for tile, body in bodies.items():
            self.assertEqual(self.server.get(tile).body, body)
        self.server.process.terminate()
        self.server.process.wait(timeout=30)
        self.server.process.stdout.close()
        size = os.path.getsize(path)
        with open(path, "r+b") as file:
            for at in range(4096, size, 701):
                file.seek(at)
                file.write(b"\x5a\xa5\x00")
        self.server.start()
        for tile, body in bodies.items():
            self.assertEqual(self.server.get(tile).body, body)

    def test_readable_as_mbtiles(self):
        for tile in self.tiles[:30]:
            self.server.get(tile)
        path = os.path.join(self.server.data, "tiles.sqlite")

        def count():
            with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
                return database.execute("SELECT count(*) FROM tiles").fetchone()[0]

        self.assertTrue(wait_until(lambda: count() == 30))
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            zoom, x, row, data = database.execute("SELECT * FROM tiles LIMIT 1").fetchone()
            metadata = dict(database.execute("SELECT name, value FROM metadata"))
            kept = database.execute("SELECT count(*) FROM blob").fetchone()[0]
        self.assertEqual(data, self.server.get(f"/tiles/base/{zoom}/{x}/{2 ** zoom - 1 - row}.png").body)
        self.assertEqual(metadata["format"], "png")
        self.assertLess(kept, 30)

    def test_seed(self):
        arguments = ["base", "--zooms", "10-14", "--data", self.server.data, "--styles", self.server.styles]

        def seed():
            done = subprocess.run([PROGRAM, "seed", *arguments], capture_output=True, text=True, timeout=300, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            return [int(number) for number in re.findall(r"\d+", done.stdout)[:2]]

        made, there = seed()
        self.assertGreater(made, 50)
        self.assertEqual(there, 0)
        self.assertEqual(seed(), [0, made])
        for tile in self.tiles[:40]:
            self.server.get(tile)
        self.assertGreater(metric(self.server, "tesela_tiles_from_disk_total"), 10)
        self.edit(0, -103.4991)
        again, there = seed()
        self.assertTrue(0 < again <= 12, again)
        self.assertEqual(again + there, made)

    def test_switched_off(self):
        with Server(layers={"muchos": (self.points, ["--key", "clave"])}, arguments=["--cache-mb", "0"]) as server:
            server.get(self.tiles[0])
            server.get(self.tiles[0])
            self.assertEqual(metric(server, "tesela_tiles_made_total"), 2)
            self.assertFalse(os.path.exists(os.path.join(server.data, "tiles.sqlite")))


if __name__ == "__main__":
    unittest.main()
