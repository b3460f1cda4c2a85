/* SPDX-License-Identifier: MIT */
#include "tile/tile_cache.h"

#include "base/hash.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { SHARDS_MAX = 16, SHARD_BYTES_MIN = 4 << 20, GHOSTS = 4096, USES_MAX = 3, BUCKETS_MIN = 64 };

enum queue { QUEUE_SMALL, QUEUE_MAIN, QUEUE_COUNT };

struct entry {
    struct tile_key key;
    uint64_t hash;
    uint64_t mark;
    struct tile_blob *blob;
    size_t bytes;
    enum queue queue;
    unsigned uses; /* hits since it came or was last passed over, at most USES_MAX */
    struct entry *bucket_next;
    struct entry *newer;
    struct entry *older;
};

/* Entries whose hashes end alike. */
struct bucket {
    struct entry *first;
};

struct fifo {
    struct entry *newest;
    struct entry *oldest;
    size_t bytes;
};

/* A part of the cache with a lock of its own; a key's hash says which. */
struct shard {
    pthread_mutex_t lock; /* guards all below */
    size_t bytes_max;
    struct fifo queues[QUEUE_COUNT];
    struct bucket *buckets;
    size_t bucket_count; /* a power of two */
    size_t entry_count;
    uint64_t ghosts[GHOSTS]; /* hashes of what left the small queue unused, each at its own place */
};

struct tile_cache {
    size_t shard_count;
    struct shard shards[];
};

static bool shard_init(struct shard *shard, size_t bytes_max)
{
    shard->bucket_count = BUCKETS_MIN;
    shard->bytes_max = bytes_max;
    shard->buckets = calloc(shard->bucket_count, sizeof *shard->buckets);
    if (!shard->buckets) {
        return false;
    }
    pthread_mutex_init(&shard->lock, NULL);
    return true;
}

static void shard_finish(struct shard *shard)
{
    if (!shard->buckets) {
        return;
    }
    for (int q = 0; q < QUEUE_COUNT; q++) {
        struct entry *entry = shard->queues[q].oldest;
        while (entry) {
            struct entry *newer = entry->newer;
            tile_blob_unref(entry->blob);
            free(entry);
            entry = newer;
        }
    }
    free(shard->buckets);
    pthread_mutex_destroy(&shard->lock);
}

struct tile_cache *tile_cache_create(size_t bytes_max)
{
    size_t count = bytes_max / SHARD_BYTES_MIN;
    count = count < 1 ? 1 : count > SHARDS_MAX ? SHARDS_MAX : count;
    struct tile_cache *cache = calloc(1, sizeof *cache + count * sizeof cache->shards[0]);
    if (!cache) {
        return NULL;
    }
    cache->shard_count = count;
    for (size_t i = 0; i < count; i++) {
        if (!shard_init(&cache->shards[i], bytes_max / count)) {
            tile_cache_destroy(cache);
            return NULL;
        }
    }
    return cache;
}

void tile_cache_destroy(struct tile_cache *cache)
{
    if (!cache) {
        return;
    }
    for (size_t i = 0; i < cache->shard_count; i++) {
        shard_finish(&cache->shards[i]);
    }
    free(cache);
}

/* The upper bits choose the shard, the lower ones the bucket. */
static struct shard *shard_of(struct tile_cache *cache, uint64_t hash)
{
    return &cache->shards[(hash >> 48) % cache->shard_count];
}

static struct entry *find(const struct shard *shard, const struct tile_key *key, uint64_t hash)
{
    struct entry *entry = shard->buckets[hash & (shard->bucket_count - 1)].first;
    while (entry && !(entry->hash == hash && tile_key_equal(&entry->key, key))) {
        entry = entry->bucket_next;
    }
    return entry;
}

struct tile_blob *tile_cache_get(struct tile_cache *cache, const struct tile_key *key, uint64_t *out_mark)
{
    uint64_t hash = tile_key_hash(key);
    struct shard *shard = shard_of(cache, hash);
    struct tile_blob *blob = NULL;
    pthread_mutex_lock(&shard->lock);
    struct entry *entry = find(shard, key, hash);
    if (entry) {
        entry->uses += entry->uses < USES_MAX ? 1 : 0;
        blob = tile_blob_ref(entry->blob);
        *out_mark = entry->mark;
    }
    pthread_mutex_unlock(&shard->lock);
    return blob;
}

static void fifo_push(struct shard *shard, enum queue queue, struct entry *entry)
{
    struct fifo *fifo = &shard->queues[queue];
    entry->queue = queue;
    entry->newer = NULL;
    entry->older = fifo->newest;
    if (fifo->newest) {
        fifo->newest->newer = entry;
    } else {
        fifo->oldest = entry;
    }
    fifo->newest = entry;
    fifo->bytes += entry->bytes;
}

static struct entry *fifo_pop(struct shard *shard, enum queue queue)
{
    struct fifo *fifo = &shard->queues[queue];
    struct entry *entry = fifo->oldest;
    if (!entry) {
        return NULL;
    }
    fifo->oldest = entry->newer;
    if (fifo->oldest) {
        fifo->oldest->older = NULL;
    } else {
        fifo->newest = NULL;
    }
    fifo->bytes -= entry->bytes;
    return entry;
}

static void drop(struct shard *shard, struct entry *entry)
{
    struct entry **link = &shard->buckets[entry->hash & (shard->bucket_count - 1)].first;
    while (*link != entry) {
        link = &(*link)->bucket_next;
    }
    *link = entry->bucket_next;
    shard->entry_count--;
    tile_blob_unref(entry->blob);
    free(entry);
}

static void evict_small(struct shard *shard)
{
    struct entry *entry = fifo_pop(shard, QUEUE_SMALL);
    if (!entry) {
        return;
    }
    if (entry->uses > 0) {
        entry->uses = 0;
        fifo_push(shard, QUEUE_MAIN, entry);
        return;
    }
    shard->ghosts[entry->hash % GHOSTS] = entry->hash;
    drop(shard, entry);
}

static void evict_main(struct shard *shard)
{
    struct entry *entry = fifo_pop(shard, QUEUE_MAIN);
    if (!entry) {
        return;
    }
    if (entry->uses > 0) {
        entry->uses--;
        fifo_push(shard, QUEUE_MAIN, entry);
        return;
    }
    drop(shard, entry);
}

static void make_room(struct shard *shard, size_t bytes)
{
    struct fifo *small = &shard->queues[QUEUE_SMALL];
    struct fifo *main_queue = &shard->queues[QUEUE_MAIN];
    while (small->bytes + main_queue->bytes + bytes > shard->bytes_max && (small->oldest || main_queue->oldest)) {
        if (!main_queue->oldest || (small->oldest && small->bytes > shard->bytes_max / 10)) {
            evict_small(shard);
        } else {
            evict_main(shard);
        }
    }
}

/* Doubles the buckets when they are full; keeps the old ones when memory is out. */
static void widen(struct shard *shard)
{
    if (shard->entry_count < shard->bucket_count) {
        return;
    }
    size_t count = shard->bucket_count * 2;
    struct bucket *buckets = calloc(count, sizeof *buckets);
    if (!buckets) {
        return;
    }
    for (size_t i = 0; i < shard->bucket_count; i++) {
        struct entry *entry = shard->buckets[i].first;
        while (entry) {
            struct entry *next = entry->bucket_next;
            struct entry **bucket = &buckets[entry->hash & (count - 1)].first;
            entry->bucket_next = *bucket;
            *bucket = entry;
            entry = next;
        }
    }
    free(shard->buckets);
    shard->buckets = buckets;
    shard->bucket_count = count;
}

static void insert(struct shard *shard, struct entry *entry)
{
    widen(shard);
    struct entry **bucket = &shard->buckets[entry->hash & (shard->bucket_count - 1)].first;
    entry->bucket_next = *bucket;
    *bucket = entry;
    shard->entry_count++;
    uint64_t *ghost = &shard->ghosts[entry->hash % GHOSTS];
    if (*ghost == entry->hash) {
        *ghost = 0;
        fifo_push(shard, QUEUE_MAIN, entry);
    } else {
        fifo_push(shard, QUEUE_SMALL, entry);
    }
}

/* Takes the entry out of its queue, wherever it stands, and frees it. */
static void forget(struct shard *shard, struct entry *entry)
{
    struct fifo *fifo = &shard->queues[entry->queue];
    *(entry->newer ? &entry->newer->older : &fifo->newest) = entry->older;
    *(entry->older ? &entry->older->newer : &fifo->oldest) = entry->newer;
    fifo->bytes -= entry->bytes;
    drop(shard, entry);
}

void tile_cache_put(struct tile_cache *cache, const struct tile_key *key, uint64_t mark, struct tile_blob *blob)
{
    uint64_t hash = tile_key_hash(key);
    struct shard *shard = shard_of(cache, hash);
    size_t bytes = sizeof(struct entry) + sizeof *blob + 64 + blob->size + blob->gzip_size;
    struct entry *entry = bytes > shard->bytes_max / 4 ? NULL : calloc(1, sizeof *entry);
    if (entry) {
        *entry = (struct entry){.key = *key, .hash = hash, .mark = mark, .bytes = bytes};
    }
    pthread_mutex_lock(&shard->lock);
    struct entry *old = find(shard, key, hash);
    unsigned uses = old ? old->uses : 0;
    if (old && (!entry || old->mark != mark)) {
        forget(shard, old);
        old = NULL;
    }
    if (old || !entry) {
        free(entry);
    } else {
        make_room(shard, bytes);
        entry->uses = uses; /* what was often asked for goes on being so */
        entry->blob = tile_blob_ref(blob);
        insert(shard, entry);
    }
    pthread_mutex_unlock(&shard->lock);
}

void tile_cache_confirm(struct tile_cache *cache, const struct tile_key *key, uint64_t old_mark, uint64_t mark)
{
    uint64_t hash = tile_key_hash(key);
    struct shard *shard = shard_of(cache, hash);
    pthread_mutex_lock(&shard->lock);
    struct entry *entry = find(shard, key, hash);
    if (entry && entry->mark == old_mark) {
        entry->mark = mark;
    }
    pthread_mutex_unlock(&shard->lock);
}

void tile_cache_remove(struct tile_cache *cache, const struct tile_key *key)
{
    uint64_t hash = tile_key_hash(key);
    struct shard *shard = shard_of(cache, hash);
    pthread_mutex_lock(&shard->lock);
    struct entry *entry = find(shard, key, hash);
    if (entry) {
        forget(shard, entry);
    }
    pthread_mutex_unlock(&shard->lock);
}

size_t tile_cache_bytes(struct tile_cache *cache)
{
    size_t bytes = 0;
    for (size_t i = 0; i < cache->shard_count; i++) {
        struct shard *shard = &cache->shards[i];
        pthread_mutex_lock(&shard->lock);
        bytes += shard->queues[QUEUE_SMALL].bytes + shard->queues[QUEUE_MAIN].bytes;
        pthread_mutex_unlock(&shard->lock);
    }
    return bytes;
}
