/* SPDX-License-Identifier: MIT */
#pragma once
/* Shaping (HarfBuzz), word by word where that is the same as shaping all of it: where no rule of the font that applies
 * looks at blanks. The words of a map's names come again and again, and are kept. One for each thread. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hb_font_t;
struct text_words;

/* NULL when memory is out. */
struct text_words *text_words_create(void);
void text_words_destroy(struct text_words *words);

/* How letters are shaped. `font` must live as long as the words. */
struct text_word_style {
    struct hb_font_t *font;
    uint32_t script; /* HarfBuzz's */
    bool is_rtl;
    bool is_spaced; /* letters do not grow together */
};

/* In font units; from left to right. */
struct text_word_glyph {
    uint32_t glyph;
    uint32_t letter; /* where its cluster starts */
    int32_t advance;
    int32_t x;
    int32_t y; /* upwards */
};

/* Shapes codes[start … end), which stand among `count` codes. Valid until the next call; NULL when memory is out. */
const struct text_word_glyph *text_words_shape(struct text_words *words, const struct text_word_style *style,
                                               const uint32_t *codes, size_t count, size_t start, size_t end,
                                               size_t *out_count);

/* True when text in this style may be shaped word by word. */
bool text_words_may_split(struct text_words *words, const struct text_word_style *style);
