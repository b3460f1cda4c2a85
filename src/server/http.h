/* SPDX-License-Identifier: MIT */
#pragma once
/* Sockets, connections and threads of the HTTP server. With server/call.h (one request) the only place that knows
 * libmicrohttpd: sockets in, exchanges through, answers out.
 *
 * One daemon (one epoll thread) per listener, each with a socket of its own on the same port. A request that can be
 * answered from memory is answered in the callback; any other is suspended, handed to the tile service's workers, and
 * resumed by them, so that no connection waits for another's rendering. */

#include "server/exchange.h"

struct http_server;

/* Starts listening. `shared` must outlive the server. */
bool http_server_create(const struct exchange_shared *shared, struct http_server **out_server, struct error *err);
/* "127.0.0.1:8080": where it listens, the port filled in. */
const char *http_server_address(const struct http_server *server);
/* No new connections from now on. */
void http_server_quiesce(struct http_server *server);
/* Ends all connections. The tile service must have been stopped: nothing may be waiting for it. Accepts NULL. */
void http_server_destroy(struct http_server *server);
