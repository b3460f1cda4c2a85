/* SPDX-License-Identifier: MIT */
/* The service over tiles that can be held up (unit/tile/fake_tiles.h). */

#include "unit/test.h"

#include "tile/tile_service.h"

#include "base/file.h"
#include "unit/tile/fake_store.h"
#include "unit/tile/fake_tiles.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char map_text[] = "{\"version\":8,\"metadata\":{\"tesela:map\":{\"title\":\"Base\"}},\"sources\":"
                               "{\"p\":{\"type\":\"vector\",\"url\":\"tesela://puntos\"}},\"layers\":"
                               "[{\"id\":\"c\",\"type\":\"circle\",\"source\":\"p\",\"source-layer\":\"puntos\"}]}";

static char folder[64];

static void put_style(const char *name, const char *text)
{
    char path[128];
    struct error err = {0};
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_true(file_write(path, text, strlen(text), &err));
}

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/tesela-service-XXXXXX");
    assert_non_null(mkdtemp(folder));
    put_style("base.json", map_text);
    return 0;
}

static int tear_down(void **state)
{
    char command[128];
    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

static struct tile_service *open_service(unsigned workers, size_t cache_bytes, size_t queue_max)
{
    const struct tile_service_options options = {.data_folder = folder,
                                                 .styles_folder = folder,
                                                 .workers = workers,
                                                 .cache_bytes = cache_bytes,
                                                 .stale_after_ns = -1,
                                                 .queue_max = queue_max};
    struct tile_service *service = NULL;
    struct error err = {0};
    if (!tile_service_create(&options, &service, &err)) {
        fail_msg("%s", err.english);
    }
    return service;
}

static const struct tile_caller somebody = {0};

/* --- answers --- */

struct answers {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int tiles;
    int errors;
    int stale;
    enum error_kind last_kind;
    struct tile_blob *last; /* one reference kept */
};

static void take(void *context, struct tile_blob *blob, bool is_stale, const struct error *err)
{
    struct answers *answers = context;
    pthread_mutex_lock(&answers->lock);
    if (blob) {
        answers->tiles++;
        answers->stale += is_stale;
        tile_blob_unref(answers->last);
        answers->last = tile_blob_ref(blob);
    } else {
        answers->errors++;
        answers->last_kind = err->kind;
    }
    pthread_cond_signal(&answers->changed);
    pthread_mutex_unlock(&answers->lock);
}

static void wait_for(struct answers *answers, int count)
{
    pthread_mutex_lock(&answers->lock);
    while (answers->tiles + answers->errors < count) {
        pthread_cond_wait(&answers->changed, &answers->lock);
    }
    pthread_mutex_unlock(&answers->lock);
}

static int count_of(struct answers *answers)
{
    pthread_mutex_lock(&answers->lock);
    int count = answers->tiles + answers->errors;
    pthread_mutex_unlock(&answers->lock);
    return count;
}

#define ANSWERS                                                                                                        \
    {                                                                                                                  \
        .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER                                         \
    }

static struct tile_request tile_of(const char *subject, uint32_t z, uint32_t x)
{
    struct tile_request request = {TILE_PNG, "", {z, x, 0}, 256, 1};
    snprintf(request.subject, sizeof request.subject, "%s", subject);
    return request;
}

static void get_as(struct tile_service *service, const struct tile_request *request, bool may_be_stale,
                   struct answers *answers)
{
    struct catalog *catalog = tile_service_catalog(service);
    tile_service_get(service, catalog, request, &somebody, may_be_stale, take, answers);
    catalog_unref(catalog);
}

static void get(struct tile_service *service, const struct tile_request *request, struct answers *answers)
{
    get_as(service, request, false, answers);
}

static void pause_ms(long ms)
{
    const struct timespec pause = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

static void wait_until_running(int count)
{
    while (fake_tiles_running() < count) {
        pause_ms(1);
    }
}

/* --- tests --- */

static void test_cache(void **state)
{
    struct tile_service *service = open_service(1, 1 << 20, 0);
    struct answers answers = ANSWERS;
    struct tile_request request = tile_of("base", 3, 1);
    int made = fake_tiles_made();
    (void)state;
    get(service, &request, &answers);
    wait_for(&answers, 1);
    assert_memory_equal(answers.last->data, "base 3/1/0 256@1 png", 20);
    get(service, &request, &answers);
    assert_int_equal(count_of(&answers), 2); /* answered before it returned */
    assert_int_equal(fake_tiles_made() - made, 1);
    struct tile_service_stats stats;
    tile_service_stats(service, &stats);
    assert_int_equal(stats.hits, 1);
    assert_int_equal(stats.misses, 1);
    assert_int_equal(stats.rendered, 1);
    assert_true(stats.cache_bytes > 0);
    tile_service_destroy(service);
    tile_blob_unref(answers.last);
}

static void test_unknown(void **state)
{
    struct tile_service *service = open_service(1, 0, 0);
    struct answers answers = ANSWERS;
    struct tile_request unknown = tile_of("nadie", 3, 1);
    struct tile_request layer = tile_of("puntos", 3, 1);
    (void)state;
    get(service, &unknown, &answers);
    get(service, &layer, &answers); /* a layer is no picture … */
    assert_int_equal(answers.errors, 2);
    assert_int_equal(answers.last_kind, ERROR_NOT_FOUND);
    layer.format = TILE_MVT; /* … but a vector tile */
    get(service, &layer, &answers);
    wait_for(&answers, 3);
    assert_int_equal(answers.tiles, 1);
    tile_service_destroy(service);
    tile_blob_unref(answers.last);
}

static void test_equal_requests_share(void **state)
{
    struct tile_service *service = open_service(2, 0, 0);
    struct answers answers = ANSWERS;
    struct tile_request request = tile_of("base", 5, 9);
    int made = fake_tiles_made();
    (void)state;
    fake_tiles_hold(true);
    for (int i = 0; i < 50; i++) {
        get(service, &request, &answers);
    }
    wait_until_running(1);
    for (int i = 0; i < 50; i++) {
        get(service, &request, &answers); /* joins what is being made */
    }
    fake_tiles_hold(false);
    wait_for(&answers, 100);
    assert_int_equal(answers.tiles, 100);
    assert_int_equal(fake_tiles_made() - made, 1);
    tile_service_destroy(service);
    tile_blob_unref(answers.last);
}

static void test_every_waiter_gets_the_failure(void **state)
{
    struct tile_service *service = open_service(1, 1 << 20, 0);
    struct answers answers = ANSWERS;
    struct tile_request request = tile_of("base", 21, 9);
    (void)state;
    fake_tiles_hold(true);
    for (int i = 0; i < 20; i++) {
        get(service, &request, &answers);
    }
    fake_tiles_hold(false);
    wait_for(&answers, 20);
    assert_int_equal(answers.errors, 20);
    assert_int_equal(answers.last_kind, ERROR_INTERNAL);
    get(service, &request, &answers); /* failures are not kept */
    wait_for(&answers, 21);
    tile_service_destroy(service);
}

static void test_queue_is_bounded(void **state)
{
    struct tile_service *service = open_service(1, 0, 4);
    struct answers answers = ANSWERS;
    (void)state;
    fake_tiles_hold(true);
    struct tile_request first = tile_of("base", 9, 0);
    get(service, &first, &answers);
    wait_until_running(1);
    for (uint32_t x = 1; x <= 10; x++) {
        struct tile_request request = tile_of("base", 9, x);
        get(service, &request, &answers);
    }
    assert_int_equal(answers.errors, 6);
    assert_int_equal(answers.last_kind, ERROR_UNAVAILABLE);
    get(service, &first, &answers); /* joining needs no room */
    assert_int_equal(answers.errors, 6);
    fake_tiles_hold(false);
    wait_for(&answers, 12);
    assert_int_equal(answers.tiles, 6);
    tile_service_destroy(service);
    tile_blob_unref(answers.last);
}

/* What waited long is refused while much more waits, and made once little is left. */
static void test_late_ones_are_shed(void **state)
{
    struct tile_service *service = open_service(1, 0, 64);
    struct answers answers = ANSWERS;
    const struct timespec pause = {.tv_nsec = 900 * 1000 * 1000};
    (void)state;
    fake_tiles_hold(true);
    struct tile_request first = tile_of("base", 9, 0);
    get(service, &first, &answers);
    wait_until_running(1);
    for (uint32_t x = 1; x <= 5; x++) {
        struct tile_request request = tile_of("base", 9, x);
        get(service, &request, &answers);
    }
    assert_int_equal(answers.errors, 0);
    nanosleep(&pause, NULL);
    fake_tiles_hold(false);
    wait_for(&answers, 6);
    assert_true(answers.errors >= 1 && answers.errors <= 4);
    assert_int_equal(answers.last_kind, ERROR_UNAVAILABLE);
    assert_int_equal(answers.tiles, 6 - answers.errors);
    tile_service_destroy(service);
    tile_blob_unref(answers.last);
}

struct ran {
    struct answers *answers;
    bool without_worker;
};

static void run(void *context, struct tile_worker *worker)
{
    struct ran *ran = context;
    struct error err = {.kind = ERROR_UNAVAILABLE};
    ran->without_worker = worker == NULL;
    take(ran->answers, NULL, false, &err);
}

static void test_jobs(void **state)
{
    struct tile_service *service = open_service(1, 0, 1);
    struct answers answers = ANSWERS;
    struct ran ran[3] = {{&answers, true}, {&answers, true}, {&answers, true}};
    struct error err = {0};
    struct tile_request request = tile_of("base", 9, 0);
    (void)state;
    fake_tiles_hold(true);
    get(service, &request, &answers);
    wait_until_running(1);
    assert_true(tile_service_run(service, &somebody, run, &ran[0], &err));
    assert_false(tile_service_run(service, &somebody, run, &ran[1], &err));
    assert_int_equal(err.kind, ERROR_UNAVAILABLE);
    assert_true(tile_service_continue(service, &somebody, run, &ran[2], &err)); /* what has begun may go on */
    fake_tiles_hold(false);
    wait_for(&answers, 3);
    assert_false(ran[0].without_worker);
    assert_true(ran[1].without_worker); /* was not called */
    assert_false(ran[2].without_worker);
    tile_service_destroy(service);
    tile_blob_unref(answers.last);
}

struct worked {
    struct answers *answers;
    struct tile_worker *worker;
};

static void note_worker(void *context, struct tile_worker *worker)
{
    struct worked *worked = context;
    struct error err = {.kind = ERROR_UNAVAILABLE};
    worked->worker = worker;
    take(worked->answers, NULL, false, &err);
}

static void wait_for_rest(const struct tile_service *service)
{
    while (!tile_service_rests(service)) {
        pause_ms(1);
    }
}

/* What a worker has in its caches is of use for the next job. */
static void test_who_rests_last_is_called_first(void **state)
{
    enum { WORKERS = 4, JOBS = 20 };
    struct tile_service *service = open_service(WORKERS, 0, 0);
    struct answers answers = ANSWERS;
    struct worked worked[JOBS] = {{0}};
    struct error err = {0};
    (void)state;
    fake_tiles_hold(true);
    for (uint32_t i = 0; i < WORKERS; i++) {
        struct tile_request request = tile_of("base", 9, i);
        get(service, &request, &answers);
    }
    wait_until_running(WORKERS);
    fake_tiles_hold(false);
    wait_for(&answers, WORKERS);
    for (int i = 0; i < JOBS; i++) {
        wait_for_rest(service);
        worked[i].answers = &answers;
        assert_true(tile_service_run(service, &somebody, note_worker, &worked[i], &err));
        wait_for(&answers, WORKERS + i + 1);
        assert_non_null(worked[i].worker);
        assert_ptr_equal(worked[i].worker, worked[0].worker);
    }
    tile_service_destroy(service);
    tile_blob_unref(answers.last);
}

struct order {
    pthread_mutex_t lock;
    char text[64];
};

struct step {
    struct order *order;
    char letter;
};

static void note_step(void *context, struct tile_worker *worker)
{
    struct step *step = context;
    (void)worker;
    pthread_mutex_lock(&step->order->lock);
    step->order->text[strlen(step->order->text)] = step->letter;
    pthread_mutex_unlock(&step->order->lock);
}

/* Many downloads do not hold up new requests, nor the other way round. */
static void test_new_and_begun_take_turns(void **state)
{
    struct tile_service *service = open_service(1, 0, 100);
    struct answers answers = ANSWERS;
    struct order order = {.lock = PTHREAD_MUTEX_INITIALIZER};
    struct step begun = {&order, 'b'};
    struct step fresh = {&order, 'n'};
    struct error err = {0};
    struct tile_request first = tile_of("base", 9, 0);
    (void)state;
    fake_tiles_hold(true);
    get(service, &first, &answers);
    wait_until_running(1);
    for (int i = 0; i < 10; i++) {
        assert_true(tile_service_continue(service, &somebody, note_step, &begun, &err));
    }
    for (int i = 0; i < 10; i++) {
        assert_true(tile_service_run(service, &somebody, note_step, &fresh, &err));
    }
    fake_tiles_hold(false);
    wait_for(&answers, 1);
    for (size_t done = 0; done < 20;) {
        pause_ms(1);
        pthread_mutex_lock(&order.lock);
        done = strlen(order.text);
        pthread_mutex_unlock(&order.lock);
    }
    tile_service_destroy(service);
    assert_non_null(strstr(order.text, "nnnbnnnnb"));
    assert_null(strstr(order.text, "nnnnn"));
    tile_blob_unref(answers.last);
}

static void *let_go(void *context)
{
    (void)context;
    pause_ms(50);
    fake_tiles_hold(false);
    return NULL;
}

static void test_stop_answers_everyone(void **state)
{
    struct tile_service *service = open_service(1, 0, 100);
    struct answers answers = ANSWERS;
    struct ran ran = {&answers, false};
    struct error err = {0};
    pthread_t thread;
    (void)state;
    fake_tiles_hold(true);
    for (uint32_t x = 0; x < 20; x++) {
        struct tile_request request = tile_of("base", 9, x);
        get(service, &request, &answers);
        get(service, &request, &answers);
    }
    wait_until_running(1);
    assert_true(tile_service_run(service, &somebody, run, &ran, &err));
    pthread_create(&thread, NULL, let_go, NULL);
    tile_service_stop(service);
    pthread_join(thread, NULL);
    assert_int_equal(count_of(&answers), 41);
    assert_int_equal(answers.tiles, 2); /* the one that ran */
    assert_true(ran.without_worker);
    struct tile_request late = tile_of("base", 9, 99);
    get(service, &late, &answers);
    assert_int_equal(answers.last_kind, ERROR_UNAVAILABLE);
    assert_false(tile_service_run(service, &somebody, run, &ran, &err));
    assert_false(tile_service_continue(service, &somebody, run, &ran, &err));
    assert_int_equal(count_of(&answers), 42);
    tile_service_destroy(service);
    tile_blob_unref(answers.last);
}

static uint64_t version_now(struct tile_service *service)
{
    struct catalog *catalog = tile_service_catalog(service);
    uint64_t version = catalog_version(catalog);
    catalog_unref(catalog);
    return version;
}

static bool changes_within(struct tile_service *service, uint64_t old, long ms)
{
    for (; ms > 0; ms -= 10) {
        if (version_now(service) != old) {
            return true;
        }
        pause_ms(10);
    }
    return false;
}

/* What a publish touched is served as it was while it is made again, but not to those who ask for a version; what it
 * did not touch stays. */
static void test_stale(struct tile_service *service, struct answers *answers)
{
    struct tile_request touched = tile_of("base", 3, 2);
    struct tile_request other = {TILE_PNG, "base", {5, 20, 25}, 256, 1};
    struct tile_service_stats before;
    struct tile_service_stats stats;
    get(service, &other, answers);
    wait_for(answers, 3);
    int made = fake_tiles_made();
    uint64_t version = version_now(service);
    tile_service_stats(service, &before);
    fake_tiles_hold(true);
    fake_generation_set(3);
    assert_true(changes_within(service, version, 3000));
    for (int i = 0; i < 5; i++) {
        get_as(service, &touched, true, answers); /* at once */
        assert_int_equal(count_of(answers), 4 + i);
    }
    assert_int_equal(answers->stale, 5);
    get_as(service, &other, true, answers);
    assert_int_equal(count_of(answers), 9);
    assert_int_equal(answers->stale, 5);
    get(service, &touched, answers); /* waits for the new one, which is the one being made */
    assert_int_equal(count_of(answers), 9);
    fake_tiles_hold(false);
    wait_for(answers, 10);
    assert_int_equal(answers->errors, 0);
    get_as(service, &touched, true, answers);
    assert_int_equal(count_of(answers), 11);
    assert_int_equal(answers->stale, 5);
    assert_int_equal(fake_tiles_made() - made, 1);
    tile_service_stats(service, &stats);
    assert_int_equal(stats.redrawn - before.redrawn, 1);
    assert_int_equal(stats.confirmed - before.confirmed, 1);
    assert_int_equal(stats.stale - before.stale, 5);
}

static void test_publishing_is_seen(void **state)
{
    struct tile_service *service = open_service(1, 1 << 20, 0);
    struct answers answers = ANSWERS;
    struct tile_request request = tile_of("base", 3, 2);
    int made = fake_tiles_made();
    (void)state;
    struct catalog *old = tile_service_catalog(service);
    uint64_t version = catalog_version(old);
    get(service, &request, &answers);
    wait_for(&answers, 1);
    fake_generation_set(2);
    assert_true(changes_within(service, version, 3000));
    assert_int_equal(catalog_version(old), version); /* whoever holds the old one keeps it */
    get(service, &request, &answers);
    wait_for(&answers, 2);
    assert_int_equal(fake_tiles_made() - made, 2); /* the tile of the old version is not served any more */
    catalog_unref(old);
    test_stale(service, &answers);
    fake_generation_set(1);
    tile_service_destroy(service);
    tile_blob_unref(answers.last);
}

static void test_style_changes_are_seen(void **state)
{
    struct tile_service *service = open_service(1, 0, 0);
    uint64_t version = version_now(service);
    (void)state;
    put_style("otro.json", map_text);
    assert_true(changes_within(service, version, 3000));
    version = version_now(service);
    put_style("otro.json", "{ not a style");
    assert_true(changes_within(service, version, 3000)); /* left out; the others stay */
    struct catalog *catalog = tile_service_catalog(service);
    assert_null(catalog_map_find(catalog, "otro"));
    assert_non_null(catalog_map_find(catalog, "base"));
    catalog_unref(catalog);
    tile_service_destroy(service);
}

struct storm {
    struct tile_service *service;
    struct answers *answers;
    uint32_t seed;
};

static void *ask_often(void *context)
{
    struct storm *storm = context;
    for (uint32_t i = 0; i < 500; i++) {
        storm->seed = storm->seed * 1664525 + 1013904223;
        struct tile_request request = tile_of("base", storm->seed >> 28 == 0 ? 21 : 9, storm->seed >> 16 & 31);
        get(storm->service, &request, storm->answers);
    }
    return NULL;
}

static void test_storm(void **state)
{
    struct tile_service *service = open_service(3, 64 << 10, 16);
    struct answers answers = ANSWERS;
    struct storm storms[4];
    pthread_t threads[4];
    (void)state;
    for (uint32_t i = 0; i < 4; i++) {
        storms[i] = (struct storm){service, &answers, i * 77 + 1};
        pthread_create(&threads[i], NULL, ask_often, &storms[i]);
    }
    for (uint64_t generation = 2; generation < 6; generation++) {
        pause_ms(60);
        fake_generation_set(generation);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    wait_for(&answers, 2000);
    tile_service_destroy(service);
    assert_int_equal(answers.tiles + answers.errors, 2000); /* each exactly once */
    assert_true(answers.tiles > 0);
    fake_generation_set(1);
    tile_blob_unref(answers.last);
}

static void test_blob(void **state)
{
    unsigned char *text = malloc(10000);
    (void)state;
    assert_non_null(text);
    memset(text, 'a', 10000);
    struct tile_blob *blob = tile_blob_create(text, 10000, 6);
    assert_non_null(blob->gzip);
    assert_true(blob->gzip_size < 200);
    tile_blob_unref(blob);
    tile_blob_unref(NULL);
    blob = tile_blob_create(calloc(1, 1), 0, 6); /* an empty vector tile */
    assert_int_equal(blob->size, 0);
    assert_null(blob->gzip);
    tile_blob_unref(blob);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cache),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_equal_requests_share),
        cmocka_unit_test(test_every_waiter_gets_the_failure),
        cmocka_unit_test(test_queue_is_bounded),
        cmocka_unit_test(test_late_ones_are_shed),
        cmocka_unit_test(test_jobs),
        cmocka_unit_test(test_who_rests_last_is_called_first),
        cmocka_unit_test(test_new_and_begun_take_turns),
        cmocka_unit_test(test_stop_answers_everyone),
        cmocka_unit_test(test_publishing_is_seen),
        cmocka_unit_test(test_style_changes_are_seen),
        cmocka_unit_test(test_storm),
        cmocka_unit_test(test_blob),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
