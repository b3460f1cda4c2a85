/* SPDX-License-Identifier: MIT */
#include "render/label_tile_line.h"

#include "unit/test.h"

#include <math.h>

static struct arena *new_arena(void)
{
    struct arena *arena = arena_create(1 << 20);
    assert_non_null(arena);
    return arena;
}

static void lines_end_at_the_edge(void **state)
{
    (void)state;
    struct arena *arena = new_arena();
    /* In, out on the right, back in lower down; then all outside. */
    const struct label_point points[] = {{8000, 100}, {8400, 100}, {8400, 500}, {8000, 500}, {7000, 500}};
    const struct label_point outside[] = {{-10, 0}, {-10, 8000}};
    struct label_tile_line lines[] = {{points, 5, false}, {outside, 2, false}};
    struct label_tile_lines cut;
    assert_true(label_tile_clip(&(struct label_tile_lines){lines, 2}, arena, &cut));
    assert_int_equal(cut.count, 2);
    assert_int_equal(cut.items[0].count, 2);
    assert_true(cut.items[0].points[1].x == LABEL_TILE_UNITS && cut.items[0].points[1].y == 100);
    assert_int_equal(cut.items[1].count, 3);
    assert_true(cut.items[1].points[0].x == LABEL_TILE_UNITS && cut.items[1].points[0].y == 500);
    arena_destroy(arena);
}

static void equal_words_join(void **state)
{
    (void)state;
    struct arena *arena = new_arena();
    /* Two pieces, then the one between them; another street at the same place stays alone. */
    const struct label_point a[] = {{0, 0}, {10, 0}};
    const struct label_point b[] = {{20, 0}, {30, 0}};
    const struct label_point between[] = {{10, 0}, {15, 5}, {20, 0}};
    const struct label_point other[] = {{30, 0}, {40, 0}};
    struct label_tile_line items[] = {{a, 2, false}, {b, 2, false}, {between, 3, false}, {other, 2, false}};
    struct label_tile_lines lines[4];
    struct label_tile_join joins[4];
    for (size_t i = 0; i < 4; i++) {
        lines[i] = (struct label_tile_lines){&items[i], 1};
        joins[i] = (struct label_tile_join){&lines[i], i == 3 ? 2 : 1, true};
    }
    assert_true(label_tile_lines_join(joins, 4, arena));
    assert_int_equal(lines[0].count + lines[1].count + lines[2].count, 1);
    assert_int_equal(lines[3].count, 1);
    const struct label_tile_line *joined = &lines[0].items[0];
    assert_int_equal(joined->count, 5);
    for (size_t i = 1; i < joined->count; i++) {
        assert_true(joined->points[i].x > joined->points[i - 1].x);
    }
    arena_destroy(arena);
}

static void anchors_keep_their_distance(void **state)
{
    (void)state;
    struct arena *arena = new_arena();
    const struct label_point points[] = {{100, 4000}, {8100, 4000}};
    const struct label_tile_line line = {points, 2, false};
    struct label_tile_wish wish = {
        .spacing = 1000, .label_length = 400, .end_gap = 50, .angle_window = 10, .max_angle = 0.5, .magnified = 1};
    struct label_tile_anchor *anchors;
    size_t count;
    assert_true(label_tile_anchors(&line, &wish, arena, &anchors, &count));
    assert_int_equal(count, 8);
    assert_true(anchors[0].x == 100 + 200 + 50 && anchors[1].x == anchors[0].x + 1000);
    wish.label_length = 7999; /* only in the middle */
    assert_true(label_tile_anchors(&line, &wish, arena, &anchors, &count));
    assert_int_equal(count, 1);
    assert_true(anchors[0].x == 4100);
    wish.label_length = 8001;
    assert_true(label_tile_anchors(&line, &wish, arena, &anchors, &count));
    assert_int_equal(count, 0);
    arena_destroy(arena);
}

static void sharp_corners_are_left_out(void **state)
{
    (void)state;
    const struct label_point points[] = {{0, 1000}, {1000, 1000}, {1000, 2000}};
    const struct label_tile_line line = {points, 3, false};
    struct label_tile_wish wish = {
        .spacing = 500, .label_length = 400, .angle_window = 100, .max_angle = 1, .magnified = 1};
    struct label_tile_anchor anchor;
    assert_false(label_tile_center(&line, &wish, &anchor));
    wish.max_angle = 1.6; /* a right angle is 1.57 */
    assert_true(label_tile_center(&line, &wish, &anchor));
    assert_true(anchor.x == 1000 && anchor.y == 1000);
    wish.max_angle = 1;
    wish.angle_window = 0; /* an icon */
    assert_true(label_tile_center(&line, &wish, &anchor));
}

static void equal_words_keep_apart(void **state)
{
    (void)state;
    struct arena *arena = new_arena();
    struct label_near *near = label_near_create(arena);
    bool too_near;
    for (int i = 0; i < 300; i++) {
        assert_true(label_near_put(near, 7, i * 100, 0, 100, &too_near));
        assert_false(too_near);
    }
    assert_true(label_near_put(near, 7, 14950, 0, 100, &too_near));
    assert_true(too_near);
    assert_true(label_near_put(near, 8, 14950, 0, 100, &too_near));
    assert_false(too_near);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_end_at_the_edge),       cmocka_unit_test(equal_words_join),
        cmocka_unit_test(anchors_keep_their_distance), cmocka_unit_test(sharp_corners_are_left_out),
        cmocka_unit_test(equal_words_keep_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
