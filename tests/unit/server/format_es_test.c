/* SPDX-License-Identifier: MIT */
#include "server/format_es.h"

#include "unit/test.h"

#include <math.h>
#include <string.h>

/* The expected texts are those of Intl with es-MX (Node 20, ICU 74), except where a comment says otherwise. */
static void groups_numbers(void **state)
{
    (void)state;
    static const struct {
        double number;
        unsigned decimals;
        const char *text;
    } cases[] = {
        {1234567.891, 3, "1,234,567.891"},
        {0, 3, "0"},
        {-0.0, 3, "0"},
        {-0.0001, 3, "0"}, /* Intl writes "-0" */
        {999, 0, "999"},
        {1000, 0, "1,000"},
        {-1234.5, 2, "-1,234.5"},
        {999.9999, 2, "1,000"},
        {0.1 + 0.2, 3, "0.3"},
        {1.005, 2, "1.01"}, /* the decimal people see is rounded, not the binary value below it */
        {2.675, 2, "2.68"},
        {47.8, 1, "47.8"},
        {123456789012345.0, 0, "123,456,789,012,345"},
        {1e21, 3, "1e+21"}, /* Intl writes 22 digits */
        {NAN, 3, "sin dato"},
        {HUGE_VAL, 3, "sin dato"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[64];
        size_t length = format_number(LANGUAGE_ES, cases[i].number, cases[i].decimals, out);
        assert_string_equal(out, cases[i].text);
        assert_int_equal(length, strlen(out));
    }
    char out[32];
    format_integer(INT64_MIN, out);
    assert_string_equal(out, "-9,223,372,036,854,775,808");
}

static void writes_dates_in_words(void **state)
{
    (void)state;
    static const struct {
        const char *date, *es, *en;
    } cases[] = {
        {"2015-03-18", "18 de marzo de 2015", "March 18, 2015"},
        {"2020-12-01", "1 de diciembre de 2020", "December 1, 2020"},
        {"2015-03", "marzo de 2015", "March 2015"},
        {"2020", "2020", "2020"},
        {"2015-03-18T10:30:00Z", "18 de marzo de 2015, 10:30", "March 18, 2015, 10:30"},
        {"2015-13-18", "2015-13-18", "2015-13-18"},
        {"2015-03-32", "2015-03-32", "2015-03-32"},
        {"2015-03-18x", "2015-03-18x", "2015-03-18x"},
        {"ayer", "ayer", "ayer"},
        {"", "", ""},
    };
    struct arena *arena = arena_create(1 << 16);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_string_equal(format_date(LANGUAGE_ES, text_of(cases[i].date), arena), cases[i].es);
        assert_string_equal(format_date(LANGUAGE_EN, text_of(cases[i].date), arena), cases[i].en);
    }
    arena_destroy(arena);
}

static void writes_field_values(void **state)
{
    (void)state;
    const struct {
        const char *field;
        enum field_type type;
        struct value value;
        const char *es;
    } cases[] = {
        {"pobtot", FIELD_INTEGER, value_of_int(12345), "12,345"},
        {"anio", FIELD_INTEGER, value_of_int(2020), "2020"},
        {"año_alta", FIELD_INTEGER, value_of_int(2020), "2020"},
        {"cve_col", FIELD_INTEGER, value_of_int(50350), "50350"},
        {"tel", FIELD_REAL, value_of_real(8717123456), "8717123456"},
        {"telares", FIELD_INTEGER, value_of_int(2020), "2,020"},
        {"anios", FIELD_INTEGER, value_of_int(2020), "2,020"},
        {"area", FIELD_REAL, value_of_real(1234.56789), "1,234.568"},
        {"tasa", FIELD_REAL, value_of_real(0.000123), "0.000123"},
        {"tasa", FIELD_REAL, value_of_real(NAN), "sin dato"},
        {"vigente", FIELD_BOOLEAN, value_of_bool(true), "Sí"},
        {"vigente", FIELD_BOOLEAN, value_of_int(0), "No"},
        {"fecha", FIELD_DATE, value_of_string("2015-03-18"), "18 de marzo de 2015"},
        {"nombre", FIELD_STRING, value_of_string("2015-03-18"), "2015-03-18"},
        {"nombre", FIELD_STRING, value_of_string(""), "sin dato"},
        {"nombre", FIELD_STRING, value_null(), "sin dato"},
    };
    struct arena *arena = arena_create(1 << 16);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_string_equal(format_field_value(LANGUAGE_ES, cases[i].field, cases[i].type, &cases[i].value, arena),
                            cases[i].es);
    }
    arena_destroy(arena);
}

static void writes_ranges(void **state)
{
    (void)state;
    struct arena *arena = arena_create(1 << 16);
    assert_string_equal(format_range(LANGUAGE_ES, true, 1000, true, 2500, "habitantes", arena),
                        "1,000 – 2,500 habitantes");
    assert_string_equal(format_range(LANGUAGE_ES, false, 0, true, 1000, "habitantes", arena),
                        "Menos de 1,000 habitantes");
    assert_string_equal(format_range(LANGUAGE_ES, true, 2500, false, 0, NULL, arena), "2,500 o más");
    assert_string_equal(format_range(LANGUAGE_EN, true, 2500.5, false, 0, "m²", arena), "2,500.5 m² or more");
    assert_string_equal(format_humanised(text_of("uso_de_suelo"), arena), "Uso de suelo");
    assert_string_equal(format_humanised(text_of("CU-2"), arena), "CU-2");
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups_numbers),
        cmocka_unit_test(writes_dates_in_words),
        cmocka_unit_test(writes_field_values),
        cmocka_unit_test(writes_ranges),
    };
    return cmocka_run_group_tests_name("server/format_es", tests, NULL, NULL);
}
