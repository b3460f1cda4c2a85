/* SPDX-License-Identifier: MIT */
#include "tile/gzip.h"

#include <brotli/encode.h>
#include <libdeflate.h>
#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

bool gzip_compress(const void *bytes, size_t size, int level, struct buffer *out)
{
    struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(level);
    if (!compressor) {
        return false;
    }
    bool ok = false;
    size_t bound = libdeflate_gzip_compress_bound(compressor, size);
    unsigned char *room = buffer_reserve(out, bound);
    if (room) {
        size_t written = libdeflate_gzip_compress(compressor, bytes, size, room, bound);
        out->length += written;
        ok = written > 0;
    }
    libdeflate_free_compressor(compressor);
    return ok;
}

bool gzip_expand(const void *bytes, size_t size, struct buffer *out)
{
    const unsigned char *in = bytes;
    if (size < 18 || in[0] != 0x1f || in[1] != 0x8b) {
        return false;
    }
    const unsigned char *end = in + size - 4; /* how many bytes they become, by their own account */
    size_t length = (size_t)end[0] | (size_t)end[1] << 8 | (size_t)end[2] << 16 | (size_t)end[3] << 24;
    struct libdeflate_decompressor *decompressor = libdeflate_alloc_decompressor();
    unsigned char *room = decompressor ? buffer_reserve(out, length) : NULL;
    size_t written = 0;
    bool ok =
        room && libdeflate_gzip_decompress(decompressor, bytes, size, room, length, &written) == LIBDEFLATE_SUCCESS;
    out->length += ok ? written : 0;
    libdeflate_free_decompressor(decompressor);
    return ok;
}

/* The smallest window that holds everything: a larger one would only take memory, 32 MB of it at most. */
static int window_bits(size_t size)
{
    int bits = BROTLI_MIN_WINDOW_BITS;
    while (bits < BROTLI_DEFAULT_WINDOW && ((size_t)1 << bits) - 16 < size) {
        bits++;
    }
    return bits;
}

bool gzip_compress_brotli(const void *bytes, size_t size, int quality, struct buffer *out)
{
    size_t bound = BrotliEncoderMaxCompressedSize(size);
    unsigned char *room = bound > 0 ? buffer_reserve(out, bound) : NULL;
    if (!room || !BrotliEncoderCompress(quality, window_bits(size), BROTLI_MODE_TEXT, size, bytes, &bound, room)) {
        return false;
    }
    out->length += bound;
    return true;
}

struct gzip_stream {
    z_stream z;
};

struct gzip_stream *gzip_stream_create(void)
{
    struct gzip_stream *stream = calloc(1, sizeof *stream);
    if (!stream) {
        return NULL;
    }
    /* 15 + 16: the largest window, gzip framing. Level 1: a stream is made while somebody waits for it. */
    if (deflateInit2(&stream->z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        free(stream);
        return NULL;
    }
    return stream;
}

void gzip_stream_destroy(struct gzip_stream *stream)
{
    if (stream) {
        deflateEnd(&stream->z);
        free(stream);
    }
}

bool gzip_stream_write(struct gzip_stream *stream, const void *bytes, size_t size, bool end, struct buffer *out)
{
    enum { STEP = 32 * 1024 };
    if (size > UINT_MAX) {
        return false;
    }
    /* next_in is not const in older zlib headers, but never written through. */
    union {
        const void *in;
        Bytef *next;
    } input = {.in = bytes};
    stream->z.next_in = input.next;
    stream->z.avail_in = (uInt)size;
    int status = Z_OK;
    do {
        unsigned char *room = buffer_reserve(out, STEP);
        if (!room) {
            return false;
        }
        stream->z.next_out = room;
        stream->z.avail_out = STEP;
        status = deflate(&stream->z, end ? Z_FINISH : Z_NO_FLUSH);
        if (status == Z_STREAM_ERROR) {
            return false;
        }
        out->length += STEP - stream->z.avail_out;
    } while (stream->z.avail_out == 0 || (end && status != Z_STREAM_END));
    return true;
}
