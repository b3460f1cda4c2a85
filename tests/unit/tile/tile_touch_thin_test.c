/* SPDX-License-Identifier: MIT */
/* Layers large enough to be generalised along their borders and thinned: what a far zoom shows then depends on
 * neighbours of a feature, and on the layer as a whole. */

#include "unit/tile/kept_tiles.h"

enum {
    ACROSS = 420, /* several tiles at zooms where layers are thinned */
    DOWN = 12,
    SPOTS_ACROSS = 2 * ACROSS + 1,
    SPOTS_DOWN = 2 * DOWN + 1,
    COUNT = ACROSS * DOWN, /* not many more than those that are never thinned */
    FEW = 5000,
    ROUNDS = 7
};

static const double step = 0.0018; /* degrees: small up to zoom 9 */

struct parcel {
    int column;
    int row;
    int value;
    bool is_gone;
};

static enum geometry_kind kind;
static struct parcel parcels[COUNT];
static int count; /* the first ones are loaded */
/* The vertices: corners at even places, middles of edges between them. Neighbours share them. */
static double spots[SPOTS_DOWN][SPOTS_ACROSS][2];
static uint32_t seed = 99;

static uint32_t random_below(uint32_t bound)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % bound;
}

static double jitter(void)
{
    return (random_below(2001) - 1000.0) * 0.0002 * step;
}

static void start(enum geometry_kind wanted)
{
    kind = wanted;
    count = COUNT;
    for (int y = 0; y < SPOTS_DOWN; y++) {
        for (int x = 0; x < SPOTS_ACROSS; x++) {
            spots[y][x][0] = -103.45 + step / 2 * (x - ACROSS) + jitter();
            spots[y][x][1] = 25.45 + step / 2 * (y - DOWN) + jitter();
        }
    }
    for (int i = 0; i < COUNT; i++) {
        parcels[i] = (struct parcel){i % ACROSS, i / ACROSS, i % 5, false};
    }
}

static void write_spots(struct buffer *wkt, const struct parcel *parcel, const int (*ways)[2], int way_count)
{
    for (int i = 0; i < way_count; i++) {
        const double *spot = spots[2 * parcel->row + ways[i][1]][2 * parcel->column + ways[i][0]];
        buffer_printf(wkt, "%s%.7f %.7f", i > 0 ? "," : "", spot[0], spot[1]);
    }
}

static void write_wkt(struct buffer *wkt, const struct parcel *parcel)
{
    static const int around[][2] = {{0, 0}, {1, 0}, {2, 0}, {2, 1}, {2, 2}, {1, 2}, {0, 2}, {0, 1}, {0, 0}};
    buffer_clear(wkt);
    if (kind == GEOMETRY_POLYGON) {
        buffer_printf(wkt, "POLYGON((");
        write_spots(wkt, parcel, around, 9);
        buffer_printf(wkt, "))");
    } else if (kind == GEOMETRY_LINE && parcel->column == 0) {
        buffer_printf(wkt, "LINESTRING("); /* along all the others of its row, some of which part from it */
        for (int x = 0; x < SPOTS_ACROSS; x++) {
            write_spots(wkt, parcel, (const int[][2]){{x, 0}}, 1);
            buffer_printf(wkt, x + 1 < SPOTS_ACROSS ? "," : ")");
        }
    } else if (kind == GEOMETRY_LINE) {
        buffer_printf(wkt, "LINESTRING(");
        write_spots(wkt, parcel, around, 4);
        buffer_printf(wkt, ")");
    } else {
        buffer_printf(wkt, "POINT(");
        write_spots(wkt, parcel, around, 1);
        buffer_printf(wkt, ")");
    }
}

static void load(struct fixture *fixture)
{
    static const struct field fields[] = {{"clave", FIELD_INTEGER}, {"valor", FIELD_INTEGER}};
    struct buffer wkt;
    buffer_init(&wkt, 1 << 20);
    open_writer(fixture);
    begin_layer(fixture, "zonas", kind, NULL, fields, 2, "{\"id\": \"zonas\", \"key\": \"clave\"}");
    int64_t row = 1;
    for (int i = 0; i < count; i++) {
        const struct parcel *parcel = &parcels[i];
        if (!parcel->is_gone) {
            struct value values[] = {value_of_int(parcel->column + (int64_t)ACROSS * parcel->row),
                                     value_of_int(parcel->value)};
            write_wkt(&wkt, parcel);
            add_wkt(fixture, row++, buffer_text(&wkt), NULL, values);
        }
    }
    publish(fixture);
    close_writer(fixture);
    arena_reset(fixture->arena);
    buffer_finish(&wkt);
}

/* A feature in the middle, where the tiles are. */
static struct parcel *some(void)
{
    int column = ACROSS / 2 - 4 + (int)random_below(9);
    int row = (int)random_below(DOWN);
    return &parcels[column + ACROSS * row];
}

static void move(int x, int y)
{
    spots[y][x][0] += jitter();
    spots[y][x][1] += jitter();
}

static const char *edit(int round)
{
    struct parcel *parcel = some();
    switch (round) {
    case 0:
        parcel->value = 4 - parcel->value + (parcel->value == 2);
        return "value";
    case 1:
        move(2 * parcel->column, 2 * parcel->row);
        return "corner moved";
    case 2:
        move(2 * parcel->column + 1, 2 * parcel->row);
        return "border moved";
    case 3:
        count = FEW; /* the last ones are far away, but now nothing is thinned */
        return "few";
    case 4:
        count = COUNT;
        return "many";
    case 5:
        parcel->is_gone = true; /* the rows behind it are others now, and who stands for all goes by the row */
        return "removed";
    default: {
        struct parcel *other = some();
        struct parcel kept = *parcel;
        *parcel = *other;
        *other = kept;
        return "order";
    }
    }
}

static const char map[] =
    "{\"version\":8,\"sources\":{\"z\":{\"type\":\"vector\",\"url\":\"tesela://zonas\"}},\"layers\":["
    "{\"id\":\"f\",\"type\":\"%s\",\"source\":\"z\",\"source-layer\":\"zonas\",\"paint\":{\"%s-color\":["
    "\"interpolate\",[\"linear\"],[\"get\",\"valor\"],0,\"#0af\",4,\"#fa0\"]}}]}";

static void want_all_zooms(void)
{
    for (uint32_t z = 4; z <= 16; z++) {
        int radius = z >= 10 && z % 2 == 0;
        want(TILE_PNG, "plano", z, 256, radius);
        want(TILE_MVT, "zonas", z, 512, radius);
    }
}

static void run(struct fixture *fixture, enum geometry_kind wanted)
{
    static const char *const types[] = {
        [GEOMETRY_POINT] = "circle", [GEOMETRY_LINE] = "line", [GEOMETRY_POLYGON] = "fill"};
    struct tile_worker worker;
    char style[1024];
    start(wanted);
    load(fixture);
    snprintf(style, sizeof style, map, types[wanted], types[wanted]);
    put_style(fixture, "plano", style);
    check(fixture, tile_worker_init(&worker, fixture->directory, &fixture->err));
    want_all_zooms();
    check_round(fixture, &worker, "start");
    for (int round = 0; round < ROUNDS; round++) {
        const char *what = edit(round);
        load(fixture);
        size_t touched = check_round(fixture, &worker, what);
        print_message("%s: %zu of %zu tiles touched, %zu are others\n", what, touched, tile_count, others);
        /* One at each zoom and of each kind, and those that the feature meets elsewhere. */
        if (round < 3) {
            assert_true(touched <= 2 * 13 + 20);
        }
    }
    tile_worker_finish(&worker);
    free_tiles();
}

static void test_polygons(void **state)
{
    run(*state, GEOMETRY_POLYGON);
}

static void test_lines(void **state)
{
    run(*state, GEOMETRY_LINE);
}

static void test_points(void **state)
{
    run(*state, GEOMETRY_POINT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_polygons, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_lines, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_points, fixture_setup, fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
