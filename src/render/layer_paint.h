/* SPDX-License-Identifier: MIT */
#pragma once
/* One function for each layer type that the renderer paints into the canvas of its context. */

#include "render/painter.h"

bool fill_paint(const struct render_layer_context *context, struct error *err);
bool line_paint(const struct render_layer_context *context, struct error *err);
bool circle_paint(const struct render_layer_context *context, struct error *err);
/* All inputs of the layer at once: their densities add up. */
bool heatmap_paint(struct render_layer_context *context, const struct render_input *inputs, size_t count,
                   struct error *err);
bool raster_layer_paint(const struct render_layer_context *context, struct error *err);
bool hillshade_paint(const struct render_layer_context *context, struct error *err);
bool color_relief_paint(const struct render_layer_context *context, struct error *err);

/* CSS pixels from a feature's geometry that the layer's ink may reach at this zoom, translate included. Bounded by
 * REACH_MAX_CSS_PX where it depends on features. */
double fill_reach_css_px(const struct style_layer *layer, const struct style_scope *scope);
double line_reach_css_px(const struct style_layer *layer, const struct style_scope *scope);
double circle_reach_css_px(const struct style_layer *layer, const struct style_scope *scope);
double heatmap_reach_css_px(const struct style_layer *layer, const struct style_scope *scope);
/* The same for a layer of any type. Negative: it paints no features of a source here. Symbols are painted from label
 * plans, not from features. */
double layer_ink_css_px(const struct style_layer *layer, const struct style_scope *scope);

/* Widths and radii that depend on features are taken to reach no farther than this. */
enum { REACH_MAX_CSS_PX = 96 };

/* The larger of |x| and |y| of a translate property. */
double translate_reach_css_px(const struct style_layer *layer, enum style_property property,
                              const struct style_scope *scope);
/* The number, or `otherwise` when it depends on features. */
double number_or(const struct style_layer *layer, enum style_property property, const struct style_scope *scope,
                 double otherwise);
