#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Rasters from file to picture: kinds of files that must come in, values and places that must stay, what is refused,
versions and damage. TESELA_PROGRAM names the program."""

import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
import zipfile
import zlib

try:
    from osgeo import gdal, osr
except ImportError:
    print("python3-gdal is not installed: skipped")
    sys.exit(77)

gdal.UseExceptions()
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.environ.get("TESELA_PROGRAM", os.path.join(ROOT, "build", "tesela"))
WIDTH, HEIGHT = 300, 200
WEST, NORTH, STEP = -103.5, 25.6, 0.001  # degrees
PICTURE = """{"version":8,"sources":{"r":{"type":"%s","url":"tesela://%s"}},
"layers":[{"id":"r","type":"%s","source":"r","paint":%s}]}"""


def wkt(code):
    system = osr.SpatialReference()
    system.ImportFromEPSG(code)
    return system.ExportToWkt()


def make(path, driver="GTiff", bands=1, kind=gdal.GDT_Byte, value=None, options=(), code=4326, transform=None, no_data=None,
         prepare=None):
    """A raster whose value at column x, row y of band b is value(b, x, y)."""
    memory = gdal.GetDriverByName("MEM").Create("", WIDTH, HEIGHT, bands, kind)
    if transform is None:
        transform = [WEST, STEP, 0, NORTH, 0, -STEP]
    if transform:
        memory.SetGeoTransform(transform)
    if code:
        memory.SetProjection(wkt(code))
    value = value or (lambda band, x, y: (40 * band + x // 50 * 10 + y // 50 * 20) % 256)
    letter = {gdal.GDT_Byte: "B", gdal.GDT_UInt16: "H", gdal.GDT_Int16: "h", gdal.GDT_Float32: "f",
              gdal.GDT_Float64: "d"}[kind]
    for band in range(1, bands + 1):
        values = [value(band, x, y) for y in range(HEIGHT) for x in range(WIDTH)]
        memory.GetRasterBand(band).WriteRaster(0, 0, WIDTH, HEIGHT, struct.pack("<%d%s" % (len(values), letter), *values))
        if no_data is not None:
            memory.GetRasterBand(band).SetNoDataValue(no_data)
    if prepare:
        prepare(memory)
    written = gdal.GetDriverByName(driver).CreateCopy(path, memory, options=list(options))
    del written
    return path


def read_png(path):
    """Width, height and RGBA rows of an 8-bit PNG, by GDAL."""
    dataset = gdal.Open(path)
    bands = [dataset.GetRasterBand(i + 1).ReadRaster() for i in range(dataset.RasterCount)]
    table = dataset.GetRasterBand(1).GetColorTable()
    pixels = []
    for i in range(dataset.RasterXSize * dataset.RasterYSize):
        if table:
            pixels.append(tuple(table.GetColorEntry(bands[0][i])))
        elif len(bands) == 3:
            pixels.append((bands[0][i], bands[1][i], bands[2][i], 255))
        elif len(bands) == 1:
            pixels.append((bands[0][i],) * 3 + (255,))
        else:
            pixels.append(tuple(band[i] for band in bands))
    return dataset.RasterXSize, dataset.RasterYSize, pixels


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="tesela-raster-")
        self.data = os.path.join(self.folder, "data")
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def run_program(self, *arguments):
        environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TESELA_DATA": self.data, "TMPDIR": self.folder,
                       "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "")}
        result = subprocess.run([PROGRAM, *arguments], env=environment, capture_output=True, timeout=300, check=False)
        self.assertNotIn(b"Sanitizer", result.stderr, result.stderr.decode(errors="replace"))
        return result

    def load(self, path, *options, command="load"):
        result = self.run_program(command, path, "--json", *options)
        self.assertIn(result.returncode, (0, 1, 2), result.stderr.decode(errors="replace"))
        return result.returncode, json.loads(result.stdout)

    def rasters(self):
        folder = os.path.join(self.data, "rasters")
        return sorted(os.listdir(folder)) if os.path.isdir(folder) else []

    def picture(self, layer, longitude, latitude, zoom=18, kind="raster", type_name="raster", paint="{}", size=8):
        style = self.path("style.json")
        with open(style, "w", encoding="utf-8") as file:
            file.write(PICTURE % (type_name, layer, kind, paint))
        out = self.path("out.png")
        result = self.run_program("render", style, "--center", "%.9f,%.9f" % (longitude, latitude), "--zoom", str(zoom),
                                  "--size", "%dx%d" % (size, size), "-o", out)
        self.assertEqual(result.returncode, 0, result.stderr.decode())
        return read_png(out)

    def assert_color(self, layer, x, y, wanted, tolerance=0):
        """The picture's middle at the middle of the raster's pixel x, y."""
        width, height, pixels = self.picture(layer, WEST + (x + 0.5) * STEP, NORTH - (y + 0.5) * STEP)
        got = pixels[height // 2 * width + width // 2]
        for a, b in zip(got, wanted):
            self.assertLessEqual(abs(a - b), tolerance, "%s at %d,%d: %s, not %s" % (layer, x, y, got, wanted))

    def value_of(self, layer, band, x, y):
        dataset = gdal.Open(os.path.join(self.data, "rasters", [n for n in self.rasters() if n.startswith(layer)][-1]))
        return struct.unpack("<d", dataset.GetRasterBand(band).ReadRaster(x, y, 1, 1, buf_type=gdal.GDT_Float64))[0]


class Kinds(Case):
    def test_colour(self):
        path = make(self.path("rgb.tif"), bands=3)
        code, report = self.load(path, command="inspect")
        self.assertEqual(code, 0)
        raster = report["layers"][0]["raster"]
        self.assertEqual((raster["width"], raster["height"], raster["bands"], raster["type"]), (WIDTH, HEIGHT, 3, "Byte"))
        self.assertEqual(raster["pixel"], [STEP, STEP])
        code, report = self.load(path)
        self.assertEqual((code, report["layers"][0]["raster"]["kind"]), (0, "imagery"))
        self.assertEqual(report["layers"][0]["bbox"], [-103.5, 25.4, -103.2, 25.6])
        self.assertEqual(self.rasters(), ["rgb_v1.tif"])
        for x, y in ((20, 20), (120, 70), (280, 190)):
            value = [(40 * band + x // 50 * 10 + y // 50 * 20) % 256 for band in (1, 2, 3)]
            self.assert_color("rgb", x, y, value + [255])
        self.assertEqual(self.run_program("check", "--full").returncode, 0)
        overviews = gdal.Open(os.path.join(self.data, "rasters", "rgb_v1.tif"))
        self.assertEqual(overviews.GetMetadataItem("LAYOUT", "IMAGE_STRUCTURE"), "COG")

    def test_alpha_and_masks(self):
        def name_alpha(memory):
            memory.GetRasterBand(4).SetColorInterpretation(gdal.GCI_AlphaBand)

        make(self.path("alfa.tif"), bands=4, options=["ALPHA=YES"], prepare=name_alpha,
             value=lambda band, x, y: (255 if x < 150 else 0) if band == 4 else 200)

        def add_mask(memory):
            memory.CreateMaskBand(gdal.GMF_PER_DATASET)
            rows = bytes(255 if x < 150 else 0 for x in range(WIDTH))
            memory.GetRasterBand(1).GetMaskBand().WriteRaster(0, 0, WIDTH, HEIGHT, rows * HEIGHT)

        gdal.SetConfigOption("GDAL_TIFF_INTERNAL_MASK", "YES")
        make(self.path("mascara.tif"), bands=3, value=lambda band, x, y: 200, prepare=add_mask)
        gdal.SetConfigOption("GDAL_TIFF_INTERNAL_MASK", None)
        make(self.path("nodato.tif"), bands=3, no_data=0, value=lambda band, x, y: 200 if x < 150 or band == 2 and y < 100 else 0)
        for layer in ("alfa", "mascara", "nodato"):
            with self.subTest(layer=layer):
                self.assertEqual(self.load(self.path(layer + ".tif"))[0], 0)
                self.assert_color(layer, 60, 120, (200, 200, 200, 255))
                self.assert_color(layer, 250, 150, (0, 0, 0, 0))
        # One band with a value is no lack of data.
        self.assert_color("nodato", 250, 50, (0, 200, 0, 255))

    def test_palette_and_bits(self):
        def add_palette(memory):
            table = gdal.ColorTable()
            for i, color in enumerate(((255, 0, 0, 255), (0, 255, 0, 255), (0, 0, 255, 255), (9, 9, 9, 255))):
                table.SetColorEntry(i, color)
            memory.GetRasterBand(1).SetRasterColorTable(table)

        make(self.path("clases.tif"), value=lambda band, x, y: x // 100, prepare=add_palette)
        make(self.path("bits.tif"), value=lambda band, x, y: x // 150, options=["NBITS=1"])
        self.assertEqual(self.load(self.path("clases.tif"))[0], 0)
        self.assertEqual(self.load(self.path("bits.tif"))[0], 0)
        for x, color in ((50, (255, 0, 0, 255)), (150, (0, 255, 0, 255)), (250, (0, 0, 255, 255))):
            self.assert_color("clases", x, 100, color)
        self.assert_color("bits", 50, 100, (0, 0, 0, 255))
        self.assert_color("bits", 250, 100, (255, 255, 255, 255))

    def test_sixteen_bits(self):
        make(self.path("satelite.tif"), bands=3, kind=gdal.GDT_UInt16, no_data=0,
             value=lambda band, x, y: 1000 + 10 * x if y < 150 else 0)
        code, report = self.load(self.path("satelite.tif"))
        self.assertEqual((code, report["layers"][0]["raster"]["kind"]), (0, "imagery"))
        self.assertEqual(self.value_of("satelite", 2, 37, 20), 1370)
        self.assert_color("satelite", 4, 20, (0, 0, 0, 255))
        self.assert_color("satelite", 295, 20, (255, 255, 255, 255))
        self.assert_color("satelite", 150, 20, (127, 127, 127, 255), 3)
        self.assert_color("satelite", 150, 180, (0, 0, 0, 0))

    def test_elevation(self):
        make(self.path("dem.tif"), kind=gdal.GDT_Float32, no_data=-9999,
             value=lambda band, x, y: 1100.5 + x if y < 150 else -9999)
        code, report = self.load(self.path("dem.tif"))
        self.assertEqual((code, report["layers"][0]["raster"]["kind"]), (0, "elevation"))
        self.assertEqual(self.value_of("dem", 1, 10, 10), 1110.5)
        ramp = '{"color-relief-color":["interpolate",["linear"],["elevation"],1000,"#000000",1510,"#ffffff"]}'
        for x, y, wanted in ((100, 50, (100.25, 100.25, 100.25, 255)), (100, 180, (0, 0, 0, 0))):
            size, _, pixels = self.picture("dem", WEST + (x + 0.5) * STEP, NORTH - (y + 0.5) * STEP, 18, "color-relief",
                                           "raster-dem", ramp)
            for a, b in zip(pixels[size // 2 * size + size // 2], wanted):
                self.assertLessEqual(abs(a - b), 1)
        # A slope to the west lit from the north-west is bright, and flat where nothing is known.
        _, _, pixels = self.picture("dem", WEST + 100.5 * STEP, NORTH - 50.5 * STEP, 14, "hillshade", "raster-dem")
        self.assertGreater(pixels[0][3], 0)
        # The tile of clients: tenths of a metre above -10000 m.
        out = self.path("t.png")
        self.assertEqual(self.run_program("tile", "dem", "10/218/437", "--format", "png", "-o", out).returncode, 0)
        _, _, pixels = read_png(out)
        heights = {round(-10000 + 0.1 * (r * 65536 + g * 256 + b)) for r, g, b, _ in pixels}
        self.assertTrue(any(1100 <= height <= 1401 for height in heights), heights)
        self.assertTrue(all(height == 0 or 1090 <= height <= 1401 for height in heights), heights)

    def test_descriptor_says_the_kind(self):
        make(self.path("alturas.tif"), value=lambda band, x, y: 100)
        descriptor = self.path("d.json")
        with open(descriptor, "w", encoding="utf-8") as file:
            json.dump({"id": "alturas", "file": "alturas.tif", "raster": {"kind": "elevation"}}, file)
        code, report = self.load(self.path("alturas.tif"), "--descriptor", descriptor)
        self.assertEqual((code, report["layers"][0]["raster"]["kind"]), (0, "elevation"))
        with open(descriptor, "w", encoding="utf-8") as file:
            json.dump({"id": "alturas", "file": "alturas.tif", "raster": {"kind": "altura"}}, file)
        code, report = self.load(self.path("alturas.tif"), "--descriptor", descriptor)
        self.assertEqual((code, report["messages"][-1]["code"]), (2, "IMP-080"))

    def test_compressed_and_packed(self):
        cases = [make(self.path("ycbcr.tif"), bands=3, options=["COMPRESS=JPEG", "PHOTOMETRIC=YCBCR", "JPEG_QUALITY=95"]),
                 make(self.path("jp2.jp2"), "JP2OpenJPEG", bands=3, options=["QUALITY=100", "REVERSIBLE=YES"])]
        for driver, name, world in (("PNG", "foto.png", "foto.pgw"), ("JPEG", "vista.jpg", "vista.jgw")):
            make(self.path(name), driver, bands=3, code=None, transform=False)
            for litter in (name + ".aux.xml",):
                if os.path.exists(self.path(litter)):
                    os.remove(self.path(litter))
            with open(self.path(world), "w", encoding="ascii") as file:
                file.write("%r\n0\n0\n%r\n%r\n%r\n" % (STEP, -STEP, WEST + STEP / 2, NORTH - STEP / 2))
            packed = self.path(name + ".zip")
            with zipfile.ZipFile(packed, "w") as archive:
                archive.write(self.path(name), "carpeta/" + name)
                archive.write(self.path(world), "carpeta/" + world)
                archive.writestr("carpeta/" + name[:-4] + ".prj", wkt(4326))
                archive.writestr("leeme.txt", "nada")
            cases.append(packed)
        for path in cases:
            with self.subTest(path=path):
                code, report = self.load(path)
                self.assertEqual(code, 0, report["messages"])
                layer = report["layers"][0]["layer"]
                value = [(40 * band + 10 * 2 + 20) % 256 for band in (1, 2, 3)]
                self.assert_color(layer, 120, 70, value + [255], 4)

    def test_other_systems(self):
        """A plane of colours over x and y in UTM, asked where its own values say it is."""
        make(self.path("utm.tif"), bands=3, code=32613, transform=[650000, 100, 0, 2830000, 0, -100],
             value=lambda band, x, y: (x * 255 // WIDTH, y * 255 // HEIGHT, 7)[band - 1])
        make(self.path("girado.tif"), bands=3, code=32613, transform=[650000, 80, 60, 2830000, 60, -80],
             value=lambda band, x, y: (x * 255 // WIDTH, y * 255 // HEIGHT, 7)[band - 1])
        to_degrees = osr.CoordinateTransformation(self.system(32613), self.system(4326))
        for layer, t in (("utm", (650000, 100, 0, 2830000, 0, -100)), ("girado", (650000, 80, 60, 2830000, 60, -80))):
            self.assertEqual(self.load(self.path(layer + ".tif"))[0], 0)
            for x, y in ((30, 40), (150, 100), (260, 170)):
                east = t[0] + t[1] * (x + 0.5) + t[2] * (y + 0.5)
                north = t[3] + t[4] * (x + 0.5) + t[5] * (y + 0.5)
                longitude, latitude, _ = to_degrees.TransformPoint(east, north)
                size, _, pixels = self.picture(layer, longitude, latitude, 15)
                got = pixels[size // 2 * size + size // 2]
                self.assertLessEqual(max(abs(got[0] - x * 255 // WIDTH), abs(got[1] - y * 255 // HEIGHT)), 1,
                                     "%s %d,%d: %s" % (layer, x, y, got))

    @staticmethod
    def system(code):
        system = osr.SpatialReference()
        system.ImportFromEPSG(code)
        system.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
        return system


class Refused(Case):
    def refuse(self, path, code, word, *options):
        status, report = self.load(path, *options)
        self.assertEqual((status, report["messages"][-1]["code"]), (2, code), report["messages"])
        self.assertIn(word, report["messages"][-1]["text"] + str(report["messages"][-1].get("cure")))
        self.assertEqual(self.rasters(), [])

    def test_without_place(self):
        make(self.path("foto.png"), "PNG", bands=3, code=None, transform=False)
        self.refuse(self.path("foto.png"), "IMP-090", "world file")

    def test_without_system(self):
        path = make(self.path("plano.tif"), bands=3, code=None, transform=[650000, 1, 0, 2830000, 0, -1])
        self.refuse(path, "IMP-020", "--srs")
        self.assertEqual(self.load(path, "--srs", "EPSG:32613")[0], 0)

    def test_control_points_only(self):
        def add_points(memory):
            memory.SetGCPs([gdal.GCP(WEST, NORTH, 0, 0, 0), gdal.GCP(WEST + 1, NORTH, 0, 300, 0),
                            gdal.GCP(WEST, NORTH - 1, 0, 0, 200), gdal.GCP(WEST + 1, NORTH - 1.1, 0, 300, 200)], wkt(4326))
        path = make(self.path("gcp.tif"), transform=False, code=None, prepare=add_points)
        self.refuse(path, "IMP-090", "rectify")

    def test_cut_off_and_lying(self):
        path = make(self.path("r.tif"), bands=3)
        with open(path, "r+b") as file:
            file.truncate(20)
        self.refuse(path, "IMP-090", "cannot be read")
        path = make(self.path("s.tif"), bands=3, options=["COMPRESS=DEFLATE", "TILED=YES"])
        with open(path, "r+b") as file:
            file.seek(os.path.getsize(path) - 400)
            file.write(b"\xff" * 300)
        status, _ = self.load(path)
        self.assertEqual(status, 2)
        self.assertEqual(self.rasters(), [])

    def test_old_version_stays(self):
        make(self.path("a.tif"), bands=3)
        self.assertEqual(self.load(self.path("a.tif"))[0], 0)
        with open(self.path("a.tif"), "r+b") as file:
            file.truncate(30)
        self.assertEqual(self.load(self.path("a.tif"))[0], 2)
        self.assertEqual(self.rasters(), ["a_v1.tif"])
        self.assert_color("a", 20, 20, (40, 80, 120, 255))


class Versions(Case):
    def test_replace_roll_back_remove(self):
        for value in (10, 20, 30, 40, 50):
            make(self.path("a.tif"), bands=3, value=lambda band, x, y, value=value: value)
            self.assertEqual(self.load(self.path("a.tif"))[0], 0)
        self.assert_color("a", 20, 20, (50, 50, 50, 255))
        self.assertEqual(self.rasters(), ["a_v3.tif", "a_v4.tif", "a_v5.tif"])
        self.assertEqual(self.run_program("rollback", "a").returncode, 0)
        self.assert_color("a", 20, 20, (40, 40, 40, 255))
        backup = self.path("respaldo")
        os.mkdir(backup)
        self.assertEqual(self.run_program("backup", backup).returncode, 0)
        self.assertEqual(sorted(os.listdir(os.path.join(backup, "rasters"))), ["a_v3.tif", "a_v4.tif", "a_v5.tif"])
        self.assertEqual(self.run_program("remove", "a").returncode, 0)
        self.assertEqual(self.rasters(), [])
        # The backup is a data directory.
        self.data = backup
        self.assert_color("a", 20, 20, (40, 40, 40, 255))

    def test_damage_is_found(self):
        make(self.path("a.tif"), bands=3)
        self.assertEqual(self.load(self.path("a.tif"))[0], 0)
        self.assertEqual(self.run_program("check").returncode, 0)
        path = os.path.join(self.data, "rasters", "a_v1.tif")
        with open(path, "r+b") as file:
            file.seek(os.path.getsize(path) - 2000)
            file.write(bytes(zlib.crc32(b"%d" % i) & 255 for i in range(1000)))
        result = self.run_program("check", "--full")
        self.assertEqual(result.returncode, 2)
        self.assertIn(b"CHK-014", result.stdout + result.stderr)
        os.remove(path)
        self.assertEqual(self.run_program("check").returncode, 2)
        style = self.path("s.json")
        with open(style, "w", encoding="utf-8") as file:
            file.write(PICTURE % ("raster", "a", "raster", "{}"))
        result = self.run_program("render", style, "--center", "-103.4,25.5", "--zoom", "12", "--size", "64x64", "-o",
                                  self.path("o.png"))
        self.assertNotEqual(result.returncode, 0)
        self.assertIn(b"STO-035", result.stderr)

    def test_litter_is_swept(self):
        make(self.path("a.tif"), bands=3)
        self.assertEqual(self.load(self.path("a.tif"))[0], 0)
        for name in ("a_v9.tif", "b_v1.tif.part"):
            with open(os.path.join(self.data, "rasters", name), "wb") as file:
                file.write(b"resto")
        self.assertEqual(self.load(self.path("a.tif"))[0], 0)
        self.assertEqual(self.rasters(), ["a_v1.tif", "a_v2.tif"])


class Formats(Case):
    def test_jpeg_and_webp(self):
        make(self.path("a.tif"), bands=3, no_data=0, value=lambda band, x, y: 200 if x < 150 else 0)
        self.assertEqual(self.load(self.path("a.tif"))[0], 0)
        style = self.path("s.json")
        with open(style, "w", encoding="utf-8") as file:
            file.write(PICTURE % ("raster", "a", "raster", "{}"))
        for name, magic in (("o.jpg", b"\xff\xd8\xff"), ("o.webp", b"RIFF")):
            out = self.path(name)
            result = self.run_program("render", style, "--bbox", "-103.5,25.4,-103.2,25.6", "--size", "300x220", "-o", out)
            self.assertEqual(result.returncode, 0, result.stderr)
            with open(out, "rb") as file:
                self.assertEqual(file.read(len(magic)), magic)
        jpeg = gdal.Open(self.path("o.jpg"))
        values = [struct.unpack("B", jpeg.GetRasterBand(1).ReadRaster(x, 110, 1, 1))[0] for x in (40, 260)]
        self.assertLessEqual(abs(values[0] - 200), 4)
        self.assertGreaterEqual(values[1], 251)  # nothing there: paper
        for form in ("jpg", "webp"):
            out = self.path("t." + form)
            self.assertEqual(self.run_program("tile", "a", "10/218/437", "--format", form, "-o", out).returncode, 0)


if __name__ == "__main__":
    unittest.main()
