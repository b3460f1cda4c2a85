/* SPDX-License-Identifier: MIT */
#pragma once
/* Boxes of whole 1/256 CSS pixels, and the way from pixels to them. */

#include "render/label_plan.h"

#include <math.h>

static inline int32_t label_fixed(double css_px)
{
    /* Bounded: an absurd size is dropped for its length, not by overflow. */
    return (int32_t)floor(fmax(-1e6, fmin(1e6, css_px)) * LABEL_ONE + 0.5);
}

static inline struct label_box label_box_joined(struct label_box a, struct label_box b)
{
    return (struct label_box){a.min_x < b.min_x ? a.min_x : b.min_x, a.min_y < b.min_y ? a.min_y : b.min_y,
                              a.max_x > b.max_x ? a.max_x : b.max_x, a.max_y > b.max_y ? a.max_y : b.max_y};
}

static inline struct label_box label_box_grown(struct label_box box, double css_px)
{
    int32_t by = label_fixed(css_px);
    return (struct label_box){box.min_x - by, box.min_y - by, box.max_x + by, box.max_y + by};
}

static inline struct label_box label_box_moved(struct label_box box, int32_t x, int32_t y)
{
    return (struct label_box){box.min_x + x, box.min_y + y, box.max_x + x, box.max_y + y};
}

/* A rectangle in CSS pixels from an anchor. */
struct label_rect {
    double left;
    double top;
    double right;
    double bottom;
};

/* The box around a rectangle turned clockwise about the anchor. */
static inline struct label_rect label_rect_turned(const struct label_rect *rect, double cosine, double sine)
{
    double xs[4] = {rect->left, rect->right, rect->right, rect->left};
    double ys[4] = {rect->top, rect->top, rect->bottom, rect->bottom};
    struct label_rect around = {HUGE_VAL, HUGE_VAL, -HUGE_VAL, -HUGE_VAL};
    for (int i = 0; i < 4; i++) {
        double x = xs[i] * cosine - ys[i] * sine;
        double y = xs[i] * sine + ys[i] * cosine;
        around.left = fmin(around.left, x);
        around.top = fmin(around.top, y);
        around.right = fmax(around.right, x);
        around.bottom = fmax(around.bottom, y);
    }
    return around;
}

static inline struct label_box label_box_of(const struct label_rect *rect)
{
    return (struct label_box){label_fixed(rect->left), label_fixed(rect->top), label_fixed(rect->right),
                              label_fixed(rect->bottom)};
}
