/* SPDX-License-Identifier: MIT */
#include "draw/png_encode.h"

#include "unit/draw/shapes.h"
#include "unit/test.h"

#include <png.h>

static struct buffer encode(struct png_encoder *encoder, const struct canvas *canvas, const struct png_options *options)
{
    struct buffer out;
    struct error err = {0};
    buffer_init(&out, 1 << 26);
    if (!png_encode(encoder, canvas, options, &out, &err)) {
        fail_msg("%s", err.english);
    }
    return out;
}

/* The straight pixels of a file, by libpng's own reader. */
static uint8_t *read_by_libpng(const struct buffer *file, uint32_t *out_width, uint32_t *out_height)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    assert_true(png_image_begin_read_from_memory(&image, file->data, file->length));
    image.format = PNG_FORMAT_RGBA;
    uint8_t *pixels = malloc(PNG_IMAGE_SIZE(image));
    assert_non_null(pixels);
    assert_true(png_image_finish_read(&image, NULL, pixels, 0, NULL));
    assert_int_equal(image.warning_or_error, 0);
    *out_width = image.width;
    *out_height = image.height;
    return pixels;
}

static uint8_t straight(uint8_t component, uint8_t alpha)
{
    return (uint8_t)(alpha == 0 ? 0 : (component * 510 + alpha) / (2 * alpha));
}

/* A file holds the pixels exactly: by libpng's reader straight, by ours premultiplied again. */
static void check_round_trip(const struct canvas *canvas, const struct buffer *file)
{
    uint32_t width;
    uint32_t height;
    uint8_t *pixels = read_by_libpng(file, &width, &height);
    assert_int_equal(width, canvas->width_px);
    assert_int_equal(height, canvas->height_px);
    for (size_t i = 0; i < (size_t)width * height; i++) {
        uint8_t alpha = canvas->rgba[i * 4 + 3];
        assert_int_equal(pixels[i * 4 + 3], alpha);
        for (size_t j = 0; j < 3; j++) {
            assert_int_equal(pixels[i * 4 + j], straight(canvas->rgba[i * 4 + j], alpha));
        }
    }
    free(pixels);
    struct canvas *decoded = NULL;
    struct error err = {0};
    if (!png_decode(file->data, file->length, &decoded, &err)) {
        fail_msg("%s", err.english);
    }
    assert_memory_equal(decoded->rgba, canvas->rgba, (size_t)width * height * 4);
    canvas_destroy(decoded);
}

static int bit_depth_of(const struct buffer *file)
{
    return file->data[24];
}

static int color_type_of(const struct buffer *file)
{
    return file->data[25];
}

static void fill_with_colors(struct canvas *canvas, int colors, bool translucent, uint64_t seed)
{
    for (size_t i = 0; i < (size_t)canvas->width_px * canvas->height_px; i++) {
        int32_t index = i < (size_t)colors ? (int32_t)i : shapes_between(&seed, 0, colors - 1);
        uint8_t alpha = (uint8_t)(translucent ? 255 - index % 200 : 255);
        uint8_t *pixel = canvas->rgba + i * 4;
        pixel[0] = (uint8_t)(index * 7 % (alpha + 1));
        pixel[1] = (uint8_t)(index / 256 % (alpha + 1));
        pixel[2] = (uint8_t)(index % 256 % (alpha + 1));
        pixel[3] = alpha;
    }
}

/* Each number of colours takes the smallest kind of picture that holds it, and comes back exactly. */
static void kinds_of_pictures(void **state)
{
    (void)state;
    struct {
        int colors;
        bool translucent;
        int bit_depth;
        int color_type;
    } cases[] = {
        {1, false, 1, PNG_COLOR_TYPE_PALETTE},  {2, false, 1, PNG_COLOR_TYPE_PALETTE},
        {3, true, 2, PNG_COLOR_TYPE_PALETTE},   {4, false, 2, PNG_COLOR_TYPE_PALETTE},
        {5, false, 4, PNG_COLOR_TYPE_PALETTE},  {16, true, 4, PNG_COLOR_TYPE_PALETTE},
        {17, false, 8, PNG_COLOR_TYPE_PALETTE}, {256, false, 8, PNG_COLOR_TYPE_PALETTE},
        {200, true, 8, PNG_COLOR_TYPE_PALETTE}, {257, false, 8, PNG_COLOR_TYPE_RGB},
        {2000, false, 8, PNG_COLOR_TYPE_RGB},   {2000, true, 8, PNG_COLOR_TYPE_RGB_ALPHA},
    };
    uint32_t sizes[][2] = {{64, 64}, {61, 67}, {2500, 1}, {1, 2500}};
    struct png_encoder *encoder = png_encoder_create();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (size_t j = 0; j < 4; j++) {
            struct canvas *canvas = canvas_create(sizes[j][0], sizes[j][1]);
            fill_with_colors(canvas, cases[i].colors, cases[i].translucent, i * 4 + j);
            struct buffer file = encode(encoder, canvas, NULL);
            assert_int_equal(bit_depth_of(&file), cases[i].bit_depth);
            assert_int_equal(color_type_of(&file), cases[i].color_type);
            check_round_trip(canvas, &file);
            buffer_finish(&file);
            canvas_destroy(canvas);
        }
    }
    png_encoder_destroy(encoder);
}

static void uniform_tiles_are_tiny(void **state)
{
    (void)state;
    struct png_encoder *encoder = png_encoder_create();
    struct pixel pixels[] = {{255, 255, 255, 255}, {0, 0, 0, 0}, {170, 211, 223, 255}, {30, 20, 10, 40}};
    for (size_t i = 0; i < 4; i++) {
        for (uint32_t side = 256; side <= 512; side *= 2) {
            struct canvas *canvas = canvas_create(side, side);
            canvas_clear(canvas, pixels[i]);
            struct buffer file = encode(encoder, canvas, NULL);
            assert_in_range(file.length, 60, 149);
            check_round_trip(canvas, &file);
            buffer_finish(&file);
            canvas_destroy(canvas);
        }
    }
    png_encoder_destroy(encoder);
}

/* The same pixels give the same bytes: from an encoder that has worked before and from a new one, at every level. */
static void equal_pixels_give_equal_bytes(void **state)
{
    (void)state;
    struct png_encoder *used = png_encoder_create();
    struct canvas *canvas = canvas_create(97, 83);
    for (int colors = 3; colors < 3000; colors *= 10) {
        for (int level = 0; level <= 13; level++) {
            struct png_options options = {.level = level};
            fill_with_colors(canvas, colors, true, (uint64_t)colors);
            struct png_encoder *fresh = png_encoder_create();
            struct buffer first = encode(used, canvas, &options);
            struct buffer second = encode(fresh, canvas, &options);
            assert_int_equal(first.length, second.length);
            assert_memory_equal(first.data, second.data, first.length);
            check_round_trip(canvas, &first);
            buffer_finish(&first);
            buffer_finish(&second);
            png_encoder_destroy(fresh);
        }
    }
    canvas_destroy(canvas);
    png_encoder_destroy(used);
    png_encoder_destroy(NULL);
}

static const unsigned char *find_bytes(const struct buffer *file, const char *bytes, size_t size)
{
    for (size_t i = 0; i + size <= file->length; i++) {
        if (memcmp(file->data + i, bytes, size) == 0) {
            return file->data + i;
        }
    }
    return NULL;
}

static void text_travels_along(void **state)
{
    (void)state;
    struct png_encoder *encoder = png_encoder_create();
    struct canvas *canvas = canvas_create(8, 8);
    struct png_options ascii = {.text = "Fuente: INEGI"};
    struct buffer file = encode(encoder, canvas, &ascii);
    assert_non_null(find_bytes(&file, "tEXtDescription\0Fuente: INEGI", 29));
    check_round_trip(canvas, &file);
    buffer_finish(&file);
    struct png_options accents = {.text = "Población de Torreón"};
    file = encode(encoder, canvas, &accents);
    assert_non_null(find_bytes(&file, "iTXtDescription\0\0\0\0\0Poblaci\xc3\xb3n", 29));
    check_round_trip(canvas, &file);
    buffer_finish(&file);
    struct png_options nothing = {.text = ""};
    file = encode(encoder, canvas, &nothing);
    assert_null(find_bytes(&file, "Description", 11));
    buffer_finish(&file);
    canvas_destroy(canvas);
    png_encoder_destroy(encoder);
}

static void failures_leave_the_output(void **state)
{
    (void)state;
    struct png_encoder *encoder = png_encoder_create();
    struct canvas *canvas = canvas_create(64, 64);
    struct canvas *nothing = canvas_create(0, 5);
    struct buffer out;
    struct error err = {0};
    fill_with_colors(canvas, 3000, false, 1);
    buffer_init(&out, 300);
    buffer_append_text(&out, "before");
    assert_false(png_encode(encoder, canvas, NULL, &out, &err));
    assert_int_equal(err.kind, ERROR_TOO_LARGE);
    assert_int_equal(out.length, 6);
    assert_false(png_encode(encoder, nothing, NULL, &out, &err));
    assert_int_equal(err.kind, ERROR_INVALID);
    buffer_finish(&out);
    canvas_destroy(nothing);
    canvas_destroy(canvas);
    png_encoder_destroy(encoder);
}

/* Cut short or damaged anywhere, a file is refused or decoded, never more. */
static void damaged_files(void **state)
{
    (void)state;
    struct png_encoder *encoder = png_encoder_create();
    struct canvas *canvas = canvas_create(20, 20);
    fill_with_colors(canvas, 20, true, 3);
    struct buffer file = encode(encoder, canvas, NULL);
    struct canvas *decoded = NULL;
    struct error err = {0};
    for (size_t length = 0; length + 12 < file.length; length++) {
        assert_false(png_decode(file.data, length, &decoded, &err));
        assert_null(decoded);
        assert_int_equal(err.kind, ERROR_INVALID);
    }
    for (size_t i = 0; i < file.length; i++) {
        file.data[i] ^= 0x55;
        if (png_decode(file.data, file.length, &decoded, &err)) {
            canvas_destroy(decoded);
            decoded = NULL;
        }
        file.data[i] ^= 0x55;
    }
    buffer_finish(&file);
    canvas_destroy(canvas);
    png_encoder_destroy(encoder);
}

/* Every kind of PNG that libpng writes is read: grey, 16 bits, with and without alpha. */
static void other_kinds_are_read(void **state)
{
    (void)state;
    struct {
        png_uint_32 format;
        size_t pixel_bytes;
        unsigned char pixel[8];
        unsigned char expected[4]; /* premultiplied */
    } cases[] = {
        {PNG_FORMAT_GRAY, 1, {77}, {77, 77, 77, 255}},
        {PNG_FORMAT_GA, 2, {200, 128}, {100, 100, 100, 128}},
        {PNG_FORMAT_RGB, 3, {1, 2, 3}, {1, 2, 3, 255}},
        {PNG_FORMAT_RGBA, 4, {255, 0, 100, 51}, {51, 0, 20, 51}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        png_image image = {.version = PNG_IMAGE_VERSION, .width = 5, .height = 4, .format = cases[i].format};
        unsigned char pixels[5 * 4 * 8];
        unsigned char file[1024];
        png_alloc_size_t size = sizeof file;
        for (size_t j = 0; j < 20; j++) {
            memcpy(pixels + j * cases[i].pixel_bytes, cases[i].pixel, cases[i].pixel_bytes);
        }
        assert_true(png_image_write_to_memory(&image, file, &size, 0, pixels, 0, NULL));
        struct canvas *decoded = NULL;
        struct error err = {0};
        assert_true(png_decode(file, size, &decoded, &err));
        assert_int_equal(decoded->width_px, 5);
        assert_int_equal(decoded->height_px, 4);
        assert_memory_equal(decoded->rgba + 19 * 4, cases[i].expected, 4);
        canvas_destroy(decoded);
    }
}

/* A header that promises too much is refused before memory is taken. */
static void too_large_is_refused(void **state)
{
    (void)state;
    png_image image = {.version = PNG_IMAGE_VERSION, .width = 4097, .height = 4096, .format = PNG_FORMAT_GRAY};
    unsigned char *pixels = calloc(4097, 4096);
    png_alloc_size_t size = 1 << 20;
    unsigned char *file = malloc(size);
    assert_true(pixels && file && png_image_write_to_memory(&image, file, &size, 0, pixels, 0, NULL));
    struct canvas *decoded = NULL;
    struct error err = {0};
    assert_false(png_decode(file, size, &decoded, &err));
    assert_int_equal(err.kind, ERROR_TOO_LARGE);
    free(file);
    free(pixels);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_of_pictures),
        cmocka_unit_test(uniform_tiles_are_tiny),
        cmocka_unit_test(equal_pixels_give_equal_bytes),
        cmocka_unit_test(text_travels_along),
        cmocka_unit_test(failures_leave_the_output),
        cmocka_unit_test(damaged_files),
        cmocka_unit_test(other_kinds_are_read),
        cmocka_unit_test(too_large_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
