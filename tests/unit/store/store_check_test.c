/* SPDX-License-Identifier: MIT */
/* Each kind of damage is done on purpose, and must be found and named. */
#include "store/store_check.h"

#include "store/store_backup.h"
#include "unit/store/fixture.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>

struct found {
    char codes[400]; /* "CHK-006 CHK-011 " */
};

static void gather(void *context, const struct store_problem *problem)
{
    struct found *found = context;
    size_t length = strlen(found->codes);
    snprintf(found->codes + length, sizeof found->codes - length, "%s ", problem->what.code);
    assert_true(problem->what.english[0] != '\0' && problem->what.spanish[0] != '\0');
    assert_true(problem->cure.english[0] != '\0' && problem->cure.spanish[0] != '\0');
}

static struct found look(struct fixture *fixture, bool full)
{
    struct found found = {""};
    struct store_check result;
    struct store_check_options options = {.full = full, .visit = gather, .context = &found};
    check(fixture, store_check(fixture->directory, &options, &result, &fixture->err));
    return found;
}

static void change(const struct fixture *fixture, const char *file, const char *sql)
{
    char path[128];
    char *message = NULL;
    sqlite3 *db;
    snprintf(path, sizeof path, "%s/%s", fixture->directory, file);
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK) {
        fail_msg("%s: %s", sql, message);
    }
    sqlite3_close(db);
}

static void sound_is_sound(void **state)
{
    struct fixture *fixture = *state;
    load_grid(fixture, "manzanas", 30, "uno");
    load_grid(fixture, "manzanas", 31, "dos");
    load_grid(fixture, "lotes", 3, "tres");
    assert_string_equal(look(fixture, false).codes, "");
    assert_string_equal(look(fixture, true).codes, "");
    struct store_check result;
    struct store_check_options options = {.full = true};
    check(fixture, store_check(fixture->directory, &options, &result, &fixture->err));
    assert_int_equal(result.layers, 2);
    assert_int_equal(result.versions, 3);
    assert_int_equal(result.features, 900 + 961 + 9);
    assert_int_equal(result.compared, 900 + 961 + 9);
}

static const struct {
    const char *file;
    const char *sql;
    const char *codes;
    bool full;
} damages[] = {
    {"tesela.sqlite", "DELETE FROM geometry_columns_statistics; DELETE FROM geometry_columns_field_infos;", "", false},
    {"tesela.sqlite", "DROP VIEW manzanas;", "CHK-008 ", false},
    {"tesela.sqlite", "UPDATE tesela_version SET table_name='nada' WHERE version=1;", "CHK-004 CHK-013 ", false},
    {"tesela.sqlite", "UPDATE tesela_version SET feature_count=5;", "CHK-007 CHK-011 ", false},
    {"tesela.sqlite", "UPDATE tesela_version SET srid=32613;", "CHK-005 ", false},
    {"tesela.sqlite", "UPDATE tesela_version SET stamp=5;", "CHK-010 CHK-012 ", false},
    {"tesela.sqlite",
     "UPDATE tesela_version SET fields='[{\"name\": \"x\", \"column\": \"x\", \"type\": \"string\"}]';", "CHK-004 ",
     false},
    {"tesela.sqlite", "DELETE FROM tesela_version;", "CHK-003 CHK-013 CHK-012 ", false},
    {"tesela.sqlite", "DELETE FROM idx_manzanas_v1_geom WHERE pkid=7;", "CHK-006 ", false},
    {"tesela.sqlite", "UPDATE idx_manzanas_v1_geom SET xmin=5, xmax=6 WHERE pkid=7;", "CHK-006 ", false},
    {"tesela.sqlite", "DELETE FROM idx_manzanas_v1_geom_node WHERE nodeno=2;", "CHK-006 ", false},
    {"cells.sqlite", "DELETE FROM version;", "CHK-010 ", false},
    {"cells.sqlite", "INSERT INTO version VALUES (99, 5, 0, 4095, x'');", "CHK-012 ", false},
    {"cells.sqlite", "DELETE FROM item WHERE id=(SELECT max(id) FROM item);", "CHK-011 ", false},
    {"cells.sqlite", "UPDATE item SET attributes=(SELECT attributes FROM item LIMIT 1);", "CHK-011 ", false},
    {"cells.sqlite", "UPDATE item SET shape=(SELECT shape FROM item LIMIT 1);", "CHK-011 ", false},
    {"cells.sqlite", "DELETE FROM node WHERE id=(SELECT min(id) FROM node);", "CHK-011 ", false},
    {"cells.sqlite", "UPDATE node SET data=x'00' WHERE id=(SELECT max(id) FROM node);", "CHK-011 ", false},
    {"cells.sqlite", "DELETE FROM ident WHERE row=5;", "CHK-011 ", true},
    {"cells.sqlite", "UPDATE version SET bands=2048;", "CHK-011 ", true},
    {"cells.sqlite",
     "UPDATE item SET attributes=(SELECT attributes FROM item LIMIT 1) WHERE id=(SELECT max(id) FROM"
     " item);",
     "CHK-011 ", true},
};

static void finds_each_damage(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        char command[128];
        snprintf(command, sizeof command, "rm -rf '%s'", fixture->directory);
        assert_int_equal(system(command), 0);
        load_grid(fixture, "manzanas", 15, "uno");
        change(fixture, damages[i].file, damages[i].sql);
        struct found found = look(fixture, damages[i].full);
        if (strcmp(found.codes, damages[i].codes) != 0) {
            fail_msg("%s: found %s", damages[i].sql, found.codes);
        }
    }
}

/* Overwrites the middle of a file. */
static void scribble(const struct fixture *fixture, const char *name)
{
    char path[128];
    struct stat info;
    char noise[4096];
    memset(noise, 0xA5, sizeof noise);
    snprintf(path, sizeof path, "%s/%s", fixture->directory, name);
    int fd = open(path, O_RDWR);
    assert_true(fd >= 0 && fstat(fd, &info) == 0);
    for (off_t at = 4096 * 8; at < info.st_size; at += 4096 * 5) {
        assert_int_equal(pwrite(fd, noise, sizeof noise, at), sizeof noise);
    }
    close(fd);
}

static void finds_damaged_files(void **state)
{
    struct fixture *fixture = *state;
    load_grid(fixture, "manzanas", 30, "uno");
    scribble(fixture, "cells.sqlite");
    assert_non_null(strstr(look(fixture, false).codes, "CHK-002 "));
    assert_null(strstr(look(fixture, false).codes, "CHK-001 "));
    /* The cure that is named cures. */
    open_writer(fixture);
    check(fixture, store_writer_rebuild_cells(fixture->writer, NULL, &fixture->err));
    close_writer(fixture);
    assert_string_equal(look(fixture, true).codes, "");
    scribble(fixture, "tesela.sqlite");
    assert_non_null(strstr(look(fixture, false).codes, "CHK-001 "));
}

static void absent_is_said(void **state)
{
    struct fixture *fixture = *state;
    struct store_check result;
    struct store_check_options options = {0};
    assert_false(store_check(fixture->directory, &options, &result, &fixture->err));
    assert_string_equal(fixture->err.code, "STO-033");
}

static void backup_is_whole(void **state)
{
    struct fixture *fixture = *state;
    char copy[64];
    char command[300];
    struct store_backup made;
    assert_false(store_backup(fixture->directory, "/tmp/nada", NULL, NULL, &made, &fixture->err));
    assert_string_equal(fixture->err.code, "STO-033");
    load_grid(fixture, "manzanas", 20, "uno");
    load_grid(fixture, "manzanas", 21, "dos");
    snprintf(copy, sizeof copy, "%.50s/copia", fixture->directory);
    assert_int_equal(mkdir(copy, 0755), 0);
    /* A writer at work is no hindrance, and what it has not published is not in the copy. */
    open_writer(fixture);
    static const struct field fields[] = {{"clave", FIELD_INTEGER}};
    begin_layer(fixture, "otra", GEOMETRY_NONE, NULL, fields, 1, "{}");
    check(fixture, store_backup(fixture->directory, copy, NULL, NULL, &made, &fixture->err));
    close_writer(fixture);
    assert_int_equal(made.layers, 1);
    assert_int_equal(made.versions, 2);
    assert_false(store_backup(fixture->directory, copy, NULL, NULL, &made, &fixture->err));
    assert_string_equal(fixture->err.code, "STO-031");
    snprintf(command, sizeof command, "test \"$(ls '%s')\" = tesela.sqlite", copy);
    assert_int_equal(system(command), 0);
    /* It serves as a data directory. */
    struct fixture restored = *fixture;
    restored.store = NULL;
    memcpy(restored.directory, copy, sizeof copy);
    open_writer(&restored);
    check(&restored, store_writer_complete_cells(restored.writer, &restored.err));
    close_writer(&restored);
    assert_string_equal(look(&restored, true).codes, "");
    const struct store_layer *layer = find_layer(&restored, "manzanas");
    assert_int_equal(layer->feature_count, 441);
    store_close(restored.store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(sound_is_sound, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(finds_each_damage, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(finds_damaged_files, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(absent_is_said, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(backup_is_whole, fixture_setup, fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
