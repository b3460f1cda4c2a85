/* SPDX-License-Identifier: MIT */
#pragma once
/* Does a shape meet a box? The test behind bbox queries. */

#include "geo/shape.h"

/* True when a point of the shape lies in `box` (borders included): a vertex inside, a line crossing, or the box inside
 * a polygon. `box` does not cross the antimeridian. */
bool item_match_box(const struct shape *shape, const struct bbox *box);
/* As above for a box that may cross it. */
bool item_match(const struct shape *shape, const struct bbox *box);
