/* SPDX-License-Identifier: MIT */
#include "ingest/descriptor.h"

#include "unit/test.h"

#include <string.h>

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        const char *words; /* in the English message */
    } cases[] = {
        {"{\"id\":\"x\",\"titel\":\"X\"}", "\"titel\": did you mean \"title\""},
        {"{\"fields\":{\"a\":{\"titulo\":\"A\"}}}", "\"fields.a.titulo\": did you mean \"title\""},
        {"{\"fields\":{\"a\":{\"hidden\":\"yes\"}}}", "\"fields.a.hidden\" should be true or false"},
        {"{\"title\":{\"de\":\"X\"}}", "title.de"},
        {"{\"source\":{\"name\":1}}", "\"source.name\" should be a text"},
        {"{\"keywords\":\"a\"}", "\"keywords\" should be a list"},
        {"{\"id\":\"Mala Capa\"}", "id \"Mala Capa\""},
        {"{\"encoding\":\"klingon\"}", "unknown encoding"},
        {"[]", "should be an object"},
        {"{\"id\":\"a\",\"id\":\"b\"}", "x.json"},
        {"{", "x.json"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct descriptor descriptor;
        struct error err = {0};
        struct arena *arena = arena_create(1 << 20);
        assert_false(descriptor_parse(text_of(cases[i].json), "x.json", arena, &descriptor, &err));
        assert_non_null(strstr(err.english, cases[i].words));
        assert_non_null(strstr(err.english, "x.json"));
        assert_true(err.code[0] != '\0');
        arena_destroy(arena);
    }
}

static void test_written(void **state)
{
    (void)state;
    static const char json[] =
        "{\"id\":\"colonias\",\"title\":{\"es\":\"Colonias\"},\"file\":\"a.zip\",\"srs\":\"EPSG:6372\","
        "\"key\":\"cve\",\"fields\":{\"pob\":{\"title\":{\"es\":\"Población\"}}}}";
    struct descriptor descriptor;
    struct error err;
    struct arena *arena = arena_create(1 << 20);
    assert_true(descriptor_parse(text_of(json), "x.json", arena, &descriptor, &err));
    assert_string_equal(descriptor.key, "cve");
    assert_string_equal(descriptor_field_title(&descriptor.value, "pob", "en"), "Población");
    struct descriptor_change change = {.id = "otra", .title = "Otra", .file = "b.zip", .sha256 = "00"};
    struct text text = descriptor_write(&descriptor.value, &change, arena);
    struct value value;
    assert_true(value_read_json(text, arena, &value, &err));
    assert_string_equal(value_member_string(&value, "id"), "otra");
    assert_string_equal(value_member_string(&value, "file"), "b.zip");
    assert_string_equal(value_member_string(&value, "key"), "cve");
    assert_null(value_member(&value, "srs"));
    assert_string_equal(value_member_string(value_member(&value, "title"), "es"), "Otra");
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_refused), cmocka_unit_test(test_written)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
