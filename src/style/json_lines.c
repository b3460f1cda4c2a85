/* SPDX-License-Identifier: MIT */
/* Lines of JSON values: the text is walked beside the values that were read from it. */
#include "style/json_lines.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    const struct value *value;
    size_t line;
};

struct json_lines {
    struct entry *entries;
    size_t count;
};

struct walk {
    struct text json;
    size_t at;
    size_t line;
    struct json_lines *lines;
    size_t capacity;
};

static size_t count_values(const struct value *value)
{
    size_t count = 1;
    if (value->type == VALUE_ARRAY) {
        for (size_t i = 0; i < value->array.count; i++) {
            count += count_values(&value->array.items[i]);
        }
    } else if (value->type == VALUE_OBJECT) {
        for (size_t i = 0; i < value->object.count; i++) {
            count += count_values(&value->object.members[i].value);
        }
    }
    return count;
}

/* To the next character that is no blank and none of `skipped`. */
static void skip(struct walk *walk, const char *skipped)
{
    for (; walk->at < walk->json.length; walk->at++) {
        char c = walk->json.data[walk->at];
        if (c == '\n') {
            walk->line++;
        } else if (c != ' ' && c != '\t' && c != '\r' && (c == '\0' || !strchr(skipped, c))) {
            return;
        }
    }
}

static void skip_string(struct walk *walk)
{
    for (walk->at++; walk->at < walk->json.length && walk->json.data[walk->at] != '"'; walk->at++) {
        walk->at += walk->json.data[walk->at] == '\\';
    }
    walk->at++;
}

static void skip_word(struct walk *walk)
{
    while (walk->at < walk->json.length && !strchr(" \t\r\n,]}", walk->json.data[walk->at])) {
        walk->at++;
    }
}

static void walk_value(struct walk *walk, const struct value *value)
{
    skip(walk, ",:");
    if (walk->lines->count < walk->capacity) {
        walk->lines->entries[walk->lines->count++] = (struct entry){value, walk->line};
    }
    if (value->type == VALUE_STRING) {
        skip_string(walk);
        return;
    }
    if (value->type != VALUE_ARRAY && value->type != VALUE_OBJECT) {
        skip_word(walk);
        return;
    }
    walk->at++;
    bool object = value->type == VALUE_OBJECT;
    size_t count = object ? value->object.count : value->array.count;
    for (size_t i = 0; i < count; i++) {
        if (object) {
            skip(walk, ",");
            skip_string(walk);
        }
        walk_value(walk, object ? &value->object.members[i].value : &value->array.items[i]);
    }
    skip(walk, ",");
    walk->at++;
}

static int compare_entries(const void *a, const void *b)
{
    uintptr_t left = (uintptr_t)((const struct entry *)a)->value;
    uintptr_t right = (uintptr_t)((const struct entry *)b)->value;
    return (left > right) - (left < right);
}

struct json_lines *json_lines_create(struct text json, const struct value *root, struct arena *arena)
{
    struct json_lines *lines = arena_alloc(arena, sizeof *lines);
    size_t count = count_values(root);
    if (!lines) {
        return NULL;
    }
    lines->entries = arena_array(arena, count, sizeof *lines->entries);
    if (!lines->entries) {
        return NULL;
    }
    struct walk walk = {json, 0, 1, lines, count};
    walk_value(&walk, root);
    qsort(lines->entries, lines->count, sizeof *lines->entries, compare_entries);
    return lines;
}

size_t json_lines_find(const struct json_lines *lines, const struct value *value)
{
    struct entry key = {value, 0};
    const struct entry *found = value ? bsearch(&key, lines->entries, lines->count, sizeof key, compare_entries) : NULL;
    return found ? found->line : 0;
}
