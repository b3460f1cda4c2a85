/* SPDX-License-Identifier: MIT */
#pragma once
/* A file that is written in large blocks. */

#include "base/buffer.h"
#include "base/error.h"

struct export_file {
    int fd;
    const char *path;
    struct buffer out; /* append here */
};

bool export_file_open(const char *path, struct export_file *out_file, struct error *err);
/* Writes what has gathered when it is much; checks that nothing was lost. */
bool export_file_flush(struct export_file *file, struct error *err);
/* Writes all of it. */
bool export_file_finish(struct export_file *file, struct error *err);
/* Accepts one that was never opened, when it is zero. */
void export_file_close(struct export_file *file);
