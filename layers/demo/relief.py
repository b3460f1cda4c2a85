# SPDX-License-Identifier: MIT
"""Hills around the plain, as polygons between contour lines of a made-up height field."""

import math

import numpy
from osgeo import gdal, ogr

import seeds
from city import UTM, Rng, metre, metres, reference

CELL = 120.0
LEVELS = [45, 110, 200, 310, 440, 600, 800, 1050]
WEST, SOUTH, EAST, NORTH = -104.06, 24.74, -102.86, 25.96


class Relief:
    def __init__(self):
        corners = metres([(WEST, SOUTH), (EAST, SOUTH), (WEST, NORTH), (EAST, NORTH)])
        self.x0 = math.floor(min(c[0] for c in corners) / 1000) * 1000.0
        self.y1 = math.ceil(max(c[1] for c in corners) / 1000) * 1000.0
        self.columns = int((max(c[0] for c in corners) - self.x0) / CELL) + 1
        self.lines = int((self.y1 - min(c[1] for c in corners)) / CELL) + 1
        xs = self.x0 + (numpy.arange(self.columns) + 0.5) * CELL
        ys = self.y1 - (numpy.arange(self.lines) + 0.5) * CELL
        x, y = numpy.meshgrid(xs, ys)
        wander = self._noise("wander", 4200.0, 3)
        ridges = 1.0 - 2.2 * numpy.abs(self._noise("ridges", 2300.0, 4))
        spurs = self._noise("spurs", 1500.0, 3)
        heights = numpy.zeros_like(x)
        for k, (lon, lat, length, width, turn, height) in enumerate(seeds.HILLS):
            cx, cy = metre(lon, lat)
            angle = math.radians(turn)
            dx, dy = x - cx, y - cy
            along = (dx * math.cos(angle) + dy * math.sin(angle)) / (length * 500.0)
            across = (dy * math.cos(angle) - dx * math.sin(angle)) / (width * 500.0)
            across = across + 0.75 * wander * min(1.0, length / 6.0) + 0.30 * spurs
            along = along + 0.22 * spurs
            shape = numpy.exp(-(along ** 4) * 0.9 - numpy.abs(across) ** 1.6 * 1.5)
            heights = numpy.maximum(heights, height * shape * numpy.clip(0.72 + 0.38 * ridges, 0.1, 1.3))
        # Nothing rises where people live.
        for lon, lat, reach in ((-103.452, 25.5395, 2200), (-103.50, 25.56, 4600), (-103.40, 25.56, 7000), (-103.36, 25.51, 4200)):
            cx, cy = metre(lon, lat)
            away = numpy.hypot(x - cx, y - cy) / reach
            heights = heights * numpy.clip((away - 0.85) / 0.35, 0.0, 1.0)
        self.heights = heights

    def _noise(self, name, size, octaves):
        """Smooth noise between about -1 and 1."""
        total = numpy.zeros((self.lines, self.columns))
        weight = 1.0
        for octave in range(octaves):
            step = size / 2 ** octave / CELL
            nx, ny = int(self.columns / step) + 3, int(self.lines / step) + 3
            rng = Rng("relief", name, octave)
            lattice = numpy.array([[rng.between(-1, 1) for _ in range(nx)] for _ in range(ny)])
            gx, gy = numpy.arange(self.columns) / step, numpy.arange(self.lines) / step
            ix, iy = gx.astype(int), gy.astype(int)
            fx, fy = gx - ix, gy - iy
            fx, fy = fx * fx * (3 - 2 * fx), (fy * fy * (3 - 2 * fy))[:, None]
            a, b = lattice[iy][:, ix], lattice[iy][:, ix + 1]
            c, d = lattice[iy + 1][:, ix], lattice[iy + 1][:, ix + 1]
            total += weight * ((a * (1 - fx) + b * fx) * (1 - fy) + (c * (1 - fx) + d * fx) * fy)
            weight *= 0.5
        return total / 1.4

    def at(self, x, y):
        column, line = int((x - self.x0) / CELL), int((self.y1 - y) / CELL)
        if 0 <= column < self.columns and 0 <= line < self.lines:
            return float(self.heights[line, column])
        return 0.0

    def bands(self):
        """[(low, high, polygons)] from low to high."""
        source = gdal.GetDriverByName("MEM").Create("", self.columns, self.lines, 1, gdal.GDT_Float32)
        source.SetGeoTransform((self.x0, CELL, 0, self.y1, 0, -CELL))
        source.SetProjection(reference(UTM).ExportToWkt())
        source.GetRasterBand(1).WriteArray(self.heights)
        data = ogr.GetDriverByName("Memory").CreateDataSource("")
        layer = data.CreateLayer("bands", reference(UTM), ogr.wkbMultiPolygon)
        layer.CreateField(ogr.FieldDefn("low", ogr.OFTReal))
        layer.CreateField(ogr.FieldDefn("high", ogr.OFTReal))
        gdal.ContourGenerateEx(source.GetRasterBand(1), layer, options=[
            "FIXED_LEVELS=" + ",".join(str(v) for v in LEVELS), "ELEV_FIELD_MIN=0", "ELEV_FIELD_MAX=1", "POLYGONIZE=YES"])
        bands = {}
        for feature in layer:
            low = min(LEVELS, key=lambda v: abs(v - feature.GetField("low")))
            if feature.GetField("low") < LEVELS[0] - 1:
                continue
            high = next((v for v in LEVELS if v > low), None)
            for part in self._polygons(feature.GetGeometryRef()):
                bands.setdefault((low, high), []).append(part)
        return [(low, high, bands[low, high]) for low, high in sorted(bands, key=lambda b: b[0])]

    @staticmethod
    def _polygons(shape):
        for i in range(shape.GetGeometryCount()):
            polygon = shape.GetGeometryRef(i)
            rings = []
            for k in range(polygon.GetGeometryCount()):
                ring = polygon.GetGeometryRef(k)
                points = [(ring.GetX(j), ring.GetY(j)) for j in range(ring.GetPointCount() - 1)]
                area = abs(sum(points[j - 1][0] * points[j][1] - points[j][0] * points[j - 1][1]
                               for j in range(len(points)))) / 2
                if area > 40000 and len(points) > 3:
                    rings.append(points)
                elif k == 0:
                    break
            if rings:
                yield rings
