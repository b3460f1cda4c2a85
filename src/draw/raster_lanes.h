/* SPDX-License-Identifier: MIT */
#pragma once
/* Eight numbers at once, for the makers of edges that have AVX2 only. Each function has the target itself: GCC lowers
 * vectors before it knows for which processor a function is inlined (docs/rasteriser.md). */

#include "draw/raster_sweep.h"

#ifdef DRAW_HAS_AVX2

#include <immintrin.h>

enum { LANES_SIGN = INT32_MIN };

#define LANES static inline __attribute__((always_inline, target("avx2")))

LANES f32x8 all_of(float number)
{
    return (f32x8){number, number, number, number, number, number, number, number};
}

LANES i32x8 all_of_int(int32_t number)
{
    return (i32x8){number, number, number, number, number, number, number, number};
}

/* Wrap around, as numbers of what lies far away may. */
LANES i32x8 sum_of(i32x8 a, i32x8 b)
{
    return (i32x8)_mm256_add_epi32((__m256i)a, (__m256i)b);
}

LANES i32x8 difference_of(i32x8 a, i32x8 b)
{
    return (i32x8)_mm256_sub_epi32((__m256i)a, (__m256i)b);
}

LANES f32x8 lesser(f32x8 a, f32x8 b)
{
    return (f32x8)_mm256_min_ps((__m256)a, (__m256)b);
}

LANES f32x8 greater(f32x8 a, f32x8 b)
{
    return (f32x8)_mm256_max_ps((__m256)a, (__m256)b);
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
    return (f32x8)((i32x8)numbers & ~LANES_SIGN);
}

/* Rounded towards zero. */
LANES f32x8 truncated(f32x8 numbers)
{
    return __builtin_convertvector(__builtin_convertvector(numbers, i32x8), f32x8);
}

#endif
