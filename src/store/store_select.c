/* SPDX-License-Identifier: MIT */
/* Which items meet a box: the tree tells whose boxes touch it, and only those that reach across its border are looked
 * at. Cost: the walk, and a row of the item table for each on the border. */
#include "store/database.h"
#include "store/item_match.h"
#include "store/item_read.h"
#include "store/reader.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 65536, INSIDE_MARGIN = 2, DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS };

/* What the walk through the tree finds. A candidate is its row shifted by one; the low bit says that its box reaches
 * across the border, so that of two copies the inner one sorts first. */
struct candidates {
    struct store *store;
    const struct store_layer *layer;
    const struct store_query *query;
    struct world_box part; /* what is walked just now */
    uint64_t *items;
    size_t count;
    uint64_t inside_more; /* wholly inside, found when `items` was full */
    bool may_repeat;      /* the box crosses the antimeridian: a feature may be found in two copies of the world */
    bool too_many;
};

static enum reader_next note_candidate(void *context, const struct cell_feature *feature, struct error *err)
{
    struct candidates *found = context;
    if (feature->row <= found->query->after_row) {
        return READER_GO_ON;
    }
    const struct world_box *box = &feature->box;
    const struct world_box *part = &found->part;
    bool inside = box->min_x >= part->min_x + INSIDE_MARGIN && box->max_x <= part->max_x - INSIDE_MARGIN &&
                  box->min_y >= part->min_y + INSIDE_MARGIN && box->max_y <= part->max_y - INSIDE_MARGIN;
    if (found->count < ROWS_MAX) {
        /* Twice the room: for sorting. */
        found->items = reader_scratch_grow(&found->store->candidates, 2 * (found->count + 1), sizeof *found->items);
        if (!found->items) {
            error_no_memory(err);
            return READER_FAIL;
        }
        found->items[found->count++] = ((uint64_t)feature->row << 1) | !inside;
        return READER_GO_ON;
    }
    if (inside && !found->may_repeat) {
        found->inside_more++;
        return READER_GO_ON;
    }
    found->too_many = true;
    return READER_STOP;
}

static bool collect(struct candidates *found, struct store *store, struct error *err)
{
    struct world_box area = grid_box(found->query->bbox);
    /* Rounding to units must not lose a feature on the border. */
    area.min_x--;
    area.min_y--;
    area.max_x++;
    area.max_y++;
    for (int64_t copy = -1; copy <= 1 && !found->too_many; copy++) {
        if (reader_area_in_world(&area, copy * GRID_WORLD_UNITS, &found->part) &&
            !reader_walk(store, found->layer, CELL_BAND_FULL, &found->part, false, note_candidate, found, err)) {
            return false;
        }
    }
    return true;
}

/* Ascending, digit by digit from the lowest: of the bits that occur. `spare` is as long as `items`. */
static void sort_numbers(uint64_t *items, uint64_t *spare, size_t count)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < count; i++) {
        bits |= items[i];
    }
    uint64_t *from = items;
    uint64_t *to = spare;
    for (unsigned shift = 0; shift < 64 && bits >> shift != 0; shift += DIGIT_BITS) {
        size_t starts[DIGITS + 1] = {0};
        for (size_t i = 0; i < count; i++) {
            starts[((from[i] >> shift) & (DIGITS - 1)) + 1]++;
        }
        for (size_t d = 0; d < DIGITS; d++) {
            starts[d + 1] += starts[d];
        }
        for (size_t i = 0; i < count; i++) {
            to[starts[(from[i] >> shift) & (DIGITS - 1)]++] = from[i];
        }
        uint64_t *swap = from;
        from = to;
        to = swap;
    }
    if (from != items) {
        memcpy(items, from, count * sizeof *items);
    }
}

static size_t without_repeats(uint64_t *items, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || items[kept - 1] >> 1 != items[i] >> 1) {
            items[kept++] = items[i];
        }
    }
    return kept;
}

static bool shape_meets(const struct candidates *found, struct text bytes, struct arena *arena, bool *out_meets,
                        struct error *err)
{
    struct shape shape;
    if (!item_read_shape(found->layer, bytes, arena, &shape, err)) {
        return false;
    }
    *out_meets = shape.part_count > 0 && item_match(&shape, found->query->bbox);
    arena_reset(arena);
    return true;
}

static bool row_meets(const struct candidates *found, struct store *store, int64_t row, struct arena *arena,
                      bool *out_meets, struct error *err)
{
    struct sqlite3_stmt *statement = store->item;
    sqlite3_bind_int64(statement, 1, cell_item_id(found->layer->serial, row));
    int code = sqlite3_step(statement);
    bool ok;
    if (code == SQLITE_ROW) {
        ok = shape_meets(found, reader_column(statement, 1), arena, out_meets, err);
    } else {
        ok = code == SQLITE_DONE ? reader_damaged(found->layer, err) : reader_fail(store, found->layer, err);
    }
    sqlite3_reset(statement);
    return ok;
}

/* Of the candidates the rows that meet the box. */
static bool keep_matches(const struct candidates *found, struct store *store, struct arena *arena,
                         struct store_selection *selection, struct error *err)
{
    for (size_t i = 0; i < found->count; i++) {
        int64_t row = (int64_t)(found->items[i] >> 1);
        bool meets = true;
        if ((found->items[i] & 1) && !row_meets(found, store, row, arena, &meets, err)) {
            return false;
        }
        if (meets) {
            selection->rows[selection->count++] = row;
        }
    }
    return true;
}

/* Every item is looked at. */
static bool count_by_scan(const struct candidates *found, struct store *store, struct arena *arena, uint64_t *out_count,
                          struct error *err)
{
    struct sqlite3_stmt *statement = NULL;
    if (!database_prepare(store->cells.db, "SELECT shape FROM item WHERE id>?1 AND id<=?2", &statement, err)) {
        return false;
    }
    int64_t after = found->query->after_row < 0 ? 0 : found->query->after_row;
    sqlite3_bind_int64(statement, 1, cell_item_id(found->layer->serial, after));
    sqlite3_bind_int64(statement, 2, cell_item_id(found->layer->serial, CELL_ROW_MAX));
    uint64_t count = 0;
    bool ok = true;
    int code = SQLITE_DONE;
    while (ok && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        bool meets = false;
        ok = shape_meets(found, reader_column(statement, 0), arena, &meets, err);
        count += meets;
    }
    if (ok && code != SQLITE_DONE) {
        ok = reader_fail(store, found->layer, err);
    }
    sqlite3_finalize(statement);
    *out_count = count;
    return ok;
}

static bool select_rows(struct candidates *found, struct store *store, struct arena *arena,
                        struct store_selection *selection, struct error *err)
{
    if (!collect(found, store, err)) {
        return false;
    }
    if (found->too_many) {
        return found->query->needs_no_count || count_by_scan(found, store, arena, &selection->count, err);
    }
    selection->rows = malloc((found->count + 1) * sizeof *selection->rows);
    if (!selection->rows) {
        return error_no_memory(err);
    }
    sort_numbers(found->items, found->items + found->count, found->count);
    found->count = without_repeats(found->items, found->count);
    if (!keep_matches(found, store, arena, selection, err)) {
        return false;
    }
    selection->count += found->inside_more;
    if (found->inside_more > 0) {
        free(selection->rows);
        selection->rows = NULL;
    }
    return true;
}

static enum reader_next stop_at_first(void *context, const struct cell_feature *feature, struct error *err)
{
    (void)feature;
    (void)err;
    *(bool *)context = true;
    return READER_STOP;
}

static bool touches(struct store *store, const struct store_layer *layer, const struct world_box *area, bool *out_found,
                    struct error *err)
{
    bool found = false;
    bool ok = true;
    for (int64_t copy = -1; copy <= 1 && ok && !found; copy++) {
        struct world_box part;
        ok = !reader_area_in_world(area, copy * GRID_WORLD_UNITS, &part) ||
             reader_walk(store, layer, CELL_BAND_FULL, &part, false, stop_at_first, &found, err);
    }
    *out_found = found;
    return ok;
}

bool store_touches(struct store *store, const struct store_layer *layer, const struct world_box *area,
                   bool *out_touches, struct error *err)
{
    bool found;
    if (!reader_begin(store, layer, err)) {
        return false;
    }
    bool ok = touches(store, layer, area, &found, err);
    reader_end(store);
    if (ok) {
        *out_touches = found;
    }
    return ok;
}

bool store_select(struct store *store, const struct store_layer *layer, const struct store_query *query,
                  struct store_selection **out_selection, struct error *err)
{
    struct candidates found = {
        .store = store, .layer = layer, .query = query, .may_repeat = query->bbox->min_x > query->bbox->max_x};
    if (!reader_begin(store, layer, err)) {
        return false;
    }
    struct store_selection *selection = calloc(1, sizeof *selection);
    struct arena *arena = arena_create(ITEM_READ_BYTES_MAX);
    bool ok = selection && arena ? select_rows(&found, store, arena, selection, err) : error_no_memory(err);
    arena_destroy(arena);
    reader_end(store);
    if (!ok) {
        store_selection_destroy(selection);
        return false;
    }
    *out_selection = selection;
    return true;
}

void store_selection_destroy(struct store_selection *selection)
{
    if (selection) {
        free(selection->rows);
        free(selection);
    }
}
