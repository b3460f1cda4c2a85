/* SPDX-License-Identifier: MIT */
#include "ingest/sql_patience.h"

#include "unit/test.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char endless[] = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

static sqlite3 *open_file(char path[])
{
    sqlite3 *database = NULL;
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    close(descriptor);
    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    return database;
}

static void ends_what_never_ends(void **state)
{
    (void)state;
    char path[] = "/tmp/tesela-patience-XXXXXX";
    sql_patience_set_up();
    sqlite3 *database = open_file(path);
    assert_ptr_equal(sql_patience_connection(), database);
    sql_patience_begin(database, 0);
    assert_int_equal(sqlite3_exec(database, endless, NULL, NULL, NULL), SQLITE_INTERRUPT);
    assert_true(sql_patience_is_lost());

    /* The next statement begins with new patience. */
    sql_patience_begin(database, 5);
    assert_false(sql_patience_is_lost());
    assert_int_equal(sqlite3_exec(database, "CREATE TABLE t (a); SELECT * FROM t", NULL, NULL, NULL), SQLITE_OK);
    assert_false(sql_patience_is_lost());
    sqlite3_close(database);
    unlink(path);
}

static void bounds_each_statement_alone(void **state)
{
    (void)state;
    static const char some[] = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) "
                               "SELECT count(*) FROM n";
    char path[] = "/tmp/tesela-patience-XXXXXX";
    sql_patience_set_up();
    sqlite3 *database = open_file(path);
    for (int i = 0; i < 3; i++) {
        sql_patience_begin(database, 60);
        assert_int_equal(sqlite3_exec(database, some, NULL, NULL, NULL), SQLITE_OK);
        assert_false(sql_patience_is_lost());
    }
    sqlite3_close(database);
    unlink(path);
}

/* PROJ's database opens beside the data, and no connection at all is none to watch. */
static void watches_data_only(void **state)
{
    (void)state;
    char folder[] = "/tmp/tesela-patience-XXXXXX";
    char path[64];
    sqlite3 *memory = NULL;
    sqlite3 *proj = NULL;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/proj.db", folder);
    sql_patience_set_up();
    assert_null(sql_patience_connection());
    assert_int_equal(sqlite3_open(":memory:", &memory), SQLITE_OK);
    assert_int_equal(sqlite3_open(path, &proj), SQLITE_OK);
    assert_null(sql_patience_connection());
    sql_patience_begin(NULL, 0);
    assert_false(sql_patience_is_lost());
    sqlite3_close(memory);
    sqlite3_close(proj);
    unlink(path);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends_what_never_ends),
        cmocka_unit_test(bounds_each_statement_alone),
        cmocka_unit_test(watches_data_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
