/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include "unit/test.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void tells_utf8(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        bool valid;
    } cases[] = {
        {"", true},          {"Torreón", true},       {"\xf0\x9f\x97\xba", true}, {"\xc3", false},
        {"\xc0\x80", false}, {"\xe0\x80\x80", false}, {"\xed\xa0\x80", false},    {"\xf4\x90\x80\x80", false},
        {"\xf5", false},     {"Torre\xf3n", false},   {"a\x80", false},           {"\xf4\x8f\xbf\xbf", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(text_is_utf8(text_of(cases[i].bytes)), cases[i].valid);
    }
    for (uint32_t code_point = 1; code_point < 0x110000; code_point += 13) {
        char bytes[5] = {0};
        size_t length = text_put_code_point(code_point, bytes);
        size_t position = 0;
        bool surrogate = code_point >= 0xd800 && code_point <= 0xdfff;
        assert_int_equal(text_next_code_point((struct text){bytes, length}, &position),
                         surrogate ? 0xfffd : code_point);
        assert_int_equal(position, length);
    }
}

static void tells_ids(void **state)
{
    (void)state;
    assert_true(text_is_id(text_of("centros-educativos_2")));
    assert_true(text_is_id(text_of("0")));
    static const char *const bad[] = {"", "-a", "_a", "A", "a b", "..", "a/b", "á", "a.json"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(text_is_id(text_of(bad[i])));
    }
    char long_id[66];
    memset(long_id, 'a', sizeof long_id);
    assert_true(text_is_id((struct text){long_id, 64}));
    assert_false(text_is_id((struct text){long_id, 65}));
    char spoken[] = "Colonias_2020-\xc3\x91";
    text_lower_id(spoken);
    assert_string_equal(spoken, "colonias_2020-\xc3\x91");
}

static void folds(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"Núñez", "nunez"},
        {"CÁRDENAS", "cardenas"},
        {"Güero Ü", "guero u"},
        {"Łódź", "lodz"},
        {"n\xcc\x83", "n"},
        {"×÷", "×÷"},
        {"", ""},
        {"Ÿ", "y"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[64];
        text_fold(text_of(cases[i][0]), out, sizeof out);
        assert_string_equal(out, cases[i][1]);
    }
    char small[4];
    assert_int_equal(text_fold(text_of("Ñandú"), small, sizeof small), 3);
    assert_string_equal(small, "nan");
}

static void mends_sentences(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        const char *out;
    } cases[] = {
        {"«Torreón»", "«Torreón»"},           {"«Torre\xf3n.shp»", "«Torreón.shp»"},
        {"«Torre\xc3» no", "«Torre» no"}, /* cut by a precision */
        {"\"Torre\xc3\" no", "\"Torre\" no"}, {"(\xe2\x82)", "()"},
        {"fin \xf0\x9f\x98", "fin "},         {"\xff\x80\xc3(", "\xc3\xbf?\xc3\x83("},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char out[64];
        assert_int_equal(text_mend_utf8(text_of(cases[i].in), out, sizeof out), strlen(cases[i].out));
        assert_string_equal(out, cases[i].out);
    }
    char small[4];
    text_mend_utf8(text_of("ab\xc3\xb3"), small, sizeof small); /* no room for half a character */
    assert_string_equal(small, "ab");
}

static void tells_endings(void **state)
{
    (void)state;
    assert_true(text_ends_with("colonias.zip", ".zip"));
    assert_false(text_ends_with("colonias.ZIP", ".zip"));
    assert_true(text_ends_with_any_case("colonias.ZIP", ".zip"));
    assert_false(text_ends_with(".zip", ".zip"));
    assert_false(text_ends_with_any_case(".ZIP", ".zip"));
    assert_false(text_ends_with("p", ".zip"));
}

static void measures_edits(void **state)
{
    (void)state;
    assert_int_equal(text_edit_distance(text_of("line-widht"), text_of("line-width")), 2);
    assert_int_equal(text_edit_distance(text_of(""), text_of("abc")), 3);
    assert_int_equal(text_edit_distance(text_of("abc"), text_of("abc")), 0);
    assert_int_equal(text_edit_distance(text_of("kitten"), text_of("sitting")), 3);
}

static void reads_numbers_strictly(void **state)
{
    (void)state;
    uint64_t number = 99;
    assert_true(text_to_uint(text_of("0"), 10, &number));
    assert_true(text_to_uint(text_of("18446744073709551615"), UINT64_MAX, &number));
    assert_true(number == UINT64_MAX);
    static const char *const bad[] = {"", "-1", "+1", " 1", "1 ", "1e3", "0x1", "18446744073709551616", "11", "1.0"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(text_to_uint(text_of(bad[i]), 10, &number));
    }
    double real;
    assert_true(text_to_double(text_of("-103.4067"), &real) && real == -103.4067);
    static const char *const unreal[] = {"", "nan", "inf", "1e999", "1,5", "0x10", "1 ", "--1", "e"};
    for (size_t i = 0; i < sizeof unreal / sizeof *unreal; i++) {
        assert_false(text_to_double(text_of(unreal[i]), &real));
    }
}

static void writes_doubles_that_read_back(void **state)
{
    (void)state;
    static const double numbers[] = {0.1, 1.0 / 3, 1e300, DBL_MIN, DBL_MAX, -123456789.125, 1e15, 1e16, 5e-324};
    char out[32];
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        text_put_double(numbers[i], out);
        assert_true(strtod(out, NULL) == numbers[i]);
    }
    /* As printf has them with the fewest digits that read back. */
    for (int i = 0; i < 20000; i++) {
        double number = (double)((i * 7919) % 100003 - 50000) / (double[]){10, 100, 1e3, 1e4, 1e6, 7, 1e8, 3e-3}[i % 8];
        char wanted[32];
        for (int digits = 15; digits <= 17; digits++) {
            snprintf(wanted, sizeof wanted, "%.*g", digits, number);
            if (strtod(wanted, NULL) == number) {
                break;
            }
        }
        assert_int_equal(text_put_double(number, out), strlen(wanted));
        assert_string_equal(out, wanted);
    }
    assert_int_equal(text_put_int(INT64_MIN, out), 20);
    assert_string_equal(out, "-9223372036854775808");
    text_put_int(0, out);
    assert_string_equal(out, "0");
    text_put_double(0.1, out);
    assert_string_equal(out, "0.1");
    text_put_double(-0.0, out);
    assert_string_equal(out, "0");
    text_put_double(25, out);
    assert_string_equal(out, "25");
    text_put_double(NAN, out);
    assert_string_equal(out, "null");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_utf8),
        cmocka_unit_test(tells_ids),
        cmocka_unit_test(folds),
        cmocka_unit_test(measures_edits),
        cmocka_unit_test(mends_sentences),
        cmocka_unit_test(tells_endings),
        cmocka_unit_test(reads_numbers_strictly),
        cmocka_unit_test(writes_doubles_that_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
