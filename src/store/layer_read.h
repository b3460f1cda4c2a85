/* SPDX-License-Identifier: MIT */
#pragma once
/* A row of tesela_version, with its descriptor, as a layer. */

#include "store/store.h"

struct sqlite3;
struct sqlite3_stmt;

/* A column of the table in the truth, hidden ones too. */
struct layer_column {
    const char *name; /* of the field */
    const char *column;
    enum field_type type;
    bool hidden;
};

struct layer_record {
    struct store_layer layer;
    const struct layer_column *columns;
    size_t column_count;
    bool has_z;
    ptrdiff_t key_column; /* or -1 */
};

/* The columns to select, in the order that layer_read expects, from tesela_version. */
extern const char layer_read_columns[];

/* Reads the row on which `statement` stands. */
bool layer_read(struct sqlite3_stmt *statement, struct arena *arena, struct layer_record *out_record,
                struct error *err);
/* Reads all rows of `statement`, and finalizes it. */
bool layer_read_all(struct sqlite3 *db, struct sqlite3_stmt *statement, struct arena *arena,
                    struct store_layer_list *out_list, struct error *err);
/* The version that `layer` is, read anew. ERROR_NOT_FOUND when it was dropped meanwhile. */
bool layer_read_version(struct sqlite3 *db, const struct store_layer *layer, struct arena *arena,
                        struct layer_record *out_record, struct error *err);
/* A value of the table of a version; text is valid until the statement is stepped. */
struct value layer_read_value(struct sqlite3_stmt *statement, int column, enum field_type type);

/* What a descriptor says of a field. */
bool layer_read_is_hidden(const struct value *descriptor, const char *field);
/* The index in `names` of the field that gives ids, or -1. */
ptrdiff_t layer_read_key(const struct value *descriptor, const char *const *names, size_t count);
