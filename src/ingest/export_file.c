/* SPDX-License-Identifier: MIT */
#include "ingest/export_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK_BYTES = 1 << 20 };

#define BUFFER_BYTES_MAX ((size_t)2 << 30) /* one feature as text */

bool export_file_open(const char *path, struct export_file *out_file, struct error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) {
        error_tell(err, ERROR_UNAVAILABLE, "EXP-002", "could not create \"%s\": %s", "no se pudo crear «%s»: %s", path,
                   strerror(errno));
        return false;
    }
    out_file->fd = fd;
    out_file->path = path;
    buffer_init(&out_file->out, BUFFER_BYTES_MAX);
    return true;
}

bool export_file_finish(struct export_file *file, struct error *err)
{
    if (file->out.failed) {
        return error_no_memory(err);
    }
    for (size_t at = 0; at < file->out.length;) {
        ssize_t wrote = write(file->fd, file->out.data + at, file->out.length - at);
        if (wrote < 0 && errno != EINTR) {
            error_tell(err, ERROR_UNAVAILABLE, "EXP-002", "could not write \"%s\": %s", "no se pudo escribir «%s»: %s",
                       file->path, strerror(errno));
            return false;
        }
        at += wrote > 0 ? (size_t)wrote : 0;
    }
    buffer_clear(&file->out);
    return true;
}

bool export_file_flush(struct export_file *file, struct error *err)
{
    return (file->out.length < BLOCK_BYTES && !file->out.failed) || export_file_finish(file, err);
}

void export_file_close(struct export_file *file)
{
    if (file->path) {
        close(file->fd);
        buffer_finish(&file->out);
        file->path = NULL;
    }
}
