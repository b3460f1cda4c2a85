/* SPDX-License-Identifier: MIT */
/* Fills and strokes against Cairo, a rasteriser of another make. Cairo samples 15 rows a pixel, so its own coverage is
 * off by up to 17/255 on a slanted edge; both take 24.8 fixed point coordinates. */

#include "draw/stroke.h"

#include "unit/draw/shapes.h"
#include "unit/test.h"

#include <cairo.h>
#include <math.h>

enum { SIDE = 128, STRIDE = SIDE };

struct difference {
    int worst;
    double mean;
    double share_over_16; /* of the pixels that either of both touched */
};

static struct difference compare(const uint8_t *ours, const uint8_t *theirs)
{
    struct difference difference = {0};
    size_t touched = 0;
    size_t over = 0;
    for (size_t i = 0; i < SIDE * SIDE; i++) {
        int off = abs(ours[i] - theirs[i]);
        touched += ours[i] > 0 || theirs[i] > 0;
        over += off > 16;
        difference.mean += off;
        difference.worst = off > difference.worst ? off : difference.worst;
    }
    difference.mean /= touched > 0 ? (double)touched : 1;
    difference.share_over_16 = touched > 0 ? (double)over / (double)touched : 0;
    return difference;
}

static void trace(cairo_t *cairo, const struct draw_point *points, size_t count, bool closed)
{
    for (size_t i = 0; i < count; i++) {
        cairo_line_to(cairo, (double)points[i].x / DRAW_ONE, (double)points[i].y / DRAW_ONE);
    }
    if (closed) {
        cairo_close_path(cairo);
    }
}

static cairo_surface_t *surface_on(uint8_t *pixels)
{
    memset(pixels, 0, SIDE * SIDE);
    return cairo_image_surface_create_for_data(pixels, CAIRO_FORMAT_A8, SIDE, SIDE, STRIDE);
}

/* A polygon that does not cross itself: around a middle, its radius changes at random. */
static struct shape star(uint64_t *seed)
{
    struct shape shape;
    shape.count = (size_t)shapes_between(seed, 3, SHAPE_POINTS_MAX);
    double x = shapes_between(seed, 0, SIDE);
    double y = shapes_between(seed, 0, SIDE);
    double size = shapes_between(seed, 4, SIDE);
    for (size_t i = 0; i < shape.count; i++) {
        double angle = 2 * 3.14159265358979 * (double)i / (double)shape.count;
        double radius = 2 + size * shapes_between(seed, 0, 1000) / 1000;
        shape.points[i].x = (int32_t)lround((x + radius * cos(angle)) * DRAW_ONE);
        shape.points[i].y = (int32_t)lround((y + radius * sin(angle)) * DRAW_ONE);
    }
    return shape;
}

/* No pixel of a polygon is off by more than one of the 15 rows in which Cairo samples it, and ours by one more. Cairo
 * 1.16 sometimes fills the empty pixel beside a corner: there the exact area decides. */
static void polygons(void **state)
{
    (void)state;
    struct raster *raster = raster_create(SIDE, SIDE);
    static uint8_t ours[SIDE * SIDE];
    static uint8_t theirs[SIDE * SIDE];
    uint64_t seed = 11;
    int worst = 0;
    int mistaken = 0;
    for (int round = 0; round < 500; round++) {
        struct shape shape = star(&seed);
        raster_add_ring(raster, shape.points, shape.count);
        raster_mask(raster, FILL_NONZERO, ours, SIDE);
        cairo_surface_t *surface = surface_on(theirs);
        cairo_t *cairo = cairo_create(surface);
        trace(cairo, shape.points, shape.count, true);
        cairo_fill(cairo);
        cairo_destroy(cairo);
        cairo_surface_destroy(surface);
        for (size_t i = 0; i < SIDE * SIDE; i++) {
            int off = abs(ours[i] - theirs[i]);
            if (off > 18) {
                double exact = 255 * shapes_area_in_pixel(&shape, (double)(i % SIDE), (double)(i / SIDE));
                assert_true(fabs(ours[i] - exact) < 1.5);
                mistaken++;
            } else {
                worst = off > worst ? off : worst;
            }
        }
    }
    assert_in_range(mistaken, 0, 4);
    print_message("polygons: worst %d/255; Cairo mistaken in %d pixels\n", worst, mistaken);
    raster_destroy(raster);
}

/* Where polygons cross themselves inside a pixel, sums of area differ from area; nowhere else. */
static void polygons_that_cross_themselves(void **state)
{
    (void)state;
    struct raster *raster = raster_create(SIDE, SIDE);
    static uint8_t ours[SIDE * SIDE];
    static uint8_t theirs[SIDE * SIDE];
    uint64_t seed = 12;
    double worst = 0;
    for (int round = 0; round < 300; round++) {
        bool even_odd = round % 2 == 1;
        struct shape shape = shapes_random(&seed, 12, -SIDE / 2, SIDE + SIDE / 2);
        raster_add_ring(raster, shape.points, shape.count);
        raster_mask(raster, even_odd ? FILL_EVEN_ODD : FILL_NONZERO, ours, SIDE);
        cairo_surface_t *surface = surface_on(theirs);
        cairo_t *cairo = cairo_create(surface);
        cairo_set_fill_rule(cairo, even_odd ? CAIRO_FILL_RULE_EVEN_ODD : CAIRO_FILL_RULE_WINDING);
        trace(cairo, shape.points, shape.count, true);
        cairo_fill(cairo);
        cairo_destroy(cairo);
        cairo_surface_destroy(surface);
        struct difference difference = compare(ours, theirs);
        worst = fmax(worst, difference.mean);
        if (difference.mean > 8) {
            fail_msg("round %d: mean difference %.2f", round, difference.mean);
        }
    }
    print_message("crossing polygons: worst mean %.2f/255\n", worst);
    raster_destroy(raster);
}

/* A line of gentle and sharp turns with segments longer than it is wide. */
static struct shape polyline(uint64_t *seed, double width)
{
    struct shape shape;
    shape.count = (size_t)shapes_between(seed, 2, 12);
    double x = shapes_between(seed, 20, SIDE - 20);
    double y = shapes_between(seed, 20, SIDE - 20);
    double angle = shapes_between(seed, 0, 628) / 100.0;
    for (size_t i = 0; i < shape.count; i++) {
        shape.points[i].x = (int32_t)lround(x * DRAW_ONE);
        shape.points[i].y = (int32_t)lround(y * DRAW_ONE);
        double length = 2 * width + 4 + shapes_between(seed, 0, 200) / 10.0;
        angle += shapes_between(seed, -200, 200) / 100.0;
        x += length * cos(angle);
        y += length * sin(angle);
    }
    return shape;
}

static void strokes(void **state)
{
    (void)state;
    static const cairo_line_cap_t caps[] = {CAIRO_LINE_CAP_BUTT, CAIRO_LINE_CAP_ROUND, CAIRO_LINE_CAP_SQUARE};
    static const cairo_line_join_t joins[] = {CAIRO_LINE_JOIN_MITER, CAIRO_LINE_JOIN_BEVEL, CAIRO_LINE_JOIN_ROUND};
    struct raster *raster = raster_create(SIDE, SIDE);
    static uint8_t ours[SIDE * SIDE];
    static uint8_t theirs[SIDE * SIDE];
    uint64_t seed = 13;
    double mean_sum = 0;
    double over_sum = 0;
    enum { ROUNDS = 900 };
    for (int round = 0; round < ROUNDS; round++) {
        double dashes[] = {6, 3.5};
        struct stroke stroke = {.width_px = shapes_between(&seed, 2, 80) / 10.0,
                                .cap = (enum line_cap)(round % 3),
                                .join = (enum line_join)(round / 3 % 3),
                                .miter_limit = 2,
                                .round_limit = 1.05};
        struct shape shape = polyline(&seed, stroke.width_px);
        bool closed = round % 5 == 4 && shape.count > 3; /* not there and back, where all rims would add */
        if (round % 4 == 3 && stroke.cap != LINE_CAP_SQUARE && !closed) {
            stroke.dashes_px = dashes;
            stroke.dash_count = 2;
        }
        assert_true(stroke_add(raster, shape.points, shape.count, closed, &stroke));
        raster_mask(raster, FILL_NONZERO, ours, SIDE);
        cairo_surface_t *surface = surface_on(theirs);
        cairo_t *cairo = cairo_create(surface);
        cairo_set_tolerance(cairo, 0.02);
        cairo_set_line_width(cairo, stroke.width_px);
        cairo_set_line_cap(cairo, caps[stroke.cap]);
        cairo_set_line_join(cairo, joins[stroke.join]);
        cairo_set_miter_limit(cairo, stroke.miter_limit);
        cairo_set_dash(cairo, dashes, (int)stroke.dash_count, 0);
        trace(cairo, shape.points, shape.count, closed);
        cairo_stroke(cairo);
        cairo_destroy(cairo);
        cairo_surface_destroy(surface);
        struct difference difference = compare(ours, theirs);
        mean_sum += difference.mean;
        over_sum += difference.share_over_16;
        /* Where segments overlap their rims add, and the two disagree on how to approach a circle: some pixels differ.
         */
        if (difference.mean > 16 || difference.share_over_16 > 0.25) {
            fail_msg(
                "round %d: width %.1f, cap %d, join %d, closed %d, %zu dashes: mean difference %.2f, %.1f %% over 16",
                round, stroke.width_px, (int)stroke.cap, (int)stroke.join, closed, stroke.dash_count, difference.mean,
                100 * difference.share_over_16);
        }
    }
    print_message("strokes: mean %.3f/255, %.3f %% of the pixels off by more than 16\n", mean_sum / ROUNDS,
                  100 * over_sum / ROUNDS);
    assert_true(mean_sum / ROUNDS < 1.5);
    assert_true(over_sum / ROUNDS < 0.01);
    raster_destroy(raster);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(polygons),
        cmocka_unit_test(polygons_that_cross_themselves),
        cmocka_unit_test(strokes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
