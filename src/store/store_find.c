/* SPDX-License-Identifier: MIT */
/* The hot path: features of a tile. Blocks are decoded straight into the arena; what is sorted afterwards are small
 * records in memory that the store keeps between calls. */
#include "store/reader.h"

#include <sqlite3.h>
#include <stdlib.h>

struct place {
    int64_t row;
    int64_t shift_x;
    size_t index; /* among the features in the scratch */
};

struct find {
    struct store *store;
    const struct store_layer *layer;
    struct arena *arena;
    unsigned shift;
    int64_t shift_x;
    size_t count;
};

static bool no_room(const struct find *find, struct error *err)
{
    error_tell(err, ERROR_TOO_LARGE, "STO-022",
               "layer \"%s\": more features than one answer can hold: ask for a smaller area",
               "capa «%s»: hay más elementos de los que caben en una respuesta: pida un área menor", find->layer->id);
    return false;
}

static bool refuse(const struct find *find, enum cell_result result, struct error *err)
{
    return result == CELL_NO_ROOM ? no_room(find, err) : reader_damaged(find->layer, err);
}

/* Texts of the values point into the bytes they came from: those are copied to the arena first. */
static bool read_attributes(struct find *find, struct text bytes, struct feature *feature, struct error *err)
{
    size_t count = find->layer->field_count;
    const unsigned char *copy = arena_memdup(find->arena, bytes.data, bytes.length);
    struct value *values = arena_alloc_raw(find->arena, count * sizeof *values);
    if (!copy || !values) {
        return no_room(find, err);
    }
    struct cell_cursor cursor = {copy, copy + bytes.length};
    feature->values = values;
    enum cell_result result = cell_get_attributes(&cursor, feature->row, &feature->id, values, count);
    return result == CELL_OK || refuse(find, result, err);
}

static bool read_attributes_of_item(struct find *find, struct feature *feature, struct error *err)
{
    struct sqlite3_stmt *item = find->store->item;
    sqlite3_bind_int64(item, 1, cell_item_id(find->layer->serial, feature->row));
    int code = sqlite3_step(item);
    bool ok;
    if (code == SQLITE_ROW) {
        ok = read_attributes(find, reader_column(item, 0), feature, err);
    } else {
        ok = code == SQLITE_DONE ? reader_damaged(find->layer, err) : reader_fail(find->store, find->layer, err);
    }
    sqlite3_reset(item);
    return ok;
}

static enum reader_next add_feature(void *context, const struct cell_feature *cell, struct error *err)
{
    struct find *find = context;
    struct feature *features = reader_scratch_grow(&find->store->features, find->count + 1, sizeof *features);
    if (!features) {
        no_room(find, err);
        return READER_FAIL;
    }
    struct feature *feature = &features[find->count];
    *feature = (struct feature){.row = cell->row, .box = cell->box, .shift_x = find->shift_x};
    struct cell_cursor cursor = cell->content;
    enum cell_result result =
        cell_get_geometry(&cursor, find->layer->kind, find->shift, find->arena, &feature->geometry);
    if (result != CELL_OK) {
        refuse(find, result, err);
        return READER_FAIL;
    }
    if (feature->geometry.part_count == 0) {
        return READER_GO_ON; /* too small to draw at any zoom */
    }
    struct text rest = {(const char *)cursor.at, (size_t)(cursor.end - cursor.at)};
    if (cell->attributes_elsewhere ? !read_attributes_of_item(find, feature, err)
                                   : !read_attributes(find, rest, feature, err)) {
        return READER_FAIL;
    }
    find->count++;
    return READER_GO_ON;
}

static int compare_places(const void *a, const void *b)
{
    const struct place *left = a;
    const struct place *right = b;
    if (left->row != right->row) {
        return left->row < right->row ? -1 : 1;
    }
    return left->shift_x < right->shift_x ? -1 : left->shift_x > right->shift_x;
}

static bool put_in_order(struct find *find, struct feature **out_features, struct error *err)
{
    struct place *places = reader_scratch_grow(&find->store->order, find->count + 1, sizeof *places);
    struct feature *sorted = arena_alloc_raw(find->arena, find->count * sizeof *sorted);
    if (!places || !sorted) {
        return no_room(find, err);
    }
    const struct feature *found = find->store->features.items;
    for (size_t i = 0; i < find->count; i++) {
        places[i] = (struct place){found[i].row, found[i].shift_x, i};
    }
    qsort(places, find->count, sizeof *places, compare_places);
    for (size_t i = 0; i < find->count; i++) {
        sorted[i] = found[places[i].index];
    }
    *out_features = sorted;
    return true;
}

static bool find_copies(struct find *find, unsigned band, const struct world_box *area, struct error *err)
{
    for (int64_t copy = -1; copy <= 1; copy++) {
        find->shift_x = copy * GRID_WORLD_UNITS;
        struct world_box part;
        if (reader_area_in_world(area, find->shift_x, &part) &&
            !reader_walk(find->store, find->layer, band, &part, add_feature, find, err)) {
            return false;
        }
    }
    return true;
}

static const struct field *copy_fields(const struct store_layer *layer, struct arena *arena)
{
    struct field *fields = arena_array(arena, layer->field_count, sizeof *fields);
    for (size_t i = 0; fields && i < layer->field_count; i++) {
        fields[i] = (struct field){layer->fields[i].name, layer->fields[i].type};
    }
    return fields;
}

/* `band` -1: the one for vector tiles of zoom `z`. */
static bool find_in_band(struct store *store, const struct store_layer *layer, const struct world_box *area, int band,
                         uint32_t z, struct arena *arena, struct feature_list *out_found, struct error *err)
{
    struct find find = {.store = store, .layer = layer, .arena = arena};
    const struct field *fields = copy_fields(layer, arena);
    if (!fields) {
        return no_room(&find, err);
    }
    if (!reader_begin(store, layer, err)) {
        return false;
    }
    unsigned chosen = band >= 0               ? reader_band(store, (unsigned)band)
                      : z < CELL_VECTOR_ZOOMS ? store->vector_bands[z]
                                              : (unsigned)CELL_BAND_FULL;
    find.shift = cell_shift(chosen);
    struct feature *features = NULL;
    bool ok = find_copies(&find, chosen, area, err) && put_in_order(&find, &features, err);
    reader_end(store);
    if (ok) {
        *out_found = (struct feature_list){fields, layer->field_count, features, find.count};
    }
    return ok;
}

bool store_find(struct store *store, const struct store_layer *layer, const struct world_box *area, double zoom,
                struct arena *arena, struct feature_list *out_found, struct error *err)
{
    return find_in_band(store, layer, area, (int)cell_band(zoom), 0, arena, out_found, err);
}

bool store_find_for_vector(struct store *store, const struct store_layer *layer, const struct world_box *area,
                           uint32_t z, struct arena *arena, struct feature_list *out_found, struct error *err)
{
    return find_in_band(store, layer, area, -1, z, arena, out_found, err);
}
