/* SPDX-License-Identifier: MIT */
/* From style expressions to the classes of a legend. */

#include "server/legend_classes.h"

#include <string.h>

enum { DEPTH_MAX = 24 };

static const struct value *item(const struct value *array, size_t index)
{
    return array && array->type == VALUE_ARRAY && index < array->array.count ? &array->array.items[index] : NULL;
}

static size_t item_count(const struct value *array)
{
    return array && array->type == VALUE_ARRAY ? array->array.count : 0;
}

static bool is_call(const struct value *expression, const char *name)
{
    const struct value *head = item(expression, 0);
    return head && head->type == VALUE_STRING && text_is(head->string, name);
}

/* The name of the first ["get", name] inside, empty when there is none. */
static struct text first_get(const struct value *expression, unsigned depth)
{
    struct text none = {"", 0};
    if (!expression || expression->type != VALUE_ARRAY || depth > DEPTH_MAX) {
        return none;
    }
    const struct value *name = item(expression, 1);
    if ((is_call(expression, "get") || is_call(expression, "has")) && item_count(expression) == 2 &&
        name->type == VALUE_STRING) {
        return name->string;
    }
    for (size_t i = 1; i < item_count(expression); i++) {
        struct text found = first_get(item(expression, i), depth + 1);
        if (found.length > 0) {
            return found;
        }
    }
    return none;
}

/* ["get", f], or that behind conversions which keep the value: an example value can be put straight in. */
static bool is_plain_get(const struct value *expression, unsigned depth)
{
    static const char *const conversions[] = {"to-number", "to-string",  "number", "string",
                                              "coalesce",  "to-boolean", "boolean"};
    if (is_call(expression, "get")) {
        return item_count(expression) == 2;
    }
    for (size_t i = 0; i < sizeof conversions / sizeof *conversions; i++) {
        if (is_call(expression, conversions[i]) && depth < DEPTH_MAX) {
            return is_plain_get(item(expression, 1), depth + 1);
        }
    }
    return false;
}

static bool example_set(struct legend_example *example, struct text name, struct value value)
{
    for (size_t i = 0; i < example->count; i++) {
        if (text_equal(example->names[i], name)) {
            example->values[i] = value;
            return true;
        }
    }
    if (name.length == 0 || example->count == LEGEND_EXAMPLE_FIELDS_MAX) {
        return false;
    }
    example->names[example->count] = name;
    example->values[example->count] = value;
    example->count += 1;
    return true;
}

/* A value as the key of a label: text as it is, numbers in their shortest form. */
static const char *value_key(const struct value *value, struct arena *arena)
{
    char number[32];
    switch (value->type) {
    case VALUE_STRING:
        return arena_strndup(arena, value->string.data, value->string.length);
    case VALUE_INT:
        return arena_printf(arena, "%lld", (long long)value->integer);
    case VALUE_REAL:
        text_put_double(value->real, number);
        return arena_strdup(arena, number);
    case VALUE_BOOL:
        return value->boolean ? "true" : "false";
    case VALUE_NULL:
    case VALUE_ARRAY:
    case VALUE_OBJECT:
        break;
    }
    return "";
}

static const char *value_label(const struct value *value, enum language language, const char *unit, struct arena *arena)
{
    char number[64];
    if (value->type == VALUE_STRING) {
        return format_humanised(value->string, arena);
    }
    if (value_is_number(value)) {
        format_number(language, value_number(value), 3, number);
        return unit ? arena_printf(arena, "%s %s", number, unit) : arena_strdup(arena, number);
    }
    return format_field_value(language, "", FIELD_STRING, value, arena);
}

struct finder {
    enum language language;
    const char *unit;
    struct arena *arena;
    struct legend_classes *classes;
    bool failed;
};

static struct legend_class *add_class(struct finder *finder)
{
    struct legend_classes *classes = finder->classes;
    if (finder->failed || classes->count == LEGEND_CLASSES_MAX) {
        return NULL;
    }
    if (!classes->items) {
        classes->items = arena_array(finder->arena, LEGEND_CLASSES_MAX, sizeof *classes->items);
        if (!classes->items) {
            finder->failed = true;
            return NULL;
        }
    }
    return &classes->items[classes->count++];
}

static const char *literal_color(const struct value *output, struct arena *arena)
{
    return output && output->type == VALUE_STRING ? arena_strndup(arena, output->string.data, output->string.length)
                                                  : NULL;
}

/* Gives `added` its example: `value` in the deciding attribute, or the colour itself where the input is computed. */
static void set_example(struct finder *finder, struct legend_class *added, const struct value *input,
                        struct value value, const struct value *output)
{
    if (is_plain_get(input, 0)) {
        example_set(&added->example, finder->classes->field, value);
    } else {
        added->css_color = literal_color(output, finder->arena);
    }
}

static void add_rest(struct finder *finder, const struct value *input, const struct value *output)
{
    struct legend_class *added = add_class(finder);
    if (added) {
        added->key = "*";
        added->label = format_pick(finder->language, "Otros", "Other");
        /* A value no data set holds; numbers never equal it either. */
        set_example(finder, added, input, value_of_string("\x01"), output);
    }
}

static void add_match(struct finder *finder, const struct value *expression)
{
    const struct value *input = item(expression, 1);
    size_t count = item_count(expression);
    for (size_t i = 2; i + 1 < count; i += 2) {
        const struct value *label = item(expression, i);
        const struct value *first = label->type == VALUE_ARRAY ? item(label, 0) : label;
        struct legend_class *added = first ? add_class(finder) : NULL;
        if (!added) {
            continue;
        }
        added->key = value_key(first, finder->arena);
        added->label = value_label(first, finder->language, finder->unit, finder->arena);
        for (size_t more = 1; label->type == VALUE_ARRAY && more < item_count(label) && more < 6; more++) {
            const char *next = value_label(item(label, more), finder->language, finder->unit, finder->arena);
            added->label = arena_printf(finder->arena, "%s, %s", added->label, next ? next : "");
        }
        set_example(finder, added, input, *first, item(expression, i + 1));
    }
    if (count > 3 && count % 2 == 1) {
        add_rest(finder, input, item(expression, count - 1));
    }
}

static void add_range(struct finder *finder, const struct value *input, const struct value *low,
                      const struct value *high, const struct value *output)
{
    struct legend_class *added = add_class(finder);
    if (!added) {
        return;
    }
    added->has_low = low != NULL;
    added->has_high = high != NULL;
    added->low = low ? value_number(low) : 0;
    added->high = high ? value_number(high) : 0;
    added->key = low ? value_key(low, finder->arena) : "<";
    added->label = format_range(finder->language, added->has_low, added->low, added->has_high, added->high,
                                finder->unit, finder->arena);
    set_example(finder, added, input, value_of_real(low ? added->low : added->high - 1), output);
}

/* ["step", input, first, stop, output, …]. A first output below 0 is what data sets that only count never show. */
static void add_step(struct finder *finder, const struct value *expression)
{
    const struct value *input = item(expression, 1);
    size_t count = item_count(expression);
    const struct value *first_stop = item(expression, 3);
    if (first_stop && value_number(first_stop) != 0) {
        add_range(finder, input, NULL, first_stop, item(expression, 2));
    }
    for (size_t i = 3; i + 1 < count; i += 2) {
        add_range(finder, input, item(expression, i), item(expression, i + 2), item(expression, i + 1));
    }
}

/* ["interpolate", kind, input, stop, output, …]: one entry for each stop. */
static void add_interpolate(struct finder *finder, const struct value *expression)
{
    const struct value *input = item(expression, 2);
    for (size_t i = 3; i + 1 < item_count(expression); i += 2) {
        struct legend_class *added = add_class(finder);
        if (added) {
            const struct value *stop = item(expression, i);
            added->key = value_key(stop, finder->arena);
            added->label = value_label(stop, finder->language, finder->unit, finder->arena);
            added->has_low = added->has_high = true;
            added->low = added->high = value_number(stop);
            set_example(finder, added, input, *stop, item(expression, i + 1));
        }
    }
}

/* ["case", condition, output, …, rest] */
static void add_case(struct finder *finder, const struct value *expression)
{
    size_t count = item_count(expression);
    for (size_t i = 1; i + 1 < count; i += 2) {
        struct legend_class *added = add_class(finder);
        if (added) {
            added->key = arena_printf(finder->arena, "%zu", (i - 1) / 2);
            added->label = legend_example_satisfy(&added->example, item(expression, i), finder->language, finder->unit,
                                                  finder->arena);
            if (added->example.count == 0) {
                added->css_color = literal_color(item(expression, i + 1), finder->arena);
            }
        }
    }
    if (count > 2 && count % 2 == 0) {
        struct legend_class *added = add_class(finder);
        if (added) {
            added->key = "*";
            added->label = format_pick(finder->language, "Otros", "Other");
            added->css_color = literal_color(item(expression, count - 1), finder->arena);
        }
    }
}

/* {"property": f, "type": …, "stops": [[value, output], …]}, the functions of styles before expressions. */
static void add_function(struct finder *finder, const struct value *function)
{
    const struct value *stops = value_member(function, "stops");
    const char *type = value_member_string(function, "type");
    bool interval = type && strcmp(type, "interval") == 0;
    for (size_t i = 0; i < item_count(stops); i++) {
        const struct value *stop = item(item(stops, i), 0);
        const struct value *next = item(item(stops, i + 1), 0);
        struct legend_class *added = stop && stop->type != VALUE_OBJECT ? add_class(finder) : NULL;
        if (!added) {
            continue;
        }
        added->key = value_key(stop, finder->arena);
        added->label = interval ? format_range(finder->language, true, value_number(stop), next != NULL,
                                               next ? value_number(next) : 0, finder->unit, finder->arena)
                                : value_label(stop, finder->language, finder->unit, finder->arena);
        example_set(&added->example, finder->classes->field, *stop);
    }
}

/* The part of `expression` that decides by an attribute: behind zoom curves, "let" and the like. */
static const struct value *find_decider(const struct value *expression, unsigned depth)
{
    if (!expression || depth > DEPTH_MAX) {
        return NULL;
    }
    if (expression->type == VALUE_OBJECT) {
        return value_member_string(expression, "property") && value_member(expression, "stops") ? expression : NULL;
    }
    bool decides = ((is_call(expression, "match") || is_call(expression, "step")) &&
                    first_get(item(expression, 1), 0).length > 0) ||
                   (is_call(expression, "interpolate") && first_get(item(expression, 2), 0).length > 0) ||
                   (is_call(expression, "case") && first_get(item(expression, 1), 0).length > 0);
    if (decides) {
        return expression;
    }
    /* From the end: of a zoom curve the deepest zoom, where a map says most. */
    for (size_t i = item_count(expression); i > 1; i--) {
        const struct value *found = find_decider(item(expression, i - 1), depth + 1);
        if (found) {
            return found;
        }
    }
    return NULL;
}

static struct text decider_field(const struct value *decider)
{
    if (decider->type == VALUE_OBJECT) {
        return text_of(value_member_string(decider, "property"));
    }
    return first_get(item(decider, is_call(decider, "interpolate") ? 2 : 1), 0);
}

struct text legend_classes_field(const struct value *expression)
{
    const struct value *decider = find_decider(expression, 0);
    return decider ? decider_field(decider) : (struct text){"", 0};
}

bool legend_classes_find(const struct value *expression, enum language language, const char *unit, struct arena *arena,
                         struct legend_classes *out_classes)
{
    *out_classes = (struct legend_classes){{"", 0}, NULL, 0};
    const struct value *decider = find_decider(expression, 0);
    if (!decider) {
        return true;
    }
    struct finder finder = {language, unit, arena, out_classes, false};
    out_classes->field = decider_field(decider);
    if (decider->type == VALUE_OBJECT) {
        add_function(&finder, decider);
    } else if (is_call(decider, "match")) {
        add_match(&finder, decider);
    } else if (is_call(decider, "step")) {
        add_step(&finder, decider);
    } else if (is_call(decider, "interpolate")) {
        add_interpolate(&finder, decider);
    } else {
        add_case(&finder, decider);
    }
    return !finder.failed;
}

/* What is compared in ["==", ["get", f], v], in the old ["==", f, v], or swapped. */
static bool read_comparison(const struct value *condition, struct text *out_field, const struct value **out_value)
{
    const struct value *left = item(condition, 1);
    const struct value *right = item(condition, 2);
    if (!left || !right) {
        return false;
    }
    if (left->type == VALUE_STRING && right->type != VALUE_ARRAY && !text_is(left->string, "$type")) {
        *out_field = left->string;
        *out_value = right;
        return true;
    }
    if (is_plain_get(left, 0) && right->type != VALUE_ARRAY) {
        *out_field = first_get(left, 0);
        *out_value = right;
        return true;
    }
    if (is_plain_get(right, 0) && left->type != VALUE_ARRAY) {
        *out_field = first_get(right, 0);
        *out_value = left;
        return true;
    }
    return false;
}

/* "<", "<=", ">", ">=": an example on the right side of the limit, and how to say it. */
static const char *satisfy_order(struct legend_example *example, const struct value *condition, bool below,
                                 bool inclusive, enum language language, const char *unit, struct arena *arena)
{
    struct text field;
    const struct value *limit;
    if (!read_comparison(condition, &field, &limit) || !value_is_number(limit)) {
        return NULL;
    }
    double number = value_number(limit);
    double inside = inclusive ? number : below ? number - 1 : number + 1;
    /* Of "from 10 to below 20" the lower end stays the example. */
    bool keeps = false;
    for (size_t i = 0; i < example->count; i++) {
        keeps = keeps || (below && text_equal(example->names[i], field));
    }
    if (!keeps && !example_set(example, field, value_of_real(inside))) {
        return NULL;
    }
    return format_range(language, !below, number, below, number, unit, arena);
}

/* Each part of ["all", …]; of two ends of one range, one label is made. */
static const char *satisfy_all(struct legend_example *example, const struct value *condition, enum language language,
                               const char *unit, struct arena *arena)
{
    const char *label = NULL;
    double low = 0, high = 0;
    bool has_low = false, has_high = false;
    for (size_t i = 1; i < item_count(condition); i++) {
        const struct value *part = item(condition, i);
        const char *said = legend_example_satisfy(example, part, language, unit, arena);
        struct text field;
        const struct value *limit;
        if ((is_call(part, ">") || is_call(part, ">=")) && read_comparison(part, &field, &limit)) {
            has_low = true;
            low = value_number(limit);
        } else if ((is_call(part, "<") || is_call(part, "<=")) && read_comparison(part, &field, &limit)) {
            has_high = true;
            high = value_number(limit);
        }
        label = label ? label : said;
    }
    return has_low && has_high ? format_range(language, true, low, true, high, unit, arena) : label;
}

/* ["in", ["get", f], ["literal", […]]] and the old ["in", f, v, …] */
static const char *satisfy_in(struct legend_example *example, const struct value *condition, enum language language,
                              const char *unit, struct arena *arena)
{
    const struct value *subject = item(condition, 1);
    const struct value *literal = item(condition, 2);
    struct text field = subject && subject->type == VALUE_STRING ? subject->string : first_get(subject, 0);
    const char *label = NULL;
    bool wrapped = is_call(literal, "literal");
    const struct value *list = wrapped ? item(literal, 1) : condition;
    for (size_t i = wrapped ? 0 : 2; i < item_count(list) && i < 8; i++) {
        const char *said = value_label(item(list, i), language, unit, arena);
        label = label ? arena_printf(arena, "%s, %s", label, said ? said : "") : said;
    }
    const struct value *first = item(list, wrapped ? 0 : 2);
    return first && example_set(example, field, *first) ? label : NULL;
}

const char *legend_example_satisfy(struct legend_example *example, const struct value *condition,
                                   enum language language, const char *unit, struct arena *arena)
{
    struct text field;
    const struct value *wanted;
    if (is_call(condition, "all")) {
        return satisfy_all(example, condition, language, unit, arena);
    }
    if (is_call(condition, "any")) {
        return legend_example_satisfy(example, item(condition, 1), language, unit, arena);
    }
    if (is_call(condition, "in")) {
        return satisfy_in(example, condition, language, unit, arena);
    }
    if (is_call(condition, "==") && read_comparison(condition, &field, &wanted)) {
        return example_set(example, field, *wanted) ? value_label(wanted, language, unit, arena) : NULL;
    }
    if (is_call(condition, "<") || is_call(condition, "<=")) {
        return satisfy_order(example, condition, true, is_call(condition, "<="), language, unit, arena);
    }
    if (is_call(condition, ">") || is_call(condition, ">=")) {
        return satisfy_order(example, condition, false, is_call(condition, ">="), language, unit, arena);
    }
    if (is_call(condition, "!") && is_call(item(condition, 1), "has")) {
        return format_pick(language, "Sin dato", "No data");
    }
    if (is_call(condition, "match") && is_plain_get(item(condition, 1), 0)) {
        const struct value *label = item(condition, 2);
        const struct value *first = label && label->type == VALUE_ARRAY ? item(label, 0) : label;
        return first && example_set(example, first_get(item(condition, 1), 0), *first)
                   ? value_label(first, language, unit, arena)
                   : NULL;
    }
    if (is_plain_get(condition, 0) || is_call(condition, "has")) {
        field = first_get(condition, 0);
        example_set(example, field, value_of_bool(true));
        return format_humanised(field, arena);
    }
    return NULL;
}
