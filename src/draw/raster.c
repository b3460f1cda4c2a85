/* SPDX-License-Identifier: MIT */
/* Edges in, coverage out. The method, its number ranges and why neighbours agree are told in docs/rasteriser.md. */

#include "draw/raster.h"

#include "draw/blend.h"
#include "draw/cpu.h"
#include "draw/raster_edge.h"
#include "draw/raster_edges.h"
#include "draw/raster_painter.h"
#include "draw/raster_patch.h"
#include "draw/raster_small.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { GROUP = RASTER_GROUP, FULL = RASTER_FULL, SIZE_MAX_PX = 4096, ROW_WINDINGS_KEPT = 2048 };

bool raster_set_kernel(struct raster *raster, enum raster_kernel kernel)
{
    raster_edges_flush(raster);
    raster->has_avx2 = kernel != RASTER_KERNEL_PORTABLE && raster_painter_avx2 && cpu_has_avx2();
    raster->painter = raster->has_avx2 ? raster_painter_avx2 : raster_painter_portable;
    return kernel != RASTER_KERNEL_AVX2 || raster->has_avx2;
}

/* ---- Life ---- */

struct raster *raster_create(uint32_t width_max_px, uint32_t height_max_px)
{
    assert(width_max_px <= SIZE_MAX_PX && height_max_px <= SIZE_MAX_PX);
    struct raster *raster = calloc(1, sizeof *raster);
    if (!raster) {
        return NULL;
    }
    size_t groups = (width_max_px + GROUP - 1) / GROUP;
    size_t rows = height_max_px > 0 ? height_max_px : 1;
    raster->width_max_px = width_max_px;
    raster->height_max_px = height_max_px;
    raster->cells = calloc(rows * (groups + 1) * GROUP, sizeof *raster->cells);
    raster->bits = calloc(rows * ((groups + 63) / 64 + 1), sizeof *raster->bits);
    raster->row_edges = calloc(rows, sizeof *raster->row_edges);
    raster->coverage = calloc((groups + 1) * GROUP, 1);
    raster->merged = calloc(rows * (groups + 1) * GROUP, 1);
    raster->merged_bits = calloc(rows * ((groups + 63) / 64 + 1), sizeof *raster->merged_bits);
    if (!raster->merged || !raster->merged_bits || !raster->cells || !raster->bits || !raster->row_edges ||
        !raster->coverage) {
        raster_destroy(raster);
        return NULL;
    }
    raster_set_kernel(raster, RASTER_KERNEL_BEST);
    raster->row_min = UINT32_MAX;
    raster->merged_min = UINT32_MAX;
    raster_begin(raster, width_max_px, height_max_px);
    return raster;
}

void raster_destroy(struct raster *raster)
{
    if (raster) {
        free(raster->cells);
        free(raster->bits);
        free(raster->row_edges);
        free(raster->coverage);
        free(raster->merged);
        free(raster->merged_bits);
        free(raster);
    }
}

uint32_t raster_width_px(const struct raster *raster)
{
    return raster->width_px;
}

uint32_t raster_height_px(const struct raster *raster)
{
    return raster->height_px;
}

bool raster_is_empty(struct raster *raster)
{
    raster_edges_flush(raster);
    return raster_rows_are_empty(raster) && raster->patch.kind == RASTER_PATCH_EMPTY;
}

static void forget_rows(struct raster *raster)
{
    if (!raster_is_empty(raster) && raster->row_max >= raster->used_rows) {
        raster->used_rows = raster->row_max + 1;
    }
    raster->row_min = UINT32_MAX;
    raster->row_max = 0;
}

static void forget_merged(struct raster *raster)
{
    for (size_t row = raster->merged_min; row <= raster->merged_max; row++) {
        memset(raster->merged + row * raster->stride, 0, raster->stride);
        memset(raster->merged_bits + row * raster->bit_words, 0, raster->bit_words * sizeof *raster->merged_bits);
    }
    raster->merged_min = UINT32_MAX;
    raster->merged_max = 0;
}

void raster_discard(struct raster *raster)
{
    raster->waiting_count = 0;
    raster_patch_discard(raster);
    forget_merged(raster);
    for (size_t row = raster->row_min; row <= raster->row_max; row++) {
        uint32_t *cells = raster->cells + row * raster->stride;
        uint64_t *bits = raster->bits + row * raster->bit_words;
        raster->row_edges[row] = 0;
        for (size_t word = 0; word < raster->bit_words; word++) {
            while (bits[word]) {
                size_t group = word * 64 + (size_t)__builtin_ctzll(bits[word]);
                memset(cells + group * GROUP, 0, GROUP * sizeof *cells);
                bits[word] &= bits[word] - 1;
            }
        }
    }
    forget_rows(raster);
}

void raster_begin(struct raster *raster, uint32_t width_px, uint32_t height_px)
{
    assert(width_px <= raster->width_max_px && height_px <= raster->height_max_px);
    raster_discard(raster);
    if (width_px == raster->width_px && height_px == raster->height_px) {
        return;
    }
    /* What fell right of the old picture would lie inside the new one. Rows that were never used are not touched: each
     * would cost a page of memory. */
    for (size_t row = 0; row < raster->used_rows; row++) {
        memset(raster->cells + (row + 1) * raster->stride - GROUP, 0, GROUP * sizeof *raster->cells);
    }
    raster->used_rows = 0;
    size_t groups = (width_px + GROUP - 1) / GROUP;
    raster->width_px = width_px;
    raster->height_px = height_px;
    raster->right = (int64_t)width_px * DRAW_ONE;
    raster->bottom = (int64_t)height_px * DRAW_ONE;
    raster->stride = (groups + 1) * GROUP;
    raster->bit_words = (groups + 63) / 64;
}

/* ---- Adding edges ---- */

/* Cuts windings of more than ROW_WINDINGS_KEPT back by even numbers, so that the sums of the row cannot overflow
 * however many shapes lie upon each other. Neither fill rule sees the difference. */
void raster_bound_row(struct raster *raster, size_t row)
{
    const int32_t limit = ROW_WINDINGS_KEPT * FULL;
    uint32_t *cells = raster->cells + row * raster->stride;
    int32_t sum = 0;
    int32_t bounded = 0;
    for (size_t x = 0; x < raster->width_px; x++) {
        sum += (int32_t)cells[x];
        int32_t now = sum;
        if (now > limit) {
            now = limit + (now - limit) % (2 * FULL);
        } else if (now < -limit) {
            now = -limit + (now + limit) % (2 * FULL);
        }
        cells[x] = (uint32_t)(now - bounded);
        bounded = now;
    }
    /* Where the running sum was cut inside an untouched run its differences moved: visit every group. */
    size_t groups = (raster->width_px + GROUP - 1) / GROUP;
    for (size_t group = 0; group < groups; group++) {
        raster->bits[row * raster->bit_words + group / 64] |= UINT64_C(1) << group % 64;
    }
    raster->row_edges[row] = ROW_WINDINGS_KEPT + 2;
}

static __attribute__((noinline)) void spill_and_add_edge(struct raster *raster, int64_t x0, int64_t y0, int64_t x1,
                                                         int64_t y1)
{
    raster_patch_spill(raster);
    raster_add_edge(raster, x0, y0, x1, y1);
}

/* Calls only where it ends, so that nothing needs to be kept over a call: nearly always the edge is just noted. */
void raster_add_edge(struct raster *raster, int64_t x0, int64_t y0, int64_t x1, int64_t y1)
{
    const int64_t half = INT64_C(1) << 31;
    bool fits =
        ((uint64_t)(x0 + half) | (uint64_t)(y0 + half) | (uint64_t)(x1 + half) | (uint64_t)(y1 + half)) >> 32 == 0;
    if (raster->patch.kind != RASTER_PATCH_EMPTY) {
        spill_and_add_edge(raster, x0, y0, x1, y1);
        return;
    }
    if (!fits || !raster->has_avx2) {
        raster_edges_add_now(raster, x0, y0, x1, y1);
        return;
    }
    raster->waiting[raster->waiting_count++] =
        (struct raster_waiting_edge){(int32_t)x0, (int32_t)y0, (int32_t)x1, (int32_t)y1};
    if (raster->waiting_count == RASTER_WAITING_MAX) {
        raster_edges_add_waiting(raster);
    }
}

static inline struct raster_waiting_edge edge_of(struct draw_point a, struct draw_point b)
{
    return (struct raster_waiting_edge){a.x, a.y, b.x, b.y};
}

static void note_chain(struct raster *raster, const struct draw_point *points, size_t edges, bool back)
{
    struct raster_waiting_edge *waiting = raster->waiting + raster->waiting_count;
    for (size_t i = 0; i < edges; i++) {
        waiting[i] = back ? edge_of(points[i + 1], points[i]) : edge_of(points[i], points[i + 1]);
    }
    raster->waiting_count += edges;
}

void raster_add_chain(struct raster *raster, const struct draw_point *points, size_t count, bool back)
{
    size_t edges = count > 0 ? count - 1 : 0;
    raster_patch_spill(raster);
    for (size_t i = 0; i < edges && !raster->has_avx2; i++) {
        raster_edges_add_now(raster, points[i + back].x, points[i + back].y, points[i + !back].x, points[i + !back].y);
    }
    while (raster->has_avx2 && edges > 0) {
        size_t room = RASTER_WAITING_MAX - raster->waiting_count;
        size_t now = edges < room ? edges : room;
        note_chain(raster, points, now, back);
        if (raster->waiting_count == RASTER_WAITING_MAX) {
            raster_edges_add_waiting(raster);
        }
        points += now;
        edges -= now;
    }
}

void raster_add_ring(struct raster *raster, const struct draw_point *points, size_t count)
{
    if (count < 2) {
        return;
    }
    switch (raster_patch_take(raster, RASTER_PATCH_EDGES, points, count, 0)) {
    case RASTER_PATCH_SMALL:
        raster_small_add_ring(raster, points, count);
        raster_patch_keep(raster);
        return;
    case RASTER_PATCH_WIDE:
        raster_patch_add_ring(raster, points, count);
        return;
    case RASTER_PATCH_NONE:
        break;
    }
    struct edge_target target = {raster, raster->cells, raster->stride};
    struct draw_point last = points[count - 1];
    for (size_t i = 0; i < count; i++) {
        add_edge(&target, last.x, last.y, points[i].x, points[i].y);
        last = points[i];
    }
}

/* ---- Painting ---- */

/* Remainder that is never negative. */
static uint32_t wrap(int64_t number, uint32_t size)
{
    int64_t rest = number % (int64_t)size;
    return (uint32_t)(rest < 0 ? rest + (int64_t)size : rest);
}

static void paint_pattern_row(uint8_t *pixels, size_t width, const uint8_t *coverage, const uint8_t *pattern_row,
                              uint32_t pattern_width, uint32_t pattern_x, uint32_t opacity)
{
    for (size_t x = 0; x < width; x++) {
        if (coverage[x] > 0) {
            uint32_t source;
            uint32_t word;
            memcpy(&source, pattern_row + (size_t)pattern_x * 4, 4);
            memcpy(&word, pixels + x * 4, 4);
            source = blend_scale(blend_scale(source, opacity), coverage[x]);
            word = blend_over(word, source);
            memcpy(pixels + x * 4, &word, 4);
        }
        pattern_x = pattern_x + 1 < pattern_width ? pattern_x + 1 : 0;
    }
}

static void fill_pattern(struct raster *raster, struct canvas *canvas, enum fill_rule rule, const struct paint *paint)
{
    const struct canvas *pattern = paint->pattern;
    if (pattern->width_px == 0 || pattern->height_px == 0) {
        raster_discard(raster);
        return;
    }
    size_t width = raster->width_px;
    uint32_t pattern_x = wrap(-(int64_t)paint->pattern_x_px, pattern->width_px);
    for (uint32_t row = raster->row_min; row <= raster->row_max; row++) {
        uint32_t pattern_y = wrap((int64_t)row - paint->pattern_y_px, pattern->height_px);
        raster->painter->sweep_row(raster, row, rule, raster->coverage);
        paint_pattern_row(canvas->rgba + row * width * 4, width, raster->coverage,
                          pattern->rgba + (size_t)pattern_y * pattern->width_px * 4, pattern->width_px, pattern_x,
                          paint->pattern_opacity);
    }
}

void raster_fill(struct raster *raster, struct canvas *canvas, enum fill_rule rule, const struct paint *paint)
{
    assert(canvas->width_px == raster->width_px && canvas->height_px == raster->height_px);
    if (paint->pattern) {
        raster_patch_spill(raster);
    }
    if (raster_is_empty(raster)) {
        return;
    }
    if (raster->patch.kind != RASTER_PATCH_EMPTY) {
        raster_patch_fill(raster, canvas, rule, blend_word(paint->pixel));
    } else if (paint->pattern) {
        fill_pattern(raster, canvas, rule, paint);
    } else {
        raster->painter->sweep_color(raster, canvas, rule, blend_word(paint->pixel));
    }
    forget_rows(raster);
}

/* The rows that were just swept now hold something in `merged`. */
static void note_merged(struct raster *raster)
{
    raster->merged_min = raster->row_min < raster->merged_min ? raster->row_min : raster->merged_min;
    raster->merged_max = raster->row_max > raster->merged_max ? raster->row_max : raster->merged_max;
    forget_rows(raster);
}

void raster_merge(struct raster *raster, enum fill_rule rule)
{
    raster_edges_flush(raster);
    if (raster->patch.kind != RASTER_PATCH_EMPTY) {
        raster_patch_merge(raster, rule);
    } else if (!raster_is_empty(raster)) {
        raster->painter->merge(raster, rule);
    }
    note_merged(raster);
}

void raster_fill_apart(struct raster *raster, struct canvas *layer, enum fill_rule rule, struct pixel pixel)
{
    assert(layer->width_px == raster->width_px && layer->height_px == raster->height_px);
    raster_edges_flush(raster);
    if (raster->patch.kind != RASTER_PATCH_EMPTY) {
        raster_patch_fill_apart(raster, layer, rule, blend_word(pixel));
    } else if (!raster_is_empty(raster)) {
        raster->painter->sweep_apart(raster, layer, rule, blend_word(pixel));
    }
    note_merged(raster);
}

void raster_fill_merged(struct raster *raster, struct canvas *canvas, struct pixel pixel)
{
    assert(canvas->width_px == raster->width_px && canvas->height_px == raster->height_px);
    if (raster->merged_min <= raster->merged_max) {
        raster->painter->paint_merged(raster, canvas, blend_word(pixel));
    }
    raster->merged_min = UINT32_MAX;
    raster->merged_max = 0;
}

void raster_mask(struct raster *raster, enum fill_rule rule, uint8_t *out_coverage, size_t stride)
{
    raster_patch_spill(raster);
    raster_edges_flush(raster);
    for (uint32_t row = 0; row < raster->height_px; row++) {
        if (row < raster->row_min || row > raster->row_max) {
            memset(out_coverage + row * stride, 0, raster->width_px);
        } else {
            raster->painter->sweep_row(raster, row, rule, out_coverage + row * stride);
        }
    }
    forget_rows(raster);
}
