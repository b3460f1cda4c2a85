/* SPDX-License-Identifier: MIT */
#include "geo/bbox.h"

#include "unit/test.h"

#include <string.h>

static void reads_boxes(void **state)
{
    (void)state;
    struct bbox box;
    struct error err = {0};
    assert_true(bbox_parse(text_of("-103.5,25.4,-103.3,25.6"), &box, &err));
    assert_true(box.min_x == -103.5 && box.min_y == 25.4 && box.max_x == -103.3 && box.max_y == 25.6);
    assert_true(bbox_parse(text_of("170,-10,-170,10"), &box, &err)); /* across the antimeridian */
    assert_true(bbox_parse(text_of("-1,-2,0,1,2,50"), &box, &err));
    assert_true(box.max_x == 1 && box.max_y == 2);
    static const char *const bad[] = {"",        "1,2,3",      "1,2,3,x",  "1,2,3,4,5", "nan,0,1,1", "0,0,inf,1",
                                      "0,5,1,4", "-181,0,0,1", "0,0,1,91", "0,0,1,1,",  "0;0;1;1",   "1,2,3,4,5,6,7"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(bbox_parse(text_of(bad[i]), &box, &err));
        assert_string_equal(err.code, "REQ-010");
        assert_non_null(strstr(err.spanish, "oeste,sur,este,norte"));
    }
}

static void grows(void **state)
{
    (void)state;
    struct bbox box = bbox_empty();
    assert_true(bbox_is_empty(&box));
    struct bbox none = bbox_empty();
    bbox_add_box(&box, &none);
    assert_true(bbox_is_empty(&box));
    bbox_add(&box, 3, 4);
    bbox_add(&box, -1, 9);
    assert_false(bbox_is_empty(&box));
    assert_true(box.min_x == -1 && box.max_x == 3 && box.min_y == 4 && box.max_y == 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reads_boxes), cmocka_unit_test(grows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
