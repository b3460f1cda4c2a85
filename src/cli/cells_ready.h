/* SPDX-License-Identifier: MIT */
#pragma once
/* The cache of tile-ready geometry may be missing, or of another version of the program: what is served or has just
 * been loaded has it. */

#include "base/error.h"

/* Makes again what is missing in `data`, saying so on stderr. Costs nothing where all is there. */
bool cells_ready(const char *data, struct error *err);
