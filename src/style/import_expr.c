/* SPDX-License-Identifier: MIT */
#include "style/import_expr.h"

#include "style/expr.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void import_expr_note(struct import *import, size_t line, const char *english, const char *spanish,
                      const struct import_trouble *why)
{
    char texts[2][400];
    snprintf(texts[0], sizeof texts[0], "%s: %s", english, why->english);
    snprintf(texts[1], sizeof texts[1], "%s: %s", spanish, why->spanish);
    import_note_plain(import, line, texts[0], texts[1]);
}

struct import_expr *import_expr_make(struct import *import, enum import_expr_kind kind, char op, size_t count, ...)
{
    struct import_expr *expr = arena_alloc(import->arena, sizeof *expr);
    if (!expr) {
        import->failed = true;
        return NULL;
    }
    expr->kind = kind;
    expr->op = op;
    va_list args;
    va_start(args, count);
    for (size_t i = 0; i < count; i++) {
        import_expr_add(import, expr, va_arg(args, struct import_expr *));
    }
    va_end(args);
    return expr;
}

void import_expr_add(struct import *import, struct import_expr *expr, struct import_expr *item)
{
    if (!expr || !item) {
        import->failed = true;
        return;
    }
    if ((expr->count & (expr->count - 1)) == 0) { /* full: 0, 1, 2, 4, 8 … */
        struct import_expr **items = arena_array(import->arena, expr->count * 2 + 1, sizeof(struct import_expr *));
        if (!items) {
            import->failed = true;
            return;
        }
        if (expr->count > 0) {
            memcpy(items, expr->items, expr->count * sizeof *items);
        }
        expr->items = items;
    }
    expr->items[expr->count++] = item;
}

enum { DEPTH_MAX = 30 };

static bool trouble(struct import_trouble *out, const char *english, const char *spanish, const char *what)
{
    snprintf(out->english, sizeof out->english, "%s \"%.80s\"", english, what);
    snprintf(out->spanish, sizeof out->spanish, "%s «%.80s»", spanish, what);
    return false;
}

/* ["name", …] */
#define CALL1(name, a) import_list(import, 2, import_string(import, name), a)
#define CALL2(name, a, b) import_list(import, 3, import_string(import, name), a, b)
#define CALL3(name, a, b, c) import_list(import, 4, import_string(import, name), a, b, c)

/* Null where any value may stand: an attribute that no feature has. The null of the language itself would fix the type
 * of what stands beside it. */
static struct value nothing(struct import *import)
{
    return CALL1("get", import_string(import, ""));
}

static struct value known(struct import *import, struct value operand)
{
    bool is_get = operand.type == VALUE_ARRAY && operand.array.count > 0 &&
                  operand.array.items[0].type == VALUE_STRING && text_is(operand.array.items[0].string, "get");
    return CALL2("!=", operand, is_get ? value_null() : nothing(import));
}

static bool is_number_text(const char *text, double *out_number)
{
    return text_to_double(text_of(text), out_number) && isfinite(*out_number);
}

static bool literal_number(const struct import_expr *expr, double *out_number)
{
    if (expr->kind != IMPORT_LITERAL) {
        return false;
    }
    if (value_is_number(&expr->value)) {
        *out_number = value_number(&expr->value);
        return true;
    }
    return expr->is_untyped && expr->value.type == VALUE_STRING && is_number_text(expr->value.string.data, out_number);
}

static bool is_literal_null(const struct import_expr *expr)
{
    return expr->kind == IMPORT_LITERAL && expr->value.type == VALUE_NULL;
}

static bool compares(double a, char op, double b)
{
    switch (op) {
    case '=':
        return a == b;
    case '!':
        return a != b;
    case '<':
        return a < b;
    case 'L':
        return a <= b;
    case '>':
        return a > b;
    default:
        return a >= b;
    }
}

static char opposite(char op)
{
    static const char pairs[] = "=!!=<GG<>LL>";
    for (size_t i = 0; pairs[i]; i += 2) {
        if (pairs[i] == op) {
            return pairs[i + 1];
        }
    }
    return op;
}

static char swapped(char op)
{
    return op == '<' ? '>' : op == '>' ? '<' : op == 'L' ? 'G' : op == 'G' ? 'L' : op;
}

static const char *op_name(char op)
{
    return op == '=' ? "==" : op == '!' ? "!=" : op == '<' ? "<" : op == 'L' ? "<=" : op == '>' ? ">" : ">=";
}

/* `operand` as a number. What is no number becomes `otherwise`, chosen by the caller so that the comparison comes out
 * as the two languages have it; null becomes 0. */
static struct value as_number(struct import *import, struct value operand, double otherwise)
{
    return CALL2("to-number", operand, value_of_real(otherwise));
}

static struct value as_text(struct import *import, const struct import_expr *expr, struct value operand)
{
    bool is_text = expr->kind == IMPORT_LITERAL && operand.type == VALUE_STRING;
    return is_text ? operand : CALL1("to-string", operand);
}

/* operand op number. Null and text make it false, but text differs from every number. */
static struct value compare_number(struct import *import, struct value operand, char op, double number)
{
    double otherwise = op == '<' || op == 'L' ? number + 1 : op == '!' ? number + 1 : number - 1;
    struct value compared = CALL2(op_name(op), as_number(import, operand, otherwise), value_of_real(number));
    return compares(0, op, number) ? import_both(import, known(import, operand), compared) : compared;
}

static struct value compare_text(struct import *import, const struct import_expr *expr, struct value operand, char op,
                                 const struct import_expr *literal, bool ignores_case)
{
    const char *text = literal->value.string.data;
    struct value left = as_text(import, expr, operand);
    struct value right = import_string(import, text);
    double number;
    char shortest[32];
    if (ignores_case) {
        left = CALL1("downcase", left);
        right = CALL1("downcase", right);
    } else if (literal->is_untyped && op == '=' && is_number_text(text, &number)) {
        /* "35.0" of an XML is the 35 of a table. */
        text_put_double(number, shortest);
        if (strcmp(shortest, text) != 0) {
            struct value both[] = {right, import_string(import, shortest)};
            return CALL2("in", left, CALL1("literal", import_array(import, both, 2)));
        }
    }
    struct value compared = CALL2(op_name(op), left, right);
    bool null_passes = op != '=' || text[0] == '\0';
    return null_passes ? import_both(import, known(import, operand), compared) : compared;
}

static bool translate(struct import *import, const struct import_expr *expr, struct value *out,
                      struct import_trouble *why);
static bool truth(struct import *import, const struct import_expr *expr, bool wanted, struct value *out,
                  struct import_trouble *why);

/* Two computed sides: as numbers when ordered, as they are when equal. */
static struct value compare_sides(struct import *import, struct value a, char op, struct value b)
{
    struct value compared = op == '=' || op == '!' ? CALL2(op_name(op), CALL1("to-string", a), CALL1("to-string", b))
                                                   : CALL2(op_name(op), CALL1("to-number", a), CALL1("to-number", b));
    return import_both(import, import_both(import, known(import, a), known(import, b)), compared);
}

static bool compare(struct import *import, const struct import_expr *expr, char op, struct value *out,
                    struct import_trouble *why)
{
    const struct import_expr *left = expr->items[0];
    const struct import_expr *right = expr->items[1];
    if (left->kind == IMPORT_LITERAL && right->kind != IMPORT_LITERAL) {
        const struct import_expr *first = left;
        left = right;
        right = first;
        op = swapped(op);
    }
    struct value a;
    struct value b;
    if (is_literal_null(left) || is_literal_null(right)) {
        *out = value_of_bool(false);
        return true;
    }
    if (!translate(import, left, &a, why) || !translate(import, right, &b, why)) {
        return false;
    }
    double number;
    bool is_order = op != '=' && op != '!';
    bool is_number = literal_number(right, &number);
    if (is_number && (is_order || !right->is_untyped)) {
        *out = compare_number(import, a, op, number);
    } else if (right->kind == IMPORT_LITERAL && right->value.type == VALUE_STRING) {
        *out = compare_text(import, left, a, op, right, expr->ignores_case);
    } else if (right->kind == IMPORT_LITERAL && right->value.type == VALUE_BOOL) {
        /* A table keeps truth as true or as 1. */
        struct value names[] = {import_string(import, right->value.boolean ? "true" : "false"),
                                import_string(import, right->value.boolean ? "1" : "0")};
        struct value found = CALL2("in", CALL1("to-string", a), CALL1("literal", import_array(import, names, 2)));
        *out = op == '=' ? found : import_both(import, known(import, a), CALL1("!", found));
    } else {
        *out = compare_sides(import, a, op, b);
    }
    return true;
}

/* operand IN (…): "true" when found, "false" when not found and no NULL is about. */
static bool among(struct import *import, const struct import_expr *expr, bool wanted, struct value *out,
                  struct import_trouble *why)
{
    struct value operand;
    if (!translate(import, expr->items[0], &operand, why)) {
        return false;
    }
    struct value *items = arena_array(import->arena, expr->count, sizeof *items);
    if (!items) {
        import->failed = true;
        return true;
    }
    size_t count = 0;
    bool all_numbers = true;
    bool has_null = false;
    bool has_zero = false;
    double highest = 0;
    for (size_t i = 1; i < expr->count; i++) {
        const struct import_expr *item = expr->items[i];
        if (item->kind != IMPORT_LITERAL) {
            return trouble(why, "the list of", "la lista de", "IN");
        }
        if (is_literal_null(item)) {
            has_null = true;
            continue;
        }
        double number = 1;
        bool is_number = literal_number(item, &number) && !item->is_untyped;
        all_numbers = all_numbers && is_number;
        has_zero = has_zero || (is_number && number == 0);
        highest = fmax(highest, number);
        items[count++] = item->value;
    }
    if (!wanted && has_null) {
        *out = value_of_bool(false);
        return true;
    }
    for (size_t i = 0; i < count && !all_numbers; i++) {
        char shortest[32];
        if (value_is_number(&items[i])) {
            text_put_double(value_number(&items[i]), shortest);
            items[i] = import_string(import, shortest);
        }
        has_zero = has_zero || (items[i].type == VALUE_STRING && items[i].string.length == 0);
    }
    struct value left =
        all_numbers ? as_number(import, operand, highest + 1) : as_text(import, expr->items[0], operand);
    struct value found = CALL2("in", left, CALL1("literal", import_array(import, items, count)));
    *out = wanted ? found : CALL1("!", found);
    if (!wanted || has_zero) {
        *out = import_both(import, known(import, operand), *out);
    }
    return true;
}

/* One stretch of a pattern between wildcards. */
struct stretch {
    const char *text;
    size_t characters;
};

static bool split_pattern(struct import *import, const struct import_expr *expr, const char *pattern,
                          struct stretch *out_stretches, size_t capacity, size_t *out_count, struct import_trouble *why)
{
    size_t size = strlen(pattern);
    char *copy = arena_alloc(import->arena, size + 1);
    if (!copy) {
        import->failed = true;
        return false;
    }
    size_t count = 1;
    size_t at = 0;
    out_stretches[0] = (struct stretch){copy, 0};
    for (size_t i = 0; i < size; i++) {
        char c = pattern[i];
        if (expr->escape && c == expr->escape && i + 1 < size) {
            c = pattern[++i];
        } else if (c == expr->one && c != '\0') {
            return trouble(why, "the wildcard for one character in", "el comodín de un carácter en", pattern);
        } else if (c == expr->any) {
            copy[at++] = '\0';
            if (count == capacity) {
                return trouble(why, "the pattern", "el patrón", pattern);
            }
            out_stretches[count++] = (struct stretch){copy + at, 0};
            continue;
        }
        copy[at++] = c;
        out_stretches[count - 1].characters += ((unsigned char)c & 0xc0) != 0x80;
    }
    copy[at] = '\0';
    *out_count = count;
    return true;
}

/* operand LIKE 'begin%middle%end' */
static bool like(struct import *import, const struct import_expr *expr, struct value *out, struct value *out_operand,
                 struct import_trouble *why)
{
    enum { STRETCHES = 3 };
    struct stretch parts[STRETCHES];
    size_t count = 0;
    const struct import_expr *pattern = expr->items[1];
    if (pattern->kind != IMPORT_LITERAL || pattern->value.type != VALUE_STRING) {
        return trouble(why, "a computed pattern of", "un patrón calculado de", "LIKE");
    }
    if (!translate(import, expr->items[0], out_operand, why) ||
        !split_pattern(import, expr, pattern->value.string.data, parts, STRETCHES, &count, why)) {
        return false;
    }
    bool folds = expr->op == 'i';
    struct value subject = as_text(import, expr->items[0], *out_operand);
    subject = folds ? CALL1("downcase", subject) : subject;
#define PIECE(i)                                                                                                       \
    (folds ? CALL1("downcase", import_string(import, parts[i].text)) : import_string(import, parts[i].text))
    const struct stretch *end = &parts[count - 1];
    if (count == 1) {
        *out = CALL2("==", subject, PIECE(0));
        return true;
    }
    struct value found = value_null();
    if (parts[0].characters > 0) {
        struct value begin = CALL3("slice", subject, value_of_int(0), value_of_int((int64_t)parts[0].characters));
        found = import_both(import, found, CALL2("==", begin, PIECE(0)));
    }
    if (end->characters > 0) {
        struct value length = CALL1("length", subject);
        int64_t least = (int64_t)(parts[0].characters + end->characters);
        struct value rest = CALL2("slice", subject, CALL2("-", length, value_of_int((int64_t)end->characters)));
        found = import_both(import, found, CALL2(">=", length, value_of_int(least)));
        found = import_both(import, found, CALL2("==", rest, PIECE(count - 1)));
    }
    if (count == 3 && parts[1].characters > 0) {
        if (found.type != VALUE_NULL) {
            return trouble(why, "the pattern", "el patrón", pattern->value.string.data);
        }
        found = CALL2("in", PIECE(1), subject);
    }
#undef PIECE
    *out = found.type == VALUE_NULL ? value_of_bool(true) : found;
    return true;
}

/* All of them, or any; what is of the same kind inside is drawn up. */
static bool junction(struct import *import, const struct import_expr *expr, bool wanted, struct value *out,
                     struct import_trouble *why)
{
    bool is_all = (expr->kind == IMPORT_AND) == wanted;
    struct value *items = arena_array(import->arena, expr->count + 1, sizeof *items);
    struct value all = value_null();
    if (!items) {
        import->failed = true;
        return true;
    }
    items[0] = import_string(import, "any");
    for (size_t i = 0; i < expr->count; i++) {
        if (!truth(import, expr->items[i], wanted, &items[i + 1], why)) {
            return false;
        }
        if (is_all) {
            all = import_both(import, all, items[i + 1]);
        }
    }
    *out = is_all ? all : import_array(import, items, expr->count + 1);
    return true;
}

/* Where `expr` is true (`wanted`) or false. */
static bool truth(struct import *import, const struct import_expr *expr, bool wanted, struct value *out,
                  struct import_trouble *why)
{
    struct value operand;
    switch (expr->kind) {
    case IMPORT_AND:
    case IMPORT_OR:
        return junction(import, expr, wanted, out, why);
    case IMPORT_NOT:
        return truth(import, expr->items[0], !wanted, out, why);
    case IMPORT_COMPARE:
        return compare(import, expr, wanted ? expr->op : opposite(expr->op), out, why);
    case IMPORT_IN:
        return among(import, expr, wanted, out, why);
    case IMPORT_LIKE:
        if (!like(import, expr, out, &operand, why)) {
            return false;
        }
        *out = wanted ? *out : CALL1("!", *out);
        *out = import_both(import, known(import, operand), *out);
        return true;
    case IMPORT_IS_NULL:
        if (!translate(import, expr->items[0], &operand, why)) {
            return false;
        }
        *out = wanted ? CALL1("!", known(import, operand)) : known(import, operand);
        return true;
    case IMPORT_IS: {
        struct import_expr same = {.kind = IMPORT_COMPARE, .op = '=', .items = expr->items, .count = expr->count};
        if (!compare(import, &same, '=', out, why)) {
            return false;
        }
        *out = wanted ? *out : CALL1("!", *out);
        return true;
    }
    case IMPORT_LITERAL: {
        double number = 0;
        bool is_true =
            (expr->value.type == VALUE_BOOL && expr->value.boolean) || (literal_number(expr, &number) && number != 0);
        bool is_unknown = expr->value.type == VALUE_NULL;
        *out = value_of_bool(!is_unknown && is_true == wanted);
        return true;
    }
    case IMPORT_FIELD:
    case IMPORT_ARITHMETIC:
    case IMPORT_CONCAT:
    case IMPORT_CALL:
    case IMPORT_CASE:
        break;
    }
    /* A value as a truth: anything but null, false, 0 and no text. */
    if (!translate(import, expr, &operand, why)) {
        return false;
    }
    struct value nothing[] = {import_string(import, "0"), import_string(import, "false"), import_string(import, "")};
    struct value is_false =
        CALL2("in", CALL1("to-string", operand), CALL1("literal", import_array(import, nothing, 3)));
    *out = import_both(import, known(import, operand), wanted ? CALL1("!", is_false) : is_false);
    return true;
}

/* Functions that carry over one to one. `kind`: n numbers, s text, v any value. */
static const struct function {
    const char *name;
    const char *ours;
    char takes;
    size_t count_min;
    size_t count_max;
} functions[] = {
    {"abs", "abs", 'n', 1, 1},
    {"ceil", "ceil", 'n', 1, 1},
    {"coalesce", "coalesce", 'v', 1, 16},
    {"concat", "concat", 's', 1, 16},
    {"cos", "cos", 'n', 1, 1},
    {"floor", "floor", 'n', 1, 1},
    {"length", "length", 's', 1, 1},
    {"ln", "ln", 'n', 1, 1},
    {"log10", "log10", 'n', 1, 1},
    {"lower", "downcase", 's', 1, 1},
    {"max", "max", 'n', 1, 16},
    {"min", "min", 'n', 1, 16},
    {"round", "round", 'n', 1, 1},
    {"sin", "sin", 'n', 1, 1},
    {"sqrt", "sqrt", 'n', 1, 1},
    {"strconcat", "concat", 's', 1, 16},
    {"strlength", "length", 's', 1, 1},
    {"strtolowercase", "downcase", 's', 1, 1},
    {"strtouppercase", "upcase", 's', 1, 1},
    {"to_real", "to-number", 'v', 1, 1},
    {"to_string", "to-string", 'v', 1, 1},
    {"tostring", "to-string", 'v', 1, 1},
    {"toreal", "to-number", 'v', 1, 1},
    {"upper", "upcase", 's', 1, 1},
};

static const struct function *find_function(const struct import_expr *expr)
{
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        const struct function *function = &functions[i];
        if (text_is(expr->value.string, function->name) && expr->count >= function->count_min &&
            expr->count <= function->count_max) {
            return function;
        }
    }
    return NULL;
}

/* ["name", items…], each item converted to what it is taken for. */
static bool call(struct import *import, const struct import_expr *expr, const char *name, char takes, struct value *out,
                 struct import_trouble *why)
{
    struct value *items = arena_array(import->arena, expr->count + 1, sizeof *items);
    if (!items) {
        import->failed = true;
        return true;
    }
    items[0] = import_string(import, name);
    for (size_t i = 0; i < expr->count; i++) {
        if (!translate(import, expr->items[i], &items[i + 1], why)) {
            return false;
        }
        double number;
        if (takes == 'n' && !literal_number(expr->items[i], &number) && expr->items[i]->kind != IMPORT_ARITHMETIC) {
            items[i + 1] = CALL1("to-number", items[i + 1]);
        } else if (takes == 'n' && literal_number(expr->items[i], &number)) {
            items[i + 1] = value_of_real(number);
        } else if (takes == 's') {
            items[i + 1] = as_text(import, expr->items[i], items[i + 1]);
        }
    }
    *out = import_array(import, items, expr->count + 1);
    return true;
}

/* Where one operand is null the result is null, not what null counts as. */
static bool null_if_null(struct import *import, const struct import_expr *expr, struct value *value,
                         struct import_trouble *why)
{
    struct value all_known = value_null();
    for (size_t i = 0; i < expr->count; i++) {
        struct value operand;
        if (expr->items[i]->kind != IMPORT_FIELD) {
            continue;
        }
        if (!translate(import, expr->items[i], &operand, why)) {
            return false;
        }
        all_known = import_both(import, all_known, known(import, operand));
    }
    if (all_known.type != VALUE_NULL) {
        *value = CALL3("case", CALL1("!", all_known), nothing(import), *value);
    }
    return true;
}

static bool choose(struct import *import, const struct import_expr *expr, struct value *out, struct import_trouble *why)
{
    size_t pairs = expr->count / 2;
    struct value *items = arena_array(import->arena, pairs * 2 + 4, sizeof *items);
    if (!items) {
        import->failed = true;
        return true;
    }
    size_t count = 0;
    items[count++] = import_string(import, "case");
    /* Never taken: it only says that the branches may be of any type. */
    items[count++] = value_of_bool(false);
    items[count++] = nothing(import);
    for (size_t i = 0; i < pairs; i++) {
        if (!truth(import, expr->items[i * 2], true, &items[count++], why) ||
            !translate(import, expr->items[i * 2 + 1], &items[count++], why)) {
            return false;
        }
    }
    items[count] = nothing(import);
    if (expr->count % 2 == 1 && !translate(import, expr->items[expr->count - 1], &items[count], why)) {
        return false;
    }
    items[count] = items[count].type == VALUE_NULL ? nothing(import) : items[count];
    *out = import_array(import, items, count + 1);
    return true;
}

static bool translate(struct import *import, const struct import_expr *expr, struct value *out,
                      struct import_trouble *why)
{
    switch (expr->kind) {
    case IMPORT_LITERAL:
        *out = expr->value;
        return true;
    case IMPORT_FIELD:
        *out = CALL1("get", expr->value);
        return true;
    case IMPORT_ARITHMETIC: {
        char name[2] = {expr->op, '\0'};
        return call(import, expr, name, 'n', out, why) && null_if_null(import, expr, out, why);
    }
    case IMPORT_CONCAT:
        return call(import, expr, "concat", 's', out, why) && null_if_null(import, expr, out, why);
    case IMPORT_CASE:
        return choose(import, expr, out, why);
    case IMPORT_CALL: {
        if (text_is(expr->value.string, "if") && expr->count == 3) {
            return choose(import, expr, out, why);
        }
        const struct function *function = find_function(expr);
        if (!function) {
            return trouble(why, "the function", "la función", expr->value.string.data);
        }
        bool keeps_null = strcmp(function->ours, "concat") == 0 || strcmp(function->ours, "coalesce") == 0;
        return call(import, expr, function->ours, function->takes, out, why) &&
               (keeps_null || null_if_null(import, expr, out, why));
    }
    case IMPORT_AND:
    case IMPORT_OR:
    case IMPORT_NOT:
    case IMPORT_COMPARE:
    case IMPORT_LIKE:
    case IMPORT_IN:
    case IMPORT_IS_NULL:
    case IMPORT_IS:
        break;
    }
    return truth(import, expr, true, out, why);
}

/* What we made must be an expression: types are only known to the compiler. */
static bool compiles(struct import *import, const struct value *made, struct import_trouble *why)
{
    const struct expr *compiled;
    const struct expr_error *errors;
    if (import->failed) {
        return trouble(why, "out of memory", "falta memoria", "");
    }
    if (import_depth(made) > DEPTH_MAX) {
        return trouble(why, "nested too deeply", "demasiado anidada", "");
    }
    if (made->type == VALUE_ARRAY && !expr_compile(made, NULL, NULL, import->arena, &compiled, &errors)) {
        return trouble(why, "types that do not go together", "tipos que no van juntos", errors ? errors->message : "");
    }
    return true;
}

bool import_expr_filter(struct import *import, const struct import_expr *expr, struct value *out_filter,
                        struct import_trouble *out_trouble)
{
    struct value made;
    if (!truth(import, expr, true, &made, out_trouble) || !compiles(import, &made, out_trouble)) {
        return false;
    }
    *out_filter = made;
    return true;
}

bool import_expr_value(struct import *import, const struct import_expr *expr, struct value *out_value,
                       struct import_trouble *out_trouble)
{
    struct value made;
    if (!translate(import, expr, &made, out_trouble) || !compiles(import, &made, out_trouble)) {
        return false;
    }
    *out_value = made;
    return true;
}
