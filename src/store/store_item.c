/* SPDX-License-Identifier: MIT */
/* Items in the order of rows, all of them or those that meet a box. A box that few features touch is answered by the
 * tree and their rows sorted (store_select.c); one that many touch by going through the items in order, which needs no
 * memory and meets the limit soon. */
#include "store/database.h"
#include "store/item_id.h"
#include "store/item_match.h"
#include "store/item_read.h"
#include "store/reader.h"

#include <sqlite3.h>
#include <stdlib.h>

struct search {
    struct store *store;
    const struct store_layer *layer;
    const struct store_query *query;
    struct arena *arena;
};

struct visit {
    store_item_visitor *call;
    void *context;
    uint64_t skip;
    uint64_t left;
    bool stopped;
};

static bool decode_shape(const struct search *search, struct text bytes, struct shape *out, struct error *err)
{
    return item_read_shape(search->layer, bytes, search->arena, out, err);
}

/* `copy`: the bytes must outlive the statement's row. */
static bool decode_attributes(const struct search *search, struct text bytes, bool copy, struct store_item *item,
                              struct error *err)
{
    size_t count = search->layer->field_count;
    struct value *values = arena_alloc_raw(search->arena, count * sizeof *values);
    const unsigned char *start = (const unsigned char *)bytes.data;
    if (copy) {
        start = arena_memdup(search->arena, bytes.data, bytes.length);
    }
    if (!values || !start) {
        return item_read_failed(search->layer, CELL_NO_ROOM, search->arena, err);
    }
    struct cell_cursor cursor = {start, start + bytes.length};
    item->values = values;
    enum cell_result result = cell_get_attributes(&cursor, item->row, &item->id, values, count);
    return result == CELL_OK || item_read_failed(search->layer, result, search->arena, err);
}

/* --- what is done with them --- */

/* Shows an item that lies in the asked page. `shape_or_null`: decoded already. */
static bool show(const struct search *search, struct visit *visit, int64_t row, struct sqlite3_stmt *statement,
                 const struct shape *shape_or_null, struct error *err)
{
    if (visit->skip > 0) {
        visit->skip--;
        return true;
    }
    struct store_item item = {.row = row};
    if (shape_or_null) {
        item.shape = *shape_or_null;
    } else if (!decode_shape(search, reader_column(statement, 1), &item.shape, err)) {
        return false;
    }
    if (!decode_attributes(search, reader_column(statement, 0), false, &item, err)) {
        return false;
    }
    visit->left--;
    visit->stopped = !visit->call(visit->context, &item) || visit->left == 0;
    return true;
}

static bool show_if_match(const struct search *search, struct visit *visit, int64_t row, struct sqlite3_stmt *statement,
                          struct error *err)
{
    if (!search->query->bbox) {
        return show(search, visit, row, statement, NULL, err);
    }
    struct shape shape;
    if (!decode_shape(search, reader_column(statement, 1), &shape, err)) {
        return false;
    }
    return !item_match(&shape, search->query->bbox) || show(search, visit, row, statement, &shape, err);
}

/* The first of the ascending `rows` behind `after_row`. */
static uint64_t first_row_after(const struct store_selection *selection, int64_t after_row)
{
    uint64_t low = 0;
    uint64_t high = selection->count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (selection->rows[middle] <= after_row) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Rows this close are read in one go: stepping over a row costs less than looking one up. */
enum { RUN_GAP_MAX = 6 };

/* The last of the rows from `first` on that are read together. */
static uint64_t end_of_run(const struct store_selection *selection, uint64_t first)
{
    while (first + 1 < selection->count && selection->rows[first + 1] - selection->rows[first] <= RUN_GAP_MAX) {
        first++;
    }
    return first;
}

/* Visits the rows `*at` to `last` of the selection, moving `*at` behind those that were there. */
static bool visit_run(struct search *search, const struct store_selection *selection, uint64_t *at, uint64_t last,
                      struct visit *visit, struct error *err)
{
    struct sqlite3_stmt *statement = search->store->items;
    int code = SQLITE_DONE;
    bool ok = true;
    sqlite3_bind_int64(statement, 1, cell_item_id(search->layer->serial, selection->rows[*at]));
    sqlite3_bind_int64(statement, 2, cell_item_id(search->layer->serial, selection->rows[last]));
    while (ok && !visit->stopped && *at <= last && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        int64_t row = sqlite3_column_int64(statement, 2) & CELL_ROW_MAX;
        if (row != selection->rows[*at]) {
            continue;
        }
        ok = show(search, visit, row, statement, NULL, err);
        arena_reset(search->arena);
        (*at)++;
    }
    if (ok && !visit->stopped && *at <= last) {
        ok = code == SQLITE_DONE ? reader_damaged(search->layer, err) : reader_fail(search->store, search->layer, err);
    }
    sqlite3_reset(statement);
    return ok;
}

static bool visit_rows(struct search *search, const struct store_selection *selection, struct visit *visit,
                       struct error *err)
{
    uint64_t at = first_row_after(selection, search->query->after_row);
    if (visit->skip >= selection->count - at) {
        return true;
    }
    at += visit->skip;
    visit->skip = 0;
    bool ok = true;
    while (at < selection->count && ok && !visit->stopped) {
        ok = visit_run(search, selection, &at, end_of_run(selection, at), visit, err);
    }
    return ok;
}

/* All items in order; with a box, those that match it. */
static bool scan(struct search *search, struct visit *visit, struct error *err)
{
    struct sqlite3_stmt *statement = NULL;
    struct store *store = search->store;
    if (!database_prepare(
            store->cells.db,
            "SELECT attributes, shape, id FROM item WHERE id>?1 AND id<=?2 ORDER BY id LIMIT -1 OFFSET ?3", &statement,
            err)) {
        return false;
    }
    bool has_box = search->query->bbox != NULL;
    int64_t after = search->query->after_row < 0 ? 0 : search->query->after_row;
    sqlite3_bind_int64(statement, 1, cell_item_id(search->layer->serial, after));
    sqlite3_bind_int64(statement, 2, cell_item_id(search->layer->serial, CELL_ROW_MAX));
    sqlite3_bind_int64(statement, 3, has_box ? 0 : (int64_t)visit->skip);
    visit->skip = has_box ? visit->skip : 0;
    bool ok = true;
    int code = SQLITE_DONE;
    while (ok && !visit->stopped && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        int64_t row = sqlite3_column_int64(statement, 2) & CELL_ROW_MAX;
        ok = show_if_match(search, visit, row, statement, err);
        arena_reset(search->arena);
    }
    if (ok && !visit->stopped && code != SQLITE_DONE) {
        ok = reader_fail(store, search->layer, err);
    }
    sqlite3_finalize(statement);
    return ok;
}

static bool search_items(struct search *search, struct visit *visit, struct error *err)
{
    const struct store_selection *given = search->query->selection;
    struct store_selection *found = NULL;
    if (search->query->after_row >= CELL_ROW_MAX) {
        return true;
    }
    if (search->query->bbox && !given) {
        if (!store_select(search->store, search->layer, search->query, &found, err)) {
            return false;
        }
        given = found;
    }
    bool ok = given && given->rows ? visit_rows(search, given, visit, err) : scan(search, visit, err);
    store_selection_destroy(found);
    return ok;
}

bool store_items(struct store *store, const struct store_layer *layer, const struct store_query *query,
                 store_item_visitor *visit, void *context, struct error *err)
{
    if (query->limit == 0 || query->offset > INT64_MAX) {
        return true;
    }
    struct visit state = {.call = visit, .context = context, .skip = query->offset, .left = query->limit};
    struct search search = {.store = store, .layer = layer, .query = query};
    if (!reader_begin(store, layer, err)) {
        return false;
    }
    search.arena = arena_create(ITEM_READ_BYTES_MAX);
    bool ok = search.arena ? search_items(&search, &state, err) : error_no_memory(err);
    arena_destroy(search.arena);
    reader_end(store);
    return ok;
}

static bool count_all(struct store *store, const struct store_layer *layer, int64_t after_row, uint64_t *out_count,
                      struct error *err)
{
    if (after_row <= 0) {
        *out_count = (uint64_t)layer->feature_count;
        return true;
    }
    int64_t count;
    if (!reader_begin(store, layer, err)) {
        return false;
    }
    int64_t after = after_row > CELL_ROW_MAX ? CELL_ROW_MAX : after_row;
    bool ok = database_number(store->cells.db, 0, &count, err, "SELECT count(*) FROM item WHERE id>%lld AND id<=%lld",
                              (long long)cell_item_id(layer->serial, after),
                              (long long)cell_item_id(layer->serial, CELL_ROW_MAX));
    reader_end(store);
    if (ok) {
        *out_count = (uint64_t)count;
    }
    return ok;
}

bool store_count(struct store *store, const struct store_layer *layer, const struct store_query *query,
                 uint64_t *out_count, struct error *err)
{
    struct store_selection *found;
    if (!query->bbox) {
        return count_all(store, layer, query->after_row, out_count, err);
    }
    if (!store_select(store, layer, query, &found, err)) {
        return false;
    }
    *out_count = found->count;
    store_selection_destroy(found);
    return true;
}

/* --- one item by its id --- */

static bool read_item(struct search *search, int64_t row, struct store_item *out_item, bool *out_found,
                      struct error *err)
{
    struct sqlite3_stmt *statement = search->store->item;
    sqlite3_bind_int64(statement, 1, cell_item_id(search->layer->serial, row));
    int code = sqlite3_step(statement);
    bool ok = code == SQLITE_DONE || code == SQLITE_ROW || reader_fail(search->store, search->layer, err);
    *out_found = code == SQLITE_ROW;
    if (*out_found) {
        *out_item = (struct store_item){.row = row};
        ok = decode_attributes(search, reader_column(statement, 0), true, out_item, err) &&
             decode_shape(search, reader_column(statement, 1), &out_item->shape, err);
    }
    sqlite3_reset(statement);
    return ok;
}

/* Reads the item of `row` and keeps it when its id is the asked one. */
static bool try_row(struct search *search, int64_t row, struct text id, struct store_item *out_item, bool *out_found,
                    struct error *err)
{
    if (!read_item(search, row, out_item, out_found, err)) {
        return false;
    }
    *out_found = *out_found && item_id_is(&out_item->id, id);
    return true;
}

static bool find_by_key(struct search *search, struct text id, struct store_item *out_item, bool *out_found,
                        struct error *err)
{
    struct sqlite3_stmt *statement = search->store->ident;
    sqlite3_bind_int64(statement, 1, search->layer->serial);
    sqlite3_bind_int64(statement, 2, (int64_t)item_id_hash_text(id));
    bool ok = true;
    int code = SQLITE_DONE;
    while (ok && !*out_found && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        ok = try_row(search, sqlite3_column_int64(statement, 0), id, out_item, out_found, err);
    }
    if (ok && !*out_found && code != SQLITE_DONE) {
        ok = reader_fail(search->store, search->layer, err);
    }
    sqlite3_reset(statement);
    return ok;
}

static bool find_item(struct search *search, struct text id, struct store_item *out_item, bool *out_found,
                      struct error *err)
{
    uint64_t row;
    *out_found = false;
    if (search->layer->key) {
        return find_by_key(search, id, out_item, out_found, err);
    }
    return !text_to_uint(id, (uint64_t)CELL_ROW_MAX, &row) ||
           try_row(search, (int64_t)row, id, out_item, out_found, err);
}

bool store_item(struct store *store, const struct store_layer *layer, const char *id, struct arena *arena,
                struct store_item *out_item, struct error *err)
{
    struct search search = {.store = store, .layer = layer, .arena = arena};
    struct store_item item;
    bool found;
    if (!reader_begin(store, layer, err)) {
        return false;
    }
    bool ok = find_item(&search, text_of(id), &item, &found, err);
    reader_end(store);
    if (ok && !found) {
        error_tell(err, ERROR_NOT_FOUND, "STO-023", "layer \"%s\" has no feature \"%.80s\"",
                   "la capa «%s» no tiene el elemento «%.80s»", layer->id, id);
    }
    if (!ok || !found) {
        return false;
    }
    *out_item = item;
    return true;
}
