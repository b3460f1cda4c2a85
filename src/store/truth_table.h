/* SPDX-License-Identifier: MIT */
#pragma once
/* The table of one layer version in the truth, inside a transaction of the caller. */

#include "base/buffer.h"
#include "base/error.h"
#include "geo/feature.h"

struct sqlite3;
struct truth_table;

struct truth_table_plan {
    const char *layer_id;
    int64_t version;
    enum geometry_kind kind;
    bool has_z;
    int32_t srid;
    const struct field *fields;
    size_t field_count;
};

/* Refuses ids whose view would take the name of another table. */
bool truth_table_check_id(struct sqlite3 *db, const char *layer_id, struct error *err);
/* Creates the table and registers its geometry. */
bool truth_table_open(struct sqlite3 *db, const struct truth_table_plan *plan, struct truth_table **out_table,
                      struct error *err);
/* `key` is the feature's place on the Hilbert curve. */
bool truth_table_add(struct truth_table *table, int64_t fid, const unsigned char *wkb, size_t wkb_size, uint64_t key,
                     const struct value *values, struct error *err);
/* Spatial index, triggers, statistics. */
bool truth_table_finish(struct truth_table *table, struct error *err);
void truth_table_close(struct truth_table *table);
const char *truth_table_name(const struct truth_table *table);
/* The columns as JSON: [{"name", "column", "type"}]. */
void truth_table_write_fields(const struct truth_table *table, struct buffer *out);

/* Makes the view `layer_id` show `table`. */
bool truth_table_show(struct sqlite3 *db, const char *layer_id, const char *table, bool has_geometry,
                      struct error *err);
/* Drops the view. */
bool truth_table_hide(struct sqlite3 *db, const char *layer_id, struct error *err);
bool truth_table_drop(struct sqlite3 *db, const char *table, bool has_geometry, struct error *err);
