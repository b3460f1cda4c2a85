/* SPDX-License-Identifier: MIT */
#include "ingest/crs.h"

#include <cpl_conv.h>
#include <cpl_error.h>
#include <cpl_string.h>
#include <ctype.h>
#include <math.h>
#include <ogr_srs_api.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WKT_BYTES_MAX = 64 * 1024, WKT_DEPTH_MAX = 40 };

/* The frames in which Mexican institutions publish. Positions in WGS 84 and the ITRF realisations agree to less than
 * a metre, which is why a wrong pick among them does no harm, and NAD27 stands apart (up to 200 m). */
enum frame { FRAME_UNKNOWN, FRAME_WGS84, FRAME_ITRF92, FRAME_ITRF2008, FRAME_NAD27, FRAME_NAD83 };

/* A grid of shifts is a file somewhere; "@null" is the word for none, which Web Mercator needs. */
static bool names_a_grid(struct text wkt)
{
    static const char option[] = "+nadgrids";
    static const char none[] = "=@null";
    struct text rest = wkt;
    for (;;) {
        const char *at = memmem(rest.data, rest.length, option, sizeof option - 1);
        if (!at) {
            return false;
        }
        at += sizeof option - 1;
        rest = (struct text){at, (size_t)(wkt.data + wkt.length - at)};
        if (rest.length < sizeof none - 1 || memcmp(at, none, sizeof none - 1) != 0) {
            return true;
        }
        char after = rest.length > sizeof none - 1 ? at[sizeof none - 1] : ' ';
        if (after != ' ' && after != '"') {
            return true;
        }
    }
}

static bool is_clean(struct text wkt)
{
    if (wkt.length == 0 || wkt.length > WKT_BYTES_MAX) {
        return false;
    }
    int depth = 0;
    for (size_t i = 0; i < wkt.length; i++) {
        unsigned char byte = (unsigned char)wkt.data[i];
        depth += byte == '[' || byte == '(';
        depth -= byte == ']' || byte == ')';
        if (byte == 0 || depth > WKT_DEPTH_MAX) {
            return false;
        }
    }
    static const char *const tricks[] = {"://", "+init", "+geoidgrids", "proj=pipeline", "PROJ4_GRIDS"};
    for (size_t i = 0; i < sizeof tricks / sizeof tricks[0]; i++) {
        if (memmem(wkt.data, wkt.length, tricks[i], strlen(tricks[i]))) {
            return false;
        }
    }
    return !names_a_grid(wkt);
}

/* Lower-case letters and digits only: "D_ITRF_2008" becomes "ditrf2008". */
static void squeeze(const char *text, char *out, size_t size)
{
    size_t length = 0;
    for (const char *at = text ? text : ""; *at != '\0' && length + 1 < size; at++) {
        if (isalnum((unsigned char)*at)) {
            out[length++] = (char)tolower((unsigned char)*at);
        }
    }
    out[length] = '\0';
}

static bool near(double a, double b, double tolerance)
{
    return fabs(a - b) <= tolerance;
}

static enum frame frame_of(OGRSpatialReferenceH srs)
{
    char datum[128];
    squeeze(OSRGetAttrValue(srs, "DATUM", 0), datum, sizeof datum);
    double axis = OSRGetSemiMajor(srs, NULL);
    double flattening = OSRGetInvFlattening(srs, NULL);
    bool clarke = near(axis, 6378206.4, 0.5) && near(flattening, 294.978698, 0.01);
    bool modern = near(axis, 6378137.0, 0.5) && near(flattening, 298.257, 0.001);
    if (strstr(datum, "nad27") || strstr(datum, "northamerican1927") || strstr(datum, "northamericandatum1927")) {
        return clarke ? FRAME_NAD27 : FRAME_UNKNOWN;
    }
    if (!modern) {
        return FRAME_UNKNOWN;
    }
    if (strstr(datum, "itrf92") || strstr(datum, "itrf1992") || strstr(datum, "referenceframe1992")) {
        return FRAME_ITRF92;
    }
    if (strstr(datum, "itrf2008") || strstr(datum, "itrf08") || strstr(datum, "referenceframe2008")) {
        return FRAME_ITRF2008;
    }
    if (strstr(datum, "wgs84") || strstr(datum, "wgs1984") || strstr(datum, "worldgeodeticsystem1984")) {
        return FRAME_WGS84;
    }
    if (strstr(datum, "nad83") || strstr(datum, "northamerican1983") || strstr(datum, "northamericandatum1983")) {
        return FRAME_NAD83;
    }
    return FRAME_UNKNOWN;
}

static double parameter(OGRSpatialReferenceH srs, const char *name)
{
    OGRErr missing = OGRERR_NONE;
    double value = OSRGetNormProjParm(srs, name, NAN, &missing);
    return missing == OGRERR_NONE ? value : NAN;
}

/* INEGI's Lambert: parallels 17.5 and 29.5, origin 12 N 102 W, false easting 2 500 000 m. */
static int code_of_lambert(OGRSpatialReferenceH srs, enum frame frame)
{
    const char *method = OSRGetAttrValue(srs, "PROJECTION", 0);
    if (!method || strcmp(method, "Lambert_Conformal_Conic_2SP") != 0) {
        return 0;
    }
    double first = parameter(srs, "standard_parallel_1");
    double second = parameter(srs, "standard_parallel_2");
    double low = fmin(first, second);
    double high = fmax(first, second);
    if (!near(low, 17.5, 1e-6) || !near(high, 29.5, 1e-6) || !near(parameter(srs, "latitude_of_origin"), 12, 1e-6) ||
        !near(parameter(srs, "central_meridian"), -102, 1e-6) ||
        !near(parameter(srs, "false_easting"), 2500000, 0.01) || !near(parameter(srs, "false_northing"), 0, 0.01) ||
        !near(OSRGetLinearUnits(srs, NULL), 1, 1e-9)) {
        return 0;
    }
    return frame == FRAME_ITRF92 ? 6362 : frame == FRAME_NAD27 ? 0 : 6372;
}

static int code_of_utm(OGRSpatialReferenceH srs, enum frame frame)
{
    int north = 0;
    int zone = OSRGetUTMZone(srs, &north);
    if (zone < 1 || zone > 60 || !near(OSRGetLinearUnits(srs, NULL), 1, 1e-9)) {
        return 0;
    }
    bool mexican = north && zone >= 11 && zone <= 16;
    switch (frame) {
    case FRAME_WGS84:
        return (north ? 32600 : 32700) + zone;
    case FRAME_ITRF92:
        return mexican ? 4473 + zone : 0;
    case FRAME_ITRF2008:
        return mexican ? 6355 + zone : 0;
    case FRAME_NAD27:
        return north && zone <= 22 ? 26700 + zone : 0;
    case FRAME_NAD83:
        return north && zone <= 23 ? 26900 + zone : 0;
    case FRAME_UNKNOWN:
        return 0;
    }
    return 0;
}

static int code_of_geographic(OGRSpatialReferenceH srs, enum frame frame)
{
    if (!near(OSRGetAngularUnits(srs, NULL), M_PI / 180, 1e-12) || !near(OSRGetPrimeMeridian(srs, NULL), 0, 1e-9)) {
        return 0;
    }
    switch (frame) {
    case FRAME_WGS84:
        return 4326;
    case FRAME_ITRF92:
        return 4483;
    case FRAME_ITRF2008:
        return 6365;
    case FRAME_NAD27:
        return 4267;
    case FRAME_NAD83:
        return 4269;
    case FRAME_UNKNOWN:
        return 0;
    }
    return 0;
}

static bool is_web_mercator(OGRSpatialReferenceH srs)
{
    char name[128];
    char method[128];
    squeeze(OSRGetAttrValue(srs, "PROJCS", 0), name, sizeof name);
    squeeze(OSRGetAttrValue(srs, "PROJECTION", 0), method, sizeof method);
    return strstr(method, "mercatorauxiliarysphere") || strstr(method, "popularvisualisation") ||
           strstr(name, "pseudomercator") || strstr(name, "webmercator");
}

/* The EPSG code by our own reading of the parameters; 0 when it is none of those we know. */
static int known_code(OGRSpatialReferenceH srs)
{
    enum frame frame = frame_of(srs);
    if (OSRIsGeographic(srs)) {
        return code_of_geographic(srs, frame);
    }
    if (!OSRIsProjected(srs)) {
        return 0;
    }
    if (is_web_mercator(srs)) {
        return 3857;
    }
    int code = code_of_lambert(srs, frame);
    return code > 0 ? code : code_of_utm(srs, frame);
}

static int number_of(const char *code)
{
    uint64_t number = 0;
    return text_to_uint(text_of(code), 999999, &number) ? (int)number : 0;
}

/* What PROJ's database finds equal, when it is sure; 0 otherwise. */
static int matched_code(OGRSpatialReferenceH srs)
{
    int count = 0;
    int *confidences = NULL;
    int code = 0;
    OGRSpatialReferenceH *matches = OSRFindMatches(srs, NULL, &count, &confidences);
    if (matches && count > 0 && confidences[0] >= 90 && (count == 1 || confidences[1] < confidences[0])) {
        const char *authority = OSRGetAuthorityName(matches[0], NULL);
        const char *text = OSRGetAuthorityCode(matches[0], NULL);
        if (authority && text && strcmp(authority, "EPSG") == 0) {
            code = number_of(text);
        }
    }
    OSRFreeSRSArray(matches);
    CPLFree(confidences);
    return code;
}

/* The code that the text itself carries at its root. */
static int declared_code(OGRSpatialReferenceH srs)
{
    const char *authority = OSRGetAuthorityName(srs, NULL);
    const char *code = OSRGetAuthorityCode(srs, NULL);
    if (!authority || !code) {
        return 0;
    }
    if (strcmp(authority, "OGC") == 0 && strcmp(code, "CRS84") == 0) {
        return 4326;
    }
    return strcmp(authority, "EPSG") == 0 ? number_of(code) : 0;
}

static OGRSpatialReferenceH open_code(int code)
{
    OGRSpatialReferenceH srs = OSRNewSpatialReference(NULL);
    if (srs && OSRImportFromEPSG(srs, code) != OGRERR_NONE) {
        OSRDestroySpatialReference(srs);
        srs = NULL;
    }
    return srs;
}

static bool fill(OGRSpatialReferenceH srs, int code, struct arena *arena, struct crs_finding *out, struct error *err)
{
    OGRSpatialReferenceH official = code > 0 ? open_code(code) : NULL;
    const char *name = OSRGetName(official ? official : srs);
    out->name = arena_strdup(arena, name ? name : "");
    if (official) {
        out->code = arena_printf(arena, "EPSG:%d", code);
        out->definition = out->code;
    } else {
        static const char *const options[] = {"FORMAT=WKT2_2019", NULL};
        char *wkt = NULL;
        out->code = NULL;
        if (OSRExportToWktEx(srs, &wkt, options) == OGRERR_NONE && wkt) {
            out->definition = arena_strdup(arena, wkt);
        }
        CPLFree(wkt);
    }
    OSRDestroySpatialReference(official);
    if (!out->definition || !out->name) {
        return error_no_memory(err);
    }
    return true;
}

static bool refuse(struct text wkt, struct error *err)
{
    char shown[61];
    size_t length = 0;
    for (size_t i = 0; i < wkt.length && length + 1 < sizeof shown; i++) {
        unsigned char byte = (unsigned char)wkt.data[i];
        shown[length++] = byte >= 0x20 && byte < 0x7f ? (char)byte : ' ';
    }
    shown[length] = '\0';
    error_tell(err, ERROR_INVALID, "IMP-020", "\"%s…\" does not describe a coordinate reference system",
               "«%s…» no describe un sistema de referencia de coordenadas", shown);
    return false;
}

/* Files as programs leave them: UTF-16 or a byte order mark, noughts and blanks around, brackets that were not shut. */
static char *tidy(struct text raw, struct arena *arena)
{
    if (raw.length > 2 * WKT_BYTES_MAX) {
        return arena_strdup(arena, "");
    }
    char *text = arena_alloc_raw(arena, raw.length + WKT_DEPTH_MAX + 1);
    size_t length = 0;
    size_t first = raw.length >= 2 && memcmp(raw.data, "\xff\xfe", 2) == 0   ? 2
                   : raw.length >= 2 && memcmp(raw.data, "\xfe\xff", 2) == 0 ? 3
                                                                             : 0;
    bool wide = first > 0;
    if (raw.length >= 3 && memcmp(raw.data, "\xef\xbb\xbf", 3) == 0) {
        first = 3;
    }
    char open[WKT_DEPTH_MAX] = "";
    size_t depth = 0;
    bool quoted = false;
    for (size_t i = first; text && i < raw.length; i += wide ? 2 : 1) {
        char byte = raw.data[i];
        if (length == 0 && (byte == '\0' || isspace((unsigned char)byte))) {
            continue;
        }
        quoted ^= byte == '"';
        if (!quoted && (byte == '[' || byte == '(') && depth < WKT_DEPTH_MAX) {
            open[depth++] = byte == '[' ? ']' : ')';
        }
        depth -= !quoted && (byte == ']' || byte == ')') && depth > 0;
        text[length++] = byte;
    }
    while (text && length > 0 && (text[length - 1] == '\0' || isspace((unsigned char)text[length - 1]))) {
        length--;
    }
    for (size_t missing = depth; text && !quoted && depth <= 2 && missing > 0; missing--) {
        text[length++] = open[missing - 1];
    }
    if (text) {
        text[length] = '\0';
    }
    return text;
}

/* A code instead of a description: "EPSG:32613", "urn:ogc:def:crs:EPSG::32613", "32613". 0: it is none. */
static int bare_code(const char *text)
{
    static const char *const heads[] = {"EPSG:", "urn:ogc:def:crs:EPSG::", "http://www.opengis.net/def/crs/EPSG/0/",
                                        ""};
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        if (strncasecmp(text, heads[i], strlen(heads[i])) == 0) {
            const char *digits = text + strlen(heads[i]);
            return strlen(digits) >= 4 ? number_of(digits) : 0;
        }
    }
    return 0;
}

/* ArcInfo's lines: "Projection    UTM", "Zone          13" … */
static bool import_lines(OGRSpatialReferenceH srs, const char *text)
{
    char **lines = CSLTokenizeString2(text, "\r\n", CSLT_STRIPLEADSPACES | CSLT_STRIPENDSPACES);
    bool ok = OSRImportFromESRI(srs, lines) == OGRERR_NONE;
    CSLDestroy(lines);
    return ok;
}

static bool import_text(OGRSpatialReferenceH srs, char *text)
{
    int code = bare_code(text);
    if (code > 0) {
        return OSRImportFromEPSG(srs, code) == OGRERR_NONE;
    }
    if (strncmp(text, "+proj=", 6) == 0) {
        return OSRImportFromProj4(srs, text) == OGRERR_NONE;
    }
    if (strncasecmp(text, "Projection", 10) == 0 && isspace((unsigned char)text[10])) {
        return import_lines(srs, text);
    }
    char *at = text;
    return OSRImportFromWkt(srs, &at) == OGRERR_NONE;
}

bool crs_identify(struct text raw, struct arena *arena, struct crs_finding *out_finding, struct error *err)
{
    char *text = tidy(raw, arena);
    struct text wkt = text_of(text ? text : "");
    if (text && bare_code(text) == 0 && (!is_clean(wkt) || raw.length > 2 * WKT_BYTES_MAX)) {
        return refuse(wkt.length > 0 ? wkt : raw, err);
    }
    bool ok = false;
    struct crs_finding finding = {0};
    CPLPushErrorHandler(CPLQuietErrorHandler);
    OGRSpatialReferenceH srs = OSRNewSpatialReference(NULL);
    if (!text || !srs) {
        error_no_memory(err);
        goto done;
    }
    if (!import_text(srs, text) || (!OSRIsGeographic(srs) && !OSRIsProjected(srs))) {
        refuse(wkt, err);
        goto done;
    }
    int code = declared_code(srs);
    finding.confidence = 1;
    finding.how_english = "declared";
    finding.how_spanish = "declarado";
    if (code == 0) {
        code = known_code(srs);
        code = code > 0 ? code : matched_code(srs);
        finding.how_english = code > 0 ? "by its parameters" : "declared, has no EPSG code";
        finding.how_spanish = code > 0 ? "por sus parámetros" : "declarado, sin código EPSG";
        finding.confidence = code > 0 && frame_of(srs) == FRAME_UNKNOWN ? 0.9 : 1;
    }
    if (!fill(srs, code, arena, &finding, err)) {
        goto done;
    }
    *out_finding = finding;
    ok = true;
done:
    OSRDestroySpatialReference(srs);
    CPLPopErrorHandler();
    return ok;
}

bool crs_from_option(const char *option, struct arena *arena, struct crs_finding *out_finding, struct error *err)
{
    const char *digits = option;
    if (strncasecmp(option, "EPSG:", 5) == 0) {
        digits = option + 5;
    }
    uint64_t code = 0;
    struct crs_finding finding = {.confidence = 1, .how_english = "given by you", .how_spanish = "indicado por usted"};
    if (!text_to_uint(text_of(digits), 999999, &code)) {
        if (!crs_identify(text_of(option), arena, &finding, err)) {
            error_tell(err, ERROR_INVALID, "IMP-020",
                       "unknown reference system \"%.80s\": give an EPSG code such as EPSG:6372",
                       "sistema de referencia desconocido «%.80s»: indique un código EPSG, por ejemplo EPSG:6372",
                       option);
            return false;
        }
        finding.how_english = "given by you";
        finding.how_spanish = "indicado por usted";
        finding.confidence = 1;
        *out_finding = finding;
        return true;
    }
    CPLPushErrorHandler(CPLQuietErrorHandler);
    OGRSpatialReferenceH srs = open_code((int)code);
    bool usable = srs && (OSRIsGeographic(srs) || OSRIsProjected(srs));
    bool ok = usable && fill(srs, (int)code, arena, &finding, err);
    OSRDestroySpatialReference(srs);
    CPLPopErrorHandler();
    if (!usable) {
        error_tell(err, ERROR_INVALID, "IMP-020",
                   "EPSG:%u is not a reference system for maps: give one such as EPSG:6372 or EPSG:32613",
                   "EPSG:%u no es un sistema de referencia para mapas: indique uno como EPSG:6372 o EPSG:32613",
                   (unsigned)code);
        return false;
    }
    if (ok) {
        *out_finding = finding;
    }
    return ok;
}

static bool within(const struct bbox *box, double min_x, double min_y, double max_x, double max_y)
{
    return box->min_x >= min_x && box->min_y >= min_y && box->max_x <= max_x && box->max_y <= max_y;
}

bool crs_is_degree_range(const struct bbox *extent)
{
    return within(extent, -180.000001, -90.000001, 180.000001, 90.000001);
}

bool crs_looks_swapped(const struct bbox *extent)
{
    return within(extent, 14, -119, 33.5, -86);
}

void crs_guess(const struct bbox *extent, struct arena *arena, struct crs_finding *out_finding)
{
    static const struct {
        double min_x, min_y, max_x, max_y;
        int code;
        double confidence;
        const char *english;
        const char *spanish;
    } ranges[] = {
        {-119, 14, -86, 33.5, 4326, 0.95, "guessed: the coordinates are degrees in Mexico",
         "supuesto: las coordenadas son grados dentro de México"},
        {-180.000001, -90.000001, 180.000001, 90.000001, 4326, 0.8, "guessed: the coordinates can be degrees",
         "supuesto: las coordenadas pueden ser grados"},
        {900000, 300000, 4100000, 2400000, 6372, 0.7, "guessed: the coordinates fit INEGI's Lambert projection",
         "supuesto: las coordenadas caben en la proyección Lambert del INEGI"},
        {-13300000, 1600000, -9600000, 4000000, 3857, 0.7, "guessed: the coordinates fit Web Mercator in Mexico",
         "supuesto: las coordenadas caben en Web Mercator dentro de México"},
        {100000, 1550000, 900000, 3650000, 32613, 0.3,
         "guessed: the coordinates fit UTM, but do not tell the zone (13 is that of La Laguna)",
         "supuesto: las coordenadas caben en UTM, pero no dicen la zona (la 13 es la de La Laguna)"},
    };
    *out_finding = (struct crs_finding){.how_english = "unknown", .how_spanish = "desconocido"};
    if (bbox_is_empty(extent)) {
        return;
    }
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        if (!within(extent, ranges[i].min_x, ranges[i].min_y, ranges[i].max_x, ranges[i].max_y)) {
            continue;
        }
        struct error ignored;
        char code[16];
        snprintf(code, sizeof code, "%d", ranges[i].code);
        if (crs_from_option(code, arena, out_finding, &ignored)) {
            out_finding->confidence = ranges[i].confidence;
            out_finding->how_english = ranges[i].english;
            out_finding->how_spanish = ranges[i].spanish;
        }
        return;
    }
}

static OGRSpatialReferenceH open_finding(const struct crs_finding *finding)
{
    OGRSpatialReferenceH srs = OSRNewSpatialReference(NULL);
    if (srs && OSRSetFromUserInput(srs, finding->definition) != OGRERR_NONE) {
        OSRDestroySpatialReference(srs);
        srs = NULL;
    }
    return srs;
}

bool crs_is_geographic(const struct crs_finding *finding)
{
    CPLPushErrorHandler(CPLQuietErrorHandler);
    OGRSpatialReferenceH srs = finding->definition ? open_finding(finding) : NULL;
    bool geographic = srs && OSRIsGeographic(srs);
    OSRDestroySpatialReference(srs);
    CPLPopErrorHandler();
    return geographic;
}

bool crs_area(const struct crs_finding *finding, struct bbox *out_area)
{
    CPLPushErrorHandler(CPLQuietErrorHandler);
    OGRSpatialReferenceH srs = finding->definition ? open_finding(finding) : NULL;
    double west = -1000;
    double south = -1000;
    double east = -1000;
    double north = -1000;
    bool ok = srs && OSRGetAreaOfUse(srs, &west, &south, &east, &north, NULL) && west > -1000 && north > -1000;
    OSRDestroySpatialReference(srs);
    CPLPopErrorHandler();
    if (ok) {
        *out_area = (struct bbox){west, south, east, north};
    }
    return ok;
}
