/* SPDX-License-Identifier: MIT */
#include "ingest/child.h"

#include "base/clock.h"
#include "base/text.h"
#include "ingest/import_frame.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
#define SANITIZED 1
#elif defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

enum { PIPE_BYTES = 1 << 20, CHILD_PIPE = 3, SPARE_DESCRIPTOR = 10, END_SECONDS = 10 };

#define SECOND_NS ((int64_t)1000 * 1000 * 1000)

struct child {
    pid_t process; /* 0: has ended and was waited for */
    int from;
    int status;
    struct child_limits limits;
    int64_t waited_ns;
    unsigned char *bytes; /* read and not yet handed out: from `start` on */
    size_t start;
    size_t length;
    size_t room;
};

static uint64_t limit_of(const char *name, uint64_t usual, uint64_t max)
{
    const char *said = getenv(name);
    uint64_t number = 0;
    return said && text_to_uint(text_of(said), max, &number) && number > 0 ? number : usual;
}

struct child_limits child_limits_get(void)
{
    return (struct child_limits){
        .memory_bytes = limit_of("TESELA_IMPORT_MEMORY_MB", 4096, (uint64_t)1 << 20) << 20,
        .file_bytes = limit_of("TESELA_IMPORT_FILE_MB", 4096, (uint64_t)1 << 24) << 20,
        .cpu_seconds = limit_of("TESELA_IMPORT_CPU_SECONDS", 1800, 1000000),
        .silent_seconds = limit_of("TESELA_IMPORT_SILENT_SECONDS", 300, 1000000),
        .wait_seconds = limit_of("TESELA_IMPORT_WAIT_SECONDS", 7200, 1000000),
    };
}

/* --- in the new process --- */

/* Its only descriptors are the pipe and nothing on 0, 1 and 2; a sanitizer keeps its voice. */
static bool drop_descriptors(int to)
{
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    int spare = fcntl(to, F_DUPFD, SPARE_DESCRIPTOR);
    if (nothing < 0 || spare < 0 || dup2(nothing, STDIN_FILENO) < 0) {
        return false;
    }
    if (!SANITIZED && (dup2(nothing, STDOUT_FILENO) < 0 || dup2(nothing, STDERR_FILENO) < 0)) {
        return false;
    }
    return dup2(spare, CHILD_PIPE) == CHILD_PIPE && close_range(CHILD_PIPE + 1, ~0U, 0) == 0;
}

/* Variables steer libraries: only those remain that say where their data is and what language is spoken. */
static bool scrub_environment(const char *folder)
{
    static const char *const kept[] = {"PROJ_DATA", "PROJ_LIB", "GDAL_DATA", "LANG",
                                       "LC_ALL",    "LC_CTYPE", "TZ",        "TESELA_ARENA_DEBUG"};
    enum { KEPT = sizeof kept / sizeof kept[0] };
    char *values[KEPT] = {NULL};
    bool ok = true;
    for (size_t i = 0; i < KEPT; i++) {
        const char *value = getenv(kept[i]);
        values[i] = value ? strdup(value) : NULL;
        ok &= !value || values[i];
    }
    ok &= clearenv() == 0;
    for (size_t i = 0; i < KEPT; i++) {
        ok &= !values[i] || setenv(kept[i], values[i], 1) == 0;
        free(values[i]);
    }
    return ok && setenv("TMPDIR", folder, 1) == 0 && setenv("HOME", folder, 1) == 0 &&
           setenv("PROJ_NETWORK", "OFF", 1) == 0 && setenv("PROJ_USER_WRITABLE_DIRECTORY", folder, 1) == 0;
}

static void live(bool (*run)(void *context, int to), void *context, const char *folder, int to, pid_t parent)
{
    bool ok = prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent && drop_descriptors(to) &&
              scrub_environment(folder) && run(context, CHILD_PIPE);
#if defined(__SANITIZE_ADDRESS__)
    __lsan_do_leak_check();
#endif
    _exit(ok ? 0 : 1);
}

/* --- in this process --- */

bool child_start(bool (*run)(void *context, int to), void *context, const char *folder,
                 const struct child_limits *limits, struct child **out_child, struct error *err)
{
    int ends[2] = {-1, -1};
    struct child *child = calloc(1, sizeof *child);
    if (!child) {
        return error_no_memory(err);
    }
    child->limits = *limits;
    child->room = 2 * IMPORT_BATCH_BYTES;
    child->bytes = malloc(child->room);
    if (!child->bytes) {
        error_no_memory(err);
        goto done;
    }
    if (pipe2(ends, O_CLOEXEC) != 0) {
        error_set(err, ERROR_UNAVAILABLE, "no pipe could be made: %s", strerror(errno));
        goto done;
    }
    /* Fewer turns; what is usual will do where it is not allowed. */
    (void)fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES);
    pid_t parent = getpid();
    pid_t process = fork();
    if (process == 0) {
        free(child->bytes); /* the parent's */
        free(child);
        live(run, context, folder, ends[1], parent);
    }
    close(ends[1]);
    if (process < 0) {
        error_set(err, ERROR_UNAVAILABLE, "no process could be started: %s", strerror(errno));
        close(ends[0]);
        goto done;
    }
    child->process = process;
    child->from = ends[0];
    *out_child = child;
    return true;
done:
    free(child->bytes);
    free(child);
    return false;
}

/* Room for a frame of `size` bytes, of which some are there already. It grows with what has come, not with what a
 * header claims. */
static bool make_room(struct child *child, size_t size, struct error *err)
{
    if (child->start > 0 && (child->start == child->length || child->start + size > child->room)) {
        memmove(child->bytes, child->bytes + child->start, child->length - child->start);
        child->length -= child->start;
        child->start = 0;
    }
    if (child->length == child->room) {
        unsigned char *larger = realloc(child->bytes, child->room * 2);
        if (!larger) {
            return error_no_memory(err);
        }
        child->bytes = larger;
        child->room *= 2;
    }
    return true;
}

static bool wait_for_bytes(struct child *child, struct error *err)
{
    int64_t begun = clock_monotonic_ns();
    int64_t silent_ns = (int64_t)child->limits.silent_seconds * SECOND_NS;
    int64_t whole_ns = (int64_t)child->limits.wait_seconds * SECOND_NS - child->waited_ns;
    int64_t patience_ns = silent_ns < whole_ns ? silent_ns : whole_ns;
    for (;;) {
        int64_t spent_ns = clock_monotonic_ns() - begun;
        int64_t left_ms = (patience_ns - spent_ns) / (1000 * 1000);
        if (left_ms <= 0) {
            error_tell(
                err, ERROR_INVALID, "IMP-061", "reading it came to no end (gave up after %llu s)",
                "su lectura no terminaba (se abandonó después de %llu s)",
                (unsigned long long)(silent_ns < whole_ns ? child->limits.silent_seconds : child->limits.wait_seconds));
            return false;
        }
        struct pollfd pipe = {.fd = child->from, .events = POLLIN};
        int ready = poll(&pipe, 1, left_ms > 60000 ? 60000 : (int)left_ms);
        if (ready > 0) {
            child->waited_ns += clock_monotonic_ns() - begun;
            return true;
        }
        if (ready < 0 && errno != EINTR) {
            error_set(err, ERROR_UNAVAILABLE, "waiting failed: %s", strerror(errno));
            return false;
        }
    }
}

/* `*out_end`: nothing more will come. */
static bool read_more(struct child *child, size_t size, bool *out_end, struct error *err)
{
    if (!make_room(child, size, err) || !wait_for_bytes(child, err)) {
        return false;
    }
    ssize_t got = read(child->from, child->bytes + child->length, child->room - child->length);
    if (got < 0 && errno != EINTR) {
        error_set(err, ERROR_UNAVAILABLE, "the pipe could not be read: %s", strerror(errno));
        return false;
    }
    child->length += got > 0 ? (size_t)got : 0;
    *out_end = got == 0;
    return true;
}

bool child_next(struct child *child, const unsigned char **out_frame, size_t *out_size, struct error *err)
{
    size_t wanted = IMPORT_HEADER_BYTES;
    for (;;) {
        size_t there = child->length - child->start;
        if (there >= IMPORT_HEADER_BYTES) {
            size_t payload = 0;
            if (!import_frame_size(child->bytes + child->start, &payload)) {
                error_tell(err, ERROR_INVALID, "IMP-061", "the reading process sent something that makes no sense",
                           "el proceso de lectura envió algo que no tiene sentido");
                return false;
            }
            wanted = IMPORT_HEADER_BYTES + payload;
        }
        if (there >= wanted) {
            *out_frame = child->bytes + child->start;
            *out_size = wanted;
            child->start += wanted;
            return true;
        }
        bool end = false;
        if (!read_more(child, wanted, &end, err)) {
            return false;
        }
        if (end) {
            /* Half a frame is left by a process that died over it: child_wait says how. */
            *out_frame = NULL;
            *out_size = 0;
            return true;
        }
    }
}

/* Waits a while for the process to end by itself. */
static bool reap(struct child *child, int64_t patience_ns)
{
    int64_t begun = clock_monotonic_ns();
    while (child->process > 0) {
        pid_t done = waitpid(child->process, &child->status, WNOHANG);
        if (done == child->process || (done < 0 && errno != EINTR)) {
            child->process = 0;
            return true;
        }
        if (clock_monotonic_ns() - begun > patience_ns) {
            return false;
        }
        poll(NULL, 0, 1);
    }
    return true;
}

static void end(struct child *child)
{
    if (child->process > 0) {
        kill(child->process, SIGKILL);
        while (waitpid(child->process, &child->status, 0) < 0 && errno == EINTR) {
        }
        child->process = 0;
    }
}

static void tell_signal(const struct child *child, int number, struct error *err)
{
    switch (number) {
    case SIGXCPU:
        error_tell(err, ERROR_INVALID, "IMP-061", "reading it took more than %llu s of processor time",
                   "su lectura tomó más de %llu s de procesador", (unsigned long long)child->limits.cpu_seconds);
        return;
    case SIGXFSZ:
        error_tell(err, ERROR_INVALID, "IMP-061", "reading it wrote a temporary file that is too large",
                   "su lectura escribió un archivo temporal demasiado grande");
        return;
    case SIGKILL:
        error_tell(err, ERROR_INVALID, "IMP-061",
                   "the process that read it was killed (the machine's memory may be out)",
                   "el proceso que lo leía fue terminado (quizá se acabó la memoria de la máquina)");
        return;
    default:
        error_tell(err, ERROR_INVALID, "IMP-061", "the program that reads it crashed (%s)",
                   "el programa que lo lee falló (%s)", strsignal(number));
    }
}

bool child_wait(struct child *child, struct error *err)
{
    if (!reap(child, END_SECONDS * SECOND_NS)) {
        end(child);
        error_tell(err, ERROR_INVALID, "IMP-061", "the process that read it did not end",
                   "el proceso que lo leía no terminó");
        return false;
    }
    if (WIFSIGNALED(child->status)) {
        tell_signal(child, WTERMSIG(child->status), err);
        return false;
    }
    if (WEXITSTATUS(child->status) != 0) {
        error_tell(err, ERROR_INVALID, "IMP-061", "the process that read it ended early (%d)",
                   "el proceso que lo leía terminó antes de tiempo (%d)", WEXITSTATUS(child->status));
        return false;
    }
    return true;
}

void child_close(struct child *child)
{
    if (child) {
        end(child);
        close(child->from);
        free(child->bytes);
        free(child);
    }
}
