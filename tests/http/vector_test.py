# SPDX-License-Identifier: MIT
"""Vector tiles over HTTP: none is too large or empty where there is something, compressed only for those who take it;
a map's tiles have what the map shows. Pages of items while the layer changes."""

import gzip
import math
import os
import random
import unittest

from tests.http.protobuf import messages
from tests.http.harness import BASE_STYLE, Server, ServerTest, point_collection, wait_until

BYTES_MAX = 500_000


def layers_of(tile):
    """How many features each layer of a tile has."""
    found = {}
    for field, layer in messages(tile):
        if field == 3:
            parts = list(messages(layer))
            name = next(content for number, content in parts if number == 1).decode()
            found[name] = sum(number == 2 for number, _ in parts)
    return found


def crowd(count):
    """Points with texts that do not compress, all within a few streets; every tenth with a very long one."""
    chance = random.Random(5)
    return {"type": "FeatureCollection", "features": [
        {"type": "Feature",
         "geometry": {"type": "Point", "coordinates": [-103.4 + chance.random() * 2e-3, 25.5 + chance.random() * 2e-3]},
         "properties": {"clave": i + 1, "texto": os.urandom(40).hex() if i % 10 else os.urandom(600).hex()}}
        for i in range(count)]}


class BoundTest(ServerTest):
    layers = {"gentio": (crowd(20000), ["--key", "clave"])}
    arguments = ["--cache-mb", "0"]

    def tile_of(self, z):
        x = int((-103.399 + 180) / 360 * 2 ** z)
        y = int((1 - math.asinh(math.tan(math.radians(25.501))) / math.pi) / 2 * 2 ** z)
        return f"/tiles/gentio/{z}/{x}/{y}.mvt"

    def test_no_tile_is_too_large_or_empty(self):
        reduced = 0
        for z in (0, 5, 10, 13, 14, 15, 16, 17, 18):
            plain = self.server.get(self.tile_of(z))
            packed = self.server.request(self.tile_of(z), headers={"Accept-Encoding": "gzip"})
            self.assertEqual((plain.status, packed.status), (200, 200), z)
            content = gzip.decompress(packed.body) if packed.header("Content-Encoding") == "gzip" else packed.body
            self.assertEqual(content, plain.body, z)
            self.assertLessEqual(len(packed.body), BYTES_MAX, z)
            count = layers_of(plain.body)["gentio"]
            self.assertGreater(count, 0, z)
            reduced += len(packed.body) > BYTES_MAX // 3
        self.assertGreater(reduced, 0, "no tile came near the bound: the test shows nothing")

    def test_a_tile_is_the_same_each_time(self):
        first = self.server.get(self.tile_of(15))
        self.assertEqual(first.body, self.server.get(self.tile_of(15)).body)

    def test_gzip_is_for_those_who_take_it(self):
        target = self.tile_of(16)
        for encoding, packed in ((None, False), ("gzip", True), ("identity", False), ("gzip;q=0", False), ("br", False)):
            answer = self.server.request(target, headers={"Accept-Encoding": encoding} if encoding else {})
            self.assertEqual(answer.header("Content-Encoding"), "gzip" if packed else None, encoding)
            self.assertEqual(answer.body[:2] == b"\x1f\x8b", packed, encoding)
            self.assertIn("Accept-Encoding", answer.header("Vary"))


class ShownTest(ServerTest):
    layers = {"muchos": (point_collection(2000), ["--key", "clave"]), "otros": (point_collection(500), ["--key", "clave"])}
    styles = {"base": {**BASE_STYLE,
                       "sources": {"muchos": {"type": "vector", "url": "tesela://muchos"},
                                   "otros": {"type": "vector", "url": "tesela://otros"}},
                       "layers": [{"id": "puntos", "type": "circle", "source": "muchos", "source-layer": "muchos", "minzoom": 6.5,
                                   "maxzoom": 12}]}}

    def test_a_map_has_what_it_shows(self):
        tiles = {5: (6, 13), 6: (13, 27), 11: (435, 873), 12: (871, 1746)}
        for z, (x, y) in tiles.items():
            found = layers_of(self.server.get(f"/tiles/base/{z}/{x}/{y}.mvt").body)
            own = layers_of(self.server.get(f"/tiles/muchos/{z}/{x}/{y}.mvt").body)
            self.assertIn("muchos", own, z)
            self.assertEqual("muchos" in found, 6 <= z <= 11, z)
            others = layers_of(self.server.get(f"/tiles/otros/{z}/{x}/{y}.mvt").body)
            self.assertEqual(found.get("otros"), others.get("otros"), z)  # no layer of the style says when
        described = {layer["id"]: layer for layer in self.server.get("/tiles/base.json").json()["vector_layers"]}
        self.assertEqual((described["muchos"]["minzoom"], described["muchos"]["maxzoom"]), (6, 11))
        self.assertEqual((described["otros"]["minzoom"], described["otros"]["maxzoom"]), (0, 22))


class WalkTest(unittest.TestCase):
    def walk(self, server, target):
        while target:
            answer = server.get(target)
            if answer.status != 200:
                yield answer
                return
            page = answer.json()
            yield page
            links = {link["rel"]: link["href"] for link in page["links"]}
            target = links["next"].split(f":{server.port}", 1)[1] if "next" in links else None

    def test_each_feature_once(self):
        with Server(layers={"muchos": (point_collection(30000), ["--key", "clave"])}) as server:
            for query, wanted in (("", 30000), ("&bbox=-103.5,25.45,-103.4,25.65", None), ("&bbox=-180,-90,180,90", 30000)):
                pages = list(self.walk(server, f"/collections/muchos/items?limit=4000{query}"))
                ids = [feature["id"] for page in pages for feature in page["features"]]
                self.assertEqual(len(ids), len(set(ids)))
                self.assertEqual(len(ids), wanted or pages[0]["numberMatched"])
                self.assertTrue(all(page["numberMatched"] == len(ids) for page in pages))
                self.assertTrue(all(page["numberReturned"] == len(page["features"]) for page in pages))
            for bad in ("1", "1-2-3", "1-2-3-4-5", "a-b-c-d", "1-2-3--4", ""):
                self.assertEqual(server.get(f"/collections/muchos/items?cursor={bad}").status, 400, bad)

    def test_a_walk_ends_when_the_layer_changes(self):
        with Server(layers={"muchos": (point_collection(3000), ["--key", "clave"])}) as server:
            walk = self.walk(server, "/collections/muchos/items?limit=1000")
            first = next(walk)
            self.assertEqual(first["numberReturned"], 1000)
            server.load("muchos", point_collection(2500), "--key", "clave")
            self.assertTrue(wait_until(lambda: server.get("/collections/muchos/items").json()["numberMatched"] == 2500))
            answer = next(walk)
            self.assertEqual((answer.status, answer.json()["code"]), (410, "ITM-410"))


if __name__ == "__main__":
    unittest.main()
