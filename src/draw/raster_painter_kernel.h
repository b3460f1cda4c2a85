/* SPDX-License-Identifier: MIT */
#pragma once
/* The painter of rasters, once for each file that includes this: they differ in the instructions that the compiler may
 * use, and in nothing else. */

#include "draw/raster_painter.h"
#include "draw/raster_sweep.h"

/* ---- The picture ---- */

/* One row of one colour. Touched groups are blended, what lies between them has one coverage. */
BLEND_INLINE void sweep_color_row(uint32_t *cells, uint64_t *bits, size_t bit_words, size_t width, uint8_t *pixels,
                                  enum fill_rule rule, uint32_t source)
{
    struct blend_wide wide = blend_widen_word(source);
    uint32_t sum = 0;
    size_t done = 0;
    for (size_t word = 0; word < bit_words; word++) {
        uint64_t left = bits[word];
        bits[word] = 0;
        while (left) {
            size_t x = (word * 64 + (size_t)__builtin_ctzll(left)) * GROUP;
            left &= left - 1;
            if (x > done) {
                uint32_t coverage = coverage_of((int32_t)sum, rule);
                if (coverage > 0) {
                    blend_run(pixels + done * 4, x - done, blend_scale(source, coverage));
                }
            }
            blend_u32x8 coverage = coverage_of_group(take_group(cells + x, &sum), rule);
            if (x + GROUP <= width) {
                blend_group(pixels + x * 4, coverage, wide);
            } else {
                blend_few(pixels + x * 4, width - x, coverage, wide);
            }
            done = x + GROUP;
        }
    }
    uint32_t coverage = coverage_of((int32_t)sum, rule);
    if (coverage > 0 && done < width) {
        blend_run(pixels + done * 4, width - done, blend_scale(source, coverage));
    }
}

static inline void sweep_color(struct raster *raster, struct canvas *canvas, enum fill_rule rule, uint32_t source)
{
    size_t width = raster->width_px;
    for (size_t row = raster->row_min; row <= raster->row_max; row++) {
        raster->row_edges[row] = 0;
        sweep_color_row(raster->cells + row * raster->stride, raster->bits + row * raster->bit_words, raster->bit_words,
                        width, canvas->rgba + row * width * 4, rule, source);
    }
}

/* The coverage of one row; bytes up to the next multiple of GROUP are not written. */
static inline void sweep_row(struct raster *raster, uint32_t row, enum fill_rule rule, uint8_t *out_coverage)
{
    uint32_t *cells = raster->cells + row * raster->stride;
    uint64_t *bits = raster->bits + row * raster->bit_words;
    size_t width = raster->width_px;
    uint32_t sum = 0;
    size_t done = 0;
    raster->row_edges[row] = 0;
    for (size_t word = 0; word < raster->bit_words; word++) {
        uint64_t left = bits[word];
        bits[word] = 0;
        while (left) {
            size_t x = (word * 64 + (size_t)__builtin_ctzll(left)) * GROUP;
            left &= left - 1;
            memset(out_coverage + done, (int)coverage_of((int32_t)sum, rule), x - done);
            blend_u32x8 coverage = coverage_of_group(take_group(cells + x, &sum), rule);
            u8x8 bytes = bytes_of(coverage);
            memcpy(out_coverage + x, &bytes, width - x < GROUP ? width - x : GROUP);
            done = x + GROUP;
        }
    }
    if (done < width) {
        memset(out_coverage + done, (int)coverage_of((int32_t)sum, rule), width - done);
    }
}

BLEND_INLINE void merge_row(struct raster *raster, size_t row, enum fill_rule rule)
{
    uint32_t *cells = raster->cells + row * raster->stride;
    uint64_t *bits = raster->bits + row * raster->bit_words;
    uint8_t *merged = raster->merged + row * raster->stride;
    uint64_t *merged_bits = raster->merged_bits + row * raster->bit_words;
    size_t groups = (raster->width_px + GROUP - 1) / GROUP;
    uint32_t sum = 0;
    size_t done = 0; /* groups */
    raster->row_edges[row] = 0;
    for (size_t word = 0; word <= raster->bit_words; word++) {
        /* One turn more than there are words: the run from the last touched group to the right border. */
        bool is_end = word == raster->bit_words;
        uint64_t left = is_end ? 1 : bits[word];
        if (!is_end) {
            bits[word] = 0;
        }
        while (left) {
            size_t group = is_end ? groups : word * 64 + (size_t)__builtin_ctzll(left);
            left &= left - 1;
            uint32_t between = group > done ? coverage_of((int32_t)sum, rule) : 0;
            for (; between > 0 && done < group; done++) {
                keep_larger(merged + done * GROUP, (u8x8){0} + (uint8_t)between);
                merged_bits[done / 64] |= (uint64_t)1 << (done % 64);
            }
            if (is_end) {
                break;
            }
            blend_u32x8 coverage = coverage_of_group(take_group(cells + group * GROUP, &sum), rule);
            keep_larger(merged + group * GROUP, bytes_of(coverage));
            merged_bits[group / 64] |= (uint64_t)1 << (group % 64);
            done = group + 1;
        }
    }
}

static inline void merge_rows(struct raster *raster, enum fill_rule rule)
{
    for (size_t row = raster->row_min; row <= raster->row_max; row++) {
        merge_row(raster, row, rule);
    }
}

static inline void paint_merged_rows(struct raster *raster, struct canvas *canvas, uint32_t source)
{
    struct blend_wide wide = blend_widen_word(source);
    size_t width = raster->width_px;
    for (size_t row = raster->merged_min; row <= raster->merged_max; row++) {
        uint8_t *merged = raster->merged + row * raster->stride;
        uint64_t *bits = raster->merged_bits + row * raster->bit_words;
        uint8_t *pixels = canvas->rgba + row * width * 4;
        for (size_t word = 0; word < raster->bit_words; word++) {
            while (bits[word]) {
                size_t x = (word * 64 + (size_t)__builtin_ctzll(bits[word])) * GROUP;
                bits[word] &= bits[word] - 1;
                u8x8 bytes;
                memcpy(&bytes, merged + x, sizeof bytes);
                memset(merged + x, 0, sizeof bytes);
                blend_u32x8 coverage = numbers_of(bytes);
                if (x + GROUP <= width) {
                    blend_group(pixels + x * 4, coverage, wide);
                } else if (x < width) {
                    blend_few(pixels + x * 4, width - x, coverage, wide);
                }
            }
        }
    }
}

BLEND_INLINE void apart_run(uint8_t *pixels, uint8_t *covered, size_t count, uint32_t coverage, uint32_t source,
                            struct blend_wide wide)
{
    if (coverage == 0 || count == 0) {
        return;
    }
    if (coverage == 255) {
        blend_run(pixels, count, source);
        memset(covered, 255, count);
        return;
    }
    size_t i = 0;
    for (; i + GROUP <= count; i += GROUP) {
        apart_group(pixels + i * 4, covered + i, (blend_u32x8){0} + coverage, source, wide);
    }
    if (i < count) {
        apart_few(pixels + i * 4, covered + i, count - i, (blend_u32x8){0} + coverage, source, wide);
    }
}

BLEND_INLINE void sweep_apart_row(struct raster *raster, size_t row, struct canvas *layer, enum fill_rule rule,
                                  uint32_t source)
{
    uint32_t *cells = raster->cells + row * raster->stride;
    uint64_t *bits = raster->bits + row * raster->bit_words;
    uint8_t *covered = raster->merged + row * raster->stride;
    size_t width = raster->width_px;
    uint8_t *pixels = layer->rgba + row * width * 4;
    struct blend_wide wide = blend_widen_word(source);
    uint32_t sum = 0;
    size_t done = 0;
    raster->row_edges[row] = 0;
    for (size_t word = 0; word < raster->bit_words; word++) {
        uint64_t left = bits[word];
        bits[word] = 0;
        while (left) {
            size_t x = (word * 64 + (size_t)__builtin_ctzll(left)) * GROUP;
            left &= left - 1;
            apart_run(pixels + done * 4, covered + done, x - done, coverage_of((int32_t)sum, rule), source, wide);
            blend_u32x8 coverage = coverage_of_group(take_group(cells + x, &sum), rule);
            if (x + GROUP <= width) {
                apart_group(pixels + x * 4, covered + x, coverage, source, wide);
            } else {
                apart_few(pixels + x * 4, covered + x, width - x, coverage, source, wide);
            }
            done = x + GROUP;
        }
    }
    if (done < width) {
        apart_run(pixels + done * 4, covered + done, width - done, coverage_of((int32_t)sum, rule), source, wide);
    }
}

static inline void sweep_apart(struct raster *raster, struct canvas *layer, enum fill_rule rule, uint32_t source)
{
    for (size_t row = raster->row_min; row <= raster->row_max; row++) {
        sweep_apart_row(raster, row, layer, rule, source);
    }
}

/* ---- The patch ---- */

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

/* The rows of the patch that lie in the picture, which none of their `columns` (of whole groups) leaves. */
BLEND_INLINE void use_groups(struct raster *raster, struct canvas *canvas, enum fill_rule rule, uint32_t source,
                             enum patch_use use, bool is_ink, size_t columns)
{
    struct raster_patch *patch = &raster->patch;
    size_t width = raster->width_px;
    int64_t below = (int64_t)raster->height_px - patch->y_px;
    size_t first = patch->y_px < 0 ? (size_t)-patch->y_px : 0;
    size_t end = below < (int64_t)patch->rows ? (size_t)(below > 0 ? below : 0) : patch->rows;
    if (first > 0 || end < patch->rows) {
        size_t from = first < end ? first : end;
        memset(patch->cells, 0, from * RASTER_PATCH_STRIDE * sizeof *patch->cells);
        memset(patch->cells + end * RASTER_PATCH_STRIDE, 0,
               (patch->rows - end) * RASTER_PATCH_STRIDE * sizeof *patch->cells);
    }
    struct blend_wide wide = blend_widen_word(source);
    uint32_t *cells = patch->cells + first * RASTER_PATCH_STRIDE;
    size_t x = (size_t)patch->x_px;
    size_t y = (size_t)(patch->y_px + (int64_t)first);
    uint8_t *pixels = use == PATCH_MERGE ? NULL : canvas->rgba + (y * width + x) * 4;
    uint8_t *merged = raster->merged + y * raster->stride + x;
    for (size_t i = first; i < end; i++) {
        uint32_t sum = 0;
        for (size_t done = 0; done < columns; done += GROUP) {
            blend_u32x8 coverage = take_coverage(cells + done, &sum, rule, is_ink);
            uint8_t *at = use == PATCH_MERGE ? NULL : pixels + done * 4;
            use_group(at, merged + done, coverage, source, wide, use);
        }
        if (!is_ink) {
            cells[columns] = 0;
        }
        if (use == PATCH_MERGE) {
            raster_touch_cells(raster->merged_bits + (y + i - first) * raster->bit_words, x, x + columns - 1);
        }
        cells += RASTER_PATCH_STRIDE;
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
    if (is_inside) {
        if (groups == 1) { /* nearly always */
            use_groups(raster, canvas, rule, source, use, is_ink, GROUP);
        } else {
            use_groups(raster, canvas, rule, source, use, is_ink, groups * GROUP);
        }
        return;
    }
    for (size_t i = 0; i < patch->rows; i++) {
        uint32_t *cells = patch->cells + i * RASTER_PATCH_STRIDE;
        int64_t row = patch->y_px + (int64_t)i;
        if (row < 0 || row >= (int64_t)raster->height_px) {
            memset(cells, 0, RASTER_PATCH_STRIDE * sizeof *cells);
            continue;
        }
        uint8_t *pixels = use == PATCH_MERGE ? NULL : canvas->rgba + (size_t)row * width * 4;
        uint8_t *merged = raster->merged + (size_t)row * raster->stride;
        uint32_t sum = 0;
        for (size_t group = 0; group < groups; group++) {
            blend_u32x8 coverage = take_coverage(cells + group * GROUP, &sum, rule, is_ink);
            int64_t x = patch->x_px + (int64_t)(group * GROUP);
            struct lanes lanes = lanes_of(x, width);
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

static inline void fill_patch(struct raster *raster, struct canvas *canvas, enum fill_rule rule, uint32_t source)
{
    use_any(raster, canvas, rule, source, PATCH_FILL);
}

static inline void fill_patch_apart(struct raster *raster, struct canvas *layer, enum fill_rule rule, uint32_t source)
{
    use_any(raster, layer, rule, source, PATCH_APART);
}

static inline void merge_patch(struct raster *raster, enum fill_rule rule)
{
    use_any(raster, NULL, rule, 0, PATCH_MERGE);
}

#define RASTER_PAINTER_KERNEL                                                                                          \
    {                                                                                                                  \
        sweep_color, sweep_apart, sweep_row, merge_rows, paint_merged_rows, fill_patch, fill_patch_apart, merge_patch  \
    }
