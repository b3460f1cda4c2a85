/* SPDX-License-Identifier: MIT */
#pragma once
/* The features of a tile as they are: vector tiles and tile GeoJSON, of bounded size. */

#include "tile/tile_worker.h"

/* No vector tile is larger, compressed by gzip. */
enum { TILE_VECTOR_BYTES_MAX = 500 * 1000 };

/* Appends the vector tile of these layers (not compressed). One that would be too large is reduced (docs/store.md):
 * first the precision of its coordinates, then long texts, then the number of features, of the layer with the most
 * bytes. */
bool tile_vector_make(struct tile_worker *worker, const struct store_layer *const *layers, size_t count,
                      struct tile_id tile, struct buffer *out, struct error *err);

/* The same features of one layer as a GeoJSON collection. */
bool tile_vector_make_geojson(struct tile_worker *worker, const struct store_layer *layer, struct tile_id tile,
                              struct buffer *out, struct error *err);
