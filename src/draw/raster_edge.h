/* SPDX-License-Identifier: MIT */
#pragma once
/* Adding an edge to differences: to those of the picture, or to a patch that holds the whole shape, where nothing is
 * cut off and nothing noted. The compiler makes one of each (docs/rasteriser.md). */

#include "draw/raster_cells.h"

#include <string.h>

#define EDGE_INLINE static inline __attribute__((always_inline))

/* Where the edges of a shape go. */
struct edge_target {
    struct raster *raster; /* NULL: a patch */
    uint32_t *cells;       /* row 0 */
    size_t stride;
};

/* Height `height` (signed) at the mean of the fractions `fractions` / 2 of a pixel's width. */
EDGE_INLINE void add_cell(uint32_t *cell, int32_t height, int32_t fractions)
{
    int32_t right = height * fractions;
    cell[0] += (uint32_t)(height * 2 * DRAW_ONE - right);
    cell[1] += (uint32_t)right;
}

/* An edge, upper end first. Crossings with the lines between rows are products of the distance from this end, never
 * sums along the way and never taken from a place that depends on the picture. */
struct edge {
    int64_t x0;
    int64_t y0;
    double dx_per_y;
    double half; /* rounds offsets, by the sign of dx */
};

/* A little more than half: a quotient of numbers below 2^20 that lies half-way is rounded away from zero whatever the
 * last bit of `dx_per_y`, as raster_small.c does which divides. */
static const double EDGE_HALF = 0.5 + 0x1p-30;

EDGE_INLINE int64_t edge_x_at(const struct edge *edge, int64_t y)
{
    return edge->x0 + (int64_t)(edge->dx_per_y * (double)(y - edge->y0) + edge->half);
}

/* An edge left of the picture: only its height in each row counts. */
static inline void add_left(struct raster *raster, int64_t y0, int64_t y1, int32_t sign)
{
    int64_t first = y0 > 0 ? y0 / DRAW_ONE : 0;
    int64_t last = (y1 < raster->bottom ? y1 - 1 : raster->bottom - 1) / DRAW_ONE;
    raster_touch_rows(raster, first, last);
    for (int64_t row = first; row <= last; row++) {
        int64_t top = row * DRAW_ONE;
        int64_t from = y0 > top ? y0 : top;
        int64_t to = y1 < top + DRAW_ONE ? y1 : top + DRAW_ONE;
        raster->bits[(size_t)row * raster->bit_words] |= 1;
        raster->cells[(size_t)row * raster->stride] += (uint32_t)(sign * (int32_t)(to - from) * 2 * DRAW_ONE);
        raster_count_edge(raster, (size_t)row);
    }
}

/* A piece of an edge within one row goes over `width` while it falls by `height`: the area right of it and left of
 * `reach` (0 … width) from its left end, doubled. raster_small.c computes the same in the same steps. */
struct edge_ramp {
    double steep;
    float steep_short;
    bool is_short;
};

EDGE_INLINE struct edge_ramp edge_ramp_of(int64_t width, int32_t height)
{
    return (struct edge_ramp){.steep = (double)height / (double)width,
                              .steep_short = (float)height / (float)width,
                              .is_short = width <= RASTER_SHORT};
}

EDGE_INLINE int64_t edge_ramp_at(const struct edge_ramp *ramp, int64_t reach)
{
    if (ramp->is_short) {
        float area = (float)reach * (float)reach * ramp->steep_short + RASTER_ROUND;
        int32_t bits;
        memcpy(&bits, &area, sizeof bits);
        return bits - RASTER_ROUND_BITS;
    }
    return (int64_t)((double)reach * (double)reach * ramp->steep + 0.5);
}

/* The part of an edge inside one row: from `left` to `right`, over more than one pixel. */
EDGE_INLINE void add_wide_piece(struct raster *raster, uint32_t *cells, size_t row, int64_t left, int64_t right,
                                int32_t height, int32_t sign)
{
    struct edge_ramp ramp = edge_ramp_of(right - left, height);
    int64_t pixel = left >> 8;
    int64_t last = (right - 1) >> 8;
    int64_t end = last;
    int64_t done = 0;   /* the area left of this pixel … */
    int32_t before = 0; /* … and that in the pixel left of it, signed */
    if (raster) {
        if (pixel < 0) {
            pixel = 0;
            done = edge_ramp_at(&ramp, -left);
        }
        end = last < (int64_t)raster->width_px ? last : (int64_t)raster->width_px;
    }
    size_t first = (size_t)pixel;
    for (; pixel < end; pixel++) {
        int64_t reached = edge_ramp_at(&ramp, (pixel + 1) * DRAW_ONE - left);
        int32_t area = sign * (int32_t)(reached - done);
        cells[pixel] += (uint32_t)(area - before);
        before = area;
        done = reached;
    }
    if (!raster || last < (int64_t)raster->width_px) {
        int32_t full = sign * height * 2 * DRAW_ONE;
        int32_t area = (int32_t)(height * (2 * (last + 1) * DRAW_ONE - left - right) - done) * sign;
        cells[last] += (uint32_t)(area - before);
        cells[last + 1] += (uint32_t)(full - area);
    }
    if (raster) {
        int64_t border = (int64_t)raster->width_px - 1;
        int64_t touched = last + 1 < border ? last + 1 : border;
        raster_touch_cells(raster->bits + row * raster->bit_words, first, (size_t)touched);
    }
}

/* The part of an edge inside one row. */
EDGE_INLINE void add_piece(const struct edge_target *target, int64_t row, int64_t xa, int64_t ya, int64_t xb,
                           int64_t yb, int32_t sign)
{
    struct raster *raster = target->raster;
    int64_t left = xa < xb ? xa : xb;
    int64_t right = xa < xb ? xb : xa;
    uint32_t *cells = target->cells + (size_t)row * target->stride;
    if (raster) {
        if (left >= raster->right) {
            return;
        }
        raster_count_edge(raster, (size_t)row);
        if (right <= 0) {
            cells[0] += (uint32_t)(sign * (int32_t)(yb - ya) * 2 * DRAW_ONE);
            raster->bits[(size_t)row * raster->bit_words] |= 1;
            return;
        }
    }
    int64_t pixel = left >> 8;
    if (right - pixel * DRAW_ONE > DRAW_ONE) {
        add_wide_piece(raster, cells, (size_t)row, left, right, (int32_t)(yb - ya), sign);
        return;
    }
    add_cell(cells + pixel, sign * (int32_t)(yb - ya), (int32_t)(left + right - 2 * pixel * DRAW_ONE));
    if (raster) {
        size_t touched_last = (size_t)pixel + 1 < raster->width_px ? (size_t)pixel + 1 : (size_t)pixel;
        raster_touch_cells(raster->bits + (size_t)row * raster->bit_words, (size_t)pixel, touched_last);
    }
}

EDGE_INLINE void add_edge(const struct edge_target *target, int64_t x0, int64_t y0, int64_t x1, int64_t y1)
{
    struct raster *raster = target->raster;
    if (y0 == y1) {
        return;
    }
    /* The upper end first. Which one it is is as good as random, so this does without a branch. */
    int64_t up = -(int64_t)(y0 > y1);
    int64_t swap_x = (x0 ^ x1) & up;
    int64_t swap_y = (y0 ^ y1) & up;
    x0 ^= swap_x;
    x1 ^= swap_x;
    y0 ^= swap_y;
    y1 ^= swap_y;
    int32_t sign = (int32_t)(up | 1);
    if (raster) {
        if (y1 <= 0 || y0 >= raster->bottom || (x0 >= raster->right && x1 >= raster->right)) {
            return;
        }
        if (x0 <= 0 && x1 <= 0) {
            add_left(raster, y0, y1, sign);
            return;
        }
    }
    int64_t row_first = y0 >> 8;
    int64_t row_last = (y1 - 1) >> 8;
    if (row_first == row_last && x0 >> 8 == x1 >> 8 && (!raster || (x0 | y0) >= 0)) { /* the whole edge in one pixel */
        if (raster) {
            raster_touch_rows(raster, row_first, row_first);
        }
        add_piece(target, row_first, x0, y0, x1, y1, sign);
        return;
    }
    double dx = (double)(x1 - x0);
    double dy = (double)(y1 - y0);
    struct edge edge = {x0, y0, dx / dy, x1 < x0 ? -EDGE_HALF : EDGE_HALF};
    int64_t first = row_first;
    int64_t last = row_last;
    if (raster) {
        first = row_first > 0 ? row_first : 0;
        last = row_last < (int64_t)raster->height_px ? row_last : (int64_t)raster->height_px - 1;
        raster_touch_rows(raster, first, last);
    }
    int64_t ya = first == row_first ? y0 : first * DRAW_ONE;
    int64_t xa = first == row_first ? x0 : edge_x_at(&edge, ya);
    for (int64_t row = first; row <= last; row++) {
        int64_t yb = row == row_last ? y1 : (row + 1) * DRAW_ONE;
        int64_t xb = row == row_last ? x1 : edge_x_at(&edge, yb);
        add_piece(target, row, xa, ya, xb, yb, sign);
        xa = xb;
        ya = yb;
    }
}
