/* SPDX-License-Identifier: MIT */
#include "store/item_read.h"

#include "store/reader.h"

bool item_read_failed(const struct store_layer *layer, enum cell_result result, const struct arena *arena,
                      struct error *err)
{
    if (result == CELL_NO_ROOM && !arena_is_full(arena)) {
        return error_no_memory(err);
    }
    if (result == CELL_NO_ROOM) {
        error_set(err, ERROR_TOO_LARGE, "layer \"%s\": a feature is too large to be shown", layer->id);
        return false;
    }
    return reader_damaged(layer, err);
}

bool item_read_shape(const struct store_layer *layer, struct text bytes, struct arena *arena, struct shape *out_shape,
                     struct error *err)
{
    *out_shape = (struct shape){.kind = layer->kind};
    if (bytes.length == 0) {
        return true;
    }
    const unsigned char *start = (const unsigned char *)bytes.data;
    struct cell_cursor cursor = {start, start + bytes.length};
    enum cell_result result = cell_get_shape(&cursor, layer->kind, arena, out_shape);
    return result == CELL_OK || item_read_failed(layer, result, arena, err);
}
