/* SPDX-License-Identifier: MIT */
#include "render/mvt.h"

#include "base/hash.h"
#include "base/varint.h"
#include "geo/clip.h"
#include "render/mvt_rank.h"

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

enum { BYTES_MAX = 64 << 20, EXTENT_LOG2 = 12, VARINT_32_BYTES = 5, COMMAND_BYTES = 3 * VARINT_32_BYTES };
_Static_assert(MVT_EXTENT == 1 << EXTENT_LOG2, "the extent is a power of two: world units become its units by a shift");

struct world_box mvt_area(struct tile_id tile)
{
    struct world_box box = tile_box(tile);
    int64_t margin = (tile_width(tile.z) * MVT_BUFFER + MVT_EXTENT - 1) / MVT_EXTENT;
    return (struct world_box){box.min_x - margin, box.min_y - margin, box.max_x + margin, box.max_y + margin};
}

/* The distinct values of a layer, found by hash. Their messages are written when they are first met. */
struct value_slot {
    uint32_t hash;
    uint32_t number; /* index + 1; 0: free */
};

struct value_table {
    struct value *values;
    struct value_slot *slots;
    size_t slot_count; /* a power of two, twice the room of `values` */
    size_t count;
};

struct tag {
    uint32_t field;
    uint32_t hash; /* of its value */
};

/* A feature that is about to be written. */
struct taken {
    const struct feature *feature;
    struct value id;
    const struct value *values;
    struct value *scratch; /* for values that have to be read */
    struct tag *tags;      /* those that are written */
    size_t count;
};

struct encoder {
    struct arena *arena;
    const struct mvt_layer *layer;
    struct mvt_reduction reduction;
    struct tile_id tile;
    struct world_box area;
    struct world_box box;  /* of the tile */
    int32_t *key_of_field; /* -1: not used yet */
    uint32_t *fields_of_keys;
    uint32_t key_count;
    uint32_t *kept; /* the features that are not left out */
    size_t kept_count;
    struct value_table table;
    struct buffer *out; /* features are written where they stay */
    size_t begun;       /* of the layer in `out` */
    size_t features_at;
    struct buffer values;
    struct buffer geometry;     /* scratch: of one feature */
    struct world_point *points; /* scratch */
    size_t points_max;
    unsigned char *tags; /* scratch: room for two numbers a field */
    struct taken taken;
};

/* --- numbers ------------------------------------------------------------------------------------------------------ */

static uint32_t zigzag(int32_t number)
{
    return (uint32_t)number << 1 ^ (uint32_t)(number >> 31);
}

/* There must be room for VARINT_32_BYTES. Returns the end of what was written. Whether a number has one byte or two is
 * as good as random, so nothing branches on it. */
static inline unsigned char *put_varint(unsigned char *at, uint32_t value)
{
    if (__builtin_expect(value < 1 << 14, 1)) {
        unsigned more = value >= 0x80;
        at[0] = (unsigned char)(value | more << 7);
        at[1] = (unsigned char)(value >> 7);
        return at + 1 + more;
    }
    return varint_put(at, value);
}

static size_t varint_size(uint64_t value)
{
    size_t size = 1;
    for (; value >= 0x80; value >>= 7) {
        size++;
    }
    return size;
}

/* --- values ------------------------------------------------------------------------------------------------------- */

static inline uint64_t load_bytes(const char *at, size_t size)
{
    uint64_t bytes = 0;
    memcpy(&bytes, at, size);
    return bytes;
}

/* Only tells values of one tile apart: nothing written depends on it. */
static uint32_t fold(uint64_t a, uint64_t b)
{
    uint64_t mixed = (a ^ UINT64_C(0x9e3779b97f4a7c15)) * (b ^ UINT64_C(0xd6e8feb86659fd93));
    mixed ^= mixed >> 32;
    mixed *= UINT64_C(0xff51afd7ed558ccd);
    return (uint32_t)(mixed >> 32);
}

static uint32_t text_hash(struct text text)
{
    size_t length = text.length;
    if (length > 16) {
        return (uint32_t)hash_bytes(text.data, length);
    }
    if (length >= 8) {
        return fold(load_bytes(text.data, 8), load_bytes(text.data + length - 8, 8) + length);
    }
    if (length >= 4) {
        return fold(load_bytes(text.data, 4), load_bytes(text.data + length - 4, 4) + length);
    }
    return length == 0 ? 0
                       : fold(load_bytes(text.data, 1), load_bytes(text.data + length / 2, 1) << 8 |
                                                            load_bytes(text.data + length - 1, 1) << 16 | length);
}

static uint32_t value_hash(const struct value *value)
{
    switch (value->type) {
    case VALUE_STRING:
        return text_hash(value->string);
    case VALUE_REAL: {
        uint64_t bits;
        memcpy(&bits, &value->real, sizeof bits);
        return fold(bits, VALUE_REAL << 8);
    }
    case VALUE_INT:
        return fold((uint64_t)value->integer, VALUE_INT << 8);
    default:
        return fold(value->boolean, VALUE_BOOL << 8);
    }
}

static bool same_value(const struct value *a, const struct value *b)
{
    if (a->type != b->type) {
        return false;
    }
    switch (a->type) {
    case VALUE_STRING:
        return text_equal(a->string, b->string);
    case VALUE_REAL: /* NaN does not come here, and 0 is not -0. */
        return a->real == b->real && signbit(a->real) == signbit(b->real);
    case VALUE_INT:
        return a->integer == b->integer;
    default:
        return a->boolean == b->boolean;
    }
}

static bool table_grow(struct value_table *table, struct arena *arena, size_t larger)
{
    struct value_slot *slots = arena_array(arena, larger, sizeof *slots);
    struct value *values = arena_alloc_raw(arena, larger / 2 * sizeof *values);
    if (!slots || !values) {
        return false;
    }
    if (table->count > 0) {
        memcpy(values, table->values, table->count * sizeof *values);
    }
    for (size_t i = 0; i < table->slot_count; i++) {
        size_t slot = table->slots[i].hash & (larger - 1);
        while (table->slots[i].number != 0 && slots[slot].number != 0) {
            slot = (slot + 1) & (larger - 1);
        }
        if (table->slots[i].number != 0) {
            slots[slot] = table->slots[i];
        }
    }
    table->slots = slots;
    table->values = values;
    table->slot_count = larger;
    return true;
}

/* buffer_reserve, most often without a call. */
static inline unsigned char *reserve(struct buffer *out, size_t size)
{
    bool has_room = !out->failed && size <= out->capacity - out->length && size <= out->length_max - out->length;
    return has_room ? out->data + out->length : buffer_reserve(out, size);
}

static void put_string(struct buffer *out, unsigned field, struct text text)
{
    buffer_append_varint(out, field);
    buffer_append_varint(out, text.length);
    buffer_append(out, text.data, text.length);
}

static void put_text_value(struct buffer *out, struct text text)
{
    size_t size = 1 + varint_size(text.length) + text.length;
    unsigned char *at = reserve(out, size + 16);
    if (at) {
        unsigned char *begun = at;
        *at++ = LAYER_VALUES;
        at = varint_put(at, size);
        *at++ = VALUE_FIELD_STRING;
        at = varint_put(at, text.length);
        memcpy(at, text.data, text.length);
        out->length += (size_t)(at - begun) + text.length;
    }
}

/* The message of a value other than a text is so small that its length is one byte. */
static void put_value(struct buffer *out, const struct value *value)
{
    if (value->type == VALUE_STRING) {
        put_text_value(out, value->string);
        return;
    }
    unsigned char *begun = reserve(out, 16);
    if (!begun) {
        return;
    }
    unsigned char *at = begun + 2;
    if (value->type == VALUE_REAL) {
        uint64_t bits;
        memcpy(&bits, &value->real, sizeof bits);
        *at++ = VALUE_FIELD_DOUBLE;
        for (int i = 0; i < 8; i++) {
            *at++ = (unsigned char)(bits >> (8 * i));
        }
    } else if (value->type == VALUE_INT) {
        *at++ = VALUE_FIELD_INT;
        at = varint_put(at, (uint64_t)value->integer);
    } else {
        *at++ = VALUE_FIELD_BOOL;
        *at++ = value->boolean;
    }
    begun[0] = LAYER_VALUES;
    begun[1] = (unsigned char)(at - begun - 2);
    out->length += (size_t)(at - begun);
}

/* Room for a third of the layer's values, as if so many were different, which saves growing. */
static bool table_begin(struct value_table *table, size_t value_count, struct arena *arena)
{
    enum { SLOTS_MIN = 256, SLOTS_MAX = 1 << 17 };
    size_t slots = SLOTS_MIN;
    while (slots < SLOTS_MAX && slots < value_count * 2 / 3) {
        slots *= 2;
    }
    return table_grow(table, arena, slots);
}

static bool find_value(struct encoder *encoder, const struct value *value, uint32_t hash, uint32_t *out_index)
{
    struct value_table *table = &encoder->table;
    if (table->count == table->slot_count / 2 && !table_grow(table, encoder->arena, table->slot_count * 4)) {
        return false;
    }
    size_t slot = hash & (table->slot_count - 1);
    while (table->slots[slot].number != 0) {
        uint32_t index = table->slots[slot].number - 1;
        if (table->slots[slot].hash == hash && same_value(&table->values[index], value)) {
            *out_index = index;
            return true;
        }
        slot = (slot + 1) & (table->slot_count - 1);
    }
    table->values[table->count] = *value;
    table->slots[slot] = (struct value_slot){hash, (uint32_t)++table->count};
    put_value(&encoder->values, value);
    *out_index = (uint32_t)table->count - 1;
    return true;
}

/* --- geometry ----------------------------------------------------------------------------------------------------- */

/* Where the next command begins. */
struct pen {
    unsigned char *at;
    int32_t x;
    int32_t y;
};

static void pen_command(struct pen *pen, unsigned command, uint32_t count)
{
    pen->at = put_varint(pen->at, count << 3 | command);
}

static inline void pen_to(struct pen *pen, struct world_point point)
{
    pen->at = put_varint(pen->at, zigzag(point.x - pen->x));
    pen->at = put_varint(pen->at, zigzag(point.y - pen->y));
    pen->x = point.x;
    pen->y = point.y;
}

/* World units become units of the tile's extent, rounded to the nearest multiple of the reduction's grid. */
struct raster {
    int64_t origin_x;
    int64_t origin_y;
    int shift; /* negative: the tile's units are finer than the world's */
    unsigned grid_log2;
};

static struct raster raster_of(const struct encoder *encoder, int64_t shift_x)
{
    return (struct raster){shift_x - encoder->box.min_x, -encoder->box.min_y,
                           32 - (int)encoder->tile.z - EXTENT_LOG2 + (int)encoder->reduction.grid_log2,
                           encoder->reduction.grid_log2};
}

static inline int32_t to_grid(int64_t units, int shift, unsigned grid_log2)
{
    int64_t steps = shift > 0 ? (units + ((int64_t)1 << (shift - 1))) >> shift : units * ((int64_t)1 << -shift);
    return (int32_t)(steps * ((int64_t)1 << grid_log2));
}

/* Writes the points of a part to `out`, equal neighbours dropped unless they are `all` wanted. Returns how many. */
static uint32_t to_tile(const struct world_point *points, uint32_t count, const struct raster *raster, bool all,
                        struct world_point *out)
{
    struct raster to = *raster; /* not in memory that `out` might be */
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct world_point point = {to_grid((int64_t)points[i].x + to.origin_x, to.shift, to.grid_log2),
                                    to_grid((int64_t)points[i].y + to.origin_y, to.shift, to.grid_log2)};
        out[kept] = point;
        kept += all || kept == 0 || point.x != out[kept - 1].x || point.y != out[kept - 1].y;
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
static void put_ring(struct pen *pen, const struct world_point *points, uint32_t count, bool turn)
{
    pen_command(pen, COMMAND_MOVE_TO, 1);
    pen_to(pen, points[0]);
    pen_command(pen, COMMAND_LINE_TO, count - 2);
    for (uint32_t i = 1; i + 1 < count; i++) {
        pen_to(pen, points[turn ? count - 1 - i : i]);
    }
    pen_command(pen, COMMAND_CLOSE_PATH, 1);
}

/* What is left of a line or polygon that is too small for the grid: one step of it. */
static void put_trace(struct pen *pen, enum geometry_kind kind, struct world_point at, unsigned grid_log2)
{
    int32_t step = 1 << grid_log2;
    struct world_point square[] = {
        at, {at.x + step, at.y}, {at.x + step, at.y + step}, {at.x, at.y + step}, at,
    };
    if (kind == GEOMETRY_POLYGON) {
        put_ring(pen, square, 5, false);
    } else {
        put_line(pen, square, 2);
    }
}

static bool make_room(struct encoder *encoder, const struct geometry *geometry)
{
    size_t parts = (size_t)geometry->part_count + 1;
    size_t vertices = (size_t)geometry->vertex_count + 8;
    if (vertices > encoder->points_max) {
        encoder->points_max = vertices * 2;
        encoder->points = arena_alloc_raw(encoder->arena, encoder->points_max * sizeof *encoder->points);
    }
    buffer_clear(&encoder->geometry);
    return encoder->points && reserve(&encoder->geometry, parts * COMMAND_BYTES + vertices * 2 * VARINT_32_BYTES);
}

static void put_points(struct encoder *encoder, const struct geometry *geometry, const struct raster *raster,
                       struct pen *pen)
{
    /* Of a swarm of points on one coarse place one is enough. */
    bool all = raster->grid_log2 == 0;
    uint32_t count = to_tile(geometry->points, geometry->vertex_count, raster, all, encoder->points);
    pen_command(pen, COMMAND_MOVE_TO, count);
    for (uint32_t i = 0; i < count; i++) {
        pen_to(pen, encoder->points[i]);
    }
}

static void put_parts(struct encoder *encoder, const struct geometry *geometry, const struct raster *raster,
                      struct pen *pen)
{
    struct world_point *points = encoder->points;
    uint32_t start = 0;
    bool shell_kept = false;
    for (uint32_t p = 0; p < geometry->part_count; p++) {
        uint32_t end = geometry->parts[p].end;
        bool is_hole = geometry->parts[p].is_hole;
        uint32_t count =
            is_hole && !shell_kept ? 0 : to_tile(geometry->points + start, end - start, raster, false, points);
        if (geometry->kind == GEOMETRY_LINE && count >= 2) {
            put_line(pen, points, count);
        } else if (geometry->kind == GEOMETRY_POLYGON) {
            int64_t area = count >= 4 ? ring_area(points, count) : 0;
            if (area != 0) {
                put_ring(pen, points, count, (area < 0) != is_hole);
            }
            shell_kept = is_hole ? shell_kept : area != 0;
        }
        start = end;
    }
}

static bool box_holds(const struct world_box *outer, const struct world_box *inner, int64_t shift_x)
{
    return inner->min_x + shift_x >= outer->min_x && inner->max_x + shift_x <= outer->max_x &&
           inner->min_y >= outer->min_y && inner->max_y <= outer->max_y;
}

/* Writes the geometry into encoder->geometry; leaves it empty when nothing of it is left in the tile. */
static bool put_geometry(struct encoder *encoder, const struct feature *feature, struct error *err)
{
    struct geometry clipped;
    struct raster raster = raster_of(encoder, feature->shift_x);
    bool is_inside = box_holds(&encoder->area, &feature->box, feature->shift_x);
    if (is_inside) {
        clipped = feature->geometry;
    } else if (!geometry_clip(&feature->geometry, feature->shift_x, &encoder->area, encoder->arena, &clipped)) {
        return error_no_memory(err);
    }
    if (!make_room(encoder, &clipped)) {
        return error_no_memory(err);
    }
    unsigned char *begun = encoder->geometry.data;
    struct pen pen = {.at = begun};
    if (clipped.kind == GEOMETRY_POINT && clipped.vertex_count > 0) {
        put_points(encoder, &clipped, &raster, &pen);
    } else if (clipped.kind == GEOMETRY_LINE || clipped.kind == GEOMETRY_POLYGON) {
        put_parts(encoder, &clipped, &raster, &pen);
        /* Only of what lies wholly inside: what is cut off along the border is no small thing, but another tile's. */
        if (pen.at == begun && clipped.vertex_count > 0 && is_inside) {
            struct world_point at;
            to_tile(clipped.points, 1, &raster, true, &at);
            put_trace(&pen, clipped.kind, at, raster.grid_log2);
        }
    }
    encoder->geometry.length = (size_t)(pen.at - begun);
    return true;
}

/* --- features and layers ------------------------------------------------------------------------------------------ */

static bool is_encodable(const struct encoder *encoder, const struct value *value)
{
    if (value->type == VALUE_STRING) {
        return value->string.length <= encoder->reduction.text_max;
    }
    return value->type == VALUE_INT || value->type == VALUE_BOOL ||
           (value->type == VALUE_REAL && isfinite(value->real));
}

/* Reads a feature's values. Their places in the table are fetched while the feature before it is written. */
static bool take_feature(struct encoder *encoder, const struct feature *feature, struct taken *taken, struct error *err)
{
    const struct feature_list *list = &encoder->layer->features;
    const struct value_table *table = &encoder->table;
    taken->feature = feature;
    taken->count = 0;
    if (!feature_list_values(list, feature, taken->scratch, &taken->id, &taken->values, err)) {
        return false;
    }
    for (size_t i = 0; i < list->field_count; i++) {
        if (is_encodable(encoder, &taken->values[i])) {
            uint32_t hash = value_hash(&taken->values[i]);
            __builtin_prefetch(&table->slots[hash & (table->slot_count - 1)]);
            taken->tags[taken->count++] = (struct tag){(uint32_t)i, hash};
        }
    }
    return true;
}

/* Writes encoder->tags; NULL when memory is out, otherwise their end. */
static unsigned char *put_tags(struct encoder *encoder, const struct taken *taken)
{
    unsigned char *at = encoder->tags;
    for (size_t i = 0; i < taken->count; i++) {
        struct tag tag = taken->tags[i];
        uint32_t index;
        if (encoder->key_of_field[tag.field] < 0) {
            encoder->fields_of_keys[encoder->key_count] = tag.field;
            encoder->key_of_field[tag.field] = (int32_t)encoder->key_count++;
        }
        if (!find_value(encoder, &taken->values[tag.field], tag.hash, &index)) {
            return NULL;
        }
        at = put_varint(at, (uint32_t)encoder->key_of_field[tag.field]);
        at = put_varint(at, index);
    }
    return at;
}

static bool put_feature(struct encoder *encoder, const struct taken *taken, struct error *err)
{
    const struct feature *feature = taken->feature;
    struct value id = taken->id;
    if (!put_geometry(encoder, feature, err)) {
        return false;
    }
    size_t geometry_size = encoder->geometry.length;
    if (geometry_size == 0) {
        return true;
    }
    const unsigned char *tags_end = put_tags(encoder, taken);
    if (!tags_end) {
        return error_no_memory(err);
    }
    size_t tags_size = (size_t)(tags_end - encoder->tags);
    bool has_id = id.type == VALUE_INT && id.integer >= 0;
    size_t size = (has_id ? 1 + varint_size((uint64_t)id.integer) : 0) + 2 + 1 + varint_size(geometry_size) +
                  geometry_size + (tags_size > 0 ? 1 + varint_size(tags_size) + tags_size : 0);
    struct buffer *out = encoder->out;
    unsigned char *begun = geometry_size > BYTES_MAX ? NULL : reserve(out, size + 32);
    if (!begun) {
        out->failed = true;
        return true;
    }
    unsigned char *at = begun;
    *at++ = LAYER_FEATURES;
    at = varint_put(at, size);
    if (has_id) {
        *at++ = FEATURE_ID;
        at = varint_put(at, (uint64_t)id.integer);
    }
    *at++ = FEATURE_TYPE;
    *at++ = (unsigned char)feature->geometry.kind;
    *at++ = FEATURE_GEOMETRY;
    at = put_varint(at, (uint32_t)geometry_size);
    memcpy(at, encoder->geometry.data, geometry_size);
    at += geometry_size;
    if (tags_size > 0) {
        *at++ = FEATURE_TAGS;
        at = put_varint(at, (uint32_t)tags_size);
        memcpy(at, encoder->tags, tags_size);
        at += tags_size;
    }
    out->length += (size_t)(at - begun);
    return true;
}

/* What stands in front of a layer's features: its tag, its length and its name. */
static size_t head_size(const struct encoder *encoder, size_t length)
{
    size_t name = strlen(encoder->layer->name);
    return 1 + varint_size(length) + 1 + varint_size(name) + name;
}

/* A layer's length is known when all of it is there: room is left for that of a usual one. */
static void begin_layer(struct encoder *encoder)
{
    enum { USUAL_LENGTH = 1 << 14 };
    struct buffer *out = encoder->out;
    encoder->begun = out->length;
    if (buffer_reserve(out, head_size(encoder, USUAL_LENGTH))) {
        out->length += head_size(encoder, USUAL_LENGTH);
    }
    encoder->features_at = out->length;
}

/* Puts the head in front of what is there of the layer. */
static void put_head(struct encoder *encoder)
{
    struct buffer *out = encoder->out;
    struct text name = text_of(encoder->layer->name);
    size_t length = out->length - encoder->features_at + 1 + varint_size(name.length) + name.length;
    size_t size = head_size(encoder, length);
    if (!buffer_reserve(out, VARINT_32_BYTES)) {
        return;
    }
    unsigned char *at = out->data + encoder->begun;
    size_t content = out->length - encoder->features_at;
    if (at + size != out->data + encoder->features_at) {
        memmove(at + size, out->data + encoder->features_at, content);
    }
    out->length = encoder->begun + size + content;
    *at++ = TILE_LAYERS;
    at = varint_put(at, length);
    *at++ = LAYER_NAME;
    at = varint_put(at, name.length);
    memcpy(at, name.data, name.length);
}

/* What comes behind the features. */
static void end_layer(struct encoder *encoder)
{
    struct buffer *out = encoder->out;
    for (uint32_t i = 0; i < encoder->key_count; i++) {
        put_string(out, LAYER_KEYS, text_of(encoder->layer->features.fields[encoder->fields_of_keys[i]].name));
    }
    buffer_append(out, encoder->values.data, encoder->values.length);
    buffer_append_byte(out, LAYER_EXTENT);
    buffer_append_varint(out, MVT_EXTENT);
    buffer_append_byte(out, LAYER_VERSION);
    buffer_append_byte(out, 2);
    put_head(encoder);
    out->failed = out->failed || encoder->values.failed || encoder->geometry.failed;
}

/* --- the layer, one feature after the other ----------------------------------------------------------------------- */

/* Features come by row, but lie where they were found: what the next ones need is fetched while this one is written.
 * Always inline: GCC takes calls of a function that only fetches ahead for calls without effect, and drops them. */
static inline __attribute__((always_inline)) void fetch_ahead(const struct encoder *encoder, size_t index)
{
    enum { AHEAD = 16, LINE_BYTES = 64, LINES = 3 };
    if (index + AHEAD < encoder->kept_count) {
        const struct feature_list *list = &encoder->layer->features;
        const struct feature *feature = &list->features[encoder->kept[index + AHEAD]];
        const char *attributes = list->read ? feature->unread.data : (const char *)feature->values;
        __builtin_prefetch(feature->geometry.parts);
        for (size_t i = 0; i < LINES; i++) {
            __builtin_prefetch((const char *)feature->geometry.points + i * LINE_BYTES);
            __builtin_prefetch(attributes + i * LINE_BYTES);
        }
    }
}

static bool put_features(struct encoder *encoder, struct error *err)
{
    for (size_t i = 0; i < encoder->kept_count; i++) {
        const struct feature *feature = &encoder->layer->features.features[encoder->kept[i]];
        fetch_ahead(encoder, i);
        if (!take_feature(encoder, feature, &encoder->taken, err) || !put_feature(encoder, &encoder->taken, err)) {
            return false;
        }
    }
    return true;
}

static bool encode(struct encoder *encoder, struct error *err)
{
    for (size_t i = 0; i < encoder->layer->features.field_count; i++) {
        encoder->key_of_field[i] = -1;
    }
    begin_layer(encoder);
    if (!put_features(encoder, err)) {
        return false;
    }
    if (encoder->out->length > encoder->features_at) {
        end_layer(encoder);
    } else {
        encoder->out->length = encoder->begun;
    }
    return true;
}

static bool make_scratch(struct encoder *encoder)
{
    struct arena *arena = encoder->arena;
    const struct feature_list *list = &encoder->layer->features;
    encoder->key_of_field = arena_alloc_raw(arena, list->field_count * sizeof *encoder->key_of_field);
    encoder->fields_of_keys = arena_alloc_raw(arena, list->field_count * sizeof *encoder->fields_of_keys);
    encoder->tags = arena_alloc_raw(arena, list->field_count * 2 * VARINT_32_BYTES);
    encoder->kept = arena_alloc_raw(arena, (list->count + 1) * sizeof *encoder->kept);
    bool ok = encoder->key_of_field && encoder->fields_of_keys && encoder->tags && encoder->kept;
    struct taken *taken = &encoder->taken;
    taken->scratch = arena_alloc_raw(arena, list->field_count * sizeof *taken->scratch);
    taken->tags = arena_alloc_raw(arena, list->field_count * sizeof *taken->tags);
    if (!ok || !taken->scratch || !taken->tags) {
        return false;
    }
    encoder->kept_count = mvt_rank_choose(list, encoder->tile, encoder->reduction.rank_min, encoder->kept);
    return table_begin(&encoder->table, encoder->kept_count * list->field_count, arena);
}

bool mvt_encode_layer(const struct mvt_layer *layer, struct tile_id tile, const struct mvt_reduction *reduction,
                      struct arena *arena, struct buffer *out, struct error *err)
{
    struct encoder encoder = {
        .arena = arena,
        .layer = layer,
        .out = out,
        .reduction = reduction ? *reduction : (struct mvt_reduction){.text_max = SIZE_MAX},
        .tile = tile,
        .area = mvt_area(tile),
        .box = tile_box(tile),
    };
    buffer_init(&encoder.values, BYTES_MAX);
    buffer_init(&encoder.geometry, (size_t)1 << 32);
    bool ok = make_scratch(&encoder) ? encode(&encoder, err) : error_no_memory(err);
    /* Not to be taken for too large, which the caller would cure by leaving things out. */
    if (ok && (encoder.values.no_memory || encoder.geometry.no_memory || out->no_memory)) {
        ok = error_no_memory(err);
    }
    buffer_finish(&encoder.values);
    buffer_finish(&encoder.geometry);
    return ok;
}

bool mvt_encode(const struct mvt_layer *layers, size_t layer_count, struct tile_id tile, struct arena *arena,
                struct buffer *out, struct error *err)
{
    for (size_t i = 0; i < layer_count; i++) {
        if (!mvt_encode_layer(&layers[i], tile, NULL, arena, out, err)) {
            return false;
        }
    }
    if (out->failed) { /* no memory was told before */
        error_tell(err, ERROR_TOO_LARGE, "TIL-003", "vector tile %u/%u/%u is too large",
                   "la tesela vectorial %u/%u/%u es demasiado grande", (unsigned)tile.z, (unsigned)tile.x,
                   (unsigned)tile.y);
        return false;
    }
    return true;
}
