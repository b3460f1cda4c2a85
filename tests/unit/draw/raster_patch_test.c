/* SPDX-License-Identifier: MIT */
/* Small shapes and short edges take other ways through the raster than large ones: all must give the same bytes. */

#include "draw/stroke.h"

#include "unit/draw/shapes.h"
#include "unit/test.h"

enum { WIDTH = 77, HEIGHT = 50, TURNS = 1500 };

static const struct pixel PAINTS[] = {{200, 40, 90, 255}, {90, 20, 30, 128}};

/* What a shape is added after. */
enum before {
    NOTHING,      /* it goes to the patch */
    SOMETHING,    /* edges that cancel each other: it goes to the picture's accumulation */
    SPILLS_AFTER, /* nothing, but an edge follows that spills the patch */
};

enum way { FILLED, EVEN_ODD, APART, MERGED, WAYS };

/* What is drawn: `points_max` random points within `side_max` pixels, some of them of a pixel or two. */
struct kind {
    double line_px; /* width of lines, up to seven times as much; 0: rings */
    int32_t side_max;
    size_t points_max;
};

static void add_shape(struct raster *raster, const struct shape *shape, const struct kind *kind, enum before before)
{
    if (before == SOMETHING) {
        raster_add_edge(raster, 300, 0, 300, HEIGHT * DRAW_ONE);
        raster_add_edge(raster, 300, HEIGHT * DRAW_ONE, 300, 0);
    }
    if (kind->line_px > 0) {
        const struct stroke stroke = {.width_px = kind->line_px * (double)(1 + shape->count % 7),
                                      .cap = (enum line_cap)(shape->count % 3),
                                      .miter_limit = 2,
                                      .round_limit = 1.05};
        assert_true(stroke_add(raster, shape->points, shape->count, shape->count % 2 == 0, &stroke));
        if (shape->count % 3 == 0) { /* a part of it, perhaps a small one in the patch of a large one */
            assert_true(stroke_add(raster, shape->points, shape->count / 3 + 1, false, &stroke));
        }
    } else {
        raster_add_ring(raster, shape->points, shape->count);
        raster_add_ring(raster, shape->points, shape->count / 2 + 1); /* inside, or on it */
    }
    if (before == SPILLS_AFTER) {
        raster_add_edge(raster, 0, 0, 0, 0);
    }
}

static struct shape random_shape(uint64_t *seed, const struct kind *kind, int32_t *out_side)
{
    int32_t side = shapes_between(seed, 1, kind->side_max);
    struct shape shape = shapes_random(seed, kind->points_max, 0, side);
    *out_side = side;
    switch (shapes_between(seed, 0, 3)) {
    case 0: { /* what thinned pieces are: a rectangle */
        struct draw_point a = shape.points[0];
        struct draw_point b = shape.points[1];
        shape = (struct shape){.count = 5, .points = {a, {b.x, a.y}, b, {a.x, b.y}, a}};
        break;
    }
    case 1: /* closed by its last point */
        shape.points[shape.count - 1] = shape.points[0];
        break;
    default:
        break;
    }
    return shape;
}

static struct canvas *draw(enum raster_kernel kernel, enum way way, const struct kind *kind, enum before before)
{
    uint64_t seed = 21;
    struct raster *raster = raster_create(WIDTH, HEIGHT);
    struct canvas *canvas = canvas_create(WIDTH, HEIGHT);
    raster_set_kernel(raster, kernel);
    raster_begin(raster, WIDTH, HEIGHT);
    canvas_clear(canvas, way == APART ? (struct pixel){0, 0, 0, 0} : (struct pixel){250, 250, 240, 255});
    for (int turn = 0; turn < TURNS; turn++) {
        int32_t side;
        struct shape shape = random_shape(&seed, kind, &side);
        int32_t x = shapes_between(&seed, -side, WIDTH);
        int32_t y = shapes_between(&seed, -side, HEIGHT);
        shape = shapes_moved(&shape, x, y);
        struct pixel pixel = PAINTS[turn % 2];
        add_shape(raster, &shape, kind, before);
        if (way == MERGED) {
            raster_merge(raster, FILL_NONZERO);
            if (turn % 50 == 49) {
                raster_fill_merged(raster, canvas, pixel);
            }
        } else if (way == APART) {
            raster_fill_apart(raster, canvas, FILL_NONZERO, pixel);
        } else {
            struct paint paint = {.pixel = pixel};
            raster_fill(raster, canvas, way == EVEN_ODD ? FILL_EVEN_ODD : FILL_NONZERO, &paint);
        }
        if (turn % 100 == 99 && turn + 1 < TURNS && way == APART) {
            raster_discard(raster);
            canvas_clear(canvas, (struct pixel){0, 0, 0, 0});
        }
        assert_true(raster_is_empty(raster));
    }
    raster_destroy(raster);
    return canvas;
}

static void check(const struct kind *kind)
{
    for (enum way way = FILLED; way < WAYS; way++) {
        if (kind->line_px > 0 && way == EVEN_ODD) {
            continue; /* strokes are for the other rule */
        }
        struct canvas *expected = draw(RASTER_KERNEL_PORTABLE, way, kind, SOMETHING);
        for (int i = 0; i < 4; i++) {
            enum raster_kernel kernel = i % 2 == 0 ? RASTER_KERNEL_PORTABLE : RASTER_KERNEL_BEST;
            struct canvas *canvas = draw(kernel, way, kind, i < 2 ? NOTHING : SPILLS_AFTER);
            assert_memory_equal(canvas->rgba, expected->rgba, (size_t)WIDTH * HEIGHT * 4);
            canvas_destroy(canvas);
        }
        canvas_destroy(expected);
    }
}

/* Some are too large for the patch, most for the way of those of a few pixels. */
static void rings_are_the_same(void **state)
{
    (void)state;
    check(&(struct kind){0, 36, 12});
}

static void thin_lines_are_the_same(void **state)
{
    (void)state;
    check(&(struct kind){0.1, 36, 12});
}

/* Nearly all within eight pixels; of up to eight edges, and of many. */
static void tiny_rings_are_the_same(void **state)
{
    (void)state;
    check(&(struct kind){0, 4, 9});
    check(&(struct kind){0, 8, 48});
}

static void tiny_thin_lines_are_the_same(void **state)
{
    (void)state;
    check(&(struct kind){0.1, 5, 9});
    check(&(struct kind){0.1, 7, 48});
    check(&(struct kind){0.1, 15, 30});
}

/* Outlines: of short edges, of edges that go over several pixels of a row, and of long ones beside them. */
static void lines_are_the_same(void **state)
{
    (void)state;
    check(&(struct kind){0.75, 6, 24});
    check(&(struct kind){0.75, 20, 40});
    check(&(struct kind){0.75, 90, 12});
}

/* However many edges lie upon each other, nothing overflows. */
static void piled_edges_stay_full(void **state)
{
    (void)state;
    enum { PILED = 40000 };
    for (int kernel = RASTER_KERNEL_BEST; kernel <= RASTER_KERNEL_PORTABLE; kernel++) {
        struct raster *raster = raster_create(WIDTH, HEIGHT);
        uint8_t mask[WIDTH * HEIGHT];
        raster_set_kernel(raster, (enum raster_kernel)kernel);
        for (int i = 0; i < PILED; i++) {
            raster_add_edge(raster, 2560, 2600, 2560, 4300);
            raster_add_edge(raster, 2560, 4300, 5120, 4300);
            raster_add_edge(raster, 5120, 4300, 5120, 2600);
            raster_add_edge(raster, 5120, 2600, 2560, 2600);
        }
        raster_mask(raster, FILL_NONZERO, mask, WIDTH);
        for (int y = 0; y < HEIGHT; y++) {
            for (int x = 0; x < WIDTH; x++) {
                bool is_inside = x >= 10 && x < 20 && y >= 10 && y <= 16;
                assert_int_equal(mask[y * WIDTH + x], is_inside ? 255 : 0);
            }
        }
        raster_destroy(raster);
    }
}

/* A shape that is given up leaves nothing behind; coordinates may be anything. */
static void discarding(void **state)
{
    (void)state;
    struct raster *raster = raster_create(WIDTH, HEIGHT);
    const struct draw_point ring[] = {{500, 500}, {2500, 900}, {1200, 3000}};
    const struct draw_point far[] = {
        {INT32_MIN, INT32_MIN}, {INT32_MIN + 900, INT32_MIN}, {INT32_MIN, INT32_MIN + 900}};
    uint8_t mask[WIDTH * HEIGHT];
    raster_add_ring(raster, ring, 3);
    assert_false(raster_is_empty(raster));
    raster_discard(raster);
    assert_true(raster_is_empty(raster));
    raster_add_ring(raster, far, 3);
    const struct stroke thin = {.width_px = 0.6, .cap = LINE_CAP_SQUARE, .miter_limit = 2, .round_limit = 1.05};
    assert_true(stroke_add(raster, far, 3, true, &thin));
    assert_true(stroke_add(raster, far, 3, false, &thin));
    raster_add_edge(raster, 300, 400, 900, 1700);
    assert_false(raster_is_empty(raster));
    raster_add_edge(raster, 300, 400, 900, 1700);
    raster_discard(raster);
    for (int64_t i = 0; i < 100; i++) {
        raster_add_edge(raster, INT32_MAX - i, INT32_MIN, INT32_MIN, 2000);
        raster_add_edge(raster, INT32_MIN, 2000, INT32_MAX - i, INT32_MIN);
        raster_add_edge(raster, INT64_C(1) << 40, 300, (INT64_C(1) << 40) - 500, 800);
    }
    raster_mask(raster, FILL_NONZERO, mask, WIDTH);
    for (size_t i = 0; i < sizeof mask; i++) {
        assert_int_equal(mask[i], 0);
    }
    raster_destroy(raster);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rings_are_the_same),
        cmocka_unit_test(thin_lines_are_the_same),
        cmocka_unit_test(tiny_rings_are_the_same),
        cmocka_unit_test(tiny_thin_lines_are_the_same),
        cmocka_unit_test(lines_are_the_same),
        cmocka_unit_test(piled_edges_stay_full),
        cmocka_unit_test(discarding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
