#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Hostile files, watched at the system calls: nothing but the file itself is opened, nobody is called, and a reader that
crashes, hangs or grows is one clean error that changes nothing.

TESELA_PROGRAM names the program. Without strace, or under a sanitizer (which needs the rights), it is skipped.
"""

import io
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import unittest
import zipfile

import fixtures

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.environ.get("TESELA_PROGRAM", os.path.join(ROOT, "build", "tesela"))
STRACE = shutil.which("strace")

# What libraries may look at: themselves and their data.
HARMLESS = re.compile(
    r"^/(usr/)?(local/)?lib(64)?(/|$)|^/usr/(local/)?share/(proj|gdal|zoneinfo|locale)(/|$)|^/etc/(ld\.so\.cache|localtime)$"
    r"|^/dev/(null|urandom)$|^/proc/(self|sys|meminfo|cpuinfo|stat|mounts|filesystems)(/|$)|^/sys/(devices/system|fs/cgroup)(/|$)"
    r"|^/(etc|usr/local)?/?(etc)?/?(ssl|nsswitch\.conf|gai\.conf)?$"
)

VRT = """<OGRVRTDataSource><OGRVRTLayer name="passwd"><SrcDataSource>CSV:/etc/passwd</SrcDataSource>
<SrcLayer>passwd</SrcLayer></OGRVRTLayer>
<OGRVRTLayer name="net"><SrcDataSource>/vsicurl/http://127.0.0.1:9/x.geojson</SrcDataSource></OGRVRTLayer>
<OGRVRTLayer name="pg"><SrcDataSource>PG:host=127.0.0.1 dbname=x</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"""

RASTER_VRT = """<VRTDataset rasterXSize="1" rasterYSize="1"><VRTRasterBand dataType="Byte" band="1"><SimpleSource>
<SourceFilename relativeToVRT="0">/vsicurl/http://127.0.0.1:9/x.tif</SourceFilename></SimpleSource></VRTRasterBand>
</VRTDataset>"""


def is_sanitized():
    with open(PROGRAM, "rb") as file:
        content = file.read()
    return b"__asan_init" in content or b"__tsan_init" in content


def zip_of(members):
    """A zip of (name or ZipInfo, content)."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members:
            archive.writestr(name, content)
    return out.getvalue()


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="tesela-isolation-")
        self.temporary = os.path.join(self.folder, "tmp")
        self.data = os.path.join(self.folder, "data")
        os.mkdir(self.temporary)
        self.addCleanup(shutil.rmtree, self.folder)

    def write(self, name, content):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        return path

    def points(self, name="puntos", count=5):
        features = [
            {
                "type": "Feature",
                "properties": {"nombre": "punto %d" % i},
                "geometry": {"type": "Point", "coordinates": [-103.4 + i / 1e5, 25.5]},
            }
            for i in range(count)
        ]
        return self.write(name + ".geojson", json.dumps({"type": "FeatureCollection", "features": features}))

    def run_program(self, arguments, prefix=(), environment=None):
        whole = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TESELA_DATA": self.data, "TMPDIR": self.temporary}
        whole.update(environment or {})
        return subprocess.run(
            [*prefix, PROGRAM, *arguments], env=whole, capture_output=True, timeout=120, check=False
        )

    def load(self, path, prefix=(), environment=None, options=()):
        """Exit code and report; nothing may be left in the temporary folder."""
        result = self.run_program(["load", path, "--json", *options], prefix, environment)
        self.assertIn(result.returncode, (0, 1, 2), result.stderr.decode(errors="replace"))
        self.assertEqual(os.listdir(self.temporary), [], "temporary folders are removed")
        return result.returncode, json.loads(result.stdout.decode("utf-8"))

    def layers(self):
        result = self.run_program(["layers", "--json"])
        return {layer["id"]: layer for layer in json.loads(result.stdout)["layers"]}


def strace(log, *options):
    return [STRACE, "-f", "-o", log, *options]


def threads_of(lines):
    """Numbers that strace gives to threads, which are no processes of their own."""
    threads = set()
    begun = {}
    for line in lines:
        number = line.split()[0]
        if re.search(r" clone3?\(", line):
            begun[number] = "CLONE_THREAD" in line
        made = re.search(r"clone3?(?:\(| resumed).* = (\d+)$", line)
        if made and begun.get(number):
            threads.add(made.group(1))
    return threads


def whole_calls(lines):
    """Calls that strace tells in two lines because another process spoke in between, as one."""
    whole = []
    begun = {}
    for line in lines:
        number = line.split()[0]
        rest = re.search(r"<\.\.\. \w+ resumed>(.*)", line)
        if line.endswith("<unfinished ...>"):
            begun[number] = line[:-len("<unfinished ...>")]
        elif rest and number in begun:
            whole.append(begun.pop(number) + rest.group(1))
        else:
            whole.append(line)
    return whole + list(begun.values())


class Hostile(Case):
    """No foreign file, no socket, whatever the file says."""

    def watch(self, path):
        log = os.path.join(self.folder, "log")
        code, report = self.load(
            path, strace(log, "-y", "-e", "trace=open,openat,openat2,connect,socket,execve,symlink,link,fork,vfork,clone,clone3")
        )
        with open(log, encoding="utf-8", errors="replace") as file:
            lines = file.read().splitlines()
        processes = {}
        threads = threads_of(lines)
        lines = whole_calls(lines)
        for line in lines:
            if line.split()[0] not in threads:
                processes.setdefault(line.split()[0], []).append(line)
        self.assertEqual(len(processes), 2, "one process reads, one writes")
        reader = list(processes.values())[1]
        self.assertGreater(len(reader), 3, "the reader was watched")
        foreign = []
        for line in lines:
            self.assertNotRegex(line, r" (socket|connect)\(", "no network")
        for line in reader:
            self.assertNotRegex(line, r" (execve|fork|vfork|clone)\(", "no programs")
            call = re.search(r' open(?:at|at2)?\((?:[^"]*)"([^"]*)"(.*)', line)
            if not call or re.search(r"= -1 ", call.group(2)) or "O_PATH" in call.group(2):
                continue
            name = call.group(1)
            if not HARMLESS.match(name) and not name.startswith(self.folder):
                foreign.append(line)
        self.assertEqual(foreign, [])
        return code, report, lines

    def refused(self, path):
        code, report, _ = self.watch(path)
        self.assertEqual(code, 2)
        self.assertTrue(any(message["severity"] == "error" for message in report["messages"]))
        self.assertEqual(self.layers(), {})

    def test_vrt(self):
        for name in ("capa.vrt", "capa.shp", "capa.geojson", "capa.kml", "capa.gpkg", "capa.csv", "capa.tif"):
            for content in (VRT, RASTER_VRT):
                with self.subTest(name=name, content=content[:20]):
                    self.refused(self.write(name, content))

    def test_vrt_in_zip(self):
        for name in ("capa.shp", "capa.geojson", "capa.kml", "capa.vrt"):
            with self.subTest(name=name):
                self.refused(self.write("capa.zip", zip_of([(name, VRT), ("capa.dbf", VRT), ("capa.shx", VRT)])))

    def test_zip_slip(self):
        point = '{"type":"Feature","geometry":{"type":"Point","coordinates":[-103.4,25.5]},"properties":{}}'
        for name in ("../fuera.geojson", "/tmp/fuera.geojson", "a/../../fuera.geojson", "..\\fuera.geojson"):
            with self.subTest(name=name):
                self.refused(self.write("capa.zip", zip_of([(name, point)])))
                self.assertFalse(os.path.exists(os.path.join(self.folder, "fuera.geojson")))
                self.assertFalse(os.path.exists("/tmp/fuera.geojson"))

    def test_links(self):
        link = zipfile.ZipInfo("capa.geojson")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        link.create_system = 3
        self.refused(self.write("capa.zip", zip_of([(link, "/etc/passwd")])))

    def test_words_that_name_sources(self):
        """GeoJSON and CSV whose text looks like a connection."""
        self.refused(self.write("capa.geojson", '{"type":"FeatureCollection","features":"/vsicurl/http://127.0.0.1:9/"}'))
        self.refused(self.write("capa.csv", "PG:host=127.0.0.1\n/etc/passwd\n"))

    def test_prj(self):
        """A reference system that wants a grid from the net or from the disk."""
        stem = os.path.join(self.folder, "puntos")
        fixtures.write_points(stem, [b"uno"])
        for wkt in (
            "+proj=longlat +nadgrids=/etc/passwd",
            "+init=/etc/passwd:1",
            "http://127.0.0.1:9/epsg",
            'BOUNDCRS[SOURCECRS[GEOGCRS["a",DATUM["b",ELLIPSOID["c",6378137,298]],CS[ellipsoidal,2],AXIS["x",east],'
            'AXIS["y",north],ANGLEUNIT["degree",0.0174]]],TARGETCRS[GEOGCRS["d",DATUM["e",ELLIPSOID["c",6378137,298]],'
            'CS[ellipsoidal,2],AXIS["x",east],AXIS["y",north],ANGLEUNIT["degree",0.0174]]],ABRIDGEDTRANSFORMATION["f",'
            'METHOD["NTv2"],PARAMETERFILE["grid","/etc/passwd"]]]',
        ):
            with self.subTest(wkt=wkt[:30]):
                self.write("puntos.prj", wkt)
                self.watch(stem + ".shp")

    def test_sound_file(self):
        """The watch itself: a good file is read by the second process, and written by the first."""
        path = self.points()
        code, report, lines = self.watch(path)
        self.assertEqual(code, 0, report["messages"])
        self.assertEqual(report["layers"][0]["loaded"], 5)
        writer = lines[0].split()[0]
        for line in lines:
            if '"' + path + '"' in line and "O_PATH" not in line:
                self.assertNotEqual(line.split()[0], writer, "the writer never opens the file")
            if "tesela.sqlite" in line and "O_RDWR" in line:
                self.assertEqual(line.split()[0], writer, "the reader never opens the store")


class Breakdown(Case):
    """What becomes of the reader is one error, and the old version stays."""

    def broken(self, path, words, prefix=(), environment=None):
        before = self.layers()
        code, report = self.load(path, prefix, environment, ["--layer", "puntos"])
        self.assertEqual(code, 2, report)
        errors = [message for message in report["messages"] if message["severity"] == "error"]
        self.assertEqual([message["code"] for message in errors], ["IMP-061"])
        self.assertRegex(errors[0]["text"], words)
        self.assertIn(path, errors[0]["text"])
        self.assertIn("nothing was changed", errors[0]["text"])
        self.assertIn("QGIS", errors[0]["cure"])
        self.assertEqual(self.layers(), before)
        self.assertEqual(self.run_program(["check"]).returncode, 0)

    def setUp(self):
        super().setUp()
        self.path = self.points()
        code, _ = self.load(self.path, options=["--layer", "puntos"])
        self.assertEqual(code, 0)

    def inject(self, call, what):
        log = os.path.join(self.folder, "log")
        return strace(log, "-P", self.path, "-e", "trace=" + call, "-e", "inject=" + call + ":" + what)

    def test_crash(self):
        """At the first and at a later reading of the file."""
        for when in ("1", "2", "3+"):
            with self.subTest(when=when):
                self.broken(self.path, "crashed \\(Segmentation fault\\)", self.inject("read", "signal=SEGV:when=" + when))

    def test_kill(self):
        self.broken(self.path, "was killed", self.inject("read", "signal=KILL:when=2"))

    def test_hang(self):
        self.broken(
            self.path,
            "came to no end",
            self.inject("read", "delay_enter=20000000:when=2"),
            {"TESELA_IMPORT_SILENT_SECONDS": "1"},
        )

    def test_processor_time(self):
        path = self.points("muchos", 200000)
        self.broken(path, "processor time", environment={"TESELA_IMPORT_CPU_SECONDS": "1"})

    def test_memory(self):
        """One feature that does not fit: an error of ours, or the reader's death, but never a change."""
        line = ",".join("[%.7f,25.5]" % (-103 + i / 1e7) for i in range(500000))
        feature = '{"type":"Feature","properties":{},"geometry":{"type":"LineString","coordinates":[' + line + "]}}"
        path = self.write("larga.geojson", '{"type":"FeatureCollection","features":[' + feature + "]}")
        before = self.layers()
        for megabytes in ("1", "8", "16", "32"):
            with self.subTest(megabytes=megabytes):
                code, report = self.load(
                    path, environment={"TESELA_IMPORT_MEMORY_MB": megabytes}, options=["--layer", "puntos"]
                )
                self.assertEqual(code, 2, report)
                self.assertTrue(any(message["severity"] == "error" for message in report["messages"]))
                self.assertEqual(self.layers(), before)
        code, _ = self.load(path, options=["--layer", "puntos"])
        self.assertIn(code, (0, 1))

    def test_old_kernel(self):
        """Without Landlock: loaded, with one warning."""
        log = os.path.join(self.folder, "log")
        prefix = strace(
            log, "-e", "trace=landlock_create_ruleset", "-e", "inject=landlock_create_ruleset:error=ENOSYS"
        )
        code, report = self.load(self.path, prefix, options=["--layer", "puntos"])
        self.assertEqual(code, 1)
        warnings = [message for message in report["messages"] if message["severity"] == "warning"]
        self.assertEqual([message["code"] for message in warnings], ["IMP-061"])
        self.assertIn("Landlock", warnings[0]["text"])
        self.assertEqual(report["layers"][0]["loaded"], 5)

    def test_no_seccomp(self):
        """Without system call filters nothing is read at all."""
        log = os.path.join(self.folder, "log")
        prefix = strace(log, "-e", "trace=seccomp", "-e", "inject=seccomp:error=EINVAL")
        before = self.layers()
        result = self.run_program(["load", self.path, "--json", "--layer", "puntos"], prefix)
        self.assertEqual(result.returncode, 4, result.stdout)
        self.assertIn(b"could not be isolated", result.stdout)
        self.assertEqual(self.layers(), before)


if __name__ == "__main__":
    if not os.access(PROGRAM, os.X_OK):
        print("no program at " + PROGRAM)
        sys.exit(1)
    if not STRACE or is_sanitized():
        print("strace is not installed, or the program is built with a sanitizer: skipped")
        sys.exit(77)
    unittest.main(verbosity=1)
