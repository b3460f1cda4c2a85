/* SPDX-License-Identifier: MIT */
#include "store/reader.h"

#include "store/cell_build.h"
#include "store/database.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void finalize(struct sqlite3_stmt **statement)
{
    sqlite3_finalize(*statement);
    *statement = NULL;
}

static void close_truth(struct store *store)
{
    finalize(&store->generation);
    database_close(store->truth.db);
    store->truth.db = NULL;
}

static void close_cells(struct store *store)
{
    finalize(&store->begin);
    finalize(&store->commit);
    finalize(&store->node);
    finalize(&store->item);
    finalize(&store->items);
    finalize(&store->version);
    finalize(&store->ident);
    database_close(store->cells.db);
    store->cells.db = NULL;
}

void reader_close(struct store *store)
{
    close_truth(store);
    close_cells(store);
    free(store->features.items);
    free(store->order.items);
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

struct walk {
    struct store *store;
    const struct store_layer *layer;
    unsigned band;
    struct cell_box area;
    size_t count; /* of children in the scratch, those of one level */
    bool stopped;
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

/* Steps to the node `id`; the caller resets. */
static bool fetch(struct walk *walk, unsigned level, uint64_t index, struct text *out_bytes, struct error *err)
{
    struct store *store = walk->store;
    sqlite3_bind_int64(store->node, 1, cell_node_id(walk->layer->serial, walk->band, level, index));
    int code = sqlite3_step(store->node);
    if (code == SQLITE_ROW) {
        *out_bytes = reader_column(store->node, 0);
        return true;
    }
    return code == SQLITE_DONE ? reader_damaged(walk->layer, err) : reader_fail(store, walk->layer, err);
}

/* Appends the touched children of a node to `ids`. */
static bool open_node(struct walk *walk, unsigned level, uint64_t index, struct reader_scratch *ids,
                      unsigned *out_child_level, struct error *err)
{
    struct text bytes;
    struct cell_node node;
    if (!fetch(walk, level, index, &bytes, err)) {
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
static bool descend(struct walk *walk, unsigned *level, struct error *err)
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

enum cell_result reader_feature(const struct reader_block *block, size_t index, struct cell_feature *out_feature,
                                bool *out_touches)
{
    enum cell_result result = cell_block_feature(&block->cells, index, out_feature);
    if (result == CELL_OK) {
        const struct world_box *box = &out_feature->box;
        *out_touches = block->is_inside || touches((struct cell_box){(int32_t)box->min_x, (int32_t)box->min_y,
                                                                     (int32_t)box->max_x, (int32_t)box->max_y},
                                                   block->area);
    }
    return result;
}

static bool read_block(struct walk *walk, struct child child, reader_block_visitor *visit, void *context,
                       struct error *err)
{
    struct text bytes;
    struct reader_block block = {.area = walk->area, .is_inside = child.is_inside};
    if (!fetch(walk, 0, child.index, &bytes, err)) {
        return false;
    }
    if (cell_block_open(bytes, &block.cells) != CELL_OK) {
        return reader_damaged(walk->layer, err);
    }
    enum reader_next next = visit(context, &block, err);
    walk->stopped = next != READER_GO_ON;
    return next != READER_FAIL;
}

bool reader_walk_blocks(struct store *store, const struct store_layer *layer, unsigned band,
                        const struct world_box *area, reader_block_visitor *visit, void *context, struct error *err)
{
    struct walk walk = {
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
    bool ok = true;
    for (size_t i = 0; i < walk.count && ok && !walk.stopped; i++) {
        ok = read_block(&walk, ((const struct child *)store->ids.items)[i], visit, context, err);
        sqlite3_reset(store->node);
    }
    return ok;
}

/* --- feature by feature --- */

struct feature_walk {
    const struct store_layer *layer;
    reader_visitor *visit;
    void *context;
};

static enum reader_next visit_features(void *context, const struct reader_block *block, struct error *err)
{
    const struct feature_walk *walk = context;
    enum reader_next next = READER_GO_ON;
    for (size_t i = 0; i < block->cells.count && next == READER_GO_ON; i++) {
        struct cell_feature feature;
        bool is_touched;
        if (reader_feature(block, i, &feature, &is_touched) != CELL_OK) {
            reader_damaged(walk->layer, err);
            return READER_FAIL;
        }
        next = is_touched ? walk->visit(walk->context, &feature, err) : READER_GO_ON;
    }
    return next;
}

bool reader_walk(struct store *store, const struct store_layer *layer, unsigned band, const struct world_box *area,
                 reader_visitor *visit, void *context, struct error *err)
{
    struct feature_walk walk = {layer, visit, context};
    return reader_walk_blocks(store, layer, band, area, visit_features, &walk, err);
}
