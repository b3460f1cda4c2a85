/* SPDX-License-Identifier: MIT */
#pragma once
/* The classes a style distinguishes: read from the match, step, interpolate and case expressions of a colour, so that a
 * legend can name each of them and draw it. For each class there is an example feature, which the style itself then
 * colours: the swatch cannot differ from the map. */

#include "server/format_es.h"
#include "style/style.h"

enum { LEGEND_EXAMPLE_FIELDS_MAX = 6, LEGEND_CLASSES_MAX = 128 };

/* Attributes of a feature that falls into a class. */
struct legend_example {
    struct text names[LEGEND_EXAMPLE_FIELDS_MAX];
    struct value values[LEGEND_EXAMPLE_FIELDS_MAX];
    size_t count;
};

struct legend_class {
    const char *key;   /* what "labels" of the metadata is asked for: the value, the lower end, or "*" for the rest */
    const char *label; /* what to say when the metadata does not; NULL: the class has no name of its own */
    struct legend_example example;
    bool has_low, has_high;
    double low, high;
    const char *css_color; /* the class's colour as the style writes it, where no example can be found; else NULL */
};

struct legend_classes {
    struct text field; /* the attribute that decides; empty when there are no classes */
    struct legend_class *items;
    size_t count;
};

/* Finds the classes in `expression`, the value of a paint property (NULL: none). `unit` stands behind numbers and may
 * be NULL. False when memory is out. */
bool legend_classes_find(const struct value *expression, enum language language, const char *unit, struct arena *arena,
                         struct legend_classes *out_classes);

/* The attribute that decides in `expression`; empty when none does. */
struct text legend_classes_field(const struct value *expression);

/* Adds to `example` what `condition` (a filter or a condition of "case") asks for, as far as it is simple comparisons.
 * The label that it suggests, or NULL; `out_low`… of a range. */
const char *legend_example_satisfy(struct legend_example *example, const struct value *condition,
                                   enum language language, const char *unit, struct arena *arena);
