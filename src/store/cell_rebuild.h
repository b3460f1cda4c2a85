/* SPDX-License-Identifier: MIT */
#pragma once
/* Builds the cells of a version from its table in the truth. */

#include "base/error.h"

#include <stdint.h>

struct sqlite3;

/* Inside a transaction of `cells`. `rows_max` > 0: only about so many rows, spread over the table, for comparing. */
bool cell_rebuild(struct sqlite3 *truth, struct sqlite3 *cells, int64_t serial, int64_t rows_max, struct error *err);
