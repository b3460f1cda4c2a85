/* SPDX-License-Identifier: MIT */
#include "server/vigil.h"

#include "base/clock.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

static const int64_t microsecond = 1000;
/* So long a thread stays awake; only when the wait before was shorter than this, so it is never in vain twice. */
static const int64_t awake_ns = 50 * microsecond;
/* The processor was away for longer than this: another thread has run on it, … */
static const int64_t shared_ns = 5 * microsecond;
/* … and one that did not soon give it back. Who sleeps is woken before such a one has had its share; who stays awake
 * would have to wait for its turn. */
static const int64_t crowded_ns = 200 * microsecond;
static const int64_t truce_ns = 10000 * microsecond;

struct vigil {
    int poll;   /* has the sockets and the signal */
    int signal; /* an eventfd */
    int64_t served_ns;
    int64_t truce_until_ns; /* sleeps right away until then */
    bool was_short;         /* the wait before */
    bool shares;            /* another thread runs on this processor: sleeping once lets the kernel choose a free one */
};

static bool watch(const struct vigil *vigil, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    return epoll_ctl(vigil->poll, EPOLL_CTL_ADD, fd, &event) == 0;
}

bool vigil_create(int sockets, struct vigil **out_vigil, struct error *err)
{
    struct vigil *vigil = calloc(1, sizeof *vigil);
    if (!vigil) {
        return error_no_memory(err);
    }
    vigil->poll = epoll_create1(EPOLL_CLOEXEC);
    vigil->signal = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (vigil->poll < 0 || vigil->signal < 0 || !watch(vigil, sockets) || !watch(vigil, vigil->signal)) {
        error_set(err, ERROR_INTERNAL, "could not watch the sockets: %s", strerror(errno));
        vigil_destroy(vigil);
        return false;
    }
    *out_vigil = vigil;
    return true;
}

void vigil_destroy(struct vigil *vigil)
{
    if (!vigil) {
        return;
    }
    if (vigil->poll >= 0) {
        close(vigil->poll);
    }
    if (vigil->signal >= 0) {
        close(vigil->signal);
    }
    free(vigil);
}

/* Lets others run. */
static void give_way(struct vigil *vigil, int64_t now_ns)
{
    sched_yield();
    int64_t away_ns = clock_monotonic_ns() - now_ns;
    vigil->shares = vigil->shares || away_ns > shared_ns;
    if (away_ns > crowded_ns) {
        vigil->truce_until_ns = now_ns + truce_ns;
    }
}

static void sleep_on(struct vigil *vigil, int timeout_ms)
{
    struct epoll_event events[2];
    int count = epoll_wait(vigil->poll, events, 2, timeout_ms);
    vigil->was_short = count > 0 && clock_monotonic_ns() - vigil->served_ns < awake_ns;
    vigil->shares = false;
    for (int i = 0; i < count; i++) {
        if (events[i].data.fd == vigil->signal) {
            eventfd_t ignored;
            eventfd_read(vigil->signal, &ignored);
        }
    }
}

void vigil_wait(struct vigil *vigil, int timeout_ms, bool has_served, bool may_stay_awake)
{
    int64_t now_ns = clock_monotonic_ns();
    if (has_served) {
        vigil->served_ns = now_ns;
    }
    if (timeout_ms == 0) {
        return;
    }
    bool stays_awake = may_stay_awake && vigil->was_short && now_ns - vigil->served_ns < awake_ns &&
                       now_ns >= vigil->truce_until_ns && !(has_served && vigil->shares);
    if (!stays_awake) {
        sleep_on(vigil, timeout_ms);
    } else if (!has_served) {
        give_way(vigil, now_ns);
    }
}

void vigil_wake(struct vigil *vigil)
{
    eventfd_write(vigil->signal, 1);
}
