/* SPDX-License-Identifier: MIT */
#include "style/css_color.h"

#include "unit/test.h"

#include <math.h>

static void parses_colors(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double r, g, b, a; /* r below 0: no colour */
    } cases[] = {
        {"red", 255, 0, 0, 1},
        {" RebeccaPurple ", 102, 51, 153, 1},
        {"transparent", 0, 0, 0, 0},
        {"#f0c", 255, 0, 204, 1},
        {"#F0C8", 255, 0, 204, 136 / 255.0},
        {"#ff00cc", 255, 0, 204, 1},
        {"#ff00cc80", 255, 0, 204, 128 / 255.0},
        {"rgb(1,2,3)", 1, 2, 3, 1},
        {"rgb( 1 2  3 )", 1, 2, 3, 1},
        {"rgba(1, 2, 3, .5)", 1, 2, 3, 0.5},
        {"rgb(1 2 3 / 25%)", 1, 2, 3, 0.25},
        {"rgb(100%, 50%, 0%)", 255, 127.5, 0, 1},
        {"rgb(300, -5, 1e2)", 255, 0, 100, 1},
        {"hsl(120, 100%, 50%)", 0, 255, 0, 1},
        {"hsl(120deg 100% 25% / 0.5)", 0, 127.5, 0, 0.5},
        {"hsla(-240, 100%, 50%, 1)", 0, 255, 0, 1},
        {"", -1, 0, 0, 0},
        {"#12", -1, 0, 0, 0},
        {"#12345g", -1, 0, 0, 0},
        {"rgb(1,2 3)", -1, 0, 0, 0},
        {"rgb(1 2 3 , 1)", -1, 0, 0, 0},
        {"rgb(1%, 2, 3)", -1, 0, 0, 0},
        {"rgb(1,2)", -1, 0, 0, 0},
        {"rgb(1,2,3,4,5)", -1, 0, 0, 0},
        {"hsl(120, 100, 50)", -1, 0, 0, 0},
        {"rgb(1-2, 2, 3)", -1, 0, 0, 0},
        {"rgb(1,2,3", -1, 0, 0, 0},
        {"notacolor", -1, 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct style_color color = {9, 9, 9, 9};
        bool parsed = css_color_parse(text_of(cases[i].text), &color);
        if (parsed != (cases[i].r >= 0)) {
            fail_msg("\"%s\" %s", cases[i].text, parsed ? "was taken for a colour" : "was refused");
        }
        if (parsed) {
            assert_true(fabs(color.r * 255 - cases[i].r) < 1e-9);
            assert_true(fabs(color.g * 255 - cases[i].g) < 1e-9);
            assert_true(fabs(color.b * 255 - cases[i].b) < 1e-9);
            assert_true(fabs(color.a - cases[i].a) < 1e-9);
        }
    }
}

static void every_name_is_found(void **state)
{
    (void)state;
    static const char *const names[] = {"aliceblue", "black", "gray", "grey", "yellowgreen", "white", "tomato"};
    struct style_color color;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_true(css_color_parse(text_of(names[i]), &color));
    }
}

/* Mixing ends where it should in every space, and the middle of black and white is grey. */
static void mixes_between_ends(void **state)
{
    (void)state;
    struct style_color red = {1, 0, 0, 1};
    struct style_color blue = {0, 0, 1, 0.5};
    for (int space = CSS_COLOR_RGB; space <= CSS_COLOR_LAB; space++) {
        struct style_color at_start = css_color_mix(red, blue, 0, (enum css_color_space)space);
        struct style_color at_end = css_color_mix(red, blue, 1, (enum css_color_space)space);
        assert_true(fabs(at_start.r - 1) < 1e-3 && fabs(at_start.b) < 1e-3 && fabs(at_start.a - 1) < 1e-12);
        assert_true(fabs(at_end.r) < 1e-3 && fabs(at_end.b - 1) < 1e-3 && fabs(at_end.a - 0.5) < 1e-12);
    }
    struct style_color black = {0, 0, 0, 1};
    struct style_color white = {1, 1, 1, 1};
    struct style_color rgb = css_color_mix(black, white, 0.5, CSS_COLOR_RGB);
    struct style_color lab = css_color_mix(black, white, 0.5, CSS_COLOR_LAB);
    assert_true(rgb.r == 0.5 && rgb.g == 0.5 && rgb.b == 0.5);
    /* L* 50 is the sRGB grey 119 */
    assert_true(fabs(lab.r * 255 - 119) < 1 && fabs(lab.g - lab.r) < 1e-3 && fabs(lab.b - lab.r) < 1e-3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(parses_colors), cmocka_unit_test(every_name_is_found),
                                       cmocka_unit_test(mixes_between_ends)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
