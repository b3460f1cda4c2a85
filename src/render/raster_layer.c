/* SPDX-License-Identifier: MIT */
/* Raster layers: tiles of imagery and pictures, mixed from their pixels as a graphics card does it. */

#include "render/layer_paint.h"
#include "render/raster_color.h"
#include "render/raster_quad.h"
#include "render/raster_sheet.h"
#include "render/raster_texture.h"

#include <math.h>
#include <string.h>

struct brush {
    struct raster_sheet sheet;
    struct raster_color color;
    bool nearest;
    uint32_t *row; /* a row of the picture */
};

static void sample_row(const struct raster_texture *texture, const struct raster_axis *across,
                       const struct raster_axis *down, uint32_t line, uint32_t *out)
{
    size_t stride = (size_t)texture->width_px * 4;
    size_t count = across->to - across->from;
    const uint8_t *above = texture->rgba + stride * (size_t)down->first[line];
    const uint8_t *below = texture->rgba + stride * (size_t)down->second[line];
    uint32_t lower = down->weight[line];
    if (across->is_plain && lower == 0) {
        memcpy(out, above + 4 * (size_t)across->first[0], 4 * count);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        size_t first = 4 * (size_t)across->first[i];
        size_t second = 4 * (size_t)across->second[i];
        out[i] =
            raster_texture_mix(above + first, above + second, below + first, below + second, across->weight[i], lower);
    }
}

/* The texture to read when a piece is shown at `ratio` of its texels to a pixel: the nearest of the halved ones. */
static bool texture_for(const struct render_raster *raster, double ratio, struct arena *arena,
                        struct raster_texture *out_texture)
{
    *out_texture = raster_texture_of(raster);
    int halvings = raster->is_averaged && ratio > 1 ? (int)fmin(16, ceil(log2(ratio) - 0.5)) : 0;
    for (int i = 0; i < halvings; i++) {
        if (!raster_texture_halve(out_texture, arena, out_texture)) {
            return false;
        }
    }
    return true;
}

static bool paint_upright(struct brush *brush, const struct render_raster *raster, struct arena *arena)
{
    struct raster_sheet *sheet = &brush->sheet;
    const struct render_corner *corner = raster->corners;
    struct raster_place across = {sheet->origin_x, sheet->units, sheet->canvas->width_px, corner[0].x, corner[1].x, 0,
                                  false,           false};
    struct raster_place down = {sheet->origin_y, sheet->units, sheet->canvas->height_px, corner[0].y, corner[3].y, 0,
                                false,           false};
    double ratio = fmax(raster->width_px * sheet->units / (across.high - across.low),
                        raster->height_px * sheet->units / (down.high - down.low));
    struct raster_texture texture;
    struct raster_axis columns;
    struct raster_axis lines;
    if (!texture_for(raster, ratio, arena, &texture)) {
        return false;
    }
    across.texels = texture.width_px;
    down.texels = texture.height_px;
    across.nearest = down.nearest = brush->nearest && ratio <= 1; /* resampling is about enlarging */
    if (!raster_axis_place(&across, arena, &columns) || !raster_axis_place(&down, arena, &lines)) {
        return false;
    }
    if (columns.from >= columns.to) {
        return true;
    }
    for (uint32_t y = lines.from; y < lines.to; y++) {
        sample_row(&texture, &columns, &lines, y - lines.from, brush->row);
        raster_color_apply(&brush->color, brush->row, columns.to - columns.from);
        raster_sheet_lay(sheet, columns.from, y, brush->row, columns.to - columns.from, true);
    }
    return true;
}

bool raster_layer_paint(const struct render_layer_context *context, struct error *err)
{
    struct style_scope scope = {.zoom = context->view->zoom, .arena = context->arena};
    const struct style_layer *layer = context->layer;
    if (style_number(layer, STYLE_RASTER_OPACITY, &scope) <= 0) {
        return true;
    }
    struct brush brush = {
        .color = raster_color_of(context),
        .nearest = style_enum(layer, STYLE_RESAMPLING, &scope) == STYLE_RESAMPLING_NEAREST ||
                   style_enum(layer, STYLE_RASTER_RESAMPLING, &scope) == STYLE_RESAMPLING_NEAREST,
        .row = arena_array(context->arena, context->view->width_px, sizeof *brush.row),
    };
    if (!brush.row || !raster_sheet_init(context, &brush.sheet)) {
        return error_no_memory(err);
    }
    for (size_t i = 0; i < context->input->raster_count; i++) {
        const struct render_raster *raster = &context->input->rasters[i];
        if (raster->kind != RENDER_RASTER_COLOR || raster->width_px == 0 || raster->height_px == 0) {
            continue;
        }
        bool ok = raster_sheet_is_upright(raster)
                      ? paint_upright(&brush, raster, context->arena)
                      : raster_quad_paint(&brush.sheet, raster, &brush.color, brush.nearest, context->arena);
        if (!ok) {
            return error_no_memory(err);
        }
    }
    return true;
}
