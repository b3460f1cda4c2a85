# SPDX-License-Identifier: MIT
"""Pictures of small scenes against those in expected/. A difference leaves actual/<name>.png and actual/<name>-diff.png.

TESELA_BLESS=1 writes the expected pictures anew: look at them before committing. Scenes without text must agree to the
byte of every pixel (up to 2/255 where compilers round differently); scenes with text may differ in a few pixels, since
another version of a font or of FreeType draws slightly other letters."""

import math
import os
import pathlib
import unittest

import numpy

from pictures import Scene, read_png, write_png

HERE = pathlib.Path(__file__).resolve().parent
FONT = ["Open Sans Regular"]


def at(x, y):
    """A place in a picture of 256 px at zoom 12, centred on Torreón: pixels to degrees."""
    scale = 360 / (512 * 2 ** 12)
    latitude = 25.5428
    return [-103.4067 + (x - 128) * scale, latitude - (y - 128) * scale * math.cos(math.radians(latitude))]


def line(points, **properties):
    return {"type": "Feature", "properties": properties,
            "geometry": {"type": "LineString", "coordinates": [at(*p) for p in points]}}


def polygon(points, *holes, **properties):
    rings = [[at(*p) for p in ring + ring[:1]] for ring in (points, *holes)]
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": rings}}


def point(x, y, **properties):
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Point", "coordinates": at(x, y)}}


BACKGROUND = {"id": "b", "type": "background", "paint": {"background-color": "#f4f1ea"}}
ZIGZAG = [(20, 0), (90, 30), (30, 50), (110, 60), (112, 20)]


def moved(points, dx, dy):
    return [(x + dx, y + dy) for x, y in points]


def lines_with_joins_and_caps():
    joins = ["miter", "bevel", "round"]
    caps = ["butt", "square", "round"]
    features, layers = [], [BACKGROUND]
    for i, (join, cap) in enumerate(zip(joins, caps)):
        features += [line(moved(ZIGZAG, 0, 20 + 80 * i), kind=f"a{i}"), line(moved(ZIGZAG, 125, 20 + 80 * i), kind=f"b{i}")]
        layout = {"line-join": join, "line-cap": cap}
        layers.append({"id": f"a{i}", "type": "line", "source": "s", "filter": ["==", ["get", "kind"], f"a{i}"],
                       "layout": layout, "paint": {"line-width": 12, "line-color": "#3b6ea5"}})
        layers.append({"id": f"b{i}", "type": "line", "source": "s", "filter": ["==", ["get", "kind"], f"b{i}"],
                       "layout": layout, "paint": {"line-width": 5, "line-color": "#a53b3b", "line-dasharray": [2, 1.5]}})
    return features, layers


def casing_gap_offset():
    features = [line([(10, 40), (128, 60), (246, 30)], kind="road"), line([(60, 0), (70, 120)], kind="road"),
                line([(10, 160), (128, 180), (246, 150)], kind="rail"), line([(10, 210), (128, 230), (246, 200)], kind="bus")]

    def layer(name, kind, paint):
        return {"id": name, "type": "line", "source": "s", "filter": ["==", ["get", "kind"], kind],
                "layout": {"line-cap": "round", "line-join": "round"}, "paint": paint}
    return features, [BACKGROUND, layer("casing", "road", {"line-width": 14, "line-color": "#8a7a5c"}),
                      layer("road", "road", {"line-width": 10, "line-color": "#ffe9a8"}),
                      layer("gap", "rail", {"line-width": 2, "line-gap-width": 6, "line-color": "#444444"}),
                      layer("bus1", "bus", {"line-width": 4, "line-offset": -3, "line-color": "#c51b7d"}),
                      layer("bus2", "bus", {"line-width": 4, "line-offset": 3, "line-color": "#4d9221", "line-opacity": 0.6})]


def fills_that_meet():
    features = [polygon([(20, 20), (120, 30), (110, 120), (30, 110)], v=1), polygon([(120, 30), (230, 20), (220, 130), (110, 120)], v=2),
                polygon([(30, 110), (110, 120), (120, 230), (20, 220)], v=3),
                polygon([(110, 120), (220, 130), (230, 235), (120, 230)], [(150, 160), (190, 165), (180, 200), (155, 195)], v=None)]
    return features, [BACKGROUND,
                      {"id": "f", "type": "fill", "source": "s", "paint": {
                          "fill-color": ["step", ["coalesce", ["get", "v"], -1], "#cccccc", 0, "#edf8fb", 2, "#66c2a4", 3, "#005824"],
                          "fill-opacity": 0.85}},
                      {"id": "o", "type": "line", "source": "s", "paint": {"line-color": "#ffffff", "line-width": 1}}]


def borders_shared():
    features = [polygon([(20 + 54 * i, 20 + 54 * j), (74 + 54 * i, 26 + 54 * j), (74 + 54 * i, 74 + 54 * j), (20 + 54 * i, 74 + 54 * j)])
                for i in range(4) for j in range(4)]
    return features, [BACKGROUND, {"id": "f", "type": "fill", "source": "s", "paint": {"fill-color": "#d8e6c8"}},
                      {"id": "l", "type": "line", "source": "s", "paint": {"line-color": "#557744", "line-width": 0.8}}]


def circles():
    features = [point(30 + 49 * (i % 5), 40 + 60 * (i // 5), n=i) for i in range(20)]
    return features, [BACKGROUND, {"id": "c", "type": "circle", "source": "s", "paint": {
        "circle-radius": ["interpolate", ["linear"], ["get", "n"], 0, 2, 19, 20],
        "circle-color": ["match", ["%", ["get", "n"], 3], 0, "#d95f02", 1, "#1b9e77", "#7570b3"],
        "circle-stroke-width": ["case", [">", ["get", "n"], 9], 2, 0], "circle-stroke-color": "#ffffff",
        "circle-blur": ["case", ["==", ["get", "n"], 14], 0.6, 0]}}]


def point_labels():
    names = ["Torreón", "Gómez Palacio", "Ciudad Lerdo", "Matamoros de la Laguna", "Ñandú y Güemes", "Colonia Ampliación Los Ángeles"]
    features = [point(60 + 130 * (i % 2), 40 + 80 * (i // 2), name=name) for i, name in enumerate(names)]
    return features, [BACKGROUND, {"id": "c", "type": "circle", "source": "s", "paint": {"circle-radius": 3, "circle-color": "#333333"}},
                      {"id": "t", "type": "symbol", "source": "s",
                       "layout": {"text-field": ["get", "name"], "text-font": FONT, "text-size": 13, "text-anchor": "top",
                                  "text-offset": [0, 0.4], "text-max-width": 8},
                       "paint": {"text-color": "#222222", "text-halo-color": "#ffffff", "text-halo-width": 1.5}}]


def line_labels():
    arc = [(20 + 216 * i / 24, 120 - 90 * math.sin(math.pi * i / 24)) for i in range(25)]
    features = [line(arc, name="Boulevard Independencia"), line([(240, 200), (20, 170)], name="Calzada Colón"),
                line([(20, 240), (60, 236)], name="Callejón demasiado corto para su nombre")]
    return features, [BACKGROUND, {"id": "l", "type": "line", "source": "s", "layout": {"line-cap": "round"},
                                   "paint": {"line-color": "#ffffff", "line-width": 16}},
                      {"id": "t", "type": "symbol", "source": "s",
                       "layout": {"symbol-placement": "line", "text-field": ["get", "name"], "text-font": FONT, "text-size": 13},
                       "paint": {"text-color": "#333333", "text-halo-color": "#ffffff", "text-halo-width": 1}}]


SCENES = {
    "lines": (lines_with_joins_and_caps, False), "casing": (casing_gap_offset, False), "fills": (fills_that_meet, False),
    "borders": (borders_shared, False), "circles": (circles, False), "point-labels": (point_labels, True),
    "line-labels": (line_labels, True),
}


class Pictures(unittest.TestCase):
    def compare(self, name, pixels, has_text):
        expected_path = HERE / "expected" / f"{name}.png"
        if os.environ.get("TESELA_BLESS"):
            expected_path.parent.mkdir(exist_ok=True)
            write_png(expected_path, pixels)
            return
        expected = read_png(expected_path)
        self.assertEqual(expected.shape, pixels.shape)
        difference = numpy.abs(expected.astype(int) - pixels.astype(int)).max(axis=2)
        limit = 48 if has_text else 2
        wrong = int((difference > limit).sum())
        allowed = difference.size // 200 if has_text else 0
        if wrong > allowed:
            actual = HERE / "actual"
            actual.mkdir(exist_ok=True)
            write_png(actual / f"{name}.png", pixels)
            shown = numpy.dstack([255 - numpy.minimum(difference * 4, 255)] * 3 + [numpy.full_like(difference, 255)])
            write_png(actual / f"{name}-diff.png", shown.astype(numpy.uint8))
            self.fail(f"{name}: {wrong} pixels differ (at most {allowed}); see tests/golden/actual/{name}.png")

    def test_scenes(self):
        for name, (make, has_text) in SCENES.items():
            for scale in (1, 2):
                with self.subTest(scene=name, scale=scale):
                    scene = Scene()
                    try:
                        features, layers = make()
                        scene.load_features("s", features)
                        scene.add_style("m", ["s"], layers)
                        pixels = scene.render("m", "--center", "-103.4067,25.5428", "--zoom", 12, "--size", "256x256",
                                              "--scale", scale)
                        self.compare(f"{name}@{scale}x", pixels, has_text)
                    finally:
                        scene.close()


if __name__ == "__main__":
    unittest.main()
