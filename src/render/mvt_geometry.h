/* SPDX-License-Identifier: MIT */
#pragma once
/* The geometry of a feature as the commands of a vector tile; and what who reads them (mvt_read.c) must know too. */

#include "base/arena.h"
#include "base/buffer.h"
#include "geo/feature.h"

enum { MVT_MOVE_TO = 1, MVT_LINE_TO = 2, MVT_CLOSE_PATH = 7 };

/* Twice the area of a closed ring by the surveyor's formula, y down: positive for exterior rings that we write. */
static inline int64_t mvt_ring_area(const struct world_point *points, uint32_t count)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i + 1 < count; i++) {
        sum += (int64_t)points[i].x * points[i + 1].y - (int64_t)points[i + 1].x * points[i].y;
    }
    return sum;
}

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
