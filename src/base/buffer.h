/* SPDX-License-Identifier: MIT */
#pragma once
/* A growing array of bytes, born with its maximum.
 *
 * Appending past the maximum, or when memory is out, sets `failed` and drops the bytes; callers may append freely and
 * look at `failed` once at the end. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer {
    unsigned char *data;
    size_t length;
    size_t capacity;
    size_t length_max;
    bool failed;
    bool no_memory; /* why it failed: memory was out, the content was not too long */
};

void buffer_init(struct buffer *buffer, size_t length_max);
void buffer_finish(struct buffer *buffer);
/* Forgets the content and the failure, keeps the memory. */
void buffer_clear(struct buffer *buffer);
/* Memory was out for what should have been appended, elsewhere than here. */
void buffer_fail_for_memory(struct buffer *buffer);
/* Room for `size` more bytes at the end, not yet counted in `length`; NULL on failure. */
unsigned char *buffer_reserve(struct buffer *buffer, size_t size);
void buffer_append(struct buffer *buffer, const void *bytes, size_t size);
void buffer_append_text(struct buffer *buffer, const char *text);
void buffer_append_byte(struct buffer *buffer, unsigned char byte);
void buffer_printf(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Unsigned LEB128, as in protocol buffers. */
void buffer_append_varint(struct buffer *buffer, uint64_t value);
/* A NUL after the content (not counted) and the content as a string; "" when the buffer failed. */
const char *buffer_text(struct buffer *buffer);
/* Hands the bytes over to the caller, who frees them with free(); the buffer is empty afterwards. */
unsigned char *buffer_take(struct buffer *buffer, size_t *out_length);
