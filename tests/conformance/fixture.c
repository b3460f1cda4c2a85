/* SPDX-License-Identifier: MIT */
/* What the suites share. */
#include "conformance/fixture.h"

#include "base/file.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FILE_BYTES_MAX = 32 << 20, PATH_BYTES = 4096 };

struct name_list {
    char **names;
    size_t count;
    size_t capacity;
};

static void add_name(struct name_list *list, const char *name, size_t length)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? list->capacity * 2 : 256;
        list->names = realloc(list->names, list->capacity * sizeof *list->names);
        if (!list->names) {
            abort();
        }
    }
    list->names[list->count++] = strndup(name, length);
}

static bool list_folder(const char *folder, const char *prefix, const char *ending, struct name_list *list)
{
    DIR *directory = opendir(folder);
    if (!directory) {
        return false;
    }
    for (struct dirent *entry = readdir(directory); entry; entry = readdir(directory)) {
        char path[PATH_BYTES];
        char name[PATH_BYTES];
        struct stat status;
        if (entry->d_name[0] == '.') {
            continue;
        }
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        snprintf(name, sizeof name, "%s%s", prefix, entry->d_name);
        if (stat(path, &status) != 0) {
            continue;
        }
        size_t length = strlen(name);
        size_t end = strlen(ending);
        if (S_ISDIR(status.st_mode)) {
            char deeper[PATH_BYTES + 1];
            snprintf(deeper, sizeof deeper, "%s/", name);
            list_folder(path, deeper, ending, list);
        } else if (length > end && strcmp(name + length - end, ending) == 0) {
            add_name(list, name, length - end);
        }
    }
    closedir(directory);
    return true;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

bool fixture_list(const char *folder, const char *ending, char ***out_names, size_t *out_count)
{
    struct name_list list = {NULL, 0, 0};
    if (!list_folder(folder, "", ending, &list)) {
        return false;
    }
    if (list.count > 0) {
        qsort(list.names, list.count, sizeof *list.names, compare_names);
    }
    *out_names = list.names;
    *out_count = list.count;
    return true;
}

bool fixture_read_json(const char *path, struct arena *arena, struct value *out_value, struct error *err)
{
    struct buffer content;
    if (!file_read(path, FILE_BYTES_MAX, &content, err)) {
        return false;
    }
    char *kept = arena_strndup(arena, (const char *)content.data, content.length);
    bool ok = kept && value_read_json((struct text){kept, content.length}, arena, out_value, err);
    buffer_finish(&content);
    return ok;
}

double fixture_cut(double number)
{
    if (number == 0 || !isfinite(number)) {
        return number;
    }
    double scale = pow(10, fmax(0, 6 - ceil(log10(fabs(number)))));
    double once = floor(number * scale) / scale;
    return floor(once * scale) / scale;
}

static bool equal_members(const struct value *expected, const struct value *actual)
{
    if (expected->object.count != actual->object.count) {
        return false;
    }
    for (size_t i = 0; i < expected->object.count; i++) {
        const struct value_member *member = &expected->object.members[i];
        const struct value *other = NULL;
        for (size_t j = 0; j < actual->object.count && !other; j++) {
            other = text_equal(actual->object.members[j].name, member->name) ? &actual->object.members[j].value : NULL;
        }
        if (!other || !fixture_equal(&member->value, other)) {
            return false;
        }
    }
    return true;
}

bool fixture_equal(const struct value *expected, const struct value *actual)
{
    if (value_is_number(expected) && value_is_number(actual)) {
        return fixture_cut(value_number(expected)) == fixture_cut(value_number(actual));
    }
    if (expected->type != actual->type) {
        return false;
    }
    if (expected->type == VALUE_OBJECT) {
        return equal_members(expected, actual);
    }
    if (expected->type != VALUE_ARRAY) {
        return value_equal(expected, actual);
    }
    if (expected->array.count != actual->array.count) {
        return false;
    }
    for (size_t i = 0; i < expected->array.count; i++) {
        if (!fixture_equal(&expected->array.items[i], &actual->array.items[i])) {
            return false;
        }
    }
    return true;
}
