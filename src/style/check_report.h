/* SPDX-License-Identifier: MIT */
#pragma once
/* Findings as they are made, with their lines and both languages. */

#include "style/json_lines.h"
#include "style/style_check.h"

struct check_report {
    struct arena *arena;
    const struct json_lines *lines;
    enum style_check_scope scope;
    struct style_message *messages;
    size_t count;
    size_t capacity;
    bool out_of_memory;
};

/* Notes an error at `path`; the line is that of `value` (NULL or null: none). */
void check_error(struct check_report *report, const char *path, const struct value *value, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void check_warning(struct check_report *report, const char *path, const struct value *value, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* "path.name" and "path[3]". */
const char *check_member_path(struct check_report *report, const char *path, struct text name);
const char *check_item_path(struct check_report *report, const char *path, size_t index);

/* Sorts by line and hands over. */
bool check_close(struct check_report *report, struct style_report *out_report);

/* The Spanish of a message of the check or of the compiler of expressions; the English where none is known. */
const char *check_spanish(const char *english, struct arena *arena);
