/* SPDX-License-Identifier: MIT */
#include "render/mvt_label.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct field fields[] = {{"clave", FIELD_INTEGER}, {"nombre", FIELD_STRING}};

/* A polygon with an outline and perhaps a hole, one closed ring after the other. */
static struct feature polygon(const struct world_point *points, const struct shape_part *parts, uint32_t part_count,
                              const struct value *values)
{
    struct feature feature = {.row = 1, .id = {.type = VALUE_INT, .integer = 7}, .values = values};
    feature.geometry = (struct geometry){GEOMETRY_POLYGON, part_count, parts[part_count - 1].end, parts, points};
    feature.box = (struct world_box){points[0].x, points[0].y, points[0].x, points[0].y};
    for (uint32_t i = 0; i < feature.geometry.vertex_count; i++) {
        feature.box.min_x = points[i].x < feature.box.min_x ? points[i].x : feature.box.min_x;
        feature.box.min_y = points[i].y < feature.box.min_y ? points[i].y : feature.box.min_y;
        feature.box.max_x = points[i].x > feature.box.max_x ? points[i].x : feature.box.max_x;
        feature.box.max_y = points[i].y > feature.box.max_y ? points[i].y : feature.box.max_y;
    }
    return feature;
}

static struct feature_list points_of(const struct feature *polygons, size_t count, struct world_box area,
                                     struct arena *arena)
{
    struct feature_list list = {.fields = fields, .field_count = 2, .features = polygons, .count = count};
    struct feature_list found;
    struct error err = {0};
    assert_true(mvt_label_points(&list, 1, &area, 1, arena, &found, &err));
    return found;
}

static const struct world_box everywhere = {-100000, -100000, 100000, 100000};
static const struct value named[] = {{.type = VALUE_INT, .integer = 1}, {.type = VALUE_STRING, .string = {"Ñuu", 4}}};

/* A square with a large hole to the left: the point goes to the right of it. */
static void lies_in_the_widest_place(void **state)
{
    (void)state;
    static const struct world_point points[] = {{0, 0},   {1000, 0}, {1000, 600}, {0, 600},  {0, 0},
                                                {50, 50}, {50, 550}, {500, 550},  {500, 50}, {50, 50}};
    static const struct shape_part parts[] = {{.end = 5}, {.end = 10, .is_hole = true}};
    struct arena *arena = arena_create(1 << 20);
    struct feature feature = polygon(points, parts, 2, named);
    struct feature_list found = points_of(&feature, 1, everywhere, arena);
    assert_int_equal(found.count, 1);
    const struct feature *point = &found.features[0];
    assert_int_equal(point->geometry.kind, GEOMETRY_POINT);
    assert_in_range(point->geometry.points[0].x, 730, 770);
    assert_in_range(point->geometry.points[0].y, 230, 370);
    assert_int_equal(point->id.integer, 7);
    assert_int_equal(found.field_count, 1);
    assert_string_equal(found.fields[0].name, "nombre");
    assert_memory_equal(point->values[0].string.data, "Ñuu", 4);
    arena_destroy(arena);
}

/* Only the larger of two polygons of a feature is named. */
static void belongs_to_the_largest_part(void **state)
{
    (void)state;
    static const struct world_point points[] = {{0, 0},      {90, 0},     {90, 90},    {0, 90},     {0, 0},
                                                {2000, 500}, {2300, 500}, {2300, 700}, {2000, 700}, {2000, 500}};
    static const struct shape_part parts[] = {{.end = 5}, {.end = 10}};
    struct arena *arena = arena_create(1 << 20);
    struct feature feature = polygon(points, parts, 2, named);
    struct feature_list found = points_of(&feature, 1, everywhere, arena);
    assert_int_equal(found.count, 1);
    assert_in_range(found.features[0].geometry.points[0].x, 2090, 2210);
    assert_in_range(found.features[0].geometry.points[0].y, 590, 610);
    arena_destroy(arena);
}

static void is_in_one_tile_only(void **state)
{
    (void)state;
    static const struct world_point points[] = {{0, 0}, {1000, 0}, {1000, 600}, {0, 600}, {0, 0}};
    static const struct shape_part parts[] = {{.end = 5}};
    struct arena *arena = arena_create(1 << 20);
    struct feature feature = polygon(points, parts, 1, named);
    size_t count = 0;
    for (int64_t x = 0; x < 1000; x += 100) {
        for (int64_t y = 0; y < 600; y += 100) {
            count += points_of(&feature, 1, (struct world_box){x, y, x + 100, y + 100}, arena).count;
        }
    }
    assert_int_equal(count, 1);
    arena_destroy(arena);
}

static void is_left_out_where_no_name_fits(void **state)
{
    (void)state;
    static const struct world_point small[] = {{0, 0}, {7, 0}, {7, 90}, {0, 90}, {0, 0}};
    static const struct world_point large[] = {{0, 0}, {90, 0}, {90, 90}, {0, 90}, {0, 0}};
    static const struct shape_part parts[] = {{.end = 5}};
    static const struct value unnamed[] = {{.type = VALUE_INT, .integer = 1}, {.type = VALUE_NULL}};
    struct arena *arena = arena_create(1 << 20);
    struct feature features[] = {polygon(small, parts, 1, named), polygon(large, parts, 1, unnamed)};
    assert_int_equal(points_of(features, 2, everywhere, arena).count, 0);
    assert_int_equal(points_of(NULL, 0, everywhere, arena).count, 0);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lies_in_the_widest_place),
        cmocka_unit_test(belongs_to_the_largest_part),
        cmocka_unit_test(is_in_one_tile_only),
        cmocka_unit_test(is_left_out_where_no_name_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
