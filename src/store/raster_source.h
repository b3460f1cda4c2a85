/* SPDX-License-Identifier: MIT */
#pragma once
/* The pixels of raster layers: tiles of 256 x 256 in the WebMercatorQuad grid, warped from the file's own grid. The
 * only place where GDAL reads while serving. Belongs to one thread: open files and the tiles used last are kept, both
 * bounded.
 *
 * All tiles of a zoom are read from the same level of the file's pyramid and mixed by the same arithmetic, so
 * neighbours go on into each other. */

#include "store/store.h"

#include "geo/grid.h"

enum { RASTER_TILE_PX = 256 };

struct raster_source;

bool raster_source_open(const char *directory, struct raster_source **out_source, struct error *err);
void raster_source_close(struct raster_source *source); /* accepts NULL */

/* One tile, in the arena that it was asked into. */
struct raster_tile {
    bool is_empty;       /* nothing of the layer lies here; no pixels */
    const uint8_t *rgba; /* of imagery, and of elevation that is shown as grey: premultiplied */
    const float *metres; /* of elevation: not a number where nothing is known */
};

/* The tile of `layer`, which has a raster, at a zoom up to its zoom_max. `as_metres` asks for the first band's values;
 * else colours are given. ERROR_UNAVAILABLE when the file cannot be read. */
bool raster_source_tile(struct raster_source *source, const struct store_layer *layer, struct tile_id tile,
                        bool as_metres, struct arena *arena, struct raster_tile *out_tile, struct error *err);

/* Opens the file and compares it with its description; with `full` all blocks of all levels are read. */
bool raster_source_check(const char *directory, const struct store_layer *layer, bool full, struct error *err);
