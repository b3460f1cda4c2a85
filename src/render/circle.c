/* SPDX-License-Identifier: MIT */
/* Circle layers: discs with a stroke around them, by exact coverage; blurred ones by distance. */

#include "render/layer_features.h"
#include "render/layer_paint.h"

#include <math.h>

enum { CIRCLE_POINTS_MAX = 256 };

double circle_reach_css_px(const struct style_layer *layer, const struct style_scope *scope)
{
    double radius = number_or(layer, STYLE_CIRCLE_RADIUS, scope, REACH_MAX_CSS_PX);
    double stroke = number_or(layer, STYLE_CIRCLE_STROKE_WIDTH, scope, REACH_MAX_CSS_PX / 4.0);
    return radius + stroke + 1 + translate_reach_css_px(layer, STYLE_CIRCLE_TRANSLATE, scope);
}

/* A regular polygon whose area is that of the circle, so that coverage is right on average; its corners are at most a
 * hundredth of a pixel off. `turn` is 1 or -1: the direction, for cutting a ring out of a disc. */
static void add_circle(struct raster *raster, struct draw_point center, double radius_px, int turn)
{
    const double pi = 3.14159265358979323846;
    double wanted = ceil(pi / acos(1 - fmin(0.5, 0.01 / fmax(radius_px, 0.02))));
    size_t count = (size_t)fmin(CIRCLE_POINTS_MAX, fmax(12, wanted));
    double step = 2 * pi / (double)count;
    double corner = radius_px * sqrt(step / sin(step)) * DRAW_ONE;
    struct draw_point points[CIRCLE_POINTS_MAX];
    for (size_t i = 0; i < count; i++) {
        double angle = step * (double)i * turn;
        points[i].x = center.x + (int32_t)floor(cos(angle) * corner + 0.5);
        points[i].y = center.y + (int32_t)floor(sin(angle) * corner + 0.5);
    }
    raster_add_ring(raster, points, count);
}

struct circle {
    double radius_px;
    double stroke_px;
    double blur;
    struct pixel fill;
    struct pixel stroke;
};

static struct circle circle_of(const struct render_layer_context *context, const struct layer_feature *item)
{
    double ratio = context->view->pixel_ratio;
    return (struct circle){
        .radius_px = fmin(REACH_MAX_CSS_PX, layer_number(context, STYLE_CIRCLE_RADIUS, item)) * ratio,
        .stroke_px = layer_number(context, STYLE_CIRCLE_STROKE_WIDTH, item) * ratio,
        .blur = layer_number(context, STYLE_CIRCLE_BLUR, item),
        .fill = pixel_from_color(layer_color(context, STYLE_CIRCLE_COLOR, item),
                                 layer_number(context, STYLE_CIRCLE_OPACITY, item)),
        .stroke = pixel_from_color(layer_color(context, STYLE_CIRCLE_STROKE_COLOR, item),
                                   layer_number(context, STYLE_CIRCLE_STROKE_OPACITY, item)),
    };
}

static uint8_t scaled(uint8_t channel, double share)
{
    return (uint8_t)lround((double)channel * share);
}

static void blend(uint8_t *rgba, struct pixel above, double share)
{
    double rest = 1 - (double)above.a / 255 * share;
    rgba[0] = (uint8_t)(scaled(above.r, share) + scaled(rgba[0], rest));
    rgba[1] = (uint8_t)(scaled(above.g, share) + scaled(rgba[1], rest));
    rgba[2] = (uint8_t)(scaled(above.b, share) + scaled(rgba[2], rest));
    rgba[3] = (uint8_t)(scaled(above.a, share) + scaled(rgba[3], rest));
}

static double smooth(double from, double to, double at)
{
    double share = fmin(1, fmax(0, (at - from) / (to - from)));
    return share * share * (3 - 2 * share);
}

/* circle-blur 1 makes only the centre opaque: opacity falls from the rim inwards over that share of the radius, as
 * MapLibre draws it. Evaluated for each pixel centre. */
static void paint_blurred(struct canvas *canvas, struct draw_point center, const struct circle *circle)
{
    double x = (double)center.x / DRAW_ONE;
    double y = (double)center.y / DRAW_ONE;
    double outer = circle->radius_px + circle->stroke_px;
    double softness = fmin(1, fmax(circle->blur, 1 / outer));
    int64_t low_x = (int64_t)fmax(0, floor(x - outer));
    int64_t low_y = (int64_t)fmax(0, floor(y - outer));
    int64_t high_x = (int64_t)fmin(canvas->width_px, ceil(x + outer));
    int64_t high_y = (int64_t)fmin(canvas->height_px, ceil(y + outer));
    for (int64_t row = low_y; row < high_y; row++) {
        for (int64_t column = low_x; column < high_x; column++) {
            double distance = hypot((double)column + 0.5 - x, (double)row + 0.5 - y) / outer;
            double opacity = 1 - smooth(1 - softness, 1, distance);
            if (opacity <= 0) {
                continue;
            }
            uint8_t *rgba = canvas->rgba + 4 * ((size_t)row * canvas->width_px + (size_t)column);
            bool in_stroke = circle->stroke_px > 0 && distance * outer > circle->radius_px;
            blend(rgba, in_stroke ? circle->stroke : circle->fill, opacity);
        }
    }
}

static void paint_circle(const struct render_layer_context *context, struct draw_point center,
                         const struct circle *circle)
{
    struct raster *raster = context->painter->raster;
    if (circle->blur > 0) {
        paint_blurred(context->canvas, center, circle);
        return;
    }
    if (circle->fill.a > 0 && circle->radius_px > 0) {
        /* Under an opaque stroke the disc reaches half way in, so that no background shines through where they meet. */
        double under = circle->stroke.a == 255 ? circle->stroke_px / 2 : 0;
        add_circle(raster, center, circle->radius_px + under, 1);
        raster_fill(raster, context->canvas, FILL_NONZERO, &(struct paint){.pixel = circle->fill});
    }
    if (circle->stroke.a > 0 && circle->stroke_px > 0) {
        add_circle(raster, center, circle->radius_px + circle->stroke_px, 1);
        if (circle->radius_px > 0) {
            add_circle(raster, center, circle->radius_px, -1);
        }
        raster_fill(raster, context->canvas, FILL_NONZERO, &(struct paint){.pixel = circle->stroke});
    }
}

bool circle_paint(const struct render_layer_context *context, struct error *err)
{
    static const enum style_property painting[] = {
        STYLE_CIRCLE_RADIUS, STYLE_CIRCLE_COLOR,        STYLE_CIRCLE_OPACITY,        STYLE_CIRCLE_STROKE_WIDTH,
        STYLE_CIRCLE_BLUR,   STYLE_CIRCLE_STROKE_COLOR, STYLE_CIRCLE_STROKE_OPACITY,
    };
    struct style_scope scope = layer_scope(context, NULL);
    double translate[2] = {0, 0};
    style_numbers(context->layer, STYLE_CIRCLE_TRANSLATE, &scope, translate, 2);
    double reach = circle_reach_css_px(context->layer, &scope) * context->view->pixel_ratio;
    struct projector projector =
        projector_of_view(context->view, context->input->frame, translate[0], translate[1], reach);
    struct layer_features found;
    if (!layer_features_find(context, &projector, STYLE_CIRCLE_SORT_KEY, &found, err)) {
        return false;
    }
    bool uniform = layer_is_uniform(context, painting, sizeof painting / sizeof *painting);
    struct circle circle = {0};
    for (size_t i = 0; i < found.count; i++) {
        const struct feature *feature = found.items[i].feature;
        if (!uniform || i == 0) {
            circle = circle_of(context, &found.items[i]);
        }
        size_t count;
        const struct draw_point *centers =
            projector_part(&projector, feature, feature->geometry.points, feature->geometry.vertex_count, false,
                           context->arena, &count);
        if (!centers) {
            return error_no_memory(err);
        }
        for (size_t c = 0; c < count; c++) {
            double x;
            double y;
            render_input_place(context->input, feature, feature->geometry.points[c], &x, &y);
            if (!render_input_owns(context->input, x, y)) {
                continue;
            }
            paint_circle(context, centers[c], &circle);
        }
    }
    return true;
}
