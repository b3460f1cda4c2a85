/* SPDX-License-Identifier: MIT */
#include "store/store.h"

#include "store/database.h"
#include "store/layer_read.h"
#include "store/reader.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool store_open(const char *directory, struct store **out_store, struct error *err)
{
    struct store *store = calloc(1, sizeof *store);
    if (!store) {
        return error_no_memory(err);
    }
    size_t size = sizeof store->truth.path;
    if ((size_t)snprintf(store->truth.path, size, "%s/tesela.sqlite", directory) >= size ||
        (size_t)snprintf(store->cells.path, size, "%s/cells.sqlite", directory) >= size) {
        error_set(err, ERROR_INVALID, "the path of the data directory \"%s\" is too long", directory);
        free(store);
        return false;
    }
    if (!reader_refresh(store, err)) {
        store_close(store);
        return false;
    }
    *out_store = store;
    return true;
}

void store_close(struct store *store)
{
    if (!store) {
        return;
    }
    reader_close(store);
    free(store);
}

bool store_generation(struct store *store, uint64_t *out_generation, struct error *err)
{
    if (!reader_refresh(store, err)) {
        return false;
    }
    uint64_t number = 0;
    if (store->truth.db) {
        int code = sqlite3_step(store->generation);
        if (code == SQLITE_ROW) {
            number = (uint64_t)sqlite3_column_int64(store->generation, 0);
        } else if (code != SQLITE_DONE) {
            sqlite3_reset(store->generation);
            return database_fail(store->truth.db, err);
        }
        sqlite3_reset(store->generation);
    }
    *out_generation = number + (store->reopened << 40);
    return true;
}

bool store_list(struct store *store, struct arena *arena, struct store_layer_list *out_list, struct error *err)
{
    struct sqlite3_stmt *statement = NULL;
    if (!reader_refresh(store, err)) {
        return false;
    }
    if (!store->truth.db) {
        *out_list = (struct store_layer_list){NULL, 0};
        return true;
    }
    return database_preparef(store->truth.db, &statement, err,
                             "SELECT %s FROM tesela_layer AS l JOIN tesela_version AS v ON v.serial=l.current_serial"
                             " ORDER BY l.id",
                             layer_read_columns) &&
           layer_read_all(store->truth.db, statement, arena, out_list, err);
}

const struct store_layer *store_list_find(const struct store_layer_list *list, const char *id)
{
    size_t low = 0;
    size_t high = list->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(list->layers[middle].id, id);
        if (order == 0) {
            return &list->layers[middle];
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

static bool has_cells(struct store *store, int64_t serial, int64_t stamp)
{
    sqlite3_bind_int64(store->version, 1, serial);
    bool has = sqlite3_step(store->version) == SQLITE_ROW && sqlite3_column_int64(store->version, 0) == stamp;
    sqlite3_reset(store->version);
    return has;
}

bool store_cells_are_complete(struct store *store, bool *out_complete, struct error *err)
{
    if (!reader_refresh(store, err)) {
        return false;
    }
    bool complete = true;
    if (store->truth.db) {
        struct sqlite3_stmt *statement = NULL;
        if (!database_prepare(store->truth.db,
                              "SELECT v.serial, v.stamp FROM tesela_layer AS l JOIN tesela_version AS v"
                              " ON v.serial=l.current_serial",
                              &statement, err)) {
            return false;
        }
        int code = sqlite3_step(statement);
        for (; complete && code == SQLITE_ROW; code = sqlite3_step(statement)) {
            complete = store->cells.db &&
                       has_cells(store, sqlite3_column_int64(statement, 0), sqlite3_column_int64(statement, 1));
        }
        bool failed = complete && code != SQLITE_DONE && !database_fail(store->truth.db, err);
        sqlite3_finalize(statement);
        if (failed) {
            return false;
        }
    }
    *out_complete = complete;
    return true;
}
