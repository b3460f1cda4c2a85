#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Uncached tiles: Tesela beside MapServer and Mapnik, the same layers with the same look, alternately in one run.

    tests/bench/mapserver_bench.py demo                          the demonstration city (loaded by scripts/demo)
    tests/bench/mapserver_bench.py file PATH [--zooms 6-12]      polygons of any file GDAL reads, fill and outline

Needs the Debian packages cgi-mapserver, mapserver-bin, gdal-bin. MapServer runs as one FastCGI process and reads
shapefiles in EPSG:3857 with .qix indexes (its best case); so does Mapnik, where python3-mapnik (and mapnik-utils for its
indexes) is installed: one process, PNG with 256 colours; Tesela runs with one worker and its cache off. Both are
asked for one tile after the other over a kept connection. Printed per tile: wall time and processor time (of the
server process), medians over repetitions, and the ratio of each repetition's sums (median)."""

import argparse
import http.client
import json
import math
import os
import pathlib
import random
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time

import mapnik_tiles

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("TESELA_PROGRAM", ROOT / "build" / "tesela"))
HALF_WORLD = 20037508.342789244
TICK = os.sysconf("SC_CLK_TCK")


def tile_bounds(z, x, y):
    width = 2 * HALF_WORLD / 2 ** z
    return -HALF_WORLD + x * width, HALF_WORLD - (y + 1) * width, -HALF_WORLD + (x + 1) * width, HALF_WORLD - y * width


def tiles_in(box, zooms, count, seed=7):
    """Random tiles of each zoom inside a box of degrees."""
    chance = random.Random(seed)
    found = []
    for z in zooms:
        for _ in range(count):
            lon = chance.uniform(box[0], box[2])
            lat = chance.uniform(box[1], box[3])
            x = int((lon + 180) / 360 * 2 ** z)
            y = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2 ** z)
            found.append((z, x, y))
    return found


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


class Tesela:
    name = "tesela"

    def __init__(self, data, styles, map_name):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.map = map_name
        self.process = subprocess.Popen([str(PROGRAM), "serve", "--listen", f"127.0.0.1:{self.port}", "--data", str(data),
                                         "--styles", str(styles), "--cache-mb", "0", "--workers", "1", "--quiet"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(100):
            try:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
                self.connection.request("GET", "/health/ready")
                if self.connection.getresponse().read() is not None:
                    break
            except OSError:
                time.sleep(0.1)

    def get(self, z, x, y):
        self.connection.request("GET", f"/tiles/{self.map}/{z}/{x}/{y}.png")
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"tesela answered {answer.status}: {body[:200]!r}")
        return body

    def close(self):
        self.process.terminate()
        self.process.wait(30)


class MapServer:
    """mapserv as a FastCGI responder on a socket that we open for it (FastCGI specification 1.0, section 2.2)."""

    name = "mapserver"

    def __init__(self, mapfile, folder):
        self.path = f"{folder}/mapserv.sock"
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(self.path)
        listener.listen(16)
        self.mapfile = mapfile
        program = shutil.which("mapserv") or "/usr/lib/cgi-bin/mapserv"
        config = pathlib.Path(folder) / "mapserver.conf"
        config.write_text("CONFIG\nENV\nMS_MAP_PATTERN \".\"\nOGCAPI_HTML_TEMPLATE_DIRECTORY "
                          "\"/usr/share/mapserver/ogcapi/templates/html-plain/\"\nEND\n"
                          f"MAPS\n\"bench\" \"{mapfile}\"\nEND\nEND\n")
        self.process = subprocess.Popen([program], stdin=listener.fileno(), stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, env={"MAPSERVER_CONFIG_FILE": str(config)})
        listener.close()

    @staticmethod
    def record(kind, content):
        return struct.pack("!BBHHBB", 1, kind, 1, len(content), 0, 0) + content

    def ask(self, query, path=""):
        """Head and body of the answer to a CGI request."""
        params = b""
        for key, value in (("QUERY_STRING", query), ("REQUEST_METHOD", "GET"), ("SCRIPT_NAME", "/mapserv"),
                           ("PATH_INFO", path), ("SERVER_NAME", "localhost"), ("SERVER_PORT", "80")):
            params += struct.pack("!BI", len(key), len(value) | 0x80000000) + key.encode() + value.encode()
        link = socket.socket(socket.AF_UNIX)
        link.connect(self.path)
        link.sendall(self.record(1, struct.pack("!HB5x", 1, 0)) + self.record(4, params) + self.record(4, b"") +
                     self.record(5, b""))
        received = bytearray()
        while chunk := link.recv(1 << 16):
            received += chunk
        link.close()
        body = bytearray()
        at = 0
        while at + 8 <= len(received):
            _, kind, _, length, padding, _ = struct.unpack_from("!BBHHBB", received, at)
            if kind == 6:
                body += received[at + 8:at + 8 + length]
            at += 8 + length + padding
        head, _, content = bytes(body).partition(b"\r\n\r\n")
        return head, content

    def get(self, z, x, y):
        box = ",".join(f"{v:.6f}" for v in tile_bounds(z, x, y))
        head, png = self.ask(f"map={self.mapfile}&SERVICE=WMS&VERSION=1.1.1&REQUEST=GetMap&LAYERS=all&STYLES=&SRS=EPSG:3857"
                             f"&BBOX={box}&WIDTH=256&HEIGHT=256&FORMAT=image/png")
        if not png.startswith(b"\x89PNG"):
            raise RuntimeError(f"mapserver answered {head[:200]!r} {png[:300]!r}")
        return png

    def close(self):
        self.process.kill()
        self.process.wait(30)


MAP_HEAD = """MAP
NAME "all"
SIZE 256 256
EXTENT -20037508 -20037508 20037508 20037508
UNITS METERS
IMAGECOLOR "#f2efe9"
PROJECTION
"init=epsg:3857"
END
OUTPUTFORMAT
NAME "png"
DRIVER "AGG/PNG"
MIMETYPE "image/png"
IMAGEMODE RGB
EXTENSION "png"
END
WEB
METADATA
"ows_title" "all"
"ows_enable_request" "*"
"ows_srs" "EPSG:3857"
"ows_onlineresource" "http://localhost/"
END
END
"""


def map_layer(name, shapefile, kind, classes):
    """`classes`: (expression or None, [style lines])"""
    text = (f'LAYER\nNAME "{name}"\nGROUP "all"\nSTATUS ON\nTYPE {kind}\nDATA "{shapefile}"\nPROJECTION\n"init=epsg:3857"\nEND\n')
    for expression, styles in classes:
        text += "CLASS\n" + (f"EXPRESSION {expression}\n" if expression else "")
        text += "".join(f"STYLE\n{style}\nEND\n" for style in styles) + "END\n"
    return text + "END\n"


def to_shapefile(source, layer, out):
    subprocess.run(["ogr2ogr", "-f", "ESRI Shapefile", "-t_srs", "EPSG:3857", str(out), str(source), *([layer] if layer else []),
                    "-lco", "ENCODING=UTF-8", "-skipfailures"], check=True, stderr=subprocess.DEVNULL)
    subprocess.run(["shptree", str(out)], check=True, stdout=subprocess.DEVNULL)


def style_json(layers, sources):
    for layer in layers:
        if "source" in layer:
            layer["source-layer"] = layer["source"]
    return json.dumps({"version": 8, "metadata": {"tesela:map": {"title": {"es": "bench"}, "state": "publicar"}},
                       "sources": {s: {"type": "vector", "url": f"tesela://{s}"} for s in sources}, "layers": layers})


def background():
    return {"id": "background", "type": "background", "paint": {"background-color": "#f2efe9"}}


def scene_of_file(path, folder, arguments):
    """One polygon layer, filled and outlined."""
    data = folder / "data"
    layer = "bench-file"
    started = time.monotonic()
    load_layer(path, layer, data, arguments.load)
    print(f"# tesela load: {time.monotonic() - started:.1f} s")
    source = f"/vsizip/{path}" if str(path).endswith(".zip") else path
    to_shapefile(source, None, folder / "file.shp")
    styles = folder / "styles"
    styles.mkdir()
    (styles / "bench.json").write_text(style_json([
        background(),
        {"id": "fill", "type": "fill", "source": layer, "paint": {"fill-color": "#a6cee3"}},
        {"id": "edge", "type": "line", "source": layer, "paint": {"line-color": "#6a9fbf", "line-width": 0.6}}], [layer]))
    mapfile = folder / "bench.map"
    mapfile.write_text(MAP_HEAD + map_layer("file", folder / "file.shp", "POLYGON", [
        (None, ['COLOR "#a6cee3"', 'OUTLINECOLOR "#6a9fbf"\nWIDTH 0.6'])]) + "END\n")
    return data, styles, mapfile, {layer: folder / "file.shp"}


ROADS = [("local", 13, 3.0, 2.0, "#ffffff"), ("colectora", 12, 4.0, 2.6, "#fff7d6"), ("secundaria", 11, 5.0, 3.4, "#fdf0c0"),
         ("primaria", 9, 6.0, 4.0, "#f9d29c"), ("regional", 8, 6.0, 4.0, "#f4b183")]


def scene_of_demo(folder):
    """Blocks, parks, the river and streets with casing by class: the base map without its labels."""
    data = ROOT / "data"
    truth = data / "tesela.sqlite"
    shapefiles = {layer: folder / f"{layer}.shp" for layer in ("manzanas", "areas_verdes", "rio_nazas", "vialidades")}
    for layer, path in shapefiles.items():
        to_shapefile(truth, layer, path)
    layers = [background(),
              {"id": "rio", "type": "fill", "source": "rio_nazas", "paint": {"fill-color": "#e5dcc3"}},
              {"id": "manzanas", "type": "fill", "source": "manzanas", "minzoom": 11, "paint": {"fill-color": "#e4e0d8"}},
              {"id": "manzanas-borde", "type": "line", "source": "manzanas", "minzoom": 11,
               "paint": {"line-color": "#cfc9bd", "line-width": 0.6}},
              {"id": "verdes", "type": "fill", "source": "areas_verdes", "paint": {"fill-color": "#c8dfb4"}}]
    text = MAP_HEAD
    scale = 559082264.028 / 2 ** (12 - 0.5)
    text += map_layer("rio", folder / "rio_nazas.shp", "POLYGON", [(None, ['COLOR "#e5dcc3"'])])
    text += map_layer("manzanas", folder / "manzanas.shp", "POLYGON", [
        (None, ['COLOR "#e4e0d8"', 'OUTLINECOLOR "#cfc9bd"\nWIDTH 0.6'])]).replace(
            "STATUS ON", f"STATUS ON\nMAXSCALEDENOM {scale}")
    text += map_layer("verdes", folder / "areas_verdes.shp", "POLYGON", [(None, ['COLOR "#c8dfb4"'])])
    for part, width in (("casing", 2), ("inner", 3)):
        for kind, zoom, wide, narrow, color in ROADS:
            layers.append({"id": f"{part}-{kind}", "type": "line", "source": "vialidades", "minzoom": zoom,
                           "filter": ["==", ["get", "jerarquia"], kind],
                           "paint": {"line-color": "#b0a08a" if part == "casing" else color,
                                     "line-width": wide if part == "casing" else narrow},
                           "layout": {"line-cap": "round", "line-join": "round"}})
            denominator = 559082264.028 / 2 ** (zoom + 1 - 0.5)
            line = 'LINECAP ROUND\nLINEJOIN ROUND'
            shown = f'COLOR "#b0a08a"\nWIDTH {wide}\n{line}' if width == 2 else f'COLOR "{color}"\nWIDTH {narrow}\n{line}'
            text += map_layer(f"{part}-{kind}", folder / "vialidades.shp", "LINE", [(f'("[jerarquia]" = "{kind}")', [shown])]
                              ).replace("STATUS ON", f"STATUS ON\nMAXSCALEDENOM {denominator}")
    styles = folder / "styles"
    styles.mkdir()
    (styles / "bench.json").write_text(style_json(layers, ["rio_nazas", "manzanas", "areas_verdes", "vialidades"]))
    mapfile = folder / "bench.map"
    mapfile.write_text(text + "END\n")
    return data, styles, mapfile, shapefiles


def measure(target, tiles):
    """A target either has a server's process, whose processor time counts, or tells its own time (`timed`)."""
    timed = getattr(target, "timed", None)
    before = 0 if timed else cpu_seconds(target.process.pid)
    times = []
    size = 0
    for tile in tiles:
        if timed:
            length, seconds = timed(*tile)
        else:
            started = time.perf_counter()
            length = len(target.get(*tile))
            seconds = time.perf_counter() - started
        times.append(seconds)
        size += length
    return {"wall": times, "cpu": sum(times) if timed else cpu_seconds(target.process.pid) - before, "bytes": size}


def report(label, targets, tiles, repetitions):
    rounds = {target.name: [] for target in targets}
    for target in targets:
        measure(target, tiles[:10])  # warm
    for number in range(repetitions):
        for target in targets if number % 2 == 0 else list(reversed(targets)):
            rounds[target.name].append(measure(target, tiles))
    for name, results in rounds.items():
        wall = statistics.median(statistics.median(r["wall"]) for r in results) * 1000
        mean = statistics.median(sum(r["wall"]) for r in results) / len(tiles) * 1000
        cpu = statistics.median(r["cpu"] for r in results) / len(tiles) * 1000
        kib = results[0]["bytes"] / len(tiles) / 1024
        print(f"{label:10} {name:10} median {wall:8.2f} ms   mean {mean:8.2f} ms   cpu {cpu:8.2f} ms   "
              f"{1000 / mean:7.1f} tiles/s   {kib:6.1f} KiB")
    ours = rounds.pop("tesela")
    for name, theirs in rounds.items():
        wall = statistics.median(sum(b["wall"]) / sum(a["wall"]) for a, b in zip(ours, theirs))
        cpu = statistics.median(b["cpu"] / max(a["cpu"], 1e-3) for a, b in zip(ours, theirs))
        print(f"{label:10} {name} / tesela: wall {wall:.1f}x, cpu {cpu:.1f}x", flush=True)


def report_zooms(targets, box, zooms, arguments):
    """Each zoom of "LOW-HIGH", then all together."""
    low, high = (int(z) for z in zooms.split("-"))
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        model = next(line.split(":")[1].strip() for line in info if line.startswith("model name"))
    print(f"# {model}, {os.cpu_count()} processors, one client, {arguments.count} tiles a zoom, {arguments.repetitions} repetitions")
    for z in range(low, high + 1):
        report(f"z{z}", targets, tiles_in(box, [z], arguments.count), arguments.repetitions)
    report("all", targets, tiles_in(box, range(low, high + 1), arguments.count), arguments.repetitions)


def load_layer(path, layer, data, options):
    load = [str(PROGRAM), "load", str(path), "--layer", layer, "--data", str(data), *options]
    if subprocess.run(load, check=False, stdout=subprocess.DEVNULL).returncode not in (0, 1):
        raise RuntimeError(f"{path} could not be loaded")


def first_layer(data):
    """What `tesela layers` says of the only layer, and the middle half of its extent, so that few tiles are empty."""
    listing = subprocess.run([str(PROGRAM), "layers", "--json", "--data", str(data)], capture_output=True, text=True, check=True)
    layer = json.loads(listing.stdout)["layers"][0]
    west, south, east, north = layer["bbox"]
    width, height = (east - west) / 4, (north - south) / 4
    return layer, [west + width, south + height, east - width, north - height]


def add_options(parser):
    parser.add_argument("--box", help="west,south,east,north in degrees: where the tiles are taken from")
    parser.add_argument("--count", type=int, default=25, help="tiles of each zoom")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--load", nargs=argparse.REMAINDER, default=[], help="further options of tesela load")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["demo", "file"])
    parser.add_argument("path", nargs="?", type=pathlib.Path)
    parser.add_argument("--zooms", default=None)
    parser.add_argument("--keep", type=pathlib.Path, help="keep a picture of each server of the first tile here")
    add_options(parser)
    arguments = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tesela-bench-"))
    targets = []
    try:
        if arguments.what == "demo":
            data, styles, mapfile, shapefiles = scene_of_demo(folder)
            box, zooms = (-103.475, 25.525, -103.365, 25.585), arguments.zooms or "12-17"
        else:
            data, styles, mapfile, shapefiles = scene_of_file(arguments.path, folder, arguments)
            box = first_layer(data)[1]
            zooms = arguments.zooms or "6-12"
        if arguments.box:
            box = [float(number) for number in arguments.box.split(",")]
        targets = [Tesela(data, styles, "bench"), MapServer(mapfile, folder)]
        if mapnik_tiles.is_installed():
            targets.append(mapnik_tiles.Mapnik(styles / "bench.json", shapefiles, folder))
        if arguments.keep:
            low, high = (int(z) for z in zooms.split("-"))
            arguments.keep.mkdir(parents=True, exist_ok=True)
            for z in range(low, high + 1):
                tile = tiles_in(box, [z], 1)[0]
                for target in targets:
                    (arguments.keep / f"{z}-{target.name}.png").write_bytes(target.get(*tile))
        report_zooms(targets, box, zooms, arguments)
    finally:
        for target in targets:
            target.close()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
