/* SPDX-License-Identifier: MIT */
#include "draw/sprite.h"

#include "draw/png_encode.h"
#include "unit/test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A sheet of 8 x 4 pixels, each of a colour of its own. */
static void make_sheet(struct buffer *out_png)
{
    struct canvas *canvas = canvas_create(8, 4);
    for (uint32_t i = 0; i < 32; i++) {
        uint8_t *pixel = canvas->rgba + (size_t)i * 4;
        pixel[0] = (uint8_t)(i * 8);
        pixel[1] = (uint8_t)(255 - i);
        pixel[2] = 7;
        pixel[3] = 255;
    }
    struct png_encoder *encoder = png_encoder_create();
    buffer_init(out_png, 1 << 20);
    assert_true(png_encode(encoder, canvas, NULL, out_png, NULL));
    png_encoder_destroy(encoder);
    canvas_destroy(canvas);
}

static void a_sheet_is_cut_into_images(void **state)
{
    (void)state;
    static const char index[] =
        "{\"a\":{\"x\":1,\"y\":2,\"width\":3,\"height\":2,\"pixelRatio\":1},"
        "\"b\":{\"x\":0,\"y\":0,\"width\":8,\"height\":4,\"pixelRatio\":2,\"sdf\":true,\"stretchX\":[[1,2],[4,6]],"
        "\"content\":[1,1,7,3],\"textFitWidth\":\"stretchOnly\",\"textFitHeight\":\"proportional\"},"
        "\"beyond\":{\"x\":6,\"y\":0,\"width\":3,\"height\":1,\"pixelRatio\":1},"
        "\"nothing\":{\"x\":0,\"y\":0,\"width\":0,\"height\":1,\"pixelRatio\":1},"
        "\"falling\":{\"x\":0,\"y\":0,\"width\":8,\"height\":1,\"pixelRatio\":1,\"stretchX\":[[4,6],[1,2]]},"
        "\"negative\":{\"x\":-1,\"y\":0,\"width\":1,\"height\":1,\"pixelRatio\":1}}";
    struct buffer png;
    make_sheet(&png);
    struct sprite *sprite = sprite_create();
    assert_true(sprite_add_sheet(sprite, text_of("default"), text_of(index), png.data, png.length, NULL));
    assert_int_equal(sprite_count(sprite), 2);
    const struct sprite_image *a = sprite_find(sprite, text_of("a"), 1);
    assert_non_null(a);
    assert_int_equal(a->width_px, 3);
    assert_int_equal(a->height_px, 2);
    assert_int_equal(a->pixels[0], (2 * 8 + 1) * 8);
    assert_int_equal(a->pixels[3 * 4], (3 * 8 + 1) * 8);
    const struct sprite_image *b = sprite_find(sprite, text_of("b"), 1);
    assert_true(b->is_sdf && b->has_content);
    assert_true(b->pixel_ratio == 2 && b->stretch_x_count == 2 && b->stretch_y_count == 0);
    assert_true(b->stretch_x[1].from == 4 && b->stretch_x[1].to == 6);
    assert_true(b->content[2] == 7);
    assert_int_equal(b->text_fit_width, SPRITE_FIT_STRETCH_ONLY);
    assert_int_equal(b->text_fit_height, SPRITE_FIT_PROPORTIONAL);
    /* A second sheet under a name of its own. */
    uint64_t before = sprite_hash(sprite);
    assert_true(sprite_add_sheet(sprite, text_of("maki"), text_of(index), png.data, png.length, NULL));
    assert_int_equal(sprite_count(sprite), 4);
    assert_true(sprite_has(sprite, text_of("maki:a")));
    assert_false(sprite_has(sprite, text_of("maki")));
    assert_false(before == sprite_hash(sprite));
    sprite_remove(sprite, text_of("maki:a"));
    sprite_remove(sprite, text_of("maki:b"));
    assert_true(before == sprite_hash(sprite));
    struct error err = {0};
    assert_false(sprite_add_sheet(sprite, text_of(""), text_of("[]"), png.data, png.length, &err));
    assert_false(sprite_add_sheet(sprite, text_of(""), text_of("{}"), "no picture", 10, &err));
    assert_true(strlen(err.english) > 0);
    sprite_unref(sprite);
    buffer_finish(&png);
}

static void add_square(struct sprite *sprite, const char *name, uint32_t side, double ratio)
{
    uint8_t pixels[16 * 16 * 4] = {0};
    struct sprite_image image = {
        .name = text_of(name), .width_px = side, .height_px = side, .pixel_ratio = ratio, .pixels = pixels};
    assert_true(sprite_add_image(sprite, &image, NULL));
}

static void the_finest_needed_ratio_is_found(void **state)
{
    (void)state;
    struct sprite *sprite = sprite_create();
    add_square(sprite, "icon", 8, 2);
    add_square(sprite, "icon", 4, 1);
    add_square(sprite, "icon2", 4, 1);
    add_square(sprite, "ico", 4, 1);
    assert_int_equal(sprite_find(sprite, text_of("icon"), 1)->width_px, 4);
    assert_int_equal(sprite_find(sprite, text_of("icon"), 1.5)->width_px, 8);
    assert_int_equal(sprite_find(sprite, text_of("icon"), 2)->width_px, 8);
    assert_int_equal(sprite_find(sprite, text_of("icon"), 3)->width_px, 8);
    assert_int_equal(sprite_find(sprite, text_of("icon"), 0.5)->width_px, 4);
    assert_null(sprite_find(sprite, text_of("icons"), 1));
    assert_null(sprite_find(NULL, text_of("icon"), 1));
    add_square(sprite, "icon", 10, 2); /* takes the place of the other */
    assert_int_equal(sprite_count(sprite), 4);
    assert_int_equal(sprite_find(sprite, text_of("icon"), 2)->width_px, 10);
    struct sprite *other = sprite_ref(sprite);
    sprite_unref(sprite);
    sprite_remove(other, text_of("icon"));
    assert_int_equal(sprite_count(other), 2);
    sprite_unref(other);
}

static void a_drawing_becomes_pixels(void **state)
{
    (void)state;
    static const char svg[] = "<svg xmlns='http://www.w3.org/2000/svg' width='3.5' height='2' viewBox='0 0 3.5 2'>"
                              "<rect x='1' y='0' width='1' height='2' fill='#ff0000' fill-opacity='0.5'/></svg>";
    struct sprite *sprite = sprite_create();
    assert_true(sprite_add_svg(sprite, text_of("bar"), svg, sizeof svg - 1, NULL, NULL));
    assert_true(sprite_add_svg(sprite, text_of("bar"), svg, sizeof svg - 1, &(struct sprite_options){2, false}, NULL));
    const struct sprite_image *bar = sprite_find(sprite, text_of("bar"), 1);
    assert_int_equal(bar->width_px, 4);
    assert_int_equal(bar->height_px, 2);
    assert_int_equal(bar->pixels[3], 0);
    assert_in_range(bar->pixels[4 + 3], 127, 128);
    assert_int_equal(bar->pixels[4], bar->pixels[4 + 3]); /* premultiplied red */
    assert_int_equal(bar->pixels[4 + 1], 0);
    assert_int_equal(sprite_find(sprite, text_of("bar"), 2)->width_px, 8);
    sprite_unref(sprite);
}

/* A disc of 10 CSS pixels: the distance from its edge is known everywhere. */
static void a_drawing_becomes_a_distance_field(void **state)
{
    (void)state;
    static const char svg[] = "<svg xmlns='http://www.w3.org/2000/svg' width='10' height='10'>"
                              "<circle cx='5' cy='5' r='5' fill='#fff'/></svg>";
    struct sprite *sprite = sprite_create();
    for (int ratio = 1; ratio <= 2; ratio++) {
        const struct sprite_options options = {ratio, true};
        assert_true(sprite_add_svg(sprite, text_of("disc"), svg, sizeof svg - 1, &options, NULL));
        const struct sprite_image *disc = sprite_find(sprite, text_of("disc"), ratio);
        assert_true(disc->is_sdf);
        assert_int_equal(disc->width_px, 16 * ratio);
        for (uint32_t y = 0; y < disc->height_px; y++) {
            for (uint32_t x = 0; x < disc->width_px; x++) {
                double distance = hypot((x + 0.5) / ratio - 8, (y + 0.5) / ratio - 8) - 5;
                double wanted = 255 * (0.75 - distance / 8);
                wanted = wanted < 0 ? 0 : (wanted > 255 ? 255 : wanted);
                double found = disc->pixels[(y * disc->width_px + x) * 4 + 3];
                assert_true(fabs(found - wanted) < 4); /* an eighth of a pixel */
            }
        }
    }
    sprite_unref(sprite);
}

/* Nothing outside the drawing is read, whatever it refers to. */
static void a_drawing_reads_nothing_else(void **state)
{
    (void)state;
    const char *path = "sprite_test_secret.png";
    struct buffer png;
    make_sheet(&png);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(png.data, 1, png.length, file), png.length);
    fclose(file);
    buffer_finish(&png);
    static const char *const references[] = {"sprite_test_secret.png", "./sprite_test_secret.png", "file:%s/%s",
                                             "file://%s/%s"};
    char folder[2048];
    assert_non_null(getcwd(folder, sizeof folder));
    for (size_t i = 0; i < sizeof references / sizeof *references; i++) {
        struct buffer svg;
        buffer_init(&svg, 1 << 16);
        buffer_append_text(&svg, "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' "
                                 "width='8' height='4'><image width='8' height='4' xlink:href='");
        const char *colon = strchr(references[i], ':');
        if (colon) {
            buffer_append(&svg, references[i], (size_t)(strchr(references[i], '%') - references[i]));
            buffer_printf(&svg, "%s/%s", folder, path);
        } else {
            buffer_append_text(&svg, references[i]);
        }
        buffer_append_text(&svg, "'/></svg>");
        struct sprite *sprite = sprite_create();
        if (sprite_add_svg(sprite, text_of("spy"), svg.data, svg.length, NULL, NULL)) {
            const struct sprite_image *spy = sprite_find(sprite, text_of("spy"), 1);
            for (size_t j = 0; j < 32; j++) {
                assert_int_equal(spy->pixels[j * 4 + 3], 0);
            }
        }
        sprite_unref(sprite);
        buffer_finish(&svg);
    }
    remove(path);
}

static void bad_drawings_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "<svg", "<html/>",
                                      "<svg xmlns='http://www.w3.org/2000/svg' width='5000' height='1'/>",
                                      "<svg xmlns='http://www.w3.org/2000/svg' width='0' height='0'/>"};
    struct sprite *sprite = sprite_create();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct error err = {0};
        assert_false(sprite_add_svg(sprite, text_of("bad"), bad[i], strlen(bad[i]), NULL, &err));
        assert_true(strlen(err.english) > 0);
    }
    sprite_unref(sprite);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sheet_is_cut_into_images),   cmocka_unit_test(the_finest_needed_ratio_is_found),
        cmocka_unit_test(a_drawing_becomes_pixels),     cmocka_unit_test(a_drawing_becomes_a_distance_field),
        cmocka_unit_test(a_drawing_reads_nothing_else), cmocka_unit_test(bad_drawings_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
