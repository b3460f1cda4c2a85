/* SPDX-License-Identifier: MIT */
#include "unit/test.h"

#include "base/clock.h"
#include "base/vigil.h"

#include <time.h>

static const int64_t microsecond = 1000;

/* As a thread that has just done work that came `gap_us` after the work before. */
static bool answer(struct vigil *vigil, int64_t gap_us, bool may)
{
    int64_t now = clock_monotonic_ns();
    vigil->looked_ns = now - gap_us * microsecond;
    return vigil_stays_awake(vigil, now, may);
}

static void test_sleeps_after_the_first_request(void **state)
{
    (void)state;
    struct vigil vigil = {.awake_ns = 50 * microsecond};
    assert_false(vigil_stays_awake(&vigil, clock_monotonic_ns(), true));
}

static void test_awake_while_requests_are_close(void **state)
{
    (void)state;
    struct vigil vigil = {.awake_ns = 50 * microsecond};
    assert_true(answer(&vigil, 20, true));
    assert_false(answer(&vigil, 1000, true));
    assert_true(answer(&vigil, 20, true));
}

static void test_not_in_the_way_of_workers(void **state)
{
    (void)state;
    struct vigil vigil = {.awake_ns = 50 * microsecond};
    assert_false(answer(&vigil, 20, false));
    assert_true(answer(&vigil, 20, true));
}

static void test_ends_when_nothing_comes(void **state)
{
    (void)state;
    struct vigil vigil = {.awake_ns = 50 * microsecond};
    int64_t begin = clock_monotonic_ns();
    assert_true(answer(&vigil, 20, true));
    while (vigil_stays_awake(&vigil, 0, true)) {
        assert_true(clock_monotonic_ns() - begin < 5000 * 1000 * microsecond);
    }
    const struct timespec pause = {.tv_nsec = 100 * 1000};
    nanosleep(&pause, NULL);
    assert_false(vigil_stays_awake(&vigil, 0, true));
    /* The wait was long: the next request does not keep it awake either. */
    assert_false(vigil_stays_awake(&vigil, clock_monotonic_ns(), true));
}

static void test_neighbours_on_the_processor(void **state)
{
    (void)state;
    struct vigil vigil = {.awake_ns = 50 * microsecond, .is_shared = true};
    assert_false(answer(&vigil, 20, true)); /* sleeps once … */
    assert_true(answer(&vigil, 20, true));
    vigil.truce_until_ns = clock_monotonic_ns() + 60 * 1000 * 1000 * microsecond;
    assert_false(answer(&vigil, 20, true)); /* … or for as long as the neighbour is busy */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sleeps_after_the_first_request), cmocka_unit_test(test_awake_while_requests_are_close),
        cmocka_unit_test(test_not_in_the_way_of_workers),      cmocka_unit_test(test_ends_when_nothing_comes),
        cmocka_unit_test(test_neighbours_on_the_processor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
