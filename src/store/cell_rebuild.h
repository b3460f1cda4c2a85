/* SPDX-License-Identifier: MIT */
#pragma once
/* Builds the cells of a version from its table in the truth. */

#include "base/error.h"

#include <stdint.h>

struct sqlite3;

/* Inside a transaction of `cells`. `truth` has SpatiaLite. */
bool cell_rebuild(struct sqlite3 *truth, struct sqlite3 *cells, int64_t serial, struct error *err);
