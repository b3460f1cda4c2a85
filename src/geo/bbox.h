/* SPDX-License-Identifier: MIT */
#pragma once
/* Boxes: in degrees (what people and protocols say) and in world units (what tiles are cut from). */

#include "base/error.h"
#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

/* Degrees, CRS84: longitude then latitude. min_x > max_x means that the box crosses the antimeridian (RFC 7946,
 * section 5.2). An empty box has min_y > max_y. */
struct bbox {
    double min_x;
    double min_y;
    double max_x;
    double max_y;
};

/* World units of geo/grid.h, y downwards; half-open on no side. 64 bits, since buffers reach beyond the world. */
struct world_box {
    int64_t min_x;
    int64_t min_y;
    int64_t max_x;
    int64_t max_y;
};

struct bbox bbox_empty(void);
bool bbox_is_empty(const struct bbox *box);
/* Grows `box` to hold the point. Not for boxes that cross the antimeridian. */
void bbox_add(struct bbox *box, double x, double y);
void bbox_add_box(struct bbox *box, const struct bbox *other);

/* Reads "west,south,east,north" (six numbers are accepted, the heights ignored) in degrees. Refuses text that is not
 * finite numbers, latitudes outside ±90 or longitudes outside ±180, south above north. */
bool bbox_parse(struct text text, struct bbox *out_box, struct error *err);

bool world_box_touches(const struct world_box *a, const struct world_box *b);
void world_box_add_box(struct world_box *box, const struct world_box *other);
