/* SPDX-License-Identifier: MIT */
#pragma once
/* Text: fonts, shaped and broken texts, glyph pictures, kept between uses. One engine per thread.
 *
 * Layouts are measured in ems (1 = the text size), so that one layout serves every size. Nothing is hinted and all of
 * it is rasterised by draw/raster.h: equal input gives equal bytes. */

#include "base/text.h"
#include "draw/canvas.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text_engine;

/* NULL when memory is out. A machine without fonts gives an engine that draws nothing. */
struct text_engine *text_engine_create(void);
void text_engine_destroy(struct text_engine *engine);

/* A list of fonts to look for characters in, by a number that holds as long as the engine. */
enum { TEXT_STACK_FONTS_MAX = 8, TEXT_STACKS_MAX = 256 };
/* The stack of these font names. Names that are not found exactly are replaced by the nearest font there is. */
uint32_t text_engine_stack(struct text_engine *engine, const struct text *names, size_t count);
/* How well a stack was found: for the check of a style. */
enum text_stack_quality {
    TEXT_STACK_EXACT,      /* one of the names is a font of this machine */
    TEXT_STACK_NEAREST,    /* another weight or style of a family that is named */
    TEXT_STACK_SUBSTITUTED /* a plain sans serif instead */
};
enum text_stack_quality text_engine_stack_quality(const struct text_engine *engine, uint32_t stack);
/* The name of the font that is used first; "" when the machine has no fonts. */
const char *text_engine_stack_font(const struct text_engine *engine, uint32_t stack);
/* The stack's names as in "A,B": what glyph ranges are asked for. */
struct text text_engine_stack_names(const struct text_engine *engine, uint32_t stack);
/* Glyph ranges to set texts with from now on instead of the machine's fonts; NULL: those. They must live until others
 * are given. */
struct glyph_ranges;
void text_engine_use_ranges(struct text_engine *engine, struct glyph_ranges *ranges);
/* Characters drawn as a box so far because no font of the machine has them. */
uint64_t text_engine_missing_characters(const struct text_engine *engine);

/* Where a section stands in a line that is higher than it. */
enum text_align { TEXT_ALIGN_BOTTOM, TEXT_ALIGN_CENTER, TEXT_ALIGN_TOP };

/* A piece of text with a look of its own, or an image among the letters. */
struct text_section {
    struct text text;
    uint32_t stack;
    double scale;  /* 1: the text size */
    uint32_t mark; /* handed through to the glyphs */
    enum text_align align;
    bool is_image; /* without text, of this size */
    double width_px;
    double height_px;
};

enum text_justify { TEXT_JUSTIFY_LEFT, TEXT_JUSTIFY_CENTER, TEXT_JUSTIFY_RIGHT };

struct text_wish {
    double max_width_em;   /* lines are broken to be about equally long and not longer than this; HUGE_VAL: one line */
    double line_height_em; /* 1.2 in MapLibre */
    double letter_spacing_em;
    enum text_justify justify;
    double size_px;          /* the text size, which images among the letters are measured by; 0: there are none */
    double breaking_size_px; /* the same for finding line breaks; 0: size_px */
    /* Vertical text is set in lines like other text, which are turned clockwise as a whole; in it upright letters are
     * turned back. */
    bool vertical;
    bool turns_all_back; /* not only those of scripts that are written so */
};

/* What stands where a font's number does. */
#define TEXT_FONT_IMAGE 0xfffffffeu /* `glyph` is the number of the section */
#define TEXT_FONT_SDF 0x80000000u   /* with the number of the stack: `glyph` is a character of its glyph ranges */

struct text_glyph {
    uint32_t font; /* number in draw/font.h's list: the same in every engine; or one of the above */
    uint32_t glyph;
    float x;          /* em: the pen, from the left of the block */
    float y;          /* em: the baseline (and the glyph's own shift), from the top of the block, downwards. For glyphs
                       * of ranges the line their tops are measured from; for images the upper edge */
    float scale;      /* times the text size */
    float unit_x;     /* em: where the cluster (letter with its accents) starts … */
    float unit_width; /* … and how far it moves the pen: along a curve a cluster turns as one */
    uint32_t mark;
    bool turned_back; /* by a right angle, counterclockwise, about (x, y) */
    bool has_ink;
};

struct text_layout {
    size_t glyph_count;
    size_t line_count;
    double width_em;
    double height_em;
    bool is_vertical;                /* some of it can stand upright in vertical text */
    const struct text_glyph *glyphs; /* line after line, from left to right */
};

/* Shapes, breaks and justifies. The layout belongs to the engine and holds until the next call. NULL when memory is
 * out. An empty text gives a layout without glyphs. */
const struct text_layout *text_engine_layout(struct text_engine *engine, const struct text_section *sections,
                                             size_t count, const struct text_wish *wish);

struct text_size {
    double width_em;
    double height_em;
};
/* The size that the layout of a text in one section will have, at a fraction of its cost. False for all but plain
 * texts, whose letters stand within their block: others must be set to know. */
bool text_engine_measure(struct text_engine *engine, const struct text_section *section, const struct text_wish *wish,
                         struct text_size *out_size);

/* Painting. A text is collected glyph by glyph into a mask, so that glyphs and their halos that overlap count once,
 * then laid over the canvas. Positions are in 1/256 device pixels of the canvas. */
struct text_ink {
    double size_px; /* device pixels of an em, without the glyph's scale */
    double halo_px; /* > 0: the glyph widened by this instead of the glyph itself */
    double halo_blur_px;
};

/* Starts a mask that covers what is inside both the canvas and the box (device pixels). False when that is nothing. */
bool text_engine_begin(struct text_engine *engine, const struct canvas *canvas, int32_t min_x, int32_t min_y,
                       int32_t max_x, int32_t max_y);
/* An upright glyph: drawn at the nearest quarter pixel across, and on a whole pixel down, which keeps it crisp. */
void text_engine_add(struct text_engine *engine, uint32_t font, uint32_t glyph, double scale,
                     const struct text_ink *ink, int64_t x_256, int64_t y_256);
/* A glyph turned by an angle given as cosine and sine (clockwise, y down), exactly where it is. */
void text_engine_add_turned(struct text_engine *engine, uint32_t font, uint32_t glyph, double scale,
                            const struct text_ink *ink, int64_t x_256, int64_t y_256, double cosine, double sine);
/* Lays the mask over the canvas in one colour. */
void text_engine_end(struct text_engine *engine, struct canvas *canvas, struct pixel pixel);
