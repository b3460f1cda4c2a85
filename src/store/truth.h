/* SPDX-License-Identifier: MIT */
#pragma once
/* The truth, tesela.sqlite: a SpatiaLite file that QGIS and GDAL open, with our own tables beside. */

#include "base/error.h"

#include <stdint.h>

struct sqlite3;

struct truth {
    struct sqlite3 *db;
    void *spatialite;
};

#define TRUTH_SCHEMA 1

/* Opens the file at `path` for writing, making it where missing: as a whole or not at all. */
bool truth_open(const char *path, struct truth *out_truth, struct error *err);
/* Accepts a zeroed one. */
void truth_close(struct truth *truth);

/* The number of the reference system `srs` in spatial_ref_sys, which gets a row where it has none. */
bool truth_srid(struct sqlite3 *db, const char *srs, int32_t *out_srid, struct error *err);
/* Raises the number by which readers see that something changed. */
bool truth_raise_generation(struct sqlite3 *db, struct error *err);
