/* SPDX-License-Identifier: MIT */
#pragma once
/* From features to the labels that could be shown: text evaluated, shaped and measured, anchors found. */

#include "render/label_line.h"
#include "render/label_plan.h"
#include "render/painter.h"

enum { LABEL_WAYS_MAX = 9 };

/* What overlaps are allowed. */
enum label_overlap { LABEL_OVERLAP_NEVER, LABEL_OVERLAP_COOPERATIVE, LABEL_OVERLAP_ALWAYS };

struct label_circle {
    int32_t x; /* from the anchor */
    int32_t y;
    int32_t radius;
};

/* The text of a feature, shared by all its anchors. */
struct label_text {
    struct label_look look;
    const struct text_glyph *glyphs; /* of the layout: ems from the top left of the block */
    size_t glyph_count;
    double width_em;
    double height_em;
    double cosine; /* of text-rotate */
    double sine;
    bool is_rotated;
    double padding_px;
    enum label_overlap overlap;
    bool blocks_others; /* false: text-ignore-placement */
    uint64_t hash;      /* of the words */
};

/* One way to show a candidate: where the block lies, and the room it takes. Relative to the anchor. */
struct label_way {
    double x_em; /* top left of the block */
    double y_em;
    struct label_box box; /* with the padding */
    struct label_box ink; /* with the halo */
};

struct label_candidate {
    uint32_t layer; /* index in the style */
    struct label_order order;
    const struct label_text *text;
    int64_t x; /* anchor */
    int64_t y;
    struct label_box reach; /* what it may have to do with others: decides who decides */
    /* Upright: ways[0 … way_count), tried in turn. */
    const struct label_way *ways;
    uint32_t way_count;
    /* Along a line: glyphs in place, circles around them. way_count is 0. */
    const struct label_glyph *glyphs;
    size_t glyph_count;
    const struct label_circle *circles;
    size_t circle_count;
    struct label_box ink;
    bool upright;          /* none of `glyphs` is turned */
    int32_t repeat_margin; /* half the distance to the next label of equal text; 0: not asked */
};

struct label_candidates {
    struct label_candidate *items;
    size_t count;
    size_t capacity;
    size_t too_long;
};

/* What is being planned. */
struct label_task {
    struct painter *painter;
    const struct style *style;
    const struct render_assets *assets; /* NULL: none */
    double zoom;
    double scale;           /* label_scale_of_zoom(zoom) */
    struct label_box_wide { /* anchors elsewhere are left out */
        int64_t min_x, min_y, max_x, max_y;
    } area;
    bool is_of_view; /* one picture: no label is too long, features keep their order */
    bool one_world;  /* no copies across the antimeridian */
    const struct render_input *inputs;
    size_t input_count;
    struct arena *arena;
};

/* True when the layer is a symbol layer with text, shown at the zoom. */
bool label_layer_is_shown(const struct style_layer *layer, double zoom);
/* True when its labels run along lines. */
bool label_layer_is_along_lines(const struct style_layer *layer, double zoom);

/* Adds the candidates of the style's layer number `layer`. */
bool label_candidates_find(const struct label_task *task, uint32_t layer, struct label_candidates *candidates,
                           struct error *err);
