/* SPDX-License-Identifier: MIT */
#pragma once
/* What paints the accumulation of a raster and empties it, or its patch: the part of its work that is done for each
 * pixel. Every painter gives the same bytes. */

#include "draw/raster_cells.h"

struct raster_painter {
    /* The touched rows of the picture: over the canvas, beside what is on a layer, as coverage, or kept. */
    void (*sweep_color)(struct raster *raster, struct canvas *canvas, enum fill_rule rule, uint32_t source);
    void (*sweep_apart)(struct raster *raster, struct canvas *layer, enum fill_rule rule, uint32_t source);
    /* One row; bytes up to the next multiple of RASTER_GROUP are not written. */
    void (*sweep_row)(struct raster *raster, uint32_t row, enum fill_rule rule, uint8_t *out_coverage);
    void (*merge)(struct raster *raster, enum fill_rule rule);
    void (*paint_merged)(struct raster *raster, struct canvas *canvas, uint32_t source);
    /* The patch. */
    void (*patch_fill)(struct raster *raster, struct canvas *canvas, enum fill_rule rule, uint32_t source);
    void (*patch_apart)(struct raster *raster, struct canvas *layer, enum fill_rule rule, uint32_t source);
    void (*patch_merge)(struct raster *raster, enum fill_rule rule);
};

extern const struct raster_painter *const raster_painter_portable;
extern const struct raster_painter *const raster_painter_avx2; /* NULL: made for other processors */
