/* SPDX-License-Identifier: MIT */
#include "render/mvt_label.h"

#include "render/label_pole.h"

#include <math.h>
#include <stdio.h>

void mvt_label_name(const char *layer, char out_name[static MVT_LABEL_NAME_MAX])
{
    snprintf(out_name, MVT_LABEL_NAME_MAX, "%.64s:label", layer);
}

/* False: memory is out. `*out_found`: a polygon without area has no pole. */
static bool find_pole(const struct geometry *geometry, struct arena *arena, struct world_point *out_pole,
                      bool *out_found)
{
    struct label_rings rings = label_rings_largest(geometry);
    size_t start = rings.start;
    struct label_point *points = arena_array(arena, rings.count, sizeof *points);
    size_t *ends = arena_array(arena, rings.last - rings.first, sizeof *ends);
    if (!points || !ends) {
        return false;
    }
    /* Seen from its first vertex, so that the digits are those of the polygon and not of its place. */
    struct world_point origin = geometry->points[start];
    for (size_t i = 0; i < rings.count; i++) {
        points[i].x = (double)geometry->points[start + i].x - (double)origin.x;
        points[i].y = (double)geometry->points[start + i].y - (double)origin.y;
    }
    for (size_t i = rings.first; i < rings.last; i++) {
        ends[i - rings.first] = geometry->parts[i].end - start;
    }
    struct label_point pole;
    *out_found = label_pole_find(points, ends, rings.last - rings.first, 0, arena, &pole);
    if (*out_found) {
        *out_pole = (struct world_point){(int32_t)(origin.x + llround(pole.x)), (int32_t)(origin.y + llround(pole.y))};
    }
    return true;
}

static bool is_large_enough(const struct world_box *box, double side_min)
{
    return (double)(box->max_x - box->min_x) >= side_min && (double)(box->max_y - box->min_y) >= side_min;
}

static bool lies_in(const struct world_box *area, struct world_point point, int64_t shift_x)
{
    int64_t x = point.x + shift_x;
    return x >= area->min_x && x < area->max_x && point.y >= area->min_y && point.y < area->max_y;
}

/* A point feature with the polygon's id and the one value. False: memory is out. */
static bool put_point(struct feature *out, const struct feature *polygon, const struct value *id,
                      const struct value *label, struct world_point pole, struct arena *arena)
{
    struct world_point *point = arena_memdup(arena, &pole, sizeof pole);
    struct shape_part *part = arena_alloc(arena, sizeof *part);
    const struct value *value = arena_memdup(arena, label, sizeof *label);
    if (!point || !part || !value) {
        return false;
    }
    part->end = 1;
    *out = *polygon;
    out->id = *id;
    out->box = (struct world_box){pole.x, pole.y, pole.x, pole.y};
    out->geometry = (struct geometry){GEOMETRY_POINT, 1, 1, part, point};
    out->values = value;
    return true;
}

bool mvt_label_points(const struct feature_list *polygons, size_t field, const struct world_box *area, double px_units,
                      struct arena *arena, struct feature_list *out_points, struct error *err)
{
    struct feature *points = arena_array(arena, polygons->count, sizeof *points);
    struct value *scratch = arena_array(arena, polygons->field_count, sizeof *scratch);
    size_t count = 0;
    if (!points || !scratch) {
        return error_no_memory(err);
    }
    for (size_t i = 0; i < polygons->count; i++) {
        const struct feature *polygon = &polygons->features[i];
        struct value id;
        const struct value *values;
        struct world_point pole;
        bool found = false;
        if (polygon->geometry.part_count == 0 || !is_large_enough(&polygon->box, MVT_LABEL_SIDE_MIN_PX * px_units)) {
            continue;
        }
        if (!feature_list_values(polygons, polygon, scratch, &id, &values, err)) {
            return false;
        }
        if (values[field].type == VALUE_NULL) {
            continue;
        }
        if (!find_pole(&polygon->geometry, arena, &pole, &found) ||
            (found && lies_in(area, pole, polygon->shift_x) &&
             !put_point(&points[count++], polygon, &id, &values[field], pole, arena))) {
            return error_no_memory(err);
        }
    }
    *out_points =
        (struct feature_list){.fields = &polygons->fields[field], .field_count = 1, .features = points, .count = count};
    return true;
}
