/* SPDX-License-Identifier: MIT */
#include "unit/test.h"

#include "tile/tile_cache.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct tile_key key_of(uint64_t version, uint32_t x)
{
    return (struct tile_key){version, {TILE_PNG, "base", {12, x, 7}, 256, 1}};
}

static struct tile_blob *blob_of(uint32_t x, size_t size)
{
    unsigned char *data = malloc(size);
    assert_non_null(data);
    memset(data, (int)(x & 0xff), size);
    memcpy(data, &x, sizeof x);
    struct tile_blob *blob = tile_blob_create(data, size, 0);
    assert_non_null(blob);
    return blob;
}

static void put(struct tile_cache *cache, uint64_t version, uint32_t x, size_t size)
{
    struct tile_key key = key_of(version, x);
    struct tile_blob *blob = blob_of(x, size);
    tile_cache_put(cache, &key, 70, blob);
    tile_blob_unref(blob);
}

static bool has(struct tile_cache *cache, uint64_t version, uint32_t x)
{
    struct tile_key key = key_of(version, x);
    uint64_t mark;
    struct tile_blob *blob = tile_cache_get(cache, &key, &mark);
    if (blob) {
        assert_int_equal(mark, 70);
        assert_memory_equal(blob->data, &x, sizeof x);
    }
    tile_blob_unref(blob);
    return blob != NULL;
}

static void test_get_and_put(void **state)
{
    struct tile_cache *cache = tile_cache_create(1 << 20);
    (void)state;
    assert_false(has(cache, 1, 5));
    put(cache, 1, 5, 1000);
    assert_true(has(cache, 1, 5));
    assert_false(has(cache, 2, 5)); /* another look is another tile */
    put(cache, 1, 5, 2000);         /* what is there stays */
    struct tile_key key = key_of(1, 5);
    uint64_t mark;
    struct tile_blob *blob = tile_cache_get(cache, &key, &mark);
    assert_int_equal(blob->size, 1000);
    tile_cache_destroy(cache); /* a blob in use outlives the cache */
    assert_int_equal(blob->data[999], 5);
    tile_blob_unref(blob);
}

static void test_marks(void **state)
{
    struct tile_cache *cache = tile_cache_create(1 << 20);
    struct tile_key key = key_of(1, 5);
    struct tile_blob *first = blob_of(5, 100);
    struct tile_blob *second = blob_of(5, 200);
    uint64_t mark = 0;
    (void)state;
    tile_cache_put(cache, &key, 1, first);
    tile_cache_confirm(cache, &key, 9, 2); /* it is not of that moment */
    tile_blob_unref(tile_cache_get(cache, &key, &mark));
    assert_int_equal(mark, 1);
    tile_cache_confirm(cache, &key, 1, 2);
    tile_blob_unref(tile_cache_get(cache, &key, &mark));
    assert_int_equal(mark, 2);
    tile_cache_put(cache, &key, 3, second); /* of another moment: takes its place */
    struct tile_blob *found = tile_cache_get(cache, &key, &mark);
    assert_int_equal(mark, 3);
    assert_int_equal(found->size, 200);
    tile_blob_unref(found);
    tile_cache_remove(cache, &key);
    tile_cache_remove(cache, &key);
    assert_null(tile_cache_get(cache, &key, &mark));
    assert_int_equal(tile_cache_bytes(cache), 0);
    tile_cache_destroy(cache);
    tile_blob_unref(first);
    tile_blob_unref(second);
}

static void test_every_part_of_the_key_counts(void **state)
{
    const struct tile_key base = key_of(1, 5);
    struct tile_key others[7];
    (void)state;
    for (size_t i = 0; i < 7; i++) {
        others[i] = base;
    }
    others[0].look = 2;
    others[1].request.tile.x = 6;
    others[2].request.tile.y = 8;
    others[3].request.tile.z = 13;
    others[4].request.size_px = 512;
    others[5].request.pixel_ratio = 2;
    strcpy(others[6].request.subject, "otro");
    for (size_t i = 0; i < 7; i++) {
        assert_false(tile_key_equal(&base, &others[i]));
        assert_int_not_equal(tile_key_hash(&base), tile_key_hash(&others[i]));
    }
    struct tile_key same = base;
    memset(same.request.subject + 5, 'x', 20); /* what follows the end does not count */
    assert_true(tile_key_equal(&base, &same));
    assert_int_equal(tile_key_hash(&base), tile_key_hash(&same));
}

static void test_bound(void **state)
{
    const size_t bytes_max = 1 << 20;
    struct tile_cache *cache = tile_cache_create(bytes_max);
    (void)state;
    for (uint32_t x = 0; x < 5000; x++) {
        put(cache, 1, x, 500 + x % 3000);
        assert_true(tile_cache_bytes(cache) <= bytes_max);
    }
    assert_true(tile_cache_bytes(cache) > bytes_max / 2);
    put(cache, 1, 9999, bytes_max / 2); /* would push out everything else */
    assert_false(has(cache, 1, 9999));
    tile_cache_destroy(cache);
}

/* What is asked for again and again survives a sweep of tiles that are asked for once, though more of those come
 * between two hits than there is room for. */
static void test_sweep(void **state)
{
    struct tile_cache *cache = tile_cache_create(1 << 20);
    size_t kept = 0;
    (void)state;
    for (uint32_t x = 0; x < 100; x++) {
        put(cache, 1, x, 2000);
    }
    for (uint32_t sweep = 1000; sweep < 4000; sweep++) {
        put(cache, 1, sweep, 2000);
        uint32_t x = sweep / 10 % 100;
        if (sweep % 10 == 0 && !has(cache, 1, x)) {
            put(cache, 1, x, 2000);
        }
    }
    for (uint32_t x = 0; x < 100; x++) {
        kept += has(cache, 1, x) ? 1 : 0;
    }
    assert_true(kept > 90);
    tile_cache_destroy(cache);
}

static void *mix(void *context)
{
    struct tile_cache *cache = context;
    for (uint32_t i = 0; i < 4000; i++) {
        uint32_t x = i * 2654435761u % 300;
        if (!has(cache, 1, x)) {
            put(cache, 1, x, 4000);
        }
    }
    return NULL;
}

static void test_threads(void **state)
{
    struct tile_cache *cache = tile_cache_create(512 << 10);
    pthread_t threads[4];
    (void)state;
    for (int i = 0; i < 4; i++) {
        pthread_create(&threads[i], NULL, mix, cache);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_true(tile_cache_bytes(cache) <= 512 << 10);
    tile_cache_destroy(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_get_and_put), cmocka_unit_test(test_every_part_of_the_key_counts),
        cmocka_unit_test(test_bound),       cmocka_unit_test(test_sweep),
        cmocka_unit_test(test_threads),     cmocka_unit_test(test_marks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
