/* SPDX-License-Identifier: MIT */
/* The writer's thread and what waits for it, and the readers. A reader that meets damage only says so: the writer drops
 * the file, and everyone opens the new one. */
#include "tile/disk_cache.h"

#include "base/clock.h"
#include "base/hash.h"
#include "store/database.h"
#include "tile/disk_file.h"
#include "tile/disk_table.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    WAITING_MAX = 2048,
    WAITING_BYTES_MAX = 64 << 20,
    BATCH_MAX = 512,
    TOUCH_AGE = 1024, /* batches: how old an entry's turn may be before a use renews it */
    SERIES_KNOWN = 64
};

static const int64_t tick_ns = 200 * 1000 * 1000; /* the longest a tile waits for its batch */

struct disk_cache {
    struct disk_file file;
    atomic_uint_fast64_t hits, misses, left_out;

    pthread_mutex_t lock; /* guards all up to the thread */
    pthread_cond_t came;  /* an order, or the end */
    pthread_cond_t done;  /* a batch ended */
    struct disk_order *first;
    struct disk_order *last;
    size_t waiting;
    size_t waiting_bytes;
    bool is_writing;
    bool is_flushing;
    bool is_stopping;
    pthread_t thread;
    bool has_thread;
};

/* --- the writer --- */

static void free_orders(struct disk_order *orders)
{
    while (orders) {
        struct disk_order *next = orders->next;
        tile_blob_unref(orders->blob);
        free(orders);
        orders = next;
    }
}

/* The lock is held. Waits until a batch is full or old enough. */
static void wait_for_batch(struct disk_cache *cache)
{
    struct timespec until = clock_monotonic_from_now(tick_ns);
    while (!cache->is_stopping && !cache->is_flushing && cache->waiting < BATCH_MAX &&
           !atomic_load(&cache->file.is_damaged) && pthread_cond_timedwait(&cache->came, &cache->lock, &until) == 0) {
    }
}

/* The lock is held. */
static struct disk_order *take_batch(struct disk_cache *cache)
{
    struct disk_order *batch = cache->first;
    cache->first = NULL;
    cache->last = NULL;
    cache->waiting = 0;
    cache->waiting_bytes = 0;
    return batch;
}

static void *write_all(void *context)
{
    struct disk_cache *cache = context;
    disk_file_open(&cache->file);
    pthread_mutex_lock(&cache->lock);
    for (;;) {
        wait_for_batch(cache);
        struct disk_order *batch = take_batch(cache);
        if (cache->is_stopping && !batch) {
            break;
        }
        cache->is_writing = batch != NULL;
        pthread_mutex_unlock(&cache->lock);
        disk_file_look(&cache->file);
        if (batch) {
            disk_file_write(&cache->file, batch);
            free_orders(batch);
        } else {
            disk_file_open(&cache->file);
        }
        pthread_mutex_lock(&cache->lock);
        cache->is_writing = false;
        cache->is_flushing = cache->is_flushing && cache->waiting > 0;
        pthread_cond_broadcast(&cache->done);
    }
    pthread_mutex_unlock(&cache->lock);
    disk_file_close(&cache->file);
    return NULL;
}

/* --- orders --- */

static size_t weight_of(const struct disk_order *order)
{
    return sizeof *order + (order->blob ? order->blob->size + order->blob->gzip_size : 0);
}

static void give(struct disk_cache *cache, const struct disk_order *wanted, bool patient)
{
    struct disk_order *order = malloc(sizeof *order);
    if (!order) {
        atomic_fetch_add(&cache->left_out, 1);
        return;
    }
    *order = *wanted;
    order->next = NULL;
    size_t weight = weight_of(order);
    pthread_mutex_lock(&cache->lock);
    while (patient && cache->waiting >= BATCH_MAX && !cache->is_stopping) {
        pthread_cond_wait(&cache->done, &cache->lock);
    }
    bool has_room = cache->waiting < WAITING_MAX && cache->waiting_bytes + weight <= WAITING_BYTES_MAX;
    if (has_room) {
        if (order->blob) {
            tile_blob_ref(order->blob);
        }
        *(cache->last ? &cache->last->next : &cache->first) = order;
        cache->last = order;
        cache->waiting++;
        cache->waiting_bytes += weight;
        if (cache->waiting == BATCH_MAX) {
            pthread_cond_signal(&cache->came);
        }
    }
    pthread_mutex_unlock(&cache->lock);
    if (!has_room) {
        free(order);
        atomic_fetch_add(&cache->left_out, 1);
    }
}

void disk_cache_put(struct disk_cache *cache, const struct tile_key *key, uint64_t mark, struct tile_blob *blob,
                    bool patient)
{
    const struct disk_order order = {.kind = DISK_PUT, .key = *key, .mark = mark, .blob = blob};
    give(cache, &order, patient);
}

void disk_cache_confirm(struct disk_cache *cache, const struct tile_key *key, uint64_t old_mark, uint64_t mark)
{
    const struct disk_order order = {.kind = DISK_CONFIRM, .key = *key, .mark = mark, .old_mark = old_mark};
    give(cache, &order, false);
}

void disk_cache_flush(struct disk_cache *cache)
{
    pthread_mutex_lock(&cache->lock);
    while (cache->waiting > 0 || cache->is_writing) {
        cache->is_flushing = true;
        pthread_cond_signal(&cache->came);
        pthread_cond_wait(&cache->done, &cache->lock);
    }
    pthread_mutex_unlock(&cache->lock);
}

/* --- life --- */

struct disk_cache *disk_cache_create(const char *data_folder, uint64_t bytes_max)
{
    struct disk_cache *cache = calloc(1, sizeof *cache);
    if (!cache) {
        return NULL;
    }
    cache->file.bytes_max = bytes_max;
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&cache->lock, NULL);
    pthread_cond_init(&cache->came, &attributes);
    pthread_cond_init(&cache->done, NULL);
    pthread_condattr_destroy(&attributes);
    int length = snprintf(cache->file.path, sizeof cache->file.path, "%s/tiles.sqlite", data_folder);
    bool fits = length > 0 && (size_t)length < sizeof cache->file.path - 8;
    if (!fits || pthread_create(&cache->thread, NULL, write_all, cache) != 0) {
        disk_cache_destroy(cache);
        return NULL;
    }
    cache->has_thread = true;
    return cache;
}

void disk_cache_destroy(struct disk_cache *cache)
{
    if (!cache) {
        return;
    }
    if (cache->has_thread) {
        pthread_mutex_lock(&cache->lock);
        cache->is_stopping = true;
        pthread_cond_broadcast(&cache->came);
        pthread_cond_broadcast(&cache->done);
        pthread_mutex_unlock(&cache->lock);
        pthread_join(cache->thread, NULL);
    }
    free_orders(cache->first);
    pthread_cond_destroy(&cache->done);
    pthread_cond_destroy(&cache->came);
    pthread_mutex_destroy(&cache->lock);
    free(cache);
}

void disk_cache_stats(struct disk_cache *cache, struct disk_cache_stats *out_stats)
{
    *out_stats = (struct disk_cache_stats){.hits = atomic_load(&cache->hits),
                                           .misses = atomic_load(&cache->misses),
                                           .written = atomic_load(&cache->file.written),
                                           .left_out = atomic_load(&cache->left_out),
                                           .evicted = atomic_load(&cache->file.evicted),
                                           .damaged = atomic_load(&cache->file.damaged),
                                           .bytes = atomic_load(&cache->file.bytes)};
}

/* --- reading --- */

struct known_series {
    struct tile_request request; /* its tile is not looked at */
    int64_t series;
};

struct disk_reader {
    struct disk_cache *cache;
    uint64_t epoch; /* of the cache when the file was opened */
    struct sqlite3 *db;
    struct sqlite3_stmt *find_series;
    struct sqlite3_stmt *find_tile;
    struct sqlite3_stmt *find_blob;
    struct known_series known[SERIES_KNOWN];
};

struct disk_reader *disk_reader_create(struct disk_cache *cache)
{
    struct disk_reader *reader = calloc(1, sizeof *reader);
    if (reader) {
        reader->cache = cache;
        reader->epoch = UINT64_MAX;
    }
    return reader;
}

static void close_reader(struct disk_reader *reader)
{
    database_finalize(&reader->find_series);
    database_finalize(&reader->find_tile);
    database_finalize(&reader->find_blob);
    database_close(reader->db);
    reader->db = NULL;
    memset(reader->known, 0, sizeof reader->known);
}

void disk_reader_destroy(struct disk_reader *reader)
{
    if (reader) {
        close_reader(reader);
        free(reader);
    }
}

/* True when there is a file to read. It is opened when the writer says that it is another one. */
static bool open_reader(struct disk_reader *reader)
{
    uint64_t epoch = atomic_load(&reader->cache->file.epoch);
    if (epoch == reader->epoch) {
        return reader->db != NULL;
    }
    close_reader(reader);
    reader->epoch = epoch;
    if (!database_open_reader(reader->cache->file.path, &reader->db, NULL)) {
        reader->db = NULL;
        return false;
    }
    /* Not mapped: a file that somebody shortens would end the program. */
    bool ok = database_run(reader->db, "PRAGMA mmap_size=0", NULL) &&
              database_prepare(reader->db, disk_table_find_series, &reader->find_series, NULL) &&
              database_prepare(reader->db, disk_table_find_tile, &reader->find_tile, NULL) &&
              database_prepare(reader->db, "SELECT data FROM blob WHERE hash=?1", &reader->find_blob, NULL);
    if (!ok) {
        close_reader(reader);
    }
    return ok;
}

static bool same_series(const struct tile_request *a, const struct tile_request *b)
{
    return a->format == b->format && a->size_px == b->size_px && a->pixel_ratio == b->pixel_ratio &&
           strcmp(a->subject, b->subject) == 0;
}

static int64_t series_of(struct disk_reader *reader, const struct tile_request *request)
{
    uint64_t hash = hash_bytes(request->subject, strlen(request->subject));
    hash = hash_mix(hash, ((uint64_t)request->format << 32) | (request->size_px << 4) | request->pixel_ratio);
    struct known_series *known = &reader->known[hash % SERIES_KNOWN];
    if (known->series > 0 && same_series(&known->request, request)) {
        return known->series;
    }
    int64_t series;
    if (!disk_table_series(reader->db, reader->find_series, request, &series)) {
        return 0;
    }
    *known = (struct known_series){*request, series};
    return series;
}

/* After something went wrong: is the file damaged? */
static void tell_damage(struct disk_reader *reader)
{
    if (database_is_damaged(reader->db)) {
        atomic_store(&reader->cache->file.is_damaged, true);
        reader->epoch = UINT64_MAX;
        close_reader(reader);
    }
}

static void order_drop(struct disk_reader *reader, const struct tile_key *key)
{
    const struct disk_order order = {.kind = DISK_DROP, .key = *key};
    atomic_fetch_add(&reader->cache->file.damaged, 1);
    give(reader->cache, &order, false);
}

static bool find_sound_entry(struct disk_reader *reader, const struct tile_key *key, struct disk_entry *out)
{
    if (!open_reader(reader)) {
        return false;
    }
    int64_t series = series_of(reader, &key->request);
    if (series == 0) {
        tell_damage(reader);
        return false;
    }
    if (!disk_table_entry(reader->find_tile, disk_entry_id(series, key->request.tile), out)) {
        tell_damage(reader);
        return false;
    }
    if (out->look != key->look) {
        return false;
    }
    if (out->sum != disk_entry_sum(out, key)) {
        order_drop(reader, key);
        return false;
    }
    return true;
}

static struct tile_blob *read_blob(struct disk_reader *reader, const struct tile_key *key,
                                   const struct disk_entry *entry)
{
    struct tile_blob *blob = NULL;
    sqlite3_bind_int64(reader->find_blob, 1, (int64_t)entry->hash);
    int code = sqlite3_step(reader->find_blob);
    if (code == SQLITE_ROW) {
        const void *data = sqlite3_column_blob(reader->find_blob, 0);
        size_t size = (size_t)sqlite3_column_bytes(reader->find_blob, 0);
        data = data ? data : "";
        if (hash_bytes(data, size) == entry->hash && hash_bytes_seeded(data, size, 1) == entry->check) {
            blob = tile_blob_unpack(data, size, !tile_format_is_picture(key->request.format));
        }
    }
    sqlite3_reset(reader->find_blob);
    if (code != SQLITE_ROW && code != SQLITE_DONE) {
        tell_damage(reader);
    } else if (!blob) {
        order_drop(reader, key);
    }
    return blob;
}

struct tile_blob *disk_reader_get(struct disk_reader *reader, const struct tile_key *key, uint64_t *out_mark)
{
    struct disk_entry entry;
    struct disk_cache *cache = reader->cache;
    struct tile_blob *blob = find_sound_entry(reader, key, &entry) ? read_blob(reader, key, &entry) : NULL;
    atomic_fetch_add(blob ? &cache->hits : &cache->misses, 1);
    if (!blob) {
        return NULL;
    }
    if (atomic_load(&cache->file.turn) - entry.turn > TOUCH_AGE) {
        const struct disk_order order = {.kind = DISK_TOUCH, .key = *key};
        give(cache, &order, false);
    }
    *out_mark = entry.mark;
    return blob;
}

bool disk_reader_has(struct disk_reader *reader, const struct tile_key *key, uint64_t *out_mark)
{
    struct disk_entry entry;
    if (!find_sound_entry(reader, key, &entry)) {
        return false;
    }
    *out_mark = entry.mark;
    return true;
}
