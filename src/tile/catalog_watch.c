/* SPDX-License-Identifier: MIT */
#include "tile/catalog_watch.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PROBLEMS_MAX = 256 };

static const int64_t millisecond = 1000 * 1000;
/* How often the store is asked for news (some microseconds), and after how many of those the styles folder. */
static const int64_t look_every = 20 * millisecond;
enum { LOOKS_PER_STYLES = 25 };

struct catalog_watch {
    char *data_folder;
    char *styles_folder;
    char *archives_folder;

    pthread_mutex_t lock; /* guards `catalog` and `is_stopping` */
    pthread_cond_t wake;
    struct catalog *catalog;
    bool is_stopping;
    atomic_uint_fast64_t turn; /* grows with `catalog`; read without the lock */

    /* The thread's own. */
    pthread_t thread;
    bool has_thread;
    struct store *store;
    uint64_t generation;
    uint64_t fingerprint;
    uint64_t archives_fingerprint;
    struct archive_shelf *archives;
    bool store_is_lost;
    uint64_t problems[PROBLEMS_MAX]; /* hashes of the warnings told for the last catalog */
    size_t problem_count;
};

struct problem_list {
    const struct catalog_watch *watch;
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
    for (size_t i = 0; i < list->watch->problem_count; i++) {
        is_known = is_known || list->watch->problems[i] == hash;
    }
    if (!is_known) {
        log_event(LOG_WARNING, "style_left_out", "file=\"%s\" code=%s reason=\"%s\"", style_path,
                  problem->code[0] ? problem->code : "-", problem->english);
    }
    if (list->count < PROBLEMS_MAX) {
        list->hashes[list->count++] = hash;
    }
}

/* Only the watching thread (or the one that creates it) comes here. */
static bool read_catalog(struct catalog_watch *watch, struct error *err)
{
    struct problem_list problems = {.watch = watch};
    struct catalog *catalog = NULL;
    if (!catalog_create_after(watch->catalog, watch->store, watch->styles_folder, note_problem, &problems, &catalog,
                              err)) {
        return false;
    }
    catalog_set_archives(catalog, archive_shelf_ref(watch->archives));
    memcpy(watch->problems, problems.hashes, problems.count * sizeof problems.hashes[0]);
    watch->problem_count = problems.count;
    pthread_mutex_lock(&watch->lock);
    struct catalog *old = watch->catalog;
    watch->catalog = catalog;
    atomic_fetch_add_explicit(&watch->turn, 1, memory_order_release);
    pthread_mutex_unlock(&watch->lock);
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
static bool look_at_store(struct catalog_watch *watch, uint64_t *out_generation, struct error *err)
{
    if (!watch->store && !store_open(watch->data_folder, &watch->store, err)) {
        return false;
    }
    return store_generation(watch->store, out_generation, err);
}

static void tell_archive(void *context, const char *path, const struct error *problem)
{
    (void)context;
    log_event(LOG_WARNING, "archive_left_out", "file=\"%s\" code=%s reason=\"%s\"", path,
              problem->code[0] ? problem->code : "-", problem->english);
}

/* Opens the archives again when their folder changed. */
static bool look_at_archives(struct catalog_watch *watch)
{
    uint64_t fingerprint = archive_shelf_fingerprint(watch->archives_folder);
    if (watch->archives && fingerprint == watch->archives_fingerprint) {
        return false;
    }
    struct archive_shelf *shelf = archive_shelf_create(watch->archives_folder, tell_archive, NULL);
    if (!shelf) {
        return false;
    }
    archive_shelf_unref(watch->archives);
    watch->archives = shelf;
    watch->archives_fingerprint = fingerprint;
    return true;
}

static void look(struct catalog_watch *watch, bool at_styles)
{
    bool has_news = at_styles && look_at_archives(watch);
    struct error err = {0};
    uint64_t generation = 0;
    uint64_t fingerprint = at_styles ? catalog_styles_fingerprint(watch->styles_folder) : watch->fingerprint;
    bool ok = look_at_store(watch, &generation, &err);
    if (ok && !has_news && generation == watch->generation && fingerprint == watch->fingerprint &&
        !watch->store_is_lost) {
        return;
    }
    ok = ok && read_catalog(watch, &err);
    if (ok) {
        watch->generation = generation;
        watch->fingerprint = fingerprint;
    } else if (!watch->store_is_lost) {
        log_event(LOG_ERROR, "catalog_kept", "reason=\"%s\"", err.english);
    }
    watch->store_is_lost = !ok;
}

static void *run(void *context)
{
    struct catalog_watch *watch = context;
    unsigned looks = 0;
    pthread_mutex_lock(&watch->lock);
    while (!watch->is_stopping) {
        struct timespec until = clock_monotonic_from_now(look_every);
        while (!watch->is_stopping && pthread_cond_timedwait(&watch->wake, &watch->lock, &until) == 0) {
        }
        if (watch->is_stopping) {
            break;
        }
        pthread_mutex_unlock(&watch->lock);
        looks++;
        look(watch, looks % LOOKS_PER_STYLES == 0);
        pthread_mutex_lock(&watch->lock);
    }
    pthread_mutex_unlock(&watch->lock);
    return NULL;
}

static void init_locks(struct catalog_watch *watch)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&watch->lock, NULL);
    pthread_cond_init(&watch->wake, &attributes);
    pthread_condattr_destroy(&attributes);
}

bool catalog_watch_create(const char *data_folder, const char *styles_folder, struct catalog_watch **out_watch,
                          struct error *err)
{
    bool ok = false;
    struct catalog_watch *watch = calloc(1, sizeof *watch);
    if (!watch) {
        return error_no_memory(err);
    }
    init_locks(watch);
    watch->data_folder = strdup(data_folder);
    watch->styles_folder = styles_folder ? strdup(styles_folder) : NULL;
    if (asprintf(&watch->archives_folder, "%s/archives", data_folder) < 0) {
        watch->archives_folder = NULL;
    }
    if (!watch->data_folder || (styles_folder && !watch->styles_folder) || !watch->archives_folder) {
        error_no_memory(err);
        goto done;
    }
    look_at_archives(watch);
    /* The fingerprint is taken before the files are read: a change in between is seen at the next look. */
    watch->fingerprint = catalog_styles_fingerprint(watch->styles_folder);
    if (!look_at_store(watch, &watch->generation, err) || !read_catalog(watch, err)) {
        goto done;
    }
    int failure = pthread_create(&watch->thread, NULL, run, watch);
    if (failure != 0) {
        error_set(err, ERROR_INTERNAL, "could not start the watcher thread: %s", strerror(failure));
        goto done;
    }
    watch->has_thread = true;
    *out_watch = watch;
    watch = NULL;
    ok = true;
done:
    catalog_watch_destroy(watch);
    return ok;
}

void catalog_watch_stop(struct catalog_watch *watch)
{
    if (!watch || !watch->has_thread) {
        return;
    }
    pthread_mutex_lock(&watch->lock);
    watch->is_stopping = true;
    pthread_cond_broadcast(&watch->wake);
    pthread_mutex_unlock(&watch->lock);
    pthread_join(watch->thread, NULL);
    watch->has_thread = false;
}

void catalog_watch_destroy(struct catalog_watch *watch)
{
    if (!watch) {
        return;
    }
    catalog_watch_stop(watch);
    catalog_unref(watch->catalog);
    store_close(watch->store);
    pthread_cond_destroy(&watch->wake);
    pthread_mutex_destroy(&watch->lock);
    archive_shelf_unref(watch->archives);
    free(watch->archives_folder);
    free(watch->styles_folder);
    free(watch->data_folder);
    free(watch);
}

struct catalog *catalog_watch_get(struct catalog_watch *watch)
{
    pthread_mutex_lock(&watch->lock);
    struct catalog *catalog = catalog_ref(watch->catalog);
    pthread_mutex_unlock(&watch->lock);
    return catalog;
}

uint64_t catalog_watch_turn(const struct catalog_watch *watch)
{
    return atomic_load_explicit(&watch->turn, memory_order_acquire);
}
