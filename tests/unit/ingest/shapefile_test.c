/* SPDX-License-Identifier: MIT */
#include "ingest/shapefile.h"

#include "unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HEADER = 100, RECORD = 28 };

static void put_big(unsigned char *out, unsigned value)
{
    out[0] = (unsigned char)(value >> 24);
    out[1] = (unsigned char)(value >> 16);
    out[2] = (unsigned char)(value >> 8);
    out[3] = (unsigned char)value;
}

/* A shapefile of `count` points; returns its length. */
static size_t make_points(unsigned char *out, unsigned count)
{
    memset(out, 0, HEADER + count * RECORD);
    put_big(out, 9994);
    put_big(out + 24, (HEADER + count * RECORD) / 2);
    out[28] = 0xe8;
    out[29] = 3;
    out[32] = 1;
    for (unsigned i = 0; i < count; i++) {
        unsigned char *record = out + HEADER + i * RECORD;
        put_big(record, i + 1);
        put_big(record + 4, 10);
        record[8] = 1;
    }
    return HEADER + count * RECORD;
}

static void write_file(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
}

struct place {
    char folder[64];
    char shp[80];
    char shx[80];
};

static struct place make_place(void)
{
    struct place place = {.folder = "/tmp/tesela-shp-XXXXXX"};
    assert_non_null(mkdtemp(place.folder));
    snprintf(place.shp, sizeof place.shp, "%s/a.shp", place.folder);
    snprintf(place.shx, sizeof place.shx, "%s/a.shx", place.folder);
    return place;
}

static void drop_place(const struct place *place)
{
    unlink(place->shp);
    unlink(place->shx);
    rmdir(place->folder);
}

static void test_index(void **state)
{
    (void)state;
    struct place place = make_place();
    unsigned char bytes[HEADER + 5 * RECORD];
    size_t size = make_points(bytes, 5);
    struct shapefile_shapes shapes;
    struct error err;
    write_file(place.shp, bytes, size);
    assert_false(shapefile_check_index(place.shp, place.shx, &shapes, &err));
    assert_true(shapefile_rebuild_index(place.shp, place.shx, &shapes, &err));
    assert_int_equal(shapes.records, 5);
    assert_int_equal(shapes.unread_at, 0);
    assert_true(shapefile_check_index(place.shp, place.shx, &shapes, &err));
    assert_int_equal(shapes.records, 5);
    assert_int_equal(shapes.type, 1);
    /* cut in the fourth record */
    write_file(place.shp, bytes, size - RECORD - 3);
    assert_true(shapefile_rebuild_index(place.shp, place.shx, &shapes, &err));
    assert_int_equal(shapes.records, 3);
    assert_int_equal(shapes.unread_at, HEADER + 3 * RECORD);
    /* a record of a foreign type */
    bytes[HEADER + RECORD + 8] = 5;
    write_file(place.shp, bytes, size);
    assert_true(shapefile_rebuild_index(place.shp, place.shx, &shapes, &err));
    assert_int_equal(shapes.records, 1);
    /* no shapefile */
    bytes[0] = 1;
    write_file(place.shp, bytes, size);
    assert_false(shapefile_rebuild_index(place.shp, place.shx, &shapes, &err));
    assert_false(shapefile_read_header(place.shp, &shapes, &err));
    drop_place(&place);
}

/* An index that names one record a thousand times. */
static void test_amplified(void **state)
{
    (void)state;
    struct place place = make_place();
    unsigned char bytes[HEADER + RECORD];
    size_t size = make_points(bytes, 1);
    write_file(place.shp, bytes, size);
    unsigned char index[HEADER + 8 * 1000];
    memcpy(index, bytes, HEADER);
    for (unsigned i = 0; i < 1000; i++) {
        put_big(index + HEADER + 8 * i, HEADER / 2);
        put_big(index + HEADER + 8 * i + 4, 10);
    }
    write_file(place.shx, index, sizeof index);
    struct shapefile_shapes shapes;
    struct error err;
    assert_false(shapefile_check_index(place.shp, place.shx, &shapes, &err));
    drop_place(&place);
}

static void test_table(void **state)
{
    (void)state;
    struct place place = make_place();
    unsigned char bytes[32 + 32 + 1 + 2 * 11] = {3, 100, 1, 1, 2, 0, 0, 0, 65, 0, 11, 0};
    bytes[29] = 0x57;
    memcpy(bytes + 32, "A\xd1O", 3);
    bytes[32 + 11] = 'C';
    bytes[32 + 16] = 10;
    bytes[64] = 0x0d;
    struct shapefile_table table;
    struct error err;
    struct arena *arena = arena_create(1 << 20);
    write_file(place.shp, bytes, sizeof bytes);
    assert_true(shapefile_read_table(place.shp, arena, &table, &err));
    assert_int_equal(table.rows, 2);
    assert_int_equal(table.column_count, 1);
    assert_string_equal(table.columns[0].name, "A\xd1O");
    assert_int_equal(table.columns[0].width, 10);
    assert_int_equal(table.language, 0x57);
    /* the header claims more rows than there are */
    bytes[4] = 200;
    write_file(place.shp, bytes, sizeof bytes);
    assert_true(shapefile_read_table(place.shp, arena, &table, &err));
    assert_int_equal(table.rows, 2);
    assert_int_equal(table.rows_told, 200);
    for (size_t size = 0; size < 65; size++) {
        write_file(place.shp, bytes, size);
        assert_false(shapefile_read_table(place.shp, arena, &table, &err));
    }
    arena_destroy(arena);
    drop_place(&place);
}

/* Numbers that did not fit, values that are none, dates that no calendar has, deleted rows. */
static void test_faults(void **state)
{
    (void)state;
    struct place place = make_place();
    enum { ROWS = 6, ROW = 1 + 4 + 8 };
    static const char rows[ROWS][ROW + 1] = {"   1220200229", " ****20210229", "*  xx        ",
                                             " 1e-300000000", "  1,5 2020  1", "             "};
    unsigned char bytes[32 + 64 + 1 + ROWS * ROW] = {3, 100, 1, 1, ROWS, 0, 0, 0, 97, 0, ROW, 0};
    memcpy(bytes + 32, "N", 2);
    bytes[32 + 11] = 'N';
    bytes[32 + 16] = 4;
    memcpy(bytes + 64, "D", 2);
    bytes[64 + 11] = 'D';
    bytes[64 + 16] = 8;
    bytes[96] = 0x0d;
    for (size_t i = 0; i < ROWS; i++) {
        memcpy(bytes + 97 + i * ROW, rows[i], ROW);
    }
    struct shapefile_table table;
    struct shapefile_faults faults;
    struct error err;
    struct arena *arena = arena_create(1 << 20);
    write_file(place.shp, bytes, sizeof bytes);
    assert_true(shapefile_read_table(place.shp, arena, &table, &err));
    assert_true(shapefile_find_faults(place.shp, &table, arena, &faults, &err));
    static const struct {
        uint32_t row;
        unsigned column;
        bool starred;
        enum shapefile_meaning meaning;
        const char *text;
    } cells[] = {{1, 0, true, SHAPEFILE_NOTHING, "****"},
                 {1, 1, false, SHAPEFILE_NOTHING, "20210229"},
                 {3, 0, false, SHAPEFILE_FRACTION, ""}, /* the column announces whole numbers */
                 {4, 0, false, SHAPEFILE_NOTHING, "1,5"},
                 {4, 1, false, SHAPEFILE_NOTHING, "2020  1"}};
    assert_int_equal(faults.cell_count, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(faults.cells[i].meaning, cells[i].meaning);
        assert_int_equal(faults.cells[i].row, cells[i].row);
        assert_int_equal(faults.cells[i].column, cells[i].column);
        assert_int_equal(faults.cells[i].starred, cells[i].starred);
        assert_string_equal(faults.cells[i].text, cells[i].text);
    }
    assert_true(faults.numbers[0].starred_count == 1 && !faults.numbers[1].starred_count);
    assert_int_equal(faults.deleted_count, 1);
    assert_int_equal(faults.deleted[0], 2);
    arena_destroy(arena);
    drop_place(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_index), cmocka_unit_test(test_amplified),
                                       cmocka_unit_test(test_table), cmocka_unit_test(test_faults)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
