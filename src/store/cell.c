/* SPDX-License-Identifier: MIT */
#include "store/cell.h"

#include <math.h>
#include <string.h>

enum { FORMAT_BLOCK = 0xB1, FORMAT_NODE = 0xA1, NODE_HEAD_BYTES = 10, NODE_BOX_BYTES = 16, VARINT_BYTES_MAX = 10 };

enum tag { TAG_NULL, TAG_FALSE, TAG_TRUE, TAG_INT, TAG_REAL, TAG_WHOLE_REAL, TAG_TEXT, TAG_ROW, TAG_FIELD };

static const double degree_steps = 1e9;
static const int64_t bits_40 = CELL_ROW_MAX;

/* Of each band but the last, which has full precision: the deepest style zoom, and the bits that its grid drops. The
 * grid is an eighth of a CSS pixel at that zoom; finer at 11, so that what is as small as a house block is true. */
static const struct {
    unsigned char zoom;
    unsigned char shift;
} bands[CELL_BAND_FULL] = {{2, 18}, {3, 17}, {4, 16},  {5, 15}, {6, 14}, {7, 13},
                           {8, 12}, {9, 11}, {10, 10}, {11, 7}, {13, 7}};

unsigned cell_band(double zoom)
{
    unsigned band = 0;
    while (band < CELL_BAND_FULL && zoom > bands[band].zoom) {
        band++;
    }
    return band;
}

unsigned cell_band_made(unsigned made, unsigned band)
{
    while (band < CELL_BAND_FULL && !(made >> band & 1)) {
        band++;
    }
    return band;
}

unsigned cell_shift(unsigned band)
{
    return band < CELL_BAND_FULL ? bands[band].shift : 0;
}

/* At style zoom s a CSS pixel is 2^(23-s) units wide. */
unsigned cell_pixel_log2(unsigned band)
{
    return 23U - bands[band].zoom;
}

double cell_tolerance(unsigned band)
{
    return band < CELL_BAND_FULL ? (double)(1U << bands[band].shift) : 0;
}

int64_t cell_node_id(int64_t serial, unsigned band, unsigned level, uint64_t index)
{
    return serial << 40 | (int64_t)band << 36 | (int64_t)level << 34 | (int64_t)index;
}

int64_t cell_item_id(int64_t serial, int64_t row)
{
    return serial << 40 | (row & bits_40);
}

/* --- numbers --- */

static uint64_t zigzag(int64_t number)
{
    return (uint64_t)number << 1 ^ (uint64_t)(number >> 63);
}

static int64_t unzigzag(uint64_t number)
{
    return (int64_t)(number >> 1 ^ (0 - (number & 1)));
}

static inline uint64_t get_u64(const unsigned char *in)
{
    uint64_t number;
    memcpy(&number, in, sizeof number);
    return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? __builtin_bswap64(number) : number;
}

static bool get_varint_slow(struct cell_cursor *cursor, uint64_t *out)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < VARINT_BYTES_MAX && cursor->at < cursor->end; i++) {
        uint64_t byte = *cursor->at++;
        value |= (byte & 127) << (7 * i);
        if (byte < 128) {
            *out = value;
            return true;
        }
    }
    return false;
}

/* Up to eight bytes are taken from one word without a branch on their number, which is as good as random. */
static inline bool get_varint(struct cell_cursor *cursor, uint64_t *out)
{
    if (cursor->end - cursor->at < 8) {
        return get_varint_slow(cursor, out);
    }
    uint64_t word = get_u64(cursor->at);
    uint64_t ends = ~word & 0x8080808080808080U;
    if (ends == 0) {
        return get_varint_slow(cursor, out);
    }
    uint64_t last = ends & (0 - ends);
    word &= (last - 1) | last;
    word &= 0x7f7f7f7f7f7f7f7fU;
    word = (word & 0x007f007f007f007fU) | (word & 0x7f007f007f007f00U) >> 1;
    word = (word & 0x00003fff00003fffU) | (word & 0x3fff00003fff0000U) >> 2;
    *out = (word & 0x0fffffffU) | (word & 0x0fffffff00000000U) >> 4;
    cursor->at += (__builtin_ctzll(last) >> 3) + 1;
    return true;
}

static size_t remaining(const struct cell_cursor *cursor)
{
    return (size_t)(cursor->end - cursor->at);
}

static void put_u32(unsigned char *out, uint32_t number)
{
    for (int i = 0; i < 4; i++) {
        out[i] = (unsigned char)(number >> (8 * i));
    }
}

static uint32_t get_u32(const unsigned char *in)
{
    return (uint32_t)in[0] | (uint32_t)in[1] << 8 | (uint32_t)in[2] << 16 | (uint32_t)in[3] << 24;
}

static void put_u64(unsigned char *out, uint64_t number)
{
    put_u32(out, (uint32_t)number);
    put_u32(out + 4, (uint32_t)(number >> 32));
}

/* --- geometry --- */

/* The multiple of 2^shift nearest to `unit`, divided by 2^shift. */
static int64_t snap(int32_t unit, unsigned shift)
{
    return shift == 0 ? unit : ((int64_t)unit + ((int64_t)1 << (shift - 1))) >> shift;
}

struct snapped {
    int64_t x;
    int64_t y;
};

/* How many vertices of a part stay apart after snapping. Points are never merged. */
static uint32_t count_snapped(const struct world_point *points, uint32_t count, bool merge, unsigned shift)
{
    if (!merge) {
        return count;
    }
    uint32_t kept = 0;
    struct snapped last = {0, 0};
    for (uint32_t i = 0; i < count; i++) {
        struct snapped now = {snap(points[i].x, shift), snap(points[i].y, shift)};
        if (kept == 0 || now.x != last.x || now.y != last.y) {
            kept++;
            last = now;
        }
    }
    return kept;
}

static uint32_t vertices_min(enum geometry_kind kind)
{
    return kind == GEOMETRY_POLYGON ? 4 : kind == GEOMETRY_LINE ? 2 : 1;
}

/* The size of each part after snapping; 0 for those that are dropped (as geometry_from_shape drops them). */
static uint32_t keep_part(const struct geometry *geometry, uint32_t part, unsigned shift, bool *outer_dropped)
{
    uint32_t start = part > 0 ? geometry->parts[part - 1].end : 0;
    bool is_hole = geometry->parts[part].is_hole;
    if (is_hole && *outer_dropped) {
        return 0;
    }
    uint32_t count = count_snapped(geometry->points + start, geometry->parts[part].end - start,
                                   geometry->kind != GEOMETRY_POINT, shift);
    bool collapsed = count < vertices_min(geometry->kind);
    if (!is_hole) {
        *outer_dropped = collapsed;
    }
    return collapsed ? 0 : count;
}

static void put_part_points(struct buffer *out, const struct world_point *points, uint32_t count, bool merge,
                            unsigned shift, struct snapped *last)
{
    bool first = true;
    for (uint32_t i = 0; i < count; i++) {
        struct snapped now = {snap(points[i].x, shift), snap(points[i].y, shift)};
        if (merge && !first && now.x == last->x && now.y == last->y) {
            continue;
        }
        buffer_append_varint(out, zigzag(now.x - last->x));
        buffer_append_varint(out, zigzag(now.y - last->y));
        *last = now;
        first = false;
    }
}

bool cell_put_geometry(struct buffer *out, const struct geometry *geometry, unsigned shift)
{
    uint64_t part_count = 0;
    bool outer_dropped = false;
    for (uint32_t p = 0; p < geometry->part_count; p++) {
        part_count += keep_part(geometry, p, shift, &outer_dropped) > 0;
    }
    if (part_count == 0) {
        return false;
    }
    bool merge = geometry->kind != GEOMETRY_POINT;
    buffer_append_varint(out, part_count);
    outer_dropped = false;
    for (uint32_t p = 0; p < geometry->part_count; p++) {
        uint64_t count = keep_part(geometry, p, shift, &outer_dropped);
        if (count > 0) {
            buffer_append_varint(out, count << 1 | geometry->parts[p].is_hole);
        }
    }
    struct snapped last = {0, 0};
    outer_dropped = false;
    uint32_t start = 0;
    for (uint32_t p = 0; p < geometry->part_count; p++) {
        uint32_t end = geometry->parts[p].end;
        if (keep_part(geometry, p, shift, &outer_dropped) > 0) {
            put_part_points(out, geometry->points + start, end - start, merge, shift, &last);
        }
        start = end;
    }
    return true;
}

/* There must be room for VARINT_BYTES_MAX. */
static unsigned char *write_varint(unsigned char *out, uint64_t value)
{
    while (value >= 0x80) {
        *out++ = (unsigned char)(value | 0x80);
        value >>= 7;
    }
    *out++ = (unsigned char)value;
    return out;
}

static void put_part_sizes(struct buffer *out, const struct shape_part *parts, uint32_t count)
{
    buffer_append_varint(out, count);
    uint32_t start = 0;
    for (uint32_t p = 0; p < count; p++) {
        buffer_append_varint(out, (uint64_t)(parts[p].end - start) << 1 | parts[p].is_hole);
        start = parts[p].end;
    }
}

void cell_put_snapped(struct buffer *out, const struct geometry *geometry, unsigned shift)
{
    put_part_sizes(out, geometry->parts, geometry->part_count);
    unsigned char *begun = buffer_reserve(out, (size_t)geometry->vertex_count * 2 * VARINT_BYTES_MAX);
    if (!begun) {
        return;
    }
    unsigned char *at = begun;
    int64_t last_x = 0;
    int64_t last_y = 0;
    for (uint32_t i = 0; i < geometry->vertex_count; i++) {
        int64_t x = snap(geometry->points[i].x, shift);
        int64_t y = snap(geometry->points[i].y, shift);
        at = write_varint(at, zigzag(x - last_x));
        at = write_varint(at, zigzag(y - last_y));
        last_x = x;
        last_y = y;
    }
    out->length += (size_t)(at - begun);
}

void cell_put_nothing(struct buffer *out)
{
    buffer_append_varint(out, 0);
}

/* Part sizes are bounded by the bytes that are left (two for each vertex), so nothing absurd is allocated. */
static enum cell_result get_parts(struct cell_cursor *cursor, struct arena *arena, struct shape_part **out_parts,
                                  uint32_t *out_part_count, uint32_t *out_vertex_count)
{
    uint64_t count;
    if (!get_varint(cursor, &count) || count > remaining(cursor) || count > UINT32_MAX) {
        return CELL_DAMAGED;
    }
    struct shape_part *parts = arena_alloc_raw(arena, (size_t)count * sizeof *parts);
    if (!parts) {
        return CELL_NO_ROOM;
    }
    uint64_t vertices = 0;
    for (uint64_t p = 0; p < count; p++) {
        uint64_t size;
        if (!get_varint(cursor, &size) || size >> 1 > remaining(cursor) / 2) {
            return CELL_DAMAGED;
        }
        vertices += size >> 1;
        if (vertices > remaining(cursor) / 2 || vertices > UINT32_MAX || size >> 1 == 0) {
            return CELL_DAMAGED;
        }
        parts[p] = (struct shape_part){(uint32_t)vertices, (size & 1) != 0};
    }
    *out_parts = parts;
    *out_part_count = (uint32_t)count;
    *out_vertex_count = (uint32_t)vertices;
    return CELL_OK;
}

/* Back to world units. The easternmost unit is no multiple: geometry_from_shape clamps it, so do we. */
static int32_t unsnap(uint64_t snapped, unsigned shift)
{
    int64_t unit = (int64_t)(snapped << shift);
    return unit > INT32_MAX ? INT32_MAX : unit < INT32_MIN ? INT32_MIN : (int32_t)unit;
}

enum cell_result cell_get_geometry(struct cell_cursor *cursor, enum geometry_kind kind, unsigned shift,
                                   struct arena *arena, struct geometry *out_geometry)
{
    struct shape_part *parts;
    uint32_t part_count;
    uint32_t vertex_count;
    enum cell_result result = get_parts(cursor, arena, &parts, &part_count, &vertex_count);
    if (result != CELL_OK) {
        return result;
    }
    struct world_point *points = arena_alloc_raw(arena, (size_t)vertex_count * sizeof *points);
    if (!points) {
        return CELL_NO_ROOM;
    }
    uint64_t x = 0;
    uint64_t y = 0;
    for (uint32_t i = 0; i < vertex_count; i++) {
        uint64_t delta_x;
        uint64_t delta_y;
        if (!get_varint(cursor, &delta_x) || !get_varint(cursor, &delta_y)) {
            return CELL_DAMAGED;
        }
        x += (uint64_t)unzigzag(delta_x);
        y += (uint64_t)unzigzag(delta_y);
        points[i] = (struct world_point){unsnap(x, shift), unsnap(y, shift)};
    }
    *out_geometry = (struct geometry){kind, part_count, vertex_count, parts, points};
    return CELL_OK;
}

/* Goes past `count` varints: each ends with a byte below 128. Eight bytes at a time. */
static bool skip_varints(struct cell_cursor *cursor, uint64_t count)
{
    while (count >= 8 && remaining(cursor) >= 8) {
        uint64_t ends = ~get_u64(cursor->at) >> 7 & 0x0101010101010101U;
        count -= ends * 0x0101010101010101U >> 56;
        cursor->at += 8;
    }
    for (; count > 0 && cursor->at < cursor->end; cursor->at++) {
        count -= *cursor->at < 128;
    }
    return count == 0;
}

enum cell_result cell_skip_geometry(struct cell_cursor *cursor)
{
    uint64_t count;
    if (!get_varint(cursor, &count) || count > remaining(cursor)) {
        return CELL_DAMAGED;
    }
    uint64_t vertices = 0;
    for (uint64_t p = 0; p < count; p++) {
        uint64_t size;
        if (!get_varint(cursor, &size) || size >> 1 > remaining(cursor)) {
            return CELL_DAMAGED;
        }
        vertices += size >> 1;
    }
    return vertices <= remaining(cursor) && skip_varints(cursor, 2 * vertices) ? CELL_OK : CELL_DAMAGED;
}

/* To the nearest, halves away from zero, as llround does; degrees are far from the limits. */
static int64_t degree_step(double degrees)
{
    double steps = degrees * degree_steps;
    return (int64_t)(steps < 0 ? steps - 0.5 : steps + 0.5);
}

void cell_put_shape(struct buffer *out, const struct shape *shape)
{
    put_part_sizes(out, shape->parts, shape->part_count);
    unsigned char *begun = buffer_reserve(out, (size_t)shape->vertex_count * 2 * VARINT_BYTES_MAX);
    if (!begun) {
        return;
    }
    unsigned char *at = begun;
    int64_t last_x = 0;
    int64_t last_y = 0;
    for (uint32_t i = 0; i < shape->vertex_count; i++) {
        int64_t x = degree_step(shape->xy[2 * (size_t)i]);
        int64_t y = degree_step(shape->xy[2 * (size_t)i + 1]);
        at = write_varint(at, zigzag(x - last_x));
        at = write_varint(at, zigzag(y - last_y));
        last_x = x;
        last_y = y;
    }
    out->length += (size_t)(at - begun);
}

enum cell_result cell_get_shape(struct cell_cursor *cursor, enum geometry_kind kind, struct arena *arena,
                                struct shape *out_shape)
{
    struct shape_part *parts;
    uint32_t part_count;
    uint32_t vertex_count;
    enum cell_result result = get_parts(cursor, arena, &parts, &part_count, &vertex_count);
    if (result != CELL_OK) {
        return result;
    }
    double *xy = arena_alloc_raw(arena, (size_t)vertex_count * 2 * sizeof *xy);
    if (!xy) {
        return CELL_NO_ROOM;
    }
    uint64_t x = 0;
    uint64_t y = 0;
    for (uint32_t i = 0; i < vertex_count; i++) {
        uint64_t delta_x;
        uint64_t delta_y;
        if (!get_varint(cursor, &delta_x) || !get_varint(cursor, &delta_y)) {
            return CELL_DAMAGED;
        }
        x += (uint64_t)unzigzag(delta_x);
        y += (uint64_t)unzigzag(delta_y);
        /* Dividing gives the double nearest to the decimal, so text made of it is short. */
        xy[2 * (size_t)i] = (double)(int64_t)x / degree_steps;
        xy[2 * (size_t)i + 1] = (double)(int64_t)y / degree_steps;
    }
    *out_shape = (struct shape){kind, part_count, vertex_count, parts, xy};
    return CELL_OK;
}

/* --- attributes --- */

static void put_real(struct buffer *out, double real)
{
    double whole = nearbyint(real);
    if (whole == real && fabs(real) < 1e15 && !(real == 0 && signbit(real))) {
        buffer_append_byte(out, TAG_WHOLE_REAL);
        buffer_append_varint(out, zigzag((int64_t)whole));
        return;
    }
    uint64_t bits;
    memcpy(&bits, &real, sizeof bits);
    buffer_append_byte(out, TAG_REAL);
    unsigned char bytes[8];
    put_u64(bytes, bits);
    buffer_append(out, bytes, sizeof bytes);
}

static void put_value(struct buffer *out, const struct value *value)
{
    switch (value->type) {
    case VALUE_BOOL:
        buffer_append_byte(out, value->boolean ? TAG_TRUE : TAG_FALSE);
        return;
    case VALUE_INT:
        buffer_append_byte(out, TAG_INT);
        buffer_append_varint(out, zigzag(value->integer));
        return;
    case VALUE_REAL:
        put_real(out, value->real);
        return;
    case VALUE_STRING:
        buffer_append_byte(out, TAG_TEXT);
        buffer_append_varint(out, value->string.length);
        buffer_append(out, value->string.data, value->string.length);
        return;
    case VALUE_NULL:
    case VALUE_ARRAY:
    case VALUE_OBJECT:
        buffer_append_byte(out, TAG_NULL);
        return;
    }
}

static bool get_real(struct cell_cursor *cursor, struct value *out)
{
    if (remaining(cursor) < 8) {
        return false;
    }
    uint64_t bits = get_u64(cursor->at);
    cursor->at += 8;
    double real;
    memcpy(&real, &bits, sizeof real);
    *out = value_of_real(real);
    return true;
}

static bool get_text(struct cell_cursor *cursor, struct value *out)
{
    uint64_t length;
    if (!get_varint(cursor, &length) || length > remaining(cursor)) {
        return false;
    }
    *out = value_of_text((struct text){(const char *)cursor->at, (size_t)length});
    cursor->at += length;
    return true;
}

static bool get_tagged(struct cell_cursor *cursor, unsigned char tag, struct value *out)
{
    uint64_t number;
    switch (tag) {
    case TAG_NULL:
        *out = value_null();
        return true;
    case TAG_FALSE:
    case TAG_TRUE:
        *out = value_of_bool(tag == TAG_TRUE);
        return true;
    case TAG_INT:
        if (!get_varint(cursor, &number)) {
            return false;
        }
        *out = value_of_int(unzigzag(number));
        return true;
    case TAG_WHOLE_REAL:
        if (!get_varint(cursor, &number)) {
            return false;
        }
        *out = value_of_real((double)unzigzag(number));
        return true;
    case TAG_REAL:
        return get_real(cursor, out);
    case TAG_TEXT:
        return get_text(cursor, out);
    default:
        return false;
    }
}

static bool same_bytes(const struct value *a, const struct value *b)
{
    return a->type == b->type && (a->type == VALUE_INT || a->type == VALUE_STRING) && value_equal(a, b);
}

void cell_put_attributes(struct buffer *out, const struct value *id, const struct value *values, size_t count)
{
    size_t field = 0;
    while (id && field < count && !same_bytes(id, &values[field])) {
        field++;
    }
    if (!id) {
        buffer_append_byte(out, TAG_ROW);
    } else if (field < count) {
        buffer_append_byte(out, TAG_FIELD);
        buffer_append_varint(out, field);
    } else {
        put_value(out, id);
    }
    for (size_t i = 0; i < count; i++) {
        put_value(out, &values[i]);
    }
}

/* The tag of the id was read. `*out_field` is the field it is, `count` where it is none. */
static bool get_id(struct cell_cursor *cursor, unsigned char tag, int64_t row, size_t count, struct value *out_id,
                   uint64_t *out_field)
{
    *out_field = count;
    *out_id = value_of_int(row);
    if (tag == TAG_FIELD) {
        return get_varint(cursor, out_field) && *out_field < count;
    }
    return tag == TAG_ROW || get_tagged(cursor, tag, out_id);
}

enum cell_result cell_get_value(struct cell_cursor *cursor, struct value *out_value)
{
    if (cursor->at == cursor->end) {
        return CELL_DAMAGED;
    }
    unsigned char tag = *cursor->at++;
    return get_tagged(cursor, tag, out_value) ? CELL_OK : CELL_DAMAGED;
}

enum cell_result cell_get_attributes(struct cell_cursor *cursor, int64_t row, struct value *out_id,
                                     struct value *out_values, size_t count)
{
    if (cursor->at == cursor->end) {
        return CELL_DAMAGED;
    }
    unsigned char tag = *cursor->at++;
    uint64_t field;
    if (!get_id(cursor, tag, row, count, out_id, &field)) {
        return CELL_DAMAGED;
    }
    for (size_t i = 0; i < count; i++) {
        if (cell_get_value(cursor, &out_values[i]) != CELL_OK) {
            return CELL_DAMAGED;
        }
    }
    if (field < count) {
        *out_id = out_values[field];
    }
    return CELL_OK;
}

static bool skip_tagged(struct cell_cursor *cursor, unsigned char tag)
{
    uint64_t length;
    switch (tag) {
    case TAG_NULL:
    case TAG_FALSE:
    case TAG_TRUE:
        return true;
    case TAG_INT:
    case TAG_WHOLE_REAL:
        return skip_varints(cursor, 1);
    case TAG_REAL:
        length = 8;
        break;
    case TAG_TEXT:
        if (!get_varint(cursor, &length)) {
            return false;
        }
        break;
    default:
        return false;
    }
    if (length > remaining(cursor)) {
        return false;
    }
    cursor->at += length;
    return true;
}

static bool skip_id(struct cell_cursor *cursor)
{
    if (cursor->at == cursor->end) {
        return false;
    }
    unsigned char tag = *cursor->at++;
    return tag == TAG_ROW || (tag == TAG_FIELD ? skip_varints(cursor, 1) : skip_tagged(cursor, tag));
}

enum cell_result cell_find_values(struct cell_cursor cursor, const bool *wanted, size_t count,
                                  struct cell_cursor *out_values)
{
    while (count > 0 && !wanted[count - 1]) {
        count--;
    }
    if (count > 0 && !skip_id(&cursor)) {
        return CELL_DAMAGED;
    }
    for (size_t i = 0; i < count; i++) {
        const unsigned char *start = cursor.at;
        if (start == cursor.end) {
            return CELL_DAMAGED;
        }
        cursor.at++;
        if (!skip_tagged(&cursor, *start)) {
            return CELL_DAMAGED;
        }
        if (wanted[i]) {
            *out_values++ = (struct cell_cursor){start, cursor.at};
        }
    }
    return CELL_OK;
}

enum cell_result cell_get_id(struct cell_cursor cursor, int64_t row, struct value *out_id, size_t count)
{
    if (cursor.at == cursor.end) {
        return CELL_DAMAGED;
    }
    unsigned char tag = *cursor.at++;
    uint64_t field;
    if (!get_id(&cursor, tag, row, count, out_id, &field)) {
        return CELL_DAMAGED;
    }
    for (uint64_t i = 0; field < count && i <= field; i++) {
        if (cell_get_value(&cursor, out_id) != CELL_OK) {
            return CELL_DAMAGED;
        }
    }
    return CELL_OK;
}

/* --- blocks --- */

void cell_begin_block(struct buffer *out, struct cell_origin origin)
{
    buffer_append_byte(out, FORMAT_BLOCK);
    buffer_append_varint(out, zigzag(origin.x));
    buffer_append_varint(out, zigzag(origin.y));
}

void cell_put_feature(struct buffer *out, struct cell_origin origin, int64_t row, const struct world_box *box,
                      bool attributes_elsewhere, struct text content)
{
    buffer_append_varint(out, (uint64_t)row << 1 | attributes_elsewhere);
    buffer_append_varint(out, zigzag(box->min_x - origin.x));
    buffer_append_varint(out, zigzag(box->min_y - origin.y));
    buffer_append_varint(out, (uint64_t)(box->max_x - box->min_x));
    buffer_append_varint(out, (uint64_t)(box->max_y - box->min_y));
    buffer_append_varint(out, content.length);
    buffer_append(out, content.data, content.length);
}

static bool is_unit(int64_t number)
{
    return number >= INT32_MIN && number <= INT32_MAX;
}

enum cell_result cell_open_block(struct text bytes, struct cell_cursor *out_cursor, struct cell_origin *out_origin)
{
    const unsigned char *start = (const unsigned char *)bytes.data;
    if (bytes.length == 0 || *start != FORMAT_BLOCK) {
        return CELL_DAMAGED;
    }
    struct cell_cursor cursor = {start + 1, start + bytes.length};
    uint64_t x;
    uint64_t y;
    if (!get_varint(&cursor, &x) || !get_varint(&cursor, &y) || !is_unit(unzigzag(x)) || !is_unit(unzigzag(y))) {
        return CELL_DAMAGED;
    }
    *out_origin = (struct cell_origin){(int32_t)unzigzag(x), (int32_t)unzigzag(y)};
    *out_cursor = cursor;
    return CELL_OK;
}

static bool get_head(struct cell_cursor *cursor, struct cell_origin origin, struct cell_feature *out)
{
    uint64_t row;
    uint64_t x;
    uint64_t y;
    uint64_t width;
    uint64_t height;
    uint64_t length;
    if (!get_varint(cursor, &row) || !get_varint(cursor, &x) || !get_varint(cursor, &y) ||
        !get_varint(cursor, &width) || !get_varint(cursor, &height) || !get_varint(cursor, &length) ||
        length > remaining(cursor) || row >> 1 > (uint64_t)CELL_ROW_MAX || width > UINT32_MAX || height > UINT32_MAX) {
        return false;
    }
    /* Wraps on damaged bytes and is refused then. */
    int64_t min_x = (int64_t)((uint64_t)(int64_t)origin.x + (uint64_t)unzigzag(x));
    int64_t min_y = (int64_t)((uint64_t)(int64_t)origin.y + (uint64_t)unzigzag(y));
    if (!is_unit(min_x) || !is_unit(min_y)) {
        return false;
    }
    struct world_box box = {min_x, min_y, min_x + (int64_t)width, min_y + (int64_t)height};
    if (!is_unit(box.max_x) || !is_unit(box.max_y)) {
        return false;
    }
    *out = (struct cell_feature){(int64_t)(row >> 1), box, (row & 1) != 0, {cursor->at, cursor->at + length}};
    cursor->at += length;
    return true;
}

bool cell_next_feature(struct cell_cursor *cursor, struct cell_origin origin, struct cell_feature *out_feature,
                       enum cell_result *out_result)
{
    *out_result = CELL_OK;
    if (cursor->at == cursor->end) {
        return false;
    }
    if (!get_head(cursor, origin, out_feature)) {
        *out_result = CELL_DAMAGED;
        return false;
    }
    return true;
}

/* --- the tree --- */

void cell_put_node(struct buffer *out, int64_t stamp, unsigned child_level, const struct cell_box *boxes, size_t count)
{
    unsigned char head[NODE_HEAD_BYTES] = {FORMAT_NODE, (unsigned char)child_level};
    put_u64(head + 2, (uint64_t)stamp);
    buffer_append(out, head, sizeof head);
    for (size_t i = 0; i < count; i++) {
        unsigned char bytes[NODE_BOX_BYTES];
        put_u32(bytes, (uint32_t)boxes[i].min_x);
        put_u32(bytes + 4, (uint32_t)boxes[i].min_y);
        put_u32(bytes + 8, (uint32_t)boxes[i].max_x);
        put_u32(bytes + 12, (uint32_t)boxes[i].max_y);
        buffer_append(out, bytes, sizeof bytes);
    }
}

enum cell_result cell_get_node(struct text bytes, unsigned level, struct cell_node *out_node)
{
    const unsigned char *start = (const unsigned char *)bytes.data;
    if (bytes.length < NODE_HEAD_BYTES || start[0] != FORMAT_NODE || start[1] >= level) {
        return CELL_DAMAGED;
    }
    size_t rest = bytes.length - NODE_HEAD_BYTES;
    if (rest % NODE_BOX_BYTES != 0 || rest / NODE_BOX_BYTES > CELL_FANOUT) {
        return CELL_DAMAGED;
    }
    *out_node =
        (struct cell_node){(int64_t)get_u64(start + 2), start[1], rest / NODE_BOX_BYTES, start + NODE_HEAD_BYTES};
    return CELL_OK;
}

struct cell_box cell_node_box(const struct cell_node *node, size_t index)
{
    const unsigned char *bytes = node->boxes + index * NODE_BOX_BYTES;
    return (struct cell_box){(int32_t)get_u32(bytes), (int32_t)get_u32(bytes + 4), (int32_t)get_u32(bytes + 8),
                             (int32_t)get_u32(bytes + 12)};
}
