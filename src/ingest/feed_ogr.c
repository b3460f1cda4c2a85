/* SPDX-License-Identifier: MIT */
#include "ingest/feed_ogr.h"

#include "base/file.h"
#include "ingest/geojson_crs.h"
#include "ingest/ogr_dataset.h"
#include "ingest/ogr_geopackage.h"
#include "ingest/ogr_layer.h"
#include "ingest/ogr_table.h"
#include "ingest/ogr_value.h"
#include "ingest/shapefile.h"
#include "ingest/sql_patience.h"

#include <cpl_conv.h>
#include <cpl_error.h>
#include <cpl_string.h>
#include <cpl_vsi.h>
#include <gdal.h>
#include <math.h>
#include <ogr_api.h>
#include <ogr_srs_api.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS_MAX = 1000, PRJ_BYTES_MAX = 64 * 1024 };

static enum geometry_kind kind_of(OGRGeometryH geometry)
{
    if (!geometry || OGR_G_IsEmpty(geometry)) {
        return GEOMETRY_NONE;
    }
    int dimension = OGR_G_GetDimension(geometry);
    return dimension == 0 ? GEOMETRY_POINT : dimension == 1 ? GEOMETRY_LINE : GEOMETRY_POLYGON;
}

/* Reads all features of all layers once, in the order of the file. */
static bool count_kinds(GDALDatasetH dataset, const char *path, struct feed_ogr_entry *entries, size_t count,
                        struct error *err)
{
    char caught[OGR_DAMAGE_BYTES] = "";
    OGRLayerH layer = NULL;
    CPLErrorReset();
    ogr_dataset_listen(caught);
    GDALDatasetResetReading(dataset);
    for (OGRFeatureH feature = GDALDatasetGetNextFeature(dataset, &layer, NULL, NULL, NULL); feature;
         feature = GDALDatasetGetNextFeature(dataset, &layer, NULL, NULL, NULL)) {
        for (size_t i = 0; i < count; i++) {
            if (GDALDatasetGetLayer(dataset, (int)entries[i].index) == layer) {
                entries[i].kinds[kind_of(OGR_F_GetGeometryRef(feature))]++;
            }
        }
        OGR_F_Destroy(feature);
    }
    bool failed = CPLGetLastErrorType() >= CE_Failure;
    CPLPopErrorHandler();
    if (failed) {
        ogr_dataset_hide_folder(caught, path);
        error_tell(err, ERROR_INVALID, "IMP-060", "the file is damaged (\"%.150s\"): fetch or export it again",
                   "el archivo está dañado («%.150s»): descárguelo o expórtelo de nuevo", caught);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        entries[i].counted = true;
    }
    return true;
}

bool feed_ogr_list(const char *path, enum source_format format, struct arena *arena,
                   struct feed_ogr_entry **out_entries, size_t *out_count, struct error *err)
{
    GDALDatasetH dataset = ogr_dataset_open(path, format, false, err);
    if (!dataset) {
        return false;
    }
    bool ok = false;
    struct sqlite3 *connection = format == SOURCE_GEOPACKAGE ? sql_patience_connection() : NULL;
    int count = GDALDatasetGetLayerCount(dataset);
    struct feed_ogr_entry *entries = arena_array(arena, (size_t)count + 1, sizeof *entries);
    size_t kept = 0;
    for (int i = 0; entries && i < count; i++) {
        OGRLayerH layer = GDALDatasetGetLayer(dataset, i);
        sql_patience_begin(connection, OGR_VIEW_SECONDS);
        bool spatial = OGR_L_GetGeomType(layer) != wkbNone;
        if (sql_patience_is_lost()) {
            ogr_geopackage_refuse_view(OGR_L_GetName(layer), err);
            goto done;
        }
        if (spatial) {
            entries[kept].index = (unsigned)i;
            entries[kept].name = arena_strdup(arena, OGR_L_GetName(layer));
            if (!entries[kept++].name) {
                entries = NULL;
            }
        }
    }
    if (!entries) {
        error_no_memory(err);
        goto done;
    }
    bool silent = format == SOURCE_KML || format == SOURCE_DXF || format == SOURCE_OSM;
    if (silent && !count_kinds(dataset, path, entries, kept, err)) {
        goto done;
    }
    *out_entries = entries;
    *out_count = kept;
    ok = true;
done:
    GDALClose(dataset);
    return ok;
}

static bool field_type_of(OGRFieldDefnH definition, enum field_type *out_type)
{
    switch (OGR_Fld_GetType(definition)) {
    case OFTInteger:
        *out_type = OGR_Fld_GetSubType(definition) == OFSTBoolean ? FIELD_BOOLEAN : FIELD_INTEGER;
        return true;
    case OFTInteger64:
        *out_type = FIELD_INTEGER;
        return true;
    case OFTReal:
        *out_type = FIELD_REAL;
        return true;
    case OFTDate:
        *out_type = FIELD_DATE;
        return true;
    case OFTTime:
        *out_type = FIELD_TIME;
        return true;
    case OFTDateTime:
        *out_type = FIELD_DATETIME;
        return true;
    case OFTBinary:
        return false;
    default: /* text and lists */
        *out_type = FIELD_STRING;
        return true;
    }
}

/* GDAL adds the same columns about display to every KML. They are passed over where no feature says anything in them.
 */
static bool is_idle_column(struct feed_ogr *feed, int column, const char *name)
{
    static const char *const standard[] = {"description", "timestamp", "begin",      "end",       "altitudeMode",
                                           "tessellate",  "extrude",   "visibility", "drawOrder", "icon",
                                           "snippet",     "id",        "Name"};
    bool known = false;
    for (size_t i = 0; i < sizeof standard / sizeof standard[0]; i++) {
        known |= strcmp(name, standard[i]) == 0;
    }
    bool idle = known;
    OGR_L_ResetReading(feed->layer);
    for (OGRFeatureH feature = idle ? OGR_L_GetNextFeature(feed->layer) : NULL; feature && idle;
         feature = idle ? OGR_L_GetNextFeature(feed->layer) : NULL) {
        const char *text = OGR_F_IsFieldSetAndNotNull(feature, column) ? OGR_F_GetFieldAsString(feature, column) : "";
        bool display =
            strcmp(name, "tessellate") == 0 || strcmp(name, "extrude") == 0 || strcmp(name, "visibility") == 0;
        /* -1 is "not said", and what shows is the rule. */
        idle = text[0] == '\0' ||
               (display && (strcmp(text, "-1") == 0 || strcmp(text, "1") == 0 || strcmp(text, "0") == 0));
        OGR_F_Destroy(feature);
    }
    OGR_L_ResetReading(feed->layer);
    return idle;
}

static bool read_fields(struct feed_ogr *feed, struct error *err)
{
    OGRFeatureDefnH definition = OGR_L_GetLayerDefn(feed->layer);
    int count = OGR_FD_GetFieldCount(definition);
    if (count > COLUMNS_MAX) {
        error_tell(err, ERROR_TOO_LARGE, "IMP-030", "%d columns are more than %d: keep only those that are needed",
                   "%d columnas son más de %d: conserve solo las necesarias", count, (int)COLUMNS_MAX);
        return false;
    }
    struct feed_info *info = &feed->base.info;
    struct feed_field *fields = arena_array(feed->arena, (size_t)count, sizeof *fields);
    feed->fields = fields;
    feed->columns = arena_array(feed->arena, (size_t)count, sizeof *feed->columns);
    feed->logical = arena_array(feed->arena, (size_t)count, sizeof *feed->logical);
    info->left_columns = arena_array(feed->arena, (size_t)count, sizeof *info->left_columns);
    if (!fields || !feed->columns || !feed->logical || !info->left_columns) {
        return error_no_memory(err);
    }
    for (int i = 0; i < count; i++) {
        OGRFieldDefnH column = OGR_FD_GetFieldDefn(definition, i);
        const char *name = arena_strdup(feed->arena, OGR_Fld_GetNameRef(column));
        enum field_type type;
        if (!name) {
            return error_no_memory(err);
        }
        if (feed->format == SOURCE_KML && is_idle_column(feed, i, name)) {
            continue;
        }
        if (!field_type_of(column, &type)) {
            info->left_columns[info->left_column_count++] = name;
            continue;
        }
        int width = OGR_Fld_GetWidth(column);
        bool fixed = feed->format == SOURCE_SHAPEFILE && type == FIELD_STRING && width > 0;
        fields[info->field_count] =
            (struct feed_field){.name = text_of(name), .type = type, .width = fixed ? (unsigned)width : 0};
        feed->columns[info->field_count++] = i;
    }
    info->fields = fields;
    return true;
}

/* Record separators, or, without them, lines that begin with a brace. GDAL passes over a record that it cannot read. */
static int64_t count_records(const char *path)
{
    int64_t lines = 0;
    int64_t separators = 0;
    char *line = NULL;
    size_t room = 0;
    FILE *file = fopen(path, "rbe");
    for (ssize_t length; file && (length = getline(&line, &room, file)) >= 0;) {
        size_t blank = strspn(line, " \t\r\n\xef\xbb\xbf");
        lines += line[blank] == '{';
        for (const char *at = memchr(line, 0x1e, (size_t)length); at;
             at = memchr(at + 1, 0x1e, (size_t)(line + length - at - 1))) {
            separators++;
        }
    }
    free(line);
    if (file) {
        fclose(file);
    }
    return separators > 0 ? separators : lines;
}

static bool read_prj(struct feed_ogr *feed, const char *path, struct error *err)
{
    struct buffer content;
    struct error why;
    if (!file_read(path, PRJ_BYTES_MAX, &content, &why)) {
        return true; /* too large or unreadable is junk, and junk is handled as none */
    }
    char *copy = arena_memdup(feed->arena, content.data, content.length);
    feed->base.info.srs_wkt = (struct text){copy, content.length};
    buffer_finish(&content);
    return copy ? true : error_no_memory(err);
}

/* What the data set itself says of its system. */
static bool read_srs(struct feed_ogr *feed, struct error *err)
{
    OGRSpatialReferenceH srs = OGR_L_GetSpatialRef(feed->layer);
    if (!srs || (!OSRIsGeographic(srs) && !OSRIsProjected(srs))) {
        return true;
    }
    const char *name = OSRGetName(srs);
    if (name && strncmp(name, "Undefined ", 10) == 0) {
        return true;
    }
    static const char *const options[] = {"FORMAT=WKT2_2019", NULL};
    char *wkt = NULL;
    CPLPushErrorHandler(CPLQuietErrorHandler);
    OGRErr failed = OSRExportToWktEx(srs, &wkt, options);
    CPLPopErrorHandler();
    if (failed == OGRERR_NONE && wkt) {
        char *copy = arena_strdup(feed->arena, wkt);
        feed->base.info.srs_wkt = text_of(copy);
        CPLFree(wkt);
        return copy ? true : error_no_memory(err);
    }
    CPLFree(wkt);
    return true;
}

/* Else features of the other layers pile up in memory while they wait to be asked for. */
static bool choose_osm_layer(struct feed_ogr *feed, struct error *err)
{
    const char *sql = arena_printf(feed->arena, "SET interest_layers = %s", OGR_L_GetName(feed->layer));
    if (!sql) {
        return error_no_memory(err);
    }
    OGRLayerH result = GDALDatasetExecuteSQL(feed->dataset, sql, NULL, NULL);
    if (result) {
        GDALDatasetReleaseResultSet(feed->dataset, result);
    }
    return true;
}

/* GDAL takes degrees where a GeoJSON names a system that it does not know. */
static void tell_unknown_system(const struct source_layer *layer, struct feed_ogr *feed, struct report *report)
{
    struct text words = geojson_crs_unknown(layer->path, feed->arena);
    if (!words.data || !text_is_utf8(words)) {
        return;
    }
    int shown = words.length > 80 ? 80 : (int)words.length;
    struct report_message *message = report_tell(
        report, "IMP-020", REPORT_WARNING,
        "the GeoJSON names a reference system that is not known (%.*s): its coordinates are taken as degrees",
        "el GeoJSON nombra un sistema de referencia desconocido (%.*s): sus coordenadas se toman como grados", shown,
        words.data);
    report_cure(report, message, "if they are not degrees, load again with --srs EPSG:N",
                "si no son grados, cargue de nuevo con --srs EPSG:N");
    report_at(report, message, layer->name, NULL);
}

static const struct feed_kind ogr_kind;

bool feed_ogr_open(const struct source_layer *layer, struct report *report, struct feed **out_feed, struct error *err)
{
    bool ok = false;
    struct feed_ogr *feed = calloc(1, sizeof *feed);
    if (!feed) {
        return error_no_memory(err);
    }
    feed->base.kind = &ogr_kind;
    feed->format = layer->format;
    feed->arena = arena_create((size_t)512 << 20);
    if (!feed->arena) {
        error_no_memory(err);
        goto done;
    }
    feed->path = layer->path;
    feed->kind = layer->kind;
    feed->with_empty = layer->with_empty;
    bool long_integers = layer->format == SOURCE_SHAPEFILE && ogr_table_has_long_integers(layer->dbf, feed->arena);
    feed->dataset = ogr_dataset_open(layer->path, layer->format, long_integers, err);
    if (!feed->dataset) {
        goto done;
    }
    feed->layer = GDALDatasetGetLayer(feed->dataset, (int)layer->index);
    if (!feed->layer) {
        error_tell(err, ERROR_INVALID, "IMP-060", "there is no layer in the %s", "no hay ninguna capa en el %s",
                   source_format_name(layer->format));
        goto done;
    }
    if (layer->format == SOURCE_OSM && !choose_osm_layer(feed, err)) {
        goto done;
    }
    struct feed_info *info = &feed->base.info;
    if (layer->format == SOURCE_GEOPACKAGE) {
        struct sqlite3 *connection = sql_patience_connection();
        feed->view = ogr_geopackage_is_view(feed) ? connection : NULL;
    }
    sql_patience_begin(feed->view, OGR_VIEW_SECONDS);
    /* The rows of a view are counted, since it may have no end. */
    bool counted = layer->kind == 0 && (feed->view || OGR_L_TestCapability(feed->layer, OLCFastFeatureCount));
    info->feature_count = counted ? OGR_L_GetFeatureCount(feed->layer, feed->view != NULL) : -1;
    if (feed->view && sql_patience_is_lost()) {
        ogr_geopackage_refuse_view(layer->name, err);
        goto done;
    }
    if (!read_fields(feed, err)) {
        goto done;
    }
    if (layer->format == SOURCE_SHAPEFILE) {
        info->feature_count = layer->records;
        char canonical[ENCODING_NAME_BYTES];
        if (layer->label && encoding_canonical(text_of(layer->label), canonical)) {
            info->encoding = arena_strdup(feed->arena, canonical);
            info->encoding_source = ENCODING_CPG;
        }
        if ((layer->prj && !read_prj(feed, layer->prj, err)) ||
            (layer->dbf && !ogr_table_look(feed, layer, report, err))) {
            goto done;
        }
    } else {
        info->encoding = "UTF-8";
        info->encoding_source = ENCODING_FORMAT;
        if (!read_srs(feed, err)) {
            goto done;
        }
        if (layer->format == SOURCE_GEOJSON) {
            tell_unknown_system(layer, feed, report);
        }
        feed->records_told = layer->format == SOURCE_GEOJSON_SEQUENCE ? count_records(layer->path) : 0;
        if (layer->format == SOURCE_GEOPACKAGE && !ogr_geopackage_look(feed, layer, report, err)) {
            goto done;
        }
    }
    *out_feed = &feed->base;
    feed = NULL;
    ok = true;
done:
    if (feed) {
        ogr_kind.close(&feed->base);
    }
    return ok;
}

static void close_ogr(struct feed *base)
{
    struct feed_ogr *feed = (struct feed_ogr *)base;
    if (feed->dataset) {
        CPLPushErrorHandler(CPLQuietErrorHandler);
        GDALClose(feed->dataset);
        CPLPopErrorHandler();
    }
    arena_destroy(feed->arena);
    free(feed->misfits);
    free(feed->wkb);
    free(feed);
}

static bool rewind_ogr(struct feed *base, struct error *err)
{
    (void)err;
    struct feed_ogr *feed = (struct feed_ogr *)base;
    OGR_L_ResetReading(feed->layer);
    feed->rows_read = 0;
    return true;
}

static bool export_geometry(struct feed_ogr *feed, OGRGeometryH geometry, struct feed_feature *feature,
                            struct error *err)
{
    OGRGeometryH linear = NULL;
    if (OGR_GT_IsNonLinear(OGR_G_GetGeometryType(geometry)) || OGR_G_HasCurveGeometry(geometry, 1)) {
        linear = OGR_G_GetLinearGeometry(geometry, 0, NULL);
        geometry = linear ? linear : geometry;
    }
    bool ok = false;
    size_t size = (size_t)OGR_G_WkbSize(geometry);
    if (size > feed->wkb_room) {
        unsigned char *larger = realloc(feed->wkb, size * 2);
        if (!larger) {
            error_no_memory(err);
            goto done;
        }
        feed->wkb = larger;
        feed->wkb_room = size * 2;
    }
    if (OGR_G_ExportToIsoWkb(geometry, wkbNDR, feed->wkb) == OGRERR_NONE) {
        feature->wkb = feed->wkb;
        feature->wkb_size = size;
    } else {
        feature->damage_english = "the geometry cannot be read";
        feature->damage_spanish = "la geometría no se puede leer";
    }
    ok = true;
done:
    OGR_G_DestroyGeometry(linear);
    return ok;
}

static int64_t row_of(struct feed_ogr *feed, OGRFeatureH feature)
{
    GIntBig id = OGR_F_GetFID(feature);
    if (feed->format == SOURCE_SHAPEFILE && id >= 0) {
        return id + 1;
    }
    if (feed->format == SOURCE_GEOPACKAGE && id >= 0) {
        return id;
    }
    return feed->rows_read;
}

/* The next feature that belongs to this feed. */
static OGRFeatureH next_feature(struct feed_ogr *feed)
{
    feed->damage[0] = '\0';
    if (feed->view) {
        sql_patience_begin(feed->view, OGR_VIEW_SECONDS);
    }
    CPLErrorReset();
    ogr_dataset_listen(feed->damage);
    OGRFeatureH feature = OGR_L_GetNextFeature(feed->layer);
    while (feature && feed->kind != GEOMETRY_NONE) {
        enum geometry_kind kind = kind_of(OGR_F_GetGeometryRef(feature));
        if (kind == (enum geometry_kind)feed->kind || (kind == GEOMETRY_NONE && feed->with_empty)) {
            break;
        }
        feed->rows_read++;
        OGR_F_Destroy(feature);
        feature = OGR_L_GetNextFeature(feed->layer);
    }
    CPLPopErrorHandler();
    ogr_dataset_hide_folder(feed->damage, feed->path);
    return feature;
}

static bool next_ogr(struct feed *base, struct arena *arena, struct feed_feature *out_feature, bool *out_end,
                     struct error *err)
{
    struct feed_ogr *feed = (struct feed_ogr *)base;
    OGRFeatureH feature = next_feature(feed);
    if (!feature) {
        if (feed->view && sql_patience_is_lost()) {
            return ogr_geopackage_refuse_view(OGR_L_GetName(feed->layer), err);
        }
        if (feed->damage[0] != '\0' && CPLGetLastErrorType() >= CE_Failure) {
            error_tell(err, ERROR_INVALID, "IMP-060", "reading stops after row %lld: \"%.200s\"",
                       "la lectura se detiene después de la fila %lld: «%.200s»", (long long)feed->rows_read,
                       feed->damage);
            return false;
        }
        if (feed->records_told > 0 && feed->rows_read < feed->records_told) {
            error_tell(
                err, ERROR_INVALID, "IMP-060",
                "%lld of the file's %lld records cannot be read as features: mend them, or export the layer again",
                "%lld de los %lld registros del archivo no se pueden leer como elementos: corríjalos o exporte la "
                "capa de nuevo",
                (long long)(feed->records_told - feed->rows_read), (long long)feed->records_told);
            return false;
        }
        *out_end = true;
        return true;
    }
    bool ok = false;
    feed->rows_read++;
    struct feed_feature result = {.row = row_of(feed, feature)};
    struct value *values = arena_array(arena, feed->base.info.field_count, sizeof *values);
    if (!values) {
        error_no_memory(err);
        goto done;
    }
    for (size_t i = 0; i < feed->base.info.field_count; i++) {
        values[i] = ogr_value_of(feed, feature, i, arena);
    }
    result.values = values;
    OGRGeometryH geometry = OGR_F_GetGeometryRef(feature);
    if (geometry && !OGR_G_IsEmpty(geometry)) {
        if (!export_geometry(feed, geometry, &result, err)) {
            goto done;
        }
    } else if (geometry && feed->format == SOURCE_SHAPEFILE &&
               OGR_GT_Flatten(OGR_G_GetGeometryType(geometry)) == wkbPoint) {
        /* To OGR a point at "not a number" is an empty one. */
        result.damage_english = "a coordinate is not a number";
        result.damage_spanish = "una coordenada no es un número";
    } else if (feed->damage[0] != '\0') {
        result.damage_english = arena_printf(arena, "the geometry cannot be read: \"%s\"", feed->damage);
        result.damage_spanish = arena_printf(arena, "la geometría no se puede leer: «%s»", feed->damage);
        if (!result.damage_english || !result.damage_spanish) {
            error_no_memory(err);
            goto done;
        }
    }
    *out_feature = result;
    *out_end = false;
    ok = true;
done:
    OGR_F_Destroy(feature);
    return ok;
}

static const struct feed_kind ogr_kind = {.next = next_ogr, .rewind = rewind_ogr, .close = close_ogr};
