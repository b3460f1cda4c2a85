/* SPDX-License-Identifier: MIT */
#include "store/store.h"

#include "unit/store/fixture.h"

struct rows {
    int64_t rows[4096];
    size_t count;
    size_t stop_after; /* 0: never */
};

static bool note_row(void *context, const struct store_item *item)
{
    struct rows *rows = context;
    assert_true(rows->count < 4096);
    rows->rows[rows->count++] = item->row;
    return rows->stop_after == 0 || rows->count < rows->stop_after;
}

static struct rows rows_of(struct fixture *fixture, const struct store_layer *layer, struct store_query query)
{
    struct rows rows = {.count = 0};
    query.limit = query.limit ? query.limit : UINT64_MAX;
    check(fixture, store_items(open_store(fixture), layer, &query, note_row, &rows, &fixture->err));
    return rows;
}

static uint64_t count_of(struct fixture *fixture, const struct store_layer *layer, struct store_query query)
{
    uint64_t count;
    check(fixture, store_count(open_store(fixture), layer, &query, &count, &fixture->err));
    return count;
}

static void pages(void **state)
{
    struct fixture *fixture = *state;
    load_grid(fixture, "manzanas", 30, "Centro");
    const struct store_layer *layer = find_layer(fixture, "manzanas");
    const struct bbox some = {-103.4, 25.5, -103.36, 25.53};
    static const struct {
        bool with_box;
        uint64_t limit;
        uint64_t offset;
        int64_t after;
        size_t count;
        int64_t first;
    } table[] = {
        {false, 0, 0, 0, 900, 1},   {false, 10, 0, 0, 10, 1},       {false, 10, 895, 0, 5, 896},
        {false, 10, 900, 0, 0, 0},  {false, 10, 0, 450, 10, 451},   {false, 10, 5, 450, 10, 456},
        {false, 1, 0, 899, 1, 900}, {false, 1, 0, 900, 0, 0},       {false, 7, 0, -5, 7, 1},
        {true, 0, 0, 0, 30, 280},   {true, 7, 0, 0, 7, 280},        {true, 7, 6, 0, 7, 310},
        {true, 7, 29, 0, 1, 405},   {true, 7, 30, 0, 0, 0},         {true, 100, 0, 345, 12, 370},
        {true, 3, 2, 345, 3, 372},  {false, 5, 0, INT64_MAX, 0, 0},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct rows rows = rows_of(fixture, layer,
                                   (struct store_query){.bbox = table[i].with_box ? &some : NULL,
                                                        .limit = table[i].limit,
                                                        .offset = table[i].offset,
                                                        .after_row = table[i].after});
        assert_int_equal(rows.count, table[i].count);
        assert_true(rows.count == 0 || rows.rows[0] == table[i].first);
        for (size_t r = 1; r < rows.count; r++) {
            assert_true(rows.rows[r] > rows.rows[r - 1]);
        }
    }
    assert_int_equal(count_of(fixture, layer, (struct store_query){.bbox = NULL}), 900);
    assert_int_equal(count_of(fixture, layer, (struct store_query){.bbox = NULL, .after_row = 450}), 450);
    assert_int_equal(count_of(fixture, layer, (struct store_query){.bbox = &some}), 30);
    assert_int_equal(count_of(fixture, layer, (struct store_query){.bbox = &some, .limit = 1, .offset = 4}), 30);
    struct rows stopped = {.stop_after = 3};
    struct store_query all = {.limit = 100};
    check(fixture, store_items(fixture->store, layer, &all, note_row, &stopped, &fixture->err));
    assert_int_equal(stopped.count, 3);
}

/* Boxes touch, geometries do not: an L and a diagonal. */
static void tests_the_geometry(void **state)
{
    struct fixture *fixture = *state;
    open_writer(fixture);
    begin_layer(fixture, "formas", GEOMETRY_POLYGON, NULL, NULL, 0, "{}");
    add_wkt(fixture, 1, "POLYGON((0 0,10 0,10 1,1 1,1 10,0 10,0 0))", NULL, NULL);
    add_wkt(fixture, 2, "POLYGON((20 0,30 0,30 10,20 10,20 0),(22 2,28 2,28 8,22 8,22 2))", NULL, NULL);
    add_wkt(fixture, 3, "POLYGON((179 0,-179 0,-179 1,179 1,179 0))", NULL, NULL);
    add_wkt(fixture, 4, "POLYGON((50 50,50.00000001 50,50.00000001 50.00000001,50 50))", NULL, NULL);
    publish(fixture);
    close_writer(fixture);
    const struct store_layer *layer = find_layer(fixture, "formas");
    static const struct {
        struct bbox box;
        size_t count;
    } table[] = {
        {{2, 2, 9, 9}, 0},
        {{0.2, 0.2, 0.3, 0.3}, 1},
        {{9, 0.5, 12, 20}, 1},
        {{-5, -5, 15, 15}, 1},
        {{-5, 5, 15, 6}, 1},
        {{23, 3, 27, 7}, 0},
        {{23, 3, 27, 9}, 1},
        {{20.5, 0.5, 21, 9}, 1},
        {{10, 0, 20, 10}, 2},
        {{178, 0.4, -178, 0.5}, 1},
        {{-180, 0, -179.5, 0.1}, 1},
        {{179.9, 0.4, 180, 0.5}, 1},
        {{-178.9, 0, 178.9, 0.5}, 2},
        {{49, 49, 51, 51}, 1},
        {{50.1, 49, 51, 51}, 0},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct rows rows = rows_of(fixture, layer, (struct store_query){.bbox = &table[i].box});
        assert_int_equal(rows.count, table[i].count);
        assert_int_equal(count_of(fixture, layer, (struct store_query){.bbox = &table[i].box}), table[i].count);
    }
}

static void finds_by_id(void **state)
{
    struct fixture *fixture = *state;
    static const struct field fields[] = {{"clave", FIELD_STRING}, {"n", FIELD_REAL}};
    load_grid(fixture, "manzanas", 10, "Centro");
    open_writer(fixture);
    begin_layer(fixture, "textos", GEOMETRY_POINT, NULL, fields, 2, "{\"key\": \"clave\"}");
    const char *keys[] = {"05 035/001", "ñ", "", "7"};
    for (int i = 0; i < 4; i++) {
        struct value values[] = {value_of_string(keys[i]), value_of_real(i)};
        add_wkt(fixture, 100 + i, "POINT(1 2)", NULL, values);
    }
    publish(fixture);
    begin_layer(fixture, "reales", GEOMETRY_POINT, NULL, fields, 2, "{\"key\": \"n\"}");
    for (int i = 0; i < 4; i++) {
        struct value values[] = {value_null(), i == 3 ? value_null() : value_of_real(i * 1.5)};
        add_wkt(fixture, 100 + i, "POINT(1 2)", NULL, values);
    }
    publish(fixture);
    begin_layer(fixture, "filas", GEOMETRY_POINT, NULL, NULL, 0, "{}");
    add_wkt(fixture, 12, "POINT(1 2)", NULL, NULL);
    publish(fixture);
    close_writer(fixture);
    static const struct {
        const char *layer;
        const char *id;
        int64_t row; /* 0: not found */
    } table[] = {{"manzanas", "1000", 1},
                 {"manzanas", "1099", 100},
                 {"manzanas", "1100", 0},
                 {"manzanas", "1", 0},
                 {"manzanas", "01000", 0},
                 {"manzanas", "", 0},
                 {"textos", "05 035/001", 100},
                 {"textos", "ñ", 101},
                 {"textos", "", 102},
                 {"textos", "7", 103},
                 {"textos", "100", 0},
                 {"reales", "0", 100},
                 {"reales", "1.5", 101},
                 {"reales", "3", 102},
                 {"reales", "3.0", 0},
                 {"filas", "12", 12},
                 {"filas", "012", 0},
                 {"filas", "-12", 0},
                 {"filas", "1", 0},
                 {"filas", "99999999999999999999", 0}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct store_item item;
        const struct store_layer *layer = find_layer(fixture, table[i].layer);
        bool found = store_item(fixture->store, layer, table[i].id, fixture->arena, &item, &fixture->err);
        assert_int_equal(found, table[i].row != 0);
        if (found) {
            assert_int_equal(item.row, table[i].row);
            assert_true(item.shape.vertex_count > 0);
        } else {
            assert_int_equal(fixture->err.kind, ERROR_NOT_FOUND);
        }
    }
}

/* More matches than are sorted in memory: the answer is the same, in order. */
static void answers_large_boxes(void **state)
{
    struct fixture *fixture = *state;
    enum { COUNT = 70000 };
    open_writer(fixture);
    begin_layer(fixture, "puntos", GEOMETRY_POINT, NULL, NULL, 0, "{}");
    struct arena *arena = fixture->arena;
    for (int i = 1; i <= COUNT; i++) {
        char wkt[64];
        snprintf(wkt, sizeof wkt, "POINT(%.4f %.4f)", -103 + (i * 7919 % COUNT) * 1e-4, 25 + (i % 300) * 1e-3);
        add_wkt(fixture, i, wkt, NULL, NULL);
        if (i % 1000 == 0) {
            arena_reset(arena);
        }
    }
    publish(fixture);
    close_writer(fixture);
    const struct store_layer *layer = find_layer(fixture, "puntos");
    const struct bbox all = {-104, 24, -95, 26};
    const struct bbox most = {-104, 24, -95, 25.2895};
    struct rows rows = rows_of(fixture, layer, (struct store_query){.bbox = &all, .limit = 3, .offset = 65600});
    assert_int_equal(rows.count, 3);
    assert_int_equal(rows.rows[0], 65601);
    rows = rows_of(fixture, layer, (struct store_query){.bbox = &most, .limit = 3, .after_row = 289});
    assert_int_equal(rows.rows[0], 300);
    assert_int_equal(count_of(fixture, layer, (struct store_query){.bbox = &all}), COUNT);
    assert_int_equal(count_of(fixture, layer, (struct store_query){.bbox = &most}), COUNT / 300 * 290 + 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pages, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(tests_the_geometry, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(finds_by_id, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(answers_large_boxes, fixture_setup, fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
