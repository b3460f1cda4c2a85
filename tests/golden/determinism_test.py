# SPDX-License-Identifier: MIT
"""Equal input gives equal bytes: whatever the processor's instructions, and however many threads draw at once."""

import concurrent.futures
import hashlib
import os
import pathlib
import random
import re
import signal
import subprocess
import time
import unittest
import urllib.error
import urllib.request

from coverage_test import tile_of
from pictures import PROGRAM, ROOT

DATA = pathlib.Path(os.environ.get("TESELA_DEMO_DATA", ROOT / "build" / "demo-data"))
TILES_PER_MAP = 12


def places():
    """The same tiles each time: of every map, at zooms and places of the city."""
    chance = random.Random(20261121)
    paths = []
    for name in sorted(path.stem for path in (ROOT / "styles").glob("*.json")):
        for _ in range(TILES_PER_MAP):
            z = chance.randint(9, 17)
            x, y = tile_of(-103.4067 + chance.uniform(-0.08, 0.08), 25.5428 + chance.uniform(-0.05, 0.05), z)
            ratio = chance.choice(("", "@2x"))
            paths.append(f"/tiles/{name}/{z}/{x}/{y}{ratio}.png")
    return paths


class Server:
    """The program with its caches off, so that each tile is drawn."""

    def __init__(self, workers, **environment):
        self.process = subprocess.Popen(
            [PROGRAM, "serve", "--listen", "127.0.0.1:0", "--data", DATA, "--styles", ROOT / "styles", "--www",
             ROOT / "www", "--workers", str(workers), "--cache-mb", "0"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env={**os.environ, **environment})
        found = re.search(r"http://127\.0\.0\.1:\d+", self.process.stdout.readline())
        if not found:
            raise AssertionError("the server did not start")
        self.base = found.group()

    def hashes(self, paths, threads, order):
        def fetch(path):
            deadline = time.monotonic() + 300
            while True:
                try:
                    with urllib.request.urlopen(self.base + path, timeout=60) as answer:
                        return path, hashlib.sha256(answer.read()).hexdigest()
                except urllib.error.HTTPError as refusal:
                    # With eight at once a slow machine says "come again" (and when).
                    if refusal.code != 503 or time.monotonic() > deadline:
                        raise
                    time.sleep(float(refusal.headers["Retry-After"]))

        with concurrent.futures.ThreadPoolExecutor(threads) as pool:
            return dict(pool.map(fetch, order(paths)))

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=30)


class Determinism(unittest.TestCase):
    def setUp(self):
        if not (DATA / "tesela.sqlite").exists():
            self.skipTest("the demonstration city is not loaded: run tests/golden/demo_data.py")

    def draw(self, workers, threads, order=list, **environment):
        server = Server(workers, **environment)
        try:
            return server.hashes(places(), threads, order)
        finally:
            server.stop()

    def test_bytes_do_not_depend_on_threads_or_instructions(self):
        alone = self.draw(1, 1)
        self.assertGreater(len(set(alone.values())), TILES_PER_MAP * 4, "the tiles show something")

        def shuffled(paths):
            return random.Random(7).sample(paths, len(paths))

        self.assertEqual(self.differing(alone, self.draw(4, 8, shuffled)), [], "four threads, another order")
        portable = self.draw(2, 2, TESELA_CPU="portable")
        self.assertEqual(self.differing(alone, portable), [], "without AVX2")

    @staticmethod
    def differing(one, other):
        return [path for path in one if one[path] != other[path]]


if __name__ == "__main__":
    unittest.main()
