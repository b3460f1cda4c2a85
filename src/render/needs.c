/* SPDX-License-Identifier: MIT */
/* Which features and rasters a picture needs: the view and the reach of each layer's ink around it. */

#include "base/text.h"
#include "render/layer_paint.h"
#include "render/render.h"

#include <math.h>

enum { ELEVATION_REACH_CSS_PX = 4 };

double number_or(const struct style_layer *layer, enum style_property property, const struct style_scope *scope,
                 double otherwise)
{
    if (style_dependence(layer, property) & STYLE_DEPENDS_ON_FEATURE) {
        return otherwise;
    }
    return style_number(layer, property, scope);
}

double translate_reach_css_px(const struct style_layer *layer, enum style_property property,
                              const struct style_scope *scope)
{
    double translate[2] = {0, 0};
    style_numbers(layer, property, scope, translate, 2);
    return fmax(fabs(translate[0]), fabs(translate[1]));
}

double layer_ink_css_px(const struct style_layer *layer, const struct style_scope *scope)
{
    switch (style_layer_info(layer)->type) {
    case STYLE_FILL:
        return fill_reach_css_px(layer, scope);
    case STYLE_LINE:
        return line_reach_css_px(layer, scope);
    case STYLE_CIRCLE:
        return circle_reach_css_px(layer, scope);
    case STYLE_HEATMAP:
        return heatmap_reach_css_px(layer, scope);
    case STYLE_RASTER:
        return 1; /* imagery is shifted by up to a pixel to meet the screen's grid */
    case STYLE_HILLSHADE:
    case STYLE_COLOR_RELIEF:
        return ELEVATION_REACH_CSS_PX;
    default:
        return -1;
    }
}

static enum render_need_kind kind_of(const struct style_layer_info *info)
{
    switch (info->type) {
    case STYLE_RASTER:
        return RENDER_NEED_IMAGERY;
    case STYLE_HILLSHADE:
    case STYLE_COLOR_RELIEF:
        return RENDER_NEED_ELEVATION;
    default:
        return RENDER_NEED_FEATURES;
    }
}

static struct world_box grown(const struct world_box *box, int64_t margin)
{
    return (struct world_box){box->min_x - margin, box->min_y - margin, box->max_x + margin, box->max_y + margin};
}

bool render_shows(const struct style_layer *layer, double zoom)
{
    const struct style_layer_info *info = style_layer_info(layer);
    return info->visible && (info->min_zoom <= 0 || zoom >= info->min_zoom) && zoom < info->max_zoom;
}

bool render_needs(const struct style *style, const struct view *view, struct arena *arena,
                  struct render_need **out_needs, size_t *out_count, struct error *err)
{
    size_t layer_count = style_layer_count(style);
    struct render_need *needs = arena_array(arena, layer_count, sizeof *needs);
    if (!needs) {
        return error_no_memory(err);
    }
    struct world_box box = view_box(view);
    double units_per_css_px = view_units_per_px(view) * view->pixel_ratio;
    size_t count = 0;
    for (size_t i = 0; i < layer_count; i++) {
        const struct style_layer *layer = style_layer_at(style, i);
        const struct style_layer_info *info = style_layer_info(layer);
        if (!render_shows(layer, view->zoom) || !info->source) {
            continue;
        }
        const struct style_source_info *source = style_source_find(style, info->source);
        struct style_scope scope = {.zoom = view->zoom, .arena = arena};
        double reach = layer_ink_css_px(layer, &scope);
        if (!source || !source->layer_id || reach < 0) {
            continue;
        }
        struct world_box area = grown(&box, (int64_t)ceil((reach + 1) * units_per_css_px));
        size_t n = 0;
        while (n < count && !(text_same_string(needs[n].source, info->source) &&
                              text_same_string(needs[n].source_layer, info->source_layer))) {
            n++;
        }
        if (n == count) {
            needs[count++] = (struct render_need){
                kind_of(info), info->source, info->source_layer, source->layer_id, area, view->zoom, false};
        } else if (area.min_x < needs[n].area.min_x) {
            needs[n].area = area; /* areas differ by their margin only, so the larger holds the smaller */
        }
    }
    *out_needs = needs;
    *out_count = count;
    return true;
}
