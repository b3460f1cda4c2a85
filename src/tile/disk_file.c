/* SPDX-License-Identifier: MIT */
#include "tile/disk_file.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "store/database.h"
#include "tile/disk_table.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PAGE_BYTES = 4096, EVICT_AT_ONCE = 500 };

static const int64_t retry_ns = (int64_t)5 * 1000 * 1000 * 1000; /* after a file could not be opened or written */
static const int64_t look_ns = (int64_t)1000 * 1000 * 1000;      /* is the file still there? */

/* --- the file --- */

void disk_file_close(struct disk_file *file)
{
    database_finalize(&file->find_series);
    database_finalize(&file->find_tile);
    database_finalize(&file->put_tile);
    database_finalize(&file->put_blob);
    database_finalize(&file->drop_tile);
    database_finalize(&file->drop_blob);
    database_finalize(&file->touch);
    database_close(file->db);
    file->db = NULL;
    atomic_fetch_add(&file->epoch, 1);
}

static void remove_file(const struct disk_file *file, const char *end)
{
    char name[PATH_MAX + 8];
    snprintf(name, sizeof name, "%s%s", file->path, end);
    unlink(name);
}

static void drop_file(struct disk_file *file)
{
    disk_file_close(file);
    remove_file(file, "-wal");
    remove_file(file, "-shm");
    remove_file(file, "");
}

static bool prepare(struct disk_file *file, struct error *err)
{
    struct sqlite3 *db = file->db;
    return database_prepare(db, disk_table_find_series, &file->find_series, err) &&
           database_prepare(db, disk_table_find_tile, &file->find_tile, err) &&
           database_prepare(db, "INSERT OR REPLACE INTO tile VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                            &file->put_tile, err) &&
           database_prepare(db, "INSERT OR IGNORE INTO blob VALUES (?1, ?2)", &file->put_blob, err) &&
           database_prepare(db, "DELETE FROM tile WHERE id=?1", &file->drop_tile, err) &&
           database_prepare(db, "DELETE FROM blob WHERE hash=?1 AND NOT EXISTS (SELECT 1 FROM tile WHERE blob=?1)",
                            &file->drop_blob, err) &&
           database_prepare(db, "UPDATE tile SET turn=?2 WHERE id=?1", &file->touch, err);
}

static bool open_once(struct disk_file *file, struct error *err)
{
    struct stat status;
    if (stat(file->path, &status) != 0 && errno == ENOENT) {
        /* A log without its file belongs to one that was deleted. */
        remove_file(file, "-wal");
        remove_file(file, "-shm");
    }
    int64_t turn;
    if (!database_open_writer(file->path, PAGE_BYTES, "NORMAL", &file->db, err)) {
        file->db = NULL;
        return false;
    }
    if (!disk_table_prepare(file->db, err) || !prepare(file, err) ||
        !database_number(file->db, 0, &turn, err, "SELECT max(turn) FROM tile") || stat(file->path, &status) != 0) {
        disk_file_close(file);
        return false;
    }
    file->inode = status.st_ino;
    file->device = status.st_dev;
    atomic_store(&file->turn, turn + 1);
    atomic_fetch_add(&file->epoch, 1);
    return true;
}

bool disk_file_open(struct disk_file *file)
{
    struct error err = {0};
    int64_t now = clock_monotonic_ns();
    if (file->db) {
        return true;
    }
    if (now < file->retry_at_ns) {
        return false;
    }
    if (open_once(file, &err)) {
        file->has_complained = false;
        return true;
    }
    bool is_there = access(file->path, F_OK) == 0;
    bool may_replace = is_there && access(file->path, W_OK) == 0 &&
                       (strcmp(err.code, "STO-002") == 0 || err.kind == ERROR_INVALID || err.kind == ERROR_INTERNAL);
    if (may_replace) {
        log_event(LOG_WARNING, "tile_file_dropped", "file=\"%s\" reason=\"%s\"", file->path, err.english);
        atomic_fetch_add(&file->damaged, 1);
        drop_file(file);
        if (open_once(file, &err)) {
            return true;
        }
    }
    if (!file->has_complained) {
        log_event(LOG_WARNING, "no_tile_file", "file=\"%s\" reason=\"%s\"", file->path, err.english);
    }
    file->has_complained = true;
    file->retry_at_ns = now + retry_ns;
    return false;
}

void disk_file_look(struct disk_file *file)
{
    struct stat status;
    int64_t now = clock_monotonic_ns();
    if (atomic_exchange(&file->is_damaged, false)) {
        log_event(LOG_WARNING, "tile_file_dropped", "file=\"%s\" reason=\"it is damaged\"", file->path);
        atomic_fetch_add(&file->damaged, 1);
        drop_file(file);
        return;
    }
    if (!file->db || now < file->look_at_ns) {
        return;
    }
    file->look_at_ns = now + look_ns;
    if (stat(file->path, &status) != 0 || status.st_ino != file->inode || status.st_dev != file->device) {
        disk_file_close(file);
    }
}

/* --- one order --- */

static bool drop_blob(struct disk_file *file, uint64_t hash, struct error *err)
{
    sqlite3_bind_int64(file->drop_blob, 1, (int64_t)hash);
    return database_step_done(file->db, file->drop_blob, err);
}

static bool put_entry(struct disk_file *file, const struct tile_key *key, const struct disk_entry *entry,
                      struct error *err)
{
    struct tile_id tile = key->request.tile;
    struct sqlite3_stmt *put = file->put_tile;
    sqlite3_bind_int64(put, 1, entry->id);
    sqlite3_bind_int64(put, 2, tile.z);
    sqlite3_bind_int64(put, 3, tile.x);
    sqlite3_bind_int64(put, 4, tile.y);
    sqlite3_bind_int64(put, 5, (int64_t)entry->look);
    sqlite3_bind_int64(put, 6, (int64_t)entry->mark);
    sqlite3_bind_int64(put, 7, (int64_t)entry->hash);
    sqlite3_bind_int64(put, 8, (int64_t)entry->check);
    sqlite3_bind_int64(put, 9, atomic_load(&file->turn));
    sqlite3_bind_int64(put, 10, (int64_t)disk_entry_sum(entry, key));
    return database_step_done(file->db, put, err);
}

static bool put_blob(struct disk_file *file, uint64_t hash, const void *data, size_t size, struct error *err)
{
    sqlite3_bind_int64(file->put_blob, 1, (int64_t)hash);
    sqlite3_bind_blob64(file->put_blob, 2, size > 0 ? data : "", size, SQLITE_STATIC);
    bool ok = database_step_done(file->db, file->put_blob, err);
    sqlite3_clear_bindings(file->put_blob);
    return ok;
}

static bool put(struct disk_file *file, const struct disk_order *order, int64_t id, struct error *err)
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
    bool had = disk_table_entry(file->find_tile, id, &old);
    atomic_fetch_add(&file->written, 1);
    return put_blob(file, entry.hash, data, size, err) && put_entry(file, &order->key, &entry, err) &&
           (!had || old.hash == entry.hash || drop_blob(file, old.hash, err));
}

static bool drop(struct disk_file *file, int64_t id, struct error *err)
{
    struct disk_entry old;
    bool had = disk_table_entry(file->find_tile, id, &old);
    sqlite3_bind_int64(file->drop_tile, 1, id);
    return database_step_done(file->db, file->drop_tile, err) && (!had || drop_blob(file, old.hash, err));
}

static bool confirm(struct disk_file *file, const struct disk_order *order, int64_t id, struct error *err)
{
    struct disk_entry entry;
    if (!disk_table_entry(file->find_tile, id, &entry) || entry.look != order->key.look ||
        entry.mark != order->old_mark || entry.sum != disk_entry_sum(&entry, &order->key)) {
        return true;
    }
    entry.mark = order->mark;
    return put_entry(file, &order->key, &entry, err);
}

static bool carry_out(struct disk_file *file, const struct disk_order *order, struct error *err)
{
    int64_t series;
    if (!disk_table_series(file->db, file->find_series, &order->key.request, &series)) {
        return database_fail(file->db, err);
    }
    if (series == 0 && order->kind != DISK_PUT) {
        return true;
    }
    if (series == 0 && !disk_table_add_series(file->db, &order->key.request, &series, err)) {
        return false;
    }
    int64_t id = disk_entry_id(series, order->key.request.tile);
    switch (order->kind) {
    case DISK_PUT:
        return put(file, order, id, err);
    case DISK_CONFIRM:
        return confirm(file, order, id, err);
    case DISK_TOUCH:
        sqlite3_bind_int64(file->touch, 1, id);
        sqlite3_bind_int64(file->touch, 2, atomic_load(&file->turn));
        return database_step_done(file->db, file->touch, err);
    case DISK_DROP:
        return drop(file, id, err);
    }
    return true;
}

/* --- the bound --- */

static bool count_bytes(struct disk_file *file, uint64_t *out_bytes, struct error *err)
{
    int64_t bytes;
    if (!database_number(file->db, 0, &bytes, err,
                         "SELECT (page_count - freelist_count) * page_size FROM pragma_page_count,"
                         " pragma_freelist_count, pragma_page_size")) {
        return false;
    }
    *out_bytes = (uint64_t)bytes;
    return true;
}

/* Drops those that were used longest ago. */
static bool evict_some(struct disk_file *file, int *out_count, struct error *err)
{
    int64_t ids[EVICT_AT_ONCE];
    int count = 0;
    struct sqlite3_stmt *oldest = NULL;
    if (!database_preparef(file->db, &oldest, err, "SELECT id FROM tile ORDER BY turn LIMIT %d", (int)EVICT_AT_ONCE)) {
        return false;
    }
    while (count < EVICT_AT_ONCE && sqlite3_step(oldest) == SQLITE_ROW) {
        ids[count++] = sqlite3_column_int64(oldest, 0);
    }
    sqlite3_finalize(oldest);
    for (int i = 0; i < count; i++) {
        if (!drop(file, ids[i], err)) {
            return false;
        }
    }
    atomic_fetch_add(&file->evicted, (uint64_t)count);
    *out_count = count;
    return true;
}

static bool keep_bound(struct disk_file *file, struct error *err)
{
    uint64_t bytes;
    int count = 1;
    if (!count_bytes(file, &bytes, err)) {
        return false;
    }
    uint64_t goal = bytes > file->bytes_max ? file->bytes_max / 10 * 9 : file->bytes_max;
    while (bytes > goal && count > 0) {
        if (!evict_some(file, &count, err) || !count_bytes(file, &bytes, err)) {
            return false;
        }
    }
    atomic_store(&file->bytes, bytes);
    return true;
}

/* --- batches --- */

void disk_file_write(struct disk_file *file, const struct disk_order *orders)
{
    struct error err = {0};
    if (!disk_file_open(file)) {
        return;
    }
    bool ok = database_run(file->db, "BEGIN IMMEDIATE", &err);
    for (const struct disk_order *order = orders; order && ok; order = order->next) {
        ok = carry_out(file, order, &err);
    }
    ok = ok && keep_bound(file, &err) && database_run(file->db, "COMMIT", &err);
    if (ok) {
        atomic_fetch_add(&file->turn, 1);
        return;
    }
    bool is_damaged = database_is_damaged(file->db);
    if (!sqlite3_get_autocommit(file->db)) {
        database_run(file->db, "ROLLBACK", NULL);
    }
    if (is_damaged) {
        atomic_store(&file->is_damaged, true);
        return;
    }
    if (!file->has_complained) {
        log_event(LOG_WARNING, "tiles_not_kept", "file=\"%s\" reason=\"%s\"", file->path, err.english);
    }
    file->has_complained = true;
    disk_file_close(file);
    file->retry_at_ns = clock_monotonic_ns() + retry_ns;
}
