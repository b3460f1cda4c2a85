/* SPDX-License-Identifier: MIT */
/* Line layers: strokes of lines and of polygon borders. */

#include "render/layer_features.h"
#include "render/layer_paint.h"
#include "render/line_chain.h"

#include "draw/line_field.h"
#include "draw/stroke.h"
#include "render/pattern.h"

#include <math.h>

enum { DASHES_MAX = 16, GRADIENT_COLORS = 2048 };

static const enum style_property shaping[] = {
    STYLE_LINE_WIDTH,     STYLE_LINE_GAP_WIDTH,   STYLE_LINE_OFFSET,      STYLE_LINE_JOIN,  STYLE_LINE_CAP,
    STYLE_LINE_DASHARRAY, STYLE_LINE_MITER_LIMIT, STYLE_LINE_ROUND_LIMIT, STYLE_LINE_COLOR, STYLE_LINE_OPACITY,
};

/* True when lines of the layer that continue each other may be drawn as one: all look alike, the same in both
 * directions and wherever they begin, and are no borders as fine as a hair. */
static bool joins_lines(const struct style_layer *layer, const struct style_scope *scope)
{
    double dash;
    return layer_is_uniform(layer, shaping, sizeof shaping / sizeof *shaping) &&
           style_number(layer, STYLE_LINE_WIDTH, scope) >= 1 && style_number(layer, STYLE_LINE_OFFSET, scope) == 0 &&
           style_numbers(layer, STYLE_LINE_DASHARRAY, scope, &dash, 1) == 0;
}

double line_reach_css_px(const struct style_layer *layer, const struct style_scope *scope)
{
    double width = number_or(layer, STYLE_LINE_WIDTH, scope, REACH_MAX_CSS_PX / 2.0);
    double gap = number_or(layer, STYLE_LINE_GAP_WIDTH, scope, REACH_MAX_CSS_PX / 2.0);
    double offset = fabs(number_or(layer, STYLE_LINE_OFFSET, scope, REACH_MAX_CSS_PX / 2.0));
    double half = gap > 0 ? gap / 2 + width : width / 2;
    double miter = number_or(layer, STYLE_LINE_MITER_LIMIT, scope, 2);
    double reach = (half + offset) * fmax(1.5, miter) + 1;
    reach += joins_lines(layer, scope) ? LINE_CHAIN_REACH_CSS_PX : 0;
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
    /* Dashes are chosen and sized at whole zooms, in widths of the line there, and grow with the map in between. */
    scope.zoom = pattern_zoom(context->view);
    double unit =
        style_number(context->layer, STYLE_LINE_WIDTH, &scope) * ratio * exp2(context->view->zoom - scope.zoom);
    size_t count = style_numbers(context->layer, STYLE_LINE_DASHARRAY, &scope, dashes_px, DASHES_MAX);
    if (count > DASHES_MAX) {
        count = DASHES_MAX;
    }
    if (count % 2 == 1 && count > 1) {
        /* The last dash and the first one touch: one dash, in the middle of which the line begins. */
        count--;
        stroke.dash_start_px = dashes_px[count] * unit;
        dashes_px[0] += dashes_px[count];
    }
    double total = 0;
    for (size_t i = 0; i < count; i++) {
        dashes_px[i] *= unit;
        total += dashes_px[i];
    }
    if (total > 0) {
        stroke.dashes_px = dashes_px;
        stroke.dash_count = count;
        /* As in MapLibre: dashes are rounded only by a cap that all lines of the layer have. */
        if (style_dependence(context->layer, STYLE_LINE_CAP) & STYLE_DEPENDS_ON_FEATURE) {
            stroke.cap = LINE_CAP_BUTT;
        }
    }
    return stroke;
}

/* As in MapLibre, what is measured along the ring of a polygon begins one segment before its first point. */
static double ring_start_px(const struct draw_point *points, size_t count)
{
    if (count < 2) {
        return 0;
    }
    double dx = (double)points[count - 1].x - points[count - 2].x;
    double dy = (double)points[count - 1].y - points[count - 2].y;
    return sqrt(dx * dx + dy * dy) / DRAW_ONE;
}

/* What lies outside the picture is left out by stroke_add, which alone knows how far ink and dashes reach. */
static bool add_line(struct raster *raster, const struct layer_feature *item, const struct stroke *stroke)
{
    for (uint32_t i = 0; i < item->part_count; i++) {
        const struct layer_part *part = &item->parts[i];
        const struct stroke *used = stroke;
        struct stroke ring;
        if (stroke->dash_count > 0 && item->kind == GEOMETRY_POLYGON) {
            ring = *stroke;
            ring.dash_start_px += ring_start_px(part->points, part->count);
            used = &ring;
        }
        if (!stroke_add(raster, part->points, part->count, part->is_closed, used)) {
            return false;
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
    return item->kind == GEOMETRY_POLYGON || look->stroke.cap != LINE_CAP_BUTT;
}

/* Of lines that may be joined: the width of a CSS pixel in units of the features; else 0. */
static double joining_css_px(const struct render_layer_context *context, const struct projector *projector)
{
    struct style_scope scope = layer_scope(context, NULL);
    return joins_lines(context->layer, &scope)
               ? context->view->pixel_ratio * DRAW_ONE / (projector->scale * projector->unit)
               : 0;
}

/* One opaque look for all: strokes that lie on each other are merged, so that a shared border is as light as one line;
 * those that meet end to end add up. */
static bool paint_alike(const struct render_layer_context *context, const struct projector *projector,
                        struct layer_features *found, const struct look *look, struct error *err)
{
    struct raster *raster = context->painter->raster;
    struct layer_features *chains = line_chains_find(found, joining_css_px(context, projector), context->arena);
    if (!chains || !layer_features_project(chains, projector, context->arena)) {
        return error_no_memory(err);
    }
    for (int merged = 1; merged >= 0; merged--) {
        for (size_t i = 0; i < chains->count; i++) {
            if (lies_on_others(&chains->items[i], look) != (merged == 1)) {
                continue;
            }
            if (!add_line(raster, &chains->items[i], &look->stroke)) {
                raster_discard(raster);
                return error_no_memory(err);
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

/* look_of, asked once for all features that look alike; `known` by tuple. NULL: memory is out. */
static const struct look *known_look_of(const struct render_layer_context *context, const struct layer_feature *item,
                                        const struct look **known)
{
    if (!known[item->tuple]) {
        struct look *look = arena_alloc(context->arena, sizeof *look);
        if (!look) {
            return NULL;
        }
        look_of(context, item, look);
        known[item->tuple] = look;
    }
    return known[item->tuple];
}

/* Looks of their own, or translucent: one over the other, as the style specification says. */
static bool paint_each(const struct render_layer_context *context, const struct layer_features *found,
                       struct error *err)
{
    struct raster *raster = context->painter->raster;
    bool has_tuples = found->tuple_count > 0;
    const struct look **known = has_tuples ? arena_array(context->arena, found->tuple_count, sizeof *known) : NULL;
    if (has_tuples && !known) {
        return error_no_memory(err);
    }
    struct look own;
    for (size_t i = 0; i < found->count; i++) {
        const struct look *look = &own;
        if (has_tuples) {
            look = known_look_of(context, &found->items[i], known);
        } else {
            look_of(context, &found->items[i], &own);
        }
        if (!look) {
            return error_no_memory(err);
        }
        if (!is_seen(look)) {
            continue;
        }
        if (!add_line(raster, &found->items[i], &look->stroke)) {
            raster_discard(raster);
            return error_no_memory(err);
        }
        raster_fill(raster, context->canvas, FILL_NONZERO, &(struct paint){.pixel = look->pixel});
    }
    return true;
}

/* --- blurred lines, gradients and patterns --- */

/* True when the layer's lines need the distance of each pixel. */
static bool is_soft(const struct render_layer_context *context)
{
    const struct style_layer *layer = context->layer;
    return style_is_set(layer, STYLE_LINE_PATTERN) || style_is_set(layer, STYLE_LINE_GRADIENT) ||
           (style_dependence(layer, STYLE_LINE_BLUR) & STYLE_DEPENDS_ON_FEATURE) ||
           layer_number(context, STYLE_LINE_BLUR, NULL) > 0;
}

/* Between which shares of the whole line a piece cut out of it lies: tiles of lines with metrics say it. */
static void read_progress(const struct render_layer_context *context, const struct feature *feature, double *out_from,
                          double *out_to)
{
    static const char *const names[] = {"mapbox_clip_start", "mapbox_clip_end"};
    double *shares[] = {out_from, out_to};
    *out_from = 0;
    *out_to = 1;
    for (size_t i = 0; i < 2; i++) {
        ptrdiff_t field = feature_list_field(&context->input->features, text_of(names[i]));
        if (field >= 0 && value_is_number(&feature->values[field])) {
            *shares[i] = value_number(&feature->values[field]);
        }
    }
}

/* The colours of a piece of a line, one for each step from its first point to its last: a piece may be a millionth of
 * the whole line. Pieces that are as long and lie at the same shares have the same colours. */
struct gradient {
    struct pixel *pixels;
    size_t count;
    double from;
    double to;
};

static bool gradient_make(const struct render_layer_context *context, double from, double to, struct gradient *gradient)
{
    if (gradient->pixels && gradient->from == from && gradient->to == to) {
        return true;
    }
    struct style_scope scope = layer_scope(context, NULL);
    gradient->pixels =
        gradient->pixels ? gradient->pixels : arena_array(context->arena, GRADIENT_COLORS, sizeof *gradient->pixels);
    if (!gradient->pixels) {
        return false;
    }
    for (size_t i = 0; i < GRADIENT_COLORS; i++) {
        struct style_color at = {0};
        double progress = from + (to - from) * (double)i / (GRADIENT_COLORS - 1);
        style_ramp_at(context->layer, STYLE_LINE_GRADIENT, &scope, progress, &at);
        struct color color = {(float)at.r, (float)at.g, (float)at.b, (float)at.a};
        gradient->pixels[i] = pixel_from_color(color, 1);
    }
    gradient->count = GRADIENT_COLORS;
    gradient->from = from;
    gradient->to = to;
    return true;
}

/* The image repeated along the line; false when there is none to be drawn. */
static bool read_pattern(const struct render_layer_context *context, const struct layer_feature *item,
                         struct line_paint *paint)
{
    struct style_scope scope = layer_scope(context, item);
    double ratio = context->view->pixel_ratio;
    scope.zoom = pattern_zoom(context->view);
    struct text name = style_text(context->layer, STYLE_LINE_PATTERN, &scope);
    double width = style_number(context->layer, STYLE_LINE_WIDTH, &scope) * ratio;
    paint->image = context->assets ? sprite_find(context->assets->sprite, name, ratio) : NULL;
    if (!paint->image || paint->image->height_px == 0 || paint->image->width_px == 0) {
        return false;
    }
    paint->image_period_px =
        width * paint->image->width_px / paint->image->height_px * exp2(context->view->zoom - scope.zoom);
    return paint->image_period_px > 0;
}

static bool paint_soft(const struct render_layer_context *context, const struct layer_features *found,
                       struct error *err)
{
    struct painter *painter = context->painter;
    bool has_pattern = style_is_set(context->layer, STYLE_LINE_PATTERN);
    bool has_gradient = !has_pattern && style_is_set(context->layer, STYLE_LINE_GRADIENT);
    struct gradient gradient = {0};
    painter->line_field = painter->line_field ? painter->line_field : line_field_create();
    if (!painter->line_field) {
        return error_no_memory(err);
    }
    for (size_t i = 0; i < found->count; i++) {
        const struct layer_feature *item = &found->items[i];
        double dashes_px[DASHES_MAX];
        struct line_paint paint = {.stroke = stroke_of(context, item, dashes_px),
                                   .blur_px = layer_number(context, STYLE_LINE_BLUR, item) * context->view->pixel_ratio,
                                   .opacity = layer_number(context, STYLE_LINE_OPACITY, item),
                                   .pixel = pixel_from_color(layer_color(context, STYLE_LINE_COLOR, item), 1)};
        if (!(paint.stroke.width_px > 0) || !(paint.opacity > 0) ||
            (has_pattern && !read_pattern(context, item, &paint))) {
            continue;
        }
        if (has_gradient) {
            double from;
            double to;
            read_progress(context, item->feature, &from, &to);
            if (!gradient_make(context, from, to, &gradient)) {
                return error_no_memory(err);
            }
            paint.gradient = gradient.pixels;
            paint.gradient_count = gradient.count;
        }
        for (uint32_t p = 0; p < item->part_count; p++) {
            const struct layer_part *part = &item->parts[p];
            if (!line_field_paint(painter->line_field, context->canvas, part->points, part->count, part->is_closed,
                                  &paint)) {
                return error_no_memory(err);
            }
        }
    }
    return true;
}

bool line_paint(const struct render_layer_context *context, struct error *err)
{
    struct style_scope scope = layer_scope(context, NULL);
    double translate[2] = {0, 0};
    style_numbers(context->layer, STYLE_LINE_TRANSLATE, &scope, translate, 2);
    double reach = line_reach_css_px(context->layer, &scope) * context->view->pixel_ratio;
    struct projector projector = projector_of_view(context->view, context->input->frame, translate[0], translate[1],
                                                   layer_reach_px(context, reach));
    struct layer_features *found;
    if (!layer_features_find(context, &projector, STYLE_LINE_SORT_KEY, LAYER_LINES | LAYER_POLYGONS, &found, err)) {
        return false;
    }
    bool soft = is_soft(context);
    if (!soft && found->count > 0 && layer_is_uniform(context->layer, shaping, sizeof shaping / sizeof *shaping)) {
        struct look look;
        look_of(context, &found->items[0], &look);
        if (!is_seen(&look) || look.pixel.a == 255) {
            return !is_seen(&look) || paint_alike(context, &projector, found, &look, err);
        }
    }
    if (!layer_features_project(found, &projector, context->arena)) {
        return error_no_memory(err);
    }
    return soft ? paint_soft(context, found, err) : paint_each(context, found, err);
}
