/* SPDX-License-Identifier: MIT */
#include "store/cell_block.h"

#include "store/cell_number.h"

enum { FORMAT_BLOCK = 0xB3 };

/* Numbers of records are read as words of four bytes, the row of eight, and cut; so are steps and varints. So a block
 * ends with bytes that are none of it. A record has at least a byte for each of six numbers behind its row. */
enum { END_BYTES = 8, WIDTH_MAX = sizeof(uint32_t), ROW_WIDTH_MAX = sizeof(uint64_t) };

/* How many bytes the numbers of each record have. */
struct widths {
    unsigned row;
    unsigned place;
    unsigned size;
    unsigned geometry_end;
    unsigned attributes_end;
};

/* What a class may cost: three bytes a feature, all of them twice that. */
enum { CLASS_FIELDS_MAX = 32, CLASS_VALUES_MAX = 20, CLASS_FEATURE_COST = 3, VALUE_COST = 9, RECORD_BYTES = 14 };

/* --- writing --- */

void cell_block_init(struct cell_block_maker *maker, size_t bytes_max)
{
    buffer_init(&maker->geometries, bytes_max);
    buffer_init(&maker->attributes, bytes_max);
    buffer_init(&maker->classes, bytes_max);
    maker->count = 0;
}

void cell_block_finish(struct cell_block_maker *maker)
{
    buffer_finish(&maker->geometries);
    buffer_finish(&maker->attributes);
    buffer_finish(&maker->classes);
}

void cell_block_begin(struct cell_block_maker *maker)
{
    buffer_clear(&maker->geometries);
    buffer_clear(&maker->attributes);
    maker->count = 0;
    maker->has_elsewhere = false;
}

bool cell_block_is_full(const struct cell_block_maker *maker, size_t content_length, size_t attributes_length)
{
    size_t indexes = maker->count * (2 * CLASS_FEATURE_COST + RECORD_BYTES);
    return maker->count == CELL_BLOCK_FEATURES ||
           (maker->count > 0 &&
            (maker->geometries.length + indexes + content_length - attributes_length > CELL_BLOCK_BYTES ||
             maker->attributes.length + attributes_length > CELL_BLOCK_BYTES));
}

void cell_block_put(struct cell_block_maker *maker, int64_t row, const struct world_box *box, bool attributes_elsewhere,
                    struct text content, size_t attributes_length)
{
    size_t geometry_length = content.length - attributes_length;
    buffer_append(&maker->geometries, content.data, geometry_length);
    buffer_append(&maker->attributes, content.data + geometry_length, attributes_length);
    maker->entries[maker->count++] = (struct cell_entry){.row = row,
                                                         .attributes_elsewhere = attributes_elsewhere,
                                                         .box = *box,
                                                         .geometry_end = (uint32_t)maker->geometries.length,
                                                         .attributes_end = (uint32_t)maker->attributes.length};
    maker->has_elsewhere = maker->has_elsewhere || attributes_elsewhere;
}

/* The values of a column that were met in the block. */
struct column {
    size_t count;
    size_t cost;
    struct cell_cursor values[CLASS_VALUES_MAX];
    uint64_t features[CLASS_VALUES_MAX];
};

/* Values have a tag at least, and differ at their end more often than where they begin. */
static bool same_bytes(struct cell_cursor a, struct cell_cursor b)
{
    return remaining(&a) == remaining(&b) && a.end[-1] == b.end[-1] && memcmp(a.at, b.at, remaining(&a)) == 0;
}

/* False when the column has become too dear for a class. */
static bool note_value(struct column *column, struct cell_cursor value, size_t feature, size_t cost_max)
{
    size_t i = 0;
    while (i < column->count && !same_bytes(column->values[i], value)) {
        i++;
    }
    if (i == column->count) {
        column->cost += VALUE_COST + remaining(&value);
        if (i == CLASS_VALUES_MAX || column->cost > cost_max) {
            return false;
        }
        column->values[column->count] = value;
        column->features[column->count++] = 0;
    }
    column->features[i] |= (uint64_t)1 << feature;
    return true;
}

static struct cell_cursor attributes_of(const struct cell_block_maker *maker, size_t feature)
{
    const unsigned char *bytes = maker->attributes.data;
    size_t start = feature > 0 ? maker->entries[feature - 1].attributes_end : 0;
    return (struct cell_cursor){bytes + start, bytes + maker->entries[feature].attributes_end};
}

/* Which of the first `count` columns have few values; `cheap` says for each. */
static void gather_columns(const struct cell_block_maker *maker, struct column *columns, bool *cheap, size_t count)
{
    struct cell_cursor values[CLASS_FIELDS_MAX];
    for (size_t f = 0; f < count; f++) {
        columns[f].count = 0;
        columns[f].cost = 0;
        cheap[f] = true;
    }
    for (size_t i = 0; i < maker->count; i++) {
        if (cell_find_values(attributes_of(maker, i), cheap, count, values) != CELL_OK) {
            memset(cheap, 0, count * sizeof *cheap);
            return;
        }
        const struct cell_cursor *value = values;
        for (size_t f = 0; f < count; f++) {
            cheap[f] = cheap[f] && note_value(&columns[f], *value++, i, maker->count * CLASS_FEATURE_COST);
        }
    }
}

static void put_class(struct buffer *out, size_t field, const struct column *column)
{
    buffer_append_varint(out, field);
    buffer_append_varint(out, column->count);
    for (size_t i = 0; i < column->count; i++) {
        unsigned char bits[sizeof(uint64_t)];
        put_u64(bits, column->features[i]);
        buffer_append(out, bits, sizeof bits);
        buffer_append_varint(out, remaining(&column->values[i]));
        buffer_append(out, column->values[i].at, remaining(&column->values[i]));
    }
}

static void make_classes(struct cell_block_maker *maker, size_t field_count)
{
    struct column columns[CLASS_FIELDS_MAX];
    bool cheap[CLASS_FIELDS_MAX];
    size_t count = field_count < CLASS_FIELDS_MAX ? field_count : CLASS_FIELDS_MAX;
    size_t left = 2 * CLASS_FEATURE_COST * maker->count;
    buffer_clear(&maker->classes);
    if (!maker->has_elsewhere) {
        gather_columns(maker, columns, cheap, count);
        for (size_t f = 0; f < count; f++) {
            if (cheap[f] && columns[f].cost <= left) {
                left -= columns[f].cost;
                put_class(&maker->classes, f, &columns[f]);
            }
        }
    }
}

static unsigned width_of(uint64_t number)
{
    unsigned width = 1;
    while (width < ROW_WIDTH_MAX && number >> (8 * width) != 0) {
        width++;
    }
    return width;
}

/* What rows and places are counted from. */
static struct cell_entry first_of(const struct cell_block_maker *maker)
{
    struct cell_entry first = maker->entries[0];
    for (size_t i = 1; i < maker->count; i++) {
        const struct cell_entry *entry = &maker->entries[i];
        first.row = entry->row < first.row ? entry->row : first.row;
        first.box.min_x = entry->box.min_x < first.box.min_x ? entry->box.min_x : first.box.min_x;
        first.box.min_y = entry->box.min_y < first.box.min_y ? entry->box.min_y : first.box.min_y;
    }
    return first;
}

static uint64_t row_number(const struct cell_entry *entry, const struct cell_entry *first)
{
    return (uint64_t)(entry->row - first->row) << 1 | entry->attributes_elsewhere;
}

static struct widths widths_of(const struct cell_block_maker *maker, const struct cell_entry *first)
{
    uint64_t row = 0;
    uint64_t place = 0;
    uint64_t size = 0;
    for (size_t i = 0; i < maker->count; i++) {
        const struct cell_entry *entry = &maker->entries[i];
        const struct world_box *box = &entry->box;
        row |= row_number(entry, first);
        place |= (uint64_t)(box->min_x - first->box.min_x) | (uint64_t)(box->min_y - first->box.min_y);
        size |= (uint64_t)(box->max_x - box->min_x) | (uint64_t)(box->max_y - box->min_y);
    }
    return (struct widths){width_of(row), width_of(place), width_of(size), width_of(maker->geometries.length),
                           width_of(maker->attributes.length)};
}

static unsigned char *put_number(unsigned char *out, uint64_t number, unsigned width)
{
    for (unsigned i = 0; i < width; i++) {
        *out++ = (unsigned char)(number >> (8 * i));
    }
    return out;
}

static void put_record(struct buffer *out, const struct cell_entry *entry, const struct cell_entry *first,
                       struct widths widths)
{
    unsigned char record[ROW_WIDTH_MAX + 6 * WIDTH_MAX];
    const struct world_box *box = &entry->box;
    unsigned char *at = put_number(record, row_number(entry, first), widths.row);
    at = put_number(at, (uint64_t)(box->min_x - first->box.min_x), widths.place);
    at = put_number(at, (uint64_t)(box->min_y - first->box.min_y), widths.place);
    at = put_number(at, (uint64_t)(box->max_x - box->min_x), widths.size);
    at = put_number(at, (uint64_t)(box->max_y - box->min_y), widths.size);
    at = put_number(at, entry->geometry_end, widths.geometry_end);
    at = put_number(at, entry->attributes_end, widths.attributes_end);
    buffer_append(out, record, (size_t)(at - record));
}

void cell_block_write(struct cell_block_maker *maker, size_t field_count, struct buffer *out)
{
    static const unsigned char end[END_BYTES] = {0};
    struct cell_entry first = first_of(maker);
    struct widths widths = widths_of(maker, &first);
    const unsigned char head[] = {
        FORMAT_BLOCK, (unsigned char)maker->count, (unsigned char)(widths.row << 4 | widths.place),
        (unsigned char)(widths.size << 4 | widths.geometry_end), (unsigned char)widths.attributes_end};
    buffer_append(out, head, sizeof head);
    buffer_append_varint(out, (uint64_t)first.row);
    buffer_append_varint(out, zigzag(first.box.min_x));
    buffer_append_varint(out, zigzag(first.box.min_y));
    make_classes(maker, field_count);
    buffer_append_varint(out, maker->classes.length);
    buffer_append(out, maker->classes.data, maker->classes.length);
    for (size_t i = 0; i < maker->count; i++) {
        put_record(out, &maker->entries[i], &first, widths);
    }
    buffer_append(out, maker->geometries.data, maker->geometries.length);
    buffer_append(out, end, sizeof end);
    out->failed = out->failed || maker->geometries.failed || maker->attributes.failed || maker->classes.failed;
}

/* --- reading --- */

static bool get_bytes(struct cell_cursor *cursor, uint64_t length, struct cell_cursor *out_bytes)
{
    if (length > remaining(cursor)) {
        return false;
    }
    *out_bytes = (struct cell_cursor){cursor->at, cursor->at + length};
    cursor->at += length;
    return true;
}

static bool get_unit(struct cell_cursor *cursor, int32_t *out_unit)
{
    uint64_t number;
    if (!get_varint(cursor, &number) || unzigzag(number) < INT32_MIN || unzigzag(number) > INT32_MAX) {
        return false;
    }
    *out_unit = (int32_t)unzigzag(number);
    return true;
}

static bool is_width(unsigned width, unsigned most)
{
    return width >= 1 && width <= most;
}

/* The next number of a record that begins with its row. */
static struct cell_column next_column(struct cell_block *block, unsigned width)
{
    struct cell_column column = {(uint32_t)block->record_bytes, UINT32_MAX >> (32 - 8 * width)};
    block->record_bytes += width;
    return column;
}

static bool get_head(struct cell_cursor *cursor, struct cell_block *block)
{
    struct cell_cursor head;
    if (!get_bytes(cursor, 5, &head) || head.at[0] != FORMAT_BLOCK || head.at[1] > CELL_BLOCK_FEATURES) {
        return false;
    }
    struct widths widths = {head.at[2] >> 4U, head.at[2] & 15U, head.at[3] >> 4U, head.at[3] & 15U, head.at[4]};
    if (!is_width(widths.row, ROW_WIDTH_MAX) || !is_width(widths.place, WIDTH_MAX) ||
        !is_width(widths.size, WIDTH_MAX) || !is_width(widths.geometry_end, WIDTH_MAX) ||
        !is_width(widths.attributes_end, WIDTH_MAX)) {
        return false;
    }
    block->count = head.at[1];
    block->row_mask = UINT64_MAX >> (64 - 8 * widths.row);
    block->record_bytes = widths.row;
    block->place[0] = next_column(block, widths.place);
    block->place[1] = next_column(block, widths.place);
    block->size[0] = next_column(block, widths.size);
    block->size[1] = next_column(block, widths.size);
    block->geometry_end = next_column(block, widths.geometry_end);
    block->attributes_end = next_column(block, widths.attributes_end);
    return true;
}

static inline const unsigned char *record_of(const struct cell_block *block, size_t index)
{
    return block->records + index * block->record_bytes;
}

static inline uint32_t number_of(const unsigned char *record, struct cell_column column)
{
    return get_u32(record + column.at) & column.mask;
}

enum cell_result cell_block_open(struct text bytes, struct cell_block *out_block)
{
    const unsigned char *start = (const unsigned char *)bytes.data;
    struct cell_cursor cursor = {start, start + bytes.length};
    struct cell_cursor records;
    struct cell_block block;
    uint64_t row;
    uint64_t length;
    if (!get_head(&cursor, &block) || !get_varint(&cursor, &row) || row > (uint64_t)CELL_ROW_MAX ||
        !get_unit(&cursor, &block.origin_x) || !get_unit(&cursor, &block.origin_y) || !get_varint(&cursor, &length) ||
        !get_bytes(&cursor, length, &block.classes) ||
        !get_bytes(&cursor, block.count * block.record_bytes, &records) || remaining(&cursor) < END_BYTES) {
        return CELL_DAMAGED;
    }
    block.first_row = (int64_t)row;
    block.records = records.at;
    cursor.end -= END_BYTES;
    block.geometries = cursor;
    block.attributes = (struct cell_cursor){0};
    block.attributes_length = block.count > 0 ? number_of(record_of(&block, block.count - 1), block.attributes_end) : 0;
    *out_block = block;
    return CELL_OK;
}

enum cell_result cell_block_add_attributes(struct cell_block *block, struct text bytes)
{
    const unsigned char *start = (const unsigned char *)bytes.data;
    block->attributes = (struct cell_cursor){start, start + bytes.length};
    return bytes.length == block->attributes_length ? CELL_OK : CELL_DAMAGED;
}

/* What lies between the ends of the feature before it and its own. */
static inline bool get_part(const struct cell_block *block, size_t index, struct cell_column ends,
                            struct cell_cursor whole, struct cell_cursor *out_part)
{
    const unsigned char *record = record_of(block, index);
    uint32_t start = index > 0 ? number_of(record - block->record_bytes, ends) : 0;
    uint32_t end = number_of(record, ends);
    if (start > end || end > remaining(&whole)) {
        return false;
    }
    *out_part = (struct cell_cursor){whole.at + start, whole.at + end};
    return true;
}

static inline struct world_box box_of(const struct cell_block *block, const unsigned char *record)
{
    int64_t x = (int64_t)block->origin_x + number_of(record, block->place[0]);
    int64_t y = (int64_t)block->origin_y + number_of(record, block->place[1]);
    return (struct world_box){x, y, x + number_of(record, block->size[0]), y + number_of(record, block->size[1])};
}

enum cell_result cell_block_feature(const struct cell_block *block, size_t index, struct cell_feature *out_feature)
{
    const unsigned char *record = record_of(block, index);
    uint64_t number = get_u64(record) & block->row_mask;
    uint64_t row = (uint64_t)block->first_row + (number >> 1);
    out_feature->row = (int64_t)row;
    out_feature->attributes_elsewhere = (number & 1) != 0;
    out_feature->box = box_of(block, record);
    out_feature->attributes = (struct cell_cursor){0};
    bool ok = row <= (uint64_t)CELL_ROW_MAX && out_feature->box.max_x <= INT32_MAX &&
              out_feature->box.max_y <= INT32_MAX &&
              get_part(block, index, block->geometry_end, block->geometries, &out_feature->geometry) &&
              (!block->attributes.at ||
               get_part(block, index, block->attributes_end, block->attributes, &out_feature->attributes));
    return ok ? CELL_OK : CELL_DAMAGED;
}

enum cell_result cell_block_attributes(const struct cell_block *block, size_t index, bool *out_elsewhere,
                                       struct cell_cursor *out_attributes)
{
    *out_elsewhere = (*record_of(block, index) & 1) != 0;
    return get_part(block, index, block->attributes_end, block->attributes, out_attributes) ? CELL_OK : CELL_DAMAGED;
}

enum cell_result cell_block_outlines(const struct cell_block *block, uint64_t chosen, unsigned shift,
                                     struct arena *arena, struct cell_outline *out_outlines, int64_t *out_rows)
{
    struct cell_cursor pieces[CELL_BLOCK_FEATURES];
    size_t count = 0;
    bool ok = true;
    for (; chosen != 0; chosen &= chosen - 1, count++) {
        size_t index = (size_t)__builtin_ctzll(chosen);
        const unsigned char *record = record_of(block, index);
        uint64_t row = (uint64_t)block->first_row + ((get_u64(record) & block->row_mask) >> 1);
        struct world_box box = box_of(block, record);
        ok = ok && row <= (uint64_t)CELL_ROW_MAX && box.max_x <= INT32_MAX && box.max_y <= INT32_MAX &&
             get_part(block, index, block->geometry_end, block->geometries, &pieces[count]);
        out_outlines[count].box =
            (struct cell_box){(int32_t)box.min_x, (int32_t)box.min_y, (int32_t)box.max_x, (int32_t)box.max_y};
        out_rows[count] = (int64_t)row;
    }
    return ok ? cell_get_outlines(pieces, count, block->geometries.end + END_BYTES, shift, arena, out_outlines)
              : CELL_DAMAGED;
}

uint64_t cell_block_touching(const struct cell_block *block, uint64_t among, struct cell_box area)
{
    uint64_t touching = 0;
    for (uint64_t left = among; left != 0; left &= left - 1) {
        struct world_box box = box_of(block, record_of(block, (size_t)__builtin_ctzll(left)));
        bool touches =
            box.min_x <= area.max_x && box.max_x >= area.min_x && box.min_y <= area.max_y && box.max_y >= area.min_y;
        touching |= touches ? left & (0 - left) : 0;
    }
    return touching;
}

uint64_t cell_block_all(const struct cell_block *block)
{
    return block->count > 0 ? UINT64_MAX >> (CELL_BLOCK_FEATURES - block->count) : 0;
}

bool cell_block_next_class(struct cell_cursor *classes, struct cell_class *out_class)
{
    uint64_t count;
    if (!get_varint(classes, &out_class->field) || !get_varint(classes, &count) || count > CLASS_VALUES_MAX) {
        return false;
    }
    out_class->count = (size_t)count;
    out_class->values = *classes;
    struct cell_class rest = *out_class;
    uint64_t features;
    struct cell_cursor value;
    while (cell_class_next(&rest, &features, &value)) {
    }
    classes->at = rest.values.at;
    return rest.count == 0;
}

bool cell_class_next(struct cell_class *class, uint64_t *out_features, struct cell_cursor *out_value)
{
    uint64_t length;
    if (class->count == 0 || remaining(&class->values) < sizeof *out_features) {
        return false;
    }
    *out_features = get_u64(class->values.at);
    class->values.at += sizeof *out_features;
    if (!get_varint(&class->values, &length) || !get_bytes(&class->values, length, out_value)) {
        return false;
    }
    class->count--;
    return true;
}
