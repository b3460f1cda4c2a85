# SPDX-License-Identifier: MIT
"""Hands the layers over as staff deliver them: shapefiles with and without code page, in three reference systems, zipped
or not, a GeoPackage, a CSV and GeoJSON. Equal input gives equal files: dates are fixed and coordinates are rounded."""

import csv
import io
import json
import os
import shutil
import struct
import zipfile

from osgeo import gdal, ogr

from city import DEGREES, LAMBERT, UTM, reference, transform

gdal.UseExceptions()
ogr.UseExceptions()
gdal.SetConfigOption("OGR_CURRENT_DATE", "2025-01-15T12:00:00.000Z")
gdal.SetConfigOption("CPL_TMPDIR", None)

# The way INEGI spells its Lambert projection: no authority code.
INEGI_PRJ = ('PROJCS["MEXICO_ITRF_2008_LCC",GEOGCS["MEXICO_ITRF_2008",DATUM["D_ITRF_2008",SPHEROID["GRS_1980",6378137.0,'
             '298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],'
             'PROJECTION["Lambert_Conformal_Conic"],PARAMETER["False_Easting",2500000.0],PARAMETER["False_Northing",0.0],'
             'PARAMETER["Central_Meridian",-102.0],PARAMETER["Standard_Parallel_1",17.5],'
             'PARAMETER["Standard_Parallel_2",29.5],PARAMETER["Latitude_Of_Origin",12.0],UNIT["Meter",1.0]]')

POINT, LINE, POLYGON, MULTIPOLYGON, MULTILINE = 1, 2, 3, 6, 5
ZIP_DATE = (2025, 1, 15, 12, 0, 0)


class Layer:
    """Rows of (values, geometry). Geometry is in UTM metres: a point; a list of lines; a list of polygons, each a list
    of rings without the closing point."""

    def __init__(self, name, kind, fields):
        self.name, self.kind, self.fields, self.rows = name, kind, fields, []

    def add(self, values, geometry):
        if len(values) != len(self.fields):
            raise AssertionError(f"{self.name}: {len(values)} values for {len(self.fields)} fields")
        self.rows.append((values, geometry))

    def projected(self, code):
        """The geometries in another reference system, rounded: centimetres or 1e-7 degrees."""
        digits = 7 if code == DEGREES else 2
        flat = []
        for _, geometry in self.rows:
            if self.kind == "point":
                flat.append(geometry)
            elif self.kind == "line":
                for line in geometry:
                    flat.extend(line)
            else:
                for polygon in geometry:
                    for ring in polygon:
                        flat.extend(ring)
        flat = [(round(x, digits), round(y, digits)) for x, y in transform(flat, UTM, code)]
        at = 0

        def take(count):
            nonlocal at
            at += count
            return flat[at - count:at]

        for values, geometry in self.rows:
            if self.kind == "point":
                yield values, take(1)[0]
            elif self.kind == "line":
                yield values, [take(len(line)) for line in geometry]
            else:
                yield values, [[take(len(ring)) for ring in polygon] for polygon in geometry]


def wkb(kind, geometry):
    if kind == "point":
        return struct.pack("<BIdd", 1, POINT, *geometry)
    if kind == "line":
        parts = [struct.pack("<BII", 1, LINE, len(line)) + _doubles(line) for line in geometry]
        return parts[0] if len(parts) == 1 else struct.pack("<BII", 1, MULTILINE, len(parts)) + b"".join(parts)
    parts = []
    for polygon in geometry:
        parts.append(struct.pack("<BII", 1, POLYGON, len(polygon)) + b"".join(
            struct.pack("<I", len(ring) + 1) + _doubles(ring) + _doubles(ring[:1]) for ring in polygon))
    return parts[0] if len(parts) == 1 else struct.pack("<BII", 1, MULTIPOLYGON, len(parts)) + b"".join(parts)


def _doubles(points):
    return struct.pack(f"<{2 * len(points)}d", *(c for p in points for c in p))


FIELD_TYPES = {"text": ogr.OFTString, "int": ogr.OFTInteger, "long": ogr.OFTInteger64, "real": ogr.OFTReal, "date": ogr.OFTDate}


def _write(driver, path, layer, code, layer_options=(), dataset_options=(), wkb_type=None, layer_name=None):
    data = ogr.GetDriverByName(driver).CreateDataSource(path, options=list(dataset_options))
    if wkb_type is None:
        wkb_type = {"point": ogr.wkbPoint, "line": ogr.wkbLineString, "polygon": ogr.wkbPolygon}[layer.kind]
    out = data.CreateLayer(layer_name or layer.name, reference(code), wkb_type, options=list(layer_options))
    for name, kind, width, decimals in layer.fields:
        field = ogr.FieldDefn(name, FIELD_TYPES[kind])
        if driver == "ESRI Shapefile" or kind == "text":
            field.SetWidth(width)
            if kind == "real":
                field.SetPrecision(decimals)
        out.CreateField(field)
    definition = out.GetLayerDefn()
    out.StartTransaction()
    for values, geometry in layer.projected(code):
        feature = ogr.Feature(definition)
        for i, value in enumerate(values):
            if value is None:
                feature.SetFieldNull(i)
            else:
                feature.SetField(i, value)
        shape = ogr.CreateGeometryFromWkb(wkb(layer.kind, geometry))
        if wkb_type in (ogr.wkbMultiPolygon, ogr.wkbMultiLineString):
            shape = ogr.ForceTo(shape, wkb_type)
        feature.SetGeometryDirectly(shape)
        out.CreateFeature(feature)
    out.CommitTransaction()
    out = None
    data = None


def shapefile(folder, layer, code, encoding, cpg=True, language=None, zipped=None, inside="", readme=None,
              page_table=False):
    """Writes folder/<name>.shp … or folder/<name>.zip. `cpg`: text of the .cpg, True for the encoding's own, False for
    none; `language`: the language driver byte of the .dbf (0 when not given); `page_table`: the encoding stands in a .cst
    file, as GeoServer writes it."""
    work = os.path.join(folder, "." + layer.name)
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    base = os.path.join(work, layer.name)
    _write("ESRI Shapefile", base + ".shp", layer, code,
           ["ENCODING=" + encoding, "DBF_DATE_LAST_UPDATE=2025-01-15", "SPATIAL_INDEX=NO"])
    if code == LAMBERT:
        with open(base + ".prj", "w", encoding="ascii", newline="") as prj:
            prj.write(INEGI_PRJ)
    if os.path.exists(base + ".cpg"):
        os.remove(base + ".cpg")
    if cpg:
        with open(base + ".cpg", "w", encoding="ascii", newline="") as page:
            page.write(cpg if isinstance(cpg, str) else encoding)
    if page_table:
        with open(base + ".cst", "w", encoding="ascii", newline="") as page:
            page.write(encoding)
    with open(base + ".dbf", "r+b") as dbf:
        dbf.seek(29)
        dbf.write(bytes([language or 0]))
    parts = sorted(os.listdir(work))
    if zipped:
        with zipfile.ZipFile(os.path.join(folder, zipped), "w", zipfile.ZIP_DEFLATED) as archive:
            if readme:
                _put(archive, inside + "LEEME.txt", readme.encode("utf-8"))
            for part in parts:
                with open(os.path.join(work, part), "rb") as source:
                    _put(archive, inside + part, source.read())
    else:
        for part in parts:
            os.replace(os.path.join(work, part), os.path.join(folder, part))
    shutil.rmtree(work)


def _put(archive, name, content):
    info = zipfile.ZipInfo(name, ZIP_DATE)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    archive.writestr(info, content, compresslevel=6)


def geopackage(folder, layer, code):
    path = os.path.join(folder, layer.name + ".gpkg")
    if os.path.exists(path):
        os.remove(path)
    kinds = {"point": ogr.wkbPoint, "line": ogr.wkbMultiLineString, "polygon": ogr.wkbMultiPolygon}
    _write("GPKG", path, layer, code, ["GEOMETRY_NAME=geom", "FID=fid"], wkb_type=kinds[layer.kind])


def geojson(folder, layer):
    features = []
    for values, geometry in layer.projected(DEGREES):
        shape = {"point": lambda g: {"type": "Point", "coordinates": list(g)},
                 "line": lambda g: {"type": "LineString", "coordinates": [list(p) for p in g[0]]} if len(g) == 1 else
                 {"type": "MultiLineString", "coordinates": [[list(p) for p in line] for line in g]},
                 "polygon": lambda g: {"type": "MultiPolygon", "coordinates": [
                     [[list(p) for p in ring + ring[:1]] for ring in polygon] for polygon in g]}}[layer.kind](geometry)
        features.append(json.dumps({"type": "Feature", "properties": {f[0]: v for f, v in zip(layer.fields, values)},
                                    "geometry": shape}, ensure_ascii=False, separators=(",", ":")))
    with open(os.path.join(folder, layer.name + ".geojson"), "w", encoding="utf-8", newline="\n") as out:
        out.write('{"type":"FeatureCollection","name":"' + layer.name + '","features":[\n')
        out.write(",\n".join(features))
        out.write("\n]}\n")


def table(folder, layer, encoding="utf-8", bom=False, delimiter=","):
    """A CSV with the columns latitud and longitud."""
    text = io.StringIO()
    out = csv.writer(text, delimiter=delimiter, lineterminator="\r\n")
    out.writerow([f[0] for f in layer.fields] + ["latitud", "longitud"])
    for values, (x, y) in layer.projected(DEGREES):
        out.writerow(["" if v is None else v for v in values] + [f"{y:.7f}", f"{x:.7f}"])
    with open(os.path.join(folder, layer.name + ".csv"), "wb") as target:
        target.write((b"\xef\xbb\xbf" if bom else b"") + text.getvalue().encode(encoding))
