#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What the same tiles cost when there is 100 times the data elsewhere.

usage: growth_bench.py FILE.shp --folder DIR [--part 100] [--tiles 24] [--seconds 20] [--program build/tesela]

The features around the middle, one in PART, are loaded as a layer of its own, and the whole file as another, each into a
data folder of its own. Two servers of one worker without caches draw the same random tiles that lie within the part, in
turns: pictures without and with labels (plans of labels are kept, and made in a first round that does not count), vector
tiles, and GeoJSON of the features in the tile's box. A tile must show the same in both. Printed by zoom: milliseconds by the
clock and of processors, for both, and their ratio; and how long the program takes from its start to the first tile. Each
kind takes about SECONDS. DIR keeps the data.
"""

import argparse
import json
import math
import os
import pathlib
import random
import statistics
import struct
import time

from edit_bench import ROOT, Server, Shapefile, load, style, tile_at

ZOOMS = range(13, 19)
PROCESSORS = sorted(os.sched_getaffinity(0))


def cut(source, part, path):
    """The PART-th of the features that lie nearest to the middle of the file's box, in their order."""
    file = Shapefile(source)
    west, south, east, north = struct.unpack_from("<4d", file.shp, 36)
    places = []
    for number in range(len(file)):
        box = struct.unpack_from("<4d", file.shp, file.index[2 * number] * 2 + 12)
        away = max(abs(box[0] + box[2] - west - east), abs(box[1] + box[3] - south - north))
        places.append((away, number))
    places.sort()
    kept = sorted(number for _, number in places[:len(places) // part])
    shp, dbf, index = bytearray(file.shp[:100]), bytearray(file.dbf[:file.head]), file.index[:0]
    for number in kept:
        shape = file.shape(number)
        index.extend((0, len(shape) // 2 - 4))
        shp += shape
        dbf += file.row(number)
    file.shp, file.dbf, file.index = shp, dbf + b"\x1a", index
    file.number_again(0)
    file.write(path)
    return len(kept)


class Side:
    """A data folder with one of the layers, and how long its server takes."""

    def __init__(self, options, name, file):
        self.options = argparse.Namespace(**vars(options), key=None)
        self.options.folder = options.folder / name
        (self.options.folder / "styles").mkdir(parents=True, exist_ok=True)
        for map_name, labels in (("plano", False), ("rotulado", True)):
            (self.options.folder / "styles" / f"{map_name}.json").write_text(json.dumps(style(options, labels)))
        if not (self.options.folder / "data").exists():
            begun = time.monotonic()
            load(self.options, file)
            print(f"{name} loaded in {time.monotonic() - begun:.1f} s", flush=True)
        self.server = None

    def start(self):
        """Both servers stay on one processor and we on the others: where the scheduler happens to put the two threads of
        a server is worth a third of a small tile, and stays so for minutes."""
        every = PROCESSORS
        os.sched_setaffinity(0, every[:1])
        self.server = Server(self.options, "--cache-mb", "0", "--disk-cache-mb", "0")
        os.sched_setaffinity(0, every[1:] or every)

    def stop(self):
        if self.server:
            self.server.stop()
        self.server = None

    def cold(self, target):
        """Seconds from the start of the program to the first tile."""
        begun = time.monotonic()
        self.start()
        self.server.get(target)
        spent = time.monotonic() - begun
        self.stop()
        return spent

    def measure(self, target):
        """By the clock and of processors, in seconds; and the bytes."""
        before, begun = self.processor(), time.perf_counter()
        body = self.server.get(target)[1]
        return time.perf_counter() - begun, self.processor() - before, body

    def processor(self):
        """Of all threads, in nanoseconds' steps."""
        folder = f"/proc/{self.server.process.pid}/task"
        return sum(int(open(f"{folder}/{task}/schedstat", encoding="ascii").read().split()[0])
                   for task in os.listdir(folder)) / 1e9


def box_of(z, x, y):
    def lat(row):
        return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * row / 2 ** z))))
    return x / 2 ** z * 360 - 180, lat(y + 1), (x + 1) / 2 ** z * 360 - 180, lat(y)


def choose(bounds, count):
    """Tiles whose neighbours lie within the part, too: strokes reach over. None at zooms where the part is too small."""
    dice = random.Random(11)
    chosen = {}
    for z in ZOOMS:
        x0, y0 = tile_at(bounds[0], bounds[3], z)
        x1, y1 = tile_at(bounds[2], bounds[1], z)
        every = [(z, x, y) for x in range(x0 + 2, x1 - 1) for y in range(y0 + 2, y1 - 1)]
        if every:
            chosen[z] = dice.sample(every, min(count, len(every)))
    if not chosen:
        raise SystemExit(f"the part is smaller than tiles of zoom {ZOOMS[-1]}: {bounds}")
    return chosen


def picture(map_name):
    def target(z, x, y):
        return f"/tiles/{map_name}/{z}/{x}/{y}.png"
    return target


def vector(z, x, y):
    return f"/tiles/predios/{z}/{x}/{y}.mvt"


def items(z, x, y):
    return f"/collections/predios/items?limit=1000&bbox={','.join(f'{number:.7f}' for number in box_of(z, x, y))}"


def check_same(kind, target, few, many):
    """Pictures to the byte; ids, which are rows of the file, are others in vector tiles and GeoJSON."""
    same = few == many
    if kind == "items":
        few, many = json.loads(few), json.loads(many)
        same = few["numberReturned"] > 0 and few["numberReturned"] == many["numberReturned"]
    elif kind == "mvt":
        same = abs(len(few) - len(many)) < len(few) / 4
    elif kind == "rotulado":
        same = True  # the plan of a larger square may place a label otherwise that reaches over its edge
    if not same:
        raise SystemExit(f"{target} does not show the same in both")


def line(name, times):
    clock_few, spent_few, clock_many, spent_many = times
    print(f"  {name:4} {clock_few:7.2f} {clock_many:7.2f} {clock_many / clock_few:6.2f}   {spent_few:7.2f} {spent_many:7.2f} "
          f"{spent_many / spent_few:6.2f}", flush=True)


def compare(part, whole, kind, target_of, tiles, seconds):
    """A first round that warms up and checks, then rounds until the time is over."""
    print(f"{kind}: ms by the clock, part, whole and ratio; of processors", flush=True)
    times = {z: {tile: ([], [], [], []) for tile in chosen} for z, chosen in tiles.items()}
    end, turn = time.monotonic() + seconds, 0
    while turn < 4 or time.monotonic() < end:
        for z, chosen in tiles.items():
            for tile in chosen:
                sides = (part, whole) if turn % 2 else (whole, part)
                found = {side: side.measure(target_of(*tile)) for side in sides}
                if turn == 0:
                    check_same(kind, target_of(*tile), found[part][2], found[whole][2])
                    continue
                for at, value in enumerate((*found[part][:2], *found[whole][:2])):
                    times[z][tile][at].append(value * 1000)
        turn += 1
        if turn >= 4 and time.monotonic() > end + seconds:
            break
    every = []
    for z, chosen in times.items():
        # The middle of the rounds for each tile, and the mean of the tiles.
        middles = [[statistics.median(values) for values in four] for four in chosen.values()]
        line(f"z{z}", [statistics.mean(column) for column in zip(*middles)])
        every += middles
    line("all", [statistics.mean(column) for column in zip(*every)])
    print(f"  {len(every)} tiles, {turn - 1} rounds", flush=True)


def cold_starts(part, whole, bounds):
    x, y = tile_at((bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2, 16)
    starts = [[side.cold(picture("plano")(16, x, y)) * 1000 for side in (part, whole)] for _ in range(7)]
    few, many = (statistics.median(times) for times in zip(*starts))
    print(f"start to first tile, ms: {few:.0f} {many:.0f}  {many / few:.2f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("--folder", type=pathlib.Path, required=True)
    parser.add_argument("--part", type=int, default=100)
    parser.add_argument("--tiles", type=int, default=24, help="of each zoom")
    parser.add_argument("--seconds", type=float, default=20, help="for each kind of answer")
    parser.add_argument("--colour", default="uso_id")
    parser.add_argument("--text", default="nombre")
    parser.add_argument("--program", type=pathlib.Path, default=ROOT / "build" / "tesela")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    few = options.folder / "part.shp"
    if not few.exists():
        print(f"{cut(options.file, options.part, few)} features in the part", flush=True)
    part, whole = Side(options, "part", few), Side(options, "whole", options.file)
    try:
        part.start()
        bounds = json.loads(part.server.get("/tiles/predios.json")[1])["bounds"]
        part.stop()
        tiles = choose(bounds, options.tiles)
        cold_starts(part, whole, bounds)
        part.start()
        whole.start()
        for kind, target_of in (("plano", picture("plano")), ("rotulado", picture("rotulado")), ("mvt", vector),
                                ("items", items)):
            compare(part, whole, kind, target_of, tiles, options.seconds)
    finally:
        part.stop()
        whole.stop()


if __name__ == "__main__":
    main()
