/* SPDX-License-Identifier: MIT */
#include "draw/text_cache.h"

#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

struct entry {
    struct entry *next_in_bucket;
    struct entry *newer; /* by when they were put, or spared */
    struct entry *older;
    uint64_t hash;
    size_t key_size;
    size_t size;   /* of all of it */
    void *value;   /* behind the key */
    bool was_used; /* since then: it is spared once. A find changes no other entry, which may lie anywhere */
    unsigned char key[];
};

struct text_cache {
    struct entry **buckets;
    size_t bucket_count; /* a power of two */
    size_t count;
    struct entry *newest;
    struct entry *oldest;
    size_t bytes;
    size_t bytes_max;
};

struct text_cache *text_cache_create(size_t bytes_max)
{
    struct text_cache *cache = calloc(1, sizeof *cache);
    if (!cache) {
        return NULL;
    }
    cache->bytes_max = bytes_max;
    cache->bucket_count = 256;
    cache->buckets = calloc(cache->bucket_count, sizeof(struct entry *));
    if (!cache->buckets) {
        free(cache);
        return NULL;
    }
    return cache;
}

void text_cache_destroy(struct text_cache *cache)
{
    if (!cache) {
        return;
    }
    for (struct entry *entry = cache->newest; entry;) {
        struct entry *older = entry->older;
        free(entry);
        entry = older;
    }
    free(cache->buckets);
    free(cache);
}

static struct entry **bucket_of(struct text_cache *cache, uint64_t hash)
{
    return &cache->buckets[hash & (cache->bucket_count - 1)];
}

static void unlink_entry(struct text_cache *cache, struct entry *entry)
{
    *(entry->newer ? &entry->newer->older : &cache->newest) = entry->older;
    *(entry->older ? &entry->older->newer : &cache->oldest) = entry->newer;
}

static void link_newest(struct text_cache *cache, struct entry *entry)
{
    entry->newer = NULL;
    entry->older = cache->newest;
    *(cache->newest ? &cache->newest->newer : &cache->oldest) = entry;
    cache->newest = entry;
}

void *text_cache_find(struct text_cache *cache, const void *key, size_t key_size)
{
    uint64_t hash = hash_bytes(key, key_size);
    for (struct entry *entry = *bucket_of(cache, hash); entry; entry = entry->next_in_bucket) {
        if (entry->hash == hash && entry->key_size == key_size && memcmp(entry->key, key, key_size) == 0) {
            entry->was_used = true;
            return entry->value;
        }
    }
    return NULL;
}

static void drop_oldest(struct text_cache *cache)
{
    struct entry *entry = cache->oldest;
    while (entry->was_used) {
        entry->was_used = false;
        unlink_entry(cache, entry);
        link_newest(cache, entry);
        entry = cache->oldest;
    }
    struct entry **link = bucket_of(cache, entry->hash);
    while (*link != entry) {
        link = &(*link)->next_in_bucket;
    }
    *link = entry->next_in_bucket;
    unlink_entry(cache, entry);
    cache->bytes -= entry->size;
    cache->count--;
    free(entry);
}

static void grow(struct text_cache *cache)
{
    size_t count = cache->bucket_count * 2;
    struct entry **buckets = calloc(count, sizeof(struct entry *));
    if (!buckets) {
        return; /* slower, not wrong */
    }
    free(cache->buckets);
    cache->buckets = buckets;
    cache->bucket_count = count;
    for (struct entry *entry = cache->newest; entry; entry = entry->older) {
        struct entry **bucket = bucket_of(cache, entry->hash);
        entry->next_in_bucket = *bucket;
        *bucket = entry;
    }
}

void *text_cache_put(struct text_cache *cache, const void *key, size_t key_size, size_t value_size)
{
    size_t value_offset = (sizeof(struct entry) + key_size + 15) & ~(size_t)15;
    size_t size = value_offset + value_size;
    struct entry *entry = malloc(size);
    if (!entry) {
        return NULL;
    }
    /* The newest one stays: its reader may still hold it. */
    while (cache->count > 1 && cache->bytes + size > cache->bytes_max) {
        drop_oldest(cache);
    }
    if (2 * cache->count >= cache->bucket_count) {
        grow(cache);
    }
    entry->hash = hash_bytes(key, key_size);
    entry->was_used = true;
    entry->key_size = key_size;
    entry->size = size;
    entry->value = (unsigned char *)entry + value_offset;
    memcpy(entry->key, key, key_size);
    memset(entry->value, 0, value_size);
    struct entry **bucket = bucket_of(cache, entry->hash);
    entry->next_in_bucket = *bucket;
    *bucket = entry;
    link_newest(cache, entry);
    cache->bytes += size;
    cache->count++;
    return entry->value;
}

size_t text_cache_bytes(const struct text_cache *cache)
{
    return cache->bytes;
}
