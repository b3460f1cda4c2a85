/* SPDX-License-Identifier: MIT */
#include "ingest/journey_plan.h"

#include "ingest/feed_raster.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
    GUESS_FEATURES = 2000,       /* looked at before loading a large layer in one pass */
    GUESS_FEATURES_LEAST = 10000 /* smaller layers are read twice */
};

void journey_plan_progress(const struct journey *journey, enum ingest_stage stage, const char *layer, int64_t done,
                           int64_t total)
{
    struct import_progress progress = {stage, layer, done, total};
    (void)import_stream_progress(journey->stream, &progress, NULL);
}

void journey_plan_tell(void *context, int64_t done, int64_t total)
{
    const struct journey_stage *stage = context;
    journey_plan_progress(stage->journey, stage->stage, stage->layer, done, total);
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

bool journey_plan_choose(struct journey *journey, struct error *err)
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
    for (size_t i = 0; i < source->layer_count && i < JOURNEY_PLANS_MAX; i++) {
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
const char *journey_plan_title(const struct journey *journey, const struct plan *plan)
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
        source_slug(journey_plan_title(journey, plan), plan->id);
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

struct scan_wishes journey_plan_wishes(const struct journey *journey, const struct plan *plan)
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
    struct scan_wishes wishes = journey_plan_wishes(journey, plan);
    struct scan_pass *pass = NULL;
    bool ok = false;
    struct arena *arena = arena_create(JOURNEY_FEATURE_BYTES);
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

void journey_plan_tell_stored(struct journey *journey, struct plan *plan)
{
    if (plan->old) {
        protect_stored(journey, plan);
        if (!plan->scan.failed) {
            tell_replacement(journey, plan);
        }
    }
}

bool journey_plan_prepare(struct journey *journey, size_t index, bool check, struct error *err)
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
    struct scan_wishes wishes = journey_plan_wishes(journey, plan);
    struct journey_stage look = {journey, INGEST_LOOKING, plan->from->name};
    if (!scan_run(&plan->scan, &wishes, check, journey->repair, journey_plan_tell, &look, err)) {
        return false;
    }
    if (plan->from->format == SOURCE_RASTER && !feed_raster_describe(plan->scan.feed, journey->report, layer)) {
        return error_no_memory(err);
    }
    if (plan->scan.is_empty) {
        layer->id = NULL;
    } else {
        journey_plan_tell_stored(journey, plan);
    }
    return true;
}
