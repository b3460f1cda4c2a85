/* SPDX-License-Identifier: MIT */
#pragma once
/* JSON text (RFC 8259) into a buffer: the one writer, so that every answer escapes the same way.
 *
 * Strings are always valid UTF-8 (invalid bytes become U+FFFD); control characters, quotes, backslash, '<', '>', '&',
 * U+2028 and U+2029 are escaped, so the text may stand inside HTML. NaN and infinities become null. */

#include "base/buffer.h"
#include "base/value.h"

struct json_writer {
    struct buffer *out;
    uint64_t has_item; /* bit per level: something was written there */
    unsigned depth;    /* at most 63 */
    bool after_name;
};

void json_write_init(struct json_writer *writer, struct buffer *out);
void json_write_begin_object(struct json_writer *writer);
void json_write_end_object(struct json_writer *writer);
void json_write_begin_array(struct json_writer *writer);
void json_write_end_array(struct json_writer *writer);
void json_write_name(struct json_writer *writer, const char *name);
void json_write_name_text(struct json_writer *writer, struct text name);
void json_write_null(struct json_writer *writer);
void json_write_bool(struct json_writer *writer, bool boolean);
void json_write_int(struct json_writer *writer, int64_t integer);
void json_write_double(struct json_writer *writer, double number);
/* `number` with at most `decimals` (0 to 15) digits after the point, trailing zeros dropped. */
void json_write_fixed(struct json_writer *writer, double number, unsigned decimals);
void json_write_string(struct json_writer *writer, const char *string); /* NULL gives null */
void json_write_text(struct json_writer *writer, struct text text);
void json_write_value(struct json_writer *writer, const struct value *value);
/* Bytes that are JSON already, as one item. */
void json_write_raw(struct json_writer *writer, struct text json);

/* Name and value in one call. */
void json_write_member_string(struct json_writer *writer, const char *name, const char *string);
void json_write_member_int(struct json_writer *writer, const char *name, int64_t integer);
void json_write_member_double(struct json_writer *writer, const char *name, double number);
void json_write_member_bool(struct json_writer *writer, const char *name, bool boolean);

enum { JSON_E7_BYTES = 16 };
/* The coordinate `value_e7` / 10^7 in the shortest form with at most 7 decimals: ~10 ns (whole numbers, two digits at a
 * time). At most 13 bytes count, the others may be written to; returns how many. |value_e7| below 10^11. */
size_t json_put_e7(int64_t value_e7, char out[static JSON_E7_BYTES]);
