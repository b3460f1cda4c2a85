/* SPDX-License-Identifier: MIT */
#include "draw/text_words.h"

#include "draw/text_cache.h"
#include "draw/text_script.h"

#include <assert.h>
#include <hb-aat.h>
#include <hb-ot.h>
#include <hb.h>
#include <stdlib.h>
#include <string.h>

enum { WORD_BYTES_MAX = 4 << 20, WORD_LETTERS_MAX = 62, STYLES_MAX = 256 };

/* A style seen before. */
struct known_style {
    struct text_word_style style;
    bool may_split;
};

struct text_words {
    struct text_cache *cache;
    hb_buffer_t *buffer;
    struct known_style styles[STYLES_MAX];
    size_t style_count;
    struct text_word_glyph *glyphs; /* of the text being shaped */
    size_t glyph_count;
    size_t glyph_capacity;
};

struct word_key {
    uint64_t style; /* number */
    uint32_t codes[WORD_LETTERS_MAX];
};

struct word {
    size_t count;
    struct text_word_glyph glyphs[]; /* letters counted from the start of the word */
};

struct text_words *text_words_create(void)
{
    struct text_words *words = calloc(1, sizeof *words);
    if (!words) {
        return NULL;
    }
    words->cache = text_cache_create(WORD_BYTES_MAX);
    words->buffer = hb_buffer_create();
    if (!words->cache || !hb_buffer_allocation_successful(words->buffer)) {
        text_words_destroy(words);
        return NULL;
    }
    return words;
}

void text_words_destroy(struct text_words *words)
{
    if (!words) {
        return;
    }
    text_cache_destroy(words->cache);
    hb_buffer_destroy(words->buffer);
    free(words->glyphs);
    free(words);
}

/* ---- Which fonts take no notice of blanks ---- */

/* Spaced letters do not grow together. */
static const hb_feature_t apart[] = {{HB_TAG('l', 'i', 'g', 'a'), 0, 0, (unsigned)-1},
                                     {HB_TAG('c', 'l', 'i', 'g'), 0, 0, (unsigned)-1}};

static unsigned feature_count(const struct text_word_style *style)
{
    return style->is_spaced ? sizeof apart / sizeof *apart : 0;
}

static hb_segment_properties_t properties_of(const struct text_word_style *style)
{
    hb_segment_properties_t properties = HB_SEGMENT_PROPERTIES_DEFAULT;
    properties.direction = style->is_rtl ? HB_DIRECTION_RTL : HB_DIRECTION_LTR;
    properties.script = (hb_script_t)style->script;
    properties.language = hb_language_from_string("es", 2);
    return properties;
}

/* True when a rule of the table that applies to such text has the blank in it. */
static bool has_rule_with(hb_face_t *face, hb_shape_plan_t *plan, hb_tag_t table, hb_codepoint_t blank)
{
    hb_set_t *lookups = hb_set_create();
    hb_set_t *glyphs = hb_set_create();
    bool found = false;
    hb_codepoint_t lookup = HB_SET_VALUE_INVALID;
    hb_ot_shape_plan_collect_lookups(plan, table, lookups);
    while (!found && hb_set_next(lookups, &lookup)) {
        hb_set_clear(glyphs);
        hb_ot_layout_lookup_collect_glyphs(face, table, lookup, glyphs, glyphs, glyphs, NULL);
        found = hb_set_has(glyphs, blank) || !hb_set_allocation_successful(glyphs);
    }
    found = found || !hb_set_allocation_successful(lookups);
    hb_set_destroy(lookups);
    hb_set_destroy(glyphs);
    return found;
}

static unsigned number_at(const unsigned char *bytes)
{
    return (unsigned)bytes[0] << 8 | bytes[1];
}

/* Looks for the blank in the old table of pairs ("kern", version 0); true also when it cannot tell. */
static bool has_pair_with(const unsigned char *table, size_t size, hb_codepoint_t blank)
{
    enum { TABLE_HEAD = 4, PART_HEAD = 14, PAIR = 6 };
    if (size < TABLE_HEAD || number_at(table) != 0) {
        return size > 0;
    }
    unsigned parts = number_at(table + 2);
    size_t at = TABLE_HEAD;
    for (unsigned i = 0; i < parts; i++) {
        bool is_list = size >= PART_HEAD && at <= size - PART_HEAD && table[at + 4] == 0;
        size_t pairs = is_list ? number_at(table + at + 6) : 0;
        if (!is_list || pairs * PAIR > size - PART_HEAD - at) {
            return true;
        }
        at += PART_HEAD;
        for (size_t j = 0; j < pairs; j++, at += PAIR) {
            if (number_at(table + at) == blank || number_at(table + at + 2) == blank) {
                return true;
            }
        }
    }
    return false;
}

/* The old table of pairs is read where the new one has none for the script. */
static bool is_kerned_the_old_way(hb_face_t *face, const hb_segment_properties_t *properties, hb_codepoint_t blank)
{
    hb_tag_t scripts[HB_OT_MAX_TAGS_PER_SCRIPT];
    hb_tag_t languages[HB_OT_MAX_TAGS_PER_LANGUAGE];
    unsigned script_count = HB_OT_MAX_TAGS_PER_SCRIPT;
    unsigned language_count = HB_OT_MAX_TAGS_PER_LANGUAGE;
    unsigned script = 0;
    unsigned language = 0;
    unsigned feature = 0;
    hb_tag_t chosen;
    hb_ot_tags_from_script_and_language(properties->script, properties->language, &script_count, scripts,
                                        &language_count, languages);
    hb_ot_layout_table_select_script(face, HB_OT_TAG_GPOS, script_count, scripts, &script, &chosen);
    hb_ot_layout_script_select_language(face, HB_OT_TAG_GPOS, script, language_count, languages, &language);
    if (hb_ot_layout_language_find_feature(face, HB_OT_TAG_GPOS, script, language, HB_TAG('k', 'e', 'r', 'n'),
                                           &feature)) {
        return false;
    }
    hb_blob_t *table = hb_face_reference_table(face, HB_TAG('k', 'e', 'r', 'n'));
    unsigned size = 0;
    const char *bytes = hb_blob_get_data(table, &size);
    bool found = has_pair_with((const unsigned char *)bytes, size, blank);
    hb_blob_destroy(table);
    return found;
}

static bool find_may_split(const struct text_word_style *style)
{
    hb_face_t *face = hb_font_get_face(style->font);
    hb_codepoint_t blank = 0;
    hb_segment_properties_t properties = properties_of(style);
    /* Runs from right to left would have to be put together backwards. */
    if (style->is_rtl || !hb_font_get_nominal_glyph(style->font, ' ', &blank) || hb_aat_layout_has_substitution(face) ||
        hb_aat_layout_has_positioning(face) || hb_aat_layout_has_tracking(face) ||
        is_kerned_the_old_way(face, &properties, blank)) {
        return false;
    }
    hb_shape_plan_t *plan = hb_shape_plan_create_cached(face, &properties, apart, feature_count(style), NULL);
    bool found = has_rule_with(face, plan, HB_OT_TAG_GSUB, blank) || has_rule_with(face, plan, HB_OT_TAG_GPOS, blank);
    hb_shape_plan_destroy(plan);
    return !found;
}

/* The style's number; STYLES_MAX: too many. */
static size_t style_number_of(struct text_words *words, const struct text_word_style *style)
{
    for (size_t i = 0; i < words->style_count; i++) {
        const struct text_word_style *known = &words->styles[i].style;
        if (known->font == style->font && known->script == style->script && known->is_rtl == style->is_rtl &&
            known->is_spaced == style->is_spaced) {
            return i;
        }
    }
    if (words->style_count == STYLES_MAX) {
        return STYLES_MAX;
    }
    words->styles[words->style_count] = (struct known_style){*style, find_may_split(style)};
    return words->style_count++;
}

bool text_words_may_split(struct text_words *words, const struct text_word_style *style)
{
    size_t number = style_number_of(words, style);
    return number < STYLES_MAX && words->styles[number].may_split;
}

/* ---- Shaping ---- */

static bool reserve(struct text_words *words, size_t more)
{
    size_t wanted = words->glyph_count + more;
    if (wanted <= words->glyph_capacity) {
        return true;
    }
    size_t larger = wanted * 2 + 64;
    void *grown = realloc(words->glyphs, larger * sizeof *words->glyphs);
    if (!grown) {
        return false;
    }
    words->glyphs = grown;
    words->glyph_capacity = larger;
    return true;
}

/* Adds the glyphs of codes[start … end) as HarfBuzz finds them. */
static bool shape(struct text_words *words, const struct text_word_style *style, const uint32_t *codes, size_t count,
                  size_t start, size_t end)
{
    hb_buffer_t *buffer = words->buffer;
    hb_segment_properties_t properties = properties_of(style);
    hb_buffer_clear_contents(buffer);
    hb_buffer_set_cluster_level(buffer, HB_BUFFER_CLUSTER_LEVEL_MONOTONE_GRAPHEMES);
    hb_buffer_add_utf32(buffer, codes, (int)count, (unsigned)start, (int)(end - start));
    hb_buffer_set_segment_properties(buffer, &properties);
    hb_shape(style->font, buffer, apart, feature_count(style));
    unsigned shaped = 0;
    const hb_glyph_info_t *infos = hb_buffer_get_glyph_infos(buffer, &shaped);
    const hb_glyph_position_t *positions = hb_buffer_get_glyph_positions(buffer, &shaped);
    if (!hb_buffer_allocation_successful(buffer) || !reserve(words, shaped)) {
        return false;
    }
    for (unsigned i = 0; i < shaped; i++) {
        words->glyphs[words->glyph_count++] = (struct text_word_glyph){
            infos[i].codepoint, infos[i].cluster, positions[i].x_advance, positions[i].x_offset, positions[i].y_offset};
    }
    return true;
}

/* The same, kept. */
static bool shape_word(struct text_words *words, size_t style, const uint32_t *codes, size_t start, size_t end)
{
    struct word_key key;
    size_t length = end - start;
    size_t key_size = offsetof(struct word_key, codes) + length * sizeof *codes;
    key.style = style;
    memcpy(key.codes, codes + start, length * sizeof *codes);
    struct word *word = text_cache_find(words->cache, &key, key_size);
    if (!word) {
        size_t first = words->glyph_count;
        if (!shape(words, &words->styles[style].style, key.codes, length, 0, length)) {
            return false;
        }
        size_t count = words->glyph_count - first;
        word = text_cache_put(words->cache, &key, key_size, sizeof *word + count * sizeof *word->glyphs);
        if (!word) {
            return false;
        }
        word->count = count;
        memcpy(word->glyphs, words->glyphs + first, count * sizeof *word->glyphs);
        words->glyph_count = first;
    }
    if (!reserve(words, word->count)) {
        return false;
    }
    for (size_t i = 0; i < word->count; i++) {
        struct text_word_glyph glyph = word->glyphs[i];
        glyph.letter += (uint32_t)start;
        words->glyphs[words->glyph_count++] = glyph;
    }
    return true;
}

/* Marks would hang on the blank. */
static bool has_marked_blank(const uint32_t *codes, size_t start, size_t end)
{
    for (size_t i = start + 1; i < end; i++) {
        if (codes[i - 1] == ' ' && text_joins_previous(codes[i])) {
            return true;
        }
    }
    return false;
}

/* What stands beside a run may have a say in how its ends look; blanks have none. */
static bool is_edge(const uint32_t *codes, size_t count, size_t at)
{
    return at == 0 || at == count || text_is_blank(codes[at - 1]) || text_is_blank(codes[at]);
}

const struct text_word_glyph *text_words_shape(struct text_words *words, const struct text_word_style *style,
                                               const uint32_t *codes, size_t count, size_t start, size_t end,
                                               size_t *out_count)
{
    size_t number = style_number_of(words, style);
    bool splits = number < STYLES_MAX && words->styles[number].may_split && !has_marked_blank(codes, start, end);
    bool is_kept = number < STYLES_MAX && is_edge(codes, count, start) && is_edge(codes, count, end);
    bool ok = reserve(words, 1); /* never NULL */
    words->glyph_count = 0;
    for (size_t from = start; ok && from < end;) {
        size_t to = splits ? from + 1 : end;
        while (to < end && codes[from] != ' ' && codes[to] != ' ') {
            to++;
        }
        ok = is_kept && to - from <= WORD_LETTERS_MAX ? shape_word(words, number, codes, from, to)
                                                      : shape(words, style, codes, count, from, to);
        from = to;
    }
    *out_count = words->glyph_count;
    return ok ? words->glyphs : NULL;
}
