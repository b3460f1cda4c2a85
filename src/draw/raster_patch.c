/* SPDX-License-Identifier: MIT */
#include "draw/raster_patch.h"

#include "draw/raster_edge.h"
#include "draw/raster_painter.h"
#include "draw/raster_small.h"
#include "draw/raster_sweep.h"

#ifdef DRAW_HAS_AVX2
#include <immintrin.h>
#endif

enum { SIDE = RASTER_PATCH_SIDE, STRIDE = RASTER_PATCH_STRIDE, FEW = 5 };

/* ---- Room ---- */

struct pixel_span {
    int64_t min;
    int64_t max;
};

/* The corners of a box around points. */
struct corners {
    struct draw_point min;
    struct draw_point max;
};

static struct corners corners_of(const struct draw_point *points, size_t count)
{
    struct corners box = {points[0], points[0]};
    for (size_t i = 1; i < count; i++) {
        box.min.x = points[i].x < box.min.x ? points[i].x : box.min.x;
        box.max.x = points[i].x > box.max.x ? points[i].x : box.max.x;
        box.min.y = points[i].y < box.min.y ? points[i].y : box.min.y;
        box.max.y = points[i].y > box.max.y ? points[i].y : box.max.y;
    }
    return box;
}

#ifdef DRAW_HAS_AVX2
/* Of four points or more. */
DRAW_AVX2 static struct corners corners_of_avx2(const struct draw_point *points, size_t count)
{
    i32x8 min;
    memcpy(&min, points + count - 4, sizeof min);
    i32x8 max = min;
    for (size_t i = 0; i + 4 < count; i += 4) {
        i32x8 four;
        memcpy(&four, points + i, sizeof four);
        min = (i32x8)_mm256_min_epi32((__m256i)min, (__m256i)four);
        max = (i32x8)_mm256_max_epi32((__m256i)max, (__m256i)four);
    }
    __m128i least = _mm_min_epi32(_mm256_castsi256_si128((__m256i)min), _mm256_extracti128_si256((__m256i)min, 1));
    __m128i most = _mm_max_epi32(_mm256_castsi256_si128((__m256i)max), _mm256_extracti128_si256((__m256i)max, 1));
    least = _mm_min_epi32(least, _mm_unpackhi_epi64(least, least));
    most = _mm_max_epi32(most, _mm_unpackhi_epi64(most, most));
    struct corners box;
    _mm_storeu_si64(&box.min, least);
    _mm_storeu_si64(&box.max, most);
    return box;
}
#endif

/* The pixels that a shape lies in: across, and down. */
static void spans_of(const struct raster *raster, const struct draw_point *points, size_t count, int32_t margin,
                     struct pixel_span *out_x, struct pixel_span *out_y)
{
#ifdef DRAW_HAS_AVX2
    struct corners box = raster->has_avx2 && count >= 4 ? corners_of_avx2(points, count) : corners_of(points, count);
#else
    (void)raster;
    struct corners box = corners_of(points, count);
#endif
    *out_x = (struct pixel_span){((int64_t)box.min.x - margin) >> 8, ((int64_t)box.max.x + margin) >> 8};
    *out_y = (struct pixel_span){((int64_t)box.min.y - margin) >> 8, ((int64_t)box.max.y + margin) >> 8};
}

/* An empty patch begins at the shape. */
static void begin_at(struct raster_patch *patch, enum raster_patch_kind kind, const struct pixel_span *x,
                     const struct pixel_span *y)
{
    patch->kind = kind;
    patch->x_px = x->min;
    patch->y_px = y->min;
    patch->columns = 0;
    patch->groups = 0;
    patch->rows = 0;
    patch->edges = 0;
}

static bool fits(const struct raster_patch *patch, const struct pixel_span *x, const struct pixel_span *y, int64_t side)
{
    return x->min >= patch->x_px && x->max - patch->x_px < side && y->min >= patch->y_px && y->max - patch->y_px < side;
}

enum raster_patch_room raster_patch_take(struct raster *raster, enum raster_patch_kind kind,
                                         const struct draw_point *points, size_t count, int32_t margin)
{
    struct raster_patch *patch = &raster->patch;
    struct pixel_span x;
    struct pixel_span y;
    bool can_be_small = raster->has_avx2 && count <= RASTER_SMALL_POINTS;
    int64_t small_side = kind == RASTER_PATCH_INK ? RASTER_SMALL_LINE_SIDE : RASTER_SMALL_SIDE;
    bool is_alone = raster_rows_are_empty(raster);
    /* Beside others, a few edges are added sooner one by one. */
    can_be_small = can_be_small && (is_alone || count > FEW);
    if (count == 0 || count > RASTER_ROW_EDGES_MAX || (!is_alone && !can_be_small)) {
        raster_patch_spill(raster);
        return RASTER_PATCH_NONE;
    }
    spans_of(raster, points, count, margin, &x, &y);
    bool is_small = can_be_small && patch->kind == RASTER_PATCH_INK && fits(patch, &x, &y, small_side);
    bool is_wide = patch->kind == kind && fits(patch, &x, &y, SIDE);
    if (patch->kind != RASTER_PATCH_EMPTY && (patch->edges + count > RASTER_ROW_EDGES_MAX || !(is_small || is_wide))) {
        raster_patch_spill(raster);
        is_alone = raster_rows_are_empty(raster);
    }
    if (patch->kind == RASTER_PATCH_EMPTY) {
        is_small = can_be_small && x.max - x.min < small_side && y.max - y.min < small_side;
        is_wide = is_alone && x.max - x.min < SIDE && y.max - y.min < SIDE;
        if (!is_small && !is_wide) {
            return RASTER_PATCH_NONE;
        }
        begin_at(patch, is_small ? RASTER_PATCH_INK : kind, &x, &y);
    }
    size_t groups = (size_t)(x.max - patch->x_px) / GROUP + 1;
    size_t rows = (size_t)(y.max - patch->y_px) + 1;
    size_t columns = (size_t)(x.max - patch->x_px) + 1;
    patch->columns = columns > patch->columns ? columns : patch->columns;
    patch->groups = groups > patch->groups ? groups : patch->groups;
    patch->rows = rows > patch->rows ? rows : patch->rows;
    patch->edges += count;
    return is_small ? RASTER_PATCH_SMALL : RASTER_PATCH_WIDE;
}

void raster_patch_keep(struct raster *raster)
{
    if (!raster_rows_are_empty(raster)) {
        raster_patch_spill(raster);
    }
}

void raster_patch_add_ring(struct raster *raster, const struct draw_point *points, size_t count)
{
    struct raster_patch *patch = &raster->patch;
    struct edge_target target = {NULL, patch->cells, STRIDE};
    int64_t left = patch->x_px * DRAW_ONE;
    int64_t top = patch->y_px * DRAW_ONE;
    int64_t last_x = points[count - 1].x - left;
    int64_t last_y = points[count - 1].y - top;
    for (size_t i = 0; i < count; i++) {
        int64_t x = points[i].x - left;
        int64_t y = points[i].y - top;
        add_edge(&target, last_x, last_y, x, y);
        last_x = x;
        last_y = y;
    }
}

void raster_patch_discard(struct raster *raster)
{
    struct raster_patch *patch = &raster->patch;
    if (patch->kind != RASTER_PATCH_EMPTY) {
        memset(patch->cells, 0, patch->rows * STRIDE * sizeof patch->cells[0]);
        patch->kind = RASTER_PATCH_EMPTY;
    }
}

/* One cell of the patch goes to the picture, with what lies left of it to column 0. */
static void spill_cell(struct raster *raster, size_t row, int64_t x, uint32_t value, bool is_ink)
{
    int64_t width = (int64_t)raster->width_px;
    if (value == 0 || x > width || (is_ink && (x < 0 || x == width))) {
        return;
    }
    size_t first = (size_t)(x > 0 ? x : 0);
    size_t last = first + is_ink;
    uint32_t *cells = raster->cells + row * raster->stride;
    cells[first] += value;
    if (is_ink) {
        cells[last] -= value;
    }
    first = first < raster->width_px ? first : raster->width_px - 1;
    last = last < raster->width_px ? last : raster->width_px - 1;
    raster_touch_cells(raster->bits + row * raster->bit_words, first, last);
}

/* The areas of a small shape within the picture. */
static void spill_group(struct raster *raster, size_t row, size_t x, const uint32_t *areas)
{
    uint32_t *cells = raster->cells + row * raster->stride + x;
    blend_u32x8 area;
    blend_u32x8 sums;
    memcpy(&area, areas, sizeof area);
    memcpy(&sums, cells, sizeof sums);
    sums += area - __builtin_shufflevector((blend_u32x8){0}, area, 0, 8, 9, 10, 11, 12, 13, 14);
    memcpy(cells, &sums, sizeof sums);
    cells[GROUP] -= areas[GROUP - 1];
    size_t last = x + GROUP < raster->width_px ? x + GROUP : raster->width_px - 1;
    raster_touch_cells(raster->bits + row * raster->bit_words, x, last);
}

static void count_edges(struct raster *raster, size_t row, size_t edges)
{
    raster->row_edges[row] += (uint32_t)edges;
    if (raster->row_edges[row] > RASTER_ROW_EDGES_MAX) {
        raster_bound_row(raster, row);
    }
}

void raster_patch_spill(struct raster *raster)
{
    struct raster_patch *patch = &raster->patch;
    if (patch->kind == RASTER_PATCH_EMPTY) {
        return;
    }
    bool is_ink = patch->kind == RASTER_PATCH_INK;
    bool is_group =
        is_ink && patch->groups == 1 && patch->x_px >= 0 && patch->x_px + GROUP <= (int64_t)raster->width_px;
    for (size_t i = 0; i < patch->rows; i++) {
        int64_t row = patch->y_px + (int64_t)i;
        if (row < 0 || row >= (int64_t)raster->height_px || raster->width_px == 0) {
            continue;
        }
        raster_touch_rows(raster, row, row);
        count_edges(raster, (size_t)row, patch->edges);
        if (is_group) {
            spill_group(raster, (size_t)row, (size_t)patch->x_px, patch->cells + i * STRIDE);
            continue;
        }
        for (size_t x = 0; x <= patch->groups * GROUP; x++) {
            spill_cell(raster, (size_t)row, patch->x_px + (int64_t)x, patch->cells[i * STRIDE + x], is_ink);
        }
    }
    raster_patch_discard(raster);
}

/* ---- Painting ---- */

/* After it was painted: the patch is empty, and the rows that were are noted. */
static void use_up(struct raster *raster)
{
    struct raster_patch *patch = &raster->patch;
    int64_t first = patch->y_px > 0 ? patch->y_px : 0;
    int64_t end = patch->y_px + (int64_t)patch->rows;
    end = end < (int64_t)raster->height_px ? end : (int64_t)raster->height_px;
    patch->kind = RASTER_PATCH_EMPTY;
    if (first < end) {
        raster_touch_rows(raster, first, end - 1);
    }
}

void raster_patch_fill(struct raster *raster, struct canvas *canvas, enum fill_rule rule, uint32_t source)
{
    raster->painter->patch_fill(raster, canvas, rule, source);
    use_up(raster);
}

void raster_patch_fill_apart(struct raster *raster, struct canvas *layer, enum fill_rule rule, uint32_t source)
{
    raster->painter->patch_apart(raster, layer, rule, source);
    use_up(raster);
}

void raster_patch_merge(struct raster *raster, enum fill_rule rule)
{
    raster->painter->patch_merge(raster, rule);
    use_up(raster);
}
