# SPDX-License-Identifier: MIT
"""Small shapefiles and archives written byte by byte, so that tests decide what stands in them."""

import os
import struct
import zipfile

POINT, LINE, POLYGON = 1, 3, 5

LCC_PRJ = (
    'PROJCS["MEXICO_ITRF_2008_LCC",GEOGCS["MEXICO_ITRF_2008",DATUM["D_ITRF_2008",'
    'SPHEROID["GRS_1980",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],'
    'PROJECTION["Lambert_Conformal_Conic"],PARAMETER["False_Easting",2500000.0],PARAMETER["False_Northing",0.0],'
    'PARAMETER["Central_Meridian",-102.0],PARAMETER["Standard_Parallel_1",17.5],PARAMETER["Standard_Parallel_2",29.5],'
    'PARAMETER["Latitude_Of_Origin",12.0],UNIT["Meter",1.0]]'
)
WGS84_PRJ = (
    'GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],'
    'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]'
)


def shape_content(kind, shape):
    if shape is None:
        return struct.pack("<i", 0)
    if kind == POINT:
        return struct.pack("<idd", POINT, *shape)
    points = [point for part in shape for point in part]
    xs = [point[0] for point in points]
    ys = [point[1] for point in points]
    out = struct.pack("<i4dii", kind, min(xs), min(ys), max(xs), max(ys), len(shape), len(points))
    start = 0
    for part in shape:
        out += struct.pack("<i", start)
        start += len(part)
    return out + b"".join(struct.pack("<dd", *point) for point in points)


def write_shp(stem, kind, shapes):
    records = [shape_content(kind, shape) for shape in shapes]
    at = 50
    body, index = b"", b""
    for number, record in enumerate(records, 1):
        body += struct.pack(">ii", number, len(record) // 2) + record
        index += struct.pack(">ii", at, len(record) // 2)
        at += 4 + len(record) // 2

    def header(words):
        return struct.pack(">i20xi", 9994, words) + struct.pack("<ii8d", 1000, kind, 0, 0, 0, 0, 0, 0, 0, 0)

    with open(stem + ".shp", "wb") as file:
        file.write(header(50 + len(body) // 2) + body)
    with open(stem + ".shx", "wb") as file:
        file.write(header(50 + len(index) // 2) + index)


def write_dbf(path, columns, rows, language=0):
    """columns: (name bytes, type, width, decimals); rows: lists of bytes, padded here (None: blanks)."""
    width = 1 + sum(column[2] for column in columns)
    out = struct.pack("<BBBBIHH16xBB2x", 3, 120, 1, 1, len(rows), 33 + 32 * len(columns), width, 0, language)
    for name, kind, size, decimals in columns:
        out += struct.pack("<11sc4xBB14x", name, kind.encode(), size, decimals)
    out += b"\r"
    for row in rows:
        out += b" "
        for value, (_, kind, size, _) in zip(row, columns):
            value = b"" if value is None else value
            out += value.rjust(size) if kind in "NF" else value.ljust(size)
    with open(path, "wb") as file:
        file.write(out + b"\x1a")


def write_points(stem, names, prj=WGS84_PRJ, cpg=None, language=0, places=None, columns=None, rows=None):
    places = places or [(-103.4 + i / 100, 25.5 + i / 100) for i in range(len(names))]
    write_shp(stem, POINT, places)
    columns = columns or [(b"NOMBRE", "C", 40, 0)]
    write_dbf(stem + ".dbf", columns, rows or [[name] for name in names], language)
    if prj:
        with open(stem + ".prj", "w", encoding="ascii") as file:
            file.write(prj)
    if cpg:
        with open(stem + ".cpg", "w", encoding="ascii") as file:
            file.write(cpg)


def write_polygons(stem, polygons, prj=WGS84_PRJ):
    write_shp(stem, POLYGON, polygons)
    write_dbf(stem + ".dbf", [(b"CLAVE", "N", 6, 0)], [[str(i + 1).encode()] for i in range(len(polygons))])
    with open(stem + ".prj", "w", encoding="ascii") as file:
        file.write(prj)


def pack(path, members):
    """members: (name in the archive, bytes or path of a file)."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            if isinstance(content, str):
                with open(content, "rb") as file:
                    content = file.read()
            archive.writestr(zipfile.ZipInfo(name), content)


def parts_of(stem, inside=""):
    return [
        (inside + os.path.basename(stem) + extension, stem + extension)
        for extension in (".shp", ".shx", ".dbf", ".prj", ".cpg")
        if os.path.exists(stem + extension)
    ]
