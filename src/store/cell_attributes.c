/* SPDX-License-Identifier: MIT */
/* Attributes in bytes and back: a tag before each value, the id before all of them. */
#include "store/cell.h"

#include "store/cell_number.h"

#include <math.h>
#include <string.h>

enum tag { TAG_NULL, TAG_FALSE, TAG_TRUE, TAG_INT, TAG_REAL, TAG_WHOLE_REAL, TAG_TEXT, TAG_ROW, TAG_FIELD };

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

static inline bool get_real(struct cell_cursor *cursor, struct value *out)
{
    if (remaining(cursor) < 8) {
        return false;
    }
    uint64_t bits = get_u64(cursor->at);
    cursor->at += 8;
    out->type = VALUE_REAL;
    memcpy(&out->real, &bits, sizeof out->real);
    return true;
}

static inline bool get_text(struct cell_cursor *cursor, struct value *out)
{
    uint64_t length;
    if (cursor->at < cursor->end && *cursor->at < 128) {
        length = *cursor->at++;
    } else if (!get_varint(cursor, &length)) {
        return false;
    }
    if (length > remaining(cursor)) {
        return false;
    }
    out->type = VALUE_STRING;
    out->string = (struct text){(const char *)cursor->at, (size_t)length};
    cursor->at += length;
    return true;
}

static inline bool get_tagged(struct cell_cursor *cursor, unsigned char tag, struct value *out)
{
    uint64_t number;
    switch (tag) {
    case TAG_NULL:
        *out = (struct value){.type = VALUE_NULL};
        return true;
    case TAG_FALSE:
    case TAG_TRUE:
        *out = (struct value){.type = VALUE_BOOL, .boolean = tag == TAG_TRUE};
        return true;
    case TAG_INT:
        if (!get_varint(cursor, &number)) {
            return false;
        }
        out->type = VALUE_INT;
        out->integer = unzigzag(number);
        return true;
    case TAG_WHOLE_REAL:
        if (!get_varint(cursor, &number)) {
            return false;
        }
        out->type = VALUE_REAL;
        out->real = (double)unzigzag(number);
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

static inline bool get_value(struct cell_cursor *cursor, struct value *out_value)
{
    if (cursor->at == cursor->end) {
        return false;
    }
    unsigned char tag = *cursor->at++;
    return get_tagged(cursor, tag, out_value);
}

enum cell_result cell_get_value(struct cell_cursor *cursor, struct value *out_value)
{
    return get_value(cursor, out_value) ? CELL_OK : CELL_DAMAGED;
}

enum cell_result cell_get_attributes(struct cell_cursor *cursor, int64_t row, struct value *out_id,
                                     struct value *out_values, size_t count)
{
    struct cell_cursor at = *cursor;
    if (at.at == at.end) {
        return CELL_DAMAGED;
    }
    unsigned char tag = *at.at++;
    uint64_t field;
    if (!get_id(&at, tag, row, count, out_id, &field)) {
        return CELL_DAMAGED;
    }
    for (size_t i = 0; i < count; i++) {
        if (!get_value(&at, &out_values[i])) {
            return CELL_DAMAGED;
        }
    }
    *cursor = at;
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
