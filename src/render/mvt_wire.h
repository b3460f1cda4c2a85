/* SPDX-License-Identifier: MIT */
#pragma once
/* Numbers and room in the bytes of a vector tile: what is called so often that it is inline. */

#include "base/buffer.h"
#include "base/varint.h"

enum { MVT_WIRE_NUMBER_BYTES = 5 }; /* no number of 32 bits has more */

/* There must be room for MVT_WIRE_NUMBER_BYTES. Returns the end of what was written. Whether a number has one byte or
 * two is as good as random, so nothing branches on it. */
static inline unsigned char *mvt_wire_number(unsigned char *at, uint32_t value)
{
    if (__builtin_expect(value < 1 << 14, 1)) {
        unsigned more = value >= 0x80;
        at[0] = (unsigned char)(value | more << 7);
        at[1] = (unsigned char)(value >> 7);
        return at + 1 + more;
    }
    return varint_put(at, value);
}

/* buffer_reserve, most often without a call. */
static inline unsigned char *mvt_wire_reserve(struct buffer *out, size_t size)
{
    bool has_room = !out->failed && size <= out->capacity - out->length && size <= out->length_max - out->length;
    return has_room ? out->data + out->length : buffer_reserve(out, size);
}
