/* SPDX-License-Identifier: MIT */
#include "draw/font.h"

#include "draw/glyph.h"
#include "unit/test.h"

#include <string.h>

struct name_case {
    const char *wanted;
    const char *found; /* NULL: no such family */
    bool exact;
};

static const struct name_case names[] = {
    {"Open Sans Regular", "Open Sans Regular", true},
    {"Open Sans", "Open Sans Regular", true},
    {"open sans semibold", "Open Sans Semibold", true},
    {"OpenSans-BoldItalic", "Open Sans Bold Italic", true},
    {"Open Sans Light Italic", "Open Sans Light Italic", true},
    {"Open Sans Black", "Open Sans Extrabold", false},
    {"Noto Sans Bold", "Noto Sans Bold", true},
    {"Noto Sans Regular", "Noto Sans Regular", true},
    {"Noto Sans Italic", "Noto Sans Italic", true},
    {"Metropolis Semi Bold", NULL, false},
};

static const struct font_list *fonts_or_skip(void)
{
    struct error err = {0};
    const struct font_list *list = font_list_get(&err);
    bool exact = false;
    if (!list || font_list_find(list, text_of("Open Sans Regular"), &exact) == FONT_NONE || !exact ||
        font_list_find(list, text_of("Noto Sans Regular"), &exact) == FONT_NONE || !exact) {
        print_message("needs the fonts of the Debian packages fonts-open-sans and fonts-noto-core\n");
        skip();
    }
    return list;
}

/* Full names differ in little between versions of a font: blanks and "Regular". */
static void assert_called(const char *name, const char *wanted)
{
    while (*name || *wanted) {
        while (*name == ' ' || *name == '-') {
            name++;
        }
        while (*wanted == ' ') {
            wanted++;
        }
        if (strcmp(wanted, "Regular") == 0 && *name == '\0') {
            return;
        }
        assert_int_equal(*name | 32, *wanted | 32);
        name += *name != '\0';
        wanted += *wanted != '\0';
    }
}

static void names_of_styles_are_found(void **state)
{
    (void)state;
    const struct font_list *list = fonts_or_skip();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        bool exact = false;
        uint32_t font = font_list_find(list, text_of(names[i].wanted), &exact);
        assert_int_equal(exact, names[i].exact);
        if (names[i].found) {
            assert_called(font_list_name(list, font), names[i].found);
        } else {
            assert_int_equal(font, FONT_NONE);
        }
    }
}

static void substitutes_keep_weight_and_slant(void **state)
{
    (void)state;
    const struct font_list *list = fonts_or_skip();
    assert_called(font_list_name(list, font_list_substitute(list, text_of("Metropolis Bold"))), "Open Sans Bold");
    assert_called(font_list_name(list, font_list_substitute(list, text_of("Roboto Medium Italic"))),
                  "Open Sans Italic");
    assert_called(font_list_name(list, font_list_substitute(list, text_of(""))), "Open Sans Regular");
}

static void other_scripts_come_from_other_fonts(void **state)
{
    (void)state;
    const struct font_list *list = fonts_or_skip();
    bool exact;
    uint32_t latin = font_list_find(list, text_of("Open Sans Bold"), &exact);
    assert_true(font_list_has(list, latin, 0xf1));    /* ñ */
    assert_false(font_list_has(list, latin, 0x0928)); /* Devanagari na */
    uint32_t other = font_list_with(list, latin, 0x0928);
    assert_int_not_equal(other, FONT_NONE);
    assert_true(font_list_has(list, other, 0x0928));
    assert_non_null(strstr(font_list_name(list, other), "Bold"));
    assert_int_equal(font_list_with(list, latin, 0x10ffff), FONT_NONE);
}

static void damaged_numbers_are_refused(void **state)
{
    (void)state;
    struct error err = {0};
    const struct font_list *list = font_list_get(&err);
    assert_non_null(list);
    assert_null(font_face_open(list, FONT_NONE, &err));
    assert_int_equal(err.kind, ERROR_NOT_FOUND);
    assert_false(font_list_has(list, FONT_NONE, 'a'));
    assert_string_equal(font_list_name(list, FONT_NONE), "");
    font_face_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_styles_are_found),
        cmocka_unit_test(substitutes_keep_weight_and_slant),
        cmocka_unit_test(other_scripts_come_from_other_fonts),
        cmocka_unit_test(damaged_numbers_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
