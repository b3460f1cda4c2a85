/* SPDX-License-Identifier: MIT */
/* Archives are written, read again, and damaged. */

#include "unit/test.h"

#include "tile/archive_file.h"
#include "tile/pmtiles_directory.h"
#include "tile/archive_writer.h"
#include "tile/gzip.h"
#include "tile/tile_order.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ZOOM_MAX = 7 };

static char folder[64];
static char path[128];

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/tesela-archive-XXXXXX");
    assert_non_null(mkdtemp(folder));
    return 0;
}

static int tear_down(void **state)
{
    char command[128];
    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

/* Some tiles are absent, many are alike, the others say where they are. */
static bool content_of(struct tile_id tile, char out[64])
{
    uint64_t id = tile_order_id(tile);
    if (id % 97 == 5) {
        return false;
    }
    if (id % 1000 < 300) {
        snprintf(out, 64, "mar");
    } else if (id % 1000 < 320) {
        snprintf(out, 64, "isla %d", (int)(id % 3));
    } else {
        snprintf(out, 64, "tesela %u/%u/%u", tile.z, tile.x, tile.y);
    }
    return true;
}

static struct archive_about about_of(enum tile_format format)
{
    return (struct archive_about){.format = format,
                                  .min_zoom = 0,
                                  .max_zoom = ZOOM_MAX,
                                  .bounds = {-103.5, 25.25, -103.25, 25.75},
                                  .center_lon = -103.375,
                                  .center_lat = 25.5,
                                  .center_zoom = 3,
                                  .name = "Prueba «ñ»",
                                  .attribution = "Fuente: \"nadie\"",
                                  .vector_layers = "[{\"id\":\"zonas\",\"fields\":{\"valor\":\"Number\"}}]",
                                  .content = 77};
}

/* Writes the tiles from `begin` to `end`; finishes the archive when `finish`. */
static struct archive_writer_stats write_some(enum archive_kind kind, const struct archive_about *about, uint64_t begin,
                                              uint64_t end, bool finish)
{
    struct archive_writer *writer;
    struct error err = {0};
    if (!archive_writer_open(kind, path, about, &writer, &err)) {
        fail_msg("%s", err.english);
    }
    for (uint64_t id = begin; id < end; id++) {
        struct tile_id tile;
        char text[64];
        assert_true(tile_order_tile(id, &tile));
        if (!archive_writer_wants(writer, tile) || !content_of(tile, text)) {
            continue;
        }
        unsigned char *data = malloc(strlen(text));
        memcpy(data, text, strlen(text));
        struct tile_blob *blob = tile_blob_create(data, strlen(text), 0);
        if (!archive_writer_add(writer, tile, blob, &err)) {
            fail_msg("%s", err.english);
        }
        tile_blob_unref(blob);
    }
    if (finish && !archive_writer_finish(writer, &err)) {
        fail_msg("%s", err.english);
    }
    struct archive_writer_stats stats = archive_writer_stats(writer);
    archive_writer_close(writer);
    return stats;
}

static void expect_tile(struct archive_file *archive, struct tile_id tile, bool is_gzip)
{
    struct buffer packed;
    struct buffer plain;
    struct error err = {0};
    char text[64];
    bool found;
    buffer_init(&packed, 1 << 20);
    buffer_init(&plain, 1 << 20);
    assert_true(archive_file_read(archive, tile, &packed, &found, &err));
    assert_int_equal(found, tile.z <= ZOOM_MAX && content_of(tile, text));
    if (found) {
        const struct buffer *bytes = &packed;
        if (is_gzip) {
            assert_true(gzip_expand(packed.data, packed.length, &plain));
            bytes = &plain;
        }
        assert_int_equal(bytes->length, strlen(text));
        assert_memory_equal(bytes->data, text, bytes->length);
    }
    buffer_finish(&packed);
    buffer_finish(&plain);
}

static void expect_all(bool is_gzip)
{
    struct archive_file *archive;
    struct error err = {0};
    if (!archive_file_open(path, &archive, &err)) {
        fail_msg("%s", err.english);
    }
    const struct archive_info *info = archive_file_info(archive);
    assert_int_equal(info->type, is_gzip ? ARCHIVE_MVT : ARCHIVE_PNG);
    assert_int_equal(info->min_zoom, 0);
    assert_int_equal(info->max_zoom, ZOOM_MAX);
    assert_true(info->bounds.min_x == -103.5 && info->bounds.max_y == 25.75);
    assert_true(info->has_center && info->center_lat == 25.5 && info->center_zoom == 3);
    assert_string_equal(info->name, "Prueba «ñ»");
    assert_string_equal(info->attribution, "Fuente: \"nadie\"");
    if (is_gzip) {
        assert_string_equal(info->vector_layers, "[{\"id\":\"zonas\",\"fields\":{\"valor\":\"Number\"}}]");
    }
    for (uint64_t id = 0; id < tile_order_first(ZOOM_MAX + 1) + 50; id++) {
        struct tile_id tile;
        assert_true(tile_order_tile(id, &tile));
        expect_tile(archive, tile, is_gzip);
    }
    archive_file_close(archive);
}

static void run_kind(enum archive_kind kind, const char *end)
{
    static const enum tile_format formats[] = {TILE_MVT, TILE_PNG};
    for (size_t i = 0; i < 2; i++) {
        struct archive_about about = about_of(formats[i]);
        snprintf(path, sizeof path, "%s/a%zu.%s", folder, i, end);
        struct archive_writer_stats stats = write_some(kind, &about, 0, tile_order_first(ZOOM_MAX + 1), true);
        assert_true(stats.contents < stats.tiles / 10 * 8);
        expect_all(formats[i] == TILE_MVT);
    }
}

static void test_pmtiles(void **state)
{
    (void)state;
    run_kind(ARCHIVE_PMTILES, "pmtiles");
}

static void test_mbtiles(void **state)
{
    (void)state;
    run_kind(ARCHIVE_MBTILES, "mbtiles");
}

/* What was interrupted goes on; what is of other content begins anew. */
static void test_resume(void **state)
{
    struct archive_about about = about_of(TILE_PNG);
    uint64_t end = tile_order_first(ZOOM_MAX + 1);
    (void)state;
    snprintf(path, sizeof path, "%s/r.mbtiles", folder);
    write_some(ARCHIVE_MBTILES, &about, 0, end / 2, false);
    assert_int_not_equal(access(path, F_OK), 0); /* not there before it is complete */
    struct archive_writer *writer;
    struct error err;
    struct tile_id first = {0, 0, 0};
    assert_true(archive_writer_open(ARCHIVE_MBTILES, path, &about, &writer, &err));
    assert_false(archive_writer_wants(writer, first));
    archive_writer_close(writer);
    write_some(ARCHIVE_MBTILES, &about, 0, end, true);
    expect_all(false);
    write_some(ARCHIVE_MBTILES, &about, 0, end / 2, false);
    about.content = 78;
    assert_true(archive_writer_open(ARCHIVE_MBTILES, path, &about, &writer, &err));
    assert_true(archive_writer_wants(writer, first));
    archive_writer_close(writer);
}

/* An empty archive, one with a single tile, and no leftovers. */
static void test_small(void **state)
{
    struct archive_about about = about_of(TILE_PNG);
    struct archive_file *archive;
    struct error err;
    (void)state;
    snprintf(path, sizeof path, "%s/s.pmtiles", folder);
    write_some(ARCHIVE_PMTILES, &about, 0, 0, true);
    assert_true(archive_file_open(path, &archive, &err));
    archive_file_close(archive);
    write_some(ARCHIVE_PMTILES, &about, 0, 1, true);
    assert_true(archive_file_open(path, &archive, &err));
    expect_tile(archive, (struct tile_id){0, 0, 0}, false);
    archive_file_close(archive);
    write_some(ARCHIVE_PMTILES, &about, 0, 9, false); /* given up */
    char command[256];
    snprintf(command, sizeof command, "test \"$(ls '%s' | grep -c part)\" = 0", folder);
    assert_int_equal(system(command), 0);
}

/* Flipped bytes and lost ends: an error or another answer, never a crash. */
static void test_damage(void **state)
{
    static const char *const ends[] = {"pmtiles", "mbtiles"};
    struct archive_about about = about_of(TILE_MVT);
    uint32_t seed = 4;
    (void)state;
    for (int round = 0; round < 24; round++) {
        snprintf(path, sizeof path, "%s/d.%s", folder, ends[round % 2]);
        if (round < 2 || round % 10 < 2) {
            write_some(round % 2 ? ARCHIVE_MBTILES : ARCHIVE_PMTILES, &about, 0, 3000, true);
        }
        FILE *file = fopen(path, "r+b");
        assert_non_null(file);
        fseek(file, 0, SEEK_END);
        long size = ftell(file);
        for (int i = 0; i < 30; i++) {
            seed = seed * 1664525u + 1013904223u;
            long at = (long)(seed >> 4) % (round % 3 == 0 ? 600 : size);
            fseek(file, at, SEEK_SET);
            fputc((int)(seed >> 23), file);
        }
        fclose(file);
        if (round % 5 == 4) {
            assert_int_equal(truncate(path, size / 2), 0);
        }
        struct archive_file *archive;
        struct error err;
        if (!archive_file_open(path, &archive, &err)) {
            continue;
        }
        for (uint64_t id = 0; id < 3000; id += 7) {
            struct tile_id tile;
            struct buffer out;
            bool found;
            buffer_init(&out, 1 << 20);
            tile_order_tile(id, &tile);
            archive_file_read(archive, tile, &out, &found, &err);
            buffer_finish(&out);
        }
        archive_file_close(archive);
    }
}

static void test_directory_bounds(void **state)
{
    static const struct {
        unsigned char bytes[24];
        size_t size;
        bool ok;
    } cases[] = {
        {{0}, 0, false},                                     /* nothing */
        {{0}, 1, true},                                      /* no entries */
        {{1, 5, 1, 9, 1}, 5, true},                          /* one */
        {{1, 5, 1, 9}, 4, false},                            /* cut off */
        {{1, 5, 1, 9, 0}, 5, false},                         /* follows nothing */
        {{1, 5, 1, 0, 1}, 5, false},                         /* no length */
        {{2, 5, 0, 1, 1, 9, 9, 1, 0}, 9, false},             /* the same id twice */
        {{2, 5, 2, 3, 1, 9, 9, 1, 0}, 9, false},             /* runs overlap */
        {{2, 5, 3, 3, 1, 9, 9, 1, 0}, 9, true},              /* runs touch */
        {{0xff, 0xff, 0xff, 0xff, 0x7f, 1, 1, 1}, 8, false}, /* count too large */
        {{1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 1, 1}, 15, false}, /* id too large */
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pmtiles_directory *directory = NULL;
        struct error err;
        assert_int_equal(pmtiles_read_directory(cases[i].bytes, cases[i].size, &directory, &err), cases[i].ok);
        free(directory);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_pmtiles, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_mbtiles, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_resume, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_small, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_damage, set_up, tear_down),
        cmocka_unit_test(test_directory_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
