/* SPDX-License-Identifier: MIT */
#pragma once
/* A glyph as coverage: filled exactly by the raster, or widened for a halo by the distance to its outline. */

#include "draw/font.h"
#include "draw/raster.h"

/* An outline flattened into rings. Grows as needed; one for all glyphs of a thread. */
struct glyph_path {
    struct draw_point *points; /* 24.8, y downwards, relative to the pen */
    size_t point_count;
    size_t point_capacity;
    uint32_t *ring_ends;
    size_t ring_count;
    size_t ring_capacity;
    bool failed; /* memory is out */
};

void glyph_path_finish(struct glyph_path *path);

/* How an outline is put on the pixels: scaled, turned clockwise, then moved. */
struct glyph_transform {
    double scale; /* pixels per font unit */
    double cosine;
    double sine;
    int32_t shift_x; /* 24.8: the phase inside a pixel */
    int32_t shift_y;
};

/* False when the font has no outline for the glyph; blanks give a path without rings. */
bool glyph_path_read(struct glyph_path *path, struct font_face *face, uint32_t glyph,
                     const struct glyph_transform *transform);

/* Coverage 0 … 255 of a box of pixels around the pen. */
struct glyph_box {
    int32_t left;
    int32_t top;
    int32_t width;
    int32_t height;
};

enum { GLYPH_SIDE_MAX_PX = 1024 };

/* The pixels the path touches, widened by `reach_px`; width 0 for blanks and for glyphs larger than the maximum. */
struct glyph_box glyph_box_of(const struct glyph_path *path, double reach_px);
void glyph_fill(const struct glyph_path *path, const struct glyph_box *box, struct raster *raster,
                uint8_t *out_coverage);

/* The widened glyph: full up to `halo_px` from the outline with an edge of one pixel (exact coverage for straight
 * edges), or with `blur_px` an edge as wide as MapLibre's. `coverage` is what glyph_fill gave; `distances` is scratch
 * of glyph_distance_stride * height. */
size_t glyph_distance_stride(const struct glyph_box *box);
void glyph_widen(const struct glyph_path *path, const struct glyph_box *box, double halo_px, double blur_px,
                 float *distances, const uint8_t *coverage, uint8_t *out_coverage);
double glyph_halo_reach_px(double halo_px, double blur_px);
