/* SPDX-License-Identifier: MIT */
/* The layers of a style, painted one over the other. */

#include "render/render.h"

#include "draw/jpeg_encode.h"
#include "draw/webp_encode.h"
#include "render/layer_features.h"
#include "render/layer_paint.h"
#include "render/label.h"

#include <math.h>
#include <string.h>

enum { SIDE_MAX_PX = 4096, JPEG_QUALITY = 85, WEBP_QUALITY = 80 };

static bool fit_canvas(struct painter *painter, const struct view *view, struct error *err)
{
    if (view->width_px == 0 || view->height_px == 0 || view->width_px > SIDE_MAX_PX || view->height_px > SIDE_MAX_PX) {
        error_tell(err, ERROR_TOO_LARGE, "TIL-002", "a picture of %ux%u pixels: sides go from 1 to %d",
                   "una imagen de %ux%u píxeles: los lados van de 1 a %d", (unsigned)view->width_px,
                   (unsigned)view->height_px, SIDE_MAX_PX);
        return false;
    }
    struct canvas *canvas = painter->canvas;
    if (!canvas || canvas->width_px != view->width_px || canvas->height_px != view->height_px) {
        canvas_destroy(canvas);
        painter->canvas = canvas_create(view->width_px, view->height_px);
        if (!painter->canvas) {
            return error_no_memory(err);
        }
    }
    canvas_clear(painter->canvas, (struct pixel){0, 0, 0, 0});
    raster_begin(painter->raster, view->width_px, view->height_px);
    return true;
}

static const struct render_input *input_of(const struct style_layer_info *info, const struct render_input *inputs,
                                           size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool same_layer =
            inputs[i].source_layer == info->source_layer ||
            (inputs[i].source_layer && info->source_layer && strcmp(inputs[i].source_layer, info->source_layer) == 0);
        if (info->source && strcmp(inputs[i].source, info->source) == 0 && same_layer) {
            return &inputs[i];
        }
    }
    return NULL;
}

static bool paint_background(const struct render_layer_context *context)
{
    struct color color = layer_color(context, STYLE_BACKGROUND_COLOR, NULL);
    canvas_fill(context->canvas, pixel_from_color(color, layer_number(context, STYLE_BACKGROUND_OPACITY, NULL)));
    return true;
}

static bool paint_layer(const struct render_layer_context *context, const struct label_plan *const *plans,
                        size_t plan_count, struct error *err)
{
    switch (style_layer_info(context->layer)->type) {
    case STYLE_BACKGROUND:
        return paint_background(context);
    case STYLE_FILL:
        return !context->input || fill_paint(context, err);
    case STYLE_LINE:
        return !context->input || line_paint(context, err);
    case STYLE_CIRCLE:
        return !context->input || circle_paint(context, err);
    case STYLE_SYMBOL:
        return label_plans_paint(plans, plan_count, context->painter, context->layer, context->view, context->canvas,
                                 err);
    case STYLE_RASTER:
        return !context->input || raster_layer_paint(context, err);
    case STYLE_HILLSHADE:
        return !context->input || hillshade_paint(context, err);
    case STYLE_COLOR_RELIEF:
        return !context->input || color_relief_paint(context, err);
    case STYLE_HEATMAP:
    case STYLE_FILL_EXTRUSION:
        break; /* named as not drawn by `tesela style check` */
    }
    return true;
}

bool render_paint(struct painter *painter, const struct style *style, const struct view *view,
                  const struct render_input *inputs, size_t input_count, const struct label_plan *const *plans,
                  size_t plan_count, struct arena *arena, const struct canvas **out_canvas, struct error *err)
{
    if (!fit_canvas(painter, view, err)) {
        return false;
    }
    for (size_t i = 0; i < style_layer_count(style); i++) {
        const struct style_layer *layer = style_layer_at(style, i);
        const struct style_layer_info *info = style_layer_info(layer);
        if (!render_shows(layer, view->zoom)) {
            continue;
        }
        struct render_layer_context context = {
            .painter = painter,
            .style = style,
            .layer = layer,
            .view = view,
            .input = input_of(info, inputs, input_count),
            .canvas = painter->canvas,
            .arena = arena,
        };
        if (!paint_layer(&context, plans, plan_count, err)) {
            error_prefix(err, "layer \"%s\"", info->id);
            return false;
        }
    }
    *out_canvas = painter->canvas;
    return true;
}

bool render_encode_png(struct painter *painter, const struct canvas *canvas, const char *text, struct buffer *out,
                       struct error *err)
{
    return png_encode(painter->png, canvas, &(struct png_options){.text = text}, out, err);
}

bool render_encode_jpeg(const struct canvas *canvas, struct buffer *out, struct error *err)
{
    return jpeg_encode(canvas, JPEG_QUALITY, out, err);
}

bool render_encode_webp(const struct canvas *canvas, struct buffer *out, struct error *err)
{
    return webp_encode(canvas, WEBP_QUALITY, out, err);
}

bool render_encode_png_indexed(struct painter *painter, const struct style *style, double zoom,
                               const struct canvas *canvas, const char *text, struct buffer *out, struct error *err)
{
    struct png_options options = {.text = text};
    struct palette_map *map = style_palettes_find(painter->palettes, style, zoom);
    return map ? png_encode_with_palette(painter->png, canvas, map, &options, out, err)
               : png_encode(painter->png, canvas, &options, out, err);
}
