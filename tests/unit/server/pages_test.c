/* SPDX-License-Identifier: MIT */
/* The pages as they leave the handlers, without a socket: an empty store and two maps, one of which has texts that
 * would break a page that forgot to escape. */

#include "server/page_layout.h"
#include "server/pages.h"

#include "base/file.h"
#include "unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char plain_map[] =
    "{\"version\":8,\"metadata\":{\"tesela:map\":{\"title\":{\"es\":\"Población por AGEB\",\"en\":\"Population\"},"
    "\"description\":{\"es\":\"Habitantes.\"},\"theme\":\"poblacion\",\"source\":\"Fuente: "
    "prueba\",\"date\":\"2020-03-15\","
    "\"state\":\"publicar\",\"center\":[-103.4067,25.5428]}},\"zoom\":12,\"sources\":{},"
    "\"layers\":[{\"id\":\"f\",\"type\":\"background\"}]}";
static const char nasty_map[] =
    "{\"version\":8,\"metadata\":{\"tesela:map\":{\"title\":{\"es\":\"</script><b a=\\\"'&\"},\"description\":{\"es\":"
    "\"<img src=x onerror=alert(1)>\"},\"theme\":\"<i>\",\"source\":\"<u>\",\"state\":\"publicar\"}},\"sources\":{},"
    "\"layers\":[]}";
static const char draft_map[] =
    "{\"version\":8,\"metadata\":{\"tesela:map\":{\"title\":{\"es\":\"Borrador\"},\"state\":"
    "\"revisar\"}},\"sources\":{},\"layers\":[]}";

struct site {
    char folder[64];
    struct store *store;
    struct catalog *catalog;
    struct arena *arena;
};

static void write_style(const struct site *site, const char *name, const char *json)
{
    char path[128];
    struct error err = {0};
    snprintf(path, sizeof path, "%s/%s", site->folder, name);
    assert_true(file_write(path, json, strlen(json), &err));
}

static int set_up(void **state)
{
    struct site *site = calloc(1, sizeof *site);
    struct error err = {0};
    snprintf(site->folder, sizeof site->folder, "/tmp/tesela-pages-XXXXXX");
    assert_non_null(mkdtemp(site->folder));
    write_style(site, "poblacion.json", plain_map);
    write_style(site, "raro.json", nasty_map);
    write_style(site, "borrador.json", draft_map);
    char data[128];
    snprintf(data, sizeof data, "%s/datos", site->folder);
    assert_true(store_open(data, &site->store, &err));
    if (!catalog_create(site->store, site->folder, NULL, NULL, &site->catalog, &err)) {
        fail_msg("%s", err.english);
    }
    site->arena = arena_create(16 << 20);
    *state = site;
    return 0;
}

static int tear_down(void **state)
{
    struct site *site = *state;
    static const char *const files[] = {"poblacion.json", "raro.json", "borrador.json", "datos"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", site->folder, files[i]);
        unlink(path);
        rmdir(path);
    }
    rmdir(site->folder);
    catalog_unref(site->catalog);
    store_close(site->store);
    arena_destroy(site->arena);
    free(site);
    return 0;
}

/* Asks a handler; the answer's text lives until the site's arena goes. */
static const char *ask(struct site *site, handler *handle, const char *map, const char *name, const char *value,
                       unsigned *out_status)
{
    struct request_parameter parameter = {name, value};
    struct request request = {.method = METHOD_GET,
                              .method_name = "GET",
                              .target = "/",
                              .path = "/",
                              .captures = {map},
                              .capture_count = map ? 1 : 0,
                              .parameters = &parameter,
                              .parameter_count = name ? 1 : 0,
                              .base_url = "http://127.0.0.1:8080",
                              .accept = "text/html,*/*;q=0.8"};
    struct handler_context context = {.catalog = site->catalog, .arena = site->arena};
    struct response response;
    response_init(&response, site->arena);
    handle(&request, &context, &response);
    const char *text = arena_strdup(site->arena, buffer_text(&response.body));
    *out_status = response.status;
    response_finish(&response);
    return text;
}

/* What a strict policy refuses, and what an unescaped text would have brought in. */
static void assert_harmless(const char *html)
{
    static const char *const forbidden[] = {
        " style=", "<style", "onerror=alert(1)>", "<b a=", "javascript:", "<script>", "<img src=x"};
    for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++) {
        if (strstr(html, forbidden[i])) {
            fail_msg("the page holds \"%s\"", forbidden[i]);
        }
    }
}

static void lists_published_maps(void **state)
{
    unsigned status;
    const char *html = ask(*state, handle_home, NULL, NULL, NULL, &status);
    assert_int_equal(status, 200);
    assert_non_null(strstr(html, "<html lang=\"es-MX\">"));
    assert_non_null(strstr(html, "<a href=\"/mapas/poblacion\">Población por AGEB</a>"));
    assert_non_null(strstr(html, "<h2>Población</h2>"));
    assert_non_null(strstr(html, "15 de marzo de 2020"));
    assert_non_null(strstr(html, "/maps/poblacion.png?center="));
    assert_null(strstr(html, "Borrador"));
    assert_harmless(html);
    html = ask(*state, handle_maps, NULL, "f", "json", &status);
    assert_non_null(strstr(html, "\"id\":\"poblacion\""));
    html = ask(*state, handle_sitemap, NULL, NULL, NULL, &status);
    assert_non_null(strstr(html, "<loc>http://127.0.0.1:8080/mapas/poblacion</loc>"));
    assert_null(strstr(html, "borrador"));
}

static void tells_of_a_map_without_scripts(void **state)
{
    static const char *const expected[] = {
        "<h1>Población por AGEB</h1>",
        "<p>Habitantes.</p>",
        "<img id=\"map-picture\" src=\"/maps/poblacion.png?center=-103.4067",
        "Versión de divulgación e información, no produce efectos jurídicos.",
        "Fuente: prueba",
        "http://127.0.0.1:8080/tiles/poblacion/{z}/{x}/{y}.png",
        "/tiles/poblacion.json",
        "&lt;iframe src=",
        "Cómo citar",
        "href=\"/mapas/poblacion?v=25.542800,-103.406700,14.00#mapa\"",
    };
    unsigned status;
    const char *html = ask(*state, handle_map_page, "poblacion", NULL, NULL, &status);
    assert_int_equal(status, 200);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        if (!strstr(html, expected[i])) {
            fail_msg("the page lacks \"%s\"", expected[i]);
        }
    }
    assert_harmless(html);
    assert_non_null(strstr(ask(*state, handle_map_page, "poblacion", "lang", "en", &status), "<h1>Population</h1>"));
}

static void escapes_whatever_a_style_says(void **state)
{
    unsigned status;
    assert_harmless(ask(*state, handle_map_page, "raro", NULL, NULL, &status));
    assert_int_equal(status, 200);
    assert_harmless(ask(*state, handle_map_page, "raro", "embed", "1", &status));
    const char *missing = ask(*state, handle_map_page, "<script>alert(1)</script>", NULL, NULL, &status);
    assert_int_equal(status, 404);
    assert_non_null(strstr(missing, "No hay un mapa «&lt;script&gt;"));
    assert_harmless(missing);
}

/* The data block is JSON that ends where it should, and gives the viewer what it needs. */
static void gives_the_viewer_its_data(void **state)
{
    struct site *site = *state;
    struct value data;
    struct error err = {0};
    unsigned status;
    const char *html = ask(site, handle_map_page, "raro", NULL, NULL, &status);
    static const char start[] = "<script type=\"application/json\" id=\"viewer-data\">";
    const char *at = strstr(html, start);
    assert_non_null(at);
    at += strlen(start);
    const char *end = strstr(at, "</script>");
    assert_true(value_read_json((struct text){at, (size_t)(end - at)}, site->arena, &data, &err));
    assert_string_equal(value_member_string(&data, "map"), "raro");
    assert_string_equal(value_member_string(&value_member(&data, "maps")->array.items[0], "title"),
                        "</script><b a=\"'&");
    assert_int_equal(value_member(&data, "maps")->array.count, 2); /* itself and the other published one */
    assert_non_null(value_member_string(value_member(&data, "texts"), "zoomIn"));
}

static void moves_by_link(void **state)
{
    unsigned status;
    const char *html = ask(*state, handle_map_page, "poblacion", "v", "25.5,-103.5,15", &status);
    assert_true(strstr(html, "center=-103.50") && strstr(html, "&amp;zoom=15&amp;size=800x500"));
    static const char *const broken[] = {"", "x", "1,2", "91,0,3", "1,2,3,4", "1,,3", "nan,0,1"};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        html = ask(*state, handle_map_page, "poblacion", "v", broken[i], &status);
        assert_int_equal(status, 200);
        assert_true(strstr(html, "center=-103.40") && strstr(html, "&amp;zoom=13&amp;size=800x500"));
    }
}

static void chooses_the_language(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        enum language language;
    } cases[] = {
        {NULL, LANGUAGE_ES},
        {"", LANGUAGE_ES},
        {"en", LANGUAGE_EN},
        {"en-US,en;q=0.9", LANGUAGE_EN},
        {"es-MX,es;q=0.9,en;q=0.8", LANGUAGE_ES},
        {"fr, en;q=0.5, es;q=0.4", LANGUAGE_EN},
        {"fr;q=1, es;q=0.4, en;q=0.4", LANGUAGE_ES},
        {"de", LANGUAGE_ES},
        {"en;q=abc", LANGUAGE_ES},
        {",,;q", LANGUAGE_ES},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct request request = {.accept_language = cases[i].header};
        assert_int_equal(page_language(&request), cases[i].language);
    }
}

static void refuses_what_is_not_there(void **state)
{
    unsigned status;
    ask(*state, handle_legend, "nada", NULL, NULL, &status);
    assert_int_equal(status, 404);
    ask(*state, handle_legend, "poblacion", "f", "pdf", &status);
    assert_int_equal(status, 400);
    ask(*state, handle_identify, "nada", NULL, NULL, &status);
    assert_int_equal(status, 404);
    ask(*state, handle_identify, "poblacion", "lon", "1", &status);
    assert_int_equal(status, 400);
    ask(*state, handle_map_table, "poblacion", "capa", "nada", &status);
    assert_int_equal(status, 404);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lists_published_maps, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tells_of_a_map_without_scripts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(escapes_whatever_a_style_says, set_up, tear_down),
        cmocka_unit_test_setup_teardown(gives_the_viewer_its_data, set_up, tear_down),
        cmocka_unit_test_setup_teardown(moves_by_link, set_up, tear_down),
        cmocka_unit_test(chooses_the_language),
        cmocka_unit_test_setup_teardown(refuses_what_is_not_there, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("server/pages", tests, NULL, NULL);
}
