/* SPDX-License-Identifier: MIT */
#pragma once
/* Glyph ranges as MapLibre's clients fetch them ({fontstack}/{range}.pbf): distance fields of an em of 24 pixels, read
 * when a character is first asked for, and written from the machine's fonts.
 *
 * A bitmap is 3 pixels larger than the glyph on each side; 192 of 255 is the outline, 32 a pixel. */

#include "base/buffer.h"
#include "base/error.h"
#include "base/text.h"
#include "draw/image_paint.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GLYPH_PBF_EM_PX = 24, GLYPH_PBF_BORDER_PX = 3, GLYPH_PBF_RANGE = 256 };

struct glyph_sdf {
    uint32_t code_point;
    uint32_t width_px; /* without the border */
    uint32_t height_px;
    int32_t left_px; /* from the pen to the glyph's left edge */
    int32_t top_px;  /* as the file has it; see glyph_sdf_matrix */
    uint32_t advance_px;
    const uint8_t *bitmap; /* (width_px + 6) * (height_px + 6) bytes; NULL when there is nothing to draw */
};

/* The glyphs of font stacks, kept as they are read. One thread. */
struct glyph_ranges;

/* Reads a range (its first character, a multiple of 256) of a stack ("Open Sans Semibold,Arial Unicode MS Bold", as in
 * text-font, joined by commas without blanks) into `out_bytes`. False: there is none. */
typedef bool glyph_ranges_load(void *context, struct text stack, uint32_t range_start, struct buffer *out_bytes);

/* NULL when memory is out. */
struct glyph_ranges *glyph_ranges_create(glyph_ranges_load *load, void *context);
void glyph_ranges_destroy(struct glyph_ranges *ranges); /* accepts NULL */
/* The glyph of a character; NULL when the stack or the character is missing. Lives as long as `ranges`. */
const struct glyph_sdf *glyph_ranges_find(struct glyph_ranges *ranges, struct text stack, uint32_t code_point);

/* Calls `visit` for each glyph of a range file, in the order of the file. False when the bytes are no such file; what
 * was found before has been visited. A glyph whose bitmap does not have its size comes without it. */
bool glyph_pbf_read(const void *bytes, size_t size, void (*visit)(void *context, const struct glyph_sdf *glyph),
                    void *context, struct error *err);

/* Appends the range file of a stack from the machine's fonts: of each character, the first font of the stack that has
 * it, else the font the text engine falls back on; characters no font has are left out. `range_start`: a multiple of
 * 256 up to 65280. `*out_exact` (may be NULL): a font of the stack is on this machine by its name. */
bool glyph_pbf_write(struct text stack, uint32_t range_start, struct buffer *out, bool *out_exact, struct error *err);

/* Paints a glyph. `pen` leads from glyph space (pixels of the 24 px em, origin at the pen on the top line MapLibre
 * measures from: the bitmap's first row is at -top_px - 3, y downwards) to the canvas. */
void glyph_sdf_paint(struct canvas *canvas, const struct glyph_sdf *glyph, const struct image_matrix *pen,
                     const struct image_sdf_ink *ink);
