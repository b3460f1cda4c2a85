/* SPDX-License-Identifier: MIT */
#include "draw/raster_small.h"

#include "draw/raster_sweep.h"

#ifdef DRAW_HAS_AVX2

enum { STRIDE = RASTER_PATCH_STRIDE, SIGN = INT32_MIN };

#define LANES static inline __attribute__((always_inline, target("avx2")))

/* ---- Eight numbers at once ---- */

LANES f32x8 all_of(float number)
{
    return (f32x8){number, number, number, number, number, number, number, number};
}

LANES f32x8 lesser(f32x8 a, f32x8 b)
{
    return (f32x8)__builtin_ia32_minps256(a, b);
}

LANES f32x8 greater(f32x8 a, f32x8 b)
{
    return (f32x8)__builtin_ia32_maxps256(a, b);
}

LANES i32x8 is_below_zero(f32x8 numbers)
{
    return (i32x8)numbers >> 31;
}

LANES f32x8 where(i32x8 mask, f32x8 numbers)
{
    return (f32x8)((i32x8)numbers & mask);
}

LANES f32x8 without_sign(f32x8 numbers)
{
    return (f32x8)((i32x8)numbers & ~SIGN);
}

/* Rounded towards zero. */
LANES f32x8 truncated(f32x8 numbers)
{
    return __builtin_convertvector(__builtin_convertvector(numbers, i32x8), f32x8);
}

/* Points `first` … `first` + 3 of `count`; zeros in place of those that are not there. */
LANES blend_u32x8 load_four(const struct draw_point *points, size_t first, size_t count)
{
    static const int32_t masks[] = {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
                                    0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0};
    i32x8 mask;
    memcpy(&mask, masks + 2 * (GROUP + first - (count < GROUP ? count : GROUP)), sizeof mask);
    return (blend_u32x8)__builtin_ia32_maskloadd256((const i32x8 *)(points + first), mask);
}

/* ---- Rings ---- */

/* Where eight points lie in the patch (in which order does not matter); of fewer, the others anywhere. */
LANES void place(const struct draw_point *points, size_t count, blend_u32x8 corner, f32x8 *out_x, f32x8 *out_y)
{
    f32x8 a = __builtin_convertvector((i32x8)(load_four(points, 0, count) - corner), f32x8);
    f32x8 b = __builtin_convertvector((i32x8)(load_four(points, GROUP / 2, count) - corner), f32x8);
    *out_x = __builtin_shufflevector(a, b, 0, 2, 8, 10, 4, 6, 12, 14);
    *out_y = __builtin_shufflevector(a, b, 1, 3, 9, 11, 5, 7, 13, 15);
}

/* Eight edges within one row: of each the left end, the width, and its height as a factor of areas (docs/rasteriser.md:
 * ramps). */
struct pieces {
    f32x8 left;
    f32x8 width;
    f32x8 steep;
    f32x8 height;
};

/* Doubled area right of each piece and left of a border of pixels. */
LANES blend_u32x8 area_of(const struct pieces *pieces, float border)
{
    f32x8 from_left = greater(all_of(border) - pieces->left, (f32x8){0});
    f32x8 reach = lesser(from_left, pieces->width);
    f32x8 area = reach * reach * pieces->steep + (from_left - reach) * pieces->height;
    return (blend_u32x8)(area + all_of(RASTER_ROUND));
}

/* Of all pieces, the sums at four borders of pixels. */
LANES u32x4 sums_at_four(const struct pieces *pieces, float left)
{
    blend_u32x8 a = area_of(pieces, left + 1 * DRAW_ONE);
    blend_u32x8 b = area_of(pieces, left + 2 * DRAW_ONE);
    blend_u32x8 c = area_of(pieces, left + 3 * DRAW_ONE);
    blend_u32x8 d = area_of(pieces, left + 4 * DRAW_ONE);
    a = __builtin_shufflevector(a, b, 0, 8, 1, 9, 4, 12, 5, 13) +
        __builtin_shufflevector(a, b, 2, 10, 3, 11, 6, 14, 7, 15);
    c = __builtin_shufflevector(c, d, 0, 8, 1, 9, 4, 12, 5, 13) +
        __builtin_shufflevector(c, d, 2, 10, 3, 11, 6, 14, 7, 15);
    a = __builtin_shufflevector(a, c, 0, 1, 8, 9, 4, 5, 12, 13) +
        __builtin_shufflevector(a, c, 2, 3, 10, 11, 6, 7, 14, 15);
    return __builtin_shufflevector(a, a, 0, 1, 2, 3) + __builtin_shufflevector(a, a, 4, 5, 6, 7);
}

/* Adds the areas of all pieces in the pixels of a row to its cells. */
LANES void add_row(uint32_t *cells, const struct pieces *pieces, bool is_narrow)
{
    const u32x4 none = {(uint32_t)GROUP * RASTER_ROUND_BITS}; /* the rounding falls out of differences */
    u32x4 sums = sums_at_four(pieces, 0);
    u32x4 first = sums - __builtin_shufflevector(none, sums, 0, 4, 5, 6);
    u32x4 last = {0};
    if (!is_narrow) {
        last = sums_at_four(pieces, GROUP / 2 * DRAW_ONE);
        last -= __builtin_shufflevector(sums, last, 3, 4, 5, 6);
    }
    blend_u32x8 areas;
    memcpy(&areas, cells, sizeof areas);
    areas += __builtin_shufflevector(first, last, 0, 1, 2, 3, 4, 5, 6, 7);
    memcpy(cells, &areas, sizeof areas);
}

/* Of a ring's edges up to eight, each between a point and the next one. */
LANES void add_edges(struct raster_patch *patch, const struct draw_point *points, size_t count, blend_u32x8 corner,
                     bool is_narrow)
{
    f32x8 x0;
    f32x8 y0;
    f32x8 x_way;
    f32x8 y_way;
    place(points, count, corner, &x0, &y0);
    place(points + 1, count, corner, &x_way, &y_way);
    x_way -= x0;
    y_way -= y0;
    i32x8 rises = is_below_zero(y_way);
    x0 += where(rises, x_way);
    y0 += where(rises, y_way);
    f32x8 dx = (f32x8)((i32x8)x_way ^ (rises & SIGN));
    f32x8 dy = without_sign(y_way);
    f32x8 divisor = greater(dy, all_of(1));
    f32x8 half = (f32x8)(((i32x8)dx & SIGN) | (i32x8)all_of(0.5F));
    f32x8 x = x0;
    f32x8 done = {0};
    uint32_t *cells = patch->cells;
    for (int32_t row = 1; row <= (int32_t)patch->rows; row++) {
        struct pieces pieces;
        /* How far below its upper end an edge leaves the row. */
        f32x8 fallen = greater(all_of((float)(row * DRAW_ONE)) - y0, (f32x8){0});
        fallen = lesser(fallen, dy);
        f32x8 end = x0 + truncated(dx * fallen / divisor + half);
        f32x8 height = (f32x8)((i32x8)(fallen - done) ^ (rises & SIGN));
        pieces.left = lesser(x, end);
        pieces.width = without_sign(end - x);
        pieces.steep = height / greater(pieces.width, all_of(1));
        pieces.height = height + height;
        x = end;
        done = fallen;
        add_row(cells, &pieces, is_narrow);
        cells += STRIDE;
    }
}

/* A closed ring. */
DRAW_AVX2 static void add_ring(struct raster_patch *patch, const struct draw_point *points, size_t count)
{
    uint32_t left = (uint32_t)patch->x_px * DRAW_ONE;
    uint32_t top = (uint32_t)patch->y_px * DRAW_ONE;
    const blend_u32x8 corner = {left, top, left, top, left, top, left, top};
    bool is_narrow = patch->columns <= GROUP / 2;
    for (size_t done = 0; done + 1 < count; done += GROUP) {
        if (is_narrow) {
            add_edges(patch, points + done, count - 1 - done, corner, true);
        } else {
            add_edges(patch, points + done, count - 1 - done, corner, false);
        }
    }
}

void raster_small_add_ring(struct raster *raster, const struct draw_point *points, size_t count)
{
    const struct draw_point *last = &points[count - 1];
    struct draw_point closed[RASTER_SMALL_POINTS + 1];
    if (points[0].x != last->x || points[0].y != last->y) {
        memcpy(closed, points, count * sizeof *points);
        closed[count++] = points[0];
        points = closed;
    }
    add_ring(&raster->patch, points, count);
}

#else

void raster_small_add_ring(struct raster *raster, const struct draw_point *points, size_t count)
{
    (void)raster;
    (void)points;
    (void)count;
}

#endif
