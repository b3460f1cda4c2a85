/* SPDX-License-Identifier: MIT */
/* Fill layers: polygons by exact coverage, with an outline one pixel wide where the style asks for one. */

#include "render/layer_features.h"
#include "render/layer_paint.h"

#include "draw/stroke.h"

double fill_reach_css_px(const struct style_layer *layer, const struct style_scope *scope)
{
    return 1 + translate_reach_css_px(layer, STYLE_FILL_TRANSLATE, scope);
}

static bool add_polygon(const struct render_layer_context *context, const struct projector *projector,
                        const struct layer_feature *item, const struct stroke *outline, struct error *err)
{
    const struct geometry *geometry = &item->feature->geometry;
    uint32_t start = 0;
    for (uint32_t p = 0; p < geometry->part_count; p++) {
        uint32_t end = geometry->parts[p].end;
        size_t count;
        const struct draw_point *points = projector_part(projector, item->feature, geometry->points + start,
                                                         end - start, true, context->arena, &count);
        if (!points) {
            return error_no_memory(err);
        }
        if (outline) {
            if (!stroke_add(context->painter->raster, points, count, true, outline)) {
                return error_no_memory(err);
            }
        } else {
            raster_add_ring(context->painter->raster, points, count);
        }
        start = end;
    }
    return true;
}

static struct pixel pixel_of(const struct render_layer_context *context, enum style_property color,
                             const struct layer_feature *item)
{
    return pixel_from_color(layer_color(context, color, item), layer_number(context, STYLE_FILL_OPACITY, item));
}

/* One opaque colour for all: one sweep, in which pieces that meet add to full coverage (rings are wound, so shells add
 * and holes take away). Outlines are merged: a border that two polygons share is drawn once. */
static bool paint_alike(const struct render_layer_context *context, const struct projector *projector,
                        const struct layer_features *found, struct pixel pixel, const struct stroke *outline,
                        struct error *err)
{
    struct raster *raster = context->painter->raster;
    for (size_t i = 0; i < found->count; i++) {
        if (!add_polygon(context, projector, &found->items[i], outline, err)) {
            raster_discard(raster);
            return false;
        }
        if (outline) {
            raster_merge(raster, FILL_NONZERO);
        }
    }
    raster_fill(raster, context->canvas, FILL_NONZERO, &(struct paint){.pixel = pixel});
    raster_fill_merged(raster, context->canvas, pixel);
    return true;
}

/* Colours of their own, or translucent: each polygon for itself into a layer, where neighbours meet without a hairline
 * and overlaps show. What a pixel becomes depends only on the polygons that touch it, so neighbouring tiles agree. */
static bool paint_apart(const struct render_layer_context *context, const struct projector *projector,
                        const struct layer_features *found, enum style_property color, const struct stroke *outline,
                        struct error *err)
{
    struct raster *raster = context->painter->raster;
    struct canvas *layer = painter_layer(context->painter);
    if (!layer) {
        return error_no_memory(err);
    }
    for (size_t i = 0; i < found->count; i++) {
        const struct layer_feature *item = &found->items[i];
        struct pixel pixel = pixel_of(context, color, item);
        if (pixel.a == 0) {
            continue;
        }
        if (!add_polygon(context, projector, item, outline, err)) {
            raster_discard(raster);
            return false;
        }
        if (outline) {
            raster_fill(raster, layer, FILL_NONZERO, &(struct paint){.pixel = pixel});
        } else {
            raster_fill_apart(raster, layer, FILL_NONZERO, pixel);
        }
    }
    raster_discard(raster);
    canvas_lay_over(context->canvas, layer, 255);
    return true;
}

static bool paint_polygons(const struct render_layer_context *context, const struct projector *projector,
                           const struct layer_features *found, enum style_property color, const struct stroke *outline,
                           struct error *err)
{
    const enum style_property properties[] = {color, STYLE_FILL_OPACITY};
    if (found->count == 0) {
        return true;
    }
    if (layer_is_uniform(context, properties, 2)) {
        struct pixel pixel = pixel_of(context, color, NULL);
        if (pixel.a == 0 || pixel.a == 255) {
            return pixel.a == 0 || paint_alike(context, projector, found, pixel, outline, err);
        }
    }
    return paint_apart(context, projector, found, color, outline, err);
}

bool fill_paint(const struct render_layer_context *context, struct error *err)
{
    struct style_scope scope = layer_scope(context, NULL);
    double translate[2] = {0, 0};
    style_numbers(context->layer, STYLE_FILL_TRANSLATE, &scope, translate, 2);
    struct projector projector = projector_of_view(context->view, context->input->frame, translate[0], translate[1], 2);
    struct layer_features found;
    if (!layer_features_find(context, &projector, STYLE_FILL_SORT_KEY, &found, err)) {
        return false;
    }
    size_t polygons = 0;
    for (size_t i = 0; i < found.count; i++) {
        if (found.items[i].feature->geometry.kind == GEOMETRY_POLYGON) {
            found.items[polygons++] = found.items[i];
        }
    }
    found.count = polygons;
    if (!paint_polygons(context, &projector, &found, STYLE_FILL_COLOR, NULL, err)) {
        return false;
    }
    bool outlined = style_is_set(context->layer, STYLE_FILL_OUTLINE_COLOR) &&
                    style_bool(context->layer, STYLE_FILL_ANTIALIAS, &scope);
    if (!outlined) {
        return true;
    }
    const struct stroke outline = {
        .width_px = 1, .cap = LINE_CAP_BUTT, .join = LINE_JOIN_MITER, .miter_limit = 2, .round_limit = 1.05};
    return paint_polygons(context, &projector, &found, STYLE_FILL_OUTLINE_COLOR, &outline, err);
}
