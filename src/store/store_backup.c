/* SPDX-License-Identifier: MIT */
/* SQLite's online backup, within one reading transaction: the copy is of one instant, however long it takes, and no
 * writer waits for it. */
#include "store/store_backup.h"

#include "base/file.h"
#include "store/database.h"
#include "store/raster_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAGES_A_STEP = 2048 };

struct copy {
    char path[PATH_MAX];
    char part[PATH_MAX]; /* made beside, renamed at the end */
    store_backup_progress *progress;
    void *context;
};

static bool fail(const char *path, int number, struct error *err)
{
    error_tell(err, ERROR_UNAVAILABLE, "STO-030", "the backup \"%s\" could not be written: %s",
               "no se pudo escribir el respaldo «%s»: %s", path, strerror(number));
    return false;
}

static bool fail_exists(const char *path, struct error *err)
{
    error_tell(err, ERROR_INVALID, "STO-031", "\"%s\" exists and is not overwritten: give the backup another name",
               "«%s» ya existe y no se sobrescribe: dé otro nombre al respaldo", path);
    return false;
}

static bool choose_path(struct copy *copy, const char *destination, struct error *err)
{
    struct stat info;
    bool is_folder = stat(destination, &info) == 0 && S_ISDIR(info.st_mode);
    size_t length = strlen(destination);
    const char *between = !is_folder                                     ? ""
                          : length > 0 && destination[length - 1] == '/' ? "tesela.sqlite"
                                                                         : "/tesela.sqlite";
    if ((size_t)snprintf(copy->path, sizeof copy->path, "%s%s", destination, between) >= sizeof copy->path ||
        (size_t)snprintf(copy->part, sizeof copy->part, "%s.part", copy->path) >= sizeof copy->part) {
        return fail(destination, ENAMETOOLONG, err);
    }
    return lstat(copy->path, &info) != 0 || fail_exists(copy->path, err);
}

static void remove_part(const struct copy *copy)
{
    static const char *const ends[] = {"", "-journal", "-wal", "-shm"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char name[PATH_MAX + 16];
        snprintf(name, sizeof name, "%s%s", copy->part, ends[i]);
        unlink(name);
    }
}

static bool copy_pages(const struct copy *copy, struct sqlite3 *from, struct sqlite3 *to, struct error *err)
{
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
    if (!backup) {
        return database_fail(to, err);
    }
    int code;
    while ((code = sqlite3_backup_step(backup, PAGES_A_STEP)) == SQLITE_OK) {
        if (copy->progress) {
            int total = sqlite3_backup_pagecount(backup);
            copy->progress(copy->context, total - sqlite3_backup_remaining(backup), total);
        }
    }
    sqlite3_backup_finish(backup);
    if (code == SQLITE_DONE) {
        return true;
    }
    return database_fail(sqlite3_errcode(to) != SQLITE_OK ? to : from, err);
}

/* The truth at one instant into the part, which gets a header without write-ahead log: one file, readable anywhere. */
static bool write_part(const struct copy *copy, struct sqlite3 *from, struct error *err)
{
    struct sqlite3 *to = NULL;
    if (sqlite3_open_v2(copy->part, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
        fail(copy->part, EIO, err);
        sqlite3_close(to);
        return false;
    }
    sqlite3_extended_result_codes(to, 1);
    bool ok = database_run(to, "PRAGMA synchronous=OFF", err) && copy_pages(copy, from, to, err) &&
              database_run(to, "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=DELETE", err);
    database_close(to);
    return ok;
}

static bool count(struct sqlite3 *db, const char *sql, int64_t *out, struct error *err)
{
    return database_number(db, 0, out, err, "%s", sql);
}

/* The copy is opened as a reader would open it, and read from its first page to its last. */
static bool verify(const struct copy *copy, struct sqlite3 *from, struct store_backup *out, struct error *err)
{
    static const char layers[] = "SELECT count(*) FROM tesela_layer WHERE current_serial IS NOT NULL";
    static const char versions[] = "SELECT count(*) FROM tesela_version";
    int64_t wanted;
    int64_t sound;
    struct sqlite3 *db;
    if (!database_open_reader(copy->part, &db, err)) {
        return false;
    }
    bool ok = count(db, "SELECT integrity_check='ok' FROM pragma_integrity_check(1)", &sound, err) &&
              count(db, layers, &out->layers, err) && count(db, versions, &out->versions, err) &&
              count(from, versions, &wanted, err);
    database_close(db);
    if (ok && (sound != 1 || wanted != out->versions)) {
        error_tell(err, ERROR_UNAVAILABLE, "STO-032",
                   "the backup \"%s\" was not sound when read back: look at the disk, and run \"tesela check\"",
                   "el respaldo «%s» no quedó íntegro al releerlo: revise el disco y ejecute «tesela check»",
                   copy->path);
        return false;
    }
    return ok;
}

static bool sync_path(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    bool ok = fsync(fd) == 0;
    close(fd);
    return ok;
}

/* A link refuses to replace what came to be meanwhile; not every file system has links. */
static bool give_name(const struct copy *copy, struct error *err)
{
    char folder[PATH_MAX];
    if (!sync_path(copy->part, O_RDONLY)) {
        return fail(copy->path, errno, err);
    }
    if (renameat2(AT_FDCWD, copy->part, AT_FDCWD, copy->path, RENAME_NOREPLACE) != 0) {
        if (errno == EEXIST) {
            return fail_exists(copy->path, err);
        }
        if (file_exists(copy->path)) {
            return fail_exists(copy->path, err);
        }
        if (rename(copy->part, copy->path) != 0) {
            return fail(copy->path, errno, err);
        }
    }
    snprintf(folder, sizeof folder, "%s", copy->path);
    return sync_path(dirname(folder), O_RDONLY | O_DIRECTORY) || fail(copy->path, errno, err);
}

/* SQLite would open a file with the mask of the process: the truth may hold more than the public may see. */
static bool create_part(const struct copy *copy, struct error *err)
{
    remove_part(copy);
    int fd = open(copy->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    if (fd < 0) {
        return fail(copy->path, errno, err);
    }
    close(fd);
    return true;
}

/* Raster files beside the copy, before it gets its name. A version that is dropped meanwhile loses its file: the copy
 * is then begun again by whoever asked. */
static bool copy_rasters(const struct copy *copy, const char *directory, struct store_backup *out, struct error *err)
{
    char folder[PATH_MAX + 16];
    char path[PATH_MAX];
    struct sqlite3 *db;
    snprintf(path, sizeof path, "%s", copy->path);
    snprintf(folder, sizeof folder, "%s/rasters", dirname(path));
    if (!database_open_reader(copy->part, &db, err)) {
        return false;
    }
    bool ok = raster_file_backup(directory, db, folder, &out->bytes, err);
    database_close(db);
    return ok;
}

static bool run(const struct copy *copy, const char *directory, struct sqlite3 *from, struct store_backup *out,
                struct error *err)
{
    struct stat info;
    int64_t schema; /* reading begins the transaction */
    bool ok = database_run(from, "BEGIN", err) &&
              count(from, "SELECT value FROM tesela_meta WHERE key='schema'", &schema, err) && create_part(copy, err) &&
              write_part(copy, from, err) && verify(copy, from, out, err) && copy_rasters(copy, directory, out, err) &&
              give_name(copy, err);
    database_run(from, "COMMIT", NULL);
    if (!ok) {
        remove_part(copy);
        return false;
    }
    out->bytes += stat(copy->path, &info) == 0 ? info.st_size : 0;
    snprintf(out->path, sizeof out->path, "%s", copy->path);
    return true;
}

bool store_backup(const char *directory, const char *destination, store_backup_progress *progress, void *context,
                  struct store_backup *out_backup, struct error *err)
{
    struct copy copy = {.progress = progress, .context = context};
    struct store_backup made = {0};
    char path[PATH_MAX];
    struct sqlite3 *from;
    if ((size_t)snprintf(path, sizeof path, "%s/tesela.sqlite", directory) >= sizeof path) {
        return fail(directory, ENAMETOOLONG, err);
    }
    if (!file_exists(path)) {
        error_tell(err, ERROR_NOT_FOUND, "STO-033", "there is no map data in \"%s\": name its folder with --data",
                   "no hay datos de mapas en «%s»: indique su carpeta con --data", directory);
        return false;
    }
    if (!choose_path(&copy, destination, err) || !database_open_reader(path, &from, err)) {
        return false;
    }
    bool ok = run(&copy, directory, from, &made, err);
    database_close(from);
    if (ok) {
        *out_backup = made;
    }
    return ok;
}
