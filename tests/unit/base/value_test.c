/* SPDX-License-Identifier: MIT */
#include "base/value.h"

#include "unit/test.h"

#include <string.h>

static void reads_json(void **state)
{
    (void)state;
    struct arena *arena = arena_create(1 << 20);
    struct value value;
    struct error err = {0};
    assert_true(value_read_json(text_of("{\"b\":[1,2.5,true,null,\"ñ\\u0000x\"],\"a\":{\"c\":-9223372036854775808}}"),
                                arena, &value, &err));
    const struct value *array = value_member(&value, "b");
    assert_int_equal(array->array.count, 5);
    assert_int_equal(array->array.items[0].integer, 1);
    assert_true(array->array.items[1].real == 2.5);
    assert_int_equal(array->array.items[4].string.length, 4);
    assert_int_equal(value_member(value_member(&value, "a"), "c")->integer, INT64_MIN);
    assert_string_equal(value.object.members[0].name.data, "b"); /* the order of the text */
    assert_null(value_member(&value, "z"));
    assert_null(value_member(NULL, "z"));
    assert_null(value_member_string(&value, "b"));
    arena_destroy(arena);
}

static void names_the_place_of_a_mistake(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "{", "[1,]", "{\"a\":1,\"a\":2}", "nul", "[1] x", "\"\xff\"", "[NaN]"};
    struct arena *arena = arena_create(1 << 20);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct value value;
        struct error err = {0};
        assert_false(value_read_json(text_of(bad[i]), arena, &value, &err));
        assert_int_equal(err.kind, ERROR_INVALID);
        assert_non_null(strstr(err.spanish, "línea 1"));
    }
    char deep[2000];
    memset(deep, '[', 1000);
    memset(deep + 1000, ']', 1000);
    struct value value;
    struct error err = {0};
    assert_false(value_read_json((struct text){deep, 2000}, arena, &value, &err));
    assert_int_equal(err.kind, ERROR_TOO_LARGE);
    arena_destroy(arena);
}

static void compares(void **state)
{
    (void)state;
    struct arena *arena = arena_create(1 << 20);
    struct value a;
    struct value b;
    assert_true(value_read_json(text_of("{\"x\":[1,\"y\"],\"z\":null}"), arena, &a, NULL));
    assert_true(value_read_json(text_of("{\"z\":null,\"x\":[1.0,\"y\"]}"), arena, &b, NULL));
    assert_true(value_equal(&a, &b));
    struct value one = value_of_int(1);
    struct value text = value_of_string("1");
    assert_false(value_equal(&one, &text));
    struct value big = value_of_int(INT64_MAX);
    struct value next = value_of_int(INT64_MAX - 1);
    assert_false(value_equal(&big, &next));
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reads_json), cmocka_unit_test(names_the_place_of_a_mistake),
                                       cmocka_unit_test(compares)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
