/* SPDX-License-Identifier: MIT */
#include "server/connections.h"

#include "base/clock.h"
#include "base/hash.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <linux/tcp.h> /* has tcpi_bytes_acked, which netinet/tcp.h of older C libraries lacks */
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { ADDRESS_SLOTS = 1 << 16, SEND_BYTES_MIN = 20 * 1024 };

static const int64_t second = 1000000000;
static const int64_t head_ns = 10 * second;
static const int64_t idle_ns = 15 * second;
static const int64_t send_ns = 20 * second;

struct connection {
    int socket;
    uint16_t slot;
    bool is_local; /* 127.0.0.1 or ::1 */
    atomic_int phase;
    atomic_int_fast64_t since_ns;
    bool is_cut;
    uint64_t acknowledged; /* bytes the client had when the phase began or was last looked at */
    bool has_mark;
    struct connection *next;
    struct connection *previous;
};

struct connections {
    struct connections_limits limits;
    uint64_t seed;
    pthread_mutex_t lock; /* guards all below, and that no listed socket is closed while it is held */
    struct connection *first;
    unsigned count;
    uint16_t per_slot[ADDRESS_SLOTS]; /* connections by hash of their address */
};

struct connections *connections_create(const struct connections_limits *limits)
{
    struct connections *connections = calloc(1, sizeof *connections);
    if (!connections) {
        return NULL;
    }
    connections->limits = *limits;
    connections->seed = hash_mix((uint64_t)clock_monotonic_ns(), (uint64_t)(uintptr_t)connections);
    pthread_mutex_init(&connections->lock, NULL);
    return connections;
}

void connections_destroy(struct connections *connections)
{
    if (connections) {
        pthread_mutex_destroy(&connections->lock);
        free(connections);
    }
}

static uint16_t slot_of(const struct connections *connections, const struct sockaddr *address)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    uint64_t hash = connections->seed;
    if (address->sa_family == AF_INET) {
        memcpy(&v4, address, sizeof v4);
        hash = hash_mix(hash, v4.sin_addr.s_addr);
    } else if (address->sa_family == AF_INET6) {
        memcpy(&v6, address, sizeof v6);
        bool is_v4 = IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr);
        hash = hash_bytes_seeded(&v6.sin6_addr, is_v4 ? sizeof v6.sin6_addr : 8, hash);
    }
    return (uint16_t)(hash % ADDRESS_SLOTS);
}

static bool is_local(const struct sockaddr *address)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    if (address->sa_family == AF_INET) {
        memcpy(&v4, address, sizeof v4);
        return v4.sin_addr.s_addr == htonl(INADDR_LOOPBACK);
    }
    memcpy(&v6, address, sizeof v6);
    return address->sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
}

static void cut(struct connection *connection)
{
    connection->is_cut = true;
    shutdown(connection->socket, SHUT_RDWR);
}

/* The lock is held. */
static bool cut_longest_idle(struct connections *connections)
{
    struct connection *longest = NULL;
    for (struct connection *one = connections->first; one; one = one->next) {
        int phase = atomic_load_explicit(&one->phase, memory_order_relaxed);
        bool waits = phase == CONNECTION_IDLE || phase == CONNECTION_NEW || phase == CONNECTION_HEAD;
        if (waits && !one->is_cut &&
            (!longest || atomic_load_explicit(&one->since_ns, memory_order_relaxed) <
                             atomic_load_explicit(&longest->since_ns, memory_order_relaxed))) {
            longest = one;
        }
    }
    if (longest) {
        cut(longest);
    }
    return longest != NULL;
}

bool connections_admit(struct connections *connections, const struct sockaddr *address)
{
    uint16_t slot = slot_of(connections, address);
    pthread_mutex_lock(&connections->lock);
    bool ok = connections->per_slot[slot] < connections->limits.per_address_max;
    if (ok && connections->count >= connections->limits.count_max) {
        ok = cut_longest_idle(connections);
    }
    pthread_mutex_unlock(&connections->lock);
    return ok;
}

struct connection *connections_add(struct connections *connections, int socket, const struct sockaddr *address)
{
    struct connection *connection = calloc(1, sizeof *connection);
    if (!connection) {
        return NULL;
    }
    connection->socket = socket;
    connection->slot = slot_of(connections, address);
    connection->is_local = is_local(address);
    atomic_init(&connection->phase, CONNECTION_NEW);
    atomic_init(&connection->since_ns, clock_monotonic_ns());
    pthread_mutex_lock(&connections->lock);
    connection->next = connections->first;
    if (connections->first) {
        connections->first->previous = connection;
    }
    connections->first = connection;
    connections->count++;
    connections->per_slot[connection->slot]++;
    pthread_mutex_unlock(&connections->lock);
    return connection;
}

void connections_remove(struct connections *connections, struct connection *connection)
{
    if (!connection) {
        return;
    }
    pthread_mutex_lock(&connections->lock);
    *(connection->previous ? &connection->previous->next : &connections->first) = connection->next;
    if (connection->next) {
        connection->next->previous = connection->previous;
    }
    connections->count--;
    connections->per_slot[connection->slot]--;
    pthread_mutex_unlock(&connections->lock);
    free(connection);
}

void connections_set_phase(struct connection *connection, enum connection_phase phase)
{
    if (connection) {
        atomic_store_explicit(&connection->since_ns, clock_monotonic_ns(), memory_order_relaxed);
        atomic_store_explicit(&connection->phase, phase, memory_order_release);
    }
}

uint64_t connections_client(const struct connection *connection)
{
    return connection && !connection->is_local ? (uint64_t)connection->slot + 1 : 0;
}

bool connections_is_gone(const struct connection *connection)
{
    char byte;
    if (!connection) {
        return false;
    }
    ssize_t got = recv(connection->socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

static uint64_t acknowledged_bytes(int socket)
{
    struct tcp_info info;
    socklen_t size = sizeof info;
    memset(&info, 0, sizeof info);
    if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 ||
        size < offsetof(struct tcp_info, tcpi_bytes_acked) + sizeof info.tcpi_bytes_acked) {
        return UINT64_MAX;
    }
    return info.tcpi_bytes_acked;
}

/* True when a client that is being sent to took too little since the last look. */
static bool reads_too_slowly(struct connection *connection, int64_t now)
{
    uint64_t bytes = acknowledged_bytes(connection->socket);
    if (bytes == UINT64_MAX) {
        return false;
    }
    bool too_slow = connection->has_mark && bytes - connection->acknowledged < SEND_BYTES_MIN;
    connection->has_mark = true;
    connection->acknowledged = bytes;
    atomic_store_explicit(&connection->since_ns, now, memory_order_relaxed);
    return too_slow;
}

static bool is_past_deadline(struct connection *connection, int64_t now)
{
    int phase = atomic_load_explicit(&connection->phase, memory_order_acquire);
    int64_t age = now - atomic_load_explicit(&connection->since_ns, memory_order_relaxed);
    if (phase != CONNECTION_SENDING) {
        connection->has_mark = false;
    }
    switch (phase) {
    case CONNECTION_NEW:
    case CONNECTION_HEAD:
        return age > head_ns;
    case CONNECTION_IDLE:
        return age > idle_ns;
    case CONNECTION_SENDING:
        return age > send_ns && reads_too_slowly(connection, now);
    default:
        return false;
    }
}

unsigned connections_cut_off(struct connections *connections)
{
    unsigned count = 0;
    int64_t now = clock_monotonic_ns();
    pthread_mutex_lock(&connections->lock);
    for (struct connection *one = connections->first; one; one = one->next) {
        if (!one->is_cut && is_past_deadline(one, now)) {
            cut(one);
            count++;
        }
    }
    pthread_mutex_unlock(&connections->lock);
    return count;
}

unsigned connections_count(struct connections *connections)
{
    pthread_mutex_lock(&connections->lock);
    unsigned count = connections->count;
    pthread_mutex_unlock(&connections->lock);
    return count;
}
