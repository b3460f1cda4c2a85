/* SPDX-License-Identifier: MIT */
#include "render/elevation_layer.h"

#include <math.h>

float elevation_mix(float first, float second, uint32_t weight)
{
    if (isnan(first) || isnan(second)) {
        return weight * 2 > RASTER_WEIGHT_ONE ? second : first;
    }
    return first + (second - first) * ((float)weight / RASTER_WEIGHT_ONE);
}

static bool paint_piece(const struct render_layer_context *context, struct raster_sheet *sheet, size_t index,
                        bool nearest, elevation_piece_fn *begin, elevation_row_fn *row, void *brush, uint32_t *pixels)
{
    const struct render_input *input = context->input;
    const struct render_raster *piece = &input->rasters[index];
    struct raster_place place_x = {
        .origin = sheet->origin_x,
        .units = sheet->units,
        .size_px = sheet->canvas->width_px,
        .low = piece->corners[0].x,
        .high = piece->corners[2].x,
        .texels = piece->width_px,
        .nearest = nearest,
        .has_border = true,
    };
    struct raster_place place_y = place_x;
    place_y.origin = sheet->origin_y;
    place_y.size_px = sheet->canvas->height_px;
    place_y.low = piece->corners[0].y;
    place_y.high = piece->corners[2].y;
    place_y.texels = piece->height_px;
    struct raster_axis across;
    struct raster_axis down;
    struct elevation grid;
    if (!raster_axis_place(&place_x, context->arena, &across) || !raster_axis_place(&place_y, context->arena, &down)) {
        return false;
    }
    if (across.from >= across.to || down.from >= down.to) {
        return true; /* only there for its neighbours */
    }
    if (!elevation_gather(input->rasters, input->raster_count, index, context->arena, &grid) ||
        !begin(brush, &grid, piece)) {
        return false;
    }
    for (uint32_t y = down.from; y < down.to; y++) {
        size_t line = y - down.from;
        double world = sheet->origin_y + (y + 0.5) * sheet->units;
        struct elevation_row_place place = {
            .grid = &grid,
            .piece = piece,
            .across = &across,
            .first = down.first[line],
            .second = down.second[line],
            .weight = down.weight[line],
            .share = (world - place_y.low) / (place_y.high - place_y.low),
        };
        row(brush, &place, pixels);
        raster_sheet_lay(sheet, across.from, y, pixels, across.to - across.from, true);
    }
    return true;
}

bool elevation_layer_paint(const struct render_layer_context *context, elevation_piece_fn *begin, elevation_row_fn *row,
                           void *brush, struct error *err)
{
    struct style_scope scope = {.zoom = context->view->zoom, .arena = context->arena};
    bool nearest = style_enum(context->layer, STYLE_RESAMPLING, &scope) == STYLE_RESAMPLING_NEAREST;
    struct raster_sheet sheet;
    uint32_t *pixels = arena_array(context->arena, context->view->width_px, sizeof *pixels);
    if (!pixels || !raster_sheet_init(context, &sheet)) {
        return error_no_memory(err);
    }
    for (size_t i = 0; i < context->input->raster_count; i++) {
        const struct render_raster *piece = &context->input->rasters[i];
        if (piece->kind == RENDER_RASTER_ELEVATION && piece->width_px > 0 && piece->height_px > 0 &&
            raster_sheet_is_upright(piece) && !paint_piece(context, &sheet, i, nearest, begin, row, brush, pixels)) {
            return error_no_memory(err);
        }
    }
    return true;
}
