/* SPDX-License-Identifier: MIT */
#include "draw/text_layout.h"

#include "draw/font.h"
#include "draw/text_lines.h"
#include "draw/text_script.h"
#include "draw/text_words.h"

#include <assert.h>
#include <fribidi.h>
#include <hb.h>
#include <string.h>

/* The longest text laid out, in characters; what is beyond is left out. No label of a map comes near. */
enum { LETTERS_MAX = 2048 };

struct maker {
    const struct text_layout_fonts *fonts;
    struct text_lines made;
    size_t shaped_capacity;
};

/* What stands for an image in the text: nothing is known of it but that it has no direction. */
static const uint32_t image_code = 0xfffc;

static void put_letter(struct text_lines *made, size_t capacity, uint32_t code, size_t section)
{
    if (made->letter_count < capacity) {
        made->letters[made->letter_count++] =
            (struct text_letter){.code = code, .section = (uint32_t)section, .font = FONT_NONE};
    }
}

static bool read_letters(struct maker *maker, size_t section_count)
{
    struct text_lines *made = &maker->made;
    size_t bytes = 0;
    for (size_t i = 0; i < section_count; i++) {
        bytes += made->sections[i].text.length + made->sections[i].is_image;
    }
    size_t capacity = bytes < LETTERS_MAX ? bytes : LETTERS_MAX;
    made->letters = arena_array(made->arena, capacity + 1, sizeof *made->letters);
    if (!made->letters) {
        return false;
    }
    for (size_t i = 0; i < section_count; i++) {
        struct text text = made->sections[i].text;
        if (made->sections[i].is_image) {
            put_letter(made, capacity, image_code, i);
            continue;
        }
        for (size_t at = 0; at < text.length;) {
            uint32_t code = text_next_code_point(text, &at);
            if (code != '\r') {
                put_letter(made, capacity, code == '\t' ? ' ' : code, i);
            }
        }
    }
    return true;
}

/* Punctuation of vertical text has forms of its own. */
static void use_vertical_forms(struct text_lines *made)
{
    uint32_t previous = 0;
    for (size_t i = 0; i < made->letter_count; i++) {
        uint32_t code = made->letters[i].code;
        uint32_t next = i + 1 < made->letter_count ? made->letters[i + 1].code : 0;
        made->letters[i].code = text_vertical_form(code, previous, next);
        previous = code;
    }
}

static bool is_one_way(const struct text_lines *made)
{
    for (size_t i = 0; i < made->letter_count; i++) {
        uint32_t code = made->letters[i].code;
        if (code >= 0x590 && code != image_code) {
            return false;
        }
    }
    return true;
}

/* Glyph ranges know no shaping: Arabic letters take the forms that have characters of their own. */
static bool use_arabic_forms(struct text_lines *made, FriBidiChar *codes, const FriBidiCharType *types,
                             const FriBidiLevel *levels)
{
    FriBidiStrIndex length = (FriBidiStrIndex)made->letter_count;
    FriBidiArabicProp *joining = arena_array(made->arena, made->letter_count, sizeof *joining);
    if (!joining) {
        return false;
    }
    fribidi_get_joining_types(codes, length, joining);
    fribidi_join_arabic(types, length, levels, joining);
    fribidi_shape_arabic(FRIBIDI_FLAGS_ARABIC, levels, length, joining, codes);
    for (size_t i = 0; i < made->letter_count; i++) {
        FriBidiChar mirrored = codes[i];
        if (levels[i] & 1) {
            fribidi_get_mirror_char(codes[i], &mirrored);
        }
        made->letters[i].code = mirrored;
    }
    return true;
}

/* Embedding levels (Unicode annex 9); plain Latin text needs no look. */
static bool find_levels(struct maker *maker)
{
    struct text_lines *made = &maker->made;
    size_t count = made->letter_count;
    if (is_one_way(made)) {
        return true;
    }
    FriBidiChar *codes = arena_array(made->arena, count, sizeof *codes);
    FriBidiCharType *types = arena_array(made->arena, count, sizeof *types);
    FriBidiBracketType *brackets = arena_array(made->arena, count, sizeof *brackets);
    FriBidiLevel *levels = arena_array(made->arena, count, sizeof *levels);
    if (!codes || !types || !brackets || !levels) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        codes[i] = made->letters[i].code;
    }
    FriBidiStrIndex length = (FriBidiStrIndex)count;
    fribidi_get_bidi_types(codes, length, types);
    fribidi_get_bracket_types(codes, length, types, brackets);
    FriBidiParType base = FRIBIDI_PAR_ON;
    if (fribidi_get_par_embedding_levels_ex(types, brackets, length, &base, levels) == 0) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        made->letters[i].level = (unsigned char)levels[i]; /* 0 … 125 */
    }
    return !maker->fonts->range_glyph || use_arabic_forms(made, codes, types, levels);
}

/* Of characters up to U+024F the answer is known. */
static hb_script_t script_of(uint32_t code)
{
    bool is_letter = (code >= 'A' && code <= 'Z') || (code >= 'a' && code <= 'z') || code == 0xaa || code == 0xba ||
                     (code >= 0xc0 && code != 0xd7 && code != 0xf7);
    return code >= 0x250 ? hb_unicode_script(hb_unicode_funcs_get_default(), code)
           : is_letter   ? HB_SCRIPT_LATIN
                         : HB_SCRIPT_COMMON;
}

static bool is_shared_script(hb_script_t script)
{
    return script == HB_SCRIPT_COMMON || script == HB_SCRIPT_INHERITED || script == HB_SCRIPT_UNKNOWN;
}

static void choose_fonts(struct maker *maker)
{
    struct text_lines *made = &maker->made;
    hb_script_t script = HB_SCRIPT_INVALID;
    for (size_t i = 0; i < made->letter_count; i++) {
        struct text_letter *letter = &made->letters[i];
        const struct text_letter *previous = i > 0 ? letter - 1 : NULL;
        bool same_section = previous && previous->section == letter->section;
        bool plain = letter->code < 0x250;
        if (made->sections[letter->section].is_image) {
            letter->font = TEXT_FONT_IMAGE;
        } else if (same_section && !plain && /* they stay in the font of the letter */
                   !maker->fonts->range_glyph && text_joins_previous(letter->code)) {
            letter->font = previous->font;
        } else {
            letter->font =
                maker->fonts->choose(maker->fonts->context, made->sections[letter->section].stack, letter->code);
        }
        hb_script_t own = script_of(letter->code);
        script = is_shared_script(own) ? script : own;
        letter->script = (uint32_t)script;
    }
    /* What comes before the first letter of a script goes with it. */
    for (size_t i = made->letter_count; i-- > 0;) {
        struct text_letter *letter = &made->letters[i];
        if (letter->script == HB_SCRIPT_INVALID) {
            letter->script = i + 1 < made->letter_count ? letter[1].script : HB_SCRIPT_LATIN;
        }
        if (letter->script == HB_SCRIPT_INVALID) {
            letter->script = HB_SCRIPT_LATIN;
        }
    }
}

static bool same_run(const struct text_letter *a, const struct text_letter *b)
{
    return a->font == b->font && a->section == b->section && a->level == b->level && a->script == b->script;
}

static bool find_runs(struct text_lines *made)
{
    made->runs = arena_array(made->arena, made->letter_count + 1, sizeof *made->runs);
    if (!made->runs) {
        return false;
    }
    size_t start = 0;
    for (size_t i = 0; i <= made->letter_count; i++) {
        bool stop = i == made->letter_count || made->letters[i].code == '\n';
        if (i > start && (stop || !same_run(&made->letters[start], &made->letters[i]))) {
            made->runs[made->run_count++] = (struct text_run){.start = start, .end = i};
            start = i;
        }
        if (stop) {
            start = i + 1;
        }
    }
    return true;
}

static bool reserve_shaped(struct maker *maker, size_t more)
{
    struct text_lines *made = &maker->made;
    if (made->shaped_count + more <= maker->shaped_capacity) {
        return true;
    }
    size_t larger = maker->shaped_capacity * 2 + made->letter_count + more;
    void *grown = arena_grow(made->arena, made->shaped, maker->shaped_capacity * sizeof *made->shaped,
                             larger * sizeof *made->shaped);
    if (!grown) {
        return false;
    }
    made->shaped = grown;
    maker->shaped_capacity = larger;
    return true;
}

/* Letters as they are, one glyph each: images, and characters of glyph ranges. */
static bool put_plain_run(struct maker *maker, struct text_run *run)
{
    struct text_lines *made = &maker->made;
    if (!reserve_shaped(maker, run->end - run->start)) {
        return false;
    }
    for (size_t i = run->start; i < run->end; i++) {
        bool backwards = made->letters[run->start].level & 1;
        uint32_t number = (uint32_t)(backwards ? run->end - 1 - (i - run->start) : i);
        struct text_letter *letter = &made->letters[number];
        const struct text_section *section = &made->sections[letter->section];
        struct text_shaped shaped = {.glyph = letter->code, .letter = number, .has_ink = section->is_image};
        if (section->is_image) {
            shaped.advance = made->wish->size_px > 0 ? section->width_px * section->scale / made->wish->size_px : 0;
        } else if (!maker->fonts->range_glyph(maker->fonts->context, section->stack, letter->code, &shaped.advance,
                                              &shaped.has_ink)) {
            continue; /* the ranges lack it: no room is taken either */
        }
        shaped.advance *= section->is_image ? 1 : section->scale;
        letter->advance = shaped.advance;
        letter->takes_room = true;
        made->shaped[made->shaped_count++] = shaped;
        run->glyph_count++;
    }
    return true;
}

static bool shape_run(struct maker *maker, struct text_run *run, const uint32_t *codes)
{
    struct text_lines *made = &maker->made;
    const struct text_letter *first = &made->letters[run->start];
    run->first_glyph = made->shaped_count;
    if (first->font == TEXT_FONT_IMAGE || maker->fonts->range_glyph) {
        return put_plain_run(maker, run);
    }
    double units = 1;
    hb_font_t *font =
        first->font == FONT_NONE ? NULL : maker->fonts->shaper(maker->fonts->context, first->font, &units);
    if (!font) {
        return true; /* no font on this machine has it */
    }
    const struct text_word_style style = {font, first->script, first->level & 1, made->wish->letter_spacing_em != 0};
    size_t count = 0;
    const struct text_word_glyph *glyphs =
        text_words_shape(maker->fonts->words, &style, codes, made->letter_count, run->start, run->end, &count);
    if (!glyphs || !reserve_shaped(maker, count)) {
        return false;
    }
    double em = made->sections[first->section].scale / units;
    for (size_t i = 0; i < count; i++) {
        struct text_letter *letter = &made->letters[glyphs[i].letter];
        struct text_shaped shaped = {.glyph = glyphs[i].glyph,
                                     .letter = glyphs[i].letter,
                                     .advance = glyphs[i].advance * em,
                                     .x = glyphs[i].x * em,
                                     .y = -glyphs[i].y * em,
                                     .has_ink = !text_is_blank(letter->code)};
        made->shaped[made->shaped_count++] = shaped;
        letter->advance += shaped.advance;
        letter->takes_room = letter->takes_room || letter->advance > 0;
    }
    run->glyph_count = count;
    return true;
}

static bool shape_runs(struct maker *maker)
{
    struct text_lines *made = &maker->made;
    uint32_t *codes = arena_array(made->arena, made->letter_count + 1, sizeof *codes);
    bool ok = codes != NULL;
    for (size_t i = 0; ok && i < made->letter_count; i++) {
        codes[i] = made->letters[i].code;
    }
    for (size_t i = 0; ok && i < made->run_count; i++) {
        ok = shape_run(maker, &made->runs[i], codes);
    }
    return ok;
}

bool text_layout_make(const struct text_layout_fonts *fonts, const struct text_section *sections, size_t count,
                      const struct text_wish *wish, struct arena *arena, struct text_layout *out_layout)
{
    struct maker maker = {.fonts = fonts, .made = {.sections = sections, .wish = wish, .arena = arena}};
    struct text_layout layout = {0};
    if (!read_letters(&maker, count)) {
        return false;
    }
    if (maker.made.letter_count > 0) {
        if (wish->vertical) {
            use_vertical_forms(&maker.made);
        }
        if (!find_levels(&maker)) {
            return false;
        }
        choose_fonts(&maker);
        if (!find_runs(&maker.made) || !shape_runs(&maker) || !text_lines_place(&maker.made, &layout)) {
            return false;
        }
    }
    *out_layout = layout;
    return true;
}
