/* SPDX-License-Identifier: MIT */
#pragma once
/* Up to 256 colours that stand for all: chosen once, then every pixel takes the nearest.
 *
 * Which one a pixel takes depends on its colour alone, never on its neighbours or on what was mapped before: pictures
 * mapped with the same palette agree wherever their pixels did. No dithering. */

#include "draw/canvas.h"

enum { PALETTE_COLORS_MAX = 256 };

struct palette; /* immutable: any thread */

/* Chooses colours for pictures whose pixels look like the `sample_count` of `sample` (premultiplied; the more often a
 * colour is there, the nearer it is met). The first PALETTE_COLORS_MAX different ones of `exact` are all in the
 * palette. Equal input gives an equal palette. NULL when memory is out or there is no colour at all. */
struct palette *palette_create(const struct pixel *exact, size_t exact_count, const struct pixel *sample,
                               size_t sample_count);
void palette_destroy(struct palette *palette); /* accepts NULL */

size_t palette_count(const struct palette *palette);
struct pixel palette_color(const struct palette *palette, size_t index);
/* The index of the colour that a pixel takes. Opaque colours are told apart by the upper six bits of red, green and
 * blue: they take the palette's colour that agrees with them in these, else the one nearest to the middle of all that
 * agree (no more than 7 further off than the nearest). Where several of the palette agree, and for translucent colours,
 * it is the nearest; the lowest of equally near ones. */
size_t palette_nearest(const struct palette *palette, struct pixel pixel);

/* What a pixel becomes when `coverage` / 255 of it is painted over, as canvas and raster do: for making samples. */
struct pixel palette_blend(struct pixel below, struct pixel above, uint8_t coverage);

/* Finds nearest colours and remembers them: belongs to one thread. */
struct palette_map;

/* The palette is borrowed and must outlive the map. NULL when memory is out. */
struct palette_map *palette_map_create(const struct palette *palette);
void palette_map_destroy(struct palette_map *map); /* accepts NULL */
const struct palette *palette_map_palette(const struct palette_map *map);

enum { PALETTE_ERROR_MAX = 24 }; /* steps of 255 in any channel; further off counts as missed */

/* Writes the index of every pixel, and which colours they took. Returns how many pixels are missed: off by more than
 * PALETTE_ERROR_MAX. */
size_t palette_map_canvas(struct palette_map *map, const struct canvas *canvas, uint8_t *out_indices,
                          bool out_used[PALETTE_COLORS_MAX]);
