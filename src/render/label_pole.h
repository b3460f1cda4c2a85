/* SPDX-License-Identifier: MIT */
#pragma once
/* Where the label of a polygon goes: the pole of inaccessibility, the inner point farthest from its outline. */

#include "base/arena.h"
#include "geo/feature.h"

#include <stdbool.h>
#include <stddef.h>

/* The polygon of a geometry with the largest outline: parts [first, last), which are `count` points from `start`. */
struct label_rings {
    size_t first;
    size_t last;
    size_t start;
    size_t count;
    double area; /* of the outline, square world units */
};

/* `geometry` has a part. */
struct label_rings label_rings_largest(const struct geometry *geometry);

struct label_point {
    double x;
    double y;
};

/* `points` hold one outer ring and its holes (closed, ring after ring; `ends` one past the last of each). Found to
 * within `precision`, or when that is 0 within a thirtieth of the polygon's smaller side. False when the polygon has no
 * area or memory is out. */
bool label_pole_find(const struct label_point *points, const size_t *ends, size_t ring_count, double precision,
                     struct arena *arena, struct label_point *out_pole);
