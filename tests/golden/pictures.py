# SPDX-License-Identifier: MIT
"""What tests of pictures share: the program, small data sets, reading and comparing PNG."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

try:
    import numpy
    from osgeo import gdal
except ImportError as missing:
    print(f"skipped: {missing} (Debian: python3-gdal, python3-numpy)")
    sys.exit(77)

gdal.UseExceptions()

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("TESELA_PROGRAM", str(ROOT / "build" / "tesela"))
SHARED = pathlib.Path(os.environ.get("TESELA_SHARED", ROOT.parent / "shared"))


def run(*arguments, accept=(0, 1)):
    """Runs the program; fails with its words when it does not end with an accepted code."""
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode not in accept:
        raise AssertionError(f"tesela {' '.join(map(str, arguments))}: exit {done.returncode}\n{done.stderr}")
    return done


def read_png(path):
    """Rows x columns x 4 of 8 bits, straight alpha."""
    data = gdal.Open(str(path))
    bands = [data.GetRasterBand(i + 1) for i in range(data.RasterCount)]
    table = bands[0].GetColorTable()
    if table is not None:
        colors = numpy.array([table.GetColorEntry(i) for i in range(table.GetCount())], dtype=numpy.uint8)
        return colors[bands[0].ReadAsArray()]
    arrays = [band.ReadAsArray() for band in bands]
    if len(arrays) in (1, 2):
        arrays = [arrays[0]] * 3 + arrays[1:]
    if len(arrays) == 3:
        arrays.append(numpy.full_like(arrays[0], 255))
    return numpy.dstack(arrays)


def write_png(path, pixels):
    memory = gdal.GetDriverByName("MEM").Create("", pixels.shape[1], pixels.shape[0], 4, gdal.GDT_Byte)
    for band in range(4):
        memory.GetRasterBand(band + 1).WriteArray(pixels[:, :, band])
    gdal.GetDriverByName("PNG").CreateCopy(str(path), memory)
    leftover = pathlib.Path(f"{path}.aux.xml")
    leftover.unlink(missing_ok=True)


class Scene:
    """A data directory and a styles folder that live as long as the object."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tesela-golden-"))
        self.data = self.folder / "data"
        self.styles = self.folder / "styles"
        self.styles.mkdir()

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def load(self, path, layer, *more):
        return run("load", path, "--layer", layer, "--data", self.data, *more)

    def load_features(self, layer, features):
        path = self.folder / f"{layer}.geojson"
        path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
        return self.load(path, layer)

    def add_style(self, name, sources, layers):
        layers = [{**layer, "source-layer": layer["source"]} if "source" in layer else layer for layer in layers]
        style = {"version": 8, "sources": {s: {"type": "vector", "url": f"tesela://{s}"} for s in sources},
                 "metadata": {"tesela:map": {"title": {"es": name}, "state": "publicar"}}, "layers": layers}
        path = self.styles / f"{name}.json"
        path.write_text(json.dumps(style), encoding="utf-8")
        return path

    def render(self, name, *arguments):
        out = self.folder / "out.png"
        run("render", name, *arguments, "--data", self.data, "--styles", self.styles, "-o", out)
        return read_png(out)
