/* SPDX-License-Identifier: MIT */
/* A vector tile that was compressed to see whether it fits keeps those bytes, and the service answers with them. */

#include "unit/store/fixture.h"

#include "tile/gzip.h"
#include "tile/tile_service.h"
#include "tile/tile_vector.h"

#include <pthread.h>

enum {
    ACROSS = 10,
    POINTS = ACROSS * ACROSS,
    TEXT_BYTES = 7000,
    REPEATED_BYTES = 1000, /* further back than the guess at the size looks: it takes the tile for larger than it is */
    TILE_BYTES_MAX = 4 << 20
};

static const double west = -103.5;
static const double south = 25.4;
static const double step = 0.001;

/* --- the layer --- */

/* Letters of six bits each, by chance but always the same. */
static void fill(char *text, size_t count)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-";
    static uint64_t seed;
    for (size_t i = 0; i < count; i++) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        text[i] = letters[seed >> 58];
    }
}

static void load(struct fixture *fixture)
{
    static const struct field fields[] = {{"texto", FIELD_STRING}};
    char text[TEXT_BYTES + 1] = "";
    open_writer(fixture);
    begin_layer(fixture, "notas", GEOMETRY_POINT, NULL, fields, 1, "{\"id\": \"notas\"}");
    for (int i = 0; i < POINTS; i++) {
        char wkt[64];
        snprintf(wkt, sizeof wkt, "POINT(%.4f %.4f)", west + step * (i % ACROSS), south + step * (i / ACROSS));
        fill(text, TEXT_BYTES - REPEATED_BYTES);
        memcpy(text + TEXT_BYTES - REPEATED_BYTES, text, REPEATED_BYTES);
        struct value value = value_of_string(text);
        add_wkt(fixture, i + 1, wkt, NULL, &value);
    }
    publish(fixture);
    close_writer(fixture);
}

static struct tile_id tile_at(uint32_t z)
{
    struct world_point place = grid_from_lonlat(west, south);
    int64_t width = tile_width(z);
    return (struct tile_id){z, (uint32_t)(((int64_t)place.x + GRID_WORLD_UNITS / 2) / width),
                            (uint32_t)(((int64_t)place.y + GRID_WORLD_UNITS / 2) / width)};
}

/* All the points are in the first tile, one is in the second. */
enum { FULL_ZOOM = 10, SMALL_ZOOM = 20 };

static void make(struct fixture *fixture, uint32_t z, struct buffer *out, struct buffer *packed)
{
    struct tile_worker worker;
    buffer_init(out, TILE_BYTES_MAX);
    buffer_init(packed, TILE_BYTES_MAX);
    check(fixture, tile_worker_init(&worker, fixture->directory, &fixture->err));
    worker.packed = packed;
    const struct store_layer *layer = find_layer(fixture, "notas");
    check(fixture, tile_vector_make(&worker, &layer, 1, tile_at(z), out, &fixture->err));
    tile_worker_finish(&worker);
}

static void assert_expands_to(const void *gzip, size_t gzip_size, const void *bytes, size_t size)
{
    struct buffer expanded;
    buffer_init(&expanded, TILE_BYTES_MAX);
    assert_true(gzip_expand(gzip, gzip_size, &expanded));
    assert_int_equal(expanded.length, size);
    assert_memory_equal(expanded.data, bytes, size);
    buffer_finish(&expanded);
}

/* --- the service --- */

struct answer {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_there;
    struct tile_blob *blob;
};

static void take(void *context, struct tile_blob *blob, bool is_stale, const struct error *err)
{
    struct answer *answer = context;
    (void)is_stale;
    (void)err;
    pthread_mutex_lock(&answer->lock);
    answer->blob = blob ? tile_blob_ref(blob) : NULL;
    answer->is_there = true;
    pthread_cond_signal(&answer->changed);
    pthread_mutex_unlock(&answer->lock);
}

/* The service keeps nothing: it compresses nothing itself but for who `takes_gzip`. */
static struct tile_blob *ask(const struct fixture *fixture, uint32_t z, bool takes_gzip)
{
    const struct tile_service_options options = {
        .data_folder = fixture->directory, .styles_folder = fixture->directory, .workers = 1};
    const struct tile_caller caller = {.takes_gzip = takes_gzip};
    const struct tile_request request = {TILE_MVT, "notas", tile_at(z), 512, 1};
    struct answer answer = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    struct tile_service *service = NULL;
    struct error err = {0};
    if (!tile_service_create(&options, &service, &err)) {
        fail_msg("%s", err.english);
    }
    struct catalog *catalog = tile_service_catalog(service);
    tile_service_get(service, catalog, &request, &caller, false, take, &answer);
    catalog_unref(catalog);
    pthread_mutex_lock(&answer.lock);
    while (!answer.is_there) {
        pthread_cond_wait(&answer.changed, &answer.lock);
    }
    pthread_mutex_unlock(&answer.lock);
    tile_service_destroy(service);
    assert_non_null(answer.blob);
    return answer.blob;
}

/* --- tests --- */

static void test_measured_tile_is_kept_packed(void **state)
{
    struct fixture *fixture = *state;
    struct buffer out;
    struct buffer packed;
    load(fixture);
    make(fixture, FULL_ZOOM, &out, &packed);
    print_message("%zu bytes, packed %zu\n", out.length, packed.length);
    assert_true(out.length > (size_t)POINTS * TEXT_BYTES); /* nothing was left out */
    assert_true(packed.length > 0 && packed.length <= TILE_VECTOR_BYTES_MAX);
    assert_expands_to(packed.data, packed.length, out.data, out.length);
    for (int takes_gzip = 0; takes_gzip < 2; takes_gzip++) {
        struct tile_blob *blob = ask(fixture, FULL_ZOOM, takes_gzip);
        assert_int_equal(blob->size, out.length);
        assert_memory_equal(blob->data, out.data, out.length);
        assert_non_null(blob->gzip);
        assert_int_equal(blob->gzip_size, packed.length);
        assert_memory_equal(blob->gzip, packed.data, packed.length);
        tile_blob_unref(blob);
    }
    buffer_finish(&packed);
    buffer_finish(&out);
}

static void test_small_tile_is_not_packed(void **state)
{
    struct fixture *fixture = *state;
    struct buffer out;
    struct buffer packed;
    load(fixture);
    make(fixture, SMALL_ZOOM, &out, &packed);
    assert_true(out.length > TEXT_BYTES && out.length < 2 * TEXT_BYTES);
    assert_int_equal(packed.length, 0);
    struct tile_blob *blob = ask(fixture, SMALL_ZOOM, false);
    assert_int_equal(blob->size, out.length);
    assert_null(blob->gzip);
    tile_blob_unref(blob);
    blob = ask(fixture, SMALL_ZOOM, true); /* packed by the service for who asks */
    assert_non_null(blob->gzip);
    assert_expands_to(blob->gzip, blob->gzip_size, out.data, out.length);
    tile_blob_unref(blob);
    buffer_finish(&packed);
    buffer_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_measured_tile_is_kept_packed, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_small_tile_is_not_packed, fixture_setup, fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
