/* SPDX-License-Identifier: MIT */
#include "render/layer_features.h"

#include "render/feature_shape.h"

#include <stdlib.h>

struct style_scope layer_scope(const struct render_layer_context *context, const struct layer_feature *feature)
{
    return (struct style_scope){
        .zoom = context->view->zoom,
        .feature = feature ? &feature->seen : NULL,
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

bool layer_is_uniform(const struct render_layer_context *context, const enum style_property *properties, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (style_dependence(context->layer, properties[i]) & STYLE_DEPENDS_ON_FEATURE) {
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

bool layer_features_find(const struct render_layer_context *context, const struct projector *projector,
                         enum style_property sort_key, struct layer_features *out_found, struct error *err)
{
    const struct feature_list *list = &context->input->features;
    const struct style_layer_info *info = style_layer_info(context->layer);
    struct layer_feature *items = arena_array(context->arena, list->count, sizeof *items);
    struct text *columns = arena_array(context->arena, list->field_count, sizeof *columns);
    int32_t *slots = arena_array(context->arena, info->name_count, sizeof *slots);
    if (!items || !columns || !slots) {
        error_tell(err, ERROR_TOO_LARGE, "TIL-001", "too many features (%zu) in one picture",
                   "demasiados elementos (%zu) en una imagen", list->count);
        return false;
    }
    for (size_t i = 0; i < list->field_count; i++) {
        columns[i] = text_of(list->fields[i].name);
    }
    style_bind(context->layer, columns, list->field_count, slots);
    bool sorted = sort_key != STYLE_PROPERTY_COUNT && style_is_set(context->layer, sort_key);
    bool needs_shape = style_needs_shape(context->layer);
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct feature *feature = &list->features[i];
        if (!projector_sees(projector, feature) || feature->geometry.part_count == 0) {
            continue;
        }
        struct layer_feature *item = &items[count];
        *item = (struct layer_feature){
            .feature = feature,
            .seen = {.geometry = layer_geometry(feature->geometry.kind),
                     .id = feature->id,
                     .values = feature->values,
                     .columns = columns,
                     .column_count = list->field_count,
                     .slots = slots,
                     .keeps_nulls = context->input->keeps_nulls},
        };
        if (needs_shape) {
            item->seen.shape = feature_shape_make(context->input, feature, context->arena);
        }
        if (style_needs_shape(context->layer)) {
            item->seen.shape = feature_shape_make(context->input, feature, context->arena);
        }
        struct style_scope scope = layer_scope(context, item);
        if (!style_filter(context->layer, &scope)) {
            continue;
        }
        item->sort_key = sorted ? style_number(context->layer, sort_key, &scope) : 0;
        count++;
    }
    if (sorted) {
        qsort(items, count, sizeof *items, compare);
    }
    *out_found = (struct layer_features){items, count};
    return true;
}
