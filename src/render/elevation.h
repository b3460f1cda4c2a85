/* SPDX-License-Identifier: MIT */
#pragma once
/* Elevations of a tile with a border taken from the tiles around it, so that slopes and mixed values go on across. */

#include "base/arena.h"
#include "render/render_raster.h"

enum { ELEVATION_BORDER = 2 };

struct elevation {
    const float *metres; /* rows of `stride`, with ELEVATION_BORDER more values on each side */
    size_t stride;
    uint32_t width;
    uint32_t height;
};

/* The grid of piece `index`; false when memory is out. */
bool elevation_gather(const struct render_raster *pieces, size_t count, size_t index, struct arena *arena,
                      struct elevation *out_grid);

/* The row `y` (-ELEVATION_BORDER … height + ELEVATION_BORDER - 1), such that [x] may go from -ELEVATION_BORDER. */
const float *elevation_row(const struct elevation *grid, int32_t y);
