/* SPDX-License-Identifier: MIT */
#include "render/layer_features.h"

#include "base/text.h"
#include "render/feature_shape.h"
#include "render/layer_paint.h"

#include <stdlib.h>

/* A later layer's ink reaches at most so much farther where its features are looked for early. */
enum { TWIN_REACH_CSS_PX = 8 };

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

static bool is_sorted(const struct style_layer *layer, enum style_property sort_key)
{
    return sort_key != STYLE_PROPERTY_COUNT && style_is_set(layer, sort_key);
}

static bool sifter_init(struct sifter *sifter, const struct render_layer_context *context, enum style_property sort_key)
{
    const struct feature_list *list = &context->input->features;
    const struct style_layer *layer = context->layer;
    bool has_tuples = list->tuple_count > 0 && style_sees_attributes_only(layer);
    *sifter = (struct sifter){
        .context = context,
        .list = list,
        .columns = arena_array(context->arena, list->field_count, sizeof *sifter->columns),
        .slots = arena_array(context->arena, style_slots_max(context->style), sizeof *sifter->slots),
        .sort_key = is_sorted(layer, sort_key) ? sort_key : STYLE_PROPERTY_COUNT,
        .needs_shape = style_needs_shape(layer),
        .tuples = has_tuples ? arena_array(context->arena, list->tuple_count, sizeof *sifter->tuples) : NULL,
    };
    if (!sifter->columns || !sifter->slots || (has_tuples && !sifter->tuples)) {
        return false;
    }
    for (size_t i = 0; i < list->field_count; i++) {
        sifter->columns[i] = text_of(list->fields[i].name);
    }
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
    struct layer_feature item = {.feature = feature, .seen = &look->seen};
    struct style_scope scope = layer_scope(context, &item);
    look->verdict = style_filter(context->layer, &scope) ? TUPLE_PASSES : TUPLE_FAILS;
    if (look->verdict == TUPLE_PASSES && sifter->sort_key != STYLE_PROPERTY_COUNT) {
        look->sort_key = style_number(context->layer, sifter->sort_key, &scope);
    }
}

/* The next later layer that is shown and draws the same features, from the last layer of the style (`*i`: how many
 * there are) down; NULL: no more. */
static const struct style_layer *later_twin(const struct render_layer_context *context, size_t *i)
{
    while (*i > 0) {
        const struct style_layer *layer = style_layer_at(context->style, --*i);
        if (layer == context->layer) {
            return NULL;
        }
        if (style_same_features(layer, context->layer) && render_shows(layer, context->view->zoom)) {
            return layer;
        }
    }
    return NULL;
}

static bool has_later_twin(const struct render_layer_context *context)
{
    size_t i = style_layer_count(context->style);
    return later_twin(context, &i) != NULL;
}

double layer_reach_px(const struct render_layer_context *context, double own_px)
{
    double ratio = context->view->pixel_ratio;
    double most = own_px + TWIN_REACH_CSS_PX * ratio;
    double reach_px = own_px;
    struct style_scope scope = layer_scope(context, NULL);
    size_t i = style_layer_count(context->style);
    for (const struct style_layer *twin; (twin = later_twin(context, &i));) {
        double its_px = layer_ink_css_px(twin, &scope) * ratio;
        reach_px = its_px > reach_px && its_px <= most ? its_px : reach_px;
    }
    return reach_px;
}

/* What an earlier layer found for this one, too; NULL: none did. */
static struct layer_features *found_before(const struct render_layer_context *context,
                                           const struct projector *projector, enum style_property sort_key,
                                           unsigned kinds)
{
    if (is_sorted(context->layer, sort_key)) {
        return NULL;
    }
    struct layer_features *found = *context->shared;
    while (found &&
           !(found->input == context->input && style_same_features(found->layer, context->layer) &&
             projector_includes(&found->projector, projector) && ((found->kinds ^ kinds) & found->kinds_met) == 0)) {
        found = found->next;
    }
    return found;
}

static void bind(const struct render_layer_context *context, const struct layer_features *found)
{
    style_bind(context->layer, found->columns, context->input->features.field_count, found->slots);
}

/* Those of the input that are seen and pass. False: memory is out. */
static bool sift(struct sifter *sifter, const struct projector *projector, struct layer_features *found)
{
    const struct feature_list *list = sifter->list;
    struct arena *arena = sifter->context->arena;
    struct layer_feature *items = arena_alloc_raw(arena, list->count * sizeof *items);
    struct tuple_look *looks = sifter->tuples ? NULL : arena_array(arena, list->count, sizeof *looks);
    if (!items || (!sifter->tuples && !looks)) {
        return false;
    }
    found->items = items;
    for (size_t i = 0; i < list->count; i++) {
        const struct feature *feature = &list->features[i];
        struct tuple_look *look = sifter->tuples ? &sifter->tuples[feature->tuple] : &looks[found->count];
        bool is_known_to_fail = sifter->tuples && look->verdict == TUPLE_FAILS;
        if (is_known_to_fail || !projector_sees(projector, feature) || feature->geometry.part_count == 0) {
            continue;
        }
        unsigned kind = 1U << feature->geometry.kind;
        found->kinds_met |= kind;
        if (!(found->kinds & kind)) {
            continue;
        }
        if (!sifter->tuples || look->verdict == TUPLE_UNKNOWN) {
            look_at(sifter, feature, look);
        }
        if (look->verdict == TUPLE_PASSES) {
            items[found->count++] = (struct layer_feature){.feature = feature,
                                                           .seen = &look->seen,
                                                           .kind = feature->geometry.kind,
                                                           .part_count = feature->geometry.part_count,
                                                           .tuple = feature->tuple,
                                                           .sort_key = look->sort_key};
            found->part_count += feature->geometry.part_count;
            found->vertex_count += feature->geometry.vertex_count;
        }
    }
    return true;
}

bool layer_features_find(const struct render_layer_context *context, const struct projector *projector,
                         enum style_property sort_key, unsigned kinds, struct layer_features **out_found,
                         struct error *err)
{
    struct layer_features *found = found_before(context, projector, sort_key, kinds);
    *out_found = found;
    if (found) {
        bind(context, found);
        return true;
    }
    struct sifter sifter;
    found = arena_alloc(context->arena, sizeof *found);
    if (!found || !sifter_init(&sifter, context, sort_key)) {
        return no_room(context->arena, &context->input->features, err);
    }
    *found = (struct layer_features){.input = context->input,
                                     .layer = context->layer,
                                     .projector = *projector,
                                     .kinds = kinds,
                                     .columns = sifter.columns,
                                     .slots = sifter.slots,
                                     .tuple_count = sifter.tuples ? sifter.list->tuple_count : 0};
    bind(context, found);
    if (!sift(&sifter, projector, found)) {
        return no_room(context->arena, &context->input->features, err);
    }
    if (sifter.sort_key != STYLE_PROPERTY_COUNT) {
        qsort(found->items, found->count, sizeof *found->items, compare);
    } else if (has_later_twin(context)) {
        found->next = *context->shared;
        *context->shared = found;
    }
    *out_found = found;
    return true;
}

static bool is_closed(const struct world_point *points, uint32_t count)
{
    return count > 2 && points[0].x == points[count - 1].x && points[0].y == points[count - 1].y;
}

bool layer_features_project(struct layer_features *found, const struct projector *projector, struct arena *arena)
{
    if (found->is_projected || found->count == 0) {
        return true;
    }
    struct layer_part *part = arena_alloc_raw(arena, found->part_count * sizeof *part);
    struct draw_point *room = arena_alloc_raw(arena, found->vertex_count * sizeof *room);
    if (!part || !room) {
        return false;
    }
    for (size_t i = 0; i < found->count; i++) {
        struct layer_feature *item = &found->items[i];
        const struct geometry *geometry = &item->feature->geometry;
        uint32_t start = 0;
        layer_features_ahead(found, i);
        item->parts = part;
        for (uint32_t p = 0; p < item->part_count; p++, part++) {
            const struct world_point *points = geometry->points + start;
            uint32_t count = geometry->parts[p].end - start;
            size_t projected_count;
            start += count;
            part->is_closed = is_closed(points, count);
            bool is_ring = geometry->kind == GEOMETRY_POLYGON || part->is_closed;
            part->points =
                projector_part(projector, item->feature, points, count, is_ring, room, arena, &projected_count);
            part->count = (uint32_t)projected_count;
            if (!part->points) {
                return false;
            }
            room += count;
        }
    }
    found->is_projected = true;
    return true;
}
