/* SPDX-License-Identifier: MIT */
/* A writer is killed at many moments; what was published before must still be served, whole, and the next writer must
 * find nothing in its way. */
#include "store/store_writer.h"

#include "base/clock.h"
#include "unit/store/fixture.h"

#include <signal.h>
#include <sqlite3.h>
#include <time.h>

static const struct bbox whole = {-180, -85, 180, 85};

/* The child loads for ever, each time a larger grid under the same name. */
static pid_t start_loader(const struct fixture *fixture, int across)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct fixture own = {.arena = arena_create((size_t)1 << 30)};
        memcpy(own.directory, fixture->directory, sizeof own.directory);
        for (;;) {
            load_grid(&own, "manzanas", across, "hijo");
            arena_reset(own.arena);
        }
    }
    return pid;
}

static void check_consistent(struct fixture *fixture, int64_t version_min)
{
    struct store *store;
    struct store_layer_list list;
    bool complete = false;
    check(fixture, store_open(fixture->directory, &store, &fixture->err));
    check(fixture, store_list(store, fixture->arena, &list, &fixture->err));
    assert_int_equal(list.count, 1);
    const struct store_layer *layer = &list.layers[0];
    assert_true(layer->version >= version_min);
    check(fixture, store_cells_are_complete(store, &complete, &fixture->err));
    assert_true(complete);
    struct world_box area = grid_box(&whole);
    struct feature_list found;
    check(fixture, store_find(store, layer, &area, 15, fixture->arena, &found, &fixture->err));
    assert_int_equal(found.count, layer->feature_count);
    for (size_t i = 0; i < found.count; i++) {
        assert_int_equal(found.features[i].id.integer, 1000 + (int64_t)i);
    }
    store_close(store);
}

static void check_file(const struct fixture *fixture, const char *name)
{
    char path[128];
    sqlite3 *db;
    sqlite3_stmt *statement;
    snprintf(path, sizeof path, "%s/%s", fixture->directory, name);
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(statement, 0), "ok");
    sqlite3_finalize(statement);
    sqlite3_close(db);
}

static void survives_kill_at_any_moment(void **state)
{
    struct fixture *fixture = *state;
    const char *rounds_text = getenv("TESELA_CRASH_ROUNDS");
    int rounds = rounds_text ? atoi(rounds_text) : getenv("TESELA_LONG") ? 300 : 40;
    load_grid(fixture, "manzanas", 10, "antes");
    int64_t version = 1;
    for (int i = 0; i < rounds; i++) {
        pid_t pid = start_loader(fixture, 12 + i % 20);
        struct timespec delay = {0, (i * 7 % 40 + 1) * 6000000L};
        nanosleep(&delay, NULL);
        assert_int_equal(kill(pid, SIGKILL), 0);
        int status;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
        check_consistent(fixture, version);
        if (i % 4 == 3) {
            load_grid(fixture, "manzanas", 9, "despues");
            const struct store_layer *layer = find_layer(fixture, "manzanas");
            assert_true(layer->version > version);
            assert_int_equal(layer->feature_count, 81);
            version = layer->version;
            check_consistent(fixture, version);
        }
        arena_reset(fixture->arena);
    }
    check_file(fixture, "tesela.sqlite");
    check_file(fixture, "cells.sqlite");
}

enum { TOWN_LAYERS = 3 };

static const char *const town_layers[TOWN_LAYERS] = {"calles", "manzanas", "predios"};

/* Three layers in one publication, all of the same number of points. */
static void load_town(struct fixture *fixture, int count)
{
    static const struct field fields[] = {{"clave", FIELD_INTEGER}};
    open_writer(fixture);
    for (int i = 0; i < TOWN_LAYERS; i++) {
        begin_layer(fixture, town_layers[i], GEOMETRY_POINT, NULL, fields, 1, "{}");
        for (int row = 1; row <= count; row++) {
            struct value values[] = {value_of_int(row)};
            add_wkt(fixture, row, "POINT(-103.4 25.5)", NULL, values);
        }
        check(fixture, store_writer_complete(fixture->writer, NULL, &fixture->err));
    }
    check(fixture, store_writer_commit(fixture->writer, &fixture->err));
    close_writer(fixture);
}

/* The number of points that all three layers have, which they were given together. */
static int64_t town_size(struct fixture *fixture)
{
    struct store *store;
    struct store_layer_list list;
    check(fixture, store_open(fixture->directory, &store, &fixture->err));
    check(fixture, store_list(store, fixture->arena, &list, &fixture->err));
    assert_int_equal(list.count, TOWN_LAYERS);
    for (int i = 0; i < TOWN_LAYERS; i++) {
        struct world_box area = grid_box(&whole);
        struct feature_list found;
        assert_int_equal(list.layers[i].feature_count, list.layers[0].feature_count);
        assert_int_equal(list.layers[i].version, list.layers[0].version);
        check(fixture, store_find(store, &list.layers[i], &area, 15, fixture->arena, &found, &fixture->err));
        assert_int_equal(found.count, list.layers[0].feature_count);
    }
    int64_t size = list.layers[0].feature_count;
    store_close(store);
    return size;
}

static void layers_of_one_load_live_and_die_together(void **state)
{
    struct fixture *fixture = *state;
    int rounds = getenv("TESELA_LONG") ? 200 : 25;
    int64_t size = 5;
    load_town(fixture, 5);
    for (int i = 0; i < rounds; i++) {
        int next = 100 + i;
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            struct fixture own = {.arena = arena_create((size_t)1 << 30)};
            memcpy(own.directory, fixture->directory, sizeof own.directory);
            load_town(&own, next);
            _exit(0);
        }
        struct timespec delay = {0, (i * 7 % 25 + 1) * 4000000L};
        nanosleep(&delay, NULL);
        kill(pid, SIGKILL);
        int status;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        int64_t now = town_size(fixture);
        assert_true(now == size || now == next);
        size = now;
        arena_reset(fixture->arena);
    }
    load_town(fixture, 9);
    assert_int_equal(town_size(fixture), 9);
    check_file(fixture, "tesela.sqlite");
    check_file(fixture, "cells.sqlite");
}

/* The first load of all: the data directory itself is being made. */
static void survives_kill_at_birth(void **state)
{
    struct fixture *fixture = *state;
    for (int i = 0; i < 12; i++) {
        char command[128];
        snprintf(command, sizeof command, "rm -rf '%s'", fixture->directory);
        assert_int_equal(system(command), 0);
        pid_t pid = start_loader(fixture, 12);
        struct timespec delay = {0, (i + 1) * 15000000L};
        nanosleep(&delay, NULL);
        kill(pid, SIGKILL);
        int status;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        struct store *store;
        struct store_layer_list list;
        check(fixture, store_open(fixture->directory, &store, &fixture->err));
        check(fixture, store_list(store, fixture->arena, &list, &fixture->err));
        assert_in_range(list.count, 0, 1);
        store_close(store);
        load_grid(fixture, "manzanas", 9, "despues");
        check_consistent(fixture, 1);
        arena_reset(fixture->arena);
    }
}

/* Readers are never disturbed by a writer at work in another process. */
static void reads_while_another_writes(void **state)
{
    struct fixture *fixture = *state;
    load_grid(fixture, "manzanas", 10, "antes");
    pid_t pid = start_loader(fixture, 20);
    int64_t end = clock_monotonic_ns() + 2000000000;
    uint64_t generation = 0;
    int changes = 0;
    const struct store_layer *layer = find_layer(fixture, "manzanas");
    struct arena *arena = arena_create((size_t)64 << 20);
    while (clock_monotonic_ns() < end) {
        uint64_t now;
        check(fixture, store_generation(fixture->store, &now, &fixture->err));
        if (now != generation) {
            arena_reset(fixture->arena);
            layer = find_layer(fixture, "manzanas");
            generation = now;
            changes++;
        }
        struct feature_list found;
        struct world_box area = grid_box(&whole);
        check(fixture, store_find(fixture->store, layer, &area, 15, arena, &found, &fixture->err));
        assert_int_equal(found.count, layer->feature_count);
        arena_reset(arena);
    }
    kill(pid, SIGKILL);
    int status;
    waitpid(pid, &status, 0);
    arena_destroy(arena);
    assert_true(changes > 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(survives_kill_at_any_moment, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(layers_of_one_load_live_and_die_together, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(survives_kill_at_birth, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(reads_while_another_writes, fixture_setup, fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
