/* SPDX-License-Identifier: MIT */
#include "store/write_lock.h"

#include "base/clock.h"
#include "unit/store/fixture.h"

static void keeps_others_out(void **state)
{
    struct fixture *fixture = *state;
    int first = -1;
    int second = -1;
    check(fixture, write_lock_take(fixture->directory, 0, &first, &fixture->err));
    int64_t start = clock_monotonic_ns();
    assert_false(write_lock_take(fixture->directory, 60, &second, &fixture->err));
    int64_t waited = clock_monotonic_ns() - start;
    assert_true(waited >= 60000000 && waited < 5000000000);
    assert_int_equal(fixture->err.kind, ERROR_UNAVAILABLE);
    char pid[32];
    snprintf(pid, sizeof pid, "process %ld ", (long)getpid());
    assert_non_null(strstr(fixture->err.english, pid)); /* who holds it */
    write_lock_drop(first);
    check(fixture, write_lock_take(fixture->directory, 0, &second, &fixture->err));
    write_lock_drop(second);
    assert_false(write_lock_take("/nonexistent", 0, &second, &fixture->err));
    assert_int_equal(fixture->err.kind, ERROR_UNAVAILABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keeps_others_out, fixture_setup, fixture_teardown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
