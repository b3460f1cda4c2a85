/* SPDX-License-Identifier: MIT */
#include "draw/png_deflate.h"

#include "unit/draw/shapes.h"
#include "unit/test.h"

#include <stdlib.h>
#include <zlib.h>

/* Packs, and unpacks with zlib. Returns the size of the stream. */
static size_t check(struct png_deflate *deflate, const uint8_t *bytes, size_t size, size_t row_size)
{
    /* Exactly what is promised, so that a sanitizer sees what goes beyond. */
    uint8_t *packed = malloc(png_deflate_bound(size));
    uint8_t *again = malloc(png_deflate_bound(size));
    uint8_t *unpacked = malloc(size + 1);
    assert_true(packed && again && unpacked);
    size_t length = png_deflate_pack(deflate, bytes, size, row_size, packed);
    assert_in_range(length, 1, png_deflate_bound(size));
    uLongf unpacked_size = size + 1;
    assert_int_equal(uncompress(unpacked, &unpacked_size, packed, length), Z_OK);
    assert_int_equal(unpacked_size, size);
    assert_memory_equal(unpacked, bytes, size);
    assert_int_equal(png_deflate_pack(deflate, bytes, size, row_size, again), length);
    assert_memory_equal(packed, again, length);
    free(packed);
    free(again);
    free(unpacked);
    return length;
}

static uint8_t *make_bytes(size_t size)
{
    uint8_t *bytes = calloc(size + 1, 1);
    assert_non_null(bytes);
    return bytes;
}

static void one_color(void **state)
{
    (void)state;
    struct png_deflate *deflate = png_deflate_create();
    for (size_t size = 1; size < 400; size++) {
        uint8_t *bytes = make_bytes(size);
        check(deflate, bytes, size, size % 17 + 1);
        free(bytes);
    }
    uint8_t *bytes = make_bytes(33 * 256);
    assert_in_range(check(deflate, bytes, 33 * 256, 33), 10, 70);
    free(bytes);
    assert_int_equal(check(deflate, (const uint8_t *)"", 0, 1), 11);
    png_deflate_destroy(deflate);
    png_deflate_destroy(NULL);
}

/* Bytes without any order are stored. */
static void noise(void **state)
{
    (void)state;
    struct png_deflate *deflate = png_deflate_create();
    uint64_t seed = 3;
    const size_t sizes[] = {1, 63, 64, 65, 4096, 65535, 65536, 70000, 300000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint8_t *bytes = make_bytes(sizes[i]);
        for (size_t j = 0; j < sizes[i]; j++) {
            bytes[j] = (uint8_t)shapes_between(&seed, 0, 255);
        }
        assert_in_range(check(deflate, bytes, sizes[i], 257), sizes[i], sizes[i] + sizes[i] / 4096 + 16);
        free(bytes);
    }
    png_deflate_destroy(deflate);
}

/* Runs, rows that are like those before but shifted, and much rarer symbols than a code of 15 bits has room for. */
static void pictures(void **state)
{
    (void)state;
    struct png_deflate *deflate = png_deflate_create();
    uint64_t seed = 11;
    for (int turn = 0; turn < 60; turn++) {
        size_t row_size = (size_t)shapes_between(&seed, 1, turn % 10 == 0 ? 40000 : 700);
        size_t size = row_size * (size_t)shapes_between(&seed, 1, 1 + (int)(400000 / row_size));
        uint8_t *bytes = make_bytes(size);
        int colors = (int)shapes_between(&seed, 1, 255);
        for (size_t i = 0; i < size;) {
            size_t run = (size_t)shapes_between(&seed, 1, turn % 3 == 0 ? 4 : 600);
            int kind = (int)shapes_between(&seed, 0, 3);
            size_t back = row_size + (size_t)shapes_between(&seed, 0, 4);
            uint8_t color = (uint8_t)shapes_between(&seed, 0, colors);
            for (; run > 0 && i < size; run--, i++) {
                bytes[i] = kind > 0 && i >= back ? bytes[i - back] : color;
            }
        }
        check(deflate, bytes, size, row_size);
        free(bytes);
    }
    uint8_t *bytes = make_bytes(60000); /* as often as Fibonacci's numbers: the deepest tree there is */
    size_t at = 0;
    for (size_t a = 1, b = 1, color = 1; at + a < 60000; color++) {
        for (size_t i = 0; i < a; i++) {
            bytes[(at++ * 7919) % 60000] = (uint8_t)color;
        }
        size_t next = a + b;
        a = b;
        b = next;
    }
    check(deflate, bytes, 60000, 251);
    free(bytes);
    png_deflate_destroy(deflate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_color),
        cmocka_unit_test(noise),
        cmocka_unit_test(pictures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
