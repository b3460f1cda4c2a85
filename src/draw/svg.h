/* SPDX-License-Identifier: MIT */
#pragma once
/* Drawings (SVG) as pixels, through librsvg. Only the operator's own files come here; even so nothing outside the bytes
 * is read: no other file, no address, no entity. */

#include "base/error.h"
#include "draw/canvas.h"

#include <stddef.h>

/* The drawing at `pixel_ratio`, on whole CSS pixels (its size rounded up), at most 1024 of them a side. The caller
 * destroys the canvas. */
bool svg_rasterise(const void *bytes, size_t size, double pixel_ratio, struct canvas **out_canvas, struct error *err);
