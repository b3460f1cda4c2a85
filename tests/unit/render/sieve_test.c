/* SPDX-License-Identifier: MIT */
#include "render/sieve.h"

#include "unit/render/scene.h"

#include <stdio.h>

static const struct render_need need = {
    .source = "s", .source_layer = "things", .layer_id = "things", .zoom = 10, .is_for_labels = false};

static const char *const names[] = {"kind", "size", "other", "third"};

/* The sieve of `layers` with the columns above, at zoom 10. */
static struct render_sieve *sieve_of(struct scene *scene, const char *layers, bool is_for_labels)
{
    struct render_need wanted = need;
    wanted.is_for_labels = is_for_labels;
    scene_init(scene, layers);
    struct text *columns = arena_array(scene->arena, 4, sizeof *columns);
    for (int i = 0; i < 4; i++) {
        columns[i] = text_of(names[i]);
    }
    struct render_sieve *sieve = render_sieve_create(scene->style, &wanted, NULL, columns, 4, scene->arena);
    assert_non_null(sieve);
    return sieve;
}

static void check_columns(const struct render_sieve *sieve, const char *wanted)
{
    const bool *columns = render_sieve_columns(sieve);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(columns[i], wanted[i] == '1');
    }
}

static bool shows(struct render_sieve *sieve, const char *kind, double size)
{
    const struct value values[] = {value_of_string(kind), value_of_real(size), value_null(), value_null()};
    return render_sieve_shows(sieve, values);
}

static void knows_columns_and_filters_of_shown_layers(void **state)
{
    (void)state;
    struct scene scene;
    struct render_sieve *sieve = sieve_of(
        &scene,
        "[{'id':'a','type':'line','source':'s','source-layer':'things','filter':['==',['get','kind'],'road']},"
        "{'id':'b','type':'line','source':'s','source-layer':'things','filter':['==','kind','path'],"
        "'paint':{'line-width':['get','size']}},"
        "{'id':'far','type':'fill','source':'s','source-layer':'things','maxzoom':9},"
        "{'id':'hidden','type':'fill','source':'s','source-layer':'things','layout':{'visibility':'none'}},"
        "{'id':'else','type':'fill','source':'s','source-layer':'others','paint':{'fill-opacity':['get','third']}},"
        "{'id':'label','type':'symbol','source':'s','source-layer':'things','layout':{'text-field':'{other}'}}]",
        false);
    check_columns(sieve, "1100");
    assert_false(render_sieve_reads_ids(sieve));
    assert_true(shows(sieve, "road", 1));
    assert_true(shows(sieve, "path", 1));
    assert_false(shows(sieve, "river", 1));
    scene_finish(&scene);
}

static void knows_labels(void **state)
{
    (void)state;
    struct scene scene;
    struct render_sieve *sieve =
        sieve_of(&scene,
                 "[{'id':'a','type':'line','source':'s','source-layer':'things'},"
                 "{'id':'label','type':'symbol','source':'s','source-layer':'things','filter':['>',['get','size'],3],"
                 "'layout':{'text-field':'{other}'}}]",
                 true);
    check_columns(sieve, "0110");
    assert_true(shows(sieve, "", 4));
    assert_false(shows(sieve, "", 3));
    scene_finish(&scene);
}

/* What attributes alone do not decide is let through, and everything is read where names are computed. */
static void lets_through_what_it_cannot_know(void **state)
{
    (void)state;
    static const char *const filters[] = {"['==',['id'],5]", "['==','$type','LineString']", "['in','$id',5]",
                                          "['==',['geometry-type'],'Point']",
                                          "['within',{'type':'Polygon','coordinates':[[[0,0],[1,0],[1,1],[0,0]]]}]"};
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
        struct scene scene;
        char layers[512];
        snprintf(layers, sizeof layers, "[{'id':'a','type':'line','source':'s','source-layer':'things','filter':%s}]",
                 filters[i]);
        struct render_sieve *sieve = sieve_of(&scene, layers, false);
        check_columns(sieve, "0000");
        assert_true(render_sieve_reads_ids(sieve));
        assert_true(shows(sieve, "river", 1));
        scene_finish(&scene);
    }
    struct scene scene;
    struct render_sieve *sieve = sieve_of(&scene,
                                          "[{'id':'a','type':'line','source':'s','source-layer':'things',"
                                          "'filter':['==',['get',['concat','ki','nd',['get','third']]],'road']}]",
                                          false);
    check_columns(sieve, "1111");
    scene_finish(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_columns_and_filters_of_shown_layers),
        cmocka_unit_test(knows_labels),
        cmocka_unit_test(lets_through_what_it_cannot_know),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
