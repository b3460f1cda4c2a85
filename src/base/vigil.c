/* SPDX-License-Identifier: MIT */
#include "base/vigil.h"

#include "base/clock.h"

#include <sched.h>

static const int64_t microsecond = 1000;
/* Who gave way for longer than this has a neighbour on the processor, … */
static const int64_t shared_ns = 5 * microsecond;
/* … and for longer than this one that works on and on. Who is woken comes before such a one; who stays awake would
 * have to wait for its turn each time. */
static const int64_t crowded_ns = 1000 * microsecond;
static const int64_t truce_ns = 250 * 1000 * microsecond;

static void give_way(struct vigil *vigil, int64_t now_ns)
{
    sched_yield();
    int64_t away_ns = clock_monotonic_ns() - now_ns;
    vigil->is_shared = vigil->is_shared || away_ns > shared_ns;
    if (away_ns > crowded_ns) {
        vigil->truce_until_ns = now_ns + truce_ns;
    }
}

bool vigil_stays_awake(struct vigil *vigil, int64_t first_ns, bool may)
{
    int64_t now_ns = clock_monotonic_ns();
    /* The kernel puts a thread that it wakes on a processor that is free, but leaves one that stays awake where it is:
     * beside a neighbour it sleeps once. */
    bool should_move = first_ns > 0 && vigil->is_shared;
    if (first_ns > 0) {
        vigil->was_short = first_ns - vigil->looked_ns < vigil->awake_ns;
        vigil->looked_ns = now_ns;
        vigil->is_shared = false;
    }
    if (!may || should_move || !vigil->was_short || now_ns - vigil->looked_ns > vigil->awake_ns ||
        now_ns < vigil->truce_until_ns) {
        return false;
    }
    if (first_ns == 0) {
        give_way(vigil, now_ns);
    }
    return true;
}
