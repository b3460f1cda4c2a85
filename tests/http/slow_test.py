# SPDX-License-Identifier: MIT
"""Clients that take their time: every one is cut off at its deadline, and nobody else notices."""

import socket
import threading
import time
import unittest

from tests.http.harness import ServerTest, in_threads

HEAD_SECONDS = 10
IDLE_SECONDS = 15
SLACK = 4  # the watchdog looks four times a second; sanitizers are slow


def closed_after(peer, seconds):
    """Seconds until the server closes the connection, or None."""
    start = time.monotonic()
    peer.settimeout(0.25)
    while time.monotonic() - start < seconds:
        try:
            if not peer.recv(65536):
                return time.monotonic() - start
        except socket.timeout:
            continue
        except ConnectionError:
            return time.monotonic() - start
    return None


class SlowTest(ServerTest):
    def trickle(self, start, piece, seconds):
        """Sends `start`, then `piece` twice a second; seconds until the server ends it, or None."""
        begin = time.monotonic()
        with self.server.connect() as peer:
            peer.sendall(start)
            peer.settimeout(0.5)
            while time.monotonic() - begin < seconds:
                try:
                    peer.sendall(piece)
                    if not peer.recv(65536):
                        return time.monotonic() - begin
                except socket.timeout:
                    continue
                except ConnectionError:
                    return time.monotonic() - begin
        return None

    def test_slow_clients(self):
        """All kinds at once, while an honest client measures."""
        kinds = {
            "silent": (b"", None, HEAD_SECONDS),
            "half a line": (b"GET /health", None, HEAD_SECONDS),
            "trickled line": (b"GET /", b"a", HEAD_SECONDS),
            "trickled headers": (b"GET / HTTP/1.1\r\nHost: a\r\n", b"X-a: b\r\n", HEAD_SECONDS),
            "trickled name": (b"GET / HTTP/1.1\r\nHost: a\r\nX", b"x", HEAD_SECONDS),
            "trickled body": (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n", b"x", HEAD_SECONDS),
            "idle": (b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n", None, IDLE_SECONDS),
            "idle, then a trickled line": (b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\nGET /", b"a", IDLE_SECONDS),
        }
        ended = {}
        waits = []
        done = threading.Event()

        def measure():
            while not done.is_set():
                begin = time.monotonic()
                self.assertEqual(self.server.get("/health/live").status, 200)
                waits.append(time.monotonic() - begin)
                time.sleep(0.05)

        def client(index):
            name = list(kinds)[index % len(kinds)]
            start, piece, limit = kinds[name]
            if piece is None:
                with self.server.connect() as peer:
                    peer.sendall(start)
                    took = closed_after(peer, limit + SLACK)
            else:
                took = self.trickle(start, piece, limit + SLACK)
            ended.setdefault(name, []).append(took)

        watcher = threading.Thread(target=measure)
        watcher.start()
        try:
            in_threads(len(kinds) * 12, client)
        finally:
            done.set()
            watcher.join()
        for name, times in ended.items():
            self.assertNotIn(None, times, f"{name}: still open after its deadline")
        waits.sort()
        self.assertGreater(len(waits), 20)
        self.assertLess(waits[int(len(waits) * 0.95)], 1.0)
        self.assertIn("tesela_http_cut_off_total", self.server.get("/metrics").body.decode())

    def test_keep_alive_is_kept(self):
        """An honest pause between requests is no reason to close."""
        with self.server.connect() as peer:
            for _ in range(3):
                peer.sendall(b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n")
                self.assertIn(b"200 OK", peer.recv(65536))
                time.sleep(2)


class FloodTest(ServerTest):
    def test_per_address(self):
        """One address gets so many connections; those past it are closed at once, the others work."""
        peers = []
        try:
            for _ in range(400):
                peers.append(self.server.connect(5))
            time.sleep(0.5)
            refused = 0
            for peer in peers:
                peer.settimeout(0.01)
                try:
                    refused += peer.recv(1) == b""
                except socket.timeout:
                    pass
                except ConnectionError:
                    refused += 1
            # A connection that the test's own set-up made may still count as open, or just not any more.
            self.assertIn(refused, range(400 - 256 - 2, 400 - 256 + 3))
        finally:
            for peer in peers:
                peer.close()
        time.sleep(0.3)
        self.assertEqual(self.server.get("/health/live").status, 200)


if __name__ == "__main__":
    unittest.main()
