/* SPDX-License-Identifier: MIT */
/* Words shaped one by one and texts measured by their words are what HarfBuzz makes of the whole. */
#include "draw/font.h"
#include "draw/text_engine.h"
#include "draw/text_words.h"
#include "unit/test.h"

#include <hb-ot.h>
#include <hb.h>
#include <math.h>
#include <stdio.h>

static const char *const families[] = {"Open Sans Regular", "Open Sans Bold",    "Open Sans Condensed Bold",
                                       "Noto Sans Regular", "Noto Sans Italic",  "DejaVu Sans Book",
                                       "DejaVu Sans Bold",  "Noto Serif Regular"};
static const char *const texts[] = {"Avenida Toledo 17",
                                    "AV To Yo WA . , T. V, fi ffi fl 1 1",
                                    "  dos  blancos ",
                                    "Ávila Camacho y Prol. de la 5ª",
                                    "Calle «16 de Septiembre» (norte)",
                                    "Жуков Улица 7",
                                    "un\xc2\xa0"
                                    "blanco duro",
                                    "e\xcc\x81 \xcc\x81 suelto"};

static size_t read_codes(const char *string, uint32_t *codes)
{
    struct text text = text_of(string);
    size_t count = 0;
    for (size_t at = 0; at < text.length;) {
        codes[count++] = text_next_code_point(text, &at);
    }
    return count;
}

static struct font_face *open_font(const char *name)
{
    const struct font_list *fonts = font_list_get(NULL);
    bool exact = false;
    uint32_t font = fonts ? font_list_find(fonts, text_of(name), &exact) : FONT_NONE;
    return exact ? font_face_open(fonts, font, NULL) : NULL;
}

static void compare(struct text_words *words, const struct text_word_style *style, const uint32_t *codes, size_t count)
{
    static const hb_feature_t apart[] = {{HB_TAG('l', 'i', 'g', 'a'), 0, 0, (unsigned)-1},
                                         {HB_TAG('c', 'l', 'i', 'g'), 0, 0, (unsigned)-1}};
    hb_buffer_t *buffer = hb_buffer_create();
    hb_buffer_set_cluster_level(buffer, HB_BUFFER_CLUSTER_LEVEL_MONOTONE_GRAPHEMES);
    hb_buffer_add_utf32(buffer, codes, (int)count, 0, (int)count);
    hb_buffer_set_direction(buffer, HB_DIRECTION_LTR);
    hb_buffer_set_script(buffer, (hb_script_t)style->script);
    hb_buffer_set_language(buffer, hb_language_from_string("es", 2));
    hb_shape(style->font, buffer, apart, style->is_spaced ? 2 : 0);
    unsigned whole = 0;
    const hb_glyph_info_t *infos = hb_buffer_get_glyph_infos(buffer, &whole);
    const hb_glyph_position_t *positions = hb_buffer_get_glyph_positions(buffer, &whole);
    size_t found = 0;
    const struct text_word_glyph *glyphs = text_words_shape(words, style, codes, count, 0, count, &found);
    assert_non_null(glyphs);
    assert_int_equal(found, whole);
    for (unsigned i = 0; i < whole; i++) {
        assert_int_equal(glyphs[i].glyph, infos[i].codepoint);
        assert_int_equal(glyphs[i].letter, infos[i].cluster);
        assert_int_equal(glyphs[i].advance, positions[i].x_advance);
        assert_int_equal(glyphs[i].x, positions[i].x_offset);
        assert_int_equal(glyphs[i].y, positions[i].y_offset);
    }
    hb_buffer_destroy(buffer);
}

static void words_are_shaped_as_the_whole(void **state)
{
    (void)state;
    size_t split = 0;
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        struct font_face *face = open_font(families[i]);
        struct text_words *words = text_words_create();
        assert_non_null(words);
        for (size_t j = 0; face && j < 4 * sizeof texts / sizeof *texts; j++) {
            uint32_t codes[64];
            size_t count = read_codes(texts[j / 4], codes);
            struct text_word_style style = {.font = font_face_shaper(face),
                                            .script = codes[0] >= 0x400 ? HB_SCRIPT_CYRILLIC : HB_SCRIPT_LATIN,
                                            .is_spaced = j % 2 == 1};
            compare(words, &style, codes, count); /* twice: as made, and as kept */
            split += text_words_may_split(words, &style);
        }
        text_words_destroy(words);
        font_face_close(face);
    }
    if (split == 0) {
        print_message("none of the fonts is installed\n");
        skip();
    }
}

/* A run in the middle of letters that it hangs together with is not taken for one that stands alone. */
static void neighbours_have_a_say(void **state)
{
    (void)state;
    struct font_face *face = open_font("Noto Sans Arabic Regular");
    if (!face) {
        print_message("needs the Debian package fonts-noto-core\n");
        skip();
    }
    struct text_words *words = text_words_create();
    assert_non_null(words);
    const uint32_t codes[] = {0x628, 0x628, 0x628, ' ', 0x628};
    struct text_word_style style = {
        .font = font_face_shaper(face), .script = HB_SCRIPT_ARABIC, .is_rtl = true, .is_spaced = false};
    size_t count = 0;
    uint32_t alone = text_words_shape(words, &style, codes, 5, 4, 5, &count)->glyph;
    uint32_t medial = text_words_shape(words, &style, codes, 5, 1, 2, &count)->glyph;
    assert_int_not_equal(alone, medial);
    assert_int_equal(text_words_shape(words, &style, codes, 5, 4, 5, &count)->glyph, alone);
    text_words_destroy(words);
    font_face_close(face);
}

static struct text_wish wish_of(double max_width_em)
{
    return (struct text_wish){
        .max_width_em = max_width_em, .line_height_em = 1.2, .justify = TEXT_JUSTIFY_CENTER, .size_px = 13};
}

static bool is_measured(struct text_engine *engine, uint32_t stack, const char *string, double max_width_em,
                        double scale)
{
    const struct text_section section = {.text = text_of(string), .stack = stack, .scale = scale};
    const struct text_wish wish = wish_of(max_width_em);
    struct text_size size;
    if (!text_engine_measure(engine, &section, &wish, &size)) {
        return false;
    }
    const struct text_layout *layout = text_engine_layout(engine, &section, 1, &wish);
    assert_non_null(layout);
    assert_true(layout->glyph_count > 0);
    assert_true(fabs(layout->width_em - size.width_em) < 1e-9);
    assert_true(fabs(layout->height_em - size.height_em) < 1e-9);
    for (size_t i = 0; i < layout->glyph_count; i++) {
        double left = (double)layout->glyphs[i].unit_x;
        assert_true(left > -1e-5 && left + (double)layout->glyphs[i].unit_width < size.width_em + 1e-5);
    }
    return true;
}

static void texts_are_measured_as_they_are_set(void **state)
{
    (void)state;
    static const char *const pieces[] = {"Farmacia", "Guadalupe", "de",  "la",    "123",   "Av.",
                                         "Ñuñoa",    "y",         "T&V", "Hijos", "WAVE,", "5ª"};
    static const double widths[] = {0.5, 3, 5, 8, 10, 40, HUGE_VAL};
    struct text_engine *engine = text_engine_create();
    assert_non_null(engine);
    size_t measured = 0;
    uint32_t seed = 7;
    for (size_t i = 0; i < 4000; i++) {
        char string[256] = "";
        size_t length = 0;
        size_t count = 1 + i % 7;
        for (size_t j = 0; j < count; j++) {
            seed = seed * 1664525 + 1013904223;
            length += (size_t)snprintf(string + length, sizeof string - length, "%s%s", j > 0 ? " " : "",
                                       pieces[(seed >> 16) % (sizeof pieces / sizeof *pieces)]);
        }
        const struct text name = text_of(families[i % (sizeof families / sizeof *families)]);
        measured += is_measured(engine, text_engine_stack(engine, &name, 1), string,
                                widths[i % (sizeof widths / sizeof *widths)], i % 3 == 0 ? 0.8 : 1);
    }
    if (text_engine_stack_font(engine, 0)[0] == '\0') {
        text_engine_destroy(engine);
        skip();
    }
    assert_true(measured > 1000);
    /* Not what is more than words and blanks. */
    static const char *const others[] = {"",     " ",    "a ",        " a",  "a  b",
                                         "a\nb", "a-b",  "(a) b",     "a&b", "a\xc2\xa0tronco",
                                         "بب",   "中文", "e\xcc\x81", "a\tb"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_false(is_measured(engine, 0, others[i], 5, 1));
    }
    text_engine_destroy(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_shaped_as_the_whole),
        cmocka_unit_test(neighbours_have_a_say),
        cmocka_unit_test(texts_are_measured_as_they_are_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
