/* SPDX-License-Identifier: MIT */
#pragma once
/* Scanlines of an indexed PNG: a filter byte, then the indices of a row, as many bits each as the colours need. */

#include <stddef.h>
#include <stdint.h>

enum { PNG_ROWS_COLORS_MAX = 256 };

/* Bits of an index: 1, 2, 4 or 8. */
unsigned png_rows_depth(size_t colors);

/* Packs indices of `depth` bits, without filter; returns the size of the scanlines, at most (width + 1) * height bytes.
 * `numbers` are the new numbers of the indices; NULL: they keep theirs. Quickest where each number is the one before it
 * or one more. Source and target are different memory. */
size_t png_rows_pack(const uint8_t *indices, size_t width, size_t height, unsigned depth,
                     const uint8_t numbers[PNG_ROWS_COLORS_MAX], unsigned char *out);
