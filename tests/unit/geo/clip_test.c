/* SPDX-License-Identifier: MIT */
#include "geo/clip.h"

#include "unit/test.h"

#include <stdlib.h>

static const struct world_box box = {0, 0, 1000, 1000};

static struct geometry clipped(enum geometry_kind kind, const struct world_point *points, uint32_t count,
                               struct arena *arena)
{
    struct shape_part *part = arena_alloc(arena, sizeof *part);
    *part = (struct shape_part){count, false};
    struct geometry whole = {kind, 1, count, part, points};
    struct geometry cut;
    assert_true(geometry_clip(&whole, 0, &box, arena, &cut));
    return cut;
}

static void cuts_lines_into_pieces(void **state)
{
    (void)state;
    struct arena *arena = arena_create(1 << 20);
    const struct world_point zigzag[] = {{-500, 500}, {500, 500}, {500, -500}, {700, -500}, {700, 2000}};
    struct geometry cut = clipped(GEOMETRY_LINE, zigzag, 5, arena);
    assert_int_equal(cut.part_count, 2);
    assert_int_equal(cut.parts[0].end, 3);
    assert_int_equal(cut.points[0].x, 0);
    assert_int_equal(cut.points[2].y, 0);
    assert_int_equal(cut.points[3].x, 700);
    assert_int_equal(cut.points[3].y, 0);
    assert_int_equal(cut.points[4].y, 1000);
    const struct world_point outside[] = {{-500, 1500}, {1500, 3500}};
    assert_int_equal(clipped(GEOMETRY_LINE, outside, 2, arena).part_count, 0);
    const struct world_point through[] = {{-500, -500}, {1500, 1500}};
    cut = clipped(GEOMETRY_LINE, through, 2, arena);
    assert_int_equal(cut.vertex_count, 2);
    assert_int_equal(cut.points[1].x, 1000);
    arena_destroy(arena);
}

static int64_t area(const struct geometry *geometry)
{
    int64_t sum = 0;
    uint32_t start = 0;
    for (uint32_t p = 0; p < geometry->part_count; p++) {
        for (uint32_t i = start; i + 1 < geometry->parts[p].end; i++) {
            sum += (int64_t)geometry->points[i].x * geometry->points[i + 1].y -
                   (int64_t)geometry->points[i + 1].x * geometry->points[i].y;
        }
        start = geometry->parts[p].end;
    }
    return sum / 2;
}

static void cuts_rings(void **state)
{
    (void)state;
    struct arena *arena = arena_create(1 << 20);
    const struct world_point over[] = {{500, 500}, {1500, 500}, {1500, 1500}, {500, 1500}, {500, 500}};
    struct geometry cut = clipped(GEOMETRY_POLYGON, over, 5, arena);
    assert_int_equal(area(&cut), 500 * 500);
    const struct world_point around[] = {{-9, -9}, {1009, -9}, {1009, 1009}, {-9, 1009}, {-9, -9}};
    cut = clipped(GEOMETRY_POLYGON, around, 5, arena);
    assert_int_equal(area(&cut), 1000 * 1000);
    const struct world_point away[] = {{2000, 0}, {3000, 0}, {3000, 50}, {2000, 0}};
    assert_int_equal(clipped(GEOMETRY_POLYGON, away, 4, arena).part_count, 0);
    arena_destroy(arena);
}

/* Cutting a polygon by the two halves of a box gives the area of cutting it by the box. */
static void halves_add_up(void **state)
{
    (void)state;
    struct arena *arena = arena_create(1 << 24);
    srand(5);
    for (int round = 0; round < 200; round++) {
        struct world_point star[41];
        for (int i = 0; i < 40; i++) {
            star[i] = (struct world_point){rand() % 3000 - 1000, rand() % 3000 - 1000};
        }
        star[40] = star[0];
        struct shape_part part = {41, false};
        struct geometry whole = {GEOMETRY_POLYGON, 1, 41, &part, star};
        const struct world_box west = {0, 0, 500, 1000};
        const struct world_box east = {500, 0, 1000, 1000};
        struct geometry all;
        struct geometry left;
        struct geometry right;
        assert_true(geometry_clip(&whole, 0, &box, arena, &all));
        assert_true(geometry_clip(&whole, 0, &west, arena, &left));
        assert_true(geometry_clip(&whole, 0, &east, arena, &right));
        /* every crossing is rounded to a unit: at most half a unit along each of some hundred edges */
        assert_true(llabs(area(&all) - area(&left) - area(&right)) < 120000);
        arena_reset(arena);
    }
    arena_destroy(arena);
}

static void moves_by_the_shift(void **state)
{
    (void)state;
    struct arena *arena = arena_create(1 << 20);
    const struct world_point points[] = {{INT32_MAX - 10, 5}, {INT32_MAX - 5000, 5}};
    struct shape_part part = {2, false};
    struct geometry whole = {GEOMETRY_POINT, 1, 2, &part, points};
    const struct world_box west_edge = {(int64_t)INT32_MIN - 1000, 0, (int64_t)INT32_MIN + 1000, 10};
    struct geometry cut;
    assert_true(geometry_clip(&whole, -GRID_WORLD_UNITS, &west_edge, arena, &cut));
    assert_int_equal(cut.vertex_count, 1);
    assert_int_equal(cut.points[0].x, INT32_MAX - 10);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(cuts_lines_into_pieces), cmocka_unit_test(cuts_rings),
                                       cmocka_unit_test(halves_add_up), cmocka_unit_test(moves_by_the_shift)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
