/* SPDX-License-Identifier: MIT */
#pragma once
/* From differences to coverage and into pixels, eight at a time: for the sweeps of raster.c and raster_patch.c, which
 * compile them twice (draw/blend.h). */

#include "draw/blend.h"
#include "draw/raster_cells.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { GROUP = RASTER_GROUP, FULL = RASTER_FULL };

typedef uint32_t u32x4 __attribute__((vector_size(16)));
typedef uint64_t u64x2 __attribute__((vector_size(16)));
typedef uint16_t u16x8 __attribute__((vector_size(16)));
typedef uint8_t u8x16 __attribute__((vector_size(16)));
typedef uint8_t u8x8 __attribute__((vector_size(8)));
typedef int32_t i32x8 __attribute__((vector_size(32)));
typedef float f32x8 __attribute__((vector_size(32)));

/* Coverage 0 … 255 of a running sum. */
BLEND_INLINE uint32_t coverage_of(int32_t sum, enum fill_rule rule)
{
    uint32_t area;
    if (rule == FILL_NONZERO) {
        area = (uint32_t)(sum < 0 ? -sum : sum);
        area = area < FULL ? area : FULL;
    } else {
        area = (uint32_t)sum & (2 * FULL - 1);
        area = area <= FULL ? area : 2 * FULL - area;
    }
    return (area * 255 + FULL / 2) / FULL;
}

BLEND_INLINE blend_u32x8 coverage_of_group(blend_u32x8 sums, enum fill_rule rule)
{
    blend_u32x8 area;
    if (rule == FILL_NONZERO) {
#ifdef __AVX2__
        area = (blend_u32x8)_mm256_min_epu32(_mm256_abs_epi32((__m256i)sums), _mm256_set1_epi32(FULL));
#else
        blend_u32x8 negative = -(sums >> 31); /* all ones where below zero */
        area = (sums ^ negative) - negative;
        blend_u32x8 above = -((FULL - area) >> 31);
        area = (area & ~above) | (FULL & above);
#endif
    } else {
        area = sums & (2 * FULL - 1);
        blend_u32x8 above = -((FULL - area) >> 31);
        area = ((area ^ above) - above) + (2 * FULL & above);
    }
    return (area * 255 + FULL / 2) / FULL;
}

BLEND_INLINE u32x4 prefix_sum(u32x4 values)
{
    u32x4 zero = {0};
    values += __builtin_shufflevector(zero, values, 0, 4, 5, 6);
    values += __builtin_shufflevector(zero, values, 0, 1, 4, 5);
    return values;
}

/* Running sums of a group of cells, which become zero; `sum` is carried on. */
BLEND_INLINE blend_u32x8 take_group(uint32_t *cells, uint32_t *sum)
{
    u32x4 low;
    u32x4 high;
    memcpy(&low, cells, sizeof low);
    memcpy(&high, cells + 4, sizeof high);
    memset(cells, 0, GROUP * sizeof *cells);
    low = prefix_sum(low) + *sum;
    high = prefix_sum(high) + low[3];
    *sum = high[3];
    return __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7);
}

/* Whole numbers up to 2^15 as bytes: 255 in place of more. (As conversions of vectors GCC makes both one by one.) */
BLEND_INLINE u8x8 bytes_of(blend_u32x8 numbers)
{
#ifdef __SSE2__
    __m128i low = (__m128i)__builtin_shufflevector(numbers, numbers, 0, 1, 2, 3);
    __m128i high = (__m128i)__builtin_shufflevector(numbers, numbers, 4, 5, 6, 7);
    __m128i words = _mm_packs_epi32(low, high);
    u64x2 packed = (u64x2)_mm_packus_epi16(words, words);
    u8x8 bytes;
    uint64_t word = packed[0];
    memcpy(&bytes, &word, sizeof bytes);
    return bytes;
#else
    blend_u32x8 above = -((255 - numbers) >> 31);
    return __builtin_convertvector((numbers & ~above) | (255 & above), u8x8);
#endif
}

BLEND_INLINE blend_u32x8 numbers_of(u8x8 bytes)
{
    uint64_t word;
    memcpy(&word, &bytes, sizeof word);
#ifdef __AVX2__
    return (blend_u32x8)_mm256_cvtepu8_epi32(_mm_cvtsi64_si128((long long)word));
#else
    const u8x16 zero = {0};
    u64x2 words = {word};
    u16x8 wide =
        (u16x8)__builtin_shufflevector((u8x16)words, zero, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    u32x4 low = (u32x4)__builtin_shufflevector(wide, (u16x8)zero, 0, 8, 1, 9, 2, 10, 3, 11);
    u32x4 high = (u32x4)__builtin_shufflevector(wide, (u16x8)zero, 4, 12, 5, 13, 6, 14, 7, 15);
    return __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7);
#endif
}

/* Of whole numbers up to 255. */
BLEND_INLINE bool any_of(blend_u32x8 numbers)
{
#ifdef __AVX2__
    return !_mm256_testz_si256((__m256i)numbers, (__m256i)numbers);
#else
    u8x8 bytes = bytes_of(numbers);
    uint64_t word;
    memcpy(&word, &bytes, sizeof word);
    return word != 0;
#endif
}

BLEND_INLINE void blend_group(uint8_t *pixels, blend_u32x8 coverage, struct blend_wide source)
{
    struct blend_wide scaled = blend_scale_wide(source, blend_factors(coverage));
    blend_store(pixels, blend_over_wide(blend_widen(blend_load(pixels)), scaled));
}

/* Fewer than eight: a row's end. */
BLEND_INLINE void blend_few(uint8_t *pixels, size_t count, blend_u32x8 coverage, struct blend_wide source)
{
    uint8_t some[GROUP * 4] = {0};
    memcpy(some, pixels, count * 4);
    blend_group(some, coverage, source);
    memcpy(pixels, some, count * 4);
}

/* The larger of two coverages, for a group. */
BLEND_INLINE void keep_larger(uint8_t *merged, u8x8 coverage)
{
    u8x8 kept;
    memcpy(&kept, merged, sizeof kept);
    u8x8 larger = (u8x8)(coverage > kept);
    kept = (coverage & larger) | (kept & ~larger);
    memcpy(merged, &kept, sizeof kept);
}

/* What there is no room for. */
BLEND_INLINE blend_u32x8 more_than_full(blend_u32x8 coverage)
{
#ifdef __AVX2__
    return (blend_u32x8)_mm256_subs_epu16((__m256i)coverage, _mm256_set1_epi32(255));
#else
    return (coverage - 255) & -((255 - coverage) >> 31);
#endif
}

/* Eight pixels of a shape that covers `coverage` of them. What a pixel has of uncovered area is taken first; only the
 * rest lies over what is there. */
BLEND_INLINE void apart_group(uint8_t *pixels, uint8_t *covered, blend_u32x8 coverage, uint32_t source,
                              struct blend_wide wide)
{
    u8x8 bytes;
    memcpy(&bytes, covered, sizeof bytes);
    blend_u32x8 before = numbers_of(bytes);
    blend_u32x8 sum = before + coverage;
    bytes = bytes_of(sum);
    memcpy(covered, &bytes, sizeof bytes);
    blend_u32x8 over = more_than_full(sum);
    struct blend_wide below = blend_widen(blend_load(pixels));
    if (any_of(over)) {
        /* The quotient of whole numbers below 2^16, rounded down: float division gives it exactly. */
        blend_u32x8 share = (source >> 24) * over + (before >> 1);
        f32x8 quotient = __builtin_convertvector((i32x8)share, f32x8) /
                         __builtin_convertvector((i32x8)(before | (before - 1) >> 31), f32x8);
        blend_u32x8 hidden = (blend_u32x8) __builtin_convertvector(quotient, i32x8);
        below = blend_scale_wide(below, blend_factors(255 - hidden));
    }
    struct blend_wide added = blend_scale_wide(wide, blend_factors(coverage));
    struct blend_wide sums = {below.rb + added.rb, below.ga + added.ga};
    blend_u16x16 alpha = blend_lesser(blend_alphas(sums), (blend_u16x16){0} + 255);
    sums.rb = blend_lesser(sums.rb, alpha);
    sums.ga = blend_lesser(sums.ga, alpha);
    blend_store(pixels, (blend_u32x8)sums.rb | (blend_u32x8)sums.ga << 8);
}

BLEND_INLINE void apart_few(uint8_t *pixels, uint8_t *covered, size_t count, blend_u32x8 coverage, uint32_t source,
                            struct blend_wide wide)
{
    uint8_t some[GROUP * 4] = {0};
    memcpy(some, pixels, count * 4);
    apart_group(some, covered, coverage, source, wide); /* rows of `merged` end with a group that is never read */
    memcpy(pixels, some, count * 4);
}
