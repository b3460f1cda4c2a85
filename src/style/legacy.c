/* SPDX-License-Identifier: MIT */
/* Functions, filters and tokens of older styles as expressions. */
#include "style/legacy.h"

#include "style/expr_value.h"

#include <string.h>

/* A JSON array that grows in an arena. */
struct list {
    struct arena *arena;
    struct value *items;
    size_t count;
    size_t capacity;
    bool failed;
};

static void list_add(struct list *list, struct value value)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 8;
        struct value *grown =
            arena_grow(list->arena, list->items, list->capacity * sizeof *grown, capacity * sizeof *grown);
        if (!grown) {
            list->failed = true;
            return;
        }
        list->items = grown;
        list->capacity = capacity;
    }
    list->items[list->count++] = value;
}

static struct value list_value(const struct list *list)
{
    return (struct value){.type = VALUE_ARRAY, .array = {list->items, list->count}};
}

static struct list list_of(struct arena *arena, const char *name)
{
    struct list list = {.arena = arena};
    list_add(&list, value_of_string(name));
    return list;
}

static struct value pair(struct arena *arena, const char *name, struct value argument)
{
    struct list list = list_of(arena, name);
    list_add(&list, argument);
    return list_value(&list);
}

static bool is_compound(const struct value *json)
{
    return json->type == VALUE_ARRAY || json->type == VALUE_OBJECT || json->type == VALUE_NULL;
}

static struct value literal_of(struct arena *arena, const struct value *json)
{
    return is_compound(json) ? pair(arena, "literal", *json) : *json;
}

/* --- tokens ------------------------------------------------------------------------------------------------- */

/* The end of "{name}" that begins at `start`, 0 when there is none. */
static size_t token_end(struct text text, size_t start)
{
    for (size_t i = start + 1; i < text.length; i++) {
        if (text.data[i] == '{') {
            return 0;
        }
        if (text.data[i] == '}') {
            return i > start + 1 ? i + 1 : 0;
        }
    }
    return 0;
}

struct value legacy_tokens(struct text text, struct arena *arena)
{
    struct list list = list_of(arena, "concat");
    size_t literal = 0;
    for (size_t i = 0; i < text.length; i++) {
        size_t end = text.data[i] == '{' ? token_end(text, i) : 0;
        if (end == 0) {
            continue;
        }
        if (i > literal) {
            list_add(&list, value_of_text((struct text){text.data + literal, i - literal}));
        }
        struct text name = {text.data + i + 1, end - i - 2};
        list_add(&list, pair(arena, "get", value_of_text(name)));
        literal = end;
        i = end - 1;
    }
    if (list.count == 1 || list.failed) {
        return value_of_text(text);
    }
    if (literal < text.length) {
        list_add(&list, value_of_text((struct text){text.data + literal, text.length - literal}));
    } else if (list.count == 2) {
        return pair(arena, "to-string", list.items[1]);
    }
    return list_value(&list);
}

/* --- functions ---------------------------------------------------------------------------------------------- */

enum function_type {
    FUNCTION_EXPONENTIAL,
    FUNCTION_INTERVAL,
    FUNCTION_CATEGORICAL,
    FUNCTION_IDENTITY,
    FUNCTION_UNKNOWN
};

struct function {
    struct arena *arena;
    const struct property_spec *spec;
    const struct value *json;
    const struct value *property;
    const struct value *fallback; /* "default"; NULL: none */
    enum function_type type;
    const char *interpolate;
    const char *reason;
};

bool legacy_is_function(const struct value *json)
{
    return json->type == VALUE_OBJECT;
}

static enum function_type read_type(const struct value *json, const struct property_spec *spec)
{
    const struct value *type = value_member(json, "type");
    if (!type) {
        return spec->interpolated ? FUNCTION_EXPONENTIAL : FUNCTION_INTERVAL;
    }
    static const char *const names[] = {"exponential", "interval", "categorical", "identity"};
    for (int i = 0; i < 4 && type->type == VALUE_STRING; i++) {
        if (text_is(type->string, names[i])) {
            return (enum function_type)i;
        }
    }
    return FUNCTION_UNKNOWN;
}

static struct value attribute_of(const struct function *function)
{
    return pair(function->arena, "get", function->property ? *function->property : value_null());
}

static const char *type_name(enum property_type type)
{
    static const char *const names[] = {
        [PROPERTY_NUMBER] = "number",
        [PROPERTY_BOOLEAN] = "boolean",
        [PROPERTY_STRING] = "string",
        [PROPERTY_ENUM] = "string",
        [PROPERTY_COLOR] = "to-color",
        [PROPERTY_ARRAY] = "array",
        [PROPERTY_FORMATTED] = "string",
        [PROPERTY_IMAGE] = "image",
        [PROPERTY_PADDING] = "padding",
        [PROPERTY_NUMBER_ARRAY] = "numberArray",
        [PROPERTY_COLOR_ARRAY] = "colorArray",
        [PROPERTY_ANCHOR_OFFSETS] = "variableAnchorOffsetCollection",
        [PROPERTY_PROJECTION] = "projectionDefinition",
        [PROPERTY_ANY] = "value",
    };
    return names[type];
}

static struct value identity_expression(const struct function *function)
{
    struct arena *arena = function->arena;
    const struct property_spec *spec = function->spec;
    struct value get = attribute_of(function);
    if (!function->fallback) {
        return spec->type == PROPERTY_STRING ? pair(arena, "string", get) : get;
    }
    if (spec->type == PROPERTY_ENUM) {
        struct list values = {.arena = arena};
        for (size_t i = 0; spec->values && spec->values[i]; i++) {
            list_add(&values, value_of_string(spec->values[i]));
        }
        struct list match = list_of(arena, "match");
        list_add(&match, get);
        list_add(&match, list_value(&values));
        list_add(&match, get);
        list_add(&match, *function->fallback);
        return list_value(&match);
    }
    struct list list;
    if (spec->type == PROPERTY_FORMATTED || spec->type == PROPERTY_IMAGE || spec->type >= PROPERTY_PADDING) {
        /* no operator asserts these: the first that is given */
        list = list_of(arena, "coalesce");
    } else {
        list = list_of(arena, type_name(spec->type));
    }
    if (spec->type == PROPERTY_ARRAY) {
        list_add(&list, value_of_string(type_name(spec->item)));
        list_add(&list, spec->length > 0 ? value_of_int(spec->length) : value_null());
    }
    list_add(&list, get);
    list_add(&list, literal_of(arena, function->fallback));
    return list_value(&list);
}

/* Appends a stop; a stop at the input of the one before is left out, and a step's first input is not written. */
static void add_stop(struct list *curve, const struct value *input, struct value output, bool step)
{
    if (curve->count > 3 && value_equal(input, &curve->items[curve->count - 2])) {
        return;
    }
    if (!(step && curve->count == 2)) {
        list_add(curve, *input);
    }
    list_add(curve, output);
}

/* A step needs one stop more than its lowest output. */
static void complete_step(struct list *curve)
{
    if (curve->count == 3) {
        list_add(curve, value_of_int(0));
        list_add(curve, curve->items[2]);
    }
}

static struct value interpolation_of(const struct function *function)
{
    const struct value *base = value_member(function->json, "base");
    if (!base || (value_is_number(base) && value_number(base) == 1)) {
        struct list linear = list_of(function->arena, "linear");
        return list_value(&linear);
    }
    return pair(function->arena, "exponential", *base);
}

/* The value for what no stop covers: the function's default or the property's. */
static struct value fallback_of(const struct function *function)
{
    if (function->fallback) {
        return literal_of(function->arena, function->fallback);
    }
    struct value json;
    if (function->spec->default_json &&
        value_read_json(text_of(function->spec->default_json), function->arena, &json, NULL)) {
        return literal_of(function->arena, &json);
    }
    if (function->spec->type == PROPERTY_IMAGE) {
        return value_of_string("");
    }
    /* no value at all: what fails when it is reached fits every type */
    return pair(function->arena, "error", value_of_string("No stop fits, and there is no default."));
}

struct stop {
    const struct value *input;
    struct value output;
};

static struct value categorical_expression(const struct function *function, const struct stop *stops, size_t count)
{
    struct value get = attribute_of(function);
    bool booleans = stops[0].input->type == VALUE_BOOL;
    struct list list = list_of(function->arena, booleans ? "case" : "match");
    if (!booleans) {
        list_add(&list, get);
    }
    for (size_t i = 0; i < count; i++) {
        if (booleans) {
            struct list test = list_of(function->arena, "==");
            list_add(&test, get);
            list_add(&test, *stops[i].input);
            list_add(&list, list_value(&test));
            list_add(&list, stops[i].output);
        } else {
            add_stop(&list, stops[i].input, stops[i].output, false);
        }
    }
    list_add(&list, fallback_of(function));
    return list_value(&list);
}

static struct value property_expression(struct function *function, const struct stop *stops, size_t count)
{
    struct arena *arena = function->arena;
    if (function->type == FUNCTION_CATEGORICAL) {
        return categorical_expression(function, stops, count);
    }
    if (function->type != FUNCTION_INTERVAL && function->type != FUNCTION_EXPONENTIAL) {
        function->reason = "unknown type of function";
        return value_null();
    }
    bool step = function->type == FUNCTION_INTERVAL;
    struct value get = attribute_of(function);
    struct list curve = list_of(arena, step ? "step" : function->interpolate);
    if (!step) {
        list_add(&curve, interpolation_of(function));
    }
    list_add(&curve, pair(arena, "number", get));
    for (size_t i = 0; i < count; i++) {
        add_stop(&curve, stops[i].input, stops[i].output, step);
    }
    if (step) {
        complete_step(&curve);
    }
    if (!function->fallback) {
        return list_value(&curve);
    }
    struct list test = list_of(arena, "==");
    list_add(&test, pair(arena, "typeof", get));
    list_add(&test, value_of_string("number"));
    struct list choice = list_of(arena, "case");
    list_add(&choice, list_value(&test));
    list_add(&choice, list_value(&curve));
    list_add(&choice, literal_of(arena, function->fallback));
    return list_value(&choice);
}

static struct value zoom_expression(struct function *function, const struct stop *stops, size_t count)
{
    bool step = function->type == FUNCTION_INTERVAL;
    if (!step && function->type != FUNCTION_EXPONENTIAL) {
        function->reason = "a function of the zoom is exponential or interval";
        return value_null();
    }
    struct list zoom = list_of(function->arena, "zoom");
    struct list curve = list_of(function->arena, step ? "step" : function->interpolate);
    if (!step) {
        list_add(&curve, interpolation_of(function));
    }
    list_add(&curve, list_value(&zoom));
    for (size_t i = 0; i < count; i++) {
        add_stop(&curve, stops[i].input, stops[i].output, step);
    }
    if (step) {
        complete_step(&curve);
    }
    return list_value(&curve);
}

/* One property function for each zoom; between them the property's own way. */
static struct value zoom_and_property_expression(struct function *function, const struct stop *stops, size_t count)
{
    struct arena *arena = function->arena;
    bool step = !function->spec->interpolated;
    struct list zoom = list_of(arena, "zoom");
    struct list linear = list_of(arena, "linear");
    struct list curve = list_of(arena, step ? "step" : function->interpolate);
    struct stop *group = arena_array(arena, count, sizeof *group);
    bool *used = arena_array(arena, count, sizeof *used);
    if (!step) {
        list_add(&curve, list_value(&linear));
    }
    list_add(&curve, list_value(&zoom));
    for (size_t i = 0; group && used && i < count; i++) {
        const struct value *at = value_member(stops[i].input, "zoom");
        if (used[i] || !at) {
            continue;
        }
        size_t size = 0;
        for (size_t j = i; j < count; j++) {
            const struct value *other = value_member(stops[j].input, "zoom");
            const struct value *value = value_member(stops[j].input, "value");
            if (!used[j] && other && value && value_equal(at, other)) {
                used[j] = true;
                group[size++] = (struct stop){value, stops[j].output};
            }
        }
        if (size == 0) {
            function->reason = "a stop lacks \"value\"";
            return value_null();
        }
        add_stop(&curve, at, property_expression(function, group, size), step);
    }
    if (step) {
        complete_step(&curve);
    }
    return list_value(&curve);
}

static struct stop *read_stops(struct function *function, const struct value *json, bool tokens)
{
    size_t count = json->type == VALUE_ARRAY ? json->array.count : 0;
    struct stop *stops = arena_array(function->arena, count, sizeof *stops);
    if (count == 0) {
        function->reason = "a function needs stops";
        return NULL;
    }
    for (size_t i = 0; stops && i < count; i++) {
        const struct value *stop = &json->array.items[i];
        if (stop->type != VALUE_ARRAY || stop->array.count != 2) {
            function->reason = "a stop is a pair of input and output";
            return NULL;
        }
        const struct value *output = &stop->array.items[1];
        stops[i].input = &stop->array.items[0];
        stops[i].output = tokens && output->type == VALUE_STRING ? legacy_tokens(output->string, function->arena)
                                                                 : literal_of(function->arena, output);
    }
    return stops;
}

bool legacy_function(const struct value *json, const struct property_spec *spec, struct arena *arena,
                     struct value *out_expression, const char **out_reason)
{
    struct function function = {.arena = arena, .spec = spec, .json = json, .type = read_type(json, spec)};
    const struct value *stops_json = value_member(json, "stops");
    const char *space = value_member_string(json, "colorSpace");
    function.property = value_member(json, "property");
    function.fallback = value_member(json, "default");
    function.interpolate = space && strcmp(space, "hcl") == 0   ? "interpolate-hcl"
                           : space && strcmp(space, "lab") == 0 ? "interpolate-lab"
                                                                : "interpolate";
    if (!stops_json) {
        *out_expression = identity_expression(&function);
        return true;
    }
    bool of_zoom = !function.property;
    struct stop *stops = read_stops(&function, stops_json, of_zoom && spec->tokens);
    if (stops) {
        size_t count = stops_json->array.count;
        bool composite = stops[0].input->type == VALUE_OBJECT;
        *out_expression = composite ? zoom_and_property_expression(&function, stops, count)
                          : of_zoom ? zoom_expression(&function, stops, count)
                                    : property_expression(&function, stops, count);
    }
    *out_reason = function.reason ? function.reason : "out of memory";
    return stops && !function.reason;
}

/* --- filters ------------------------------------------------------------------------------------------------ */

static bool is_name(const struct value *json, const char *name)
{
    return json->type == VALUE_STRING && text_is(json->string, name);
}

static bool is_comparison(const struct value *op)
{
    return is_name(op, "==") || is_name(op, "!=") || is_name(op, "<") || is_name(op, ">") || is_name(op, "<=") ||
           is_name(op, ">=");
}

/* How a filter is written. "has" and true mean the same in both. */
enum syntax { SYNTAX_BOTH, SYNTAX_OLD, SYNTAX_EXPRESSION };

static enum syntax filter_syntax(const struct value *filter);

/* One expression among the children makes the whole one; else one old filter makes it old. */
static enum syntax children_syntax(const struct value *filter)
{
    enum syntax found = SYNTAX_BOTH;
    for (size_t i = 1; i < filter->array.count; i++) {
        enum syntax child = filter_syntax(&filter->array.items[i]);
        if (child == SYNTAX_EXPRESSION) {
            return child;
        }
        found = child == SYNTAX_OLD ? child : found;
    }
    return found;
}

static enum syntax filter_syntax(const struct value *filter)
{
    if (filter->type == VALUE_BOOL) {
        return SYNTAX_BOTH;
    }
    if (filter->type != VALUE_ARRAY || filter->array.count == 0) {
        return SYNTAX_OLD;
    }
    const struct value *items = filter->array.items;
    size_t count = filter->array.count;
    if (is_name(&items[0], "has")) {
        bool special = count >= 2 && (is_name(&items[1], "$id") || is_name(&items[1], "$type"));
        bool plain = count == 2 && items[1].type == VALUE_STRING;
        return count < 2 || special ? SYNTAX_OLD : plain ? SYNTAX_BOTH : SYNTAX_EXPRESSION;
    }
    if (is_name(&items[0], "in")) {
        bool expression = count >= 3 && (items[1].type != VALUE_STRING || items[2].type == VALUE_ARRAY);
        return expression ? SYNTAX_EXPRESSION : SYNTAX_OLD;
    }
    if (is_name(&items[0], "!in") || is_name(&items[0], "!has") || is_name(&items[0], "none")) {
        return SYNTAX_OLD;
    }
    if (is_comparison(&items[0])) {
        bool expression = count != 3 || items[1].type == VALUE_ARRAY || items[2].type == VALUE_ARRAY;
        return expression ? SYNTAX_EXPRESSION : SYNTAX_OLD;
    }
    if (is_name(&items[0], "any") || is_name(&items[0], "all")) {
        return children_syntax(filter);
    }
    return SYNTAX_EXPRESSION;
}

bool legacy_filter_is_expression(const struct value *filter)
{
    return filter_syntax(filter) != SYNTAX_OLD;
}

static struct value convert_filter(const struct value *filter, struct arena *arena);

static struct value convert_children(const char *op, const struct value *filter, bool negate, struct arena *arena)
{
    struct list list = list_of(arena, op);
    for (size_t i = 1; i < filter->array.count; i++) {
        struct value child = convert_filter(&filter->array.items[i], arena);
        list_add(&list, negate ? pair(arena, "!", child) : child);
    }
    return list_value(&list);
}

static struct value convert_comparison(struct text op, const struct value *items, struct arena *arena)
{
    bool type = is_name(&items[1], "$type");
    bool id = is_name(&items[1], "$id");
    char *name = arena_printf(arena, "filter-%s%.*s", type ? "type-" : id ? "id-" : "", (int)op.length, op.data);
    struct list list = list_of(arena, name ? name : "");
    if (!type && !id) {
        list_add(&list, items[1]);
    }
    list_add(&list, items[2]);
    return list_value(&list);
}

static struct value convert_in(const struct value *filter, struct arena *arena)
{
    const struct value *items = filter->array.items;
    if (filter->array.count <= 2) {
        return value_of_bool(false);
    }
    struct value values = {.type = VALUE_ARRAY, .array = {items + 2, filter->array.count - 2}};
    struct value literal = pair(arena, "literal", values);
    if (is_name(&items[1], "$type")) {
        return pair(arena, "filter-type-in", literal);
    }
    if (is_name(&items[1], "$id")) {
        return pair(arena, "filter-id-in", literal);
    }
    struct list list = list_of(arena, "filter-in-small");
    list_add(&list, items[1]);
    list_add(&list, literal);
    return list_value(&list);
}

static struct value convert_has(const struct value *name, struct arena *arena)
{
    if (is_name(name, "$type")) {
        return value_of_bool(true);
    }
    if (is_name(name, "$id")) {
        struct list list = list_of(arena, "filter-has-id");
        return list_value(&list);
    }
    return pair(arena, "filter-has", *name);
}

static struct value convert_filter(const struct value *filter, struct arena *arena)
{
    if (filter->type == VALUE_BOOL) {
        return *filter;
    }
    if (filter->type != VALUE_ARRAY || filter->array.count == 0) {
        return value_of_bool(true);
    }
    const struct value *items = filter->array.items;
    const struct value *op = &items[0];
    if (filter->array.count == 1) {
        return value_of_bool(!is_name(op, "any"));
    }
    if (is_comparison(op) && filter->array.count >= 3) {
        if (is_name(op, "!=")) {
            return pair(arena, "!", convert_comparison(text_of("=="), items, arena));
        }
        return convert_comparison(op->string, items, arena);
    }
    if (is_name(op, "any") || is_name(op, "all")) {
        return convert_children(is_name(op, "any") ? "any" : "all", filter, false, arena);
    }
    if (is_name(op, "none")) {
        return convert_children("all", filter, true, arena);
    }
    if (is_name(op, "in")) {
        return convert_in(filter, arena);
    }
    if (is_name(op, "!in")) {
        return pair(arena, "!", convert_in(filter, arena));
    }
    if (is_name(op, "has")) {
        return convert_has(&items[1], arena);
    }
    if (is_name(op, "!has")) {
        return pair(arena, "!", convert_has(&items[1], arena));
    }
    return value_of_bool(true);
}

bool legacy_filter(const struct value *filter, struct arena *arena, struct value *out_expression)
{
    *out_expression = convert_filter(filter, arena);
    return true;
}

/* --- old filters inside expressions ------------------------------------------------------------------------- */

static const struct value *find_mixed(const struct value *filter, const char *path, struct arena *arena,
                                      const char **out_path)
{
    if (filter->type != VALUE_ARRAY || filter->array.count == 0) {
        return NULL;
    }
    const struct value *items = filter->array.items;
    size_t count = filter->array.count;
    bool list = is_name(&items[0], "all") || is_name(&items[0], "any") || is_name(&items[0], "none");
    bool negation = is_name(&items[0], "!");
    bool choice = is_name(&items[0], "case");
    size_t end = list ? count : negation ? (count < 2 ? count : 2) : choice ? count - 1 : 0;
    for (size_t i = 1; i < end; i += choice ? 2 : 1) {
        const struct value *child = &items[i];
        if (child->type != VALUE_ARRAY) {
            continue;
        }
        char *inner = arena_printf(arena, "%s[%zu]", path, i);
        if (!legacy_filter_is_expression(child)) {
            *out_path = inner;
            return child;
        }
        const struct value *found = inner ? find_mixed(child, inner, arena, out_path) : NULL;
        if (found) {
            return found;
        }
    }
    return NULL;
}

const struct value *legacy_filter_mixed(const struct value *filter, struct arena *arena, const char **out_path)
{
    return find_mixed(filter, "", arena, out_path);
}

/* The expression to write instead; false when none is known. */
static bool suggest(const struct value *filter, struct arena *arena, struct value *out_value)
{
    const struct value *items = filter->array.items;
    size_t count = filter->array.count;
    if (count < 2 || items[1].type != VALUE_STRING) {
        return false;
    }
    bool type = is_name(&items[1], "$type");
    bool id = is_name(&items[1], "$id");
    struct list getter = list_of(arena, type ? "geometry-type" : id ? "id" : "get");
    if (!type && !id) {
        list_add(&getter, items[1]);
    }
    struct list list = list_of(arena, "");
    if (is_comparison(&items[0]) && count == 3) {
        list.items[0] = items[0];
        list_add(&list, list_value(&getter));
        list_add(&list, items[2]);
        *out_value = list_value(&list);
        return true;
    }
    bool negated = is_name(&items[0], "!in") || is_name(&items[0], "!has");
    if (is_name(&items[0], "in") || is_name(&items[0], "!in")) {
        struct value values = {.type = VALUE_ARRAY, .array = {items + 2, count - 2}};
        list.items[0] = value_of_string("in");
        list_add(&list, list_value(&getter));
        list_add(&list, pair(arena, "literal", values));
    } else if ((is_name(&items[0], "has") || is_name(&items[0], "!has")) && count == 2 && !type && !id) {
        list.items[0] = value_of_string("has");
        list_add(&list, items[1]);
    } else {
        return false;
    }
    *out_value = negated ? pair(arena, "!", list_value(&list)) : list_value(&list);
    return true;
}

const char *legacy_filter_advice(const struct value *filter, struct arena *arena)
{
    enum { ADVICE_MAX = 1 << 16 };
    const struct value *items = filter->array.items;
    struct buffer text;
    buffer_init(&text, ADVICE_MAX);
    bool ordering = is_comparison(&items[0]) && !is_name(&items[0], "==") && !is_name(&items[0], "!=");
    struct value better;
    if (ordering && filter->array.count > 1 && is_name(&items[1], "$type")) {
        buffer_printf(&text, "\"$type\" cannot be use with operator \"%.*s\"", (int)items[0].string.length,
                      items[0].string.data);
    } else if (suggest(filter, arena, &better)) {
        buffer_append_text(&text, "Mixing deprecated filter syntax with expression syntax is not supported. Replace ");
        expr_print_json_value(filter, &text);
        buffer_append_text(&text, " with ");
        expr_print_json_value(&better, &text);
        buffer_append_text(&text, ".");
    } else {
        buffer_append_text(&text, "Mixing deprecated filter syntax with expression syntax is not supported. Convert ");
        expr_print_json_value(filter, &text);
        buffer_append_text(&text, " to expression syntax.");
    }
    return expr_take_text(&text, arena).data;
}
