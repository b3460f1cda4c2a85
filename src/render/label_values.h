/* SPDX-License-Identifier: MIT */
#pragma once
/* The properties of a symbol layer, evaluated: those that do not depend on the feature once a layer.
 *
 * Layout properties are evaluated at the whole zoom, paint properties and sizes at the zoom of the picture, as MapLibre
 * does it. */

#include "render/label_task.h"

enum label_number {
    LABEL_TEXT_SIZE,
    LABEL_TEXT_SIZE_LAYOUT, /* at the whole zoom: what images in a text are measured by */
    LABEL_TEXT_SIZE_BOX,    /* what room is taken by */
    LABEL_TEXT_SIZE_MOST,   /* what distances along lines are measured by */
    LABEL_MAX_WIDTH,
    LABEL_LINE_HEIGHT,
    LABEL_LETTER_SPACING,
    LABEL_RADIAL_OFFSET,
    LABEL_MAX_ANGLE,
    LABEL_TEXT_ROTATE,
    LABEL_TEXT_PADDING,
    LABEL_SPACING,
    LABEL_SORT_KEY,
    LABEL_ICON_SIZE,
    LABEL_ICON_SIZE_BOX,
    LABEL_ICON_ROTATE,
    LABEL_TEXT_OPACITY,
    LABEL_TEXT_HALO_WIDTH,
    LABEL_TEXT_HALO_BLUR,
    LABEL_ICON_OPACITY,
    LABEL_ICON_HALO_WIDTH,
    LABEL_ICON_HALO_BLUR,
    LABEL_NUMBER_COUNT
};

enum label_choice_property {
    LABEL_PLACEMENT,
    LABEL_TEXT_ANCHOR,
    LABEL_TEXT_JUSTIFY,
    LABEL_TEXT_TRANSFORM,
    LABEL_TEXT_OVERLAP,
    LABEL_TEXT_ROTATION,
    LABEL_ICON_ANCHOR,
    LABEL_ICON_OVERLAP,
    LABEL_ICON_ROTATION,
    LABEL_ICON_FIT,
    LABEL_CHOICE_COUNT
};

enum label_color {
    LABEL_TEXT_COLOR,
    LABEL_TEXT_HALO_COLOR,
    LABEL_ICON_COLOR,
    LABEL_ICON_HALO_COLOR,
    LABEL_COLOR_COUNT
};

enum label_list {
    LABEL_TEXT_OFFSET,
    LABEL_ICON_OFFSET,
    LABEL_ICON_PADDING,
    LABEL_ICON_FIT_PADDING,
    LABEL_TEXT_TRANSLATE,
    LABEL_ICON_TRANSLATE,
    LABEL_LIST_COUNT
};

struct label_values {
    double numbers[LABEL_NUMBER_COUNT];
    int choices[LABEL_CHOICE_COUNT];
    struct color colors[LABEL_COLOR_COUNT];
    double lists[LABEL_LIST_COUNT][4];
    uint32_t stack;
};

enum { LABEL_ANCHORS_MAX = 9 };

/* Where a text may be put about its anchor: text-variable-anchor and its offsets, in ems. */
struct label_try {
    enum style_anchor anchor;
    double x_em;
    double y_em;
};

struct label_style {
    const struct label_task *task;
    const struct style_layer *layer;
    uint32_t layer_index;
    struct label_values values; /* of the feature looked at */
    bool number_varies[LABEL_NUMBER_COUNT];
    bool choice_varies[LABEL_CHOICE_COUNT];
    bool color_varies[LABEL_COLOR_COUNT];
    bool list_varies[LABEL_LIST_COUNT];
    bool font_varies;
    bool has_text;
    bool has_icon;
    bool has_radial_offset;
    bool has_variable_anchors;
    bool has_anchor_offsets;
    bool sorts_by_key; /* symbol-sort-key decides who goes first */
    bool sorts_by_y;   /* symbol-z-order: viewport-y */
    bool text_allows_overlap;
    bool icon_allows_overlap;
    bool text_ignores;
    bool icon_ignores;
    bool text_optional;
    bool icon_optional;
    bool text_keeps_upright;
    bool icon_keeps_upright;
    bool text_along; /* runs along lines */
    bool icon_along;
    enum style_text_writing_mode modes[2];
    size_t mode_count; /* 0: horizontal only */
    enum style_anchor anchors[LABEL_ANCHORS_MAX];
    size_t anchor_count;
};

void label_style_init(struct label_style *style, const struct label_task *task, uint32_t layer_index);
/* The scope for a feature (NULL: none) at the whole zoom. */
struct style_scope label_style_scope(const struct label_style *style, const struct style_feature *feature);
/* Evaluates what depends on the feature into style->values. */
void label_style_evaluate(struct label_style *style, const struct style_feature *feature);
/* The positions to try, the first one best; 0 when the layer has one only. */
size_t label_style_tries(const struct label_style *style, const struct style_feature *feature,
                         struct label_try out_tries[LABEL_ANCHORS_MAX]);

enum label_overlap label_style_text_overlap(const struct label_style *style);
enum label_overlap label_style_icon_overlap(const struct label_style *style);

/* Shares of a block left of and above its anchor. */
void label_anchor_shares(int anchor, double *out_x, double *out_y);
/* How far from its anchor a text stands that has a single position, in ems. */
void label_style_offset(const struct label_style *style, double *out_x_em, double *out_y_em);
