/* SPDX-License-Identifier: MIT */
#include "store/cell_thin.h"

#include "store/cell.h"
#include "store/hilbert.h"
#include "unit/test.h"

#include <math.h>
#include <stdlib.h>

enum { ACROSS = 64, COUNT = ACROSS * ACROSS, BAND = 5 };

struct sum {
    struct arena *arena;
    uint64_t count;
    uint64_t exact; /* handed on as they came */
    double ink;
    struct world_box box;
};

static bool take(void *context, unsigned band, const struct cell_record *record, struct text content, struct error *err)
{
    (void)err;
    struct sum *sum = context;
    assert_int_equal(band, BAND);
    const struct world_box *box = &record->box;
    sum->count++;
    sum->ink += (double)(box->max_x - box->min_x) * (double)(box->max_y - box->min_y);
    if (text_is(content, "itself")) {
        sum->exact++;
        return true;
    }
    struct cell_cursor cursor = {(const unsigned char *)content.data,
                                 (const unsigned char *)content.data + content.length};
    struct geometry geometry;
    arena_reset(sum->arena);
    assert_int_equal(cell_get_geometry(&cursor, GEOMETRY_POLYGON, cell_shift(band), sum->arena, &geometry), CELL_OK);
    assert_int_equal(cursor.end - cursor.at, 3);
    assert_memory_equal(cursor.at, "abc", 3);
    return true;
}

static int compare_records(const void *a, const void *b)
{
    const struct cell_record *left = a;
    const struct cell_record *right = b;
    return left->key != right->key ? (left->key < right->key ? -1 : 1)
                                   : (left->row > right->row) - (left->row < right->row);
}

/* A field of squares `step` apart and `side` wide, along the curve. */
static struct sum thin(int32_t step, int32_t side, bool each, const char *content)
{
    static struct cell_record records[COUNT];
    struct sum sum = {.arena = arena_create(1 << 20)};
    struct cell_thinner thinner;
    for (int i = 0; i < COUNT; i++) {
        int64_t x = (int64_t)(i % ACROSS) * step;
        int64_t y = (int64_t)(i / ACROSS) * step;
        records[i] =
            (struct cell_record){.row = i + 1, .box = {x, y, x + side, y + side}, .attributes = text_of("abc")};
        records[i].key = hilbert_key(&records[i].box);
    }
    qsort(records, COUNT, sizeof *records, compare_records);
    cell_thinner_open(&thinner, BAND, GEOMETRY_POLYGON, each);
    for (int i = 0; i < COUNT; i++) {
        struct cell_small small = {
            .record = &records[i], .lot = (uint64_t)i, .ink = (double)side * side, .content = text_of(content)};
        assert_true(cell_thinner_add(&thinner, &small, take, &sum, NULL));
    }
    assert_true(cell_thinner_finish(&thinner, take, &sum, NULL));
    cell_thinner_close(&thinner);
    arena_destroy(sum.arena);
    return sum;
}

static void ink_is_kept(void **state)
{
    (void)state;
    int32_t pixel = 1 << cell_pixel_log2(BAND);
    static const struct {
        double step;
        double side;
    } table[] = {{1, 1}, {0.5, 0.5}, {0.5, 0.4}, {0.25, 0.25}, {0.7, 0.6}, {0.125, 0.125}, {1.2, 1.1}};
    for (size_t t = 0; t < sizeof table / sizeof *table; t++) {
        int32_t step = (int32_t)(table[t].step * pixel);
        int32_t side = (int32_t)(table[t].side * pixel);
        struct sum sum = thin(step, side, false, "itself");
        double squares = ceil(ACROSS * table[t].step / 2 + 1);
        assert_true((double)sum.count <= squares * squares);
        double before = (double)COUNT * side * side;
        if (fabs(sum.ink / before - 1) > 0.12) {
            fail_msg("step %g side %g: %g of the ink", table[t].step, table[t].side, sum.ink / before);
        }
    }
}

static void those_alone_stay_as_they_are(void **state)
{
    (void)state;
    int32_t pixel = 1 << cell_pixel_log2(BAND);
    struct sum sum = thin(4 * pixel, pixel, false, "itself");
    assert_int_equal(sum.count, COUNT);
    assert_int_equal(sum.exact, COUNT);
    /* What has no form in the band leaves a trace. */
    sum = thin(4 * pixel, pixel, false, "");
    assert_int_equal(sum.count, COUNT);
    assert_true(fabs(sum.ink / ((double)COUNT * pixel * pixel) - 1) < 0.12);
}

static void few_are_all_kept(void **state)
{
    (void)state;
    int32_t pixel = 1 << cell_pixel_log2(BAND);
    assert_int_equal(thin(pixel / 8, pixel / 8, true, "itself").exact, COUNT);
    assert_int_equal(thin(pixel / 8, pixel / 64, true, "").count, COUNT);
}

enum { PLACES = 4000, STACKED = 4 };

static bool take_stacked(void *context, unsigned band, const struct cell_record *record, struct text content,
                         struct error *err)
{
    (void)band;
    (void)content;
    (void)err;
    ((size_t *)context)[record->row]++;
    return true;
}

/* Points in one place have one lot, yet each stands for all of them as often as the others. */
static void those_in_one_place_take_turns(void **state)
{
    (void)state;
    size_t chosen[STACKED] = {0};
    struct cell_thinner thinner;
    cell_thinner_open(&thinner, BAND, GEOMETRY_POINT, false);
    for (int i = 0; i < PLACES * STACKED; i++) {
        int place = i / STACKED;
        struct cell_record record = {.key = (uint64_t)place << 40,
                                     .row = i % STACKED,
                                     .box = {place, 0, place, 0},
                                     .geometry = {(const char *)&place, sizeof place}};
        struct cell_small small = {.record = &record, .lot = cell_thinner_lot(record.geometry), .ink = 1};
        assert_true(cell_thinner_add(&thinner, &small, take_stacked, chosen, NULL));
    }
    assert_true(cell_thinner_finish(&thinner, take_stacked, chosen, NULL));
    cell_thinner_close(&thinner);
    for (int i = 0; i < STACKED; i++) {
        if (fabs((double)chosen[i] * STACKED / PLACES - 1) > 0.1) {
            fail_msg("number %d stood for its place %zu times of %d", i, chosen[i], PLACES);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ink_is_kept),
        cmocka_unit_test(those_alone_stay_as_they_are),
        cmocka_unit_test(few_are_all_kept),
        cmocka_unit_test(those_in_one_place_take_turns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
