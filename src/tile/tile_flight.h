/* SPDX-License-Identifier: MIT */
#pragma once
/* Single flight: a tile that is being made, and all who wait for it. Requests for the same tile of the same catalog
 * join the one under way. Not thread-safe: the tile service holds its lock around the table, and a flight that was
 * taken out of it belongs to the thread that did so. */

#include "tile/catalog.h"
#include "tile/job_queue.h"
#include "tile/tile_key.h"
#include "tile/tile_service.h"

enum { TILE_FLIGHT_BUCKETS = 1024 };

/* One who waits. From calloc; freed when it was answered. */
struct tile_waiter {
    tile_done *done;
    bool (*is_gone)(void *context);
    void *context;
    bool takes_gzip;
    struct tile_waiter *next;
};

struct tile_flight {
    struct tile_key key;
    uint64_t mark; /* of `catalog` */
    uint64_t hash; /* of `key` */
    struct catalog *catalog;
    struct job *job; /* while it waits for a worker */
    struct tile_waiter *waiters;
    size_t waiter_count;
    bool is_redraw;         /* of a tile that a publish touched */
    struct tile_blob *kept; /* the tile before, which is right if its labels did not change; NULL */
    uint64_t kept_mark;
    struct tile_flight *bucket_next;
};

struct tile_flights {
    struct tile_flight *buckets[TILE_FLIGHT_BUCKETS];
};

/* The one under way for this tile; NULL: there is none. */
struct tile_flight *tile_flight_find(struct tile_flights *flights, const struct tile_key *key, uint64_t mark);
/* A flight on the list, which nobody waits for yet, with a reference of its own to the catalog. NULL: memory is out. */
struct tile_flight *tile_flight_begin(struct tile_flights *flights, const struct tile_key *key,
                                      struct catalog *catalog);
/* Takes it off the list: nobody can join any more. */
void tile_flight_unlist(struct tile_flights *flights, struct tile_flight *flight);
/* Takes the waiter. */
void tile_flight_join(struct tile_flight *flight, struct tile_waiter *waiter);
/* True when there are waiters and all of them are gone. */
bool tile_flight_is_deserted(const struct tile_flight *flight);
/* True when one of those who wait takes it compressed. */
bool tile_flight_wants_gzip(const struct tile_flight *flight);
/* Answers everyone who waits, with the blob or else with the error, and frees the flight, which is off the list. */
void tile_flight_answer(struct tile_flight *flight, struct tile_blob *blob, const struct error *err);
