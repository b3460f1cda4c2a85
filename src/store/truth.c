/* SPDX-License-Identifier: MIT */
#include "store/truth.h"

#include "base/file.h"
#include "base/late_library.h"
#include "base/text.h"
#include "store/database.h"
#include "store/fresh_file.h"

#include <sqlite3.h> /* before SpatiaLite, whose headers need it */
#include <spatialite.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Opened when it is first needed. */
/* clang-format off */
#define CALLS(X) \
    X(spatialite_alloc_connection) X(spatialite_cleanup_ex) X(spatialite_init_ex) X(spatialite_initialize)
/* clang-format on */
static struct {
    CALLS(LATE_LIBRARY_MEMBER)
} late;
static struct late_library library = LATE_LIBRARY(TESELA_SPATIALITE_SONAME, CALLS, late);

enum { PAGE_BYTES = 16384, SRID_CUSTOM_FIRST = 900001, NAME_BYTES_MAX = 120 };

static const char schema_sql[] =
    "BEGIN;"
    "CREATE TABLE IF NOT EXISTS tesela_meta (key TEXT NOT NULL PRIMARY KEY, value INTEGER);"
    "INSERT OR IGNORE INTO tesela_meta VALUES ('schema', 1), ('generation', 1);"
    "CREATE TABLE IF NOT EXISTS tesela_layer (id TEXT NOT NULL PRIMARY KEY, last_version INTEGER NOT NULL,"
    " current_serial INTEGER);"
    /* AUTOINCREMENT: a serial is never used again, caches are keyed by it. */
    "CREATE TABLE IF NOT EXISTS tesela_version (serial INTEGER PRIMARY KEY AUTOINCREMENT, layer TEXT NOT NULL,"
    " version INTEGER NOT NULL, stamp INTEGER NOT NULL, table_name TEXT NOT NULL, kind TEXT NOT NULL,"
    " has_z INTEGER NOT NULL, srs TEXT NOT NULL, srid INTEGER NOT NULL, descriptor TEXT NOT NULL,"
    " fields TEXT NOT NULL, min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE,"
    " feature_count INTEGER NOT NULL, source_file TEXT, source_sha256 TEXT, report TEXT, loaded_at TEXT NOT NULL,"
    " state TEXT NOT NULL, UNIQUE (layer, version));"
    /* What each generation changed (store_change.h), from a beginning of which nothing is known. */
    "CREATE TABLE IF NOT EXISTS tesela_change (generation INTEGER PRIMARY KEY, mark INTEGER NOT NULL, layer TEXT,"
    " boxes BLOB);"
    "INSERT INTO tesela_change SELECT value, random(), NULL, NULL FROM tesela_meta WHERE key='generation'"
    " AND NOT EXISTS (SELECT 1 FROM tesela_change);"
    "COMMIT";

static bool start_spatialite(struct truth *truth, struct error *err)
{
    /* With this variable set SpatiaLite offers functions that read and write files. */
    unsetenv("SPATIALITE_SECURITY");
    if (!late_library_open(&library, err)) {
        return false;
    }
    late.spatialite_initialize();
    truth->spatialite = late.spatialite_alloc_connection();
    if (!truth->spatialite) {
        return error_no_memory(err);
    }
    late.spatialite_init_ex(truth->db, truth->spatialite, 0);
    return true;
}

void truth_close(struct truth *truth)
{
    database_close(truth->db);
    if (truth->spatialite) {
        late.spatialite_cleanup_ex(truth->spatialite);
    }
    *truth = (struct truth){0};
}

static bool open_at(const char *path, bool fresh, struct truth *out_truth, struct error *err)
{
    struct truth truth = {.is_fresh = fresh};
    if (fresh ? !fresh_file_open(path, PAGE_BYTES, &truth.db, err)
              : !database_open_writer(path, PAGE_BYTES, "FULL", &truth.db, err)) {
        return false;
    }
    /* Each commit is followed by writer_tidy, which does it once and beside the other file's. */
    sqlite3_wal_autocheckpoint(truth.db, 0);
    if (!start_spatialite(&truth, err)) {
        truth_close(&truth);
        return false;
    }
    *out_truth = truth;
    return true;
}

/* SpatiaLite's tables take one transaction (the argument 1), ours another. */
static bool create(const char *path, struct truth *out_truth, struct error *err)
{
    struct truth truth;
    if (!open_at(path, true, &truth, err)) {
        return false;
    }
    int64_t made = 0;
    bool ok = database_number(truth.db, 0, &made, err, "SELECT InitSpatialMetaData(1)");
    if (ok && made != 1) {
        error_set(err, ERROR_INTERNAL, "map data \"%s\": SpatiaLite could not make its tables", path);
        ok = false;
    }
    if (!ok || !database_run(truth.db, schema_sql, err)) {
        truth_close(&truth);
        fresh_file_drop(path);
        return false;
    }
    *out_truth = truth;
    return true;
}

bool truth_finish(const char *path, struct truth *truth, struct error *err)
{
    bool ok = fresh_file_finish(truth->db, err);
    truth_close(truth);
    truth->is_fresh = true;
    return ok && fresh_file_sync(path, err);
}

bool truth_show(const char *path, struct truth *truth, struct error *err)
{
    if (!fresh_file_show(path, err)) {
        return false;
    }
    truth->is_fresh = false;
    return true;
}

static bool check_schema(struct sqlite3 *db, const char *path, struct error *err)
{
    int64_t schema;
    if (!database_number(db, 0, &schema, err, "SELECT value FROM tesela_meta WHERE key='schema'")) {
        return false;
    }
    if (schema > TRUTH_SCHEMA) {
        error_tell(
            err, ERROR_UNAVAILABLE, "STO-004", "map data \"%s\" was written by a newer Tesela (schema %lld): update",
            "los datos «%s» son de un Tesela más nuevo (esquema %lld): actualice el programa", path, (long long)schema);
        return false;
    }
    return true;
}

bool truth_open(const char *path, struct truth *out_truth, struct error *err)
{
    if (!file_exists(path)) {
        return create(path, out_truth, err);
    }
    struct truth truth;
    if (!open_at(path, false, &truth, err)) {
        return false;
    }
    if (!database_run(truth.db, schema_sql, err) || !check_schema(truth.db, path, err)) {
        truth_close(&truth);
        return false;
    }
    *out_truth = truth;
    return true;
}

bool truth_raise_generation(struct sqlite3 *db, struct error *err)
{
    return database_run(db, "UPDATE tesela_meta SET value=value+1 WHERE key='generation'", err);
}

/* "EPSG:6372" gives "EPSG" and 6372. */
static bool split_code(const char *srs, char out_authority[32], int32_t *out_code)
{
    const char *colon = strchr(srs, ':');
    uint64_t code;
    if (!colon || colon == srs || colon - srs > 31 || !text_to_uint(text_of(colon + 1), INT32_MAX, &code) ||
        code == 0) {
        return false;
    }
    memcpy(out_authority, srs, (size_t)(colon - srs));
    out_authority[colon - srs] = '\0';
    *out_code = (int32_t)code;
    return true;
}

/* The name of a system in WKT: what stands between the first quotes. */
static void name_of_wkt(const char *wkt, char out[NAME_BYTES_MAX])
{
    const char *start = strchr(wkt, '"');
    size_t length = start ? strcspn(start + 1, "\"") : 0;
    snprintf(out, NAME_BYTES_MAX, "%.*s", (int)(length < NAME_BYTES_MAX - 1 ? length : NAME_BYTES_MAX - 1),
             start ? start + 1 : "");
    if (out[0] == '\0') {
        snprintf(out, NAME_BYTES_MAX, "Unknown");
    }
}

static bool add_epsg(struct sqlite3 *db, int32_t code, struct error *err)
{
    int64_t known;
    if (!database_number(db, 0, &known, err, "SELECT count(*) FROM spatial_ref_sys WHERE srid=%d", (int)code)) {
        return false;
    }
    /* Newer than SpatiaLite's list: GDAL, QGIS and we go by authority and code. */
    return known > 0 ||
           database_runf(db, err,
                         "INSERT INTO spatial_ref_sys (srid, auth_name, auth_srid, ref_sys_name, proj4text,"
                         " srtext) VALUES (%d, 'epsg', %d, 'EPSG:%d', '', '')",
                         (int)code, (int)code, (int)code);
}

static bool add_custom(struct sqlite3 *db, const char *srs, int32_t *out_srid, struct error *err)
{
    char authority[32] = "tesela";
    int32_t code = 0;
    bool is_code = split_code(srs, authority, &code);
    char name[NAME_BYTES_MAX];
    name_of_wkt(srs, name);
    const char *shown = is_code ? srs : name;
    int64_t srid;
    if (!database_number(db, 0, &srid, err,
                         "SELECT srid FROM spatial_ref_sys WHERE (%d AND auth_name=%Q AND auth_srid=%d)"
                         " OR (NOT %d AND auth_name='tesela' AND srtext=%Q)",
                         is_code, authority, (int)code, is_code, srs)) {
        return false;
    }
    if (srid == 0) {
        if (!database_number(db, SRID_CUSTOM_FIRST, &srid, err,
                             "SELECT max(srid)+1 FROM spatial_ref_sys WHERE srid>=%d", SRID_CUSTOM_FIRST) ||
            !database_runf(db, err,
                           "INSERT INTO spatial_ref_sys (srid, auth_name, auth_srid, ref_sys_name, proj4text, srtext)"
                           " VALUES (%lld, %Q, %lld, %Q, '', %Q)",
                           (long long)srid, authority, is_code ? (long long)code : (long long)srid, shown,
                           is_code ? "" : srs)) {
            return false;
        }
    }
    *out_srid = (int32_t)srid;
    return true;
}

bool truth_srid(struct sqlite3 *db, const char *srs, int32_t *out_srid, struct error *err)
{
    char authority[32];
    int32_t code = 0;
    if (strcmp(srs, "OGC:CRS84") == 0) {
        srs = "EPSG:4326"; /* SpatiaLite keeps longitude, latitude for both */
    }
    if (!split_code(srs, authority, &code) || strcasecmp(authority, "EPSG") != 0) {
        return add_custom(db, srs, out_srid, err);
    }
    if (!add_epsg(db, code, err)) {
        return false;
    }
    *out_srid = code;
    return true;
}
