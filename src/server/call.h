/* SPDX-License-Identifier: MIT */
#pragma once
/* One request while libmicrohttpd holds it: what the library tells becomes an exchange, which workers or the callback
 * itself answer, and the answer goes back, at once or as a stream. Sockets, connections and threads: server/http.h. */

#include "server/connections.h"
#include "server/exchange.h"
#include "server/ready.h"

#include <microhttpd.h>

struct call;

/* What the calls of one listener share. Only the listener's thread touches it, but for `signal`. */
struct call_desk {
    const struct exchange_shared *shared;
    struct MHD_Response *no_memory; /* what is said when there is no memory to say anything else; borrowed */
    struct status_share *share;
    struct ready *ready; /* NULL: the cache is switched off */
    struct call *spare;  /* calls that ended, for the next ones */
    size_t spare_count;
    int64_t first_ns; /* when the first request of this look at the sockets began; 0: there was none */
    int signal;       /* an eventfd that wakes the listener's thread */
};

/* One connection, for as long as the library holds it. */
struct call_peer {
    struct connection *watched;
    struct call *call; /* the request under way; NULL between requests */
};

/* `listeners`: how many share the memory for ready answers, which the options bound. */
void call_desk_open(struct call_desk *desk, size_t listeners);
/* No call may be left but spare ones. */
void call_desk_close(struct call_desk *desk);
/* From any thread. */
void call_desk_wake(const struct call_desk *desk);

/* The library's callbacks; their context is the desk, a connection's socket context the peer. */
void *call_on_target(void *context, const char *target, struct MHD_Connection *connection);
enum MHD_Result call_on_request(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                                const char *version, const char *upload, size_t *upload_size, void **call_slot);
void call_on_completed(void *context, struct MHD_Connection *connection, void **call_slot,
                       enum MHD_RequestTerminationCode reason);
/* The connection ends: so does a call that the library forgot. */
void call_abandon(struct call_peer *peer);

/* The answer for call_desk.no_memory, made at the start, when there is memory. NULL: there is none now. */
struct MHD_Response *call_make_no_memory(void);
