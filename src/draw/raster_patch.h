/* SPDX-License-Identifier: MIT */
#pragma once
/* A raster's place for one small shape: a few rows that lie close together and move with the shape, so that nothing is
 * cut off at the picture's border before it is painted, no touched bits are needed and the first cache keeps it all.
 * Most polygons of a far zoom are smaller. Gives the same bytes as the accumulation of the picture. */

#include "draw/raster_cells.h"

enum raster_patch_room {
    RASTER_PATCH_NONE,
    RASTER_PATCH_WIDE,
    RASTER_PATCH_SMALL /* for raster_small.h, and the patch has RASTER_PATCH_INK */
};

/* Finds room for a shape in the patch, which reaches `margin` (fixed point) beyond its points: an empty one moves to
 * it. None: the shape goes to the picture's accumulation, and so did what was in the patch. */
enum raster_patch_room raster_patch_take(struct raster *raster, enum raster_patch_kind kind,
                                         const struct draw_point *points, size_t count, int32_t margin);
/* After a shape was added to a patch with small room: it stays only while the picture's accumulation is empty. */
void raster_patch_keep(struct raster *raster);
/* Moves what is in the patch, if anything, into the picture's accumulation. */
void raster_patch_spill(struct raster *raster);
/* Empties the patch. */
void raster_patch_discard(struct raster *raster);

/* raster_add_ring for a patch that has RASTER_PATCH_WIDE room for the ring. */
void raster_patch_add_ring(struct raster *raster, const struct draw_point *points, size_t count);

/* As raster_fill, raster_fill_apart and raster_merge do with the accumulation. The rows that were painted, of which
 * there may be none, are in `row_min` and `row_max` afterwards. */
void raster_patch_fill(struct raster *raster, struct canvas *canvas, enum fill_rule rule, uint32_t source);
void raster_patch_fill_apart(struct raster *raster, struct canvas *layer, enum fill_rule rule, uint32_t source);
void raster_patch_merge(struct raster *raster, enum fill_rule rule);
