/* SPDX-License-Identifier: MIT */
#pragma once
/* Lines as polygons: both sides offset into a raster's accumulation, to be filled with FILL_NONZERO.
 *
 * Offsets are computed from the direction of each segment only and rounded before they are added to the points, so a
 * line moved by whole pixels gives the same bytes. Dash lengths are measured from the line's first point (or from
 * `dash_start`), never from where it enters the picture. */

#include "draw/raster.h"

enum line_cap { LINE_CAP_BUTT, LINE_CAP_ROUND, LINE_CAP_SQUARE };
enum line_join { LINE_JOIN_MITER, LINE_JOIN_BEVEL, LINE_JOIN_ROUND };

struct stroke {
    double width_px;     /* full width, device pixels */
    double offset_px;    /* to the right of the line's direction (y down) when positive, as MapLibre's line-offset */
    double gap_width_px; /* > 0: two lines of width_px either side of a gap, as MapLibre's line-gap-width */
    enum line_cap cap;
    enum line_join join;
    double miter_limit;      /* ratio; 2 in MapLibre */
    double round_limit;      /* turns below this miter instead of round; 1.05 in MapLibre */
    const double *dashes_px; /* on, off, …; an odd count is repeated twice; NULL: solid */
    size_t dash_count;
    double dash_start_px; /* length of the line before its first point */
};

/* Adds the stroke of an open or closed line (closed: last point equals the first is given once more or not). False,
 * with nothing or a part added, only when memory is out. */
bool stroke_add(struct raster *raster, const struct draw_point *points, size_t count, bool closed,
                const struct stroke *stroke);

/* How far from the line its ink can reach, in pixels (mitres and caps included): for buffers. */
double stroke_reach_px(const struct stroke *stroke);
