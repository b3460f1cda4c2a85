/* SPDX-License-Identifier: MIT */
#include "store/item_id.h"

#include "base/hash.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

bool item_id_is_row(const struct value *key)
{
    return !key || key->type == VALUE_NULL || key->type == VALUE_ARRAY || key->type == VALUE_OBJECT;
}

struct value item_id_of(const struct value *key, int64_t row, struct item_id_text *text)
{
    if (item_id_is_row(key)) {
        return value_of_int(row);
    }
    switch (key->type) {
    case VALUE_INT:
    case VALUE_STRING:
        return *key;
    case VALUE_BOOL:
        return value_of_string(key->boolean ? "true" : "false");
    case VALUE_REAL:
        if (key->real == nearbyint(key->real) && fabs(key->real) < 1e15) {
            return value_of_int((int64_t)key->real);
        }
        return value_of_text((struct text){text->bytes, text_put_double(key->real, text->bytes)});
    case VALUE_NULL:
    case VALUE_ARRAY:
    case VALUE_OBJECT:
        break;
    }
    return value_of_int(row);
}

/* An integer in decimal in `out`, a text as it is. */
static struct text as_text(const struct value *id, char out[32])
{
    if (id->type == VALUE_STRING) {
        return id->string;
    }
    int length = snprintf(out, 32, "%" PRId64, id->type == VALUE_INT ? id->integer : 0);
    return (struct text){out, (size_t)length};
}

uint64_t item_id_hash(const struct value *id)
{
    char bytes[32];
    return item_id_hash_text(as_text(id, bytes));
}

uint64_t item_id_hash_text(struct text text)
{
    return hash_bytes(text.data, text.length);
}

bool item_id_is(const struct value *id, struct text text)
{
    char bytes[32];
    return text_equal(as_text(id, bytes), text);
}
