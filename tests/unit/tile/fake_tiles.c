/* SPDX-License-Identifier: MIT */
#include "unit/tile/fake_tiles.h"

#include "tile/tile_worker.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool is_held;
static int made;
static int running;

void fake_tiles_hold(bool held)
{
    pthread_mutex_lock(&lock);
    is_held = held;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

int fake_tiles_made(void)
{
    pthread_mutex_lock(&lock);
    int count = made;
    pthread_mutex_unlock(&lock);
    return count;
}

int fake_tiles_running(void)
{
    pthread_mutex_lock(&lock);
    int count = running;
    pthread_mutex_unlock(&lock);
    return count;
}

static void make_one(void)
{
    pthread_mutex_lock(&lock);
    running++;
    pthread_cond_broadcast(&changed);
    while (is_held) {
        pthread_cond_wait(&changed, &lock);
    }
    running--;
    made++;
    pthread_mutex_unlock(&lock);
}

bool tile_worker_init(struct tile_worker *worker, const char *data_folder, struct error *err)
{
    *worker = (struct tile_worker){.arena = arena_create(64 << 20)};
    return (worker->arena && store_open(data_folder, &worker->store, err)) || error_no_memory(err);
}

void tile_worker_finish(struct tile_worker *worker)
{
    store_close(worker->store);
    arena_destroy(worker->arena);
}

bool tile_make(struct tile_worker *worker, const struct catalog *catalog, struct label_cache *labels,
               const struct tile_request *request, struct buffer *out, struct error *err)
{
    static const char *const formats[] = {"png", "mvt", "geojson", "jpg", "webp"};
    (void)worker;
    (void)catalog;
    (void)labels;
    make_one();
    if (request->tile.z == 21) {
        error_set(err, ERROR_INTERNAL, "table \"secret\" is broken");
        return false;
    }
    buffer_printf(out, "%s %u/%u/%u %u@%u %s", request->subject, request->tile.z, request->tile.x, request->tile.y,
                  request->size_px, request->pixel_ratio, formats[request->format]);
    while (request->tile.z == 20 && out->length < 100000) {
        buffer_append_byte(out, (unsigned char)(out->length * 7919));
    }
    return true;
}

bool tile_make_label_print(struct tile_worker *worker, const struct catalog *catalog, struct label_cache *labels,
                           const struct tile_request *request, uint64_t *out_print, struct error *err)
{
    (void)worker;
    (void)catalog;
    (void)labels;
    (void)request;
    error_set(err, ERROR_INTERNAL, "not here");
    *out_print = 0;
    return false;
}

bool tile_make_picture(struct tile_worker *worker, const struct catalog *catalog, const struct style *style,
                       const struct view *view, enum tile_format format, struct buffer *out, struct error *err)
{
    (void)worker;
    (void)catalog;
    (void)style;
    (void)format;
    (void)err;
    make_one();
    buffer_printf(out, "picture %ux%u zoom %.3f ratio %g", view->width_px, view->height_px, view->zoom,
                  view->pixel_ratio);
    return true;
}
