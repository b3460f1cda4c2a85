/* SPDX-License-Identifier: MIT */
#include "ingest/csv_value.h"
#include "ingest/feed_csv.h"

#include "unit/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void test_coordinates(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double number; /* NaN: refused */
    } cases[] = {
        {"-103.4067", -103.4067},
        {" 25.5428 ", 25.5428},
        {"-103,4067", -103.4067},
        {"1,234,567.8", 1234567.8},
        {"1.234.567,8", 1234567.8},
        {"2374865", 2374865},
        {"25\xc2\xb0"
         "32'34.1\" N",
         25.5428055555},
        {"103\xc2\xb0"
         "24'24\" W",
         -103.4066666666},
        {"1e3", 1000},
        {"", NAN},
        {"n/d", NAN},
        {"inf", NAN},
        {"nan", NAN},
        {"1 2 3", NAN},
        {"-103 24 24", -103.4066666666},
        {"103 24 24 7", NAN},
        {"103 74 24", NAN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double number = 0;
        bool ok = csv_value_coordinate(text_of(cases[i].text), &number);
        assert_int_equal(ok, !isnan(cases[i].number));
        if (ok) {
            assert_true(fabs(number - cases[i].number) < 1e-8);
        }
    }
}

static struct feed *open_text(const char *content, char path[64], struct error *err)
{
    strcpy(path, "/tmp/tesela-csv-XXXXXX");
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    size_t length = strlen(content);
    assert_int_equal(write(descriptor, content, length), (ssize_t)length);
    close(descriptor);
    struct source_layer layer = {.name = "t", .format = SOURCE_CSV, .path = path};
    struct feed *feed = NULL;
    return feed_csv_open(&layer, NULL, &feed, err) ? feed : NULL;
}

static void test_table(void **state)
{
    (void)state;
    /* Title lines, semicolons, decimal comma, a code with a leading zero, quotes with a line end inside. */
    static const char content[] = "Censo de prueba\n\nclave;nombre;pob;Longitud;Latitud\n"
                                  "05035;\"Torre\"\"ón\nCentro\";10;-103,4067;25,5428\n"
                                  "05017;;;-103,2;25,6\n\n"
                                  "05001;\"\";7;;\n"
                                  "05002;x;8;aquí;25,6\n";
    char path[64];
    struct error err = {0};
    struct feed *feed = open_text(content, path, &err);
    assert_non_null(feed);
    assert_int_equal(feed->info.field_count, 5);
    assert_int_equal(feed->info.fields[0].type, FIELD_STRING);
    assert_int_equal(feed->info.fields[2].type, FIELD_INTEGER);
    assert_string_equal(feed->info.srs_code, "EPSG:4326");
    assert_int_equal(feed->info.feature_count, 4);
    struct arena *arena = arena_create(1 << 20);
    struct feed_feature feature;
    bool end = false;
    assert_true(feed_next(feed, arena, &feature, &end, &err));
    assert_true(text_is(feature.values[0].string, "05035"));
    assert_true(text_is(feature.values[1].string, "Torre\"ón\nCentro"));
    double xy[2];
    memcpy(xy, feature.wkb + 5, sizeof xy);
    assert_true(fabs(xy[0] + 103.4067) < 1e-12 && fabs(xy[1] - 25.5428) < 1e-12);
    assert_true(feed_next(feed, arena, &feature, &end, &err));
    assert_int_equal(feature.values[1].type, VALUE_NULL);
    assert_true(feed_next(feed, arena, &feature, &end, &err));
    assert_int_equal(feature.values[1].type, VALUE_STRING); /* "" is a text, and nothing is none */
    assert_null(feature.wkb);
    assert_null(feature.damage_english);
    assert_true(feed_next(feed, arena, &feature, &end, &err));
    assert_non_null(feature.damage_english);
    assert_int_equal(feature.row, 4);
    assert_true(feed_next(feed, arena, &feature, &end, &err));
    assert_true(end);
    assert_true(feed_rewind(feed, &err));
    assert_true(feed_next(feed, arena, &feature, &end, &err));
    assert_int_equal(feature.row, 1);
    arena_destroy(arena);
    feed_close(feed);
    unlink(path);
}

static void test_number_columns(void **state)
{
    (void)state;
    static const struct {
        const char *content; /* of a column "n" in a table with ';' */
        enum field_type type;
        double first;
    } cases[] = {
        {"1\n-2\n", FIELD_INTEGER, 1},
        {"1.5\n2\n", FIELD_REAL, 1.5},
        {"1,5\n2\n", FIELD_REAL, 1.5},
        {"-1.234.567,8\n2,5\n", FIELD_REAL, -1234567.8},
        {"1,234,567\n12\n", FIELD_INTEGER, 1234567},
        {"1,234,567.25\n12\n", FIELD_REAL, 1234567.25},
        {"0,125\n1,250\n", FIELD_REAL, 0.125},
        {"1,234\n5,678\n", FIELD_STRING, 0},
        {"1,5\n1.5\n", FIELD_STRING, 0},
        {"012\n5\n", FIELD_STRING, 0},
        {"1,23,456\n5\n", FIELD_STRING, 0},
        {"1,\n5\n", FIELD_STRING, 0},
        {"-\n5\n", FIELD_STRING, 0},
        {"9223372036854775807\n-9223372036854775808\n", FIELD_INTEGER, 9223372036854775807.0},
        {"9223372036854775808\n1\n", FIELD_STRING, 0},
        {"2020-02-29\n2021/03/01\n", FIELD_DATE, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char content[200];
        char path[64];
        struct error err = {0};
        size_t length = (size_t)snprintf(content, sizeof content, "lon;lat;n\n");
        for (const char *at = cases[i].content; *at != '\0'; at = strchr(at, '\n') + 1) {
            length += (size_t)snprintf(content + length, sizeof content - length, "-103.5;25.5;%.*s\n",
                                       (int)strcspn(at, "\n"), at);
        }
        struct feed *feed = open_text(content, path, &err);
        assert_non_null(feed);
        print_message("%s", cases[i].content);
        assert_int_equal(feed->info.fields[2].type, cases[i].type);
        struct arena *arena = arena_create(1 << 20);
        struct feed_feature feature;
        bool end = false;
        assert_true(feed_next(feed, arena, &feature, &end, &err));
        if (cases[i].type == FIELD_REAL) {
            assert_true(fabs(feature.values[2].real - cases[i].first) < 1e-9);
        } else if (cases[i].type == FIELD_INTEGER) {
            assert_true((double)feature.values[2].integer == cases[i].first);
        }
        arena_destroy(arena);
        feed_close(feed);
        unlink(path);
    }
}

/* Times, truth values, and digits that are called text. */
static void test_typed_columns(void **state)
{
    (void)state;
    static const struct {
        const char *content; /* the column's values, a line each */
        enum field_type type;
        const char *first; /* as text; NULL: not looked at */
    } cases[] = {
        {"2020-03-15T10:00:00Z\n2021-01-01T00:00:00Z\n", FIELD_DATETIME, "2020-03-15T10:00:00Z"},
        {"2020-03-15 10:00\n2021-01-01 23:59:59.5\n", FIELD_DATETIME, "2020-03-15T10:00:00"},
        {"2020-03-15T10:00:00.120-0600\n", FIELD_DATETIME, "2020-03-15T10:00:00.12-06:00"},
        {"2020-03-15t10:00:00.000+05:30\n", FIELD_DATETIME, "2020-03-15T10:00:00+05:30"},
        {"2020-03-15 10:00:00-06\n\"\"\n", FIELD_DATETIME, "2020-03-15T10:00:00-06:00"},
        {"2020-02-29 10:00\n", FIELD_DATETIME, "2020-02-29T10:00:00"},
        {"2021-02-29 10:00\n", FIELD_STRING, "2021-02-29 10:00"},
        {"2020-03-15 24:00\n", FIELD_STRING, NULL},
        {"2020-03-15 10:60\n", FIELD_STRING, NULL},
        {"2020-03-15 10\n", FIELD_STRING, NULL},
        {"2020-03-15T10:00:00+99\n", FIELD_STRING, NULL},
        {"2020-03-15T10:00:00 a.m.\n", FIELD_STRING, NULL},
        {"2020-03-15 10:00\n2020-03-15\n", FIELD_STRING, NULL},
        {"15/03/2020 10:00\n", FIELD_STRING, NULL},
        {"true\nFALSE\n", FIELD_BOOLEAN, NULL},
        {"verdadero\nfalso\n", FIELD_BOOLEAN, NULL},
        {"true\nno\n", FIELD_STRING, "true"},
        {"\"123\"\n\"45\"\n", FIELD_STRING, "123"},
        {"\"123\"\n45\n", FIELD_INTEGER, NULL},
        {"\"1;5\"\n", FIELD_STRING, NULL},
        {"\"true\"\n", FIELD_STRING, "true"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char content[300];
        char path[64];
        struct error err = {0};
        size_t length = (size_t)snprintf(content, sizeof content, "lon;lat;n\n");
        for (const char *at = cases[i].content; *at != '\0'; at = strchr(at, '\n') + 1) {
            length += (size_t)snprintf(content + length, sizeof content - length, "-103.5;25.5;%.*s\n",
                                       (int)strcspn(at, "\n"), at);
        }
        struct feed *feed = open_text(content, path, &err);
        assert_non_null(feed);
        print_message("%s", cases[i].content);
        assert_int_equal(feed->info.fields[2].type, cases[i].type);
        struct arena *arena = arena_create(1 << 20);
        struct feed_feature feature;
        bool end = false;
        assert_true(feed_next(feed, arena, &feature, &end, &err));
        if (cases[i].first) {
            assert_int_equal(feature.values[2].type, VALUE_STRING);
            assert_true(text_is(feature.values[2].string, cases[i].first));
        } else if (cases[i].type == FIELD_BOOLEAN) {
            assert_int_equal(feature.values[2].type, VALUE_BOOL);
            assert_true(feature.values[2].boolean);
        }
        arena_destroy(arena);
        feed_close(feed);
        unlink(path);
    }
}

/* Where everything is quoted, quotes tell nothing; the text of the geometry is no column. */
static void test_quotes_and_geometry(void **state)
{
    (void)state;
    char path[64];
    struct error err = {0};
    struct feed *feed = open_text("\"lon\",\"lat\",\"n\"\n\"-103.5\",\"25.5\",\"7\"\n", path, &err);
    assert_non_null(feed);
    assert_int_equal(feed->info.fields[2].type, FIELD_INTEGER);
    feed_close(feed);
    unlink(path);
    feed = open_text("a,wkt,b\n1,\"POINT (-103.5 25.5)\",x\n2,,\"\"\n", path, &err);
    assert_non_null(feed);
    assert_int_equal(feed->info.field_count, 2);
    assert_true(text_is(feed->info.fields[0].name, "a"));
    assert_true(text_is(feed->info.fields[1].name, "b"));
    struct arena *arena = arena_create(1 << 20);
    struct feed_feature feature;
    bool end = false;
    assert_true(feed_next(feed, arena, &feature, &end, &err));
    assert_int_equal(feature.values[0].integer, 1);
    assert_true(text_is(feature.values[1].string, "x"));
    assert_non_null(feature.wkb);
    assert_true(feed_next(feed, arena, &feature, &end, &err));
    assert_int_equal(feature.values[1].type, VALUE_STRING);
    assert_int_equal(feature.values[1].string.length, 0);
    assert_null(feature.wkb);
    arena_destroy(arena);
    feed_close(feed);
    unlink(path);
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *content;
        const char *words;
    } cases[] = {
        {"a,b\n1,2\n", "has no columns with coordinates"},
        {"1,2\n3,4\n", "no line with column names"},
        {"lon,lat\n\"1,2\n", "never closed"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char path[64];
        struct error err = {0};
        assert_null(open_text(cases[i].content, path, &err));
        assert_non_null(strstr(err.english, cases[i].words));
        unlink(path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_coordinates),         cmocka_unit_test(test_table),
                                       cmocka_unit_test(test_number_columns),      cmocka_unit_test(test_typed_columns),
                                       cmocka_unit_test(test_quotes_and_geometry), cmocka_unit_test(test_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
