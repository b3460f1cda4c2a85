/* SPDX-License-Identifier: MIT */
#include "server/call.h"

#include "base/clock.h"
#include "base/log.h"
#include "tile/gzip.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

enum {
    STREAM_BLOCK_BYTES = 32 * 1024,
    PIECE_BYTES_MAX = 64 << 20,
    ARGUMENTS_MAX = 64, /* more than this would not fit the library's pool; the gate allows fewer */
    SPARE_CALLS_MAX = 64,
    SPARE_CALL_BYTES_MAX = 60 * 1024, /* calls that needed more than their arena's first block are not kept */
    READY_BYTES_MAX = 8 << 20,        /* of one listener */
    READY_SHARE = 8                   /* of the tile cache, for the ready answers of all listeners */
};

/* Where a call is between us and the workers. */
enum call_state { CALL_ASKED, CALL_SUSPENDED, CALL_DONE };

/* One request while the library holds it. Belongs to the listener's thread, except between asking a worker and its
 * answer, when it belongs to the worker. */
struct call {
    struct call_desk *desk;
    struct call *next_spare;
    struct MHD_Connection *connection;
    struct call_peer *peer; /* NULL when memory was out */
    struct connection *watched;
    struct exchange *exchange;
    char *target;  /* in the exchange's arena */
    bool has_head; /* the gate was asked */
    bool is_ready; /* the answer was among the listener's ready ones */
    bool takes_gzip;
    bool has_begun; /* the handler was asked */
    bool is_dead;   /* answered by hand: nothing more to say */
    bool is_queued;
    atomic_int state;
    uint64_t bytes;
    /* Streams. */
    struct gzip_stream *gzip;
    struct buffer plain;
    struct buffer piece; /* ready to be sent, from `sent` on */
    size_t sent;
    bool stream_ended;
    bool stream_failed;
};

/* --- the life of a call ------------------------------------------------------------------------------------------- */

static void destroy_call(struct call *call)
{
    if (call->peer) {
        call->peer->call = NULL;
    }
    exchange_destroy(call->exchange);
    gzip_stream_destroy(call->gzip);
    buffer_finish(&call->plain);
    buffer_finish(&call->piece);
    free(call);
}

/* The call has ended; its memory serves the next one. */
static void put_away(struct call *call)
{
    struct call_desk *desk = call->desk;
    if (desk->spare_count >= SPARE_CALLS_MAX || arena_used(call->exchange->arena) > SPARE_CALL_BYTES_MAX) {
        destroy_call(call);
        return;
    }
    if (call->peer) {
        call->peer->call = NULL;
    }
    gzip_stream_destroy(call->gzip);
    buffer_finish(&call->plain);
    buffer_finish(&call->piece);
    struct exchange *exchange = call->exchange;
    exchange_reset(exchange);
    *call = (struct call){.exchange = exchange, .desk = desk, .next_spare = desk->spare};
    desk->spare = call;
    desk->spare_count++;
}

static struct call *take_spare(struct call_desk *desk)
{
    struct call *call = desk->spare;
    if (call) {
        desk->spare = call->next_spare;
        desk->spare_count--;
        call->exchange->started_ns = clock_monotonic_ns();
        return call;
    }
    call = calloc(1, sizeof *call);
    struct exchange *exchange = call ? exchange_create(desk->shared) : NULL;
    if (!exchange) {
        free(call);
        return NULL;
    }
    call->exchange = exchange;
    return call;
}

/* The library forgets to complete a request that it refuses by itself: such a call ends with the next one or with its
 * connection. */
void call_abandon(struct call_peer *peer)
{
    struct call *call = peer->call;
    if (call) {
        atomic_fetch_sub_explicit(&call->desk->share->in_flight, 1, memory_order_relaxed);
        destroy_call(call);
    }
}

static struct call *create_call(struct call_desk *desk, struct MHD_Connection *connection, const char *target)
{
    struct call *call = take_spare(desk);
    if (!call) {
        return NULL;
    }
    call->desk = desk;
    call->connection = connection;
    buffer_init(&call->plain, PIECE_BYTES_MAX);
    buffer_init(&call->piece, PIECE_BYTES_MAX);
    call->target = arena_strdup(call->exchange->arena, target);
    if (!call->target) {
        destroy_call(call);
        return NULL;
    }
    desk->first_ns = desk->first_ns ? desk->first_ns : call->exchange->started_ns;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    call->peer = info ? info->socket_context : NULL;
    if (call->peer) {
        call_abandon(call->peer);
        call->peer->call = call;
        call->watched = call->peer->watched;
    }
    atomic_fetch_add_explicit(&desk->share->in_flight, 1, memory_order_relaxed);
    return call;
}

/* The library would run out of its pool before we could answer: the refusal is written to the socket directly. */
static void refuse_by_hand(struct call *call)
{
    static const char body[] = "{\"type\":\"urn:tesela:error:SRV-002\",\"title\":\"Dirección demasiado larga\","
                               "\"status\":414,\"detail\":\"la dirección es demasiado larga o tiene demasiados "
                               "parámetros\",\"code\":\"SRV-002\"}";
    char text[1024];
    int length = snprintf(text, sizeof text,
                          "HTTP/1.1 414 URI Too Long\r\nConnection: close\r\nContent-Type: application/problem+json\r\n"
                          "Access-Control-Allow-Origin: *\r\nX-Content-Type-Options: nosniff\r\n"
                          "Cache-Control: no-store\r\nContent-Length: %zu\r\n\r\n%s",
                          sizeof body - 1, body);
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(call->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    call->is_dead = true;
    call->exchange->response.status = 414;
    call->exchange->response.problem_code = "SRV-002";
    atomic_fetch_add_explicit(&call->desk->shared->status->refused_at_gate, 1, memory_order_relaxed);
    if (info && length > 0) {
        ssize_t sent = send(info->connect_fd, text, (size_t)length, MSG_NOSIGNAL | MSG_DONTWAIT);
        (void)sent;
        shutdown(info->connect_fd, SHUT_RDWR);
    }
}

/* The first thing the library tells: the target as it came. */
void *call_on_target(void *context, const char *target, struct MHD_Connection *connection)
{
    struct call_desk *desk = context;
    struct call *call = create_call(desk, connection, target);
    if (!call) {
        return NULL;
    }
    size_t arguments = 0;
    for (const char *c = target; *c; c++) {
        arguments += *c == '&' ? 1 : 0;
    }
    connections_set_phase(call->watched, CONNECTION_HEAD);
    if (arguments >= ARGUMENTS_MAX || strlen(target) > GATE_TARGET_BYTES_MAX) {
        refuse_by_hand(call);
    }
    return call;
}

static void log_request(const struct call *call, int64_t took_ns)
{
    const struct exchange *exchange = call->exchange;
    const struct request *request = &exchange->request;
    char target[512];
    size_t length = 0;
    /* What the gate refused may hold anything. */
    for (const char *c = call->target; *c && length < sizeof target - 1; c++) {
        bool is_plain = *c > 0x20 && *c < 0x7f && *c != '"' && *c != '\\';
        target[length++] = is_plain ? *c : '?';
    }
    target[length] = '\0';
    log_event(LOG_INFO, "request", "method=%s path=\"%s\" status=%u ms=%.2f bytes=%llu%s%s",
              request->method_name ? request->method_name : "-", target, exchange->response.status,
              (double)took_ns / 1e6, (unsigned long long)call->bytes, exchange->response.problem_code ? " code=" : "",
              exchange->response.problem_code ? exchange->response.problem_code : "");
}

void call_on_completed(void *context, struct MHD_Connection *connection, void **call_slot,
                       enum MHD_RequestTerminationCode reason)
{
    struct call *call = *call_slot;
    (void)context;
    (void)connection;
    if (!call) {
        return;
    }
    struct status_share *share = call->desk->share;
    int64_t took = clock_monotonic_ns() - call->exchange->started_ns;
    if (call->has_head || call->is_dead) {
        status_count(share, call->exchange->response.status, took, call->bytes);
        if (!call->desk->shared->options->quiet) {
            log_request(call, took);
        }
    }
    if (reason == MHD_REQUEST_TERMINATED_COMPLETED_OK) {
        connections_set_phase(call->watched, CONNECTION_IDLE);
    }
    put_away(call);
    *call_slot = NULL;
    atomic_fetch_sub_explicit(&share->in_flight, 1, memory_order_relaxed);
}

/* --- asking workers -------------------------------------------------------------------------------------------------
 */

void call_desk_wake(const struct call_desk *desk)
{
    eventfd_write(desk->signal, 1);
}

static void resume(const struct call_desk *desk, struct MHD_Connection *connection)
{
    MHD_resume_connection(connection);
    call_desk_wake(desk);
}

/* The answer is there, on any thread. */
static void finish(struct call *call)
{
    struct MHD_Connection *connection = call->connection;
    struct call_desk *desk = call->desk;
    /* From here on the call belongs to the listener's thread again. */
    if (atomic_exchange(&call->state, CALL_DONE) == CALL_SUSPENDED) {
        resume(desk, connection);
    }
}

/* Lets the connection rest until `finish`, unless that came already. True when the answer is there. */
static bool await(struct call *call)
{
    if (atomic_load(&call->state) == CALL_DONE) {
        return true;
    }
    MHD_suspend_connection(call->connection);
    if (atomic_exchange(&call->state, CALL_SUSPENDED) == CALL_DONE) {
        resume(call->desk, call->connection);
    }
    return false;
}

static void tile_is_done(void *context, struct tile_blob *blob, bool is_stale, const struct error *err)
{
    struct call *call = context;
    exchange_take_tile(call->exchange, blob, is_stale, err);
    finish(call);
}

static void run_handler(void *context, struct tile_worker *worker)
{
    struct call *call = context;
    exchange_run(call->exchange, worker);
    finish(call);
}

static bool is_gone(void *context)
{
    const struct call *call = context;
    return connections_is_gone(call->watched);
}

static struct tile_caller caller_of(const struct call *call)
{
    return (struct tile_caller){.client = connections_client(call->watched),
                                .is_gone = is_gone,
                                .takes_gzip = request_accepts(call->exchange->request.accept_encoding, "gzip")};
}

static void ask(struct call *call, enum exchange_step step)
{
    struct tile_service *service = call->desk->shared->service;
    struct exchange *exchange = call->exchange;
    const struct tile_caller caller = caller_of(call);
    struct error err;
    atomic_store(&call->state, CALL_ASKED);
    if (step == EXCHANGE_NEEDS_TILE) {
        const struct tile_request tile = exchange->response.tile;
        tile_service_get(service, exchange->catalog, &tile, &caller, exchange_may_be_stale(exchange), tile_is_done,
                         call);
    } else if (!tile_service_run(service, &caller, run_handler, call, &err)) {
        exchange_fail(exchange, &err);
        atomic_store(&call->state, CALL_DONE);
    }
}

/* --- streams --------------------------------------------------------------------------------------------------------
 */

static bool make_piece(struct call *call, struct tile_worker *worker)
{
    struct exchange *exchange = call->exchange;
    struct handler_context context = exchange_context(exchange, worker);
    struct buffer *out = call->gzip ? &call->plain : &call->piece;
    struct error err = {0};
    buffer_clear(&call->plain);
    buffer_clear(&call->piece);
    call->sent = 0;
    if (!worker) {
        return false;
    }
    if (!exchange->response.stream.next(exchange->response.stream.state, &context, out, &call->stream_ended, &err)) {
        log_event(LOG_ERROR, "stream_failed", "path=\"%s\" reason=\"%s\"", exchange->request.target, err.english);
        return false;
    }
    if (call->gzip && !gzip_stream_write(call->gzip, out->data, out->length, call->stream_ended, &call->piece)) {
        return false;
    }
    return !call->piece.failed;
}

static void run_stream(void *context, struct tile_worker *worker)
{
    struct call *call = context;
    call->stream_failed = !make_piece(call, worker);
    finish(call);
}

/* The library wants bytes: from the piece at hand, or the next one is asked for and the connection rests meanwhile. */
static ssize_t on_read(void *context, uint64_t position, char *out, size_t size)
{
    struct call *call = context;
    (void)position;
    size_t left = call->piece.length - call->sent;
    if (call->stream_failed) {
        return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    if (left > 0) {
        size_t count = left < size ? left : size;
        memcpy(out, call->piece.data + call->sent, count);
        call->sent += count;
        call->bytes += count;
        connections_set_phase(call->watched, CONNECTION_SENDING);
        return (ssize_t)count;
    }
    if (call->stream_ended) {
        return MHD_CONTENT_READER_END_OF_STREAM;
    }
    const struct tile_caller caller = caller_of(call);
    struct error err;
    connections_set_phase(call->watched, CONNECTION_BUSY);
    atomic_store(&call->state, CALL_ASKED);
    if (!tile_service_continue(call->desk->shared->service, &caller, run_stream, call, &err)) {
        return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    await(call);
    return 0;
}

/* --- answering ------------------------------------------------------------------------------------------------------
 */

static void release_blob(void *blob)
{
    tile_blob_unref(blob);
}

/* For const bytes of a blob, which the library only reads. */
static void *writable(const unsigned char *bytes)
{
    union {
        const unsigned char *in;
        void *out;
    } pointer = {.in = bytes};
    return pointer.out;
}

static struct MHD_Response *make_library_response(struct call *call)
{
    struct response *response = &call->exchange->response;
    if (response->is_stream) {
        if (response->content_encoding) {
            call->gzip = gzip_stream_create();
            if (!call->gzip) {
                return NULL;
            }
        }
        return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK_BYTES, on_read, call, NULL);
    }
    if (response->blob) {
        struct tile_blob *blob = response->blob;
        const unsigned char *data = response->use_gzip_of_blob ? blob->gzip : blob->data;
        size_t size = response->use_gzip_of_blob ? blob->gzip_size : blob->size;
        call->bytes = size;
        struct MHD_Response *made = MHD_create_response_from_buffer_with_free_callback_cls(
            size, writable(data), release_blob, tile_blob_ref(blob));
        if (!made) {
            tile_blob_unref(blob);
        }
        return made;
    }
    size_t size = response->body.length;
    call->bytes = size;
    if (size == 0) {
        return MHD_create_response_from_buffer(0, writable((const unsigned char *)""), MHD_RESPMEM_PERSISTENT);
    }
    unsigned char *data = buffer_take(&response->body, &size);
    struct MHD_Response *made = MHD_create_response_from_buffer(size, data, MHD_RESPMEM_MUST_FREE);
    if (!made) {
        free(data);
    }
    return made;
}

static enum MHD_Result queue(struct call *call, unsigned status, struct MHD_Response *made)
{
    call->is_queued = true;
    connections_set_phase(call->watched, CONNECTION_SENDING);
    return MHD_queue_response(call->connection, status, made);
}

static struct ready_key ready_key(const struct call *call)
{
    return (struct ready_key){.target = text_of(call->target), .takes_gzip = call->takes_gzip};
}

/* Keeps the answer for those who ask the same, where it is one for all of them. */
static bool keep_ready(struct call *call, struct MHD_Response *made)
{
    const struct exchange *exchange = call->exchange;
    if (!exchange->is_lasting || !call->desk->ready || call->bytes > READY_BYTES_MAX / 64) {
        return false;
    }
    const struct ready_key key = ready_key(call);
    const struct ready_answer answer = {made, call->bytes};
    return ready_put(call->desk->ready, &key, exchange->turn, clock_monotonic_ns(), &answer);
}

static const char no_memory_body[] = "{\"type\":\"urn:tesela:error:MEM-001\",\"title\":\"Sin memoria\",\"status\":503,"
                                     "\"detail\":\"el servidor no tiene memoria suficiente en este momento; intente "
                                     "de nuevo en unos segundos\",\"code\":\"MEM-001\"}";

struct MHD_Response *call_make_no_memory(void)
{
    static const char *const headers[][2] = {{"Content-Type", TYPE_PROBLEM},
                                             {"Retry-After", "2"},
                                             {"Access-Control-Allow-Origin", "*"},
                                             {"X-Content-Type-Options", "nosniff"},
                                             {"Cache-Control", "no-store"}};
    struct MHD_Response *made = MHD_create_response_from_buffer(
        sizeof no_memory_body - 1, writable((const unsigned char *)no_memory_body), MHD_RESPMEM_PERSISTENT);
    for (size_t i = 0; made && i < sizeof headers / sizeof *headers; i++) {
        if (MHD_add_response_header(made, headers[i][0], headers[i][1]) != MHD_YES) {
            MHD_destroy_response(made);
            made = NULL;
        }
    }
    return made;
}

static enum MHD_Result answer_no_memory(struct call *call)
{
    call->bytes = sizeof no_memory_body - 1;
    call->exchange->response.status = 503;
    call->exchange->response.problem_code = "MEM-001";
    return queue(call, 503, call->desk->no_memory);
}

static enum MHD_Result answer(struct call *call)
{
    struct response *response = &call->exchange->response;
    struct MHD_Response *made = make_library_response(call);
    if (!made) {
        return answer_no_memory(call);
    }
    for (size_t i = 0; i < response->header_count; i++) {
        if (MHD_add_response_header(made, response->headers[i].name, response->headers[i].value) != MHD_YES) {
            log_event(LOG_WARNING, "header_dropped", "name=%s", response->headers[i].name);
        }
    }
    if (call->exchange->request.method == METHOD_HEAD) {
        call->bytes = 0;
    }
    enum MHD_Result queued = queue(call, response->status, made);
    if (!keep_ready(call, made)) {
        MHD_destroy_response(made);
    }
    return queued;
}

/* Sends the ready answer. False when it is not there any more. */
static bool answer_ready(struct call *call, enum MHD_Result *out_queued)
{
    const struct ready_key key = ready_key(call);
    struct ready_answer found;
    if (!ready_find(call->desk->ready, &key, tile_service_turn(call->desk->shared->service), call->exchange->started_ns,
                    &found)) {
        return false;
    }
    call->bytes = found.bytes;
    call->exchange->request.method_name = "GET";
    atomic_fetch_add_explicit(&call->desk->share->ready_hits, 1, memory_order_relaxed);
    *out_queued = queue(call, 200, found.answer);
    return true;
}

struct header_list {
    struct gate_header items[GATE_HEADERS_MAX + 1];
    size_t count;
};

static enum MHD_Result collect_header(void *context, enum MHD_ValueKind kind, const char *name, size_t name_size,
                                      const char *value, size_t value_size)
{
    struct header_list *list = context;
    (void)kind;
    if (list->count == sizeof list->items / sizeof list->items[0]) {
        return MHD_NO;
    }
    list->items[list->count++] = (struct gate_header){{name, name_size}, {value ? value : "", value ? value_size : 0}};
    return MHD_YES;
}

/* True when the answer is among the ready ones, and the head is one that may have it. */
static bool is_ready(struct call *call, const char *method, const char *version, const struct header_list *headers)
{
    struct gate_refusal refusal;
    struct ready_answer found;
    if (!call->desk->ready || strcmp(method, "GET") != 0 ||
        gate_find_header(headers->items, headers->count, "if-none-match").length > 0 ||
        atomic_load_explicit(&call->desk->shared->status->is_draining, memory_order_relaxed)) {
        return false;
    }
    struct text encodings = gate_find_header(headers->items, headers->count, "accept-encoding");
    call->takes_gzip = encodings.length > 0 && request_accepts(encodings.data, "gzip");
    const struct ready_key key = ready_key(call);
    return ready_find(call->desk->ready, &key, tile_service_turn(call->desk->shared->service),
                      call->exchange->started_ns, &found) &&
           gate_check_headers(version, headers->items, headers->count, &refusal);
}

/* The head is complete. A refusal is sent at once; the library then closes the connection, since there may be more to
 * come. Anything else waits for the library's next call, after which the connection can be kept. */
static enum MHD_Result read_head(struct call *call, const char *method, const char *version, bool may_be_ready)
{
    struct header_list headers;
    headers.count = 0;
    call->has_head = true;
    connections_set_phase(call->watched, CONNECTION_BUSY);
    MHD_get_connection_values_n(call->connection, MHD_HEADER_KIND, collect_header, &headers);
    call->is_ready = may_be_ready && is_ready(call, method, version, &headers);
    if (call->is_ready) {
        return MHD_YES;
    }
    const struct exchange_head head = {.method = method,
                                       .version = version,
                                       .target = text_of(call->target),
                                       .headers = headers.items,
                                       .header_count = headers.count};
    return exchange_read(call->exchange, &head) ? MHD_YES : answer(call);
}

static enum MHD_Result begin(struct call *call)
{
    call->has_begun = true;
    enum exchange_step step = exchange_begin(call->exchange);
    if (step == EXCHANGE_ANSWERED) {
        return answer(call);
    }
    ask(call, step);
    return await(call) ? answer(call) : MHD_YES;
}

enum MHD_Result call_on_request(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                                const char *version, const char *upload, size_t *upload_size, void **call_slot)
{
    const struct call_desk *desk = context;
    struct call *call = *call_slot;
    (void)url;
    (void)upload;
    if (!call) { /* on_target had no memory for one */
        return MHD_queue_response(connection, 503, desk->no_memory);
    }
    if (call->is_dead) {
        return MHD_NO;
    }
    if (!call->has_head) {
        return read_head(call, method, version, true);
    }
    if (call->is_queued) {
        *upload_size = 0; /* what follows a refused head */
        return MHD_YES;
    }
    enum MHD_Result queued;
    if (call->is_ready && answer_ready(call, &queued)) {
        return queued;
    }
    if (call->is_ready) { /* no longer: the head is read after all */
        queued = read_head(call, method, version, false);
        if (queued != MHD_YES || call->is_queued) {
            return queued;
        }
    }
    return call->has_begun ? answer(call) : begin(call);
}

/* --- the desk ----------------------------------------------------------------------------------------------------- */

static void release_answer(void *answer)
{
    MHD_destroy_response(answer);
}

void call_desk_open(struct call_desk *desk, size_t listeners)
{
    size_t ready_bytes = desk->shared->options->cache_bytes / READY_SHARE / listeners;
    ready_bytes = ready_bytes > READY_BYTES_MAX ? READY_BYTES_MAX : ready_bytes;
    desk->ready = ready_bytes > 0 ? ready_create(ready_bytes, release_answer) : NULL;
}

void call_desk_close(struct call_desk *desk)
{
    while (desk->spare) {
        struct call *call = desk->spare;
        desk->spare = call->next_spare;
        destroy_call(call);
    }
    ready_destroy(desk->ready);
    desk->ready = NULL;
}
