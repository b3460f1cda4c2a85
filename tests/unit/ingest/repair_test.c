/* SPDX-License-Identifier: MIT */
#include "ingest/repair.h"

#include "geo/shape.h"
#include "ingest/ogr_geometry.h"

#include "unit/test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Twice the signed area of all rings, holes negative. */
static double area_of(const struct shape *shape)
{
    double total = 0;
    uint32_t start = 0;
    for (uint32_t p = 0; p < shape->part_count; p++) {
        double area = 0;
        for (uint32_t i = start; i + 1 < shape->parts[p].end; i++) {
            const double *a = shape->xy + 2 * (size_t)i;
            area += a[0] * a[3] - a[2] * a[1];
        }
        total += shape->parts[p].is_hole ? -fabs(area / 2) : fabs(area / 2);
        start = shape->parts[p].end;
    }
    return total;
}

static void test_cases(void **state)
{
    (void)state;
    static const struct {
        const char *wkt;
        enum repair_fate fate;
        unsigned flags; /* that must be there */
        enum geometry_kind kind;
        double area; /* of what comes out; 0: not looked at */
        uint32_t parts;
    } cases[] = {
        {"POINT (1 2)", REPAIR_KEPT, REPAIR_WAS_SINGLE, GEOMETRY_POINT, 0, 1},
        {"POINT EMPTY", REPAIR_EMPTY, 0, GEOMETRY_NONE, 0, 0},
        {"POLYGON EMPTY", REPAIR_EMPTY, 0, GEOMETRY_NONE, 0, 0},
        {"MULTIPOINT ((1 2), (3 4))", REPAIR_KEPT, REPAIR_WAS_MULTI, GEOMETRY_POINT, 0, 2},
        {"LINESTRING (0 0, 0 0)", REPAIR_KEPT, REPAIR_ZERO_LENGTH, GEOMETRY_LINE, 0, 1},
        {"LINESTRING ZM (0 0 1 2, 1 1 1 2)", REPAIR_KEPT, REPAIR_HAS_Z | REPAIR_HAD_M, GEOMETRY_LINE, 0, 1},
        {"POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0))", REPAIR_KEPT, 0, GEOMETRY_POLYGON, 16, 1},
        /* a bow tie keeps both wings */
        {"POLYGON ((0 0, 2 2, 2 0, 0 2, 0 0))", REPAIR_KEPT, REPAIR_MADE_VALID, GEOMETRY_POLYGON, 2, 2},
        /* shells that overlap keep the area that they cover */
        {"MULTIPOLYGON (((0 0, 4 0, 4 4, 0 4, 0 0)), ((2 0, 6 0, 6 4, 2 4, 2 0)))", REPAIR_KEPT, REPAIR_MADE_VALID,
         GEOMETRY_POLYGON, 24, 1},
        /* a hole beside its polygon takes nothing away: it is a polygon itself */
        {"POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0), (10 10, 11 10, 11 11, 10 11, 10 10))", REPAIR_KEPT, REPAIR_MADE_VALID,
         GEOMETRY_POLYGON, 17, 2},
        /* the hole is given first: nearly all of the area is in the second ring */
        {"POLYGON ((4 4, 5 4, 5 5, 4 5, 4 4), (0 0, 9 0, 9 9, 0 9, 0 0))", REPAIR_KEPT, REPAIR_MADE_VALID,
         GEOMETRY_POLYGON, 80, 2},
        {"POLYGON ((0 0, 1 1, 2 2, 0 0))", REPAIR_UNUSABLE, 0, GEOMETRY_NONE, 0, 0},
        {"GEOMETRYCOLLECTION (POINT (0 0), POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0)))", REPAIR_KEPT, REPAIR_OTHER_PARTS,
         GEOMETRY_POLYGON, 16, 1},
    };
    struct error err;
    struct repair *repair = NULL;
    assert_true(repair_open(&repair, &err));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena *arena = arena_create(1 << 20);
        const unsigned char *wkb = NULL;
        size_t size = 0;
        struct repair_result result;
        assert_true(ogr_geometry_parse(text_of(cases[i].wkt), arena, &wkb, &size));
        assert_true(repair_geometry(repair, wkb, size, GEOMETRY_NONE, false, REPAIR_MEND, arena, &result, &err));
        assert_int_equal(result.fate, cases[i].fate);
        assert_int_equal(result.flags & cases[i].flags, cases[i].flags);
        if (cases[i].fate == REPAIR_KEPT) {
            struct shape shape;
            assert_true(shape_from_wkb(result.wkb, result.wkb_size, arena, &shape, &err));
            assert_int_equal(shape.kind, cases[i].kind);
            if (shape.part_count != cases[i].parts) {
                fail_msg("%s: %u parts", cases[i].wkt, shape.part_count);
            }
            if (cases[i].area > 0) {
                assert_true(fabs(area_of(&shape) - cases[i].area) < 1e-9);
            }
        } else if (cases[i].fate == REPAIR_UNUSABLE) {
            assert_non_null(result.english);
            assert_non_null(result.spanish);
        }
        arena_destroy(arena);
    }
    repair_close(repair);
}

/* Rings of a shapefile may be open, and coordinates may be anything. */
static void test_bytes(void **state)
{
    (void)state;
    struct error err;
    struct repair *repair = NULL;
    struct repair_result result;
    struct arena *arena = arena_create(1 << 20);
    unsigned char wkb[128] = {1, 3, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0};
    const double open_ring[8] = {0, 0, 4, 0, 4, 4, 0, 4};
    memcpy(wkb + 13, open_ring, sizeof open_ring);
    assert_true(repair_open(&repair, &err));
    assert_true(repair_geometry(repair, wkb, 77, GEOMETRY_NONE, false, REPAIR_MEND, arena, &result, &err));
    assert_int_equal(result.fate, REPAIR_KEPT);
    assert_true(result.flags & REPAIR_CLOSED_RING);
    /* the claims of sizes are checked against the bytes */
    for (size_t size = 0; size < 77; size++) {
        assert_true(repair_geometry(repair, wkb, size, GEOMETRY_NONE, false, REPAIR_MEND, arena, &result, &err));
        assert_int_equal(result.fate, REPAIR_UNUSABLE);
    }
    const double bad[] = {NAN, INFINITY, -1.7976931348623157e308, 1e300};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        memcpy(wkb + 13 + 16, &bad[i], sizeof bad[i]);
        assert_true(repair_geometry(repair, wkb, 77, GEOMETRY_NONE, false, REPAIR_MEND, arena, &result, &err));
        assert_int_equal(result.fate, REPAIR_UNUSABLE);
    }
    /* sound geometry passes to the bit */
    const unsigned char *sound = NULL;
    size_t size = 0;
    assert_true(ogr_geometry_parse(text_of("MULTIPOLYGON (((0.1 0.2, 4.123456789012345 0, 4 4, 0.1 0.2)))"), arena,
                                   &sound, &size));
    assert_true(repair_geometry(repair, sound, size, GEOMETRY_NONE, false, REPAIR_MEND, arena, &result, &err));
    assert_int_equal(result.wkb_size, size);
    assert_memory_equal(result.wkb, sound, size);
    repair_close(repair);
    arena_destroy(arena);
}

static void test_other_kind(void **state)
{
    (void)state;
    struct error err;
    struct repair *repair = NULL;
    struct repair_result result;
    struct arena *arena = arena_create(1 << 20);
    const unsigned char *wkb = NULL;
    size_t size = 0;
    assert_true(repair_open(&repair, &err));
    assert_true(ogr_geometry_parse(text_of("POINT (1 2)"), arena, &wkb, &size));
    assert_true(repair_geometry(repair, wkb, size, GEOMETRY_POLYGON, false, REPAIR_MEND, arena, &result, &err));
    assert_int_equal(result.fate, REPAIR_OTHER_KIND);
    assert_true(repair_geometry(repair, NULL, 0, GEOMETRY_POLYGON, false, REPAIR_MEND, arena, &result, &err));
    assert_int_equal(result.fate, REPAIR_EMPTY);
    repair_close(repair);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases), cmocka_unit_test(test_bytes),
                                       cmocka_unit_test(test_other_kind)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
