/* SPDX-License-Identifier: MIT */
#pragma once
/* All tiles of all zooms in one row: zoom by zoom, along the Hilbert curve. The tile ids of PMTiles version 3, under
 * which neighbours lie near each other in files. */

#include "geo/grid.h"

/* Zooms that archives may have; our own go to GRID_ZOOM_MAX. */
enum { TILE_ORDER_ZOOM_MAX = 26 };

uint64_t tile_order_id(struct tile_id tile);
/* The id of the first tile of a zoom. */
uint64_t tile_order_first(uint32_t z);
/* False past zoom TILE_ORDER_ZOOM_MAX. */
bool tile_order_tile(uint64_t id, struct tile_id *out_tile);
