/* SPDX-License-Identifier: MIT */
#include "store/cell.h"
#include "store/store.h"

#include "unit/store/fixture.h"

#include <math.h>
#include <sqlite3.h>

static const struct bbox whole = {-180, -85, 180, 85};

static void finds_by_area(void **state)
{
    struct fixture *fixture = *state;
    load_grid(fixture, "manzanas", 30, "Centro");
    const struct store_layer *layer = find_layer(fixture, "manzanas");
    assert_non_null(layer);
    static const double zooms[] = {0, 5, 9, 12, 15, 17, 22};
    /* 4 x 3 whole squares: with those that only touch, 6 x 5. */
    struct bbox area = {-103.4, 25.5, -103.36, 25.53};
    for (size_t z = 0; z < sizeof zooms / sizeof *zooms; z++) {
        struct feature_list all = find_in(fixture, layer, whole, zooms[z]);
        /* At far zooms the squares are smaller than two pixels: some stand for all. */
        assert_in_range(all.count, 1, 900);
        assert_true(zooms[z] < 9 || all.count == 900);
        assert_int_equal(all.field_count, 2);
        for (size_t i = 0; i < all.count; i++) {
            const struct feature *feature = &all.features[i];
            assert_true(i == 0 || feature->row > feature[-1].row);
            assert_int_equal(feature->shift_x, 0);
            assert_int_equal(feature->id.integer, 1000 + feature->row - 1);
            assert_int_equal(feature->values[0].integer, feature->id.integer);
            assert_true(text_is(feature->values[1].string, "Centro"));
            assert_int_equal(feature->geometry.part_count, 1);
        }
        if (zooms[z] >= 9) {
            assert_int_equal(find_in(fixture, layer, area, zooms[z]).count, 30);
        }
        assert_int_equal(find_in(fixture, layer, (struct bbox){10, 10, 20, 20}, zooms[z]).count, 0);
    }
}

/* Against the plain way: project every feature and compare boxes. */
static void agrees_with_a_plain_search(void **state)
{
    struct fixture *fixture = *state;
    enum { COUNT = 3000 };
    static struct world_box boxes[COUNT];
    open_writer(fixture);
    begin_layer(fixture, "lineas", GEOMETRY_LINE, NULL, NULL, 0, "{}");
    srand(7);
    for (int i = 0; i < COUNT; i++) {
        double x = -103 + (double)rand() / RAND_MAX;
        double y = 25 + (double)rand() / RAND_MAX;
        double length = 1e-5 + pow((double)rand() / RAND_MAX, 8);
        char wkt[128];
        snprintf(wkt, sizeof wkt, "LINESTRING(%.9f %.9f,%.9f %.9f)", x, y, x + length, y - length / 2);
        struct world_point a = grid_from_lonlat(strtod(wkt + 11, NULL), strtod(strchr(wkt, ' ') + 1, NULL));
        char *second = strchr(wkt, ',') + 1;
        struct world_point b = grid_from_lonlat(strtod(second, NULL), strtod(strchr(second, ' ') + 1, NULL));
        boxes[i] = (struct world_box){a.x, a.y, b.x, b.y};
        add_wkt(fixture, i + 1, wkt, NULL, NULL);
    }
    publish(fixture);
    close_writer(fixture);
    const struct store_layer *layer = find_layer(fixture, "lineas");
    for (int i = 0; i < 300; i++) {
        double x = -103 + (double)rand() / RAND_MAX;
        double y = 25 + (double)rand() / RAND_MAX;
        double size = pow((double)rand() / RAND_MAX, 4);
        struct bbox degrees = {x, y, x + size, y + size};
        struct world_box area = grid_box(&degrees);
        struct feature_list found = find_in(fixture, layer, degrees, 20);
        size_t next = 0;
        for (int64_t row = 1; row <= COUNT; row++) {
            if (world_box_touches(&boxes[row - 1], &area)) {
                assert_true(next < found.count);
                assert_int_equal(found.features[next].row, row);
                assert_memory_equal(&found.features[next].box, &boxes[row - 1], sizeof boxes[0]);
                next++;
            }
        }
        assert_int_equal(next, found.count);
    }
}

/* Every third tuple. */
static bool shows_some(void *context, const struct value *values)
{
    size_t *asked = context;
    ++*asked;
    assert_int_equal(values[0].type, VALUE_NULL);
    assert_int_equal(values[1].type, VALUE_STRING);
    return values[1].string.data[values[1].string.length - 1] % 3 == 0;
}

/* Only what is wished for, each distinct tuple asked for once; otherwise as store_find gives it. */
static void finds_what_is_wanted(void **state)
{
    struct fixture *fixture = *state;
    static const struct field fields[] = {{"clave", FIELD_INTEGER}, {"uso", FIELD_STRING}, {"nota", FIELD_STRING}};
    static char note[300]; /* lies in the item, not in the cell */
    memset(note, 'n', sizeof note - 1);
    open_writer(fixture);
    begin_layer(fixture, "predios", GEOMETRY_POINT, NULL, fields, 3, "{\"id\": \"predios\", \"key\": \"clave\"}");
    enum { COUNT = 2000, USES = 9 };
    for (int i = 0; i < COUNT; i++) {
        char wkt[64];
        char use[16];
        snprintf(wkt, sizeof wkt, "POINT(%.4f %.4f)", -103.5 + 0.001 * (i * 7 % 50), 25.4 + 0.001 * (i * 11 % 40));
        snprintf(use, sizeof use, "uso %d", i % USES);
        struct value values[] = {value_of_int(5000 + i), value_of_string(use),
                                 i % 100 == 0 ? value_of_string(note) : value_null()};
        add_wkt(fixture, i + 1, wkt, NULL, values);
    }
    publish(fixture);
    close_writer(fixture);
    const struct store_layer *layer = find_layer(fixture, "predios");
    const struct bbox everywhere = {-104, 25, -103, 26};
    struct world_box area = grid_box(&everywhere);
    struct feature_list all = find_in(fixture, layer, everywhere, 18);
    assert_int_equal(all.count, COUNT);
    const bool columns[] = {false, true, false};
    for (int pass = 0; pass < 2; pass++) {
        size_t asked = 0;
        struct store_wish wish = {columns, pass == 1, shows_some, &asked};
        struct feature_list some;
        check(fixture,
              store_find_wanted(open_store(fixture), layer, &area, 18, &wish, fixture->arena, &some, &fixture->err));
        assert_int_equal(asked, USES);
        assert_int_equal(some.tuple_count, USES / 3);
        size_t next = 0;
        for (size_t i = 0; i < all.count; i++) {
            const struct value *use = &all.features[i].values[1];
            if (use->string.data[use->string.length - 1] % 3 != 0) {
                continue;
            }
            const struct feature *feature = &some.features[next++];
            assert_int_equal(feature->row, all.features[i].row);
            assert_memory_equal(feature->geometry.points, all.features[i].geometry.points, sizeof(struct world_point));
            assert_true(value_equal(&feature->values[1], use));
            assert_int_equal(feature->values[0].type, VALUE_NULL);
            assert_in_range(feature->tuple, 0, some.tuple_count - 1);
            assert_true(pass == 1 ? value_equal(&feature->id, &all.features[i].id) : feature->id.type == VALUE_NULL);
        }
        assert_int_equal(next, some.count);
    }
    /* No column at all: one tuple, and everything is there. */
    const bool none[] = {false, false, false};
    struct store_wish bare = {.columns = none};
    struct feature_list found;
    check(fixture,
          store_find_wanted(open_store(fixture), layer, &area, 18, &bare, fixture->arena, &found, &fixture->err));
    assert_int_equal(found.count, COUNT);
    assert_int_equal(found.tuple_count, 1);
}

/* Tuples of two columns. */
static bool shows_two(void *context, const struct value *values)
{
    (void)context;
    return (values[0].integer + (values[1].type == VALUE_STRING)) % 2 == 0;
}

/* Classes are looked up for whole blocks, others feature by feature: both come to what store_find gives, whatever part
 * of the blocks an area cuts out. */
static void finds_whole_classes(void **state)
{
    struct fixture *fixture = *state;
    static const struct field fields[] = {{"clase", FIELD_INTEGER}, {"tipo", FIELD_STRING}, {"clave", FIELD_INTEGER}};
    open_writer(fixture);
    begin_layer(fixture, "calles", GEOMETRY_LINE, NULL, fields, 3, "{\"id\": \"calles\"}");
    enum { COUNT = 3000 };
    srand(5);
    for (int i = 0; i < COUNT; i++) {
        char wkt[96];
        double x = -103.5 + 0.4 * rand() / RAND_MAX;
        double y = 25.4 + 0.4 * rand() / RAND_MAX;
        snprintf(wkt, sizeof wkt, "LINESTRING(%.6f %.6f,%.6f %.6f)", x, y, x + 0.002, y + 0.001 * (i % 3));
        struct value values[] = {value_of_int(i / 7 % 3), i % 4 == 0 ? value_null() : value_of_string("vieja"),
                                 value_of_int(i)};
        add_wkt(fixture, i + 1, wkt, NULL, values);
    }
    publish(fixture);
    close_writer(fixture);
    const struct store_layer *layer = find_layer(fixture, "calles");
    for (int pass = 0; pass < 60; pass++) {
        /* With "clave", of which all values differ, there is no class. */
        const bool columns[] = {true, true, pass % 2 == 0};
        struct store_wish wish = {.columns = columns, .shows = shows_two};
        double size = pass % 5 * 0.05;
        struct bbox degrees = {-103.5 + 0.004 * pass, 25.4, -103.45 + 0.004 * pass + size, 25.5 + size};
        struct world_box area = grid_box(&degrees);
        double zoom = pass % 3 == 0 ? 18 : 10;
        struct feature_list all = find_in(fixture, layer, degrees, zoom);
        struct feature_list some;
        check(fixture,
              store_find_wanted(open_store(fixture), layer, &area, zoom, &wish, fixture->arena, &some, &fixture->err));
        size_t next = 0;
        for (size_t i = 0; i < all.count; i++) {
            const struct feature *expected = &all.features[i];
            if (shows_two(NULL, expected->values)) {
                assert_true(next < some.count);
                const struct feature *feature = &some.features[next++];
                assert_int_equal(feature->row, expected->row);
                assert_memory_equal(&feature->box, &expected->box, sizeof feature->box);
                assert_int_equal(feature->geometry.vertex_count, expected->geometry.vertex_count);
                assert_memory_equal(feature->geometry.points, expected->geometry.points,
                                    feature->geometry.vertex_count * sizeof(struct world_point));
                assert_true(value_equal(&feature->values[0], &expected->values[0]));
                assert_true(value_equal(&feature->values[1], &expected->values[1]));
            }
        }
        assert_int_equal(next, some.count);
        assert_true(some.count == 0 || some.tuple_count > 0);
    }
}

/* For vector tiles ids and values are read when somebody asks for them: the same that store_find gives, or damage. */
static void reads_values_late(void **state)
{
    struct fixture *fixture = *state;
    load_grid(fixture, "manzanas", 10, "Centro");
    const struct store_layer *layer = find_layer(fixture, "manzanas");
    struct feature_list all = find_in(fixture, layer, whole, 16);
    struct world_box area = grid_box(&whole);
    struct feature_list found;
    check(fixture, store_find_for_vector(fixture->store, layer, &area, 16, fixture->arena, &found, &fixture->err));
    assert_int_equal(found.count, all.count);
    for (size_t i = 0; i < found.count; i++) {
        struct value scratch[2];
        struct value id;
        const struct value *values;
        assert_null(found.features[i].values);
        check(fixture, feature_list_values(&found, &found.features[i], scratch, &id, &values, &fixture->err));
        assert_true(value_equal(&id, &all.features[i].id));
        assert_true(value_equal(&values[0], &all.features[i].values[0]));
        assert_true(value_equal(&values[1], &all.features[i].values[1]));
        check(fixture, feature_list_values(&all, &all.features[i], scratch, &id, &values, &fixture->err));
        assert_ptr_equal(values, all.features[i].values);
        assert_true(value_equal(&id, &all.features[i].id));

        struct feature cut = found.features[i];
        cut.unread.length--;
        assert_false(feature_list_values(&found, &cut, scratch, &id, &values, &fixture->err));
        assert_int_equal(fixture->err.kind, ERROR_UNAVAILABLE);
    }
}

static void copies_across_the_antimeridian(void **state)
{
    struct fixture *fixture = *state;
    open_writer(fixture);
    begin_layer(fixture, "fiyi", GEOMETRY_POLYGON, NULL, NULL, 0, "{}");
    add_wkt(fixture, 1, "POLYGON((179 -17,-179 -17,-179 -16,179 -16,179 -17))", NULL, NULL); /* crosses */
    add_wkt(fixture, 2, "POLYGON((178 -17,178.5 -17,178.5 -16,178 -17))", NULL, NULL);
    add_wkt(fixture, 3, "POLYGON((-178.5 -17,-178 -17,-178 -16,-178.5 -17))", NULL, NULL);
    publish(fixture);
    close_writer(fixture);
    const struct store_layer *layer = find_layer(fixture, "fiyi");
    const struct {
        double west, east;
        size_t count;
        int64_t rows[8];
        int shifts[8];
    } table[] = {
        /* The crossing one was cut in two parts: its box spans the world. */
        {177, -177, 4, {1, 1, 2, 3}, {0, 1, 0, 1}},
        {-179.5, -177, 2, {1, 3}, {0, 0}},
    };
    for (size_t t = 0; t < sizeof table / sizeof *table; t++) {
        struct feature_list found = find_in(fixture, layer, (struct bbox){table[t].west, -18, table[t].east, -15}, 12);
        assert_int_equal(found.count, table[t].count);
        for (size_t i = 0; i < found.count; i++) {
            assert_int_equal(found.features[i].row, table[t].rows[i]);
            assert_int_equal(found.features[i].shift_x, table[t].shifts[i] * GRID_WORLD_UNITS);
        }
    }
    /* A tile at the western edge with its buffer sees the east's features one world to the left. */
    struct world_box area = tile_box((struct tile_id){4, 0, 8});
    area.min_x -= 20000000;
    struct feature_list found;
    check(fixture, store_find(fixture->store, layer, &area, 12, fixture->arena, &found, &fixture->err));
    bool seen = false;
    for (size_t i = 0; i < found.count; i++) {
        seen = seen || (found.features[i].row == 2 && found.features[i].shift_x == -GRID_WORLD_UNITS);
        assert_true(i == 0 || found.features[i].row > found.features[i - 1].row ||
                    found.features[i].shift_x > found.features[i - 1].shift_x);
    }
    assert_true(seen);
}

static void keeps_long_attributes_and_large_geometry(void **state)
{
    struct fixture *fixture = *state;
    static const struct field fields[] = {{"texto", FIELD_STRING}, {"oculto", FIELD_STRING}};
    static char text[5000];
    memset(text, 'x', sizeof text - 1);
    open_writer(fixture);
    begin_layer(fixture, "grande", GEOMETRY_LINE, NULL, fields, 2, "{\"fields\": {\"oculto\": {\"hidden\": true}}}");
    struct buffer wkt;
    buffer_init(&wkt, 1 << 24);
    for (int64_t row = 1; row <= 5; row++) {
        buffer_clear(&wkt);
        for (int i = 0; i < 20000; i++) {
            buffer_printf(&wkt, "%s%.6f %.6f", i == 0 ? "LINESTRING(" : ",", -103 + i * 1e-5, 25 + (i % 7) * 1e-4);
        }
        buffer_append_text(&wkt, ")");
        struct value values[] = {value_of_text((struct text){text, (size_t)row * 900}), value_of_string("secreto")};
        add_wkt(fixture, row, buffer_text(&wkt), NULL, values);
    }
    buffer_finish(&wkt);
    publish(fixture);
    close_writer(fixture);
    const struct store_layer *layer = find_layer(fixture, "grande");
    assert_int_equal(layer->field_count, 1);
    struct feature_list found = find_in(fixture, layer, whole, 18);
    assert_int_equal(found.count, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(found.features[i].geometry.vertex_count, 20000);
        assert_int_equal(found.features[i].values[0].string.length, (i + 1) * 900);
        assert_int_equal(found.features[i].id.integer, i + 1);
    }
    struct arena *small = arena_create(100000);
    struct world_box area = grid_box(&whole);
    struct feature_list none;
    assert_false(store_find(fixture->store, layer, &area, 18, small, &none, &fixture->err));
    assert_int_equal(fixture->err.kind, ERROR_TOO_LARGE);
    arena_destroy(small);
    /* And the store still answers. */
    assert_int_equal(find_in(fixture, layer, whole, 3).count, 5);
}

static void edit_cells(const struct fixture *fixture, const char *sql)
{
    char path[128];
    snprintf(path, sizeof path, "%s/cells.sqlite", fixture->directory);
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static int64_t bands_of(const struct fixture *fixture)
{
    char path[128];
    snprintf(path, sizeof path, "%s/cells.sqlite", fixture->directory);
    sqlite3 *db;
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT bands FROM version", -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t bands = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return bands;
}

/* Points 5 km apart: all are drawn from zoom 7 on, so one band does for all of these zooms. Below, points of a square
 * become one, which needs bands of its own. */
static void leaves_bands_out(void **state)
{
    struct fixture *fixture = *state;
    enum { SIDE = 150 };
    open_writer(fixture);
    begin_layer(fixture, "puntos", GEOMETRY_POINT, NULL, NULL, 0, "{}");
    for (int i = 0; i < SIDE * SIDE; i++) {
        char wkt[64];
        snprintf(wkt, sizeof wkt, "POINT(%.4f %.4f)", -106 + i % SIDE * 0.05, 20 + (double)(i / SIDE) * 0.05);
        add_wkt(fixture, i + 1, wkt, NULL, NULL);
    }
    publish(fixture);
    close_writer(fixture);
    int64_t bands = bands_of(fixture);
    assert_true((bands >> CELL_BAND_FULL & 1) && (bands & 1));
    for (unsigned zoom = 7; zoom <= 13; zoom++) {
        assert_false(bands >> cell_band(zoom) & 1);
    }
    const struct store_layer *layer = find_layer(fixture, "puntos");
    for (unsigned zoom = 0; zoom <= 15; zoom++) {
        struct feature_list found = find_in(fixture, layer, whole, zoom);
        assert_in_range(found.count, 1, SIDE * SIDE);
        assert_true(zoom < 7 || found.count == SIDE * SIDE);
        assert_true(zoom > 2 || found.count < SIDE * SIDE / 16);
        /* On the grid of the band that stands for the zoom's. */
        for (size_t i = 0; i < found.count && zoom >= 7; i++) {
            struct world_point point = found.features[i].geometry.points[0];
            assert_int_equal(point.x, found.features[i].box.min_x);
            assert_int_equal(point.y, found.features[i].box.min_y);
        }
    }
}

/* Damage in the cache is an error with a cure, never a crash, and a rebuild heals it. */
static void reports_and_heals_damage(void **state)
{
    struct fixture *fixture = *state;
    static const char *const damages[] = {
        "UPDATE node SET data=x'00'",
        "UPDATE node SET data=substr(data, 1, length(data)-1)",
        "UPDATE node SET data=CAST(replace(hex(data),'A1','A2') AS BLOB)",
        "DELETE FROM node WHERE id & 0x1ffffffff > 0",
        "DELETE FROM node",
        "UPDATE version SET stamp=stamp+1",
        "DELETE FROM version",
    };
    load_grid(fixture, "manzanas", 30, "Centro");
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        edit_cells(fixture, damages[i]);
        const struct store_layer *layer = find_layer(fixture, "manzanas");
        struct feature_list found;
        struct world_box area = grid_box(&whole);
        assert_false(store_find(fixture->store, layer, &area, 12, fixture->arena, &found, &fixture->err));
        assert_int_equal(fixture->err.kind, ERROR_UNAVAILABLE);
        assert_non_null(strstr(fixture->err.english, "tesela rebuild"));
        open_writer(fixture);
        check(fixture, store_writer_rebuild_cells(fixture->writer, i % 2 == 0 ? NULL : "manzanas", &fixture->err));
        close_writer(fixture);
        assert_int_equal(find_in(fixture, layer, whole, 12).count, 900);
    }
}

static void survives_without_its_cache(void **state)
{
    struct fixture *fixture = *state;
    load_grid(fixture, "manzanas", 10, "Centro");
    const struct store_layer *layer = find_layer(fixture, "manzanas");
    struct feature_list before = find_in(fixture, layer, whole, 12);
    uint64_t generation;
    uint64_t later;
    bool complete = false;
    check(fixture, store_generation(fixture->store, &generation, &fixture->err));
    check(fixture, store_cells_are_complete(fixture->store, &complete, &fixture->err));
    assert_true(complete);
    char path[128];
    snprintf(path, sizeof path, "%s/cells.sqlite", fixture->directory);
    for (int damaged = 0; damaged < 2; damaged++) {
        assert_int_equal(unlink(path), 0);
        if (damaged) {
            FILE *file = fopen(path, "wb");
            for (int i = 0; i < 40000; i++) {
                fputc(i * 7 % 251, file);
            }
            fclose(file);
        }
        check(fixture, store_cells_are_complete(fixture->store, &complete, &fixture->err));
        assert_false(complete);
        struct feature_list found;
        struct world_box area = grid_box(&whole);
        assert_false(store_find(fixture->store, layer, &area, 12, fixture->arena, &found, &fixture->err));
        assert_int_equal(fixture->err.kind, ERROR_UNAVAILABLE);
        open_writer(fixture);
        check(fixture, store_writer_complete_cells(fixture->writer, &fixture->err));
        close_writer(fixture);
        check(fixture, store_generation(fixture->store, &later, &fixture->err));
        assert_true(later != generation);
        generation = later;
        check(fixture, store_cells_are_complete(fixture->store, &complete, &fixture->err));
        assert_true(complete);
        struct feature_list after = find_in(fixture, layer, whole, 12);
        assert_int_equal(after.count, before.count);
        for (size_t i = 0; i < after.count; i++) {
            const struct feature *a = &before.features[i];
            const struct feature *b = &after.features[i];
            assert_memory_equal(a->geometry.points, b->geometry.points, a->geometry.vertex_count * 8);
            assert_true(value_equal(&a->values[1], &b->values[1]));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(finds_by_area, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(agrees_with_a_plain_search, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(finds_what_is_wanted, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(finds_whole_classes, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(reads_values_late, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(copies_across_the_antimeridian, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(keeps_long_attributes_and_large_geometry, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(leaves_bands_out, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(reports_and_heals_damage, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(survives_without_its_cache, fixture_setup, fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
