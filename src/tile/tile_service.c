/* SPDX-License-Identifier: MIT */
#include "tile/tile_service.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/vigil.h"
#include "tile/catalog_watch.h"
#include "tile/disk_cache.h"
#include "tile/gzip.h"
#include "tile/job_queue.h"
#include "tile/label_cache.h"
#include "tile/tile_cache.h"
#include "tile/tile_flight.h"
#include "tile/tile_touch.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    QUEUE_MAX_DEFAULT = 256,
    DIRTY_MAX = 4096, /* tiles waiting to be made again */
    WORKERS_MAX = 256,
    WAITERS_MAX = 1000, /* requests that share one rendering */
    TILE_BYTES_MAX = 64 << 20,
    LABEL_CACHE_BYTES = 64 << 20,
    MEAN_WEIGHT = 16 /* of the jobs before in the mean time of a job */
};

static const int64_t millisecond = 1000 * 1000;
/* So long a worker stays awake for the next request of a quick client; one at a time does. */
static const int64_t worker_awake = 150 * 1000;
/* New requests are refused when by the mean time of a job they would wait longer than this: better a quick "come again"
 * than an answer that comes when nobody wants it any more. */
static const int64_t wait_goal = 500 * millisecond;
/* A job that waited longer than this is refused instead of run, as long as many more wait … */
static const int64_t wait_late = 800 * millisecond;
static const int64_t many = 150 * millisecond;
/* … and longer than this in any case. */
static const int64_t wait_max = 5000 * millisecond;
/* Nobody waits longer than this for a tile that changed: it is answered as it was. */
static const int64_t stale_after = 100 * millisecond;
/* A client that waits longer than this is asked whether it is still there. */
static const int64_t ask_after = 200 * millisecond;

/* What waits for a worker: a tile or anything else. */
struct service_job {
    struct job head;            /* first, so that a pointer to one is a pointer to the other */
    struct tile_flight *flight; /* NULL: `run` */
    tile_job *run;
    bool (*is_gone)(void *context);
    void *context;
};

struct worker_thread {
    struct tile_service *service;
    pthread_t thread;
    struct tile_worker worker;
    struct disk_reader *disk; /* NULL when switched off */
    const char *data_folder;  /* until it began */
    bool has_begun;           /* guarded by the service's lock: `worker` was initialised, or `problem` says why not */
    bool is_ready;            /* it was */
    struct error problem;
    bool is_running;
    sem_t calls;      /* one for each time that it was chosen: a job came, or the end */
    int64_t first_ns; /* when the first job since it rested came; 0: there was none */
    struct vigil vigil;
    struct worker_thread *next; /* at rest, or called */
};

struct tile_service {
    size_t queue_max;
    int64_t stale_after_ns;
    struct tile_cache *cache; /* NULL when switched off */
    struct disk_cache *disk;  /* NULL when switched off */
    struct label_cache *labels;
    struct catalog_watch *watch;

    pthread_mutex_t lock;          /* guards all up to the workers */
    pthread_cond_t begun;          /* a worker is ready, or cannot be */
    struct worker_thread *awake;   /* rests, but sees a call at once; NULL: nobody */
    struct worker_thread *at_rest; /* who came last is called first: what it worked with is in its processor's caches */
    struct worker_thread *called;  /* as soon as the lock is given back, which is what they want first */
    struct job_queue queue;
    struct tile_flights flights;
    int64_t mean_ns;  /* of a job that is no redraw */
    atomic_uint busy; /* workers at work; also read without the lock */
    bool stopping;
    bool stopped;
    struct tile_service_stats stats;

    struct worker_thread *workers;
    unsigned worker_count;
};

struct catalog *tile_service_catalog(struct tile_service *service)
{
    return catalog_watch_get(service->watch);
}

uint64_t tile_service_turn(const struct tile_service *service)
{
    return catalog_watch_turn(service->watch);
}

bool tile_service_rests(const struct tile_service *service)
{
    return atomic_load_explicit(&service->busy, memory_order_relaxed) == 0;
}

/* --- the queue (service->lock is held) ---------------------------------------------------------------------------- */

/* How long so many jobs take, by the mean. */
static int64_t time_of(const struct tile_service *service, size_t jobs)
{
    return (int64_t)jobs * service->mean_ns / (int64_t)service->worker_count;
}

/* True when a new request of this client may wait. */
static bool has_room(const struct tile_service *service, uint64_t client)
{
    size_t length = job_queue_length(&service->queue, JOB_NEW);
    if (service->stopping || length >= service->queue_max) {
        return false;
    }
    /* One client cannot fill the queue, and those who wait already cannot fill the last eighth of it. */
    size_t own = job_queue_of_client(&service->queue, JOB_NEW, client);
    if (client != 0 && own > 0 &&
        (own >= service->queue_max / 2 + 1 || length >= service->queue_max - service->queue_max / 8)) {
        return false;
    }
    /* Others' jobs delay one only as far as they go before it: who asks for little is not refused for those who ask
     * for much. */
    size_t ahead = job_queue_ahead(&service->queue, JOB_NEW, client);
    return ahead < 2 * (size_t)service->worker_count || time_of(service, ahead) < wait_goal;
}

static struct worker_thread *take_rested(struct tile_service *service)
{
    struct worker_thread *worker = service->awake;
    if (worker) {
        service->awake = NULL;
    } else if (service->at_rest) {
        worker = service->at_rest;
        service->at_rest = worker->next;
    }
    return worker;
}

/* True when there is a worker that rests: unlock_and_call wakes it. */
static bool call_worker(struct tile_service *service)
{
    struct worker_thread *worker = take_rested(service);
    if (worker) {
        worker->next = service->called;
        service->called = worker;
    }
    return worker != NULL;
}

static void unlock_and_call(struct tile_service *service)
{
    struct worker_thread *worker = service->called;
    service->called = NULL;
    pthread_mutex_unlock(&service->lock);
    while (worker) {
        struct worker_thread *next = worker->next;
        sem_post(&worker->calls);
        worker = next;
    }
}

/* To be followed by unlock_and_call. */
static void push(struct tile_service *service, struct service_job *job, enum job_class class, uint64_t client)
{
    job_queue_push(&service->queue, &job->head, class, client);
    call_worker(service);
}

static bool nobody_waits(const struct service_job *job)
{
    if (!job->flight) {
        return job->is_gone && job->is_gone(job->context);
    }
    return job->flight->waiters ? tile_flight_is_deserted(job->flight) : job->head.class != JOB_DIRTY;
}

/* The next job. `*out_refuse` says that it is not to be run; nobody can join its flight any more then. */
static struct service_job *pop(struct tile_service *service, bool *out_refuse)
{
    struct service_job *job = (struct service_job *)(void *)job_queue_pop(&service->queue);
    if (!job) {
        return NULL;
    }
    int64_t waited = clock_monotonic_ns() - job->head.since_ns;
    bool is_late = waited > wait_max ||
                   (waited > wait_late && time_of(service, job_queue_length(&service->queue, JOB_NEW)) > many);
    *out_refuse = service->stopping || (job->head.class == JOB_NEW && is_late);
    if (!*out_refuse && waited > ask_after && nobody_waits(job)) {
        *out_refuse = true;
        service->stats.abandoned++;
    }
    if (job->flight) {
        job->flight->job = NULL;
        if (*out_refuse) {
            tile_flight_unlist(&service->flights, job->flight);
        }
    }
    return job;
}

static void count(struct tile_service *service, uint64_t *counter)
{
    pthread_mutex_lock(&service->lock);
    (*counter)++;
    pthread_mutex_unlock(&service->lock);
}

/* --- the workers ------------------------------------------------------------------------------------------------- */

static void set_busy(struct error *err)
{
    error_tell(
        err, ERROR_UNAVAILABLE, "SRV-503", "the server has more to do than it can manage now; try again soon",
        "el servidor tiene más trabajo del que puede atender en este momento; intente de nuevo en unos segundos");
}

static bool keeps_tiles(const struct tile_service *service)
{
    return service->cache || service->disk;
}

static bool may_be_packed(const struct tile_flight *flight)
{
    return !tile_format_is_picture(flight->key.request.format);
}

/* The one place where a flight ends: takes it off the list, so that nobody can join any more, and answers. */
static void land(struct tile_service *service, struct tile_flight *flight, struct tile_blob *blob,
                 const struct error *err)
{
    pthread_mutex_lock(&service->lock);
    tile_flight_unlist(&service->flights, flight);
    if (!blob && err->kind == ERROR_UNAVAILABLE) {
        service->stats.refused++;
    } else if (!blob) {
        service->stats.failed++;
    }
    pthread_mutex_unlock(&service->lock);
    if (blob && !keeps_tiles(service) && may_be_packed(flight) && tile_flight_wants_gzip(flight)) {
        tile_blob_pack(blob, GZIP_LEVEL_SERVED); /* nobody else has it yet */
    }
    tile_flight_answer(flight, blob, err);
}

/* What making the tile left `packed`, or else what is kept compressed. */
static void add_gzip(const struct tile_service *service, const struct tile_flight *flight, struct buffer *packed,
                     struct tile_blob *blob)
{
    if (packed->length > 0) {
        size_t size = 0;
        unsigned char *gzip = buffer_take(packed, &size);
        tile_blob_add_gzip(blob, gzip, size);
    } else if (keeps_tiles(service) && may_be_packed(flight)) {
        tile_blob_pack(blob, GZIP_LEVEL_SERVED);
    }
}

static struct tile_blob *make_tile(struct tile_service *service, struct tile_worker *worker,
                                   const struct tile_flight *flight, struct error *err)
{
    struct buffer out;
    struct buffer packed;
    struct tile_blob *blob = NULL;
    buffer_init(&out, TILE_BYTES_MAX);
    buffer_init(&packed, TILE_BYTES_MAX);
    worker->packed = &packed;
    if (tile_make(worker, flight->catalog, service->labels, &flight->key.request, &out, err)) {
        if (out.no_memory) {
            error_no_memory(err);
        } else if (out.failed) {
            error_set(err, ERROR_TOO_LARGE, "the tile has more than %d bytes", TILE_BYTES_MAX);
        } else {
            size_t size = 0;
            unsigned char *data = buffer_take(&out, &size);
            blob = tile_blob_create(data, size, 0);
            if (!blob) {
                error_no_memory(err);
            } else {
                blob->label_print = worker->label_print;
                add_gzip(service, flight, &packed, blob);
            }
        }
    }
    worker->packed = NULL;
    buffer_finish(&packed);
    buffer_finish(&out);
    return blob;
}

/* From the file, where the tile is there and still right. */
static struct tile_blob *read_tile(struct worker_thread *self, const struct tile_flight *flight)
{
    uint64_t mark;
    bool may_be_there = self->disk && tile_format_is_drawn(flight->key.request.format);
    struct tile_blob *blob = may_be_there ? disk_reader_get(self->disk, &flight->key, &mark) : NULL;
    if (!blob || mark == flight->mark) {
        return blob;
    }
    if (tile_touch_since(flight->catalog, &flight->key.request, mark) != TILE_UNTOUCHED) {
        tile_blob_unref(blob);
        return NULL;
    }
    disk_cache_confirm(self->service->disk, &flight->key, mark, flight->mark);
    return blob;
}

/* The tile before, when a publish reached its labels only and left them as they were. */
static struct tile_blob *confirm_kept(struct worker_thread *self, const struct tile_flight *flight)
{
    struct tile_service *service = self->service;
    uint64_t print;
    if (!flight->kept ||
        !tile_make_label_print(&self->worker, flight->catalog, service->labels, &flight->key.request, &print, NULL)) {
        return NULL;
    }
    arena_reset(self->worker.arena);
    if (print != flight->kept->label_print) {
        return NULL;
    }
    if (service->disk) {
        disk_cache_confirm(service->disk, &flight->key, flight->kept_mark, flight->mark);
    }
    count(service, &service->stats.same_labels);
    return tile_blob_ref(flight->kept);
}

/* Makes the tile and keeps it. */
static struct tile_blob *draw_tile(struct worker_thread *self, const struct tile_flight *flight, struct error *err)
{
    struct tile_service *service = self->service;
    const struct tile_request *request = &flight->key.request;
    int64_t start = clock_monotonic_ns();
    struct tile_blob *blob = make_tile(service, &self->worker, flight, err);
    double ms = (double)(clock_monotonic_ns() - start) / 1e6;
    if (blob) {
        log_event(LOG_DEBUG, "tile_made", "subject=%s tile=%u/%u/%u bytes=%zu ms=%.2f", request->subject,
                  request->tile.z, request->tile.x, request->tile.y, blob->size, ms);
        if (service->disk && tile_format_is_drawn(request->format)) {
            disk_cache_put(service->disk, &flight->key, flight->mark, blob, false);
        }
    } else if (err->kind != ERROR_NOT_FOUND) {
        log_event(LOG_ERROR, "tile_failed", "subject=%s tile=%u/%u/%u ms=%.2f reason=\"%s\"", request->subject,
                  request->tile.z, request->tile.x, request->tile.y, ms, err->english);
    }
    return blob;
}

static void fly(struct worker_thread *self, struct tile_flight *flight)
{
    struct tile_service *service = self->service;
    struct error err = {.kind = ERROR_INTERNAL, .english = "the tile was not made", .spanish = "no se hizo la tesela"};
    struct tile_blob *blob = confirm_kept(self, flight);
    if (!blob) {
        blob = read_tile(self, flight);
        bool is_read = blob != NULL;
        blob = blob ? blob : draw_tile(self, flight, &err);
        pthread_mutex_lock(&service->lock);
        service->stats.from_disk += is_read;
        service->stats.rendered += blob && !is_read;
        service->stats.redrawn += blob && !is_read && flight->is_redraw;
        pthread_mutex_unlock(&service->lock);
    }
    if (service->cache && blob) {
        tile_cache_put(service->cache, &flight->key, flight->mark, blob);
    } else if (service->cache) {
        tile_cache_remove(service->cache, &flight->key); /* no stale one for ever where the new one cannot be made */
    }
    land(service, flight, blob, &err);
    tile_blob_unref(blob);
}

static void do_job(struct worker_thread *self, struct service_job *job)
{
    struct tile_service *service = self->service;
    bool is_redraw = job->flight && job->flight->is_redraw;
    int64_t start = clock_monotonic_ns();
    arena_reset(self->worker.arena);
    if (job->flight) {
        fly(self, job->flight);
    } else {
        job->run(job->context, &self->worker);
    }
    free(job);
    if (!is_redraw) {
        int64_t took = clock_monotonic_ns() - start;
        pthread_mutex_lock(&service->lock);
        service->mean_ns += (took - service->mean_ns) / MEAN_WEIGHT;
        pthread_mutex_unlock(&service->lock);
    }
}

/* Its flight is off the list already. */
static void refuse_job(struct service_job *job)
{
    struct error err;
    if (job->flight) {
        set_busy(&err);
        tile_flight_answer(job->flight, NULL, &err);
    } else {
        job->run(job->context, NULL);
    }
    free(job);
}

/* Refuses who has waited too long, from the thread of one who comes: while the workers are at long jobs (plans of
 * labels) nobody would take such a job from the queue to refuse it. */
static void refuse_late(struct tile_service *service)
{
    struct service_job *job;
    do {
        pthread_mutex_lock(&service->lock);
        bool is_much = time_of(service, job_queue_length(&service->queue, JOB_NEW)) > many;
        int64_t late = clock_monotonic_ns() - wait_late;
        job = is_much ? (struct service_job *)(void *)job_queue_pop_older(&service->queue, JOB_NEW, late) : NULL;
        if (job && job->flight) {
            job->flight->job = NULL;
            tile_flight_unlist(&service->flights, job->flight);
        }
        service->stats.refused += job != NULL;
        pthread_mutex_unlock(&service->lock);
        if (job) {
            refuse_job(job);
        }
    } while (job);
}

/* Each worker opens what it needs by itself, so that a start takes no longer with many of them. */
static bool begin_worker(struct worker_thread *self)
{
    struct tile_service *service = self->service;
    bool ok = true;
    if (service->disk) {
        self->disk = disk_reader_create(service->disk);
        ok = self->disk != NULL || error_no_memory(&self->problem);
    }
    ok = ok && tile_worker_init(&self->worker, self->data_folder, &self->problem);
    pthread_mutex_lock(&service->lock);
    self->has_begun = true;
    self->is_ready = ok;
    pthread_cond_broadcast(&service->begun);
    pthread_mutex_unlock(&service->lock);
    return ok;
}

/* Until it is called: a job came, which another may have taken meanwhile, or the end. The lock is held. */
static void rest(struct worker_thread *self)
{
    struct tile_service *service = self->service;
    bool stays_awake = vigil_stays_awake(&self->vigil, self->first_ns, service->awake == NULL);
    bool is_called = false;
    self->first_ns = 0;
    if (stays_awake) {
        service->awake = self;
        pthread_mutex_unlock(&service->lock);
        do {
            is_called = sem_trywait(&self->calls) == 0;
        } while (!is_called && vigil_stays_awake(&self->vigil, 0, true));
        pthread_mutex_lock(&service->lock);
    }
    if (is_called) {
        return;
    }
    if (!stays_awake || service->awake == self) {
        service->awake = stays_awake ? NULL : service->awake;
        self->next = service->at_rest;
        service->at_rest = self;
    }
    pthread_mutex_unlock(&service->lock);
    while (sem_wait(&self->calls) != 0) {
    }
    pthread_mutex_lock(&service->lock);
}

static void *work(void *context)
{
    struct worker_thread *self = context;
    struct tile_service *service = self->service;
    if (!begin_worker(self)) {
        return NULL;
    }
    pthread_mutex_lock(&service->lock);
    while (!service->stopping) {
        bool refuse = false;
        struct service_job *job = pop(service, &refuse);
        if (!job) {
            rest(self);
            continue;
        }
        self->first_ns = self->first_ns ? self->first_ns : job->head.since_ns;
        service->stats.refused += refuse;
        service->busy++;
        pthread_mutex_unlock(&service->lock);
        if (refuse) {
            refuse_job(job);
        } else {
            do_job(self, job);
        }
        pthread_mutex_lock(&service->lock);
        service->busy--;
    }
    pthread_mutex_unlock(&service->lock);
    return NULL;
}

/* --- asking ------------------------------------------------------------------------------------------------------- */

/* What memory holds of a tile that is asked for: it was touched, perhaps only by its labels (`blob`). */
struct kept {
    bool is_there;
    struct tile_blob *blob; /* borrowed; NULL: not to be used */
    uint64_t mark;
};

static bool begin_flight(struct tile_service *service, struct catalog *catalog, const struct tile_key *key,
                         enum job_class class, uint64_t client, const struct kept *kept,
                         struct tile_flight **out_flight, struct error *err)
{
    struct service_job *job = calloc(1, sizeof *job);
    struct tile_flight *flight = job ? tile_flight_begin(&service->flights, key, catalog) : NULL;
    if (!flight) {
        free(job);
        return error_no_memory(err);
    }
    flight->job = &job->head;
    flight->is_redraw = kept->is_there;
    flight->kept = kept->blob ? tile_blob_ref(kept->blob) : NULL;
    flight->kept_mark = kept->mark;
    job->flight = flight;
    push(service, job, class, client);
    *out_flight = flight;
    return true;
}

/* The lock is held. Joins the flight under way, or begins one. */
static bool join(struct tile_service *service, struct catalog *catalog, const struct tile_key *key, uint64_t client,
                 const struct kept *kept, struct tile_waiter *waiter, struct error *err)
{
    struct tile_flight *flight = tile_flight_find(&service->flights, key, catalog_changes(catalog)->mark);
    if (service->stopping || (flight ? flight->waiter_count >= WAITERS_MAX : !has_room(service, client))) {
        service->stats.refused++;
        set_busy(err);
        return false;
    }
    if (!flight && !begin_flight(service, catalog, key, JOB_NEW, client, kept, &flight, err)) {
        return false;
    }
    if (flight->waiter_count > 0) {
        service->stats.shared++;
    } else if (flight->job && flight->job->class == JOB_DIRTY) {
        job_queue_move(&service->queue, flight->job, JOB_NEW, client); /* now somebody waits for it */
    }
    tile_flight_join(flight, waiter);
    return true;
}

/* The lock is held. True when a new job would have to wait for long. */
static bool is_loaded(const struct tile_service *service)
{
    size_t ahead = job_queue_length(&service->queue, JOB_NEW) + service->busy;
    return time_of(service, ahead) > service->stale_after_ns;
}

/* Has the tile made again for the next who asks. False when it is made soon, or when too many wait: the caller then
 * waits for it itself. */
static bool redraw(struct tile_service *service, struct catalog *catalog, const struct tile_key *key,
                   const struct kept *kept)
{
    pthread_mutex_lock(&service->lock);
    struct tile_flight *flight = tile_flight_find(&service->flights, key, catalog_changes(catalog)->mark);
    bool ok = is_loaded(service) &&
              (flight != NULL || (!service->stopping && job_queue_length(&service->queue, JOB_DIRTY) < DIRTY_MAX &&
                                  begin_flight(service, catalog, key, JOB_DIRTY, 0, kept, &flight, NULL)));
    service->stats.stale += ok;
    unlock_and_call(service);
    return ok;
}

/* Answers from memory, as far as that can be. `*out_kept` is what is there otherwise; the caller unrefs its blob. */
static bool answer_from_memory(struct tile_service *service, struct catalog *catalog, const struct tile_key *key,
                               bool may_be_stale, tile_done *done, void *context, struct kept *out_kept)
{
    uint64_t mark;
    uint64_t now = catalog_changes(catalog)->mark;
    struct tile_blob *blob = service->cache ? tile_cache_get(service->cache, key, &mark) : NULL;
    if (!blob) {
        return false;
    }
    enum tile_touch touch = mark == now ? TILE_UNTOUCHED : tile_touch_since(catalog, &key->request, mark);
    if (touch == TILE_UNTOUCHED && mark != now) {
        tile_cache_confirm(service->cache, key, mark, now);
        count(service, &service->stats.confirmed);
    }
    bool may_be_right = touch == TILE_LABELS_TOUCHED && blob->label_print != 0;
    struct kept kept = {true, may_be_right ? blob : NULL, mark};
    if (touch == TILE_UNTOUCHED || (may_be_stale && redraw(service, catalog, key, &kept))) {
        count(service, &service->stats.hits);
        done(context, blob, touch != TILE_UNTOUCHED, NULL);
        tile_blob_unref(blob);
        return true;
    }
    if (!may_be_right) {
        tile_blob_unref(blob);
    }
    *out_kept = kept;
    return false;
}

void tile_service_get(struct tile_service *service, struct catalog *catalog, const struct tile_request *request,
                      const struct tile_caller *caller, bool may_be_stale, tile_done *done, void *context)
{
    struct error err = {0};
    struct tile_key key;
    struct kept kept = {0};
    if (!tile_key_find(catalog, request, &key, &err)) {
        done(context, NULL, false, &err);
        return;
    }
    if (answer_from_memory(service, catalog, &key, may_be_stale, done, context, &kept)) {
        return;
    }
    struct tile_waiter *waiter = calloc(1, sizeof *waiter);
    bool joined = false;
    if (waiter) {
        *waiter = (struct tile_waiter){
            .done = done, .is_gone = caller->is_gone, .context = context, .takes_gzip = caller->takes_gzip};
        pthread_mutex_lock(&service->lock);
        service->stats.misses++;
        joined = join(service, catalog, &key, caller->client, &kept, waiter, &err);
        unlock_and_call(service);
    } else {
        error_no_memory(&err);
    }
    tile_blob_unref(kept.blob);
    if (!joined) {
        free(waiter);
        done(context, NULL, false, &err);
    }
    refuse_late(service);
}

static bool enqueue(struct tile_service *service, enum job_class class, const struct tile_caller *caller, tile_job *run,
                    void *context, struct error *err)
{
    struct service_job *job = calloc(1, sizeof *job);
    if (!job) {
        return error_no_memory(err);
    }
    *job = (struct service_job){.run = run, .is_gone = caller->is_gone, .context = context};
    pthread_mutex_lock(&service->lock);
    bool ok = class == JOB_BEGUN ? !service->stopping : has_room(service, caller->client);
    if (ok) {
        push(service, job, class, caller->client);
    } else {
        service->stats.refused++;
    }
    unlock_and_call(service);
    if (!ok) {
        free(job);
        set_busy(err);
    }
    refuse_late(service);
    return ok;
}

bool tile_service_run(struct tile_service *service, const struct tile_caller *caller, tile_job *run, void *context,
                      struct error *err)
{
    return enqueue(service, JOB_NEW, caller, run, context, err);
}

bool tile_service_continue(struct tile_service *service, const struct tile_caller *caller, tile_job *run, void *context,
                           struct error *err)
{
    return enqueue(service, JOB_BEGUN, caller, run, context, err);
}

struct label_cache *tile_service_labels(struct tile_service *service)
{
    return service->labels;
}

void tile_service_stats(struct tile_service *service, struct tile_service_stats *out_stats)
{
    pthread_mutex_lock(&service->lock);
    *out_stats = service->stats;
    out_stats->queue_length = job_queue_length(&service->queue, JOB_NEW) + job_queue_length(&service->queue, JOB_BEGUN);
    out_stats->dirty_length = job_queue_length(&service->queue, JOB_DIRTY);
    pthread_mutex_unlock(&service->lock);
    out_stats->cache_bytes = service->cache ? tile_cache_bytes(service->cache) : 0;
    if (service->disk) {
        struct disk_cache_stats disk;
        disk_cache_stats(service->disk, &disk);
        out_stats->disk_bytes = disk.bytes;
        out_stats->disk_damaged = disk.damaged;
    }
}

/* --- life --------------------------------------------------------------------------------------------------------- */

static bool start_worker(struct worker_thread *self, const char *data_folder, struct error *err)
{
    self->data_folder = data_folder;
    int failure = pthread_create(&self->thread, NULL, work, self);
    if (failure != 0) {
        error_set(err, ERROR_INTERNAL, "could not start a worker thread: %s", strerror(failure));
        return false;
    }
    self->is_running = true;
    return true;
}

static bool wait_for_worker(struct worker_thread *self, struct error *err)
{
    struct tile_service *service = self->service;
    pthread_mutex_lock(&service->lock);
    while (!self->has_begun) {
        pthread_cond_wait(&service->begun, &service->lock);
    }
    pthread_mutex_unlock(&service->lock);
    if (!self->is_ready) {
        *err = self->problem;
    }
    return self->is_ready;
}

static bool start_workers(struct tile_service *service, const struct tile_service_options *options, struct error *err)
{
    unsigned wanted = options->workers;
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
        service->workers[i].service = service;
        service->workers[i].vigil.awake_ns = worker_awake;
        sem_init(&service->workers[i].calls, 0, 0);
    }
    for (unsigned i = 0; i < wanted; i++) {
        if (!start_worker(&service->workers[i], options->data_folder, err)) {
            return false;
        }
    }
    return true;
}

static bool wait_for_workers(struct tile_service *service, struct error *err)
{
    for (unsigned i = 0; i < service->worker_count; i++) {
        if (!wait_for_worker(&service->workers[i], err)) {
            return false;
        }
    }
    return true;
}

static bool make_parts(struct tile_service *service, const struct tile_service_options *options, struct error *err)
{
    service->queue_max = options->queue_max ? options->queue_max : QUEUE_MAX_DEFAULT;
    service->stale_after_ns = options->stale_after_ns ? options->stale_after_ns : stale_after;
    service->labels = label_cache_create(LABEL_CACHE_BYTES);
    service->cache = options->cache_bytes > 0 ? tile_cache_create(options->cache_bytes) : NULL;
    service->disk = options->disk_bytes > 0 ? disk_cache_create(options->data_folder, options->disk_bytes) : NULL;
    if (!service->labels || (options->cache_bytes > 0 && !service->cache) ||
        (options->disk_bytes > 0 && !service->disk)) {
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
    pthread_mutex_init(&service->lock, NULL);
    pthread_cond_init(&service->begun, NULL);
    /* The workers open what they need while the catalog is read; they look at it when there are jobs. */
    if (!make_parts(service, options, err) || !start_workers(service, options, err) ||
        !catalog_watch_create(options->data_folder, options->styles_folder, &service->watch, err) ||
        !wait_for_workers(service, err)) {
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
    while (call_worker(service)) {
    }
    unlock_and_call(service);
    if (again) {
        return;
    }
    for (unsigned i = 0; i < service->worker_count; i++) {
        if (service->workers[i].is_running) {
            pthread_join(service->workers[i].thread, NULL);
        }
    }
    catalog_watch_stop(service->watch);
    /* Nobody else takes jobs now; each is refused. */
    for (;;) {
        bool refuse = true;
        pthread_mutex_lock(&service->lock);
        struct service_job *job = pop(service, &refuse);
        service->stats.refused += job != NULL;
        pthread_mutex_unlock(&service->lock);
        if (!job) {
            break;
        }
        refuse_job(job);
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
        disk_reader_destroy(service->workers[i].disk);
        sem_destroy(&service->workers[i].calls);
    }
    free(service->workers);
    disk_cache_destroy(service->disk);
    tile_cache_destroy(service->cache);
    label_cache_destroy(service->labels);
    catalog_watch_destroy(service->watch);
    pthread_cond_destroy(&service->begun);
    pthread_mutex_destroy(&service->lock);
    free(service);
}
