/* SPDX-License-Identifier: MIT */
#include "render/raster_sheet.h"

#include <math.h>
#include <string.h>

/* How far the world moves so that its pixels meet the screen's: the middle of the picture goes to a whole pixel (or to
 * the middle of one, when the picture is an odd number of them wide). In CSS pixels. */
static double alignment(double middle_css_px, double size_css_px)
{
    double shift = middle_css_px - floor(middle_css_px + 0.5) + fmod(size_css_px, 2) / 2;
    return shift > 0.5 ? shift - 1 : shift;
}

static double aligned_origin(int64_t origin, uint32_t size_px, double units_per_px, double ratio)
{
    double units_per_css_px = units_per_px * ratio;
    double size_css_px = size_px / ratio;
    double half_world = (double)GRID_WORLD_UNITS / 2;
    double middle = ((double)origin + half_world) / units_per_css_px + size_css_px / 2;
    return (double)origin - alignment(middle, size_css_px) * units_per_css_px;
}

static bool may_overlap(const struct render_input *input)
{
    for (size_t i = 1; i < input->raster_count; i++) {
        const struct render_corner *a = input->rasters[i - 1].corners;
        const struct render_corner *b = input->rasters[i].corners;
        if (a[1].x - a[0].x != b[1].x - b[0].x || a[3].y - a[0].y != b[3].y - b[0].y) {
            return true; /* tiles of one zoom never overlap */
        }
    }
    return false;
}

bool raster_sheet_init(const struct render_layer_context *context, struct raster_sheet *out_sheet)
{
    const struct view *view = context->view;
    double units = view_units_per_px(view);
    *out_sheet = (struct raster_sheet){
        .canvas = context->canvas,
        .origin_x = aligned_origin(view->origin_x, view->width_px, units, view->pixel_ratio),
        .origin_y = aligned_origin(view->origin_y, view->height_px, units, view->pixel_ratio),
        .units = units,
    };
    if (may_overlap(context->input)) {
        out_sheet->taken = arena_alloc(context->arena, (size_t)view->width_px * view->height_px);
        return out_sheet->taken != NULL;
    }
    return true;
}

void raster_sheet_lay(struct raster_sheet *sheet, uint32_t x, uint32_t y, uint32_t *pixels, size_t count, bool is_tile)
{
    if (sheet->taken) {
        uint8_t *taken = sheet->taken + (size_t)y * sheet->canvas->width_px + x;
        for (size_t i = 0; i < count; i++) {
            pixels[i] = taken[i] ? 0 : pixels[i];
        }
        if (is_tile) {
            memset(taken, 1, count);
        }
    }
    canvas_lay_row(sheet->canvas, x, y, pixels, count);
}

bool raster_sheet_is_upright(const struct render_raster *raster)
{
    const struct render_corner *corner = raster->corners;
    return corner[0].x == corner[3].x && corner[1].x == corner[2].x && corner[0].y == corner[1].y &&
           corner[2].y == corner[3].y && corner[0].x < corner[1].x && corner[0].y < corner[3].y;
}

/* The first pixel whose centre is at `edge` or after it, 0 … size_px. */
static uint32_t first_pixel(const struct raster_place *place, double edge)
{
    double at = ceil((edge - place->origin) / place->units - 0.5);
    if (!(at > 0)) {
        return 0;
    }
    return at < place->size_px ? (uint32_t)at : place->size_px;
}

bool raster_axis_place(const struct raster_place *place, struct arena *arena, struct raster_axis *out_axis)
{
    struct raster_axis axis = {.from = first_pixel(place, place->low), .to = first_pixel(place, place->high)};
    size_t count = axis.to > axis.from ? axis.to - axis.from : 0;
    axis.first = arena_array(arena, count, sizeof *axis.first);
    axis.second = arena_array(arena, count, sizeof *axis.second);
    axis.weight = arena_array(arena, count, sizeof *axis.weight);
    if (!axis.first || !axis.second || !axis.weight) {
        return false;
    }
    double texels_per_unit = place->texels / (place->high - place->low);
    double low = place->has_border ? -1 : 0;
    double last = place->has_border ? place->texels : place->texels - 1.0;
    axis.is_plain = true;
    for (size_t i = 0; i < count; i++) {
        double world = place->origin + ((double)(axis.from + i) + 0.5) * place->units;
        double texel = (world - place->low) * texels_per_unit;
        double whole = place->nearest ? fmin(floor(texel), place->texels - 1.0) : floor(texel - 0.5);
        double share = place->nearest ? 0 : texel - 0.5 - whole;
        axis.first[i] = (int32_t)fmin(last, fmax(low, whole));
        axis.second[i] = place->nearest ? axis.first[i] : (int32_t)fmin(last, fmax(low, whole + 1));
        axis.weight[i] = (uint16_t)(share * RASTER_WEIGHT_ONE + 0.5);
        axis.is_plain = axis.is_plain && axis.weight[i] == 0 && axis.first[i] == axis.first[0] + (int32_t)i;
    }
    *out_axis = axis;
    return true;
}
