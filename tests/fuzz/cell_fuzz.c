/* SPDX-License-Identifier: MIT */
/* Damaged bytes in cells.sqlite: blocks, nodes and items must be refused or read within their bounds, and what is read
 * must hold its promises. The first byte chooses the reader. A block follows its attributes, and those their length in
 * two bytes. */
#include "store/cell_block.h"
#include "unit/store/plain_geometry.h"

#include <stdlib.h>
#include <string.h>

enum { FIELDS = 3 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool promise)
{
    if (!promise) {
        abort();
    }
}

static void check_parts(const struct shape_part *parts, uint32_t part_count, uint32_t vertex_count)
{
    uint32_t start = 0;
    for (uint32_t p = 0; p < part_count; p++) {
        require(parts[p].end > start);
        start = parts[p].end;
    }
    require(start == vertex_count);
}

/* What finds single values agrees with what reads all of them. */
static void find_values(struct cell_cursor cursor, int64_t row, const struct value *id, const struct value *values)
{
    const bool wanted[FIELDS] = {true, false, true};
    struct cell_cursor spans[FIELDS];
    struct value found;
    bool ok = cell_find_values(cursor, wanted, FIELDS, spans) == CELL_OK;
    require(ok || !values);
    for (int i = 0; ok && i < 2; i++) {
        bool read = cell_get_value(&spans[i], &found) == CELL_OK;
        require(!values || (read && found.type == values[2 * i].type));
    }
    ok = cell_get_id(cursor, row, &found, FIELDS) == CELL_OK;
    require(!values || (ok && found.type == id->type));
}

static void read_attributes(struct cell_cursor *cursor, int64_t row)
{
    struct cell_cursor start = *cursor;
    struct value id;
    struct value values[FIELDS];
    bool ok = cell_get_attributes(cursor, row, &id, values, FIELDS) == CELL_OK;
    find_values(start, row, &id, ok ? values : NULL);
    if (!ok) {
        return;
    }
    require(id.type == VALUE_INT || id.type == VALUE_STRING || id.type == VALUE_REAL || id.type == VALUE_BOOL ||
            id.type == VALUE_NULL);
    unsigned sum = 0;
    for (int i = 0; i < FIELDS; i++) {
        for (size_t c = 0; values[i].type == VALUE_STRING && c < values[i].string.length; c++) {
            sum += (unsigned char)values[i].string.data[c];
        }
    }
    require(sum < UINT32_MAX);
}

/* The features with a value of a class are those of the block, and the values are values or damage. */
static void read_classes(const struct cell_block *block)
{
    struct cell_cursor classes = block->classes;
    struct cell_class class;
    while (cell_block_next_class(&classes, &class)) {
        uint64_t features;
        struct cell_cursor value;
        struct value found;
        while (cell_class_next(&class, &features, &value)) {
            require(value.at >= block->classes.at && value.end <= block->classes.end && value.at <= value.end);
            (void)cell_get_value(&value, &found);
        }
    }
}

static void read_feature(const struct cell_block *block, size_t index, struct cell_feature *feature, unsigned shift,
                         struct arena *arena)
{
    struct cell_outline outline;
    int64_t row;
    require(feature->box.min_x <= feature->box.max_x && feature->box.min_x >= INT32_MIN &&
            feature->box.max_y <= INT32_MAX);
    if (cell_block_outlines(block, (uint64_t)1 << index, shift, arena, &outline, &row) == CELL_OK) {
        struct cell_cursor cursor = feature->geometry;
        struct geometry alone;
        check_parts(outline.parts, outline.part_count, outline.vertex_count);
        require(row == feature->row && outline.box.max_x == feature->box.max_x);
        require(plain_geometry_is(feature->geometry.at, shift, outline.part_count, outline.parts, outline.points));
        require(cell_get_geometry(&cursor, GEOMETRY_POLYGON, shift, arena, &alone) == CELL_OK);
        require(plain_geometry_is(feature->geometry.at, shift, alone.part_count, alone.parts, alone.points));
    }
    if (feature->attributes.at) {
        struct cell_cursor attributes;
        bool elsewhere;
        require(cell_block_attributes(block, index, &elsewhere, &attributes) == CELL_OK &&
                elsewhere == feature->attributes_elsewhere && attributes.end == feature->attributes.end);
        read_attributes(&feature->attributes, feature->row);
    }
}

/* All at once where each can be read, and what is read then is what it was. Attributes are not looked at. */
static void read_features(const struct cell_block *block, unsigned shift, struct arena *arena)
{
    struct cell_outline outlines[CELL_BLOCK_FEATURES];
    int64_t rows[CELL_BLOCK_FEATURES];
    uint64_t chosen = cell_block_all(block);
    if (cell_block_outlines(block, chosen, shift, arena, outlines, rows) != CELL_OK) {
        return;
    }
    struct cell_block bare = *block;
    bare.attributes = (struct cell_cursor){0};
    const struct cell_outline *outline = outlines;
    for (const int64_t *row = rows; chosen != 0; chosen &= chosen - 1, outline++, row++) {
        struct cell_feature feature;
        require(cell_block_feature(&bare, (size_t)__builtin_ctzll(chosen), &feature) == CELL_OK);
        require(*row == feature.row);
        require(plain_geometry_is(feature.geometry.at, shift, outline->part_count, outline->parts, outline->points));
    }
}

static void read_block(struct text attributes, struct text bytes, unsigned shift, struct arena *arena)
{
    struct cell_block block;
    if (cell_block_open(bytes, &block) != CELL_OK) {
        return;
    }
    if (cell_block_add_attributes(&block, attributes) != CELL_OK) {
        block.attributes = (struct cell_cursor){0};
    }
    require(block.count <= CELL_BLOCK_FEATURES);
    read_classes(&block);
    uint64_t all = cell_block_all(&block);
    struct cell_box world = {INT32_MIN, INT32_MIN, INT32_MAX, INT32_MAX};
    require((cell_block_touching(&block, all, world) & ~all) == 0);
    for (size_t i = 0; i < block.count; i++) {
        struct cell_feature feature;
        if (cell_block_feature(&block, i, &feature) == CELL_OK) {
            read_feature(&block, i, &feature, shift, arena);
        }
    }
    read_features(&block, shift, arena);
}

static void split_block(struct text bytes, unsigned shift, struct arena *arena)
{
    if (bytes.length < 2) {
        return;
    }
    size_t length = (size_t)(unsigned char)bytes.data[0] | (size_t)(unsigned char)bytes.data[1] << 8;
    struct text rest = {bytes.data + 2, bytes.length - 2};
    length = length < rest.length ? length : rest.length;
    read_block((struct text){rest.data, length}, (struct text){rest.data + length, rest.length - length}, shift, arena);
}

static void read_node(struct text bytes)
{
    struct cell_node node;
    if (cell_get_node(bytes, CELL_LEVEL_ROOT, &node) != CELL_OK) {
        return;
    }
    require(node.count <= CELL_FANOUT && node.child_level < CELL_LEVEL_ROOT);
    int64_t sum = 0;
    for (size_t i = 0; i < node.count; i++) {
        sum += cell_node_box(&node, i).max_y;
    }
    require(sum < INT64_MAX);
}

static void read_shape(struct text bytes, struct arena *arena)
{
    const unsigned char *start = (const unsigned char *)bytes.data;
    struct cell_cursor cursor = {start, start + bytes.length};
    struct shape shape;
    if (cell_get_shape(&cursor, GEOMETRY_LINE, arena, &shape) == CELL_OK) {
        check_parts(shape.parts, shape.part_count, shape.vertex_count);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    struct arena *arena = arena_create((size_t)64 << 20);
    struct text bytes = {(const char *)data + 1, size - 1};
    struct cell_cursor cursor = {data + 1, data + size};
    switch (data[0] % 4) {
    case 0:
        split_block(bytes, cell_shift(data[0] / 4 % CELL_BANDS), arena);
        break;
    case 1:
        read_node(bytes);
        break;
    case 2:
        read_shape(bytes, arena);
        break;
    default:
        read_attributes(&cursor, 1);
        break;
    }
    arena_destroy(arena);
    return 0;
}
