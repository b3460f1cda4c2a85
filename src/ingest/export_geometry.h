/* SPDX-License-Identifier: MIT */
#pragma once
/* Geometry on its way out: WKB of the store moved to another reference system, and written as text. */

#include "base/buffer.h"
#include "geo/projection.h"
#include "geo/shape.h"

/* A geometry taken apart, with its heights. */
struct export_geometry {
    struct shape shape;
    bool is_multi;
    const double *z; /* vertex_count; NULL: none */
};

/* Takes ISO WKB apart, all in `arena`. */
bool export_geometry_read(const unsigned char *wkb, size_t size, struct arena *arena,
                          struct export_geometry *out_geometry, struct error *err);

/* Copies WKB into `arena` with every x and y taken through `from` to degrees and then through `to` (NULL: they stay
 * degrees). False with ERROR_INVALID when a coordinate has no place there. Heights stay. */
bool export_geometry_move(const unsigned char *wkb, size_t size, struct projection *from, struct projection *to,
                          struct arena *arena, const unsigned char **out_wkb, struct error *err);

/* "MULTIPOLYGON Z (((…)))" with numbers that read back to the same bits. */
void export_geometry_put_wkt(const struct export_geometry *geometry, struct buffer *out);

/* A number with at most `decimals` after the point; 17 or more: the shortest text that reads back to the same bits. */
void export_geometry_put_number(double number, unsigned decimals, struct buffer *out);

/* Where polygon `part` (an outer ring) ends: the index of the next part that is no hole of it. */
uint32_t export_geometry_polygon_end(const struct shape *shape, uint32_t part);
