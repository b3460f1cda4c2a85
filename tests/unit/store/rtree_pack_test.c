/* SPDX-License-Identifier: MIT */
#include "store/rtree_pack.h"

#include "unit/test.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

static struct error err;

static int64_t ask(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return number;
}

static sqlite3 *make_index(void)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    assert_int_equal(sqlite3_exec(db, "CREATE VIRTUAL TABLE \"a b\" USING rtree(id, x0, x1, y0, y1)", NULL, NULL, NULL),
                     SQLITE_OK);
    return db;
}

/* SQLite itself finds the packed tree sound, finds in it what a plain search finds, and can go on with it. */
static void packs_any_number(void **state)
{
    (void)state;
    static const size_t counts[] = {0, 1, 50, 51, 52, 102, 103, 2601, 2602, 10000};
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        size_t count = counts[c];
        struct rtree_entry *entries = calloc(count + 1, sizeof *entries);
        size_t expected = 0;
        srand(3);
        for (size_t i = 0; i < count; i++) {
            double x = rand() % 1000;
            double y = rand() % 1000;
            entries[i].id = (int64_t)(count - i) * 3;
            entries[i].key = (uint64_t)(x / 100) * 10 + (uint64_t)(y / 100);
            rtree_entry_set_box(&entries[i], x, y, x + 5, y + 7);
            expected += x <= 300 && x + 5 >= 200 && y <= 450 && y + 7 >= 400;
        }
        sqlite3 *db = make_index();
        assert_true(rtree_pack(db, "a b", entries, count, &err));
        assert_int_equal(ask(db, "SELECT rtreecheck('a b')='ok'"), 1);
        assert_int_equal(ask(db, "SELECT count(*) FROM \"a b\""), count);
        assert_int_equal(ask(db, "SELECT count(*) FROM \"a b\" WHERE x0<=300 AND x1>=200 AND y0<=450 AND y1>=400"),
                         expected);
        for (int i = 0; i < 200; i++) {
            char sql[128];
            snprintf(sql, sizeof sql,
                     "INSERT INTO \"a b\" VALUES (%d, %d, %d, %d, %d); DELETE FROM \"a b\" WHERE id=%d", 1000001 + i, i,
                     i + 1, i, i + 1, i * 30);
            assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
        }
        assert_int_equal(ask(db, "SELECT rtreecheck('a b')='ok'"), 1);
        sqlite3_close(db);
        free(entries);
    }
}

static void rounds_outwards(void **state)
{
    (void)state;
    static const double numbers[] = {2362011.123456789, -103.4067, 0, 0.1, 1e30, -1e-30, 16777217};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct rtree_entry entry;
        rtree_entry_set_box(&entry, numbers[i], -numbers[i], numbers[i], -numbers[i]);
        assert_true((double)entry.min_x <= numbers[i] && (double)entry.max_x >= numbers[i]);
        assert_true((double)entry.min_y <= -numbers[i] && (double)entry.max_y >= -numbers[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(packs_any_number), cmocka_unit_test(rounds_outwards)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
