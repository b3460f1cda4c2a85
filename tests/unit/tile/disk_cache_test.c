/* SPDX-License-Identifier: MIT */
#include "unit/test.h"

#include "tile/disk_cache.h"

#include "base/file.h"

#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LOOK = 7, MARK = 70 };

static char folder[64];
static char path[128];

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/tesela-disk-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/tiles.sqlite", folder);
    return 0;
}

static int tear_down(void **state)
{
    char command[256];
    (void)state;
    snprintf(command, sizeof command, "chmod -R u+w '%s'; rm -rf '%s'", folder, folder);
    return system(command);
}

static struct tile_key key_of(uint32_t x)
{
    return (struct tile_key){LOOK, {TILE_PNG, "base", {12, x % 4096, x / 4096}, 256, 1}};
}

/* Content that tells which tile it is of. */
static struct tile_blob *blob_of(uint32_t x, size_t size)
{
    unsigned char *data = malloc(size);
    assert_non_null(data);
    for (size_t i = 0; i < size; i++) {
        data[i] = (unsigned char)((x + i) * 2654435761u >> 13);
    }
    memcpy(data, &x, sizeof x);
    struct tile_blob *blob = tile_blob_create(data, size, 0);
    assert_non_null(blob);
    return blob;
}

static void put(struct disk_cache *cache, uint32_t x, size_t size)
{
    struct tile_key key = key_of(x);
    struct tile_blob *blob = blob_of(x, size);
    disk_cache_put(cache, &key, MARK, blob, true);
    tile_blob_unref(blob);
}

/* Fails the test when another tile or other bytes come back. */
static bool has(struct disk_reader *reader, uint32_t x, size_t size)
{
    struct tile_key key = key_of(x);
    uint64_t mark = 0;
    struct tile_blob *blob = disk_reader_get(reader, &key, &mark);
    if (!blob) {
        return false;
    }
    struct tile_blob *right = blob_of(x, size);
    assert_int_equal(mark, MARK);
    assert_int_equal(blob->size, size);
    assert_memory_equal(blob->data, right->data, size);
    assert_int_equal(blob->hash, right->hash);
    tile_blob_unref(right);
    tile_blob_unref(blob);
    return true;
}

static uint32_t count_of(struct disk_cache *cache, uint32_t count, size_t size)
{
    struct disk_reader *reader = disk_reader_create(cache);
    uint32_t found = 0;
    for (uint32_t x = 0; x < count; x++) {
        found += has(reader, x, size);
    }
    disk_reader_destroy(reader);
    return found;
}

static void fill(uint32_t count, size_t size)
{
    struct disk_cache *cache = disk_cache_create(folder, (uint64_t)1 << 30);
    for (uint32_t x = 0; x < count; x++) {
        put(cache, x, size);
    }
    disk_cache_destroy(cache);
}

static void pause_ms(long ms)
{
    const struct timespec pause = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

static void test_kept_across_runs(void **state)
{
    (void)state;
    fill(300, 900);
    struct disk_cache *cache = disk_cache_create(folder, (uint64_t)1 << 30);
    disk_cache_flush(cache);
    pause_ms(300); /* until it is open */
    assert_int_equal(count_of(cache, 400, 900), 300);
    disk_cache_destroy(cache);
}

static void test_marks_and_looks(void **state)
{
    struct disk_cache *cache = disk_cache_create(folder, (uint64_t)1 << 30);
    struct disk_reader *reader = disk_reader_create(cache);
    struct tile_key key = key_of(1);
    uint64_t mark = 0;
    (void)state;
    put(cache, 1, 100);
    disk_cache_flush(cache);
    assert_true(disk_reader_has(reader, &key, &mark));
    disk_cache_confirm(cache, &key, 9, 71); /* it is not of that moment */
    disk_cache_flush(cache);
    assert_true(disk_reader_has(reader, &key, &mark));
    assert_int_equal(mark, MARK);
    disk_cache_confirm(cache, &key, MARK, 71);
    disk_cache_flush(cache);
    assert_true(disk_reader_has(reader, &key, &mark));
    assert_int_equal(mark, 71);
    tile_blob_unref(disk_reader_get(reader, &key, &mark));
    assert_int_equal(mark, 71);
    key.look++;
    assert_false(disk_reader_has(reader, &key, &mark));
    disk_reader_destroy(reader);
    struct disk_cache_stats stats;
    disk_cache_stats(cache, &stats);
    assert_int_equal(stats.damaged, 0);
    disk_cache_destroy(cache);
}

/* Vector tiles lie there compressed, and come back both ways. */
static void test_vector_tiles(void **state)
{
    struct disk_cache *cache = disk_cache_create(folder, (uint64_t)1 << 30);
    struct disk_reader *reader = disk_reader_create(cache);
    struct tile_key key = {LOOK, {TILE_MVT, "capa", {3, 1, 2}, 512, 1}};
    struct tile_key empty = {LOOK, {TILE_MVT, "capa", {3, 1, 3}, 512, 1}};
    unsigned char *data = calloc(1, 5000);
    uint64_t mark;
    (void)state;
    data[4000] = 9;
    struct tile_blob *blob = tile_blob_create(data, 5000, 6);
    struct tile_blob *nothing = tile_blob_create(malloc(1), 0, 6);
    disk_cache_put(cache, &key, MARK, blob, true);
    disk_cache_put(cache, &empty, MARK, nothing, true);
    disk_cache_flush(cache);
    struct tile_blob *found = disk_reader_get(reader, &key, &mark);
    assert_non_null(found);
    assert_int_equal(found->size, 5000);
    assert_memory_equal(found->data, blob->data, 5000);
    assert_int_equal(found->gzip_size, blob->gzip_size);
    assert_memory_equal(found->gzip, blob->gzip, blob->gzip_size);
    assert_int_equal(found->hash, blob->hash);
    tile_blob_unref(found);
    found = disk_reader_get(reader, &empty, &mark);
    assert_non_null(found);
    assert_int_equal(found->size, 0);
    tile_blob_unref(found);
    tile_blob_unref(blob);
    tile_blob_unref(nothing);
    disk_reader_destroy(reader);
    disk_cache_destroy(cache);
}

static long bytes_of_file(void)
{
    struct stat status;
    return stat(path, &status) == 0 ? (long)status.st_size : -1;
}

static void test_equal_tiles_once(void **state)
{
    struct disk_cache *cache = disk_cache_create(folder, (uint64_t)1 << 30);
    struct tile_blob *sea = blob_of(0, 50000);
    (void)state;
    for (uint32_t x = 0; x < 500; x++) {
        struct tile_key key = key_of(x);
        disk_cache_put(cache, &key, MARK, sea, true);
    }
    disk_cache_destroy(cache);
    assert_true(bytes_of_file() > 50000 && bytes_of_file() < 500000);
    tile_blob_unref(sea);
}

static void test_bound(void **state)
{
    const uint64_t bytes_max = 8 << 20;
    struct disk_cache *cache = disk_cache_create(folder, bytes_max);
    struct disk_cache_stats stats;
    (void)state;
    for (uint32_t x = 0; x < 4000; x++) {
        put(cache, x, 4000);
    }
    disk_cache_flush(cache);
    disk_cache_stats(cache, &stats);
    assert_true(stats.bytes <= bytes_max);
    assert_true(stats.evicted > 1000);
    struct disk_reader *reader = disk_reader_create(cache);
    assert_false(has(reader, 0, 4000)); /* the oldest went … */
    assert_true(has(reader, 3999, 4000));
    disk_reader_destroy(reader);
    disk_cache_destroy(cache);
    assert_true(bytes_of_file() < (long)bytes_max * 2); /* … and one batch more at most was in the file */
}

/* Bytes are flipped all over the file: what comes back is right, or nothing. */
static void test_flipped_bytes(void **state)
{
    uint32_t seed = 99;
    (void)state;
    for (int round = 0; round < 12; round++) {
        unlink(path);
        fill(200, 1500);
        FILE *file = fopen(path, "r+b");
        long size = bytes_of_file();
        assert_non_null(file);
        assert_true(size > 200 * 1500);
        for (int i = 0; i < 1 + 40 * (round % 4); i++) {
            seed = seed * 1664525u + 1013904223u;
            long at = (round < 3 ? 0 : 4096) + (long)(seed % (uint32_t)(size - 4096));
            fseek(file, at, SEEK_SET);
            int byte = fgetc(file);
            fseek(file, at, SEEK_SET);
            fputc(byte ^ (1 << (seed >> 29)), file);
        }
        fclose(file);
        struct disk_cache *cache = disk_cache_create(folder, (uint64_t)1 << 30);
        pause_ms(50);
        count_of(cache, 200, 1500);
        for (uint32_t x = 0; x < 200; x++) { /* it can be used on */
            put(cache, x, 1500);
        }
        disk_cache_flush(cache);
        pause_ms(300);
        for (uint32_t x = 0; x < 200; x++) {
            put(cache, x, 1500);
        }
        disk_cache_flush(cache);
        assert_true(count_of(cache, 200, 1500) > 100);
        disk_cache_destroy(cache);
    }
}

static void write_text(const char *text, size_t size)
{
    struct error err;
    assert_true(file_write(path, text, size, &err));
}

static void expect_usable(void)
{
    struct disk_cache *cache = disk_cache_create(folder, (uint64_t)1 << 30);
    for (uint32_t x = 0; x < 20; x++) {
        put(cache, x, 500);
    }
    disk_cache_flush(cache);
    assert_int_equal(count_of(cache, 20, 500), 20);
    disk_cache_destroy(cache);
}

static void test_other_files(void **state)
{
    char command[256];
    (void)state;
    write_text("", 0);
    expect_usable();
    write_text("this is no database at all, but long enough to be taken for one at first sight .................", 96);
    expect_usable();
    fill(200, 3000);
    assert_int_equal(truncate(path, 10000), 0);
    expect_usable();
    unlink(path);
    snprintf(command, sizeof command, "sqlite3 '%s' 'CREATE TABLE tile (a); PRAGMA user_version=99'", path);
    if (system(command) == 0) {
        expect_usable();
    }
}

/* The file is deleted, or shortened, while it is in use. */
static void test_deleted_in_use(void **state)
{
    struct disk_cache *cache = disk_cache_create(folder, (uint64_t)1 << 30);
    struct disk_reader *reader = disk_reader_create(cache);
    (void)state;
    for (int round = 0; round < 2; round++) {
        for (uint32_t x = 0; x < 200; x++) {
            put(cache, x, 3000);
        }
        disk_cache_flush(cache);
        assert_true(has(reader, 7, 3000));
        if (round == 0) {
            unlink(path);
        } else {
            assert_int_equal(truncate(path, 4096), 0);
        }
        for (uint32_t x = 0; x < 200; x++) {
            has(reader, x, 3000); /* right or absent */
        }
        pause_ms(1500); /* looked at once a second */
    }
    for (int attempt = 0; attempt < 20 && !has(reader, 3, 3000); attempt++) {
        put(cache, 3, 3000);
        disk_cache_flush(cache);
        pause_ms(100);
    }
    assert_true(has(reader, 3, 3000));
    disk_reader_destroy(reader);
    disk_cache_destroy(cache);
}

static void test_read_only_folder(void **state)
{
    (void)state;
    if (geteuid() == 0) {
        /* Root may write anywhere: a folder that is none stands in. */
        struct disk_cache *cache = disk_cache_create("/proc/nada", (uint64_t)1 << 30);
        put(cache, 1, 100);
        disk_cache_flush(cache);
        assert_int_equal(count_of(cache, 2, 100), 0);
        disk_cache_destroy(cache);
        return;
    }
    chmod(folder, 0500);
    struct disk_cache *cache = disk_cache_create(folder, (uint64_t)1 << 30);
    put(cache, 1, 100);
    disk_cache_flush(cache);
    assert_int_equal(count_of(cache, 2, 100), 0);
    disk_cache_destroy(cache);
    chmod(folder, 0700);
}

/* Readers, a writer, and another process's worth of trouble at once. */
static atomic_bool is_over;
static struct disk_cache *shared;

static void *read_on(void *context)
{
    struct disk_reader *reader = disk_reader_create(shared);
    (void)context;
    for (uint32_t x = 0; !atomic_load(&is_over); x++) {
        has(reader, x % 300, 1000);
    }
    disk_reader_destroy(reader);
    return NULL;
}

static void test_threads(void **state)
{
    pthread_t threads[2];
    (void)state;
    atomic_store(&is_over, false);
    shared = disk_cache_create(folder, 1 << 20);
    for (int i = 0; i < 2; i++) {
        pthread_create(&threads[i], NULL, read_on, NULL);
    }
    for (uint32_t round = 0; round < 6; round++) {
        for (uint32_t x = 0; x < 300; x++) {
            put(shared, x, 1000);
        }
        if (round == 3) {
            unlink(path);
            pause_ms(1100);
        }
    }
    atomic_store(&is_over, true);
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
    }
    disk_cache_destroy(shared);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_kept_across_runs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_marks_and_looks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_vector_tiles, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_equal_tiles_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bound, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_flipped_bytes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_other_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_deleted_in_use, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_read_only_folder, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_threads, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
