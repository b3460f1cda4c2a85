/* SPDX-License-Identifier: MIT */
#pragma once
/* The palette of a style at a zoom, made from the style and its images alone: no data is asked, so that an edit of the
 * data changes only the tiles it touches. */

#include "base/error.h"
#include "draw/palette.h"
#include "draw/sprite.h"
#include "style/style.h"

/* The caller destroys `*out_palette`; it is NULL when the style shows imagery at this zoom, which no palette fits, or
 * has more layers than can be looked at. Equal styles and zooms give equal palettes. */
bool style_palette_create(const struct style *style, const struct sprite *sprite, double zoom,
                          struct palette **out_palette, struct error *err);

/* Palettes made before, with what was looked up in them: those used last are kept. Belongs to one thread. */
struct style_palettes;

struct style_palettes *style_palettes_create(void);           /* NULL: memory is out */
void style_palettes_destroy(struct style_palettes *palettes); /* accepts NULL */
/* `*out_map` is borrowed until the next call; NULL when the picture is to be encoded exactly. False when memory is out.
 */
bool style_palettes_find(struct style_palettes *palettes, const struct style *style, const struct sprite *sprite,
                         double zoom, struct palette_map **out_map, struct error *err);
