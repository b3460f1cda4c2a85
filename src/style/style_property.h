/* SPDX-License-Identifier: MIT */
#pragma once
/* One property of one layer, compiled: a constant, or an expression with the default for when it fails. */

#include "style/expr.h"

struct style_property_value {
    const struct property_spec *spec;
    const struct expr *expr;    /* NULL: constant */
    struct expr_value constant; /* what it is without an expression, else the default */
    bool has_constant;          /* false: neither value nor default */
    int constant_index;         /* of enumerations; -1 when none */
    unsigned depends;           /* bits of style.h */
};

/* Compiles `json` (NULL: the default). `global_state` is what ["global-state"] sees. False with an English reason. */
bool style_property_compile(enum style_property property, const struct value *json, const struct value *global_state,
                            struct expr_names *names, struct arena *arena, struct style_property_value *out_value,
                            const char **out_reason);

/* The value in a scope: the expression's, or the constant. NULL when there is none. `room` is for results. */
const struct expr_value *style_property_evaluate(const struct style_property_value *value, struct expr_context *context,
                                                 struct expr_value *room);

/* The index of a text among the values of an enumeration, -1 when it is none. */
int style_property_index(const struct property_spec *spec, struct text value);
