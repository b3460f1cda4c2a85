#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""More uncached tiles than can be made: does the server shed load, go on working, and stay fair?

usage: overload_bench.py [--program build/tesela] [--seconds 15] [--factor 2] [--data DIR --styles DIR] [--workers 2]

First what can be sustained: 16 connections, each asking for the next tile when it has the one before, once the plans of
labels are there (until then tiles take many times as long, and the rate would be too low). Then that rate times
the factor comes from eight addresses, whatever the answers are (open loop: nobody waits for an answer before the next
request is due). Meanwhile a polite client asks for one uncached tile after the other, ten a second at most, from an address of
its own, and another asks for one tile that is in memory, fifty times a second. Tiles are PNG of two maps (one with labels),
also of 512 px and at ratio 2, and MVT, from zoom 14 to 20, each wanted at random and hardly ever twice. The generator needs
processor time too: about a third of a core at 500 requests a second."""

import argparse
import asyncio
import collections
import json
import math
import os
import pathlib
import random
import re
import shutil
import subprocess
import tempfile
import time
import urllib.request

import parcels

ROOT = pathlib.Path(__file__).resolve().parents[2]


WARM_ROUNDS_MAX = 9


def style(labels):
    layers = [{"id": "fondo", "type": "background", "paint": {"background-color": "#f4f1ea"}},
              {"id": "p", "type": "fill", "source": "p", "source-layer": "parcelas", "paint": {"fill-color": "#c8d8a0"}},
              {"id": "l", "type": "line", "source": "p", "source-layer": "parcelas",
               "paint": {"line-color": "#506030", "line-width": 1.2}}]
    if labels:
        layers.append({"id": "n", "type": "symbol", "source": "p", "source-layer": "parcelas", "minzoom": 16,
                       "layout": {"text-field": ["get", "clave"], "text-size": 11}})
    return {"version": 8, "metadata": {"tesela:map": {"title": {"es": "Parcelas"}, "state": "publicar"}},
            "sources": {"p": {"type": "vector", "url": "tesela://parcelas"}}, "layers": layers}


class Connection:
    """One kept connection from an address of its own choice."""

    def __init__(self, port, address):
        self.port, self.address = port, address
        self.reader = None

    async def get(self, target):
        """Status and bytes; a connection that broke is opened again."""
        for attempt in (0, 1):
            try:
                if not self.reader:
                    self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port,
                                                                             local_addr=(self.address, 0))
                self.writer.write(f"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
                head = await self.reader.readuntil(b"\r\n\r\n")
                size = int(re.search(rb"Content-Length: (\d+)", head).group(1))
                await self.reader.readexactly(size)
                if b"Connection: close" in head:
                    self.close()
                return int(head[9:12]), b"Retry-After" in head
            except (OSError, asyncio.IncompleteReadError):
                self.close()
                if attempt:
                    raise

    def close(self):
        if self.reader:
            self.writer.close()
            self.reader = None


class Load:
    def __init__(self, port, box, maps, layers):
        self.port, self.box, self.maps, self.layers = port, box, maps, layers
        self.chance = random.Random(5)

    def tile(self):
        z = self.chance.randint(14, 20)
        lon, lat = self.chance.uniform(self.box[0], self.box[2]), self.chance.uniform(self.box[1], self.box[3])
        x = int((lon + 180) / 360 * 2 ** z)
        y = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2 ** z)
        if self.chance.random() < 0.25:
            return f"/tiles/{self.chance.choice(self.layers)}/{z}/{x}/{y}.mvt"
        return (f"/tiles/{self.chance.choice(self.maps)}/{self.chance.choice(['', '', '512/'])}{z}/{x}/{y}"
                f"{self.chance.choice(['', '', '@2x'])}.png")

    async def closed(self, seconds, connections=16):
        """Tiles a second when everybody waits for the answer."""
        end = time.monotonic() + seconds
        done = 0

        async def visitor(index):
            nonlocal done
            connection = Connection(self.port, f"127.0.2.{index + 1}")
            while time.monotonic() < end:
                status, _ = await connection.get(self.tile())
                done += status == 200
            connection.close()

        begin = time.monotonic()
        await asyncio.gather(*(visitor(index) for index in range(connections)))
        return done / (time.monotonic() - begin)

    async def open(self, rate, seconds, out):
        """Requests when they are due, from eight addresses with as many connections as it takes (200 each at most)."""
        idle = collections.defaultdict(list)
        opened = collections.Counter()
        tasks = []

        async def one(address, due):
            connection = idle[address].pop() if idle[address] else None
            if not connection:
                if opened[address] >= 200:
                    out["not sent"].append(0)
                    return
                opened[address] += 1
                connection = Connection(self.port, address)
            try:
                status, has_retry = await connection.get(self.tile())
                out[status if status != 503 or has_retry else "503 without Retry-After"].append(time.monotonic() - due)
            except (OSError, asyncio.IncompleteReadError) as error:
                out[type(error).__name__].append(time.monotonic() - due)
            idle[address].append(connection)

        begin = due = time.monotonic()
        while due < begin + seconds:
            due += self.chance.expovariate(rate)
            await asyncio.sleep(max(0, due - time.monotonic()))
            tasks.append(asyncio.create_task(one(f"127.0.1.{self.chance.randint(1, 8)}", time.monotonic())))
        await asyncio.gather(*tasks)
        for connections in idle.values():
            for connection in connections:
                connection.close()

    async def steady(self, address, target, pause, seconds, out):
        """One connection, one request after the other."""
        connection = Connection(self.port, address)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            begin = time.monotonic()
            status, _ = await connection.get(target or self.tile())
            out[status].append(time.monotonic() - begin)
            await asyncio.sleep(max(0, pause - (time.monotonic() - begin)))
        connection.close()

    async def storm(self, rate, seconds, hot):
        flood, polite, hits = (collections.defaultdict(list) for _ in range(3))
        begin = time.monotonic()
        await asyncio.gather(self.open(rate, seconds, flood), self.steady("127.0.3.1", None, 0.1, seconds, polite),
                             self.steady("127.0.3.2", hot, 0.02, seconds, hits))
        return flood, polite, hits, time.monotonic() - begin


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))] * 1e3 if values else 0


def row(name, out, seconds):
    every = [value for values in out.values() for value in values]
    good, shed = out.get(200, []), out.get(503, [])
    other = {key: len(values) for key, values in out.items() if key not in (200, 503)}
    print(f"| {name} | {len(every) / seconds:.0f} | {len(good) / seconds:.0f} | {percentile(good, .5):.1f} / "
          f"{percentile(good, .99):.0f} ms | {len(shed) / seconds:.0f} | {percentile(shed, .99):.0f} ms | "
          f"{max(every, default=0) * 1e3:.0f} ms | {other or ''} |", flush=True)


def get(port, target):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{target}", timeout=60) as answer:
        return answer.read()


def prepare(options, folder):
    if options.data:
        return options.data, options.styles
    styles = folder / "styles"
    styles.mkdir()
    for name in ("liso", "rotulado"):
        (styles / f"{name}.json").write_text(json.dumps(style(name == "rotulado")), encoding="utf-8")
    parcels.write(100000, str(folder / "parcelas.shp"), False)
    subprocess.run([options.program, "load", folder / "parcelas.shp", "--data", folder / "data"], check=False,
                   capture_output=True)
    return folder / "data", styles


def metric(port, name):
    return int(re.search(rf"^{name} (\d+)$", get(port, "/metrics").decode(), re.MULTILINE).group(1))


async def run(options, port):
    layers = json.loads(get(port, "/collections"))["collections"]
    boxes = [layer["extent"]["spatial"]["bbox"][0] for layer in layers]
    box = [min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)]
    maps = sorted(set(re.findall(r"/mapas/([a-z0-9_-]+)<", get(port, "/sitemap.xml").decode())))
    load = Load(port, box, maps, [layer["id"] for layer in layers])
    hot = load.tile()
    get(port, hot)
    for turn in range(WARM_ROUNDS_MAX):
        planned, made = metric(port, "tesela_label_cache_misses_total"), metric(port, "tesela_tiles_made_total")
        rate = await load.closed(options.seconds / 3)
        planned = metric(port, "tesela_label_cache_misses_total") - planned
        made = metric(port, "tesela_tiles_made_total") - made
        print(f"round {turn}: {rate:.0f} tiles/s, {planned / max(1, made):.3f} plans a tile", flush=True)
        if planned < 0.02 * made:
            break
    rate = await load.closed(options.seconds / 2)
    print(f"sustained: {rate:.0f} tiles/s\n\n| | asked/s | tiles/s | p50 / p99 | 503/s | their p99 | longest | other |\n"
          "| --- | --- | --- | --- | --- | --- | --- | --- |")
    for factor in [float(text) for text in options.factor.split(",")]:
        flood, polite, hits, seconds = await load.storm(rate * factor, options.seconds, hot)
        row(f"{factor:g} times the load", flood, seconds)
        row("a polite client", polite, seconds)
        row("a tile in memory", hits, seconds)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=ROOT / "build" / "tesela")
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--factor", default="0.5,2")
    parser.add_argument("--workers", default=str(os.cpu_count()))
    parser.add_argument("--data")
    parser.add_argument("--styles")
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tesela-overload-"))
    process = None
    try:
        data, styles = prepare(options, folder)
        process = subprocess.Popen([options.program, "serve", "--listen", "127.0.0.1:0", "--data", data, "--styles",
                                    styles, "--cache-mb", "4", "--disk-cache-mb", "0", "--workers", options.workers,
                                    "--quiet"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        asyncio.run(run(options, int(re.search(r":(\d+)/", process.stdout.readline()).group(1))))
    finally:
        if process:
            process.terminate()
            process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
