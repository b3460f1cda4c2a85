#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Damages real and made files in thousands of ways (mutate.py) and inspects and loads each with the built program.
Whatever comes of it must be told: never a crash, a hang, a bare refusal, or a row or text lost in silence.

What is tried follows from a number alone, so that each find can be looked at again:

    mutation_test.py                     numbers from 0 on, for half a minute (TESELA_TEST_SLOWNESS times that)
    TESELA_LONG=1 mutation_test.py       3000 of them; TESELA_MUTATIONS=N: N of them; TESELA_MUTATIONS_FROM: the first
    mutation_test.py --keep FOLDER 1234  only these; what was tried is left in FOLDER
"""

import concurrent.futures
import glob
import json
import math
import os
import re
import shutil
import sqlite3
import struct
import subprocess
import sys
import tempfile
import threading
import time

import import_test
from import_test import DATA, PROGRAM
from osgeo import osr

import make_nasty
import make_nasty_formats
import make_nasty_shapes
import mutate

assert make_nasty_formats and make_nasty_shapes
SLOWNESS = float(os.environ.get("TESELA_TEST_SLOWNESS", "1"))
SECONDS_MAX = 10.0 * SLOWNESS
BYTES_MAX = 500_000
SHARED_PATTERNS = ("nasty/**/*.shp", "nasty/**/*.zip", "nasty/*.zip", "shapefiles/*.zip", "shapefiles/*.gpkg", "laguna/*", "indicadores/*",
                   "raster/*.tif", "osm/*")
SIDECARS = (".shx", ".dbf", ".prj", ".cpg", ".cst", ".tfw", ".wld")
SYSTEM = {"shp": 6, "zip": 5, "geojson": 5, "gpkg": 4, "csv": 4, "kml": 3, "xlsx": 2, "ods": 2, "dxf": 2, "fgb": 2, "tif": 1, "pbf": 1, "osm": 1}
MESSAGE = {"code", "severity", "text", "place", "cure"}
LAYER = {"name", "geometry", "features", "null_geometries", "invalid_geometries", "srs", "encoding", "fields", "bbox", "layer"}
# Words that stand in no Spanish sentence.
ENGLISH = re.compile(r"\b(the|and|is not|could not|with|cannot|were|has been|which)\b")
QUOTED = re.compile(r"«[^»]*»|\".*\"|'[^']*'|\([^)]*\)")
COUNTER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "count_rows.py")


class Finding(Exception):
    pass


def expect(condition, *what):
    if not condition:
        raise Finding(" ".join(str(part) for part in what))


# --- what is damaged ---


def read_files(folder):
    files = {}
    for root, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(root, name), "rb") as file:
                files[os.path.relpath(os.path.join(root, name), folder)] = file.read()
    return files


def own_seeds():
    """Sound and difficult files alike: what is odd about them may hide behind other damage, too."""
    for name, make in make_nasty.CASES.items():
        with tempfile.TemporaryDirectory() as folder:
            expected = make(folder)
            if expected is None or os.path.isdir(os.path.join(folder, expected.name)):
                continue
            files = read_files(folder)
        if sum(map(len, files.values())) <= BYTES_MAX and expected.name in files:
            yield name, files, expected.name, list(expected.options)


def shared_seeds():
    paths = {path for pattern in SHARED_PATTERNS for path in glob.glob(os.path.join(DATA, pattern), recursive=True)}
    for path in sorted(paths):
        if not os.path.isfile(path) or os.path.splitext(path)[1].lower() in SIDECARS + (".gpkg-wal", ".gpkg-shm", ".md"):
            continue
        stem, extension = os.path.splitext(path)
        files = {os.path.basename(path): path}
        if extension.lower() in (".shp", ".tif"):
            for beside in glob.glob(glob.escape(stem) + ".*"):
                if os.path.splitext(beside)[1].lower() in SIDECARS:
                    files[os.path.basename(beside)] = beside
        if sum(map(os.path.getsize, files.values())) <= BYTES_MAX:
            yield os.path.relpath(path, DATA), {name: open(at, "rb").read() for name, at in files.items()}, os.path.basename(path), []


class Seeds:
    """Chosen by format first, since there are many more of some."""

    def __init__(self):
        self.of = {}
        for seed in [*own_seeds(), *shared_seeds()]:
            extension = os.path.splitext(seed[2])[1].lower().lstrip(".")
            extension = {"json": "geojson", "geojsonl": "geojson", "txt": "csv", "tsv": "csv", "kmz": "zip"}.get(extension, extension)
            self.of.setdefault(extension if extension in SYSTEM else "other", []).append(seed)
        self.kinds = sorted(self.of)
        self.weights = [SYSTEM.get(kind, 1) for kind in self.kinds]

    def pick(self, rng):
        kind = rng.choices(self.kinds, self.weights)[0]
        return rng.choice(self.of[kind])


# --- what others read ---


class Counter:
    """GDAL counts rows in a process of its own, which may die of what it reads."""

    def __init__(self):
        self.process = None

    def count(self, path):
        if self.process is None:
            self.process = subprocess.Popen([sys.executable, COUNTER], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                            stderr=subprocess.DEVNULL, text=True)
        timer = threading.Timer(SECONDS_MAX, self.process.kill)
        timer.start()
        try:
            self.process.stdin.write(path + "\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        timer.cancel()
        if not answer:
            self.close()
            return None
        return int(answer) if answer.strip() != "-" else None

    def close(self):
        if self.process:
            self.process.kill()
            try:
                self.process.communicate()
            except BrokenPipeError:
                pass
            self.process = None


# --- judging ---


def check_message(message, spanish):
    expect(MESSAGE <= message.keys(), "message lacks a member:", message)
    expect(re.fullmatch(r"IMP-\d\d\d", message["code"]), "code:", message)
    expect(message["code"] != "IMP-061", "the reading process failed:", message["text"])
    expect(message["code"] != "IMP-000", "no code of its own:", message["text"])
    expect(message["severity"] in ("notice", "warning", "error"), "severity:", message)
    expect(message["text"].strip(), "no text:", message)
    expect("%" not in re.sub(r"\d[\d.]* ?%|%[0-9A-F]{2}", "", QUOTED.sub("", message["text"])), "format:", message["text"])
    expect(message["severity"] == "notice" or (message["cure"] or "").strip(), "no cure:", message)
    rows = message["place"].get("rows")
    if rows is not None:
        expect(len(rows) == message["place"]["row_count"], "rows are not all there:", message["text"])
        expect(all(detail["what"].strip() for detail in message["place"]["details"]), "a row without a why:", message["text"])
    if spanish:
        for text in (message["text"], message["cure"] or ""):
            expect(not ENGLISH.search(QUOTED.sub("", text)), "English in a Spanish message:", text)


def check_report(report, spanish):
    for layer in report["layers"]:
        expect(LAYER <= layer.keys(), "layer lacks a member:", layer.keys())
        expect(layer["features"] >= 0, "features:", layer["features"])
        if layer["bbox"]:
            expect(all(math.isfinite(edge) for edge in layer["bbox"]), "extent:", layer["bbox"])
    for message in report["messages"]:
        check_message(message, spanish)


def area_of(code, known={}):
    if code not in known:
        system = osr.SpatialReference()
        try:
            system.SetFromUserInput(code)
            area = system.GetAreaOfUse()
        except RuntimeError:
            area = None
        known[code] = (area.west_lon_degree, area.south_lat_degree, area.east_lon_degree, area.north_lat_degree) if area else None
    return known[code]


def check_place(layer, codes):
    box, code = layer["bbox"], layer["srs"]["code"]
    if not box or codes & {"IMP-020", "IMP-021"}:
        return
    expect(-360 <= box[0] <= box[2] <= 360 and -90.001 <= box[1] <= box[3] <= 90.001, "nowhere on Earth, without a word:", box)
    area = area_of(code) if code else None
    if area and area[0] < area[2]:
        expect(area[0] - 6 <= box[2] and box[0] <= area[2] + 6 and area[1] - 6 <= box[3] and box[1] <= area[3] + 6,
               "outside of %s without a word:" % code, box)


def check_rows(report):
    for layer in report["layers"]:
        if "version" not in layer:
            continue
        listed = sum(m["place"].get("row_count", 0) for m in report["messages"]
                     if import_test.LEFT_OUT in m["text"] and m["place"].get("layer") == layer["name"])
        expect(layer["features"] == layer["loaded"] + layer["left_out"], "rows:", layer["features"], layer["loaded"], layer["left_out"])
        expect(layer["left_out"] == listed, "left out", layer["left_out"], "listed", listed)


def check_store(data, report, run):
    """Every text valid, no loss without a word, every geometry finite, and the count as told."""
    layers = json.loads(run(["layers", "--json"])[1])["layers"]
    told = {m["code"] for m in report["messages"]}
    database = sqlite3.connect(os.path.join(data, "tesela.sqlite"))
    database.text_factory = lambda raw: raw.decode("utf-8")
    loaded = {layer["layer"]: layer["loaded"] for layer in report["layers"] if "version" in layer}
    try:
        for layer in layers:
            count = 0
            for row in database.execute('SELECT * FROM "%s"' % layer["table"].replace('"', '""')):
                count += 1
                for value in row:
                    if isinstance(value, str) and "\ufffd" in value and "IMP-010" not in told:
                        raise Finding("text lost without a word: %r" % value)
                    if isinstance(value, float):
                        expect(math.isfinite(value), "stored number:", value)
                    if isinstance(value, bytes) and len(value) > 43 and value[:2] == b"\0\1":
                        box = struct.unpack_from("<4d", value, 6)
                        expect(all(math.isfinite(edge) and abs(edge) < 1e13 for edge in box), "stored geometry:", box)
            expect(count == layer["features"] == loaded.get(layer["id"]), "stored", count, "told", layer["features"], loaded)
            if layer.get("bbox"):
                box = layer["bbox"]
                expect(all(map(math.isfinite, box)) and -361 < box[0] <= box[2] < 361 and -90.001 < box[1] <= box[3] < 90.001,
                       "extent of the layer:", box)
    finally:
        database.close()
    code, out = run(["check", "--json"])
    expect(code in (0, 1) and json.loads(out)["errors"] == 0, "check:", out[:500])


def listed_rows(report):
    return sum(m["place"].get("row_count", 0) for m in report["messages"])


class Trial:
    """One number: makes the file, runs the program on it, judges."""

    def __init__(self, number, seeds, folder):
        self.number, self.folder = number, folder
        rng = mutate.chances("tesela", number)
        self.name, files, self.main, self.options = seeds.pick(rng)
        files = {name: bytearray(content) for name, content in files.items()}
        others = [seed[1] for seed in seeds.of.get("shp", [])]
        self.said = mutate.damage(rng, files, self.main, others)
        self.input = os.path.join(folder, "archivo")
        for name, content in files.items():
            path = os.path.join(self.input, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(content)
        self.path = os.path.join(self.input, self.main)
        self.data = os.path.join(folder, "data")

    def run(self, arguments, language="C.UTF-8"):
        start = time.monotonic()
        try:
            result = import_test.run(arguments, self.data, language)
        except subprocess.TimeoutExpired as error:
            raise Finding("hangs: %s" % arguments[0]) from error
        seconds = time.monotonic() - start
        errors = result.stderr.decode("utf-8")
        expect("Sanitizer" not in errors and "runtime error" not in errors, errors[:6000])
        expect(result.returncode in (0, 1, 2), "exit code", result.returncode, errors[:500])
        expect(seconds < SECONDS_MAX, "%.1f s: %s" % (seconds, arguments[0]))
        return result.returncode, result.stdout.decode("utf-8")

    def judge(self, counter):
        code_seen, out = self.run(["inspect", self.path, "--json", *self.options], "es_MX.UTF-8")
        seen = json.loads(out)
        check_report(seen, True)
        code, out = self.run(["load", self.path, "--json", *self.options])
        report = json.loads(out)
        check_report(report, False)
        # The pixels of a raster are read when it is loaded only.
        pixels = any("raster" in layer for layer in seen["layers"])
        expect((code == 2) == (code_seen == 2) or pixels, "inspect says", code_seen, "and load", code, [m["text"] for m in report["messages"]],
               [m["text"] for m in seen["messages"]])
        worst = {m["severity"] for m in report["messages"]}
        expect(code != 2 or "error" in worst, "refused without an error")
        expect(code == 2 or "error" not in worst, "an error, but loaded")
        expect(code != 0 or "warning" not in worst, "warnings, but exit code 0")
        expect(code != 1 or "warning" in worst, "exit code 1 without a warning")
        expect(not [name for name in os.listdir(self.folder) if name.startswith("tesela-")], "a temporary folder is left")
        stored = [layer for layer in report["layers"] if "version" in layer]
        expect(not stored if code == 2 else stored, "exit code", code, "and", len(stored), "layers loaded")
        if code == 2:
            return "refused"
        check_rows(report)
        for layer in stored:
            check_place(layer, {m["code"] for m in report["messages"]})
        check_store(self.data, report, self.run)
        if os.path.splitext(self.main)[1].lower() not in (".csv", ".txt", ".tsv", ".xlsx", ".ods", ".osm", ".pbf", ".tif"):
            rows = counter.count(self.path) if self.path.isprintable() else None
            ours = sum(layer["features"] for layer in report["layers"])
            told = " ".join(m["text"] for m in report["messages"] if m["severity"] != "notice")
            if rows is not None and rows > ours + listed_rows(report) and not re.search(r"\b%d\b" % rows, told):
                raise Finding("GDAL reads %d rows, we %d and list %d" % (rows, ours, listed_rows(report)))
        return "with warnings" if code == 1 else "loaded"


def try_one(number, seeds, template, local, keep=None):
    folder = tempfile.mkdtemp(prefix="tesela-mutation-")
    try:
        trial = Trial(number, seeds, folder)
        if not trial.said:
            return "unchanged", None
        shutil.copytree(template, trial.data)
        if not hasattr(local, "counter"):
            local.counter = Counter()
        try:
            return trial.judge(local.counter), None
        except Finding as finding:
            return "FOUND", "%d: %s (%s): %s" % (number, trial.name, trial.said, finding)
        except (ValueError, KeyError, sqlite3.Error) as error:
            return "FOUND", "%d: %s (%s): %s: %s" % (number, trial.name, trial.said, type(error).__name__, error)
    finally:
        if keep:
            shutil.copytree(folder, os.path.join(keep, str(number)), dirs_exist_ok=True)
        shutil.rmtree(folder)


def make_template(folder):
    """A data folder with an empty store, so that it is not made anew for each."""
    data = os.path.join(folder, "data")
    path = os.path.join(folder, "punto.geojson")
    with open(path, "w", encoding="ascii") as file:
        file.write('{"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":[-103.4,25.5]}}')
    for arguments in (["load", path], ["remove", "punto"]):
        result = import_test.run(arguments, data)
        if result.returncode not in (0, 1):
            raise SystemExit(result.stderr.decode())
    return data


def main():
    arguments = sys.argv[1:]
    keep = None
    if arguments[:1] == ["--keep"]:
        keep, arguments = arguments[1], arguments[2:]
    if os.access("/dev/shm", os.W_OK) and shutil.disk_usage("/dev/shm").free > 2 << 30:
        tempfile.tempdir = "/dev/shm"
    start = time.monotonic()
    many = int(os.environ.get("TESELA_MUTATIONS", "3000" if os.environ.get("TESELA_LONG") else "0"))
    first = int(os.environ.get("TESELA_MUTATIONS_FROM", "0"))
    seeds = Seeds()
    tally, found = {}, []
    local = threading.local()
    with tempfile.TemporaryDirectory(prefix="tesela-mutations-") as folder:
        template = make_template(folder)
        until = start + float(os.environ.get("TESELA_MUTATION_SECONDS", 25 * SLOWNESS if not many else 1e9))

        def one(number):
            if time.monotonic() > until:
                return "not tried", None
            return try_one(number, seeds, template, local, keep)

        numbers = [int(a) for a in arguments] or range(first, first + (many or 2000))
        with concurrent.futures.ThreadPoolExecutor(int(os.environ.get("NASTY_THREADS", os.cpu_count() or 2))) as pool:
            for fate, what in pool.map(one, numbers):
                tally[fate] = tally.get(fate, 0) + 1
                if what:
                    found.append(what)
                    print(what, flush=True)
    tally.pop("not tried", None)
    print("%d seeds, %s in %.0f s" % (sum(map(len, seeds.of.values())), ", ".join("%d %s" % (n, fate) for fate, n in sorted(tally.items())),
                                     time.monotonic() - start))
    return 1 if found or not tally else 0


if __name__ == "__main__":
    os.environ.setdefault("PYTHONDONTWRITEBYTECODE", "1")
    assert os.path.exists(PROGRAM), PROGRAM
    sys.exit(main())
