/* SPDX-License-Identifier: MIT */
#include "geo/feature.h"

#include "unit/geo/wkb.h"
#include "unit/test.h"

static struct geometry geometry_of(const char *wkt, unsigned shift, struct arena *arena)
{
    struct buffer wkb = wkb_of(wkt);
    struct shape shape;
    struct geometry geometry;
    assert_true(shape_from_wkb(wkb.data, wkb.length, arena, &shape, NULL));
    assert_true(geometry_from_shape(&shape, shift, NULL, arena, &geometry));
    buffer_finish(&wkb);
    return geometry;
}

static void projects_at_full_precision(void **state)
{
    (void)state;
    struct arena *arena = arena_create(1 << 20);
    struct geometry geometry = geometry_of("LINESTRING(0 0,90 0,180 85.06)", 0, arena);
    assert_int_equal(geometry.vertex_count, 3);
    assert_int_equal(geometry.points[1].x, 1 << 30);
    assert_int_equal(geometry.points[1].y, 0);
    assert_int_equal(geometry.points[2].x, INT32_MAX);
    assert_int_equal(geometry.points[2].y, INT32_MIN);
    arena_destroy(arena);
}

/* Two neighbours keep their common border vertex for vertex, however coarse the grid. */
static void keeps_shared_borders(void **state)
{
    (void)state;
    struct arena *arena = arena_create(1 << 20);
    for (unsigned shift = 0; shift < 24; shift += 4) {
        struct geometry west = geometry_of("POLYGON((0 0,10.3 0,10.1 3,10.4 7,10 10,0 10,0 0))", shift, arena);
        struct geometry east = geometry_of("POLYGON((10 10,10.4 7,10.1 3,10.3 0,20 0,20 10,10 10))", shift, arena);
        size_t shared = 0;
        for (uint32_t i = 0; i + 1 < west.vertex_count; i++) {
            for (uint32_t j = 0; j + 1 < east.vertex_count; j++) {
                shared += west.points[i].x == east.points[j].x && west.points[i].y == east.points[j].y;
            }
        }
        assert_true(shared >= (shift < 16 ? 4 : 2));
    }
    arena_destroy(arena);
}

static void drops_what_collapses(void **state)
{
    (void)state;
    struct arena *arena = arena_create(1 << 20);
    const char *tiny = "POLYGON((1 1,1.000001 1,1.000001 1.000001,1 1))";
    assert_int_equal(geometry_of(tiny, 0, arena).part_count, 1);
    assert_int_equal(geometry_of(tiny, 20, arena).part_count, 0);
    /* a hole goes with its shell, and alone when only it is small */
    const char *holed = "POLYGON((0 0,50 0,50 50,0 50,0 0),(1 1,1 1.0001,1.0001 1.0001,1 1))";
    assert_int_equal(geometry_of(holed, 0, arena).part_count, 2);
    assert_int_equal(geometry_of(holed, 20, arena).part_count, 1);
    assert_int_equal(geometry_of("LINESTRING(1 1,1.0000001 1)", 20, arena).part_count, 0);
    assert_int_equal(geometry_of("MULTIPOINT((1 1),(1 1))", 20, arena).vertex_count, 2);
    arena_destroy(arena);
}

static void names_field_types(void **state)
{
    (void)state;
    for (int type = FIELD_STRING; type <= FIELD_TIME; type++) {
        enum field_type parsed;
        assert_true(field_type_parse(field_type_name((enum field_type)type), &parsed));
        assert_int_equal(parsed, type);
    }
    enum field_type parsed;
    assert_false(field_type_parse("blob", &parsed));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(projects_at_full_precision),
                                       cmocka_unit_test(keeps_shared_borders), cmocka_unit_test(drops_what_collapses),
                                       cmocka_unit_test(names_field_types)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
