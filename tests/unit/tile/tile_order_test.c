/* SPDX-License-Identifier: MIT */
#include "unit/test.h"

#include "tile/tile_order.h"

#include <stdlib.h>

/* From the table in the PMTiles specification, version 3, section 4.1.1. */
static void test_specification(void **state)
{
    static const struct {
        uint32_t z, x, y;
        uint64_t id;
    } known[] = {
        {0, 0, 0, 0}, {1, 0, 0, 1}, {1, 0, 1, 2}, {1, 1, 1, 3}, {1, 1, 0, 4}, {2, 0, 0, 5}, {12, 3423, 1763, 19078479}};
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct tile_id tile = {known[i].z, known[i].x, known[i].y};
        assert_int_equal(tile_order_id(tile), known[i].id);
    }
}

/* Every tile has a place of its own, and those that follow each other are neighbours. */
static void test_there_and_back(void **state)
{
    struct tile_id before = {0};
    (void)state;
    for (uint64_t id = 0; id < tile_order_first(8); id++) {
        struct tile_id tile;
        assert_true(tile_order_tile(id, &tile));
        assert_int_equal(tile_order_id(tile), id);
        if (tile.z == before.z) {
            int64_t step = llabs((long long)tile.x - before.x) + llabs((long long)tile.y - before.y);
            assert_true(id == 0 || step == 1);
        }
        before = tile;
    }
}

static void test_limits(void **state)
{
    struct tile_id tile;
    (void)state;
    assert_true(tile_order_tile(tile_order_first(TILE_ORDER_ZOOM_MAX + 1) - 1, &tile));
    assert_int_equal(tile.z, TILE_ORDER_ZOOM_MAX);
    assert_int_equal(tile_order_id(tile), tile_order_first(TILE_ORDER_ZOOM_MAX + 1) - 1);
    assert_false(tile_order_tile(tile_order_first(TILE_ORDER_ZOOM_MAX + 1), &tile));
    assert_false(tile_order_tile(UINT64_MAX, &tile));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_specification),
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
