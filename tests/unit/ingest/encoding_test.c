/* SPDX-License-Identifier: MIT */
#include "ingest/encoding.h"

#include "unit/test.h"

#include <string.h>

static void test_names(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        const char *expected; /* NULL: unknown */
    } cases[] = {
        {"UTF-8", "UTF-8"},
        {"utf8", "UTF-8"},
        {"65001", "UTF-8"},
        {"ISO 8859-1", "ISO-8859-1"},
        {"88591", "ISO-8859-1"},
        {"ISO-8859-15", "ISO-8859-15"},
        {"1252", "windows-1252"},
        {"ANSI 1250", "windows-1250"},
        {"Windows-1252", "windows-1252"},
        {"OEM 850", "CP850"},
        {"cp437", "CP437"},
        {"Big-5", "BIG5"},
        {"klingon", NULL},
        {"", NULL},
        {"12345", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char name[ENCODING_NAME_BYTES] = "";
        assert_int_equal(encoding_canonical(text_of(cases[i].label), name), cases[i].expected != NULL);
        if (cases[i].expected) {
            assert_string_equal(name, cases[i].expected);
        }
    }
    assert_string_equal(encoding_of_language(0x02), "CP850");
    assert_null(encoding_of_language(0));
}

struct decision {
    const char *values[4];
    const char *declared;
    enum encoding_source source;
    const char *name; /* expected */
    bool contradicted;
    const char *decoded[4]; /* expected */
};

static void check(const struct decision *decision)
{
    struct encoding_evidence evidence = {0};
    struct encoding_choice choice;
    struct encoding *encoding = NULL;
    struct error err;
    struct arena *arena = arena_create(1 << 20);
    assert_non_null(arena);
    for (size_t i = 0; i < 4 && decision->values[i]; i++) {
        encoding_evidence_add(&evidence, text_of(decision->values[i]), 0);
    }
    encoding_decide(&evidence, decision->declared, decision->source, &choice);
    assert_string_equal(choice.name, decision->name);
    assert_int_equal(choice.contradicted, decision->contradicted);
    assert_true(encoding_open(&choice, &encoding, &err));
    for (size_t i = 0; i < 4 && decision->values[i]; i++) {
        unsigned outcome;
        struct text text = encoding_decode(encoding, text_of(decision->values[i]), 0, arena, &outcome);
        assert_true(text_is_utf8(text));
        assert_true(text_is(text, decision->decoded[i]));
    }
    encoding_close(encoding);
    arena_destroy(arena);
}

static void test_decisions(void **state)
{
    (void)state;
    static const struct decision cases[] = {
        /* nothing beyond ASCII */
        {{"Centro", "Norte"}, NULL, ENCODING_UNDECLARED, "UTF-8", false, {"Centro", "Norte"}},
        /* undeclared: UTF-8, Latin-1, CP850 */
        {{"Torre\xc3\xb3n", "Ca\xc3\xb1\xc3\xb3n"}, NULL, ENCODING_UNDECLARED, "UTF-8", false, {"Torreón", "Cañón"}},
        {{"Torre\xf3n",
          "PE\xd1"
          "A",
          "Ju\xe1rez"},
         NULL,
         ENCODING_UNDECLARED,
         "windows-1252",
         false,
         {"Torreón", "PEÑA", "Juárez"}},
        {{"Torre\xa2n",
          "Pe\xa4"
          "a",
          "Ju\xa0rez", "Le\xa2n"},
         NULL,
         ENCODING_UNDECLARED,
         "CP850",
         false,
         {"Torreón", "Peña", "Juárez", "León"}},
        /* one table, two encodings: each value in its own */
        {{"Torre\xc3\xb3n", "Juárez", "Le\xf3n"},
         NULL,
         ENCODING_UNDECLARED,
         "UTF-8",
         false,
         {"Torreón", "Juárez", "León"}},
        /* declared, and the bytes agree */
        {{"Torre\xf3n"}, "ISO-8859-1", ENCODING_CPG, "ISO-8859-1", false, {"Torreón"}},
        {{"San Luis Potos\xa1"}, "CP850", ENCODING_LANGUAGE, "CP850", false, {"San Luis Potosí"}},
        /* declared, and the bytes say otherwise */
        {{"Torre\xf3n", "Le\xf3n"}, "UTF-8", ENCODING_CPG, "windows-1252", true, {"Torreón", "León"}},
        {{"Torreón", "León", "Cañón"}, "ISO-8859-1", ENCODING_CPG, "UTF-8", true, {"Torreón", "León", "Cañón"}},
        {{"Ca\xf1\xf3n", "Torre\xf3n", "Le\xf3n"},
         "CP850",
         ENCODING_LANGUAGE,
         "windows-1252",
         true,
         {"Cañón", "Torreón", "León"}},
        /* a person decides */
        {{"Torre\xa2n"}, "CP850", ENCODING_OPTION, "CP850", false, {"Torreón"}},
        {{"Torre\xc3\xb3n"}, "windows-1252", ENCODING_OPTION, "windows-1252", false, {"TorreÃ³n"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check(&cases[i]);
    }
}

static void test_outcomes(void **state)
{
    (void)state;
    struct encoding_choice choice = {.name = "UTF-8", .fallback = "windows-1252"};
    struct encoding *encoding = NULL;
    struct error err;
    struct arena *arena = arena_create(1 << 20);
    unsigned outcome;
    assert_true(encoding_open(&choice, &encoding, &err));
    /* A column of 8 bytes cut the last letter in two. */
    struct text text = encoding_decode(encoding, text_of("Ca\xc3\xb1\xc3\xb3n\xc3"), 8, arena, &outcome);
    assert_int_equal(outcome, ENCODING_CUT);
    assert_true(text_is(text, "Cañón"));
    text = encoding_decode(encoding, text_of("Le\xf3n"), 8, arena, &outcome);
    assert_int_equal(outcome, ENCODING_OTHERWISE);
    assert_true(text_is(text, "León"));
    text = encoding_decode(encoding, text_of("x\x9dy"), 8, arena, &outcome);
    assert_true(outcome & ENCODING_REPLACED);
    assert_true(text_is_utf8(text));
    encoding_close(encoding);
    arena_destroy(arena);
}

/* Whatever the bytes, the result is UTF-8. */
static void test_any_bytes(void **state)
{
    (void)state;
    static const char *const names[] = {"UTF-8", "windows-1252", "CP850", "CP437", "BIG5", "windows-1251"};
    struct error err;
    struct arena *arena = arena_create(1 << 22);
    uint32_t seed = 12345;
    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
        struct encoding_choice choice = {.fallback = "windows-1252"};
        struct encoding *encoding = NULL;
        strcpy(choice.name, names[n]);
        assert_true(encoding_open(&choice, &encoding, &err));
        for (int round = 0; round < 2000; round++) {
            char bytes[24];
            for (size_t i = 0; i < sizeof bytes; i++) {
                seed = seed * 1664525u + 1013904223u;
                bytes[i] = (char)(seed >> 24);
            }
            unsigned outcome;
            struct text text = encoding_decode(encoding, (struct text){bytes, seed % 24}, 24, arena, &outcome);
            assert_non_null(text.data);
            assert_true(text_is_utf8(text));
            arena_reset(arena);
        }
        encoding_close(encoding);
    }
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_names), cmocka_unit_test(test_decisions),
                                       cmocka_unit_test(test_outcomes), cmocka_unit_test(test_any_bytes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
