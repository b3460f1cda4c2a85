/* SPDX-License-Identifier: MIT */
#pragma once
/* Taking rights away from this process for good, before foreign bytes are opened: no network, no new processes, no
 * files but the ones named, bounds on memory, processor time, file size and descriptors. */

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct isolation {
    const char *const
        *read_paths; /* files or folders (with all that is below) that may be read; absent ones are none */
    size_t read_path_count;
    const char *list_path;    /* a folder whose names may be listed; NULL: none */
    const char *write_folder; /* may be read and written */
    uint64_t memory_bytes;    /* of address space beyond what the process has now */
    uint64_t cpu_seconds;
    uint64_t file_bytes; /* of any one file written */
    unsigned descriptors;
};

/* How far it went. */
enum isolation_outcome {
    ISOLATION_WHOLE,
    ISOLATION_WITHOUT_LANDLOCK, /* the kernel has no Landlock: files are guarded by nothing but their owners */
    ISOLATION_NONE              /* a sanitizer needs the rights */
};

/* Cannot be undone, and holds for all threads made afterwards. False: rights could not be taken away, go no further. */
bool isolation_enter(const struct isolation *isolation, enum isolation_outcome *out_outcome, struct error *err);
