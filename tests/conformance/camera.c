/* SPDX-License-Identifier: MIT */
#include "conformance/camera.h"

#include <math.h>

static const double pi = 3.14159265358979323846;
static const double tile_css_px = 512;

/* 0 in the north, 1 in the south. */
static double mercator_y(double latitude)
{
    double clamped = fmax(-GRID_LATITUDE_MAX, fmin(GRID_LATITUDE_MAX, latitude));
    return (180 - 180 / pi * log(tan(pi / 4 + clamped * pi / 360))) / 360;
}

struct view camera_view(const struct camera *camera)
{
    double zoom = fmin(camera->zoom_max, fmax(-2, camera->zoom));
    double x = (camera->longitude + 180) / 360;
    double y = mercator_y(camera->latitude);
    double share = camera->height_css_px / (tile_css_px * exp2(zoom)); /* of the world's height */
    if (share > 1) {
        zoom = log2(camera->height_css_px / tile_css_px);
        y = 0.5;
    } else {
        y = fmax(share / 2, fmin(1 - share / 2, y));
    }
    struct view view = {.zoom = zoom,
                        .pixel_ratio = camera->pixel_ratio,
                        .width_px = (uint32_t)floor(camera->width_css_px * camera->pixel_ratio),
                        .height_px = (uint32_t)floor(camera->height_css_px * camera->pixel_ratio)};
    double units_per_css_px = view_units_per_px(&view) * view.pixel_ratio;
    double world = (double)GRID_WORLD_UNITS;
    view.origin_x = llround((x - 0.5) * world - units_per_css_px * camera->width_css_px / 2);
    view.origin_y = llround((y - 0.5) * world - units_per_css_px * camera->height_css_px / 2);
    return view;
}
