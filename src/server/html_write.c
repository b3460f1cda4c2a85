/* SPDX-License-Identifier: MIT */
/* HTML text: markup from our literals, everything else escaped. */

#include "server/html_write.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void html_text(struct buffer *out, struct text text)
{
    size_t position = 0;
    while (position < text.length) {
        size_t start = position;
        uint32_t code = text_next_code_point(text, &position);
        const char *name = NULL;
        switch (code) {
        case '&':
            name = "&amp;";
            break;
        case '<':
            name = "&lt;";
            break;
        case '>':
            name = "&gt;";
            break;
        case '"':
            name = "&quot;";
            break;
        case '\'':
            name = "&#39;";
            break;
        default:
            if (code == 0xFFFD || code == 0x7F || (code < 0x20 && code != '\n' && code != '\t')) {
                name = "\xEF\xBF\xBD";
            }
        }
        if (name) {
            buffer_append_text(out, name);
        } else {
            buffer_append(out, text.data + start, position - start);
        }
    }
}

/* One conversion at `format` (behind the '%'); returns what follows it. The arguments travel in a struct, since a
 * va_list cannot be passed by pointer everywhere. */
struct arguments {
    va_list list;
};

static const char *print_number(struct buffer *out, const char *format, struct arguments *arguments)
{
    char number[400];
    if (format[0] == 'd') {
        snprintf(number, sizeof number, "%d", va_arg(arguments->list, int));
        format += 1;
    } else if (format[0] == 'u') {
        snprintf(number, sizeof number, "%u", va_arg(arguments->list, unsigned));
        format += 1;
    } else if (strncmp(format, "zu", 2) == 0) {
        snprintf(number, sizeof number, "%zu", va_arg(arguments->list, size_t));
        format += 2;
    } else if (strncmp(format, "lld", 3) == 0) {
        snprintf(number, sizeof number, "%lld", va_arg(arguments->list, long long));
        format += 3;
    } else if (strncmp(format, "llu", 3) == 0) {
        snprintf(number, sizeof number, "%llu", va_arg(arguments->list, unsigned long long));
        format += 3;
    } else {
        assert(format[0] == '.' && format[1] >= '0' && format[1] <= '9' && format[2] == 'f');
        snprintf(number, sizeof number, "%.*f", format[1] - '0', va_arg(arguments->list, double));
        format += 3;
    }
    buffer_append_text(out, number);
    return format;
}

static const char *print_conversion(struct buffer *out, const char *format, struct arguments *arguments)
{
    if (format[0] == 's') {
        html_text(out, text_of(va_arg(arguments->list, const char *)));
        return format + 1;
    }
    if (strncmp(format, ".*s", 3) == 0) {
        int length = va_arg(arguments->list, int);
        const char *data = va_arg(arguments->list, const char *);
        html_text(out, (struct text){data, length > 0 ? (size_t)length : 0});
        return format + 3;
    }
    if (format[0] == '%') {
        buffer_append_byte(out, '%');
        return format + 1;
    }
    return print_number(out, format, arguments);
}

void html_print(struct buffer *out, const char *format, ...)
{
    struct arguments arguments;
    va_start(arguments.list, format);
    while (*format) {
        size_t literal = strcspn(format, "%");
        buffer_append(out, format, literal);
        format += literal;
        if (*format == '%') {
            format = print_conversion(out, format + 1, &arguments);
        }
    }
    va_end(arguments.list);
}

void html_paragraphs(struct buffer *out, const char *text)
{
    while (text && *text) {
        text += strspn(text, "\r\n");
        const char *end = strstr(text, "\n\n");
        size_t length = end ? (size_t)(end - text) : strlen(text);
        if (length > 0) {
            buffer_append_text(out, "<p>");
            html_text(out, (struct text){text, length});
            buffer_append_text(out, "</p>\n");
        }
        text += length;
    }
}

void html_query_value(struct buffer *out, const char *text)
{
    for (const unsigned char *byte = (const unsigned char *)(text ? text : ""); *byte; byte++) {
        bool plain = (*byte >= 'a' && *byte <= 'z') || (*byte >= 'A' && *byte <= 'Z') ||
                     (*byte >= '0' && *byte <= '9') || strchr("-._~,:/", *byte);
        if (plain) {
            buffer_append_byte(out, *byte);
        } else {
            buffer_printf(out, "%%%02X", *byte);
        }
    }
}
