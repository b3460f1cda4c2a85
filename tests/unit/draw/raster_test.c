/* SPDX-License-Identifier: MIT */
#include "draw/raster.h"

#include "unit/draw/shapes.h"
#include "unit/test.h"

#include <math.h>

enum { SIDE = 64 };

static const struct pixel INK = {200, 40, 90, 255};

static void add_rectangle(struct raster *raster, int32_t left, int32_t top, int32_t right, int32_t bottom)
{
    struct draw_point ring[] = {{left, top}, {right, top}, {right, bottom}, {left, bottom}, {left, top}};
    raster_add_ring(raster, ring, 5);
}

static int64_t overlap(int64_t low, int64_t high, int64_t pixel)
{
    int64_t from = low > pixel * DRAW_ONE ? low : pixel * DRAW_ONE;
    int64_t to = high < (pixel + 1) * DRAW_ONE ? high : (pixel + 1) * DRAW_ONE;
    return to > from ? to - from : 0;
}

/* Every rectangle covers exactly its area of every pixel, wherever it lies. */
static void rectangles_are_exact(void **state)
{
    (void)state;
    uint64_t seed = 1;
    struct raster *raster = raster_create(SIDE, SIDE);
    uint8_t mask[SIDE * SIDE];
    for (int round = 0; round < 400; round++) {
        int32_t x[2];
        int32_t y[2];
        for (int i = 0; i < 2; i++) {
            x[i] = shapes_between(&seed, -20 * DRAW_ONE, (SIDE + 20) * DRAW_ONE);
            y[i] = shapes_between(&seed, -20 * DRAW_ONE, (SIDE + 20) * DRAW_ONE);
        }
        add_rectangle(raster, x[0], y[0], x[1], y[1]); /* wound either way */
        raster_mask(raster, FILL_NONZERO, mask, SIDE);
        int64_t left = x[0] < x[1] ? x[0] : x[1];
        int64_t right = x[0] < x[1] ? x[1] : x[0];
        int64_t top = y[0] < y[1] ? y[0] : y[1];
        int64_t bottom = y[0] < y[1] ? y[1] : y[0];
        for (int64_t row = 0; row < SIDE; row++) {
            for (int64_t column = 0; column < SIDE; column++) {
                int64_t area = overlap(left, right, column) * overlap(top, bottom, row);
                assert_int_equal(mask[row * SIDE + column], (area * 255 + 32768) / 65536);
            }
        }
    }
    raster_destroy(raster);
}

/* Slanted edges cover their area to 1.5/255: crossings are rounded to 1/256 pixel, the result to 1/255. */
static void polygons_are_exact(void **state)
{
    (void)state;
    uint64_t seed = 6;
    struct raster *raster = raster_create(SIDE, SIDE);
    uint8_t mask[SIDE * SIDE];
    double worst = 0;
    double sum = 0;
    for (int round = 0; round < 60; round++) {
        struct shape shape;
        shape.count = (size_t)shapes_between(&seed, 3, 20);
        for (size_t i = 0; i < shape.count; i++) { /* around a middle: does not cross itself */
            double angle = 6.283185307 * (double)i / (double)shape.count;
            double radius = shapes_between(&seed, 2 * DRAW_ONE, SIDE * DRAW_ONE);
            shape.points[i].x = (int32_t)(30 * DRAW_ONE + radius * cos(angle));
            shape.points[i].y = (int32_t)(25 * DRAW_ONE + radius * sin(angle));
        }
        raster_add_ring(raster, shape.points, shape.count);
        raster_mask(raster, FILL_NONZERO, mask, SIDE);
        for (size_t i = 0; i < sizeof mask; i++) {
            double off = mask[i] - 255 * shapes_area_in_pixel(&shape, (double)(i % SIDE), (double)(i / SIDE));
            worst = fmax(worst, fabs(off));
            sum += off;
            assert_true(fabs(off) <= 1.5);
        }
    }
    print_message("polygons: worst %.2f/255, mean %.4f\n", worst, sum / (60.0 * SIDE * SIDE));
    raster_destroy(raster);
}

/* Cut along random chords, the pieces of a square add up to the square: no hairline between neighbours. */
static void neighbours_leave_no_hairline(void **state)
{
    (void)state;
    uint64_t seed = 2;
    struct raster *raster = raster_create(SIDE, SIDE);
    uint8_t mask[SIDE * SIDE];
    for (int round = 0; round < 100; round++) {
        int32_t right = SIDE * DRAW_ONE;
        struct draw_point middle = {shapes_between(&seed, 0, right), shapes_between(&seed, 0, right)};
        struct draw_point corner[4] = {{0, 0}, {right, 0}, {right, right}, {0, right}};
        for (int i = 0; i < 4; i++) {
            struct draw_point ring[] = {corner[i], corner[(i + 1) % 4], middle};
            raster_add_ring(raster, ring, 3);
        }
        raster_mask(raster, FILL_NONZERO, mask, SIDE);
        for (size_t i = 0; i < sizeof mask; i++) {
            assert_int_equal(mask[i], 255);
        }
    }
    raster_destroy(raster);
}

static void fill_rules_differ_where_shapes_overlap(void **state)
{
    (void)state;
    struct raster *raster = raster_create(16, 1);
    uint8_t mask[16];
    for (int rule = 0; rule < 2; rule++) {
        add_rectangle(raster, 0, 0, 8 * DRAW_ONE, DRAW_ONE);
        add_rectangle(raster, 4 * DRAW_ONE, 0, 12 * DRAW_ONE, DRAW_ONE);
        raster_mask(raster, rule == 0 ? FILL_NONZERO : FILL_EVEN_ODD, mask, sizeof mask);
        for (int x = 0; x < 16; x++) {
            bool odd = (x < 8) != (x >= 4 && x < 12);
            bool any = x < 12;
            assert_int_equal(mask[x], (rule == 0 ? any : odd) ? 255 : 0);
        }
    }
    /* A hole wound the other way is a hole by either rule. */
    add_rectangle(raster, 0, 0, 12 * DRAW_ONE, DRAW_ONE);
    add_rectangle(raster, 8 * DRAW_ONE, 0, 4 * DRAW_ONE, DRAW_ONE);
    raster_mask(raster, FILL_NONZERO, mask, sizeof mask);
    assert_int_equal(mask[3], 255);
    assert_int_equal(mask[4], 0);
    assert_int_equal(mask[8], 255);
    raster_destroy(raster);
}

static void half_coverage_of_both_rules(void **state)
{
    (void)state;
    struct raster *raster = raster_create(8, 1);
    uint8_t mask[8];
    /* One and a half windings: full by nonzero, half by even-odd. */
    add_rectangle(raster, 0, 0, DRAW_ONE, DRAW_ONE);
    add_rectangle(raster, 0, 0, DRAW_ONE / 2, DRAW_ONE);
    raster_mask(raster, FILL_EVEN_ODD, mask, sizeof mask);
    assert_int_equal(mask[0], 128);
    add_rectangle(raster, 0, 0, DRAW_ONE, DRAW_ONE);
    add_rectangle(raster, 0, 0, DRAW_ONE / 2, DRAW_ONE);
    raster_mask(raster, FILL_NONZERO, mask, sizeof mask);
    assert_int_equal(mask[0], 255);
    raster_destroy(raster);
}

static void empty_is_known(void **state)
{
    (void)state;
    struct raster *raster = raster_create(SIDE, SIDE);
    assert_true(raster_is_empty(raster));
    int32_t end = SIDE * DRAW_ONE;
    add_rectangle(raster, end, 0, end + 500, end); /* right of the picture */
    add_rectangle(raster, 0, -500, end, 0);        /* above */
    add_rectangle(raster, 0, end, end, end + 500); /* below */
    raster_add_ring(raster, NULL, 0);
    struct draw_point point = {100, 100};
    raster_add_ring(raster, &point, 1);
    assert_true(raster_is_empty(raster));
    add_rectangle(raster, 10, 10, 20, 20);
    assert_false(raster_is_empty(raster));
    raster_discard(raster);
    assert_true(raster_is_empty(raster));
    raster_destroy(raster);
}

static void add_random_rings(struct raster *raster, uint64_t seed, int32_t dx_px, int32_t dy_px)
{
    int rings = shapes_between(&seed, 1, 3);
    for (int i = 0; i < rings; i++) {
        struct shape shape = shapes_random(&seed, 24, -40, 2 * SIDE + 40);
        shape = shapes_moved(&shape, dx_px, dy_px);
        raster_add_ring(raster, shape.points, shape.count);
    }
}

/* A shape moved by whole pixels gives the same bytes, moved. */
static void moving_changes_nothing(void **state)
{
    (void)state;
    struct raster *raster = raster_create(2 * SIDE, 2 * SIDE);
    static uint8_t large[4 * SIDE * SIDE];
    static uint8_t small[SIDE * SIDE];
    for (uint64_t seed = 0; seed < 300; seed++) {
        enum fill_rule rule = seed % 2 == 0 ? FILL_NONZERO : FILL_EVEN_ODD;
        raster_begin(raster, 2 * SIDE, 2 * SIDE);
        add_random_rings(raster, seed, 0, 0);
        raster_mask(raster, rule, large, 2 * SIDE);
        uint64_t window = seed + 1000;
        int32_t x = shapes_between(&window, 0, SIDE);
        int32_t y = shapes_between(&window, 0, SIDE);
        raster_begin(raster, SIDE, SIDE);
        add_random_rings(raster, seed, -x, -y);
        raster_mask(raster, rule, small, SIDE);
        for (int32_t row = 0; row < SIDE; row++) {
            assert_memory_equal(small + row * SIDE, large + (row + y) * 2 * SIDE + x, SIDE);
        }
    }
    raster_destroy(raster);
}

/* Four tiles side by side are one large picture, in colour. */
static void tiles_join(void **state)
{
    (void)state;
    struct raster *raster = raster_create(2 * SIDE, 2 * SIDE);
    struct canvas *whole = canvas_create(2 * SIDE, 2 * SIDE);
    struct canvas *tile = canvas_create(SIDE, SIDE);
    struct paint paint = {.pixel = {100, 20, 45, 128}};
    struct pixel ground = {230, 240, 250, 255};
    for (uint64_t seed = 500; seed < 560; seed++) {
        canvas_clear(whole, ground);
        raster_begin(raster, 2 * SIDE, 2 * SIDE);
        add_random_rings(raster, seed, 0, 0);
        raster_fill(raster, whole, FILL_NONZERO, &paint);
        for (int32_t i = 0; i < 4; i++) {
            int32_t x = i % 2 * SIDE;
            int32_t y = i / 2 * SIDE;
            canvas_clear(tile, ground);
            raster_begin(raster, SIDE, SIDE);
            add_random_rings(raster, seed, -x, -y);
            raster_fill(raster, tile, FILL_NONZERO, &paint);
            for (int32_t row = 0; row < SIDE; row++) {
                assert_memory_equal(tile->rgba + row * SIDE * 4, whole->rgba + ((row + y) * 2 * SIDE + x) * 4,
                                    SIDE * 4);
            }
        }
    }
    canvas_destroy(tile);
    canvas_destroy(whole);
    raster_destroy(raster);
}

/* The order of rings, their first point and their direction do not matter to what they cover together. */
static void order_changes_nothing(void **state)
{
    (void)state;
    struct raster *raster = raster_create(SIDE, SIDE);
    uint8_t forward[SIDE * SIDE];
    uint8_t backward[SIDE * SIDE];
    for (uint64_t seed = 0; seed < 200; seed++) {
        uint64_t next = seed;
        struct shape shape = shapes_random(&next, 30, -10, SIDE + 10);
        raster_add_ring(raster, shape.points, shape.count);
        raster_mask(raster, FILL_NONZERO, forward, SIDE);
        struct shape reversed = shape;
        for (size_t i = 0; i < shape.count; i++) {
            reversed.points[i] = shape.points[(2 * shape.count - 1 - i + seed) % shape.count];
        }
        raster_add_ring(raster, reversed.points, reversed.count);
        raster_mask(raster, FILL_NONZERO, backward, SIDE);
        assert_memory_equal(forward, backward, sizeof forward);
    }
    raster_destroy(raster);
}

/* Each compiled version of the sweep gives the same bytes, for widths that are no multiple of a vector too. */
static void kernels_agree(void **state)
{
    (void)state;
    struct raster *raster = raster_create(SIDE + 7, SIDE);
    if (!raster_set_kernel(raster, RASTER_KERNEL_AVX2)) {
        raster_destroy(raster);
        skip();
    }
    for (uint64_t seed = 0; seed < 200; seed++) {
        uint32_t width = (uint32_t)(SIDE - 9 + seed % 17);
        struct canvas *pictures[2] = {canvas_create(width, SIDE), canvas_create(width, SIDE)};
        uint8_t *masks[2] = {calloc(width, SIDE), calloc(width, SIDE)};
        uint64_t color = seed;
        uint8_t alpha = (uint8_t)shapes_between(&color, 0, 255);
        struct paint paint = {.pixel = {(uint8_t)shapes_between(&color, 0, alpha),
                                        (uint8_t)shapes_between(&color, 0, alpha),
                                        (uint8_t)shapes_between(&color, 0, alpha), alpha}};
        enum fill_rule rule = seed % 2 == 0 ? FILL_NONZERO : FILL_EVEN_ODD;
        for (int i = 0; i < 2; i++) {
            raster_set_kernel(raster, i == 0 ? RASTER_KERNEL_PORTABLE : RASTER_KERNEL_AVX2);
            raster_begin(raster, width, SIDE);
            canvas_clear(pictures[i], (struct pixel){17, 99, 60, 130});
            add_random_rings(raster, seed, 0, 0);
            raster_fill(raster, pictures[i], rule, &paint);
            add_random_rings(raster, seed, 0, 0);
            raster_mask(raster, rule, masks[i], width);
        }
        assert_memory_equal(pictures[0]->rgba, pictures[1]->rgba, (size_t)width * SIDE * 4);
        assert_memory_equal(masks[0], masks[1], (size_t)width * SIDE);
        for (int i = 0; i < 2; i++) {
            canvas_destroy(pictures[i]);
            free(masks[i]);
        }
    }
    raster_destroy(raster);
}

/* Painting leaves nothing behind, neither by filling, masking nor discarding, and sizes may change in between. */
static void accumulation_returns_to_zero(void **state)
{
    (void)state;
    struct raster *raster = raster_create(4096, 16);
    uint8_t mask[16 * 512];
    uint64_t random = 9;
    for (uint64_t seed = 0; seed < 200; seed++) {
        uint32_t width = (uint32_t)shapes_between(&random, 1, 512);
        uint32_t height = (uint32_t)shapes_between(&random, 1, 16);
        raster_begin(raster, width, height);
        struct shape shape = shapes_random(&random, 40, -20, 600);
        raster_add_ring(raster, shape.points, shape.count);
        if (seed % 3 == 0) {
            raster_discard(raster);
        } else if (seed % 3 == 1) {
            raster_mask(raster, FILL_NONZERO, mask, width);
        } /* else: the next raster_begin must forget it */
        width = (uint32_t)shapes_between(&random, 1, 512);
        height = (uint32_t)shapes_between(&random, 1, 16);
        raster_begin(raster, width, height);
        /* Touches every pixel without covering any. */
        add_rectangle(raster, 0, 0, (int32_t)width * DRAW_ONE, 16 * DRAW_ONE);
        add_rectangle(raster, (int32_t)width * DRAW_ONE, 0, 0, 16 * DRAW_ONE);
        for (int32_t x = 0; x < 512; x += 8) {
            add_rectangle(raster, x * DRAW_ONE, 0, x * DRAW_ONE, 16 * DRAW_ONE);
        }
        memset(mask, 1, sizeof mask);
        raster_mask(raster, FILL_NONZERO, mask, width);
        for (size_t i = 0; i < (size_t)width * height; i++) {
            assert_int_equal(mask[i], 0);
        }
    }
    raster_destroy(raster);
}

/* However many shapes lie upon each other, sums do not overflow into holes. */
static void many_layers_stay_full(void **state)
{
    (void)state;
    struct raster *raster = raster_create(32, 4);
    uint8_t mask[32 * 4];
    for (int direction = 0; direction < 2; direction++) {
        for (int i = 0; i < 32768; i++) { /* as many as would wrap a sum of 32 bits to zero */
            int32_t left = direction == 0 ? 5 : 20;
            add_rectangle(raster, left * DRAW_ONE + 128, 0, (25 - left) * DRAW_ONE + 128, 4 * DRAW_ONE);
        }
        raster_mask(raster, FILL_NONZERO, mask, 32);
        for (size_t i = 0; i < sizeof mask; i++) {
            size_t x = i % 32;
            assert_int_equal(mask[i], x >= 5 && x <= 20 ? 255 : 0);
        }
    }
    for (int i = 0; i < 40001; i++) { /* an odd number */
        add_rectangle(raster, 5 * DRAW_ONE, 0, 20 * DRAW_ONE, 4 * DRAW_ONE);
    }
    raster_mask(raster, FILL_EVEN_ODD, mask, 32);
    for (size_t i = 0; i < sizeof mask; i++) {
        size_t x = i % 32;
        assert_int_equal(mask[i], x >= 5 && x < 20 ? 255 : 0);
    }
    raster_destroy(raster);
}

/* Coordinates anywhere in int32 are taken without overflow, and what covers the picture covers it. */
static void extreme_coordinates(void **state)
{
    (void)state;
    struct raster *raster = raster_create(SIDE, SIDE);
    uint8_t mask[SIDE * SIDE];
    struct draw_point ring[] = {
        {INT32_MIN, INT32_MIN}, {INT32_MAX, INT32_MIN}, {INT32_MAX, INT32_MAX}, {INT32_MIN, INT32_MAX}};
    raster_add_ring(raster, ring, 4);
    raster_mask(raster, FILL_NONZERO, mask, SIDE);
    for (size_t i = 0; i < sizeof mask; i++) {
        assert_int_equal(mask[i], 255);
    }
    /* Right above the diagonal of the whole plane, which runs half a unit beside that of the picture. */
    struct draw_point half[] = {{INT32_MIN, INT32_MIN}, {INT32_MAX, INT32_MIN}, {INT32_MAX, INT32_MAX}};
    raster_add_ring(raster, half, 3);
    raster_mask(raster, FILL_NONZERO, mask, SIDE);
    for (size_t i = 0; i < sizeof mask; i++) {
        size_t x = i % SIDE;
        size_t y = i / SIDE;
        assert_in_range(mask[i], x > y ? 255 : x == y ? 126 : 0, x > y ? 255 : x == y ? 129 : 0);
    }
    uint64_t seed = 4;
    for (int round = 0; round < 300; round++) {
        struct draw_point wild[12];
        for (size_t i = 0; i < 12; i++) {
            bool far = shapes_between(&seed, 0, 2) > 0;
            wild[i].x = far ? (int32_t)shapes_next(&seed) : shapes_between(&seed, 0, SIDE * DRAW_ONE);
            wild[i].y = far ? (int32_t)shapes_next(&seed) : shapes_between(&seed, 0, SIDE * DRAW_ONE);
        }
        raster_add_ring(raster, wild, 12);
        raster_mask(raster, round % 2 == 0 ? FILL_NONZERO : FILL_EVEN_ODD, mask, SIDE);
    }
    raster_destroy(raster);
}

static void patterns_repeat_from_their_origin(void **state)
{
    (void)state;
    struct raster *raster = raster_create(SIDE, SIDE);
    struct canvas *canvas = canvas_create(SIDE, SIDE);
    struct canvas *pattern = canvas_create(5, 3);
    for (uint32_t i = 0; i < 15; i++) {
        pattern->rgba[i * 4] = (uint8_t)(i * 10);
        pattern->rgba[i * 4 + 3] = 255;
    }
    int32_t origins[][2] = {{0, 0}, {2, 1}, {-7, -100}, {1000, 77}, {INT32_MIN, INT32_MAX}};
    for (size_t n = 0; n < 5; n++) {
        struct paint paint = {
            .pattern = pattern, .pattern_x_px = origins[n][0], .pattern_y_px = origins[n][1], .pattern_opacity = 255};
        canvas_clear(canvas, (struct pixel){0, 0, 0, 0});
        add_rectangle(raster, 3 * DRAW_ONE, 2 * DRAW_ONE, 50 * DRAW_ONE, 60 * DRAW_ONE);
        raster_fill(raster, canvas, FILL_NONZERO, &paint);
        for (int64_t y = 0; y < SIDE; y++) {
            for (int64_t x = 0; x < SIDE; x++) {
                const uint8_t *pixel = canvas->rgba + (y * SIDE + x) * 4;
                bool inside = x >= 3 && x < 50 && y >= 2 && y < 60;
                int64_t column = ((x - origins[n][0]) % 5 + 5) % 5;
                int64_t row = ((y - origins[n][1]) % 3 + 3) % 3;
                assert_int_equal(pixel[3], inside ? 255 : 0);
                assert_int_equal(pixel[0], inside ? (row * 5 + column) * 10 : 0);
            }
        }
    }
    canvas_destroy(pattern);
    canvas_destroy(canvas);
    raster_destroy(raster);
}

static void paints_colors_over(void **state)
{
    (void)state;
    struct raster *raster = raster_create(16, 2);
    struct canvas *canvas = canvas_create(16, 2);
    canvas_clear(canvas, (struct pixel){255, 255, 255, 255});
    add_rectangle(raster, 0, 0, 4 * DRAW_ONE + 128, DRAW_ONE);
    struct paint paint = {.pixel = INK};
    raster_fill(raster, canvas, FILL_NONZERO, &paint);
    assert_memory_equal(canvas->rgba + 3 * 4, "\xc8\x28\x5a\xff", 4); /* covered: the colour itself */
    assert_memory_equal(canvas->rgba + 5 * 4, "\xff\xff\xff\xff", 4);
    /* Half covered (128): 200 * 128 / 255 + 255 * 127 / 255 = 100.4 + 127 */
    assert_int_equal(canvas->rgba[4 * 4], 227);
    assert_int_equal(canvas->rgba[4 * 4 + 3], 255);
    assert_memory_equal(canvas->rgba + 16 * 4, "\xff\xff\xff\xff", 4);
    canvas_destroy(canvas);
    raster_destroy(raster);
}

static void add_box(struct raster *raster, int32_t x0, int32_t y0, int32_t x1, int32_t y1)
{
    const struct draw_point box[] = {{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}};
    raster_add_ring(raster, box, 4);
}

/* Two boxes that lie on each other keep the larger coverage of each pixel, with both kernels. */
static void merging_keeps_the_larger_coverage(void **state)
{
    (void)state;
    for (int kernel = RASTER_KERNEL_BEST; kernel <= RASTER_KERNEL_PORTABLE; kernel++) {
        struct raster *raster = raster_create(300, 20);
        struct canvas *canvas = canvas_create(300, 20);
        raster_set_kernel(raster, (enum raster_kernel)kernel);
        for (int round = 0; round < 2; round++) { /* nothing is left over for the second round */
            canvas_clear(canvas, (struct pixel){0, 0, 0, 0});
            raster_begin(raster, 299, 20);
            canvas_destroy(canvas);
            canvas = canvas_create(299, 20);
            add_box(raster, 10 * 256 + 128, 5 * 256, 250 * 256, 7 * 256); /* half of column 10 */
            raster_merge(raster, FILL_NONZERO);
            add_box(raster, 10 * 256 + 64, 5 * 256, 290 * 256, 6 * 256); /* three quarters of it, one row */
            raster_merge(raster, FILL_NONZERO);
            add_box(raster, 298 * 256, 5 * 256, 400 * 256, 6 * 256); /* up to the right border */
            raster_merge(raster, FILL_NONZERO);
            raster_fill_merged(raster, canvas, (struct pixel){0, 0, 255, 255});
            const uint8_t *row5 = canvas->rgba + (size_t)5 * 299 * 4;
            const uint8_t *row6 = canvas->rgba + (size_t)6 * 299 * 4;
            assert_int_equal(row5[10 * 4 + 3], 191);
            assert_int_equal(row6[10 * 4 + 3], 128);
            assert_int_equal(row5[9 * 4 + 3], 0);
            assert_int_equal(row5[289 * 4 + 3], 255);
            assert_int_equal(row5[290 * 4 + 3], 0);
            assert_int_equal(row6[249 * 4 + 3], 255);
            assert_int_equal(row6[250 * 4 + 3], 0);
            assert_int_equal(row5[298 * 4 + 3], 255);
            assert_int_equal(canvas->rgba[(size_t)7 * 299 * 4 + 100 * 4 + 3], 0);
        }
        add_box(raster, 0, 0, 256, 256);
        raster_merge(raster, FILL_NONZERO);
        raster_discard(raster);
        canvas_clear(canvas, (struct pixel){0, 0, 0, 0});
        raster_fill_merged(raster, canvas, (struct pixel){0, 0, 255, 255});
        assert_int_equal(canvas->rgba[3], 0);
        raster_destroy(raster);
        canvas_destroy(canvas);
    }
}

/* What raster_fill_apart does to a pixel, said slowly: uncovered area is taken first, the rest lies over what is there.
 */
static void lay_apart(uint8_t *pixel, unsigned *covered, unsigned coverage, struct pixel source)
{
    unsigned room = 255 - *covered;
    unsigned over = coverage > room ? coverage - room : 0;
    const uint8_t components[] = {source.r, source.g, source.b, source.a};
    unsigned left = over > 0 ? 255 - (source.a * over + *covered / 2) / *covered : 255;
    unsigned sums[4];
    for (int channel = 0; channel < 4; channel++) {
        sums[channel] = (pixel[channel] * left + 127) / 255 + (components[channel] * coverage + 127) / 255;
    }
    unsigned alpha = sums[3] < 255 ? sums[3] : 255;
    for (int channel = 0; channel < 4; channel++) {
        pixel[channel] = (uint8_t)(sums[channel] < alpha ? sums[channel] : alpha);
    }
    *covered += coverage - over;
}

static void pieces_lie_side_by_side(void **state)
{
    (void)state;
    enum { WIDTH = 61 }; /* no whole number of groups */
    for (int kernel = RASTER_KERNEL_BEST; kernel <= RASTER_KERNEL_PORTABLE; kernel++) {
        struct raster *raster = raster_create(WIDTH, SIDE);
        struct canvas *canvas = canvas_create(WIDTH, SIDE);
        static uint8_t expected[WIDTH * SIDE * 4];
        static unsigned covered[WIDTH * SIDE];
        static uint8_t mask[WIDTH * SIDE];
        uint64_t seed = 23;
        raster_set_kernel(raster, (enum raster_kernel)kernel);
        raster_begin(raster, WIDTH, SIDE);
        memset(expected, 0, sizeof expected);
        memset(covered, 0, sizeof covered);
        for (int round = 0; round < 60; round++) {
            struct shape shape = shapes_random(&seed, 20, -10, SIDE + 10);
            uint8_t alpha = round % 3 == 0 ? (uint8_t)shapes_between(&seed, 0, 255) : 255;
            struct pixel pixel = {(uint8_t)shapes_between(&seed, 0, alpha), (uint8_t)shapes_between(&seed, 0, alpha),
                                  (uint8_t)shapes_between(&seed, 0, alpha), alpha};
            raster_add_ring(raster, shape.points, shape.count);
            raster_mask(raster, FILL_NONZERO, mask, WIDTH);
            raster_add_ring(raster, shape.points, shape.count);
            raster_fill_apart(raster, canvas, FILL_NONZERO, pixel);
            for (size_t i = 0; i < (size_t)WIDTH * SIDE; i++) {
                lay_apart(expected + i * 4, &covered[i], mask[i], pixel);
            }
            assert_memory_equal(canvas->rgba, expected, sizeof expected);
        }
        raster_discard(raster);
        raster_destroy(raster);
        canvas_destroy(canvas);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(merging_keeps_the_larger_coverage),
        cmocka_unit_test(pieces_lie_side_by_side),
        cmocka_unit_test(rectangles_are_exact),
        cmocka_unit_test(polygons_are_exact),
        cmocka_unit_test(neighbours_leave_no_hairline),
        cmocka_unit_test(fill_rules_differ_where_shapes_overlap),
        cmocka_unit_test(half_coverage_of_both_rules),
        cmocka_unit_test(empty_is_known),
        cmocka_unit_test(moving_changes_nothing),
        cmocka_unit_test(tiles_join),
        cmocka_unit_test(order_changes_nothing),
        cmocka_unit_test(kernels_agree),
        cmocka_unit_test(accumulation_returns_to_zero),
        cmocka_unit_test(many_layers_stay_full),
        cmocka_unit_test(extreme_coordinates),
        cmocka_unit_test(patterns_repeat_from_their_origin),
        cmocka_unit_test(paints_colors_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
