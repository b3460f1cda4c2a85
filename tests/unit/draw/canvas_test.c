/* SPDX-License-Identifier: MIT */
#include "draw/canvas.h"

#include "draw/blend.h"
#include "unit/draw/shapes.h"
#include "unit/test.h"

#include <math.h>

static void pixels_from_colors(void **state)
{
    (void)state;
    struct {
        struct color color;
        double opacity;
        struct pixel expected;
    } cases[] = {
        {{1, 0.5F, 0, 1}, 1, {255, 128, 0, 255}},   {{1, 1, 1, 1}, 0.5, {128, 128, 128, 128}},
        {{1, 0.5F, 0, 0.5F}, 0.5, {64, 32, 0, 64}}, {{2, -1, 0.2F, 7}, 3, {255, 0, 51, 255}},
        {{NAN, 1, 1, 1}, 1, {0, 255, 255, 255}},    {{1, 1, 1, 1}, NAN, {0, 0, 0, 0}},
        {{1, 1, 1, 0.002F}, 1, {1, 1, 1, 1}},       {{0, 0, 0, 0}, 1, {0, 0, 0, 0}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct pixel pixel = pixel_from_color(cases[i].color, cases[i].opacity);
        assert_memory_equal(&pixel, &cases[i].expected, sizeof pixel);
    }
}

/* x * a / 255 rounded to nearest, for all 65 536 pairs, one by one and eight at a time. */
static void multiplication_is_exact(void **state)
{
    (void)state;
    for (uint32_t a = 0; a < 256; a++) {
        for (uint32_t b = 0; b < 256; b++) {
            uint32_t exact = (2 * a * b + 255) / 510;
            assert_int_equal(blend_mul(a, b), exact);
        }
        struct canvas *canvas = canvas_create(256, 1);
        struct canvas *above = canvas_create(256, 1);
        for (uint32_t x = 0; x < 256; x++) {
            memset(above->rgba + (size_t)x * 4, (int)x, 4);
        }
        canvas_lay_over(canvas, above, (uint8_t)a);
        for (uint32_t x = 0; x < 256; x++) {
            for (uint32_t i = 0; i < 4; i++) {
                assert_int_equal(canvas->rgba[x * 4 + i], (2 * a * x + 255) / 510);
            }
        }
        canvas_destroy(above);
        canvas_destroy(canvas);
    }
}

static void random_pixels(struct canvas *canvas, uint64_t *seed)
{
    for (size_t i = 0; i < (size_t)canvas->width_px * canvas->height_px; i++) {
        int32_t alpha = shapes_between(seed, 0, 3) > 0 ? shapes_between(seed, 0, 255) : 255;
        for (size_t j = 0; j < 3; j++) {
            canvas->rgba[i * 4 + j] = (uint8_t)shapes_between(seed, 0, alpha);
        }
        canvas->rgba[i * 4 + 3] = (uint8_t)alpha;
    }
}

/* Over a ground of one colour in place: the same as over a canvas of it. */
static void laying_on(void **state)
{
    (void)state;
    uint64_t seed = 9;
    for (uint32_t width = 1; width < 40; width++) {
        struct canvas *canvas = canvas_create(width, 3);
        struct canvas *expected = canvas_create(width, 3);
        struct canvas *ground = canvas_create(1, 1);
        random_pixels(canvas, &seed);
        random_pixels(ground, &seed);
        memset(canvas->rgba, width % 2 ? 0 : 255, (size_t)width * 4); /* runs of what is empty, or opaque */
        struct pixel pixel = {ground->rgba[0], ground->rgba[1], ground->rgba[2], ground->rgba[3]};
        canvas_clear(expected, pixel);
        canvas_lay_over(expected, canvas, 255);
        struct pixel last = {0};
        memcpy(&last, canvas->rgba + (size_t)width * 12 - 4, 4);
        last = pixel_over(pixel, last);
        canvas_lay_on(canvas, pixel);
        assert_memory_equal(canvas->rgba, expected->rgba, (size_t)width * 12);
        assert_memory_equal(canvas->rgba + (size_t)width * 12 - 4, &last, 4);
        canvas_destroy(ground);
        canvas_destroy(expected);
        canvas_destroy(canvas);
    }
}

/* Against arithmetic of doubles: at most the two roundings apart, never past alpha. */
static void laying_over(void **state)
{
    (void)state;
    uint64_t seed = 5;
    for (uint32_t width = 1; width < 40; width++) {
        struct canvas *below = canvas_create(width, 3);
        struct canvas *above = canvas_create(width, 3);
        struct canvas *result = canvas_create(width, 3);
        random_pixels(below, &seed);
        random_pixels(above, &seed);
        memcpy(result->rgba, below->rgba, (size_t)width * 12);
        uint8_t opacity = (uint8_t)shapes_between(&seed, 0, 255);
        canvas_lay_over(result, above, opacity);
        for (size_t i = 0; i < (size_t)width * 3; i++) {
            double alpha = above->rgba[i * 4 + 3] * opacity / 65025.0;
            for (size_t j = 0; j < 4; j++) {
                double exact = above->rgba[i * 4 + j] * opacity / 255.0 + below->rgba[i * 4 + j] * (1 - alpha);
                assert_true(fabs(result->rgba[i * 4 + j] - exact) <= 1.51);
                assert_true(result->rgba[i * 4 + j] <= result->rgba[i * 4 + 3]);
            }
        }
        canvas_destroy(result);
        canvas_destroy(above);
        canvas_destroy(below);
    }
}

/* Colours above their alpha, as filters of images make them: the sum ends at the alpha of the result. */
static void laying_rows(void **state)
{
    (void)state;
    uint64_t seed = 9;
    for (uint32_t width = 1; width < 40; width++) {
        struct canvas *below = canvas_create(width, 2);
        struct canvas *result = canvas_create(width, 2);
        uint32_t row[40];
        random_pixels(below, &seed);
        memcpy(result->rgba, below->rgba, (size_t)width * 8);
        for (uint32_t x = 0; x < width; x++) {
            row[x] = (uint32_t)shapes_between(&seed, 0, 0xffffff) | (uint32_t)shapes_between(&seed, 0, 255) << 24;
        }
        canvas_lay_row(result, 0, 1, row, width);
        assert_memory_equal(result->rgba, below->rgba, (size_t)width * 4);
        for (uint32_t x = 0; x < width; x++) {
            const uint8_t *is = result->rgba + 4 * ((size_t)width + x);
            const uint8_t *was = below->rgba + 4 * ((size_t)width + x);
            double rest = 1 - (row[x] >> 24) / 255.0;
            for (unsigned i = 0; i < 4; i++) {
                double exact = fmin((row[x] >> 8 * i & 255) + was[i] * rest, is[3]);
                assert_true(fabs(is[i] - exact) <= 1);
            }
        }
        canvas_destroy(result);
        canvas_destroy(below);
    }
}

static void filling(void **state)
{
    (void)state;
    struct canvas *canvas = canvas_create(13, 5);
    canvas_clear(canvas, (struct pixel){1, 2, 3, 4});
    assert_memory_equal(canvas->rgba + 64 * 4, "\1\2\3\4", 4);
    canvas_fill(canvas, (struct pixel){10, 20, 30, 255});
    for (size_t i = 0; i < 65; i++) {
        assert_memory_equal(canvas->rgba + i * 4, "\12\24\36\377", 4);
    }
    canvas_fill(canvas, (struct pixel){100, 0, 0, 128});
    for (size_t i = 0; i < 65; i++) { /* 10 * 127 / 255 = 4.98, 20: 9.96, 30: 14.94 */
        assert_memory_equal(canvas->rgba + i * 4, "\x69\x0a\x0f\xff", 4);
    }
    canvas_destroy(canvas);
    canvas_destroy(NULL);
    assert_null(canvas_create(UINT32_MAX, UINT32_MAX)); /* more than any memory */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pixels_from_colors), cmocka_unit_test(multiplication_is_exact),
        cmocka_unit_test(laying_over),        cmocka_unit_test(laying_on),
        cmocka_unit_test(laying_rows),        cmocka_unit_test(filling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
