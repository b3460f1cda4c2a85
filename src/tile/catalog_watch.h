/* SPDX-License-Identifier: MIT */
#pragma once
/* Keeps the current catalog: a thread asks the store and the styles folder for news and reads the catalog again when
 * there are any. Thread-safe. */

#include "tile/catalog.h"

struct catalog_watch;

/* Reads the first catalog before it returns. */
bool catalog_watch_create(const char *data_folder, const char *styles_folder, struct catalog_watch **out_watch,
                          struct error *err);
/* Ends the thread; the catalog stays. May be called twice. */
void catalog_watch_stop(struct catalog_watch *watch);
/* Stops, then frees. Accepts NULL. */
void catalog_watch_destroy(struct catalog_watch *watch);

/* The catalog now; the caller unrefs it. */
struct catalog *catalog_watch_get(struct catalog_watch *watch);
/* A number that grows with each catalog. Asked for before catalog_watch_get, it is that of its catalog or smaller. */
uint64_t catalog_watch_turn(const struct catalog_watch *watch);
