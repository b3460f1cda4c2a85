/* SPDX-License-Identifier: MIT */
#pragma once
/* Connections to SQLite files: opened with what a reader or a writer may do, and errors in our words. */

#include "base/buffer.h"
#include "base/error.h"

#include <stdint.h>

struct sqlite3;
struct sqlite3_stmt;

/* A connection that can only read: defensive, no extensions, small limits, mapped into memory. SpatiaLite is not
 * needed. ERROR_UNAVAILABLE when the file is absent, locked or damaged. */
bool database_open_reader(const char *path, struct sqlite3 **out_db, struct error *err);
/* A connection that creates the file where missing, with write-ahead log. `sync` is "FULL" or "NORMAL". */
bool database_open_writer(const char *path, int page_bytes, const char *sync, struct sqlite3 **out_db,
                          struct error *err);
/* A connection to a file that no other one opens and that may be lost: without log, and nothing waits for the disk. */
bool database_open_unseen(const char *path, int page_bytes, struct sqlite3 **out_db, struct error *err);
/* Accepts NULL. Statements must be finalized before. */
void database_close(struct sqlite3 *db);
/* Leaves NULL. */
void database_finalize(struct sqlite3_stmt **statement);

/* Moves the log into the file as far as readers allow, without waiting long for them. */
void database_checkpoint(struct sqlite3 *db);

/* Fills `err` with what the connection says and returns false. */
bool database_fail(struct sqlite3 *db, struct error *err);
/* True when the last error of the connection was damage of the file. */
bool database_is_damaged(struct sqlite3 *db);

/* Runs SQL without results. The second takes the formats of sqlite3_mprintf (%Q texts, %w identifiers). */
bool database_run(struct sqlite3 *db, const char *sql, struct error *err);
bool database_runf(struct sqlite3 *db, struct error *err, const char *format, ...);
bool database_prepare(struct sqlite3 *db, const char *sql, struct sqlite3_stmt **out_statement, struct error *err);
bool database_preparef(struct sqlite3 *db, struct sqlite3_stmt **out_statement, struct error *err, const char *format,
                       ...);
/* Steps a statement that gives no row, and resets it. */
bool database_step_done(struct sqlite3 *db, struct sqlite3_stmt *statement, struct error *err);
/* The first column of the first row as a number; `absent` when there is no row or it is NULL. */
bool database_number(struct sqlite3 *db, int64_t absent, int64_t *out_number, struct error *err, const char *format,
                     ...);

/* Appends a name to SQL in double quotes. */
void database_append_name(struct buffer *sql, const char *name);
