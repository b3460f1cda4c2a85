/* SPDX-License-Identifier: MIT */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool cannot(struct error *err, const char *english, const char *spanish, const char *path, int number)
{
    if (err) {
        *err = (struct error){.kind = number == ENOENT || number == ENOTDIR ? ERROR_NOT_FOUND : ERROR_UNAVAILABLE,
                              .code = "FILE-001"};
        snprintf(err->english, sizeof err->english, "could not %s \"%.300s\": %s", english, path, strerror(number));
        snprintf(err->spanish, sizeof err->spanish, "no se pudo %s \"%.300s\": %s", spanish, path, strerror(number));
    }
    return false;
}

bool file_read(const char *path, size_t bytes_max, struct buffer *out_content, struct error *err)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        return cannot(err, "open", "abrir", path, errno);
    }
    bool ok = false;
    struct buffer content;
    buffer_init(&content, bytes_max + 1);
    struct stat info;
    if (fstat(descriptor, &info) != 0 || !S_ISREG(info.st_mode)) {
        error_tell(err, ERROR_INVALID, "FILE-002", "\"%s\" is not a regular file", "\"%s\" no es un archivo", path);
        goto done;
    }
    for (;;) {
        size_t room = 65536;
        if (content.length_max - content.length < room) {
            room = content.length_max - content.length;
        }
        unsigned char *end = room > 0 ? buffer_reserve(&content, room) : NULL;
        if (!end) {
            if (content.failed && content.length + room <= content.length_max) {
                error_no_memory(err);
            } else {
                error_tell(err, ERROR_TOO_LARGE, "FILE-003", "\"%s\" is larger than %zu bytes",
                           "\"%s\" mide más de %zu bytes", path, bytes_max);
            }
            goto done;
        }
        ssize_t got = read(descriptor, end, room);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            cannot(err, "read", "leer", path, errno);
            goto done;
        }
        if (got == 0) {
            break;
        }
        content.length += (size_t)got;
    }
    if (content.length > bytes_max) {
        error_tell(err, ERROR_TOO_LARGE, "FILE-003", "\"%s\" is larger than %zu bytes", "\"%s\" mide más de %zu bytes",
                   path, bytes_max);
        goto done;
    }
    *out_content = content;
    buffer_init(&content, 0);
    ok = true;
done:
    buffer_finish(&content);
    close(descriptor);
    return ok;
}

static bool write_all(int descriptor, const unsigned char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t put = write(descriptor, bytes, size);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put < 0) {
            return false;
        }
        bytes += put;
        size -= (size_t)put;
    }
    return true;
}

/* A rename survives a power cut only when the folder is synced too. */
static bool sync_folder_of(const char *path)
{
    char folder[4096];
    const char *slash = strrchr(path, '/');
    if (!slash) {
        snprintf(folder, sizeof folder, ".");
    } else {
        snprintf(folder, sizeof folder, "%.*s", slash == path ? 1 : (int)(slash - path), path);
    }
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) {
        return false;
    }
    bool ok = fsync(descriptor) == 0;
    close(descriptor);
    return ok;
}

bool file_write(const char *path, const void *bytes, size_t size, struct error *err)
{
    char beside[4096];
    int length = snprintf(beside, sizeof beside, "%s.%ld.part", path, (long)getpid());
    if (length < 0 || (size_t)length >= sizeof beside) {
        return cannot(err, "write", "escribir", path, ENAMETOOLONG);
    }
    int descriptor = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (descriptor < 0) {
        return cannot(err, "write", "escribir", path, errno);
    }
    bool ok = write_all(descriptor, bytes, size) && fsync(descriptor) == 0;
    int number = errno;
    if (close(descriptor) != 0 && ok) {
        ok = false;
        number = errno;
    }
    if (ok && (rename(beside, path) != 0 || !sync_folder_of(path))) {
        ok = false;
        number = errno;
    }
    if (!ok) {
        unlink(beside);
        return cannot(err, "write", "escribir", path, number);
    }
    return true;
}

bool file_move(const char *from, const char *path, struct error *err)
{
    int descriptor = open(from, O_RDONLY | O_CLOEXEC);
    bool ok = descriptor >= 0 && fsync(descriptor) == 0;
    int number = errno;
    if (descriptor >= 0) {
        close(descriptor);
    }
    return ok ? file_rename(from, path, err) : cannot(err, "write", "escribir", path, number);
}

bool file_rename(const char *from, const char *path, struct error *err)
{
    bool ok = rename(from, path) == 0 && sync_folder_of(path);
    return ok || cannot(err, "write", "escribir", path, errno);
}

bool file_make_folder(const char *path, struct error *err)
{
    char part[4096];
    size_t length = strlen(path);
    if (length == 0 || length >= sizeof part) {
        return cannot(err, "create folder", "crear la carpeta", path, ENAMETOOLONG);
    }
    memcpy(part, path, length + 1);
    for (size_t i = 1; i <= length; i++) {
        if (part[i] == '/' || part[i] == '\0') {
            char kept = part[i];
            part[i] = '\0';
            if (mkdir(part, 0755) != 0 && errno != EEXIST) {
                return cannot(err, "create folder", "crear la carpeta", path, errno);
            }
            part[i] = kept;
        }
    }
    struct stat info;
    if (stat(path, &info) != 0 || !S_ISDIR(info.st_mode)) {
        return cannot(err, "create folder", "crear la carpeta", path, ENOTDIR);
    }
    return true;
}

bool file_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0;
}
