# SPDX-License-Identifier: MIT
"""Damages files as transfers, editors and other programs do: in their bytes, in the fields of their headers, in their
structure, in what lies beside them. A file with its companions is a dict of name -> bytes; every function here changes
one in place by the chances of `rng` and says what it did, or returns None when it cannot."""

import io
import json
import math
import os
import random
import re
import sqlite3
import struct
import tempfile
import zipfile
import zlib

ODD_NUMBERS = (math.nan, math.inf, -math.inf, 1e300, -1.8e308, 1e12, -1e13, 1e-320, -0.0, 0.0, 500.0, 91.0, -181.0, 5e6)
ODD_INTS = (0, 1, -1, 2, 3, 5, 8, 11, 15, 25, 31, 33, 127, 128, 255, 256, 32767, 65535, 65536, 2**31 - 1, -(2**31), 2**24)
LABELS = (b"UTF-8", b"utf8", b"1252", b"ISO-8859-1", b"ISO88591", b"LDID/87", b"850", b"UTF-16", b"Shift_JIS", b"", b"\xff\xfe",
          b"latin1 ", b"ANSI 1252\r\n", b"UTF-8\x00", b"CP65001", b"nada", b"macintosh", b"GB18030", b"EUC-KR", b"utf-7")
SYSTEMS = (b"", b"PROJCS[", b'GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],'
           b'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]', b"EPSG:32613", b"EPSG:99999", b"<html><body>404</body></html>",
           b"+proj=utm +zone=14 +datum=WGS84", b"PROJCS[\"x\",GEOGCS[\"y\"]]", b"LOCAL_CS[\"plano\"]", b"\xff\xfeG\x00E\x00", b"3857", b"{}")


# --- bytes ---


def offset(rng, content):
    """Headers are short and matter most."""
    return min(int(len(content) * rng.random() ** rng.choice((1, 1, 3, 6))), len(content) - 1)


def flip(rng, content):
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        content[offset(rng, content)] ^= 1 << rng.randrange(8)
    return "bits flipped"


def overwrite(rng, content):
    for _ in range(rng.choice((1, 1, 2, 8))):
        content[offset(rng, content)] = rng.choice((0, 0x20, 0x0A, 0x22, 0x7F, 0x80, 0xC3, 0xED, 0xFF, rng.randrange(256)))
    return "bytes overwritten"


def put_int(rng, content):
    at = offset(rng, content)
    size = rng.choice((1, 2, 4, 4))
    value = (rng.choice(ODD_INTS) + rng.choice((0, 0, 1, -1))) & (1 << 8 * size) - 1
    content[at:at + size] = value.to_bytes(size, rng.choice(("little", "big")))[:max(1, len(content) - at)]
    return "whole number %d at %d" % (value, at)


def put_double(rng, content):
    at = offset(rng, content) & ~3
    value = rng.choice(ODD_NUMBERS)
    content[at:at + 8] = struct.pack("<d", value)
    return "number %r at %d" % (value, at)


def truncate(rng, content):
    length = rng.choice((rng.randrange(len(content)), max(0, len(content) - rng.randrange(1, 40)), rng.randrange(1, 130)))
    del content[length:]
    return "cut to %d bytes" % length


def remove_chunk(rng, content):
    at = offset(rng, content)
    size = rng.choice((1, 2, 4, 8, 32, rng.randrange(1, len(content) + 1)))
    del content[at:at + size]
    return "%d bytes removed at %d" % (size, at)


def repeat_chunk(rng, content):
    at = offset(rng, content)
    size = rng.choice((1, 2, 8, 32, 100, rng.randrange(1, min(len(content), 5000) + 1)))
    content[at:at] = content[at:at + size]
    return "%d bytes twice at %d" % (size, at)


def zero_chunk(rng, content):
    at = offset(rng, content)
    size = min(rng.choice((4, 16, 512, 4096)), len(content) - at)
    content[at:at + size] = bytes([rng.choice((0, 0, 0xFF, 0x20))]) * size
    return "%d equal bytes at %d" % (size, at)


def swap_chunks(rng, content):
    size = min(rng.choice((4, 16, 64, 512)), len(content) // 2)
    a, b = sorted((rng.randrange(len(content) - size + 1), rng.randrange(len(content) - size + 1)))
    if b - a < size or size == 0:
        return None
    content[a:a + size], content[b:b + size] = content[b:b + size], content[a:a + size]
    return "%d bytes exchanged" % size


def insert_noise(rng, content):
    at = offset(rng, content)
    noise = rng.choice((b"\0", b"\xef\xbb\xbf", b"\x1a", b"\r\n", b"\xff\xfe", rng.randbytes(rng.randrange(1, 40))))
    content[at:at] = noise
    return "%d bytes put in at %d" % (len(noise), at)


def append_noise(rng, content):
    content += rng.choice((b"\0" * 512, b"\x1a", b"<html>error</html>", rng.randbytes(100), bytes(content[:300])))
    return "bytes appended"


BYTES = (flip, flip, overwrite, overwrite, put_int, put_int, put_double, truncate, truncate, remove_chunk, repeat_chunk, zero_chunk,
         swap_chunks, insert_noise, append_noise)


def damage_bytes(rng, content):
    return rng.choice(BYTES)(rng, content) if content else None


# --- shapefiles ---


def shp_records(content):
    at = 100
    while at + 12 <= len(content):
        length = struct.unpack_from(">i", content, at + 4)[0] * 2
        yield at, length
        if length < 4 or at + 8 + length > len(content):
            return
        at += 8 + length


def damage_shp(rng, content):
    records = list(shp_records(content))[:2000]
    what = rng.randrange(9)
    if what == 0 and len(content) >= 36:
        at, order = rng.choice(((0, ">"), (24, ">"), (28, "<"), (32, "<")))
        value = rng.choice(ODD_INTS + (len(content) // 2 - 4, len(content) // 2 + 1, len(content)))
        struct.pack_into(order + "i", content, at, max(-(2**31), min(value, 2**31 - 1)))
        return "header field %d = %d" % (at, value)
    if not records:
        return damage_bytes(rng, content)
    at, length = rng.choice(records)
    body = content[at + 8:at + 8 + length]
    if what == 1:
        struct.pack_into(">i", content, at, rng.choice(ODD_INTS))
        return "number of the record at %d" % at
    if what == 2:
        value = rng.choice(ODD_INTS + (length // 2 + 1, length // 2 - 1, length))
        struct.pack_into(">i", content, at + 4, value)
        return "length of the record at %d = %d" % (at, value)
    if what == 3:
        value = rng.choice((0, 1, 3, 5, 8, 11, 13, 15, 18, 21, 23, 25, 28, 31, 2, 99))
        struct.pack_into("<i", content, at + 8, value)
        return "type of the shape at %d = %d" % (at, value)
    if what == 4 and len(body) >= 44:
        struct.pack_into("<i", content, at + 8 + rng.choice((36, 40)), rng.choice(ODD_INTS))
        return "counts of the shape at %d" % at
    if what == 5 and len(body) >= 20:
        place = at + 8 + rng.randrange(4, len(body) - 7)
        place -= (place - at - 12) % 8
        value = rng.choice(ODD_NUMBERS)
        struct.pack_into("<d", content, max(place, at + 12), value)
        return "a coordinate of the shape at %d = %r" % (at, value)
    if what == 6:
        content[at:at + 8 + length] = b""
        return "record at %d gone" % at
    if what == 7:
        content[at:at] = content[at:at + 8 + length]
        return "record at %d twice" % at
    for other, size in records:
        for place in range(other + 12, other + 8 + size - 15, 16):
            if place + 16 <= len(content) and rng.random() < 0.3:
                x, y = struct.unpack_from("<dd", content, place)
                struct.pack_into("<dd", content, place, y, x)
    return "x and y exchanged here and there"


def damage_dbf(rng, content):
    if len(content) < 66:
        return damage_bytes(rng, content)
    fields = (struct.unpack_from("<H", content, 8)[0] - 33) // 32
    at = 32 + 32 * rng.randrange(max(1, min(fields, 100)))
    what = rng.randrange(10)
    if what == 0:
        struct.pack_into("<I", content, 4, rng.choice((0, 1, 2, 2**32 - 1, 2**31, 10**6, len(content))))
        return "number of rows"
    if what == 1:
        struct.pack_into("<H", content, rng.choice((8, 10)), rng.choice((0, 1, 32, 33, 65, 66, 255, 65535)))
        return "lengths of header or row"
    if what == 2:
        content[29] = rng.choice((0, 3, 0x57, 0x58, 1, 2, 0x13, 0x7D, 0xC8, 255))
        return "language"
    if what == 3:
        content[0] = rng.choice((3, 0x83, 0x8B, 0x30, 0x31, 0xF5, 4, 5, 7, 0))
        return "version"
    if at + 32 > len(content):
        return damage_bytes(rng, content)
    if what == 4:
        content[at + 11] = rng.choice(b"CNFDLMBTI@Y+Oxg\x00")
        return "type of a field = %r" % chr(content[at + 11])
    if what == 5:
        content[at + 16] = rng.choice((0, 1, 2, 5, 19, 254, 255))
        return "width of a field"
    if what == 6:
        content[at + 17] = rng.choice((0, 1, 5, 15, 255))
        return "decimals of a field"
    if what == 7:
        name = rng.choice((b"", b"\0ABC", b"\xc3\xb1", b"A\xd1O", b"ID", b"geom", b"OGC_FID", b"rowid", b'"; --', b"\x01\x02", b"FID"))
        content[at:at + 11] = name.ljust(11, b"\0")
        return "name of a field = %r" % name
    if what == 8:
        del content[at:at + 32]
        return "description of a field gone"
    start = struct.unpack_from("<H", content, 8)[0]
    if start >= len(content):
        return None
    for _ in range(rng.randrange(1, 30)):
        place = rng.randrange(start, len(content))
        content[place] = rng.choice((0, 0x2A, 0x20, 0x2C, 0x2D, 0x9, 0xC3, 0xF1, 0xA4, 0xE9, 0x45, 0x80, 0x1A, 0x22))
    return "cells"


def damage_shx(rng, content):
    if len(content) < 108:
        return damage_bytes(rng, content)
    at = 100 + 8 * rng.randrange((len(content) - 100) // 8)
    struct.pack_into(">i", content, at + rng.choice((0, 4)), rng.choice(ODD_INTS + (50, 54, len(content))))
    return "entry at %d" % at


def replace(choices):
    def one(rng, content):
        content[:] = rng.choice(choices)
        return "replaced by %r" % bytes(content[:30])
    return one


# --- text ---


def number_of(rng):
    return rng.choice((b"1e999", b"-1e999", b"NaN", b"Infinity", b"nan", b"inf", b"1e308", b"1,5", b"1.5.5", b"--1", b"0x10", b"", b"null",
                       b"9223372036854775808", b"1e-400", b"103\xc2\xb0 24'W", b"5000000", b"12345678901234567890123", b"-0", b"+7",
                       b"1 234", b"\xe2\x88\x92103", b"1e5"))


def change_number(rng, content):
    found = list(re.finditer(rb"-?\d+(?:\.\d+)?", bytes(content)))
    if not found:
        return None
    for match in sorted(rng.sample(found, min(len(found), rng.choice((1, 1, 3)))), key=lambda m: -m.start()):
        content[match.start():match.end()] = number_of(rng)
    return "numbers changed"


def recode(rng, content):
    try:
        text = bytes(content).decode("utf-8")
    except UnicodeDecodeError:
        text = bytes(content).decode("latin-1")
    to = rng.choice(("utf-8-sig", "latin-1", "cp850", "utf-16", "utf-16-le", "utf-16-be", "mac-roman", "utf-32", "cp437", "twice", "utf-7"))
    if to == "twice":
        content[:] = text.encode("utf-8").decode("latin-1").encode("utf-8")
    else:
        content[:] = text.encode(to, "replace")
    return "in " + to


def line_ends(rng, content):
    end = rng.choice((b"\r\n", b"\r", b"\n\n", b"\n\r", b"\x0b", b"\xe2\x80\xa8", b"\0"))
    content[:] = bytes(content).replace(b"\r\n", b"\n").replace(b"\n", end)
    return "lines end in %r" % end


def damage_lines(rng, content):
    lines = bytes(content).split(b"\n")
    at = rng.randrange(len(lines))
    what = rng.randrange(5)
    if what == 0:
        del lines[at]
    elif what == 1:
        lines.insert(rng.randrange(len(lines) + 1), lines[at])
    elif what == 2:
        rng.shuffle(lines)
    elif what == 3:
        lines.insert(at, rng.choice((b"", b"Fuente: INEGI, 2020", b",,,,", b'"', b"\0", b"#comentario")))
    else:
        lines[at] = lines[at] * rng.choice((2, 50))
    content[:] = b"\n".join(lines)
    return "lines"


def damage_csv(rng, content):
    text = bytes(content)
    what = rng.randrange(6)
    if what == 0:
        old = max(b",;\t|", key=lambda c: text.count(bytes([c])))
        new = rng.choice((b",", b";", b"\t", b"|", b" ", b":", b",,"))
        content[:] = text.replace(bytes([old]), new)
        return "delimiter %r" % new
    if what == 1:
        for _ in range(rng.choice((1, 1, 2, 5))):
            at = rng.randrange(len(content) + 1)
            content[at:at] = rng.choice((b'"', b"'", b'""', b"\\\"", b",", b";"))
        return "quotes and delimiters"
    if what == 2:
        content[:] = text.replace(b'"', b"")
        return "no quotes"
    if what == 3:
        head, end, rest = text.partition(b"\n")
        names = re.split(rb"[,;\t|]", head)
        rng.choice((rng.shuffle, lambda n: n.pop(), lambda n: n.append(n[0]), lambda n: n.__setitem__(rng.randrange(len(n)), b"")))(names)
        content[:] = b",".join(names) + end + rest
        return "header"
    return (line_ends, damage_lines)[what - 4](rng, content)


def damage_xml(rng, content):
    text = bytes(content)
    tags = list(re.finditer(rb"<[^>]{1,200}>", text))
    if not tags:
        return None
    tag = rng.choice(tags)
    what = rng.randrange(8)
    if what == 0:
        content[tag.start():tag.end()] = b""
        return "a tag gone"
    if what == 1:
        other = rng.choice(tags)
        a, b = sorted((tag.start(), other.start()))
        content[b:b] = text[a:b][:20000]
        return "a part twice"
    if what == 2:
        other = rng.choice(tags)
        a, b = sorted((tag.start(), other.start()))
        content[a:b] = b""
        return "a part gone"
    if what == 3:
        content[tag.end():tag.end()] = rng.choice((b"&nada;", b"&#0;", b"&#xD800;", b"<![CDATA[", b"<!--", b"]]>", b"&", b"<", b"&#233;",
                                                   b"\xe9", b"\x0b", b"<?php ?>"))
        return "an entity"
    if what == 4:
        content[:] = re.sub(rb'encoding=["\'][^"\']*', b'encoding="' + rng.choice((b"ISO-8859-1", b"UTF-16", b"windows-1252", b"nada", b"ascii")),
                            text, count=1)
        return "declared encoding"
    if what == 5:
        content[:] = re.sub(rb"<(/?)\w+:", rb"<\1", text)
        return "no prefixes"
    if what == 6:
        name = rng.choice((b"Folder", b"Placemark", b"Polygon", b"MultiGeometry", b"x"))
        depth = rng.choice((3, 40, 3000))
        content[tag.start():tag.start()] = b"<" + name + b">" * 1 + (b"<" + name + b">") * depth
        return "nested %d deep" % depth
    return change_number(rng, content)


# --- JSON ---


def nodes(value, depth=0):
    """Every place (container, key) in a document."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield value, key
        if depth < 40:
            yield from nodes(inner, depth + 1)


def odd_value(rng):
    return rng.choice((None, True, 0, -1, 1.5, "", "Torreón", [], {}, [[]], [None], "\u0000", "\ud800", 2**63, 10**400, math.nan, math.inf,
                       1e300, [1, 2], [[-103.4, 25.5], [-103.4, 25.6]], {"type": "Point", "coordinates": []}, "x" * 70000,
                       {"type": "GeometryCollection", "geometries": []}, "\ufffd", "a\nb", "\u200b"))


def damage_json(rng, content):
    try:
        document = json.loads(bytes(content).decode("utf-8-sig"))
        places = list(nodes(document))
    except (ValueError, RecursionError):
        return change_number(rng, content) if rng.random() < 0.5 else damage_bytes(rng, content)
    done = []
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        if not places:
            break
        holder, key = rng.choice(places)
        what = rng.randrange(9)
        try:
            if what == 0:
                holder[key] = odd_value(rng)
            elif what == 1:
                del holder[key]
            elif what == 2 and isinstance(holder, list):
                holder.insert(rng.randrange(len(holder) + 1), holder[key])
            elif what == 3:
                holder[key] = [holder[key]]
            elif what == 4 and isinstance(holder, dict):
                holder[rng.choice(("type", "crs", "id", "geometry", "coordinates", "properties", "", "ñ", "bbox", "features"))] = holder.pop(key)
            elif what == 5:
                other, name = rng.choice(places)
                holder[key] = json.loads(json.dumps(other[name]))
            elif what == 6:
                numbers = [(h, k) for h, k in places if isinstance(h[k], float)]
                if numbers:
                    holder, key = rng.choice(numbers)
                    holder[key] = rng.choice(ODD_NUMBERS)
            elif what == 7 and isinstance(document, dict):
                document["crs"] = {"type": "name", "properties": {"name": rng.choice((
                    "urn:ogc:def:crs:EPSG::32613", "EPSG:4326", "urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:6372", "nada", 3857))}}
            else:
                deep = rng.choice((3, 30, 400))
                for _ in range(deep):
                    holder[key] = [holder[key]]
            done.append(what)
        except (KeyError, IndexError, TypeError):
            continue
    try:
        text = json.dumps(document, ensure_ascii=rng.random() < 0.5, allow_nan=True)
    except RecursionError:
        return None
    for name in ("NaN", "Infinity"):
        if rng.random() < 0.5:
            text = re.sub(r"(?<![\"\w])-?" + name, rng.choice(("1e999", "-1e999", "null", "1e400")), text)
    content[:] = text.encode("utf-8", "surrogatepass")
    return "structure %s" % done


# --- databases ---


def damage_sqlite(rng, content):
    """A change that keeps the database sound and the layer odd."""
    descriptor, path = tempfile.mkstemp(suffix=".gpkg")
    os.write(descriptor, content)
    os.close(descriptor)
    try:
        database = sqlite3.connect(path)
        database.text_factory = bytes
        for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
            database.create_function(name, 1, lambda _: 0)
        tables = [row for row in database.execute("SELECT table_name, column_name FROM gpkg_geometry_columns")]
        table, column = [text.decode("utf-8", "replace") for text in rng.choice(tables)]
        what = rng.randrange(10)
        if what == 0:
            statement = "UPDATE gpkg_geometry_columns SET srs_id = %d" % rng.choice((0, -1, 99999, 3857, 6372))
        elif what == 1:
            statement = "UPDATE gpkg_geometry_columns SET geometry_type_name = '%s'" % rng.choice(("POINT", "POLYGON", "GEOMETRY", "nada", ""))
        elif what == 2:
            statement = "UPDATE gpkg_contents SET %s" % rng.choice((
                "data_type = 'attributes'", "srs_id = NULL", "min_x = 'x'", "identifier = NULL", "last_change = 'ayer'", "table_name = 'otra'"))
        elif what == 3:
            statement = "UPDATE gpkg_spatial_ref_sys SET definition = '%s'" % rng.choice(("", "nada", "PROJCS[", "undefined"))
        elif what == 4:
            names = [row[1].decode() for row in database.execute('PRAGMA table_info("%s")' % table)]
            statement = 'UPDATE "%s" SET "%s" = %s WHERE rowid %% 2 = 0' % (table, rng.choice(names), rng.choice((
                "x'00ff'", "'texto'", "1e999", "NULL", "9223372036854775807", "x'c3'", "''", "CAST(x'e16f' AS TEXT)", "-1")))
        elif what == 5:
            statement = rng.choice(("DELETE FROM gpkg_spatial_ref_sys", "DELETE FROM gpkg_geometry_columns", "DROP TABLE gpkg_contents",
                                    "DELETE FROM gpkg_contents", 'DELETE FROM "%s"' % table, 'ALTER TABLE "%s" RENAME TO "otra tabla"' % table))
        elif what == 6:
            statement = 'ALTER TABLE "%s" ADD COLUMN "%s" %s' % (table, rng.choice(("ñandú", "geom2", "a b", "fid2", "")), rng.choice((
                "TEXT(3)", "GEOMETRY", "BLOB", "nada", "BOOLEAN", "DATE", "DATETIME", "MEDIUMINT", "")))
        elif what == 7:
            statement = "PRAGMA application_id = %d" % rng.choice((0, 0x47503130, 0x47504B47, 1))
        else:
            statement = None
            for rowid, blob in database.execute('SELECT rowid, "%s" FROM "%s" LIMIT 20' % (column, table)).fetchall():
                if isinstance(blob, bytes) and blob and rng.random() < 0.4:
                    changed = bytearray(blob)
                    damage_bytes(rng, changed)
                    database.execute('UPDATE "%s" SET "%s" = ? WHERE rowid = ?' % (table, column), (bytes(changed), rowid))
        if statement:
            database.execute(statement)
        database.commit()
        database.close()
        with open(path, "rb") as file:
            content[:] = file.read()
        return statement or "blobs of geometry"
    except (sqlite3.Error, IndexError, UnicodeDecodeError):
        return None
    finally:
        os.unlink(path)


# --- archives ---


def damage_zip(rng, content):
    try:
        with zipfile.ZipFile(io.BytesIO(bytes(content))) as archive:
            members = [(info.filename, archive.read(info)) for info in archive.infolist() if info.file_size < 1 << 20]
            sizes = sum(info.file_size for info in archive.infolist())
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, OSError, ValueError):
        return damage_bytes(rng, content)
    what = rng.randrange(10)
    if what < 2:
        marks = [m.start() for m in re.finditer(rb"PK(?:\x01\x02|\x03\x04|\x05\x06)", bytes(content))]
        if marks:
            at = rng.choice(marks) + rng.randrange(4, 46)
            if at < len(content):
                content[at] = rng.choice((0, 1, 8, 9, 0xFF, content[at] ^ 1 << rng.randrange(8)))
            return "field of the archive at %d" % at
    if not members or sizes > 2 << 20:
        return damage_bytes(rng, content)
    at = rng.randrange(len(members))
    name, inner = members[at]
    if what == 2:
        name = rng.choice((name.upper(), "otra" + os.path.splitext(name)[1], "carpeta/" + name, name.replace("/", "\\"), "../" + name, name + ".txt",
                           os.path.splitext(name)[0], name.replace(".", " (1)."), "__MACOSX/._" + name, "a\u0301" + name, name + " "))
        members[at] = (name, inner)
        said = "member named %r" % name
    elif what == 3:
        rng.shuffle(members)
        said = "members in another order"
    elif what == 4:
        del members[at]
        said = "no %r" % name
    elif what == 5:
        members.append((rng.choice((name, "copia/" + name, "b" + name)), inner))
        said = "%r once more" % name
    else:
        changed = bytearray(inner)
        did = damage_one(rng, name, changed)
        if not did:
            return None
        members[at] = (name, bytes(changed))
        said = "%s: %s" % (name, did)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", rng.choice((zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED))) as archive:
        for name, inner in members:
            archive.writestr(zipfile.ZipInfo(name.replace("\0", "")), inner)
    content[:] = out.getvalue()
    return said


# --- which, for which file ---


def kind_of(name, content):
    extension = os.path.splitext(name)[1].lower()
    head = bytes(content[:400])
    if head.startswith(b"PK\x03\x04"):
        return "zip"
    if head.startswith(b"SQLite format 3"):
        return "sqlite"
    if extension in (".shp", ".dbf", ".shx", ".prj", ".cpg", ".cst"):
        return extension[1:]
    if head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith((b"{", b"[")):
        return "json"
    if head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        return "xml"
    if extension in (".csv", ".txt", ".tsv"):
        return "csv"
    return "dxf" if extension == ".dxf" else "other"


TEXT = (change_number, recode)
SPECIAL = {
    "shp": (damage_shp,) * 3, "dbf": (damage_dbf,) * 3, "shx": (damage_shx,), "prj": (replace(SYSTEMS), change_number, recode),
    "cpg": (replace(LABELS),), "cst": (replace(LABELS),), "zip": (damage_zip,) * 6, "sqlite": (damage_sqlite,) * 4,
    "json": (damage_json,) * 6 + TEXT, "xml": (damage_xml,) * 4 + TEXT, "csv": (damage_csv,) * 4 + TEXT,
    "dxf": (change_number, damage_lines, line_ends), "other": (),
}


def damage_one(rng, name, content):
    if not content:
        return None
    return rng.choice(SPECIAL[kind_of(name, content)] + (damage_bytes, damage_bytes))(rng, content)


def damage_company(rng, files, main, others):
    """What lies beside: gone, added, or another file's."""
    beside = sorted(name for name in files if name != main)
    stem = os.path.splitext(main)[0]
    what = rng.randrange(4)
    if what == 0 and beside:
        name = rng.choice(beside)
        del files[name]
        return "no %s" % name
    if what == 1:
        extension, choices = rng.choice(((".cpg", LABELS), (".prj", SYSTEMS)))
        files[stem + extension] = bytearray(rng.choice(choices))
        return "%s%s: %r" % (stem, extension, bytes(files[stem + extension][:30]))
    if what == 2 and others:
        extension = rng.choice((".dbf", ".shx", ".prj", ".shp"))
        donors = [content for name, content in sorted(rng.choice(others).items()) if name.lower().endswith(extension)]
        if donors and stem + extension in files:
            files[stem + extension] = bytearray(donors[0])
            return "the %s of another" % extension
    if beside:
        name = rng.choice(beside)
        files[name] = bytearray()
        return "%s is empty" % name
    return None


def damage(rng, files, main, others):
    """Changes one to three things; says which."""
    said = []
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        for _ in range(10):
            if len(files) > 1 and rng.random() < 0.2 or main.lower().endswith(".shp") and rng.random() < 0.1:
                did = damage_company(rng, files, main, others)
            else:
                name = main if rng.random() < 0.5 else rng.choice(sorted(files))
                did = damage_one(rng, name, files[name])
                did = did and "%s: %s" % (name, did)
            if did:
                said.append(did)
                break
    return "; ".join(said)


def chances(*what):
    return random.Random(":".join(str(part) for part in what))
