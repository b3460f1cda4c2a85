/* SPDX-License-Identifier: MIT */
#include "store/cell_rebuild.h"

#include "geo/projection.h"
#include "store/cell_build.h"
#include "store/database.h"
#include "store/layer_read.h"
#include "store/truth_blob.h"

#include <sqlite3.h>
#include <string.h>

enum { FIRST_VALUE = 2, SQL_BYTES_MAX = 1024 * 1024 };

static const size_t arena_bytes_max = (size_t)1 << 31; /* one feature, several copies of it */

struct rebuild {
    struct sqlite3 *truth;
    struct layer_record record;
    struct projection *projection;
    struct cell_build *build;
    struct sqlite3_stmt *rows;
    struct value *values;
    struct arena *arena; /* of the feature at hand */
};

static bool read_record(struct rebuild *rebuild, int64_t serial, struct arena *arena, struct error *err)
{
    struct sqlite3_stmt *statement = NULL;
    if (!database_preparef(rebuild->truth, &statement, err, "SELECT %s FROM tesela_version AS v WHERE v.serial=%lld",
                           layer_read_columns, (long long)serial)) {
        return false;
    }
    bool ok = sqlite3_step(statement) == SQLITE_ROW;
    if (ok) {
        ok = layer_read(statement, arena, &rebuild->record, err);
    } else {
        error_set(err, ERROR_INTERNAL, "version %lld could not be read", (long long)serial);
    }
    sqlite3_finalize(statement);
    return ok;
}

static bool prepare_rows(struct rebuild *rebuild, int64_t rows_max, struct error *err)
{
    const struct layer_record *record = &rebuild->record;
    struct buffer sql;
    buffer_init(&sql, SQL_BYTES_MAX);
    buffer_append_text(&sql, record->layer.kind == GEOMETRY_NONE ? "SELECT fid, NULL" : "SELECT fid, geom");
    for (size_t i = 0; i < record->column_count; i++) {
        buffer_append_text(&sql, ", ");
        database_append_name(&sql, record->columns[i].column);
    }
    buffer_append_text(&sql, " FROM ");
    database_append_name(&sql, record->layer.table);
    if (rows_max > 0 && record->layer.feature_count > rows_max) {
        buffer_printf(&sql, " WHERE fid %% %lld = 0", (long long)(record->layer.feature_count / rows_max));
    }
    buffer_append_text(&sql, " ORDER BY fid");
    bool ok =
        sql.failed ? error_no_memory(err) : database_prepare(rebuild->truth, buffer_text(&sql), &rebuild->rows, err);
    buffer_finish(&sql);
    return ok;
}

static bool open_build(struct rebuild *rebuild, struct sqlite3 *cells, struct arena *arena, struct error *err)
{
    const struct layer_record *record = &rebuild->record;
    bool *hidden = arena_array(arena, record->column_count, sizeof *hidden);
    rebuild->values = arena_array(arena, record->column_count, sizeof *rebuild->values);
    if (!hidden || !rebuild->values) {
        return error_no_memory(err);
    }
    for (size_t i = 0; i < record->column_count; i++) {
        hidden[i] = record->columns[i].hidden;
    }
    struct cell_build_plan plan = {.serial = record->layer.serial,
                                   .stamp = record->layer.stamp,
                                   .kind = record->layer.kind,
                                   .field_count = record->column_count,
                                   .hidden = hidden,
                                   .key_field = record->key_column};
    return cell_build_open(cells, &plan, &rebuild->build, err);
}

/* The geometry in degrees, as a load gives it. */
static bool read_shape(struct rebuild *rebuild, struct shape *out_shape, struct error *err)
{
    *out_shape = (struct shape){0};
    const unsigned char *blob = sqlite3_column_blob(rebuild->rows, 1);
    if (!blob) {
        return true;
    }
    struct shape original;
    size_t size = (size_t)sqlite3_column_bytes(rebuild->rows, 1);
    if (!truth_blob_to_shape(blob, size, rebuild->arena, &original, err)) {
        return false;
    }
    double *xy = arena_memdup(rebuild->arena, original.xy, (size_t)original.vertex_count * 2 * sizeof *xy);
    if (!xy) {
        return error_no_memory(err);
    }
    if (projection_to_lonlat(rebuild->projection, xy, original.vertex_count) > 0) {
        return true; /* outside the reference system: an item without geometry */
    }
    original.xy = xy;
    return shape_cut_at_antimeridian(&original, rebuild->arena, out_shape) || error_no_memory(err);
}

static bool copy_rows(struct rebuild *rebuild, struct error *err)
{
    int code;
    while ((code = sqlite3_step(rebuild->rows)) == SQLITE_ROW) {
        struct shape shape;
        uint64_t key;
        int64_t row = sqlite3_column_int64(rebuild->rows, 0);
        for (size_t i = 0; i < rebuild->record.column_count; i++) {
            rebuild->values[i] = layer_read_value(rebuild->rows, (int)i + FIRST_VALUE, rebuild->record.columns[i].type);
        }
        bool ok =
            read_shape(rebuild, &shape, err) && cell_build_add(rebuild->build, row, &shape, rebuild->values, &key, err);
        arena_reset(rebuild->arena);
        if (!ok) {
            error_prefix(err, "row %lld", (long long)row);
            return false;
        }
    }
    return code == SQLITE_DONE || database_fail(rebuild->truth, err);
}

bool cell_rebuild(struct sqlite3 *truth, struct sqlite3 *cells, int64_t serial, int64_t rows_max, struct error *err)
{
    struct rebuild rebuild = {.truth = truth};
    struct arena *arena = arena_create((size_t)64 << 20);
    rebuild.arena = arena_create(arena_bytes_max);
    bool ok = (arena && rebuild.arena) || error_no_memory(err);
    ok = ok && read_record(&rebuild, serial, arena, err);
    if (ok) {
        ok = (rebuild.record.layer.kind == GEOMETRY_NONE ||
              projection_open(rebuild.record.layer.srs, &rebuild.projection, err)) &&
             prepare_rows(&rebuild, rows_max, err) && open_build(&rebuild, cells, arena, err) &&
             copy_rows(&rebuild, err) && cell_build_finish(rebuild.build, err);
        if (!ok) {
            error_prefix(err, "layer \"%s\"", rebuild.record.layer.id);
        }
    }
    sqlite3_finalize(rebuild.rows);
    cell_build_close(rebuild.build);
    projection_close(rebuild.projection);
    arena_destroy(rebuild.arena);
    arena_destroy(arena);
    return ok;
}
