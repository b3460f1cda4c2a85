/* SPDX-License-Identifier: MIT */
#include "render/map_images.h"

#include "base/file.h"
#include "unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bench {
    char folder[64];
    struct sprite *images;
    struct style *style;
    size_t problems;
};

static void put(const struct bench *bench, const char *name, const char *content)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", bench->folder, name);
    assert_true(file_write(path, content, strlen(content), NULL));
}

static void note(void *context, const char *path, const struct error *problem)
{
    (void)path;
    assert_true(problem->english[0] != '\0');
    ((struct bench *)context)->problems++;
}

static const char style_json_text[] =
    "{\"version\":8,\"sources\":{\"s\":{\"type\":\"vector\",\"url\":\"tesela://s\"}},\"layers\":["
    "{\"id\":\"l\",\"type\":\"symbol\",\"source\":\"s\",\"source-layer\":\"s\",\"layout\":{\"icon-image\":[\"match\","
    "[\"get\",\"k\"],1,\"wide\",2,\"set:tall\",\"broken\"]}},"
    "{\"id\":\"f\",\"type\":\"fill\",\"source\":\"s\",\"source-layer\":\"s\",\"paint\":{\"fill-pattern\":\"hatch\"}}]}";

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    char set[128];
    snprintf(bench->folder, sizeof bench->folder, "/tmp/tesela-icons-XXXXXX");
    assert_non_null(mkdtemp(bench->folder));
    snprintf(set, sizeof set, "%s/set", bench->folder);
    assert_true(file_make_folder(set, NULL));
    put(bench, "wide.svg",
        "<svg xmlns='http://www.w3.org/2000/svg' width='20' height='6'><path d='M0 0h20v6h-20z'/></svg>");
    put(bench, "set/tall.svg",
        "<svg xmlns='http://www.w3.org/2000/svg' width='5' height='17'><path d='M0 0h5v17h-5z' fill='#08f'/></svg>");
    put(bench, "hatch.svg",
        "<svg xmlns='http://www.w3.org/2000/svg' width='8' height='8'><path d='M0 8L8 0' stroke='red'/></svg>");
    put(bench, "unused.svg", "<svg xmlns='http://www.w3.org/2000/svg' width='8' height='8'/>");
    put(bench, "broken.svg", "<svg");
    put(bench, "README.txt", "not an image");
    struct error err = {0};
    assert_true(style_read("test", text_of(style_json_text), &bench->style, NULL, NULL, &err));
    const struct style *style = bench->style;
    assert_true(map_images_read(bench->folder, &style, 1, note, bench, &bench->images, &err));
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", bench->folder);
    map_images_unref(bench->images);
    style_unref(bench->style);
    free(bench);
    return system(command);
}

static void files_become_images(void **state)
{
    struct bench *bench = *state;
    const struct style *style = bench->style;
    assert_int_equal(bench->problems, 1);             /* broken.svg */
    assert_int_equal(sprite_count(bench->images), 6); /* two ratios of each; not unused.svg */
    assert_non_null(sprite_find(bench->images, text_of("set:tall"), 2));
    assert_int_not_equal(map_images_wanted(&style, 1), 0);
    assert_int_equal(map_images_wanted(NULL, 0), 0);
    uint64_t before = map_images_fingerprint(bench->folder);
    put(bench, "set/more.svg", "<svg/>");
    assert_int_not_equal(before, map_images_fingerprint(bench->folder));
    assert_int_equal(map_images_fingerprint("/nonexistent"), 0);
}

/* What clients read back is what we draw with, and nothing the style does not use. */
static void a_sheet_reads_back(void **state)
{
    struct bench *bench = *state;
    for (int ratio = 1; ratio <= 2; ratio++) {
        struct buffer json;
        struct buffer png;
        struct buffer again;
        struct error err = {0};
        buffer_init(&json, 1 << 20);
        buffer_init(&png, 1 << 20);
        buffer_init(&again, 1 << 20);
        assert_true(map_images_write_sheet(bench->images, bench->style, ratio, &json, &png, &err));
        assert_true(map_images_write_sheet(bench->images, bench->style, ratio, NULL, &again, &err));
        assert_int_equal(png.length, again.length);
        assert_memory_equal(png.data, again.data, png.length);
        struct sprite *sheet = sprite_create();
        struct text index = {(const char *)json.data, json.length};
        assert_true(sprite_add_sheet(sheet, text_of(""), index, png.data, png.length, &err));
        assert_int_equal(sprite_count(sheet), 3);
        for (size_t i = 0; i < sprite_count(sheet); i++) {
            const struct sprite_image *theirs = sprite_at(sheet, i);
            const struct sprite_image *ours = sprite_find(bench->images, theirs->name, ratio);
            assert_non_null(ours);
            assert_true(theirs->pixel_ratio == ratio && theirs->width_px == ours->width_px &&
                        theirs->height_px == ours->height_px);
            for (size_t j = 0; j < (size_t)ours->width_px * ours->height_px * 4; j++) {
                assert_in_range(theirs->pixels[j] + 1, ours->pixels[j], ours->pixels[j] + 2); /* straight and back */
            }
        }
        sprite_unref(sheet);
        buffer_finish(&json);
        buffer_finish(&png);
        buffer_finish(&again);
    }
}

static void without_images_the_sheet_is_empty(void **state)
{
    struct bench *bench = *state;
    struct buffer json;
    struct buffer png;
    buffer_init(&json, 1 << 20);
    buffer_init(&png, 1 << 20);
    assert_true(map_images_write_sheet(NULL, bench->style, 1, &json, &png, NULL));
    assert_string_equal(buffer_text(&json), "{}");
    assert_true(png.length > 0);
    buffer_finish(&json);
    buffer_finish(&png);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(files_become_images, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_sheet_reads_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_images_the_sheet_is_empty, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
