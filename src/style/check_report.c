/* SPDX-License-Identifier: MIT */
/* Findings of the check. */
#include "style/check_report.h"

#include "base/buffer.h"
#include "style/expr_value.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MESSAGE_BYTES_MAX = 1 << 20, MESSAGES_MAX = 10000 };

__attribute__((format(printf, 5, 0))) static void add(struct check_report *report, bool error, const char *path,
                                                      const struct value *value, const char *format, va_list arguments)
{
    char text[2048];
    vsnprintf(text, sizeof text, format, arguments);
    if (report->count == MESSAGES_MAX) {
        return; /* nobody reads on */
    }
    if (report->count == report->capacity) {
        size_t capacity = report->capacity ? report->capacity * 2 : 32;
        struct style_message *grown =
            arena_grow(report->arena, report->messages, report->capacity * sizeof *grown, capacity * sizeof *grown);
        if (!grown) {
            report->out_of_memory = true;
            return;
        }
        report->messages = grown;
        report->capacity = capacity;
    }
    const char *english = arena_strdup(report->arena, text);
    bool placed = value && value->type != VALUE_NULL;
    if (!english || !path) {
        report->out_of_memory = true;
        return;
    }
    struct style_message *message = &report->messages[report->count++];
    message->severity = error ? STYLE_ERROR : STYLE_WARNING;
    message->line = placed ? json_lines_find(report->lines, value) : 0;
    message->path = path;
    message->english = english;
    message->spanish = check_spanish(english, report->arena);
}

void check_error(struct check_report *report, const char *path, const struct value *value, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add(report, true, path, value, format, arguments);
    va_end(arguments);
}

void check_warning(struct check_report *report, const char *path, const struct value *value, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add(report, false, path, value, format, arguments);
    va_end(arguments);
}

const char *check_member_path(struct check_report *report, const char *path, struct text name)
{
    const char *joined = arena_printf(report->arena, "%s%s%.*s", path, path[0] ? "." : "", (int)name.length, name.data);
    report->out_of_memory = report->out_of_memory || !joined;
    return joined ? joined : path;
}

const char *check_item_path(struct check_report *report, const char *path, size_t index)
{
    const char *joined = arena_printf(report->arena, "%s[%zu]", path, index);
    report->out_of_memory = report->out_of_memory || !joined;
    return joined ? joined : path;
}

/* By line, in the order they were found; what has no line stays behind what was found before it. */
static void sort_messages(struct style_message *messages, size_t count, struct arena *arena)
{
    size_t *keys = arena_array(arena, count, sizeof *keys);
    for (size_t i = 0; keys && i < count; i++) {
        keys[i] = messages[i].line || i == 0 ? messages[i].line : keys[i - 1];
    }
    for (size_t i = 1; keys && i < count; i++) {
        struct style_message moved = messages[i];
        size_t key = keys[i];
        size_t at = i;
        for (; at > 0 && keys[at - 1] > key; at--) {
            messages[at] = messages[at - 1];
            keys[at] = keys[at - 1];
        }
        messages[at] = moved;
        keys[at] = key;
    }
}

bool check_close(struct check_report *report, struct style_report *out_report)
{
    sort_messages(report->messages, report->count, report->arena);
    *out_report = (struct style_report){report->messages, report->count, 0};
    for (size_t i = 0; i < report->count; i++) {
        out_report->error_count += report->messages[i].severity == STYLE_ERROR;
    }
    return !report->out_of_memory;
}
