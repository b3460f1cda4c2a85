/* SPDX-License-Identifier: MIT */
#pragma once
/* Many points to world units. Within a thirty-second of a degree the Mercator ordinate is a cubic of the latitude to
 * far less than a unit, so a sine and a logarithm are taken once for each such row and not for each vertex. Where the
 * cubic does not tell for sure how a point is rounded, grid_from_lonlat is asked: results are equal to the bit. */

#include "geo/grid.h"

#include <stddef.h>

enum { GRID_PATCH_ROWS = 64 };

/* Of the rows met last. Owned by one thread. */
struct grid_patches {
    struct grid_patch_row {
        double middle; /* degrees; NaN: none yet */
        double terms[4];
    } rows[GRID_PATCH_ROWS];
};

void grid_patches_init(struct grid_patches *patches);
/* Pairs of longitude and latitude. */
void grid_patches_points(struct grid_patches *patches, const double *lonlat, size_t count,
                         struct world_point *out_points);
