/* SPDX-License-Identifier: MIT */
#pragma once
/* The server: HTTP in, answers out. docs/server.md describes what it promises. */

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct server_options {
    const char *listen;       /* "ADDR:PORT", "[::1]:8080"; port 0 takes a free one. NULL: "127.0.0.1:8080" */
    const char *data;         /* the data directory */
    const char *styles;       /* folder of maps, *.json */
    const char *www;          /* folder whose files are served below /static/; NULL: none */
    const char *base_url;     /* "https://mapas.example.mx", for absolute links; NULL: from the Host header */
    unsigned workers;         /* threads that render and read the store; 0: one per processor */
    unsigned listeners;       /* threads that speak HTTP; 0: one per processor */
    size_t cache_bytes;       /* memory for finished tiles; 0 switches the cache off */
    uint64_t disk_bytes;      /* of tiles.sqlite in the data directory; 0 switches it off */
    unsigned connections_max; /* 0: 4096 */
    unsigned connections_per_address_max; /* 0: 256 */
    bool quiet;                           /* no line for each request */
};

/* Serves until SIGTERM or SIGINT, then lets running requests finish (up to 20 s; a second signal ends at once) and
 * returns true. Prints the address to open on stdout. False when it could not start. */
bool server_run(const struct server_options *options, struct error *err);
