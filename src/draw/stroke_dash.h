/* SPDX-License-Identifier: MIT */
#pragma once
/* Dashed lines: a line is cut up along its length and each dash drawn as a line. For stroke*.c only. */

#include "draw/stroke_offset.h"

/* One period of dashes in parts of a pixel (DISTANCE_ONE in stroke_dash.c). */
struct dashes {
    const double *lengths_px;
    size_t count; /* of lengths_px; an odd pattern is gone through twice */
    int64_t period;
    int64_t start; /* distance of the line's first point */
};

/* False when the line is solid: no pattern, no gaps, or a pattern too fine to be seen. */
bool stroke_dash_read(struct dashes *out_dashes, const struct stroke *stroke);

/* Draws the dashes of `line`, which has two points or more and room for one more; a ring is cut open. `spare` as for
 * stroke_offset_draw_bands(). False, with nothing drawn, when memory is out. */
bool stroke_dash_draw(const struct pen *pen, const struct bands *bands, struct path *line, struct node *spare,
                      const struct dashes *dashes);
