/* SPDX-License-Identifier: MIT */
#include "tile/tile_flight.h"

#include <stdlib.h>

static struct tile_flight **link_to(struct tile_flights *flights, const struct tile_key *key, uint64_t mark,
                                    uint64_t hash)
{
    struct tile_flight **link = &flights->buckets[hash % TILE_FLIGHT_BUCKETS];
    while (*link && !((*link)->hash == hash && (*link)->mark == mark && tile_key_equal(&(*link)->key, key))) {
        link = &(*link)->bucket_next;
    }
    return link;
}

struct tile_flight *tile_flight_find(struct tile_flights *flights, const struct tile_key *key, uint64_t mark)
{
    return *link_to(flights, key, mark, tile_key_hash(key));
}

struct tile_flight *tile_flight_begin(struct tile_flights *flights, const struct tile_key *key, struct catalog *catalog)
{
    struct tile_flight *flight = calloc(1, sizeof *flight);
    if (!flight) {
        return NULL;
    }
    *flight = (struct tile_flight){.key = *key,
                                   .mark = catalog_changes(catalog)->mark,
                                   .hash = tile_key_hash(key),
                                   .catalog = catalog_ref(catalog)};
    struct tile_flight **link = link_to(flights, key, flight->mark, flight->hash);
    flight->bucket_next = *link;
    *link = flight;
    return flight;
}

void tile_flight_unlist(struct tile_flights *flights, struct tile_flight *flight)
{
    *link_to(flights, &flight->key, flight->mark, flight->hash) = flight->bucket_next;
}

void tile_flight_join(struct tile_flight *flight, struct tile_waiter *waiter)
{
    waiter->next = flight->waiters;
    flight->waiters = waiter;
    flight->waiter_count++;
}

bool tile_flight_is_deserted(const struct tile_flight *flight)
{
    const struct tile_waiter *waiter = flight->waiters;
    while (waiter && waiter->is_gone && waiter->is_gone(waiter->context)) {
        waiter = waiter->next;
    }
    return flight->waiters && !waiter;
}

bool tile_flight_wants_gzip(const struct tile_flight *flight)
{
    const struct tile_waiter *waiter = flight->waiters;
    while (waiter && !waiter->takes_gzip) {
        waiter = waiter->next;
    }
    return waiter != NULL;
}

void tile_flight_answer(struct tile_flight *flight, struct tile_blob *blob, const struct error *err)
{
    struct tile_waiter *waiter = flight->waiters;
    while (waiter) {
        struct tile_waiter *next = waiter->next;
        waiter->done(waiter->context, blob, false, blob ? NULL : err);
        free(waiter);
        waiter = next;
    }
    tile_blob_unref(flight->kept);
    catalog_unref(flight->catalog);
    free(flight);
}
