/* SPDX-License-Identifier: MIT */
#include "base/late_library.h"

#include <pthread.h>
#include <string.h>

#include "unit/test.h"

double cos(double x);
int late_library_has_no_such_function(void);

#define CALLS(X) X(cos)
static struct {
    CALLS(LATE_LIBRARY_MEMBER)
} late;
static struct late_library library = LATE_LIBRARY("libm.so.6", CALLS, late);

#define WRONG_CALLS(X) X(cos) X(late_library_has_no_such_function)
static struct {
    WRONG_CALLS(LATE_LIBRARY_MEMBER)
} wrong;
static struct late_library wrong_library = LATE_LIBRARY("libm.so.6", WRONG_CALLS, wrong);
static struct late_library missing_library = LATE_LIBRARY("libno-such-library.so.9", CALLS, late);

static void *open_it(void *context)
{
    *(bool *)context = late_library_open(&library, NULL) && late.cos(0) == 1;
    return NULL;
}

static void opens_once_for_all_threads(void **state)
{
    (void)state;
    pthread_t threads[4];
    bool ok[4] = {false};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, open_it, &ok[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_true(ok[i]);
    }
}

static void says_what_is_missing(void **state)
{
    (void)state;
    struct error err = {0};
    assert_false(late_library_open(&missing_library, &err));
    assert_int_equal(err.kind, ERROR_UNAVAILABLE);
    assert_string_equal(err.code, "LIB-001");
    assert_non_null(strstr(err.english, "libno-such-library.so.9"));
    assert_false(late_library_open(&missing_library, &err)); /* again: it may have been installed meanwhile */
}

static void refuses_another_library(void **state)
{
    (void)state;
    struct error err = {0};
    assert_false(late_library_open(&wrong_library, &err));
    assert_non_null(strstr(err.english, "late_library_has_no_such_function"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_once_for_all_threads),
        cmocka_unit_test(says_what_is_missing),
        cmocka_unit_test(refuses_another_library),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
