/* SPDX-License-Identifier: MIT */
#pragma once
/* Inside the compiler of expressions: shared by expr_parse.c (types, operators with ordinary arguments) and
 * expr_forms.c (special forms). */

#include "style/expr.h"

struct expr_error_list {
    const struct expr_error *first;
    struct expr_error *last;
};

/* Variables bound by "let", innermost first. */
struct expr_scope {
    struct text name;
    const struct expr *bound;
    const struct expr_scope *outer;
};

struct expr_parser {
    struct arena *arena;
    struct expr_names *names;
    size_t work; /* expressions looked at, against texts that would take for ever */
    bool out_of_memory;
};

/* A place in the JSON that is being parsed. */
struct expr_place {
    struct expr_parser *parser;
    const char *key;
    const struct expr_type *expected; /* NULL: anything */
    const struct expr_scope *scope;
    struct expr_error_list *errors;
};

enum expr_annotation { EXPR_ANNOTATE, EXPR_ANNOTATE_ASSERT, EXPR_ANNOTATE_COERCE, EXPR_ANNOTATE_OMIT };

/* Parses `json` as the argument `index` of the expression at `place` (0: at the place itself). NULL after an error. */
const struct expr *expr_parse(const struct expr_place *place, const struct value *json, size_t index,
                              const struct expr_type *expected);
const struct expr *expr_parse_annotated(const struct expr_place *place, const struct value *json, size_t index,
                                        const struct expr_type *expected, const struct expr_scope *scope,
                                        enum expr_annotation annotation);

/* Adds an error and returns NULL. The first of `index` and `inner` that is not 0 … names the argument at fault. */
const struct expr *expr_reject(const struct expr_place *place, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
const struct expr *expr_reject_at(const struct expr_place *place, const char *path, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* True, with an error at `place` or its argument `index`, when `actual` does not fit. */
bool expr_mismatch(const struct expr_place *place, size_t index, const struct expr_type *expected,
                   const struct expr_type *actual);

struct expr *expr_new(const struct expr_place *place, enum expr_op op, struct expr_type type, size_t count,
                      const struct expr *const *args);
const char *expr_type_name(const struct expr_place *place, const struct expr_type *type);

/* Special forms, by name. */

struct expr_form {
    const char *name;
    const struct expr *(*parse)(const struct expr_place *place, const struct value *json);
};
const struct expr_form *expr_form_find(struct text name);

/* within and distance. */
const struct expr *expr_parse_within(const struct expr_place *place, const struct value *json);
const struct expr *expr_parse_distance(const struct expr_place *place, const struct value *json);
