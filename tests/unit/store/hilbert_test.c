/* SPDX-License-Identifier: MIT */
#include "store/hilbert.h"

#include "unit/test.h"

#include <stdlib.h>

enum { SIDE = 32, SHIFT = 27 }; /* 32 x 32 squares over the world */

static uint64_t square_key(int x, int y)
{
    int64_t west = ((int64_t)x << SHIFT) + INT32_MIN;
    int64_t north = ((int64_t)y << SHIFT) + INT32_MIN;
    struct world_box box = {west, north, west + ((int64_t)1 << SHIFT) - 1, north + ((int64_t)1 << SHIFT) - 1};
    return hilbert_key(&box) >> (2 * SHIFT);
}

/* The curve visits each square once, and always goes to a neighbour. */
static void goes_from_neighbour_to_neighbour(void **state)
{
    (void)state;
    int at[SIDE * SIDE];
    for (int i = 0; i < SIDE * SIDE; i++) {
        at[i] = -1;
    }
    for (int y = 0; y < SIDE; y++) {
        for (int x = 0; x < SIDE; x++) {
            uint64_t key = square_key(x, y);
            assert_true(key < SIDE * SIDE);
            assert_int_equal(at[key], -1);
            at[key] = y * SIDE + x;
        }
    }
    for (int i = 1; i < SIDE * SIDE; i++) {
        int step = abs(at[i] % SIDE - at[i - 1] % SIDE) + abs(at[i] / SIDE - at[i - 1] / SIDE);
        assert_int_equal(step, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(goes_from_neighbour_to_neighbour)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
