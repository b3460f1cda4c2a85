/* SPDX-License-Identifier: MIT */
#include "unit/test.h"

#include "server/ready.h"

#include <stdio.h>
#include <string.h>

static const int64_t second = 1000000000;

static int released;

static void release(void *answer)
{
    (void)answer;
    released++;
}

static bool put(struct ready *ready, const char *target, uint64_t turn, int64_t now, void *answer, size_t bytes)
{
    const struct ready_key key = {.target = text_of(target)};
    const struct ready_answer take = {answer, bytes};
    return ready_put(ready, &key, turn, now, &take);
}

static void *find(const struct ready *ready, const char *target, bool takes_gzip, uint64_t turn, int64_t now)
{
    const struct ready_key key = {.target = text_of(target), .takes_gzip = takes_gzip};
    struct ready_answer found;
    return ready_find(ready, &key, turn, now, &found) ? found.answer : NULL;
}

static void test_found_only_when_all_is_equal(void **state)
{
    (void)state;
    int answer;
    struct ready *ready = ready_create(1000, release);
    released = 0;
    assert_non_null(ready);
    assert_null(find(ready, "/a", false, 1, 0));
    assert_true(put(ready, "/a", 1, 0, &answer, 100));
    assert_ptr_equal(find(ready, "/a", false, 1, second / 2), &answer);
    assert_null(find(ready, "/a", true, 1, 0));           /* another encoding */
    assert_null(find(ready, "/b", false, 1, 0));          /* another address */
    assert_null(find(ready, "/a", false, 2, 0));          /* another catalog */
    assert_null(find(ready, "/a", false, 1, 2 * second)); /* too old */
    assert_int_equal(released, 0);
    ready_destroy(ready);
    assert_int_equal(released, 1);
    ready_destroy(NULL);
}

static void test_another_takes_its_place(void **state)
{
    (void)state;
    int one;
    int other;
    struct ready *ready = ready_create(1000, release);
    released = 0;
    assert_true(put(ready, "/a", 1, 0, &one, 900));
    assert_true(put(ready, "/a", 2, 0, &other, 950)); /* what it replaces makes room */
    assert_int_equal(released, 1);
    assert_ptr_equal(find(ready, "/a", false, 2, 0), &other);
    ready_destroy(ready);
}

static void test_bytes_are_bounded(void **state)
{
    (void)state;
    int answers[100];
    char target[32];
    size_t kept = 0;
    struct ready *ready = ready_create(1000, release);
    released = 0;
    assert_false(put(ready, "/large", 1, 0, &answers[0], 1001));
    for (size_t i = 0; i < 100; i++) {
        snprintf(target, sizeof target, "/%zu", i);
        kept += put(ready, target, 1, 0, &answers[i], 100);
    }
    assert_true(kept >= 10 && kept < 20); /* ten, and some that took the place of others */
    size_t found = 0;
    for (size_t i = 0; i < 100; i++) {
        snprintf(target, sizeof target, "/%zu", i);
        found += find(ready, target, false, 1, 0) != NULL;
    }
    assert_int_equal(found, 10);
    /* What is too old makes room. */
    assert_true(put(ready, "/new", 1, 2 * second, &answers[0], 1000));
    assert_int_equal(released, (int)kept);
    ready_destroy(ready);
}

static void test_long_addresses_are_not_kept(void **state)
{
    (void)state;
    int answer;
    char target[400];
    struct ready *ready = ready_create(1000, release);
    memset(target, 'a', sizeof target);
    target[sizeof target - 1] = '\0';
    assert_false(put(ready, target, 1, 0, &answer, 1));
    assert_null(find(ready, target, false, 1, 0));
    ready_destroy(ready);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_found_only_when_all_is_equal),
        cmocka_unit_test(test_another_takes_its_place),
        cmocka_unit_test(test_bytes_are_bounded),
        cmocka_unit_test(test_long_addresses_are_not_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
