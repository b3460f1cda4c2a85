/* SPDX-License-Identifier: MIT */
#pragma once
/* The Hilbert curve: things that are near on the map get near numbers, so they lie together on disk. */

#include "geo/bbox.h"

/* The place on the curve of the middle of `box` (Hilbert 1891, order 32). */
uint64_t hilbert_key(const struct world_box *box);
