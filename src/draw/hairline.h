/* SPDX-License-Identifier: MIT */
#pragma once
/* Lines thinner than a pixel, such as the outlines of parcels: no outline is made of them. Each segment is cut at the
 * columns (or rows) of pixels that it runs through, and each piece adds a box as thick as the line is there.
 *
 * The ink of a line is its length times its width; where it lies differs from the exact area by at most 1/32 pixel
 * along a segment and a quarter of the squared width at a corner or an end (docs/rasteriser.md). Boxes depend on
 * differences of coordinates only: moved by whole pixels, a line gives the same bytes. */

#include "draw/stroke.h"

/* True for a plain line that is thin enough. */
bool hairline_fits(const struct stroke *stroke);

/* Adds the line, to be filled with FILL_NONZERO. False, with nothing added, for what is no line: a point, or the way
 * there and back of a ring. */
bool hairline_add(struct raster *raster, const struct draw_point *points, size_t count, bool closed,
                  const struct stroke *stroke);
