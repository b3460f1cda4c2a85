/* SPDX-License-Identifier: MIT */
#pragma once
/* What the server knows of itself: counters for /metrics, and whether it is ready. */

#include "tile/tile_service.h"

#include <stdatomic.h>
#include <stdint.h>

enum { STATUS_DURATIONS = 8 };

struct server_status {
    struct tile_service *service;
    int64_t started_ns;
    atomic_bool is_draining;                              /* asked to end: no longer ready */
    atomic_uint_fast64_t answers[6];                      /* by hundreds of the status; [0] unused */
    atomic_uint_fast64_t durations[STATUS_DURATIONS + 1]; /* requests by time taken, the last: longer */
    atomic_uint_fast64_t duration_us;                     /* of all */
    atomic_uint_fast64_t bytes;                           /* of bodies */
    atomic_uint_fast64_t refused_at_gate;
    atomic_uint_fast64_t cut_off; /* connections ended for being too slow */
    atomic_int connections;
    atomic_int in_flight;
    atomic_int streams;
};

/* Counts one answer. */
void status_count(struct server_status *status, unsigned http_status, int64_t duration_ns, uint64_t bytes);
