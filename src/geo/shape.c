/* SPDX-License-Identifier: MIT */
#include "geo/shape.h"

#include <math.h>
#include <string.h>

/* WKB geometry types, after Z and M flags are taken off (OGC 06-103r4, table 7; ISO 19125 for 15 to 17). */
enum {
    WKB_POINT = 1,
    WKB_LINE = 2,
    WKB_POLYGON = 3,
    WKB_MULTI_POINT = 4,
    WKB_MULTI_LINE = 5,
    WKB_MULTI_POLYGON = 6,
    WKB_COLLECTION = 7,
    WKB_SURFACE = 15,
    WKB_TIN = 16,
    WKB_TRIANGLE = 17
};

enum { NESTING_MAX = 8 };

const char *geometry_kind_name(enum geometry_kind kind)
{
    switch (kind) {
    case GEOMETRY_POINT:
        return "point";
    case GEOMETRY_LINE:
        return "line";
    case GEOMETRY_POLYGON:
        return "polygon";
    case GEOMETRY_NONE:
        break;
    }
    return "none";
}

/* Reads the bytes twice: first to count, then, with arrays of that size, to fill. */
struct wkb_reader {
    const unsigned char *at;
    const unsigned char *end;
    bool swapped; /* byte order of the current geometry is not ours */
    enum geometry_kind kind;
    uint32_t parts;
    uint32_t vertices;
    struct shape_part *out_parts; /* NULL while counting */
    double *out_xy;
    const char *problem;
};

static bool damaged(struct wkb_reader *reader, const char *problem)
{
    reader->problem = problem;
    return false;
}

static bool read_u32(struct wkb_reader *reader, uint32_t *out_number)
{
    if (reader->end - reader->at < 4) {
        return damaged(reader, "it ends too early");
    }
    uint32_t number;
    memcpy(&number, reader->at, 4);
    reader->at += 4;
    *out_number = reader->swapped ? __builtin_bswap32(number) : number;
    return true;
}

static double get_double(const unsigned char *bytes, bool swapped)
{
    uint64_t bits;
    memcpy(&bits, bytes, 8);
    if (swapped) {
        bits = __builtin_bswap64(bits);
    }
    double number;
    memcpy(&number, &bits, 8);
    return number;
}

static void put_part(struct wkb_reader *reader, bool is_hole)
{
    if (reader->out_parts) {
        reader->out_parts[reader->parts] = (struct shape_part){reader->vertices, is_hole};
    }
    reader->parts++;
}

static bool is_all_finite(const unsigned char *at, uint32_t count, size_t stride, bool swapped)
{
    double nothing = 0; /* a number that is not finite makes it NaN */
    for (uint32_t i = 0; i < count; i++) {
        double x = get_double(at + i * stride, swapped);
        double y = get_double(at + i * stride + 8, swapped);
        nothing += (x - x) + (y - y);
    }
    return nothing == 0;
}

static void fill_run(struct wkb_reader *reader, uint32_t count, size_t stride)
{
    double *out = reader->out_xy + 2 * (size_t)reader->vertices;
    if (stride == 16 && !reader->swapped) {
        memcpy(out, reader->at, count * stride);
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        out[2 * (size_t)i] = get_double(reader->at + i * stride, reader->swapped);
        out[2 * (size_t)i + 1] = get_double(reader->at + i * stride + 8, reader->swapped);
    }
}

/* `count` vertices of `dimensions` numbers each; a ring that does not end where it began is closed. */
static bool read_run(struct wkb_reader *reader, uint32_t count, unsigned dimensions, bool is_ring)
{
    size_t stride = 8 * (size_t)dimensions;
    if ((size_t)(reader->end - reader->at) / stride < count) {
        return damaged(reader, "it ends too early");
    }
    if (!reader->out_xy && !is_all_finite(reader->at, count, stride, reader->swapped)) {
        return damaged(reader, "a coordinate is not a finite number");
    }
    if (count == 0) {
        return true;
    }
    const unsigned char *last = reader->at + (count - 1) * stride;
    double x = get_double(reader->at, reader->swapped);
    double y = get_double(reader->at + 8, reader->swapped);
    bool is_open = get_double(last, reader->swapped) != x || get_double(last + 8, reader->swapped) != y;
    if (reader->out_xy) {
        fill_run(reader, count, stride);
    }
    reader->vertices += count;
    reader->at += count * stride;
    if (is_ring && is_open) {
        if (reader->out_xy) {
            reader->out_xy[2 * (size_t)reader->vertices] = x;
            reader->out_xy[2 * (size_t)reader->vertices + 1] = y;
        }
        reader->vertices++;
    }
    return true;
}

static bool set_kind(struct wkb_reader *reader, enum geometry_kind kind)
{
    if (reader->kind != GEOMETRY_NONE && reader->kind != kind) {
        return damaged(reader, "it mixes points, lines and polygons");
    }
    reader->kind = kind;
    return true;
}

static bool read_polygon(struct wkb_reader *reader, unsigned dimensions)
{
    uint32_t rings;
    if (!read_u32(reader, &rings)) {
        return false;
    }
    for (uint32_t i = 0; i < rings; i++) {
        uint32_t count;
        if (!read_u32(reader, &count) || !read_run(reader, count, dimensions, true)) {
            return false;
        }
        if (count > 0) {
            put_part(reader, i > 0);
        }
    }
    return true;
}

static bool read_geometry(struct wkb_reader *reader, int depth);

static bool read_members(struct wkb_reader *reader, int depth)
{
    uint32_t count;
    if (depth > NESTING_MAX) {
        return damaged(reader, "it is nested too deeply");
    }
    if (!read_u32(reader, &count)) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!read_geometry(reader, depth + 1)) {
            return false;
        }
    }
    return true;
}

static bool read_point(struct wkb_reader *reader, unsigned dimensions)
{
    if ((size_t)(reader->end - reader->at) < 8 * (size_t)dimensions) {
        return damaged(reader, "it ends too early");
    }
    double x = get_double(reader->at, reader->swapped);
    double y = get_double(reader->at + 8, reader->swapped);
    if (isnan(x) && isnan(y)) {
        reader->at += 8 * (size_t)dimensions;
        return true; /* POINT EMPTY */
    }
    if (!read_run(reader, 1, dimensions, false)) {
        return false;
    }
    put_part(reader, false);
    return true;
}

static bool read_line(struct wkb_reader *reader, unsigned dimensions)
{
    uint32_t count;
    if (!read_u32(reader, &count) || !read_run(reader, count, dimensions, false)) {
        return false;
    }
    if (count > 0) {
        put_part(reader, false);
    }
    return true;
}

static bool read_geometry(struct wkb_reader *reader, int depth)
{
    if (reader->at == reader->end) {
        return damaged(reader, "it ends too early");
    }
    unsigned order = *reader->at++;
    if (order > 1) {
        return damaged(reader, "its byte order is unknown");
    }
    const uint16_t probe = 1;
    bool we_are_little = *(const unsigned char *)&probe == 1;
    reader->swapped = (order == 1) != we_are_little;
    uint32_t type;
    if (!read_u32(reader, &type)) {
        return false;
    }
    unsigned dimensions = 2;
    uint32_t flags = type & 0xe0000000u; /* extended WKB: Z, M, SRID */
    type &= 0x1fffffffu;
    uint32_t thousands = type / 1000; /* ISO: 1000 Z, 2000 M, 3000 ZM */
    type %= 1000;
    dimensions += (flags & 0x80000000u) != 0 || thousands == 1 || thousands == 3;
    dimensions += (flags & 0x40000000u) != 0 || thousands == 2 || thousands == 3;
    uint32_t srid;
    if ((flags & 0x20000000u) != 0 && !read_u32(reader, &srid)) {
        return false;
    }
    switch (type) {
    case WKB_POINT:
        return set_kind(reader, GEOMETRY_POINT) && read_point(reader, dimensions);
    case WKB_LINE:
        return set_kind(reader, GEOMETRY_LINE) && read_line(reader, dimensions);
    case WKB_POLYGON:
    case WKB_TRIANGLE:
        return set_kind(reader, GEOMETRY_POLYGON) && read_polygon(reader, dimensions);
    case WKB_MULTI_POINT:
    case WKB_MULTI_LINE:
    case WKB_MULTI_POLYGON:
    case WKB_COLLECTION:
    case WKB_SURFACE:
    case WKB_TIN:
        return read_members(reader, depth);
    default:
        return damaged(reader, "its geometry type is not supported");
    }
}

bool shape_from_wkb(const unsigned char *wkb, size_t size, struct arena *arena, struct shape *out_shape,
                    struct error *err)
{
    if (!wkb || size == 0) {
        *out_shape = (struct shape){.kind = GEOMETRY_NONE};
        return true;
    }
    struct wkb_reader counted = {.at = wkb, .end = wkb + size};
    if (!read_geometry(&counted, 0)) {
        error_tell(err, ERROR_INVALID, "IMP-050", "geometry cannot be read: %s", "la geometría no se puede leer: %s",
                   counted.problem);
        return false;
    }
    struct wkb_reader filled = {.at = wkb, .end = wkb + size};
    filled.out_parts = arena_array(arena, counted.parts, sizeof *filled.out_parts);
    filled.out_xy = arena_alloc_raw(arena, 2 * (size_t)counted.vertices * sizeof *filled.out_xy);
    if (!filled.out_parts || !filled.out_xy) {
        error_tell(err, ERROR_TOO_LARGE, "IMP-052", "a geometry of %u vertices is too large",
                   "una geometría de %u vértices es demasiado grande", (unsigned)counted.vertices);
        return false;
    }
    read_geometry(&filled, 0);
    *out_shape = (struct shape){filled.parts > 0 ? filled.kind : counted.kind, filled.parts, filled.vertices,
                                filled.out_parts, filled.out_xy};
    return true;
}

struct bbox shape_bbox(const struct shape *shape)
{
    struct bbox box = bbox_empty();
    for (uint32_t i = 0; i < shape->vertex_count; i++) {
        double x = shape->xy[2 * (size_t)i];
        double y = shape->xy[2 * (size_t)i + 1];
        box.min_x = x < box.min_x ? x : box.min_x;
        box.max_x = x > box.max_x ? x : box.max_x;
        box.min_y = y < box.min_y ? y : box.min_y;
        box.max_y = y > box.max_y ? y : box.max_y;
    }
    return box;
}

double shape_ring_area(const double *xy, uint32_t count)
{
    double sum = 0;
    for (size_t i = 1; i + 1 < count; i++) {
        /* Around the first vertex, so that far from the origin no digits are lost. */
        double ax = xy[2 * i] - xy[0];
        double ay = xy[2 * i + 1] - xy[1];
        double bx = xy[2 * i + 2] - xy[0];
        double by = xy[2 * i + 3] - xy[1];
        sum += ax * by - bx * ay;
    }
    return sum;
}

bool shape_wind(struct shape *shape, struct arena *arena)
{
    if (shape->kind != GEOMETRY_POLYGON) {
        return true;
    }
    double *xy = NULL; /* copied at the first ring that must turn */
    uint32_t start = 0;
    for (uint32_t p = 0; p < shape->part_count; p++) {
        uint32_t end = shape->parts[p].end;
        double area = shape_ring_area(shape->xy + 2 * (size_t)start, end - start);
        bool turn = shape->parts[p].is_hole ? area > 0 : area < 0;
        if (turn && !xy) {
            xy = arena_memdup(arena, shape->xy, 2 * (size_t)shape->vertex_count * sizeof *xy);
            if (!xy) {
                return false;
            }
        }
        for (uint32_t a = start, b = end; turn && a + 1 < b; a++) {
            b--;
            double x = xy[2 * (size_t)a];
            double y = xy[2 * (size_t)a + 1];
            xy[2 * (size_t)a] = xy[2 * (size_t)b];
            xy[2 * (size_t)a + 1] = xy[2 * (size_t)b + 1];
            xy[2 * (size_t)b] = x;
            xy[2 * (size_t)b + 1] = y;
        }
        start = end;
    }
    if (xy) {
        shape->xy = xy;
    }
    return true;
}

/* --- the antimeridian --- */

static double wrapped(double longitude)
{
    if (longitude >= -180 && longitude <= 180) {
        return longitude;
    }
    double turned = fmod(longitude + 180, 360);
    return (turned < 0 ? turned + 360 : turned) - 180;
}

struct cutter {
    struct arena *arena;
    double *xy;
    uint32_t vertices;
    size_t vertices_max;
    struct shape_part *parts;
    uint32_t part_count;
    size_t parts_max;
};

static bool cut_vertex(struct cutter *cutter, double x, double y)
{
    if (cutter->vertices == cutter->vertices_max) {
        size_t larger = cutter->vertices_max * 2 + 64;
        double *xy =
            arena_grow(cutter->arena, cutter->xy, 2 * cutter->vertices_max * sizeof *xy, 2 * larger * sizeof *xy);
        if (!xy) {
            return false;
        }
        cutter->xy = xy;
        cutter->vertices_max = larger;
    }
    cutter->xy[2 * (size_t)cutter->vertices] = x;
    cutter->xy[2 * (size_t)cutter->vertices + 1] = y;
    cutter->vertices++;
    return true;
}

/* Ends the part begun at vertex `start`; one with fewer than `vertices_min` vertices is taken back. */
static bool cut_part(struct cutter *cutter, uint32_t start, uint32_t vertices_min, bool is_hole)
{
    if (cutter->vertices - start < vertices_min) {
        cutter->vertices = start;
        return true;
    }
    if (cutter->part_count == cutter->parts_max) {
        size_t larger = cutter->parts_max * 2 + 8;
        struct shape_part *parts =
            arena_grow(cutter->arena, cutter->parts, cutter->parts_max * sizeof *parts, larger * sizeof *parts);
        if (!parts) {
            return false;
        }
        cutter->parts = parts;
        cutter->parts_max = larger;
    }
    cutter->parts[cutter->part_count++] = (struct shape_part){cutter->vertices, is_hole};
    return true;
}

/* Makes longitudes continuous: each within 180 degrees of the one before. Returns true when a step was undone. */
static bool unroll(const double *xy, uint32_t count, double *out_x)
{
    bool crossed = false;
    double turn = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0) {
            double step = xy[2 * i] - xy[2 * i - 2];
            if (step > 180) {
                turn -= 360;
                crossed = true;
            } else if (step < -180) {
                turn += 360;
                crossed = true;
            }
        }
        out_x[i] = xy[2 * i] + turn;
    }
    return crossed;
}

/* The piece of an unrolled ring inside the strip [west, west + 360], by Sutherland-Hodgman on its two sides. */
static bool clip_ring(struct cutter *cutter, const double *x, const double *y, uint32_t count, double west,
                      bool is_hole)
{
    double east = west + 360;
    uint32_t size = count;
    double *from = arena_alloc_raw(cutter->arena, 4 * ((size_t)count * 4 + 8) * sizeof *from);
    if (!from) {
        return false;
    }
    double *to = from + 2 * ((size_t)count * 4 + 8);
    for (uint32_t i = 0; i < count; i++) {
        from[2 * i] = x[i];
        from[2 * i + 1] = y[i];
    }
    for (int side = 0; side < 2; side++) {
        double limit = side == 0 ? west : east;
        double sign = side == 0 ? 1 : -1;
        uint32_t kept = 0;
        for (uint32_t i = 0; i + 1 < size; i++) {
            const double *a = from + 2 * (size_t)i;
            const double *b = a + 2;
            bool a_in = sign * (a[0] - limit) >= 0;
            bool b_in = sign * (b[0] - limit) >= 0;
            if (a_in) {
                to[2 * kept] = a[0];
                to[2 * kept + 1] = a[1];
                kept++;
            }
            if (a_in != b_in) {
                double share = (limit - a[0]) / (b[0] - a[0]);
                to[2 * kept] = limit;
                to[2 * kept + 1] = a[1] + share * (b[1] - a[1]);
                kept++;
            }
        }
        if (kept == 0) {
            return true;
        }
        to[2 * kept] = to[0];
        to[2 * kept + 1] = to[1];
        size = kept + 1;
        double *swap = from;
        from = to;
        to = swap;
    }
    uint32_t start = cutter->vertices;
    for (uint32_t i = 0; i < size; i++) {
        if (!cut_vertex(cutter, from[2 * i] - west - 180, from[2 * i + 1])) {
            return false;
        }
    }
    return cut_part(cutter, start, 4, is_hole);
}

static double strip_of(double x)
{
    return floor((x + 180) / 360) * 360 - 180;
}

static bool cut_polygon(struct cutter *cutter, const struct shape *shape, uint32_t first_part, uint32_t last_part,
                        uint32_t first_vertex)
{
    uint32_t end_vertex = shape->parts[last_part - 1].end;
    uint32_t count = end_vertex - first_vertex;
    double *x = arena_alloc_raw(cutter->arena, 2 * (size_t)count * sizeof *x);
    if (!x) {
        return false;
    }
    double *y = x + count;
    bool crossed = false;
    uint32_t start = first_vertex;
    for (uint32_t p = first_part; p < last_part; p++) {
        uint32_t size = shape->parts[p].end - start;
        const double *xy = shape->xy + 2 * (size_t)start;
        double *ring_x = x + (start - first_vertex);
        crossed = unroll(xy, size, ring_x) || crossed;
        if (p > first_part && size > 0 && fabs(ring_x[0] - x[0]) > 180) {
            /* A hole that starts on the other side of the seam goes to where its outer ring is. */
            double turn = ring_x[0] < x[0] ? 360 : -360;
            for (uint32_t i = 0; i < size; i++) {
                ring_x[i] += turn;
            }
        }
        start = shape->parts[p].end;
    }
    double low = x[0];
    double high = x[0];
    for (uint32_t i = 0; i < count; i++) {
        y[i] = shape->xy[2 * ((size_t)first_vertex + i) + 1];
        low = fmin(low, x[i]);
        high = fmax(high, x[i]);
    }
    bool whole = !crossed && low >= -180 && high <= 180;
    double west = whole ? -180 : strip_of(low);
    for (; west < high || whole; west += 360) {
        start = first_vertex;
        for (uint32_t p = first_part; p < last_part; p++) {
            uint32_t size = shape->parts[p].end - start;
            uint32_t offset = start - first_vertex;
            if (whole) {
                uint32_t begun = cutter->vertices;
                for (uint32_t i = 0; i < size; i++) {
                    if (!cut_vertex(cutter, x[offset + i], y[offset + i])) {
                        return false;
                    }
                }
                if (!cut_part(cutter, begun, 1, shape->parts[p].is_hole)) {
                    return false;
                }
            } else if (!clip_ring(cutter, x + offset, y + offset, size, west, shape->parts[p].is_hole)) {
                return false;
            }
            start = shape->parts[p].end;
        }
        if (whole) {
            break;
        }
    }
    return true;
}

static bool cut_line(struct cutter *cutter, const double *xy, uint32_t count)
{
    uint32_t begun = cutter->vertices;
    for (uint32_t i = 0; i < count; i++) {
        double x = wrapped(xy[2 * i]);
        double y = xy[2 * i + 1];
        if (i > 0) {
            double before = wrapped(xy[2 * i - 2]);
            double step = x - before;
            if (fabs(step) > 180) {
                double edge = step > 0 ? -180 : 180; /* leaves by the west, or by the east */
                double unrolled = step > 0 ? x - 360 : x + 360;
                double share = (edge - before) / (unrolled - before);
                double cut_y = xy[2 * i - 1] + share * (y - xy[2 * i - 1]);
                if (!cut_vertex(cutter, edge, cut_y) || !cut_part(cutter, begun, 2, false)) {
                    return false;
                }
                begun = cutter->vertices;
                if (!cut_vertex(cutter, -edge, cut_y)) {
                    return false;
                }
            }
        }
        if (!cut_vertex(cutter, x, y)) {
            return false;
        }
    }
    return cut_part(cutter, begun, 1, false);
}

static bool needs_cut(const struct shape *shape)
{
    uint32_t start = 0;
    for (uint32_t p = 0; p < shape->part_count; p++) {
        for (uint32_t i = start; i < shape->parts[p].end; i++) {
            double x = shape->xy[2 * (size_t)i];
            bool steps = shape->kind != GEOMETRY_POINT && i > start && fabs(x - shape->xy[2 * (size_t)i - 2]) > 180;
            if (steps || x < -180 || x > 180) {
                return true;
            }
        }
        start = shape->parts[p].end;
    }
    return false;
}

bool shape_cut_at_antimeridian(const struct shape *shape, struct arena *arena, struct shape *out_shape)
{
    if (!needs_cut(shape)) {
        *out_shape = *shape;
        return true;
    }
    struct cutter cutter = {.arena = arena};
    uint32_t start = 0;
    for (uint32_t p = 0; p < shape->part_count;) {
        uint32_t next = p + 1;
        if (shape->kind == GEOMETRY_POLYGON) {
            while (next < shape->part_count && shape->parts[next].is_hole) {
                next++;
            }
            if (!cut_polygon(&cutter, shape, p, next, start)) {
                return false;
            }
        } else if (!cut_line(&cutter, shape->xy + 2 * (size_t)start, shape->parts[p].end - start)) {
            return false;
        }
        start = shape->parts[next - 1].end;
        p = next;
    }
    *out_shape = (struct shape){shape->kind, cutter.part_count, cutter.vertices, cutter.parts, cutter.xy};
    return true;
}
