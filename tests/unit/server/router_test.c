/* SPDX-License-Identifier: MIT */
#include "unit/test.h"

#include "server/handlers.h"
#include "server/pages.h"
#include "server/router.h"

#include <stdio.h>
#include <string.h>

static void test_table_is_sorted(void **state)
{
    size_t count;
    const struct route *routes = router_routes(&count);
    (void)state;
    for (size_t i = 1; i < count; i++) {
        if (strcmp(routes[i - 1].pattern, routes[i].pattern) >= 0) {
            fail_msg("%s stands before %s", routes[i - 1].pattern, routes[i].pattern);
        }
    }
}

static const struct {
    const char *path;
    handler *handle; /* NULL: no route */
    const char *captures;
} cases[] = {
    {"/", handle_landing, ""},
    {"/mapas", handle_maps, ""},
    {"/mapas/base", handle_map_page, "base|"},
    {"/mapas/base/x", NULL, ""},
    {"/mapas/", NULL, ""},
    {"/mapa", NULL, ""},
    {"/mapasx", NULL, ""},
    {"/tiles/base.json", handle_tilejson, "base|"},
    {"/tiles/.json", NULL, ""},
    {"/tiles/base/1/2/3.png", handle_tile_png, "base|1|2|3|"},
    {"/tiles/base/1/2/3@2x.png", handle_tile_png_2x, "base|1|2|3|"},
    {"/tiles/base/1/2/3@3x.png", handle_tile_png, "base|1|2|3@3x|"},
    {"/tiles/base/512/1/2/3.png", handle_tile_png_512, "base|1|2|3|"},
    {"/tiles/base/512/1/2/3@2x.png", handle_tile_png_512_2x, "base|1|2|3|"},
    {"/tiles/base/256/1/2/3.png", NULL, ""},
    {"/tiles/base/512/2/3.png", handle_tile_png, "base|512|2|3|"},
    {"/tiles/base/1/2/3.mvt", handle_tile_mvt, "base|1|2|3|"},
    {"/tiles/base/1/2/3.pbf", handle_tile_mvt, "base|1|2|3|"},
    {"/tiles/Base_M/1/2/3.mvt", handle_tile_mvt, "base_m|1|2|3|"},
    {"/collections/Colonias/items/A1", handle_item, "colonias|A1|"},
    {"/tiles/base/1/2/3.geojson", handle_tile_geojson, "base|1|2|3|"},
    {"/tiles/base/1/2/3.gif", NULL, ""},
    {"/tiles/base/1/2/.png", NULL, ""},
    {"/tiles/base/1/2/3", NULL, ""},
    {"/tiles/base/-1/1e3/+2.png", handle_tile_png, "base|-1|1e3|+2|"},
    {"/collections/a b/items/\xc3\xb1", handle_item, "a b|\xc3\xb1|"},
    {"/collections/a/items/", NULL, ""},
    {"/static/vendor/leaflet/leaflet.css", handle_static, "vendor/leaflet/leaflet.css|"},
    {"/static/", NULL, ""},
    {"/data/a.b.geojson", handle_data_geojson, "a.b|"},
};

static void test_matches(void **state)
{
    struct arena *arena = arena_create(1 << 16);
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *captures[REQUEST_CAPTURES_MAX];
        size_t count = 0;
        char joined[128] = "";
        const struct route *route = router_match(cases[i].path, arena, captures, &count);
        if ((route ? route->handle : NULL) != cases[i].handle) {
            fail_msg("%s goes to %s", cases[i].path, route ? route->pattern : "nothing");
        }
        for (size_t k = 0; route && k < count; k++) {
            snprintf(joined + strlen(joined), sizeof joined - strlen(joined), "%s|", captures[k]);
        }
        assert_string_equal(joined, cases[i].captures);
    }
    arena_destroy(arena);
}

static void test_parameters(void **state)
{
    const struct route route = {.pattern = "/x", .parameters = "bbox limit offset"};
    const struct route bare = {.pattern = "/y", .parameters = ""};
    const struct request_parameter good[] = {{"limit", "1"}, {"bbox", ""}};
    const struct request_parameter wrong[] = {{"limit", "1"}, {"ofset", "1"}};
    const struct request_parameter part[] = {{"lim", "1"}};
    const struct request_parameter empty[] = {{"", "1"}};
    const struct request_parameter twice[] = {{"limit", "1"}, {"limit", "1"}};
    struct error err = {0};
    (void)state;
    assert_true(router_check_parameters(&route, good, 2, &err));
    assert_true(router_check_parameters(&bare, good, 0, &err));
    assert_false(router_check_parameters(&route, wrong, 2, &err));
    assert_non_null(strstr(err.spanish, "«ofset»"));
    assert_non_null(strstr(err.spanish, "«offset»"));
    assert_int_equal(err.kind, ERROR_INVALID);
    assert_false(router_check_parameters(&route, part, 1, &err));
    assert_false(router_check_parameters(&route, empty, 1, &err));
    assert_false(router_check_parameters(&bare, good, 1, &err));
    assert_string_equal(err.code, "SRV-010");
    assert_false(router_check_parameters(&route, twice, 2, &err));
    assert_string_equal(err.code, "SRV-011");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_is_sorted),
        cmocka_unit_test(test_matches),
        cmocka_unit_test(test_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
