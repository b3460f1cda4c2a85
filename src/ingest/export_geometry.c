/* SPDX-License-Identifier: MIT */
#include "ingest/export_geometry.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WKB_POINT = 1, WKB_POLYGON = 3, WKB_MULTI_POINT = 4, WKB_COLLECTION = 7, EXACT_DECIMALS = 17 };

/* WKB of the store: little endian, XY or XYZ, one kind. */
struct walk {
    const unsigned char *start;
    const unsigned char *at;
    const unsigned char *end;
    uint32_t type; /* of the outermost geometry, without Z */
    bool has_z;
    bool (*visit)(void *context, size_t offset, uint32_t count, size_t stride);
    void *context;
};

static bool take_u32(struct walk *walk, uint32_t *out)
{
    if (walk->end - walk->at < 4) {
        return false;
    }
    memcpy(out, walk->at, sizeof *out);
    walk->at += sizeof *out;
    return true;
}

static bool take_head(struct walk *walk, uint32_t *out_type)
{
    uint32_t type;
    if (walk->at == walk->end || *walk->at++ != 1 || !take_u32(walk, &type)) {
        return false;
    }
    walk->has_z = type / 1000 == 1;
    *out_type = type % 1000;
    return type / 1000 <= 1 && *out_type >= WKB_POINT && *out_type < WKB_COLLECTION;
}

static bool take_run(struct walk *walk, uint32_t count)
{
    size_t stride = walk->has_z ? 24 : 16;
    if ((size_t)(walk->end - walk->at) / stride < count) {
        return false;
    }
    bool ok = walk->visit(walk->context, (size_t)(walk->at - walk->start), count, stride);
    walk->at += count * stride;
    return ok;
}

static bool take_entity(struct walk *walk, uint32_t type)
{
    uint32_t count = 1;
    if (type == WKB_POINT) {
        return take_run(walk, 1);
    }
    if (!take_u32(walk, &count)) {
        return false;
    }
    if (type != WKB_POLYGON) {
        return take_run(walk, count);
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t vertices;
        if (!take_u32(walk, &vertices) || !take_run(walk, vertices)) {
            return false;
        }
    }
    return true;
}

static bool run(struct walk *walk, const unsigned char *wkb, size_t size, struct error *err)
{
    uint32_t count = 0;
    walk->start = wkb;
    walk->at = wkb;
    walk->end = wkb + size;
    bool ok = take_head(walk, &walk->type);
    if (ok && walk->type < WKB_MULTI_POINT) {
        ok = take_entity(walk, walk->type);
    } else {
        ok = ok && take_u32(walk, &count);
        for (uint32_t i = 0; ok && i < count; i++) {
            uint32_t type;
            ok = take_head(walk, &type) && type < WKB_MULTI_POINT && take_entity(walk, type);
        }
    }
    if (!ok && err && err->kind == ERROR_NONE) {
        error_tell(err, ERROR_UNAVAILABLE, "STO-026", "a geometry in the data file is damaged or of a foreign kind",
                   "una geometría del archivo de datos está dañada o es de un tipo ajeno");
    }
    return ok;
}

/* --- taken apart --- */

struct heights {
    const unsigned char *wkb;
    double *z;
    size_t count;
    size_t room;
};

static bool take_heights(void *context, size_t offset, uint32_t count, size_t stride)
{
    struct heights *heights = context;
    if (stride != 24) {
        return true;
    }
    if (heights->room - heights->count < count) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        memcpy(&heights->z[heights->count++], heights->wkb + offset + i * stride + 16, sizeof(double));
    }
    return true;
}

bool export_geometry_read(const unsigned char *wkb, size_t size, struct arena *arena,
                          struct export_geometry *out_geometry, struct error *err)
{
    struct export_geometry geometry = {0};
    if (!shape_from_wkb(wkb, size, arena, &geometry.shape, err)) {
        return false;
    }
    struct heights heights = {.wkb = wkb, .room = geometry.shape.vertex_count};
    struct walk walk = {.visit = take_heights, .context = &heights};
    heights.z = arena_array(arena, heights.room, sizeof *heights.z);
    if (!heights.z) {
        return error_no_memory(err);
    }
    if (!run(&walk, wkb, size, err)) {
        return false;
    }
    geometry.is_multi = walk.type >= WKB_MULTI_POINT;
    geometry.z = heights.count == heights.room && heights.count > 0 ? heights.z : NULL;
    *out_geometry = geometry;
    return true;
}

/* --- moved --- */

struct move {
    unsigned char *wkb;
    struct projection *from;
    struct projection *to;
    struct arena *arena;
    struct error *err;
};

static bool move_run(void *context, size_t offset, uint32_t count, size_t stride)
{
    struct move *move = context;
    double *xy = arena_alloc_raw(move->arena, (size_t)count * 2 * sizeof *xy + 1);
    if (!xy) {
        return error_no_memory(move->err);
    }
    for (uint32_t i = 0; i < count; i++) {
        memcpy(&xy[2 * i], move->wkb + offset + i * stride, 2 * sizeof *xy);
    }
    projection_to_lonlat(move->from, xy, count);
    if (move->to) {
        projection_from_lonlat(move->to, xy, count);
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!isfinite(xy[2 * i]) || !isfinite(xy[2 * i + 1])) {
            double was[2];
            memcpy(was, move->wkb + offset + i * stride, sizeof was);
            error_tell(move->err, ERROR_INVALID, "EXP-010",
                       "the coordinate %.10g, %.10g has no place in the wanted reference system",
                       "la coordenada %.10g, %.10g no tiene lugar en el sistema de referencia pedido", was[0], was[1]);
            return false;
        }
        memcpy(move->wkb + offset + i * stride, &xy[2 * i], 2 * sizeof *xy);
    }
    return true;
}

bool export_geometry_move(const unsigned char *wkb, size_t size, struct projection *from, struct projection *to,
                          struct arena *arena, const unsigned char **out_wkb, struct error *err)
{
    struct move move = {.wkb = arena_memdup(arena, wkb, size), .from = from, .to = to, .arena = arena, .err = err};
    struct walk walk = {.visit = move_run, .context = &move};
    if (!move.wkb) {
        return error_no_memory(err);
    }
    if (!run(&walk, move.wkb, size, err)) {
        return false;
    }
    *out_wkb = move.wkb;
    return true;
}

/* --- as text --- */

void export_geometry_put_number(double number, unsigned decimals, struct buffer *out)
{
    char text[400];
    if (decimals >= EXACT_DECIMALS) {
        size_t length = text_put_double(number, text);
        buffer_append(out, text, length);
        return;
    }
    int length = snprintf(text, sizeof text, "%.*f", (int)decimals, number);
    if (length <= 0 || length >= (int)sizeof text) {
        buffer_append_text(out, "null");
        return;
    }
    if (decimals > 0) {
        while (text[length - 1] == '0') {
            length--;
        }
        length -= text[length - 1] == '.';
    }
    bool negative_zero = length == 2 && text[0] == '-' && text[1] == '0';
    buffer_append(out, text + negative_zero, (size_t)length - negative_zero);
}

uint32_t export_geometry_polygon_end(const struct shape *shape, uint32_t part)
{
    uint32_t end = part + 1;
    while (end < shape->part_count && shape->parts[end].is_hole) {
        end++;
    }
    return end;
}

static void put_run(const struct export_geometry *geometry, uint32_t part, struct buffer *out)
{
    const struct shape *shape = &geometry->shape;
    uint32_t start = part > 0 ? shape->parts[part - 1].end : 0;
    for (uint32_t i = start; i < shape->parts[part].end; i++) {
        buffer_append_text(out, i > start ? "," : "");
        export_geometry_put_number(shape->xy[2 * (size_t)i], EXACT_DECIMALS, out);
        buffer_append_text(out, " ");
        export_geometry_put_number(shape->xy[2 * (size_t)i + 1], EXACT_DECIMALS, out);
        if (geometry->z) {
            buffer_append_text(out, " ");
            export_geometry_put_number(geometry->z[i], EXACT_DECIMALS, out);
        }
    }
}

void export_geometry_put_wkt(const struct export_geometry *geometry, struct buffer *out)
{
    static const char *const names[] = {"", "POINT", "LINESTRING", "POLYGON"};
    const struct shape *shape = &geometry->shape;
    bool polygons = shape->kind == GEOMETRY_POLYGON;
    buffer_printf(out, "%s%s%s (", geometry->is_multi ? "MULTI" : "", names[shape->kind], geometry->z ? " Z" : "");
    for (uint32_t part = 0; part < shape->part_count;) {
        uint32_t end = polygons ? export_geometry_polygon_end(shape, part) : part + 1;
        buffer_append_text(out, part > 0 ? "," : "");
        buffer_append_text(out, geometry->is_multi ? "(" : "");
        for (uint32_t ring = part; ring < end; ring++) {
            buffer_append_text(out, ring > part ? "," : "");
            buffer_append_text(out, polygons ? "(" : "");
            put_run(geometry, ring, out);
            buffer_append_text(out, polygons ? ")" : "");
        }
        buffer_append_text(out, geometry->is_multi ? ")" : "");
        part = end;
    }
    buffer_append_text(out, ")");
}
