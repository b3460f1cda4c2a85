/* SPDX-License-Identifier: MIT */
#include "geo/shape.h"

#include "geo/geojson.h"
#include "unit/geo/wkb.h"
#include "unit/test.h"

#include <math.h>
#include <stdio.h>

static struct shape shape_of(const char *wkt, struct arena *arena)
{
    struct buffer wkb = wkb_of(wkt);
    struct shape shape;
    assert_true(shape_from_wkb(wkb.data, wkb.length, arena, &shape, NULL));
    buffer_finish(&wkb);
    return shape;
}

static void assert_geojson(const struct shape *shape, const char *expected)
{
    struct buffer out;
    struct json_writer writer;
    buffer_init(&out, 1 << 20);
    json_write_init(&writer, &out);
    geojson_write_shape(&writer, shape);
    assert_string_equal(buffer_text(&out), expected);
    buffer_finish(&out);
}

static void reads_each_kind(void **state)
{
    (void)state;
    struct arena *arena = arena_create(1 << 20);
    static const struct {
        const char *wkt;
        const char *json;
    } cases[] = {
        {"POINT(1 2)", "{\"type\":\"Point\",\"coordinates\":[1,2]}"},
        {"MULTIPOINT((1 2),(3 4))", "{\"type\":\"MultiPoint\",\"coordinates\":[[1,2],[3,4]]}"},
        {"LINESTRING(1 2,3 4)", "{\"type\":\"LineString\",\"coordinates\":[[1,2],[3,4]]}"},
        {"MULTILINESTRING((1 2,3 4),(5 6,7 8))",
         "{\"type\":\"MultiLineString\",\"coordinates\":[[[1,2],[3,4]],[[5,6],[7,8]]]}"},
        {"POLYGON((0 0,9 0,9 9,0 0),(1 1,2 2,2 1,1 1))",
         "{\"type\":\"Polygon\",\"coordinates\":[[[0,0],[9,0],[9,9],[0,0]],[[1,1],[2,2],[2,1],[1,1]]]}"},
        {"MULTIPOLYGON(((0 0,1 0,1 1,0 0)),((5 5,6 5,6 6,5 5)))",
         "{\"type\":\"MultiPolygon\",\"coordinates\":[[[[0,0],[1,0],[1,1],[0,0]]],[[[5,5],[6,5],[6,6],[5,5]]]]}"},
        /* a ring that is not closed is closed */
        {"POLYGON((0 0,9 0,9 9))", "{\"type\":\"Polygon\",\"coordinates\":[[[0,0],[9,0],[9,9],[0,0]]]}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct shape shape = shape_of(cases[i].wkt, arena);
        assert_geojson(&shape, cases[i].json);
    }
    struct shape none;
    assert_true(shape_from_wkb(NULL, 0, arena, &none, NULL));
    assert_geojson(&none, "null");
    arena_destroy(arena);
}

static void reads_z_m_and_both_byte_orders(void **state)
{
    (void)state;
    struct arena *arena = arena_create(1 << 20);
    struct shape shape;
    /* ISO POINT ZM, big-endian */
    static const unsigned char zm[] = {0, 0, 0, 0x0b, 0xb9, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0,
                                       0, 0, 0, 0,    0,    0,    0,    0, 0, 0, 0, 0, 0, 0,    0, 0, 0, 0};
    assert_true(shape_from_wkb(zm, sizeof zm, arena, &shape, NULL));
    assert_geojson(&shape, "{\"type\":\"Point\",\"coordinates\":[1,2]}");
    /* extended: SRID and Z flags, little-endian */
    static const unsigned char ewkb[] = {1, 1, 0, 0, 0xa0, 0xe6, 0x10, 0,    0, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f,
                                         0, 0, 0, 0, 0,    0,    0,    0x40, 0, 0, 0, 0, 0, 0, 0, 0};
    assert_true(shape_from_wkb(ewkb, sizeof ewkb, arena, &shape, NULL));
    assert_geojson(&shape, "{\"type\":\"Point\",\"coordinates\":[1,2]}");
    arena_destroy(arena);
}

static void refuses_damage(void **state)
{
    (void)state;
    struct arena *arena = arena_create(1 << 20);
    struct buffer whole = wkb_of("MULTIPOLYGON(((0 0,1 0,1 1,0 0)),((5 5,6 5,6 6,5 5)))");
    for (size_t size = 1; size < whole.length; size++) {
        struct shape shape;
        struct error err = {0};
        assert_false(shape_from_wkb(whole.data, size, arena, &shape, &err));
        assert_int_equal(err.kind, ERROR_INVALID);
    }
    double bad[] = {NAN, INFINITY};
    for (size_t i = 0; i < 2; i++) {
        memcpy(whole.data + 9 + 9 + 4, &bad[i], 8);
        struct shape shape;
        assert_false(shape_from_wkb(whole.data, whole.length, arena, &shape, NULL));
    }
    static const unsigned char huge[] = {1, 2, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0};
    struct shape shape;
    assert_false(shape_from_wkb(huge, sizeof huge, arena, &shape, NULL));
    unsigned char nested[9 * 50];
    for (size_t i = 0; i < 50; i++) {
        memcpy(nested + 9 * i, "\x01\x07\0\0\0\x01\0\0\0", 9);
    }
    assert_false(shape_from_wkb(nested, sizeof nested, arena, &shape, NULL));
    buffer_finish(&whole);
    arena_destroy(arena);
}

static void winds_rings(void **state)
{
    (void)state;
    struct arena *arena = arena_create(1 << 20);
    struct shape shape = shape_of("POLYGON((0 0,9 9,9 0,0 0),(2 1,4 1,4 3,2 1))", arena);
    assert_true(shape_wind(&shape, arena));
    assert_geojson(&shape,
                   "{\"type\":\"Polygon\",\"coordinates\":[[[0,0],[9,0],[9,9],[0,0]],[[2,1],[4,3],[4,1],[2,1]]]}");
    arena_destroy(arena);
}

static void cuts_at_the_antimeridian(void **state)
{
    (void)state;
    struct arena *arena = arena_create(1 << 20);
    static const struct {
        const char *wkt;
        const char *json;
    } cases[] = {
        {"LINESTRING(170 0,-170 10)",
         "{\"type\":\"MultiLineString\",\"coordinates\":[[[170,0],[180,5]],[[-180,5],[-170,10]]]}"},
        {"LINESTRING(-170 0,170 10)",
         "{\"type\":\"MultiLineString\",\"coordinates\":[[[-170,0],[-180,5]],[[180,5],[170,10]]]}"},
        {"POLYGON((170 0,-170 0,-170 10,170 10,170 0))",
         "{\"type\":\"MultiPolygon\",\"coordinates\":[[[[170,0],[180,0],[180,10],[170,10],[170,0]]],"
         "[[[-180,0],[-170,0],[-170,10],[-180,10],[-180,0]]]]}"},
        /* the same, written beyond 180 degrees */
        {"POLYGON((170 0,190 0,190 10,170 10,170 0))",
         "{\"type\":\"MultiPolygon\",\"coordinates\":[[[[170,0],[180,0],[180,10],[170,10],[170,0]]],"
         "[[[-180,0],[-170,0],[-170,10],[-180,10],[-180,0]]]]}"},
        {"POINT(190 5)", "{\"type\":\"Point\",\"coordinates\":[-170,5]}"},
        {"LINESTRING(10 0,20 0)", "{\"type\":\"LineString\",\"coordinates\":[[10,0],[20,0]]}"},
        {"POLYGON((-180 -10,180 -10,180 10,-180 10,-180 -10))", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct shape shape = shape_of(cases[i].wkt, arena);
        struct shape cut;
        assert_true(shape_cut_at_antimeridian(&shape, arena, &cut));
        if (cases[i].json) {
            assert_geojson(&cut, cases[i].json);
        }
        for (uint32_t v = 0; v < cut.vertex_count; v++) {
            assert_true(fabs(cut.xy[2 * v]) <= 180);
        }
    }
    arena_destroy(arena);
}

static double area(const struct shape *shape)
{
    double sum = 0;
    uint32_t start = 0;
    for (uint32_t p = 0; p < shape->part_count; p++) {
        for (uint32_t i = start; i + 1 < shape->parts[p].end; i++) {
            sum += shape->xy[2 * i] * shape->xy[2 * i + 3] - shape->xy[2 * i + 2] * shape->xy[2 * i + 1];
        }
        start = shape->parts[p].end;
    }
    return sum / 2;
}

/* A polygon with a hole that both cross the antimeridian keeps its area. */
static void keeps_the_area_when_cutting(void **state)
{
    (void)state;
    struct arena *arena = arena_create(1 << 20);
    struct shape shape = shape_of("POLYGON((160 -10,-160 -10,-160 10,160 10,160 -10),"
                                  "(-175 -5,-175 5,175 5,175 -5,-175 -5))",
                                  arena);
    struct shape cut;
    assert_true(shape_cut_at_antimeridian(&shape, arena, &cut));
    assert_true(shape_wind(&cut, arena));
    assert_int_equal(cut.part_count, 4);
    assert_true(fabs(area(&cut) - (40 * 20 - 10 * 10)) < 1e-9);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_each_kind),          cmocka_unit_test(reads_z_m_and_both_byte_orders),
        cmocka_unit_test(refuses_damage),           cmocka_unit_test(winds_rings),
        cmocka_unit_test(cuts_at_the_antimeridian), cmocka_unit_test(keeps_the_area_when_cutting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
