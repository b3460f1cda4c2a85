/* SPDX-License-Identifier: MIT */
/* What is written down of each publish. */

#include "unit/store/fixture.h"

#include "store/store_change.h"

enum { COUNT = 60 };

static double xs[COUNT * 40];
static int names[COUNT * 40];
static int order[COUNT * 40];
static int count;

static void start(int wanted)
{
    count = wanted;
    for (int i = 0; i < count; i++) {
        xs[i] = -103.0 + 0.001 * i;
        names[i] = i;
        order[i] = i;
    }
}

static void load(struct fixture *fixture, const char *descriptor, const char *srs)
{
    static const struct field fields[] = {{"clave", FIELD_INTEGER}, {"nombre", FIELD_INTEGER}};
    open_writer(fixture);
    begin_layer(fixture, "puntos", GEOMETRY_POINT, srs, fields, 2, descriptor);
    for (int i = 0; i < count; i++) {
        char wkt[64];
        int at = order[i];
        snprintf(wkt, sizeof wkt, "POINT(%.6f 25.5)", xs[at]);
        struct value values[] = {value_of_int(at), value_of_int(names[at])};
        add_wkt(fixture, i + 1, wkt, srs, values);
    }
    publish(fixture);
    close_writer(fixture);
    arena_reset(fixture->arena);
}

static const char with_key[] = "{\"id\": \"puntos\", \"key\": \"clave\"}";
static const char without_key[] = "{\"id\": \"puntos\"}";

static struct store_changes read_changes(struct fixture *fixture)
{
    struct store_changes changes;
    check(fixture, store_change_list(open_store(fixture), fixture->arena, &changes, &fixture->err));
    return changes;
}

static const struct store_change *last_change(struct fixture *fixture)
{
    struct store_changes changes = read_changes(fixture);
    assert_true(changes.count > 0);
    const struct store_change *last = &changes.changes[changes.count - 1];
    assert_int_equal(last->mark, changes.mark);
    return last;
}

static bool is_whole(const struct store_change *change)
{
    return store_change_at(change, 20).is_whole;
}

/* What changed in the full band. */
static struct store_change_area full(const struct store_change *change)
{
    assert_false(is_whole(change));
    return store_change_at(change, 20);
}

/* The box holds the point, and little else. */
static void expect_box(const struct world_box *box, double x)
{
    struct world_point point = grid_from_lonlat(x, 25.5);
    assert_true(box->min_x <= point.x && box->max_x >= point.x && box->min_y <= point.y && box->max_y >= point.y);
    assert_true(box->max_x - box->min_x < 10 && box->max_y - box->min_y < 10);
}

static void test_features(void **state)
{
    struct fixture *fixture = *state;
    start(COUNT);
    load(fixture, with_key, NULL);
    assert_true(is_whole(last_change(fixture))); /* there was nothing before */
    load(fixture, with_key, NULL);
    const struct store_change *change = last_change(fixture);
    assert_string_equal(change->layer, "puntos");
    assert_false(is_whole(change) || change->has_new_ids);
    assert_int_equal(full(change).box_count, 0);

    names[7]++;
    load(fixture, with_key, NULL);
    change = last_change(fixture);
    assert_int_equal(full(change).box_count, 2); /* as it was and as it is */
    expect_box(&full(change).boxes[0], xs[7]);
    expect_box(&full(change).boxes[1], xs[7]);

    double before = xs[9];
    xs[9] = -102;
    load(fixture, with_key, NULL);
    change = last_change(fixture);
    assert_int_equal(full(change).box_count, 2);
    expect_box(&full(change).boxes[0], before);
    expect_box(&full(change).boxes[1], -102);

    order[20] = 21; /* one moves past another */
    order[21] = 20;
    load(fixture, with_key, NULL);
    change = last_change(fixture);
    assert_int_equal(full(change).box_count, 2);
    assert_false(change->has_new_ids);
}

static void test_ids(void **state)
{
    struct fixture *fixture = *state;
    start(COUNT);
    load(fixture, without_key, NULL);
    memmove(&order[5], &order[6], (size_t)(count - 6) * sizeof *order);
    count--;
    load(fixture, without_key, NULL);
    const struct store_change *change = last_change(fixture);
    assert_true(change->has_new_ids); /* the row numbers behind it */
    assert_int_equal(full(change).box_count, 1);
    expect_box(&full(change).boxes[0], xs[5]);
    load(fixture, with_key, NULL);
    assert_true(is_whole(last_change(fixture)));
}

/* Many changes become few boxes that hold them all. */
static void test_many(void **state)
{
    struct fixture *fixture = *state;
    start(COUNT * 40);
    load(fixture, with_key, NULL);
    for (int i = 0; i < count; i += 2) {
        names[i]++;
    }
    load(fixture, with_key, NULL);
    const struct store_change *change = last_change(fixture);
    assert_false(is_whole(change));
    assert_true(full(change).box_count <= 1024 && full(change).box_count > 100);
    for (int i = 0; i < count; i += 2) {
        struct world_point point = grid_from_lonlat(xs[i], 25.5);
        bool held = false;
        for (size_t k = 0; k < full(change).box_count && !held; k++) {
            held = full(change).boxes[k].min_x <= point.x && full(change).boxes[k].max_x >= point.x;
        }
        assert_true(held);
    }
}

/* Other coordinates, back and forth between versions, and the whole layer. */
static void test_versions(void **state)
{
    struct fixture *fixture = *state;
    int64_t from;
    int64_t to;
    start(COUNT);
    load(fixture, with_key, NULL);
    uint64_t first = read_changes(fixture).mark;
    names[3]++;
    load(fixture, with_key, NULL);
    open_writer(fixture);
    check(fixture, store_writer_rollback(fixture->writer, "puntos", 0, &from, &to, &fixture->err));
    close_writer(fixture);
    const struct store_change *change = last_change(fixture);
    assert_int_equal(full(change).box_count, 2);
    assert_int_not_equal(change->mark, first); /* the content of before, but another moment */
    open_writer(fixture);
    check(fixture, store_writer_unpublish(fixture->writer, "puntos", &fixture->err));
    close_writer(fixture);
    assert_true(is_whole(last_change(fixture)));
    open_writer(fixture);
    check(fixture, store_writer_remove(fixture->writer, "puntos", &fixture->err));
    close_writer(fixture);
    assert_true(is_whole(last_change(fixture)));
}

/* What raised the generation without telling why ends what is known. */
static void test_gap(void **state)
{
    struct fixture *fixture = *state;
    start(COUNT);
    load(fixture, with_key, NULL);
    load(fixture, with_key, NULL);
    uint64_t before = read_changes(fixture).mark;
    open_writer(fixture);
    check(fixture, store_writer_rebuild_cells(fixture->writer, NULL, &fixture->err));
    close_writer(fixture);
    struct store_changes changes = read_changes(fixture);
    assert_int_not_equal(changes.mark, before);
    assert_int_not_equal(changes.mark, changes.changes[changes.count - 1].mark);
    load(fixture, with_key, NULL);
    changes = read_changes(fixture);
    assert_int_equal(changes.count, 1);
    assert_int_equal(changes.mark, changes.changes[0].mark);
}

/* Vector tiles that come to be made from another band change as a whole; pictures of that zoom do not. */
static void test_vector_bands(void **state)
{
    static const struct field fields[] = {{"clave", FIELD_INTEGER}, {"nombre", FIELD_STRING}};
    struct fixture *fixture = *state;
    char name[171];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    for (int round = 0; round < 3; round++) {
        int points = round == 1 ? 8000 : 6000;
        open_writer(fixture);
        begin_layer(fixture, "puntos", GEOMETRY_POINT, NULL, fields, 2, with_key);
        for (int i = 0; i < points; i++) {
            char wkt[64];
            snprintf(wkt, sizeof wkt, "POINT(%.6f %.6f)", -103.42 + 0.0001 * (i % 90), 25.49 + 0.0001 * (i / 90));
            struct value values[] = {value_of_int(i), value_of_string(name)};
            add_wkt(fixture, i + 1, wkt, NULL, values);
        }
        publish(fixture);
        close_writer(fixture);
        arena_reset(fixture->arena);
        if (round > 0) {
            const struct store_change *change = last_change(fixture);
            assert_true(store_change_for_vector(change, 14).is_whole);
            assert_false(store_change_for_vector(change, 15).is_whole);
            assert_false(store_change_for_vector(change, 5).is_whole);
            assert_false(store_change_at(change, 14).is_whole);
            assert_true(store_change_at(change, 14).box_count > 0);
        }
    }
}

/* Without the cells of before nothing can be compared. */
static void test_cells_missing(void **state)
{
    struct fixture *fixture = *state;
    char path[128];
    start(COUNT);
    load(fixture, with_key, NULL);
    snprintf(path, sizeof path, "%s/cells.sqlite", fixture->directory);
    assert_int_equal(unlink(path), 0);
    load(fixture, with_key, NULL);
    assert_true(is_whole(last_change(fixture)));
    load(fixture, with_key, NULL);
    assert_int_equal(full(last_change(fixture)).box_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_features, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_ids, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_many, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_versions, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_vector_bands, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_cells_missing, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_gap, fixture_setup, fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
