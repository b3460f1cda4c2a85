/* SPDX-License-Identifier: MIT */
#pragma once
/* How a thread waits for work. To wake a sleeping processor takes longer than to answer a tile from memory, and what
 * was asleep works more slowly afterwards; so while work follows close on work the thread stays awake for a moment and
 * looks again. It leaves its processor to whoever else wants it, and sleeps when nothing comes. Belongs to one thread.
 */

#include <stdbool.h>
#include <stdint.h>

struct vigil {
    int64_t awake_ns;       /* so long it stays awake, after a wait that was shorter than this: in vain once only */
    int64_t looked_ns;      /* when the last look that found work was over */
    int64_t truce_until_ns; /* sleeps until then whatever comes */
    bool was_short;         /* the last wait for work */
    bool is_shared;         /* another thread runs on this processor */
};

/* To be asked after each look for work, and when it is done: true when to look again at once, false when to sleep until
 * something comes. `first_ns` is when the first of what the look found came; 0: there was nothing. `may`: nothing of
 * ours needs the processor more. */
bool vigil_stays_awake(struct vigil *vigil, int64_t first_ns, bool may);
