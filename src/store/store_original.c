/* SPDX-License-Identifier: MIT */
#include "store/store_original.h"

#include "store/database.h"
#include "store/layer_read.h"
#include "store/reader.h"
#include "store/truth_blob.h"

#include <sqlite3.h>
#include <stdlib.h>

enum { FIRST_VALUE = 2, SQL_BYTES_MAX = 1024 * 1024 };

#define RECORD_ARENA_BYTES ((size_t)64 << 20)
#define FEATURE_ARENA_BYTES ((size_t)1 << 30) /* one geometry */

struct store_originals {
    struct sqlite3 *db;
    bool in_transaction;
    struct arena *arena;
    struct arena *feature_arena;
    struct layer_record record;
    struct store_originals_info info;
    struct value *values;
    struct sqlite3_stmt *scan;
};

static bool describe(struct store_originals *originals, struct error *err)
{
    const struct layer_record *record = &originals->record;
    struct store_original_column *columns = arena_array(originals->arena, record->column_count, sizeof *columns);
    originals->values = arena_array(originals->arena, record->column_count, sizeof *originals->values);
    if (!columns || !originals->values) {
        return error_no_memory(err);
    }
    for (size_t i = 0; i < record->column_count; i++) {
        columns[i] =
            (struct store_original_column){record->columns[i].name, record->columns[i].type, record->columns[i].hidden};
    }
    int64_t type = 0;
    if (record->layer.kind == GEOMETRY_POINT &&
        !database_number(originals->db, 0, &type, err,
                         "SELECT geometry_type FROM geometry_columns WHERE f_table_name=lower(%Q)",
                         record->layer.table)) {
        return false;
    }
    originals->info = (struct store_originals_info){.columns = columns,
                                                    .column_count = record->column_count,
                                                    .has_z = record->has_z,
                                                    .has_multi_points = type % 1000 == 4};
    return true;
}

static bool prepare(struct store_originals *originals, struct error *err)
{
    const struct layer_record *record = &originals->record;
    struct buffer sql;
    buffer_init(&sql, SQL_BYTES_MAX);
    buffer_append_text(&sql, record->layer.kind == GEOMETRY_NONE ? "SELECT fid, NULL" : "SELECT fid, geom");
    for (size_t i = 0; i < record->column_count; i++) {
        buffer_append_text(&sql, ", ");
        database_append_name(&sql, record->columns[i].column);
    }
    buffer_append_text(&sql, " FROM ");
    database_append_name(&sql, record->layer.table);
    buffer_append_text(&sql, " ORDER BY fid");
    bool ok =
        sql.failed ? error_no_memory(err) : database_prepare(originals->db, buffer_text(&sql), &originals->scan, err);
    buffer_finish(&sql);
    return ok;
}

bool store_originals_open(struct store *store, const struct store_version *version,
                          struct store_originals **out_originals, struct error *err)
{
    bool ok = false;
    if (!reader_refresh(store, err)) {
        return false;
    }
    if (!store->truth.db) {
        error_tell(err, ERROR_NOT_FOUND, "STO-014", "there is no layer \"%.80s\": \"tesela layers\" lists them",
                   "no existe la capa «%.80s»: «tesela layers» las lista", version->layer.id);
        return false;
    }
    struct store_originals *originals = calloc(1, sizeof *originals);
    if (!originals) {
        return error_no_memory(err);
    }
    originals->db = store->truth.db;
    originals->arena = arena_create(RECORD_ARENA_BYTES);
    originals->feature_arena = arena_create(FEATURE_ARENA_BYTES);
    if (!originals->arena || !originals->feature_arena) {
        error_no_memory(err);
        goto done;
    }
    /* One transaction: a load that ends meanwhile may drop the table. */
    originals->in_transaction = database_run(originals->db, "BEGIN", err);
    if (!originals->in_transaction ||
        !layer_read_version(originals->db, &version->layer, originals->arena, &originals->record, err) ||
        !describe(originals, err) || !prepare(originals, err)) {
        goto done;
    }
    *out_originals = originals;
    originals = NULL;
    ok = true;
done:
    store_originals_close(originals);
    return ok;
}

void store_originals_close(struct store_originals *originals)
{
    if (!originals) {
        return;
    }
    sqlite3_finalize(originals->scan);
    if (originals->in_transaction) {
        database_run(originals->db, "COMMIT", NULL);
    }
    arena_destroy(originals->arena);
    arena_destroy(originals->feature_arena);
    free(originals);
}

const struct store_originals_info *store_originals_info(const struct store_originals *originals)
{
    return &originals->info;
}

bool store_originals_next(struct store_originals *originals, struct store_original *out_original, bool *out_end,
                          struct error *err)
{
    struct sqlite3_stmt *scan = originals->scan;
    int code = sqlite3_step(scan);
    if (code == SQLITE_DONE) {
        *out_end = true;
        return true;
    }
    if (code != SQLITE_ROW) {
        return database_fail(originals->db, err);
    }
    struct store_original original = {.row = sqlite3_column_int64(scan, 0), .values = originals->values};
    struct text blob = reader_column(scan, 1);
    arena_reset(originals->feature_arena);
    if (blob.length > 0 && !truth_blob_to_wkb((const unsigned char *)blob.data, blob.length, originals->feature_arena,
                                              &original.wkb, &original.wkb_size, err)) {
        error_prefix(err, "table \"%s\": row %lld", originals->record.layer.table, (long long)original.row);
        return false;
    }
    for (size_t i = 0; i < originals->record.column_count; i++) {
        originals->values[i] = layer_read_value(scan, (int)i + FIRST_VALUE, originals->record.columns[i].type);
    }
    *out_original = original;
    *out_end = false;
    return true;
}

void store_originals_rewind(struct store_originals *originals)
{
    sqlite3_reset(originals->scan);
}
