/* SPDX-License-Identifier: MIT */
/* Whole requests without a socket, over a store and tiles that are made up: what every answer must carry. */

#include "unit/test.h"

#include "server/exchange.h"

#include "base/file.h"
#include "unit/tile/fake_store.h"
#include "unit/tile/fake_tiles.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char base_map[] =
    "{\"version\":8,\"metadata\":{\"tesela:map\":{\"title\":{\"es\":\"Base\"},\"center\":[-103.4,25.5],\"zoom\":11}},"
    "\"sources\":{\"p\":{\"type\":\"vector\",\"url\":\"tesela://puntos\"}},\"glyphs\":\"/fonts/{fontstack}/"
    "{range}.pbf\","
    "\"layers\":[{\"id\":\"b\",\"type\":\"background\"}]}";
static const char hidden_map[] = "{\"version\":8,\"metadata\":{\"tesela:map\":{\"state\":\"ignorar\"}},\"sources\":{},"
                                 "\"layers\":[]}";

struct world {
    char folder[64];
    struct server_options options;
    struct server_status status;
    struct exchange_shared shared;
};

static struct world world;

static void put_file(const char *name, const char *text)
{
    char path[128];
    struct error err = {0};
    snprintf(path, sizeof path, "%s/%s", world.folder, name);
    assert_true(file_write(path, text, strlen(text), &err));
}

static int set_up(void **state)
{
    struct error err = {0};
    (void)state;
    snprintf(world.folder, sizeof world.folder, "/tmp/tesela-exchange-XXXXXX");
    assert_non_null(mkdtemp(world.folder));
    put_file("base.json", base_map);
    put_file("oculto.json", hidden_map);
    world.options = (struct server_options){.listen = "127.0.0.1:1", .data = world.folder};
    const struct tile_service_options options = {
        .data_folder = world.folder, .styles_folder = world.folder, .workers = 2, .cache_bytes = 1 << 20};
    struct tile_service *service;
    if (!tile_service_create(&options, &service, &err)) {
        fail_msg("%s", err.english);
    }
    world.status.service = service;
    world.shared = (struct exchange_shared){.options = &world.options, .service = service, .status = &world.status};
    return 0;
}

static int tear_down(void **state)
{
    char command[128];
    (void)state;
    tile_service_destroy(world.shared.service);
    snprintf(command, sizeof command, "rm -rf '%s'", world.folder);
    return system(command);
}

/* --- asking --- */

struct wait {
    struct exchange *exchange;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool done;
};

static const struct tile_caller nobody = {0};

static void finish_wait(struct wait *wait)
{
    pthread_mutex_lock(&wait->lock);
    wait->done = true;
    pthread_cond_signal(&wait->changed);
    pthread_mutex_unlock(&wait->lock);
}

static void take_tile(void *context, struct tile_blob *blob, bool is_stale, const struct error *err)
{
    struct wait *wait = context;
    exchange_take_tile(wait->exchange, blob, is_stale, err);
    finish_wait(wait);
}

static void run_handler(void *context, struct tile_worker *worker)
{
    struct wait *wait = context;
    exchange_run(wait->exchange, worker);
    finish_wait(wait);
}

struct piece_job {
    struct wait *wait;
    struct buffer *out;
    bool end;
    bool ok;
};

static void run_piece(void *context, struct tile_worker *worker)
{
    struct piece_job *job = context;
    struct handler_context handler_context = exchange_context(job->wait->exchange, worker);
    struct response_stream *stream = &job->wait->exchange->response.stream;
    struct error err = {0};
    job->ok = stream->next(stream->state, &handler_context, job->out, &job->end, &err);
    finish_wait(job->wait);
}

static void await(struct wait *wait)
{
    pthread_mutex_lock(&wait->lock);
    while (!wait->done) {
        pthread_cond_wait(&wait->changed, &wait->lock);
    }
    wait->done = false;
    pthread_mutex_unlock(&wait->lock);
}

/* Sends "GET target" with up to four more headers; the caller destroys the exchange. */
static struct exchange *ask_with(const char *method, const char *target, const char *const (*extra)[2])
{
    struct gate_header headers[6] = {{text_of("Host"), text_of("Mapas.example:8080")}};
    size_t count = 1;
    for (; extra && (*extra)[0]; extra++) {
        headers[count++] = (struct gate_header){text_of((*extra)[0]), text_of((*extra)[1])};
    }
    const struct exchange_head head = {
        .method = method, .version = "HTTP/1.1", .target = text_of(target), .headers = headers, .header_count = count};
    struct exchange *exchange = exchange_create(&world.shared);
    struct wait wait = {exchange, PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false};
    struct error err = {0};
    assert_non_null(exchange);
    if (!exchange_read(exchange, &head)) {
        return exchange;
    }
    enum exchange_step step = exchange_begin(exchange);
    if (step == EXCHANGE_NEEDS_TILE) {
        const struct tile_request tile = exchange->response.tile;
        tile_service_get(world.shared.service, exchange->catalog, &tile, &nobody, exchange_may_be_stale(exchange),
                         take_tile, &wait);
        await(&wait);
    } else if (step == EXCHANGE_NEEDS_WORKER) {
        assert_true(tile_service_run(world.shared.service, &nobody, run_handler, &wait, &err));
        await(&wait);
    }
    return exchange;
}

static struct exchange *ask(const char *target)
{
    return ask_with("GET", target, NULL);
}

static const char *header_of(const struct exchange *exchange, const char *name)
{
    const char *found = NULL;
    for (size_t i = 0; i < exchange->response.header_count; i++) {
        if (strcmp(exchange->response.headers[i].name, name) == 0) {
            assert_null(found); /* each once */
            found = exchange->response.headers[i].value;
        }
    }
    return found;
}

/* The body, read to its end when it is a stream. */
static const char *body_of(struct exchange *exchange, struct buffer *out)
{
    struct response *response = &exchange->response;
    struct wait wait = {exchange, PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false};
    buffer_init(out, 64 << 20);
    if (response->is_stream) {
        struct piece_job job = {.wait = &wait, .out = out};
        struct error err = {0};
        while (!job.end) {
            assert_true(tile_service_continue(world.shared.service, &nobody, run_piece, &job, &err));
            await(&wait);
            assert_true(job.ok);
        }
    } else if (response->blob) {
        buffer_append(out, response->blob->data, response->blob->size);
    } else {
        buffer_append(out, response->body.data, response->body.length);
    }
    return buffer_text(out);
}

/* --- tests --- */

static const struct {
    const char *target;
    unsigned status;
    const char *code; /* of errors */
} cases[] = {
    {"/health/live", 200, NULL},
    {"/health/ready", 200, NULL},
    {"/metrics", 200, NULL},
    {"/robots.txt", 200, NULL},
    {"/conformance", 200, NULL},
    {"/api", 200, NULL},
    {"/?f=json", 200, NULL},
    {"/collections", 200, NULL},
    {"/collections/puntos", 200, NULL},
    {"/collections/puntos/items", 200, NULL},
    {"/collections/puntos/items?limit=2&offset=1&f=json", 200, NULL},
    {"/collections/puntos/items?limit=99999999", 200, NULL},
    {"/collections/puntos/items?datetime=2020-01-01T00:00:00Z/..", 200, NULL},
    {"/collections/puntos/items/2", 200, NULL},
    {"/collections/calles/items", 200, NULL},
    {"/data/puntos.geojson", 200, NULL},
    {"/tiles/base.json", 200, NULL},
    {"/tiles/puntos.json", 200, NULL},
    {"/tiles/calles.json", 200, NULL},
    {"/styles/base.json", 200, NULL},
    {"/maps/base.png", 200, NULL},
    {"/maps/base.png?bbox=-104,25,-103,26&width=300&height=200", 200, NULL},
    {"/maps/base.png?center=-103.4,25.5&zoom=12.5&size=300x200&scale=2", 200, NULL},
    {"/tiles/base/0/0/0.png", 200, NULL},
    {"/tiles/base/22/4194303/4194303.png", 200, NULL},
    {"/tiles/base/512/3/1/2@2x.png", 200, NULL},
    {"/tiles/base/3/1/2.mvt", 200, NULL},
    {"/tiles/puntos/3/1/2.mvt", 200, NULL},
    {"/tiles/puntos/3/1/2.geojson", 200, NULL},
    {"/tiles/base/21/0/0.png", 500, "SRV-500"},
    {"/nada", 404, "SRV-404"},
    {"/static/nada.js", 404, "SRV-404"},
    {"/collections/nada", 404, "LAY-404"},
    {"/collections/nada/items", 404, "LAY-404"},
    {"/collections/puntos/items/99", 404, "ITM-404"},
    {"/data/nada.geojson", 404, "LAY-404"},
    {"/tiles/nada.json", 404, "MAP-404"},
    {"/tiles/nada/1/0/0.png", 404, "MAP-404"},
    {"/tiles/puntos/1/0/0.png", 404, "MAP-404"},
    {"/tiles/oculto/1/0/0.png", 404, "MAP-404"},
    {"/tiles/oculto.json", 404, "MAP-404"},
    {"/styles/oculto.json", 404, "MAP-404"},
    {"/maps/oculto.png", 404, "MAP-404"},
    {"/tiles/nada/1/0/0.mvt", 404, "LAY-404"},
    {"/tiles/base/1/0/0.geojson", 404, "LAY-404"},
    {"/tiles/base/23/0/0.png", 404, "SRV-014"},
    {"/tiles/base/40/0/0.png", 404, "SRV-014"},
    {"/tiles/base/1/2/0.png", 404, "SRV-014"},
    {"/tiles/base/1/0/2.png", 404, "SRV-014"},
    {"/tiles/base/1/4294967296/0.png", 404, "SRV-014"},
    {"/tiles/base/1/99999999999999999999999/0.png", 404, "SRV-014"},
    {"/tiles/base/1/-1/0.png", 400, "SRV-013"},
    {"/tiles/base/1/+1/0.png", 400, "SRV-013"},
    {"/tiles/base/1/1e0/0.png", 400, "SRV-013"},
    {"/tiles/base/1/01/0.png", 400, "SRV-013"},
    {"/tiles/base/1/0/0@3x.png", 400, "SRV-013"},
    {"/tiles/base/a/b/c.png", 400, "SRV-013"},
    {"/tiles/base/1/0/%D9%A1.png", 400, "SRV-013"}, /* an Arabic digit */
    {"/tiles/base/1/..%2f/0.png", 400, "SRV-001"},
    {"/tiles/base/1/0/0.png?foo=1", 400, "SRV-010"},
    {"/tiles/base/1/0/0.png?v=1&v=2", 400, "SRV-011"},
    {"/collections/puntos/items?limit=0", 400, "SRV-012"},
    {"/collections/puntos/items?limit=-1", 400, "SRV-012"},
    {"/collections/puntos/items?limit=1.5", 400, "SRV-012"},
    {"/collections/puntos/items?offset=x", 400, "SRV-012"},
    {"/collections/puntos/items?bbox=1,2,3", 400, "SRV-012"},
    {"/collections/puntos/items?bbox=nan,0,1,1", 400, "SRV-012"},
    {"/collections/puntos/items?f=xml", 400, "SRV-012"},
    {"/collections/puntos/items?datetime=ayer", 400, "SRV-012"},
    {"/collections/puntos/items?nombre=x", 400, "SRV-010"},
    {"/maps/base.png?bbox=0,0,1,1&center=0,0", 400, "SRV-012"},
    {"/maps/base.png?size=5000x10", 400, "SRV-012"},
    {"/maps/base.png?size=1.5x10", 400, "SRV-012"},
    {"/maps/base.png?width=4096&height=4096&scale=2", 400, "SRV-012"},
    {"/maps/base.png?bbox=1,1,1,1", 400, "SRV-012"},
    {"/maps/base.png?center=200,0", 400, "SRV-012"},
    {"/maps/base.png?zoom=99", 400, "SRV-012"},
    {"/maps/base.png?zoom=nan", 400, "SRV-012"},
    {"/?f=xml", 400, "SRV-012"},
};

static void check_common_headers(const struct exchange *exchange, const char *target)
{
    const char *cors = header_of(exchange, "Access-Control-Allow-Origin");
    const char *etag = header_of(exchange, "ETag");
    if (!cors || strcmp(cors, "*") != 0 || !header_of(exchange, "Cache-Control") || !etag || etag[0] != '"') {
        fail_msg("%s: a header is missing", target);
    }
    assert_string_equal(header_of(exchange, "X-Content-Type-Options"), "nosniff");
    assert_non_null(strstr(header_of(exchange, "Access-Control-Expose-Headers"), "ETag"));
    assert_non_null(header_of(exchange, "Content-Type"));
}

static void test_statuses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct exchange *exchange = ask(cases[i].target);
        struct buffer out;
        const char *body = body_of(exchange, &out);
        if (exchange->response.status != cases[i].status) {
            fail_msg("%s: %u instead of %u: %s", cases[i].target, exchange->response.status, cases[i].status, body);
        }
        check_common_headers(exchange, cases[i].target);
        if (cases[i].code) {
            char member[64];
            snprintf(member, sizeof member, "\"code\":\"%s\"", cases[i].code);
            if (!strstr(body, member)) {
                fail_msg("%s: not %s: %s", cases[i].target, cases[i].code, body);
            }
            assert_string_equal(header_of(exchange, "Content-Type"), TYPE_PROBLEM);
            assert_null(strstr(body, "secret")); /* what broke inside is for the log */
        }
        if (strstr(header_of(exchange, "Content-Type"), "json") && !strstr(cases[i].target, ".geojson") &&
            !strstr(cases[i].target, "png")) {
            struct arena *arena = arena_create(32 << 20);
            struct value value;
            struct error err = {0};
            if (!value_read_json((struct text){(const char *)out.data, out.length}, arena, &value, &err)) {
                fail_msg("%s: %s", cases[i].target, err.english);
            }
            arena_destroy(arena);
        }
        buffer_finish(&out);
        exchange_destroy(exchange);
    }
    assert_int_equal(atomic_load(&world.status.streams), 0);
}

static void test_conditional(void **state)
{
    static const char *const targets[] = {
        "/tiles/base/5/6/7.png", "/collections",     "/collections/puntos/items?limit=1",
        "/data/puntos.geojson",  "/tiles/base.json", "/maps/base.png"};
    (void)state;
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        char list[256];
        struct exchange *first = ask(targets[i]);
        snprintf(list, sizeof list, "\"x\", W/%s , \"y\"", header_of(first, "ETag"));
        const char *const match[][2] = {{"If-None-Match", list}, {NULL, NULL}};
        const char *const other[][2] = {{"If-None-Match", "\"0000000000000000\""}, {NULL, NULL}};
        const char *const any[][2] = {{"If-None-Match", "*"}, {NULL, NULL}};
        struct exchange *second = ask_with("GET", targets[i], match);
        struct exchange *third = ask_with("GET", targets[i], other);
        struct exchange *fourth = ask_with("HEAD", targets[i], any);
        assert_int_equal(first->response.status, 200);
        if (second->response.status != 304) {
            fail_msg("%s: %u", targets[i], second->response.status);
        }
        assert_int_equal(third->response.status, 200);
        assert_int_equal(fourth->response.status, 304);
        assert_string_equal(header_of(first, "ETag"), header_of(second, "ETag"));
        assert_string_equal(header_of(first, "Cache-Control"), header_of(second, "Cache-Control"));
        assert_string_equal(header_of(second, "Access-Control-Allow-Origin"), "*");
        assert_null(header_of(second, "Content-Type"));
        const char *vary = header_of(first, "Vary");
        assert_true(vary ? strcmp(vary, header_of(second, "Vary")) == 0 : !header_of(second, "Vary"));
        exchange_destroy(first);
        exchange_destroy(second);
        exchange_destroy(third);
        exchange_destroy(fourth);
    }
}

/* An answer that states its time has another ETag later, and the older one is still good while the layer is the same.
 */
static void test_time_in_etag(void **state)
{
    (void)state;
    struct exchange *now = ask("/collections/puntos/items?limit=1");
    const char *etag = header_of(now, "ETag");
    char older[64];
    char wrong[64];
    assert_int_equal(strlen(etag), 1 + 16 + 1 + 8 + 1);
    snprintf(older, sizeof older, "%.18s00000001\"", etag);
    snprintf(wrong, sizeof wrong, "\"0123456789abcdef%s", etag + 17);
    const char *const match[][2] = {{"If-None-Match", older}, {NULL, NULL}};
    const char *const differ[][2] = {{"If-None-Match", wrong}, {NULL, NULL}};
    struct exchange *second = ask_with("GET", "/collections/puntos/items?limit=1", match);
    assert_int_equal(second->response.status, 304);
    assert_string_equal(header_of(second, "ETag"), older);
    struct exchange *third = ask_with("GET", "/collections/puntos/items?limit=1", differ);
    assert_int_equal(third->response.status, 200);
    struct exchange *other_query = ask_with("GET", "/collections/puntos/items?limit=2", match);
    assert_int_equal(other_query->response.status, 200);
    exchange_destroy(now);
    exchange_destroy(second);
    exchange_destroy(third);
    exchange_destroy(other_query);
}

static void test_versions(void **state)
{
    char target[128];
    char version[17];
    (void)state;
    struct catalog *catalog = tile_service_catalog(world.shared.service);
    response_version_text(catalog_map_find(catalog, "base")->version, version);
    catalog_unref(catalog);
    snprintf(target, sizeof target, "/tiles/base/5/6/7.png?v=%s", version);
    struct exchange *exchange = ask(target);
    assert_non_null(strstr(header_of(exchange, "Cache-Control"), "immutable"));
    exchange_destroy(exchange);
    exchange = ask("/tiles/base/5/6/7.png?v=0123456789abcdef");
    assert_string_equal(header_of(exchange, "Cache-Control"), "public, max-age=300, stale-while-revalidate=86400");
    exchange_destroy(exchange);
    snprintf(target, sizeof target, "/tiles/base/21/6/7.png?v=%s", version); /* fails */
    exchange = ask(target);
    assert_string_equal(header_of(exchange, "Cache-Control"), "no-store");
    exchange_destroy(exchange);
}

static void test_methods(void **state)
{
    static const char *const refused[] = {"POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT"};
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct exchange *exchange = ask_with(refused[i], "/tiles/base/1/0/0.png", NULL);
        assert_int_equal(exchange->response.status, 405);
        assert_string_equal(header_of(exchange, "Allow"), "GET, HEAD, OPTIONS");
        assert_string_equal(header_of(exchange, "Connection"), "close");
        check_common_headers(exchange, refused[i]);
        exchange_destroy(exchange);
    }
    struct exchange *exchange = ask_with("BREW", "/tiles/base/1/0/0.png", NULL);
    assert_int_equal(exchange->response.status, 501);
    exchange_destroy(exchange);
    exchange = ask_with("get", "/tiles/base/1/0/0.png", NULL);
    assert_int_equal(exchange->response.status, 501);
    exchange_destroy(exchange);
    exchange = ask_with("OPTIONS", "/tiles/base/1/0/0.png", NULL);
    assert_int_equal(exchange->response.status, 204);
    assert_string_equal(header_of(exchange, "Access-Control-Allow-Methods"), "GET, HEAD, OPTIONS");
    assert_string_equal(header_of(exchange, "Access-Control-Allow-Origin"), "*");
    exchange_destroy(exchange);
    exchange = ask_with("OPTIONS", "/nada", NULL);
    assert_int_equal(exchange->response.status, 404);
    exchange_destroy(exchange);
}

static void test_compression(void **state)
{
    const char *const gzip[][2] = {{"Accept-Encoding", "gzip, br"}, {NULL, NULL}};
    (void)state;
    struct exchange *plain = ask("/collections");
    struct exchange *packed = ask_with("GET", "/collections", gzip);
    assert_string_equal(header_of(packed, "Content-Encoding"), "gzip");
    assert_string_equal(header_of(packed, "Vary"), "Accept-Encoding");
    assert_string_equal(header_of(plain, "Vary"), "Accept-Encoding");
    assert_null(header_of(plain, "Content-Encoding"));
    assert_true(packed->response.body.length < plain->response.body.length);
    assert_memory_equal(packed->response.body.data, "\x1f\x8b", 2);
    assert_string_not_equal(header_of(packed, "ETag"), header_of(plain, "ETag"));
    exchange_destroy(plain);
    exchange_destroy(packed);
    struct exchange *stream = ask_with("GET", "/data/puntos.geojson", gzip);
    assert_string_equal(header_of(stream, "Content-Encoding"), "gzip");
    exchange_destroy(stream);
    struct exchange *picture = ask_with("GET", "/tiles/base/1/0/0.png", gzip);
    assert_null(header_of(picture, "Content-Encoding"));
    exchange_destroy(picture);
}

static void test_links_and_pages(void **state)
{
    struct buffer out;
    (void)state;
    struct exchange *exchange = ask("/collections/puntos/items?limit=1&offset=1&bbox=-104,25,-103,26");
    const char *body = body_of(exchange, &out);
    assert_non_null(strstr(body, "\"numberMatched\":3,\"numberReturned\":1,"));
    assert_non_null(strstr(body, "http://mapas.example:8080/collections/puntos/items?f=json\\u0026limit=1"
                                 "\\u0026bbox=-104%2C25%2C-103%2C26\\u0026cursor="));
    assert_non_null(strstr(body, "-3-2-2\",\"rel\":\"next\"")); /* of 3, 2 are behind, row 2 the last of them */
    assert_non_null(strstr(body, "bbox=-104%2C25%2C-103%2C26\\u0026offset=0\",\"rel\":\"prev\""));
    assert_non_null(strstr(body, "\"rel\":\"collection\""));
    assert_non_null(strstr(body, "\"id\":2,"));
    buffer_finish(&out);
    exchange_destroy(exchange);
    exchange = ask("/collections/puntos/items?offset=50");
    body = body_of(exchange, &out);
    assert_non_null(strstr(body, "\"numberReturned\":0,"));
    assert_null(strstr(body, "\"rel\":\"next\""));
    assert_null(strstr(body, "\"bbox\""));
    buffer_finish(&out);
    exchange_destroy(exchange);
}

static void test_antimeridian(void **state)
{
    struct buffer out;
    (void)state;
    struct exchange *exchange = ask("/collections/islas/items");
    const char *body = body_of(exchange, &out);
    assert_non_null(strstr(body, "],\"bbox\":[179,-1,-179,1],\"links\":["));
    assert_non_null(strstr(body, "\"MultiPolygon\""));
    assert_non_null(strstr(body, "\"geometry\":null"));
    buffer_finish(&out);
    exchange_destroy(exchange);
    exchange = ask("/collections/islas/items/%C3%B1and%C3%BA%20%26%20%3Cx%3E");
    assert_int_equal(exchange->response.status, 200);
    exchange_destroy(exchange);
}

/* A long stream comes in pieces of bounded size, whole and in order. */
static void test_long_stream(void **state)
{
    (void)state;
    fake_points_set(20000);
    struct exchange *exchange = ask("/data/puntos.geojson");
    struct buffer out;
    const char *body = body_of(exchange, &out);
    int64_t expected = 0;
    for (const char *at = body; *at; at++) {
        if (*at == '"' && memcmp(at, "\"id\":", 5) == 0) {
            assert_int_equal(strtoll(at + 5, NULL, 10), ++expected);
        }
    }
    assert_int_equal(expected, 20000);
    assert_non_null(strstr(header_of(exchange, "Content-Disposition"), "puntos.geojson"));
    buffer_finish(&out);
    exchange_destroy(exchange);
    fake_points_set(3);
}

static void test_streams_are_bounded(void **state)
{
    struct exchange *held[EXCHANGE_STREAMS_MAX];
    (void)state;
    for (int i = 0; i < EXCHANGE_STREAMS_MAX; i++) {
        held[i] = ask("/data/puntos.geojson");
        assert_int_equal(held[i]->response.status, 200);
    }
    struct exchange *refused = ask("/data/puntos.geojson");
    assert_int_equal(refused->response.status, 503);
    assert_non_null(header_of(refused, "Retry-After"));
    exchange_destroy(refused);
    for (int i = 0; i < EXCHANGE_STREAMS_MAX; i++) {
        exchange_destroy(held[i]);
    }
    struct exchange *again = ask("/data/puntos.geojson");
    assert_int_equal(again->response.status, 200);
    exchange_destroy(again);
}

static void test_style_is_absolute(void **state)
{
    struct buffer out;
    (void)state;
    struct exchange *exchange = ask("/styles/base.json");
    const char *body = body_of(exchange, &out);
    assert_null(strstr(body, "tesela://"));
    assert_non_null(strstr(body, "http://mapas.example:8080/tiles/puntos/{z}/{x}/{y}.mvt?v="));
    assert_non_null(strstr(body, "http://mapas.example:8080/fonts/{fontstack}/{range}.pbf"));
    buffer_finish(&out);
    exchange_destroy(exchange);
    world.options.base_url = "https://mapas.torreon.example/x";
    exchange = ask("/tiles/base.json");
    body = body_of(exchange, &out);
    assert_non_null(strstr(body, "https://mapas.torreon.example/x/tiles/base/{z}/{x}/{y}.png?v="));
    assert_null(strstr(body, "mapas.example:8080"));
    world.options.base_url = NULL;
    buffer_finish(&out);
    exchange_destroy(exchange);
}

static void test_refusals_at_the_gate(void **state)
{
    const char *const body[][2] = {{"Content-Length", "5"}, {NULL, NULL}};
    const char *const smuggled[][2] = {{"Content-Length", "0"}, {"Transfer-Encoding", "chunked"}, {NULL, NULL}};
    const char *const host[][2] = {{"Host", "evil.example"}, {NULL, NULL}};
    (void)state;
    const char *const(*sets[])[2] = {body, smuggled, host};
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        struct exchange *exchange = ask_with("GET", "/health/live", sets[i]);
        assert_int_equal(exchange->response.status, 400);
        assert_string_equal(header_of(exchange, "Connection"), "close");
        assert_string_equal(header_of(exchange, "Cache-Control"), "no-store");
        check_common_headers(exchange, "refused");
        exchange_destroy(exchange);
    }
}

static void test_redirect(void **state)
{
    (void)state;
    struct exchange *exchange = ask("/collections/?f=json");
    assert_int_equal(exchange->response.status, 308);
    assert_string_equal(header_of(exchange, "Location"), "http://mapas.example:8080/collections?f=json");
    exchange_destroy(exchange);
    exchange = ask("/nada/");
    assert_int_equal(exchange->response.status, 404);
    exchange_destroy(exchange);
}

static void test_draining(void **state)
{
    (void)state;
    atomic_store(&world.status.is_draining, true);
    struct exchange *exchange = ask("/health/ready");
    assert_int_equal(exchange->response.status, 503);
    exchange_destroy(exchange);
    exchange = ask("/health/live");
    assert_int_equal(exchange->response.status, 200);
    assert_string_equal(header_of(exchange, "Connection"), "close");
    exchange_destroy(exchange);
    atomic_store(&world.status.is_draining, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statuses),          cmocka_unit_test(test_conditional),
        cmocka_unit_test(test_time_in_etag),      cmocka_unit_test(test_versions),
        cmocka_unit_test(test_methods),           cmocka_unit_test(test_compression),
        cmocka_unit_test(test_links_and_pages),   cmocka_unit_test(test_antimeridian),
        cmocka_unit_test(test_long_stream),       cmocka_unit_test(test_streams_are_bounded),
        cmocka_unit_test(test_style_is_absolute), cmocka_unit_test(test_refusals_at_the_gate),
        cmocka_unit_test(test_redirect),          cmocka_unit_test(test_draining),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
