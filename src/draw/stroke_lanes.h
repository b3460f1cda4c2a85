/* SPDX-License-Identifier: MIT */
#pragma once
/* The quick way to the outline of a line that is neither dashed nor moved. For stroke.c only. */

#include "draw/stroke_path.h"

enum {
    STROKE_LANES_MAX = 60, /* points, with the first of a ring twice: a bit for each */
    STROKE_LANES_ROOM = 5  /* so many behind the last are overwritten */
};

/* Adds the outline of a line, whose neighbouring points differ: the same edges, in another order, as stroke_draw_path.
 * False, with nothing added, when the line or the processor is not fit. */
bool stroke_lanes_draw(const struct pen *pen, struct draw_point *points, size_t count, bool closed);
