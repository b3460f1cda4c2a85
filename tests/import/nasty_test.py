#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Loads every difficult file of make_nasty*.py with the built program: right rows, right text, right place, or a clear
refusal; never a crash, a hang, broken text, or a row lost in silence. `nasty_test.py -v NAME...` runs only some.

Cases are judged on as many threads as there are processors, while unittest asks for the verdicts one by one.
"""

import concurrent.futures
import os
import re
import shutil
import sqlite3
import sys
import tempfile
import time
import unittest

import import_test
from import_test import Case, stored
from osgeo import ogr

import make_nasty
import make_nasty_formats
import make_nasty_kept
import make_nasty_shapes

assert make_nasty_formats and make_nasty_kept and make_nasty_shapes
# Writing through to the disk some thousand times is what takes long.
if os.access("/dev/shm", os.W_OK) and shutil.disk_usage("/dev/shm").free > 2 << 30:
    tempfile.tempdir = "/dev/shm"
SECONDS_MAX = 20.0 * float(os.environ.get("TESELA_TEST_SLOWNESS", "1"))
# UTF-8 read as windows-1252 or CP850, and what stands for bytes without meaning.
BROKEN = re.compile("[\u00c2\u00c3][\u0080-\u00bf\u2013-\u2122\u0152-\u0192]|\u251c[\u2502\u2592\u00b1\u00ad\u2510\u2551]|\ufffd")


def words(report):
    return " | ".join("%s %s: %s (%s)" % (m["code"], m["severity"], m["text"], m.get("cure")) for m in report["messages"])


class Nasty(Case):
    known = None

    def layers(self):
        """Nothing changes after the one load of a case."""
        if self.known is None:
            there = os.path.exists(os.path.join(self.data, "tesela.sqlite"))
            self.known = stored(self.data) if there else {}
        return self.known

    def judge_alone(self, name):
        try:
            self.setUp()
            self.judge(name)
        finally:
            self.doCleanups()

    def judge(self, name):
        folder = self.path("archivo")
        os.mkdir(folder)
        expected = make_nasty.CASES[name](folder)
        if expected is None:
            self.skipTest("this GDAL cannot make it")
        path = os.path.join(folder, expected.name)
        start = time.monotonic()
        code, report = self.load(path, *expected.options)
        seconds = time.monotonic() - start
        told = words(report)
        self.assertLess(seconds, SECONDS_MAX, told)
        if os.environ.get("NASTY_TIMES"):
            print("%6.2f %s" % (seconds, name), file=sys.stderr)
        spanish = ""
        if expected.said:
            result = import_test.run(["inspect", path, *expected.options], self.data, "es_MX.UTF-8")
            spanish = (result.stdout + result.stderr).decode("utf-8")
        self.assertFalse(BROKEN.search(told) and expected.texts != (), told)
        for message in report["messages"]:
            self.assertRegex(message["code"], r"^IMP-\d\d\d$")
            self.assertNotEqual(message["code"], "IMP-061", told)
            self.assertNotIn("tesela-load", message["text"], told)
        if code == 2:
            self.assertTrue([m for m in report["messages"] if m["severity"] == "error"], told)
        for wanted in expected.codes:
            self.assertIn(wanted, [m["code"] for m in report["messages"]], told)
        if expected.said:
            self.assertIn(expected.said, re.sub(r"\s+", " ", spanish), spanish)
        layers = self.layers()
        loaded = sum(layer["features"] for layer in layers.values())
        if expected.loaded == "any":
            self.assertIn(code, (0, 1, 2))
        elif expected.loaded is None:
            self.assertEqual((code, loaded), (2, 0), told)
        else:
            self.assertIn(code, (0, 1), told)
            self.assertEqual(loaded, expected.loaded, told)
        if expected.exit is not None:
            self.assertEqual(code, expected.exit, told)
        self.look_into_store(expected, layers, report, told)

    def look_into_store(self, expected, layers, report, told):
        texts = []
        columns = {}
        for layer in layers.values():
            self.check_store(layer["id"])
            database = sqlite3.connect(os.path.join(self.data, "tesela.sqlite"))
            names = [row[1] for row in database.execute('PRAGMA table_info("%s")' % layer["table"]) if row[1].lower() != "geom"]
            quoted = ",".join('"%s"' % n.replace('"', '""') for n in names)
            rows = database.execute('SELECT %s FROM "%s"' % (quoted, layer["table"])).fetchall()
            database.close()
            for number, column in enumerate(names):
                columns[column] = [row[number] for row in rows]
            texts += [value for row in rows for value in row if isinstance(value, str)]
        for text in expected.texts or ():
            self.assertIn(text, texts, told)
        if expected.texts != ():
            for text in texts:
                self.assertFalse(BROKEN.search(text), repr(text) + told)
        for column, values in (expected.values or {}).items():
            got = sorted(columns[column], key=repr)
            self.assertEqual(got, sorted(values, key=repr), "%s: %s" % (column, told))
        if not layers:
            return
        self.assertEqual(len(layers), expected.layers or len(layers), told)
        layer = next(iter(layers.values()))
        if expected.near:
            self.assertTrue(layer["bbox"][0] - 0.001 <= expected.near[0] <= layer["bbox"][2] + 0.001 and
                            layer["bbox"][1] - 0.001 <= expected.near[1] <= layer["bbox"][3] + 0.001, (layer["bbox"], told))
        if expected.left_out is not None:
            self.assertEqual(sum(l["left_out"] for l in report["layers"]), expected.left_out, told)
        if expected.srs:
            self.assertEqual(report["layers"][0]["srs"]["code"], expected.srs, told)
        if expected.fields:
            types = {field["name"]: field["type"] for field in report["layers"][0]["fields"]}
            for field, kind in expected.fields.items():
                self.assertEqual(types.get(field), kind, (types, told))
        if expected.area is not None:
            shapes = [ogr.CreateGeometryFromWkt(row[1]) for row in self.rows(layer["id"]) if row[1]]
            self.assertAlmostEqual(sum(shape.GetArea() for shape in shapes), expected.area, 6, told)
            self.assertTrue(all(shape.IsValid() for shape in shapes))


class Verdicts(unittest.TestCase):
    """Asks for what Nasty finds."""

    pool = concurrent.futures.ThreadPoolExecutor(int(os.environ.get("NASTY_THREADS", os.cpu_count() or 2)))
    pending = {}

    @classmethod
    def setUpClass(cls):
        chosen = [a[len("Verdicts.test_"):] for a in sys.argv[1:] if a.startswith("Verdicts.")]
        for name in chosen or make_nasty.CASES:
            cls.pending[name] = cls.pool.submit(Nasty("judge_alone").judge_alone, name)

    @classmethod
    def tearDownClass(cls):
        cls.pool.shutdown(cancel_futures=True)


for case_name in make_nasty.CASES:
    setattr(Verdicts, "test_" + case_name, lambda self, name=case_name: self.pending[name].result())

if __name__ == "__main__":
    sys.argv[1:] = [a if a.startswith("-") else "Verdicts.test_" + a for a in sys.argv[1:]]
    unittest.main()
