/* SPDX-License-Identifier: MIT */
#include "render/style_palette.h"

#include "draw/png_encode.h"
#include "unit/render/scene.h"

#include <stdio.h>

#define BACKGROUND "{'id':'b','type':'background','paint':{'background-color':'#f4f1ea'}}"
#define ROAD                                                                                                           \
    "{'id':'r','type':'line','source':'s','source-layer':'things','paint':{'line-color':'#cc5544','line-width':3,'"    \
    "line-opacity':"                                                                                                   \
    "['interpolate',['linear'],['zoom'],10,0,12,1]}}"

static struct palette *palette_of(const char *layers, double zoom)
{
    struct scene scene;
    struct palette *palette = NULL;
    struct error err = {0};
    scene_init(&scene, layers);
    if (!style_palette_create(scene.style, NULL, zoom, &palette, &err)) {
        fail_msg("%s", err.english);
    }
    scene_finish(&scene);
    return palette;
}

static bool has_color(const struct palette *palette, uint32_t rgb)
{
    struct pixel pixel = {(uint8_t)(rgb >> 16), (uint8_t)(rgb >> 8), (uint8_t)rgb, 255};
    struct pixel met = palette_color(palette, palette_nearest(palette, pixel));
    return memcmp(&met, &pixel, sizeof pixel) == 0;
}

/* Whatever the form of the expression, each colour it can give is in the palette exactly. */
static void colors_of_the_style_are_exact(void **state)
{
    (void)state;
    struct {
        const char *layer;
        uint32_t colors[4];
    } cases[] = {
        {"{'id':'f','type':'fill','source':'s','source-layer':'things','paint':{'fill-color':'#112233','fill-outline-"
         "color':'#445566'}}",
         {0x112233, 0x445566}},
        {"{'id':'f','type':'fill','source':'s','source-layer':'things','paint':{'fill-color':['match',['get','kind'],'"
         "a','#a01010',"
         "['b','c'],'#10a010','#1010a0']}}",
         {0xa01010, 0x10a010, 0x1010a0}},
        {"{'id':'f','type':'fill','source':'s','source-layer':'things','filter':['all',['==',['get','kind'],'x'],['>',["
         "'get','size'],7]],"
         "'paint':{'fill-color':['step',['coalesce',['get','size'],-1],'#cccccc',0,'#edf8fb',20,'#66c2a4',3000,"
         "'#005824']}}",
         {0xedf8fb, 0x66c2a4, 0x005824}},
        {"{'id':'c','type':'circle','source':'s','source-layer':'things','paint':{'circle-color':['case',['>',['get','"
         "size'],1000],'#d95f02',"
         "['==',['get','kind'],'y'],'#1b9e77','#7570b3'],'circle-stroke-width':2,'circle-stroke-color':'#fefefe'}}",
         {0xd95f02, 0x1b9e77, 0x7570b3, 0xfefefe}},
        {"{'id':'l','type':'line','source':'s','source-layer':'things','filter':['==','kind','road'],'paint':{'line-"
         "color':{'property':'size',"
         "'type':'interval','stops':[[0,'#123123'],[50,'#321321']]}}}",
         {0x123123, 0x321321}},
        {"{'id':'t','type':'symbol','source':'s','source-layer':'things','layout':{'text-field':'x'},'paint':{'text-"
         "color':'#222244',"
         "'text-halo-color':'#fff8f0','text-halo-width':1}}",
         {0x222244, 0xfff8f0}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char layers[1024];
        snprintf(layers, sizeof layers, "[" BACKGROUND ",%s]", cases[i].layer);
        struct palette *palette = palette_of(layers, 12);
        assert_true(has_color(palette, 0xf4f1ea));
        for (size_t j = 0; j < 4 && cases[i].colors[j] != 0; j++) {
            if (!has_color(palette, cases[i].colors[j])) {
                fail_msg("case %zu: #%06x is not in the palette", i, (unsigned)cases[i].colors[j]);
            }
        }
        palette_destroy(palette);
    }
}

/* Translucent areas over the background are plain areas too. */
static void mixtures_are_near(void **state)
{
    (void)state;
    struct palette *palette =
        palette_of("[" BACKGROUND ",{'id':'f','type':'fill','source':'s','source-layer':'things','paint':{'fill-color':"
                   "'#205080','fill-opacity':0.5}}]",
                   12);
    const struct pixel mixture =
        palette_blend((struct pixel){0xf4, 0xf1, 0xea, 255},
                      pixel_from_color((struct color){32 / 255.0F, 80 / 255.0F, 128 / 255.0F, 1}, 0.5), 255);
    assert_true(has_color(palette, (uint32_t)mixture.r << 16 | (uint32_t)mixture.g << 8 | mixture.b));
    palette_destroy(palette);
}

static void equal_styles_have_equal_palettes(void **state)
{
    (void)state;
    struct palette *first = palette_of("[" BACKGROUND "," ROAD "]", 11);
    struct palette *second = palette_of("[" BACKGROUND "," ROAD "]", 11);
    struct palette *other = palette_of("[" BACKGROUND "," ROAD "]", 12);
    bool differs = false;
    assert_int_equal(palette_count(first), palette_count(second));
    for (size_t i = 0; i < palette_count(first); i++) {
        struct pixel a = palette_color(first, i);
        struct pixel b = palette_color(second, i);
        struct pixel c = palette_color(other, i < palette_count(other) ? i : 0);
        assert_memory_equal(&a, &b, sizeof a);
        differs = differs || memcmp(&a, &c, sizeof a) != 0;
    }
    assert_true(differs);
    assert_true(has_color(other, 0xcc5544));
    palette_destroy(first);
    palette_destroy(second);
    palette_destroy(other);
}

static void imagery_has_no_palette(void **state)
{
    (void)state;
    const char *layers =
        "[" BACKGROUND ",{'id':'p','type':'heatmap','source':'s','source-layer':'things','minzoom':5}]";
    struct palette *palette = palette_of(layers, 4);
    assert_non_null(palette);
    palette_destroy(palette);
    assert_null(palette_of(layers, 6));
}

/* A pattern's colours are in the palette, over what lies below them. */
static void patterns_have_their_colors(void **state)
{
    (void)state;
    struct scene scene;
    struct palette *palette = NULL;
    struct palette *without = NULL;
    uint8_t pixels[4 * 4] = {0x10, 0x80, 0x20, 255, 0, 0, 0, 0, 0x20, 0, 0x40, 0x80, 0x30, 0x10, 0x90, 255};
    struct sprite *sprite = sprite_create();
    const struct sprite_image hatch = {
        .name = text_of("hatch"), .width_px = 2, .height_px = 2, .pixel_ratio = 1, .pixels = pixels};
    assert_true(sprite_add_image(sprite, &hatch, NULL));
    scene_init(&scene,
               "[" BACKGROUND
               ",{'id':'p','type':'fill','source':'s','source-layer':'things','paint':{'fill-pattern':'hatch'}}]");
    assert_true(style_palette_create(scene.style, sprite, 10, &palette, NULL));
    assert_true(style_palette_create(scene.style, NULL, 10, &without, NULL));
    const struct pixel ground = {0xf4, 0xf1, 0xe8, 255};
    for (size_t i = 0; i < 4; i++) {
        const struct pixel ink = {pixels[i * 4], pixels[i * 4 + 1], pixels[i * 4 + 2], pixels[i * 4 + 3]};
        struct pixel shown = palette_blend(ground, ink, 255);
        struct pixel met = palette_color(palette, palette_nearest(palette, shown));
        assert_in_range(abs(met.r - shown.r) + abs(met.g - shown.g) + abs(met.b - shown.b), 0, 6);
    }
    assert_false(has_color(without, 0x108020));
    assert_true(has_color(palette, 0x108020));
    palette_destroy(palette);
    palette_destroy(without);
    sprite_unref(sprite);
    scene_finish(&scene);
}

/* A style without background: clear places stay clear, edges are translucent. */
static void overlays_keep_their_transparency(void **state)
{
    (void)state;
    struct palette *palette = palette_of("[" ROAD "]", 12);
    const struct pixel clear = {0, 0, 0, 0};
    struct pixel met = palette_color(palette, palette_nearest(palette, clear));
    assert_memory_equal(&met, &clear, sizeof met);
    for (int share = 0; share < 256; share++) {
        struct pixel edge = palette_blend(clear, (struct pixel){0xcc, 0x55, 0x44, 255}, (uint8_t)share);
        met = palette_color(palette, palette_nearest(palette, edge));
        assert_in_range(abs(met.a - edge.a), 0, 3);
        assert_in_range(abs(met.r - edge.r), 0, 3);
    }
    palette_destroy(palette);
}

static struct canvas *encode_and_decode(struct scene *scene, const struct view *view)
{
    struct buffer png;
    struct canvas *decoded = NULL;
    struct error err = {0};
    buffer_init(&png, 1 << 24);
    const struct canvas *canvas = scene_paint(scene, view);
    if (!render_encode_png_indexed(scene->painter, scene->style, NULL, view->zoom, canvas, NULL, &png, &err) ||
        !png_decode(png.data, png.length, &decoded, &err)) {
        fail_msg("%s", err.english);
    }
    assert_int_equal(png.data[25], 3); /* indexed */
    buffer_finish(&png);
    return decoded;
}

/* Four tiles, each encoded for itself, are the large one; what was encoded between them does not matter. */
static void tiles_join_in_the_palette(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene,
               "[" BACKGROUND
               ",{'id':'f','type':'fill','source':'s','source-layer':'things','paint':{'fill-color':['match',['get',"
               "'kind'],'a','#7fb3d5','b','#e59866','#cccccc'],'fill-opacity':0.7}}," ROAD "]");
    for (int i = 0; i < 40; i++) {
        double x = -103.4 + i % 7 * 0.011 + i * 0.0003;
        double y = 25.5 + i % 5 * 0.013 + i * 0.0007;
        char wkt[256];
        snprintf(wkt, sizeof wkt, "POLYGON((%f %f,%f %f,%f %f,%f %f))", x, y, x + 0.02, y + 0.004, x + 0.013, y + 0.02,
                 x, y);
        scene_add(&scene, wkt, i % 3 == 0 ? "a" : i % 3 == 1 ? "b" : "c", i);
    }
    const struct tile_id large = {12, 871, 1747};
    struct view view = view_of_tile(large, 512, 1);
    struct canvas *whole = encode_and_decode(&scene, &view);
    size_t not_background = 0;
    for (uint32_t n = 0; n < 4; n++) {
        struct view other = view_of_tile(large, 256, 1);
        canvas_destroy(encode_and_decode(&scene, &other));
        struct tile_id small = {13, large.x * 2 + n % 2, large.y * 2 + n / 2};
        view = view_of_tile(small, 256, 1);
        struct canvas *part = encode_and_decode(&scene, &view);
        const uint8_t *corner = whole->rgba + ((size_t)(n / 2) * 256 * 512 + (size_t)(n % 2) * 256) * 4;
        for (size_t y = 0; y < 256; y++) {
            assert_memory_equal(part->rgba + y * 256 * 4, corner + y * 512 * 4, 256 * 4);
            for (size_t x = 0; x < 256; x++) {
                not_background += part->rgba[(y * 256 + x) * 4] != 0xf4;
            }
        }
        canvas_destroy(part);
    }
    assert_true(not_background > 1000);
    canvas_destroy(whole);
    scene_finish(&scene);
}

/* More zooms than are kept: the answers stay the same. */
static void palettes_come_back(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene, "[" BACKGROUND "," ROAD "]");
    struct style_palettes *palettes = style_palettes_create();
    struct palette_map *map = NULL;
    struct palette_map *again = NULL;
    assert_true(style_palettes_find(palettes, scene.style, NULL, 10.5, &map, NULL));
    struct pixel before = palette_color(palette_map_palette(map), 100);
    assert_true(style_palettes_find(palettes, scene.style, NULL, 10.5, &again, NULL));
    assert_ptr_equal(again, map);
    for (int i = 0; i < 60; i++) {
        assert_true(style_palettes_find(palettes, scene.style, NULL, 11 + i / 60.0, &again, NULL));
        assert_non_null(again);
    }
    assert_true(style_palettes_find(palettes, scene.style, NULL, 10.5, &map, NULL));
    struct pixel after = palette_color(palette_map_palette(map), 100);
    assert_memory_equal(&before, &after, sizeof before);
    style_palettes_destroy(palettes);
    style_palettes_destroy(NULL);
    scene_finish(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(colors_of_the_style_are_exact),    cmocka_unit_test(mixtures_are_near),
        cmocka_unit_test(equal_styles_have_equal_palettes), cmocka_unit_test(imagery_has_no_palette),
        cmocka_unit_test(patterns_have_their_colors),       cmocka_unit_test(overlays_keep_their_transparency),
        cmocka_unit_test(tiles_join_in_the_palette),        cmocka_unit_test(palettes_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
