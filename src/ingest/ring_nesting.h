/* SPDX-License-Identifier: MIT */
#pragma once
/* Which rings lie in which. In a shapefile a ring inside another is a hole even when it is wound like a border: most
 * programs read it so, whatever its winding. */

#include <stdbool.h>
#include <stddef.h>

/* Vertices from `start` to before `end`; the first is the last again. */
struct nested_ring {
    size_t start;
    size_t end;
    size_t around; /* the smallest of the rings that surround it; SIZE_MAX: none. Filled by ring_nesting_find */
    unsigned depth;
};

/* Fills `around` and `depth` of `rings`, whose `vertices` are x, y, z. Rings that cross, or are equal, do not surround
 * each other. False when there are too many to tell, or memory is out: nothing is known then. */
bool ring_nesting_find(const double *vertices, struct nested_ring *rings, size_t count);
