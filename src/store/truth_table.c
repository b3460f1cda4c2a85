/* SPDX-License-Identifier: MIT */
/* SpatiaLite registers the table while it is empty, which is cheap; then its triggers are taken off, rows come in, the
 * spatial index is packed at once, and the triggers are put back. */
#include "store/truth_table.h"

#include "base/json_write.h"
#include "store/database.h"
#include "store/rtree_pack.h"
#include "store/truth_blob.h"

#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { NAME_BYTES = 96, BLOB_BYTES_MAX = 512 * 1024 * 1024, SQL_BYTES_MAX = 1024 * 1024, FIRST_VALUE = 3 };

struct truth_table {
    struct sqlite3 *db;
    struct truth_table_plan plan;
    char name[NAME_BYTES];
    char **columns;
    struct sqlite3_stmt *insert;
    struct buffer blob;
    struct buffer triggers; /* SQL that makes them again */
    bool has_multi_points;
    int64_t row_count;
    struct bbox bbox;
    struct rtree_entry *entries;
    size_t entry_count;
    size_t entry_capacity;
};

/* Declared so that GDAL, QGIS and people see the type. */
static const char *column_type(enum field_type type)
{
    switch (type) {
    case FIELD_STRING:
        return "TEXT";
    case FIELD_INTEGER:
        return "BIGINT"; /* "INTEGER" would be 32 bits to GDAL */
    case FIELD_REAL:
        return "DOUBLE";
    case FIELD_BOOLEAN:
        return "BOOLEAN";
    case FIELD_DATE:
        return "DATE";
    case FIELD_DATETIME:
        return "TIMESTAMP";
    case FIELD_TIME:
        return "TIME";
    }
    return "TEXT";
}

static const char *geometry_type(enum geometry_kind kind)
{
    return kind == GEOMETRY_POINT ? "POINT" : kind == GEOMETRY_LINE ? "MULTILINESTRING" : "MULTIPOLYGON";
}

static bool is_taken(struct sqlite3 *db, const char *name, bool *out_taken, struct error *err)
{
    int64_t count;
    if (!database_number(db, 0, &count, err, "SELECT count(*) FROM sqlite_master WHERE lower(name)=lower(%Q)", name)) {
        return false;
    }
    *out_taken = count > 0;
    return true;
}

bool truth_table_check_id(struct sqlite3 *db, const char *layer_id, struct error *err)
{
    static const char *const reserved[] = {"sqlite_", "tesela_", "idx_"};
    int64_t known;
    bool taken;
    if (!database_number(db, 0, &known, err, "SELECT count(*) FROM tesela_layer WHERE id=%Q", layer_id)) {
        return false;
    }
    if (known > 0) {
        return true;
    }
    if (!is_taken(db, layer_id, &taken, err)) {
        return false;
    }
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++) {
        taken = taken || strncmp(layer_id, reserved[i], strlen(reserved[i])) == 0;
    }
    if (taken) {
        error_tell(err, ERROR_INVALID, "STO-011",
                   "layer \"%s\": the name is used inside the data file: choose another id",
                   "capa «%s»: el nombre ya se usa dentro del archivo de datos: elija otro identificador", layer_id);
    }
    return !taken;
}

static bool choose_name(struct truth_table *table, struct error *err)
{
    bool taken = true;
    for (int attempt = 1; taken && attempt < 100; attempt++) {
        int length =
            snprintf(table->name, sizeof table->name, "%s_v%lld", table->plan.layer_id, (long long)table->plan.version);
        if (attempt > 1 && length > 0) {
            snprintf(table->name + length, sizeof table->name - (size_t)length, "_%d", attempt);
        }
        if (!is_taken(table->db, table->name, &taken, err)) {
            return false;
        }
    }
    if (taken) {
        error_set(err, ERROR_INTERNAL, "layer \"%s\": no free table name", table->plan.layer_id);
    }
    return !taken;
}

static bool column_is_free(char *const *columns, size_t count, const char *name)
{
    static const char *const ours[] = {"fid", "geom", "rowid", "oid", "_rowid_"};
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
        if (strcasecmp(name, ours[i]) == 0) {
            return false;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (sqlite3_stricmp(name, columns[i]) == 0) {
            return false;
        }
    }
    return true;
}

/* Column names must differ without regard to case; fields need not. */
static bool choose_columns(struct truth_table *table, struct error *err)
{
    table->columns = calloc(table->plan.field_count + 1, sizeof *table->columns);
    if (!table->columns) {
        return error_no_memory(err);
    }
    for (size_t i = 0; i < table->plan.field_count; i++) {
        char *name = sqlite3_mprintf("%s", table->plan.fields[i].name);
        for (int attempt = 2; name && !column_is_free(table->columns, i, name); attempt++) {
            sqlite3_free(name);
            name = sqlite3_mprintf("%s_%d", table->plan.fields[i].name, attempt);
        }
        if (!name) {
            return error_no_memory(err);
        }
        table->columns[i] = name;
    }
    return true;
}

static bool create_table(struct truth_table *table, struct error *err)
{
    struct buffer sql;
    buffer_init(&sql, SQL_BYTES_MAX);
    buffer_append_text(&sql, "CREATE TABLE ");
    database_append_name(&sql, table->name);
    buffer_append_text(&sql, " (fid INTEGER PRIMARY KEY");
    if (table->plan.kind != GEOMETRY_NONE) {
        buffer_printf(&sql, ", geom %s", geometry_type(table->plan.kind));
    }
    for (size_t i = 0; i < table->plan.field_count; i++) {
        buffer_append_text(&sql, ", ");
        database_append_name(&sql, table->columns[i]);
        buffer_printf(&sql, " %s", column_type(table->plan.fields[i].type));
    }
    buffer_append_text(&sql, ")");
    bool ok = sql.failed ? error_no_memory(err) : database_run(table->db, buffer_text(&sql), err);
    buffer_finish(&sql);
    return ok;
}

static bool prepare_insert(struct truth_table *table, struct error *err)
{
    struct buffer sql;
    buffer_init(&sql, SQL_BYTES_MAX);
    buffer_append_text(&sql, "INSERT INTO ");
    database_append_name(&sql, table->name);
    buffer_append_text(&sql, table->plan.kind != GEOMETRY_NONE ? " (fid, geom" : " (fid");
    for (size_t i = 0; i < table->plan.field_count; i++) {
        buffer_append_text(&sql, ", ");
        database_append_name(&sql, table->columns[i]);
    }
    buffer_append_text(&sql, table->plan.kind != GEOMETRY_NONE ? ") VALUES (?1, ?2" : ") VALUES (?1");
    for (size_t i = 0; i < table->plan.field_count; i++) {
        buffer_printf(&sql, ", ?%zu", i + FIRST_VALUE);
    }
    buffer_append_text(&sql, ")");
    bool ok = sql.failed ? error_no_memory(err) : database_prepare(table->db, buffer_text(&sql), &table->insert, err);
    buffer_finish(&sql);
    return ok;
}

/* A SpatiaLite function that answers 1 when it did its work. */
static bool check_done(int64_t done, const char *what, const char *table, struct error *err)
{
    if (done != 1) {
        error_set(err, ERROR_INTERNAL, "table \"%s\": SpatiaLite could not %s", table, what);
    }
    return done == 1;
}

/* Reads what takes the triggers of a table off, and what puts them back as SpatiaLite made them. */
static bool read_triggers(struct truth_table *table, struct buffer *drops, struct error *err)
{
    struct sqlite3_stmt *find = NULL;
    if (!database_preparef(table->db, &find, err,
                           "SELECT name, sql FROM sqlite_master WHERE type='trigger' AND tbl_name=%Q", table->name)) {
        return false;
    }
    int code;
    while ((code = sqlite3_step(find)) == SQLITE_ROW) {
        buffer_append_text(drops, "DROP TRIGGER ");
        database_append_name(drops, (const char *)sqlite3_column_text(find, 0));
        buffer_append_text(drops, ";");
        buffer_append_text(&table->triggers, (const char *)sqlite3_column_text(find, 1));
        buffer_append_text(&table->triggers, ";");
    }
    bool ok = code == SQLITE_DONE || database_fail(table->db, err);
    sqlite3_finalize(find);
    return ok && ((!drops->failed && !table->triggers.failed) || error_no_memory(err));
}

static bool drop_triggers(struct truth_table *table, struct error *err)
{
    struct buffer drops;
    buffer_init(&drops, SQL_BYTES_MAX);
    bool ok = read_triggers(table, &drops, err) && database_run(table->db, buffer_text(&drops), err);
    buffer_finish(&drops);
    return ok;
}

static bool register_geometry(struct truth_table *table, struct error *err)
{
    int64_t done;
    return database_number(table->db, 0, &done, err, "SELECT RecoverGeometryColumn(%Q, 'geom', %d, %Q, %Q)",
                           table->name, (int)table->plan.srid, geometry_type(table->plan.kind),
                           table->plan.has_z ? "XYZ" : "XY") &&
           check_done(done, "register the geometry column", table->name, err) &&
           database_number(table->db, 0, &done, err, "SELECT CreateSpatialIndex(%Q, 'geom')", table->name) &&
           check_done(done, "create the spatial index", table->name, err) && drop_triggers(table, err);
}

bool truth_table_open(struct sqlite3 *db, const struct truth_table_plan *plan, struct truth_table **out_table,
                      struct error *err)
{
    bool ok = false;
    struct truth_table *table = calloc(1, sizeof *table);
    if (!table) {
        return error_no_memory(err);
    }
    table->db = db;
    table->plan = *plan;
    table->bbox = bbox_empty();
    buffer_init(&table->blob, BLOB_BYTES_MAX);
    buffer_init(&table->triggers, SQL_BYTES_MAX);
    if (!choose_name(table, err) || !choose_columns(table, err) || !create_table(table, err) ||
        (plan->kind != GEOMETRY_NONE && !register_geometry(table, err)) || !prepare_insert(table, err)) {
        goto done;
    }
    *out_table = table;
    table = NULL;
    ok = true;
done:
    truth_table_close(table);
    return ok;
}

void truth_table_close(struct truth_table *table)
{
    if (!table) {
        return;
    }
    sqlite3_finalize(table->insert);
    for (size_t i = 0; table->columns && i < table->plan.field_count; i++) {
        sqlite3_free(table->columns[i]);
    }
    free(table->columns);
    buffer_finish(&table->blob);
    buffer_finish(&table->triggers);
    free(table->entries);
    free(table);
}

const char *truth_table_name(const struct truth_table *table)
{
    return table->name;
}

void truth_table_write_fields(const struct truth_table *table, struct buffer *out)
{
    struct json_writer json;
    json_write_init(&json, out);
    json_write_begin_array(&json);
    for (size_t i = 0; i < table->plan.field_count; i++) {
        json_write_begin_object(&json);
        json_write_member_string(&json, "name", table->plan.fields[i].name);
        json_write_member_string(&json, "column", table->columns[i]);
        json_write_member_string(&json, "type", field_type_name(table->plan.fields[i].type));
        json_write_end_object(&json);
    }
    json_write_end_array(&json);
}

static bool add_entry(struct truth_table *table, int64_t fid, uint64_t key, const struct bbox *box)
{
    if (table->entry_count == table->entry_capacity) {
        size_t capacity = table->entry_capacity < 512 ? 1024 : table->entry_capacity * 2;
        struct rtree_entry *entries = realloc(table->entries, capacity * sizeof *entries);
        if (!entries) {
            return false;
        }
        table->entries = entries;
        table->entry_capacity = capacity;
    }
    struct rtree_entry *entry = &table->entries[table->entry_count++];
    entry->key = key;
    entry->id = fid;
    rtree_entry_set_box(entry, box->min_x, box->min_y, box->max_x, box->max_y);
    return true;
}

static bool bind_geometry(struct truth_table *table, int64_t fid, const unsigned char *wkb, size_t wkb_size,
                          uint64_t key, struct error *err)
{
    if (!wkb) {
        sqlite3_bind_null(table->insert, 2);
        return true;
    }
    struct truth_blob about;
    if (!truth_blob_from_wkb(wkb, wkb_size, table->plan.kind, table->plan.has_z, table->plan.srid, &table->blob, &about,
                             err)) {
        error_prefix(err, "layer \"%s\": row %lld", table->plan.layer_id, (long long)fid);
        return false;
    }
    if (about.is_empty) {
        sqlite3_bind_null(table->insert, 2);
        return true;
    }
    table->has_multi_points = table->has_multi_points || (about.is_multi && table->plan.kind == GEOMETRY_POINT);
    bbox_add_box(&table->bbox, &about.bbox);
    sqlite3_bind_blob64(table->insert, 2, table->blob.data, table->blob.length, SQLITE_STATIC);
    return add_entry(table, fid, key, &about.bbox) || error_no_memory(err);
}

static void bind_value(struct sqlite3_stmt *statement, int index, const struct value *value)
{
    switch (value->type) {
    case VALUE_BOOL:
        sqlite3_bind_int(statement, index, value->boolean);
        return;
    case VALUE_INT:
        sqlite3_bind_int64(statement, index, value->integer);
        return;
    case VALUE_REAL:
        sqlite3_bind_double(statement, index, value->real);
        return;
    case VALUE_STRING:
        sqlite3_bind_text64(statement, index, value->string.data ? value->string.data : "", value->string.length,
                            SQLITE_STATIC, SQLITE_UTF8);
        return;
    case VALUE_NULL:
    case VALUE_ARRAY:
    case VALUE_OBJECT:
        sqlite3_bind_null(statement, index);
        return;
    }
}

bool truth_table_add(struct truth_table *table, int64_t fid, const unsigned char *wkb, size_t wkb_size, uint64_t key,
                     const struct value *values, struct error *err)
{
    sqlite3_bind_int64(table->insert, 1, fid);
    if (table->plan.kind != GEOMETRY_NONE && !bind_geometry(table, fid, wkb, wkb_size, key, err)) {
        return false;
    }
    for (size_t i = 0; i < table->plan.field_count; i++) {
        bind_value(table->insert, (int)i + FIRST_VALUE, &values[i]);
    }
    if (!database_step_done(table->db, table->insert, err)) {
        error_prefix(err, "layer \"%s\": row %lld", table->plan.layer_id, (long long)fid);
        return false;
    }
    table->row_count++;
    return true;
}

/* Some points are several: then all are, since a column has one type. */
static bool promote_points(struct truth_table *table, struct error *err)
{
    return database_runf(table->db, err, "UPDATE \"%w\" SET geom=CastToMulti(geom) WHERE geom IS NOT NULL",
                         table->name) &&
           database_runf(table->db, err, "UPDATE geometry_columns SET geometry_type=%d WHERE f_table_name=lower(%Q)",
                         table->plan.has_z ? 1004 : 4, table->name);
}

/* What UpdateLayerStatistics would find with a scan of the table. */
static bool write_statistics(struct truth_table *table, struct error *err)
{
    bool has_box = !bbox_is_empty(&table->bbox);
    return database_runf(
               table->db, err,
               "UPDATE geometry_columns_time SET last_insert=strftime('%%Y-%%m-%%dT%%H:%%M:%%fZ','now','-1 second')"
               " WHERE f_table_name=lower(%Q);"
               "INSERT OR REPLACE INTO geometry_columns_statistics (f_table_name, f_geometry_column,"
               " last_verified, row_count) VALUES (lower(%Q), 'geom',"
               " strftime('%%Y-%%m-%%dT%%H:%%M:%%fZ','now'), %lld)",
               table->name, table->name, (long long)table->row_count) &&
           (!has_box ||
            database_runf(table->db, err,
                          "UPDATE geometry_columns_statistics SET extent_min_x=%!.17g, extent_min_y=%!.17g,"
                          " extent_max_x=%!.17g, extent_max_y=%!.17g WHERE f_table_name=lower(%Q)",
                          table->bbox.min_x, table->bbox.min_y, table->bbox.max_x, table->bbox.max_y, table->name));
}

bool truth_table_finish(struct truth_table *table, struct error *err)
{
    if (table->plan.kind == GEOMETRY_NONE) {
        return true;
    }
    char index[NAME_BYTES + 16];
    snprintf(index, sizeof index, "idx_%s_geom", table->name);
    return (!table->has_multi_points || promote_points(table, err)) &&
           rtree_pack(table->db, index, table->entries, table->entry_count, err) &&
           database_run(table->db, buffer_text(&table->triggers), err) && write_statistics(table, err);
}

static bool create_view(struct sqlite3 *db, const char *layer_id, const char *table, struct error *err)
{
    struct sqlite3_stmt *columns = NULL;
    if (!database_preparef(db, &columns, err, "SELECT name FROM pragma_table_info(%Q)", table)) {
        return false;
    }
    struct buffer sql;
    buffer_init(&sql, SQL_BYTES_MAX);
    buffer_append_text(&sql, "CREATE VIEW ");
    database_append_name(&sql, layer_id);
    buffer_append_text(&sql, " AS SELECT ");
    for (bool first = true; sqlite3_step(columns) == SQLITE_ROW; first = false) {
        const char *name = (const char *)sqlite3_column_text(columns, 0);
        buffer_append_text(&sql, first ? "" : ", ");
        database_append_name(&sql, name ? name : "");
        buffer_append_text(&sql, " AS ");
        database_append_name(&sql, name ? name : "");
    }
    sqlite3_finalize(columns);
    buffer_append_text(&sql, " FROM ");
    database_append_name(&sql, table);
    bool ok = sql.failed ? error_no_memory(err) : database_run(db, buffer_text(&sql), err);
    buffer_finish(&sql);
    return ok;
}

bool truth_table_hide(struct sqlite3 *db, const char *layer_id, struct error *err)
{
    return database_runf(db, err, "DELETE FROM views_geometry_columns WHERE view_name=%Q; DROP VIEW IF EXISTS \"%w\"",
                         layer_id, layer_id);
}

bool truth_table_show(struct sqlite3 *db, const char *layer_id, const char *table, bool has_geometry, struct error *err)
{
    return truth_table_hide(db, layer_id, err) && create_view(db, layer_id, table, err) &&
           (!has_geometry ||
            database_runf(db, err,
                          "INSERT INTO views_geometry_columns (view_name, view_geometry, view_rowid, f_table_name,"
                          " f_geometry_column, read_only) VALUES (%Q, 'geom', 'fid', lower(%Q), 'geom', 1);"
                          "INSERT OR REPLACE INTO views_geometry_columns_statistics (view_name, view_geometry,"
                          " last_verified, row_count, extent_min_x, extent_min_y, extent_max_x, extent_max_y)"
                          " SELECT %Q, 'geom', last_verified, row_count, extent_min_x, extent_min_y, extent_max_x,"
                          " extent_max_y FROM geometry_columns_statistics WHERE f_table_name=lower(%Q)",
                          layer_id, table, layer_id, table));
}

bool truth_table_drop(struct sqlite3 *db, const char *table, bool has_geometry, struct error *err)
{
    int64_t done;
    if (has_geometry && (!database_number(db, 0, &done, err, "SELECT DisableSpatialIndex(%Q, 'geom')", table) ||
                         !check_done(done, "disable the spatial index", table, err) ||
                         !database_runf(db, err, "DROP TABLE \"idx_%w_geom\"", table) ||
                         !database_number(db, 0, &done, err, "SELECT DiscardGeometryColumn(%Q, 'geom')", table) ||
                         !check_done(done, "forget the geometry column", table, err))) {
        return false;
    }
    return database_runf(db, err, "DROP TABLE \"%w\"", table);
}
