/* SPDX-License-Identifier: MIT */
#pragma once
/* On which line of the text each value of a JSON document begins. */

#include "base/value.h"

struct json_lines;

/* `root` must have been read from `json`. NULL when memory is out. */
struct json_lines *json_lines_create(struct text json, const struct value *root, struct arena *arena);
/* 1-based; 0 for a value that is not of this document. */
size_t json_lines_find(const struct json_lines *lines, const struct value *value);
