/* SPDX-License-Identifier: MIT */
#pragma once
/* A process of our own that foreign bytes are left to, and the pipe on which it tells what it found. Whatever becomes
 * of it (crash, hang, bounds passed, nonsense) is one error here. */

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* Bounds, from the environment where it says so. */
struct child_limits {
    uint64_t memory_bytes;
    uint64_t file_bytes; /* of one temporary file, a raster's pixels included */ /* TESELA_IMPORT_MEMORY_MB, 4096 */
    uint64_t cpu_seconds;                                                        /* TESELA_IMPORT_CPU_SECONDS, 1800 */
    uint64_t silent_seconds; /* TESELA_IMPORT_SILENT_SECONDS, 300: how long it may say nothing */
    uint64_t wait_seconds;   /* TESELA_IMPORT_WAIT_SECONDS, 7200: how long it may keep us waiting in all */
};

struct child_limits child_limits_get(void);

struct child;

/* Runs `run` in a new process that ends when it returns (with exit code 0 for true) and that dies with this one. The
 * new process has a copy of this one's memory, but no files open save `to`, a scrubbed environment, and `folder` for
 * temporary files. Only for processes of one thread. */
bool child_start(bool (*run)(void *context, int to), void *context, const char *folder,
                 const struct child_limits *limits, struct child **out_child, struct error *err);

/* The next frame (import_frame.h), header included, until the next call; NULL at the end of the pipe. */
bool child_next(struct child *child, const unsigned char **out_frame, size_t *out_size, struct error *err);

/* Waits for its end. Fails with IMP-061 that says how it ended when that was not as it should. */
bool child_wait(struct child *child, struct error *err);

/* Ends it if need be. Accepts NULL. */
void child_close(struct child *child);
