/* SPDX-License-Identifier: MIT */
#include "draw/text_measure.h"

#include "draw/font.h"
#include "draw/text_lines.h"
#include "draw/text_words.h"

#include <hb.h>
#include <math.h>
#include <string.h>

enum {
    WORDS_MAX = 32,
    WORD_BYTES_MAX = 60,
    PLAIN_END = 0x250 /* Latin up to here, and characters all scripts share */
};

/* What is kept of a word. */
struct width {
    bool is_plain; /* false: its text must be set to know */
    double em;
    double blank_em; /* of a blank in the same stack, which may be of another font */
};

struct word_key {
    uint32_t stack;
    char bytes[WORD_BYTES_MAX];
};

/* Nothing but a letter that takes room: no mark, and no place where a line may end. */
static bool is_plain(uint32_t code)
{
    bool shows = code > 0x20 && code < PLAIN_END && !(code >= 0x7f && code <= 0xa0) && code != 0xad;
    return shows && code != '(' && !text_line_may_end(code);
}

/* The letters of a word, all of one font; 0: it is not plain. */
static size_t read_word(const struct text_layout_fonts *fonts, uint32_t stack, struct text word, uint32_t *codes,
                        uint32_t *out_font)
{
    bool is_blank = word.length == 1 && word.data[0] == ' ';
    size_t count = 0;
    for (size_t at = 0; at < word.length;) {
        uint32_t code = text_next_code_point(word, &at);
        if (!is_blank && !is_plain(code)) {
            return 0;
        }
        uint32_t font = fonts->choose(fonts->context, stack, code);
        if (font == FONT_NONE || (count > 0 && font != *out_font)) {
            return 0;
        }
        *out_font = font;
        codes[count++] = code;
    }
    return count;
}

/* False when the text must be set to know. */
static bool measure_word(const struct text_layout_fonts *fonts, uint32_t stack, struct text word, double *out_em)
{
    uint32_t codes[WORD_BYTES_MAX];
    uint32_t font = FONT_NONE;
    double units = 1;
    size_t count = read_word(fonts, stack, word, codes, &font);
    struct text_word_style style = {.script = HB_SCRIPT_LATIN};
    style.font = count > 0 ? fonts->shaper(fonts->context, font, &units) : NULL;
    if (!style.font || !text_words_may_split(fonts->words, &style)) {
        return false;
    }
    size_t glyph_count = 0;
    const struct text_word_glyph *glyphs = text_words_shape(fonts->words, &style, codes, count, 0, count, &glyph_count);
    bool is_plain = glyphs != NULL;
    int64_t advance = 0;
    for (size_t i = 0; i < glyph_count && is_plain; i++) {
        advance += glyphs[i].advance;
        is_plain = glyphs[i].advance > 0;
    }
    *out_em = (double)advance / units;
    return is_plain;
}

/* What is known of a word; NULL when the text must be set to know. */
static const struct width *find_width(const struct text_layout_fonts *fonts, struct text_cache *widths, uint32_t stack,
                                      struct text word)
{
    struct word_key key;
    if (word.length == 0 || word.length > sizeof key.bytes) {
        return NULL;
    }
    size_t key_size = offsetof(struct word_key, bytes) + word.length;
    key.stack = stack;
    memcpy(key.bytes, word.data, word.length);
    struct width *known = text_cache_find(widths, &key, key_size);
    if (!known) {
        known = text_cache_put(widths, &key, key_size, sizeof *known);
        if (!known) {
            return NULL;
        }
        known->is_plain = measure_word(fonts, stack, word, &known->em) &&
                          measure_word(fonts, stack, (struct text){" ", 1}, &known->blank_em);
    }
    return known->is_plain ? known : NULL;
}

/* Words and the blank between them. */
struct row {
    size_t count;
    double blank;
    double widths[WORDS_MAX];
};

static bool read_row(const struct text_layout_fonts *fonts, struct text_cache *widths,
                     const struct text_section *section, struct row *out_row)
{
    struct text rest = section->text;
    out_row->count = 0;
    for (;;) {
        const char *blank = rest.length > 0 ? memchr(rest.data, ' ', rest.length) : NULL;
        struct text word = {rest.data, blank ? (size_t)(blank - rest.data) : rest.length};
        const struct width *width = out_row->count < WORDS_MAX ? find_width(fonts, widths, section->stack, word) : NULL;
        if (!width) {
            return false;
        }
        out_row->blank = width->blank_em * section->scale;
        out_row->widths[out_row->count++] = width->em * section->scale;
        if (!blank) {
            return true;
        }
        rest = (struct text){blank + 1, rest.length - word.length - 1};
    }
}

/* Lines as text_lines.c breaks them; ends[i]: the word behind line number i, counted from the last line. */
static size_t break_row(const struct row *row, double max_width_em, size_t ends[WORDS_MAX])
{
    struct text_cut cuts[WORDS_MAX];
    double total = 0;
    for (size_t i = 0; i < row->count; i++) {
        total += (row->widths[i] + (i > 0 ? row->blank : 0)) * TEXT_CUT_MEASURE;
    }
    double target = text_cut_target(total, max_width_em);
    double x = 0;
    for (size_t i = 0; i < row->count; i++) {
        x += row->widths[i] * TEXT_CUT_MEASURE;
        cuts[i] = text_cut_best(cuts, i, i + 1, x, target, 0, i + 1 == row->count);
    }
    size_t count = 0;
    for (ptrdiff_t i = (ptrdiff_t)row->count - 1; i >= 0; i = cuts[i].before) {
        ends[count++] = cuts[i].end;
    }
    return count;
}

bool text_measure(const struct text_layout_fonts *fonts, struct text_cache *widths, const struct text_section *section,
                  const struct text_wish *wish, struct text_size *out_size)
{
    struct row row;
    if (fonts->range_glyph || section->is_image || wish->vertical || wish->letter_spacing_em != 0 ||
        !read_row(fonts, widths, section, &row)) {
        return false;
    }
    size_t ends[WORDS_MAX] = {row.count};
    size_t lines = isinf(wish->max_width_em) ? 1 : break_row(&row, wish->max_width_em, ends);
    struct text_size size = {0, 0};
    for (size_t i = lines, word = 0; i-- > 0;) {
        double width = row.widths[word++];
        while (word < ends[i]) {
            width += row.blank + row.widths[word++];
        }
        size.width_em = fmax(size.width_em, width);
        size.height_em += wish->line_height_em * section->scale;
    }
    *out_size = size;
    return true;
}
