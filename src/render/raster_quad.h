/* SPDX-License-Identifier: MIT */
#pragma once
/* Pictures laid over any quadrilateral, as `image` sources have them. */

#include "render/raster_color.h"
#include "render/raster_sheet.h"

/* False when memory is out. */
bool raster_quad_paint(struct raster_sheet *sheet, const struct render_raster *raster, const struct raster_color *color,
                       bool nearest, struct arena *arena);
