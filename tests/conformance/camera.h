/* SPDX-License-Identifier: MIT */
#pragma once
/* Where the map of a render test looks. */

#include "render/render.h"

struct camera {
    double longitude;
    double latitude;
    double zoom;
    double zoom_max;
    double width_css_px;
    double height_css_px;
    double pixel_ratio;
};

/* The view, after what the reference does at the ends of the world: a world lower than the picture is enlarged until it
 * fills it, otherwise the picture stays inside. */
struct view camera_view(const struct camera *camera);
