/* SPDX-License-Identifier: MIT */
/* Linked into the program `tesela-faulty`: memory runs out, or the disk cache's disk is full, broken or read-only, from
 * SIGUSR1 to SIGUSR2. TESELA_FAULT in the environment says which: "memory:N" lets one of N allocations of the program's
 * own code fail, "disk:ENOSPC", "disk:EIO" and "disk:EROFS" the calls of SQLite on tiles.sqlite that would; with
 * "disk:EROFS" it cannot be opened for writing from the start. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static atomic_bool is_on;
static atomic_uint turn;
static unsigned one_of; /* 0: memory is in order */
static int disk_error;  /* 0: the disk is in order */

/* --- memory (the linker leads malloc to __wrap_malloc, and __real_malloc to malloc) --- */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);

static bool memory_is_out(void)
{
    if (one_of == 0 || !atomic_load_explicit(&is_on, memory_order_relaxed)) {
        return false;
    }
    /* Scattered, so that it is not the same call again and again. */
    uint32_t number = atomic_fetch_add_explicit(&turn, 1, memory_order_relaxed);
    return (uint32_t)(number * UINT32_C(2654435761)) / one_of % one_of == 0;
}

void *__wrap_malloc(size_t size)
{
    return memory_is_out() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return memory_is_out() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return memory_is_out() ? NULL : __real_realloc(old, size);
}

char *__wrap_strdup(const char *text)
{
    return memory_is_out() ? NULL : __real_strdup(text);
}

/* --- the disk: SQLite's system calls --- */

static ssize_t (*real_pread)(int fd, void *out, size_t size, off_t at);
static ssize_t (*real_pwrite)(int fd, const void *bytes, size_t size, off_t at);
static int (*real_ftruncate)(int fd, off_t size);
static int (*real_fsync)(int fd);
static int (*real_open)(const char *path, int flags, int mode);

static bool is_disk_cache(int fd)
{
    char name[64];
    char path[4096];
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(name, path, sizeof path - 1);
    path[length > 0 ? length : 0] = '\0';
    return strstr(path, "tiles.sqlite") != NULL;
}

static bool disk_fails(int fd)
{
    if (disk_error == 0 || !atomic_load_explicit(&is_on, memory_order_relaxed) || !is_disk_cache(fd)) {
        return false;
    }
    errno = disk_error;
    return true;
}

static ssize_t faulty_pread(int fd, void *out, size_t size, off_t at)
{
    return disk_error == EIO && disk_fails(fd) ? -1 : real_pread(fd, out, size, at);
}

static ssize_t faulty_pwrite(int fd, const void *bytes, size_t size, off_t at)
{
    return disk_fails(fd) ? -1 : real_pwrite(fd, bytes, size, at);
}

static int faulty_ftruncate(int fd, off_t size)
{
    return disk_fails(fd) ? -1 : real_ftruncate(fd, size);
}

static int faulty_fsync(int fd)
{
    return disk_error == EIO && disk_fails(fd) ? -1 : real_fsync(fd);
}

static int faulty_open(const char *path, int flags, int mode)
{
    if (disk_error == EROFS && (flags & (O_RDWR | O_WRONLY | O_CREAT)) && strstr(path, "tiles.sqlite")) {
        errno = EROFS;
        return -1;
    }
    return real_open(path, flags, mode);
}

static void replace(sqlite3_vfs *vfs, const char *name, sqlite3_syscall_ptr faulty, void *out_real)
{
    sqlite3_syscall_ptr real = vfs->xGetSystemCall(vfs, name);
    if (real) {
        memcpy(out_real, &real, sizeof real);
        vfs->xSetSystemCall(vfs, name, faulty);
    }
}

static void spoil_disk(void)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL); /* which also initialises the library */
    replace(vfs, "pread", (sqlite3_syscall_ptr)faulty_pread, &real_pread);
    replace(vfs, "pread64", (sqlite3_syscall_ptr)faulty_pread, &real_pread);
    replace(vfs, "pwrite", (sqlite3_syscall_ptr)faulty_pwrite, &real_pwrite);
    replace(vfs, "pwrite64", (sqlite3_syscall_ptr)faulty_pwrite, &real_pwrite);
    replace(vfs, "ftruncate", (sqlite3_syscall_ptr)faulty_ftruncate, &real_ftruncate);
    replace(vfs, "fsync", (sqlite3_syscall_ptr)faulty_fsync, &real_fsync);
    replace(vfs, "open", (sqlite3_syscall_ptr)faulty_open, &real_open);
}

/* --- on and off --- */

static void on_signal(int number)
{
    atomic_store(&is_on, number == SIGUSR1);
}

__attribute__((constructor)) static void begin(void)
{
    const char *fault = getenv("TESELA_FAULT");
    if (!fault) {
        return;
    }
    const struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGUSR2, &action, NULL);
    if (strncmp(fault, "memory:", 7) == 0) {
        one_of = (unsigned)strtoul(fault + 7, NULL, 10);
    } else {
        disk_error = strcmp(fault, "disk:ENOSPC") == 0 ? ENOSPC : strcmp(fault, "disk:EROFS") == 0 ? EROFS : EIO;
        spoil_disk();
    }
}
