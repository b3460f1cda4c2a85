/* SPDX-License-Identifier: MIT */
#include "server/status.h"

#include "base/clock.h"
#include "base/json_write.h"
#include "server/handlers.h"
#include "tile/label_cache.h"

static const int64_t duration_bounds_us[STATUS_DURATIONS] = {1000,   5000,   20000,   50000,
                                                             100000, 500000, 2000000, 10000000};

void status_count(struct status_share *share, unsigned http_status, int64_t duration_ns, uint64_t bytes)
{
    int64_t us = duration_ns / 1000;
    size_t slot = 0;
    while (slot < STATUS_DURATIONS && us > duration_bounds_us[slot]) {
        slot++;
    }
    atomic_fetch_add_explicit(&share->answers[http_status / 100 % 6], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&share->durations[slot], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&share->duration_us, (uint_fast64_t)us, memory_order_relaxed);
    atomic_fetch_add_explicit(&share->bytes, bytes, memory_order_relaxed);
}

int status_connections(const struct server_status *status)
{
    int sum = 0;
    for (size_t i = 0; i < LISTEN_SOCKETS_MAX; i++) {
        sum += atomic_load(&status->shares[i].connections);
    }
    return sum;
}

int status_in_flight(const struct server_status *status)
{
    int sum = 0;
    for (size_t i = 0; i < LISTEN_SOCKETS_MAX; i++) {
        sum += atomic_load(&status->shares[i].in_flight);
    }
    return sum;
}

/* The listeners' shares in one. */
struct sum {
    uint64_t answers[6];
    uint64_t durations[STATUS_DURATIONS + 1];
    uint64_t duration_us;
    uint64_t bytes;
    uint64_t ready_hits;
};

static struct sum sum_up(const struct server_status *status)
{
    struct sum sum = {0};
    for (size_t i = 0; i < LISTEN_SOCKETS_MAX; i++) {
        const struct status_share *share = &status->shares[i];
        for (size_t k = 0; k < sizeof sum.answers / sizeof sum.answers[0]; k++) {
            sum.answers[k] += atomic_load(&share->answers[k]);
        }
        for (size_t k = 0; k <= STATUS_DURATIONS; k++) {
            sum.durations[k] += atomic_load(&share->durations[k]);
        }
        sum.duration_us += atomic_load(&share->duration_us);
        sum.bytes += atomic_load(&share->bytes);
        sum.ready_hits += atomic_load(&share->ready_hits);
    }
    return sum;
}

void handle_live(const struct request *request, struct handler_context *context, struct response *response)
{
    (void)request;
    (void)context;
    response->cache = RESPONSE_CACHE_NONE;
    buffer_append_text(&response->body, "{\"status\":\"live\"}");
}

void handle_ready(const struct request *request, struct handler_context *context, struct response *response)
{
    if (context->status && atomic_load(&context->status->is_draining)) {
        response_problem(response, request, 503, "SRV-503", "el servidor se está apagando");
        return;
    }
    response->cache = RESPONSE_CACHE_NONE;
    struct json_writer writer;
    json_write_init(&writer, &response->body);
    json_write_begin_object(&writer);
    json_write_member_string(&writer, "status", "ready");
    json_write_member_int(&writer, "maps", (int64_t)catalog_map_count(context->catalog));
    json_write_member_int(&writer, "layers", (int64_t)catalog_layers(context->catalog)->count);
    json_write_end_object(&writer);
}

/* One family of the text format, version 0.0.4. */
static void put_family(struct buffer *out, const char *name, const char *type, const char *help)
{
    buffer_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put_number(struct buffer *out, const char *name, const char *type, const char *help, uint64_t number)
{
    put_family(out, name, type, help);
    buffer_printf(out, "%s %llu\n", name, (unsigned long long)number);
}

static void put_requests(struct buffer *out, const struct server_status *status, const struct sum *all)
{
    uint64_t sum = 0;
    put_family(out, "tesela_http_requests_total", "counter", "Answers by class of status.");
    for (unsigned i = 1; i < 6; i++) {
        buffer_printf(out, "tesela_http_requests_total{code=\"%uxx\"} %llu\n", i, (unsigned long long)all->answers[i]);
    }
    put_family(out, "tesela_http_request_duration_seconds", "histogram", "From the request's line to its end.");
    for (size_t i = 0; i < STATUS_DURATIONS; i++) {
        sum += all->durations[i];
        buffer_printf(out, "tesela_http_request_duration_seconds_bucket{le=\"%g\"} %llu\n",
                      (double)duration_bounds_us[i] / 1e6, (unsigned long long)sum);
    }
    sum += all->durations[STATUS_DURATIONS];
    buffer_printf(out, "tesela_http_request_duration_seconds_bucket{le=\"+Inf\"} %llu\n", (unsigned long long)sum);
    buffer_printf(out, "tesela_http_request_duration_seconds_sum %.6f\n", (double)all->duration_us / 1e6);
    buffer_printf(out, "tesela_http_request_duration_seconds_count %llu\n", (unsigned long long)sum);
    put_number(out, "tesela_http_body_bytes_total", "counter", "Bytes of bodies sent.", all->bytes);
    put_number(out, "tesela_http_refused_total", "counter", "Requests refused by the gate.",
               atomic_load(&status->refused_at_gate));
    put_number(out, "tesela_http_cut_off_total", "counter", "Connections ended for being too slow.",
               atomic_load(&status->cut_off));
    put_number(out, "tesela_http_connections", "gauge", "Open connections.", (uint64_t)status_connections(status));
    put_number(out, "tesela_http_in_flight", "gauge", "Requests not yet finished.", (uint64_t)status_in_flight(status));
    put_number(out, "tesela_http_streams", "gauge", "Streamed answers under way.",
               (uint64_t)atomic_load(&status->streams));
}

static void put_tiles(struct buffer *out, struct tile_service *service, uint64_t ready_hits)
{
    struct tile_service_stats stats;
    struct label_cache_stats labels;
    tile_service_stats(service, &stats);
    label_cache_stats(tile_service_labels(service), &labels);
    put_number(out, "tesela_tile_cache_hits_total", "counter", "Tiles answered from memory.", stats.hits + ready_hits);
    put_number(out, "tesela_tile_cache_confirmed_total", "counter",
               "Tiles in memory found untouched by what was published since they were made.", stats.confirmed);
    put_number(out, "tesela_tile_cache_stale_total", "counter", "Answers with the tile before the last publish.",
               stats.stale);
    put_number(out, "tesela_tiles_from_disk_total", "counter", "Tiles read from tiles.sqlite.", stats.from_disk);
    put_number(out, "tesela_tiles_redrawn_total", "counter", "Tiles made again because a publish touched them.",
               stats.redrawn);
    put_number(out, "tesela_tiles_same_labels_total", "counter",
               "Tiles near a publish whose labels turned out the same, so that they were not made again.",
               stats.same_labels);
    put_number(out, "tesela_tiles_abandoned_total", "counter", "Tiles not made, since nobody waited any more.",
               stats.abandoned);
    put_number(out, "tesela_tile_file_bytes", "gauge", "Size of tiles.sqlite in use.", stats.disk_bytes);
    put_number(out, "tesela_tile_file_damaged_total", "counter", "Damaged tiles and files dropped.",
               stats.disk_damaged);
    put_number(out, "tesela_dirty_length", "gauge", "Tiles that wait to be made again.", stats.dirty_length);
    put_number(out, "tesela_tile_cache_misses_total", "counter", "Tiles not in memory.", stats.misses);
    put_number(out, "tesela_tiles_made_total", "counter", "Tiles made.", stats.rendered);
    put_number(out, "tesela_tiles_shared_total", "counter", "Requests that joined a tile being made.", stats.shared);
    put_number(out, "tesela_tiles_refused_total", "counter", "Requests refused because of a full queue.",
               stats.refused);
    put_number(out, "tesela_tiles_failed_total", "counter", "Tiles that could not be made.", stats.failed);
    put_number(out, "tesela_tile_cache_bytes", "gauge", "Memory of the tile cache.", stats.cache_bytes);
    put_number(out, "tesela_queue_length", "gauge", "Jobs that wait for a worker.", stats.queue_length);
    put_number(out, "tesela_label_cache_hits_total", "counter", "Label squares answered from memory.", labels.hits);
    put_number(out, "tesela_label_cache_misses_total", "counter", "Label squares planned.", labels.misses);
    put_number(out, "tesela_label_cache_bytes", "gauge", "Memory of the label cache.", labels.bytes);
}

void handle_metrics(const struct request *request, struct handler_context *context, struct response *response)
{
    (void)request;
    response->cache = RESPONSE_CACHE_NONE;
    response->content_type = "text/plain; version=0.0.4; charset=utf-8";
    if (!context->status) {
        return;
    }
    const struct sum sum = sum_up(context->status);
    put_requests(&response->body, context->status, &sum);
    put_tiles(&response->body, context->status->service, sum.ready_hits);
    put_number(&response->body, "tesela_maps", "gauge", "Maps in the catalog.", catalog_map_count(context->catalog));
    put_number(&response->body, "tesela_layers", "gauge", "Published layers.", catalog_layers(context->catalog)->count);
    put_number(&response->body, "tesela_uptime_seconds", "gauge", "Since the start.",
               (uint64_t)((clock_monotonic_ns() - context->status->started_ns) / 1000000000));
}
