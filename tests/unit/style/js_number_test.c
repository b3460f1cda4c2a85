/* SPDX-License-Identifier: MIT */
#include "style/js_number.h"

#include "unit/test.h"

#include <math.h>
#include <string.h>

static void formats(void **state)
{
    (void)state;
    static const struct {
        double number;
        const char *text;
    } cases[] = {{0, "0"},
                 {-0.0, "0"},
                 {1, "1"},
                 {-17, "-17"},
                 {0.1, "0.1"},
                 {1.5, "1.5"},
                 {1e21, "1e+21"},
                 {123456789012345680000.0, "123456789012345680000"},
                 {1e-6, "0.000001"},
                 {1.5e-7, "1.5e-7"},
                 {-2.5e-9, "-2.5e-9"},
                 {0.30000000000000004, "0.30000000000000004"},
                 {NAN, "NaN"},
                 {INFINITY, "Infinity"},
                 {-INFINITY, "-Infinity"},
                 {1e15, "1000000000000000"},
                 {5e-324, "5e-324"},
                 {1.7976931348623157e308, "1.7976931348623157e+308"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[JS_NUMBER_BYTES];
        size_t length = js_number_format(cases[i].number, text);
        assert_string_equal(text, cases[i].text);
        assert_int_equal(length, strlen(cases[i].text));
    }
}

static void parses(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double number; /* NaN: no number */
    } cases[] = {{"", 0},
                 {"  ", 0},
                 {"12", 12},
                 {" 1e3\n", 1000},
                 {"-.5", -0.5},
                 {"5.", 5},
                 {"0x1F", 31},
                 {"0b101", 5},
                 {"0o17", 15},
                 {"Infinity", INFINITY},
                 {"-Infinity", -INFINITY},
                 {"1e", NAN},
                 {"0x", NAN},
                 {"0xg", NAN},
                 {"1 2", NAN},
                 {"inf", NAN},
                 {"nan", NAN},
                 {".", NAN},
                 {"+", NAN},
                 {"1_000", NAN},
                 {"12px", NAN},
                 {"-0x10", NAN}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double number = js_number_parse(text_of(cases[i].text));
        if (isnan(cases[i].number) ? !isnan(number) : number != cases[i].number) {
            fail_msg("\"%s\" gives %g", cases[i].text, number);
        }
    }
}

static void rounds_half_up(void **state)
{
    (void)state;
    assert_true(js_number_round(2.5) == 3);
    assert_true(js_number_round(-2.5) == -2);
    assert_true(js_number_round(0.49999999999999994) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(formats), cmocka_unit_test(parses),
                                       cmocka_unit_test(rounds_half_up)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
