#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A layer of parcels for measurements: blocks of 2 x 10 parcels with streets between them, as a shapefile.

usage: parcels.py COUNT OUT.shp [--degrees]

UTM zone 13N unless --degrees is given. The same bytes on every run. Neighbours share their vertices; sides have a few
more vertices than corners, as surveys have. Needs nothing but Python.
"""

import math
import os
import struct
import sys

ACROSS, DEEP = 10, 2                    # parcels in a block
WIDTH, DEPTH, STREET = 9.0, 18.0, 12.0  # metres
WEST, SOUTH = 640000.0, 2810000.0       # near Torreón
USES = ["habitacional", "comercial", "industrial", "equipamiento", "área verde", "mixto", "baldío"]
FIELDS = [("clave", "C", 14, 0), ("uso", "C", 14, 0), ("manzana", "N", 9, 0), ("sup_m2", "N", 10, 2)]
PRJ = {
    False: 'PROJCS["WGS_1984_UTM_Zone_13N",GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,'
           '298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],'
           'PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",-105.0],'
           'PARAMETER["Scale_Factor",0.9996],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]',
    True: 'GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],'
          'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]',
}


def bent(x, y):
    """Streets are not straight: the same place always goes to the same place."""
    return (WEST + x + 40 * math.sin(y / 900) + 3 * math.sin(x / 70 + y / 130),
            SOUTH + y + 40 * math.sin(x / 1100) + 3 * math.sin(y / 80 - x / 150))


def degrees(x, y):
    """A plain scaling is enough here: what counts is that the numbers are degrees."""
    return -103.5 + (x - WEST) / 100500, 25.4 + (y - SOUTH) / 110800


def ring(x0, y0, x1, y1, place):
    """Clockwise; the sides along the street have vertices between the corners."""
    corners = [(x0, y0), (x0, (y0 + y1) / 2), (x0, y1), ((x0 + x1) / 2, y1), (x1, y1), (x1, (y0 + y1) / 2), (x1, y0),
               ((x0 + x1) / 2, y0), (x0, y0)]
    return [place(x, y) for x, y in corners]


def parcels(count, place):
    blocks = (count + ACROSS * DEEP - 1) // (ACROSS * DEEP)
    columns = max(1, math.isqrt(blocks // 4) * 2)
    made = 0
    for block in range(blocks):
        west = block % columns * (ACROSS * WIDTH + STREET)
        south = block // columns * (DEEP * DEPTH + STREET)
        for row in range(DEEP):
            for column in range(ACROSS):
                if made == count:
                    return
                made += 1
                yield block + 1, ring(west + column * WIDTH, south + row * DEPTH, west + (column + 1) * WIDTH,
                                      south + (row + 1) * DEPTH, place)


def area(points):
    x0, y0 = points[0]
    return abs(sum((a[0] - x0) * (b[1] - y0) - (b[0] - x0) * (a[1] - y0) for a, b in zip(points, points[1:]))) / 2


def shape_head(words, box):
    return struct.pack(">7i", 9994, 0, 0, 0, 0, 0, words) + struct.pack("<2i8d", 1000, 5, *box, 0, 0, 0, 0)


def table_head(count):
    size = 1 + sum(field[2] for field in FIELDS)
    head = struct.pack("<4BI2H20x", 3, 126, 11, 21, count, 33 + 32 * len(FIELDS), size)
    for name, kind, width, decimals in FIELDS:
        head += struct.pack("<11sc4x2B14x", name.encode(), kind.encode(), width, decimals)
    return head + b"\r"


def write(count, path, in_degrees):
    stem = os.path.splitext(path)[0]
    place = (lambda x, y: degrees(*bent(x, y))) if in_degrees else bent
    box = [math.inf, math.inf, -math.inf, -math.inf]
    with open(stem + ".shp", "wb") as shp, open(stem + ".shx", "wb") as shx, open(stem + ".dbf", "wb") as dbf:
        for file in (shp, shx):
            file.write(shape_head(0, box))
        dbf.write(table_head(count))
        words = 50
        for number, (block, points) in enumerate(parcels(count, place), 1):
            xs, ys = [p[0] for p in points], [p[1] for p in points]
            own = [min(xs), min(ys), max(xs), max(ys)]
            box = [min(box[0], own[0]), min(box[1], own[1]), max(box[2], own[2]), max(box[3], own[3])]
            content = struct.pack("<i4d3i", 5, *own, 1, len(points), 0)
            content += struct.pack(f"<{2 * len(points)}d", *(c for p in points for c in p))
            shx.write(struct.pack(">2i", words, len(content) // 2))
            shp.write(struct.pack(">2i", number, len(content) // 2) + content)
            words += 4 + len(content) // 2
            size = area(points) * (100500 * 110800 if in_degrees else 1)
            row = [f"05035-{number:08}", USES[number * 2654435761 % 4294967296 % len(USES)], str(block), f"{size:.2f}"]
            dbf.write(b" " + b"".join(
                text.encode().ljust(field[2]) if field[1] == "C" else text.encode().rjust(field[2])
                for text, field in zip(row, FIELDS)))
        dbf.write(b"\x1a")
        for file, length in ((shp, words), (shx, 50 + 4 * count)):
            file.seek(0)
            file.write(shape_head(length, box))
    for end, text in ((".prj", PRJ[in_degrees]), (".cpg", "UTF-8")):
        with open(stem + end, "w", encoding="ascii") as file:
            file.write(text)


if __name__ == "__main__":
    if len(sys.argv) < 3 or not sys.argv[1].isdigit():
        sys.exit(__doc__)
    write(int(sys.argv[1]), sys.argv[2], "--degrees" in sys.argv[3:])
