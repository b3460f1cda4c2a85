/* SPDX-License-Identifier: MIT */
#pragma once
/* A finished answer, shared between the cache and the requests that it answers. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A finished answer: immutable bytes, shared by counting. */
struct tile_blob {
    const unsigned char *data;
    size_t size;
    uint64_t hash;             /* of the bytes: the ETag */
    const unsigned char *gzip; /* the same compressed; NULL when that is no gain (PNG) */
    size_t gzip_size;
    uint64_t label_print; /* of the labels on it, set before it is shared; 0: not known */
};
/* Takes `take_data` (from malloc), also on failure. NULL: memory is out. With `gzip_level` (tile/gzip.h; 0: not) a
 * compressed copy is kept too where that is a gain. */
struct tile_blob *tile_blob_create(unsigned char *take_data, size_t size, int gzip_level);
/* Adds the compressed copy to a blob that has none, before it is shared between threads: by compressing it, or one that
 * was made before (from malloc). */
void tile_blob_add_gzip(struct tile_blob *blob, unsigned char *take_gzip, size_t size);
void tile_blob_pack(struct tile_blob *blob, int gzip_level);
/* A copy of `bytes`; with `may_be_gzip` both what they hold and they themselves where they are compressed. NULL: they
 * are damaged, or memory is out. */
struct tile_blob *tile_blob_unpack(const void *bytes, size_t size, bool may_be_gzip);
struct tile_blob *tile_blob_ref(struct tile_blob *blob);
void tile_blob_unref(struct tile_blob *blob);
