/* SPDX-License-Identifier: MIT */
#include "server/exchange.h"

#include "base/clock.h"
#include "server/pages.h"

#include <stdlib.h>
#include <string.h>

enum { ARENA_BYTES_MAX = 16 << 20 };

struct exchange *exchange_create(const struct exchange_shared *shared)
{
    struct exchange *exchange = calloc(1, sizeof *exchange);
    if (!exchange) {
        return NULL;
    }
    exchange->arena = arena_create(ARENA_BYTES_MAX);
    if (!exchange->arena) {
        free(exchange);
        return NULL;
    }
    exchange->shared = shared;
    exchange->started_ns = clock_monotonic_ns();
    response_init(&exchange->response, exchange->arena);
    return exchange;
}

static void let_go(struct exchange *exchange)
{
    response_finish(&exchange->response);
    if (exchange->holds_stream) {
        atomic_fetch_sub(&exchange->shared->status->streams, 1);
    }
    catalog_unref(exchange->catalog);
}

void exchange_destroy(struct exchange *exchange)
{
    if (!exchange) {
        return;
    }
    let_go(exchange);
    arena_destroy(exchange->arena);
    free(exchange);
}

void exchange_reset(struct exchange *exchange)
{
    let_go(exchange);
    arena_reset(exchange->arena);
    *exchange = (struct exchange){.shared = exchange->shared, .arena = exchange->arena};
    response_init(&exchange->response, exchange->arena);
}

struct handler_context exchange_context(struct exchange *exchange, struct tile_worker *worker)
{
    return (struct handler_context){.catalog = exchange->catalog,
                                    .worker = worker,
                                    .labels = tile_service_labels(exchange->shared->service),
                                    .arena = exchange->arena,
                                    .files = exchange->shared->files,
                                    .options = exchange->shared->options,
                                    .status = exchange->shared->status};
}

/* Streams hold memory for as long as their client takes to read: their number is bounded. */
static void admit_stream(struct exchange *exchange)
{
    struct server_status *status = exchange->shared->status;
    if (!exchange->response.is_stream || exchange->holds_stream) {
        return;
    }
    if (atomic_fetch_add(&status->streams, 1) >= EXCHANGE_STREAMS_MAX) {
        atomic_fetch_sub(&status->streams, 1);
        response_problem(&exchange->response, &exchange->request, 503, "SRV-503",
                         "hay demasiadas descargas en curso; intente de nuevo en unos segundos");
        return;
    }
    exchange->holds_stream = true;
}

static enum exchange_step seal(struct exchange *exchange)
{
    admit_stream(exchange);
    if (atomic_load_explicit(&exchange->shared->status->is_draining, memory_order_relaxed)) {
        exchange->response.close = true;
    }
    response_seal(&exchange->response, &exchange->request);
    return EXCHANGE_ANSWERED;
}

void exchange_refuse(struct exchange *exchange, const struct gate_refusal *refusal)
{
    atomic_fetch_add_explicit(&exchange->shared->status->refused_at_gate, 1, memory_order_relaxed);
    response_problem(&exchange->response, NULL, refusal->status, refusal->code, "%s", refusal->detail);
    exchange->response.close = true;
    response_seal(&exchange->response, NULL);
}

void exchange_fail(struct exchange *exchange, const struct error *err)
{
    response_error(&exchange->response, &exchange->request, err);
    seal(exchange);
}

/* --- reading the request ------------------------------------------------------------------------------------------ */

static enum request_method read_method(const char *name)
{
    return strcmp(name, "GET") == 0       ? METHOD_GET
           : strcmp(name, "HEAD") == 0    ? METHOD_HEAD
           : strcmp(name, "OPTIONS") == 0 ? METHOD_OPTIONS
                                          : METHOD_OTHER;
}

/* Methods of RFC 9110 and 5789: known, though not allowed anywhere here. */
static bool is_known_method(const char *name)
{
    static const char *const known[] = {"POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(name, known[i]) == 0) {
            return true;
        }
    }
    return read_method(name) != METHOD_OTHER;
}

static const char *copy_header(struct exchange *exchange, const struct exchange_head *head, const char *name)
{
    struct text value = gate_find_header(head->headers, head->header_count, name);
    return value.length > 0 ? arena_strndup(exchange->arena, value.data, value.length) : NULL;
}

static const char *make_base_url(struct exchange *exchange, const struct exchange_head *head)
{
    const char *fixed = exchange->shared->options->base_url;
    struct text host = gate_find_header(head->headers, head->header_count, "host");
    if (fixed) {
        return fixed;
    }
    if (host.length == 0) { /* HTTP/1.0 */
        return arena_printf(exchange->arena, "http://%s", exchange->shared->options->listen);
    }
    char *url = arena_printf(exchange->arena, "http://%.*s", (int)host.length, host.data);
    for (char *c = url; c && *c; c++) {
        *c = (char)(*c >= 'A' && *c <= 'Z' ? *c + ('a' - 'A') : *c);
    }
    return url;
}

static bool read_request(struct exchange *exchange, const struct exchange_head *head, struct gate_refusal *out_refusal)
{
    struct request *request = &exchange->request;
    struct gate_target target;
    if (!gate_check_headers(head->version, head->headers, head->header_count, out_refusal) ||
        !gate_read_target(head->target, exchange->arena, &target, out_refusal)) {
        return false;
    }
    if (!is_known_method(head->method)) {
        *out_refusal = (struct gate_refusal){501, "SRV-006", "el método de la solicitud no existe o no se conoce"};
        return false;
    }
    struct request_parameter *parameters =
        arena_memdup(exchange->arena, target.parameters, target.parameter_count * sizeof target.parameters[0]);
    request->method = read_method(head->method);
    request->method_name = arena_strdup(exchange->arena, head->method);
    request->target = arena_strndup(exchange->arena, head->target.data, head->target.length);
    request->path = target.path;
    request->parameters = parameters;
    request->parameter_count = target.parameter_count;
    request->base_url = make_base_url(exchange, head);
    request->accept = copy_header(exchange, head, "accept");
    request->accept_encoding = copy_header(exchange, head, "accept-encoding");
    request->accept_language = copy_header(exchange, head, "accept-language");
    request->if_none_match = copy_header(exchange, head, "if-none-match");
    if (!request->method_name || !request->target || !parameters || !request->base_url) {
        *out_refusal = (struct gate_refusal){503, "SRV-503", "no hay memoria para atender la solicitud"};
        return false;
    }
    return true;
}

/* --- answering -----------------------------------------------------------------------------------------------------
 */

static void add_preflight(struct response *response)
{
    response_add_header(response, "Allow", "GET, HEAD, OPTIONS");
    response_add_header(response, "Access-Control-Allow-Methods", "GET, HEAD, OPTIONS");
    response_add_header(response, "Access-Control-Allow-Headers",
                        "Accept, Accept-Language, Content-Type, If-None-Match");
    response_add_header(response, "Access-Control-Max-Age", "86400");
}

static void answer_unknown_path(struct exchange *exchange)
{
    struct handler_context context = exchange_context(exchange, NULL);
    const char *path = exchange->request.path;
    if (page_problem(&exchange->request, &context, &exchange->response, 404, "SRV-404",
                     "no hay nada en esta dirección")) {
        exchange->response.vary = "Accept";
        return;
    }
    response_problem(&exchange->response, &exchange->request, 404, "SRV-404",
                     "no hay nada en «%.200s»; las direcciones que existen están en /api", path);
    exchange->response.vary = "Accept";
}

/* "/mapas/" is meant as "/mapas". */
static bool redirect_without_slash(struct exchange *exchange)
{
    struct request *request = &exchange->request;
    size_t length = strlen(request->path);
    const char *captures[REQUEST_CAPTURES_MAX];
    size_t count = 0;
    if (length < 2 || request->path[length - 1] != '/') {
        return false;
    }
    const char *shorter = arena_strndup(exchange->arena, request->path, length - 1);
    if (!shorter || !router_match(shorter, exchange->arena, captures, &count)) {
        return false;
    }
    /* The target as it came, so that nothing has to be escaped again. */
    const char *query = strchr(request->target, '?');
    size_t path_length = query ? (size_t)(query - request->target) : strlen(request->target);
    const char *location = arena_printf(exchange->arena, "%s%.*s%s", request->base_url, (int)path_length - 1,
                                        request->target, query ? query : "");
    exchange->response.status = 308;
    exchange->response.content_type = TYPE_TEXT;
    response_add_header(&exchange->response, "Location", location);
    buffer_append_text(&exchange->response.body, "La dirección correcta no termina en «/».\n");
    return true;
}

/* True when the request goes on to its handler. */
static bool check_route(struct exchange *exchange)
{
    struct request *request = &exchange->request;
    struct response *response = &exchange->response;
    struct error err;
    exchange->route = router_match(request->path, exchange->arena, request->captures, &request->capture_count);
    if (!exchange->route) {
        if (!redirect_without_slash(exchange)) {
            answer_unknown_path(exchange);
        }
        return false;
    }
    if (request->method == METHOD_OPTIONS) {
        response->status = 204;
        add_preflight(response);
        return false;
    }
    if (request->method == METHOD_OTHER) {
        response_problem(response, request, 405, "SRV-405", "el método %.16s no se admite; use GET, HEAD u OPTIONS",
                         request->method_name);
        response_add_header(response, "Allow", "GET, HEAD, OPTIONS");
        response->close = true;
        return false;
    }
    if (!router_check_parameters(exchange->route, request->parameters, request->parameter_count, &err)) {
        response_error(response, request, &err);
        return false;
    }
    return true;
}

bool exchange_read(struct exchange *exchange, const struct exchange_head *head)
{
    struct gate_refusal refusal;
    if (!read_request(exchange, head, &refusal)) {
        exchange_refuse(exchange, &refusal);
        return false;
    }
    return true;
}

enum exchange_step exchange_begin(struct exchange *exchange)
{
    exchange->turn = tile_service_turn(exchange->shared->service);
    exchange->catalog = tile_service_catalog(exchange->shared->service);
    if (!check_route(exchange)) {
        return seal(exchange);
    }
    if (exchange->route->kind == ROUTE_WORKER) {
        return EXCHANGE_NEEDS_WORKER;
    }
    struct handler_context context = exchange_context(exchange, NULL);
    exchange->route->handle(&exchange->request, &context, &exchange->response);
    return exchange->response.wants_tile ? EXCHANGE_NEEDS_TILE : seal(exchange);
}

void exchange_run(struct exchange *exchange, struct tile_worker *worker)
{
    if (!worker) {
        struct error err;
        error_tell(&err, ERROR_UNAVAILABLE, "SRV-503", "the server is busy or ending",
                   "el servidor está saturado o se está apagando; intente de nuevo en unos segundos");
        exchange_fail(exchange, &err);
        return;
    }
    struct handler_context context = exchange_context(exchange, worker);
    exchange->route->handle(&exchange->request, &context, &exchange->response);
    seal(exchange);
}

bool exchange_may_be_stale(const struct exchange *exchange)
{
    return request_parameter(&exchange->request, "v") == NULL;
}

void exchange_take_tile(struct exchange *exchange, struct tile_blob *blob, bool is_stale, const struct error *err)
{
    exchange->response.wants_tile = false;
    if (!blob) {
        exchange_fail(exchange, err);
        return;
    }
    exchange->response.blob = tile_blob_ref(blob);
    exchange->response.cache = is_stale ? RESPONSE_CACHE_STALE : RESPONSE_CACHE_PUBLIC;
    seal(exchange);
    exchange->is_lasting = !is_stale && exchange->response.status == 200 && !exchange->response.close &&
                           !exchange->response.vary && exchange->request.method == METHOD_GET;
}
