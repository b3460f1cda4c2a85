/* SPDX-License-Identifier: MIT */
/* The file of the cells as a whole: opened, thrown away where it is damaged, and made again from the truth. */
#include "store/cell_build.h"
#include "store/cell_rebuild.h"
#include "store/database.h"
#include "store/fresh_file.h"
#include "store/writer.h"

#include "base/file.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PAGE_BYTES = 16384 };

/* The database goes first, so that nobody opens it anew; then its log. */
static void remove_cells(const char *path)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char name[PATH_MAX + 8];
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
}

bool writer_open_cells(struct store_writer *writer, struct error *err)
{
    writer->cells_are_fresh = !file_exists(writer->cells_path);
    if (writer->cells_are_fresh
            ? !fresh_file_open(writer->cells_path, PAGE_BYTES, &writer->cells, err)
            : !database_open_writer(writer->cells_path, PAGE_BYTES, "NORMAL", &writer->cells, err)) {
        return false;
    }
    sqlite3_wal_autocheckpoint(writer->cells, 0);
    if (!cell_build_prepare(writer->cells, err)) {
        database_close(writer->cells);
        writer->cells = NULL;
        return false;
    }
    return true;
}

/* A damaged cache is thrown away: the truth rebuilds it. One that cannot be read or written just now is not. */
bool writer_open_cells_or_anew(struct store_writer *writer, struct error *err)
{
    struct error failure = {0};
    if (writer_open_cells(writer, &failure)) {
        return true;
    }
    if (strcmp(failure.code, "STO-002") != 0) {
        if (err) {
            *err = failure;
        }
        return false;
    }
    remove_cells(writer->cells_path);
    return writer_open_cells(writer, err);
}

static bool start_anew(struct store_writer *writer, struct error *err)
{
    database_close(writer->cells);
    writer->cells = NULL;
    remove_cells(writer->cells_path);
    return writer_open_cells(writer, err);
}

bool writer_build_cells(struct store_writer *writer, int64_t serial, struct error *err)
{
    /* Logs are copied each time: a rebuild of many layers is not to lie there twice. */
    bool ok = database_run(writer->cells, "BEGIN IMMEDIATE", err) &&
              cell_rebuild(writer->truth.db, writer->cells, serial, 0, err) && writer_commit_cells(writer, err);
    if (!ok && writer->cells && !sqlite3_get_autocommit(writer->cells)) {
        database_run(writer->cells, "ROLLBACK", NULL);
    }
    return ok;
}

bool writer_has_cells(struct store_writer *writer, int64_t serial, bool *out_has, struct error *err)
{
    int64_t stamp;
    int64_t present;
    if (!database_number(writer->truth.db, 0, &stamp, err, "SELECT stamp FROM tesela_version WHERE serial=%lld",
                         (long long)serial) ||
        !database_number(writer->cells, 0, &present, err,
                         "SELECT count(*) FROM version WHERE serial=%lld AND stamp=%lld", (long long)serial,
                         (long long)stamp)) {
        return false;
    }
    *out_has = present > 0;
    return true;
}

/* Goes through the published versions by serial; `missing_only` skips those that have their cells. */
static bool rebuild_published(struct store_writer *writer, const char *layer, bool missing_only, int64_t *out_count,
                              struct error *err)
{
    int64_t serial = 0;
    for (;;) {
        if (!database_number(
                writer->truth.db, 0, &serial, err,
                "SELECT current_serial FROM tesela_layer WHERE current_serial>%lld AND (%Q IS NULL OR id=%Q)"
                " ORDER BY current_serial LIMIT 1",
                (long long)serial, layer, layer)) {
            return false;
        }
        if (serial == 0) {
            return true;
        }
        bool has_cells = false;
        if (missing_only && !writer_has_cells(writer, serial, &has_cells, err)) {
            return false;
        }
        if (has_cells) {
            continue;
        }
        if (!writer_build_cells(writer, serial, err)) {
            return false;
        }
        (*out_count)++;
    }
}

/* A whole rebuild starts from an empty file where the old one is damaged anywhere. */
static bool drop_damaged_cells(struct store_writer *writer, struct error *err)
{
    int64_t sound;
    if (database_number(writer->cells, 0, &sound, NULL, "SELECT quick_check='ok' FROM pragma_quick_check(1)") &&
        sound == 1) {
        return true;
    }
    return start_anew(writer, err);
}

static bool rebuild(struct store_writer *writer, const char *layer, bool missing_only, struct error *err)
{
    writer_discard_load(writer);
    if (!writer_wake(writer, err)) {
        return false;
    }
    int64_t count = 0;
    if (!layer && !missing_only && !drop_damaged_cells(writer, err)) {
        return false;
    }
    bool ok = rebuild_published(writer, layer, missing_only, &count, err);
    if (!ok && database_is_damaged(writer->cells)) {
        /* What is damaged is a cache: start from an empty file, with all layers. */
        ok = start_anew(writer, err) && rebuild_published(writer, NULL, false, &count, err);
    }
    if (!ok) {
        return false;
    }
    if (count == 0 && layer) {
        return writer_fail_not_found(layer, err);
    }
    writer_tidy(writer);
    /* One statement is a transaction. */
    return count == 0 || truth_raise_generation(writer->truth.db, err);
}

bool store_writer_rebuild_cells(struct store_writer *writer, const char *layer_id_or_null, struct error *err)
{
    return rebuild(writer, layer_id_or_null, false, err);
}

bool store_writer_complete_cells(struct store_writer *writer, struct error *err)
{
    return rebuild(writer, NULL, true, err);
}
