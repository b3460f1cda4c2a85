/* SPDX-License-Identifier: MIT */
#include "draw/glyph_pbf.h"

#include "base/file.h"
#include "draw/font.h"
#include "draw/glyph.h"
#include "unit/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void need_fonts(void)
{
    const struct font_list *list = font_list_get(NULL);
    bool exact = false;
    if (!list || font_list_find(list, text_of("Noto Sans Regular"), &exact) == FONT_NONE || !exact ||
        font_list_find(list, text_of("Open Sans Semibold"), &exact) == FONT_NONE || !exact) {
        print_message("needs the fonts of the Debian packages fonts-open-sans and fonts-noto-core\n");
        skip();
    }
}

/* Ranges made here, as a server would hand them out. */
static bool load_made(void *context, struct text stack, uint32_t start, struct buffer *out)
{
    size_t *asked = context;
    ++*asked;
    return start < 0x3000 && glyph_pbf_write(stack, start, out, NULL, NULL);
}

/* The share of the em's square that is inside the outline: the field above 192, softly, against the area the raster
 * fills exactly. */
static void glyphs_have_the_area_of_their_outline(void **state)
{
    (void)state;
    need_fonts();
    const struct font_list *list = font_list_get(NULL);
    bool exact;
    uint32_t font = font_list_find(list, text_of("Noto Sans Regular"), &exact);
    struct font_face *face = font_face_open(list, font, NULL);
    size_t asked = 0;
    struct glyph_ranges *ranges = glyph_ranges_create(load_made, &asked);
    struct glyph_path path = {0};
    struct raster *raster = raster_create(GLYPH_SIDE_MAX_PX, GLYPH_SIDE_MAX_PX);
    static const char letters[] = "AaBgMiXñÑéöß8&@";
    size_t position = 0;
    while (position < sizeof letters - 1) {
        uint32_t code_point = text_next_code_point((struct text){letters, sizeof letters - 1}, &position);
        const struct glyph_sdf *glyph = glyph_ranges_find(ranges, text_of("Noto Sans Regular"), code_point);
        assert_non_null(glyph);
        assert_non_null(glyph->bitmap);
        double field_area = 0;
        size_t size = (size_t)(glyph->width_px + 6) * (glyph->height_px + 6);
        for (size_t i = 0; i < size; i++) {
            double inside = (glyph->bitmap[i] - 191.5) / 32 + 0.5; /* pixels, an edge of one pixel */
            field_area += inside > 0 ? (inside < 1 ? inside : 1) : 0;
        }
        unsigned number = font_face_glyph(face, code_point);
        struct glyph_transform upright = {.scale = 24.0 / font_face_units(face), .cosine = 1};
        assert_true(glyph_path_read(&path, face, number, &upright));
        struct glyph_box box = glyph_box_of(&path, 1);
        uint8_t *coverage = calloc((size_t)box.width * (size_t)box.height, 1);
        glyph_fill(&path, &box, raster, coverage);
        double area = 0;
        for (int32_t i = 0; i < box.width * box.height; i++) {
            area += coverage[i] / 255.0;
        }
        free(coverage);
        assert_true(fabs(area - field_area) < 0.03 * area + 0.5);
        /* The border is far from the outline. */
        assert_true(glyph->bitmap[0] < 160);
    }
    assert_int_equal(asked, 1);
    assert_null(glyph_ranges_find(ranges, text_of("Noto Sans Regular"), 0x10ffff));
    assert_null(glyph_ranges_find(ranges, text_of("Noto Sans Regular"), 0x3005));
    assert_null(glyph_ranges_find(ranges, text_of("Noto Sans Regular"), 0x3006));
    assert_int_equal(asked, 2);
    raster_destroy(raster);
    glyph_path_finish(&path);
    font_face_close(face);
    glyph_ranges_destroy(ranges);
}

static void the_space_moves_the_pen(void **state)
{
    (void)state;
    need_fonts();
    size_t asked = 0;
    struct glyph_ranges *ranges = glyph_ranges_create(load_made, &asked);
    const struct glyph_sdf *space = glyph_ranges_find(ranges, text_of("Open Sans Semibold,Noto Sans Regular"), ' ');
    assert_non_null(space);
    assert_null(space->bitmap);
    assert_in_range(space->advance_px, 5, 8);
    /* No such font: a plain one, so that a client's map is never without text. */
    assert_non_null(glyph_ranges_find(ranges, text_of("There Is No Such Font"), 'x'));
    glyph_ranges_destroy(ranges);
}

struct comparison {
    struct glyph_ranges *ours;
    struct text stack;
    size_t compared;
    size_t other_metrics;
    double difference; /* sum over pixels */
    double pixels;
    int worst;
};

static void compare_glyph(void *context, const struct glyph_sdf *theirs)
{
    struct comparison *comparison = context;
    const struct glyph_sdf *ours = glyph_ranges_find(comparison->ours, comparison->stack, theirs->code_point);
    if (!ours || !theirs->bitmap) {
        return;
    }
    comparison->compared++;
    /* They cut advances off where we round them; another version of the font is wider here and there. */
    if (!ours->bitmap || ours->width_px != theirs->width_px || ours->height_px != theirs->height_px ||
        ours->left_px != theirs->left_px || ours->top_px != theirs->top_px ||
        abs((int)ours->advance_px - (int)theirs->advance_px) > 1) {
        comparison->other_metrics++;
        return;
    }
    size_t size = (size_t)(ours->width_px + 6) * (ours->height_px + 6);
    for (size_t i = 0; i < size; i++) {
        int difference = abs(ours->bitmap[i] - theirs->bitmap[i]);
        comparison->difference += difference;
        comparison->worst = difference > comparison->worst ? difference : comparison->worst;
    }
    comparison->pixels += (double)size;
}

/* Files of another maker, where the shared fixtures are at hand. */
static void ranges_agree_with_those_of_others(void **state)
{
    (void)state;
    need_fonts();
    const char *shared = getenv("TESELA_SHARED");
    char path[1024];
    snprintf(path, sizeof path, "%s/conformance/render/assets/glyphs/Noto Sans Regular/0-255.pbf",
             shared ? shared : "../shared");
    struct buffer bytes;
    if (!file_read(path, 1 << 20, &bytes, NULL)) {
        print_message("needs the conformance fixtures\n");
        skip();
    }
    size_t asked = 0;
    struct comparison comparison = {.ours = glyph_ranges_create(load_made, &asked),
                                    .stack = text_of("Noto Sans Regular")};
    assert_true(glyph_pbf_read(bytes.data, bytes.length, compare_glyph, &comparison, NULL));
    print_message("%zu glyphs, %zu with other metrics, mean difference %.2f, worst %d\n", comparison.compared,
                  comparison.other_metrics, comparison.difference / comparison.pixels, comparison.worst);
    assert_true(comparison.compared > 150);
    assert_true(comparison.other_metrics * 5 < comparison.compared);
    assert_true(comparison.difference / comparison.pixels < 2);
    glyph_ranges_destroy(comparison.ours);
    buffer_finish(&bytes);
}

static void count_glyph(void *context, const struct glyph_sdf *glyph)
{
    (void)glyph;
    ++*(size_t *)context;
}

static void broken_files_are_refused(void **state)
{
    (void)state;
    size_t count = 0;
    struct error err = {0};
    assert_true(glyph_pbf_read("", 0, count_glyph, &count, NULL));
    assert_false(glyph_pbf_read("\x0a\x05\x1a", 3, count_glyph, &count, &err));
    assert_true(strlen(err.english) > 0);
    /* A glyph whose bitmap is too short keeps its advance only. */
    static const uint8_t glyph[] = {0x0a, 13, 0x1a, 11, 0x08, 65, 0x12, 1, 9, 0x18, 1, 0x20, 1, 0x38, 7};
    assert_true(glyph_pbf_read(glyph, sizeof glyph, count_glyph, &count, NULL));
    assert_int_equal(count, 1);
    struct buffer out;
    buffer_init(&out, 1 << 20);
    assert_false(glyph_pbf_write(text_of("Open Sans"), 17, &out, NULL, &err));
    assert_false(glyph_pbf_write(text_of("Open Sans"), 65536, &out, NULL, &err));
    buffer_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(glyphs_have_the_area_of_their_outline),
        cmocka_unit_test(the_space_moves_the_pen),
        cmocka_unit_test(ranges_agree_with_those_of_others),
        cmocka_unit_test(broken_files_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
