/* SPDX-License-Identifier: MIT */
#include "geo/grid_patch.h"

#include "unit/test.h"

#include <math.h>
#include <stdint.h>

static uint64_t random_state = 20261121;

/* From 0 to 1; the same on every machine. */
static double random_share(void)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(random_state >> 11) / (double)(UINT64_C(1) << 53);
}

static void assert_same(struct grid_patches *patches, double longitude, double latitude)
{
    const double lonlat[] = {longitude, latitude};
    struct world_point point;
    struct world_point wanted = grid_from_lonlat(longitude, latitude);
    grid_patches_points(patches, lonlat, 1, &point);
    if (point.x != wanted.x || point.y != wanted.y) {
        print_message("%.17g %.17g\n", longitude, latitude);
    }
    assert_int_equal(point.x, wanted.x);
    assert_int_equal(point.y, wanted.y);
}

static void is_equal_all_over_the_world(void **state)
{
    (void)state;
    struct grid_patches patches;
    grid_patches_init(&patches);
    for (int i = 0; i < 300000; i++) {
        assert_same(&patches, random_share() * 360 - 180, random_share() * 180 - 90);
    }
}

/* On the border between two units, and as near to it as can be told; at the edges of rows, where the cubic is worst. */
static void is_equal_between_two_units(void **state)
{
    (void)state;
    struct grid_patches patches;
    grid_patches_init(&patches);
    for (int i = 0; i < 100000; i++) {
        double row = floor((random_share() * 2 - 1) * 70 * 32) / 32;
        double x;
        double y;
        grid_from_lonlat_exactly(0, row, &x, &y);
        double border = floor(y) + 0.5 + (i % 5) - 2;
        double longitude;
        double latitude;
        grid_to_lonlat(floor(random_share() * 1e9) + 0.5, border, &longitude, &latitude);
        for (int step = -12; step <= 12; step++) {
            assert_same(&patches, longitude, latitude + step * 2e-12);
            assert_same(&patches, longitude + step * 1e-14, row + step * 1e-14);
        }
    }
}

static void is_equal_at_the_edges(void **state)
{
    (void)state;
    static const double longitudes[] = {-180, -179.99999999999997, -1e-300, 0, 179.99999999999997, 180, 181, -400};
    static const double latitudes[] = {-90, -85.06, -70, -69.99999999999999, -0.0, 0, 69.99999999999999, 70, 89, 90};
    struct grid_patches patches;
    grid_patches_init(&patches);
    for (size_t i = 0; i < sizeof longitudes / sizeof *longitudes; i++) {
        for (size_t j = 0; j < sizeof latitudes / sizeof *latitudes; j++) {
            assert_same(&patches, longitudes[i], latitudes[j]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_equal_all_over_the_world),
        cmocka_unit_test(is_equal_between_two_units),
        cmocka_unit_test(is_equal_at_the_edges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
