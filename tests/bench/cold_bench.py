#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""From exec to the first byte of the first tile, with the files in the page cache.

usage: cold_bench.py [--program build/tesela] [--parcels 1000000 | --data DIR --styles DIR --map ID] [--runs 11]

Prints medians: until the server listens (and how much of that the dynamic linker takes, measured by `--version`), until
the first byte of a tile, and processor time of all threads until then. The tile is at zoom 16 in the middle of the data."""

import argparse
import json
import math
import os
import pathlib
import re
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
import urllib.request

import parcels

ROOT = pathlib.Path(__file__).resolve().parents[2]
STYLE = {"version": 8, "metadata": {"tesela:map": {"title": {"es": "Parcelas"}, "state": "publicar"}},
         "sources": {"p": {"type": "vector", "url": "tesela://parcelas"}},
         "layers": [{"id": "p", "type": "fill", "source": "p", "source-layer": "parcelas",
                     "paint": {"fill-color": "#c8d8a0", "fill-outline-color": "#506030"}}]}


def threads_ms(pid):
    total = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/schedstat", encoding="ascii") as file:
            total += int(file.read().split()[0])
    return total / 1e6


def start(options, data, styles):
    process = subprocess.Popen([options.program, "serve", "--listen", "127.0.0.1:0", "--data", data, "--styles", styles,
                                "--www", ROOT / "www", "--disk-cache-mb", "0", "--quiet"],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return process, int(re.search(r":(\d+)/", process.stdout.readline()).group(1))


def middle_tile(options, data, styles):
    process, port = start(options, data, styles)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/tiles/{options.map}.json") as answer:
        west, south, east, north = json.load(answer)["bounds"]
    process.kill()
    process.wait()
    lon, lat = (west + east) / 2, (south + north) / 2
    x = int((lon + 180) / 360 * 2 ** 16)
    y = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2 ** 16)
    return f"/tiles/{options.map}/16/{x}/{y}.png"


def once(options, data, styles, target):
    begin = time.monotonic()
    process, port = start(options, data, styles)
    listening = time.monotonic()
    with socket.create_connection(("127.0.0.1", port)) as peer:
        peer.sendall(f"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        if not peer.recv(65536).startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"{target} has no tile")
    first = time.monotonic()
    spent = threads_ms(process.pid)
    process.kill()
    process.wait()
    return (listening - begin) * 1e3, (first - begin) * 1e3, spent


def linking(program):
    begin = time.monotonic()
    subprocess.run([program, "--version"], check=True, stdout=subprocess.DEVNULL)
    return (time.monotonic() - begin) * 1e3


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=ROOT / "build" / "tesela")
    parser.add_argument("--parcels", type=int, default=1000000)
    parser.add_argument("--data")
    parser.add_argument("--styles")
    parser.add_argument("--map", default="parcelas")
    parser.add_argument("--runs", type=int, default=11)
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tesela-cold-"))
    try:
        data, styles = options.data, options.styles
        if not data:
            data, styles = folder / "data", folder / "styles"
            styles.mkdir()
            (styles / "parcelas.json").write_text(json.dumps(STYLE), encoding="utf-8")
            parcels.write(options.parcels, str(folder / "parcelas.shp"), False)
            subprocess.run([options.program, "load", folder / "parcelas.shp", "--data", data], check=False,
                           capture_output=True)
        target = middle_tile(options, data, styles)
        runs = [once(options, data, styles, target) for _ in range(options.runs)]
        listening, first, spent = (statistics.median(values) for values in zip(*runs))
        link = statistics.median(linking(options.program) for _ in range(options.runs))
        print(f"{target}, {options.runs} runs: {link:.0f} ms to be linked, {listening:.0f} ms to listen, {first:.0f} ms to the "
              f"first byte of a tile (fastest {min(run[1] for run in runs):.0f}); {spent:.0f} ms of processors")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
