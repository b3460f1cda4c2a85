/* SPDX-License-Identifier: MIT */
#pragma once
/* Which handler answers which path: one table. */

#include "server/handler.h"

enum route_kind {
    ROUTE_INLINE, /* runs where the request was read: memory only, microseconds */
    ROUTE_WORKER  /* runs on a worker: may read the store, draw, take time */
};

struct route {
    /* Segments are literal, "{capture}", "{capture}.suffix", or "{capture...}" for all that is left. */
    const char *pattern;
    enum route_kind kind;
    handler *handle;
    const char *parameters; /* names of the query that it knows, separated by blanks; "*": others are ignored, since
                               links that people share come back with fbclid and utm_source */
};

/* The table, sorted by pattern. */
const struct route *router_routes(size_t *out_count);

/* The route for a decoded path; the one with the most literal characters when several fit. Fills captures (in
 * `arena`). NULL when there is none or memory is out. */
const struct route *router_match(const char *path, struct arena *arena, const char *out_captures[REQUEST_CAPTURES_MAX],
                                 size_t *out_capture_count);

/* Checks that the route knows every parameter and none comes twice; the error names it and the nearest known one. */
bool router_check_parameters(const struct route *route, const struct request_parameter *parameters, size_t count,
                             struct error *err);
