/* SPDX-License-Identifier: MIT */
#include "store/cell_block.h"

#include "store/cell_number.h"

enum { FORMAT_BLOCK = 0xB2, WIDE = 1 };

/* What a class may cost: three bytes a feature, all of them twice that. */
enum { CLASS_FIELDS_MAX = 32, CLASS_VALUES_MAX = 20, CLASS_FEATURE_COST = 3, VALUE_COST = 9 };

/* --- writing --- */

void cell_block_init(struct cell_block_maker *maker, size_t bytes_max)
{
    buffer_init(&maker->features, bytes_max);
    buffer_init(&maker->classes, bytes_max);
    maker->count = 0;
}

void cell_block_finish(struct cell_block_maker *maker)
{
    buffer_finish(&maker->features);
    buffer_finish(&maker->classes);
}

void cell_block_begin(struct cell_block_maker *maker, struct cell_origin origin)
{
    buffer_clear(&maker->features);
    maker->origin = origin;
    maker->count = 0;
    maker->has_elsewhere = false;
}

size_t cell_block_length(const struct cell_block_maker *maker)
{
    return maker->features.length + maker->count * (2 * CLASS_FEATURE_COST + sizeof(uint16_t));
}

void cell_block_put(struct cell_block_maker *maker, int64_t row, const struct world_box *box, bool attributes_elsewhere,
                    struct text content, size_t attributes_length)
{
    struct buffer *out = &maker->features;
    unsigned char *begun = buffer_reserve(out, (size_t)5 * VARINT_BYTES_MAX);
    if (begun) {
        unsigned char *at = varint_put(begun, (uint64_t)row << 1 | attributes_elsewhere);
        at = varint_put(at, zigzag(box->min_x - maker->origin.x));
        at = varint_put(at, zigzag(box->min_y - maker->origin.y));
        at = varint_put(at, (uint64_t)(box->max_x - box->min_x));
        at = varint_put(at, (uint64_t)(box->max_y - box->min_y));
        out->length += (size_t)(at - begun);
    }
    buffer_append(out, content.data, content.length);
    maker->ends[maker->count] = (uint32_t)out->length;
    maker->attributes[maker->count] = (uint32_t)(out->length - attributes_length);
    maker->has_elsewhere = maker->has_elsewhere || attributes_elsewhere;
    maker->count++;
}

/* The values of a column that were met in the block. */
struct column {
    size_t count;
    size_t cost;
    struct cell_cursor values[CLASS_VALUES_MAX];
    uint64_t features[CLASS_VALUES_MAX];
};

/* Values have a tag at least, and differ at their end more often than where they begin. */
static bool same_bytes(struct cell_cursor a, struct cell_cursor b)
{
    return remaining(&a) == remaining(&b) && a.end[-1] == b.end[-1] && memcmp(a.at, b.at, remaining(&a)) == 0;
}

/* False when the column has become too dear for a class. */
static bool note_value(struct column *column, struct cell_cursor value, size_t feature, size_t cost_max)
{
    size_t i = 0;
    while (i < column->count && !same_bytes(column->values[i], value)) {
        i++;
    }
    if (i == column->count) {
        column->cost += VALUE_COST + remaining(&value);
        if (i == CLASS_VALUES_MAX || column->cost > cost_max) {
            return false;
        }
        column->values[column->count] = value;
        column->features[column->count++] = 0;
    }
    column->features[i] |= (uint64_t)1 << feature;
    return true;
}

static struct cell_cursor attributes_of(const struct cell_block_maker *maker, size_t feature)
{
    const unsigned char *bytes = maker->features.data;
    return (struct cell_cursor){bytes + maker->attributes[feature], bytes + maker->ends[feature]};
}

/* Which of the first `count` columns have few values; `cheap` says for each. */
static void gather_columns(const struct cell_block_maker *maker, struct column *columns, bool *cheap, size_t count)
{
    struct cell_cursor values[CLASS_FIELDS_MAX];
    for (size_t f = 0; f < count; f++) {
        columns[f].count = 0;
        columns[f].cost = 0;
        cheap[f] = true;
    }
    for (size_t i = 0; i < maker->count; i++) {
        if (cell_find_values(attributes_of(maker, i), cheap, count, values) != CELL_OK) {
            memset(cheap, 0, count * sizeof *cheap);
            return;
        }
        const struct cell_cursor *value = values;
        for (size_t f = 0; f < count; f++) {
            cheap[f] = cheap[f] && note_value(&columns[f], *value++, i, maker->count * CLASS_FEATURE_COST);
        }
    }
}

static void put_class(struct buffer *out, size_t field, const struct column *column)
{
    buffer_append_varint(out, field);
    buffer_append_varint(out, column->count);
    for (size_t i = 0; i < column->count; i++) {
        unsigned char bits[sizeof(uint64_t)];
        put_u64(bits, column->features[i]);
        buffer_append(out, bits, sizeof bits);
        buffer_append_varint(out, remaining(&column->values[i]));
        buffer_append(out, column->values[i].at, remaining(&column->values[i]));
    }
}

static void make_classes(struct cell_block_maker *maker, size_t field_count)
{
    struct column columns[CLASS_FIELDS_MAX];
    bool cheap[CLASS_FIELDS_MAX];
    size_t count = field_count < CLASS_FIELDS_MAX ? field_count : CLASS_FIELDS_MAX;
    size_t left = 2 * CLASS_FEATURE_COST * maker->count;
    buffer_clear(&maker->classes);
    if (!maker->has_elsewhere) {
        gather_columns(maker, columns, cheap, count);
        for (size_t f = 0; f < count; f++) {
            if (cheap[f] && columns[f].cost <= left) {
                left -= columns[f].cost;
                put_class(&maker->classes, f, &columns[f]);
            }
        }
    }
}

void cell_block_write(struct cell_block_maker *maker, size_t field_count, struct buffer *out)
{
    bool is_wide = maker->features.length > UINT16_MAX;
    buffer_append_byte(out, FORMAT_BLOCK);
    buffer_append_varint(out, zigzag(maker->origin.x));
    buffer_append_varint(out, zigzag(maker->origin.y));
    buffer_append_varint(out, maker->count << 1 | is_wide);
    make_classes(maker, field_count);
    buffer_append_varint(out, maker->classes.length);
    buffer_append(out, maker->classes.data, maker->classes.length);
    for (size_t i = 0; i < maker->count; i++) {
        unsigned char end[sizeof(uint32_t)];
        put_u32(end, maker->ends[i]);
        buffer_append(out, end, is_wide ? sizeof(uint32_t) : sizeof(uint16_t));
    }
    buffer_append(out, maker->features.data, maker->features.length);
    out->failed = out->failed || maker->features.failed || maker->classes.failed;
}

/* --- reading --- */

static bool is_unit(int64_t number)
{
    return number >= INT32_MIN && number <= INT32_MAX;
}

static bool get_origin(struct cell_cursor *cursor, struct cell_origin *out_origin)
{
    uint64_t x;
    uint64_t y;
    if (!get_varint(cursor, &x) || !get_varint(cursor, &y) || !is_unit(unzigzag(x)) || !is_unit(unzigzag(y))) {
        return false;
    }
    *out_origin = (struct cell_origin){(int32_t)unzigzag(x), (int32_t)unzigzag(y)};
    return true;
}

static bool get_bytes(struct cell_cursor *cursor, uint64_t length, struct cell_cursor *out_bytes)
{
    if (length > remaining(cursor)) {
        return false;
    }
    *out_bytes = (struct cell_cursor){cursor->at, cursor->at + length};
    cursor->at += length;
    return true;
}

enum cell_result cell_block_open(struct text bytes, struct cell_block *out_block)
{
    const unsigned char *start = (const unsigned char *)bytes.data;
    if (bytes.length == 0 || *start != FORMAT_BLOCK) {
        return CELL_DAMAGED;
    }
    struct cell_cursor cursor = {start + 1, start + bytes.length};
    struct cell_cursor ends;
    struct cell_block block;
    uint64_t count;
    uint64_t length;
    if (!get_origin(&cursor, &block.origin) || !get_varint(&cursor, &count) ||
        count >> 1 > (uint64_t)CELL_BLOCK_FEATURES || !get_varint(&cursor, &length) ||
        !get_bytes(&cursor, length, &block.classes)) {
        return CELL_DAMAGED;
    }
    block.count = (size_t)(count >> 1);
    block.end_bytes = (count & WIDE) != 0 ? sizeof(uint32_t) : sizeof(uint16_t);
    if (!get_bytes(&cursor, block.count * block.end_bytes, &ends)) {
        return CELL_DAMAGED;
    }
    block.ends = ends.at;
    block.features = cursor;
    *out_block = block;
    return CELL_OK;
}

static size_t end_of(const struct cell_block *block, size_t index)
{
    const unsigned char *at = block->ends + index * block->end_bytes;
    return block->end_bytes == sizeof(uint16_t) ? (size_t)(at[0] | at[1] << 8) : get_u32(at);
}

static bool get_box(struct cell_cursor *cursor, struct cell_origin origin, struct world_box *out_box)
{
    uint64_t x;
    uint64_t y;
    uint64_t width;
    uint64_t height;
    if (!get_varint(cursor, &x) || !get_varint(cursor, &y) || !get_varint(cursor, &width) ||
        !get_varint(cursor, &height) || width > UINT32_MAX || height > UINT32_MAX) {
        return false;
    }
    /* Wraps on damaged bytes and is refused then. */
    int64_t min_x = (int64_t)((uint64_t)(int64_t)origin.x + (uint64_t)unzigzag(x));
    int64_t min_y = (int64_t)((uint64_t)(int64_t)origin.y + (uint64_t)unzigzag(y));
    if (!is_unit(min_x) || !is_unit(min_y)) {
        return false;
    }
    *out_box = (struct world_box){min_x, min_y, min_x + (int64_t)width, min_y + (int64_t)height};
    return is_unit(out_box->max_x) && is_unit(out_box->max_y);
}

enum cell_result cell_block_feature(const struct cell_block *block, size_t index, struct cell_feature *out_feature)
{
    size_t start = index > 0 ? end_of(block, index - 1) : 0;
    size_t end = end_of(block, index);
    if (start > end || end > remaining(&block->features)) {
        return CELL_DAMAGED;
    }
    struct cell_cursor cursor = {block->features.at + start, block->features.at + end};
    struct world_box box;
    uint64_t row;
    if (!get_varint(&cursor, &row) || row >> 1 > (uint64_t)CELL_ROW_MAX || !get_box(&cursor, block->origin, &box)) {
        return CELL_DAMAGED;
    }
    *out_feature = (struct cell_feature){(int64_t)(row >> 1), box, (row & 1) != 0, cursor};
    return CELL_OK;
}

bool cell_block_next_class(struct cell_cursor *classes, struct cell_class *out_class)
{
    uint64_t count;
    if (!get_varint(classes, &out_class->field) || !get_varint(classes, &count) || count > CLASS_VALUES_MAX) {
        return false;
    }
    out_class->count = (size_t)count;
    out_class->values = *classes;
    struct cell_class rest = *out_class;
    uint64_t features;
    struct cell_cursor value;
    while (cell_class_next(&rest, &features, &value)) {
    }
    classes->at = rest.values.at;
    return rest.count == 0;
}

bool cell_class_next(struct cell_class *class, uint64_t *out_features, struct cell_cursor *out_value)
{
    uint64_t length;
    if (class->count == 0 || remaining(&class->values) < sizeof *out_features) {
        return false;
    }
    *out_features = get_u64(class->values.at);
    class->values.at += sizeof *out_features;
    if (!get_varint(&class->values, &length) || !get_bytes(&class->values, length, out_value)) {
        return false;
    }
    class->count--;
    return true;
}
