/* SPDX-License-Identifier: MIT */
#include "render/layer_features.h"

#include "render/feature_shape.h"

#include <stdlib.h>

struct style_scope layer_scope(const struct render_layer_context *context, const struct layer_feature *feature)
{
    return (struct style_scope){
        .zoom = context->view->zoom,
        .feature = feature ? feature->seen : NULL,
        .arena = context->arena,
        .has_image = context->assets ? sprite_has : NULL,
        .images = context->assets ? context->assets->sprite : NULL,
    };
}

double layer_number(const struct render_layer_context *context, enum style_property property,
                    const struct layer_feature *feature)
{
    struct style_scope scope = layer_scope(context, feature);
    return style_number(context->layer, property, &scope);
}

struct color layer_color(const struct render_layer_context *context, enum style_property property,
                         const struct layer_feature *feature)
{
    struct style_scope scope = layer_scope(context, feature);
    struct style_color color = style_color(context->layer, property, &scope);
    return (struct color){(float)color.r, (float)color.g, (float)color.b, (float)color.a};
}

bool layer_is_uniform(const struct style_layer *layer, const enum style_property *properties, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (style_dependence(layer, properties[i]) & STYLE_DEPENDS_ON_FEATURE) {
            return false;
        }
    }
    return true;
}

enum style_geometry layer_geometry(enum geometry_kind kind)
{
    switch (kind) {
    case GEOMETRY_POINT:
        return STYLE_GEOMETRY_POINT;
    case GEOMETRY_LINE:
        return STYLE_GEOMETRY_LINE;
    case GEOMETRY_POLYGON:
        return STYLE_GEOMETRY_POLYGON;
    case GEOMETRY_NONE:
        break;
    }
    return STYLE_GEOMETRY_UNKNOWN;
}

/* By sort key, then in the order of the layer. */
static int compare(const void *left, const void *right)
{
    const struct layer_feature *a = left;
    const struct layer_feature *b = right;
    if (a->sort_key != b->sort_key) {
        return a->sort_key < b->sort_key ? -1 : 1;
    }
    if (a->feature->row != b->feature->row) {
        return a->feature->row < b->feature->row ? -1 : 1;
    }
    return (a->feature->shift_x > b->feature->shift_x) - (a->feature->shift_x < b->feature->shift_x);
}

/* What is known of features with the same values. */
struct tuple_look {
    enum { TUPLE_UNKNOWN, TUPLE_PASSES, TUPLE_FAILS } verdict;
    struct style_feature seen;
    double sort_key;
};

/* How the features of an input are looked at. */
struct sifter {
    const struct render_layer_context *context;
    const struct feature_list *list;
    struct text *columns;
    int32_t *slots;
    enum style_property sort_key; /* STYLE_PROPERTY_COUNT: none */
    bool needs_shape;
    struct tuple_look *tuples; /* NULL: each feature is looked at for itself */
};

static bool no_room(const struct arena *arena, const struct feature_list *list, struct error *err)
{
    if (!arena_is_full(arena)) {
        return error_no_memory(err);
    }
    error_tell(err, ERROR_TOO_LARGE, "TIL-001", "too many features (%zu) in one picture",
               "demasiados elementos (%zu) en una imagen", list->count);
    return false;
}

static bool sifter_init(struct sifter *sifter, const struct render_layer_context *context, enum style_property sort_key)
{
    const struct feature_list *list = &context->input->features;
    const struct style_layer *layer = context->layer;
    bool is_sorted = sort_key != STYLE_PROPERTY_COUNT && style_is_set(layer, sort_key);
    bool has_tuples = list->tuple_count > 0 && style_sees_attributes_only(layer);
    *sifter = (struct sifter){
        .context = context,
        .list = list,
        .columns = arena_array(context->arena, list->field_count, sizeof *sifter->columns),
        .slots = arena_array(context->arena, style_layer_info(layer)->name_count, sizeof *sifter->slots),
        .sort_key = is_sorted ? sort_key : STYLE_PROPERTY_COUNT,
        .needs_shape = style_needs_shape(layer),
        .tuples = has_tuples ? arena_array(context->arena, list->tuple_count, sizeof *sifter->tuples) : NULL,
    };
    if (!sifter->columns || !sifter->slots || (has_tuples && !sifter->tuples)) {
        return false;
    }
    for (size_t i = 0; i < list->field_count; i++) {
        sifter->columns[i] = text_of(list->fields[i].name);
    }
    style_bind(layer, sifter->columns, list->field_count, sifter->slots);
    return true;
}

/* Asks the filter, and the sort key where it passes. */
static void look_at(const struct sifter *sifter, const struct feature *feature, struct tuple_look *look)
{
    const struct render_layer_context *context = sifter->context;
    look->seen = (struct style_feature){.geometry = layer_geometry(feature->geometry.kind),
                                        .id = feature->id,
                                        .values = feature->values,
                                        .columns = sifter->columns,
                                        .column_count = sifter->list->field_count,
                                        .slots = sifter->slots,
                                        .keeps_nulls = context->input->keeps_nulls};
    if (sifter->needs_shape) {
        look->seen.shape = feature_shape_make(context->input, feature, context->arena);
    }
    struct layer_feature item = {feature, &look->seen, 0};
    struct style_scope scope = layer_scope(context, &item);
    look->verdict = style_filter(context->layer, &scope) ? TUPLE_PASSES : TUPLE_FAILS;
    if (look->verdict == TUPLE_PASSES && sifter->sort_key != STYLE_PROPERTY_COUNT) {
        look->sort_key = style_number(context->layer, sifter->sort_key, &scope);
    }
}

bool layer_features_find(const struct render_layer_context *context, const struct projector *projector,
                         enum style_property sort_key, struct layer_features *out_found, struct error *err)
{
    const struct feature_list *list = &context->input->features;
    struct arena *arena = context->arena;
    struct sifter sifter;
    struct layer_feature *items = arena_alloc_raw(arena, list->count * sizeof *items);
    if (!items || !sifter_init(&sifter, context, sort_key)) {
        return no_room(arena, list, err);
    }
    struct tuple_look *looks = sifter.tuples ? NULL : arena_array(arena, list->count, sizeof *looks);
    if (!sifter.tuples && !looks) {
        return no_room(arena, list, err);
    }
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct feature *feature = &list->features[i];
        struct tuple_look *look = sifter.tuples ? &sifter.tuples[feature->tuple] : &looks[count];
        bool is_known_to_fail = sifter.tuples && look->verdict == TUPLE_FAILS;
        if (is_known_to_fail || !projector_sees(projector, feature) || feature->geometry.part_count == 0) {
            continue;
        }
        if (!sifter.tuples || look->verdict == TUPLE_UNKNOWN) {
            look_at(&sifter, feature, look);
        }
        if (look->verdict == TUPLE_PASSES) {
            items[count++] = (struct layer_feature){feature, &look->seen, look->sort_key};
        }
    }
    if (sifter.sort_key != STYLE_PROPERTY_COUNT) {
        qsort(items, count, sizeof *items, compare);
    }
    *out_found = (struct layer_features){items, count, sifter.tuples ? list->tuple_count : 0};
    return true;
}
