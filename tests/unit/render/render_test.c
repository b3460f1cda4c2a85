/* SPDX-License-Identifier: MIT */
#include "render/render.h"

#include "unit/render/scene.h"

#include <stdio.h>

static struct pixel at(const struct canvas *canvas, uint32_t x, uint32_t y)
{
    const uint8_t *rgba = canvas->rgba + 4 * ((size_t)y * canvas->width_px + x);
    return (struct pixel){rgba[0], rgba[1], rgba[2], rgba[3]};
}

static void assert_pixel(const struct canvas *canvas, uint32_t x, uint32_t y, int r, int g, int b, int a)
{
    struct pixel pixel = at(canvas, x, y);
    if (pixel.r != r || pixel.g != g || pixel.b != b || pixel.a != a) {
        fail_msg("pixel %u,%u is %d %d %d %d, not %d %d %d %d", x, y, pixel.r, pixel.g, pixel.b, pixel.a, r, g, b, a);
    }
}

/* The western hemisphere's northern quarter is the tile's top left quarter. */
static void fills_to_the_pixel(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene,
               "[{'id':'b','type':'background','paint':{'background-color':'#fff'}},"
               "{'id':'f','type':'fill','source':'s','source-layer':'things','filter':['==',['get','kind'],'a'],"
               "'paint':{'fill-color':'#ff0000'}}]");
    scene_add(&scene, "POLYGON((-180 0,0 0,0 85.0511287798,-180 85.0511287798,-180 0))", "a", 1);
    scene_add(&scene, "POLYGON((0 -85,180 -85,180 0,0 0,0 -85))", "filtered out", 1);
    struct view view = view_of_tile((struct tile_id){0, 0, 0}, 256, 1);
    assert_true(view.zoom == -1);
    const struct canvas *canvas = scene_paint(&scene, &view);
    assert_int_equal(canvas->width_px, 256);
    assert_pixel(canvas, 0, 0, 255, 0, 0, 255);
    assert_pixel(canvas, 127, 127, 255, 0, 0, 255);
    assert_pixel(canvas, 128, 127, 255, 255, 255, 255);
    assert_pixel(canvas, 127, 128, 255, 255, 255, 255);
    assert_pixel(canvas, 255, 255, 255, 255, 255, 255);
    scene_finish(&scene);
}

/* Two neighbours of one colour, and a polygon with a hole filled by another polygon, leave no trace of their border. */
static void neighbours_of_one_colour_join(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene,
               "[{'id':'f','type':'fill','source':'s','source-layer':'things','paint':{'fill-color':'#204060'}}]");
    scene_add(&scene, "POLYGON((-170 -80,-13 -80,31.7 80,-170 80,-170 -80))", "a", 1);
    scene_add(&scene, "POLYGON((-13 -80,170 -80,170 80,31.7 80,-13 -80),(60 -20,100 13,70 40,60 -20))", "b", 1);
    scene_add(&scene, "POLYGON((60 -20,100 13,70 40,60 -20))", "c", 1);
    struct view view = view_of_tile((struct tile_id){0, 0, 0}, 256, 1);
    const struct canvas *canvas = scene_paint(&scene, &view);
    for (uint32_t y = 60; y < 196; y++) {
        for (uint32_t x = 20; x < 236; x++) {
            assert_pixel(canvas, x, y, 0x20, 0x40, 0x60, 255);
        }
    }
    scene_finish(&scene);
}

static void draws_circles_and_lines_where_they_are(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(
        &scene,
        "[{'id':'l','type':'line','source':'s','source-layer':'things','paint':{'line-color':'#00ff00','line-width':4}}"
        ","
        "{'id':'c','type':'circle','source':'s','source-layer':'things','filter':['==',['geometry-type'],'Point'],"
        "'paint':{'circle-color':'#0000ff','circle-radius':['get','size'],"
        "'circle-stroke-color':'#ff0000','circle-stroke-width':2}}]");
    scene_add(&scene, "LINESTRING(-180 0,180 0)", "a", 1);
    scene_add(&scene, "POINT(0 0)", "b", 6);
    struct view view = view_of_tile((struct tile_id){0, 0, 0}, 512, 2);
    const struct canvas *canvas = scene_paint(&scene, &view);
    assert_pixel(canvas, 100, 508, 0, 255, 0, 255);
    assert_pixel(canvas, 100, 515, 0, 255, 0, 255);
    assert_pixel(canvas, 100, 507, 0, 0, 0, 0);
    assert_pixel(canvas, 100, 516, 0, 0, 0, 0);
    assert_pixel(canvas, 512, 512, 0, 0, 255, 255);
    assert_pixel(canvas, 512, 501, 0, 0, 255, 255);
    assert_pixel(canvas, 512, 498, 255, 0, 0, 255);
    assert_pixel(canvas, 512, 494, 0, 0, 0, 0);
    scene_finish(&scene);
}

/* At zoom 22 a country is a hundred million pixels wide. */
static void survives_geometry_far_outside(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene,
               "[{'id':'f','type':'fill','source':'s','source-layer':'things','filter':['==',['get','kind'],'land'],"
               "'paint':{'fill-color':'#102030'}},"
               "{'id':'l','type':'line','source':'s','source-layer':'things','filter':['==',['get','kind'],'road'],"
               "'paint':{'line-color':'#ffffff','line-width':8}}]");
    scene_add(&scene, "POLYGON((-170 -80,170 -80,170 80,-170 80,-170 -80))", "land", 1);
    scene_add(&scene, "LINESTRING(-170 0,170 0)", "road", 1);
    struct tile_id tile = {22, (1u << 21) + 12345, (1u << 21) + 3};
    struct view view = view_of_tile(tile, 256, 1);
    const struct canvas *canvas = scene_paint(&scene, &view);
    assert_pixel(canvas, 0, 0, 0x10, 0x20, 0x30, 255);
    assert_pixel(canvas, 255, 255, 0x10, 0x20, 0x30, 255);
    tile.y = 1u << 21;
    view = view_of_tile(tile, 256, 1);
    canvas = scene_paint(&scene, &view);
    assert_pixel(canvas, 9, 0, 255, 255, 255, 255);
    assert_pixel(canvas, 200, 3, 255, 255, 255, 255);
    assert_pixel(canvas, 9, 5, 0x10, 0x20, 0x30, 255);
    scene_finish(&scene);
}

static double random_in(double low, double high)
{
    return low + (high - low) * ((double)(rand() % 1000003) / 1000003);
}

/* Random shapes around Torreón, small and large against the tile. */
static void add_random(struct scene *scene, int count)
{
    for (int i = 0; i < count; i++) {
        double x = random_in(-103.5, -103.3);
        double y = random_in(25.45, 25.65);
        double size = random_in(0.0002, 0.02);
        char wkt[2048];
        int length = snprintf(wkt, sizeof wkt, i % 3 == 0 ? "POLYGON((" : "LINESTRING(");
        double first_x = 0;
        double first_y = 0;
        for (int v = 0; v < 12; v++) {
            double px = x + random_in(-size, size);
            double py = y + random_in(-size, size);
            if (v == 0) {
                first_x = px;
                first_y = py;
            }
            length += snprintf(wkt + length, sizeof wkt - (size_t)length, "%.9f %.9f,", px, py);
        }
        snprintf(wkt + length, sizeof wkt - (size_t)length, "%.9f %.9f%s", first_x, first_y, i % 3 == 0 ? "))" : ")");
        if (i % 3 == 2) {
            snprintf(wkt, sizeof wkt, "POINT(%.9f %.9f)", x, y);
        }
        scene_add(scene, wkt, i % 2 == 0 ? "a" : "b", random_in(1, 9));
    }
}

/* Four neighbouring tiles put together are, byte for byte, the picture of twice the size. */
static void tiles_join_without_a_seam(void **state)
{
    (void)state;
    srand(11);
    struct scene scene;
    scene_init(
        &scene,
        "[{'id':'b','type':'background','paint':{'background-color':'#f4f1ea'}},"
        "{'id':'f','type':'fill','source':'s','source-layer':'things','paint':{'fill-color':['match',['get','kind'],'a'"
        ",'#88aa66','#ccbb99'],"
        "'fill-opacity':0.6,'fill-outline-color':'#333333'}},"
        "{'id':'c','type':'line','source':'s','source-layer':'things','layout':{'line-join':'round','line-cap':'round'}"
        ","
        "'paint':{'line-color':'#444','line-width':7}},"
        "{'id':'l','type':'line','source':'s','source-layer':'things','paint':{'line-color':'#ffcc00','line-width':['"
        "get','size'],"
        "'line-dasharray':[3,1.5],'line-opacity':0.8}},"
        "{'id':'g','type':'line','source':'s','source-layer':'things','paint':{'line-color':'#0044aa','line-width':1.3,"
        "'line-gap-width':5,'line-offset':2}},"
        "{'id':'p','type':'circle','source':'s','source-layer':'things','filter':['==',['geometry-type'],'Point'],'"
        "paint':{"
        "'circle-radius':['get','size'],'circle-color':'#aa0000','circle-stroke-width':1.5}}]");
    add_random(&scene, 300);
    for (uint32_t z = 9; z <= 18; z++) {
        for (uint32_t ratio = 1; ratio <= 2; ratio++) {
            struct world_point place = grid_from_lonlat(random_in(-103.45, -103.35), random_in(25.5, 25.6));
            uint32_t x = (uint32_t)(((int64_t)place.x + GRID_WORLD_UNITS / 2) / tile_width(z));
            uint32_t y = (uint32_t)(((int64_t)place.y + GRID_WORLD_UNITS / 2) / tile_width(z));
            struct view whole = view_of_tile((struct tile_id){z, x, y}, 256, ratio);
            whole.width_px *= 2;
            whole.height_px *= 2;
            const struct canvas *painted = scene_paint(&scene, &whole);
            size_t row_bytes = 4 * (size_t)painted->width_px;
            uint8_t *expected = malloc(row_bytes * painted->height_px);
            assert_non_null(expected);
            memcpy(expected, painted->rgba, row_bytes * painted->height_px);
            for (uint32_t quarter = 0; quarter < 4; quarter++) {
                struct tile_id tile = {z, x + quarter % 2, y + quarter / 2};
                struct view view = view_of_tile(tile, 256, ratio);
                const struct canvas *canvas = scene_paint(&scene, &view);
                for (uint32_t row = 0; row < canvas->height_px; row++) {
                    const uint8_t *mine = canvas->rgba + 4 * (size_t)row * canvas->width_px;
                    const uint8_t *theirs = expected + row_bytes * (row + quarter / 2 * canvas->height_px) +
                                            4 * (size_t)(quarter % 2 * canvas->width_px);
                    if (memcmp(mine, theirs, 4 * (size_t)canvas->width_px) != 0) {
                        fail_msg("tile %u/%u/%u@%ux differs from the whole in row %u", z, tile.x, tile.y, ratio, row);
                    }
                }
            }
            free(expected);
        }
    }
    scene_finish(&scene);
}

static void tells_what_it_needs(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene,
               "[{'id':'a','type':'line','source':'s','source-layer':'things','minzoom':5,'paint':{'line-width':20}},"
               "{'id':'b','type':'fill','source':'s','source-layer':'things'}]");
    struct render_need *needs;
    size_t count;
    struct view view = view_of_tile((struct tile_id){10, 200, 400}, 512, 1);
    assert_true(render_needs(scene.style, &view, scene.arena, &needs, &count, NULL));
    assert_int_equal(count, 1);
    assert_string_equal(needs[0].layer_id, "things");
    int64_t margin = view.origin_x - needs[0].area.min_x;
    int64_t pixel = tile_width(10) / 512;
    assert_true(margin >= 20 * pixel && margin < 30 * pixel); /* half the width, to the mitre's limit of 2 */
    view = view_of_tile((struct tile_id){4, 2, 4}, 512, 1);
    assert_true(render_needs(scene.style, &view, scene.arena, &needs, &count, NULL));
    margin = view.origin_x - needs[0].area.min_x;
    pixel = tile_width(4) / 512;
    assert_true(margin >= pixel && margin <= 3 * pixel); /* the line is not shown at this zoom */
    scene_finish(&scene);
}

static void refuses_pictures_that_are_too_large(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene, "[]");
    struct view view = view_of_center(0, 0, 3, 5000, 10, 1);
    const struct canvas *canvas;
    struct error err = {0};
    assert_false(render_paint(scene.painter, scene.style, NULL, &view, NULL, 0, NULL, 0, scene.arena, &canvas, &err));
    assert_int_equal(err.kind, ERROR_TOO_LARGE);
    scene_finish(&scene);
}

/* Features that share their values are looked at once for all of them: no pixel changes. */
static void tuples_change_nothing(void **state)
{
    (void)state;
    static const char *const styles[] = {
        "[{'id':'f','type':'fill','source':'s','source-layer':'things','filter':['!=',['get','kind'],'b'],"
        "'layout':{'fill-sort-key':['get','size']},'paint':{'fill-opacity':['get','size'],"
        "'fill-color':['match',['get','kind'],'a','#f00','c','#0f0','#00f'],'fill-outline-color':'#000'}}]",
        "[{'id':'l','type':'line','source':'s','source-layer':'things','filter':['>',['get','size'],0.2],"
        "'paint':{'line-width':['*',8,['get','size']],'line-color':['match',['get','kind'],'a','#f00','#0f0']}}]",
        "[{'id':'c','type':'circle','source':'s','source-layer':'things','paint':{'circle-radius':['*',9,['get',"
        "'size']],'circle-color':['match',['get','kind'],'b','#f00','#0f0']}}]",
        /* Depends on more than attributes. */
        "[{'id':'l','type':'line','source':'s','source-layer':'things','paint':{'line-width':['+',1,['%',['id'],4]],"
        "'line-color':['match',['get','kind'],'a','#f00','#0f0']}}]"};
    for (size_t s = 0; s < sizeof styles / sizeof *styles; s++) {
        struct scene scene;
        scene_init(&scene, styles[s]);
        for (int i = 0; i < 60; i++) {
            char wkt[256];
            static const char *const kinds[] = {"a", "b", "c"};
            double x = -150 + i * 37 % 280;
            double y = -60 + i * 53 % 110;
            snprintf(wkt, sizeof wkt, "POLYGON((%f %f,%f %f,%f %f,%f %f))", x, y, x + 30, y + 5, x + 10, y + 22, x, y);
            scene_add(&scene, wkt, kinds[i % 3], 0.2 + 0.2 * (i % 4));
        }
        struct view view = view_of_tile((struct tile_id){0, 0, 0}, 256, 1);
        const struct canvas *canvas = scene_paint(&scene, &view);
        size_t bytes = (size_t)4 * canvas->width_px * canvas->height_px;
        unsigned char *plain = arena_memdup(scene.arena, canvas->rgba, bytes);
        assert_non_null(plain);
        for (size_t i = 0; i < scene.count; i++) {
            scene.features[i].tuple = (uint32_t)(i % 12);
        }
        scene.tuple_count = 12;
        canvas = scene_paint(&scene, &view);
        assert_memory_equal(canvas->rgba, plain, bytes);
        scene_finish(&scene);
    }
}

/* A style of layers with one filter, or with filters that say the same in words of their own. */
static char *twin_layers(struct arena *arena, bool are_twins)
{
    static const char *const layers[] = {
        "'type':'fill','layout':{'fill-sort-key':['get','size']},'paint':{'fill-color':'#dde'}",
        "'type':'fill','paint':{'fill-color':['match',['get','kind'],'a','#88aa66','#ccbb99'],'fill-opacity':0.7}",
        "'type':'line','paint':{'line-color':'#444','line-width':7}",
        "'type':'line','paint':{'line-color':['step',['get','size'],'#333',5,'#808'],'line-width':0.6}",
        "'type':'line','paint':{'line-color':['match',['get','kind'],'a','#fff','#ff0'],'line-width':['get','size']}",
        "'type':'line','paint':{'line-color':'#fc0','line-width':4,'line-translate':[3,0]}",
        "'type':'line','layout':{'line-sort-key':['get','size']},'paint':{'line-color':'#08f','line-width':2}",
        "'type':'line','paint':{'line-color':'#a00','line-width':3,'line-blur':1,'line-dasharray':[2,1]}",
        "'type':'line','paint':{'line-color':['case',['>',['id'],9],'#0a0','#00a'],'line-width':1.5}",
        "'type':'circle','paint':{'circle-color':'#a0a','circle-radius':3}",
        "'type':'line','paint':{'line-color':'#fff','line-width':1}",
    };
    char *json = arena_printf(arena, "[{'id':'b','type':'background','paint':{'background-color':'#f4f1ea'}}");
    for (int i = 0; i < (int)(sizeof layers / sizeof *layers); i++) {
        json = arena_printf(arena,
                            "%s,{'id':'%d','source':'s','source-layer':'things','filter':['!=',['get','kind'],'%d'],"
                            "%s}",
                            json, i, are_twins ? 0 : i, layers[i]);
    }
    return arena_printf(arena, "%s]", json);
}

/* Layers that draw the same features find and project them once: no pixel changes. */
static void sharing_changes_nothing(void **state)
{
    (void)state;
    struct scene scenes[2];
    struct arena *arena = arena_create(1 << 20);
    for (int s = 0; s < 2; s++) {
        srand(12);
        scene_init(&scenes[s], twin_layers(arena, s == 0));
        add_random(&scenes[s], 300);
    }
    for (uint32_t round = 0; round < 24; round++) {
        uint32_t z = 11 + round % 6;
        struct world_point place = grid_from_lonlat(random_in(-103.45, -103.35), random_in(25.5, 25.6));
        struct tile_id tile = {z, (uint32_t)(((int64_t)place.x + GRID_WORLD_UNITS / 2) / tile_width(z)),
                               (uint32_t)(((int64_t)place.y + GRID_WORLD_UNITS / 2) / tile_width(z))};
        struct view view = view_of_tile(tile, 256, 1 + round / 6 % 2);
        const struct canvas *painted[2];
        for (int s = 0; s < 2; s++) {
            for (size_t i = 0; i < scenes[s].count; i++) {
                scenes[s].features[i].tuple = (uint32_t)i;
            }
            scenes[s].tuple_count = round < 12 ? 0 : scenes[s].count;
            painted[s] = scene_paint(&scenes[s], &view);
        }
        assert_memory_equal(painted[0]->rgba, painted[1]->rgba, 4 * (size_t)view.width_px * view.height_px);
    }
    scene_finish(&scenes[1]);
    scene_finish(&scenes[0]);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fills_to_the_pixel),
        cmocka_unit_test(neighbours_of_one_colour_join),
        cmocka_unit_test(tuples_change_nothing),
        cmocka_unit_test(sharing_changes_nothing),
        cmocka_unit_test(draws_circles_and_lines_where_they_are),
        cmocka_unit_test(survives_geometry_far_outside),
        cmocka_unit_test(tiles_join_without_a_seam),
        cmocka_unit_test(tells_what_it_needs),
        cmocka_unit_test(refuses_pictures_that_are_too_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
