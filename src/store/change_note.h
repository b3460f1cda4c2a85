/* SPDX-License-Identifier: MIT */
#pragma once
/* Writes down what a publish changes (store/store_change.h), inside its transaction. */

#include "base/error.h"

#include <stdint.h>

struct sqlite3;

enum {
    CHANGE_BOXES_MAX = 1024, /* of the full band; half as many in each coarser one */
    CHANGES_KEPT = 256,
    /* How a change is written. */
    CHANGE_FORMAT = 2,
    CHANGE_NEW_IDS = 1,
    CHANGE_RASTER = 2,
    CHANGE_NO_BAND = 255 /* vector tiles of this zoom come from another band than before */
};

/* `layer` shows version `to` in place of `from`; 0 stands for nothing. The generation was raised already; tables and
 * cells of both are there (the old ones may be missing: then all of the layer counts as changed). */
bool change_note(struct sqlite3 *truth, struct sqlite3 *cells, const char *layer, int64_t from, int64_t to,
                 struct error *err);
