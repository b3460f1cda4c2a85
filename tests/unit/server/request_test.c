/* SPDX-License-Identifier: MIT */
#include "unit/test.h"

#include "server/request.h"

#include <string.h>

static struct request with(const struct request_parameter *parameters, size_t count)
{
    return (struct request){.parameters = parameters, .parameter_count = count};
}

static void test_uint(void **state)
{
    static const struct {
        const char *value;
        bool ok;
        uint64_t number;
    } cases[] = {
        {"1", true, 1},    {"100", true, 100},
        {"007", true, 7},  {"0", false, 0},
        {"101", false, 0}, {"", false, 0},
        {"-1", false, 0},  {"+1", false, 0},
        {"1e1", false, 0}, {"1.0", false, 0},
        {" 1", false, 0},  {"1 ", false, 0},
        {"0x1", false, 0}, {"99999999999999999999999999", false, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct request_parameter parameter = {"n", cases[i].value};
        const struct request request = with(&parameter, 1);
        struct error err = {0};
        uint64_t number = 55;
        bool ok = request_uint(&request, "n", 1, 100, &number, &err);
        if (ok != cases[i].ok) {
            fail_msg("\"%s\"", cases[i].value);
        }
        assert_int_equal(number, ok ? cases[i].number : 55);
        if (!ok) {
            assert_int_equal(err.kind, ERROR_INVALID);
            assert_non_null(strstr(err.spanish, "«n»"));
        }
        assert_true(request_uint(&request, "absent", 1, 100, &number, &err));
    }
}

static void test_double(void **state)
{
    static const char *const bad[] = {"", "nan", "inf", "-inf", "1e999", "181", "1,5", "0x10", "1 ", "uno"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const struct request_parameter parameter = {"lon", bad[i]};
        const struct request request = with(&parameter, 1);
        struct error err = {0};
        double number = 7;
        if (request_double(&request, "lon", -180, 180, &number, &err)) {
            fail_msg("\"%s\"", bad[i]);
        }
        assert_true(number == 7);
    }
    const struct request_parameter good = {"lon", "-103.4067"};
    const struct request request = with(&good, 1);
    double number = 0;
    assert_true(request_double(&request, "lon", -180, 180, &number, NULL));
    assert_true(number == -103.4067);
}

static void test_bbox(void **state)
{
    static const char *const bad[] = {"",        "1,2,3",      "1,2,3,4,5", "1,2,3,4,5,6,7", "a,b,c,d",  "nan,0,1,1",
                                      "0,1,1,0", "-181,0,1,1", "0,-91,1,1", "0,0,1,inf",     "0,0,1,1,", "0 0 1 1"};
    struct bbox box;
    struct error err = {0};
    bool present = false;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const struct request_parameter parameter = {"bbox", bad[i]};
        const struct request request = with(&parameter, 1);
        if (request_bbox(&request, "bbox", &box, &present, &err)) {
            fail_msg("\"%s\"", bad[i]);
        }
        assert_string_equal(err.code, "SRV-012");
    }
    const struct request_parameter good[] = {{"bbox", "170,-1,-170,1"}};
    const struct request request = with(good, 1);
    assert_true(request_bbox(&request, "bbox", &box, &present, &err));
    assert_true(present && box.min_x == 170 && box.max_x == -170);
    assert_true(request_bbox(&request, "other", &box, &present, &err));
    assert_false(present);
}

static void test_pair(void **state)
{
    static const char *const bad[] = {"", "800", "x", "800x", "x600", "800x600x2", "800,600", "axb"};
    double size[2] = {0, 0};
    struct error err = {0};
    bool present;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const struct request_parameter parameter = {"size", bad[i]};
        const struct request request = with(&parameter, 1);
        if (request_pair(&request, "size", 'x', size, &present, &err)) {
            fail_msg("\"%s\"", bad[i]);
        }
    }
    const struct request_parameter good = {"size", "800x600"};
    const struct request request = with(&good, 1);
    assert_true(request_pair(&request, "size", 'x', size, &present, &err));
    assert_true(present && size[0] == 800 && size[1] == 600);
}

static void test_preferences(void **state)
{
    static const struct {
        const char *accept;
        bool json; /* preferred to HTML */
    } cases[] = {
        {NULL, false},
        {"", false},
        {"*/*", false},
        {"application/json", true},
        {"APPLICATION/JSON", true},
        {"application/*", true},
        {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", false},
        {"text/html;q=0.5, application/json;q=0.6", true},
        {"text/html;q=0.5, application/json;q=0.5", false},
        {"application/json;q=0", false},
        {"text/html;q=x, application/json;q=0.1", true},
        {"application/json; charset=utf-8", true},
        {";;;,,,=,q", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct request request = {.accept = cases[i].accept};
        if (request_wants_json(&request) != cases[i].json) {
            fail_msg("Accept: %s", cases[i].accept ? cases[i].accept : "(none)");
        }
    }
    const struct request_parameter html = {"f", "html"};
    struct request request = with(&html, 1);
    request.accept = "application/json";
    assert_false(request_wants_json(&request));
    assert_true(request_accepts("gzip, deflate, br", "br"));
    assert_true(request_accepts("*", "gzip"));
    assert_false(request_accepts("gzip;q=0", "gzip"));
    assert_false(request_accepts("gzip;q=0, *", "gzip"));
    assert_false(request_accepts(NULL, "gzip"));
    assert_false(request_accepts("xgzip", "gzip"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_uint), cmocka_unit_test(test_double),      cmocka_unit_test(test_bbox),
        cmocka_unit_test(test_pair), cmocka_unit_test(test_preferences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
