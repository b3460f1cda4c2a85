/* SPDX-License-Identifier: MIT */
#include "store/raster_file.h"

#include "unit/test.h"

#define SOUND "\"width\":3,\"height\":2,\"bands\":1,\"type\":\"Byte\",\"max_zoom\":9,\"transform\":[0,1,0,0,0,-1]"

static void descriptions_are_judged(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        bool ok;
        enum store_raster_kind kind;
    } cases[] = {
        {"{}", true, STORE_RASTER_NONE},
        {"{\"tesela:raster\":{\"kind\":\"imagery\"," SOUND "}}", true, STORE_RASTER_IMAGERY},
        {"{\"tesela:raster\":{\"kind\":\"elevation\"," SOUND ",\"range\":[5,5]}}", true, STORE_RASTER_ELEVATION},
        {"{\"tesela:raster\":{\"kind\":\"music\"," SOUND "}}", false, STORE_RASTER_NONE},
        {"{\"tesela:raster\":{\"kind\":\"imagery\"}}", false, STORE_RASTER_NONE},
        {"{\"tesela:raster\":7}", false, STORE_RASTER_NONE},
        {"{\"tesela:raster\":{\"kind\":\"imagery\"," SOUND ",\"range\":[1]}}", false, STORE_RASTER_NONE},
        {"{\"tesela:raster\":{\"kind\":\"imagery\",\"width\":-3,\"height\":2,\"bands\":1,\"type\":\"Byte\",\"max_"
         "zoom\":9,"
         "\"transform\":[0,1,0,0,0,-1]}}",
         false, STORE_RASTER_NONE},
        {"{\"tesela:raster\":{\"kind\":\"imagery\",\"width\":3,\"height\":2,\"bands\":1,\"type\":\"Byte\",\"max_zoom\":"
         "99,"
         "\"transform\":[0,1,0,0,0,-1]}}",
         false, STORE_RASTER_NONE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena *arena = arena_create(1 << 20);
        struct value descriptor;
        struct store_raster raster;
        struct error err = {0};
        assert_true(value_read_json(text_of(cases[i].json), arena, &descriptor, &err));
        if (raster_file_describe(&descriptor, &raster, &err) != cases[i].ok) {
            fail_msg("case %zu", i);
        }
        if (cases[i].ok) {
            assert_int_equal(raster.kind, cases[i].kind);
            assert_true(raster.high > raster.low);
        }
        arena_destroy(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(descriptions_are_judged)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
