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
    STYLE_LINE_WIDTH,     STYLE_LINE_GAP_WIDTH, STYLE_LINE_OFFSET,      STYLE_LINE_JOIN,
    STYLE_LINE_CAP,       STYLE_LINE_DASHARRAY, STYLE_LINE_MITER_LIMIT, STYLE_LINE_ROUND_LIMIT,
    STYLE_LINE_COLOR,     STYLE_LINE_OPACITY,
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
        stroke_add(context->painter->raster, projected, projected_count, closed, stroke);
    }
    return true;
}

static bool same_pixel(struct pixel a, struct pixel b)
{
    return a.r == b.r && a.g == b.g && a.b == b.b && a.a == b.a;
}

bool line_paint(const struct render_layer_context *context, struct error *err)
{
    struct style_scope scope = layer_scope(context, NULL);
    double translate[2] = {0, 0};
    style_numbers(context->layer, STYLE_LINE_TRANSLATE, &scope, translate, 2);
    double reach = line_reach_css_px(context->layer, &scope) * context->view->pixel_ratio;
    struct projector projector = projector_of_view(context->view, translate[0], translate[1], reach);
    struct layer_features found;
    if (!layer_features_find(context, &projector, STYLE_LINE_SORT_KEY, &found, err)) {
        return false;
    }
    bool uniform = layer_is_uniform(context, shaping, sizeof shaping / sizeof *shaping);
    struct raster *raster = context->painter->raster;
    double dashes_px[DASHES_MAX];
    struct stroke stroke = {0};
    struct pixel pending = {0};
    bool has_pending = false;
    for (size_t i = 0; i < found.count; i++) {
        const struct layer_feature *item = &found.items[i];
        struct pixel pixel = pending;
        if (!uniform || !has_pending) {
            stroke = stroke_of(context, item, dashes_px);
            pixel = pixel_from_color(layer_color(context, STYLE_LINE_COLOR, item),
                                     layer_number(context, STYLE_LINE_OPACITY, item));
        }
        if (item->feature->geometry.kind == GEOMETRY_POINT || pixel.a == 0 || !(stroke.width_px > 0)) {
            continue;
        }
        /* Lines of equal opaque colour share a sweep; translucent ones show where they overlap. */
        if (has_pending && (!same_pixel(pixel, pending) || pixel.a != 255)) {
            raster_fill(raster, context->canvas, FILL_NONZERO, &(struct paint){.pixel = pending});
        }
        if (!add_line(context, &projector, item->feature, &stroke, err)) {
            raster_discard(raster);
            return false;
        }
        pending = pixel;
        has_pending = true;
    }
    if (has_pending) {
        raster_fill(raster, context->canvas, FILL_NONZERO, &(struct paint){.pixel = pending});
    }
    return true;
}
