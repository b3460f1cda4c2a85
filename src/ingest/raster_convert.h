/* SPDX-License-Identifier: MIT */
#pragma once
/* A raster becomes the file that is served: a cloud-optimised GeoTIFF, tiled and with overviews, values and grid as
 * they were. */

#include "ingest/feed.h"

struct raster_convert {
    struct feed *feed;                                            /* of feed_raster_open */
    const char *srs;                                              /* what the layer is in */
    const char *folder;                                           /* for what is temporary */
    const char *path;                                             /* to make */
    const char *kind;                                             /* "imagery", "elevation"; NULL: by its values */
    void (*progress)(void *context, int64_t done, int64_t total); /* per mille */
    void *context;
};

/* Writes the file; `*out_json` (in `arena`) describes it for the store (store/raster_file.h). */
bool raster_convert(const struct raster_convert *convert, struct arena *arena, struct text *out_json,
                    struct error *err);
