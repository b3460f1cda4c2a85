/* SPDX-License-Identifier: MIT */
#include "base/error.h"

#include "unit/test.h"

#include <string.h>

static void speaks_both_languages(void **state)
{
    (void)state;
    struct error err = {0};
    error_tell(&err, ERROR_NOT_FOUND, "X-1", "no layer \"%s\"", "no hay capa «%s»", "vías");
    error_prefix(&err, "map \"%s\"", "base");
    assert_int_equal(err.kind, ERROR_NOT_FOUND);
    assert_string_equal(err.code, "X-1");
    assert_string_equal(err.english, "map \"base\": no layer \"vías\"");
    assert_string_equal(err.spanish, "map \"base\": no hay capa «vías»");
}

static void cuts_what_is_too_long(void **state)
{
    (void)state;
    char text[2000];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    struct error err = {0};
    error_set(&err, ERROR_INTERNAL, "%s", text);
    assert_int_equal(strlen(err.english), ERROR_TEXT_BYTES - 1);
    error_prefix(&err, "%s", "z");
    assert_int_equal(strlen(err.english), ERROR_TEXT_BYTES - 1);
    assert_memory_equal(err.english, "z: aaa", 6);
    error_set(NULL, ERROR_INTERNAL, "nobody listens");
    error_prefix(NULL, "nobody");
    assert_false(error_no_memory(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(speaks_both_languages),
                                       cmocka_unit_test(cuts_what_is_too_long)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
