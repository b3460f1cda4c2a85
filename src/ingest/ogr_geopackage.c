/* SPDX-License-Identifier: MIT */
#include "ingest/ogr_geopackage.h"

#include "base/buffer.h"
#include "ingest/sql_patience.h"

#include <cpl_conv.h>
#include <cpl_error.h>
#include <cpl_string.h>
#include <gdal.h>
#include <math.h>
#include <ogr_api.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MISFIT_COLUMNS = 100 }; /* looked at by one query; SQLite takes 1000 terms */

bool ogr_geopackage_refuse_view(const char *name, struct error *err)
{
    error_tell(err, ERROR_INVALID, "IMP-060",
               "the view \"%.80s\" of the GeoPackage works for more than %d s without giving a row or an end: save it "
               "as a layer",
               "la vista «%.80s» del GeoPackage trabaja más de %d s sin dar una fila o un final: guárdela como capa",
               name, (int)OGR_VIEW_SECONDS);
    return false;
}

/* UTF-8 in `arena`; NULL where the field has none. */
static const char *style_text(OGRFeatureH feature, int column, struct arena *arena)
{
    const char *text = OGR_F_IsFieldSetAndNotNull(feature, column) ? OGR_F_GetFieldAsString(feature, column) : "";
    return text[0] != '\0' && text_is_utf8(text_of(text)) ? arena_strdup(arena, text) : NULL;
}

bool ogr_geopackage_style(const struct source_layer *layer, struct arena *arena, struct ingest_style *out_style,
                          bool *out_found, struct error *err)
{
    GDALDatasetH dataset = ogr_dataset_open(layer->path, layer->format, false, err);
    char *table = CPLEscapeString(layer->inner ? layer->inner : layer->name, -1, CPLES_SQL);
    const char *sql = arena_printf(arena,
                                   "SELECT coalesce(styleName, ''), styleQML, styleSLD FROM layer_styles WHERE"
                                   " lower(f_table_name)=lower('%s') AND (length(styleQML) > 0 OR length(styleSLD) > 0)"
                                   " ORDER BY useAsDefault DESC, rowid DESC LIMIT 1",
                                   table);
    CPLFree(table);
    *out_found = false;
    if (!dataset || !sql) {
        if (dataset) {
            GDALClose(dataset);
        }
        return dataset ? error_no_memory(err) : false;
    }
    /* Most files have no such table. */
    CPLPushErrorHandler(CPLQuietErrorHandler);
    OGRLayerH result = GDALDatasetExecuteSQL(dataset, sql, NULL, NULL);
    OGRFeatureH feature = result ? OGR_L_GetNextFeature(result) : NULL;
    if (feature && OGR_F_GetFieldCount(feature) == 3) {
        const char *name = style_text(feature, 0, arena);
        const char *qml = style_text(feature, 1, arena);
        const char *xml = qml ? qml : style_text(feature, 2, arena);
        out_style->name = name ? name : "";
        out_style->xml = text_of(xml);
        *out_found = xml != NULL;
    }
    OGR_F_Destroy(feature);
    if (result) {
        GDALDatasetReleaseResultSet(dataset, result);
    }
    GDALClose(dataset);
    CPLPopErrorHandler();
    return true;
}

static const char *quoted_name(const char *name, struct arena *arena)
{
    size_t length = strlen(name);
    char *out = arena_alloc_raw(arena, 2 * length + 3);
    size_t put = 0;
    for (size_t i = 0; out && i <= length; i++) {
        if (i == 0) {
            out[put++] = '"';
        }
        if (name[i] == '"') {
            out[put++] = '"';
        }
        out[put++] = name[i] == '\0' ? '"' : name[i];
    }
    if (out) {
        out[put] = '\0';
    }
    return out;
}

/* What stands in column `i` and is not of its type, in SQL; NULL where anything goes. */
static const char *misfit_test(const struct feed_ogr *feed, size_t i, const char *column)
{
    switch (feed->fields[i].type) {
    case FIELD_INTEGER:
    case FIELD_BOOLEAN:
        return arena_printf(feed->arena, "typeof(%s) NOT IN ('integer', 'null')", column);
    case FIELD_REAL:
        return arena_printf(feed->arena,
                            "(typeof(%s) NOT IN ('integer', 'real', 'null') OR abs(%s) > 1.7976931348623157e308)",
                            column, column);
    case FIELD_DATE:
    case FIELD_DATETIME:
        return arena_printf(feed->arena, "(%s IS NOT NULL AND julianday(%s) IS NULL)", column, column);
    case FIELD_TIME:
    case FIELD_STRING:
        break;
    }
    return NULL;
}

/* One row of what find_misfits asked: its number, then for each of `count` columns from `first` on the text of what
 * does not belong there, or nothing. */
static bool note_misfits(struct feed_ogr *feed, OGRFeatureH found, size_t first, size_t count, struct report_rows *rows,
                         struct report *report)
{
    for (size_t i = 0; i < count; i++) {
        if (!OGR_F_IsFieldSetAndNotNull(found, (int)i + 1)) {
            continue;
        }
        struct shapefile_cell cell = {.row = (uint32_t)OGR_F_GetFieldAsInteger64(found, 0),
                                      .column = (unsigned)feed->columns[first + i]};
        const char *text = OGR_F_GetFieldAsString(found, (int)i + 1);
        struct report_detail detail = {.row = cell.row, .x = NAN, .y = NAN};
        if (rows[i].detail_count < REPORT_DETAILS_MAX) {
            bool said = text_is_utf8(text_of(text));
            detail.english = said ? arena_printf(feed->arena, "\"%.40s\" is no value of its type", text) : "unreadable";
            detail.spanish = said ? arena_printf(feed->arena, "«%.40s» no es un valor de su tipo", text) : "ilegible";
        }
        if (feed->bad_count == feed->bad_room) {
            size_t room = feed->bad_room == 0 ? 64 : feed->bad_room * 2;
            struct shapefile_cell *larger = realloc(feed->misfits, room * sizeof *larger);
            if (!larger) {
                return false;
            }
            feed->misfits = larger;
            feed->bad_room = room;
        }
        feed->misfits[feed->bad_count++] = cell;
        if (!report_rows_add(&rows[i], report->arena, &detail)) {
            return false;
        }
    }
    return true;
}

static void tell_misfits(const struct feed_ogr *feed, const struct source_layer *layer, size_t i,
                         struct report_rows *rows, struct report *report)
{
    if (rows->count == 0) {
        return;
    }
    struct report_message *message =
        report_tell(report, "IMP-030", REPORT_WARNING,
                    "column \"%s\": %zu values are not of the column's type (%s); they become no value",
                    "columna «%s»: %zu valores no son del tipo de la columna (%s); quedan sin valor",
                    feed->fields[i].name.data, rows->count, field_type_name(feed->fields[i].type));
    report_cure(report, message, "mend the values, or make the column one of text, and export the layer again",
                "corrija los valores o haga la columna de texto, y exporte la capa de nuevo");
    report_take_rows(report, message, rows);
    report_at(report, message, layer->name, feed->fields[i].name.data);
}

static int compare_cells(const void *a, const void *b)
{
    const struct shapefile_cell *left = a;
    const struct shapefile_cell *right = b;
    if (left->row != right->row) {
        return left->row < right->row ? -1 : 1;
    }
    return left->column < right->column ? -1 : left->column > right->column;
}

/* "SELECT 0 + id, CASE WHEN test THEN value END, … WHERE test OR test …" for `count` columns from `first` on; NULL
 * where nothing is to be tested. */
static const char *misfit_query(struct feed_ogr *feed, size_t first, size_t count, const char *id, const char *table)
{
    struct buffer sql;
    struct buffer where;
    buffer_init(&sql, (size_t)1 << 20);
    buffer_init(&where, (size_t)1 << 20);
    buffer_printf(&sql, "SELECT 0 + %s", id);
    for (size_t i = first; i < first + count; i++) {
        const char *column = quoted_name(feed->fields[i].name.data, feed->arena);
        const char *test = column ? misfit_test(feed, i, column) : NULL;
        if (test) {
            buffer_printf(&sql, ", CASE WHEN %s THEN CAST(%s AS TEXT) END", test, column);
            buffer_printf(&where, "%s%s", where.length > 0 ? " OR " : " WHERE ", test);
        } else {
            buffer_printf(&sql, ", NULL");
        }
    }
    buffer_printf(&sql, " FROM %s", table);
    const char *out = NULL;
    if (where.length > 0 && !sql.failed && !where.failed) {
        out = arena_printf(feed->arena, "%.*s%.*s", (int)sql.length, (const char *)sql.data, (int)where.length,
                           (const char *)where.data);
    }
    buffer_finish(&sql);
    buffer_finish(&where);
    return out;
}

static bool find_misfits_of(struct feed_ogr *feed, const struct source_layer *layer, const char *sql, size_t first,
                            size_t count, struct report *report, struct error *err)
{
    struct report_rows rows[MISFIT_COLUMNS] = {0};
    bool ok = true;
    OGRLayerH found = GDALDatasetExecuteSQL(feed->dataset, sql, NULL, NULL);
    for (OGRFeatureH row = found ? OGR_L_GetNextFeature(found) : NULL; row && ok;) {
        ok = note_misfits(feed, row, first, count, rows, report);
        OGR_F_Destroy(row);
        row = ok ? OGR_L_GetNextFeature(found) : NULL;
    }
    if (found) {
        GDALDatasetReleaseResultSet(feed->dataset, found);
    }
    for (size_t i = 0; i < count; i++) {
        if (ok) {
            tell_misfits(feed, layer, first + i, &rows[i], report);
        }
        report_rows_finish(&rows[i]);
    }
    return ok || error_no_memory(err);
}

/* SQLite keeps text in a column of numbers without a word, and GDAL reads it as 0. */
static bool find_misfits(struct feed_ogr *feed, const struct source_layer *layer, struct report *report,
                         struct error *err)
{
    const char *id = quoted_name(OGR_L_GetFIDColumn(feed->layer), feed->arena);
    const char *table = quoted_name(OGR_L_GetName(feed->layer), feed->arena);
    size_t fields = feed->base.info.field_count;
    if (!id || !table) {
        return error_no_memory(err);
    }
    bool ok = true;
    CPLPushErrorHandler(CPLQuietErrorHandler);
    for (size_t first = 0; ok && strlen(id) > 2 && first < fields; first += MISFIT_COLUMNS) {
        size_t count = fields - first < MISFIT_COLUMNS ? fields - first : MISFIT_COLUMNS;
        const char *sql = misfit_query(feed, first, count, id, table);
        ok = !sql || find_misfits_of(feed, layer, sql, first, count, report, err);
    }
    CPLPopErrorHandler();
    if (feed->bad_count > 0) {
        qsort(feed->misfits, feed->bad_count, sizeof *feed->misfits, compare_cells);
        feed->bad_cells = feed->misfits;
    }
    return ok;
}

/* Columns of types that the format does not have are passed over by GDAL. */
static bool find_left_columns(struct feed_ogr *feed, struct report *report, const struct source_layer *layer,
                              struct error *err)
{
    const char *table = quoted_name(OGR_L_GetName(feed->layer), feed->arena);
    const char *sql = table ? arena_printf(feed->arena, "PRAGMA table_info(%s)", table) : NULL;
    if (!sql) {
        return error_no_memory(err);
    }
    CPLPushErrorHandler(CPLQuietErrorHandler);
    OGRLayerH columns = GDALDatasetExecuteSQL(feed->dataset, sql, NULL, NULL);
    OGRFeatureDefnH definition = OGR_L_GetLayerDefn(feed->layer);
    for (OGRFeatureH row = columns ? OGR_L_GetNextFeature(columns) : NULL; row; row = OGR_L_GetNextFeature(columns)) {
        int name_at = OGR_F_GetFieldIndex(row, "name");
        int type_at = OGR_F_GetFieldIndex(row, "type");
        const char *name = name_at >= 0 ? OGR_F_GetFieldAsString(row, name_at) : "";
        const char *type = type_at >= 0 ? OGR_F_GetFieldAsString(row, type_at) : "";
        bool read = name[0] == '\0' || strcasecmp(name, OGR_L_GetFIDColumn(feed->layer)) == 0 ||
                    strcasecmp(name, OGR_L_GetGeometryColumn(feed->layer)) == 0 ||
                    OGR_FD_GetFieldIndex(definition, name) >= 0;
        if (!read) {
            const char *shown = text_is_utf8(text_of(name)) && text_is_utf8(text_of(type)) ? name : "?";
            struct report_message *message =
                report_tell(report, "IMP-030", REPORT_WARNING,
                            "column \"%.80s\" is of a type (%.40s) that is not read: it was left out",
                            "la columna «%.80s» es de un tipo (%.40s) que no se lee: se omitió", shown,
                            shown[0] == '?' ? "?" : type);
            report_cure(report, message, "export the layer again from QGIS, with the column as text",
                        "exporte la capa de nuevo desde QGIS, con la columna como texto");
            report_at(report, message, layer->name, shown);
        }
        OGR_F_Destroy(row);
    }
    if (columns) {
        GDALDatasetReleaseResultSet(feed->dataset, columns);
    }
    CPLPopErrorHandler();
    return true;
}

bool ogr_geopackage_is_view(const struct feed_ogr *feed)
{
    char *name = CPLEscapeString(OGR_L_GetName(feed->layer), -1, CPLES_SQL);
    const char *sql = arena_printf(
        feed->arena, "SELECT 1 FROM sqlite_master WHERE type = 'view' AND lower(name) = lower('%s')", name);
    CPLFree(name);
    CPLPushErrorHandler(CPLQuietErrorHandler);
    OGRLayerH views = sql ? GDALDatasetExecuteSQL(feed->dataset, sql, NULL, NULL) : NULL;
    OGRFeatureH view = views ? OGR_L_GetNextFeature(views) : NULL;
    bool found = view != NULL;
    OGR_F_Destroy(view);
    if (views) {
        GDALDatasetReleaseResultSet(feed->dataset, views);
    }
    CPLPopErrorHandler();
    return found;
}

/* What GDAL and SQLite leave to us of a layer in a GeoPackage. */
bool ogr_geopackage_look(struct feed_ogr *feed, const struct source_layer *layer, struct report *report,
                         struct error *err)
{
    return find_misfits(feed, layer, report, err) && find_left_columns(feed, report, layer, err) &&
           (!feed->view || !sql_patience_is_lost() || ogr_geopackage_refuse_view(layer->name, err));
}
