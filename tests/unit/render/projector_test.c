/* SPDX-License-Identifier: MIT */
#include "render/projector.h"

#include "unit/test.h"

#include <stdlib.h>

enum { POINTS = 9 };

static int32_t some(int32_t reach)
{
    return (int32_t)((double)reach * (2.0 * rand() / RAND_MAX - 1));
}

/* What whole numbers come to at whole zooms is what doubles come to: a frame that moves and scales nothing keeps the
 * projector to doubles. */
static void whole_numbers_agree_with_doubles(void **state)
{
    (void)state;
    struct arena *arena = arena_create(1 << 20);
    const struct render_frame frame = {.unit = 1};
    size_t binary = 0;
    srand(7);
    for (int round = 0; round < 4000; round++) {
        int zoom = round % 22 - 1;
        struct view view = {.origin_x = some(INT32_MAX),
                            .origin_y = some(INT32_MAX),
                            .zoom = round % 5 == 0 ? zoom + 0.3 : zoom,
                            .pixel_ratio = 1 + round % 2,
                            .width_px = 256,
                            .height_px = 256};
        struct projector whole = projector_of_view(&view, NULL, 3.25, -1.5, 10);
        struct projector doubles = projector_of_view(&view, &frame, 3.25, -1.5, 10);
        assert_false(doubles.is_binary);
        binary += whole.is_binary;
        struct world_point points[POINTS];
        int32_t reach = INT32_MAX >> (round % 28);
        int32_t x = reach < INT32_MAX / 4 ? (int32_t)view.origin_x / 2 : 0;
        int32_t y = reach < INT32_MAX / 4 ? (int32_t)view.origin_y / 2 : 0;
        struct world_box box = {INT32_MAX, INT32_MAX, INT32_MIN, INT32_MIN};
        for (int i = 0; i < POINTS; i++) {
            points[i] = (struct world_point){x + some(reach), y + some(reach)};
            box.min_x = points[i].x < box.min_x ? points[i].x : box.min_x;
            box.min_y = points[i].y < box.min_y ? points[i].y : box.min_y;
            box.max_x = points[i].x > box.max_x ? points[i].x : box.max_x;
            box.max_y = points[i].y > box.max_y ? points[i].y : box.max_y;
        }
        struct feature feature = {.box = box, .shift_x = (round % 3 - 1) * GRID_WORLD_UNITS};
        bool seen = projector_sees(&doubles, &feature);
        assert_int_equal(projector_sees(&whole, &feature), seen);
        size_t counts[2];
        struct draw_point rooms[2][POINTS];
        const struct draw_point *a =
            projector_part(&whole, &feature, points, POINTS, true, rooms[0], arena, &counts[0]);
        const struct draw_point *b =
            projector_part(&doubles, &feature, points, POINTS, true, rooms[1], arena, &counts[1]);
        assert_non_null(a);
        assert_non_null(b);
        assert_int_equal(counts[0], counts[1]);
        assert_memory_equal(a, b, counts[0] * sizeof *a);
        arena_reset(arena);
    }
    assert_in_range(binary, 1000, 3900); /* zooms beyond 15 and broken ones are not */
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(whole_numbers_agree_with_doubles)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
