/* SPDX-License-Identifier: MIT */
#pragma once
/* The geometry of a feature as the commands of a vector tile. */

#include "base/arena.h"
#include "base/buffer.h"
#include "geo/feature.h"

struct mvt_geometry {
    struct arena *arena;
    uint32_t z;
    struct world_box area;      /* of the tile and its buffer */
    struct world_box box;       /* of the tile */
    unsigned grid_log2;         /* struct mvt_reduction */
    struct buffer commands;     /* of one feature */
    struct world_point *points; /* scratch */
    size_t points_max;
};

void mvt_geometry_init(struct mvt_geometry *geometry, struct tile_id tile, unsigned grid_log2, struct arena *arena);
void mvt_geometry_finish(struct mvt_geometry *geometry);

/* Writes the geometry of `feature` into `commands`; leaves it empty when nothing of it is left in the tile. */
bool mvt_geometry_put(struct mvt_geometry *to, const struct feature *feature, struct error *err);
