/* SPDX-License-Identifier: MIT */
/* Which version of a layer is served: drafts published, mistakes taken back, layers withdrawn and removed. Each is one
 * transaction of the truth; cells that a version needs are built before it. */
#include "store/change_note.h"
#include "store/database.h"
#include "store/truth_table.h"
#include "store/writer.h"

#include <sqlite3.h>
#include <string.h>

bool writer_fail_not_found(const char *layer, struct error *err)
{
    error_tell(err, ERROR_NOT_FOUND, "STO-014", "there is no layer \"%.80s\": \"tesela layers\" lists them",
               "no existe la capa «%.80s»: «tesela layers» las lista", layer);
    return false;
}

/* The table of a version (to be freed with sqlite3_free). */
static bool read_table(struct sqlite3 *db, int64_t serial, char **out_table, bool *out_has_geometry, struct error *err)
{
    struct sqlite3_stmt *statement = NULL;
    if (!database_preparef(db, &statement, err, "SELECT table_name, kind<>'none' FROM tesela_version WHERE serial=%lld",
                           (long long)serial)) {
        return false;
    }
    bool found = sqlite3_step(statement) == SQLITE_ROW;
    char *table = found ? sqlite3_mprintf("%s", (const char *)sqlite3_column_text(statement, 0)) : NULL;
    bool has_geometry = found && sqlite3_column_int(statement, 1) != 0;
    sqlite3_finalize(statement);
    if (!table) {
        error_set(err, ERROR_INTERNAL, "version %lld could not be read", (long long)serial);
        return false;
    }
    *out_table = table;
    *out_has_geometry = has_geometry;
    return true;
}

/* Drops the table and the entry of one version. */
static bool drop_version(struct sqlite3 *db, int64_t serial, struct error *err)
{
    char *table;
    bool has_geometry;
    if (!read_table(db, serial, &table, &has_geometry, err)) {
        return false;
    }
    bool ok = truth_table_drop(db, table, has_geometry, err) &&
              database_runf(db, err, "DELETE FROM tesela_version WHERE serial=%lld", (long long)serial);
    sqlite3_free(table);
    return ok;
}

bool writer_drop_versions(struct sqlite3 *db, const char *layer, const char *condition, struct error *err)
{
    for (;;) {
        int64_t serial;
        if (!database_number(db, 0, &serial, err,
                             "SELECT serial FROM tesela_version AS v WHERE layer=%Q AND (%s) LIMIT 1", layer,
                             condition)) {
            return false;
        }
        if (serial == 0) {
            return true;
        }
        if (!drop_version(db, serial, err)) {
            return false;
        }
    }
}

bool writer_show(struct store_writer *writer, const char *layer, int64_t serial, struct error *err)
{
    struct sqlite3 *db = writer->truth.db;
    char *table;
    bool has_geometry;
    int64_t replaced;
    if (!database_number(db, 0, &replaced, err, "SELECT current_serial FROM tesela_layer WHERE id=%Q", layer) ||
        !read_table(db, serial, &table, &has_geometry, err)) {
        return false;
    }
    bool ok =
        truth_table_show(db, layer, table, has_geometry, err) &&
        database_runf(db, err,
                      "UPDATE tesela_version SET state='kept' WHERE layer=%Q AND state IN ('published', 'withdrawn');"
                      "UPDATE tesela_version SET state='published' WHERE serial=%lld;"
                      "UPDATE tesela_layer SET current_serial=%lld WHERE id=%Q",
                      layer, (long long)serial, (long long)serial, layer) &&
        truth_raise_generation(db, err) && change_note(db, writer->cells, layer, replaced, serial, err);
    sqlite3_free(table);
    return ok;
}

/* --- what is kept of a layer --- */

/* Serials and numbers; 0 where there is none. */
struct choice {
    int64_t current_serial; /* of the served version */
    int64_t current;
    int64_t serial; /* of the wanted one */
    int64_t version;
    bool is_draft;
};

static bool count_versions(struct sqlite3 *db, const char *layer, struct error *err)
{
    int64_t count;
    if (!database_number(db, 0, &count, err, "SELECT count(*) FROM tesela_version WHERE layer=%Q", layer)) {
        return false;
    }
    return count > 0 || writer_fail_not_found(layer, err);
}

/* Reads the served version, and the wanted one: an SQL condition on tesela_version of which the newest is taken. */
static bool choose(struct sqlite3 *db, const char *layer, const char *condition, struct choice *out, struct error *err)
{
    struct choice choice = {0};
    struct sqlite3_stmt *statement = NULL;
    if (!count_versions(db, layer, err) ||
        !database_number(db, 0, &choice.current_serial, err, "SELECT current_serial FROM tesela_layer WHERE id=%Q",
                         layer) ||
        !database_number(db, 0, &choice.current, err, "SELECT version FROM tesela_version WHERE serial=%lld",
                         (long long)choice.current_serial) ||
        !database_preparef(db, &statement, err,
                           "SELECT serial, version, state='draft' FROM tesela_version WHERE layer=%Q AND (%s)"
                           " ORDER BY version DESC LIMIT 1",
                           layer, condition)) {
        return false;
    }
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        choice.serial = sqlite3_column_int64(statement, 0);
        choice.version = sqlite3_column_int64(statement, 1);
        choice.is_draft = sqlite3_column_int(statement, 2) != 0;
    }
    bool ok = code == SQLITE_ROW || code == SQLITE_DONE || database_fail(db, err);
    sqlite3_finalize(statement);
    if (ok) {
        *out = choice;
    }
    return ok;
}

static bool fail_version(const char *layer, int64_t version, struct error *err)
{
    error_tell(err, ERROR_NOT_FOUND, "STO-015", "layer \"%.80s\" has no version %lld: see \"tesela versions %.80s\"",
               "la capa «%.80s» no tiene la versión %lld: consulte «tesela versions %.80s»", layer, (long long)version,
               layer);
    return false;
}

static bool choose_version(struct sqlite3 *db, const char *layer, int64_t version, struct choice *out,
                           struct error *err)
{
    char condition[64];
    sqlite3_snprintf(sizeof condition, condition, "version=%lld", (long long)version);
    return choose(db, layer, condition, out, err) && (out->serial != 0 || fail_version(layer, version, err));
}

/* Serves a version, building its cells first where they are missing. */
static bool serve(struct store_writer *writer, const char *layer, int64_t serial, struct error *err)
{
    struct sqlite3 *db = writer->truth.db;
    bool has_cells;
    if (!writer_has_cells(writer, serial, &has_cells, err) ||
        (!has_cells && !writer_build_cells(writer, serial, err))) {
        return false;
    }
    bool ok = database_run(db, "BEGIN IMMEDIATE", err) && writer_show(writer, layer, serial, err) &&
              database_run(db, "COMMIT", err);
    if (!ok && !sqlite3_get_autocommit(db)) {
        database_run(db, "ROLLBACK", NULL);
    }
    if (ok) {
        writer_tidy(writer);
    }
    return ok;
}

bool store_writer_select(struct store_writer *writer, const char *layer_id, int64_t version, struct error *err)
{
    struct choice choice;
    writer_discard_load(writer);
    return writer_wake(writer, err) && choose_version(writer->truth.db, layer_id, version, &choice, err) &&
           serve(writer, layer_id, choice.serial, err);
}

bool store_writer_rollback(struct store_writer *writer, const char *layer_id, int64_t version, int64_t *out_from,
                           int64_t *out_to, struct error *err)
{
    struct choice choice;
    writer_discard_load(writer);
    if (!writer_wake(writer, err)) {
        return false;
    }
    struct sqlite3 *db = writer->truth.db;
    if (version != 0 ? !choose_version(db, layer_id, version, &choice, err)
                     : !choose(db, layer_id,
                               "state='kept' AND version < (SELECT v.version FROM tesela_layer AS l JOIN tesela_version"
                               " AS v ON v.serial=l.current_serial WHERE l.id=tesela_version.layer)",
                               &choice, err)) {
        return false;
    }
    if (choice.current_serial == 0) {
        error_tell(err, ERROR_INVALID, "STO-016",
                   "layer \"%.80s\" is not published: publish a version with \"tesela publish %.80s VERSION\"",
                   "la capa «%.80s» no está publicada: publique una versión con «tesela publish %.80s VERSIÓN»",
                   layer_id, layer_id);
        return false;
    }
    if (choice.serial == 0) {
        error_tell(err, ERROR_NOT_FOUND, "STO-017",
                   "layer \"%.80s\": no version before %lld is kept: see \"tesela versions %.80s\"",
                   "capa «%.80s»: no se conserva ninguna versión anterior a la %lld: consulte «tesela versions %.80s»",
                   layer_id, (long long)choice.current, layer_id);
        return false;
    }
    if (choice.is_draft) {
        error_tell(err, ERROR_INVALID, "STO-018",
                   "layer \"%.80s\": version %lld is a draft, nothing to go back to: publish it with \"tesela publish"
                   " %.80s %lld\"",
                   "capa «%.80s»: la versión %lld es un borrador, no se puede volver a ella: publíquela con «tesela"
                   " publish %.80s %lld»",
                   layer_id, (long long)version, layer_id, (long long)version);
        return false;
    }
    if (!serve(writer, layer_id, choice.serial, err)) {
        return false;
    }
    *out_from = choice.current;
    *out_to = choice.version;
    return true;
}

bool store_writer_publish_version(struct store_writer *writer, const char *layer_id, int64_t version,
                                  int64_t *out_version, struct error *err)
{
    /* A draft that is older than what is or was served was passed over: it must be named. */
    static const char next[] =
        "state='withdrawn' OR (state='draft' AND version > ifnull((SELECT max(v.version) FROM tesela_version AS v"
        " WHERE v.layer=tesela_version.layer AND v.state IN ('published', 'withdrawn')), 0))"
        " OR NOT EXISTS (SELECT 1 FROM tesela_version AS v WHERE v.layer=tesela_version.layer AND v.state IN"
        " ('published', 'withdrawn'))";
    struct choice choice;
    writer_discard_load(writer);
    if (!writer_wake(writer, err)) {
        return false;
    }
    struct sqlite3 *db = writer->truth.db;
    if (version != 0 ? !choose_version(db, layer_id, version, &choice, err)
                     : !choose(db, layer_id, next, &choice, err)) {
        return false;
    }
    if (choice.serial == 0) {
        error_tell(err, ERROR_INVALID, "STO-019",
                   "layer \"%.80s\": no draft waits; version %lld is published: to publish another, name it",
                   "capa «%.80s»: no hay borrador pendiente; está publicada la versión %lld: para publicar otra,"
                   " indíquela",
                   layer_id, (long long)choice.current);
        return false;
    }
    if (!serve(writer, layer_id, choice.serial, err)) {
        return false;
    }
    *out_version = choice.version;
    return true;
}

/* --- whole layers --- */

typedef bool layer_work(struct sqlite3 *db, const char *layer, struct error *err);

static bool run_transaction(struct store_writer *writer, layer_work *work, const char *layer, struct error *err)
{
    struct sqlite3 *db = writer->truth.db;
    bool ok = database_run(db, "BEGIN IMMEDIATE", err) && work(db, layer, err) && database_run(db, "COMMIT", err);
    if (!ok && !sqlite3_get_autocommit(db)) {
        database_run(db, "ROLLBACK", NULL);
    }
    return ok;
}

/* The layer's row stays: should it come back, its versions go on counting, so that links with ?v= never change. */
static bool remove_layer(struct sqlite3 *db, const char *layer, struct error *err)
{
    return count_versions(db, layer, err) && truth_table_hide(db, layer, err) &&
           writer_drop_versions(db, layer, "1", err) &&
           database_runf(db, err, "UPDATE tesela_layer SET current_serial=NULL WHERE id=%Q", layer) &&
           truth_raise_generation(db, err) && change_note(db, NULL, layer, 0, 0, err);
}

bool store_writer_remove(struct store_writer *writer, const char *layer_id, struct error *err)
{
    writer_discard_load(writer);
    if (!writer_wake(writer, err) || !run_transaction(writer, remove_layer, layer_id, err)) {
        return false;
    }
    writer_tidy(writer);
    return true;
}

static bool withdraw_layer(struct sqlite3 *db, const char *layer, struct error *err)
{
    return truth_table_hide(db, layer, err) &&
           database_runf(db, err,
                         "UPDATE tesela_version SET state='withdrawn' WHERE layer=%Q AND state='published';"
                         "UPDATE tesela_layer SET current_serial=NULL WHERE id=%Q",
                         layer, layer) &&
           truth_raise_generation(db, err) && change_note(db, NULL, layer, 0, 0, err);
}

bool store_writer_withdraw(struct store_writer *writer, const char *layer_id, int64_t version, int64_t *out_version,
                           struct error *err)
{
    struct choice choice;
    writer_discard_load(writer);
    if (!writer_wake(writer, err)) {
        return false;
    }
    if (version != 0 ? !choose_version(writer->truth.db, layer_id, version, &choice, err)
                     : !choose(writer->truth.db, layer_id, "0", &choice, err)) {
        return false;
    }
    if (choice.current_serial == 0) {
        error_tell(err, ERROR_NOT_FOUND, "STO-016", "layer \"%.80s\" is not published",
                   "la capa «%.80s» no está publicada", layer_id);
        return false;
    }
    if (version != 0 && version != choice.current) {
        error_tell(err, ERROR_INVALID, "STO-024",
                   "layer \"%.80s\": version %lld is not the published one, which is %lld",
                   "capa «%.80s»: la versión %lld no es la publicada, que es la %lld", layer_id, (long long)version,
                   (long long)choice.current);
        return false;
    }
    if (!run_transaction(writer, withdraw_layer, layer_id, err)) {
        return false;
    }
    *out_version = choice.current;
    return true;
}

bool store_writer_unpublish(struct store_writer *writer, const char *layer_id, struct error *err)
{
    int64_t version;
    return store_writer_withdraw(writer, layer_id, 0, &version, err);
}
