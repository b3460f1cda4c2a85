/* SPDX-License-Identifier: MIT */
#include "geo/projection.h"

#include "unit/test.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* The centre of Torreón as gdaltransform gives it in the systems that staff use. */
static void transforms_what_staff_use(void **state)
{
    (void)state;
    static const struct {
        const char *crs;
        double x;
        double y;
    } cases[] = {
        {"EPSG:4326", -103.4067, 25.5428},
        {"OGC:CRS84", -103.4067, 25.5428},
        {"EPSG:6365", -103.4067, 25.5428},
        {"EPSG:6372", 2359310.98203348, 1500118.89094795},
        {"EPSG:32613", 660078.947405578, 2826013.30441436},
        {"EPSG:3857", -11511181.1886128, 2942564.07551168},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct projection *projection;
        struct error err = {0};
        assert_true(projection_open(cases[i].crs, &projection, &err));
        double xy[4] = {cases[i].x, cases[i].y, cases[i].x, cases[i].y};
        assert_int_equal(projection_to_lonlat(projection, xy, 2), 0);
        assert_true(fabs(xy[2] - -103.4067) < 2e-8 && fabs(xy[3] - 25.5428) < 2e-8);
        assert_int_equal(projection_from_lonlat(projection, xy, 2), 0);
        assert_true(fabs(xy[0] - cases[i].x) < 1e-3 && fabs(xy[1] - cases[i].y) < 1e-3);
        projection_close(projection);
    }
}

static void refuses_what_it_should(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "+init=epsg:4326",
                                      "http://example.org/crs",
                                      "EPSG:999999",
                                      "nonsense",
                                      "+proj=pipeline +step +proj=noop",
                                      "+proj=longlat +nadgrids=/etc/passwd"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct projection *projection = NULL;
        struct error err = {0};
        assert_false(projection_open(bad[i], &projection, &err));
        assert_null(projection);
        assert_string_equal(err.code, "IMP-020");
    }
}

static void counts_what_cannot_be_transformed(void **state)
{
    (void)state;
    struct projection *projection;
    assert_true(projection_open("EPSG:32613", &projection, NULL));
    double xy[4] = {1e12, -1e12, 660078.947405578, 2826013.30441436};
    assert_int_equal(projection_to_lonlat(projection, xy, 2), 1);
    assert_true(isinf(xy[0]) && fabs(xy[2] + 103.4067) < 1e-6);
    projection_close(projection);
    projection_close(NULL);
}

static double number(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(*seed >> 11) / 9007199254740992.0;
}

/* Four points and more may go by patches: they must come out as one by one, which goes by PROJ alone, and the same
 * whatever was asked before. Also where patches cannot do: at poles, at the antimeridian, far outside. */
static void patches_are_true(void **state)
{
    (void)state;
    static const struct {
        const char *crs;
        double low[2];
        double high[2];
    } cases[] = {
        {"EPSG:6372", {1000000, 400000}, {4100000, 2400000}},
        {"EPSG:32613", {165000, 1500000}, {835000, 3700000}},
        {"EPSG:32613", {-3000000, -9000000}, {4000000, 9500000}},
        {"EPSG:3857", {-20037508, -20000000}, {20037508, 20000000}},
        {"EPSG:3857", {-20137508, -1000000}, {-19937508, 1000000}},
        {"EPSG:2154", {100000, 6000000}, {1200000, 7100000}},
        {"EPSG:3031", {-30000, -30000}, {30000, 30000}},
        {"EPSG:3832", {2000000, 5000000}, {5000000, 6000000}},
        {"EPSG:2229", {6000000, 1500000}, {7000000, 2000000}},
        {"EPSG:26713", {200000, 2000000}, {800000, 4000000}},
    };
    enum { POINTS = 4000 };
    static double all[2 * POINTS];
    static double again[2 * POINTS];
    static double one[2 * POINTS];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct projection *projection;
        struct projection *other;
        uint64_t seed = i + 1;
        assert_true(projection_open(cases[i].crs, &projection, NULL));
        assert_true(projection_open(cases[i].crs, &other, NULL));
        for (size_t j = 0; j < POINTS; j++) {
            /* Half of them near one another. */
            double near = j % 2 == 0 ? 0.001 : 1;
            for (size_t axis = 0; axis < 2; axis++) {
                double extent = cases[i].high[axis] - cases[i].low[axis];
                all[2 * j + axis] = cases[i].low[axis] + extent * (0.5 + near * (number(&seed) - 0.5));
            }
            one[2 * j] = again[2 * (POINTS - 1 - j)] = all[2 * j];
            one[2 * j + 1] = again[2 * (POINTS - 1 - j) + 1] = all[2 * j + 1];
        }
        size_t failed = projection_to_lonlat(projection, all, POINTS);
        assert_int_equal(projection_to_lonlat(other, again, POINTS), failed);
        for (size_t j = 0; j < POINTS; j++) {
            projection_to_lonlat(projection, one + 2 * j, 1);
            for (size_t axis = 0; axis < 2; axis++) {
                double difference = fabs(all[2 * j + axis] - one[2 * j + axis]);
                assert_true(all[2 * j + axis] == one[2 * j + axis] || difference < 1e-10);
                assert_memory_equal(&all[2 * j + axis], &again[2 * (POINTS - 1 - j) + axis], sizeof(double));
            }
        }
        projection_close(projection);
        projection_close(other);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transforms_what_staff_use), cmocka_unit_test(refuses_what_it_should),
        cmocka_unit_test(counts_what_cannot_be_transformed), cmocka_unit_test(patches_are_true)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
