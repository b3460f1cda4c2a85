/* SPDX-License-Identifier: MIT */
#pragma once
/* A database that nobody has seen yet is written beside its place, without a log and without waiting for the disk:
 * each byte once. It gets its name when it is whole. A process that dies before leaves a file that the next writer
 * removes. For the holder of the write lock. */

#include "base/error.h"

struct sqlite3;

/* Starts the file that is to become `path`, anew if there is one. Transactions of the connection can be rolled back. */
bool fresh_file_open(const char *path, int page_bytes, struct sqlite3 **out_db, struct error *err);
/* The last thing done by its connection, outside of a transaction: from then on the file is one with a write-ahead
 * log. */
bool fresh_file_finish(struct sqlite3 *db, struct error *err);
/* Lets the disk begin with what was written up to now, inside of a transaction or not; with NULL for the connection,
 * what has left its memory. */
void fresh_file_hasten(struct sqlite3 *db, const char *path);
/* When the connection is closed: waits until the file is on the disk. */
bool fresh_file_sync(const char *path, struct error *err);
/* Gives the file, which is on the disk, its name. */
bool fresh_file_show(const char *path, struct error *err);
/* Removes what there is of a file that was started. */
void fresh_file_drop(const char *path);
