/* SPDX-License-Identifier: MIT */
#pragma once
/* A geometry in double coordinates: points, lines or polygons, one or several. */

#include "base/arena.h"
#include "geo/bbox.h"

#include <stddef.h>
#include <stdint.h>

enum geometry_kind { GEOMETRY_NONE, GEOMETRY_POINT, GEOMETRY_LINE, GEOMETRY_POLYGON };

/* One run of vertices: one point of a (multi)point, one line, or one ring. Rings are closed: the last vertex repeats
 * the first. */
struct shape_part {
    uint32_t end; /* one past the last vertex; the part starts at the end of the one before */
    bool is_hole; /* polygons: a hole of the outer ring before it */
};

/* x = longitude, y = latitude where it is in degrees. A shape with part_count 0 has no geometry. */
struct shape {
    enum geometry_kind kind;
    uint32_t part_count;
    uint32_t vertex_count;
    const struct shape_part *parts;
    const double *xy; /* vertex_count pairs */
};

const char *geometry_kind_name(enum geometry_kind kind); /* "point", "line", "polygon", "none" */

/* Parts with fewer vertices have collapsed. */
static inline uint32_t shape_part_vertices_min(enum geometry_kind kind)
{
    return kind == GEOMETRY_POLYGON ? 4 : kind == GEOMETRY_LINE ? 2 : 1;
}

/* Reads ISO or extended WKB (any byte order, Z and M skipped; single and multi, collections flattened when of one
 * kind) into `arena`. NULL or empty geometry gives part_count 0. Fails on damaged bytes, NaN or infinite coordinates.
 * OGC 06-103r4 section 8. */
bool shape_from_wkb(const unsigned char *wkb, size_t size, struct arena *arena, struct shape *out_shape,
                    struct error *err);

struct bbox shape_bbox(const struct shape *shape);

/* Twice the signed area of a closed ring; positive when counter-clockwise (y up). */
double shape_ring_area(const double *xy, uint32_t count);

/* The same shape with outer rings counter-clockwise and holes clockwise (RFC 7946, section 3.1.6). */
bool shape_wind(struct shape *shape, struct arena *arena);

/* Cuts a shape in degrees at the antimeridian (RFC 7946, section 3.1.9): where a line or ring has a step of more than
 * 180 degrees between neighbours it is taken to cross. Longitudes of the result lie in -180 … 180. */
bool shape_cut_at_antimeridian(const struct shape *shape, struct arena *arena, struct shape *out_shape);
