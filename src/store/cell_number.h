/* SPDX-License-Identifier: MIT */
#pragma once
/* Numbers as cells have them: for the files that read and write their bytes. */

#include "base/varint.h"
#include "store/cell.h"

#include <string.h>

static inline uint64_t zigzag(int64_t number)
{
    return (uint64_t)number << 1 ^ (uint64_t)(number >> 63);
}

static inline int64_t unzigzag(uint64_t number)
{
    return (int64_t)(number >> 1 ^ (0 - (number & 1)));
}

static inline uint64_t get_u64(const unsigned char *in)
{
    uint64_t number;
    memcpy(&number, in, sizeof number);
    return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? __builtin_bswap64(number) : number;
}

static inline bool get_varint_slow(struct cell_cursor *cursor, uint64_t *out)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < VARINT_BYTES_MAX && cursor->at < cursor->end; i++) {
        uint64_t byte = *cursor->at++;
        value |= (byte & 127) << (7 * i);
        if (byte < 128) {
            *out = value;
            return true;
        }
    }
    return false;
}

/* The number of a varint's bytes in a word without those behind it. */
static inline uint64_t varint_of_word(uint64_t word)
{
    word &= 0x7f7f7f7f7f7f7f7fU;
    word = (word & 0x007f007f007f007fU) | (word & 0x7f007f007f007f00U) >> 1;
    word = (word & 0x00003fff00003fffU) | (word & 0x3fff00003fff0000U) >> 2;
    return (word & 0x0fffffffU) | (word & 0x0fffffff00000000U) >> 4;
}

/* Up to eight bytes are taken from one word without a branch on their number, which is as good as random. */
static inline bool get_varint(struct cell_cursor *cursor, uint64_t *out)
{
    if (cursor->end - cursor->at < 8) {
        return get_varint_slow(cursor, out);
    }
    uint64_t word = get_u64(cursor->at);
    uint64_t ends = ~word & 0x8080808080808080U;
    if (ends == 0) {
        return get_varint_slow(cursor, out);
    }
    uint64_t last = ends & (0 - ends);
    *out = varint_of_word(word & ((last - 1) | last));
    cursor->at += (__builtin_ctzll(last) >> 3) + 1;
    return true;
}

/* Two of them, which are mostly in one word: the way from pair to pair is what takes time. */
static inline bool get_varints(struct cell_cursor *cursor, uint64_t *out_first, uint64_t *out_second)
{
    uint64_t word = cursor->end - cursor->at < 8 ? UINT64_MAX : get_u64(cursor->at);
    uint64_t ends = ~word & 0x8080808080808080U;
    uint64_t first = ends & (0 - ends);
    uint64_t second = (ends ^ first) & (0 - (ends ^ first));
    if (second == 0) {
        return get_varint(cursor, out_first) && get_varint(cursor, out_second);
    }
    *out_first = varint_of_word(word & (first - 1));
    *out_second = varint_of_word((word & (second - 1)) >> (__builtin_ctzll(first) + 1));
    cursor->at += (__builtin_ctzll(second) >> 3) + 1;
    return true;
}

static inline size_t remaining(const struct cell_cursor *cursor)
{
    return (size_t)(cursor->end - cursor->at);
}

static inline void put_u32(unsigned char *out, uint32_t number)
{
    for (int i = 0; i < 4; i++) {
        out[i] = (unsigned char)(number >> (8 * i));
    }
}

static inline uint32_t get_u32(const unsigned char *in)
{
    return (uint32_t)in[0] | (uint32_t)in[1] << 8 | (uint32_t)in[2] << 16 | (uint32_t)in[3] << 24;
}

static inline void put_u64(unsigned char *out, uint64_t number)
{
    put_u32(out, (uint32_t)number);
    put_u32(out + 4, (uint32_t)(number >> 32));
}

/* Goes past `count` varints: each ends with a byte below 128. Eight bytes at a time. */
static inline bool skip_varints(struct cell_cursor *cursor, uint64_t count)
{
    while (count >= 8 && remaining(cursor) >= 8) {
        uint64_t ends = ~get_u64(cursor->at) >> 7 & 0x0101010101010101U;
        count -= ends * 0x0101010101010101U >> 56;
        cursor->at += 8;
    }
    for (; count > 0 && cursor->at < cursor->end; cursor->at++) {
        count -= *cursor->at < 128;
    }
    return count == 0;
}
