/* SPDX-License-Identifier: MIT */
#include "draw/png_rows.h"

#include "unit/draw/shapes.h"
#include "unit/test.h"

#include <stdlib.h>

static void depths_are_the_least(void **state)
{
    (void)state;
    const unsigned depths[][2] = {{1, 1}, {2, 1}, {3, 2}, {4, 2}, {5, 4}, {16, 4}, {17, 8}, {256, 8}};
    for (size_t i = 0; i < sizeof depths / sizeof *depths; i++) {
        assert_int_equal(png_rows_depth(depths[i][0]), depths[i][1]);
    }
}

/* Every index of every row, bit by bit. */
static void check(const uint8_t *indices, size_t width, size_t height, unsigned depth, const uint8_t *numbers)
{
    size_t row_size = 1 + (width * depth + 7) / 8;
    uint8_t *rows = malloc(row_size * height); /* exactly, so that a sanitizer sees what goes beyond */
    assert_non_null(rows);
    assert_int_equal(png_rows_pack(indices, width, height, depth, numbers, rows), row_size * height);
    for (size_t y = 0; y < height; y++) {
        const uint8_t *row = rows + y * row_size;
        assert_int_equal(row[0], 0);
        for (size_t x = 0; x < width; x++) {
            uint8_t index = indices[y * width + x];
            unsigned bit = (unsigned)x * depth;
            unsigned packed = (unsigned)row[1 + bit / 8] >> (8 - depth - bit % 8) & ((1U << depth) - 1);
            assert_int_equal(packed, numbers ? numbers[index] : index);
        }
        if (width * depth % 8 != 0) {
            assert_int_equal(row[row_size - 1] & (0xff >> width * depth % 8), 0);
        }
    }
    free(rows);
}

/* Numbers that go up by one where a colour is in use, and those that go in any order; both are what they are. */
static void rows_hold_the_numbers(void **state)
{
    (void)state;
    uint64_t seed = 23;
    for (int turn = 0; turn < 400; turn++) {
        unsigned depth = 1U << turn % 4;
        size_t width = (size_t)shapes_between(&seed, 1, turn % 7 == 0 ? 700 : 90);
        size_t height = (size_t)shapes_between(&seed, 1, 9);
        int use = (int)shapes_between(&seed, 0, 8); /* of eight colours, about */
        uint8_t numbers[PNG_ROWS_COLORS_MAX];
        uint8_t in_use[PNG_ROWS_COLORS_MAX] = {0};
        unsigned count = 0;
        for (size_t i = 0; i < PNG_ROWS_COLORS_MAX; i++) {
            numbers[i] = (uint8_t)count;
            if ((shapes_between(&seed, 0, 7) < use || (i == 255 && count == 0)) && count < 1U << depth) {
                in_use[count++] = (uint8_t)i;
            }
        }
        if (turn % 5 == 0) {
            numbers[in_use[0]] = numbers[in_use[count - 1]];
            numbers[in_use[count - 1]] = 0;
        }
        uint8_t *indices = malloc(width * height);
        assert_non_null(indices);
        for (size_t i = 0; i < width * height; i++) {
            indices[i] = in_use[shapes_between(&seed, 0, (int32_t)count - 1)];
        }
        check(indices, width, height, depth, numbers);
        for (size_t i = 0; i < width * height; i++) {
            indices[i] = numbers[indices[i]];
        }
        check(indices, width, height, depth, NULL);
        free(indices);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(depths_are_the_least),
        cmocka_unit_test(rows_hold_the_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
