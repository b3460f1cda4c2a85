/* SPDX-License-Identifier: MIT */
#include "draw/image_paint.h"

#include "unit/test.h"

#include <math.h>
#include <string.h>

enum { SIDE = 6 };

/* Opaque, every pixel of a colour of its own. */
static void fill_image(uint8_t *pixels)
{
    for (size_t i = 0; i < SIDE * SIDE; i++) {
        pixels[i * 4] = (uint8_t)(i * 7);
        pixels[i * 4 + 1] = (uint8_t)(255 - i * 5);
        pixels[i * 4 + 2] = (uint8_t)(i * i % 251);
        pixels[i * 4 + 3] = 255;
    }
}

static struct sprite_image image_of(const uint8_t *pixels)
{
    return (struct sprite_image){
        .name = {"t", 1}, .width_px = SIDE, .height_px = SIDE, .pixel_ratio = 1, .pixels = pixels};
}

static const uint8_t *pixel_at(const struct canvas *canvas, uint32_t x, uint32_t y)
{
    return canvas->rgba + ((size_t)y * canvas->width_px + x) * 4;
}

static void an_aligned_image_is_copied(void **state)
{
    (void)state;
    uint8_t pixels[SIDE * SIDE * 4];
    fill_image(pixels);
    struct sprite_image image = image_of(pixels);
    for (int filter = 0; filter < 2; filter++) {
        struct canvas *canvas = canvas_create(20, 20);
        canvas_clear(canvas, (struct pixel){1, 2, 3, 255});
        image_paint(canvas, &image, &(struct image_matrix){1, 0, 0, 1, 5, 7}, (enum image_filter)filter, 1);
        for (uint32_t y = 0; y < 20; y++) {
            for (uint32_t x = 0; x < 20; x++) {
                bool inside = x >= 5 && x < 5 + SIDE && y >= 7 && y < 7 + SIDE;
                static const uint8_t ground[4] = {1, 2, 3, 255};
                const uint8_t *wanted = inside ? pixels + ((y - 7) * SIDE + x - 5) * 4 : ground;
                assert_memory_equal(pixel_at(canvas, x, y), wanted, 4);
            }
        }
        canvas_destroy(canvas);
    }
}

/* A quarter turn moves whole pixels; nothing is mixed. */
static void a_turned_image_is_turned(void **state)
{
    (void)state;
    uint8_t pixels[SIDE * SIDE * 4];
    fill_image(pixels);
    struct sprite_image image = image_of(pixels);
    struct canvas *canvas = canvas_create(SIDE, SIDE);
    image_paint(canvas, &image, &(struct image_matrix){0, 1, -1, 0, SIDE, 0}, IMAGE_SMOOTH, 1);
    for (uint32_t y = 0; y < SIDE; y++) {
        for (uint32_t x = 0; x < SIDE; x++) {
            assert_memory_equal(pixel_at(canvas, SIDE - 1 - y, x), pixels + (y * SIDE + x) * 4, 4);
        }
    }
    canvas_destroy(canvas);
}

static void half_a_pixel_is_half_of_both(void **state)
{
    (void)state;
    static const uint8_t white[4] = {255, 255, 255, 255};
    struct sprite_image dot = {.name = {"d", 1}, .width_px = 1, .height_px = 1, .pixel_ratio = 1, .pixels = white};
    struct canvas *canvas = canvas_create(4, 3);
    image_paint(canvas, &dot, &(struct image_matrix){1, 0, 0, 1, 1.5, 1}, IMAGE_SMOOTH, 1);
    assert_int_equal(pixel_at(canvas, 0, 1)[3], 0);
    assert_in_range(pixel_at(canvas, 1, 1)[3], 127, 128);
    assert_in_range(pixel_at(canvas, 2, 1)[3], 127, 128);
    assert_int_equal(pixel_at(canvas, 3, 1)[3], 0);
    canvas_clear(canvas, (struct pixel){0, 0, 0, 0});
    image_paint(canvas, &dot, &(struct image_matrix){1, 0, 0, 1, 1, 1}, IMAGE_SMOOTH, 0.25);
    assert_int_equal(pixel_at(canvas, 1, 1)[0], 64);
    canvas_destroy(canvas);
}

static void odd_matrices_do_no_harm(void **state)
{
    (void)state;
    uint8_t pixels[SIDE * SIDE * 4];
    fill_image(pixels);
    struct sprite_image image = image_of(pixels);
    struct canvas *canvas = canvas_create(5, 5);
    const struct image_matrix matrices[] = {
        {0, 0, 0, 0, 0, 0},          {1, 1, 1, 1, 0, 0},         {NAN, 0, 0, 1, 0, 0},    {1, 0, 0, 1, INFINITY, 0},
        {1, 0, 0, 1, 1e300, -1e300}, {1e200, 0, 0, 1e200, 0, 0}, {-1e9, 0, 0, 1e9, 3, -4}};
    for (size_t i = 0; i < sizeof matrices / sizeof *matrices; i++) {
        image_paint(canvas, &image, &matrices[i], IMAGE_SMOOTH, 1);
    }
    canvas_destroy(canvas);
}

/* A field that falls by 32 a pixel from 192 at its left edge … 0: a straight outline at x = 0. */
static void a_field_is_sharp_at_its_edge(void **state)
{
    (void)state;
    enum { WIDTH = 12, HEIGHT = 4 };
    uint8_t field[WIDTH * HEIGHT];
    for (int y = 0; y < HEIGHT; y++) {
        for (int x = 0; x < WIDTH; x++) {
            double value = 192 - (x + 0.5 - 6) * 32; /* the edge is in the middle */
            field[y * WIDTH + x] = (uint8_t)(value > 255 ? 255 : (value < 0 ? 0 : value));
        }
    }
    struct canvas *canvas = canvas_create(WIDTH, HEIGHT);
    struct image_sdf_ink ink = {.color = {0, 0, 0, 1}, .opacity = 1, .scale = 1, .pixel_ratio = 1};
    struct image_field whole = {field, WIDTH, HEIGHT};
    image_paint_field(canvas, &whole, &(struct image_matrix){1, 0, 0, 1, 0, 0}, &ink);
    assert_int_equal(pixel_at(canvas, 4, 1)[3], 255);
    assert_int_equal(pixel_at(canvas, 7, 1)[3], 0);
    /* The pixel centre inside the edge is half a pixel off: 208 of 255, on the ramp of ±0.105 around 0.75. */
    double t = (208 / 255.0 - 0.75 + 0.105) / 0.21;
    assert_in_range(pixel_at(canvas, 5, 1)[3], 255 * t * t * (3 - 2 * t) - 3, 255 * t * t * (3 - 2 * t) + 3);
    /* A halo of two pixels: full one pixel outside, gone at three, and nothing inside. */
    canvas_clear(canvas, (struct pixel){0, 0, 0, 0});
    ink.is_halo = true;
    ink.halo_width_px = 2;
    image_paint_field(canvas, &whole, &(struct image_matrix){1, 0, 0, 1, 0, 0}, &ink);
    assert_int_equal(pixel_at(canvas, 2, 1)[3], 0);
    assert_int_equal(pixel_at(canvas, 6, 1)[3], 255);
    assert_int_equal(pixel_at(canvas, 9, 1)[3], 0);
    canvas_destroy(canvas);
}

/* Zones 2 … 4 of 6 pixels: the corners stay as they are, the middle grows. */
static void only_the_zones_are_stretched(void **state)
{
    (void)state;
    uint8_t pixels[SIDE * SIDE * 4];
    for (size_t i = 0; i < SIDE * SIDE; i++) {
        bool middle_x = i % SIDE >= 2 && i % SIDE < 4;
        bool middle_y = i / SIDE >= 2 && i / SIDE < 4;
        const uint8_t color[4] = {middle_x ? 200 : (uint8_t)(i % SIDE * 20), middle_y ? 100 : (uint8_t)(i / SIDE * 20),
                                  9, 255};
        memcpy(pixels + i * 4, color, 4);
    }
    struct sprite_image image = image_of(pixels);
    const struct sprite_zone zone = {2, 4};
    image.stretch_x = &zone;
    image.stretch_x_count = 1;
    image.stretch_y = &zone;
    image.stretch_y_count = 1;
    struct canvas *canvas = canvas_create(20, 12);
    /* The box is the whole image's here, as there is no content box. */
    struct image_box box = {2, 1, 18, 11};
    image_paint_stretched(canvas, &image, &box, 1, &(struct image_matrix){1, 0, 0, 1, 0, 0}, IMAGE_SMOOTH, 1, NULL);
    static const uint8_t nothing[4] = {0};
    assert_memory_equal(pixel_at(canvas, 1, 5), nothing, 4);
    assert_memory_equal(pixel_at(canvas, 18, 5), nothing, 4);
    assert_memory_equal(pixel_at(canvas, 2, 1), pixels, 4);
    assert_memory_equal(pixel_at(canvas, 17, 1), pixels + 5 * 4, 4);
    assert_memory_equal(pixel_at(canvas, 2, 10), pixels + 30 * 4, 4);
    assert_memory_equal(pixel_at(canvas, 9, 6), pixels + (2 * SIDE + 2) * 4, 4);
    assert_memory_equal(pixel_at(canvas, 9, 1), pixels + 2 * 4, 4);
    /* With a content box, the box is the content's and the border lies around it. */
    image.has_content = true;
    memcpy(image.content, (double[4]){2, 2, 4, 4}, sizeof image.content);
    canvas_clear(canvas, (struct pixel){0, 0, 0, 0});
    box = (struct image_box){5, 4, 15, 8};
    image_paint_stretched(canvas, &image, &box, 1, &(struct image_matrix){1, 0, 0, 1, 0, 0}, IMAGE_SMOOTH, 1, NULL);
    assert_memory_equal(pixel_at(canvas, 3, 2), pixels, 4);
    assert_memory_equal(pixel_at(canvas, 2, 2), nothing, 4);
    assert_memory_equal(pixel_at(canvas, 16, 9), pixels + 35 * 4, 4);
    assert_memory_equal(pixel_at(canvas, 17, 9), nothing, 4);
    assert_memory_equal(pixel_at(canvas, 10, 6), pixels + (2 * SIDE + 2) * 4, 4);
    canvas_destroy(canvas);
}

/* A row is the same whether it is made at once or from pieces that start elsewhere. */
static void patterns_have_no_seam(void **state)
{
    (void)state;
    uint8_t pixels[SIDE * SIDE * 4];
    fill_image(pixels);
    struct sprite_image image = image_of(pixels);
    uint8_t whole[64 * 4];
    uint8_t part[64 * 4];
    const double steps[] = {1, 0.5, 2, 0.75};
    for (size_t i = 0; i < 4; i++) {
        double start = steps[i] / 2 - 100 * SIDE * steps[i];
        image_repeat_row(&image, start, 2.5, steps[i], 64, whole);
        image_repeat_row(&image, start, 2.5 + 6 * SIDE, steps[i], 24, part);
        image_repeat_row(&image, start + 24 * steps[i] - 3 * SIDE, 2.5 - SIDE, steps[i], 40, part + 24 * 4);
        assert_memory_equal(whole, part, sizeof whole);
    }
    image_repeat_row(&image, 0.5, 0.5, 1, SIDE, whole);
    assert_memory_equal(whole, pixels, SIDE * 4);
    struct pixel between = image_repeat_at(&image, 0, 0.5); /* between the last and the first column */
    assert_int_equal(between.r, (pixels[0] + pixels[(SIDE - 1) * 4] + 1) / 2);
}

static void proportional_boxes_keep_the_shape(void **state)
{
    (void)state;
    struct sprite_image image = {.has_content = true, .content = {0, 0, 20, 10}};
    struct image_box box = {-5, -5, 5, 5};
    struct image_box same = image_text_fit_box(&image, box);
    assert_memory_equal(&same, &box, sizeof box);
    image.text_fit_height = SPRITE_FIT_PROPORTIONAL;
    image.text_fit_width = SPRITE_FIT_STRETCH_ONLY;
    struct image_box wide = image_text_fit_box(&image, box);
    assert_true(wide.left == -10 && wide.right == 10 && wide.top == -5 && wide.bottom == 5);
    box.right = 45;
    wide = image_text_fit_box(&image, box);
    assert_true(wide.left == -5 && wide.right == 45);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_aligned_image_is_copied),   cmocka_unit_test(a_turned_image_is_turned),
        cmocka_unit_test(half_a_pixel_is_half_of_both), cmocka_unit_test(odd_matrices_do_no_harm),
        cmocka_unit_test(a_field_is_sharp_at_its_edge), cmocka_unit_test(only_the_zones_are_stretched),
        cmocka_unit_test(patterns_have_no_seam),        cmocka_unit_test(proportional_boxes_keep_the_shape),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
