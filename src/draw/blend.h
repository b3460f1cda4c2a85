/* SPDX-License-Identifier: MIT */
#pragma once
/* Arithmetic of premultiplied pixels, eight at a time, shared by canvas.c and raster.c.
 *
 * Written with the compiler's vector extensions, so that one text serves every processor: the callers compile it once
 * for the baseline and once for AVX2 (DRAW_AVX2) and choose at run time. All of it is whole-number arithmetic with
 * exactly rounded division by 255, so every version gives the same bytes. */

#include "draw/canvas.h"

#include <string.h>

#ifdef __AVX2__
#include <immintrin.h>
#endif

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "pixels are handled as little-endian words"
#endif

#if defined(__x86_64__)
#define DRAW_HAS_AVX2 1
#define DRAW_AVX2 __attribute__((target("avx2,bmi2"))) /* processors with the first have the second */
#endif

#define BLEND_INLINE static inline __attribute__((always_inline, unused))

/* Vectors wider than the baseline's registers never cross a real call: everything here is inlined. Not switched back on
 * below, because the compiler speaks of it at the end of the file. */
#pragma GCC diagnostic ignored "-Wpsabi"

enum { BLEND_LANES = 8 }; /* pixels in a vector */

typedef uint32_t blend_u32x8 __attribute__((vector_size(32)));
typedef uint16_t blend_u16x16 __attribute__((vector_size(32)));
typedef int16_t blend_i16x16 __attribute__((vector_size(32)));

/* Eight pixels pulled apart so that each component has 16 bits: red and blue, green and alpha. */
struct blend_wide {
    blend_u16x16 rb;
    blend_u16x16 ga;
};

/* a * b / 255, rounded to nearest; exact for 0 … 255 each. */
BLEND_INLINE uint32_t blend_mul(uint32_t a, uint32_t b)
{
    uint32_t product = a * b + 128;
    return (product + (product >> 8)) >> 8;
}

BLEND_INLINE uint32_t blend_word(struct pixel pixel)
{
    return (uint32_t)pixel.r | (uint32_t)pixel.g << 8 | (uint32_t)pixel.b << 16 | (uint32_t)pixel.a << 24;
}

BLEND_INLINE struct pixel blend_pixel(uint32_t word)
{
    return (struct pixel){(uint8_t)word, (uint8_t)(word >> 8), (uint8_t)(word >> 16), (uint8_t)(word >> 24)};
}

/* All four components times `factor` / 255. */
BLEND_INLINE uint32_t blend_scale(uint32_t word, uint32_t factor)
{
    uint32_t scaled = 0;
    for (unsigned shift = 0; shift < 32; shift += 8) {
        scaled |= blend_mul(word >> shift & 255, factor) << shift;
    }
    return scaled;
}

/* `source` over `below`. The sum never passes 255 because no component is larger than alpha. */
BLEND_INLINE uint32_t blend_over(uint32_t below, uint32_t source)
{
    return source + blend_scale(below, 255 - (source >> 24));
}

BLEND_INLINE blend_u32x8 blend_load(const uint8_t *pixels)
{
    blend_u32x8 words;
    memcpy(&words, pixels, sizeof words);
    return words;
}

BLEND_INLINE void blend_store(uint8_t *pixels, blend_u32x8 words)
{
    memcpy(pixels, &words, sizeof words);
}

BLEND_INLINE struct blend_wide blend_widen(blend_u32x8 words)
{
    return (struct blend_wide){(blend_u16x16)(words & 0x00ff00ff), (blend_u16x16)(words >> 8 & 0x00ff00ff)};
}

BLEND_INLINE struct blend_wide blend_widen_word(uint32_t word)
{
    blend_u32x8 zero = {0};
    return blend_widen(zero + word);
}

/* One factor (0 … 255) a pixel, for both halves of its word. */
BLEND_INLINE blend_u16x16 blend_factors(blend_u32x8 factors)
{
    return (blend_u16x16)(factors | factors << 16);
}

/* The alphas as such factors. */
BLEND_INLINE blend_u16x16 blend_alphas(struct blend_wide pixels)
{
#ifdef __AVX2__
    return __builtin_shufflevector(pixels.ga, pixels.ga, 1, 1, 3, 3, 5, 5, 7, 7, 9, 9, 11, 11, 13, 13, 15, 15);
#else
    return blend_factors((blend_u32x8)pixels.ga >> 16);
#endif
}

BLEND_INLINE blend_u16x16 blend_divide_255(blend_u16x16 product)
{
    product += 128;
#ifdef __AVX2__
    /* The same, since (product << 8) + product is what both divide. */
    return (blend_u16x16)_mm256_mulhi_epu16((__m256i)product, _mm256_set1_epi16(257));
#else
    return (product + (product >> 8)) >> 8;
#endif
}

BLEND_INLINE struct blend_wide blend_scale_wide(struct blend_wide pixels, blend_u16x16 factors)
{
    return (struct blend_wide){blend_divide_255(pixels.rb * factors), blend_divide_255(pixels.ga * factors)};
}

BLEND_INLINE blend_u32x8 blend_over_wide(struct blend_wide below, struct blend_wide source)
{
    below = blend_scale_wide(below, 255 - blend_alphas(source));
    return (blend_u32x8)(below.rb + source.rb) | (blend_u32x8)(below.ga + source.ga) << 8;
}

/* `source` over `count` pixels; a plain store when it is opaque. */
BLEND_INLINE void blend_run(uint8_t *pixels, size_t count, uint32_t source)
{
    size_t i = 0;
    if (source >> 24 == 255) {
        blend_u32x8 words = (blend_u32x8){0} + source;
        for (; i + BLEND_LANES <= count; i += BLEND_LANES) {
            blend_store(pixels + i * 4, words);
        }
        for (; i < count; i++) {
            memcpy(pixels + i * 4, &source, 4);
        }
        return;
    }
    struct blend_wide wide = blend_widen_word(source);
    for (; i + BLEND_LANES <= count; i += BLEND_LANES) {
        blend_store(pixels + i * 4, blend_over_wide(blend_widen(blend_load(pixels + i * 4)), wide));
    }
    for (; i < count; i++) {
        uint32_t word;
        memcpy(&word, pixels + i * 4, 4);
        word = blend_over(word, source);
        memcpy(pixels + i * 4, &word, 4);
    }
}

/* `count` pixels of `above`, each times `opacity` / 255, over `below`. Most of a layer is empty, much of the rest
 * opaque: neither is blended. */
BLEND_INLINE void blend_row(uint8_t *below, const uint8_t *above, size_t count, uint32_t opacity)
{
    const uint64_t alphas = UINT64_C(0xff000000ff000000);
    size_t i = 0;
    blend_u16x16 factors = blend_factors((blend_u32x8){0} + opacity);
    for (; i + BLEND_LANES <= count; i += BLEND_LANES) {
        uint64_t pairs[4];
        memcpy(pairs, above + i * 4, sizeof pairs);
        if ((pairs[0] | pairs[1] | pairs[2] | pairs[3]) == 0) {
            continue;
        }
        if (opacity == 255 && (pairs[0] & pairs[1] & pairs[2] & pairs[3] & alphas) == alphas) {
            memcpy(below + i * 4, pairs, sizeof pairs);
            continue;
        }
        struct blend_wide source = blend_scale_wide(blend_widen(blend_load(above + i * 4)), factors);
        blend_store(below + i * 4, blend_over_wide(blend_widen(blend_load(below + i * 4)), source));
    }
    for (; i < count; i++) {
        uint32_t source;
        uint32_t word;
        memcpy(&source, above + i * 4, 4);
        memcpy(&word, below + i * 4, 4);
        word = blend_over(word, blend_scale(source, opacity));
        memcpy(below + i * 4, &word, 4);
    }
}

/* `count` pixels over one of `ground`, in place: the same as blend_row over a row of it at full opacity. */
BLEND_INLINE void blend_row_on(uint8_t *pixels, size_t count, uint32_t ground)
{
    const uint64_t alphas = UINT64_C(0xff000000ff000000);
    size_t i = 0;
    struct blend_wide below = blend_widen_word(ground);
    for (; i + BLEND_LANES <= count; i += BLEND_LANES) {
        uint64_t pairs[4];
        memcpy(pairs, pixels + i * 4, sizeof pairs);
        if ((pairs[0] & pairs[1] & pairs[2] & pairs[3] & alphas) != alphas) {
            blend_store(pixels + i * 4, blend_over_wide(below, blend_widen(blend_load(pixels + i * 4))));
        }
    }
    for (; i < count; i++) {
        uint32_t word;
        memcpy(&word, pixels + i * 4, 4);
        word = blend_over(ground, word);
        memcpy(pixels + i * 4, &word, 4);
    }
}

/* Of numbers below 2^15. */
BLEND_INLINE blend_u16x16 blend_lesser(blend_u16x16 a, blend_u16x16 b)
{
#ifdef __AVX2__
    return (blend_u16x16)_mm256_min_epu16((__m256i)a, (__m256i)b);
#else
    blend_i16x16 more = (blend_i16x16)(a - b);
    return b + (blend_u16x16)(more & more >> 15);
#endif
}

/* `count` pixels of `above` over `below`. A component larger than its alpha is allowed; sums end at the new alpha. */
BLEND_INLINE void blend_bounded_row(uint8_t *below, const uint32_t *above, size_t count)
{
    size_t i = 0;
    for (; i + BLEND_LANES <= count; i += BLEND_LANES) {
        struct blend_wide source = blend_widen(blend_load((const uint8_t *)(above + i)));
        struct blend_wide rest = blend_widen(blend_load(below + i * 4));
        rest = blend_scale_wide(rest, 255 - blend_alphas(source));
        struct blend_wide sum = {source.rb + rest.rb, source.ga + rest.ga};
        blend_u16x16 alpha = blend_alphas(sum);
        sum.rb = blend_lesser(sum.rb, alpha);
        sum.ga = blend_lesser(sum.ga, alpha);
        blend_store(below + i * 4, (blend_u32x8)sum.rb | (blend_u32x8)sum.ga << 8);
    }
    for (; i < count; i++) {
        uint32_t word;
        memcpy(&word, below + i * 4, 4);
        word = blend_scale(word, 255 - (above[i] >> 24));
        uint32_t alpha = (word >> 24) + (above[i] >> 24);
        uint32_t sum = alpha << 24;
        for (unsigned shift = 0; shift < 24; shift += 8) {
            uint32_t component = (word >> shift & 255) + (above[i] >> shift & 255);
            sum |= (component < alpha ? component : alpha) << shift;
        }
        memcpy(below + i * 4, &sum, 4);
    }
}
