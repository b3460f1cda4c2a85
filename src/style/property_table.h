/* SPDX-License-Identifier: MIT */
#pragma once
/* Every layout and paint property of the style specification: type, default, bounds, and what its expressions may use.
 * Compiling, evaluating and checking are driven by this table. */

#include "base/value.h"
#include "style/style.h"

enum property_type {
    PROPERTY_NUMBER,
    PROPERTY_BOOLEAN,
    PROPERTY_STRING,
    PROPERTY_ENUM,
    PROPERTY_COLOR,
    PROPERTY_ARRAY,
    PROPERTY_FORMATTED,
    PROPERTY_IMAGE,
    PROPERTY_PADDING,
    PROPERTY_NUMBER_ARRAY,
    PROPERTY_COLOR_ARRAY,
    PROPERTY_ANCHOR_OFFSETS,
    PROPERTY_PROJECTION,
    PROPERTY_ANY /* no type given: any result */
};

/* "property-type" of the specification. */
enum property_rule {
    PROPERTY_CONSTANT,      /* no expressions at all */
    PROPERTY_DATA_CONSTANT, /* no feature in expressions */
    PROPERTY_DATA_DRIVEN,
    PROPERTY_CROSS_FADED,
    PROPERTY_CROSS_FADED_DATA_DRIVEN,
    PROPERTY_COLOR_RAMP
};

/* What expressions of the property may read; bits. */
enum { PROPERTY_READS_ZOOM = 1, PROPERTY_READS_FEATURE = 2, PROPERTY_READS_STATE = 4 };

struct property_spec {
    const char *name;
    enum property_type type;
    enum property_type item;   /* of arrays */
    int length;                /* of arrays; -1: any */
    const char *default_json;  /* NULL: none */
    const char *const *values; /* of enumerations, NULL-terminated */
    bool has_minimum;
    bool has_maximum;
    double minimum;
    double maximum;
    bool tokens; /* "{name}" in text stands for an attribute */
    bool interpolated;
    unsigned reads;
    enum property_rule rule;
    bool is_layout;
    unsigned layer_types; /* bit 1 << enum style_layer_type */
    const char *ignored;  /* why a flat map does not use it; NULL when it does */
};

/* By enum style_property. */
extern const struct property_spec property_table[STYLE_PROPERTY_COUNT];

/* The property `name` of a layer type; -1 when the type has none. */
int property_find(enum style_layer_type type, bool layout, struct text name);
/* The name nearest to a mistyped one among the layer type's properties; NULL when none is near. */
const char *property_nearest(enum style_layer_type type, bool layout, struct text name);

extern const char *const property_layer_names[]; /* by enum style_layer_type, NULL-terminated */
/* The layer type of a name, -1 for unknown ones. */
int property_layer_type(struct text name);
