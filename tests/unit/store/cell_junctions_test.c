/* SPDX-License-Identifier: MIT */
#include "store/cell_junctions.h"

#include "unit/test.h"

#include <pthread.h>
#include <stdlib.h>

/* A net of streets: crossings are at every fourth step, all between belongs to one line that is noted twice. */
enum { LINES = 300, STEPS = 4 * LINES + 1, THREADS = 4 };

struct net {
    struct cell_junctions *junctions;
    int thread;
};

static struct world_point along(int line, int step, bool is_down)
{
    int32_t across = 4 * line * 1000;
    return is_down ? (struct world_point){across, step * 1000} : (struct world_point){step * 1000, across};
}

static void note_line(struct cell_junctions *junctions, int line, bool is_down)
{
    struct world_point points[STEPS];
    const struct shape_part part = {STEPS, false};
    for (int i = 0; i < STEPS; i++) {
        points[i] = along(line, i, is_down);
    }
    const struct geometry geometry = {GEOMETRY_LINE, 1, STEPS, &part, points};
    cell_junctions_note(junctions, &geometry);
}

static void *note_some(void *context)
{
    const struct net *net = context;
    for (int line = net->thread; line < LINES; line += THREADS) {
        note_line(net->junctions, line, false);
        note_line(net->junctions, (line * 7) % LINES, true);
        note_line(net->junctions, LINES - 1 - line, false);
    }
    return NULL;
}

static bool is_junction(const struct cell_junctions *junctions, struct world_point point)
{
    unsigned char found;
    cell_junctions_find(junctions, &point, 1, &found);
    return found != 0;
}

/* Notes the net by several threads, and by one in another order. */
static struct cell_junctions *note_net(uint64_t vertices, bool by_threads)
{
    struct cell_junctions *junctions;
    assert_true(cell_junctions_open(vertices, &junctions, NULL));
    pthread_t threads[THREADS];
    struct net nets[THREADS];
    for (int i = 0; i < THREADS; i++) {
        nets[i] = (struct net){junctions, by_threads ? i : THREADS - 1 - i};
        if (by_threads) {
            assert_int_equal(pthread_create(&threads[i], NULL, note_some, &nets[i]), 0);
        } else {
            note_some(&nets[i]);
        }
    }
    for (int i = 0; i < THREADS && by_threads; i++) {
        pthread_join(threads[i], NULL);
    }
    return junctions;
}

static void finds_crossings_and_little_else(void **state)
{
    (void)state;
    struct cell_junctions *junctions = note_net((uint64_t)3 * LINES * STEPS, true);
    size_t wrong = 0;
    for (int line = 0; line < LINES; line++) {
        for (int step = 0; step < STEPS - 1; step++) {
            bool is_crossing = step % 4 == 0;
            bool found = is_junction(junctions, along(line, step, false));
            assert_true(found || !is_crossing);
            wrong += found && !is_crossing;
        }
    }
    cell_junctions_close(junctions);
    print_message("%zu of %d are taken for junctions\n", wrong, LINES * STEPS);
    assert_true(wrong < LINES * STEPS / 200);
}

/* Several at once are the same as one after the other. */
static void finds_many(void **state)
{
    (void)state;
    struct cell_junctions *junctions = note_net((uint64_t)3 * LINES * STEPS, false);
    struct world_point points[STEPS];
    unsigned char found[STEPS + 1];
    for (int step = 0; step < STEPS; step++) {
        points[step] = along(7, step, true);
    }
    for (uint32_t count = 0; count <= STEPS; count = count < 40 ? count + 1 : count + 97) {
        found[count] = 7;
        cell_junctions_find(junctions, points, count, found);
        for (uint32_t i = 0; i < count; i++) {
            assert_int_equal(found[i], is_junction(junctions, points[i]));
        }
        assert_int_equal(found[count], 7);
    }
    cell_junctions_close(junctions);
}

/* Far too small a table: everything may be taken for a junction, but always the same. */
static void order_does_not_matter(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {0, 100000, 400000, 1000000};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        struct cell_junctions *one = note_net(sizes[s], true);
        struct cell_junctions *other = note_net(sizes[s], false);
        for (int line = 0; line < LINES; line++) {
            for (int step = 0; step < STEPS; step++) {
                struct world_point point = along(line, step, true);
                bool found = is_junction(one, point);
                assert_int_equal(found, is_junction(other, point));
                assert_true(found || step % 4 != 0 || step == STEPS - 1);
            }
        }
        cell_junctions_close(one);
        cell_junctions_close(other);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_crossings_and_little_else),
        cmocka_unit_test(finds_many),
        cmocka_unit_test(order_does_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
