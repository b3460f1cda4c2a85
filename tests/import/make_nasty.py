# SPDX-License-Identifier: MIT
"""Difficult files of our own making, each with what must come out of it.

Every case is a function that writes one file (with its companions) into a folder and returns an Expected. They are of
the kinds that institutions, old programs and broken transfers produce; nasty_test.py loads each and judges.
"""

import gzip
import io
import json
import os
import sqlite3
import struct
import tarfile
import zipfile

import fixtures
from fixtures import LCC_PRJ, LINE, POINT, POLYGON, WGS84_PRJ

LON, LAT = -103.4067, 25.5428
PLACE = (LON, LAT)
LCC_PLACE = (2374865.0, 1458642.0)  # -103.2476, 25.1678
UTM_PLACE = (660079.0, 2826013.0)  # -103.4067, 25.5428 in zone 13
NAMES = ["Torreón", "Gómez Palacio", "Peñoles", "Año Nuevo"]


class Expected:
    """What must come out.

    loaded: rows in the store over all layers (None: refused, exit code 2); codes: some of the message codes; texts:
    values that must be in the store; near: a place within the first layer's extent; said: words of the Spanish report;
    left_out: rows listed; fields: name -> type; geometry: a WKT test on the first row.
    """

    def __init__(self, name, loaded=None, options=(), **rest):
        self.name, self.loaded, self.options = name, loaded, options
        self.codes = rest.pop("codes", ())
        self.texts = rest.pop("texts", ())
        self.near = rest.pop("near", None)
        self.said = rest.pop("said", None)
        self.left_out = rest.pop("left_out", None)
        self.fields = rest.pop("fields", None)
        self.values = rest.pop("values", None)
        self.srs = rest.pop("srs", None)
        self.area = rest.pop("area", None)
        self.layers = rest.pop("layers", None)
        self.exit = rest.pop("exit", None)
        assert not rest, rest


CASES = {}


def case(function):
    CASES[function.__name__] = function
    return function


def write(folder, name, content):
    with open(os.path.join(folder, name), "wb") as file:
        file.write(content if isinstance(content, bytes) else content.encode("utf-8"))
    return name


def read(folder, name):
    with open(os.path.join(folder, name), "rb") as file:
        return file.read()


def stem(folder, name="capa"):
    return os.path.join(folder, name)


# --- text of shapefiles ---


def text_case(name, raw, texts=NAMES, **options):
    def build(folder):
        extra = {key: options.pop(key) for key in ("codes", "exit", "said") if key in options}
        cpg = options.pop("cpg", None)
        fixtures.write_points(stem(folder), raw, **options)
        if cpg is not None:
            write(folder, "capa.cpg", cpg)
        return Expected("capa.shp", len(raw), texts=texts, **extra)

    CASES["text_" + name] = build


def encoded(encoding, names=None):
    return [name.encode(encoding) for name in (names or NAMES)]


for code in ("cp1252", "cp850", "cp437", "utf-8"):
    text_case("undeclared_" + code.replace("-", ""), encoded(code))
text_case("undeclared_mac", encoded("mac_roman", NAMES + ["Niños Héroes", "Jesús García"]), NAMES + ["Niños Héroes"])
text_case("capitals_cp850", encoded("cp850", ["TORREÓN", "PEÑA", "NIÑOS HÉROES", "JUÁREZ"]), ["TORREÓN", "NIÑOS HÉROES"])
text_case("capitals_cp1252", encoded("cp1252", ["TORREÓN", "PEÑA", "NIÑOS HÉROES"]), ["TORREÓN", "NIÑOS HÉROES"])
text_case("capitals_mac", encoded("mac_roman", ["TORREÓN", "PEÑA", "NIÑOS HÉROES", "JUÁREZ"]), ["TORREÓN", "PEÑA"])
text_case("utf8_said_latin1_inside", encoded("latin-1"), cpg="UTF-8", codes=["IMP-010"])
text_case("utf8_said_cp850_inside", encoded("cp850"), cpg="UTF-8", codes=["IMP-010"])
text_case("latin1_said_utf8_inside", encoded("utf-8"), cpg="ISO-8859-1", codes=["IMP-010"])
text_case("cpg_1252_words", encoded("cp1252"), cpg="ANSI 1252")
text_case("cpg_88591", encoded("latin-1"), cpg="88591")
text_case("cpg_88591_8_digits", encoded("latin-1"), cpg="ISO 88591\r\n")
text_case("cpg_utf8_bom", encoded("utf-8"), cpg=b"\xef\xbb\xbfutf8\r\n")
text_case("cpg_utf16", encoded("utf-8"), cpg="UTF-8".encode("utf-16"))
text_case("cpg_system", encoded("cp1252"), cpg="System")
text_case("cpg_empty", encoded("cp1252"), cpg=b"")
text_case("cpg_binary", encoded("cp1252"), cpg=b"\x00\xff\x10\x80")
text_case("cpg_850_short", encoded("cp850"), cpg="850")
text_case("cpg_oem", encoded("cp850"), cpg="OEM 850")
text_case("cpg_oem_only", encoded("cp850"), cpg="OEM")
text_case("cpg_ansi_only", encoded("cp1252"), cpg="ANSI")
text_case("cpg_iso_8859_15", encoded("iso-8859-15", NAMES + ["5 €"]), NAMES + ["5 €"], cpg="ISO-8859-15")
text_case("cpg_mac", encoded("mac_roman"), cpg="macintosh")
text_case("cpg_utf16_declared_utf8_inside", encoded("utf-8"), cpg="UTF-16")
text_case("cpg_1250_said_1252_inside", encoded("cp1252"), cpg="1250")
text_case("ldid_57_utf8_inside", encoded("utf-8"), language=0x57)
text_case("ldid_57_cp850_inside", encoded("cp850"), language=0x57)
text_case("ldid_03", encoded("cp1252"), language=0x03)
text_case("ldid_02", encoded("cp850"), language=0x02)
text_case("ldid_01", encoded("cp437"), language=0x01)
text_case("ldid_01_cp1252_inside", encoded("cp1252"), language=0x01)
text_case("ldid_64_cp852", encoded("cp852", ["Torreón", "Gómez", "Łódź"]), ["Torreón", "Łódź"], language=0x64)
text_case("ldid_64_cp1252_inside", encoded("cp1252"), language=0x64)
text_case("ldid_unknown", encoded("cp1252"), language=0xEE)
text_case("mixed_rows", ["Torreón".encode("utf-8"), "Peñoles".encode("latin-1"), "Año Nuevo".encode("cp850"),
                         "Niños Héroes".encode("cp1252")], ["Torreón", "Peñoles", "Año Nuevo", "Niños Héroes"])
text_case("doubly_encoded", [n.encode("utf-8").decode("cp1252").encode("utf-8") for n in ("Torreón", "Gómez", "Peña")],
          (), codes=["IMP-010"], said="dos veces")
text_case("control_characters", [b"a\x00basura\xff", b"b\x01\x02", b"c\tx", b"d\x1a"], ["a"])


@case
def text_cut_by_width(folder):
    names = ["Ampliación Peñón".encode("utf-8")[:n] for n in (11, 14, 16)]
    fixtures.write_points(stem(folder), [], places=[PLACE] * 3, columns=[(b"NOMBRE", "C", len(n), 0) for n in names],
                          rows=[names] * 3)
    return Expected("capa.shp", 3, texts=["Ampliación", "Ampliación Pe"])


@case
def text_cut_short(folder):
    value = ("x" * 9 + "ó").encode("utf-8")[:10]
    other = "Peñón ABCD".encode("utf-8")[:10]
    fixtures.write_points(stem(folder), [value, other, other], columns=[(b"NOMBRE", "C", 10, 0)],
                          rows=[[value], [other], [other]], cpg="UTF-8")
    return Expected("capa.shp", 3, texts=["x" * 9])


@case
def text_mixed_per_field(folder):
    columns = [(b"A", "C", 20, 0), (b"B", "C", 20, 0), (b"C", "C", 20, 0)]
    rows = [[n.encode("utf-8"), n.encode("cp1252"), n.encode("cp850")] for n in ("Torreón", "Peñón", "Gómez")]
    fixtures.write_points(stem(folder), [b""] * 3, columns=columns, rows=rows)
    return Expected("capa.shp", 3, values={"A": ["Torreón", "Peñón", "Gómez"], "B": ["Torreón", "Peñón", "Gómez"],
                                           "C": ["Torreón", "Peñón", "Gómez"]})


def column_name(name, encoding):
    def build(folder):
        columns = [("AÑO".encode(encoding), "C", 10, 0), ("Población".encode(encoding)[:11], "C", 10, 0)]
        fixtures.write_points(stem(folder), [b""], columns=columns, rows=[[b"2020", b"12"]])
        return Expected("capa.shp", 1, fields={"AÑO": "string", "Población": "string"})

    CASES["column_name_" + name] = build


for code in ("cp1252", "cp850", "cp437", "utf-8"):
    column_name(code.replace("-", ""), code)


@case
def column_name_other_than_values(folder):
    columns = [("AÑO".encode("cp1252"), "C", 10, 0), ("NIÑOS".encode("utf-8"), "C", 20, 0)]
    fixtures.write_points(stem(folder), [b""], columns=columns, rows=[["á".encode("utf-8"), "Torreón".encode("utf-8")]],
                          cpg="UTF-8")
    return Expected("capa.shp", 1, fields={"AÑO": "string", "NIÑOS": "string"}, texts=["Torreón"])


# --- tables of text ---


def csv_case(name, content, loaded, encoding="utf-8", file="tabla.csv", **expected):
    def build(folder):
        write(folder, file, content if isinstance(content, bytes) else content.encode(encoding))
        return Expected(file, loaded, **expected)

    CASES["csv_" + name] = build


TABLE = "nombre,lon,lat\nTorreón,-103.4067,25.5428\nPeñón,-103.5,25.6\n"
PLACES = ["Torreón", "Peñón"]
csv_case("utf16le", "\ufeff" + TABLE, 2, "utf-16-le", texts=PLACES, near=PLACE)
csv_case("utf16be", "\ufeff" + TABLE, 2, "utf-16-be", texts=PLACES, near=PLACE)
csv_case("utf16le_no_bom", TABLE, 2, "utf-16-le", texts=PLACES, near=PLACE)
csv_case("utf16le_tabs_crlf", "\ufeff" + TABLE.replace(",", "\t").replace("\n", "\r\n"), 2, "utf-16-le", texts=PLACES,
         file="tabla.txt")
csv_case("utf16_odd_end", ("\ufeff" + TABLE).encode("utf-16-le") + b"\n", 2, texts=PLACES)
csv_case("utf8_bom", "\ufeff" + TABLE, 2, texts=PLACES, near=PLACE, fields={"nombre": "string", "lon": "real", "lat": "real"})
csv_case("utf8_bom_coordinates_first", "\ufefflon,lat,nombre\n-103.4067,25.5428,Torreón\n", 1, near=PLACE)
csv_case("latin1", TABLE, 2, "latin-1", texts=PLACES)
csv_case("cp850", TABLE + "Gómez,-103.4,25.5\nAño,-103.4,25.5\n", 4, "cp850", texts=PLACES)
csv_case("mac", (TABLE + "Gómez,-103.4,25.5\nAño,-103.4,25.5\n").replace("\n", "\r"), 4, "mac_roman", texts=PLACES)
csv_case("semicolon_comma", "nombre;lon;lat\nTorreón;-103,4067;25,5428\n", 1, near=PLACE)
csv_case("tab", TABLE.replace(",", "\t"), 2, near=PLACE, file="tabla.tsv")
csv_case("pipe", TABLE.replace(",", "|"), 2, near=PLACE)
csv_case("sep_line", "sep=;\r\n" + TABLE.replace(",", ";"), 2, near=PLACE, texts=PLACES)
csv_case("sep_line_comma", "sep=,\r\n" + TABLE, 2, near=PLACE, texts=PLACES)
csv_case("newlines_in_quotes", 'nombre,lon,lat\n"uno\ndos, ""tres""",-103.4067,25.5428\n', 1, texts=['uno\ndos, "tres"'])
csv_case("dms", "nombre,latitud,longitud\nT,\"25°32'34\"\"N\",\"103°24'24\"\"W\"\nU,25 32 34 N,103 24 24 O\n"
         "V,25º32’34”N,103º24’24”O\nX,\"25° 32.5667' N\",\"103° 24.4' W\"\nY,N 25° 32' 34'',W 103° 24' 24''\n"
         "Z,+25°32′34″,-103°24′24″\n", 6, near=(-103.40667, 25.54278))
csv_case("dms_latin1", "nombre,latitud,longitud\nT,25°32'34\"N,103°24'24\"W\n", 1, "latin-1", near=(-103.40667, 25.54278))
csv_case("dms_cp850", "nombre,latitud,longitud\nT,25°32'34N,103°24'24W\n", 1, "cp850", near=(-103.40667, 25.54278))
csv_case("dms_colon", "nombre,latitud,longitud\nT,25:32:34,-103:24:24\n", 1, near=(-103.40667, 25.54278))
csv_case("dms_west_without_sign", "n,lat,lon\n1,25.5428 N,103.4067 W\n", 1, near=PLACE)
csv_case("degree_sign", "n,lat,lon\n1,25.5428°,-103.4067°\n", 1, near=PLACE)
csv_case("unicode_minus", "n,lat,lon\n1,25.5428,\u2212103.4067\n", 1, near=PLACE)
csv_case("nbsp", "n,lat,lon\n1,\u00a025.5428,-103.4067\u00a0\n", 1, near=PLACE)
csv_case("plus_sign", "n,lat,lon\n1,+25.5428,-103.4067\n", 1, near=PLACE)
csv_case("swapped", "n,lon,lat\n1,25.5428,-103.4067\n", None, codes=["IMP-021"])
csv_case("thousands_utm", 'n,este,norte\n1,"660,079.00","2,826,013.00"\n', 1, options=("--srs", "EPSG:32613"), near=PLACE)
csv_case("thousands_utm_whole", 'n;este;norte\n1;"660,079";"2,826,013"\n2;660 079;2 826 013\n', 2,
         options=("--srs", "EPSG:32613"), near=PLACE)
csv_case("utm_no_srs", "n,x,y\n1,660079,2826013\n", None, codes=["IMP-020"])
for pair in ("lng,lat", "longitud,latitud", "x,y", "coord_x,coord_y", "LONGITUD,LATITUD", "Longitud (grados),Latitud (grados)",
             "X_GEO,Y_GEO", "long_dd,lat_dd", "lon_wgs84,lat_wgs84", "Coordenada X,Coordenada Y", "longitude,latitude",
             "COORDX,COORDY", "Longitud_X,Latitud_Y", "cx,cy", "xcoord,ycoord", "lon_x,lat_y", "\"x \",\" y\"", "LON.,LAT."):
    csv_case("names_" + "".join(c for c in pair if c.isalnum() or c == "_"), "n,%s\n1,-103.4067,25.5428\n" % pair, 1, near=PLACE)
csv_case("names_este_norte", "n,ESTE,NORTE\n1,660079,2826013\n", 1, options=("--srs", "EPSG:32613"), near=PLACE)
csv_case("latlon_in_one", 'n,coordenadas\n1,"25.5428, -103.4067"\n2,"25.6,-103.5"\n', 2, near=PLACE)
csv_case("geojson_column", 'n,geometry\n1,"{""type"":""Point"",""coordinates"":[-103.4067,25.5428]}"\n', 1, near=PLACE)
for geometry in ("geom", "wkt", "the_geom", "WKT_GEOM", "geometria"):
    csv_case("wkt_" + geometry, 'n,%s\n1,POINT (-103.4067 25.5428)\n' % geometry, 1, near=PLACE)
csv_case("wkt_mixed", 'n,wkt\n1,POINT (-103.4067 25.5428)\n2,"LINESTRING (-103 25,-104 26)"\n3,POINT (-103 25)\n', 2,
         left_out=1, codes=["IMP-052"])
csv_case("wkt_curve", 'n,wkt\n1,"CURVEPOLYGON (CIRCULARSTRING (-103 25,-103.1 25.1,-103.2 25,-103.1 24.9,-103 25))"\n', 1)
csv_case("wkt_empty", 'n,wkt\n1,POINT EMPTY\n2,POINT (-103.4 25.5)\n', 2)
csv_case("wkt_z_m", 'n,wkt\n1,POINT ZM (-103.4067 25.5428 1 2)\n2,POINTZ(-103.4 25.5 1)\n', 2, near=PLACE)
csv_case("wkt_nan", 'n,wkt\n1,POINT (nan nan)\n2,POINT (-103.4 25.5)\n3,POINT (inf 5)\n', 1, left_out=2)
csv_case("empty_rows", "\n\n" + TABLE.replace("\n", "\n\n") + "\n,,\n\n", 2, near=PLACE)
csv_case("titles_and_total", "Padrón de escuelas\nFuente: IMPLAN, 2020\n\nnombre,lon,lat,alumnos\nA,-103.4067,25.5428,5\n"
         "B,-103.5,25.6,6\nTotal,,,11\n", 3, near=PLACE)
csv_case("ragged", "nombre,lon,lat,x1\nA,-103.4067,25.5428\nB,-103.5,25.6,1,2,3\nC\n", 3, codes=["IMP-030"])
csv_case("duplicate_headers", "nombre,nombre,lon,lat,NOMBRE\na,b,-103.4067,25.5428,c\n", 1, texts=["a", "b", "c"], codes=["IMP-030"])
csv_case("huge_field", "n,t,lon,lat\n1,%s,-103.4067,25.5428\n" % ("á" * 400000), 1, near=PLACE)
csv_case("header_only", "nombre,lon,lat\n", None)
csv_case("no_coordinates", "nombre,poblacion\nTorreón,1\n", None, codes=["IMP-030"])
csv_case("no_header", "1,-103.4067,25.5428\n2,-103.5,25.6\n", None, codes=["IMP-030"])
csv_case("bad_coordinates", "n,lon,lat\n1,-103.4067,25.5428\n2,n/d,n/d\n3,-103.4,\n4,0,0\n", 2, left_out=2)
csv_case("unclosed_quote", 'n,t,lon,lat\n1,"abierta,-103.4067,25.5428\n2,b,-103,25\n', None, codes=["IMP-060"])
csv_case("quote_inside", 'n,t,lon,lat\n1,Calle 5" esq.,-103.4067,25.5428\n2,a "b" c,-103,25\n', 2, texts=['Calle 5" esq.'])
csv_case("apostrophes", "n,t,lon,lat\n1,O'Higgins,-103.4067,25.5428\n", 1, texts=["O'Higgins"])
csv_case("nul_bytes", b"n,t,lon,lat\n1,a\x00b,-103.4067,25.5428\n", None)
csv_case("cr_only", TABLE.replace("\n", "\r"), 2, texts=PLACES)
csv_case("ids_kept", "clave,cp,tel,lon,lat\n05035,27000,8711234567,-103.4067,25.5428\n00001,01000,x,-103.4,25.5\n", 2,
         texts=["05035", "01000"])
csv_case("excel_error", "n,v,lon,lat\n1,#DIV/0!,-103.4067,25.5428\n2,3,-103.4,25.5\n", 2, texts=["#DIV/0!"])
csv_case("out_of_range", "n,lon,lat\n1,-103.4067,25.5428\n2,-103.4,255.4\n3,-1034067,25.5\n", 1, left_out=2)
csv_case("microdegrees", "n,lon,lat\n1,-103406700,25542800\n2,-103500000,25600000\n", None, codes=["IMP-020"])
csv_case("missing_minus", "n,lon,lat\n1,103.4067,25.5428\n2,103.5,25.6\n", 2, codes=["IMP-021"])
csv_case("dates", "f,g,lon,lat\n2020-02-30,31/12/2020,-103.4067,25.5428\n", 1, texts=["2020-02-30", "31/12/2020"])
csv_case("booleans", "b,lon,lat\ntrue,-103.4067,25.5428\nfalse,-103,25\n", 2)
csv_case("is_html", "<!DOCTYPE html><html><body>404</body></html>", None, codes=["IMP-060"])
csv_case("is_xls_html", "<html xmlns:o='urn'><table><tr><td>lon</td><td>lat</td></tr></table></html>", None, file="tabla.xls")
csv_case("lfs_pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", None, said="LFS")
csv_case("lfs_pointer_zip", "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", None,
         file="capa.zip", said="LFS")
csv_case("lfs_pointer_shp", "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", None,
         file="capa.shp", said="LFS")
csv_case("empty", "", None, codes=["IMP-060"])
csv_case("blank", "\n\n   \n", None)
csv_case("only_nul", b"\0" * 5000, None)


# --- reference systems ---


def prj_case(name, prj, place, near, loaded=1, encoding="utf-8", **expected):
    def build(folder):
        fixtures.write_points(stem(folder), [b"a"], prj=None, places=[place])
        if prj is not None:
            write(folder, "capa.prj", prj if isinstance(prj, bytes) else prj.encode(encoding))
        return Expected("capa.shp", loaded, near=near, **expected)

    CASES["prj_" + name] = build


LCC_NEAR = (-103.2476, 25.1678)
UTM13_ESRI = ('PROJCS["WGS_1984_UTM_Zone_13N",GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,'
              '298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],'
              'PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",-105.0],'
              'PARAMETER["Scale_Factor",0.9996],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]')
prj_case("lcc_itrf92", LCC_PRJ.replace("MEXICO_ITRF_2008", "MEXICO_ITRF_1992").replace("D_ITRF_2008", "D_ITRF_1992"), LCC_PLACE, LCC_NEAR, srs="EPSG:6362")
prj_case("lcc_renamed", LCC_PRJ.replace("MEXICO_ITRF_2008_LCC", "Mexico_ITRF2008_LCC").replace('"MEXICO_ITRF_2008"', '"GCS_Mexico_ITRF2008"').replace("D_ITRF_2008", "Mexico_ITRF2008"), LCC_PLACE, LCC_NEAR, srs="EPSG:6372")
prj_case("lcc_unnamed", LCC_PRJ.replace("MEXICO_ITRF_2008_LCC", "unnamed").replace("MEXICO_ITRF_2008", "unknown").replace("D_ITRF_2008", "D_Unknown"), LCC_PLACE, LCC_NEAR)
prj_case("lcc_grs80", LCC_PRJ.replace("D_ITRF_2008", "D_GRS_1980").replace("MEXICO_ITRF_2008", "GCS_GRS_1980"), LCC_PLACE, LCC_NEAR)
prj_case("lcc_upper", LCC_PRJ.upper(), LCC_PLACE, LCC_NEAR)
prj_case("lcc_lower", LCC_PRJ.lower(), LCC_PLACE, LCC_NEAR)
prj_case("lcc_lines", LCC_PRJ.replace(",", ",\r\n  "), LCC_PLACE, LCC_NEAR)
prj_case("lcc_bom", b"\xef\xbb\xbf" + LCC_PRJ.encode(), LCC_PLACE, LCC_NEAR, srs="EPSG:6372")
prj_case("lcc_utf16", LCC_PRJ, LCC_PLACE, LCC_NEAR, encoding="utf-16", srs="EPSG:6372")
prj_case("lcc_trailing_nul", LCC_PRJ.encode() + b"\0\0\0", LCC_PLACE, LCC_NEAR, srs="EPSG:6372")
prj_case("lcc_accents", LCC_PRJ.replace("MEXICO_ITRF_2008_LCC", "México_ITRF2008_LCC"), LCC_PLACE, LCC_NEAR, encoding="latin-1")
prj_case("lcc_twice", LCC_PRJ + LCC_PRJ, LCC_PLACE, LCC_NEAR)
prj_case("lcc_cut", LCC_PRJ[:-1], LCC_PLACE, LCC_NEAR)
prj_case("lcc_cut_half", LCC_PRJ[:150], LCC_PLACE, None, loaded=None, codes=["IMP-020"])
prj_case("lcc_1sp_swapped_parallels", LCC_PRJ.replace("17.5", "@").replace("29.5", "17.5").replace("@", "29.5"), LCC_PLACE, LCC_NEAR, srs="EPSG:6372")
prj_case("utm13_esri", UTM13_ESRI, UTM_PLACE, PLACE, srs="EPSG:32613")
prj_case("utm13_itrf2008", UTM13_ESRI.replace("WGS_1984_UTM_Zone_13N", "Mexico_ITRF2008_UTM_Zone_13N").replace("D_WGS_1984", "D_ITRF_2008").replace('"WGS_1984",6378137.0,298.257223563', '"GRS_1980",6378137.0,298.257222101'), UTM_PLACE, PLACE, srs="EPSG:6368")
prj_case("utm14_wrong_zone", UTM13_ESRI.replace("-105.0", "-99.0").replace("13N", "14N"), (1264000.0, 2850000.0), None)
prj_case("utm_nad27", UTM13_ESRI.replace("WGS_1984_UTM", "NAD_1927_UTM").replace("GCS_WGS_1984", "GCS_North_American_1927").replace("D_WGS_1984", "D_North_American_1927").replace('"WGS_1984",6378137.0,298.257223563', '"Clarke_1866",6378206.4,294.9786982'), UTM_PLACE, None, srs="EPSG:26713")
prj_case("web_mercator", 'PROJCS["WGS_1984_Web_Mercator_Auxiliary_Sphere",GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Mercator_Auxiliary_Sphere"],PARAMETER["False_Easting",0.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",0.0],PARAMETER["Standard_Parallel_1",0.0],PARAMETER["Auxiliary_Sphere_Type",0.0],UNIT["Meter",1.0]]',
         (-11511181.0, 2942564.0), PLACE, srs="EPSG:3857")
prj_case("degrees_said_utm_inside", WGS84_PRJ, UTM_PLACE, None, loaded=None, codes=["IMP-020"])
prj_case("utm_said_degrees_inside", UTM13_ESRI, PLACE, None, loaded=None, codes=["IMP-021"])
prj_case("lcc_said_degrees_inside", LCC_PRJ, PLACE, None, loaded=None, codes=["IMP-021"])
prj_case("empty", b"", PLACE, PLACE, codes=["IMP-020"])
prj_case("binary", bytes(range(256)) * 3, PLACE, PLACE, codes=["IMP-020"])
prj_case("huge", b"A" * 300000, PLACE, PLACE, codes=["IMP-020"])
prj_case("wkt2", 'PROJCRS["WGS 84 / UTM zone 13N",BASEGEOGCRS["WGS 84",DATUM["World Geodetic System 1984",ELLIPSOID["WGS 84",6378137,298.257223563,LENGTHUNIT["metre",1]]]],CONVERSION["UTM zone 13N",METHOD["Transverse Mercator",ID["EPSG",9807]],PARAMETER["Latitude of natural origin",0,ANGLEUNIT["degree",0.0174532925199433]],PARAMETER["Longitude of natural origin",-105,ANGLEUNIT["degree",0.0174532925199433]],PARAMETER["Scale factor at natural origin",0.9996,SCALEUNIT["unity",1]],PARAMETER["False easting",500000,LENGTHUNIT["metre",1]],PARAMETER["False northing",0,LENGTHUNIT["metre",1]]],CS[Cartesian,2],AXIS["(E)",east],AXIS["(N)",north],LENGTHUNIT["metre",1],ID["EPSG",32613]]',
         UTM_PLACE, PLACE, srs="EPSG:32613")
prj_case("proj4", "+proj=utm +zone=13 +datum=WGS84 +units=m +no_defs", UTM_PLACE, PLACE, srs="EPSG:32613")
prj_case("proj4_lcc", "+proj=lcc +lat_1=17.5 +lat_2=29.5 +lat_0=12 +lon_0=-102 +x_0=2500000 +y_0=0 +ellps=GRS80 +units=m +no_defs", LCC_PLACE, LCC_NEAR)
prj_case("epsg_text", "EPSG:32613", UTM_PLACE, PLACE, srs="EPSG:32613")
prj_case("epsg_number", "32613\n", UTM_PLACE, PLACE, srs="EPSG:32613")
prj_case("urn", "urn:ogc:def:crs:EPSG::32613", UTM_PLACE, PLACE, srs="EPSG:32613")
prj_case("arcinfo", "Projection    UTM\nZone          13\nDatum         WGS84\nSpheroid      WGS84\nUnits         METERS\nZunits        NO\nParameters\n", UTM_PLACE, PLACE)
prj_case("local", 'LOCAL_CS["Local",UNIT["Meter",1.0]]', UTM_PLACE, None, loaded=None, codes=["IMP-020"])
prj_case("geocentric", 'GEOCCS["x",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0],UNIT["Meter",1]]', UTM_PLACE, None, loaded=None)
prj_case("feet", UTM13_ESRI.replace('UNIT["Meter",1.0]]', 'UNIT["Foot_US",0.3048006096012192]]').replace("500000.0", "1640416.666666667"), (660079 / 0.3048006096012192, 2826013 / 0.3048006096012192), PLACE)
prj_case("unknown_projection", UTM13_ESRI.replace("Transverse_Mercator", "Foo_Bar"), UTM_PLACE, None, loaded=None)
prj_case("bad_ellipsoid", WGS84_PRJ.replace("6378137.0", "0"), PLACE, PLACE)
prj_case("nan_parameters", UTM13_ESRI.replace("0.9996", "nan"), UTM_PLACE, None, loaded=None)
prj_case("deep", "A[" * 20000, PLACE, PLACE, codes=["IMP-020"])
prj_case("deep_shut", 'GEOGCS["x",' + "A[" * 30 + "]" * 30 + "]", PLACE, PLACE)
prj_case("init_trick", "+init=epsg:4326 +nadgrids=/etc/passwd", PLACE, PLACE)
prj_case("vertical", 'COMPD_CS["x",%s,VERT_CS["EGM96",VERT_DATUM["EGM96",2005],UNIT["Meter",1]]]' % UTM13_ESRI, UTM_PLACE, PLACE)
prj_case("missing_lcc", None, LCC_PLACE, None, loaded=None, said="6372")
prj_case("missing_utm", None, UTM_PLACE, None, loaded=None, said="32613")
prj_case("missing_mercator", None, (-11511181.0, 2942564.0), None, loaded=None, said="3857")
prj_case("missing_degrees", None, PLACE, PLACE)
prj_case("missing_swapped", None, (LAT, LON), None, loaded=None, codes=["IMP-021"])
prj_case("missing_microdegrees", None, (LON * 1e6, LAT * 1e6), None, loaded=None)
prj_case("swapped_utm", UTM13_ESRI, (UTM_PLACE[1], UTM_PLACE[0]), None, codes=["IMP-021"])
prj_case("zero_zero", WGS84_PRJ, (0, 0), (0, 0))
