# SPDX-License-Identifier: MIT
"""What docs/server.md promises of every address: statuses, headers, errors, caching, compression."""

import gzip
import json
import socket
import time
import unittest

from tests.http.harness import BASE_STYLE, ServerTest, in_threads, point_collection, wait_until

HIDDEN_STYLE = {"version": 8, "metadata": {"tesela:map": {"state": "ignorar"}}, "sources": {}, "layers": []}
SCRIPT = b"// " + b"una linea que se repite " * 100 + b"\nexport const a = 1;\n"

GOOD = {
    "/": "text/html; charset=utf-8",
    "/?f=json": "application/json",
    "/mapas": "text/html; charset=utf-8",
    "/mapas/base": "text/html; charset=utf-8",
    "/legend/base": "application/json",
    "/health/live": "application/json",
    "/health/ready": "application/json",
    "/metrics": "text/plain; version=0.0.4; charset=utf-8",
    "/robots.txt": "text/plain; charset=utf-8",
    "/api": "application/vnd.oai.openapi+json;version=3.0",
    "/conformance": "application/json",
    "/collections": "application/json",
    "/collections/muchos": "application/json",
    "/collections/muchos/items": "application/geo+json",
    "/collections/muchos/items/7": "application/geo+json",
    "/data/muchos.geojson": "application/geo+json",
    "/tiles/base.json": "application/json",
    "/tiles/muchos.json": "application/json",
    "/styles/base.json": "application/json",
    "/maps/base.png": "image/png",
    "/tiles/base/12/871/1747.png": "image/png",
    "/tiles/base/12/871/1747@2x.png": "image/png",
    "/tiles/base/512/11/435/873.png": "image/png",
    "/tiles/base/512/11/435/873@2x.png": "image/png",
    "/tiles/base/12/871/1747.mvt": "application/vnd.mapbox-vector-tile",
    "/tiles/muchos/12/871/1747.mvt": "application/vnd.mapbox-vector-tile",
    "/tiles/muchos/12/871/1747.geojson": "application/geo+json",
    "/tiles/base/12/0/0.png": "image/png",  # nothing there: a valid empty tile
    "/tiles/muchos/12/0/0.mvt": "application/vnd.mapbox-vector-tile",
    "/tiles/muchos/12/0/0.geojson": "application/geo+json",
    "/static/visor.js": "text/javascript; charset=utf-8",
}

BAD = {
    "/nada": (404, "SRV-404"),
    "/static/nada.js": (404, "SRV-404"),
    "/static/": (404, "SRV-404"),
    "/tiles/nada/1/0/0.png": (404, "MAP-404"),
    "/tiles/muchos/1/0/0.png": (404, "MAP-404"),
    "/tiles/oculto/1/0/0.png": (404, "MAP-404"),
    "/tiles/nada.json": (404, "MAP-404"),
    "/styles/nada.json": (404, "MAP-404"),
    "/maps/nada.png": (404, "MAP-404"),
    "/collections/nada": (404, "LAY-404"),
    "/collections/nada/items": (404, "LAY-404"),
    "/data/nada.geojson": (404, "LAY-404"),
    "/tiles/nada/1/0/0.mvt": (404, "LAY-404"),
    "/collections/muchos/items/no-hay": (404, "ITM-404"),
    "/tiles/base/40/0/0.png": (404, "SRV-014"),
    "/tiles/base/23/0/0.png": (404, "SRV-014"),
    "/tiles/base/2/4/0.png": (404, "SRV-014"),
    "/tiles/base/2/0/4.mvt": (404, "SRV-014"),
    "/tiles/base/2/4294967296/0.png": (404, "SRV-014"),
    "/tiles/base/2/-1/0.png": (400, "SRV-013"),
    "/tiles/base/2/+1/0.png": (400, "SRV-013"),
    "/tiles/base/2/1e0/0.png": (400, "SRV-013"),
    "/tiles/base/2/01/0.png": (400, "SRV-013"),
    "/tiles/base/z/x/y.png": (400, "SRV-013"),
    "/tiles/base/2/1/0@3x.png": (400, "SRV-013"),
    "/tiles/..%2fbase/2/1/0.png": (400, "SRV-001"),
    "/tiles/base/2/1/0.png?foo=1": (400, "SRV-010"),
    "/tiles/base/2/1/0.png?v=1&v=2": (400, "SRV-011"),
    "/collections/muchos/items?limit=0": (400, "SRV-012"),
    "/collections/muchos/items?limit=abc": (400, "SRV-012"),
    "/collections/muchos/items?offset=-1": (400, "SRV-012"),
    "/collections/muchos/items?bbox=1,2,3": (400, "SRV-012"),
    "/collections/muchos/items?bbox=nan,nan,nan,nan": (400, "SRV-012"),
    "/collections/muchos/items?bbox=0,1,1,0": (400, "SRV-012"),
    "/collections/muchos/items?f=xml": (400, "SRV-012"),
    "/collections/muchos/items?bbbox=0,0,1,1": (400, "SRV-010"),
    "/maps/base.png?width=99999": (400, "SRV-012"),
    "/maps/base.png?size=10": (400, "SRV-012"),
    "/maps/base.png?width=4096&height=4096&scale=3": (400, "SRV-012"),
    "/maps/base.png?zoom=inf": (400, "SRV-012"),
    "/maps/base.png?center=1": (400, "SRV-012"),
}


class ContractTest(ServerTest):
    styles = {"base": BASE_STYLE, "oculto": HIDDEN_STYLE}
    layers = {"muchos": (point_collection(3000), ["--key", "clave"])}
    www = {"visor.js": SCRIPT, "punto.png": b"\x89PNG\r\n\x1a\n", "node_modules/x/secreto.js": b"x", ".git/config": b"x",
           "sub/otro.css": b"a{}", "clave.pem": b"secreto"}

    # --- answers ---

    def test_good(self):
        for target, kind in GOOD.items():
            with self.subTest(target):
                answer = self.server.get(target)
                self.assertEqual(answer.status, 200, answer.body[:300])
                self.assertEqual(answer.header("Content-Type"), kind)
                self.assert_common(answer, target)
                self.assertRegex(answer.header("ETag"), r'^"[^"]+"$')
                if kind == "image/png":
                    self.assertTrue(answer.body.startswith(b"\x89PNG\r\n\x1a\n"))
                elif "json" in kind:
                    answer.json()

    def test_bad(self):
        for target, (status, code) in BAD.items():
            with self.subTest(target):
                problem = self.assert_problem(self.server.get(target), status, code, target)
                self.assertNotIn(self.server.folder, json.dumps(problem))

    def test_unknown_parameter_names_the_nearest(self):
        problem = self.server.get("/collections/muchos/items?limite=3").json()
        self.assertIn("limite", problem["detail"])
        self.assertIn("«limit»", problem["detail"])

    def test_head(self):
        for target in list(GOOD) + ["/nada", "/tiles/base/40/0/0.png"]:
            with self.subTest(target):
                get = self.server.get(target)
                head = self.server.request(target, "HEAD")
                self.assertEqual(head.status, get.status)
                self.assertEqual(head.body, b"")
                for name in ("Content-Type", "Cache-Control", "Vary", "Access-Control-Allow-Origin"):
                    self.assertEqual(head.header(name), get.header(name), name)
                if target not in ("/metrics", "/collections/muchos/items"):
                    self.assertEqual(head.header("ETag"), get.header("ETag"))
                    self.assertEqual(head.header("Content-Length"), get.header("Content-Length"))

    def test_options(self):
        for target in GOOD:
            with self.subTest(target):
                answer = self.server.request(target, "OPTIONS", {"Origin": "https://otro.example",
                                                                 "Access-Control-Request-Method": "GET"})
                self.assertEqual(answer.status, 204)
                self.assertEqual(answer.body, b"")
                self.assertEqual(answer.header("Access-Control-Allow-Origin"), "*")
                self.assertIn("GET", answer.header("Access-Control-Allow-Methods"))
                self.assertEqual(answer.header("Allow"), "GET, HEAD, OPTIONS")

    def test_methods(self):
        for method in ("POST", "PUT", "PATCH", "DELETE", "TRACE"):
            with self.subTest(method):
                answer = self.server.request("/collections", method)
                self.assert_problem(answer, 405, "SRV-405")
                self.assertEqual(answer.header("Allow"), "GET, HEAD, OPTIONS")
        self.assert_problem(self.server.request("/collections", "BREW"), 501, "SRV-006")
        self.assertEqual(self.server.request("/nada", "POST").status, 404)

    # --- caching ---

    def test_not_modified(self):
        for target in GOOD:
            if target in ("/metrics", "/health/ready", "/health/live"):
                continue
            with self.subTest(target):
                first = self.server.get(target)
                again = self.server.get(target, If_None_Match=first.header("ETag"))
                self.assertEqual(again.status, 304)
                self.assertEqual(again.body, b"")
                for name in ("ETag", "Cache-Control", "Vary", "Access-Control-Allow-Origin",
                             "Access-Control-Expose-Headers"):
                    self.assertEqual(again.header(name), first.header(name), name)
                for tags in ('"x", ' + first.header("ETag"), "W/" + first.header("ETag"), "*"):
                    self.assertEqual(self.server.get(target, If_None_Match=tags).status, 304, tags)
                self.assertEqual(self.server.get(target, If_None_Match='"otra"').status, 200)

    def test_etag_follows_content(self):
        one = self.server.get("/tiles/base/12/871/1747.png")
        same = self.server.get("/tiles/base/12/871/1747.png")
        other = self.server.get("/tiles/base/12/871/1747@2x.png")
        self.assertEqual((one.header("ETag"), one.body), (same.header("ETag"), same.body))
        self.assertNotEqual(one.header("ETag"), other.header("ETag"))

    def test_versioned_addresses(self):
        template = self.server.get("/tiles/base.json").json()["tiles"][0]
        path = template.split(f":{self.server.port}", 1)[1]
        tile = path.replace("{z}", "12").replace("{x}", "871").replace("{y}", "1738")
        self.assertIn("immutable", self.server.get(tile).header("Cache-Control"))
        usual = "public, max-age=300, stale-while-revalidate=86400"
        self.assertEqual(self.server.get(tile.split("?")[0]).header("Cache-Control"), usual)
        self.assertEqual(self.server.get(tile.split("?")[0] + "?v=vieja").header("Cache-Control"), usual)

    def test_compression(self):
        for target in ("/collections", "/data/muchos.geojson", "/collections/muchos/items?limit=1000", "/static/visor.js",
                       "/tiles/muchos/12/871/1747.mvt", "/tiles/muchos/12/871/1747.geojson", "/api", "/mapas/base"):
            with self.subTest(target):
                plain = self.server.get(target)
                packed = self.server.get(target, Accept_Encoding="gzip")
                self.assertIsNone(plain.header("Content-Encoding"))
                self.assertEqual(packed.header("Content-Encoding"), "gzip")
                self.assertIn("Accept-Encoding", packed.header("Vary"))
                self.assertEqual(packed.header("Vary"), plain.header("Vary"))
                if "items?" not in target:  # states the time
                    self.assertEqual(gzip.decompress(packed.body), plain.body)
                self.assertLess(len(packed.body), len(plain.body))
                self.assertNotEqual(packed.header("ETag"), plain.header("ETag"))
                refused = self.server.get(target, Accept_Encoding="gzip;q=0, br;q=0")
                self.assertIsNone(refused.header("Content-Encoding"))
        self.assertTrue(wait_until(lambda: self.server.get("/static/visor.js", Accept_Encoding="gzip, br")
                                   .header("Content-Encoding") == "br"))
        self.assertIsNone(self.server.get("/tiles/base/12/871/1747.png", Accept_Encoding="gzip").header("Content-Encoding"))

    # --- documents ---

    def test_tilejson(self):
        for subject, suffix in (("base", ".png"), ("muchos", ".mvt")):
            document = self.server.get(f"/tiles/{subject}.json").json()
            self.assertEqual(document["tilejson"], "3.0.0")
            self.assertTrue(document["tiles"][0].startswith(f"http://127.0.0.1:{self.server.port}/tiles/{subject}/"))
            self.assertIn(suffix, document["tiles"][0])
            self.assertEqual(document["vector_layers"][0]["id"], "muchos")
            self.assertEqual(set(document["vector_layers"][0]["fields"]), {"clave", "nombre", "valor"})
            west, south, east, north = document["bounds"]
            self.assertTrue(-103.51 < west < east < -103.29 and 25.44 < south < north < 25.66, document["bounds"])
            self.assertEqual(len(document["center"]), 3)
        self.assertEqual(self.server.get("/tiles/base.json").json()["attribution"], "Fuente: prueba")

    def test_style(self):
        style = self.server.get("/styles/base.json").json()
        source = style["sources"]["muchos"]
        self.assertNotIn("url", source)
        path = source["tiles"][0].split(f":{self.server.port}", 1)[1]
        tile = self.server.get(path.replace("{z}", "12").replace("{x}", "871").replace("{y}", "1738"))
        self.assertEqual(tile.status, 200)
        self.assertEqual(style["layers"], BASE_STYLE["layers"])

    def test_host_header(self):
        answer = self.server.get("/tiles/base.json", Host="Mapas.Example:81").json()
        self.assertTrue(answer["tiles"][0].startswith("http://mapas.example:81/tiles/"))
        forwarded = self.server.get("/tiles/base.json", X_Forwarded_Host="malo.example", X_Forwarded_Proto="https")
        self.assertNotIn(b"malo.example", forwarded.body)

    def test_openapi_names_what_is_there(self):
        document = self.server.get("/api").json()
        self.assertTrue(document["openapi"].startswith("3.0"))
        values = {"layer": "muchos", "map": "base", "id": "7", "z": "12", "x": "871", "y": "1738", "stack": "Open%20Sans", "range": "0-255"}
        for path, operations in document["paths"].items():
            with self.subTest(path):
                declared = {p["name"] for p in operations["get"]["parameters"] if p["in"] == "path"}
                target = path
                for name in declared:
                    target = target.replace("{" + name + "}", values[name])
                self.assertNotIn("{", target)
                if path == "/identify/{map}":
                    target += "?lon=-103.4&lat=25.5&zoom=14"
                answer = self.server.get(target)
                self.assertEqual(answer.status, 200, answer.body[:300])
                for parameter in operations["get"]["parameters"]:
                    if parameter["in"] == "query":  # known, whatever its value is worth
                        probe = self.server.get(f"{path.split('{')[0]}" if False else
                                                f"{target.split('?')[0]}?{parameter['name']}=")
                        self.assertNotEqual(probe.status == 400 and probe.json()["code"], "SRV-010", parameter["name"])

    def test_landing(self):
        as_json = self.server.get("/", Accept="application/json")
        self.assertEqual(as_json.header("Content-Type"), "application/json")
        self.assertIn("Accept", as_json.header("Vary"))
        relations = {link["rel"] for link in as_json.json()["links"]}
        self.assertTrue({"self", "service-desc", "conformance", "data"} <= relations)
        browser = self.server.get("/", Accept="text/html,application/xhtml+xml,*/*;q=0.8")
        self.assertEqual(browser.header("Content-Type"), "text/html; charset=utf-8")
        policy = browser.header("Content-Security-Policy")
        self.assertIn("default-src 'none'", policy)
        self.assertNotIn("unsafe", policy)
        for link in as_json.json()["links"]:
            path = link["href"].split(f":{self.server.port}", 1)[1]
            self.assertEqual(self.server.get(path).status, 200, link)

    def test_static(self):
        self.assertEqual(self.server.get("/static/visor.js").body, SCRIPT)
        self.assertEqual(self.server.get("/static/sub/otro.css").header("Content-Type"), "text/css; charset=utf-8")
        for hidden in ("node_modules/x/secreto.js", ".git/config", "clave.pem", "sub", "sub/", "../styles/base.json"):
            self.assertIn(self.server.get("/static/" + hidden).status, (400, 404), hidden)

    def test_pictures(self):
        for query in ("", "?bbox=-103.5,25.45,-103.3,25.65&width=300&height=200",
                      "?center=-103.4,25.54&zoom=13&size=300x200", "?size=300x200", "?width=300&scale=2"):
            answer = self.server.get("/maps/base.png" + query)
            self.assertEqual(answer.status, 200, query)
            width = int.from_bytes(answer.body[16:20], "big")
            height = int.from_bytes(answer.body[20:24], "big")
            if "300" in query:
                self.assertEqual(width, 600 if "scale" in query else 300)
            if "200" in query:
                self.assertEqual(height, 200)

    def test_tile_sizes(self):
        for path, side in (("12/871/1747.png", 256), ("12/871/1747@2x.png", 512), ("512/11/435/873.png", 512),
                           ("512/11/435/873@2x.png", 1024)):
            body = self.server.get("/tiles/base/" + path).body
            self.assertEqual(int.from_bytes(body[16:20], "big"), side)
            self.assertEqual(int.from_bytes(body[20:24], "big"), side)

    # --- many at once ---

    def test_equal_requests_share_one_rendering(self):
        def metric(name):
            for line in self.server.get("/metrics").body.decode().splitlines():
                if line.startswith(name + " "):
                    return int(line.split()[1])
            raise AssertionError(name)

        before = metric("tesela_tiles_made_total")
        answers = in_threads(40, lambda _: self.server.get("/tiles/base/512/10/217/436@2x.png"))
        self.assertEqual({answer.status for answer in answers}, {200})
        self.assertEqual(len({answer.body for answer in answers}), 1)
        self.assertEqual(metric("tesela_tiles_made_total") - before, 1)

    def test_one_connection_many_requests(self):
        with self.server.connect() as peer:
            file = peer.makefile("rb")
            for index in range(100):
                peer.sendall(f"GET /tiles/base/14/{3480 + index}/6989.png HTTP/1.1\r\nHost: a\r\n\r\n".encode())
                self.assertIn(b" 200 ", file.readline())
                length = 0
                while (line := file.readline()) != b"\r\n":
                    if line.lower().startswith(b"content-length:"):
                        length = int(line.split(b":")[1])
                self.assertEqual(len(file.read(length)), length)

    def test_dropped_clients(self):
        """Clients that go away in the middle leave nothing behind."""
        def go_away(index):
            with self.server.connect() as peer:
                targets = ("/data/muchos.geojson", f"/tiles/base/15/{6960 + index}/13978.png", "/maps/base.png?size=900x900")
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                peer.sendall(f"GET {targets[index % 3]} HTTP/1.1\r\nHost: a\r\n\r\n".encode())

        in_threads(60, go_away)

        def calm():
            text = self.server.get("/metrics").body.decode()
            return "tesela_http_streams 0" in text and "tesela_http_in_flight 1\n" in text

        self.assertTrue(wait_until(calm), self.server.get("/metrics").body.decode())

    def test_tiles_go_on_beside_slow_readers(self):
        peers = []
        try:
            for _ in range(100):
                peer = self.server.connect()
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                peer.sendall(b"GET /data/muchos.geojson HTTP/1.1\r\nHost: a\r\n\r\n")
                peers.append(peer)
            begin = time.monotonic()
            self.assertEqual(self.server.get("/tiles/base/13/1742/3494.png").status, 200)
            self.assertLess(time.monotonic() - begin, 5)
        finally:
            for peer in peers:
                peer.close()


class EmptyCacheTest(ServerTest):
    """The same with the cache switched off."""

    layers = {"muchos": (point_collection(300), ["--key", "clave"])}
    arguments = ["--cache-mb", "0", "--workers", "1"]

    def test_tiles_are_equal(self):
        bodies = {self.server.get("/tiles/base/12/871/1747.png").body for _ in range(3)}
        self.assertEqual(len(bodies), 1)
        self.assertIn("tesela_tile_cache_hits_total 0", self.server.get("/metrics").body.decode())


class PublishingTest(ServerTest):
    layers = {"muchos": (point_collection(10), ["--key", "clave"])}

    def test_new_version_is_served(self):
        before = self.server.get("/collections/muchos/items").json()
        template = self.server.get("/tiles/base.json").json()["tiles"][0]
        tile = self.server.get("/tiles/muchos/5/6/13.geojson")
        self.assertEqual(before["numberMatched"], 10)
        self.server.load("muchos", point_collection(25), "--key", "clave")
        self.assertTrue(wait_until(lambda: self.server.get("/collections/muchos/items").json()["numberMatched"] == 25))
        self.assertNotEqual(self.server.get("/tiles/base.json").json()["tiles"][0], template)
        self.assertNotEqual(self.server.get("/tiles/muchos/5/6/13.geojson").header("ETag"), tile.header("ETag"))


class BaseUrlTest(ServerTest):
    layers = {"muchos": (point_collection(10), ["--key", "clave"])}
    arguments = ["--base-url", "https://mapas.example/tesela"]

    def test_links(self):
        for target in ("/tiles/base.json", "/styles/base.json", "/collections/muchos", "/?f=json", "/api", "/robots.txt"):
            body = self.server.get(target, Host="otro.example").body.decode()
            self.assertIn("https://mapas.example/tesela", body, target)
            self.assertNotIn("otro.example", body, target)


if __name__ == "__main__":
    unittest.main()
