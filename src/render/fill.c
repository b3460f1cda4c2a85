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
            stroke_add(context->painter->raster, points, count, true, outline);
        } else {
            raster_add_ring(context->painter->raster, points, count);
        }
        start = end;
    }
    return true;
}

static struct paint paint_of(const struct render_layer_context *context, enum style_property color,
                             const struct layer_feature *item)
{
    double opacity = layer_number(context, STYLE_FILL_OPACITY, item);
    return (struct paint){.pixel = pixel_from_color(layer_color(context, color, item), opacity)};
}

/* Polygons of equal, opaque paint go into one sweep: pieces that meet add to full coverage, so no hairline shows where
 * they join (rings are wound, so shells add and holes take away). Translucent ones are swept each for itself, as the style specification lets overlaps show. */
static bool paint_polygons(const struct render_layer_context *context, const struct projector *projector,
                           const struct layer_features *found, enum style_property color, const struct stroke *outline,
                           struct error *err)
{
    const enum style_property properties[] = {color, STYLE_FILL_OPACITY};
    bool uniform = layer_is_uniform(context, properties, 2);
    struct raster *raster = context->painter->raster;
    struct paint pending = {0};
    bool has_pending = false;
    for (size_t i = 0; i < found->count; i++) {
        const struct layer_feature *item = &found->items[i];
        struct paint paint = uniform && has_pending ? pending : paint_of(context, color, item);
        if (paint.pixel.a == 0) {
            continue;
        }
        bool same = has_pending && paint.pixel.r == pending.pixel.r && paint.pixel.g == pending.pixel.g &&
                    paint.pixel.b == pending.pixel.b && paint.pixel.a == pending.pixel.a;
        if (has_pending && (!same || paint.pixel.a != 255)) {
            raster_fill(raster, context->canvas, FILL_NONZERO, &pending);
        }
        if (!add_polygon(context, projector, item, outline, err)) {
            raster_discard(raster);
            return false;
        }
        pending = paint;
        has_pending = true;
    }
    if (has_pending) {
        raster_fill(raster, context->canvas, FILL_NONZERO, &pending);
    }
    return true;
}

bool fill_paint(const struct render_layer_context *context, struct error *err)
{
    struct style_scope scope = layer_scope(context, NULL);
    double translate[2] = {0, 0};
    style_numbers(context->layer, STYLE_FILL_TRANSLATE, &scope, translate, 2);
    struct projector projector = projector_of_view(context->view, translate[0], translate[1], 2);
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
