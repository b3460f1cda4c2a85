/* SPDX-License-Identifier: MIT */
#include "geo/projection.h"

#include "unit/test.h"

#include <math.h>
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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(transforms_what_staff_use),
                                       cmocka_unit_test(refuses_what_it_should),
                                       cmocka_unit_test(counts_what_cannot_be_transformed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
