/* SPDX-License-Identifier: MIT */
#include "draw/text_layout.h"

#include "draw/font.h"

#include <assert.h>
#include <fribidi.h>
#include <hb.h>
#include <math.h>
#include <string.h>

/* The longest text laid out, in characters; what is beyond is left out. No label of a map comes near. */
enum { LETTERS_MAX = 2048 };

/* Where the baseline lies below the middle of a line, in ems: MapLibre's (26 - 17) / 24 for fonts like Open Sans, which
 * centres capitals. */
static const double baseline_em = 0.375;
/* MapLibre measures in 24ths of an em; the penalties of breaks are in squares of it. */
static const double measure = 24;

struct letter {
    uint32_t code;
    uint32_t section;
    uint32_t font;
    hb_script_t script;
    FriBidiLevel level;
    double advance; /* em, of the cluster that starts here; 0 inside one */
};

/* Letters of one font, section, script and direction. */
struct run {
    size_t start;
    size_t end;
    size_t first_glyph;
    size_t glyph_count;
};

struct shaped {
    uint32_t glyph;
    uint32_t letter; /* where its cluster starts */
    double advance;  /* em, scaled by the section */
    double x;
    double y; /* downwards */
};

struct line {
    size_t start;
    size_t end;
};

struct maker {
    const struct text_layout_fonts *fonts;
    const struct text_section *sections;
    const struct text_wish *wish;
    struct arena *arena;
    struct letter *letters;
    size_t letter_count;
    struct run *runs;
    size_t run_count;
    struct shaped *shaped;
    size_t shaped_count;
    size_t shaped_capacity;
    struct line *lines;
    size_t line_count;
};

static bool is_blank(uint32_t code)
{
    return code == ' ' || (code >= '\t' && code <= '\r');
}

static bool is_hangul_or_ideograph(uint32_t code)
{
    return (code >= 0x2e80 && code <= 0x9fff) || (code >= 0xac00 && code <= 0xd7af) ||
           (code >= 0xf900 && code <= 0xfaff) || (code >= 0xff00 && code <= 0xffef) ||
           (code >= 0x20000 && code <= 0x3ffff);
}

/* Characters a line may end after (MapLibre's list). */
static bool may_end_line(uint32_t code)
{
    switch (code) {
    case '\n':
    case ' ':
    case '&':
    case ')':
    case '+':
    case '-':
    case '/':
    case 0xad:   /* soft hyphen */
    case 0xb7:   /* middle dot */
    case 0x200b: /* zero-width space */
    case 0x2010: /* hyphen */
    case 0x2013: /* en dash */
    case 0x2027: /* interpunct */
        return true;
    default:
        return is_hangul_or_ideograph(code);
    }
}

static bool read_letters(struct maker *maker, size_t section_count)
{
    size_t bytes = 0;
    for (size_t i = 0; i < section_count; i++) {
        bytes += maker->sections[i].text.length;
    }
    size_t capacity = bytes < LETTERS_MAX ? bytes : LETTERS_MAX;
    maker->letters = arena_array(maker->arena, capacity + 1, sizeof *maker->letters);
    if (!maker->letters) {
        return false;
    }
    for (size_t i = 0; i < section_count; i++) {
        struct text text = maker->sections[i].text;
        for (size_t at = 0; at < text.length && maker->letter_count < capacity;) {
            uint32_t code = text_next_code_point(text, &at);
            if (code == '\r') {
                continue;
            }
            maker->letters[maker->letter_count++] =
                (struct letter){.code = code == '\t' ? ' ' : code, .section = (uint32_t)i, .font = FONT_NONE};
        }
    }
    return true;
}

static bool is_one_way(const struct maker *maker)
{
    for (size_t i = 0; i < maker->letter_count; i++) {
        if (maker->letters[i].code >= 0x590) {
            return false;
        }
    }
    return true;
}

/* Embedding levels (Unicode annex 9); plain Latin text needs no look. */
static bool find_levels(struct maker *maker)
{
    size_t count = maker->letter_count;
    if (is_one_way(maker)) {
        return true;
    }
    FriBidiChar *codes = arena_array(maker->arena, count, sizeof *codes);
    FriBidiCharType *types = arena_array(maker->arena, count, sizeof *types);
    FriBidiBracketType *brackets = arena_array(maker->arena, count, sizeof *brackets);
    FriBidiLevel *levels = arena_array(maker->arena, count, sizeof *levels);
    if (!codes || !types || !brackets || !levels) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        codes[i] = maker->letters[i].code;
    }
    FriBidiStrIndex length = (FriBidiStrIndex)count;
    fribidi_get_bidi_types(codes, length, types);
    fribidi_get_bracket_types(codes, length, types, brackets);
    FriBidiParType base = FRIBIDI_PAR_ON;
    if (fribidi_get_par_embedding_levels_ex(types, brackets, length, &base, levels) == 0) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        maker->letters[i].level = levels[i];
    }
    return true;
}

/* Marks, joiners and variation selectors stay in the font of the letter they belong to. */
static bool joins_previous(uint32_t code)
{
    hb_unicode_general_category_t category = hb_unicode_general_category(hb_unicode_funcs_get_default(), code);
    return category == HB_UNICODE_GENERAL_CATEGORY_NON_SPACING_MARK ||
           category == HB_UNICODE_GENERAL_CATEGORY_SPACING_MARK ||
           category == HB_UNICODE_GENERAL_CATEGORY_ENCLOSING_MARK || category == HB_UNICODE_GENERAL_CATEGORY_FORMAT;
}

static bool is_shared_script(hb_script_t script)
{
    return script == HB_SCRIPT_COMMON || script == HB_SCRIPT_INHERITED || script == HB_SCRIPT_UNKNOWN;
}

static void choose_fonts(struct maker *maker)
{
    hb_unicode_funcs_t *unicode = hb_unicode_funcs_get_default();
    hb_script_t script = HB_SCRIPT_INVALID;
    for (size_t i = 0; i < maker->letter_count; i++) {
        struct letter *letter = &maker->letters[i];
        const struct letter *previous = i > 0 ? letter - 1 : NULL;
        bool same_section = previous && previous->section == letter->section;
        bool plain = letter->code < 0x250;
        if (same_section && !plain && joins_previous(letter->code)) {
            letter->font = previous->font;
        } else {
            letter->font =
                maker->fonts->choose(maker->fonts->context, maker->sections[letter->section].stack, letter->code);
        }
        hb_script_t own = hb_unicode_script(unicode, letter->code);
        script = is_shared_script(own) ? script : own;
        letter->script = script;
    }
    /* What comes before the first letter of a script goes with it. */
    for (size_t i = maker->letter_count; i-- > 0;) {
        struct letter *letter = &maker->letters[i];
        if (letter->script == HB_SCRIPT_INVALID) {
            letter->script = i + 1 < maker->letter_count ? letter[1].script : HB_SCRIPT_LATIN;
        }
        if (letter->script == HB_SCRIPT_INVALID) {
            letter->script = HB_SCRIPT_LATIN;
        }
    }
}

static bool same_run(const struct letter *a, const struct letter *b)
{
    return a->font == b->font && a->section == b->section && a->level == b->level && a->script == b->script;
}

static bool find_runs(struct maker *maker)
{
    maker->runs = arena_array(maker->arena, maker->letter_count + 1, sizeof *maker->runs);
    if (!maker->runs) {
        return false;
    }
    size_t start = 0;
    for (size_t i = 0; i <= maker->letter_count; i++) {
        bool stop = i == maker->letter_count || maker->letters[i].code == '\n';
        if (i > start && (stop || !same_run(&maker->letters[start], &maker->letters[i]))) {
            maker->runs[maker->run_count++] = (struct run){.start = start, .end = i};
            start = i;
        }
        if (stop) {
            start = i + 1;
        }
    }
    return true;
}

static bool put_shaped(struct maker *maker, struct shaped shaped)
{
    if (maker->shaped_count == maker->shaped_capacity) {
        size_t larger = maker->shaped_capacity ? maker->shaped_capacity * 2 : maker->letter_count + 16;
        void *grown = arena_grow(maker->arena, maker->shaped, maker->shaped_capacity * sizeof *maker->shaped,
                                 larger * sizeof *maker->shaped);
        if (!grown) {
            return false;
        }
        maker->shaped = grown;
        maker->shaped_capacity = larger;
    }
    maker->shaped[maker->shaped_count++] = shaped;
    return true;
}

static bool shape_run(struct maker *maker, struct run *run, hb_buffer_t *buffer, const uint32_t *codes)
{
    const struct letter *first = &maker->letters[run->start];
    run->first_glyph = maker->shaped_count;
    double units = 1;
    hb_font_t *font =
        first->font == FONT_NONE ? NULL : maker->fonts->shaper(maker->fonts->context, first->font, &units);
    if (!font) {
        return true; /* no font on this machine has it */
    }
    hb_buffer_clear_contents(buffer);
    hb_buffer_add_utf32(buffer, codes, (int)maker->letter_count, (unsigned)run->start, (int)(run->end - run->start));
    hb_buffer_set_direction(buffer, first->level & 1 ? HB_DIRECTION_RTL : HB_DIRECTION_LTR);
    hb_buffer_set_script(buffer, first->script);
    hb_buffer_set_language(buffer, hb_language_from_string("es", 2));
    /* Spaced letters do not grow together. */
    static const hb_feature_t apart[] = {{HB_TAG('l', 'i', 'g', 'a'), 0, 0, (unsigned)-1},
                                         {HB_TAG('c', 'l', 'i', 'g'), 0, 0, (unsigned)-1}};
    bool spaced = maker->wish->letter_spacing_em != 0;
    hb_shape(font, buffer, spaced ? apart : NULL, spaced ? 2 : 0);
    unsigned count = 0;
    const hb_glyph_info_t *infos = hb_buffer_get_glyph_infos(buffer, &count);
    const hb_glyph_position_t *positions = hb_buffer_get_glyph_positions(buffer, &count);
    double em = maker->sections[first->section].scale / units;
    for (unsigned i = 0; i < count; i++) {
        struct shaped shaped = {infos[i].codepoint, infos[i].cluster, positions[i].x_advance * em,
                                positions[i].x_offset * em, -positions[i].y_offset * em};
        if (!put_shaped(maker, shaped)) {
            return false;
        }
        maker->letters[shaped.letter].advance += shaped.advance;
    }
    run->glyph_count = count;
    return true;
}

static bool shape_runs(struct maker *maker)
{
    uint32_t *codes = arena_array(maker->arena, maker->letter_count + 1, sizeof *codes);
    hb_buffer_t *buffer = hb_buffer_create();
    bool ok = codes && hb_buffer_allocation_successful(buffer);
    hb_buffer_set_cluster_level(buffer, HB_BUFFER_CLUSTER_LEVEL_MONOTONE_GRAPHEMES);
    for (size_t i = 0; ok && i < maker->letter_count; i++) {
        codes[i] = maker->letters[i].code;
    }
    for (size_t i = 0; ok && i < maker->run_count; i++) {
        ok = shape_run(maker, &maker->runs[i], buffer, codes);
    }
    hb_buffer_destroy(buffer);
    return ok;
}

/* The pen's move for a letter with the space after it. */
static double advance_of(const struct maker *maker, const struct letter *letter)
{
    return letter->advance > 0 ? letter->advance + maker->wish->letter_spacing_em : 0;
}

/* A place where a line may end, and the best way to get there (MapLibre's line_break: least raggedness). */
struct cut {
    size_t end; /* the line holds the letters before it */
    double x;
    double badness;
    ptrdiff_t before; /* the cut before it, -1: none */
};

static double badness_of(double width, double target, double penalty, bool is_last)
{
    double raggedness = (width - target) * (width - target);
    if (is_last) {
        /* A short last line is better than a long one. */
        return width < target ? raggedness / 2 : raggedness * 2;
    }
    return raggedness + fabs(penalty) * penalty;
}

static double penalty_of(uint32_t code, uint32_t next, bool unlikely)
{
    double penalty = code == '\n' ? -10000 : 0;
    penalty += unlikely ? 150 : 0;
    penalty += code == '(' || code == 0xff08 ? 50 : 0;
    penalty += next == ')' || next == 0xff09 ? 50 : 0;
    return penalty;
}

static struct cut best_cut(const struct cut *cuts, size_t count, size_t end, double x, double target, double penalty,
                           bool is_last)
{
    struct cut cut = {end, x, badness_of(x, target, penalty, is_last), -1};
    for (size_t i = 0; i < count; i++) {
        double badness = badness_of(x - cuts[i].x, target, penalty, is_last) + cuts[i].badness;
        if (badness <= cut.badness) {
            cut.badness = badness;
            cut.before = (ptrdiff_t)i;
        }
    }
    return cut;
}

static bool has_code(const struct maker *maker, uint32_t code)
{
    for (size_t i = 0; i < maker->letter_count; i++) {
        if (maker->letters[i].code == code) {
            return true;
        }
    }
    return false;
}

static double average_width(const struct maker *maker)
{
    double total = 0;
    for (size_t i = 0; i < maker->letter_count; i++) {
        total += advance_of(maker, &maker->letters[i]) * measure;
    }
    double longest = maker->wish->max_width_em * measure;
    double lines = longest > 0 ? fmax(1, ceil(total / longest)) : 1;
    return total / lines;
}

static bool put_line(struct maker *maker, size_t start, size_t end)
{
    while (start < end && is_blank(maker->letters[start].code)) {
        start++;
    }
    while (end > start && is_blank(maker->letters[end - 1].code)) {
        end--;
    }
    maker->lines[maker->line_count++] = (struct line){start, end};
    return true;
}

static bool break_lines(struct maker *maker)
{
    size_t count = maker->letter_count;
    struct cut *cuts = arena_array(maker->arena, count + 1, sizeof *cuts);
    maker->lines = arena_array(maker->arena, count + 1, sizeof *maker->lines);
    if (!cuts || !maker->lines) {
        return false;
    }
    if (maker->wish->max_width_em <= 0 && !has_code(maker, '\n')) {
        return put_line(maker, 0, count);
    }
    bool suggested = has_code(maker, 0x200b);
    double target = average_width(maker);
    double x = 0;
    size_t cut_count = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t code = maker->letters[i].code;
        x += is_blank(code) ? 0 : advance_of(maker, &maker->letters[i]) * measure;
        if (i + 1 >= count) {
            break;
        }
        uint32_t next = maker->letters[i + 1].code;
        bool ideograph = is_hangul_or_ideograph(code);
        if (may_end_line(code) || (i + 2 < count && is_hangul_or_ideograph(next))) {
            double penalty = penalty_of(code, next, ideograph && suggested);
            cuts[cut_count] = best_cut(cuts, cut_count, i + 1, x, target, penalty, false);
            cut_count++;
        }
    }
    cuts[cut_count] = best_cut(cuts, cut_count, count, x, target, 0, true);
    /* Backwards along the chosen cuts, then forwards as lines. */
    size_t *ends = arena_array(maker->arena, cut_count + 1, sizeof *ends);
    if (!ends) {
        return false;
    }
    size_t end_count = 0;
    for (ptrdiff_t i = (ptrdiff_t)cut_count; i >= 0; i = cuts[i].before) {
        ends[end_count++] = cuts[i].end;
    }
    for (size_t start = 0; end_count > 0; start = ends[end_count]) {
        end_count--;
        put_line(maker, start, ends[end_count]);
    }
    return true;
}

/* The runs of a line from left to right: rule L2 of annex 9. Returns how many. */
static size_t order_runs(const struct maker *maker, const struct line *line, size_t *order)
{
    size_t count = 0;
    int highest = 0;
    int lowest_odd = 127;
    for (size_t i = 0; i < maker->run_count; i++) {
        if (maker->runs[i].end <= line->start || maker->runs[i].start >= line->end) {
            continue;
        }
        int level = (int)maker->letters[maker->runs[i].start].level; /* 0 … 125 */
        highest = level > highest ? level : highest;
        lowest_odd = level % 2 == 1 && level < lowest_odd ? level : lowest_odd;
        order[count++] = i;
    }
    for (int level = highest; level >= lowest_odd; level--) {
        for (size_t i = 0; i < count;) {
            if (maker->letters[maker->runs[order[i]].start].level < level) {
                i++;
                continue;
            }
            size_t end = i;
            while (end < count && maker->letters[maker->runs[order[end]].start].level >= level) {
                end++;
            }
            for (size_t a = i, b = end - 1; a < b; a++, b--) {
                size_t swap = order[a];
                order[a] = order[b];
                order[b] = swap;
            }
            i = end;
        }
    }
    return count;
}

/* Places the glyphs of a line from x = 0; returns its length. */
static double place_line(const struct maker *maker, const struct line *line, const size_t *order, size_t run_count,
                         double baseline, struct text_glyph *glyphs, size_t *glyph_count)
{
    double spacing = maker->wish->letter_spacing_em;
    double x = 0;
    size_t unit = *glyph_count; /* first glyph of the cluster */
    uint32_t unit_letter = UINT32_MAX;
    for (size_t r = 0; r < run_count; r++) {
        const struct run *run = &maker->runs[order[r]];
        const struct letter *first = &maker->letters[run->start];
        for (size_t i = 0; i < run->glyph_count; i++) {
            assert(maker->shaped); /* there are glyphs */
            const struct shaped *shaped = &maker->shaped[run->first_glyph + i];
            if (shaped->letter < line->start || shaped->letter >= line->end) {
                continue;
            }
            if (shaped->letter != unit_letter) {
                x += *glyph_count > unit && unit_letter != UINT32_MAX ? spacing : 0;
                unit = *glyph_count;
                unit_letter = shaped->letter;
            }
            const struct text_section *section = &maker->sections[first->section];
            glyphs[(*glyph_count)++] = (struct text_glyph){
                .font = first->font,
                .glyph = shaped->glyph,
                .x = (float)(x + shaped->x),
                .y = (float)(baseline + shaped->y),
                .scale = (float)section->scale,
                .unit_x = unit + 1 < *glyph_count ? glyphs[unit].unit_x : (float)x,
                .mark = section->mark,
            };
            x += shaped->advance;
            for (size_t j = unit; j < *glyph_count; j++) {
                glyphs[j].unit_width = (float)(x - (double)glyphs[unit].unit_x);
            }
        }
    }
    return x;
}

static double scale_of_line(const struct maker *maker, const struct line *line)
{
    double scale = 0;
    for (size_t i = line->start; i < line->end; i++) {
        scale = fmax(scale, maker->sections[maker->letters[i].section].scale);
    }
    return scale > 0 ? scale : 1;
}

static bool place_lines(struct maker *maker, struct text_layout *out)
{
    size_t *order = arena_array(maker->arena, maker->run_count + 1, sizeof *order);
    struct text_glyph *glyphs = arena_array(maker->arena, maker->shaped_count + 1, sizeof *glyphs);
    double *lengths = arena_array(maker->arena, maker->line_count + 1, sizeof *lengths);
    size_t *ends = arena_array(maker->arena, maker->line_count + 1, sizeof *ends);
    if (!order || !glyphs || !lengths || !ends) {
        return false;
    }
    double y = 0;
    size_t count = 0;
    for (size_t i = 0; i < maker->line_count; i++) {
        double scale = scale_of_line(maker, &maker->lines[i]);
        double height = maker->wish->line_height_em * scale;
        size_t runs = order_runs(maker, &maker->lines[i], order);
        lengths[i] =
            place_line(maker, &maker->lines[i], order, runs, y + height / 2 + baseline_em * scale, glyphs, &count);
        ends[i] = count;
        out->width_em = fmax(out->width_em, lengths[i]);
        y += height;
    }
    double share = maker->wish->justify == TEXT_JUSTIFY_LEFT ? 0 : maker->wish->justify == TEXT_JUSTIFY_RIGHT ? 1 : 0.5;
    for (size_t i = 0, g = 0; i < maker->line_count; i++) {
        float shift = (float)((out->width_em - lengths[i]) * share);
        for (; g < ends[i]; g++) {
            glyphs[g].x += shift;
            glyphs[g].unit_x += shift;
        }
    }
    out->glyphs = glyphs;
    out->glyph_count = count;
    out->line_count = maker->line_count;
    out->height_em = y;
    return true;
}

bool text_layout_make(const struct text_layout_fonts *fonts, const struct text_section *sections, size_t count,
                      const struct text_wish *wish, struct arena *arena, struct text_layout *out_layout)
{
    struct maker maker = {.fonts = fonts, .sections = sections, .wish = wish, .arena = arena};
    struct text_layout layout = {0};
    if (!read_letters(&maker, count)) {
        return false;
    }
    if (maker.letter_count > 0) {
        if (!find_levels(&maker)) {
            return false;
        }
        choose_fonts(&maker);
        if (!find_runs(&maker) || !shape_runs(&maker) || !break_lines(&maker) || !place_lines(&maker, &layout)) {
            return false;
        }
    }
    *out_layout = layout;
    return true;
}
