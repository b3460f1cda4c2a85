/* SPDX-License-Identifier: MIT */
#pragma once
/* Writes down what a publish changes (store/store_change.h), inside its transaction. */

#include "base/error.h"

#include <stdint.h>

struct sqlite3;

enum { CHANGE_BOXES_MAX = 1024, CHANGES_KEPT = 256 };

/* `layer` shows version `to` in place of `from`; 0 stands for nothing. The generation was raised already; both tables
 * are still there. */
bool change_note(struct sqlite3 *db, const char *layer, int64_t from, int64_t to, struct error *err);
