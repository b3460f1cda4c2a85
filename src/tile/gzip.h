/* SPDX-License-Identifier: MIT */
#pragma once
/* Compressed answers (gzip, RFC 1952; brotli, RFC 7932): the door to libdeflate, zlib and brotli for everything but
 * PNG. */

#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>

/* For answers that somebody waits for, and for what is kept: twice the time of the first for a twentieth of the bytes.
 */
enum { GZIP_LEVEL_SERVED = 1, GZIP_LEVEL_KEPT = 6 };

/* Appends `bytes` as one gzip member at libdeflate `level` 1 … 12. False when memory is out or `out` is full. */
bool gzip_compress(const void *bytes, size_t size, int level, struct buffer *out);

/* Appends `bytes` brotli-compressed at `quality` 0 … 11. */
bool gzip_compress_brotli(const void *bytes, size_t size, int quality, struct buffer *out);

/* Appends what gzip `bytes` hold; false when they are damaged or hold more than fits into `out`. */
bool gzip_expand(const void *bytes, size_t size, struct buffer *out);

/* One gzip member made piece by piece, for answers whose length is not known. Fast rather than small. */
struct gzip_stream;
struct gzip_stream *gzip_stream_create(void);
void gzip_stream_destroy(struct gzip_stream *stream);
/* Appends what comes out for `bytes`; with `end` also the trailer. */
bool gzip_stream_write(struct gzip_stream *stream, const void *bytes, size_t size, bool end, struct buffer *out);
