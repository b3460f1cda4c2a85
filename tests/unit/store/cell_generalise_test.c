/* SPDX-License-Identifier: MIT */
#include "store/cell_generalise.h"

#include "store/cell.h"
#include "unit/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ARC = 400, SIDE = 1 << 24, RING_MAX = 2 * ARC + 8 };

struct ring {
    struct world_point points[RING_MAX];
    uint32_t count;
    struct shape_part part;
    struct geometry geometry;
};

static void put(struct ring *ring, int32_t x, int32_t y)
{
    ring->points[ring->count++] = (struct world_point){x, y};
}

static void close_ring(struct ring *ring)
{
    ring->points[ring->count] = ring->points[0];
    ring->count++;
    ring->part = (struct shape_part){ring->count, false};
    ring->geometry = (struct geometry){GEOMETRY_POLYGON, 1, ring->count, &ring->part, ring->points};
}

/* A winding border along x = 0, from y = 0 to SIDE. */
static struct world_point border(int i)
{
    double t = (double)i / ARC;
    return (struct world_point){(int32_t)(sin(t * 20) * 3e5 + sin(t * 300) * 4e3), (int32_t)(t * SIDE)};
}

/* Two countries with a common border, each beginning its ring somewhere else and running the other way. */
static void make_neighbours(struct ring *west, struct ring *east, int turn)
{
    memset(west, 0, sizeof *west);
    memset(east, 0, sizeof *east);
    struct ring whole = {0};
    for (int i = 0; i <= ARC; i++) {
        struct world_point point = border(i);
        put(&whole, point.x, point.y);
    }
    put(&whole, -SIDE, SIDE);
    put(&whole, -SIDE, 0);
    for (uint32_t i = 0; i < whole.count; i++) {
        struct world_point point = whole.points[(i + (uint32_t)turn) % whole.count];
        put(west, point.x, point.y);
    }
    close_ring(west);
    for (int i = ARC; i >= 0; i--) {
        struct world_point point = border(i);
        put(east, point.x, point.y);
    }
    put(east, SIDE, 0);
    put(east, SIDE, SIDE);
    close_ring(east);
}

static bool is_border(struct world_point point)
{
    return point.x > -SIDE / 2 && point.x < SIDE / 2;
}

static int compare_points(const void *a, const void *b)
{
    const struct world_point *left = a;
    const struct world_point *right = b;
    return left->y != right->y ? (left->y < right->y ? -1 : 1) : (left->x > right->x) - (left->x < right->x);
}

/* The vertices on the border, from north to south. */
static uint32_t border_of(const struct geometry *geometry, struct world_point *out)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i + 1 < geometry->vertex_count; i++) {
        if (is_border(geometry->points[i])) {
            out[count++] = geometry->points[i];
        }
    }
    qsort(out, count, sizeof *out, compare_points);
    return count;
}

static void shared_borders_stay_shared(void **state)
{
    (void)state;
    static struct ring west;
    static struct ring east;
    static struct world_point left[RING_MAX];
    static struct world_point right[RING_MAX];
    struct cell_generaliser *of_west = NULL;
    struct cell_generaliser *of_east = NULL;
    assert_true(cell_generaliser_open(&of_west, NULL) && cell_generaliser_open(&of_east, NULL));
    for (int turn = 0; turn < ARC; turn += 37) {
        struct cell_junctions *junctions = NULL;
        make_neighbours(&west, &east, turn);
        assert_true(cell_junctions_open(4 * RING_MAX, &junctions, NULL));
        cell_junctions_note(junctions, &west.geometry);
        cell_junctions_note(junctions, &east.geometry);
        assert_true(cell_generaliser_set(of_west, &west.geometry, junctions, NULL));
        assert_true(cell_generaliser_set(of_east, &east.geometry, junctions, NULL));
        uint32_t last = RING_MAX;
        for (unsigned band = CELL_BAND_FULL; band-- > 0;) {
            struct geometry a;
            struct geometry b;
            double small;
            cell_generaliser_band(of_west, band, &a, &small);
            assert_true(small == 0);
            cell_generaliser_band(of_east, band, &b, &small);
            assert_true(small == 0);
            uint32_t count = border_of(&a, left);
            assert_int_equal(count, border_of(&b, right));
            assert_memory_equal(left, right, count * sizeof *left);
            assert_true(count <= last && count >= 2);
            last = count;
            /* The result is a closed ring on the grid. */
            assert_int_equal(a.part_count, 1);
            assert_memory_equal(&a.points[0], &a.points[a.vertex_count - 1], sizeof *a.points);
            for (uint32_t i = 0; i < a.vertex_count; i++) {
                assert_int_equal(a.points[i].x & ((1 << cell_shift(band)) - 1), 0);
                assert_int_equal(a.points[i].y & ((1 << cell_shift(band)) - 1), 0);
            }
        }
        assert_true(last < ARC / 4);
        cell_junctions_close(junctions);
    }
    cell_generaliser_close(of_west);
    cell_generaliser_close(of_east);
}

static double distance_to(const struct geometry *geometry, struct world_point point)
{
    double least = HUGE_VAL;
    for (uint32_t i = 0; i + 1 < geometry->vertex_count; i++) {
        double ax = geometry->points[i].x;
        double ay = geometry->points[i].y;
        double dx = geometry->points[i + 1].x - ax;
        double dy = geometry->points[i + 1].y - ay;
        double length = dx * dx + dy * dy;
        double t = length > 0 ? ((point.x - ax) * dx + (point.y - ay) * dy) / length : 0;
        t = fmin(fmax(t, 0), 1);
        least = fmin(least, hypot(ax + t * dx - point.x, ay + t * dy - point.y));
    }
    return least;
}

/* No vertex is farther from the result than the tolerance and the snapping of its grid. */
static void keeps_within_the_tolerance(void **state)
{
    (void)state;
    static struct ring west;
    static struct ring east;
    struct cell_generaliser *generaliser = NULL;
    make_neighbours(&west, &east, 5);
    assert_true(cell_generaliser_open(&generaliser, NULL));
    assert_true(cell_generaliser_set(generaliser, &west.geometry, NULL, NULL));
    for (unsigned band = CELL_BAND_FULL; band-- > 0;) {
        struct geometry reduced;
        double small;
        cell_generaliser_band(generaliser, band, &reduced, &small);
        for (uint32_t i = 0; i < west.count; i++) {
            double limit = cell_tolerance(band, GEOMETRY_POLYGON) + ldexp(0.75, (int)cell_shift(band));
            assert_true(distance_to(&reduced, west.points[i]) <= limit);
        }
    }
    cell_generaliser_close(generaliser);
}

/* Many small islands of one feature become fewer squares with about the same area. */
static void islands_leave_their_area(void **state)
{
    (void)state;
    enum { ISLANDS = 900, ACROSS = 30 };
    static struct world_point points[ISLANDS * 5];
    static struct shape_part parts[ISLANDS];
    unsigned band = 5;
    int32_t pixel = 1 << cell_pixel_log2(band);
    int32_t side = pixel / 2;
    for (int i = 0; i < ISLANDS; i++) {
        int32_t x = i % ACROSS * pixel;
        int32_t y = i / ACROSS * pixel;
        const struct world_point ring[] = {{x, y}, {x, y + side}, {x + side, y + side}, {x + side, y}, {x, y}};
        memcpy(points + (size_t)i * 5, ring, sizeof ring);
        parts[i] = (struct shape_part){((uint32_t)i + 1) * 5, false};
    }
    struct geometry islands = {GEOMETRY_POLYGON, ISLANDS, ISLANDS * 5, parts, points};
    struct cell_generaliser *generaliser = NULL;
    assert_true(cell_generaliser_open(&generaliser, NULL));
    assert_true(cell_generaliser_set(generaliser, &islands, NULL, NULL));
    struct geometry reduced = {0};
    double small;
    for (unsigned b = CELL_BAND_FULL; b-- > band;) {
        cell_generaliser_band(generaliser, b, &reduced, &small);
    }
    assert_in_range(reduced.part_count, 1, ISLANDS / 3);
    double area = 0;
    for (uint32_t p = 0; p < reduced.part_count; p++) {
        const struct world_point *ring = reduced.points + 5 * (size_t)p;
        area += ((double)ring[2].x - ring[0].x) * ((double)ring[2].y - ring[0].y);
    }
    double before = (double)ISLANDS * side * side;
    assert_true(fabs(area / before - 1) < 0.15);
    cell_generaliser_close(generaliser);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shared_borders_stay_shared),
        cmocka_unit_test(keeps_within_the_tolerance),
        cmocka_unit_test(islands_leave_their_area),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
