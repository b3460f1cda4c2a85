/* SPDX-License-Identifier: MIT */
/* The caller's thread goes down the tree of tiles along the Hilbert curve and gathers batches; workers make them; the
 * caller's thread takes them back in the same order. */
#include "tile/tile_pyramid.h"

#include "tile/gzip.h"
#include "tile/label_cache.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tile/tile_order.h"

enum {
    BATCH_TILES = 32,
    WORKERS_MAX = 64,
    BATCHES_PER_WORKER = 3,
    TILE_BYTES_MAX = 64 << 20,
    LABEL_CACHE_BYTES = 64 << 20,
    LAYERS_MAX = 256,
    /* At every third zoom above the wanted one it is asked whether there is anything below. */
    PROBE_EVERY = 3,
    PROBE_ZOOM_MIN = 6,
    PROBE_MARGIN_PX = 1024
};

enum batch_state { BATCH_FREE, BATCH_WAITING, BATCH_AT_WORK, BATCH_DONE };

struct batch {
    enum batch_state state;
    size_t count;
    struct tile_id tiles[BATCH_TILES];
    struct tile_blob *blobs[BATCH_TILES];
    bool failed;
    struct error error;
};

struct run {
    const struct tile_pyramid *pyramid;
    tile_wanted *wanted;
    tile_made *made;
    void *context;
    struct label_cache *labels;
    struct tile_worker probe; /* the caller's own store */
    const struct store_layer *layers[LAYERS_MAX];
    size_t layer_count;
    struct world_box area;
    bool failed;
    struct error error;

    pthread_mutex_t lock; /* guards the states of batches and `is_over` */
    pthread_cond_t changed;
    struct batch *batches; /* a ring */
    size_t batch_count;
    size_t first;   /* the oldest that was not taken back */
    size_t filling; /* the one that is being gathered */
    bool is_over;
    pthread_t threads[WORKERS_MAX];
    unsigned thread_count;
};

static bool is_ended(const struct run *run)
{
    return run->failed || (run->pyramid->ended && *(const volatile bool *)run->pyramid->ended);
}

/* --- workers --- */

static bool make_batch(struct run *run, struct tile_worker *worker, struct batch *batch)
{
    const struct tile_pyramid *pyramid = run->pyramid;
    for (size_t i = 0; i < batch->count; i++) {
        struct tile_request request = pyramid->request;
        struct buffer out;
        size_t size;
        request.tile = batch->tiles[i];
        buffer_init(&out, TILE_BYTES_MAX);
        arena_reset(worker->arena);
        if (!tile_make(worker, pyramid->catalog, run->labels, &request, &out, &batch->error) || out.failed) {
            if (out.failed) {
                error_set(&batch->error, ERROR_TOO_LARGE, "it has more than %d bytes", TILE_BYTES_MAX);
            }
            error_prefix(&batch->error, "tile %u/%u/%u", request.tile.z, request.tile.x, request.tile.y);
            buffer_finish(&out);
            return false;
        }
        unsigned char *data = buffer_take(&out, &size);
        batch->blobs[i] = tile_blob_create(data, size, request.format != TILE_PNG ? GZIP_LEVEL_KEPT : 0);
        if (!batch->blobs[i]) {
            return error_no_memory(&batch->error);
        }
    }
    return true;
}

/* The lock is held. The oldest batch that waits. */
static struct batch *next_waiting(struct run *run)
{
    for (size_t i = 0; i < run->batch_count; i++) {
        struct batch *batch = &run->batches[(run->first + i) % run->batch_count];
        if (batch->state == BATCH_WAITING) {
            return batch;
        }
    }
    return NULL;
}

static void *work(void *context)
{
    struct run *run = context;
    struct tile_worker worker;
    struct error err = {0};
    bool is_ready = tile_worker_init(&worker, run->pyramid->data_folder, &err);
    pthread_mutex_lock(&run->lock);
    for (;;) {
        struct batch *batch = next_waiting(run);
        if (!batch && run->is_over) {
            break;
        }
        if (!batch) {
            pthread_cond_wait(&run->changed, &run->lock);
            continue;
        }
        batch->state = BATCH_AT_WORK;
        pthread_mutex_unlock(&run->lock);
        if (is_ready) {
            batch->failed = !make_batch(run, &worker, batch);
        } else {
            batch->failed = true;
            batch->error = err;
        }
        pthread_mutex_lock(&run->lock);
        batch->state = BATCH_DONE;
        pthread_cond_broadcast(&run->changed);
    }
    pthread_mutex_unlock(&run->lock);
    if (is_ready) {
        tile_worker_finish(&worker);
    }
    return NULL;
}

/* --- handing over --- */

static void empty(struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        tile_blob_unref(batch->blobs[i]);
        batch->blobs[i] = NULL;
    }
    batch->count = 0;
    batch->failed = false;
    batch->state = BATCH_FREE;
}

/* Takes the oldest batch back, once it is done. */
static void take_back(struct run *run)
{
    struct batch *batch = &run->batches[run->first];
    pthread_mutex_lock(&run->lock);
    while (batch->state == BATCH_WAITING || batch->state == BATCH_AT_WORK) {
        pthread_cond_wait(&run->changed, &run->lock);
    }
    pthread_mutex_unlock(&run->lock);
    if (batch->failed && !run->failed) {
        run->failed = true;
        run->error = batch->error;
    }
    for (size_t i = 0; i < batch->count && !is_ended(run); i++) {
        if (!run->made(run->context, batch->tiles[i], batch->blobs[i], &run->error)) {
            run->failed = true;
        }
    }
    pthread_mutex_lock(&run->lock);
    empty(batch);
    run->first = (run->first + 1) % run->batch_count;
    pthread_mutex_unlock(&run->lock);
}

static void submit(struct run *run)
{
    struct batch *batch = &run->batches[run->filling];
    if (batch->count == 0) {
        return;
    }
    pthread_mutex_lock(&run->lock);
    batch->state = BATCH_WAITING;
    run->filling = (run->filling + 1) % run->batch_count;
    pthread_cond_broadcast(&run->changed);
    pthread_mutex_unlock(&run->lock);
    if (run->filling == run->first) { /* all in use: the oldest makes room */
        take_back(run);
    }
}

static void gather(struct run *run, struct tile_id tile)
{
    if (run->wanted && !run->wanted(run->context, tile)) {
        return;
    }
    struct batch *batch = &run->batches[run->filling];
    batch->tiles[batch->count++] = tile;
    if (batch->count == BATCH_TILES) {
        submit(run);
    }
}

/* --- the tree --- */

/* True when no layer has a feature in or near the tile, as far as that is quickly known. */
static bool is_empty(struct run *run, struct tile_id tile, uint32_t zoom)
{
    struct world_box box = tile_box(tile);
    int64_t margin = tile_width(zoom) / 256 * PROBE_MARGIN_PX;
    struct world_box area = {box.min_x - margin, box.min_y - margin, box.max_x + margin, box.max_y + margin};
    for (size_t i = 0; i < run->layer_count; i++) {
        struct feature_list found;
        arena_reset(run->probe.arena);
        if (!store_find(run->probe.store, run->layers[i], &area, GRID_ZOOM_MAX, run->probe.arena, &found, NULL) ||
            found.count > 0) {
            return false;
        }
    }
    return true;
}

static void descend(struct run *run, uint64_t place, uint32_t z, uint32_t zoom)
{
    struct tile_id tile;
    if (is_ended(run) || !tile_order_tile(tile_order_first(z) + place, &tile)) {
        return;
    }
    struct world_box box = tile_box(tile);
    if (box.max_x <= run->area.min_x || box.min_x > run->area.max_x || box.max_y <= run->area.min_y ||
        box.min_y > run->area.max_y) {
        return;
    }
    bool is_probed = run->pyramid->skip_empty && z >= PROBE_ZOOM_MIN && (zoom - z) % PROBE_EVERY == 0;
    if (is_probed && is_empty(run, tile, zoom)) {
        return;
    }
    if (z == zoom) {
        gather(run, tile);
        return;
    }
    for (uint64_t i = 0; i < 4; i++) {
        descend(run, place * 4 + i, z + 1, zoom);
    }
}

/* --- life --- */

static void find_layers(struct run *run)
{
    const struct tile_request *request = &run->pyramid->request;
    const struct catalog_map *map = catalog_map_find(run->pyramid->catalog, request->subject);
    const struct store_layer *layer = catalog_layer_find(run->pyramid->catalog, request->subject);
    if (layer && request->format != TILE_PNG) {
        run->layers[0] = layer;
        run->layer_count = 1;
    } else if (map) {
        run->layer_count = catalog_map_layers(run->pyramid->catalog, map, run->layers, LAYERS_MAX);
    }
}

static bool start(struct run *run, struct error *err)
{
    unsigned wanted = run->pyramid->workers;
    if (wanted == 0) {
        long online = sysconf(_SC_NPROCESSORS_ONLN);
        wanted = online > 0 ? (unsigned)online : 1;
    }
    wanted = wanted > WORKERS_MAX ? WORKERS_MAX : wanted;
    run->batch_count = (size_t)wanted * BATCHES_PER_WORKER;
    run->batches = calloc(run->batch_count, sizeof *run->batches);
    run->labels = label_cache_create(LABEL_CACHE_BYTES);
    if (!run->batches || !run->labels) {
        return error_no_memory(err);
    }
    if (!tile_worker_init(&run->probe, run->pyramid->data_folder, err)) {
        return false;
    }
    for (; run->thread_count < wanted; run->thread_count++) {
        int failure = pthread_create(&run->threads[run->thread_count], NULL, work, run);
        if (failure != 0) {
            error_set(err, ERROR_INTERNAL, "could not start a worker thread: %s", strerror(failure));
            return run->thread_count > 0;
        }
    }
    return true;
}

static void finish(struct run *run)
{
    pthread_mutex_lock(&run->lock);
    run->is_over = true;
    pthread_cond_broadcast(&run->changed);
    pthread_mutex_unlock(&run->lock);
    for (unsigned i = 0; i < run->thread_count; i++) {
        pthread_join(run->threads[i], NULL);
    }
    for (size_t i = 0; run->batches && i < run->batch_count; i++) {
        empty(&run->batches[i]);
    }
    if (run->probe.arena) {
        tile_worker_finish(&run->probe);
    }
    free(run->batches);
    label_cache_destroy(run->labels);
    pthread_cond_destroy(&run->changed);
    pthread_mutex_destroy(&run->lock);
}

static void make_all(struct run *run)
{
    for (uint32_t zoom = run->pyramid->min_zoom; zoom <= run->pyramid->max_zoom; zoom++) {
        descend(run, 0, 0, zoom);
    }
    submit(run);
    while (run->first != run->filling) {
        take_back(run);
    }
}

bool tile_pyramid_make(const struct tile_pyramid *pyramid, tile_wanted *wanted, tile_made *made, void *context,
                       bool *out_complete, struct error *err)
{
    struct run *run = calloc(1, sizeof *run);
    if (!run) {
        return error_no_memory(err);
    }
    run->pyramid = pyramid;
    run->wanted = wanted;
    run->made = made;
    run->context = context;
    run->area = grid_box(&pyramid->area);
    pthread_mutex_init(&run->lock, NULL);
    pthread_cond_init(&run->changed, NULL);
    find_layers(run);
    bool ok = start(run, err);
    if (ok) {
        make_all(run);
        *out_complete = !is_ended(run);
        ok = !run->failed;
        if (!ok && err) {
            *err = run->error;
        }
    }
    finish(run);
    free(run);
    return ok;
}
