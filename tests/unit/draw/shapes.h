/* SPDX-License-Identifier: MIT */
#pragma once
/* Repeatable random shapes for the tests of the room draw. */

#include "draw/raster.h"
#include "draw/stroke.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SHAPE_POINTS_MAX = 64 };

struct shape {
    struct draw_point points[SHAPE_POINTS_MAX];
    size_t count;
};

/* splitmix64 */
static inline uint64_t shapes_next(uint64_t *seed)
{
    uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* `low` … `high`, both included. */
static inline int32_t shapes_between(uint64_t *seed, int32_t low, int32_t high)
{
    return (int32_t)(low + (int64_t)(shapes_next(seed) % (uint64_t)((int64_t)high - low + 1)));
}

/* Points anywhere in the square `low_px` … `high_px`; some repeated, some on whole pixels, some close together. */
static inline struct shape shapes_random(uint64_t *seed, size_t count_max, int32_t low_px, int32_t high_px)
{
    struct shape shape;
    shape.count = (size_t)shapes_between(seed, 2, (int32_t)count_max);
    for (size_t i = 0; i < shape.count; i++) {
        struct draw_point *point = &shape.points[i];
        point->x = shapes_between(seed, low_px * DRAW_ONE, high_px * DRAW_ONE);
        point->y = shapes_between(seed, low_px * DRAW_ONE, high_px * DRAW_ONE);
        switch (shapes_between(seed, 0, 11)) {
        case 0: /* a corner of a pixel */
            point->x &= ~(DRAW_ONE - 1);
            point->y &= ~(DRAW_ONE - 1);
            break;
        case 1: /* a short step */
        case 2:
            if (i > 0) {
                point->x = shape.points[i - 1].x + shapes_between(seed, -400, 400);
                point->y = shape.points[i - 1].y + shapes_between(seed, -400, 400);
            }
            break;
        case 3: /* level or upright */
            if (i > 0) {
                point->y = shape.points[i - 1].y;
            }
            break;
        case 4:
            if (i > 0) {
                point->x = shape.points[i - 1].x;
            }
            break;
        case 5: /* the same again, or back */
            if (i > 1) {
                *point = shape.points[i - 1 - (size_t)shapes_between(seed, 0, 1)];
            }
            break;
        default:
            break;
        }
    }
    return shape;
}

static inline struct shape shapes_moved(const struct shape *shape, int32_t dx_px, int32_t dy_px)
{
    struct shape moved = *shape;
    for (size_t i = 0; i < moved.count; i++) {
        moved.points[i].x += dx_px * DRAW_ONE;
        moved.points[i].y += dy_px * DRAW_ONE;
    }
    return moved;
}

/* A stroke of any kind; the dashes live in `dashes`. */
static inline struct stroke shapes_random_stroke(uint64_t *seed, double dashes[4])
{
    struct stroke stroke = {.width_px = shapes_between(seed, 1, 1200) / 100.0,
                            .cap = (enum line_cap)shapes_between(seed, 0, 2),
                            .join = (enum line_join)shapes_between(seed, 0, 2),
                            .miter_limit = shapes_between(seed, 10, 40) / 10.0,
                            .round_limit = 1.05};
    if (shapes_between(seed, 0, 3) == 0) {
        stroke.offset_px = shapes_between(seed, -80, 80) / 10.0;
    }
    if (shapes_between(seed, 0, 3) == 0) {
        stroke.gap_width_px = shapes_between(seed, 1, 80) / 10.0;
    }
    if (shapes_between(seed, 0, 2) == 0) {
        stroke.dash_count = (size_t)shapes_between(seed, 1, 4);
        for (size_t i = 0; i < stroke.dash_count; i++) {
            dashes[i] = shapes_between(seed, 0, 120) / 10.0;
        }
        stroke.dashes_px = dashes;
        stroke.dash_start_px = shapes_between(seed, -500, 500) / 7.0;
    }
    return stroke;
}

struct shape_corner {
    double x;
    double y;
};

/* Keeps the part of a polygon where its x (y) is above (below) `limit`; returns the number of corners. */
static inline size_t shapes_cut(const struct shape_corner *in, size_t count, struct shape_corner *out, bool by_y,
                                double limit, double side)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        struct shape_corner a = in[i];
        struct shape_corner b = in[(i + 1) % count];
        double from = ((by_y ? a.y : a.x) - limit) * side;
        double to = ((by_y ? b.y : b.x) - limit) * side;
        if (from >= 0) {
            out[kept++] = a;
        }
        if ((from < 0) != (to < 0)) {
            double part = from / (from - to);
            out[kept++] = (struct shape_corner){a.x + part * (b.x - a.x), a.y + part * (b.y - a.y)};
        }
    }
    return kept;
}

/* The exact area that a polygon, which does not cross itself, has in a pixel. */
static inline double shapes_area_in_pixel(const struct shape *shape, double x, double y)
{
    struct shape_corner a[4 * SHAPE_POINTS_MAX];
    struct shape_corner b[4 * SHAPE_POINTS_MAX];
    for (size_t i = 0; i < shape->count; i++) {
        a[i] = (struct shape_corner){(double)shape->points[i].x / DRAW_ONE, (double)shape->points[i].y / DRAW_ONE};
    }
    size_t count = shapes_cut(a, shape->count, b, false, x, 1);
    count = shapes_cut(b, count, a, false, x + 1, -1);
    count = shapes_cut(a, count, b, true, y, 1);
    count = shapes_cut(b, count, a, true, y + 1, -1);
    double area = 0;
    for (size_t i = 0; i < count; i++) {
        area += a[i].x * a[(i + 1) % count].y - a[i].y * a[(i + 1) % count].x;
    }
    return fabs(area) / 2;
}
