/* SPDX-License-Identifier: MIT */
#pragma once
/* The open connections and how long each may take. The HTTP library restarts its timeout at every byte, so a client
 * that sends one byte now and then would stay for ever: here a deadline is a deadline. Thread-safe. */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct connections;
struct connection;

struct connections_limits {
    unsigned count_max;       /* past it the one that idles longest is closed for the new one */
    unsigned per_address_max; /* IPv6: per /64 */
};

struct connections *connections_create(const struct connections_limits *limits);
/* Every connection must have been removed. Accepts NULL. */
void connections_destroy(struct connections *connections);

/* True when one from this address may be accepted now. May close another that idles. */
bool connections_admit(struct connections *connections, const struct sockaddr *address);
/* NULL when memory is out: the connection is then not watched. */
struct connection *connections_add(struct connections *connections, int socket, const struct sockaddr *address);
/* Before the socket is closed. Accepts NULL. */
void connections_remove(struct connections *connections, struct connection *connection);

enum connection_phase {
    CONNECTION_NEW,    /* accepted: 10 s until the request's head is complete */
    CONNECTION_IDLE,   /* between requests: 15 s until the next one's first line */
    CONNECTION_HEAD,   /* the first line is there: 10 s until the head is complete */
    CONNECTION_BUSY,   /* we are at work: no limit here */
    CONNECTION_SENDING /* at least 1 KiB a second, looked at every 20 s */
};
void connections_set_phase(struct connection *connection, enum connection_phase phase); /* accepts NULL */

/* A number for the client's address, as caches of fairness want it: IPv6 by /64; 0 for 127.0.0.1 and ::1, where a proxy
 * speaks for many. Accepts NULL. */
uint64_t connections_client(const struct connection *connection);
/* True when the client has closed its end. Accepts NULL. Only while the connection is ours to answer. */
bool connections_is_gone(const struct connection *connection);

/* Closes what is past its deadline; to be called about twice a second. Returns how many. */
unsigned connections_cut_off(struct connections *connections);
unsigned connections_count(struct connections *connections);
