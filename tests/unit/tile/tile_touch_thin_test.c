/* SPDX-License-Identifier: MIT */
/* Layers large enough to be generalised along their borders and thinned: what a far zoom shows then depends on
 * neighbours of a feature, and on the layer as a whole. They are edited in every way there is, first each in turn, then
 * at random (TESELA_LONG: for long): no tile may be kept that is not right any more, and hardly one be made again that
 * still was. */

#include "unit/tile/kept_tiles.h"

enum {
    ACROSS = 420, /* several tiles at zooms where layers are thinned */
    DOWN = 12,
    SPOTS_ACROSS = 2 * ACROSS + 1,
    SPOTS_DOWN = 2 * DOWN + 1,
    COUNT = ACROSS * DOWN, /* not many more than those that are never thinned */
    FEW = 5000,
    RANDOM_ROUNDS = 1,
    RANDOM_ROUNDS_LONG = 150,
    /* Tiles made again without need: a box is wider than what it holds, and a square of pixels may come out as before.
     */
    NEEDLESS = 16
};

static const double step = 0.0018; /* degrees: small up to zoom 9 */

struct parcel {
    int column;
    int row;
    int value;
    int name;
    int64_t key;
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
        parcels[i] = (struct parcel){i % ACROSS, i / ACROSS, i % 5, i, i, false};
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
    static const struct field fields[] = {{"clave", FIELD_INTEGER}, {"valor", FIELD_INTEGER}, {"nombre", FIELD_STRING}};
    struct buffer wkt;
    buffer_init(&wkt, 1 << 20);
    open_writer(fixture);
    begin_layer(fixture, "zonas", kind, NULL, fields, 3, "{\"id\": \"zonas\", \"key\": \"clave\"}");
    int64_t row = 1;
    for (int i = 0; i < count; i++) {
        const struct parcel *parcel = &parcels[i];
        if (!parcel->is_gone) {
            char name[32];
            snprintf(name, sizeof name, "N%d", parcel->name);
            struct value values[] = {value_of_int(parcel->key), value_of_int(parcel->value), value_of_string(name)};
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

enum edit { VALUE, CORNER, BORDER, NAME, KEY, REMOVED, INSERTED, BEYOND, ORDER, EDITS, FEWER = EDITS, MANY };

static const char *const edit_names[] = {"value",    "corner moved", "border moved", "name", "key", "removed",
                                         "inserted", "beyond",       "order",        "few",  "many"};

/* Puts the first one that was removed back among the others. */
static void insert(void)
{
    for (int i = 0; i < count; i++) {
        if (parcels[i].is_gone) {
            parcels[i].is_gone = false;
            return;
        }
    }
}

static void apply(enum edit what)
{
    struct parcel *parcel = some();
    struct parcel *other = some();
    static int64_t next_key = 2 * COUNT;
    switch (what) {
    case VALUE:
        parcel->value = 4 - parcel->value + (parcel->value == 2);
        break;
    case CORNER:
        move(2 * parcel->column, 2 * parcel->row);
        break;
    case BORDER:
        move(2 * parcel->column + 1, 2 * parcel->row);
        break;
    case NAME:
        parcel->name += COUNT;
        break;
    case KEY:
        parcel->key = next_key++;
        break;
    case REMOVED:
        parcel->is_gone = true; /* the rows behind it are others now */
        break;
    case INSERTED:
        insert();
        break;
    case BEYOND:
        /* Far from all tiles near, at the beginning of the file. */
        parcels[1].is_gone = !parcels[1].is_gone;
        break;
    case ORDER: {
        struct parcel kept = *parcel;
        *parcel = *other;
        *other = kept;
        break;
    }
    case FEWER:
        count = FEW; /* the last ones are far away, but now nothing is thinned */
        break;
    case MANY:
        count = COUNT;
        break;
    }
}

#define SOURCE "{\"version\":8,\"sources\":{\"z\":{\"type\":\"vector\",\"url\":\"tesela://zonas\"}},\"layers\":["
#define LAYER ",\"source\":\"z\",\"source-layer\":\"zonas\""
#define COLOR "[\"interpolate\",[\"linear\"],[\"get\",\"valor\"],0,\"#0af\",4,\"#fa0\"]"

static const char plain_map[] = SOURCE "{\"id\":\"f\",\"type\":\"%s\"" LAYER ",\"paint\":{\"%s-color\":" COLOR "}}]}";
/* What is drawn reaches far beyond the features: wide lines beside them, large circles. */
static const char wide_map[] = SOURCE "{\"id\":\"l\",\"type\":\"line\"" LAYER
                                      ",\"paint\":{\"line-width\":24,\"line-offset\":9,\"line-opacity\":0.5,"
                                      "\"line-color\":" COLOR "}},{\"id\":\"c\",\"type\":\"circle\"" LAYER
                                      ",\"minzoom\":14,\"paint\":{\"circle-radius\":30,"
                                      "\"circle-color\":" COLOR "}}]}";
static const char icon_map[] = SOURCE "{\"id\":\"s\",\"type\":\"symbol\"" LAYER
                                      ",\"layout\":{\"icon-image\":\"grande\",\"text-field\":[\"get\",\"nombre\"],"
                                      "\"text-size\":14,\"text-optional\":true}}]}";
static const char icon[] = "<svg xmlns='http://www.w3.org/2000/svg' width='60' height='40'>"
                           "<rect width='60' height='40' fill='#a40'/></svg>";

static void put_styles(const struct fixture *fixture)
{
    static const char *const types[] = {
        [GEOMETRY_POINT] = "circle", [GEOMETRY_LINE] = "line", [GEOMETRY_POLYGON] = "fill"};
    char style[1024];
    char path[128];
    struct error err;
    snprintf(style, sizeof style, plain_map, types[kind], types[kind]);
    put_style(fixture, "plano", style);
    put_style(fixture, "ancho", wide_map);
    put_style(fixture, "iconos", icon_map);
    snprintf(path, sizeof path, "%s/icons", fixture->directory);
    assert_true(file_make_folder(path, &err));
    snprintf(path, sizeof path, "%s/icons/grande.svg", fixture->directory);
    assert_true(file_write(path, icon, strlen(icon), &err));
}

static void want_all_zooms(void)
{
    for (uint32_t z = 4; z <= 16; z++) {
        int radius = z >= 10 && z % 2 == 0;
        want(TILE_PNG, "plano", z, 256, radius);
        want(TILE_MVT, "zonas", z, 512, radius);
    }
    want(TILE_PNG, "ancho", 10, 256, 0);
    want(TILE_PNG, "ancho", 16, 256, 1);
    want(TILE_PNG, "iconos", 15, 256, 0);
}

static void run_round(struct fixture *fixture, struct tile_worker *worker, enum edit what)
{
    apply(what);
    load(fixture);
    size_t touched = check_round(fixture, worker, edit_names[what]);
    print_message("%s: %zu of %zu tiles touched, %zu are others\n", edit_names[what], touched, tile_count, others);
    if (what < EDITS && touched > 2 * others + NEEDLESS) {
        fail_msg("after \"%s\" %zu tiles are made again, and %zu of them are others", edit_names[what], touched,
                 others);
    }
}

static void run(struct fixture *fixture, enum geometry_kind wanted)
{
    struct tile_worker worker;
    start(wanted);
    load(fixture);
    put_styles(fixture);
    check(fixture, tile_worker_init(&worker, fixture->directory, &fixture->err));
    want_all_zooms();
    check_round(fixture, &worker, "start");
    for (int what = 0; what <= MANY; what++) {
        run_round(fixture, &worker, (enum edit)what);
    }
    int rounds = getenv("TESELA_LONG") ? RANDOM_ROUNDS_LONG : RANDOM_ROUNDS;
    for (int round = 0; round < rounds; round++) {
        run_round(fixture, &worker, (enum edit)random_below(EDITS));
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
