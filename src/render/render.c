/* SPDX-License-Identifier: MIT */
/* The layers of a style, painted one over the other. */

#include "render/render.h"

#include "draw/jpeg_encode.h"
#include "draw/webp_encode.h"
#include "render/layer_features.h"
#include "render/layer_paint.h"
#include "render/label.h"
#include "render/pattern.h"

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
    painter->is_plain = true;
    painter->plain = (struct pixel){0, 0, 0, 0};
    raster_begin(painter->raster, view->width_px, view->height_px);
    return true;
}

static bool paint_background(const struct render_layer_context *context)
{
    struct painter *painter = context->painter;
    double opacity = layer_number(context, STYLE_BACKGROUND_OPACITY, NULL);
    if (style_is_set(context->layer, STYLE_BACKGROUND_PATTERN)) {
        static const double unmoved[2] = {0, 0};
        struct style_scope scope = layer_scope(context, NULL);
        scope.zoom = pattern_zoom(context->view);
        struct paint paint;
        if (pattern_paint(context, style_text(context->layer, STYLE_BACKGROUND_PATTERN, &scope), unmoved, opacity,
                          &paint)) {
            struct raster *raster = painter->raster;
            painter_settle(painter);
            int32_t right = (int32_t)context->canvas->width_px * DRAW_ONE;
            int32_t bottom = (int32_t)context->canvas->height_px * DRAW_ONE;
            const struct draw_point corners[4] = {{0, 0}, {right, 0}, {right, bottom}, {0, bottom}};
            raster_add_ring(raster, corners, 4);
            raster_fill(raster, context->canvas, FILL_NONZERO, &paint);
        }
        return true;
    }
    struct pixel pixel = pixel_from_color(layer_color(context, STYLE_BACKGROUND_COLOR, NULL), opacity);
    if (painter->is_plain) {
        painter->plain = pixel_over(painter->plain, pixel);
    } else {
        canvas_fill(context->canvas, pixel);
    }
    return true;
}

/* What of the picture the bounds of a tile cover, in whole pixels: those whose centre lies inside. */
struct pixel_box {
    int64_t min_x;
    int64_t min_y;
    int64_t max_x;
    int64_t max_y;
};

static int64_t first_pixel(int64_t edge, int64_t origin, double units_per_px, uint32_t size_px)
{
    double pixel = ceil((double)(edge - origin) / units_per_px - 0.5);
    return (int64_t)fmin(fmax(pixel, 0), (double)size_px);
}

static struct pixel_box pixels_of(const struct view *view, const struct world_box *bounds)
{
    double units = view_units_per_px(view);
    return (struct pixel_box){first_pixel(bounds->min_x, view->origin_x, units, view->width_px),
                              first_pixel(bounds->min_y, view->origin_y, units, view->height_px),
                              first_pixel(bounds->max_x, view->origin_x, units, view->width_px),
                              first_pixel(bounds->max_y, view->origin_y, units, view->height_px)};
}

static void copy_rows(uint8_t *to, size_t to_px, const uint8_t *from, size_t from_px, const struct pixel_box *box)
{
    for (int64_t y = 0; y < box->max_y - box->min_y; y++) {
        memcpy(to + 4 * (size_t)y * to_px, from + 4 * (size_t)y * from_px, 4 * (size_t)(box->max_x - box->min_x));
    }
}

typedef bool paint_function(const struct render_layer_context *context, struct error *err);

/* Paints what of an input lies in its bounds: as a smaller picture of its own, cut out of this one and put back. Moving
 * by whole pixels changes no pixel. */
static bool paint_cut(const struct render_layer_context *context, paint_function *paint, struct error *err)
{
    struct painter *painter = context->painter;
    struct canvas *picture = context->canvas;
    struct pixel_box box = pixels_of(context->view, &context->input->frame->bounds);
    painter_settle(painter);
    if (box.min_x >= box.max_x || box.min_y >= box.max_y) {
        return true;
    }
    if (box.max_x - box.min_x == picture->width_px && box.max_y - box.min_y == picture->height_px) {
        return paint(context, err);
    }
    struct canvas *cut = canvas_create((uint32_t)(box.max_x - box.min_x), (uint32_t)(box.max_y - box.min_y));
    if (!cut) {
        return error_no_memory(err);
    }
    double units = view_units_per_px(context->view);
    struct view view = *context->view;
    view.origin_x += llround((double)box.min_x * units);
    view.origin_y += llround((double)box.min_y * units);
    view.width_px = cut->width_px;
    view.height_px = cut->height_px;
    struct render_layer_context inside = *context;
    inside.view = &view;
    inside.canvas = cut;
    uint8_t *corner = picture->rgba + 4 * ((size_t)box.min_y * picture->width_px + (size_t)box.min_x);
    copy_rows(cut->rgba, cut->width_px, corner, picture->width_px, &box);
    raster_begin(painter->raster, cut->width_px, cut->height_px);
    struct canvas *whole = painter->canvas; /* what layers are sized by */
    painter->canvas = cut;
    bool ok = paint(&inside, err);
    painter->canvas = whole;
    raster_begin(painter->raster, picture->width_px, picture->height_px);
    copy_rows(corner, picture->width_px, cut->rgba, cut->width_px, &box);
    canvas_destroy(cut);
    return ok;
}

static bool paint_inputs_over(struct render_layer_context *context, const struct render_input *inputs, size_t count,
                              paint_function *paint, struct error *err)
{
    const struct style_layer_info *info = style_layer_info(context->layer);
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++) {
        if (render_input_is_of(&inputs[i], info->source, info->source_layer)) {
            context->input = &inputs[i];
            bool is_cut = inputs[i].frame && info->type != STYLE_CIRCLE;
            ok = is_cut ? paint_cut(context, paint, err) : paint(context, err);
        }
    }
    return ok;
}

/* The layer as a whole at an opacity of its own, so that what overlaps in it does not show through. */
static bool paint_inputs(struct render_layer_context *context, const struct render_input *inputs, size_t count,
                         enum style_property layer_opacity, paint_function *paint, struct error *err)
{
    double opacity = layer_opacity == STYLE_PROPERTY_COUNT ? 1 : layer_number(context, layer_opacity, NULL);
    uint8_t share = (uint8_t)lround(fmin(1, fmax(0, opacity)) * 255);
    if (share == 255 || share == 0) {
        return share == 0 || paint_inputs_over(context, inputs, count, paint, err);
    }
    struct canvas *picture = context->canvas;
    struct canvas *group = canvas_create(picture->width_px, picture->height_px);
    if (!group) {
        return error_no_memory(err);
    }
    context->canvas = group;
    bool ok = paint_inputs_over(context, inputs, count, paint, err);
    context->canvas = picture;
    painter_settle(context->painter);
    if (ok) {
        canvas_lay_over(picture, group, share);
    }
    canvas_destroy(group);
    return ok;
}

static bool paint_layer(struct render_layer_context *context, const struct render_input *inputs, size_t input_count,
                        const struct label_plan *const *plans, size_t plan_count, struct error *err)
{
    enum style_layer_type type = style_layer_info(context->layer)->type;
    if (type != STYLE_BACKGROUND && type != STYLE_FILL) {
        painter_settle(context->painter);
    }
    switch (type) {
    case STYLE_BACKGROUND:
        return paint_background(context);
    case STYLE_FILL:
        return paint_inputs(context, inputs, input_count, STYLE_FILL_LAYER_OPACITY, fill_paint, err);
    case STYLE_LINE:
        return paint_inputs(context, inputs, input_count, STYLE_LINE_LAYER_OPACITY, line_paint, err);
    case STYLE_CIRCLE:
        return paint_inputs(context, inputs, input_count, STYLE_PROPERTY_COUNT, circle_paint, err);
    case STYLE_SYMBOL:
        return label_plans_paint(plans, plan_count, context->painter, context->assets, context->layer, context->view,
                                 context->canvas, err);
    case STYLE_HEATMAP:
        return heatmap_paint(context, inputs, input_count, err);
    case STYLE_RASTER:
        return paint_inputs(context, inputs, input_count, STYLE_PROPERTY_COUNT, raster_layer_paint, err);
    case STYLE_HILLSHADE:
        return paint_inputs(context, inputs, input_count, STYLE_PROPERTY_COUNT, hillshade_paint, err);
    case STYLE_COLOR_RELIEF:
        return paint_inputs(context, inputs, input_count, STYLE_PROPERTY_COUNT, color_relief_paint, err);
    case STYLE_FILL_EXTRUSION:
        break; /* named as not drawn by `tesela style check` */
    }
    return true;
}

bool render_paint(struct painter *painter, const struct style *style, const struct render_assets *assets,
                  const struct view *view, const struct render_input *inputs, size_t input_count,
                  const struct label_plan *const *plans, size_t plan_count, struct arena *arena,
                  const struct canvas **out_canvas, struct error *err)
{
    if (!fit_canvas(painter, view, err)) {
        return false;
    }
    struct layer_features *shared = NULL;
    for (size_t i = 0; i < style_layer_count(style); i++) {
        const struct style_layer *layer = style_layer_at(style, i);
        const struct style_layer_info *info = style_layer_info(layer);
        if (!render_shows(layer, view->zoom)) {
            continue;
        }
        struct render_layer_context context = {
            .painter = painter,
            .style = style,
            .assets = assets,
            .layer = layer,
            .view = view,
            .canvas = painter->canvas,
            .shared = &shared,
            .arena = arena,
        };
        if (!paint_layer(&context, inputs, input_count, plans, plan_count, err)) {
            error_prefix(err, "layer \"%s\"", info->id);
            return false;
        }
    }
    painter_settle(painter);
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

bool render_encode_png_indexed(struct painter *painter, const struct style *style, const struct render_assets *assets,
                               double zoom, const struct canvas *canvas, const char *text, struct buffer *out,
                               struct error *err)
{
    struct png_options options = {.text = text};
    struct palette_map *map;
    if (!style_palettes_find(painter->palettes, style, assets ? assets->sprite : NULL, zoom, &map, err)) {
        return false;
    }
    return map ? png_encode_with_palette(painter->png, canvas, map, &options, out, err)
               : png_encode(painter->png, canvas, &options, out, err);
}
