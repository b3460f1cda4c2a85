/* SPDX-License-Identifier: MIT */
/* As features come in, each is written as an item (attributes and degrees), projected, and spooled to be sorted along
 * the Hilbert curve. At the end they are read back in that order, twice: first to find the junctions of borders, then,
 * generalised by several threads (cell_crew), to be appended to the open block of each band. Memory does not grow with
 * the data but for 16 bytes a feature with a key. */
#include "store/cell_build.h"

#include "base/hash.h"
#include "store/cell_block.h"
#include "store/cell_crew.h"
#include "store/cell_spool.h"
#include "store/database.h"
#include "store/fresh_file.h"
#include "store/hilbert.h"
#include "store/item_id.h"

#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of a vector tile, compressed. What a feature adds is judged by what it takes in a block: of geometry, which says
 * nothing twice, most remains; of attributes, which repeat themselves, little. */
enum { VECTOR_TILE_BYTES_MAX = 500 * 1000, EIGHTHS_OF_GEOMETRY = 6, EIGHTHS_OF_ATTRIBUTES = 3 };

enum { FEATURE_BYTES_MAX = 512 * 1024 * 1024, SPOOL_BYTES = 48 * 1024 * 1024, HASTEN_BYTES = 8 * 1024 * 1024 };

static const size_t arena_bytes_max = (size_t)2 * FEATURE_BYTES_MAX;

struct keyed {
    uint64_t key; /* hash of the id */
    int64_t row;
};

struct keyed_list {
    struct keyed *items;
    size_t count;
    size_t capacity;
};

struct box_list {
    struct cell_box *items;
    size_t count;
    size_t capacity;
};

/* How much of a band falls into one tile of a zoom: the features of a tile follow one another along the curve. */
struct load_of_tiles {
    uint64_t tile;
    uint64_t bytes;
    uint64_t most;
};

/* The open block of a band and the boxes of those already written. */
struct band {
    struct load_of_tiles tiles[CELL_VECTOR_ZOOMS];
    struct cell_block_maker block;
    struct cell_box block_box;
    struct box_list boxes;
};

struct cell_build {
    struct sqlite3 *cells;
    struct cell_build_plan plan;
    struct sqlite3_stmt *put_item;
    struct sqlite3_stmt *put_node;
    struct sqlite3_stmt *put_attributes;
    struct value *shown; /* the values without hidden ones, of the feature at hand */
    size_t shown_count;
    struct cell_spool *spool;
    uint64_t shape_count;
    uint64_t vertex_count;
    struct keyed_list ids;
    int64_t item_count;
    struct buffer attributes;
    struct buffer shape;
    struct buffer content;
    struct band bands[CELL_BANDS];
    unsigned made;     /* a bit for each of them that is there */
    size_t unhastened; /* bytes of blocks since the disk was told of a fresh file */
    struct grid_patches patches;
    struct arena *arena;
};

bool cell_build_prepare(struct sqlite3 *cells, struct error *err)
{
    int64_t format;
    if (!database_number(cells, 0, &format, err, "SELECT user_version FROM pragma_user_version")) {
        return false;
    }
    if (format == CELL_FORMAT) {
        return true;
    }
    /* What an earlier form of the cells left is dropped: the truth makes it anew. */
    return (format == 0 || database_run(cells,
                                        "DROP TABLE IF EXISTS version; DROP TABLE IF EXISTS node;"
                                        "DROP TABLE IF EXISTS attributes; DROP TABLE IF EXISTS item;"
                                        "DROP TABLE IF EXISTS ident",
                                        err)) &&
           database_runf(cells, err,
                         "CREATE TABLE IF NOT EXISTS version (serial INTEGER PRIMARY KEY, stamp INTEGER NOT NULL,"
                         " item_count INTEGER NOT NULL, bands INTEGER NOT NULL, vector_bands BLOB NOT NULL);"
                         "CREATE TABLE IF NOT EXISTS node (id INTEGER PRIMARY KEY, data BLOB NOT NULL);"
                         "CREATE TABLE IF NOT EXISTS attributes (id INTEGER PRIMARY KEY, data BLOB NOT NULL);"
                         "CREATE TABLE IF NOT EXISTS item (id INTEGER PRIMARY KEY, attributes BLOB NOT NULL,"
                         " shape BLOB);"
                         "CREATE TABLE IF NOT EXISTS ident (serial INTEGER, hash INTEGER, row INTEGER,"
                         " PRIMARY KEY (serial, hash, row)) WITHOUT ROWID;"
                         "PRAGMA user_version=%d",
                         (int)CELL_FORMAT);
}

bool cell_build_drop(struct sqlite3 *cells, int64_t serial, struct error *err)
{
    long long number = serial;
    long long first = cell_item_id(serial, 0);
    long long last = cell_item_id(serial, CELL_ROW_MAX);
    return database_runf(cells, err,
                         "DELETE FROM version WHERE serial=%lld;"
                         "DELETE FROM node WHERE id BETWEEN %lld AND %lld;"
                         "DELETE FROM attributes WHERE id BETWEEN %lld AND %lld;"
                         "DELETE FROM item WHERE id BETWEEN %lld AND %lld;"
                         "DELETE FROM ident WHERE serial=%lld",
                         number, first, last, first, last, first, last, number);
}

static bool keyed_append(struct keyed_list *list, uint64_t key, int64_t row)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity < 512 ? 1024 : list->capacity * 2;
        struct keyed *items = realloc(list->items, capacity * sizeof *items);
        if (!items) {
            return false;
        }
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = (struct keyed){key, row};
    return true;
}

static bool box_append(struct box_list *list, struct cell_box box)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity < 32 ? 64 : list->capacity * 2;
        struct cell_box *items = realloc(list->items, capacity * sizeof *items);
        if (!items) {
            return false;
        }
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = box;
    return true;
}

static int compare_keyed(const void *a, const void *b)
{
    const struct keyed *left = a;
    const struct keyed *right = b;
    if (left->key != right->key) {
        return left->key < right->key ? -1 : 1;
    }
    return left->row < right->row ? -1 : left->row > right->row;
}

static bool allocate(struct cell_build *build)
{
    for (size_t i = 0; i < build->plan.field_count; i++) {
        build->shown_count += !build->plan.hidden[i];
    }
    build->shown = calloc(build->shown_count + 1, sizeof *build->shown);
    build->arena = arena_create(arena_bytes_max);
    grid_patches_init(&build->patches);
    buffer_init(&build->attributes, FEATURE_BYTES_MAX);
    buffer_init(&build->shape, FEATURE_BYTES_MAX);
    buffer_init(&build->content, FEATURE_BYTES_MAX);
    for (unsigned b = 0; b < CELL_BANDS; b++) {
        cell_block_init(&build->bands[b].block, FEATURE_BYTES_MAX);
    }
    return build->shown && build->arena;
}

/* Beside the cells; a database without a name has its temporary files elsewhere. */
static void spool_folder(struct sqlite3 *cells, char folder[PATH_MAX])
{
    const char *path = sqlite3_db_filename(cells, NULL);
    const char *slash = path ? strrchr(path, '/') : NULL;
    const char *temporary = getenv("TMPDIR");
    if (slash) {
        snprintf(folder, PATH_MAX, "%.*s", (int)(slash - path), path);
    } else {
        snprintf(folder, PATH_MAX, "%s", temporary && temporary[0] != '\0' ? temporary : "/tmp");
    }
}

bool cell_build_open(struct sqlite3 *cells, const struct cell_build_plan *plan, struct cell_build **out_build,
                     struct error *err)
{
    bool ok = false;
    struct cell_build *build = calloc(1, sizeof *build);
    if (!build) {
        return error_no_memory(err);
    }
    build->cells = cells;
    build->plan = *plan;
    char folder[PATH_MAX];
    spool_folder(cells, folder);
    if (!allocate(build)) {
        error_no_memory(err);
        goto done;
    }
    if (!cell_spool_open(folder, SPOOL_BYTES, &build->spool, err) || !cell_build_drop(cells, plan->serial, err) ||
        !database_prepare(cells, "INSERT INTO item VALUES (?1, ?2, ?3)", &build->put_item, err) ||
        !database_prepare(cells, "INSERT INTO node VALUES (?1, ?2)", &build->put_node, err) ||
        !database_prepare(cells, "INSERT INTO attributes VALUES (?1, ?2)", &build->put_attributes, err)) {
        goto done;
    }
    *out_build = build;
    build = NULL;
    ok = true;
done:
    cell_build_close(build);
    return ok;
}

void cell_build_close(struct cell_build *build)
{
    if (!build) {
        return;
    }
    sqlite3_finalize(build->put_item);
    sqlite3_finalize(build->put_node);
    sqlite3_finalize(build->put_attributes);
    for (unsigned b = 0; b < CELL_BANDS; b++) {
        cell_block_finish(&build->bands[b].block);
        free(build->bands[b].boxes.items);
    }
    buffer_finish(&build->attributes);
    buffer_finish(&build->shape);
    buffer_finish(&build->content);
    cell_spool_close(build->spool);
    free(build->ids.items);
    free(build->shown);
    arena_destroy(build->arena);
    free(build);
}

/* `id` NULL: the row. */
static void encode_item(struct cell_build *build, const struct shape *shape, const struct value *id)
{
    buffer_clear(&build->attributes);
    buffer_clear(&build->shape);
    cell_put_attributes(&build->attributes, id, build->shown, build->shown_count);
    if (shape->part_count > 0) {
        cell_put_shape(&build->shape, shape);
    }
}

static struct world_box box_of(const struct geometry *geometry)
{
    struct world_box box = {INT64_MAX, INT64_MAX, INT64_MIN, INT64_MIN};
    for (uint32_t i = 0; i < geometry->vertex_count; i++) {
        struct world_point point = geometry->points[i];
        box.min_x = point.x < box.min_x ? point.x : box.min_x;
        box.min_y = point.y < box.min_y ? point.y : box.min_y;
        box.max_x = point.x > box.max_x ? point.x : box.max_x;
        box.max_y = point.y > box.max_y ? point.y : box.max_y;
    }
    return box;
}

static struct world_box box_of_shape(const struct shape *shape)
{
    struct bbox box = shape_bbox(shape);
    struct world_point low = grid_from_lonlat(box.min_x, box.max_y);
    struct world_point high = grid_from_lonlat(box.max_x, box.min_y);
    return (struct world_box){low.x, low.y, high.x, high.y};
}

static bool spool_shape(struct cell_build *build, int64_t row, const struct shape *shape, uint64_t *out_key,
                        struct error *err)
{
    struct geometry geometry;
    if (!geometry_from_shape(shape, 0, &build->patches, build->arena, &geometry)) {
        return error_no_memory(err);
    }
    struct cell_record record = {.row = row};
    record.box = geometry.part_count > 0 ? box_of(&geometry) : box_of_shape(shape);
    record.key = hilbert_key(&record.box);
    record.attributes_elsewhere = build->attributes.length > CELL_INLINE_BYTES;
    buffer_clear(&build->content);
    /* Without a part when smaller than a world unit: nothing to draw, but a query by box must find it. */
    cell_spool_put_geometry(&build->content, &geometry);
    if (build->content.failed) {
        return error_no_memory(err);
    }
    record.geometry = (struct text){(const char *)build->content.data, build->content.length};
    if (!record.attributes_elsewhere) {
        record.attributes = (struct text){(const char *)build->attributes.data, build->attributes.length};
    }
    build->shape_count++;
    build->vertex_count += geometry.vertex_count;
    *out_key = record.key;
    return cell_spool_add(build->spool, &record, err);
}

bool cell_build_add(struct cell_build *build, int64_t row, const struct shape *shape, const struct value *values,
                    uint64_t *out_key, struct error *err)
{
    size_t shown = 0;
    for (size_t i = 0; i < build->plan.field_count; i++) {
        if (!build->plan.hidden[i]) {
            build->shown[shown++] = values[i];
        }
    }
    const struct value *key = build->plan.key_field >= 0 ? &values[build->plan.key_field] : NULL;
    struct item_id_text text;
    struct value id = item_id_of(key, row, &text);
    encode_item(build, shape, item_id_is_row(key) ? NULL : &id);
    if (build->attributes.failed || build->shape.failed) {
        error_set(err, ERROR_TOO_LARGE, "row %lld: more than 512 MiB in one feature", (long long)row);
        return false;
    }
    bool has_shape = shape->part_count > 0;
    uint64_t place = 0;
    bool spooled = !has_shape || spool_shape(build, row, shape, &place, err);
    arena_reset(build->arena);
    if (!spooled) {
        return false;
    }
    if (key && !keyed_append(&build->ids, item_id_hash(&id), row)) {
        return error_no_memory(err);
    }
    sqlite3_bind_int64(build->put_item, 1, cell_item_id(build->plan.serial, row));
    sqlite3_bind_blob64(build->put_item, 2, build->attributes.data, build->attributes.length, SQLITE_STATIC);
    if (has_shape) {
        sqlite3_bind_blob64(build->put_item, 3, build->shape.data, build->shape.length, SQLITE_STATIC);
    } else {
        sqlite3_bind_null(build->put_item, 3);
    }
    if (!database_step_done(build->cells, build->put_item, err)) {
        return false;
    }
    build->item_count++;
    *out_key = place;
    return true;
}

static bool put_bytes(struct cell_build *build, struct sqlite3_stmt *put, int64_t id, const struct buffer *bytes,
                      struct error *err)
{
    if (bytes->failed) {
        return error_no_memory(err);
    }
    build->unhastened += bytes->length;
    if (build->plan.fresh && build->unhastened > HASTEN_BYTES) {
        build->unhastened = 0;
        fresh_file_hasten(NULL, build->plan.fresh);
    }
    sqlite3_bind_int64(put, 1, id);
    sqlite3_bind_blob64(put, 2, bytes->data, bytes->length, SQLITE_STATIC);
    return database_step_done(build->cells, put, err);
}

static bool write_block(struct cell_build *build, unsigned number, struct error *err)
{
    struct band *band = &build->bands[number];
    struct cell_block_maker *block = &band->block;
    if (block->count == 0) {
        return true;
    }
    int64_t id = cell_node_id(build->plan.serial, number, 0, band->boxes.count);
    buffer_clear(&build->content);
    cell_block_write(block, build->shown_count, &build->content);
    if (!put_bytes(build, build->put_node, id, &build->content, err) ||
        (block->attributes.length > 0 && !put_bytes(build, build->put_attributes, id, &block->attributes, err))) {
        return false;
    }
    block->count = 0;
    return box_append(&band->boxes, band->block_box) || error_no_memory(err);
}

static void grow(struct cell_box *box, const struct world_box *other)
{
    box->min_x = other->min_x < box->min_x ? (int32_t)other->min_x : box->min_x;
    box->min_y = other->min_y < box->min_y ? (int32_t)other->min_y : box->min_y;
    box->max_x = other->max_x > box->max_x ? (int32_t)other->max_x : box->max_x;
    box->max_y = other->max_y > box->max_y ? (int32_t)other->max_y : box->max_y;
}

static void note_load(struct band *band, uint64_t key, size_t bytes)
{
    for (unsigned z = 0; z < CELL_VECTOR_ZOOMS; z++) {
        struct load_of_tiles *load = &band->tiles[z];
        uint64_t tile = key >> (63 - 2 * z) >> 1;
        if (tile != load->tile) {
            load->tile = tile;
            load->bytes = 0;
        }
        load->bytes += bytes;
        load->most = load->bytes > load->most ? load->bytes : load->most;
    }
}

/* Appends a feature to the band's open block; one that has no room for it is closed before. */
static bool put_in_band(struct cell_build *build, unsigned number, const struct cell_record *record,
                        struct text content, struct error *err)
{
    struct band *band = &build->bands[number];
    const struct world_box *box = &record->box;
    size_t attributes = record->attributes.length;
    note_load(band, record->key,
              ((content.length - attributes) * EIGHTHS_OF_GEOMETRY + attributes * EIGHTHS_OF_ATTRIBUTES) / 8);
    if (cell_block_is_full(&band->block, content.length, attributes) && !write_block(build, number, err)) {
        return false;
    }
    if (band->block.count == 0) {
        cell_block_begin(&band->block);
        band->block_box =
            (struct cell_box){(int32_t)box->min_x, (int32_t)box->min_y, (int32_t)box->max_x, (int32_t)box->max_y};
    }
    cell_block_put(&band->block, record->row, box, record->attributes_elsewhere, content, attributes);
    grow(&band->block_box, box);
    return true;
}

static bool take_piece(void *context, unsigned band, const struct cell_record *record, struct text content,
                       struct error *err)
{
    return put_in_band(context, band, record, content, err);
}

static bool write_one_node(struct cell_build *build, int64_t id, unsigned child_level, const struct cell_box *boxes,
                           size_t count, struct error *err)
{
    buffer_clear(&build->content);
    cell_put_node(&build->content, build->plan.stamp, child_level, boxes, count);
    return put_bytes(build, build->put_node, id, &build->content, err);
}

/* Writes one level of the tree and replaces `boxes` by those of its nodes. */
static bool write_level(struct cell_build *build, unsigned band, unsigned level, struct box_list *boxes,
                        struct error *err)
{
    size_t nodes = 0;
    for (size_t start = 0; start < boxes->count; start += CELL_FANOUT) {
        size_t count = boxes->count - start < CELL_FANOUT ? boxes->count - start : CELL_FANOUT;
        int64_t id = cell_node_id(build->plan.serial, band, level, nodes);
        if (!write_one_node(build, id, level - 1, boxes->items + start, count, err)) {
            return false;
        }
        struct cell_box whole = boxes->items[start];
        for (size_t i = start; i < start + count; i++) {
            struct cell_box box = boxes->items[i];
            grow(&whole, &(struct world_box){box.min_x, box.min_y, box.max_x, box.max_y});
        }
        boxes->items[nodes++] = whole;
    }
    boxes->count = nodes;
    return true;
}

/* The root always has the same number, so that finding starts without asking how high the tree is. */
static bool write_tree(struct cell_build *build, unsigned band, struct error *err)
{
    struct box_list *boxes = &build->bands[band].boxes;
    unsigned level = 0;
    while (boxes->count > CELL_FANOUT) {
        level++;
        if (level == CELL_LEVEL_ROOT) {
            error_set(err, ERROR_TOO_LARGE, "the layer has too many features for one tree (100 million)");
            return false;
        }
        if (!write_level(build, band, level, boxes, err)) {
            return false;
        }
    }
    int64_t id = cell_node_id(build->plan.serial, band, CELL_LEVEL_ROOT, 0);
    return write_one_node(build, id, level, boxes->items, boxes->count, err);
}

static bool write_ids(struct cell_build *build, struct error *err)
{
    struct sqlite3_stmt *put = NULL;
    if (!database_prepare(build->cells, "INSERT INTO ident VALUES (?1, ?2, ?3)", &put, err)) {
        return false;
    }
    if (build->ids.count > 0) {
        qsort(build->ids.items, build->ids.count, sizeof *build->ids.items, compare_keyed);
    }
    bool ok = true;
    /* Signed order in the table, so that rows are appended: the upper half of the hashes is negative there. */
    size_t first_negative = 0;
    while (first_negative < build->ids.count && build->ids.items[first_negative].key <= INT64_MAX) {
        first_negative++;
    }
    for (size_t i = 0; i < build->ids.count && ok; i++) {
        const struct keyed *id = &build->ids.items[(first_negative + i) % build->ids.count];
        sqlite3_bind_int64(put, 1, build->plan.serial);
        sqlite3_bind_int64(put, 2, (int64_t)id->key);
        sqlite3_bind_int64(put, 3, id->row);
        ok = database_step_done(build->cells, put, err);
    }
    sqlite3_finalize(put);
    return ok;
}

static bool write_bands(struct cell_build *build, struct error *err)
{
    struct cell_crew_task task = {.spool = build->spool,
                                  .kind = build->plan.kind,
                                  .shape_count = build->shape_count,
                                  .vertex_count = build->vertex_count,
                                  .take = take_piece,
                                  .context = build};
    if (!cell_crew_run(&task, &build->made, err)) {
        return false;
    }
    for (unsigned b = 0; b < CELL_BANDS; b++) {
        if ((build->made >> b & 1) && (!write_block(build, b, err) || !write_tree(build, b, err))) {
            return false;
        }
    }
    return true;
}

/* Which band vector tiles are made of: the one of the zoom, or where one of its tiles would be too large the next
 * coarser one. That is decided for the zoom as a whole, so neighbouring tiles show the same features. */
static void choose_vector_bands(const struct cell_build *build, unsigned char out_bands[CELL_VECTOR_ZOOMS])
{
    for (unsigned z = 0; z < CELL_VECTOR_ZOOMS; z++) {
        unsigned band = cell_band_made(build->made, cell_band(z));
        for (unsigned coarser = band; coarser-- > 0 && build->bands[band].tiles[z].most > VECTOR_TILE_BYTES_MAX;) {
            band = cell_band_made(build->made, coarser) == coarser ? coarser : band;
        }
        out_bands[z] = (unsigned char)band;
    }
}

static bool write_version(struct cell_build *build, struct error *err)
{
    struct sqlite3_stmt *put = NULL;
    unsigned char bands[CELL_VECTOR_ZOOMS];
    choose_vector_bands(build, bands);
    if (!database_prepare(build->cells, "INSERT INTO version VALUES (?1, ?2, ?3, ?4, ?5)", &put, err)) {
        return false;
    }
    sqlite3_bind_int64(put, 1, build->plan.serial);
    sqlite3_bind_int64(put, 2, build->plan.stamp);
    sqlite3_bind_int64(put, 3, build->item_count);
    sqlite3_bind_int64(put, 4, build->made);
    sqlite3_bind_blob(put, 5, bands, sizeof bands, SQLITE_STATIC);
    bool ok = database_step_done(build->cells, put, err);
    sqlite3_finalize(put);
    return ok;
}

bool cell_build_finish(struct cell_build *build, struct error *err)
{
    return write_bands(build, err) && write_ids(build, err) && write_version(build, err);
}
