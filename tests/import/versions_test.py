#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Versions of layers as people use them, and what is left when a load is killed, the disk is full, or writes fail.

TESELA_PROGRAM names the program. TESELA_LONG=1 kills and breaks some hundred times instead of some twenty.
"""

import json
import os
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PROGRAM = os.environ.get("TESELA_PROGRAM", os.path.join(ROOT, "build", "tesela"))
LONG = os.environ.get("TESELA_LONG") == "1"
KILLS = 300 if LONG else 20
FAULTS = 120 if LONG else 12


def environment(directory, language="C.UTF-8", **more):
    return {
        "PATH": os.environ["PATH"],
        "LANG": language,
        "TESELA_DATA": directory,
        "TMPDIR": os.path.dirname(directory),
        "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", ""),
        **more,
    }


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="tesela-versions-")
        self.data = os.path.join(self.folder, "data")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def run_program(self, *arguments, language="C.UTF-8", **more):
        result = subprocess.run(
            [PROGRAM, *arguments], env=environment(self.data, language, **more), capture_output=True, timeout=300,
            check=False,
        )
        self.assertNotIn(b"Sanitizer", result.stderr, result.stderr.decode(errors="replace"))
        return result

    def done(self, *arguments, expected=(0,), **options):
        result = self.run_program(*arguments, **options)
        self.assertIn(result.returncode, expected, result.stdout.decode() + result.stderr.decode())
        return result.stdout.decode("utf-8")

    def refused(self, code, *arguments, **options):
        result = self.run_program(*arguments, **options)
        self.assertEqual(result.returncode, 2, result.stdout.decode() + result.stderr.decode())
        self.assertIn(code.encode(), result.stderr)
        return result.stderr.decode("utf-8")

    def write(self, rows, name="pozos.csv", header="clave,nombre,gasto,lon,lat"):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(header + "\n")
            file.writelines(",".join(str(value) for value in row) + "\n" for row in rows)
        return path

    def grid(self, mark, count=400):
        """Points that all carry the same mark, so that a mixture of two versions shows."""
        return self.write(
            [(i + 1, f"marca{mark}", mark, -103.4 - (i % 50) / 1000, 25.5 + (i // 50) / 1000) for i in range(count)]
        )

    def load(self, path, *options, expected=(0, 1)):
        return self.done("load", path, "--layer", "pozos", "--key", "clave", *options, expected=expected)

    def versions(self):
        listed = json.loads(self.done("versions", "pozos", "--json"))["versions"]
        return [(version["version"], version["state"]) for version in listed]

    def check_sound(self, full=False):
        result = self.run_program("check", "--json", *(["--full"] if full else []))
        report = json.loads(result.stdout)
        self.assertEqual([p for p in report["problems"] if p["severity"] == "error"], [])
        self.assertEqual(result.returncode, 0)
        return report

    def served_mark(self):
        """The mark of the served version, which must be whole: read from the truth as QGIS reads it."""
        uri = "file:" + os.path.join(self.data, "tesela.sqlite") + "?mode=ro"
        database = sqlite3.connect(uri, uri=True)
        try:
            rows = database.execute('SELECT count(*), min(gasto), max(gasto) FROM "pozos"').fetchone()
        finally:
            database.close()
        self.assertEqual(rows[1], rows[2], "the served version is of one piece")
        return rows[1], rows[0]


class Commands(Case):
    def test_versions_rollback_publish(self):
        self.refused("STO-014", "versions", "pozos")
        self.load(self.grid(1))
        self.load(self.grid(2))
        self.load(self.grid(3))
        listed = json.loads(self.done("versions", "pozos", "--json"))
        newest = listed["versions"][0]
        self.assertEqual((newest["version"], newest["state"], newest["features"]), (3, "published", 400))
        self.assertEqual(newest["file"], "pozos.csv")
        self.assertEqual(len(newest["sha256"]), 64)
        self.assertEqual(newest["bbox"], [-103.449, 25.5, -103.4, 25.507])
        self.assertIn("publicada", self.done("versions", "pozos", language="es_MX.UTF-8"))
        self.done("rollback", "pozos")
        self.assertEqual(self.versions(), [(3, "kept"), (2, "published"), (1, "kept")])
        self.assertEqual(self.served_mark(), (2, 400))
        self.done("rollback", "pozos", "1")
        self.refused("STO-017", "rollback", "pozos")
        self.refused("STO-015", "rollback", "pozos", "7")
        told = self.refused("STO-015", "publish", "pozos", "7", language="es_MX.UTF-8")
        self.assertIn("no tiene la versión 7", told)
        self.refused("STO-024", "unpublish", "pozos", "3")
        self.done("unpublish", "pozos")
        self.assertEqual(self.done("layers", "--json").count('"id":"pozos"'), 0)
        self.assertEqual(self.versions(), [(3, "kept"), (2, "kept"), (1, "withdrawn")])
        self.refused("STO-016", "unpublish", "pozos")
        self.refused("STO-016", "rollback", "pozos")
        self.done("publish", "pozos")
        self.assertEqual(self.served_mark(), (1, 400))
        self.done("publish", "pozos", "3")
        self.refused("STO-019", "publish", "pozos")
        self.check_sound(full=True)
        for wrong in (["publish"], ["rollback", "a", "b", "c"], ["versions"], ["diff", "a", "1"], ["backup"],
                      ["publish", "pozos", "uno"], ["check", "algo"]):
            self.assertEqual(self.run_program(*wrong).returncode, 3, wrong)

    def test_diff(self):
        first = [(1, "Uno", 5, -103.4, 25.5), (2, "Dos", 6, -103.41, 25.5), (3, "Tres", 7, -103.42, 25.5)]
        second = [(1, "Uno", 5, -103.4, 25.5), (2, "Dós", 6, -103.41, 25.6), (4, "Cuatro", 7, -103.42, 25.5)]
        self.load(self.write(first))
        self.refused("STO-017", "diff", "pozos")
        self.load(self.write(second))
        diff = json.loads(self.done("diff", "pozos", "--json"))
        self.assertEqual((diff["from"]["version"], diff["to"]["version"], diff["matched_by"]), (1, 2, "key"))
        features = diff["features"]
        self.assertEqual([features[k] for k in ("added", "removed", "changed", "unchanged")], [1, 1, 1, 1])
        self.assertEqual(features["geometry_changed"], 1)
        self.assertEqual(features["fields"], {"nombre": 1, "lat": 1})
        self.assertEqual([f["id"] for f in diff["added"]], [4])
        self.assertEqual([f["id"] for f in diff["removed"]], [3])
        changed = {"id": 2, "from_row": 2, "to_row": 2, "geometry": True, "fields": ["nombre", "lat"]}
        self.assertEqual(diff["changed"], [changed])
        text = self.done("diff", "pozos", "2", "1", language="es_MX.UTF-8")
        self.assertIn("1 nuevos, 1 quitados, 1 cambiados, 1 iguales", text)
        self.assertIn("+ 3 (fila 3)", text)
        same = json.loads(self.done("diff", "pozos", "2", "2", "--json"))
        self.assertEqual(same["features"]["unchanged"], 3)
        self.load(self.write([(1, "Uno", 5.5, "x", -103.4, 25.5)], header="clave,nombre,gasto,nuevo,lon,lat"))
        schema = json.loads(self.done("diff", "pozos", "--json"))["schema"]
        self.assertEqual(schema["added"], [{"name": "nuevo", "type": "string"}])
        self.assertEqual(schema["retyped"], [{"name": "gasto", "from": "integer", "to": "real"}])

    def test_backup_while_loading(self):
        self.load(self.grid(1, 4000))
        copies = os.path.join(self.folder, "copias")
        os.mkdir(copies)
        stop = threading.Event()
        failures = []

        def reload():
            mark = 2
            while not stop.is_set():
                result = subprocess.run(
                    [PROGRAM, "load", self.grid(mark, 4000), "--layer", "pozos"],
                    env=environment(self.data), capture_output=True, timeout=300, check=False,
                )
                if result.returncode not in (0, 1):
                    failures.append(result.stderr.decode())
                mark += 1

        loader = threading.Thread(target=reload)
        loader.start()
        try:
            for number in range(5):
                path = os.path.join(copies, f"{number}.sqlite")
                self.done("backup", path)
                self.refused("STO-031", "backup", path)
        finally:
            stop.set()
            loader.join()
        self.assertEqual(failures, [])
        self.assertEqual(sorted(os.listdir(copies)), [f"{n}.sqlite" for n in range(5)])
        for number in range(5):
            fresh = os.path.join(self.folder, f"vuelta{number}")
            os.mkdir(fresh)
            shutil.copy(os.path.join(copies, f"{number}.sqlite"), os.path.join(fresh, "tesela.sqlite"))
            self.data = fresh
            self.done("rebuild")
            self.check_sound()
            self.assertEqual(self.served_mark()[1], 4000)

    def test_backup_nowhere(self):
        self.refused("STO-033", "backup", os.path.join(self.folder, "x"))
        self.load(self.grid(1))
        self.refused("STO-030", "backup", os.path.join(self.folder, "no", "hay", "x"))
        if os.path.exists("/dev/full"):
            self.refused("STO-031", "backup", "/dev/full")

    def test_check_finds_damage(self):
        self.refused("STO-033", "check")
        self.load(self.grid(1))
        self.check_sound(full=True)
        path = os.path.join(self.data, "cells.sqlite")
        database = sqlite3.connect(path)
        database.execute("DELETE FROM item WHERE id=(SELECT max(id) FROM item)")
        database.commit()
        database.close()
        result = self.run_program("check", language="es_MX.UTF-8")
        self.assertEqual(result.returncode, 2)
        self.assertIn("error CHK-011: capa pozos, versión 1: ", result.stdout.decode())
        self.assertIn("qué hacer: ejecute «tesela rebuild pozos»", result.stdout.decode())
        self.done("rebuild", "pozos")
        self.check_sound(full=True)


class Crashes(Case):
    def test_killed_at_any_moment(self):
        """A load is killed; what is served is a whole version, and the next writer finds nothing in its way."""
        seed = int(os.environ.get("TESELA_SEED", "1"))
        chance = random.Random(seed)
        self.load(self.grid(1))
        started = time.monotonic()
        self.load(self.grid(2))
        whole = time.monotonic() - started
        mark = 2
        replaced = 0
        for number in range(KILLS):
            path = self.grid(mark + 1)
            process = subprocess.Popen(
                [PROGRAM, "load", path, "--layer", "pozos"], env=environment(self.data),
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )
            time.sleep(chance.random() * whole * 1.1)
            process.send_signal(signal.SIGKILL)
            process.wait()
            with self.subTest(seed=seed, kill=number):
                now, count = self.served_mark()
                self.assertIn(now, (mark, mark + 1))
                self.assertEqual(count, 400)
                replaced += now != mark
                mark = now
                self.check_sound()
            if number % 5 == 4:
                mark += 1
                self.load(self.grid(mark))
                self.assertEqual(self.served_mark(), (mark, 400))
                report = self.check_sound(full=True)
                self.assertEqual(report["notices"], 0, "the next writer swept")
        self.assertLess(replaced, KILLS, "some kills came in time")
        self.assertLessEqual(len(self.versions()), 4)

    def test_disk_full(self):
        """On a small file system of its own: loads fail clean, the old version stays, room makes it work again."""
        small = os.path.join(self.folder, "chico")
        os.mkdir(small)
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", small], capture_output=True, check=False
        ) if os.geteuid() == 0 and shutil.which("mount") else None
        if not mounted or mounted.returncode != 0:
            self.skipTest("a small file system cannot be mounted here")
        self.addCleanup(subprocess.run, ["umount", "-l", small], check=False)
        self.data = os.path.join(small, "data")
        self.load(self.grid(1))
        filler = os.path.join(small, "lastre")
        for left_kb in (0, 40, 200, 600, 1500):
            with self.subTest(left_kb=left_kb):
                free = os.statvfs(small)
                size = max(0, free.f_bavail * free.f_frsize - left_kb * 1024)
                with open(filler, "wb") as file:
                    file.write(b"\0" * size)
                try:
                    result = self.run_program("load", self.grid(9, 20000), "--layer", "pozos")
                    self.assertEqual(result.returncode, 2, result.stdout.decode() + result.stderr.decode())
                    self.assertIn("disk is full", result.stdout.decode() + result.stderr.decode())
                    refused = self.run_program("backup", os.path.join(small, "respaldo"))
                    self.assertEqual(refused.returncode, 2, refused.stderr.decode())
                    self.assertEqual([n for n in os.listdir(small) if n.startswith("respaldo")], [])
                finally:
                    os.remove(filler)
                self.assertEqual(self.served_mark(), (1, 400))
                self.check_sound(full=True)
        self.load(self.grid(2))
        self.assertEqual(self.served_mark(), (2, 400))

    def test_failing_writes(self):
        """Each system call that writes fails in turn: the old version or the new one is served, whole."""
        if not shutil.which("strace"):
            self.skipTest("strace is not installed")
        probe = subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True, check=False)
        if probe.returncode != 0:
            self.skipTest("strace may not trace here")
        chance = random.Random(2)
        self.load(self.grid(1))
        mark = 1
        refused = 0
        # A disk that refuses from some moment on, then single calls that fail.
        faults = [("pwrite64", "EIO", "1+"), ("pwrite64", "EIO", "18+"), ("fdatasync,fsync", "EIO", "1+")]
        calls = ["pwrite64", "fdatasync,fsync", "ftruncate", "pread64", "openat"]
        while len(faults) < FAULTS:
            call = calls[len(faults) % len(calls)]
            many = call in ("pwrite64", "openat", "pread64")
            first = chance.randrange(1, 60 if many else 6)
            lasting = len(faults) % 3 == 0 and call not in ("openat", "pread64")
            faults.append((call, "EIO" if len(faults) % 2 else "ENOSPC", f"{first}+" if lasting else str(first)))
        for call, fault, when in faults:
            # Only files of the data directory, so that the program itself starts.
            paths = []
            for name in ("tesela.sqlite", "cells.sqlite"):
                for end in ("", "-wal", "-shm"):
                    paths += ["-P", os.path.join(self.data, name + end)]
            command = ["strace", "-f", "-o", "/dev/null", *paths, "-e", f"trace={call}",
                       "-e", f"inject={call}:error={fault}:when={when}",
                       PROGRAM, "load", self.grid(mark + 1), "--layer", "pozos"]
            result = subprocess.run(
                command, env=environment(self.data, ASAN_OPTIONS="detect_leaks=0"), capture_output=True, timeout=300,
                check=False,
            )
            with self.subTest(call=call, fault=fault, when=when):
                self.assertIn(result.returncode, (0, 1, 2, 4), result.stderr.decode(errors="replace"))
                self.assertNotIn(b"Sanitizer", result.stderr)
                now, count = self.served_mark()
                if result.returncode in (0, 1):
                    self.assertEqual(now, mark + 1, "what was acknowledged is served")
                else:
                    refused += 1
                    # A commit whose sync failed may or may not have reached the disk.
                    self.assertIn(now, (mark, mark + 1))
                self.assertEqual(count, 400)
                mark = now
                self.check_sound()
        self.assertGreater(refused, 0, "some faults were met")
        self.load(self.grid(mark + 1))
        self.assertEqual(self.check_sound(full=True)["notices"], 0)


class Serving(Case):
    def start(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        styles = os.path.join(self.folder, "styles")
        os.makedirs(styles, exist_ok=True)
        log = open(os.path.join(self.folder, "serve.log"), "wb")
        self.addCleanup(log.close)
        process = subprocess.Popen(
            [PROGRAM, "serve", "--listen", f"127.0.0.1:{port}", "--styles", styles, "--quiet"],
            env=environment(self.data), stdout=log, stderr=log, cwd=self.folder,
        )
        self.addCleanup(self.stop, process)
        base = f"http://127.0.0.1:{port}"
        for _ in range(200):
            try:
                urllib.request.urlopen(base + "/health/live", timeout=5).close()
                return base, process
            except OSError:
                self.assertIsNone(process.poll(), "the server ended")
                time.sleep(0.05)
        self.fail("the server does not answer")

    def stop(self, process):
        if process.poll() is None:
            process.terminate()
            process.wait(60)

    def test_answers_while_versions_change(self):
        """Every answer is of one version, whole, and none fails."""
        self.load(self.grid(1))
        base, process = self.start()
        stop = threading.Event()
        wrong = []
        seen = set()
        answers = [0]

        def ask(path, read):
            while not stop.is_set():
                try:
                    with urllib.request.urlopen(base + path, timeout=60) as response:
                        body = response.read()
                        if response.status != 200:
                            wrong.append((path, response.status))
                        read(body)
                        answers[0] += 1
                except (OSError, ValueError) as error:
                    detail = error.read()[:300] if isinstance(error, urllib.error.HTTPError) else b""
                    wrong.append((path, repr(error), detail))

        def read_items(body):
            features = json.loads(body)["features"]
            marks = {feature["properties"]["nombre"] for feature in features}
            if len(marks) != 1 or len(features) != 400:
                wrong.append(("items", len(features), marks))
            seen.update(marks)

        def read_tile(body):
            features = json.loads(body)["features"]
            if len({feature["properties"]["nombre"] for feature in features}) != 1 or len(features) != 400:
                wrong.append(("tile", len(features)))

        threads = [
            threading.Thread(target=ask, args=("/collections/pozos/items?limit=400", read_items)),
            threading.Thread(target=ask, args=("/tiles/pozos/8/54/109.geojson", read_tile)),
            threading.Thread(target=ask, args=("/tiles/pozos/8/54/109.mvt", len)),
        ]
        for thread in threads:
            thread.start()
        try:
            rounds = 30 if LONG else 6
            for number in range(rounds):
                self.load(self.grid(2 + number))
                if number % 2:
                    self.done("rollback", "pozos")
            # What the last change shows is served within a moment.
            self.done("publish", "pozos", str(self.versions()[0][0]))
            deadline = time.monotonic() + 30
            while f"marca{1 + rounds}" not in seen and time.monotonic() < deadline:
                time.sleep(0.05)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        self.assertEqual(wrong[:3], [])
        self.assertIn(f"marca{1 + rounds}", seen)
        self.assertGreater(answers[0], 20)
        self.assertIsNone(process.poll())
        self.check_sound(full=True)

    def test_withdrawn_and_back(self):
        self.load(self.grid(1))
        base, _ = self.start()
        path = base + "/collections/pozos/items?limit=1"
        urllib.request.urlopen(path, timeout=30).close()
        self.done("unpublish", "pozos")
        self.wait_for(path, 404)
        self.done("publish", "pozos")
        self.wait_for(path, 200)

    def wait_for(self, address, status):
        """The server looks at the data now and then, not at each request."""
        deadline = time.monotonic() + 10
        got = 0
        while got != status and time.monotonic() < deadline:
            time.sleep(0.05)
            try:
                with urllib.request.urlopen(address, timeout=30) as response:
                    got = response.status
            except urllib.error.HTTPError as error:
                got = error.code
                error.close()
            self.assertIn(got, (200, 404))
        self.assertEqual(got, status)


if __name__ == "__main__":
    if not os.path.exists(PROGRAM):
        print(f"{PROGRAM} is not built: skipped")
        sys.exit(77)
    unittest.main()
