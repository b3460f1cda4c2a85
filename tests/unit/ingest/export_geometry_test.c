/* SPDX-License-Identifier: MIT */
#include "ingest/export_geometry.h"

#include "unit/geo/wkb.h"
#include "unit/test.h"

#include <math.h>

static void test_numbers(void **state)
{
    (void)state;
    static const struct {
        double number;
        unsigned decimals;
        const char *text;
    } cases[] = {
        {1.5, 9, "1.5"},
        {-103.4067, 9, "-103.4067"},
        {1.0 / 3, 9, "0.333333333"},
        {100, 9, "100"},
        {100, 0, "100"},
        {-1e-12, 9, "0"},
        {0.1, 17, "0.1"},
        {1.0 / 3, 17, "0.3333333333333333"},
        {0.1 + 0.2, 17, "0.30000000000000004"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buffer out;
        buffer_init(&out, 1000);
        export_geometry_put_number(cases[i].number, cases[i].decimals, &out);
        assert_string_equal(buffer_text(&out), cases[i].text);
        buffer_finish(&out);
    }
}

static void check_text(struct arena *arena, const char *wkt, const char *expected)
{
    struct error err = {0};
    struct export_geometry geometry;
    struct buffer wkb = wkb_of(wkt);
    struct buffer out;
    buffer_init(&out, 10000);
    assert_true(export_geometry_read(wkb.data, wkb.length, arena, &geometry, &err));
    export_geometry_put_wkt(&geometry, &out);
    assert_string_equal(buffer_text(&out), expected);
    buffer_finish(&out);
    buffer_finish(&wkb);
}

static void test_text(void **state)
{
    (void)state;
    struct arena *arena = arena_create(1 << 20);
    check_text(arena, "POINT(1.25 2)", "POINT (1.25 2)");
    check_text(arena, "MULTILINESTRING((0 0,1 1),(2 2,3 3))", "MULTILINESTRING ((0 0,1 1),(2 2,3 3))");
    check_text(arena, "POLYGON((0 0,4 0,4 4,0 0),(1 1,2 1,2 2,1 1))", "POLYGON ((0 0,4 0,4 4,0 0),(1 1,2 1,2 2,1 1))");
    check_text(arena, "MULTIPOLYGON(((0 0,4 0,4 4,0 0),(1 1,2 1,2 2,1 1)),((9 9,8 9,8 8,9 9)))",
               "MULTIPOLYGON (((0 0,4 0,4 4,0 0),(1 1,2 1,2 2,1 1)),((9 9,8 9,8 8,9 9)))");
    arena_destroy(arena);
}

static void test_heights(void **state)
{
    (void)state;
    struct arena *arena = arena_create(1 << 20);
    struct export_geometry geometry;
    unsigned char wkb[9 + 48] = {1, 0xea, 3, 0, 0, 2, 0, 0, 0}; /* LINESTRING Z */
    const double xyz[] = {1, 2, 3.5, 4, 5, 6.25};
    memcpy(wkb + 9, xyz, sizeof xyz);
    assert_true(export_geometry_read(wkb, sizeof wkb, arena, &geometry, NULL));
    assert_non_null(geometry.z);
    assert_true(geometry.z[0] == 3.5 && geometry.z[1] == 6.25);
    for (size_t size = 0; size < sizeof wkb; size++) {
        struct error err = {0};
        assert_false(export_geometry_read(wkb, size, arena, &geometry, &err));
    }
    arena_destroy(arena);
}

/* There and back, and heights stay. */
static void test_moved(void **state)
{
    (void)state;
    struct arena *arena = arena_create(1 << 20);
    struct projection *lambert;
    const unsigned char *degrees;
    const unsigned char *back;
    double before[2];
    double after[2];
    struct error err = {0};
    struct buffer wkb = wkb_of("POINT(2359311.25 1500119.5)");
    assert_true(projection_open("EPSG:6372", &lambert, &err));
    assert_true(export_geometry_move(wkb.data, wkb.length, lambert, NULL, arena, &degrees, &err));
    memcpy(after, degrees + 5, sizeof after);
    assert_true(fabs(after[0] + 103.4) < 0.1 && fabs(after[1] - 25.54) < 0.1);
    assert_true(export_geometry_move(wkb.data, wkb.length, lambert, lambert, arena, &back, &err));
    memcpy(before, wkb.data + 5, sizeof before);
    memcpy(after, back + 5, sizeof after);
    assert_true(fabs(before[0] - after[0]) < 1e-6 && fabs(before[1] - after[1]) < 1e-6);
    assert_true(before[0] == 2359311.25); /* a copy is moved */
    buffer_finish(&wkb);
    /* A cone has no place for the other pole. */
    struct projection *plain;
    struct buffer far_away = wkb_of("POINT(-103 -90)");
    assert_true(projection_open("EPSG:4326", &plain, &err));
    assert_false(export_geometry_move(far_away.data, far_away.length, plain, lambert, arena, &degrees, &err));
    projection_close(plain);
    assert_string_equal(err.code, "EXP-010");
    buffer_finish(&far_away);
    projection_close(lambert);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_numbers), cmocka_unit_test(test_text),
                                       cmocka_unit_test(test_heights), cmocka_unit_test(test_moved)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
