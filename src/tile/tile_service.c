/* SPDX-License-Identifier: MIT */
#include "tile/tile_service.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "tile/label_cache.h"
#include "tile/tile_cache.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    QUEUE_MAX_DEFAULT = 256,
    WORKERS_MAX = 256,
    WAITERS_MAX = 1000, /* requests that share one rendering */
    FLIGHT_BUCKETS = 1024,
    TILE_BYTES_MAX = 64 << 20,
    LABEL_CACHE_BYTES = 64 << 20,
    PROBLEMS_MAX = 256
};

static const int64_t millisecond = 1000 * 1000;
/* How often the store is asked for news, and after how many of those the styles folder. */
static const int64_t look_every = 100 * millisecond;
enum { LOOKS_PER_STYLES = 5 };
/* Once the oldest job waits longer than this the newest goes first: its client is more likely still there. */
static const int64_t newest_first_after = 1000 * millisecond;
/* A job that waited longer than this is refused instead of run. */
static const int64_t wait_max = 15000 * millisecond;

struct waiter {
    tile_done *done;
    void *context;
    struct waiter *next;
};

/* One tile being made, and who wants it. */
struct flight {
    struct tile_key key;
    uint64_t hash;
    struct catalog *catalog;
    struct waiter *waiters;
    size_t waiter_count;
    struct flight *bucket_next;
};

/* What waits for a worker: a tile or anything else. */
struct job {
    struct flight *flight; /* NULL: `run` */
    tile_job *run;
    void *context;
    int64_t since_ns;
    struct job *newer;
    struct job *older;
};

/* Answers that have begun (streams) queue apart from new requests, so that many downloads do not hold up a tile. */
enum job_class { JOB_NEW, JOB_BEGUN, JOB_CLASSES };
/* When both wait, this many new ones are run for one that has begun. */
enum { NEW_PER_BEGUN = 4 };

struct queue {
    struct job *newest;
    struct job *oldest;
    size_t length;
};

struct worker_thread {
    struct tile_service *service;
    pthread_t thread;
    struct tile_worker worker;
    bool is_ready; /* `worker` was initialised */
    bool is_running;
};

struct tile_service {
    char *data_folder;
    char *styles_folder;
    size_t queue_max;
    struct tile_cache *cache; /* NULL when switched off */
    struct label_cache *labels;

    pthread_mutex_t lock; /* guards the queues, the flights, `stopping` and the counters */
    pthread_cond_t wake;  /* a job came, or the end */
    struct queue queues[JOB_CLASSES];
    unsigned new_in_turn; /* new jobs run since the last one that had begun */
    struct flight *flights[FLIGHT_BUCKETS];
    bool stopping;
    bool stopped;
    struct tile_service_stats stats;
    pthread_cond_t wake_watcher;

    struct worker_thread *workers;
    unsigned worker_count;

    pthread_mutex_t catalog_lock; /* guards the pointer `catalog` */
    struct catalog *catalog;

    /* The watcher's own. */
    pthread_t watcher;
    bool watcher_runs;
    struct store *store;
    uint64_t generation;
    uint64_t fingerprint;
    bool store_is_lost;
    uint64_t problems[PROBLEMS_MAX]; /* hashes of the warnings told for the last catalog */
    size_t problem_count;
};

/* --- the catalog ------------------------------------------------------------------------------------------------ */

struct problem_list {
    const struct tile_service *service;
    uint64_t hashes[PROBLEMS_MAX];
    size_t count;
};

/* Tells each problem once, however often the catalog is read again. */
static void note_problem(void *context, const char *style_path, const struct error *problem)
{
    struct problem_list *list = context;
    uint64_t hash = hash_bytes(problem->english, strlen(problem->english));
    hash = hash_bytes_seeded(style_path, strlen(style_path), hash);
    bool is_known = false;
    for (size_t i = 0; i < list->service->problem_count; i++) {
        is_known = is_known || list->service->problems[i] == hash;
    }
    if (!is_known) {
        log_event(LOG_WARNING, "style_left_out", "file=\"%s\" code=%s reason=\"%s\"", style_path,
                  problem->code[0] ? problem->code : "-", problem->english);
    }
    if (list->count < PROBLEMS_MAX) {
        list->hashes[list->count++] = hash;
    }
}

/* Only the watcher's thread (or the one that creates the service) comes here. */
static bool read_catalog(struct tile_service *service, struct error *err)
{
    struct problem_list problems = {.service = service};
    struct catalog *catalog = NULL;
    if (!catalog_create(service->store, service->styles_folder, note_problem, &problems, &catalog, err)) {
        return false;
    }
    memcpy(service->problems, problems.hashes, problems.count * sizeof problems.hashes[0]);
    service->problem_count = problems.count;
    pthread_mutex_lock(&service->catalog_lock);
    struct catalog *old = service->catalog;
    service->catalog = catalog;
    pthread_mutex_unlock(&service->catalog_lock);
    bool is_new = !old || catalog_version(old) != catalog_version(catalog);
    if (is_new) {
        log_event(LOG_INFO, "catalog_read", "maps=%zu layers=%zu version=%016llx", catalog_map_count(catalog),
                  catalog_layers(catalog)->count, (unsigned long long)catalog_version(catalog));
    }
    catalog_unref(old);
    return true;
}

/* Asks for the store's generation. A store that was empty at the start may have come into being since: it is opened
 * anew while there is nothing in it. */
static bool look_at_store(struct tile_service *service, uint64_t *out_generation, struct error *err)
{
    if (!service->store && !store_open(service->data_folder, &service->store, err)) {
        return false;
    }
    return store_generation(service->store, out_generation, err);
}

static void look(struct tile_service *service, bool at_styles)
{
    struct error err = {0};
    uint64_t generation = 0;
    uint64_t fingerprint = at_styles ? catalog_styles_fingerprint(service->styles_folder) : service->fingerprint;
    bool ok = look_at_store(service, &generation, &err);
    if (ok && generation == service->generation && fingerprint == service->fingerprint && !service->store_is_lost) {
        return;
    }
    ok = ok && read_catalog(service, &err);
    if (ok) {
        service->generation = generation;
        service->fingerprint = fingerprint;
    } else if (!service->store_is_lost) {
        log_event(LOG_ERROR, "catalog_kept", "reason=\"%s\"", err.english);
    }
    service->store_is_lost = !ok;
}

static struct timespec from_now(int64_t nanoseconds)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t whole = (int64_t)now.tv_nsec + nanoseconds;
    return (struct timespec){.tv_sec = now.tv_sec + (time_t)(whole / 1000000000),
                             .tv_nsec = (long)(whole % 1000000000)};
}

static void *watch(void *context)
{
    struct tile_service *service = context;
    unsigned looks = 0;
    pthread_mutex_lock(&service->lock);
    while (!service->stopping) {
        struct timespec until = from_now(look_every);
        while (!service->stopping && pthread_cond_timedwait(&service->wake_watcher, &service->lock, &until) == 0) {
        }
        if (service->stopping) {
            break;
        }
        pthread_mutex_unlock(&service->lock);
        looks++;
        look(service, looks % LOOKS_PER_STYLES == 0);
        pthread_mutex_lock(&service->lock);
    }
    pthread_mutex_unlock(&service->lock);
    return NULL;
}

struct catalog *tile_service_catalog(struct tile_service *service)
{
    pthread_mutex_lock(&service->catalog_lock);
    struct catalog *catalog = catalog_ref(service->catalog);
    pthread_mutex_unlock(&service->catalog_lock);
    return catalog;
}

/* --- the queue (service->lock is held) ---------------------------------------------------------------------------- */

static void push(struct tile_service *service, enum job_class class, struct job *job)
{
    struct queue *queue = &service->queues[class];
    job->since_ns = clock_monotonic_ns();
    job->older = queue->newest;
    job->newer = NULL;
    *(queue->newest ? &queue->newest->newer : &queue->oldest) = job;
    queue->newest = job;
    queue->length++;
    pthread_cond_signal(&service->wake);
}

static void take_out(struct queue *queue, struct job *job)
{
    *(job->newer ? &job->newer->older : &queue->newest) = job->older;
    *(job->older ? &job->older->newer : &queue->oldest) = job->newer;
    queue->length--;
}

/* The class whose turn it is. */
static enum job_class choose_class(struct tile_service *service)
{
    const struct queue *queues = service->queues;
    bool turn_of_begun = !queues[JOB_NEW].oldest || service->new_in_turn >= NEW_PER_BEGUN;
    if (queues[JOB_BEGUN].oldest && turn_of_begun) {
        service->new_in_turn = 0;
        return JOB_BEGUN;
    }
    service->new_in_turn++;
    return JOB_NEW;
}

/* The next job. `*out_expired` says that it waited too long and is to be refused. */
static struct job *pop(struct tile_service *service, bool *out_expired)
{
    enum job_class class = choose_class(service);
    struct queue *queue = &service->queues[class];
    struct job *job = queue->oldest;
    *out_expired = service->stopping;
    if (!job) {
        return NULL;
    }
    int64_t waited = clock_monotonic_ns() - job->since_ns;
    if (class == JOB_NEW && waited > wait_max) {
        *out_expired = true;
    } else if (class == JOB_NEW && waited > newest_first_after) {
        job = queue->newest;
    }
    take_out(queue, job);
    return job;
}

static struct flight **flight_link(struct tile_service *service, const struct tile_key *key, uint64_t hash)
{
    struct flight **link = &service->flights[hash % FLIGHT_BUCKETS];
    while (*link && !((*link)->hash == hash && tile_key_equal(&(*link)->key, key))) {
        link = &(*link)->bucket_next;
    }
    return link;
}

/* --- the workers ------------------------------------------------------------------------------------------------- */

static void set_busy(struct error *err)
{
    error_tell(
        err, ERROR_UNAVAILABLE, "SRV-503", "the server has more to do than it can manage now; try again soon",
        "el servidor tiene más trabajo del que puede atender en este momento; intente de nuevo en unos segundos");
}

/* The one place where a flight ends: takes it off the list, so that nobody can join any more, and answers everyone who
 * waits, with the blob or with the error. */
static void land(struct tile_service *service, struct flight *flight, struct tile_blob *blob, const struct error *err)
{
    pthread_mutex_lock(&service->lock);
    *flight_link(service, &flight->key, flight->hash) = flight->bucket_next;
    if (blob) {
        service->stats.rendered++;
    } else if (err->kind == ERROR_UNAVAILABLE) {
        service->stats.refused++;
    } else {
        service->stats.failed++;
    }
    pthread_mutex_unlock(&service->lock);
    struct waiter *waiter = flight->waiters;
    while (waiter) {
        struct waiter *next = waiter->next;
        waiter->done(waiter->context, blob, blob ? NULL : err);
        free(waiter);
        waiter = next;
    }
    catalog_unref(flight->catalog);
    free(flight);
}

static struct tile_blob *make_tile(struct tile_service *service, struct tile_worker *worker,
                                   const struct flight *flight, struct error *err)
{
    struct buffer out;
    struct tile_blob *blob = NULL;
    buffer_init(&out, TILE_BYTES_MAX);
    if (tile_make(worker, flight->catalog, service->labels, &flight->key.request, &out, err)) {
        if (out.failed) {
            error_set(err, ERROR_TOO_LARGE, "the tile has more than %d bytes", TILE_BYTES_MAX);
        } else {
            size_t size = 0;
            unsigned char *data = buffer_take(&out, &size);
            blob = tile_blob_create(data, size, !tile_format_is_picture(flight->key.request.format));
            if (!blob) {
                error_no_memory(err);
            }
        }
    }
    buffer_finish(&out);
    return blob;
}

static void fly(struct tile_service *service, struct tile_worker *worker, struct flight *flight)
{
    struct error err = {.kind = ERROR_INTERNAL, .english = "the tile was not made", .spanish = "no se hizo la tesela"};
    const struct tile_request *request = &flight->key.request;
    int64_t start = clock_monotonic_ns();
    struct tile_blob *blob = make_tile(service, worker, flight, &err);
    double ms = (double)(clock_monotonic_ns() - start) / 1e6;
    if (blob) {
        log_event(LOG_DEBUG, "tile_made", "subject=%s tile=%u/%u/%u bytes=%zu ms=%.2f", request->subject,
                  request->tile.z, request->tile.x, request->tile.y, blob->size, ms);
        if (service->cache) {
            tile_cache_put(service->cache, &flight->key, blob);
        }
    } else if (err.kind != ERROR_NOT_FOUND) {
        log_event(LOG_ERROR, "tile_failed", "subject=%s tile=%u/%u/%u ms=%.2f reason=\"%s\"", request->subject,
                  request->tile.z, request->tile.x, request->tile.y, ms, err.english);
    }
    land(service, flight, blob, &err);
    tile_blob_unref(blob);
}

static void do_job(struct tile_service *service, struct tile_worker *worker, struct job *job, bool expired)
{
    if (worker) {
        arena_reset(worker->arena);
    }
    if (job->flight && expired) {
        struct error err;
        set_busy(&err);
        land(service, job->flight, NULL, &err);
    } else if (job->flight) {
        fly(service, worker, job->flight);
    } else {
        job->run(job->context, expired ? NULL : worker);
    }
    free(job);
}

static void *work(void *context)
{
    struct worker_thread *self = context;
    struct tile_service *service = self->service;
    pthread_mutex_lock(&service->lock);
    while (!service->stopping) {
        bool expired = false;
        struct job *job = pop(service, &expired);
        if (!job) {
            pthread_cond_wait(&service->wake, &service->lock);
            continue;
        }
        pthread_mutex_unlock(&service->lock);
        do_job(service, &self->worker, job, expired);
        pthread_mutex_lock(&service->lock);
    }
    pthread_mutex_unlock(&service->lock);
    return NULL;
}

/* --- asking ------------------------------------------------------------------------------------------------------- */

static void tell_missing(enum tile_format format, const char *subject, struct error *err)
{
    if (tile_format_is_picture(format)) {
        error_tell(err, ERROR_NOT_FOUND, "MAP-404", "there is no map \"%s\"", "no existe el mapa «%s»", subject);
    } else {
        error_tell(err, ERROR_NOT_FOUND, "LAY-404", "there is no layer \"%s\"", "no existe la capa «%s»", subject);
    }
}

static bool layer_has_raster(const struct store_layer *layer)
{
    return layer && layer->raster.kind != STORE_RASTER_NONE;
}

static bool find_version(const struct catalog *catalog, const struct tile_request *request, uint64_t *out_version,
                         struct error *err)
{
    const struct catalog_map *map = catalog_map_find(catalog, request->subject);
    const struct store_layer *layer = catalog_layer_find(catalog, request->subject);
    if (map && map->state == MAP_IGNORE) {
        map = NULL;
    }
    bool is_picture = tile_format_is_picture(request->format);
    if (is_picture && map) {
        *out_version = map->version;
    } else if ((request->format == TILE_GEOJSON || (is_picture && layer_has_raster(layer))) && layer) {
        *out_version = catalog_layer_version(layer);
    } else if (request->format == TILE_MVT && (map || layer)) {
        *out_version = catalog_subject_version(catalog, request->subject);
    } else {
        tell_missing(request->format, request->subject, err);
        return false;
    }
    return true;
}

/* The lock is held. Joins the flight under way, or begins one. */
static bool join(struct tile_service *service, struct catalog *catalog, const struct tile_key *key,
                 struct waiter *waiter, struct error *err)
{
    uint64_t hash = tile_key_hash(key);
    struct flight **link = flight_link(service, key, hash);
    struct flight *flight = *link;
    if (service->stopping ||
        (flight ? flight->waiter_count >= WAITERS_MAX : service->queues[JOB_NEW].length >= service->queue_max)) {
        service->stats.refused++;
        set_busy(err);
        return false;
    }
    if (flight) {
        service->stats.shared++;
    } else {
        struct job *job = calloc(1, sizeof *job);
        flight = calloc(1, sizeof *flight);
        if (!job || !flight) {
            free(job);
            free(flight);
            return error_no_memory(err);
        }
        *flight = (struct flight){.key = *key, .hash = hash, .catalog = catalog_ref(catalog)};
        *link = flight;
        job->flight = flight;
        push(service, JOB_NEW, job);
    }
    waiter->next = flight->waiters;
    flight->waiters = waiter;
    flight->waiter_count++;
    return true;
}

static void count(struct tile_service *service, uint64_t *counter)
{
    pthread_mutex_lock(&service->lock);
    (*counter)++;
    pthread_mutex_unlock(&service->lock);
}

void tile_service_get(struct tile_service *service, struct catalog *catalog, const struct tile_request *request,
                      tile_done *done, void *context)
{
    struct error err = {0};
    struct tile_key key = {.request = *request};
    if (!find_version(catalog, request, &key.version, &err)) {
        done(context, NULL, &err);
        return;
    }
    struct tile_blob *blob = service->cache ? tile_cache_get(service->cache, &key) : NULL;
    if (blob) {
        count(service, &service->stats.hits);
        done(context, blob, NULL);
        tile_blob_unref(blob);
        return;
    }
    struct waiter *waiter = calloc(1, sizeof *waiter);
    if (!waiter) {
        error_no_memory(&err);
        done(context, NULL, &err);
        return;
    }
    *waiter = (struct waiter){.done = done, .context = context};
    pthread_mutex_lock(&service->lock);
    service->stats.misses++;
    bool joined = join(service, catalog, &key, waiter, &err);
    pthread_mutex_unlock(&service->lock);
    if (!joined) {
        free(waiter);
        done(context, NULL, &err);
    }
}

static bool enqueue(struct tile_service *service, enum job_class class, tile_job *run, void *context, struct error *err)
{
    struct job *job = calloc(1, sizeof *job);
    if (!job) {
        return error_no_memory(err);
    }
    job->run = run;
    job->context = context;
    pthread_mutex_lock(&service->lock);
    bool ok = !service->stopping && (class == JOB_BEGUN || service->queues[JOB_NEW].length < service->queue_max);
    if (ok) {
        push(service, class, job);
    } else {
        service->stats.refused++;
    }
    pthread_mutex_unlock(&service->lock);
    if (!ok) {
        free(job);
        set_busy(err);
    }
    return ok;
}

bool tile_service_run(struct tile_service *service, tile_job *run, void *context, struct error *err)
{
    return enqueue(service, JOB_NEW, run, context, err);
}

bool tile_service_continue(struct tile_service *service, tile_job *run, void *context, struct error *err)
{
    return enqueue(service, JOB_BEGUN, run, context, err);
}

struct label_cache *tile_service_labels(struct tile_service *service)
{
    return service->labels;
}

void tile_service_stats(struct tile_service *service, struct tile_service_stats *out_stats)
{
    pthread_mutex_lock(&service->lock);
    *out_stats = service->stats;
    out_stats->queue_length = service->queues[JOB_NEW].length + service->queues[JOB_BEGUN].length;
    pthread_mutex_unlock(&service->lock);
    out_stats->cache_bytes = service->cache ? tile_cache_bytes(service->cache) : 0;
}

/* --- life --------------------------------------------------------------------------------------------------------- */

static void init_locks(struct tile_service *service)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&service->lock, NULL);
    pthread_mutex_init(&service->catalog_lock, NULL);
    pthread_cond_init(&service->wake, NULL);
    pthread_cond_init(&service->wake_watcher, &attributes);
    pthread_condattr_destroy(&attributes);
}

static bool start_workers(struct tile_service *service, unsigned wanted, struct error *err)
{
    if (wanted == 0) {
        long online = sysconf(_SC_NPROCESSORS_ONLN);
        wanted = online > 0 ? (unsigned)online : 1;
    }
    wanted = wanted > WORKERS_MAX ? WORKERS_MAX : wanted;
    service->workers = calloc(wanted, sizeof *service->workers);
    if (!service->workers) {
        return error_no_memory(err);
    }
    service->worker_count = wanted;
    for (unsigned i = 0; i < wanted; i++) {
        struct worker_thread *self = &service->workers[i];
        self->service = service;
        if (!tile_worker_init(&self->worker, service->data_folder, err)) {
            return false;
        }
        self->is_ready = true;
        int failure = pthread_create(&self->thread, NULL, work, self);
        if (failure != 0) {
            error_set(err, ERROR_INTERNAL, "could not start a worker thread: %s", strerror(failure));
            return false;
        }
        self->is_running = true;
    }
    return true;
}

static bool start_watcher(struct tile_service *service, struct error *err)
{
    int failure = pthread_create(&service->watcher, NULL, watch, service);
    if (failure != 0) {
        error_set(err, ERROR_INTERNAL, "could not start the watcher thread: %s", strerror(failure));
        return false;
    }
    service->watcher_runs = true;
    return true;
}

static bool make_parts(struct tile_service *service, const struct tile_service_options *options, struct error *err)
{
    service->data_folder = strdup(options->data_folder);
    service->styles_folder = options->styles_folder ? strdup(options->styles_folder) : NULL;
    service->queue_max = options->queue_max ? options->queue_max : QUEUE_MAX_DEFAULT;
    service->labels = label_cache_create(LABEL_CACHE_BYTES);
    service->cache = options->cache_bytes > 0 ? tile_cache_create(options->cache_bytes) : NULL;
    if (!service->data_folder || (options->styles_folder && !service->styles_folder) || !service->labels ||
        (options->cache_bytes > 0 && !service->cache)) {
        return error_no_memory(err);
    }
    return true;
}

bool tile_service_create(const struct tile_service_options *options, struct tile_service **out_service,
                         struct error *err)
{
    bool ok = false;
    struct tile_service *service = calloc(1, sizeof *service);
    if (!service) {
        return error_no_memory(err);
    }
    init_locks(service);
    if (!make_parts(service, options, err)) {
        goto done;
    }
    /* The fingerprint is taken before the files are read: a change in between is seen at the next look. */
    service->fingerprint = catalog_styles_fingerprint(service->styles_folder);
    if (!look_at_store(service, &service->generation, err) || !read_catalog(service, err) ||
        !start_workers(service, options->workers, err) || !start_watcher(service, err)) {
        goto done;
    }
    *out_service = service;
    service = NULL;
    ok = true;
done:
    tile_service_destroy(service);
    return ok;
}

void tile_service_stop(struct tile_service *service)
{
    pthread_mutex_lock(&service->lock);
    bool again = service->stopped;
    service->stopping = true;
    service->stopped = true;
    pthread_cond_broadcast(&service->wake);
    pthread_cond_broadcast(&service->wake_watcher);
    pthread_mutex_unlock(&service->lock);
    if (again) {
        return;
    }
    for (unsigned i = 0; i < service->worker_count; i++) {
        if (service->workers[i].is_running) {
            pthread_join(service->workers[i].thread, NULL);
        }
    }
    if (service->watcher_runs) {
        pthread_join(service->watcher, NULL);
    }
    /* Nobody else takes jobs now; each is refused. */
    for (;;) {
        bool expired = true;
        pthread_mutex_lock(&service->lock);
        struct job *job = pop(service, &expired);
        pthread_mutex_unlock(&service->lock);
        if (!job) {
            break;
        }
        do_job(service, NULL, job, true);
    }
}

void tile_service_destroy(struct tile_service *service)
{
    if (!service) {
        return;
    }
    tile_service_stop(service);
    for (unsigned i = 0; i < service->worker_count; i++) {
        if (service->workers[i].is_ready) {
            tile_worker_finish(&service->workers[i].worker);
        }
    }
    free(service->workers);
    tile_cache_destroy(service->cache);
    label_cache_destroy(service->labels);
    catalog_unref(service->catalog);
    store_close(service->store);
    pthread_cond_destroy(&service->wake_watcher);
    pthread_cond_destroy(&service->wake);
    pthread_mutex_destroy(&service->catalog_lock);
    pthread_mutex_destroy(&service->lock);
    free(service->styles_folder);
    free(service->data_folder);
    free(service);
}
