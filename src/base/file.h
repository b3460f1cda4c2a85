/* SPDX-License-Identifier: MIT */
#pragma once
/* Whole files, read and written safely. */

#include "base/buffer.h"
#include "base/error.h"

/* Reads the regular file at `path` into `out_content` (initialised here; the caller finishes it). Fails with
 * ERROR_NOT_FOUND, or ERROR_TOO_LARGE past `bytes_max`. */
bool file_read(const char *path, size_t bytes_max, struct buffer *out_content, struct error *err);

/* Replaces the file at `path` as a whole: written beside it, synced, renamed. A reader sees the old or the new one. */
bool file_write(const char *path, const void *bytes, size_t size, struct error *err);

/* The same for a file that was written as `from`, in a folder of the same file system. */
bool file_move(const char *from, const char *path, struct error *err);
/* The same for one that is on the disk already. */
bool file_rename(const char *from, const char *path, struct error *err);

/* Creates the folder `path` and those above it where missing. */
bool file_make_folder(const char *path, struct error *err);

bool file_exists(const char *path);
