/* SPDX-License-Identifier: MIT */
/* The hot path: features of a tile. Blocks are decoded straight into the arena; what is sorted afterwards are small
 * records in memory that the store keeps between calls. */
#include "store/reader.h"

#include "base/hash.h"

#include <sqlite3.h>
#include <string.h>

enum { CLASSES_MAX = 8 }; /* wanted columns; where more are, features are looked at one by one */

/* A distinct tuple of wanted values; `key` NULL: a free place of the table. */
struct tuple {
    uint64_t hash;
    const unsigned char *key; /* the values' bytes, one after the other: in the arena, since texts point into them */
    size_t length;
    const struct value *values; /* NULL: not to be shown */
    uint32_t number;
};

struct place {
    uint64_t row;
    size_t index; /* among the features in the scratch */
};

struct find {
    struct store *store;
    const struct store_layer *layer;
    const struct store_wish *wish; /* NULL: everything is wanted */
    struct arena *arena;
    unsigned shift;
    int64_t shift_x;
    size_t count;
    size_t wanted;             /* columns */
    struct cell_cursor *spans; /* of the wanted values of a feature */
    struct tuple *tuples;      /* an open table */
    size_t tuple_room;         /* places in it, a power of two */
    size_t tuple_used;
    size_t tuple_count; /* of those that are shown */
    struct tuple last;
};

static bool no_room(const struct find *find, struct error *err)
{
    if (!arena_is_full(find->arena)) {
        return error_no_memory(err);
    }
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
    feature->tuple = 0;
    enum cell_result result = cell_get_attributes(&cursor, feature->row, &feature->id, values, count);
    return result == CELL_OK || refuse(find, result, err);
}

/* --- tuples --- */

static struct tuple *free_place(struct tuple *table, size_t room, uint64_t hash)
{
    size_t place = hash & (room - 1);
    while (table[place].key) {
        place = (place + 1) & (room - 1);
    }
    return &table[place];
}

static bool grow_table(struct find *find, struct error *err)
{
    size_t room = find->tuple_room > 0 ? 2 * find->tuple_room : 64;
    struct tuple *table = arena_array(find->arena, room, sizeof *table);
    if (!table) {
        return no_room(find, err);
    }
    for (size_t i = 0; i < find->tuple_room; i++) {
        if (find->tuples[i].key) {
            *free_place(table, room, find->tuples[i].hash) = find->tuples[i];
        }
    }
    find->tuples = table;
    find->tuple_room = room;
    return true;
}

static bool is_key(const struct tuple *tuple, uint64_t hash, const unsigned char *key, size_t length)
{
    return tuple->hash == hash && tuple->length == length && memcmp(tuple->key, key, length) == 0;
}

/* Decodes a tuple that was not met before and asks whether it is shown. */
static bool make_tuple(struct find *find, uint64_t hash, const unsigned char *key, size_t length,
                       struct tuple *out_tuple, struct error *err)
{
    size_t count = find->layer->field_count;
    unsigned char *copy = arena_alloc_raw(find->arena, length + 1);
    struct value *values = arena_array(find->arena, count, sizeof *values);
    if (!copy || !values) {
        return no_room(find, err);
    }
    if (length > 0) {
        memcpy(copy, key, length);
    }
    struct cell_cursor cursor = {copy, copy + length};
    for (size_t i = 0; i < count; i++) {
        values[i] = value_null();
        if (find->wish->columns[i] && cell_get_value(&cursor, &values[i]) != CELL_OK) {
            return reader_damaged(find->layer, err);
        }
    }
    bool shown = !find->wish->shows || find->wish->shows(find->wish->context, values);
    *out_tuple = (struct tuple){hash, copy, length, shown ? values : NULL, (uint32_t)find->tuple_count};
    find->tuple_count += shown;
    find->tuple_used++;
    return true;
}

static size_t span_size(const struct find *find, size_t i)
{
    return (size_t)(find->spans[i].end - find->spans[i].at);
}

/* True when the values make the tuple that was found last: neighbours are often alike. */
static bool is_last(const struct find *find)
{
    const unsigned char *key = find->last.key;
    size_t at = 0;
    for (size_t i = 0; key && i < find->wanted; i++) {
        size_t size = span_size(find, i);
        if (at + size > find->last.length || memcmp(key + at, find->spans[i].at, size) != 0) {
            return false;
        }
        at += size;
    }
    return key && at == find->last.length;
}

/* The tuple that the values in find->spans make, in find->last. */
static bool find_tuple(struct find *find, struct error *err)
{
    if (is_last(find)) {
        return true;
    }
    size_t length = 0;
    for (size_t i = 0; i < find->wanted; i++) {
        length += span_size(find, i);
    }
    unsigned char *key = reader_scratch_grow(&find->store->key, length + 1, 1);
    if (!key) {
        return no_room(find, err);
    }
    length = 0;
    for (size_t i = 0; i < find->wanted; i++) {
        memcpy(key + length, find->spans[i].at, span_size(find, i));
        length += span_size(find, i);
    }
    if (2 * (find->tuple_used + 1) > find->tuple_room && !grow_table(find, err)) {
        return false;
    }
    struct tuple *table = find->tuples;
    uint64_t hash = hash_bytes(key, length);
    size_t place = hash & (find->tuple_room - 1);
    while (table[place].key && !is_key(&table[place], hash, key, length)) {
        place = (place + 1) & (find->tuple_room - 1);
    }
    if (!table[place].key && !make_tuple(find, hash, key, length, &table[place], err)) {
        return false;
    }
    find->last = table[place];
    return true;
}

/* --- features --- */

static bool read_id(struct find *find, struct cell_cursor attributes, struct feature *feature, struct error *err)
{
    size_t length = (size_t)(attributes.end - attributes.at);
    const unsigned char *copy = arena_memdup(find->arena, attributes.at, length);
    struct cell_cursor cursor = {copy, copy + length};
    enum cell_result result =
        copy ? cell_get_id(cursor, feature->row, &feature->id, find->layer->field_count) : CELL_NO_ROOM;
    return result == CELL_OK || refuse(find, result, err);
}

/* What is wanted of the attributes; `*out_shown` false: the feature is of no interest. */
static bool read_some(struct find *find, struct cell_cursor attributes, struct feature *feature, bool *out_shown,
                      struct error *err)
{
    *out_shown = true;
    if (!find->wish) {
        struct text bytes = {(const char *)attributes.at, (size_t)(attributes.end - attributes.at)};
        return read_attributes(find, bytes, feature, err);
    }
    if (cell_find_values(attributes, find->wish->columns, find->layer->field_count, find->spans) != CELL_OK) {
        return reader_damaged(find->layer, err);
    }
    if (!find_tuple(find, err)) {
        return false;
    }
    *out_shown = find->last.values;
    feature->values = find->last.values;
    feature->tuple = find->last.number;
    return !find->wish->ids || !*out_shown || read_id(find, attributes, feature, err);
}

static bool read_item(struct find *find, struct feature *feature, bool *out_shown, struct error *err)
{
    struct sqlite3_stmt *item = find->store->item;
    sqlite3_bind_int64(item, 1, cell_item_id(find->layer->serial, feature->row));
    int code = sqlite3_step(item);
    bool ok;
    if (code == SQLITE_ROW) {
        struct text bytes = reader_column(item, 0);
        const unsigned char *at = (const unsigned char *)bytes.data;
        ok = read_some(find, (struct cell_cursor){at, at + bytes.length}, feature, out_shown, err);
    } else {
        ok = code == SQLITE_DONE ? reader_damaged(find->layer, err) : reader_fail(find->store, find->layer, err);
    }
    sqlite3_reset(item);
    return ok;
}

static bool begin_feature(struct find *find, const struct cell_feature *cell, struct feature *feature, bool *out_shown,
                          struct error *err)
{
    if (cell->attributes_elsewhere) {
        return read_item(find, feature, out_shown, err);
    }
    struct cell_cursor cursor = cell->content;
    return cell_skip_geometry(&cursor) == CELL_OK ? read_some(find, cursor, feature, out_shown, err)
                                                  : reader_damaged(find->layer, err);
}

/* Counts the feature and fills it, but for row, id and values; `*content` goes on behind its geometry. */
static bool keep_feature(struct find *find, const struct cell_feature *cell, struct cell_cursor *content,
                         struct feature *feature, struct error *err)
{
    enum cell_result result =
        cell_get_geometry(content, find->layer->kind, find->shift, find->arena, &feature->geometry);
    if (result != CELL_OK) {
        return refuse(find, result, err);
    }
    feature->box = cell->box;
    feature->shift_x = find->shift_x;
    find->count += feature->geometry.part_count > 0; /* else too small to draw at any zoom */
    return true;
}

/* All of it is wanted: what comes one after the other is read so. */
static bool keep_whole(struct find *find, const struct cell_feature *cell, struct feature *feature, struct error *err)
{
    struct cell_cursor content = cell->content;
    bool shown;
    return keep_feature(find, cell, &content, feature, err) &&
           (cell->attributes_elsewhere ? read_item(find, feature, &shown, err)
                                       : read_some(find, content, feature, &shown, err));
}

/* Room for `count` more. */
static struct feature *make_room(struct find *find, size_t count, struct error *err)
{
    struct feature *features = reader_scratch_grow(&find->store->features, find->count + count, sizeof *features);
    if (!features) {
        no_room(find, err);
    }
    return features;
}

static bool add_feature(struct find *find, const struct reader_block *block, size_t index, struct error *err)
{
    struct feature *features = make_room(find, 1, err);
    struct cell_feature cell;
    bool is_touched;
    if (!features) {
        return false;
    }
    if (reader_feature(block, index, &cell, &is_touched) != CELL_OK) {
        return reader_damaged(find->layer, err);
    }
    if (!is_touched) {
        return true;
    }
    struct feature *feature = &features[find->count];
    struct cell_cursor content = cell.content;
    bool shown;
    feature->row = cell.row;
    feature->id = value_null();
    if (!find->wish) {
        return keep_whole(find, &cell, feature, err);
    }
    return begin_feature(find, &cell, feature, &shown, err) &&
           (!shown || keep_feature(find, &cell, &content, feature, err));
}

/* --- whole classes of features --- */

/* Adds the features with a bit in `chosen`, whose values make the tuple in find->last. */
static bool add_chosen(struct find *find, const struct reader_block *block, uint64_t chosen, struct error *err)
{
    struct feature *features = make_room(find, (size_t)__builtin_popcountll(chosen), err);
    if (!features) {
        return false;
    }
    for (; chosen != 0; chosen &= chosen - 1) {
        struct cell_feature cell;
        bool is_touched;
        size_t index = (size_t)__builtin_ctzll(chosen);
        if (index >= block->cells.count || reader_feature(block, index, &cell, &is_touched) != CELL_OK) {
            return reader_damaged(find->layer, err);
        }
        if (is_touched) {
            struct feature *feature = &features[find->count];
            feature->row = cell.row;
            feature->id = value_null();
            feature->values = find->last.values;
            feature->tuple = find->last.number;
            struct cell_cursor content = cell.content;
            if (!keep_feature(find, &cell, &content, feature, err)) {
                return false;
            }
        }
    }
    return true;
}

/* Goes through the tuples that the values of the classes from number `at` on make in `left` of the features. */
static bool add_classes(struct find *find, const struct reader_block *block, const struct cell_class *classes,
                        size_t at, uint64_t left, struct error *err)
{
    if (at == find->wanted) {
        return find_tuple(find, err) && (!find->last.values || add_chosen(find, block, left, err));
    }
    struct cell_class class = classes[at];
    uint64_t features;
    while (left != 0 && cell_class_next(&class, &features, &find->spans[at])) {
        if ((features & left) != 0 && !add_classes(find, block, classes, at + 1, features & left, err)) {
            return false;
        }
        left &= ~features;
    }
    return true;
}

/* True when the block has classes for all wanted columns, and nothing else is wanted. */
static bool has_classes(const struct find *find, const struct cell_block *block, struct cell_class *out_classes)
{
    if (!find->wish || find->wish->ids || find->wanted > CLASSES_MAX) {
        return false;
    }
    struct cell_cursor all = block->classes;
    size_t count = 0;
    while (count < find->wanted && cell_block_next_class(&all, &out_classes[count])) {
        uint64_t field = out_classes[count].field;
        count += field < find->layer->field_count && find->wish->columns[field];
    }
    return count == find->wanted;
}

static enum reader_next add_block(void *context, const struct reader_block *block, struct error *err)
{
    struct find *find = context;
    struct cell_class classes[CLASSES_MAX + 1];
    bool ok = true;
    if (block->cells.count > 0 && has_classes(find, &block->cells, classes)) {
        uint64_t all = UINT64_MAX >> (CELL_BLOCK_FEATURES - block->cells.count);
        ok = add_classes(find, block, classes, 0, all, err);
    } else {
        for (size_t i = 0; i < block->cells.count && ok; i++) {
            ok = add_feature(find, block, i, err);
        }
    }
    return ok ? READER_GO_ON : READER_FAIL;
}

/* --- order --- */

enum { DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS };
enum { AHEAD = 8 /* features lie where they were found, not in their order */ };

/* One turn of a radix sort: by the digit at `bit`, keeping the order of equal ones. */
static void sort_digit(const struct place *from, struct place *to, size_t count, unsigned bit)
{
    uint32_t starts[DIGITS] = {0};
    for (size_t i = 0; i < count; i++) {
        starts[from[i].row >> bit & (DIGITS - 1)]++;
    }
    uint32_t start = 0;
    for (size_t d = 0; d < DIGITS; d++) {
        uint32_t size = starts[d];
        starts[d] = start;
        start += size;
    }
    for (size_t i = 0; i < count; i++) {
        to[starts[from[i].row >> bit & (DIGITS - 1)]++] = from[i];
    }
}

/* By row; copies of one feature were found from west to east and stay so. `spare` has room for as many. */
static const struct place *sort_places(struct place *places, struct place *spare, size_t count)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < count; i++) {
        bits |= places[i].row;
    }
    if (count < 64) {
        for (size_t i = 1; i < count; i++) {
            struct place moved = places[i];
            size_t j = i;
            for (; j > 0 && places[j - 1].row > moved.row; j--) {
                places[j] = places[j - 1];
            }
            places[j] = moved;
        }
        return places;
    }
    for (unsigned bit = 0; bit < 64 && bits >> bit > 0; bit += DIGIT_BITS) {
        sort_digit(places, spare, count, bit);
        struct place *swap = places;
        places = spare;
        spare = swap;
    }
    return places;
}

static bool put_in_order(struct find *find, struct feature **out_features, struct error *err)
{
    size_t count = find->count;
    struct place *places = reader_scratch_grow(&find->store->order, 2 * count + 1, sizeof *places);
    struct feature *sorted = arena_alloc_raw(find->arena, count * sizeof *sorted);
    if (!places || !sorted || count > UINT32_MAX) {
        return no_room(find, err);
    }
    const struct feature *found = find->store->features.items;
    for (size_t i = 0; i < count; i++) {
        places[i] = (struct place){(uint64_t)found[i].row, i};
    }
    const struct place *order = sort_places(places, places + count, count);
    for (size_t i = 0; i < count; i++) {
        const struct feature *ahead = &found[order[i + AHEAD < count ? i + AHEAD : i].index];
        __builtin_prefetch(ahead);
        __builtin_prefetch((const char *)(ahead + 1) - 1);
        sorted[i] = found[order[i].index];
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
            !reader_walk_blocks(find->store, find->layer, band, &part, add_block, find, err)) {
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

/* The room for what a wish needs. */
static bool begin_wish(struct find *find, const struct store_wish *wish)
{
    find->wish = wish;
    for (size_t i = 0; wish && i < find->layer->field_count; i++) {
        find->wanted += wish->columns[i];
    }
    find->spans = arena_alloc_raw(find->arena, find->wanted * sizeof *find->spans);
    return find->spans;
}

/* `band` -1: the one for vector tiles of zoom `z`. */
static bool find_in_band(struct find *find, const struct world_box *area, int band, uint32_t z,
                         struct feature_list *out_found, struct error *err)
{
    struct store *store = find->store;
    const struct field *fields = copy_fields(find->layer, find->arena);
    if (!fields) {
        return no_room(find, err);
    }
    if (!reader_begin(store, find->layer, err)) {
        return false;
    }
    unsigned chosen = band >= 0               ? reader_band(store, (unsigned)band)
                      : z < CELL_VECTOR_ZOOMS ? store->vector_bands[z]
                                              : (unsigned)CELL_BAND_FULL;
    find->shift = cell_shift(chosen);
    struct feature *features = NULL;
    bool ok = find_copies(find, chosen, area, err) && put_in_order(find, &features, err);
    reader_end(store);
    if (ok) {
        *out_found = (struct feature_list){fields, find->layer->field_count, features, find->count, find->tuple_count};
    }
    return ok;
}

bool store_find(struct store *store, const struct store_layer *layer, const struct world_box *area, double zoom,
                struct arena *arena, struct feature_list *out_found, struct error *err)
{
    struct find find = {.store = store, .layer = layer, .arena = arena};
    return find_in_band(&find, area, (int)cell_band(zoom), 0, out_found, err);
}

bool store_find_wanted(struct store *store, const struct store_layer *layer, const struct world_box *area, double zoom,
                       const struct store_wish *wish, struct arena *arena, struct feature_list *out_found,
                       struct error *err)
{
    struct find find = {.store = store, .layer = layer, .arena = arena};
    return begin_wish(&find, wish) ? find_in_band(&find, area, (int)cell_band(zoom), 0, out_found, err)
                                   : no_room(&find, err);
}

bool store_find_for_vector(struct store *store, const struct store_layer *layer, const struct world_box *area,
                           uint32_t z, struct arena *arena, struct feature_list *out_found, struct error *err)
{
    struct find find = {.store = store, .layer = layer, .arena = arena};
    return find_in_band(&find, area, -1, z, out_found, err);
}
