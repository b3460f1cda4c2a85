/* SPDX-License-Identifier: MIT */
#include "ingest/journey_load.h"

#include "geo/projection.h"
#include "ingest/raster_convert.h"
#include "ingest/row_fates.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define DEGREES_SLACK 1e-6

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

/* What is odd about the values of a feature. */
struct oddities {
    unsigned text;      /* enum encoding_outcome */
    ptrdiff_t infinite; /* the first column with such a number; -1: none */
    ptrdiff_t no_number;
};

/* Text of the source as UTF-8; numbers that are none, which neither JSON nor a style knows, as no value. */
static struct value *decode_values(const struct scan *scan, struct encoding *encoding,
                                   const struct feed_feature *feature, struct arena *arena, struct oddities *out_odd)
{
    struct value *values = arena_array(arena, scan->field_count, sizeof *values);
    *out_odd = (struct oddities){.infinite = -1, .no_number = -1};
    for (size_t i = 0; values && i < scan->field_count; i++) {
        values[i] = feature->values[i];
        if (values[i].type == VALUE_REAL && !isfinite(values[i].real)) {
            ptrdiff_t *first = isnan(values[i].real) ? &out_odd->no_number : &out_odd->infinite;
            *first = *first < 0 ? (ptrdiff_t)i : *first;
            values[i] = value_null();
        }
        if (values[i].type != VALUE_STRING || scan->fields[i].type != FIELD_STRING) {
            continue;
        }
        unsigned outcome;
        values[i].string =
            encoding_decode(encoding, feature->values[i].string, scan->feed->info.fields[i].width, arena, &outcome);
        out_odd->text |= outcome;
        if (!values[i].string.data) {
            return NULL;
        }
    }
    return values;
}

static bool is_on_globe(double longitude, double latitude)
{
    return fabs(longitude) <= 360 + DEGREES_SLACK && fabs(latitude) <= 90 + DEGREES_SLACK;
}

/* Finds what is off the globe; latitudes beyond the poles by rounding are set on them. */
static bool settle_degrees(const double *in, size_t count, double *xy, double *out_x, double *out_y)
{
    for (size_t i = 0; i < count; i++) {
        double *latitude = &xy[2 * i + 1];
        if (!is_on_globe(xy[2 * i], *latitude)) {
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
    struct row_fates fates;
    struct bbox placed; /* of what was loaded, in degrees */
    int64_t loaded;
    int64_t left_out;
};

/* Where what is listed lives. */
static struct arena *rows_arena(const struct loading *loading)
{
    return loading->journey->report->arena;
}

/* The shape in degrees for the store; `*out_same`: it is what shape_from_wkb makes of the WKB. `*out_kept` false: the
 * row was listed and is left out. */
static bool make_shape(struct loading *loading, const struct repair_result *result, const struct report_detail *detail,
                       struct store_writer_feature *out, bool *out_same, bool *out_kept, struct error *err)
{
    struct shape shape;
    if (!shape_from_wkb(result->wkb, result->wkb_size, loading->arena, &shape, err)) {
        return false;
    }
    struct bbox box = shape_bbox(&shape);
    bool as_it_is = projection_is_identity(loading->projection) && fmax(-box.min_x, box.max_x) <= 360 &&
                    fmax(-box.min_y, box.max_y) <= 90;
    if (!as_it_is) {
        double *xy = arena_memdup(loading->arena, shape.xy, 2 * (size_t)shape.vertex_count * sizeof *xy);
        if (!xy) {
            return error_no_memory(err);
        }
        if (!projection_is_identity(loading->projection)) {
            projection_to_lonlat(loading->projection, xy, shape.vertex_count);
        }
        struct report_detail place = *detail;
        if (!settle_degrees(shape.xy, shape.vertex_count, xy, &place.x, &place.y)) {
            *out_kept = false;
            return row_fates_list(
                &loading->fates.misplaced, &place, "a coordinate has no place on Earth in this system",
                "una coordenada no tiene lugar en la Tierra en este sistema", rows_arena(loading), err);
        }
        shape.xy = xy;
        box = shape_bbox(&shape);
    }
    bbox_add_box(&loading->placed, &box);
    const double *before = shape.xy;
    if (!shape_cut_at_antimeridian(&shape, loading->arena, &out->shape)) {
        return error_no_memory(err);
    }
    *out_same = as_it_is && out->shape.xy == before;
    out->wkb = result->wkb;
    out->wkb_size = result->wkb_size;
    return true;
}

/* Numbers that were no value in the end, by their columns. */
static bool list_numbers(struct loading *loading, const struct oddities *odd, const struct report_detail *detail,
                         struct error *err)
{
    const struct {
        ptrdiff_t column;
        struct report_rows *rows;
        const char *english;
        const char *spanish;
    } entries[] = {
        {odd->infinite, &loading->fates.infinite, "infinite", "infinito"},
        {odd->no_number, &loading->fates.no_number, "not a number", "no es un número"},
    };
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++) {
        if (entries[i].column < 0) {
            continue;
        }
        const char *name = loading->scan->fields[entries[i].column].name;
        const char *english = arena_printf(loading->arena, "column \"%s\": %s", name, entries[i].english);
        const char *spanish = arena_printf(loading->arena, "columna «%s»: %s", name, entries[i].spanish);
        if (!english || !spanish) {
            return error_no_memory(err);
        }
        if (!row_fates_list(entries[i].rows, detail, english, spanish, rows_arena(loading), err)) {
            return false;
        }
    }
    return true;
}

static bool add_feature(struct loading *loading, const struct feed_feature *feature, struct error *err)
{
    const struct scan *scan = loading->scan;
    struct row_fates *fates = &loading->fates;
    char key[64];
    struct oddities odd;
    struct value *values = decode_values(scan, loading->encoding, feature, loading->arena, &odd);
    if (!values) {
        return error_no_memory(err);
    }
    struct report_detail detail = {.row = feature->row, .key = key_text(scan, values, key), .x = NAN, .y = NAN};
    struct store_writer_feature out = {.source_row = feature->row, .values = values};
    bool kept = true;
    bool same = false;
    struct repair_result result = {.fate = REPAIR_EMPTY};
    if (feature->damage_english) {
        kept = false;
        if (!row_fates_list(&fates->unusable, &detail, feature->damage_english, feature->damage_spanish,
                            rows_arena(loading), err)) {
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
        if (!row_fates_list(other ? &fates->other_kind : &fates->unusable, &detail,
                            other ? "another kind of geometry" : result.english,
                            other ? "otro tipo de geometría" : result.spanish, rows_arena(loading), err)) {
            return false;
        }
    }
    if (kept && result.fate == REPAIR_KEPT) {
        if (!row_fates_list_repair(fates, &result, &detail, rows_arena(loading), err) ||
            !make_shape(loading, &result, &detail, &out, &same, &kept, err)) {
            return false;
        }
    }
    if (!kept) {
        loading->left_out++;
        return true;
    }
    loading->loaded++;
    return row_fates_list_text(fates, odd.text, &detail, rows_arena(loading), err) &&
           list_numbers(loading, &odd, &detail, err) && import_stream_add(loading->journey->stream, &out, same, err);
}

static struct text make_descriptor(const struct journey *journey, const struct plan *plan, const struct scan *scan)
{
    const char *title = journey->options->title;
    if (!title && !plan->base) {
        title = journey_plan_title(journey, plan);
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
        if (done % JOURNEY_PROGRESS_STEP == 0) {
            journey_plan_progress(loading->journey, INGEST_LOADING, loading->plan->id, done,
                                  loading->pass ? scan->feed->info.feature_count : scan->features);
        }
    }
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
    struct journey_stage stage = {journey, INGEST_LOADING, plan->id};
    struct raster_convert convert = {
        .feed = plan->scan.feed,
        .srs = plan->scan.crs.definition,
        .folder = journey->folder,
        .path = arena_printf(journey->arena, "%s/%s.tif", journey->folder, plan->id),
        .kind = value_member_string(value_member(plan->base, "raster"), "kind"),
        .progress = journey_plan_tell,
        .context = &stage,
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
    struct scan_wishes wishes = journey_plan_wishes(loading->journey, plan);
    if (!scan_conclude(&plan->scan, loading->pass, &wishes, false, err)) {
        return false;
    }
    plan->guessed = false;
    journey_plan_tell_stored(loading->journey, plan);
    *out_again = !plan->scan.failed && !scan_agrees(&plan->guess, &plan->scan);
    return true;
}

static bool check_fates(struct loading *loading, struct error *err)
{
    const struct plan *plan = loading->plan;
    bool losses = row_fates_any_loss(&loading->fates);
    if (losses) {
        /* The look's extent has what was left out, or mended away. */
        plan->scan.layer->bbox = loading->placed;
    }
    row_fates_tell(&loading->fates, plan->from->name, loading->journey->report);
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
    struct scan_wishes wishes = journey_plan_wishes(loading->journey, plan);
    loading->arena = arena_create(JOURNEY_FEATURE_BYTES);
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
    struct loading loading = {
        .journey = journey, .plan = plan, .scan = plan->guessed ? &plan->guess : &plan->scan, .placed = bbox_empty()};
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
    row_fates_finish(&loading.fates);
    scan_pass_close(loading.pass);
    encoding_close(loading.encoding);
    projection_close(loading.projection);
    arena_destroy(loading.arena);
    return ok;
}

bool journey_load(struct journey *journey, struct plan *plan, struct error *err)
{
    bool again = false;
    if (!load_once(journey, plan, &again, err)) {
        return false;
    }
    bool never = false;
    return !again || load_once(journey, plan, &never, err);
}
