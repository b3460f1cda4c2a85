/* SPDX-License-Identifier: MIT */
#pragma once
/* Which features of a layer stay in a vector tile that would be too large. */

#include "render/mvt.h"

/* About how many bytes a feature takes in a tile: for telling features apart, not for telling sizes. */
size_t mvt_rank_weight(const struct mvt_layer *layer, const struct feature *feature);

/* The least rank of which the features that have it are about `share` (0 to 1) of the layer by weight, not more but for
 * one that always stays. The rank of a feature is its own in all tiles of a zoom, so a feature that a neighbour shows
 * is left out here only when this tile asks for a higher one. */
unsigned mvt_rank_of_share(const struct mvt_layer *layer, struct tile_id tile, double share);

/* Writes the numbers of the features of rank `rank_min` or more (0: of all) to `out_kept`, which has room for one more
 * than there are. Returns how many. */
size_t mvt_rank_choose(const struct feature_list *list, struct tile_id tile, unsigned rank_min, uint32_t *out_kept);
