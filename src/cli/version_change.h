/* SPDX-License-Identifier: MIT */
#pragma once
/* What publish, unpublish and rollback share: a command on one version of a layer. */

#include "store/store_writer.h"

/* What a command asks for: "LAYER [VERSION] [--data DIR]". */
struct version_change {
    const char *layer;
    int64_t wanted; /* 0: none was named */
    int64_t from;   /* filled by `run` as it sees fit */
    int64_t to;
};

/* Reads the words of a command and runs `run` on the opened store. CLI_DONE when it was done; else what went wrong was
 * told, and the exit code says so. */
int version_change_run(int argc, char **argv, const char *usage,
                       bool (*run)(struct store_writer *writer, struct version_change *change, struct error *err),
                       struct version_change *out_change);
