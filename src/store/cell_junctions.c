/* SPDX-License-Identifier: MIT */
#include "store/cell_junctions.h"

#include "base/large_memory.h"

#include <stdlib.h>

enum {
    BUCKET_SLOTS = 16, /* a line of the processor's cache */
    BUCKET_BYTES = 64,
    BUCKETS_MIN = 64,
    BUCKETS_MAX = 3 << 19,  /* 96 MB */
    VERTICES_A_BUCKET = 10, /* that are noted; in a coverage most are noted twice or more */
    /* A missed junction is a gap between neighbours, a false one a vertex too much: so more bits tell neighbours apart.
     */
    NEIGHBOUR_BITS = 20,
    TAGS = (1 << (32 - NEIGHBOUR_BITS)) - 1,
    NEIGHBOURS_DIFFER = (1 << NEIGHBOUR_BITS) - 1,
    AHEAD = 16, /* buckets that are fetched at the same time, before they are needed */
    HASHES = 2 * AHEAD
};

/* No slot of a vertex is like these. */
static const uint32_t slot_empty = 0;
static const uint32_t slot_full = UINT32_MAX; /* the last one of a bucket that more vertices fell into */

/* A slot: what tells the vertex from others in the bucket, a hash of its neighbours or that they differ. */
struct cell_junctions {
    uint32_t *slots; /* buckets on the lines of the cache */
    uint64_t bucket_count;
};

/* In steps of a sixteenth to an eighth: which vertices are taken for each other depends on the number of buckets, and
 * with it what is left of borders everywhere; it should not change with each feature that is added or deleted. */
static uint64_t count_buckets(uint64_t vertices)
{
    uint64_t buckets = vertices / VERTICES_A_BUCKET + BUCKETS_MIN;
    uint64_t step = 1;
    while (buckets / step >= 16) {
        step *= 2;
    }
    buckets = (buckets + step - 1) / step * step;
    return buckets < BUCKETS_MAX ? buckets : BUCKETS_MAX;
}

bool cell_junctions_open(uint64_t vertices, struct cell_junctions **out_junctions, struct error *err)
{
    uint64_t buckets = count_buckets(vertices);
    struct cell_junctions *junctions = calloc(1, sizeof *junctions);
    uint32_t *slots = large_memory_take((size_t)buckets * BUCKET_BYTES);
    if (!junctions || !slots) {
        free(junctions);
        large_memory_drop(slots, (size_t)buckets * BUCKET_BYTES);
        return error_no_memory(err);
    }
    *junctions = (struct cell_junctions){slots, buckets};
    *out_junctions = junctions;
    return true;
}

void cell_junctions_close(struct cell_junctions *junctions)
{
    if (junctions) {
        large_memory_drop(junctions->slots, (size_t)junctions->bucket_count * BUCKET_BYTES);
        free(junctions);
    }
}

static uint64_t hash_point(struct world_point point)
{
    uint64_t bits = (uint64_t)(uint32_t)point.x << 32 | (uint32_t)point.y;
    bits *= UINT64_C(0x9E3779B97F4A7C15);
    bits ^= bits >> 32;
    bits *= UINT64_C(0xD6E8FEB86659FD93);
    return bits ^ bits >> 32;
}

/* The same for both directions. */
static uint32_t hash_neighbours(uint64_t before, uint64_t after)
{
    uint64_t sum = before + after;
    return (uint32_t)(1 + (sum ^ sum >> 32) % (NEIGHBOURS_DIFFER - 1));
}

static uint32_t *bucket_of(const struct cell_junctions *junctions, uint64_t vertex)
{
    return junctions->slots + ((vertex >> 32) * junctions->bucket_count >> 32) * BUCKET_SLOTS;
}

static uint32_t tag_of(uint64_t vertex)
{
    return (uint32_t)((vertex & UINT32_MAX) % TAGS);
}

/* Slots are taken from the first on and never given back, so two threads cannot note one vertex in two of them. */
static void note(struct cell_junctions *junctions, uint64_t vertex, uint32_t neighbours)
{
    uint32_t *bucket = bucket_of(junctions, vertex);
    uint32_t tag = tag_of(vertex);
    uint32_t wanted = tag << NEIGHBOUR_BITS | neighbours;
    for (size_t i = 0; i < BUCKET_SLOTS; i++) {
        uint32_t seen = __atomic_load_n(&bucket[i], __ATOMIC_RELAXED);
        if (seen == slot_empty &&
            __atomic_compare_exchange_n(&bucket[i], &seen, wanted, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
            return;
        }
        if (seen == wanted || seen == slot_full) {
            return;
        }
        if (seen >> NEIGHBOUR_BITS == tag) {
            /* Fails when another thread just did so, or when the bucket became full. */
            __atomic_compare_exchange_n(&bucket[i], &seen, tag << NEIGHBOUR_BITS | NEIGHBOURS_DIFFER, false,
                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED);
            return;
        }
    }
    __atomic_store_n(&bucket[BUCKET_SLOTS - 1], slot_full, __ATOMIC_RELAXED);
}

static void note_part(struct cell_junctions *junctions, const struct world_point *points, uint32_t count, bool is_ring)
{
    /* A ring's last vertex is its first one. */
    uint32_t distinct = is_ring ? count - 1 : count;
    if (distinct < 2) {
        return;
    }
    uint64_t hashes[HASHES] = {0}; /* of the vertex at hand and of those that are fetched */
    uint64_t first = hash_point(points[0]);
    uint64_t before = is_ring ? hash_point(points[distinct - 1]) : 0;
    for (size_t i = 0; i < (size_t)distinct + AHEAD; i++) {
        if (i < distinct) {
            hashes[i % HASHES] = hash_point(points[i]);
            __builtin_prefetch(bucket_of(junctions, hashes[i % HASHES]), 1);
        }
        if (i >= AHEAD) {
            size_t at = i - AHEAD;
            uint64_t after = at + 1 < distinct ? hashes[(at + 1) % HASHES] : is_ring ? first : 0;
            uint64_t now = hashes[at % HASHES];
            note(junctions, now, hash_neighbours(before, after));
            before = now;
        }
    }
}

void cell_junctions_note(struct cell_junctions *junctions, const struct geometry *geometry)
{
    uint32_t start = 0;
    for (uint32_t p = 0; p < geometry->part_count && geometry->kind != GEOMETRY_POINT; p++) {
        note_part(junctions, geometry->points + start, geometry->parts[p].end - start,
                  geometry->kind == GEOMETRY_POLYGON);
        start = geometry->parts[p].end;
    }
}

static bool holds(const struct cell_junctions *junctions, uint64_t vertex)
{
    const uint32_t *bucket = bucket_of(junctions, vertex);
    uint32_t wanted = tag_of(vertex) << NEIGHBOUR_BITS | NEIGHBOURS_DIFFER;
    bool found = bucket[BUCKET_SLOTS - 1] == slot_full;
    for (size_t i = 0; i < BUCKET_SLOTS; i++) {
        found |= bucket[i] == wanted; /* no branch: all slots are compared at once */
    }
    return found;
}

void cell_junctions_find(const struct cell_junctions *junctions, const struct world_point *points, uint32_t count,
                         unsigned char *out_found)
{
    uint64_t hashes[AHEAD] = {0};
    for (size_t i = 0; i < (size_t)count + AHEAD; i++) {
        if (i >= AHEAD) {
            out_found[i - AHEAD] = holds(junctions, hashes[i % AHEAD]);
        }
        if (i < count) {
            hashes[i % AHEAD] = hash_point(points[i]);
            __builtin_prefetch(bucket_of(junctions, hashes[i % AHEAD]));
        }
    }
}
