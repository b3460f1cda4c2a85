# SPDX-License-Identifier: MIT
"""How the program starts and ends."""

import os
import re
import signal
import socket
import subprocess
import tempfile
import time
import unittest

from tests.http.harness import BASE_STYLE, PROGRAM, Server, point_collection, wait_until


class ShutdownTest(unittest.TestCase):
    def end(self, server, number):
        begin = time.monotonic()
        server.process.send_signal(number)
        code = server.process.wait(timeout=30)
        return code, time.monotonic() - begin

    def test_signals(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number), Server() as server:
                self.assertEqual(server.get("/health/ready").status, 200)
                code, took = self.end(server, number)
                self.assertEqual(code, 0)
                self.assertLess(took, 5)
                self.assertIn("event=ending", server.log())
                self.assertIn("event=ended", server.log())

    def test_idle_connections_do_not_delay(self):
        with Server() as server:
            peers = [server.connect() for _ in range(20)]
            peers[0].sendall(b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n")
            self.assertIn(b"200 OK", peers[0].recv(65536))
            peers[1].sendall(b"GET /health")
            code, took = self.end(server, signal.SIGTERM)
            self.assertEqual(code, 0)
            self.assertLess(took, 5)
            for peer in peers:
                peer.close()

    def test_running_requests_finish(self):
        """A download under way comes to its end; new connections are not accepted meanwhile."""
        layers = {"muchos": (point_collection(60000), ["--key", "clave"])}
        with Server(layers=layers) as server:
            with socket.socket() as peer:
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
                peer.settimeout(30)
                peer.connect((server.host, server.port))
                peer.sendall(b"GET /data/muchos.geojson HTTP/1.1\r\nHost: a\r\n\r\n")
                received = peer.recv(1000)
                server.process.send_signal(signal.SIGTERM)
                self.assertTrue(wait_until(lambda: "event=ending" in server.log()))
                time.sleep(0.3)
                with self.assertRaises(OSError):
                    server.connect(1)
                self.assertIsNone(server.process.poll())
                while True:
                    piece = peer.recv(1 << 20)
                    if not piece:
                        break
                    received += piece
            self.assertTrue(received.endswith(b"\r\n0\r\n\r\n"), received[-100:])
            self.assertEqual(server.process.wait(timeout=30), 0)

    def test_second_signal_ends_at_once(self):
        layers = {"muchos": (point_collection(60000), ["--key", "clave"])}
        with Server(layers=layers) as server:
            with socket.socket() as peer:
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                peer.connect((server.host, server.port))
                peer.sendall(b"GET /data/muchos.geojson HTTP/1.1\r\nHost: a\r\n\r\n")
                peer.recv(100)
                server.process.send_signal(signal.SIGTERM)
                self.assertTrue(wait_until(lambda: "event=ending" in server.log()))
                code, took = self.end(server, signal.SIGTERM)
                self.assertEqual(code, 0)
                self.assertLess(took, 5)

    def test_starts_without_anything(self):
        """No data, no styles, no files: still a server that says so."""
        with Server(styles={}, styles_missing=True) as server:
            self.assertEqual(server.get("/health/ready").json()["maps"], 0)
            self.assertEqual(server.get("/collections").json()["collections"], [])
            self.assertIn("MAP-003", server.log())

    def test_broken_style_is_left_out(self):
        with Server(styles={"base": BASE_STYLE, "rota": "{\"version\": 8,", "vacia": ""}) as server:
            self.assertEqual(server.get("/tiles/base.json").status, 200)
            self.assertEqual(server.get("/tiles/rota.json").status, 404)
            warnings = [line for line in server.log().splitlines() if "event=style_left_out" in line]
            self.assertEqual(len([line for line in warnings if "rota.json" in line]), 1, warnings)
            time.sleep(1.2)
            again = [line for line in server.log().splitlines() if "event=style_left_out" in line]
            self.assertEqual(len(again), len(warnings))

    def test_style_appears_and_goes(self):
        with Server() as server:
            path = os.path.join(server.styles, "nuevo.json")
            with open(path, "w", encoding="utf-8") as file:
                file.write('{"version":8,"sources":{},"layers":[{"id":"f","type":"background"}]}')
            self.assertTrue(wait_until(lambda: server.get("/tiles/nuevo/0/0/0.png").status == 200))
            os.remove(path)
            self.assertTrue(wait_until(lambda: server.get("/tiles/nuevo/0/0/0.png").status == 404))

    def test_port_taken(self):
        with Server() as server:
            done = subprocess.run([PROGRAM, "serve", "--listen", f"{server.host}:{server.port}", "--data", server.data],
                                  capture_output=True, text=True, timeout=30, check=False)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(str(server.port), done.stderr)
            self.assertIn("SRV-102", done.stderr)

    def test_bad_options(self):
        for arguments in (["--listen", "8080"], ["--listen", "localhost:99999"], ["--listen", "a b:80"],
                          ["--base-url", "mapas.example"], ["--base-url", "https://mapas.example/"]):
            with self.subTest(arguments), tempfile.TemporaryDirectory() as folder:
                done = subprocess.run([PROGRAM, "serve", "--listen", "127.0.0.1:0", "--data", folder, *arguments],
                                      capture_output=True, text=True, timeout=30, check=False)
                self.assertNotEqual(done.returncode, 0)
                self.assertRegex(done.stderr, r"SRV-10\d|CLI-\d+")

    def test_log_lines(self):
        with Server() as server:
            server.get("/health/live")
            server.raw(b'GET /a"b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
            self.assertTrue(wait_until(lambda: server.log().count("event=request") >= 2))
            for line in server.log().splitlines():
                self.assertRegex(line, r"^time=\S+ level=(debug|info|warning|error) event=\S+ ")
            request = [line for line in server.log().splitlines() if "/health/live" in line][0]
            self.assertTrue(re.search(r'method=GET path="/health/live" status=200 ms=[0-9.]+ bytes=17', request), request)
        with Server(arguments=["--quiet"]) as server:
            server.get("/health/live")
            time.sleep(0.2)
            self.assertNotIn("event=request", server.log())


if __name__ == "__main__":
    unittest.main()
