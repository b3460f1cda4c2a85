#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What the same tiles cost when there is 100 times the data elsewhere.

usage: growth_bench.py FILE.shp --folder DIR [--part 100] [--tiles 40] [--rounds 5] [--program build/tesela]

The features around the middle, one in PART, are loaded as a layer of its own, and the whole file as another, each into a
data folder of its own. Two servers without caches draw the same random tiles that lie within the part, in turns; bytes
must be equal from zoom 15 on, where tiles show everything. Printed: processor time and time by the clock of a tile for
both, and how long the program takes from its start to the first tile. DIR keeps the data.
"""

import argparse
import json
import os
import pathlib
import random
import statistics
import struct
import time

from edit_bench import ROOT, Server, Shapefile, load, style, tile_at

ZOOMS = range(13, 18)


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
            load(self.options, file)
        self.server = None

    def start(self):
        self.server = Server(self.options, "--cache-mb", "0", "--disk-cache-mb", "0")

    def cold(self, target):
        """Seconds from the start of the program to the first tile."""
        begun = time.monotonic()
        self.start()
        self.server.get(target)
        spent = time.monotonic() - begun
        self.server.stop()
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


def choose(bounds, count):
    dice = random.Random(11)
    chosen = []
    for turn in range(count):
        z = ZOOMS[turn % len(ZOOMS)]
        x0, y0 = tile_at(bounds[0], bounds[3], z)
        x1, y1 = tile_at(bounds[2], bounds[1], z)
        # Its neighbours are within the part, too: strokes and labels reach over.
        margin = max(1, 2 ** z // 2 ** 14)
        if x1 - x0 <= 2 * margin or y1 - y0 <= 2 * margin:
            continue
        chosen.append((z, dice.randint(x0 + margin, x1 - margin), dice.randint(y0 + margin, y1 - margin)))
    return chosen


def compare(part, whole, name, tiles, rounds):
    times = {z: ([], [], [], []) for z in ZOOMS}
    for turn in range(rounds + 1):
        for z, x, y in tiles:
            target = f"/tiles/{name}/{z}/{x}/{y}.png"
            sides = (part, whole) if turn % 2 else (whole, part)
            found = {side: side.measure(target) for side in sides}
            if z >= 15 and name == "plano" and found[part][2] != found[whole][2]:
                raise SystemExit(f"{target} is not the same in both")
            if turn > 0:  # the first round warms up
                for at, value in enumerate((*found[part][:2], *found[whole][:2])):
                    times[z][at].append(value * 1000)
    print(f"{name}: ms a tile by the clock, part and whole and ratio; of processors")
    every = [[], [], [], []]
    for z, values in times.items():
        if values[0]:
            middle = [statistics.median(value) for value in values]
            print(f"  z{z}  {middle[0]:6.2f} {middle[2]:6.2f} {middle[2] / middle[0]:5.2f}   {middle[1]:6.2f} {middle[3]:6.2f} "
                  f"{middle[3] / middle[1]:5.2f}")
            for at in range(4):
                every[at] += values[at]
    total = [statistics.mean(value) for value in every]
    print(f"  all  {total[0]:6.2f} {total[2]:6.2f} {total[2] / total[0]:5.2f}   {total[1]:6.2f} {total[3]:6.2f} "
          f"{total[3] / total[1]:5.2f}  (means)", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("--folder", type=pathlib.Path, required=True)
    parser.add_argument("--part", type=int, default=100)
    parser.add_argument("--tiles", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--colour", default="uso_id")
    parser.add_argument("--text", default="nombre")
    parser.add_argument("--program", type=pathlib.Path, default=ROOT / "build" / "tesela")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    few = options.folder / "part.shp"
    if not few.exists():
        print(f"{cut(options.file, options.part, few)} features in the part", flush=True)
    part, whole = Side(options, "part", few), Side(options, "whole", options.file)
    part.start()
    bounds = json.loads(part.server.get("/tiles/predios.json")[1])["bounds"]
    part.server.stop()
    tiles = choose(bounds, options.tiles)
    x, y = tile_at((bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2, 16)
    starts = [(part.cold(f"/tiles/plano/16/{x}/{y}.png"), whole.cold(f"/tiles/plano/16/{x}/{y}.png")) for _ in range(7)]
    first = [statistics.median(start[side] for start in starts) * 1000 for side in (0, 1)]
    print(f"start to first tile: {first[0]:.0f} ms and {first[1]:.0f} ms", flush=True)
    part.start()
    whole.start()
    for name in ("plano", "rotulado"):
        compare(part, whole, name, tiles, options.rounds)
    part.server.stop()
    whole.server.stop()


if __name__ == "__main__":
    main()
