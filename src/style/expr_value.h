/* SPDX-License-Identifier: MIT */
#pragma once
/* What expressions compute with: the types of the style specification and their values. */

#include "base/buffer.h"
#include "base/value.h"
#include "style/style.h"

enum expr_kind {
    EXPR_NULL,
    EXPR_NUMBER,
    EXPR_STRING,
    EXPR_BOOLEAN,
    EXPR_COLOR,
    EXPR_PROJECTION,
    EXPR_OBJECT,
    EXPR_VALUE, /* any of them; only as a type */
    EXPR_ARRAY,
    EXPR_ERROR, /* the type of ["error", …], which fits everywhere */
    EXPR_COLLATOR,
    EXPR_FORMATTED,
    EXPR_PADDING,
    EXPR_NUMBER_ARRAY,
    EXPR_COLOR_ARRAY,
    EXPR_IMAGE,
    EXPR_ANCHOR_OFFSETS
};

struct expr_type {
    enum expr_kind kind;
    const struct expr_type *item; /* of arrays */
    int64_t length;               /* of arrays; -1: any */
};

struct expr_value;
struct expr_member;

struct expr_section {
    struct text text;
    struct text image;
    bool is_image;
    bool image_available;
    bool has_scale;
    bool has_color;
    bool has_font;
    bool has_align;
    double scale;
    struct style_color color;
    struct text font_stack; /* "A,B" */
    struct text align;
};

/* Between two projections; a single one is its name, a string. */
struct expr_projection {
    struct text from;
    struct text to;
    double transition;
};

struct expr_value {
    enum expr_kind kind;
    union {
        bool boolean;
        double number;
        struct text string;
        struct style_color color; /* straight components */
        struct {
            const struct expr_value *items;
            size_t count;
        } array; /* also padding, number and colour arrays, and anchor, offset, anchor, offset … */
        struct {
            const struct expr_member *members;
            size_t count;
        } object;
        struct {
            const struct expr_section *sections;
            size_t count;
        } formatted;
        struct {
            struct text name;
            bool available;
        } image;
        struct {
            struct text locale; /* data NULL: not given */
            bool case_sensitive;
            bool diacritic_sensitive;
        } collator;
        const struct expr_projection *projection;
    };
};

struct expr_member {
    struct text name;
    struct expr_value value;
};

extern const struct expr_type expr_type_value; /* item type of untyped arrays */
struct expr_type expr_type_of_kind(enum expr_kind kind);
struct expr_type expr_type_array(const struct expr_type *item, int64_t length);
/* "array<number, 2>" */
void expr_type_print(const struct expr_type *type, struct buffer *out);
/* True when what has the type `actual` may stand where `expected` is wanted. */
bool expr_type_fits(const struct expr_type *expected, const struct expr_type *actual);
/* The type of a value; item types of arrays live in `arena`. */
struct expr_type expr_type_of(const struct expr_value *value, struct arena *arena);

struct expr_value expr_null(void);
struct expr_value expr_number(double number);
struct expr_value expr_boolean(bool boolean);
struct expr_value expr_string(struct text string);
/* Arrays and objects are copied into `arena`; null when it is full. */
struct expr_value expr_of_json(const struct value *json, struct arena *arena);
const struct expr_value *expr_member(const struct expr_value *object, struct text name);

/* Strict equality: same type, same content; never true for arrays, objects and colours. */
bool expr_equal(const struct expr_value *a, const struct expr_value *b);
/* False: null, false, 0, NaN and "". */
bool expr_truth(const struct expr_value *value);
/* What to-string gives. */
void expr_print(const struct expr_value *value, struct buffer *out);
struct text expr_to_text(const struct expr_value *value, struct arena *arena);
/* As JSON.stringify writes it. */
void expr_print_json(const struct expr_value *value, struct buffer *out);
void expr_print_json_string(struct text string, struct buffer *out);
void expr_print_json_value(const struct value *json, struct buffer *out);
/* A buffer's content as text in `arena`, after which the buffer is finished. */
struct text expr_take_text(struct buffer *buffer, struct arena *arena);

/* Values the specification parses from JSON: false when the input is none. */
bool expr_parse_padding(const struct expr_value *input, struct arena *arena, struct expr_value *out_value);
bool expr_parse_number_array(const struct expr_value *input, struct arena *arena, struct expr_value *out_value);
bool expr_parse_color_array(const struct expr_value *input, struct arena *arena, struct expr_value *out_value);
bool expr_parse_anchor_offsets(const struct expr_value *input, struct arena *arena, struct expr_value *out_value);
