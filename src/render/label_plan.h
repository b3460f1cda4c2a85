/* SPDX-License-Identifier: MIT */
#pragma once
/* What a label plan holds. Seen by the files label*.c only.
 *
 * All positions are whole 1/256 CSS pixels at the plan's zoom, x from the prime meridian, y from the equator downwards:
 * adding the width of a square changes no decision, which is why neighbouring squares agree. */

#include "base/arena.h"
#include "draw/canvas.h"
#include "draw/image_paint.h"
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
    uint32_t font;  /* or TEXT_FONT_SDF with a number of the plan's stacks, or TEXT_FONT_IMAGE */
    uint32_t glyph; /* for images a number of the plan's images */
    float scale;
    int32_t x; /* the pen from the anchor */
    int32_t y;
    float cosine; /* of the turn, clockwise */
    float sine;
    uint32_t mark; /* 0: the label's colour; else a colour of its own, one byte each for red, green, blue, alpha */
};

/* How a label's text or icon is painted. */
struct label_look {
    struct color color;
    struct color halo_color;
    double opacity;
    double size_px; /* CSS pixels, as the halo's; for icons times the image's size */
    double halo_px;
    double halo_blur_px;
};

/* What decides who goes first; total within a layer, and the same wherever it is computed. */
struct label_order {
    double sort_key;
    uint32_t rank;   /* large before small, straight before bent; in pictures the number of the source's tile */
    int64_t row;     /* of the feature */
    uint32_t part;   /* of its geometry */
    uint32_t number; /* of the anchor in the part */
    int64_t x;       /* anchor: tells copies of the world apart */
    int64_t y;
};

/* An icon of a label. */
struct label_mark {
    uint32_t image;       /* number in the plan's images */
    struct image_box box; /* CSS pixels from (x, y), before it is turned; for fitted ones of the image's content */
    int32_t x;            /* from the anchor */
    int32_t y;
    double cosine; /* of the turn about (x, y), clockwise */
    double sine;
    bool is_fitted;
    struct label_look look;
};

struct label {
    int64_t x; /* anchor */
    int64_t y;
    struct label_box ink; /* relative to the anchor */
    struct label_order order;
    struct label_look look;
    size_t first_glyph;
    size_t glyph_count;
    uint32_t mark;   /* number in the plan's marks, +1; 0: no icon */
    bool upright;    /* no glyph is turned */
    bool has_fields; /* some glyphs are of glyph ranges, or images */
};

/* The labels of a style layer: labels[first … first + count). */
struct label_layer {
    uint64_t id_hash; /* plans outlive a style that is read anew */
    bool by_height;   /* painted from top to bottom */
    bool by_key;      /* what is alike in symbol-sort-key is painted together */
    bool icons_stay;  /* icons of the layer are neither scaled nor turned: their pixels are copied */
    bool text_stays;  /* likewise images among letters */
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
    struct label_mark *marks;
    size_t mark_count;
    const struct sprite *sprite; /* shared; NULL: no images */
    struct text *images;         /* names, with their letters behind them */
    size_t image_count;
    struct text *stacks;
    size_t stack_count;
};

/* Names by number. Letters are borrowed. */
struct label_names {
    struct text *items;
    size_t count;
    size_t capacity;
    struct arena *arena;
};

struct label_names *label_names_create(struct arena *arena);
/* The number of a name, which is added when it is new. False when memory is out. */
bool label_names_put(struct label_names *names, struct text name, uint32_t *out_number);

uint64_t label_layer_hash(const struct style_layer *layer);

/* 1/256 CSS pixels in a world unit at a zoom; a power of two at whole zooms, so that nothing is lost. */
double label_scale_of_zoom(double zoom);
int64_t label_position(int64_t units, double scale);
/* Width of the world at a whole zoom. */
int64_t label_world_width(int32_t zoom);
/* The order of painting and, in another layer by layer, of placing. */
int label_order_compare(const struct label_order *a, const struct label_order *b);
