/* SPDX-License-Identifier: MIT */
#pragma once
/* What a finished tile is kept under. */

#include "tile/tile_worker.h"

struct tile_key {
    uint64_t look; /* of the map or layer: how it is drawn, whatever its features are */
    struct tile_request request;
};

/* The key of a tile by the catalog. ERROR_NOT_FOUND when there is no such map or layer. */
bool tile_key_find(const struct catalog *catalog, const struct tile_request *request, struct tile_key *out_key,
                   struct error *err);
uint64_t tile_key_hash(const struct tile_key *key);
bool tile_key_equal(const struct tile_key *a, const struct tile_key *b);
