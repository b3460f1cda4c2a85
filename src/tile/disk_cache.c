/* SPDX-License-Identifier: MIT */
/* The writer's thread and what waits for it, and the readers. A reader that meets damage only says so: the writer drops
 * the file, and everyone opens the new one. */
#include "tile/disk_cache.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "store/database.h"
#include "tile/disk_table.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    PAGE_BYTES = 4096,
    WAITING_MAX = 2048,
    WAITING_BYTES_MAX = 64 << 20,
    BATCH_MAX = 512,
    EVICT_AT_ONCE = 500,
    TOUCH_AGE = 1024, /* batches: how old an entry's turn may be before a use renews it */
    SERIES_KNOWN = 64
};

static const int64_t tick_ns = 200 * 1000 * 1000;                /* the longest a tile waits for its batch */
static const int64_t retry_ns = (int64_t)5 * 1000 * 1000 * 1000; /* after a file could not be opened or written */
static const int64_t look_ns = (int64_t)1000 * 1000 * 1000;      /* is the file still there? */

enum order_kind { ORDER_PUT, ORDER_CONFIRM, ORDER_TOUCH, ORDER_DROP };

/* What the writer is to do with one tile. */
struct order {
    enum order_kind kind;
    struct tile_key key;
    uint64_t mark;
    uint64_t old_mark;
    struct tile_blob *blob;
    struct order *next;
};

struct disk_cache {
    char path[PATH_MAX];
    uint64_t bytes_max;
    atomic_uint_fast64_t epoch; /* changes with the file: readers open it again */
    atomic_bool is_damaged;     /* a reader met damage of the file */
    atomic_int_fast64_t turn;
    atomic_uint_fast64_t hits, misses, left_out, damaged, written, evicted, bytes;

    pthread_mutex_t lock; /* guards all up to the thread */
    pthread_cond_t came;  /* an order, or the end */
    pthread_cond_t done;  /* a batch ended */
    struct order *first;
    struct order *last;
    size_t waiting;
    size_t waiting_bytes;
    bool is_writing;
    bool is_flushing;
    bool is_stopping;
    pthread_t thread;
    bool has_thread;

    /* The writer's own. */
    struct sqlite3 *db; /* NULL: no file now */
    struct sqlite3_stmt *find_series;
    struct sqlite3_stmt *find_tile;
    struct sqlite3_stmt *put_tile;
    struct sqlite3_stmt *put_blob;
    struct sqlite3_stmt *drop_tile;
    struct sqlite3_stmt *drop_blob;
    struct sqlite3_stmt *touch;
    ino_t inode;
    dev_t device;
    int64_t retry_at_ns;
    int64_t look_at_ns;
    bool has_complained;
};

/* --- the file (writer) --- */

static void finalize(struct sqlite3_stmt **statement)
{
    sqlite3_finalize(*statement);
    *statement = NULL;
}

static void close_file(struct disk_cache *cache)
{
    finalize(&cache->find_series);
    finalize(&cache->find_tile);
    finalize(&cache->put_tile);
    finalize(&cache->put_blob);
    finalize(&cache->drop_tile);
    finalize(&cache->drop_blob);
    finalize(&cache->touch);
    database_close(cache->db);
    cache->db = NULL;
    atomic_fetch_add(&cache->epoch, 1);
}

static void remove_file(const struct disk_cache *cache, const char *end)
{
    char name[PATH_MAX + 8];
    snprintf(name, sizeof name, "%s%s", cache->path, end);
    unlink(name);
}

static void drop_file(struct disk_cache *cache)
{
    close_file(cache);
    remove_file(cache, "-wal");
    remove_file(cache, "-shm");
    remove_file(cache, "");
}

static bool prepare(struct disk_cache *cache, struct error *err)
{
    struct sqlite3 *db = cache->db;
    return database_prepare(db, disk_table_find_series, &cache->find_series, err) &&
           database_prepare(db, "SELECT look, mark, blob, chk, turn, sum FROM tile WHERE id=?1", &cache->find_tile,
                            err) &&
           database_prepare(db, "INSERT OR REPLACE INTO tile VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                            &cache->put_tile, err) &&
           database_prepare(db, "INSERT OR IGNORE INTO blob VALUES (?1, ?2)", &cache->put_blob, err) &&
           database_prepare(db, "DELETE FROM tile WHERE id=?1", &cache->drop_tile, err) &&
           database_prepare(db, "DELETE FROM blob WHERE hash=?1 AND NOT EXISTS (SELECT 1 FROM tile WHERE blob=?1)",
                            &cache->drop_blob, err) &&
           database_prepare(db, "UPDATE tile SET turn=?2 WHERE id=?1", &cache->touch, err);
}

static bool open_once(struct disk_cache *cache, struct error *err)
{
    struct stat status;
    if (stat(cache->path, &status) != 0 && errno == ENOENT) {
        /* A log without its file belongs to one that was deleted. */
        remove_file(cache, "-wal");
        remove_file(cache, "-shm");
    }
    int64_t turn;
    if (!database_open_writer(cache->path, PAGE_BYTES, "NORMAL", &cache->db, err)) {
        cache->db = NULL;
        return false;
    }
    if (!disk_table_prepare(cache->db, err) || !prepare(cache, err) ||
        !database_number(cache->db, 0, &turn, err, "SELECT max(turn) FROM tile") || stat(cache->path, &status) != 0) {
        close_file(cache);
        return false;
    }
    cache->inode = status.st_ino;
    cache->device = status.st_dev;
    atomic_store(&cache->turn, turn + 1);
    atomic_fetch_add(&cache->epoch, 1);
    return true;
}

/* True when there is a file to write to. One that is no cache of ours, or damaged, is replaced. */
static bool open_file(struct disk_cache *cache)
{
    struct error err = {0};
    int64_t now = clock_monotonic_ns();
    if (cache->db) {
        return true;
    }
    if (now < cache->retry_at_ns) {
        return false;
    }
    if (open_once(cache, &err)) {
        cache->has_complained = false;
        return true;
    }
    bool is_there = access(cache->path, F_OK) == 0;
    bool may_replace = is_there && access(cache->path, W_OK) == 0 &&
                       (strcmp(err.code, "STO-002") == 0 || err.kind == ERROR_INVALID || err.kind == ERROR_INTERNAL);
    if (may_replace) {
        log_event(LOG_WARNING, "tile_file_dropped", "file=\"%s\" reason=\"%s\"", cache->path, err.english);
        atomic_fetch_add(&cache->damaged, 1);
        drop_file(cache);
        if (open_once(cache, &err)) {
            return true;
        }
    }
    if (!cache->has_complained) {
        log_event(LOG_WARNING, "no_tile_file", "file=\"%s\" reason=\"%s\"", cache->path, err.english);
    }
    cache->has_complained = true;
    cache->retry_at_ns = now + retry_ns;
    return false;
}

/* Once a second: a file that was deleted or replaced is let go. */
static void look_at_file(struct disk_cache *cache)
{
    struct stat status;
    int64_t now = clock_monotonic_ns();
    if (atomic_exchange(&cache->is_damaged, false)) {
        log_event(LOG_WARNING, "tile_file_dropped", "file=\"%s\" reason=\"it is damaged\"", cache->path);
        atomic_fetch_add(&cache->damaged, 1);
        drop_file(cache);
        return;
    }
    if (!cache->db || now < cache->look_at_ns) {
        return;
    }
    cache->look_at_ns = now + look_ns;
    if (stat(cache->path, &status) != 0 || status.st_ino != cache->inode || status.st_dev != cache->device) {
        close_file(cache);
    }
}

/* --- one order (writer) --- */

/* The entry of a tile; false when there is none. */
static bool find_entry(struct sqlite3_stmt *find, int64_t id, struct disk_entry *out)
{
    sqlite3_bind_int64(find, 1, id);
    bool found = sqlite3_step(find) == SQLITE_ROW;
    if (found) {
        *out = (struct disk_entry){.id = id,
                                   .look = (uint64_t)sqlite3_column_int64(find, 0),
                                   .mark = (uint64_t)sqlite3_column_int64(find, 1),
                                   .hash = (uint64_t)sqlite3_column_int64(find, 2),
                                   .check = (uint64_t)sqlite3_column_int64(find, 3),
                                   .turn = sqlite3_column_int64(find, 4),
                                   .sum = (uint64_t)sqlite3_column_int64(find, 5)};
    }
    sqlite3_reset(find);
    return found;
}

static bool drop_blob(struct disk_cache *cache, uint64_t hash, struct error *err)
{
    sqlite3_bind_int64(cache->drop_blob, 1, (int64_t)hash);
    return database_step_done(cache->db, cache->drop_blob, err);
}

static bool put_entry(struct disk_cache *cache, const struct tile_key *key, const struct disk_entry *entry,
                      struct error *err)
{
    struct tile_id tile = key->request.tile;
    struct sqlite3_stmt *put = cache->put_tile;
    sqlite3_bind_int64(put, 1, entry->id);
    sqlite3_bind_int64(put, 2, tile.z);
    sqlite3_bind_int64(put, 3, tile.x);
    sqlite3_bind_int64(put, 4, tile.y);
    sqlite3_bind_int64(put, 5, (int64_t)entry->look);
    sqlite3_bind_int64(put, 6, (int64_t)entry->mark);
    sqlite3_bind_int64(put, 7, (int64_t)entry->hash);
    sqlite3_bind_int64(put, 8, (int64_t)entry->check);
    sqlite3_bind_int64(put, 9, atomic_load(&cache->turn));
    sqlite3_bind_int64(put, 10, (int64_t)disk_entry_sum(entry, key));
    return database_step_done(cache->db, put, err);
}

static bool put_blob(struct disk_cache *cache, uint64_t hash, const void *data, size_t size, struct error *err)
{
    sqlite3_bind_int64(cache->put_blob, 1, (int64_t)hash);
    sqlite3_bind_blob64(cache->put_blob, 2, size > 0 ? data : "", size, SQLITE_STATIC);
    bool ok = database_step_done(cache->db, cache->put_blob, err);
    sqlite3_clear_bindings(cache->put_blob);
    return ok;
}

static bool put(struct disk_cache *cache, const struct order *order, int64_t id, struct error *err)
{
    const struct tile_blob *blob = order->blob;
    const void *data = blob->gzip ? blob->gzip : blob->data;
    size_t size = blob->gzip ? blob->gzip_size : blob->size;
    struct disk_entry old;
    struct disk_entry entry = {.id = id,
                               .look = order->key.look,
                               .mark = order->mark,
                               .hash = hash_bytes(data, size),
                               .check = hash_bytes_seeded(data, size, 1)};
    bool had = find_entry(cache->find_tile, id, &old);
    atomic_fetch_add(&cache->written, 1);
    return put_blob(cache, entry.hash, data, size, err) && put_entry(cache, &order->key, &entry, err) &&
           (!had || old.hash == entry.hash || drop_blob(cache, old.hash, err));
}

static bool drop(struct disk_cache *cache, int64_t id, struct error *err)
{
    struct disk_entry old;
    bool had = find_entry(cache->find_tile, id, &old);
    sqlite3_bind_int64(cache->drop_tile, 1, id);
    return database_step_done(cache->db, cache->drop_tile, err) && (!had || drop_blob(cache, old.hash, err));
}

static bool confirm(struct disk_cache *cache, const struct order *order, int64_t id, struct error *err)
{
    struct disk_entry entry;
    if (!find_entry(cache->find_tile, id, &entry) || entry.look != order->key.look || entry.mark != order->old_mark ||
        entry.sum != disk_entry_sum(&entry, &order->key)) {
        return true;
    }
    entry.mark = order->mark;
    return put_entry(cache, &order->key, &entry, err);
}

static bool carry_out(struct disk_cache *cache, const struct order *order, struct error *err)
{
    int64_t series;
    if (!disk_table_series(cache->db, cache->find_series, &order->key.request, &series)) {
        return database_fail(cache->db, err);
    }
    if (series == 0 && order->kind != ORDER_PUT) {
        return true;
    }
    if (series == 0 && !disk_table_add_series(cache->db, &order->key.request, &series, err)) {
        return false;
    }
    int64_t id = disk_entry_id(series, order->key.request.tile);
    switch (order->kind) {
    case ORDER_PUT:
        return put(cache, order, id, err);
    case ORDER_CONFIRM:
        return confirm(cache, order, id, err);
    case ORDER_TOUCH:
        sqlite3_bind_int64(cache->touch, 1, id);
        sqlite3_bind_int64(cache->touch, 2, atomic_load(&cache->turn));
        return database_step_done(cache->db, cache->touch, err);
    case ORDER_DROP:
        return drop(cache, id, err);
    }
    return true;
}

/* --- the bound (writer) --- */

static bool count_bytes(struct disk_cache *cache, uint64_t *out_bytes, struct error *err)
{
    int64_t bytes;
    if (!database_number(cache->db, 0, &bytes, err,
                         "SELECT (page_count - freelist_count) * page_size FROM pragma_page_count,"
                         " pragma_freelist_count, pragma_page_size")) {
        return false;
    }
    *out_bytes = (uint64_t)bytes;
    return true;
}

/* Drops those that were used longest ago. */
static bool evict_some(struct disk_cache *cache, int *out_count, struct error *err)
{
    int64_t ids[EVICT_AT_ONCE];
    int count = 0;
    struct sqlite3_stmt *oldest = NULL;
    if (!database_preparef(cache->db, &oldest, err, "SELECT id FROM tile ORDER BY turn LIMIT %d", (int)EVICT_AT_ONCE)) {
        return false;
    }
    while (count < EVICT_AT_ONCE && sqlite3_step(oldest) == SQLITE_ROW) {
        ids[count++] = sqlite3_column_int64(oldest, 0);
    }
    sqlite3_finalize(oldest);
    for (int i = 0; i < count; i++) {
        if (!drop(cache, ids[i], err)) {
            return false;
        }
    }
    atomic_fetch_add(&cache->evicted, (uint64_t)count);
    *out_count = count;
    return true;
}

static bool keep_bound(struct disk_cache *cache, struct error *err)
{
    uint64_t bytes;
    int count = 1;
    if (!count_bytes(cache, &bytes, err)) {
        return false;
    }
    uint64_t goal = bytes > cache->bytes_max ? cache->bytes_max / 10 * 9 : cache->bytes_max;
    while (bytes > goal && count > 0) {
        if (!evict_some(cache, &count, err) || !count_bytes(cache, &bytes, err)) {
            return false;
        }
    }
    atomic_store(&cache->bytes, bytes);
    return true;
}

/* --- batches (writer) --- */

static void free_orders(struct order *orders)
{
    while (orders) {
        struct order *next = orders->next;
        tile_blob_unref(orders->blob);
        free(orders);
        orders = next;
    }
}

/* All or nothing; what cannot be kept is not. */
static void write_batch(struct disk_cache *cache, const struct order *orders)
{
    struct error err = {0};
    if (!open_file(cache)) {
        return;
    }
    bool ok = database_run(cache->db, "BEGIN IMMEDIATE", &err);
    for (const struct order *order = orders; order && ok; order = order->next) {
        ok = carry_out(cache, order, &err);
    }
    ok = ok && keep_bound(cache, &err) && database_run(cache->db, "COMMIT", &err);
    if (ok) {
        atomic_fetch_add(&cache->turn, 1);
        return;
    }
    bool is_damaged = database_is_damaged(cache->db);
    if (!sqlite3_get_autocommit(cache->db)) {
        database_run(cache->db, "ROLLBACK", NULL);
    }
    if (is_damaged) {
        atomic_store(&cache->is_damaged, true);
        return;
    }
    if (!cache->has_complained) {
        log_event(LOG_WARNING, "tiles_not_kept", "file=\"%s\" reason=\"%s\"", cache->path, err.english);
    }
    cache->has_complained = true;
    close_file(cache);
    cache->retry_at_ns = clock_monotonic_ns() + retry_ns;
}

static struct timespec from_now(int64_t nanoseconds)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t whole = (int64_t)now.tv_nsec + nanoseconds;
    return (struct timespec){.tv_sec = now.tv_sec + (time_t)(whole / 1000000000),
                             .tv_nsec = (long)(whole % 1000000000)};
}

/* The lock is held. Waits until a batch is full or old enough. */
static void wait_for_batch(struct disk_cache *cache)
{
    struct timespec until = from_now(tick_ns);
    while (!cache->is_stopping && !cache->is_flushing && cache->waiting < BATCH_MAX &&
           !atomic_load(&cache->is_damaged) && pthread_cond_timedwait(&cache->came, &cache->lock, &until) == 0) {
    }
}

/* The lock is held. */
static struct order *take_batch(struct disk_cache *cache)
{
    struct order *batch = cache->first;
    cache->first = NULL;
    cache->last = NULL;
    cache->waiting = 0;
    cache->waiting_bytes = 0;
    return batch;
}

static void *write_all(void *context)
{
    struct disk_cache *cache = context;
    open_file(cache);
    pthread_mutex_lock(&cache->lock);
    for (;;) {
        wait_for_batch(cache);
        struct order *batch = take_batch(cache);
        if (cache->is_stopping && !batch) {
            break;
        }
        cache->is_writing = batch != NULL;
        pthread_mutex_unlock(&cache->lock);
        look_at_file(cache);
        if (batch) {
            write_batch(cache, batch);
            free_orders(batch);
        } else {
            open_file(cache);
        }
        pthread_mutex_lock(&cache->lock);
        cache->is_writing = false;
        cache->is_flushing = cache->is_flushing && cache->waiting > 0;
        pthread_cond_broadcast(&cache->done);
    }
    pthread_mutex_unlock(&cache->lock);
    close_file(cache);
    return NULL;
}

/* --- orders --- */

static size_t weight_of(const struct order *order)
{
    return sizeof *order + (order->blob ? order->blob->size + order->blob->gzip_size : 0);
}

static void give(struct disk_cache *cache, const struct order *wanted, bool patient)
{
    struct order *order = malloc(sizeof *order);
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
    const struct order order = {.kind = ORDER_PUT, .key = *key, .mark = mark, .blob = blob};
    give(cache, &order, patient);
}

void disk_cache_confirm(struct disk_cache *cache, const struct tile_key *key, uint64_t old_mark, uint64_t mark)
{
    const struct order order = {.kind = ORDER_CONFIRM, .key = *key, .mark = mark, .old_mark = old_mark};
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
    cache->bytes_max = bytes_max;
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&cache->lock, NULL);
    pthread_cond_init(&cache->came, &attributes);
    pthread_cond_init(&cache->done, NULL);
    pthread_condattr_destroy(&attributes);
    int length = snprintf(cache->path, sizeof cache->path, "%s/tiles.sqlite", data_folder);
    bool fits = length > 0 && (size_t)length < sizeof cache->path - 8;
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
                                           .written = atomic_load(&cache->written),
                                           .left_out = atomic_load(&cache->left_out),
                                           .evicted = atomic_load(&cache->evicted),
                                           .damaged = atomic_load(&cache->damaged),
                                           .bytes = atomic_load(&cache->bytes)};
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
    finalize(&reader->find_series);
    finalize(&reader->find_tile);
    finalize(&reader->find_blob);
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
    uint64_t epoch = atomic_load(&reader->cache->epoch);
    if (epoch == reader->epoch) {
        return reader->db != NULL;
    }
    close_reader(reader);
    reader->epoch = epoch;
    if (!database_open_reader(reader->cache->path, &reader->db, NULL)) {
        reader->db = NULL;
        return false;
    }
    /* Not mapped: a file that somebody shortens would end the program. */
    bool ok = database_run(reader->db, "PRAGMA mmap_size=0", NULL) &&
              database_prepare(reader->db, disk_table_find_series, &reader->find_series, NULL) &&
              database_prepare(reader->db, "SELECT look, mark, blob, chk, turn, sum FROM tile WHERE id=?1",
                               &reader->find_tile, NULL) &&
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
        atomic_store(&reader->cache->is_damaged, true);
        reader->epoch = UINT64_MAX;
        close_reader(reader);
    }
}

static void order_drop(struct disk_reader *reader, const struct tile_key *key)
{
    const struct order order = {.kind = ORDER_DROP, .key = *key};
    atomic_fetch_add(&reader->cache->damaged, 1);
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
    if (!find_entry(reader->find_tile, disk_entry_id(series, key->request.tile), out)) {
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
    if (atomic_load(&cache->turn) - entry.turn > TOUCH_AGE) {
        const struct order order = {.kind = ORDER_TOUCH, .key = *key};
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
