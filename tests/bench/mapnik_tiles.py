#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Mapnik beside Tesela: a MapLibre style of fill and line layers as a Mapnik map, and tiles of it.

Needs the Debian package python3-mapnik. Run as a program it reads a map file and then answers each line "z x y" on
standard input with a length line and as many bytes of PNG (256 colours, fast compression)."""

import json
import pathlib
import subprocess
import sys
from xml.sax.saxutils import quoteattr

HALF_WORLD = 20037508.342789244


def scale_denominator(style_zoom):
    """Halfway between this zoom of tiles of 256 pixels and the one before; Mapnik's pixels are 0.28 mm."""
    return 559082264.028 / 2 ** (style_zoom + 1 - 0.5)


def rule(layer):
    paint, layout = layer.get("paint", {}), layer.get("layout", {})
    text = "<Rule>"
    if "minzoom" in layer:
        text += f"<MaxScaleDenominator>{scale_denominator(layer['minzoom'])}</MaxScaleDenominator>"
    if "filter" in layer:
        _, (_, field), value = layer["filter"]
        text += f"<Filter>[{field}] = '{value}'</Filter>"
    if layer["type"] == "fill":
        text += f"<PolygonSymbolizer fill={quoteattr(paint['fill-color'])}/>"
    else:
        cap, join = layout.get("line-cap", "butt"), layout.get("line-join", "miter")
        text += (f"<LineSymbolizer stroke={quoteattr(paint['line-color'])} stroke-width=\"{paint['line-width']}\" "
                 f"stroke-linecap=\"{cap}\" stroke-linejoin=\"{join}\"/>")
    return text + "</Rule>"


def map_xml(layers, shapefiles):
    """`layers` of a style with constant colours and filters ["==", ["get", field], value]; `shapefiles` by source, in
    EPSG:3857."""
    background = next(layer["paint"]["background-color"] for layer in layers if layer["type"] == "background")
    text = f'<Map srs="epsg:3857" background-color={quoteattr(background)}>'
    for number, layer in enumerate(layers):
        if layer["type"] == "background":
            continue
        text += (f'<Style name="s{number}">{rule(layer)}</Style>'
                 f'<Layer name="l{number}" srs="epsg:3857"><StyleName>s{number}</StyleName><Datasource>'
                 f'<Parameter name="type">shape</Parameter><Parameter name="file">{shapefiles[layer["source"]]}</Parameter>'
                 "</Datasource></Layer>")
    return text + "</Map>"


def is_installed():
    # Debian builds it for its own Python.
    found = subprocess.run(["/usr/bin/python3", "-c", "import mapnik"], check=False, capture_output=True)
    return found.returncode == 0


class Mapnik:
    name = "mapnik"

    def __init__(self, style_file, shapefiles, folder):
        layers = json.loads(pathlib.Path(style_file).read_text(encoding="utf-8"))["layers"]
        for path in set(shapefiles.values()):
            subprocess.run(["mapnik-index", str(path)], check=False, capture_output=True)  # of mapnik-utils; slow without
        path = pathlib.Path(folder) / "mapnik.xml"
        path.write_text(map_xml(layers, shapefiles), encoding="utf-8")
        self.process = subprocess.Popen(["/usr/bin/python3", __file__, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def get(self, z, x, y):
        self.process.stdin.write(b"%d %d %d\n" % (z, x, y))
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("mapnik ended")
        return self.process.stdout.read(int(line))

    def close(self):
        self.process.kill()
        self.process.wait(30)


def serve(path):
    import mapnik  # pylint: disable=import-outside-toplevel

    drawn = mapnik.Map(256, 256)
    mapnik.load_map(drawn, path)
    image = mapnik.Image(256, 256)
    for line in sys.stdin:
        z, x, y = (int(number) for number in line.split())
        width = 2 * HALF_WORLD / 2 ** z
        west, north = -HALF_WORLD + x * width, HALF_WORLD - y * width
        drawn.zoom_to_box(mapnik.Box2d(west, north - width, west + width, north))
        mapnik.render(drawn, image)
        png = image.tostring("png8:z=1")
        sys.stdout.buffer.write(b"%d\n" % len(png) + png)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    serve(sys.argv[1])
