/* SPDX-License-Identifier: MIT */
#pragma once
/* Rings and thin lines of a few pixels, which is what most features of a far zoom are: eight edges at once where they
 * are cut at the rows, eight pixels at once where their areas add up, and no question asked of a single edge. Gives the
 * same bytes as raster_edge.h and hairline.c (docs/rasteriser.md). */

#include "draw/raster_cells.h"

enum {
    RASTER_SMALL_SIDE = RASTER_GROUP,          /* pixels across and down, of rings … */
    RASTER_SMALL_LINE_SIDE = 2 * RASTER_GROUP, /* … and of lines */
    RASTER_SMALL_POINTS = 40
};

/* Adds the signed area of a ring (as much in 1 / RASTER_FULL) to the cells of the patch, in the first RASTER_SMALL_SIDE
 * of its rows and columns. */
void raster_small_add_ring(struct raster *raster, const struct draw_point *points, size_t count);

/* A plain thin line, as hairline.c draws it. */
struct small_line {
    bool is_closed;
    float width;         /* fixed point, as all of these */
    float half;          /* by so much segments are longer or shorter at corners */
    float more_at_first; /* what caps add at the ends of an open line */
    float more_at_last;
};

/* Adds the ink of a line, in the same way, in the first RASTER_SMALL_LINE_SIDE. False, and nothing done: a point
 * repeats the one before it. */
bool raster_small_add_line(struct raster *raster, const struct draw_point *points, size_t count,
                           const struct small_line *line);
