# SPDX-License-Identifier: MIT
"""What is drawn is where it should be: polygons against GDAL's own rasterisation, points to the pixel."""

import json
import math
import unittest

import numpy
from osgeo import gdal, ogr, osr

from pictures import SHARED, Scene

HALF_WORLD = 20037508.342789244


def project(lon, lat):
    x = lon / 180 * HALF_WORLD
    y = math.log(math.tan((90 + lat) * math.pi / 360)) / math.pi * HALF_WORLD
    return x, y


def tile_bounds(z, x, y):
    width = 2 * HALF_WORLD / 2 ** z
    return -HALF_WORLD + x * width, HALF_WORLD - (y + 1) * width, -HALF_WORLD + (x + 1) * width, HALF_WORLD - y * width


def tile_of(lon, lat, z):
    x, y = project(lon, lat)
    width = 2 * HALF_WORLD / 2 ** z
    return int((x + HALF_WORLD) // width), int((HALF_WORLD - y) // width)


def mask_by_gdal(layer, z, x, y, oversampling=8):
    """Share of each pixel that GDAL covers, from a rasterisation at 8 times the size."""
    west, south, east, north = tile_bounds(z, x, y)
    size = 256 * oversampling
    memory = gdal.GetDriverByName("MEM").Create("", size, size, 1, gdal.GDT_Byte)
    memory.SetGeoTransform((west, (east - west) / size, 0, north, 0, (south - north) / size))
    mercator = osr.SpatialReference()
    mercator.ImportFromEPSG(3857)
    memory.SetProjection(mercator.ExportToWkt())
    gdal.RasterizeLayer(memory, [1], layer, burn_values=[1])
    fine = memory.ReadAsArray().astype(numpy.float64)
    return fine.reshape(256, oversampling, 256, oversampling).mean(axis=(1, 3))


def in_mercator(layer, srs_code=None):
    """A copy of an OGR layer in memory, in EPSG:3857."""
    source = osr.SpatialReference()
    if srs_code:
        source.ImportFromEPSG(srs_code)
    else:
        source = layer.GetSpatialRef().Clone()
    source.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    target = osr.SpatialReference()
    target.ImportFromEPSG(3857)
    target.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    change = osr.CoordinateTransformation(source, target)
    memory = ogr.GetDriverByName("Memory").CreateDataSource("m")
    copy = memory.CreateLayer("m", target, ogr.wkbUnknown)
    for feature in layer:
        geometry = feature.GetGeometryRef()
        if geometry is None:
            continue
        geometry = geometry.Clone()
        geometry.CloseRings()
        geometry = geometry if geometry.IsValid() else geometry.MakeValid()
        if geometry is None:
            continue
        geometry.Transform(change)
        made = ogr.Feature(copy.GetLayerDefn())
        made.SetGeometry(geometry)
        copy.CreateFeature(made)
    return memory, copy


FILL = [{"id": "f", "type": "fill", "source": "shapes", "paint": {"fill-color": "#000000"}}]


class Coverage(unittest.TestCase):
    def setUp(self):
        self.scene = Scene()

    def tearDown(self):
        self.scene.close()

    def compare(self, layer, lon, lat, zooms, srs_code=None, least=0.98):
        keep, mercator = in_mercator(layer, srs_code)
        self.scene.add_style("m", ["shapes"], FILL)
        for z in zooms:
            x, y = tile_of(lon, lat, z)
            ours = self.scene.render("m", "--tile", f"{z}/{x}/{y}")[:, :, 3] / 255.0
            theirs = mask_by_gdal(mercator, z, x, y)
            union = numpy.maximum(ours, theirs).sum()
            share = 1.0 if union == 0 else numpy.minimum(ours, theirs).sum() / union
            self.assertGreaterEqual(share, least, f"tile {z}/{x}/{y}")
            if union > 200:
                self.assertGreater(theirs.sum(), 0)
        del keep

    def test_small_fixture(self):
        rings = [[[-103.45, 25.50], [-103.41, 25.505], [-103.40, 25.54], [-103.44, 25.55], [-103.45, 25.50]],
                 [[-103.44, 25.52], [-103.43, 25.535], [-103.42, 25.52], [-103.44, 25.52]]]
        features = [{"type": "Feature", "properties": {"n": 1}, "geometry": {"type": "Polygon", "coordinates": rings}}]
        self.scene.load_features("shapes", features)
        source = ogr.Open(json.dumps({"type": "FeatureCollection", "features": features}))
        self.compare(source.GetLayer(0), -103.43, 25.525, range(8, 17))

    def shared(self, path, inner, lon, lat, zooms, *options, srs_code=None):
        file = SHARED / "data" / path
        if not file.exists():
            self.skipTest(f"{path} is not here")
        self.scene.load(file, "shapes", *options)
        source = ogr.Open(f"/vsizip/{file}/{inner}" if inner else str(file))
        self.compare(source.GetLayer(0), lon, lat, zooms, srs_code)

    def test_la_laguna(self):
        self.shared("laguna/municipios-la-laguna-2023.geojson", None, -103.35, 25.5, range(5, 14))

    def test_ine_pasto(self):
        self.shared("shapefiles/ine-aguascalientes.zip", self.inner("shapefiles/ine-aguascalientes.zip", "PASTO.shp"), -102.29, 21.88, range(12, 17), "--source-layer", "PASTO")

    def test_estados_in_lambert(self):
        self.shared("shapefiles/inegi-estados-municipios.zip",
                    self.inner("shapefiles/inegi-estados-municipios.zip", "ESTADOS.shp"), -103.4, 25.5, range(4, 9),
                    "--source-layer", "ESTADOS", "--srs", "EPSG:6372", srs_code=6372)

    def inner(self, path, name):
        file = SHARED / "data" / path
        if not file.exists():
            self.skipTest(f"{path} is not here")
        for entry in gdal.ReadDirRecursive(f"/vsizip/{file}"):
            if entry.lower().endswith(name.lower()):
                return entry
        raise AssertionError(f"{name} is not in {path}")

    def test_points_to_the_pixel(self):
        places = [(-103.4067, 25.5428), (-103.4012345, 25.5398765), (-103.41, 25.545)]
        features = [{"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": place}}
                    for place in places]
        self.scene.load_features("shapes", features)
        self.scene.add_style("m", ["shapes"], [{"id": "c", "type": "circle", "source": "shapes",
                                                 "paint": {"circle-radius": 3, "circle-color": "#000000"}}])
        for z in range(12, 19):
            for lon, lat in places:
                x, y = tile_of(lon, lat, z)
                picture = self.scene.render("m", "--tile", f"{z}/{x}/{y}")[:, :, 3] / 255.0
                west, south, east, north = tile_bounds(z, x, y)
                px, py = project(lon, lat)
                column = (px - west) / (east - west) * 256
                row = (north - py) / (north - south) * 256
                if not (6 < column < 250 and 6 < row < 250):
                    continue
                window = picture[int(row) - 5:int(row) + 6, int(column) - 5:int(column) + 6]
                if abs(window.sum() - math.pi * 9) > 1:
                    continue  # another point is close by
                rows, columns = numpy.mgrid[0:11, 0:11]
                middle_row = (window * rows).sum() / window.sum() + int(row) - 5 + 0.5
                middle_column = (window * columns).sum() / window.sum() + int(column) - 5 + 0.5
                self.assertAlmostEqual(middle_row, row, delta=0.1)
                self.assertAlmostEqual(middle_column, column, delta=0.1)


if __name__ == "__main__":
    unittest.main()
