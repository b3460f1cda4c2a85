/* SPDX-License-Identifier: MIT */
#pragma once
/* The accumulation of a raster: seen by raster.c and by hairline.c, which adds to it in another way. */

#include "draw/raster.h"

enum {
    RASTER_GROUP = 8,                      /* cells per touched bit, and per step of the sweep */
    RASTER_FULL = DRAW_ONE * 2 * DRAW_ONE, /* the sum of a fully covered pixel */
    /* A row's sums stay in int32 because each edge adds at most RASTER_FULL to it: after this many edges they are cut
     * back. */
    RASTER_ROW_EDGES_MAX = 16000,
    RASTER_PATCH_SIDE = 32, /* pixels; a multiple of RASTER_GROUP */
    RASTER_PATCH_STRIDE = RASTER_PATCH_SIDE + RASTER_GROUP,
    RASTER_UNBOUNDED_MAX = 320, /* edges that a row may have beyond that before it is looked at */
    RASTER_WAITING_MAX = 128,   /* edges; a multiple of RASTER_GROUP, and a byte holds it */
    RASTER_SHORT = 4096,        /* so long a way is measured in floats: its square is a whole number there */
    RASTER_ROUND_BITS = 0x4b400000
};

/* Added to a float within ±2^22, its last bits are the number as a whole one (ties to even), beside RASTER_ROUND_BITS:
 * the same on every machine. */
static const float RASTER_ROUND = 0x1.8p23F;

/* A small shape, see raster_patch.h: differences of edges, or areas as they are (as much in 1 / RASTER_FULL), of thin
 * lines and of rings of a few pixels. */
enum raster_patch_kind { RASTER_PATCH_EMPTY, RASTER_PATCH_EDGES, RASTER_PATCH_INK };

struct raster_patch {
    enum raster_patch_kind kind;
    int64_t x_px; /* where it lies in the picture */
    int64_t y_px;
    size_t columns; /* that are in use … */
    size_t groups;  /* … and of RASTER_GROUP of them */
    size_t rows;    /* the cells of other rows are zero */
    size_t edges;
    uint32_t cells[(RASTER_PATCH_SIDE + 2) * RASTER_PATCH_STRIDE]; /* nothing is added to the last two rows */
};

/* See raster_edges.h. */
struct raster_waiting_edge {
    int32_t x0;
    int32_t y0;
    int32_t x1;
    int32_t y1;
};

/* As much of the way that a thin line takes aside within a pixel widens its box there: a little less than would keep
 * the variance of its ink, which is what comes closest to the true coverage. */
static const float RASTER_SPREAD = 0.9375F;

struct raster_painter;

struct raster {
    uint32_t width_max_px;
    uint32_t height_max_px;
    uint32_t width_px;
    uint32_t height_px;
    int64_t right; /* width and height in fixed point */
    int64_t bottom;
    size_t stride;    /* cells a row; the last GROUP cells take what falls right of the picture and are never read */
    size_t bit_words; /* words of touched bits a row */
    uint32_t row_min; /* touched rows; row_min > row_max when there is none */
    uint32_t row_max;
    uint32_t used_rows;    /* rows below this one were touched at some time since the picture has this size */
    uint32_t *cells;       /* signed differences, kept unsigned so that wrapping is defined */
    uint64_t *bits;        /* bit i of a row: cells i * GROUP … were touched */
    uint32_t *row_edges;   /* edges added to the row since its sums were last bounded */
    uint8_t *coverage;     /* one row, for patterns */
    uint8_t *merged;       /* coverage kept by raster_merge, rows of `stride` */
    uint64_t *merged_bits; /* as `bits`: groups of `merged` that are not zero */
    uint32_t merged_min;   /* rows; merged_min > merged_max when there is none */
    uint32_t merged_max;
    struct raster_patch patch; /* in use only while nothing else was added */
    struct raster_waiting_edge
        waiting[RASTER_WAITING_MAX + 1]; /* edges that are not in `cells` yet; the last one is none */
    size_t waiting_count;
    size_t unbounded; /* edges that have waited since rows were bounded */
    bool has_avx2;
    const struct raster_painter *painter;
};

/* Bounds the sums of a row that has had RASTER_ROW_EDGES_MAX edges. */
void raster_bound_row(struct raster *raster, size_t row);

static inline bool raster_rows_are_empty(const struct raster *raster)
{
    return raster->row_min > raster->row_max && raster->waiting_count == 0;
}

static inline void raster_count_edge(struct raster *raster, size_t row)
{
    if (++raster->row_edges[row] > RASTER_ROW_EDGES_MAX) {
        raster_bound_row(raster, row);
    }
}

static inline void raster_touch_rows(struct raster *raster, int64_t first, int64_t last)
{
    raster->row_min = (uint32_t)first < raster->row_min ? (uint32_t)first : raster->row_min;
    raster->row_max = (uint32_t)last > raster->row_max ? (uint32_t)last : raster->row_max;
}

static inline void raster_touch_cells(uint64_t *bits, size_t first, size_t last)
{
    size_t group = first / RASTER_GROUP;
    size_t group_last = last / RASTER_GROUP;
    if (group_last - group <= 1 && group / 64 == group_last / 64) { /* nearly always */
        bits[group / 64] |= UINT64_C(1) << group % 64 | UINT64_C(1) << group_last % 64;
        return;
    }
    for (; group <= group_last; group++) {
        bits[group / 64] |= UINT64_C(1) << group % 64;
    }
}
