/* SPDX-License-Identifier: MIT */
#include "render/line_chain.h"

#include "unit/render/scene.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const layers =
    "[{'id':'a','type':'line','source':'s','source-layer':'things','paint':{'line-width':5,'line-color':'#204060'}}]";

static struct layer_features chains_of(struct scene *scene, const struct feature *features, size_t count,
                                       double joint_units)
{
    struct layer_features found = {.items = arena_array(scene->arena, count, sizeof *found.items), .count = count};
    for (size_t i = 0; i < count; i++) {
        found.items[i].feature = &features[i];
    }
    struct layer_features *chains = line_chains_find(&found, joint_units, scene->arena);
    assert_non_null(chains);
    return *chains;
}

static struct layer_features joined(struct scene *scene)
{
    return chains_of(scene, scene->features, scene->count, 1e9);
}

/* In whatever order and direction they come: from the west to the east, each vertex once. */
static void joins_what_continues(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene, layers);
    scene_add(&scene, "LINESTRING(3 1, 2 0)", "b", 1);
    scene_add(&scene, "LINESTRING(0 0, 1 0.5, 2 0)", "a", 1);
    scene_add(&scene, "LINESTRING(3 1, 4 1)", "c", 1);
    struct layer_features chains = joined(&scene);
    assert_int_equal(chains.count, 1);
    const struct geometry *whole = &chains.items[0].feature->geometry;
    assert_int_equal(whole->vertex_count, 5);
    assert_int_equal(whole->parts[0].end, 5);
    for (uint32_t i = 1; i < whole->vertex_count; i++) {
        assert_true(whole->points[i - 1].x < whole->points[i].x);
    }
    assert_int_equal(chains.items[0].feature->box.min_x, scene.features[1].box.min_x);
    assert_int_equal(chains.items[0].feature->box.max_x, scene.features[2].box.max_x);
    assert_int_equal(chains.items[0].feature->box.min_y, scene.features[2].box.min_y);
    assert_int_equal(chains.items[0].feature->box.max_y, scene.features[1].box.max_y);
    chains = chains_of(&scene, scene.features, scene.count, 0);
    assert_int_equal(chains.count, 3);
    assert_ptr_equal(chains.items[0].feature, &scene.features[0]);
    scene_finish(&scene);
}

/* Where three lines meet, or two at the ends that both begin at, it is not clear what goes on; rings, polygons and
 * lines of several parts are left alone. */
static void leaves_what_is_not_clear(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene, layers);
    scene_add(&scene, "LINESTRING(0 0, 1 0)", "a", 1);
    scene_add(&scene, "LINESTRING(1 0, 2 0)", "b", 1);
    scene_add(&scene, "LINESTRING(1 1, 1 0)", "c", 1);
    scene_add(&scene, "LINESTRING(5 5, 6 6)", "v", 1);
    scene_add(&scene, "LINESTRING(5 5, 6 4)", "v", 1);
    scene_add(&scene, "LINESTRING(2 0, 3 0, 3 1, 2 0)", "ring", 1);
    scene_add(&scene, "MULTILINESTRING((2 0, 4 0), (7 7, 8 8))", "parts", 1);
    scene_add(&scene, "POLYGON((2 0, 3 0, 3 1, 2 0))", "area", 1);
    struct layer_features chains = joined(&scene);
    assert_int_equal(chains.count, scene.count);
    for (size_t i = 0; i < chains.count; i++) {
        assert_true(chains.items[i].feature >= scene.features &&
                    chains.items[i].feature < scene.features + scene.count);
    }
    scene_finish(&scene);
}

/* A line without neighbours runs as it does among them. */
static void turns_what_is_alone(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene, layers);
    scene_add(&scene, "LINESTRING(4 0, 3 0, 1 1)", "a", 1);
    scene_add(&scene, "LINESTRING(7 1, 7 2)", "north", 1);
    struct layer_features chains = joined(&scene);
    assert_int_equal(chains.count, 2);
    assert_int_equal(chains.items[0].feature->geometry.points[0].x, scene.features[0].box.min_x);
    assert_int_equal(chains.items[0].feature->geometry.points[2].x, scene.features[0].box.max_x);
    assert_int_equal(chains.items[1].feature->geometry.points[0].y, scene.features[1].box.min_y);
    scene_finish(&scene);
}

/* True when some chain runs over the end that two lines of a network share. */
static bool runs_over(const struct layer_features *chains, struct world_point place)
{
    for (size_t i = 0; i < chains->count; i++) {
        const struct geometry *geometry = &chains->items[i].feature->geometry;
        for (uint32_t v = 1; v + 1 < geometry->vertex_count; v++) {
            if (geometry->points[v].x == place.x && geometry->points[v].y == place.y) {
                return true;
            }
        }
    }
    return false;
}

/* What is joined at a place is the same for all who see the lines that touch it. */
static void depends_on_what_touches_alone(void **state)
{
    (void)state;
    enum { ACROSS = 9, ROUNDS = 30 };
    size_t joints = 0;
    srand(4);
    for (int round = 0; round < ROUNDS; round++) {
        struct scene scene;
        struct feature seen[SCENE_FEATURES_MAX];
        size_t seen_count = 0;
        scene_init(&scene, layers);
        for (int i = 0; i < ACROSS * ACROSS; i++) {
            char wkt[64];
            int x = i % ACROSS;
            int y = i / ACROSS;
            bool turned = rand() % 2;
            int dx = rand() % 2;
            snprintf(wkt, sizeof wkt, "LINESTRING(%d %d, %d %d)", turned ? x + dx : x, turned ? y + 1 - dx : y,
                     turned ? x : x + dx, turned ? y : y + 1 - dx);
            scene_add(&scene, wkt, "a", 1);
            if (x >= 3 && x <= 6 && y >= 3 && y <= 6) {
                seen[seen_count++] = scene.features[scene.count - 1];
            }
        }
        struct layer_features all = joined(&scene);
        struct layer_features some = chains_of(&scene, seen, seen_count, 1e9);
        for (size_t i = 0; i < scene.count; i++) {
            int x = (int)i % ACROSS;
            int y = (int)i / ACROSS;
            if (x >= 4 && x <= 6 && y >= 4 && y <= 6) { /* all that touch it come from 3 to 6 */
                const struct geometry *line = &scene.features[i].geometry;
                bool is_turned = line->points[1].x < line->points[0].x || line->points[1].y > line->points[0].y;
                struct world_point start = line->points[is_turned ? 1 : 0];
                assert_int_equal(runs_over(&all, start), runs_over(&some, start));
                joints += runs_over(&all, start);
            }
        }
        scene_finish(&scene);
    }
    assert_in_range(joints, 20, 260);
}

/* A street of pieces is painted as one line of all their vertices. */
static void paints_pieces_as_one(void **state)
{
    (void)state;
    struct view view = view_of_center(-103.4, 25.5, 9.5, 200, 200, 1);
    struct scene whole;
    struct scene pieces;
    scene_init(&whole, layers);
    scene_init(&pieces, layers);
    scene_add(&whole, "LINESTRING(-103.405 25.499, -103.402 25.501, -103.4 25.5, -103.397 25.503, -103.394 25.5)", "a",
              1);
    scene_add(&pieces, "LINESTRING(-103.402 25.501, -103.405 25.499)", "a", 1);
    scene_add(&pieces, "LINESTRING(-103.4 25.5, -103.397 25.503, -103.394 25.5)", "a", 1);
    scene_add(&pieces, "LINESTRING(-103.402 25.501, -103.4 25.5)", "a", 1);
    const struct canvas *one = scene_paint(&whole, &view);
    const struct canvas *many = scene_paint(&pieces, &view);
    size_t inked = 0;
    for (uint32_t i = 0; i < 200 * 200; i++) {
        inked += one->rgba[4 * i + 3] > 0;
    }
    assert_true(inked > 40);
    assert_memory_equal(one->rgba, many->rgba, (size_t)4 * 200 * 200);
    scene_finish(&whole);
    scene_finish(&pieces);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(joins_what_continues), cmocka_unit_test(leaves_what_is_not_clear),
        cmocka_unit_test(turns_what_is_alone),  cmocka_unit_test(depends_on_what_touches_alone),
        cmocka_unit_test(paints_pieces_as_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
