/* SPDX-License-Identifier: MIT */
#include "store/store_diff.h"

#include "unit/store/fixture.h"

static const struct field fields[] = {{"clave", FIELD_STRING}, {"nombre", FIELD_STRING}, {"pob", FIELD_INTEGER}};

struct row {
    const char *key;
    const char *name;
    int population;
    const char *wkt;
};

static void load_rows(struct fixture *fixture, const struct row *rows, size_t count, const char *key, const char *srs,
                      enum geometry_kind kind)
{
    char descriptor[100];
    snprintf(descriptor, sizeof descriptor, key ? "{\"id\": \"c\", \"key\": \"clave\"}" : "{\"id\": \"c\"}");
    open_writer(fixture);
    begin_layer(fixture, "c", kind, srs, fields, 3, descriptor);
    for (size_t i = 0; i < count; i++) {
        struct value values[] = {value_of_string(rows[i].key), value_of_string(rows[i].name),
                                 value_of_int(rows[i].population)};
        add_wkt(fixture, (int64_t)i + 1, rows[i].wkt, srs, values);
    }
    publish(fixture);
    close_writer(fixture);
}

static struct store_diff diff_last(struct fixture *fixture, int64_t features_max)
{
    struct store_version_list list;
    struct store_diff diff;
    struct store_diff_options options = {.list_max = 3, .features_max = features_max};
    check(fixture, store_version_list(open_store(fixture), "c", fixture->arena, &list, &fixture->err));
    assert_true(list.count >= 2);
    check(fixture, store_diff(fixture->store, &list.versions[1], &list.versions[0], &options, fixture->arena, &diff,
                              &fixture->err));
    assert_int_equal(diff.removed + diff.changed + diff.unchanged, list.versions[1].layer.feature_count);
    assert_int_equal(diff.added + diff.changed + diff.unchanged, list.versions[0].layer.feature_count);
    return diff;
}

static const struct row before[] = {{"A", "Uno", 1, "POINT(-103 25)"},
                                    {"B", "Dos", 2, "POINT(-103 26)"},
                                    {"C", "Tres", 3, NULL},
                                    {"D", "Cuatro", 4, "POINT(-103 28)"}};
static const struct row after[] = {{"D", "Cuatro", 4, "POINT(-103 28.5)"},
                                   {"B", "Dós", 2, "POINT(-103 26)"},
                                   {"C", "Tres", 3, NULL},
                                   {"E", "Cinco", 5, "POINT(-103 29)"}};

static void by_key(void **state)
{
    struct fixture *fixture = *state;
    load_rows(fixture, before, 4, "clave", NULL, GEOMETRY_POINT);
    load_rows(fixture, after, 4, "clave", NULL, GEOMETRY_POINT);
    for (int64_t at_once = 0; at_once < 3; at_once++) {
        struct store_diff diff = diff_last(fixture, at_once);
        assert_true(diff.by_key);
        assert_int_equal(diff.geometry, STORE_DIFF_EXACT);
        assert_int_equal(diff.added, 1);
        assert_int_equal(diff.removed, 1);
        assert_int_equal(diff.changed, 2);
        assert_int_equal(diff.unchanged, 1);
        assert_int_equal(diff.geometry_changed, 1);
        assert_int_equal(diff.attributes_changed, 1);
        assert_int_equal(diff.columns[1].changed, 1);
        assert_int_equal(diff.columns[2].changed, 0);
        assert_true(text_is(diff.added_features.features[0].id.string, "E"));
        assert_true(text_is(diff.removed_features.features[0].id.string, "A"));
        const struct store_diff_feature *moved = &diff.changed_features.features[0];
        assert_true(text_is(moved->id.string, "D") && moved->geometry && !moved->fields[1]);
        assert_int_equal(moved->from_row, 4);
        assert_int_equal(moved->to_row, 1);
        const struct store_diff_feature *renamed = &diff.changed_features.features[1];
        assert_true(text_is(renamed->id.string, "B") && !renamed->geometry && renamed->fields[1]);
    }
}

static void by_content(void **state)
{
    struct fixture *fixture = *state;
    load_rows(fixture, before, 4, NULL, NULL, GEOMETRY_POINT);
    load_rows(fixture, after, 4, NULL, NULL, GEOMETRY_POINT);
    struct store_diff diff = diff_last(fixture, 0);
    assert_false(diff.by_key);
    assert_int_equal(diff.added, 3);
    assert_int_equal(diff.removed, 3);
    assert_int_equal(diff.changed, 0);
    assert_int_equal(diff.unchanged, 1);
}

/* The same rows in another order are the same; equal rows are counted, not merged. */
static void order_and_repeats(void **state)
{
    struct fixture *fixture = *state;
    static const struct row twice[] = {{"A", "x", 1, "POINT(1 1)"}, {"A", "x", 1, "POINT(1 1)"}, {"B", "y", 2, NULL}};
    static const struct row once[] = {{"B", "y", 2, NULL}, {"A", "x", 1, "POINT(1 1)"}};
    load_rows(fixture, twice, 3, NULL, NULL, GEOMETRY_POINT);
    load_rows(fixture, once, 2, NULL, NULL, GEOMETRY_POINT);
    struct store_diff diff = diff_last(fixture, 0);
    assert_int_equal(diff.unchanged, 2);
    assert_int_equal(diff.removed, 1);
    assert_int_equal(diff.added, 0);
}

/* A delivery in another reference system is no change of geometry, a move of a metre is. */
static void another_system(void **state)
{
    struct fixture *fixture = *state;
    static const struct row utm[] = {
        {"A", "x", 1, "POLYGON((700000 2800000,700100 2800000,700100 2800100,700000 2800000))"},
        {"B", "y", 2, "POLYGON((710000 2800000,710100 2800000,710100 2800100,710000 2800000))"}};
    struct row degrees[2];
    for (int i = 0; i < 2; i++) {
        double xy[8] = {700000 + 10000 * i, 2800000, 700100 + 10000 * i, 2800000,
                        700100 + 10000 * i, 2800100, 700000 + 10000 * i, 2800000};
        struct projection *projection;
        check(fixture, projection_open("EPSG:32613", &projection, &fixture->err));
        assert_int_equal(projection_to_lonlat(projection, xy, 4), 0);
        projection_close(projection);
        double moved = i == 1 ? 1e-5 : 0;
        degrees[i] = utm[i];
        degrees[i].wkt = arena_printf(fixture->arena, "POLYGON((%.9f %.9f,%.9f %.9f,%.9f %.9f,%.9f %.9f))", xy[0],
                                      xy[1], xy[2] + moved, xy[3], xy[4], xy[5], xy[0], xy[1]);
    }
    load_rows(fixture, utm, 2, "clave", "EPSG:32613", GEOMETRY_POLYGON);
    load_rows(fixture, degrees, 2, "clave", NULL, GEOMETRY_POLYGON);
    struct store_diff diff = diff_last(fixture, 0);
    assert_int_equal(diff.geometry, STORE_DIFF_DEGREES);
    assert_int_equal(diff.unchanged, 1);
    assert_int_equal(diff.geometry_changed, 1);
    assert_true(text_is(diff.changed_features.features[0].id.string, "B"));
}

/* One feature of several points makes all of them multi: the others did not change. */
static void several_points(void **state)
{
    struct fixture *fixture = *state;
    static const struct row single[] = {{"A", "x", 1, "POINT(1 1)"}, {"B", "y", 2, "POINT(2 2)"}};
    static const struct row multi[] = {{"A", "x", 1, "POINT(1 1)"}, {"B", "y", 2, "MULTIPOINT((2 2),(3 3))"}};
    load_rows(fixture, single, 2, "clave", NULL, GEOMETRY_POINT);
    load_rows(fixture, multi, 2, "clave", NULL, GEOMETRY_POINT);
    struct store_diff diff = diff_last(fixture, 0);
    assert_int_equal(diff.geometry, STORE_DIFF_PLANE);
    assert_int_equal(diff.unchanged, 1);
    assert_int_equal(diff.geometry_changed, 1);
}

static void columns(void **state)
{
    struct fixture *fixture = *state;
    static const struct field other[] = {{"clave", FIELD_STRING}, {"pob", FIELD_REAL}, {"nuevo", FIELD_DATE}};
    load_rows(fixture, before, 4, "clave", NULL, GEOMETRY_POINT);
    open_writer(fixture);
    begin_layer(fixture, "c", GEOMETRY_POINT, NULL, other, 3, "{\"id\": \"c\", \"key\": \"clave\"}");
    for (size_t i = 0; i < 4; i++) {
        struct value values[] = {value_of_string(before[i].key), value_of_real(before[i].population),
                                 value_of_string("2026-01-01")};
        add_wkt(fixture, (int64_t)i + 1, before[i].wkt, NULL, values);
    }
    publish(fixture);
    close_writer(fixture);
    struct store_diff diff = diff_last(fixture, 0);
    /* A column more or less, and whole numbers that became reals, change no feature. */
    assert_int_equal(diff.unchanged, 4);
    assert_int_equal(diff.column_count, 4);
    assert_true(diff.columns[1].in_from && !diff.columns[1].in_to);
    assert_true(diff.columns[2].from_type == FIELD_INTEGER && diff.columns[2].to_type == FIELD_REAL);
    assert_true(!diff.columns[3].in_from && diff.columns[3].to_type == FIELD_DATE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(by_key, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(by_content, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(order_and_repeats, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(another_system, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(several_points, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(columns, fixture_setup, fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
