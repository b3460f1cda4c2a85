/* SPDX-License-Identifier: MIT */
/* Layers of imagery and elevation: the formulas, the places, and that tiles join. */

#include "render/render.h"
#include "unit/test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SIDE = 64 };

struct stage {
    struct arena *arena;
    struct painter *painter;
    struct style *style;
};

/* One layer of `type` on source "s"; `paint` with ' for ". */
static void stage_init(struct stage *stage, const char *type, const char *paint)
{
    struct error err = {0};
    *stage = (struct stage){.arena = arena_create(256 << 20), .painter = painter_create(&err)};
    char *json = arena_printf(stage->arena,
                              "{'version':8,'sources':{'s':{'type':'%s','url':'tesela://x'}},'layers':[{'id':'r',"
                              "'type':'%s','source':'s','paint':{%s}}]}",
                              strcmp(type, "raster") == 0 ? "raster" : "raster-dem", type, paint);
    for (char *at = json; *at != '\0'; at++) {
        *at = *at == '\'' ? '"' : *at;
    }
    if (!style_read("raster", text_of(json), &stage->style, NULL, NULL, &err)) {
        fail_msg("%s", err.english);
    }
}

static void stage_finish(struct stage *stage)
{
    style_unref(stage->style);
    painter_destroy(stage->painter);
    arena_destroy(stage->arena);
}

static const struct canvas *stage_paint(struct stage *stage, const struct view *view,
                                        const struct render_raster *rasters, size_t count)
{
    struct error err = {0};
    struct render_input input = {.source = "s", .rasters = rasters, .raster_count = count};
    const struct canvas *canvas;
    if (!render_paint(stage->painter, stage->style, NULL, view, &input, 1, NULL, 0, stage->arena, &canvas, &err)) {
        fail_msg("%s", err.english);
    }
    return canvas;
}

static const uint8_t *pixel_at(const struct canvas *canvas, uint32_t x, uint32_t y)
{
    return canvas->rgba + 4 * ((size_t)y * canvas->width_px + x);
}

static void assert_near(const uint8_t *is, const double *wanted, double tolerance, const char *what)
{
    for (size_t i = 0; i < 4; i++) {
        if (fabs(is[i] - wanted[i]) > tolerance) {
            fail_msg("%s: %d %d %d %d, not %.1f %.1f %.1f %.1f", what, is[0], is[1], is[2], is[3], wanted[0], wanted[1],
                     wanted[2], wanted[3]);
        }
    }
}

static struct render_raster color_tile(struct tile_id tile, const uint8_t *rgba, uint32_t side)
{
    struct render_raster raster = render_raster_of_tile(tile, 0);
    raster.rgba = rgba;
    raster.width_px = raster.height_px = side;
    return raster;
}

static double clamp(double x)
{
    return fmin(1, fmax(0, x));
}

/* The fragment's steps one by one, for an opaque colour over nothing. */
static void properties_change_colours_as_specified(void **state)
{
    (void)state;
    static const struct {
        double hue, low, high, saturation, contrast, opacity;
    } cases[] = {
        {0, 0, 1, 0, 0, 1},   {90, 0, 1, 0, 0, 1},
        {-30, 0, 1, 0, 0, 1}, {0, 0.2, 0.8, 0, 0, 1},
        {0, 0, 1, 0.6, 0, 1}, {0, 0, 1, -0.7, 0, 1},
        {0, 0, 1, 0, 0.4, 1}, {0, 0, 1, 0, -0.4, 1},
        {0, 0, 1, 0, 0, 0.5}, {45, 0.1, 0.9, 0.3, -0.2, 0.7},
        {0, 0, 1, 1, 0, 1},   {0, 0, 1, -1, 0, 1},
    };
    static const uint8_t colors[4][4] = {
        {255, 255, 255, 255}, {200, 40, 10, 255}, {12, 99, 180, 255}, {60, 128, 60, 255}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct stage stage;
        char paint[300];
        snprintf(paint, sizeof paint,
                 "'raster-hue-rotate':%g,'raster-brightness-min':%g,'raster-brightness-max':%g,'raster-saturation':%g,"
                 "'raster-contrast':%g,'raster-opacity':%g",
                 cases[c].hue, cases[c].low, cases[c].high, cases[c].saturation, cases[c].contrast, cases[c].opacity);
        stage_init(&stage, "raster", paint);
        uint8_t rgba[4 * 4 * 4];
        for (size_t i = 0; i < 16; i++) {
            memcpy(rgba + 4 * i, colors[i % 4], 4);
        }
        struct render_raster raster = color_tile((struct tile_id){0, 0, 0}, rgba, 4);
        struct view view = view_of_tile((struct tile_id){0, 0, 0}, 4, 1);
        const struct canvas *canvas = stage_paint(&stage, &view, &raster, 1);
        for (uint32_t i = 0; i < 4; i++) {
            double in[3] = {colors[i][0] / 255.0, colors[i][1] / 255.0, colors[i][2] / 255.0};
            double angle = cases[c].hue * 3.14159265358979 / 180;
            double w[3] = {(2 * cos(angle) + 1) / 3, (-sqrt(3) * sin(angle) - cos(angle) + 1) / 3,
                           (sqrt(3) * sin(angle) - cos(angle) + 1) / 3};
            double saturation = cases[c].saturation;
            double factor = saturation > 0 ? 1 - 1 / (1.001 - saturation) : -saturation;
            double contrast = cases[c].contrast > 0 ? 1 / (1 - cases[c].contrast) : 1 + cases[c].contrast;
            double mean = (in[0] + in[1] + in[2]) / 3;
            double wanted[4] = {0, 0, 0, cases[c].opacity * 255};
            for (size_t k = 0; k < 3; k++) {
                double spun = in[0] * w[(3 - k) % 3] + in[1] * w[(4 - k) % 3] + in[2] * w[(5 - k) % 3];
                double value = spun + (mean - spun) * factor;
                value = (value - 0.5) * contrast + 0.5;
                value = cases[c].low * (1 - value) + cases[c].high * value;
                wanted[k] = fmin(clamp(value * cases[c].opacity) * 255, wanted[3]);
            }
            assert_near(pixel_at(canvas, i, 0), wanted, saturation == 1 ? 3 : 0.51, paint);
        }
        stage_finish(&stage);
    }
}

/* Twice as large: each pixel is three quarters of its texel and a quarter of the next; the outermost are not mixed. */
static void enlarges_between_texel_centres(void **state)
{
    (void)state;
    static const uint8_t rgba[] = {0, 0, 0, 255, 200, 200, 200, 255, 0, 0, 0, 255, 200, 200, 200, 255};
    static const int linear[] = {0, 50, 150, 200};
    static const int nearest[] = {0, 0, 200, 200};
    for (int is_nearest = 0; is_nearest < 2; is_nearest++) {
        struct stage stage;
        stage_init(&stage, "raster", is_nearest ? "'raster-resampling':'nearest'" : "'raster-fade-duration':0");
        struct render_raster raster = color_tile((struct tile_id){0, 0, 0}, rgba, 2);
        struct view view = view_of_tile((struct tile_id){0, 0, 0}, 4, 1);
        const struct canvas *canvas = stage_paint(&stage, &view, &raster, 1);
        for (uint32_t x = 0; x < 4; x++) {
            assert_int_equal(pixel_at(canvas, x, 2)[0], is_nearest ? nearest[x] : linear[x]);
        }
        stage_finish(&stage);
    }
}

/* A quarter of the size: the mean of sixteen, not one of them. */
static void averages_what_is_shown_smaller(void **state)
{
    (void)state;
    uint8_t rgba[16 * 16 * 4];
    for (size_t i = 0; i < 256; i++) {
        memset(rgba + 4 * i, (i / 16 + i) % 2 == 0 ? 0 : 240, 3);
        rgba[4 * i + 3] = 255;
    }
    struct stage stage;
    stage_init(&stage, "raster", "'raster-resampling':'nearest'");
    struct render_raster raster = color_tile((struct tile_id){0, 0, 0}, rgba, 16);
    struct view view = view_of_tile((struct tile_id){0, 0, 0}, 4, 1);
    const struct canvas *canvas = stage_paint(&stage, &view, &raster, 1);
    for (uint32_t x = 0; x < 4; x++) {
        assert_int_equal(pixel_at(canvas, x, 1)[0], 120);
    }
    stage_finish(&stage);
}

/* An ancestor stands for the three missing quarters only, also where the given one is transparent. */
static void the_first_piece_is_seen(void **state)
{
    (void)state;
    uint8_t above[SIDE * SIDE * 4] = {0};
    uint8_t below[SIDE * SIDE * 4];
    memset(below, 255, sizeof below);
    struct stage stage;
    stage_init(&stage, "raster", "'raster-opacity':0.5");
    struct render_raster rasters[] = {color_tile((struct tile_id){1, 0, 0}, above, SIDE),
                                      color_tile((struct tile_id){0, 0, 0}, below, SIDE)};
    struct view view = view_of_tile((struct tile_id){0, 0, 0}, SIDE, 1);
    const struct canvas *canvas = stage_paint(&stage, &view, rasters, 2);
    assert_int_equal(pixel_at(canvas, SIDE / 2 - 1, SIDE / 2 - 1)[3], 0);
    assert_int_equal(pixel_at(canvas, SIDE / 2, SIDE / 2 - 1)[3], 128);
    assert_int_equal(pixel_at(canvas, 0, SIDE / 2)[3], 128);
    stage_finish(&stage);
}

/* Corners of a quadrilateral get the corners of the picture, and the perspective's middle is where its diagonals meet.
 */
static void lays_pictures_over_quadrilaterals(void **state)
{
    (void)state;
    uint8_t rgba[SIDE * SIDE * 4];
    for (size_t y = 0; y < SIDE; y++) {
        for (size_t x = 0; x < SIDE; x++) {
            const uint8_t pixel[4] = {(uint8_t)(x * 4), (uint8_t)(y * 4), 0, 255};
            memcpy(rgba + 4 * (y * SIDE + x), pixel, 4);
        }
    }
    struct stage stage;
    stage_init(&stage, "raster", "'raster-fade-duration':0");
    double unit = 0x1p32 / 512;
    double left = -0x1p31;
    struct render_raster raster = {
        .rgba = rgba,
        .width_px = SIDE,
        .height_px = SIDE,
        .corners = {{left + 192 * unit, left + 100 * unit},
                    {left + 320 * unit, left + 100 * unit},
                    {left + 448 * unit, left + 300 * unit},
                    {left + 64 * unit, left + 300 * unit}},
    };
    struct view view = view_of_tile((struct tile_id){0, 0, 0}, 512, 1);
    const struct canvas *canvas = stage_paint(&stage, &view, &raster, 1);
    assert_int_equal(pixel_at(canvas, 192, 99)[3], 0);
    assert_near(pixel_at(canvas, 193, 100), (double[]){2, 0, 0, 255}, 4, "top left");
    assert_near(pixel_at(canvas, 446, 299), (double[]){252, 252, 0, 255}, 4, "bottom right");
    /* The diagonals meet a quarter of the way down: 128 and 384 wide edges. */
    assert_near(pixel_at(canvas, 256, 150), (double[]){126, 126, 0, 255}, 3, "middle");
    stage_finish(&stage);
}

/* --- elevation --- */

static struct render_raster elevation_tile(struct tile_id tile, const float *metres, uint32_t side)
{
    struct render_raster raster = render_raster_of_tile(tile, 0);
    raster.kind = RENDER_RASTER_ELEVATION;
    raster.metres = metres;
    raster.width_px = raster.height_px = side;
    return raster;
}

static void decodes_elevations(void **state)
{
    (void)state;
    static const uint8_t rgba[] = {1, 134, 160, 255, 128, 10, 128, 255, 0, 0, 0, 0};
    float metres[3];
    render_raster_decode(render_raster_mapbox(), rgba, 3, metres);
    assert_true(fabs((double)metres[0] - 0) < 0.01 && isnan(metres[2]));
    render_raster_decode(render_raster_terrarium(), rgba, 3, metres);
    assert_true(fabs((double)metres[1] - 10.5) < 0.01);
}

static void relief_takes_colours_from_the_ramp(void **state)
{
    (void)state;
    float metres[16] = {-50, 0, 25, 50, 100, 150, NAN, 99.5F};
    static const struct {
        const char *paint;
        int red[8];
        int alpha[8];
    } cases[] = {
        {"'resampling':'nearest','color-relief-color':['interpolate',['linear'],['elevation'],0,'#000',100,'#ff0000']",
         {0, 0, 64, 128, 255, 255, 0, 254},
         {255, 255, 255, 255, 255, 255, 0, 255}},
        {"'resampling':'nearest','color-relief-opacity':0.5,'color-relief-color':['step',['elevation'],'#ff0000',50,'#"
         "000',"
         "100,'rgba(0,0,0,0)']",
         {128, 128, 128, 0, 0, 0, 0, 0},
         {128, 128, 128, 128, 0, 0, 0, 128}},
        {"'resampling':'nearest','color-relief-color':['case',['>',['elevation'],60],'#ff0000','#000']",
         {0, 0, 0, 0, 255, 255, 0, 255},
         {255, 255, 255, 255, 255, 255, 0, 255}},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct stage stage;
        stage_init(&stage, "color-relief", cases[c].paint);
        struct render_raster raster = elevation_tile((struct tile_id){0, 0, 0}, metres, 4);
        struct view view = view_of_tile((struct tile_id){0, 0, 0}, 4, 1);
        const struct canvas *canvas = stage_paint(&stage, &view, &raster, 1);
        for (uint32_t i = 0; i < 8; i++) {
            const uint8_t *pixel = pixel_at(canvas, i % 4, i / 4);
            assert_int_equal(pixel[0], cases[c].red[i]);
            assert_int_equal(pixel[3], cases[c].alpha[i]);
        }
        stage_finish(&stage);
    }
}

static double saw(double aspect, double azimuth)
{
    const double pi = 3.14159265358979323846;
    double turns = fmod((aspect + azimuth) / pi + 0.5, 2);
    return fabs((turns < 0 ? turns + 2 : turns) - 1);
}

/* A plane falling in one direction: each method's shade beside its formula in double precision. Black shadows and white
 * highlights of one opacity tell themselves apart by the red. */
static void hillshade_methods_follow_their_formulas(void **state)
{
    (void)state;
    const double pi = 3.14159265358979323846;
    static const char *const methods[] = {"standard", "basic", "combined", "igor", "multidirectional"};
    static const double falls[][2] = {{0.3, 0}, {-0.2, 0.4}, {0, -0.7}, {1.5, 1.5}, {0.01, -0.02}};
    for (size_t m = 0; m < 5; m++) {
        for (size_t f = 0; f < sizeof falls / sizeof *falls; f++) {
            /* At zoom 15 and the equator nothing is exaggerated or stretched. */
            double pixel_m = exp2(28.2562 - 3 - 15) / SIDE;
            float metres[SIDE * SIDE];
            for (size_t i = 0; i < SIDE * SIDE; i++) {
                metres[i] = (float)(((double)(i % SIDE) * falls[f][0] + (double)(i / SIDE) * falls[f][1]) * pixel_m);
            }
            struct stage stage;
            char paint[200];
            snprintf(paint, sizeof paint,
                     "'hillshade-method':'%s','hillshade-exaggeration':0.6,'hillshade-accent-color':'#f00'",
                     methods[m]);
            stage_init(&stage, "hillshade", paint);
            struct render_raster raster = elevation_tile((struct tile_id){15, 100, 16384}, metres, SIDE);
            struct view view = view_of_tile((struct tile_id){15, 100, 16384}, SIDE, 1);
            const struct canvas *canvas = stage_paint(&stage, &view, &raster, 1);
            double e = m == 0 ? 1 : 1.2;
            double x = falls[f][0] * e;
            double y = falls[f][1] * e;
            double azimuth = (335 + 180) * pi / 180;
            double altitude = pi / 4;
            double aspect = x != 0 ? atan2(y, -x) : pi / 2 * (y > 0 ? 1 : -1);
            double lit =
                (sin(altitude) - (y * cos(azimuth) - x * sin(azimuth)) * cos(altitude)) / sqrt(1 + x * x + y * y);
            double shadow = 0;
            double highlight = 0;
            double accent = 0;
            double slope = atan(hypot(x, y));
            if (m == 0) {
                double base = 1.875 - 0.6 * 1.75;
                slope = atan(0.625 * hypot(x, y));
                slope = (pow(base, slope) - 1) / (pow(base, pi / 2) - 1) * pi / 2;
                highlight = saw(aspect, azimuth) * sin(slope);
                shadow = (1 - saw(aspect, azimuth)) * sin(slope);
                accent = (1 - cos(slope)) * (1 - highlight - shadow);
            } else if (m == 1 || m == 4) {
                double shade = clamp(lit);
                highlight = fmax(0, 2 * shade - 1);
                shadow = fmax(0, 1 - 2 * shade);
            } else if (m == 2) {
                double angle = fmin(pi / 2, acos(lit));
                shadow = angle * slope * 4 / pi / pi;
                highlight = (pi / 2 - angle) * slope * 4 / pi / pi;
            } else {
                shadow = slope * 2 / pi * (1 - saw(aspect, azimuth));
                highlight = slope * 2 / pi * saw(aspect, azimuth);
            }
            double wanted[4] = {(highlight + accent) * 255, highlight * 255, highlight * 255,
                                (highlight + shadow + accent) * 255};
            assert_near(pixel_at(canvas, SIDE / 2, SIDE / 2), wanted, 0.6, paint);
            stage_finish(&stage);
        }
    }
}

/* --- seams --- */

static uint32_t random_below(uint32_t *seed, uint32_t below)
{
    *seed = *seed * 1664525 + 1013904223;
    return (*seed >> 8) % below;
}

/* Pieces of zoom 3: a world of noise. */
enum { TILES = 64, TILE_PX = 32 };

static void make_world(struct render_raster *out, uint8_t *rgba, float *metres, bool is_elevation)
{
    uint32_t seed = 7;
    for (uint32_t i = 0; i < TILES; i++) {
        struct tile_id tile = {3, i % 8, i / 8};
        uint8_t *pixels = rgba + (size_t)i * TILE_PX * TILE_PX * 4;
        float *heights = metres + (size_t)i * TILE_PX * TILE_PX;
        for (size_t p = 0; p < TILE_PX * TILE_PX; p++) {
            uint32_t alpha = random_below(&seed, 256);
            pixels[4 * p] = (uint8_t)random_below(&seed, alpha + 1);
            pixels[4 * p + 1] = (uint8_t)random_below(&seed, alpha + 1);
            pixels[4 * p + 2] = (uint8_t)random_below(&seed, alpha + 1);
            pixels[4 * p + 3] = (uint8_t)alpha;
            heights[p] = random_below(&seed, 20) == 0 ? NAN : (float)random_below(&seed, 200000);
        }
        out[i] = is_elevation ? elevation_tile(tile, heights, TILE_PX) : color_tile(tile, pixels, TILE_PX);
    }
}

static void tiles_join_to_the_bit(void **state)
{
    (void)state;
    static const char *const layers[][2] = {
        {"raster", "'raster-hue-rotate':40,'raster-opacity':0.8"},
        {"raster", "'raster-resampling':'nearest'"},
        {"hillshade", "'hillshade-exaggeration':0.7"},
        {"color-relief",
         "'color-relief-color':['interpolate',['linear'],['elevation'],0,'#123456',200000,'rgba(255,9,0,0.3)']"},
    };
    static uint8_t rgba[TILES * TILE_PX * TILE_PX * 4];
    static float metres[TILES * TILE_PX * TILE_PX];
    struct render_raster rasters[TILES];
    for (size_t l = 0; l < sizeof layers / sizeof *layers; l++) {
        struct stage stage;
        stage_init(&stage, layers[l][0], layers[l][1]);
        make_world(rasters, rgba, metres, strcmp(layers[l][0], "raster") != 0);
        for (uint32_t z = 1; z <= 6; z++) {
            struct tile_id corner = {z, (1U << z) / 2 - 1, (1U << z) / 2 - 1};
            struct view view = view_of_tile(corner, SIDE, 1);
            view.width_px = view.height_px = 2 * SIDE;
            uint8_t whole[4 * 4 * SIDE * SIDE];
            memcpy(whole, stage_paint(&stage, &view, rasters, TILES)->rgba, sizeof whole);
            for (uint32_t part = 0; part < 4; part++) {
                struct tile_id tile = {z, corner.x + part % 2, corner.y + part / 2};
                view = view_of_tile(tile, SIDE, 1);
                const struct canvas *canvas = stage_paint(&stage, &view, rasters, TILES);
                for (uint32_t y = 0; y < SIDE; y++) {
                    size_t at = 4 * (((size_t)(part / 2) * SIDE + y) * 2 * SIDE + (part % 2) * SIDE);
                    assert_memory_equal(pixel_at(canvas, 0, y), whole + at, (size_t)4 * SIDE);
                }
            }
        }
        stage_finish(&stage);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(properties_change_colours_as_specified),
        cmocka_unit_test(enlarges_between_texel_centres),
        cmocka_unit_test(averages_what_is_shown_smaller),
        cmocka_unit_test(the_first_piece_is_seen),
        cmocka_unit_test(lays_pictures_over_quadrilaterals),
        cmocka_unit_test(decodes_elevations),
        cmocka_unit_test(relief_takes_colours_from_the_ramp),
        cmocka_unit_test(hillshade_methods_follow_their_formulas),
        cmocka_unit_test(tiles_join_to_the_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
