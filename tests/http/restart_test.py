# SPDX-License-Identifier: MIT
"""One process takes over from another on the same socket while requests come in: none fails."""

import http.client
import os
import re
import signal
import socket
import subprocess
import threading
import time
import unittest

from tests.http.harness import PROGRAM, Server, point_collection


class RestartTest(unittest.TestCase):
    def start(self, server, listening, number):
        """As systemd does: the socket is descriptor 3, and the process is told so by its number."""
        log = open(os.path.join(server.folder, f"log{number}"), "wb")
        script = "exec 3<&$0; export LISTEN_FDS=1 LISTEN_PID=$$; exec \"$@\""
        process = subprocess.Popen(["sh", "-c", script, str(listening.fileno()), PROGRAM, "serve", "--data", server.data,
                                    "--styles", server.styles, "--www", server.www], pass_fds=[listening.fileno()],
                                   stdout=subprocess.PIPE, stderr=log, text=True)
        log.close()
        line = process.stdout.readline()
        self.assertRegex(line, r"http://127\.0\.0\.1:\d+/", self.log(server, number))
        return process

    def log(self, server, number):
        with open(os.path.join(server.folder, f"log{number}"), encoding="utf-8", errors="replace") as file:
            return file.read()

    def test_no_request_fails(self):
        server = Server(layers={"muchos": (point_collection(500), ["--key", "clave"])})
        listening = socket.socket()
        listening.bind(("127.0.0.1", 0))
        listening.listen(512)
        port = listening.getsockname()[1]
        failures, answers, over = [], [0], threading.Event()

        def load(index):
            connection = None
            count = 0
            while not over.is_set():
                keep = index % 2 == 0  # half of them with a connection for each request
                try:
                    if connection is None:
                        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
                    count += 1
                    connection.request("GET", f"/tiles/base/13/{1742 + count % 5}/{3488 + index}.png")
                    answer = connection.getresponse()
                    answer.read()
                    if answer.status != 200:
                        failures.append(answer.status)
                    answers[0] += 1
                    if not keep or answer.will_close:
                        connection.close()
                        connection = None
                except Exception as error:  # noqa: B902 - every failure counts
                    failures.append(repr(error))
                    connection = None

        processes = [self.start(server, listening, 0)]
        threads = [threading.Thread(target=load, args=(index,)) for index in range(6)]
        try:
            for thread in threads:
                thread.start()
            for number in range(1, 4):
                time.sleep(0.5)
                processes.append(self.start(server, listening, number))
                time.sleep(0.2)
                processes[-2].send_signal(signal.SIGTERM)
                self.assertEqual(processes[-2].wait(timeout=30), 0)
            # And as `systemctl restart` does it: the old one ends before the new one begins; the socket waits.
            processes[-1].send_signal(signal.SIGTERM)
            self.assertEqual(processes[-1].wait(timeout=30), 0)
            processes.append(self.start(server, listening, 4))
            time.sleep(0.5)
        finally:
            over.set()
            for thread in threads:
                thread.join()
            for process in processes:
                if process.poll() is None:
                    process.terminate()
                    process.wait(timeout=30)
                process.stdout.close()
            listening.close()
        logs = "".join(self.log(server, number) for number in range(5))
        self.assertNotIn("Sanitizer", logs)
        self.assertGreater(answers[0], 50)
        self.assertEqual(failures, [])
        server.process = None
        server.stop()

    def test_ready_is_told(self):
        """systemd's Type=notify."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
            server = Server()
            path = os.path.join(server.folder, "notify")
            told.bind(path)
            told.settimeout(30)
            os.environ["NOTIFY_SOCKET"] = path
            try:
                server.start()
                self.assertEqual(told.recv(100), b"READY=1")
                server.process.send_signal(signal.SIGTERM)
                self.assertEqual(told.recv(100), b"STOPPING=1")
                self.assertEqual(server.process.wait(timeout=30), 0)
            finally:
                del os.environ["NOTIFY_SOCKET"]
                server.stop()

    def test_bad_socket(self):
        with socket.socket() as not_listening:
            script = "exec 3<&$0; export LISTEN_FDS=1 LISTEN_PID=$$; exec \"$@\""
            done = subprocess.run(["sh", "-c", script, str(not_listening.fileno()), PROGRAM, "serve", "--data", "/tmp/nada"],
                                  pass_fds=[not_listening.fileno()], capture_output=True, text=True, timeout=30, check=False)
            self.assertNotEqual(done.returncode, 0)
            self.assertTrue(re.search("SRV-104", done.stderr), done.stderr)


if __name__ == "__main__":
    unittest.main()
