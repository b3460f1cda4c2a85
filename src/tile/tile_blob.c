/* SPDX-License-Identifier: MIT */
#include "tile/tile_blob.h"

#include "base/hash.h"
#include "tile/gzip.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Below this a compressed copy saves no packet. */
enum { GZIP_SIZE_MIN = 256, UNPACKED_BYTES_MAX = 64 << 20 };

struct shared_blob {
    struct tile_blob blob; /* first, so that a pointer to one is a pointer to the other */
    atomic_uint references;
    unsigned char *data;
    unsigned char *gzip;
};

/* Growing buffers have room to spare, up to as much again: a blob that stays in a cache has none. */
static unsigned char *without_spare_room(unsigned char *data, size_t size)
{
    unsigned char *exact = size > 0 ? realloc(data, size) : NULL;
    return exact ? exact : data;
}

void tile_blob_add_gzip(struct tile_blob *blob, unsigned char *take_gzip, size_t size)
{
    struct shared_blob *shared = (struct shared_blob *)(void *)blob;
    shared->gzip = without_spare_room(take_gzip, size);
    shared->blob.gzip = shared->gzip;
    shared->blob.gzip_size = size;
}

void tile_blob_pack(struct tile_blob *blob, int gzip_level)
{
    struct shared_blob *shared = (struct shared_blob *)(void *)blob;
    struct buffer out;
    if (blob->gzip || blob->size < GZIP_SIZE_MIN) {
        return;
    }
    buffer_init(&out, shared->blob.size + 1024);
    if (gzip_compress(shared->data, shared->blob.size, gzip_level, &out) && !out.failed &&
        out.length + out.length / 16 < shared->blob.size) {
        size_t size = 0;
        unsigned char *gzip = buffer_take(&out, &size);
        tile_blob_add_gzip(blob, gzip, size);
    }
    buffer_finish(&out);
}

struct tile_blob *tile_blob_create(unsigned char *take_data, size_t size, int gzip_level)
{
    struct shared_blob *shared = calloc(1, sizeof *shared);
    if (!shared) {
        free(take_data);
        return NULL;
    }
    atomic_init(&shared->references, 1);
    take_data = without_spare_room(take_data, size);
    shared->data = take_data;
    shared->blob.data = take_data;
    shared->blob.size = size;
    shared->blob.hash = hash_bytes(take_data, size);
    if (gzip_level > 0) {
        tile_blob_pack(&shared->blob, gzip_level);
    }
    return &shared->blob;
}

struct tile_blob *tile_blob_unpack(const void *bytes, size_t size, bool may_be_gzip)
{
    const unsigned char *in = bytes;
    if (!may_be_gzip || size < 2 || in[0] != 0x1f || in[1] != 0x8b) {
        unsigned char *data = malloc(size + 1);
        if (!data) {
            return NULL;
        }
        memcpy(data, bytes, size);
        return tile_blob_create(data, size, 0);
    }
    struct tile_blob *blob = NULL;
    struct buffer out;
    buffer_init(&out, UNPACKED_BYTES_MAX);
    unsigned char *gzip = malloc(size);
    if (gzip && gzip_expand(bytes, size, &out)) {
        size_t length;
        unsigned char *data = buffer_take(&out, &length);
        blob = tile_blob_create(data, length, 0);
    }
    if (blob) {
        struct shared_blob *shared = (struct shared_blob *)(void *)blob;
        memcpy(gzip, bytes, size);
        shared->gzip = gzip;
        shared->blob.gzip = gzip;
        shared->blob.gzip_size = size;
        gzip = NULL;
    }
    free(gzip);
    buffer_finish(&out);
    return blob;
}

struct tile_blob *tile_blob_ref(struct tile_blob *blob)
{
    struct shared_blob *shared = (struct shared_blob *)(void *)blob;
    atomic_fetch_add_explicit(&shared->references, 1, memory_order_relaxed);
    return blob;
}

void tile_blob_unref(struct tile_blob *blob)
{
    struct shared_blob *shared = (struct shared_blob *)(void *)blob;
    if (!shared || atomic_fetch_sub_explicit(&shared->references, 1, memory_order_acq_rel) != 1) {
        return;
    }
    free(shared->data);
    free(shared->gzip);
    free(shared);
}
