/* SPDX-License-Identifier: MIT */
#include "base/error.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void format_into(char *out, const char *format, va_list args) __attribute__((format(printf, 2, 0)));

static void format_into(char *out, const char *format, va_list args)
{
    char raw[ERROR_TEXT_BYTES];
    vsnprintf(raw, sizeof raw, format, args);
    text_mend_utf8(text_of(raw), out, ERROR_TEXT_BYTES);
}

void error_set(struct error *err, enum error_kind kind, const char *format, ...)
{
    if (!err) {
        return;
    }
    err->kind = kind;
    err->code[0] = '\0';
    va_list args;
    va_start(args, format);
    format_into(err->english, format, args);
    va_end(args);
    memcpy(err->spanish, err->english, sizeof err->spanish);
}

void error_tell(struct error *err, enum error_kind kind, const char *code, const char *english, const char *spanish,
                ...)
{
    if (!err) {
        return;
    }
    err->kind = kind;
    snprintf(err->code, sizeof err->code, "%s", code);
    va_list args;
    va_start(args, spanish);
    va_list again;
    va_copy(again, args);
    format_into(err->english, english, args);
    format_into(err->spanish, spanish, again);
    va_end(again);
    va_end(args);
}

static void put_before(char *text, const char *context)
{
    char whole[2 * ERROR_TEXT_BYTES + 4];
    snprintf(whole, sizeof whole, "%s: %s", context, text);
    text_mend_utf8(text_of(whole), text, ERROR_TEXT_BYTES);
}

void error_prefix(struct error *err, const char *format, ...)
{
    if (!err) {
        return;
    }
    char context[ERROR_TEXT_BYTES];
    va_list args;
    va_start(args, format);
    format_into(context, format, args);
    va_end(args);
    put_before(err->english, context);
    put_before(err->spanish, context);
}

bool error_no_memory(struct error *err)
{
    error_tell(err, ERROR_UNAVAILABLE, "MEM-001", "out of memory", "no hay memoria suficiente");
    return false;
}

const char *error_kind_name(enum error_kind kind)
{
    switch (kind) {
    case ERROR_NONE:
        return "none";
    case ERROR_INVALID:
        return "invalid";
    case ERROR_NOT_FOUND:
        return "not_found";
    case ERROR_TOO_LARGE:
        return "too_large";
    case ERROR_UNAVAILABLE:
        return "unavailable";
    case ERROR_INTERNAL:
        return "internal";
    }
    return "internal";
}
