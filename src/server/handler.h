/* SPDX-License-Identifier: MIT */
#pragma once
/* A handler is a function from request to response. It is tested without a socket. */

#include "server/request.h"
#include "server/response.h"
#include "server/server.h"
#include "tile/catalog.h"
#include "tile/tile_worker.h"

struct static_files;
struct server_status;

struct handler_context {
    struct catalog *catalog;    /* stays the same during the request */
    struct tile_worker *worker; /* the store and the painter; NULL for routes marked ROUTE_INLINE */
    struct label_cache *labels;
    struct arena *arena;              /* memory that lives as long as the exchange */
    const struct static_files *files; /* static_files_url gives versioned links; NULL in tests */
    const struct server_options *options;
    struct server_status *status; /* for health and metrics; NULL in tests */
};

typedef void handler(const struct request *request, struct handler_context *context, struct response *response);
