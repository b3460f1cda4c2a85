/* SPDX-License-Identifier: MIT */
#include "ingest/export.h"

#include "base/file.h"
#include "ingest/export_geometry.h"
#include "ingest/export_pack.h"
#include "ingest/export_sink.h"
#include "ingest/staging.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EXACT_DECIMALS = 17, DEGREE_DECIMALS = 9, PROGRESS_STEP = 1000 };

#define EXPORT_ARENA_BYTES ((size_t)64 << 20)
#define FEATURE_ARENA_BYTES ((size_t)2 << 30)

static const struct export_kind *const kinds[] = {&export_gpkg, &export_shp, &export_geojson,
                                                  &export_csv,  &export_kml, &export_fgb};

struct export
{
    const struct export_options *options;
    const struct export_kind *kind;
    struct export_job job;
    struct arena *arena;
    struct arena *feature_arena;
    struct store *store;
    struct store_originals *originals;
    struct projection *from; /* NULL: coordinates go as they are */
    struct projection *to;   /* NULL: degrees */
    struct export_sink *sink;
    const char *folder;
    int64_t count;
    int64_t left_out;
};

const char *export_formats(void)
{
    return "gpkg, shp, geojson, csv, kml, fgb";
}

void export_tell_column(const struct export_job *job, const struct export_column *column, const char *code,
                        enum report_severity severity, const char *english, const char *spanish)
{
    struct report_message *message =
        report_tell(job->report, code, severity, "column \"%s\": %s", "columna «%s»: %s", column->name, english);
    message->spanish = arena_printf(job->report->arena, "columna «%s»: %s", column->name, spanish);
    report_at(job->report, message, job->version->layer.id, column->name);
}

/* --- which format, which version, which columns --- */

static bool fits_ending(const struct export_kind *kind, const char *path)
{
    return (kind->endings[0] && text_ends_with_any_case(path, kind->endings[0])) ||
           (kind->endings[1] && text_ends_with_any_case(path, kind->endings[1]));
}

static bool choose_kind(struct export *export, struct error *err)
{
    const struct export_options *options = export->options;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (options->format ? strcmp(kinds[i]->name, options->format) == 0 : fits_ending(kinds[i], options->path)) {
            export->kind = kinds[i];
        }
    }
    if (!export->kind) {
        error_tell(err, ERROR_INVALID, "EXP-001", "\"%.80s\" is no format for export: choose one of %s with --format",
                   "«%.80s» no es un formato de exportación: elija uno de %s con --format",
                   options->format ? options->format : options->path, export_formats());
        return false;
    }
    if (!fits_ending(export->kind, options->path)) {
        error_tell(err, ERROR_INVALID, "EXP-001", "the name of a %s ends in %s%s%s: \"%.200s\" does not",
                   "el nombre de un %s termina en %s%s%s: «%.200s» no", export->kind->name, export->kind->endings[0],
                   export->kind->endings[1] ? ", " : "", export->kind->endings[1] ? export->kind->endings[1] : "",
                   options->path);
        return false;
    }
    return true;
}

static bool choose_version(struct export *export, struct error *err)
{
    const struct export_options *options = export->options;
    struct store_version_list list;
    struct store_layer_list latest;
    int64_t wanted = options->version;
    if (!store_version_list(export->store, options->layer, export->arena, &list, err)) {
        return false;
    }
    if (wanted == 0) {
        if (!store_version_latest(export->store, false, export->arena, &latest, err)) {
            return false;
        }
        const struct store_layer *layer = store_list_find(&latest, options->layer);
        wanted = layer ? layer->version : list.versions[0].layer.version;
    }
    export->job.version = store_version_find(&list, wanted);
    if (!export->job.version) {
        error_tell(err, ERROR_NOT_FOUND, "STO-015",
                   "layer \"%.80s\" has no version %lld: see \"tesela versions %.80s\"",
                   "la capa «%.80s» no tiene la versión %lld: consulte «tesela versions %.80s»", options->layer,
                   (long long)wanted, options->layer);
    }
    return export->job.version != NULL;
}

/* The bytes of the first whole characters of `name` that fit. */
static size_t fit_name(const char *name, size_t bytes)
{
    size_t length = strlen(name);
    if (length > bytes) {
        length = bytes;
        while (length > 0 && ((unsigned char)name[length] & 0xc0) == 0x80) {
            length--;
        }
    }
    return length;
}

static bool is_taken(const struct export_job *job, size_t before, const char *name)
{
    for (size_t i = 0; i < before; i++) {
        if (strcasecmp(job->columns[i].written, name) == 0) {
            return true;
        }
    }
    return false;
}

/* Names that are short enough stay; the others are cut, and where that collides numbered. */
static bool name_column(struct export *export, size_t index, struct error *err)
{
    struct export_job *job = &export->job;
    struct export_column *column = &job->columns[index];
    unsigned most = export->kind->name_bytes;
    column->written = column->name;
    if (most == 0) {
        return true;
    }
    for (unsigned attempt = 1; attempt < 100000; attempt++) {
        char suffix[16] = "";
        int length = attempt > 1 ? snprintf(suffix, sizeof suffix, "_%u", attempt) : 0;
        size_t kept = fit_name(column->name, most - (size_t)length);
        column->written = arena_printf(job->arena, "%.*s%s", (int)kept, column->name, suffix);
        if (!column->written) {
            return error_no_memory(err);
        }
        /* A cut name must not take one that another column has by right. */
        bool whole = strcmp(column->written, column->name) == 0;
        bool owned = false;
        for (size_t i = 0; !whole && i < job->column_count; i++) {
            owned |= i != index && strcasecmp(job->columns[i].name, column->written) == 0;
        }
        if (!owned && !is_taken(job, index, column->written)) {
            break;
        }
    }
    if (strcmp(column->written, column->name) != 0) {
        struct report_message *message =
            report_tell(job->report, "EXP-020", REPORT_NOTICE, "column \"%s\" is called \"%s\" in the file",
                        "la columna «%s» se llama «%s» en el archivo", column->name, column->written);
        report_at(job->report, message, job->version->layer.id, column->name);
    }
    return true;
}

static bool choose_columns(struct export *export, struct error *err)
{
    struct export_job *job = &export->job;
    const struct store_originals_info *info = job->info;
    job->columns = arena_array(job->arena, info->column_count, sizeof *job->columns);
    if (!job->columns) {
        return error_no_memory(err);
    }
    for (size_t i = 0; i < info->column_count; i++) {
        const struct store_original_column *column = &info->columns[i];
        if (column->hidden && !export->options->with_hidden) {
            struct report_message *message =
                report_tell(job->report, "EXP-023", REPORT_NOTICE, "column \"%s\" is hidden and was left out",
                            "la columna «%s» está oculta y se omitió", column->name);
            report_cure(job->report, message, "to have it in the file: --hidden", "para incluirla: --hidden");
            report_at(job->report, message, job->version->layer.id, column->name);
            continue;
        }
        job->columns[job->column_count++] =
            (struct export_column){.name = column->name, .type = column->type, .source = i};
    }
    for (size_t i = 0; i < job->column_count; i++) {
        if (!name_column(export, i, err)) {
            return false;
        }
    }
    return true;
}

/* --- reference system --- */

static bool is_degrees(const char *srs)
{
    return strcasecmp(srs, "EPSG:4326") == 0 || strcmp(srs, "OGC:CRS84") == 0;
}

static bool choose_srs(struct export *export, struct error *err)
{
    struct export_job *job = &export->job;
    const char *own = job->version->layer.srs;
    const char *wanted = export->options->srs;
    job->decimals = EXACT_DECIMALS;
    if (export->kind->in_degrees) {
        if (wanted && !is_degrees(wanted)) {
            error_tell(err, ERROR_INVALID, "EXP-010", "a %s is always in degrees (EPSG:4326): leave --srs away",
                       "un %s siempre está en grados (EPSG:4326): quite --srs", export->kind->name);
            return false;
        }
        wanted = "OGC:CRS84";
    }
    job->srs = wanted ? wanted : own;
    if (strcasecmp(job->srs, own) == 0 || (is_degrees(job->srs) && is_degrees(own)) ||
        job->version->layer.kind == GEOMETRY_NONE) {
        return true;
    }
    if (!projection_open(own, &export->from, err) ||
        (!is_degrees(job->srs) && !projection_open(job->srs, &export->to, err))) {
        return false;
    }
    if (!export->to && projection_is_identity(export->from)) {
        projection_close(export->from);
        export->from = NULL;
        return true; /* another name of the same degrees */
    }
    job->decimals = export->kind->in_degrees ? DEGREE_DECIMALS : EXACT_DECIMALS;
    struct report_message *message =
        report_tell(job->report, "EXP-011", REPORT_NOTICE, "coordinates were converted from %.60s to %.60s",
                    "las coordenadas se convirtieron de %.60s a %.60s", own, job->srs);
    if (job->decimals == DEGREE_DECIMALS) {
        message->english =
            arena_printf(job->report->arena, "%s, with %d decimals (0.1 mm)", message->english, (int)DEGREE_DECIMALS);
        message->spanish =
            arena_printf(job->report->arena, "%s, con %d decimales (0.1 mm)", message->spanish, (int)DEGREE_DECIMALS);
    }
    report_at(job->report, message, job->version->layer.id, NULL);
    return true;
}

/* --- the first pass, for formats that must know --- */

/* Digits before and after the point that a number needs so that it reads back to the same bits. */
static void measure_real(struct export_column_stats *stats, double real)
{
    char text[400];
    unsigned decimals = 0;
    if (!isfinite(real)) {
        stats->non_finite++;
        return;
    }
    for (; decimals < 340; decimals++) {
        snprintf(text, sizeof text, "%.*f", (int)decimals, real);
        if (decimals >= stats->decimals && strtod(text, NULL) == real) {
            break;
        }
    }
    size_t whole = strcspn(text, ".");
    stats->decimals = decimals > stats->decimals ? decimals : stats->decimals;
    stats->whole_bytes = whole > stats->whole_bytes ? (unsigned)whole : stats->whole_bytes;
}

static void measure(struct export_column_stats *stats, const struct value *value)
{
    if (value->type == VALUE_REAL) {
        measure_real(stats, value->real);
    } else if (value->type == VALUE_INT) {
        char text[32];
        unsigned length = (unsigned)snprintf(text, sizeof text, "%lld", (long long)value->integer);
        stats->whole_bytes = length > stats->whole_bytes ? length : stats->whole_bytes;
    } else if (value->type == VALUE_STRING) {
        int64_t length = (int64_t)value->string.length;
        stats->longest = length > stats->longest ? length : stats->longest;
        stats->empties += length == 0;
        stats->blank_ends += length > 0 && value->string.data[length - 1] == ' ';
    }
}

static bool look(struct export *export, struct error *err)
{
    struct export_job *job = &export->job;
    struct store_original original;
    bool end = false;
    while (store_originals_next(export->originals, &original, &end, err)) {
        if (end) {
            store_originals_rewind(export->originals);
            return true;
        }
        for (size_t i = 0; i < job->column_count; i++) {
            measure(&job->columns[i].stats, &original.values[job->columns[i].source]);
        }
    }
    return false;
}

/* --- the features --- */

static bool write_all(struct export *export, struct error *err)
{
    const struct export_options *options = export->options;
    const struct export_kind *kind = export->kind;
    struct store_original original;
    bool end = false;
    for (; store_originals_next(export->originals, &original, &end, err) && !end; export->count++) {
        struct export_feature feature = {
            .row = original.row, .wkb = original.wkb, .wkb_size = original.wkb_size, .values = original.values};
        arena_reset(export->feature_arena);
        if ((feature.wkb && export->from &&
             !export_geometry_move(feature.wkb, feature.wkb_size, export->from, export->to, export->feature_arena,
                                   &feature.wkb, err)) ||
            !kind->add(export->sink, &feature, export->feature_arena, err)) {
            error_prefix(err, "#%lld", (long long)original.row);
            return false;
        }
        if (options->progress && export->count % PROGRESS_STEP == 0) {
            options->progress(options->context, export->count, export->job.version->layer.feature_count);
        }
    }
    return end && kind->finish(export->sink, err);
}

/* --- the file --- */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The name within the private folder: a zip holds a shapefile of the layer's name. */
static bool choose_path(struct export *export, struct error *err)
{
    struct export_job *job = &export->job;
    const char *path = export->options->path;
    bool packed = export->kind == &export_shp && text_ends_with_any_case(path, ".zip");
    struct stat info;
    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode)) {
        error_tell(err, ERROR_INVALID, "EXP-002", "\"%s\" is not a file", "«%s» no es un archivo", path);
        return false;
    }
    if (!staging_create_beside(path, export->arena, &export->folder, err)) {
        memcpy(err->code, "EXP-002", sizeof "EXP-002");
        return false;
    }
    job->path = packed ? arena_printf(export->arena, "%s/%s.shp", export->folder, export->options->layer)
                       : arena_printf(export->arena, "%s/%s", export->folder, base_name(path));
    return job->path || error_no_memory(err);
}

/* The parts of a shapefile follow the stem; what indexes an older one goes. */
static bool place_shapefile(struct export *export, struct error *err)
{
    static const char *const parts[] = {"shx", "dbf", "prj", "cpg", "shp"};
    static const char *const stale[] = {"qix", "sbn", "sbx"};
    const char *from = export->job.path;
    const char *path = export->options->path;
    int stem = (int)strlen(path) - 4;
    for (size_t i = 0; i < sizeof stale / sizeof *stale; i++) {
        const char *old = arena_printf(export->arena, "%.*s.%s", stem, path, stale[i]);
        if (!old) {
            return error_no_memory(err);
        }
        unlink(old);
    }
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const char *made = arena_printf(export->arena, "%.*s.%s", (int)strlen(from) - 4, from, parts[i]);
        const char *wanted = arena_printf(export->arena, "%.*s.%s", stem, path, parts[i]);
        if (!made || !wanted) {
            return error_no_memory(err);
        }
        if (file_exists(made) && !file_move(made, wanted, err)) {
            return false;
        }
    }
    return true;
}

static bool place(struct export *export, struct error *err)
{
    const char *path = export->options->path;
    if (export->kind != &export_shp) {
        return file_move(export->job.path, path, err);
    }
    if (!text_ends_with_any_case(path, ".zip")) {
        return place_shapefile(export, err);
    }
    const char *packed = arena_printf(export->arena, "%s/packed.zip", export->folder);
    return packed ? export_pack(export->folder, export->options->layer, packed, err) && file_move(packed, path, err)
                  : error_no_memory(err);
}

/* --- all of it --- */

static bool describe(struct export *export, struct error *err)
{
    struct report *report = export->job.report;
    const struct store_layer *from = &export->job.version->layer;
    struct report_layer *layer = report_add_layer(report, from->id);
    struct report_field *fields = arena_array(report->arena, export->job.column_count, sizeof *fields);
    if (!layer || !fields) {
        return error_no_memory(err);
    }
    for (size_t i = 0; i < export->job.column_count; i++) {
        const char *name = arena_strdup(report->arena, export->job.columns[i].written);
        fields[i] = (struct report_field){.name = name ? name : "", .type = export->job.columns[i].type};
    }
    report->format = export->kind->name;
    layer->geometry = geometry_kind_name(from->kind);
    layer->features = from->feature_count;
    layer->invalid_geometries = -1;
    layer->srs_code = strlen(export->job.srs) < 40 ? arena_strdup(report->arena, export->job.srs) : NULL;
    layer->srs_name = arena_strdup(report->arena, export->job.srs);
    layer->srs_confidence = 1;
    layer->encoding_name = "UTF-8";
    layer->encoding_confidence = 1;
    layer->fields = fields;
    layer->field_count = export->job.column_count;
    layer->bbox = from->bbox;
    layer->id = arena_strdup(report->arena, from->id);
    layer->version = from->version;
    layer->loaded = export->count - export->left_out;
    layer->left_out = export->left_out;
    return true;
}

static bool prepare(struct export *export, struct error *err)
{
    struct export_job *job = &export->job;
    export->arena = arena_create(EXPORT_ARENA_BYTES);
    export->feature_arena = arena_create(FEATURE_ARENA_BYTES);
    if (!export->arena || !export->feature_arena) {
        return error_no_memory(err);
    }
    job->arena = export->arena;
    if (!choose_kind(export, err) || !store_open(export->options->directory, &export->store, err) ||
        !choose_version(export, err) || !store_originals_open(export->store, job->version, &export->originals, err)) {
        return false;
    }
    job->info = store_originals_info(export->originals);
    job->title = job->version->layer.title_es;
    if (job->version->layer.kind == GEOMETRY_NONE && export->kind == &export_shp) {
        error_tell(err, ERROR_INVALID, "EXP-012", "layer \"%.80s\" has no geometry: choose gpkg or csv",
                   "la capa «%.80s» no tiene geometría: elija gpkg o csv", job->version->layer.id);
        return false;
    }
    return choose_columns(export, err) && choose_srs(export, err) &&
           (!export->kind->looks_first || look(export, err)) && choose_path(export, err) &&
           export->kind->open(job, &export->sink, err);
}

bool export_run(const struct export_options *options, struct report *report, struct error *err)
{
    struct export export = {.options = options, .job = {.report = report}};
    bool ok = prepare(&export, err) && write_all(&export, err);
    if (export.sink) {
        export.left_out = export.sink->left_out;
        export.kind->close(export.sink);
    }
    ok = ok && place(&export, err) && describe(&export, err);
    staging_remove(export.folder);
    projection_close(export.from);
    projection_close(export.to);
    store_originals_close(export.originals);
    store_close(export.store);
    arena_destroy(export.feature_arena);
    arena_destroy(export.arena);
    return ok;
}
