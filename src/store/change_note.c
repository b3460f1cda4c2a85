/* SPDX-License-Identifier: MIT */
/* A tile shows the features that touch its area, in the order of their rows. It stays the same as long as none of those
 * is added, removed, changed or moved past another. Of both versions each feature becomes two hashes; equal ones are
 * paired, and of the pairs the longest run that keeps its order is what did not change. */
#include "store/change_note.h"

#include "base/hash.h"
#include "geo/feature.h"
#include "geo/projection.h"
#include "store/database.h"
#include "store/hilbert.h"
#include "store/layer_read.h"
#include "store/truth_blob.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_VALUE = 2, SQL_BYTES_MAX = 1024 * 1024, FEATURES_MAX = 8000000, BOX_BYTES = 16 };

static const size_t arena_bytes_max = (size_t)64 << 20;
static const size_t shape_bytes_max = (size_t)2 << 30; /* one geometry, several copies of it */
/* Coordinates at load and here are projected alike; a unit for rounding, one for the luck of the compiler. */
static const int32_t box_margin = 2;

struct print {
    uint64_t content; /* values that are shown, and geometry */
    uint64_t id;
    int64_t row;
};

struct side {
    struct layer_record record;
    struct print *prints; /* by row */
    size_t count;
    struct sqlite3_stmt *shape; /* the geometry of a row */
};

struct note {
    struct sqlite3 *db;
    struct arena *arena;
    struct arena *shapes; /* of the feature at hand */
    struct projection *projection;
    struct side from;
    struct side to;
    bool has_new_ids;
    struct world_box *boxes;
    size_t box_count;
    size_t box_capacity;
};

/* --- reading both versions --- */

static bool read_record(struct note *note, struct side *side, int64_t serial, struct error *err)
{
    struct sqlite3_stmt *statement = NULL;
    if (!database_preparef(note->db, &statement, err, "SELECT %s FROM tesela_version AS v WHERE v.serial=%lld",
                           layer_read_columns, (long long)serial)) {
        return false;
    }
    bool ok = sqlite3_step(statement) == SQLITE_ROW ? layer_read(statement, note->arena, &side->record, err)
                                                    : database_fail(note->db, err);
    sqlite3_finalize(statement);
    return ok;
}

/* True when tiles of both can only differ by their features. */
static bool are_alike(const struct layer_record *a, const struct layer_record *b)
{
    if (a->layer.kind != b->layer.kind || a->layer.kind == GEOMETRY_NONE || a->has_z != b->has_z ||
        strcmp(a->layer.srs, b->layer.srs) != 0 || a->column_count != b->column_count ||
        a->key_column != b->key_column || a->layer.feature_count > FEATURES_MAX ||
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

static uint64_t hash_column(struct sqlite3_stmt *row, int column, uint64_t seed)
{
    int type = sqlite3_column_type(row, column);
    uint64_t hash = hash_mix(seed, (uint64_t)type);
    if (type == SQLITE_NULL) {
        return hash;
    }
    if (type == SQLITE_INTEGER) {
        return hash_mix(hash, (uint64_t)sqlite3_column_int64(row, column));
    }
    if (type == SQLITE_FLOAT) {
        double real = sqlite3_column_double(row, column);
        uint64_t bits;
        memcpy(&bits, &real, sizeof bits);
        return hash_mix(hash, bits);
    }
    const void *bytes = sqlite3_column_blob(row, column);
    return hash_bytes_seeded(bytes ? bytes : "", (size_t)sqlite3_column_bytes(row, column), hash);
}

static struct print make_print(const struct side *side, struct sqlite3_stmt *row)
{
    struct print print = {.content = 1, .row = sqlite3_column_int64(row, 0)};
    const unsigned char *blob = sqlite3_column_blob(row, 1);
    if (blob) {
        struct text content = truth_blob_content(blob, (size_t)sqlite3_column_bytes(row, 1));
        print.content = hash_bytes_seeded(content.data, content.length, 2);
    }
    for (size_t i = 0; i < side->record.column_count; i++) {
        if (!side->record.columns[i].hidden) {
            print.content = hash_column(row, FIRST_VALUE + (int)i, print.content);
        }
    }
    ptrdiff_t key = side->record.key_column;
    bool has_key = key >= 0 && sqlite3_column_type(row, FIRST_VALUE + (int)key) != SQLITE_NULL;
    print.id = has_key ? hash_column(row, FIRST_VALUE + (int)key, 0) : hash_mix(1, (uint64_t)print.row);
    return print;
}

static bool prepare(struct note *note, struct side *side, struct sqlite3_stmt **out_scan, struct error *err)
{
    struct buffer sql;
    const struct layer_record *record = &side->record;
    buffer_init(&sql, SQL_BYTES_MAX);
    buffer_append_text(&sql, "SELECT fid, geom");
    for (size_t i = 0; i < record->column_count; i++) {
        buffer_append_text(&sql, ", ");
        database_append_name(&sql, record->columns[i].column);
    }
    buffer_append_text(&sql, " FROM ");
    database_append_name(&sql, record->layer.table);
    buffer_append_text(&sql, " ORDER BY fid");
    bool ok = sql.failed ? error_no_memory(err) : database_prepare(note->db, buffer_text(&sql), out_scan, err);
    buffer_finish(&sql);
    return ok &&
           database_preparef(note->db, &side->shape, err, "SELECT geom FROM \"%w\" WHERE fid=?1", record->layer.table);
}

static bool gather(struct note *note, struct side *side, struct error *err)
{
    struct sqlite3_stmt *scan = NULL;
    size_t capacity = (size_t)side->record.layer.feature_count;
    side->prints = malloc((capacity + 1) * sizeof *side->prints);
    bool ok = (side->prints || error_no_memory(err)) && prepare(note, side, &scan, err);
    int code = SQLITE_DONE;
    while (ok && (code = sqlite3_step(scan)) == SQLITE_ROW) {
        if (side->count == capacity) {
            error_set(err, ERROR_INTERNAL, "table \"%s\" has more rows than it should", side->record.layer.table);
            ok = false;
            break;
        }
        side->prints[side->count++] = make_print(side, scan);
    }
    if (ok && code != SQLITE_DONE) {
        ok = database_fail(note->db, err);
    }
    sqlite3_finalize(scan);
    return ok;
}

/* --- boxes --- */

static bool keep_box(struct note *note, struct world_box box)
{
    if (note->box_count == note->box_capacity) {
        size_t capacity = note->box_capacity * 2 + 64;
        struct world_box *boxes = realloc(note->boxes, capacity * sizeof *boxes);
        if (!boxes) {
            return false;
        }
        note->boxes = boxes;
        note->box_capacity = capacity;
    }
    note->boxes[note->box_count++] = box;
    return true;
}

static struct world_box box_of(const struct geometry *geometry)
{
    struct world_box box = {INT32_MAX, INT32_MAX, INT32_MIN, INT32_MIN};
    for (uint32_t i = 0; i < geometry->vertex_count; i++) {
        struct world_point point = geometry->points[i];
        box.min_x = point.x < box.min_x ? point.x : box.min_x;
        box.min_y = point.y < box.min_y ? point.y : box.min_y;
        box.max_x = point.x > box.max_x ? point.x : box.max_x;
        box.max_y = point.y > box.max_y ? point.y : box.max_y;
    }
    box.min_x -= box_margin;
    box.min_y -= box_margin;
    box.max_x += box_margin;
    box.max_y += box_margin;
    return box;
}

/* The geometry in degrees, as a load gives it; without parts where it has none there. */
static bool read_shape(struct note *note, struct sqlite3_stmt *row, struct shape *out_shape, struct error *err)
{
    struct shape shape;
    *out_shape = (struct shape){0};
    const unsigned char *blob = sqlite3_column_blob(row, 0);
    if (!blob) {
        return true;
    }
    if (!truth_blob_to_shape(blob, (size_t)sqlite3_column_bytes(row, 0), note->shapes, &shape, err)) {
        return false;
    }
    double *xy = arena_memdup(note->shapes, shape.xy, (size_t)shape.vertex_count * 2 * sizeof *xy);
    if (!xy) {
        return error_no_memory(err);
    }
    if (projection_to_lonlat(note->projection, xy, shape.vertex_count) > 0) {
        return true;
    }
    shape.xy = xy;
    return shape_cut_at_antimeridian(&shape, note->shapes, out_shape) || error_no_memory(err);
}

static bool add_row(struct note *note, struct side *side, int64_t row, struct error *err)
{
    struct shape shape;
    struct geometry geometry;
    sqlite3_bind_int64(side->shape, 1, row);
    bool ok = sqlite3_step(side->shape) == SQLITE_ROW ? read_shape(note, side->shape, &shape, err)
                                                      : database_fail(note->db, err);
    if (ok && shape.vertex_count > 0) {
        ok = (geometry_from_shape(&shape, 0, note->shapes, &geometry) &&
              (geometry.vertex_count == 0 || keep_box(note, box_of(&geometry)))) ||
             error_no_memory(err);
    }
    sqlite3_reset(side->shape);
    arena_reset(note->shapes);
    return ok;
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
            note->has_new_ids = note->has_new_ids || from[i].id != to[mate].id;
        } else if (!add_row(note, &note->from, from[i].row, err)) {
            return false;
        }
    }
    for (size_t i = begin; i < to_end; i++) {
        if (!stays[i - begin] && !add_row(note, &note->to, to[i].row, err)) {
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
        note->has_new_ids = note->has_new_ids || from[begin].id != to[begin].id;
        begin++;
    }
    while (from_end > begin && to_end > begin && from[from_end - 1].content == to[to_end - 1].content) {
        from_end--;
        to_end--;
        note->has_new_ids = note->has_new_ids || from[from_end].id != to[to_end].id;
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

/* Joins neighbours along the Hilbert curve until the boxes are few enough. */
static bool join_boxes(struct note *note)
{
    if (note->box_count <= CHANGE_BOXES_MAX) {
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
    size_t each = (note->box_count + CHANGE_BOXES_MAX - 1) / CHANGE_BOXES_MAX;
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

static void append_int32(struct buffer *out, int64_t number)
{
    int64_t inside = number < INT32_MIN ? INT32_MIN : number > INT32_MAX ? INT32_MAX : number;
    uint32_t bits = (uint32_t)(int32_t)inside;
    for (unsigned shift = 0; shift < 32; shift += 8) {
        buffer_append_byte(out, (unsigned char)(bits >> shift));
    }
}

/* One byte of flags, then four numbers for each box. */
static void write_boxes(const struct note *note, struct buffer *out)
{
    buffer_append_byte(out, note->has_new_ids ? 1 : 0);
    for (size_t i = 0; i < note->box_count; i++) {
        append_int32(out, note->boxes[i].min_x);
        append_int32(out, note->boxes[i].min_y);
        append_int32(out, note->boxes[i].max_x);
        append_int32(out, note->boxes[i].max_y);
    }
}

/* `boxes` NULL: all of the layer. */
static bool write_change(struct sqlite3 *db, const char *layer, const struct buffer *boxes, struct error *err)
{
    struct sqlite3_stmt *insert = NULL;
    if (!database_prepare(db,
                          "INSERT OR REPLACE INTO tesela_change SELECT value, random(), ?1, ?2 FROM tesela_meta WHERE"
                          " key='generation'",
                          &insert, err)) {
        return false;
    }
    sqlite3_bind_text(insert, 1, layer, -1, SQLITE_STATIC);
    if (boxes) {
        sqlite3_bind_blob64(insert, 2, boxes->data, boxes->length, SQLITE_STATIC);
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
    sqlite3_finalize(note->from.shape);
    sqlite3_finalize(note->to.shape);
    free(note->from.prints);
    free(note->to.prints);
    free(note->boxes);
    projection_close(note->projection);
    arena_destroy(note->shapes);
    arena_destroy(note->arena);
}

/* Sets `*out_whole` where the versions cannot be compared feature by feature. */
static bool find_changes(struct note *note, int64_t from, int64_t to, bool *out_whole, struct error *err)
{
    *out_whole = true;
    if (from == 0 || to == 0) {
        return true;
    }
    note->arena = arena_create(arena_bytes_max);
    note->shapes = arena_create(shape_bytes_max);
    if (!note->arena || !note->shapes) {
        return error_no_memory(err);
    }
    if (!read_record(note, &note->from, from, err) || !read_record(note, &note->to, to, err)) {
        return false;
    }
    if (!are_alike(&note->from.record, &note->to.record)) {
        return true;
    }
    *out_whole = false;
    return projection_open(note->to.record.layer.srs, &note->projection, err) && gather(note, &note->from, err) &&
           gather(note, &note->to, err) && compare(note, err) && (join_boxes(note) || error_no_memory(err));
}

bool change_note(struct sqlite3 *db, const char *layer, int64_t from, int64_t to, struct error *err)
{
    struct note note = {.db = db};
    struct buffer boxes;
    struct error why = {0};
    bool is_whole;
    buffer_init(&boxes, 1 + (size_t)CHANGE_BOXES_MAX * BOX_BYTES);
    /* What cannot be compared counts as changed: a damaged old version must not keep a new one from being shown. */
    bool found = find_changes(&note, from, to, &is_whole, &why);
    if (found && !is_whole) {
        write_boxes(&note, &boxes);
    }
    close_note(&note);
    bool ok = write_change(db, layer, found && !is_whole && !boxes.failed ? &boxes : NULL, err);
    buffer_finish(&boxes);
    return ok;
}
