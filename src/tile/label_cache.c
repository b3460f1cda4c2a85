/* SPDX-License-Identifier: MIT */
#include "tile/label_cache.h"

#include "base/hash.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

enum { BUCKETS = 4096 };

enum hold_state { HOLD_MAKING, HOLD_READY, HOLD_FAILED };

/* A square's plan, in the cache while `is_listed`, in memory until nobody uses it. */
struct label_hold {
    uint64_t version;
    struct label_square square;
    enum hold_state state;
    unsigned users; /* holders and waiters; the cache itself is not one */
    bool is_listed;
    struct label_plan *plan;
    size_t bytes;
    struct error error; /* why it failed */
    struct label_hold *bucket_next;
    struct label_hold *newer; /* by last use */
    struct label_hold *older;
};

struct label_cache {
    pthread_mutex_t lock; /* guards all below and the fields of every hold, except a ready plan's content */
    pthread_cond_t made;
    size_t bytes_max;
    size_t bytes;
    size_t count;
    struct label_hold *newest;
    struct label_hold *oldest;
    struct label_hold *buckets[BUCKETS];
    struct label_cache_stats stats;
};

struct label_cache *label_cache_create(size_t bytes_max)
{
    struct label_cache *cache = calloc(1, sizeof *cache);
    if (!cache) {
        return NULL;
    }
    cache->bytes_max = bytes_max;
    pthread_mutex_init(&cache->lock, NULL);
    pthread_cond_init(&cache->made, NULL);
    return cache;
}

static void destroy_hold(struct label_hold *hold)
{
    if (hold->plan) {
        label_plan_destroy(hold->plan);
    }
    free(hold);
}

static struct label_hold **bucket_of(struct label_cache *cache, uint64_t version, struct label_square square)
{
    uint64_t hash = hash_mix(version, (uint64_t)square.zoom);
    hash = hash_mix(hash, (uint64_t)square.column);
    hash = hash_mix(hash, (uint64_t)square.row);
    return &cache->buckets[hash % BUCKETS];
}

static void unlink_use(struct label_cache *cache, struct label_hold *hold)
{
    *(hold->newer ? &hold->newer->older : &cache->newest) = hold->older;
    *(hold->older ? &hold->older->newer : &cache->oldest) = hold->newer;
    hold->newer = NULL;
    hold->older = NULL;
}

static void link_newest(struct label_cache *cache, struct label_hold *hold)
{
    hold->older = cache->newest;
    hold->newer = NULL;
    *(cache->newest ? &cache->newest->newer : &cache->oldest) = hold;
    cache->newest = hold;
}

/* Takes the hold out of the cache; frees it when nobody uses it. */
static void unlist(struct label_cache *cache, struct label_hold *hold)
{
    struct label_hold **link = bucket_of(cache, hold->version, hold->square);
    while (*link != hold) {
        link = &(*link)->bucket_next;
    }
    *link = hold->bucket_next;
    unlink_use(cache, hold);
    cache->bytes -= hold->bytes;
    cache->count--;
    hold->is_listed = false;
    if (hold->users == 0) {
        destroy_hold(hold);
    }
}

void label_cache_destroy(struct label_cache *cache)
{
    if (!cache) {
        return;
    }
    while (cache->oldest) {
        assert(cache->oldest->users == 0);
        unlist(cache, cache->oldest);
    }
    pthread_cond_destroy(&cache->made);
    pthread_mutex_destroy(&cache->lock);
    free(cache);
}

static void keep_bound(struct label_cache *cache)
{
    struct label_hold *hold = cache->oldest;
    while (hold && cache->bytes > cache->bytes_max) {
        struct label_hold *newer = hold->newer;
        if (hold->users == 0) {
            unlist(cache, hold);
        }
        hold = newer;
    }
}

static struct label_hold *find(struct label_cache *cache, uint64_t version, struct label_square square)
{
    struct label_hold *hold = *bucket_of(cache, version, square);
    while (hold && !(hold->version == version && hold->square.zoom == square.zoom &&
                     hold->square.column == square.column && hold->square.row == square.row)) {
        hold = hold->bucket_next;
    }
    return hold;
}

static void leave(struct label_cache *cache, struct label_hold *hold)
{
    hold->users--;
    if (hold->users == 0 && !hold->is_listed) {
        destroy_hold(hold);
    } else {
        keep_bound(cache);
    }
}

/* The lock is held. */
static bool wait_for(struct label_cache *cache, struct label_hold *hold, struct label_hold **out_hold,
                     struct error *err)
{
    hold->users++;
    if (hold->state == HOLD_MAKING) {
        cache->stats.shared++;
    } else {
        cache->stats.hits++;
    }
    while (hold->state == HOLD_MAKING) {
        pthread_cond_wait(&cache->made, &cache->lock);
    }
    if (hold->state == HOLD_FAILED) {
        if (err) {
            *err = hold->error;
        }
        leave(cache, hold);
        return false;
    }
    if (hold->is_listed) {
        unlink_use(cache, hold);
        link_newest(cache, hold);
    }
    *out_hold = hold;
    return true;
}

/* The lock is held. */
static struct label_hold *list_new(struct label_cache *cache, uint64_t version, struct label_square square)
{
    struct label_hold *hold = calloc(1, sizeof *hold);
    if (!hold) {
        return NULL;
    }
    struct label_hold **bucket = bucket_of(cache, version, square);
    hold->version = version;
    hold->square = square;
    hold->state = HOLD_MAKING;
    hold->users = 1;
    hold->is_listed = true;
    hold->bucket_next = *bucket;
    *bucket = hold;
    link_newest(cache, hold);
    cache->count++;
    cache->stats.misses++;
    return hold;
}

/* The lock is held. The one place where making a plan ends; wakes everyone who waits. */
static bool finish_making(struct label_cache *cache, struct label_hold *hold, bool made, const struct error *problem,
                          struct error *err)
{
    if (made) {
        hold->state = HOLD_READY;
        hold->bytes = sizeof *hold + label_plan_size(hold->plan);
        cache->bytes += hold->bytes;
        keep_bound(cache);
    } else {
        hold->state = HOLD_FAILED;
        hold->error = *problem;
        if (err) {
            *err = *problem;
        }
        unlist(cache, hold);
        leave(cache, hold);
    }
    pthread_cond_broadcast(&cache->made);
    return made;
}

bool label_cache_get(struct label_cache *cache, uint64_t version, struct label_square square, label_plan_maker *make,
                     void *context, struct label_hold **out_hold, struct error *err)
{
    pthread_mutex_lock(&cache->lock);
    struct label_hold *hold = find(cache, version, square);
    if (hold) {
        bool found = wait_for(cache, hold, out_hold, err);
        pthread_mutex_unlock(&cache->lock);
        return found;
    }
    hold = list_new(cache, version, square);
    pthread_mutex_unlock(&cache->lock);
    if (!hold) {
        return error_no_memory(err);
    }
    struct label_plan *plan = NULL;
    struct error problem = {.kind = ERROR_INTERNAL};
    bool made = make(context, square, &plan, &problem);
    pthread_mutex_lock(&cache->lock);
    hold->plan = plan;
    bool ok = finish_making(cache, hold, made, &problem, err);
    pthread_mutex_unlock(&cache->lock);
    if (ok) {
        *out_hold = hold;
    }
    return ok;
}

const struct label_plan *label_hold_plan(const struct label_hold *hold)
{
    return hold->plan;
}

void label_cache_release(struct label_cache *cache, struct label_hold *hold)
{
    if (!hold) {
        return;
    }
    pthread_mutex_lock(&cache->lock);
    leave(cache, hold);
    pthread_mutex_unlock(&cache->lock);
}

void label_cache_stats(struct label_cache *cache, struct label_cache_stats *out_stats)
{
    pthread_mutex_lock(&cache->lock);
    *out_stats = cache->stats;
    out_stats->bytes = cache->bytes;
    out_stats->count = cache->count;
    pthread_mutex_unlock(&cache->lock);
}
