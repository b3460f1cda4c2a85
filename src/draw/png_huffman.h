/* SPDX-License-Identifier: MIT */
#pragma once
/* Huffman codes as the blocks of a PNG's data have them (RFC 1951): canonical, no word longer than a limit. */

#include <stddef.h>
#include <stdint.h>

enum {
    PNG_HUFFMAN_SYMBOLS_MAX = 286, /* bytes, the end of a block, 29 codes of lengths */
    PNG_HUFFMAN_COUNT_BITS = 18    /* a symbol occurs less often than 1 << this */
};

/* Bits in the order of the stream; a symbol that does not occur has none. */
struct png_huffman {
    uint8_t bits[PNG_HUFFMAN_SYMBOLS_MAX];
    uint16_t words[PNG_HUFFMAN_SYMBOLS_MAX];
};

/* The shortest code for symbols (two or more) that occur so often, with words of at most `bits_max` bits (below 32, and
 * enough for all symbols). It has two words or more, even where fewer symbols occur. */
void png_huffman_make(const uint32_t *counts, size_t symbols, unsigned bits_max, struct png_huffman *out_code);
