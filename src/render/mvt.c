/* SPDX-License-Identifier: MIT */
#include "render/mvt.h"

#include "base/hash.h"
#include "base/varint.h"
#include "render/mvt_geometry.h"
#include "render/mvt_rank.h"
#include "render/mvt_wire.h"

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

enum { BYTES_MAX = 64 << 20 };

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
    struct mvt_geometry geometry;
    unsigned char *tags; /* scratch: room for two numbers a field */
    struct taken taken;
};

/* --- numbers ------------------------------------------------------------------------------------------------------ */

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

static void put_string(struct buffer *out, unsigned field, struct text text)
{
    buffer_append_varint(out, field);
    buffer_append_varint(out, text.length);
    buffer_append(out, text.data, text.length);
}

static void put_text_value(struct buffer *out, struct text text)
{
    size_t size = 1 + varint_size(text.length) + text.length;
    unsigned char *at = mvt_wire_reserve(out, size + 16);
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
    unsigned char *begun = mvt_wire_reserve(out, 16);
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
        at = mvt_wire_number(at, (uint32_t)encoder->key_of_field[tag.field]);
        at = mvt_wire_number(at, index);
    }
    return at;
}

static bool put_feature(struct encoder *encoder, const struct taken *taken, struct error *err)
{
    const struct feature *feature = taken->feature;
    struct value id = taken->id;
    if (!mvt_geometry_put(&encoder->geometry, feature, err)) {
        return false;
    }
    size_t geometry_size = encoder->geometry.commands.length;
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
    unsigned char *begun = geometry_size > BYTES_MAX ? NULL : mvt_wire_reserve(out, size + 32);
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
    at = mvt_wire_number(at, (uint32_t)geometry_size);
    memcpy(at, encoder->geometry.commands.data, geometry_size);
    at += geometry_size;
    if (tags_size > 0) {
        *at++ = FEATURE_TAGS;
        at = mvt_wire_number(at, (uint32_t)tags_size);
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
    if (!buffer_reserve(out, MVT_WIRE_NUMBER_BYTES)) {
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
    out->failed = out->failed || encoder->values.failed || encoder->geometry.commands.failed;
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
    encoder->tags = arena_alloc_raw(arena, list->field_count * 2 * MVT_WIRE_NUMBER_BYTES);
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
    };
    buffer_init(&encoder.values, BYTES_MAX);
    mvt_geometry_init(&encoder.geometry, tile, encoder.reduction.grid_log2, arena);
    bool ok = make_scratch(&encoder) ? encode(&encoder, err) : error_no_memory(err);
    /* Not to be taken for too large, which the caller would cure by leaving things out. */
    if (ok && (encoder.values.no_memory || encoder.geometry.commands.no_memory || out->no_memory)) {
        ok = error_no_memory(err);
    }
    buffer_finish(&encoder.values);
    mvt_geometry_finish(&encoder.geometry);
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
