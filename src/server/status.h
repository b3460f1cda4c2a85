/* SPDX-License-Identifier: MIT */
#pragma once
/* What the server knows of itself: counters for /metrics, and whether it is ready. */

#include "server/listen.h"
#include "tile/tile_service.h"

#include <stdatomic.h>
#include <stdint.h>

enum { STATUS_DURATIONS = 8 };

/* What one listener counts for every request: no two processors write to the same place. */
struct status_share {
    atomic_uint_fast64_t answers[6];                      /* by hundreds of the status; [0] unused */
    atomic_uint_fast64_t durations[STATUS_DURATIONS + 1]; /* requests by time taken, the last: longer */
    atomic_uint_fast64_t duration_us;                     /* of all */
    atomic_uint_fast64_t bytes;                           /* of bodies */
    atomic_uint_fast64_t ready_hits;                      /* tiles answered without asking the tile service */
    atomic_int connections;
    atomic_int in_flight;
    char distance[128]; /* to the next one's cache lines */
};

struct server_status {
    struct tile_service *service;
    int64_t started_ns;
    atomic_bool is_draining; /* asked to end: no longer ready */
    atomic_uint_fast64_t refused_at_gate;
    atomic_uint_fast64_t cut_off; /* connections ended for being too slow */
    atomic_int streams;
    struct status_share shares[LISTEN_SOCKETS_MAX];
};

/* Counts one answer. */
void status_count(struct status_share *share, unsigned http_status, int64_t duration_ns, uint64_t bytes);
/* Of all listeners. */
int status_connections(const struct server_status *status);
int status_in_flight(const struct server_status *status);
