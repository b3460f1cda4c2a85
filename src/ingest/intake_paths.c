/* SPDX-License-Identifier: MIT */
#include "ingest/intake_paths.h"

#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { PATHS_MAX = 96, VARIABLE_PATHS_MAX = 8 };

/* Reference systems, character sets and time zones, and the modules that are loaded when first used. */
static const char *const library_paths[] = {
    "/usr/lib",
    "/lib",
    "/lib64",
    "/usr/lib64",
    "/usr/local/lib",
    "/usr/share/proj",
    "/usr/share/gdal",
    "/usr/local/share/proj",
    "/usr/local/share/gdal",
    "/usr/share/zoneinfo",
    "/usr/share/locale",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/dev/null",
    "/dev/urandom",
};

static const char *const companions[] = {
    "shp",   "shx", "dbf",  "prj", "cpg",  "cst",   "qpj", "tfw",  "tifw",
    "tiffw", "pgw", "pngw", "jgw", "jpgw", "jpegw", "j2w", "jp2w", "wld",
};

static bool add(struct isolation *isolation, const char **paths, const char *path)
{
    if (path && isolation->read_path_count < PATHS_MAX) {
        paths[isolation->read_path_count++] = path;
    }
    return path != NULL;
}

/* "PATH:PATH" in a variable that moves a library's data. */
static bool add_variable(struct isolation *isolation, const char **paths, const char *name, struct arena *arena)
{
    const char *at = getenv(name);
    bool ok = true;
    for (int i = 0; ok && at && i < VARIABLE_PATHS_MAX; i++) {
        size_t length = strcspn(at, ":");
        if (length > 0) {
            ok = add(isolation, paths, arena_strndup(arena, at, length));
        }
        at = at[length] == ':' ? at + length + 1 : NULL;
    }
    return ok;
}

static bool is_companion(const char *name, const char *file)
{
    const char *dot = strrchr(file, '.');
    size_t stem = dot ? (size_t)(dot - file) : strlen(file);
    if (strncasecmp(name, file, stem) != 0 || name[stem] != '.') {
        return false;
    }
    for (size_t i = 0; i < sizeof companions / sizeof companions[0]; i++) {
        if (strcasecmp(name + stem + 1, companions[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool add_companions(struct isolation *isolation, const char **paths, const char *folder, const char *file,
                           struct arena *arena)
{
    DIR *open_folder = opendir(folder);
    bool ok = true;
    for (struct dirent *entry = open_folder ? readdir(open_folder) : NULL; ok && entry; entry = readdir(open_folder)) {
        if (is_companion(entry->d_name, file)) {
            ok = add(isolation, paths, arena_printf(arena, "%s/%s", folder, entry->d_name));
        }
    }
    if (open_folder) {
        closedir(open_folder);
    }
    return ok;
}

bool intake_paths_find(const char *path, const char *folder, struct arena *arena, struct isolation *out_isolation,
                       struct error *err)
{
    struct isolation found = {.write_folder = folder};
    const char **paths = arena_array(arena, PATHS_MAX, sizeof *paths);
    const char *slash = strrchr(path, '/');
    const char *file = slash ? slash + 1 : path;
    const char *beside = slash == path ? "/" : slash ? arena_strndup(arena, path, (size_t)(slash - path)) : ".";
    if (!paths || !beside) {
        return error_no_memory(err);
    }
    found.read_paths = paths;
    bool ok = add(&found, paths, arena_strdup(arena, path)) && add_variable(&found, paths, "PROJ_DATA", arena) &&
              add_variable(&found, paths, "PROJ_LIB", arena) && add_variable(&found, paths, "GDAL_DATA", arena);
    for (size_t i = 0; i < sizeof library_paths / sizeof library_paths[0]; i++) {
        ok = ok && add(&found, paths, library_paths[i]);
    }
    if (!ok || !add_companions(&found, paths, beside, file, arena)) {
        return error_no_memory(err);
    }
    /* The names beside it tell which companions there are. */
    found.list_path = beside;
    *out_isolation = found;
    return true;
}
