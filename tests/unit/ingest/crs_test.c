/* SPDX-License-Identifier: MIT */
#include "ingest/crs.h"

#include "ingest/ogr_dataset.h"

#include "unit/test.h"

#include <stdlib.h>
#include <string.h>

#define GRS80(name, datum)                                                                                             \
    "GEOGCS[\"" name "\",DATUM[\"" datum "\",SPHEROID[\"GRS_1980\",6378137.0,298.257222101]],PRIMEM[\"Greenwich\",0."  \
    "0],UNIT[\"Degree\",0.0174532925199433]]"
#define LAMBERT(name, geographic)                                                                                      \
    "PROJCS[\"" name "\"," geographic                                                                                  \
    ",PROJECTION[\"Lambert_Conformal_Conic\"],PARAMETER[\"False_Easting\",2500000.0],"                                 \
    "PARAMETER[\"False_Northing\",0.0],PARAMETER[\"Central_Meridian\",-102.0],PARAMETER[\"Standard_Parallel_1\",17.5]" \
    ","                                                                                                                \
    "PARAMETER[\"Standard_Parallel_2\",29.5],PARAMETER[\"Latitude_Of_Origin\",12.0],UNIT[\"Meter\",1.0]]"
#define UTM(name, geographic, meridian)                                                                                \
    "PROJCS[\"" name "\"," geographic ",PROJECTION[\"Transverse_Mercator\"],PARAMETER[\"False_Easting\",500000.0],"    \
    "PARAMETER[\"False_Northing\",0.0],PARAMETER[\"Central_Meridian\"," meridian                                       \
    "],PARAMETER[\"Scale_Factor\",0.9996],"                                                                            \
    "PARAMETER[\"Latitude_Of_Origin\",0.0],UNIT[\"Meter\",1.0]]"
#define WGS84                                                                                                          \
    "GEOGCS[\"GCS_WGS_1984\",DATUM[\"D_WGS_1984\",SPHEROID[\"WGS_1984\",6378137.0,298.257223563]],PRIMEM["             \
    "\"Greenwich\",0.0],UNIT[\"Degree\",0.0174532925199433]]"
#define NAD27                                                                                                          \
    "GEOGCS[\"GCS_North_American_1927\",DATUM[\"D_North_American_1927\",SPHEROID[\"Clarke_1866\",6378206.4,294."       \
    "9786982]],PRIMEM[\"Greenwich\",0.0],UNIT[\"Degree\",0.0174532925199433]]"

static void test_identify(void **state)
{
    (void)state;
    static const struct {
        const char *wkt;
        const char *code; /* NULL: refused */
    } cases[] = {
        {LAMBERT("MEXICO_ITRF_2008_LCC", GRS80("MEXICO_ITRF_2008", "D_ITRF_2008")), "EPSG:6372"},
        {LAMBERT("MEXICO_ITRF_1992_LCC", GRS80("GCS_ITRF_1992", "D_ITRF_1992")), "EPSG:6362"},
        {LAMBERT("whatever", GRS80("who knows", "D_unknown")), "EPSG:6372"},
        {UTM("ITRF_1992_UTM_Zone_13N", GRS80("GCS_ITRF_1992", "D_ITRF_1992"), "-105.0"), "EPSG:4486"},
        {UTM("ITRF2008 / UTM 14", GRS80("x", "D_ITRF_2008"), "-99.0"), "EPSG:6369"},
        {UTM("WGS_1984_UTM_Zone_13N", WGS84, "-105.0"), "EPSG:32613"},
        {UTM("mal nombre", WGS84, "-117.0"), "EPSG:32611"},
        {UTM("NAD_1927_UTM_Zone_13N", NAD27, "-105.0"), "EPSG:26713"},
        {WGS84, "EPSG:4326"},
        {GRS80("GCS_ITRF_2008", "D_ITRF_2008"), "EPSG:6365"},
        {GRS80("GCS_ITRF_1992", "D_ITRF_1992"), "EPSG:4483"},
        {"<!DOCTYPE html><html>404</html>", NULL},
        {"", NULL},
        {"PROJCS[\"x\",EXTENSION[\"PROJ4\",\"+proj=utm +nadgrids=/etc/passwd\"]]", NULL},
        {"+init=epsg:4326", NULL},
        {"http://example.org/crs", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct crs_finding finding;
        struct error err;
        struct arena *arena = arena_create(1 << 20);
        bool ok = crs_identify(text_of(cases[i].wkt), arena, &finding, &err);
        assert_int_equal(ok, cases[i].code != NULL);
        if (ok) {
            assert_non_null(finding.code);
            assert_string_equal(finding.code, cases[i].code);
            assert_true(finding.confidence >= CRS_CONFIDENCE_SURE);
        } else {
            assert_string_equal(err.code, "IMP-020");
        }
        arena_destroy(arena);
    }
}

static void test_depth(void **state)
{
    (void)state;
    enum { DEEP = 20000 };
    char *deep = malloc(DEEP + 1);
    assert_non_null(deep);
    memset(deep, '[', DEEP);
    deep[DEEP] = '\0';
    struct crs_finding finding;
    struct error err;
    struct arena *arena = arena_create(1 << 20);
    assert_false(crs_identify(text_of(deep), arena, &finding, &err));
    arena_destroy(arena);
    free(deep);
}

static void test_guess(void **state)
{
    (void)state;
    static const struct {
        struct bbox extent;
        const char *code; /* NULL: no guess */
        bool sure;
        bool swapped;
    } cases[] = {
        {{-103.97, 24.79, -102.95, 25.89}, "EPSG:4326", true, false},
        {{-3, 40, 10, 55}, "EPSG:4326", true, false},
        {{2374000, 1458000, 2375000, 1459000}, "EPSG:6372", false, false},
        {{650000, 2820000, 665000, 2830000}, "EPSG:32613", false, false},
        {{-11599500, 2838900, -11443600, 3011500}, "EPSG:3857", false, false},
        {{24.79, -103.97, 25.89, -102.95}, NULL, false, true},
        {{1e7, 1e7, 2e7, 2e7}, NULL, false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct crs_finding finding;
        struct arena *arena = arena_create(1 << 20);
        crs_guess(&cases[i].extent, arena, &finding);
        assert_int_equal(finding.confidence > 0, cases[i].code != NULL);
        if (cases[i].code) {
            assert_string_equal(finding.code, cases[i].code);
        }
        assert_int_equal(finding.confidence >= CRS_CONFIDENCE_SURE, cases[i].sure);
        assert_int_equal(crs_looks_swapped(&cases[i].extent), cases[i].swapped);
        arena_destroy(arena);
    }
}

static void test_option(void **state)
{
    (void)state;
    static const struct {
        const char *option;
        const char *code;
    } cases[] = {{"EPSG:6372", "EPSG:6372"}, {"epsg:32613", "EPSG:32613"}, {"4326", "EPSG:4326"},
                 {"EPSG:0", NULL},           {"EPSG:999999", NULL},        {"no", NULL},
                 {"EPSG:5703", NULL} /* heights */};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct crs_finding finding;
        struct error err;
        struct arena *arena = arena_create(1 << 20);
        bool ok = crs_from_option(cases[i].option, arena, &finding, &err);
        assert_int_equal(ok, cases[i].code != NULL);
        if (ok) {
            assert_string_equal(finding.code, cases[i].code);
        }
        arena_destroy(arena);
    }
}

int main(void)
{
    ogr_dataset_set_up();
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_identify), cmocka_unit_test(test_depth),
                                       cmocka_unit_test(test_guess), cmocka_unit_test(test_option)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
