/* SPDX-License-Identifier: MIT */
#pragma once
/* Are the cells of a version what its table in the truth gives? They are made anew in a temporary database and compared
 * byte for byte, since equal input gives equal bytes. */

#include "store/store.h"

/* Within reading transactions of both files of `store`. `full`: all features, ids, blocks and nodes; else the whole
 * tree is walked and a sample of the features compared. `*out_compared` counts features. When the cells are not right,
 * `*out_fault` (zeroed by the caller) says how. False only when checking was not possible. */
bool cell_verify(struct store *store, const struct store_layer *layer, bool full, int64_t *out_compared,
                 struct error *out_fault, struct error *err);
