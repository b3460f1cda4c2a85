/* SPDX-License-Identifier: MIT */
#pragma once
/* The text and the icon of a feature: set, measured, fitted to each other, with the room they take wherever they may
 * stand about an anchor. Shared by all anchors of the feature. */

#include "render/label_box.h"
#include "render/label_values.h"

/* 9 anchors, first without overlap and then with it, lying and upright. */
enum { LABEL_WAYS_MAX = LABEL_ANCHORS_MAX * 4 };

/* What a text that was only measured is set from, should it be shown. */
struct label_unset {
    struct text_section section;
    struct text_wish wish;
};

/* Words as they were set, or will be. */
struct label_layout {
    const struct label_unset *unset; /* there are no pieces yet */
    const struct label_piece *pieces;
    size_t count;
    double width_em;
    double height_em;
    double ink_left_em; /* letters set closer than on top of each other stick out */
    double ink_right_em;
    bool is_vertical; /* some of it can stand upright in vertical text */
};

/* A glyph of a layout, as in struct text_glyph, with fonts and images by their numbers in the plan. */
struct label_piece {
    uint32_t font;
    uint32_t glyph;
    float x; /* ems from the top left of the block */
    float y;
    float scale;
    float unit_x;
    float unit_width;
    uint32_t mark;
    bool turned_back;
    bool has_ink;
};

struct label_text {
    struct label_look look;
    struct label_layout *across;   /* along a line, or where there is a single way */
    struct label_layout *vertical; /* NULL: not wanted, or no letter of it can stand upright */
    double box_size_px;            /* what its room is measured by */
    double image_scale;            /* of images among its letters: they keep the size of the whole zoom */
    double most_size_px;           /* what distances along lines are measured by */
    double cosine;                 /* of text-rotate */
    double sine;
    bool is_rotated;
    double padding_px;
    double offset_x_em; /* where the block hangs on its anchor: text-offset, without the share of text-anchor */
    double offset_y_em;
    double share_x; /* of the block left of and above the anchor: text-anchor */
    double share_y;
    double translate_x_px;
    double translate_y_px;
    enum label_overlap overlap;
    bool blocks_others; /* false: text-ignore-placement */
    bool is_optional;
    uint64_t hash; /* of the words */
    /* Upright: tried in turn. */
    const struct label_way *ways;
    uint32_t way_count;
    struct label_box reach; /* of all ways */
};

/* One way to show an upright text: where the block lies, and the room it takes. Relative to the anchor. */
struct label_way {
    struct label_layout *layout;
    double x_em; /* top left of the block */
    double y_em;
    bool is_vertical;     /* turned clockwise by a right angle */
    struct label_box box; /* with the padding */
    struct label_box ink; /* with the halo */
    enum label_overlap overlap;
    bool moves_icon; /* an icon around the text goes with it, by this */
    double shift_x_px;
    double shift_y_px;
};

/* An icon, or one fitted around a text. */
struct label_icon_frame {
    struct label_rect rect; /* CSS pixels from the anchor, before it is turned; for fitted ones at icon-size 1 */
    struct label_box box;   /* room taken, with the padding */
    struct label_box ink;
};

struct label_icon {
    const struct sprite_image *image;
    struct label_look look; /* size_px: icon-size */
    double cosine;          /* of icon-rotate */
    double sine;
    double translate_x_px;
    double translate_y_px;
    double offset_x_px; /* icon-offset, once more for icons along lines */
    double offset_y_px;
    bool is_fitted;
    bool needs_text; /* MapLibre draws an icon around a text that may go several ways only with it */
    struct label_icon_frame across;
    struct label_icon_frame vertical; /* around the vertical text */
    bool has_vertical;
    double width_px; /* at size 1, for distances along lines */
    enum label_overlap overlap;
    bool blocks_others;
    bool is_optional;
};

/* The text of a feature; `*out_text` is NULL when it has none, or when it stands alone somewhere in `anchors` (NULL:
 * anywhere) and cannot matter to the square that is planned (`*out_is_far`). `*out_bound_px`: CSS pixels around an
 * anchor that an upright text is known to keep within before it is set, HUGE_VAL: nothing is known; one that does not
 * keep within is not shown, so that all squares agree. False when memory is out. */
bool label_shape_text(struct label_style *style, const struct style_feature *feature,
                      const struct label_box_wide *anchors, const struct label_text **out_text, double *out_bound_px,
                      bool *out_is_far);
/* Sets a text that was only measured. False when memory is out. */
bool label_layout_set(const struct label_task *task, struct label_layout *layout);
/* The icon of a feature, fitted to its text where the style wants it; NULL when it has none. */
bool label_shape_icon(struct label_style *style, const struct style_feature *feature, const struct label_text *text,
                      const struct label_icon **out_icon);

/* How far ink may stick out of the block: accents and descenders beyond a tight line height, italics, the halo and its
 * soft edge, the rounding of pixels. */
double label_ink_margin_px(const struct label_look *look);
/* False when a label with its anchor in `anchors` that reaches at most `bound_px` CSS pixels from it decides nothing
 * about the square that is planned: it meets neither the square nor those around its corners. */
bool label_concerns(const struct label_task *task, const struct label_box_wide *anchors, double bound_px);
/* True when squares cannot promise to agree on something of this reach. */
bool label_is_too_long(const struct label_task *task, struct label_box reach);
