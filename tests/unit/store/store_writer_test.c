/* SPDX-License-Identifier: MIT */
#include "store/store_writer.h"

#include "unit/store/fixture.h"

#include <fcntl.h>
#include <math.h>
#include <sqlite3.h>
#include <sys/file.h>

static const struct bbox whole = {-180, -85, 180, 85};

static sqlite3 *open_truth(const struct fixture *fixture)
{
    char path[128];
    snprintf(path, sizeof path, "%s/tesela.sqlite", fixture->directory);
    sqlite3 *db;
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    return db;
}

/* The only column of the only row, as text; "" when there is none. */
static char *ask(const struct fixture *fixture, const char *sql)
{
    sqlite3 *db = open_truth(fixture);
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK) {
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    }
    const char *text = sqlite3_step(statement) == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
    char *copy = arena_strdup(fixture->arena, text ? text : "");
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return copy;
}

struct collected {
    struct arena *arena;
    struct store_item items[64];
    size_t count;
    size_t field_count;
};

static bool collect(void *context, const struct store_item *item)
{
    struct collected *all = context;
    assert_true(all->count < 64);
    struct store_item *copy = &all->items[all->count++];
    *copy = *item;
    struct value *values = arena_memdup(all->arena, item->values, all->field_count * sizeof *values);
    for (size_t i = 0; i < all->field_count; i++) {
        if (values[i].type == VALUE_STRING) {
            values[i].string.data = arena_strndup(all->arena, values[i].string.data, values[i].string.length);
        }
    }
    copy->values = values;
    copy->shape.xy = arena_memdup(all->arena, item->shape.xy, (size_t)item->shape.vertex_count * 16);
    copy->shape.parts = arena_memdup(all->arena, item->shape.parts, item->shape.part_count * sizeof *item->shape.parts);
    return true;
}

static struct collected items_of(struct fixture *fixture, const struct store_layer *layer)
{
    struct collected all = {.arena = fixture->arena, .field_count = layer->field_count};
    struct store_query query = {.limit = 64};
    check(fixture, store_items(open_store(fixture), layer, &query, collect, &all, &fixture->err));
    return all;
}

static const struct field all_types[] = {
    {"texto", FIELD_STRING}, {"entero", FIELD_INTEGER},         {"real", FIELD_REAL}, {"si", FIELD_BOOLEAN},
    {"dia", FIELD_DATE},     {"cuando", FIELD_DATETIME},        {"hora", FIELD_TIME}, {"FID", FIELD_STRING},
    {"Texto", FIELD_STRING}, {"con \"comillas\"", FIELD_STRING}};
enum { TYPE_COUNT = sizeof all_types / sizeof *all_types };

static void add_all_types(struct fixture *fixture)
{
    struct value rows[][TYPE_COUNT] = {
        {value_of_string("Ñandú «'\"; DROP TABLE x; --"), value_of_int(INT64_MAX), value_of_real(0.1),
         value_of_bool(true), value_of_string("2020-03-15"), value_of_string("2020-03-15T10:00:00-06:00"),
         value_of_string("23:59:59.5"), value_of_string("uno"), value_of_string("otro"), value_of_string("q")},
        {value_of_string(""), value_of_int(INT64_MIN), value_of_real(INFINITY), value_of_bool(false),
         value_of_string("0001-01-01"), value_of_string("1999-12-31T23:59:59Z"), value_of_string("00:00:00"),
         value_of_string("\xF0\x9F\x97\xBA"), value_null(), value_null()},
        {value_null(), value_null(), value_null(), value_null(), value_null(), value_null(), value_null(), value_null(),
         value_null(), value_null()},
        {value_of_string("12"), value_of_int(0), value_of_int(7), value_null(), value_null(), value_null(),
         value_null(), value_of_string("1e5"), value_of_string("-0"), value_of_string("NULL")},
        {value_null(), value_null(), value_of_real(NAN), value_null(), value_null(), value_null(), value_null(),
         value_null(), value_null(), value_null()},
        {value_null(), value_null(), value_of_real(-INFINITY), value_null(), value_null(), value_null(), value_null(),
         value_null(), value_null(), value_null()},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        add_wkt(fixture, (int64_t)i * 10 + 1, i == 2 ? NULL : "POINT(-103.4 25.5)", NULL, rows[i]);
    }
}

static void check_all_types(struct fixture *fixture, const struct store_layer *layer)
{
    struct collected all = items_of(fixture, layer);
    assert_int_equal(all.count, 6);
    assert_int_equal(layer->feature_count, 6);
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        assert_string_equal(layer->fields[i].name, all_types[i].name);
        assert_int_equal(layer->fields[i].type, all_types[i].type);
        assert_int_equal(all.items[2].values[i].type, VALUE_NULL);
    }
    const struct value *first = all.items[0].values;
    assert_true(text_is(first[0].string, "Ñandú «'\"; DROP TABLE x; --"));
    assert_true(first[1].integer == INT64_MAX && first[2].real == 0.1 && first[3].boolean);
    assert_true(text_is(first[4].string, "2020-03-15") && text_is(first[5].string, "2020-03-15T10:00:00-06:00"));
    assert_true(text_is(first[6].string, "23:59:59.5") && text_is(first[7].string, "uno"));
    assert_true(text_is(first[8].string, "otro") && text_is(first[9].string, "q"));
    const struct value *second = all.items[1].values;
    assert_true(second[0].type == VALUE_STRING && second[0].string.length == 0);
    assert_true(second[1].integer == INT64_MIN && second[2].real == INFINITY && second[3].type == VALUE_BOOL);
    assert_true(text_is(second[7].string, "\xF0\x9F\x97\xBA"));
    const struct value *fourth = all.items[3].values;
    assert_true(text_is(fourth[0].string, "12") && fourth[1].type == VALUE_INT && fourth[1].integer == 0);
    assert_true(fourth[2].type == VALUE_REAL && fourth[2].real == 7 && text_is(fourth[7].string, "1e5"));
    assert_int_equal(all.items[4].values[2].type, VALUE_NULL); /* NaN */
    assert_true(all.items[5].values[2].real == -INFINITY);
    assert_int_equal(all.items[5].row, 51);
    assert_int_equal(all.items[5].id.integer, 51);
    assert_int_equal(all.items[2].shape.part_count, 0);
    assert_true(all.items[0].shape.xy[0] == -103.4 && all.items[0].shape.xy[1] == 25.5);
}

static void keeps_values_of_all_types(void **state)
{
    struct fixture *fixture = *state;
    open_writer(fixture);
    begin_layer(fixture, "tipos", GEOMETRY_POINT, NULL, all_types, TYPE_COUNT, "{}");
    add_all_types(fixture);
    publish(fixture);
    check_all_types(fixture, find_layer(fixture, "tipos"));
    assert_string_equal(ask(fixture, "SELECT typeof(entero)||typeof(\"real\")||typeof(si)||typeof(dia)||typeof(texto)"
                                     " FROM tipos WHERE fid=1"),
                        "integerrealintegertexttext");
    assert_string_equal(ask(fixture, "SELECT FID_2||Texto_2||\"con \"\"comillas\"\"\" FROM tipos WHERE fid=1"),
                        "unootroq");
    /* The same from the truth alone. */
    check(fixture, store_writer_rebuild_cells(fixture->writer, "tipos", &fixture->err));
    check_all_types(fixture, find_layer(fixture, "tipos"));
}

/* Coordinates in the truth are those of the source, to the bit. */
static void keeps_geometry_to_the_bit(void **state)
{
    struct fixture *fixture = *state;
    open_writer(fixture);
    begin_layer(fixture, "predio", GEOMETRY_POLYGON, "EPSG:6372", NULL, 0, "{}");
    static const char wkt[] = "POLYGON((2362011.123456789 1500000.1,2362100.3 1500000.2,2362100.7 1500090.9,"
                              "2362011.123456789 1500000.1))";
    add_wkt(fixture, 1, wkt, "EPSG:6372", NULL);
    publish(fixture);
    const struct store_layer *layer = find_layer(fixture, "predio");
    assert_string_equal(layer->srs, "EPSG:6372");
    sqlite3 *db = open_truth(fixture);
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT geom FROM predio", -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    const unsigned char *blob = sqlite3_column_blob(statement, 0);
    int size = sqlite3_column_bytes(statement, 0);
    /* 43 bytes of head and type, then count 1, mark 0x69, type 3, ring count 1, vertex count 4, and the mark 0xFE */
    assert_int_equal(size, 43 + 4 + 1 + 4 + 4 + 4 + 4 * 16 + 1);
    struct buffer wkb = wkb_of(wkt);
    assert_memory_equal(blob + 60, wkb.data + 13, 64);
    buffer_finish(&wkb);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    struct collected all = items_of(fixture, layer);
    double xy[2] = {2362011.123456789, 1500000.1};
    struct projection *projection;
    check(fixture, projection_open("EPSG:6372", &projection, &fixture->err));
    projection_to_lonlat(projection, xy, 1);
    projection_close(projection);
    assert_true(fabs(all.items[0].shape.xy[0] - xy[0]) <= 5.1e-10);
    assert_true(fabs(all.items[0].shape.xy[1] - xy[1]) <= 5.1e-10);
    assert_true(fabs(layer->bbox.min_x - xy[0]) < 1e-12);
}

static void replaces_and_prunes(void **state)
{
    struct fixture *fixture = *state;
    struct store_layer_list list;
    check(fixture, store_list(open_store(fixture), fixture->arena, &list, &fixture->err));
    assert_int_equal(list.count, 0);
    uint64_t generation;
    uint64_t later;
    check(fixture, store_generation(fixture->store, &generation, &fixture->err));
    int64_t serials[6];
    const struct store_layer *old = NULL;
    for (int i = 0; i < 6; i++) {
        char name[16];
        snprintf(name, sizeof name, "v%d", i + 1);
        load_grid(fixture, "manzanas", 5 + i, name);
        const struct store_layer *layer = find_layer(fixture, "manzanas");
        assert_int_equal(layer->version, i + 1);
        assert_int_equal(layer->feature_count, (5 + i) * (5 + i));
        assert_true(i == 0 || layer->serial > serials[i - 1]);
        serials[i] = layer->serial;
        struct feature_list now = find_in(fixture, layer, whole, 14);
        assert_int_equal(now.count, (5 + i) * (5 + i));
        assert_true(text_is(now.features[0].values[1].string, name));
        /* A request that began with the version before still finds it whole. */
        if (old) {
            struct feature_list before = find_in(fixture, old, whole, 14);
            assert_int_equal(before.count, (4 + i) * (4 + i));
            assert_false(text_is(before.features[0].values[1].string, name));
        }
        check(fixture, store_generation(fixture->store, &later, &fixture->err));
        assert_true(later != generation);
        generation = later;
        old = layer;
    }
    assert_string_equal(ask(fixture, "SELECT group_concat(version) FROM tesela_version"), "4,5,6");
    assert_string_equal(ask(fixture, "SELECT group_concat(name) FROM (SELECT name FROM sqlite_master WHERE type='table'"
                                     " AND name LIKE 'manzanas%' ORDER BY name)"),
                        "manzanas_v4,manzanas_v5,manzanas_v6");
    assert_string_equal(ask(fixture, "SELECT count(*) FROM manzanas"), "100");
    assert_string_equal(ask(fixture, "SELECT count(*) FROM geometry_columns WHERE f_table_name LIKE 'manz%'"), "3");
    assert_string_equal(ask(fixture, "SELECT f_table_name FROM views_geometry_columns"), "manzanas_v6");
    assert_string_equal(ask(fixture, "PRAGMA integrity_check"), "ok");
    assert_string_equal(ask(fixture, "SELECT group_concat(\"table\") FROM pragma_foreign_key_check"), "");
}

static void goes_back_unpublishes_and_removes(void **state)
{
    struct fixture *fixture = *state;
    load_grid(fixture, "manzanas", 5, "uno");
    load_grid(fixture, "manzanas", 6, "dos");
    open_writer(fixture);
    check(fixture, store_writer_select(fixture->writer, "manzanas", 1, &fixture->err));
    const struct store_layer *layer = find_layer(fixture, "manzanas");
    assert_int_equal(layer->version, 1);
    assert_int_equal(find_in(fixture, layer, whole, 14).count, 25);
    assert_string_equal(ask(fixture, "SELECT count(*) FROM manzanas"), "25");
    assert_false(store_writer_select(fixture->writer, "manzanas", 9, &fixture->err));
    assert_int_equal(fixture->err.kind, ERROR_NOT_FOUND);
    check(fixture, store_writer_unpublish(fixture->writer, "manzanas", &fixture->err));
    assert_null(find_layer(fixture, "manzanas"));
    assert_false(store_writer_unpublish(fixture->writer, "manzanas", &fixture->err));
    check(fixture, store_writer_select(fixture->writer, "manzanas", 2, &fixture->err));
    assert_int_equal(find_layer(fixture, "manzanas")->feature_count, 36);
    check(fixture, store_writer_remove(fixture->writer, "manzanas", &fixture->err));
    assert_null(find_layer(fixture, "manzanas"));
    assert_false(store_writer_remove(fixture->writer, "manzanas", &fixture->err));
    assert_int_equal(fixture->err.kind, ERROR_NOT_FOUND);
    assert_string_equal(ask(fixture, "SELECT count(*) FROM sqlite_master WHERE name LIKE '%manzanas%'"), "0");
    assert_string_equal(ask(fixture, "SELECT count(*) FROM geometry_columns WHERE f_table_name LIKE 'manz%'"), "0");
    close_writer(fixture);
    /* Versions go on counting: an old link with a version never shows something else. */
    load_grid(fixture, "manzanas", 3, "tres");
    assert_int_equal(find_layer(fixture, "manzanas")->version, 3);
}

static void drops_what_was_not_published(void **state)
{
    struct fixture *fixture = *state;
    load_grid(fixture, "manzanas", 5, "uno");
    char *before = ask(fixture, "SELECT group_concat(name) FROM sqlite_master");
    open_writer(fixture);
    begin_layer(fixture, "otra", GEOMETRY_POINT, NULL, NULL, 0, "{}");
    add_wkt(fixture, 1, "POINT(1 2)", NULL, NULL);
    /* A second begin drops the first. */
    begin_layer(fixture, "manzanas", GEOMETRY_POINT, NULL, NULL, 0, "{}");
    add_wkt(fixture, 1, "POINT(1 2)", NULL, NULL);
    close_writer(fixture);
    assert_string_equal(ask(fixture, "SELECT group_concat(name) FROM sqlite_master"), before);
    assert_null(find_layer(fixture, "otra"));
    assert_int_equal(find_in(fixture, find_layer(fixture, "manzanas"), whole, 14).count, 25);
}

static void reads_the_descriptor(void **state)
{
    struct fixture *fixture = *state;
    static const struct field fields[] = {{"clave", FIELD_STRING}, {"tmp", FIELD_REAL}, {"pobtot", FIELD_INTEGER}};
    open_writer(fixture);
    begin_layer(fixture, "colonias", GEOMETRY_NONE, NULL, fields, 3,
                "{\"id\": \"colonias\", \"title\": {\"es\": \"Colonias\", \"en\": \"Neighbourhoods\"},"
                "\"description\": {\"es\": \"Las colonias\"}, \"key\": \"clave\", \"label\": \"clave\","
                "\"fields\": {\"pobtot\": {\"title\": {\"es\": \"Población\"}, \"unit\": \"habitantes\"},"
                "\"tmp\": {\"hidden\": true}}, \"theme\": \"poblacion\", \"attribution\": \"Fuente: INEGI\","
                "\"source\": {\"name\": \"INEGI\", \"url\": \"https://inegi.org.mx\", \"date\": \"2020-03-15\"},"
                "\"license\": {\"name\": \"Libre\", \"url\": \"https://x\"}, \"extra\": [1, 2]}");
    struct value values[] = {value_of_string("05-035"), value_of_real(1), value_of_int(7)};
    add_wkt(fixture, 1, NULL, NULL, values);
    publish(fixture);
    const struct store_layer *layer = find_layer(fixture, "colonias");
    assert_int_equal(layer->kind, GEOMETRY_NONE);
    assert_true(bbox_is_empty(&layer->bbox));
    assert_string_equal(layer->title_es, "Colonias");
    assert_string_equal(layer->title_en, "Neighbourhoods");
    assert_string_equal(layer->description_es, "Las colonias");
    assert_null(layer->description_en);
    assert_string_equal(layer->key, "clave");
    assert_string_equal(layer->label, "clave");
    assert_string_equal(layer->theme, "poblacion");
    assert_string_equal(layer->attribution, "Fuente: INEGI");
    assert_string_equal(layer->source_name, "INEGI");
    assert_string_equal(layer->source_url, "https://inegi.org.mx");
    assert_string_equal(layer->source_date, "2020-03-15");
    assert_string_equal(layer->license_name, "Libre");
    assert_string_equal(layer->license_url, "https://x");
    assert_int_equal(layer->field_count, 2);
    assert_string_equal(layer->fields[1].name, "pobtot");
    assert_string_equal(layer->fields[1].title_es, "Población");
    assert_string_equal(layer->fields[1].unit, "habitantes");
    assert_int_equal(value_member(&layer->descriptor, "extra")->array.count, 2);
    assert_int_equal(strlen(layer->loaded_at), 20);
    struct store_item item;
    check(fixture, store_item(fixture->store, layer, "05-035", fixture->arena, &item, &fixture->err));
    assert_int_equal(item.values[1].integer, 7);
    assert_int_equal(find_in(fixture, layer, whole, 3).count, 0);
    assert_string_equal(ask(fixture, "SELECT tmp FROM colonias"), "1.0"); /* hidden, but in the truth */
}

static void refuses_bad_input(void **state)
{
    struct fixture *fixture = *state;
    static const struct field fields[] = {{"n", FIELD_INTEGER}};
    static const char *const bad_ids[] = {
        "", "Colonias", "../x", "a b", "tesela_meta", "geometry_columns", "spatial_ref_sys", "sqlite_x"};
    open_writer(fixture);
    for (size_t i = 0; i < sizeof bad_ids / sizeof *bad_ids; i++) {
        struct store_writer_layer layer = {.id = bad_ids[i], .srs = "EPSG:4326", .descriptor_json = text_of("{}")};
        assert_false(store_writer_begin(fixture->writer, &layer, &fixture->err));
        assert_int_equal(fixture->err.kind, ERROR_INVALID);
    }
    struct store_writer_layer broken = {.id = "x", .srs = "EPSG:4326", .descriptor_json = text_of("{")};
    assert_false(store_writer_begin(fixture->writer, &broken, &fixture->err));
    begin_layer(fixture, "x", GEOMETRY_POINT, NULL, fields, 1, "{}");
    struct value text = value_of_string("siete");
    struct store_writer_feature feature = {.source_row = 7, .values = &text};
    assert_false(store_writer_add(fixture->writer, &feature, &fixture->err));
    assert_non_null(strstr(fixture->err.spanish, "fila 7"));
    assert_non_null(strstr(fixture->err.spanish, "«n»"));
    struct value number = value_of_int(1);
    struct buffer wkb = wkb_of("LINESTRING(0 0,1 1)");
    feature =
        (struct store_writer_feature){.source_row = 8, .values = &number, .wkb = wkb.data, .wkb_size = wkb.length};
    assert_false(store_writer_add(fixture->writer, &feature, &fixture->err));
    assert_int_equal(fixture->err.kind, ERROR_INVALID);
    buffer_finish(&wkb);
    feature = (struct store_writer_feature){.source_row = 0, .values = &number};
    assert_false(store_writer_add(fixture->writer, &feature, &fixture->err));
    /* An id that is the table of another layer. */
    begin_layer(fixture, "a", GEOMETRY_POINT, NULL, NULL, 0, "{}");
    publish(fixture);
    struct store_writer_layer taken = {.id = "a_v1", .srs = "EPSG:4326", .descriptor_json = text_of("{}")};
    assert_false(store_writer_begin(fixture->writer, &taken, &fixture->err));
    /* The other way round the table gets another name. */
    begin_layer(fixture, "a_v2", GEOMETRY_POINT, NULL, NULL, 0, "{}");
    publish(fixture);
    begin_layer(fixture, "a", GEOMETRY_POINT, NULL, NULL, 0, "{}");
    publish(fixture);
    assert_string_equal(find_layer(fixture, "a")->table, "a_v2_2");
}

static void one_writer_at_a_time(void **state)
{
    struct fixture *fixture = *state;
    open_writer(fixture);
    char path[128];
    snprintf(path, sizeof path, "%s/write.lock", fixture->directory);
    int fd = open(path, O_RDWR);
    assert_true(fd >= 0);
    assert_int_not_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
    close_writer(fixture);
    assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
    close(fd);
}

/* Points become several where some are; QGIS and GDAL see one type. */
static void settles_the_type_of_points(void **state)
{
    struct fixture *fixture = *state;
    open_writer(fixture);
    begin_layer(fixture, "solos", GEOMETRY_POINT, NULL, NULL, 0, "{}");
    add_wkt(fixture, 1, "MULTIPOINT((1 2))", NULL, NULL);
    add_wkt(fixture, 2, "POINT(3 4)", NULL, NULL);
    publish(fixture);
    begin_layer(fixture, "varios", GEOMETRY_POINT, NULL, NULL, 0, "{}");
    add_wkt(fixture, 1, "POINT(3 4)", NULL, NULL);
    add_wkt(fixture, 2, "MULTIPOINT((1 2),(5 6))", NULL, NULL);
    publish(fixture);
    assert_string_equal(ask(fixture, "SELECT geometry_type FROM geometry_columns WHERE f_table_name='solos_v1'"), "1");
    assert_string_equal(ask(fixture, "SELECT geometry_type FROM geometry_columns WHERE f_table_name='varios_v1'"), "4");
    assert_string_equal(ask(fixture, "SELECT group_concat(substr(hex(geom), 79, 4)) FROM solos"), "0100,0100");
    assert_string_equal(ask(fixture, "SELECT group_concat(substr(hex(geom), 79, 4)) FROM varios"), "0400,0400");
}

static void gdal_reads_it(void **state)
{
    struct fixture *fixture = *state;
    static const char local[] =
        "PROJCS[\"Torreón local\",GEOGCS[\"WGS 84\",DATUM[\"WGS_1984\",SPHEROID[\"WGS 84\",6378137,298.257223563]],"
        "PRIMEM[\"Greenwich\",0],UNIT[\"degree\",0.0174532925199433]],PROJECTION[\"Transverse_Mercator\"],"
        "PARAMETER[\"latitude_of_origin\",0],PARAMETER[\"central_meridian\",-103.4],PARAMETER[\"scale_factor\",1],"
        "PARAMETER[\"false_easting\",500000],PARAMETER[\"false_northing\",0],UNIT[\"metre\",1]]";
    open_writer(fixture);
    begin_layer(fixture, "tipos", GEOMETRY_POINT, NULL, all_types, TYPE_COUNT, "{}");
    add_all_types(fixture);
    publish(fixture);
    begin_layer(fixture, "predios", GEOMETRY_POLYGON, local, NULL, 0, "{}");
    add_wkt(fixture, 1, "POLYGON((500000 2800000,500100 2800000,500100 2800100,500000 2800000))", local, NULL);
    publish(fixture);
    begin_layer(fixture, "predios2", GEOMETRY_POLYGON, local, NULL, 0, "{}");
    publish(fixture);
    close_writer(fixture);
    load_grid(fixture, "manzanas", 20, "Centro");
    load_grid(fixture, "manzanas", 30, "Centro");
    assert_string_equal(ask(fixture, "SELECT count(*) FROM spatial_ref_sys WHERE srid>=900001"), "1");
    static char out[1 << 16];
    char command[256];
    snprintf(command, sizeof command, "ogrinfo -so %s/tesela.sqlite manzanas tipos predios 2>&1", fixture->directory);
    if (!run_program(command, out, sizeof out)) {
        skip();
    }
    static const char *const expected[] = {"Layer name: manzanas",
                                           "Geometry: Multi Polygon",
                                           "Feature Count: 900",
                                           "Extent: (-103.500000, 25.400000) - (-103.200000, 25.700000)",
                                           "ID[\"EPSG\",4326]",
                                           "FID Column = fid",
                                           "Geometry Column = geom",
                                           "clave: Integer64",
                                           "nombre: String",
                                           "Layer name: tipos",
                                           "Geometry: Point",
                                           "Feature Count: 6",
                                           "entero: Integer64",
                                           "real: Real",
                                           "si: Integer(Boolean)",
                                           "dia: Date",
                                           "cuando: DateTime",
                                           "hora: Time",
                                           "Layer name: predios",
                                           "Torreón local",
                                           "-103.4"};
    const char *at = out;
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        const char *found = strstr(at, expected[i]);
        if (!found) {
            fail_msg("ogrinfo does not say \"%s\" after:\n%s", expected[i], at);
        }
        at = found;
    }
    /* The packed index is sound and used: GDAL filters with it. */
    snprintf(command, sizeof command,
             "ogrinfo -so -al -spat -103.395 25.505 -103.365 25.525 %s/tesela.sqlite manzanas 2>&1",
             fixture->directory);
    assert_true(run_program(command, out, sizeof out));
    assert_non_null(strstr(out, "Feature Count: 12"));
    assert_string_equal(ask(fixture, "SELECT rtreecheck('idx_manzanas_v2_geom')"), "ok");
    assert_string_equal(ask(fixture, "SELECT count(*) FROM \"idx_manzanas_v2_geom\" WHERE xmax>=-103.395 AND"
                                     " xmin<=-103.365 AND ymax>=25.505 AND ymin<=25.525"),
                        "12");
}

/* Edits by staff in QGIS keep index and types in order: SpatiaLite's triggers are there. */
static void spatialite_guards_edits(void **state)
{
    struct fixture *fixture = *state;
    load_grid(fixture, "manzanas", 10, "Centro");
    assert_string_equal(ask(fixture, "SELECT group_concat(substr(name, 1, 3)) FROM (SELECT name FROM sqlite_master"
                                     " WHERE type='trigger' AND tbl_name='manzanas_v1' ORDER BY name)"),
                        "ggi,ggu,gid,gii,giu,tmd,tmi,tmu");
    char command[512];
    static char out[4096];
    snprintf(command, sizeof command,
             "spatialite -silent %s/tesela.sqlite \"INSERT INTO manzanas_v1 (geom) VALUES (CastToMulti(GeomFromText("
             "'POLYGON((0 0,1 0,1 1,0 0))', 4326))); SELECT rtreecheck('idx_manzanas_v1_geom');"
             " SELECT CheckSpatialIndex('manzanas_v1', 'geom'), count(*) FROM manzanas_v1;"
             " INSERT INTO manzanas_v1 (geom) VALUES (MakePoint(1, 2, 4326));\" 2>&1",
             fixture->directory);
    if (!run_program(command, out, sizeof out)) {
        skip();
    }
    assert_non_null(strstr(out, "ok"));
    assert_non_null(strstr(out, "1|101"));
    assert_non_null(strstr(out, "violates Geometry constraint"));
}

static void keeps_heights(void **state)
{
    struct fixture *fixture = *state;
    struct store_writer_layer layer = {
        .id = "alturas", .kind = GEOMETRY_LINE, .has_z = true, .srs = "EPSG:32613", .descriptor_json = text_of("{}")};
    open_writer(fixture);
    check(fixture, store_writer_begin(fixture->writer, &layer, &fixture->err));
    struct buffer wkb;
    buffer_init(&wkb, 1000);
    const double xyz[] = {660000, 2820000, 1120.25, 660010, 2820010, 1121.5};
    buffer_append_byte(&wkb, 1);
    wkb_put_u32(&wkb, 1002);
    wkb_put_u32(&wkb, 2);
    buffer_append(&wkb, xyz, sizeof xyz);
    struct store_writer_feature feature = {.source_row = 1, .wkb = wkb.data, .wkb_size = wkb.length};
    check(fixture, store_writer_add(fixture->writer, &feature, &fixture->err));
    publish(fixture);
    buffer_finish(&wkb);
    assert_string_equal(ask(fixture, "SELECT geometry_type||' '||coord_dimension FROM geometry_columns WHERE"
                                     " f_table_name='alturas_v1'"),
                        "1005 3");
    assert_string_equal(ask(fixture, "SELECT length(geom) FROM alturas"), "105"); /* 43 + 4 + 1 + 4 + 4 + 48 + 1 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keeps_values_of_all_types, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(keeps_geometry_to_the_bit, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(keeps_heights, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(replaces_and_prunes, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(goes_back_unpublishes_and_removes, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(drops_what_was_not_published, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(reads_the_descriptor, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(refuses_bad_input, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(one_writer_at_a_time, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(settles_the_type_of_points, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(gdal_reads_it, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(spatialite_guards_edits, fixture_setup, fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
