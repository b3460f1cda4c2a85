/* SPDX-License-Identifier: MIT */
/* The evaluator of expressions. */
#include "style/expr.h"

#include "style/css_color.h"
#include "style/js_number.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_MAX = 1 << 20 };

static const double LN2 = 0.69314718055994530942;
static const double LN10 = 2.30258509299404568402;
static const double PI = 3.14159265358979323846;
static const double E = 2.71828182845904523536;

bool expr_fail(struct expr_context *context, const struct expr *expr, const char *format, ...)
{
    context->error = "evaluation failed";
    context->error_key = expr->key;
    if (context->describe) {
        char text[1024];
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(text, sizeof text, format, arguments);
        va_end(arguments);
        const char *kept = arena_strdup(context->arena, text);
        context->error = kept ? kept : context->error;
    }
    return false;
}

static const char *type_name(struct expr_context *context, const struct expr_value *value)
{
    struct buffer buffer;
    buffer_init(&buffer, TEXT_MAX);
    struct expr_type type = expr_type_of(value, context->arena);
    expr_type_print(&type, &buffer);
    return expr_take_text(&buffer, context->arena).data;
}

static const char *json_of(struct expr_context *context, const struct expr_value *value)
{
    struct buffer buffer;
    buffer_init(&buffer, TEXT_MAX);
    expr_print_json(value, &buffer);
    return expr_take_text(&buffer, context->arena).data;
}

/* A text as it is, other values as JSON. */
static const char *shown(struct expr_context *context, const struct expr_value *value)
{
    if (value->kind == EXPR_STRING) {
        const char *copy = arena_strndup(context->arena, value->string.data, value->string.length);
        return copy ? copy : "";
    }
    return json_of(context, value);
}

static bool memory_error(struct expr_context *context, const struct expr *expr)
{
    context->error = "out of memory";
    context->error_key = expr->key;
    return false;
}

static bool give(struct expr_value *out, struct expr_value value)
{
    *out = value;
    return true;
}

static bool give_number(struct expr_value *out, double number)
{
    return give(out, expr_number(number));
}

static bool give_boolean(struct expr_value *out, bool boolean)
{
    return give(out, expr_boolean(boolean));
}

static bool give_string(struct expr_value *out, struct text string)
{
    return give(out, expr_string(string));
}

/* The value of an argument: a literal where it stands, else in `room`. NULL after an error. */
static inline const struct expr_value *argument_of(const struct expr *expr, struct expr_context *context,
                                                   struct expr_value *room)
{
    if (expr->op == OP_LITERAL) {
        return &expr->literal;
    }
    return expr_evaluate(expr, context, room) ? room : NULL;
}

/* --- features ----------------------------------------------------------------------------------------------- */

const struct value *expr_attribute(const struct expr_context *context, struct text name, int32_t slot)
{
    const struct style_feature *feature = context->feature;
    if (!feature) {
        return NULL;
    }
    const struct value *found = NULL;
    if (slot >= 0 && feature->slots) {
        int32_t column = feature->slots[slot];
        found = column >= 0 ? &feature->values[column] : NULL;
    } else {
        for (size_t i = 0; i < feature->column_count && !found; i++) {
            found = text_equal(feature->columns[i], name) ? &feature->values[i] : NULL;
        }
    }
    return found && found->type == VALUE_NULL && !feature->keeps_nulls ? NULL : found;
}

static bool eval_attribute(const struct expr *expr, struct expr_context *context, struct expr_value *out)
{
    struct expr_value name;
    struct expr_value object = {.kind = EXPR_NULL};
    if (expr->name >= 0) {
        const struct value *value = expr_attribute(context, expr->args[0]->literal.string, expr->name);
        if (expr->op == OP_HAS) {
            return give_boolean(out, value);
        }
        return give(out, value ? expr_of_json(value, context->arena) : expr_null());
    }
    if (!expr_evaluate(expr->args[0], context, &name) ||
        (expr->count == 2 && !expr_evaluate(expr->args[1], context, &object))) {
        return false;
    }
    bool has = expr->op == OP_HAS;
    if (expr->count == 2) {
        const struct expr_value *member = object.kind == EXPR_OBJECT ? expr_member(&object, name.string) : NULL;
        return has ? give_boolean(out, member) : give(out, member ? *member : expr_null());
    }
    const struct value *value = expr_attribute(context, name.string, expr->name);
    if (has) {
        return give_boolean(out, value);
    }
    return give(out, value ? expr_of_json(value, context->arena) : expr_null());
}

static bool eval_properties(const struct expr *expr, struct expr_context *context, struct expr_value *out)
{
    const struct style_feature *feature = context->feature;
    size_t count = feature ? feature->column_count : 0;
    struct expr_member *members = arena_array(context->arena, count, sizeof *members);
    if (!members) {
        return memory_error(context, expr);
    }
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        if (feature->values[i].type != VALUE_NULL || feature->keeps_nulls) {
            members[used].name = feature->columns[i];
            members[used++].value = expr_of_json(&feature->values[i], context->arena);
        }
    }
    return give(out, (struct expr_value){.kind = EXPR_OBJECT, .object = {members, used}});
}

static struct text geometry_name(const struct style_feature *feature, bool simple)
{
    static const char *const single[] = {"Unknown", "Point", "LineString", "Polygon"};
    static const char *const multi[] = {"Unknown", "MultiPoint", "MultiLineString", "MultiPolygon"};
    if (!feature) {
        return text_of("Unknown");
    }
    return text_of(feature->is_multi && !simple ? multi[feature->geometry] : single[feature->geometry]);
}

static struct expr_value feature_id(const struct expr_context *context)
{
    return context->feature ? expr_of_json(&context->feature->id, context->arena) : expr_null();
}

static bool eval_feature_state(const struct expr *expr, struct expr_context *context, struct expr_value *out)
{
    struct expr_value name;
    if (!expr_evaluate(expr->args[0], context, &name)) {
        return false;
    }
    const struct value *state = context->feature_state;
    for (size_t i = 0; state && i < state->object.count; i++) {
        if (text_equal(state->object.members[i].name, name.string)) {
            return give(out, expr_of_json(&state->object.members[i].value, context->arena));
        }
    }
    return give(out, expr_null());
}

static bool eval_global_state(const struct expr *expr, struct expr_context *context, struct expr_value *out)
{
    const struct value *state = context->global_state;
    for (size_t i = 0; state && i < state->object.count; i++) {
        if (text_equal(state->object.members[i].name, expr->literal.string)) {
            return give(out, expr_of_json(&state->object.members[i].value, context->arena));
        }
    }
    return give(out, expr_null());
}

/* --- types -------------------------------------------------------------------------------------------------- */

static bool eval_assert(const struct expr *expr, struct expr_context *context, struct expr_value *out)
{
    for (size_t i = 0; i < expr->count; i++) {
        if (!expr_evaluate(expr->args[i], context, out)) {
            return false;
        }
        if (expr->type.kind != EXPR_ARRAY && expr->type.kind == out->kind) {
            return true;
        }
        struct expr_type type = expr_type_of(out, context->arena);
        if (expr_type_fits(&expr->type, &type)) {
            return true;
        }
    }
    if (!context->describe) {
        return expr_fail(context, expr, "wrong type");
    }
    struct buffer wanted;
    buffer_init(&wanted, TEXT_MAX);
    expr_type_print(&expr->type, &wanted);
    return expr_fail(context, expr, "Expected value to be of type %s, but found %s instead.",
                     expr_take_text(&wanted, context->arena).data, type_name(context, out));
}

/* Why four values are no colour; NULL when they are. */
static const char *rgba_fault(struct expr_context *context, const struct expr_value *items, size_t count)
{
    static const struct expr_value missing = {.kind = EXPR_NULL};
    bool channels = true;
    for (size_t i = 0; i < 3; i++) {
        channels = channels && items[i].kind == EXPR_NUMBER && items[i].number >= 0 && items[i].number <= 255;
    }
    const struct expr_value *alpha = count > 3 ? &items[3] : &missing;
    bool alpha_fits = count < 4 || (alpha->kind == EXPR_NUMBER && alpha->number >= 0 && alpha->number <= 1);
    if (channels && alpha_fits) {
        return NULL;
    }
    if (!context->describe) {
        return "";
    }
    struct buffer list;
    buffer_init(&list, TEXT_MAX);
    size_t shown_count = channels || (count > 3 && alpha->kind == EXPR_NUMBER) ? 4 : 3;
    for (size_t i = 0; i < shown_count && i < count; i++) {
        buffer_append_text(&list, i ? ", " : "");
        expr_print(&items[i], &list);
    }
    const char *values = expr_take_text(&list, context->arena).data;
    return arena_printf(context->arena, "Invalid rgba value [%s]: %s", values,
                        channels ? "'a' must be between 0 and 1." : "'r', 'g', and 'b' must be between 0 and 255.");
}

static bool coerce_array_to_color(struct expr_context *context, const struct expr_value *input, struct expr_value *out,
                                  const char **out_fault)
{
    size_t count = input->array.count;
    const struct expr_value *items = input->array.items;
    if (count < 3 || count > 4) {
        *out_fault = context->describe
                         ? arena_printf(context->arena,
                                        "Invalid rgba value %s: expected an array containing either three or four "
                                        "numeric values.",
                                        json_of(context, input))
                         : "";
        return false;
    }
    *out_fault = rgba_fault(context, items, count);
    if (*out_fault) {
        return false;
    }
    double alpha = count > 3 ? items[3].number : 1;
    /* there the channels count as multiplied by alpha already */
    double part = alpha > 0 ? 255 * alpha : INFINITY;
    *out = (struct expr_value){
        .kind = EXPR_COLOR, .color = {items[0].number / part, items[1].number / part, items[2].number / part, alpha}};
    return true;
}

static bool coerce_to_color(const struct expr *expr, struct expr_context *context, struct expr_value *out)
{
    struct expr_value input = {.kind = EXPR_NULL};
    const char *fault = NULL;
    for (size_t i = 0; i < expr->count; i++) {
        if (!expr_evaluate(expr->args[i], context, &input)) {
            return false;
        }
        fault = NULL;
        if (input.kind == EXPR_COLOR) {
            return give(out, input);
        }
        struct expr_value color = {.kind = EXPR_COLOR};
        if ((input.kind == EXPR_STRING && css_color_parse(input.string, &color.color)) ||
            (input.kind == EXPR_ARRAY && coerce_array_to_color(context, &input, &color, &fault))) {
            return give(out, color);
        }
    }
    if (!context->describe) {
        return expr_fail(context, expr, "no colour");
    }
    return fault ? expr_fail(context, expr, "%s", fault)
                 : expr_fail(context, expr, "Could not parse color from value '%s'", shown(context, &input));
}

static double number_of(const struct expr_value *value, struct arena *arena)
{
    switch (value->kind) {
    case EXPR_NULL:
        return 0;
    case EXPR_NUMBER:
        return value->number;
    case EXPR_BOOLEAN:
        return value->boolean;
    case EXPR_STRING:
        return js_number_parse(value->string);
    case EXPR_ARRAY:
        if (value->array.count == 0) {
            return 0;
        }
        if (value->array.count == 1) {
            const struct expr_value *only = &value->array.items[0];
            return only->kind == EXPR_BOOLEAN ? NAN : js_number_parse(expr_to_text(only, arena));
        }
        return NAN;
    default:
        return NAN;
    }
}

static bool coerce_to_number(const struct expr *expr, struct expr_context *context, struct expr_value *out)
{
    struct expr_value input = {.kind = EXPR_NULL};
    for (size_t i = 0; i < expr->count; i++) {
        if (!expr_evaluate(expr->args[i], context, &input)) {
            return false;
        }
        double number = number_of(&input, context->arena);
        if (!isnan(number)) {
            return give_number(out, number);
        }
    }
    if (!context->describe) {
        return expr_fail(context, expr, "no number");
    }
    return expr_fail(context, expr, "Could not convert %s to number.", json_of(context, &input));
}

/* The types that are parsed from plain values. */
static bool coerce_parsed(const struct expr *expr, struct expr_context *context, struct expr_value *out)
{
    struct expr_value input = {.kind = EXPR_NULL};
    for (size_t i = 0; i < expr->count; i++) {
        if (!expr_evaluate(expr->args[i], context, &input)) {
            return false;
        }
        enum expr_kind kind = expr->type.kind;
        bool parsed = kind == EXPR_PADDING        ? expr_parse_padding(&input, context->arena, out)
                      : kind == EXPR_NUMBER_ARRAY ? expr_parse_number_array(&input, context->arena, out)
                      : kind == EXPR_COLOR_ARRAY  ? expr_parse_color_array(&input, context->arena, out)
                                                  : expr_parse_anchor_offsets(&input, context->arena, out);
        if (parsed) {
            return true;
        }
    }
    if (!context->describe) {
        return expr_fail(context, expr, "no such value");
    }
    struct buffer wanted;
    buffer_init(&wanted, TEXT_MAX);
    expr_type_print(&expr->type, &wanted);
    return expr_fail(context, expr, "Could not parse %s from value '%s'", expr_take_text(&wanted, context->arena).data,
                     shown(context, &input));
}

static bool is_available(const struct expr_context *context, struct text name)
{
    return !context->has_image || context->has_image(context->images, name);
}

static bool coerce_to_formatted(const struct expr *expr, struct expr_context *context, const struct expr_value *input,
                                struct expr_value *out)
{
    if (input->kind == EXPR_FORMATTED) {
        return give(out, *input);
    }
    struct expr_section *section = arena_alloc(context->arena, sizeof *section);
    if (!section) {
        return memory_error(context, expr);
    }
    section->text = expr_to_text(input, context->arena);
    return give(out, (struct expr_value){.kind = EXPR_FORMATTED, .formatted = {section, 1}});
}

static bool eval_coerce(const struct expr *expr, struct expr_context *context, struct expr_value *out)
{
    struct expr_value input;
    switch (expr->type.kind) {
    case EXPR_COLOR:
        return coerce_to_color(expr, context, out);
    case EXPR_NUMBER:
        return coerce_to_number(expr, context, out);
    case EXPR_PADDING:
    case EXPR_NUMBER_ARRAY:
    case EXPR_COLOR_ARRAY:
    case EXPR_ANCHOR_OFFSETS:
        return coerce_parsed(expr, context, out);
    default:
        break;
    }
    if (!expr_evaluate(expr->args[0], context, &input)) {
        return false;
    }
    switch (expr->type.kind) {
    case EXPR_BOOLEAN:
        return give_boolean(out, expr_truth(&input));
    case EXPR_FORMATTED:
        return coerce_to_formatted(expr, context, &input, out);
    case EXPR_IMAGE: {
        struct text name = expr_to_text(&input, context->arena);
        if (name.length == 0) {
            return give(out, expr_null()); /* no image */
        }
        return give(out, (struct expr_value){.kind = EXPR_IMAGE, .image = {name, context->has_image ? false : true}});
    }
    case EXPR_PROJECTION:
        return give(out, input);
    default:
        return give_string(out, expr_to_text(&input, context->arena));
    }
}

/* --- decisions ---------------------------------------------------------------------------------------------- */

static bool eval_case(const struct expr *expr, struct expr_context *context, struct expr_value *out)
{
    for (size_t i = 0; i + 1 < expr->count; i += 2) {
        struct expr_value room;
        const struct expr_value *test = argument_of(expr->args[i], context, &room);
        if (!test) {
            return false;
        }
        if (expr_truth(test)) {
            return expr_evaluate(expr->args[i + 1], context, out);
        }
    }
    return expr_evaluate(expr->args[expr->count - 1], context, out);
}

static bool eval_coalesce(const struct expr *expr, struct expr_context *context, struct expr_value *out)
{
    struct expr_value requested = {.kind = EXPR_NULL}; /* the first image that is not there */
    for (size_t i = 0; i < expr->count; i++) {
        if (!expr_evaluate(expr->args[i], context, out)) {
            return false;
        }
        if (out->kind == EXPR_IMAGE && !out->image.available) {
            requested = requested.kind == EXPR_NULL ? *out : requested;
            *out = i + 1 == expr->count ? requested : expr_null();
        }
        if (out->kind != EXPR_NULL) {
            return true;
        }
    }
    return give(out, expr_null());
}

static const struct expr *match_output(const struct expr *expr, const struct expr_value *input)
{
    const struct expr_match *match = expr->match;
    const struct expr *otherwise = expr->args[expr->count - 1];
    if (input->kind != (match->numbers ? EXPR_NUMBER : EXPR_STRING)) {
        return otherwise;
    }
    size_t low = 0;
    size_t high = match->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct expr_label *label = &match->labels[middle];
        int order = match->numbers ? (input->number > label->number) - (input->number < label->number)
                                   : text_compare(input->string, label->text);
        if (order == 0 && !(match->numbers && input->number != label->number)) {
            return expr->args[1 + label->output];
        }
        if (order > 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return otherwise;
}

static bool eval_match(const struct expr *expr, struct expr_context *context, struct expr_value *out)
{
    struct expr_value room;
    const struct expr_value *input = argument_of(expr->args[0], context, &room);
    return input && expr_evaluate(match_output(expr, input), context, out);
}

static bool holds(enum expr_op op, int order)
{
    switch (op) {
    case OP_EQUAL:
        return order == 0;
    case OP_NOT_EQUAL:
        return order != 0;
    case OP_LESS:
    case OP_FILTER_LESS:
    case OP_FILTER_ID_LESS:
        return order < 0;
    case OP_GREATER:
    case OP_FILTER_GREATER:
    case OP_FILTER_ID_GREATER:
        return order > 0;
    case OP_LESS_EQUAL:
    case OP_FILTER_LESS_EQUAL:
    case OP_FILTER_ID_LESS_EQUAL:
        return order <= 0;
    default:
        return order >= 0;
    }
}

/* Order of two numbers, strings or booleans of the same kind; NaN is in no order. */
static bool compare_plain(enum expr_op op, const struct expr_value *a, const struct expr_value *b)
{
    if (a->kind == EXPR_STRING) {
        return holds(op, text_compare(a->string, b->string));
    }
    double left = a->kind == EXPR_BOOLEAN ? a->boolean : a->number;
    double right = b->kind == EXPR_BOOLEAN ? b->boolean : b->number;
    if (isnan(left) || isnan(right)) {
        return false;
    }
    return holds(op, (left > right) - (left < right));
}

static bool reject_order(const struct expr *expr, struct expr_context *context, const struct expr_value *a,
                         const struct expr_value *b)
{
    static const char *const names[] = {
        [OP_LESS] = "<", [OP_GREATER] = ">", [OP_LESS_EQUAL] = "<=", [OP_GREATER_EQUAL] = ">="};
    if (!context->describe) {
        return expr_fail(context, expr, "not comparable");
    }
    return expr_fail(context, expr,
                     "Expected arguments for \"%s\" to be (string, string) or (number, number), but found (%s, %s) "
                     "instead.",
                     names[expr->op], a->kind == EXPR_ARRAY ? "array" : type_name(context, a),
                     b->kind == EXPR_ARRAY ? "array" : type_name(context, b));
}

static bool eval_comparison(const struct expr *expr, struct expr_context *context, struct expr_value *out)
{
    struct expr_value rooms[2];
    const struct expr_value *a = argument_of(expr->args[0], context, &rooms[0]);
    const struct expr_value *b = a ? argument_of(expr->args[1], context, &rooms[1]) : NULL;
    if (!b) {
        return false;
    }
    bool ordering = expr->op != OP_EQUAL && expr->op != OP_NOT_EQUAL;
    if (ordering && (a->kind != b->kind || (a->kind != EXPR_STRING && a->kind != EXPR_NUMBER))) {
        return reject_order(expr, context, a, b);
    }
    if (expr->count == 3 && a->kind == EXPR_STRING && b->kind == EXPR_STRING) {
        struct expr_value collator;
        if (!expr_evaluate(expr->args[2], context, &collator)) {
            return false;
        }
        return give_boolean(out, holds(expr->op, expr_locale_compare(a->string, b->string, &collator)));
    }
    if (!ordering) {
        return give_boolean(out, expr_equal(a, b) == (expr->op == OP_EQUAL));
    }
    return give_boolean(out, compare_plain(expr->op, a, b));
}

static bool eval_all(const struct expr *expr, struct expr_context *context, struct expr_value *out)
{
    bool any = expr->op == OP_ANY;
    for (size_t i = 0; i < expr->count; i++) {
        struct expr_value room;
        const struct expr_value *value = argument_of(expr->args[i], context, &room);
        if (!value) {
            return false;
        }
        if (expr_truth(value) == any) {
            return give_boolean(out, any);
        }
    }
    return give_boolean(out, !any);
}

/* --- curves ------------------------------------------------------------------------------------------------- */

/* a t^3 + b t^2 + c t, one coordinate of a Bezier curve from 0 to 1. */
struct cubic {
    double a;
    double b;
    double c;
};

static struct cubic cubic_of(double first, double second)
{
    double c = 3 * first;
    double b = 3 * (second - first) - c;
    return (struct cubic){1 - c - b, b, c};
}

static double cubic_at(struct cubic cubic, double t)
{
    return ((cubic.a * t + cubic.b) * t + cubic.c) * t;
}

/* The y of the curve through (0,0), two control points and (1,1) where it reaches x. Newton's method, then halving;
 * exact to 1e-6 in x, which is what browsers give for timing functions. */
static double bezier_solve(const double control[4], double x)
{
    static const double exactness = 1e-6;
    struct cubic across = cubic_of(control[0], control[2]);
    struct cubic up = cubic_of(control[1], control[3]);
    double t = x;
    for (int i = 0; i < 8; i++) {
        double error = cubic_at(across, t) - x;
        if (fabs(error) < exactness) {
            return cubic_at(up, t);
        }
        double slope = (3 * across.a * t + 2 * across.b) * t + across.c;
        if (fabs(slope) < exactness) {
            break;
        }
        t -= error / slope;
    }
    double low = 0;
    double high = 1;
    t = x < 0 ? 0 : x > 1 ? 1 : x;
    for (int i = 0; i < 64 && low < high; i++) {
        double reached = cubic_at(across, t);
        if (fabs(reached - x) < exactness) {
            break;
        }
        if (x > reached) {
            low = t;
        } else {
            high = t;
        }
        t = (high - low) / 2 + low;
    }
    return cubic_at(up, t);
}

static double progress_between(const struct expr_curve *curve, double input, double lower, double upper)
{
    double difference = upper - lower;
    double progress = input - lower;
    if (difference == 0) {
        return 0;
    }
    if (curve->interpolation == EXPR_EXPONENTIAL && curve->base != 1) {
        return (pow(curve->base, progress) - 1) / (pow(curve->base, difference) - 1);
    }
    double t = progress / difference;
    return curve->interpolation == EXPR_CUBIC_BEZIER ? bezier_solve(curve->control, t) : t;
}

/* The last stop at or below the input, which lies between the first and the last. */
static size_t stop_below(const struct expr_curve *curve, double input)
{
    size_t low = 0;
    size_t high = curve->count - 1;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (curve->labels[middle] <= input) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool mix_items(const struct expr *expr, struct expr_context *context, const struct expr_value *from,
                      const struct expr_value *to, double t, struct expr_value *out)
{
    size_t count = from->array.count;
    if (count != to->array.count) {
        const char *kind = expr->type.kind == EXPR_COLOR_ARRAY ? "colorArray" : "numberArray";
        return expr_fail(context, expr, "%s: Arrays have mismatched length (%zu vs. %zu), cannot interpolate.", kind,
                         count, to->array.count);
    }
    struct expr_value *items = arena_array(context->arena, count, sizeof *items);
    if (!items) {
        return memory_error(context, expr);
    }
    for (size_t i = 0; i < count; i++) {
        const struct expr_value *a = &from->array.items[i];
        const struct expr_value *b = &to->array.items[i];
        if (a->kind == EXPR_COLOR) {
            items[i] = (struct expr_value){
                .kind = EXPR_COLOR,
                .color = css_color_mix(a->color, b->color, t, (enum css_color_space)expr->curve->space)};
        } else {
            items[i] = expr_number(a->number + t * (b->number - a->number));
        }
    }
    return give(out, (struct expr_value){.kind = from->kind, .array = {items, count}});
}

static bool mix_offsets(const struct expr *expr, struct expr_context *context, const struct expr_value *from,
                        const struct expr_value *to, double t, struct expr_value *out)
{
    size_t count = from->array.count;
    if (count != to->array.count) {
        if (!context->describe) {
            return expr_fail(context, expr, "different lengths");
        }
        struct expr_value a = {.kind = EXPR_ARRAY, .array = {from->array.items, count}};
        struct expr_value b = {.kind = EXPR_ARRAY, .array = {to->array.items, to->array.count}};
        return expr_fail(context, expr, "Cannot interpolate values of different length. from: %s, to: %s",
                         json_of(context, &a), json_of(context, &b));
    }
    struct expr_value *items = arena_array(context->arena, count, sizeof *items);
    if (!items) {
        return memory_error(context, expr);
    }
    for (size_t i = 0; i + 1 < count; i += 2) {
        const struct expr_value *a = &from->array.items[i];
        const struct expr_value *b = &to->array.items[i];
        if (!expr_equal(&a[0], &b[0])) {
            return expr_fail(context, expr,
                             "Cannot interpolate values containing mismatched anchors. from[%zu]: %.*s, to[%zu]: %.*s",
                             i, (int)a->string.length, a->string.data, i, (int)b->string.length, b->string.data);
        }
        items[i] = *a;
        if (!mix_items(expr, context, &a[1], &b[1], t, &items[i + 1])) {
            return false;
        }
    }
    return give(out, (struct expr_value){.kind = EXPR_ANCHOR_OFFSETS, .array = {items, count}});
}

static bool mix_projections(const struct expr *expr, struct expr_context *context, const struct expr_value *from,
                            const struct expr_value *to, double t, struct expr_value *out)
{
    struct expr_projection *mixed = arena_alloc(context->arena, sizeof *mixed);
    if (!mixed) {
        return memory_error(context, expr);
    }
    *mixed = (struct expr_projection){expr_to_text(from, context->arena), expr_to_text(to, context->arena), t};
    return give(out, (struct expr_value){.kind = EXPR_PROJECTION, .projection = mixed});
}

static bool mix(const struct expr *expr, struct expr_context *context, const struct expr_value *from,
                const struct expr_value *to, double t, struct expr_value *out)
{
    switch (expr->type.kind) {
    case EXPR_NUMBER:
        return give_number(out, from->number + t * (to->number - from->number));
    case EXPR_COLOR:
        return give(out, (struct expr_value){.kind = EXPR_COLOR,
                                             .color = css_color_mix(from->color, to->color, t,
                                                                    (enum css_color_space)expr->curve->space)});
    case EXPR_PROJECTION:
        return mix_projections(expr, context, from, to, t, out);
    case EXPR_ANCHOR_OFFSETS:
        return mix_offsets(expr, context, from, to, t, out);
    default:
        return mix_items(expr, context, from, to, t, out);
    }
}

static bool eval_curve(const struct expr *expr, struct expr_context *context, struct expr_value *out)
{
    const struct expr_curve *curve = expr->curve;
    const struct expr *const *outputs = expr->args + 1;
    if (curve->count == 1) {
        return expr_evaluate(outputs[0], context, out);
    }
    struct expr_value input;
    if (!expr_evaluate(expr->args[0], context, &input)) {
        return false;
    }
    double x = input.number;
    if (x <= curve->labels[0]) {
        return expr_evaluate(outputs[0], context, out);
    }
    if (x >= curve->labels[curve->count - 1]) {
        return expr_evaluate(outputs[curve->count - 1], context, out);
    }
    if (isnan(x)) {
        return expr_fail(context, expr, "Input is not a number.");
    }
    size_t below = stop_below(curve, x);
    if (expr->op == OP_STEP) {
        return expr_evaluate(outputs[below], context, out);
    }
    double t = progress_between(curve, x, curve->labels[below], curve->labels[below + 1]);
    struct expr_value rooms[2];
    const struct expr_value *from = argument_of(outputs[below], context, &rooms[0]);
    const struct expr_value *to = from ? argument_of(outputs[below + 1], context, &rooms[1]) : NULL;
    return to && mix(expr, context, from, to, t, out);
}

/* --- lists and text ----------------------------------------------------------------------------------------- */

static bool eval_at(const struct expr *expr, struct expr_context *context, struct expr_value *out)
{
    struct expr_value index;
    struct expr_value list;
    if (!expr_evaluate(expr->args[0], context, &index) || !expr_evaluate(expr->args[1], context, &list)) {
        return false;
    }
    char number[JS_NUMBER_BYTES];
    js_number_format(index.number, number);
    size_t count = list.kind == EXPR_ARRAY ? list.array.count : 0;
    if (index.number < 0) {
        return expr_fail(context, expr, "Array index out of bounds: %s < 0.", number);
    }
    if (index.number >= (double)count) {
        return expr_fail(context, expr, "Array index out of bounds: %s > %lld.", number, (long long)count - 1);
    }
    if (index.number != floor(index.number)) {
        return expr_fail(context, expr, "Array index must be an integer, but found %s instead.", number);
    }
    return give(out, list.array.items[(size_t)index.number]);
}

static size_t count_code_points(struct text text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.length; i++) {
        count += ((unsigned char)text.data[i] & 0xC0) != 0x80;
    }
    return count;
}

/* Where the code point `index` begins. */
static size_t offset_of_code_point(struct text text, size_t index)
{
    size_t i = 0;
    for (; i < text.length; i++) {
        if (((unsigned char)text.data[i] & 0xC0) != 0x80 && index-- == 0) {
            return i;
        }
    }
    return text.length;
}

/* Where the UTF-16 unit `index` begins: the specification counts positions to start from in those. */
static size_t offset_of_unit(struct text text, double index)
{
    double units = 0;
    for (size_t i = 0; i < text.length; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if ((c & 0xC0) == 0x80) {
            continue;
        }
        if (units >= index) {
            return i;
        }
        units += c >= 0xF0 ? 2 : 1;
    }
    return text.length;
}

static bool eval_length(const struct expr *expr, struct expr_context *context, struct expr_value *out)
{
    struct expr_value input;
    if (!expr_evaluate(expr->args[0], context, &input)) {
        return false;
    }
    if (input.kind == EXPR_STRING) {
        return give_number(out, (double)count_code_points(input.string));
    }
    if (input.kind == EXPR_ARRAY) {
        return give_number(out, (double)input.array.count);
    }
    return expr_fail(context, expr, "Expected value to be of type string or array, but found %s instead.",
                     context->describe ? type_name(context, &input) : "");
}

/* Position in bytes of a text in another, -1 when it is not there. */
static ptrdiff_t find_text(struct text haystack, struct text needle, size_t from)
{
    if (needle.length == 0) {
        return (ptrdiff_t)from;
    }
    if (from >= haystack.length) {
        return -1;
    }
    const char *found = memmem(haystack.data + from, haystack.length - from, needle.data, needle.length);
    return found ? found - haystack.data : -1;
}

static ptrdiff_t find_item(const struct expr_value *list, const struct expr_value *needle, double from)
{
    double count = (double)list->array.count;
    double start = from < 0 ? fmax(count + from, 0) : from;
    for (size_t i = start < count ? (size_t)start : list->array.count; i < list->array.count; i++) {
        if (expr_equal(&list->array.items[i], needle)) {
            return (ptrdiff_t)i;
        }
    }
    return -1;
}

static bool is_plain(const struct expr_value *value)
{
    return value->kind == EXPR_BOOLEAN || value->kind == EXPR_STRING || value->kind == EXPR_NUMBER ||
           value->kind == EXPR_NULL;
}

static struct text needle_text(const struct expr_value *needle, struct arena *arena)
{
    return needle->kind == EXPR_NULL ? text_of("null") : expr_to_text(needle, arena);
}

static bool eval_in(const struct expr *expr, struct expr_context *context, struct expr_value *out)
{
    struct expr_value needle;
    struct expr_value haystack;
    struct expr_value from = {.kind = EXPR_NUMBER, .number = 0};
    bool index_of = expr->op == OP_INDEX_OF;
    if (!expr_evaluate(expr->args[0], context, &needle) || !expr_evaluate(expr->args[1], context, &haystack)) {
        return false;
    }
    if (!index_of && !expr_truth(&haystack)) {
        return give_boolean(out, haystack.kind == EXPR_STRING && false);
    }
    if (!is_plain(&needle)) {
        return expr_fail(context, expr,
                         "Expected first argument to be of type boolean, string, number or null, but found %s instead.",
                         context->describe ? type_name(context, &needle) : "");
    }
    if (index_of && expr->count == 3 && !expr_evaluate(expr->args[2], context, &from)) {
        return false;
    }
    double start = isnan(from.number) ? 0 : trunc(from.number);
    ptrdiff_t found;
    if (haystack.kind == EXPR_STRING) {
        found = find_text(haystack.string, needle_text(&needle, context->arena),
                          offset_of_unit(haystack.string, fmax(start, 0)));
        if (found > 0) {
            found = (ptrdiff_t)count_code_points((struct text){haystack.string.data, (size_t)found});
        }
    } else if (haystack.kind == EXPR_ARRAY) {
        found = find_item(&haystack, &needle, start);
    } else {
        return expr_fail(context, expr, "Expected second argument to be of type array or string, but found %s instead.",
                         context->describe ? type_name(context, &haystack) : "");
    }
    return index_of ? give_number(out, (double)found) : give_boolean(out, found >= 0);
}

/* An index from the start, or from the end when it is negative, within 0 … count. */
static size_t slice_bound(double index, size_t count)
{
    double bound = isnan(index) ? 0 : trunc(index);
    bound = bound < 0 ? fmax((double)count + bound, 0) : fmin(bound, (double)count);
    return (size_t)bound;
}

static bool eval_slice(const struct expr *expr, struct expr_context *context, struct expr_value *out)
{
    struct expr_value input;
    struct expr_value begin;
    struct expr_value end = {.kind = EXPR_NUMBER, .number = INFINITY};
    if (!expr_evaluate(expr->args[0], context, &input) || !expr_evaluate(expr->args[1], context, &begin) ||
        (expr->count == 3 && !expr_evaluate(expr->args[2], context, &end))) {
        return false;
    }
    if (input.kind != EXPR_STRING && input.kind != EXPR_ARRAY) {
        return expr_fail(context, expr, "Expected first argument to be of type array or string, but found %s instead.",
                         context->describe ? type_name(context, &input) : "");
    }
    size_t count = input.kind == EXPR_STRING ? count_code_points(input.string) : input.array.count;
    size_t first = slice_bound(begin.number, count);
    size_t last = slice_bound(end.number, count);
    last = last < first ? first : last;
    if (input.kind == EXPR_ARRAY) {
        return give(out, (struct expr_value){.kind = EXPR_ARRAY, .array = {input.array.items + first, last - first}});
    }
    size_t from = offset_of_code_point(input.string, first);
    size_t to = offset_of_code_point(input.string, last);
    return give_string(out, (struct text){input.string.data + from, to - from});
}

static bool eval_concat(const struct expr *expr, struct expr_context *context, struct expr_value *out)
{
    struct text *pieces = arena_array(context->arena, expr->count, sizeof *pieces);
    size_t length = 0;
    for (size_t i = 0; pieces && i < expr->count; i++) {
        struct expr_value piece;
        if (!expr_evaluate(expr->args[i], context, &piece)) {
            return false;
        }
        pieces[i] = expr_to_text(&piece, context->arena);
        length += pieces[i].length;
    }
    char *joined = pieces ? arena_alloc_raw(context->arena, length + 1) : NULL;
    if (!joined) {
        return memory_error(context, expr);
    }
    size_t at = 0;
    for (size_t i = 0; i < expr->count; i++) {
        if (pieces[i].length > 0) {
            memcpy(joined + at, pieces[i].data, pieces[i].length);
            at += pieces[i].length;
        }
    }
    joined[length] = '\0';
    return give_string(out, (struct text){joined, length});
}

/* Splits at each occurrence; an empty separator splits into characters. */
static bool eval_split(const struct expr *expr, struct expr_context *context, struct expr_value *out)
{
    struct expr_value input;
    struct expr_value separator;
    if (!expr_evaluate(expr->args[0], context, &input) || !expr_evaluate(expr->args[1], context, &separator)) {
        return false;
    }
    struct text rest = input.string;
    struct text mark = separator.string;
    size_t capacity = rest.length + 1;
    if (mark.length > 0) {
        capacity = rest.length / mark.length + 1;
    }
    struct expr_value *items = arena_array(context->arena, capacity, sizeof *items);
    if (!items) {
        return memory_error(context, expr);
    }
    size_t count = 0;
    if (mark.length == 0) {
        for (size_t at = 0; at < rest.length;) {
            size_t start = at;
            text_next_code_point(rest, &at);
            items[count++] = expr_string((struct text){rest.data + start, at - start});
        }
        return give(out, (struct expr_value){.kind = EXPR_ARRAY, .array = {items, count}});
    }
    for (;;) {
        ptrdiff_t found = find_text(rest, mark, 0);
        size_t length = found < 0 ? rest.length : (size_t)found;
        items[count++] = expr_string((struct text){rest.data, length});
        if (found < 0) {
            return give(out, (struct expr_value){.kind = EXPR_ARRAY, .array = {items, count}});
        }
        rest = (struct text){rest.data + length + mark.length, rest.length - length - mark.length};
    }
}

static bool eval_join(const struct expr *expr, struct expr_context *context, struct expr_value *out)
{
    struct expr_value list;
    struct expr_value separator;
    if (!expr_evaluate(expr->args[0], context, &list) || !expr_evaluate(expr->args[1], context, &separator)) {
        return false;
    }
    struct buffer joined;
    buffer_init(&joined, TEXT_MAX);
    for (size_t i = 0; i < list.array.count; i++) {
        buffer_append(&joined, separator.string.data, i ? separator.string.length : 0);
        expr_print(&list.array.items[i], &joined);
    }
    return give_string(out, expr_take_text(&joined, context->arena));
}

static bool eval_section(const struct expr *const *args, struct expr_context *context, struct expr_section *section)
{
    struct expr_value value;
    struct expr_value align = {.kind = EXPR_NULL};
    if (!expr_evaluate(args[0], context, &value) || (args[4] && !expr_evaluate(args[4], context, &align))) {
        return false;
    }
    section->has_align = align.kind == EXPR_STRING;
    section->align = section->has_align ? align.string : (struct text){"", 0};
    if (value.kind == EXPR_IMAGE) {
        section->is_image = true;
        section->image = value.image.name;
        section->image_available = value.image.available;
        return true;
    }
    section->text = expr_to_text(&value, context->arena);
    if (args[1]) {
        if (!expr_evaluate(args[1], context, &value)) {
            return false;
        }
        section->has_scale = value.kind == EXPR_NUMBER;
        section->scale = section->has_scale ? value.number : 0;
    }
    if (args[2]) {
        if (!expr_evaluate(args[2], context, &value)) {
            return false;
        }
        struct buffer stack;
        buffer_init(&stack, TEXT_MAX);
        for (size_t i = 0; value.kind == EXPR_ARRAY && i < value.array.count; i++) {
            buffer_append_text(&stack, i ? "," : "");
            expr_print(&value.array.items[i], &stack);
        }
        section->has_font = true;
        section->font_stack = expr_take_text(&stack, context->arena);
    }
    if (args[3]) {
        if (!expr_evaluate(args[3], context, &value)) {
            return false;
        }
        section->has_color = value.kind == EXPR_COLOR;
        section->color = section->has_color ? value.color : (struct style_color){0, 0, 0, 0};
    }
    return true;
}

static bool eval_format(const struct expr *expr, struct expr_context *context, struct expr_value *out)
{
    enum { SECTION_ARGS = 5 };
    size_t count = expr->count / SECTION_ARGS;
    struct expr_section *sections = arena_array(context->arena, count, sizeof *sections);
    if (!sections) {
        return memory_error(context, expr);
    }
    for (size_t i = 0; i < count; i++) {
        if (!eval_section(expr->args + i * SECTION_ARGS, context, &sections[i])) {
            return false;
        }
    }
    return give(out, (struct expr_value){.kind = EXPR_FORMATTED, .formatted = {sections, count}});
}

static bool eval_image(const struct expr *expr, struct expr_context *context, struct expr_value *out)
{
    struct expr_value name;
    if (!expr_evaluate(expr->args[0], context, &name)) {
        return false;
    }
    if (name.string.length == 0) {
        return give(out, expr_null());
    }
    return give(out,
                (struct expr_value){.kind = EXPR_IMAGE, .image = {name.string, is_available(context, name.string)}});
}

static bool eval_collator(const struct expr *expr, struct expr_context *context, struct expr_value *out)
{
    struct expr_value sensitive;
    struct expr_value diacritic;
    struct expr_value locale = {.kind = EXPR_STRING, .string = {NULL, 0}};
    if (!expr_evaluate(expr->args[0], context, &sensitive) || !expr_evaluate(expr->args[1], context, &diacritic) ||
        (expr->args[2] && !expr_evaluate(expr->args[2], context, &locale))) {
        return false;
    }
    return give(out, (struct expr_value){.kind = EXPR_COLLATOR,
                                         .collator = {locale.string, expr_truth(&sensitive), expr_truth(&diacritic)}});
}

static bool eval_number_format(const struct expr *expr, struct expr_context *context, struct expr_value *out)
{
    struct expr_value values[6];
    for (size_t i = 0; i < 6; i++) {
        values[i] = expr_null();
        if (expr->args[i] && !expr_evaluate(expr->args[i], context, &values[i])) {
            return false;
        }
    }
    struct expr_number_format format = {
        .locale = values[1].kind == EXPR_STRING ? values[1].string : (struct text){NULL, 0},
        .currency = values[2].kind == EXPR_STRING ? values[2].string : (struct text){NULL, 0},
        .unit = values[5].kind == EXPR_STRING ? values[5].string : (struct text){NULL, 0},
        .fraction_min = values[3].kind == EXPR_NUMBER ? (int)fmax(0, fmin(100, values[3].number)) : -1,
        .fraction_max = values[4].kind == EXPR_NUMBER ? (int)fmax(0, fmin(100, values[4].number)) : -1,
    };
    return give_string(out, expr_locale_number(values[0].number, &format, context->arena));
}

static bool eval_semiliteral(const struct expr *expr, struct expr_context *context, struct expr_value *out)
{
    struct expr_value *items = arena_array(context->arena, expr->count, sizeof *items);
    if (!items) {
        return memory_error(context, expr);
    }
    for (size_t i = 0; i < expr->count; i++) {
        if (!expr_evaluate(expr->args[i], context, &items[i])) {
            return false;
        }
    }
    return give(out, (struct expr_value){.kind = EXPR_ARRAY, .array = {items, expr->count}});
}

/* --- filters of the old syntax ------------------------------------------------------------------------------ */

static bool filter_compare(enum expr_op op, const struct expr_value *a, const struct expr_value *b)
{
    if (op == OP_FILTER_EQUAL || op == OP_FILTER_ID_EQUAL) {
        return expr_equal(a, b);
    }
    return a->kind == b->kind && (a->kind == EXPR_NUMBER || a->kind == EXPR_STRING || a->kind == EXPR_BOOLEAN) &&
           compare_plain(op, a, b);
}

static bool eval_filter_attribute(const struct expr *expr, struct expr_context *context, struct expr_value *out)
{
    const struct value *value = expr_attribute(context, expr->args[0]->literal.string, expr->name);
    if (expr->op == OP_FILTER_HAS) {
        return give_boolean(out, value);
    }
    if (!value) {
        return give_boolean(out, false); /* absent is not even equal to null */
    }
    struct expr_value actual = expr_of_json(value, context->arena);
    const struct expr_value *wanted = &expr->args[1]->literal;
    if (expr->op == OP_FILTER_IN) {
        return give_boolean(out, wanted->kind == EXPR_ARRAY && find_item(wanted, &actual, 0) >= 0);
    }
    return give_boolean(out, filter_compare(expr->op, &actual, wanted));
}

static bool eval_filter(const struct expr *expr, struct expr_context *context, struct expr_value *out)
{
    switch (expr->op) {
    case OP_FILTER_HAS_ID:
        return give_boolean(out, context->feature && context->feature->id.type != VALUE_NULL);
    case OP_FILTER_TYPE_EQUAL:
    case OP_FILTER_TYPE_IN: {
        struct expr_value type = expr_string(geometry_name(context->feature, true));
        const struct expr_value *wanted = &expr->args[0]->literal;
        return give_boolean(out, expr->op == OP_FILTER_TYPE_EQUAL ? expr_equal(&type, wanted)
                                                                  : find_item(wanted, &type, 0) >= 0);
    }
    case OP_FILTER_ID_IN:
    case OP_FILTER_ID_EQUAL:
    case OP_FILTER_ID_LESS:
    case OP_FILTER_ID_GREATER:
    case OP_FILTER_ID_LESS_EQUAL:
    case OP_FILTER_ID_GREATER_EQUAL: {
        struct expr_value id = feature_id(context);
        const struct expr_value *wanted = &expr->args[0]->literal;
        return give_boolean(out, expr->op == OP_FILTER_ID_IN ? find_item(wanted, &id, 0) >= 0
                                                             : filter_compare(expr->op, &id, wanted));
    }
    default:
        return eval_filter_attribute(expr, context, out);
    }
}

/* --- numbers ------------------------------------------------------------------------------------------------ */

static double power(double base, double exponent)
{
    if (isnan(exponent) || (fabs(base) == 1 && isinf(exponent))) {
        return NAN; /* unlike C */
    }
    return pow(base, exponent);
}

static double compute_1(enum expr_op op, double x)
{
    switch (op) {
    case OP_SUBTRACT:
        return -x;
    case OP_SQRT:
        return sqrt(x);
    case OP_LOG10:
        return log(x) / LN10;
    case OP_LN:
        return log(x);
    case OP_LOG2:
        return log(x) / LN2;
    case OP_SIN:
        return sin(x);
    case OP_COS:
        return cos(x);
    case OP_TAN:
        return tan(x);
    case OP_ASIN:
        return asin(x);
    case OP_ACOS:
        return acos(x);
    case OP_ATAN:
        return atan(x);
    case OP_ABS:
        return fabs(x);
    case OP_ROUND:
        return x < 0 ? -js_number_round(-x) : js_number_round(x);
    case OP_FLOOR:
        return floor(x);
    default:
        return ceil(x);
    }
}

static double compute_2(enum expr_op op, double a, double b)
{
    switch (op) {
    case OP_SUBTRACT:
        return a - b;
    case OP_DIVIDE:
        return a / b;
    case OP_MODULO:
        return fmod(a, b);
    default:
        return power(a, b);
    }
}

static double fold_number(enum expr_op op, double sum, double x)
{
    switch (op) {
    case OP_ADD:
        return sum + x;
    case OP_MULTIPLY:
        return sum * x;
    case OP_MIN:
        return isnan(x) || isnan(sum) ? NAN : fmin(sum, x);
    default:
        return isnan(x) || isnan(sum) ? NAN : fmax(sum, x);
    }
}

static bool eval_fold(const struct expr *expr, struct expr_context *context, struct expr_value *out)
{
    double sum = expr->op == OP_ADD ? 0 : expr->op == OP_MULTIPLY ? 1 : expr->op == OP_MIN ? INFINITY : -INFINITY;
    for (size_t i = 0; i < expr->count; i++) {
        struct expr_value value;
        if (!expr_evaluate(expr->args[i], context, &value)) {
            return false;
        }
        sum = fold_number(expr->op, sum, value.number);
    }
    return give_number(out, sum);
}

static bool eval_numbers(const struct expr *expr, struct expr_context *context, struct expr_value *out)
{
    struct expr_value a;
    struct expr_value b;
    if (!expr_evaluate(expr->args[0], context, &a)) {
        return false;
    }
    if (expr->count == 1) {
        return give_number(out, compute_1(expr->op, a.number));
    }
    return expr_evaluate(expr->args[1], context, &b) && give_number(out, compute_2(expr->op, a.number, b.number));
}

static bool eval_rgba(const struct expr *expr, struct expr_context *context, struct expr_value *out)
{
    struct expr_value values[4] = {[3] = {.kind = EXPR_NUMBER, .number = 1}};
    for (size_t i = 0; i < expr->count; i++) {
        if (!expr_evaluate(expr->args[i], context, &values[i])) {
            return false;
        }
    }
    const char *fault = rgba_fault(context, values, 4);
    if (fault) {
        return expr_fail(context, expr, "%s", fault);
    }
    return give(out, (struct expr_value){.kind = EXPR_COLOR,
                                         .color = {values[0].number / 255, values[1].number / 255,
                                                   values[2].number / 255, values[3].number}});
}

static bool eval_to_rgba(const struct expr *expr, struct expr_context *context, struct expr_value *out)
{
    struct expr_value value;
    if (!expr_evaluate(expr->args[0], context, &value)) {
        return false;
    }
    struct expr_value *items = arena_array(context->arena, 4, sizeof *items);
    if (!items) {
        return memory_error(context, expr);
    }
    items[0] = expr_number(value.color.r * 255);
    items[1] = expr_number(value.color.g * 255);
    items[2] = expr_number(value.color.b * 255);
    items[3] = expr_number(value.color.a);
    return give(out, (struct expr_value){.kind = EXPR_ARRAY, .array = {items, 4}});
}

/* Operators with one argument that is not a number. */
/* Letters of these scripts join, stack or change places: set one by one they cannot be read. */
static bool needs_shaping(uint32_t letter)
{
    return (letter >= 0x0900 && letter <= 0x0dff) || /* India */
           (letter >= 0x0f00 && letter <= 0x109f) || /* Tibet, Myanmar */
           (letter >= 0x1780 && letter <= 0x17ff);   /* Khmer */
}

static bool is_supported_script(const struct expr_context *context, struct text text)
{
    size_t position = 0;
    while (context->letters_apart && position < text.length) {
        if (needs_shaping(text_next_code_point(text, &position))) {
            return false;
        }
    }
    return true;
}

static bool eval_unary(const struct expr *expr, struct expr_context *context, struct expr_value *out)
{
    struct expr_value value;
    if (!expr_evaluate(expr->args[0], context, &value)) {
        return false;
    }
    switch (expr->op) {
    case OP_ERROR:
        return expr_fail(context, expr, "%.*s", (int)value.string.length, value.string.data);
    case OP_TYPEOF:
        return give_string(out, text_of(type_name(context, &value)));
    case OP_NOT:
        return give_boolean(out, !expr_truth(&value));
    case OP_UPCASE:
    case OP_DOWNCASE:
        return give_string(out, expr_locale_case(value.string, expr->op == OP_UPCASE, context->arena));
    case OP_RESOLVED_LOCALE:
        return give_string(out, expr_locale_resolve(&value, context->arena));
    default:
        return give_boolean(out, is_supported_script(context, value.string));
    }
}

bool expr_evaluate(const struct expr *expr, struct expr_context *context, struct expr_value *out)
{
    switch (expr->op) {
    case OP_LITERAL:
        return give(out, expr->literal);
    case OP_VAR:
        return expr_evaluate(expr->args[0], context, out);
    case OP_LET:
        return expr_evaluate(expr->args[expr->count - 1], context, out);
    case OP_GET:
    case OP_HAS:
        return eval_attribute(expr, context, out);
    case OP_ASSERT:
        return eval_assert(expr, context, out);
    case OP_COERCE:
        return eval_coerce(expr, context, out);
    case OP_ZOOM:
        return give_number(out, context->zoom);
    case OP_STEP:
    case OP_INTERPOLATE:
        return eval_curve(expr, context, out);
    case OP_MATCH:
        return eval_match(expr, context, out);
    case OP_CASE:
        return eval_case(expr, context, out);
    case OP_COALESCE:
        return eval_coalesce(expr, context, out);
    case OP_EQUAL:
    case OP_NOT_EQUAL:
    case OP_LESS:
    case OP_GREATER:
    case OP_LESS_EQUAL:
    case OP_GREATER_EQUAL:
        return eval_comparison(expr, context, out);
    case OP_ALL:
    case OP_ANY:
        return eval_all(expr, context, out);
    case OP_AT:
        return eval_at(expr, context, out);
    case OP_IN:
    case OP_INDEX_OF:
        return eval_in(expr, context, out);
    case OP_SLICE:
        return eval_slice(expr, context, out);
    case OP_LENGTH:
        return eval_length(expr, context, out);
    case OP_CONCAT:
        return eval_concat(expr, context, out);
    case OP_SPLIT:
        return eval_split(expr, context, out);
    case OP_JOIN:
        return eval_join(expr, context, out);
    case OP_FORMAT:
        return eval_format(expr, context, out);
    case OP_IMAGE:
        return eval_image(expr, context, out);
    case OP_COLLATOR:
        return eval_collator(expr, context, out);
    case OP_NUMBER_FORMAT:
        return eval_number_format(expr, context, out);
    case OP_SEMILITERAL:
        return eval_semiliteral(expr, context, out);
    case OP_GLOBAL_STATE:
        return eval_global_state(expr, context, out);
    case OP_FEATURE_STATE:
        return eval_feature_state(expr, context, out);
    case OP_PROPERTIES:
        return eval_properties(expr, context, out);
    case OP_GEOMETRY_TYPE:
        return give_string(out, geometry_name(context->feature, false));
    case OP_ID:
        return give(out, feature_id(context));
    case OP_HEATMAP_DENSITY:
        return give_number(out, context->heatmap_density);
    case OP_ELEVATION:
        return give_number(out, context->elevation);
    case OP_LINE_PROGRESS:
        return give_number(out, context->line_progress);
    case OP_ACCUMULATED:
        return give(out, expr_null());
    case OP_WITHIN:
        return give_boolean(out, expr_within(expr->geometry, context->feature, context->arena));
    case OP_DISTANCE:
        return give_number(out, expr_distance(expr->geometry, context->feature, context->arena));
    case OP_RGBA:
        return eval_rgba(expr, context, out);
    case OP_TO_RGBA:
        return eval_to_rgba(expr, context, out);
    case OP_ADD:
    case OP_MULTIPLY:
    case OP_MIN:
    case OP_MAX:
        return eval_fold(expr, context, out);
    case OP_LN2:
        return give_number(out, LN2);
    case OP_PI:
        return give_number(out, PI);
    case OP_E:
        return give_number(out, E);
    case OP_SUBTRACT:
    case OP_DIVIDE:
    case OP_MODULO:
    case OP_POWER:
    case OP_SQRT:
    case OP_LOG10:
    case OP_LN:
    case OP_LOG2:
    case OP_SIN:
    case OP_COS:
    case OP_TAN:
    case OP_ASIN:
    case OP_ACOS:
    case OP_ATAN:
    case OP_ABS:
    case OP_ROUND:
    case OP_FLOOR:
    case OP_CEIL:
        return eval_numbers(expr, context, out);
    case OP_ERROR:
    case OP_TYPEOF:
    case OP_NOT:
    case OP_IS_SUPPORTED_SCRIPT:
    case OP_UPCASE:
    case OP_DOWNCASE:
    case OP_RESOLVED_LOCALE:
        return eval_unary(expr, context, out);
    default:
        return eval_filter(expr, context, out);
    }
}
