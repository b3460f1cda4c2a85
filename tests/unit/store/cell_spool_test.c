/* SPDX-License-Identifier: MIT */
#include "store/cell_spool.h"

#include "unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT = 5000 };

/* A text that follows from the row, of 0 to 999 bytes. */
static size_t fill(int64_t row, char out[1000])
{
    size_t length = (size_t)(row * 7919 % 1000);
    for (size_t i = 0; i < length; i++) {
        out[i] = (char)('a' + (row + (int64_t)i) % 26);
    }
    return length;
}

static void check_order(struct cell_spool *spool)
{
    uint64_t last_key = 0;
    int64_t last_row = 0;
    char expected[1000];
    for (int i = 0;; i++) {
        struct cell_record record;
        bool end = false;
        assert_true(cell_spool_next(spool, &record, &end, NULL));
        if (end) {
            assert_int_equal(i, COUNT);
            return;
        }
        assert_true(i == 0 || record.key > last_key || (record.key == last_key && record.row > last_row));
        assert_int_equal(record.key, (uint64_t)record.row * 2654435761U % 1000);
        assert_int_equal(record.box.min_x, record.row);
        assert_int_equal(record.box.max_y, -record.row);
        assert_int_equal(record.attributes_elsewhere, record.row % 3 == 0);
        size_t length = fill(record.row, expected);
        assert_int_equal(record.geometry.length, length);
        assert_memory_equal(record.geometry.data, expected, length);
        assert_int_equal(record.attributes.length, length / 2);
        last_key = record.key;
        last_row = record.row;
    }
}

/* All in memory, in runs of a few hundred, in runs of one each. */
static void sorts_by_key_then_row(void **state)
{
    (void)state;
    static const size_t memory[] = {64 << 20, 300 * 1000, 100};
    for (size_t m = 0; m < sizeof memory / sizeof *memory; m++) {
        struct cell_spool *spool = NULL;
        assert_true(cell_spool_open("/tmp", memory[m], &spool, NULL));
        for (int64_t row = 1; row <= COUNT; row++) {
            char text[1000];
            size_t length = fill(row, text);
            struct cell_record record = {.key = (uint64_t)row * 2654435761U % 1000,
                                         .row = row,
                                         .box = {row, 0, 0, -row},
                                         .attributes_elsewhere = row % 3 == 0,
                                         .geometry = {text, length},
                                         .attributes = {text, length / 2}};
            assert_true(cell_spool_add(spool, &record, NULL));
        }
        for (int pass = 0; pass < 2; pass++) {
            assert_true(cell_spool_rewind(spool, NULL));
            check_order(spool);
        }
        cell_spool_close(spool);
    }
}

static void says_when_it_cannot_write(void **state)
{
    (void)state;
    struct cell_spool *spool = NULL;
    struct error err = {0};
    struct cell_record record = {.row = 1, .geometry = text_of("abc")};
    assert_true(cell_spool_open("/no/such/folder", 10, &spool, NULL));
    assert_true(cell_spool_add(spool, &record, NULL));
    assert_false(cell_spool_add(spool, &record, &err));
    assert_string_equal(err.code, "STO-003");
    cell_spool_close(spool);
}

static void may_be_empty(void **state)
{
    (void)state;
    struct cell_spool *spool = NULL;
    struct cell_record record;
    bool end = false;
    assert_true(cell_spool_open("/tmp", 1000, &spool, NULL));
    assert_true(cell_spool_rewind(spool, NULL));
    assert_true(cell_spool_next(spool, &record, &end, NULL));
    assert_true(end);
    cell_spool_close(spool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sorts_by_key_then_row),
        cmocka_unit_test(says_when_it_cannot_write),
        cmocka_unit_test(may_be_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
