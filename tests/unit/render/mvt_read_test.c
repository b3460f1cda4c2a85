/* SPDX-License-Identifier: MIT */
/* Vector tiles: what our encoder writes is read back; what is broken is left out or refused. */
#include "render/mvt_read.h"

#include "render/mvt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { BYTES_MAX = 1 << 20 };

static const struct tile_id tile = {2, 1, 1};

static const struct field fields[] = {{"nombre", FIELD_STRING}, {"carriles", FIELD_INTEGER}, {"largo", FIELD_REAL}};

/* A square with a hole, a line and a point, at 1/4096 of the tile's width. */
static struct feature_list make_features(struct arena *arena)
{
    static const int32_t squares[] = {10, 10, 90, 10, 90, 90, 10, 90, 10, 10, 30, 30, 30, 60, 60, 60, 60, 30, 30, 30};
    static const int32_t lines[] = {5, 5, 100, 7, 200, 300};
    static const int32_t dots[] = {7, 9};
    static const struct {
        enum geometry_kind kind;
        const int32_t *xy;
        uint32_t count;
        struct shape_part parts[2];
        uint32_t part_count;
    } shapes[] = {{GEOMETRY_POLYGON, squares, 10, {{5, false}, {10, true}}, 2},
                  {GEOMETRY_LINE, lines, 3, {{3, false}}, 1},
                  {GEOMETRY_POINT, dots, 1, {{1, false}}, 1}};
    struct feature *features = arena_array(arena, 3, sizeof *features);
    struct world_box box = tile_box(tile);
    int64_t unit = tile_width(tile.z) / MVT_EXTENT;
    for (size_t i = 0; i < 3; i++) {
        struct world_point *points = arena_array(arena, shapes[i].count, sizeof *points);
        struct value *values = arena_array(arena, 3, sizeof *values);
        for (uint32_t p = 0; p < shapes[i].count; p++) {
            points[p].x = (int32_t)(box.min_x + shapes[i].xy[2 * p] * unit);
            points[p].y = (int32_t)(box.min_y + shapes[i].xy[2 * p + 1] * unit);
        }
        values[0] = value_of_string(i == 0 ? "Parque" : "Calle 5");
        values[1] = i == 1 ? value_of_int(-4) : value_null();
        values[2] = value_of_real(0.1);
        features[i] = (struct feature){
            .row = (int64_t)i + 1,
            .id = value_of_int((int64_t)i + 7),
            .box = box,
            .geometry = {shapes[i].kind, shapes[i].part_count, shapes[i].count, shapes[i].parts, points},
            .values = values};
    }
    return (struct feature_list){.fields = fields, .field_count = 3, .features = features, .count = 3};
}

static void reads_what_is_written(void **state)
{
    (void)state;
    struct arena *arena = arena_create(BYTES_MAX);
    struct mvt_layer layer = {"calles", make_features(arena)};
    struct buffer bytes;
    struct error err;
    struct mvt_tile_layer *layers;
    size_t count;
    buffer_init(&bytes, BYTES_MAX);
    assert_true(mvt_encode(&layer, 1, tile, arena, &bytes, &err));
    assert_true(mvt_read(bytes.data, bytes.length, arena, &layers, &count, &err));
    assert_int_equal(count, 1);
    assert_string_equal(layers[0].name, "calles");
    assert_int_equal(layers[0].extent, MVT_EXTENT);
    assert_int_equal(layers[0].features.count, 3);
    const struct feature *square = &layers[0].features.features[0];
    assert_int_equal(square->geometry.kind, GEOMETRY_POLYGON);
    assert_int_equal(square->geometry.part_count, 2);
    assert_false(square->geometry.parts[0].is_hole);
    assert_true(square->geometry.parts[1].is_hole);
    assert_int_equal(square->box.min_x, 10);
    assert_int_equal(square->box.max_y, 90);
    assert_int_equal(square->id.integer, 7);
    const struct feature *line = &layers[0].features.features[1];
    assert_int_equal(line->geometry.vertex_count, 3);
    assert_int_equal(line->geometry.points[2].y, 300);
    ptrdiff_t lanes = feature_list_field(&layers[0].features, text_of("carriles"));
    ptrdiff_t length = feature_list_field(&layers[0].features, text_of("largo"));
    assert_int_equal(line->values[lanes].integer, -4);
    assert_int_equal(square->values[lanes].type, VALUE_NULL);
    assert_true(line->values[length].real == 0.1);
    buffer_finish(&bytes);
    arena_destroy(arena);
}

/* Every shortened tile is refused or read; nothing beyond its end is touched (AddressSanitizer tells). */
static void survives_every_cut(void **state)
{
    (void)state;
    struct arena *arena = arena_create(64 * BYTES_MAX);
    struct mvt_layer layer = {"calles", make_features(arena)};
    struct buffer bytes;
    struct error err;
    size_t refused = 0;
    buffer_init(&bytes, BYTES_MAX);
    assert_true(mvt_encode(&layer, 1, tile, arena, &bytes, &err));
    for (size_t size = 0; size < bytes.length; size++) {
        struct mvt_tile_layer *layers;
        size_t count;
        void *copy = test_malloc(size + 1);
        memcpy(copy, bytes.data, size);
        refused += !mvt_read(copy, size, arena, &layers, &count, &err);
        test_free(copy);
    }
    assert_int_equal(refused, bytes.length - 1); /* all but the empty tile */
    buffer_finish(&bytes);
    arena_destroy(arena);
}

static bool reads(const char *bytes, size_t size, struct arena *arena, size_t *out_skipped)
{
    struct mvt_tile_layer *layers;
    size_t count;
    struct error err;
    bool ok = mvt_read(bytes, size, arena, &layers, &count, &err);
    *out_skipped = ok && count > 0 ? layers[0].skipped_count : 0;
    return ok;
}

static void leaves_out_or_refuses(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        const char *bytes;
        size_t size;
        bool is_read;
        size_t skipped;
    } cases[] = {
        {"a point", "\x1a\x0e\x0a\x01w\x12\x07\x18\x01\x22\x03\x09\x02\x02\x78\x02", 16, true, 0},
        {"no type", "\x1a\x0c\x0a\x01w\x12\x05\x22\x03\x09\x02\x02\x78\x02", 14, true, 1},
        {"a type of its own", "\x1a\x0e\x0a\x01w\x12\x07\x18\x08\x22\x03\x09\x02\x02\x78\x02", 16, true, 1},
        {"a tag without value", "\x1a\x11\x0a\x01w\x12\x0a\x12\x01\x00\x18\x01\x22\x03\x09\x02\x02\x78\x02", 19, true,
         1},
        {"no version", "\x1a\x0c\x0a\x01w\x12\x07\x18\x01\x22\x03\x09\x02\x02", 14, false, 0},
        {"no name", "\x1a\x0b\x12\x07\x18\x01\x22\x03\x09\x02\x02\x78\x02", 13, false, 0},
        {"version 3", "\x1a\x0e\x0a\x01w\x12\x07\x18\x01\x22\x03\x09\x02\x02\x78\x03", 16, false, 0},
        {"half a point", "\x1a\x0d\x0a\x01w\x12\x06\x18\x01\x22\x02\x09\x02\x78\x02", 15, false, 0},
        {"a line of one point", "\x1a\x0e\x0a\x01w\x12\x07\x18\x02\x22\x03\x09\x02\x02\x78\x02", 16, false, 0},
    };
    struct arena *arena = arena_create(BYTES_MAX);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t skipped;
        bool ok = reads(cases[i].bytes, cases[i].size, arena, &skipped);
        if (ok != cases[i].is_read || skipped != cases[i].skipped) {
            fail_msg("%s: %s, %zu features left out", cases[i].what, ok ? "read" : "refused", skipped);
        }
    }
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reads_what_is_written), cmocka_unit_test(survives_every_cut),
                                       cmocka_unit_test(leaves_out_or_refuses)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
