/* SPDX-License-Identifier: MIT */
/* What is left out of a vector tile so that it gets smaller, and what never is. */
#include "render/mvt.h"

#include "render/mvt_rank.h"
#include "render/mvt_read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { BYTES_MAX = 16 << 20, POINTS = 2000 };

static const struct tile_id tile = {10, 500, 400};
static const struct field fields[] = {{"texto", FIELD_STRING}};

static struct feature make_feature(struct arena *arena, int64_t row, enum geometry_kind kind, const int32_t *xy,
                                   uint32_t count, const char *text)
{
    struct world_point *points = arena_array(arena, count, sizeof *points);
    struct shape_part *part = arena_array(arena, 1, sizeof *part);
    struct value *value = arena_array(arena, 1, sizeof *value);
    struct world_box origin = tile_box(tile);
    struct world_box box = {INT32_MAX, INT32_MAX, INT32_MIN, INT32_MIN};
    for (uint32_t i = 0; i < count; i++) {
        points[i].x = (int32_t)(origin.min_x + xy[2 * i]);
        points[i].y = (int32_t)(origin.min_y + xy[2 * i + 1]);
        box.min_x = points[i].x < box.min_x ? points[i].x : box.min_x;
        box.max_x = points[i].x > box.max_x ? points[i].x : box.max_x;
        box.min_y = points[i].y < box.min_y ? points[i].y : box.min_y;
        box.max_y = points[i].y > box.max_y ? points[i].y : box.max_y;
    }
    part->end = count;
    *value = value_of_string(text);
    return (struct feature){
        .row = row, .id = value_of_int(row), .box = box, .geometry = {kind, 1, count, part, points}, .values = value};
}

static struct feature_list read_again(const struct mvt_layer *layer, const struct mvt_reduction *reduction,
                                      struct arena *arena)
{
    struct buffer bytes;
    struct error err;
    struct mvt_tile_layer *layers;
    size_t count = 0;
    buffer_init(&bytes, BYTES_MAX);
    assert_true(mvt_encode_layer(layer, tile, reduction, arena, &bytes, &err));
    assert_false(bytes.failed);
    void *kept = arena_memdup(arena, bytes.data, bytes.length);
    assert_true(mvt_read(kept, bytes.length, arena, &layers, &count, &err));
    buffer_finish(&bytes);
    return count > 0 ? layers[0].features : (struct feature_list){0};
}

static struct mvt_layer many_points(struct arena *arena)
{
    struct feature *features = arena_array(arena, POINTS, sizeof *features);
    for (int32_t i = 0; i < POINTS; i++) {
        const int32_t xy[] = {i * 2000, i * 1500};
        features[i] = make_feature(arena, i + 1, GEOMETRY_POINT, xy, 1, "a");
    }
    return (struct mvt_layer){"puntos", {.fields = fields, .field_count = 1, .features = features, .count = POINTS}};
}

static void keeps_a_share(void **state)
{
    (void)state;
    struct arena *arena = arena_create(BYTES_MAX);
    struct mvt_layer layer = many_points(arena);
    size_t before = POINTS;
    unsigned rank_before = 0;
    for (double share = 0.5; share > 1e-5; share /= 4) {
        struct mvt_reduction reduction = {.text_max = SIZE_MAX, .rank_min = mvt_rank_of_share(&layer, tile, share)};
        struct feature_list left = read_again(&layer, &reduction, arena);
        assert_in_range(left.count, 1, before);
        assert_true((double)left.count <= share * POINTS || left.count < 4);
        assert_true(reduction.rank_min >= rank_before);
        before = left.count;
        rank_before = reduction.rank_min;
    }
    arena_destroy(arena);
}

/* A higher rank shows nothing that a lower one does not: neighbours that are reduced otherwise do not contradict. */
static void shows_a_part_of_the_same(void **state)
{
    (void)state;
    struct arena *arena = arena_create(BYTES_MAX);
    struct mvt_layer layer = many_points(arena);
    bool shown[POINTS + 1];
    memset(shown, 1, sizeof shown);
    for (unsigned rank = 0; rank < 8; rank++) {
        struct mvt_reduction reduction = {.text_max = SIZE_MAX, .rank_min = rank};
        struct feature_list left = read_again(&layer, &reduction, arena);
        bool now[POINTS + 1] = {false};
        for (size_t i = 0; i < left.count; i++) {
            assert_true(shown[left.features[i].id.integer]);
            now[left.features[i].id.integer] = true;
        }
        memcpy(shown, now, sizeof shown);
    }
    arena_destroy(arena);
}

static void prefers_what_is_large(void **state)
{
    (void)state;
    struct arena *arena = arena_create(BYTES_MAX);
    struct feature features[40];
    for (int32_t i = 0; i < 40; i++) {
        int32_t side = i == 17 ? 2000000 : 10000;
        const int32_t xy[] = {0, 0, side, 0, side, side, 0, side, 0, 0};
        features[i] = make_feature(arena, i + 1, GEOMETRY_POLYGON, xy, 5, "a");
    }
    struct mvt_layer layer = {"zonas", {.fields = fields, .field_count = 1, .features = features, .count = 40}};
    struct mvt_reduction reduction = {.text_max = SIZE_MAX, .rank_min = mvt_rank_of_share(&layer, tile, 0.01)};
    struct feature_list left = read_again(&layer, &reduction, arena);
    assert_int_equal(left.count, 1);
    assert_int_equal(left.features[0].id.integer, 18);
    arena_destroy(arena);
}

static void rounds_and_leaves_traces(void **state)
{
    (void)state;
    struct arena *arena = arena_create(BYTES_MAX);
    const int32_t large[] = {5000, 5000, 405000, 7000, 300000, 411000, 5000, 5000};
    const int32_t small[] = {100000, 100000, 100300, 100000, 100300, 100300, 100000, 100000};
    const int32_t line[] = {50000, 50000, 50200, 50100};
    struct feature features[] = {make_feature(arena, 1, GEOMETRY_POLYGON, large, 4, "corto"),
                                 make_feature(arena, 2, GEOMETRY_POLYGON, small, 4, "más largo que esto no cabe")};
    struct feature lines[] = {make_feature(arena, 1, GEOMETRY_LINE, line, 2, "a")};
    struct mvt_layer layer = {"zonas", {.fields = fields, .field_count = 1, .features = features, .count = 2}};
    struct mvt_layer line_layer = {"calles", {.fields = fields, .field_count = 1, .features = lines, .count = 1}};
    for (unsigned grid = 0; grid <= 6; grid++) {
        struct mvt_reduction reduction = {.grid_log2 = grid, .text_max = grid > 0 ? 8 : SIZE_MAX};
        struct feature_list left = read_again(&layer, &reduction, arena);
        assert_int_equal(left.count, 2);
        assert_int_equal(left.features[0].values[0].type, VALUE_STRING);
        assert_int_equal(left.features[1].values[0].type, grid > 0 ? VALUE_NULL : VALUE_STRING);
        for (size_t i = 0; i < left.count; i++) {
            const struct geometry *geometry = &left.features[i].geometry;
            assert_true(geometry->vertex_count >= 4);
            for (uint32_t p = 0; p < geometry->vertex_count; p++) {
                assert_int_equal(geometry->points[p].x & ((1 << grid) - 1), 0);
                assert_int_equal(geometry->points[p].y & ((1 << grid) - 1), 0);
            }
        }
        assert_int_equal(read_again(&line_layer, &reduction, arena).count, 1);
    }
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_a_share),
        cmocka_unit_test(shows_a_part_of_the_same),
        cmocka_unit_test(prefers_what_is_large),
        cmocka_unit_test(rounds_and_leaves_traces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
