/* SPDX-License-Identifier: MIT */
#pragma once
/* Cutting geometry to a box, in whole world units: for vector tiles and tile GeoJSON. (Pictures need no clipping.) */

#include "geo/feature.h"

/* What of `geometry`, moved east by `shift_x`, lies in `box`; coordinates of the result are NOT moved and stay in world
 * units. Lines by Liang-Barsky (1984), rings by Sutherland-Hodgman (1974): a ring that leaves the box more than once
 * keeps edges along the box's border, which lie in the buffer of a tile. Rings keep their winding; those that vanish
 * are dropped with their holes. False when memory is out. */
bool geometry_clip(const struct geometry *geometry, int64_t shift_x, const struct world_box *box, struct arena *arena,
                   struct geometry *out_geometry);
