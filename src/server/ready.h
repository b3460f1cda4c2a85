/* SPDX-License-Identifier: MIT */
#pragma once
/* Answers as they go to the HTTP library, kept by the address they were asked at: what many ask for at once costs a
 * look-up instead of a journey through router, cache and headers. Belongs to one thread, so there is no lock in it.
 *
 * An answer is good for one turn of the catalog (tile_service_turn) and for one second: once a second the tile cache
 * learns that the tile is still wanted. */

#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ready;

/* At most `bytes_max` bytes of answers; `release` lets go of one. NULL when memory is out. */
struct ready *ready_create(size_t bytes_max, void (*release)(void *answer));
void ready_destroy(struct ready *ready);

/* What is asked, as far as the answer depends on it. */
struct ready_key {
    struct text target; /* as it came */
    bool takes_gzip;
};

struct ready_answer {
    void *answer; /* borrowed: ask for it again after anything else was put */
    size_t bytes;
};

/* False when there is none that is good now. */
bool ready_find(const struct ready *ready, const struct ready_key *key, uint64_t turn, int64_t now_ns,
                struct ready_answer *out_found);
/* Takes over a reference to `answer`. False when it is not kept, and remains the caller's: too large, no room. */
bool ready_put(struct ready *ready, const struct ready_key *key, uint64_t turn, int64_t now_ns,
               const struct ready_answer *take_answer);
