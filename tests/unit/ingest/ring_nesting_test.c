/* SPDX-License-Identifier: MIT */
#include "ingest/ring_nesting.h"

#include "unit/test.h"

#include <stdint.h>
#include <stdlib.h>

enum { RINGS_MAX = 8, VERTICES_MAX = 80, NOBODY = -1 };

struct drawing {
    double vertices[3 * VERTICES_MAX];
    size_t vertex_count;
    struct nested_ring rings[RINGS_MAX];
    size_t count;
};

static void put(struct drawing *drawing, double x, double y)
{
    double *vertex = drawing->vertices + 3 * drawing->vertex_count++;
    vertex[0] = x;
    vertex[1] = y;
    vertex[2] = 7;
}

/* Closes the ring of `count` pairs. */
static void put_ring(struct drawing *drawing, const double *xy, size_t count)
{
    struct nested_ring *ring = &drawing->rings[drawing->count++];
    ring->start = drawing->vertex_count;
    for (size_t i = 0; i <= count; i++) {
        put(drawing, xy[2 * (i % count)], xy[2 * (i % count) + 1]);
    }
    ring->end = drawing->vertex_count;
}

static void put_square(struct drawing *drawing, double x, double y, double size)
{
    put_ring(drawing, (const double[]){x, y, x + size, y, x + size, y + size, x, y + size}, 4);
}

static void expect_around(struct drawing *drawing, const int *around)
{
    assert_true(ring_nesting_find(drawing->vertices, drawing->rings, drawing->count));
    for (size_t i = 0; i < drawing->count; i++) {
        unsigned depth = 0;
        for (int at = around[i]; at != NOBODY; at = around[at]) {
            depth++;
        }
        assert_int_equal(drawing->rings[i].around, around[i] == NOBODY ? SIZE_MAX : (size_t)around[i]);
        assert_int_equal(drawing->rings[i].depth, depth);
    }
}

static void finds_the_smallest_around(void **state)
{
    (void)state;
    struct drawing drawing = {0};
    put_square(&drawing, 4, 4, 2);
    put_square(&drawing, 0, 0, 10);
    put_square(&drawing, 2, 2, 6);
    put_square(&drawing, 20, 0, 10);
    put_square(&drawing, 21, 1, 1);
    expect_around(&drawing, (const int[]){2, NOBODY, 1, NOBODY, 3});
}

static void keeps_neighbours_apart(void **state)
{
    (void)state;
    struct drawing drawing = {0};
    put_square(&drawing, 0, 0, 10);
    put_square(&drawing, 10, 0, 4);  /* a common side */
    put_square(&drawing, 10, 10, 4); /* a common corner */
    put_square(&drawing, 8, 8, 5);   /* crosses */
    put_square(&drawing, 0, 0, 10);  /* the same again */
    expect_around(&drawing, (const int[]){NOBODY, NOBODY, NOBODY, NOBODY, NOBODY});
}

static void takes_what_touches_inside(void **state)
{
    (void)state;
    struct drawing drawing = {0};
    put_square(&drawing, 0, 0, 10);
    put_square(&drawing, 0, 0, 4);                                       /* two sides along the border */
    put_ring(&drawing, (const double[]){10, 5, 7, 7, 7, 3}, 3);          /* one corner on it */
    put_ring(&drawing, (const double[]){5, 10, 6, 10, 6, 9.5, 5, 9}, 4); /* an edge within one of its edges */
    expect_around(&drawing, (const int[]){NOBODY, 0, 0, 0});
}

static void sees_bays(void **state)
{
    (void)state;
    struct drawing drawing = {0};
    /* A "C": what lies in its bay is within its box and not in it. */
    put_ring(&drawing, (const double[]){0, 0, 10, 0, 10, 2, 2, 2, 2, 8, 10, 8, 10, 10, 0, 10}, 8);
    put_square(&drawing, 5, 4, 2);
    put_square(&drawing, 0.5, 4, 1);
    /* From arm to arm: its corners lie in them, the middle of two sides in the bay. */
    put_ring(&drawing, (const double[]){8, 1, 9, 1, 9, 9, 8, 9}, 4);
    expect_around(&drawing, (const int[]){NOBODY, NOBODY, 0, NOBODY});
}

static void works_in_metres(void **state)
{
    (void)state;
    struct drawing drawing = {0};
    put_square(&drawing, 2374865.25, 1458642.125, 0.5);
    put_square(&drawing, 2374865, 1458642, 1);
    put_square(&drawing, -1e12, -1e12, 2e12);
    expect_around(&drawing, (const int[]){1, 2, NOBODY});
}

static void bears_rings_without_area(void **state)
{
    (void)state;
    struct drawing drawing = {0};
    put_square(&drawing, 0, 0, 10);
    put_ring(&drawing, (const double[]){5, 5, 5, 5, 5, 5}, 3);
    put_ring(&drawing, (const double[]){1, 1, 9, 9}, 2);
    expect_around(&drawing, (const int[]){NOBODY, 0, 0});
    assert_true(ring_nesting_find(drawing.vertices, drawing.rings, 0));
}

static void gives_up_on_too_many(void **state)
{
    (void)state;
    enum { MANY = 5001 };
    static double square[3 * 5] = {0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0, 0, 0, 0};
    struct nested_ring *rings = calloc(MANY, sizeof *rings);
    assert_non_null(rings);
    for (size_t i = 0; i < MANY; i++) {
        rings[i] = (struct nested_ring){.start = 0, .end = 5};
    }
    assert_false(ring_nesting_find(square, rings, MANY));
    assert_true(ring_nesting_find(square, rings, 1000));
    free(rings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_smallest_around), cmocka_unit_test(keeps_neighbours_apart),
        cmocka_unit_test(takes_what_touches_inside), cmocka_unit_test(sees_bays),
        cmocka_unit_test(works_in_metres),           cmocka_unit_test(bears_rings_without_area),
        cmocka_unit_test(gives_up_on_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
