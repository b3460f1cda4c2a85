/* SPDX-License-Identifier: MIT */
#pragma once
/* The style while it is being imported: rules with what they draw, in our own terms, and the list of what could not be
 * carried over. Both readers fill a draft; import_draft_write turns it into a MapLibre style.
 *
 * When memory is out, `failed` is set and values come out as null: callers go on and it is looked at once, at the end.
 */

#include "base/buffer.h"
#include "base/value.h"
#include "style/style.h"

enum { IMPORT_PROPERTIES_MAX = 32, IMPORT_PARTS_MAX = 64 };

/* A length in CSS px at style zoom z: fixed + ground * 2^z. */
struct import_length {
    double fixed;
    double ground;
};

enum import_unit { IMPORT_PX, IMPORT_MM, IMPORT_POINT, IMPORT_INCH, IMPORT_METRE, IMPORT_UNIT_UNKNOWN };

struct import_property {
    const char *name;
    bool is_layout;
    struct value value; /* constant or expression */
    bool is_length;     /* then `length` counts and not `value` */
    struct import_length length;
};

/* One thing that is drawn of a feature: it becomes one style layer. */
struct import_part {
    const char *type; /* "fill", "line", "circle", "symbol" */
    int pass;         /* symbol level: lower ones are drawn before higher ones */
    struct import_property properties[IMPORT_PROPERTIES_MAX];
    size_t property_count;
};

struct import_rule {
    size_t line;
    const char *label;   /* for people; NULL or "" when none */
    struct value filter; /* VALUE_NULL: everything passes */
    bool is_else;        /* for what none of its siblings takes */
    bool has_symbol;     /* takes features itself, even when it draws nothing of them */
    bool is_broken;      /* its filter could not be carried over: it is left out, and so is what depends on it */
    double min_zoom;
    double max_zoom;
    const char *source; /* of the outermost rules: which layer they are for */
    struct import_part *parts;
    size_t part_count;
    size_t part_capacity;
    struct import_rule *first; /* child */
    struct import_rule *last;
    struct import_rule *next; /* sibling */
};

struct import {
    struct arena *arena;
    bool failed;
    struct style_message *notes;
    size_t note_count;
    size_t note_capacity;
    double latitude;         /* where a metre of the ground is measured */
    double mm_per_px;        /* of the pixel that scale denominators mean */
    const char *title;       /* what the file calls itself; NULL when nothing */
    const char *description; /* NULL when none */
    bool uses_levels;        /* parts are ordered by `pass` */
    struct import_rule root; /* its children are sets of rules, drawn one after the other */
};

/* Notes what is not carried over, with the line in the XML; the same note is made once for each line. */
void import_note(struct import *import, size_t line, const char *english, const char *spanish, ...)
    __attribute__((format(printf, 3, 5), format(printf, 4, 5)));

/* The same with texts that are ready. */
void import_note_plain(struct import *import, size_t line, const char *english, const char *spanish);

/* A rule at the end of the parent's children. NULL when memory is out. */
struct import_rule *import_rule_add(struct import *import, struct import_rule *parent, size_t line);
/* An empty part at the end. NULL when memory is out or there are too many. */
struct import_part *import_part_add(struct import *import, struct import_rule *rule, const char *type);
void import_part_set(struct import *import, struct import_part *part, const char *name, bool is_layout,
                     struct value value);
void import_part_set_length(struct import *import, struct import_part *part, const char *name, bool is_layout,
                            struct import_length length);

/* Values of JSON. import_list takes `count` struct values. */
struct value import_string(struct import *import, const char *text);
struct value import_list(struct import *import, size_t count, ...);
struct value import_array(struct import *import, const struct value *items, size_t count);
struct value import_numbers(struct import *import, const double *numbers, size_t count);
/* "#rrggbb", or "rgba(…)" where it is not opaque; components 0 … 1. */
struct value import_color(struct import *import, struct style_color color);
/* The conjunction: null stands for "everything passes". */
struct value import_both(struct import *import, struct value a, struct value b);
/* Levels of nesting. */
unsigned import_depth(const struct value *value);

/* A length in a unit of QGIS (96 px, 25.4 mm and 72 points to the inch) or in metres of the ground. */
struct import_length import_length_of(const struct import *import, double number, enum import_unit unit);
struct import_length import_length_scaled(struct import_length length, double factor);
struct import_length import_length_sum(struct import_length a, struct import_length b);
/* The style zoom at which a map has this scale denominator; 0 … 24. */
double import_zoom_of_scale(const struct import *import, double denominator);
/* Narrows the rule's zooms; a denominator that is not above 0 is no limit. */
void import_rule_set_scales(const struct import *import, struct import_rule *rule, double smallest, double largest);

/* Writes the style, indented. `name` is the title where the file has none. */
bool import_draft_write(struct import *import, const char *name, struct buffer *out, struct error *err);
