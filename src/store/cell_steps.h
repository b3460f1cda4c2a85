/* SPDX-License-Identifier: MIT */
#pragma once
/* Steps from vertex to vertex, added up to points, some at once: for the files that read the bytes of cells. In vectors
 * that any compiler lowers to what its processor has, so that there is one version of each loop.
 *
 * All of them make more points than asked for, of what lies behind: how many there are is as good as random, and seldom
 * told right by a processor that guesses. */

#include "store/cell_number.h"

enum {
    STEPS_SPARE = 3,                /* points that there must be room for behind the last */
    STEPS_AHEAD = sizeof(uint64_t), /* bytes that there must be from where any step begins */
    STEPS_LITTLE_ENDIAN = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ /* else none of this is of use */
};

typedef uint64_t steps_u64x2 __attribute__((vector_size(16)));
typedef int8_t steps_i8x16 __attribute__((vector_size(16)));
typedef int16_t steps_i16x8 __attribute__((vector_size(16)));
typedef uint32_t steps_u32x4 __attribute__((vector_size(16)));
typedef int32_t steps_i32x4 __attribute__((vector_size(16)));

/* x and y, twice. */
static inline steps_u32x4 steps_from(struct world_point point)
{
    return (steps_u32x4){(uint32_t)point.x, (uint32_t)point.y, (uint32_t)point.x, (uint32_t)point.y};
}

static inline steps_u32x4 steps_last_point(steps_u32x4 two)
{
    return __builtin_shufflevector(two, two, 2, 3, 2, 3);
}

/* The second of two points comes after the first. */
static inline steps_u32x4 steps_add_two(steps_u32x4 two)
{
    return two + __builtin_shufflevector((steps_u32x4){0}, two, 0, 1, 4, 5);
}

/* Eight bytes, and zeros. */
static inline steps_u64x2 steps_load(const unsigned char *at)
{
    return (steps_u64x2){get_u64(at), 0};
}

/* The first eight of the bytes, the first or the last four of the words, in numbers twice as wide. */
static inline steps_i16x8 steps_widen_bytes(steps_u64x2 bytes)
{
    return (steps_i16x8)__builtin_shufflevector((steps_i8x16){0}, (steps_i8x16)bytes, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20,
                                                5, 21, 6, 22, 7, 23) >>
           8;
}

static inline steps_u32x4 steps_widen_first(steps_i16x8 words)
{
    return (steps_u32x4)((steps_i32x4)__builtin_shufflevector((steps_i16x8){0}, words, 0, 8, 1, 9, 2, 10, 3, 11) >> 16);
}

static inline steps_u32x4 steps_widen_last(steps_i16x8 words)
{
    return (steps_u32x4)((steps_i32x4)__builtin_shufflevector((steps_i16x8){0}, words, 4, 12, 5, 13, 6, 14, 7, 15) >>
                         16);
}

/* Steps of one byte from points[0] on, which is there: `count` points with it, and up to three more. No step leads out
 * of the world. */
static inline void steps_add_bytes(const unsigned char *at, unsigned shift, struct world_point *points, uint32_t count)
{
    steps_u32x4 from = steps_from(points[0]);
    for (uint32_t i = 1; i < count; i += 4, at += 8) {
        steps_i16x8 sums = steps_widen_bytes(steps_load(at));
        sums += __builtin_shufflevector((steps_i16x8){0}, sums, 0, 1, 8, 9, 10, 11, 12, 13);
        sums += __builtin_shufflevector((steps_i16x8){0}, sums, 0, 1, 2, 3, 8, 9, 10, 11);
        steps_u32x4 first = from + (steps_widen_first(sums) << shift);
        steps_u32x4 second = from + (steps_widen_last(sums) << shift);
        memcpy(&points[i], &first, sizeof first);
        memcpy(&points[i + 2], &second, sizeof second);
        from = steps_last_point(second);
    }
}

/* The same with steps of two bytes, and up to one point more. */
static inline void steps_add_words(const unsigned char *at, unsigned shift, struct world_point *points, uint32_t count)
{
    steps_u32x4 from = steps_from(points[0]);
    for (uint32_t i = 1; i < count; i += 2, at += 8) {
        steps_u32x4 sums = from + (steps_add_two(steps_widen_first((steps_i16x8)steps_load(at))) << shift);
        memcpy(&points[i], &sums, sizeof sums);
        from = steps_last_point(sums);
    }
}

/* A pair of varints of up to four bytes each, as x and y of a point; false where they are longer. */
static inline bool steps_get_short(struct cell_cursor *cursor, struct world_point *out_pair)
{
    uint64_t word = get_u64(cursor->at);
    uint64_t ends = ~word & 0x8080808080808080U;
    uint64_t first = ends & (0 - ends);
    uint64_t second = (ends ^ first) & (0 - (ends ^ first));
    if (second - 1 >= first << 32) {
        return false;
    }
    uint64_t y = (word & (second - 1)) >> (__builtin_ctzll(first) + 1);
    uint64_t pair = ((word & (first - 1)) | y << 32) & 0x7f7f7f7f7f7f7f7fU;
    pair = (pair & 0x007f007f007f007fU) | (pair & 0x7f007f007f007f00U) >> 1;
    pair = (pair & 0x00003fff00003fffU) | (pair & 0x3fff00003fff0000U) >> 2;
    memcpy(out_pair, &pair, sizeof pair);
    cursor->at += (__builtin_ctzll(second) >> 3) + 1;
    return true;
}

/* The pairs of varints from points[1] on, as they are. False where they end too soon or one has more than 31 bits: two
 * steps are to fit a number. */
static inline bool steps_get_varints(struct cell_cursor *cursor, struct world_point *points, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        if (remaining(cursor) >= STEPS_AHEAD && steps_get_short(cursor, &points[i])) {
            continue;
        }
        uint64_t x;
        uint64_t y;
        if (!get_varints(cursor, &x, &y) || (x | y) > INT32_MAX) {
            return false;
        }
        points[i] = (struct world_point){(int32_t)(uint32_t)x, (int32_t)(uint32_t)y};
    }
    return true;
}

/* Makes points of what steps_get_varints left, from points[0] on, which is in grid units as they are. False when one
 * lies out of the world. */
static inline bool steps_add_varints(unsigned shift, struct world_point *points, uint32_t count)
{
    const uint32_t half = UINT32_C(1) << (31 - shift);
    steps_u32x4 from = steps_from(points[0]);
    steps_u32x4 wrapped = {0};
    steps_u32x4 reach = from + half;
    points[0] = (struct world_point){(int32_t)(from[0] << shift), (int32_t)(from[1] << shift)};
    points[count] = (struct world_point){0, 0};
    for (uint32_t i = 1; i < count; i += 2) {
        steps_u32x4 zigzags;
        memcpy(&zigzags, &points[i], sizeof zigzags);
        steps_u32x4 steps = steps_add_two((zigzags >> 1) ^ (0 - (zigzags & 1)));
        steps_u32x4 sums = from + steps;
        wrapped |= (from ^ sums) & (steps ^ sums);
        reach |= sums + half;
        from = steps_last_point(sums);
        sums <<= shift;
        memcpy(&points[i], &sums, sizeof sums);
    }
    wrapped = (wrapped >> 31) | (reach >> (31 - shift) >> 1);
    return (wrapped[0] | wrapped[1] | wrapped[2] | wrapped[3]) == 0;
}
