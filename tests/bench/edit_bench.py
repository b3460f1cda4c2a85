#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""One parcel of many is edited, the file is loaded again under a running server with warm caches. Printed for each edit:
how long the load took, how long after the commit the right tile was there, and by zoom how many of the tiles in the
caches were made again beside how many are really others now (all of them are drawn by a second server without caches).

usage: edit_bench.py FILE.shp --folder DIR [--key FIELD] [--colour FIELD] [--text FIELD] [--edits LIST] [--program build/tesela]

DIR keeps the data, so that another call goes on from there. Edits: colour, text, moved, deleted, inserted, appended;
each comes on top of those before it. A tile that differs from a fresh one ends the run with an error.
"""

import argparse
import array
import collections
import http.client
import json
import math
import os
import pathlib
import random
import re
import shutil
import signal
import sqlite3
import statistics
import struct
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
EDITS = ["colour", "text", "moved", "deleted", "inserted", "appended"]
NEAR, FAR = 3, 12  # tiles to each side of the edit, and elsewhere, at zooms with too many to take all
ALL_MAX = 120
PICTURES, VECTORS = range(8, 19), range(8, 17)


class Shapefile:
    """Polygons whole in memory; records are cut out and put in as bytes."""

    def __init__(self, path):
        stem = os.path.splitext(path)[0]
        self.shp = bytearray(open(stem + ".shp", "rb").read())
        self.dbf = bytearray(open(stem + ".dbf", "rb").read())
        shx = open(stem + ".shx", "rb").read()
        self.shx_head = bytearray(shx[:100])
        self.index = array.array("i", shx[100:])
        if sys.byteorder == "little":
            self.index.byteswap()
        self.head, self.width = struct.unpack_from("<HH", self.dbf, 8)
        self.fields, at = {}, 1
        for i in range(32, self.head - 1, 32):
            name = self.dbf[i:i + 11].rstrip(b"\0").decode()
            self.fields[name] = (at, self.dbf[i + 16], chr(self.dbf[i + 11]))
            at += self.dbf[i + 16]
        self.others = {end: open(stem + end, "rb").read() for end in (".prj", ".cpg") if os.path.exists(stem + end)}

    def __len__(self):
        return len(self.index) // 2

    def row(self, number):
        at = self.head + number * self.width
        return self.dbf[at:at + self.width]

    def value(self, number, field):
        at, width, _ = self.fields[field]
        return self.row(number)[at:at + width].decode().strip()

    def set_value(self, number, field, text):
        at, width, kind = self.fields[field]
        bytes_ = text.encode()[:width]
        at += self.head + number * self.width
        self.dbf[at:at + width] = bytes_.rjust(width) if kind in "NF" else bytes_.ljust(width)

    def shape(self, number):
        at = self.index[2 * number] * 2
        return self.shp[at:at + 8 + self.index[2 * number + 1] * 2]

    def move(self, number, east, shrink=1.0):
        """Moves the coordinates and draws them in towards the first one."""
        base = self.index[2 * number] * 2 + 8
        parts, points = struct.unpack_from("<2i", self.shp, base + 36)
        at = base + 44 + 4 * parts
        old = struct.unpack_from(f"<{2 * points}d", self.shp, at)
        xs = [old[0] + (x - old[0]) * shrink + east for x in old[::2]]
        ys = [old[1] + (y - old[1]) * shrink for y in old[1::2]]
        struct.pack_into(f"<{2 * points}d", self.shp, at, *(c for p in zip(xs, ys) for c in p))
        struct.pack_into("<4d", self.shp, base + 4, min(xs), min(ys), max(xs), max(ys))

    def put(self, number, shape, row):
        at = self.index[2 * number] * 2 if number < len(self) else len(self.shp)
        self.shp[at:at] = shape
        self.dbf[self.head + number * self.width:self.head + number * self.width] = row
        self.index[2 * number:2 * number] = array.array("i", [0, len(shape) // 2 - 4])
        self.number_again(number)

    def drop(self, number):
        at = self.index[2 * number] * 2
        del self.shp[at:at + 8 + self.index[2 * number + 1] * 2]
        del self.dbf[self.head + number * self.width:self.head + (number + 1) * self.width]
        del self.index[2 * number:2 * number + 2]
        self.number_again(number)

    def number_again(self, first):
        words = 50 if first == 0 else self.index[2 * first - 2] + 4 + self.index[2 * first - 1]
        for i in range(first, len(self)):
            self.index[2 * i] = words
            struct.pack_into(">i", self.shp, words * 2, i + 1)
            words += 4 + self.index[2 * i + 1]
        struct.pack_into(">i", self.shp, 24, words)
        struct.pack_into(">i", self.shx_head, 24, 50 + 4 * len(self))
        struct.pack_into("<i", self.dbf, 4, len(self))

    def write(self, path):
        stem = os.path.splitext(path)[0]
        index = array.array("i", self.index)
        if sys.byteorder == "little":
            index.byteswap()
        for end, content in {".shp": self.shp, ".dbf": self.dbf, ".shx": self.shx_head + index.tobytes(),
                             **self.others}.items():
            with open(stem + end, "wb") as file:
                file.write(content)


def edit(file, what, options, turn):
    """Returns the name of the feature to look at, before and after, and whether it is in the old file."""
    number = len(file) // 2 + 5 * turn
    if what == "colour":
        old = file.value(number, options.colour)
        file.set_value(number, options.colour, next(v for v in ("3", "5") if v != old))
    elif what == "text":
        file.set_value(number, options.text, f"Cambio {turn} {time.time():.0f}"[-18:])
    elif what == "moved":
        file.move(number, 1.0)
    elif what == "deleted":
        file.drop(number)
    else:
        end = what == "appended"
        shape, row = file.shape(number), file.row(number)
        place = len(file) if end else number + 1
        file.put(place, shape, row)
        file.move(place, 0.0, 0.5)
        if options.key:
            file.set_value(place, options.key, f"N{time.time():.3f}"[-12:])
        if options.colour:
            file.set_value(place, options.colour, "1")
    return number


def style(options, labels):
    source = {"type": "vector", "url": "tesela://predios"}
    layers = [{"id": "fondo", "type": "background", "paint": {"background-color": "#f2efe9"}},
              {"id": "p", "type": "fill", "source": "p", "source-layer": "predios", "paint": {
                  "fill-color": ["match", ["to-number", ["get", options.colour]], 0, "#f6e8c3", 1, "#f4a6a0", 2,
                                 "#c8b8dc", 3, "#a6cee3", 4, "#b2df8a", 5, "#fdd49e", 6, "#e8e4da", "#8fc1e3"]}},
              {"id": "l", "type": "line", "source": "p", "source-layer": "predios",
               "paint": {"line-color": "#807060", "line-width": 0.6}}]
    if labels:
        layers.append({"id": "t", "type": "symbol", "source": "p", "source-layer": "predios", "minzoom": 15,
                       "layout": {"text-field": ["get", options.text], "text-size": 11},
                       "paint": {"text-halo-color": "#fff", "text-halo-width": 1}})
    return {"version": 8, "name": "m", "metadata": {"tesela:map": {"title": {"es": "m"}, "state": "publicar"}},
            "sources": {"p": source}, "layers": layers}


class Server:
    def __init__(self, options, *arguments):
        command = [options.program, "serve", "--listen", "127.0.0.1:0", "--data", options.folder / "data", "--styles",
                   options.folder / "styles", "--www", ROOT / "www", "--workers", "1", "--quiet", *arguments]
        # Its log goes to a file: whoever reads our output must not wait for a server that is left when we fail.
        with open(options.folder / "serve.log", "a", encoding="utf-8") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        self.port = int(re.search(r":(\d+)/", self.process.stdout.readline()).group(1))
        self.connection = self.connect()

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def get(self, path, connection=None):
        connection = connection or self.connection
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            connection.close()  # it was idle for long
            connection.request("GET", path)
            answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status} {body[:300]!r}")
        return answer.getheader("ETag"), body

    def counters(self):
        text = self.get("/metrics")[1].decode()
        return {name: int(float(value)) for name, value in re.findall(r"^(tesela_tiles_\w+) ([0-9.e+]+)$", text, re.M)}

    def stop(self):
        self.connection.close()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()
        self.process.stdout.close()


def tile_at(lon, lat, z):
    y = math.log(math.tan(math.pi / 4 + math.radians(lat) / 2))
    return int((lon + 180) / 360 * 2 ** z), int((1 - y / math.pi) / 2 * 2 ** z)


def tiles_of(bounds, place, zooms):
    chosen = {}
    dice = random.Random(7)
    for z in zooms:
        x0, y0 = tile_at(bounds[0], bounds[3], z)
        x1, y1 = tile_at(bounds[2], bounds[1], z)
        if (x1 - x0 + 1) * (y1 - y0 + 1) <= ALL_MAX:
            chosen[z] = [(x, y) for y in range(y0, y1 + 1) for x in range(x0, x1 + 1)]
            continue
        x, y = tile_at(*place, z)
        near = {(x + i, y + j) for i in range(-NEAR, NEAR + 1) for j in range(-NEAR, NEAR + 1)}
        far = {(dice.randint(x0, x1), dice.randint(y0, y1)) for _ in range(FAR)}
        chosen[z] = sorted(near | far)
    return chosen


def paths(bounds, place):
    """By kind and zoom."""
    pictures, vectors = tiles_of(bounds, place, PICTURES), tiles_of(bounds, place, VECTORS)
    for name in ("plano", "rotulado"):
        for z, tiles in pictures.items():
            yield name, z, [f"/tiles/{name}/{z}/{x}/{y}.png" for x, y in tiles]
    for z, tiles in vectors.items():
        yield "mvt", z, [f"/tiles/predios/{z}/{x}/{y}.mvt" for x, y in tiles]


def collect(server, groups):
    """The tiles, and by group how many of them were made for it, read from disk and found to have the same labels."""
    found, made = {}, {}
    for name, z, targets in groups:
        before = server.counters()
        for target in targets:
            found[target] = server.get(target)
        after = server.counters()
        made[name, z] = after["tesela_tiles_made_total"] - before["tesela_tiles_made_total"]
    return found, made


def load(options, file):
    command = [options.program, "load", file, "--layer", "predios", "--data", options.folder / "data"]
    command += ["--key", options.key] if options.key else []
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(done.stderr)


class Commit(threading.Thread):
    """When the generation changes: the moment of the commit, seen from outside."""

    def __init__(self, options, server, target):
        super().__init__()
        self.database, self.server, self.target = options.folder / "data" / "tesela.sqlite", server, target
        self.committed = self.served = None
        self.ready = threading.Event()

    def run(self):
        store = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)
        ask = "SELECT value FROM tesela_meta WHERE key='generation'"
        generation = store.execute(ask).fetchone()
        connection = self.server.connect()
        old, _ = self.server.get(self.target, connection)
        self.ready.set()
        looks = 0
        while store.execute(ask).fetchone() == generation:
            time.sleep(0.002)
            looks += 1
            if looks % 1000 == 0:
                self.server.get("/health/live", connection)  # stays open
        self.committed = time.monotonic()
        while time.monotonic() - self.committed < 20:
            if self.server.get(self.target, connection)[0] != old:
                self.served = time.monotonic()
                break
            time.sleep(0.002)
        connection.close()
        store.close()


def run_edit(options, server, file, what, turn):
    path = options.folder / "edited.shp"
    number = edit(file, what, options, turn)
    name = file.value(number, options.key) if options.key else str(number + 1)
    if what in ("deleted",):
        name = file.value(number - 1, options.key) if options.key else str(number)
    file.write(path)
    item = json.loads(server.get(f"/collections/predios/items/{name}")[1])
    ring = item["geometry"]["coordinates"]
    while isinstance(ring[0][0], list):
        ring = ring[0]
    place = (sum(p[0] for p in ring) / len(ring), sum(p[1] for p in ring) / len(ring))
    bounds = json.loads(server.get("/tiles/predios.json")[1])["bounds"]
    groups = list(paths(bounds, place))
    before, _ = collect(server, groups)
    time.sleep(1)  # what waits for the disk goes there
    if options.cold:
        server.stop()
        server = Server(options)
    x, y = tile_at(*place, 17)
    watch = Commit(options, server, f"/tiles/{'rotulado' if what == 'text' else 'plano'}/17/{x}/{y}.png")
    watch.start()
    watch.ready.wait()
    begun = time.monotonic()
    load(options, path)
    spent = time.monotonic() - begun
    watch.join()
    after, made = collect(server, groups)
    fresh_server = Server(options, "--cache-mb", "0", "--disk-cache-mb", "0")
    fresh, _ = collect(fresh_server, groups)
    fresh_server.stop()
    wrong = [target for target in fresh if fresh[target][1] != after[target][1]]
    if wrong:
        raise SystemExit(f"{what}: {len(wrong)} tiles are not what is drawn anew: {wrong[:5]}")
    served = f"{(watch.served - watch.committed) * 1000:.0f} ms" if watch.served else "never"
    print(f"{what}: load {spent:.2f} s, committed after {watch.committed - begun:.2f} s, right tile {served} later",
          flush=True)
    for kind in ("plano", "rotulado", "mvt"):
        cells = []
        for name, z, targets in groups:
            if name == kind:
                others = sum(before[t][0] != after[t][0] for t in targets)
                cells.append(f"z{z} {made[name, z]}/{others}/{len(targets)}")
        print(f"  {kind:9}", "  ".join(cells), flush=True)
    return server


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("--folder", type=pathlib.Path, required=True)
    parser.add_argument("--key")
    parser.add_argument("--colour", default="uso_id")
    parser.add_argument("--text", default="nombre")
    parser.add_argument("--edits", default=",".join(EDITS))
    parser.add_argument("--cold", action="store_true", help="the server is started anew: tiles come from disk only")
    parser.add_argument("--program", type=pathlib.Path, default=ROOT / "build" / "tesela")
    options = parser.parse_args()
    (options.folder / "styles").mkdir(parents=True, exist_ok=True)
    for name, labels in (("plano", False), ("rotulado", True)):
        (options.folder / "styles" / f"{name}.json").write_text(json.dumps(style(options, labels)))
    newest = options.folder / "edited.shp"
    if not (options.folder / "data").exists():
        begun = time.monotonic()
        load(options, options.file)
        print(f"first load {time.monotonic() - begun:.2f} s", flush=True)
        newest.unlink(missing_ok=True)
    file = Shapefile(newest if newest.exists() else options.file)
    for option, field in (("--colour", options.colour), ("--text", options.text)):
        if field not in file.fields:
            parser.error(f"{options.file} has no field {field!r}: name one with {option}: {', '.join(file.fields)}")
    server = Server(options)
    print("by zoom: made again / really others / in the caches", flush=True)
    try:
        for what in options.edits.split(","):
            server = run_edit(options, server, file, what, EDITS.index(what))
    finally:
        server.stop()


if __name__ == "__main__":
    main()
