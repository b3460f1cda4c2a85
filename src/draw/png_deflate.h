/* SPDX-License-Identifier: MIT */
#pragma once
/* Deflate for the scanlines of indexed pictures. Where such a picture repeats itself it does so in a few places: the
 * pixel before, and the row above, shifted by a pixel or two. Only there is it looked for, for many pixels at once, so
 * this takes a fraction of the time of a general compressor and is as small as its fastest level. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct png_deflate; /* what is needed while one picture is packed; belongs to one thread */

struct png_deflate *png_deflate_create(void);          /* NULL when memory is out */
void png_deflate_destroy(struct png_deflate *deflate); /* accepts NULL */

/* Room that any stream of so many bytes fits in. */
size_t png_deflate_bound(size_t size);

/* Packs rows of `row_size` bytes, `size` together, into a zlib stream at `out`, which has room for png_deflate_bound.
 * Returns the stream's size. Equal input gives equal bytes on every machine. */
size_t png_deflate_pack(struct png_deflate *deflate, const uint8_t *bytes, size_t size, size_t row_size, uint8_t *out);
