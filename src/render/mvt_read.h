/* SPDX-License-Identifier: MIT */
#pragma once
/* Vector tiles of others: Mapbox Vector Tile specification 1 and 2.1, read into features in units of the tile. */

#include "base/arena.h"
#include "base/error.h"
#include "geo/feature.h"

struct mvt_tile_layer {
    const char *name;
    uint32_t version;
    uint32_t extent; /* units from edge to edge of the tile */
    /* In units of the tile, (0, 0) its north-west corner, y downwards; reaching beyond it where the tile has a buffer.
     * A feature of unknown kind has no part. Rings are closed, shells one way and holes the other. An attribute a
     * feature does not have is null. */
    struct feature_list features;
    const struct text *geometries; /* of each feature, the encoded commands as they stand in the tile */
    size_t skipped_count;          /* features left out because something in them is broken */
};

/* Reads a tile (not compressed). A feature that is broken in itself is left out; a tile in which something is broken
 * that concerns more than one feature, or a geometry's commands, is refused. Everything lives in `arena` or is borrowed
 * from `bytes`. */
bool mvt_read(const void *bytes, size_t size, struct arena *arena, struct mvt_tile_layer **out_layers,
              size_t *out_count, struct error *err);
