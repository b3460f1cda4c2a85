/* SPDX-License-Identifier: MIT */
/* What part of the world a picture shows. */

#include "render/render.h"

#include <math.h>

/* A CSS pixel is 2^(23 - zoom) world units wide: 2^32 units over 512 * 2^zoom pixels. */
double view_units_per_px(const struct view *view)
{
    return exp2(23 - view->zoom) / view->pixel_ratio;
}

struct view view_of_tile(struct tile_id tile, uint32_t size_px, uint32_t pixel_ratio)
{
    struct world_box box = tile_box(tile);
    return (struct view){
        .origin_x = box.min_x,
        .origin_y = box.min_y,
        .zoom = (double)tile.z - log2(512.0 / (double)size_px),
        .pixel_ratio = (double)pixel_ratio,
        .width_px = size_px * pixel_ratio,
        .height_px = size_px * pixel_ratio,
    };
}

/* The picture's first edge, in whole world units. Raster layers are shown on whole pixels (raster_sheet.c): which one
 * the centre belongs to must not be changed by rounding. */
static int64_t origin_of(double center, double units_per_px, uint32_t size_px, double ratio)
{
    double half_world = (double)GRID_WORLD_UNITS / 2;
    double units_per_css_px = units_per_px * ratio;
    double half_size = units_per_px * (double)size_px / 2;
    int64_t origin = llround(center - half_size);
    double wanted = floor((center + half_world) / units_per_css_px + 0.5);
    double got = floor(((double)origin + half_size + half_world) / units_per_css_px + 0.5);
    return origin + (got > wanted ? -1 : got < wanted ? 1 : 0);
}

struct view view_of_center(double longitude, double latitude, double zoom, uint32_t width_css_px,
                           uint32_t height_css_px, double pixel_ratio)
{
    struct view view = {
        .zoom = zoom,
        .pixel_ratio = pixel_ratio,
        .width_px = (uint32_t)lround((double)width_css_px * pixel_ratio),
        .height_px = (uint32_t)lround((double)height_css_px * pixel_ratio),
    };
    double x;
    double y;
    grid_from_lonlat_exactly(longitude, fmax(-GRID_LATITUDE_MAX, fmin(GRID_LATITUDE_MAX, latitude)), &x, &y);
    double units = view_units_per_px(&view);
    view.origin_x = origin_of(x, units, view.width_px, pixel_ratio);
    view.origin_y = origin_of(y, units, view.height_px, pixel_ratio);
    return view;
}

struct view view_of_bbox(const struct bbox *bbox, uint32_t width_css_px, uint32_t height_css_px, double pixel_ratio)
{
    struct world_box box = grid_box(bbox);
    double units_x = (double)(box.max_x - box.min_x) / (double)width_css_px;
    double units_y = (double)(box.max_y - box.min_y) / (double)height_css_px;
    double units = fmax(1, fmax(units_x, units_y));
    struct view view = {
        .zoom = fmax(-4, fmin(GRID_ZOOM_MAX, 23 - log2(units))),
        .pixel_ratio = pixel_ratio,
        .width_px = (uint32_t)lround((double)width_css_px * pixel_ratio),
        .height_px = (uint32_t)lround((double)height_css_px * pixel_ratio),
    };
    double units_per_px = view_units_per_px(&view);
    view.origin_x = (box.min_x + box.max_x) / 2 - llround(units_per_px * (double)view.width_px / 2);
    view.origin_y = (box.min_y + box.max_y) / 2 - llround(units_per_px * (double)view.height_px / 2);
    return view;
}

struct world_box view_box(const struct view *view)
{
    double units = view_units_per_px(view);
    return (struct world_box){
        view->origin_x,
        view->origin_y,
        view->origin_x + (int64_t)ceil(units * (double)view->width_px),
        view->origin_y + (int64_t)ceil(units * (double)view->height_px),
    };
}
