/* SPDX-License-Identifier: MIT */
#pragma once
/* Expressions of QGIS and of OGC filters, and what they mean as style expressions.
 *
 * Both languages know three truths: true, false and unknown (a comparison with NULL). The translation keeps that: what
 * is asked for is "is it true" or "is it false", and NOT turns one question into the other. */

#include "style/import_draft.h"

enum import_expr_kind {
    IMPORT_LITERAL, /* `value` */
    IMPORT_FIELD,   /* `value` is its name */
    IMPORT_AND,
    IMPORT_OR,
    IMPORT_NOT,
    IMPORT_COMPARE, /* `op` is one of = ! < L > G (L: <=, G: >=) */
    IMPORT_LIKE,    /* operand, pattern literal; `op` 'i' ignores case */
    IMPORT_IN,      /* operand, then the list */
    IMPORT_IS_NULL,
    IMPORT_IS,         /* equal, and NULL equals NULL */
    IMPORT_ARITHMETIC, /* `op` is one of + - * / % ^ */
    IMPORT_CONCAT,
    IMPORT_CALL, /* `value` is the name in lower case */
    IMPORT_CASE  /* condition, result, …, and the rest at the end if the number is odd */
};

struct import_expr {
    enum import_expr_kind kind;
    char op;
    bool is_untyped;   /* a literal of XML, which may be text or a number */
    bool ignores_case; /* of IMPORT_COMPARE with texts */
    struct value value;
    struct import_expr **items;
    size_t count;
    /* Of IMPORT_LIKE. */
    char any;    /* stands for any text */
    char one;    /* stands for any character */
    char escape; /* '\0': none */
};

/* Why a translation failed: the piece, for people. */
struct import_trouble {
    char english[160];
    char spanish[160];
};

/* Notes "english: why". */
void import_expr_note(struct import *import, size_t line, const char *english, const char *spanish,
                      const struct import_trouble *why);

struct import_expr *import_expr_make(struct import *import, enum import_expr_kind kind, char op, size_t count, ...);
/* One item more. */
void import_expr_add(struct import *import, struct import_expr *expr, struct import_expr *item);

/* The filter that passes where `expr` is true. */
bool import_expr_filter(struct import *import, const struct import_expr *expr, struct value *out_filter,
                        struct import_trouble *out_trouble);
/* The value, NULL for null. */
bool import_expr_value(struct import *import, const struct import_expr *expr, struct value *out_value,
                       struct import_trouble *out_trouble);

/* Reads an expression of QGIS. */
bool import_expr_parse(struct import *import, const char *text, struct import_expr **out_expr,
                       struct import_trouble *out_trouble);
