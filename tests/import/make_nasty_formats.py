# SPDX-License-Identifier: MIT
"""Difficult GeoJSON, GeoPackage, KML, spreadsheets, drawings and others. See make_nasty.py."""

import io
import json
import os
import random
import sqlite3
import struct
import zipfile

from osgeo import gdal, ogr, osr

from make_nasty import CASES, LAT, LON, PLACE, Expected, case, read, write

POINT_JSON = {"type": "Point", "coordinates": [LON, LAT]}


def feature(geometry=None, /, **properties):
    return {"type": "Feature", "properties": properties or {"n": 1}, "geometry": geometry}


def collection(*features, **more):
    return dict({"type": "FeatureCollection", "features": list(features)}, **more)


def json_case(name, content, loaded, file="capa.geojson", **expected):
    def build(folder):
        data = content if isinstance(content, (bytes, str)) else json.dumps(content)
        write(folder, file, data)
        return Expected(file, loaded, **expected)

    CASES["json_" + name] = build


ONE = feature(POINT_JSON, nombre="Torreón")
json_case("plain", collection(ONE), 1, near=PLACE, texts=["Torreón"])
json_case("crs_member", collection(feature({"type": "Point", "coordinates": [660079, 2826013]}),
                                   crs={"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32613"}}), 1, near=PLACE,
          srs="EPSG:32613")
json_case("crs_short", collection(feature({"type": "Point", "coordinates": [660079, 2826013]}),
                                  crs={"type": "name", "properties": {"name": "EPSG:32613"}}), 1, near=PLACE)
json_case("crs_old", collection(feature({"type": "Point", "coordinates": [660079, 2826013]}),
                                crs={"type": "EPSG", "properties": {"code": 32613}}), 1, near=PLACE)
json_case("crs_link", collection(ONE, crs={"type": "link", "properties": {"href": "http://example.com/crs", "type": "proj4"}}), 1, near=PLACE)
json_case("crs_null", collection(ONE, crs=None), 1)
json_case("metres_undeclared", collection(feature({"type": "Point", "coordinates": [660079, 2826013]})), None, codes=["IMP-020"])
json_case("swapped", collection(feature({"type": "Point", "coordinates": [LAT, LON]})), None, codes=["IMP-021"])
json_case("null_geometry", collection(ONE, feature(None, nombre="sin")), 2, codes=["IMP-050"], texts=["sin"])
json_case("only_null_geometry", collection(feature(None), feature(None)), None, codes=["IMP-050"])
json_case("string_coordinates", collection(feature({"type": "Point", "coordinates": ["-103.4067", "25.5428"]}), ONE), 1, left_out=1)
json_case("nan_coordinates", '{"type":"FeatureCollection","features":[%s,{"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":[NaN,25]}}]}' % json.dumps(ONE), 2)
json_case("null_coordinates", collection(feature({"type": "Point", "coordinates": [None, None]}), ONE), 2)
json_case("empty_coordinates", collection(feature({"type": "Polygon", "coordinates": []}, nombre="vacía"), ONE), 2, texts=["vacía"])
json_case("infinite", collection(feature({"type": "Point", "coordinates": [1e300, 25]}), ONE), 1, left_out=1)
json_case("huge_number", '{"type":"FeatureCollection","features":[%s,{"type":"Feature","properties":{"n":1e999},"geometry":{"type":"Point","coordinates":[1e999,25]}}]}' % json.dumps(ONE), 1, left_out=1)
json_case("infinite_property", '{"type":"FeatureCollection","features":[%s]}' % ",".join('{"type":"Feature","properties":{"n":%s},"geometry":{"type":"Point","coordinates":[-103.4,25.5]}}' % n for n in ("1.5", "1e999", "-Infinity", "NaN")), 4, codes=["IMP-030"], values={"n": [1.5, None, None, None]}, said="2 elementos tienen números infinitos")
json_case("replacement_in_text", collection(feature(POINT_JSON, n="Torre\ufffdn")), 1, codes=["IMP-010"], texts=())
json_case("degree_sign_in_coordinate", '{"type":"FeatureCollection","features":[{"type":"Feature","properties":null,"geometry":{"type":"Point","coordinates":[-103, 103\u00b0 24W]}}]}', None, codes=["IMP-060"])
json_case("spike_beyond_pole", collection(feature({"type": "Polygon", "coordinates": [[[-103, 20], [-102, 20], [-102, 21], [-103, 21], [-103, 170], [-103, 20]]]})), 1, codes=["IMP-050"])
json_case("trailing_comma", '{"type":"FeatureCollection","features":[%s,]}' % json.dumps(ONE), None)
json_case("comments", '{"type":"FeatureCollection", /* nota */ "features":[%s]}' % json.dumps(ONE), None)
json_case("single_quotes", "{'type':'FeatureCollection','features':[]}", None)
json_case("cut", json.dumps(collection(*[ONE] * 50))[:-300], None, codes=["IMP-060"])
json_case("cut_between_features", json.dumps(collection(*[ONE] * 50)).rsplit(", {", 10)[0], None, codes=["IMP-060"])
json_case("bom", b"\xef\xbb\xbf" + json.dumps(collection(ONE)).encode(), 1, near=PLACE)
json_case("utf16", json.dumps(collection(ONE), ensure_ascii=False).encode("utf-16"), 1, near=PLACE, texts=["Torreón"])
json_case("latin1", json.dumps(collection(ONE), ensure_ascii=False).encode("latin-1"), 1, near=PLACE, texts=["Torreón"])
json_case("cp850", json.dumps(collection(ONE, feature(POINT_JSON, nombre="Peñón"), feature(POINT_JSON, nombre="Gómez")), ensure_ascii=False).encode("cp850"), 3, texts=["Torreón", "Peñón"])
json_case("doubly_encoded", json.dumps(collection(*[feature(POINT_JSON, nombre=n.encode().decode("cp1252")) for n in ("Torreón", "Gómez Palacio", "Peña")]), ensure_ascii=False), 3, codes=["IMP-010"])
json_case("lines", "\n".join(json.dumps(feature(POINT_JSON, nombre="f%d" % i)) for i in range(9)) + "\n", 9, texts=["f0", "f8"])
json_case("lines_named_json", "\n".join(json.dumps(feature(POINT_JSON, nombre="f%d" % i)) for i in range(9)), 9, file="capa.json")
json_case("lines_geojsonl", "\n".join(json.dumps(feature(POINT_JSON, nombre="f%d" % i)) for i in range(9)), 9, file="capa.geojsonl")
json_case("lines_one_broken", "\n".join([json.dumps(ONE), '{"type":"Feature","geom', json.dumps(ONE)]), None)
json_case("sequence", "".join("\x1e" + json.dumps(feature(POINT_JSON, nombre="f%d" % i)) + "\n" for i in range(9)), 9, texts=["f8"])
json_case("sequence_pretty", "".join("\x1e" + json.dumps(feature(POINT_JSON, nombre="f%d" % i), indent=1) + "\n" for i in range(9)), 9, texts=["f8"])
json_case("pretty_concatenated", "\n".join(json.dumps(feature(POINT_JSON, nombre="f%d" % i), indent=1) for i in range(3)), None)
json_case("collections_concatenated", json.dumps(collection(ONE)) + "\n" + json.dumps(collection(ONE, ONE)), None)
json_case("one_feature", ONE, 1, near=PLACE)
json_case("bare_geometry", POINT_JSON, 1, near=PLACE)
json_case("bare_collection", {"type": "GeometryCollection", "geometries": [POINT_JSON]}, 1, near=PLACE)
json_case("array_of_features", [ONE, ONE], None, codes=["IMP-060"])
json_case("no_features", collection(), None)
json_case("features_null", '{"type":"FeatureCollection","features":null}', None)
json_case("features_mixed_junk", '{"type":"FeatureCollection","features":[%s,null,5,"x",[],{}]}' % json.dumps(ONE), 2)
json_case("type_missing", {"features": [{"geometry": POINT_JSON, "properties": {"n": 1}}]}, None)
json_case("type_last", '{"features":[%s],"type":"FeatureCollection"}' % json.dumps(ONE), 1)
json_case("long_head", '{"metadata":"%s","type":"FeatureCollection","features":[%s]}' % ("x" * 200000, json.dumps(ONE)), None)
json_case("duplicate_keys", '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"a":"x","a":"y"},"geometry":{"type":"Point","coordinates":[-103.4,25.5]}}]}', 1)
json_case("properties_case", collection(feature(POINT_JSON, a="1", A="2"), feature(POINT_JSON, a="3", A="4")), 2, texts=["1", "2", "3", "4"], codes=["IMP-030"])
json_case("properties_null", '{"type":"FeatureCollection","features":[{"type":"Feature","properties":null,"geometry":{"type":"Point","coordinates":[-103.4,25.5]}}]}', 1)
json_case("properties_missing", '{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"Point","coordinates":[-103.4,25.5]}}]}', 1)
json_case("properties_types_vary", collection(feature(POINT_JSON, v=1), feature(POINT_JSON, v="uno"), feature(POINT_JSON, v=1.5), feature(POINT_JSON, v=None), feature(POINT_JSON, v=True), feature(POINT_JSON, v={"a": [1]}), feature(POINT_JSON, v=[1, 2])), 7, texts=["uno"])
json_case("properties_nested", collection(feature(POINT_JSON, v={"nombre": "Peña"}, w=["ñ", 1])), 1)
json_case("properties_int_then_big", collection(feature(POINT_JSON, v=1), feature(POINT_JSON, v=2 ** 53 + 1), feature(POINT_JSON, v=2 ** 63 - 1)), 3, values={"v": [1, 2 ** 53 + 1, 2 ** 63 - 1]})
json_case("properties_beyond_64_bits", '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"v":123456789012345678901234567890},"geometry":{"type":"Point","coordinates":[-103.4,25.5]}}]}', 1)
json_case("properties_reserved", collection(feature(POINT_JSON, **{"id": "a", "fid": "b", "rowid": "c", "geom": "d", "select": "e", "type": "f", "geometry": "g", "": "h"})), 1, texts=list("abcdefgh"))
json_case("ids", collection({"type": "Feature", "id": "clave-1", "properties": {"n": 1}, "geometry": POINT_JSON}, {"type": "Feature", "id": "clave-2", "properties": {"n": 2}, "geometry": POINT_JSON}), 2, texts=["clave-1", "clave-2"])
json_case("ids_numbers", collection({"type": "Feature", "id": 77, "properties": {"n": 1}, "geometry": POINT_JSON}, {"type": "Feature", "id": 77, "properties": {"n": 2}, "geometry": POINT_JSON}), 2)
json_case("control_characters", '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"t":"a\\u0000b\\u0001c"},"geometry":{"type":"Point","coordinates":[-103.4,25.5]}}]}', 1)
json_case("surrogates", '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"t":"x\\ud83d y","u":"\\ud83d\\ude00"},"geometry":{"type":"Point","coordinates":[-103.4,25.5]}}]}', 1)
json_case("escaped_accents", '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"t":"Torre\\u00f3n"},"geometry":{"type":"Point","coordinates":[-103.4,25.5]}}]}', 1, texts=["Torreón"])
json_case("deep", '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"a":' + "[" * 100000 + "]" * 100000 + '},"geometry":null}]}', None)
json_case("deep_coordinates", '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":{"type":"Polygon","coordinates":' + "[" * 20000 + "]" * 20000 + "}}]}", None)
nested = POINT_JSON
for _ in range(40):
    nested = {"type": "GeometryCollection", "geometries": [nested]}
json_case("nested_collections", collection(ONE, feature(nested)), 1, left_out=1)
json_case("mixed_collection", collection(feature({"type": "GeometryCollection", "geometries": [POINT_JSON, {"type": "LineString", "coordinates": [[LON, LAT], [-103, 25]]}]}), feature({"type": "LineString", "coordinates": [[LON, LAT], [-103, 25]]})), 2, codes=["IMP-052"])
json_case("four_dimensions", collection(feature({"type": "Point", "coordinates": [LON, LAT, 1100, 5]})), 1, near=PLACE)
json_case("some_z", collection(feature({"type": "Point", "coordinates": [LON, LAT, 1100]}), ONE), 2, near=PLACE)
json_case("ring_unclosed", collection(feature({"type": "Polygon", "coordinates": [[[-104, 25], [-103, 25], [-103, 26], [-104, 26]]]})), 1, area=1, codes=["IMP-050"])
json_case("ring_wrong_winding", collection(feature({"type": "Polygon", "coordinates": [[[-104, 25], [-104, 26], [-103, 26], [-103, 25], [-104, 25]]]})), 1, area=1)
json_case("polygon_as_multi", collection(feature({"type": "MultiPolygon", "coordinates": [[[-104, 25], [-103, 25], [-103, 26], [-104, 25]]]}), ONE), 2)
json_case("line_of_one_point", collection(feature({"type": "LineString", "coordinates": [[-104, 25]]}), feature({"type": "LineString", "coordinates": [[-104, 25], [-103, 26]]})), 1, left_out=1)
json_case("geometry_type_unknown", collection(feature({"type": "Circle", "coordinates": [LON, LAT], "radius": 5}), ONE), 2)
json_case("geometry_type_lower", collection(feature({"type": "point", "coordinates": [LON, LAT]}), ONE), 2)
json_case("antimeridian", collection(feature({"type": "Polygon", "coordinates": [[[170, 10], [-170, 10], [-170, 20], [170, 20], [170, 10]]]})), 1)
json_case("topojson", {"type": "Topology", "objects": {"a": {"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": [LON, LAT], "properties": {"n": 1}}]}}, "arcs": []}, None, file="capa.json", said="TopoJSON")
json_case("topojson_arcs", {"type": "Topology", "transform": {"scale": [0.01, 0.01], "translate": [-104, 25]}, "objects": {"a": {"type": "Polygon", "arcs": [[0]]}}, "arcs": [[[0, 0], [100, 0], [0, 100], [-100, 0], [0, -100]]]}, None, file="capa.topojson", said="TopoJSON")
json_case("esri", {"geometryType": "esriGeometryPoint", "spatialReference": {"wkid": 4326}, "fields": [{"name": "n", "type": "esriFieldTypeString"}], "features": [{"attributes": {"n": "x"}, "geometry": {"x": LON, "y": LAT}}]}, None, file="capa.json", said="Esri")
json_case("jsonp", "callback(" + json.dumps(collection(ONE)) + ");", None)
json_case("variable", "var datos = " + json.dumps(collection(ONE)) + ";", None)
json_case("named_txt", collection(ONE), 1, file="capa.txt")
json_case("named_shp", collection(ONE), None, file="capa.shp")
json_case("named_csv", collection(ONE), 1, file="capa.csv")
json_case("api_error", {"error": {"code": 500, "message": "Internal"}}, None, file="capa.geojson")
json_case("string_feature_inside", {"title": "the \"Feature\" of", "x": [1]}, None)


# --- GeoPackage ---


def reference(code):
    srs = osr.SpatialReference()
    srs.ImportFromEPSG(code)
    srs.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    return srs


def make(folder, driver="GPKG", name="capa.gpkg", layer="capa", code=4326, kind=ogr.wkbPoint, count=3, shapes=None, options=(),
         fields=(("nombre", ogr.OFTString), ("n", ogr.OFTInteger)), layer_options=()):
    path = os.path.join(folder, name)
    exists = os.path.exists(path)
    dataset = ogr.Open(path, 1) if exists else ogr.GetDriverByName(driver).CreateDataSource(path, options=list(options))
    table = dataset.CreateLayer(layer, reference(code) if code else None, kind, options=list(layer_options))
    for field, of in fields:
        table.CreateField(ogr.FieldDefn(field, of))
    for i, shape in enumerate(shapes if shapes is not None else ["POINT (%r %r)" % PLACE] * count):
        row = ogr.Feature(table.GetLayerDefn())
        if fields:
            row["nombre"] = "Peña %d" % i
            row["n"] = i
        if shape:
            row.SetGeometry(ogr.CreateGeometryFromWkt(shape))
        table.CreateFeature(row)
    del table, dataset
    return name


def sql(folder, *statements, name="capa.gpkg"):
    database = sqlite3.connect(os.path.join(folder, name))
    database.create_function("ST_IsEmpty", 1, lambda g: 0)
    for axis in ("ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
        database.create_function(axis, 1, lambda g: 0)
    for statement in statements:
        if isinstance(statement, tuple):
            database.execute(*statement)
        else:
            database.execute(statement)
    database.commit()
    database.close()


def gpkg_case(name, loaded, statements=(), **expected):
    options = {key: expected.pop(key) for key in ("code", "kind", "shapes", "layer_options", "layer", "fields") if key in expected}

    def build(folder):
        make(folder, **options)
        sql(folder, *statements)
        return Expected("capa.gpkg", loaded, **expected)

    CASES["gpkg_" + name] = build


DROP_TRIGGERS = ["DROP TRIGGER IF EXISTS rtree_capa_geom_%s" % t for t in ("insert", "update1", "update2", "update3", "update4", "update5", "update6", "update7", "delete")]
gpkg_case("plain", 3, texts=["Peña 0"], near=PLACE)
gpkg_case("table_beside", 3, ["CREATE TABLE notas (a TEXT)", "INSERT INTO notas VALUES ('x')",
                              "INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES ('notas', 'attributes', 'notas')"])
gpkg_case("unregistered_table", 3, ["CREATE TABLE otra (a TEXT, geom BLOB)"])
gpkg_case("no_rtree", 3, DROP_TRIGGERS + ["DROP TABLE rtree_capa_geom", "DELETE FROM gpkg_extensions"])
gpkg_case("rtree_registered_but_gone", 3, DROP_TRIGGERS + ["DROP TABLE rtree_capa_geom"])
gpkg_case("text_in_integer", 3, ["UPDATE capa SET n = 'n/d' WHERE fid = 2"], codes=["IMP-030"], values={"n": [0, None, 2]})
gpkg_case("text_number_in_integer", 3, ["UPDATE capa SET n = '12x' WHERE fid = 2"], codes=["IMP-030"], values={"n": [0, None, 2]})
gpkg_case("real_in_integer", 3, ["UPDATE capa SET n = 1.5 WHERE fid = 2"], codes=["IMP-030"], values={"n": [0, None, 2]})
gpkg_case("blob_in_text", 3, ["UPDATE capa SET nombre = x'ff00fe' WHERE fid = 2"], codes=["IMP-010"], texts=())
gpkg_case("latin1_in_text", 3, ["UPDATE capa SET nombre = CAST(x'546f727265f36e' AS TEXT) WHERE fid = 2"], texts=["Torreón"], codes=["IMP-010"])
gpkg_case("number_in_text", 3, ["UPDATE capa SET nombre = 5 WHERE fid = 2"], texts=["5"])
gpkg_case("nul_in_text", 3, ["UPDATE capa SET nombre = 'a' || char(0) || 'b' WHERE fid = 2"])
gpkg_case("bad_date", 3, ["ALTER TABLE capa ADD f DATE", "UPDATE capa SET f = 'ayer' WHERE fid = 2", "UPDATE capa SET f = '2020-02-29' WHERE fid = 1"], codes=["IMP-030"])
gpkg_case("boolean_odd", 3, ["ALTER TABLE capa ADD b BOOLEAN", "UPDATE capa SET b = 7 WHERE fid = 2"])
gpkg_case("srs_undefined_geographic", 3, ["UPDATE gpkg_geometry_columns SET srs_id = 0", "UPDATE gpkg_contents SET srs_id = 0"], near=PLACE, codes=["IMP-020"])
gpkg_case("srs_undefined_cartesian", 3, ["UPDATE gpkg_geometry_columns SET srs_id = -1", "UPDATE gpkg_contents SET srs_id = -1"], codes=["IMP-020"])
gpkg_case("srs_missing", 3, ["PRAGMA foreign_keys=OFF", "UPDATE gpkg_geometry_columns SET srs_id = 99999", "UPDATE gpkg_contents SET srs_id = 99999"], codes=["IMP-020"])
gpkg_case("srs_definition_junk", 3, ["INSERT INTO gpkg_spatial_ref_sys (srs_name, srs_id, organization, organization_coordsys_id, definition) VALUES ('x', 88888, 'x', 88888, 'basura')", "UPDATE gpkg_geometry_columns SET srs_id = 88888", "UPDATE gpkg_contents SET srs_id = 88888"], codes=["IMP-020"])
gpkg_case("type_wrong", 3, ["UPDATE gpkg_geometry_columns SET geometry_type_name = 'POLYGON'"], near=PLACE)
gpkg_case("type_unknown", None, ["UPDATE gpkg_geometry_columns SET geometry_type_name = 'FOO'"])
gpkg_case("type_lower", 3, ["UPDATE gpkg_geometry_columns SET geometry_type_name = 'point'"], near=PLACE)
gpkg_case("application_id", 3, ["PRAGMA application_id = 0"])
gpkg_case("application_id_1196437808", 3, ["PRAGMA application_id = 1196437808"])
gpkg_case("user_version", 3, ["PRAGMA user_version = 99999"])
gpkg_case("trigger", 3, ["CREATE TRIGGER malo AFTER INSERT ON capa BEGIN DELETE FROM capa; END"])
gpkg_case("view", 6, ["CREATE VIEW vista AS SELECT fid AS OGC_FID, geom, nombre FROM capa", "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES ('vista', 'features', 'vista', 4326)", "INSERT INTO gpkg_geometry_columns VALUES ('vista', 'geom', 'POINT', 4326, 0, 0)"])
gpkg_case("view_endless", None, ["CREATE VIEW vista AS WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM c) SELECT n AS OGC_FID, (SELECT geom FROM capa LIMIT 1) AS geom, n AS nombre FROM c WHERE n < 0", "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES ('vista', 'features', 'vista', 4326)", "INSERT INTO gpkg_geometry_columns VALUES ('vista', 'geom', 'POINT', 4326, 0, 0)"])
REGISTER_VIEW = ["INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES ('vista', 'features', 'vista', 4326)",
                 "INSERT INTO gpkg_geometry_columns VALUES ('vista', 'geom', 'POINT', 4326, 0, 0)"]
gpkg_case("view_that_ends", 8, ["CREATE VIEW vista AS WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM c WHERE n < 5) SELECT n AS OGC_FID, (SELECT geom FROM capa LIMIT 1) AS geom, n AS nombre FROM c"] + REGISTER_VIEW, layers=2)
gpkg_case("view_product", None, ["CREATE VIEW vista AS SELECT a.fid AS OGC_FID, a.geom AS geom FROM %s WHERE a.n + b.n + z.n > 100" % ", ".join("capa " + c for c in "abcdefghijklmnopqrstuvwxyz")] + REGISTER_VIEW, codes=["IMP-060"], said="sin dar una fila")
gpkg_case("view_joined", 6, ["CREATE TABLE datos (clave INTEGER, valor TEXT)", "INSERT INTO datos VALUES (0, 'Ñu'), (1, 'b'), (2, 'c')", "CREATE VIEW vista AS SELECT fid AS OGC_FID, geom, nombre, valor FROM capa JOIN datos ON clave = n ORDER BY valor"] + REGISTER_VIEW, layers=2, texts=["Ñu"])
gpkg_case("many_misfits", 3, ["UPDATE capa SET n = 'tres', nombre = 7 WHERE fid = 1", "UPDATE capa SET n = x'00' WHERE fid = 2"], codes=["IMP-030"])
gpkg_case("view_recursive", None, ["CREATE VIEW v1 AS SELECT 1 AS x", "CREATE VIEW vista AS SELECT fid AS OGC_FID, geom FROM faltante", "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES ('vista', 'features', 'vista', 4326)", "INSERT INTO gpkg_geometry_columns VALUES ('vista', 'geom', 'POINT', 4326, 0, 0)"])
gpkg_case("table_gone", 3, ["INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES ('falta', 'features', 'falta', 4326)", "INSERT INTO gpkg_geometry_columns VALUES ('falta', 'geom', 'POINT', 4326, 0, 0)"])
gpkg_case("odd_names", 3, layer='Capa "rara"; DROP TABLE x; --', texts=["Peña 0"])
gpkg_case("accent_name", 3, layer="Colonias Año 2020", texts=["Peña 0"])
gpkg_case("fid_text", 3, ["ALTER TABLE capa ADD id TEXT", "UPDATE capa SET id = 'a' || fid"], texts=["a1"])
gpkg_case("json_column", 3, ["ALTER TABLE capa ADD j JSON", "UPDATE capa SET j = '{\"a\":1}'"], codes=["IMP-030"])
gpkg_case("unknown_type_column", 3, ["ALTER TABLE capa ADD j FOO", "UPDATE capa SET j = 'valor'"], codes=["IMP-030"])
gpkg_case("blob_column", 3, ["ALTER TABLE capa ADD b BLOB", "UPDATE capa SET b = x'00ff'"], codes=["IMP-030"])
gpkg_case("generated_column", 3, ["ALTER TABLE capa ADD g TEXT GENERATED ALWAYS AS (nombre || '!') VIRTUAL"])
gpkg_case("geometry_null", 3, DROP_TRIGGERS + ["UPDATE capa SET geom = NULL WHERE fid = 2"], codes=["IMP-050"])
gpkg_case("geometry_junk", 2, DROP_TRIGGERS + ["UPDATE capa SET geom = x'00112233445566778899' WHERE fid = 2"], left_out=1)
gpkg_case("geometry_text", 2, DROP_TRIGGERS + ["UPDATE capa SET geom = 'POINT (1 2)' WHERE fid = 2"], left_out=1)
gpkg_case("geometry_cut", 2, DROP_TRIGGERS + ["UPDATE capa SET geom = substr(geom, 1, 15) WHERE fid = 2"], left_out=1)
gpkg_case("geometry_plain_wkb", 2, DROP_TRIGGERS + [("UPDATE capa SET geom = ? WHERE fid = 2", (struct.pack("<BIdd", 1, 1, *PLACE),))], left_out=1)
gpkg_case("geometry_ewkb_inside", 2, DROP_TRIGGERS + [("UPDATE capa SET geom = ? WHERE fid = 2", (b"GP\0\1" + struct.pack("<i", 4326) + struct.pack("<BIidd", 1, 0x20000001, 4326, *PLACE),))], left_out=1)
gpkg_case("geometry_old_z", 3, DROP_TRIGGERS + [("UPDATE capa SET geom = ? WHERE fid = 2", (b"GP\0\1" + struct.pack("<i", 4326) + struct.pack("<BIddd", 1, 0x80000001, *PLACE, 5.0),))])
gpkg_case("geometry_big_endian", 3, DROP_TRIGGERS + [("UPDATE capa SET geom = ? WHERE fid = 2", (b"GP\0\0" + struct.pack(">i", 4326) + struct.pack(">BIdd", 0, 1, *PLACE),))], near=PLACE)
gpkg_case("geometry_envelope_wrong", 3, DROP_TRIGGERS + [("UPDATE capa SET geom = ? WHERE fid = 2", (b"GP\0\3" + struct.pack("<i4d", 4326, 0, 1, 0, 1) + struct.pack("<BIdd", 1, 1, *PLACE),))], near=PLACE)
gpkg_case("geometry_empty_flag", 3, DROP_TRIGGERS + [("UPDATE capa SET geom = ? WHERE fid = 2", (b"GP\0\x11" + struct.pack("<i", 4326) + struct.pack("<BIdd", 1, 1, float("nan"), float("nan")),))], codes=["IMP-050"])
gpkg_case("geometry_other_srs", 2, DROP_TRIGGERS + [("UPDATE capa SET geom = ? WHERE fid = 2", (b"GP\0\1" + struct.pack("<i", 32613) + struct.pack("<BIdd", 1, 1, 660079.0, 2826013.0),))], left_out=1)
gpkg_case("curves", 2, code=32613, kind=ogr.wkbUnknown, near=(-104.999, 22.6065),
          shapes=["CURVEPOLYGON (CIRCULARSTRING (500000 2500000,500100 2500100,500200 2500000,500100 2499900,500000 2500000))",
                  "CURVEPOLYGON (COMPOUNDCURVE (CIRCULARSTRING (500000 2500000,500100 2500100,500200 2500000),(500200 2500000,500000 2500000)))"])
gpkg_case("compound_curve", 1, kind=ogr.wkbUnknown, shapes=["COMPOUNDCURVE (CIRCULARSTRING (-103 25,-103.1 25.1,-103.2 25),(-103.2 25,-104 25))"])
gpkg_case("multi_surface", 1, kind=ogr.wkbUnknown, shapes=["MULTISURFACE (CURVEPOLYGON (CIRCULARSTRING (-103 25,-103.1 25.1,-103.2 25,-103.1 24.9,-103 25)))"])
gpkg_case("collections", 2, kind=ogr.wkbUnknown, shapes=["GEOMETRYCOLLECTION (POINT (-103 25),POLYGON ((-104 25,-103 25,-103 26,-104 25)))", "POLYGON ((-104 25,-103 25,-103 26,-104 25))"], codes=["IMP-052"])
gpkg_case("triangulated", 1, kind=ogr.wkbUnknown, shapes=["TIN Z (((-104 25 0,-103 25 0,-103 26 0,-104 25 0)))"])
gpkg_case("empty_geometries", 2, kind=ogr.wkbUnknown, shapes=["POLYGON EMPTY", "POLYGON ((-104 25,-103 25,-103 26,-104 25))"])
gpkg_case("measured", 1, kind=ogr.wkbUnknown, shapes=["POINT M (-103.4067 25.5428 5)"], near=PLACE)
gpkg_case("no_layers", None, ["DELETE FROM gpkg_geometry_columns", "DELETE FROM gpkg_contents"], codes=["IMP-060"])
gpkg_case("no_geometry_columns", None, ["DROP TABLE gpkg_geometry_columns"])
gpkg_case("contents_gone", None, ["PRAGMA foreign_keys=OFF", "DROP TABLE gpkg_contents"])
gpkg_case("empty_layer", None, ["DELETE FROM capa"], codes=["IMP-050"])
gpkg_case("count_lies", 3, ["UPDATE gpkg_ogr_contents SET feature_count = 1"], texts=["Peña 0", "Peña 2"])
gpkg_case("count_lies_more", 3, ["UPDATE gpkg_ogr_contents SET feature_count = 100"], texts=["Peña 2"])
gpkg_case("extent_nan", 3, ["UPDATE gpkg_contents SET min_x = 'x', max_x = NULL"])


@case
def gpkg_two_layers(folder):
    make(folder)
    make(folder, layer="otra", code=32613, shapes=["POINT (660079 2826013)"])
    return Expected("capa.gpkg", 4, layers=2)


@case
def gpkg_two_geometry_columns(folder):
    make(folder)
    sql(folder, "ALTER TABLE capa ADD geom2 POINT")
    return Expected("capa.gpkg", None, codes=["IMP-060"])


@case
def gpkg_corrupt_page(folder):
    make(folder, count=2000)
    data = bytearray(read(folder, "capa.gpkg"))
    for page in range(len(data) // 4096 // 2, len(data) // 4096 - 2):
        data[page * 4096:page * 4096 + 64] = b"\xff" * 64
    write(folder, "capa.gpkg", bytes(data))
    return Expected("capa.gpkg", None, codes=["IMP-060"])


@case
def gpkg_cut(folder):
    make(folder, count=2000)
    data = read(folder, "capa.gpkg")
    write(folder, "capa.gpkg", data[:len(data) // 2])
    return Expected("capa.gpkg", None, codes=["IMP-060"])


@case
def gpkg_header_only(folder):
    write(folder, "capa.gpkg", b"SQLite format 3\0" + bytes(84))
    return Expected("capa.gpkg", None, codes=["IMP-060"])


@case
def gpkg_wal_mode(folder):
    """Write-ahead mode: the reader may not write beside it."""
    make(folder)
    sql(folder, "PRAGMA journal_mode = WAL")
    for name in os.listdir(folder):
        if name.endswith(("-wal", "-shm")):
            os.remove(os.path.join(folder, name))
    return Expected("capa.gpkg", 3, texts=["Peña 0"])


@case
def gpkg_wal_beside(folder):
    """The last change is still in the -wal file; copied without it, rows would be missing in silence."""
    make(folder)
    path = os.path.join(folder, "capa.gpkg")
    database = sqlite3.connect(path)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA wal_autocheckpoint = 0")
    for function in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
        database.create_function(function, 1, lambda g: 0)
    database.execute("UPDATE capa SET nombre = 'Ñandú' WHERE fid = 1")
    database.commit()
    saved = {name: read(folder, name) for name in ("capa.gpkg", "capa.gpkg-wal")}
    database.close()
    for name, content in saved.items():
        write(folder, name, content)
    if os.path.exists(path + "-shm"):
        os.remove(path + "-shm")
    return Expected("capa.gpkg", None, codes=["IMP-060"], said="otro programa")


@case
def gpkg_journal_beside(folder):
    make(folder)
    write(folder, "capa.gpkg-journal", b"basura" * 100)
    return Expected("capa.gpkg", None, codes=["IMP-060"], said="otro programa")


@case
def sqlite_plain(folder):
    database = sqlite3.connect(os.path.join(folder, "capa.sqlite"))
    database.execute("CREATE TABLE a (lon, lat)")
    database.commit()
    database.close()
    return Expected("capa.sqlite", None, codes=["IMP-060"], said="GeoPackage")


@case
def sqlite_spatialite(folder):
    if not ogr.GetDriverByName("SQLite"):
        return None
    make(folder, "SQLite", "capa.sqlite", options=["SPATIALITE=YES"])
    return Expected("capa.sqlite", None, codes=["IMP-060"], said="GeoPackage")


# --- KML ---


def kml_case(name, body, loaded, head='<?xml version="1.0" encoding="UTF-8"?>', encoding="utf-8", **expected):
    def build(folder):
        text = head + '<kml xmlns="http://www.opengis.net/kml/2.2" xmlns:gx="http://www.google.com/kml/ext/2.2"><Document>%s</Document></kml>' % body
        write(folder, "capa.kml", text.encode(encoding))
        return Expected("capa.kml", loaded, **expected)

    CASES["kml_" + name] = build


PLACEMARK = "<Placemark><name>Peña</name><Point><coordinates>%r,%r,0</coordinates></Point></Placemark>" % PLACE
kml_case("plain", PLACEMARK, 1, near=PLACE, texts=["Peña"])
kml_case("latin1", PLACEMARK, 1, head='<?xml version="1.0" encoding="ISO-8859-1"?>', encoding="latin-1", texts=["Peña"])
kml_case("utf8_said_latin1", PLACEMARK, 1, encoding="latin-1", texts=["Peña"], codes=["IMP-010"])
kml_case("no_head", PLACEMARK, 1, head="", texts=["Peña"])
kml_case("bom", PLACEMARK, 1, head='\ufeff<?xml version="1.0" encoding="UTF-8"?>', texts=["Peña"])
kml_case("utf16", PLACEMARK, 1, head='<?xml version="1.0" encoding="UTF-16"?>', encoding="utf-16", texts=["Peña"])
kml_case("folders", "<Folder><name>A</name>%s</Folder><Folder><name>B</name><Folder><name>C</name>%s</Folder></Folder>" % (PLACEMARK, PLACEMARK), 2, layers=2)
kml_case("network_link", "<NetworkLink><Link><href>http://127.0.0.1:9/x.kml</href></Link></NetworkLink>" + PLACEMARK, 1, codes=["IMP-060"], said="NetworkLink")
kml_case("only_network_link", "<NetworkLink><Link><href>http://127.0.0.1:9/x.kml</href></Link></NetworkLink>", None, said="NetworkLink")
kml_case("html", "<Placemark><name>a</name><description><![CDATA[<table><tr><td>Año</td></tr></table>]]></description><Point><coordinates>-103.4,25.5</coordinates></Point></Placemark>", 1, texts=["<table><tr><td>Año</td></tr></table>"])
kml_case("track", "<Placemark><name>a</name><gx:Track><when>2010-05-28T02:02:09Z</when><when>2010-05-28T02:02:35Z</when><gx:coord>-103.4 25.5 0</gx:coord><gx:coord>-103.5 25.6 0</gx:coord></gx:Track></Placemark>", 1)
kml_case("multi_track", "<Placemark><name>a</name><gx:MultiTrack><gx:Track><gx:coord>-103.4 25.5 0</gx:coord><gx:coord>-103.5 25.6 0</gx:coord></gx:Track></gx:MultiTrack></Placemark>", None, codes=["IMP-060"])
kml_case("model", "<Placemark><name>m</name><Model><Location><longitude>-103.4</longitude><latitude>25.5</latitude></Location></Model></Placemark>" + PLACEMARK, 2)
kml_case("ground_overlay", "<GroundOverlay><Icon><href>x.png</href></Icon><LatLonBox><north>26</north><south>25</south><east>-103</east><west>-104</west></LatLonBox></GroundOverlay>", 1)
kml_case("entities", PLACEMARK, None, head='<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY x "y">]>')
LOLS = "".join('<!ENTITY l%d "%s">' % (i, "&l%d;" % (i - 1) * 10) for i in range(1, 10))
kml_case("entity_bomb", "<Placemark><name>&l9;</name><Point><coordinates>-103.4,25.5</coordinates></Point></Placemark>", None, head='<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY l0 "lol">%s]>' % LOLS)
kml_case("external_entity", "<Placemark><name>&x;</name><Point><coordinates>-103.4,25.5</coordinates></Point></Placemark>", None, head='<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY x SYSTEM "file:///etc/passwd">]>')
kml_case("coordinates_spaced", "<Placemark><name>a</name><LineString><coordinates>-103.4, 25.5, 0 -103.5, 25.6, 0</coordinates></LineString></Placemark>", "any")
kml_case("coordinates_junk", "<Placemark><name>a</name><Point><coordinates>x,y</coordinates></Point></Placemark>" + PLACEMARK, 2)
kml_case("coordinates_empty", "<Placemark><name>a</name><Point><coordinates/></Point></Placemark>" + PLACEMARK, 2)
kml_case("ring_open", "<Placemark><name>a</name><Polygon><outerBoundaryIs><LinearRing><coordinates>-104,25 -103,25 -103,26 -104,26</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>", 1, area=1)
kml_case("multi_mixed", "<Placemark><name>a</name><MultiGeometry><Point><coordinates>-103.4,25.5</coordinates></Point><LineString><coordinates>-103.4,25.5 -103,25</coordinates></LineString></MultiGeometry></Placemark>", 1)
kml_case("extended", "<Placemark><name>a</name><ExtendedData><Data name='clave'><value>05035</value></Data><Data name='Año'><value>Ñu</value></Data></ExtendedData><Point><coordinates>-103.4,25.5</coordinates></Point></Placemark>", 1, texts=["05035", "Ñu"])
kml_case("schema_declared_int", "<Schema id='s' name='s'><SimpleField type='int' name='n'/></Schema><Placemark><name>a</name><ExtendedData><SchemaData schemaUrl='#s'><SimpleData name='n'>doce</SimpleData></SchemaData></ExtendedData><Point><coordinates>-103.4,25.5</coordinates></Point></Placemark>", 1)
kml_case("unclosed", "<Placemark><name>a", None, codes=["IMP-060"])
kml_case("no_placemarks", "<name>vacío</name>", None, codes=["IMP-060"])
kml_case("old_namespace", PLACEMARK, 1)


@case
def kml_no_namespace(folder):
    write(folder, "capa.kml", "<kml><Document>%s</Document></kml>" % PLACEMARK)
    return Expected("capa.kml", 1, near=PLACE)


@case
def kml_namespace_2_0(folder):
    write(folder, "capa.kml", '<kml xmlns="http://earth.google.com/kml/2.1"><Document>%s</Document></kml>' % PLACEMARK)
    return Expected("capa.kml", 1, near=PLACE)


@case
def kml_prefixed(folder):
    body = PLACEMARK
    for tag in ("Placemark", "name", "Point", "coordinates"):
        body = body.replace("<" + tag, "<kml:" + tag).replace("</" + tag, "</kml:" + tag)
    write(folder, "capa.kml", '<?xml version="1.0"?><kml:kml xmlns:kml="http://www.opengis.net/kml/2.2"><kml:Document>%s</kml:Document></kml:kml>' % body)
    return Expected("capa.kml", 1)


def kmz(folder, members, name="capa.kmz"):
    with zipfile.ZipFile(os.path.join(folder, name), "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members:
            archive.writestr(member, content)
    return name


KML_TEXT = '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>%s</Document></kml>' % PLACEMARK


@case
def kmz_named_otherwise(folder):
    return Expected(kmz(folder, [("mi mapa ñ.kml", KML_TEXT), ("images/x.png", b"x")]), 1, near=PLACE)


@case
def kmz_upper(folder):
    return Expected(kmz(folder, [("DOC.KML", KML_TEXT)], "CAPA.KMZ"), 1, near=PLACE)


@case
def kmz_two(folder):
    return Expected(kmz(folder, [("doc.kml", KML_TEXT), ("otro/b.kml", KML_TEXT)]), 2, layers=2)


@case
def kmz_bomb(folder):
    return Expected(kmz(folder, [("doc.kml", b"<kml>" + b" " * (200 << 20))]), None, codes=["IMP-060"])


@case
def kmz_without_kml(folder):
    return Expected(kmz(folder, [("a.png", b"x")]), None, codes=["IMP-060"])


# --- others ---


@case
def fgb_cut(folder):
    make(folder, "FlatGeobuf", "capa.fgb", count=50)
    data = read(folder, "capa.fgb")
    write(folder, "capa.fgb", data[:-40])
    return Expected("capa.fgb", None, codes=["IMP-060"])


@case
def fgb_flipped(folder):
    make(folder, "FlatGeobuf", "capa.fgb", count=50)
    data = bytearray(read(folder, "capa.fgb"))
    generator = random.Random(5)
    for _ in range(30):
        data[generator.randrange(200, len(data))] ^= 1 << generator.randrange(8)
    write(folder, "capa.fgb", bytes(data))
    return Expected("capa.fgb", "any")


@case
def fgb_no_crs(folder):
    make(folder, "FlatGeobuf", "capa.fgb", code=None)
    return Expected("capa.fgb", 3, codes=["IMP-020"])


def dxf_case(name, entities, loaded, head="", encoding="latin-1", tables="", blocks="", **expected):
    expected.setdefault("options", ("--srs", "EPSG:32613"))

    def build(folder):
        text = "0\nSECTION\n2\nHEADER\n%s0\nENDSEC\n%s%s0\nSECTION\n2\nENTITIES\n%s0\nENDSEC\n0\nEOF\n" % (head, tables, blocks, entities)
        write(folder, "plano.dxf", text.encode(encoding))
        return Expected("plano.dxf", loaded, **expected)

    CASES["dxf_" + name] = build


DXF_POINT = "0\nPOINT\n8\n%s\n10\n660079\n20\n2826013\n30\n0\n"
dxf_case("layer_latin1", DXF_POINT % "Límite", 1, near=PLACE, texts=["Límite"])
dxf_case("layer_codepage", DXF_POINT % "Límite", 1, head="9\n$DWGCODEPAGE\n3\nANSI_1252\n", near=PLACE, texts=["Límite"])
for page, codec in (("dos850", "cp850"), ("DOS437", "cp437"), ("mac-roman", "mac-roman")):
    dxf_case("layer_" + page.lower().replace("-", "_"), DXF_POINT % "Peñón", 1, head="9\n$DWGCODEPAGE\n  3\n%s\n" % page, encoding=codec, near=PLACE, texts=["Peñón"])
dxf_case("layer_utf8", DXF_POINT % "Límite", 1, head="9\n$ACADVER\n1\nAC1027\n", encoding="utf-8", near=PLACE, texts=["Límite"])
dxf_case("text_escape", "0\nTEXT\n8\n0\n10\n660079\n20\n2826013\n40\n5\n1\nTorre\\U+00F3n\n", 1, near=PLACE, texts=["Torreón"])
dxf_case("text_percent", "0\nTEXT\n8\n0\n10\n660079\n20\n2826013\n40\n5\n1\n25%%d\n", 1, near=PLACE)
dxf_case("mtext", "0\nMTEXT\n8\n0\n10\n660079\n20\n2826013\n40\n5\n1\nCa\\U+00F1\\U+00F3n\\Pdos\n", 1, texts=None)
dxf_case("crlf", (DXF_POINT % "a").replace("\n", "\r\n"), 1, near=PLACE)
dxf_case("no_srs", DXF_POINT % "a", None, options=(), codes=["IMP-020"])
dxf_case("insert", "0\nINSERT\n8\n0\n2\nB\n10\n660000\n20\n2826000\n", 1, blocks="0\nSECTION\n2\nBLOCKS\n0\nBLOCK\n8\n0\n2\nB\n10\n0\n20\n0\n0\nPOINT\n8\n0\n10\n79\n20\n13\n0\nENDBLK\n0\nENDSEC\n", near=PLACE)
dxf_case("insert_itself", "0\nINSERT\n8\n0\n2\nB\n10\n660000\n20\n2826000\n" + DXF_POINT % "a", "any", blocks="0\nSECTION\n2\nBLOCKS\n0\nBLOCK\n8\n0\n2\nB\n10\n0\n20\n0\n0\nINSERT\n8\n0\n2\nB\n10\n79\n20\n13\n0\nENDBLK\n0\nENDSEC\n")
dxf_case("closed_polyline", "0\nLWPOLYLINE\n8\n0\n90\n4\n70\n1\n10\n660000\n20\n2826000\n10\n660100\n20\n2826000\n10\n660100\n20\n2826100\n10\n660000\n20\n2826100\n", 1)
dxf_case("cut", (DXF_POINT % "a") * 100 + "0\nPOI", "any")
dxf_case("no_entities", "", None, codes=["IMP-060"])
dxf_case("arc_and_circle", "0\nCIRCLE\n8\n0\n10\n660079\n20\n2826013\n40\n50\n0\nARC\n8\n0\n10\n660079\n20\n2826013\n40\n50\n50\n0\n51\n90\n", 2)
dxf_case("three_dfaces", "0\n3DFACE\n8\n0\n10\n660000\n20\n2826000\n30\n0\n11\n660100\n21\n2826000\n31\n0\n12\n660100\n22\n2826100\n32\n0\n13\n660000\n23\n2826100\n33\n0\n", 1)


def book(folder, name, sheets, hidden=(), properties=""):
    """A small XLSX; cells are str (inline text), numbers, ("f", formula, value), ("d", serial) or None. The sheets whose
    names are in `hidden` are; `properties` are attributes of the book."""
    def cell(column, row, value):
        where = "%s%d" % (chr(65 + column), row)
        if value is None:
            return ""
        if isinstance(value, tuple) and value[0] == "f":
            return '<c r="%s"><f>%s</f><v>%s</v></c>' % (where, value[1], value[2])
        if isinstance(value, tuple):
            return '<c r="%s" s="1"><v>%s</v></c>' % (where, value[1])
        if isinstance(value, str):
            return '<c r="%s" t="inlineStr"><is><t>%s</t></is></c>' % (where, value)
        return '<c r="%s"><v>%r</v></c>' % (where, value)

    def sheet(rows):
        lines = "".join('<row r="%d">%s</row>' % (r, "".join(cell(c, r, v) for c, v in enumerate(values)))
                        for r, values in enumerate(rows, 1) if values)
        return ('<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
                "<sheetData>%s</sheetData></worksheet>" % lines)

    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    types = "".join('<Override PartName="/xl/worksheets/sheet%d.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>' % i for i in range(1, len(sheets) + 1))
    members = [
        ("[Content_Types].xml", '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>%s</Types>' % types),
        ("_rels/.rels", '<?xml version="1.0"?><Relationships xmlns="%s"><Relationship Id="rId1" Type="%s/officeDocument" Target="xl/workbook.xml"/></Relationships>' % (package, office)),
        ("xl/workbook.xml", '<?xml version="1.0"?><workbook xmlns="%s" xmlns:r="%s"><workbookPr %s/><sheets>%s</sheets></workbook>' % (main, office, properties, "".join('<sheet name="%s" sheetId="%d" %sr:id="rId%d"/>' % (title, i, 'state="hidden" ' if title in hidden else "", i) for i, (title, _) in enumerate(sheets, 1)))),
        ("xl/_rels/workbook.xml.rels", '<?xml version="1.0"?><Relationships xmlns="%s">%s<Relationship Id="rId99" Type="%s/styles" Target="styles.xml"/></Relationships>' % (package, "".join('<Relationship Id="rId%d" Type="%s/worksheet" Target="worksheets/sheet%d.xml"/>' % (i, office, i) for i in range(1, len(sheets) + 1)), office)),
        ("xl/styles.xml", '<?xml version="1.0"?><styleSheet xmlns="%s"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>' % main),
    ] + [("xl/worksheets/sheet%d.xml" % i, sheet(rows)) for i, (_, rows) in enumerate(sheets, 1)]
    with zipfile.ZipFile(os.path.join(folder, name), "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members:
            archive.writestr(member, content)
    return name


def book_case(name, sheets, loaded, hidden=(), properties="", **expected):
    def build(folder):
        return Expected(book(folder, "libro.xlsx", sheets, hidden, properties), loaded, **expected)

    CASES["xlsx_" + name] = build


book_case("plain", [("Hoja1", [["nombre", "lon", "lat"], ["Peñón", -103.4067, 25.5428]])], 1, near=PLACE, texts=["Peñón"])
book_case("formula", [("Hoja1", [["nombre", "lon", "lat"], ["a", ("f", "-100-3.4067", "-103.4067"), ("f", "25.5428", 25.5428)]])], 1, near=PLACE)
book_case("formula_error", [("Hoja1", [["nombre", "v", "lon", "lat"], ["a", ("f", "1/0", "#DIV/0!"), -103.4067, 25.5428]])], 1, near=PLACE)
book_case("dates", [("Hoja1", [["f", "lon", "lat"], [("d", 43890), -103.4067, 25.5428]])], 1, near=PLACE, texts=["2020-02-29"])
book_case("titles", [("Hoja1", [["Padrón 2020"], [], ["Fuente: IMPLAN"], ["nombre", "lon", "lat"], ["Peñón", -103.4067, 25.5428]])], 1, near=PLACE)
book_case("two_sheets", [("Datos", [["n", "lon", "lat"], ["a", -103.4067, 25.5428]]), ("Notas", [["nota"], ["hola"]])], 1)
book_case("two_layers", [("A", [["n", "lon", "lat"], ["a", -103.4067, 25.5428]]), ("B", [["n", "lon", "lat"], ["b", -103.4067, 25.5428]])], 2, layers=2)
book_case("text_numbers", [("H", [["clave", "lon", "lat"], ["05035", "-103.4067", "25.5428"], ["00001", "-103,5", "25,6"]])], 2, near=PLACE, texts=["05035"])
book_case("merged_header", [("H", [["Coordenadas", None, "Datos"], ["lon", "lat", "nombre"], [-103.4067, 25.5428, "a"]])], 1, near=PLACE)
book_case("offset", [("H", [[], [None, None, "lon", "lat", "nombre"], [None, None, -103.4067, 25.5428, "a"]])], 1, near=PLACE)
book_case("hidden_sheet", [("A", [["n", "lon", "lat"], ["a", -103.4067, 25.5428]]), ("Teléfonos", [["n", "lon", "lat"], ["b", -103, 25]])], 1, hidden=["Teléfonos"], texts=["a"], codes=["IMP-030"])
book_case("all_hidden", [("A", [["n", "lon", "lat"], ["a", -103.4067, 25.5428]])], None, hidden=["A"], codes=["IMP-030"])
book_case("dates_from_1904", [("A", [["f", "lon", "lat"], [("d", 42428), -103.4067, 25.5428]])], None, properties='date1904="1"', codes=["IMP-060"])
book_case("dates_from_1900", [("A", [["f", "lon", "lat"], [("d", 43890), -103.4067, 25.5428]])], 1, properties='date1904="0"', texts=["2020-02-29"])
book_case("empty", [("H", [])], None, codes=["IMP-030"])
book_case("no_coordinates", [("H", [["a", "b"], ["x", "y"]])], None, codes=["IMP-030"])
book_case("big_number", [("H", [["id", "lon", "lat"], [123456789012345, -103.4067, 25.5428]])], 1, values={"id": [123456789012345]})
book_case("far_cell", [("H", [["n", "lon", "lat"], ["a", -103.4067, 25.5428]] + [[]] * 5000 + [["b", -103, 25]])], 2)
book_case("true_false", [("H", [["n", "lon", "lat"], [True, -103.4067, 25.5428]])], 1)


@case
def xlsx_with_picture(folder):
    name = book(folder, "libro.xlsx", [("H", [["n", "lon", "lat"], ["a", -103.4067, 25.5428]])])
    with zipfile.ZipFile(os.path.join(folder, name), "a") as archive:
        archive.writestr("xl/media/logo.png", b"\x89PNG\r\n\x1a\n" + bytes(50))
        archive.writestr("docProps/thumbnail.jpeg", b"\xff\xd8\xff" + bytes(50))
    return Expected(name, 1, near=PLACE)


@case
def xlsx_cut(folder):
    book(folder, "libro.xlsx", [("H", [["n", "lon", "lat"], ["a", -103.4, 25.5]])])
    data = read(folder, "libro.xlsx")
    write(folder, "libro.xlsx", data[:-100])
    return Expected("libro.xlsx", None, codes=["IMP-060"])


@case
def xlsx_entity_bomb(folder):
    name = book(folder, "libro.xlsx", [("H", [["n", "lon", "lat"], ["a", -103.4, 25.5]])])
    with zipfile.ZipFile(os.path.join(folder, name)) as archive:
        members = [(i.filename, archive.read(i)) for i in archive.infolist()]
    members = [(n, ('<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "lol">%s]><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&l9;</t></is></c></row></sheetData></worksheet>' % LOLS).encode() if n.endswith("sheet1.xml") else c) for n, c in members]
    kmz(folder, members, "libro.xlsx")
    return Expected("libro.xlsx", None)


@case
def ods_plain(folder):
    if not ogr.GetDriverByName("ODS"):
        return None
    path = os.path.join(folder, "libro.ods")
    dataset = ogr.GetDriverByName("ODS").CreateDataSource(path)
    for title in ("Datos", "Más"):
        table = dataset.CreateLayer(title)
        for field, kind in (("nombre", ogr.OFTString), ("lon", ogr.OFTReal), ("lat", ogr.OFTReal), ("f", ogr.OFTDate)):
            table.CreateField(ogr.FieldDefn(field, kind))
        row = ogr.Feature(table.GetLayerDefn())
        row["nombre"], row["lon"], row["lat"], row["f"] = "Peñón", LON, LAT, "2020/02/29"
        table.CreateFeature(row)
    del table, row, dataset
    return Expected("libro.ods", 2, near=PLACE, texts=["Peñón"], layers=2)


def refused(name, file, content, said=None):
    def build(folder):
        write(folder, file, content)
        return Expected(file, None, codes=["IMP-060"], said=said)

    CASES["refused_" + name] = build


refused("gml", "capa.gml", '<?xml version="1.0"?><gml:FeatureCollection xmlns:gml="http://www.opengis.net/gml"><gml:featureMember/></gml:FeatureCollection>', "GML")
refused("gpx", "ruta.gpx", '<?xml version="1.0"?><gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1"><wpt lat="25" lon="-103"/></gpx>', "GPX")
refused("mif", "capa.mif", 'Version 300\nCharset "WindowsLatin1"\nDelimiter ","\nColumns 1\n  n Integer\nData\n\nPoint -103 25\n', "MapInfo")
refused("tab", "capa.tab", '!table\n!version 300\n!charset WindowsLatin1\n\nDefinition Table\n  Type NATIVE\n', "MapInfo")
refused("mdb", "capa.mdb", b"\0\1\0\0Standard Jet DB\0" + bytes(200), None)
refused("e00", "capa.e00", "EXP  0 CAPA.E00\nARC  2\n", None)
refused("html", "capa.html", "<html><body>Inicie sesión</body></html>", None)
refused("exe", "capa.exe", b"MZ\x90\0" + bytes(300), None)
refused("dwg", "plano.dwg", b"AC1027" + bytes(200), "DXF")
refused("xls", "libro.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), ".xlsx")
refused("qgz_text", "proyecto.qgs", "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'><qgis version='3.22'></qgis>", None)
refused("sld", "estilo.sld", '<?xml version="1.0"?><StyledLayerDescriptor version="1.0.0"/>', None)
refused("lyr", "capa.lyrx", '{"type":"CIMLayerDocument","version":"2.6"}', None)
refused("parquet", "capa.parquet", b"PAR1" + bytes(100) + b"PAR1", None)
refused("vrt", "capa.vrt", "<OGRVRTDataSource><OGRVRTLayer name='x'><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>", None)
refused("wfs", "capa.xml", '<?xml version="1.0"?><ServiceExceptionReport><ServiceException>No</ServiceException></ServiceExceptionReport>', None)
