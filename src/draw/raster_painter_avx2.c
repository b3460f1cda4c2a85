/* SPDX-License-Identifier: MIT */
/* The painter for processors with AVX2, for which this whole file is compiled: the compiler knows when it lowers
 * vectors, and the kernel may ask for single instructions. Nothing in here is called on other processors. */

#include "draw/raster_painter.h"

#ifdef __AVX2__

#include "draw/raster_painter_kernel.h"

static const struct raster_painter painter = RASTER_PAINTER_KERNEL;

const struct raster_painter *const raster_painter_avx2 = &painter;

#else

const struct raster_painter *const raster_painter_avx2 = NULL;

#endif
