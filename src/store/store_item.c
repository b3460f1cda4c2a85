/* SPDX-License-Identifier: MIT */
/* Items in the order of rows, all of them or those that meet a box. A box that few features touch is answered by the
 * tree and their rows sorted; one that many touch by going through the items in order, which needs no memory and meets
 * the limit soon. */
#include "store/database.h"
#include "store/item_id.h"
#include "store/item_match.h"
#include "store/reader.h"

#include <sqlite3.h>
#include <stdlib.h>

enum { ROWS_MAX = 65536, INSIDE_MARGIN = 2 };

static const size_t arena_bytes_max = (size_t)1 << 30; /* one item: 60 million vertices */

/* A feature whose box touches the query's. */
struct candidate {
    int64_t row;
    bool inside; /* its whole box lies in the query's: no need to look at the geometry */
};

struct search {
    struct store *store;
    const struct store_layer *layer;
    const struct store_query *query;
    struct world_box area;   /* of the query's bbox, x may reach beyond the world */
    struct world_box part;   /* what is walked just now */
    struct candidate *found; /* NULL while many are only counted as many */
    size_t count;
    bool too_many;
    bool counts_inside; /* those wholly inside are only counted, not kept */
    uint64_t inside_count;
    struct arena *arena;
};

struct visit {
    store_item_visitor *call;
    void *context;
    uint64_t skip;
    uint64_t left;
    uint64_t matched;
    bool stopped;
};

static bool item_damaged(const struct search *search, enum cell_result result, struct error *err)
{
    if (result == CELL_NO_ROOM) {
        error_set(err, ERROR_TOO_LARGE, "layer \"%s\": a feature is too large to be shown", search->layer->id);
        return false;
    }
    return reader_damaged(search->layer, err);
}

static bool decode_shape(const struct search *search, struct text bytes, struct arena *arena, struct shape *out,
                         struct error *err)
{
    *out = (struct shape){.kind = search->layer->kind};
    if (bytes.length == 0) {
        return true;
    }
    const unsigned char *start = (const unsigned char *)bytes.data;
    struct cell_cursor cursor = {start, start + bytes.length};
    enum cell_result result = cell_get_shape(&cursor, search->layer->kind, arena, out);
    return result == CELL_OK || item_damaged(search, result, err);
}

/* `copy`: the bytes must outlive the statement's row. */
static bool decode_attributes(const struct search *search, struct text bytes, bool copy, struct arena *arena,
                              struct store_item *item, struct error *err)
{
    size_t count = search->layer->field_count;
    struct value *values = arena_alloc_raw(arena, count * sizeof *values);
    const unsigned char *start = (const unsigned char *)bytes.data;
    if (copy) {
        start = arena_memdup(arena, bytes.data, bytes.length);
    }
    if (!values || !start) {
        return item_damaged(search, CELL_NO_ROOM, err);
    }
    struct cell_cursor cursor = {start, start + bytes.length};
    item->values = values;
    enum cell_result result = cell_get_attributes(&cursor, item->row, &item->id, values, count);
    return result == CELL_OK || item_damaged(search, result, err);
}

/* --- which rows --- */

static enum reader_next note_candidate(void *context, const struct cell_feature *feature, struct error *err)
{
    (void)err;
    struct search *search = context;
    if (feature->row <= search->query->after_row) {
        return READER_GO_ON;
    }
    const struct world_box *box = &feature->box;
    const struct world_box *part = &search->part;
    bool inside = box->min_x >= part->min_x + INSIDE_MARGIN && box->max_x <= part->max_x - INSIDE_MARGIN &&
                  box->min_y >= part->min_y + INSIDE_MARGIN && box->max_y <= part->max_y - INSIDE_MARGIN;
    if (inside && search->counts_inside) {
        search->inside_count++;
        return READER_GO_ON;
    }
    if (search->count == ROWS_MAX) {
        search->too_many = true;
        return READER_STOP;
    }
    search->found[search->count++] = (struct candidate){feature->row, inside};
    return READER_GO_ON;
}

static int compare_candidates(const void *a, const void *b)
{
    const struct candidate *left = a;
    const struct candidate *right = b;
    if (left->row != right->row) {
        return left->row < right->row ? -1 : 1;
    }
    return (int)right->inside - (int)left->inside;
}

static void sort_candidates(struct search *search)
{
    if (search->count == 0) {
        return;
    }
    qsort(search->found, search->count, sizeof *search->found, compare_candidates);
    size_t kept = 1;
    for (size_t i = 1; i < search->count; i++) {
        if (search->found[i].row != search->found[kept - 1].row) {
            search->found[kept++] = search->found[i];
        }
    }
    search->count = kept;
}

/* Fills `found` with the rows whose boxes touch the query's, or says that they are too many to hold. */
static bool collect(struct search *search, struct error *err)
{
    search->found = malloc(ROWS_MAX * sizeof *search->found);
    if (!search->found) {
        return error_no_memory(err);
    }
    search->area = grid_box(search->query->bbox);
    /* Rounding to units must not lose a feature on the border. */
    search->area.min_x--;
    search->area.min_y--;
    search->area.max_x++;
    search->area.max_y++;
    for (int64_t copy = -1; copy <= 1 && !search->too_many; copy++) {
        if (reader_area_in_world(&search->area, copy * GRID_WORLD_UNITS, &search->part) &&
            !reader_walk(search->store, search->layer, CELL_BAND_FULL, &search->part, note_candidate, search, err)) {
            return false;
        }
    }
    sort_candidates(search);
    return true;
}

/* --- what is done with them --- */

/* Counts a match and, where it lies in the asked page, shows it. */
static bool show(const struct search *search, struct visit *visit, int64_t row, struct sqlite3_stmt *statement,
                 struct shape *shape_or_null, struct error *err)
{
    visit->matched++;
    if (!visit->call) {
        return true;
    }
    if (visit->skip > 0) {
        visit->skip--;
        return true;
    }
    struct store_item item = {.row = row};
    if (shape_or_null) {
        item.shape = *shape_or_null;
    } else if (!decode_shape(search, reader_column(statement, 1), search->arena, &item.shape, err)) {
        return false;
    }
    if (!decode_attributes(search, reader_column(statement, 0), false, search->arena, &item, err)) {
        return false;
    }
    visit->left--;
    visit->stopped = !visit->call(visit->context, &item) || visit->left == 0;
    return true;
}

/* Tests the geometry where the box was not enough. */
static bool show_if_match(const struct search *search, struct visit *visit, int64_t row, bool inside,
                          struct sqlite3_stmt *statement, struct error *err)
{
    if (inside) {
        return show(search, visit, row, statement, NULL, err);
    }
    struct shape shape;
    if (!decode_shape(search, reader_column(statement, 1), search->arena, &shape, err)) {
        return false;
    }
    return shape.part_count == 0 || !item_match(&shape, search->query->bbox) ||
           show(search, visit, row, statement, &shape, err);
}

static bool visit_candidates(struct search *search, struct visit *visit, struct error *err)
{
    struct sqlite3_stmt *statement = NULL;
    if (!database_prepare(search->store->cells.db, "SELECT attributes, shape FROM item WHERE id=?1", &statement, err)) {
        return false;
    }
    bool ok = true;
    for (size_t i = 0; i < search->count && ok && !visit->stopped; i++) {
        struct candidate candidate = search->found[i];
        if (candidate.inside && (!visit->call || visit->skip > 0)) {
            visit->matched++;
            visit->skip -= visit->skip > 0;
            continue;
        }
        sqlite3_bind_int64(statement, 1, cell_item_id(search->layer->serial, candidate.row));
        int code = sqlite3_step(statement);
        if (code == SQLITE_ROW) {
            ok = show_if_match(search, visit, candidate.row, candidate.inside, statement, err);
        } else {
            ok = code == SQLITE_DONE ? reader_damaged(search->layer, err)
                                     : reader_fail(search->store, search->layer, err);
        }
        sqlite3_reset(statement);
        arena_reset(search->arena);
    }
    sqlite3_finalize(statement);
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
        ok = show_if_match(search, visit, row, !has_box, statement, err);
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
    if (search->query->after_row >= CELL_ROW_MAX) {
        return true;
    }
    if (!search->query->bbox) {
        return scan(search, visit, err);
    }
    /* Of a box that does not cross the antimeridian only one copy can hold a feature wholly: none is counted twice. */
    search->counts_inside = !visit->call && search->query->bbox->min_x <= search->query->bbox->max_x;
    if (!collect(search, err)) {
        return false;
    }
    visit->matched = search->too_many ? 0 : search->inside_count;
    return search->too_many ? scan(search, visit, err) : visit_candidates(search, visit, err);
}

static bool run(struct store *store, const struct store_layer *layer, const struct store_query *query,
                struct visit *visit, struct error *err)
{
    struct search search = {.store = store, .layer = layer, .query = query};
    if (!reader_begin(store, layer, err)) {
        return false;
    }
    search.arena = arena_create(arena_bytes_max);
    bool ok = search.arena ? search_items(&search, visit, err) : error_no_memory(err);
    free(search.found);
    arena_destroy(search.arena);
    reader_end(store);
    return ok;
}

bool store_items(struct store *store, const struct store_layer *layer, const struct store_query *query,
                 store_item_visitor *visit, void *context, struct error *err)
{
    if (query->limit == 0 || query->offset > INT64_MAX) {
        return true;
    }
    struct visit state = {.call = visit, .context = context, .skip = query->offset, .left = query->limit};
    return run(store, layer, query, &state, err);
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
    if (!query->bbox) {
        return count_all(store, layer, query->after_row, out_count, err);
    }
    struct visit state = {0};
    if (!run(store, layer, query, &state, err)) {
        return false;
    }
    *out_count = state.matched;
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
        ok = decode_attributes(search, reader_column(statement, 0), true, search->arena, out_item, err) &&
             decode_shape(search, reader_column(statement, 1), search->arena, &out_item->shape, err);
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
