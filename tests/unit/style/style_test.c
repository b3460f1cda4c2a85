/* SPDX-License-Identifier: MIT */
/* A style from text to evaluated properties. */
#include "style/style.h"

#include "unit/test.h"

#include <math.h>
#include <string.h>

enum { ARENA_BYTES = 8 << 20 };

static const char town[] =
    "{\"version\": 8, \"metadata\": {\"tesela:map\": {\"title\": \"x\"}},\n"
    " \"state\": {\"night\": {\"default\": true}},\n"
    " \"sources\": {\"c\": {\"type\": \"vector\", \"url\": \"tesela://colonias\"},\n"
    "  \"g\": {\"type\": \"geojson\", \"data\": {}}},\n"
    " \"layers\": [\n"
    "  {\"id\": \"ground\", \"type\": \"background\", \"paint\": {\"background-color\": \"#102030\"}},\n"
    "  {\"id\": \"areas\", \"type\": \"fill\", \"source\": \"c\", \"source-layer\": \"colonias\", \"minzoom\": 5,\n"
    "   \"filter\": [\"all\", [\"==\", \"kind\", \"park\"], [\">\", \"size\", 10]],\n"
    "   \"metadata\": {\"a\": 1},\n"
    "   \"paint\": {\"fill-color\": [\"match\", [\"get\", \"kind\"], \"park\", \"rgba(0, 255, 0, 0.5)\", \"red\"],\n"
    "    \"fill-opacity\": {\"stops\": [[5, 0], [10, 1]]},\n"
    "    \"fill-translate\": [1, 2],\n"
    "    \"fill-antialias\": [\"global-state\", \"night\"],\n"
    "    \"fill-outline-color\": [\"get\", \"outline\"]}},\n"
    "  {\"id\": \"names\", \"type\": \"symbol\", \"source\": \"c\", \"source-layer\": \"colonias\", \"maxzoom\": 15,\n"
    "   \"layout\": {\"text-field\": \"Col. {name}\", \"text-font\": [\"A\", \"B\"], \"text-anchor\": \"top-left\",\n"
    "    \"text-size\": [\"interpolate\", [\"linear\"], [\"zoom\"], 10, 10, 12, [\"get\", \"size\"]],\n"
    "    \"text-variable-anchor-offset\": [\"top\", [1, 2], \"left\", [3, 4]],\n"
    "    \"visibility\": \"none\"}},\n"
    "  {\"id\": \"heat\", \"type\": \"heatmap\", \"source\": \"g\"}]}";

static struct style *read_style(const char *name, const char *json)
{
    struct style *style = NULL;
    struct error err = {0};
    if (!style_read(name, text_of(json), &style, NULL, NULL, &err)) {
        fail_msg("%s", err.english);
    }
    return style;
}

static struct style *read_town(void)
{
    return read_style("town", town);
}

static void reads_layers_and_sources(void **state)
{
    (void)state;
    struct style *style = read_town();
    assert_string_equal(style_name(style), "town");
    assert_int_equal(style_layer_count(style), 4);
    assert_int_equal(style_source_count(style), 2);
    assert_string_equal(style_source_find(style, "c")->layer_id, "colonias");
    assert_null(style_source_find(style, "g")->layer_id);
    assert_null(style_source_find(style, "x"));
    const struct style_layer_info *areas = style_layer_info(style_layer_at(style, 1));
    assert_string_equal(areas->id, "areas");
    assert_int_equal(areas->type, STYLE_FILL);
    assert_string_equal(areas->source_layer, "colonias");
    assert_true(areas->min_zoom == 5 && areas->visible);
    assert_non_null(areas->metadata);
    assert_int_equal(areas->name_count, 3); /* kind, size, outline */
    assert_int_equal(style_slots_max(style), 3);
    assert_false(areas->reads_any_name);
    const struct style_layer_info *names = style_layer_info(style_layer_at(style, 2));
    assert_false(names->visible);
    assert_true(names->max_zoom == 15);
    struct style *again = read_town();
    assert_true(style_hash(style) == style_hash(again));
    style_unref(again);
    assert_ptr_equal(style_ref(style), style);
    style_unref(style);
    style_unref(style);
    style_unref(NULL);
}

/* The first letter of an id tells what the layer is about, the second what it asks of a feature: n(othing beyond its
 * attributes), i(d), p(lace). */
static const char twins[] =
    "{\"version\": 8, \"sources\": {\"c\": {\"type\": \"vector\", \"url\": \"tesela://c\"},\n"
    "  \"d\": {\"type\": \"vector\", \"url\": \"tesela://d\"}}, \"layers\": [\n"
    "  {\"id\": \"ground\", \"type\": \"background\"},\n"
    "  {\"id\": \"an\", \"type\": \"fill\", \"source\": \"c\", \"source-layer\": \"x\",\n"
    "   \"filter\": [\"==\", [\"get\", \"kind\"], 1]},\n"
    "  {\"id\": \"ai\", \"type\": \"fill\", \"source\": \"c\", \"source-layer\": \"x\",\n"
    "   \"filter\": [\"==\", [\"get\", \"kind\"], 1], \"paint\": {\"fill-opacity\": [\"to-number\", [\"id\"]]}},\n"
    "  {\"id\": \"ap\", \"type\": \"line\", \"source\": \"c\", \"source-layer\": \"x\",\n"
    "   \"filter\": [\"==\", [\"get\", \"kind\"], 1],\n"
    "   \"paint\": {\"line-width\": [\"distance\", {\"type\": \"Point\", \"coordinates\": [0, 0]}]}},\n"
    "  {\"id\": \"bn\", \"type\": \"line\", \"source\": \"d\", \"source-layer\": \"x\",\n"
    "   \"filter\": [\"==\", [\"get\", \"kind\"], 1]},\n"
    "  {\"id\": \"cn\", \"type\": \"line\", \"source\": \"c\", \"source-layer\": \"y\",\n"
    "   \"filter\": [\"==\", [\"get\", \"kind\"], 1]},\n"
    "  {\"id\": \"dn\", \"type\": \"line\", \"source\": \"c\", \"source-layer\": \"x\",\n"
    "   \"filter\": [\"==\", [\"get\", \"kind\"], 2]},\n"
    "  {\"id\": \"en\", \"type\": \"line\", \"source\": \"c\", \"source-layer\": \"x\",\n"
    "   \"paint\": {\"line-width\": [\"+\", [\"get\", \"one\"], [\"get\", \"other\"]]}},\n"
    "  {\"id\": \"en again\", \"type\": \"fill\", \"source\": \"c\", \"source-layer\": \"x\"},\n"
    "  {\"id\": \"ai again\", \"type\": \"line\", \"source\": \"c\", \"source-layer\": \"x\",\n"
    "   \"filter\": [\"==\", [\"get\", \"kind\"], 1.0], \"paint\": {\"line-width\": [\"to-number\", [\"id\"]]}},\n"
    "  {\"id\": \"ap again\", \"type\": \"fill\", \"source\": \"c\", \"source-layer\": \"x\",\n"
    "   \"filter\": [\"==\", [\"get\", \"kind\"], 1],\n"
    "   \"paint\": {\"fill-opacity\": [\"distance\", {\"type\": \"Point\", \"coordinates\": [1, 0]}]}},\n"
    "  {\"id\": \"an again\", \"ref\": \"an\"}]}";

/* Same subject: equal first letters of the ids. Same features: equal second letters too. */
static void knows_twins(void **state)
{
    (void)state;
    struct style *style = read_style("twins", twins);
    size_t count = style_layer_count(style);
    assert_int_equal(count, 12);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            const struct style_layer *one = style_layer_at(style, i);
            const struct style_layer *other = style_layer_at(style, j);
            const char *id = style_layer_info(one)->id;
            const char *its = style_layer_info(other)->id;
            if (style_same_subject(one, other) != (id[0] == its[0]) ||
                style_same_features(one, other) != (id[0] == its[0] && id[1] == its[1])) {
                fail_msg("\"%s\" and \"%s\"", id, its);
            }
        }
    }
    assert_int_equal(style_slots_max(style), 2); /* of "en" */
    assert_ptr_equal(style_filter_json(style_layer_at(style, 11)), style_filter_json(style_layer_at(style, 1)));
    assert_non_null(style_filter_json(style_layer_at(style, 1)));
    assert_null(style_filter_json(style_layer_at(style, 7)));
    style_unref(style);
}

struct scene {
    struct style *style;
    struct arena *arena;
    struct text columns[4];
    struct value values[4];
    int32_t slots[8];
    struct style_feature feature;
};

/* A feature with its columns in another order than the layer's names. */
static void set_scene(struct scene *scene, size_t layer)
{
    *scene = (struct scene){.style = read_town(), .arena = arena_create(ARENA_BYTES)};
    scene->columns[0] = text_of("size");
    scene->columns[1] = text_of("unused");
    scene->columns[2] = text_of("name");
    scene->columns[3] = text_of("kind");
    scene->values[0] = value_of_int(20);
    scene->values[1] = value_null();
    scene->values[2] = value_of_string("Centro");
    scene->values[3] = value_of_string("park");
    style_bind(style_layer_at(scene->style, layer), scene->columns, 4, scene->slots);
    scene->feature = (struct style_feature){.geometry = STYLE_GEOMETRY_POLYGON,
                                            .values = scene->values,
                                            .columns = scene->columns,
                                            .column_count = 4,
                                            .slots = scene->slots};
}

static void clear_scene(struct scene *scene)
{
    style_unref(scene->style);
    arena_destroy(scene->arena);
}

static void evaluates_paint(void **state)
{
    (void)state;
    struct scene scene;
    set_scene(&scene, 1);
    const struct style_layer *areas = style_layer_at(scene.style, 1);
    struct style_scope scope = {.zoom = 7.5, .feature = &scene.feature, .arena = scene.arena};
    assert_int_equal(style_dependence(areas, STYLE_FILL_COLOR), STYLE_DEPENDS_ON_FEATURE);
    assert_int_equal(style_dependence(areas, STYLE_FILL_OPACITY), STYLE_DEPENDS_ON_ZOOM);
    assert_int_equal(style_dependence(areas, STYLE_FILL_TRANSLATE), 0);
    assert_int_equal(style_dependence(areas, STYLE_FILL_PATTERN), 0);
    assert_int_equal(style_dependence(areas, STYLE_FILL_ANTIALIAS), 0);
    assert_int_equal(style_filter_dependence(areas), STYLE_DEPENDS_ON_FEATURE);
    assert_true(style_is_set(areas, STYLE_FILL_COLOR) && !style_is_set(areas, STYLE_FILL_PATTERN));
    assert_true(style_filter(areas, &scope));
    struct style_color color = style_color(areas, STYLE_FILL_COLOR, &scope);
    assert_true(color.r == 0 && color.g == 1 && color.b == 0 && color.a == 0.5);
    assert_true(style_number(areas, STYLE_FILL_OPACITY, &scope) == 0.5);
    assert_true(style_bool(areas, STYLE_FILL_ANTIALIAS, &scope));
    double translate[2];
    assert_int_equal(style_numbers(areas, STYLE_FILL_TRANSLATE, &scope, translate, 2), 2);
    assert_true(translate[0] == 1 && translate[1] == 2);
    assert_int_equal(style_text(areas, STYLE_FILL_PATTERN, &scope).length, 0);
    assert_int_equal(style_enum(areas, STYLE_FILL_TRANSLATE_ANCHOR, &scope), STYLE_PLANE_MAP);
    /* no outline colour: that of the fill */
    struct style_color outline = style_color(areas, STYLE_FILL_OUTLINE_COLOR, &scope);
    assert_true(outline.g == 1 && outline.a == 0.5);
    scene.values[0] = value_of_int(10);
    assert_false(style_filter(areas, &scope));
    scene.values[0] = value_of_string("20");
    assert_false(style_filter(areas, &scope));
    clear_scene(&scene);
}

static void evaluates_layout(void **state)
{
    (void)state;
    struct scene scene;
    set_scene(&scene, 2);
    const struct style_layer *names = style_layer_at(scene.style, 2);
    struct style_scope scope = {.zoom = 11, .feature = &scene.feature, .arena = scene.arena};
    struct style_section sections[2];
    assert_int_equal(style_formatted(names, STYLE_TEXT_FIELD, &scope, sections, 2), 1);
    assert_true(text_is(sections[0].text, "Col. Centro"));
    assert_true(sections[0].scale == 1 && !sections[0].has_color);
    struct text fonts[4];
    assert_int_equal(style_texts(names, STYLE_TEXT_FONT, &scope, fonts, 4), 2);
    assert_true(text_is(fonts[1], "B"));
    assert_int_equal(style_enum(names, STYLE_TEXT_ANCHOR, &scope), STYLE_ANCHOR_TOP_LEFT);
    assert_int_equal(style_enum(names, STYLE_TEXT_OVERLAP, &scope), -1);
    assert_true(style_number(names, STYLE_TEXT_SIZE, &scope) == 15);
    assert_int_equal(style_dependence(names, STYLE_TEXT_SIZE), STYLE_DEPENDS_ON_ZOOM | STYLE_DEPENDS_ON_FEATURE);
    /* an expression that fails gives the default */
    scene.values[0] = value_of_string("wide");
    assert_true(style_number(names, STYLE_TEXT_SIZE, &scope) == 16);
    struct style_anchor_offset offsets[2];
    assert_int_equal(style_anchor_offsets(names, STYLE_TEXT_VARIABLE_ANCHOR_OFFSET, &scope, offsets, 2), 2);
    assert_true(offsets[1].anchor == STYLE_ANCHOR_LEFT && offsets[1].x == 3 && offsets[1].y == 4);
    double padding[4];
    assert_int_equal(style_numbers(names, STYLE_ICON_PADDING, &scope, padding, 4), 4);
    assert_true(padding[3] == 2);
    clear_scene(&scene);
}

static void gives_ramps(void **state)
{
    (void)state;
    struct scene scene;
    set_scene(&scene, 3);
    const struct style_layer *heat = style_layer_at(scene.style, 3);
    struct style_scope scope = {.zoom = 3, .arena = scene.arena};
    struct style_color colors[11];
    assert_true(style_ramp(heat, STYLE_HEATMAP_COLOR, &scope, colors, 11));
    assert_true(colors[0].a == 0);
    assert_true(fabs(colors[10].r - 1) < 1e-12 && colors[10].g == 0 && colors[10].a == 1);
    assert_true(colors[5].r == 0 && fabs(colors[5].g - 1) < 1e-9); /* lime */
    double stops[8];
    assert_int_equal(style_ramp_stops(heat, STYLE_HEATMAP_COLOR, stops, 8), 6);
    assert_true(stops[1] == 0.1);
    assert_false(style_ramp(heat, STYLE_LINE_GRADIENT, &scope, colors, 11));
    clear_scene(&scene);
}

static void refuses_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        const char *part; /* of the error */
    } cases[] = {
        {"", "style \"bad\""},
        {"{\"version\": 8, \"sources\": {}, \"layers\": [}", "line 1"},
        {"{\"version\": 7, \"sources\": {}, \"layers\": []}", "expected one of [8], 7 found"},
        {"{\"version\": 8, \"sources\": {},\n \"layers\": [{\"id\": \"a\", \"type\": \"background\",\n \"paint\": "
         "{\"background-colr\": \"red\"}}]}",
         "line 3: layers[0].paint.background-colr: unknown property \"background-colr\"; did you mean "
         "\"background-color\"?"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct style *style = NULL;
        struct error err = {0};
        assert_false(style_read("bad", text_of(cases[i].json), &style, NULL, NULL, &err));
        assert_null(style);
        if (!strstr(err.english, cases[i].part)) {
            fail_msg("%s: %s", cases[i].json, err.english);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_layers_and_sources),
        cmocka_unit_test(knows_twins),
        cmocka_unit_test(evaluates_paint),
        cmocka_unit_test(evaluates_layout),
        cmocka_unit_test(gives_ramps),
        cmocka_unit_test(refuses_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
