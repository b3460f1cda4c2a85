/* SPDX-License-Identifier: MIT */
#pragma once
/* Finished tiles in memory, bounded by bytes. Thread-safe.
 *
 * S3-FIFO (Yang et al., "FIFO queues are all you need for cache eviction", 2023): new tiles enter a small queue of a
 * tenth of the room; those asked for again move to the main queue, the others leave after one pass and only their key
 * is remembered for a while. A hit bumps a two-bit counter and moves nothing. The key holds the version of what is
 * shown, so publishing needs no invalidation: the old tiles are no longer asked for and leave. */

#include "tile/tile_service.h"

struct tile_key {
    uint64_t version; /* of the map or layer */
    struct tile_request request;
};

struct tile_cache;

/* A cache of at most `bytes_max` bytes, all told. NULL when memory is out. */
struct tile_cache *tile_cache_create(size_t bytes_max);
void tile_cache_destroy(struct tile_cache *cache);

/* The tile, which the caller unrefs; NULL when it is not there. */
struct tile_blob *tile_cache_get(struct tile_cache *cache, const struct tile_key *key);
/* Keeps a reference of its own. What is there already stays. A tile that would fill a quarter of its shard is not kept.
 */
void tile_cache_put(struct tile_cache *cache, const struct tile_key *key, struct tile_blob *blob);
size_t tile_cache_bytes(struct tile_cache *cache);

uint64_t tile_key_hash(const struct tile_key *key);
bool tile_key_equal(const struct tile_key *a, const struct tile_key *b);
