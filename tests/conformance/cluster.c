/* SPDX-License-Identifier: MIT */
#include "conformance/cluster.h"

#include "style/expr.h"

#include <math.h>
#include <string.h>

/* One of clusterProperties: what a point contributes, and how contributions are put together. */
struct cluster_property {
    struct text name;
    const struct expr *contribution;
    const struct expr *sum; /* reads the value so far as the attribute "accumulated" */
};

struct cluster_properties {
    struct cluster_property *items;
    size_t count;
    struct arena *arena;
    struct text *names; /* of the properties, then "accumulated" */
    const struct flat_list *list;
    struct text *columns;
};

/* A point, or a cluster of them. */
struct cluster_point {
    double x;
    double y;
    uint32_t count; /* points in it; 1: a point as it came */
    const struct flat_feature *feature;
    struct value *properties; /* of clusterProperties */
    int64_t id;
    uint32_t done_at; /* the zoom it was gathered at */
};

struct cluster_index {
    struct cluster_point *points;
    size_t count;
    struct field *fields;
    size_t field_count;
    size_t own_count; /* fields of the points; then cluster, cluster_id, point_count and its short form, properties */
    size_t property_count;
};

static double number_of(const struct value *object, const char *name, double otherwise)
{
    const struct value *value = value_member(object, name);
    return value && value_is_number(value) ? value_number(value) : otherwise;
}

/* ["accumulated"] becomes ["get", "accumulated"]: what is summed up is an attribute like the others here. */
static struct value without_accumulated(const struct value *json, struct arena *arena)
{
    struct value copy = *json;
    if (json->type != VALUE_ARRAY) {
        return copy;
    }
    bool is_it = json->array.count == 1 && json->array.items[0].type == VALUE_STRING &&
                 text_is(json->array.items[0].string, "accumulated");
    struct value *items = arena_array(arena, json->array.count + 1, sizeof *items);
    for (size_t i = 0; items && i < json->array.count; i++) {
        items[i] = without_accumulated(&json->array.items[i], arena);
    }
    copy.array.items = items;
    if (items && is_it) {
        items[0] = value_of_string("get");
        items[1] = value_of_string("accumulated");
        copy.array.count = 2;
    }
    return copy;
}

/* "+" stands for ["+", ["accumulated"], ["get", name]]. */
static struct value sum_of(const struct value *json, struct text name, struct arena *arena)
{
    if (json->type != VALUE_STRING) {
        return without_accumulated(json, arena);
    }
    struct value *items = arena_array(arena, 7, sizeof *items);
    struct value sum = {.type = VALUE_ARRAY, .array = {items, 3}};
    if (items) {
        items[3] = items[5] = value_of_string("get");
        items[4] = value_of_string("accumulated");
        items[6] = value_of_text(name);
        items[0] = *json;
        items[1] = (struct value){.type = VALUE_ARRAY, .array = {items + 3, 2}};
        items[2] = (struct value){.type = VALUE_ARRAY, .array = {items + 5, 2}};
    }
    return sum;
}

static bool read_properties(const struct flat_list *list, const struct value *json, struct arena *arena,
                            struct cluster_properties *out_properties, struct error *err)
{
    const struct value *object = value_member(json, "clusterProperties");
    size_t count = object && object->type == VALUE_OBJECT ? object->object.count : 0;
    struct cluster_properties properties = {.items = arena_array(arena, count, sizeof *properties.items),
                                            .count = count,
                                            .arena = arena,
                                            .names = arena_array(arena, count + 1, sizeof *properties.names),
                                            .list = list,
                                            .columns = arena_array(arena, list->field_count, sizeof(struct text))};
    if (!properties.items || !properties.names || !properties.columns) {
        return error_no_memory(err);
    }
    for (size_t i = 0; i < list->field_count; i++) {
        properties.columns[i] = text_of(list->fields[i].name);
    }
    for (size_t i = 0; i < count; i++) {
        const struct value_member *member = &object->object.members[i];
        const struct expr_error *errors;
        bool is_pair = member->value.type == VALUE_ARRAY && member->value.array.count == 2;
        struct value sum = is_pair ? sum_of(&member->value.array.items[0], member->name, arena) : value_null();
        properties.names[i] = properties.items[i].name = member->name;
        if (!is_pair ||
            !expr_compile(&member->value.array.items[1], NULL, NULL, arena, &properties.items[i].contribution,
                          &errors) ||
            !expr_compile(&sum, NULL, NULL, arena, &properties.items[i].sum, &errors)) {
            error_set(err, ERROR_INVALID, "clusterProperties cannot be read");
            return false;
        }
    }
    properties.names[count] = text_of("accumulated");
    *out_properties = properties;
    return true;
}

static struct value evaluate(const struct expr *expr, const struct text *columns, const struct value *values,
                             size_t count, struct arena *arena)
{
    struct style_feature feature = {
        .geometry = STYLE_GEOMETRY_POINT, .values = values, .columns = columns, .column_count = count};
    struct expr_context context = {.feature = &feature, .arena = arena};
    struct expr_value result;
    if (!expr_evaluate(expr, &context, &result)) {
        return value_null();
    }
    switch (result.kind) {
    case EXPR_NUMBER:
        return value_of_real(result.number);
    case EXPR_STRING:
        return value_of_text(result.string);
    case EXPR_BOOLEAN:
        return value_of_bool(result.boolean);
    default:
        return value_null();
    }
}

/* What a point contributes. */
static struct value *contributions(const struct cluster_properties *properties, const struct flat_feature *feature)
{
    struct value *values = arena_array(properties->arena, properties->count + 1, sizeof *values);
    for (size_t i = 0; values && i < properties->count; i++) {
        values[i] = evaluate(properties->items[i].contribution, properties->columns, feature->values,
                             properties->list->field_count, properties->arena);
    }
    return values;
}

static void sum_up(const struct cluster_properties *properties, struct value *so_far, struct value *added)
{
    for (size_t i = 0; i < properties->count; i++) {
        added[properties->count] = so_far[i];
        so_far[i] =
            evaluate(properties->items[i].sum, properties->names, added, properties->count + 1, properties->arena);
    }
}

/* Gathers the points of one zoom. As the reference: in order, each with its neighbours that were not yet taken. */
static size_t gather(struct cluster_point *points, size_t count, uint32_t z, double radius, uint32_t count_min,
                     int64_t first_id, const struct cluster_properties *properties, struct cluster_point *out_points)
{
    size_t out = 0;
    double squared = radius * radius;
    for (size_t i = 0; i < count; i++) {
        struct cluster_point *point = &points[i];
        if (point->done_at <= z) {
            continue;
        }
        point->done_at = z;
        uint32_t total = point->count;
        for (size_t n = 0; n < count; n++) {
            double dx = points[n].x - point->x;
            double dy = points[n].y - point->y;
            total += dx * dx + dy * dy <= squared && points[n].done_at > z ? points[n].count : 0;
        }
        bool gathers = total > point->count && total >= count_min;
        struct cluster_point cluster = *point;
        if (gathers && properties->count > 0) {
            cluster.properties = arena_memdup(properties->arena, point->properties,
                                              (properties->count + 1) * sizeof *cluster.properties);
        }
        double sum_x = point->x * point->count;
        double sum_y = point->y * point->count;
        for (size_t n = 0; total > point->count && n < count; n++) {
            double dx = points[n].x - point->x;
            double dy = points[n].y - point->y;
            if (dx * dx + dy * dy > squared || points[n].done_at <= z) {
                continue;
            }
            points[n].done_at = z;
            if (gathers) {
                sum_x += points[n].x * points[n].count;
                sum_y += points[n].y * points[n].count;
                if (cluster.properties && points[n].properties) {
                    sum_up(properties, cluster.properties, points[n].properties);
                }
            } else {
                out_points[out++] = points[n];
            }
        }
        if (gathers) {
            cluster.x = sum_x / total;
            cluster.y = sum_y / total;
            cluster.count = total;
            cluster.id = (int64_t)(i << 5) + z + 1 + first_id;
            cluster.done_at = UINT32_MAX;
        }
        out_points[out++] = cluster;
    }
    return out;
}

bool cluster_index_create(const struct flat_list *list, const struct value *json, uint32_t z, struct arena *arena,
                          struct cluster_index **out_index, struct error *err)
{
    struct cluster_index *index = arena_alloc(arena, sizeof *index);
    struct cluster_point *points = arena_array(arena, list->count, sizeof *points);
    struct cluster_point *next = arena_array(arena, list->count, sizeof *next);
    struct cluster_properties properties = {0};
    if (!read_properties(list, json, arena, &properties, err)) {
        return false;
    }
    size_t own_count = list->field_count;
    struct field *fields = arena_array(arena, own_count + 4 + properties.count, sizeof *fields);
    if (!index || !points || !next || !fields) {
        return error_no_memory(err);
    }
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct flat_feature *feature = &list->features[i];
        if (feature->kind == GEOMETRY_POINT && feature->parts[0].count > 0) {
            points[count++] = (struct cluster_point){.x = feature->parts[0].points[0].x,
                                                     .y = feature->parts[0].points[0].y,
                                                     .count = 1,
                                                     .feature = feature,
                                                     .properties = contributions(&properties, feature),
                                                     .done_at = UINT32_MAX};
        }
    }
    double zoom_max = number_of(json, "clusterMaxZoom", number_of(json, "maxzoom", 18) - 1);
    double radius = number_of(json, "clusterRadius", 50) / 512;
    uint32_t count_min = (uint32_t)fmax(2, number_of(json, "clusterMinPoints", 2));
    int64_t first_id = (int64_t)count;
    for (double at = zoom_max; at >= z; at--) {
        size_t left = gather(points, count, (uint32_t)at, radius / exp2(at), count_min, first_id, &properties, next);
        struct cluster_point *swap = points;
        points = next;
        next = swap;
        count = left;
    }
    memcpy(fields, list->fields, list->field_count * sizeof *fields);
    static const char *const names[] = {"cluster", "cluster_id", "point_count", "point_count_abbreviated"};
    for (size_t i = 0; i < 4; i++) {
        fields[own_count + i].name = names[i];
    }
    for (size_t i = 0; i < properties.count; i++) {
        struct text name = properties.items[i].name;
        fields[own_count + 4 + i].name = arena_strndup(arena, name.data, name.length);
    }
    *index =
        (struct cluster_index){points, count, fields, own_count + 4 + properties.count, own_count, properties.count};
    *out_index = index;
    return true;
}

static struct value short_count(uint32_t count, struct arena *arena)
{
    if (count < 1000) {
        return value_of_int(count);
    }
    char *text = count >= 10000 ? arena_printf(arena, "%.0fk", floor(count / 1000.0 + 0.5))
                                : arena_printf(arena, "%.12gk", floor(count / 100.0 + 0.5) / 10);
    return value_of_string(text);
}

static bool write_point(const struct cluster_index *index, const struct cluster_point *point, struct tile_id tile,
                        double worlds, struct arena *arena, struct feature *out_feature)
{
    struct value *values = arena_array(arena, index->field_count, sizeof *values);
    struct world_point *place = arena_alloc(arena, sizeof *place);
    struct shape_part *part = arena_alloc(arena, sizeof *part);
    if (!values || !place || !part) {
        return false;
    }
    for (size_t i = 0; i < index->own_count && point->count == 1; i++) {
        values[i] = point->feature->values[i];
    }
    if (point->count > 1) {
        values[index->own_count] = value_of_bool(true);
        values[index->own_count + 1] = value_of_int(point->id);
        values[index->own_count + 2] = value_of_int(point->count);
        values[index->own_count + 3] = short_count(point->count, arena);
        for (size_t i = 0; point->properties && i < index->property_count; i++) {
            values[index->own_count + 4 + i] = point->properties[i];
        }
    }
    double tiles = exp2(tile.z);
    *place = (struct world_point){(int32_t)floor(CUT_EXTENT * ((point->x + worlds) * tiles - tile.x) + 0.5),
                                  (int32_t)floor(CUT_EXTENT * (point->y * tiles - tile.y) + 0.5)};
    *part = (struct shape_part){1, false};
    *out_feature = (struct feature){.id = point->count > 1 ? value_of_int(point->id) : point->feature->id,
                                    .box = {place->x, place->y, place->x, place->y},
                                    .geometry = {GEOMETRY_POINT, 1, 1, part, place},
                                    .values = values};
    return true;
}

bool cluster_index_cut(const struct cluster_index *index, struct tile_id tile, struct arena *arena,
                       struct feature_list *out_features)
{
    double tiles = exp2(tile.z);
    const double buffer = 50.0 / 512;
    struct feature *features = arena_array(arena, 3 * index->count, sizeof *features);
    size_t count = 0;
    if (!features) {
        return false;
    }
    for (int worlds = 1; worlds >= -1; worlds--) {
        for (size_t i = 0; i < index->count; i++) {
            const struct cluster_point *point = &index->points[i];
            double x = (point->x + worlds) * tiles - tile.x;
            double y = point->y * tiles - tile.y;
            if (x < -buffer || x > 1 + buffer || y < -buffer || y > 1 + buffer) {
                continue;
            }
            if (!write_point(index, point, tile, worlds, arena, &features[count])) {
                return false;
            }
            features[count].row = (int64_t)count + 1;
            count++;
        }
    }
    *out_features = (struct feature_list){
        .fields = index->fields, .field_count = index->field_count, .features = features, .count = count};
    return true;
}
