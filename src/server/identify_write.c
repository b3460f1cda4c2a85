/* SPDX-License-Identifier: MIT */
/* What is at a point, told to people and programs: JSON with readable fields and an outline to highlight. */

#include "server/identify.h"

#include "base/json_write.h"
#include "geo/grid.h"

#include <math.h>
#include <string.h>

/* What "popup" says of the layer; NULL when it says nothing. */
static const struct value *popup_of(const struct catalog_map *map, const struct store_layer *layer)
{
    return value_member(value_member(map->metadata, "popup"), layer->id);
}

bool identify_answers(const struct catalog_map *map, const struct store_layer *layer)
{
    const struct value *popup = value_member(map->metadata, "popup");
    return !popup || popup->type != VALUE_OBJECT || value_member(popup, layer->id);
}

static const struct store_field *field_named(const struct store_layer *layer, struct text name, size_t *out_index)
{
    for (size_t i = 0; i < layer->field_count; i++) {
        if (text_is(name, layer->fields[i].name)) {
            *out_index = i;
            return &layer->fields[i];
        }
    }
    return NULL;
}

static const char *id_text(const struct value *id, struct arena *arena)
{
    if (id->type == VALUE_STRING) {
        return arena_strndup(arena, id->string.data, id->string.length);
    }
    return arena_printf(arena, "%lld", id->type == VALUE_INT ? (long long)id->integer : 0);
}

static bool is_empty(const struct value *value)
{
    return value->type == VALUE_NULL || (value->type == VALUE_STRING && value->string.length == 0) ||
           (value->type == VALUE_REAL && !isfinite(value->real));
}

/* What the feature is called: the title field of "popup", else the layer's label, else the layer and the id. */
static const char *feature_title(const struct catalog_map *map, const struct store_layer *layer,
                                 const struct value *values, const struct value *id, enum language language,
                                 struct arena *arena)
{
    const char *names[] = {value_member_string(popup_of(map, layer), "title"), layer->label};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t index = 0;
        const struct store_field *field = names[i] ? field_named(layer, text_of(names[i]), &index) : NULL;
        if (field && !is_empty(&values[index])) {
            return format_field_value(language, field->name, field->type, &values[index], arena);
        }
    }
    return arena_printf(arena, "%s %s", format_pick(language, layer->title_es, layer->title_en), id_text(id, arena));
}

static void write_field(struct json_writer *json, const struct store_field *field, const struct value *value,
                        enum language language, struct arena *arena)
{
    const char *title = format_pick(language, field->title_es, field->title_en);
    char *text = format_field_value(language, field->name, field->type, value, arena);
    json_write_begin_object(json);
    json_write_member_string(json, "name", field->name);
    json_write_member_string(json, "title", title ? title : format_humanised(text_of(field->name), arena));
    json_write_name(json, "value");
    json_write_value(json, value);
    json_write_member_string(json, "text", text);
    json_write_member_string(json, "unit", is_empty(value) ? NULL : field->unit);
    json_write_end_object(json);
}

/* The fields of "popup" in its order, else all of the layer. */
static void write_fields(struct json_writer *json, const struct catalog_map *map, const struct store_layer *layer,
                         const struct value *values, enum language language, struct arena *arena)
{
    const struct value *wanted = value_member(popup_of(map, layer), "fields");
    json_write_name(json, "fields");
    json_write_begin_array(json);
    if (!wanted || wanted->type != VALUE_ARRAY) {
        for (size_t i = 0; i < layer->field_count; i++) {
            write_field(json, &layer->fields[i], &values[i], language, arena);
        }
    } else {
        for (size_t i = 0; i < wanted->array.count; i++) {
            const struct value *name = &wanted->array.items[i];
            size_t index = 0;
            const struct store_field *field =
                name->type == VALUE_STRING ? field_named(layer, name->string, &index) : NULL;
            if (field) {
                write_field(json, field, &values[index], language, arena);
            }
        }
    }
    json_write_end_array(json);
}

static void write_properties(struct json_writer *json, const struct catalog_map *map, const struct store_layer *layer,
                             const struct value *id, const struct value *values, enum language language,
                             struct arena *arena)
{
    json_write_member_string(json, "layer", layer->id);
    json_write_member_string(json, "layer_title", format_pick(language, layer->title_es, layer->title_en));
    json_write_member_string(json, "id", id_text(id, arena));
    json_write_member_string(json, "title", feature_title(map, layer, values, id, language, arena));
    json_write_member_string(json, "source", layer->source_name);
    write_fields(json, map, layer, values, language, arena);
}

/* ---- geometry for highlighting ---- */

/* A geometry in world units as doubles, whatever it came from. */
struct outline {
    enum geometry_kind kind;
    const struct shape_part *parts;
    uint32_t part_count;
    const double *xy; /* world units */
    uint32_t vertex_count;
};

/* The outline with only those vertices that are at least `tolerance` from the one kept before; ends are kept, rings
 * that fall below a triangle are left out. */
static bool thin_out(const struct outline *full, double tolerance, struct arena *arena, struct outline *out_thin)
{
    struct shape_part *parts = arena_array(arena, full->part_count + 1, sizeof *parts);
    double *xy = arena_array(arena, 2 * (size_t)full->vertex_count + 2, sizeof *xy);
    uint32_t start = 0, kept = 0, part_count = 0;
    if (!parts || !xy) {
        return false;
    }
    for (uint32_t i = 0; i < full->part_count; i++) {
        uint32_t end = full->parts[i].end;
        uint32_t first = kept;
        for (uint32_t v = start; v < end; v++) {
            const double *at = full->xy + 2 * (size_t)v;
            const double *last = xy + 2 * ((size_t)kept - (kept > first));
            bool is_end = v == start || v + 1 == end;
            if (is_end || full->kind == GEOMETRY_POINT || hypot(at[0] - last[0], at[1] - last[1]) >= tolerance) {
                xy[2 * (size_t)kept] = at[0];
                xy[2 * (size_t)kept + 1] = at[1];
                kept += 1;
            }
        }
        start = end;
        if (full->kind == GEOMETRY_POLYGON && kept - first < 4) {
            kept = first;
            continue;
        }
        parts[part_count] = full->parts[i];
        parts[part_count++].end = kept;
    }
    *out_thin = (struct outline){full->kind, parts, part_count, xy, kept};
    return true;
}

static void write_position(struct json_writer *json, double x, double y)
{
    double longitude, latitude;
    grid_to_lonlat(x, y, &longitude, &latitude);
    json_write_begin_array(json);
    json_write_fixed(json, longitude, 6);
    json_write_fixed(json, latitude, 6);
    json_write_end_array(json);
}

static void write_positions(struct json_writer *json, const struct outline *outline, uint32_t start, uint32_t end)
{
    json_write_begin_array(json);
    for (uint32_t i = start; i < end; i++) {
        write_position(json, outline->xy[2 * (size_t)i], outline->xy[2 * (size_t)i + 1]);
    }
    json_write_end_array(json);
}

static void write_parts(struct json_writer *json, const struct outline *outline)
{
    uint32_t start = 0;
    bool in_polygon = false;
    json_write_begin_array(json);
    for (uint32_t i = 0; i < outline->part_count; i++) {
        if (outline->kind == GEOMETRY_POLYGON && (!outline->parts[i].is_hole || !in_polygon)) {
            if (in_polygon) {
                json_write_end_array(json);
            }
            json_write_begin_array(json);
            in_polygon = true;
        }
        if (outline->kind == GEOMETRY_POINT) {
            for (uint32_t v = start; v < outline->parts[i].end; v++) {
                write_position(json, outline->xy[2 * (size_t)v], outline->xy[2 * (size_t)v + 1]);
            }
        } else {
            write_positions(json, outline, start, outline->parts[i].end);
        }
        start = outline->parts[i].end;
    }
    if (in_polygon) {
        json_write_end_array(json);
    }
    json_write_end_array(json);
}

/* "geometry": always the multi form; null when there is none. Thinned out until it is small enough. */
static bool write_geometry(struct json_writer *json, const struct outline *full, double units_per_px,
                           uint32_t vertices_max, struct arena *arena)
{
    json_write_name(json, "geometry");
    if (full->vertex_count == 0 || full->part_count == 0 || full->kind == GEOMETRY_NONE) {
        json_write_null(json);
        return true;
    }
    struct outline outline = *full;
    double tolerance = units_per_px / 2;
    for (int pass = 0; pass < 24 && outline.vertex_count > vertices_max; pass++, tolerance *= 2) {
        if (!thin_out(full, tolerance, arena, &outline)) {
            return false;
        }
    }
    if (outline.vertex_count == 0 || outline.vertex_count > vertices_max) {
        json_write_null(json);
        return true;
    }
    json_write_begin_object(json);
    json_write_member_string(json, "type",
                             outline.kind == GEOMETRY_POINT  ? "MultiPoint"
                             : outline.kind == GEOMETRY_LINE ? "MultiLineString"
                                                             : "MultiPolygon");
    json_write_name(json, "coordinates");
    write_parts(json, &outline);
    json_write_end_object(json);
    return true;
}

static bool outline_of_feature(const struct feature *feature, struct arena *arena, struct outline *out_outline)
{
    const struct geometry *geometry = &feature->geometry;
    double *xy = arena_array(arena, 2 * (size_t)geometry->vertex_count + 2, sizeof *xy);
    if (!xy) {
        return false;
    }
    for (uint32_t i = 0; i < geometry->vertex_count; i++) {
        xy[2 * (size_t)i] = (double)geometry->points[i].x + (double)feature->shift_x;
        xy[2 * (size_t)i + 1] = geometry->points[i].y;
    }
    *out_outline = (struct outline){geometry->kind, geometry->parts, geometry->part_count, xy, geometry->vertex_count};
    return true;
}

static bool outline_of_shape(const struct shape *shape, struct arena *arena, struct outline *out_outline)
{
    double *xy = arena_array(arena, 2 * (size_t)shape->vertex_count + 2, sizeof *xy);
    if (!xy) {
        return false;
    }
    for (uint32_t i = 0; i < shape->vertex_count; i++) {
        struct world_point point = grid_from_lonlat(shape->xy[2 * (size_t)i], shape->xy[2 * (size_t)i + 1]);
        xy[2 * (size_t)i] = point.x;
        xy[2 * (size_t)i + 1] = point.y;
    }
    *out_outline = (struct outline){shape->kind, shape->parts, shape->part_count, xy, shape->vertex_count};
    return true;
}

static void begin_answer(struct json_writer *json, const struct catalog_map *map, double zoom, enum language language)
{
    json_write_begin_object(json);
    json_write_member_string(json, "map", map->id);
    json_write_member_string(json, "map_title", format_pick(language, map->title_es, map->title_en));
    json_write_member_double(json, "zoom", zoom);
}

bool identify_write_json(const struct identify_result *result, const struct catalog_map *map, double longitude,
                         double latitude, double zoom, enum language language, struct arena *arena, struct buffer *out,
                         struct error *err)
{
    struct json_writer json;
    double units_per_px = (double)GRID_WORLD_UNITS / (256 * exp2(zoom));
    /* A list of many stays as small as one large feature. */
    uint32_t vertices_max = IDENTIFY_VERTICES_MAX / (result->count > 0 ? (uint32_t)result->count : 1);
    json_write_init(&json, out);
    begin_answer(&json, map, zoom, language);
    json_write_name(&json, "point");
    json_write_begin_array(&json);
    json_write_fixed(&json, longitude, 7);
    json_write_fixed(&json, latitude, 7);
    json_write_end_array(&json);
    json_write_member_bool(&json, "truncated", result->is_cut);
    json_write_name(&json, "features");
    json_write_begin_array(&json);
    for (size_t i = 0; i < result->count; i++) {
        const struct identify_hit *hit = &result->hits[i];
        struct outline outline;
        json_write_begin_object(&json);
        write_properties(&json, map, hit->layer, &hit->feature->id, hit->feature->values, language, arena);
        if (!outline_of_feature(hit->feature, arena, &outline) ||
            !write_geometry(&json, &outline, units_per_px, vertices_max, arena)) {
            return error_no_memory(err);
        }
        json_write_end_object(&json);
    }
    json_write_end_array(&json);
    json_write_end_object(&json);
    return out->failed ? error_no_memory(err) : true;
}

bool identify_write_item(struct store *store, const struct catalog_map *map, const struct store_layer *layer,
                         const char *id, double zoom, enum language language, struct arena *arena, struct buffer *out,
                         struct error *err)
{
    struct store_item item;
    struct outline outline;
    struct json_writer json;
    if (!store_item(store, layer, id, arena, &item, err)) {
        return false;
    }
    if (!outline_of_shape(&item.shape, arena, &outline)) {
        return error_no_memory(err);
    }
    json_write_init(&json, out);
    begin_answer(&json, map, zoom, language);
    json_write_name(&json, "features");
    json_write_begin_array(&json);
    json_write_begin_object(&json);
    write_properties(&json, map, layer, &item.id, item.values, language, arena);
    if (!write_geometry(&json, &outline, (double)GRID_WORLD_UNITS / (256 * exp2(zoom)), IDENTIFY_VERTICES_MAX, arena)) {
        return error_no_memory(err);
    }
    json_write_end_object(&json);
    json_write_end_array(&json);
    json_write_end_object(&json);
    return out->failed ? error_no_memory(err) : true;
}
