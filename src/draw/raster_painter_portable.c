/* SPDX-License-Identifier: MIT */
/* The painter for any processor. */

#include "draw/raster_painter_kernel.h"

static const struct raster_painter painter = RASTER_PAINTER_KERNEL;

const struct raster_painter *const raster_painter_portable = &painter;
