/* SPDX-License-Identifier: MIT */
#include "ingest/feed_ogr.h"

#include "base/file.h"
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

enum {
    COLUMNS_MAX = 1000,
    PRJ_BYTES_MAX = 64 * 1024,
    VIEW_SECONDS = 5,     /* of processor time that a view may work without a row */
    MISFIT_COLUMNS = 100, /* looked at by one query; SQLite takes 1000 terms */
};

struct feed_ogr {
    struct feed base;
    struct arena *arena;
    enum source_format format;
    GDALDatasetH dataset;
    OGRLayerH layer;
    const char *path;
    struct feed_field *fields; /* those of base.info */
    int *columns;              /* OGR's number of each field */
    bool *logical;             /* .dbf columns of type L, which OGR gives as text */
    unsigned char *wkb;        /* the feature's geometry; grows */
    size_t wkb_room;
    int64_t rows_read;
    int64_t records_told;                   /* of a sequence of GeoJSON features: how many there are to the eye */
    const struct shapefile_cell *bad_cells; /* of the .dbf: taken as no value; in the order of rows */
    size_t bad_count;
    size_t bad_room;
    struct shapefile_cell *misfits; /* bad_cells of a GeoPackage */
    unsigned kind;                  /* as in source_layer */
    bool with_empty;
    struct sqlite3 *view; /* of a GeoPackage: the connection; NULL where the layer is a table */
    char damage[200];     /* what GDAL says of the feature at hand */
};

/* GDAL's own words end in our messages and never on the user's terminal. */
static void CPL_STDCALL catch_error(CPLErr severity, CPLErrorNum number, const char *message)
{
    (void)number;
    char *caught = CPLGetErrorHandlerUserData();
    /* A date in a spelling of its own that was understood is no damage. */
    if (severity >= CE_Warning && caught[0] == '\0' && !strstr(message, "successfully parsed")) {
        snprintf(caught, 200, "%s", message);
    }
}

/* Which tags of OpenStreetMap become columns; the rest stays together in "other_tags". GDAL's own list names few that
 * a plan of a city is drawn by. */
static const char osm_settings[] =
    "closed_ways_are_polygons=aeroway,amenity,boundary,building,craft,geological,historic,landuse,leisure,military,"
    "natural,office,place,shop,sport,tourism,highway=platform,public_transport=platform\n"
    "attribute_name_laundering=yes\n"
    "[points]\nosm_id=yes\n"
    "attributes=name,place,amenity,shop,office,tourism,leisure,historic,highway,public_transport,railway,natural,"
    "man_made,power,barrier,ref,population\n"
    "unsignificant=created_by,converted_by,source,time,ele,attribution\n"
    "ignore=created_by,converted_by,source,time,ele,note,todo,openGeoDB:,fixme,FIXME\n"
    "[lines]\nosm_id=yes\n"
    "attributes=name,highway,ref,oneway,surface,lanes,maxspeed,bridge,tunnel,layer,waterway,railway,aeroway,aerialway,"
    "barrier,power,man_made\n"
    "ignore=created_by,converted_by,source,time,ele,note,todo,openGeoDB:,fixme,FIXME\n"
    "[multipolygons]\nosm_id=yes\nosm_way_id=yes\n"
    "attributes=name,type,building,landuse,leisure,natural,water,waterway,amenity,shop,office,tourism,historic,place,"
    "boundary,admin_level,aeroway,man_made,sport\n"
    "ignore=area,created_by,converted_by,source,time,ele,note,todo,openGeoDB:,fixme,FIXME\n"
    "[multilinestrings]\nosm_id=yes\nattributes=name,type,route,ref,network,operator\n"
    "ignore=area,created_by,converted_by,source,time,ele,note,todo,openGeoDB:,fixme,FIXME\n"
    "[other_relations]\nosm_id=yes\nattributes=name,type\n"
    "ignore=area,created_by,converted_by,source,time,ele,note,todo,openGeoDB:,fixme,FIXME\n";

#define OSM_SETTINGS_PATH "/vsimem/tesela-osm.ini"

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void set_up(void)
{
    /* No plugin folders, no network, nothing written beside the data. */
    CPLSetConfigOption("GDAL_DRIVER_PATH", "disable");
    CPLSetConfigOption("GDAL_PAM_ENABLED", "NO");
    CPLSetConfigOption("PROJ_NETWORK", "OFF");
    CPLSetConfigOption("CPL_VSIL_CURL_ALLOWED_EXTENSIONS", "none");
    /* Text comes as raw bytes: decoding is ours. */
    CPLSetConfigOption("SHAPE_ENCODING", "");
    CPLSetConfigOption("SHAPE_RESTORE_SHX", "NO");
    /* Attributes of the GeoJSON standard are kept as text where they are no plain values. */
    CPLSetConfigOption("OGR_GEOJSON_ARRAY_AS_STRING", "YES");
    CPLSetConfigOption("OGR_SQLITE_LOAD_EXTENSIONS", "NO");
    OSRSetPROJEnableNetwork(0);
    GDALAllRegister();
    VSILFILE *settings = VSIFOpenL(OSM_SETTINGS_PATH, "wb");
    if (settings) {
        VSIFWriteL(osm_settings, 1, sizeof osm_settings - 1, settings);
        VSIFCloseL(settings);
    }
}

static const char *driver_of(enum source_format format)
{
    switch (format) {
    case SOURCE_SHAPEFILE:
        return "ESRI Shapefile";
    case SOURCE_GEOPACKAGE:
        return "GPKG";
    case SOURCE_GEOJSON:
        return "GeoJSON";
    case SOURCE_GEOJSON_SEQUENCE:
        return "GeoJSONSeq";
    case SOURCE_FLATGEOBUF:
        return "FlatGeobuf";
    case SOURCE_KML:
        return "LIBKML";
    case SOURCE_DXF:
        return "DXF";
    case SOURCE_OSM:
        return "OSM";
    case SOURCE_CSV:
    case SOURCE_ODS:
    case SOURCE_XLSX:
    case SOURCE_RASTER:
        break;
    }
    return NULL;
}

void feed_ogr_set_up(void)
{
    pthread_once(&once, set_up);
}

/* Large extracts need a file for their nodes: it belongs beside the data, in the private folder. */
static void prepare_osm(const char *path)
{
    char folder[4096];
    const char *slash = strrchr(path, '/');
    if (slash && (size_t)(slash - path) < sizeof folder) {
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
        CPLSetThreadLocalConfigOption("CPL_TMPDIR", folder);
    }
}

/* Integers of 19 digits and more are real numbers to OGR, unless it looks at the values. */
static bool has_long_integers(const char *dbf, struct arena *arena)
{
    struct shapefile_table table;
    if (!dbf || !shapefile_read_table(dbf, arena, &table, NULL)) {
        return false;
    }
    for (size_t i = 0; i < table.column_count; i++) {
        const struct shapefile_column *column = &table.columns[i];
        if ((column->type == 'N' || column->type == 'F') && column->decimals == 0 && column->width > 18) {
            return true;
        }
    }
    return false;
}

/* The private folder says nothing to people, and differs each time. */
static void hide_folder(char *words, const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) + 1 : 0;
    for (char *at = words; length > 0 && *at != '\0'; at++) {
        if (strncmp(at, path, length) == 0) {
            memmove(at, at + length, strlen(at + length) + 1);
        }
    }
}

/* Whether the file has text beyond ASCII, all of it UTF-8. */
static bool is_utf8_file(const char *path)
{
    bool utf8 = true;
    bool beyond = false;
    char *line = NULL;
    size_t room = 0;
    FILE *file = fopen(path, "rbe");
    for (ssize_t length; file && utf8 && (length = getline(&line, &room, file)) >= 0;) {
        struct text text = {line, (size_t)length};
        utf8 = text_is_utf8(text);
        for (size_t i = 0; i < text.length && !beyond; i++) {
            beyond = (unsigned char)text.data[i] >= 0x80;
        }
    }
    free(line);
    if (file) {
        fclose(file);
    }
    return utf8 && beyond;
}

static GDALDatasetH open_dataset(const char *path, enum source_format format, bool adjust_types, struct error *err)
{
    feed_ogr_set_up();
    char caught[200] = "";
    const char *const drivers[] = {driver_of(format), NULL};
    static const char *const gpkg_options[] = {"LIST_ALL_TABLES=NO", NULL};
    static const char *const json_options[] = {"ARRAY_AS_STRING=YES", "DATE_AS_STRING=NO", NULL};
    static const char *const osm_options[] = {"CONFIG_FILE=" OSM_SETTINGS_PATH, NULL};
    static const char *const shape_options[] = {"ADJUST_TYPE=YES", NULL};
    const char *const *options = format == SOURCE_GEOPACKAGE                  ? gpkg_options
                                 : format == SOURCE_GEOJSON                   ? json_options
                                 : format == SOURCE_OSM                       ? osm_options
                                 : format == SOURCE_SHAPEFILE && adjust_types ? shape_options
                                                                              : NULL;
    if (format == SOURCE_OSM) {
        prepare_osm(path);
    }
    if (format == SOURCE_DXF) {
        /* Since 2007 drawings are UTF-8, whatever code page they name. */
        CPLSetThreadLocalConfigOption("DXF_ENCODING", is_utf8_file(path) ? "UTF-8" : NULL);
    }
    if (format == SOURCE_GEOPACKAGE) {
        sql_patience_set_up();
    }
    CPLPushErrorHandlerEx(catch_error, caught);
    GDALDatasetH dataset = GDALOpenEx(path, GDAL_OF_VECTOR | GDAL_OF_READONLY, drivers, options, NULL);
    CPLPopErrorHandler();
    if (!dataset) {
        hide_folder(caught, path);
        error_tell(err, ERROR_INVALID, "IMP-060", "the %s cannot be read (%.150s): export it again",
                   "no se puede leer el %s (%.150s): expórtelo de nuevo", source_format_name(format),
                   caught[0] != '\0' ? caught : "unknown content");
    }
    return dataset;
}

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
    char caught[200] = "";
    OGRLayerH layer = NULL;
    CPLErrorReset();
    CPLPushErrorHandlerEx(catch_error, caught);
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
        hide_folder(caught, path);
        error_tell(err, ERROR_INVALID, "IMP-060", "the file is damaged (%.150s): fetch or export it again",
                   "el archivo está dañado (%.150s): descárguelo o expórtelo de nuevo", caught);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        entries[i].counted = true;
    }
    return true;
}

static bool refuse_view(const char *name, struct error *err)
{
    error_tell(err, ERROR_INVALID, "IMP-060",
               "the view \"%.80s\" of the GeoPackage works for more than %d s without giving a row: save it as a layer",
               "la vista «%.80s» del GeoPackage trabaja más de %d s sin dar una fila: guárdela como capa", name,
               (int)VIEW_SECONDS);
    return false;
}

bool feed_ogr_list(const char *path, enum source_format format, struct arena *arena,
                   struct feed_ogr_entry **out_entries, size_t *out_count, struct error *err)
{
    GDALDatasetH dataset = open_dataset(path, format, false, err);
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
        sql_patience_begin(connection, VIEW_SECONDS);
        bool spatial = OGR_L_GetGeomType(layer) != wkbNone;
        if (sql_patience_is_lost()) {
            refuse_view(OGR_L_GetName(layer), err);
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

/* UTF-8 in `arena`; NULL where the field has none. */
static const char *style_text(OGRFeatureH feature, int column, struct arena *arena)
{
    const char *text = OGR_F_IsFieldSetAndNotNull(feature, column) ? OGR_F_GetFieldAsString(feature, column) : "";
    return text[0] != '\0' && text_is_utf8(text_of(text)) ? arena_strdup(arena, text) : NULL;
}

bool feed_ogr_style(const struct source_layer *layer, struct arena *arena, struct ingest_style *out_style,
                    bool *out_found, struct error *err)
{
    GDALDatasetH dataset = open_dataset(layer->path, layer->format, false, err);
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

static void tell_bad_cells(struct feed_ogr *feed, const struct source_layer *layer, const struct shapefile_table *table,
                           const struct shapefile_faults *faults, bool overflowed, struct report *report)
{
    for (size_t column = 0; column < table->column_count; column++) {
        struct report_rows rows = {0};
        for (size_t i = 0; i < faults->cell_count; i++) {
            const struct shapefile_cell *cell = &faults->cells[i];
            if (cell->column != column || cell->overflowed != overflowed || cell->with_comma) {
                continue;
            }
            struct report_detail detail = {.row = (int64_t)cell->row + 1, .x = NAN, .y = NAN};
            if (rows.detail_count < REPORT_DETAILS_MAX) {
                bool said = !overflowed && text_is_utf8(text_of(cell->text));
                detail.english = said         ? arena_printf(feed->arena, "\"%s\" is no value of its type", cell->text)
                                 : overflowed ? "the number did not fit"
                                              : "unreadable value";
                detail.spanish = said ? arena_printf(feed->arena, "«%s» no es un valor de su tipo", cell->text)
                                 : overflowed ? "el número no cupo"
                                              : "valor ilegible";
            }
            if (!report_rows_add(&rows, report->arena, &detail)) {
                report->out_of_memory = true;
            }
        }
        if (rows.count == 0) {
            continue;
        }
        const char *name = table->columns[column].name;
        const char *shown = text_is_utf8(text_of(name)) ? name : "?";
        struct report_message *message =
            overflowed
                ? report_tell(report, "IMP-030", REPORT_WARNING,
                              "column \"%s\": %zu numbers did not fit and stand as asterisks; they become no value",
                              "columna «%s»: %zu números no cupieron y están como asteriscos; quedan sin valor", shown,
                              rows.count)
                : report_tell(report, "IMP-030", REPORT_WARNING,
                              "column \"%s\": %zu values are no numbers or dates; they become no value",
                              "columna «%s»: %zu valores no son números o fechas; quedan sin valor", shown, rows.count);
        report_cure(report, message, "widen the column in the program that made it, and export the layer again",
                    "amplíe la columna en el programa de origen y exporte la capa de nuevo");
        report_take_rows(report, message, &rows);
        report_at(report, message, layer->name, shown);
    }
}

/* Decimals with a comma, which OGR would cut off. */
static void tell_commas(const struct feed_ogr *feed, const struct source_layer *layer,
                        const struct shapefile_table *table, struct shapefile_faults *faults, struct report *report)
{
    for (size_t column = 0; column < table->column_count; column++) {
        bool is_real = column < feed->base.info.field_count && feed->columns[column] == (int)column &&
                       feed->fields[column].type == FIELD_REAL;
        const struct shapefile_cell *first = NULL;
        size_t count = 0;
        for (size_t i = 0; i < faults->cell_count; i++) {
            struct shapefile_cell *cell = &faults->cells[i];
            cell->with_comma = cell->with_comma && (cell->column != column || is_real);
            if (cell->column == column && cell->with_comma) {
                first = first ? first : cell;
                count++;
            }
        }
        if (count > 0) {
            const char *name = text_is_utf8(text_of(table->columns[column].name)) ? table->columns[column].name : "?";
            struct report_message *message =
                report_tell(report, "IMP-030", REPORT_NOTICE,
                            "column \"%s\" writes decimals with a comma (%zu values): \"%s\" is read as %.15g",
                            "la columna «%s» escribe los decimales con coma (%zu valores): «%s» se lee como %.15g",
                            name, count, first->text, first->number);
            report_at(report, message, layer->name, name);
        }
    }
}

/* What OGR would pass over without a word: deleted rows, numbers that did not fit, values that are none. */
static bool tell_faults(struct feed_ogr *feed, const struct source_layer *layer, const struct shapefile_table *table,
                        struct report *report, struct error *err)
{
    struct shapefile_faults faults = {0};
    if (!shapefile_find_faults(layer->dbf, table, feed->arena, &faults, err)) {
        return false;
    }
    feed->bad_cells = faults.cells;
    feed->bad_count = faults.cell_count;
    tell_commas(feed, layer, table, &faults, report);
    tell_bad_cells(feed, layer, table, &faults, true, report);
    tell_bad_cells(feed, layer, table, &faults, false, report);
    struct report_rows rows = {0};
    for (size_t i = 0; i < faults.deleted_count && faults.deleted[i] < layer->records; i++) {
        struct report_detail detail = {(int64_t)faults.deleted[i] + 1, NULL, "marked as deleted",
                                       "marcada como borrada",         NAN,  NAN};
        if (!report_rows_add(&rows, report->arena, &detail)) {
            report_rows_finish(&rows);
            return error_no_memory(err);
        }
    }
    if (rows.count > 0) {
        struct report_message *message = report_tell(
            report, "IMP-060", REPORT_WARNING, "%zu rows are marked as deleted in the .dbf and are not read",
            "%zu filas están marcadas como borradas en el .dbf y no se leen", rows.count);
        report_cure(report, message, "if they are wanted, restore them and export the layer again",
                    "si hacen falta, restáurelas y exporte la capa de nuevo");
        report_take_rows(report, message, &rows);
        report_at(report, message, layer->name, NULL);
    }
    return true;
}

/* The .dbf's own columns say what OGR does not: logical fields. */
static bool look_into_table(struct feed_ogr *feed, const struct source_layer *layer, struct report *report,
                            struct error *err)
{
    struct shapefile_table table;
    if (!shapefile_read_table(layer->dbf, feed->arena, &table, err)) {
        return false;
    }
    const char *language = encoding_of_language(table.language);
    if (!feed->base.info.encoding && language) {
        feed->base.info.encoding = language;
        feed->base.info.encoding_source = ENCODING_LANGUAGE;
    }
    if (table.column_count == feed->base.info.field_count) {
        for (size_t i = 0; i < table.column_count; i++) {
            feed->logical[i] = table.columns[i].type == 'L' && feed->fields[i].type == FIELD_STRING;
            feed->fields[i].type = feed->logical[i] ? FIELD_BOOLEAN : feed->fields[i].type;
        }
    }
    if (!tell_faults(feed, layer, &table, report, err)) {
        return false;
    }
    unsigned covered = 1;
    for (size_t i = 0; i < table.column_count; i++) {
        covered += table.columns[i].width;
    }
    if (covered > table.row_bytes) {
        error_tell(err, ERROR_INVALID, "IMP-060",
                   "the .dbf is damaged: its columns take %u bytes, its rows have %u; export the layer again",
                   "el .dbf está dañado: sus columnas ocupan %u bytes y sus filas %u; exporte la capa de nuevo",
                   covered, table.row_bytes);
        return false;
    }
    if (covered < table.row_bytes) {
        struct report_message *message = report_tell(
            report, "IMP-060", REPORT_WARNING,
            "the .dbf names columns for %u of the %u bytes of a row: part of the attributes may be missing",
            "el .dbf nombra columnas para %u de los %u bytes de cada fila: puede faltar parte de los atributos",
            covered, table.row_bytes);
        report_cure(report, message, "export the layer again", "exporte la capa de nuevo");
        report_at(report, message, layer->name, NULL);
    }
    if (table.rows < table.rows_told || table.rows != layer->records) {
        struct report_message *message = report_tell(
            report, "IMP-060", REPORT_WARNING, "the .shp has %u shapes, the .dbf %u rows (its header says %u)",
            "el .shp tiene %u formas y el .dbf %u filas (su encabezado dice %u)", layer->records, table.rows,
            table.rows_told);
        report_cure(report, message, "the parts may be of different exports: export the layer again",
                    "las partes pueden ser de exportaciones distintas: exporte la capa de nuevo");
        report_at(report, message, layer->name, NULL);
    }
    return true;
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

static bool is_view(const struct feed_ogr *feed)
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
static bool look_into_geopackage(struct feed_ogr *feed, const struct source_layer *layer, struct report *report,
                                 struct error *err)
{
    return find_misfits(feed, layer, report, err) && find_left_columns(feed, report, layer, err) &&
           (!feed->view || !sql_patience_is_lost() || refuse_view(layer->name, err));
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
    bool long_integers = layer->format == SOURCE_SHAPEFILE && has_long_integers(layer->dbf, feed->arena);
    feed->dataset = open_dataset(layer->path, layer->format, long_integers, err);
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
        feed->view = is_view(feed) ? connection : NULL;
    }
    sql_patience_begin(feed->view, VIEW_SECONDS);
    info->feature_count = OGR_L_TestCapability(feed->layer, OLCFastFeatureCount) && layer->kind == 0
                              ? OGR_L_GetFeatureCount(feed->layer, 0)
                              : -1;
    if (feed->view && sql_patience_is_lost()) {
        refuse_view(layer->name, err);
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
            (layer->dbf && !look_into_table(feed, layer, report, err))) {
            goto done;
        }
    } else {
        info->encoding = "UTF-8";
        info->encoding_source = ENCODING_FORMAT;
        if (!read_srs(feed, err)) {
            goto done;
        }
        feed->records_told = layer->format == SOURCE_GEOJSON_SEQUENCE ? count_records(layer->path) : 0;
        if (layer->format == SOURCE_GEOPACKAGE && !look_into_geopackage(feed, layer, report, err)) {
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

static struct value date_value(OGRFeatureH feature, int column, enum field_type type, struct arena *arena)
{
    int year;
    int month;
    int day;
    int hour;
    int minute;
    int zone;
    float second;
    if (!OGR_F_GetFieldAsDateTimeEx(feature, column, &year, &month, &day, &hour, &minute, &second, &zone)) {
        return value_null();
    }
    char text[64];
    if (type == FIELD_DATE) {
        snprintf(text, sizeof text, "%04d-%02d-%02d", year, month, day);
        return value_of_string(arena_strdup(arena, text));
    }
    int whole = (int)second;
    int thousandths = (int)((second - (float)whole) * 1000 + 0.5f);
    if (thousandths >= 1000) {
        thousandths = 999;
    }
    size_t length = 0;
    if (type == FIELD_DATETIME) {
        length = (size_t)snprintf(text, sizeof text, "%04d-%02d-%02dT", year, month, day);
    }
    length += (size_t)snprintf(text + length, sizeof text - length, "%02d:%02d:%02d", hour, minute, whole);
    if (thousandths > 0) {
        length += (size_t)snprintf(text + length, sizeof text - length, ".%03d", thousandths);
    }
    /* OGR's flag: 0 unknown, 1 local, 100 UTC, each step 15 minutes. */
    if (type == FIELD_DATETIME && zone == 100) {
        snprintf(text + length, sizeof text - length, "Z");
    } else if (type == FIELD_DATETIME && zone > 1) {
        int minutes = (zone - 100) * 15;
        snprintf(text + length, sizeof text - length, "%c%02d:%02d", minutes < 0 ? '-' : '+', abs(minutes) / 60,
                 abs(minutes) % 60);
    }
    return value_of_string(arena_strdup(arena, text));
}

/* Neither JSON nor a style knows a number that is none. */
static struct value real_value(double number)
{
    return isfinite(number) ? value_of_real(number) : value_null();
}

static struct value logical_value(const char *text)
{
    switch (text[0]) {
    case 'T':
    case 't':
    case 'Y':
    case 'y':
    case 'S': /* sí */
    case 's':
    case '1':
        return value_of_bool(true);
    case 'F':
    case 'f':
    case 'N':
    case 'n':
    case '0':
        return value_of_bool(false);
    default:
        return value_null();
    }
}

static const struct shapefile_cell *find_bad_cell(const struct feed_ogr *feed, int64_t row, int column)
{
    size_t low = 0;
    size_t high = feed->bad_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        const struct shapefile_cell *cell = &feed->bad_cells[middle];
        if (cell->row < row || (cell->row == row && (int)cell->column < column)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool found = low < feed->bad_count && feed->bad_cells[low].row == row && (int)feed->bad_cells[low].column == column;
    return found ? &feed->bad_cells[low] : NULL;
}

/* "Torre\U+00F3n": how drawings write what their code page lacks. What it stands for is never longer. */
static void unescape_drawing(char *text)
{
    size_t put = 0;
    for (size_t at = 0; text[at] != '\0';) {
        if (strncmp(text + at, "\\U+", 3) == 0 && strspn(text + at + 3, "0123456789abcdefABCDEF") >= 4) {
            const char digits[] = {text[at + 3], text[at + 4], text[at + 5], text[at + 6], '\0'};
            uint32_t code = (uint32_t)strtoul(digits, NULL, 16);
            bool plain = code >= 0x20 && (code < 0xd800 || code > 0xdfff);
            put += text_put_code_point(plain ? code : 0xfffd, text + put);
            at += 7;
        } else {
            text[put++] = text[at++];
        }
    }
    text[put] = '\0';
}

static struct value field_value(const struct feed_ogr *feed, OGRFeatureH feature, size_t i, struct arena *arena)
{
    int column = feed->columns[i];
    const struct shapefile_cell *bad = feed->bad_count > 0 ? find_bad_cell(feed, OGR_F_GetFID(feature), column) : NULL;
    if (bad) {
        return bad->with_comma ? value_of_real(bad->number) : value_null();
    }
    if (!OGR_F_IsFieldSetAndNotNull(feature, column)) {
        return value_null();
    }
    enum field_type type = feed->base.info.fields[i].type;
    switch (type) {
    case FIELD_INTEGER:
        return value_of_int(OGR_F_GetFieldAsInteger64(feature, column));
    case FIELD_BOOLEAN:
        if (!feed->logical[i]) {
            return value_of_bool(OGR_F_GetFieldAsInteger(feature, column) != 0);
        }
        return logical_value(OGR_F_GetFieldAsString(feature, column));
    case FIELD_REAL:
        return real_value(OGR_F_GetFieldAsDouble(feature, column));
    case FIELD_DATE:
    case FIELD_DATETIME:
    case FIELD_TIME:
        return date_value(feature, column, type, arena);
    case FIELD_STRING:
        break;
    }
    char *copy = arena_strdup(arena, OGR_F_GetFieldAsString(feature, column));
    if (copy && feed->format == SOURCE_DXF) {
        unescape_drawing(copy);
    }
    return value_of_string(copy);
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
        sql_patience_begin(feed->view, VIEW_SECONDS);
    }
    CPLErrorReset();
    CPLPushErrorHandlerEx(catch_error, feed->damage);
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
    hide_folder(feed->damage, feed->path);
    return feature;
}

static bool next_ogr(struct feed *base, struct arena *arena, struct feed_feature *out_feature, bool *out_end,
                     struct error *err)
{
    struct feed_ogr *feed = (struct feed_ogr *)base;
    OGRFeatureH feature = next_feature(feed);
    if (!feature) {
        if (feed->view && sql_patience_is_lost()) {
            return refuse_view(OGR_L_GetName(feed->layer), err);
        }
        if (feed->damage[0] != '\0' && CPLGetLastErrorType() >= CE_Failure) {
            error_tell(err, ERROR_INVALID, "IMP-060", "reading stops after row %lld: %.200s",
                       "la lectura se detiene después de la fila %lld: %.200s", (long long)feed->rows_read,
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
        values[i] = field_value(feed, feature, i, arena);
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
        result.damage_english = arena_strdup(arena, feed->damage);
        result.damage_spanish = result.damage_english;
    }
    *out_feature = result;
    *out_end = false;
    ok = true;
done:
    OGR_F_Destroy(feature);
    return ok;
}

static const struct feed_kind ogr_kind = {.next = next_ogr, .rewind = rewind_ogr, .close = close_ogr};

/* PostGIS puts the number of the reference system after the type, and marks that with a bit of the type. */
static int drop_srid(GByte *bytes, int size)
{
    if (!bytes || size < 9) {
        return size;
    }
    GByte *flags = bytes + (bytes[0] == 1 ? 4 : 1);
    if (!(*flags & 0x20)) {
        return size;
    }
    *flags &= (GByte)~0x20u;
    memmove(bytes + 5, bytes + 9, (size_t)size - 9);
    return size - 4;
}

/* "POINTZ(1 2 3)" as some databases write for "POINT Z (1 2 3)". */
static char *part_dimensions(const char *wkt, struct arena *arena)
{
    size_t word = strcspn(wkt, " (");
    size_t marks = 0;
    while (word > 4 && marks < 2 && marks < word && strchr("ZMzm", wkt[word - 1 - marks])) {
        marks++;
    }
    return marks == 0 ? arena_strdup(arena, wkt)
                      : arena_printf(arena, "%.*s %s", (int)(word - marks), wkt, wkt + word - marks);
}

bool feed_ogr_parse_geometry(struct text text, struct arena *arena, const unsigned char **out_wkb, size_t *out_size)
{
    feed_ogr_set_up();
    char *copy = arena_strndup(arena, text.data, text.length);
    if (!copy || text.length < 10) {
        return false;
    }
    OGRGeometryH geometry = NULL;
    CPLPushErrorHandler(CPLQuietErrorHandler);
    bool is_hex =
        copy[0] == '0' && (copy[1] == '0' || copy[1] == '1') && strspn(copy, "0123456789abcdefABCDEF") == text.length;
    if (is_hex) {
        int size = 0;
        GByte *bytes = CPLHexToBinary(copy, &size);
        size = drop_srid(bytes, size);
        if (bytes && OGR_G_CreateFromWkb(bytes, NULL, &geometry, size) != OGRERR_NONE) {
            geometry = NULL;
        }
        CPLFree(bytes);
    } else {
        /* "SRID=4326;POINT(…)" is PostGIS's spelling. */
        char *at = strncasecmp(copy, "SRID=", 5) == 0 && strchr(copy, ';') ? strchr(copy, ';') + 1 : copy;
        if (at[0] == '{') {
            geometry = OGR_G_CreateGeometryFromJson(at);
        } else {
            char *spaced = part_dimensions(at, arena);
            if (!spaced || OGR_G_CreateFromWkt(&spaced, NULL, &geometry) != OGRERR_NONE) {
                geometry = NULL;
            }
        }
    }
    bool ok = false;
    if (geometry && OGR_G_HasCurveGeometry(geometry, 1)) {
        OGRGeometryH linear = OGR_G_GetLinearGeometry(geometry, 0, NULL);
        OGR_G_DestroyGeometry(geometry);
        geometry = linear;
    }
    if (geometry) {
        size_t size = (size_t)OGR_G_WkbSize(geometry);
        unsigned char *wkb = arena_alloc_raw(arena, size);
        if (wkb && OGR_G_ExportToIsoWkb(geometry, wkbNDR, wkb) == OGRERR_NONE) {
            *out_wkb = wkb;
            *out_size = size;
            ok = true;
        }
    }
    OGR_G_DestroyGeometry(geometry);
    CPLPopErrorHandler();
    return ok;
}
