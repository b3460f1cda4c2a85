/* SPDX-License-Identifier: MIT */
#pragma once
/* What a label plan holds. Seen by the files label*.c only.
 *
 * All positions are whole 1/256 CSS pixels at the plan's zoom, x from the prime meridian, y from the equator downwards:
 * adding the width of a square changes no decision, which is why neighbouring squares agree. */

#include "draw/canvas.h"
#include "render/label.h"

enum { LABEL_ONE = 256 }; /* a CSS pixel */

/* Closed on all sides, relative to an anchor or to the origin of a square. */
struct label_box {
    int32_t min_x;
    int32_t min_y;
    int32_t max_x;
    int32_t max_y;
};

struct label_glyph {
    uint32_t font;
    uint32_t glyph;
    float scale;
    int32_t x; /* the pen from the anchor */
    int32_t y;
    float cosine; /* of the turn, clockwise */
    float sine;
    uint32_t mark; /* 0: the label's colour; else a colour of its own, one byte each for red, green, blue, alpha */
};

/* How a label is painted. */
struct label_look {
    struct color color;
    struct color halo_color;
    double opacity;
    double size_px; /* CSS pixels, as the halo's */
    double halo_px;
    double halo_blur_px;
};

/* What decides who goes first; total within a layer, and the same wherever it is computed. */
struct label_order {
    double sort_key;
    uint32_t rank;   /* large before small, straight before bent */
    int64_t row;     /* of the feature */
    uint32_t part;   /* of its geometry */
    uint32_t number; /* of the anchor in the part */
    int64_t x;       /* anchor: tells copies of the world apart */
    int64_t y;
};

struct label {
    int64_t x; /* anchor */
    int64_t y;
    struct label_box ink; /* relative to the anchor */
    struct label_order order;
    struct label_look look;
    size_t first_glyph;
    size_t glyph_count;
    bool upright; /* no glyph is turned */
};

/* The labels of a style layer: labels[first … first + count). */
struct label_layer {
    uint64_t id_hash; /* plans outlive a style that is read anew */
    bool by_height;   /* painted from top to bottom */
    size_t first;
    size_t count;
};

struct label_plan {
    bool is_of_view; /* one picture, no squares */
    double zoom;
    struct label_square square;
    struct label_stats stats;
    struct label_layer *layers;
    size_t layer_count;
    struct label *labels;
    size_t label_count;
    struct label_glyph *glyphs;
    size_t glyph_count;
};

uint64_t label_layer_hash(const struct style_layer *layer);

/* 1/256 CSS pixels in a world unit at a zoom; a power of two at whole zooms, so that nothing is lost. */
double label_scale_of_zoom(double zoom);
int64_t label_position(int64_t units, double scale);
/* Width of the world at a whole zoom. */
int64_t label_world_width(int32_t zoom);
/* The order of painting and, in another layer by layer, of placing. */
int label_order_compare(const struct label_order *a, const struct label_order *b);
