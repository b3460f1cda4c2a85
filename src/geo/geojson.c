/* SPDX-License-Identifier: MIT */
#include "geo/geojson.h"

enum { POSITION_BYTES = 2 * JSON_E7_BYTES + 4, POSITIONS_AT_ONCE = 256 };

static int64_t to_e7(double degrees)
{
    return (int64_t)(degrees * 1e7 + (degrees < 0 ? -0.5 : 0.5));
}

/* Returns the end of what was written. */
static char *put_position_at(char *at, double longitude, double latitude)
{
    *at++ = '[';
    at += json_put_e7(to_e7(longitude), at);
    *at++ = ',';
    at += json_put_e7(to_e7(latitude), at);
    *at++ = ']';
    return at;
}

/* Room is asked for once in many positions: this is where most of the bytes of an answer are made. */
static void put_positions(struct buffer *out, const double *xy, uint32_t count)
{
    for (uint32_t i = 0; i < count;) {
        char *start = (char *)buffer_reserve(out, (size_t)POSITIONS_AT_ONCE * POSITION_BYTES);
        if (!start) {
            return;
        }
        uint32_t end = count - i < POSITIONS_AT_ONCE ? count : i + POSITIONS_AT_ONCE;
        char *at = start;
        for (; i < end; i++) {
            if (i > 0) {
                *at++ = ',';
            }
            at = put_position_at(at, xy[2 * (size_t)i], xy[2 * (size_t)i + 1]);
        }
        out->length += (size_t)(at - start);
    }
}

static void put_position(struct buffer *out, double longitude, double latitude)
{
    put_positions(out, (const double[]){longitude, latitude}, 1);
}

static void put_run(struct buffer *out, const double *xy, uint32_t count)
{
    buffer_append_byte(out, '[');
    put_positions(out, xy, count);
    buffer_append_byte(out, ']');
}

static void put_points(struct buffer *out, const struct shape *shape)
{
    if (shape->vertex_count == 1) {
        buffer_append_text(out, "\"Point\",\"coordinates\":");
        put_position(out, shape->xy[0], shape->xy[1]);
        return;
    }
    buffer_append_text(out, "\"MultiPoint\",\"coordinates\":");
    put_run(out, shape->xy, shape->vertex_count);
}

static void put_lines(struct buffer *out, const struct shape *shape)
{
    bool multi = shape->part_count > 1;
    buffer_append_text(out, multi ? "\"MultiLineString\",\"coordinates\":[" : "\"LineString\",\"coordinates\":");
    uint32_t start = 0;
    for (uint32_t p = 0; p < shape->part_count; p++) {
        if (p > 0) {
            buffer_append_byte(out, ',');
        }
        put_run(out, shape->xy + 2 * (size_t)start, shape->parts[p].end - start);
        start = shape->parts[p].end;
    }
    if (multi) {
        buffer_append_byte(out, ']');
    }
}

static void put_polygons(struct buffer *out, const struct shape *shape)
{
    uint32_t shells = 0;
    for (uint32_t p = 0; p < shape->part_count; p++) {
        shells += p == 0 || !shape->parts[p].is_hole;
    }
    bool multi = shells > 1;
    buffer_append_text(out, multi ? "\"MultiPolygon\",\"coordinates\":[" : "\"Polygon\",\"coordinates\":");
    uint32_t start = 0;
    for (uint32_t p = 0; p < shape->part_count; p++) {
        bool opens = p == 0 || !shape->parts[p].is_hole;
        buffer_append_text(out, p == 0 ? "[" : opens ? "],[" : ",");
        put_run(out, shape->xy + 2 * (size_t)start, shape->parts[p].end - start);
        start = shape->parts[p].end;
    }
    buffer_append_text(out, multi ? "]]" : "]");
}

void geojson_write_shape(struct json_writer *writer, const struct shape *shape)
{
    if (shape->part_count == 0) {
        json_write_null(writer);
        return;
    }
    json_write_begin_object(writer);
    json_write_name(writer, "type");
    switch (shape->kind) {
    case GEOMETRY_POINT:
        put_points(writer->out, shape);
        break;
    case GEOMETRY_LINE:
        put_lines(writer->out, shape);
        break;
    case GEOMETRY_POLYGON:
    case GEOMETRY_NONE:
        put_polygons(writer->out, shape);
        break;
    }
    writer->after_name = false;
    json_write_end_object(writer);
}

bool shape_from_geometry(const struct geometry *geometry, int64_t shift_x, struct arena *arena, struct shape *out_shape)
{
    double *xy = arena_alloc_raw(arena, 2 * (size_t)geometry->vertex_count * sizeof *xy);
    if (!xy) {
        return false;
    }
    for (uint32_t i = 0; i < geometry->vertex_count; i++) {
        double x = (double)(geometry->points[i].x + shift_x);
        /* Longitudes stay within ±180: a copy across the antimeridian is the same place. */
        x = x > 2147483648.0 ? x - 4294967296.0 : x < -2147483648.0 ? x + 4294967296.0 : x;
        grid_to_lonlat(x, (double)geometry->points[i].y, &xy[2 * (size_t)i], &xy[2 * (size_t)i + 1]);
    }
    *out_shape = (struct shape){geometry->kind, geometry->part_count, geometry->vertex_count, geometry->parts, xy};
    return shape_wind(out_shape, arena);
}
