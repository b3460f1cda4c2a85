# SPDX-License-Identifier: MIT
"""GeoJSON as others read it: strictly by Python, and by GDAL, which must give back what was loaded."""

import json
import os
import re
import subprocess
import unittest

from tests.http.harness import ServerTest, point_collection

ODD_TEXTS = ["\"comillas\" y \\diagonal\\", "línea\nnueva\ty\rretorno", "\x01\x1f\x7f control", "</script><b>&amp;",
             "  separadores", "emoji 🗺️ y ñandú", "", " ", "x" * 5000, "NaN", "null", "=1+1", "𝕬́"]


def odd_collection():
    features = []
    for index, text in enumerate(ODD_TEXTS):
        features.append({"type": "Feature", "geometry": {"type": "Point", "coordinates": [index / 7, index / 11]},
                         "properties": {"clave": f"k {index}/ñ?&#", "texto": text, "entero": 9007199254740993 - index,
                                        "real": [1e308, 1e-300, 0.1, -0.0, 123456789.123456789][index % 5],
                                        "si": index % 2 == 0, "fecha": "2020-03-15", "vacio": None}})
    features.append({"type": "Feature", "geometry": None,
                     "properties": {"clave": "sin geometría", "texto": None, "entero": None, "real": None, "si": None,
                                    "fecha": None, "vacio": None}})
    return {"type": "FeatureCollection", "features": features}


def ring_area(ring):
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, ring[1:])) / 2


POLYGONS = {"type": "FeatureCollection", "features": [
    # wound the wrong way, with a hole, and in two parts
    {"type": "Feature", "properties": {"n": 1}, "geometry": {"type": "Polygon", "coordinates": [
        [[0, 0], [0, 4], [4, 4], [4, 0], [0, 0]], [[1, 1], [2, 1], [2, 2], [1, 2], [1, 1]]]}},
    {"type": "Feature", "properties": {"n": 2}, "geometry": {"type": "MultiPolygon", "coordinates": [
        [[[10, 10], [11, 10], [11, 11], [10, 11], [10, 10]]], [[[12, 10], [12, 11], [13, 11], [13, 10], [12, 10]]]]}},
    # crosses the antimeridian
    {"type": "Feature", "properties": {"n": 3}, "geometry": {"type": "Polygon", "coordinates": [
        [[179, -1], [-179, -1], [-179, 1], [179, 1], [179, -1]]]}},
]}
DATELINE = {"type": "FeatureCollection", "features": [POLYGONS["features"][2]]}


class GeojsonTest(ServerTest):
    layers = {
        "raros": (odd_collection(), ["--key", "clave"]),
        "areas": (POLYGONS, []),
        "linea-de-fecha": (DATELINE, []),
        "muchos": (point_collection(25000), ["--key", "clave"]),
    }

    def items(self, layer, query=""):
        answer = self.server.get(f"/collections/{layer}/items?limit=10000{query}")
        self.assertEqual(answer.status, 200, answer.body[:300])
        return answer.json()

    def test_odd_attributes_survive(self):
        wanted = {feature["properties"]["clave"]: feature for feature in odd_collection()["features"]}
        found = self.items("raros")
        self.assertEqual(found["numberMatched"], len(wanted))
        self.assertEqual(len(found["features"]), len(wanted))
        for feature in found["features"]:
            want = wanted[feature["id"]]
            with self.subTest(feature["id"]):
                for name in ("texto", "entero", "si"):
                    self.assertEqual(feature["properties"][name], want["properties"][name], name)
                if want["properties"]["real"] is not None:
                    self.assertEqual(float(feature["properties"]["real"]), want["properties"]["real"])
                if want["properties"]["fecha"] is not None:
                    self.assertEqual(feature["properties"]["fecha"].replace("/", "-"), "2020-03-15")
                if want["geometry"] is None:
                    self.assertIsNone(feature["geometry"])
                else:
                    for got, expected in zip(feature["geometry"]["coordinates"], want["geometry"]["coordinates"]):
                        self.assertAlmostEqual(got, expected, delta=5.1e-8)

    def test_text_is_safe_in_html(self):
        body = self.server.get("/collections/raros/items?limit=100").body
        for raw in (b"<", b">", b"&", "\u2028".encode(), "\u2029".encode()):
            self.assertNotIn(raw, body)
        for byte in range(0x20):
            if byte != 0x0A:  # between features
                self.assertNotIn(bytes([byte]), body)

    def test_seven_decimals(self):
        body = self.server.get("/data/raros.geojson").body.decode()
        for pair in re.findall(r'"coordinates":\[([^]]*)\]', body):
            for number in pair.split(","):
                self.assertRegex(number, r"^-?\d+(\.\d{1,7})?$")

    def test_each_item_by_its_id(self):
        for feature in self.items("raros")["features"]:
            if "/" in str(feature["id"]):
                continue  # an escaped slash is refused by the gate
            path = "/collections/raros/items/" + "".join(
                chr(byte) if chr(byte).isalnum() and byte < 128 else f"%{byte:02X}" for byte in str(feature["id"]).encode())
            one = self.server.get(path)
            self.assertEqual(one.status, 200, path)
            got = one.json()
            self.assertEqual(got["id"], feature["id"])
            self.assertEqual(got["properties"], feature["properties"])
            self.assertEqual(got["geometry"], feature["geometry"])
            self.assertEqual({link["rel"] for link in got["links"]}, {"self", "collection"})

    def test_winding(self):
        for feature in self.items("areas")["features"]:
            geometry = feature["geometry"]
            polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
            for polygon in polygons:
                self.assertGreater(ring_area(polygon[0]), 0)
                for hole in polygon[1:]:
                    self.assertLess(ring_area(hole), 0)
                for ring in polygon:
                    self.assertEqual(ring[0], ring[-1])

    def test_antimeridian(self):
        found = self.items("linea-de-fecha")
        geometry = found["features"][0]["geometry"]
        self.assertEqual(geometry["type"], "MultiPolygon")
        total = 0
        for polygon in geometry["coordinates"]:
            longitudes = [x for x, _ in polygon[0]]
            self.assertLessEqual(max(longitudes) - min(longitudes), 1.0000001)
            self.assertTrue(all(-180 <= x <= 180 for x in longitudes))
            total += ring_area(polygon[0])
        self.assertAlmostEqual(total, 4, places=5)
        self.assertEqual(found["bbox"], [179, -1, -179, 1])
        for box in ("178,-2,-178,2", "179.5,0,179.6,0.1", "-179.6,0,-179.5,0.1"):
            self.assertEqual(self.items("linea-de-fecha", f"&bbox={box}")["numberMatched"], 1, box)
        for box in ("0,-2,10,2", "-178,-2,178,2"):
            self.assertEqual(self.items("linea-de-fecha", f"&bbox={box}")["numberMatched"], 0, box)

    def test_bbox(self):
        features = point_collection(25000)["features"]
        box = (-103.45, 25.5, -103.4, 25.55)
        wanted = {f["properties"]["clave"] for f in features
                  if box[0] <= f["geometry"]["coordinates"][0] <= box[2]
                  and box[1] <= f["geometry"]["coordinates"][1] <= box[3]}
        found = self.items("muchos", "&bbox=" + ",".join(map(str, box)))
        self.assertEqual(found["numberMatched"], len(wanted))
        self.assertEqual({f["properties"]["clave"] for f in found["features"]}, wanted)
        west, south, east, north = found["bbox"]
        self.assertTrue(box[0] <= west <= east <= box[2] and box[1] <= south <= north <= box[3])

    def test_pages(self):
        """Following the links gives every feature once, in order; the last page has no next."""
        seen = []
        target = "/collections/muchos/items?limit=9000"
        while target:
            page = self.server.get(target).json()
            self.assertEqual(page["numberMatched"], 25000)
            self.assertEqual(page["numberReturned"], len(page["features"]))
            self.assertRegex(page["timeStamp"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
            seen.extend(feature["id"] for feature in page["features"])
            links = {link["rel"]: link["href"] for link in page["links"]}
            self.assertIn("self", links)
            self.assertEqual("prev" in links, len(seen) > 9000)
            target = links["next"].split(f":{self.server.port}", 1)[1] if "next" in links else None
        self.assertEqual(len(seen), 25000)
        self.assertEqual(len(set(seen)), 25000)
        self.assertEqual(len(self.server.get("/collections/muchos/items").json()["features"]), 10)
        self.assertEqual(len(self.items("muchos", "")["features"]), 10000)
        self.assertEqual(self.server.get("/collections/muchos/items?limit=20000").json()["numberReturned"], 10000)
        beyond = self.server.get("/collections/muchos/items?offset=25000").json()
        self.assertEqual((beyond["numberReturned"], beyond["features"]), (0, []))

    def test_download_is_whole(self):
        for headers in ({}, {"Accept-Encoding": "gzip"}):
            answer = self.server.request("/data/muchos.geojson", headers=headers)
            self.assertIn("muchos.geojson", answer.header("Content-Disposition"))
            body = answer.body
            if headers:
                import gzip
                body = gzip.decompress(body)
            features = json.loads(body)["features"]
            self.assertEqual([f["properties"]["clave"] for f in features], list(range(1, 25001)))

    def test_tile_geojson(self):
        tile = self.server.get("/tiles/muchos/12/871/1747.geojson").json()
        self.assertEqual(tile["type"], "FeatureCollection")
        self.assertGreater(len(tile["features"]), 0)
        for feature in tile["features"]:
            self.assertEqual(set(feature["properties"]), {"clave", "nombre", "valor"})

    def test_gdal_reads_it(self):
        script = r"""
import json, sys
from osgeo import ogr
ogr.UseExceptions()
source = ogr.Open(sys.argv[1])
layer = source.GetLayer(0)
rows = []
for feature in layer:
    geometry = feature.GetGeometryRef()
    rows.append([feature.ExportToJson(as_object=True)["properties"], geometry.ExportToWkt() if geometry else None,
                 bool(geometry is None or geometry.IsValid())])
print(json.dumps(rows))
"""
        if subprocess.run(["/usr/bin/python3", "-c", "from osgeo import ogr"], capture_output=True, check=False).returncode:
            self.skipTest("python3-gdal is not installed")
        for layer, count in (("raros", len(ODD_TEXTS) + 1), ("areas", 3), ("linea-de-fecha", 1), ("muchos", 25000)):
            with self.subTest(layer):
                path = os.path.join(self.server.folder, f"{layer}-descarga.geojson")
                with open(path, "wb") as file:
                    file.write(self.server.get(f"/data/{layer}.geojson").body)
                done = subprocess.run(["/usr/bin/python3", "-c", script, path], capture_output=True, text=True, check=False)
                self.assertEqual(done.returncode, 0, done.stderr)
                rows = json.loads(done.stdout)
                self.assertEqual(len(rows), count)
                self.assertTrue(all(row[2] for row in rows), "an invalid geometry")
                if layer == "raros":
                    texts = [row[0]["texto"] for row in rows]
                    self.assertEqual(texts[:-1], ODD_TEXTS)
                    self.assertIsNone(rows[-1][1])


if __name__ == "__main__":
    unittest.main()
