/* SPDX-License-Identifier: MIT */
/* A tile is made from what a band of the cells has in an area, in the order of rows. So the cells of both versions are
 * compared, band by band: what is drawn of a feature far away depends on its neighbours (generalised borders, one that
 * stands for many), and only the cells tell. Of both versions each feature of a band becomes a hash of its box,
 * geometry and values; equal ones are paired, and of the pairs the longest run that keeps its order is what did not
 * change. The boxes of the others are those by which readers find features: a tile that none of them touches finds what
 * it found before. */
#include "store/change_note.h"

#include "base/hash.h"
#include "geo/grid.h"
#include "store/cell_block.h"
#include "store/database.h"
#include "store/hilbert.h"
#include "store/layer_read.h"
#include "store/reader.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

enum {
    FEATURES_MAX = 5000000, /* of 32 bytes, in both versions */
    BOXES_FEWEST = 16,      /* are kept of any band */
    NOTE_BYTES_MAX = 1 << 20
};

static const size_t arena_bytes_max = (size_t)64 << 20;

struct print {
    uint64_t content; /* box, geometry, and values that are shown */
    int64_t row;
    struct cell_box box;
};

/* Attributes that stand in the item table. */
struct apart {
    int64_t row;
    uint64_t hash;
};

struct side {
    struct layer_record record;
    unsigned bands; /* a bit for each that the version has */
    unsigned char vector_bands[CELL_VECTOR_ZOOMS];
    struct apart *apart; /* by row */
    size_t apart_count;
    struct print *prints; /* of the band at hand, by row */
    size_t count;
    size_t capacity;
};

struct note {
    struct sqlite3 *truth;
    struct sqlite3 *cells;
    struct arena *arena;
    struct side from;
    struct side to;
    bool rows_are_ids; /* of some features */
    bool has_new_ids;
    struct world_box *boxes; /* of the band at hand */
    size_t box_count;
    size_t box_capacity;
};

/* --- both versions --- */

static bool read_record(struct note *note, struct side *side, int64_t serial, struct error *err)
{
    struct sqlite3_stmt *statement = NULL;
    if (!database_preparef(note->truth, &statement, err, "SELECT %s FROM tesela_version AS v WHERE v.serial=%lld",
                           layer_read_columns, (long long)serial)) {
        return false;
    }
    bool ok = sqlite3_step(statement) == SQLITE_ROW ? layer_read(statement, note->arena, &side->record, err)
                                                    : database_fail(note->truth, err);
    sqlite3_finalize(statement);
    return ok;
}

/* True when tiles of both can only differ by their features or pixels. */
static bool are_alike(const struct layer_record *a, const struct layer_record *b)
{
    if (a->layer.kind != b->layer.kind || a->layer.kind == GEOMETRY_NONE || a->has_z != b->has_z ||
        a->layer.raster.kind != b->layer.raster.kind || strcmp(a->layer.srs, b->layer.srs) != 0 ||
        a->column_count != b->column_count || a->key_column != b->key_column || a->layer.feature_count > FEATURES_MAX ||
        b->layer.feature_count > FEATURES_MAX) {
        return false;
    }
    for (size_t i = 0; i < a->column_count; i++) {
        if (strcmp(a->columns[i].name, b->columns[i].name) != 0 || a->columns[i].type != b->columns[i].type ||
            a->columns[i].hidden != b->columns[i].hidden) {
            return false;
        }
    }
    return true;
}

/* The row is the id of features without a key. */
static bool find_row_ids(struct note *note, const struct layer_record *record, struct error *err)
{
    int64_t found = 1;
    if (record->key_column >= 0 &&
        !database_number(note->truth, 0, &found, err, "SELECT 1 FROM \"%w\" WHERE \"%w\" IS NULL LIMIT 1",
                         record->layer.table, record->columns[record->key_column].column)) {
        return false;
    }
    note->rows_are_ids = note->rows_are_ids || found != 0;
    return true;
}

/* --- what a band has --- */

static bool find_cells(struct note *note, struct side *side, struct error *err)
{
    struct sqlite3_stmt *version = NULL;
    const struct store_layer *layer = &side->record.layer;
    if (!database_preparef(note->cells, &version, err,
                           "SELECT vector_bands, bands FROM version WHERE serial=%lld AND stamp=%lld",
                           (long long)layer->serial, (long long)layer->stamp)) {
        return false;
    }
    bool ok = sqlite3_step(version) == SQLITE_ROW && sqlite3_column_bytes(version, 0) == (int)sizeof side->vector_bands;
    if (ok) {
        const unsigned char *chosen = sqlite3_column_blob(version, 0);
        side->bands = (unsigned)sqlite3_column_int(version, 1);
        for (size_t z = 0; z < CELL_VECTOR_ZOOMS; z++) {
            side->vector_bands[z] = (unsigned char)cell_band_made(side->bands, chosen[z]);
        }
    } else {
        error_set(err, ERROR_UNAVAILABLE, "version %lld of layer \"%s\" has no cells", (long long)layer->version,
                  layer->id);
    }
    sqlite3_finalize(version);
    return ok;
}

static bool damaged(const struct side *side, struct error *err)
{
    error_set(err, ERROR_UNAVAILABLE, "the cells of version %lld are damaged", (long long)side->record.layer.version);
    return false;
}

/* Makes room for one more item; NULL when memory is out. */
static void *grow(void *items, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity) {
        return items;
    }
    size_t wanted = *capacity * 2 + 64;
    void *grown = realloc(items, wanted * size);
    *capacity = grown ? wanted : *capacity;
    return grown;
}

static bool gather_apart(struct note *note, struct side *side, struct error *err)
{
    struct sqlite3_stmt *items = NULL;
    int64_t serial = side->record.layer.serial;
    size_t capacity = 0;
    if (!database_preparef(note->cells, &items, err,
                           "SELECT id, attributes FROM item WHERE id BETWEEN %lld AND %lld AND length(attributes)>%d"
                           " ORDER BY id",
                           (long long)cell_item_id(serial, 0), (long long)cell_item_id(serial, CELL_ROW_MAX),
                           (int)CELL_INLINE_BYTES)) {
        return false;
    }
    bool ok = true;
    int code = SQLITE_DONE;
    while (ok && (code = sqlite3_step(items)) == SQLITE_ROW) {
        struct apart *grown = grow(side->apart, side->apart_count, &capacity, sizeof *grown);
        ok = grown || error_no_memory(err);
        if (ok) {
            const void *bytes = sqlite3_column_blob(items, 1);
            side->apart = grown;
            side->apart[side->apart_count++] =
                (struct apart){sqlite3_column_int64(items, 0) & CELL_ROW_MAX,
                               hash_bytes(bytes, (size_t)sqlite3_column_bytes(items, 1))};
        }
    }
    if (ok && code != SQLITE_DONE) {
        ok = database_fail(note->cells, err);
    }
    sqlite3_finalize(items);
    return ok;
}

static int compare_apart(const void *key, const void *item)
{
    int64_t row = *(const int64_t *)key;
    const struct apart *apart = item;
    return row < apart->row ? -1 : row > apart->row;
}

static bool add_print(struct side *side, const struct cell_feature *feature, struct error *err)
{
    struct print print = {.row = feature->row,
                          .box = {(int32_t)feature->box.min_x, (int32_t)feature->box.min_y, (int32_t)feature->box.max_x,
                                  (int32_t)feature->box.max_y}};
    print.content = hash_bytes(feature->geometry.at, (size_t)(feature->geometry.end - feature->geometry.at));
    print.content = hash_bytes_seeded(feature->attributes.at,
                                      (size_t)(feature->attributes.end - feature->attributes.at), print.content);
    print.content = hash_bytes_seeded(&print.box, sizeof print.box, print.content);
    if (feature->attributes_elsewhere) {
        const struct apart *apart = side->apart_count > 0 ? bsearch(&print.row, side->apart, side->apart_count,
                                                                    sizeof *side->apart, compare_apart)
                                                          : NULL;
        if (!apart) {
            return damaged(side, err);
        }
        print.content = hash_mix(print.content, apart->hash);
    }
    struct print *grown = grow(side->prints, side->count, &side->capacity, sizeof *grown);
    if (!grown) {
        return error_no_memory(err);
    }
    side->prints = grown;
    side->prints[side->count++] = print;
    return true;
}

static bool add_block(struct side *side, struct text bytes, struct text attributes, struct error *err)
{
    struct cell_block block;
    if (cell_block_open(bytes, &block) != CELL_OK || cell_block_add_attributes(&block, attributes) != CELL_OK) {
        return damaged(side, err);
    }
    for (size_t i = 0; i < block.count; i++) {
        struct cell_feature feature;
        if (cell_block_feature(&block, i, &feature) != CELL_OK) {
            return damaged(side, err);
        }
        if (!add_print(side, &feature, err)) {
            return false;
        }
    }
    return true;
}

static bool gather(struct note *note, struct side *side, unsigned band, struct error *err)
{
    struct sqlite3_stmt *blocks = NULL;
    int64_t serial = side->record.layer.serial;
    side->count = 0;
    if (!database_preparef(note->cells, &blocks, err,
                           "SELECT node.data, attributes.data FROM node LEFT JOIN attributes USING (id)"
                           " WHERE node.id>=%lld AND node.id<%lld ORDER BY node.id",
                           (long long)cell_node_id(serial, band, 0, 0), (long long)cell_node_id(serial, band, 1, 0))) {
        return false;
    }
    bool ok = true;
    int code = SQLITE_DONE;
    while (ok && (code = sqlite3_step(blocks)) == SQLITE_ROW) {
        ok = add_block(side, reader_column(blocks, 0), reader_column(blocks, 1), err);
    }
    if (ok && code != SQLITE_DONE) {
        ok = database_fail(note->cells, err);
    }
    sqlite3_finalize(blocks);
    return ok;
}

static int compare_rows(const void *a, const void *b)
{
    const struct print *left = a;
    const struct print *right = b;
    return left->row < right->row ? -1 : left->row > right->row;
}

static void sort_prints(struct side *side)
{
    if (side->count > 1) {
        qsort(side->prints, side->count, sizeof *side->prints, compare_rows);
    }
}

static bool keep_box(struct note *note, struct world_box box, struct error *err)
{
    struct world_box *grown = grow(note->boxes, note->box_count, &note->box_capacity, sizeof *grown);
    if (!grown) {
        return error_no_memory(err);
    }
    note->boxes = grown;
    note->boxes[note->box_count++] = box;
    return true;
}

/* --- comparing --- */

/* A feature of the part that differs, to be paired by content. */
struct mate {
    uint64_t content;
    size_t index;
};

static int compare_mates(const void *a, const void *b)
{
    const struct mate *left = a;
    const struct mate *right = b;
    if (left->content != right->content) {
        return left->content < right->content ? -1 : 1;
    }
    return left->index < right->index ? -1 : left->index > right->index;
}

static struct mate *sort_mates(const struct side *side, size_t begin, size_t end)
{
    struct mate *mates = malloc((end - begin + 1) * sizeof *mates);
    if (mates) {
        for (size_t i = begin; i < end; i++) {
            mates[i - begin] = (struct mate){side->prints[i].content, i};
        }
        qsort(mates, end - begin, sizeof *mates, compare_mates);
    }
    return mates;
}

#define NONE SIZE_MAX

/* Equal features in the order of their rows: `pair[i - begin]` is the index in `to`, or NONE. */
static bool find_pairs(struct note *note, size_t begin, size_t from_end, size_t to_end, size_t *pair)
{
    struct mate *from = sort_mates(&note->from, begin, from_end);
    struct mate *to = sort_mates(&note->to, begin, to_end);
    size_t from_count = from_end - begin;
    size_t to_count = to_end - begin;
    for (size_t i = 0, j = 0; from && to && i < from_count; i++) {
        while (j < to_count && to[j].content < from[i].content) {
            j++;
        }
        bool equal = j < to_count && to[j].content == from[i].content;
        pair[from[i].index - begin] = equal ? to[j++].index : NONE;
    }
    bool ok = from && to;
    free(from);
    free(to);
    return ok;
}

/* Keeps of the pairs the longest run that ascends on both sides, the others become NONE (patience sorting). `last` and
 * `before` hold `count` numbers each. */
static void keep_order(size_t *pair, size_t count, size_t *last, size_t *before)
{
    size_t length = 0;
    for (size_t i = 0; i < count; i++) {
        if (pair[i] == NONE) {
            continue;
        }
        size_t low = 0;
        size_t high = length;
        while (low < high) {
            size_t middle = low + (high - low) / 2;
            if (pair[last[middle]] < pair[i]) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        before[i] = low > 0 ? last[low - 1] : NONE;
        last[low] = i;
        length = low == length ? length + 1 : length;
    }
    size_t kept = length > 0 ? last[length - 1] : NONE;
    for (size_t i = count; i-- > 0;) {
        if (i == kept) {
            kept = before[i];
        } else {
            pair[i] = NONE;
        }
    }
}

static struct world_box box_of(const struct print *print)
{
    return (struct world_box){print->box.min_x, print->box.min_y, print->box.max_x, print->box.max_y};
}

static void note_ids(struct note *note, const struct print *from, const struct print *to)
{
    note->has_new_ids = note->has_new_ids || (note->rows_are_ids && from->row != to->row);
}

/* Adds the boxes of the features from `begin` on that are on one side only, or moved. */
static bool add_differences(struct note *note, size_t begin, size_t from_end, size_t to_end, size_t *pair, bool *stays,
                            struct error *err)
{
    const struct print *from = note->from.prints;
    const struct print *to = note->to.prints;
    for (size_t i = begin; i < from_end; i++) {
        size_t mate = pair[i - begin];
        if (mate != NONE) {
            stays[mate - begin] = true;
            note_ids(note, &from[i], &to[mate]);
        } else if (!keep_box(note, box_of(&from[i]), err)) {
            return false;
        }
    }
    for (size_t i = begin; i < to_end; i++) {
        if (!stays[i - begin] && !keep_box(note, box_of(&to[i]), err)) {
            return false;
        }
    }
    return true;
}

static bool compare(struct note *note, struct error *err)
{
    const struct print *from = note->from.prints;
    const struct print *to = note->to.prints;
    size_t begin = 0;
    size_t from_end = note->from.count;
    size_t to_end = note->to.count;
    /* Most edits leave a long beginning and a long end as they were. */
    while (begin < from_end && begin < to_end && from[begin].content == to[begin].content) {
        note_ids(note, &from[begin], &to[begin]);
        begin++;
    }
    while (from_end > begin && to_end > begin && from[from_end - 1].content == to[to_end - 1].content) {
        from_end--;
        to_end--;
        note_ids(note, &from[from_end], &to[to_end]);
    }
    size_t count = from_end - begin;
    size_t *pair = calloc(3 * count + 1, sizeof *pair);
    bool *stays = calloc(to_end - begin + 1, sizeof *stays);
    bool ok = (pair && stays && find_pairs(note, begin, from_end, to_end, pair)) || error_no_memory(err);
    if (ok) {
        keep_order(pair, count, pair + count, pair + 2 * count);
        ok = add_differences(note, begin, from_end, to_end, pair, stays, err);
    }
    free(pair);
    free(stays);
    return ok;
}

/* --- few boxes --- */

struct placed_box {
    uint64_t place; /* on the Hilbert curve */
    struct world_box box;
};

static int compare_places(const void *a, const void *b)
{
    const struct placed_box *left = a;
    const struct placed_box *right = b;
    return left->place < right->place ? -1 : left->place > right->place;
}

/* Far zooms have few tiles, and fewer boxes do. */
static size_t boxes_max(unsigned band)
{
    size_t most = (size_t)CHANGE_BOXES_MAX >> (CELL_BAND_FULL - band);
    return most < BOXES_FEWEST ? BOXES_FEWEST : most;
}

/* Joins neighbours along the Hilbert curve until the boxes are few enough. */
static bool join_boxes(struct note *note, size_t most)
{
    if (note->box_count <= most) {
        return true;
    }
    struct placed_box *placed = malloc(note->box_count * sizeof *placed);
    if (!placed) {
        return false;
    }
    for (size_t i = 0; i < note->box_count; i++) {
        struct world_box box = note->boxes[i];
        placed[i].box = box;
        placed[i].place = hilbert_key(&box);
    }
    qsort(placed, note->box_count, sizeof *placed, compare_places);
    size_t each = (note->box_count + most - 1) / most;
    size_t count = 0;
    for (size_t i = 0; i < note->box_count; i++) {
        struct world_box *joined = &note->boxes[i / each];
        const struct world_box *box = &placed[i].box;
        if (i % each == 0) {
            *joined = *box;
            count++;
        } else {
            joined->min_x = box->min_x < joined->min_x ? box->min_x : joined->min_x;
            joined->min_y = box->min_y < joined->min_y ? box->min_y : joined->min_y;
            joined->max_x = box->max_x > joined->max_x ? box->max_x : joined->max_x;
            joined->max_y = box->max_y > joined->max_y ? box->max_y : joined->max_y;
        }
    }
    note->box_count = count;
    free(placed);
    return true;
}

/* --- writing it down --- */

/* As store_change.c reads it: a number that says how, flags, the deepest zoom of a raster, the bands of vector tiles;
 * then for each band how many boxes, and four numbers for each. */
static void write_head(const struct note *note, struct buffer *out)
{
    const struct store_raster *from = &note->from.record.layer.raster;
    const struct store_raster *to = &note->to.record.layer.raster;
    bool is_raster = to->kind != STORE_RASTER_NONE;
    uint32_t zoom = from->zoom_max < to->zoom_max ? from->zoom_max : to->zoom_max;
    buffer_append_byte(out, CHANGE_FORMAT);
    buffer_append_byte(out,
                       (unsigned char)((note->has_new_ids ? CHANGE_NEW_IDS : 0) | (is_raster ? CHANGE_RASTER : 0)));
    buffer_append_byte(out, (unsigned char)zoom);
    for (size_t z = 0; z < CELL_VECTOR_ZOOMS; z++) {
        bool same = note->from.vector_bands[z] == note->to.vector_bands[z];
        buffer_append_byte(out, same ? note->to.vector_bands[z] : CHANGE_NO_BAND);
    }
}

static void append_number(struct buffer *out, int64_t number, unsigned bits)
{
    for (unsigned shift = 0; shift < bits; shift += 8) {
        buffer_append_byte(out, (unsigned char)((uint64_t)number >> shift));
    }
}

static void write_boxes(const struct note *note, struct buffer *out)
{
    append_number(out, (int64_t)note->box_count, 16);
    for (size_t i = 0; i < note->box_count; i++) {
        append_number(out, note->boxes[i].min_x, 32);
        append_number(out, note->boxes[i].min_y, 32);
        append_number(out, note->boxes[i].max_x, 32);
        append_number(out, note->boxes[i].max_y, 32);
    }
}

/* `bands` NULL: all of the layer. */
static bool write_change(struct sqlite3 *db, const char *layer, const struct buffer *bands, struct error *err)
{
    struct sqlite3_stmt *insert = NULL;
    if (!database_prepare(db,
                          "INSERT OR REPLACE INTO tesela_change SELECT value, random(), ?1, ?2 FROM tesela_meta WHERE"
                          " key='generation'",
                          &insert, err)) {
        return false;
    }
    sqlite3_bind_text(insert, 1, layer, -1, SQLITE_STATIC);
    if (bands) {
        sqlite3_bind_blob64(insert, 2, bands->data, bands->length, SQLITE_STATIC);
    }
    bool ok = database_step_done(db, insert, err);
    sqlite3_finalize(insert);
    return ok && database_runf(db, err,
                               "DELETE FROM tesela_change WHERE generation <= (SELECT generation FROM tesela_change"
                               " ORDER BY generation DESC LIMIT 1 OFFSET %d)",
                               (int)CHANGES_KEPT);
}

static void close_note(struct note *note)
{
    free(note->from.prints);
    free(note->to.prints);
    free(note->from.apart);
    free(note->to.apart);
    free(note->boxes);
    arena_destroy(note->arena);
}

/* What `band` is drawn from, unless `*gathered` is that already. */
static bool gather_made(struct note *note, struct side *side, unsigned band, unsigned *gathered, struct error *err)
{
    unsigned made = cell_band_made(side->bands, band);
    if (made != *gathered) {
        if (!gather(note, side, made, err)) {
            return false;
        }
        sort_prints(side);
        *gathered = made;
    }
    return true;
}

static bool compare_bands(struct note *note, struct buffer *out, struct error *err)
{
    struct buffer boxes;
    bool ok = find_cells(note, &note->from, err) && find_cells(note, &note->to, err) &&
              find_row_ids(note, &note->from.record, err) && find_row_ids(note, &note->to.record, err) &&
              gather_apart(note, &note->from, err) && gather_apart(note, &note->to, err);
    buffer_init(&boxes, NOTE_BYTES_MAX);
    /* A band that a version lacks is drawn from its next finer one: then that is compared, from what was gathered. */
    unsigned from_band = CELL_BANDS;
    unsigned to_band = CELL_BANDS;
    for (unsigned band = 0; band < CELL_BANDS && ok; band++) {
        note->box_count = 0;
        ok = gather_made(note, &note->from, band, &from_band, err) &&
             gather_made(note, &note->to, band, &to_band, err) && compare(note, err) &&
             (join_boxes(note, boxes_max(band)) || error_no_memory(err));
        if (ok) {
            write_boxes(note, &boxes);
        }
    }
    write_head(note, out);
    buffer_append(out, boxes.data, boxes.length);
    ok = ok && (!boxes.failed || error_no_memory(err));
    buffer_finish(&boxes);
    return ok;
}

/* Of pixels nothing is compared: all within both outlines counts as changed. False when a box leaves the world. */
static bool outline_rasters(struct note *note, struct buffer *out, struct error *err)
{
    const struct bbox outlines[] = {note->from.record.layer.bbox, note->to.record.layer.bbox};
    for (size_t i = 0; i < 2; i++) {
        struct world_box box = grid_box(&outlines[i]);
        if (bbox_is_empty(&outlines[i]) || box.max_x > INT32_MAX) {
            error_set(err, ERROR_UNAVAILABLE, "the outline goes around the world");
            return false;
        }
        if (!keep_box(note, box, err)) {
            return false;
        }
    }
    memset(note->from.vector_bands, CELL_BAND_FULL, sizeof note->from.vector_bands);
    memset(note->to.vector_bands, CELL_BAND_FULL, sizeof note->to.vector_bands);
    note->has_new_ids = false;
    write_head(note, out);
    for (unsigned band = 0; band < CELL_BANDS; band++) {
        write_boxes(note, out);
    }
    return true;
}

/* False where the versions cannot be compared. */
static bool find_changes(struct note *note, int64_t from, int64_t to, struct buffer *out, struct error *err)
{
    note->arena = arena_create(arena_bytes_max);
    if (!note->arena) {
        return error_no_memory(err);
    }
    if (!read_record(note, &note->from, from, err) || !read_record(note, &note->to, to, err) ||
        !are_alike(&note->from.record, &note->to.record)) {
        return false;
    }
    return note->to.record.layer.raster.kind != STORE_RASTER_NONE ? outline_rasters(note, out, err)
                                                                  : compare_bands(note, out, err);
}

bool change_note(struct sqlite3 *truth, struct sqlite3 *cells, const char *layer, int64_t from, int64_t to,
                 struct error *err)
{
    struct note note = {.truth = truth, .cells = cells};
    struct buffer bands;
    struct error why = {0};
    buffer_init(&bands, NOTE_BYTES_MAX);
    /* What cannot be compared counts as changed: a damaged old version must not keep a new one from being shown. */
    bool found = from != 0 && to != 0 && find_changes(&note, from, to, &bands, &why);
    close_note(&note);
    bool ok = write_change(truth, layer, found && !bands.failed ? &bands : NULL, err);
    buffer_finish(&bands);
    return ok;
}
