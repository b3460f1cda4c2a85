/* SPDX-License-Identifier: MIT */
#pragma once
/* A quick proof that a polygon is valid. Most polygons are so plainly valid that asking GEOS, which builds an index and
 * a graph for each, is most of the time a load takes. What is not proven here may be valid all the same. */

#include <stdbool.h>
#include <stddef.h>

/* One closed ring: the vertices from `start` up to `end` (not included), the last like the first. */
struct simple_ring {
    size_t start;
    size_t end;
    bool is_hole; /* of the last ring before it that is none */
};

/* Working memory. Belongs to one thread. */
struct simple_rings {
    void *memory;
    size_t room;
};

void simple_rings_finish(struct simple_rings *work);

/* True when no two segments of the rings meet but neighbours in their common vertex, holes lie in their shells, and no
 * ring lies in another of its kind: then the (multi)polygon is valid. Vertices are of three numbers, x, y and one that
 * is ignored. False when that is not so, cannot be told for sure with doubles, or would take long. */
bool simple_rings_prove(struct simple_rings *work, const double *vertices, const struct simple_ring *rings,
                        size_t ring_count);
