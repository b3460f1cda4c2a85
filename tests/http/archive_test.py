# SPDX-License-Identifier: MIT
"""Archives of tiles: written by `tesela export`, read here by the specification, and served by `tesela serve`."""

import gzip
import json
import os
import shutil
import signal
import sqlite3
import struct
import subprocess
import unittest
from contextlib import closing

from tests.http.protobuf import varint
from tests.http.harness import BASE_STYLE, PROGRAM, Server, point_collection, wait_until


class PMTiles:
    """PMTiles specification version 3, as it is written there; nothing shared with the program."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.bytes = file.read()
        assert self.bytes[:8] == b"PMTiles\x03", self.bytes[:8]
        numbers = struct.unpack("<11Q", self.bytes[8:96])
        self.root, self.metadata, self.leaves, self.tiles = [numbers[i:i + 2] for i in (0, 2, 4, 6)]
        self.addressed, self.entries, self.contents = numbers[8:11]
        (self.clustered, self.internal, self.compression, self.type, self.min_zoom, self.max_zoom) = self.bytes[96:102]
        self.bounds = [number / 1e7 for number in struct.unpack("<4i", self.bytes[102:118])]
        assert self.root[0] + self.root[1] <= 16384
        assert self.root[0] == 127 and self.internal == 2

    def part(self, offset, length):
        assert offset + length <= len(self.bytes)
        return self.bytes[offset:offset + length]

    def directory(self, packed):
        data = gzip.decompress(packed)
        at = 0

        def number():
            nonlocal at
            value, at = varint(data, at)
            return value

        count = number()
        ids, last = [], 0
        for _ in range(count):
            last += number()
            ids.append(last)
        runs = [number() for _ in range(count)]
        lengths = [number() for _ in range(count)]
        offsets = []
        for index in range(count):
            offset = number()
            offsets.append(offset - 1 if offset else offsets[-1] + lengths[index - 1])
        assert at == len(data)
        return list(zip(ids, runs, lengths, offsets))

    def all_tiles(self):
        """tile id -> bytes, and how many entries there are."""
        tiles, entries, last_end = {}, 0, 0

        def walk(directory):
            nonlocal entries, last_end
            for id_, run, length, offset in directory:
                if run == 0:
                    walk(self.directory(self.part(self.leaves[0] + offset, length)))
                    continue
                entries += 1
                if self.clustered and offset > last_end:
                    raise AssertionError("not clustered")
                last_end = max(last_end, offset + length)
                content = self.part(self.tiles[0] + offset, length)
                for number in range(id_, id_ + run):
                    assert number not in tiles
                    tiles[number] = content

        walk(self.directory(self.part(*self.root)))
        return tiles, entries


def tile_of(number):
    """The tile of an id: specification, section 4.1.1."""
    zoom, first = 0, 0
    while number >= first + 4 ** zoom:
        first += 4 ** zoom
        zoom += 1
    place, x, y, side = number - first, 0, 0, 1
    while side < 2 ** zoom:
        right = 1 & (place // 2)
        down = 1 & (place ^ right)
        if down == 0:
            if right == 1:
                x, y = side - 1 - x, side - 1 - y
            x, y = y, x
        x += side * right
        y += side * down
        place //= 4
        side *= 2
    return zoom, x, y


class ArchiveTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(layers={"muchos": (point_collection(3000), ["--key", "clave"])}).start()
        cls.data = ["--data", cls.server.data, "--styles", cls.server.styles]

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def export(self, subject, name, *options):
        path = os.path.join(self.server.folder, name)
        done = subprocess.run([PROGRAM, "export", subject, "--format", name.rsplit(".", 1)[1], "-o", path, *self.data, *options],
                              capture_output=True, text=True, timeout=300, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([file for file in os.listdir(self.server.folder) if file.startswith(name + ".")], [])
        return path

    def test_vector_pmtiles(self):
        archive = PMTiles(self.export("muchos", "v.pmtiles", "--zooms", "0-13"))
        tiles, entries = archive.all_tiles()
        self.assertEqual((archive.type, archive.compression, archive.clustered), (1, 2, 1))
        self.assertEqual((archive.min_zoom, archive.max_zoom), (0, 13))
        self.assertEqual((archive.addressed, archive.entries), (len(tiles), entries))
        self.assertEqual(archive.contents, len(set(tiles.values())))
        for number, content in list(tiles.items())[::7]:
            zoom, x, y = tile_of(number)
            answer = self.server.get(f"/tiles/muchos/{zoom}/{x}/{y}.mvt")
            self.assertEqual(gzip.decompress(content), answer.body, (zoom, x, y))
        metadata = json.loads(gzip.decompress(archive.part(*archive.metadata)))
        layer = metadata["vector_layers"][0]
        self.assertEqual(layer["id"], "muchos")
        self.assertEqual(layer["fields"], {"clave": "Number", "nombre": "String", "valor": "Number"})
        # What is left out has no features.
        for x in range(2 ** 10 * 76 // 360, 2 ** 10 * 78 // 360):
            for y in range(430, 440):
                answer = self.server.get(f"/tiles/muchos/10/{x}/{y}.mvt")
                id_ = [number for number in tiles if tile_of(number) == (10, x, y)]
                self.assertEqual(bool(answer.body), bool(id_), (x, y))

    def test_rendered_pmtiles(self):
        archive = PMTiles(self.export("base", "r.pmtiles", "--zooms", "5-11", "--bbox=-104.5,25,-102.5,26"))
        tiles, entries = archive.all_tiles()
        self.assertEqual((archive.type, archive.compression), (2, 1))
        self.assertLess(archive.contents, len(tiles))  # those with nothing but the background are one
        self.assertLess(entries, len(tiles))           # and run on
        for number, content in list(tiles.items())[::5]:
            zoom, x, y = tile_of(number)
            self.assertEqual(content, self.server.get(f"/tiles/base/{zoom}/{x}/{y}.png").body, (zoom, x, y))

    def test_mbtiles(self):
        path = self.export("muchos", "v.mbtiles", "--zooms", "4-12")
        with closing(sqlite3.connect(path)) as database:
            metadata = dict(database.execute("SELECT name, value FROM metadata"))
            self.assertEqual({metadata[name] for name in ("format", "minzoom", "maxzoom")}, {"pbf", "4", "12"})
            self.assertEqual(json.loads(metadata["json"])["vector_layers"][0]["id"], "muchos")
            rows = list(database.execute("SELECT zoom_level, tile_column, tile_row, tile_data FROM tiles"))
            tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
        self.assertNotIn("work", tables)
        for zoom, x, row, content in rows[::5]:
            answer = self.server.get(f"/tiles/muchos/{zoom}/{x}/{2 ** zoom - 1 - row}.mvt")
            self.assertEqual(gzip.decompress(content), answer.body)
        path = self.export("base", "r.mbtiles", "--zooms", "6-10")
        if shutil.which("gdalinfo"):
            done = subprocess.run(["gdalinfo", "-checksum", path], capture_output=True, text=True, timeout=60, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("MBTiles", done.stdout)

    def test_interrupted_and_resumed(self):
        path = os.path.join(self.server.folder, "largo.mbtiles")
        command = [PROGRAM, "export", "base", "--format", "mbtiles", "-o", path, "--zooms", "14-16", *self.data]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

        def written():
            try:
                with closing(sqlite3.connect(f"file:{path}.part?mode=ro", uri=True)) as database:
                    return database.execute("SELECT count(*) FROM map").fetchone()[0]
            except sqlite3.Error:
                return 0

        self.assertTrue(wait_until(lambda: written() > 0 or process.poll() is not None, 60))
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        if os.path.exists(path):
            self.skipTest("it was done before it could be interrupted")
        self.assertEqual(process.returncode, 1)
        before = written()
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        with closing(sqlite3.connect(path)) as database:
            total = database.execute("SELECT count(*) FROM tiles").fetchone()[0]
        self.assertGreater(before, 0)
        self.assertGreater(total, before)
        self.assertIn(str(total), done.stdout)

    def test_served(self):
        folder = os.path.join(self.server.data, "archives")
        os.makedirs(folder, exist_ok=True)
        for subject, name, options in (("muchos", "vec.pmtiles", ["--zooms", "0-12"]), ("muchos", "vecm.mbtiles", ["--zooms", "0-12"]),
                                       ("base", "ras.pmtiles", ["--zooms", "8-11"]), ("base", "rasm.mbtiles", ["--zooms", "8-11"])):
            os.rename(self.export(subject, name, *options), os.path.join(folder, name))
        with open(os.path.join(folder, "roto.pmtiles"), "wb") as file:
            file.write(b"PMTiles\x03" + b"\xff" * 200)
        self.assertTrue(wait_until(lambda: self.server.get("/tiles/rasm.json").status == 200))
        self.assertTrue(wait_until(lambda: "event=archive_left_out file=\"roto.pmtiles\"" in self.server.log()))
        self.assertEqual(self.server.get("/tiles/roto.json").status, 404)
        for name in ("vec", "vecm"):
            described = self.server.get(f"/tiles/{name}.json").json()
            self.assertEqual((described["minzoom"], described["maxzoom"], described["format"]), (0, 12, "pbf"))
            self.assertEqual(described["vector_layers"][0]["id"], "muchos")
            want = self.server.get("/tiles/muchos/10/217/436.mvt")
            got = self.server.get(f"/tiles/{name}/10/217/436.mvt")
            self.assertEqual((got.status, got.body), (200, want.body))
            self.assertEqual(got.header("ETag"), want.header("ETag"))
            packed = self.server.get(f"/tiles/{name}/10/217/436.mvt", Accept_Encoding="gzip")
            self.assertEqual(gzip.decompress(packed.body), want.body)
            empty = self.server.get(f"/tiles/{name}/10/1/1.mvt")
            self.assertEqual((empty.status, empty.body), (200, b""))
            self.assertEqual(self.server.get(f"/tiles/{name}/10/1/1.png").status, 404)
            url = described["tiles"][0].replace("{z}/{x}/{y}", "10/217/436")
            again = self.server.get(url[url.index("/tiles"):])
            self.assertIn("immutable", again.header("Cache-Control"))
        for name in ("ras", "rasm"):
            got = self.server.get(f"/tiles/{name}/10/217/436.png")
            self.assertEqual(got.body, self.server.get("/tiles/base/10/217/436.png").body)
            self.assertEqual(self.server.get(f"/tiles/{name}/10/1/1.png").status, 404)
        for name in os.listdir(folder):
            os.remove(os.path.join(folder, name))
        self.assertTrue(wait_until(lambda: self.server.get("/tiles/vec.json").status == 404))

    def test_usage(self):
        for arguments in (["nadie", "--format", "pmtiles", "-o", "x"], ["base", "--format", "zip", "-o", "x"],
                          ["base", "--format", "pmtiles"], ["base", "--format", "pmtiles", "-o", "x", "--zooms", "9-3"],
                          ["base", "--format", "pmtiles", "-o", "x", "--tiles", "gif"]):
            done = subprocess.run([PROGRAM, "export", *arguments, *self.data], capture_output=True, text=True, timeout=60,
                                  check=False)
            self.assertIn(done.returncode, (2, 3), arguments)
            self.assertTrue(done.stderr, arguments)


if __name__ == "__main__":
    unittest.main()
