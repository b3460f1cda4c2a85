/* SPDX-License-Identifier: MIT */
#include "ingest/source.h"

#include "unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void test_slugs(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *slug;
    } cases[] = {
        {"Límite Municipal 2020", "limite_municipal_2020"},
        {"colonias", "colonias"},
        {"  Año__Ñu ", "ano_nu"},
        {"../etc", "etc"},
        {"日本", "capa"},
        {"-x-", "x"},
        {"ine-tlaxcala-colonias", "ine-tlaxcala-colonias"},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char slug[65];
        source_slug(cases[i].name, slug);
        assert_true(text_is_id(text_of(slug)));
        if (strcmp(slug, cases[i].slug) != 0) {
            fail_msg("%s: %s", cases[i].name, slug);
        }
    }
}

/* What is no layer is told by its content, whatever the name. */
static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *content;
        size_t length;
        const char *words;
    } cases[] = {
        {"", 0, "empty"},
        {"{\"a\": 1}", 8, "no GeoJSON"},
        {"<html><body>404</body></html>", 29, "web page"},
        {"\x1f\x8b\x08", 3, "packed file is damaged"},
        {"%PDF-1.4", 8, "PDF"},
        {"\0\1\2\3basura", 10, "no format"},
        {"PK\3\4roto", 8, "cannot be opened"},
        {"SQLite format 3\0.......", 23, "cannot be read"},
        {"\0\0\x27\x0a", 4, "damaged"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char path[] = "/tmp/tesela-source-XXXXXX";
        int descriptor = mkstemp(path);
        assert_true(descriptor >= 0);
        assert_int_equal(write(descriptor, cases[i].content, cases[i].length), (ssize_t)cases[i].length);
        close(descriptor);
        struct report *report = report_create(path);
        struct source *source = NULL;
        struct error err = {0};
        assert_false(source_open(path, report, &source, &err));
        if (!strstr(err.english, cases[i].words)) {
            fail_msg("case %zu: %s", i, err.english);
        }
        report_destroy(report);
        unlink(path);
    }
}

static void test_missing(void **state)
{
    (void)state;
    struct report *report = report_create("x");
    struct source *source = NULL;
    struct error err = {0};
    assert_false(source_open("/nonexistent/x.shp", report, &source, &err));
    assert_int_equal(err.kind, ERROR_NOT_FOUND);
    assert_false(source_open("/tmp", report, &source, &err));
    report_destroy(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_slugs), cmocka_unit_test(test_refused),
                                       cmocka_unit_test(test_missing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
