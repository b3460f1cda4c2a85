/* SPDX-License-Identifier: MIT */
#include "style/import_style.h"

#include "base/file.h"
#include "unit/test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ARENA_BYTES = 256 << 20, OUT_BYTES = 8 << 20 };

/* An imported style with what was noted. */
struct imported {
    struct arena *arena;
    struct buffer json;
    struct style *style;
    struct style_report report;
};

static bool read_text(struct imported *imported, struct text xml, const char *layer, struct error *err)
{
    struct import_options options = {"prueba", layer, IMPORT_LATITUDE};
    imported->arena = arena_create(ARENA_BYTES);
    imported->style = NULL;
    assert_non_null(imported->arena);
    buffer_init(&imported->json, OUT_BYTES);
    return import_style(xml, &options, imported->arena, &imported->json, &imported->report, err);
}

static void finish(struct imported *imported)
{
    style_unref(imported->style);
    buffer_finish(&imported->json);
    arena_destroy(imported->arena);
}

/* Imports a fixture for the layer "capa"; the result must pass the check without a warning. */
static void read_fixture(struct imported *imported, const char *name)
{
    struct buffer xml;
    struct error err;
    struct style_report check;
    char path[512];
    snprintf(path, sizeof path, "%s/unit/style/fixtures/%s", TESTS_FOLDER, name);
    assert_true(file_read(path, 1 << 20, &xml, &err));
    if (!read_text(imported, (struct text){(const char *)xml.data, xml.length}, "capa", &err)) {
        fail_msg("%s: %s", name, err.english);
    }
    buffer_finish(&xml);
    struct text json = {(const char *)imported->json.data, imported->json.length};
    assert_true(style_read("prueba", json, &imported->style, imported->arena, &check, &err));
    assert_int_equal(check.count, 0);
    for (size_t i = 0; i < imported->report.count; i++) {
        assert_true(imported->report.messages[i].spanish[0] != '\0');
    }
}

static bool has_note(const struct imported *imported, size_t line, const char *part)
{
    for (size_t i = 0; i < imported->report.count; i++) {
        const struct style_message *message = &imported->report.messages[i];
        if ((line == 0 || message->line == line) && strstr(message->english, part)) {
            return true;
        }
    }
    return false;
}

static const struct style_layer *layer_of(const struct imported *imported, const char *id)
{
    for (size_t i = 0; i < style_layer_count(imported->style); i++) {
        const struct style_layer *layer = style_layer_at(imported->style, i);
        if (strcmp(style_layer_info(layer)->id, id) == 0) {
            return layer;
        }
    }
    fail_msg("no layer %s", id);
    return NULL;
}

/* A feature with up to two attributes at a zoom. */
struct scene {
    struct text names[2];
    struct value values[2];
    int32_t slots[16];
    struct style_feature feature;
    struct style_scope scope;
};

static void set_scene(struct scene *scene, const struct imported *imported, const struct style_layer *layer,
                      double zoom, const char *name, struct value value, const char *name2, struct value value2)
{
    scene->names[0] = text_of(name);
    scene->names[1] = text_of(name2);
    scene->values[0] = value;
    scene->values[1] = value2;
    assert_true(style_layer_info(layer)->name_count <= 16);
    style_bind(layer, scene->names, 2, scene->slots);
    scene->feature = (struct style_feature){
        .values = scene->values, .columns = scene->names, .column_count = 2, .slots = scene->slots};
    scene->scope = (struct style_scope){.zoom = zoom, .feature = &scene->feature, .arena = imported->arena};
}

static bool passes(const struct imported *imported, const char *id, const char *name, struct value value)
{
    struct scene scene;
    const struct style_layer *layer = layer_of(imported, id);
    set_scene(&scene, imported, layer, 14, name, value, "otro", value_null());
    return style_filter(layer, &scene.scope);
}

static unsigned color_of(const struct imported *imported, const char *id, enum style_property property,
                         const char *name, struct value value)
{
    struct scene scene;
    const struct style_layer *layer = layer_of(imported, id);
    set_scene(&scene, imported, layer, 14, name, value, "otro", value_null());
    struct style_color color = style_color(layer, property, &scene.scope);
    return ((unsigned)lround(color.r * 255) << 16) | ((unsigned)lround(color.g * 255) << 8) |
           (unsigned)lround(color.b * 255);
}

static double number_of(const struct imported *imported, const char *id, enum style_property property, double zoom)
{
    struct scene scene;
    const struct style_layer *layer = layer_of(imported, id);
    set_scene(&scene, imported, layer, zoom, "a", value_null(), "b", value_null());
    return style_number(layer, property, &scene.scope);
}

static void near(double actual, double expected)
{
    if (fabs(actual - expected) > 1e-3 * fmax(1, fabs(expected))) {
        fail_msg("%g is not %g", actual, expected);
    }
}

static void reads_a_single_symbol(void **state)
{
    (void)state;
    struct imported imported;
    read_fixture(&imported, "single.qml");
    const struct value *map = value_member(value_member(style_json(imported.style), "metadata"), "tesela:map");
    assert_string_equal(value_member_string(map, "state"), "revisar");
    assert_string_equal(value_member_string(value_member(map, "title"), "es"), "prueba");
    assert_int_equal(style_layer_count(imported.style), 3);
    assert_string_equal(style_source_find(imported.style, "capa")->layer_id, "capa");
    /* 0.5 mm at 96 dpi; 9 points; half of a buffer of 1 mm. */
    near(number_of(&imported, "capa-linea", STYLE_LINE_WIDTH, 14), 1.8898);
    near(number_of(&imported, "capa-rotulo", STYLE_TEXT_SIZE, 14), 12);
    near(number_of(&imported, "capa-rotulo", STYLE_TEXT_HALO_WIDTH, 14), 1.8898);
    assert_int_equal(color_of(&imported, "capa-relleno", STYLE_FILL_COLOR, "a", value_null()), 0xbecf50);
    struct scene scene;
    set_scene(&scene, &imported, layer_of(&imported, "capa-relleno"), 14, "a", value_null(), "b", value_null());
    near(style_color(layer_of(&imported, "capa-relleno"), STYLE_FILL_COLOR, &scene.scope).a, 0.502);
    /* From 1:100,000 to 1:1,000 on a screen of 96 dpi: log2(295828764 / denominator). */
    near(style_layer_info(layer_of(&imported, "capa-relleno"))->min_zoom, 11.5306);
    near(style_layer_info(layer_of(&imported, "capa-rotulo"))->max_zoom, 18.1745);
    finish(&imported);
}

static void joins_categories(void **state)
{
    (void)state;
    struct imported imported;
    read_fixture(&imported, "categorised.qml");
    assert_int_equal(imported.report.count, 0);
    /* Classes of one build are one layer; the one with another outline is its own, the unfilled rest too. */
    assert_int_equal(color_of(&imported, "capa-relleno", STYLE_FILL_COLOR, "tipo", value_of_string("ejido")), 0xffffb3);
    assert_int_equal(color_of(&imported, "capa-relleno", STYLE_FILL_COLOR, "tipo", value_of_string("pueblo")),
                     0xfb8072);
    assert_int_equal(color_of(&imported, "capa-relleno", STYLE_FILL_COLOR, "tipo", value_of_string("colonia popular")),
                     0xfb8072);
    assert_false(passes(&imported, "capa-relleno", "tipo", value_of_string("oculto")));
    assert_false(passes(&imported, "capa-relleno", "tipo", value_of_string("granja")));
    assert_true(passes(&imported, "capa-relleno", "tipo", value_of_string("industrial")));
    /* The rest: what is in no class, null included, but not what a class hides. */
    assert_true(passes(&imported, "capa-linea-2", "tipo", value_of_string("granja")));
    assert_true(passes(&imported, "capa-linea-2", "tipo", value_null()));
    assert_false(passes(&imported, "capa-linea-2", "tipo", value_of_string("oculto")));
    assert_false(passes(&imported, "capa-linea-2", "tipo", value_of_string("ejido")));
    const struct value *legend =
        value_member(style_layer_info(layer_of(&imported, "capa-relleno"))->metadata, "tesela:legend");
    const struct value *labels = value_member(legend, "labels");
    assert_string_equal(value_member_string(value_member(labels, "industrial"), "es"), "Parque industrial");
    finish(&imported);
}

static void check_population(const struct imported *imported, int64_t pobtot, unsigned color)
{
    bool is_shown = passes(imported, "capa-relleno", "pobtot", value_of_int(pobtot));
    assert_int_equal(is_shown, color != 0);
    if (is_shown) {
        assert_int_equal(color_of(imported, "capa-relleno", STYLE_FILL_COLOR, "pobtot", value_of_int(pobtot)), color);
    }
}

static void joins_ranges(void **state)
{
    (void)state;
    struct imported imported;
    read_fixture(&imported, "graduated.qml");
    assert_int_equal(imported.report.count, 0);
    assert_int_equal(style_layer_count(imported.style), 2);
    /* As QGIS has it: both ends belong to a class, the first that fits wins. */
    check_population(&imported, 0, 0xfef0d9);
    check_population(&imported, 1000, 0xfef0d9);
    check_population(&imported, 1001, 0xfdcc8a);
    check_population(&imported, 20000, 0xd7301f);
    check_population(&imported, 20001, 0);
    check_population(&imported, -1, 0);
    assert_false(passes(&imported, "capa-relleno", "pobtot", value_null()));
    assert_true(passes(&imported, "capa-relleno", "pobtot", value_of_string("1500")));
    finish(&imported);
}

static void keeps_rules(void **state)
{
    (void)state;
    struct imported imported;
    read_fixture(&imported, "rules.qml");
    /* Symbol levels: the casing of every rule below the inside of any. */
    assert_string_equal(style_layer_info(style_layer_at(imported.style, 0))->id, "capa-linea");
    assert_string_equal(style_layer_info(style_layer_at(imported.style, 4))->id, "capa-linea-2");
    assert_true(passes(&imported, "capa-linea", "jerarquia", value_of_string("primaria")));
    assert_false(passes(&imported, "capa-linea", "jerarquia", value_null()));
    /* NOT carriles < 2: unknown stays unknown. */
    struct scene scene;
    const struct style_layer *layer = layer_of(&imported, "capa-linea-3");
    set_scene(&scene, &imported, layer, 14, "jerarquia", value_of_string("secundaria"), "carriles", value_of_int(2));
    assert_true(style_filter(layer, &scene.scope));
    set_scene(&scene, &imported, layer, 14, "jerarquia", value_of_string("secundaria"), "carriles", value_null());
    assert_false(style_filter(layer, &scene.scope));
    assert_true(passes(&imported, "capa-linea-4", "jerarquia", value_of_string("colectora")));
    assert_true(passes(&imported, "capa-linea-5", "jerarquia", value_of_string("local")));
    assert_true(passes(&imported, "capa-linea-5", "jerarquia", value_of_string("secundaria")));
    assert_false(passes(&imported, "capa-linea-5", "jerarquia", value_of_string("regional")));
    /* 8 m on the ground: 40075017 m × cos 25.55° over 512 × 2^z px. */
    near(number_of(&imported, "capa-linea-3", STYLE_LINE_WIDTH, 13),
         8 / (40075016.686 * cos(25.55 * 3.14159265358979323846 / 180) / 512 / 8192));
    near(number_of(&imported, "capa-linea-3", STYLE_LINE_WIDTH, 17.5),
         8 / (40075016.686 * cos(25.55 * 3.14159265358979323846 / 180) / 512 / exp2(17.5)));
    double dashes[4];
    set_scene(&scene, &imported, layer_of(&imported, "capa-linea-4"), 14, "a", value_null(), "b", value_null());
    assert_int_equal(style_numbers(layer_of(&imported, "capa-linea-4"), STYLE_LINE_DASHARRAY, &scene.scope, dashes, 4),
                     2);
    near(dashes[0], 2);
    near(dashes[1], 1);
    assert_true(has_note(&imported, 0, "metres on the ground"));
    struct style_section sections[2];
    layer = layer_of(&imported, "capa-rotulo");
    set_scene(&scene, &imported, layer, 14, "nombre", value_of_string("Juárez"), "carriles", value_of_int(4));
    assert_int_equal(style_formatted(layer, STYLE_TEXT_FIELD, &scene.scope, sections, 2), 1);
    assert_true(text_is(sections[0].text, "JUÁREZ (4)"));
    set_scene(&scene, &imported, layer, 14, "nombre", value_of_string("Juárez"), "carriles", value_null());
    assert_int_equal(style_formatted(layer, STYLE_TEXT_FIELD, &scene.scope, sections, 2), 1);
    assert_true(text_is(sections[0].text, "JUÁREZ"));
    finish(&imported);
}

static void leaves_out_what_depends_on_the_unknown(void **state)
{
    (void)state;
    struct imported imported;
    read_fixture(&imported, "unknown-filter.qml");
    assert_int_equal(style_layer_count(imported.style), 1);
    assert_true(has_note(&imported, 8, "$length"));
    assert_true(has_note(&imported, 9, "left out"));
    assert_true(passes(&imported, "capa-linea", "nombre", value_of_string("x")));
    assert_false(passes(&imported, "capa-linea", "nombre", value_null()));
    finish(&imported);
}

static void reads_markers_and_textures(void **state)
{
    (void)state;
    struct imported imported;
    read_fixture(&imported, "markers.qml");
    /* 3 mm across with an outline of 0.4 mm, half of it inside. */
    near(number_of(&imported, "capa-punto", STYLE_CIRCLE_RADIUS, 14), 1.3 * 96 / 25.4);
    near(number_of(&imported, "capa-punto", STYLE_CIRCLE_STROKE_WIDTH, 14), 0.4 * 96 / 25.4);
    assert_true(passes(&imported, "capa-punto", "nivel_id", value_of_int(1)));
    assert_true(has_note(&imported, 0, "\"square\" is drawn as a circle"));
    assert_true(has_note(&imported, 0, "data-defined \"size\""));
    assert_true(has_note(&imported, 0, "background of labels"));
    finish(&imported);
    read_fixture(&imported, "textures.qml");
    struct scene scene;
    const struct style_layer *layer = layer_of(&imported, "capa-relleno");
    set_scene(&scene, &imported, layer, 14, "a", value_null(), "b", value_null());
    near(style_color(layer, STYLE_FILL_COLOR, &scene.scope).a, 0.25 * 0.8); /* 0.5 mm of every 2 mm, opacity 0.8 */
    assert_true(has_note(&imported, 0, "LinePatternFill"));
    assert_true(has_note(&imported, 0, "GradientFill"));
    assert_true(has_note(&imported, 0, "b_diagonal"));
    finish(&imported);
}

static void reads_sld(void **state)
{
    (void)state;
    struct imported imported;
    read_fixture(&imported, "graduated.sld");
    assert_int_equal(style_layer_count(imported.style), 3);
    check_population(&imported, 1000, 0xfef0d9);
    check_population(&imported, 1001, 0xfdcc8a);
    check_population(&imported, 20001, 0);
    const struct value *map = value_member(value_member(style_json(imported.style), "metadata"), "tesela:map");
    assert_string_equal(value_member_string(value_member(map, "title"), "es"), "Colonias por población");
    assert_true(has_note(&imported, 0, "maxDisplacement"));
    /* 1:50,000 with OGC's pixel of 0.28 mm. */
    near(style_layer_info(layer_of(&imported, "capa-rotulo"))->min_zoom, log2(279541132.014 / 50000));
    near(number_of(&imported, "capa-rotulo", STYLE_TEXT_HALO_WIDTH, 14), 2);
    finish(&imported);
    read_fixture(&imported, "filters.sld"); /* in ISO-8859-1 */
    assert_true(has_note(&imported, 0, "DWithin"));
    const struct value *legend =
        value_member(style_layer_info(layer_of(&imported, "capa-linea"))->metadata, "tesela:legend");
    assert_string_equal(value_member_string(value_member(legend, "title"), "es"), "Distribución norte");
    near(number_of(&imported, "capa-linea", STYLE_LINE_OFFSET, 14), -3);
    struct scene scene;
    const struct style_layer *layer = layer_of(&imported, "capa-linea");
    set_scene(&scene, &imported, layer, 14, "zona", value_of_string("Norte 3"), "diametro", value_of_real(8));
    assert_true(style_filter(layer, &scene.scope));
    set_scene(&scene, &imported, layer, 14, "zona", value_of_string("Sur"), "diametro", value_of_real(8));
    assert_false(style_filter(layer, &scene.scope));
    set_scene(&scene, &imported, layer, 14, "zona", value_of_string("Norte"), "diametro", value_null());
    assert_false(style_filter(layer, &scene.scope));
    finish(&imported);
}

/* The filter of a rule, on one attribute "a" (or "b", which is always 5). */
static void check_filter(const char *filter, struct value value, int expected)
{
    static const char before[] =
        "<qgis version='3.28'><renderer-v2 type='RuleRenderer'><rules><rule symbol='0' filter=\"";
    static const char after[] =
        "\"/></rules><symbols><symbol name='0' type='line'><layer class='SimpleLine'>"
        "<Option type='Map'><Option name='line_color' value='1,2,3,255'/></Option></layer></symbol>"
        "</symbols></renderer-v2></qgis>";
    char xml[2048];
    char escaped[1024];
    size_t length = 0;
    struct imported imported;
    struct error err;
    for (const char *at = filter; *at; at++) {
        char one[2] = {*at, '\0'};
        const char *piece = *at == '"'    ? "&quot;"
                            : *at == '<'  ? "&lt;"
                            : *at == '&'  ? "&amp;"
                            : *at == '\n' ? "&#10;"
                                          : one;
        length += (size_t)snprintf(escaped + length, sizeof escaped - length, "%s", piece);
    }
    snprintf(xml, sizeof xml, "%s%s%s", before, escaped, after);
    bool ok = read_text(&imported, text_of(xml), "capa", &err);
    if (ok != (expected >= 0)) {
        fail_msg("%s: %s", filter,
                 ok                      ? "was understood"
                 : imported.report.count ? imported.report.messages[0].english
                                         : err.english);
    }
    if (ok) {
        struct scene scene;
        struct text json = {(const char *)imported.json.data, imported.json.length};
        assert_true(style_read("prueba", json, &imported.style, NULL, NULL, &err));
        const struct style_layer *layer = layer_of(&imported, "capa-linea");
        set_scene(&scene, &imported, layer, 14, "a", value, "b", value_of_int(5));
        if (style_filter(layer, &scene.scope) != (expected == 1)) {
            fail_msg("%s is not %d", filter, expected);
        }
    }
    finish(&imported);
}

static void understands_expressions(void **state)
{
    (void)state;
    static const struct {
        const char *filter;
        const char *text; /* of the attribute; "#…" is a number, NULL is null */
        int expected;     /* 0, 1, or -1: not carried over */
    } cases[] = {
        {"a = 'x'", "x", 1},
        {"\"a\" = 'it''s'", "it's", 1},
        {"a <> 'x'", NULL, 0},
        {"not (a = 'x')", NULL, 0},
        {"a is null", NULL, 1},
        {"a is not null", NULL, 0},
        {"a is not 'x'", NULL, 1},
        {"a = 35", "#35", 1},
        {"a = 35", "035", 1},
        {"a = 0", NULL, 0},
        {"a < 3", NULL, 0},
        {"a >= -2.5e0", "#-2.5", 1},
        {"3 < a", "#4", 1},
        {"a between 1 and 3", "#3", 1},
        {"a not between 1 and 3", "#3", 0},
        {"a in (1, 2, 3)", "#2", 1},
        {"a not in ('x', 'y')", "z", 1},
        {"a not in ('x', NULL)", "z", 0},
        {"a not in ('x')", NULL, 0},
        {"a like 'Co%'", "Colonia", 1},
        {"a like 'co%'", "Colonia", 0},
        {"a ilike '%LON%'", "Colonia", 1},
        {"a like '%ia'", "Colonia", 1},
        {"a like 'ia%ia'", "ia", 0},
        {"a not like 'C%'", "x", 1},
        {"a like 'C_'", "Cx", -1},
        {"a = 1 or a = 'x' and b = 5", "x", 1},
        {"(a = 1 or a = 'x') and b = 6", "x", 0},
        {"a * 2 + 1 = b", "#2", 1},
        {"upper(a) || '!' = 'X!'", "x", 1},
        {"coalesce(a, 'n') = 'n'", NULL, 1},
        {"case when a > 3 then 'alto' else 'bajo' end = 'alto'", "#4", 1},
        {"if(a > 3, 1, 0) = 1", "#2", 0},
        {"a = b", "#5", 1},
        {"a > b", NULL, 0},
        {"a", "#1", 1},
        {"a", "#0", 0},
        {"true and not false", NULL, 1},
        {"a = -- coment\n 'x' /* fin */", "x", 1},
        {"$area > 5", "x", -1},
        {"@map_scale < 500", "x", -1},
        {"regexp_match(a, 'x')", "x", -1},
        {"a = ", "x", -1},
        {"a = 'x", "x", -1},
        {"((((((((((((((((((((a = 1))))))))))))))))))))", "x", -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *text = cases[i].text;
        double number = 0;
        if (text && text[0] == '#') {
            assert_true(text_to_double(text_of(text + 1), &number));
        }
        struct value value = !text ? value_null() : text[0] == '#' ? value_of_real(number) : value_of_string(text);
        check_filter(cases[i].filter, value, cases[i].expected);
    }
}

static void refuses_hostile_xml(void **state)
{
    (void)state;
    static const char *const files[] = {
        "<!DOCTYPE a [<!ENTITY b \"c\"><!ENTITY d \"&b;&b;\">]><qgis>&d;</qgis>",
        "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/hostname\">]><qgis>&b;</qgis>",
        "<!DOCTYPE a [<!ENTITY % b SYSTEM \"http://localhost/x\">%b;]><qgis/>",
        "<!DOCTYPE qgis SYSTEM 'x.dtd'><qgis v=\"&uno;\"/>",
        "<!DOCTYPE a [<!ATTLIST qgis b CDATA \"c\">]><qgis/>",
        "<qgis><renderer-v2></qgis>",
        "<qgis/><qgis/>",
        "",
        "{\"version\": 8}",
        "<svg xmlns=\"http://www.w3.org/2000/svg\"/>",
        "<qgis><labeling/></qgis>",
        "<StyledLayerDescriptor/>",
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct imported imported;
        struct error err = {0};
        if (read_text(&imported, text_of(files[i]), NULL, &err)) {
            fail_msg("%s was read", files[i]);
        }
        assert_int_equal(err.kind, ERROR_INVALID);
        assert_string_equal(err.code, "IMP-080");
        finish(&imported);
    }
}

static void refuses_deep_xml(void **state)
{
    (void)state;
    char xml[2048] = "";
    struct imported imported;
    struct error err = {0};
    for (size_t i = 0; i < 200; i++) {
        memcpy(xml + i * 6, "<rule>", 6);
    }
    assert_false(read_text(&imported, text_of(xml), NULL, &err));
    assert_int_equal(err.kind, ERROR_TOO_LARGE);
    finish(&imported);
}

static void names_the_layer_by_the_file(void **state)
{
    (void)state;
    static const char xml[] =
        "<StyledLayerDescriptor><NamedLayer><Name>Uso de Suelo</Name><UserStyle><FeatureTypeStyle><Rule>"
        "<PolygonSymbolizer><Fill/></PolygonSymbolizer></Rule></FeatureTypeStyle></UserStyle>"
        "</NamedLayer></StyledLayerDescriptor>";
    struct imported imported;
    struct error err;
    assert_true(read_text(&imported, text_of(xml), NULL, &err));
    assert_non_null(strstr(buffer_text(&imported.json), "tesela://uso_de_suelo"));
    finish(&imported);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_single_symbol),
        cmocka_unit_test(joins_categories),
        cmocka_unit_test(joins_ranges),
        cmocka_unit_test(keeps_rules),
        cmocka_unit_test(leaves_out_what_depends_on_the_unknown),
        cmocka_unit_test(reads_markers_and_textures),
        cmocka_unit_test(reads_sld),
        cmocka_unit_test(understands_expressions),
        cmocka_unit_test(refuses_hostile_xml),
        cmocka_unit_test(refuses_deep_xml),
        cmocka_unit_test(names_the_layer_by_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
