/* SPDX-License-Identifier: MIT */
/* The one place where connections are configured, so that no reader opens a file less guarded than another. */
#include "store/database.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/statvfs.h>

enum {
    BUSY_MS = 10000,
    CHECKPOINT_WAIT_MS = 100,
    FULL_BYTES = 65536,                 /* free on a disk that is taken as full when I/O fails */
    BLOB_BYTES_MAX = 512 * 1024 * 1024, /* a polygon of 30 million vertices */
    SQL_BYTES_MAX = 1024 * 1024         /* the definition of a table of 2,000 columns */
};

static const int64_t map_bytes = INT64_C(0x7fff0000); /* SQLite's own maximum: address space, not memory */

static bool is_damage(int code)
{
    int primary = code & 0xff;
    return primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB;
}

static enum error_kind kind_of(int code)
{
    switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_PROTOCOL:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return ERROR_UNAVAILABLE;
    default:
        return ERROR_INTERNAL;
    }
}

/* A full disk shows as an error of I/O where SQLite shares memory in a file or makes a file larger. */
static bool is_full(const char *path, int code, int number)
{
    struct statvfs system;
    if ((code & 0xff) != SQLITE_IOERR && (code & 0xff) != SQLITE_CANTOPEN) {
        return (code & 0xff) == SQLITE_FULL;
    }
    return number == ENOSPC || number == EDQUOT ||
           (statvfs(path, &system) == 0 && system.f_bavail * (uint64_t)system.f_frsize < FULL_BYTES);
}

/* `number`: what the operating system said, or 0. */
static bool fail_code(const char *path, int code, int number, const char *message, struct error *err)
{
    if ((code & 0xff) == SQLITE_NOMEM) {
        return error_no_memory(err);
    }
    if (is_full(path, code, number)) {
        error_tell(err, ERROR_UNAVAILABLE, "STO-001", "map data \"%s\": the disk is full: free some space and repeat",
                   "datos de mapas «%s»: el disco está lleno: libere espacio y repita", path);
        return false;
    }
    if (is_damage(code)) {
        error_tell(err, ERROR_UNAVAILABLE, "STO-002", "map data \"%s\" is damaged (%s): restore it from the backup",
                   "datos de mapas «%s» dañados (%s): restáurelos del respaldo", path, message);
        return false;
    }
    error_tell(err, kind_of(code), "STO-003", "map data \"%s\": %s", "datos de mapas «%s»: %s", path, message);
    return false;
}

bool database_fail(struct sqlite3 *db, struct error *err)
{
    const char *path = sqlite3_db_filename(db, NULL);
    return fail_code(path ? path : "?", sqlite3_extended_errcode(db), sqlite3_system_errno(db), sqlite3_errmsg(db),
                     err);
}

bool database_is_damaged(struct sqlite3 *db)
{
    return db && is_damage(sqlite3_extended_errcode(db));
}

static void limit(struct sqlite3 *db)
{
    sqlite3_limit(db, SQLITE_LIMIT_LENGTH, BLOB_BYTES_MAX);
    sqlite3_limit(db, SQLITE_LIMIT_SQL_LENGTH, SQL_BYTES_MAX);
    sqlite3_limit(db, SQLITE_LIMIT_EXPR_DEPTH, 100);
    sqlite3_limit(db, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 200);
    sqlite3_limit(db, SQLITE_LIMIT_VARIABLE_NUMBER, 1000);
    sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
    sqlite3_limit(db, SQLITE_LIMIT_WORKER_THREADS, 0);
}

static bool open_file(const char *path, int flags, struct sqlite3 **out_db, struct error *err)
{
    struct sqlite3 *db = NULL;
    int code = sqlite3_open_v2(path, &db, flags | SQLITE_OPEN_NOMUTEX, NULL);
    if (code != SQLITE_OK) {
        fail_code(path, db ? sqlite3_extended_errcode(db) : SQLITE_NOMEM, db ? sqlite3_system_errno(db) : 0,
                  db ? sqlite3_errmsg(db) : "", err);
        sqlite3_close(db);
        return false;
    }
    sqlite3_extended_result_codes(db, 1);
    sqlite3_busy_timeout(db, BUSY_MS);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
    *out_db = db;
    return true;
}

bool database_open_reader(const char *path, struct sqlite3 **out_db, struct error *err)
{
    struct sqlite3 *db;
    if (!open_file(path, SQLITE_OPEN_READONLY, &db, err)) {
        return false;
    }
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    limit(db);
    /* Reading the schema version is what first touches the file: damage shows here and not in the first request. */
    bool ok = database_run(db, "PRAGMA query_only=1; PRAGMA cache_size=-4096; PRAGMA temp_store=MEMORY", err) &&
              database_runf(db, err, "PRAGMA mmap_size=%lld", (long long)map_bytes) &&
              database_run(db, "PRAGMA schema_version; SELECT count(*) FROM sqlite_master", err);
    if (!ok) {
        sqlite3_close(db);
        return false;
    }
    *out_db = db;
    return true;
}

/* `journal`: how a transaction is taken back. */
static bool open_writer(const char *path, int page_bytes, const char *journal, const char *sync,
                        struct sqlite3 **out_db, struct error *err)
{
    struct sqlite3 *db;
    if (!open_file(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &db, err)) {
        return false;
    }
    sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
    bool ok = database_runf(db, err,
                            "PRAGMA page_size=%d; PRAGMA journal_mode=%s; PRAGMA synchronous=%s;"
                            "PRAGMA foreign_keys=1; PRAGMA cache_size=-16384; PRAGMA temp_store=MEMORY",
                            page_bytes, journal, sync);
    if (!ok) {
        sqlite3_close(db);
        return false;
    }
    *out_db = db;
    return true;
}

bool database_open_writer(const char *path, int page_bytes, const char *sync, struct sqlite3 **out_db,
                          struct error *err)
{
    return open_writer(path, page_bytes, "WAL", sync, out_db, err);
}

bool database_open_unseen(const char *path, int page_bytes, struct sqlite3 **out_db, struct error *err)
{
    return open_writer(path, page_bytes, "MEMORY", "OFF", out_db, err);
}

void database_close(struct sqlite3 *db)
{
    sqlite3_close(db);
}

void database_finalize(struct sqlite3_stmt **statement)
{
    sqlite3_finalize(*statement);
    *statement = NULL;
}

void database_checkpoint(struct sqlite3 *db)
{
    sqlite3_busy_timeout(db, CHECKPOINT_WAIT_MS);
    database_run(db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL);
    sqlite3_busy_timeout(db, BUSY_MS);
}

bool database_run(struct sqlite3 *db, const char *sql, struct error *err)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK || database_fail(db, err);
}

bool database_runf(struct sqlite3 *db, struct error *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *sql = sqlite3_vmprintf(format, args);
    va_end(args);
    if (!sql) {
        return error_no_memory(err);
    }
    bool ok = database_run(db, sql, err);
    sqlite3_free(sql);
    return ok;
}

bool database_prepare(struct sqlite3 *db, const char *sql, struct sqlite3_stmt **out_statement, struct error *err)
{
    struct sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) != SQLITE_OK) {
        return database_fail(db, err);
    }
    *out_statement = statement;
    return true;
}

static bool prepare_v(struct sqlite3 *db, const char *format, va_list args, struct sqlite3_stmt **out_statement,
                      struct error *err)
{
    char *sql = sqlite3_vmprintf(format, args);
    if (!sql) {
        return error_no_memory(err);
    }
    bool ok = database_prepare(db, sql, out_statement, err);
    sqlite3_free(sql);
    return ok;
}

bool database_preparef(struct sqlite3 *db, struct sqlite3_stmt **out_statement, struct error *err, const char *format,
                       ...)
{
    va_list args;
    va_start(args, format);
    bool ok = prepare_v(db, format, args, out_statement, err);
    va_end(args);
    return ok;
}

bool database_step_done(struct sqlite3 *db, struct sqlite3_stmt *statement, struct error *err)
{
    int code = sqlite3_step(statement);
    bool ok = code == SQLITE_DONE || code == SQLITE_ROW || database_fail(db, err);
    sqlite3_reset(statement);
    return ok;
}

bool database_number(struct sqlite3 *db, int64_t absent, int64_t *out_number, struct error *err, const char *format,
                     ...)
{
    struct sqlite3_stmt *statement = NULL;
    va_list args;
    va_start(args, format);
    bool ok = prepare_v(db, format, args, &statement, err);
    va_end(args);
    if (!ok) {
        return false;
    }
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW && sqlite3_column_type(statement, 0) != SQLITE_NULL) {
        *out_number = sqlite3_column_int64(statement, 0);
    } else if (code == SQLITE_ROW || code == SQLITE_DONE) {
        *out_number = absent;
    } else {
        ok = database_fail(db, err);
    }
    sqlite3_finalize(statement);
    return ok;
}

void database_append_name(struct buffer *sql, const char *name)
{
    buffer_append_byte(sql, '"');
    for (const char *at = name; *at; at++) {
        if (*at == '"') {
            buffer_append_byte(sql, '"');
        }
        buffer_append_byte(sql, (unsigned char)*at);
    }
    buffer_append_byte(sql, '"');
}
