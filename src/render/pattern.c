/* SPDX-License-Identifier: MIT */
#include "render/pattern.h"

#include "draw/image_paint.h"

#include <math.h>

double pattern_zoom(const struct view *view)
{
    return fmax(0, floor(view->zoom));
}

/* A canvas of the image's own size, or of the picture's. */
static struct canvas *make_canvas(struct arena *arena, uint32_t width_px, uint32_t height_px)
{
    struct canvas *canvas = arena_alloc(arena, sizeof *canvas);
    uint8_t *rgba = arena_alloc_raw(arena, 4 * (size_t)width_px * height_px);
    if (!canvas || !rgba) {
        return NULL;
    }
    *canvas = (struct canvas){width_px, height_px, rgba};
    return canvas;
}

static double modulo(double number, double size)
{
    double rest = fmod(number, size);
    return rest < 0 ? rest + size : rest;
}

bool pattern_paint(const struct render_layer_context *context, struct text name, const double translate_css_px[2],
                   double opacity, struct paint *out_paint)
{
    const struct view *view = context->view;
    const struct sprite_image *image =
        context->assets && name.length > 0 ? sprite_find(context->assets->sprite, name, view->pixel_ratio) : NULL;
    if (!image || image->width_px == 0 || image->height_px == 0) {
        return false;
    }
    /* Pixels of the image for one of the picture. */
    double step = image->pixel_ratio / (view->pixel_ratio * exp2(view->zoom - pattern_zoom(view)));
    double units = view_units_per_px(view);
    double x =
        ((double)view->origin_x + (double)GRID_WORLD_UNITS / 2) / units - translate_css_px[0] * view->pixel_ratio;
    double y =
        ((double)view->origin_y + (double)GRID_WORLD_UNITS / 2) / units - translate_css_px[1] * view->pixel_ratio;
    bool is_exact = step == 1 && x == floor(x) && y == floor(y);
    uint32_t width = is_exact ? image->width_px : view->width_px;
    uint32_t height = is_exact ? image->height_px : view->height_px;
    struct canvas *canvas = make_canvas(context->arena, width, height);
    if (!canvas) {
        return false;
    }
    double first_x = is_exact ? 0.5 : modulo((x + 0.5) * step, image->width_px);
    for (uint32_t row = 0; row < height; row++) {
        double row_y = is_exact ? row + 0.5 : modulo((y + row + 0.5) * step, image->height_px);
        image_repeat_row(image, first_x, row_y, is_exact ? 1 : step, width, canvas->rgba + 4 * (size_t)row * width);
    }
    *out_paint = (struct paint){.pattern = canvas, .pattern_opacity = (uint8_t)lround(fmin(1, fmax(0, opacity)) * 255)};
    if (is_exact) {
        out_paint->pattern_x_px = -(int32_t)modulo(x, width);
        out_paint->pattern_y_px = -(int32_t)modulo(y, height);
    }
    return true;
}
