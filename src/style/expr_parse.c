/* SPDX-License-Identifier: MIT */
/* The compiler of expressions: types, operators with ordinary arguments, constant folding, and the rules a property
 * sets for its expressions. */
#include "style/expr_parse.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { WORK_MAX = 200000, TEXT_MAX = 1 << 16, ARGUMENTS_MAX = 4, OVERLOADS_MAX = 2 };

static const char *print_type(struct arena *arena, const struct expr_type *type)
{
    struct buffer buffer;
    buffer_init(&buffer, TEXT_MAX);
    expr_type_print(type, &buffer);
    return expr_take_text(&buffer, arena).data;
}

const char *expr_type_name(const struct expr_place *place, const struct expr_type *type)
{
    return print_type(place->parser->arena, type);
}

static void add_error(const struct expr_place *place, const char *key, const char *message)
{
    struct expr_error *error = arena_alloc(place->parser->arena, sizeof *error);
    if (!error || !key || !message) {
        place->parser->out_of_memory = true;
        return;
    }
    *error = (struct expr_error){key, message, NULL};
    if (place->errors->last) {
        place->errors->last->next = error;
    } else {
        place->errors->first = error;
    }
    place->errors->last = error;
}

__attribute__((format(printf, 2, 0))) static const char *print_message(struct arena *arena, const char *format,
                                                                       va_list arguments)
{
    char text[512];
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(text, sizeof text, format, again);
    va_end(again);
    if (length < 0) {
        return "";
    }
    if ((size_t)length < sizeof text) {
        return arena_strdup(arena, text);
    }
    char *longer = arena_alloc_raw(arena, (size_t)length + 1);
    if (longer) {
        vsnprintf(longer, (size_t)length + 1, format, arguments);
    }
    return longer;
}

const struct expr *expr_reject(const struct expr_place *place, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add_error(place, place->key, print_message(place->parser->arena, format, arguments));
    va_end(arguments);
    return NULL;
}

const struct expr *expr_reject_at(const struct expr_place *place, const char *path, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add_error(place, arena_printf(place->parser->arena, "%s%s", place->key, path),
              print_message(place->parser->arena, format, arguments));
    va_end(arguments);
    return NULL;
}

bool expr_mismatch(const struct expr_place *place, size_t index, const struct expr_type *expected,
                   const struct expr_type *actual)
{
    if (expr_type_fits(expected, actual)) {
        return false;
    }
    struct arena *arena = place->parser->arena;
    const char *key = index ? arena_printf(arena, "%s[%zu]", place->key, index) : place->key;
    add_error(place, key,
              arena_printf(arena, "Expected %s but found %s instead.", print_type(arena, expected),
                           print_type(arena, actual)));
    return true;
}

static unsigned own_dependence(enum expr_op op, size_t count)
{
    switch (op) {
    case OP_GET:
    case OP_HAS:
        return count == 1 ? EXPR_ON_FEATURE : 0;
    case OP_FEATURE_STATE:
        return EXPR_ON_FEATURE | EXPR_ON_FEATURE_STATE;
    case OP_PROPERTIES:
    case OP_GEOMETRY_TYPE:
    case OP_ID:
        return EXPR_ON_FEATURE;
    case OP_WITHIN:
    case OP_DISTANCE:
        return EXPR_ON_FEATURE | EXPR_UNFOLDABLE;
    case OP_ZOOM:
        return EXPR_ON_ZOOM;
    case OP_HEATMAP_DENSITY:
        return EXPR_ON_DENSITY;
    case OP_ELEVATION:
        return EXPR_ON_ELEVATION;
    case OP_LINE_PROGRESS:
        return EXPR_ON_PROGRESS;
    case OP_ACCUMULATED:
        return EXPR_ON_ACCUMULATED;
    case OP_IS_SUPPORTED_SCRIPT:
        return EXPR_ON_SCRIPT;
    case OP_GLOBAL_STATE:
        return EXPR_ON_GLOBAL_STATE;
    case OP_ERROR:
    case OP_COLLATOR:
    case OP_IMAGE:
        return EXPR_UNFOLDABLE;
    default:
        return op >= OP_FILTER_EQUAL ? EXPR_ON_FEATURE : 0;
    }
}

struct expr *expr_new(const struct expr_place *place, enum expr_op op, struct expr_type type, size_t count,
                      const struct expr *const *args)
{
    struct arena *arena = place->parser->arena;
    struct expr *expr = arena_alloc(arena, sizeof *expr);
    const struct expr **copy = expr ? arena_array(arena, count, sizeof(struct expr *)) : NULL;
    if (!expr || !copy) {
        place->parser->out_of_memory = true;
        return NULL;
    }
    expr->op = op;
    expr->type = type;
    expr->key = place->key;
    expr->count = count;
    expr->name = -1;
    expr->depends = own_dependence(op, count);
    for (size_t i = 0; i < count; i++) {
        copy[i] = args[i];
        expr->depends |= args[i] ? args[i]->depends : 0;
    }
    expr->args = copy;
    return expr;
}

/* --- operators with ordinary arguments ---------------------------------------------------------------------- */

struct signature {
    int count; /* -1: any number of arguments of the first type */
    enum expr_kind types[ARGUMENTS_MAX];
    enum expr_kind item; /* of array arguments */
};

struct operator_entry {
    const char *name;
    enum expr_op op;
    enum expr_kind result;
    size_t overloads;
    struct signature signatures[OVERLOADS_MAX];
};

#define NONE                                                                                                           \
    1,                                                                                                                 \
    {                                                                                                                  \
        {                                                                                                              \
            .count = 0                                                                                                 \
        }                                                                                                              \
    }
#define ONE(a)                                                                                                         \
    1,                                                                                                                 \
    {                                                                                                                  \
        {                                                                                                              \
            .count = 1, .types = { a }                                                                                 \
        }                                                                                                              \
    }
#define TWO(a, b)                                                                                                      \
    1,                                                                                                                 \
    {                                                                                                                  \
        {                                                                                                              \
            .count = 2, .types = { a, b }                                                                              \
        }                                                                                                              \
    }
#define MANY(a)                                                                                                        \
    1,                                                                                                                 \
    {                                                                                                                  \
        {                                                                                                              \
            .count = -1, .types = { a }                                                                                \
        }                                                                                                              \
    }
#define NUMBERS_1 EXPR_NUMBER, ONE(EXPR_NUMBER)
#define NUMBERS_2 EXPR_NUMBER, TWO(EXPR_NUMBER, EXPR_NUMBER)

/* clang-format off */
static const struct operator_entry operators[] = {
    {"error", OP_ERROR, EXPR_ERROR, ONE(EXPR_STRING)},
    {"typeof", OP_TYPEOF, EXPR_STRING, ONE(EXPR_VALUE)},
    {"to-rgba", OP_TO_RGBA, EXPR_ARRAY, ONE(EXPR_COLOR)},
    {"rgb", OP_RGBA, EXPR_COLOR, 1, {{.count = 3, .types = {EXPR_NUMBER, EXPR_NUMBER, EXPR_NUMBER}}}},
    {"rgba", OP_RGBA, EXPR_COLOR, 1, {{.count = 4, .types = {EXPR_NUMBER, EXPR_NUMBER, EXPR_NUMBER, EXPR_NUMBER}}}},
    {"has", OP_HAS, EXPR_BOOLEAN, 2,
     {{.count = 1, .types = {EXPR_STRING}}, {.count = 2, .types = {EXPR_STRING, EXPR_OBJECT}}}},
    {"get", OP_GET, EXPR_VALUE, 2,
     {{.count = 1, .types = {EXPR_STRING}}, {.count = 2, .types = {EXPR_STRING, EXPR_OBJECT}}}},
    {"feature-state", OP_FEATURE_STATE, EXPR_VALUE, ONE(EXPR_STRING)},
    {"properties", OP_PROPERTIES, EXPR_OBJECT, NONE},
    {"geometry-type", OP_GEOMETRY_TYPE, EXPR_STRING, NONE},
    {"id", OP_ID, EXPR_VALUE, NONE},
    {"zoom", OP_ZOOM, EXPR_NUMBER, NONE},
    {"heatmap-density", OP_HEATMAP_DENSITY, EXPR_NUMBER, NONE},
    {"elevation", OP_ELEVATION, EXPR_NUMBER, NONE},
    {"line-progress", OP_LINE_PROGRESS, EXPR_NUMBER, NONE},
    {"accumulated", OP_ACCUMULATED, EXPR_VALUE, NONE},
    {"+", OP_ADD, EXPR_NUMBER, MANY(EXPR_NUMBER)},
    {"*", OP_MULTIPLY, EXPR_NUMBER, MANY(EXPR_NUMBER)},
    {"-", OP_SUBTRACT, EXPR_NUMBER, 2,
     {{.count = 2, .types = {EXPR_NUMBER, EXPR_NUMBER}}, {.count = 1, .types = {EXPR_NUMBER}}}},
    {"/", OP_DIVIDE, NUMBERS_2},
    {"%", OP_MODULO, NUMBERS_2},
    {"ln2", OP_LN2, EXPR_NUMBER, NONE},
    {"pi", OP_PI, EXPR_NUMBER, NONE},
    {"e", OP_E, EXPR_NUMBER, NONE},
    {"^", OP_POWER, NUMBERS_2},
    {"sqrt", OP_SQRT, NUMBERS_1},
    {"log10", OP_LOG10, NUMBERS_1},
    {"ln", OP_LN, NUMBERS_1},
    {"log2", OP_LOG2, NUMBERS_1},
    {"sin", OP_SIN, NUMBERS_1},
    {"cos", OP_COS, NUMBERS_1},
    {"tan", OP_TAN, NUMBERS_1},
    {"asin", OP_ASIN, NUMBERS_1},
    {"acos", OP_ACOS, NUMBERS_1},
    {"atan", OP_ATAN, NUMBERS_1},
    {"min", OP_MIN, EXPR_NUMBER, MANY(EXPR_NUMBER)},
    {"max", OP_MAX, EXPR_NUMBER, MANY(EXPR_NUMBER)},
    {"abs", OP_ABS, NUMBERS_1},
    {"round", OP_ROUND, NUMBERS_1},
    {"floor", OP_FLOOR, NUMBERS_1},
    {"ceil", OP_CEIL, NUMBERS_1},
    {"all", OP_ALL, EXPR_BOOLEAN, 2,
     {{.count = 2, .types = {EXPR_BOOLEAN, EXPR_BOOLEAN}}, {.count = -1, .types = {EXPR_BOOLEAN}}}},
    {"any", OP_ANY, EXPR_BOOLEAN, 2,
     {{.count = 2, .types = {EXPR_BOOLEAN, EXPR_BOOLEAN}}, {.count = -1, .types = {EXPR_BOOLEAN}}}},
    {"!", OP_NOT, EXPR_BOOLEAN, ONE(EXPR_BOOLEAN)},
    {"is-supported-script", OP_IS_SUPPORTED_SCRIPT, EXPR_BOOLEAN, ONE(EXPR_STRING)},
    {"upcase", OP_UPCASE, EXPR_STRING, ONE(EXPR_STRING)},
    {"downcase", OP_DOWNCASE, EXPR_STRING, ONE(EXPR_STRING)},
    {"concat", OP_CONCAT, EXPR_STRING, MANY(EXPR_VALUE)},
    {"split", OP_SPLIT, EXPR_ARRAY, TWO(EXPR_STRING, EXPR_STRING)},
    {"join", OP_JOIN, EXPR_STRING, 1, {{.count = 2, .types = {EXPR_ARRAY, EXPR_STRING}, .item = EXPR_STRING}}},
    {"resolved-locale", OP_RESOLVED_LOCALE, EXPR_STRING, ONE(EXPR_COLLATOR)},
    {"filter-==", OP_FILTER_EQUAL, EXPR_BOOLEAN, TWO(EXPR_STRING, EXPR_VALUE)},
    {"filter-<", OP_FILTER_LESS, EXPR_BOOLEAN, TWO(EXPR_STRING, EXPR_VALUE)},
    {"filter->", OP_FILTER_GREATER, EXPR_BOOLEAN, TWO(EXPR_STRING, EXPR_VALUE)},
    {"filter-<=", OP_FILTER_LESS_EQUAL, EXPR_BOOLEAN, TWO(EXPR_STRING, EXPR_VALUE)},
    {"filter->=", OP_FILTER_GREATER_EQUAL, EXPR_BOOLEAN, TWO(EXPR_STRING, EXPR_VALUE)},
    {"filter-id-==", OP_FILTER_ID_EQUAL, EXPR_BOOLEAN, ONE(EXPR_VALUE)},
    {"filter-id-<", OP_FILTER_ID_LESS, EXPR_BOOLEAN, ONE(EXPR_VALUE)},
    {"filter-id->", OP_FILTER_ID_GREATER, EXPR_BOOLEAN, ONE(EXPR_VALUE)},
    {"filter-id-<=", OP_FILTER_ID_LESS_EQUAL, EXPR_BOOLEAN, ONE(EXPR_VALUE)},
    {"filter-id->=", OP_FILTER_ID_GREATER_EQUAL, EXPR_BOOLEAN, ONE(EXPR_VALUE)},
    {"filter-type-==", OP_FILTER_TYPE_EQUAL, EXPR_BOOLEAN, ONE(EXPR_STRING)},
    {"filter-has", OP_FILTER_HAS, EXPR_BOOLEAN, ONE(EXPR_VALUE)},
    {"filter-has-id", OP_FILTER_HAS_ID, EXPR_BOOLEAN, NONE},
    {"filter-type-in", OP_FILTER_TYPE_IN, EXPR_BOOLEAN, 1,
     {{.count = 1, .types = {EXPR_ARRAY}, .item = EXPR_STRING}}},
    {"filter-id-in", OP_FILTER_ID_IN, EXPR_BOOLEAN, 1, {{.count = 1, .types = {EXPR_ARRAY}, .item = EXPR_VALUE}}},
    {"filter-in-small", OP_FILTER_IN, EXPR_BOOLEAN, 1,
     {{.count = 2, .types = {EXPR_STRING, EXPR_ARRAY}, .item = EXPR_VALUE}}},
    {"filter-in-large", OP_FILTER_IN, EXPR_BOOLEAN, 1,
     {{.count = 2, .types = {EXPR_STRING, EXPR_ARRAY}, .item = EXPR_VALUE}}},
};
/* clang-format on */

static const struct expr_type type_string = {EXPR_STRING, NULL, -1};
static const struct expr_type type_number = {EXPR_NUMBER, NULL, -1};

static const struct operator_entry *find_operator(struct text name)
{
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
        if (text_is(name, operators[i].name)) {
            return &operators[i];
        }
    }
    return NULL;
}

static struct expr_type parameter_type(const struct signature *signature, size_t index)
{
    enum expr_kind kind = signature->types[signature->count < 0 ? 0 : index];
    if (kind == EXPR_ARRAY) {
        return expr_type_array(signature->item == EXPR_STRING ? &type_string : &expr_type_value, -1);
    }
    return expr_type_of_kind(kind);
}

static struct expr_type result_type(const struct operator_entry *entry)
{
    if (entry->op == OP_TO_RGBA) {
        return expr_type_array(&type_number, 4);
    }
    if (entry->op == OP_SPLIT) {
        return expr_type_array(&type_string, -1);
    }
    return expr_type_of_kind(entry->result);
}

static void print_signature(const struct signature *signature, struct buffer *out)
{
    buffer_append_byte(out, '(');
    if (signature->count < 0) {
        struct expr_type type = parameter_type(signature, 0);
        expr_type_print(&type, out);
        buffer_append_text(out, "...");
    }
    for (int i = 0; i < signature->count; i++) {
        struct expr_type type = parameter_type(signature, (size_t)i);
        buffer_append_text(out, i ? ", " : "");
        expr_type_print(&type, out);
    }
    buffer_append_byte(out, ')');
}

/* The index of an attribute name that is read, -1 when it cannot be kept. */
static int32_t note_name(struct expr_parser *parser, struct text name)
{
    struct expr_names *names = parser->names;
    if (!names) {
        return -1;
    }
    for (size_t i = 0; i < names->count; i++) {
        if (text_equal(names->names[i], name)) {
            return (int32_t)i;
        }
    }
    if (names->count == names->capacity) {
        size_t capacity = names->capacity ? names->capacity * 2 : 8;
        struct text *grown =
            arena_grow(names->arena, names->names, names->capacity * sizeof *grown, capacity * sizeof *grown);
        if (!grown) {
            parser->out_of_memory = true;
            return -1;
        }
        names->names = grown;
        names->capacity = capacity;
    }
    names->names[names->count] = name;
    return (int32_t)names->count++;
}

static void note_attribute(struct expr_parser *parser, struct expr *expr)
{
    bool by_name = ((expr->op == OP_GET || expr->op == OP_HAS) && expr->count == 1) || expr->op == OP_FILTER_EQUAL ||
                   (expr->op >= OP_FILTER_LESS && expr->op <= OP_FILTER_GREATER_EQUAL) || expr->op == OP_FILTER_HAS ||
                   expr->op == OP_FILTER_IN;
    if (by_name && expr->args[0]->op == OP_LITERAL && expr->args[0]->literal.kind == EXPR_STRING) {
        expr->name = note_name(parser, expr->args[0]->literal.string);
    } else if ((by_name || expr->op == OP_PROPERTIES) && parser->names) {
        parser->names->reads_any = true;
    }
}

/* Tries one signature; errors go to a list of its own. */
static const struct expr *parse_signature(const struct expr_place *place, const struct operator_entry *entry,
                                          const struct signature *signature, const struct value *json,
                                          struct expr_error_list *errors)
{
    struct expr_place own = {place->parser, place->key, NULL, place->scope, errors};
    size_t count = json->array.count - 1;
    const struct expr **args = arena_array(place->parser->arena, count, sizeof(struct expr *));
    if (!args) {
        place->parser->out_of_memory = true;
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        struct expr_type expected = expr_type_of_kind(EXPR_VALUE);
        bool known = signature->count < 0 || i < (size_t)signature->count;
        if (known) {
            expected = parameter_type(signature, i);
        }
        /* the expected type is referred to by what is parsed */
        const struct expr_type *kept = arena_memdup(place->parser->arena, &expected, sizeof expected);
        args[i] = expr_parse(&own, &json->array.items[i + 1], i + 1, known ? kept : NULL);
        if (!args[i]) {
            return NULL;
        }
    }
    if (signature->count >= 0 && (size_t)signature->count != count) {
        return expr_reject(&own, "Expected %d arguments, but found %zu instead.", signature->count, count);
    }
    for (size_t i = 0; i < count; i++) {
        struct expr_type expected = parameter_type(signature, i);
        expr_mismatch(&own, i + 1, &expected, &args[i]->type);
    }
    if (errors->first) {
        return NULL;
    }
    struct expr *expr = expr_new(place, entry->op, result_type(entry), count, args);
    if (expr) {
        note_attribute(place->parser, expr);
    }
    return expr;
}

static const struct expr *reject_arguments(const struct expr_place *place, const struct operator_entry *entry,
                                           bool any_fits_count, const struct value *json)
{
    struct arena *arena = place->parser->arena;
    size_t count = json->array.count - 1;
    struct buffer text;
    buffer_init(&text, TEXT_MAX);
    buffer_append_text(&text, "Expected arguments of type ");
    bool first = true;
    for (size_t i = 0; i < entry->overloads; i++) {
        const struct signature *signature = &entry->signatures[i];
        if (any_fits_count && signature->count >= 0 && (size_t)signature->count != count) {
            continue;
        }
        buffer_append_text(&text, first ? "" : " | ");
        print_signature(signature, &text);
        first = false;
    }
    buffer_append_text(&text, ", but found (");
    /* once more without expecting anything, to see what they are */
    for (size_t i = 0; i < count; i++) {
        const struct expr *parsed = expr_parse(place, &json->array.items[i + 1], i + 1, NULL);
        if (!parsed) {
            buffer_finish(&text);
            return NULL;
        }
        buffer_append_text(&text, i ? ", " : "");
        expr_type_print(&parsed->type, &text);
    }
    buffer_append_text(&text, ") instead.");
    add_error(place, place->key, expr_take_text(&text, arena).data);
    return NULL;
}

static const struct expr *parse_operator(const struct expr_place *place, const struct operator_entry *entry,
                                         const struct value *json)
{
    size_t count = json->array.count - 1;
    size_t tried = 0;
    struct expr_error_list errors = {NULL, NULL};
    for (size_t i = 0; i < entry->overloads; i++) {
        const struct signature *signature = &entry->signatures[i];
        if (signature->count >= 0 && (size_t)signature->count != count) {
            continue;
        }
        tried++;
        errors = (struct expr_error_list){NULL, NULL};
        const struct expr *expr = parse_signature(place, entry, signature, json, &errors);
        if (expr || place->parser->out_of_memory) {
            return expr;
        }
    }
    if (tried == 1) {
        for (const struct expr_error *error = errors.first; error; error = error->next) {
            add_error(place, error->key, error->message);
        }
        return NULL;
    }
    return reject_arguments(place, entry, tried > 0, json);
}

/* --- one expression ----------------------------------------------------------------------------------------- */

static const char *json_type_name(const struct value *json)
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

static const struct expr *literal_of(const struct expr_place *place, const struct value *json)
{
    struct expr_value value = expr_of_json(json, place->parser->arena);
    struct expr *expr = expr_new(place, OP_LITERAL, expr_type_of(&value, place->parser->arena), 0, NULL);
    if (expr) {
        expr->literal = value;
    }
    return expr;
}

static const struct expr *annotate(const struct expr_place *place, const struct expr *expr, enum expr_op op)
{
    return expr_new(place, op, *place->expected, 1, &expr);
}

static bool coerced_to(enum expr_kind expected, enum expr_kind actual)
{
    switch (expected) {
    case EXPR_COLOR:
    case EXPR_FORMATTED:
    case EXPR_IMAGE:
        return actual == EXPR_VALUE || actual == EXPR_STRING;
    case EXPR_PROJECTION:
        return actual == EXPR_VALUE || actual == EXPR_STRING || actual == EXPR_ARRAY;
    case EXPR_PADDING:
    case EXPR_NUMBER_ARRAY:
        return actual == EXPR_VALUE || actual == EXPR_NUMBER || actual == EXPR_ARRAY;
    case EXPR_COLOR_ARRAY:
        return actual == EXPR_VALUE || actual == EXPR_STRING || actual == EXPR_ARRAY;
    case EXPR_ANCHOR_OFFSETS:
        return actual == EXPR_VALUE || actual == EXPR_ARRAY;
    default:
        return false;
    }
}

/* Where a number, string, boolean, object or array is wanted and the type is not known, the value is asserted to be
 * one; where a colour and the like is wanted and text comes, it is coerced; else types are checked now. */
static const struct expr *fit(const struct expr_place *place, const struct expr *expr, enum expr_annotation annotation)
{
    const struct expr_type *expected = place->expected;
    enum expr_kind kind = expected->kind;
    bool plain =
        kind == EXPR_STRING || kind == EXPR_NUMBER || kind == EXPR_BOOLEAN || kind == EXPR_OBJECT || kind == EXPR_ARRAY;
    if (plain && expr->type.kind == EXPR_VALUE) {
        if (annotation == EXPR_ANNOTATE_OMIT) {
            return expr;
        }
        return annotate(place, expr, annotation == EXPR_ANNOTATE_COERCE ? OP_COERCE : OP_ASSERT);
    }
    if (coerced_to(kind, expr->type.kind)) {
        if (annotation == EXPR_ANNOTATE_OMIT) {
            return expr;
        }
        return annotate(place, expr, annotation == EXPR_ANNOTATE_ASSERT ? OP_ASSERT : OP_COERCE);
    }
    return expr_mismatch(place, 0, expected, &expr->type) ? NULL : expr;
}

static const struct expr *fold(const struct expr_place *place, const struct expr *expr)
{
    if (expr->op == OP_LITERAL || expr->type.kind == EXPR_IMAGE || expr->depends != 0) {
        return expr;
    }
    struct expr_context context = {.arena = place->parser->arena, .describe = true};
    struct expr_value value;
    if (!expr_evaluate(expr, &context, &value)) {
        add_error(place, place->key, context.error ? context.error : "out of memory");
        return NULL;
    }
    struct expr *literal = expr_new(place, OP_LITERAL, expr->type, 0, NULL);
    if (literal) {
        literal->literal = value;
    }
    return literal;
}

static const struct expr *parse_array(const struct expr_place *place, const struct value *json,
                                      enum expr_annotation annotation)
{
    if (json->array.count == 0) {
        return expr_reject(place, "Expected an array with at least one element. If you wanted a literal array, use "
                                  "[\"literal\", []].");
    }
    const struct value *name = &json->array.items[0];
    if (name->type != VALUE_STRING) {
        return expr_reject_at(place, "[0]",
                              "Expression name must be a string, but found %s instead. If you wanted a literal array, "
                              "use [\"literal\", [...]].",
                              json_type_name(name));
    }
    const struct expr_form *form = expr_form_find(name->string);
    const struct operator_entry *entry = form ? NULL : find_operator(name->string);
    if (!form && !entry) {
        return expr_reject_at(place, "[0]",
                              "Unknown expression \"%.*s\". If you wanted a literal array, use [\"literal\", [...]].",
                              (int)name->string.length, name->string.data);
    }
    const struct expr *expr = form ? form->parse(place, json) : parse_operator(place, entry, json);
    if (expr && place->expected) {
        expr = fit(place, expr, annotation);
    }
    return expr ? fold(place, expr) : NULL;
}

static const struct expr *parse_here(const struct expr_place *place, const struct value *json,
                                     enum expr_annotation annotation)
{
    if (++place->parser->work > WORK_MAX) {
        return expr_reject(place, "The expression is too large.");
    }
    if (json->type == VALUE_OBJECT) {
        return expr_reject(place, "Bare objects invalid. Use [\"literal\", {...}] instead.");
    }
    if (json->type == VALUE_ARRAY) {
        return parse_array(place, json, annotation);
    }
    const struct expr *expr = literal_of(place, json);
    if (expr && place->expected) {
        expr = fit(place, expr, annotation);
    }
    return expr ? fold(place, expr) : NULL;
}

const struct expr *expr_parse_annotated(const struct expr_place *place, const struct value *json, size_t index,
                                        const struct expr_type *expected, const struct expr_scope *scope,
                                        enum expr_annotation annotation)
{
    if (place->parser->out_of_memory) {
        return NULL;
    }
    if (index == 0) {
        return parse_here(place, json, annotation);
    }
    struct expr_place inner = *place;
    inner.key = arena_printf(place->parser->arena, "%s[%zu]", place->key, index);
    inner.expected = expected;
    inner.scope = scope ? scope : place->scope;
    if (!inner.key) {
        place->parser->out_of_memory = true;
        return NULL;
    }
    return parse_here(&inner, json, annotation);
}

const struct expr *expr_parse(const struct expr_place *place, const struct value *json, size_t index,
                              const struct expr_type *expected)
{
    return expr_parse_annotated(place, json, index, expected, NULL, EXPR_ANNOTATE);
}

bool expr_is_expression(const struct value *json)
{
    return json->type == VALUE_ARRAY && json->array.count > 0 && json->array.items[0].type == VALUE_STRING &&
           (expr_form_find(json->array.items[0].string) || find_operator(json->array.items[0].string));
}

/* --- properties --------------------------------------------------------------------------------------------- */

static bool kind_of_property(enum property_type type, enum expr_kind *out_kind)
{
    static const enum expr_kind kinds[] = {
        [PROPERTY_NUMBER] = EXPR_NUMBER,
        [PROPERTY_BOOLEAN] = EXPR_BOOLEAN,
        [PROPERTY_STRING] = EXPR_STRING,
        [PROPERTY_ENUM] = EXPR_STRING,
        [PROPERTY_COLOR] = EXPR_COLOR,
        [PROPERTY_ARRAY] = EXPR_ARRAY,
        [PROPERTY_FORMATTED] = EXPR_FORMATTED,
        [PROPERTY_IMAGE] = EXPR_IMAGE,
        [PROPERTY_PADDING] = EXPR_PADDING,
        [PROPERTY_NUMBER_ARRAY] = EXPR_NUMBER_ARRAY,
        [PROPERTY_COLOR_ARRAY] = EXPR_COLOR_ARRAY,
        [PROPERTY_ANCHOR_OFFSETS] = EXPR_ANCHOR_OFFSETS,
        [PROPERTY_PROJECTION] = EXPR_PROJECTION,
    };
    if (type == PROPERTY_ANY) {
        return false;
    }
    *out_kind = kinds[type];
    return true;
}

static bool expected_type(const struct property_spec *spec, struct arena *arena, struct expr_type *out_type)
{
    enum expr_kind kind;
    if (!kind_of_property(spec->type, &kind)) {
        return false;
    }
    *out_type = expr_type_of_kind(kind);
    if (kind == EXPR_ARRAY) {
        enum expr_kind item = EXPR_VALUE;
        kind_of_property(spec->item, &item);
        struct expr_type item_type = expr_type_of_kind(item);
        const struct expr_type *kept = arena_memdup(arena, &item_type, sizeof item_type);
        *out_type = expr_type_array(kept ? kept : &expr_type_value, spec->length);
    }
    return true;
}

bool expr_compile(const struct value *json, const struct property_spec *spec, struct expr_names *names,
                  struct arena *arena, const struct expr **out_expr, const struct expr_error **out_errors)
{
    static const struct expr_error memory_error = {"", "out of memory", NULL};
    struct expr_parser parser = {.arena = arena, .names = names};
    struct expr_error_list errors = {NULL, NULL};
    struct expr_type *expected = arena_alloc(arena, sizeof *expected);
    struct expr_place place = {&parser, "", NULL, NULL, &errors};
    if (expected && spec && expected_type(spec, arena, expected)) {
        place.expected = expected;
    }
    bool coerce = spec && spec->type == PROPERTY_STRING;
    const struct expr *expr = expected ? parse_here(&place, json, coerce ? EXPR_ANNOTATE_COERCE : EXPR_ANNOTATE) : NULL;
    if (!expr || parser.out_of_memory) {
        *out_errors = errors.first ? errors.first : &memory_error;
        return false;
    }
    *out_expr = expr;
    return true;
}

static const char no_curve[] =
    "\"zoom\" expression may only be used as input to a top-level \"step\" or \"interpolate\" expression.";
static const char two_curves[] =
    "Only one zoom-based \"step\" or \"interpolate\" subexpression may be used in an expression.";

/* The zoom curve of a tree, possibly inside let or coalesce; `*out_error` when the zoom is used elsewhere. */
static const struct expr *find_curve(const struct expr *expr, const char **out_error)
{
    const struct expr *found = NULL;
    if (!(expr->depends & EXPR_ON_ZOOM)) {
        return NULL;
    }
    if (expr->op == OP_LET) {
        found = find_curve(expr->args[expr->count - 1], out_error);
    } else if (expr->op == OP_COALESCE) {
        for (size_t i = 0; i < expr->count && !found && !*out_error; i++) {
            found = find_curve(expr->args[i], out_error);
        }
    } else if ((expr->op == OP_STEP || expr->op == OP_INTERPOLATE) && expr->args[0]->op == OP_ZOOM) {
        found = expr;
    }
    if (*out_error) {
        return NULL;
    }
    if (expr->op == OP_VAR) {
        return found;
    }
    for (size_t i = 0; i < expr->count; i++) {
        const char *inner_error = NULL;
        const struct expr *inner = expr->args[i] ? find_curve(expr->args[i], &inner_error) : NULL;
        if (inner_error) {
            *out_error = inner_error;
        } else if (inner && *out_error) {
            *out_error = two_curves;
        } else if (inner && !found) {
            *out_error = no_curve;
        } else if (inner && inner != found) {
            *out_error = two_curves;
        }
    }
    return found;
}

const struct expr *expr_zoom_curve(const struct expr *expr)
{
    const char *error = NULL;
    const struct expr *curve = find_curve(expr, &error);
    return error ? NULL : curve;
}

static const char *check_rules(const struct expr *expr, const struct property_spec *spec)
{
    bool data_driven = spec->rule == PROPERTY_DATA_DRIVEN || spec->rule == PROPERTY_CROSS_FADED_DATA_DRIVEN;
    if ((expr->depends & EXPR_ON_FEATURE) && !data_driven) {
        return "data expressions not supported";
    }
    bool zooms = expr->depends & EXPR_ON_ZOOM;
    if (zooms && !(spec->reads & PROPERTY_READS_ZOOM)) {
        return "zoom expressions not supported";
    }
    const char *error = NULL;
    const struct expr *curve = find_curve(expr, &error);
    if (!error && !curve && zooms) {
        error = no_curve;
    }
    if (!error && curve && curve->op == OP_INTERPOLATE && !spec->interpolated) {
        error = "\"interpolate\" expressions cannot be used with this property";
    }
    return error;
}

bool expr_compile_property(const struct value *json, const struct property_spec *spec, struct expr_names *names,
                           struct arena *arena, const struct expr **out_expr, const struct expr_error **out_errors)
{
    const struct expr *expr;
    if (!expr_compile(json, spec, names, arena, &expr, out_errors)) {
        return false;
    }
    const char *message = check_rules(expr, spec);
    if (message) {
        static const struct expr_error memory_error = {"", "out of memory", NULL};
        struct expr_error *error = arena_alloc(arena, sizeof *error);
        if (error) {
            *error = (struct expr_error){"", message, NULL};
        }
        *out_errors = error ? error : &memory_error;
        return false;
    }
    *out_expr = expr;
    return true;
}
