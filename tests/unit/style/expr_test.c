/* SPDX-License-Identifier: MIT */
/* Expressions from text to result: one table, one function. Results are written as JSON, errors as "path: text". */
#include "style/expr.h"

#include "unit/test.h"

#include <string.h>

enum { ARENA_BYTES = 8 << 20, TEXT_BYTES = 1 << 16 };

static const char *const column_names[] = {"name", "kind", "size", "empty", "list", "flag"};

/* The feature all cases see: {"name": "Núñez", "kind": "park", "size": 12.5, "list": ["a", "b"], "flag": true}. */
static struct style_feature make_feature(struct arena *arena)
{
    size_t count = sizeof column_names / sizeof column_names[0];
    struct value *values = arena_array(arena, count, sizeof *values);
    struct text *columns = arena_array(arena, count, sizeof *columns);
    struct value *list = arena_array(arena, 2, sizeof *list);
    for (size_t i = 0; i < count; i++) {
        columns[i] = text_of(column_names[i]);
    }
    list[0] = value_of_string("a");
    list[1] = value_of_string("b");
    values[0] = value_of_string("Núñez");
    values[1] = value_of_string("park");
    values[2] = value_of_real(12.5);
    values[3] = value_null();
    values[4] = (struct value){.type = VALUE_ARRAY, .array = {list, 2}};
    values[5] = value_of_bool(true);
    return (struct style_feature){.geometry = STYLE_GEOMETRY_LINE,
                                  .id = value_of_int(7),
                                  .values = values,
                                  .columns = columns,
                                  .column_count = count};
}

static const char *evaluate(const char *json, const struct property_spec *spec, struct arena *arena)
{
    struct value value;
    const struct expr *expr;
    const struct expr_error *errors;
    struct error err;
    if (!value_read_json(text_of(json), arena, &value, &err)) {
        return arena_strdup(arena, err.english);
    }
    if (!expr_compile_property(&value, spec, NULL, arena, &expr, &errors)) {
        return arena_printf(arena, "compile%s: %s", errors->key, errors->message);
    }
    struct style_feature feature = make_feature(arena);
    struct expr_context context = {.zoom = 10.5, .feature = &feature, .arena = arena, .describe = true};
    struct expr_value result;
    if (!expr_evaluate(expr, &context, &result)) {
        return arena_printf(arena, "run%s: %s", context.error_key, context.error);
    }
    struct buffer text;
    buffer_init(&text, TEXT_BYTES);
    expr_print_json(&result, &text);
    return expr_take_text(&text, arena).data;
}

static const struct property_spec any = {.name = "any",
                                         .type = PROPERTY_ANY,
                                         .length = -1,
                                         .interpolated = true,
                                         .reads = PROPERTY_READS_ZOOM | PROPERTY_READS_FEATURE,
                                         .rule = PROPERTY_DATA_DRIVEN};

static void evaluates(void **state)
{
    (void)state;
    static const struct {
        const char *expression;
        const char *result;
    } cases[] = {
        {"[\"get\", \"kind\"]", "\"park\""},
        {"[\"get\", \"absent\"]", "null"},
        {"[\"has\", \"empty\"]", "false"},
        {"[\"has\", \"size\"]", "true"},
        {"[\"id\"]", "7"},
        {"[\"geometry-type\"]", "\"LineString\""},
        {"[\"+\", [\"get\", \"size\"], 1, 2]", "15.5"},
        {"[\"-\", 3]", "-3"},
        {"[\"%\", -7, 3]", "-1"},
        {"[\"^\", 2, 10]", "1024"},
        {"[\"round\", -2.5]", "-3"},
        {"[\"min\"]", "null"},
        {"[\"concat\", \"a\", 1, true, null, [\"get\", \"size\"]]", "\"a1true12.5\""},
        {"[\"upcase\", [\"get\", \"name\"]]", "\"NÚÑEZ\""},
        {"[\"downcase\", \"ÁRBOL\"]", "\"árbol\""},
        {"[\"length\", [\"get\", \"name\"]]", "5"},
        {"[\"slice\", [\"get\", \"name\"], 1, -1]", "\"úñe\""},
        {"[\"index-of\", \"ñ\", [\"get\", \"name\"]]", "2"},
        {"[\"in\", \"b\", [\"get\", \"list\"]]", "true"},
        {"[\"at\", 1, [\"get\", \"list\"]]", "\"b\""},
        {"[\"split\", \"a-b\", \"-\"]", "[\"a\",\"b\"]"},
        {"[\"join\", [\"get\", \"list\"], \"/\"]", "\"a/b\""},
        {"[\"case\", [\"<\", [\"get\", \"size\"], 10], \"small\", \"large\"]", "\"large\""},
        {"[\"match\", [\"get\", \"kind\"], [\"park\", \"garden\"], \"green\", \"grey\"]", "\"green\""},
        {"[\"match\", [\"get\", \"size\"], 12, \"yes\", \"no\"]", "\"no\""},
        {"[\"coalesce\", [\"get\", \"absent\"], [\"get\", \"kind\"]]", "\"park\""},
        {"[\"step\", [\"zoom\"], \"a\", 10, \"b\", 11, \"c\"]", "\"b\""},
        {"[\"interpolate\", [\"linear\"], [\"zoom\"], 10, 0, 11, 8]", "4"},
        {"[\"interpolate\", [\"exponential\", 2], [\"zoom\"], 10, 0, 12, 3]", "0.41421356237309515"},
        {"[\"interpolate\", [\"cubic-bezier\", 0, 0, 1, 1], [\"zoom\"], 10, 0, 11, 1]", "0.5"},
        {"[\"let\", \"x\", [\"get\", \"size\"], [\"*\", [\"number\", [\"var\", \"x\"]], 2]]", "25"},
        {"[\"to-number\", \"0x10\"]", "16"},
        {"[\"to-boolean\", \"\"]", "false"},
        {"[\"to-string\", [\"literal\", {\"a\": [1, null]}]]", "\"{\\\"a\\\":[1,null]}\""},
        {"[\"typeof\", [\"get\", \"list\"]]", "\"array<string, 2>\""},
        {"[\"rgba\", 255, 0, 0, 0.5]", "{\"r\":0.5,\"g\":0,\"b\":0,\"a\":0.5}"},
        {"[\"to-rgba\", \"#fff\"]", "[255,255,255,1]"},
        {"[\"number-format\", 1234567.891, {\"locale\": \"es-MX\", \"max-fraction-digits\": 1}]", "\"1,234,567.9\""},
        {"[\"number-format\", 12.5, {\"locale\": \"es-MX\", \"unit\": \"kilometer-per-hour\"}]", "\"12.5 km/h\""},
        {"[\"number-format\", 1234.5, {\"locale\": \"es-MX\", \"currency\": \"MXN\"}]", "\"$1,234.50\""},
        {"[\"number-format\", 1234.5, {\"locale\": \"de\"}]", "\"1.234,5\""},
        {"[\"==\", \"nunez\", [\"downcase\", [\"get\", \"name\"]], [\"collator\", {\"locale\": \"en\"}]]", "true"},
        {"[\"all\", [\"get\", \"flag\"], [\"==\", [\"get\", \"kind\"], \"park\"]]", "true"},
        {"[\"global-state\", \"x\"]", "null"},
        {"[\"feature-state\", \"x\"]", "null"},
    };
    struct arena *arena = arena_create(ARENA_BYTES);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *result = evaluate(cases[i].expression, &any, arena);
        if (strcmp(result, cases[i].result) != 0) {
            fail_msg("%s gives %s, not %s", cases[i].expression, result, cases[i].result);
        }
        arena_reset(arena);
    }
    arena_destroy(arena);
}

static void tells_errors(void **state)
{
    (void)state;
    static const struct {
        const char *expression;
        const char *error;
    } cases[] = {
        {"[]", "compile: Expected an array with at least one element. If you wanted a literal array, use "
               "[\"literal\", []]."},
        {"[\"no-such\", 1]",
         "compile[0]: Unknown expression \"no-such\". If you wanted a literal array, use [\"literal\", [...]]."},
        {"[\"+\", 1, \"2\"]", "compile[2]: Expected number but found string instead."},
        {"[\"get\"]", "compile: Expected arguments of type (string) | (string, object), but found () instead."},
        {"[\"var\", \"x\"]",
         "compile[1]: Unknown variable \"x\". Make sure \"x\" has been bound in an enclosing \"let\" "
         "expression before using it."},
        {"[\"+\", [\"zoom\"], 1]", "compile: \"zoom\" expression may only be used as input to a top-level \"step\" or "
                                   "\"interpolate\" expression."},
        {"[\"to-color\", \"nothing\"]", "compile: Could not parse color from value 'nothing'"},
        {"[\"number\", [\"get\", \"kind\"]]", "run: Expected value to be of type number, but found string instead."},
        {"[\"+\", 1, [\"get\", \"kind\"]]", "run[2]: Expected value to be of type number, but found string instead."},
        {"[\"at\", 5, [\"get\", \"list\"]]", "run: Array index out of bounds: 5 > 1."},
        {"[\"at\", 0.5, [\"get\", \"list\"]]", "run: Array index must be an integer, but found 0.5 instead."},
        {"[\"error\", \"because\"]", "run: because"},
        {"[\"number-format\", 1, {\"currency\": \"MXN\", \"unit\": \"meter\"}]",
         "compile: NumberFormat options `currency` and `unit` are mutually exclusive"},
    };
    struct arena *arena = arena_create(ARENA_BYTES);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_string_equal(evaluate(cases[i].expression, &any, arena), cases[i].error);
        arena_reset(arena);
    }
    arena_destroy(arena);
}

/* What a property allows: a colour from text, no attributes where it is constant, no interpolation of words. */
static void keeps_rules_of_properties(void **state)
{
    (void)state;
    static const struct {
        enum style_property property;
        const char *expression;
        const char *result;
    } cases[] = {
        {STYLE_FILL_COLOR, "[\"match\", [\"get\", \"kind\"], \"park\", \"lime\", \"red\"]",
         "{\"r\":0,\"g\":1,\"b\":0,\"a\":1}"},
        {STYLE_FILL_ANTIALIAS, "[\"==\", [\"get\", \"kind\"], \"park\"]", "compile: data expressions not supported"},
        {STYLE_LINE_CAP, "[\"interpolate\", [\"linear\"], [\"zoom\"], 1, \"butt\", 2, \"round\"]",
         "compile: Type string is not interpolatable."},
        {STYLE_HEATMAP_COLOR, "[\"step\", [\"zoom\"], \"red\", 1, \"blue\"]",
         "compile: zoom expressions not supported"},
        {STYLE_TEXT_FIELD, "[\"get\", \"kind\"]",
         "{\"sections\":[{\"text\":\"park\",\"image\":null,\"scale\":null,\"fontStack\":null,\"textColor\":null,"
         "\"verticalAlign\":null}]}"},
        {STYLE_ICON_PADDING, "[\"literal\", [1, 2]]", "{\"values\":[1,2,1,2]}"},
    };
    struct arena *arena = arena_create(ARENA_BYTES);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_string_equal(evaluate(cases[i].expression, &property_table[cases[i].property], arena), cases[i].result);
        arena_reset(arena);
    }
    arena_destroy(arena);
}

/* within and distance against a feature of a tile. */
static void knows_where_features_are(void **state)
{
    (void)state;
    struct arena *arena = arena_create(ARENA_BYTES);
    struct style_point points[1] = {{4096, 4096}}; /* the middle of the world: 0, 0 */
    size_t ends[1] = {1};
    struct style_shape shape = {.part_count = 1, .part_ends = ends, .points = points};
    struct style_feature feature = {.geometry = STYLE_GEOMETRY_POINT, .shape = &shape};
    static const struct {
        const char *expression;
        double low;
        double high;
    } cases[] = {
        {"[\"case\", [\"within\", {\"type\": \"Polygon\", \"coordinates\": [[[-1,-1],[1,-1],[1,1],[-1,1],[-1,-1]]]}], "
         "1, 0]",
         1, 1},
        {"[\"case\", [\"within\", {\"type\": \"Polygon\", \"coordinates\": [[[1,1],[3,1],[3,3],[1,3],[1,1]]]}], 1, 0]",
         0, 0},
        {"[\"distance\", {\"type\": \"Point\", \"coordinates\": [1, 0]}]", 111319, 111320},
        {"[\"distance\", {\"type\": \"Polygon\", \"coordinates\": [[[-1,-1],[1,-1],[1,1],[-1,1],[-1,-1]]]}]", 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct value json;
        const struct expr *expr;
        const struct expr_error *errors;
        struct expr_value result;
        assert_true(value_read_json(text_of(cases[i].expression), arena, &json, NULL));
        assert_true(expr_compile(&json, NULL, NULL, arena, &expr, &errors));
        struct expr_context context = {.feature = &feature, .arena = arena};
        assert_true(expr_evaluate(expr, &context, &result));
        assert_true(result.number >= cases[i].low && result.number <= cases[i].high);
    }
    arena_destroy(arena);
}

/* An arena that is too small makes evaluation fail, not crash. */
static void survives_a_full_arena(void **state)
{
    (void)state;
    struct arena *arena = arena_create(ARENA_BYTES);
    struct arena *small = arena_create(64);
    struct value json;
    const struct expr *expr;
    const struct expr_error *errors;
    assert_true(value_read_json(text_of("[\"concat\", [\"get\", \"name\"], [\"get\", \"name\"], [\"get\", \"kind\"], "
                                        "\"................................................................\"]"),
                                arena, &json, NULL));
    assert_true(expr_compile(&json, NULL, NULL, arena, &expr, &errors));
    struct style_feature feature = make_feature(arena);
    struct expr_context context = {.feature = &feature, .arena = small};
    struct expr_value result;
    assert_false(expr_evaluate(expr, &context, &result));
    arena_destroy(small);
    arena_destroy(arena);
}

/* Deeply nested wrong arguments are refused in bounded time. */
static void bounds_the_work(void **state)
{
    (void)state;
    struct arena *arena = arena_create(512 << 20);
    char text[2048] = "";
    for (int i = 0; i < 55; i++) {
        strcat(text, "[\"all\",true,");
    }
    strcat(text, "1");
    for (int i = 0; i < 55; i++) {
        strcat(text, "]");
    }
    struct value json;
    const struct expr *expr;
    const struct expr_error *errors = NULL;
    assert_true(value_read_json(text_of(text), arena, &json, NULL));
    assert_false(expr_compile(&json, NULL, NULL, arena, &expr, &errors));
    assert_non_null(errors);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(evaluates),
        cmocka_unit_test(tells_errors),
        cmocka_unit_test(keeps_rules_of_properties),
        cmocka_unit_test(knows_where_features_are),
        cmocka_unit_test(survives_a_full_arena),
        cmocka_unit_test(bounds_the_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
