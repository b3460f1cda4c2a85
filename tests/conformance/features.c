/* SPDX-License-Identifier: MIT */
/* GeoJSON into flat features: projected, with the importance of each vertex. */
#include "conformance/geojson_cut.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double pi = 3.14159265358979323846;

struct flat_reader {
    struct arena *arena;
    const struct cut_options *options;
    const char *promote_id;
    bool generate_ids;
    double tolerance; /* squared, share of the world */
    struct flat_list *list;
    size_t capacity;
    size_t source_index; /* of the GeoJSON feature */
};

static struct flat_point project(const struct value *position)
{
    struct flat_point point = {0};
    if (position->type == VALUE_ARRAY && position->array.count >= 2) {
        double sine = sin(value_number(&position->array.items[1]) * pi / 180);
        double y = 0.5 - 0.25 * log((1 + sine) / (1 - sine)) / pi;
        point.x = value_number(&position->array.items[0]) / 360 + 0.5;
        point.y = isnan(y) ? 0.5 : fmin(1, fmax(0, y));
    }
    return point;
}

/* --- importance of vertices (Douglas and Peucker) --- */

static double squared_distance(const struct flat_point *p, const struct flat_point *a, const struct flat_point *b)
{
    double x = a->x;
    double y = a->y;
    double dx = b->x - x;
    double dy = b->y - y;
    if (dx != 0 || dy != 0) {
        double t = ((p->x - x) * dx + (p->y - y) * dy) / (dx * dx + dy * dy);
        if (t > 1) {
            x = b->x;
            y = b->y;
        } else if (t > 0) {
            x += dx * t;
            y += dy * t;
        }
    }
    dx = p->x - x;
    dy = p->y - y;
    return dx * dx + dy * dy;
}

static void weigh(struct flat_point *points, size_t first, size_t last, double tolerance)
{
    double farthest = tolerance;
    double middle = (double)(3 * first + ((3 * (last - first)) >> 1));
    double to_middle = (double)(3 * (last - first));
    size_t index = first;
    for (size_t i = first + 1; i < last; i++) {
        double distance = squared_distance(&points[i], &points[first], &points[last]);
        if (distance > farthest) {
            index = i;
            farthest = distance;
        } else if (distance == farthest) {
            /* among equals the one in the middle: keeps the recursion shallow */
            double place = fabs((double)(3 * i) - middle);
            if (place < to_middle) {
                index = i;
                to_middle = place;
            }
        }
    }
    if (farthest > tolerance) {
        if (index - first > 1) {
            weigh(points, first, index, tolerance);
        }
        points[index].importance = farthest;
        if (last - index > 1) {
            weigh(points, index, last, tolerance);
        }
    }
}

/* --- parts --- */

static bool read_part(struct flat_reader *reader, const struct value *positions, bool is_ring, struct flat_part *part)
{
    size_t count = positions->type == VALUE_ARRAY ? positions->array.count : 0;
    struct flat_point *points = arena_array(reader->arena, count + 1, sizeof *points);
    if (!points) {
        return false;
    }
    double size = 0;
    for (size_t i = 0; i < count; i++) {
        points[i] = project(&positions->array.items[i]);
        if (i > 0) {
            const struct flat_point *a = &points[i - 1];
            const struct flat_point *b = &points[i];
            size += is_ring ? (a->x * b->y - b->x * a->y) / 2 : hypot(b->x - a->x, b->y - a->y);
        }
    }
    if (count > 0) {
        points[0].importance = 1;
        weigh(points, 0, count - 1, reader->tolerance);
        points[count - 1].importance = 1;
    }
    *part = (struct flat_part){.points = points, .count = count, .size = fabs(size), .end = fabs(size)};
    return true;
}

static struct flat_feature *add_feature(struct flat_reader *reader, enum geometry_kind kind, size_t part_count,
                                        const struct flat_feature *common)
{
    struct flat_list *list = reader->list;
    if (list->count == reader->capacity) {
        size_t larger = reader->capacity ? 2 * reader->capacity : 64;
        struct flat_feature *features =
            arena_grow(reader->arena, list->features, list->count * sizeof *features, larger * sizeof *features);
        if (!features) {
            return NULL;
        }
        list->features = features;
        reader->capacity = larger;
    }
    struct flat_feature *feature = &list->features[list->count];
    *feature = *common;
    feature->kind = kind;
    feature->parts = arena_array(reader->arena, part_count, sizeof *feature->parts);
    feature->part_count = part_count;
    list->count += feature->parts != NULL;
    return feature->parts ? feature : NULL;
}

static bool read_points(struct flat_reader *reader, const struct value *positions, size_t count,
                        const struct flat_feature *common)
{
    struct flat_feature *feature = add_feature(reader, GEOMETRY_POINT, 1, common);
    struct flat_point *points = arena_array(reader->arena, count, sizeof *points);
    if (!feature || !points) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        points[i] = project(&positions[i]);
    }
    feature->parts[0] = (struct flat_part){.points = points, .count = count};
    return true;
}

static bool read_lines(struct flat_reader *reader, const struct value *lines, size_t count,
                       const struct flat_feature *common)
{
    /* With metrics each line is a feature: they begin and end for themselves. */
    size_t step = reader->options->has_line_metrics ? 1 : count;
    for (size_t first = 0; first < count; first += step) {
        struct flat_feature *feature = add_feature(reader, GEOMETRY_LINE, step, common);
        for (size_t i = 0; feature && i < step; i++) {
            if (!read_part(reader, &lines[first + i], false, &feature->parts[i])) {
                return false;
            }
        }
        if (!feature) {
            return false;
        }
    }
    return true;
}

static bool read_polygons(struct flat_reader *reader, const struct value *polygons, size_t count,
                          const struct flat_feature *common)
{
    size_t rings = 0;
    for (size_t i = 0; i < count; i++) {
        rings += polygons[i].type == VALUE_ARRAY ? polygons[i].array.count : 0;
    }
    struct flat_feature *feature = add_feature(reader, GEOMETRY_POLYGON, rings, common);
    size_t part = 0;
    for (size_t i = 0; feature && i < count; i++) {
        for (size_t r = 0; polygons[i].type == VALUE_ARRAY && r < polygons[i].array.count; r++) {
            if (!read_part(reader, &polygons[i].array.items[r], true, &feature->parts[part])) {
                return false;
            }
            feature->parts[part++].is_hole = r > 0;
        }
    }
    return feature;
}

static bool read_geometry(struct flat_reader *reader, const struct value *geometry, const struct flat_feature *common)
{
    const char *type = value_member_string(geometry, "type");
    const struct value *coordinates = value_member(geometry, "coordinates");
    const struct value *inner = value_member(geometry, "geometries");
    if (type && strcmp(type, "GeometryCollection") == 0 && inner && inner->type == VALUE_ARRAY) {
        for (size_t i = 0; i < inner->array.count; i++) {
            if (!read_geometry(reader, &inner->array.items[i], common)) {
                return false;
            }
        }
        return true;
    }
    if (!type || !coordinates || coordinates->type != VALUE_ARRAY) {
        return true;
    }
    const struct value *items = coordinates->array.items;
    size_t count = coordinates->array.count;
    if (strcmp(type, "Point") == 0) {
        return read_points(reader, coordinates, 1, common);
    }
    if (strcmp(type, "MultiPoint") == 0) {
        return read_points(reader, items, count, common);
    }
    if (strcmp(type, "LineString") == 0) {
        return read_lines(reader, coordinates, 1, common);
    }
    if (strcmp(type, "MultiLineString") == 0) {
        return read_lines(reader, items, count, common);
    }
    if (strcmp(type, "Polygon") == 0) {
        return read_polygons(reader, coordinates, 1, common);
    }
    return strcmp(type, "MultiPolygon") != 0 || read_polygons(reader, items, count, common);
}

/* --- features --- */

/* Ids are whole numbers; digits in a text count as one, other texts are none. */
static struct value id_of(const struct flat_reader *reader, const struct value *json, const struct value *properties)
{
    const struct value *id =
        reader->promote_id ? value_member(properties, reader->promote_id) : value_member(json, "id");
    if (reader->generate_ids) {
        return value_of_int((int64_t)reader->source_index);
    }
    if (id && id->type == VALUE_STRING && !reader->promote_id) {
        double number;
        return text_to_double(id->string, &number) && number == floor(number) ? value_of_int((int64_t)number)
                                                                              : value_null();
    }
    return id ? *id : value_null();
}

static bool read_feature(struct flat_reader *reader, const struct value *json)
{
    const char *type = value_member_string(json, "type");
    bool is_feature = type && strcmp(type, "Feature") == 0;
    const struct value *properties = is_feature ? value_member(json, "properties") : NULL;
    struct flat_list *list = reader->list;
    struct value *values = arena_array(reader->arena, list->field_count, sizeof *values);
    if (!values) {
        return false;
    }
    for (size_t i = 0; i < list->field_count; i++) {
        const struct value *value = value_member(properties, list->fields[i].name);
        values[i] = value ? *value : value_null();
    }
    struct flat_feature common = {.id = id_of(reader, json, properties), .values = values};
    bool ok = read_geometry(reader, is_feature ? value_member(json, "geometry") : json, &common);
    reader->source_index++;
    return ok;
}

static int compare_texts(const void *a, const void *b)
{
    return text_compare(*(const struct text *)a, *(const struct text *)b);
}

/* The names of all attributes, each once. */
static bool read_fields(struct flat_reader *reader, const struct value *items, size_t count)
{
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        const struct value *properties = value_member(&items[i], "properties");
        total += properties && properties->type == VALUE_OBJECT ? properties->object.count : 0;
    }
    struct text *names = arena_array(reader->arena, total, sizeof *names);
    struct field *fields = arena_array(reader->arena, total + 2, sizeof *fields);
    if (!names || !fields) {
        return false;
    }
    total = 0;
    for (size_t i = 0; i < count; i++) {
        const struct value *properties = value_member(&items[i], "properties");
        for (size_t p = 0; properties && properties->type == VALUE_OBJECT && p < properties->object.count; p++) {
            names[total++] = properties->object.members[p].name;
        }
    }
    if (total > 0) {
        qsort(names, total, sizeof *names, compare_texts);
    }
    reader->list->fields = fields;
    for (size_t i = 0; i < total; i++) {
        if (i == 0 || !text_equal(names[i], names[i - 1])) {
            fields[reader->list->field_count++].name = arena_strndup(reader->arena, names[i].data, names[i].length);
        }
    }
    if (reader->options->has_line_metrics) {
        fields[reader->list->field_count++].name = "mapbox_clip_start";
        fields[reader->list->field_count++].name = "mapbox_clip_end";
    }
    return true;
}

bool flat_read(const struct value *json, const struct cut_options *options, const char *promote_id, bool generate_ids,
               struct arena *arena, struct flat_list *out_list)
{
    *out_list = (struct flat_list){0};
    double tolerance = options->tolerance / (exp2(options->zoom_max) * CUT_EXTENT);
    struct flat_reader reader = {.arena = arena,
                                 .options = options,
                                 .promote_id = promote_id,
                                 .generate_ids = generate_ids,
                                 .tolerance = tolerance * tolerance,
                                 .list = out_list};
    const char *type = value_member_string(json, "type");
    const struct value *features = value_member(json, "features");
    bool is_collection = type && strcmp(type, "FeatureCollection") == 0;
    if (is_collection && (!features || features->type != VALUE_ARRAY)) {
        return true;
    }
    const struct value *items = is_collection ? features->array.items : json;
    size_t count = is_collection ? features->array.count : 1;
    if (!read_fields(&reader, items, count)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!read_feature(&reader, &items[i])) {
            return false;
        }
    }
    return true;
}
