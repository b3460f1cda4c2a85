/* SPDX-License-Identifier: MIT */
#include "geo/grid.h"

#include "unit/test.h"

#include <math.h>
#include <stdlib.h>

static void goes_there_and_back(void **state)
{
    (void)state;
    for (double longitude = -180; longitude < 180; longitude += 7.123) {
        for (double latitude = -85; latitude <= 85; latitude += 3.77) {
            struct world_point point = grid_from_lonlat(longitude, latitude);
            double x;
            double y;
            grid_to_lonlat(point.x, point.y, &x, &y);
            assert_true(fabs(x - longitude) < 5e-8);
            assert_true(fabs(y - latitude) < 5e-8);
        }
    }
}

/* gdaltransform -s_srs OGC:CRS84 -t_srs EPSG:3857 gives -11511181.1886128 2942564.07551168 for this point. */
static void agrees_with_epsg_3857(void **state)
{
    (void)state;
    struct world_point point = grid_from_lonlat(-103.4067, 25.5428);
    double metres = 2 * 20037508.342789244 / (double)GRID_WORLD_UNITS;
    assert_true(fabs(point.x * metres - -11511181.1886128) < 0.005);
    assert_true(fabs(-point.y * metres - 2942564.07551168) < 0.005);
}

static void clamps_to_the_world(void **state)
{
    (void)state;
    struct world_point north = grid_from_lonlat(0, 90);
    struct world_point south = grid_from_lonlat(180, -90);
    assert_int_equal(north.y, INT32_MIN);
    assert_int_equal(south.y, INT32_MAX);
    assert_int_equal(south.x, INT32_MAX);
    assert_int_equal(grid_from_lonlat(-180, 0).x, INT32_MIN);
    assert_int_equal(grid_from_lonlat(0, 0).x, 0);
    assert_int_equal(grid_from_lonlat(0, 0).y, 0);
}

static void cuts_tiles(void **state)
{
    (void)state;
    struct world_box world = tile_box((struct tile_id){0, 0, 0});
    assert_int_equal(world.min_x, INT32_MIN);
    assert_int_equal(world.max_x, (int64_t)INT32_MAX + 1);
    struct bbox degrees = tile_bbox((struct tile_id){1, 0, 0});
    assert_true(fabs(degrees.min_x + 180) < 1e-9 && fabs(degrees.max_x) < 1e-9 && fabs(degrees.min_y) < 1e-9);
    assert_true(fabs(degrees.max_y - GRID_LATITUDE_MAX) < 1e-6);
    assert_true(tile_is_valid((struct tile_id){22, (1u << 22) - 1, 0}));
    assert_false(tile_is_valid((struct tile_id){23, 0, 0}));
    assert_false(tile_is_valid((struct tile_id){3, 8, 0}));
    for (uint32_t z = 0; z <= GRID_ZOOM_MAX; z++) {
        struct world_box left = tile_box((struct tile_id){z, 0, 0});
        assert_int_equal(left.max_x - left.min_x, tile_width(z));
    }
}

static void boxes_may_cross_the_antimeridian(void **state)
{
    (void)state;
    struct world_box box = grid_box(&(struct bbox){170, -10, -170, 10});
    assert_true(box.max_x > box.min_x);
    assert_true(llabs(box.max_x - box.min_x - GRID_WORLD_UNITS / 18) <= 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_there_and_back),
        cmocka_unit_test(agrees_with_epsg_3857),
        cmocka_unit_test(clamps_to_the_world),
        cmocka_unit_test(cuts_tiles),
        cmocka_unit_test(boxes_may_cross_the_antimeridian),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
