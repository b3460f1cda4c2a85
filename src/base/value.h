/* SPDX-License-Identifier: MIT */
#pragma once
/* A value of an attribute or of JSON: what features carry, what descriptors and styles are read into. */

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"

enum value_type { VALUE_NULL, VALUE_BOOL, VALUE_INT, VALUE_REAL, VALUE_STRING, VALUE_ARRAY, VALUE_OBJECT };

struct value;

struct value_array {
    const struct value *items;
    size_t count;
};

struct value_object {
    const struct value_member *members; /* in the order of the text */
    size_t count;
};

/* Small and copied freely; text, arrays and objects are borrowed from where the value came from. */
struct value {
    enum value_type type;
    union {
        bool boolean;
        int64_t integer;
        double real; /* may be NaN or infinite in attributes; written to JSON as null */
        struct text string;
        struct value_array array;
        struct value_object object;
    };
};

struct value_member {
    struct text name;
    struct value value;
};

struct value value_null(void);
struct value value_of_bool(bool boolean);
struct value value_of_int(int64_t integer);
struct value value_of_real(double real);
struct value value_of_text(struct text text);
struct value value_of_string(const char *string);

bool value_is_number(const struct value *value);
/* Integer or real as double; 0 for other types. */
double value_number(const struct value *value);
/* Same type and content; an integer and a real of equal size are equal. */
bool value_equal(const struct value *a, const struct value *b);

/* The member `name` of an object, NULL when absent or when `object` is NULL or not an object. */
const struct value *value_member(const struct value *object, const char *name);
/* The member as text (NUL-terminated where it came from value_read_json); NULL when absent or not a string. */
const char *value_member_string(const struct value *object, const char *name);

/* Where a JSON text is wrong: 1-based line and column (bytes). */
struct value_position {
    size_t line;
    size_t column;
};

/* Reads one JSON document (RFC 8259, strict UTF-8, duplicate names refused, at most 64 levels deep). Everything lives
 * in `arena`; strings are NUL-terminated. On failure `err` names line and column. */
bool value_read_json(struct text json, struct arena *arena, struct value *out_value, struct error *err);
