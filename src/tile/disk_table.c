/* SPDX-License-Identifier: MIT */
#include "tile/disk_table.h"

#include "base/hash.h"
#include "store/database.h"
#include "tile/tile_order.h"

#include <sqlite3.h>

/* A file of another layout is dropped and made anew. */
enum { LAYOUT = 1, ORDER_BITS = 46 };

static const char tables_sql[] =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE IF NOT EXISTS series (id INTEGER PRIMARY KEY, subject TEXT NOT NULL, format TEXT NOT NULL,"
    " size_px INTEGER NOT NULL, pixel_ratio INTEGER NOT NULL, UNIQUE (subject, format, size_px, pixel_ratio));"
    "CREATE TABLE IF NOT EXISTS blob (hash INTEGER PRIMARY KEY, data BLOB NOT NULL);"
    "CREATE TABLE IF NOT EXISTS tile (id INTEGER PRIMARY KEY, z INTEGER NOT NULL, x INTEGER NOT NULL,"
    " y INTEGER NOT NULL, look INTEGER NOT NULL, mark INTEGER NOT NULL, blob INTEGER NOT NULL,"
    " chk INTEGER NOT NULL, turn INTEGER NOT NULL, sum INTEGER NOT NULL);"
    "CREATE INDEX IF NOT EXISTS tile_by_blob ON tile (blob);"
    "CREATE INDEX IF NOT EXISTS tile_by_turn ON tile (turn);"
    /* What the file shows to readers of MBTiles: one series; another is chosen by writing its number here. */
    "CREATE TABLE IF NOT EXISTS shown (series INTEGER NOT NULL);"
    "INSERT INTO shown SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM shown);"
    "CREATE VIEW IF NOT EXISTS tiles AS SELECT t.z AS zoom_level, t.x AS tile_column,"
    " (1 << t.z) - 1 - t.y AS tile_row, b.data AS tile_data FROM shown, tile AS t JOIN blob AS b ON b.hash = t.blob"
    " WHERE t.id BETWEEN shown.series << 46 AND (shown.series + 1 << 46) - 1;"
    "CREATE VIEW IF NOT EXISTS metadata AS SELECT 'name' AS name, s.subject AS value FROM shown, series AS s"
    " WHERE s.id = shown.series"
    " UNION ALL SELECT 'format', CASE s.format WHEN 'mvt' THEN 'pbf' ELSE s.format END FROM shown, series AS s"
    " WHERE s.id = shown.series"
    " UNION ALL SELECT 'type', 'baselayer' UNION ALL SELECT 'version', '1'"
    " UNION ALL SELECT 'minzoom', CAST(min(zoom_level) AS TEXT) FROM tiles"
    " UNION ALL SELECT 'maxzoom', CAST(max(zoom_level) AS TEXT) FROM tiles"
    " UNION ALL SELECT 'json', '{\"vector_layers\":[]}' FROM shown, series AS s"
    " WHERE s.id = shown.series AND s.format = 'mvt';";

static const char *const format_names[] = {[TILE_PNG] = "png",  [TILE_MVT] = "mvt",   [TILE_GEOJSON] = "geojson",
                                           [TILE_JPEG] = "jpg", [TILE_WEBP] = "webp", [TILE_ARCHIVE] = "archive"};

const char disk_table_find_series[] =
    "SELECT id FROM series WHERE subject=?1 AND format=?2 AND size_px=?3 AND pixel_ratio=?4";

const char disk_table_find_tile[] = "SELECT look, mark, blob, chk, turn, sum FROM tile WHERE id=?1";

uint64_t disk_entry_sum(const struct disk_entry *entry, const struct tile_key *key)
{
    uint64_t sum = hash_mix(tile_key_hash(key), (uint64_t)entry->id);
    sum = hash_mix(sum, entry->look);
    sum = hash_mix(sum, entry->mark);
    sum = hash_mix(sum, entry->hash);
    return hash_mix(sum, entry->check);
}

int64_t disk_entry_id(int64_t series, struct tile_id tile)
{
    return (series << ORDER_BITS) | (int64_t)tile_order_id(tile);
}

bool disk_table_prepare(struct sqlite3 *db, struct error *err)
{
    int64_t layout;
    int64_t tables;
    if (!database_number(db, 0, &layout, err, "PRAGMA user_version") ||
        !database_number(db, 0, &tables, err, "SELECT count(*) FROM sqlite_master")) {
        return false;
    }
    if (tables > 0 && layout != LAYOUT) {
        error_set(err, ERROR_INVALID, "the layout is %lld, not %d", (long long)layout, LAYOUT);
        return false;
    }
    return tables > 0 ||
           (database_run(db, tables_sql, err) && database_runf(db, err, "PRAGMA user_version=%d; COMMIT", (int)LAYOUT));
}

static void bind_series(struct sqlite3_stmt *statement, const struct tile_request *request)
{
    sqlite3_bind_text(statement, 1, request->subject, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 2, format_names[request->format], -1, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 3, request->size_px);
    sqlite3_bind_int64(statement, 4, request->pixel_ratio);
}

bool disk_table_series(struct sqlite3 *db, struct sqlite3_stmt *find, const struct tile_request *request,
                       int64_t *out_series)
{
    (void)db;
    bind_series(find, request);
    int code = sqlite3_step(find);
    int64_t series = code == SQLITE_ROW ? sqlite3_column_int64(find, 0) : 0;
    sqlite3_reset(find);
    if (code != SQLITE_ROW && code != SQLITE_DONE) {
        return false;
    }
    *out_series = series > 0 && series <= DISK_SERIES_MAX ? series : 0;
    return true;
}

bool disk_table_add_series(struct sqlite3 *db, const struct tile_request *request, int64_t *out_series,
                           struct error *err)
{
    struct sqlite3_stmt *insert = NULL;
    if (!database_prepare(db, "INSERT INTO series (subject, format, size_px, pixel_ratio) VALUES (?1, ?2, ?3, ?4)",
                          &insert, err)) {
        return false;
    }
    bind_series(insert, request);
    bool ok = database_step_done(db, insert, err);
    sqlite3_finalize(insert);
    int64_t series = sqlite3_last_insert_rowid(db);
    if (ok && series > DISK_SERIES_MAX) {
        error_set(err, ERROR_TOO_LARGE, "more than %d series of tiles", DISK_SERIES_MAX);
        return false;
    }
    *out_series = series;
    return ok;
}

bool disk_table_entry(struct sqlite3_stmt *find, int64_t id, struct disk_entry *out_entry)
{
    sqlite3_bind_int64(find, 1, id);
    bool found = sqlite3_step(find) == SQLITE_ROW;
    if (found) {
        *out_entry = (struct disk_entry){.id = id,
                                         .look = (uint64_t)sqlite3_column_int64(find, 0),
                                         .mark = (uint64_t)sqlite3_column_int64(find, 1),
                                         .hash = (uint64_t)sqlite3_column_int64(find, 2),
                                         .check = (uint64_t)sqlite3_column_int64(find, 3),
                                         .turn = sqlite3_column_int64(find, 4),
                                         .sum = (uint64_t)sqlite3_column_int64(find, 5)};
    }
    sqlite3_reset(find);
    return found;
}
