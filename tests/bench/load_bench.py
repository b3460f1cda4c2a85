#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Loading beside ogr2ogr: file to servable layer, alternately, median time and peak memory of both.

usage: load_bench.py FILE… [--runs 3] [--program build/tesela] [--folder DIR]

ogr2ogr writes what comes nearest: SpatiaLite with a spatial index, but no tile-ready cells. Peak memory is that of the
largest process; ours are two.
"""

import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


def measure(command, environment=None):
    """Seconds by the clock, seconds of processors, peak kilobytes."""
    begun = time.monotonic()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    words = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    spent = time.monotonic() - begun
    if process.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(map(str, command))}: {process.returncode}\n{words.decode(errors='replace')}")
    return spent, usage.ru_utime + usage.ru_stime, usage.ru_maxrss


def source_of(file):
    """What ogr2ogr calls it."""
    name = str(file)
    if name.endswith(".zip"):
        return ["/vsizip/" + name], ["-nlt", "PROMOTE_TO_MULTI"]
    if name.endswith(".csv.gz") or name.endswith(".csv"):
        place = ("/vsigzip/" if name.endswith(".gz") else "") + name
        return [place, "-oo", "X_POSSIBLE_NAMES=lon,longitud", "-oo", "Y_POSSIBLE_NAMES=lat,latitud", "-oo",
                "AUTODETECT_TYPE=YES"], ["-a_srs", "EPSG:4326"]
    return [name], []


def bench(file, runs, program, folder):
    source, options = source_of(file)
    ours, theirs = [], []
    for _ in range(runs):
        database = folder / "theirs.sqlite"
        database.unlink(missing_ok=True)
        theirs.append(measure(["ogr2ogr", "-f", "SQLite", "-dsco", "SPATIALITE=YES", "-lco", "SPATIAL_INDEX=YES",
                               *options, database, *source]))
        database.unlink(missing_ok=True)
        shutil.rmtree(folder / "data", ignore_errors=True)
        ours.append(measure([program, "load", file], {**os.environ, "TESELA_DATA": str(folder / "data")}))
        shutil.rmtree(folder / "data", ignore_errors=True)

    def middle(results, column):
        return statistics.median(result[column] for result in results)

    ratio = statistics.median(a[0] / b[0] for a, b in zip(ours, theirs))
    print(f"{file.name:34} {middle(ours, 0):7.2f} {middle(theirs, 0):7.2f} {ratio:6.2f}  {middle(ours, 1):7.2f} "
          f"{middle(theirs, 1):7.2f}  {middle(ours, 2) / 1024:6.0f} {middle(theirs, 2) / 1024:6.0f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=pathlib.Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--program", default=ROOT / "build" / "tesela", type=pathlib.Path)
    parser.add_argument("--folder", default=None, help="where the data goes; a temporary folder otherwise")
    options = parser.parse_args()
    print(f"{'':34} {'seconds':>15} {'ratio':>6}  {'processor s':>15}  {'peak MB':>13}")
    print(f"{'file':34} {'tesela':>7} {'ogr2ogr':>7} {'':>6}  {'tesela':>7} {'ogr2ogr':>7}  {'tesela':>6} {'ogr2ogr':>6}")
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        for file in options.files:
            bench(file.resolve(), options.runs, options.program.resolve(), pathlib.Path(folder))


if __name__ == "__main__":
    main()
