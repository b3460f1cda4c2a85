/* SPDX-License-Identifier: MIT */
/* The suite "expressions": compile each fixture's expression for its property, evaluate it for each input, compare both
 * with what the reference implementation says. */
#include "conformance/report.h"

#include "style/expr.h"
#include "style/legacy.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_BYTES_MAX = 16 << 20, PATH_BYTES = 4096 };

static const double EXTENT = 8192;
static const double PI = 3.14159265358979323846;

/* --- the property ------------------------------------------------------------------------------------------- */

static enum property_type type_named(const char *name)
{
    static const struct {
        const char *name;
        enum property_type type;
    } types[] = {{"number", PROPERTY_NUMBER},
                 {"boolean", PROPERTY_BOOLEAN},
                 {"string", PROPERTY_STRING},
                 {"enum", PROPERTY_ENUM},
                 {"color", PROPERTY_COLOR},
                 {"array", PROPERTY_ARRAY},
                 {"formatted", PROPERTY_FORMATTED},
                 {"resolvedImage", PROPERTY_IMAGE},
                 {"padding", PROPERTY_PADDING},
                 {"numberArray", PROPERTY_NUMBER_ARRAY},
                 {"colorArray", PROPERTY_COLOR_ARRAY},
                 {"variableAnchorOffsetCollection", PROPERTY_ANCHOR_OFFSETS},
                 {"projectionDefinition", PROPERTY_PROJECTION}};
    for (size_t i = 0; name && i < sizeof types / sizeof types[0]; i++) {
        if (strcmp(types[i].name, name) == 0) {
            return types[i].type;
        }
    }
    return PROPERTY_ANY;
}

static enum property_rule rule_named(const char *name)
{
    static const char *const names[] = {"constant",    "data-constant",           "data-driven",
                                        "cross-faded", "cross-faded-data-driven", "color-ramp"};
    for (size_t i = 0; name && i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i], name) == 0) {
            return (enum property_rule)i;
        }
    }
    return PROPERTY_DATA_DRIVEN;
}

static bool has_text(const struct value *array, const char *text)
{
    for (size_t i = 0; array && array->type == VALUE_ARRAY && i < array->array.count; i++) {
        const struct value *item = &array->array.items[i];
        if (item->type == VALUE_STRING && text_is(item->string, text)) {
            return true;
        }
    }
    return false;
}

static const char *const *read_values(const struct value *json, struct arena *arena)
{
    size_t count = !json ? 0 : json->type == VALUE_OBJECT ? json->object.count : json->array.count;
    const char **values = arena_array(arena, count + 1, sizeof *values);
    for (size_t i = 0; values && i < count; i++) {
        struct text name = json->type == VALUE_OBJECT ? json->object.members[i].name : json->array.items[i].string;
        values[i] = arena_strndup(arena, name.data, name.length);
    }
    return values;
}

static void read_spec(const struct value *json, struct arena *arena, struct property_spec *out_spec)
{
    const struct value *expression = value_member(json, "expression");
    const struct value *length = value_member(json, "length");
    const struct value *fallback = value_member(json, "default");
    const struct value *tokens = value_member(json, "tokens");
    const struct value *interpolated = value_member(expression, "interpolated");
    const struct value *parameters = value_member(expression, "parameters");
    *out_spec = (struct property_spec){.name = "some-property",
                                       .type = type_named(value_member_string(json, "type")),
                                       .item = type_named(value_member_string(json, "value")),
                                       .length = length ? (int)value_number(length) : -1,
                                       .values = read_values(value_member(json, "values"), arena),
                                       .tokens = tokens && tokens->boolean,
                                       .interpolated = !expression || (interpolated && interpolated->boolean),
                                       .rule = rule_named(value_member_string(json, "property-type"))};
    bool all = !parameters;
    out_spec->reads = (all || has_text(parameters, "zoom") ? PROPERTY_READS_ZOOM : 0u) |
                      (all || has_text(parameters, "feature") ? PROPERTY_READS_FEATURE : 0u);
    if (fallback) {
        struct buffer text;
        buffer_init(&text, TEXT_BYTES_MAX);
        expr_print_json_value(fallback, &text);
        out_spec->default_json = expr_take_text(&text, arena).data;
    }
}

/* --- the feature -------------------------------------------------------------------------------------------- */

struct point_list {
    struct style_point *points;
    size_t *ends;
    size_t point_count;
    size_t part_count;
    double tiles;
    double x;
    double y;
};

static double round_half_up(double number)
{
    return floor(number + 0.5);
}

static void add_position(struct point_list *list, const struct value *json)
{
    double lon = value_number(&json->array.items[0]);
    double lat = value_number(&json->array.items[1]);
    double x = (180 + lon) / 360;
    double y = (180 - (180 / PI * log(tan(PI / 4 + lat * PI / 360)))) / 360;
    list->points[list->point_count++] = (struct style_point){round_half_up((x * list->tiles - list->x) * EXTENT),
                                                             round_half_up((y * list->tiles - list->y) * EXTENT)};
}

static size_t count_positions(const struct value *json)
{
    if (json->type != VALUE_ARRAY || json->array.count == 0) {
        return 0;
    }
    if (value_is_number(&json->array.items[0])) {
        return 1;
    }
    size_t count = 0;
    for (size_t i = 0; i < json->array.count; i++) {
        count += count_positions(&json->array.items[i]);
    }
    return count;
}

/* Adds every list of positions as a part; `depth` is how many levels lie above positions. */
static void add_parts(struct point_list *list, const struct value *json, int depth)
{
    if (depth == 0) {
        add_position(list, json);
        list->ends[list->part_count++] = list->point_count;
        return;
    }
    for (size_t i = 0; i < json->array.count; i++) {
        if (depth == 1) {
            add_position(list, &json->array.items[i]);
        } else {
            add_parts(list, &json->array.items[i], depth - 1);
        }
    }
    if (depth == 1) {
        list->ends[list->part_count++] = list->point_count;
    }
}

static void read_shape(const struct value *geometry, const struct value *tile, int depth, struct arena *arena,
                       struct style_feature *feature)
{
    const struct value *coordinates = value_member(geometry, "coordinates");
    size_t count = coordinates ? count_positions(coordinates) : 0;
    struct style_shape *shape = arena_alloc(arena, sizeof *shape);
    struct point_list list = {.points = arena_array(arena, count + 1, sizeof(struct style_point)),
                              .ends = arena_array(arena, count + 1, sizeof(size_t))};
    if (!shape || !list.points || !list.ends || !coordinates) {
        return;
    }
    shape->tile_z = (uint32_t)value_number(value_member(tile, "z"));
    shape->tile_x = (uint32_t)value_number(value_member(tile, "x"));
    shape->tile_y = (uint32_t)value_number(value_member(tile, "y"));
    list.tiles = exp2(shape->tile_z);
    list.x = shape->tile_x;
    list.y = shape->tile_y;
    if (depth == 1 && feature->geometry == STYLE_GEOMETRY_POINT) {
        /* points are one part each */
        for (size_t i = 0; i < coordinates->array.count; i++) {
            add_parts(&list, &coordinates->array.items[i], 0);
        }
    } else {
        add_parts(&list, coordinates, depth);
    }
    shape->points = list.points;
    shape->part_ends = list.ends;
    shape->part_count = list.part_count;
    feature->shape = shape;
}

static void read_geometry(const struct value *geometry, const struct value *tile, struct arena *arena,
                          struct style_feature *feature)
{
    static const char *const names[] = {"", "Point", "LineString", "Polygon"};
    const char *type = value_member_string(geometry, "type");
    if (!type) {
        return;
    }
    feature->is_multi = strncmp(type, "Multi", 5) == 0;
    const char *single = feature->is_multi ? type + 5 : type;
    for (int i = 1; i < 4; i++) {
        if (strcmp(single, names[i]) == 0) {
            feature->geometry = (enum style_geometry)i;
        }
    }
    if (tile && feature->geometry != STYLE_GEOMETRY_UNKNOWN) {
        int depth = (int)feature->geometry - 1 + feature->is_multi;
        read_shape(geometry, tile, depth, arena, feature);
        feature->is_multi = false;
    }
}

static void read_feature(const struct value *json, const struct value *tile, struct arena *arena,
                         struct style_feature *feature)
{
    *feature = (struct style_feature){.keeps_nulls = true, .id = value_null()};
    const struct value *properties = value_member(json, "properties");
    size_t count = properties && properties->type == VALUE_OBJECT ? properties->object.count : 0;
    struct value *values = arena_array(arena, count, sizeof *values);
    struct text *columns = arena_array(arena, count, sizeof *columns);
    for (size_t i = 0; values && columns && i < count; i++) {
        columns[i] = properties->object.members[i].name;
        values[i] = properties->object.members[i].value;
    }
    feature->values = values;
    feature->columns = columns;
    feature->column_count = count;
    if (value_member(json, "id")) {
        feature->id = *value_member(json, "id");
    }
    read_geometry(value_member(json, "geometry"), tile, arena, feature);
}

/* --- comparing ---------------------------------------------------------------------------------------------- */

static bool is_listed(const void *images, struct text name)
{
    const struct value *list = images;
    for (size_t i = 0; list && list->type == VALUE_ARRAY && i < list->array.count; i++) {
        if (list->array.items[i].type == VALUE_STRING && text_equal(list->array.items[i].string, name)) {
            return true;
        }
    }
    return false;
}

static void describe_result(const struct expr_value *value, struct buffer *out)
{
    if (value->kind == EXPR_COLOR) {
        /* alone, a colour is a list of its channels times alpha */
        struct style_color color = value->color;
        struct expr_value items[4] = {expr_number(color.r * color.a), expr_number(color.g * color.a),
                                      expr_number(color.b * color.a), expr_number(color.a)};
        struct expr_value list = {.kind = EXPR_ARRAY, .array = {items, 4}};
        expr_print_json(&list, out);
    } else {
        expr_print_json(value, out);
    }
}

static double number_of(const struct value *json, const char *name)
{
    const struct value *member = value_member(json, name);
    return member ? value_number(member) : 0;
}

static void evaluate(const struct expr *expr, const struct value *input, const struct value *state, struct arena *arena,
                     struct buffer *out)
{
    struct style_feature feature;
    const struct value *globals = &input->array.items[0];
    const struct value *json = &input->array.items[1];
    read_feature(json, value_member(globals, "canonicalID"), arena, &feature);
    struct expr_context context = {.zoom = number_of(globals, "zoom"),
                                   .heatmap_density = number_of(globals, "heatmapDensity"),
                                   .elevation = number_of(globals, "elevation"),
                                   .line_progress = number_of(globals, "lineProgress"),
                                   .feature = &feature,
                                   .arena = arena,
                                   .feature_state = value_member(json, "featureState"),
                                   .global_state = state,
                                   .has_image = is_listed,
                                   .images = value_member(globals, "availableImages"),
                                   .describe = true};
    struct expr_value result;
    if (expr_evaluate(expr, &context, &result)) {
        describe_result(&result, out);
        return;
    }
    struct buffer text;
    buffer_init(&text, TEXT_BYTES_MAX);
    buffer_printf(&text, "layers[0].paint.some-property%s: ", context.error_key ? context.error_key : "");
    buffer_append_text(&text, context.error ? context.error : "");
    buffer_append_text(out, "{\"error\":");
    expr_print_json_string((struct text){(const char *)text.data, text.length}, out);
    buffer_append_text(out, "}");
    buffer_finish(&text);
}

static void describe_compiled(const struct expr *expr, const struct expr_error *errors, struct buffer *out)
{
    if (errors) {
        buffer_append_text(out, "{\"result\":\"error\",\"errors\":[");
        for (const struct expr_error *error = errors; error; error = error->next) {
            buffer_append_text(out, error == errors ? "{\"key\":" : ",{\"key\":");
            expr_print_json_string(text_of(error->key), out);
            buffer_append_text(out, ",\"error\":");
            expr_print_json_string(text_of(error->message), out);
            buffer_append_text(out, "}");
        }
        buffer_append_text(out, "]}");
        return;
    }
    buffer_printf(out, "{\"result\":\"success\",\"isFeatureConstant\":%s,\"isZoomConstant\":%s,\"type\":\"",
                  expr->depends & EXPR_ON_FEATURE ? "false" : "true", expr->depends & EXPR_ON_ZOOM ? "false" : "true");
    expr_type_print(&expr->type, out);
    buffer_append_text(out, "\"}");
}

/* Everything we say about the fixture as JSON: {"compiled": …, "outputs": […]}. */
static void describe(const struct value *fixture, struct arena *arena, struct buffer *out)
{
    struct property_spec spec;
    struct value expression = *value_member(fixture, "expression");
    const struct expr *expr = NULL;
    const struct expr_error *errors = NULL;
    const char *reason = NULL;
    struct expr_error legacy_error = {"", "", NULL};
    read_spec(value_member(fixture, "propertySpec"), arena, &spec);
    if (legacy_is_function(&expression)) {
        struct value converted;
        if (legacy_function(&expression, &spec, arena, &converted, &reason)) {
            expression = converted;
        } else {
            legacy_error.message = reason;
            errors = &legacy_error;
        }
    }
    if (!errors) {
        expr_compile_property(&expression, &spec, NULL, arena, &expr, &errors);
    }
    buffer_append_text(out, "{\"compiled\":");
    describe_compiled(expr, errors, out);
    const struct value *inputs = value_member(fixture, "inputs");
    if (!errors) {
        buffer_append_text(out, ",\"outputs\":[");
        for (size_t i = 0; inputs && i < inputs->array.count; i++) {
            buffer_append_text(out, i ? "," : "");
            evaluate(expr, &inputs->array.items[i], value_member(fixture, "globalState"), arena, out);
        }
        buffer_append_text(out, "]");
    }
    buffer_append_text(out, "}");
}

/* Replaces the wording of errors where only the fact counts. */
static struct value without_words(const struct value *json, struct arena *arena)
{
    struct value copy = *json;
    if (json->type == VALUE_ARRAY) {
        struct value *items = arena_array(arena, json->array.count, sizeof *items);
        for (size_t i = 0; items && i < json->array.count; i++) {
            items[i] = without_words(&json->array.items[i], arena);
        }
        copy.array.items = items;
    } else if (json->type == VALUE_OBJECT) {
        struct value_member *members = arena_array(arena, json->object.count, sizeof *members);
        for (size_t i = 0; members && i < json->object.count; i++) {
            members[i] = json->object.members[i];
            bool words = text_is(members[i].name, "error") || text_is(members[i].name, "key") ||
                         text_is(members[i].name, "errors");
            members[i].value = words ? value_of_bool(true) : without_words(&json->object.members[i].value, arena);
        }
        copy.object.members = members;
    }
    return copy;
}

/* Expected compile errors come without outputs; a success without inputs has none either. */
static bool same(const struct value *expected, const struct value *actual, bool tolerant, struct arena *arena)
{
    struct value a = tolerant ? without_words(expected, arena) : *expected;
    struct value b = tolerant ? without_words(actual, arena) : *actual;
    const struct value *outputs = value_member(&a, "outputs");
    const struct value *ours = value_member(&b, "outputs");
    if (!fixture_equal(value_member(&a, "compiled"), value_member(&b, "compiled"))) {
        return false;
    }
    if (!outputs) {
        return !ours || ours->array.count == 0;
    }
    return ours && fixture_equal(outputs, ours);
}

struct tally {
    size_t wording; /* fail only in the words of an error */
};

static void run_fixture(void *subject, struct report *report, const char *name, struct arena *arena)
{
    struct tally *tally = subject;
    char path[PATH_BYTES];
    struct value fixture;
    struct value actual;
    struct error err = {0};
    struct buffer text;
    snprintf(path, sizeof path, "%s/tests/%s/test.json", report->options->folder, name);
    if (!fixture_read_json(path, arena, &fixture, &err)) {
        report_add(report, name, REPORT_FAILED, err.english);
        return;
    }
    const struct value *expected = value_member(&fixture, "expected");
    buffer_init(&text, TEXT_BYTES_MAX);
    describe(&fixture, arena, &text);
    struct text json = expr_take_text(&text, arena);
    if (!expected || !value_read_json(json, arena, &actual, &err)) {
        report_add(report, name, REPORT_FAILED, err.english);
        return;
    }
    bool tolerant = report->options->verdict == FIXTURE_TOLERANT;
    bool passed = same(expected, &actual, tolerant, arena);
    tally->wording += !passed && same(expected, &actual, true, arena);
    struct buffer reason;
    buffer_init(&reason, TEXT_BYTES_MAX);
    buffer_append_text(&reason, "  expected ");
    expr_print_json_value(expected, &reason);
    buffer_append_text(&reason, "\n  actual   ");
    buffer_append(&reason, json.data, json.length);
    report_add(report, name, passed ? REPORT_PASSED : REPORT_FAILED, buffer_text(&reason));
    buffer_finish(&reason);
}

static void print_summary(const void *subject)
{
    const struct tally *tally = subject;
    printf("%zu fail only in the wording of an error\n", tally->wording);
}

int expressions_run(const struct fixture_options *options)
{
    struct tally tally = {0};
    return report_each(options, "expressions", "tests", "/test.json", run_fixture, &tally, print_summary);
}
