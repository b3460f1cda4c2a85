/* SPDX-License-Identifier: MIT */
#pragma once
/* What layers painted from elevations have in common: tile after tile, row after row of the picture. */

#include "base/error.h"
#include "render/elevation.h"
#include "render/raster_sheet.h"

/* Colours one row of the picture: `out` gets a premultiplied pixel for each column of `across`. */
struct elevation_row_place {
    const struct elevation *grid;
    const struct render_raster *piece;
    const struct raster_axis *across;
    int32_t first; /* the two rows of the grid to mix */
    int32_t second;
    uint32_t weight; /* of the second */
    double share;    /* 0 … 1: how far down in the piece */
};

typedef void elevation_row_fn(void *brush, const struct elevation_row_place *place, uint32_t *out);
/* Called before the rows of a piece; false when memory is out. */
typedef bool elevation_piece_fn(void *brush, const struct elevation *grid, const struct render_raster *piece);

bool elevation_layer_paint(const struct render_layer_context *context, elevation_piece_fn *begin, elevation_row_fn *row,
                           void *brush, struct error *err);

/* `first` and `second` mixed. What is not a number takes part in nothing: the nearer one decides whether there is a
 * value. */
float elevation_mix(float first, float second, uint32_t weight);
