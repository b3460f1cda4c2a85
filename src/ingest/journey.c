/* SPDX-License-Identifier: MIT */
#include "ingest/journey.h"

#include "geo/projection.h"
#include "ingest/ogr_geopackage.h"
#include "ingest/feed_raster.h"
#include "ingest/raster_convert.h"
#include "ingest/scan.h"
#include "ingest/source.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PLANS_MAX = 200,
    PROGRESS_STEP = 1000,
    GUESS_FEATURES = 2000,       /* looked at before loading a large layer in one pass */
    GUESS_FEATURES_LEAST = 10000 /* smaller layers are read twice */
};

#define FEATURE_ARENA_BYTES ((size_t)1 << 30)
#define JOURNEY_ARENA_BYTES ((size_t)64 << 20)
#define DEGREES_SLACK 1e-6

/* What is to be done with one layer of the file. */
struct plan {
    const struct source_layer *from;
    struct scan scan;
    char id[65];
    const struct store_layer *old; /* the stored layer of this id, or NULL */
    const struct value *base;      /* the descriptor to start from, or NULL */
    bool own_descriptor;           /* `base` comes from a file and not from the store */
    const char *srs;               /* wishes: the option, else the descriptor's */
    const char *encoding;
    const char *key;
    struct text raster; /* JSON that describes the pixels */
    /* A large layer is read once: loaded by what its first features say, and looked at whole meanwhile. When the look
     * comes to other conclusions it is loaded again by those. */
    bool guessed;
    struct scan guess;
};

struct journey {
    const char *folder;
    const struct ingest_options *options;
    struct report *report;
    struct arena *arena;
    struct source *source;
    struct import_stream *stream;
    const struct store_layer_list *stored;
    struct descriptor descriptor;
    bool has_descriptor;
    struct repair *repair;
    struct plan *plans;
    size_t plan_count;
};

/* Where rows go while they are loaded. */
struct fates {
    struct report_rows unusable;
    struct report_rows misplaced;
    struct report_rows other_kind;
    struct report_rows mended;
    struct report_rows closed;
    struct report_rows dropped_parts;
    struct report_rows other_parts;
    struct report_rows zero_length;
    struct report_rows heights;
    struct report_rows odd_text;
    struct report_rows cut_text;
    struct report_rows lost_text;
};

/* Progress that cannot be told is no reason to stop: what follows will fail by itself. */
static void tell_progress(const struct journey *journey, enum ingest_stage stage, const char *layer, int64_t done,
                          int64_t total)
{
    struct import_progress progress = {stage, layer, done, total};
    (void)import_stream_progress(journey->stream, &progress, NULL);
}

struct look {
    const struct journey *journey;
    const char *layer;
};

static void tell_look(void *context, int64_t done, int64_t total)
{
    const struct look *look = context;
    tell_progress(look->journey, INGEST_LOOKING, look->layer, done, total);
}

static void tell_conversion(void *context, int64_t done, int64_t total)
{
    const struct look *look = context;
    tell_progress(look->journey, INGEST_LOADING, look->layer, done, total);
}

/* --- preparing --- */

static enum ingest_outcome fail(struct journey *journey, const struct error *err)
{
    report_tell_error(journey->report, err);
    return err->kind == ERROR_INTERNAL ? INGEST_BROKEN : INGEST_REJECTED;
}

static bool open_journey(struct journey *journey, const char *path, struct error *err)
{
    journey->arena = arena_create(JOURNEY_ARENA_BYTES);
    journey->plans = calloc(PLANS_MAX, sizeof *journey->plans);
    if (!journey->arena || !journey->plans) {
        return error_no_memory(err);
    }
    return repair_open(&journey->repair, err) && source_open(path, journey->report, &journey->source, err);
}

static void close_journey(struct journey *journey)
{
    for (size_t i = 0; i < journey->plan_count; i++) {
        feed_close(journey->plans[i].scan.feed);
    }
    free(journey->plans);
    repair_close(journey->repair);
    source_close(journey->source);
    arena_destroy(journey->arena);
}

static const char *list_names(const struct journey *journey)
{
    char names[400] = "";
    assert(journey->source);
    for (size_t i = 0; i < journey->source->layer_count && strlen(names) < 300; i++) {
        size_t length = strlen(names);
        snprintf(names + length, sizeof names - length, "%s%.60s", i == 0 ? "" : ", ", journey->source->layers[i].name);
    }
    const char *copy = arena_strdup(journey->arena, names);
    return copy ? copy : "";
}

/* Which layers of the file are meant. */
static bool choose_layers(struct journey *journey, struct error *err)
{
    const struct ingest_options *options = journey->options;
    const struct source *source = journey->source;
    assert(source);
    const char *wanted = options->source_layer     ? options->source_layer
                         : journey->has_descriptor ? journey->descriptor.source_layer
                                                   : NULL;
    if (wanted) {
        const struct source_layer *layer = source_find(source, wanted);
        if (!layer) {
            error_tell(err, ERROR_INVALID, "IMP-060", "there is no layer \"%.80s\" in the file; it has: %s",
                       "no hay ninguna capa «%.80s» en el archivo; tiene: %s", wanted, list_names(journey));
            return false;
        }
        journey->plans[journey->plan_count++].from = layer;
        return true;
    }
    bool one_is_meant = options->layer || options->key || (journey->has_descriptor && journey->descriptor.id);
    if (source->layer_count > 1 && one_is_meant) {
        error_tell(err, ERROR_INVALID, "IMP-060", "the file has several layers (%s): choose one with --source-layer",
                   "el archivo tiene varias capas (%s): elija una con --source-layer", list_names(journey));
        return false;
    }
    for (size_t i = 0; i < source->layer_count && i < PLANS_MAX; i++) {
        journey->plans[journey->plan_count++].from = &source->layers[i];
    }
    return true;
}

static bool id_is_planned(const struct journey *journey, size_t before, const char *id)
{
    for (size_t i = 0; i < before; i++) {
        if (strcmp(journey->plans[i].id, id) == 0) {
            return true;
        }
    }
    return false;
}

/* What a layer is called that nobody named: after the file, or after itself where the file has several. The layers of
 * OpenStreetMap ("points", "lines") say nothing without their file. */
static const char *layer_title(const struct journey *journey, const struct plan *plan)
{
    const struct source *source = journey->source;
    if (plan->from->format == SOURCE_OSM) {
        const char *title = arena_printf(journey->arena, "%s-%s", source->stem, plan->from->name);
        return title ? title : plan->from->name;
    }
    return source->layer_count > 1 ? plan->from->name : source->stem;
}

static void choose_id(struct journey *journey, size_t index)
{
    struct plan *plan = &journey->plans[index];
    const struct ingest_options *options = journey->options;
    assert(journey->source);
    if (options->layer) {
        snprintf(plan->id, sizeof plan->id, "%s", options->layer);
    } else if (journey->has_descriptor && journey->descriptor.id) {
        snprintf(plan->id, sizeof plan->id, "%s", journey->descriptor.id);
    } else {
        source_slug(layer_title(journey, plan), plan->id);
    }
    char first[65];
    memcpy(first, plan->id, sizeof first);
    for (unsigned copy = 2; id_is_planned(journey, index, plan->id); copy++) {
        snprintf(plan->id, sizeof plan->id, "%.58s_%u", first, copy);
    }
    if (strcmp(first, plan->id) != 0) {
        struct report_message *message = report_tell(
            journey->report, "IMP-070", REPORT_WARNING, "two layers would be called \"%s\": this one is \"%s\"",
            "dos capas se llamarían «%s»: esta se llama «%s»", first, plan->id);
        report_at(journey->report, message, plan->from->name, NULL);
    }
    plan->old = store_list_find(journey->stored, plan->id);
}

/* An id that nobody chose must not overwrite a layer that came from another file. */
static void protect_stored(struct journey *journey, struct plan *plan)
{
    const struct ingest_options *options = journey->options;
    const char *stored = plan->old ? value_member_string(&plan->old->descriptor, "file") : NULL;
    bool chosen = options->layer || (journey->has_descriptor && journey->descriptor.id);
    if (chosen || !stored) {
        return;
    }
    const char *slash = strrchr(stored, '/');
    const char *file = strrchr(journey->source->file, '/');
    if (strcmp(slash ? slash + 1 : stored, file ? file + 1 : journey->source->file) == 0) {
        return;
    }
    struct report_message *message =
        report_tell(journey->report, "IMP-070", REPORT_ERROR, "there is a layer \"%s\" already, made from \"%s\"",
                    "ya existe una capa «%s», hecha con «%s»", plan->id, stored);
    report_cure(journey->report, message,
                "to replace it, load with --layer %s; to keep both, load with another --layer",
                "para reemplazarla, cargue con --layer %s; para conservar ambas, cargue con otro --layer", plan->id);
    report_at(journey->report, message, plan->from->name, NULL);
    plan->scan.failed = true;
}

/* Options win over the descriptor; a stored layer lends its descriptor, but not what described its old file. */
static void choose_wishes(struct journey *journey, struct plan *plan)
{
    const struct ingest_options *options = journey->options;
    plan->srs = options->srs;
    plan->encoding = options->encoding;
    plan->key = options->key;
    if (journey->has_descriptor) {
        plan->base = &journey->descriptor.value;
        plan->own_descriptor = true;
        plan->srs = plan->srs ? plan->srs : journey->descriptor.srs;
        plan->encoding = plan->encoding ? plan->encoding : journey->descriptor.encoding;
        plan->key = plan->key ? plan->key : journey->descriptor.key;
    } else if (plan->old) {
        plan->base = &plan->old->descriptor;
        plan->key = plan->key ? plan->key : value_member_string(plan->base, "key");
    }
}

static bool is_stored(const struct store_layer *layer, const char *name)
{
    for (size_t i = 0; i < layer->field_count; i++) {
        if (strcmp(layer->fields[i].name, name) == 0) {
            return true;
        }
    }
    /* Hidden columns are not listed, but may be there. */
    const struct value *hidden = value_member(value_member(value_member(&layer->descriptor, "fields"), name), "hidden");
    return hidden && hidden->type == VALUE_BOOL && hidden->boolean;
}

static const struct field *find_scanned(const struct scan *scan, const char *name)
{
    for (size_t i = 0; i < scan->field_count; i++) {
        if (strcmp(scan->fields[i].name, name) == 0) {
            return &scan->fields[i];
        }
    }
    return NULL;
}

static void add_name(char names[400], const char *name)
{
    size_t length = strlen(names);
    if (length < 300) {
        snprintf(names + length, 400 - length, "%s%.60s", length > 0 ? ", " : "", name);
    } else if (names[length - 1] != '.') {
        snprintf(names + length, 400 - length, ", ...");
    }
}

/* What a replacement changes that others may lean on: styles read columns by name. */
static void tell_columns(struct journey *journey, const struct plan *plan)
{
    struct report *report = journey->report;
    const struct store_layer *old = plan->old;
    const struct scan *scan = &plan->scan;
    char gone[400] = "";
    char fresh[400] = "";
    struct report_message *message;
    for (size_t i = 0; i < old->field_count; i++) {
        const struct field *found = find_scanned(scan, old->fields[i].name);
        if (!found) {
            add_name(gone, old->fields[i].name);
        } else if (found->type != old->fields[i].type) {
            message = report_tell(report, "IMP-040", REPORT_WARNING, "column \"%s\" was %s and is now %s",
                                  "la columna «%s» era %s y ahora es %s", found->name,
                                  field_type_name(old->fields[i].type), field_type_name(found->type));
            report_at(report, message, plan->from->name, found->name);
        }
    }
    for (size_t i = 0; i < scan->field_count; i++) {
        if (!is_stored(old, scan->fields[i].name)) {
            add_name(fresh, scan->fields[i].name);
        }
    }
    if (gone[0] != '\0') {
        message = report_tell(report, "IMP-040", REPORT_WARNING, "columns that are gone (styles may use them): %s",
                              "columnas que ya no están (algún estilo puede usarlas): %s", gone);
        report_at(report, message, plan->from->name, NULL);
    }
    if (fresh[0] != '\0') {
        message = report_tell(report, "IMP-040", REPORT_NOTICE, "new columns: %s", "columnas nuevas: %s", fresh);
        report_at(report, message, plan->from->name, NULL);
    }
}

static void tell_replacement(struct journey *journey, const struct plan *plan)
{
    struct report *report = journey->report;
    const struct store_layer *old = plan->old;
    struct report_message *message = report_tell(
        report, "IMP-040", REPORT_NOTICE, "layer \"%s\" is replaced: version %lld had %lld features, this one %lld",
        "la capa «%s» se reemplaza: la versión %lld tenía %lld elementos, esta %lld", old->id, (long long)old->version,
        (long long)old->feature_count, (long long)plan->scan.features);
    report_at(report, message, plan->from->name, NULL);
    tell_columns(journey, plan);
    if (old->kind != plan->scan.kind) {
        message = report_tell(report, "IMP-040", REPORT_WARNING, "the geometry was %s and is now %s",
                              "la geometría era %s y ahora es %s", geometry_kind_name(old->kind),
                              geometry_kind_name(plan->scan.kind));
        report_at(report, message, plan->from->name, NULL);
    }
}

static struct scan_wishes wishes_of(const struct journey *journey, const struct plan *plan)
{
    return (struct scan_wishes){
        .srs = plan->srs,
        .encoding = plan->encoding,
        .key = plan->key,
        .key_is_needed = plan->key && (journey->options->key || plan->own_descriptor),
        .descriptor = plan->base,
    };
}

/* Looks at the first features only; what is odd about them will be told when all are known. */
static bool look_at_first(struct journey *journey, struct plan *plan, struct report *unheard, struct error *err)
{
    struct scan_wishes wishes = wishes_of(journey, plan);
    struct scan_pass *pass = NULL;
    bool ok = false;
    struct arena *arena = arena_create(FEATURE_ARENA_BYTES);
    plan->guess = (struct scan){.feed = plan->scan.feed,
                                .report = unheard,
                                .layer = report_add_layer(unheard, plan->from->name),
                                .arena = journey->arena};
    if (!arena || !plan->guess.layer) {
        error_no_memory(err);
        goto done;
    }
    if (!scan_begin(&plan->guess, &wishes, &pass, err)) {
        goto done;
    }
    bool end = false;
    for (int i = 0; i < GUESS_FEATURES && !end; i++) {
        struct feed_feature feature;
        arena_reset(arena);
        if (!feed_next(plan->scan.feed, arena, &feature, &end, err) ||
            (!end && !scan_note(&plan->guess, pass, &feature, false, journey->repair, arena, err))) {
            goto done;
        }
    }
    ok = !end && scan_conclude(&plan->guess, pass, &wishes, false, err) && !plan->guess.failed;
done:
    scan_pass_close(pass);
    arena_destroy(arena);
    return ok;
}

/* Whatever speaks against guessing leads to looking at everything first, where it will be told. */
static void guess(struct journey *journey, struct plan *plan)
{
    bool rewinds = plan->from->format == SOURCE_SHAPEFILE || plan->from->format == SOURCE_GEOPACKAGE ||
                   plan->from->format == SOURCE_FLATGEOBUF || plan->from->format == SOURCE_CSV;
    if (!rewinds || journey->plan_count != 1 || plan->scan.feed->info.feature_count < GUESS_FEATURES_LEAST) {
        return;
    }
    struct error unheard_error;
    struct report *unheard = report_create(journey->report->file);
    plan->guessed = unheard && look_at_first(journey, plan, unheard, &unheard_error);
    report_destroy(unheard);
    if (!feed_rewind(plan->scan.feed, &unheard_error)) {
        plan->guessed = false;
    }
}

/* What follows from a look that is complete. */
static void tell_stored(struct journey *journey, struct plan *plan)
{
    if (plan->old) {
        protect_stored(journey, plan);
        if (!plan->scan.failed) {
            tell_replacement(journey, plan);
        }
    }
}

static bool prepare_plan(struct journey *journey, size_t index, bool check, struct error *err)
{
    struct plan *plan = &journey->plans[index];
    struct report_layer *layer = report_add_layer(journey->report, plan->from->name);
    if (!layer) {
        return error_no_memory(err);
    }
    choose_id(journey, index);
    choose_wishes(journey, plan);
    layer->id = arena_strdup(journey->report->arena, plan->id);
    plan->scan = (struct scan){
        .report = journey->report, .layer = layer, .arena = journey->arena, .has_siblings = journey->plan_count > 1};
    if (!feed_open(plan->from, journey->report, &plan->scan.feed, err)) {
        return false;
    }
    if (!check) {
        guess(journey, plan);
        if (plan->guessed) {
            return true;
        }
    }
    struct scan_wishes wishes = wishes_of(journey, plan);
    struct look look = {journey, plan->from->name};
    if (!scan_run(&plan->scan, &wishes, check, journey->repair, tell_look, &look, err)) {
        return false;
    }
    if (plan->from->format == SOURCE_RASTER && !feed_raster_describe(plan->scan.feed, journey->report, layer)) {
        return error_no_memory(err);
    }
    if (plan->scan.is_empty) {
        layer->id = NULL;
    } else {
        tell_stored(journey, plan);
    }
    return true;
}

/* --- loading --- */

static const char *key_text(const struct scan *scan, const struct value *values, char out[64])
{
    if (scan->key < 0) {
        return NULL;
    }
    const struct value *value = &values[scan->key];
    if (value->type == VALUE_INT) {
        snprintf(out, 64, "%lld", (long long)value->integer);
        return out;
    }
    if (value->type == VALUE_STRING && value->string.length < 60) {
        snprintf(out, 64, "%.*s", (int)value->string.length, value->string.data);
        return out;
    }
    return NULL;
}

/* Text of the source as UTF-8; the rest as it is. */
static struct value *decode_values(const struct scan *scan, struct encoding *encoding,
                                   const struct feed_feature *feature, struct arena *arena, unsigned *out_outcome)
{
    struct value *values = arena_array(arena, scan->field_count, sizeof *values);
    *out_outcome = 0;
    for (size_t i = 0; values && i < scan->field_count; i++) {
        values[i] = feature->values[i];
        if (values[i].type != VALUE_STRING || scan->fields[i].type != FIELD_STRING) {
            continue;
        }
        unsigned outcome;
        values[i].string =
            encoding_decode(encoding, feature->values[i].string, scan->feed->info.fields[i].width, arena, &outcome);
        *out_outcome |= outcome;
        if (!values[i].string.data) {
            return NULL;
        }
    }
    return values;
}

/* False when some vertex has no place on the globe. */
static bool to_degrees(struct projection *projection, const double *in, size_t count, double *xy, double *out_x,
                       double *out_y)
{
    memcpy(xy, in, 2 * count * sizeof *xy);
    if (!projection_is_identity(projection)) {
        projection_to_lonlat(projection, xy, count);
    }
    for (size_t i = 0; i < count; i++) {
        double *latitude = &xy[2 * i + 1];
        if (!(fabs(xy[2 * i]) <= 360 + DEGREES_SLACK) || !(fabs(*latitude) <= 90 + DEGREES_SLACK)) {
            *out_x = in[2 * i];
            *out_y = in[2 * i + 1];
            return false;
        }
        *latitude = *latitude > 90 ? 90 : *latitude < -90 ? -90 : *latitude;
    }
    return true;
}

struct loading {
    struct journey *journey;
    struct plan *plan;
    const struct scan *scan; /* what it is loaded by: that of the plan, or its guess */
    struct scan_pass *pass;  /* of the plan's scan, where that is made meanwhile; else NULL */
    struct projection *projection;
    struct encoding *encoding;
    struct arena *arena; /* of the feature at hand */
    struct fates fates;
    int64_t loaded;
    int64_t left_out;
};

static bool list_row(struct loading *loading, struct report_rows *rows, const struct report_detail *base,
                     const char *english, const char *spanish, struct error *err)
{
    struct report_detail detail = *base;
    detail.english = english;
    detail.spanish = spanish;
    return report_rows_add(rows, loading->journey->report->arena, &detail) || error_no_memory(err);
}

/* Notes what the mending did. */
static bool list_flags(struct loading *loading, const struct repair_result *result, struct report_detail *detail,
                       struct error *err)
{
    struct fates *fates = &loading->fates;
    const struct {
        unsigned flag;
        struct report_rows *rows;
        const char *english;
        const char *spanish;
    } entries[] = {
        {REPAIR_MADE_VALID, &fates->mended, result->english, result->spanish},
        {REPAIR_CLOSED_RING, &fates->closed, "ring closed", "anillo cerrado"},
        {REPAIR_DROPPED_PART, &fates->dropped_parts, "a part with too few vertices dropped",
         "se quitó una parte con muy pocos vértices"},
        {REPAIR_OTHER_PARTS, &fates->other_parts, "parts of another kind of geometry dropped",
         "se quitaron partes de otro tipo de geometría"},
        {REPAIR_ZERO_LENGTH, &fates->zero_length, "line without length, kept", "línea sin longitud, conservada"},
        {REPAIR_Z_REPLACED, &fates->heights, "height without value set to 0", "altura sin valor puesta en 0"},
    };
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++) {
        if (!(result->flags & entries[i].flag)) {
            continue;
        }
        detail->x = entries[i].flag == REPAIR_MADE_VALID ? result->x : NAN;
        detail->y = entries[i].flag == REPAIR_MADE_VALID ? result->y : NAN;
        if (!list_row(loading, entries[i].rows, detail, entries[i].english, entries[i].spanish, err)) {
            return false;
        }
    }
    return true;
}

static bool list_text(struct loading *loading, unsigned outcome, const struct report_detail *detail, struct error *err)
{
    struct fates *fates = &loading->fates;
    return (!(outcome & ENCODING_OTHERWISE) || list_row(loading, &fates->odd_text, detail, "read in another encoding",
                                                        "leído en otra codificación", err)) &&
           (!(outcome & ENCODING_CUT) ||
            list_row(loading, &fates->cut_text, detail, "half a character dropped at the end",
                     "se quitó medio carácter al final", err)) &&
           (!(outcome & ENCODING_REPLACED) ||
            list_row(loading, &fates->lost_text, detail, "bytes without meaning became \xef\xbf\xbd",
                     "bytes sin significado se cambiaron por \xef\xbf\xbd", err));
}

/* The shape in degrees for the store. `*out_kept` false: the row was listed and is left out. */
static bool make_shape(struct loading *loading, const struct repair_result *result, const struct report_detail *detail,
                       struct store_writer_feature *out, bool *out_kept, struct error *err)
{
    struct shape shape;
    if (!shape_from_wkb(result->wkb, result->wkb_size, loading->arena, &shape, err)) {
        return false;
    }
    double *xy = arena_alloc_raw(loading->arena, 2 * (size_t)shape.vertex_count * sizeof *xy);
    if (!xy) {
        return error_no_memory(err);
    }
    struct report_detail place = *detail;
    if (!to_degrees(loading->projection, shape.xy, shape.vertex_count, xy, &place.x, &place.y)) {
        *out_kept = false;
        return list_row(loading, &loading->fates.misplaced, &place, "a coordinate has no place on Earth in this system",
                        "una coordenada no tiene lugar en la Tierra en este sistema", err);
    }
    shape.xy = xy;
    if (!shape_cut_at_antimeridian(&shape, loading->arena, &out->shape)) {
        return error_no_memory(err);
    }
    out->wkb = result->wkb;
    out->wkb_size = result->wkb_size;
    return true;
}

static bool add_feature(struct loading *loading, const struct feed_feature *feature, struct error *err)
{
    const struct scan *scan = loading->scan;
    struct fates *fates = &loading->fates;
    char key[64];
    unsigned outcome;
    struct value *values = decode_values(scan, loading->encoding, feature, loading->arena, &outcome);
    if (!values) {
        return error_no_memory(err);
    }
    struct report_detail detail = {.row = feature->row, .key = key_text(scan, values, key), .x = NAN, .y = NAN};
    struct store_writer_feature out = {.source_row = feature->row, .values = values};
    bool kept = true;
    struct repair_result result = {.fate = REPAIR_EMPTY};
    if (feature->damage_english) {
        kept = false;
        if (!list_row(loading, &fates->unusable, &detail, feature->damage_english, feature->damage_spanish, err)) {
            return false;
        }
    } else if (!repair_geometry(loading->journey->repair, feature->wkb, feature->wkb_size, scan->kind, scan->has_z,
                                REPAIR_MEND, loading->arena, &result, err)) {
        return false;
    }
    if (result.fate == REPAIR_UNUSABLE || result.fate == REPAIR_OTHER_KIND) {
        bool other = result.fate == REPAIR_OTHER_KIND;
        kept = false;
        detail.x = result.x;
        detail.y = result.y;
        if (!list_row(loading, other ? &fates->other_kind : &fates->unusable, &detail,
                      other ? "another kind of geometry" : result.english,
                      other ? "otro tipo de geometría" : result.spanish, err)) {
            return false;
        }
    }
    if (kept && result.fate == REPAIR_KEPT) {
        if (!list_flags(loading, &result, &detail, err) || !make_shape(loading, &result, &detail, &out, &kept, err)) {
            return false;
        }
    }
    if (!kept) {
        loading->left_out++;
        return true;
    }
    loading->loaded++;
    return list_text(loading, outcome, &detail, err) && import_stream_add(loading->journey->stream, &out, err);
}

static void tell_fate(struct loading *loading, struct report_rows *rows, const char *code,
                      enum report_severity severity, const char *english, const char *spanish)
{
    if (rows->count == 0) {
        return;
    }
    struct report *report = loading->journey->report;
    size_t count = rows->count;
    struct report_message *message =
        report_tell(report, code, severity, "%zu features: %s", "%zu elementos: %s", count, english);
    message->spanish = arena_printf(report->arena, "%zu elementos: %s", count, spanish);
    report_take_rows(report, message, rows);
    report_at(report, message, loading->plan->from->name, NULL);
}

static void tell_fates(struct loading *loading)
{
    struct fates *fates = &loading->fates;
    tell_fate(loading, &fates->unusable, "IMP-050", REPORT_WARNING, "left out, since their geometry is unusable",
              "se omitieron porque su geometría es inutilizable");
    tell_fate(loading, &fates->misplaced, "IMP-021", REPORT_WARNING, "left out, since they lie nowhere on Earth",
              "se omitieron porque no están en ningún lugar de la Tierra");
    tell_fate(loading, &fates->other_kind, "IMP-052", REPORT_WARNING,
              "left out, since their geometry is of another kind", "se omitieron porque su geometría es de otro tipo");
    tell_fate(loading, &fates->mended, "IMP-050", REPORT_WARNING, "invalid geometry made valid",
              "geometría inválida reparada");
    tell_fate(loading, &fates->closed, "IMP-050", REPORT_WARNING, "open rings closed", "anillos abiertos cerrados");
    tell_fate(loading, &fates->dropped_parts, "IMP-050", REPORT_WARNING, "parts with too few vertices dropped",
              "partes con muy pocos vértices quitadas");
    tell_fate(loading, &fates->other_parts, "IMP-052", REPORT_WARNING, "parts of another kind of geometry dropped",
              "partes de otro tipo de geometría quitadas");
    tell_fate(loading, &fates->zero_length, "IMP-050", REPORT_WARNING, "lines without length kept",
              "líneas sin longitud conservadas");
    tell_fate(loading, &fates->heights, "IMP-051", REPORT_NOTICE, "heights without value set to 0",
              "alturas sin valor puestas en 0");
    tell_fate(loading, &fates->odd_text, "IMP-010", REPORT_WARNING, "some text is in another encoding and was read so",
              "hay texto en otra codificación y se leyó así");
    tell_fate(loading, &fates->cut_text, "IMP-010", REPORT_NOTICE,
              "the column's width cut a character, which was dropped",
              "el ancho de la columna cortó un carácter, que se quitó");
    tell_fate(loading, &fates->lost_text, "IMP-010", REPORT_WARNING, "some bytes mean nothing in this encoding",
              "hay bytes que no significan nada en esta codificación");
}

static void finish_fates(struct fates *fates)
{
    struct report_rows *const all[] = {&fates->unusable,    &fates->misplaced,   &fates->other_kind,
                                       &fates->mended,      &fates->closed,      &fates->dropped_parts,
                                       &fates->other_parts, &fates->zero_length, &fates->heights,
                                       &fates->odd_text,    &fates->cut_text,    &fates->lost_text};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        report_rows_finish(all[i]);
    }
}

static struct text make_descriptor(const struct journey *journey, const struct plan *plan, const struct scan *scan)
{
    const char *title = journey->options->title;
    if (!title && !plan->base) {
        title = layer_title(journey, plan);
    }
    const char *file = strrchr(journey->source->file, '/');
    const char *label = value_member_string(plan->base, "label");
    bool has_label = false;
    for (size_t i = 0; label && i < scan->field_count; i++) {
        has_label |= strcmp(scan->fields[i].name, label) == 0;
    }
    struct descriptor_change change = {
        .id = plan->id,
        .title = title,
        .key = scan->key >= 0 ? scan->fields[scan->key].name : NULL,
        .drop_key = scan->key < 0,
        .drop_label = label && !has_label && !plan->own_descriptor,
        .file = file ? file + 1 : journey->source->file,
        .source_layer = journey->source->layer_count > 1 ? plan->from->name : NULL,
        .srs = plan->srs,
        .encoding = plan->encoding,
        .sha256 = journey->source->sha256,
        .raster = plan->raster,
    };
    if (plan->own_descriptor) {
        /* Kept as it was written, so that a later --all can tell whether it changed. */
        const char *written = value_member_string(plan->base, "file");
        change.file = written ? written : change.file;
        change.source_layer =
            journey->options->source_layer ? journey->options->source_layer : journey->descriptor.source_layer;
    }
    return descriptor_write(plan->base, &change, journey->arena);
}

static bool read_features(struct loading *loading, struct error *err)
{
    const struct scan *scan = loading->scan;
    if (!feed_rewind(scan->feed, err)) {
        return false;
    }
    for (int64_t done = 0;; done++) {
        struct feed_feature feature;
        bool end = false;
        arena_reset(loading->arena);
        if (!feed_next(scan->feed, loading->arena, &feature, &end, err)) {
            return false;
        }
        if (end) {
            return true;
        }
        if (loading->pass && !scan_note(&loading->plan->scan, loading->pass, &feature, false, loading->journey->repair,
                                        loading->arena, err)) {
            return false;
        }
        if (!add_feature(loading, &feature, err)) {
            error_prefix(err, "#%lld", (long long)feature.row);
            return false;
        }
        if (done % PROGRESS_STEP == 0) {
            tell_progress(loading->journey, INGEST_LOADING, loading->plan->id, done,
                          loading->pass ? scan->feed->info.feature_count : scan->features);
        }
    }
}

static bool has_losses(const struct fates *fates)
{
    return fates->unusable.count + fates->misplaced.count + fates->other_kind.count + fates->mended.count +
               fates->closed.count + fates->dropped_parts.count + fates->other_parts.count + fates->heights.count +
               fates->lost_text.count >
           0;
}

static bool begin_version(struct loading *loading, struct error *err)
{
    const struct journey *journey = loading->journey;
    const struct plan *plan = loading->plan;
    const struct scan *scan = loading->scan;
    const char *file = strrchr(journey->source->file, '/');
    struct store_writer_layer layer = {
        .id = plan->id,
        .kind = scan->kind,
        .has_z = scan->has_z,
        .srs = scan->crs.definition,
        .fields = scan->fields,
        .field_count = scan->field_count,
        .descriptor_json = make_descriptor(journey, plan, scan),
        .source_file = file ? file + 1 : journey->source->file,
        .source_sha256 = journey->source->sha256,
    };
    if (!layer.descriptor_json.data) {
        return error_no_memory(err);
    }
    return import_stream_begin(journey->stream, &layer, err);
}

/* The report goes first: it is kept with the version. */
static bool publish(const struct loading *loading, struct error *err)
{
    struct import_stream *stream = loading->journey->stream;
    struct import_publish publish = {loading->loaded, loading->left_out};
    return import_stream_report(stream, loading->journey->report, err) && import_stream_publish(stream, &publish, err);
}

/* The pixels, before the version is begun: its descriptor describes them. */
static bool load_raster(struct journey *journey, struct plan *plan, struct error *err)
{
    if (plan->from->format != SOURCE_RASTER) {
        return true;
    }
    struct look look = {journey, plan->id};
    struct raster_convert convert = {
        .feed = plan->scan.feed,
        .srs = plan->scan.crs.definition,
        .folder = journey->folder,
        .path = arena_printf(journey->arena, "%s/%s.tif", journey->folder, plan->id),
        .kind = value_member_string(value_member(plan->base, "raster"), "kind"),
        .progress = tell_conversion,
        .context = &look,
    };
    struct value about;
    if (!convert.path) {
        return error_no_memory(err);
    }
    if (!raster_convert(&convert, journey->arena, &plan->raster, err) ||
        !value_read_json(plan->raster, journey->arena, &about, err)) {
        return false;
    }
    plan->scan.layer->raster.kind = arena_strdup(journey->report->arena, value_member_string(&about, "kind"));
    return true;
}

/* After the features of a guess have been sent: whether they were read as they should. `*out_again`: they were not. */
static bool conclude_guess(struct loading *loading, bool *out_again, struct error *err)
{
    struct plan *plan = loading->plan;
    struct scan_wishes wishes = wishes_of(loading->journey, plan);
    if (!scan_conclude(&plan->scan, loading->pass, &wishes, false, err)) {
        return false;
    }
    plan->guessed = false;
    tell_stored(loading->journey, plan);
    *out_again = !plan->scan.failed && !scan_agrees(&plan->guess, &plan->scan);
    return true;
}

static bool check_fates(struct loading *loading, struct error *err)
{
    const struct plan *plan = loading->plan;
    bool losses = has_losses(&loading->fates);
    tell_fates(loading);
    if (loading->loaded == 0) {
        error_tell(err, ERROR_INVALID, "IMP-050", "layer \"%s\": no feature is left to load",
                   "capa «%s»: no queda ningún elemento que cargar", plan->id);
        return false;
    }
    if (losses && loading->journey->options->strict) {
        error_tell(err, ERROR_INVALID, "IMP-050",
                   "layer \"%s\": features would have to be mended or left out (--strict)",
                   "capa «%s»: habría que reparar u omitir elementos (--strict)", plan->id);
        return false;
    }
    return true;
}

static bool open_loading(struct loading *loading, struct error *err)
{
    const struct plan *plan = loading->plan;
    struct scan_wishes wishes = wishes_of(loading->journey, plan);
    loading->arena = arena_create(FEATURE_ARENA_BYTES);
    if (!loading->arena) {
        return error_no_memory(err);
    }
    return (!plan->guessed || scan_begin(&loading->plan->scan, &wishes, &loading->pass, err)) &&
           projection_open(loading->scan->crs.definition, &loading->projection, err) &&
           encoding_open(&loading->scan->encoding, &loading->encoding, err);
}

/* `*out_again`: it was loaded by a wrong guess. A layer that must not be loaded was told so, and is not published. */
static bool load_once(struct journey *journey, struct plan *plan, bool *out_again, struct error *err)
{
    bool ok = false;
    struct loading loading = {.journey = journey, .plan = plan, .scan = plan->guessed ? &plan->guess : &plan->scan};
    repair_nest_rings(journey->repair, plan->from->format == SOURCE_SHAPEFILE);
    if (!open_loading(&loading, err) || !load_raster(journey, plan, err) || !begin_version(&loading, err) ||
        !read_features(&loading, err)) {
        goto done;
    }
    if (loading.pass && !conclude_guess(&loading, out_again, err)) {
        goto done;
    }
    ok = *out_again || plan->scan.failed || (check_fates(&loading, err) && publish(&loading, err));
done:
    finish_fates(&loading.fates);
    scan_pass_close(loading.pass);
    encoding_close(loading.encoding);
    projection_close(loading.projection);
    arena_destroy(loading.arena);
    return ok;
}

static bool has_work(const struct journey *journey)
{
    bool any = false;
    for (size_t i = 0; i < journey->plan_count; i++) {
        any |= !journey->plans[i].scan.is_empty;
    }
    return any;
}

static bool load_plan(struct journey *journey, struct plan *plan, struct error *err)
{
    bool again = false;
    if (!load_once(journey, plan, &again, err)) {
        return false;
    }
    bool never = false;
    return !again || load_once(journey, plan, &never, err);
}

static enum ingest_outcome prepare(struct journey *journey, const char *path, bool check)
{
    struct error err = {0};
    if (!open_journey(journey, path, &err) || !choose_layers(journey, &err)) {
        return fail(journey, &err);
    }
    enum ingest_outcome outcome = INGEST_DONE;
    for (size_t i = 0; i < journey->plan_count; i++) {
        struct plan *plan = &journey->plans[i];
        if (!prepare_plan(journey, i, check, &err)) {
            struct report_message *message = report_tell_error(journey->report, &err);
            report_at(journey->report, message, plan->from->name, NULL);
            outcome = err.kind == ERROR_INTERNAL ? INGEST_BROKEN : INGEST_REJECTED;
        } else if (plan->scan.failed && outcome == INGEST_DONE) {
            outcome = INGEST_REJECTED;
        }
    }
    if (outcome == INGEST_DONE && !has_work(journey)) {
        error_tell(&err, ERROR_INVALID, "IMP-053", "no layer of the file has any features",
                   "ninguna capa del archivo tiene elementos");
        return fail(journey, &err);
    }
    return outcome;
}

/* Styles that a GeoPackage holds beside its layers travel along; what becomes of them is decided elsewhere. */
static bool send_styles(struct journey *journey, struct error *err)
{
    for (size_t i = 0; i < journey->plan_count; i++) {
        const struct plan *plan = &journey->plans[i];
        struct ingest_style style = {.layer = plan->id, .source = plan->from->name};
        bool found = false;
        if (plan->from->format != SOURCE_GEOPACKAGE || plan->scan.is_empty) {
            continue;
        }
        if (!ogr_geopackage_style(plan->from, journey->arena, &style, &found, err)) {
            return false;
        }
        if (found && style.xml.length > IMPORT_STYLE_BYTES_MAX) {
            struct report_message *message = report_tell(
                journey->report, "IMP-100", REPORT_NOTICE,
                "the style \"%.80s\" of the file is larger than %d MB and is passed over",
                "el estilo «%.80s» del archivo pasa de %d MB y se omite", style.name, IMPORT_STYLE_BYTES_MAX >> 20);
            report_at(journey->report, message, plan->from->name, NULL);
        } else if (found && !import_stream_style(journey->stream, &style, err)) {
            return false;
        }
    }
    return true;
}

static enum ingest_outcome load_plans(struct journey *journey)
{
    struct error err = {0};
    for (size_t i = 0; i < journey->plan_count; i++) {
        const struct plan *plan = &journey->plans[i];
        bool guessed = plan->guessed;
        if (plan->scan.is_empty) {
            continue;
        }
        if (!load_plan(journey, &journey->plans[i], &err)) {
            enum ingest_outcome outcome = fail(journey, &err);
            if (guessed) {
                report_at(journey->report, journey->report->last_message, plan->from->name, NULL);
            }
            return outcome;
        }
        if (plan->scan.failed) {
            return INGEST_REJECTED;
        }
    }
    return INGEST_DONE;
}

enum ingest_outcome journey_run(const struct journey_task *task, struct import_stream *stream, struct report *report)
{
    struct journey journey = {
        .folder = task->folder,
        .options = task->options,
        .report = report,
        .stream = stream,
        .stored = task->stored,
        .has_descriptor = task->descriptor != NULL,
    };
    if (task->descriptor) {
        journey.descriptor = *task->descriptor;
    }
    bool look_only = task->inspect || task->options->dry_run;
    enum ingest_outcome outcome = prepare(&journey, task->path, look_only);
    struct error err = {0};
    if (outcome == INGEST_DONE && !send_styles(&journey, &err)) {
        outcome = fail(&journey, &err);
    }
    bool is_known = journey.plan_count != 1 || !journey.plans[0].guessed;
    /* Told before loading, too: whoever writes the store may fail. */
    if (is_known && !import_stream_report(stream, report, &err)) {
        outcome = fail(&journey, &err);
    } else if (outcome == INGEST_DONE && !look_only) {
        outcome = load_plans(&journey);
    }
    close_journey(&journey);
    return outcome;
}
