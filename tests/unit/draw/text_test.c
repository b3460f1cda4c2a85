/* SPDX-License-Identifier: MIT */
#include "draw/text_engine.h"

#include "draw/font.h"
#include "draw/text_cache.h"
#include "draw/text_mask.h"
#include "unit/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct text_engine *engine_or_skip(void)
{
    struct text_engine *engine = text_engine_create();
    const struct text names[] = {text_of("Open Sans Regular")};
    assert_non_null(engine);
    if (text_engine_stack_quality(engine, text_engine_stack(engine, names, 1)) != TEXT_STACK_EXACT) {
        text_engine_destroy(engine);
        print_message("needs the fonts of the Debian packages fonts-open-sans and fonts-noto-core\n");
        skip();
    }
    return engine; /* stack 0 is Open Sans Regular */
}

static struct text_wish plain_wish(void)
{
    return (struct text_wish){.max_width_em = HUGE_VAL, .line_height_em = 1.2, .justify = TEXT_JUSTIFY_CENTER};
}

static const struct text_layout *lay_out(struct text_engine *engine, const char *string, const struct text_wish *wish)
{
    const struct text_section section = {.text = text_of(string), .scale = 1};
    const struct text_layout *layout = text_engine_layout(engine, &section, 1, wish);
    assert_non_null(layout);
    return layout;
}

/* Glyphs of each line. */
static size_t count_line(const struct text_layout *layout, size_t line)
{
    double top = layout->height_em / (double)layout->line_count * (double)line;
    double bottom = layout->height_em / (double)layout->line_count * (double)(line + 1);
    size_t count = 0;
    for (size_t i = 0; i < layout->glyph_count; i++) {
        count += (double)layout->glyphs[i].y > top && (double)layout->glyphs[i].y < bottom;
    }
    return count;
}

static void one_line(void **state)
{
    (void)state;
    struct text_engine *engine = engine_or_skip();
    struct text_wish wish = plain_wish();
    const struct text_layout *layout = lay_out(engine, "Torreón", &wish);
    assert_int_equal(layout->glyph_count, 7);
    assert_int_equal(layout->line_count, 1);
    assert_true(layout->width_em > 3 && layout->width_em < 5);
    assert_true(fabs(layout->height_em - 1.2) < 1e-9);
    for (size_t i = 1; i < layout->glyph_count; i++) {
        assert_true(layout->glyphs[i].x > layout->glyphs[i - 1].x);
        assert_true(fabsf(layout->glyphs[i].y - 0.975f) < 1e-6f); /* half a line and 0.375 em */
    }
    double width = layout->width_em;
    wish.letter_spacing_em = 0.5;
    layout = lay_out(engine, "Torreón", &wish);
    /* Spaces between letters, none after the last; kerning stays. */
    assert_true(fabs(layout->width_em - (width + 6 * 0.5)) < 1e-9);
    assert_int_equal(lay_out(engine, "", &wish)->glyph_count, 0);
    assert_int_equal(lay_out(engine, " \n ", &wish)->glyph_count, 0);
    text_engine_destroy(engine);
}

struct break_case {
    const char *text;
    double max_width_em;
    size_t lines[4]; /* glyphs, zero at the end */
};

static const struct break_case breaks[] = {
    {"Centro Histórico", 10, {16}},
    {"Centro Histórico", 5, {6, 9}},
    {"Parque Ecológico Fundadores", 10, {6 + 1 + 9, 10}},
    {"Unidad Habitacional Nazas Oriente", 8, {6, 12, 5 + 1 + 7}},
    {"Extraordinariamente", 4, {19}}, /* nowhere to break */
    {"uno\ndos y tres", 40, {3, 10}},
    {"a-b-c-d", 1, {2, 2, 2, 1}},
};

static void lines_are_balanced(void **state)
{
    (void)state;
    struct text_engine *engine = engine_or_skip();
    struct text_wish wish = plain_wish();
    for (size_t i = 0; i < sizeof breaks / sizeof *breaks; i++) {
        wish.max_width_em = breaks[i].max_width_em;
        const struct text_layout *layout = lay_out(engine, breaks[i].text, &wish);
        for (size_t line = 0; line < layout->line_count; line++) {
            assert_true(line < 4);
            assert_int_equal(count_line(layout, line), breaks[i].lines[line]);
        }
        assert_true(layout->line_count == 4 || breaks[i].lines[layout->line_count] == 0);
    }
    text_engine_destroy(engine);
}

static void lines_are_justified(void **state)
{
    (void)state;
    struct text_engine *engine = engine_or_skip();
    float first[3];
    for (int justify = 0; justify < 3; justify++) {
        struct text_wish wish = plain_wish();
        wish.justify = (enum text_justify)justify;
        const struct text_layout *layout = lay_out(engine, "una línea larga\nx", &wish);
        first[justify] = layout->glyphs[layout->glyph_count - 1].x;
        assert_true(fabsf(layout->glyphs[0].x) < 1e-6f);
    }
    assert_true(fabsf(first[TEXT_JUSTIFY_LEFT]) < 1e-6f);
    assert_true(fabsf(first[TEXT_JUSTIFY_CENTER] * 2 - first[TEXT_JUSTIFY_RIGHT]) < 1e-5f);
    assert_true(first[TEXT_JUSTIFY_RIGHT] > 5);
    text_engine_destroy(engine);
}

static void sections_have_scales_and_marks(void **state)
{
    (void)state;
    struct text_engine *engine = engine_or_skip();
    struct text_wish wish = plain_wish();
    const struct text_section sections[] = {{.text = text_of("Ab"), .scale = 1, .mark = 7},
                                            {.text = text_of("cd"), .scale = 2, .mark = 9}};
    const struct text_layout *layout = text_engine_layout(engine, sections, 2, &wish);
    assert_int_equal(layout->glyph_count, 4);
    assert_int_equal(layout->glyphs[0].mark, 7);
    assert_int_equal(layout->glyphs[3].mark, 9);
    assert_true(layout->glyphs[3].scale == 2.0f);
    assert_true(fabs(layout->height_em - 2.4) < 1e-9);                     /* the higher section makes the line */
    assert_true(fabsf(layout->glyphs[0].y - layout->glyphs[3].y) < 1e-6f); /* on one baseline */
    text_engine_destroy(engine);
}

static void right_to_left(void **state)
{
    (void)state;
    struct text_engine *engine = engine_or_skip();
    struct text_wish wish = plain_wish();
    uint32_t letters[3];
    static const char *const hebrew[] = {"א", "ב", "ג"};
    for (int i = 0; i < 3; i++) {
        const struct text_layout *layout = lay_out(engine, hebrew[i], &wish);
        assert_int_equal(layout->glyph_count, 1);
        letters[i] = layout->glyphs[0].glyph;
        assert_int_not_equal(letters[i], 0);
    }
    const struct text_layout *layout = lay_out(engine, "אבג", &wish);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(layout->glyphs[i].glyph, letters[2 - i]); /* the first letter is the rightmost */
    }
    /* Latin around Hebrew: only the Hebrew turns. */
    layout = lay_out(engine, "ab אבג 12", &wish);
    assert_int_equal(layout->glyph_count, 9);
    assert_int_equal(layout->glyphs[3].glyph, lay_out(engine, "1", &wish)->glyphs[0].glyph);
    text_engine_destroy(engine);
}

static void accents_ride_with_their_letter(void **state)
{
    (void)state;
    struct text_engine *engine = engine_or_skip();
    struct text_wish wish = plain_wish();
    uint32_t composed = lay_out(engine, "ñ", &wish)->glyphs[0].glyph;
    const struct text_layout *layout = lay_out(engine, "n\xcc\x83", &wish); /* n and a combining tilde */
    if (layout->glyph_count == 1) {
        assert_int_equal(layout->glyphs[0].glyph, composed);
    }
    layout = lay_out(engine, "x\xcc\xad\xcc\x83y", &wish); /* marks that no glyph holds composed */
    for (size_t i = 0; i + 1 < layout->glyph_count; i++) {
        assert_true(layout->glyphs[i].unit_x == layout->glyphs[0].unit_x);
        assert_true(layout->glyphs[i].unit_width == layout->glyphs[0].unit_width);
    }
    assert_true(layout->glyphs[layout->glyph_count - 1].unit_x > 0);
    text_engine_destroy(engine);
}

static void missing_characters_are_boxes(void **state)
{
    (void)state;
    struct text_engine *engine = engine_or_skip();
    struct text_wish wish = plain_wish();
    const struct text_layout *layout = lay_out(engine,
                                               "a\xf4\x8f\xbf\xbd"
                                               "b",
                                               &wish); /* U+10FFFD, private use */
    assert_int_equal(layout->glyph_count, 3);
    assert_int_equal(layout->glyphs[1].glyph, 0);
    assert_int_equal(text_engine_missing_characters(engine), 1);
    layout = lay_out(engine,
                     "a\xff\xfe"
                     "b",
                     &wish); /* not UTF-8: replacement characters, no failure */
    assert_true(layout->glyph_count >= 2);
    text_engine_destroy(engine);
}

static void stacks_say_how_they_were_found(void **state)
{
    (void)state;
    struct text_engine *engine = engine_or_skip();
    struct text exact[] = {text_of("Nowhere Bold"), text_of("Open Sans Bold")};
    struct text nearest[] = {text_of("Open Sans Black")};
    struct text nothing[] = {text_of("Nowhere Bold")};
    uint32_t stack = text_engine_stack(engine, exact, 2);
    assert_int_equal(text_engine_stack_quality(engine, stack), TEXT_STACK_EXACT);
    assert_int_equal(text_engine_stack(engine, exact, 2), stack);
    assert_non_null(strstr(text_engine_stack_font(engine, stack), "Bold"));
    stack = text_engine_stack(engine, nearest, 1);
    assert_int_equal(text_engine_stack_quality(engine, stack), TEXT_STACK_NEAREST);
    stack = text_engine_stack(engine, nothing, 1);
    assert_int_equal(text_engine_stack_quality(engine, stack), TEXT_STACK_SUBSTITUTED);
    assert_non_null(strstr(text_engine_stack_font(engine, stack), "Bold"));
    text_engine_destroy(engine);
}

/* Black text on white at (x, y) of a canvas. */
static void paint(struct text_engine *engine, struct canvas *canvas, const char *string, const struct text_ink *ink,
                  int64_t x_256, int64_t y_256, double turn)
{
    struct text_wish wish = plain_wish();
    const struct text_layout *layout = lay_out(engine, string, &wish);
    assert_true(text_engine_begin(engine, canvas, 0, 0, (int32_t)canvas->width_px, (int32_t)canvas->height_px));
    for (size_t i = 0; i < layout->glyph_count; i++) {
        const struct text_glyph *glyph = &layout->glyphs[i];
        int64_t x = x_256 + (int64_t)floor((double)glyph->x * ink->size_px * 256);
        if (turn != 0) {
            text_engine_add_turned(engine, glyph->font, glyph->glyph, 1, ink, x, y_256, cos(turn), sin(turn));
        } else {
            text_engine_add(engine, glyph->font, glyph->glyph, 1, ink, x, y_256);
        }
    }
    text_engine_end(engine, canvas, (struct pixel){0, 0, 0, 255});
}

static struct canvas *painted(struct text_engine *engine, const char *string, const struct text_ink *ink, int64_t x_256,
                              int64_t y_256, double turn)
{
    struct canvas *canvas = canvas_create(160, 80);
    canvas_clear(canvas, (struct pixel){255, 255, 255, 255});
    paint(engine, canvas, string, ink, x_256, y_256, turn);
    return canvas;
}

static int darkness(const struct canvas *canvas, uint32_t x, uint32_t y)
{
    return 255 - canvas->rgba[((size_t)y * canvas->width_px + x) * 4];
}

/* Pixels of full ink. */
static double inked_area(const struct canvas *canvas)
{
    double sum = 0;
    for (uint32_t y = 0; y < canvas->height_px; y++) {
        for (uint32_t x = 0; x < canvas->width_px; x++) {
            sum += darkness(canvas, x, y);
        }
    }
    return sum / 255;
}

static void whole_pixels_move_the_bytes(void **state)
{
    (void)state;
    struct text_engine *engine = engine_or_skip();
    for (int halo = 0; halo < 3; halo++) {
        const struct text_ink ink = {13, halo, halo == 2 ? 1 : 0};
        for (int turned = 0; turned < 2; turned++) {
            struct canvas *a = painted(engine, "Ñandú", &ink, 10 * 256 + 77, 40 * 256 + 99, turned * 0.7);
            struct canvas *b = painted(engine, "Ñandú", &ink, 53 * 256 + 77, 45 * 256 + 99, turned * 0.7);
            assert_true(inked_area(a) > 50);
            for (uint32_t y = 0; y < 70; y++) {
                assert_memory_equal(a->rgba + (size_t)y * 640, b->rgba + (size_t)(y + 5) * 640 + 43 * 4, 100 * 4);
            }
            canvas_destroy(a);
            canvas_destroy(b);
        }
    }
    text_engine_destroy(engine);
}

/* A fresh engine and one with full caches paint the same. */
static void caches_do_not_show(void **state)
{
    (void)state;
    struct text_engine *used = engine_or_skip();
    static const struct text_ink inks[] = {{9, 0, 0}, {13, 1.5, 0}, {22, 2, 1}, {31.3, 0, 0}, {12.7, 2.25, 0.5}};
    for (int round = 0; round < 60; round++) {
        const struct text_ink *ink = &inks[round % 5];
        double turn = round % 3 == 2 ? round * 0.1 : 0;
        struct text_engine *fresh = engine_or_skip();
        struct canvas *a = painted(used, "Río Güemes", ink, 5 * 256 + round * 37, 40 * 256 + round * 11, turn);
        struct canvas *b = painted(fresh, "Río Güemes", ink, 5 * 256 + round * 37, 40 * 256 + round * 11, turn);
        assert_memory_equal(a->rgba, b->rgba, (size_t)160 * 80 * 4);
        canvas_destroy(a);
        canvas_destroy(b);
        text_engine_destroy(fresh);
    }
    text_engine_destroy(used);
}

static void accents_are_drawn(void **state)
{
    (void)state;
    struct text_engine *engine = engine_or_skip();
    const struct text_ink ink = {32, 0, 0};
    static const char *const pairs[][2] = {{"n", "ñ"}, {"a", "á"}, {"U", "Ü"}, {"N", "Ñ"}};
    for (size_t i = 0; i < 4; i++) {
        struct canvas *plain = painted(engine, pairs[i][0], &ink, 20 * 256, 60 * 256, 0);
        struct canvas *accented = painted(engine, pairs[i][1], &ink, 20 * 256, 60 * 256, 0);
        assert_true(inked_area(accented) > inked_area(plain) + 8);
        canvas_destroy(plain);
        canvas_destroy(accented);
    }
    text_engine_destroy(engine);
}

/* A bar, U+2014, is a rectangle: its halo is known. */
static void halos_have_their_width(void **state)
{
    (void)state;
    struct text_engine *engine = engine_or_skip();
    const struct text_ink bare = {32, 0, 0};
    const struct text_ink wide = {32, 3, 0};
    struct canvas *bar = painted(engine, "—", &bare, 40 * 256, 40 * 256, 0);
    struct canvas *halo = painted(engine, "—", &wide, 40 * 256, 40 * 256, 0);
    double bar_height = 0;
    double halo_height = 0;
    double bar_width = 0;
    double halo_width = 0;
    uint32_t middle = 0;
    for (uint32_t y = 0; y < 80; y++) {
        bar_height += darkness(bar, 56, y) / 255.0;
        halo_height += darkness(halo, 56, y) / 255.0;
        middle = darkness(bar, 56, y) > 200 ? y : middle;
    }
    for (uint32_t x = 0; x < 160; x++) {
        bar_width += darkness(bar, x, middle) / 255.0;
        halo_width += darkness(halo, x, middle) / 255.0;
    }
    assert_true(fabs(halo_height - bar_height - 6) < 0.05);
    assert_true(fabs(halo_width - bar_width - 6) < 0.05);
    /* Round corners: the area of a rectangle, its four sides and a circle. */
    double expected = bar_width * bar_height + 6 * (bar_width + bar_height) + 9 * 3.14159265358979;
    assert_true(fabs(inked_area(halo) - expected) < 1.0);
    canvas_destroy(bar);
    canvas_destroy(halo);
    text_engine_destroy(engine);
}

static void turned_ink_keeps_its_area(void **state)
{
    (void)state;
    struct text_engine *engine = engine_or_skip();
    for (int i = 0; i < 8; i++) {
        const struct text_ink ink = {28, i % 2 * 2, 0};
        struct canvas *upright = painted(engine, "R", &ink, 60 * 256, 45 * 256, 0);
        struct canvas *turned = painted(engine, "R", &ink, 60 * 256, 45 * 256, 0.4 + i * 0.7);
        assert_true(fabs(inked_area(upright) / inked_area(turned) - 1) < 0.01);
        canvas_destroy(upright);
        canvas_destroy(turned);
    }
    text_engine_destroy(engine);
}

static void masks_are_cut_at_the_edges(void **state)
{
    (void)state;
    struct text_engine *engine = engine_or_skip();
    const struct text_ink ink = {40, 2, 0};
    static const int64_t places[][2] = {{-30, 20}, {150, 20}, {60, 2}, {60, 95}, {-500, -500}, {5000, 5000}};
    for (size_t i = 0; i < 6; i++) {
        struct canvas *canvas = painted(engine, "Águila", &ink, places[i][0] * 256, places[i][1] * 256, 0);
        canvas_destroy(canvas); /* the sanitizers look on */
    }
    struct canvas *small = canvas_create(3, 3);
    assert_false(text_engine_begin(engine, small, 5, 0, 9, 9));
    assert_false(text_engine_begin(engine, small, 0, 0, 0, 9));
    canvas_destroy(small);
    text_engine_destroy(engine);
}

static void overlaps_count_once(void **state)
{
    (void)state;
    struct text_mask mask = {0};
    struct canvas *canvas = canvas_create(20, 4);
    uint8_t half[9 * 2];
    memset(half, 128, sizeof half);
    canvas_clear(canvas, (struct pixel){255, 255, 255, 255});
    assert_true(text_mask_begin(&mask, 2, 1, 17, 2));
    text_mask_add(&mask, half, 9, 2, 0, 0, true); /* cut at the left and the top */
    text_mask_add(&mask, half, 9, 2, 4, 1, true);
    text_mask_paint(&mask, canvas, (struct pixel){0, 0, 0, 255});
    assert_int_equal(darkness(canvas, 1, 1), 0);
    assert_int_equal(darkness(canvas, 2, 0), 0);
    assert_int_equal(darkness(canvas, 2, 1), 128);
    assert_int_equal(darkness(canvas, 5, 1), 128);
    assert_int_equal(darkness(canvas, 12, 2), 128);
    assert_int_equal(darkness(canvas, 13, 2), 0);
    /* Letters that touch fill the pixel between them. */
    assert_true(text_mask_begin(&mask, 0, 0, 20, 4));
    text_mask_add(&mask, half, 9, 2, 0, 0, false);
    text_mask_add(&mask, half, 9, 2, 8, 0, false);
    text_mask_paint(&mask, canvas, (struct pixel){0, 0, 0, 255});
    assert_int_equal(darkness(canvas, 8, 0), 255);
    text_mask_finish(&mask);
    canvas_destroy(canvas);
}

static void cache_is_bounded(void **state)
{
    (void)state;
    struct text_cache *cache = text_cache_create(4096);
    for (uint32_t i = 0; i < 1000; i++) {
        uint32_t *value = text_cache_put(cache, &i, sizeof i, 100);
        assert_non_null(value);
        *value = i * 3;
        assert_true(text_cache_bytes(cache) <= 4096);
        uint32_t first = 0;
        assert_true(i < 10 || i > 20 || text_cache_find(cache, &first, sizeof first)); /* kept by being asked for */
    }
    uint32_t key = 999;
    uint32_t *found = text_cache_find(cache, &key, sizeof key);
    assert_non_null(found);
    assert_int_equal(*found, 2997);
    key = 5;
    assert_null(text_cache_find(cache, &key, sizeof key));
    text_cache_destroy(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_line),
        cmocka_unit_test(lines_are_balanced),
        cmocka_unit_test(lines_are_justified),
        cmocka_unit_test(sections_have_scales_and_marks),
        cmocka_unit_test(right_to_left),
        cmocka_unit_test(accents_ride_with_their_letter),
        cmocka_unit_test(missing_characters_are_boxes),
        cmocka_unit_test(stacks_say_how_they_were_found),
        cmocka_unit_test(whole_pixels_move_the_bytes),
        cmocka_unit_test(caches_do_not_show),
        cmocka_unit_test(accents_are_drawn),
        cmocka_unit_test(halos_have_their_width),
        cmocka_unit_test(turned_ink_keeps_its_area),
        cmocka_unit_test(masks_are_cut_at_the_edges),
        cmocka_unit_test(overlaps_count_once),
        cmocka_unit_test(cache_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
