/* SPDX-License-Identifier: MIT */
#include "store/store_check.h"

#include "base/file.h"
#include "store/cell_verify.h"
#include "store/database.h"
#include "store/layer_read.h"
#include "store/raster_source.h"
#include "store/reader.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

enum { INDEX_SAMPLE = 500, BLOB_BOX = 6, BLOB_BYTES_MIN = 44, PATH_BYTES = 4200 };

static const size_t arena_bytes_max = (size_t)256 << 20;

/* The first two are of notices. */
enum cure { CURE_NONE, CURE_FOREIGN, CURE_RESTORE, CURE_REBUILD, CURE_RELOAD, CURE_REPUBLISH };

struct check {
    const struct store_check_options *options;
    const char *directory;
    struct store *store;
    struct sqlite3 *truth;
    struct arena *arena;
    const struct layer_record *record; /* what is looked at; NULL: the whole directory */
    bool is_published;
    bool cells_damaged; /* told once: what hangs on it is not told again */
    struct store_check result;
};

/* --- telling --- */

static void tell_cure(const struct check *check, enum cure cure, struct error *out)
{
    const char *layer = check->record ? check->record->layer.id : "";
    long long version = check->record ? check->record->layer.version : 0;
    switch (cure) {
    case CURE_NONE:
        error_tell(out, ERROR_INVALID, "", "nothing to do: the next load drops it",
                   "no hay que hacer nada: la próxima carga lo quita");
        return;
    case CURE_FOREIGN:
        error_tell(out, ERROR_INVALID, "", "leave it, or delete it with the program that made it",
                   "déjela, o bórrela con el programa que la hizo");
        return;
    case CURE_RESTORE:
        error_tell(out, ERROR_INVALID, "",
                   "stop the server, put the last backup in the place of tesela.sqlite, delete tesela.sqlite-wal,"
                   " tesela.sqlite-shm and cells.sqlite, start again",
                   "detenga el servidor, ponga el último respaldo en lugar de tesela.sqlite, borre tesela.sqlite-wal,"
                   " tesela.sqlite-shm y cells.sqlite, y arranque de nuevo");
        return;
    case CURE_REBUILD:
        error_tell(out, ERROR_INVALID, "", "run \"tesela rebuild%s%s\"", "ejecute «tesela rebuild%s%s»",
                   check->record ? " " : "", layer);
        return;
    case CURE_RELOAD:
        if (check->is_published) {
            error_tell(out, ERROR_INVALID, "",
                       "load the file again: \"tesela load FILE --layer %s\"; until then \"tesela rollback %s\" serves"
                       " the version before",
                       "cargue de nuevo el archivo: «tesela load ARCHIVO --layer %s»; mientras tanto «tesela rollback"
                       " %s» sirve la versión anterior",
                       layer, layer);
        } else {
            error_tell(out, ERROR_INVALID, "",
                       "version %lld is not served: do not publish it; load its file again where it is needed",
                       "la versión %lld no se sirve: no la publique; cargue de nuevo su archivo si hace falta",
                       version);
        }
        return;
    case CURE_REPUBLISH:
        error_tell(out, ERROR_INVALID, "", "run \"tesela publish %s %lld\"", "ejecute «tesela publish %s %lld»", layer,
                   version);
        return;
    }
}

static void tell(struct check *check, const struct error *what, enum cure cure)
{
    struct store_problem problem = {.severity = cure <= CURE_FOREIGN ? STORE_PROBLEM_NOTICE : STORE_PROBLEM_ERROR,
                                    .layer = check->record ? check->record->layer.id : NULL,
                                    .version = check->record ? check->record->layer.version : 0,
                                    .what = *what};
    tell_cure(check, cure, &problem.cure);
    *(cure <= CURE_FOREIGN ? &check->result.notices : &check->result.errors) += 1;
    if (check->options->visit) {
        check->options->visit(check->options->context, &problem);
    }
}

/* What could not be read because the file is damaged is a finding; anything else ends the check. */
static bool absorb(struct check *check, struct sqlite3 *db, const struct error *failure, struct error *err)
{
    if (!database_is_damaged(db)) {
        if (err) {
            *err = *failure;
        }
        return false;
    }
    struct error what;
    bool is_truth = db == check->truth;
    error_tell(&what, ERROR_INVALID, is_truth ? "CHK-001" : "CHK-002", "%s is damaged: %.200s",
               "%s está dañado: %.200s", is_truth ? "tesela.sqlite" : "cells.sqlite", sqlite3_errmsg(db));
    check->cells_damaged = check->cells_damaged || !is_truth;
    tell(check, &what, is_truth ? CURE_RESTORE : CURE_REBUILD);
    return true;
}

/* --- the files --- */

static bool check_file(struct check *check, struct sqlite3 *db, bool thorough, struct error *err)
{
    struct sqlite3_stmt *statement = NULL;
    struct error failure = {0};
    bool is_truth = db == check->truth;
    if (!database_prepare(db, thorough ? "PRAGMA integrity_check(3)" : "PRAGMA quick_check(3)", &statement, &failure)) {
        return absorb(check, db, &failure, err);
    }
    int code = sqlite3_step(statement);
    const char *text = code == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
    bool ok = true;
    if (code != SQLITE_ROW) {
        database_fail(db, &failure);
        ok = absorb(check, db, &failure, err);
    } else if (text && strcmp(text, "ok") != 0) {
        struct error what;
        error_tell(&what, ERROR_INVALID, is_truth ? "CHK-001" : "CHK-002", "%s is damaged: %.200s",
                   "%s está dañado: %.200s", is_truth ? "tesela.sqlite" : "cells.sqlite", text);
        check->cells_damaged = check->cells_damaged || !is_truth;
        tell(check, &what, is_truth ? CURE_RESTORE : CURE_REBUILD);
    }
    sqlite3_finalize(statement);
    return ok;
}

/* --- one version in the truth --- */

static bool ask(struct check *check, int64_t *out, struct error *err, const char *sql, const char *name)
{
    return database_number(check->truth, -1, out, err, sql, name);
}

/* The table is there and has the columns that were written down. */
static bool check_table(struct check *check, bool *out_usable, struct error *err)
{
    const struct layer_record *record = check->record;
    const char *table = record->layer.table;
    struct error what;
    int64_t found;
    *out_usable = false;
    if (!ask(check, &found, err, "SELECT count(*) FROM sqlite_master WHERE type='table' AND name=%Q", table)) {
        return false;
    }
    if (found != 1) {
        error_tell(&what, ERROR_INVALID, "CHK-004", "the table \"%s\" is missing", "falta la tabla «%s»", table);
        tell(check, &what, CURE_RELOAD);
        return true;
    }
    for (size_t i = 0; i < record->column_count; i++) {
        if (!database_number(check->truth, -1, &found, err, "SELECT count(*) FROM pragma_table_info(%Q) WHERE name=%Q",
                             table, record->columns[i].column)) {
            return false;
        }
        if (found != 1) {
            error_tell(&what, ERROR_INVALID, "CHK-004", "the table \"%s\" lacks the column \"%.80s\"",
                       "a la tabla «%s» le falta la columna «%.80s»", table, record->columns[i].column);
            tell(check, &what, CURE_RELOAD);
            return true;
        }
    }
    *out_usable = true;
    return true;
}

static bool check_count(struct check *check, int64_t *out_shapes, struct error *err)
{
    const struct store_layer *layer = &check->record->layer;
    int64_t rows;
    struct error what;
    if (!ask(check, &rows, err, "SELECT count(*) FROM \"%w\"", layer->table)) {
        return false;
    }
    *out_shapes = 0;
    if (layer->kind != GEOMETRY_NONE && !ask(check, out_shapes, err, "SELECT count(geom) FROM \"%w\"", layer->table)) {
        return false;
    }
    check->result.features += rows;
    if (rows != layer->feature_count) {
        error_tell(&what, ERROR_INVALID, "CHK-007", "the table \"%s\" holds %lld features, but %lld were loaded",
                   "la tabla «%s» contiene %lld elementos, pero se cargaron %lld", layer->table, (long long)rows,
                   (long long)layer->feature_count);
        tell(check, &what, CURE_RELOAD);
    }
    return true;
}

/* The type of a column as SpatiaLite numbers it: points may be single or multi. */
static bool is_type(const struct layer_record *record, int64_t type)
{
    int64_t plane = record->has_z ? type - 1000 : type;
    switch (record->layer.kind) {
    case GEOMETRY_POINT:
        return plane == 1 || plane == 4;
    case GEOMETRY_LINE:
        return plane == 5;
    case GEOMETRY_POLYGON:
        return plane == 6;
    case GEOMETRY_NONE:
        break;
    }
    return false;
}

static bool check_registration(struct check *check, struct error *err)
{
    const char *table = check->record->layer.table;
    int64_t type;
    int64_t srid;
    int64_t wanted;
    if (!ask(check, &type, err,
             "SELECT geometry_type FROM geometry_columns WHERE f_table_name=lower(%Q) AND f_geometry_column='geom'",
             table) ||
        !ask(check, &srid, err, "SELECT srid FROM geometry_columns WHERE f_table_name=lower(%Q)", table) ||
        !ask(check, &wanted, err, "SELECT srid FROM tesela_version WHERE table_name=%Q", table)) {
        return false;
    }
    if (!is_type(check->record, type) || srid != wanted) {
        struct error what;
        error_tell(&what, ERROR_INVALID, "CHK-005",
                   "the table \"%s\" is not registered in SpatiaLite as it should be (type %lld, system %lld)",
                   "la tabla «%s» no está registrada en SpatiaLite como debe (tipo %lld, sistema %lld)", table,
                   (long long)type, (long long)srid);
        tell(check, &what, CURE_RELOAD);
    }
    return true;
}

static void tell_index(struct check *check, const char *english, const char *spanish)
{
    struct error what;
    error_tell(&what, ERROR_INVALID, "CHK-006", "the spatial index of the table \"%s\" %s",
               "el índice espacial de la tabla «%s» %s", check->record->layer.table, english);
    struct error other;
    error_tell(&other, ERROR_INVALID, "CHK-006", "the spatial index of the table \"%s\" %s",
               "el índice espacial de la tabla «%s» %s", check->record->layer.table, spanish);
    memcpy(what.spanish, other.spanish, sizeof what.spanish);
    tell(check, &what, CURE_RELOAD);
}

/* The box that a blob claims lies in the box of the index. */
static bool box_fits(const unsigned char *blob, size_t size, struct sqlite3_stmt *row)
{
    double box[4];
    if (!blob || size < BLOB_BYTES_MIN || blob[1] != 1) {
        return true; /* told where the cells are compared */
    }
    memcpy(box, blob + BLOB_BOX, sizeof box);
    return sqlite3_column_double(row, 0) <= box[0] && sqlite3_column_double(row, 1) >= box[2] &&
           sqlite3_column_double(row, 2) <= box[1] && sqlite3_column_double(row, 3) >= box[3];
}

static bool compare_index(struct check *check, struct error *err)
{
    const struct store_layer *layer = &check->record->layer;
    int64_t step = check->options->full ? 1 : layer->feature_count / INDEX_SAMPLE + 1;
    struct sqlite3_stmt *rows = NULL;
    struct sqlite3_stmt *entry = NULL;
    bool ok = database_preparef(check->truth, &rows, err,
                                "SELECT fid, geom FROM \"%w\" WHERE fid %% %lld = 0 AND geom IS NOT NULL", layer->table,
                                (long long)step) &&
              database_preparef(check->truth, &entry, err,
                                "SELECT xmin, xmax, ymin, ymax FROM \"idx_%w_geom\" WHERE pkid=?1", layer->table);
    int code = SQLITE_DONE;
    while (ok && (code = sqlite3_step(rows)) == SQLITE_ROW) {
        sqlite3_bind_int64(entry, 1, sqlite3_column_int64(rows, 0));
        bool fits = sqlite3_step(entry) == SQLITE_ROW &&
                    box_fits(sqlite3_column_blob(rows, 1), (size_t)sqlite3_column_bytes(rows, 1), entry);
        sqlite3_reset(entry);
        if (!fits) {
            tell_index(check, "misses a feature or has it elsewhere", "omite un elemento o lo tiene en otro lugar");
            break;
        }
    }
    if (ok && code != SQLITE_ROW && code != SQLITE_DONE) {
        ok = database_fail(check->truth, err);
    }
    sqlite3_finalize(rows);
    sqlite3_finalize(entry);
    return ok;
}

static bool check_index(struct check *check, int64_t shapes, struct error *err)
{
    const char *table = check->record->layer.table;
    int64_t there;
    int64_t enabled;
    int64_t entries;
    int64_t sound;
    if (!ask(check, &there, err, "SELECT count(*) FROM sqlite_master WHERE type='table' AND name='idx_%q_geom'",
             table) ||
        !ask(check, &enabled, err, "SELECT spatial_index_enabled FROM geometry_columns WHERE f_table_name=lower(%Q)",
             table)) {
        return false;
    }
    if (there != 1 || enabled != 1) {
        tell_index(check, "is missing", "falta");
        return true;
    }
    /* An index that is damaged so that it cannot be read is no damage of the file. */
    bool read = ask(check, &sound, err, "SELECT rtreecheck('idx_%q_geom')='ok'", table);
    if (!read && !database_is_damaged(check->truth)) {
        return false;
    }
    if (!read || sound != 1) {
        tell_index(check, "is damaged", "está dañado");
        return true;
    }
    if (!ask(check, &entries, err, "SELECT count(*) FROM \"idx_%w_geom_rowid\"", table)) {
        return false;
    }
    if (entries != shapes) {
        tell_index(check, "has not one entry for each geometry", "no tiene una entrada por cada geometría");
        return true;
    }
    return compare_index(check, err);
}

static bool check_view(struct check *check, struct error *err)
{
    const struct store_layer *layer = &check->record->layer;
    int64_t shows;
    int64_t registered;
    if (!database_number(
            check->truth, 0, &shows, err,
            "SELECT count(*) FROM sqlite_master WHERE type='view' AND name=%Q AND sql LIKE '%% FROM \"%q\"'", layer->id,
            layer->table) ||
        !database_number(check->truth, 0, &registered, err,
                         "SELECT count(*) FROM views_geometry_columns WHERE view_name=%Q AND f_table_name=lower(%Q)",
                         layer->id, layer->table)) {
        return false;
    }
    if (shows != 1 || (layer->kind != GEOMETRY_NONE && registered != 1)) {
        struct error what;
        error_tell(
            &what, ERROR_INVALID, "CHK-008", "the view \"%s\" does not show version %lld: QGIS would see other data",
            "la vista «%s» no muestra la versión %lld: QGIS vería otros datos", layer->id, (long long)layer->version);
        tell(check, &what, CURE_REPUBLISH);
    }
    return true;
}

/* --- its cells --- */

static bool has_cells(struct check *check, struct error *err, bool *out_has)
{
    const struct store_layer *layer = &check->record->layer;
    int64_t count;
    *out_has = false;
    if (!check->store->cells.db) {
        return true;
    }
    if (!database_number(check->store->cells.db, 0, &count, err,
                         "SELECT count(*) FROM version WHERE serial=%lld AND stamp=%lld", (long long)layer->serial,
                         (long long)layer->stamp)) {
        return false;
    }
    *out_has = count == 1;
    return true;
}

static bool check_cells(struct check *check, struct error *err)
{
    struct error failure = {0};
    struct error fault = {0};
    bool has = false;
    if (check->cells_damaged) {
        return true;
    }
    if (!has_cells(check, &failure, &has)) {
        return absorb(check, check->store->cells.db, &failure, err);
    }
    if (!has) {
        if (check->is_published) {
            struct error what;
            error_tell(&what, ERROR_INVALID, "CHK-010", "the drawing data of version %lld is missing",
                       "faltan los datos de dibujo de la versión %lld", (long long)check->record->layer.version);
            tell(check, &what, CURE_REBUILD);
        }
        return true;
    }
    if (!cell_verify(check->store, &check->record->layer, check->options->full, &check->result.compared, &fault,
                     &failure)) {
        return absorb(check, check->store->cells.db, &failure, err);
    }
    if (fault.kind != ERROR_NONE) {
        tell(check, &fault, strcmp(fault.code, "CHK-009") == 0 ? CURE_RELOAD : CURE_REBUILD);
    }
    return true;
}

/* --- all versions --- */

static bool check_truth_of_version(struct check *check, bool *out_usable, struct error *err)
{
    int64_t shapes = 0;
    if (!check_table(check, out_usable, err)) {
        return false;
    }
    if (!*out_usable) {
        return true;
    }
    return check_count(check, &shapes, err) &&
           (check->record->layer.kind == GEOMETRY_NONE ||
            (check_registration(check, err) && check_index(check, shapes, err))) &&
           (!check->is_published || check_view(check, err));
}

static void check_raster(struct check *check)
{
    struct error why = {0};
    if (check->record->layer.raster.kind != STORE_RASTER_NONE &&
        !raster_source_check(check->directory, &check->record->layer, check->options->full, &why)) {
        struct error what;
        error_tell(&what, ERROR_INVALID, "CHK-014", "%.300s", "%.300s", why.english);
        snprintf(what.spanish, sizeof what.spanish, "%.300s", why.spanish);
        tell(check, &what, CURE_RESTORE);
    }
}

static bool check_version(struct check *check, const struct layer_record *record, bool is_published, struct error *err)
{
    bool usable = false;
    struct error failure = {0};
    check->record = record;
    check->is_published = is_published;
    check->result.versions++;
    check->result.layers += is_published;
    bool ok = check_truth_of_version(check, &usable, &failure) || absorb(check, check->truth, &failure, err);
    /* Kept versions get their cells anew where they are missing: those that are there are looked at all the same. */
    ok = ok && (!usable || check_cells(check, err));
    check_raster(check);
    check->record = NULL;
    return ok;
}

static bool check_versions(struct check *check, struct error *err)
{
    struct sqlite3_stmt *statement = NULL;
    struct error failure = {0};
    if (!database_preparef(check->truth, &statement, &failure,
                           "SELECT %s, v.serial=ifnull(l.current_serial, 0) FROM tesela_version AS v LEFT JOIN"
                           " tesela_layer AS l ON l.id=v.layer ORDER BY v.layer, v.version",
                           layer_read_columns)) {
        return absorb(check, check->truth, &failure, err);
    }
    bool ok = true;
    int code = sqlite3_step(statement);
    for (; ok && code == SQLITE_ROW; code = sqlite3_step(statement)) {
        struct layer_record record;
        bool published = sqlite3_column_int(statement, sqlite3_column_count(statement) - 1) != 0;
        if (layer_read(statement, check->arena, &record, &failure)) {
            ok = check_version(check, &record, published, err);
        } else {
            error_tell(&failure, ERROR_INVALID, "CHK-004", "the description of version %lld cannot be read",
                       "la descripción de la versión %lld no se puede leer",
                       (long long)sqlite3_column_int64(statement, 2));
            tell(check, &failure, CURE_RESTORE);
        }
        arena_reset(check->arena);
    }
    if (ok && code != SQLITE_DONE) {
        database_fail(check->truth, &failure);
        ok = absorb(check, check->truth, &failure, err);
    }
    sqlite3_finalize(statement);
    return ok;
}

/* --- what hangs loose --- */

typedef void loose_visitor(struct check *check, const char *text, int64_t number);

/* `sql` gives a text and a number for each thing that is loose. */
static bool each_loose(struct check *check, struct sqlite3 *db, const char *sql, loose_visitor *visit,
                       struct error *err)
{
    struct sqlite3_stmt *statement = NULL;
    struct error failure = {0};
    if (!database_prepare(db, sql, &statement, &failure)) {
        return absorb(check, db, &failure, err);
    }
    int code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(statement, 0);
        visit(check, text ? text : "", sqlite3_column_int64(statement, 1));
    }
    bool ok = true;
    if (code != SQLITE_DONE) {
        database_fail(db, &failure);
        ok = absorb(check, db, &failure, err);
    }
    sqlite3_finalize(statement);
    return ok;
}

static void tell_dangling(struct check *check, const char *text, int64_t number)
{
    struct error what;
    (void)number;
    error_tell(&what, ERROR_INVALID, "CHK-003", "layer \"%.80s\" points to a version that is not there",
               "la capa «%.80s» apunta a una versión que no existe", text);
    tell(check, &what, CURE_RESTORE);
}

static void tell_foreign_table(struct check *check, const char *text, int64_t number)
{
    struct error what;
    (void)number;
    error_tell(&what, ERROR_INVALID, "CHK-013",
               "the table \"%.80s\" belongs to no layer: it was made by other programs",
               "la tabla «%.80s» no es de ninguna capa: la hicieron otros programas", text);
    tell(check, &what, CURE_FOREIGN);
}

static void tell_orphan(struct check *check, const char *text, int64_t number)
{
    int64_t owned = 0;
    struct error what;
    if (!database_number(check->truth, 0, &owned, NULL,
                         "SELECT count(*) FROM tesela_version WHERE serial=%lld AND stamp=%s", (long long)number,
                         text) ||
        owned > 0) {
        return;
    }
    error_tell(&what, ERROR_INVALID, "CHK-012", "cells.sqlite holds drawing data (number %lld) that no version owns",
               "cells.sqlite contiene datos de dibujo (número %lld) que no son de ninguna versión", (long long)number);
    tell(check, &what, CURE_NONE);
}

static bool check_loose(struct check *check, struct error *err)
{
    return each_loose(check, check->truth,
                      "SELECT id, 0 FROM tesela_layer WHERE current_serial IS NOT NULL AND current_serial NOT IN"
                      " (SELECT serial FROM tesela_version)",
                      tell_dangling, err) &&
           each_loose(check, check->truth,
                      "SELECT f_table_name, 0 FROM geometry_columns WHERE f_table_name NOT IN (SELECT lower(table_name)"
                      " FROM tesela_version)",
                      tell_foreign_table, err) &&
           (!check->store->cells.db || check->cells_damaged ||
            each_loose(check, check->store->cells.db, "SELECT stamp, serial FROM version", tell_orphan, err));
}

/* --- all --- */

static bool check_files(struct check *check, struct error *err)
{
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s/cells.sqlite", check->directory);
    if (!check_file(check, check->truth, true, err)) {
        return false;
    }
    if (check->store->cells.db) {
        return check_file(check, check->store->cells.db, check->options->full, err);
    }
    if (file_exists(path)) {
        struct error what;
        error_tell(&what, ERROR_INVALID, "CHK-002", "cells.sqlite cannot be read", "cells.sqlite no se puede leer");
        check->cells_damaged = true;
        tell(check, &what, CURE_REBUILD);
    }
    return true;
}

/* Both files as they are at one instant: the truth first, so that no version is seen before its cells. */
static bool run(struct check *check, struct error *err)
{
    int64_t schema;
    struct error failure = {0};
    if (!database_run(check->truth, "BEGIN", err)) {
        return false;
    }
    if (!database_number(check->truth, 0, &schema, &failure, "SELECT value FROM tesela_meta WHERE key='schema'")) {
        return absorb(check, check->truth, &failure, err);
    }
    if (check->store->cells.db) {
        int code = sqlite3_step(check->store->begin);
        sqlite3_reset(check->store->begin);
        if (code != SQLITE_DONE) {
            return database_fail(check->store->cells.db, err);
        }
        check->store->depth++;
    }
    bool ok = check_files(check, err) && check_versions(check, err) && check_loose(check, err);
    if (check->store->cells.db) {
        reader_end(check->store);
    }
    return ok;
}

/* A truth that does not open at all. */
static bool tell_unreadable(struct check *check, const struct error *failure)
{
    struct error what;
    error_tell(&what, ERROR_INVALID, "CHK-001", "tesela.sqlite cannot be read: %.200s",
               "tesela.sqlite no se puede leer: %.200s", failure->english);
    tell(check, &what, CURE_RESTORE);
    return true;
}

bool store_check(const char *directory, const struct store_check_options *options, struct store_check *out_check,
                 struct error *err)
{
    struct check check = {.options = options, .directory = directory};
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s/tesela.sqlite", directory);
    if (!file_exists(path)) {
        error_tell(err, ERROR_NOT_FOUND, "STO-033", "there is no map data in \"%.200s\": name its folder with --data",
                   "no hay datos de mapas en «%.200s»: indique su carpeta con --data", directory);
        return false;
    }
    check.arena = arena_create(arena_bytes_max);
    if (!check.arena) {
        return error_no_memory(err);
    }
    struct error failure = {0};
    bool ok;
    if (!store_open(directory, &check.store, &failure)) {
        ok = strcmp(failure.code, "STO-002") == 0 ? tell_unreadable(&check, &failure) : false;
        if (!ok && err) {
            *err = failure;
        }
    } else if (!check.store->truth.db) {
        error_set(&failure, ERROR_INVALID, "it holds no tables of Tesela");
        ok = tell_unreadable(&check, &failure);
    } else {
        check.truth = check.store->truth.db;
        ok = run(&check, err);
        database_run(check.truth, "COMMIT", NULL);
    }
    store_close(check.store);
    arena_destroy(check.arena);
    if (ok) {
        *out_check = check.result;
    }
    return ok;
}
