/* SPDX-License-Identifier: MIT */
#pragma once
/* Listening sockets. */

#include "base/error.h"

#include <stddef.h>

enum { LISTEN_SOCKETS_MAX = 64, LISTEN_ADDRESS_BYTES = 300 };

/* Opens `count` sockets on one address ("127.0.0.1:8080", "[::1]:0", ":8080" for all), each with a queue of its own.
 * Port 0 takes a free port. Fails when another program listens there. `out_address` tells where it listens. */
bool listen_open(const char *address, size_t count, int *out_sockets, char out_address[LISTEN_ADDRESS_BYTES],
                 struct error *err);

/* The first socket that systemd, or the process before us, handed over (sd_listen_fds(3): LISTEN_PID, LISTEN_FDS), or
 * -1. What waits in its queue is not lost when the process behind it changes. */
int listen_inherited(void);
/* `count` sockets that take connections of the inherited one, which is closed. */
bool listen_share(int socket, size_t count, int *out_sockets, char out_address[LISTEN_ADDRESS_BYTES],
                  struct error *err);

/* Where new connections go that come to the sockets of listen_open: by the hash of their addresses to all of them, or
 * all to the first one opened. `socket` is any of them. False when the system knows no such thing: by the hash. */
bool listen_steer(int socket, bool spreads);
