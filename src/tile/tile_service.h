/* SPDX-License-Identifier: MIT */
#pragma once
/* Tiles while serving: the current catalog, the cache in memory, equal requests sharing one rendering, a bounded queue
 * and the worker threads. Thread-safe. */

#include "tile/tile_worker.h"

struct tile_service_options {
    const char *data_folder;
    const char *styles_folder;
    unsigned workers;       /* 0: one per processor */
    size_t cache_bytes;     /* memory for finished tiles; 0 switches it off */
    uint64_t disk_bytes;    /* of tiles.sqlite in the data folder; 0 switches it off */
    int64_t stale_after_ns; /* a changed tile that would take longer is answered as it was; 0: 100 ms; negative: all */
    size_t queue_max;       /* jobs waiting; past it ERROR_UNAVAILABLE. 0: 256 */
};

struct tile_service;

bool tile_service_create(const struct tile_service_options *options, struct tile_service **out_service,
                         struct error *err);
/* Finishes what runs, answers what waits with ERROR_UNAVAILABLE, joins the workers. Later requests are refused with
 * ERROR_UNAVAILABLE. */
void tile_service_stop(struct tile_service *service);
/* tile_service_stop, then frees. Accepts NULL. */
void tile_service_destroy(struct tile_service *service);

/* The catalog now; the caller unrefs it. */
struct catalog *tile_service_catalog(struct tile_service *service);
/* Grows with each new catalog, without a lock. Asked for before the catalog, it is the number of that one or smaller.
 */
uint64_t tile_service_turn(const struct tile_service *service);

/* True while no worker is at work. Without a lock: it may have changed by the time it is read. */
bool tile_service_rests(const struct tile_service *service);

/* A finished answer: immutable bytes, shared by counting. */
struct tile_blob {
    const unsigned char *data;
    size_t size;
    uint64_t hash;             /* of the bytes: the ETag */
    const unsigned char *gzip; /* the same compressed; NULL when that is no gain (PNG) */
    size_t gzip_size;
    uint64_t label_print; /* of the labels on it, set before it is shared; 0: not known */
};
/* Takes `take_data` (from malloc), also on failure. NULL: memory is out. With `gzip_level` (tile/gzip.h; 0: not) a
 * compressed copy is kept too where that is a gain. */
struct tile_blob *tile_blob_create(unsigned char *take_data, size_t size, int gzip_level);
/* Adds the compressed copy to a blob that has none, before it is shared between threads: by compressing it, or one that
 * was made before (from malloc). */
void tile_blob_add_gzip(struct tile_blob *blob, unsigned char *take_gzip, size_t size);
void tile_blob_pack(struct tile_blob *blob, int gzip_level);
/* A copy of `bytes`; with `may_be_gzip` both what they hold and they themselves where they are compressed. NULL: they
 * are damaged, or memory is out. */
struct tile_blob *tile_blob_unpack(const void *bytes, size_t size, bool may_be_gzip);
struct tile_blob *tile_blob_ref(struct tile_blob *blob);
void tile_blob_unref(struct tile_blob *blob);

/* Called once, on any thread, with the blob (borrowed: ref it to keep it) or with an error and NULL. `is_stale`: the
 * tile is the one before the last publish, and the new one is being made. */
typedef void tile_done(void *context, struct tile_blob *blob, bool is_stale, const struct error *err);

/* Who asks. */
struct tile_caller {
    uint64_t client; /* a hash of the address: clients take turns; 0: nobody in particular */
    /* True when nobody waits for the answer any more. Called with the context, on any thread; may be NULL. */
    bool (*is_gone)(void *context);
    bool takes_gzip; /* a compressed copy of the blob is of use */
};

/* Answers from the cache by calling `done` before it returns, or queues the rendering and calls it later. With
 * `may_be_stale` a tile that changed is answered as it was while it is made again, when that would take long now. */
void tile_service_get(struct tile_service *service, struct catalog *catalog, const struct tile_request *request,
                      const struct tile_caller *caller, bool may_be_stale, tile_done *done, void *context);

/* Runs `run` on a worker, for everything else that reads the store. False (ERROR_UNAVAILABLE) when the queue is full:
 * `run` is then not called. `run` is called with a NULL worker when it waited too long, when the caller is gone and
 * when the service is being destroyed first. */
typedef void tile_job(void *context, struct tile_worker *worker);
bool tile_service_run(struct tile_service *service, const struct tile_caller *caller, tile_job *run, void *context,
                      struct error *err);

/* As tile_service_run, but not refused by a full queue: for going on with an answer that has begun. New requests and
 * such answers take turns. The caller bounds how many there are. False only when the service was stopped. */
bool tile_service_continue(struct tile_service *service, const struct tile_caller *caller, tile_job *run, void *context,
                           struct error *err);

struct label_cache *tile_service_labels(struct tile_service *service);

struct tile_service_stats {
    uint64_t hits;      /* answered from memory */
    uint64_t confirmed; /* of those: made before a publish that did not touch them */
    uint64_t stale;     /* answered with the tile before the last publish */
    uint64_t misses;
    uint64_t from_disk;
    uint64_t rendered;
    uint64_t redrawn;     /* of those: for a tile that a publish touched */
    uint64_t same_labels; /* touched tiles that had the same labels afterwards, and were not drawn again */
    uint64_t shared;
    uint64_t refused;
    uint64_t abandoned; /* not made, since nobody waited any more */
    uint64_t failed;
    size_t cache_bytes;
    uint64_t disk_bytes;
    uint64_t disk_damaged; /* entries and files dropped */
    size_t queue_length;
    size_t dirty_length; /* tiles to be made again */
};
void tile_service_stats(struct tile_service *service, struct tile_service_stats *out_stats);
