/* SPDX-License-Identifier: MIT */
#include "draw/raster_patch.h"

#include "draw/raster_edge.h"
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
    bool is_alone = raster_rows_are_empty(raster);
    /* Beside others, a few edges are added sooner one by one. */
    can_be_small = can_be_small && (is_alone || count > FEW);
    if (count == 0 || count > RASTER_ROW_EDGES_MAX || (!is_alone && !can_be_small)) {
        raster_patch_spill(raster);
        return RASTER_PATCH_NONE;
    }
    spans_of(raster, points, count, margin, &x, &y);
    bool is_small = can_be_small && patch->kind == RASTER_PATCH_INK && fits(patch, &x, &y, RASTER_SMALL_SIDE);
    bool is_wide = patch->kind == kind && fits(patch, &x, &y, SIDE);
    if (patch->kind != RASTER_PATCH_EMPTY && (patch->edges + count > RASTER_ROW_EDGES_MAX || !(is_small || is_wide))) {
        raster_patch_spill(raster);
        is_alone = raster_rows_are_empty(raster);
    }
    if (patch->kind == RASTER_PATCH_EMPTY) {
        is_small = can_be_small && x.max - x.min < RASTER_SMALL_SIDE && y.max - y.min < RASTER_SMALL_SIDE;
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

/* The part of a group that lies in the picture. */
struct lanes {
    size_t first;
    size_t count; /* 0: none */
    size_t x;     /* of the first one in the picture */
};

BLEND_INLINE struct lanes lanes_of(int64_t x, size_t width)
{
    int64_t from = x > 0 ? x : 0;
    int64_t to = x + GROUP < (int64_t)width ? x + GROUP : (int64_t)width;
    return (struct lanes){(size_t)(from - x), from < to ? (size_t)(to - from) : 0, (size_t)from};
}

/* Coverage of a group of the patch, which becomes empty. */
BLEND_INLINE blend_u32x8 take_coverage(uint32_t *cells, uint32_t *sum, enum fill_rule rule, bool is_ink)
{
    if (is_ink) {
        blend_u32x8 ink;
        memcpy(&ink, cells, sizeof ink);
        memset(cells, 0, sizeof ink);
        return coverage_of_group(ink, rule);
    }
    return coverage_of_group(take_group(cells, sum), rule);
}

/* What the groups of the patch are painted by: into a picture, into a layer, or kept. */
enum patch_use { PATCH_FILL, PATCH_APART, PATCH_MERGE };

BLEND_INLINE void use_group(uint8_t *pixels, uint8_t *merged, blend_u32x8 coverage, uint32_t source,
                            struct blend_wide wide, enum patch_use use)
{
    if (use == PATCH_FILL) {
        blend_group(pixels, coverage, wide);
    } else if (use == PATCH_APART) {
        apart_group(pixels, merged, coverage, source, wide);
    } else {
        keep_larger(merged, bytes_of(coverage));
    }
}

/* A group that lies in the picture in part. */
BLEND_INLINE void use_lanes(uint8_t *pixels, uint8_t *merged, struct lanes lanes, blend_u32x8 coverage, uint32_t source,
                            struct blend_wide wide, enum patch_use use)
{
    uint8_t some[GROUP * 4] = {0};
    uint8_t some_merged[GROUP] = {0};
    if (lanes.count == 0) {
        return;
    }
    if (use != PATCH_MERGE) {
        memcpy(some + lanes.first * 4, pixels, lanes.count * 4);
    }
    memcpy(some_merged + lanes.first, merged, lanes.count);
    use_group(some, some_merged, coverage, source, wide, use);
    if (use != PATCH_MERGE) {
        memcpy(pixels, some + lanes.first * 4, lanes.count * 4);
    }
    memcpy(merged, some_merged + lanes.first, lanes.count);
}

/* The rows of the patch that lie in the picture, all of them one group. */
BLEND_INLINE void use_groups(struct raster *raster, struct canvas *canvas, enum fill_rule rule, uint32_t source,
                             enum patch_use use, bool is_ink)
{
    struct raster_patch *patch = &raster->patch;
    size_t width = raster->width_px;
    int64_t below = (int64_t)raster->height_px - patch->y_px;
    size_t first = patch->y_px < 0 ? (size_t)-patch->y_px : 0;
    size_t end = below < (int64_t)patch->rows ? (size_t)(below > 0 ? below : 0) : patch->rows;
    if (first > 0 || end < patch->rows) {
        size_t from = first < end ? first : end;
        memset(patch->cells, 0, from * STRIDE * sizeof *patch->cells);
        memset(patch->cells + end * STRIDE, 0, (patch->rows - end) * STRIDE * sizeof *patch->cells);
    }
    struct blend_wide wide = blend_widen_word(source);
    uint32_t *cells = patch->cells + first * STRIDE;
    size_t x = (size_t)patch->x_px;
    size_t y = (size_t)(patch->y_px + (int64_t)first);
    uint8_t *pixels = use == PATCH_MERGE ? NULL : canvas->rgba + (y * width + x) * 4;
    uint8_t *merged = raster->merged + y * raster->stride + x;
    for (size_t i = first; i < end; i++) {
        uint32_t sum = 0;
        blend_u32x8 coverage = take_coverage(cells, &sum, rule, is_ink);
        use_group(pixels, merged, coverage, source, wide, use);
        if (!is_ink) {
            cells[GROUP] = 0;
        }
        if (use == PATCH_MERGE) {
            raster_touch_cells(raster->merged_bits + (y + i - first) * raster->bit_words, x, x + GROUP - 1);
        }
        cells += STRIDE;
        pixels = use == PATCH_MERGE ? NULL : pixels + width * 4;
        merged += raster->stride;
    }
}

BLEND_INLINE void use_patch(struct raster *raster, struct canvas *canvas, enum fill_rule rule, uint32_t source,
                            enum patch_use use, bool is_ink)
{
    struct raster_patch *patch = &raster->patch;
    size_t width = raster->width_px;
    size_t groups = patch->groups;
    struct blend_wide wide = blend_widen_word(source);
    bool is_inside = patch->x_px >= 0 && patch->x_px + (int64_t)(groups * GROUP) <= (int64_t)width;
    if (is_inside && groups == 1) {
        use_groups(raster, canvas, rule, source, use, is_ink);
        return;
    }
    for (size_t i = 0; i < patch->rows; i++) {
        uint32_t *cells = patch->cells + i * STRIDE;
        int64_t row = patch->y_px + (int64_t)i;
        if (row < 0 || row >= (int64_t)raster->height_px) {
            memset(cells, 0, STRIDE * sizeof *cells);
            continue;
        }
        uint8_t *pixels = use == PATCH_MERGE ? NULL : canvas->rgba + (size_t)row * width * 4;
        uint8_t *merged = raster->merged + (size_t)row * raster->stride;
        uint32_t sum = 0;
        for (size_t group = 0; group < groups; group++) {
            blend_u32x8 coverage = take_coverage(cells + group * GROUP, &sum, rule, is_ink);
            int64_t x = patch->x_px + (int64_t)(group * GROUP);
            struct lanes lanes = is_inside ? (struct lanes){0, GROUP, (size_t)x} : lanes_of(x, width);
            uint8_t *at = use == PATCH_MERGE ? NULL : pixels + lanes.x * 4;
            if (lanes.count == GROUP) {
                use_group(at, merged + lanes.x, coverage, source, wide, use);
            } else {
                use_lanes(at, merged + lanes.x, lanes, coverage, source, wide, use);
            }
            if (use == PATCH_MERGE && lanes.count > 0) {
                raster_touch_cells(raster->merged_bits + (size_t)row * raster->bit_words, lanes.x,
                                   lanes.x + lanes.count - 1);
            }
        }
        cells[groups * GROUP] = 0;
    }
}

BLEND_INLINE void use_any(struct raster *raster, struct canvas *canvas, enum fill_rule rule, uint32_t source,
                          enum patch_use use)
{
    bool is_ink = raster->patch.kind == RASTER_PATCH_INK;
    if (is_ink && rule == FILL_NONZERO) {
        use_patch(raster, canvas, FILL_NONZERO, source, use, true);
    } else if (is_ink) {
        use_patch(raster, canvas, FILL_EVEN_ODD, source, use, true);
    } else if (rule == FILL_NONZERO) {
        use_patch(raster, canvas, FILL_NONZERO, source, use, false);
    } else {
        use_patch(raster, canvas, FILL_EVEN_ODD, source, use, false);
    }
}

static void fill_portable(struct raster *raster, struct canvas *canvas, enum fill_rule rule, uint32_t source)
{
    use_any(raster, canvas, rule, source, PATCH_FILL);
}

static void apart_portable(struct raster *raster, struct canvas *canvas, enum fill_rule rule, uint32_t source)
{
    use_any(raster, canvas, rule, source, PATCH_APART);
}

static void merge_portable(struct raster *raster, struct canvas *canvas, enum fill_rule rule, uint32_t source)
{
    use_any(raster, canvas, rule, source, PATCH_MERGE);
}

typedef void use_fn(struct raster *raster, struct canvas *canvas, enum fill_rule rule, uint32_t source);

static use_fn *const portable[] = {
    [PATCH_FILL] = fill_portable, [PATCH_APART] = apart_portable, [PATCH_MERGE] = merge_portable};

#ifdef DRAW_HAS_AVX2
DRAW_AVX2 static void fill_avx2(struct raster *raster, struct canvas *canvas, enum fill_rule rule, uint32_t source)
{
    use_any(raster, canvas, rule, source, PATCH_FILL);
}

DRAW_AVX2 static void apart_avx2(struct raster *raster, struct canvas *canvas, enum fill_rule rule, uint32_t source)
{
    use_any(raster, canvas, rule, source, PATCH_APART);
}

DRAW_AVX2 static void merge_avx2(struct raster *raster, struct canvas *canvas, enum fill_rule rule, uint32_t source)
{
    use_any(raster, canvas, rule, source, PATCH_MERGE);
}

static use_fn *const avx2[] = {[PATCH_FILL] = fill_avx2, [PATCH_APART] = apart_avx2, [PATCH_MERGE] = merge_avx2};
#endif

/* Paints, empties the patch and says which rows were painted. */
static void use_up(struct raster *raster, struct canvas *canvas, enum fill_rule rule, uint32_t source,
                   enum patch_use use)
{
    struct raster_patch *patch = &raster->patch;
    int64_t first = patch->y_px > 0 ? patch->y_px : 0;
    int64_t end = patch->y_px + (int64_t)patch->rows;
    end = end < (int64_t)raster->height_px ? end : (int64_t)raster->height_px;
#ifdef DRAW_HAS_AVX2
    (raster->has_avx2 ? avx2 : portable)[use](raster, canvas, rule, source);
#else
    portable[use](raster, canvas, rule, source);
#endif
    patch->kind = RASTER_PATCH_EMPTY;
    if (first < end) {
        raster_touch_rows(raster, first, end - 1);
    }
}

void raster_patch_fill(struct raster *raster, struct canvas *canvas, enum fill_rule rule, uint32_t source)
{
    use_up(raster, canvas, rule, source, PATCH_FILL);
}

void raster_patch_fill_apart(struct raster *raster, struct canvas *layer, enum fill_rule rule, uint32_t source)
{
    use_up(raster, layer, rule, source, PATCH_APART);
}

void raster_patch_merge(struct raster *raster, enum fill_rule rule)
{
    use_up(raster, NULL, rule, 0, PATCH_MERGE);
}
