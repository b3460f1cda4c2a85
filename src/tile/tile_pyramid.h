/* SPDX-License-Identifier: MIT */
#pragma once
/* All tiles of some zooms and an area, made on all processors and handed over one after the other, in the order of
 * tile_order: for filling the cache and for archives. Memory is bounded by a few dozen tiles for each processor. */

#include "tile/tile_service.h"

struct tile_pyramid {
    const char *data_folder;
    struct catalog *catalog;
    struct tile_request request; /* of what; its tile is not looked at */
    uint32_t min_zoom;
    uint32_t max_zoom;
    struct bbox area;  /* degrees */
    bool skip_empty;   /* leave out where no features are */
    unsigned workers;  /* 0: one per processor */
    const bool *ended; /* set by a signal: stop soon; may be NULL */
};

/* Asked before a tile is made: false leaves it out. On the caller's thread, in order. May be NULL. */
typedef bool tile_wanted(void *context, struct tile_id tile);
/* A finished tile. On the caller's thread, in order. False ends it all, with `err`. */
typedef bool tile_made(void *context, struct tile_id tile, struct tile_blob *blob, struct error *err);

/* `*out_complete` is false when it was ended before. */
bool tile_pyramid_make(const struct tile_pyramid *pyramid, tile_wanted *wanted, tile_made *made, void *context,
                       bool *out_complete, struct error *err);
