/* SPDX-License-Identifier: MIT */
#include "unit/test.h"

#include "tile/catalog.h"

#include "base/file.h"
#include "unit/tile/fake_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static const char full[] =
    "{\"version\":8,\"name\":\"x\",\"zoom\":3,\"center\":[1,2],\"metadata\":{\"tesela:map\":{"
    "\"title\":{\"es\":\"Base\",\"en\":\"Base map\"},\"description\":\"Texto\",\"theme\":\"base\",\"source\":\"INEGI\","
    "\"date\":\"2020\",\"legal\":\"Nota\",\"state\":\"revisar\",\"center\":[-103.4,25.5],\"zoom\":11.5,\"minzoom\":8,"
    "\"maxzoom\":17}},\"sources\":{\"a\":{\"type\":\"vector\",\"url\":\"tesela://puntos\"},"
    "\"b\":{\"type\":\"vector\",\"url\":\"tesela://islas\"},\"c\":{\"type\":\"vector\",\"url\":\"tesela://puntos\"},"
    "\"d\":{\"type\":\"vector\",\"url\":\"tesela://nada\"}},\"layers\":[{\"id\":\"bg\",\"type\":\"background\"}]}";
static const char plain[] =
    "{\"version\":8,\"zoom\":3,\"name\":\"Sin metadatos\",\"sources\":{\"a\":{\"type\":\"vector\","
    "\"url\":\"tesela://puntos\"}},\"layers\":[]}";
static const char wrong_state[] = "{\"version\":8,\"metadata\":{\"tesela:map\":{\"state\":\"publico\"}},\"sources\":{},"
                                  "\"layers\":[]}";

struct bench {
    char folder[64];
    struct store *store;
    char problems[4096]; /* "path: text\n" each */
};

static void put(const struct bench *bench, const char *name, const char *text)
{
    char path[128];
    struct error err = {0};
    snprintf(path, sizeof path, "%s/%s", bench->folder, name);
    assert_true(file_write(path, text, strlen(text), &err));
}

static void note(void *context, const char *path, const struct error *problem)
{
    struct bench *bench = context;
    size_t length = strlen(bench->problems);
    snprintf(bench->problems + length, sizeof bench->problems - length, "%s: %s: %s\n", path, problem->code,
             problem->english);
}

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    struct error err = {0};
    snprintf(bench->folder, sizeof bench->folder, "/tmp/tesela-catalog-XXXXXX");
    assert_non_null(mkdtemp(bench->folder));
    assert_true(store_open(bench->folder, &bench->store, &err));
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", bench->folder);
    store_close(bench->store);
    free(bench);
    return system(command);
}

static struct catalog *read_catalog(struct bench *bench)
{
    struct catalog *catalog = NULL;
    struct error err = {0};
    bench->problems[0] = '\0';
    if (!catalog_create(bench->store, bench->folder, note, bench, &catalog, &err)) {
        fail_msg("%s", err.english);
    }
    return catalog;
}

static void test_metadata(void **state)
{
    struct bench *bench = *state;
    put(bench, "base.json", full);
    struct catalog *catalog = read_catalog(bench);
    const struct catalog_map *map = catalog_map_find(catalog, "base");
    assert_string_equal(bench->problems, "");
    assert_non_null(map);
    assert_string_equal(map->title_es, "Base");
    assert_string_equal(map->title_en, "Base map");
    assert_string_equal(map->description_es, "Texto");
    assert_null(map->description_en);
    assert_string_equal(map->theme, "base");
    assert_string_equal(map->source, "INEGI");
    assert_string_equal(map->date, "2020");
    assert_string_equal(map->legal, "Nota");
    assert_int_equal(map->state, MAP_REVIEW);
    assert_true(map->has_center && map->center_lon == -103.4 && map->center_lat == 25.5);
    assert_true(map->zoom == 11.5 && map->min_zoom == 8 && map->max_zoom == 17);
    assert_true(map->bbox.min_x == -180 && map->bbox.max_x == 180); /* "islas" crosses the antimeridian */
    const struct store_layer *layers[4];
    assert_int_equal(catalog_map_layers(catalog, map, layers, 4), 2);
    assert_string_equal(layers[0]->id, "puntos");
    assert_string_equal(layers[1]->id, "islas");
    assert_int_equal(catalog_map_layers(catalog, map, layers, 1), 1);
    catalog_unref(catalog);
}

static void test_defaults(void **state)
{
    struct bench *bench = *state;
    put(bench, "liso.json", plain);
    struct catalog *catalog = read_catalog(bench);
    const struct catalog_map *map = catalog_map_find(catalog, "liso");
    assert_non_null(map);
    assert_string_equal(map->title_es, "Sin metadatos");
    assert_int_equal(map->state, MAP_PUBLISH);
    assert_non_null(strstr(map->legal, "no produce efectos jurídicos"));
    assert_false(map->has_center);
    assert_true(map->zoom == 4);                                   /* the style's own zoom counts tiles of 512 px */
    assert_true(map->center_lat > 25.5 && map->center_lat < 25.6); /* the middle of its layers */
    catalog_unref(catalog);
}

static void test_broken_are_left_out(void **state)
{
    struct bench *bench = *state;
    put(bench, "base.json", full);
    put(bench, "rota.json", "{\"version\":8,");
    put(bench, "nube.json", "{\"version\":8,\"sources\":{},\"layers\":[{\"id\":\"a\",\"type\":\"nube\"}]}");
    put(bench, "estado.json", wrong_state);
    put(bench, "Mayúscula.json", plain);
    put(bench, "leame.txt", "no es un estilo");
    put(bench, ".oculto.json", "{");
    struct catalog *catalog = read_catalog(bench);
    if (catalog_map_count(catalog) != 1) {
        fail_msg("%s", bench->problems);
    }
    assert_non_null(strstr(bench->problems, "rota.json: "));
    assert_non_null(strstr(bench->problems, "nube.json: "));
    assert_non_null(strstr(bench->problems, "estado.json: MAP-002"));
    assert_non_null(strstr(bench->problems, "Mayúscula.json: MAP-001"));
    assert_null(strstr(bench->problems, "leame"));
    assert_null(strstr(bench->problems, "oculto"));
    catalog_unref(catalog);
}

static void test_order(void **state)
{
    struct bench *bench = *state;
    const char *const names[] = {"b.json", "a-b.json", "a.json", "a_b.json", "a0.json"};
    for (size_t i = 0; i < 5; i++) {
        put(bench, names[i], plain);
    }
    struct catalog *catalog = read_catalog(bench);
    assert_int_equal(catalog_map_count(catalog), 5);
    for (size_t i = 0; i < 5; i++) {
        char id[16];
        snprintf(id, sizeof id, "%.*s", (int)strlen(names[i]) - 5, names[i]);
        assert_non_null(catalog_map_find(catalog, id));
        if (i > 0) {
            assert_true(strcmp(catalog_map_at(catalog, i - 1)->id, catalog_map_at(catalog, i)->id) < 0);
        }
    }
    assert_null(catalog_map_find(catalog, "c"));
    catalog_unref(catalog);
}

static void test_versions(void **state)
{
    struct bench *bench = *state;
    put(bench, "base.json", full);
    put(bench, "liso.json", plain);
    struct catalog *first = read_catalog(bench);
    struct catalog *again = read_catalog(bench);
    uint64_t base = catalog_map_find(first, "base")->version;
    uint64_t smooth = catalog_map_find(first, "liso")->version;
    assert_int_equal(catalog_version(first), catalog_version(again));
    assert_int_not_equal(base, smooth);
    put(bench, "liso.json", wrong_state);
    fake_generation_set(7); /* every layer is loaded anew */
    struct catalog *later = read_catalog(bench);
    fake_generation_set(1);
    assert_int_not_equal(catalog_version(first), catalog_version(later));
    assert_int_not_equal(catalog_map_find(later, "base")->version, base);
    assert_int_not_equal(catalog_subject_version(first, "puntos"), catalog_subject_version(later, "puntos"));
    assert_int_not_equal(catalog_subject_version(first, "puntos"), catalog_subject_version(first, "islas"));
    assert_int_equal(catalog_subject_version(first, "nada"), 0);
    catalog_unref(first);
    catalog_unref(again);
    catalog_unref(later);
}

static void test_fingerprint(void **state)
{
    struct bench *bench = *state;
    uint64_t empty = catalog_styles_fingerprint(bench->folder);
    put(bench, "base.json", full);
    uint64_t one = catalog_styles_fingerprint(bench->folder);
    assert_int_not_equal(empty, one);
    assert_int_equal(one, catalog_styles_fingerprint(bench->folder));
    put(bench, "base.json", full); /* replaced: another file */
    assert_int_not_equal(one, catalog_styles_fingerprint(bench->folder));
    assert_int_equal(catalog_styles_fingerprint("/nonexistent"), 0);
    assert_int_equal(catalog_styles_fingerprint(NULL), 0);
}

/* What cannot be opened for want of descriptors is no map less: the catalog is read again later. */
static void test_passing_trouble(void **state)
{
    struct bench *bench = *state;
    put(bench, "liso.json", plain);
    struct catalog *first = read_catalog(bench);
    struct catalog *second = NULL;
    struct error err = {0};
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    const struct rlimit none = {0, limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    bool was_read = catalog_create_after(first, bench->store, bench->folder, note, bench, &second, &err);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_false(was_read);
    assert_int_equal(err.kind, ERROR_UNAVAILABLE);
    assert_string_equal(bench->problems, "");
    assert_true(catalog_create_after(first, bench->store, bench->folder, note, bench, &second, &err));
    assert_non_null(catalog_map_find(second, "liso"));
    catalog_unref(first);
    catalog_unref(second);
}

/* An icon changes the maps that use icons, and no other. */
static void test_images(void **state)
{
    struct bench *bench = *state;
    static const char svg[] =
        "<svg xmlns='http://www.w3.org/2000/svg' width='4' height='4'><path d='M0 0h4v4z'/></svg>";
    char path[128];
    snprintf(path, sizeof path, "%s/icons", bench->folder);
    assert_int_equal(mkdir(path, 0777), 0);
    put(bench, "liso.json", plain);
    put(bench, "iconos.json",
        "{\"version\":8,\"sources\":{},\"layers\":[{\"id\":\"b\",\"type\":\"background\",\"paint\":"
        "{\"background-pattern\":\"trama\"}}]}");
    put(bench, "icons/trama.svg", svg);
    struct catalog *first = read_catalog(bench);
    assert_string_equal(bench->problems, "");
    assert_true(catalog_map_find(first, "iconos")->has_images);
    assert_false(catalog_map_find(first, "liso")->has_images);
    assert_non_null(catalog_images(first));
    uint64_t fingerprint = catalog_styles_fingerprint(bench->folder);
    /* Nothing changed: the images are handed on. */
    struct catalog *second = NULL;
    assert_true(catalog_create_after(first, bench->store, bench->folder, note, bench, &second, NULL));
    assert_ptr_equal(catalog_images(first), catalog_images(second));
    put(bench, "icons/trama.svg", "<svg xmlns='http://www.w3.org/2000/svg' width='5' height='4'/>");
    assert_int_not_equal(fingerprint, catalog_styles_fingerprint(bench->folder));
    struct catalog *third = NULL;
    assert_true(catalog_create_after(second, bench->store, bench->folder, note, bench, &third, NULL));
    assert_int_not_equal(catalog_map_find(second, "iconos")->version, catalog_map_find(third, "iconos")->version);
    assert_int_equal(catalog_map_find(second, "liso")->version, catalog_map_find(third, "liso")->version);
    put(bench, "icons/sobra.svg", "<svg"); /* not used, not read */
    put(bench, "icons/trama.svg", "<svg");
    catalog_unref(third);
    third = read_catalog(bench);
    assert_non_null(strstr(bench->problems, "trama.svg"));
    assert_null(strstr(bench->problems, "sobra.svg"));
    catalog_unref(first);
    catalog_unref(second);
    catalog_unref(third);
}

static void test_missing_folder(void **state)
{
    struct bench *bench = *state;
    struct catalog *catalog = NULL;
    struct error err = {0};
    assert_true(catalog_create(bench->store, "/nonexistent", note, bench, &catalog, &err));
    assert_int_equal(catalog_map_count(catalog), 0);
    assert_int_equal(catalog_layers(catalog)->count, 3);
    assert_non_null(strstr(bench->problems, "MAP-003"));
    catalog_unref(catalog_ref(catalog));
    catalog_unref(catalog);
    catalog_unref(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_metadata, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_defaults, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_broken_are_left_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_versions, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_fingerprint, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_passing_trouble, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_images, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_missing_folder, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
