/* SPDX-License-Identifier: MIT */
#pragma once
/* How a listener's thread waits for its sockets. To wake a sleeping processor takes longer than to answer a tile from
 * memory, so while requests follow close on one another the thread stays awake for a moment and looks again. It leaves
 * its processor to whoever else wants it, and sleeps when nothing comes. Belongs to one thread. */

#include <stdbool.h>
#include <stdint.h>

struct vigil {
    int64_t looked_ns;      /* when the last look that found requests was over */
    int64_t truce_until_ns; /* sleeps until then whatever comes */
    bool was_short;         /* the last wait for a request */
    bool is_shared;         /* another thread runs on this processor */
};

/* To be asked after each look at the sockets: true when to look again at once, false when to sleep until something
 * comes. `first_ns` is when the first of the requests that the look found began; 0: there was none. `may`: nothing
 * of ours needs the processor more. */
bool vigil_stays_awake(struct vigil *vigil, int64_t first_ns, bool may);
