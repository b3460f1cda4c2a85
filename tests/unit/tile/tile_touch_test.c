/* SPDX-License-Identifier: MIT */
/* A small layer is edited at random, again and again. After each edit every tile that is said to be untouched since it
 * was made must be, byte for byte, the tile that is made now; and few are touched. */

#include "unit/tile/kept_tiles.h"

enum { FEATURES_MAX = 80, ACROSS = 8, ROUNDS = 14 };

/* --- the layer as it should be --- */

struct parcel {
    int64_t key;
    int value;
    int name;
    double x; /* degrees */
    double y;
    double size;
};

static struct parcel parcels[FEATURES_MAX];
static int parcel_count;
static uint32_t seed = 12345;

static uint32_t random_below(uint32_t bound)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % bound;
}

static struct parcel random_parcel(int64_t key)
{
    return (struct parcel){key,
                           (int)random_below(5),
                           (int)random_below(1000),
                           -103.5 + 0.0005 * random_below(200),
                           25.4 + 0.0005 * random_below(200),
                           0.0005 * (1 + random_below(20))};
}

static void start(void)
{
    parcel_count = ACROSS * ACROSS;
    for (int i = 0; i < parcel_count; i++) {
        parcels[i] = (struct parcel){i, i % 5, i, -103.5 + 0.0125 * (i % ACROSS), 25.4 + 0.0125 * (i / ACROSS), 0.0125};
    }
}

/* One of the things people do to a layer. */
static const char *edit(void)
{
    static int64_t next_key = 1000;
    int at = (int)random_below((uint32_t)parcel_count);
    switch (random_below(7)) {
    case 0:
        parcels[at].value = (parcels[at].value + 1) % 5;
        return "value";
    case 1:
        parcels[at].name++;
        return "name";
    case 2:
        parcels[at].x += 0.001;
        return "moved";
    case 3:
        if (parcel_count == FEATURES_MAX) {
            return "nothing";
        }
        memmove(&parcels[at + 1], &parcels[at], (size_t)(parcel_count - at) * sizeof *parcels);
        parcels[at] = random_parcel(next_key++);
        parcel_count++;
        return "added";
    case 4:
        memmove(&parcels[at], &parcels[at + 1], (size_t)(parcel_count - at - 1) * sizeof *parcels);
        parcel_count--;
        return "removed";
    case 5: {
        int other = (int)random_below((uint32_t)parcel_count);
        struct parcel kept = parcels[at];
        parcels[at] = parcels[other];
        parcels[other] = kept;
        return "order";
    }
    default:
        return "nothing";
    }
}

static void load(struct fixture *fixture, bool has_key)
{
    static const struct field fields[] = {{"clave", FIELD_INTEGER}, {"valor", FIELD_INTEGER}, {"nombre", FIELD_STRING}};
    open_writer(fixture);
    begin_layer(fixture, "zonas", GEOMETRY_POLYGON, NULL, fields, 3,
                has_key ? "{\"id\": \"zonas\", \"key\": \"clave\"}" : "{\"id\": \"zonas\"}");
    for (int i = 0; i < parcel_count; i++) {
        const struct parcel *p = &parcels[i];
        char wkt[256];
        char name[32];
        snprintf(wkt, sizeof wkt, "POLYGON((%.6f %.6f,%.6f %.6f,%.6f %.6f,%.6f %.6f,%.6f %.6f))", p->x, p->y,
                 p->x + p->size, p->y, p->x + p->size, p->y + p->size, p->x, p->y + p->size, p->x, p->y);
        snprintf(name, sizeof name, "Zona %d", p->name);
        struct value values[] = {value_of_int(p->key), value_of_int(p->value), value_of_string(name)};
        add_wkt(fixture, i + 1, wkt, NULL, values);
    }
    publish(fixture);
    close_writer(fixture);
    arena_reset(fixture->arena);
}

/* --- maps --- */

static const char plain_map[] =
    "{\"version\":8,\"sources\":{\"z\":{\"type\":\"vector\",\"url\":\"tesela://zonas\"}},\"layers\":["
    "{\"id\":\"f\",\"type\":\"fill\",\"source\":\"z\",\"source-layer\":\"zonas\",\"paint\":{\"fill-opacity\":0.7,"
    "\"fill-color\":[\"interpolate\","
    "[\"linear\"],[\"get\",\"valor\"],0,\"#0af\",4,\"#fa0\"]}},"
    "{\"id\":\"l\",\"type\":\"line\",\"source\":\"z\",\"source-layer\":\"zonas\",\"paint\":{\"line-width\":9,\"line-"
    "color\":\"#333\","
    "\"line-opacity\":0.5}}]}";
static const char labelled_map[] =
    "{\"version\":8,\"sources\":{\"z\":{\"type\":\"vector\",\"url\":\"tesela://zonas\"}},\"layers\":["
    "{\"id\":\"f\",\"type\":\"fill\",\"source\":\"z\",\"source-layer\":\"zonas\",\"paint\":{\"fill-color\":\"#eee\"}},"
    "{\"id\":\"s\",\"type\":\"symbol\",\"source\":\"z\",\"source-layer\":\"zonas\",\"layout\":{\"text-field\":[\"get\","
    "\"nombre\"],"
    "\"text-size\":14}}]}";

static void open_worker(struct fixture *fixture, struct tile_worker *worker)
{
    put_style(fixture, "plano", plain_map);
    put_style(fixture, "rotulos", labelled_map);
    check(fixture, tile_worker_init(worker, fixture->directory, &fixture->err));
}

static void run_rounds(struct fixture *fixture, bool has_key, double share_max)
{
    struct tile_worker worker;
    size_t touched = 0;
    start();
    load(fixture, has_key);
    open_worker(fixture, &worker);
    assert_int_equal(check_round(fixture, &worker, "start"), 0);
    for (int round = 0; round < ROUNDS; round++) {
        const char *what = edit();
        load(fixture, has_key);
        size_t now = check_round(fixture, &worker, what);
        touched += now;
        if (strcmp(what, "nothing") == 0) {
            assert_int_equal(now, 0);
        }
    }
    double share = (double)touched / (double)(ROUNDS * tile_count);
    print_message("%.1f %% of %zu tiles touched by an edit\n", 100 * share, tile_count);
    assert_true(share < share_max);
    tile_worker_finish(&worker);
    free_tiles();
}

static void test_random_edits(void **state)
{
    want(TILE_PNG, "plano", 16, 256, 4);
    want(TILE_PNG, "plano", 13, 512, 1);
    want(TILE_MVT, "zonas", 15, 512, 2);
    want(TILE_MVT, "plano", 13, 512, 1);
    want(TILE_GEOJSON, "zonas", 14, 512, 1);
    run_rounds(*state, true, 0.25);
}

/* Ids are row numbers: what follows a new or removed row has others, and vector tiles show them. Pictures do not. */
static void test_without_key(void **state)
{
    want(TILE_PNG, "plano", 16, 256, 3);
    run_rounds(*state, false, 0.25);
    want(TILE_MVT, "zonas", 15, 512, 2);
    run_rounds(*state, false, 1);
}

/* Labels are placed for whole squares: most of what an edit reaches turns out the same. */
static void test_labels(void **state)
{
    want(TILE_PNG, "rotulos", 16, 256, 2);
    want(TILE_PNG, "rotulos", 14, 512, 1);
    run_rounds(*state, true, 0.3);
}

/* One parcel of many: exactly the tiles that its box with its outline meets. */
static void test_one_edit_is_exact(void **state)
{
    struct fixture *fixture = *state;
    struct tile_worker worker;
    start();
    load(fixture, true);
    open_worker(fixture, &worker);
    want(TILE_PNG, "plano", 17, 256, 7);
    check_round(fixture, &worker, "start");
    int middle = ACROSS * (ACROSS / 2) + ACROSS / 2;
    parcels[middle].value = 4 - parcels[middle].value;
    load(fixture, true);
    struct catalog *catalog = read_catalog(fixture);
    struct bbox box = {parcels[middle].x, parcels[middle].y, parcels[middle].x + parcels[middle].size,
                       parcels[middle].y + parcels[middle].size};
    struct world_box area = grid_box(&box);
    size_t expected = 0;
    for (size_t i = 0; i < tile_count; i++) {
        struct view view = view_of_tile(tiles[i].request.tile, 256, 1);
        struct world_box seen = view_box(&view);
        int64_t reach = (int64_t)(8 * view_units_per_px(&view)); /* half of 9 pixels, and their edges; mitres of 2 */
        struct world_box far = {seen.min_x - 2 * reach, seen.min_y - 2 * reach, seen.max_x + 2 * reach,
                                seen.max_y + 2 * reach};
        enum tile_touch touch = tile_touch_since(catalog, &tiles[i].request, tiles[i].mark);
        if (world_box_touches(&seen, &area)) {
            assert_int_equal(touch, TILE_TOUCHED);
            expected++;
        } else if (!world_box_touches(&far, &area)) {
            assert_int_equal(touch, TILE_UNTOUCHED);
        }
    }
    catalog_unref(catalog);
    assert_true(expected > 4 && expected < tile_count / 2);
    check_round(fixture, &worker, "one");
    tile_worker_finish(&worker);
    free_tiles();
}

/* What happens to whole layers, and moments that the list does not know. */
static void test_whole_layers(void **state)
{
    struct fixture *fixture = *state;
    struct tile_worker worker;
    start();
    load(fixture, true);
    open_worker(fixture, &worker);
    want(TILE_PNG, "plano", 14, 256, 1);
    want(TILE_MVT, "plano", 14, 512, 0);
    check_round(fixture, &worker, "start");
    load_grid(fixture, "otra", 3, "x"); /* another layer, of no map */
    assert_int_equal(check_round(fixture, &worker, "another layer"), 0);
    open_writer(fixture);
    check(fixture, store_writer_unpublish(fixture->writer, "zonas", &fixture->err));
    close_writer(fixture);
    assert_int_equal(check_round(fixture, &worker, "unpublished"), tile_count);
    open_writer(fixture);
    int64_t version;
    check(fixture, store_writer_publish_version(fixture->writer, "zonas", 0, &version, &fixture->err));
    close_writer(fixture);
    assert_int_equal(check_round(fixture, &worker, "published again"), tile_count);
    load(fixture, false); /* the ids come from elsewhere now */
    assert_int_equal(check_round(fixture, &worker, "no key"), tile_count);
    open_writer(fixture);
    check(fixture, store_writer_rebuild_cells(fixture->writer, NULL, &fixture->err));
    close_writer(fixture);
    assert_int_equal(check_round(fixture, &worker, "rebuilt"), tile_count);
    for (size_t i = 0; i < tile_count; i++) {
        tiles[i].mark = 4711;
    }
    assert_int_equal(check_round(fixture, &worker, "unknown moment"), tile_count);
    tile_worker_finish(&worker);
    free_tiles();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_random_edits, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_without_key, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_labels, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_one_edit_is_exact, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_whole_layers, fixture_setup, fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
