/* SPDX-License-Identifier: MIT */
#include "server/server.h"

#include "base/clock.h"
#include "base/log.h"
#include "server/gate.h"
#include "server/http.h"
#include "server/static_files.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static const int64_t drain_ns = (int64_t)20 * 1000000000;
static const int64_t farewell_ns = (int64_t)2 * 1000000000;

/* "https://host[:port][/prefix]", without a slash at the end. */
static bool check_base_url(const char *url, struct error *err)
{
    if (!url) {
        return true;
    }
    const char *rest = strncmp(url, "https://", 8) == 0 ? url + 8 : strncmp(url, "http://", 7) == 0 ? url + 7 : NULL;
    size_t length = strlen(url);
    size_t host = rest ? strcspn(rest, "/") : 0;
    bool ok = rest && length < 1024 && gate_host_is_valid((struct text){rest, host}) && url[length - 1] != '/' &&
              strspn(rest + host, "/ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~") ==
                  strlen(rest + host);
    if (!ok) {
        error_tell(err, ERROR_INVALID, "SRV-103",
                   "base URL \"%.200s\" is not usable; write e.g. https://mapas.example.mx without a slash at the end",
                   "la dirección base «%.200s» no sirve; escriba p. ej. https://mapas.example.mx sin diagonal al final",
                   url);
    }
    return ok;
}

/* Tells systemd how we are, where it asked for that (sd_notify(3)). */
static void notify(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = path ? strlen(path) : 0;
    if (length < 2 || length >= sizeof address.sun_path || (path[0] != '/' && path[0] != '@')) {
        return;
    }
    memcpy(address.sun_path, path, length);
    if (path[0] == '@') {
        address.sun_path[0] = '\0';
    }
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0) {
        ssize_t sent = sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&address,
                              (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
        (void)sent;
        close(fd);
    }
}

/* Signals are taken by the waiting main thread; every thread started later inherits the mask. */
static void block_signals(sigset_t *out_set, sigset_t *out_old)
{
    sigemptyset(out_set);
    sigaddset(out_set, SIGTERM);
    sigaddset(out_set, SIGINT);
    pthread_sigmask(SIG_BLOCK, out_set, out_old);
}

static void wait_for_end(const sigset_t *signals)
{
    int signal_number = 0;
    while (sigwait(signals, &signal_number) != 0) {
    }
    log_event(LOG_INFO, "ending", "signal=%s", signal_number == SIGINT ? "INT" : "TERM");
}

/* Waits until no request is under way, at most `limit_ns`. False when a second signal came. */
static bool wait_for_requests(const struct server_status *status, const sigset_t *signals, int64_t limit_ns)
{
    int64_t end = clock_monotonic_ns() + limit_ns;
    while (status_in_flight(status) > 0 && clock_monotonic_ns() < end) {
        const struct timespec pause = {.tv_nsec = 20 * 1000 * 1000};
        if (sigtimedwait(signals, NULL, &pause) > 0) {
            return false;
        }
    }
    return true;
}

/* Kept connections may bring one more request each, whose answer says that it was the last. Those that rest are not
 * waited for long: their clients try again when they find them closed. */
static bool wait_for_connections(const struct server_status *status, const sigset_t *signals)
{
    int64_t end = clock_monotonic_ns() + farewell_ns;
    while (status_connections(status) > 0 && clock_monotonic_ns() < end) {
        const struct timespec pause = {.tv_nsec = 10 * 1000 * 1000};
        if (sigtimedwait(signals, NULL, &pause) > 0) {
            return false;
        }
    }
    return true;
}

/* No longer ready, no new connections, what runs may finish, the rest is refused. */
static void drain(struct http_server *http, struct tile_service *service, struct server_status *status,
                  const sigset_t *signals)
{
    atomic_store(&status->is_draining, true);
    notify("STOPPING=1");
    http_server_quiesce(http);
    bool patient = wait_for_connections(status, signals) && wait_for_requests(status, signals, drain_ns);
    int left = status_in_flight(status);
    if (left > 0) {
        log_event(LOG_WARNING, "requests_dropped", "count=%d reason=%s", left, patient ? "timeout" : "signal");
    }
    tile_service_stop(service); /* answers everything that waits, so that nothing stays suspended */
    wait_for_requests(status, signals, drain_ns / 40);
}

static bool start_service(const struct server_options *options, struct tile_service **out_service, struct error *err)
{
    const struct tile_service_options service_options = {.data_folder = options->data,
                                                         .styles_folder = options->styles,
                                                         .workers = options->workers,
                                                         .cache_bytes = options->cache_bytes,
                                                         .disk_bytes = options->disk_bytes};
    return tile_service_create(&service_options, out_service, err);
}

static void announce(const struct http_server *http, const struct server_options *options,
                     const struct tile_service *service, const struct static_files *files)
{
    const char *address = http_server_address(http);
    (void)service;
    printf("Tesela %s: http://%s/\n", TESELA_VERSION, address);
    fflush(stdout);
    log_event(LOG_INFO, "serving", "address=%s data=\"%s\" styles=\"%s\" files=%zu", address, options->data,
              options->styles ? options->styles : "", static_files_count(files));
}

bool server_run(const struct server_options *options, struct error *err)
{
    bool ok = false;
    sigset_t signals;
    sigset_t old_signals;
    struct static_files *files = NULL;
    struct tile_service *service = NULL;
    struct http_server *http = NULL;
    struct server_status *status = calloc(1, sizeof *status);
    if (!status) {
        return error_no_memory(err);
    }
    block_signals(&signals, &old_signals);
    if (!check_base_url(options->base_url, err) || !static_files_create(options->www, &files, err) ||
        !start_service(options, &service, err)) {
        goto done;
    }
    status->service = service;
    status->started_ns = clock_monotonic_ns();
    const struct exchange_shared shared = {.options = options, .service = service, .files = files, .status = status};
    if (!http_server_create(&shared, &http, err)) {
        goto done;
    }
    announce(http, options, service, files);
    notify("READY=1");
    wait_for_end(&signals);
    drain(http, service, status, &signals);
    ok = true;
done:
    if (service) {
        tile_service_stop(service);
    }
    http_server_destroy(http);
    tile_service_destroy(service);
    static_files_destroy(files);
    free(status);
    pthread_sigmask(SIG_SETMASK, &old_signals, NULL);
    if (ok) {
        log_event(LOG_INFO, "ended", "exit=0");
    }
    return ok;
}
