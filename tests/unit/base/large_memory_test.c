/* SPDX-License-Identifier: MIT */
#include "base/large_memory.h"

#include "unit/test.h"

#include <stdint.h>

static void is_zeroed_and_whole(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 4096, (2 << 20) - 1, 2 << 20, (2 << 20) + 1, (size_t)5 << 20};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        unsigned char *memory = large_memory_take(sizes[i]);
        unsigned char *other = large_memory_take(sizes[i]);
        assert_non_null(memory);
        assert_non_null(other);
        size_t last = sizes[i] - 1;
        assert_int_equal(memory[last], 0);
        for (size_t at = 0; at < last; at += 997) {
            assert_int_equal(memory[at], 0);
            memory[at] = 7;
            other[at] = 8;
        }
        memory[last] = 7;
        other[last] = 8;
        assert_int_equal(memory[0], 7);
        assert_int_equal(memory[last], 7);
        large_memory_drop(memory, sizes[i]);
        assert_int_equal(other[0], 8);
        large_memory_drop(other, sizes[i]);
    }
}

static void refuses_nothing_and_too_much(void **state)
{
    (void)state;
    assert_null(large_memory_take(0));
    assert_null(large_memory_take(SIZE_MAX));
    assert_null(large_memory_take(SIZE_MAX - (3 << 20)));
    large_memory_drop(NULL, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(is_zeroed_and_whole),
                                       cmocka_unit_test(refuses_nothing_and_too_much)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
