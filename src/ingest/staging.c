/* SPDX-License-Identifier: MIT */
#include "ingest/staging.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOAD_PREFIX "tesela-load-"
#define EXPORT_PREFIX ".tesela-export-"

/* Folders within folders: the one that a load works in lies in the one that it was given. */
enum { DEPTH_MAX = 4 };

static void remove_at(int top, const char *name, int depth)
{
    int descriptor = openat(top, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *open_folder = descriptor >= 0 ? fdopendir(descriptor) : NULL;
    if (!open_folder) {
        if (descriptor >= 0) {
            close(descriptor);
        }
        return;
    }
    for (struct dirent *entry = readdir(open_folder); entry; entry = readdir(open_folder)) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        if (unlinkat(descriptor, entry->d_name, 0) != 0 && depth < DEPTH_MAX) {
            remove_at(descriptor, entry->d_name, depth + 1);
        }
    }
    closedir(open_folder);
    unlinkat(top, name, AT_REMOVEDIR);
}

void staging_remove(const char *folder)
{
    if (folder) {
        remove_at(AT_FDCWD, folder, 0);
    }
}

/* Ours by name and owner, and their process is gone. */
static void sweep(const char *top, const char *prefix)
{
    DIR *open_folder = opendir(top);
    for (struct dirent *entry = open_folder ? readdir(open_folder) : NULL; entry; entry = readdir(open_folder)) {
        struct stat info;
        char *end = NULL;
        if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0) {
            continue;
        }
        long process = strtol(entry->d_name + strlen(prefix), &end, 10);
        if (process > 0 && *end == '-' && fstatat(dirfd(open_folder), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISDIR(info.st_mode) && info.st_uid == geteuid() && kill((pid_t)process, 0) != 0 && errno == ESRCH) {
            remove_at(dirfd(open_folder), entry->d_name, 0);
        }
    }
    if (open_folder) {
        closedir(open_folder);
    }
}

static bool create(const char *top, const char *prefix, struct arena *arena, const char **out_folder, struct error *err)
{
    sweep(top, prefix);
    char *path = arena_printf(arena, "%s/%s%ld-XXXXXX", top, prefix, (long)getpid());
    if (!path) {
        return error_no_memory(err);
    }
    if (!mkdtemp(path)) {
        error_tell(err, ERROR_UNAVAILABLE, "IMP-060", "could not create a temporary folder \"%s\": %s",
                   "no se pudo crear una carpeta temporal «%s»: %s", path, strerror(errno));
        return false;
    }
    *out_folder = path;
    return true;
}

bool staging_create(struct arena *arena, const char **out_folder, struct error *err)
{
    const char *top = getenv("TMPDIR");
    return create(top && top[0] != '\0' ? top : "/tmp", LOAD_PREFIX, arena, out_folder, err);
}

bool staging_create_beside(const char *path, struct arena *arena, const char **out_folder, struct error *err)
{
    const char *slash = strrchr(path, '/');
    const char *top = slash == path ? "/" : slash ? arena_strndup(arena, path, (size_t)(slash - path)) : ".";
    return top ? create(top, EXPORT_PREFIX, arena, out_folder, err) : error_no_memory(err);
}
