/* SPDX-License-Identifier: MIT */
/* Drafts, rollbacks, withdrawals: which version is served, which are kept. */
#include "store/store_version.h"

#include "unit/store/fixture.h"

static const struct field fields[] = {{"clave", FIELD_INTEGER}};

static void load_one(struct fixture *fixture, bool draft)
{
    struct value values[] = {value_of_int(1)};
    struct store_writer_layer layer = {.id = "pozos",
                                       .kind = GEOMETRY_POINT,
                                       .srs = "EPSG:4326",
                                       .fields = fields,
                                       .field_count = 1,
                                       .descriptor_json = text_of("{\"id\": \"pozos\", \"key\": \"clave\"}"),
                                       .source_file = "pozos.csv",
                                       .source_sha256 = "0f",
                                       .report_json = text_of("{}"),
                                       .draft = draft};
    open_writer(fixture);
    check(fixture, store_writer_begin(fixture->writer, &layer, &fixture->err));
    add_wkt(fixture, 1, "POINT(-103.4 25.5)", NULL, values);
    publish(fixture);
    close_writer(fixture);
}

/* "3p 2k 1k": the versions with the first letter of their state, newest first. */
static const char *states(struct fixture *fixture)
{
    struct store_version_list list;
    struct buffer out;
    buffer_init(&out, 4096);
    check(fixture, store_version_list(open_store(fixture), "pozos", fixture->arena, &list, &fixture->err));
    for (size_t i = 0; i < list.count; i++) {
        buffer_printf(&out, "%s%lld%c", i > 0 ? " " : "", (long long)list.versions[i].layer.version,
                      store_version_state_name(list.versions[i].state)[0]);
        assert_true(list.versions[i].has_cells);
    }
    const char *copy = arena_strdup(fixture->arena, buffer_text(&out));
    buffer_finish(&out);
    return copy;
}

static int64_t served(struct fixture *fixture)
{
    const struct store_layer *layer = find_layer(fixture, "pozos");
    return layer ? layer->version : 0;
}

static void roll_back(struct fixture *fixture, int64_t wanted, int64_t expected)
{
    int64_t from;
    int64_t to;
    int64_t before = served(fixture);
    open_writer(fixture);
    check(fixture, store_writer_rollback(fixture->writer, "pozos", wanted, &from, &to, &fixture->err));
    close_writer(fixture);
    assert_int_equal(from, before);
    assert_int_equal(to, expected);
    assert_int_equal(served(fixture), expected);
}

static void publish_version(struct fixture *fixture, int64_t wanted, int64_t expected)
{
    int64_t version;
    open_writer(fixture);
    check(fixture, store_writer_publish_version(fixture->writer, "pozos", wanted, &version, &fixture->err));
    close_writer(fixture);
    assert_int_equal(version, expected);
    assert_int_equal(served(fixture), expected);
}

static void withdraw(struct fixture *fixture)
{
    int64_t version;
    open_writer(fixture);
    check(fixture, store_writer_withdraw(fixture->writer, "pozos", 0, &version, &fixture->err));
    close_writer(fixture);
    assert_int_equal(served(fixture), 0);
}

static void draft_waits(void **state)
{
    struct fixture *fixture = *state;
    load_one(fixture, true);
    assert_int_equal(served(fixture), 0);
    assert_string_equal(states(fixture), "1d");
    publish_version(fixture, 0, 1);
    load_one(fixture, true);
    assert_int_equal(served(fixture), 1);
    assert_string_equal(states(fixture), "2d 1p");
    publish_version(fixture, 0, 2);
    assert_string_equal(states(fixture), "2p 1k");
    int64_t version;
    open_writer(fixture);
    assert_false(store_writer_publish_version(fixture->writer, "pozos", 0, &version, &fixture->err));
    assert_string_equal(fixture->err.code, "STO-019");
    close_writer(fixture);
    /* A draft that was passed over must be named. */
    load_one(fixture, true);
    load_one(fixture, false);
    assert_string_equal(states(fixture), "4p 3d 2k 1k");
    open_writer(fixture);
    assert_false(store_writer_publish_version(fixture->writer, "pozos", 0, &version, &fixture->err));
    close_writer(fixture);
    publish_version(fixture, 3, 3);
    assert_string_equal(states(fixture), "4k 3p 2k 1k");
}

static void rollback_goes_back(void **state)
{
    struct fixture *fixture = *state;
    load_one(fixture, false);
    load_one(fixture, false);
    load_one(fixture, false);
    roll_back(fixture, 0, 2);
    assert_string_equal(states(fixture), "3k 2p 1k");
    roll_back(fixture, 0, 1);
    int64_t from;
    int64_t to;
    open_writer(fixture);
    assert_false(store_writer_rollback(fixture->writer, "pozos", 0, &from, &to, &fixture->err));
    assert_string_equal(fixture->err.code, "STO-017");
    assert_false(store_writer_rollback(fixture->writer, "pozos", 9, &from, &to, &fixture->err));
    assert_string_equal(fixture->err.code, "STO-015");
    assert_false(store_writer_rollback(fixture->writer, "nada", 0, &from, &to, &fixture->err));
    assert_string_equal(fixture->err.code, "STO-014");
    close_writer(fixture);
    roll_back(fixture, 3, 3);
    load_one(fixture, true);
    open_writer(fixture);
    assert_false(store_writer_rollback(fixture->writer, "pozos", 4, &from, &to, &fixture->err));
    assert_string_equal(fixture->err.code, "STO-018");
    close_writer(fixture);
}

static void withdrawn_comes_back(void **state)
{
    struct fixture *fixture = *state;
    load_one(fixture, false);
    load_one(fixture, false);
    roll_back(fixture, 0, 1);
    withdraw(fixture);
    assert_string_equal(states(fixture), "2k 1w");
    /* What was shown comes back, not what is newest. */
    publish_version(fixture, 0, 1);
    withdraw(fixture);
    load_one(fixture, true);
    publish_version(fixture, 0, 3);
    assert_string_equal(states(fixture), "3p 2k 1k");
}

/* Readers may be at the version that is being replaced: it stays, whatever its number. */
static void keeps_what_was_just_replaced(void **state)
{
    struct fixture *fixture = *state;
    for (int i = 0; i < 4; i++) {
        load_one(fixture, false);
    }
    assert_string_equal(states(fixture), "4p 3k 2k");
    roll_back(fixture, 2, 2);
    load_one(fixture, false);
    assert_string_equal(states(fixture), "5p 4k 3k 2k");
    load_one(fixture, false);
    assert_string_equal(states(fixture), "6p 5k 4k");
    /* Drafts are bounded for themselves and push nothing out. */
    for (int i = 0; i < 5; i++) {
        load_one(fixture, true);
    }
    assert_string_equal(states(fixture), "11d 10d 9d 6p 5k 4k");
}

static void number_kept_is_set(void **state)
{
    struct fixture *fixture = *state;
    setenv("TESELA_KEEP_VERSIONS", "2", 1);
    for (int i = 0; i < 4; i++) {
        load_one(fixture, false);
    }
    assert_string_equal(states(fixture), "4p 3k");
    setenv("TESELA_KEEP_VERSIONS", "5", 1);
    for (int i = 0; i < 4; i++) {
        load_one(fixture, false);
    }
    assert_string_equal(states(fixture), "8p 7k 6k 5k 4k");
    static const char *const wrong[] = {"1", "0", "101", "tres", "-3"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        setenv("TESELA_KEEP_VERSIONS", wrong[i], 1);
        assert_false(store_writer_open(fixture->directory, &fixture->writer, &fixture->err));
        assert_string_equal(fixture->err.code, "STO-025");
    }
    unsetenv("TESELA_KEEP_VERSIONS");
}

/* The version by which a new load goes: with drafts, and without. */
static void check_latest(struct fixture *fixture, int64_t with_drafts, int64_t without)
{
    for (int drafts = 0; drafts <= 1; drafts++) {
        struct store_layer_list list;
        check(fixture, store_version_latest(open_store(fixture), drafts, fixture->arena, &list, &fixture->err));
        assert_int_equal(list.count, 1);
        assert_int_equal(list.layers[0].version, drafts ? with_drafts : without);
    }
}

static void latest_is_what_a_load_replaces(void **state)
{
    struct fixture *fixture = *state;
    struct store_layer_list list;
    check(fixture, store_version_latest(open_store(fixture), true, fixture->arena, &list, &fixture->err));
    assert_int_equal(list.count, 0);
    load_one(fixture, true);
    check_latest(fixture, 1, 1);
    load_one(fixture, false);
    check_latest(fixture, 2, 2);
    load_one(fixture, true);
    check_latest(fixture, 3, 2);
    load_one(fixture, false);
    check_latest(fixture, 4, 4);
    roll_back(fixture, 2, 2);
    check_latest(fixture, 3, 2);
    withdraw(fixture);
    check_latest(fixture, 3, 2);
}

static void begin_one(struct fixture *fixture, const char *id)
{
    struct value values[] = {value_of_int(1)};
    begin_layer(fixture, id, GEOMETRY_POINT, NULL, fields, 1, "{}");
    add_wkt(fixture, 1, "POINT(-103.4 25.5)", NULL, values);
}

static void nothing_shows_before_the_commit(void **state)
{
    struct fixture *fixture = *state;
    load_one(fixture, false);
    open_writer(fixture);
    assert_false(store_writer_commit(fixture->writer, NULL));
    begin_one(fixture, "tanques");
    check(fixture, store_writer_complete(fixture->writer, NULL, &fixture->err));
    begin_one(fixture, "valvulas");
    /* Begun and not complete: nothing of the publication may stay. */
    assert_false(store_writer_commit(fixture->writer, NULL));
    assert_null(find_layer(fixture, "tanques"));
    begin_one(fixture, "tanques");
    check(fixture, store_writer_complete(fixture->writer, NULL, &fixture->err));
    assert_null(find_layer(fixture, "tanques"));
    struct store_writer_layer bad = {.id = "No Sirve", .descriptor_json = text_of("{}")};
    assert_false(store_writer_begin(fixture->writer, &bad, NULL));
    assert_false(store_writer_commit(fixture->writer, NULL));
    assert_null(find_layer(fixture, "tanques"));
    begin_one(fixture, "tanques");
    check(fixture, store_writer_complete(fixture->writer, NULL, &fixture->err));
    begin_one(fixture, "valvulas");
    check(fixture, store_writer_complete(fixture->writer, NULL, &fixture->err));
    check(fixture, store_writer_commit(fixture->writer, &fixture->err));
    close_writer(fixture);
    assert_non_null(find_layer(fixture, "tanques"));
    assert_non_null(find_layer(fixture, "valvulas"));
    assert_int_equal(served(fixture), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(draft_waits, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(rollback_goes_back, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(withdrawn_comes_back, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(keeps_what_was_just_replaced, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(number_kept_is_set, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(latest_is_what_a_load_replaces, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(nothing_shows_before_the_commit, fixture_setup, fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
