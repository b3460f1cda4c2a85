# SPDX-License-Identifier: MIT
"""The real program on a free port, with data and maps of its own, and plain sockets to talk to it."""

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

PROGRAM = os.environ.get("TESELA_PROGRAM", "")

if not os.path.isfile(PROGRAM):
    print(f"skipped: TESELA_PROGRAM ({PROGRAM or 'not set'}) is not a program", file=sys.stderr)
    sys.exit(77)

BASE_STYLE = {
    "version": 8,
    "name": "Base",
    "metadata": {"tesela:map": {"title": {"es": "Mapa base", "en": "Base map"}, "theme": "base", "source": "Fuente: prueba",
                                "state": "publicar", "center": [-103.4, 25.54], "zoom": 11}},
    "sources": {"muchos": {"type": "vector", "url": "tesela://muchos"}},
    "layers": [
        {"id": "fondo", "type": "background", "paint": {"background-color": "#f4f1ea"}},
        {"id": "puntos", "type": "circle", "source": "muchos", "source-layer": "muchos",
         "paint": {"circle-radius": 4, "circle-color": "#8a1538"}},
    ],
}


def write_json(path, value):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(value, file, ensure_ascii=False)


class Answer:
    """One HTTP answer: status, headers (lower case, as a list of pairs), body."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = [(name.lower(), value) for name, value in headers]
        self.body = body

    def header(self, name):
        found = [value for key, value in self.headers if key == name.lower()]
        assert len(found) <= 1, f"{name} comes {len(found)} times"
        return found[0] if found else None

    def json(self):
        def refuse(constant):
            raise ValueError(f"{constant} is not JSON")

        return json.loads(self.body.decode("utf-8"), parse_constant=refuse)


class Server:
    """Starts the program in a folder of its own. Use as a context manager."""

    def __init__(self, styles=None, layers=None, www=None, arguments=(), styles_missing=False, program=PROGRAM,
                 environment=None):
        self.program, self.environment = program, environment
        self.folder = tempfile.mkdtemp(prefix="tesela-http-")
        self.data = os.path.join(self.folder, "data")
        self.styles = os.path.join(self.folder, "styles")
        self.www = os.path.join(self.folder, "www")
        self.log_path = os.path.join(self.folder, "log")
        self.process = None
        self.arguments = list(arguments)
        for folder in (self.data, self.styles, self.www):
            os.mkdir(folder)
        if styles_missing:
            self.styles = os.path.join(self.folder, "nada")
        for name, style in (styles if styles is not None else {"base": BASE_STYLE}).items():
            path = os.path.join(self.styles, name + ".json")
            if isinstance(style, str):
                with open(path, "w", encoding="utf-8") as file:
                    file.write(style)
            else:
                write_json(path, style)
        for name, content in (www or {}).items():
            path = os.path.join(self.www, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(content)
        for name, (collection, options) in (layers or {}).items():
            self.load(name, collection, *options)

    def load(self, name, collection, *options):
        path = os.path.join(self.folder, name + ".geojson")
        write_json(path, collection)
        return self.load_file(name, path, *options)

    def load_file(self, name, path, *options):
        done = subprocess.run([PROGRAM, "load", path, "--layer", name, "--data", self.data, *options],
                              capture_output=True, text=True, timeout=300, check=False)
        if done.returncode not in (0, 1):
            raise AssertionError(f"load {name}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def start(self):
        command = [self.program, "serve", "--listen", "127.0.0.1:0", "--data", self.data, "--styles", self.styles,
                   "--www", self.www, *self.arguments]
        log = open(self.log_path, "wb")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True,
                                        env={**os.environ, **(self.environment or {})})
        log.close()
        line = self.process.stdout.readline()
        found = re.search(r"http://([0-9.]+):(\d+)/", line)
        if not found:
            self.process.wait(timeout=10)
            raise AssertionError(f"no address: {line!r}\n{self.log()}")
        self.host, self.port = found.group(1), int(found.group(2))
        return self

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def stop(self):
        """Ends the program as an operator would; it must go in peace, without a word from a sanitizer."""
        try:
            if self.process and self.process.poll() is None:
                self.process.send_signal(signal.SIGTERM)
                self.process.wait(timeout=30)
            if self.process:
                self.process.stdout.close()
                log = self.log()
                assert self.process.returncode == 0, f"exit code {self.process.returncode}\n{log[-4000:]}"
                assert "Sanitizer" not in log and "runtime error" not in log, log[-4000:]
        finally:
            if self.process and self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            shutil.rmtree(self.folder, ignore_errors=True)

    # --- asking ---

    def request(self, target, method="GET", headers=None, timeout=60):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=timeout)
        try:
            connection.putrequest(method, target, skip_host="Host" in (headers or {}), skip_accept_encoding=True)
            for name, value in (headers or {}).items():
                connection.putheader(name, value)
            connection.endheaders()
            response = connection.getresponse()
            return Answer(response.status, response.getheaders(), response.read())
        finally:
            connection.close()

    def get(self, target, **headers):
        return self.request(target, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def connect(self, timeout=30):
        return socket.create_connection((self.host, self.port), timeout=timeout)

    def raw(self, data, timeout=30, half_close=False):
        """Sends bytes as they are; everything that comes back until the server closes, and whether it closed."""
        received = b""
        closed = False
        with self.connect(timeout) as peer:
            try:
                peer.sendall(data)
                if half_close:
                    peer.shutdown(socket.SHUT_WR)
                while True:
                    piece = peer.recv(65536)
                    if not piece:
                        closed = True
                        break
                    received += piece
            except ConnectionError:
                closed = True
            except socket.timeout:
                pass
        return received, closed


def in_threads(count, work):
    """Runs work(i) in `count` threads; returns what they return, raises what they raise."""
    results = [None] * count
    errors = []

    def run(index):
        try:
            results[index] = work(index)
        except BaseException as error:  # noqa: B902 - told below
            errors.append(error)

    threads = [threading.Thread(target=run, args=(index,)) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return results


def point_collection(count):
    """A grid of points around Torreón."""
    features = []
    for index in range(count):
        longitude = -103.5 + 0.2 * (index % 200) / 200
        latitude = 25.45 + 0.2 * (index // 200) / max(1, count // 200)
        features.append({"type": "Feature",
                         "geometry": {"type": "Point", "coordinates": [round(longitude, 7), round(latitude, 7)]},
                         "properties": {"clave": index + 1, "nombre": f"Punto número {index + 1}", "valor": index / 8}})
    return {"type": "FeatureCollection", "features": features}


class ServerTest(unittest.TestCase):
    """One server for the class; subclasses say with what."""

    styles = None
    layers = None
    www = None
    arguments = ()

    @classmethod
    def setUpClass(cls):
        cls.server = Server(cls.styles, cls.layers, cls.www, cls.arguments)
        try:
            cls.server.start()
        except BaseException:
            shutil.rmtree(cls.server.folder, ignore_errors=True)
            raise

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def assert_common(self, answer, what):
        """What every answer carries."""
        self.assertEqual(answer.header("Access-Control-Allow-Origin"), "*", what)
        self.assertIn("ETag", answer.header("Access-Control-Expose-Headers") or "", what)
        self.assertEqual(answer.header("X-Content-Type-Options"), "nosniff", what)
        self.assertIsNotNone(answer.header("Cache-Control"), what)

    def assert_problem(self, answer, status, code, what=""):
        self.assertEqual(answer.status, status, what)
        self.assertEqual(answer.header("Content-Type"), "application/problem+json", what)
        self.assert_common(answer, what)
        problem = answer.json()
        self.assertEqual(problem["status"], status, what)
        self.assertEqual(problem["code"], code, what)
        for member in ("type", "title", "detail"):
            self.assertTrue(problem[member], what)
        return problem


def wait_until(condition, seconds=10):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False
