/* SPDX-License-Identifier: MIT */
/* Symbols are sorted by count, which makes the tree in one pass over two ascending rows: leaves and inner nodes. Of the
 * tree only the number of words of each length is kept; the words follow from it. */

#include "draw/png_huffman.h"

#include <stdbool.h>
#include <string.h>

struct leaf {
    uint32_t count;
    uint32_t symbol;
};

/* By count, equal ones as they are; six bits of it a round. */
static void sort_leaves(struct leaf *leaves, size_t count)
{
    enum { DIGITS = 64 };
    struct leaf sorted[PNG_HUFFMAN_SYMBOLS_MAX];
    struct leaf *from = leaves;
    struct leaf *to = sorted;
    for (unsigned shift = 0; shift < PNG_HUFFMAN_COUNT_BITS; shift += 6) {
        size_t ends[DIGITS + 1] = {0};
        for (size_t i = 0; i < count; i++) {
            ends[(from[i].count >> shift) % DIGITS + 1]++;
        }
        for (size_t i = 0; i < DIGITS; i++) {
            ends[i + 1] += ends[i];
        }
        for (size_t i = 0; i < count; i++) {
            to[ends[(from[i].count >> shift) % DIGITS]++] = from[i];
        }
        struct leaf *swap = from;
        from = to;
        to = swap;
    }
    memcpy(leaves, from, count * sizeof *leaves);
}

/* How many codes of each length a tree of these leaves (ascending, two or more) has. */
static void count_depths(const struct leaf *leaves, size_t count, unsigned bits_max, unsigned out_depths[32])
{
    uint32_t weights[PNG_HUFFMAN_SYMBOLS_MAX] = {
        0}; /* of the inner nodes, in the order they are made: ascending, too */
    uint16_t parents[2 * PNG_HUFFMAN_SYMBOLS_MAX] = {0};
    uint8_t depths[PNG_HUFFMAN_SYMBOLS_MAX] = {0};
    size_t leaf = 0;
    size_t node = 0;
    for (size_t made = 0; made + 1 < count; made++) {
        uint32_t weight = 0;
        for (int i = 0; i < 2; i++) {
            bool takes_leaf = leaf < count && (node >= made || leaves[leaf].count <= weights[node]);
            weight += takes_leaf ? leaves[leaf].count : weights[node];
            parents[takes_leaf ? leaf++ : count + node++] = (uint16_t)made;
        }
        weights[made] = weight;
    }
    memset(out_depths, 0, 32 * sizeof out_depths[0]);
    for (size_t i = count - 1; i-- > 0;) {
        depths[i] = (uint8_t)(i + 2 == count ? 0 : depths[parents[count + i]] + 1);
    }
    for (size_t i = 0; i < count; i++) {
        unsigned depth = depths[parents[i]] + 1U;
        out_depths[depth < bits_max ? depth : bits_max]++;
    }
    /* Codes that were too long are one longer than there is room for: others make room. */
    uint32_t total = 0;
    for (unsigned bits = 1; bits <= bits_max; bits++) {
        total += out_depths[bits] << (bits_max - bits);
    }
    for (; total > UINT32_C(1) << bits_max; total--) {
        unsigned bits = bits_max - 1;
        while (out_depths[bits] == 0) {
            bits--;
        }
        out_depths[bits_max]--;
        out_depths[bits]--;
        out_depths[bits + 1] += 2;
    }
}

static uint16_t reversed(unsigned word, unsigned bits)
{
    unsigned result = 0;
    for (; bits > 0; bits--, word >>= 1) {
        result = result << 1 | (word & 1);
    }
    return (uint16_t)result;
}

void png_huffman_make(const uint32_t *counts, size_t symbols, unsigned bits_max, struct png_huffman *out_code)
{
    struct leaf leaves[PNG_HUFFMAN_SYMBOLS_MAX] = {0};
    unsigned depths[32] = {0};
    size_t used = 0;
    for (size_t i = 0; i < symbols; i++) {
        if (counts[i] > 0) {
            leaves[used++] = (struct leaf){counts[i], (uint32_t)i};
        }
    }
    for (size_t i = 0; i < symbols && used < 2; i++) { /* a code has two words or more */
        if (counts[i] == 0) {
            leaves[used++] = (struct leaf){0, (uint32_t)i};
        }
    }
    sort_leaves(leaves, used);
    count_depths(leaves, used, bits_max, depths);
    memset(out_code->bits, 0, sizeof out_code->bits);
    size_t leaf = 0;
    for (unsigned bits = bits_max; bits > 0; bits--) {
        for (unsigned i = 0; i < depths[bits]; i++) {
            out_code->bits[leaves[leaf++].symbol] = (uint8_t)bits;
        }
    }
    unsigned next[32] = {0};
    for (unsigned bits = 1, word = 0; bits <= bits_max; bits++) {
        next[bits] = word;
        word = (word + depths[bits]) << 1;
    }
    for (size_t i = 0; i < symbols; i++) {
        unsigned bits = out_code->bits[i];
        out_code->words[i] = bits > 0 ? reversed(next[bits]++, bits) : 0;
    }
}
