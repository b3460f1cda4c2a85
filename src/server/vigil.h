/* SPDX-License-Identifier: MIT */
#pragma once
/* How a listener's thread waits for its sockets. To wake a sleeping processor takes longer than to answer a tile from
 * memory, so while requests follow close on one another the thread stays awake for a moment and looks again; it leaves
 * its processor to whoever else wants it, and sleeps when nothing comes. */

#include "base/error.h"

struct vigil;

/* Watches `sockets`, an epoll descriptor that remains the caller's. */
bool vigil_create(int sockets, struct vigil **out_vigil, struct error *err);
/* Accepts NULL. */
void vigil_destroy(struct vigil *vigil);

/* Returns when the sockets should be looked at again: when there is something to do, when `timeout_ms` (-1: none) is
 * over, after vigil_wake, or at once while the thread stays awake. `has_served`: requests were answered since the last
 * call. `may_stay_awake`: no other work of ours needs the processor. To be called by one thread. */
void vigil_wait(struct vigil *vigil, int timeout_ms, bool has_served, bool may_stay_awake);

/* Ends the wait under way, or the next one. Thread-safe. */
void vigil_wake(struct vigil *vigil);
