/* SPDX-License-Identifier: MIT */
#pragma once
/* Plans of label squares, made once and shared by the tiles that need them. Thread-safe, bounded by bytes; the oldest
 * unused plans go first. Workers that want a plan which another one is making wait for it. */

#include "render/label.h"

struct label_cache;

/* A plan in use; it stays until released, even when the cache drops it meanwhile. */
struct label_hold;

struct label_cache *label_cache_create(size_t bytes_max);
/* Every hold must have been released. Accepts NULL. */
void label_cache_destroy(struct label_cache *cache);

/* Makes the plan when it is not there. */
typedef bool label_plan_maker(void *context, struct label_square square, struct label_plan **out_plan,
                              struct error *err);

/* The plan of `square` for the map version `version`. When `make` fails, everyone who waits gets its error and nothing
 * is kept. `make` must not call label_cache_get. */
bool label_cache_get(struct label_cache *cache, uint64_t version, struct label_square square, label_plan_maker *make,
                     void *context, struct label_hold **out_hold, struct error *err);
const struct label_plan *label_hold_plan(const struct label_hold *hold);
/* Accepts a NULL hold. */
void label_cache_release(struct label_cache *cache, struct label_hold *hold);

struct label_cache_stats {
    uint64_t hits, misses, shared;
    size_t bytes, count;
};
void label_cache_stats(struct label_cache *cache, struct label_cache_stats *out_stats);
