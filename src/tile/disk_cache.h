/* SPDX-License-Identifier: MIT */
#pragma once
/* Finished tiles on disk, `tiles.sqlite` in the data directory (docs/tile-cache.md). Nothing but time is lost when it
 * is deleted, at any moment. Workers read it, each with a connection of its own; one thread writes in batches. What is
 * damaged is dropped, never handed out. Thread-safe. */

#include "tile/tile_cache.h"

struct disk_cache;

/* Keeps at most `bytes_max` bytes of file. Never fails but for memory (NULL): without a file, or in a folder where
 * nothing can be written, nothing is found and nothing kept. */
struct disk_cache *disk_cache_create(const char *data_folder, uint64_t bytes_max);
/* Writes what waits. Every reader must have been destroyed. Accepts NULL. */
void disk_cache_destroy(struct disk_cache *cache);

/* Tiles are asked for by one thread with a reader of its own. */
struct disk_reader;
struct disk_reader *disk_reader_create(struct disk_cache *cache);
/* Accepts NULL. */
void disk_reader_destroy(struct disk_reader *reader);
/* The tile, which the caller unrefs, and its mark; NULL when it is not there or not sound. */
struct tile_blob *disk_reader_get(struct disk_reader *reader, const struct tile_key *key, uint64_t *out_mark);
/* The same without reading the tile. */
bool disk_reader_has(struct disk_reader *reader, const struct tile_key *key, uint64_t *out_mark);

/* Keeps the tile before long. When too much waits already it is left out, or with `patient` waited for. */
void disk_cache_put(struct disk_cache *cache, const struct tile_key *key, uint64_t mark, struct tile_blob *blob,
                    bool patient);
/* The tile that is there is right at `mark` too. */
void disk_cache_confirm(struct disk_cache *cache, const struct tile_key *key, uint64_t old_mark, uint64_t mark);
/* Returns when everything put before is in the file, or cannot be. */
void disk_cache_flush(struct disk_cache *cache);

struct disk_cache_stats {
    uint64_t hits, misses;
    uint64_t written, left_out, evicted;
    uint64_t damaged; /* entries or whole files dropped */
    uint64_t bytes;
};
void disk_cache_stats(struct disk_cache *cache, struct disk_cache_stats *out_stats);
