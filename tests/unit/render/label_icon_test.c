/* SPDX-License-Identifier: MIT */
/* Icons, texts from glyph ranges, and how the two parts of a label go together. */
#include "render/painter.h"
#include "render/render_assets.h"
#include "unit/render/label_tiles.h"

enum { SIDE = 20 };

/* A disc with a dark rim; as a distance field the same disc. */
static void add_disc(struct sprite *sprite, const char *name, double ratio, bool is_sdf, bool stretches)
{
    uint8_t pixels[SIDE * SIDE * 4] = {0};
    for (int i = 0; i < SIDE * SIDE; i++) {
        double distance = hypot(i % SIDE + 0.5 - SIDE / 2.0, (double)(i / SIDE) + 0.5 - SIDE / 2.0) - 7;
        double field = fmax(0, fmin(255, 192 - distance * 32));
        pixels[4 * i] = distance < -3 && !is_sdf ? 200 : 0;
        pixels[4 * i + 3] = is_sdf ? (uint8_t)field : distance < 0 ? 255 : 0;
    }
    const struct sprite_zone zone = {8, 12};
    struct sprite_image image = {.name = text_of(name),
                                 .width_px = SIDE,
                                 .height_px = SIDE,
                                 .pixel_ratio = ratio,
                                 .is_sdf = is_sdf,
                                 .pixels = pixels,
                                 .stretch_x = &zone,
                                 .stretch_x_count = stretches,
                                 .stretch_y = &zone,
                                 .stretch_y_count = stretches,
                                 .has_content = stretches,
                                 .content = {4, 4, 16, 16}};
    assert_true(sprite_add_image(sprite, &image, NULL));
}

static struct sprite *make_sprite(void)
{
    struct sprite *sprite = sprite_create();
    assert_non_null(sprite);
    add_disc(sprite, "disc", 1, false, false);
    add_disc(sprite, "field", 1, true, false);
    add_disc(sprite, "shield", 2, false, true);
    return sprite;
}

static void start(struct town *town, const char *layers, const struct render_assets *assets)
{
    struct error err = {0};
    if (!town_init(town, layers, 17, &err)) {
        fail_msg("%s", err.english);
    }
    town->assets = assets;
    struct text name = text_of("Open Sans Regular");
    struct text_engine *text = town->painter->text;
    if (text_engine_stack_quality(text, text_engine_stack(text, &name, 1)) != TEXT_STACK_EXACT) {
        town_finish(town);
        print_message("needs the fonts of the Debian package fonts-open-sans\n");
        skip();
    }
}

static const char kinds[] =
    "[{'id':'streets','type':'symbol','source':'streets','source-layer':'streets','layout':{'icon-image':'field',"
    "'symbol-placement':'line','symbol-spacing':90,'icon-size':0.7},'paint':{'icon-color':'#06c','icon-halo-color':"
    "'#fff','icon-halo-width':2}},"
    "{'id':'quarters','type':'symbol','source':'quarters','source-layer':'quarters','layout':{'icon-image':'shield',"
    "'icon-text-fit':'both','icon-text-fit-padding':[2,4,2,4],'text-field':['get','name'],'text-size':11}},"
    "{'id':'points','type':'symbol','source':'points','source-layer':'points','layout':{'icon-image':'disc',"
    "'icon-rotate':['*',['get','rank'],20],'icon-overlap':'cooperative','text-field':['format',['get','name'],{},' "
    "',{},"
    "['image','disc'],{}],'text-size':12,'text-variable-anchor':['left','top','bottom'],'text-radial-offset':0.9,"
    "'text-optional':true},'paint':{'icon-translate':[3,-2],'text-halo-color':'#fff','text-halo-width':1.5}}]";

static size_t check_kinds(const struct render_assets *assets)
{
    struct town town;
    start(&town, kinds, assets);
    struct world_box box = box_of((struct label_square){ZOOM, COLUMN - 1, ROW - 1}, BLOCK + 2);
    town_add_points(&town, &box, 9000);
    town_add_streets(&town, &box, 60);
    town_add_quarters(&town, &box, 1500);
    uint32_t x = (COLUMN + 1) * 4;
    uint32_t y = (ROW + 1) * 4;
    size_t inked = check_tiles(&town, (struct tile_id){ZOOM, x - 1, y - 1}, 512, 1);
    inked += check_tiles(&town, (struct tile_id){ZOOM + 1, 2 * x - 1, 2 * y - 1}, 256, 2);
    inked += check_tiles(&town, (struct tile_id){ZOOM, x + 1, y - 1}, 512, 2);
    town_finish(&town);
    return inked;
}

static void icons_join_to_the_byte(void **state)
{
    (void)state;
    struct sprite *sprite = make_sprite();
    const struct render_assets assets = {.sprite = sprite};
    assert_true(check_kinds(&assets) > 100);
    sprite_unref(sprite);
}

static bool load_range(void *context, struct text stack, uint32_t range_start, struct buffer *out_bytes)
{
    (void)context;
    bool exact;
    struct error err;
    return glyph_pbf_write(stack, range_start, out_bytes, &exact, &err);
}

static void glyph_ranges_join_to_the_byte(void **state)
{
    (void)state;
    struct sprite *sprite = make_sprite();
    struct glyph_ranges *ranges = glyph_ranges_create(load_range, NULL);
    assert_non_null(ranges);
    const struct render_assets assets = {.sprite = sprite, .glyphs = ranges};
    assert_true(check_kinds(&assets) > 100);
    glyph_ranges_destroy(ranges);
    sprite_unref(sprite);
}

/* Two points `apart_px` from each other, in the middle of a square; what of them is shown. */
struct shown_parts {
    size_t labels;
    size_t texts;
    size_t icons;
};

static struct shown_parts place_two(const char *layout, double apart_px)
{
    struct sprite *sprite = make_sprite();
    const struct render_assets assets = {.sprite = sprite};
    struct town town;
    char layers[1024];
    snprintf(layers, sizeof layers,
             "[{'id':'a','type':'symbol','source':'points','source-layer':'points','layout':{'icon-image':'disc',%s}}]",
             layout);
    start(&town, layers, &assets);
    struct world_box box = box_of((struct label_square){ZOOM, COLUMN, ROW}, 1);
    for (int i = 0; i < 2; i++) {
        struct world_point point = town_at(&box, 0.5 + i * apart_px / LABEL_SQUARE_PX, 0.5);
        town_add(&town, TOWN_POINTS, GEOMETRY_POINT, &point, 1, i ? "Segundo" : "Primero", i);
    }
    struct label_plan *plan = plan_of(&town, (struct label_square){ZOOM, COLUMN, ROW});
    struct shown_parts parts = {.labels = plan->label_count};
    for (size_t i = 0; i < plan->label_count; i++) {
        parts.texts += plan->labels[i].glyph_count > 0;
        parts.icons += plan->labels[i].mark > 0;
    }
    label_plan_destroy(plan);
    town_finish(&town);
    sprite_unref(sprite);
    return parts;
}

static void parts_go_together_unless_optional(void **state)
{
    (void)state;
    static const struct {
        const char *layout;
        double apart_px;
        struct shown_parts parts;
    } cases[] = {
        {"'text-field':['get','name'],'text-anchor':'top','text-offset':[0,1.2]", 200, {2, 2, 2}},
        {"'text-field':['get','name'],'text-anchor':'top','text-offset':[0,1.2]", 30, {1, 1, 1}}, /* texts collide */
        {"'text-field':['get','name'],'text-anchor':'top','text-offset':[0,1.2],'text-optional':true", 30, {2, 1, 2}},
        {"'text-field':['get','name'],'text-anchor':'top','text-offset':[0,1.2],'icon-optional':true", 30, {1, 1, 1}},
        {"'text-field':['get','name'],'icon-allow-overlap':true,'text-anchor':'top','text-offset':[0,1.2]",
         10,
         {1, 1, 1}},
        {"'icon-padding':0", 30, {2, 0, 2}},
        {"'icon-padding':0", 15, {1, 0, 1}},
        {"'icon-padding':[0,6,0,6]", 30, {1, 0, 1}},
        {"'icon-overlap':'always'", 5, {2, 0, 2}},
        {"'icon-overlap':'cooperative'", 5, {2, 0, 2}},
        {"'icon-ignore-placement':true", 5, {2, 0, 2}},
        {"'icon-size':0", 5, {0, 0, 0}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct shown_parts parts = place_two(cases[i].layout, cases[i].apart_px);
        if (parts.labels != cases[i].parts.labels || parts.texts != cases[i].parts.texts ||
            parts.icons != cases[i].parts.icons) {
            fail_msg("%s: %zu labels, %zu texts, %zu icons", cases[i].layout, parts.labels, parts.texts, parts.icons);
        }
    }
}

static const char ideographs[] = "[{'id':'a','type':'symbol','source':'points','source-layer':'points','layout':{"
                                 "'text-field':['get','name'],'text-size':20,'text-writing-mode':['vertical']}}]";

static void ideographs_stand_one_below_the_other(void **state)
{
    (void)state;
    struct town town;
    start(&town, ideographs, NULL);
    struct world_box box = box_of((struct label_square){ZOOM, COLUMN, ROW}, 1);
    struct world_point point = town_at(&box, 0.3, 0.5);
    town_add(&town, TOWN_POINTS, GEOMETRY_POINT, &point, 1, "北京市", 0);
    point = town_at(&box, 0.7, 0.5);
    town_add(&town, TOWN_POINTS, GEOMETRY_POINT, &point, 1, "Torreón", 0);
    struct label_plan *plan = plan_of(&town, (struct label_square){ZOOM, COLUMN, ROW});
    assert_int_equal(plan->label_count, 2);
    const struct label *standing = &plan->labels[0];
    const struct label_glyph *glyphs = plan->glyphs + standing->first_glyph;
    assert_int_equal(standing->glyph_count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_true(fabsf(glyphs[i].cosine - 1) < 1e-6f && fabsf(glyphs[i].sine) < 1e-6f); /* upright */
        assert_true(abs(glyphs[i].x - glyphs[0].x) <= 1);
        assert_true(i == 0 || abs(glyphs[i].y - glyphs[i - 1].y - 20 * LABEL_ONE) <= 1);
    }
    assert_true(plan->labels[1].upright); /* Latin letters lie as ever */
    label_plan_destroy(plan);
    town_finish(&town);
}

static void sources_keep_apart(void **state)
{
    (void)state;
    static const char layers[] =
        "[{'id':'a','type':'symbol','source':'points','source-layer':'points','layout':{'icon-image':'disc'}},"
        "{'id':'b','type':'symbol','source':'quarters','source-layer':'quarters','layout':{'icon-image':'disc'}}]";
    struct sprite *sprite = make_sprite();
    for (int apart = 0; apart < 2; apart++) {
        const struct render_assets assets = {.sprite = sprite, .sources_apart = apart};
        struct town town;
        start(&town, layers, &assets);
        struct world_box box = box_of((struct label_square){ZOOM, COLUMN, ROW}, 1);
        struct world_point point = town_at(&box, 0.5, 0.5);
        town_add(&town, TOWN_POINTS, GEOMETRY_POINT, &point, 1, "uno", 0);
        town_add(&town, TOWN_QUARTERS, GEOMETRY_POINT, &point, 1, "dos", 0);
        struct label_plan *plan = plan_of(&town, (struct label_square){ZOOM, COLUMN, ROW});
        assert_int_equal(label_plan_count(plan), apart ? 2 : 1);
        label_plan_destroy(plan);
        town_finish(&town);
    }
    sprite_unref(sprite);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(icons_join_to_the_byte),
        cmocka_unit_test(glyph_ranges_join_to_the_byte),
        cmocka_unit_test(parts_go_together_unless_optional),
        cmocka_unit_test(ideographs_stand_one_below_the_other),
        cmocka_unit_test(sources_keep_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
