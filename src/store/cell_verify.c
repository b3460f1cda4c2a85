/* SPDX-License-Identifier: MIT */
#include "store/cell_verify.h"

#include "store/cell_build.h"
#include "store/cell_rebuild.h"
#include "store/database.h"
#include "store/reader.h"

#include <sqlite3.h>
#include <stdio.h>

enum { SAMPLE_ROWS = 500 };

static const size_t arena_bytes_max = (size_t)1 << 30; /* one feature */

struct verify {
    struct store *store;
    const struct store_layer *layer;
    struct sqlite3 *fresh; /* made from the truth just now */
    struct arena *arena;
    struct error *fault;
    unsigned band;
    int64_t features; /* with a geometry in the finest band */
};

static void note_row(struct verify *verify, int64_t id)
{
    error_tell(verify->fault, ERROR_INVALID, "CHK-011", "the drawing data of row %lld is not what the table gives",
               "los datos de dibujo de la fila %lld no son los que da la tabla", (long long)(id & CELL_ROW_MAX));
}

static void note_count(struct verify *verify, int64_t found, int64_t wanted)
{
    error_tell(verify->fault, ERROR_INVALID, "CHK-011", "the drawing data holds %lld features instead of %lld",
               "los datos de dibujo contienen %lld elementos en vez de %lld", (long long)found, (long long)wanted);
}

static bool is_fine(const struct verify *verify)
{
    return verify->fault->kind == ERROR_NONE;
}

/* --- the tree as it is --- */

/* Each feature of a block decodes as the server will decode it. */
static enum reader_next visit(void *context, const struct cell_feature *feature, struct error *err)
{
    (void)err;
    struct verify *verify = context;
    struct cell_cursor shape = feature->geometry;
    struct cell_cursor cursor = feature->attributes;
    struct geometry geometry;
    size_t count = verify->layer->field_count;
    struct value *values = arena_alloc_raw(verify->arena, count * sizeof *values);
    struct value id;
    bool ok =
        values &&
        cell_get_geometry(&shape, verify->layer->kind, cell_shift(verify->band), verify->arena, &geometry) == CELL_OK &&
        shape.at == shape.end &&
        (feature->attributes_elsewhere || cell_get_attributes(&cursor, feature->row, &id, values, count) == CELL_OK);
    arena_reset(verify->arena);
    verify->features += verify->band == CELL_BAND_FULL;
    if (!ok) {
        note_row(verify, feature->row);
        return READER_STOP;
    }
    return READER_GO_ON;
}

/* A walk that fails has met damage: its own words say what. */
static bool walk_bands(struct verify *verify, struct error *err)
{
    static const struct world_box world = {INT32_MIN, INT32_MIN, INT32_MAX, INT32_MAX};
    if (!reader_begin(verify->store, verify->layer, err)) {
        return false;
    }
    for (verify->band = 0; verify->band < CELL_BANDS && is_fine(verify); verify->band++) {
        struct error damage = {0};
        if (reader_band(verify->store, verify->band) != verify->band) {
            continue;
        }
        if (!reader_walk(verify->store, verify->layer, verify->band, &world, true, visit, verify, &damage) &&
            is_fine(verify)) {
            error_tell(verify->fault, ERROR_INVALID, "CHK-011", "the drawing data of zoom band %u is damaged",
                       "los datos de dibujo de la banda de zoom %u están dañados", verify->band);
        }
    }
    reader_end(verify->store);
    return true;
}

static bool count_items(struct verify *verify, struct error *err)
{
    struct sqlite3 *cells = verify->store->cells.db;
    int64_t items;
    int64_t shapes;
    long long first = cell_item_id(verify->layer->serial, 0);
    long long last = cell_item_id(verify->layer->serial, CELL_ROW_MAX);
    if (!database_number(cells, 0, &items, err, "SELECT count(*) FROM item WHERE id BETWEEN %lld AND %lld", first,
                         last) ||
        !database_number(cells, 0, &shapes, err,
                         "SELECT count(*) FROM item WHERE id BETWEEN %lld AND %lld AND shape IS NOT NULL", first,
                         last)) {
        return false;
    }
    if (items != verify->layer->feature_count) {
        note_count(verify, items, verify->layer->feature_count);
    } else if (shapes != verify->features) {
        note_count(verify, verify->features, shapes);
    }
    return true;
}

/* --- as it should be --- */

static bool open_fresh(struct verify *verify, struct error *err)
{
    /* A database without a name lives in a temporary file and is gone when closed. */
    if (sqlite3_open_v2("", &verify->fresh, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL) !=
        SQLITE_OK) {
        return database_fail(verify->fresh, err);
    }
    sqlite3_extended_result_codes(verify->fresh, 1);
    return database_run(verify->fresh, "PRAGMA page_size=16384; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF",
                        err) &&
           cell_build_prepare(verify->fresh, err);
}

static bool columns_equal(struct sqlite3_stmt *a, struct sqlite3_stmt *b)
{
    for (int i = 0; i < sqlite3_column_count(a); i++) {
        struct text left = reader_column(a, i);
        struct text right = reader_column(b, i);
        if (sqlite3_column_type(a, i) != sqlite3_column_type(b, i) || !text_equal(left, right)) {
            return false;
        }
    }
    return true;
}

/* Goes through the same query in both files side by side. */
static bool compare_all(struct verify *verify, const char *sql, struct error *err)
{
    struct sqlite3_stmt *is = NULL;
    struct sqlite3_stmt *should = NULL;
    bool ok =
        database_prepare(verify->store->cells.db, sql, &is, err) && database_prepare(verify->fresh, sql, &should, err);
    int code = SQLITE_DONE;
    int wanted = SQLITE_DONE;
    while (ok && is_fine(verify)) {
        code = sqlite3_step(is);
        wanted = sqlite3_step(should);
        if (code != SQLITE_ROW || wanted != SQLITE_ROW) {
            break;
        }
        if (!columns_equal(is, should)) {
            note_row(verify, sqlite3_column_int64(should, 0));
        }
    }
    if (ok && is_fine(verify)) {
        if (wanted != SQLITE_ROW && wanted != SQLITE_DONE) {
            ok = database_fail(verify->fresh, err);
        } else if (code != SQLITE_ROW && code != SQLITE_DONE) {
            ok = database_fail(verify->store->cells.db, err);
        } else if (code != wanted) {
            error_tell(verify->fault, ERROR_INVALID, "CHK-011",
                       "the drawing data has more or fewer pieces than it should",
                       "los datos de dibujo tienen más o menos piezas de las debidas");
        }
    }
    sqlite3_finalize(is);
    sqlite3_finalize(should);
    return ok;
}

static bool compare_everything(struct verify *verify, struct error *err)
{
    char sql[256];
    long long first = cell_item_id(verify->layer->serial, 0);
    long long last = cell_item_id(verify->layer->serial, CELL_ROW_MAX);
    snprintf(sql, sizeof sql, "SELECT id, attributes, shape FROM item WHERE id BETWEEN %lld AND %lld ORDER BY id",
             first, last);
    bool ok = compare_all(verify, sql, err);
    snprintf(sql, sizeof sql, "SELECT id, data FROM node WHERE id BETWEEN %lld AND %lld ORDER BY id", first, last);
    ok = ok && compare_all(verify, sql, err);
    snprintf(sql, sizeof sql, "SELECT id, data FROM attributes WHERE id BETWEEN %lld AND %lld ORDER BY id", first,
             last);
    ok = ok && compare_all(verify, sql, err);
    snprintf(sql, sizeof sql, "SELECT row, hash FROM ident WHERE serial=%lld ORDER BY hash, row",
             (long long)verify->layer->serial);
    ok = ok && compare_all(verify, sql, err);
    snprintf(sql, sizeof sql, "SELECT 0, item_count, bands, vector_bands FROM version WHERE serial=%lld",
             (long long)verify->layer->serial);
    return ok && compare_all(verify, sql, err);
}

/* The items that were made, each beside the one that is there. */
static bool compare_sample(struct verify *verify, struct error *err)
{
    struct sqlite3_stmt *should = NULL;
    struct sqlite3_stmt *is = NULL;
    bool ok = database_prepare(verify->fresh, "SELECT id, attributes, shape FROM item ORDER BY id", &should, err) &&
              database_prepare(verify->store->cells.db, "SELECT id, attributes, shape FROM item WHERE id=?1", &is, err);
    int wanted = SQLITE_DONE;
    while (ok && is_fine(verify) && (wanted = sqlite3_step(should)) == SQLITE_ROW) {
        sqlite3_bind_int64(is, 1, sqlite3_column_int64(should, 0));
        int code = sqlite3_step(is);
        if (code != SQLITE_ROW && code != SQLITE_DONE) {
            ok = database_fail(verify->store->cells.db, err);
        } else if (code != SQLITE_ROW || !columns_equal(is, should)) {
            note_row(verify, sqlite3_column_int64(should, 0));
        }
        sqlite3_reset(is);
    }
    if (ok && is_fine(verify) && wanted != SQLITE_DONE) {
        ok = database_fail(verify->fresh, err);
    }
    sqlite3_finalize(should);
    sqlite3_finalize(is);
    return ok;
}

/* A table that cannot be read gives no cells: that is told of the table, not of the cells. */
static bool make_and_compare(struct verify *verify, bool full, int64_t *out_compared, struct error *err)
{
    int64_t made;
    if (!open_fresh(verify, err) || !database_run(verify->fresh, "BEGIN", err)) {
        return false;
    }
    struct error damage = {0};
    if (!cell_rebuild(verify->store->truth.db, verify->fresh, verify->layer->serial, full ? 0 : SAMPLE_ROWS, &damage)) {
        error_tell(verify->fault, ERROR_INVALID, "CHK-009", "the table cannot be read: %.200s",
                   "la tabla no se puede leer: %.200s", damage.english);
        return true;
    }
    return database_number(verify->fresh, 0, &made, err, "SELECT count(*) FROM item") &&
           (full ? compare_everything(verify, err) : compare_sample(verify, err)) && (*out_compared += made, true);
}

bool cell_verify(struct store *store, const struct store_layer *layer, bool full, int64_t *out_compared,
                 struct error *out_fault, struct error *err)
{
    struct verify verify = {.store = store, .layer = layer, .arena = arena_create(arena_bytes_max), .fault = out_fault};
    if (!verify.arena) {
        return error_no_memory(err);
    }
    bool ok = walk_bands(&verify, err) && (!is_fine(&verify) || count_items(&verify, err));
    if (ok && is_fine(&verify)) {
        ok = make_and_compare(&verify, full, out_compared, err);
    }
    database_close(verify.fresh);
    arena_destroy(verify.arena);
    return ok;
}
