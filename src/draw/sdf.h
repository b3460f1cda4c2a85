/* SPDX-License-Identifier: MIT */
#pragma once
/* A drawing's alpha as a distance field: what takes icon-color and a halo. */

#include "draw/canvas.h"

/* From a picture `fine` times as large as what is wanted, `css_px` wanted pixels to a CSS pixel. The field has a border
 * of 3 CSS pixels; its alpha is 191 at the outline and falls by 255 in 8 CSS pixels outwards, as in MapLibre's sprites.
 * The caller destroys the canvas. NULL: memory is out. */
struct canvas *sdf_of_canvas(const struct canvas *picture, uint32_t fine, double css_px);
