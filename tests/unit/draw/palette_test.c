/* SPDX-License-Identifier: MIT */
#include "draw/palette.h"

#include "draw/png_encode.h"
#include "unit/draw/shapes.h"
#include "unit/test.h"

#include <math.h>

static const struct pixel land = {239, 234, 224, 255};
static const struct pixel water = {169, 198, 212, 255};
static const struct pixel ink = {59, 58, 55, 255};
static const struct pixel clear = {0, 0, 0, 0};

/* Every mixture of each pair. */
static size_t fill_ramps(struct pixel *out_sample, const struct pixel *colors, size_t count)
{
    size_t made = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            for (int share = 0; share < 256; share++) {
                out_sample[made++] = palette_blend(colors[i], colors[j], (uint8_t)share);
            }
        }
    }
    return made;
}

static struct palette *make_palette(void)
{
    static struct pixel sample[4096];
    const struct pixel colors[] = {land, water, ink, clear};
    return palette_create(colors, 4, sample, fill_ramps(sample, colors, 4));
}

static bool is_same(struct pixel a, struct pixel b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

static int worst_of(struct pixel a, struct pixel b)
{
    int worst = 0;
    int off[] = {a.r - b.r, a.g - b.g, a.b - b.b, a.a - b.a};
    for (size_t i = 0; i < 4; i++) {
        worst = abs(off[i]) > worst ? abs(off[i]) : worst;
    }
    return worst;
}

static void exact_colors_are_kept(void **state)
{
    (void)state;
    struct palette *palette = make_palette();
    const struct pixel colors[] = {land, water, ink, clear};
    assert_int_equal(palette_count(palette), PALETTE_COLORS_MAX);
    for (size_t i = 0; i < 4; i++) {
        size_t index = palette_nearest(palette, colors[i]);
        assert_int_equal(index, i);
        assert_true(is_same(palette_color(palette, index), colors[i]));
    }
    palette_destroy(palette);
    palette_destroy(NULL);
}

/* With more exact colours than there is room, the first ones are kept; the same colour twice takes one place. */
static void too_many_exact_colors(void **state)
{
    (void)state;
    struct pixel colors[600];
    for (size_t i = 0; i < 600; i++) {
        colors[i] = (struct pixel){(uint8_t)(i / 2 % 256), (uint8_t)(i / 2 / 256 * 90), 7, 255};
    }
    struct palette *palette = palette_create(colors, 600, NULL, 0);
    assert_int_equal(palette_count(palette), 256);
    for (size_t i = 0; i < 512; i++) {
        assert_true(is_same(palette_color(palette, palette_nearest(palette, colors[i])), colors[i]));
    }
    palette_destroy(palette);
    assert_null(palette_create(NULL, 0, NULL, 0));
}

/* A sample with few colours is met exactly, alpha included. */
static void few_colors_are_exact(void **state)
{
    (void)state;
    struct pixel sample[40];
    for (size_t i = 0; i < 40; i++) {
        sample[i] = (struct pixel){(uint8_t)(i * 4), (uint8_t)(i * 2), 0, (uint8_t)(i * 6)};
    }
    struct palette *palette = palette_create(NULL, 0, sample, 40);
    assert_in_range(palette_count(palette), 1, 40);
    for (size_t i = 0; i < 40; i++) {
        assert_in_range(worst_of(palette_color(palette, palette_nearest(palette, sample[i])), sample[i]), 0, 2);
    }
    palette_destroy(palette);
}

static int square_of_distance(struct pixel a, struct pixel b)
{
    int off[] = {a.r - b.r, a.g - b.g, a.b - b.b, a.a - b.a};
    int sum = 0;
    for (size_t i = 0; i < 4; i++) {
        sum += off[i] * off[i];
    }
    return sum;
}

static int least_distance(const struct palette *palette, struct pixel pixel)
{
    int least = INT32_MAX;
    for (size_t i = 0; i < palette_count(palette); i++) {
        int distance = square_of_distance(palette_color(palette, i), pixel);
        least = distance < least ? distance : least;
    }
    return least;
}

static uint32_t cube_of(struct pixel pixel)
{
    return (uint32_t)(pixel.r >> 2) << 12 | (uint32_t)(pixel.g >> 2) << 6 | pixel.b >> 2;
}

static size_t count_in_cube(const struct palette *palette, struct pixel pixel)
{
    size_t count = 0;
    for (size_t i = 0; i < palette_count(palette); i++) {
        struct pixel color = palette_color(palette, i);
        count += color.a == 255 && cube_of(color) == cube_of(pixel);
    }
    return count;
}

/* Against the plain search through all colours, and what is said about opaque ones. Returns how many colours shared a
 * part of the colour space with several of the palette. */
static size_t check_nearest(const struct palette *palette)
{
    uint64_t seed = 5;
    size_t shared = 0;
    for (int i = 0; i < 30000; i++) {
        uint8_t a = i % 3 == 0 ? (uint8_t)shapes_between(&seed, 0, 255) : 255;
        struct pixel pixel = {(uint8_t)shapes_between(&seed, 0, a), (uint8_t)shapes_between(&seed, 0, a),
                              (uint8_t)shapes_between(&seed, 0, a), a};
        if (i % 3 == 2) { /* near one of the palette */
            pixel = palette_color(palette, (size_t)shapes_between(&seed, 0, PALETTE_COLORS_MAX - 1));
            pixel.r = (uint8_t)(pixel.r < 250 ? pixel.r + shapes_between(&seed, 0, 3) : pixel.r);
            pixel.a = 255;
        }
        struct pixel found = palette_color(palette, palette_nearest(palette, pixel));
        int distance = square_of_distance(found, pixel);
        int least = least_distance(palette, pixel);
        size_t inside = pixel.a == 255 ? count_in_cube(palette, pixel) : 2;
        shared += pixel.a == 255 && inside > 1;
        if (inside > 1) {
            assert_int_equal(distance, least);
        } else if (inside == 1) {
            assert_int_equal(cube_of(found), cube_of(pixel));
        } else {
            double further = sqrt((double)distance) - sqrt((double)least);
            assert_true(further >= 0 && further < 7);
        }
    }
    return shared;
}

static void nearest_is_near(void **state)
{
    (void)state;
    struct palette *palette = make_palette();
    check_nearest(palette);
    palette_destroy(palette);
}

/* A colour of the palette stays what it is, also where others are near. */
static void near_colors_are_told_apart(void **state)
{
    (void)state;
    struct pixel colors[PALETTE_COLORS_MAX];
    for (size_t i = 0; i < PALETTE_COLORS_MAX; i++) {
        colors[i] = (struct pixel){(uint8_t)(100 + i % 8), (uint8_t)(50 + i / 8 % 8), (uint8_t)(i / 64), 255};
    }
    struct palette *palette = palette_create(colors, PALETTE_COLORS_MAX, NULL, 0);
    for (size_t i = 0; i < PALETTE_COLORS_MAX; i++) {
        assert_int_equal(palette_nearest(palette, colors[i]), i);
    }
    assert_true(check_nearest(palette) > 1000);
    palette_destroy(palette);
}

/* Colours far off and near, opaque and not, alone and in runs as long as a few rows; some stretches are opaque. */
static void fill_with_noise(struct canvas *canvas, const struct palette *palette)
{
    uint64_t seed = 17;
    size_t count = (size_t)canvas->width_px * canvas->height_px;
    for (size_t i = 0; i < count;) {
        bool clear_ones = shapes_between(&seed, 0, 1) == 1;
        for (size_t end = i + (size_t)shapes_between(&seed, 1, 300); i < end && i < count;) {
            size_t run = (size_t)shapes_between(&seed, 0, 30) == 0 ? (size_t)shapes_between(&seed, 1, 1300) : 1;
            uint8_t a = clear_ones && i % 16 == 0 ? (uint8_t)shapes_between(&seed, 0, 255) : 255;
            struct pixel pixel = {(uint8_t)shapes_between(&seed, 0, a), (uint8_t)shapes_between(&seed, 0, a),
                                  (uint8_t)shapes_between(&seed, 0, a), a};
            if (a == 255 && i % 3 == 0) {
                pixel = palette_color(palette, PALETTE_COLORS_MAX - 1 - i % 5);
                pixel.g ^= (uint8_t)shapes_between(&seed, 0, 1);
                pixel.a = i % 6 == 0 ? 255 : pixel.a;
            }
            for (; run > 0 && i < count; run--, i++) {
                memcpy(canvas->rgba + i * 4, &pixel, 4);
            }
        }
    }
}

/* Mapping remembers what it found for each part of the colour space. Pixels that are far off are counted. */
static void mapping_takes_the_same(void **state)
{
    (void)state;
    enum { SIDE = 509 }; /* not a multiple of anything */
    static uint8_t indices[SIDE * SIDE];
    bool used[PALETTE_COLORS_MAX];
    struct palette *palette = make_palette();
    struct palette_map *map = palette_map_create(palette);
    struct canvas *canvas = canvas_create(SIDE, SIDE);
    fill_with_noise(canvas, palette);
    for (int turn = 0; turn < 2; turn++) { /* met for the first time, and met before */
        size_t missed = 0;
        bool met[PALETTE_COLORS_MAX] = {0};
        size_t counted = palette_map_canvas(map, canvas, indices, used);
        for (size_t i = 0; i < SIDE * SIDE; i++) {
            struct pixel pixel;
            memcpy(&pixel, canvas->rgba + i * 4, 4);
            assert_int_equal(indices[i], palette_nearest(palette, pixel));
            met[indices[i]] = true;
            missed += worst_of(palette_color(palette, indices[i]), pixel) > PALETTE_ERROR_MAX;
        }
        assert_int_equal(counted, missed);
        assert_memory_equal(used, met, sizeof met);
    }
    canvas_destroy(canvas);
    palette_map_destroy(map);
    palette_destroy(palette);
}

/* Shapes of the three colours on land, with the smoothing of real drawing. */
static struct canvas *draw_map(uint32_t side, uint64_t seed)
{
    const struct pixel colors[] = {land, water, ink};
    struct canvas *canvas = canvas_create(side, side);
    canvas_clear(canvas, land);
    for (size_t i = 0; i < (size_t)side * side; i++) {
        struct pixel pixel = land;
        size_t row = i / side;
        if (row / 8 % 2 == 1) {
            const struct pixel *from = &colors[shapes_between(&seed, 0, 2)];
            const struct pixel *to = &colors[shapes_between(&seed, 0, 2)];
            pixel = palette_blend(*from, *to, (uint8_t)shapes_between(&seed, 0, 255));
        } else {
            pixel = colors[i / 16 % 3];
        }
        memcpy(canvas->rgba + i * 4, &pixel, 4);
    }
    return canvas;
}

static struct canvas *decode(const struct buffer *file)
{
    struct canvas *canvas = NULL;
    struct error err = {0};
    if (!png_decode(file->data, file->length, &canvas, &err)) {
        fail_msg("%s", err.english);
    }
    return canvas;
}

static struct buffer encode(struct png_encoder *encoder, const struct canvas *canvas, struct palette_map *map)
{
    struct buffer out;
    struct error err = {0};
    buffer_init(&out, 1 << 26);
    if (!png_encode_with_palette(encoder, canvas, map, NULL, &out, &err)) {
        fail_msg("%s", err.english);
    }
    return out;
}

enum { TYPE_AT = 25 };

/* The file holds exactly what the palette says, and plain areas as they are. */
static void pictures_take_the_palette(void **state)
{
    (void)state;
    struct palette *palette = make_palette();
    struct palette_map *map = palette_map_create(palette);
    struct png_encoder *encoder = png_encoder_create();
    for (uint64_t seed = 1; seed < 4; seed++) {
        struct canvas *canvas = draw_map(61, seed);
        struct buffer file = encode(encoder, canvas, map);
        struct canvas *decoded = decode(&file);
        assert_int_equal(file.data[TYPE_AT], 3);
        for (size_t i = 0; i < 61 * 61; i++) {
            struct pixel was;
            struct pixel is;
            memcpy(&was, canvas->rgba + i * 4, 4);
            memcpy(&is, decoded->rgba + i * 4, 4);
            assert_true(is_same(is, palette_color(palette, palette_nearest(palette, was))));
            assert_in_range(worst_of(was, is), 0, 8);
            assert_true(i / 61 / 8 % 2 == 1 || is_same(was, is));
        }
        canvas_destroy(decoded);
        buffer_finish(&file);
        canvas_destroy(canvas);
    }
    png_encoder_destroy(encoder);
    palette_map_destroy(map);
    palette_map_destroy(NULL);
    palette_destroy(palette);
}

/* What was mapped before does not matter: bytes of a fresh map and of one that has seen a million other colours. */
static void order_does_not_matter(void **state)
{
    (void)state;
    struct palette *palette = make_palette();
    struct palette *again = make_palette();
    struct palette_map *used = palette_map_create(palette);
    struct png_encoder *encoder = png_encoder_create();
    struct canvas *noise = canvas_create(512, 512);
    uint8_t *indices = malloc(512 * 512);
    bool colors[PALETTE_COLORS_MAX];
    for (uint64_t seed = 0; seed < 4; seed++) {
        uint64_t state_of_noise = seed;
        for (size_t i = 0; i < 512 * 512; i++) {
            uint32_t word = (uint32_t)shapes_between(&state_of_noise, 0, INT32_MAX - 1);
            memcpy(noise->rgba + i * 4, &word, 4);
        }
        assert_true(palette_map_canvas(used, noise, indices, colors) > 0);
        struct palette_map *fresh = palette_map_create(again);
        struct canvas *canvas = draw_map(128, seed);
        struct buffer first = encode(encoder, canvas, used);
        struct buffer second = encode(encoder, canvas, fresh);
        assert_int_equal(first.length, second.length);
        assert_memory_equal(first.data, second.data, first.length);
        buffer_finish(&first);
        buffer_finish(&second);
        canvas_destroy(canvas);
        palette_map_destroy(fresh);
    }
    free(indices);
    canvas_destroy(noise);
    png_encoder_destroy(encoder);
    palette_map_destroy(used);
    palette_destroy(again);
    palette_destroy(palette);
}

/* Four quarters, encoded one by one and put together, are the whole. */
static void quarters_join(void **state)
{
    (void)state;
    struct palette *palette = make_palette();
    struct palette_map *map = palette_map_create(palette);
    struct png_encoder *encoder = png_encoder_create();
    struct canvas *whole = draw_map(128, 9);
    struct canvas *quarter = canvas_create(64, 64);
    struct buffer file = encode(encoder, whole, map);
    struct canvas *decoded = decode(&file);
    buffer_finish(&file);
    for (size_t n = 0; n < 4; n++) {
        size_t corner = (n / 2 * 64 * 128 + n % 2 * 64) * 4;
        for (size_t y = 0; y < 64; y++) {
            memcpy(quarter->rgba + y * 256, whole->rgba + corner + y * 512, 256);
        }
        file = encode(encoder, quarter, map);
        struct canvas *part = decode(&file);
        for (size_t y = 0; y < 64; y++) {
            assert_memory_equal(part->rgba + y * 256, decoded->rgba + corner + y * 512, 256);
        }
        canvas_destroy(part);
        buffer_finish(&file);
    }
    canvas_destroy(decoded);
    canvas_destroy(quarter);
    canvas_destroy(whole);
    png_encoder_destroy(encoder);
    palette_map_destroy(map);
    palette_destroy(palette);
}

/* One missed pixel in a thousand is borne; more, and the picture is encoded exactly. */
static void foreign_pictures_are_exact(void **state)
{
    (void)state;
    struct palette *palette = make_palette();
    struct palette_map *map = palette_map_create(palette);
    struct png_encoder *encoder = png_encoder_create();
    const struct pixel foreign = {250, 10, 10, 255};
    for (size_t missed = 4; missed <= 5; missed++) {
        struct canvas *canvas = draw_map(64, 3);
        for (size_t i = 0; i < missed; i++) {
            memcpy(canvas->rgba + i * 40, &foreign, 4);
        }
        struct buffer file = encode(encoder, canvas, map);
        struct canvas *decoded = decode(&file);
        assert_int_equal(file.data[TYPE_AT], missed == 4 ? 3 : 2);
        if (missed == 5) {
            assert_memory_equal(decoded->rgba, canvas->rgba, 64 * 64 * 4);
        }
        canvas_destroy(decoded);
        buffer_finish(&file);
        canvas_destroy(canvas);
    }
    png_encoder_destroy(encoder);
    palette_map_destroy(map);
    palette_destroy(palette);
}

/* Only the colours that a picture has are written: translucent ones first, few of them in few bits. */
static void simple_pictures_stay_small(void **state)
{
    (void)state;
    struct palette *palette = make_palette();
    struct palette_map *map = palette_map_create(palette);
    struct png_encoder *encoder = png_encoder_create();
    struct canvas *canvas = canvas_create(256, 256);
    canvas_clear(canvas, water);
    struct buffer file = encode(encoder, canvas, map);
    assert_in_range(file.length, 60, 149);
    buffer_finish(&file);
    memcpy(canvas->rgba + 400, &clear, 4);
    memcpy(canvas->rgba + 800, &ink, 4);
    file = encode(encoder, canvas, map);
    assert_int_equal(file.data[TYPE_AT - 1], 2);
    struct canvas *decoded = decode(&file);
    assert_memory_equal(decoded->rgba, canvas->rgba, 256 * 256 * 4);
    canvas_destroy(decoded);
    buffer_finish(&file);
    canvas_destroy(canvas);
    png_encoder_destroy(encoder);
    palette_map_destroy(map);
    palette_destroy(palette);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_colors_are_kept),
        cmocka_unit_test(too_many_exact_colors),
        cmocka_unit_test(few_colors_are_exact),
        cmocka_unit_test(nearest_is_near),
        cmocka_unit_test(near_colors_are_told_apart),
        cmocka_unit_test(mapping_takes_the_same),
        cmocka_unit_test(pictures_take_the_palette),
        cmocka_unit_test(order_does_not_matter),
        cmocka_unit_test(quarters_join),
        cmocka_unit_test(foreign_pictures_are_exact),
        cmocka_unit_test(simple_pictures_stay_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
