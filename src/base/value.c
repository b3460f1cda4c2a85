/* SPDX-License-Identifier: MIT */
#include "base/value.h"

#include <jansson.h>
#include <string.h>

enum { DEPTH_MAX = 64 };

struct value value_null(void)
{
    return (struct value){.type = VALUE_NULL};
}

struct value value_of_bool(bool boolean)
{
    return (struct value){.type = VALUE_BOOL, .boolean = boolean};
}

struct value value_of_int(int64_t integer)
{
    return (struct value){.type = VALUE_INT, .integer = integer};
}

struct value value_of_real(double real)
{
    return (struct value){.type = VALUE_REAL, .real = real};
}

struct value value_of_text(struct text text)
{
    return (struct value){.type = VALUE_STRING, .string = text};
}

struct value value_of_string(const char *string)
{
    return value_of_text(text_of(string));
}

bool value_is_number(const struct value *value)
{
    return value->type == VALUE_INT || value->type == VALUE_REAL;
}

double value_number(const struct value *value)
{
    return value->type == VALUE_INT ? (double)value->integer : value->type == VALUE_REAL ? value->real : 0;
}

static bool array_equal(const struct value_array *a, const struct value_array *b)
{
    if (a->count != b->count) {
        return false;
    }
    for (size_t i = 0; i < a->count; i++) {
        if (!value_equal(&a->items[i], &b->items[i])) {
            return false;
        }
    }
    return true;
}

static const struct value *find_member(const struct value_object *object, struct text name)
{
    for (size_t i = 0; i < object->count; i++) {
        if (text_equal(object->members[i].name, name)) {
            return &object->members[i].value;
        }
    }
    return NULL;
}

static bool object_equal(const struct value_object *a, const struct value_object *b)
{
    if (a->count != b->count) {
        return false;
    }
    for (size_t i = 0; i < a->count; i++) {
        const struct value *other = find_member(b, a->members[i].name);
        if (!other || !value_equal(&a->members[i].value, other)) {
            return false;
        }
    }
    return true;
}

bool value_equal(const struct value *a, const struct value *b)
{
    if (value_is_number(a) && value_is_number(b)) {
        return a->type == VALUE_INT && b->type == VALUE_INT ? a->integer == b->integer
                                                            : value_number(a) == value_number(b);
    }
    if (a->type != b->type) {
        return false;
    }
    switch (a->type) {
    case VALUE_NULL:
        return true;
    case VALUE_BOOL:
        return a->boolean == b->boolean;
    case VALUE_STRING:
        return text_equal(a->string, b->string);
    case VALUE_ARRAY:
        return array_equal(&a->array, &b->array);
    case VALUE_OBJECT:
        return object_equal(&a->object, &b->object);
    case VALUE_INT:
    case VALUE_REAL:
        break;
    }
    return false;
}

const struct value *value_member(const struct value *object, const char *name)
{
    if (!object || object->type != VALUE_OBJECT) {
        return NULL;
    }
    return find_member(&object->object, text_of(name));
}

const char *value_member_string(const struct value *object, const char *name)
{
    const struct value *member = value_member(object, name);
    return member && member->type == VALUE_STRING ? member->string.data : NULL;
}

static bool convert(json_t *json, int depth, struct arena *arena, struct value *out);

static bool convert_array(json_t *json, int depth, struct arena *arena, struct value *out)
{
    size_t count = json_array_size(json);
    struct value *items = arena_array(arena, count, sizeof *items);
    if (!items) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!convert(json_array_get(json, i), depth + 1, arena, &items[i])) {
            return false;
        }
    }
    *out = (struct value){.type = VALUE_ARRAY, .array = {items, count}};
    return true;
}

static bool convert_object(json_t *json, int depth, struct arena *arena, struct value *out)
{
    size_t count = json_object_size(json);
    struct value_member *members = arena_array(arena, count, sizeof *members);
    if (!members) {
        return false;
    }
    size_t i = 0;
    for (void *at = json_object_iter(json); at; at = json_object_iter_next(json, at), i++) {
        const char *name = json_object_iter_key(at);
        size_t length = strlen(name);
        members[i].name = (struct text){arena_strndup(arena, name, length), length};
        if (!members[i].name.data || !convert(json_object_iter_value(at), depth + 1, arena, &members[i].value)) {
            return false;
        }
    }
    *out = (struct value){.type = VALUE_OBJECT, .object = {members, count}};
    return true;
}

/* jansson bounds the depth while parsing (2048 by default); ours is lower, so that recursion stays small. */
static bool convert(json_t *json, int depth, struct arena *arena, struct value *out)
{
    if (depth > DEPTH_MAX) {
        return false;
    }
    switch (json_typeof(json)) {
    case JSON_NULL:
        *out = value_null();
        return true;
    case JSON_TRUE:
    case JSON_FALSE:
        *out = value_of_bool(json_is_true(json));
        return true;
    case JSON_INTEGER:
        *out = value_of_int(json_integer_value(json));
        return true;
    case JSON_REAL:
        *out = value_of_real(json_real_value(json));
        return true;
    case JSON_STRING: {
        size_t length = json_string_length(json);
        char *copy = arena_strndup(arena, json_string_value(json), length);
        *out = value_of_text((struct text){copy, length});
        return copy != NULL;
    }
    case JSON_ARRAY:
        return convert_array(json, depth, arena, out);
    case JSON_OBJECT:
        return convert_object(json, depth, arena, out);
    }
    return false;
}

bool value_read_json(struct text json, struct arena *arena, struct value *out_value, struct error *err)
{
    json_error_t where;
    json_t *root =
        json_loadb(json.data, json.length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &where);
    if (!root) {
        error_tell(err, ERROR_INVALID, "JSON-001", "not valid JSON: line %d, column %d: %s",
                   "JSON no válido: línea %d, columna %d: %s", where.line, where.column, where.text);
        return false;
    }
    struct value value = value_null();
    bool ok = convert(root, 0, arena, &value);
    json_decref(root);
    if (!ok) {
        error_tell(err, ERROR_TOO_LARGE, "JSON-002", "JSON is nested deeper than %d levels or too large",
                   "el JSON tiene más de %d niveles o es demasiado grande", DEPTH_MAX);
        return false;
    }
    *out_value = value;
    return true;
}
