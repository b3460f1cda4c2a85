/* SPDX-License-Identifier: MIT */
#pragma once
/* What each publish changed, so that finished tiles which it does not touch stay good (docs/tile-cache.md).
 *
 * Whenever what is served changes, the transaction that does it writes down where, for each band of the cells: the
 * boxes of what is drawn otherwise, added, removed, or moved in the drawing order. A moment of this history has a mark,
 * a random number: a cache keeps it with what it made, and later asks which changes came after. A mark that is not in
 * the list is of another history (a restored backup, an old entry), and nothing is known of what was made then. */

#include "store/store.h"

/* Where a layer differs. */
struct store_change_area {
    bool is_whole;                 /* anywhere; otherwise only what touches `boxes` */
    const struct world_box *boxes; /* inside the world */
    size_t box_count;
};

struct store_change {
    uint64_t mark;                         /* of the moment after this change */
    const char *layer;                     /* NULL: all layers */
    bool has_new_ids;                      /* the ids of features elsewhere differ too, nothing else of them */
    bool is_raster;                        /* pixels changed in the boxes, which are outlines */
    uint32_t raster_zoom;                  /* of the coarser of both: deeper tiles are enlarged ones of this zoom */
    const struct store_change_area *bands; /* of the cells; NULL: all of the layer */
    const unsigned char *vector_bands;     /* by zoom */
};

struct store_changes {
    uint64_t mark; /* of now; not in `changes` when something happened that the list does not tell */
    const struct store_change *changes; /* oldest first */
    size_t count;
};

/* Reads the list. What is read from the store afterwards may be newer than its mark, never older. */
bool store_change_list(struct store *store, struct arena *arena, struct store_changes *out_changes, struct error *err);

/* What of the layer store_find finds otherwise at style zoom `zoom`, and store_find_for_vector for tiles of zoom `z`:
 * an area that touches none of the boxes gives exactly what it gave before. */
struct store_change_area store_change_at(const struct store_change *change, double zoom);
struct store_change_area store_change_for_vector(const struct store_change *change, uint32_t z);
