/* SPDX-License-Identifier: MIT */
#include "draw/hairline.h"

#include "unit/draw/shapes.h"
#include "unit/test.h"

#include <math.h>
#include <stdio.h>

enum { SIDE = 48, FINER = 16, FINE_SIDE = SIDE * FINER };

static const struct stroke thin = {.width_px = 0.6, .cap = LINE_CAP_BUTT, .miter_limit = 2, .round_limit = 1.05};

/* The line's true coverage: drawn as an outline 16 times as large, then averaged. */
static void cover_truly(struct raster *raster, const struct shape *shape, bool closed, const struct stroke *stroke,
                        double *out_coverage)
{
    static uint8_t fine[FINE_SIDE * FINE_SIDE];
    struct shape larger = *shape;
    struct stroke wider = *stroke;
    wider.width_px *= FINER;
    for (size_t i = 0; i < larger.count; i++) {
        larger.points[i].x *= FINER;
        larger.points[i].y *= FINER;
    }
    assert_false(hairline_fits(&wider));
    raster_begin(raster, FINE_SIDE, FINE_SIDE);
    assert_true(stroke_add(raster, larger.points, larger.count, closed, &wider));
    raster_mask(raster, FILL_NONZERO, fine, FINE_SIDE);
    for (size_t i = 0; i < SIDE * SIDE; i++) {
        double sum = 0;
        for (size_t j = 0; j < FINER * FINER; j++) {
            sum += fine[(i / SIDE * FINER + j / FINER) * FINE_SIDE + i % SIDE * FINER + j % FINER];
        }
        out_coverage[i] = sum / (FINER * FINER);
    }
}

/* A line that does not come near itself again: like a border, not like a scribble. */
static struct shape wander(uint64_t *seed, bool closed)
{
    struct shape shape = {.count = closed ? 12 : 8};
    for (size_t i = 0; i < shape.count; i++) {
        double turn = 6.283185307179586 * (double)i / (double)shape.count;
        double radius = shapes_between(seed, 9 * DRAW_ONE, 20 * DRAW_ONE);
        double jog = shapes_between(seed, -2 * DRAW_ONE, 2 * DRAW_ONE);
        double x = closed ? SIDE / 2.0 * DRAW_ONE + radius * cos(turn) : (4 + 5 * (double)i) * DRAW_ONE + jog;
        double y = closed ? SIDE / 2.0 * DRAW_ONE + radius * sin(turn) : SIDE / 2.0 * DRAW_ONE + (radius - 14 * 256);
        bool turns = !closed && *seed % 2 == 0;
        shape.points[i] = (struct draw_point){(int32_t)(turns ? y : x), (int32_t)(turns ? x : y)};
    }
    return shape;
}

static void ink_is_where_it_should_be(void **state)
{
    (void)state;
    struct raster *raster = raster_create(FINE_SIDE, FINE_SIDE);
    static double truth[SIDE * SIDE];
    static uint8_t mask[SIDE * SIDE];
    uint64_t seed = 3;
    double worst = 0;
    double squares = 0;
    double inked = 0;
    double ink = 0;
    double true_ink = 0;
    for (int round = 0; round < 200; round++) {
        struct stroke stroke = thin;
        bool closed = round % 2 == 0;
        struct shape shape = wander(&seed, closed);
        stroke.width_px = 0.2 + 0.1 * (round % 6);
        stroke.cap = (enum line_cap)(round / 2 % 3);
        stroke.join = (enum line_join)(round / 6 % 3);
        assert_true(hairline_fits(&stroke));
        cover_truly(raster, &shape, closed, &stroke, truth);
        raster_begin(raster, SIDE, SIDE);
        assert_true(hairline_add(raster, shape.points, shape.count, closed, &stroke));
        raster_mask(raster, FILL_NONZERO, mask, SIDE);
        for (size_t i = 0; i < SIDE * SIDE; i++) {
            double off = fabs(mask[i] - truth[i]);
            worst = off > worst ? off : worst;
            squares += off * off;
            inked += mask[i] > 0 || truth[i] > 0;
            ink += mask[i];
            true_ink += truth[i];
        }
    }
    printf("hairlines: worst %.1f/255, root of mean square %.2f, ink %.4f of the true\n", worst, sqrt(squares / inked),
           ink / true_ink);
    assert_true(worst <= 64);
    assert_true(squares <= 4 * 4 * inked);
    assert_true(fabs(ink / true_ink - 1) <= 0.005);
    raster_destroy(raster);
}

/* Axes are exact: a level or upright line and its square corners, wherever they lie in their pixels. */
static void square_corners_are_exact(void **state)
{
    (void)state;
    struct raster *raster = raster_create(FINE_SIDE, FINE_SIDE);
    static double truth[SIDE * SIDE];
    static uint8_t mask[SIDE * SIDE];
    uint64_t seed = 11;
    for (int round = 0; round < 60; round++) {
        int32_t left = shapes_between(&seed, 2 * DRAW_ONE, 20 * DRAW_ONE);
        int32_t right = left + shapes_between(&seed, DRAW_ONE, 20 * DRAW_ONE);
        int32_t top = shapes_between(&seed, 2 * DRAW_ONE, 20 * DRAW_ONE);
        int32_t bottom = top + shapes_between(&seed, DRAW_ONE, 20 * DRAW_ONE);
        struct shape shape = {.count = 4, .points = {{left, top}, {right, top}, {right, bottom}, {left, bottom}}};
        cover_truly(raster, &shape, true, &thin, truth);
        raster_begin(raster, SIDE, SIDE);
        assert_true(hairline_add(raster, shape.points, shape.count, true, &thin));
        raster_mask(raster, FILL_NONZERO, mask, SIDE);
        for (size_t i = 0; i < SIDE * SIDE; i++) {
            assert_true(fabs(mask[i] - truth[i]) <= 2.5); /* places are whole numbers of 1/256 pixel */
        }
    }
    raster_destroy(raster);
}

static struct shape moved(const struct shape *shape, int32_t x_px, int32_t y_px)
{
    struct shape there = *shape;
    for (size_t i = 0; i < there.count; i++) {
        there.points[i].x += x_px * DRAW_ONE;
        there.points[i].y += y_px * DRAW_ONE;
    }
    return there;
}

static void draw(struct raster *raster, const struct shape *shape, bool closed, const struct stroke *stroke,
                 uint32_t width, uint32_t height, uint8_t *out_mask)
{
    raster_begin(raster, width, height);
    if (!hairline_add(raster, shape->points, shape->count, closed, stroke)) {
        assert_true(raster_is_empty(raster));
    }
    raster_mask(raster, FILL_NONZERO, out_mask, width);
}

/* Any scribble, seen through windows that lie whole pixels apart, near and far, and drawn the other way round. */
static void windows_agree(void **state)
{
    (void)state;
    enum { WINDOW = 17 };
    struct raster *raster = raster_create(SIDE, SIDE);
    static uint8_t whole[SIDE * SIDE];
    static uint8_t part[SIDE * SIDE];
    uint64_t seed = 7;
    for (int round = 0; round < 1500; round++) {
        struct shape shape = shapes_random(&seed, 24, -30, SIDE + 30);
        struct stroke stroke = thin;
        bool closed = round % 2 == 0;
        stroke.width_px = shapes_between(&seed, 1, 69) / 100.0;
        stroke.cap = (enum line_cap)(round / 2 % 3);
        draw(raster, &shape, closed, &stroke, SIDE, SIDE, whole);
        for (int window = 0; window < 4; window++) {
            int32_t x = shapes_between(&seed, 0, SIDE - WINDOW);
            int32_t y = shapes_between(&seed, 0, SIDE - WINDOW);
            struct shape there = moved(&shape, -x, -y);
            draw(raster, &there, closed, &stroke, WINDOW, WINDOW, part);
            for (int32_t row = 0; row < WINDOW; row++) {
                assert_memory_equal(part + (size_t)row * WINDOW, whole + (size_t)(y + row) * SIDE + x, WINDOW);
            }
        }
        struct shape back = shape;
        for (size_t i = 0; i < shape.count; i++) {
            back.points[i] = shape.points[shape.count - 1 - i];
        }
        draw(raster, &back, closed, &stroke, SIDE, SIDE, part);
        assert_memory_equal(part, whole, sizeof whole);
        /* Nothing is left behind. */
        raster_mask(raster, FILL_NONZERO, part, SIDE);
        for (size_t i = 0; i < sizeof part; i++) {
            assert_int_equal(part[i], 0);
        }
    }
    raster_destroy(raster);
}

/* Very long lines, and so many in one row that sums would overflow. */
static void extremes_are_bounded(void **state)
{
    (void)state;
    struct raster *raster = raster_create(SIDE, SIDE);
    static uint8_t mask[SIDE * SIDE];
    struct draw_point far[] = {{-(1 << 29), 20 * DRAW_ONE + 128}, {1 << 29, 20 * DRAW_ONE + 128}};
    raster_begin(raster, SIDE, SIDE);
    assert_true(hairline_add(raster, far, 2, false, &thin));
    raster_mask(raster, FILL_NONZERO, mask, SIDE);
    assert_in_range(mask[20 * SIDE], 150, 155);
    assert_in_range(mask[20 * SIDE + SIDE - 1], 150, 155);
    struct draw_point cross[] = {{DRAW_ONE, 9 * DRAW_ONE + 128}, {40 * DRAW_ONE, 9 * DRAW_ONE + 128}};
    for (int i = 0; i < 70000; i++) {
        hairline_add(raster, cross, 2, false, &thin);
    }
    raster_mask(raster, FILL_NONZERO, mask, SIDE);
    assert_int_equal(mask[9 * SIDE + 20], 255);
    assert_int_equal(mask[9 * SIDE + 45], 0);
    struct draw_point none[] = {{300, 300}, {300, 300}};
    assert_false(hairline_add(raster, none, 2, false, &thin));
    struct draw_point there_and_back[] = {{300, 300}, {3000, 300}, {300, 300}};
    assert_false(hairline_add(raster, there_and_back, 3, true, &thin));
    raster_destroy(raster);
}

static void only_plain_thin_lines_fit(void **state)
{
    (void)state;
    const double dashes[] = {2, 2};
    struct stroke strokes[] = {thin, thin, thin, thin};
    strokes[0].width_px = 0.8;
    strokes[1].offset_px = 1;
    strokes[2].gap_width_px = 1;
    strokes[3].dashes_px = dashes;
    strokes[3].dash_count = 2;
    assert_true(hairline_fits(&thin));
    for (size_t i = 0; i < 4; i++) {
        assert_false(hairline_fits(&strokes[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ink_is_where_it_should_be),
        cmocka_unit_test(square_corners_are_exact),
        cmocka_unit_test(windows_agree),
        cmocka_unit_test(extremes_are_bounded),
        cmocka_unit_test(only_plain_thin_lines_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
