/* SPDX-License-Identifier: MIT */
#pragma once
/* Is a tile that was made earlier still right? It is, when no change since then touches the area it was made from: the
 * tile itself, the reach of strokes, and for labels the squares in which they were placed. */

#include "tile/tile_worker.h"

enum tile_touch {
    TILE_UNTOUCHED,      /* made again it would have the same bytes */
    TILE_LABELS_TOUCHED, /* it would, when its labels are the same as before */
    TILE_TOUCHED         /* it may have others, or nothing is known of the moment it was made */
};

/* `mark` is the moment it was made at, of catalog_changes. */
enum tile_touch tile_touch_since(const struct catalog *catalog, const struct tile_request *request, uint64_t mark);
