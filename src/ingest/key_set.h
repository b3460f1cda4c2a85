/* SPDX-License-Identifier: MIT */
#pragma once
/* Whether the values of a column are all different, told by their hashes. */

#include "geo/feature.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The hashes of a column's values, as long as it may still be a key. */
struct key_set {
    uint64_t *slots;
    size_t capacity;
    size_t count;
    bool out; /* a value is missing or occurs twice */
};

/* True when `value` is new. Without memory for it the set is `out`, and every value counts as new. */
bool key_set_add(struct key_set *set, const struct value *value);

/* Frees the set, which is `out` from then on. */
void key_set_drop(struct key_set *set);
