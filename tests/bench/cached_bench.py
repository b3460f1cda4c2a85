#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A cached tile beside nginx with the same bytes as a file: requests a second by wrk, in turns.

usage: cached_bench.py [--program build/tesela] [--library build/tests/bench_http] [--connections 2,8,32,64]
                       [--seconds 3] [--runs 3] [--tile-kb 8]

Needs the Debian packages nginx-light and wrk. nginx is given its best case: a process for each processor with a socket of
its own, sendfile, an open-file cache, no log. Tesela answers from memory, with all its headers, and does not log either.
With --library (built by `ninja bench_http`) libmicrohttpd alone, with one fixed answer, runs too: the ceiling. All answer
the same bytes over kept connections; the load generator shares the processors with them."""

import argparse
import http.client
import json
import math
import os
import pathlib
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import parcels

ROOT = pathlib.Path(__file__).resolve().parents[2]
NGINX = shutil.which("nginx") or ("/usr/sbin/nginx" if os.path.exists("/usr/sbin/nginx") else None)
STYLE = """{"version": 8, "metadata": {"tesela:map": {"title": {"es": "Parcelas"}, "state": "publicar"}},
 "sources": {"p": {"type": "vector", "url": "tesela://parcelas"}},
 "layers": [{"id": "fondo", "type": "background", "paint": {"background-color": "#f4f1ea"}},
  {"id": "p", "type": "fill", "source": "p", "source-layer": "parcelas", "paint": {"fill-color": "#c8d8a0"}},
  {"id": "l", "type": "line", "source": "p", "source-layer": "parcelas",
   "paint": {"line-color": "#506030", "line-width": 1.2}}]}"""
CONF = """worker_processes {workers}; daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.err;
events {{ worker_connections 1024; }}
http {{ access_log off; sendfile on; tcp_nodelay on; keepalive_requests 1000000000; default_type image/png;
 open_file_cache max=1000; client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2;
 fastcgi_temp_path {folder}/t3; uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
 server {{ listen 127.0.0.1:{port} backlog=1024 reuseport; root {folder}/static; }} }}
"""


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def get(port, target):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", target)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status != 200:
        raise SystemExit(f"{target}: {answer.status}")
    return body


def wait_for(port):
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"nothing listens on port {port}")


def start_tesela(program, folder):
    data, styles = folder / "data", folder / "styles"
    styles.mkdir()
    (styles / "parcelas.json").write_text(STYLE, encoding="utf-8")
    parcels.write(5000, str(folder / "parcelas.shp"), False)
    subprocess.run([program, "load", folder / "parcelas.shp", "--data", data], check=False, capture_output=True)
    process = subprocess.Popen([program, "serve", "--listen", "127.0.0.1:0", "--data", data, "--styles", styles,
                                "--disk-cache-mb", "0", "--quiet"],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    found = re.search(r":(\d+)/", process.stdout.readline())
    if not found:
        raise SystemExit("tesela did not start")
    return process, int(found.group(1))


def find_tile(port, wanted):
    """The tile whose size comes nearest."""
    layer = json.loads(get(port, "/collections/parcelas"))
    west, south, east, north = layer["extent"]["spatial"]["bbox"][0]
    best = None
    for z in (14, 15, 16, 17, 18):
        for part in (0.1, 0.3, 0.5, 0.7):
            x = int((west + (east - west) * part + 180) / 360 * 2 ** z)
            y = int((1 - math.asinh(math.tan(math.radians(south + (north - south) * part))) / math.pi) / 2 * 2 ** z)
            target = f"/tiles/parcelas/{z}/{x}/{y}.png"
            body = get(port, target)
            if best is None or abs(len(body) - wanted) < abs(len(best[1]) - wanted):
                best = target, body
    return best


def run_wrk(url, connections, seconds):
    text = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", url], capture_output=True,
                          text=True, check=True).stdout
    if "Non-2xx" in text or "Socket errors" in text:
        raise SystemExit(f"{url}: {text}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=ROOT / "build" / "tesela")
    parser.add_argument("--library", default=ROOT / "build" / "tests" / "bench_http")
    parser.add_argument("--connections", default="2,8,32,64")
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--tile-kb", type=float, default=8)
    options = parser.parse_args()
    missing = [name for name, path in (("nginx-light", NGINX), ("wrk", shutil.which("wrk"))) if not path]
    if missing:
        print("skipped: install " + " and ".join(missing))
        sys.exit(77)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tesela-cached-"))
    folder.chmod(0o755)
    processes = []
    try:
        tesela, port = start_tesela(options.program, folder)
        processes.append(tesela)
        target, body = find_tile(port, options.tile_kb * 1024)
        (folder / "static").mkdir()
        (folder / "static" / "t.png").write_bytes(body)
        nginx_port = free_port()
        (folder / "nginx.conf").write_text(CONF.format(workers=os.cpu_count(), folder=folder, port=nginx_port))
        processes.append(subprocess.Popen([NGINX, "-e", folder / "nginx.err", "-c", folder / "nginx.conf"]))
        servers = {"nginx": f"http://127.0.0.1:{nginx_port}/t.png", "Tesela": f"http://127.0.0.1:{port}{target}"}
        if os.path.exists(options.library):
            library_port = free_port()
            processes.append(subprocess.Popen([options.library, str(library_port), str(os.cpu_count()),
                                               folder / "static" / "t.png"]))
            servers["libmicrohttpd alone"] = f"http://127.0.0.1:{library_port}/"
        for url in servers.values():
            port = int(re.search(r":(\d+)/", url).group(1))
            wait_for(port)
            if get(port, url[url.index("/", 8):]) != body:
                raise SystemExit(f"{url} has other bytes")
        measure(servers, body, options)
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def measure(servers, body, options):
    print(f"A tile of {len(body)} bytes, wrk -t1 -d{options.seconds}s, medians of {options.runs} runs in turns; ratios "
          "are medians of each run's\n")
    names = list(servers)
    print("| connections | " + " | ".join(f"{name}, requests/s" for name in names) + " | " +
          " | ".join(f"{name} / nginx" for name in names[1:]) + " |\n" + "| --- " * (2 * len(names)) + "|")
    for connections in map(int, options.connections.split(",")):
        rates = {name: [] for name in names}
        for run in range(options.runs):
            for name in names[run % len(names):] + names[:run % len(names)]:
                rates[name].append(run_wrk(servers[name], connections, options.seconds))
        ratios = [statistics.median(a / b for a, b in zip(rates[name], rates["nginx"])) for name in names[1:]]
        print(f"| {connections} | " + " | ".join(f"{statistics.median(rates[name]):,.0f}".replace(",", " ")
                                                 for name in names) + " | " +
              " | ".join(f"{ratio:.2f}" for ratio in ratios) + " |", flush=True)


if __name__ == "__main__":
    main()
