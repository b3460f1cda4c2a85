/* SPDX-License-Identifier: MIT */
#include "render/mvt.h"

#include "base/hash.h"
#include "geo/clip.h"

#include <math.h>
#include <string.h>

/* Protocol buffer fields of vector_tile.proto, version 2.1: (field number << 3) | wire type. */
enum {
    TILE_LAYERS = 3 << 3 | 2,
    LAYER_NAME = 1 << 3 | 2,
    LAYER_FEATURES = 2 << 3 | 2,
    LAYER_KEYS = 3 << 3 | 2,
    LAYER_VALUES = 4 << 3 | 2,
    LAYER_EXTENT = 5 << 3 | 0,
    LAYER_VERSION = 15 << 3 | 0,
    FEATURE_ID = 1 << 3 | 0,
    FEATURE_TAGS = 2 << 3 | 2,
    FEATURE_TYPE = 3 << 3 | 0,
    FEATURE_GEOMETRY = 4 << 3 | 2,
    VALUE_FIELD_STRING = 1 << 3 | 2,
    VALUE_FIELD_DOUBLE = 3 << 3 | 1,
    VALUE_FIELD_INT = 4 << 3 | 0,
    VALUE_FIELD_BOOL = 7 << 3 | 0
};

enum { COMMAND_MOVE_TO = 1, COMMAND_LINE_TO = 2, COMMAND_CLOSE_PATH = 7 };

enum { BYTES_MAX = 64 << 20 };

struct world_box mvt_area(struct tile_id tile)
{
    struct world_box box = tile_box(tile);
    int64_t margin = (tile_width(tile.z) * MVT_BUFFER + MVT_EXTENT - 1) / MVT_EXTENT;
    return (struct world_box){box.min_x - margin, box.min_y - margin, box.max_x + margin, box.max_y + margin};
}

/* The distinct values of a layer, found by hash. */
struct value_table {
    const struct value **values;
    uint32_t *slots; /* index + 1 */
    size_t slot_count;
    size_t count;
};

struct layer_encoder {
    struct arena *arena;
    const struct feature_list *list;
    int32_t *key_of_field; /* -1: not used yet */
    uint32_t key_count;
    uint32_t *fields_of_keys;
    struct value_table table;
    struct buffer features;
    struct buffer feature; /* scratch */
    struct buffer part;    /* scratch */
};

static uint64_t value_hash(const struct value *value)
{
    switch (value->type) {
    case VALUE_STRING:
        return hash_bytes_seeded(value->string.data, value->string.length, VALUE_STRING);
    case VALUE_REAL:
        return hash_bytes_seeded(&value->real, sizeof value->real, VALUE_REAL);
    case VALUE_INT:
        return hash_mix(VALUE_INT, (uint64_t)value->integer);
    default:
        return hash_mix(VALUE_BOOL, value->boolean);
    }
}

static bool same_value(const struct value *a, const struct value *b)
{
    if (a->type != b->type) {
        return false;
    }
    if (a->type == VALUE_REAL) {
        /* By their bits: NaN does not come here, and 0 is not -0. */
        uint64_t a_bits;
        uint64_t b_bits;
        memcpy(&a_bits, &a->real, sizeof a_bits);
        memcpy(&b_bits, &b->real, sizeof b_bits);
        return a_bits == b_bits;
    }
    return value_equal(a, b);
}

static bool table_grow(struct value_table *table, struct arena *arena)
{
    size_t larger = table->slot_count == 0 ? 256 : table->slot_count * 2;
    uint32_t *slots = arena_array(arena, larger, sizeof *slots);
    const struct value **values =
        arena_grow(arena, (void *)table->values, table->slot_count / 2 * sizeof *values, larger / 2 * sizeof *values);
    if (!slots || !values) {
        return false;
    }
    for (size_t i = 0; i < table->count; i++) {
        size_t slot = value_hash(values[i]) & (larger - 1);
        while (slots[slot] != 0) {
            slot = (slot + 1) & (larger - 1);
        }
        slots[slot] = (uint32_t)i + 1;
    }
    table->slots = slots;
    table->values = values;
    table->slot_count = larger;
    return true;
}

static bool table_find(struct value_table *table, const struct value *value, struct arena *arena, uint32_t *out_index)
{
    if (table->count == table->slot_count / 2 && !table_grow(table, arena)) {
        return false;
    }
    size_t slot = value_hash(value) & (table->slot_count - 1);
    while (table->slots[slot] != 0) {
        uint32_t index = table->slots[slot] - 1;
        if (same_value(table->values[index], value)) {
            *out_index = index;
            return true;
        }
        slot = (slot + 1) & (table->slot_count - 1);
    }
    table->values[table->count] = value;
    table->slots[slot] = (uint32_t)++table->count;
    *out_index = (uint32_t)table->count - 1;
    return true;
}

static void put_message(struct buffer *out, unsigned field, const struct buffer *content)
{
    buffer_append_varint(out, field);
    buffer_append_varint(out, content->length);
    buffer_append(out, content->data, content->length);
    if (content->failed) {
        out->failed = true;
    }
}

static void put_string(struct buffer *out, unsigned field, struct text text)
{
    buffer_append_varint(out, field);
    buffer_append_varint(out, text.length);
    buffer_append(out, text.data, text.length);
}

static void put_value(struct buffer *out, const struct value *value)
{
    switch (value->type) {
    case VALUE_STRING:
        put_string(out, VALUE_FIELD_STRING, value->string);
        return;
    case VALUE_REAL: {
        buffer_append_varint(out, VALUE_FIELD_DOUBLE);
        uint64_t bits;
        memcpy(&bits, &value->real, sizeof bits);
        for (int i = 0; i < 8; i++) {
            buffer_append_byte(out, (unsigned char)(bits >> (8 * i)));
        }
        return;
    }
    case VALUE_INT:
        buffer_append_varint(out, VALUE_FIELD_INT);
        buffer_append_varint(out, (uint64_t)value->integer);
        return;
    default:
        buffer_append_varint(out, VALUE_FIELD_BOOL);
        buffer_append_byte(out, value->boolean);
    }
}

/* --- geometry --- */

struct pen {
    struct buffer *out;
    int32_t x;
    int32_t y;
};

static uint32_t zigzag(int32_t number)
{
    return (uint32_t)number << 1 ^ (uint32_t)(number >> 31);
}

static void pen_command(struct pen *pen, unsigned command, uint32_t count)
{
    buffer_append_varint(pen->out, (uint64_t)count << 3 | command);
}

static void pen_to(struct pen *pen, struct world_point point)
{
    buffer_append_varint(pen->out, zigzag(point.x - pen->x));
    buffer_append_varint(pen->out, zigzag(point.y - pen->y));
    pen->x = point.x;
    pen->y = point.y;
}

/* World units to units of the tile's extent, rounded, equal neighbours dropped. Returns how many are left. */
static uint32_t to_tile(struct world_point *points, uint32_t count, int64_t shift_x, struct tile_id tile, bool is_point)
{
    struct world_box box = tile_box(tile);
    double scale = (double)MVT_EXTENT / (double)tile_width(tile.z);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct world_point point = {
            (int32_t)floor((double)(points[i].x + shift_x - box.min_x) * scale + 0.5),
            (int32_t)floor((double)((int64_t)points[i].y - box.min_y) * scale + 0.5),
        };
        if (is_point || kept == 0 || point.x != points[kept - 1].x || point.y != points[kept - 1].y) {
            points[kept++] = point;
        }
    }
    return kept;
}

/* Twice the area by the surveyor's formula in tile coordinates (y down): positive for exterior rings. */
static int64_t ring_area(const struct world_point *points, uint32_t count)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i + 1 < count; i++) {
        sum += (int64_t)points[i].x * points[i + 1].y - (int64_t)points[i + 1].x * points[i].y;
    }
    return sum;
}

static void put_line(struct pen *pen, const struct world_point *points, uint32_t count)
{
    pen_command(pen, COMMAND_MOVE_TO, 1);
    pen_to(pen, points[0]);
    pen_command(pen, COMMAND_LINE_TO, count - 1);
    for (uint32_t i = 1; i < count; i++) {
        pen_to(pen, points[i]);
    }
}

/* `points` is closed; the closing vertex is not written. Exterior rings are written with positive area. */
static void put_ring(struct pen *pen, struct world_point *points, uint32_t count, bool is_hole)
{
    bool turn = (ring_area(points, count) < 0) != is_hole;
    pen_command(pen, COMMAND_MOVE_TO, 1);
    pen_to(pen, points[0]);
    pen_command(pen, COMMAND_LINE_TO, count - 2);
    for (uint32_t i = 1; i + 1 < count; i++) {
        pen_to(pen, points[turn ? count - 1 - i : i]);
    }
    pen_command(pen, COMMAND_CLOSE_PATH, 1);
}

/* Writes the geometry into encoder->part; leaves it empty when nothing of it is left in the tile. */
static bool put_geometry(struct layer_encoder *encoder, const struct feature *feature, struct tile_id tile,
                         struct error *err)
{
    struct world_box area = mvt_area(tile);
    struct geometry clipped;
    buffer_clear(&encoder->part);
    if (!geometry_clip(&feature->geometry, feature->shift_x, &area, encoder->arena, &clipped)) {
        return error_no_memory(err);
    }
    struct world_point *points =
        arena_memdup(encoder->arena, clipped.points, (size_t)clipped.vertex_count * sizeof *points);
    if (!points) {
        return error_no_memory(err);
    }
    struct pen pen = {.out = &encoder->part};
    if (clipped.kind == GEOMETRY_POINT && clipped.vertex_count > 0) {
        to_tile(points, clipped.vertex_count, feature->shift_x, tile, true);
        pen_command(&pen, COMMAND_MOVE_TO, clipped.vertex_count);
        for (uint32_t i = 0; i < clipped.vertex_count; i++) {
            pen_to(&pen, points[i]);
        }
        return true;
    }
    uint32_t start = 0;
    bool shell_kept = false;
    for (uint32_t p = 0; p < clipped.part_count; p++) {
        uint32_t end = clipped.parts[p].end;
        bool is_hole = clipped.parts[p].is_hole;
        uint32_t count = to_tile(points + start, end - start, feature->shift_x, tile, false);
        if (clipped.kind == GEOMETRY_LINE && count >= 2) {
            put_line(&pen, points + start, count);
        } else if (clipped.kind == GEOMETRY_POLYGON) {
            bool keep = count >= 4 && ring_area(points + start, count) != 0 && (!is_hole || shell_kept);
            if (keep) {
                put_ring(&pen, points + start, count, is_hole);
            }
            shell_kept = is_hole ? shell_kept : keep;
        }
        start = end;
    }
    return true;
}

/* --- features and layers --- */

static bool is_encodable(const struct value *value)
{
    return value->type == VALUE_STRING || value->type == VALUE_INT || value->type == VALUE_BOOL ||
           (value->type == VALUE_REAL && isfinite(value->real));
}

static bool put_tags(struct layer_encoder *encoder, const struct feature *feature, struct error *err)
{
    buffer_clear(&encoder->part);
    for (size_t i = 0; i < encoder->list->field_count; i++) {
        if (!is_encodable(&feature->values[i])) {
            continue;
        }
        if (encoder->key_of_field[i] < 0) {
            encoder->fields_of_keys[encoder->key_count] = (uint32_t)i;
            encoder->key_of_field[i] = (int32_t)encoder->key_count++;
        }
        uint32_t index;
        if (!table_find(&encoder->table, &feature->values[i], encoder->arena, &index)) {
            return error_no_memory(err);
        }
        buffer_append_varint(&encoder->part, (uint64_t)encoder->key_of_field[i]);
        buffer_append_varint(&encoder->part, index);
    }
    if (encoder->part.length > 0) {
        put_message(&encoder->feature, FEATURE_TAGS, &encoder->part);
    }
    return true;
}

static bool put_feature(struct layer_encoder *encoder, const struct feature *feature, struct tile_id tile,
                        struct error *err)
{
    if (!put_geometry(encoder, feature, tile, err)) {
        return false;
    }
    if (encoder->part.length == 0) {
        return true;
    }
    buffer_clear(&encoder->feature);
    if (feature->id.type == VALUE_INT && feature->id.integer >= 0) {
        buffer_append_varint(&encoder->feature, FEATURE_ID);
        buffer_append_varint(&encoder->feature, (uint64_t)feature->id.integer);
    }
    buffer_append_varint(&encoder->feature, FEATURE_TYPE);
    buffer_append_varint(&encoder->feature, (uint64_t)feature->geometry.kind); /* POINT 1, LINESTRING 2, POLYGON 3 */
    put_message(&encoder->feature, FEATURE_GEOMETRY, &encoder->part);
    if (!put_tags(encoder, feature, err)) {
        return false;
    }
    put_message(&encoder->features, LAYER_FEATURES, &encoder->feature);
    return true;
}

static void put_layer(struct layer_encoder *encoder, const char *name, struct buffer *out)
{
    struct buffer layer;
    buffer_init(&layer, BYTES_MAX);
    put_string(&layer, LAYER_NAME, text_of(name));
    buffer_append(&layer, encoder->features.data, encoder->features.length);
    for (uint32_t i = 0; i < encoder->key_count; i++) {
        put_string(&layer, LAYER_KEYS, text_of(encoder->list->fields[encoder->fields_of_keys[i]].name));
    }
    for (size_t i = 0; i < encoder->table.count; i++) {
        buffer_clear(&encoder->part);
        put_value(&encoder->part, encoder->table.values[i]);
        put_message(&layer, LAYER_VALUES, &encoder->part);
    }
    buffer_append_varint(&layer, LAYER_EXTENT);
    buffer_append_varint(&layer, MVT_EXTENT);
    buffer_append_varint(&layer, LAYER_VERSION);
    buffer_append_varint(&layer, 2);
    if (encoder->features.failed || encoder->part.failed || encoder->feature.failed) {
        layer.failed = true;
    }
    put_message(out, TILE_LAYERS, &layer);
    buffer_finish(&layer);
}

static bool encode_layer(const struct mvt_layer *layer, struct tile_id tile, struct arena *arena, struct buffer *out,
                         struct error *err)
{
    struct layer_encoder encoder = {.arena = arena, .list = &layer->features};
    size_t field_count = layer->features.field_count;
    buffer_init(&encoder.features, BYTES_MAX);
    buffer_init(&encoder.feature, BYTES_MAX);
    buffer_init(&encoder.part, BYTES_MAX);
    encoder.key_of_field = arena_array(arena, field_count, sizeof *encoder.key_of_field);
    encoder.fields_of_keys = arena_array(arena, field_count, sizeof *encoder.fields_of_keys);
    bool ok = encoder.key_of_field && encoder.fields_of_keys;
    if (!ok) {
        error_no_memory(err);
    }
    for (size_t i = 0; ok && i < field_count; i++) {
        encoder.key_of_field[i] = -1;
    }
    for (size_t i = 0; ok && i < layer->features.count; i++) {
        ok = put_feature(&encoder, &layer->features.features[i], tile, err);
    }
    if (ok && (encoder.features.length > 0 || encoder.features.failed)) {
        put_layer(&encoder, layer->name, out);
    }
    buffer_finish(&encoder.features);
    buffer_finish(&encoder.feature);
    buffer_finish(&encoder.part);
    return ok;
}

bool mvt_encode(const struct mvt_layer *layers, size_t layer_count, struct tile_id tile, struct arena *arena,
                struct buffer *out, struct error *err)
{
    for (size_t i = 0; i < layer_count; i++) {
        if (!encode_layer(&layers[i], tile, arena, out, err)) {
            return false;
        }
    }
    if (out->failed) {
        error_tell(err, ERROR_TOO_LARGE, "TIL-003", "vector tile %u/%u/%u is too large",
                   "la tesela vectorial %u/%u/%u es demasiado grande", (unsigned)tile.z, (unsigned)tile.x,
                   (unsigned)tile.y);
        return false;
    }
    return true;
}
