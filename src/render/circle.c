/* SPDX-License-Identifier: MIT */
/* Circle layers: discs with a stroke around them, by the distance of each pixel from the middle. */

#include "render/layer_features.h"
#include "render/layer_paint.h"

#include <math.h>
#include <string.h>

double circle_reach_css_px(const struct style_layer *layer, const struct style_scope *scope)
{
    double radius = number_or(layer, STYLE_CIRCLE_RADIUS, scope, REACH_MAX_CSS_PX);
    double stroke = number_or(layer, STYLE_CIRCLE_STROKE_WIDTH, scope, REACH_MAX_CSS_PX / 4.0);
    return radius + stroke + 1 + translate_reach_css_px(layer, STYLE_CIRCLE_TRANSLATE, scope);
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

/* Premultiplied, 0 … 255. */
struct ink {
    double channels[4];
};

static struct ink ink_of(struct pixel pixel)
{
    return (struct ink){{pixel.r, pixel.g, pixel.b, pixel.a}};
}

static double smooth(double share)
{
    share = fmin(1, fmax(0, share));
    return share * share * (3 - 2 * share);
}

/* What MapLibre's shader says of a pixel centre `distance` (as a share of the outer radius) from the middle: opacity
 * falls from the rim inwards over the larger of circle-blur and one pixel, and where the stroke begins the disc's
 * colour goes over into the stroke's over the same way. */
struct circle_field {
    double inner;    /* where the stroke begins, as a share of the outer radius */
    double softness; /* likewise */
    bool has_stroke;
    struct ink fill;
    struct ink stroke;
};

static void blend(uint8_t *rgba, const struct circle_field *field, double distance)
{
    double opacity = smooth((1 - distance) / field->softness);
    double stroke = field->has_stroke ? smooth((distance - field->inner) / field->softness + 1) : 0;
    double alpha = opacity * (field->fill.channels[3] + (field->stroke.channels[3] - field->fill.channels[3]) * stroke);
    double rest = 1 - alpha / 255;
    for (int c = 0; c < 4; c++) {
        double above =
            opacity * (field->fill.channels[c] + (field->stroke.channels[c] - field->fill.channels[c]) * stroke);
        rgba[c] = (uint8_t)(above + rgba[c] * rest + 0.5);
    }
}

/* Evaluated at each pixel centre: moved by whole pixels, a circle gives the same bytes. */
static void paint_circle(struct canvas *canvas, struct draw_point center, const struct circle *circle)
{
    double x = (double)center.x / DRAW_ONE;
    double y = (double)center.y / DRAW_ONE;
    double outer = circle->radius_px + circle->stroke_px;
    if (!(outer > 0) || (circle->fill.a == 0 && (circle->stroke.a == 0 || circle->stroke_px <= 0))) {
        return;
    }
    struct circle_field field = {.inner = circle->radius_px / outer,
                                 .softness = fmax(circle->blur, 1 / outer),
                                 .has_stroke = circle->stroke_px >= 0.01,
                                 .fill = ink_of(circle->fill),
                                 .stroke = ink_of(circle->stroke)};
    /* Inside of this the disc is plain. */
    double plain = fmax(0, field.has_stroke ? fmin(field.inner, 1) - field.softness : 1 - field.softness) * outer;
    double plain_squared = circle->fill.a == 255 ? plain * plain : -1;
    int64_t low_x = (int64_t)fmax(0, floor(x - outer));
    int64_t low_y = (int64_t)fmax(0, floor(y - outer));
    int64_t high_x = (int64_t)fmin(canvas->width_px, ceil(x + outer));
    int64_t high_y = (int64_t)fmin(canvas->height_px, ceil(y + outer));
    for (int64_t row = low_y; row < high_y; row++) {
        uint8_t *rgba = canvas->rgba + 4 * ((size_t)row * canvas->width_px + (size_t)low_x);
        double dy = (double)row + 0.5 - y;
        for (int64_t column = low_x; column < high_x; column++, rgba += 4) {
            double dx = (double)column + 0.5 - x;
            double squared = dx * dx + dy * dy;
            if (squared <= plain_squared) {
                memcpy(rgba, &circle->fill, 4);
            } else if (squared < outer * outer) {
                blend(rgba, &field, sqrt(squared) / outer);
            }
        }
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
    struct layer_features *found;
    if (!layer_features_find(context, &projector, STYLE_CIRCLE_SORT_KEY, LAYER_ALL, &found, err)) {
        return false;
    }
    bool uniform = layer_is_uniform(context->layer, painting, sizeof painting / sizeof *painting);
    struct circle circle = {0};
    const struct feature *last = NULL;
    for (size_t i = 0; i < found->count; i++) {
        const struct feature *feature = found->items[i].feature;
        bool is_alike = last && (uniform || (found->tuple_count > 0 && feature->tuple == last->tuple));
        if (!is_alike) {
            circle = circle_of(context, &found->items[i]);
        }
        last = feature;
        const struct geometry *geometry = &feature->geometry;
        size_t count;
        struct draw_point *room = arena_alloc_raw(context->arena, geometry->vertex_count * sizeof *room);
        const struct draw_point *centers =
            room ? projector_part(&projector, feature, geometry->points, geometry->vertex_count, false, room,
                                  context->arena, &count)
                 : NULL;
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
            paint_circle(context->canvas, centers[c], &circle);
        }
    }
    return true;
}
