/* SPDX-License-Identifier: MIT */
#include "conformance/cluster.h"

#include <math.h>
#include <string.h>

/* A point, or a cluster of them. */
struct cluster_point {
    double x;
    double y;
    uint32_t count; /* points in it; 1: a point as it came */
    const struct flat_feature *feature;
    int64_t id;
    uint32_t done_at; /* the zoom it was gathered at */
};

struct cluster_index {
    struct cluster_point *points;
    size_t count;
    struct field *fields;
    size_t field_count;
    size_t own_count; /* fields of the points; then cluster, cluster_id, point_count and its short form */
};

static double number_of(const struct value *object, const char *name, double otherwise)
{
    const struct value *value = value_member(object, name);
    return value && value_is_number(value) ? value_number(value) : otherwise;
}

/* Gathers the points of one zoom. As the reference: in order, each with its neighbours that were not yet taken. */
static size_t gather(struct cluster_point *points, size_t count, uint32_t z, double radius, uint32_t count_min,
                     int64_t first_id, struct cluster_point *out_points)
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
    struct field *fields = arena_array(arena, list->field_count + 4, sizeof *fields);
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
                                                     .done_at = UINT32_MAX};
        }
    }
    double zoom_max = number_of(json, "clusterMaxZoom", number_of(json, "maxzoom", 18) - 1);
    double radius = number_of(json, "clusterRadius", 50) / 512;
    uint32_t count_min = (uint32_t)fmax(2, number_of(json, "clusterMinPoints", 2));
    int64_t first_id = (int64_t)count;
    for (double at = zoom_max; at >= z; at--) {
        size_t left = gather(points, count, (uint32_t)at, radius / exp2(at), count_min, first_id, next);
        struct cluster_point *swap = points;
        points = next;
        next = swap;
        count = left;
    }
    memcpy(fields, list->fields, list->field_count * sizeof *fields);
    static const char *const names[] = {"cluster", "cluster_id", "point_count", "point_count_abbreviated"};
    for (size_t i = 0; i < 4; i++) {
        fields[list->field_count + i].name = names[i];
    }
    *index = (struct cluster_index){points, count, fields, list->field_count + 4, list->field_count};
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
    *out_features = (struct feature_list){index->fields, index->field_count, features, count};
    return true;
}
