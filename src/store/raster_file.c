/* SPDX-License-Identifier: MIT */
#include "store/raster_file.h"

#include "base/file.h"
#include "geo/grid.h"
#include "store/database.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SIDE_MAX = 1 << 30, BANDS_MAX = 65536, COPY_BYTES = 1 << 20 };

#define FOLDER "rasters"
#define ENDING ".tif"
#define PART_ENDING ".tif.part"

/* --- what the descriptor says --- */

static bool read_count(const struct value *object, const char *name, uint32_t max, uint32_t *out)
{
    const struct value *member = value_member(object, name);
    if (!member || member->type != VALUE_INT || member->integer < 0 || member->integer > (int64_t)max) {
        return false;
    }
    *out = (uint32_t)member->integer;
    return true;
}

/* A list of `count` finite numbers. */
static bool read_numbers(const struct value *object, const char *name, size_t count, double *out)
{
    const struct value *member = value_member(object, name);
    if (!member || member->type != VALUE_ARRAY || member->array.count != count) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!value_is_number(&member->array.items[i])) {
            return false;
        }
        out[i] = value_number(&member->array.items[i]);
        if (!isfinite(out[i])) {
            return false;
        }
    }
    return true;
}

bool raster_file_describe(const struct value *descriptor, struct store_raster *out_raster, struct error *err)
{
    const struct value *about = value_member(descriptor, RASTER_FILE_MEMBER);
    struct store_raster raster = {.low = 0, .high = 255};
    if (!about) {
        *out_raster = raster;
        return true;
    }
    const char *kind = value_member_string(about, "kind");
    double range[2] = {0, 255};
    bool has_range = value_member(about, "range") != NULL;
    raster.kind = kind && strcmp(kind, "imagery") == 0     ? STORE_RASTER_IMAGERY
                  : kind && strcmp(kind, "elevation") == 0 ? STORE_RASTER_ELEVATION
                                                           : STORE_RASTER_NONE;
    raster.type = value_member_string(about, "type");
    if (raster.kind == STORE_RASTER_NONE || !raster.type || !read_count(about, "width", SIDE_MAX, &raster.width_px) ||
        !read_count(about, "height", SIDE_MAX, &raster.height_px) ||
        !read_count(about, "bands", BANDS_MAX, &raster.bands) ||
        !read_count(about, "max_zoom", GRID_ZOOM_MAX, &raster.zoom_max) || raster.width_px == 0 ||
        raster.height_px == 0 || raster.bands == 0 || !read_numbers(about, "transform", 6, raster.transform) ||
        (has_range && !read_numbers(about, "range", 2, range))) {
        error_set(err, ERROR_INVALID, "the description of its raster makes no sense");
        return false;
    }
    raster.low = range[0];
    raster.high = range[1] > range[0] ? range[1] : range[0] + 1;
    *out_raster = raster;
    return true;
}

/* --- files --- */

bool raster_file_path(const char *directory, const char *table, char *out_path, size_t capacity)
{
    int length = snprintf(out_path, capacity, "%s/" FOLDER "/%s" ENDING, directory, table);
    return length > 0 && (size_t)length < capacity;
}

static bool fail(const char *path, struct error *err)
{
    error_tell(err, ERROR_UNAVAILABLE, "STO-034", "the raster file \"%s\" could not be written: %s",
               "no se pudo escribir el archivo ráster «%s»: %s", path, strerror(errno));
    return false;
}

static bool fail_read(const char *path, struct error *err)
{
    error_tell(err, ERROR_UNAVAILABLE, "STO-035", "the raster file \"%s\" could not be read: %s",
               "no se pudo leer el archivo ráster «%s»: %s", path, strerror(errno));
    return false;
}

/* False when reading failed; `*out_same` is then false. */
static bool compare_bytes(FILE *a, FILE *b, bool *out_same)
{
    char *blocks = malloc((size_t)2 * COPY_BYTES);
    bool same = blocks != NULL;
    size_t got = COPY_BYTES;
    while (same && got == COPY_BYTES) {
        got = fread(blocks, 1, COPY_BYTES, a);
        same = fread(blocks + COPY_BYTES, 1, COPY_BYTES, b) == got && memcmp(blocks, blocks + COPY_BYTES, got) == 0;
    }
    bool ok = blocks && !ferror(a) && !ferror(b);
    free(blocks);
    *out_same = ok && same;
    return ok;
}

bool raster_file_compare(const char *directory, const char *a, const char *b, bool *out_same, struct error *err)
{
    char paths[2][PATH_MAX];
    if (!raster_file_path(directory, a, paths[0], PATH_MAX) || !raster_file_path(directory, b, paths[1], PATH_MAX)) {
        errno = ENAMETOOLONG;
        return fail_read(directory, err);
    }
    FILE *first = fopen(paths[0], "rbe");
    FILE *second = first ? fopen(paths[1], "rbe") : NULL;
    bool ok = second && compare_bytes(first, second, out_same);
    if (!ok) {
        fail_read(first ? paths[1] : paths[0], err);
    }
    if (first) {
        fclose(first);
    }
    if (second) {
        fclose(second);
    }
    return ok;
}

static bool copy_bytes(int from, int to, int64_t *out_bytes)
{
    char *block = malloc(COPY_BYTES);
    bool ok = block != NULL;
    while (ok) {
        ssize_t got = read(from, block, COPY_BYTES);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        ok = got >= 0;
        if (got <= 0) {
            break;
        }
        for (ssize_t done = 0; ok && done < got;) {
            ssize_t put = write(to, block + done, (size_t)(got - done));
            ok = put > 0 || (put < 0 && errno == EINTR);
            done += put > 0 ? put : 0;
        }
        *out_bytes += got;
    }
    free(block);
    return ok;
}

static bool sync_folder(const char *folder)
{
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = descriptor >= 0 && fsync(descriptor) == 0;
    if (descriptor >= 0) {
        close(descriptor);
    }
    return ok;
}

/* Copies a regular file to `folder`/`name`: written beside, synced, renamed. */
static bool copy_file(const char *from, const char *folder, const char *name, int64_t *out_bytes, struct error *err)
{
    char path[PATH_MAX];
    char part[PATH_MAX];
    struct stat info;
    if (!file_make_folder(folder, err)) {
        return false;
    }
    if ((size_t)snprintf(path, sizeof path, "%s/%s" ENDING, folder, name) >= sizeof path ||
        (size_t)snprintf(part, sizeof part, "%s/%s" PART_ENDING, folder, name) >= sizeof part) {
        errno = ENAMETOOLONG;
        return fail(folder, err);
    }
    /* The file may come from a process that is not trusted: no link is followed and no device read. */
    int source = open(from, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (source < 0 || fstat(source, &info) != 0 || !S_ISREG(info.st_mode)) {
        fail(from, err);
        if (source >= 0) {
            close(source);
        }
        return false;
    }
    int target = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640);
    bool ok = target >= 0 && copy_bytes(source, target, out_bytes) && fsync(target) == 0;
    int why = errno;
    close(source);
    if (target >= 0) {
        ok = close(target) == 0 && ok;
    }
    ok = ok && rename(part, path) == 0 && sync_folder(folder);
    if (!ok) {
        errno = why ? why : errno;
        fail(path, err);
        unlink(part);
    }
    return ok;
}

bool raster_file_take(const char *directory, const char *table, const char *from, struct error *err)
{
    char folder[PATH_MAX];
    int64_t bytes = 0;
    if ((size_t)snprintf(folder, sizeof folder, "%s/" FOLDER, directory) >= sizeof folder) {
        errno = ENAMETOOLONG;
        return fail(directory, err);
    }
    return copy_file(from, folder, table, &bytes, err) && (sync_folder(directory) || fail(directory, err));
}

/* --- all of them --- */

static bool owns(struct sqlite3 *db, const char *name, size_t length, bool *out_owns)
{
    int64_t count = 0;
    if (!database_number(db, 0, &count, NULL, "SELECT count(*) FROM tesela_version WHERE table_name=%.*Q", (int)length,
                         name)) {
        return false;
    }
    *out_owns = count > 0;
    return true;
}

static bool ends_with(const char *name, const char *ending)
{
    size_t length = strlen(name);
    size_t tail = strlen(ending);
    return length > tail && strcmp(name + length - tail, ending) == 0;
}

void raster_file_sweep(const char *directory, struct sqlite3 *db)
{
    char folder[PATH_MAX];
    if ((size_t)snprintf(folder, sizeof folder, "%s/" FOLDER, directory) >= sizeof folder) {
        return;
    }
    DIR *open_folder = opendir(folder);
    for (struct dirent *entry = open_folder ? readdir(open_folder) : NULL; entry; entry = readdir(open_folder)) {
        bool owned = true;
        if (ends_with(entry->d_name, PART_ENDING)) {
            owned = false;
        } else if (ends_with(entry->d_name, ENDING) &&
                   !owns(db, entry->d_name, strlen(entry->d_name) - strlen(ENDING), &owned)) {
            owned = true;
        }
        if (!owned) {
            unlinkat(dirfd(open_folder), entry->d_name, 0);
        }
    }
    if (open_folder) {
        closedir(open_folder);
    }
}

static bool is_there(const char *folder, const char *table, const char *from)
{
    char path[PATH_MAX];
    struct stat wanted;
    struct stat there;
    return (size_t)snprintf(path, sizeof path, "%s/%s" ENDING, folder, table) < sizeof path &&
           stat(from, &wanted) == 0 && stat(path, &there) == 0 && wanted.st_size == there.st_size;
}

bool raster_file_backup(const char *directory, struct sqlite3 *db, const char *folder, int64_t *out_bytes,
                        struct error *err)
{
    struct sqlite3_stmt *statement = NULL;
    if (!database_prepare(db,
                          "SELECT table_name FROM tesela_version WHERE json_extract(descriptor, "
                          "'$.\"" RASTER_FILE_MEMBER "\"') IS NOT NULL",
                          &statement, err)) {
        return false;
    }
    bool ok = true;
    int code;
    while (ok && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        const char *table = (const char *)sqlite3_column_text(statement, 0);
        char from[PATH_MAX];
        ok = table && raster_file_path(directory, table, from, sizeof from);
        ok = ok && (is_there(folder, table, from) || copy_file(from, folder, table, out_bytes, err));
    }
    ok = ok && (code == SQLITE_DONE || database_fail(db, err));
    sqlite3_finalize(statement);
    return ok;
}
