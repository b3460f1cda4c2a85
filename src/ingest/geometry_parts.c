/* SPDX-License-Identifier: MIT */
#include "ingest/geometry_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Beyond this a coordinate is a marker for "no data" (ESRI writes -1.8e308) and no place on Earth in any unit. */
#define COORDINATE_MAX 1e12
#define HEIGHT_NO_DATA (-1e30)

enum { DEPTH_MAX = 16, VERTICES_MAX = 20 * 1000 * 1000 };

/* The bytes being read. */
struct wkb_input {
    const unsigned char *at;
    const unsigned char *end;
};

void geometry_parts_finish(struct geometry_parts *parts)
{
    free(parts->vertices);
    free(parts->items);
}

bool geometry_parts_unusable(struct repair_result *result, const char *english, const char *spanish)
{
    result->fate = REPAIR_UNUSABLE;
    result->english = english;
    result->spanish = spanish;
    return false;
}

bool geometry_parts_damaged(struct repair_result *result)
{
    return geometry_parts_unusable(result, "the geometry is damaged", "la geometría está dañada");
}

static bool reserve_vertices(struct geometry_parts *parts, size_t more)
{
    size_t needed = parts->vertex_count + more;
    if (needed <= parts->vertex_room) {
        return true;
    }
    size_t room = needed < 1024 ? 1024 : needed * 2;
    double *larger = realloc(parts->vertices, room * 3 * sizeof *larger);
    if (!larger) {
        return false;
    }
    parts->vertices = larger;
    parts->vertex_room = room;
    return true;
}

static bool add_part(struct geometry_parts *parts, struct geometry_part part)
{
    if (parts->count == parts->room) {
        size_t room = parts->room == 0 ? 64 : parts->room * 2;
        struct geometry_part *larger = realloc(parts->items, room * sizeof *larger);
        if (!larger) {
            return false;
        }
        parts->items = larger;
        parts->room = room;
    }
    parts->items[parts->count++] = part;
    return true;
}

static bool read_u32(struct wkb_input *in, uint32_t *out)
{
    if (in->end - in->at < 4) {
        return false;
    }
    memcpy(out, in->at, 4);
    in->at += 4;
    return true;
}

/* `dimensions` doubles a vertex: x, y, then z and m as `has_z` and the count say. */
static bool read_vertices(struct geometry_parts *parts, struct wkb_input *in, uint32_t count, unsigned dimensions,
                          bool has_z, struct repair_result *result)
{
    if ((size_t)(in->end - in->at) / (dimensions * sizeof(double)) < count || count > VERTICES_MAX) {
        return geometry_parts_damaged(result);
    }
    if (!reserve_vertices(parts, (size_t)count + 1)) {
        return geometry_parts_unusable(result, "out of memory", "no hay memoria suficiente");
    }
    double *out = parts->vertices + 3 * parts->vertex_count;
    bool sound = true;
    for (uint32_t i = 0; i < count; i++, out += 3) {
        double place[2];
        double z = 0;
        memcpy(place, in->at, sizeof place);
        sound &= (fabs(place[0]) <= COORDINATE_MAX) & (fabs(place[1]) <= COORDINATE_MAX);
        if (has_z) {
            memcpy(&z, in->at + sizeof place, sizeof z);
            if (!isfinite(z) || z < HEIGHT_NO_DATA) {
                z = 0;
                result->flags |= REPAIR_Z_REPLACED;
            }
        }
        out[0] = place[0];
        out[1] = place[1];
        out[2] = z;
        in->at += dimensions * sizeof(double);
    }
    parts->vertex_count += count;
    return sound || geometry_parts_unusable(result, "a coordinate is not a number, infinite or a no-data marker",
                                            "una coordenada no es un número, es infinita o marca falta de dato");
}

static bool same_place(const double *a, const double *b)
{
    return a[0] == b[0] && a[1] == b[1];
}

static bool read_line(struct geometry_parts *parts, struct wkb_input *in, unsigned dimensions, bool has_z,
                      struct repair_result *result)
{
    uint32_t count;
    size_t start = parts->vertex_count;
    if (!read_u32(in, &count)) {
        return geometry_parts_damaged(result);
    }
    if (!read_vertices(parts, in, count, dimensions, has_z, result)) {
        return false;
    }
    if (count == 0) {
        return true;
    }
    if (count < 2) {
        parts->vertex_count = start;
        result->flags |= REPAIR_DROPPED_PART;
        return true;
    }
    bool has_length = false;
    for (size_t i = start + 1; i < parts->vertex_count && !has_length; i++) {
        has_length = !same_place(parts->vertices + 3 * start, parts->vertices + 3 * i);
    }
    result->flags |= has_length ? 0u : REPAIR_ZERO_LENGTH;
    return add_part(parts, (struct geometry_part){start, parts->vertex_count, GEOMETRY_LINE, false}) ||
           geometry_parts_damaged(result);
}

static bool read_polygon(struct geometry_parts *parts, struct wkb_input *in, unsigned dimensions, bool has_z,
                         struct repair_result *result)
{
    uint32_t rings;
    if (!read_u32(in, &rings)) {
        return geometry_parts_damaged(result);
    }
    bool has_shell = false;
    for (uint32_t i = 0; i < rings; i++) {
        uint32_t count;
        size_t start = parts->vertex_count;
        if (!read_u32(in, &count)) {
            return geometry_parts_damaged(result);
        }
        if (!read_vertices(parts, in, count, dimensions, has_z, result)) {
            return false;
        }
        if (count == 0) {
            continue;
        }
        if (!same_place(parts->vertices + 3 * start, parts->vertices + 3 * (parts->vertex_count - 1))) {
            memcpy(parts->vertices + 3 * parts->vertex_count, parts->vertices + 3 * start, 3 * sizeof(double));
            parts->vertex_count++;
            result->flags |= REPAIR_CLOSED_RING;
        }
        if (parts->vertex_count - start < 4 || (i > 0 && !has_shell)) {
            parts->vertex_count = start;
            result->flags |= REPAIR_DROPPED_PART;
            continue;
        }
        if (!add_part(parts, (struct geometry_part){start, parts->vertex_count, GEOMETRY_POLYGON, i > 0})) {
            return geometry_parts_damaged(result);
        }
        has_shell = true;
    }
    return true;
}

/* The type without dimension marks, in ISO (1000, 2000, 3000) and extended (high bits) spelling. */
static uint32_t plain_type(uint32_t type, bool *out_z, bool *out_m)
{
    uint32_t low = type & 0x0fffffffu;
    *out_z = (type & 0x80000000u) != 0 || low / 1000 == 1 || low / 1000 == 3;
    *out_m = (type & 0x40000000u) != 0 || low / 1000 == 2 || low / 1000 == 3;
    return low % 1000;
}

static bool read_geometry(struct geometry_parts *parts, struct wkb_input *in, unsigned depth,
                          struct repair_result *result)
{
    uint32_t type;
    if (in->at == in->end || *in->at++ != 1 || !read_u32(in, &type) || depth > DEPTH_MAX) {
        return geometry_parts_damaged(result);
    }
    if (type & 0x20000000u) { /* extended WKB may carry an SRID */
        uint32_t srid;
        if (!read_u32(in, &srid)) {
            return geometry_parts_damaged(result);
        }
    }
    bool has_z;
    bool has_m;
    type = plain_type(type & ~0x20000000u, &has_z, &has_m);
    unsigned dimensions = 2u + (has_z ? 1u : 0u) + (has_m ? 1u : 0u);
    result->flags |= (has_z ? REPAIR_HAS_Z : 0u) | (has_m ? REPAIR_HAD_M : 0u);
    size_t start = parts->vertex_count;
    switch (type) {
    case 1:
        /* An empty point is written as NaN, NaN. */
        if ((size_t)(in->end - in->at) >= 2 * sizeof(double)) {
            double place[2];
            memcpy(place, in->at, sizeof place);
            if (isnan(place[0]) && isnan(place[1])) {
                in->at += dimensions * sizeof(double) <= (size_t)(in->end - in->at) ? dimensions * sizeof(double) : 0;
                return true;
            }
        }
        return read_vertices(parts, in, 1, dimensions, has_z, result) &&
               (add_part(parts, (struct geometry_part){start, start + 1, GEOMETRY_POINT, false}) ||
                geometry_parts_damaged(result));
    case 2:
        return read_line(parts, in, dimensions, has_z, result);
    case 3:
    case 17: /* triangle */
        return read_polygon(parts, in, dimensions, has_z, result);
    case 4:
    case 5:
    case 6:
    case 7:
    case 15: /* polyhedral surface */
    case 16: /* TIN */
        break;
    default:
        return geometry_parts_unusable(result, "the geometry is of an unknown type",
                                       "la geometría es de un tipo desconocido");
    }
    uint32_t count;
    if (!read_u32(in, &count)) {
        return geometry_parts_damaged(result);
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!read_geometry(parts, in, depth + 1, result)) {
            return false;
        }
    }
    return true;
}

static void put_u32(struct buffer *out, uint32_t value)
{
    buffer_append(out, &value, sizeof value);
}

static void put_head(struct buffer *out, uint32_t type, bool z)
{
    buffer_append_byte(out, 1);
    put_u32(out, type + (z ? 1000u : 0u));
}

static void put_vertices(const struct geometry_parts *parts, const struct geometry_part *part, bool z,
                         struct buffer *out)
{
    size_t size = (z ? 3 : 2) * sizeof(double);
    unsigned char *at = buffer_reserve(out, (part->end - part->start) * size);
    for (size_t i = part->start; at && i < part->end; i++, at += size) {
        memcpy(at, parts->vertices + 3 * i, size);
    }
    out->length += at ? (part->end - part->start) * size : 0;
}

size_t geometry_parts_rings(const struct geometry_parts *parts, size_t shell)
{
    size_t end = shell + 1;
    while (end < parts->count && parts->items[end].kind == GEOMETRY_POLYGON && parts->items[end].hole) {
        end++;
    }
    return end - shell;
}

void geometry_parts_write(const struct geometry_parts *parts, enum geometry_kind kind, bool z, struct buffer *out)
{
    uint32_t count = 0;
    for (size_t i = 0; i < parts->count; i++) {
        count += parts->items[i].kind == kind && !parts->items[i].hole;
    }
    uint32_t single = kind == GEOMETRY_POINT ? 1 : kind == GEOMETRY_LINE ? 2 : 3;
    buffer_clear(out);
    put_head(out, single + 3, z);
    put_u32(out, count);
    for (size_t i = 0; i < parts->count; i++) {
        const struct geometry_part *part = &parts->items[i];
        if (part->kind != kind || part->hole) {
            continue;
        }
        put_head(out, single, z);
        if (kind == GEOMETRY_POINT) {
            put_vertices(parts, part, z, out);
            continue;
        }
        if (kind == GEOMETRY_POLYGON) {
            size_t rings = geometry_parts_rings(parts, i);
            put_u32(out, (uint32_t)rings);
            for (size_t j = 0; j < rings; j++) {
                put_u32(out, (uint32_t)(part[j].end - part[j].start));
                put_vertices(parts, &part[j], z, out);
            }
            continue;
        }
        put_u32(out, (uint32_t)(part->end - part->start));
        put_vertices(parts, part, z, out);
    }
}

bool geometry_parts_read(struct geometry_parts *parts, const unsigned char *wkb, size_t size,
                         struct repair_result *result)
{
    struct wkb_input in = {wkb, wkb + size};
    parts->vertex_count = 0;
    parts->count = 0;
    return read_geometry(parts, &in, 0, result);
}
