/* SPDX-License-Identifier: MIT */
/* Each feature becomes four numbers: hash of its id, of its values, of its geometry, and its row. The numbers of both
 * versions are sorted by id and walked side by side. Where there are more features than fit, the ids are split by
 * their hash and the tables read again for each part. */
#include "store/store_diff.h"

#include "base/hash.h"
#include "geo/projection.h"
#include "store/database.h"
#include "store/item_id.h"
#include "store/layer_read.h"
#include "store/raster_file.h"
#include "store/reader.h"
#include "store/truth_blob.h"

#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_VALUE = 2, SQL_BYTES_MAX = 1024 * 1024, FEATURES_MAX = 2000000 };

static const size_t shape_arena_bytes_max = (size_t)1 << 30; /* two geometries at a time */
static const double degrees_tolerance = 2e-7;

struct print {
    uint64_t id;
    uint64_t values;
    uint64_t geometry;
    int64_t row;
};

struct prints {
    struct print *items;
    size_t count;
    size_t capacity;
};

/* One of the two versions. */
struct side {
    const struct store_version *version;
    struct layer_record record;
    struct projection *projection; /* only where geometry is compared in degrees */
    struct sqlite3_stmt *scan;     /* fid, geometry, the common columns, the key */
    struct sqlite3_stmt *one;      /* the same for one fid */
    struct prints prints;
};

struct list {
    struct store_diff_feature *features;
    size_t count;
};

struct work {
    struct sqlite3 *db;
    const struct store_diff_options *options;
    struct arena *arena;
    struct arena *shapes; /* of the features at hand */
    struct side from;
    struct side to;
    struct store_diff_column *columns;
    const size_t *common; /* indexes of columns that both have */
    size_t common_count;
    struct store_diff diff;
    struct list added;
    struct list removed;
    struct list changed;
};

/* --- preparing --- */

static const struct layer_column *find_column(const struct layer_record *record, const char *name)
{
    for (size_t i = 0; i < record->column_count; i++) {
        if (strcmp(record->columns[i].name, name) == 0) {
            return &record->columns[i];
        }
    }
    return NULL;
}

static bool compare_columns(struct work *work, struct error *err)
{
    const struct layer_record *from = &work->from.record;
    const struct layer_record *to = &work->to.record;
    size_t most = from->column_count + to->column_count;
    struct store_diff_column *columns = arena_array(work->arena, most, sizeof *columns);
    size_t *common = arena_array(work->arena, most, sizeof *common);
    if (!columns || !common) {
        return error_no_memory(err);
    }
    size_t count = 0;
    for (size_t i = 0; i < from->column_count; i++) {
        const struct layer_column *other = find_column(to, from->columns[i].name);
        columns[count] = (struct store_diff_column){.name = from->columns[i].name,
                                                    .in_from = true,
                                                    .in_to = other != NULL,
                                                    .from_type = from->columns[i].type,
                                                    .to_type = other ? other->type : FIELD_STRING};
        if (other) {
            common[work->common_count++] = count;
        }
        count++;
    }
    for (size_t i = 0; i < to->column_count; i++) {
        if (!find_column(from, to->columns[i].name)) {
            columns[count++] =
                (struct store_diff_column){.name = to->columns[i].name, .in_to = true, .to_type = to->columns[i].type};
        }
    }
    work->columns = columns;
    work->common = common;
    work->diff.columns = columns;
    work->diff.column_count = count;
    return true;
}

static bool has_multi_points(struct work *work, const struct side *side, int64_t *out_type, struct error *err)
{
    return database_number(work->db, 0, out_type, err,
                           "SELECT geometry_type FROM geometry_columns WHERE f_table_name=lower(%Q)",
                           side->record.layer.table);
}

static bool choose_geometry(struct work *work, struct error *err)
{
    const struct store_layer *from = &work->from.record.layer;
    const struct store_layer *to = &work->to.record.layer;
    int64_t from_type;
    int64_t to_type;
    if (!has_multi_points(work, &work->from, &from_type, err) || !has_multi_points(work, &work->to, &to_type, err)) {
        return false;
    }
    if (from->kind == GEOMETRY_NONE || to->kind == GEOMETRY_NONE || from->kind != to->kind) {
        work->diff.geometry = STORE_DIFF_EXACT;
        return true;
    }
    if (strcmp(from->srs, to->srs) != 0) {
        work->diff.geometry = STORE_DIFF_DEGREES;
        return projection_open(from->srs, &work->from.projection, err) &&
               projection_open(to->srs, &work->to.projection, err);
    }
    work->diff.geometry = from_type == to_type ? STORE_DIFF_EXACT : STORE_DIFF_PLANE;
    return true;
}

static void append_select(struct work *work, const struct side *side, struct buffer *sql)
{
    const struct layer_record *record = &side->record;
    buffer_append_text(sql, record->layer.kind == GEOMETRY_NONE ? "SELECT fid, NULL" : "SELECT fid, geom");
    for (size_t i = 0; i < work->common_count; i++) {
        buffer_append_text(sql, ", ");
        database_append_name(sql, find_column(record, work->columns[work->common[i]].name)->column);
    }
    buffer_append_text(sql, ", ");
    if (record->key_column >= 0) {
        database_append_name(sql, record->columns[record->key_column].column);
    } else {
        buffer_append_text(sql, "NULL");
    }
    buffer_append_text(sql, " FROM ");
    database_append_name(sql, record->layer.table);
}

static bool prepare(struct work *work, struct side *side, struct error *err)
{
    struct buffer sql;
    buffer_init(&sql, SQL_BYTES_MAX);
    append_select(work, side, &sql);
    bool ok = sql.failed ? error_no_memory(err) : database_prepare(work->db, buffer_text(&sql), &side->scan, err);
    buffer_append_text(&sql, " WHERE fid=?1");
    ok = ok && (sql.failed ? error_no_memory(err) : database_prepare(work->db, buffer_text(&sql), &side->one, err));
    buffer_finish(&sql);
    return ok;
}

/* --- one feature as numbers --- */

static struct text column_bytes(struct sqlite3_stmt *row, int column)
{
    const char *bytes = sqlite3_column_blob(row, column);
    return (struct text){bytes ? bytes : "", bytes ? (size_t)sqlite3_column_bytes(row, column) : 0};
}

static uint64_t hash_real(double real, uint64_t seed)
{
    if (real == nearbyint(real) && fabs(real) < 9e15) {
        return hash_mix(seed ^ SQLITE_INTEGER, (uint64_t)(int64_t)real);
    }
    uint64_t bits;
    memcpy(&bits, &real, sizeof bits);
    return hash_mix(seed ^ SQLITE_FLOAT, bits);
}

/* Whole numbers are alike in columns of integers and reals. A column that changed between number and text is compared
 * by its text. */
static uint64_t hash_value(struct sqlite3_stmt *row, int column, bool as_text, uint64_t seed)
{
    int type = sqlite3_column_type(row, column);
    if (type == SQLITE_NULL) {
        return hash_mix(seed, SQLITE_NULL);
    }
    if (!as_text && type == SQLITE_INTEGER) {
        return hash_mix(seed ^ SQLITE_INTEGER, (uint64_t)sqlite3_column_int64(row, column));
    }
    if (!as_text && type == SQLITE_FLOAT) {
        return hash_real(sqlite3_column_double(row, column), seed);
    }
    const char *text = (const char *)sqlite3_column_text(row, column);
    size_t length = text ? (size_t)sqlite3_column_bytes(row, column) : 0;
    if (type == SQLITE_FLOAT && length > 2 && memcmp(text + length - 2, ".0", 2) == 0) {
        length -= 2;
    }
    return hash_bytes_seeded(text ? text : "", length, seed ^ SQLITE_TEXT);
}

static bool is_number(enum field_type type)
{
    return type == FIELD_INTEGER || type == FIELD_REAL || type == FIELD_BOOLEAN;
}

static uint64_t hash_common(const struct work *work, struct sqlite3_stmt *row, size_t index)
{
    const struct store_diff_column *column = &work->columns[work->common[index]];
    bool as_text = is_number(column->from_type) != is_number(column->to_type);
    return hash_value(row, (int)index + FIRST_VALUE, as_text, index + 1);
}

static struct value key_of(const struct work *work, const struct side *side, struct sqlite3_stmt *row)
{
    int column = (int)work->common_count + FIRST_VALUE;
    switch (sqlite3_column_type(row, column)) {
    case SQLITE_INTEGER:
        if (side->record.columns[side->record.key_column].type == FIELD_BOOLEAN) {
            return value_of_bool(sqlite3_column_int(row, column) != 0);
        }
        return value_of_int(sqlite3_column_int64(row, column));
    case SQLITE_FLOAT:
        return value_of_real(sqlite3_column_double(row, column));
    case SQLITE_TEXT: {
        const char *text = (const char *)sqlite3_column_text(row, column);
        return value_of_text((struct text){text ? text : "", (size_t)sqlite3_column_bytes(row, column)});
    }
    default:
        return value_null();
    }
}

static struct value id_of(const struct work *work, const struct side *side, struct sqlite3_stmt *row,
                          struct item_id_text *text)
{
    struct value key = side->record.key_column >= 0 ? key_of(work, side, row) : value_null();
    return item_id_of(&key, sqlite3_column_int64(row, 0), text);
}

/* The shape of a row as it is compared, in `shapes`. Coordinates that cannot be projected stay infinite. */
static bool read_shape(struct work *work, const struct side *side, struct sqlite3_stmt *row, struct shape *out_shape,
                       struct error *err)
{
    struct text blob = column_bytes(row, 1);
    struct shape shape;
    if (!truth_blob_to_shape(blob.length > 0 ? (const unsigned char *)blob.data : NULL, blob.length, work->shapes,
                             &shape, err)) {
        error_prefix(err, "table \"%s\": row %lld", side->record.layer.table, (long long)sqlite3_column_int64(row, 0));
        return false;
    }
    if (side->projection && shape.vertex_count > 0) {
        double *xy = arena_memdup(work->shapes, shape.xy, (size_t)shape.vertex_count * 2 * sizeof *xy);
        if (!xy) {
            return error_no_memory(err);
        }
        projection_to_lonlat(side->projection, xy, shape.vertex_count);
        shape.xy = xy;
    }
    *out_shape = shape;
    return true;
}

static uint64_t hash_shape(const struct shape *shape, bool round)
{
    uint64_t hash = hash_mix(shape->part_count, shape->vertex_count);
    for (uint32_t i = 0; i < shape->part_count; i++) {
        hash = hash_mix(hash, ((uint64_t)shape->parts[i].end << 1) | shape->parts[i].is_hole);
    }
    if (!round) {
        return hash_bytes_seeded(shape->xy, (size_t)shape->vertex_count * 16, hash);
    }
    for (size_t i = 0; i < (size_t)shape->vertex_count * 2; i++) {
        double scaled = nearbyint(shape->xy[i] * 1e7);
        hash = hash_mix(hash, fabs(scaled) < 9e15 ? (uint64_t)(int64_t)scaled : 0);
    }
    return hash;
}

static bool hash_geometry(struct work *work, const struct side *side, struct sqlite3_stmt *row, uint64_t *out_hash,
                          struct error *err)
{
    if (work->diff.geometry == STORE_DIFF_EXACT) {
        struct text blob = column_bytes(row, 1);
        struct text content = truth_blob_content((const unsigned char *)blob.data, blob.length);
        *out_hash = hash_bytes(content.data, content.length);
        return true;
    }
    struct shape shape;
    bool ok = read_shape(work, side, row, &shape, err);
    if (ok) {
        *out_hash = hash_shape(&shape, work->diff.geometry == STORE_DIFF_DEGREES);
    }
    arena_reset(work->shapes);
    return ok;
}

/* --- gathering --- */

static bool append(struct prints *prints, struct print print)
{
    if (prints->count == prints->capacity) {
        size_t capacity = prints->capacity < 512 ? 1024 : prints->capacity * 2;
        struct print *items = realloc(prints->items, capacity * sizeof *items);
        if (!items) {
            return false;
        }
        prints->items = items;
        prints->capacity = capacity;
    }
    prints->items[prints->count++] = print;
    return true;
}

static int compare_prints(const void *a, const void *b)
{
    const struct print *left = a;
    const struct print *right = b;
    if (left->id != right->id) {
        return left->id < right->id ? -1 : 1;
    }
    return left->row < right->row ? -1 : left->row > right->row;
}

/* Which of `parts` equal ranges of hashes `id` lies in. */
static uint64_t part_of(uint64_t id, uint64_t parts)
{
    return ((id >> 32) * parts) >> 32;
}

static bool make_print(struct work *work, const struct side *side, struct print *out, struct error *err)
{
    struct sqlite3_stmt *row = side->scan;
    struct print print = {.values = 1, .row = sqlite3_column_int64(row, 0)};
    for (size_t i = 0; i < work->common_count; i++) {
        print.values = hash_mix(print.values, hash_common(work, row, i));
    }
    if (!hash_geometry(work, side, row, &print.geometry, err)) {
        return false;
    }
    if (work->diff.by_key) {
        struct item_id_text text;
        struct value id = id_of(work, side, row, &text);
        print.id = item_id_hash(&id);
    } else {
        print.id = hash_mix(print.values, print.geometry);
    }
    *out = print;
    return true;
}

static bool gather(struct work *work, struct side *side, uint64_t part, uint64_t parts, struct error *err)
{
    side->prints.count = 0;
    int code;
    bool ok = true;
    while (ok && (code = sqlite3_step(side->scan)) == SQLITE_ROW) {
        struct print print;
        ok = make_print(work, side, &print, err);
        if (ok && part_of(print.id, parts) == part) {
            ok = append(&side->prints, print) || error_no_memory(err);
        }
    }
    if (ok && code != SQLITE_DONE) {
        ok = database_fail(work->db, err);
    }
    sqlite3_reset(side->scan);
    if (ok && side->prints.count > 0) {
        qsort(side->prints.items, side->prints.count, sizeof *side->prints.items, compare_prints);
    }
    return ok;
}

/* --- telling --- */

static bool copy_id(struct work *work, struct value id, struct value *out)
{
    if (id.type == VALUE_STRING) {
        id.string.data = arena_strndup(work->arena, id.string.data, id.string.length);
        if (!id.string.data) {
            return false;
        }
    }
    *out = id;
    return true;
}

/* Stands on the row, which is there: all is read in one transaction. */
static bool seek(struct work *work, struct side *side, int64_t row, struct error *err)
{
    sqlite3_bind_int64(side->one, 1, row);
    if (sqlite3_step(side->one) == SQLITE_ROW) {
        return true;
    }
    return database_fail(work->db, err);
}

static bool list_feature(struct work *work, struct list *list, const struct side *side,
                         const struct store_diff_feature *feature, struct error *err)
{
    size_t max = work->options->list_max;
    if (!list->features) {
        list->features = arena_array(work->arena, max, sizeof *list->features);
    }
    struct item_id_text text;
    struct value id = id_of(work, side, side->one, &text);
    if (!list->features || !copy_id(work, id, &list->features[list->count].id)) {
        return error_no_memory(err);
    }
    struct value kept = list->features[list->count].id;
    list->features[list->count] = *feature;
    list->features[list->count++].id = kept;
    return true;
}

static bool tell_lone(struct work *work, struct side *side, struct list *list, const struct print *print,
                      struct error *err)
{
    if (list->count >= work->options->list_max) {
        return true;
    }
    struct store_diff_feature feature = {0};
    *(side == &work->from ? &feature.from_row : &feature.to_row) = print->row;
    bool ok = seek(work, side, print->row, err) && list_feature(work, list, side, &feature, err);
    sqlite3_reset(side->one);
    return ok;
}

static bool is_near(const struct shape *a, const struct shape *b)
{
    if (a->part_count != b->part_count || a->vertex_count != b->vertex_count) {
        return false;
    }
    for (uint32_t i = 0; i < a->part_count; i++) {
        if (a->parts[i].end != b->parts[i].end || a->parts[i].is_hole != b->parts[i].is_hole) {
            return false;
        }
    }
    for (size_t i = 0; i < (size_t)a->vertex_count * 2; i++) {
        if (!(fabs(a->xy[i] - b->xy[i]) <= degrees_tolerance) && a->xy[i] != b->xy[i]) {
            return false;
        }
    }
    return true;
}

/* Rounding may part what is near: those whose hashes differ are looked at. */
static bool geometry_differs(struct work *work, bool hashes_differ, bool *out_differs, struct error *err)
{
    *out_differs = hashes_differ;
    if (!hashes_differ || work->diff.geometry != STORE_DIFF_DEGREES) {
        return true;
    }
    struct shape from;
    struct shape to;
    bool ok = read_shape(work, &work->from, work->from.one, &from, err) &&
              read_shape(work, &work->to, work->to.one, &to, err);
    if (ok) {
        *out_differs = !is_near(&from, &to);
    }
    arena_reset(work->shapes);
    return ok;
}

/* Both statements stand on their rows. */
static bool tell_changed(struct work *work, const struct print *from, const struct print *to, struct error *err)
{
    bool geometry;
    if (!geometry_differs(work, from->geometry != to->geometry, &geometry, err)) {
        return false;
    }
    bool values = from->values != to->values;
    if (!geometry && !values) {
        work->diff.unchanged++;
        return true;
    }
    bool listed = work->changed.count < work->options->list_max;
    bool *fields = listed ? arena_array(work->arena, work->diff.column_count, sizeof *fields) : NULL;
    if (listed && !fields) {
        return error_no_memory(err);
    }
    for (size_t i = 0; values && i < work->common_count; i++) {
        if (hash_common(work, work->from.one, i) != hash_common(work, work->to.one, i)) {
            work->columns[work->common[i]].changed++;
            if (fields) {
                fields[work->common[i]] = true;
            }
        }
    }
    work->diff.changed++;
    work->diff.geometry_changed += geometry;
    work->diff.attributes_changed += values;
    struct store_diff_feature feature = {
        .from_row = from->row, .to_row = to->row, .geometry = geometry, .fields = fields};
    return !listed || list_feature(work, &work->changed, &work->to, &feature, err);
}

static bool tell_pair(struct work *work, const struct print *from, const struct print *to, struct error *err)
{
    if (from->values == to->values && from->geometry == to->geometry) {
        work->diff.unchanged++;
        return true;
    }
    bool ok = seek(work, &work->from, from->row, err) && seek(work, &work->to, to->row, err) &&
              tell_changed(work, from, to, err);
    sqlite3_reset(work->from.one);
    sqlite3_reset(work->to.one);
    return ok;
}

/* Features with the same id are paired in the order of their rows. */
static bool walk(struct work *work, struct error *err)
{
    const struct prints *from = &work->from.prints;
    const struct prints *to = &work->to.prints;
    size_t i = 0;
    size_t j = 0;
    bool ok = true;
    while (ok && (i < from->count || j < to->count)) {
        if (j == to->count || (i < from->count && from->items[i].id < to->items[j].id)) {
            work->diff.removed++;
            ok = tell_lone(work, &work->from, &work->removed, &from->items[i++], err);
        } else if (i == from->count || to->items[j].id < from->items[i].id) {
            work->diff.added++;
            ok = tell_lone(work, &work->to, &work->added, &to->items[j++], err);
        } else {
            ok = tell_pair(work, &from->items[i++], &to->items[j++], err);
        }
    }
    return ok;
}

static int compare_features(const void *a, const void *b)
{
    const struct store_diff_feature *left = a;
    const struct store_diff_feature *right = b;
    int64_t left_row = left->to_row ? left->to_row : left->from_row;
    int64_t right_row = right->to_row ? right->to_row : right->from_row;
    return left_row < right_row ? -1 : left_row > right_row;
}

static struct store_diff_list finish_list(struct list *list)
{
    if (list->count > 0) {
        qsort(list->features, list->count, sizeof *list->features, compare_features);
    }
    return (struct store_diff_list){list->features, list->count};
}

static bool compare(struct work *work, struct error *err)
{
    if (!layer_read_version(work->db, &work->from.version->layer, work->arena, &work->from.record, err) ||
        !layer_read_version(work->db, &work->to.version->layer, work->arena, &work->to.record, err) ||
        !compare_columns(work, err) || !choose_geometry(work, err)) {
        return false;
    }
    work->diff.by_key = work->from.record.key_column >= 0 && work->to.record.key_column >= 0;
    if (!prepare(work, &work->from, err) || !prepare(work, &work->to, err)) {
        return false;
    }
    int64_t from_count = work->from.record.layer.feature_count;
    int64_t to_count = work->to.record.layer.feature_count;
    int64_t most = from_count > to_count ? from_count : to_count;
    int64_t at_once = work->options->features_max > 0 ? work->options->features_max : FEATURES_MAX;
    uint64_t parts = (uint64_t)(most / at_once) + 1;
    for (uint64_t part = 0; part < parts; part++) {
        if (!gather(work, &work->from, part, parts, err) || !gather(work, &work->to, part, parts, err) ||
            !walk(work, err)) {
            return false;
        }
    }
    work->diff.added_features = finish_list(&work->added);
    work->diff.removed_features = finish_list(&work->removed);
    work->diff.changed_features = finish_list(&work->changed);
    return true;
}

static void close_side(struct side *side)
{
    sqlite3_finalize(side->scan);
    sqlite3_finalize(side->one);
    projection_close(side->projection);
    free(side->prints.items);
}

static bool compare_pixels(struct work *work, const struct store *store, struct error *err)
{
    const struct store_layer *from = &work->from.version->layer;
    const struct store_layer *to = &work->to.version->layer;
    char folder[PATH_MAX];
    bool same;
    if (from->raster.kind == STORE_RASTER_NONE || to->raster.kind == STORE_RASTER_NONE) {
        return true;
    }
    snprintf(folder, sizeof folder, "%s", store->truth.path);
    char *slash = strrchr(folder, '/');
    if (slash) {
        *slash = '\0';
    }
    if (!raster_file_compare(slash ? folder : ".", from->table, to->table, &same, err)) {
        return false;
    }
    work->diff.pixels = same ? STORE_DIFF_SAME_PIXELS : STORE_DIFF_OTHER_PIXELS;
    return true;
}

bool store_diff(struct store *store, const struct store_version *from, const struct store_version *to,
                const struct store_diff_options *options, struct arena *arena, struct store_diff *out_diff,
                struct error *err)
{
    if (!reader_refresh(store, err)) {
        return false;
    }
    if (!store->truth.db) {
        error_tell(err, ERROR_NOT_FOUND, "STO-014", "there is no layer \"%.80s\"", "no existe la capa «%.80s»",
                   from->layer.id);
        return false;
    }
    struct work work = {.db = store->truth.db,
                        .options = options,
                        .arena = arena,
                        .shapes = arena_create(shape_arena_bytes_max),
                        .from = {.version = from},
                        .to = {.version = to}};
    if (!work.shapes) {
        return error_no_memory(err);
    }
    /* One transaction: a load that ends meanwhile may drop one of the tables. */
    bool ok = database_run(work.db, "BEGIN", err) && compare(&work, err) && compare_pixels(&work, store, err);
    close_side(&work.from);
    close_side(&work.to);
    arena_destroy(work.shapes);
    database_run(work.db, "COMMIT", NULL);
    if (ok) {
        *out_diff = work.diff;
    }
    return ok;
}
