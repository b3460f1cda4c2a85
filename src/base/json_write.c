/* SPDX-License-Identifier: MIT */
#include "base/json_write.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

void json_write_init(struct json_writer *writer, struct buffer *out)
{
    *writer = (struct json_writer){.out = out};
}

static void begin_item(struct json_writer *writer)
{
    if (writer->after_name) {
        writer->after_name = false;
        return;
    }
    uint64_t bit = (uint64_t)1 << writer->depth;
    if (writer->has_item & bit) {
        buffer_append_byte(writer->out, ',');
    }
    writer->has_item |= bit;
}

static void open_level(struct json_writer *writer, unsigned char bracket)
{
    begin_item(writer);
    buffer_append_byte(writer->out, bracket);
    assert(writer->depth < 63);
    writer->depth++;
    writer->has_item &= ~((uint64_t)1 << writer->depth);
}

static void close_level(struct json_writer *writer, unsigned char bracket)
{
    assert(writer->depth > 0);
    writer->depth--;
    buffer_append_byte(writer->out, bracket);
}

void json_write_begin_object(struct json_writer *writer)
{
    open_level(writer, '{');
}

void json_write_end_object(struct json_writer *writer)
{
    close_level(writer, '}');
}

void json_write_begin_array(struct json_writer *writer)
{
    open_level(writer, '[');
}

void json_write_end_array(struct json_writer *writer)
{
    close_level(writer, ']');
}

static void put_escaped_code_point(struct buffer *out, uint32_t code_point)
{
    switch (code_point) {
    case '"':
        buffer_append(out, "\\\"", 2);
        return;
    case '\\':
        buffer_append(out, "\\\\", 2);
        return;
    case '\n':
        buffer_append(out, "\\n", 2);
        return;
    case '\r':
        buffer_append(out, "\\r", 2);
        return;
    case '\t':
        buffer_append(out, "\\t", 2);
        return;
    default:
        buffer_printf(out, "\\u%04x", (unsigned)code_point);
    }
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&';
}

static void put_string(struct buffer *out, struct text text)
{
    buffer_append_byte(out, '"');
    size_t position = 0;
    while (position < text.length) {
        size_t run = position;
        while (run < text.length && is_plain((unsigned char)text.data[run])) {
            run++;
        }
        buffer_append(out, text.data + position, run - position);
        position = run;
        if (position == text.length) {
            break;
        }
        uint32_t code_point = text_next_code_point(text, &position);
        bool escaped = code_point < 0x20 || code_point == '"' || code_point == '\\' || code_point == '<' ||
                       code_point == '>' || code_point == '&' || code_point == 0x7f || code_point == 0x2028 ||
                       code_point == 0x2029;
        if (escaped) {
            put_escaped_code_point(out, code_point);
        } else {
            char bytes[4];
            buffer_append(out, bytes, text_put_code_point(code_point, bytes));
        }
    }
    buffer_append_byte(out, '"');
}

void json_write_name_text(struct json_writer *writer, struct text name)
{
    begin_item(writer);
    put_string(writer->out, name);
    buffer_append_byte(writer->out, ':');
    writer->after_name = true;
}

void json_write_name(struct json_writer *writer, const char *name)
{
    json_write_name_text(writer, text_of(name));
}

void json_write_null(struct json_writer *writer)
{
    begin_item(writer);
    buffer_append(writer->out, "null", 4);
}

void json_write_bool(struct json_writer *writer, bool boolean)
{
    begin_item(writer);
    buffer_append_text(writer->out, boolean ? "true" : "false");
}

void json_write_int(struct json_writer *writer, int64_t integer)
{
    begin_item(writer);
    char digits[32];
    buffer_append(writer->out, digits, text_put_int(integer, digits));
}

void json_write_double(struct json_writer *writer, double number)
{
    begin_item(writer);
    char digits[32];
    buffer_append(writer->out, digits, text_put_double(number, digits));
}

void json_write_fixed(struct json_writer *writer, double number, unsigned decimals)
{
    if (!isfinite(number)) {
        json_write_null(writer);
        return;
    }
    begin_item(writer);
    char digits[400];
    int length = snprintf(digits, sizeof digits, "%.*f", (int)decimals, number);
    if (decimals > 0) {
        while (length > 1 && digits[length - 1] == '0') {
            length--;
        }
        if (digits[length - 1] == '.') {
            length--;
        }
    }
    if (length == 2 && digits[0] == '-' && digits[1] == '0') {
        digits[0] = '0';
        length = 1;
    }
    buffer_append(writer->out, digits, (size_t)length);
}

void json_write_text(struct json_writer *writer, struct text text)
{
    begin_item(writer);
    put_string(writer->out, text);
}

void json_write_string(struct json_writer *writer, const char *string)
{
    if (string) {
        json_write_text(writer, text_of(string));
    } else {
        json_write_null(writer);
    }
}

void json_write_value(struct json_writer *writer, const struct value *value)
{
    switch (value->type) {
    case VALUE_NULL:
        json_write_null(writer);
        return;
    case VALUE_BOOL:
        json_write_bool(writer, value->boolean);
        return;
    case VALUE_INT:
        json_write_int(writer, value->integer);
        return;
    case VALUE_REAL:
        json_write_double(writer, value->real);
        return;
    case VALUE_STRING:
        json_write_text(writer, value->string);
        return;
    case VALUE_ARRAY:
        json_write_begin_array(writer);
        for (size_t i = 0; i < value->array.count; i++) {
            json_write_value(writer, &value->array.items[i]);
        }
        json_write_end_array(writer);
        return;
    case VALUE_OBJECT:
        json_write_begin_object(writer);
        for (size_t i = 0; i < value->object.count; i++) {
            json_write_name_text(writer, value->object.members[i].name);
            json_write_value(writer, &value->object.members[i].value);
        }
        json_write_end_object(writer);
        return;
    }
}

void json_write_raw(struct json_writer *writer, struct text json)
{
    begin_item(writer);
    buffer_append(writer->out, json.data, json.length);
}

void json_write_member_string(struct json_writer *writer, const char *name, const char *string)
{
    json_write_name(writer, name);
    json_write_string(writer, string);
}

void json_write_member_int(struct json_writer *writer, const char *name, int64_t integer)
{
    json_write_name(writer, name);
    json_write_int(writer, integer);
}

void json_write_member_double(struct json_writer *writer, const char *name, double number)
{
    json_write_name(writer, name);
    json_write_double(writer, number);
}

void json_write_member_bool(struct json_writer *writer, const char *name, bool boolean)
{
    json_write_name(writer, name);
    json_write_bool(writer, boolean);
}

/* The two digits of a number below 100, written at once. */
static const char digit_pairs[] = "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
                                  "404142434445464748495051525354555657585960616263646566676869"
                                  "707172737475767778798081828384858687888990919293949596979899";

static void put_pair(char *at, uint32_t number)
{
    memcpy(at, digit_pairs + 2 * (size_t)number, 2);
}

size_t json_put_e7(int64_t value_e7, char out[static JSON_E7_BYTES])
{
    char *at = out;
    uint64_t magnitude = (uint64_t)value_e7;
    if (value_e7 < 0) {
        *at++ = '-';
        magnitude = 0 - magnitude;
    }
    uint64_t whole = magnitude / 10000000;
    uint32_t fraction = (uint32_t)(magnitude % 10000000);
    char digits[16];
    size_t count = 0;
    do {
        digits[count++] = (char)('0' + whole % 10);
        whole /= 10;
    } while (whole > 0);
    while (count > 0) {
        *at++ = digits[--count];
    }
    if (fraction > 0) {
        *at = '.';
        put_pair(at + 1, fraction / 100000);
        put_pair(at + 3, fraction / 1000 % 100);
        put_pair(at + 5, fraction / 10 % 100);
        at[7] = (char)('0' + fraction % 10);
        at += 8;
        while (at[-1] == '0') {
            at--;
        }
    }
    return (size_t)(at - out);
}
