/* SPDX-License-Identifier: MIT */
#include "render/painter.h"

#include "draw/line_field.h"

#include <stdlib.h>

enum { SIDE_MAX_PX = 4096 };

struct painter *painter_create(struct error *err)
{
    struct painter *painter = calloc(1, sizeof *painter);
    if (!painter) {
        error_no_memory(err);
        return NULL;
    }
    painter->raster = raster_create(SIDE_MAX_PX, SIDE_MAX_PX);
    painter->png = png_encoder_create();
    painter->text = text_engine_create();
    painter->palettes = style_palettes_create();
    if (!painter->raster || !painter->png || !painter->text || !painter->palettes) {
        error_no_memory(err);
        painter_destroy(painter);
        return NULL;
    }
    return painter;
}

void painter_destroy(struct painter *painter)
{
    if (!painter) {
        return;
    }
    text_engine_destroy(painter->text);
    png_encoder_destroy(painter->png);
    style_palettes_destroy(painter->palettes);
    line_field_destroy(painter->line_field);
    raster_destroy(painter->raster);
    canvas_destroy(painter->canvas);
    canvas_destroy(painter->layer_canvas);
    free(painter);
}

void painter_settle(struct painter *painter)
{
    if (painter->is_plain) {
        canvas_clear(painter->canvas, painter->plain);
        painter->is_plain = false;
    }
}

struct canvas *painter_layer(struct painter *painter)
{
    const struct canvas *picture = painter->canvas;
    struct canvas *layer = painter->layer_canvas;
    if (!layer || layer->width_px != picture->width_px || layer->height_px != picture->height_px) {
        canvas_destroy(layer);
        layer = canvas_create(picture->width_px, picture->height_px);
        painter->layer_canvas = layer;
    }
    if (layer) {
        canvas_clear(layer, (struct pixel){0, 0, 0, 0});
    }
    return layer;
}

void painter_lay_layer(struct painter *painter, struct canvas *canvas)
{
    struct canvas *layer = painter->layer_canvas;
    if (canvas != painter->canvas || !painter->is_plain) {
        canvas_lay_over(canvas, layer, 255);
        return;
    }
    /* The layer becomes the picture. */
    uint8_t *unwritten = canvas->rgba;
    canvas_lay_on(layer, painter->plain);
    canvas->rgba = layer->rgba;
    layer->rgba = unwritten;
    painter->is_plain = false;
}
