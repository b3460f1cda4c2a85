#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Checks the demonstration city: the generator's files, their descriptors and the maps that show them.

The city is made twice in temporary folders; nothing in the repository is touched. Needs python3-gdal (exit code 77,
"skipped", where it is missing).
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import unittest
import zipfile

try:
    from osgeo import gdal, ogr, osr
except ImportError:
    print("skipped: python3-gdal is not installed", file=sys.stderr)
    sys.exit(77)

gdal.UseExceptions()
ogr.UseExceptions()

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LAYERS = os.path.join(ROOT, "layers")
STYLES = os.path.join(ROOT, "styles")
REGION = (-104.3, 24.6, -102.6, 26.2)  # nothing lies outside
POLYGONS_MEETING = ("colonias", "zonificacion", "ageb", "municipios")
FONTS = {"Open Sans Regular", "Open Sans Semibold", "Open Sans Bold", "Open Sans Italic"}


def read_json(path):
    with open(path, encoding="utf-8") as source:
        return json.load(source)


def digest(path):
    with open(path, "rb") as source:
        return hashlib.sha256(source.read()).hexdigest()


def descriptors():
    return {name[:-5]: read_json(os.path.join(LAYERS, name)) for name in sorted(os.listdir(LAYERS)) if name.endswith(".json")}


def styles():
    return {name[:-5]: read_json(os.path.join(STYLES, name)) for name in sorted(os.listdir(STYLES)) if name.endswith(".json")}


def make(folder):
    subprocess.run(["/usr/bin/python3", os.path.join(LAYERS, "demo", "make_city.py"), "--quiet", "--out", folder], check=True)


class City:
    """The generated files, read with GDAL."""
    folder = None
    cache = {}

    @classmethod
    def path(cls, descriptor):
        return os.path.join(cls.folder, os.path.relpath(descriptor["file"], "demo/out"))

    @classmethod
    def layer(cls, name):
        """([field names], [(values by name, geometry)], reference system)"""
        if name in cls.cache:
            return cls.cache[name]
        descriptor = descriptors()[name]
        path = cls.path(descriptor)
        options = []
        if path.endswith(".zip"):
            with zipfile.ZipFile(path) as archive:
                inside = [n for n in archive.namelist() if n.endswith(".shp")]
            assert len(inside) == 1, f"{path}: one shapefile expected, found {inside}"
            path = f"/vsizip/{path}/{inside[0]}"
        if path.endswith(".csv"):
            options = ["X_POSSIBLE_NAMES=longitud", "Y_POSSIBLE_NAMES=latitud", "KEEP_GEOM_COLUMNS=YES", "AUTODETECT_TYPE=YES"]
        if path.endswith(".shp") and not gdal.VSIStatL(path[:-4] + ".cpg") and dbf_bytes(path)[29] == 0:
            options = ["ENCODING=ISO-8859-1"]  # what a person has to know and Tesela finds out
        data = gdal.OpenEx(path, gdal.OF_VECTOR, open_options=options)
        layer = data.GetLayer(0)
        definition = layer.GetLayerDefn()
        fields = [definition.GetFieldDefn(i).GetName() for i in range(definition.GetFieldCount())]
        rows = []
        for feature in layer:
            shape = feature.GetGeometryRef()
            values = {f: feature.GetField(i) for i, f in enumerate(fields)}
            if path.endswith(".csv") and "encoding" in descriptor:  # GDAL takes the bytes of a CSV for UTF-8
                values = {f: v.encode("utf-8", "surrogateescape").decode(descriptor["encoding"]) if isinstance(v, str) else v
                          for f, v in values.items()}
            rows.append((values, shape.Clone() if shape else None))
        cls.cache[name] = (fields, rows, layer.GetSpatialRef().Clone() if layer.GetSpatialRef() else None)
        return cls.cache[name]


def dbf_bytes(shp):
    handle = gdal.VSIFOpenL(shp[:-4] + ".dbf", "rb")
    content = gdal.VSIFReadL(1, 1 << 26, handle)
    gdal.VSIFCloseL(handle)
    return bytes(content)


def rings(shape):
    """All rings of a polygon geometry as lists of points, closing point left out."""
    if shape.GetGeometryName() == "MULTIPOLYGON":
        for i in range(shape.GetGeometryCount()):
            yield from rings(shape.GetGeometryRef(i))
    else:
        for i in range(shape.GetGeometryCount()):
            yield [tuple(p[:2]) for p in shape.GetGeometryRef(i).GetPoints()[:-1]]


def signed_area(ring):
    return sum(ring[i - 1][0] * ring[i][1] - ring[i][0] * ring[i - 1][1] for i in range(len(ring))) / 2


class Files(unittest.TestCase):
    def test_same_program_gives_same_bytes(self):
        with tempfile.TemporaryDirectory() as other:
            second = os.path.join(other, "out")
            make(second)
            first_names, second_names = sorted(os.listdir(City.folder)), sorted(os.listdir(second))
            self.assertEqual(first_names, second_names)
            for name in first_names:
                with self.subTest(name):
                    digests = [digest(os.path.join(f, name)) for f in (City.folder, second)]
                    self.assertEqual(digests[0], digests[1])

    def test_each_descriptor_names_a_file_and_its_columns(self):
        for name, descriptor in descriptors().items():
            with self.subTest(name):
                self.assertEqual(descriptor["id"], name)
                fields, rows, _ = City.layer(name)
                self.assertGreater(len(rows), 0)
                self.assertEqual(sorted(fields), sorted(descriptor["fields"]))
                for part in ("title", "description"):
                    self.assertEqual(sorted(descriptor[part]), ["en", "es"])
                self.assertIn("ficticios", descriptor["description"]["es"])
                self.assertIn("ficticios", descriptor["attribution"])
                for field in ("key", "label"):
                    if field in descriptor:
                        self.assertIn(descriptor[field], fields)
                if "key" in descriptor:
                    keys = [values[descriptor["key"]] for values, _ in rows]
                    self.assertEqual(len(keys), len(set(keys)), "the key is not unique")
                    self.assertNotIn(None, keys)

    def test_every_file_has_a_descriptor(self):
        known = {os.path.basename(d["file"]).split(".")[0] for d in descriptors().values()}
        self.assertEqual(known, {n.split(".")[0] for n in os.listdir(City.folder)})

    def test_column_names_fit_a_dbf(self):
        for name, descriptor in descriptors().items():
            if not descriptor["file"].endswith((".zip", ".shp")):
                continue
            for field in descriptor["fields"]:
                self.assertLessEqual(len(field), 10, f"{name}.{field}")

    def test_several_formats_and_reference_systems(self):
        extensions = {os.path.splitext(d["file"])[1] for d in descriptors().values()}
        self.assertEqual(extensions, {".zip", ".shp", ".gpkg", ".csv", ".geojson"})
        systems = {}
        for name in descriptors():
            srs = City.layer(name)[2]
            systems.setdefault("none" if srs is None else srs.GetAuthorityCode(None) or srs.GetName(), []).append(name)
        self.assertIn("32613", systems)
        self.assertIn("4326", systems)
        self.assertIn("MEXICO_ITRF_2008_LCC", systems)  # as INEGI spells it: no authority code
        self.assertIn("6372", systems)

    def test_code_pages(self):
        """Latin-1 with nothing that says so, with .cpg, with .cst, CP1252 by the language byte, UTF-8."""
        def sidecars(name):
            path = City.path(descriptors()[name])
            if path.endswith(".zip"):
                with zipfile.ZipFile(path) as archive:
                    parts = {os.path.splitext(n)[1]: archive.read(n) for n in archive.namelist()}
            else:
                parts = {}
                for extension in (".dbf", ".cpg", ".cst"):
                    if os.path.exists(path[:-4] + extension):
                        with open(path[:-4] + extension, "rb") as part:
                            parts[extension] = part.read()
            return parts
        colonias = sidecars("colonias")
        self.assertNotIn(".cpg", colonias)
        self.assertEqual(colonias[".dbf"][29], 0)
        with self.assertRaises(UnicodeDecodeError):
            colonias[".dbf"].decode("utf-8")
        self.assertIn("Torreón Jardín".encode("latin-1"), colonias[".dbf"])
        self.assertEqual(sidecars("manzanas")[".cpg"], b"UTF-8")
        self.assertIn("típica".encode("utf-8"), sidecars("manzanas")[".dbf"])
        self.assertEqual(sidecars("areas_verdes")[".cpg"], b"88591")
        self.assertEqual(sidecars("zonificacion")[".dbf"][29], 0x57)
        self.assertEqual(sidecars("lugares")[".cst"], b"ISO-8859-1")
        self.assertIn("Sierra de Mapimí".encode("latin-1"), sidecars("lugares")[".dbf"])
        with open(City.path(descriptors()["incidentes_viales"]), "rb") as table:
            first = table.read(4000)
        self.assertIn(b";", first.splitlines()[0])
        self.assertIn("sólo daños".encode("latin-1"), first)

    def test_folder_inside_a_zip(self):
        with zipfile.ZipFile(City.path(descriptors()["vialidades"])) as archive:
            self.assertTrue(all(n.startswith("Vialidades 2025/") for n in archive.namelist()))
            self.assertTrue(all(i.date_time == (2025, 1, 15, 12, 0, 0) for i in archive.infolist()))

    def test_everything_lies_in_the_region(self):
        degrees = osr.SpatialReference()
        degrees.ImportFromEPSG(4326)
        degrees.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
        for name in descriptors():
            _, rows, srs = City.layer(name)
            turn = None
            if srs is not None:
                srs.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
                turn = osr.CoordinateTransformation(srs, degrees)
            for values, shape in rows:
                self.assertIsNotNone(shape, f"{name}: {values}")
                west, east, south, north = shape.GetEnvelope()
                corners = [(west, south), (east, north)]
                if turn:
                    corners = turn.TransformPoints(corners)
                for x, y, *_ in corners:
                    self.assertTrue(REGION[0] < x < REGION[2] and REGION[1] < y < REGION[3], f"{name}: {x}, {y}")


class Shapes(unittest.TestCase):
    def test_shapes_are_valid(self):
        for name in descriptors():
            _, rows, _ = City.layer(name)
            bad = [list(v.values())[:2] for v, shape in rows if shape.GetGeometryName() not in ("POINT",) and not shape.IsValid()]
            self.assertEqual(bad, [], name)

    def test_neighbours_share_their_borders_to_the_last_digit(self):
        """Each piece of border is used once in each direction at most, and the whole has exactly the area of its parts:
        no gaps inside, no overlaps."""
        for name in POLYGONS_MEETING:
            with self.subTest(name):
                _, rows, _ = City.layer(name)
                pieces = {}
                total = 0.0
                for number, (_, shape) in enumerate(rows):
                    for k, ring in enumerate(rings(shape)):
                        outer = signed_area(ring) > 0
                        total += shape.Area() if k == 0 else 0.0
                        for i, b in enumerate(ring):
                            key = (ring[i - 1], b)
                            self.assertNotIn((key, outer), pieces, f"{key} twice")
                            pieces[(key, outer)] = number
                union = ogr.Geometry(ogr.wkbMultiPolygon)
                for _, shape in rows:
                    for i in range(shape.GetGeometryCount()) if shape.GetGeometryName() == "MULTIPOLYGON" else [None]:
                        union.AddGeometry(shape if i is None else shape.GetGeometryRef(i))
                whole = union.UnionCascaded()
                self.assertLess(abs(whole.Area() - total) / total, 1e-9)

    def test_shared_borders_are_common(self):
        """Most of the outline of a colonia is also its neighbour's, with the same corners."""
        _, rows, _ = City.layer("colonias")
        edges = {}
        for _, shape in rows:
            for ring in rings(shape):
                for i, b in enumerate(ring):
                    edges.setdefault(frozenset((ring[i - 1], b)), []).append(1)
        shared = sum(1 for e in edges.values() if len(e) == 2)
        self.assertTrue(all(len(e) <= 2 for e in edges.values()))
        self.assertGreater(shared / len(edges), 0.6)

    def test_blocks_do_not_overlap(self):
        _, rows, _ = City.layer("manzanas")
        total = sum(shape.Area() for _, shape in rows)
        union = ogr.Geometry(ogr.wkbMultiPolygon)
        for _, shape in rows:
            for i in range(shape.GetGeometryCount()) if shape.GetGeometryName() == "MULTIPOLYGON" else [None]:
                union.AddGeometry(shape if i is None else shape.GetGeometryRef(i))
        self.assertLess(abs(union.UnionCascaded().Area() - total) / total, 1e-6)

    def test_routes_follow_streets(self):
        degrees_to_lambert = None
        _, streets, lambert = City.layer("vialidades")
        corners = set()
        for _, shape in streets:
            for i in range(max(1, shape.GetGeometryCount())):
                line = shape.GetGeometryRef(i) if shape.GetGeometryCount() else shape
                corners.update((round(p[0]), round(p[1])) for p in line.GetPoints())
        _, routes, degrees = City.layer("rutas_transporte")
        degrees.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
        lambert.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
        degrees_to_lambert = osr.CoordinateTransformation(degrees, lambert)
        for values, shape in routes:
            for x, y, *_ in degrees_to_lambert.TransformPoints([p[:2] for p in shape.GetPoints()]):
                near = any((round(x) + dx, round(y) + dy) in corners for dx in (-1, 0, 1) for dy in (-1, 0, 1))
                self.assertTrue(near, f"{values['ruta']} {values['ramal']} leaves the streets at {x:.0f}, {y:.0f}")


class Contents(unittest.TestCase):
    def test_how_much_there_is(self):
        count = {name: len(City.layer(name)[1]) for name in descriptors()}
        self.assertEqual(count["municipios"], 4)
        self.assertGreaterEqual(count["colonias"], 250)
        self.assertGreaterEqual(count["vialidades"], 8000)
        self.assertGreaterEqual(count["manzanas"], 12000)
        self.assertGreaterEqual(count["ageb"], 300)
        self.assertGreaterEqual(count["centros_educativos"], 800)
        self.assertGreaterEqual(count["rutas_transporte"], 20)
        self.assertLessEqual(sum(count.values()), 60000)

    def test_colonias_have_their_own_names(self):
        names = [(v["municipio"], v["nombre"]) for v, _ in City.layer("colonias")[1]]
        self.assertEqual(len(names), len(set(names)))
        for name in ("Torreón Jardín", "Campestre La Rosita", "Las Etnias", "Eduardo Guerra", "Filadelfia", "La Durangueña"):
            self.assertIn(name, {n for _, n in names})

    def test_thirty_classes_of_land_use(self):
        keys = {v["clave"] for v, _ in City.layer("zonificacion")[1]}
        self.assertGreaterEqual(len(keys), 30)
        drawn = set(match_labels(next(l for l in styles()["zonificacion"]["layers"] if l["id"] == "zonas")["paint"]["fill-color"]))
        self.assertLessEqual(keys, drawn, "the zoning map does not draw every class")

    def test_hierarchies_and_levels(self):
        self.assertEqual({v["jerarquia"] for v, _ in City.layer("vialidades")[1]}, {"regional", "primaria", "secundaria", "colectora", "local"})
        self.assertEqual({v["nivel"] for v, _ in City.layer("centros_educativos")[1]},
                         {"preescolar", "primaria", "secundaria", "media superior", "superior"})
        self.assertEqual({v["estado"] for v, _ in City.layer("ciclovias")[1]}, {"existente", "proyectada"})

    def test_figures_add_up(self):
        total = 0
        empty = 0
        for v, _ in City.layer("ageb")[1]:
            self.assertRegex(v["cvegeo"], r"^(05|10)\d{10}[\dA]$")
            total += v["pobtot"]
            if v["pobmas"] is None:
                empty += 1
                self.assertLess(v["pobtot"], 25)
                continue
            self.assertEqual(v["pobmas"] + v["pobfem"], v["pobtot"])
            self.assertEqual(v["p_0a14"] + v["p_15a64"] + v["p_65ymas"], v["pobtot"])
            self.assertLessEqual(v["tvivhab"], v["vivtot"])
            for part in ("vph_inter", "vph_autom", "vph_pc", "vph_aguadv"):
                self.assertLessEqual(v[part], v["tvivhab"])
            self.assertTrue(5 < v["graproes"] < 17)
        self.assertGreater(empty, 0, "no area without figures: the class for missing values is not exercised")
        self.assertTrue(1_300_000 < total < 1_500_000, total)
        blocks = sum(v["POBTOT"] for v, _ in City.layer("manzanas")[1])
        self.assertLess(abs(blocks - total) / total, 0.002)
        self.assertEqual(sum(v["POBTOT"] for v, _ in City.layer("municipios")[1]), total)

    def test_blocks_belong_to_areas(self):
        areas = {v["cvegeo"] for v, _ in City.layer("ageb")[1]}
        for v, _ in City.layer("manzanas")[1]:
            self.assertIn(v["CVEGEO"][:13], areas)
            self.assertEqual(len(v["CVEGEO"]), 16)


def walk(value):
    yield value
    if isinstance(value, list):
        for item in value:
            yield from walk(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from walk(item)


def match_labels(expression):
    if isinstance(expression, list) and expression and expression[0] == "match":
        for label in expression[2:-1:2]:
            yield from label if isinstance(label, list) else [label]


class Maps(unittest.TestCase):
    def test_files_are_what_the_program_writes(self):
        done = subprocess.run([sys.executable, os.path.join(STYLES, "make_styles.py"), "--check"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_every_map_says_what_it_is(self):
        maps = styles()
        self.assertGreaterEqual(len(maps), 8)
        for name in ("base", "colonias", "zonificacion", "centros-educativos", "rutas-transporte", "infraestructura-vial", "red-ciclista", "poblacion-ageb"):
            self.assertIn(name, maps)
        for name, style in maps.items():
            with self.subTest(name):
                about = style["metadata"]["tesela:map"]
                for part in ("title", "description"):
                    self.assertTrue(about[part]["es"] and about[part]["en"])
                self.assertIn("ficticios", about["description"]["es"])
                self.assertIn(about["theme"], ("Planes y programas", "Indicadores georreferenciados", "Inventario urbano", "Movilidad", "Medio ambiente"))
                self.assertEqual(about["legal"], "Versión de divulgación e información, no produce efectos jurídicos.")
                self.assertEqual(about["state"], "publicar")
                self.assertEqual(about["zoom"], style["zoom"] + 1)
                known = descriptors()
                for layer, popup in about["popup"].items():
                    for field in [popup["title"]] + popup["fields"]:
                        self.assertIn(field, known[layer]["fields"])
                    self.assertIn(layer, style["sources"])

    def test_layers_use_what_there_is(self):
        known = descriptors()
        for name, style in styles().items():
            ids = [l["id"] for l in style["layers"]]
            self.assertEqual(len(ids), len(set(ids)), name)
            used = set()
            for layer in style["layers"]:
                with self.subTest(f"{name}: {layer['id']}"):
                    self.assertIn(layer["type"], ("background", "fill", "line", "circle", "symbol"))
                    self.assertIn("tesela:legend", layer["metadata"])
                    if layer["type"] == "background":
                        continue
                    used.add(layer["source"])
                    self.assertEqual(style["sources"][layer["source"]]["url"], "tesela://" + layer["source-layer"])
                    fields = known[layer["source-layer"]]["fields"]
                    for part in walk([layer.get("filter"), layer.get("paint"), layer.get("layout")]):
                        if isinstance(part, list) and len(part) == 2 and part[0] == "get":
                            self.assertIn(part[1], fields)
                            self.assertFalse(fields[part[1]].get("hidden"), f"{part[1]} is hidden: maps cannot use it")
                    for part in walk([layer.get("paint")]):
                        if isinstance(part, str) and part.startswith("#"):
                            self.assertRegex(part, r"^#[0-9a-f]{6}$")
                    if layer["type"] == "symbol" and "text-field" in layer["layout"]:
                        self.assertIn(layer["layout"]["text-font"][0], FONTS)
            self.assertEqual(used, set(style["sources"]), name)

    def test_classes_drawn_are_classes_of_the_data(self):
        """Every value that a theme compares with occurs in the data: a slip of the pen would draw nothing."""
        for name, style in styles().items():
            for layer in style["layers"]:
                for part in walk([layer.get("filter"), layer.get("paint"), layer.get("layout")]):
                    if not (isinstance(part, list) and part and part[0] in ("match", "==") and isinstance(part[1], list) and part[1][:1] == ["get"]):
                        continue
                    values = list(match_labels(part)) if part[0] == "match" else [part[2]]
                    present = {v[part[1][1]] for v, _ in City.layer(layer["source-layer"])[1]}
                    for value in values:
                        if value is not None:
                            self.assertIn(value, present, f"{name}: {layer['id']}: {part[1][1]}")

    def test_choropleths_fill_their_classes(self):
        for name, field in (("poblacion-ageb", "pobtot"), ("densidad-poblacion", "densidad"), ("grado-escolaridad", "graproes"), ("viviendas-internet", "pct_inter")):
            with self.subTest(name):
                step = next(l for l in styles()[name]["layers"] if l["id"] == "clases")["paint"]["fill-color"]
                self.assertEqual(step[:2], ["step", ["get", field]])
                stops = step[3::2]
                self.assertGreaterEqual(len(stops) + 1, 5)
                self.assertEqual(stops, sorted(stops))
                counts = [0] * (len(stops) + 1)
                for v, _ in City.layer("ageb")[1]:
                    if v[field] is not None:
                        counts[sum(1 for s in stops if v[field] >= s)] += 1
                self.assertGreater(min(counts), 15, counts)
                light = [luminance(c) for c in [step[2]] + step[4::2]]
                self.assertEqual(light, sorted(light, reverse=True), "classes do not darken in order")

    def test_zone_colours_differ(self):
        expression = next(l for l in styles()["zonificacion"]["layers"] if l["id"] == "zonas")["paint"]["fill-color"]
        colors = dict(zip(expression[2:-1:2], expression[3:-1:2]))
        self.assertGreaterEqual(len(colors), 30)
        for sight in (NORMAL, DEUTERANOPIA, PROTANOPIA):
            labs = {k: lab(c, sight) for k, c in colors.items()}
            keys = sorted(labs)
            least = min((sum((a - b) ** 2 for a, b in zip(labs[p], labs[q])) ** 0.5, p, q) for i, p in enumerate(keys) for q in keys[i + 1:])
            self.assertGreater(least[0], 8.0 if sight is NORMAL else 2.0, least)


# Linear RGB as people with two kinds of cones see it (Viénot, Brettel, Mollon 1999).
NORMAL = ((1, 0, 0), (0, 1, 0), (0, 0, 1))
DEUTERANOPIA = ((0.29275, 0.70725, 0), (0.29275, 0.70725, 0), (-0.02234, 0.02234, 1))
PROTANOPIA = ((0.11238, 0.88762, 0), (0.11238, 0.88762, 0), (0.00401, -0.00401, 1))


def linear(color):
    channels = [int(color[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]


def luminance(color):
    r, g, b = linear(color)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def lab(color, sight):
    rgb = linear(color)
    r, g, b = (max(0.0, sum(m * c for m, c in zip(row, rgb))) for row in sight)
    x, y, z = 0.4124 * r + 0.3576 * g + 0.1805 * b, 0.2126 * r + 0.7152 * g + 0.0722 * b, 0.0193 * r + 0.1192 * g + 0.9505 * b

    def f(t):
        return t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116
    fx, fy, fz = f(x / 0.9505), f(y), f(z / 1.089)
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        City.folder = os.path.join(temporary, "out")
        make(City.folder)
        unittest.main(verbosity=2)
