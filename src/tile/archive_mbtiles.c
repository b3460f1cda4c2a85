/* SPDX-License-Identifier: MIT */
/* Reading MBTiles: one guarded connection, used by one thread at a time (a tile takes some ten microseconds). */
#include "tile/archive_reader.h"

#include "store/database.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

struct mbtiles {
    struct archive_file archive; /* first, so that a pointer to one is a pointer to the other */
    pthread_mutex_t lock;        /* guards the connection */
    struct sqlite3 *db;
    struct sqlite3_stmt *find;
};

static bool read_tile(struct archive_file *archive, struct tile_id tile, struct buffer *out, bool *out_found,
                      struct error *err)
{
    struct mbtiles *mbtiles = (struct mbtiles *)(void *)archive;
    pthread_mutex_lock(&mbtiles->lock);
    sqlite3_bind_int64(mbtiles->find, 1, tile.z);
    sqlite3_bind_int64(mbtiles->find, 2, tile.x);
    sqlite3_bind_int64(mbtiles->find, 3, ((int64_t)1 << tile.z) - 1 - (int64_t)tile.y); /* rows count from the south */
    int code = sqlite3_step(mbtiles->find);
    bool ok = code == SQLITE_ROW || code == SQLITE_DONE || database_fail(mbtiles->db, err);
    *out_found = code == SQLITE_ROW;
    if (code == SQLITE_ROW) {
        const void *data = sqlite3_column_blob(mbtiles->find, 0);
        buffer_append(out, data ? data : "", (size_t)sqlite3_column_bytes(mbtiles->find, 0));
    }
    sqlite3_reset(mbtiles->find);
    pthread_mutex_unlock(&mbtiles->lock);
    if (ok && out->failed) {
        error_tell(err, ERROR_TOO_LARGE, "ARC-005", "a tile is too large", "una tesela es demasiado grande");
        return false;
    }
    return ok;
}

static void close_mbtiles(struct archive_file *archive)
{
    struct mbtiles *mbtiles = (struct mbtiles *)(void *)archive;
    sqlite3_finalize(mbtiles->find);
    database_close(mbtiles->db);
    pthread_mutex_destroy(&mbtiles->lock);
    free(mbtiles);
}

/* --- metadata --- */

static void set_zoom(uint32_t *out, const char *text)
{
    uint64_t zoom;
    if (text_to_uint(text_of(text), GRID_ZOOM_MAX, &zoom)) {
        *out = (uint32_t)zoom;
    }
}

/* "lon,lat,zoom" */
static void set_center(struct archive_info *info, const char *text)
{
    const char *first = strchr(text, ',');
    const char *second = first ? strchr(first + 1, ',') : NULL;
    double lon;
    double lat;
    double zoom;
    if (second && text_to_double((struct text){text, (size_t)(first - text)}, &lon) &&
        text_to_double((struct text){first + 1, (size_t)(second - first - 1)}, &lat) &&
        text_to_double(text_of(second + 1), &zoom) && lon >= -180 && lon <= 180 && lat >= -90 && lat <= 90 &&
        zoom >= 0 && zoom <= GRID_ZOOM_MAX) {
        info->has_center = true;
        info->center_lon = lon;
        info->center_lat = lat;
        info->center_zoom = (uint32_t)zoom;
    }
}

static bool set_format(struct archive_info *info, const char *text)
{
    static const struct {
        const char *name;
        enum archive_type type;
    } formats[] = {{"pbf", ARCHIVE_MVT},  {"mvt", ARCHIVE_MVT},   {"png", ARCHIVE_PNG},
                   {"jpg", ARCHIVE_JPEG}, {"jpeg", ARCHIVE_JPEG}, {"webp", ARCHIVE_WEBP}};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (strcmp(formats[i].name, text) == 0) {
            info->type = formats[i].type;
            info->is_gzip = info->type == ARCHIVE_MVT;
            return true;
        }
    }
    return false;
}

static void set_text(struct archive_file *archive, const char **out, const char *text)
{
    *out = arena_strdup(archive->arena, text);
}

static bool take(struct archive_file *archive, const char *name, const char *value)
{
    struct archive_info *info = &archive->info;
    struct bbox bounds;
    if (strcmp(name, "format") == 0) {
        return set_format(info, value);
    }
    if (strcmp(name, "minzoom") == 0) {
        set_zoom(&info->min_zoom, value);
    } else if (strcmp(name, "maxzoom") == 0) {
        set_zoom(&info->max_zoom, value);
    } else if (strcmp(name, "bounds") == 0 && bbox_parse(text_of(value), &bounds, NULL)) {
        info->bounds = bounds;
    } else if (strcmp(name, "center") == 0) {
        set_center(info, value);
    } else if (strcmp(name, "name") == 0) {
        set_text(archive, &info->name, value);
    } else if (strcmp(name, "description") == 0) {
        set_text(archive, &info->description, value);
    } else if (strcmp(name, "attribution") == 0) {
        set_text(archive, &info->attribution, value);
    } else if (strcmp(name, "json") == 0) {
        archive_read_metadata(archive, text_of(value));
    }
    return true;
}

/* What metadata do not tell, the tiles do. */
static bool find_zooms(struct mbtiles *mbtiles, struct error *err)
{
    struct archive_info *info = &mbtiles->archive.info;
    int64_t min_zoom = info->min_zoom;
    int64_t max_zoom = info->max_zoom;
    if ((min_zoom == UINT32_MAX &&
         !database_number(mbtiles->db, 0, &min_zoom, err, "SELECT min(zoom_level) FROM tiles")) ||
        (max_zoom == UINT32_MAX &&
         !database_number(mbtiles->db, 0, &max_zoom, err, "SELECT max(zoom_level) FROM tiles"))) {
        return false;
    }
    info->max_zoom = max_zoom >= 0 && max_zoom <= GRID_ZOOM_MAX ? (uint32_t)max_zoom : GRID_ZOOM_MAX;
    info->min_zoom = min_zoom >= 0 && min_zoom <= info->max_zoom ? (uint32_t)min_zoom : 0;
    return true;
}

static bool read_metadata(struct mbtiles *mbtiles, struct error *err)
{
    struct sqlite3_stmt *rows = NULL;
    struct archive_info *info = &mbtiles->archive.info;
    if (!database_prepare(mbtiles->db, "SELECT name, value FROM metadata LIMIT 1000", &rows, err)) {
        return false;
    }
    *info = (struct archive_info){.type = ARCHIVE_PNG,
                                  .min_zoom = UINT32_MAX,
                                  .max_zoom = UINT32_MAX,
                                  .bounds = {-180, -GRID_LATITUDE_MAX, 180, GRID_LATITUDE_MAX}};
    bool ok = true;
    int code;
    while (ok && (code = sqlite3_step(rows)) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(rows, 0);
        const char *value = (const char *)sqlite3_column_text(rows, 1);
        ok = !name || !value || take(&mbtiles->archive, name, value);
    }
    sqlite3_finalize(rows);
    if (!ok) {
        error_tell(err, ERROR_INVALID, "ARC-003",
                   "its tiles are of a kind that is not supported: only vector tiles, PNG, JPEG and WebP",
                   "sus teselas son de un tipo que no se admite: solo vectoriales, PNG, JPEG y WebP");
        return false;
    }
    if (code != SQLITE_DONE) {
        return database_fail(mbtiles->db, err);
    }
    return find_zooms(mbtiles, err);
}

bool archive_open_mbtiles(const char *path, struct archive_file **out_archive, struct error *err)
{
    struct mbtiles *mbtiles = calloc(1, sizeof *mbtiles);
    if (!mbtiles) {
        return error_no_memory(err);
    }
    pthread_mutex_init(&mbtiles->lock, NULL);
    mbtiles->archive.read = read_tile;
    mbtiles->archive.close = close_mbtiles;
    mbtiles->archive.arena = arena_create((size_t)ARCHIVE_METADATA_BYTES_MAX * 4);
    bool ok = mbtiles->archive.arena != NULL || error_no_memory(err);
    /* Not mapped: a file that somebody shortens would end the program. */
    ok = ok && database_open_reader(path, &mbtiles->db, err) && database_run(mbtiles->db, "PRAGMA mmap_size=0", err) &&
         read_metadata(mbtiles, err) &&
         database_prepare(mbtiles->db,
                          "SELECT tile_data FROM tiles WHERE zoom_level=?1 AND tile_column=?2 AND tile_row=?3 LIMIT 1",
                          &mbtiles->find, err);
    if (!ok) {
        archive_file_close(&mbtiles->archive);
        return false;
    }
    *out_archive = &mbtiles->archive;
    return true;
}
