/* SPDX-License-Identifier: MIT */
#include "geo/feature.h"

#include <string.h>

static const char *const type_names[] = {"string", "integer", "real", "boolean", "date", "datetime", "time"};

const char *field_type_name(enum field_type type)
{
    return type_names[type];
}

bool field_type_parse(const char *name, enum field_type *out_type)
{
    for (size_t i = 0; i < sizeof type_names / sizeof *type_names; i++) {
        if (strcmp(name, type_names[i]) == 0) {
            *out_type = (enum field_type)i;
            return true;
        }
    }
    return false;
}

bool feature_list_values(const struct feature_list *list, const struct feature *feature, struct value *scratch,
                         struct value *out_id, const struct value **out_values, struct error *err)
{
    if (list->read) {
        *out_values = scratch;
        return list->read(list, feature, out_id, scratch, err);
    }
    *out_id = feature->id;
    *out_values = feature->values;
    return true;
}

ptrdiff_t feature_list_field(const struct feature_list *list, struct text name)
{
    for (size_t i = 0; i < list->field_count; i++) {
        if (text_is(name, list->fields[i].name)) {
            return (ptrdiff_t)i;
        }
    }
    return -1;
}

bool geometry_from_shape(const struct shape *shape, unsigned grid_shift, struct grid_patches *patches,
                         struct arena *arena, struct geometry *out_geometry)
{
    struct world_point *points = arena_alloc_raw(arena, (size_t)shape->vertex_count * sizeof *points);
    struct shape_part *parts = arena_alloc_raw(arena, (size_t)shape->part_count * sizeof *parts);
    struct shape wound = *shape;
    if (!points || !parts || !shape_wind(&wound, arena)) {
        return false;
    }
    /* In place: what is kept is never more than what was read. */
    if (patches) {
        grid_patches_points(patches, wound.xy, shape->vertex_count, points);
    }
    for (uint32_t i = 0; !patches && i < shape->vertex_count; i++) {
        points[i] = grid_from_lonlat(wound.xy[2 * (size_t)i], wound.xy[2 * (size_t)i + 1]);
    }
    uint32_t vertex_count = 0;
    uint32_t part_count = 0;
    uint32_t start = 0;
    bool outer_dropped = false;
    for (uint32_t p = 0; p < shape->part_count; p++) {
        uint32_t begun = vertex_count;
        for (uint32_t i = start; i < shape->parts[p].end; i++) {
            struct world_point point = {grid_snap(points[i].x, grid_shift), grid_snap(points[i].y, grid_shift)};
            bool repeats =
                vertex_count > begun && points[vertex_count - 1].x == point.x && points[vertex_count - 1].y == point.y;
            if (!repeats || shape->kind == GEOMETRY_POINT) {
                points[vertex_count++] = point;
            }
        }
        start = shape->parts[p].end;
        bool is_hole = shape->parts[p].is_hole;
        bool collapsed = vertex_count - begun < shape_part_vertices_min(shape->kind);
        if (!is_hole) {
            outer_dropped = collapsed;
        }
        if (collapsed || (is_hole && outer_dropped)) {
            vertex_count = begun;
            continue;
        }
        parts[part_count++] = (struct shape_part){vertex_count, is_hole};
    }
    *out_geometry = (struct geometry){shape->kind, part_count, vertex_count, parts, points};
    return true;
}
