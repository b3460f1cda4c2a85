/* SPDX-License-Identifier: MIT */
#pragma once
/* What stands behind `struct store_writer`. For the files of this room only. */

#include "store/store_writer.h"
#include "store/truth.h"

#include <limits.h>

struct load;

struct store_writer {
    char directory[PATH_MAX];
    char truth_path[PATH_MAX];
    char cells_path[PATH_MAX];
    int lock;
    int kept; /* versions of each layer */
    struct truth truth;
    struct sqlite3 *cells;
    bool cells_are_fresh; /* not there yet for others */
    bool rests;           /* both files were closed when they got their names */
    struct load *load;    /* NULL: none was begun */
};

/* Opens the files again, should they have been closed; before anything is done with them. */
bool writer_wake(struct store_writer *writer, struct error *err);

/* Drops a load that was begun. */
void writer_discard_load(struct store_writer *writer);
/* Drops what no version owns any more and shortens the logs. What cannot be done now the next writer does. */
void writer_tidy(struct store_writer *writer);

/* Opens the file of the cells, or begins one. */
bool writer_open_cells(struct store_writer *writer, struct error *err);
/* The same; a damaged one is thrown away. */
bool writer_open_cells_or_anew(struct store_writer *writer, struct error *err);
/* Commits the transactions of both files, of the cells alone, and shows files that are fresh. */
bool writer_commit(struct store_writer *writer, struct error *err);
bool writer_commit_cells(struct store_writer *writer, struct error *err);

/* Builds the cells of one version in one transaction: readers see the old ones until it ends. */
bool writer_build_cells(struct store_writer *writer, int64_t serial, struct error *err);
bool writer_has_cells(struct store_writer *writer, int64_t serial, bool *out_has, struct error *err);

/* --- inside a transaction of the truth --- */

/* Makes `serial`, whose cells are there, the served version of `layer`. */
bool writer_show(struct store_writer *writer, const char *layer, int64_t serial, struct error *err);
/* Drops the versions of `layer` that meet an SQL condition on the row `v` of tesela_version, tables included. */
bool writer_drop_versions(struct sqlite3 *db, const char *layer, const char *condition, struct error *err);

/* Fails with "there is no layer". */
bool writer_fail_not_found(const char *layer, struct error *err);
