/* SPDX-License-Identifier: MIT */
/* The formats that GDAL writes: GeoPackage, FlatGeobuf, and of a shapefile all but its table. */
#include "ingest/export_dbf.h"
#include "ingest/export_sink.h"
#include "ingest/ogr_dataset.h"

#include <cpl_conv.h>
#include <cpl_error.h>
#include <cpl_string.h>
#include <ctype.h>
#include <gdal.h>
#include <math.h>
#include <ogr_api.h>
#include <ogr_srs_api.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { TRANSACTION_FEATURES = 100000 };

struct ogr_sink {
    struct export_sink base;
    const struct export_kind *kind;
    GDALDatasetH dataset;
    OGRLayerH layer;
    OGRFeatureH feature; /* filled anew for each */
    OGRSpatialReferenceH srs;
    struct export_dbf *dbf; /* shapefile */
    int64_t count;
    struct report_rows without_geometry; /* FlatGeobuf: GDAL passes over them without a word */
    char said[200];                      /* by GDAL */
};

/* GDAL's own words end in our messages and never on the user's terminal. */
static void CPL_STDCALL catch_error(CPLErr severity, CPLErrorNum number, const char *message)
{
    (void)number;
    char *said = CPLGetErrorHandlerUserData();
    if (severity >= CE_Failure && said[0] == '\0') {
        snprintf(said, 200, "%s", message);
    }
}

static bool fail(const struct ogr_sink *sink, struct error *err)
{
    error_tell(err, ERROR_UNAVAILABLE, "EXP-002", "the %s could not be written: %.200s",
               "no se pudo escribir el %s: %.200s", sink->kind->name, sink->said[0] != '\0' ? sink->said : "GDAL");
    return false;
}

static OGRwkbGeometryType geometry_type(const struct export_job *job)
{
    bool z = job->info->has_z;
    switch (job->version->layer.kind) {
    case GEOMETRY_POINT:
        return job->info->has_multi_points ? (z ? wkbMultiPoint25D : wkbMultiPoint) : (z ? wkbPoint25D : wkbPoint);
    case GEOMETRY_LINE:
        return z ? wkbMultiLineString25D : wkbMultiLineString;
    case GEOMETRY_POLYGON:
        return z ? wkbMultiPolygon25D : wkbMultiPolygon;
    case GEOMETRY_NONE:
        break;
    }
    return wkbNone;
}

static bool set_srs(struct ogr_sink *sink, struct error *err)
{
    const char *srs = sink->base.job->srs;
    sink->srs = OSRNewSpatialReference(NULL);
    /* The same system; most programs know it by this name only. */
    srs = strcmp(srs, "OGC:CRS84") == 0 ? "EPSG:4326" : srs;
    /* Neither file nor URL: projection_open let it pass, now or when the layer was loaded. */
    if (!sink->srs || OSRSetFromUserInput(sink->srs, srs) != OGRERR_NONE) {
        error_tell(err, ERROR_INVALID, "IMP-020", "unknown reference system \"%.120s\": give one with --srs EPSG:N",
                   "sistema de referencia desconocido «%.120s»: indique uno con --srs EPSG:N", srs);
        return false;
    }
    OSRSetAxisMappingStrategy(sink->srs, OAMS_TRADITIONAL_GIS_ORDER);
    return true;
}

static bool column_is_there(const struct export_job *job, const char *name)
{
    for (size_t i = 0; i < job->column_count; i++) {
        if (strcasecmp(job->columns[i].written, name) == 0) {
            return true;
        }
    }
    return false;
}

static char **layer_options(const struct ogr_sink *sink)
{
    const struct export_job *job = sink->base.job;
    char **options = NULL;
    if (sink->kind == &export_gpkg) {
        options = CSLAddNameValue(options, "FID", column_is_there(job, "fid") ? "ogc_fid" : "fid");
        options = CSLAddNameValue(options, "GEOMETRY_NAME", column_is_there(job, "geom") ? "tesela_geom" : "geom");
        options = CSLAddNameValue(options, "IDENTIFIER", job->title);
    } else if (sink->kind == &export_shp) {
        options = CSLAddNameValue(options, "ENCODING", "UTF-8");
        options = CSLAddNameValue(options, "2GB_LIMIT", "YES");
    } else {
        options = CSLAddNameValue(options, "SPATIAL_INDEX", "YES");
        options = CSLAddNameValue(options, "TEMPORARY_DIR", CPLGetDirname(job->path));
        options = CSLAddNameValue(options, "TITLE", job->title);
    }
    return options;
}

static OGRFieldType field_type(const struct ogr_sink *sink, enum field_type type)
{
    switch (type) {
    case FIELD_INTEGER:
        return OFTInteger64;
    case FIELD_BOOLEAN:
        return OFTInteger;
    case FIELD_REAL:
        return OFTReal;
    case FIELD_DATE:
        return sink->kind == &export_fgb ? OFTString : OFTDate; /* FlatGeobuf knows no date without time */
    case FIELD_DATETIME:
        return OFTDateTime;
    case FIELD_TIME:
    case FIELD_STRING:
        break;
    }
    return OFTString;
}

static bool create_field(struct ogr_sink *sink, const struct export_column *column, struct error *err)
{
    OGRFieldType type = field_type(sink, column->type);
    OGRFieldDefnH field = OGR_Fld_Create(column->written, type);
    if (column->type == FIELD_BOOLEAN) {
        OGR_Fld_SetSubType(field, OFSTBoolean);
    }
    bool ok = OGR_L_CreateField(sink->layer, field, FALSE) == OGRERR_NONE;
    OGR_Fld_Destroy(field);
    if (ok && type == OFTString && column->type != FIELD_STRING) {
        export_tell_column(sink->base.job, column, "EXP-022", REPORT_NOTICE,
                           "is text, since the format has no such type",
                           "queda como texto, porque el formato no tiene ese tipo");
    }
    return ok || fail(sink, err);
}

static bool create_fields(struct ogr_sink *sink, struct error *err)
{
    const struct export_job *job = sink->base.job;
    for (size_t i = 0; i < job->column_count; i++) {
        if (!create_field(sink, &job->columns[i], err)) {
            return false;
        }
    }
    return true;
}

static const char *driver_of(const struct export_kind *kind)
{
    return kind == &export_gpkg ? "GPKG" : kind == &export_shp ? "ESRI Shapefile" : "FlatGeobuf";
}

static bool create(struct ogr_sink *sink, struct error *err)
{
    const struct export_job *job = sink->base.job;
    GDALDriverH driver = GDALGetDriverByName(driver_of(sink->kind));
    sink->dataset = driver ? GDALCreate(driver, job->path, 0, 0, 0, GDT_Unknown, NULL) : NULL;
    if (!sink->dataset) {
        return fail(sink, err);
    }
    char **options = layer_options(sink);
    const char *name = sink->kind == &export_shp ? CPLGetBasename(job->path) : job->version->layer.id;
    sink->layer = GDALDatasetCreateLayer(sink->dataset, name, sink->srs, geometry_type(job), options);
    CSLDestroy(options);
    if (!sink->layer) {
        return fail(sink, err);
    }
    if (sink->kind == &export_shp) {
        const char *table = arena_printf(job->arena, "%s.table", job->path);
        return table ? export_dbf_open(job, table, &sink->dbf, err) : error_no_memory(err);
    }
    return create_fields(sink, err);
}

static void close_ogr(struct export_sink *base)
{
    struct ogr_sink *sink = (struct ogr_sink *)base;
    CPLPushErrorHandler(CPLQuietErrorHandler);
    OGR_F_Destroy(sink->feature);
    if (sink->dataset) {
        GDALClose(sink->dataset);
    }
    if (sink->srs) {
        OSRRelease(sink->srs);
    }
    CPLPopErrorHandler();
    export_dbf_close(sink->dbf);
    report_rows_finish(&sink->without_geometry);
    free(sink);
}

static bool open_ogr(const struct export_kind *kind, const struct export_job *job, struct export_sink **out_sink,
                     struct error *err)
{
    ogr_dataset_set_up();
    struct ogr_sink *sink = calloc(1, sizeof *sink);
    if (!sink) {
        return error_no_memory(err);
    }
    sink->base.job = job;
    sink->kind = kind;
    CPLPushErrorHandlerEx(catch_error, sink->said);
    bool ok = set_srs(sink, err) && create(sink, err);
    sink->feature = ok ? OGR_F_Create(OGR_L_GetLayerDefn(sink->layer)) : NULL;
    if (ok && !sink->feature) {
        ok = error_no_memory(err);
    }
    CPLPopErrorHandler();
    if (!ok) {
        close_ogr(&sink->base);
        return false;
    }
    *out_sink = &sink->base;
    return true;
}

/* Just `count` digits. */
static bool take_digits(const char **at, int count, int *out)
{
    *out = 0;
    for (int i = 0; i < count; i++, (*at)++) {
        if (!isdigit((unsigned char)**at)) {
            return false;
        }
        *out = *out * 10 + **at - '0';
    }
    return true;
}

static bool take_byte(const char **at, char byte)
{
    bool there = **at == byte;
    *at += there;
    return there;
}

/* "2020-03-15" or "2020-03-15T10:00:00.5-06:00". */
static bool set_datetime(OGRFeatureH feature, int index, const char *at)
{
    int year;
    int month;
    int day;
    int hour = 0;
    int minute = 0;
    int zone = 0; /* OGR's: 100 is UTC, each step 15 minutes */
    int zone_hour;
    int zone_minute = 0;
    float second = 0;
    if (!take_digits(&at, 4, &year) || !take_byte(&at, '-') || !take_digits(&at, 2, &month) || !take_byte(&at, '-') ||
        !take_digits(&at, 2, &day)) {
        return false;
    }
    if (take_byte(&at, 'T') || take_byte(&at, ' ')) {
        if (!take_digits(&at, 2, &hour) || !take_byte(&at, ':') || !take_digits(&at, 2, &minute)) {
            return false;
        }
        if (take_byte(&at, ':')) {
            char *end = NULL;
            second = strtof(at, &end);
            at = end;
        }
    }
    bool west = *at == '-';
    if (take_byte(&at, 'Z')) {
        zone = 100;
    } else if (west || *at == '+') {
        at++;
        if (!take_digits(&at, 2, &zone_hour) || (take_byte(&at, ':') && !take_digits(&at, 2, &zone_minute))) {
            return false;
        }
        int quarters = zone_hour * 4 + zone_minute / 15;
        zone = west ? 100 - quarters : 100 + quarters;
    }
    OGR_F_SetFieldDateTimeEx(feature, index, year, month, day, hour, minute, second, zone);
    return true;
}

static bool set_value(struct ogr_sink *sink, int index, const struct value *value, struct arena *arena)
{
    OGRFeatureH feature = sink->feature;
    const char *text = NULL;
    switch (value->type) {
    case VALUE_BOOL:
        OGR_F_SetFieldInteger(feature, index, value->boolean);
        return true;
    case VALUE_INT:
        OGR_F_SetFieldInteger64(feature, index, value->integer);
        return true;
    case VALUE_REAL:
        OGR_F_SetFieldDouble(feature, index, value->real);
        return true;
    case VALUE_STRING:
        text = arena_strndup(arena, value->string.data, value->string.length);
        break;
    case VALUE_NULL:
    case VALUE_ARRAY:
    case VALUE_OBJECT:
        OGR_F_SetFieldNull(feature, index);
        return true;
    }
    OGRFieldType type = OGR_Fld_GetType(OGR_F_GetFieldDefnRef(feature, index));
    bool dated = type == OFTDate || type == OFTDateTime;
    if (!text) {
        return false;
    }
    if (!dated) {
        OGR_F_SetFieldString(feature, index, text);
    } else if (!set_datetime(feature, index, text)) {
        OGR_F_SetFieldNull(feature, index);
    }
    return true;
}

static bool set_geometry(struct ogr_sink *sink, const struct export_feature *feature, struct error *err)
{
    OGRGeometryH geometry = NULL;
    if (feature->wkb && OGR_G_CreateFromWkb(feature->wkb, NULL, &geometry, (int)feature->wkb_size) != OGRERR_NONE) {
        return fail(sink, err);
    }
    OGR_F_SetGeometryDirectly(sink->feature, geometry);
    return true;
}

static bool write_feature(struct ogr_sink *sink, const struct export_feature *feature, struct arena *arena,
                          struct error *err)
{
    const struct export_job *job = sink->base.job;
    bool grouped = sink->kind == &export_gpkg;
    if (grouped && sink->count % TRANSACTION_FEATURES == 0 &&
        ((sink->count > 0 && GDALDatasetCommitTransaction(sink->dataset) != OGRERR_NONE) ||
         GDALDatasetStartTransaction(sink->dataset, FALSE) != OGRERR_NONE)) {
        return fail(sink, err);
    }
    for (size_t i = 0; !sink->dbf && i < job->column_count; i++) {
        if (!set_value(sink, (int)i, &feature->values[job->columns[i].source], arena)) {
            return error_no_memory(err);
        }
    }
    /* Else GDAL goes on from the one before. */
    OGR_F_SetFID(sink->feature, grouped ? feature->row : OGRNullFID);
    if (!set_geometry(sink, feature, err)) {
        return false;
    }
    sink->count++;
    return OGR_L_CreateFeature(sink->layer, sink->feature) == OGRERR_NONE || fail(sink, err);
}

static bool add_ogr(struct export_sink *base, const struct export_feature *feature, struct arena *arena,
                    struct error *err)
{
    struct ogr_sink *sink = (struct ogr_sink *)base;
    if (!feature->wkb && sink->kind == &export_fgb && base->job->version->layer.kind != GEOMETRY_NONE) {
        struct report_detail detail = {feature->row, NULL, "no geometry", "sin geometría", NAN, NAN};
        base->left_out++;
        return report_rows_add(&sink->without_geometry, base->job->report->arena, &detail) || error_no_memory(err);
    }
    CPLPushErrorHandlerEx(catch_error, sink->said);
    bool ok = write_feature(sink, feature, arena, err);
    CPLPopErrorHandler();
    return ok && (!sink->dbf || export_dbf_add(sink->dbf, feature->values, err));
}

/* The table that GDAL made has no columns of ours. */
static bool replace_table(const struct ogr_sink *sink, struct error *err)
{
    const struct export_job *job = sink->base.job;
    const char *ours = arena_printf(job->arena, "%s.table", job->path);
    const char *theirs = arena_strdup(job->arena, CPLResetExtension(job->path, "dbf"));
    if (!ours || !theirs) {
        return error_no_memory(err);
    }
    return rename(ours, theirs) == 0 || fail(sink, err);
}

static void tell_left_out(struct ogr_sink *sink)
{
    const struct export_job *job = sink->base.job;
    if (sink->without_geometry.count > 0) {
        struct report_message *message =
            report_tell(job->report, "EXP-024", REPORT_WARNING,
                        "%zu features have no geometry, which a FlatGeobuf cannot hold: they were left out",
                        "%zu elementos no tienen geometría y un FlatGeobuf no los admite: se omitieron",
                        sink->without_geometry.count);
        report_cure(job->report, message, "choose gpkg to keep them", "elija gpkg para conservarlos");
        report_take_rows(job->report, message, &sink->without_geometry);
        report_at(job->report, message, job->version->layer.id, NULL);
    }
}

static bool finish_ogr(struct export_sink *base, struct error *err)
{
    struct ogr_sink *sink = (struct ogr_sink *)base;
    tell_left_out(sink);
    CPLErrorReset();
    CPLPushErrorHandlerEx(catch_error, sink->said);
    bool ok = true;
    if (sink->kind == &export_gpkg && sink->count > 0) {
        ok = GDALDatasetCommitTransaction(sink->dataset) == OGRERR_NONE;
    }
    OGR_F_Destroy(sink->feature);
    sink->feature = NULL;
    GDALClose(sink->dataset); /* what is wrong only shows here */
    sink->dataset = NULL;
    ok = ok && CPLGetLastErrorType() < CE_Failure;
    CPLPopErrorHandler();
    if (!ok) {
        return fail(sink, err);
    }
    return !sink->dbf || (export_dbf_finish(sink->dbf, err) && replace_table(sink, err));
}

static bool open_gpkg(const struct export_job *job, struct export_sink **out_sink, struct error *err)
{
    return open_ogr(&export_gpkg, job, out_sink, err);
}

static bool open_shp(const struct export_job *job, struct export_sink **out_sink, struct error *err)
{
    return open_ogr(&export_shp, job, out_sink, err);
}

static bool open_fgb(const struct export_job *job, struct export_sink **out_sink, struct error *err)
{
    return open_ogr(&export_fgb, job, out_sink, err);
}

const struct export_kind export_gpkg = {
    .name = "gpkg", .endings = {".gpkg"}, .open = open_gpkg, .add = add_ogr, .finish = finish_ogr, .close = close_ogr};

const struct export_kind export_shp = {.name = "shp",
                                       .endings = {".shp", ".zip"},
                                       .looks_first = true,
                                       .name_bytes = 10,
                                       .open = open_shp,
                                       .add = add_ogr,
                                       .finish = finish_ogr,
                                       .close = close_ogr};

const struct export_kind export_fgb = {
    .name = "fgb", .endings = {".fgb"}, .open = open_fgb, .add = add_ogr, .finish = finish_ogr, .close = close_ogr};
