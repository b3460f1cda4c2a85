#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Everything at once, for as long as one likes: tiles of all kinds and zooms, conditional requests, pages, queries,
downloads, slow clients, clients that go away, and a layer that is published anew now and then.

usage: TESELA_PROGRAM=build/tesela python3 -m tests.http.soak [--seconds 3600] [--rate 20] [--cache-mb 64]
           [--data DIR --styles DIR] [--every 10] [--curve FILE]

Every request must have the answer that it should have, or 503 with Retry-After. At the end no request may be left, and
the memory of its own (RssAnon) must lie within the cache's bound and what docs/capacity.md states. With --data a copy of
that data directory is served with the maps of --styles; otherwise a small town is made. --curve writes the memory as
CSV."""

import argparse
import collections
import http.client
import math
import os
import random
import re
import shutil
import socket
import sys
import tempfile
import threading
import time

from tests.bench import parcels
from tests.http.harness import BASE_STYLE, PROGRAM, Server, point_collection

MIB = 1 << 20
# What is held besides the tile cache (docs/capacity.md): the program with its fonts, plans of labels; for each worker
# its arena, pictures and pages of the store; for each connection its pool and what waits to be read.
BASE_MIB, WORKER_MIB = 160, 160


def town_style():
    style = {**BASE_STYLE, "metadata": {"tesela:map": {**BASE_STYLE["metadata"]["tesela:map"],
                                                       "title": {"es": "Parcelas", "en": "Parcels"}}}}
    style["sources"] = {"parcelas": {"type": "vector", "url": "tesela://parcelas"},
                        "cambia": {"type": "vector", "url": "tesela://cambia"}}
    style["layers"] = [
        {"id": "fondo", "type": "background", "paint": {"background-color": "#f4f1ea"}},
        {"id": "parcela", "type": "fill", "source": "parcelas", "source-layer": "parcelas",
         "paint": {"fill-color": "#c8d8a0", "fill-outline-color": "#506030"}},
        {"id": "cambio", "type": "circle", "source": "cambia", "source-layer": "cambia",
         "paint": {"circle-radius": 4, "circle-color": "#8a1538"}},
        {"id": "nombre", "type": "symbol", "source": "cambia", "source-layer": "cambia", "minzoom": 12,
         "layout": {"text-field": ["get", "nombre"], "text-size": 12}},
    ]
    return style


class Soak:
    def __init__(self, server, options):
        self.server = server
        self.options = options
        self.end = time.monotonic() + options.seconds
        self.lock = threading.Lock()
        self.counts = collections.Counter()
        self.waits = []
        self.wrong = []
        self.curve = []
        self.published = 0
        self.ask_what_there_is()

    def ask_what_there_is(self):
        found = self.server.get("/collections").json()["collections"]
        self.layers = [one["id"] for one in found]
        boxes = [one["extent"]["spatial"]["bbox"][0] for one in found]
        self.box = [min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes),
                    max(b[3] for b in boxes)]
        page = self.server.get("/sitemap.xml").body.decode()
        self.maps = sorted(set(re.findall(r"/mapas/([a-z0-9_-]+)<", page)))
        if not self.maps:
            raise SystemExit("no maps to ask for")

    # --- what is asked ---

    def tile(self, chance, zooms=(10, 18)):
        z = chance.randint(*zooms)
        lon, lat = chance.uniform(self.box[0], self.box[2]), chance.uniform(self.box[1], self.box[3])
        if chance.random() < 0.5:  # half of the people look at the same place
            lon, lat = ((self.box[0] + self.box[2]) / 2 + chance.gauss(0, 0.01),
                        (self.box[1] + self.box[3]) / 2 + chance.gauss(0, 0.01))
        x = int((lon + 180) / 360 * 2 ** z)
        y = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2 ** z)
        kind = chance.random()
        if kind < 0.2:
            return f"/tiles/{chance.choice(self.layers + self.maps)}/{z}/{x}/{y}.mvt"
        if kind < 0.25:
            return f"/tiles/{chance.choice(self.layers)}/{max(z, 13)}/{x << max(0, 13 - z)}/{y << max(0, 13 - z)}.geojson"
        size = chance.choice(["", "", "", "512/"])
        ratio = chance.choice(["", "", "", "@2x"])
        return f"/tiles/{chance.choice(self.maps)}/{size}{z}/{x}/{y}{ratio}.png"

    def page(self, chance):
        the_map, layer = chance.choice(self.maps), chance.choice(self.layers)
        lon, lat = chance.uniform(self.box[0], self.box[2]), chance.uniform(self.box[1], self.box[3])
        return chance.choice([
            "/", "/mapas", f"/mapas/{the_map}", f"/legend/{the_map}", f"/styles/{the_map}.json", "/collections", "/api",
            f"/tiles/{the_map}.json", "/metrics", "/health/ready", "/no-existe", "/tiles/nada/1/0/0.png",
            f"/identify/{the_map}?lon={lon:.6f}&lat={lat:.6f}&zoom={chance.randint(12, 18)}",
            f"/collections/{layer}/items?limit={chance.randint(1, 500)}",
            f"/collections/{layer}/items?limit=100&bbox={lon:.6f},{lat:.6f},{lon + .01:.6f},{lat + .01:.6f}",
            f"/maps/{the_map}.png?center={lon:.6f},{lat:.6f}&zoom={chance.randint(11, 17)}&size=640x480"])

    # --- who asks ---

    def note(self, what, target="", problem=None):
        with self.lock:
            self.counts[what] += 1
            if problem and len(self.wrong) < 50:
                self.wrong.append(f"{target}: {problem}")

    def check(self, target, status, headers, body, known):
        if status == 503:
            self.note("503", target, None if headers.get("Retry-After") else "503 without Retry-After")
        elif status == 304:
            self.note("304", target, None if known and not body else "304 that nobody asked for, or with a body")
        elif status == 404:
            self.note("404", target, None if "nad" in target or "no-existe" in target else "404")
        elif status == 200:
            is_png = ".png" in target
            right = body[:8] == b"\x89PNG\r\n\x1a\n" if is_png else True
            self.note("200", target, None if right else "no PNG")
        else:
            self.note(str(status), target, f"status {status}: {body[:200]!r}")

    def ask(self, connection, target, known):
        headers = {"Accept-Encoding": "gzip"} if hash(target) % 2 else {}
        if known.get(target):
            headers["If-None-Match"] = known[target]
        begin = time.monotonic()
        connection.request("GET", target, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        with self.lock:
            self.waits.append(time.monotonic() - begin)
        self.check(target, answer.status, answer.headers, body, known.get(target))
        if answer.status == 200 and answer.headers.get("ETag") and len(known) < 500:
            known[target] = answer.headers["ETag"]

    def reader(self, seed, make, pause):
        """One visitor after the other, each over a kept connection."""
        chance = random.Random(seed)
        while time.monotonic() < self.end:
            known = {}
            connection = http.client.HTTPConnection(self.server.host, self.server.port, timeout=60)
            try:
                for _ in range(chance.randint(5, 60)):
                    again = known and chance.random() < 0.15
                    self.ask(connection, chance.choice(list(known)) if again else make(chance), known)
                    time.sleep(chance.expovariate(1 / pause))
                    if time.monotonic() > self.end:
                        break
            except (OSError, http.client.HTTPException) as error:
                self.note("broken", "", f"{type(error).__name__}: {error}")
            finally:
                connection.close()

    def leaver(self):
        """Asks and goes away before the answer is there."""
        chance = random.Random(1)
        while time.monotonic() < self.end:
            with self.server.connect() as peer:
                peer.sendall(f"GET {self.tile(chance)} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
                time.sleep(chance.choice([0, 0.001, 0.02]))
            self.note("left")
            time.sleep(0.3)

    def dawdler(self):
        """Reads a download with pauses, then goes away in the middle."""
        chance = random.Random(2)
        while time.monotonic() < self.end:
            with self.server.connect() as peer:
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
                peer.sendall(f"GET /data/{chance.choice(self.layers)}.geojson HTTP/1.1\r\nHost: a\r\n\r\n".encode())
                until = min(self.end, time.monotonic() + chance.uniform(1, 20))
                while time.monotonic() < until and peer.recv(8192):
                    time.sleep(0.1)
            self.note("dawdled")

    def publisher(self):
        """A new version of a layer that maps show; the next answer of its items must come from it."""
        chance = random.Random(3)
        pause = max(3.0, self.options.seconds / 60)
        while time.monotonic() + 2 < self.end:
            collection = point_collection(300)
            self.published += 1
            for feature in collection["features"]:
                feature["properties"]["nombre"] = f"Punto {self.published}"
                feature["geometry"]["coordinates"][0] += chance.uniform(-0.001, 0.001)
            self.server.load("cambia", collection)
            time.sleep(0.25)
            items = self.server.get("/collections/cambia/items?limit=1")
            if items.status == 200:
                name = items.json()["features"][0]["properties"]["nombre"]
                right = name == f"Punto {self.published}"
                self.note("published", "items", None if right else f"{name} after version {self.published} was published")
            time.sleep(pause)

    def memory(self):
        """MiB of its own, and of files it reads, which the system takes back when it wants them."""
        with open(f"/proc/{self.server.process.pid}/status", encoding="ascii") as file:
            text = file.read()
        return [int(re.search(name + r":\s+(\d+)", text).group(1)) / 1024 for name in ("RssAnon", "RssFile")]

    def watcher(self):
        begin = time.monotonic()
        while time.monotonic() < self.end:
            text = self.server.get("/metrics").body.decode()
            number = {key: float(value) for key, value in re.findall(r"^(tesela_\S+) ([0-9.]+)$", text, re.M)}
            row = (time.monotonic() - begin, *self.memory(), number["tesela_tile_cache_bytes"] / MIB,
                   number["tesela_label_cache_bytes"] / MIB, number["tesela_http_connections"],
                   number["tesela_tiles_made_total"])
            self.curve.append(row)
            if self.options.curve:
                with open(self.options.curve, "a", encoding="ascii") as file:
                    file.write(",".join(f"{value:.1f}" for value in row) + "\n")
            time.sleep(min(self.options.every, max(0, self.end - time.monotonic())))

    # --- all together ---

    def run(self):
        readers = 6
        pause = readers / self.options.rate
        works = [lambda seed=seed: self.reader(seed, self.tile, pause) for seed in range(10, 10 + readers - 1)]
        works += [lambda: self.reader(99, self.page, pause), self.leaver, self.dawdler, self.publisher, self.watcher]
        failures = []

        def guarded(work):
            try:
                work()
            except Exception as error:  # noqa: B902 - told below
                failures.append(f"{type(error).__name__}: {error}")

        threads = [threading.Thread(target=guarded, args=(work,)) for work in works]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return failures + self.wrong + self.left_over()

    def left_over(self):
        """What is wrong once nobody asks any more."""
        end = time.monotonic() + 10
        while True:
            text = self.server.get("/metrics").body.decode()
            number = {key: float(value) for key, value in re.findall(r"^(tesela_\S+) ([0-9.]+)$", text, re.M)}
            busy = (number["tesela_http_in_flight"] - 1, number["tesela_queue_length"], number["tesela_http_streams"])
            if not any(busy):
                break
            if time.monotonic() > end:
                return [f"in flight, queue, streams: {busy}"]
            time.sleep(0.1)
        bound = self.options.cache_mb + BASE_MIB + WORKER_MIB * self.options.workers
        peak = max(row[1] for row in self.curve)
        with open(PROGRAM, "rb") as file:
            is_sanitized = re.search(rb"__[at]san_init", file.read()) is not None
        return [f"{peak:.0f} MiB of its own, more than {bound}"] if peak > bound and not is_sanitized else []


def report(soak, problems):
    waits = sorted(soak.waits)
    counts = ", ".join(f"{key} {value}" for key, value in sorted(soak.counts.items()))
    print(f"{soak.options.seconds:.0f} s, {len(waits)} answers: {counts}")
    if waits:
        print(f"p50 {waits[len(waits) // 2] * 1e3:.1f} ms, p99 {waits[len(waits) * 99 // 100] * 1e3:.1f} ms, "
              f"longest {waits[-1] * 1e3:.0f} ms")
    step = max(1, len(soak.curve) // 12)
    for at, own, mapped, cache, labels, connections, made in soak.curve[::step] + soak.curve[-1:]:
        print(f"  {at:6.0f} s  {own:6.1f} MiB of its own, {mapped:.1f} of files, tiles {cache:.1f}, labels {labels:.1f}, "
              f"{connections:.0f} connections, {made:.0f} tiles made")
    for problem in problems:
        print("wrong:", problem)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--rate", type=float, default=60, help="requests a second, about")
    parser.add_argument("--cache-mb", type=int, default=16)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--data")
    parser.add_argument("--styles")
    parser.add_argument("--every", type=float, default=1, help="seconds between looks at the memory")
    parser.add_argument("--curve")
    options = parser.parse_args()
    server = Server(styles={"pueblo": town_style()},
                    arguments=["--quiet", "--workers", str(options.workers), "--cache-mb", str(options.cache_mb),
                               "--disk-cache-mb", "64"])
    try:
        if options.data:
            shutil.rmtree(server.data)
            shutil.copytree(options.data, server.data, ignore=shutil.ignore_patterns("tiles.sqlite*"))
            shutil.copytree(options.styles, server.styles, dirs_exist_ok=True)
        else:
            with tempfile.TemporaryDirectory() as folder:
                parcels.write(5000, os.path.join(folder, "parcelas.shp"), False)
                server.load_file("parcelas", os.path.join(folder, "parcelas.shp"))
        server.load("cambia", point_collection(300))
        server.start()
        soak = Soak(server, options)
        problems = soak.run()
        report(soak, problems)
    finally:
        server.stop()
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
