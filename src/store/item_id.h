/* SPDX-License-Identifier: MIT */
#pragma once
/* The id of a feature: the value of the key field, or the row number where there is none. */

#include "base/value.h"

struct item_id_text {
    char bytes[32];
};

/* Integers and texts are ids as they are, whole reals become integers, other values their text (held in `text`).
 * `key` NULL or a null value: the row. */
struct value item_id_of(const struct value *key, int64_t row, struct item_id_text *text);
bool item_id_is_row(const struct value *key);
/* Hash of the id's text, by which items are found. */
uint64_t item_id_hash(const struct value *id);
uint64_t item_id_hash_text(struct text text);
/* True when the id written as text is `text`. */
bool item_id_is(const struct value *id, struct text text);
