/* SPDX-License-Identifier: MIT */
#pragma once
/* Lines drawn beside their points: moved sideways, or twice with a gap between. For stroke*.c only. */

#include "draw/stroke_path.h"

enum { NODES_PER_CORNER = 6 /* an offset corner has at most 2 + 3 points */ };

/* On its inner side an offset line's corners are mitred up to this length. */
static const double OFFSET_MITER_LIMIT = 2;

/* One line, or two with a gap. */
struct bands {
    double offsets[2]; /* fixed point, to the right */
    size_t count;
};

/* Draws a path once for each band. `spare` takes moved paths and has room for NODES_PER_CORNER times the nodes of the
 * path; NULL when no band is moved. */
void stroke_offset_draw_bands(const struct pen *pen, const struct bands *bands, const struct path *path,
                              struct node *spare);
