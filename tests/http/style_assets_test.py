# SPDX-License-Identifier: MIT
"""What clients that draw a style by themselves ask for: the style's addresses, sprites, glyph ranges."""

import copy
import os
import struct
import zlib

from tests.http.protobuf import messages
from tests.http.harness import BASE_STYLE, Server, ServerTest, point_collection

SVG = "<svg xmlns='http://www.w3.org/2000/svg' width='{w}' height='{h}'><path d='M0 0h{w}v{h}z' fill='{fill}'/></svg>"


def icon_style():
    style = copy.deepcopy(BASE_STYLE)
    style["layers"].append({"id": "iconos", "type": "symbol", "source": "muchos", "source-layer": "muchos",
                            "layout": {"icon-image": ["case", ["has", "x"], "set:uno", "dos"], "text-field": "Ñ"}})
    return style


def png_size(data):
    assert data[:8] == b"\x89PNG\r\n\x1a\n" and zlib.crc32(data[12:29]) == struct.unpack(">I", data[29:33])[0]
    return struct.unpack(">II", data[16:24])


def glyphs(data):
    stack = dict(messages(data))[1]
    found = {}
    for number, value in messages(stack):
        if number == 3:
            glyph = dict(messages(value))
            found[chr(glyph[1])] = glyph
    return found


class StyleAssetsTest(ServerTest):
    layers = {"muchos": (point_collection(10), ["--key", "clave"])}
    styles = {"iconos": icon_style(), "base": BASE_STYLE}

    @classmethod
    def setUpClass(cls):
        cls.server = Server(styles=cls.styles, layers=cls.layers)
        os.makedirs(os.path.join(cls.server.styles, "icons", "set"))
        for name, width, height, fill in (("set/uno", 9, 12, "red"), ("dos", 20, 5, "blue"), ("tres", 4, 4, "lime")):
            with open(os.path.join(cls.server.styles, "icons", name + ".svg"), "w", encoding="utf-8") as file:
                file.write(SVG.format(w=width, h=height, fill=fill))
        cls.server.start()

    def test_the_style_says_where(self):
        style = self.server.get("/styles/iconos.json").json()
        base = f"http://{self.server.host}:{self.server.port}"
        self.assertEqual(style["glyphs"], base + "/fonts/{fontstack}/{range}.pbf")
        self.assertTrue(style["sprite"].startswith(base + "/sprites/iconos?v="), style["sprite"])
        plain = self.server.get("/styles/base.json").json()
        self.assertNotIn("sprite", plain)
        self.assertNotIn("glyphs", plain)

    def test_the_sprite_holds_what_the_style_uses(self):
        for ratio, suffix in ((1, ""), (2, "@2x")):
            index = self.server.get(f"/sprites/iconos{suffix}.json")
            picture = self.server.get(f"/sprites/iconos{suffix}.png")
            self.assertEqual((index.status, picture.status), (200, 200))
            self.assertEqual(picture.header("content-type"), "image/png")
            self.assertEqual(index.header("access-control-allow-origin"), "*")
            width, height = png_size(picture.body)
            entries = index.json()
            self.assertEqual(sorted(entries), ["dos", "set:uno"])
            self.assertEqual((entries["set:uno"]["width"], entries["set:uno"]["height"]), (9 * ratio, 12 * ratio))
            for entry in entries.values():
                self.assertEqual(entry["pixelRatio"], ratio)
                self.assertLessEqual(entry["x"] + entry["width"], width)
                self.assertLessEqual(entry["y"] + entry["height"], height)
            again = self.server.get(f"/sprites/iconos{suffix}.png", If_None_Match=picture.header("etag"))
            self.assertEqual(again.status, 304)
        # A style without images has an empty one: a client that asks gets no error.
        self.assertEqual(self.server.get("/sprites/base.json").json(), {})
        self.assertEqual(self.server.get("/sprites/nada.json").status, 404)

    def test_a_sprite_of_this_version_stays(self):
        address = self.server.get("/styles/iconos.json").json()["sprite"]
        path, query = address.split("/sprites/")[1].split("?")
        answer = self.server.get(f"/sprites/{path}.json?{query}")
        self.assertIn("immutable", answer.header("cache-control"))

    def test_glyphs(self):
        answer = self.server.get("/fonts/Open%20Sans%20Regular/0-255.pbf", Accept_Encoding="identity")
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.header("content-type"), "application/x-protobuf")
        self.assertEqual(answer.header("access-control-allow-origin"), "*")
        self.assertIsNotNone(answer.header("etag"))
        found = glyphs(answer.body)
        self.assertTrue(set("AñÑáü¿ ") <= set(found))
        self.assertFalse(2 in found[" "])
        for glyph in found.values():
            if 2 in glyph:
                self.assertEqual(len(glyph[2]), (glyph[3] + 6) * (glyph[4] + 6))
        packed = self.server.get("/fonts/Open%20Sans%20Regular/0-255.pbf", Accept_Encoding="gzip")
        self.assertEqual(packed.header("content-encoding"), "gzip")
        self.assertEqual(zlib.decompress(packed.body, 31), answer.body)

    def test_a_font_that_is_not_there_does_not_leave_a_map_without_text(self):
        other = self.server.get("/fonts/No%20Such%20Font%20Bold,Neither%20This/0-255.pbf")
        self.assertEqual(other.status, 200)
        self.assertIn("A", glyphs(other.body))

    def test_bounds(self):
        for path, status in (("Open%20Sans/65280-65535.pbf", 200), ("Open%20Sans/65536-65791.pbf", 400), ("Open%20Sans/1-256.pbf", 400),
                             ("Open%20Sans/0-511.pbf", 400), ("Open%20Sans/00-255.pbf", 400), ("Open%20Sans/-255.pbf", 400),
                             ("Open%20Sans/0-255.png", 404), ("x" * 300 + "/0-255.pbf", 400)):
            self.assertEqual(self.server.get("/fonts/" + path).status, status, path)
