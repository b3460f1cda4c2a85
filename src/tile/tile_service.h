/* SPDX-License-Identifier: MIT */
#pragma once
/* Tiles while serving: the current catalog, the cache in memory, equal requests sharing one rendering, a bounded queue
 * and the worker threads. Thread-safe. */

#include "tile/tile_worker.h"

struct tile_service_options {
    const char *data_folder;
    const char *styles_folder;
    unsigned workers;   /* 0: one per processor */
    size_t cache_bytes; /* 0 switches the tile cache off */
    size_t queue_max;   /* jobs waiting; past it ERROR_UNAVAILABLE. 0: 256 */
};

struct tile_service;

bool tile_service_create(const struct tile_service_options *options, struct tile_service **out_service,
                         struct error *err);
/* Finishes what runs, answers what waits with ERROR_UNAVAILABLE, joins the workers. Later requests are refused with
 * ERROR_UNAVAILABLE. */
void tile_service_stop(struct tile_service *service);
/* tile_service_stop, then frees. Accepts NULL. */
void tile_service_destroy(struct tile_service *service);

/* The catalog now; the caller unrefs it. Looks for changes at most once in 500 ms. */
struct catalog *tile_service_catalog(struct tile_service *service);

/* A finished answer: immutable bytes, shared by counting. */
struct tile_blob {
    const unsigned char *data;
    size_t size;
    uint64_t hash;             /* of the bytes: the ETag */
    const unsigned char *gzip; /* the same compressed; NULL when that is no gain (PNG) */
    size_t gzip_size;
};
/* Takes `take_data` (from malloc), also on failure. `with_gzip` keeps a compressed copy too. NULL: memory is out. */
struct tile_blob *tile_blob_create(unsigned char *take_data, size_t size, bool with_gzip);
struct tile_blob *tile_blob_ref(struct tile_blob *blob);
void tile_blob_unref(struct tile_blob *blob);

/* Called once, on any thread, with the blob (borrowed: ref it to keep it) or with an error and NULL. */
typedef void tile_done(void *context, struct tile_blob *blob, const struct error *err);

/* Answers from the cache by calling `done` before it returns, or queues the rendering and calls it later. */
void tile_service_get(struct tile_service *service, struct catalog *catalog, const struct tile_request *request,
                      tile_done *done, void *context);

/* Runs `run` on a worker, for everything else that reads the store. False (ERROR_UNAVAILABLE) when the queue is full:
 * `run` is then not called. `run` is called with a NULL worker when the service is being destroyed first. */
typedef void tile_job(void *context, struct tile_worker *worker);
bool tile_service_run(struct tile_service *service, tile_job *run, void *context, struct error *err);

/* As tile_service_run, but not refused by a full queue: for going on with an answer that has begun. New requests and
 * such answers take turns. The caller bounds how many there are. False only when the service was stopped. */
bool tile_service_continue(struct tile_service *service, tile_job *run, void *context, struct error *err);

struct label_cache *tile_service_labels(struct tile_service *service);

struct tile_service_stats {
    uint64_t hits, misses, rendered, shared, refused, failed;
    size_t cache_bytes, queue_length;
};
void tile_service_stats(struct tile_service *service, struct tile_service_stats *out_stats);
