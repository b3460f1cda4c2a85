# SPDX-License-Identifier: MIT
"""More difficult files, written down with what must come of them before the program had seen them."""

import io
import os
import struct
import zipfile

import fixtures
from fixtures import LCC_PRJ, POINT, WGS84_PRJ
from make_nasty import LON, LAT, PLACE, UTM13_ESRI, UTM_PLACE, LCC_PLACE, LCC_NEAR, CASES, Expected, case, csv_case, prj_case, stem, write
from make_nasty_formats import collection, feature, json_case

NAMES = ["Peñón de los Baños", "Nezahualcóyotl", "Güémez", "Ciudad Acuña", "José María Morelos"]


def points(folder, columns, rows, **more):
    places = [(LON + i / 100, LAT) for i in range(len(rows))]
    fixtures.write_points(stem(folder), [b""] * len(rows), places=places, columns=columns, rows=rows, **more)
    return "capa.shp"


# --- text ---


def names_case(name, encoding, cpg=None, language=0, names=NAMES, **expected):
    def build(folder):
        points(folder, [(b"NOMBRE", "C", 40, 0)], [[n.encode(encoding)] for n in names], language=language)
        if cpg is not None:
            write(folder, "capa.cpg", cpg)
        return Expected("capa.shp", len(names), values={"NOMBRE": names}, **expected)

    CASES["kept_text_" + name] = build


for number, (label, encoding) in enumerate([("ISO 88591", "latin-1"), ("windows-1252\n", "cp1252"), ("Windows 1252", "cp1252"),
                                            ("  UTF-8  ", "utf-8"), ("UTF-8\0", "utf-8"), ("65001", "utf-8"), ("IBM850", "cp850"),
                                            ('"UTF-8"', "utf-8"), ("codepage=1252", "cp1252"), ("no-existe-123", "cp1252"),
                                            ("US-ASCII", "latin-1")]):
    names_case("cpg_%d" % number, encoding, label)
names_case("cpg_shift_jis_said_latin1_inside", "latin-1", "Shift_JIS", codes=["IMP-010"])
names_case("ldid_932_said_latin1_inside", "latin-1", language=0x13, codes=["IMP-010"])
names_case("ldid_936_said_cp850_inside", "cp850", language=0x4D, codes=["IMP-010"])
names_case("ordinals_cp850", "cp850", names=["2ª SECCIÓN", "3ª SECCIÓN", "1º DE MAYO"])
names_case("typographic_cp1252", "cp1252", names=["La “Joya” – 2ª sección", "5 °C ² «Ñ»", "O’Higgins…"])
names_case("cpg_latin1_typographic", "cp1252", "ISO-8859-1", names=["La “Joya”", "O’Higgins…"])
names_case("decomposed", "utf-8", names=["Torreo\u0301n", "Acun\u0303a"])


@case
def kept_text_lone_word_in_its_own_column(folder):
    columns = [(b"A", "C", 20, 0), (b"B", "C", 20, 0), (b"C", "C", 20, 0)]
    rows = [[a.encode("utf-8"), b.encode("cp1252"), c.encode("cp850")]
            for a, b, c in [("Peñón", "Acuña", "MÉRIDA"), ("Güémez", "Mérida", "CANCÚN"), ("León", "Sáric", "PEÑÓN")]]
    return Expected(points(folder, columns, rows), 3, values={"B": ["Acuña", "Mérida", "Sáric"], "C": ["MÉRIDA", "CANCÚN", "PEÑÓN"]})


@case
def kept_text_column_name_cut_in_a_letter(folder):
    columns = [("DESCRIPCIÓN".encode()[:10], "C", 6, 0)]
    return Expected(points(folder, columns, [["Ñ".encode()]], cpg="UTF-8"), 1, fields={"DESCRIPCI": "string"}, texts=["Ñ"])


@case
def kept_text_nul_padding(folder):
    columns = [(b"T", "C", 20, 0), (b"N", "N", 10, 0)]
    rows = [["Peñón".encode("latin-1").ljust(20, b"\0"), b"12".ljust(10, b"\0")], [b"A\0basura vieja", b"\0" * 10]]
    return Expected(points(folder, columns, rows), 2, values={"T": ["Peñón", "A"], "N": [12, None]})


# --- columns of a .dbf ---


def dbf_case(name, column, cells, values, **expected):
    def build(folder):
        columns = [(b"V", *column), (b"N", "C", 3, 0)]
        points(folder, columns, [[cell, b"a"] for cell in cells])
        return Expected("capa.shp", len(cells), values={"V": values} if values else {"N": ["a"] * len(cells)}, **expected)

    CASES["kept_dbf_" + name] = build


dbf_case("fractions_unannounced", ("N", 8, 0), [b"1.50", b"2", b"-0.25"], [1.5, 2, -0.25], codes=["IMP-030"], said="se lee con decimales")
dbf_case("whole_with_point", ("N", 8, 0), [b"1.", b"2.00"], [1, 2])
dbf_case("exponent_unannounced", ("N", 8, 0), [b"1.5E+03", b"7"], [1500, 7])
dbf_case("wide_unannounced", ("F", 19, 0), [b"1.25", b"7"], [1.25, 7])
dbf_case("date_dashes", ("D", 10, 0), [b"2024-02-29", b"2024/1/5", b"20240301"], ["2024-02-29", "2024-01-05", "2024-03-01"])
dbf_case("date_impossible", ("D", 10, 0), [b"2024-02-30", b"2024-01-01"], [None, "2024-01-01"], codes=["IMP-030"])
dbf_case("date_day_first", ("D", 10, 0), [b"29/02/2024", b"2024-01-01"], [None, "2024-01-01"], codes=["IMP-030"])
dbf_case("double_bytes", ("O", 8, 0), [struct.pack("<d", 1.5), struct.pack("<d", -2)], None, codes=["IMP-030"], said="binarios")
dbf_case("int_bytes", ("I", 4, 0), [struct.pack("<i", 7), struct.pack("<i", 70000)], None, codes=["IMP-030"], said="binarios")
dbf_case("increment_bytes", ("+", 4, 0), [struct.pack(">i", 1), struct.pack(">i", 2)], None, codes=["IMP-030"])
dbf_case("timestamp_bytes", ("@", 8, 0), [struct.pack("<ii", 2460000, 43200000)], None, codes=["IMP-030"])
dbf_case("memo_reference", ("M", 10, 0), [b"         1", b""], None)
dbf_case("no_numbers", ("N", 8, 2), [b"NaN", b"-1.#IND", b"inf", b"N/D", b"2"], [None, None, None, None, 2], codes=["IMP-030"])
dbf_case("nineteen_digits", ("N", 19, 0), [b"9223372036854775807", b"1"], [9223372036854775807, 1])
dbf_case("fifteen_decimals", ("N", 20, 15), [b"1.123456789012345", b"-0.000000000000001"], [1.123456789012345, -1e-15])


@case
def kept_dbf_column_names(folder):
    names = ['a"b', "c'd", "e;--", "f.g", "h[0]", "%s%n", "select", "rowid", "geom", "fid", "ogc_fid"]
    points(folder, [(n.encode(), "C", 3, 0) for n in names], [[str(i).encode() for i in range(len(names))]])
    return Expected("capa.shp", 1, fields={n: "string" for n in names})


# --- reference systems ---

GOOGLE = ('PROJCS["Google Maps Global Mercator",GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],'
          'PRIMEM["Greenwich",0],UNIT["degree",0.01745329251994328]],PROJECTION["Mercator_1SP"],PARAMETER["central_meridian",0],'
          'PARAMETER["scale_factor",1],PARAMETER["false_easting",0],PARAMETER["false_northing",0],UNIT["metre",1],'
          'EXTENSION["PROJ4","+proj=merc +a=6378137 +b=6378137 +lat_ts=0.0 +lon_0=0.0 +x_0=0.0 +y_0=0 +k=1.0 +units=m %s +wktext +no_defs"]]')
MERCATOR_PLACE = (-11511181.0, 2942564.0)
prj_case("kept_google_mercator", GOOGLE % "+nadgrids=@null", MERCATOR_PLACE, PLACE)
prj_case("kept_google_mercator_proj4", "+proj=merc +a=6378137 +b=6378137 +lat_ts=0 +lon_0=0 +x_0=0 +y_0=0 +k=1 +units=m +nadgrids=@null +wktext +no_defs",
         MERCATOR_PLACE, PLACE)
prj_case("kept_grid_of_shifts", GOOGLE % "+nadgrids=@null,/etc/passwd", MERCATOR_PLACE, None, loaded=None, codes=["IMP-020"])
prj_case("kept_grid_after_none", GOOGLE % "+nadgrids=@null +nadgrids=/etc/passwd", MERCATOR_PLACE, None, loaded=None, codes=["IMP-020"])
prj_case("kept_uri", "http://www.opengis.net/def/crs/EPSG/0/32613", UTM_PLACE, PLACE, srs="EPSG:32613")
prj_case("kept_kilometres_under_metres", LCC_PRJ, (LCC_PLACE[0] / 1000, LCC_PLACE[1] / 1000), None, codes=["IMP-021"], exit=1)
prj_case("kept_utm_under_lcc", LCC_PRJ, UTM_PLACE, None, codes=["IMP-021"], exit=1)
prj_case("kept_swapped_lcc", LCC_PRJ, (LCC_PLACE[1], LCC_PLACE[0]), None, codes=["IMP-021"], exit=1)
prj_case("kept_meridian_without_minus", UTM13_ESRI.replace("-105.0", "105.0"), UTM_PLACE, None, codes=["IMP-021"], exit=1)
prj_case("kept_southern_zone", UTM13_ESRI.replace('"False_Northing",0.0', '"False_Northing",10000000.0').replace("13N", "13S"), UTM_PLACE,
         None, codes=["IMP-021"], exit=1, said="Antártida")
prj_case("kept_parentheses", LCC_PRJ.replace("[", "(").replace("]", ")"), LCC_PLACE, LCC_NEAR, srs="EPSG:6372")
prj_case("kept_gon", WGS84_PRJ.replace('UNIT["Degree",0.0174532925199433]', 'UNIT["Gon",0.01570796326794897]'), (LON / 0.9, LAT / 0.9), PLACE)


@case
def kept_prj_qpj_alone(folder):
    fixtures.write_points(stem(folder), [b"a"], prj=None, places=[LCC_PLACE])
    write(folder, "capa.qpj", LCC_PRJ)
    return Expected("capa.shp", 1, srs="EPSG:6372", near=LCC_NEAR)


@case
def kept_prj_zero_zero_among_others(folder):
    fixtures.write_points(stem(folder), [b"a", b"b", b"c"], places=[PLACE, (0, 0), PLACE])
    return Expected("capa.shp", 3, codes=["IMP-021"], exit=1, said="0, 0")


def crs_case(name, crs, place, loaded, **expected):
    json_case("kept_crs_" + name, collection(feature({"type": "Point", "coordinates": list(place)}, n=1), crs=crs), loaded, **expected)


def named(name):
    return {"type": "name", "properties": {"name": name}}


crs_case("unknown", named("EPSG:123456"), PLACE, 1, near=PLACE, codes=["IMP-020"], exit=1, said="123456")
crs_case("link", {"type": "link", "properties": {"href": "http://example.com/x", "type": "ogcwkt"}}, PLACE, 1, codes=["IMP-020"], exit=1)
crs_case("string", "EPSG:32613", UTM_PLACE, None, codes=["IMP-020"])
crs_case("version", named("urn:ogc:def:crs:EPSG:6.9:32613"), UTM_PLACE, 1, near=PLACE, exit=0)
crs_case("uri", named("http://www.opengis.net/def/crs/EPSG/0/32613"), UTM_PLACE, 1, near=PLACE, exit=0)
crs_case("known_degrees", named("urn:ogc:def:crs:EPSG::4326"), PLACE, 1, near=PLACE, exit=0)
json_case("kept_crs_is_a_property", collection(feature({"type": "Point", "coordinates": list(PLACE)}, crs="EPSG:9", a='"crs":{')), 1, exit=0)

# --- tables ---

AT = "%r,%r" % PLACE
WKB = struct.pack("<dd", *PLACE).hex()
csv_case("kept_wkb_of_sql_server", "n,wkt\n1,0x0101000000%s\n" % WKB, 1, near=PLACE)
csv_case("kept_wkb_of_postgres", "n,wkt\n1,\\x0101000000%s\n" % WKB, 1, near=PLACE)
csv_case("kept_ewkb_with_mark", "n,wkt\n1,\\x0101000020E6100000%s\n" % WKB, 1, near=PLACE)
csv_case("kept_dms_blanks_only", "n,lon,lat\na,-103 24 24.12,25 32 34.08\n", 1, near=PLACE)
csv_case("kept_dms_bad_minutes", "n,lon,lat\na,-103 74 24,25 32 34\nb,-103 24 24.12,25 32 34.08\n", 1, near=PLACE, left_out=1)
csv_case("kept_dms_columns", "n,lon_g,lon_m,lon_s,lat_g,lat_m,lat_s\na,-103,24,24.12,25,32,34.08\n", 1, near=PLACE)
csv_case("kept_dms_columns_words", "n,MIN LON,GRADOS LON,SEG LON,MIN LAT,GRADOS LAT,SEG LAT\na,24,-103,24.12,32,25,34.08\n", 1, near=PLACE)
csv_case("kept_dms_inegi", "loc,LONGITUD,LATITUD,ALTITUD\nTotal,,,\na,1032424,253234,1120\nb,1020000,0253200,1130\n", 3, near=(-103.40667, 25.54278),
         codes=["IMP-021"], exit=1)
csv_case("kept_dms_inegi_not_all", "loc,LONGITUD,LATITUD\na,1032424,253234\nb,1028888,253299\n", None, codes=["IMP-020"])
csv_case("kept_names_hemispheres", "n,Longitud (W),Latitud (N)\na,%s\n" % AT, 1, near=PLACE)
csv_case("kept_names_geo_point_2d", 'n,geo_point_2d\na,"25.5428, -103.4067"\n', 1, near=PLACE)
csv_case("kept_names_geo_shape", 'n,geo_point_2d,geo_shape\na,"25, -103","{""type"":""Polygon"",""coordinates"":[[[-104,25],[-103,25],[-103,26],[-104,25]]]}"\n',
         1, area=0.5)
csv_case("kept_phones", "lon,lat,tel\n%s,+528717123456\n%s,+528717123457\n" % (AT, AT), 2, values={"tel": ["+528717123456", "+528717123457"]})
csv_case("kept_signed_numbers", "lon,lat,v\n%s,+1.5\n%s,-2\n" % (AT, AT), 2, values={"v": [1.5, -2]})
csv_case("kept_code_like_numbers", "lon,lat,c,d\n%s,1E5,1/2\n%s,2D7,3/4\n" % (AT, AT), 2, values={"c": ["1E5", "2D7"], "d": ["1/2", "3/4"]})
csv_case("kept_money_and_percent", 'lon,lat,p,q\n%s,"$1,234.50",12.5%%\n%s,$7.00,7%%\n' % (AT, AT), 2,
         values={"p": ["$1,234.50", "$7.00"], "q": ["12.5%", "7%"]})
csv_case("kept_yes_no", "lon,lat,b\n%s,Sí\n%s,No\n" % (AT, AT), 2, values={"b": ["Sí", "No"]})
csv_case("kept_two_zones", "X,Y,zona\n660079.12,2826013.5,13\n260100,2826100,14\n", None, codes=["IMP-020"])
csv_case("kept_late_zero", "lon,lat,c\n" + "".join("%s,%d\n" % (AT, 10000 + i) for i in range(12000)) + AT + ",00012\n", 12001,
         fields={"c": "string"}, texts=["00012"])
csv_case("kept_all_unreadable", "n,wkt\n1,POINT(-103;4 25;5)\n", None, codes=["IMP-050"], said="al cargar se omiten")

# --- KML ---

KML = '<?xml version="1.0" encoding="%s"?><kml xmlns="http://www.opengis.net/kml/2.2" xmlns:gx="http://www.google.com/kml/ext/2.2"><Document>%s</Document></kml>'
MARK = "<Placemark><name>%s</name><Point><coordinates>-103.4067,25.5428</coordinates></Point></Placemark>"


def kml_case(name, said, encoding, names, **expected):
    def build(folder):
        write(folder, "capa.kml", (KML % (said, "".join(MARK % n for n in names))).encode(encoding))
        return Expected("capa.kml", len(names), texts=names, near=PLACE, **expected)

    CASES["kept_kml_" + name] = build


kml_case("windows_1252", "windows-1252", "cp1252", ["El “Águila”", "Peñón"], exit=0)
kml_case("cp850", "cp850", "cp850", ["Peñón", "Torreón"], exit=0)
kml_case("iso_8859_15", "ISO-8859-15", "iso-8859-15", ["Peñón", "5 €"], exit=0)
kml_case("latin1_said_and_inside", "ISO-8859-1", "latin-1", ["Peñón"], exit=0)
kml_case("utf8_said_latin1_inside", "UTF-8", "latin-1", ["Peñón", "Torreón"], codes=["IMP-010"], exit=1)
kml_case("latin1_said_utf8_inside", "ISO-8859-1", "utf-8", ["Peñón", "Torreón"], codes=["IMP-010"], exit=1)


def track_case(name, times, loaded, **expected):
    def build(folder):
        track = "<when>2020-01-01T00:00:00Z</when>" * times + "<gx:coord>-103 25 0</gx:coord><gx:coord>-102 25 0</gx:coord>"
        write(folder, "capa.kml", KML % ("UTF-8", "<Placemark><name>a</name><gx:Track>%s</gx:Track></Placemark>" % track))
        return Expected("capa.kml", loaded, **expected)

    CASES["kept_kml_track_" + name] = build


track_case("whole", 2, 1)
track_case("without_times", 0, None, codes=["IMP-060"], said="gx:Track")
track_case("one_time_missing", 1, None, codes=["IMP-060"])

# --- archives ---


def parts(folder):
    fixtures.write_points(stem(folder), [b"a"], places=[PLACE])
    found = {}
    for extension in (".shp", ".shx", ".dbf", ".prj"):
        with open(stem(folder) + extension, "rb") as file:
            found[extension] = file.read()
        os.remove(stem(folder) + extension)
    return found


def zip_case(name, members, loaded=1, before=b"", after=b"", comment=b"", method=zipfile.ZIP_DEFLATED, **expected):
    def build(folder):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", method) as archive:
            for inside, content in members(parts(folder)):
                archive.writestr(zipfile.ZipInfo(inside), content, compress_type=method)
            archive.comment = comment
        write(folder, "capa.zip", before + out.getvalue() + after)
        return Expected("capa.zip", loaded, **expected)

    CASES["kept_zip_" + name] = build


def plain(found, name="capa"):
    return [(name + extension, content) for extension, content in found.items()]


zip_case("bzip2", plain, method=zipfile.ZIP_BZIP2)
zip_case("lzma", plain, method=zipfile.ZIP_LZMA, loaded=None, codes=["IMP-060"])
zip_case("comment_like_an_end", plain, comment=b"PK\5\6" + b"\0" * 18)
zip_case("garbage_behind", plain, after=b"\0" * 300)
zip_case("garbage_before", plain, before=b"MZ" + b"\0" * 5000, loaded=None, codes=["IMP-060"])
zip_case("doubled_slashes", lambda found: plain(found, "a//b/capa"))
zip_case("odd_name", lambda found: plain(found, "capa #1 (50%) [final] & «ñ» 'x'"))
zip_case("blank_at_the_end", lambda found: plain(found, "capa "))
zip_case("two_years", lambda found: plain(found, "2020/capa") + plain(found, "2024/capa"), loaded=2, layers=2)
zip_case("empty_index", lambda found: [(n, b"" if n.endswith(".shx") else c) for n, c in plain(found)], codes=["IMP-060"])
zip_case("empty_table", lambda found: [(n, b"" if n.endswith(".dbf") else c) for n, c in plain(found)], loaded=None, codes=["IMP-060"])
zip_case("qpj", lambda found: [(n.replace(".prj", ".qpj"), c) for n, c in plain(found)], exit=0, srs="EPSG:4326")

# --- shapes ---


@case
def kept_shape_nothing_but_null(folder):
    fixtures.write_shp(stem(folder), POINT, [None, None])
    fixtures.write_dbf(stem(folder) + ".dbf", [(b"N", "C", 3, 0)], [[b"a"], [b"b"]])
    write(folder, "capa.prj", WGS84_PRJ)
    return Expected("capa.shp", None, codes=["IMP-050"], said="ningún elemento")
