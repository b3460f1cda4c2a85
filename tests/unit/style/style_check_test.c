/* SPDX-License-Identifier: MIT */
#include "style/style_check.h"

#include "unit/test.h"

#include <string.h>

enum { ARENA_BYTES = 8 << 20 };

struct expected {
    bool error;
    size_t line;
    const char *text; /* "path: message" */
};

static void check(const char *json, const struct expected *expected, size_t count)
{
    struct arena *arena = arena_create(ARENA_BYTES);
    struct value root;
    struct style_report report;
    assert_true(value_read_json(text_of(json), arena, &root, NULL));
    assert_true(style_check(text_of(json), &root, STYLE_CHECK_ALL, arena, &report));
    for (size_t i = 0; i < report.count || i < count; i++) {
        const struct style_message *message = i < report.count ? &report.messages[i] : NULL;
        const char *text = !message           ? "(nothing)"
                           : message->path[0] ? arena_printf(arena, "%s: %s", message->path, message->english)
                                              : message->english;
        if (i >= count || !message || strcmp(text, expected[i].text) != 0 || message->line != expected[i].line ||
            (message->severity == STYLE_ERROR) != expected[i].error) {
            fail_msg("finding %zu is \"%s\" on line %zu", i, text, message ? message->line : 0);
        }
        assert_non_null(message->spanish);
    }
    arena_destroy(arena);
}

#define CHECK(json, ...)                                                                                               \
    do {                                                                                                               \
        const struct expected list[] = {__VA_ARGS__};                                                                  \
        check(json, list, sizeof list / sizeof list[0]);                                                               \
    } while (0)

static void finds_wrong_roots(void **state)
{
    (void)state;
    check("{\"version\": 8, \"sources\": {}, \"layers\": []}", NULL, 0);
    CHECK("{\"version\": 8, \"sources\": {}}", {true, 1, "missing required property \"layers\""});
    CHECK("{\"version\": 8,\n\"sources\": {},\n\"layers\": 5}", {true, 3, "layers: array expected, number found"});
    CHECK("{\"version\": 8, \"sources\": {}, \"layers\": [],\n\"glyphs\": \"x\"}",
          {true, 2, "glyphs: \"glyphs\" url must include a \"{fontstack}\" token"},
          {true, 2, "glyphs: \"glyphs\" url must include a \"{range}\" token"});
    CHECK("{\"version\": 8, \"sources\": {}, \"layers\": [],\n\"pitch\": 20,\n\"zom\": 3}",
          {false, 2, "pitch: property \"pitch\" is ignored: a flat map has no pitch"},
          {false, 3, "unknown property \"zom\"; did you mean \"zoom\"?"});
}

static void finds_wrong_sources(void **state)
{
    (void)state;
    CHECK(
        "{\"version\": 8, \"layers\": [], \"sources\": {\n\"a\": {},\n\"b\": {\"type\": \"vectr\"},\n\"c\": {\"type\": "
        "\"vector\", \"tiles\": \"x\"},\n\"d\": {\"type\": \"geojson\"}}}",
        {true, 2, "sources.a: \"type\" is required"},
        {true, 3,
         "sources.b.type: expected one of [vector, raster, raster-dem, geojson, video, image], \"vectr\" found"},
        {true, 4, "sources.c.tiles: array expected, string found"},
        {true, 5, "sources.d: missing required property \"data\""});
}

#define WITH_LAYERS(layers)                                                                                            \
    "{\"version\": 8, \"sources\": {\"v\": {\"type\": \"vector\", \"url\": \"tesela://v\"}}, \"layers\": [\n" layers   \
    "]}"

static void finds_wrong_layers(void **state)
{
    (void)state;
    CHECK(WITH_LAYERS("{\"id\": \"a\", \"type\": \"fill\", \"source\": \"w\"},\n{\"id\": \"a\", \"type\": \"fill\", "
                      "\"source\": \"v\"}"),
          {true, 2, "layers[0]: source \"w\" not found"},
          {true, 3, "layers[1]: duplicate layer id \"a\", previously used at line 2"},
          {true, 3, "layers[1]: layer \"a\" must specify a \"source-layer\""});
    CHECK(WITH_LAYERS("{\"id\": \"a\", \"type\": \"line\", \"source\": \"v\", \"source-layer\": \"v\",\n\"paint\": {\n"
                      "\"line-width\": -1,\n\"line-color\": \"nocolor\",\n\"line-opacity\": [\"+\", 1, \"a\"],\n"
                      "\"line-dasharray\": [1, \"x\"]},\n\"layout\": {\"line-cap\": \"flat\"}}"),
          {true, 4, "layers[0].paint.line-width: -1 is less than the minimum value 0"},
          {true, 5, "layers[0].paint.line-color: color expected, \"nocolor\" found"},
          {true, 6, "layers[0].paint.line-opacity[2]: Expected number but found string instead."},
          {true, 7, "layers[0].paint.line-dasharray[1]: number expected, string found"},
          {true, 8, "layers[0].layout.line-cap: expected one of [butt, round, square], \"flat\" found"});
    CHECK(WITH_LAYERS("{\"id\": \"a\", \"type\": \"circle\", \"source\": \"v\", \"source-layer\": \"v\", \"filter\":\n"
                      "[\"==\", \"$type\", \"Pont\"]}"),
          {true, 3, "layers[0].filter[2]: expected one of [Point, LineString, Polygon], \"Pont\" found"});
    CHECK(WITH_LAYERS("{\"id\": \"a\", \"type\": \"fill-extrusion\", \"source\": \"v\", \"source-layer\": \"v\"}"),
          {false, 2, "layers[0]: layers of type \"fill-extrusion\" are ignored: a flat map has no pitch"});
}

static void speaks_spanish(void **state)
{
    (void)state;
    static const char json[] = WITH_LAYERS("{\"id\": \"a\", \"type\": \"line\", \"source\": \"v\", \"source-layer\": "
                                           "\"v\", \"paint\": {\"line-widht\": 1}}");
    struct arena *arena = arena_create(ARENA_BYTES);
    struct value root;
    struct style_report report;
    assert_true(value_read_json(text_of(json), arena, &root, NULL));
    assert_true(style_check(text_of(json), &root, STYLE_CHECK_ALL, arena, &report));
    assert_int_equal(report.count, 1);
    assert_string_equal(report.messages[0].spanish,
                        "propiedad desconocida \"line-widht\"; ¿quiso decir \"line-width\"?");
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(finds_wrong_roots), cmocka_unit_test(finds_wrong_sources),
                                       cmocka_unit_test(finds_wrong_layers), cmocka_unit_test(speaks_spanish)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
