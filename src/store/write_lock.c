/* SPDX-License-Identifier: MIT */
#include "store/write_lock.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

enum { POLL_MS = 20, OWNER_BYTES = 32 };

static bool fail_busy(int fd, const char *directory, struct error *err)
{
    char owner[OWNER_BYTES] = "?";
    ssize_t length = pread(fd, owner, sizeof owner - 1, 0);
    if (length > 0) {
        owner[length] = '\0';
        owner[strcspn(owner, "\n")] = '\0';
    }
    error_tell(err, ERROR_UNAVAILABLE, "STO-005",
               "data directory \"%s\": process %s is writing there: try again when it has finished",
               "directorio de datos «%s»: el proceso %s está escribiendo en él: repita cuando termine", directory,
               owner);
    return false;
}

static void write_owner(int fd)
{
    char owner[OWNER_BYTES];
    int length = snprintf(owner, sizeof owner, "%ld\n", (long)getpid());
    /* Only for the message of those who wait: failing to write it harms nothing. */
    if (ftruncate(fd, 0) == 0 && pwrite(fd, owner, (size_t)length, 0) < 0) {
        return;
    }
}

static bool wait_for(int fd, int wait_ms)
{
    int64_t deadline = clock_monotonic_ns() + (int64_t)wait_ms * 1000000;
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (clock_monotonic_ns() >= deadline) {
            return false;
        }
        nanosleep(&(struct timespec){0, POLL_MS * 1000000L}, NULL);
    }
    return true;
}

bool write_lock_take(const char *directory, int wait_ms, int *out_fd, struct error *err)
{
    char path[PATH_MAX];
    if ((size_t)snprintf(path, sizeof path, "%s/write.lock", directory) >= sizeof path) {
        error_set(err, ERROR_INVALID, "the path of the data directory \"%s\" is too long", directory);
        return false;
    }
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0664);
    if (fd < 0) {
        error_tell(err, ERROR_UNAVAILABLE, "STO-006", "data directory \"%s\" cannot be written: %s",
                   "no se puede escribir en el directorio de datos «%s»: %s", directory, strerror(errno));
        return false;
    }
    if (!wait_for(fd, wait_ms)) {
        fail_busy(fd, directory, err);
        close(fd);
        return false;
    }
    write_owner(fd);
    *out_fd = fd;
    return true;
}

void write_lock_drop(int fd)
{
    if (fd >= 0) {
        close(fd);
    }
}
