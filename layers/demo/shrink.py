# SPDX-License-Identifier: MIT
"""Blocks out of faces: each side moves in by half of its street."""

import math

from osgeo import gdal, ogr

from mesh import ring_area


def shrink(points, widths, dents):
    """`widths[i]` belongs to the side from points[i - 1] to points[i]; `dents` are cul-de-sacs (from, to).
    Returns polygons (lists of rings); none when nothing is left."""
    ring = _move_sides(points, widths)
    shape = _polygon(ring) if ring else None
    gdal.PushErrorHandler("CPLQuietErrorHandler")  # an invalid ring is expected now and then, and made anew below
    valid = shape is not None and shape.IsValid()
    gdal.PopErrorHandler()
    if not valid or shape.Area() > abs(ring_area(points)):
        shape = _polygon(points).Buffer(-sorted(widths)[len(widths) // 2], 4)
        for i, width in enumerate(widths):
            if width > sorted(widths)[len(widths) // 2]:
                line = ogr.Geometry(ogr.wkbLineString)
                line.AddPoint_2D(*points[i - 1])
                line.AddPoint_2D(*points[i])
                shape = shape.Difference(line.Buffer(width, 4))
    for start, end in dents:
        line = ogr.Geometry(ogr.wkbLineString)
        line.AddPoint_2D(*start)
        line.AddPoint_2D(*end)
        shape = shape.Difference(line.Buffer(5.0, 4))
        bulb = ogr.Geometry(ogr.wkbPoint)
        bulb.AddPoint_2D(*end)
        shape = shape.Difference(bulb.Buffer(10.0, 6))
    return [p for p in _rings(shape) if abs(ring_area(p[0])) > 120]


def _move_sides(points, widths):
    count = len(points)
    moved = []
    for i in range(count):
        (x0, y0), (x1, y1) = points[i - 1], points[i]
        length = math.dist(points[i - 1], points[i])
        if length < 0.05:
            return None
        nx, ny = -(y1 - y0) / length, (x1 - x0) / length
        moved.append((x0 + nx * widths[i], y0 + ny * widths[i], (x1 - x0) / length, (y1 - y0) / length, nx, ny, widths[i]))
    ring = []
    for i in range(count):
        a, b = moved[i], moved[(i + 1) % count]
        turn = a[2] * b[3] - a[3] * b[2]
        x, y = points[i]
        if abs(turn) < 0.12:
            width = (a[6] + b[6]) / 2 if abs(a[6] - b[6]) < 0.1 else max(a[6], b[6])
            nx, ny = a[4] + b[4], a[5] + b[5]
            size = math.hypot(nx, ny) or 1.0
            ring.append((x + nx / size * width, y + ny / size * width))
            continue
        t = ((b[0] - a[0]) * b[3] - (b[1] - a[1]) * b[2]) / turn
        px, py = a[0] + a[2] * t, a[1] + a[3] * t
        if math.hypot(px - x, py - y) > 5 * max(a[6], b[6]) + 2:
            return None
        ring.append((px, py))
    for i in range(count):
        (x0, y0), (x1, y1) = ring[i - 1], ring[i]
        if (x1 - x0) * moved[i][2] + (y1 - y0) * moved[i][3] <= 0:
            return None
    clean = []
    for i in range(count):  # leave out points on straight sides
        (ax, ay), (bx, by), (cx, cy) = ring[i - 1], ring[i], ring[(i + 1) % count]
        if abs((bx - ax) * (cy - ay) - (by - ay) * (cx - ax)) > 0.08 * math.hypot(cx - ax, cy - ay):
            clean.append(ring[i])
    return clean if len(clean) > 2 and ring_area(clean) > 0 else None


def _polygon(points):
    ring = ogr.Geometry(ogr.wkbLinearRing)
    for x, y in points:
        ring.AddPoint_2D(x, y)
    ring.CloseRings()
    shape = ogr.Geometry(ogr.wkbPolygon)
    shape.AddGeometry(ring)
    return shape


def _rings(shape):
    kind = ogr.GT_Flatten(shape.GetGeometryType())
    if kind == ogr.wkbPolygon:
        if not shape.IsEmpty():
            yield [[(shape.GetGeometryRef(k).GetX(i), shape.GetGeometryRef(k).GetY(i))
                    for i in range(shape.GetGeometryRef(k).GetPointCount() - 1)] for k in range(shape.GetGeometryCount())]
    elif kind in (ogr.wkbMultiPolygon, ogr.wkbGeometryCollection):
        for i in range(shape.GetGeometryCount()):
            yield from _rings(shape.GetGeometryRef(i))
