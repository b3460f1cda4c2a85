/* SPDX-License-Identifier: MIT */
#pragma once
/* Single edges, as outlines of lines are made of, that wait until there are enough of them to be added together: eight
 * at once, where there is AVX2. Gives the same bytes as raster_edge.h, by which those go that are long, or that leave
 * the picture (docs/rasteriser.md). */

#include "draw/raster_cells.h"

void raster_edges_add_waiting(struct raster *raster);

/* Adds the waiting edges, if any, to the picture's accumulation. */
static inline void raster_edges_flush(struct raster *raster)
{
    if (raster->waiting_count > 0) {
        raster_edges_add_waiting(raster);
    }
}

/* Adds an edge to the picture's accumulation at once. */
void raster_edges_add_now(struct raster *raster, int64_t x0, int64_t y0, int64_t x1, int64_t y1);
