/* SPDX-License-Identifier: MIT */
#include "geo/clip.h"

#include <math.h>

struct collected {
    struct world_point *points;
    struct shape_part *parts;
    uint32_t point_count;
    uint32_t part_count;
    size_t points_max;
    size_t parts_max;
    struct arena *arena;
};

static bool put_point(struct collected *out, struct world_point point)
{
    if (out->point_count == out->points_max) {
        size_t larger = out->points_max * 2 + 64;
        struct world_point *points =
            arena_grow(out->arena, out->points, out->points_max * sizeof *points, larger * sizeof *points);
        if (!points) {
            return false;
        }
        out->points = points;
        out->points_max = larger;
    }
    out->points[out->point_count++] = point;
    return true;
}

/* Ends the part begun at `start`; one with too few vertices is taken back. */
static bool put_part(struct collected *out, uint32_t start, uint32_t vertices_min, bool is_hole)
{
    if (out->point_count - start < vertices_min) {
        out->point_count = start;
        return true;
    }
    if (out->part_count == out->parts_max) {
        size_t larger = out->parts_max * 2 + 8;
        struct shape_part *parts =
            arena_grow(out->arena, out->parts, out->parts_max * sizeof *parts, larger * sizeof *parts);
        if (!parts) {
            return false;
        }
        out->parts = parts;
        out->parts_max = larger;
    }
    out->parts[out->part_count++] = (struct shape_part){out->point_count, is_hole};
    return true;
}

static bool inside(const struct world_box *box, struct world_point point)
{
    return point.x >= box->min_x && point.x <= box->max_x && point.y >= box->min_y && point.y <= box->max_y;
}

static bool clip_points(const struct geometry *geometry, const struct world_box *box, struct collected *out)
{
    uint32_t start = 0;
    for (uint32_t p = 0; p < geometry->part_count; p++) {
        uint32_t begun = out->point_count;
        for (uint32_t i = start; i < geometry->parts[p].end; i++) {
            if (inside(box, geometry->points[i]) && !put_point(out, geometry->points[i])) {
                return false;
            }
        }
        if (!put_part(out, begun, 1, false)) {
            return false;
        }
        start = geometry->parts[p].end;
    }
    return true;
}

static bool narrow(double direction, double distance, double *low, double *high)
{
    if (direction == 0) {
        return distance >= 0;
    }
    double share = distance / direction;
    if (direction < 0) {
        *low = fmax(*low, share);
    } else {
        *high = fmin(*high, share);
    }
    return *low <= *high;
}

/* The part of the segment inside the box, as shares of its length; false when there is none. */
static bool clip_segment(struct world_point a, struct world_point b, const struct world_box *box, double *out_low,
                         double *out_high)
{
    double dx = (double)b.x - (double)a.x;
    double dy = (double)b.y - (double)a.y;
    *out_low = 0;
    *out_high = 1;
    return narrow(-dx, (double)(a.x - box->min_x), out_low, out_high) &&
           narrow(dx, (double)(box->max_x - a.x), out_low, out_high) &&
           narrow(-dy, (double)(a.y - box->min_y), out_low, out_high) &&
           narrow(dy, (double)(box->max_y - a.y), out_low, out_high);
}

static struct world_point between(struct world_point a, struct world_point b, double share)
{
    return (struct world_point){(int32_t)floor((double)a.x + share * ((double)b.x - (double)a.x) + 0.5),
                                (int32_t)floor((double)a.y + share * ((double)b.y - (double)a.y) + 0.5)};
}

static bool clip_line(const struct world_point *points, uint32_t count, const struct world_box *box,
                      struct collected *out)
{
    uint32_t begun = out->point_count;
    for (uint32_t i = 0; i + 1 < count; i++) {
        double low;
        double high;
        if (!clip_segment(points[i], points[i + 1], box, &low, &high)) {
            continue;
        }
        bool goes_on = out->point_count > begun && low == 0;
        if (!goes_on) {
            if (!put_part(out, begun, 2, false)) {
                return false;
            }
            begun = out->point_count;
            if (!put_point(out, low > 0 ? between(points[i], points[i + 1], low) : points[i])) {
                return false;
            }
        }
        if (!put_point(out, high < 1 ? between(points[i], points[i + 1], high) : points[i + 1])) {
            return false;
        }
        if (high < 1) {
            if (!put_part(out, begun, 2, false)) {
                return false;
            }
            begun = out->point_count;
        }
    }
    return put_part(out, begun, 2, false);
}

/* Which side of the box: 0 west, 1 east, 2 north, 3 south. */
static bool keeps(struct world_point point, const struct world_box *box, int side)
{
    switch (side) {
    case 0:
        return point.x >= box->min_x;
    case 1:
        return point.x <= box->max_x;
    case 2:
        return point.y >= box->min_y;
    default:
        return point.y <= box->max_y;
    }
}

static struct world_point cross(struct world_point a, struct world_point b, const struct world_box *box, int side)
{
    int64_t limit = side == 0 ? box->min_x : side == 1 ? box->max_x : side == 2 ? box->min_y : box->max_y;
    double dx = (double)b.x - (double)a.x;
    double dy = (double)b.y - (double)a.y;
    if (side < 2) {
        return (struct world_point){(int32_t)limit,
                                    (int32_t)floor((double)a.y + dy * ((double)(limit - a.x) / dx) + 0.5)};
    }
    return (struct world_point){(int32_t)floor((double)a.x + dx * ((double)(limit - a.y) / dy) + 0.5), (int32_t)limit};
}

/* True when something of the extent lies beyond the side. */
static bool cuts(const struct world_box *box, const struct world_box *extent, int side)
{
    switch (side) {
    case 0:
        return extent->min_x < box->min_x;
    case 1:
        return extent->max_x > box->max_x;
    case 2:
        return extent->min_y < box->min_y;
    default:
        return extent->max_y > box->max_y;
    }
}

static bool clip_ring(const struct world_point *points, uint32_t count, const struct world_box *box, bool is_hole,
                      struct collected *out)
{
    size_t room = 4 * (size_t)count + 16;
    struct world_point *from = arena_alloc_raw(out->arena, 2 * room * sizeof *from);
    if (!from) {
        return false;
    }
    struct world_point *to = from + room;
    size_t size = 0;
    struct world_box extent = {INT32_MAX, INT32_MAX, INT32_MIN, INT32_MIN};
    for (uint32_t i = 0; i + 1 < count; i++) {
        struct world_point point = points[i];
        from[size++] = point; /* open: the closing vertex is put back at the end */
        extent.min_x = point.x < extent.min_x ? point.x : extent.min_x;
        extent.max_x = point.x > extent.max_x ? point.x : extent.max_x;
        extent.min_y = point.y < extent.min_y ? point.y : extent.min_y;
        extent.max_y = point.y > extent.max_y ? point.y : extent.max_y;
    }
    if (!world_box_touches(&extent, box)) {
        return true;
    }
    for (int side = 0; side < 4 && size > 0; side++) {
        size_t kept = 0;
        if (!cuts(box, &extent, side)) {
            continue; /* most rings meet one side at most */
        }
        for (size_t i = 0; i < size; i++) {
            struct world_point a = from[i];
            struct world_point b = from[i + 1 == size ? 0 : i + 1];
            bool a_in = keeps(a, box, side);
            if (a_in) {
                to[kept++] = a;
            }
            if (a_in != keeps(b, box, side)) {
                to[kept++] = cross(a, b, box, side);
            }
        }
        struct world_point *swap = from;
        from = to;
        to = swap;
        size = kept;
    }
    uint32_t begun = out->point_count;
    for (size_t i = 0; i < size; i++) {
        bool repeats = out->point_count > begun && from[i].x == out->points[out->point_count - 1].x &&
                       from[i].y == out->points[out->point_count - 1].y;
        if (!repeats && !put_point(out, from[i])) {
            return false;
        }
    }
    if (out->point_count > begun) {
        struct world_point first = out->points[begun];
        struct world_point last = out->points[out->point_count - 1];
        if ((first.x != last.x || first.y != last.y) && !put_point(out, first)) {
            return false;
        }
    }
    return put_part(out, begun, 4, is_hole);
}

static bool box_holds(const struct world_box *box, const struct geometry *geometry)
{
    for (uint32_t i = 0; i < geometry->vertex_count; i++) {
        if (!inside(box, geometry->points[i])) {
            return false;
        }
    }
    return true;
}

bool geometry_clip(const struct geometry *geometry, int64_t shift_x, const struct world_box *box, struct arena *arena,
                   struct geometry *out_geometry)
{
    /* Limits outside the 32-bit world cut nothing there, and would not fit the points cut out. */
    struct world_box moved = {box->min_x - shift_x, box->min_y, box->max_x - shift_x, box->max_y};
    moved.min_x = moved.min_x < INT32_MIN ? INT32_MIN : moved.min_x;
    moved.min_y = moved.min_y < INT32_MIN ? INT32_MIN : moved.min_y;
    moved.max_x = moved.max_x > INT32_MAX ? INT32_MAX : moved.max_x;
    moved.max_y = moved.max_y > INT32_MAX ? INT32_MAX : moved.max_y;
    if (box_holds(&moved, geometry)) {
        *out_geometry = *geometry;
        return true;
    }
    struct collected out = {.arena = arena};
    bool ok = true;
    if (geometry->kind == GEOMETRY_POINT) {
        ok = clip_points(geometry, &moved, &out);
    } else {
        bool shell_kept = false;
        uint32_t start = 0;
        for (uint32_t p = 0; ok && p < geometry->part_count; p++) {
            uint32_t end = geometry->parts[p].end;
            bool is_hole = geometry->parts[p].is_hole;
            uint32_t parts_before = out.part_count;
            if (geometry->kind == GEOMETRY_LINE) {
                ok = clip_line(geometry->points + start, end - start, &moved, &out);
            } else if (!is_hole || shell_kept) {
                ok = clip_ring(geometry->points + start, end - start, &moved, is_hole, &out);
                shell_kept = is_hole ? shell_kept : out.part_count > parts_before;
            }
            start = end;
        }
    }
    *out_geometry = (struct geometry){geometry->kind, out.part_count, out.point_count, out.parts, out.points};
    return ok;
}
