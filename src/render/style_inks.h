/* SPDX-License-Identifier: MIT */
#pragma once
/* The colours a style may paint with at a zoom, found without any data. */

#include "base/arena.h"
#include "base/error.h"
#include "draw/canvas.h"
#include "draw/sprite.h"
#include "style/style.h"

/* What one feature is painted with, opacity included (premultiplied). A pixel of alpha 0 is not painted. */
struct ink {
    struct pixel fill;    /* of fills, lines, circles, letters, the background */
    struct pixel outline; /* of fills, circles; the halo of letters */
};

struct ink_layer {
    enum style_layer_type type;
    const char *source;     /* NULL for the background */
    const struct ink *inks; /* at least one; those that more features are likely to have occur more often */
    size_t count;
};

struct ink_layers {
    const struct ink_layer *items; /* in the order of painting */
    size_t count;
    bool has_imagery; /* a layer whose colours come from data: raster, hillshade */
};

/* Everything lives in `arena`. Patterns and icons are those of `sprite` (may be NULL): any of their pixels is an ink.
 * Equal styles, images and zooms give equal inks. */
bool style_inks_find(const struct style *style, const struct sprite *sprite, double zoom, struct arena *arena,
                     struct ink_layers *out_layers, struct error *err);
