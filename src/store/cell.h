/* SPDX-License-Identifier: MIT */
#pragma once
/* How features lie in cells.sqlite: bytes in, bytes out, no database. (Blocks of them: store/cell_block.h.)
 *
 * A band is a range of style zooms with one precision. In each band the features of a layer version stand in
 * Hilbert order in blocks of some kilobytes; above the blocks stands a packed tree of their boxes (a static R-tree with
 * CELL_FANOUT children a node, as Kamel and Faloutsos 1993 describe). Whole numbers are LEB128 varints, signed ones
 * zig-zag. docs/store.md has the layout. Every function that reads survives arbitrary bytes. */

#include "base/buffer.h"
#include "geo/feature.h"

enum {
    CELL_BANDS = 12,
    CELL_BAND_FULL = CELL_BANDS - 1,
    CELL_FANOUT = 128,
    CELL_LEVEL_ROOT = 3,
    CELL_OUTLINES_MAX = 64, /* that are decoded in one go */
    CELL_VECTOR_ZOOMS = 15, /* 0 to 14: those with a bound on the size of vector tiles */
    CELL_INLINE_BYTES = 192 /* attributes above this stay in the item table and are not repeated in each band */
};

#define CELL_ROW_MAX (((int64_t)1 << 40) - 1)

/* The band that serves `zoom`, and how many low bits of world units it drops. */
unsigned cell_band(double zoom);
unsigned cell_shift(unsigned band);
/* The band that stands for `band` where only those with a bit in `made` are there: itself, or the next finer one. */
unsigned cell_band_made(unsigned made, unsigned band);
/* A CSS pixel at the deepest zoom of a band, not of the full one, is 2 to this power world units wide. */
unsigned cell_pixel_log2(unsigned band);
/* How far, in world units, a band's lines or borders may be from where they are; 0 in the full one. Lines have an
 * eighth of a CSS pixel at the band's deepest zoom, borders the grid. */
double cell_tolerance(unsigned band, enum geometry_kind kind);

/* The keys of rows in cells.sqlite. */
int64_t cell_node_id(int64_t serial, unsigned band, unsigned level, uint64_t index);
int64_t cell_item_id(int64_t serial, int64_t row);

struct cell_cursor {
    const unsigned char *at;
    const unsigned char *end;
};

struct cell_box {
    int32_t min_x;
    int32_t min_y;
    int32_t max_x;
    int32_t max_y;
};

enum cell_result { CELL_OK, CELL_DAMAGED, CELL_NO_ROOM };

/* --- geometry (store/cell_geometry.c) --- */

/* Snaps `geometry` as geometry_from_shape does and appends it; false (nothing appended) when it collapses. */
bool cell_put_geometry(struct buffer *out, const struct geometry *geometry, unsigned shift);
/* The same for one that is snapped already: no equal neighbours, no part that collapsed. */
void cell_put_snapped(struct buffer *out, const struct geometry *geometry, unsigned shift);
/* The same with steps of one or two bytes where all of them fit, else as cell_put_snapped. */
void cell_put_compact(struct buffer *out, const struct geometry *geometry, unsigned shift);
/* A geometry without parts. */
void cell_put_nothing(struct buffer *out);
enum cell_result cell_get_geometry(struct cell_cursor *cursor, enum geometry_kind kind, unsigned shift,
                                   struct arena *arena, struct geometry *out_geometry);
/* What is drawn of a feature: small, since thousands are put aside until their order is known. */
struct cell_outline {
    const struct shape_part *parts;
    const struct world_point *points;
    uint32_t part_count;
    uint32_t vertex_count;
    struct cell_box box;
    uint32_t tuple; /* these two are for whoever asked */
    int32_t copy;
};

/* The geometries that lie in these pieces of bytes, CELL_OUTLINES_MAX at most, into the outlines; the rest of these
 * stays as it is. Quicker than one by one: they are one piece of the arena, and what lies behind each piece up to
 * `readable_end` may be read with it. */
enum cell_result cell_get_outlines(const struct cell_cursor *pieces, size_t count, const unsigned char *readable_end,
                                   unsigned shift, struct arena *arena, struct cell_outline *out_outlines);
/* Degrees, kept to 10^-9 (0.1 mm). */
void cell_put_shape(struct buffer *out, const struct shape *shape);
enum cell_result cell_get_shape(struct cell_cursor *cursor, enum geometry_kind kind, struct arena *arena,
                                struct shape *out_shape);

/* --- attributes: the id, then the values (store/cell_attributes.c) --- */

/* `id` NULL: the row. It may be one of the values, and is then not written twice. What is written for another id does
 * not depend on the row, even where both are the same number. */
void cell_put_attributes(struct buffer *out, const struct value *id, const struct value *values, size_t count);
/* `out_values` has room for `count`. Texts point into the cursor's bytes. */
enum cell_result cell_get_attributes(struct cell_cursor *cursor, int64_t row, struct value *out_id,
                                     struct value *out_values, size_t count);

/* The id alone, as cell_get_attributes gives it. */
enum cell_result cell_get_id(struct cell_cursor cursor, int64_t row, struct value *out_id, size_t count);
/* Where in the bytes of attributes the values of the `wanted` of `count` fields lie, each with its tag. What comes
 * after the last wanted one is not looked at. */
enum cell_result cell_find_values(struct cell_cursor cursor, const bool *wanted, size_t count,
                                  struct cell_cursor *out_values);
/* One value with its tag. */
enum cell_result cell_get_value(struct cell_cursor *cursor, struct value *out_value);

/* --- the tree above the blocks --- */

struct cell_node {
    int64_t stamp;        /* of the version: cells of another life of the data are never taken for these */
    unsigned child_level; /* 0: blocks */
    size_t count;
    const unsigned char *boxes; /* count * 16 bytes */
};

void cell_put_node(struct buffer *out, int64_t stamp, unsigned child_level, const struct cell_box *boxes, size_t count);
enum cell_result cell_get_node(struct text bytes, unsigned level, struct cell_node *out_node);
struct cell_box cell_node_box(const struct cell_node *node, size_t index);
