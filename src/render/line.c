/* SPDX-License-Identifier: MIT */
/* Line layers: strokes of lines and of polygon borders. */

#include "render/layer_features.h"
#include "render/layer_paint.h"

#include "draw/stroke.h"

#include <math.h>

enum { DASHES_MAX = 16 };

double line_reach_css_px(const struct style_layer *layer, const struct style_scope *scope)
{
    double width = number_or(layer, STYLE_LINE_WIDTH, scope, REACH_MAX_CSS_PX / 2.0);
    double gap = number_or(layer, STYLE_LINE_GAP_WIDTH, scope, REACH_MAX_CSS_PX / 2.0);
    double offset = fabs(number_or(layer, STYLE_LINE_OFFSET, scope, REACH_MAX_CSS_PX / 2.0));
    double half = gap > 0 ? gap / 2 + width : width / 2;
    double miter = number_or(layer, STYLE_LINE_MITER_LIMIT, scope, 2);
    double reach = (half + offset) * fmax(1.5, miter) + 1;
    return reach + translate_reach_css_px(layer, STYLE_LINE_TRANSLATE, scope);
}

static enum line_cap cap_of(int style_cap)
{
    switch (style_cap) {
    case STYLE_LINE_CAP_ROUND:
        return LINE_CAP_ROUND;
    case STYLE_LINE_CAP_SQUARE:
        return LINE_CAP_SQUARE;
    default:
        return LINE_CAP_BUTT;
    }
}

static enum line_join join_of(int style_join)
{
    switch (style_join) {
    case STYLE_LINE_JOIN_BEVEL:
        return LINE_JOIN_BEVEL;
    case STYLE_LINE_JOIN_ROUND:
        return LINE_JOIN_ROUND;
    default:
        return LINE_JOIN_MITER;
    }
}

static const enum style_property shaping[] = {
    STYLE_LINE_WIDTH,     STYLE_LINE_GAP_WIDTH,   STYLE_LINE_OFFSET,      STYLE_LINE_JOIN,  STYLE_LINE_CAP,
    STYLE_LINE_DASHARRAY, STYLE_LINE_MITER_LIMIT, STYLE_LINE_ROUND_LIMIT, STYLE_LINE_COLOR, STYLE_LINE_OPACITY,
};

static struct stroke stroke_of(const struct render_layer_context *context, const struct layer_feature *item,
                               double *dashes_px)
{
    double ratio = context->view->pixel_ratio;
    struct style_scope scope = layer_scope(context, item);
    struct stroke stroke = {
        .width_px = layer_number(context, STYLE_LINE_WIDTH, item) * ratio,
        .offset_px = layer_number(context, STYLE_LINE_OFFSET, item) * ratio,
        .gap_width_px = layer_number(context, STYLE_LINE_GAP_WIDTH, item) * ratio,
        .cap = cap_of(style_enum(context->layer, STYLE_LINE_CAP, &scope)),
        .join = join_of(style_enum(context->layer, STYLE_LINE_JOIN, &scope)),
        .miter_limit = layer_number(context, STYLE_LINE_MITER_LIMIT, item),
        .round_limit = layer_number(context, STYLE_LINE_ROUND_LIMIT, item),
    };
    size_t count = style_numbers(context->layer, STYLE_LINE_DASHARRAY, &scope, dashes_px, DASHES_MAX);
    if (count > DASHES_MAX) {
        count = DASHES_MAX;
    }
    double total = 0;
    for (size_t i = 0; i < count; i++) {
        dashes_px[i] *= stroke.width_px; /* the style gives multiples of the line's width */
        total += dashes_px[i];
    }
    if (total > 0) {
        stroke.dashes_px = dashes_px;
        stroke.dash_count = count;
    }
    return stroke;
}

/* What lies outside the picture is left out by stroke_add, which alone knows how far ink and dashes reach. */
static bool add_line(const struct render_layer_context *context, const struct projector *projector,
                     const struct feature *feature, const struct stroke *stroke, struct error *err)
{
    const struct geometry *geometry = &feature->geometry;
    uint32_t start = 0;
    for (uint32_t p = 0; p < geometry->part_count; p++) {
        uint32_t end = geometry->parts[p].end;
        const struct world_point *points = geometry->points + start;
        uint32_t count = end - start;
        bool closed = count > 2 && points[0].x == points[count - 1].x && points[0].y == points[count - 1].y;
        start = end;
        size_t projected_count;
        const struct draw_point *projected =
            projector_part(projector, feature, points, count, closed, context->arena, &projected_count);
        if (!projected) {
            return error_no_memory(err);
        }
        if (!stroke_add(context->painter->raster, projected, projected_count, closed, stroke)) {
            return error_no_memory(err);
        }
    }
    return true;
}

/* What all features have in common, or what one of them has. */
struct look {
    struct stroke stroke;
    struct pixel pixel;
    double dashes_px[DASHES_MAX];
};

static void look_of(const struct render_layer_context *context, const struct layer_feature *item, struct look *out_look)
{
    out_look->stroke = stroke_of(context, item, out_look->dashes_px);
    out_look->pixel =
        pixel_from_color(layer_color(context, STYLE_LINE_COLOR, item), layer_number(context, STYLE_LINE_OPACITY, item));
}

static bool is_seen(const struct look *look)
{
    return look->pixel.a > 0 && look->stroke.width_px > 0;
}

/* Borders, and pieces with round ends, lie on each other where they meet; pieces with butt ends meet end to end. */
static bool lies_on_others(const struct layer_feature *item, const struct look *look)
{
    return item->feature->geometry.kind == GEOMETRY_POLYGON || look->stroke.cap != LINE_CAP_BUTT;
}

/* One opaque look for all: strokes that lie on each other are merged, so that a shared border is as light as one line;
 * those that meet end to end add up. */
static bool paint_alike(const struct render_layer_context *context, const struct projector *projector,
                        const struct layer_features *found, const struct look *look, struct error *err)
{
    struct raster *raster = context->painter->raster;
    for (int merged = 1; merged >= 0; merged--) {
        for (size_t i = 0; i < found->count; i++) {
            if (lies_on_others(&found->items[i], look) != (merged == 1)) {
                continue;
            }
            if (!add_line(context, projector, found->items[i].feature, &look->stroke, err)) {
                raster_discard(raster);
                return false;
            }
            if (merged) {
                raster_merge(raster, FILL_NONZERO);
            }
        }
    }
    raster_fill(raster, context->canvas, FILL_NONZERO, &(struct paint){.pixel = look->pixel});
    raster_fill_merged(raster, context->canvas, look->pixel);
    return true;
}

/* Looks of their own, or translucent: one over the other, as the style specification says. */
static bool paint_each(const struct render_layer_context *context, const struct projector *projector,
                       const struct layer_features *found, struct error *err)
{
    struct raster *raster = context->painter->raster;
    struct look look;
    for (size_t i = 0; i < found->count; i++) {
        look_of(context, &found->items[i], &look);
        if (!is_seen(&look)) {
            continue;
        }
        if (!add_line(context, projector, found->items[i].feature, &look.stroke, err)) {
            raster_discard(raster);
            return false;
        }
        raster_fill(raster, context->canvas, FILL_NONZERO, &(struct paint){.pixel = look.pixel});
    }
    return true;
}

bool line_paint(const struct render_layer_context *context, struct error *err)
{
    struct style_scope scope = layer_scope(context, NULL);
    double translate[2] = {0, 0};
    style_numbers(context->layer, STYLE_LINE_TRANSLATE, &scope, translate, 2);
    double reach = line_reach_css_px(context->layer, &scope) * context->view->pixel_ratio;
    struct projector projector =
        projector_of_view(context->view, context->input->frame, translate[0], translate[1], reach);
    struct layer_features found;
    if (!layer_features_find(context, &projector, STYLE_LINE_SORT_KEY, &found, err)) {
        return false;
    }
    size_t lines = 0;
    for (size_t i = 0; i < found.count; i++) {
        if (found.items[i].feature->geometry.kind != GEOMETRY_POINT) {
            found.items[lines++] = found.items[i];
        }
    }
    found.count = lines;
    if (lines > 0 && layer_is_uniform(context, shaping, sizeof shaping / sizeof *shaping)) {
        struct look look;
        look_of(context, &found.items[0], &look);
        if (!is_seen(&look) || look.pixel.a == 255) {
            return !is_seen(&look) || paint_alike(context, &projector, &found, &look, err);
        }
    }
    return paint_each(context, &projector, &found, err);
}
