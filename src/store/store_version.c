/* SPDX-License-Identifier: MIT */
#include "store/store_version.h"

#include "store/database.h"
#include "store/layer_read.h"
#include "store/reader.h"

#include <sqlite3.h>

static const char *const state_names[] = {"published", "withdrawn", "kept", "draft"};

const char *store_version_state_name(enum store_version_state state)
{
    return state_names[state];
}

static enum store_version_state state_of(const char *name)
{
    for (int i = 0; name && i < (int)(sizeof state_names / sizeof *state_names); i++) {
        if (text_is(text_of(name), state_names[i])) {
            return (enum store_version_state)i;
        }
    }
    return STORE_VERSION_KEPT;
}

static bool has_cells(struct store *store, const struct store_layer *layer)
{
    if (!store->cells.db) {
        return false;
    }
    sqlite3_bind_int64(store->version, 1, layer->serial);
    bool has = sqlite3_step(store->version) == SQLITE_ROW && sqlite3_column_int64(store->version, 0) == layer->stamp;
    sqlite3_reset(store->version);
    return has;
}

static bool read_version(struct store *store, struct sqlite3_stmt *statement, struct arena *arena,
                         struct store_version *out, struct error *err)
{
    struct layer_record record;
    if (!layer_read(statement, arena, &record, err)) {
        return false;
    }
    int column = sqlite3_column_count(statement) - 3;
    const char *file = (const char *)sqlite3_column_text(statement, column + 1);
    const char *sha256 = (const char *)sqlite3_column_text(statement, column + 2);
    *out = (struct store_version){.layer = record.layer,
                                  .state = state_of((const char *)sqlite3_column_text(statement, column)),
                                  .source_file = arena_strdup(arena, file ? file : ""),
                                  .source_sha256 = arena_strdup(arena, sha256 ? sha256 : ""),
                                  .has_z = record.has_z,
                                  .has_cells = has_cells(store, &record.layer)};
    return (out->source_file && out->source_sha256) || error_no_memory(err);
}

static bool fail_not_found(const char *layer_id, struct error *err)
{
    error_tell(err, ERROR_NOT_FOUND, "STO-014", "there is no layer \"%.80s\": \"tesela layers\" lists them",
               "no existe la capa «%.80s»: «tesela layers» las lista", layer_id);
    return false;
}

bool store_version_list(struct store *store, const char *layer_id, struct arena *arena,
                        struct store_version_list *out_list, struct error *err)
{
    if (!reader_refresh(store, err)) {
        return false;
    }
    if (!store->truth.db) {
        return fail_not_found(layer_id, err);
    }
    struct sqlite3_stmt *statement = NULL;
    if (!database_preparef(store->truth.db, &statement, err,
                           "SELECT %s, v.state, v.source_file, v.source_sha256 FROM tesela_version AS v"
                           " WHERE v.layer=%Q ORDER BY v.version DESC",
                           layer_read_columns, layer_id)) {
        return false;
    }
    struct store_version *versions = NULL;
    size_t count = 0;
    size_t capacity = 0;
    bool ok = true;
    int code = sqlite3_step(statement);
    for (; ok && code == SQLITE_ROW; code = sqlite3_step(statement)) {
        if (count == capacity) {
            size_t grown = capacity * 2 + 8;
            versions = arena_grow(arena, versions, capacity * sizeof *versions, grown * sizeof *versions);
            capacity = grown;
        }
        ok = versions ? read_version(store, statement, arena, &versions[count], err) : error_no_memory(err);
        count++;
    }
    if (ok && code != SQLITE_DONE) {
        ok = database_fail(store->truth.db, err);
    }
    sqlite3_finalize(statement);
    if (!ok) {
        return false;
    }
    if (count == 0) {
        return fail_not_found(layer_id, err);
    }
    *out_list = (struct store_version_list){versions, count};
    return true;
}

const struct store_version *store_version_find(const struct store_version_list *list, int64_t version)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->versions[i].layer.version == version) {
            return &list->versions[i];
        }
    }
    return NULL;
}

bool store_version_latest(struct store *store, bool drafts, struct arena *arena, struct store_layer_list *out_list,
                          struct error *err)
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
                             "SELECT %s FROM tesela_version AS v WHERE v.serial=(SELECT o.serial FROM tesela_version"
                             " AS o WHERE o.layer=v.layer AND o.state<>'loading' ORDER BY"
                             " %d * (o.state='draft') * (o.version > ifnull((SELECT max(s.version) FROM"
                             " tesela_version AS s WHERE s.layer=o.layer AND s.state IN ('published', 'withdrawn')),"
                             " 0)) DESC, o.state IN ('published', 'withdrawn') DESC, o.version DESC LIMIT 1)"
                             " ORDER BY v.layer",
                             layer_read_columns, (int)drafts) &&
           layer_read_all(store->truth.db, statement, arena, out_list, err);
}
