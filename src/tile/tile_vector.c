/* SPDX-License-Identifier: MIT */
#include "tile/tile_vector.h"

#include "geo/clip.h"
#include "geo/geojson.h"
#include "render/mvt.h"
#include "render/mvt_label.h"
#include "render/mvt_rank.h"
#include "tile/gzip.h"
#include "tile/gzip_guess.h"

#include <math.h>

enum {
    LAYER_BYTES_MAX = 64 << 20,
    HALF_PIXEL_LOG2 = 2,    /* a tile of 4096 units is 512 pixels wide */
    COARSEST_GRID_LOG2 = 7, /* 34 places a side, the buffer included: less than anything is */
    TEXT_MAX = 64,
    SAMPLE_RUN = 8, /* of each SAMPLE_RUN * SAMPLE_SHARE features that many, one after the other, are looked at first */
    SAMPLE_SHARE = 24,
    LOOSENED_MAX = 3 /* times that features come back */
};

/* What a reduced tile is aimed at, by a guess that is rather too large, and how much smaller it gets by coordinates of
 * half a pixel. */
static const double aim = 0.95 * TILE_VECTOR_BYTES_MAX;
static const double coarser = 0.95;
/* A guess above this times the bound is not worth compressing the tile for, to know whether it fits all the same. */
static const double hopeless = 1.15;
/* A tile of which the first sample, times this, is within the bound, is: samples of one tile differ by less, and say
 * too much. */
static const double clear = 1.15;
/* A thinned tile below this much of the bound lost too many features. */
static const double too_little = 0.6;
/* Tiles of less weight than this times the bound are encoded without more ado: few of them are too large. */
static const double worth_a_look = 1.6;

/* One layer of the tile, and how far it was reduced. */
struct part {
    struct mvt_layer layer;
    struct mvt_reduction reduction;
    double weight;
    double share; /* of the features that are asked to stay */
    size_t start; /* of its bytes in the tile */
    size_t length;
    bool is_too_large;
    double size;   /* about, compressed */
    bool is_stale; /* its bytes are not those of `reduction` */
    bool is_spent; /* there is nothing more to leave out */
};

/* A tile's data is that of the style zoom at which the tile is 512 pixels wide. */
static bool find_features(struct tile_worker *worker, const struct store_layer *layer, struct tile_id tile,
                          struct feature_list *out_found, struct error *err)
{
    struct world_box area = mvt_area(tile);
    if (!store_find_for_vector(worker->store, layer, &area, tile.z, worker->arena, out_found, err)) {
        error_prefix(err, "layer \"%s\"", layer->id);
        return false;
    }
    return true;
}

/* The label points of `layer`, whose features were found, as a layer of their own; `*count` is left where it has none.
 */
static bool add_label_points(struct tile_worker *worker, const struct store_layer *layer,
                             const struct feature_list *polygons, struct tile_id tile, struct part *parts,
                             size_t *count, struct error *err)
{
    ptrdiff_t label = catalog_label_field(layer);
    ptrdiff_t field = label < 0 ? -1 : feature_list_field(polygons, text_of(layer->label));
    if (field < 0) {
        return true;
    }
    struct world_box area = mvt_area(tile);
    double px_units = (double)tile_width(tile.z) / MVT_TILE_PX;
    char name[MVT_LABEL_NAME_MAX];
    mvt_label_name(layer->id, name);
    struct mvt_layer *points = &parts[(*count)++].layer;
    points->name = arena_strdup(worker->arena, name);
    return points->name
               ? mvt_label_points(polygons, (size_t)field, &area, px_units, worker->arena, &points->features, err)
               : error_no_memory(err);
}

static bool find_parts(struct tile_worker *worker, const struct store_layer *const *layers, size_t count,
                       struct tile_id tile, struct part *parts, size_t *out_count, struct error *err)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        struct mvt_layer *layer = &parts[found++].layer;
        layer->name = layers[i]->id;
        if (!find_features(worker, layers[i], tile, &layer->features, err) ||
            !add_label_points(worker, layers[i], &layer->features, tile, parts, &found, err)) {
            return false;
        }
    }
    *out_count = found;
    return true;
}

/* --- what is left out --- */

/* The size that no layer may have if together they are to have `wanted`. */
static double level_of(const struct part *parts, size_t count, double wanted)
{
    double level = 0;
    for (size_t round = 0; round < count; round++) { /* each time the smaller ones leave more to the others */
        double left = wanted;
        size_t above = 0;
        for (size_t i = 0; i < count; i++) {
            bool is_above = !parts[i].is_spent && parts[i].size > level;
            left -= is_above ? 0 : parts[i].size;
            above += is_above;
        }
        level = above > 0 ? fmax(level, left / (double)above) : level;
    }
    return level;
}

/* The next step for a layer of which `keep` (less than one) of the bytes may stay: coordinates to half of a pixel and
 * long texts away, then features of low rank, and when one feature alone is left, coordinates again. */
static void reduce_part(struct part *part, struct tile_id tile, double keep)
{
    struct mvt_reduction *reduction = &part->reduction;
    part->is_stale = true;
    if (reduction->grid_log2 < HALF_PIXEL_LOG2) {
        reduction->grid_log2 = HALF_PIXEL_LOG2;
        reduction->text_max = TEXT_MAX;
        keep /= coarser;
        if (keep >= 1) {
            return;
        }
    }
    part->share *= fmax(keep, 0.05);
    unsigned rank = mvt_rank_of_share(&part->layer, tile, part->share);
    if (rank > reduction->rank_min) {
        reduction->rank_min = rank;
    } else {
        reduction->grid_log2++;
        part->is_spent = reduction->grid_log2 >= COARSEST_GRID_LOG2;
    }
}

/* Makes the layers with the most bytes smaller, so that all have about `wanted`. False: there is nothing more to leave
 * out. */
static bool reduce(struct part *parts, size_t count, struct tile_id tile, double wanted)
{
    double level = level_of(parts, count, wanted);
    bool is_reduced = false;
    for (size_t i = 0; i < count; i++) {
        if (!parts[i].is_spent && parts[i].size > level) {
            reduce_part(&parts[i], tile, level / parts[i].size);
            is_reduced = true;
        }
    }
    return is_reduced;
}

static bool is_thinned(const struct part *parts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (parts[i].reduction.rank_min > 0) {
            return true;
        }
    }
    return false;
}

/* Of layers that lost more than was needed, as when the texts alone made them large, more features stay. */
static void loosen(struct part *parts, size_t count, struct tile_id tile, double more)
{
    for (size_t i = 0; i < count; i++) {
        struct part *part = &parts[i];
        if (part->reduction.rank_min > 0) {
            part->share = fmin(part->share * more, 1);
            part->reduction.rank_min = part->share < 1 ? mvt_rank_of_share(&part->layer, tile, part->share) : 0;
            part->is_stale = true;
        }
    }
}

/* --- what it would be --- */

/* Runs of the layer's features from everywhere, every `share`th of all. */
static bool take_sample(const struct part *part, size_t share, struct arena *arena, struct mvt_layer *out_layer,
                        double *out_weight)
{
    const struct feature_list *all = &part->layer.features;
    struct feature *taken = arena_alloc_raw(arena, (all->count / share + SAMPLE_RUN) * sizeof *taken);
    size_t count = 0;
    double weight = 0;
    for (size_t i = 0; taken && i < all->count; i++) {
        if (i / SAMPLE_RUN % share == 0) {
            taken[count++] = all->features[i];
            weight += (double)mvt_rank_weight(&part->layer, &all->features[i]);
        }
    }
    *out_layer = part->layer;
    out_layer->features.features = taken;
    out_layer->features.count = count;
    *out_weight = weight;
    return taken;
}

/* Bytes for each unit of weight, judged by a sample; `out` keeps its bytes. */
static bool encode_sample(struct tile_worker *worker, const struct part *part, size_t share, struct tile_id tile,
                          struct buffer *out, double *out_rate, struct error *err)
{
    struct mvt_layer sample;
    double weight;
    buffer_clear(out);
    if (!take_sample(part, share, worker->arena, &sample, &weight)) {
        return error_no_memory(err);
    }
    if (!mvt_encode_layer(&sample, tile, NULL, worker->arena, out, err)) {
        return false;
    }
    *out_rate = out->failed || weight <= 0 ? 0 : (double)out->length / weight;
    return true;
}

static double weight_of(const struct part *part)
{
    double weight = 0;
    for (size_t i = 0; i < part->layer.features.count; i++) {
        weight += (double)mvt_rank_weight(&part->layer, &part->layer.features.features[i]);
    }
    return weight;
}

/* Guesses how large the layer will be. `*out_sure`: half of the sample has half of its bytes, so that what features
 * share (texts that come again and again) is of no account. */
static bool foresee_part(struct tile_worker *worker, struct part *part, struct tile_id tile, bool *out_sure,
                         struct error *err)
{
    struct buffer bytes;
    struct gzip_guess guess = {0};
    double half;
    double rate = 0;
    buffer_init(&bytes, LAYER_BYTES_MAX);
    bool ok = encode_sample(worker, part, (size_t)2 * SAMPLE_SHARE, tile, &bytes, &half, err) &&
              encode_sample(worker, part, SAMPLE_SHARE, tile, &bytes, &rate, err) &&
              (gzip_guess(bytes.data, bytes.length, 0, &guess) || error_no_memory(err));
    *out_sure = rate > 0 && rate > 0.97 * half;
    part->size = bytes.length > 0 ? rate * part->weight * guess.size / (double)bytes.length : 0;
    buffer_finish(&bytes);
    return ok;
}

/* Of a tile that will be far too large, what is too much is left out before anything is encoded. */
static bool foresee(struct tile_worker *worker, struct part *parts, size_t count, struct tile_id tile,
                    struct error *err)
{
    double weight = 0;
    for (size_t i = 0; i < count; i++) {
        parts[i].weight = weight_of(&parts[i]);
        weight += parts[i].weight;
    }
    if (weight < worth_a_look * TILE_VECTOR_BYTES_MAX) {
        return true;
    }
    double size = 0;
    bool is_sure = true;
    for (size_t i = 0; i < count; i++) {
        bool sure;
        if (!foresee_part(worker, &parts[i], tile, &sure, err)) {
            return false;
        }
        is_sure = is_sure && sure;
        size += parts[i].size;
    }
    if (is_sure && size > hopeless * TILE_VECTOR_BYTES_MAX) {
        reduce(parts, count, tile, aim);
    }
    return true;
}

/* --- what it is --- */

/* `before`: the tile of the last round, of which layers that were not reduced since are taken. */
static bool encode_parts(struct tile_worker *worker, struct part *parts, size_t count, struct tile_id tile,
                         const struct buffer *before, struct buffer *out, bool *out_too_large, struct error *err)
{
    buffer_clear(out);
    *out_too_large = false;
    for (size_t i = 0; i < count; i++) {
        struct part *part = &parts[i];
        size_t start = out->length;
        if (!part->is_stale) {
            buffer_append(out, before->data + part->start, part->length);
        } else if (!mvt_encode_layer(&part->layer, tile, &part->reduction, worker->arena, out, err)) {
            return false;
        }
        if (out->no_memory) {
            return error_no_memory(err);
        }
        if (out->failed) { /* the others may have their turn */
            out->length = start;
            out->failed = false;
            *out_too_large = true;
            part->is_too_large = true;
        } else {
            part->is_too_large = false;
        }
        part->start = start;
        part->length = out->length - start;
        part->is_stale = part->is_too_large;
    }
    return true;
}

static bool is_whole(const struct part *parts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (parts[i].reduction.grid_log2 > 0) {
            return false;
        }
    }
    return true;
}

static void swap(struct buffer *a, struct buffer *b)
{
    struct buffer other = *a;
    *a = *b;
    *b = other;
}

/* How large the tile is, compressed, rather too large; exactly where nothing has been left out yet and it may just fit:
 * then the compressed bytes are kept for who wants them. */
static bool measure(const struct tile_worker *worker, const struct part *parts, size_t count, const struct buffer *tile,
                    double *out_size, struct error *err)
{
    struct gzip_guess guess;
    struct buffer packed;
    *out_size = (double)tile->length;
    if (tile->length <= TILE_VECTOR_BYTES_MAX && !is_thinned(parts, count)) {
        return true;
    }
    if (!gzip_guess(tile->data, tile->length, TILE_VECTOR_BYTES_MAX / clear, &guess) ||
        /* How many more features it may have, is asked of both samples. */
        (guess.size < too_little * TILE_VECTOR_BYTES_MAX && is_thinned(parts, count) &&
         !gzip_guess(tile->data, tile->length, 0, &guess))) {
        return error_no_memory(err);
    }
    *out_size = guess.most;
    if (guess.most <= TILE_VECTOR_BYTES_MAX || guess.size > hopeless * TILE_VECTOR_BYTES_MAX ||
        !is_whole(parts, count)) {
        return true;
    }
    buffer_init(&packed, LAYER_BYTES_MAX);
    bool ok = gzip_compress(tile->data, tile->length, GZIP_LEVEL_SERVED, &packed) || error_no_memory(err);
    if (packed.length <= TILE_VECTOR_BYTES_MAX) {
        *out_size = (double)packed.length;
        if (worker->packed && ok) {
            swap(worker->packed, &packed);
        }
    }
    buffer_finish(&packed);
    return ok;
}

/* Encodes the layers until they fit together. */
static bool fit_parts(struct tile_worker *worker, struct part *parts, size_t count, struct tile_id tile,
                      struct buffer *out, struct buffer *before, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        parts[i].reduction.text_max = SIZE_MAX;
        parts[i].share = 1;
        parts[i].is_stale = true;
    }
    if (!foresee(worker, parts, count, tile, err)) {
        return false;
    }
    for (unsigned loosened = 0;; swap(out, before)) {
        bool is_too_large;
        double size = LAYER_BYTES_MAX; /* at least */
        if (!encode_parts(worker, parts, count, tile, before, out, &is_too_large, err) ||
            (!is_too_large && !measure(worker, parts, count, out, &size, err))) {
            return false;
        }
        if (size < too_little * TILE_VECTOR_BYTES_MAX && loosened < LOOSENED_MAX && is_thinned(parts, count)) {
            loosened++;
            loosen(parts, count, tile, aim / fmax(size, 1));
            continue;
        }
        if (size <= TILE_VECTOR_BYTES_MAX) {
            return true;
        }
        for (size_t i = 0; i < count; i++) {
            double share = (double)parts[i].length / fmax((double)out->length, 1);
            parts[i].size = parts[i].is_too_large ? LAYER_BYTES_MAX : size * share;
        }
        if (!reduce(parts, count, tile, aim)) {
            out->failed = is_too_large;
            return true;
        }
    }
}

bool tile_vector_make(struct tile_worker *worker, const struct store_layer *const *layers, size_t count,
                      struct tile_id tile, struct buffer *out, struct error *err)
{
    struct part *parts = arena_array(worker->arena, 2 * count, sizeof *parts);
    struct buffer before;
    size_t part_count = 0;
    if (!parts) {
        return error_no_memory(err);
    }
    buffer_init(&before, out->length_max);
    bool ok = find_parts(worker, layers, count, tile, parts, &part_count, err) &&
              fit_parts(worker, parts, part_count, tile, out, &before, err);
    buffer_finish(&before);
    return ok;
}

/* --- GeoJSON --- */

static void write_properties(struct json_writer *writer, const struct feature_list *list, const struct value *values)
{
    json_write_begin_object(writer);
    for (size_t i = 0; i < list->field_count; i++) {
        json_write_name(writer, list->fields[i].name);
        json_write_value(writer, &values[i]);
    }
    json_write_end_object(writer);
}

bool tile_vector_make_geojson(struct tile_worker *worker, const struct store_layer *layer, struct tile_id tile,
                              struct buffer *out, struct error *err)
{
    struct feature_list found;
    if (!find_features(worker, layer, tile, &found, err)) {
        return false;
    }
    struct world_box area = mvt_area(tile);
    struct json_writer writer;
    struct value *scratch = arena_array(worker->arena, found.field_count, sizeof *scratch);
    if (!scratch) {
        return error_no_memory(err);
    }
    json_write_init(&writer, out);
    json_write_begin_object(&writer);
    json_write_member_string(&writer, "type", "FeatureCollection");
    json_write_name(&writer, "features");
    json_write_begin_array(&writer);
    for (size_t i = 0; i < found.count; i++) {
        const struct feature *feature = &found.features[i];
        struct geometry clipped;
        struct shape shape;
        struct value id;
        const struct value *values;
        if (!geometry_clip(&feature->geometry, feature->shift_x, &area, worker->arena, &clipped) ||
            !shape_from_geometry(&clipped, feature->shift_x, worker->arena, &shape)) {
            return error_no_memory(err);
        }
        if (shape.part_count == 0) {
            continue;
        }
        if (!feature_list_values(&found, feature, scratch, &id, &values, err)) {
            return false;
        }
        json_write_begin_object(&writer);
        json_write_member_string(&writer, "type", "Feature");
        json_write_name(&writer, "id");
        json_write_value(&writer, &id);
        json_write_name(&writer, "geometry");
        geojson_write_shape(&writer, &shape);
        json_write_name(&writer, "properties");
        write_properties(&writer, &found, values);
        json_write_end_object(&writer);
    }
    json_write_end_array(&writer);
    json_write_end_object(&writer);
    if (out->no_memory) {
        return error_no_memory(err);
    }
    if (out->failed) {
        error_tell(err, ERROR_TOO_LARGE, "TIL-003", "GeoJSON tile %u/%u/%u is too large",
                   "la tesela GeoJSON %u/%u/%u es demasiado grande", (unsigned)tile.z, (unsigned)tile.x,
                   (unsigned)tile.y);
        return false;
    }
    return true;
}
