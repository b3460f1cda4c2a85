/* SPDX-License-Identifier: MIT */
#pragma once
/* Finished tiles in memory, bounded by bytes. Thread-safe.
 *
 * S3-FIFO (Yang et al., "FIFO queues are all you need for cache eviction", 2023): new tiles enter a small queue of a
 * tenth of the room; those asked for again move to the main queue, the others leave after one pass and only their key
 * is remembered for a while. A hit bumps a two-bit counter and moves nothing. A tile carries the mark of the moment it
 * was made from; whether it is still right is for the one who asks to find out (tile/tile_touch.h). */

#include "tile/tile_blob.h"
#include "tile/tile_key.h"

struct tile_cache;

/* A cache of at most `bytes_max` bytes, all told. NULL when memory is out. */
struct tile_cache *tile_cache_create(size_t bytes_max);
void tile_cache_destroy(struct tile_cache *cache);

/* The tile, which the caller unrefs, and its mark; NULL when it is not there. */
struct tile_blob *tile_cache_get(struct tile_cache *cache, const struct tile_key *key, uint64_t *out_mark);
/* Keeps a reference of its own. What is there already stays when it has the same mark. A tile that would fill a quarter
 * of its shard is not kept. */
void tile_cache_put(struct tile_cache *cache, const struct tile_key *key, uint64_t mark, struct tile_blob *blob);
/* The tile made at `old_mark` is right at `mark` too. */
void tile_cache_confirm(struct tile_cache *cache, const struct tile_key *key, uint64_t old_mark, uint64_t mark);
void tile_cache_remove(struct tile_cache *cache, const struct tile_key *key);
size_t tile_cache_bytes(struct tile_cache *cache);
