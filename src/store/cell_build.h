/* SPDX-License-Identifier: MIT */
#pragma once
/* Builds the cells of one layer version in cells.sqlite, inside a transaction of the caller. */

#include "base/error.h"
#include "geo/feature.h"

enum { CELL_FORMAT = 7 }; /* user_version of cells.sqlite */

struct sqlite3;
struct cell_build;

/* What the cells of a version are made from. Borrowed until cell_build_close. */
struct cell_build_plan {
    int64_t serial;
    int64_t stamp;
    enum geometry_kind kind;
    size_t field_count;  /* of the values given to cell_build_add */
    const bool *hidden;  /* field_count flags */
    ptrdiff_t key_field; /* the field that gives ids, or -1: the row */
    const char *fresh;   /* what the file is to be called when it is a fresh one (fresh_file.h); else NULL */
};

/* Creates the tables where missing. */
bool cell_build_prepare(struct sqlite3 *cells, struct error *err);
/* Drops the cells of a version; none is fine. */
bool cell_build_drop(struct sqlite3 *cells, int64_t serial, struct error *err);

/* Starts the cells of a version, dropping what an earlier attempt left. */
bool cell_build_open(struct sqlite3 *cells, const struct cell_build_plan *plan, struct cell_build **out_build,
                     struct error *err);
/* `shape` in degrees. Sets `*out_key` to the feature's place on the Hilbert curve (0 without geometry). */
bool cell_build_add(struct cell_build *build, int64_t row, const struct shape *shape, const struct value *values,
                    uint64_t *out_key, struct error *err);
/* Writes blocks, trees and the entry that says that the version is complete. */
bool cell_build_finish(struct cell_build *build, struct error *err);
void cell_build_close(struct cell_build *build);
