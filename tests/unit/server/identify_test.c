/* SPDX-License-Identifier: MIT */
#include "server/identify.h"

#include "unit/test.h"

#include <math.h>

static const struct world_point square_with_hole[] = {{0, 0},   {100, 0}, {100, 100}, {0, 100}, {0, 0},
                                                      {40, 40}, {60, 40}, {60, 60},   {40, 60}, {40, 40}};
static const struct shape_part square_parts[] = {{5, false}, {10, true}};

static void measures_polygons(void **state)
{
    (void)state;
    struct geometry polygon = {GEOMETRY_POLYGON, 2, 10, square_parts, square_with_hole};
    static const struct {
        double x, y, distance;
    } cases[] = {
        {10, 10, 0}, {99, 99, 0},    {50, 50, 10} /* in the hole */, {45, 50, 5}, {150, 50, 50}, {-3, -4, 5},
        {50, -7, 7}, {130, 140, 50},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_true(fabs(identify_distance(&polygon, 0, cases[i].x, cases[i].y) - cases[i].distance) < 1e-9);
        /* The copy across the antimeridian. */
        assert_true(
            fabs(identify_distance(&polygon, GRID_WORLD_UNITS, cases[i].x + (double)GRID_WORLD_UNITS, cases[i].y) -
                 cases[i].distance) < 1e-6);
    }
}

static void measures_lines_and_points(void **state)
{
    (void)state;
    static const struct world_point points[] = {{0, 0}, {100, 0}, {100, 50}, {1000, 1000}, {1010, 1000}};
    static const struct shape_part parts[] = {{3, false}, {5, false}};
    struct geometry line = {GEOMETRY_LINE, 2, 5, parts, points};
    assert_true(identify_distance(&line, 0, 50, 12) == 12);
    assert_true(identify_distance(&line, 0, 110, 25) == 10);
    assert_true(identify_distance(&line, 0, 1005, 1001) == 1);
    assert_true(identify_distance(&line, 0, -3, 4) == 5);
    /* The parts are not joined: between them is nothing. */
    assert_true(identify_distance(&line, 0, 550, 525) > 400);
    struct geometry many = {GEOMETRY_POINT, 2, 5, parts, points};
    assert_true(identify_distance(&many, 0, 50, 0) == 50);
    assert_true(identify_distance(&many, 0, 1000, 1000) == 0);
}

static void survives_degenerate_geometry(void **state)
{
    (void)state;
    static const struct world_point same[] = {{5, 5}, {5, 5}, {5, 5}, {5, 5}};
    static const struct shape_part parts[] = {{4, false}};
    struct geometry polygon = {GEOMETRY_POLYGON, 1, 4, parts, same};
    struct geometry none = {GEOMETRY_NONE, 0, 0, NULL, NULL};
    assert_true(identify_distance(&polygon, 0, 8, 9) == 5);
    assert_true(identify_distance(&none, 0, 8, 9) < 0);
}

/* A point on an edge shared by two squares belongs to exactly one of them, so that a click is never lost or doubled. */
static void shares_no_point(void **state)
{
    (void)state;
    static const struct world_point left[] = {{0, 0}, {50, 0}, {50, 50}, {0, 50}, {0, 0}};
    static const struct world_point right[] = {{50, 0}, {100, 0}, {100, 50}, {50, 50}, {50, 0}};
    static const struct shape_part parts[] = {{5, false}};
    struct geometry a = {GEOMETRY_POLYGON, 1, 5, parts, left};
    struct geometry b = {GEOMETRY_POLYGON, 1, 5, parts, right};
    for (int x = 1; x < 100; x++) {
        int inside = (identify_distance(&a, 0, x + 0.25, 25.5) <= 0) + (identify_distance(&b, 0, x + 0.25, 25.5) <= 0);
        assert_int_equal(inside, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(measures_polygons),
        cmocka_unit_test(measures_lines_and_points),
        cmocka_unit_test(survives_degenerate_geometry),
        cmocka_unit_test(shares_no_point),
    };
    return cmocka_run_group_tests_name("server/identify", tests, NULL, NULL);
}
