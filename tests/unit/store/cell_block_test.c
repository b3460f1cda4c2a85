/* SPDX-License-Identifier: MIT */
#include "store/cell_block.h"

#include "unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIELDS = 4 };

static struct text text_in(const struct buffer *bytes)
{
    return (struct text){(const char *)bytes->data, bytes->length};
}

/* Of feature `i`: a class, a name of its own, a class that starts late, and one of many values. */
static void put_feature(struct cell_block_maker *maker, size_t i)
{
    char name[32];
    snprintf(name, sizeof name, "calle %zu", i);
    const struct value values[FIELDS] = {value_of_int((int64_t)(i % 3)), value_of_string(name),
                                         i < 40 ? value_null() : value_of_string("rural"), value_of_real((double)i)};
    struct buffer content;
    buffer_init(&content, 1 << 16);
    cell_put_nothing(&content);
    size_t start = content.length;
    cell_put_attributes(&content, NULL, values, FIELDS);
    struct world_box box = {(int64_t)i, -(int64_t)i, (int64_t)i * 2, 5};
    cell_block_put(maker, (int64_t)i + 1, &box, false, text_in(&content), content.length - start);
    buffer_finish(&content);
}

static void keeps_features(void **state)
{
    (void)state;
    const struct world_box boxes[] = {{INT32_MIN, INT32_MIN, INT32_MAX, INT32_MAX}, {3, 4, 3, 4}, {-9, -8, 7, 6}};
    const int64_t rows[] = {1, CELL_ROW_MAX, 42};
    static char filling[70000];
    memset(filling, 'x', sizeof filling);
    for (int wide = 0; wide <= 1; wide++) {
        struct cell_block_maker maker;
        struct buffer bytes;
        struct cell_block block;
        struct cell_feature feature;
        const struct text contents[] = {text_of("abcde"), {filling, wide ? sizeof filling : 9}, text_of("")};
        const size_t attributes[] = {2, wide ? 300 : 4, 0};
        cell_block_init(&maker, 1 << 20);
        buffer_init(&bytes, 1 << 20);
        cell_block_begin(&maker);
        for (int i = 0; i < 3; i++) {
            cell_block_put(&maker, rows[i], &boxes[i], i == 1, contents[i], attributes[i]);
        }
        cell_block_write(&maker, 0, &bytes);
        assert_int_equal(cell_block_open(text_in(&bytes), &block), CELL_OK);
        assert_int_equal(block.count, 3);
        assert_int_equal(cell_block_all(&block), 7);
        assert_int_equal(cell_block_add_attributes(&block, text_of("x")), CELL_DAMAGED);
        assert_int_equal(cell_block_add_attributes(&block, text_in(&maker.attributes)), CELL_OK);
        for (size_t i = 3; i-- > 0;) {
            assert_int_equal(cell_block_feature(&block, i, &feature), CELL_OK);
            assert_int_equal(feature.row, rows[i]);
            assert_int_equal(feature.attributes_elsewhere, i == 1);
            assert_memory_equal(&feature.box, &boxes[i], sizeof boxes[i]);
            size_t length = contents[i].length - attributes[i];
            assert_int_equal(feature.geometry.end - feature.geometry.at, length);
            assert_memory_equal(feature.geometry.at, contents[i].data, length);
            assert_int_equal(feature.attributes.end - feature.attributes.at, attributes[i]);
            assert_memory_equal(feature.attributes.at, contents[i].data + length, attributes[i]);
        }
        buffer_finish(&bytes);
        cell_block_finish(&maker);
    }
}

/* Which features have which value, of the columns with few. */
static void knows_classes(void **state)
{
    (void)state;
    struct cell_block_maker maker;
    struct buffer bytes;
    struct cell_block block;
    cell_block_init(&maker, 1 << 20);
    buffer_init(&bytes, 1 << 20);
    cell_block_begin(&maker);
    for (size_t i = 0; i < CELL_BLOCK_FEATURES; i++) {
        put_feature(&maker, i);
    }
    assert_true(cell_block_is_full(&maker, 1, 0));
    cell_block_write(&maker, FIELDS, &bytes);
    assert_in_range(bytes.length, 1, CELL_BLOCK_BYTES);
    assert_int_equal(cell_block_open(text_in(&bytes), &block), CELL_OK);
    struct cell_cursor classes = block.classes;
    struct cell_class class;
    static const uint64_t fields[] = {0, 2};
    static const size_t counts[] = {3, 2};
    for (int c = 0; c < 2; c++) {
        assert_true(cell_block_next_class(&classes, &class));
        assert_int_equal(class.field, fields[c]);
        assert_int_equal(class.count, counts[c]);
        uint64_t seen = 0;
        uint64_t features;
        struct cell_cursor span;
        while (cell_class_next(&class, &features, &span)) {
            struct value value;
            assert_int_equal(cell_get_value(&span, &value), CELL_OK);
            assert_ptr_equal(span.at, span.end);
            assert_int_equal(seen & features, 0);
            seen |= features;
            for (size_t i = 0; i < CELL_BLOCK_FEATURES; i++) {
                bool has = c == 0 ? value.integer == (int64_t)(i % 3) : (value.type == VALUE_NULL) == (i < 40);
                assert_int_equal(features >> i & 1, has);
            }
        }
        assert_true(seen == UINT64_MAX);
    }
    assert_false(cell_block_next_class(&classes, &class));
    buffer_finish(&bytes);
    cell_block_finish(&maker);
}

/* Where attributes of one are elsewhere, or features are few, a class would say too little for what it takes. */
static void leaves_out_classes(void **state)
{
    (void)state;
    for (int elsewhere = 0; elsewhere <= 1; elsewhere++) {
        struct cell_block_maker maker;
        struct buffer bytes;
        struct cell_block block;
        cell_block_init(&maker, 1 << 20);
        buffer_init(&bytes, 1 << 20);
        cell_block_begin(&maker);
        for (size_t i = 0; i < (elsewhere ? 30U : 2U); i++) {
            put_feature(&maker, i);
        }
        if (elsewhere) {
            cell_block_put(&maker, 99, &(struct world_box){0, 0, 1, 1}, true, text_of(""), 0);
        }
        cell_block_write(&maker, FIELDS, &bytes);
        assert_int_equal(cell_block_open(text_in(&bytes), &block), CELL_OK);
        assert_ptr_equal(block.classes.at, block.classes.end);
        buffer_finish(&bytes);
        cell_block_finish(&maker);
    }
}

/* Features are told by their boxes alone, and a geometry ends where its feature does. */
static void finds_touching(void **state)
{
    (void)state;
    struct cell_block_maker maker;
    struct buffer bytes;
    struct buffer content;
    struct cell_block block;
    struct cell_feature feature;
    struct cell_outline outlines[CELL_BLOCK_FEATURES];
    int64_t rows[CELL_BLOCK_FEATURES];
    struct arena *arena = arena_create(1 << 20);
    const struct shape_part part = {5, false};
    const struct world_point points[] = {{0, 0}, {300, 0}, {300, 300}, {0, 300}, {0, 0}};
    cell_block_init(&maker, 1 << 20);
    buffer_init(&bytes, 1 << 20);
    buffer_init(&content, 1 << 20);
    cell_block_begin(&maker);
    cell_put_snapped(&content, &(struct geometry){GEOMETRY_POLYGON, 1, 5, &part, points}, 0);
    for (int64_t i = 0; i < CELL_BLOCK_FEATURES; i++) {
        bool is_longer = i == 40;
        buffer_append(&content, "x", is_longer);
        cell_block_put(&maker, 1000 - i, &(struct world_box){i * 10, -i * 1000, i * 10 + 9, -i * 1000 + i}, false,
                       text_in(&content), 0);
        content.length -= is_longer;
    }
    cell_block_write(&maker, 0, &bytes);
    assert_int_equal(cell_block_open(text_in(&bytes), &block), CELL_OK);
    assert_true(cell_block_all(&block) == UINT64_MAX);
    const struct cell_box areas[] = {{-5, -99999, 0, 99999}, {25, -4000, 49, -2000}, {640, -99999, 999, 99999}};
    const uint64_t touching[] = {1, 0x1c, 0};
    for (int a = 0; a < 3; a++) {
        assert_true(cell_block_touching(&block, UINT64_MAX, areas[a]) == touching[a]);
        assert_true(cell_block_touching(&block, ~(uint64_t)8, areas[a]) == (touching[a] & ~(uint64_t)8));
    }
    for (size_t i = 0; i < CELL_BLOCK_FEATURES; i++) {
        assert_int_equal(cell_block_feature(&block, i, &feature), CELL_OK);
        assert_int_equal(feature.row, 1000 - i);
        assert_int_equal(cell_block_outlines(&block, (uint64_t)1 << i, 0, arena, outlines, rows),
                         i == 40 ? CELL_DAMAGED : CELL_OK);
        assert_memory_equal(outlines[0].points, points, sizeof points);
    }
    assert_int_equal(cell_block_outlines(&block, UINT64_MAX, 0, arena, outlines, rows), CELL_DAMAGED);
    uint64_t chosen = ~((uint64_t)1 << 40 | 0xff00f);
    size_t used = arena_used(arena);
    assert_int_equal(cell_block_outlines(&block, chosen, 0, arena, outlines, rows), CELL_OK);
    assert_in_range(arena_used(arena) - used, 51 * 48, 51 * 48 + 15); /* no more than what they are */
    const struct cell_outline *outline = outlines;
    for (const int64_t *row = rows; chosen != 0; chosen &= chosen - 1, outline++, row++) {
        int i = __builtin_ctzll(chosen);
        const struct cell_box box = {i * 10, -i * 1000, i * 10 + 9, -i * 1000 + i};
        assert_int_equal(*row, 1000 - i);
        assert_memory_equal(&outline->box, &box, sizeof box);
        assert_int_equal(outline->part_count, 1);
        assert_int_equal(outline->parts[0].end, 5);
        assert_int_equal(outline->vertex_count, 5);
        assert_memory_equal(outline->points, points, sizeof points);
    }
    arena_destroy(arena);
    buffer_finish(&content);
    buffer_finish(&bytes);
    cell_block_finish(&maker);
}

/* Cut anywhere a block is damaged, or its last features are, and nothing is read past its end. */
static void survives_cuts(void **state)
{
    (void)state;
    struct cell_block_maker maker;
    struct buffer bytes;
    cell_block_init(&maker, 1 << 20);
    buffer_init(&bytes, 1 << 20);
    cell_block_begin(&maker);
    for (size_t i = 0; i < 20; i++) {
        put_feature(&maker, i);
    }
    cell_block_write(&maker, FIELDS, &bytes);
    for (size_t length = 0; length < bytes.length; length++) {
        char *copy = malloc(length + 1);
        memcpy(copy, bytes.data, length);
        struct cell_block block;
        size_t sound = 0;
        if (cell_block_open((struct text){copy, length}, &block) == CELL_OK) {
            struct cell_feature feature;
            for (size_t i = 0; i < block.count; i++) {
                sound += cell_block_feature(&block, i, &feature) == CELL_OK;
            }
        }
        assert_in_range(sound, 0, 19);
        free(copy);
    }
    buffer_finish(&bytes);
    cell_block_finish(&maker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_features), cmocka_unit_test(knows_classes), cmocka_unit_test(leaves_out_classes),
        cmocka_unit_test(finds_touching), cmocka_unit_test(survives_cuts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
