/* SPDX-License-Identifier: MIT */
#include "base/json_write.h"

#include "unit/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void writes_nested_values(void **state)
{
    (void)state;
    struct buffer out;
    struct json_writer writer;
    buffer_init(&out, 1 << 16);
    json_write_init(&writer, &out);
    json_write_begin_object(&writer);
    json_write_member_string(&writer, "a", "x");
    json_write_name(&writer, "b");
    json_write_begin_array(&writer);
    json_write_int(&writer, -1);
    json_write_double(&writer, 0.1);
    json_write_double(&writer, NAN);
    json_write_double(&writer, -INFINITY);
    json_write_bool(&writer, true);
    json_write_string(&writer, NULL);
    json_write_begin_object(&writer);
    json_write_end_object(&writer);
    json_write_fixed(&writer, 1.50000, 3);
    json_write_fixed(&writer, -0.0001, 2);
    json_write_end_array(&writer);
    json_write_member_int(&writer, "c", INT64_MIN);
    json_write_end_object(&writer);
    assert_string_equal(buffer_text(&out), "{\"a\":\"x\",\"b\":[-1,0.1,null,null,true,null,{},1.5,0],"
                                           "\"c\":-9223372036854775808}");
    buffer_finish(&out);
}

static void escapes_text(void **state)
{
    (void)state;
    static const struct {
        struct text text;
        const char *json;
    } cases[] = {
        {{"", 0}, "\"\""},
        {{"Núñez ½", 10}, "\"Núñez ½\""},
        {{"\"\\\n\r\t\b", 6}, "\"\\\"\\\\\\n\\r\\t\\u0008\""},
        {{"a\0b", 3}, "\"a\\u0000b\""},
        {{"</script>&", 10}, "\"\\u003c/script\\u003e\\u0026\""},
        {{"\xe2\x80\xa8\xe2\x80\xa9", 6}, "\"\\u2028\\u2029\""},
        {{"\xff\xc3(", 3}, "\"\xef\xbf\xbd\xef\xbf\xbd(\""},
        {{"\xed\xa0\x80", 3}, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
        {{"\xf0\x9f\x97\xba", 4}, "\"\xf0\x9f\x97\xba\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buffer out;
        struct json_writer writer;
        buffer_init(&out, 1 << 16);
        json_write_init(&writer, &out);
        json_write_text(&writer, cases[i].text);
        assert_string_equal(buffer_text(&out), cases[i].json);
        buffer_finish(&out);
    }
}

static void writes_coordinates(void **state)
{
    (void)state;
    static const struct {
        int64_t e7;
        const char *text;
    } cases[] = {
        {0, "0"},
        {1, "0.0000001"},
        {-1, "-0.0000001"},
        {10000000, "1"},
        {-1034067000, "-103.4067"},
        {1800000000, "180"},
        {255428123, "25.5428123"},
        {-1000000, "-0.1"},
        {99999999999, "9999.9999999"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[17] = {0};
        size_t length = json_put_e7(cases[i].e7, text);
        assert_int_equal(length, strlen(cases[i].text));
        text[length] = '\0';
        assert_string_equal(text, cases[i].text);
    }
    unsigned seed = 7;
    for (int i = 0; i < 100000; i++) {
        seed = seed * 1664525u + 1013904223u;
        int64_t e7 = (int64_t)(seed % 3600000000u) - 1800000000;
        char text[17] = {0};
        text[json_put_e7(e7, text)] = '\0';
        assert_int_equal(llround(strtod(text, NULL) * 1e7), e7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(writes_nested_values), cmocka_unit_test(escapes_text),
                                       cmocka_unit_test(writes_coordinates)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
