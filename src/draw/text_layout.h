/* SPDX-License-Identifier: MIT */
#pragma once
/* From sections of text to placed glyphs: which font has each character, direction (FriBidi), shaping (HarfBuzz), then
 * lines (draw/text_lines.h). With glyph ranges there is no shaping but that of Arabic letters. */

#include "base/arena.h"
#include "draw/text_engine.h"

struct hb_font_t;
struct text_words;

/* Where fonts come from. */
struct text_layout_fonts {
    void *context;
    struct text_words *words; /* that shapes */
    /* The font of a stack to draw a character with; FONT_NONE when there is none at all. */
    uint32_t (*choose)(void *context, uint32_t stack, uint32_t code_point);
    /* HarfBuzz's font; NULL when it cannot be opened. `out_units`: of an em. */
    struct hb_font_t *(*shaper)(void *context, uint32_t font, double *out_units);
    /* Not NULL: texts are set with glyph ranges. How far a character moves the pen, in ems; false: it is missing. */
    bool (*range_glyph)(void *context, uint32_t stack, uint32_t code_point, double *out_advance, bool *out_has_ink);
};

/* Everything lives in `arena`. False when memory is out. */
bool text_layout_make(const struct text_layout_fonts *fonts, const struct text_section *sections, size_t count,
                      const struct text_wish *wish, struct arena *arena, struct text_layout *out_layout);
