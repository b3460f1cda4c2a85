/* SPDX-License-Identifier: MIT */
/* The check of single values. */
#include "style/check_value.h"

#include "style/css_color.h"
#include "style/expr.h"
#include "style/js_number.h"
#include "style/legacy.h"

#include <math.h>
#include <string.h>

enum { TEXT_BYTES_MAX = 1 << 16 };

const char *check_type_name(const struct value *value)
{
    static const char *const names[] = {"null", "boolean", "number", "number", "string", "array", "object"};
    return names[value->type];
}

bool check_given(const struct value *value)
{
    return value && value->type != VALUE_NULL;
}

static const char *json_text(struct check_report *report, const struct value *value)
{
    struct buffer text;
    buffer_init(&text, TEXT_BYTES_MAX);
    expr_print_json_value(value, &text);
    return expr_take_text(&text, report->arena).data;
}

void check_enum(struct check_report *report, const char *path, const struct value *value, const char *const *values)
{
    struct buffer list;
    buffer_init(&list, TEXT_BYTES_MAX);
    for (size_t i = 0; values[i]; i++) {
        if (value->type == VALUE_STRING && text_is(value->string, values[i])) {
            buffer_finish(&list);
            return;
        }
        buffer_printf(&list, "%s%s", i ? ", " : "", values[i]);
    }
    check_error(report, path, value, "expected one of [%s], %s found", buffer_text(&list), json_text(report, value));
    buffer_finish(&list);
}

void check_string(struct check_report *report, const char *path, const struct value *value)
{
    if (value->type != VALUE_STRING) {
        check_error(report, path, value, "string expected, %s found", check_type_name(value));
    }
}

static void check_number(struct check_report *report, const char *path, const struct value *value,
                         const struct property_spec *spec)
{
    char number[JS_NUMBER_BYTES];
    char bound[JS_NUMBER_BYTES];
    double size = value_number(value);
    if (!value_is_number(value)) {
        check_error(report, path, value, "number expected, %s found", check_type_name(value));
        return;
    }
    js_number_format(size, number);
    if (spec->has_minimum && size < spec->minimum) {
        js_number_format(spec->minimum, bound);
        check_error(report, path, value, "%s is less than the minimum value %s", number, bound);
    } else if (spec->has_maximum && size > spec->maximum) {
        js_number_format(spec->maximum, bound);
        check_error(report, path, value, "%s is greater than the maximum value %s", number, bound);
    }
}

static void check_color(struct check_report *report, const char *path, const struct value *value)
{
    struct style_color color;
    if (value->type != VALUE_STRING) {
        check_error(report, path, value, "color expected, %s found", check_type_name(value));
    } else if (!css_color_parse(value->string, &color)) {
        check_error(report, path, value, "color expected, \"%.*s\" found", (int)value->string.length,
                    value->string.data);
    }
}

static void check_items(struct check_report *report, const char *path, const struct value *value,
                        const struct property_spec *item)
{
    for (size_t i = 0; i < value->array.count; i++) {
        check_value(report, check_item_path(report, path, i), &value->array.items[i], item, CHECK_PLAIN);
    }
}

static void check_array(struct check_report *report, const char *path, const struct value *value,
                        const struct property_spec *spec)
{
    struct property_spec item = {.name = spec->name, .type = spec->item, .length = -1, .values = spec->values};
    if (value->type != VALUE_ARRAY) {
        check_error(report, path, value, "array expected, %s found", check_type_name(value));
    } else if (spec->length > 0 && value->array.count != (size_t)spec->length) {
        check_error(report, path, value, "array length %d expected, length %zu found", spec->length,
                    value->array.count);
    } else {
        check_items(report, path, value, &item);
    }
}

static void check_padding(struct check_report *report, const char *path, const struct value *value)
{
    static const struct property_spec number = {.type = PROPERTY_NUMBER, .length = -1};
    if (value->type != VALUE_ARRAY) {
        check_number(report, path, value, &number);
    } else if (value->array.count < 1 || value->array.count > 4) {
        check_error(report, path, value, "padding requires 1 to 4 values; %zu values found", value->array.count);
    } else {
        check_items(report, path, value, &number);
    }
}

/* One number or colour, or a list of them. */
static void check_one_or_more(struct check_report *report, const char *path, const struct value *value,
                              enum property_type type)
{
    struct property_spec item = {.type = type, .length = -1};
    if (value->type != VALUE_ARRAY) {
        check_value(report, path, value, &item, CHECK_PLAIN);
    } else if (value->array.count == 0) {
        check_error(report, path, value, "array length at least 1 expected, length 0 found");
    } else {
        check_items(report, path, value, &item);
    }
}

static void check_anchor_offsets(struct check_report *report, const char *path, const struct value *value)
{
    static const struct property_spec offset = {.type = PROPERTY_ARRAY, .item = PROPERTY_NUMBER, .length = 2};
    if (value->type != VALUE_ARRAY || value->array.count == 0 || value->array.count % 2 != 0) {
        check_error(report, path, value, "variableAnchorOffsetCollection requires a non-empty array of even length");
        return;
    }
    for (size_t i = 0; i < value->array.count; i += 2) {
        check_enum(report, check_item_path(report, path, i), &value->array.items[i],
                   property_table[STYLE_TEXT_ANCHOR].values);
        check_array(report, check_item_path(report, path, i + 1), &value->array.items[i + 1], &offset);
    }
}

static void check_projection(struct check_report *report, const char *path, const struct value *value)
{
    if (value->type == VALUE_STRING) {
        return;
    }
    if (value->type != VALUE_ARRAY) {
        check_error(report, path, value, "projection expected, invalid type \"%s\" found", check_type_name(value));
        return;
    }
    const struct value *items = value->array.items;
    bool definition = value->array.count == 3 && items[0].type == VALUE_STRING && items[1].type == VALUE_STRING &&
                      value_is_number(&items[2]);
    bool expression = value->array.count > 0 && items[0].type == VALUE_STRING &&
                      (text_is(items[0].string, "interpolate") || text_is(items[0].string, "step") ||
                       text_is(items[0].string, "literal"));
    if (!definition && !expression) {
        check_error(report, path, value, "projection expected, invalid array %s found", json_text(report, value));
    }
}

static void check_plain(struct check_report *report, const char *path, const struct value *value,
                        const struct property_spec *spec, enum check_context context)
{
    switch (spec->type) {
    case PROPERTY_NUMBER:
        check_number(report, path, value, spec);
        break;
    case PROPERTY_BOOLEAN:
        if (value->type != VALUE_BOOL) {
            check_error(report, path, value, "boolean expected, %s found", check_type_name(value));
        }
        break;
    case PROPERTY_STRING:
        check_string(report, path, value);
        break;
    case PROPERTY_ENUM:
        check_enum(report, path, value, spec->values);
        break;
    case PROPERTY_COLOR:
        check_color(report, path, value);
        break;
    case PROPERTY_ARRAY:
        check_array(report, path, value, spec);
        break;
    case PROPERTY_FORMATTED:
    case PROPERTY_IMAGE:
        if (value->type != VALUE_STRING) {
            check_expression(report, path, value, spec, context);
        }
        break;
    case PROPERTY_PADDING:
        check_padding(report, path, value);
        break;
    case PROPERTY_NUMBER_ARRAY:
        check_one_or_more(report, path, value, PROPERTY_NUMBER);
        break;
    case PROPERTY_COLOR_ARRAY:
        check_one_or_more(report, path, value, PROPERTY_COLOR);
        break;
    case PROPERTY_ANCHOR_OFFSETS:
        check_anchor_offsets(report, path, value);
        break;
    case PROPERTY_PROJECTION:
        check_projection(report, path, value);
        break;
    case PROPERTY_ANY:
        break;
    }
}

/* --- expressions -------------------------------------------------------------------------------------------- */

static bool all_defined(const struct expr *expr, size_t first);

/* True when every result is written in the expression itself. */
static bool output_defined(const struct expr *expr)
{
    switch (expr->op) {
    case OP_LITERAL:
    case OP_EQUAL:
    case OP_NOT_EQUAL:
    case OP_LESS:
    case OP_GREATER:
    case OP_LESS_EQUAL:
    case OP_GREATER_EQUAL:
    case OP_IN:
    case OP_WITHIN:
    case OP_DISTANCE:
        return true;
    case OP_ASSERT:
    case OP_COERCE:
    case OP_COALESCE:
    case OP_SEMILITERAL:
        return all_defined(expr, 0);
    case OP_MATCH:
    case OP_STEP:
    case OP_INTERPOLATE:
        return all_defined(expr, 1);
    case OP_CASE:
        for (size_t i = 1; i < expr->count; i += 2) {
            if (!output_defined(expr->args[i])) {
                return false;
            }
        }
        return output_defined(expr->args[expr->count - 1]);
    case OP_LET:
        return output_defined(expr->args[expr->count - 1]);
    default:
        return false;
    }
}

static bool all_defined(const struct expr *expr, size_t first)
{
    for (size_t i = first; i < expr->count; i++) {
        if (!output_defined(expr->args[i])) {
            return false;
        }
    }
    return true;
}

void check_expression(struct check_report *report, const char *path, const struct value *value,
                      const struct property_spec *spec, enum check_context context)
{
    const struct expr *expr;
    const struct expr_error *errors;
    bool compiled = context == CHECK_PROPERTY ? expr_compile_property(value, spec, NULL, report->arena, &expr, &errors)
                                              : expr_compile(value, spec, NULL, report->arena, &expr, &errors);
    if (!compiled) {
        for (const struct expr_error *error = errors; error; error = error->next) {
            const char *inner = arena_printf(report->arena, "%s%s", path, error->key);
            check_error(report, inner ? inner : path, value, "%s", error->message);
        }
        return;
    }
    bool state = expr->depends & EXPR_ON_FEATURE_STATE;
    if (context == CHECK_PROPERTY && strcmp(spec->name, "text-font") == 0 && !output_defined(expr)) {
        check_error(report, path, value,
                    "Invalid data expression for \"text-font\". Output values must be contained as literals within "
                    "the expression.");
    } else if (context == CHECK_PROPERTY && spec->is_layout && state) {
        check_error(report, path, value,
                    "\"feature-state\" data expressions are not supported with layout properties.");
    } else if (context == CHECK_FILTER && state) {
        check_error(report, path, value, "\"feature-state\" data expressions are not supported with filters.");
    } else if (context == CHECK_CLUSTER && (state || (expr->depends & EXPR_ON_ZOOM))) {
        check_error(report, path, value,
                    "\"zoom\" and \"feature-state\" expressions are not supported with cluster properties.");
    }
}

/* --- functions ---------------------------------------------------------------------------------------------- */

enum function_type { FUNCTION_NONE, FUNCTION_IDENTITY, FUNCTION_EXPONENTIAL, FUNCTION_INTERVAL, FUNCTION_CATEGORICAL };

static const char *const function_types[] = {"identity", "exponential", "interval", "categorical", NULL};
static const char *const color_spaces[] = {"rgb", "lab", "hcl", NULL};

struct function_check {
    struct check_report *report;
    const struct property_spec *spec;
    const struct value *function;
    bool has_type; /* "type" is given, known or not */
    enum function_type type;
    bool of_zoom;
    bool of_zoom_and_property;
    const char *key_type; /* of the stops; NULL before the first */
    const struct value *previous;
    const struct value *previous_zoom;
    const struct value **seen; /* inputs of categorical stops */
    size_t seen_count;
};

static enum function_type read_function_type(const struct value *type)
{
    for (int i = 0; type && type->type == VALUE_STRING && function_types[i]; i++) {
        if (text_is(type->string, function_types[i])) {
            return (enum function_type)(i + 1);
        }
    }
    return FUNCTION_NONE;
}

static bool was_seen(const struct function_check *check, const struct value *input)
{
    for (size_t i = 0; i < check->seen_count; i++) {
        if (value_equal(check->seen[i], input)) {
            return true;
        }
    }
    return false;
}

static bool supports_property(const struct property_spec *spec)
{
    return spec->rule == PROPERTY_DATA_DRIVEN || spec->rule == PROPERTY_CROSS_FADED_DATA_DRIVEN;
}

static void check_stop_input(struct function_check *check, const char *path, const struct value *input,
                             const struct value *stop)
{
    struct check_report *report = check->report;
    const struct value *shown = input->type == VALUE_NULL ? stop : input;
    const char *type = check_type_name(input);
    bool number = value_is_number(input);
    bool categorical = check->type == FUNCTION_CATEGORICAL;
    if (!check->key_type) {
        check->key_type = type;
    } else if (strcmp(check->key_type, type) != 0) {
        check_error(report, path, shown, "%s stop domain type must match previous stop domain type %s", type,
                    check->key_type);
        return;
    }
    if (!number && input->type != VALUE_STRING && input->type != VALUE_BOOL) {
        check_error(report, path, shown, "stop domain value must be a number, string, or boolean");
        return;
    }
    if (!number && !categorical) {
        bool hint = supports_property(check->spec) && !check->has_type;
        check_error(report, path, shown, "number expected, %s found%s", type,
                    hint ? "\nIf you intended to use a categorical function, specify `\"type\": \"categorical\"`."
                         : "");
        return;
    }
    if (categorical && number && floor(value_number(input)) != value_number(input)) {
        char text[JS_NUMBER_BYTES];
        js_number_format(value_number(input), text);
        check_error(report, path, shown, "integer expected, found %s", text);
        return;
    }
    if (!categorical && number && check->previous && value_number(input) < value_number(check->previous)) {
        check_error(report, path, shown, "stop domain values must appear in ascending order");
        return;
    }
    check->previous = input;
    if (categorical && was_seen(check, input)) {
        check_error(report, path, shown, "stop domain values must be unique");
        return;
    }
    check->seen[check->seen_count++] = input;
}

/* The input {"zoom": …, "value": …}. False when the rest of the stop is not to be looked at. */
static bool check_composite_input(struct function_check *check, const char *path, const struct value *stop)
{
    struct check_report *report = check->report;
    const struct value *input = &stop->array.items[0];
    static const struct property_spec number = {.type = PROPERTY_NUMBER, .length = -1};
    if (input->type != VALUE_OBJECT) {
        check_error(report, path, stop, "object expected, %s found", check_type_name(input));
        return false;
    }
    const struct value *zoom = value_member(input, "zoom");
    const struct value *value = value_member(input, "value");
    if (!zoom || !value) {
        check_error(report, path, stop, "object stop key must have %s", zoom ? "value" : "zoom");
        return false;
    }
    if (check->previous_zoom && value_is_number(check->previous_zoom) && value_is_number(zoom) &&
        value_number(check->previous_zoom) != 0 && value_number(check->previous_zoom) > value_number(zoom)) {
        check_error(report, path, zoom, "stop zoom values must appear in ascending order");
        return false;
    }
    if (!check->previous_zoom || !value_equal(zoom, check->previous_zoom)) {
        check->previous_zoom = zoom;
        check->previous = NULL;
        check->seen_count = 0;
    }
    const char *inner = check_item_path(report, path, 0);
    for (size_t i = 0; i < input->object.count; i++) {
        const struct value_member *member = &input->object.members[i];
        const char *deeper = check_member_path(report, inner, member->name);
        if (&member->value == zoom) {
            check_number(report, deeper, zoom, &number);
        } else if (&member->value == value) {
            check_stop_input(check, deeper, value, input);
        } else {
            check_error(report, inner, &member->value, "unknown property \"%.*s\"", (int)member->name.length,
                        member->name.data);
        }
    }
    return true;
}

static void check_stop(struct function_check *check, const char *path, const struct value *stop)
{
    struct check_report *report = check->report;
    if (stop->type != VALUE_ARRAY) {
        check_error(report, path, stop, "array expected, %s found", check_type_name(stop));
        return;
    }
    if (stop->array.count != 2) {
        check_error(report, path, stop, "array length 2 expected, length %zu found", stop->array.count);
        return;
    }
    if (check->of_zoom_and_property) {
        if (!check_composite_input(check, path, stop)) {
            return;
        }
    } else {
        check_stop_input(check, check_item_path(report, path, 0), &stop->array.items[0], stop);
    }
    const struct value *output = &stop->array.items[1];
    const char *inner = check_item_path(report, path, 1);
    if (expr_is_expression(output)) {
        check_error(report, inner, output, "expressions are not allowed in function stops.");
    } else {
        check_value(report, inner, output, check->spec, CHECK_PLAIN);
    }
}

static void check_stops(struct function_check *check, const char *path, const struct value *stops)
{
    struct check_report *report = check->report;
    if (check->type == FUNCTION_IDENTITY) {
        check_error(report, path, stops, "identity function may not have a \"stops\" property");
        return;
    }
    if (stops->type != VALUE_ARRAY) {
        check_error(report, path, stops, "array expected, %s found", check_type_name(stops));
        return;
    }
    check->seen = arena_array(report->arena, stops->array.count + 1, sizeof *check->seen);
    for (size_t i = 0; check->seen && i < stops->array.count; i++) {
        check_stop(check, check_item_path(report, path, i), &stops->array.items[i]);
    }
    if (stops->array.count == 0) {
        check_error(report, path, stops, "array must have at least one stop");
    }
}

static void check_function_member(struct function_check *check, const char *path, const struct value_member *member)
{
    static const struct property_spec base = {.type = PROPERTY_NUMBER, .length = -1, .has_minimum = true};
    struct check_report *report = check->report;
    const char *inner = check_member_path(report, path, member->name);
    const struct value *value = &member->value;
    if (text_is(member->name, "stops")) {
        check_stops(check, inner, value);
    } else if (text_is(member->name, "default")) {
        check_value(report, inner, value, check->spec, CHECK_PLAIN);
    } else if (text_is(member->name, "base")) {
        check_number(report, inner, value, &base);
    } else if (text_is(member->name, "property")) {
        check_string(report, inner, value);
    } else if (text_is(member->name, "type")) {
        check_enum(report, inner, value, function_types);
    } else if (text_is(member->name, "colorSpace")) {
        check_enum(report, inner, value, color_spaces);
    } else {
        check_error(report, path, value, "unknown property \"%.*s\"", (int)member->name.length, member->name.data);
    }
}

static void check_function(struct check_report *report, const char *path, const struct value *value,
                           const struct property_spec *spec)
{
    const struct value *type = value_member(value, "type");
    const struct value *stops = value_member(value, "stops");
    const struct value *property = value_member(value, "property");
    struct function_check check = {
        .report = report, .spec = spec, .function = value, .has_type = type, .type = read_function_type(type)};
    check.of_zoom = check.type != FUNCTION_CATEGORICAL && !property;
    check.of_zoom_and_property = stops && stops->type == VALUE_ARRAY && stops->array.count > 0 &&
                                 stops->array.items[0].type == VALUE_ARRAY && stops->array.items[0].array.count > 0 &&
                                 stops->array.items[0].array.items[0].type == VALUE_OBJECT;
    for (size_t i = 0; i < value->object.count; i++) {
        check_function_member(&check, path, &value->object.members[i]);
    }
    if (check.type == FUNCTION_IDENTITY && check.of_zoom) {
        check_error(report, path, value, "missing required property \"property\"");
    }
    if (check.type != FUNCTION_IDENTITY && !check_given(stops)) {
        check_error(report, path, value, "missing required property \"stops\"");
    }
    if (check.type == FUNCTION_EXPONENTIAL && !spec->interpolated) {
        check_error(report, path, value, "exponential functions not supported");
    }
    if (!check.of_zoom && !supports_property(spec)) {
        check_error(report, path, value, "property functions not supported");
    } else if (check.of_zoom && !(spec->reads & PROPERTY_READS_ZOOM)) {
        check_error(report, path, value, "zoom functions not supported");
    }
    if ((check.type == FUNCTION_CATEGORICAL || check.of_zoom_and_property) && !property) {
        check_error(report, path, value, "\"property\" property is required");
    }
}

void check_value(struct check_report *report, const char *path, const struct value *value,
                 const struct property_spec *spec, enum check_context context)
{
    bool expressive = spec->rule != PROPERTY_CONSTANT;
    if (expressive && legacy_is_function(value)) {
        check_function(report, path, value, spec);
    } else if (expressive && expr_is_expression(value)) {
        check_expression(report, path, value, spec, context);
    } else {
        check_plain(report, path, value, spec, context);
    }
}

/* --- filters ------------------------------------------------------------------------------------------------ */

static const char *const filter_operators[] = {"==",  "!=",  ">",   ">=",   "<",   "<=",   "in",
                                               "!in", "all", "any", "none", "has", "!has", NULL};
static const char *const geometry_types[] = {"Point", "LineString", "Polygon", NULL};

static void check_filter_values(struct check_report *report, const char *path, const struct value *filter)
{
    const struct value *items = filter->array.items;
    size_t count = filter->array.count;
    bool type = count > 1 && items[1].type == VALUE_STRING && text_is(items[1].string, "$type");
    if (count > 1) {
        check_string(report, check_item_path(report, path, 1), &items[1]);
    }
    for (size_t i = 2; i < count; i++) {
        const char *inner = check_item_path(report, path, i);
        if (type) {
            check_enum(report, inner, &items[i], geometry_types);
        } else if (items[i].type != VALUE_STRING && !value_is_number(&items[i]) && items[i].type != VALUE_BOOL) {
            check_error(report, inner, &items[i], "string, number, or boolean expected, %s found",
                        check_type_name(&items[i]));
        }
    }
}

static void check_old_filter(struct check_report *report, const char *path, const struct value *filter)
{
    if (filter->type != VALUE_ARRAY) {
        check_error(report, path, filter, "array expected, %s found", check_type_name(filter));
        return;
    }
    const struct value *items = filter->array.items;
    size_t count = filter->array.count;
    if (count < 1) {
        check_error(report, path, filter, "filter array must have at least 1 element");
        return;
    }
    check_enum(report, check_item_path(report, path, 0), &items[0], filter_operators);
    struct text op = items[0].type == VALUE_STRING ? items[0].string : (struct text){"", 0};
    bool ordering = text_is(op, "<") || text_is(op, "<=") || text_is(op, ">") || text_is(op, ">=");
    bool comparing = ordering || text_is(op, "==") || text_is(op, "!=");
    if (ordering && count >= 2 && items[1].type == VALUE_STRING && text_is(items[1].string, "$type")) {
        check_error(report, path, filter, "\"$type\" cannot be use with operator \"%.*s\"", (int)op.length, op.data);
    }
    if (comparing && count != 3) {
        check_error(report, path, filter, "filter array for operator \"%.*s\" must have 3 elements", (int)op.length,
                    op.data);
    }
    if (comparing || text_is(op, "in") || text_is(op, "!in")) {
        check_filter_values(report, path, filter);
    } else if (text_is(op, "any") || text_is(op, "all") || text_is(op, "none")) {
        for (size_t i = 1; i < count; i++) {
            check_old_filter(report, check_item_path(report, path, i), &items[i]);
        }
    } else if (text_is(op, "has") || text_is(op, "!has")) {
        if (count != 2) {
            check_error(report, path, filter, "filter array for \"%.*s\" operator must have 2 elements", (int)op.length,
                        op.data);
        } else {
            check_string(report, check_item_path(report, path, 1), &items[1]);
        }
    }
}

void check_filter(struct check_report *report, const char *path, const struct value *value)
{
    if (!legacy_filter_is_expression(value)) {
        check_old_filter(report, path, value);
        return;
    }
    const char *inner = "";
    const struct value *mixed = legacy_filter_mixed(value, report->arena, &inner);
    if (mixed) {
        const char *place = arena_printf(report->arena, "%s%s", path, inner);
        check_warning(report, place ? place : path, value, "%s", legacy_filter_advice(mixed, report->arena));
    }
    check_expression(report, path, value, NULL, CHECK_FILTER);
}
