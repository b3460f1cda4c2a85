# SPDX-License-Identifier: MIT
"""When memory is out or the disk of the disk cache fails, everyone who waits gets an answer, also those who share one tile;
what is answered is right, and the server goes on afterwards.

Memory and disk fail in `tesela-faulty` (faulty.c), the program with both in its hands; it also runs under AddressSanitizer
and ThreadSanitizer. The bound that the system sets is tried on the program itself."""

import http.client
import os
import re
import resource
import signal
import time
import unittest

from tests.http.harness import BASE_STYLE, PROGRAM, Server, in_threads, point_collection

FAULTY = os.environ.get("TESELA_FAULTY", "")
SHARED = 8  # clients that want the same at the same time
LIMIT = 60

LABELLED = {**BASE_STYLE, "layers": BASE_STYLE["layers"] + [
    {"id": "nombres", "type": "symbol", "source": "muchos", "source-layer": "muchos",
     "layout": {"text-field": ["get", "nombre"], "text-size": 11}}]}


def is_drawn(target):
    return re.search(r"/\d+/\d+/\d+", target) is not None


def tile_targets(zooms):
    """Pictures without and with labels, vector tiles and GeoJSON in the middle of the data, by zoom."""
    for z in zooms:
        x, y = int((-103.4 + 180) / 360 * 2 ** z), int(0.4265 * 2 ** z)
        yield f"/tiles/base/{z}/{x}/{y}.png"
        yield f"/tiles/letras/{z}/{x}/{y}@2x.png"
        yield f"/tiles/muchos/{z}/{x}/{y}.mvt"
        yield f"/tiles/muchos/{z}/{x}/{y}.geojson"


PAGES = ["/", "/mapas", "/mapas/base", "/tiles/base.json", "/collections/muchos/items?limit=500", "/search?q=punto",
         "/collections/muchos/items/7", "/styles/letras.json", "/legend/base", "/data/muchos.geojson", "/wms?service=WMS",
         "/maps/letras.png?bbox=-103.5,25.45,-103.3,25.65&width=300&height=200", "/health/ready", "/metrics"]


class Faults(unittest.TestCase):
    points = point_collection(600)

    def make_server(self, **options):
        server = Server(styles={"base": BASE_STYLE, "letras": LABELLED}, layers={"muchos": (self.points, ["--key", "clave"])},
                        **options)
        return server.start()

    def switch(self, server, number):
        server.process.send_signal(number)
        time.sleep(0.2)

    def storm(self, server, targets, may_close=False):
        """Many ask for each target at once. Answers by target; None for a stream that was cut off, which says that
        something went wrong when 200 was said already. A request without an answer raises, unless the HTTP library and the
        system may be those without memory (`may_close`)."""
        def ask(target):
            try:
                return server.request(target, timeout=LIMIT)
            except http.client.IncompleteRead:
                if target.startswith("/data/"):
                    return None
                raise
            except (ConnectionError, http.client.BadStatusLine):
                if may_close:
                    return None
                raise

        return {target: in_threads(SHARED, lambda _, wanted=target: ask(wanted)) for target in targets}

    def check_answers(self, answers, healthy):
        """200 with the right content, or an error that says so. Returns how many errors there were."""
        errors = 0
        for target, got in answers.items():
            for answer in got:
                if answer is None:
                    errors += 1
                    continue
                self.assertIn(answer.status, (200, 500, 503) if healthy[target].status == 200 else
                              (healthy[target].status, 500, 503), f"{target}: {answer.body[:300]}")
                if answer.status in (500, 503):
                    errors += 1
                    if answer.body and (answer.header("Content-Type") or "").startswith("application/problem+json"):
                        self.assertIn("code", answer.json(), target)
                elif (answer.header("Content-Type") or "").endswith("json"):
                    answer.json()  # whole
                if answer.status == 200 and is_drawn(target):
                    self.assertEqual(answer.body, healthy[target].body, target)
        self.assertIsNone(self.server.process.poll(), "the server has ended")
        return errors

    def healthy(self, targets):
        """What an ordinary server without caches answers."""
        server = self.make_server(arguments=["--cache-mb", "0"])
        try:
            return {target: server.get(target) for target in targets}
        finally:
            server.stop()


@unittest.skipUnless(os.path.isfile(FAULTY), "no tesela-faulty in this build")
class FaultyProgram(Faults):
    def run_memory(self, one_of):
        targets = list(tile_targets((12, 14))) + PAGES
        healthy = self.healthy(targets)
        self.server = self.make_server(program=FAULTY, environment={"TESELA_FAULT": f"memory:{one_of}"})
        try:
            self.switch(self.server, signal.SIGUSR1)
            errors = self.check_answers(self.storm(self.server, targets), healthy)
            self.switch(self.server, signal.SIGUSR2)
            self.assertGreater(errors, 0, "no allocation failed where it could be noticed")
            for target, answer in healthy.items():
                now = self.server.get(target)
                self.assertEqual(now.status, answer.status, target)
                if is_drawn(target):
                    self.assertEqual(now.body, answer.body, target)
        finally:
            self.switch(self.server, signal.SIGUSR2)
            self.server.stop()

    def test_no_memory_at_all(self):
        self.run_memory(1)

    def test_memory_for_every_other_piece(self):
        self.run_memory(2)

    def test_memory_for_most_pieces(self):
        self.run_memory(19)

    def test_memory_for_nearly_every_piece(self):
        self.run_memory(67)

    def run_disk(self, error):
        """The disk cache is a cache: nobody notices."""
        before, during, after = (list(tile_targets(zooms)) for zooms in ((12,), (13, 14, 15), (16,)))
        healthy = self.healthy(before + during + after)
        self.server = self.make_server(program=FAULTY, environment={"TESELA_FAULT": f"disk:{error}"},
                                       arguments=["--cache-mb", "1"])
        try:
            self.assertEqual(self.check_answers(self.storm(self.server, before), healthy), 0)
            time.sleep(0.5)  # they go to the disk
            self.switch(self.server, signal.SIGUSR1)
            # Those that are on the disk, and new ones; twice, since the first are written meanwhile.
            for _ in range(2):
                self.assertEqual(self.check_answers(self.storm(self.server, during + before), healthy), 0)
                time.sleep(0.5)
            self.switch(self.server, signal.SIGUSR2)
            self.assertEqual(self.check_answers(self.storm(self.server, after + during + before), healthy), 0)
            return self.server.log()
        finally:
            self.server.stop()

    def test_disk_full(self):
        self.assertIn("event=tiles_not_kept", self.run_disk("ENOSPC"))

    def test_disk_broken(self):
        self.assertRegex(self.run_disk("EIO"), "event=(tiles_not_kept|tile_file_dropped)")

    def test_disk_read_only(self):
        self.assertIn("event=no_tile_file", self.run_disk("EROFS"))


def data_bytes(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmData"))


def is_sanitized():
    with open(PROGRAM, "rb") as file:
        content = file.read()
    return b"__asan_init" in content or b"__tsan_init" in content


class Program(Faults):
    @unittest.skipIf(is_sanitized(), "sanitizers end the program when the system has no memory")
    def test_bound_of_the_system(self):
        """Libraries and threads find no memory either."""
        targets = list(tile_targets((12, 14, 15))) + PAGES
        healthy = self.healthy(targets)
        self.server = self.make_server(arguments=["--cache-mb", "0"])
        try:
            pid = self.server.process.pid
            self.server.get(PAGES[0])
            none = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
            for spare in (0, 256 << 10, 2 << 20):
                resource.prlimit(pid, resource.RLIMIT_DATA, (data_bytes(pid) + spare, resource.RLIM_INFINITY))
                self.check_answers(self.storm(self.server, targets, may_close=True), healthy)
                resource.prlimit(pid, resource.RLIMIT_DATA, none)
            for target, answer in healthy.items():
                self.assertEqual(self.server.get(target).status, answer.status, target)
        finally:
            self.server.stop()


if __name__ == "__main__":
    unittest.main()
