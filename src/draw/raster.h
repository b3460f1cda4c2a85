/* SPDX-License-Identifier: MIT */
#pragma once
/* Exact area coverage of polygons and strokes, accumulated as signed differences in whole numbers, then composited in
 * one sweep (docs/rasteriser.md; R. Levien, "Inside the fastest font renderer in the world", 2016; the touched bits
 * are Blend2D's idea).
 *
 * Coordinates are 24.8 fixed point pixels, y downwards, pixel (0, 0) covering 0…256. Anything may lie outside the
 * picture. The result depends only on differences of coordinates, so a shape moved by whole pixels gives the same
 * bytes: neighbouring tiles agree. A raster belongs to one thread. */

#include "draw/canvas.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DRAW_ONE = 256 }; /* a pixel */

struct draw_point {
    int32_t x;
    int32_t y;
};

enum fill_rule { FILL_NONZERO, FILL_EVEN_ODD };

struct raster;

/* Room for pictures of up to `width_max_px` x `height_max_px` (at most 4096 each). */
struct raster *raster_create(uint32_t width_max_px, uint32_t height_max_px);
void raster_destroy(struct raster *raster);

/* Sets the size of the picture; the accumulation is empty afterwards. */
void raster_begin(struct raster *raster, uint32_t width_px, uint32_t height_px);

/* Adds a ring; it is closed by itself when the last point is not the first. Several rings and features may be added
 * before one sweep. */
void raster_add_ring(struct raster *raster, const struct draw_point *points, size_t count);

/* Adds one directed edge, for makers of outlines (strokes): together the edges must form closed chains, in any order.
 * Coordinates lie within ±2^40. */
void raster_add_edge(struct raster *raster, int64_t x0, int64_t y0, int64_t x1, int64_t y1);

/* Adds the edges from point to point, or with `back` the same the other way round. */
void raster_add_chain(struct raster *raster, const struct draw_point *points, size_t count, bool back);

/* The size given to raster_begin. */
uint32_t raster_width_px(const struct raster *raster);
uint32_t raster_height_px(const struct raster *raster);

/* True when nothing that was added can touch the picture. */
bool raster_is_empty(struct raster *raster);

/* What pixels are painted with: a colour, or a picture repeated from an origin. */
struct paint {
    struct pixel pixel;           /* used when pattern is NULL; already multiplied by opacity */
    const struct canvas *pattern; /* borrowed */
    int32_t pattern_x_px; /* where the pattern's (0, 0) lies in this canvas: the caller anchors it to the world */
    int32_t pattern_y_px;
    uint8_t pattern_opacity; /* 0 … 255 */
};

/* Composites what was added over the canvas (of the size of raster_begin) and empties the accumulation. */
void raster_fill(struct raster *raster, struct canvas *canvas, enum fill_rule rule, const struct paint *paint);
/* Sweeps what was added into coverage that is kept beside the accumulation, the larger of each pixel, and empties the
 * accumulation. For strokes that lie on each other, such as a border that two polygons share: their union is as light
 * as one of them, where adding them up would make it heavy and jagged. */
void raster_merge(struct raster *raster, enum fill_rule rule);
/* Composites what was kept by raster_merge and forgets it. */
void raster_fill_merged(struct raster *raster, struct canvas *canvas, struct pixel pixel);
/* Composites what was added into a layer of its own (transparent before the first shape), where shapes that share a
 * pixel are taken to lie side by side as far as there is room, and one over the other only beyond that. So the pieces
 * of a partition meet without a hairline of what lies below, in any order, and overlaps show as they should. Ends with
 * raster_discard, then lay the layer over the picture. */
void raster_fill_apart(struct raster *raster, struct canvas *layer, enum fill_rule rule, struct pixel pixel);
/* Empties the accumulation and what was merged, without painting. */
void raster_discard(struct raster *raster);
/* Writes coverage 0 … 255 (rows of `stride`) instead of compositing, and empties the accumulation: for glyph masks. */
void raster_mask(struct raster *raster, enum fill_rule rule, uint8_t *out_coverage, size_t stride);

/* Which compiled version of the sweep is used; all give the same bytes. For tests and measurements: the best one is the
 * start value. False when this processor does not have it. */
enum raster_kernel { RASTER_KERNEL_BEST, RASTER_KERNEL_PORTABLE, RASTER_KERNEL_AVX2 };
bool raster_set_kernel(struct raster *raster, enum raster_kernel kernel);
