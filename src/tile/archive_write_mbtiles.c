/* SPDX-License-Identifier: MIT */
/* MBTiles 1.3: the tables `map` and `images` hold each content once, the view `tiles` is what readers see. What was
 * written stays in FILE.part when the work is interrupted. */
#include "tile/archive_write.h"

#include "base/hash.h"
#include "store/database.h"
#include "tile/tile_order.h"

#include <errno.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PAGE_BYTES = 4096, TILES_PER_BATCH = 1000 };

static const char tables_sql[] =
    "CREATE TABLE images (tile_id TEXT NOT NULL PRIMARY KEY, tile_data BLOB NOT NULL);"
    "CREATE TABLE map (zoom_level INTEGER NOT NULL, tile_column INTEGER NOT NULL, tile_row INTEGER NOT NULL,"
    " tile_id TEXT NOT NULL, PRIMARY KEY (zoom_level, tile_column, tile_row)) WITHOUT ROWID;"
    "CREATE TABLE metadata (name TEXT NOT NULL PRIMARY KEY, value TEXT);"
    "CREATE VIEW tiles AS SELECT zoom_level, tile_column, tile_row, tile_data FROM map JOIN images USING (tile_id);"
    /* How far the work is; dropped at the end. */
    "CREATE TABLE work (content INTEGER NOT NULL, next INTEGER NOT NULL);"
    "PRAGMA application_id=0x4d504258"; /* "MPBX", as the specification wants */

struct mbtiles_writer {
    struct archive_writer writer; /* first, so that a pointer to one is a pointer to the other */
    char path[PATH_MAX];
    char part[PATH_MAX];
    struct sqlite3 *db;
    struct sqlite3_stmt *put_image;
    struct sqlite3_stmt *put_tile;
    uint64_t first_id; /* tiles before this one are there */
    uint64_t next_id;
    unsigned in_batch;
};

static void remove_part(const struct mbtiles_writer *writer)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char name[PATH_MAX + 16];
        snprintf(name, sizeof name, "%s%s", writer->part, ends[i]);
        unlink(name);
    }
}

static bool open_database(struct mbtiles_writer *writer, struct error *err)
{
    return database_open_writer(writer->part, PAGE_BYTES, "OFF", &writer->db, err);
}

static void close_database(struct mbtiles_writer *writer)
{
    sqlite3_finalize(writer->put_image);
    sqlite3_finalize(writer->put_tile);
    writer->put_image = NULL;
    writer->put_tile = NULL;
    database_close(writer->db);
    writer->db = NULL;
}

/* True when there is an interrupted writing of the same content that can go on. */
static bool resume(struct mbtiles_writer *writer)
{
    int64_t next = -1;
    int64_t tiles = 0;
    int64_t contents = 0;
    bool ok = access(writer->part, F_OK) == 0 && open_database(writer, NULL) &&
              database_number(writer->db, -1, &next, NULL, "SELECT next FROM work WHERE content=%lld",
                              (long long)writer->writer.about->content) &&
              next >= 0 && database_number(writer->db, 0, &tiles, NULL, "SELECT count(*) FROM map") &&
              database_number(writer->db, 0, &contents, NULL, "SELECT count(*) FROM images");
    if (!ok) {
        close_database(writer);
        return false;
    }
    writer->first_id = (uint64_t)next;
    writer->next_id = writer->first_id;
    writer->writer.stats.tiles = (uint64_t)tiles;
    writer->writer.stats.contents = (uint64_t)contents;
    return true;
}

static bool start(struct mbtiles_writer *writer, struct error *err)
{
    remove_part(writer);
    return open_database(writer, err) && database_run(writer->db, tables_sql, err) &&
           database_runf(writer->db, err, "INSERT INTO work VALUES (%lld, 0)",
                         (long long)writer->writer.about->content);
}

static bool wants(struct archive_writer *base, struct tile_id tile)
{
    return tile_order_id(tile) >= ((struct mbtiles_writer *)(void *)base)->first_id;
}

static bool commit(struct mbtiles_writer *writer, struct error *err)
{
    writer->in_batch = 0;
    return database_runf(writer->db, err, "UPDATE work SET next=%lld", (long long)writer->next_id) &&
           database_run(writer->db, "COMMIT", err);
}

static bool add(struct archive_writer *base, struct tile_id tile, const void *bytes, size_t size, struct error *err)
{
    struct mbtiles_writer *writer = (struct mbtiles_writer *)(void *)base;
    char id[40];
    /* Two hashes of 64 bits: no two contents of one planet share them. */
    int length = snprintf(id, sizeof id, "%016llx%016llx", (unsigned long long)hash_bytes(bytes, size),
                          (unsigned long long)hash_bytes_seeded(bytes, size, 1));
    if (writer->in_batch == 0 && !database_run(writer->db, "BEGIN", err)) {
        return false;
    }
    sqlite3_bind_text(writer->put_image, 1, id, length, SQLITE_STATIC);
    sqlite3_bind_blob64(writer->put_image, 2, bytes, size, SQLITE_STATIC);
    if (!database_step_done(writer->db, writer->put_image, err)) {
        return false;
    }
    if (sqlite3_changes(writer->db) > 0) {
        base->stats.contents++;
        base->stats.bytes += size;
    }
    sqlite3_bind_int64(writer->put_tile, 1, tile.z);
    sqlite3_bind_int64(writer->put_tile, 2, tile.x);
    sqlite3_bind_int64(writer->put_tile, 3,
                       ((int64_t)1 << tile.z) - 1 - (int64_t)tile.y); /* rows count from the south */
    sqlite3_bind_text(writer->put_tile, 4, id, length, SQLITE_STATIC);
    if (!database_step_done(writer->db, writer->put_tile, err)) {
        return false;
    }
    base->stats.tiles++;
    writer->next_id = tile_order_id(tile) + 1;
    return ++writer->in_batch < TILES_PER_BATCH || commit(writer, err);
}

static bool put_metadata(struct mbtiles_writer *writer, const char *name, const char *value, struct error *err)
{
    return !value || database_runf(writer->db, err, "INSERT OR REPLACE INTO metadata VALUES (%Q, %Q)", name, value);
}

static bool write_json(struct mbtiles_writer *writer, struct error *err)
{
    struct buffer json;
    struct json_writer out;
    if (writer->writer.about->format != TILE_MVT) {
        return true;
    }
    buffer_init(&json, 16 << 20);
    json_write_init(&out, &json);
    json_write_begin_object(&out);
    archive_write_vector_layers(writer->writer.about, &out);
    json_write_end_object(&out);
    bool ok = json.failed ? error_no_memory(err) : put_metadata(writer, "json", buffer_text(&json), err);
    buffer_finish(&json);
    return ok;
}

static bool write_metadata(struct mbtiles_writer *writer, struct error *err)
{
    const struct archive_about *about = writer->writer.about;
    const struct bbox *box = &about->bounds;
    char bounds[128];
    char center[128];
    char min_zoom[16];
    char max_zoom[16];
    snprintf(bounds, sizeof bounds, "%.7f,%.7f,%.7f,%.7f", box->min_x, box->min_y, box->max_x, box->max_y);
    snprintf(center, sizeof center, "%.7f,%.7f,%u", about->center_lon, about->center_lat, about->center_zoom);
    snprintf(min_zoom, sizeof min_zoom, "%u", about->min_zoom);
    snprintf(max_zoom, sizeof max_zoom, "%u", about->max_zoom);
    return put_metadata(writer, "name", about->name ? about->name : "", err) &&
           put_metadata(writer, "format", about->format == TILE_PNG ? "png" : "pbf", err) &&
           put_metadata(writer, "bounds", bounds, err) && put_metadata(writer, "center", center, err) &&
           put_metadata(writer, "minzoom", min_zoom, err) && put_metadata(writer, "maxzoom", max_zoom, err) &&
           put_metadata(writer, "attribution", about->attribution, err) &&
           put_metadata(writer, "description", about->description, err) &&
           put_metadata(writer, "type", "baselayer", err) && put_metadata(writer, "version", "1", err) &&
           put_metadata(writer, "generator", "tesela " TESELA_VERSION, err) && write_json(writer, err);
}

static bool finish(struct archive_writer *base, struct error *err)
{
    struct mbtiles_writer *writer = (struct mbtiles_writer *)(void *)base;
    /* Without a log beside it the file can be copied and opened anywhere. */
    bool ok = (writer->in_batch == 0 || commit(writer, err)) && write_metadata(writer, err) &&
              database_run(writer->db, "DROP TABLE work; PRAGMA optimize", err);
    sqlite3_finalize(writer->put_image);
    sqlite3_finalize(writer->put_tile);
    writer->put_image = NULL;
    writer->put_tile = NULL;
    ok = ok && database_run(writer->db, "PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode=DELETE", err);
    close_database(writer);
    if (ok && rename(writer->part, writer->path) != 0) {
        return archive_write_fail(writer->path, err);
    }
    return ok;
}

static void close_writer(struct archive_writer *base)
{
    struct mbtiles_writer *writer = (struct mbtiles_writer *)(void *)base;
    if (writer->db && writer->in_batch > 0) {
        commit(writer, NULL);
    }
    close_database(writer);
    free(writer);
}

bool archive_writer_open_mbtiles(const char *path, const struct archive_about *about,
                                 struct archive_writer **out_writer, struct error *err)
{
    struct mbtiles_writer *writer = calloc(1, sizeof *writer);
    if (!writer) {
        return error_no_memory(err);
    }
    writer->writer.about = about;
    writer->writer.wants = wants;
    writer->writer.add = add;
    writer->writer.finish = finish;
    writer->writer.close = close_writer;
    if ((size_t)snprintf(writer->path, sizeof writer->path, "%s", path) >= sizeof writer->path ||
        (size_t)snprintf(writer->part, sizeof writer->part, "%s.part", path) >= sizeof writer->part - 8) {
        error_set(err, ERROR_INVALID, "the path \"%s\" is too long", path);
        close_writer(&writer->writer);
        return false;
    }
    bool ok =
        (resume(writer) || start(writer, err)) &&
        database_prepare(writer->db, "INSERT OR IGNORE INTO images VALUES (?1, ?2)", &writer->put_image, err) &&
        database_prepare(writer->db, "INSERT OR REPLACE INTO map VALUES (?1, ?2, ?3, ?4)", &writer->put_tile, err);
    if (!ok) {
        close_writer(&writer->writer);
        return false;
    }
    *out_writer = &writer->writer;
    return true;
}
