/* SPDX-License-Identifier: MIT */
#pragma once
/* Vector tiles: Mapbox Vector Tile specification 2.1. */

#include "base/arena.h"
#include "base/buffer.h"
#include "geo/feature.h"

enum {
    MVT_EXTENT = 4096,
    MVT_BUFFER = 128, /* units of the extent kept around the tile */
    MVT_TILE_PX = 512 /* how large clients show a tile */
};

/* One layer of a tile. */
struct mvt_layer {
    const char *name;
    struct feature_list features;
};

/* The area a tile needs features of: the tile and its buffer, in world units. */
struct world_box mvt_area(struct tile_id tile);

/* What is left out of a layer so that its tile gets smaller. */
struct mvt_reduction {
    unsigned grid_log2; /* coordinates are multiples of 2^grid_log2 units of the extent */
    size_t text_max;    /* longer texts are left out; SIZE_MAX: none */
    unsigned rank_min;  /* features of lower rank are left out; 0: none (mvt_rank_of_share) */
};

/* Appends one layer of a tile, nothing when it has no feature in it. A tile is its layers one after the other. What is
 * too small for the grid leaves a trace of one step of it. `reduction` NULL: nothing is left out. Sets out->failed when
 * it is too large. */
bool mvt_encode_layer(const struct mvt_layer *layer, struct tile_id tile, const struct mvt_reduction *reduction,
                      struct arena *arena, struct buffer *out, struct error *err);

/* Appends the tile (not compressed). Layers without a feature in it are left out, so a tile without features has no
 * bytes. Attributes that are null or not finite are left out; an id that is a whole number from 0 is the feature's id.
 */
bool mvt_encode(const struct mvt_layer *layers, size_t layer_count, struct tile_id tile, struct arena *arena,
                struct buffer *out, struct error *err);
