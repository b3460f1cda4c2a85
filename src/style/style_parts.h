/* SPDX-License-Identifier: MIT */
#pragma once
/* What a style is made of once it is read: filled by style_read.c, asked by style.c, seen by no other. */

#include "style/style.h"
#include "style/style_property.h"

#include <stdatomic.h>

struct style_layer {
    struct style_layer_info info;
    const struct style *style;
    const struct expr *filter;               /* NULL: everything passes */
    const struct value *filter_json;         /* NULL: none */
    const struct style_layer *same_subject;  /* the first of the style that is so (style_same_subject) */
    const struct style_layer *same_features; /* likewise; the layer itself at last */
    bool passes_nothing;
    bool needs_shape;
    bool filter_sees_feature; /* beyond its attributes: id, kind of geometry, where it is */
    bool sees_feature;        /* the filter or a property does */
    const struct style_property_value *properties[STYLE_PROPERTY_COUNT]; /* NULL: not set */
};

struct style {
    atomic_uint references;
    struct arena *arena;
    const char *name;
    struct value json;
    uint64_t hash;
    struct value global_state; /* object: name and value */
    struct style_layer *layers;
    size_t layer_count;
    size_t slots_max; /* names of the layer with most */
    struct style_source_info *sources;
    size_t source_count;
    struct style_property_value defaults[STYLE_PROPERTY_COUNT];
};
