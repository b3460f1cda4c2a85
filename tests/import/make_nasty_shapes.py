# SPDX-License-Identifier: MIT
"""Difficult shapefiles and archives: geometry, structure, packing. See make_nasty.py."""

import gzip
import io
import os
import shutil
import struct
import tarfile
import zipfile

import fixtures
from fixtures import LINE, POINT, POLYGON, WGS84_PRJ
from make_nasty import CASES, LAT, LON, PLACE, Expected, case, read, stem, write

SQUARE = [(0, 0), (0, 1), (1, 1), (1, 0), (0, 0)]  # clockwise, as shells are in shapefiles


def at(ring, x=-104.0, y=25.0, size=1.0):
    return [(x + size * px, y + size * py) for px, py in ring]


def polygons(folder, shapes, **options):
    fixtures.write_polygons(stem(folder), shapes, **options)
    return "capa.shp"


def polygon_case(name, shapes, loaded, **expected):
    def build(folder):
        polygons(folder, shapes)
        return Expected("capa.shp", loaded, **expected)

    CASES["ring_" + name] = build


SHELL = at(SQUARE)
HOLE = at(SQUARE, -103.75, 25.25, 0.5)[::-1]
polygon_case("bow_tie", [[at([(0, 0), (1, 1), (1, 0), (0, 1), (0, 0)])]], 1, area=0.5, codes=["IMP-050"])
polygon_case("wrong_winding", [[SHELL[::-1]]], 1, area=1)
polygon_case("hole", [[SHELL, HOLE]], 1, area=0.75)
polygon_case("hole_first", [[HOLE, SHELL]], 1, area=0.75)
polygon_case("hole_wound_as_shell", [[SHELL, HOLE[::-1]]], 1, area=0.75, codes=["IMP-050"])
polygon_case("both_wound_as_holes", [[SHELL[::-1], HOLE]], 1, area=0.75, codes=["IMP-050"])
polygon_case("holes_wound_as_shells", [[SHELL, at(SQUARE, -103.9, 25.1, 0.2), at(SQUARE, -103.5, 25.5, 0.3)]], 1, area=0.87)
polygon_case("three_nested_alike", [[SHELL, HOLE[::-1], at(SQUARE, -103.6, 25.4, 0.2)]], 1, area=0.79)
polygon_case("inner_touches_border", [[SHELL, at(SQUARE, -104, 25.25, 0.5)]], 1, area=0.75)
polygon_case("same_ring_twice", [[SHELL, SHELL]], 1, area=1)
polygon_case("shells_that_cross", [[SHELL, at(SQUARE, -103.5, 25.5)]], 1, area=1.75)
polygon_case("hole_outside", [[SHELL, at(SQUARE, -102, 25)[::-1]]], 1)
polygon_case("two_holes_touching", [[SHELL, HOLE, at(SQUARE, -103.25, 25.25, 0.2)[::-1]]], 1, area=0.71)
polygon_case("island_in_hole", [[SHELL, HOLE, at(SQUARE, -103.6, 25.4, 0.2)]], 1, area=0.79)
polygon_case("duplicate_points", [[[p for p in SHELL for _ in range(3)]]], 1, area=1)
polygon_case("open", [[SHELL[:-1]]], 1, area=1, codes=["IMP-050"])
polygon_case("flat", [[at([(0, 0), (1, 1), (0.5, 0.5), (0, 0)])], [SHELL]], 1, left_out=1, codes=["IMP-050"])
polygon_case("one_point", [[[PLACE] * 4], [SHELL]], 1, left_out=1)
polygon_case("spike", [[at([(0, 0), (0, 1), (1, 1), (5, 1), (1, 1), (1, 0), (0, 0)])]], 1, area=1)
polygon_case("two_points", [[at([(0, 0), (1, 1)])], [SHELL]], 1, left_out=1)
polygon_case("two_points_part", [[SHELL, at([(0, 0), (1, 1), (0, 0)])]], 1, area=1)
polygon_case("empty_part", [[SHELL, []], [SHELL]], 1, left_out=1)
polygon_case("first_part_empty", [[[], SHELL], [SHELL]], 1, left_out=1)
polygon_case("figure_of_eight_touch", [[at([(0, 0), (0, 1), (0.5, 0.5), (1, 1), (1, 0), (0.5, 0.5), (0, 0)])]], 1, area=0.5)
polygon_case("same_ring_twice", [[SHELL, SHELL]], 1)
polygon_case("overlapping_shells", [[SHELL, at(SQUARE, -103.5, 25.5)]], 1, area=1.75)
polygon_case("nan_vertex", [[SHELL[:2] + [(float("nan"), 25)] + SHELL[2:]], [SHELL]], 1, left_out=1)
polygon_case("huge_vertex", [[SHELL[:2] + [(1e300, 25)] + SHELL[2:]], [SHELL]], 1, left_out=1)
polygon_case("off_the_globe", [[at(SQUARE, -500, 25)], [SHELL]], 1, left_out=1, codes=["IMP-021"])
polygon_case("beyond_the_pole", [[at(SQUARE, -104, 89.9)], [SHELL]], 1, left_out=1, codes=["IMP-021"])
polygon_case("antimeridian_360", [[at(SQUARE, 179.5, 25)], [SHELL]], 2)
polygon_case("antimeridian_split", [[at(SQUARE, 179, 25), at(SQUARE, -180, 25)], [SHELL]], 2)
polygon_case("world", [[[(-180, -90), (-180, 90), (180, 90), (180, -90), (-180, -90)]]], 1, area=64800)
polygon_case("null_and_sound", [None, [SHELL], None], 3, codes=["IMP-050"])
polygon_case("only_null", [None, None], None, codes=["IMP-050"])


@case
def ring_million(folder):
    import math
    n = 1000000
    ring = [(-104 + math.cos(2 * math.pi * i / n), 25 - math.sin(2 * math.pi * i / n)) for i in range(n)]
    return Expected(polygons(folder, [[ring + ring[:1]]]), 1, area=math.pi)


@case
def ring_many_holes(folder):
    holes = [at(SQUARE, -104 + 0.001 + 0.009 * i, 25 + 0.001 + 0.009 * j, 0.004)[::-1] for i in range(100) for j in range(100)]
    return Expected(polygons(folder, [[SHELL] + holes]), 1, area=1 - 10000 * 0.004 ** 2)


def raw_shp(folder, kind, records, prj=WGS84_PRJ, name="capa", rows=None):
    """records: bytes after the record header."""
    body, index, where = b"", b"", 50
    for number, record in enumerate(records, 1):
        body += struct.pack(">ii", number, len(record) // 2) + record
        index += struct.pack(">ii", where, len(record) // 2)
        where += 4 + len(record) // 2

    def head(words):
        return struct.pack(">i20xi", 9994, words) + struct.pack("<ii8d", 1000, kind, *[0] * 8)

    write(folder, name + ".shp", head(50 + len(body) // 2) + body)
    write(folder, name + ".shx", head(50 + len(index) // 2) + index)
    fixtures.write_dbf(stem(folder, name) + ".dbf", [(b"CLAVE", "N", 6, 0)],
                       rows or [[str(i + 1).encode()] for i in range(len(records))])
    if prj:
        write(folder, name + ".prj", prj)
    return name + ".shp"


NO_DATA = -1.7976931348623157e308
BOX = (-104.0, 25.0, -103.0, 26.0)


@case
def shape_point_zm(folder):
    return Expected(raw_shp(folder, 11, [struct.pack("<i4d", 11, LON, LAT, 1100, NO_DATA), struct.pack("<i3d", 11, LON, LAT, 5)]),
                    2, near=PLACE)


@case
def shape_line_zm_no_data(folder):
    record = struct.pack("<i4dii", 13, *BOX, 1, 2) + struct.pack("<i4d", 0, -104, 25, -103, 26)
    record += struct.pack("<4d", 0, 5, 0, NO_DATA) + struct.pack("<4d", NO_DATA, NO_DATA, NO_DATA, NO_DATA)
    return Expected(raw_shp(folder, 13, [record]), 1)


@case
def shape_multipoint(folder):
    record = struct.pack("<i4di", 8, *BOX, 3) + struct.pack("<6d", LON, LAT, -104, 25, -103, 26)
    empty = struct.pack("<i4di", 8, *BOX, 0)
    return Expected(raw_shp(folder, 8, [record, empty]), 2, near=PLACE)


@case
def shape_multipatch(folder):
    points = [(-104, 25, 0), (-104, 26, 0), (-103, 26, 5), (-103, 25, 5)]
    record = struct.pack("<i4diiii", 31, *BOX, 1, 4, 0, 0)
    record += b"".join(struct.pack("<dd", x, y) for x, y, _ in points)
    record += struct.pack("<2d4d", 0, 5, *[z for _, _, z in points]) + struct.pack("<2d4d", 0, 0, 0, 0, 0, 0)
    return Expected(raw_shp(folder, 31, [record]), 1, area=0.75)


@case
def shape_mixed_types(folder):
    """The format forbids it: one file, several types."""
    point = struct.pack("<idd", 1, *PLACE)
    line = struct.pack("<i4dii", 3, *BOX, 1, 2) + struct.pack("<i4d", 0, -104, 25, -103, 26)
    return Expected(raw_shp(folder, 1, [point, line, point]), 2, left_out=1)


@case
def shape_part_index_lies(folder):
    good = struct.pack("<i4dii", 3, *BOX, 1, 2) + struct.pack("<i4d", 0, -104, 25, -103, 26)
    bad = struct.pack("<i4dii", 3, *BOX, 1, 2) + struct.pack("<i4d", 77, -104, 25, -103, 26)
    more = struct.pack("<i4dii", 3, *BOX, 1, 99999999) + struct.pack("<i4d", 0, -104, 25, -103, 26)
    parts = struct.pack("<i4dii", 3, *BOX, 99999999, 2) + struct.pack("<i4d", 0, -104, 25, -103, 26)
    return Expected(raw_shp(folder, 3, [good, bad, more, parts, good]), 2, left_out=3)


@case
def shape_unsorted_parts(folder):
    record = struct.pack("<i4dii", 3, *BOX, 2, 4) + struct.pack("<ii8d", 2, 0, -104, 25, -103, 26, -104, 26, -103, 25)
    good = struct.pack("<i4dii", 3, *BOX, 1, 2) + struct.pack("<i4d", 0, -104, 25, -103, 26)
    return Expected(raw_shp(folder, 3, [record, good]), 1, left_out=1)


@case
def shape_zero_parts(folder):
    good = struct.pack("<i4dii", 5, *BOX, 1, 5) + struct.pack("<i10d", 0, *[c for p in SHELL for c in p])
    return Expected(raw_shp(folder, 5, [struct.pack("<i4dii", 5, *BOX, 0, 0), good]), 2)


# --- structure ---


def points(folder, count=5, name="capa", **options):
    fixtures.write_points(stem(folder, name), [b"fila %d" % i for i in range(count)], **options)
    return name + ".shp"


def damage(name, loaded, change, count=5, **expected):
    def build(folder):
        file = points(folder, count)
        change(folder)
        return Expected(file, loaded, **expected)

    CASES["file_" + name] = build


def patch(part, offset, content):
    def change(folder):
        path = stem(folder) + part
        data = bytearray(read(folder, "capa" + part))
        place = offset if offset >= 0 else len(data) + offset
        data[place:place + len(content)] = content
        with open(path, "wb") as file:
            file.write(data)

    return change


def cut(part, length):
    def change(folder):
        data = read(folder, "capa" + part)
        write(folder, "capa" + part, data[:length])

    return change


def append(part, content):
    return lambda folder: write(folder, "capa" + part, read(folder, "capa" + part) + content)


def drop(*parts):
    def change(folder):
        for part in parts:
            os.remove(stem(folder) + part)

    return change


damage("no_shx", 5, drop(".shx"), codes=["IMP-060"])
damage("shx_garbage", 5, lambda f: write(f, "capa.shx", b"no es un indice" * 30), codes=["IMP-060"])
damage("shx_empty", 5, lambda f: write(f, "capa.shx", b""), codes=["IMP-060"])
damage("shx_header_only", 5, cut(".shx", 100), codes=["IMP-060"])
damage("shx_one_short", 5, cut(".shx", 100 + 8 * 4), codes=["IMP-060"])
damage("shx_longer", 5, append(".shx", struct.pack(">ii", 50, 10) * 3))
damage("shx_points_past_the_end", 5, patch(".shx", 100 + 16, struct.pack(">ii", 9999999, 10)), codes=["IMP-060"])
damage("shx_points_into_the_middle", 5, patch(".shx", 100 + 16, struct.pack(">ii", 55, 10)), codes=["IMP-060"])
damage("shx_negative", 5, patch(".shx", 100 + 16, struct.pack(">ii", -5, -10)), codes=["IMP-060"])
damage("shx_of_another", 5, patch(".shx", 100, struct.pack(">iiii", 64, 10, 50, 10)))
damage("no_dbf", 5, drop(".dbf"), codes=["IMP-060"])
damage("no_companions", 5, drop(".dbf", ".shx", ".prj"), codes=["IMP-060"])
damage("dbf_empty", None, lambda f: write(f, "capa.dbf", b""), codes=["IMP-060"])
damage("dbf_garbage", None, lambda f: write(f, "capa.dbf", b"<html>" * 100), codes=["IMP-060"])
damage("dbf_more_rows_told", 5, patch(".dbf", 4, struct.pack("<I", 4000000000)), codes=["IMP-060"])
damage("dbf_fewer_rows_told", 5, patch(".dbf", 4, struct.pack("<I", 3)), codes=["IMP-060"])
damage("dbf_no_rows_told", 5, patch(".dbf", 4, struct.pack("<I", 0)), codes=["IMP-060"], texts=[])
damage("dbf_cut_in_a_row", 5, cut(".dbf", 65 + 41 * 3 + 7), codes=["IMP-060"])
damage("dbf_header_length_lies", None, patch(".dbf", 8, struct.pack("<H", 60000)), codes=["IMP-060"])
damage("dbf_header_length_small", None, patch(".dbf", 8, struct.pack("<H", 32)), codes=["IMP-060"])
damage("dbf_row_length_lies", None, patch(".dbf", 10, struct.pack("<H", 7)), codes=["IMP-060"])
damage("dbf_row_length_zero", None, patch(".dbf", 10, struct.pack("<H", 0)), codes=["IMP-060"])
damage("dbf_row_length_larger", 5, patch(".dbf", 10, struct.pack("<H", 45)))
damage("dbf_column_wider_than_row", None, patch(".dbf", 32 + 16, b"\xf0"), codes=["IMP-060"])
damage("dbf_header_ends_at_once", 5, patch(".dbf", 32, b"\r"), codes=["IMP-060"])
damage("dbf_no_end_mark", 5, lambda f: write(f, "capa.dbf", read(f, "capa.dbf")[:-1]))
damage("dbf_trailing_garbage", 5, append(".dbf", b"\x1abasura" * 100))
damage("dbf_end_mark_in_rows", 5, patch(".dbf", 65 + 41, b"\x1a"))
damage("dbf_odd_delete_mark", 5, patch(".dbf", 65 + 41, b"X"), texts=["fila 1"])
damage("dbf_deleted_all", None, lambda f: [patch(".dbf", 65 + 41 * i, b"*")(f) for i in range(5)], codes=["IMP-060"])
damage("dbf_type_unknown", 5, patch(".dbf", 32 + 11, b"?"), texts=["fila 1"])
damage("dbf_type_binary", 5, patch(".dbf", 32 + 11, b"B"))
damage("dbf_type_memo", 5, patch(".dbf", 32 + 11, b"M"))
damage("dbf_type_lower", 5, patch(".dbf", 32 + 11, b"c"), texts=["fila 1"])
damage("dbf_version_foxpro", 5, patch(".dbf", 0, b"\x30"), texts=["fila 1"])
damage("dbf_version_dbase7", 5, patch(".dbf", 0, b"\x04"), texts=["fila 1"])
damage("dbf_date_of_change_zero", 5, patch(".dbf", 1, b"\0\0\0"), texts=["fila 1"])
damage("shp_trailing_garbage", 5, append(".shp", b"basura" * 500), texts=["fila 4"])
damage("shp_trailing_garbage_no_shx", 5, lambda f: (append(".shp", b"basura" * 500)(f), drop(".shx")(f)), texts=["fila 4"])
damage("shp_length_zero", 5, patch(".shp", 24, b"\0\0\0\0"), texts=["fila 4"])
damage("shp_length_lies", 5, patch(".shp", 24, b"\x7f\xff\xff\xff"), texts=["fila 4"])
damage("shp_version_odd", 5, patch(".shp", 28, b"\0\0\0\0"), texts=["fila 4"])
damage("shp_box_nan", 5, patch(".shp", 36, b"\xff" * 32), texts=["fila 4"])
damage("shp_type_null", 5, patch(".shp", 32, struct.pack("<i", 0)))
damage("shp_type_wrong", 5, patch(".shp", 32, struct.pack("<i", 5)))
damage("shp_magic_wrong", None, patch(".shp", 0, b"\0\0\x27\x0b"), codes=["IMP-060"])
damage("shp_cut", 3, cut(".shp", 100 + 28 * 3 + 9), codes=["IMP-060"])
damage("shp_cut_no_shx", 3, lambda f: (cut(".shp", 100 + 28 * 3 + 9)(f), drop(".shx")(f)), codes=["IMP-060"])
damage("shp_header_only", None, cut(".shp", 100))
damage("shp_half_a_header", None, cut(".shp", 60), codes=["IMP-060"])
damage("shp_record_length_zero", 5, patch(".shp", 100 + 28 + 4, b"\0\0\0\0"))
damage("shp_record_length_huge", 5, patch(".shp", 100 + 28 + 4, b"\x7f\xff\xff\xff"))
damage("shp_record_numbers_wrong", 5, patch(".shp", 100 + 28, b"\0\0\0\x63"), texts=["fila 4"])
damage("shp_empty", None, lambda f: write(f, "capa.shp", b""), codes=["IMP-060"])
damage("shp_is_zip", 5, lambda f: (fixtures.pack(stem(f) + ".tmp", fixtures.parts_of(stem(f))),
                                   os.replace(stem(f) + ".tmp", stem(f) + ".shp")))
damage("shp_is_html", None, lambda f: write(f, "capa.shp", b"<html>404"), codes=["IMP-060"])
damage("shp_is_folder", None, lambda f: (os.remove(stem(f) + ".shp"), os.mkdir(stem(f) + ".shp")), codes=["IMP-060"])
damage("qix_garbage", 5, lambda f: write(f, "capa.qix", b"x" * 99), texts=["fila 4"])
damage("sbn_garbage", 5, lambda f: (write(f, "capa.sbn", b"x" * 99), write(f, "capa.sbx", b"y")), texts=["fila 4"])
damage("xml_beside", 5, lambda f: write(f, "capa.shp.xml", "<metadata/>"), texts=["fila 4"])


@case
def file_more_rows_than_shapes(folder):
    points(folder, 3)
    fixtures.write_dbf(stem(folder) + ".dbf", [(b"NOMBRE", "C", 20, 0)], [[b"fila %d" % i] for i in range(9)])
    return Expected("capa.shp", 3, codes=["IMP-060"], said="9 filas")


@case
def file_fewer_rows_than_shapes(folder):
    points(folder, 9)
    fixtures.write_dbf(stem(folder) + ".dbf", [(b"NOMBRE", "C", 20, 0)], [[b"fila %d" % i] for i in range(3)])
    return Expected("capa.shp", 9, codes=["IMP-060"], said="3 filas")


@case
def file_no_records(folder):
    return Expected(points(folder, 0), None)


@case
def file_upper_case(folder):
    points(folder)
    for part in (".shp", ".shx", ".dbf", ".prj"):
        os.rename(stem(folder) + part, stem(folder, "CAPA") + part.upper())
    return Expected("CAPA.SHP", 5, texts=["fila 4"])


@case
def file_mixed_case(folder):
    points(folder)
    os.rename(stem(folder) + ".dbf", stem(folder, "Capa") + ".Dbf")
    return Expected("capa.shp", 5, texts=["fila 4"])


@case
def file_odd_name(folder):
    return Expected(points(folder, 5, "Años ' \" #1 (copia) ñ.v2"), 5, texts=["fila 4"])


@case
def file_name_latin1(folder):
    points(folder)
    name = "cañón".encode("latin-1").decode("utf-8", "surrogateescape")
    for part in (".shp", ".shx", ".dbf", ".prj"):
        os.rename(stem(folder) + part, stem(folder, name) + part)
    return Expected(name + ".shp", 5, texts=["fila 4"])


@case
def file_long_name(folder):
    return Expected(points(folder, 5, "x" * 240), 5, texts=["fila 4"])


@case
def dbf_cells(folder):
    columns = [(b"N", "N", 8, 0), (b"F", "F", 20, 11), (b"D", "D", 8, 0), (b"L", "L", 1, 0), (b"T", "C", 8, 0),
               (b"COMA", "N", 8, 2), (b"EXP", "N", 20, 5), (b"NEG", "N", 6, 0)]
    rows = [[b"12", b"1.5e+010", b"20200229", b"T", b" a  ", b"1,5", b"1.5E3", b"-0"],
            [b"********", b"*" * 20, b"00000000", b"?", b"", b"2,25", b"-1e-5", b"-"],
            [b"", b"nan", b"        ", b" ", b"\0\0\0", b"3", b"1e400", b"+5"],
            [b"1.5", b"-1.#IND", b"20201301", b"N", b"x", b"", b"", b"1 2"],
            [b"\0\0\0\0\0\0\0\0", b"1.#INF", b"2020-1-1", b"y", b"x", b"0", b".", b"007"]]
    fixtures.write_points(stem(folder), [b""] * 5, columns=columns, rows=rows)
    return Expected("capa.shp", 5, values={"COMA": [1.5, 2.25, 3, None, 0], "EXP": [1500, -1e-5, None, None, None],
                                           "D": ["2020-02-29", None, None, None, None],
                                           "T": ["a", None, None, "x", "x"]},
                    codes=["IMP-030"])


@case
def dbf_decimal_commas(folder):
    """With a point anywhere in the column, or where they may be thousands, commas stay a matter for people."""
    columns = [(b"COMA", "N", 12, 2), (b"AMBOS", "N", 12, 2), (b"MILES", "N", 12, 2), (b"TRES", "F", 12, 3), (b"ENTERO", "N", 8, 0)]
    rows = [[b"-1,50", b"1,5", b"1,234", b"1,234", b"1,5"], [b"n/d", b"1.5", b"5,678", b"-0,001", b"2"],
            [b",5", b"3", b"7", b"2", b"3"]]
    fixtures.write_points(stem(folder), [b""] * 3, columns=columns, rows=rows)
    return Expected("capa.shp", 3, values={"COMA": [-1.5, None, 0.5], "AMBOS": [None, 1.5, 3], "MILES": [None, None, 7],
                                           "TRES": [1.234, -0.001, 2], "ENTERO": [None, 2, 3]},
                    codes=["IMP-030"], said="escribe los decimales con coma")


@case
def dbf_integers(folder):
    columns = [(b"A", "N", 20, 0), (b"B", "N", 18, 0), (b"C", "N", 10, 0), (b"D", "F", 19, 0)]
    rows = [[b"9223372036854775807", b"999999999999999999", b"4294967296", b"123456789012345678"],
            [b"-9223372036854775808", b"-1", b"-214748364", b"1"], [b"99999999999999999999", b"0", b"0", b""]]
    fixtures.write_points(stem(folder), [b""] * 3, columns=columns, rows=rows)
    return Expected("capa.shp", 3, values={"B": [999999999999999999, -1, 0], "C": [4294967296, -214748364, 0],
                                           "D": [123456789012345678, 1, None]})


@case
def dbf_names(folder):
    names = [b"select", b"rowid", b"geom", b"fid", b"ogc_fid", b"id", b"", b"   ", b"con espaci", b"a\"b'c", b"a", b"A", b"a",
             b"order", b"tesela", b"_row", b"1abc", b"x;drop", b"rtree", b"feature", b"seq", b"geometry", b"key", b"version"]
    columns = [(n, "C", 4, 0) for n in names]
    fixtures.write_points(stem(folder), [b""], columns=columns, rows=[[b"v%d" % i for i in range(len(names))]])
    return Expected("capa.shp", 1, texts=["v%d" % i for i in range(len(names))], codes=["IMP-030"])


@case
def dbf_255_fields(folder):
    columns = [(b"C%d" % i, "C", 5, 0) for i in range(255)]
    fixtures.write_points(stem(folder), [b""], columns=columns, rows=[[b"v%d" % i for i in range(255)]])
    return Expected("capa.shp", 1, texts=["v0", "v254"])


@case
def dbf_2000_fields(folder):
    columns = [(b"C%d" % i, "C", 5, 0) for i in range(2000)]
    fixtures.write_points(stem(folder), [b""], columns=columns, rows=[[b"v%d" % i for i in range(2000)]])
    return Expected("capa.shp", None, codes=["IMP-030"])


@case
def dbf_no_fields(folder):
    fixtures.write_shp(stem(folder), POINT, [PLACE, PLACE])
    fixtures.write_dbf(stem(folder) + ".dbf", [], [[], []])
    write(folder, "capa.prj", WGS84_PRJ)
    return Expected("capa.shp", 2)


@case
def dbf_zero_width(folder):
    fixtures.write_points(stem(folder), [b""], columns=[(b"CERO", "C", 0, 0), (b"N", "N", 0, 0), (b"T", "C", 5, 0)],
                          rows=[[b"", b"", b"x"]])
    return Expected("capa.shp", 1, texts=["x"])


@case
def dbf_widest(folder):
    fixtures.write_points(stem(folder), [b""], columns=[(b"T", "C", 254, 0), (b"U", "C", 254, 0)],
                          rows=[["á".encode() * 127, b"x" * 254]], cpg="UTF-8")
    return Expected("capa.shp", 1, texts=["á" * 127, "x" * 254])


# --- archives ---


def parts(folder, name="capa", count=5, **options):
    points(folder, count, name, **options)
    return fixtures.parts_of(stem(folder, name))


def zip_case(name, loaded, make, **expected):
    def build(folder):
        inner = os.path.join(folder, "dentro")
        os.mkdir(inner)
        members = make(inner)
        if isinstance(members, bytes):
            write(folder, "capa.zip", members)
        else:
            fixtures.pack(os.path.join(folder, "capa.zip"), members)
        return Expected("capa.zip", loaded, **expected)

    CASES["zip_" + name] = build


def renamed(members, rename):
    return [(rename(name), content) for name, content in members]


def in_folder(members, folder):
    """Read at once: the files are written anew for the next folder."""
    return [(folder + name, read("", path)) for name, path in members]


def zipped(members, **options):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", options.get("method", zipfile.ZIP_DEFLATED)) as archive:
        for name, content in members:
            if isinstance(content, str):
                with open(content, "rb") as file:
                    content = file.read()
            archive.writestr(zipfile.ZipInfo(name), content, options.get("method", zipfile.ZIP_DEFLATED))
    return out.getvalue()


def raw_names(members, encoding):
    """Names in an old code page, without the UTF-8 flag."""
    data = zipped(members)
    for name, _ in members:
        new = name.encode(encoding)
        old = name.encode("utf-8")
        assert len(old) == len(name.encode("ascii", "replace")) + sum(ord(c) > 127 for c in name)
        placeholder = old
        at = 0
        while (at := data.find(placeholder, at)) >= 0:
            data = data[:at] + new.ljust(len(old), b"_")[:len(old)] + data[at + len(old):]
            at += 1
    return data


def stored_zip(members, flags=0):
    """A zip written by hand; names are bytes."""
    import zlib
    body, directory = b"", b""
    for name, content in members:
        crc = zlib.crc32(content)
        offset = len(body)
        body += struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, flags, 0, 0, 33, crc, len(content), len(content), len(name), 0)
        body += name + content
        directory += struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, flags, 0, 0, 33, crc, len(content), len(content),
                                 len(name), 0, 0, 0, 0, 0, offset) + name
    return body + directory + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, len(members), len(members), len(directory), len(body), 0)


def loaded_members(folder, rename, **options):
    out = []
    for name, path in parts(folder, **options):
        with open(path, "rb") as file:
            out.append((rename(name), file.read()))
    return out


zip_case("nested_zip", None, lambda f: [("datos/capa.zip", zipped(parts(f)))], said="descomprímalo")
zip_case("nested_zips", None, lambda f: [("a.zip", zipped([("b.zip", zipped(parts(f)))]))], codes=["IMP-060"])
zip_case("several_layers", 8, lambda f: parts(f) + parts(f, "otra", 3), layers=2)
zip_case("same_name_in_folders", 8, lambda f: in_folder(parts(f), "a/") + in_folder(parts(f, "capa", 3), "b/"), layers=2)
zip_case("resource_forks", 5, lambda f: parts(f) + [("__MACOSX/._" + n, b"\0\5\x16\7Mac OS X") for n, _ in fixtures.parts_of(stem(f))] + [(".DS_Store", b"x")])
zip_case("backslashes", 5, lambda f: stored_zip(loaded_members(f, lambda n: b"carpeta\\datos\\" + n.encode())), texts=["fila 4"])
zip_case("backslashes_outside", None, lambda f: stored_zip(loaded_members(f, lambda n: b"..\\" + n.encode())), codes=["IMP-060"])
zip_case("absolute", None, lambda f: stored_zip(loaded_members(f, lambda n: b"/tmp/" + n.encode())), codes=["IMP-060"])
zip_case("drive", None, lambda f: stored_zip(loaded_members(f, lambda n: b"C:\\datos\\" + n.encode())), codes=["IMP-060"])
zip_case("dot_slash", 5, lambda f: stored_zip(loaded_members(f, lambda n: b"./" + n.encode())))
zip_case("names_cp850", 5, lambda f: stored_zip(loaded_members(f, lambda n: "Año/Límites ".encode("cp850") + n.encode())), texts=["fila 4"])
zip_case("names_cp437", 5, lambda f: stored_zip(loaded_members(f, lambda n: "ñandú_".encode("cp437") + n.encode())), texts=["fila 4"])
zip_case("names_cp1252", 5, lambda f: stored_zip(loaded_members(f, lambda n: "Cañón_".encode("cp1252") + n.encode())), texts=["fila 4"])
zip_case("names_utf8_unflagged", 5, lambda f: stored_zip(loaded_members(f, lambda n: "Cañón_".encode() + n.encode())), texts=["fila 4"])
zip_case("names_mixed_encodings", 5, lambda f: stored_zip([(("Cañón." .encode("cp850" if i % 2 else "utf-8")) + n.split(b".")[1], c) for i, (n, c) in enumerate(loaded_members(f, lambda n: n.encode()))]), texts=["fila 4"])
zip_case("names_quotes", 5, lambda f: renamed(parts(f), lambda n: "mi 'capa' \"dos\" " + n), texts=["fila 4"])
zip_case("stored", 5, lambda f: zipped(parts(f), method=zipfile.ZIP_STORED))
zip_case("bzip2", 5, lambda f: zipped(parts(f), method=zipfile.ZIP_BZIP2))
zip_case("lzma", None, lambda f: zipped(parts(f), method=zipfile.ZIP_LZMA))
zip_case("trailing_garbage", 5, lambda f: zipped(parts(f)) + b"basura" * 10)
zip_case("leading_garbage", None, lambda f: b"basura" * 10 + zipped(parts(f)))
zip_case("no_entries", None, lambda f: zipped([]), codes=["IMP-060"])
zip_case("only_folders", None, lambda f: [("a/", b""), ("a/b/", b"")], codes=["IMP-060"])
zip_case("only_pdf", None, lambda f: [("plano.pdf", b"%PDF-1.4")], codes=["IMP-060"])
zip_case("empty_shp_member", None, lambda f: [("capa.shp", b""), ("capa.dbf", b"")], codes=["IMP-060"])
zip_case("other_dbf_name", 5, lambda f: renamed(parts(f), lambda n: n.replace("capa.dbf", "tabla.dbf")), codes=["IMP-060"], texts=["fila 4"])
zip_case("prj_of_other_name", 5, lambda f: renamed(parts(f), lambda n: n.replace("capa.prj", "otra.prj")), near=(-103.39, 25.51))
zip_case("with_readme_csv", 5, lambda f: parts(f) + [("notas.csv", b"lon,lat\n1,2\n")])
zip_case("with_broken_second", None, lambda f: parts(f) + [("otra.shp", b"roto" * 50)])
zip_case("shp_xml", 5, lambda f: parts(f) + [("capa.SHP.XML", b"<x/>"), ("capa.qix", b"x"), ("capa.sbn", b"x")])
zip_case("gpkg_named_shp", None, lambda f: [("capa.shp", b"SQLite format 3\0" + bytes(200))], codes=["IMP-060"])
zip_case("csv_txt", 1, lambda f: [("tabla.txt", "n,lon,lat\nPeñón,-103.4067,25.5428\n".encode("cp1252"))], texts=["Peñón"])
zip_case("utf16_csv", 1, lambda f: [("tabla.csv", "n,lon,lat\nPeñón,-103.4067,25.5428\n".encode("utf-16"))], texts=["Peñón"])
zip_case("kmz_inside", None, lambda f: [("a.kmz", zipped([("doc.kml", KML)]))], said="descomprímalo")
zip_case("xlsx_like", None, lambda f: [("xl/workbook.xml", b"<x/>")])
zip_case("gz_inside", None, lambda f: [("tabla.csv.gz", gzip.compress(b"n,lon,lat\n1,-103.4067,25.5428\n"))], said="descomprímalo")
zip_case("two_layers_one_bad_crs", None, lambda f: parts(f) + parts(f, "otra", 3, prj=None, places=[(660079, 2826013)] * 3), codes=["IMP-020"])
KML = b'<kml xmlns="http://www.opengis.net/kml/2.2"><Placemark><name>a</name><Point><coordinates>-103.4,25.5</coordinates></Point></Placemark></kml>'


@case
def zip_wrong_crc(folder):
    data = bytearray(zipped(parts(folder), method=zipfile.ZIP_STORED))
    place = data.find(b"fila 3")
    data[place] ^= 1
    write(folder, "capa.zip", bytes(data))
    return Expected("capa.zip", None, codes=["IMP-060"])


@case
def zip_encrypted(folder):
    data = bytearray(zipped(parts(folder)))
    for mark, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        at = -1
        while (at := data.find(mark, at + 1)) >= 0:
            data[at + offset] |= 1
    write(folder, "capa.zip", bytes(data))
    return Expected("capa.zip", None, codes=["IMP-060"], said="contraseña")


@case
def zip_64(folder):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in parts(folder):
            with open(path, "rb") as source, archive.open(name, "w", force_zip64=True) as member:
                shutil.copyfileobj(source, member)
    write(folder, "capa.zip", out.getvalue())
    return Expected("capa.zip", 5, texts=["fila 4"])


@case
def zip_streamed(folder):
    """Sizes after the data, as programs write that pack into a pipe."""
    class Pipe(io.RawIOBase):
        def __init__(self):
            self.data = b""

        def writable(self):
            return True

        def write(self, piece):
            self.data += bytes(piece)
            return len(piece)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in parts(folder):
            archive.write(path, name)
    write(folder, "capa.zip", pipe.data)
    return Expected("capa.zip", 5, texts=["fila 4"])


@case
def zip_split(folder):
    write(folder, "capa.zip", b"PK\x07\x08" + zipped(parts(folder)))
    return Expected("capa.zip", None, codes=["IMP-060"])


@case
def zip_named_shp(folder):
    write(folder, "otra.shp", zipped(parts(folder)))
    return Expected("otra.shp", 5, texts=["fila 4"])


@case
def zip_html(folder):
    write(folder, "capa.zip", b"<!DOCTYPE html><html><head><title>404 Not Found</title></head></html>")
    return Expected("capa.zip", None, codes=["IMP-060"])


@case
def zip_is_directory(folder):
    os.mkdir(os.path.join(folder, "capa"))
    return Expected("capa", None, codes=["IMP-060"])


def tar_bytes(folder, mode):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name, path in parts(folder):
            archive.add(path, name)
    return out.getvalue()


for kind, mode in (("tar", "w"), ("tgz", "w:gz"), ("tar.bz2", "w:bz2"), ("tar.xz", "w:xz")):
    def build_tar(folder, kind=kind, mode=mode):
        write(folder, "capa." + kind, tar_bytes(folder, mode))
        return Expected("capa." + kind, None, codes=["IMP-060"], said=".zip")

    CASES["archive_" + kind.replace(".", "_")] = build_tar


@case
def archive_7z(folder):
    write(folder, "capa.7z", b"7z\xbc\xaf\x27\x1c" + bytes(100))
    return Expected("capa.7z", None, codes=["IMP-060"], said=".zip")


@case
def archive_rar(folder):
    write(folder, "capa.rar", b"Rar!\x1a\x07\x01\x00" + bytes(100))
    return Expected("capa.rar", None, codes=["IMP-060"], said=".zip")


@case
def archive_rar_named_zip(folder):
    write(folder, "capa.zip", b"Rar!\x1a\x07\x01\x00" + bytes(100))
    return Expected("capa.zip", None, codes=["IMP-060"], said="comprima")


@case
def archive_dbf_gz(folder):
    points(folder)
    write(folder, "capa.shp.gz", gzip.compress(read(folder, "capa.shp")))
    return Expected("capa.shp.gz", None, codes=["IMP-060"])
