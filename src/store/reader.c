/* SPDX-License-Identifier: MIT */
#include "store/reader.h"

#include "store/cell_build.h"
#include "store/database.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void close_truth(struct store *store)
{
    database_finalize(&store->generation);
    database_close(store->truth.db);
    store->truth.db = NULL;
}

static void close_cells(struct store *store)
{
    database_finalize(&store->begin);
    database_finalize(&store->commit);
    database_finalize(&store->node);
    database_finalize(&store->attributes);
    database_finalize(&store->item);
    database_finalize(&store->items);
    database_finalize(&store->version);
    database_finalize(&store->ident);
    database_close(store->cells.db);
    store->cells.db = NULL;
}

void reader_close(struct store *store)
{
    close_truth(store);
    close_cells(store);
    free(store->values.items);
    free(store->block.items);
    free(store->found.items);
    free(store->own.items);
    free(store->places.items);
    free(store->key.items);
    free(store->ids.items);
    free(store->candidates.items);
}

static bool has_table(struct sqlite3 *db, const char *table)
{
    int64_t count = 0;
    return database_number(db, 0, &count, NULL, "SELECT count(*) FROM sqlite_master WHERE name=%Q", table) && count > 0;
}

static bool prepare_truth(struct store *store, struct error *err)
{
    return database_prepare(store->truth.db, "SELECT value FROM tesela_meta WHERE key='generation'", &store->generation,
                            err);
}

static bool prepare_cells(struct store *store, struct error *err)
{
    struct sqlite3 *db = store->cells.db;
    return database_prepare(db, "BEGIN", &store->begin, err) && database_prepare(db, "COMMIT", &store->commit, err) &&
           database_prepare(db, "SELECT data FROM node WHERE id=?1", &store->node, err) &&
           database_prepare(db, "SELECT data FROM attributes WHERE id=?1", &store->attributes, err) &&
           database_prepare(db, "SELECT attributes, shape FROM item WHERE id=?1", &store->item, err) &&
           database_prepare(db, "SELECT attributes, shape, id FROM item WHERE id>=?1 AND id<=?2 ORDER BY id",
                            &store->items, err) &&
           database_prepare(db, "SELECT stamp, vector_bands, bands FROM version WHERE serial=?1", &store->version,
                            err) &&
           database_prepare(db, "SELECT row FROM ident WHERE serial=?1 AND hash=?2 ORDER BY row", &store->ident, err);
}

/* Cells of another form are as good as none: the next writer makes them anew. */
static bool has_format(struct sqlite3 *db, int format)
{
    int64_t found = 0;
    return format == 0 ||
           (database_number(db, 0, &found, NULL, "SELECT user_version FROM pragma_user_version") && found == format);
}

/* Opens `file` when it is there and holds `table` in this format (0: any). Between stat and open it may be replaced,
 * log included, so its identity is looked at again afterwards. */
static bool open_file(struct reader_file *file, const char *table, int format, struct error *err)
{
    for (int attempt = 0; attempt < 5; attempt++) {
        struct stat before;
        struct stat after;
        if (stat(file->path, &before) != 0 || before.st_size == 0) {
            return true;
        }
        struct sqlite3 *db;
        if (!database_open_reader(file->path, &db, err)) {
            return false;
        }
        bool same = stat(file->path, &after) == 0 && before.st_ino == after.st_ino && before.st_dev == after.st_dev;
        if (same && has_table(db, table) && has_format(db, format)) {
            file->db = db;
            file->device = after.st_dev;
            file->inode = after.st_ino;
            return true;
        }
        database_close(db);
        if (same) {
            return true;
        }
    }
    error_set(err, ERROR_UNAVAILABLE, "map data \"%s\" keeps being replaced", file->path);
    return false;
}

static bool is_same_file(const struct reader_file *file)
{
    struct stat now;
    bool there = stat(file->path, &now) == 0;
    if (!file->db) {
        return !there || now.st_size == 0;
    }
    return there && now.st_ino == file->inode && now.st_dev == file->device;
}

bool reader_refresh(struct store *store, struct error *err)
{
    if (!is_same_file(&store->truth)) {
        store->reopened += store->truth.db != NULL;
        close_truth(store);
        if (!open_file(&store->truth, "tesela_meta", 0, err) || (store->truth.db && !prepare_truth(store, err))) {
            close_truth(store);
            return false;
        }
    }
    if (store->depth == 0 && !is_same_file(&store->cells)) {
        store->reopened += store->cells.db != NULL;
        close_cells(store);
        /* A damaged cache is as good as none: it can be rebuilt. */
        if (!open_file(&store->cells, "version", CELL_FORMAT, NULL) ||
            (store->cells.db && !prepare_cells(store, NULL))) {
            close_cells(store);
        }
    }
    return true;
}

bool reader_missing(const struct store_layer *layer, struct error *err)
{
    error_tell(err, ERROR_UNAVAILABLE, "STO-020",
               "layer \"%s\": the drawing data of version %lld is missing: run \"tesela rebuild\"",
               "capa «%s»: faltan los datos de dibujo de la versión %lld: ejecute «tesela rebuild»", layer->id,
               (long long)layer->version);
    return false;
}

bool reader_damaged(const struct store_layer *layer, struct error *err)
{
    error_tell(err, ERROR_UNAVAILABLE, "STO-021",
               "layer \"%s\": the drawing data of version %lld is damaged: run \"tesela rebuild\"",
               "capa «%s»: los datos de dibujo de la versión %lld están dañados: ejecute «tesela rebuild»", layer->id,
               (long long)layer->version);
    return false;
}

bool reader_no_room(const struct store_layer *layer, const struct arena *arena, struct error *err)
{
    return arena_is_full(arena) ? reader_too_many(layer, err) : error_no_memory(err);
}

bool reader_too_many(const struct store_layer *layer, struct error *err)
{
    error_tell(err, ERROR_TOO_LARGE, "STO-022",
               "layer \"%s\": more features than one answer can hold: ask for a smaller area",
               "capa «%s»: hay más elementos de los que caben en una respuesta: pida un área menor", layer->id);
    return false;
}

bool reader_fail(struct store *store, const struct store_layer *layer, struct error *err)
{
    return database_is_damaged(store->cells.db) ? reader_damaged(layer, err) : database_fail(store->cells.db, err);
}

struct text reader_column(struct sqlite3_stmt *statement, int column)
{
    const char *bytes = sqlite3_column_blob(statement, column);
    return (struct text){bytes ? bytes : "", bytes ? (size_t)sqlite3_column_bytes(statement, column) : 0};
}

unsigned reader_band(const struct store *store, unsigned band)
{
    return band < CELL_BAND_FULL ? cell_band_made(store->bands, band) : CELL_BAND_FULL;
}

static bool check_version(struct store *store, const struct store_layer *layer, struct error *err)
{
    sqlite3_bind_int64(store->version, 1, layer->serial);
    int code = sqlite3_step(store->version);
    bool same = code == SQLITE_ROW && sqlite3_column_int64(store->version, 0) == layer->stamp;
    struct text bands = same ? reader_column(store->version, 1) : (struct text){0};
    store->bands = same ? (unsigned)sqlite3_column_int(store->version, 2) : 0;
    for (size_t z = 0; z < CELL_VECTOR_ZOOMS; z++) {
        unsigned char band = z < bands.length ? (unsigned char)bands.data[z] : CELL_BAND_FULL;
        store->vector_bands[z] = (unsigned char)reader_band(store, band);
    }
    bool failed = code != SQLITE_ROW && code != SQLITE_DONE && !reader_fail(store, layer, err);
    sqlite3_reset(store->version);
    return !failed && (same || reader_missing(layer, err));
}

bool reader_begin(struct store *store, const struct store_layer *layer, struct error *err)
{
    if (store->depth == 0) {
        if (!store->cells.db && (!reader_refresh(store, err) || !store->cells.db)) {
            return reader_missing(layer, err);
        }
        int code = sqlite3_step(store->begin);
        sqlite3_reset(store->begin);
        if (code != SQLITE_DONE) {
            return reader_fail(store, layer, err);
        }
    }
    store->depth++;
    if (!check_version(store, layer, err)) {
        reader_end(store);
        return false;
    }
    return true;
}

void reader_end(struct store *store)
{
    store->depth--;
    if (store->depth == 0) {
        sqlite3_step(store->commit);
        sqlite3_reset(store->commit);
    }
}

void *reader_scratch_grow(struct reader_scratch *scratch, size_t count, size_t size)
{
    size_t wanted;
    if (__builtin_mul_overflow(count, size, &wanted)) {
        return NULL;
    }
    if (wanted > scratch->bytes) {
        size_t bytes = scratch->bytes * 2 > wanted ? scratch->bytes * 2 : wanted + 4096;
        void *items = realloc(scratch->items, bytes);
        if (!items) {
            return NULL;
        }
        scratch->items = items;
        scratch->bytes = bytes;
    }
    return scratch->items;
}

bool reader_area_in_world(const struct world_box *area, int64_t shift_x, struct world_box *out_part)
{
    struct world_box part = {area->min_x - shift_x, area->min_y, area->max_x - shift_x, area->max_y};
    struct world_box world = {INT32_MIN, INT32_MIN, INT32_MAX, INT32_MAX};
    if (!world_box_touches(&part, &world)) {
        return false;
    }
    part.min_x = part.min_x < world.min_x ? world.min_x : part.min_x;
    part.min_y = part.min_y < world.min_y ? world.min_y : part.min_y;
    part.max_x = part.max_x > world.max_x ? world.max_x : part.max_x;
    part.max_y = part.max_y > world.max_y ? world.max_y : part.max_y;
    *out_part = part;
    return true;
}

/* --- walking the tree --- */

struct reader_walk {
    struct store *store;
    const struct store_layer *layer;
    unsigned band;
    struct cell_box area;
    size_t count; /* of children in the scratch, those of one level */
    bool stopped;
    struct sqlite3_blob *blocks; /* the way to them where they are many; NULL: not opened yet */
    struct sqlite3_blob *attributes;
};

enum {
    FEW_BLOCKS = 12 /* opening a blob costs as much as a statement's way to so many rows, where a blob's is half */
};

/* Of a node. */
struct child {
    uint64_t index; /* within its level */
    bool is_inside;
};

static bool touches(struct cell_box a, struct cell_box b)
{
    return a.min_x <= b.max_x && b.min_x <= a.max_x && a.min_y <= b.max_y && b.min_y <= a.max_y;
}

static bool holds(struct cell_box a, struct cell_box b)
{
    return a.min_x <= b.min_x && b.max_x <= a.max_x && a.min_y <= b.min_y && b.max_y <= a.max_y;
}

/* Steps to the row `id` of the nodes or attributes; the caller resets. */
static bool fetch(const struct reader_walk *walk, struct sqlite3_stmt *statement, int64_t id, struct text *out_bytes,
                  struct error *err)
{
    sqlite3_bind_int64(statement, 1, id);
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        *out_bytes = reader_column(statement, 0);
        return true;
    }
    return code == SQLITE_DONE ? reader_damaged(walk->layer, err) : reader_fail(walk->store, walk->layer, err);
}

/* Appends the touched children of a node to `ids`. */
static bool open_node(struct reader_walk *walk, unsigned level, uint64_t index, struct reader_scratch *ids,
                      unsigned *out_child_level, struct error *err)
{
    struct text bytes;
    struct cell_node node;
    if (!fetch(walk, walk->store->node, cell_node_id(walk->layer->serial, walk->band, level, index), &bytes, err)) {
        return false;
    }
    if (cell_get_node(bytes, level, &node) != CELL_OK || node.stamp != walk->layer->stamp) {
        return reader_damaged(walk->layer, err);
    }
    struct child *items = reader_scratch_grow(ids, walk->count + node.count, sizeof *items);
    if (!items) {
        return error_no_memory(err);
    }
    for (size_t i = 0; i < node.count; i++) {
        struct cell_box box = cell_node_box(&node, i);
        if (touches(box, walk->area)) {
            items[walk->count++] = (struct child){index * CELL_FANOUT + i, holds(walk->area, box)};
        }
    }
    *out_child_level = node.child_level;
    return true;
}

/* Replaces the ids of one level by those of their touched children. */
static bool descend(struct reader_walk *walk, unsigned *level, struct error *err)
{
    struct reader_scratch *ids = &walk->store->ids;
    size_t parents = walk->count;
    unsigned child_level = 0;
    for (size_t i = 0; i < parents; i++) {
        uint64_t index = ((const struct child *)ids->items)[i].index;
        bool ok = open_node(walk, *level, index, ids, &child_level, err);
        sqlite3_reset(walk->store->node);
        if (!ok) {
            return false;
        }
    }
    walk->count -= parents;
    struct child *items = ids->items;
    memmove(items, items + parents, walk->count * sizeof *items);
    *level = child_level;
    return true;
}

/* --- blocks --- */

/* A row that is missing is an error like another to this way, and the only one without a code of its own. */
static bool point_at(const struct reader_walk *walk, struct sqlite3_blob **blob, const char *table, int64_t id,
                     struct error *err)
{
    int code = *blob ? sqlite3_blob_reopen(*blob, id)
                     : sqlite3_blob_open(walk->store->cells.db, "main", table, "data", id, 0, blob);
    return code == SQLITE_OK ||
           (code == SQLITE_ERROR ? reader_damaged(walk->layer, err) : reader_fail(walk->store, walk->layer, err));
}

/* Room for `size` bytes in the arena, or where there is none in the scratch. */
static char *take_bytes(const struct reader_walk *walk, struct arena *arena, struct reader_scratch *scratch,
                        size_t size, struct error *err)
{
    char *bytes = arena ? arena_alloc_raw(arena, size) : reader_scratch_grow(scratch, size + 1, 1);
    if (!bytes && arena) {
        reader_no_room(walk->layer, arena, err);
    } else if (!bytes) {
        error_no_memory(err);
    }
    return bytes;
}

/* Where a row is read from, and where to. */
struct row_way {
    struct sqlite3_stmt *statement;
    struct sqlite3_blob **blob;
    const char *table;
    struct arena *arena; /* NULL: the scratch */
    struct reader_scratch *scratch;
};

static bool copy_blob(const struct reader_walk *walk, const struct row_way *way, int64_t id, struct text *out_bytes,
                      struct error *err)
{
    if (!point_at(walk, way->blob, way->table, id, err)) {
        return false;
    }
    int size = sqlite3_blob_bytes(*way->blob);
    char *bytes = take_bytes(walk, way->arena, way->scratch, (size_t)size, err);
    *out_bytes = (struct text){bytes, (size_t)size};
    return bytes &&
           (sqlite3_blob_read(*way->blob, bytes, size, 0) == SQLITE_OK || reader_fail(walk->store, walk->layer, err));
}

static bool copy_column(const struct reader_walk *walk, const struct row_way *way, int64_t id, struct text *out_bytes,
                        struct error *err)
{
    struct text column = {0};
    bool ok = fetch(walk, way->statement, id, &column, err);
    if (ok) {
        char *bytes = take_bytes(walk, way->arena, way->scratch, column.length, err);
        if (bytes) {
            memcpy(bytes, column.data, column.length);
        }
        *out_bytes = (struct text){bytes, column.length};
        ok = bytes;
    }
    sqlite3_reset(way->statement);
    return ok;
}

static bool copy_row(const struct reader_walk *walk, const struct row_way *way, int64_t id, struct text *out_bytes,
                     struct error *err)
{
    return walk->count > FEW_BLOCKS ? copy_blob(walk, way, id, out_bytes, err)
                                    : copy_column(walk, way, id, out_bytes, err);
}

bool reader_attributes(struct reader_block *block, struct arena *arena, struct error *err)
{
    struct reader_walk *walk = block->walk;
    struct store *store = walk->store;
    struct row_way way = {store->attributes, &walk->attributes, "attributes", arena, &store->values};
    struct text bytes = {"", 0};
    return (block->cells.attributes_length == 0 || copy_row(walk, &way, block->id, &bytes, err)) &&
           (cell_block_add_attributes(&block->cells, bytes) == CELL_OK || reader_damaged(walk->layer, err));
}

uint64_t reader_touching(const struct reader_block *block, uint64_t among)
{
    return block->is_inside ? among : cell_block_touching(&block->cells, among, block->area);
}

static bool read_block(struct reader_walk *walk, struct child child, reader_block_visitor *visit, void *context,
                       struct error *err)
{
    struct store *store = walk->store;
    struct row_way way = {store->node, &walk->blocks, "node", NULL, &store->block};
    struct text bytes;
    struct reader_block block = {.area = walk->area,
                                 .is_inside = child.is_inside,
                                 .id = cell_node_id(walk->layer->serial, walk->band, 0, child.index),
                                 .walk = walk};
    if (!copy_row(walk, &way, block.id, &bytes, err)) {
        return false;
    }
    if (cell_block_open(bytes, &block.cells) != CELL_OK) {
        return reader_damaged(walk->layer, err);
    }
    enum reader_next next = visit(context, &block, err);
    walk->stopped = next == READER_STOP;
    return next != READER_FAIL;
}

static bool read_blocks(struct reader_walk *walk, reader_block_visitor *visit, void *context, struct error *err)
{
    bool ok = true;
    for (size_t i = 0; i < walk->count && ok && !walk->stopped; i++) {
        ok = read_block(walk, ((const struct child *)walk->store->ids.items)[i], visit, context, err);
    }
    sqlite3_blob_close(walk->blocks);
    sqlite3_blob_close(walk->attributes);
    return ok;
}

bool reader_walk_blocks(struct store *store, const struct store_layer *layer, unsigned band,
                        const struct world_box *area, reader_block_visitor *visit, void *context, struct error *err)
{
    struct reader_walk walk = {
        .store = store,
        .layer = layer,
        .band = reader_band(store, band),
        .area = {(int32_t)area->min_x, (int32_t)area->min_y, (int32_t)area->max_x, (int32_t)area->max_y},
        .count = 1};
    struct child *root = reader_scratch_grow(&store->ids, 1, sizeof *root);
    if (!root) {
        return error_no_memory(err);
    }
    *root = (struct child){0};
    unsigned level = CELL_LEVEL_ROOT;
    while (level > 0) {
        if (!descend(&walk, &level, err)) {
            return false;
        }
        if (walk.count == 0) {
            return true;
        }
    }
    return read_blocks(&walk, visit, context, err);
}

/* --- feature by feature --- */

struct feature_walk {
    const struct store_layer *layer;
    bool with_attributes;
    reader_visitor *visit;
    void *context;
};

static enum reader_next visit_features(void *context, struct reader_block *block, struct error *err)
{
    const struct feature_walk *walk = context;
    enum reader_next next = READER_GO_ON;
    uint64_t left = reader_touching(block, cell_block_all(&block->cells));
    if (walk->with_attributes && left != 0 && !reader_attributes(block, NULL, err)) {
        return READER_FAIL;
    }
    for (; left != 0 && next == READER_GO_ON; left &= left - 1) {
        struct cell_feature feature;
        if (cell_block_feature(&block->cells, (size_t)__builtin_ctzll(left), &feature) != CELL_OK) {
            reader_damaged(walk->layer, err);
            return READER_FAIL;
        }
        next = walk->visit(walk->context, &feature, err);
    }
    return next;
}

bool reader_walk(struct store *store, const struct store_layer *layer, unsigned band, const struct world_box *area,
                 bool with_attributes, reader_visitor *visit, void *context, struct error *err)
{
    struct feature_walk walk = {layer, with_attributes, visit, context};
    return reader_walk_blocks(store, layer, band, area, visit_features, &walk, err);
}
