/* SPDX-License-Identifier: MIT */
#include "base/buffer.h"

#include "base/varint.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buffer_init(struct buffer *buffer, size_t length_max)
{
    *buffer = (struct buffer){.length_max = length_max};
}

void buffer_finish(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer){.length_max = buffer->length_max};
}

void buffer_clear(struct buffer *buffer)
{
    buffer->length = 0;
    buffer->failed = false;
    buffer->no_memory = false;
}

void buffer_fail_for_memory(struct buffer *buffer)
{
    buffer->failed = true;
    buffer->no_memory = true;
}

unsigned char *buffer_reserve(struct buffer *buffer, size_t size)
{
    if (buffer->failed || size > buffer->length_max - buffer->length) {
        buffer->failed = true;
        return NULL;
    }
    size_t wanted = buffer->length + size;
    if (wanted > buffer->capacity || !buffer->data) {
        size_t capacity = buffer->capacity < 128 ? 256 : buffer->capacity * 2;
        if (capacity < wanted) {
            capacity = wanted;
        }
        unsigned char *data = realloc(buffer->data, capacity);
        if (!data) {
            buffer_fail_for_memory(buffer);
            return NULL;
        }
        buffer->data = data;
        buffer->capacity = capacity;
    }
    return buffer->data + buffer->length;
}

void buffer_append(struct buffer *buffer, const void *bytes, size_t size)
{
    unsigned char *end = buffer_reserve(buffer, size);
    if (end && size > 0) {
        memcpy(end, bytes, size);
        buffer->length += size;
    }
}

void buffer_append_text(struct buffer *buffer, const char *text)
{
    buffer_append(buffer, text, strlen(text));
}

void buffer_append_byte(struct buffer *buffer, unsigned char byte)
{
    unsigned char *end = buffer_reserve(buffer, 1);
    if (end) {
        *end = byte;
        buffer->length++;
    }
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    unsigned char *end = length < 0 ? NULL : buffer_reserve(buffer, (size_t)length + 1);
    if (end) {
        vsnprintf((char *)end, (size_t)length + 1, format, again);
        buffer->length += (size_t)length;
    } else {
        buffer->failed = true;
    }
    va_end(again);
}

void buffer_append_varint(struct buffer *buffer, uint64_t value)
{
    unsigned char bytes[VARINT_BYTES_MAX];
    buffer_append(buffer, bytes, (size_t)(varint_put(bytes, value) - bytes));
}

const char *buffer_text(struct buffer *buffer)
{
    unsigned char *end = buffer_reserve(buffer, 1);
    if (!end) {
        return "";
    }
    *end = '\0';
    return (const char *)buffer->data;
}

unsigned char *buffer_take(struct buffer *buffer, size_t *out_length)
{
    unsigned char *data = buffer->data;
    *out_length = buffer->length;
    *buffer = (struct buffer){.length_max = buffer->length_max};
    return data;
}
