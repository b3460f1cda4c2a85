/* SPDX-License-Identifier: MIT */
#include "server/http.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/vigil.h"
#include "server/call.h"
#include "server/listen.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    POOL_BYTES = 16 * 1024, /* of one connection: the head of a request and of its answer */
    IDLE_SECONDS = 15,
    CONNECTIONS_DEFAULT = 4096,
    PER_ADDRESS_DEFAULT = 256,
    FEW_MAX = 15,  /* more connections are many … */
    FEW_AGAIN = 8, /* … until no more than this remain */
    SPARE_DESCRIPTORS = 256
};

/* A listener stays awake so long for the next request. */
static const int64_t listener_awake = 50 * 1000;

/* One daemon and what only its thread touches. */
struct listener {
    struct http_server *server;
    struct MHD_Daemon *daemon;
    struct call_desk desk;
    struct vigil vigil;
    pthread_t thread;
    int socket;
    sem_t quiet; /* its socket was closed */
};

struct http_server {
    const struct exchange_shared *shared;
    struct connections *connections;
    struct MHD_Response *no_memory;
    struct listener *listeners;
    size_t listener_count;
    size_t listeners_wanted;
    char address[LISTEN_ADDRESS_BYTES];
    pthread_mutex_t steering; /* guards the two below */
    bool may_steer;           /* the sockets share a port, and are open */
    atomic_bool has_many;     /* connections: new ones go to all listeners, else to the first; read without the lock */
    pthread_t watchdog;
    bool has_watchdog;
    atomic_bool is_quiescing;
    atomic_bool is_ending;
};

static void library_log(void *context, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
static void library_log(void *context, const char *format, va_list args)
{
    char text[512];
    (void)context;
    vsnprintf(text, sizeof text, format, args);
    text[strcspn(text, "\n")] = '\0';
    log_event(LOG_DEBUG, "http_library", "text=\"%s\"", text);
}

/* --- connections ----------------------------------------------------------------------------------------------------
 */

static enum MHD_Result on_accept(void *context, const struct sockaddr *address, socklen_t size)
{
    struct listener *listener = context;
    (void)size;
    return connections_admit(listener->server->connections, address) ? MHD_YES : MHD_NO;
}

static struct call_peer *open_peer(struct http_server *server, struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    const union MHD_ConnectionInfo *address = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    struct call_peer *peer = calloc(1, sizeof *peer);
    if (peer && fd && address) {
        peer->watched = connections_add(server->connections, fd->connect_fd, address->client_addr);
    }
    return peer;
}

static void close_peer(struct http_server *server, struct call_peer *peer)
{
    if (peer) {
        call_abandon(peer);
        connections_remove(server->connections, peer->watched);
        free(peer);
    }
}

/* A few connections are served by the first listener alone, which stays awake for them: threads that wake one another
 * cost more than they bring. Many keep all listeners busy. */
static void steer(struct http_server *server)
{
    pthread_mutex_lock(&server->steering);
    int count = status_connections(server->shared->status);
    bool had_many = atomic_load(&server->has_many);
    bool has_many = count > (had_many ? FEW_AGAIN : FEW_MAX);
    if (has_many != had_many && (!server->may_steer || listen_steer(server->listeners[0].socket, has_many))) {
        atomic_store(&server->has_many, has_many);
    }
    pthread_mutex_unlock(&server->steering);
}

static void on_connection(void *context, struct MHD_Connection *connection, void **socket_context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct listener *listener = context;
    struct http_server *server = listener->server;
    atomic_int *count = &listener->desk.share->connections;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        *socket_context = open_peer(server, connection);
        atomic_fetch_add_explicit(count, 1, memory_order_relaxed);
    } else {
        close_peer(server, *socket_context);
        *socket_context = NULL;
        atomic_fetch_sub_explicit(count, 1, memory_order_relaxed);
    }
    steer(server);
}

static void *watch(void *context)
{
    struct http_server *server = context;
    while (!atomic_load(&server->is_ending)) {
        const struct timespec pause = {.tv_nsec = 250 * 1000 * 1000};
        nanosleep(&pause, NULL);
        unsigned cut = connections_cut_off(server->connections);
        if (cut > 0) {
            atomic_fetch_add_explicit(&server->shared->status->cut_off, cut, memory_order_relaxed);
            log_event(LOG_DEBUG, "cut_off", "connections=%u", cut);
        }
    }
    return NULL;
}

/* --- life -----------------------------------------------------------------------------------------------------------
 */

/* Escapes are decoded by the gate, once. */
static size_t keep_escaped(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context;
    (void)connection;
    return strlen(text);
}

/* In the listener's thread: the library's set of sockets belongs to it. */
static void stop_accepting(struct listener *listener)
{
    MHD_socket fd = MHD_quiesce_daemon(listener->daemon);
    if (fd != MHD_INVALID_SOCKET) {
        close(fd);
    }
    sem_post(&listener->quiet);
}

/* A listener's thread. */
static void *serve(void *context)
{
    struct listener *listener = context;
    const struct http_server *server = listener->server;
    bool is_awake = false;
    bool is_quiet = false;
    while (!atomic_load_explicit(&server->is_ending, memory_order_acquire)) {
        if (!is_quiet && atomic_load_explicit(&server->is_quiescing, memory_order_acquire)) {
            stop_accepting(listener);
            is_quiet = true;
        }
        listener->desk.first_ns = 0;
        MHD_run_wait(listener->daemon, is_awake ? 0 : -1);
        is_awake = vigil_stays_awake(&listener->vigil, listener->desk.first_ns,
                                     !atomic_load_explicit(&server->has_many, memory_order_relaxed) &&
                                         tile_service_rests(server->shared->service));
    }
    return NULL;
}

/* The library's set of sockets gets our signal, too: it passes over an event without a pointer. Edges are reported
 * whether or not the signal is read. */
static bool start_thread(struct listener *listener, struct error *err)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(listener->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.ptr = NULL};
    listener->desk.signal = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (!info || listener->desk.signal < 0 ||
        epoll_ctl(info->epoll_fd, EPOLL_CTL_ADD, listener->desk.signal, &event) != 0 ||
        pthread_create(&listener->thread, NULL, serve, listener) != 0) {
        error_set(err, ERROR_INTERNAL, "could not start a listener's thread: %s", strerror(errno));
        if (listener->desk.signal >= 0) {
            close(listener->desk.signal);
        }
        return false;
    }
    return true;
}

static bool start_listener(struct http_server *server, struct listener *listener, unsigned connections_max,
                           struct error *err)
{
    call_desk_open(&listener->desk, server->listeners_wanted);
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_TURBO | MHD_USE_ERROR_LOG;
    listener->server = server;
    listener->daemon = MHD_start_daemon(flags, 0, on_accept, listener, call_on_request, &listener->desk,      /**/
                                        MHD_OPTION_EXTERNAL_LOGGER, library_log, (void *)NULL,                /**/
                                        MHD_OPTION_LISTEN_SOCKET, listener->socket,                           /**/
                                        MHD_OPTION_CONNECTION_LIMIT, connections_max + SPARE_DESCRIPTORS / 2, /**/
                                        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS,                /**/
                                        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)POOL_BYTES,               /**/
                                        MHD_OPTION_URI_LOG_CALLBACK, call_on_target, &listener->desk,         /**/
                                        MHD_OPTION_UNESCAPE_CALLBACK, keep_escaped, (void *)NULL,             /**/
                                        MHD_OPTION_NOTIFY_COMPLETED, call_on_completed, &listener->desk,      /**/
                                        MHD_OPTION_NOTIFY_CONNECTION, on_connection, listener,                /**/
                                        MHD_OPTION_END);
    if (!listener->daemon) {
        call_desk_close(&listener->desk);
        error_set(err, ERROR_INTERNAL, "could not start the HTTP daemon: %s", strerror(errno));
        close(listener->socket);
        return false;
    }
    sem_init(&listener->quiet, 0, 0);
    if (!start_thread(listener, err)) {
        sem_destroy(&listener->quiet);
        MHD_stop_daemon(listener->daemon);
        call_desk_close(&listener->desk);
        return false;
    }
    return true;
}

/* As many descriptors as connections need, within what the system grants. */
static void raise_descriptor_limit(unsigned connections_max)
{
    struct rlimit limit;
    rlim_t wanted = (rlim_t)connections_max + SPARE_DESCRIPTORS;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) {
        return;
    }
    limit.rlim_cur = limit.rlim_max == RLIM_INFINITY || limit.rlim_max > wanted ? wanted : limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < wanted) {
        log_event(LOG_WARNING, "few_descriptors", "wanted=%llu have=%llu", (unsigned long long)wanted,
                  (unsigned long long)limit.rlim_cur);
    }
}

static size_t listener_count(const struct server_options *options)
{
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    size_t count = options->listeners ? options->listeners : online > 0 ? (size_t)online : 1;
    return count > LISTEN_SOCKETS_MAX ? LISTEN_SOCKETS_MAX : count;
}

static bool start_listeners(struct http_server *server, unsigned connections_max, struct error *err)
{
    int sockets[LISTEN_SOCKETS_MAX];
    const struct server_options *options = server->shared->options;
    size_t count = listener_count(options);
    const char *address = options->listen ? options->listen : "127.0.0.1:8080";
    server->listeners = calloc(count, sizeof *server->listeners);
    server->listeners_wanted = count;
    if (!server->listeners) {
        return error_no_memory(err);
    }
    int inherited = listen_inherited();
    if (inherited >= 0 ? !listen_share(inherited, count, sockets, server->address, err)
                       : !listen_open(address, count, sockets, server->address, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        server->listeners[i].socket = sockets[i];
        server->listeners[i].vigil.awake_ns = listener_awake;
        server->listeners[i].desk = (struct call_desk){
            .shared = server->shared, .no_memory = server->no_memory, .share = &server->shared->status->shares[i]};
    }
    server->may_steer = inherited < 0 && count > 1 && listen_steer(sockets[0], false);
    for (size_t i = 0; i < count; i++) {
        if (!start_listener(server, &server->listeners[i], connections_max, err)) {
            for (size_t k = i + 1; k < count; k++) {
                close(sockets[k]);
            }
            return false;
        }
        server->listener_count++;
    }
    return true;
}

bool http_server_create(const struct exchange_shared *shared, struct http_server **out_server, struct error *err)
{
    bool ok = false;
    const struct server_options *options = shared->options;
    struct connections_limits limits = {
        .count_max = options->connections_max ? options->connections_max : CONNECTIONS_DEFAULT,
        .per_address_max =
            options->connections_per_address_max ? options->connections_per_address_max : PER_ADDRESS_DEFAULT};
    struct http_server *server = calloc(1, sizeof *server);
    if (!server) {
        return error_no_memory(err);
    }
    server->shared = shared;
    atomic_init(&server->is_ending, false);
    atomic_init(&server->has_many, false);
    pthread_mutex_init(&server->steering, NULL);
    raise_descriptor_limit(limits.count_max);
    server->connections = connections_create(&limits);
    server->no_memory = call_make_no_memory();
    if (!server->connections || !server->no_memory) {
        error_no_memory(err);
        goto done;
    }
    if (!start_listeners(server, limits.count_max, err)) {
        goto done;
    }
    if (pthread_create(&server->watchdog, NULL, watch, server) != 0) {
        error_set(err, ERROR_INTERNAL, "could not start the watchdog thread");
        goto done;
    }
    server->has_watchdog = true;
    *out_server = server;
    server = NULL;
    ok = true;
done:
    http_server_destroy(server);
    return ok;
}

const char *http_server_address(const struct http_server *server)
{
    return server->address;
}

void http_server_quiesce(struct http_server *server)
{
    pthread_mutex_lock(&server->steering);
    server->may_steer = false;
    pthread_mutex_unlock(&server->steering);
    if (atomic_exchange(&server->is_quiescing, true)) {
        return;
    }
    for (size_t i = 0; i < server->listener_count; i++) {
        call_desk_wake(&server->listeners[i].desk);
    }
    for (size_t i = 0; i < server->listener_count; i++) {
        while (sem_wait(&server->listeners[i].quiet) != 0) {
        }
    }
}

static void finish_listener(struct listener *listener)
{
    call_desk_wake(&listener->desk);
    pthread_join(listener->thread, NULL);
    MHD_stop_daemon(listener->daemon);
    close(listener->desk.signal);
    call_desk_close(&listener->desk);
    sem_destroy(&listener->quiet);
}

void http_server_destroy(struct http_server *server)
{
    if (!server) {
        return;
    }
    atomic_store(&server->is_ending, true);
    for (size_t i = 0; i < server->listener_count; i++) {
        finish_listener(&server->listeners[i]);
    }
    if (server->has_watchdog) {
        pthread_join(server->watchdog, NULL);
    }
    connections_destroy(server->connections);
    if (server->no_memory) {
        MHD_destroy_response(server->no_memory);
    }
    pthread_mutex_destroy(&server->steering);
    free(server->listeners);
    free(server);
}
