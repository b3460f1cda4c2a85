/* SPDX-License-Identifier: MIT */
#include "style/style_mentions.h"

#include "unit/test.h"

#include <stdio.h>
#include <string.h>

struct mention_case {
    const char *property; /* of a symbol layer's layout, as JSON */
    const char *images;   /* names, each with a blank behind */
    bool computed;
    const char *stacks; /* fonts joined by commas, each stack with a bar behind */
};

static const struct mention_case cases[] = {
    {"\"icon-image\":\"maki:bus\"", "maki:bus ", false, ""},
    {"\"icon-image\":\"{maki}-11\"", "", true, ""},
    {"\"icon-image\":[\"match\",[\"get\",\"a\"],\"x\",\"one\",[\"y\",\"z\"],\"two\",\"three\"]", "one two three ",
     false, ""},
    {"\"icon-image\":[\"case\",[\"==\",[\"get\",\"a\"],\"x\"],\"one\",\"one\"]", "one ", false, ""},
    {"\"icon-image\":[\"step\",[\"zoom\"],\"low\",12,[\"image\",\"high\"]]", "low high ", false, ""},
    {"\"icon-image\":[\"coalesce\",[\"image\",[\"concat\",\"maki:\",[\"get\",\"k\"]]],[\"image\",\"dot\"]]", "dot ",
     true, ""},
    {"\"icon-image\":[\"get\",\"icon\"]", "", true, ""},
    {"\"icon-image\":{\"stops\":[[1,\"a\"],[9,\"b\"]]}", "a b ", false, ""},
    {"\"icon-image\":{\"property\":\"icon\",\"type\":\"identity\"}", "", true, ""},
    {"\"text-field\":\"x\"", "", false, "Open Sans Regular,Arial Unicode MS Regular|"},
    {"\"text-field\":\"x\",\"text-font\":[\"A\",\"B\"]", "", false, "A,B|"},
    {"\"text-field\":\"x\",\"text-font\":[\"step\",[\"zoom\"],[\"literal\",[\"A\"]],9,[\"literal\",[\"B\",\"C\"]]]", "",
     false, "A|B,C|"},
    {"\"text-field\":\"x\",\"text-font\":{\"stops\":[[1,[\"A\"]],[9,[\"A\"]]]}", "", false, "A|"},
    {"\"text-field\":[\"format\",\"x\",{\"text-font\":[\"literal\",[\"F\"]]},[\"image\",\"pin\"],{}],\"text-font\":["
     "\"A\"]",
     "pin ", false, "F|A|"},
};

static void names_are_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char json[2048];
        char images[256] = "";
        char stacks[256] = "";
        struct style *style;
        struct error err = {0};
        struct style_mentions mentions;
        snprintf(
            json, sizeof json,
            "{\"version\":8,\"sources\":{\"s\":{\"type\":\"vector\",\"url\":\"tesela://s\"}},\"layers\":[{\"id\":\"l\","
            "\"type\":\"symbol\",\"source\":\"s\",\"source-layer\":\"s\",\"layout\":{%s}}]}",
            cases[i].property);
        if (!style_read("test", text_of(json), &style, NULL, NULL, &err)) {
            fail_msg("%s: %s", cases[i].property, err.english);
        }
        struct arena *arena = arena_create(1 << 20);
        assert_true(style_mentions_find(style, arena, &mentions));
        for (size_t j = 0; j < mentions.image_count; j++) {
            strncat(images, mentions.images[j].name.data, mentions.images[j].name.length);
            strcat(images, " ");
            assert_string_equal(mentions.images[j].layer_id, "l");
        }
        for (size_t j = 0; j < mentions.stack_count; j++) {
            for (size_t k = 0; k < mentions.stacks[j].count; k++) {
                strcat(stacks, k > 0 ? "," : "");
                strncat(stacks, mentions.stacks[j].fonts[k].data, mentions.stacks[j].fonts[k].length);
            }
            strcat(stacks, "|");
        }
        assert_string_equal(images, cases[i].images);
        assert_string_equal(stacks, cases[i].stacks);
        assert_int_equal(mentions.has_computed_images, cases[i].computed);
        assert_int_equal(mentions.has_text, cases[i].stacks[0] != '\0');
        arena_destroy(arena);
        style_unref(style);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(names_are_found)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
