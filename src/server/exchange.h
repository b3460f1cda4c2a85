/* SPDX-License-Identifier: MIT */
#pragma once
/* One request and its answer, from the gate to the sealed response, without a socket.
 *
 *   exchange_read       the gate
 *   exchange_begin      method, router, parameters; inline handlers run here
 *   exchange_run        on a worker, when exchange_begin says EXCHANGE_NEEDS_WORKER
 *   exchange_take_tile  when it says EXCHANGE_NEEDS_TILE: the tile or the error
 * and then `response` is sealed and ready to be sent. */

#include "server/gate.h"
#include "server/router.h"
#include "server/status.h"
#include "tile/tile_service.h"

enum { EXCHANGE_STREAMS_MAX = 128 };

/* What all exchanges share. Immutable while serving, except the status. */
struct exchange_shared {
    const struct server_options *options;
    struct tile_service *service;
    const struct static_files *files;
    struct server_status *status;
};

struct exchange {
    const struct exchange_shared *shared;
    struct arena *arena;
    struct catalog *catalog;
    struct request request;
    struct response response;
    const struct route *route;
    bool holds_stream; /* counted in status->streams */
    bool is_lasting;   /* the same request has the same answer as long as the catalog stays */
    uint64_t turn;     /* of the catalog, or an earlier one */
    int64_t started_ns;
};

/* The request as it came. */
struct exchange_head {
    const char *method;
    const char *version;
    struct text target;
    const struct gate_header *headers;
    size_t header_count;
};

enum exchange_step { EXCHANGE_ANSWERED, EXCHANGE_NEEDS_WORKER, EXCHANGE_NEEDS_TILE };

/* NULL when memory is out. */
struct exchange *exchange_create(const struct exchange_shared *shared);
void exchange_destroy(struct exchange *exchange);
/* Forgets the request and its answer. Another one begins when the caller sets `started_ns`. */
void exchange_reset(struct exchange *exchange);

/* The gate. False when the request is refused: the response says why, and the connection is to be closed. */
bool exchange_read(struct exchange *exchange, const struct exchange_head *head);
enum exchange_step exchange_begin(struct exchange *exchange);
/* `worker` is NULL when the service is ending: answers 503. The response may then want a stream, but no tile. */
void exchange_run(struct exchange *exchange, struct tile_worker *worker);
/* Refuses what could not be queued, or failed. */
void exchange_fail(struct exchange *exchange, const struct error *err);
/* `is_stale`: the tile is the one before the last publish. */
void exchange_take_tile(struct exchange *exchange, struct tile_blob *blob, bool is_stale, const struct error *err);
/* True when the address does not say which version is wanted, so that the one before may do for a moment. */
bool exchange_may_be_stale(const struct exchange *exchange);
/* Answers a refusal of the gate found elsewhere. */
void exchange_refuse(struct exchange *exchange, const struct gate_refusal *refusal);
/* The context for handlers and streams. */
struct handler_context exchange_context(struct exchange *exchange, struct tile_worker *worker);
