/* SPDX-License-Identifier: MIT */
#pragma once
/* What a row of the item table holds, for the files of this room. */

#include "store/cell.h"
#include "store/store.h"

#define ITEM_READ_BYTES_MAX ((size_t)1 << 30) /* one item: 60 million vertices */

/* Fails with what became of an item that could not be decoded into `arena`. */
bool item_read_failed(const struct store_layer *layer, enum cell_result result, const struct arena *arena,
                      struct error *err);
/* The shape in degrees; part_count 0 when there is none. */
bool item_read_shape(const struct store_layer *layer, struct text bytes, struct arena *arena, struct shape *out_shape,
                     struct error *err);
