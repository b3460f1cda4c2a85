/* SPDX-License-Identifier: MIT */
/* The hot path: features of a tile. Of each block that touches it the features that are wanted are decoded, their
 * geometry to where it stays; what is put in order afterwards are small records of row and place, and features are then
 * made where they stay, in that order. */
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

/* A place in the order of what was found is one number: row, and as which it was found, in the order of blocks. */
enum { FOUND_BITS = 24, FOUND_MAX = 1 << FOUND_BITS };

/* The features of a block that are shown. */
struct shown {
    uint64_t features;
    uint32_t tuples[CELL_BLOCK_FEATURES]; /* of each of them */
};

struct find {
    struct store *store;
    const struct store_layer *layer;
    const struct store_wish *wish; /* NULL: everything is wanted */
    bool leaves_unread;            /* what is wanted of ids and values is where they are */
    struct arena *arena;
    unsigned shift;
    int copy;                  /* of the world: -1 to the west, 1 to the east */
    size_t found;              /* features, some of them without a part */
    size_t count;              /* those with parts */
    size_t wanted;             /* columns */
    struct cell_cursor *spans; /* of the wanted values of a feature */
    struct tuple *tuples;      /* an open table */
    size_t tuple_room;         /* places in it, a power of two */
    size_t tuple_used;
    size_t tuple_count;         /* of those that are shown */
    const struct value **shown; /* the values of each of them */
    struct tuple last;
};

static bool no_room(const struct find *find, struct error *err)
{
    return reader_no_room(find->layer, find->arena, err);
}

static bool refuse(const struct find *find, enum cell_result result, struct error *err)
{
    return result == CELL_NO_ROOM ? no_room(find, err) : reader_damaged(find->layer, err);
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
    /* At most half of the places are taken. */
    const struct value **shown = arena_array(find->arena, room / 2, sizeof *shown);
    if (!shown) {
        return no_room(find, err);
    }
    if (find->tuple_count > 0) {
        memcpy(shown, find->shown, find->tuple_count * sizeof *shown);
    }
    find->tuples = table;
    find->tuple_room = room;
    find->shown = shown;
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
    if (shown) {
        find->shown[find->tuple_count++] = values;
    }
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

/* --- attributes --- */

/* Those of a feature that are not in its block: valid until find->store->item is reset. */
static bool fetch_item(struct find *find, int64_t row, struct cell_cursor *out_attributes, struct error *err)
{
    struct sqlite3_stmt *item = find->store->item;
    sqlite3_bind_int64(item, 1, cell_item_id(find->layer->serial, row));
    int code = sqlite3_step(item);
    if (code != SQLITE_ROW) {
        return code == SQLITE_DONE ? reader_damaged(find->layer, err) : reader_fail(find->store, find->layer, err);
    }
    struct text bytes = reader_column(item, 0);
    const unsigned char *at = (const unsigned char *)bytes.data;
    *out_attributes = (struct cell_cursor){at, at + bytes.length};
    return true;
}

/* Leaves the tuple of the feature's wanted values in find->last. */
static bool look_at(struct find *find, const struct cell_feature *cell, struct error *err)
{
    struct cell_cursor attributes = cell->attributes;
    bool ok = !cell->attributes_elsewhere || find->wanted == 0 || fetch_item(find, cell->row, &attributes, err);
    if (ok && cell_find_values(attributes, find->wish->columns, find->layer->field_count, find->spans) != CELL_OK) {
        ok = reader_damaged(find->layer, err);
    }
    ok = ok && find_tuple(find, err);
    if (cell->attributes_elsewhere) {
        sqlite3_reset(find->store->item);
    }
    return ok;
}

/* Texts of the values point into the bytes they come from: those of a block are in the arena, others are copied. */
static bool keep_item(struct find *find, int64_t row, struct cell_cursor *out_attributes, struct error *err)
{
    struct cell_cursor item;
    bool ok = fetch_item(find, row, &item, err);
    if (ok) {
        size_t length = (size_t)(item.end - item.at);
        const unsigned char *copy = arena_memdup(find->arena, item.at, length);
        *out_attributes = (struct cell_cursor){copy, copy + length};
        ok = copy || no_room(find, err);
    }
    sqlite3_reset(find->store->item);
    return ok;
}

/* What features with values, or ids, of their own have. */
struct own {
    union {
        struct value id;
        struct text unread;
    };
    const struct value *values;
};

static bool needs_own(const struct find *find)
{
    return !find->wish || find->wish->ids;
}

/* What was left unread. */
static bool read_stored(const struct feature_list *list, const struct feature *feature, struct value *out_id,
                        struct value *out_values, struct error *err)
{
    const unsigned char *at = (const unsigned char *)feature->unread.data;
    struct cell_cursor cursor = {at, at + feature->unread.length};
    return cell_get_attributes(&cursor, feature->row, out_id, out_values, list->field_count) == CELL_OK ||
           reader_damaged(list->stored_in, err);
}

/* `values` has room for those of a feature. */
static bool read_own(struct find *find, int64_t row, struct cell_cursor attributes, struct value *values,
                     struct own *own, struct error *err)
{
    size_t count = find->layer->field_count;
    enum cell_result result = CELL_OK;
    if (find->leaves_unread) {
        const char *bytes = (const char *)attributes.at;
        *own = (struct own){.unread = {bytes, (size_t)(attributes.end - attributes.at)}};
    } else if (find->wish) {
        result = cell_get_id(attributes, row, &own->id, count);
    } else {
        result = cell_get_attributes(&attributes, row, &own->id, values, count);
        own->values = values;
    }
    return result == CELL_OK || refuse(find, result, err);
}

/* Those of a block's features, which begin with number find->found. */
static bool read_owns(struct find *find, const struct cell_block *block, uint64_t features, const int64_t *rows,
                      struct error *err)
{
    size_t fields = find->wish || find->leaves_unread ? 0 : find->layer->field_count;
    size_t count = (size_t)__builtin_popcountll(features);
    struct value *values = arena_alloc_raw(find->arena, count * fields * sizeof *values);
    if (!values) {
        return no_room(find, err);
    }
    struct own *own = (struct own *)find->store->own.items + find->found;
    for (; features != 0; features &= features - 1, rows++, own++, values += fields) {
        struct cell_cursor attributes;
        bool elsewhere;
        if (cell_block_attributes(block, (size_t)__builtin_ctzll(features), &elsewhere, &attributes) != CELL_OK) {
            return reader_damaged(find->layer, err);
        }
        if ((elsewhere && !keep_item(find, *rows, &attributes, err)) ||
            !read_own(find, *rows, attributes, values, own, err)) {
            return false;
        }
    }
    return true;
}

/* --- what is wanted --- */

/* Room for a block's features. More than numbers reach would not find room in an arena either. */
static bool make_room(struct find *find, struct error *err)
{
    size_t count = find->found + CELL_BLOCK_FEATURES;
    struct store *store = find->store;
    if (count > FOUND_MAX) {
        return reader_too_many(find->layer, err);
    }
    return (reader_scratch_grow(&store->found, count, sizeof(struct cell_outline)) &&
            reader_scratch_grow(&store->places, 2 * count, sizeof(uint64_t)) &&
            (!needs_own(find) || reader_scratch_grow(&store->own, count, sizeof(struct own)))) ||
           no_room(find, err);
}

/* Keeps those that touch the area. Features without a part are not counted: they are too small to draw at any zoom. */
static bool keep(struct find *find, const struct reader_block *block, const struct shown *shown, struct error *err)
{
    struct store *store = find->store;
    uint64_t features = reader_touching(block, shown->features);
    struct cell_outline *outlines = (struct cell_outline *)store->found.items + find->found;
    int64_t rows[CELL_BLOCK_FEATURES];
    enum cell_result result = cell_block_outlines(&block->cells, features, find->shift, find->arena, outlines, rows);
    if (result != CELL_OK) {
        return refuse(find, result, err);
    }
    if (needs_own(find) && !read_owns(find, &block->cells, features, rows, err)) {
        return false;
    }
    uint64_t *places = store->places.items;
    for (const int64_t *row = rows; features != 0; features &= features - 1, outlines++, row++) {
        outlines->tuple = shown->tuples[__builtin_ctzll(features)];
        outlines->copy = find->copy;
        places[find->count] = (uint64_t)*row << FOUND_BITS | find->found++;
        find->count += outlines->part_count > 0;
    }
    return true;
}

/* Those of `features` whose values are shown, each looked at for itself. */
static bool choose_one_by_one(struct find *find, const struct cell_block *block, uint64_t features,
                              struct shown *out_shown, struct error *err)
{
    for (; features != 0; features &= features - 1) {
        size_t index = (size_t)__builtin_ctzll(features);
        struct cell_feature cell;
        if (cell_block_feature(block, index, &cell) != CELL_OK) {
            return reader_damaged(find->layer, err);
        }
        if (!look_at(find, &cell, err)) {
            return false;
        }
        out_shown->features |= find->last.values ? features & (0 - features) : 0;
        out_shown->tuples[index] = find->last.number;
    }
    return true;
}

/* Goes through the tuples that the values of the classes from number `at` on make in `left` of the features. */
static bool choose_by_classes(struct find *find, const struct cell_class *classes, size_t at, uint64_t left,
                              struct shown *out_shown, struct error *err)
{
    if (at == find->wanted) {
        if (!find_tuple(find, err)) {
            return false;
        }
        out_shown->features |= find->last.values ? left : 0;
        for (; left != 0; left &= left - 1) {
            out_shown->tuples[__builtin_ctzll(left)] = find->last.number;
        }
        return true;
    }
    struct cell_class class = classes[at];
    uint64_t features;
    while (left != 0 && cell_class_next(&class, &features, &find->spans[at])) {
        if ((features & left) != 0 && !choose_by_classes(find, classes, at + 1, features & left, out_shown, err)) {
            return false;
        }
        left &= ~features;
    }
    return true;
}

/* True when the block has classes for all wanted columns. */
static bool has_classes(const struct find *find, const struct cell_block *block, struct cell_class *out_classes)
{
    if (find->wanted > CLASSES_MAX) {
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

static bool choose(struct find *find, struct reader_block *block, struct shown *out_shown, struct error *err)
{
    struct cell_class classes[CLASSES_MAX + 1];
    uint64_t all = cell_block_all(&block->cells);
    bool by_classes = find->wish && has_classes(find, &block->cells, classes);
    out_shown->features = 0;
    if (by_classes && !choose_by_classes(find, classes, 0, all, out_shown, err)) {
        return false;
    }
    if (by_classes && !needs_own(find)) {
        return true;
    }
    uint64_t features = reader_touching(block, by_classes ? out_shown->features : all);
    if (features == 0) {
        return true;
    }
    if (!reader_attributes(block, needs_own(find) ? find->arena : NULL, err)) {
        return false;
    }
    if (find->wish) {
        return by_classes || choose_one_by_one(find, &block->cells, features, out_shown, err);
    }
    out_shown->features = features;
    memset(out_shown->tuples, 0, sizeof out_shown->tuples);
    return true;
}

static enum reader_next keep_block(void *context, struct reader_block *block, struct error *err)
{
    struct find *find = context;
    struct shown shown;
    if (!make_room(find, err) || !choose(find, block, &shown, err)) {
        return READER_FAIL;
    }
    return shown.features == 0 || keep(find, block, &shown, err) ? READER_GO_ON : READER_FAIL;
}

/* --- order --- */

enum { DIGIT_BITS_MAX = 11, FEW_PLACES = 64 };

/* One turn of a radix sort: by the digit at `bit`, keeping the order of equal ones. */
static void sort_digit(const uint64_t *from, uint64_t *to, size_t count, unsigned bit, unsigned digit_bits)
{
    uint32_t starts[1 << DIGIT_BITS_MAX];
    size_t digits = (size_t)1 << digit_bits;
    memset(starts, 0, digits * sizeof *starts);
    for (size_t i = 0; i < count; i++) {
        starts[from[i] >> bit & (digits - 1)]++;
    }
    uint32_t start = 0;
    for (size_t d = 0; d < digits; d++) {
        uint32_t size = starts[d];
        starts[d] = start;
        start += size;
    }
    for (size_t i = 0; i < count; i++) {
        to[starts[from[i] >> bit & (digits - 1)]++] = from[i];
    }
}

static void sort_few(uint64_t *places, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        uint64_t moved = places[i];
        size_t j = i;
        for (; j > 0 && places[j - 1] > moved; j--) {
            places[j] = places[j - 1];
        }
        places[j] = moved;
    }
}

/* By row; copies of one feature were found from west to east and stay so. `spare` has room for as many. */
static const uint64_t *sort_places(uint64_t *places, uint64_t *spare, size_t count)
{
    if (count < FEW_PLACES) {
        sort_few(places, count);
        return places;
    }
    uint64_t all = 0;
    for (size_t i = 0; i < count; i++) {
        all |= places[i] >> FOUND_BITS;
    }
    unsigned bits = all > 0 ? 64 - (unsigned)__builtin_clzll(all) : 0;
    unsigned turns = (bits + DIGIT_BITS_MAX - 1) / DIGIT_BITS_MAX;
    unsigned digit_bits = turns > 0 ? (bits + turns - 1) / turns : 0;
    for (unsigned turn = 0; turn < turns; turn++) {
        sort_digit(places, spare, count, FOUND_BITS + turn * digit_bits, digit_bits);
        uint64_t *swap = places;
        places = spare;
        spare = swap;
    }
    return places;
}

/* --- features --- */

enum { AHEAD = 24 /* what was found lies in another order: it is asked for so many features ahead */ };

static void make_feature(const struct find *find, uint64_t place, struct feature *feature)
{
    size_t index = place % FOUND_MAX;
    const struct cell_outline *outline = (const struct cell_outline *)find->store->found.items + index;
    *feature = (struct feature){
        .row = (int64_t)(place >> FOUND_BITS),
        .box = {outline->box.min_x, outline->box.min_y, outline->box.max_x, outline->box.max_y},
        .geometry = {find->layer->kind, outline->part_count, outline->vertex_count, outline->parts, outline->points},
        .tuple = outline->tuple,
        .shift_x = outline->copy * GRID_WORLD_UNITS,
    };
    if (needs_own(find)) {
        const struct own *own = (const struct own *)find->store->own.items + index;
        feature->values = own->values;
        if (find->leaves_unread) {
            feature->unread = own->unread;
        } else {
            feature->id = own->id;
        }
    }
    if (find->wish) {
        feature->values = find->shown[outline->tuple];
    }
}

static bool make_features(struct find *find, struct feature **out_features, struct error *err)
{
    size_t count = find->count;
    struct feature *features = arena_alloc_raw(find->arena, count * sizeof *features);
    if (!features) {
        return no_room(find, err);
    }
    *out_features = features;
    if (count == 0) {
        return true;
    }
    uint64_t *places = find->store->places.items;
    const struct cell_outline *found = find->store->found.items;
    const uint64_t *order = sort_places(places, places + count, count);
    for (size_t i = 0; i < count; i++) {
        const struct cell_outline *ahead = &found[order[i + AHEAD < count ? i + AHEAD : i] % FOUND_MAX];
        __builtin_prefetch(ahead);
        __builtin_prefetch((const char *)(ahead + 1) - 1);
        make_feature(find, order[i], &features[i]);
    }
    return true;
}

static bool find_copies(struct find *find, unsigned band, const struct world_box *area, struct error *err)
{
    for (int64_t copy = -1; copy <= 1; copy++) {
        find->copy = (int)copy;
        struct world_box part;
        if (reader_area_in_world(area, copy * GRID_WORLD_UNITS, &part) &&
            !reader_walk_blocks(find->store, find->layer, band, &part, keep_block, find, err)) {
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
    bool ok = find_copies(find, chosen, area, err) && make_features(find, &features, err);
    reader_end(store);
    if (ok) {
        *out_found = (struct feature_list){
            .fields = fields,
            .field_count = find->layer->field_count,
            .features = features,
            .count = find->count,
            .tuple_count = find->tuple_count,
            .read = find->leaves_unread ? read_stored : NULL,
            .stored_in = find->layer,
        };
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
    struct find find = {.store = store, .layer = layer, .arena = arena, .leaves_unread = true};
    return find_in_band(&find, area, -1, z, out_found, err);
}
