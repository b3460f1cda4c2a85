/* SPDX-License-Identifier: MIT */
/* The cache over plans that are made up: label_plan_* of the render room are replaced at link time. */

#include "unit/test.h"

#include "tile/label_cache.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

struct label_plan {
    struct label_square square;
    size_t size;
};

static atomic_int plans_alive;
static atomic_int plans_made;

void label_plan_destroy(struct label_plan *plan)
{
    if (plan) {
        atomic_fetch_sub(&plans_alive, 1);
        free(plan);
    }
}

size_t label_plan_size(const struct label_plan *plan)
{
    return plan->size;
}

struct maker {
    size_t size;
    long pause_ms;
    bool fails;
};

static bool make(void *context, struct label_square square, struct label_plan **out_plan, struct error *err)
{
    struct maker *maker = context;
    const struct timespec pause = {.tv_nsec = maker->pause_ms * 1000000};
    nanosleep(&pause, NULL);
    atomic_fetch_add(&plans_made, 1);
    if (maker->fails) {
        error_set(err, ERROR_UNAVAILABLE, "no plan today");
        return false;
    }
    struct label_plan *plan = malloc(sizeof *plan);
    assert_non_null(plan);
    *plan = (struct label_plan){square, maker->size};
    atomic_fetch_add(&plans_alive, 1);
    *out_plan = plan;
    return true;
}

static struct label_square square_of(int64_t column)
{
    return (struct label_square){.zoom = 12, .column = column, .row = 3};
}

static void test_hits(void **state)
{
    struct label_cache *cache = label_cache_create(1 << 20);
    struct maker maker = {.size = 100};
    struct label_hold *first = NULL;
    struct label_hold *second = NULL;
    struct label_hold *other = NULL;
    struct error err = {0};
    (void)state;
    atomic_store(&plans_made, 0);
    assert_true(label_cache_get(cache, 1, square_of(5), make, &maker, &first, &err));
    assert_true(label_cache_get(cache, 1, square_of(5), make, &maker, &second, &err));
    assert_ptr_equal(label_hold_plan(first), label_hold_plan(second));
    assert_int_equal(atomic_load(&plans_made), 1);
    assert_true(label_cache_get(cache, 2, square_of(5), make, &maker, &other, &err));
    assert_ptr_not_equal(label_hold_plan(first), label_hold_plan(other));
    label_cache_release(cache, first);
    label_cache_release(cache, second);
    label_cache_release(cache, other);
    label_cache_release(cache, NULL);
    struct label_cache_stats stats;
    label_cache_stats(cache, &stats);
    assert_int_equal(stats.hits, 1);
    assert_int_equal(stats.misses, 2);
    assert_int_equal(stats.count, 2);
    label_cache_destroy(cache);
    assert_int_equal(atomic_load(&plans_alive), 0);
}

static void test_bound(void **state)
{
    struct label_cache *cache = label_cache_create(20000);
    struct maker maker = {.size = 1000};
    struct label_hold *held = NULL;
    struct error err = {0};
    (void)state;
    assert_true(label_cache_get(cache, 1, square_of(-1), make, &maker, &held, &err));
    for (int64_t column = 0; column < 200; column++) {
        struct label_hold *hold = NULL;
        struct label_cache_stats stats;
        assert_true(label_cache_get(cache, 1, square_of(column), make, &maker, &hold, &err));
        label_cache_release(cache, hold);
        label_cache_stats(cache, &stats);
        assert_true(stats.bytes <= 20000);
    }
    assert_int_equal(label_hold_plan(held)->square.column, -1); /* in use: not dropped */
    label_cache_release(cache, held);
    label_cache_destroy(cache);
    assert_int_equal(atomic_load(&plans_alive), 0);
}

static void test_failure_is_not_kept(void **state)
{
    struct label_cache *cache = label_cache_create(20000);
    struct maker maker = {.size = 1000, .fails = true};
    struct label_hold *hold = NULL;
    struct error err = {0};
    (void)state;
    assert_false(label_cache_get(cache, 1, square_of(1), make, &maker, &hold, &err));
    assert_int_equal(err.kind, ERROR_UNAVAILABLE);
    assert_null(hold);
    maker.fails = false;
    assert_true(label_cache_get(cache, 1, square_of(1), make, &maker, &hold, &err));
    label_cache_release(cache, hold);
    label_cache_destroy(cache);
}

struct asking {
    struct label_cache *cache;
    struct maker maker;
    int64_t columns;
    int rounds;
    atomic_int failed;
};

static void *ask(void *context)
{
    struct asking *asking = context;
    for (int i = 0; i < asking->rounds; i++) {
        struct label_hold *hold = NULL;
        struct error err = {0};
        int64_t column = (int64_t)i * 7 % asking->columns;
        if (label_cache_get(asking->cache, 1, square_of(column), make, &asking->maker, &hold, &err)) {
            assert_int_equal(label_hold_plan(hold)->square.column, column);
            label_cache_release(asking->cache, hold);
        } else {
            assert_int_equal(err.kind, ERROR_UNAVAILABLE);
            atomic_fetch_add(&asking->failed, 1);
        }
    }
    return NULL;
}

static void run_threads(struct asking *asking, int count)
{
    pthread_t threads[16];
    for (int i = 0; i < count; i++) {
        pthread_create(&threads[i], NULL, ask, asking);
    }
    for (int i = 0; i < count; i++) {
        pthread_join(threads[i], NULL);
    }
}

static void test_equal_squares_are_made_once(void **state)
{
    struct asking asking = {.cache = label_cache_create(1 << 20), .maker = {100, 50, false}, .columns = 1, .rounds = 1};
    (void)state;
    atomic_store(&plans_made, 0);
    run_threads(&asking, 8);
    assert_int_equal(atomic_load(&plans_made), 1);
    label_cache_destroy(asking.cache);
    assert_int_equal(atomic_load(&plans_alive), 0);
}

static void test_every_waiter_gets_the_failure(void **state)
{
    struct asking asking = {.cache = label_cache_create(1 << 20), .maker = {100, 50, true}, .columns = 1, .rounds = 1};
    (void)state;
    run_threads(&asking, 8);
    assert_int_equal(atomic_load(&asking.failed), 8);
    label_cache_destroy(asking.cache);
}

static void test_storm(void **state)
{
    struct asking asking = {.cache = label_cache_create(3000), .maker = {400, 0, false}, .columns = 20, .rounds = 500};
    (void)state;
    run_threads(&asking, 8);
    label_cache_destroy(asking.cache);
    assert_int_equal(atomic_load(&plans_alive), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hits),
        cmocka_unit_test(test_bound),
        cmocka_unit_test(test_failure_is_not_kept),
        cmocka_unit_test(test_equal_squares_are_made_once),
        cmocka_unit_test(test_every_waiter_gets_the_failure),
        cmocka_unit_test(test_storm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
