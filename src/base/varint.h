/* SPDX-License-Identifier: MIT */
#pragma once
/* Unsigned LEB128, as in protocol buffers: seven bits a byte, the low ones first. */

#include <stdint.h>

enum { VARINT_BYTES_MAX = 10 };

/* There must be room for VARINT_BYTES_MAX. Returns the end of what was written. */
static inline unsigned char *varint_put(unsigned char *at, uint64_t value)
{
    for (; value >= 0x80; value >>= 7) {
        *at++ = (unsigned char)(value | 0x80);
    }
    *at++ = (unsigned char)value;
    return at;
}
