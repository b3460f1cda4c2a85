/* SPDX-License-Identifier: MIT */
#pragma once
/* From a tile's pixels to a raster's: exact at the points of a net, mixed between them. The net is made finer until
 * what is mixed is less than an eighth of a pixel off. */

#include "geo/grid.h"
#include "geo/projection.h"
#include "store/store.h"

struct raster_warp {
    size_t cells;    /* of the net, in each direction */
    size_t step_px;  /* pixels of the tile in a cell */
    const double *x; /* (cells + 1)^2 places in pixels of the raster's full size; not finite: nowhere */
    const double *y;
};

/* The net of a tile `side_px` wide. `pixel` is the size of what counts as a pixel: of the level that is read. */
bool raster_warp_make(struct projection *projection, const struct store_raster *raster, struct tile_id tile,
                      uint32_t side_px, double pixel, struct arena *arena, struct raster_warp *out_warp,
                      struct error *err);

/* Pixels of the raster in one of a tile of this zoom, at the raster's middle. 0 when it lies nowhere. */
double raster_warp_step(struct projection *projection, const struct store_raster *raster, uint32_t zoom,
                        uint32_t side_px);
