/* SPDX-License-Identifier: MIT */
#pragma once
/* From features to the labels that could be shown: text and icon set and measured, anchors found. */

#include "render/label_line.h"
#include "render/label_shape.h"

struct label_circle {
    int32_t x; /* from the anchor */
    int32_t y;
    int32_t radius;
};

struct label_candidate {
    uint32_t layer; /* index in the style */
    uint32_t group; /* only those of one group are in each other's way */
    struct label_order order;
    const struct label_text *text; /* NULL: none */
    const struct label_icon *icon; /* NULL: none */
    int64_t x;                     /* anchor */
    int64_t y;
    struct label_box reach; /* what it may have to do with others: decides who decides */
    /* Text along a line: glyphs in place, circles around them. */
    bool runs_along;
    bool upright; /* none of `glyphs` is turned */
    const struct label_glyph *glyphs;
    size_t glyph_count;
    const struct label_circle *circles;
    size_t circle_count;
    struct label_box ink;
    int32_t repeat_margin; /* half the distance to the next label of equal text; 0: not asked */
    /* A text along a line that is not set before its turn comes: until then all that is known is that it keeps within
     * `reach`. NULL: it is set. */
    const struct label_style *waits;
    struct label_path path;
    /* An icon along a line: where it stands and how it is turned besides its own turn. */
    int32_t icon_x;
    int32_t icon_y;
    double icon_cosine;
    double icon_sine;
};

struct label_candidates {
    struct label_candidate **items;
    size_t count;
    size_t capacity;
};

/* True when the layer is a symbol layer with text or icons, shown at the zoom. */
bool label_layer_is_shown(const struct style_layer *layer, double zoom);
/* True when its labels run along lines. */
bool label_layer_is_along_lines(const struct style_layer *layer, double zoom);

/* Adds the candidates of the style's layer number `layer`. */
bool label_candidates_find(const struct label_task *task, uint32_t layer, struct label_candidates *candidates,
                           struct error *err);

/* What finds them: of use to label_whole.c and label_tiled.c. */
struct label_finder {
    struct label_style style;
    struct label_candidates *candidates;
    uint32_t group;
};

/* A feature with its text and icon. */
struct label_symbol {
    const struct label_text *text;
    const struct label_icon *icon;
    double sort_key;
    double spacing_px;
    double max_angle;    /* radians */
    double text_size_px; /* of its feature */
    bool can_wait;       /* set along a line it stays so near that only equal words ask where exactly it is */
    double bound_px; /* how far from its anchor it may reach, HUGE_VAL: any way; what reaches farther is not shown */
};

/* The columns of an input, bound to the names the layer reads. */
struct label_columns {
    const struct render_input *input;
    struct text *names;
    int32_t *slots;
    struct arena *arena;
    bool needs_shape;
};
bool label_finder_bind(const struct label_finder *finder, const struct render_input *input,
                       struct label_columns *out_columns);
/* What expressions see of a feature. */
struct style_feature label_columns_feature(const struct label_columns *columns, const struct feature *feature);

/* What a feature is good for. */
enum label_use {
    LABEL_NOTHING, /* the filter refuses it, or nothing is to be shown */
    LABEL_FAR,     /* nothing that matters with an anchor in the box asked for: only the symbol's bound is known */
    LABEL_SHOWN
};
/* Evaluates a feature and sets its text and icon, where an anchor in `anchors` (NULL: anywhere) can matter. False when
 * memory is out. */
bool label_finder_read(struct label_finder *finder, const struct style_feature *feature,
                       const struct label_box_wide *anchors, struct label_symbol *out_symbol, enum label_use *out_use);
/* Adds a candidate for the symbol at an anchor; `path` runs through the anchor (NULL: it is no line). `*out_taken`
 * (may be NULL) is false when the path is too short for it. False when memory is out. */
bool label_finder_put(struct label_finder *finder, const struct label_symbol *symbol, const struct label_order *order,
                      const struct label_path *path, int32_t repeat_margin, bool *out_taken);

/* Length along a line that MapLibre reckons with, in CSS pixels at a text size; 0: nothing to measure. */
double label_symbol_length(const struct label_symbol *symbol, double text_size_px);

/* Features as they are, anchors on whole lines: for squares. */
bool label_whole_find(struct label_finder *finder, const struct render_input *input);
/* Anchors as MapLibre sets them in each tile of a source: for pictures. */
bool label_tiled_find(struct label_finder *finder);
