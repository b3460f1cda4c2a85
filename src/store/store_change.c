/* SPDX-License-Identifier: MIT */
#include "store/store_change.h"

#include "base/hash.h"
#include "store/change_note.h"
#include "store/database.h"
#include "store/reader.h"

#include <sqlite3.h>

enum {
    BOX_BYTES = 16,
    HEAD_BYTES = 3 + CELL_VECTOR_ZOOMS,
    COLUMN_MARK = 0,
    COLUMN_GENERATION,
    COLUMN_LAYER,
    COLUMN_BANDS
};

static struct store_change_area area_of(const struct store_change *change, unsigned band)
{
    return change->layer && change->bands && band < CELL_BANDS ? change->bands[band]
                                                               : (struct store_change_area){.is_whole = true};
}

struct store_change_area store_change_at(const struct store_change *change, double zoom)
{
    return area_of(change, cell_band(zoom));
}

struct store_change_area store_change_for_vector(const struct store_change *change, uint32_t z)
{
    unsigned band = z >= CELL_VECTOR_ZOOMS ? CELL_BAND_FULL
                    : change->vector_bands ? change->vector_bands[z]
                                           : CHANGE_NO_BAND;
    return area_of(change, band);
}

static int64_t read_int32(const unsigned char *bytes)
{
    uint32_t bits = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
    return (int32_t)bits;
}

/* False without memory. Boxes that are not all there leave `*out_at` NULL. */
static bool read_boxes(const unsigned char **out_at, const unsigned char *end, struct arena *arena,
                       struct store_change_area *out)
{
    const unsigned char *at = *out_at;
    *out_at = NULL;
    if (end - at < 2) {
        return true;
    }
    size_t count = (size_t)at[0] | (size_t)at[1] << 8;
    at += 2;
    if ((size_t)(end - at) < count * BOX_BYTES) {
        return true;
    }
    struct world_box *boxes = arena_array(arena, count, sizeof *boxes);
    if (!boxes) {
        return false;
    }
    for (size_t i = 0; i < count; i++, at += BOX_BYTES) {
        boxes[i] = (struct world_box){read_int32(at), read_int32(at + 4), read_int32(at + 8), read_int32(at + 12)};
    }
    *out = (struct store_change_area){.boxes = boxes, .box_count = count};
    *out_at = at;
    return true;
}

/* What is not as change_note writes it counts as a change of everything. */
static bool read_bands(struct text bytes, struct arena *arena, struct store_change *out)
{
    const unsigned char *at = (const unsigned char *)bytes.data;
    const unsigned char *end = at + bytes.length;
    if (bytes.length < HEAD_BYTES || at[0] != CHANGE_FORMAT) {
        return true;
    }
    unsigned char *vector_bands = arena_memdup(arena, at + 3, CELL_VECTOR_ZOOMS);
    struct store_change_area *bands = arena_array(arena, CELL_BANDS, sizeof *bands);
    if (!vector_bands || !bands) {
        return false;
    }
    struct store_change change = *out;
    change.has_new_ids = (at[1] & CHANGE_NEW_IDS) != 0;
    change.is_raster = (at[1] & CHANGE_RASTER) != 0;
    change.raster_zoom = at[2];
    change.vector_bands = vector_bands;
    change.bands = bands;
    at += HEAD_BYTES;
    for (size_t band = 0; band < CELL_BANDS && at; band++) {
        if (!read_boxes(&at, end, arena, &bands[band])) {
            return false;
        }
    }
    if (at == end) {
        *out = change;
    }
    return true;
}

static bool read_change(struct sqlite3_stmt *row, struct arena *arena, struct store_change *out)
{
    *out = (struct store_change){.mark = (uint64_t)sqlite3_column_int64(row, COLUMN_MARK)};
    const char *layer = (const char *)sqlite3_column_text(row, COLUMN_LAYER);
    if (layer) {
        out->layer = arena_strdup(arena, layer);
        if (!out->layer) {
            return false;
        }
    }
    return !layer || sqlite3_column_type(row, COLUMN_BANDS) != SQLITE_BLOB ||
           read_bands(reader_column(row, COLUMN_BANDS), arena, out);
}

static bool read_list(struct sqlite3 *db, struct arena *arena, struct store_changes *out, struct error *err)
{
    struct sqlite3_stmt *rows = NULL;
    struct store_change *changes = arena_array(arena, CHANGES_KEPT + 1, sizeof *changes);
    int64_t generation;
    int64_t last = -1;
    size_t count = 0;
    if (!changes) {
        return error_no_memory(err);
    }
    if (!database_number(db, 0, &generation, err, "SELECT value FROM tesela_meta WHERE key='generation'") ||
        !database_preparef(db, &rows, err,
                           "SELECT mark, generation, layer, boxes FROM (SELECT * FROM tesela_change ORDER BY"
                           " generation DESC LIMIT %d) ORDER BY generation",
                           (int)CHANGES_KEPT + 1)) {
        return false;
    }
    int code;
    bool ok = true;
    while (ok && (code = sqlite3_step(rows)) == SQLITE_ROW && count <= CHANGES_KEPT) {
        int64_t at = sqlite3_column_int64(rows, COLUMN_GENERATION);
        count = at == last + 1 ? count : 0; /* a generation that told nothing: what was before it is of no use */
        last = at;
        ok = read_change(rows, arena, &changes[count++]) || error_no_memory(err);
    }
    if (ok && code != SQLITE_DONE && code != SQLITE_ROW) {
        ok = database_fail(db, err);
    }
    sqlite3_finalize(rows);
    uint64_t mark = count > 0 ? changes[count - 1].mark : 0;
    /* Something raised the generation without telling what it changed. */
    mark = last == generation ? mark : hash_mix(mark, (uint64_t)generation);
    *out = (struct store_changes){mark, changes, count};
    return ok;
}

bool store_change_list(struct store *store, struct arena *arena, struct store_changes *out_changes, struct error *err)
{
    if (!reader_refresh(store, err)) {
        return false;
    }
    struct sqlite3 *db = store->truth.db;
    int64_t has_table = 0;
    if (db &&
        !database_number(db, 0, &has_table, err, "SELECT count(*) FROM sqlite_master WHERE name='tesela_change'")) {
        return false;
    }
    if (!has_table) {
        /* Written by an earlier Tesela, or not there yet: a moment like no other, as far as the generation tells. */
        uint64_t generation;
        if (!store_generation(store, &generation, err)) {
            return false;
        }
        *out_changes = (struct store_changes){.mark = hash_mix(1, generation)};
        return true;
    }
    /* The number and the list belong together. */
    if (!database_run(db, "BEGIN", err)) {
        return false;
    }
    bool ok = read_list(db, arena, out_changes, err);
    database_run(db, "COMMIT", NULL);
    return ok;
}
