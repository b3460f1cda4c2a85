/* SPDX-License-Identifier: MIT */
#pragma once
/* The truth, tesela.sqlite: a SpatiaLite file that QGIS and GDAL open, with our own tables beside. */

#include "base/error.h"

#include <stdint.h>

struct sqlite3;

struct truth {
    struct sqlite3 *db;
    void *spatialite;
    bool is_fresh; /* not there yet for others */
};

#define TRUTH_SCHEMA 1

/* Opens the file at `path` for writing. Where it is missing it is made, and is fresh until its first transaction was
 * committed and shown: no reader meets a file without its tables. */
bool truth_open(const char *path, struct truth *out_truth, struct error *err);
/* Closes a fresh one and waits for the disk; then it can be shown. */
bool truth_finish(const char *path, struct truth *truth, struct error *err);
bool truth_show(const char *path, struct truth *truth, struct error *err);
/* Accepts a zeroed one. */
void truth_close(struct truth *truth);

/* The number of the reference system `srs` in spatial_ref_sys, which gets a row where it has none. */
bool truth_srid(struct sqlite3 *db, const char *srs, int32_t *out_srid, struct error *err);
/* Raises the number by which readers see that something changed. */
bool truth_raise_generation(struct sqlite3 *db, struct error *err);
