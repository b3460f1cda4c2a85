/* SPDX-License-Identifier: MIT */
#include "style/legacy.h"

#include "style/expr_value.h"
#include "unit/test.h"

#include <string.h>

enum { ARENA_BYTES = 4 << 20, TEXT_BYTES = 1 << 16 };

static struct value read(const char *json, struct arena *arena)
{
    struct value value;
    struct error err;
    if (!value_read_json(text_of(json), arena, &value, &err)) {
        fail_msg("%s: %s", json, err.english);
    }
    return value;
}

static const char *print(const struct value *value, struct arena *arena)
{
    struct buffer text;
    buffer_init(&text, TEXT_BYTES);
    expr_print_json_value(value, &text);
    return expr_take_text(&text, arena).data;
}

static void converts_tokens(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *expression;
    } cases[] = {{"plain", "\"plain\""},
                 {"{name}", "[\"to-string\",[\"get\",\"name\"]]"},
                 {"a {b} c", "[\"concat\",\"a \",[\"get\",\"b\"],\" c\"]"},
                 {"{a}{b}", "[\"concat\",[\"get\",\"a\"],[\"get\",\"b\"]]"},
                 {"{}", "\"{}\""},
                 {"{a", "\"{a\""},
                 {"{{a}", "[\"concat\",\"{\",[\"get\",\"a\"]]"}};
    struct arena *arena = arena_create(ARENA_BYTES);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct value value = legacy_tokens(text_of(cases[i].text), arena);
        assert_string_equal(print(&value, arena), cases[i].expression);
    }
    arena_destroy(arena);
}

static void converts_functions(void **state)
{
    (void)state;
    static const struct {
        enum style_property property;
        const char *function;
        const char *expression; /* NULL: refused */
    } cases[] = {
        {STYLE_LINE_WIDTH, "{\"stops\": [[5, 1], [10, 2]]}", "[\"interpolate\",[\"linear\"],[\"zoom\"],5,1,10,2]"},
        {STYLE_LINE_WIDTH, "{\"base\": 1.5, \"stops\": [[5, 1], [5, 9], [10, 2]]}",
         "[\"interpolate\",[\"exponential\",1.5],[\"zoom\"],5,1,10,2]"},
        {STYLE_FILL_ANTIALIAS, "{\"stops\": [[5, true]]}", "[\"step\",[\"zoom\"],true,0,true]"},
        {STYLE_LINE_WIDTH, "{\"property\": \"w\", \"type\": \"identity\"}", "[\"get\",\"w\"]"},
        {STYLE_FILL_COLOR, "{\"property\": \"k\", \"type\": \"categorical\", \"stops\": [[\"a\", \"red\"]]}",
         "[\"match\",[\"get\",\"k\"],\"a\",\"red\",\"#000000\"]"},
        {STYLE_LINE_WIDTH,
         "{\"property\": \"w\", \"stops\": [[{\"zoom\": 1, \"value\": 0}, 1], [{\"zoom\": 1, "
         "\"value\": 9}, 2], [{\"zoom\": 3, \"value\": 0}, 5]]}",
         "[\"interpolate\",[\"linear\"],[\"zoom\"],1,[\"interpolate\",[\"linear\"],[\"number\",[\"get\",\"w\"]],0,1,9,"
         "2],3,[\"interpolate\",[\"linear\"],[\"number\",[\"get\",\"w\"]],0,5]]"},
        {STYLE_LINE_WIDTH, "{\"stops\": []}", NULL},
        {STYLE_LINE_WIDTH, "{\"stops\": [[1]]}", NULL},
        {STYLE_LINE_WIDTH, "{\"type\": \"wild\", \"stops\": [[1, 2]]}", NULL},
    };
    struct arena *arena = arena_create(ARENA_BYTES);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct value function = read(cases[i].function, arena);
        struct value expression;
        const char *reason = NULL;
        bool converted = legacy_function(&function, &property_table[cases[i].property], arena, &expression, &reason);
        assert_int_equal(converted, cases[i].expression != NULL);
        if (converted) {
            assert_string_equal(print(&expression, arena), cases[i].expression);
        } else {
            assert_non_null(reason);
        }
    }
    arena_destroy(arena);
}

static void converts_filters(void **state)
{
    (void)state;
    static const struct {
        const char *filter;
        const char *expression; /* NULL: is one already */
    } cases[] = {
        {"[\"==\", \"a\", 1]", "[\"filter-==\",\"a\",1]"},
        {"[\"!=\", \"$type\", \"Point\"]", "[\"!\",[\"filter-type-==\",\"Point\"]]"},
        {"[\">=\", \"$id\", 5]", "[\"filter-id->=\",5]"},
        {"[\"in\", \"a\", 1, 2]", "[\"filter-in-small\",\"a\",[\"literal\",[1,2]]]"},
        {"[\"!has\", \"a\"]", "[\"!\",[\"filter-has\",\"a\"]]"},
        {"[\"none\", [\"==\", \"a\", 1]]", "[\"all\",[\"!\",[\"filter-==\",\"a\",1]]]"},
        {"[\"all\", [\"==\", \"a\", 1], [\"has\", \"b\"]]", "[\"all\",[\"filter-==\",\"a\",1],[\"filter-has\",\"b\"]]"},
        {"[\"any\"]", NULL},
        {"[\"==\", [\"get\", \"a\"], 1]", NULL},
        {"[\"has\", \"a\"]", NULL},
        {"[\"all\", [\"has\", \"a\"], [\"==\", [\"get\", \"b\"], 1]]", NULL},
        {"true", NULL},
    };
    struct arena *arena = arena_create(ARENA_BYTES);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct value filter = read(cases[i].filter, arena);
        struct value expression;
        if (legacy_filter_is_expression(&filter) != !cases[i].expression) {
            fail_msg("%s is taken for the wrong syntax", cases[i].filter);
        }
        if (cases[i].expression) {
            assert_true(legacy_filter(&filter, arena, &expression));
            assert_string_equal(print(&expression, arena), cases[i].expression);
        }
    }
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(converts_tokens), cmocka_unit_test(converts_functions),
                                       cmocka_unit_test(converts_filters)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
