/* SPDX-License-Identifier: MIT */
#pragma once
/* From world units to the fixed-point pixels of a picture.
 *
 * At whole zooms the scale is a power of two and positions of neighbouring tiles differ by whole pixels exactly, so a
 * vertex rounds to the same place in each. Far away vertices are pulled in along their edges, since 24.8 fixed point
 * ends at 2^23 pixels; only shapes more than a million pixels wide are affected. */

#include "base/arena.h"
#include "draw/raster.h"
#include "render/render.h"

#include <stdbool.h>

struct projector {
    double unit;      /* world units per unit of the features; 1 but for tiles of a source */
    int64_t origin_x; /* the picture's corner, in world units from the features' (0, 0) */
    int64_t origin_y;
    double scale;   /* fixed-point units per world unit */
    bool is_binary; /* features are in world units, and `scale` is a power of two that takes `drop` bits away */
    unsigned drop;
    int32_t move_x; /* fixed point: the layer's translate */
    int32_t move_y;
    struct world_box visible; /* the picture and `reach` around it, in world units from the features' (0, 0) */
};

/* `frame`: NULL for features in world units. `reach_px`: device pixels around the picture inside which ink of a vertex
 * may still be seen. */
struct projector projector_of_view(const struct view *view, const struct render_frame *frame, double translate_x_css_px,
                                   double translate_y_css_px, double reach_px);

/* True when the feature's box touches what is visible. */
bool projector_sees(const struct projector *projector, const struct feature *feature);

/* True when points lie where they do for `other`, and all that it sees is seen. */
bool projector_includes(const struct projector *projector, const struct projector *other);

/* One part of a feature's geometry as points in `room`, which has room for `count`, or in `arena` where some are too
 * far away for that; NULL when memory is out. `is_ring` tells how far away vertices are treated. `*out_count` may be 0.
 */
const struct draw_point *projector_part(const struct projector *projector, const struct feature *feature,
                                        const struct world_point *points, uint32_t count, bool is_ring,
                                        struct draw_point *room, struct arena *arena, size_t *out_count);
