/* SPDX-License-Identifier: MIT */
#pragma once
/* What one thread keeps between pictures. Seen by the files of this room only; others have painter_create and
 * painter_destroy of render/render.h.
 *
 * painter_create makes `raster` (4096 x 4096), `text` (text_engine_create), `png` and `palettes`; `canvas` and
 * `layer_canvas` are made (or made anew) by render_paint when the size of the picture changes. painter_destroy destroys
 * all of them. */

#include "draw/canvas.h"
#include "draw/png_encode.h"
#include "draw/raster.h"
#include "draw/text_engine.h"
#include "render/render.h"
#include "render/style_palette.h"

struct layer_features;

struct painter {
    struct raster *raster;
    struct canvas *canvas;       /* the picture … */
    bool is_plain;               /* … which is all of one colour so far, and not yet written, … */
    struct pixel plain;          /* … this one */
    struct canvas *layer_canvas; /* a layer that is laid over as a whole; may be NULL */
    struct text_engine *text;    /* fonts, shaped texts, glyph masks */
    struct png_encoder *png;
    struct style_palettes *palettes;
    struct line_field *line_field; /* made when a layer first needs it */
};

/* What the painting of one style layer is given. */
struct render_layer_context {
    struct painter *painter;
    const struct style *style;
    const struct render_assets *assets; /* NULL: none */
    const struct style_layer *layer;
    const struct view *view;
    const struct render_input *input; /* of the layer's source; NULL when it has none */
    struct layer_features **shared;   /* what earlier layers of the picture found for later ones, too */
    struct canvas *canvas;            /* where to paint */
    struct arena *arena;
};

/* Writes the picture's canvas where it is still plain: before anything but what is below looks at it. */
void painter_settle(struct painter *painter);
/* A transparent canvas of the picture's size, for what is painted apart and laid over as a whole; NULL: memory is out.
 */
struct canvas *painter_layer(struct painter *painter);
/* Lays it over a canvas of its size; it is to be asked for anew afterwards. */
void painter_lay_layer(struct painter *painter, struct canvas *canvas);
