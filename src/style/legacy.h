/* SPDX-License-Identifier: MIT */
#pragma once
/* What styles wrote before there were expressions: functions ({"stops": …}), filters (["==", "kind", "park"]) and
 * "{name}" in text. Each is turned into the expression that means the same. */

#include "style/property_table.h"

/* True for an object, which stands for a function where a property's value is wanted. */
bool legacy_is_function(const struct value *json);
/* The expression of a function. False with an English reason when it is none the specification knows. */
bool legacy_function(const struct value *function, const struct property_spec *spec, struct arena *arena,
                     struct value *out_expression, const char **out_reason);

/* True when a filter is an expression; false when it is written in the old syntax. */
bool legacy_filter_is_expression(const struct value *filter);
/* The expression of a filter in the old syntax. False when memory is out. */
bool legacy_filter(const struct value *filter, struct arena *arena, struct value *out_expression);

/* A filter of the old syntax inside an expression: NULL when there is none. `out_path` gets "[1][2]", where it is. */
const struct value *legacy_filter_mixed(const struct value *filter, struct arena *arena, const char **out_path);
/* What to say about it. */
const char *legacy_filter_advice(const struct value *filter, struct arena *arena);

/* "Calle {name}" as ["concat", "Calle ", ["get", "name"]]; text without braces as it is. */
struct value legacy_tokens(struct text text, struct arena *arena);
