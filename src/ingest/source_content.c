/* SPDX-License-Identifier: MIT */
#include "ingest/source_content.h"

#include "ingest/utf16.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum { HEAD_BYTES = 65536 };

/* Features one after the other (one a line, or each after a record separator) and not in a collection. */
static bool is_sequence(const unsigned char *head, size_t size, size_t at)
{
    if (at < size && head[at] == 0x1e) {
        return true;
    }
    size_t depth = 0;
    bool quoted = false;
    for (; at < size; at++) {
        unsigned char byte = head[at];
        if (quoted) {
            at += byte == '\\';
            quoted = byte != '"';
            continue;
        }
        quoted = byte == '"';
        depth += byte == '{' || byte == '[';
        depth -= (byte == '}' || byte == ']') && depth > 0;
        if (depth == 0 && (byte == '}' || byte == ']')) {
            break;
        }
    }
    for (at++; at < size && isspace(head[at]); at++) {
    }
    return at < size && (head[at] == '{' || head[at] == 0x1e);
}

static enum content content_of_json(const unsigned char *head, size_t size, size_t at)
{
    bool geographic = memmem(head, size, "\"FeatureCollection\"", 19) || memmem(head, size, "\"Feature\"", 9) ||
                      memmem(head, size, "\"coordinates\"", 13) || memmem(head, size, "\"features\"", 10);
    if (memmem(head, size, "\"Topology\"", 10) && memmem(head, size, "\"objects\"", 9)) {
        return CONTENT_TOPOJSON;
    }
    if (memmem(head, size, "\"esriGeometry", 13) || memmem(head, size, "\"esriFieldType", 14)) {
        return CONTENT_ESRI_JSON;
    }
    if (geographic && is_sequence(head, size, at)) {
        return CONTENT_GEOJSON_SEQUENCE;
    }
    return geographic ? CONTENT_GEOJSON : CONTENT_OTHER_JSON;
}

/* Text in formats that are known and not read, so that the refusal can say more than "no table". */
static enum content content_of_known_text(const char *head, size_t size)
{
    static const struct {
        const char *start;
        enum content content;
    } starts[] = {
        {"version https://git-lfs", CONTENT_LFS_POINTER},
        {"!table", CONTENT_MAPINFO},
        {"EXP  ", CONTENT_E00},
    };
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        if (size > strlen(starts[i].start) && strncasecmp(head, starts[i].start, strlen(starts[i].start)) == 0) {
            return starts[i].content;
        }
    }
    if (size > 8 && strncasecmp(head, "version ", 8) == 0 && memmem(head, size, "olumns", 6)) {
        return CONTENT_MAPINFO;
    }
    return CONTENT_TEXT;
}

static enum content content_of_text(const unsigned char *head, size_t size)
{
    size_t at = size >= 3 && memcmp(head, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    while (at < size && isspace(head[at])) {
        at++;
    }
    if (at == size) {
        return CONTENT_EMPTY;
    }
    if (head[at] == '{' || head[at] == 0x1e) {
        return content_of_json(head, size, at);
    }
    if (head[at] == '[') {
        return CONTENT_OTHER_JSON;
    }
    if (head[at] == '<') {
        bool gml = memmem(head, size, "http://www.opengis.net/gml", 26) != NULL;
        return memmem(head, size, "<kml", 4)    ? CONTENT_KML
               : memmem(head, size, "<osm ", 5) ? CONTENT_OSM
               : memmem(head, size, "<gpx", 4)  ? CONTENT_GPX
               : gml                            ? CONTENT_GML
                                                : CONTENT_XML;
    }
    /* A drawing is pairs of lines, code and value; 999 is a remark. */
    bool coded = (head[at] == '0' && at + 1 < size && isspace(head[at + 1])) ||
                 (size - at > 4 && memcmp(head + at, "999", 3) == 0 && isspace(head[at + 3]));
    if (coded && memmem(head, size, "SECTION", 7)) {
        return CONTENT_DXF;
    }
    if (memchr(head, '\0', size)) {
        return utf16_order_of(head, size) == UTF16_NONE ? CONTENT_UNKNOWN : CONTENT_UTF16;
    }
    return content_of_known_text((const char *)head + at, size - at);
}

static enum content content_of(const unsigned char *head, size_t size)
{
    static const struct {
        const char *magic;
        size_t length;
        enum content content;
    } magics[] = {
        {"PK\x03\x04", 4, CONTENT_ZIP},
        {"PK\x05\x06", 4, CONTENT_ZIP},
        {"\x00\x00\x27\x0a", 4, CONTENT_SHP},
        {"SQLite format 3", 16, CONTENT_SQLITE},
        {"fgb\x03", 4, CONTENT_FLATGEOBUF},
        {"\x1f\x8b", 2, CONTENT_GZIP},
        {"II*\x00", 4, CONTENT_RASTER},
        {"MM\x00*", 4, CONTENT_RASTER},
        {"II+\x00", 4, CONTENT_RASTER},
        {"\x89PNG", 4, CONTENT_RASTER},
        {"\xff\xd8\xff", 3, CONTENT_RASTER},
        {"\x00\x00\x00\x0cjP  ", 8, CONTENT_RASTER},
        {"%PDF", 4, CONTENT_PDF},
        {"AutoCAD Binary DXF", 18, CONTENT_BINARY_DXF},
        {"AC10", 4, CONTENT_DWG},
        {"\xd0\xcf\x11\xe0", 4, CONTENT_OLD_OFFICE},
        {"Rar!", 4, CONTENT_OTHER_ARCHIVE},
        {"7z\xbc\xaf\x27\x1c", 6, CONTENT_OTHER_ARCHIVE},
        {"BZh", 3, CONTENT_OTHER_ARCHIVE},
        {"\xfd\x37zXZ", 5, CONTENT_OTHER_ARCHIVE},
        {"\x28\xb5\x2f\xfd", 4, CONTENT_OTHER_ARCHIVE},
        {"PK\x07\x08", 4, CONTENT_OTHER_ARCHIVE},
        {"\xff\xfe", 2, CONTENT_UTF16},
        {"\xfe\xff", 2, CONTENT_UTF16},
    };
    if (size == 0) {
        return CONTENT_EMPTY;
    }
    for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++) {
        if (size >= magics[i].length && memcmp(head, magics[i].magic, magics[i].length) == 0) {
            return magics[i].content;
        }
    }
    /* The length of the header in four bytes, then the header's type as the first field. */
    if (size > 15 && memcmp(head + 4, "\x0a\x09OSMHeader", 11) == 0) {
        return CONTENT_OSM;
    }
    if (size > 263 && memcmp(head + 257, "ustar", 5) == 0) {
        return CONTENT_OTHER_ARCHIVE;
    }
    return content_of_text(head, size);
}

bool source_content_read(const char *path, enum content *out_content, struct error *err)
{
    static const char english[] = "could not open \"%s\": %s";
    static const char spanish[] = "no se pudo abrir «%s»: %s";
    struct stat info;
    FILE *file = fopen(path, "rbe");
    if (!file) {
        error_tell(err, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_INVALID, "IMP-060", english, spanish, path,
                   strerror(errno));
        return false;
    }
    if (fstat(fileno(file), &info) != 0 || !S_ISREG(info.st_mode)) {
        fclose(file);
        error_tell(err, ERROR_INVALID, "IMP-060", "\"%s\" is not a file", "«%s» no es un archivo", path);
        return false;
    }
    unsigned char *head = malloc(HEAD_BYTES);
    size_t size = head ? fread(head, 1, HEAD_BYTES, file) : 0;
    fclose(file);
    if (!head) {
        return error_no_memory(err);
    }
    *out_content = content_of(head, size);
    free(head);
    return true;
}

bool source_content_refuse(const char *path, enum content content, struct error *err)
{
    static const struct {
        enum content content;
        const char *english;
        const char *spanish;
    } reasons[] = {
        {CONTENT_EMPTY, "is empty: export the layer again", "está vacío: exporte la capa de nuevo"},
        {CONTENT_OTHER_JSON, "is JSON but no GeoJSON: export the layer as GeoJSON",
         "es JSON pero no GeoJSON: exporte la capa como GeoJSON"},
        {CONTENT_TOPOJSON, "is TopoJSON: convert it to GeoJSON (mapshaper.org, or topo2geo)",
         "es TopoJSON: conviértalo a GeoJSON (por ejemplo en mapshaper.org o con topo2geo)"},
        {CONTENT_ESRI_JSON, "is JSON of Esri: ask the service for f=geojson, or save the layer as GeoJSON",
         "es JSON de Esri: pida al servicio f=geojson, o guarde la capa como GeoJSON"},
        {CONTENT_LFS_POINTER, "is a Git LFS pointer and not the file itself: fetch it with git lfs pull",
         "es un puntero de Git LFS y no el archivo: descárguelo con git lfs pull"},
        {CONTENT_GML, "is GML, which is not read: open it in QGIS and export it as GeoPackage, GeoJSON or shapefile",
         "es GML, que no se lee: ábralo en QGIS y expórtelo como GeoPackage, GeoJSON o shapefile"},
        {CONTENT_GPX, "is GPX, which is not read: open it in QGIS and export it as GeoPackage, GeoJSON or shapefile",
         "es GPX, que no se lee: ábralo en QGIS y expórtelo como GeoPackage, GeoJSON o shapefile"},
        {CONTENT_MAPINFO,
         "is of MapInfo (TAB or MIF), which is not read: open it in QGIS and export it as GeoPackage or shapefile",
         "es de MapInfo (TAB o MIF), que no se lee: ábralo en QGIS y expórtelo como GeoPackage o shapefile"},
        {CONTENT_E00, "is an ArcInfo export (E00), which is not read: open it in QGIS and export it as GeoPackage",
         "es una exportación de ArcInfo (E00), que no se lee: ábrala en QGIS y expórtela como GeoPackage"},
        {CONTENT_XML, "is XML or a web page and no map layer (a failed download?)",
         "es XML o una página web y no una capa (¿descarga fallida?)"},
        {CONTENT_GZIP, "is packed twice: unpack it first (gunzip), or pack it as .zip",
         "está comprimido dos veces: descomprímalo primero (gunzip) o comprímalo como .zip"},
        {CONTENT_OTHER_ARCHIVE, "is an archive of a kind that is not opened: pack the files as .zip",
         "es un archivo comprimido de un tipo que no se abre: comprima los archivos como .zip"},
        {CONTENT_BINARY_DXF, "is a binary DXF: save it as DXF in ASCII", "es un DXF binario: guárdelo como DXF ASCII"},
        {CONTENT_DWG, "is a DWG drawing: save it as DXF (ASCII)", "es un dibujo DWG: guárdelo como DXF (ASCII)"},
        {CONTENT_OLD_OFFICE,
         "is an old spreadsheet (.xls) or one with a password: save it as .xlsx or .ods without password",
         "es una hoja de cálculo antigua (.xls) o con contraseña: guárdela como .xlsx u .ods sin contraseña"},
        {CONTENT_RASTER, "is an image: give it by itself or in a zip with its world file",
         "es una imagen: entréguela sola o en un zip con su archivo de mundo"},
        {CONTENT_PDF, "is a PDF: ask for the layer as shapefile or GeoPackage",
         "es un PDF: pida la capa como shapefile o GeoPackage"},
        {CONTENT_UTF16, "is text in UTF-16 or UTF-32: save it in UTF-8",
         "es texto en UTF-16 o UTF-32: guárdelo en UTF-8"},
        {CONTENT_UNKNOWN,
         "is of no format that can be loaded (shapefile, zip, GeoPackage, GeoJSON, KML, FlatGeobuf, DXF, CSV, ODS, "
         "XLSX, "
         "OpenStreetMap)",
         "no es de un formato que se pueda cargar (shapefile, zip, GeoPackage, GeoJSON, KML, FlatGeobuf, DXF, CSV, "
         "ODS, "
         "XLSX, OpenStreetMap)"},
    };
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    size_t i = 0;
    while (reasons[i].content != content && reasons[i].content != CONTENT_UNKNOWN) {
        i++;
    }
    error_tell(err, ERROR_INVALID, "IMP-060", "\"%s\" ", "«%s» ", name);
    if (err) {
        strncat(err->english, reasons[i].english, sizeof err->english - strlen(err->english) - 1);
        strncat(err->spanish, reasons[i].spanish, sizeof err->spanish - strlen(err->spanish) - 1);
    }
    return false;
}
