/* SPDX-License-Identifier: MIT */
#include "store/fresh_file.h"

#include "base/file.h"
#include "store/database.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* With room for the endings of what SQLite keeps beside. */
enum { NAME_BYTES = PATH_MAX + 16 };

static void name_of(const char *path, const char *end, char out[NAME_BYTES])
{
    snprintf(out, NAME_BYTES, "%s.new%s", path, end);
}

void fresh_file_drop(const char *path)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char name[NAME_BYTES];
        name_of(path, ends[i], name);
        unlink(name);
    }
}

bool fresh_file_open(const char *path, int page_bytes, struct sqlite3 **out_db, struct error *err)
{
    char name[NAME_BYTES];
    name_of(path, "", name);
    fresh_file_drop(path);
    return database_open_unseen(name, page_bytes, out_db, err);
}

bool fresh_file_finish(struct sqlite3 *db, struct error *err)
{
    return database_run(db, "PRAGMA journal_mode=WAL", err);
}

void fresh_file_hasten(struct sqlite3 *db, const char *path)
{
    char name[NAME_BYTES];
    name_of(path, "", name);
    int file = open(name, O_RDONLY | O_CLOEXEC);
    if (file >= 0) {
        /* What fails here fails again when it matters. */
        (void)(db && sqlite3_db_cacheflush(db));
        (void)sync_file_range(file, 0, 0, SYNC_FILE_RANGE_WRITE);
        close(file);
    }
}

bool fresh_file_sync(const char *path, struct error *err)
{
    char name[NAME_BYTES];
    name_of(path, "", name);
    int file = open(name, O_RDONLY | O_CLOEXEC);
    bool ok = file >= 0 && fsync(file) == 0;
    int number = errno;
    if (file >= 0) {
        close(file);
    }
    if (!ok) {
        error_tell(err, ERROR_UNAVAILABLE, "STO-003", "map data \"%s\": %s", "datos de mapas «%s»: %s", path,
                   strerror(number));
    }
    return ok;
}

bool fresh_file_show(const char *path, struct error *err)
{
    char name[NAME_BYTES];
    name_of(path, "", name);
    return file_rename(name, path, err);
}
