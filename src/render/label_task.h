/* SPDX-License-Identifier: MIT */
#pragma once
/* What is being planned: one square of the world, or one picture. */

#include "render/label_plan.h"
#include "render/painter.h"

/* What overlaps are allowed. */
enum label_overlap { LABEL_OVERLAP_NEVER, LABEL_OVERLAP_COOPERATIVE, LABEL_OVERLAP_ALWAYS };

struct label_task {
    struct painter *painter;
    const struct render_assets *assets; /* NULL: no images, and the machine's fonts */
    const struct style *style;
    double zoom;
    double layout_zoom;     /* the whole zoom below it */
    double scale;           /* label_scale_of_zoom(zoom) */
    struct label_box_wide { /* anchors elsewhere are left out */
        int64_t min_x, min_y, max_x, max_y;
    } area;
    struct label_box_wide square; /* that is planned, where `has_square` */
    bool has_square;
    bool is_of_view;           /* one picture: no label is too long, anchors are set in tiles of the source */
    struct world_box view_box; /* of the picture */
    bool one_world;            /* no copies across the antimeridian */
    const struct render_input *inputs;
    size_t input_count;
    struct arena *arena;
    struct label_stats *stats;
    struct label_names *images; /* that labels show, by the numbers their glyphs and icons have */
    struct label_names *stacks; /* of glyph ranges */
};
