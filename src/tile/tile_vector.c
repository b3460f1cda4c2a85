/* SPDX-License-Identifier: MIT */
#include "tile/tile_vector.h"

#include "geo/clip.h"
#include "geo/geojson.h"
#include "render/mvt.h"
#include "render/mvt_label.h"
#include "tile/gzip.h"

#include <math.h>

enum {
    LAYER_BYTES_MAX = 64 << 20,
    HALF_PIXEL_LOG2 = 2,    /* a tile of 4096 units is 512 pixels wide */
    COARSEST_GRID_LOG2 = 7, /* 34 places a side, the buffer included: less than anything is */
    TEXT_MAX = 64
};

/* One layer of the tile, and how far it was reduced. */
struct part {
    struct mvt_layer layer;
    struct mvt_reduction reduction;
    double share; /* of the features that are asked to stay */
    struct buffer bytes;
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

static bool encode_part(struct tile_worker *worker, struct part *part, struct tile_id tile, struct error *err)
{
    buffer_clear(&part->bytes);
    return mvt_encode_layer(&part->layer, tile, &part->reduction, worker->arena, &part->bytes, err);
}

/* How large the tile of these layers is, compressed; not measured when it is small enough as it is. */
static bool measure(const struct part *parts, size_t count, struct buffer *out, size_t *out_size, struct error *err)
{
    struct buffer packed;
    bool is_too_large = false;
    buffer_clear(out);
    for (size_t i = 0; i < count; i++) {
        buffer_append(out, parts[i].bytes.data, parts[i].bytes.length);
        is_too_large = is_too_large || parts[i].bytes.failed;
    }
    if (out->no_memory) {
        return error_no_memory(err);
    }
    *out_size = out->length;
    if (is_too_large || out->failed) {
        *out_size = LAYER_BYTES_MAX; /* at least */
        return true;
    }
    if (out->length <= TILE_VECTOR_BYTES_MAX) {
        return true;
    }
    buffer_init(&packed, LAYER_BYTES_MAX);
    bool ok = gzip_compress(out->data, out->length, GZIP_LEVEL_SERVED, &packed) || error_no_memory(err);
    *out_size = packed.length;
    buffer_finish(&packed);
    return ok;
}

static struct part *largest_part(struct part *parts, size_t count)
{
    struct part *largest = NULL;
    for (size_t i = 0; i < count; i++) {
        if (!parts[i].is_spent && (!largest || parts[i].bytes.failed ||
                                   (!largest->bytes.failed && parts[i].bytes.length > largest->bytes.length))) {
            largest = &parts[i];
        }
    }
    return largest;
}

/* The next step for a layer of a tile that is `excess` times too large: coordinates to a quarter and half of a pixel,
 * then long texts away, then features of low rank, and when one feature alone is left, coordinates again. */
static void reduce(struct part *part, struct tile_id tile, double excess)
{
    struct mvt_reduction *reduction = &part->reduction;
    if (reduction->grid_log2 < HALF_PIXEL_LOG2) {
        reduction->grid_log2 = reduction->grid_log2 == 0 && excess < 1.3 ? 1 : HALF_PIXEL_LOG2;
        reduction->text_max = reduction->grid_log2 == HALF_PIXEL_LOG2 ? TEXT_MAX : SIZE_MAX;
        return;
    }
    part->share *= fmax(0.9 / excess, 0.05);
    unsigned rank = mvt_rank_of_share(&part->layer, tile, part->share);
    if (rank > reduction->rank_min) {
        reduction->rank_min = rank;
    } else {
        reduction->grid_log2++;
        part->is_spent = reduction->grid_log2 >= COARSEST_GRID_LOG2;
    }
}

/* Encodes the layers until they fit together. */
static bool fit_parts(struct tile_worker *worker, struct part *parts, size_t count, struct tile_id tile,
                      struct buffer *out, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        parts[i].reduction.text_max = SIZE_MAX;
        parts[i].share = 1;
        buffer_init(&parts[i].bytes, LAYER_BYTES_MAX);
        if (!encode_part(worker, &parts[i], tile, err)) {
            return false;
        }
    }
    size_t size = 0;
    while (measure(parts, count, out, &size, err)) {
        struct part *largest = size > TILE_VECTOR_BYTES_MAX ? largest_part(parts, count) : NULL;
        if (!largest) {
            return true;
        }
        reduce(largest, tile, (double)size / TILE_VECTOR_BYTES_MAX);
        if (!encode_part(worker, largest, tile, err)) {
            return false;
        }
    }
    return false;
}

bool tile_vector_make(struct tile_worker *worker, const struct store_layer *const *layers, size_t count,
                      struct tile_id tile, struct buffer *out, struct error *err)
{
    struct part *parts = arena_array(worker->arena, 2 * count, sizeof *parts);
    size_t part_count = 0;
    if (!parts) {
        return error_no_memory(err);
    }
    bool ok = find_parts(worker, layers, count, tile, parts, &part_count, err) &&
              fit_parts(worker, parts, part_count, tile, out, err);
    for (size_t i = 0; i < part_count; i++) {
        buffer_finish(&parts[i].bytes);
    }
    return ok;
}

/* --- GeoJSON --- */

static void write_properties(struct json_writer *writer, const struct feature_list *list, const struct feature *feature)
{
    json_write_begin_object(writer);
    for (size_t i = 0; i < list->field_count; i++) {
        json_write_name(writer, list->fields[i].name);
        json_write_value(writer, &feature->values[i]);
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
    json_write_init(&writer, out);
    json_write_begin_object(&writer);
    json_write_member_string(&writer, "type", "FeatureCollection");
    json_write_name(&writer, "features");
    json_write_begin_array(&writer);
    for (size_t i = 0; i < found.count; i++) {
        const struct feature *feature = &found.features[i];
        struct geometry clipped;
        struct shape shape;
        if (!geometry_clip(&feature->geometry, feature->shift_x, &area, worker->arena, &clipped) ||
            !shape_from_geometry(&clipped, feature->shift_x, worker->arena, &shape)) {
            return error_no_memory(err);
        }
        if (shape.part_count == 0) {
            continue;
        }
        json_write_begin_object(&writer);
        json_write_member_string(&writer, "type", "Feature");
        json_write_name(&writer, "id");
        json_write_value(&writer, &feature->id);
        json_write_name(&writer, "geometry");
        geojson_write_shape(&writer, &shape);
        json_write_name(&writer, "properties");
        write_properties(&writer, &found, feature);
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
