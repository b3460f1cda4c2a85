/* SPDX-License-Identifier: MIT */
#include "tile/archive_shelf.h"

#include "base/hash.h"
#include "base/text.h"

#include <dirent.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FILES_MAX = 1000, END_BYTES = 8 /* ".pmtiles", ".mbtiles" */ };

struct archive_shelf {
    atomic_uint references;
    struct archive_item *items; /* by id */
    size_t count;
};

static int is_archive_file(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && archive_file_is_name(entry->d_name);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct archive_item *)a)->id, ((const struct archive_item *)b)->id);
}

static void free_entries(struct dirent **entries, int count)
{
    for (int i = 0; i < count; i++) {
        free(entries[i]);
    }
    free(entries);
}

static uint64_t hash_file(const char *folder, const char *name, uint64_t seed)
{
    char path[PATH_MAX];
    struct stat status;
    uint64_t hash = hash_bytes_seeded(name, strlen(name), seed);
    if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, name) < sizeof path && stat(path, &status) == 0) {
        hash = hash_mix(hash, (uint64_t)status.st_mtim.tv_sec);
        hash = hash_mix(hash, (uint64_t)status.st_mtim.tv_nsec);
        hash = hash_mix(hash, (uint64_t)status.st_size);
        hash = hash_mix(hash, (uint64_t)status.st_ino);
    }
    return hash;
}

uint64_t archive_shelf_fingerprint(const char *folder)
{
    uint64_t fingerprint = 0;
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_archive_file, by_name);
    for (int i = 0; i < count; i++) {
        fingerprint = hash_file(folder, entries[i]->d_name, fingerprint);
    }
    if (count >= 0) {
        free_entries(entries, count);
    }
    return fingerprint;
}

static bool is_there(const struct archive_shelf *shelf, const char *id)
{
    for (size_t i = 0; i < shelf->count; i++) {
        if (strcmp(shelf->items[i].id, id) == 0) {
            return true;
        }
    }
    return false;
}

static bool add(struct archive_shelf *shelf, const char *folder, const char *name, struct error *err)
{
    char path[PATH_MAX];
    char id[256];
    struct archive_item item = {.version = hash_file(folder, name, 1)};
    snprintf(id, sizeof id, "%.*s", (int)strlen(name) - END_BYTES, name);
    if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, name) >= sizeof path || !text_is_id(text_of(id))) {
        error_tell(err, ERROR_INVALID, "ARC-006",
                   "its name cannot be an id; use lower case letters, digits, \"_\" and \"-\"",
                   "su nombre no puede ser un id; use minúsculas sin acento, dígitos, «_» y «-»");
        return false;
    }
    if (is_there(shelf, id)) {
        error_tell(err, ERROR_INVALID, "ARC-007", "there is another archive with this name",
                   "ya hay otro archivo con este nombre");
        return false;
    }
    item.id = strdup(id);
    if (!item.id || !archive_file_open(path, &item.archive, err)) {
        bool has_memory = item.id != NULL;
        free(item.id);
        return has_memory ? false : error_no_memory(err);
    }
    shelf->items[shelf->count++] = item;
    return true;
}

struct archive_shelf *archive_shelf_create(const char *folder, archive_problem *on_problem, void *context)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_archive_file, by_name);
    struct archive_shelf *shelf = calloc(1, sizeof *shelf);
    int wanted = count < 0 ? 0 : count > FILES_MAX ? FILES_MAX : count;
    struct archive_item *items = calloc((size_t)wanted + 1, sizeof *items);
    if (shelf && items) {
        atomic_init(&shelf->references, 1);
        shelf->items = items;
        for (int i = 0; i < wanted; i++) {
            struct error err;
            if (!add(shelf, folder, entries[i]->d_name, &err) && on_problem) {
                on_problem(context, entries[i]->d_name, &err);
            }
        }
        qsort(shelf->items, shelf->count, sizeof *shelf->items, by_id);
    } else {
        free(items);
        free(shelf);
        shelf = NULL;
    }
    if (count >= 0) {
        free_entries(entries, count);
    }
    return shelf;
}

struct archive_shelf *archive_shelf_ref(struct archive_shelf *shelf)
{
    if (shelf) {
        atomic_fetch_add_explicit(&shelf->references, 1, memory_order_relaxed);
    }
    return shelf;
}

void archive_shelf_unref(struct archive_shelf *shelf)
{
    if (!shelf || atomic_fetch_sub_explicit(&shelf->references, 1, memory_order_acq_rel) != 1) {
        return;
    }
    for (size_t i = 0; i < shelf->count; i++) {
        archive_file_close(shelf->items[i].archive);
        free(shelf->items[i].id);
    }
    free(shelf->items);
    free(shelf);
}

const struct archive_item *archive_shelf_find(const struct archive_shelf *shelf, const char *id)
{
    size_t low = 0;
    size_t high = shelf ? shelf->count : 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(shelf->items[middle].id, id);
        if (order == 0) {
            return &shelf->items[middle];
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

size_t archive_shelf_count(const struct archive_shelf *shelf)
{
    return shelf ? shelf->count : 0;
}
