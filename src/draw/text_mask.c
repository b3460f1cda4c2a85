/* SPDX-License-Identifier: MIT */
#include "draw/text_mask.h"

#include "draw/blend.h"
#include "draw/cpu.h"

#include <stdlib.h>
#include <string.h>

void text_mask_finish(struct text_mask *mask)
{
    free(mask->coverage);
    free(mask->runs);
    memset(mask, 0, sizeof *mask);
}

static void empty_rows(struct text_mask *mask)
{
    for (int32_t row = 0; row < mask->height; row++) {
        mask->runs[row] = (struct text_mask_run){INT32_MAX, 0};
    }
}

/* What was gathered and not painted. */
static void clear_rows(struct text_mask *mask)
{
    for (int32_t row = 0; row < mask->height; row++) {
        struct text_mask_run run = mask->runs[row];
        if (run.first < run.end) {
            memset(mask->coverage + (size_t)row * mask->stride + run.first, 0, (size_t)(run.end - run.first));
        }
    }
}

static bool reserve(struct text_mask *mask, size_t bytes, size_t rows)
{
    if (bytes > mask->capacity) {
        free(mask->coverage);
        mask->coverage = calloc(bytes, 1);
        mask->capacity = mask->coverage ? bytes : 0;
    }
    if (rows > mask->run_capacity) {
        free(mask->runs);
        mask->runs = malloc(rows * sizeof *mask->runs);
        mask->run_capacity = mask->runs ? rows : 0;
    }
    return mask->coverage && mask->runs;
}

bool text_mask_begin(struct text_mask *mask, int32_t left, int32_t top, int32_t width, int32_t height)
{
    size_t stride = ((size_t)width + 7) & ~(size_t)7;
    clear_rows(mask);
    mask->height = 0;
    if (!reserve(mask, stride * (size_t)height, (size_t)height)) {
        return false;
    }
    mask->left = left;
    mask->top = top;
    mask->width = width;
    mask->height = height;
    mask->stride = stride;
    empty_rows(mask);
    return true;
}

static void add_row(uint8_t *row, const uint8_t *coverage, size_t count, bool greater)
{
    if (greater) {
        for (size_t i = 0; i < count; i++) {
            row[i] = coverage[i] > row[i] ? coverage[i] : row[i];
        }
        return;
    }
    for (size_t i = 0; i < count; i++) {
        unsigned sum = (unsigned)row[i] + coverage[i];
        row[i] = (uint8_t)(sum > 255 ? 255 : sum);
    }
}

void text_mask_add(struct text_mask *mask, const uint8_t *coverage, int32_t width, int32_t height, int64_t x, int64_t y,
                   bool greater)
{
    int64_t left = x - mask->left;
    int64_t top = y - mask->top;
    int64_t x0 = left > 0 ? left : 0;
    int64_t y0 = top > 0 ? top : 0;
    int64_t x1 = left + width < mask->width ? left + width : mask->width;
    int64_t y1 = top + height < mask->height ? top + height : mask->height;
    for (int64_t row = y0; row < y1 && x0 < x1; row++) {
        struct text_mask_run *run = &mask->runs[row];
        run->first = x0 < run->first ? (int32_t)x0 : run->first;
        run->end = x1 > run->end ? (int32_t)x1 : run->end;
        add_row(mask->coverage + (size_t)row * mask->stride + x0, coverage + (row - top) * width + (x0 - left),
                (size_t)(x1 - x0), greater);
    }
}

typedef uint8_t u8x8 __attribute__((vector_size(8)));

/* Eight pixels at a time, skipping those without ink. */
BLEND_INLINE void paint_row(const uint8_t *coverage, size_t count, uint8_t *pixels, uint32_t source)
{
    struct blend_wide wide = blend_widen_word(source);
    size_t i = 0;
    for (; i + BLEND_LANES <= count; i += BLEND_LANES) {
        uint64_t eight;
        memcpy(&eight, coverage + i, sizeof eight);
        if (eight == 0) {
            continue;
        }
        u8x8 bytes;
        memcpy(&bytes, &eight, sizeof bytes);
        struct blend_wide part = blend_scale_wide(wide, blend_factors(__builtin_convertvector(bytes, blend_u32x8)));
        blend_store(pixels + i * 4, blend_over_wide(blend_widen(blend_load(pixels + i * 4)), part));
    }
    for (; i < count; i++) {
        uint32_t word;
        memcpy(&word, pixels + i * 4, sizeof word);
        word = blend_over(word, blend_scale(source, coverage[i]));
        memcpy(pixels + i * 4, &word, sizeof word);
    }
}

BLEND_INLINE void paint_rows(const struct text_mask *mask, struct canvas *canvas, uint32_t source)
{
    for (int32_t row = 0; row < mask->height; row++) {
        struct text_mask_run run = mask->runs[row];
        if (run.first < run.end) {
            size_t at = (size_t)(mask->top + row) * canvas->width_px + (size_t)(mask->left + run.first);
            paint_row(mask->coverage + (size_t)row * mask->stride + run.first, (size_t)(run.end - run.first),
                      canvas->rgba + at * 4, source);
        }
    }
}

#ifdef DRAW_HAS_AVX2
DRAW_AVX2 static void paint_rows_avx2(const struct text_mask *mask, struct canvas *canvas, uint32_t source)
{
    paint_rows(mask, canvas, source);
}
#endif

static void paint_rows_portable(const struct text_mask *mask, struct canvas *canvas, uint32_t source)
{
    paint_rows(mask, canvas, source);
}

void text_mask_paint(struct text_mask *mask, struct canvas *canvas, struct pixel pixel)
{
    uint32_t source = blend_word(pixel);
#ifdef DRAW_HAS_AVX2
    if (cpu_has_avx2()) {
        paint_rows_avx2(mask, canvas, source);
    } else {
        paint_rows_portable(mask, canvas, source);
    }
#else
    paint_rows_portable(mask, canvas, source);
#endif
    clear_rows(mask);
    empty_rows(mask);
}
