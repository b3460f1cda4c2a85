/* SPDX-License-Identifier: MIT */
#pragma once
/* What a raster layer's properties do to a colour: hue, saturation, contrast, brightness and opacity are one matrix. */

#include "render/painter.h"

struct raster_color {
    float columns[4][4]; /* what red, green, blue and alpha (premultiplied, 0 … 255) each give to all four */
    bool is_identity;
};

struct raster_color raster_color_of(const struct render_layer_context *context);
/* In place; the results may be larger than their alpha. */
void raster_color_apply(const struct raster_color *color, uint32_t *pixels, size_t count);
