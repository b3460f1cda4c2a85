/* SPDX-License-Identifier: MIT */
#include "ingest/key_set.h"

#include "base/hash.h"

#include <stdlib.h>

static bool grow(struct key_set *set)
{
    size_t capacity = set->capacity == 0 ? 1024 : set->capacity * 2;
    uint64_t *slots = calloc(capacity, sizeof *slots);
    if (!slots) {
        return false;
    }
    for (size_t i = 0; i < set->capacity; i++) {
        for (size_t at = (size_t)set->slots[i] & (capacity - 1); set->slots[i] != 0; at = (at + 1) & (capacity - 1)) {
            if (slots[at] == 0) {
                slots[at] = set->slots[i];
                break;
            }
        }
    }
    free(set->slots);
    set->slots = slots;
    set->capacity = capacity;
    return true;
}

static uint64_t hash_value(const struct value *value)
{
    if (value->type == VALUE_INT) {
        return hash_bytes(&value->integer, sizeof value->integer);
    }
    return hash_bytes(value->string.data, value->string.length);
}

bool key_set_add(struct key_set *set, const struct value *value)
{
    uint64_t hash = hash_value(value);
    hash = hash == 0 ? 1 : hash;
    if (set->count * 2 >= set->capacity && !grow(set)) {
        set->out = true;
        return true;
    }
    size_t at = (size_t)hash & (set->capacity - 1);
    while (set->slots[at] != 0) {
        if (set->slots[at] == hash) {
            return false;
        }
        at = (at + 1) & (set->capacity - 1);
    }
    set->slots[at] = hash;
    set->count++;
    return true;
}

void key_set_drop(struct key_set *set)
{
    free(set->slots);
    *set = (struct key_set){.out = true};
}
