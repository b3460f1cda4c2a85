/* SPDX-License-Identifier: MIT */
#pragma once
/* A tile of an archive as it is served: not compressed, and an empty one where a vector tile is not there. */

#include "tile/archive_shelf.h"

/* `item` NULL: there is no such archive. ERROR_NOT_FOUND for pictures that are not there. */
bool archive_make_tile(const struct archive_item *item, struct tile_id tile, struct buffer *out, struct error *err);
