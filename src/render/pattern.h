/* SPDX-License-Identifier: MIT */
#pragma once
/* Images repeated over the map (background-pattern, fill-pattern), anchored to the world's north-west corner. */

#include "draw/raster.h"
#include "render/painter.h"

/* Patterns are chosen and sized at whole zooms, and grow with the map in between. */
double pattern_zoom(const struct view *view);

/* The paint that repeats the image `name` over the picture, moved by a layer's translate, at `opacity`. False: there is
 * no such image, or memory is out; nothing is to be painted then. */
bool pattern_paint(const struct render_layer_context *context, struct text name, const double translate_css_px[2],
                   double opacity, struct paint *out_paint);
