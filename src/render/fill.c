/* SPDX-License-Identifier: MIT */
/* Fill layers: polygons by exact coverage, with an outline one pixel wide where the style asks for one. */

#include "render/layer_features.h"
#include "render/layer_paint.h"

#include "draw/stroke.h"
#include "render/pattern.h"

#include <math.h>

double fill_reach_css_px(const struct style_layer *layer, const struct style_scope *scope)
{
    return 1 + translate_reach_css_px(layer, STYLE_FILL_TRANSLATE, scope);
}

static bool add_polygon(struct raster *raster, const struct layer_feature *item, const struct stroke *outline)
{
    for (uint32_t i = 0; i < item->part_count; i++) {
        const struct layer_part *part = &item->parts[i];
        if (!outline) {
            raster_add_ring(raster, part->points, part->count);
        } else if (!stroke_add(raster, part->points, part->count, true, outline)) {
            return false;
        }
    }
    return true;
}

/* What is painted: insides or outlines, in a colour or with a pattern. */
struct coat {
    enum style_property color;
    bool has_pattern; /* fill-pattern takes the place of the colour */
    double translate[2];
    const struct stroke *outline; /* NULL: insides */
    struct text pattern_name;     /* of `pattern`: neighbours often have the same */
    struct paint pattern;
    bool pattern_found;
    struct known_paint *known; /* by tuple of the layer's features; NULL: each is asked for */
};

struct known_paint {
    enum { PAINT_UNKNOWN, PAINT_SEEN, PAINT_UNSEEN } state;
    struct paint paint;
};

static double opacity_of(const struct render_layer_context *context, const struct layer_feature *item)
{
    return layer_number(context, STYLE_FILL_OPACITY, item);
}

/* False: nothing is to be painted. */
static bool paint_of(const struct render_layer_context *context, const struct layer_feature *item, struct coat *coat,
                     struct paint *out_paint)
{
    double opacity = opacity_of(context, item);
    if (!coat->has_pattern) {
        *out_paint = (struct paint){.pixel = pixel_from_color(layer_color(context, coat->color, item), opacity)};
        return out_paint->pixel.a > 0;
    }
    struct style_scope scope = layer_scope(context, item);
    scope.zoom = pattern_zoom(context->view);
    struct text name = style_text(context->layer, STYLE_FILL_PATTERN, &scope);
    if (!coat->pattern_name.data || !text_equal(name, coat->pattern_name)) {
        coat->pattern_found = pattern_paint(context, name, coat->translate, 1, &coat->pattern);
        coat->pattern_name = name;
    }
    *out_paint = coat->pattern;
    out_paint->pattern_opacity = (uint8_t)(fmin(1, fmax(0, opacity)) * 255 + 0.5);
    return coat->pattern_found && out_paint->pattern_opacity > 0;
}

/* paint_of, asked once for all features that look alike. */
static bool known_paint_of(const struct render_layer_context *context, const struct layer_feature *item,
                           struct coat *coat, struct paint *out_paint)
{
    if (!coat->known) {
        return paint_of(context, item, coat, out_paint);
    }
    struct known_paint *known = &coat->known[item->tuple];
    if (known->state == PAINT_UNKNOWN) {
        known->state = paint_of(context, item, coat, &known->paint) ? PAINT_SEEN : PAINT_UNSEEN;
    }
    *out_paint = known->paint;
    return known->state == PAINT_SEEN;
}

/* One opaque look for all: one sweep, in which pieces that meet add to full coverage (rings are wound, so shells add
 * and holes take away). Outlines are merged: a border that two polygons share is drawn once. */
static bool paint_alike(const struct render_layer_context *context, const struct layer_features *found,
                        const struct coat *coat, const struct paint *paint, struct error *err)
{
    struct raster *raster = context->painter->raster;
    bool merges = coat->outline && !paint->pattern;
    painter_settle(context->painter);
    for (size_t i = 0; i < found->count; i++) {
        if (!add_polygon(raster, &found->items[i], coat->outline)) {
            raster_discard(raster);
            return error_no_memory(err);
        }
        if (merges) {
            raster_merge(raster, FILL_NONZERO);
        }
    }
    raster_fill(raster, context->canvas, FILL_NONZERO, paint);
    if (merges) {
        raster_fill_merged(raster, context->canvas, paint->pixel);
    }
    return true;
}

/* Looks of their own, or translucent: each polygon for itself into a layer, where neighbours meet without a hairline
 * and overlaps show. What a pixel becomes depends only on the polygons that touch it, so neighbouring tiles agree. */
static bool paint_apart(const struct render_layer_context *context, const struct layer_features *found,
                        struct coat *coat, struct error *err)
{
    struct raster *raster = context->painter->raster;
    struct canvas *layer = painter_layer(context->painter);
    coat->known = found->tuple_count > 0 ? arena_array(context->arena, found->tuple_count, sizeof *coat->known) : NULL;
    if (!layer || (found->tuple_count > 0 && !coat->known)) {
        return error_no_memory(err);
    }
    for (size_t i = 0; i < found->count; i++) {
        const struct layer_feature *item = &found->items[i];
        struct paint paint;
        if (!known_paint_of(context, item, coat, &paint)) {
            continue;
        }
        if (!add_polygon(raster, item, coat->outline)) {
            raster_discard(raster);
            return error_no_memory(err);
        }
        if (coat->outline || paint.pattern) {
            raster_fill(raster, layer, FILL_NONZERO, &paint);
        } else {
            raster_fill_apart(raster, layer, FILL_NONZERO, paint.pixel);
        }
    }
    raster_discard(raster);
    painter_lay_layer(context->painter, context->canvas);
    return true;
}

static bool paint_polygons(const struct render_layer_context *context, const struct layer_features *found,
                           struct coat *coat, struct error *err)
{
    const enum style_property properties[] = {coat->has_pattern ? STYLE_FILL_PATTERN : coat->color, STYLE_FILL_OPACITY};
    if (found->count == 0) {
        return true;
    }
    if (layer_is_uniform(context->layer, properties, 2)) {
        struct paint paint;
        if (!paint_of(context, NULL, coat, &paint)) {
            return true;
        }
        if (coat->has_pattern ? paint.pattern_opacity == 255 : paint.pixel.a == 255) {
            return paint_alike(context, found, coat, &paint, err);
        }
    }
    return paint_apart(context, found, coat, err);
}

bool fill_paint(const struct render_layer_context *context, struct error *err)
{
    struct style_scope scope = layer_scope(context, NULL);
    double translate[2] = {0, 0};
    style_numbers(context->layer, STYLE_FILL_TRANSLATE, &scope, translate, 2);
    struct projector projector =
        projector_of_view(context->view, context->input->frame, translate[0], translate[1], layer_reach_px(context, 2));
    struct layer_features *found;
    if (!layer_features_find(context, &projector, STYLE_FILL_SORT_KEY, LAYER_POLYGONS, &found, err)) {
        return false;
    }
    if (!layer_features_project(found, &projector, context->arena)) {
        return error_no_memory(err);
    }
    struct coat inside = {.color = STYLE_FILL_COLOR,
                          .has_pattern = style_is_set(context->layer, STYLE_FILL_PATTERN),
                          .translate = {translate[0], translate[1]}};
    if (!paint_polygons(context, found, &inside, err)) {
        return false;
    }
    bool outlined = style_is_set(context->layer, STYLE_FILL_OUTLINE_COLOR) &&
                    style_bool(context->layer, STYLE_FILL_ANTIALIAS, &scope);
    if (!outlined) {
        return true;
    }
    const struct stroke outline = {
        .width_px = 1, .cap = LINE_CAP_BUTT, .join = LINE_JOIN_MITER, .miter_limit = 2, .round_limit = 1.05};
    struct coat rim = {.color = STYLE_FILL_OUTLINE_COLOR, .outline = &outline};
    return paint_polygons(context, found, &rim, err);
}
