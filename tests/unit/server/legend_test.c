/* SPDX-License-Identifier: MIT */
#include "server/legend.h"

#include "base/value.h"
#include "unit/test.h"

#include <stdio.h>
#include <string.h>

/* Layers of a style over two sources; what differs between the tests. */
#define STYLE(layers)                                                                                                  \
    "{\"version\":8,\"sources\":{\"ageb\":{\"type\":\"vector\",\"url\":\"tesela://ageb\"},"                            \
    "\"calles\":{\"type\":\"vector\",\"url\":\"tesela://calles\"}},\"layers\":[" layers "]}"

static const struct store_field ageb_fields[] = {
    {.name = "pob", .type = FIELD_INTEGER, .title_es = "Población total", .unit = "habitantes"},
    {.name = "uso", .type = FIELD_STRING, .title_es = "Uso"},
};
static const struct store_layer store_layers[] = {
    {.id = "ageb", .title_es = "AGEB urbanas", .title_en = "Urban AGEB", .fields = ageb_fields, .field_count = 2},
    {.id = "calles", .title_es = "Calles"},
};
static const struct store_layer_list layer_list = {store_layers, 2};

/* The legend as lines "title: label[value], …; " so that a table of cases reads like a legend. */
static void describe(const char *json, enum language language, char *out, size_t size)
{
    struct arena *arena = arena_create(4 << 20);
    struct style *style = NULL;
    struct legend legend;
    struct error err = {0};
    if (!style_read("prueba", text_of(json), &style, NULL, NULL, &err)) {
        fail_msg("%s", err.english);
    }
    assert_true(legend_make(style, 13, &layer_list, language, arena, &legend, &err));
    size_t length = 0;
    out[0] = '\0';
    for (size_t i = 0; i < legend.count; i++) {
        const struct legend_group *group = &legend.groups[i];
        length += (size_t)snprintf(out + length, size - length, "%s%s: ", i > 0 ? "; " : "",
                                   group->title ? group->title : "-");
        for (size_t j = 0; j < group->count; j++) {
            length += (size_t)snprintf(out + length, size - length, "%s%s", j > 0 ? ", " : "", group->entries[j].label);
        }
    }
    style_unref(style);
    arena_destroy(arena);
}

static void names_the_classes(void **state)
{
    (void)state;
    static const struct {
        const char *json, *legend;
    } cases[] = {
        /* one class, named by its layer */
        {STYLE(
             "{\"id\":\"a\",\"type\":\"fill\",\"source\":\"ageb\",\"source-layer\":\"ageb\",\"paint\":{\"fill-color\":"
             "\"#abc\"}}"),
         "-: AGEB urbanas"},
        /* the ranges of "step", with the unit of the field; a first output below 0 is not spoken of */
        {STYLE(
             "{\"id\":\"a\",\"type\":\"fill\",\"source\":\"ageb\",\"source-layer\":\"ageb\",\"paint\":{\"fill-color\":"
             "[\"step\",[\"get\",\"pob\"],\"#ccc\",0,\"#eee\",1000,\"#888\",2500,\"#000\"]}}"),
         "AGEB urbanas: 0 – 1,000 habitantes, 1,000 – 2,500 habitantes, 2,500 habitantes o más"},
        {STYLE(
             "{\"id\":\"a\",\"type\":\"fill\",\"source\":\"ageb\",\"source-layer\":\"ageb\",\"paint\":{\"fill-color\":"
             "[\"step\",[\"get\",\"pob\"],\"#ccc\",-5,\"#eee\",5,\"#888\"]}}"),
         "AGEB urbanas: Menos de -5 habitantes, -5 – 5 habitantes, 5 habitantes o más"},
        /* the values of "match"; lists are joined, the metadata renames, false leaves out */
        {STYLE(
             "{\"id\":\"a\",\"type\":\"fill\",\"source\":\"ageb\",\"source-layer\":\"ageb\",\"metadata\":"
             "{\"tesela:legend\":{\"title\":{\"es\":\"Uso de "
             "suelo\"},\"labels\":{\"h1\":{\"es\":\"Habitacional\"},\"*\":"
             "false}}},\"paint\":{\"fill-color\":[\"match\",[\"get\",\"uso\"],\"h1\",\"#a00\",[\"c\",\"cu\"],\"#0a0\","
             "\"#ccc\"]}}"),
         "Uso de suelo: Habitacional, C, Cu"},
        /* stops of "interpolate", behind a curve over zoom */
        {STYLE(
             "{\"id\":\"a\",\"type\":\"fill\",\"source\":\"ageb\",\"source-layer\":\"ageb\",\"paint\":{\"fill-color\":"
             "[\"interpolate\",[\"linear\"],[\"get\",\"pob\"],0,\"#fff\",5000,\"#000\"]}}"),
         "AGEB urbanas: 0 habitantes, 5,000 habitantes"},
        /* conditions of "case" */
        {STYLE(
             "{\"id\":\"a\",\"type\":\"fill\",\"source\":\"ageb\",\"source-layer\":\"ageb\",\"paint\":{\"fill-color\":"
             "[\"case\",[\"==\",[\"get\",\"uso\"],\"parque\"],\"#0a0\",[\"all\",[\">=\",[\"get\",\"pob\"],10],[\"<\","
             "[\"get\",\"pob\"],20]],\"#00a\",\"#ccc\"]}}"),
         "AGEB urbanas: Parque, 10 – 20, Otros"},
        /* casing and road of one filter are one entry; kinds told apart by filter are one group, topmost first */
        {STYLE(
             "{\"id\":\"borde\",\"type\":\"line\",\"source\":\"calles\",\"source-layer\":\"calles\",\"filter\":[\"==\","
             "[\"get\",\"clase\"],\"primaria\"],\"paint\":{\"line-width\":6}},"
             "{\"id\":\"eje\",\"type\":\"line\",\"source\":\"calles\",\"source-layer\":\"calles\",\"filter\":[\"==\","
             "[\"get\",\"clase\"],\"primaria\"],\"paint\":{\"line-width\":4,\"line-color\":\"#fff\"}},"
             "{\"id\":\"local\",\"type\":\"line\",\"source\":\"calles\",\"source-layer\":\"calles\",\"filter\":[\"==\","
             "[\"get\",\"clase\"],\"local\"],\"paint\":{\"line-width\":2}}"),
         "Calles: Local, Primaria"},
        /* so they are where the road takes all but its paint from the casing */
        {STYLE(
             "{\"id\":\"borde\",\"type\":\"line\",\"source\":\"calles\",\"source-layer\":\"calles\",\"filter\":[\"==\","
             "[\"get\",\"clase\"],\"primaria\"],\"paint\":{\"line-width\":6}},"
             "{\"id\":\"eje\",\"ref\":\"borde\",\"paint\":{\"line-width\":4,\"line-color\":\"#fff\"}},"
             "{\"id\":\"local\",\"type\":\"line\",\"source\":\"calles\",\"source-layer\":\"calles\",\"filter\":[\"==\","
             "[\"get\",\"clase\"],\"local\"],\"paint\":{\"line-width\":2}}"),
         "Calles: Local, Primaria"},
        /* what two layers draw under one name (road and bridge) is said once; an outline with a title of its own is
         * beside the classes of the fill */
        {STYLE("{\"id\":\"a\",\"type\":\"fill\",\"source\":\"ageb\",\"source-layer\":\"ageb\",\"metadata\":"
               "{\"tesela:legend\":{\"title\":\"Uso\"}},\"paint\":{\"fill-color\":[\"match\",[\"get\",\"uso\"],\"x\","
               "\"#a00\",\"y\",\"#00a\",\"rgba(0,0,0,0)\"]}},"
               "{\"id\":\"b\",\"type\":\"line\",\"source\":\"ageb\",\"source-layer\":\"ageb\",\"metadata\":"
               "{\"tesela:legend\":{\"title\":\"Límite\"}}},"
               "{\"id\":\"c\",\"type\":\"line\",\"source\":\"calles\",\"source-layer\":\"calles\",\"filter\":[\"==\","
               "[\"get\",\"nivel\"],0],\"metadata\":{\"tesela:legend\":{\"title\":\"Calle\"}}},"
               "{\"id\":\"d\",\"type\":\"line\",\"source\":\"calles\",\"source-layer\":\"calles\",\"filter\":[\"==\","
               "[\"get\",\"nivel\"],1],\"metadata\":{\"tesela:legend\":{\"title\":\"Calle\"}}}"),
         "-: Calle; -: Límite; Uso: X, Y"},
        /* hidden, invisible and label layers are not spoken of */
        {STYLE(
             "{\"id\":\"f\",\"type\":\"background\"},{\"id\":\"a\",\"type\":\"fill\",\"source\":\"ageb\",\"source-"
             "layer\":"
             "\"ageb\",\"metadata\":{\"tesela:legend\":{\"hidden\":true}}},{\"id\":\"c\",\"type\":\"line\",\"source\":"
             "\"calles\",\"source-layer\":\"calles\",\"layout\":{\"visibility\":\"none\"}},{\"id\":\"t\",\"type\":"
             "\"symbol\",\"source\":\"calles\",\"source-layer\":\"calles\",\"layout\":{\"text-field\":[\"get\",\"n\"]}"
             "}"),
         ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char legend[1024];
        describe(cases[i].json, LANGUAGE_ES, legend, sizeof legend);
        assert_string_equal(legend, cases[i].legend);
    }
}

static void speaks_english(void **state)
{
    (void)state;
    char legend[1024];
    describe(
        STYLE("{\"id\":\"a\",\"type\":\"fill\",\"source\":\"ageb\",\"source-layer\":\"ageb\",\"paint\":{\"fill-color\":"
              "[\"step\",[\"get\",\"pob\"],\"#ccc\",10,\"#eee\"]}}"),
        LANGUAGE_EN, legend, sizeof legend);
    assert_string_equal(legend, "Urban AGEB: Under 10 habitantes, 10 habitantes or more");
}

static const char swatch_style[] = STYLE(
    "{\"id\":\"a\",\"type\":\"fill\",\"source\":\"ageb\",\"source-layer\":\"ageb\",\"paint\":{\"fill-color\":["
    "\"match\","
    "[\"get\",\"uso\"],\"<b>\\\"&\",\"#ff0000\",\"x\",\"#00ff00\",\"#0000ff\"],\"fill-outline-color\":\"#123456\","
    "\"fill-opacity\":0.5}},"
    "{\"id\":\"b\",\"type\":\"line\",\"source\":\"calles\",\"source-layer\":\"calles\",\"paint\":{\"line-color\":\"#"
    "333333\","
    "\"line-width\":7}},"
    "{\"id\":\"c\",\"type\":\"line\",\"source\":\"calles\",\"source-layer\":\"calles\",\"paint\":{\"line-color\":\"#"
    "ffffff\","
    "\"line-width\":4,\"line-dasharray\":[2,1]}}");

/* The swatch has the colours the style gives to such a feature: fill with outline, road over its casing. */
static void draws_as_the_style_does(void **state)
{
    (void)state;
    struct arena *arena = arena_create(4 << 20);
    struct style *style = NULL;
    struct legend legend;
    struct error err = {0};
    struct buffer out;
    buffer_init(&out, 1 << 20);
    assert_true(style_read("prueba", text_of(swatch_style), &style, NULL, NULL, &err));
    assert_true(legend_make(style, 13, &layer_list, LANGUAGE_ES, arena, &legend, &err));
    assert_int_equal(legend.count, 2);
    legend_write_html(&legend, 3, &out);
    const char *html = buffer_text(&out);
    assert_non_null(strstr(html, "fill=\"#ff0000\" fill-opacity=\"0.50\" stroke=\"#123456\""));
    assert_non_null(strstr(html, "fill=\"#0000ff\""));
    assert_non_null(strstr(html, "&lt;b&gt;&quot;&amp;"));
    assert_null(strstr(html, "style="));
    const char *casing = strstr(html, "stroke=\"#333333\" stroke-width=\"7.0\"");
    const char *road = strstr(html, "stroke=\"#ffffff\" stroke-width=\"4.0\" stroke-dasharray=\"8.0 4.0\"");
    assert_non_null(casing);
    assert_true(road > casing);

    struct value json;
    buffer_clear(&out);
    legend_write_json(&legend, "prueba", "Prueba", &out);
    assert_true(value_read_json((struct text){(char *)out.data, out.length}, arena, &json, &err));
    assert_int_equal(value_member(&json, "groups")->array.count, 2);
    buffer_clear(&out);
    legend_write_svg(&legend, "Prueba", &out);
    assert_non_null(strstr(buffer_text(&out), "</svg>"));
    buffer_finish(&out);
    style_unref(style);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_the_classes),
        cmocka_unit_test(speaks_english),
        cmocka_unit_test(draws_as_the_style_does),
    };
    return cmocka_run_group_tests_name("server/legend", tests, NULL, NULL);
}
