/* SPDX-License-Identifier: MIT */
#pragma once
/* What each publish changed, so that finished tiles which it does not touch stay good (docs/tile-cache.md).
 *
 * Whenever what is served changes, the transaction that does it writes down where: the boxes of features that were
 * added, removed, changed or moved in the drawing order. A moment of this history has a mark, a random number: a cache
 * keeps it with what it made, and later asks which changes came after. A mark that is not in the list is of another
 * history (a restored backup, an old entry), and nothing is known of what was made then. */

#include "store/store.h"

struct store_change {
    uint64_t mark;                 /* of the moment after this change */
    const char *layer;             /* NULL: all layers */
    bool is_whole;                 /* anything of the layer may differ; otherwise only what touches `boxes` */
    bool has_new_ids;              /* the ids of features elsewhere differ too, nothing else of them */
    const struct world_box *boxes; /* inside the world */
    size_t box_count;
};

struct store_changes {
    uint64_t mark; /* of now; not in `changes` when something happened that the list does not tell */
    const struct store_change *changes; /* oldest first */
    size_t count;
};

/* Reads the list. What is read from the store afterwards may be newer than its mark, never older. */
bool store_change_list(struct store *store, struct arena *arena, struct store_changes *out_changes, struct error *err);

/* How far beyond its box, in world units, a changed feature may change what store_find gives at style zoom `zoom`. Not
 * 0 only if the geometry or the presence of features depends on their neighbours. */
int64_t store_change_reach(double zoom);
