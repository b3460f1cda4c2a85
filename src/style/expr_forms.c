/* SPDX-License-Identifier: MIT */
/* The special forms of expressions: what takes options, branches, stops or variables. */
#include "style/expr_parse.h"

#include "style/css_color.h"
#include "style/js_number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct expr_type type_number = {EXPR_NUMBER, NULL, -1};
static const struct expr_type type_string = {EXPR_STRING, NULL, -1};
static const struct expr_type type_boolean = {EXPR_BOOLEAN, NULL, -1};
static const struct expr_type type_color = {EXPR_COLOR, NULL, -1};
static const struct expr_type type_object = {EXPR_OBJECT, NULL, -1};
static const struct expr_type type_formatted = {EXPR_FORMATTED, NULL, -1};
static const struct expr_type type_image = {EXPR_IMAGE, NULL, -1};
static const struct expr_type type_collator = {EXPR_COLLATOR, NULL, -1};
static const struct expr_type type_strings = {EXPR_ARRAY, &type_string, -1};

static size_t argument_count(const struct value *json)
{
    return json->array.count - 1;
}

static const struct value *argument(const struct value *json, size_t index)
{
    return &json->array.items[index];
}

static const char *json_kind(const struct value *json)
{
    switch (json->type) {
    case VALUE_BOOL:
        return "boolean";
    case VALUE_INT:
    case VALUE_REAL:
        return "number";
    case VALUE_STRING:
        return "string";
    default:
        return "object";
    }
}

/* Room for `count` arguments. */
static const struct expr **make_args(const struct expr_place *place, size_t count)
{
    const struct expr **args = arena_array(place->parser->arena, count, sizeof(struct expr *));
    if (!args) {
        place->parser->out_of_memory = true;
    }
    return args;
}

/* The type that outputs of branches must have, NULL when it is to be found out. */
static const struct expr_type *wanted_output(const struct expr_place *place)
{
    return place->expected && place->expected->kind != EXPR_VALUE ? place->expected : NULL;
}

/* --- literals, types ---------------------------------------------------------------------------------------- */

static const struct expr *parse_literal(const struct expr_place *place, const struct value *json)
{
    if (argument_count(json) != 1) {
        return expr_reject(place, "'literal' expression requires exactly one argument, but found %zu instead.",
                           argument_count(json));
    }
    struct expr_value value = expr_of_json(argument(json, 1), place->parser->arena);
    struct expr_type type = expr_type_of(&value, place->parser->arena);
    const struct expr_type *expected = place->expected;
    if (type.kind == EXPR_ARRAY && type.length == 0 && expected && expected->kind == EXPR_ARRAY &&
        expected->length <= 0) {
        type = *expected;
    }
    struct expr *expr = expr_new(place, OP_LITERAL, type, 0, NULL);
    if (expr) {
        expr->literal = value;
    }
    return expr;
}

static const struct expr *semiliteral_array(const struct expr_place *place, const struct value *json)
{
    size_t count = json->array.count;
    const struct expr **args = make_args(place, count);
    const struct expr_type *item = NULL;
    for (size_t i = 0; args && i < count; i++) {
        struct expr_place inner = *place;
        inner.expected = &expr_type_value;
        args[i] = expr_parse(&inner, &json->array.items[i], 0, NULL);
        if (!args[i]) {
            return NULL;
        }
        bool same = !item || (item->kind == args[i]->type.kind && item->kind != EXPR_ARRAY);
        item = !item ? &args[i]->type : same ? item : &expr_type_value;
    }
    return args ? expr_new(place, OP_SEMILITERAL, expr_type_array(item ? item : &expr_type_value, (int64_t)count),
                           count, args)
                : NULL;
}

static const struct expr *parse_semiliteral(const struct expr_place *place, const struct value *json)
{
    if (argument_count(json) != 1) {
        return expr_reject(place, "'semiliteral' expression requires exactly one argument, but found %zu instead.",
                           argument_count(json));
    }
    const struct value *content = argument(json, 1);
    if (content->type == VALUE_ARRAY) {
        return semiliteral_array(place, content);
    }
    return parse_literal(place, json);
}

static const struct expr_type *named_type(struct text name)
{
    return text_is(name, "string")    ? &type_string
           : text_is(name, "number")  ? &type_number
           : text_is(name, "boolean") ? &type_boolean
           : text_is(name, "object")  ? &type_object
                                      : NULL;
}

/* The item type and length in front of the arguments of "array"; false after an error. */
static bool parse_array_type(const struct expr_place *place, const struct value *json, struct expr_type *out_type,
                             size_t *out_first)
{
    const struct expr_type *item = &expr_type_value;
    int64_t length = -1;
    *out_first = 1;
    if (argument_count(json) > 1) {
        const struct value *name = argument(json, 1);
        item = name->type == VALUE_STRING ? named_type(name->string) : NULL;
        if (!item || item == &type_object) {
            expr_reject_at(place, "[1]", "The item type argument of \"array\" must be one of string, number, boolean");
            return false;
        }
        *out_first = 2;
    }
    if (argument_count(json) > 2) {
        const struct value *number = argument(json, 2);
        double size = value_number(number);
        if (number->type != VALUE_NULL && (!value_is_number(number) || size < 0 || size != floor(size) || size > 1e9)) {
            expr_reject_at(place, "[2]", "The length argument to \"array\" must be a positive integer literal");
            return false;
        }
        length = number->type == VALUE_NULL ? -1 : (int64_t)size;
        *out_first = 3;
    }
    *out_type = expr_type_array(item, length);
    return true;
}

static const struct expr *parse_assertion(const struct expr_place *place, const struct value *json)
{
    if (argument_count(json) < 1) {
        return expr_reject(place, "Expected at least one argument.");
    }
    struct text name = argument(json, 0)->string;
    struct expr_type type;
    size_t first = 1;
    if (text_is(name, "array")) {
        if (!parse_array_type(place, json, &type, &first)) {
            return NULL;
        }
    } else {
        type = *named_type(name);
    }
    size_t count = json->array.count - first;
    const struct expr **args = make_args(place, count);
    for (size_t i = 0; args && i < count; i++) {
        args[i] = expr_parse(place, argument(json, first + i), first + i, &expr_type_value);
        if (!args[i]) {
            return NULL;
        }
    }
    return args ? expr_new(place, OP_ASSERT, type, count, args) : NULL;
}

static const struct expr *parse_coercion(const struct expr_place *place, const struct value *json)
{
    size_t count = argument_count(json);
    if (count < 1) {
        return expr_reject(place, "Expected at least one argument.");
    }
    struct text name = argument(json, 0)->string;
    const struct expr_type *type = text_is(name, "to-boolean")  ? &type_boolean
                                   : text_is(name, "to-color")  ? &type_color
                                   : text_is(name, "to-number") ? &type_number
                                                                : &type_string;
    if ((type == &type_boolean || type == &type_string) && count != 1) {
        return expr_reject(place, "Expected one argument.");
    }
    const struct expr **args = make_args(place, count);
    for (size_t i = 0; args && i < count; i++) {
        args[i] = expr_parse(place, argument(json, i + 1), i + 1, &expr_type_value);
        if (!args[i]) {
            return NULL;
        }
    }
    return args ? expr_new(place, OP_COERCE, *type, count, args) : NULL;
}

/* --- lookup ------------------------------------------------------------------------------------------------- */

static const struct expr *parse_at(const struct expr_place *place, const struct value *json)
{
    if (argument_count(json) != 2) {
        return expr_reject(place, "Expected 2 arguments, but found %zu instead.", argument_count(json));
    }
    struct expr_type list = expr_type_array(place->expected ? place->expected : &expr_type_value, -1);
    const struct expr_type *kept = arena_memdup(place->parser->arena, &list, sizeof list);
    const struct expr *args[2];
    args[0] = expr_parse(place, argument(json, 1), 1, &type_number);
    args[1] = expr_parse(place, argument(json, 2), 2, kept);
    if (!args[0] || !args[1]) {
        return NULL;
    }
    struct expr_type type = args[1]->type.kind == EXPR_ARRAY ? *args[1]->type.item : expr_type_value;
    return expr_new(place, OP_AT, type, 2, args);
}

static bool is_needle(enum expr_kind kind)
{
    return kind == EXPR_BOOLEAN || kind == EXPR_STRING || kind == EXPR_NUMBER || kind == EXPR_NULL ||
           kind == EXPR_VALUE;
}

static const struct expr *parse_in(const struct expr_place *place, const struct value *json)
{
    size_t count = argument_count(json);
    bool index_of = text_is(argument(json, 0)->string, "index-of");
    if (index_of ? count < 2 || count > 3 : count != 2) {
        return expr_reject(place, "Expected %s arguments, but found %zu instead.", index_of ? "2 or 3" : "2", count);
    }
    const struct expr *args[3] = {NULL, NULL, NULL};
    args[0] = expr_parse(place, argument(json, 1), 1, &expr_type_value);
    args[1] = expr_parse(place, argument(json, 2), 2, &expr_type_value);
    if (!args[0] || !args[1]) {
        return NULL;
    }
    if (!is_needle(args[0]->type.kind)) {
        return expr_reject(
            place, "Expected first argument to be of type boolean, string, number or null, but found %s instead",
            expr_type_name(place, &args[0]->type));
    }
    if (count == 3) {
        args[2] = expr_parse(place, argument(json, 3), 3, &type_number);
        if (!args[2]) {
            return NULL;
        }
    }
    return expr_new(place, index_of ? OP_INDEX_OF : OP_IN, index_of ? type_number : type_boolean, count, args);
}

static const struct expr *parse_slice(const struct expr_place *place, const struct value *json)
{
    size_t count = argument_count(json);
    if (count < 2 || count > 3) {
        return expr_reject(place, "Expected 2 or 3 arguments, but found %zu instead.", count);
    }
    const struct expr *args[3] = {NULL, NULL, NULL};
    args[0] = expr_parse(place, argument(json, 1), 1, &expr_type_value);
    args[1] = expr_parse(place, argument(json, 2), 2, &type_number);
    if (!args[0] || !args[1]) {
        return NULL;
    }
    enum expr_kind kind = args[0]->type.kind;
    if (kind != EXPR_ARRAY && kind != EXPR_STRING && kind != EXPR_VALUE) {
        return expr_reject(place, "Expected first argument to be of type array or string, but found %s instead",
                           expr_type_name(place, &args[0]->type));
    }
    if (count == 3) {
        args[2] = expr_parse(place, argument(json, 3), 3, &type_number);
        if (!args[2]) {
            return NULL;
        }
    }
    return expr_new(place, OP_SLICE, args[0]->type, count, args);
}

static const struct expr *parse_length(const struct expr_place *place, const struct value *json)
{
    if (argument_count(json) != 1) {
        return expr_reject(place, "Expected 1 argument, but found %zu instead.", argument_count(json));
    }
    const struct expr *input = expr_parse(place, argument(json, 1), 1, NULL);
    if (!input) {
        return NULL;
    }
    enum expr_kind kind = input->type.kind;
    if (kind != EXPR_ARRAY && kind != EXPR_STRING && kind != EXPR_VALUE) {
        return expr_reject(place, "Expected argument of type string or array, but found %s instead.",
                           expr_type_name(place, &input->type));
    }
    return expr_new(place, OP_LENGTH, type_number, 1, &input);
}

static const struct expr *parse_global_state(const struct expr_place *place, const struct value *json)
{
    if (argument_count(json) != 1) {
        return expr_reject(place, "Expected 1 argument, but found %zu instead.", argument_count(json));
    }
    const struct value *name = argument(json, 1);
    if (name->type == VALUE_NULL) {
        return expr_reject(place, "Global state property must be defined.");
    }
    if (name->type != VALUE_STRING) {
        return expr_reject(place, "Global state property must be string, but found %s instead.", json_kind(name));
    }
    struct expr *expr = expr_new(place, OP_GLOBAL_STATE, expr_type_value, 0, NULL);
    if (expr) {
        expr->literal = expr_string(name->string);
    }
    return expr;
}

/* --- decisions ---------------------------------------------------------------------------------------------- */

static const struct expr *parse_case(const struct expr_place *place, const struct value *json)
{
    size_t count = argument_count(json);
    if (count < 3) {
        return expr_reject(place, "Expected at least 3 arguments, but found only %zu.", count);
    }
    if (count % 2 != 1) {
        return expr_reject(place, "Expected an odd number of arguments.");
    }
    const struct expr_type *output = wanted_output(place);
    const struct expr **args = make_args(place, count);
    for (size_t i = 0; args && i < count; i++) {
        bool test = i % 2 == 0 && i + 1 < count;
        args[i] = expr_parse(place, argument(json, i + 1), i + 1, test ? &type_boolean : output);
        if (!args[i]) {
            return NULL;
        }
        output = !test && !output ? &args[i]->type : output;
    }
    return args && output ? expr_new(place, OP_CASE, *output, count, args) : NULL;
}

static const struct expr *parse_coalesce(const struct expr_place *place, const struct value *json)
{
    size_t count = argument_count(json);
    if (count < 1) {
        return expr_reject(place, "Expected at least one argument.");
    }
    const struct expr_type *output = wanted_output(place);
    const struct expr **args = make_args(place, count);
    bool annotate = false;
    for (size_t i = 0; args && i < count; i++) {
        args[i] = expr_parse_annotated(place, argument(json, i + 1), i + 1, output, NULL, EXPR_ANNOTATE_OMIT);
        if (!args[i]) {
            return NULL;
        }
        output = output ? output : &args[i]->type;
        annotate = annotate || (place->expected && !expr_type_fits(place->expected, &args[i]->type));
    }
    /* Arguments stay without assertions, which would fail for null before the next one is asked; where one needs an
     * assertion, the whole gets it. */
    return args ? expr_new(place, OP_COALESCE, annotate ? expr_type_value : *output, count, args) : NULL;
}

static bool is_comparable(enum expr_kind kind, bool ordering)
{
    return kind == EXPR_STRING || kind == EXPR_NUMBER || kind == EXPR_VALUE ||
           (!ordering && (kind == EXPR_BOOLEAN || kind == EXPR_NULL));
}

static const struct expr *parse_operand(const struct expr_place *place, const struct value *json, size_t index,
                                        bool ordering)
{
    const struct expr *operand = expr_parse(place, argument(json, index), index, &expr_type_value);
    if (operand && !is_comparable(operand->type.kind, ordering)) {
        struct text name = argument(json, 0)->string;
        return expr_reject_at(place, index == 1 ? "[1]" : "[2]",
                              "\"%.*s\" comparisons are not supported for type '%s'.", (int)name.length, name.data,
                              expr_type_name(place, &operand->type));
    }
    return operand;
}

static enum expr_op comparison_op(struct text name)
{
    return text_is(name, "==")   ? OP_EQUAL
           : text_is(name, "!=") ? OP_NOT_EQUAL
           : text_is(name, "<")  ? OP_LESS
           : text_is(name, ">")  ? OP_GREATER
           : text_is(name, "<=") ? OP_LESS_EQUAL
                                 : OP_GREATER_EQUAL;
}

static const struct expr *parse_comparison(const struct expr_place *place, const struct value *json)
{
    size_t count = argument_count(json);
    if (count != 2 && count != 3) {
        return expr_reject(place, "Expected two or three arguments.");
    }
    enum expr_op op = comparison_op(argument(json, 0)->string);
    bool ordering = op != OP_EQUAL && op != OP_NOT_EQUAL;
    const struct expr *args[3] = {NULL, NULL, NULL};
    args[0] = parse_operand(place, json, 1, ordering);
    args[1] = args[0] ? parse_operand(place, json, 2, ordering) : NULL;
    if (!args[1]) {
        return NULL;
    }
    struct expr_type left = args[0]->type;
    struct expr_type right = args[1]->type;
    if (left.kind != right.kind && left.kind != EXPR_VALUE && right.kind != EXPR_VALUE) {
        return expr_reject(place, "Cannot compare types '%s' and '%s'.", expr_type_name(place, &left),
                           expr_type_name(place, &right));
    }
    if (ordering && left.kind == EXPR_VALUE && right.kind != EXPR_VALUE) {
        args[0] = expr_new(place, OP_ASSERT, right, 1, &args[0]);
    } else if (ordering && left.kind != EXPR_VALUE && right.kind == EXPR_VALUE) {
        args[1] = expr_new(place, OP_ASSERT, left, 1, &args[1]);
    }
    if (!args[0] || !args[1]) {
        return NULL;
    }
    if (count == 3) {
        enum expr_kind a = args[0]->type.kind;
        enum expr_kind b = args[1]->type.kind;
        if (a != EXPR_STRING && b != EXPR_STRING && a != EXPR_VALUE && b != EXPR_VALUE) {
            return expr_reject(place, "Cannot use collator to compare non-string types.");
        }
        args[2] = expr_parse(place, argument(json, 3), 3, &type_collator);
        if (!args[2]) {
            return NULL;
        }
    }
    struct expr *expr = expr_new(place, op, type_boolean, count, args);
    if (expr) {
        expr->untyped = args[0]->type.kind == EXPR_VALUE || args[1]->type.kind == EXPR_VALUE;
    }
    return expr;
}

/* --- match -------------------------------------------------------------------------------------------------- */

static int compare_labels(const void *left, const void *right)
{
    const struct expr_label *a = left;
    const struct expr_label *b = right;
    if (a->text.data && b->text.data) {
        return text_compare(a->text, b->text);
    }
    return a->number < b->number ? -1 : a->number > b->number;
}

struct label_list {
    struct expr_label *labels;
    size_t count;
    size_t capacity;
    const struct expr_type *type;
};

static const struct expr_label *find_label(const struct label_list *list, const struct expr_label *label)
{
    for (size_t i = 0; i < list->count; i++) {
        if (compare_labels(&list->labels[i], label) == 0) {
            return &list->labels[i];
        }
    }
    return NULL;
}

static bool has_duplicates(struct label_list *list)
{
    for (size_t i = 1; i < list->count; i++) {
        if (compare_labels(&list->labels[i - 1], &list->labels[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool add_label(const struct expr_place *place, struct label_list *list, const struct value *label, size_t output)
{
    static const double safe_max = 9007199254740991.0;
    bool number = value_is_number(label);
    double size = value_number(label);
    if (!number && label->type != VALUE_STRING) {
        expr_reject(place, "Branch labels must be numbers or strings.");
        return false;
    }
    if (number && fabs(size) > safe_max) {
        expr_reject(place, "Branch labels must be integers no larger than 9007199254740991.");
        return false;
    }
    if (number && floor(size) != size) {
        expr_reject(place, "Numeric branch labels must be integer values.");
        return false;
    }
    const struct expr_type *type = number ? &type_number : &type_string;
    if (!list->type) {
        list->type = type;
    } else if (expr_mismatch(place, 0, list->type, type)) {
        return false;
    }
    struct expr_label entry = {number ? (struct text){NULL, 0} : label->string, size, output};
    /* long lists are searched for doubles once, at their end */
    if (list->count < 64 && find_label(list, &entry)) {
        expr_reject(place, "Branch labels must be unique.");
        return false;
    }
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 16;
        struct expr_label *grown =
            arena_grow(place->parser->arena, list->labels, list->capacity * sizeof *grown, capacity * sizeof *grown);
        if (!grown) {
            place->parser->out_of_memory = true;
            return false;
        }
        list->labels = grown;
        list->capacity = capacity;
    }
    list->labels[list->count++] = entry;
    return true;
}

static bool add_branch(const struct expr_place *place, struct label_list *list, const struct value *json, size_t index,
                       size_t output)
{
    struct expr_place inner = *place;
    inner.key = arena_printf(place->parser->arena, "%s[%zu]", place->key, index);
    const struct value *labels = argument(json, index);
    if (!inner.key) {
        place->parser->out_of_memory = true;
        return false;
    }
    if (labels->type != VALUE_ARRAY) {
        return add_label(&inner, list, labels, output);
    }
    if (labels->array.count == 0) {
        expr_reject(&inner, "Expected at least one branch label.");
        return false;
    }
    for (size_t i = 0; i < labels->array.count; i++) {
        if (!add_label(&inner, list, &labels->array.items[i], output)) {
            return false;
        }
    }
    return true;
}

static const struct expr *parse_match(const struct expr_place *place, const struct value *json)
{
    size_t count = argument_count(json);
    if (count < 4) {
        return expr_reject(place, "Expected at least 4 arguments, but found only %zu.", count);
    }
    if (count % 2 != 0) {
        return expr_reject(place, "Expected an even number of arguments.");
    }
    size_t outputs = count / 2; /* the last one for everything else */
    struct label_list list = {NULL, 0, 0, NULL};
    const struct expr_type *type = wanted_output(place);
    const struct expr **args = make_args(place, outputs + 1);
    for (size_t i = 0; args && i + 1 < outputs; i++) {
        size_t index = 2 + 2 * i;
        if (!add_branch(place, &list, json, index, i)) {
            return NULL;
        }
        args[1 + i] = expr_parse(place, argument(json, index + 1), index, type);
        if (!args[1 + i]) {
            return NULL;
        }
        type = type ? type : &args[1 + i]->type;
    }
    struct expr_match *match = arena_alloc(place->parser->arena, sizeof *match);
    if (!args || !match) {
        place->parser->out_of_memory = true;
        return NULL;
    }
    args[0] = expr_parse(place, argument(json, 1), 1, &expr_type_value);
    args[outputs] = args[0] ? expr_parse(place, argument(json, count), count, type) : NULL;
    if (!args[outputs] || (args[0]->type.kind != EXPR_VALUE && expr_mismatch(place, 1, list.type, &args[0]->type))) {
        return NULL;
    }
    qsort(list.labels, list.count, sizeof *list.labels, compare_labels);
    if (has_duplicates(&list)) {
        return expr_reject(place, "Branch labels must be unique.");
    }
    *match = (struct expr_match){list.type == &type_number, list.count, list.labels};
    struct expr *expr = expr_new(place, OP_MATCH, *type, outputs + 1, args);
    if (expr) {
        expr->match = match;
    }
    return expr;
}

/* --- curves ------------------------------------------------------------------------------------------------- */

static bool parse_interpolation(const struct expr_place *place, const struct value *json, struct expr_curve *curve)
{
    if (json->type != VALUE_ARRAY || json->array.count == 0) {
        expr_reject_at(place, "[1]", "Expected an interpolation type expression.");
        return false;
    }
    const struct value *items = json->array.items;
    struct text name = items[0].type == VALUE_STRING ? items[0].string : (struct text){"", 0};
    if (text_is(name, "linear")) {
        curve->interpolation = EXPR_LINEAR;
        return true;
    }
    if (text_is(name, "exponential")) {
        if (json->array.count < 2 || !value_is_number(&items[1])) {
            expr_reject_at(place, "[1][1]", "Exponential interpolation requires a numeric base.");
            return false;
        }
        curve->interpolation = EXPR_EXPONENTIAL;
        curve->base = value_number(&items[1]);
        return true;
    }
    if (text_is(name, "cubic-bezier")) {
        bool valid = json->array.count == 5;
        for (size_t i = 1; valid && i < 5; i++) {
            double point = value_number(&items[i]);
            valid = value_is_number(&items[i]) && point >= 0 && point <= 1;
            curve->control[i - 1] = point;
        }
        if (!valid) {
            expr_reject_at(place, "[1]",
                           "Cubic bezier interpolation requires four numeric arguments with values between 0 and 1.");
        }
        curve->interpolation = EXPR_CUBIC_BEZIER;
        return valid;
    }
    struct expr_value shown = expr_of_json(&items[0], place->parser->arena);
    struct text text = items[0].type == VALUE_NULL ? text_of("null") : expr_to_text(&shown, place->parser->arena);
    expr_reject_at(place, "[1][0]", "Unknown interpolation type %.*s", (int)text.length, text.data);
    return false;
}

static bool is_interpolatable(const struct expr_type *type)
{
    switch (type->kind) {
    case EXPR_NUMBER:
    case EXPR_COLOR:
    case EXPR_PROJECTION:
    case EXPR_PADDING:
    case EXPR_NUMBER_ARRAY:
    case EXPR_COLOR_ARRAY:
    case EXPR_ANCHOR_OFFSETS:
        return true;
    case EXPR_ARRAY:
        return type->item->kind == EXPR_NUMBER && type->length >= 0;
    default:
        return false;
    }
}

/* The pairs of label and output from the argument `first` on; `lowest` stands before the first output of a step. */
static const struct expr_type *parse_stops(const struct expr_place *place, const struct value *json, size_t first,
                                           const struct expr_type *type, struct expr_curve *curve,
                                           const struct expr **args)
{
    const char *name = first == 1 ? "step" : "interpolate";
    double *labels = arena_array(place->parser->arena, curve->count, sizeof *labels);
    if (!labels) {
        place->parser->out_of_memory = true;
        return NULL;
    }
    for (size_t i = 0; i < curve->count; i++) {
        size_t index = first + 2 * i;
        const struct value *label = argument(json, index);
        bool lowest = first == 1 && i == 0;
        char path[32];
        snprintf(path, sizeof path, "[%zu]", index);
        if (!lowest && !value_is_number(label)) {
            expr_reject_at(place, path,
                           "Input/output pairs for \"%s\" expressions must be defined using literal numeric values "
                           "(not computed expressions) for the input values.",
                           name);
            return NULL;
        }
        labels[i] = lowest ? -INFINITY : value_number(label);
        if (i > 0 && labels[i - 1] >= labels[i]) {
            expr_reject_at(place, path,
                           "Input/output pairs for \"%s\" expressions must be arranged with input values in strictly "
                           "ascending order.",
                           name);
            return NULL;
        }
        args[1 + i] = expr_parse(place, argument(json, index + 1), index + 1, type);
        if (!args[1 + i]) {
            return NULL;
        }
        type = type ? type : &args[1 + i]->type;
    }
    curve->labels = labels;
    return type;
}

static const struct expr *parse_interpolate(const struct expr_place *place, const struct value *json)
{
    size_t count = argument_count(json);
    struct text name = argument(json, 0)->string;
    struct expr_curve *curve = arena_alloc(place->parser->arena, sizeof *curve);
    static const struct value nothing = {.type = VALUE_NULL};
    if (!curve || !parse_interpolation(place, count > 0 ? argument(json, 1) : &nothing, curve)) {
        return NULL;
    }
    if (count < 4) {
        return expr_reject(place, "Expected at least 4 arguments, but found only %zu.", count);
    }
    if (count % 2 != 0) {
        return expr_reject(place, "Expected an even number of arguments.");
    }
    curve->count = (count - 2) / 2;
    curve->space = text_is(name, "interpolate-hcl")   ? CSS_COLOR_HCL
                   : text_is(name, "interpolate-lab") ? CSS_COLOR_LAB
                                                      : CSS_COLOR_RGB;
    const struct expr **args = make_args(place, curve->count + 1);
    if (!args) {
        return NULL;
    }
    args[0] = expr_parse(place, argument(json, 2), 2, &type_number);
    if (!args[0]) {
        return NULL;
    }
    const struct expr_type *type = wanted_output(place);
    if (curve->space != CSS_COLOR_RGB && !(type && type->kind == EXPR_COLOR_ARRAY)) {
        type = &type_color;
    }
    type = parse_stops(place, json, 3, type, curve, args);
    if (!type) {
        return NULL;
    }
    if (!is_interpolatable(type)) {
        return expr_reject(place, "Type %s is not interpolatable.", expr_type_name(place, type));
    }
    struct expr *expr = expr_new(place, OP_INTERPOLATE, *type, curve->count + 1, args);
    if (expr) {
        expr->curve = curve;
    }
    return expr;
}

static const struct expr *parse_step(const struct expr_place *place, const struct value *json)
{
    size_t count = argument_count(json);
    if (count < 4) {
        return expr_reject(place, "Expected at least 4 arguments, but found only %zu.", count);
    }
    if (count % 2 != 0) {
        return expr_reject(place, "Expected an even number of arguments.");
    }
    struct expr_curve *curve = arena_alloc(place->parser->arena, sizeof *curve);
    const struct expr **args = make_args(place, count / 2 + 1);
    if (!curve || !args) {
        place->parser->out_of_memory = true;
        return NULL;
    }
    curve->count = count / 2;
    args[0] = expr_parse(place, argument(json, 1), 1, &type_number);
    if (!args[0]) {
        return NULL;
    }
    const struct expr_type *type = parse_stops(place, json, 1, wanted_output(place), curve, args);
    if (!type) {
        return NULL;
    }
    struct expr *expr = expr_new(place, OP_STEP, *type, curve->count + 1, args);
    if (expr) {
        expr->curve = curve;
    }
    return expr;
}

/* --- variables ---------------------------------------------------------------------------------------------- */

static bool is_variable_name(struct text name)
{
    for (size_t i = 0; i < name.length; i++) {
        char c = name.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_')) {
            return false;
        }
    }
    return true;
}

static const struct expr *parse_let(const struct expr_place *place, const struct value *json)
{
    size_t count = argument_count(json);
    if (count < 3) {
        return expr_reject(place, "Expected at least 3 arguments, but found %zu instead.", count);
    }
    const struct expr_scope *scope = place->scope;
    size_t bindings = count / 2;
    const struct expr **args = make_args(place, bindings + 1);
    for (size_t i = 0; args && i < bindings; i++) {
        size_t index = 1 + 2 * i;
        const struct value *name = argument(json, index);
        char path[32];
        snprintf(path, sizeof path, "[%zu]", index);
        if (name->type != VALUE_STRING) {
            return expr_reject_at(place, path, "Expected string, but found %s instead.", json_kind(name));
        }
        if (!is_variable_name(name->string)) {
            return expr_reject_at(place, path, "Variable names must contain only alphanumeric characters or '_'.");
        }
        args[i] = expr_parse(place, argument(json, index + 1), index + 1, NULL);
        struct expr_scope *bound = args[i] ? arena_alloc(place->parser->arena, sizeof *bound) : NULL;
        if (!bound) {
            return NULL;
        }
        *bound = (struct expr_scope){name->string, args[i], scope};
        scope = bound;
    }
    if (!args) {
        return NULL;
    }
    args[bindings] = expr_parse_annotated(place, argument(json, count), count, place->expected, scope, EXPR_ANNOTATE);
    return args[bindings] ? expr_new(place, OP_LET, args[bindings]->type, bindings + 1, args) : NULL;
}

static const struct expr *parse_var(const struct expr_place *place, const struct value *json)
{
    if (argument_count(json) != 1 || argument(json, 1)->type != VALUE_STRING) {
        return expr_reject(place, "'var' expression requires exactly one string literal argument.");
    }
    struct text name = argument(json, 1)->string;
    for (const struct expr_scope *scope = place->scope; scope; scope = scope->outer) {
        if (text_equal(scope->name, name)) {
            return expr_new(place, OP_VAR, scope->bound->type, 1, &scope->bound);
        }
    }
    return expr_reject_at(place, "[1]",
                          "Unknown variable \"%.*s\". Make sure \"%.*s\" has been bound in an enclosing \"let\" "
                          "expression before using it.",
                          (int)name.length, name.data, (int)name.length, name.data);
}

/* --- text --------------------------------------------------------------------------------------------------- */

/* An option that counts as not given: absent, null, false, 0 or "". */
static const struct value *given_option(const struct value *options, const char *name)
{
    const struct value *option = value_member(options, name);
    if (!option || option->type == VALUE_NULL || (option->type == VALUE_BOOL && !option->boolean) ||
        (value_is_number(option) && value_number(option) == 0) ||
        (option->type == VALUE_STRING && option->string.length == 0)) {
        return NULL;
    }
    return option;
}

/* Parses an option where it is given; false after an error. */
static bool parse_option(const struct expr_place *place, const struct value *options, const char *name,
                         const struct expr_type *type, const struct expr **out_option)
{
    const struct value *option = given_option(options, name);
    *out_option = option ? expr_parse(place, option, 1, type) : NULL;
    return !option || *out_option;
}

static const struct expr *parse_collator(const struct expr_place *place, const struct value *json)
{
    static const struct value no = {.type = VALUE_BOOL, .boolean = false};
    if (argument_count(json) != 1) {
        return expr_reject(place, "Expected one argument.");
    }
    const struct value *options = argument(json, 1);
    if (options->type != VALUE_OBJECT) {
        return expr_reject(place, "Collator options argument must be an object.");
    }
    const struct value *sensitive = value_member(options, "case-sensitive");
    const struct value *diacritic = value_member(options, "diacritic-sensitive");
    const struct expr *args[3];
    args[0] = expr_parse(place, sensitive ? sensitive : &no, 1, &type_boolean);
    args[1] = args[0] ? expr_parse(place, diacritic ? diacritic : &no, 1, &type_boolean) : NULL;
    if (!args[1] || !parse_option(place, options, "locale", &type_string, &args[2])) {
        return NULL;
    }
    return expr_new(place, OP_COLLATOR, type_collator, 3, args);
}

static const struct expr *parse_number_format(const struct expr_place *place, const struct value *json)
{
    if (argument_count(json) != 2) {
        return expr_reject(place, "Expected two arguments.");
    }
    const struct expr *args[6];
    args[0] = expr_parse(place, argument(json, 1), 1, &type_number);
    if (!args[0]) {
        return NULL;
    }
    const struct value *options = argument(json, 2);
    if (options->type != VALUE_OBJECT) {
        return expr_reject(place, "NumberFormat options argument must be an object.");
    }
    if (!parse_option(place, options, "locale", &type_string, &args[1]) ||
        !parse_option(place, options, "currency", &type_string, &args[2]) ||
        !parse_option(place, options, "unit", &type_string, &args[5])) {
        return NULL;
    }
    if (args[2] && args[5]) {
        return expr_reject(place, "NumberFormat options `currency` and `unit` are mutually exclusive");
    }
    if (!parse_option(place, options, "min-fraction-digits", &type_number, &args[3]) ||
        !parse_option(place, options, "max-fraction-digits", &type_number, &args[4])) {
        return NULL;
    }
    return expr_new(place, OP_NUMBER_FORMAT, type_string, 6, args);
}

enum { SECTION_ARGS = 5 }; /* content, scale, font, colour, alignment */

static bool is_alignment(struct text name)
{
    return text_is(name, "bottom") || text_is(name, "center") || text_is(name, "top");
}

static bool parse_section_options(const struct expr_place *place, const struct value *options,
                                  const struct expr **section)
{
    if (!parse_option(place, options, "font-scale", &type_number, &section[1]) ||
        !parse_option(place, options, "text-font", &type_strings, &section[2]) ||
        !parse_option(place, options, "text-color", &type_color, &section[3])) {
        return false;
    }
    const struct value *align = given_option(options, "vertical-align");
    if (align && align->type == VALUE_STRING && !is_alignment(align->string)) {
        expr_reject(place, "'vertical-align' must be one of: 'bottom', 'center', 'top' but found '%.*s' instead.",
                    (int)align->string.length, align->string.data);
        return false;
    }
    return parse_option(place, options, "vertical-align", &type_string, &section[4]);
}

static const struct expr *parse_format(const struct expr_place *place, const struct value *json)
{
    size_t count = argument_count(json);
    if (count < 1) {
        return expr_reject(place, "Expected at least one argument.");
    }
    enum value_type first = argument(json, 1)->type;
    if (first == VALUE_OBJECT || first == VALUE_NULL) {
        return expr_reject(place, "First argument must be an image or text section.");
    }
    const struct expr **args = make_args(place, count * SECTION_ARGS);
    size_t sections = 0;
    bool options_may_follow = false;
    for (size_t i = 1; args && i <= count; i++) {
        const struct value *item = argument(json, i);
        if (options_may_follow && item->type == VALUE_OBJECT) {
            options_may_follow = false;
            if (!parse_section_options(place, item, &args[(sections - 1) * SECTION_ARGS])) {
                return NULL;
            }
            continue;
        }
        const struct expr *content = expr_parse(place, item, 1, &expr_type_value);
        if (!content) {
            return NULL;
        }
        enum expr_kind kind = content->type.kind;
        if (kind != EXPR_STRING && kind != EXPR_VALUE && kind != EXPR_NULL && kind != EXPR_IMAGE) {
            return expr_reject(place, "Formatted text type must be 'string', 'value', 'image' or 'null'.");
        }
        args[sections++ * SECTION_ARGS] = content;
        options_may_follow = true;
    }
    return args ? expr_new(place, OP_FORMAT, type_formatted, sections * SECTION_ARGS, args) : NULL;
}

static const struct expr *parse_image(const struct expr_place *place, const struct value *json)
{
    if (argument_count(json) != 1) {
        return expr_reject(place, "Expected two arguments.");
    }
    const struct expr *name = expr_parse(place, argument(json, 1), 1, &type_string);
    if (!name) {
        return expr_reject(place, "No image name provided.");
    }
    return expr_new(place, OP_IMAGE, type_image, 1, &name);
}

/* --- the list ----------------------------------------------------------------------------------------------- */

static const struct expr_form forms[] = {
    {"literal", parse_literal},
    {"semiliteral", parse_semiliteral},
    {"==", parse_comparison},
    {"!=", parse_comparison},
    {"<", parse_comparison},
    {">", parse_comparison},
    {"<=", parse_comparison},
    {">=", parse_comparison},
    {"array", parse_assertion},
    {"at", parse_at},
    {"boolean", parse_assertion},
    {"case", parse_case},
    {"coalesce", parse_coalesce},
    {"collator", parse_collator},
    {"distance", expr_parse_distance},
    {"format", parse_format},
    {"global-state", parse_global_state},
    {"image", parse_image},
    {"in", parse_in},
    {"index-of", parse_in},
    {"interpolate", parse_interpolate},
    {"interpolate-hcl", parse_interpolate},
    {"interpolate-lab", parse_interpolate},
    {"length", parse_length},
    {"let", parse_let},
    {"match", parse_match},
    {"number", parse_assertion},
    {"number-format", parse_number_format},
    {"object", parse_assertion},
    {"slice", parse_slice},
    {"step", parse_step},
    {"string", parse_assertion},
    {"to-boolean", parse_coercion},
    {"to-color", parse_coercion},
    {"to-number", parse_coercion},
    {"to-string", parse_coercion},
    {"var", parse_var},
    {"within", expr_parse_within},
};

const struct expr_form *expr_form_find(struct text name)
{
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (text_is(name, forms[i].name)) {
            return &forms[i];
        }
    }
    return NULL;
}
