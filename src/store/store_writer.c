/* SPDX-License-Identifier: MIT */
/* A publication, of one layer or of several that came together, is one transaction in each file. That of cells.sqlite
 * is committed first; the one of tesela.sqlite, which holds the new tables and the pointers to them, is committed last
 * and decides. Dying in between leaves cells that no version owns: the next writer sweeps them. A file that is not
 * there yet is written without a log and gets its name after the commit (fresh_file). */
#include "store/store_writer.h"

#include "base/clock.h"
#include "base/file.h"
#include "store/cell.h"
#include "store/cell_build.h"
#include "store/database.h"
#include "store/fresh_file.h"
#include "store/layer_read.h"
#include "store/raster_file.h"
#include "store/truth_table.h"
#include "store/write_lock.h"
#include "store/writer.h"

#include <limits.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum { LOCK_WAIT_MS = 30000, KEPT_DEFAULT = 3, KEPT_MIN = 2, KEPT_MAX = 100, TIME_BYTES = 32 };

static const size_t load_arena_bytes_max = (size_t)64 << 20;

/* The version being written. */
struct load {
    struct arena *arena; /* holds what was given to store_writer_begin */
    struct store_writer_layer layer;
    struct value descriptor;
    struct text report;
    struct store_raster raster;
    const char *raster_path; /* of its pixels; NULL: none were given */
    int64_t serial;
    int64_t version;
    int64_t stamp;
    int32_t srid;
    struct truth_table *table;
    struct cell_build *cells;
    struct value *values; /* of the feature at hand, checked */
    int64_t feature_count;
    struct bbox bbox;
};

/* --- open and close --- */

/* How many versions of a layer are kept: TESELA_KEEP_VERSIONS, or three. */
static bool read_kept(int *out_kept, struct error *err)
{
    const char *text = getenv("TESELA_KEEP_VERSIONS");
    uint64_t kept = KEPT_DEFAULT;
    if (text && text[0] != '\0' && (!text_to_uint(text_of(text), KEPT_MAX, &kept) || kept < KEPT_MIN)) {
        error_tell(err, ERROR_INVALID, "STO-025", "TESELA_KEEP_VERSIONS=\"%.40s\" is not a number from %d to %d",
                   "TESELA_KEEP_VERSIONS=«%.40s» no es un número de %d a %d", text, (int)KEPT_MIN, (int)KEPT_MAX);
        return false;
    }
    *out_kept = (int)kept;
    return true;
}

/* Serials of versions, as text for SQL: few, since each layer keeps three. */
static bool list_serials(struct sqlite3 *db, char **out_list, struct error *err)
{
    struct sqlite3_stmt *statement = NULL;
    if (!database_prepare(db, "SELECT group_concat(serial || ',' || stamp, '),(') FROM tesela_version", &statement,
                          err)) {
        return false;
    }
    bool ok = sqlite3_step(statement) == SQLITE_ROW || database_fail(db, err);
    const char *list = ok ? (const char *)sqlite3_column_text(statement, 0) : NULL;
    char *copy = ok ? sqlite3_mprintf("(%s)", list ? list : "0,0") : NULL;
    sqlite3_finalize(statement);
    if (ok && !copy) {
        return error_no_memory(err);
    }
    *out_list = copy;
    return ok;
}

/* Drops the cells that belong to no version of the truth. */
static bool sweep_cells(struct store_writer *writer, struct error *err)
{
    char *list = NULL;
    if (!list_serials(writer->truth.db, &list, err)) {
        return false;
    }
    bool ok = true;
    for (int64_t orphan = -1; ok && orphan != 0;) {
        ok = database_number(writer->cells, 0, &orphan, err,
                             "SELECT serial FROM version WHERE (serial, stamp) NOT IN (VALUES %s) LIMIT 1", list);
        if (ok && orphan != 0) {
            ok = database_run(writer->cells, "BEGIN IMMEDIATE", err) && cell_build_drop(writer->cells, orphan, err) &&
                 database_run(writer->cells, "COMMIT", err);
            if (!ok) {
                database_run(writer->cells, "ROLLBACK", NULL);
            }
        }
    }
    sqlite3_free(list);
    return ok;
}

static bool set_paths(struct store_writer *writer, const char *directory, struct error *err)
{
    if ((size_t)snprintf(writer->directory, PATH_MAX, "%s", directory) >= PATH_MAX ||
        (size_t)snprintf(writer->cells_path, PATH_MAX, "%s/cells.sqlite", directory) >= PATH_MAX ||
        (size_t)snprintf(writer->truth_path, PATH_MAX, "%s/tesela.sqlite", directory) >= PATH_MAX) {
        error_set(err, ERROR_INVALID, "the path of the data directory \"%s\" is too long", directory);
        return false;
    }
    return true;
}

bool store_writer_open(const char *directory, struct store_writer **out_writer, struct error *err)
{
    bool ok = false;
    struct store_writer *writer = calloc(1, sizeof *writer);
    if (!writer) {
        return error_no_memory(err);
    }
    writer->lock = -1;
    if (!read_kept(&writer->kept, err) || !set_paths(writer, directory, err) || !file_make_folder(directory, err) ||
        !write_lock_take(directory, LOCK_WAIT_MS, &writer->lock, err)) {
        goto done;
    }
    fresh_file_drop(writer->truth_path);
    fresh_file_drop(writer->cells_path);
    if (!truth_open(writer->truth_path, &writer->truth, err) || !writer_open_cells_or_anew(writer, err)) {
        goto done;
    }
    if (!sweep_cells(writer, err)) {
        goto done;
    }
    raster_file_sweep(writer->directory, writer->truth.db);
    *out_writer = writer;
    writer = NULL;
    ok = true;
done:
    store_writer_close(writer);
    return ok;
}

bool writer_wake(struct store_writer *writer, struct error *err)
{
    if (!writer->rests) {
        return true;
    }
    if (!truth_open(writer->truth_path, &writer->truth, err)) {
        return false;
    }
    if (!writer_open_cells_or_anew(writer, err)) {
        truth_close(&writer->truth);
        return false;
    }
    writer->rests = false;
    return true;
}

/* Statements must be gone before their transaction ends. */
static void free_load(struct store_writer *writer)
{
    struct load *load = writer->load;
    if (load) {
        writer->load = NULL;
        truth_table_close(load->table);
        cell_build_close(load->cells);
        arena_destroy(load->arena);
        free(load);
    }
}

void writer_discard_load(struct store_writer *writer)
{
    free_load(writer);
    if (writer->truth.db && !sqlite3_get_autocommit(writer->truth.db)) {
        database_run(writer->truth.db, "ROLLBACK", NULL);
    }
    if (writer->cells && !sqlite3_get_autocommit(writer->cells)) {
        database_run(writer->cells, "ROLLBACK", NULL);
    }
}

void store_writer_close(struct store_writer *writer)
{
    if (!writer) {
        return;
    }
    writer_discard_load(writer);
    database_close(writer->cells);
    if (writer->cells_are_fresh) {
        fresh_file_drop(writer->cells_path);
    }
    bool truth_is_fresh = writer->truth.is_fresh;
    truth_close(&writer->truth);
    if (truth_is_fresh) {
        fresh_file_drop(writer->truth_path);
    }
    write_lock_drop(writer->lock);
    free(writer);
}

/* --- begin --- */

static bool copy_layer(struct load *load, const struct store_writer_layer *layer, struct error *err)
{
    struct arena *arena = load->arena;
    struct field *fields = arena_array(arena, layer->field_count, sizeof *fields);
    load->values = arena_array(arena, layer->field_count, sizeof *load->values);
    load->layer = *layer;
    load->layer.id = arena_strdup(arena, layer->id);
    load->layer.srs = arena_strdup(arena, layer->srs ? layer->srs : "EPSG:4326");
    load->layer.source_file = layer->source_file ? arena_strdup(arena, layer->source_file) : "";
    load->layer.source_sha256 = layer->source_sha256 ? arena_strdup(arena, layer->source_sha256) : "";
    load->layer.descriptor_json.data = arena_strndup(arena, layer->descriptor_json.data, layer->descriptor_json.length);
    load->report = layer->report_json;
    load->report.data = arena_strndup(arena, layer->report_json.data, layer->report_json.length);
    bool ok = fields && load->values && load->layer.id && load->layer.srs && load->layer.source_file &&
              load->layer.source_sha256 && load->layer.descriptor_json.data && load->report.data;
    for (size_t i = 0; ok && i < layer->field_count; i++) {
        fields[i] = (struct field){arena_strdup(arena, layer->fields[i].name), layer->fields[i].type};
        ok = fields[i].name != NULL;
    }
    load->layer.fields = fields;
    return ok || error_no_memory(err);
}

static bool read_descriptor(struct load *load, struct error *err)
{
    if (!value_read_json(load->layer.descriptor_json, load->arena, &load->descriptor, err)) {
        error_prefix(err, "layer \"%s\": descriptor", load->layer.id);
        return false;
    }
    return raster_file_describe(&load->descriptor, &load->raster, err);
}

/* The number comes from the row itself, which the transaction holds back until the end. */
static bool insert_version(struct store_writer *writer, struct load *load, struct error *err)
{
    struct sqlite3 *db = writer->truth.db;
    int64_t last;
    if (!database_number(db, 0, &last, err, "SELECT last_version FROM tesela_layer WHERE id=%Q", load->layer.id)) {
        return false;
    }
    load->version = last + 1;
    if (getrandom(&load->stamp, sizeof load->stamp, 0) != sizeof load->stamp) {
        error_set(err, ERROR_INTERNAL, "no random numbers from the system");
        return false;
    }
    if (!database_runf(
            db, err,
            "INSERT INTO tesela_version (layer, version, stamp, table_name, kind, has_z, srs, srid, descriptor,"
            " fields, feature_count, loaded_at, state) VALUES (%Q, %lld, %lld, '', %Q, %d, %Q, %d, '{}', '[]',"
            " 0, '', 'loading')",
            load->layer.id, (long long)load->version, (long long)load->stamp, geometry_kind_name(load->layer.kind),
            (int)load->layer.has_z, load->layer.srs, (int)load->srid)) {
        return false;
    }
    load->serial = sqlite3_last_insert_rowid(db);
    return true;
}

static bool open_table(struct store_writer *writer, struct load *load, struct error *err)
{
    struct truth_table_plan plan = {.layer_id = load->layer.id,
                                    .version = load->version,
                                    .kind = load->layer.kind,
                                    .has_z = load->layer.has_z,
                                    .srid = load->srid,
                                    .fields = load->layer.fields,
                                    .field_count = load->layer.field_count};
    return truth_table_open(writer->truth.db, &plan, &load->table, err);
}

static bool open_load_cells(struct store_writer *writer, struct load *load, struct error *err)
{
    size_t count = load->layer.field_count;
    bool *hidden = arena_array(load->arena, count, sizeof *hidden);
    const char **names = arena_array(load->arena, count, sizeof *names);
    if (!hidden || !names) {
        return error_no_memory(err);
    }
    for (size_t i = 0; i < count; i++) {
        names[i] = load->layer.fields[i].name;
        hidden[i] = layer_read_is_hidden(&load->descriptor, names[i]);
    }
    struct cell_build_plan plan = {.serial = load->serial,
                                   .stamp = load->stamp,
                                   .kind = load->layer.kind,
                                   .field_count = count,
                                   .hidden = hidden,
                                   .key_field = layer_read_key(&load->descriptor, names, count),
                                   .fresh = writer->cells_are_fresh ? writer->cells_path : NULL};
    return cell_build_open(writer->cells, &plan, &load->cells, err);
}

static bool begin(struct store_writer *writer, struct load *load, struct error *err)
{
    struct sqlite3 *db = writer->truth.db;
    /* Not the first layer of a publication: its transaction is open. */
    bool first = sqlite3_get_autocommit(db) != 0;
    return (!first ||
            (database_run(db, "BEGIN IMMEDIATE", err) && database_run(writer->cells, "BEGIN IMMEDIATE", err))) &&
           truth_table_check_id(db, load->layer.id, err) && truth_srid(db, load->layer.srs, &load->srid, err) &&
           insert_version(writer, load, err) && open_table(writer, load, err) && open_load_cells(writer, load, err);
}

bool store_writer_begin(struct store_writer *writer, const struct store_writer_layer *layer, struct error *err)
{
    if (writer->load) {
        writer_discard_load(writer); /* begun and never completed: nothing of it may be published */
    }
    if (!writer_wake(writer, err)) {
        return false;
    }
    if (!writer->truth.db || !writer->cells) {
        error_set(err, ERROR_INTERNAL, "the data files were closed by a failure");
        return false;
    }
    if (!text_is_id(text_of(layer->id))) {
        writer_discard_load(writer);
        error_tell(err, ERROR_INVALID, "STO-012", "\"%.80s\" is no layer id: use a-z, 0-9, _ and -, at most 64",
                   "«%.80s» no sirve como identificador de capa: use a-z, 0-9, _ y -, hasta 64", layer->id);
        return false;
    }
    struct load *load = calloc(1, sizeof *load);
    if (!load) {
        writer_discard_load(writer);
        return error_no_memory(err);
    }
    writer->load = load;
    load->bbox = bbox_empty();
    load->arena = arena_create(load_arena_bytes_max);
    bool ok = load->arena ? copy_layer(load, layer, err) : error_no_memory(err);
    if (!ok || !read_descriptor(load, err) || !begin(writer, load, err)) {
        writer_discard_load(writer);
        return false;
    }
    return true;
}

/* --- add --- */

static bool fits(enum field_type type, const struct value *value)
{
    switch (type) {
    case FIELD_INTEGER:
        return value->type == VALUE_INT;
    case FIELD_REAL:
        return value->type == VALUE_REAL || value->type == VALUE_INT;
    case FIELD_BOOLEAN:
        return value->type == VALUE_BOOL;
    case FIELD_STRING:
    case FIELD_DATE:
    case FIELD_DATETIME:
    case FIELD_TIME:
        return value->type == VALUE_STRING;
    }
    return false;
}

/* Values as the table will give them back: whole numbers in a column of reals are reals; NaN, which SQLite does not
 * know, is no value. */
static struct value settle(enum field_type type, const struct value *value)
{
    if (type == FIELD_REAL && value->type == VALUE_INT) {
        return value_of_real((double)value->integer);
    }
    if (value->type == VALUE_REAL && isnan(value->real)) {
        return value_null();
    }
    return *value;
}

static bool check_values(struct load *load, const struct store_writer_feature *feature, struct error *err)
{
    for (size_t i = 0; i < load->layer.field_count; i++) {
        const struct field *field = &load->layer.fields[i];
        const struct value *value = &feature->values[i];
        if (value->type != VALUE_NULL && !fits(field->type, value)) {
            error_tell(err, ERROR_INVALID, "STO-013",
                       "layer \"%s\": row %lld: field \"%s\": the value is not of type %s",
                       "capa «%s»: fila %lld: campo «%s»: el valor no es del tipo %s", load->layer.id,
                       (long long)feature->source_row, field->name, field_type_name(field->type));
            return false;
        }
        load->values[i] = settle(field->type, value);
    }
    return true;
}

bool store_writer_add(struct store_writer *writer, const struct store_writer_feature *feature, struct error *err)
{
    struct load *load = writer->load;
    if (!load) {
        error_set(err, ERROR_INTERNAL, "no load was begun");
        return false;
    }
    if (feature->source_row < 1 || feature->source_row > CELL_ROW_MAX) {
        error_set(err, ERROR_INVALID, "layer \"%s\": row number %lld is out of range", load->layer.id,
                  (long long)feature->source_row);
        return false;
    }
    struct shape shape = feature->shape;
    if (!feature->wkb || load->layer.kind == GEOMETRY_NONE) {
        shape = (struct shape){0};
    }
    uint64_t key;
    if (!check_values(load, feature, err) ||
        !cell_build_add(load->cells, feature->source_row, &shape, load->values, &key, err) ||
        !truth_table_add(load->table, feature->source_row, feature->wkb, feature->wkb_size, key, load->values, err)) {
        return false;
    }
    load->feature_count++;
    if (shape.part_count > 0) {
        struct bbox box = shape_bbox(&shape);
        bbox_add_box(&load->bbox, &box);
    }
    return true;
}

void store_writer_set_report(struct store_writer *writer, struct text report_json)
{
    struct load *load = writer->load;
    const char *copy = load ? arena_strndup(load->arena, report_json.data, report_json.length) : NULL;
    if (copy) {
        load->report = (struct text){copy, report_json.length};
    }
}

bool store_writer_set_raster(struct store_writer *writer, const char *path, struct error *err)
{
    if (!writer->load) {
        error_set(err, ERROR_INTERNAL, "no load was begun");
        return false;
    }
    writer->load->raster_path = arena_strdup(writer->load->arena, path);
    return writer->load->raster_path != NULL || error_no_memory(err);
}

/* --- publish --- */

static void bind_text(struct sqlite3_stmt *statement, int index, struct text text)
{
    sqlite3_bind_text64(statement, index, text.data ? text.data : "", text.length, SQLITE_STATIC, SQLITE_UTF8);
}

static bool write_version(struct store_writer *writer, struct load *load, struct error *err)
{
    struct sqlite3 *db = writer->truth.db;
    struct sqlite3_stmt *update = NULL;
    char now[TIME_BYTES];
    clock_format_now(now, sizeof now);
    struct buffer fields;
    buffer_init(&fields, (size_t)1 << 24);
    truth_table_write_fields(load->table, &fields);
    bool ok = fields.failed ? error_no_memory(err)
                            : database_prepare(db,
                                               "UPDATE tesela_version SET table_name=?1, descriptor=?2, fields=?3,"
                                               " feature_count=?4, source_file=?5, source_sha256=?6, report=?7,"
                                               " loaded_at=?8, state=?14, min_x=?9, min_y=?10, max_x=?11,"
                                               " max_y=?12 WHERE serial=?13",
                                               &update, err);
    if (ok) {
        bind_text(update, 1, text_of(truth_table_name(load->table)));
        bind_text(update, 2, load->layer.descriptor_json);
        bind_text(update, 3, (struct text){(const char *)fields.data, fields.length});
        sqlite3_bind_int64(update, 4, load->feature_count);
        bind_text(update, 5, text_of(load->layer.source_file));
        bind_text(update, 6, text_of(load->layer.source_sha256));
        bind_text(update, 7, load->report);
        bind_text(update, 8, text_of(now));
        if (!bbox_is_empty(&load->bbox)) {
            sqlite3_bind_double(update, 9, load->bbox.min_x);
            sqlite3_bind_double(update, 10, load->bbox.min_y);
            sqlite3_bind_double(update, 11, load->bbox.max_x);
            sqlite3_bind_double(update, 12, load->bbox.max_y);
        }
        sqlite3_bind_int64(update, 13, load->serial);
        bind_text(update, 14, text_of(load->layer.draft ? "draft" : "published"));
        ok = database_step_done(db, update, err);
        sqlite3_finalize(update);
    }
    buffer_finish(&fields);
    return ok;
}

/* The newest of those that were served are kept, and as many drafts; always the served one, and the one it just
 * replaced, which readers go on reading until they look again. */
static bool prune(struct store_writer *writer, const struct load *load, int64_t replaced, struct error *err)
{
    char which[512];
    snprintf(which, sizeof which,
             "serial<>%lld AND serial<>%lld AND serial NOT IN (SELECT current_serial FROM tesela_layer WHERE"
             " current_serial IS NOT NULL) AND version NOT IN (SELECT o.version FROM tesela_version AS o WHERE"
             " o.layer=v.layer AND (o.state='draft')=(v.state='draft') ORDER BY o.version DESC LIMIT %d)",
             (long long)load->serial, (long long)replaced, writer->kept);
    return writer_drop_versions(writer->truth.db, load->layer.id, which, err);
}

/* In its place before the transaction that names it. */
static bool place_raster(struct store_writer *writer, const struct load *load, struct error *err)
{
    bool is_raster = load->raster.kind != STORE_RASTER_NONE;
    if (is_raster != (load->raster_path != NULL)) {
        error_set(err, ERROR_INVALID, "the pixels of the raster are missing");
        return false;
    }
    return !is_raster || raster_file_take(writer->directory, truth_table_name(load->table), load->raster_path, err);
}

/* While the bands are made the disk has little to do. */
static void hasten_files(struct store_writer *writer)
{
    if (writer->truth.is_fresh) {
        fresh_file_hasten(writer->truth.db, writer->truth_path);
    }
    if (writer->cells_are_fresh) {
        fresh_file_hasten(writer->cells, writer->cells_path);
    }
}

static bool finish_load(struct store_writer *writer, struct load *load, struct error *err)
{
    struct sqlite3 *db = writer->truth.db;
    int64_t replaced;
    if (!truth_table_finish(load->table, err)) {
        return false;
    }
    hasten_files(writer);
    return place_raster(writer, load, err) && write_version(writer, load, err) &&
           database_runf(db, err,
                         "INSERT INTO tesela_layer VALUES (%Q, %lld, NULL)"
                         " ON CONFLICT (id) DO UPDATE SET last_version=excluded.last_version",
                         load->layer.id, (long long)load->version) &&
           database_number(db, 0, &replaced, err, "SELECT current_serial FROM tesela_layer WHERE id=%Q",
                           load->layer.id) &&
           cell_build_finish(load->cells, err) &&
           (load->layer.draft || writer_show(writer, load->layer.id, load->serial, err)) &&
           prune(writer, load, replaced, err);
}

void writer_tidy(struct store_writer *writer)
{
    sweep_cells(writer, NULL);
    raster_file_sweep(writer->directory, writer->truth.db);
    database_checkpoint(writer->truth.db);
    database_checkpoint(writer->cells);
}

bool store_writer_complete(struct store_writer *writer, int64_t *out_version, struct error *err)
{
    struct load *load = writer->load;
    if (!load) {
        error_set(err, ERROR_INTERNAL, "no load was begun");
        return false;
    }
    if (!finish_load(writer, load, err)) {
        error_prefix(err, "layer \"%s\"", load->layer.id);
        writer_discard_load(writer);
        return false;
    }
    if (out_version) {
        *out_version = load->version;
    }
    free_load(writer);
    return true;
}

bool store_writer_commit(struct store_writer *writer, struct error *err)
{
    if (writer->load || !writer->truth.db || sqlite3_get_autocommit(writer->truth.db)) {
        writer_discard_load(writer);
        error_set(err, ERROR_INTERNAL, "no layer was completed");
        return false;
    }
    if (!writer_commit(writer, err)) {
        writer_discard_load(writer);
        return false;
    }
    if (!writer->rests) {
        writer_tidy(writer);
    }
    return true;
}

bool store_writer_publish(struct store_writer *writer, int64_t *out_version, struct error *err)
{
    int64_t version;
    if (!store_writer_complete(writer, &version, err) || !store_writer_commit(writer, err)) {
        return false;
    }
    if (out_version) {
        *out_version = version;
    }
    return true;
}
