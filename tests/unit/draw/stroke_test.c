/* SPDX-License-Identifier: MIT */
#include "draw/stroke.h"

#include "unit/draw/shapes.h"
#include "unit/test.h"

#include <math.h>

enum { SIDE = 64 };

static struct draw_point at(double x, double y)
{
    return (struct draw_point){(int32_t)lround(x * DRAW_ONE), (int32_t)lround(y * DRAW_ONE)};
}

static void mask_line(struct raster *raster, const struct draw_point *points, size_t count, bool closed,
                      const struct stroke *stroke, uint8_t *out_mask)
{
    assert_true(stroke_add(raster, points, count, closed, stroke));
    raster_mask(raster, FILL_NONZERO, out_mask, raster_width_px(raster));
}

static double sum_of(const uint8_t *mask, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += mask[i];
    }
    return sum / 255;
}

/* The ink of a picture of SIDE x SIDE in pixels. */
static void assert_area(const uint8_t *mask, double expected, double tolerance)
{
    double area = sum_of(mask, SIDE * SIDE);
    if (fabs(area - expected) > tolerance) {
        fail_msg("%.3f pixels of ink, not %.3f", area, expected);
    }
}

/* Thin lines keep their exact coverage: a quarter of a pixel is a quarter of the ink. */
static void level_lines_are_exact(void **state)
{
    (void)state;
    struct raster *raster = raster_create(SIDE, SIDE);
    uint8_t mask[SIDE * SIDE];
    double widths[] = {0.125, 0.25, 0.5, 1, 1.5, 2, 7};
    for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++) {
        struct stroke stroke = {.width_px = widths[i]};
        struct draw_point line[] = {at(8, 20.5), at(40, 20.5)};
        mask_line(raster, line, 2, false, &stroke, mask);
        assert_int_equal(mask[20 * SIDE + 20], (int)(fmin(widths[i], 1) * 255 + 0.5));
        assert_int_equal(mask[20 * SIDE + 7], 0);
        assert_int_equal(mask[20 * SIDE + 40], 0);
        assert_area(mask, 32 * widths[i], 0.5);
        /* The same line upright. */
        struct draw_point upright[] = {at(20.5, 40), at(20.5, 8)};
        uint8_t turned[SIDE * SIDE];
        mask_line(raster, upright, 2, false, &stroke, turned);
        for (size_t j = 0; j < sizeof mask; j++) {
            assert_int_equal(turned[j], mask[j % SIDE * SIDE + j / SIDE]);
        }
    }
    raster_destroy(raster);
}

/* Area of a stroke in px² against the formula: caps and joins add what they should. */
static void areas(void **state)
{
    (void)state;
    struct {
        enum line_cap cap;
        enum line_join join;
        double miter_limit;
        double expected; /* beyond two segments of 16 px, 8 wide, meeting at a right angle */
    } cases[] = {
        /* The segments overlap in a 4 x 4 square, outside of which a right angle leaves 4 x 4 to fill. */
        {LINE_CAP_BUTT, LINE_JOIN_BEVEL, 2, -16 + 8},      {LINE_CAP_BUTT, LINE_JOIN_MITER, 2, -16 + 16},
        {LINE_CAP_BUTT, LINE_JOIN_MITER, 1.2, -16 + 8}, /* √2 is beyond the limit */
        {LINE_CAP_BUTT, LINE_JOIN_ROUND, 2, -16 + 12.566}, {LINE_CAP_ROUND, LINE_JOIN_MITER, 2, 50.265},
        {LINE_CAP_SQUARE, LINE_JOIN_MITER, 2, 64},
    };
    struct raster *raster = raster_create(SIDE, SIDE);
    uint8_t mask[SIDE * SIDE];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (int turn = 0; turn < 2; turn++) { /* right and left */
            struct stroke stroke = {.width_px = 8,
                                    .cap = cases[i].cap,
                                    .join = cases[i].join,
                                    .miter_limit = cases[i].miter_limit,
                                    .round_limit = 1.05};
            struct draw_point line[] = {at(20, 30), at(36, 30), at(36, turn == 0 ? 46 : 14)};
            mask_line(raster, line, 3, false, &stroke, mask);
            assert_area(mask, 2 * 16 * 8 + cases[i].expected, 0.6);
        }
    }
    raster_destroy(raster);
}

static void add_random_lines(struct raster *raster, uint64_t seed, int32_t dx_px, int32_t dy_px)
{
    int lines = shapes_between(&seed, 1, 3);
    for (int i = 0; i < lines; i++) {
        double dashes[4];
        struct shape shape = shapes_random(&seed, 16, -40, 2 * SIDE + 40);
        struct stroke stroke = shapes_random_stroke(&seed, dashes);
        bool closed = shapes_between(&seed, 0, 2) == 0;
        shape = shapes_moved(&shape, dx_px, dy_px);
        assert_true(stroke_add(raster, shape.points, shape.count, closed, &stroke));
    }
}

/* A line moved by whole pixels gives the same bytes: widths, joins, caps, dashes, gaps and offsets alike. */
static void moving_changes_nothing(void **state)
{
    (void)state;
    struct raster *raster = raster_create(2 * SIDE, 2 * SIDE);
    static uint8_t large[4 * SIDE * SIDE];
    static uint8_t small[SIDE * SIDE];
    for (uint64_t seed = 0; seed < 600; seed++) {
        raster_begin(raster, 2 * SIDE, 2 * SIDE);
        add_random_lines(raster, seed, 0, 0);
        raster_mask(raster, FILL_NONZERO, large, 2 * SIDE);
        uint64_t window = seed + 1000;
        int32_t x = shapes_between(&window, 0, SIDE);
        int32_t y = shapes_between(&window, 0, SIDE);
        raster_begin(raster, SIDE, SIDE);
        add_random_lines(raster, seed, -x, -y);
        raster_mask(raster, FILL_NONZERO, small, SIDE);
        for (int32_t row = 0; row < SIDE; row++) {
            assert_memory_equal(small + row * SIDE, large + (row + y) * 2 * SIDE + x, SIDE);
        }
    }
    raster_destroy(raster);
}

/* Squared distance in pixels from the centre of a pixel to a segment. */
static double distance_to(const struct draw_point *a, const struct draw_point *b, double x, double y, bool *out_beside)
{
    double ax = (double)a->x / DRAW_ONE;
    double ay = (double)a->y / DRAW_ONE;
    double dx = (double)b->x / DRAW_ONE - ax;
    double dy = (double)b->y / DRAW_ONE - ay;
    double square = dx * dx + dy * dy;
    double part = square > 0 ? ((x - ax) * dx + (y - ay) * dy) / square : 0;
    /* Away from both ends, where caps and joins do not matter. */
    double margin = square > 0 ? 0.8 / sqrt(square) : 1;
    *out_beside = part > margin && part < 1 - margin;
    part = part < 0 ? 0 : (part > 1 ? 1 : part);
    return hypot(ax + part * dx - x, ay + part * dy - y);
}

/* What lies well inside of a line is full and what lies well outside is empty, however the line crosses itself, doubles
 * back or turns: no holes. */
static void no_holes(void **state)
{
    (void)state;
    struct raster *raster = raster_create(SIDE, SIDE);
    uint8_t mask[SIDE * SIDE];
    for (uint64_t seed = 0; seed < 300; seed++) {
        uint64_t next = seed + 77;
        struct shape shape = shapes_random(&next, 16, -5, SIDE + 5);
        struct stroke stroke = {.width_px = shapes_between(&next, 20, 160) / 10.0,
                                .cap = (enum line_cap)shapes_between(&next, 0, 2),
                                .join = (enum line_join)shapes_between(&next, 0, 2),
                                .miter_limit = 2,
                                .round_limit = 1.05};
        bool closed = shapes_between(&next, 0, 1) == 1;
        double half = stroke.width_px / 2;
        mask_line(raster, shape.points, shape.count, closed, &stroke, mask);
        for (size_t i = 0; i < sizeof mask; i++) {
            double x = (double)(i % SIDE) + 0.5;
            double y = (double)(i / SIDE) + 0.5;
            double nearest = 1e9;
            bool covered = false;
            for (size_t j = 0; j + (closed ? 0 : 1) < shape.count; j++) {
                bool beside;
                double distance = distance_to(&shape.points[j], &shape.points[(j + 1) % shape.count], x, y, &beside);
                nearest = fmin(nearest, distance);
                covered = covered || (beside && distance < half - 0.8);
            }
            if (stroke.cap == LINE_CAP_ROUND && stroke.join == LINE_JOIN_ROUND && nearest < half - 1.1) {
                covered = true; /* the ends of segments too; thinned points may be a third of a pixel away */
            }
            if (covered && mask[i] < 250) {
                fail_msg("seed %d: %d at %d, %d inside a line %.1f wide", (int)seed, mask[i], (int)(i % SIDE),
                         (int)(i / SIDE), stroke.width_px);
            }
            double reach = stroke.join == LINE_JOIN_ROUND && stroke.cap != LINE_CAP_SQUARE ? half * 1.06
                                                                                           : stroke_reach_px(&stroke);
            if (nearest > reach + 1.1) {
                assert_int_equal(mask[i], 0);
            }
        }
    }
    raster_destroy(raster);
}

/* On a level line in the middle of row 4: the ink of each column. */
static void check_dashes(struct raster *raster, const struct stroke *stroke, double first, double last,
                         const char *expected)
{
    uint8_t mask[SIDE * 8];
    struct draw_point line[] = {at(first, 4.5), at(last, 4.5)};
    raster_begin(raster, SIDE, 8);
    mask_line(raster, line, 2, false, stroke, mask);
    for (size_t x = 0; expected[x]; x++) {
        int ink = expected[x] == '#' ? 255 : expected[x] == '+' ? 128 : 0;
        if (abs(mask[4 * SIDE + x] - ink) > 1) {
            fail_msg("\"%s\": %d in column %d", expected, mask[4 * SIDE + x], (int)x);
        }
    }
    /* The same line in three pieces that know their start. */
    double middle = floor((first + last) / 2) + 0.25;
    uint8_t pieces[SIDE * 8];
    struct stroke later = *stroke;
    later.dash_start_px += middle - first;
    if (stroke->cap == LINE_CAP_BUTT) {
        struct draw_point head[] = {at(first, 4.5), at(middle, 4.5)};
        struct draw_point tail[] = {at(middle, 4.5), at(last, 4.5)};
        assert_true(stroke_add(raster, head, 2, false, stroke));
        mask_line(raster, tail, 2, false, &later, pieces);
        assert_memory_equal(pieces, mask, sizeof mask);
    }
}

static void dashes_follow_the_pattern(void **state)
{
    (void)state;
    struct raster *raster = raster_create(SIDE, SIDE);
    double four_two[] = {4, 2};
    double one[] = {3};
    double three[] = {4, 1, 2};
    double half[] = {2.5, 1.5};
    double off_first[] = {0, 2, 3, 1};
    struct stroke stroke = {.width_px = 1, .dashes_px = four_two, .dash_count = 2};
    check_dashes(raster, &stroke, 2, 22, "..####..####..####..##......");
    stroke.dash_start_px = 5;
    check_dashes(raster, &stroke, 2, 22, "...####..####..####..#......");
    stroke.dash_start_px = -1;
    check_dashes(raster, &stroke, 2, 22, "...####..####..####..#......");
    stroke = (struct stroke){.width_px = 1, .dashes_px = one, .dash_count = 1};
    check_dashes(raster, &stroke, 2, 16, "..###...###...##......");
    stroke = (struct stroke){.width_px = 1, .dashes_px = three, .dash_count = 3};
    check_dashes(raster, &stroke, 2, 30, "..####.##....#..####.##....#....");
    stroke = (struct stroke){.width_px = 1, .dashes_px = half, .dash_count = 2};
    check_dashes(raster, &stroke, 2, 14, "..##+.##+.##+......");
    stroke = (struct stroke){.width_px = 1, .dashes_px = off_first, .dash_count = 4};
    check_dashes(raster, &stroke, 2, 16, "....###...###......");
    raster_destroy(raster);
}

/* Dashes begin at the first point of the line, around corners and far outside of the picture. */
static void dashes_start_at_the_line(void **state)
{
    (void)state;
    struct raster *raster = raster_create(SIDE, SIDE);
    uint8_t mask[SIDE * SIDE];
    double dashes[] = {4, 4};
    struct stroke stroke = {.width_px = 1, .dashes_px = dashes, .dash_count = 2};
    /* 1 600 000 px to the left, 5 px down, then through the picture. */
    struct draw_point line[] = {at(-1600000, 15.5), at(-1600000, 20.5), at(2000000, 20.5)};
    mask_line(raster, line, 3, false, &stroke, mask);
    for (int x = 0; x < SIDE; x++) {
        assert_int_equal(mask[20 * SIDE + x], (x + 5 + 1600000) % 8 < 4 ? 255 : 0);
    }
    raster_destroy(raster);
}

static void degenerate_lines(void **state)
{
    (void)state;
    struct raster *raster = raster_create(SIDE, SIDE);
    uint8_t mask[SIDE * SIDE];
    struct draw_point still[] = {at(30, 30), at(30, 30), at(30, 30)};
    double expected[] = {0, 3.14159 * 25, 100};
    for (int cap = 0; cap < 3; cap++) {
        struct stroke stroke = {.width_px = 10, .cap = (enum line_cap)cap, .join = LINE_JOIN_ROUND};
        for (size_t count = 1; count <= 3; count++) {
            for (int closed = 0; closed < 2; closed++) {
                mask_line(raster, still, count, closed == 1, &stroke, mask);
                assert_area(mask, expected[cap], 0.8);
            }
        }
        /* There and back again is the same as there, but for a round join at the far end. */
        struct draw_point back[] = {at(20, 30), at(40, 30), at(20, 30)};
        mask_line(raster, back, 3, false, &stroke, mask);
        double ends[] = {39.27, 78.54, 50 + 39.27};
        assert_area(mask, 200 + ends[cap], 3.5);         /* two round caps on each other: their rims add */
        mask_line(raster, back, 2, true, &stroke, mask); /* a ring of two points */
        assert_area(mask, 200 + 78.54, 1.5);
    }
    struct stroke none = {.width_px = 0, .cap = LINE_CAP_ROUND};
    mask_line(raster, still, 3, false, &none, mask);
    assert_area(mask, 0, 0);
    none.width_px = NAN;
    mask_line(raster, still, 3, false, &none, mask);
    assert_area(mask, 0, 0);
    none.width_px = 4;
    mask_line(raster, still, 0, true, &none, mask);
    assert_area(mask, 0, 0);
    raster_destroy(raster);
}

/* A dash of no length is a dot with round caps and nothing otherwise. */
static void dots(void **state)
{
    (void)state;
    struct raster *raster = raster_create(SIDE, SIDE);
    uint8_t mask[SIDE * SIDE];
    double dashes[] = {0, 8};
    struct draw_point line[] = {at(8, 30), at(44, 30)}; /* dots at 8, 16, 24, 32, 40 */
    struct stroke stroke = {.width_px = 4, .cap = LINE_CAP_ROUND, .dashes_px = dashes, .dash_count = 2};
    mask_line(raster, line, 2, false, &stroke, mask);
    assert_area(mask, 5 * 3.14159 * 4, 0.8);
    assert_int_equal(mask[30 * SIDE + 24], 255);
    assert_int_equal(mask[30 * SIDE + 20], 0);
    stroke.cap = LINE_CAP_BUTT;
    mask_line(raster, line, 2, false, &stroke, mask);
    assert_area(mask, 0, 0);
    stroke.cap = LINE_CAP_ROUND;
    stroke.gap_width_px = 6; /* a dot either side */
    mask_line(raster, line, 2, false, &stroke, mask);
    assert_area(mask, 10 * 3.14159 * 4, 1.6);
    assert_int_equal(mask[30 * SIDE + 24], 0);
    assert_int_equal(mask[25 * SIDE + 24], 255);
    raster_destroy(raster);
}

static void gaps_and_offsets(void **state)
{
    (void)state;
    struct raster *raster = raster_create(SIDE, SIDE);
    uint8_t mask[SIDE * SIDE];
    struct draw_point line[] = {at(8, 30), at(40, 30)};
    struct stroke stroke = {.width_px = 2, .gap_width_px = 4};
    mask_line(raster, line, 2, false, &stroke, mask);
    for (int y = 0; y < SIDE; y++) { /* ink at 26 … 28 and 32 … 34 */
        assert_int_equal(mask[y * SIDE + 20], y == 26 || y == 27 || y == 32 || y == 33 ? 255 : 0);
    }
    stroke = (struct stroke){.width_px = 2, .offset_px = 5}; /* to the right of eastwards: down */
    mask_line(raster, line, 2, false, &stroke, mask);
    for (int y = 0; y < SIDE; y++) {
        assert_int_equal(mask[y * SIDE + 20], y == 34 || y == 35 ? 255 : 0);
    }
    /* A ring offset to its inside (clockwise on the screen, to the right) is a smaller ring. */
    struct draw_point ring[] = {at(10, 10), at(50, 10), at(50, 50), at(10, 50)};
    stroke.join = LINE_JOIN_MITER;
    stroke.miter_limit = 2;
    mask_line(raster, ring, 4, true, &stroke, mask);
    assert_area(mask, 4 * 30 * 2, 0.5);
    stroke.offset_px = -5;
    mask_line(raster, ring, 4, true, &stroke, mask);
    assert_area(mask, 4 * 50 * 2, 0.5);
    raster_destroy(raster);
}

/* Any coordinates and any stroke: no overflow, no endless loop. */
static void extreme_strokes(void **state)
{
    (void)state;
    struct raster *raster = raster_create(SIDE, SIDE);
    double numbers[] = {0, 1e-9, 0.01, 1, 20, 1e6, 1e300, -1, -1e300, NAN, INFINITY, -INFINITY};
    size_t count = sizeof numbers / sizeof numbers[0];
    uint64_t seed = 3;
    for (int round = 0; round < 400; round++) {
        struct draw_point wild[8];
        for (size_t i = 0; i < 8; i++) {
            bool far = shapes_between(&seed, 0, 2) > 0;
            wild[i].x = far ? (int32_t)shapes_next(&seed) : shapes_between(&seed, 0, SIDE * DRAW_ONE);
            wild[i].y = far ? (int32_t)shapes_next(&seed) : shapes_between(&seed, 0, SIDE * DRAW_ONE);
        }
        double dashes[3];
        for (size_t i = 0; i < 3; i++) {
            dashes[i] = numbers[shapes_next(&seed) % count];
        }
        struct stroke stroke = {.width_px = numbers[shapes_next(&seed) % count],
                                .offset_px = numbers[shapes_next(&seed) % count],
                                .gap_width_px = numbers[shapes_next(&seed) % count],
                                .cap = (enum line_cap)shapes_between(&seed, 0, 2),
                                .join = (enum line_join)shapes_between(&seed, 0, 2),
                                .miter_limit = numbers[shapes_next(&seed) % count],
                                .round_limit = numbers[shapes_next(&seed) % count],
                                .dashes_px = dashes,
                                .dash_count = (size_t)shapes_between(&seed, 0, 3),
                                .dash_start_px = numbers[shapes_next(&seed) % count]};
        assert_true(stroke_add(raster, wild, (size_t)shapes_between(&seed, 1, 8), round % 2 == 0, &stroke));
        raster_discard(raster);
        assert_true(stroke_reach_px(&stroke) >= 0);
    }
    raster_destroy(raster);
}

/* A line that winds along, as streets do. */
static struct shape winding(uint64_t *seed)
{
    struct shape shape = {.count = (size_t)shapes_between(seed, 2, SHAPE_POINTS_MAX)};
    struct draw_point from = {shapes_between(seed, -20 * DRAW_ONE, (SIDE + 20) * DRAW_ONE),
                              shapes_between(seed, -20 * DRAW_ONE, (SIDE + 20) * DRAW_ONE)};
    int32_t step_x = shapes_between(seed, -1000, 1000);
    int32_t step_y = shapes_between(seed, -1000, 1000);
    int32_t bend = shapes_between(seed, 0, 800);
    for (size_t i = 0; i < shape.count; i++) {
        shape.points[i] = from;
        from.x += step_x + shapes_between(seed, -bend, bend);
        from.y += step_y + shapes_between(seed, -bend, bend);
    }
    return shape;
}

/* What is computed four at once is what is computed one by one: in and out of the picture, round sharp corners, in
 * rings, with lines that are too long or too far away for it. */
static void kernels_draw_the_same(void **state)
{
    (void)state;
    struct raster *quick = raster_create(SIDE, SIDE);
    struct raster *portable = raster_create(SIDE, SIDE);
    uint8_t masks[2][SIDE * SIDE];
    uint64_t seed = 26;
    double ink = 0;
    assert_true(raster_set_kernel(portable, RASTER_KERNEL_PORTABLE));
    for (int round = 0; round < 10000; round++) {
        struct shape shape = round % 3 == 0 ? shapes_random(&seed, SHAPE_POINTS_MAX, -30, SIDE + 30) : winding(&seed);
        struct stroke stroke = {.width_px = shapes_between(&seed, 1, round % 10 == 0 ? 20000 : 1000) / 100.0,
                                .cap = (enum line_cap)shapes_between(&seed, 0, 2),
                                .join = (enum line_join)shapes_between(&seed, 0, 2),
                                .miter_limit = shapes_between(&seed, 0, 60) / 10.0,
                                .round_limit = 1.05};
        bool closed = shapes_between(&seed, 0, 2) == 0;
        if (round % 50 == 0) {
            shape.points[shape.count / 2].x = shapes_between(&seed, INT32_MIN / 2, INT32_MAX / 2);
        }
        mask_line(quick, shape.points, shape.count, closed, &stroke, masks[0]);
        mask_line(portable, shape.points, shape.count, closed, &stroke, masks[1]);
        assert_memory_equal(masks[0], masks[1], sizeof masks[0]);
        ink += sum_of(masks[0], SIDE * SIDE);
    }
    assert_true(ink > 5e5); /* there was something to compare */
    raster_destroy(quick);
    raster_destroy(portable);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(level_lines_are_exact),     cmocka_unit_test(areas),
        cmocka_unit_test(moving_changes_nothing),    cmocka_unit_test(no_holes),
        cmocka_unit_test(dashes_follow_the_pattern), cmocka_unit_test(dashes_start_at_the_line),
        cmocka_unit_test(degenerate_lines),          cmocka_unit_test(dots),
        cmocka_unit_test(gaps_and_offsets),          cmocka_unit_test(extreme_strokes),
        cmocka_unit_test(kernels_draw_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
