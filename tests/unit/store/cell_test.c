/* SPDX-License-Identifier: MIT */
#include "store/cell.h"

#include "unit/store/plain_geometry.h"
#include "unit/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct arena *arena;

static int make_arena(void **state)
{
    (void)state;
    arena = arena_create((size_t)64 << 20);
    return arena ? 0 : -1;
}

static int drop_arena(void **state)
{
    (void)state;
    arena_destroy(arena);
    return 0;
}

static struct cell_cursor cursor_of(const struct buffer *bytes)
{
    return (struct cell_cursor){bytes->data, bytes->data + bytes->length};
}

static void bands_follow_the_zoom(void **state)
{
    (void)state;
    static const struct {
        double zoom;
        unsigned shift;
    } table[] = {{-1, 18}, {0, 18}, {2, 18}, {2.01, 17},  {7, 13}, {10, 10}, {10.5, 7},
                 {11, 7},  {12, 7}, {13, 7}, {13.001, 0}, {22, 0}, {1e9, 0}, {NAN, 18}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        assert_int_equal(cell_shift(cell_band(table[i].zoom)), table[i].shift);
    }
}

static void finer_bands_stand_for_missing_ones(void **state)
{
    (void)state;
    const unsigned made = 1U << CELL_BAND_FULL | 1U << 8 | 1U << 2;
    assert_int_equal(cell_band_made(made, 0), 2);
    assert_int_equal(cell_band_made(made, 2), 2);
    assert_int_equal(cell_band_made(made, 3), 8);
    assert_int_equal(cell_band_made(made, 9), CELL_BAND_FULL);
    assert_int_equal(cell_band_made(0, 0), CELL_BAND_FULL);
}

static void check_same_geometry(const struct geometry *a, const struct geometry *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->part_count, b->part_count);
    assert_int_equal(a->vertex_count, b->vertex_count);
    for (uint32_t p = 0; p < a->part_count; p++) {
        assert_int_equal(a->parts[p].end, b->parts[p].end);
        assert_int_equal(a->parts[p].is_hole, b->parts[p].is_hole);
    }
    assert_memory_equal(a->points, b->points, a->vertex_count * sizeof *a->points);
}

/* A star of many vertices with a hole, and one at the ends of the world. */
static struct shape make_shape(enum geometry_kind kind, double radius, double x, double y)
{
    enum { COUNT = 50 };
    double *xy = arena_array(arena, 4 * (COUNT + 1), sizeof *xy);
    struct shape_part *parts = arena_array(arena, 2, sizeof *parts);
    for (size_t i = 0; i <= COUNT; i++) {
        double angle = 6.283185307179586 * (double)(i % COUNT) / COUNT;
        double r = radius * (i % 2 == 0 ? 1 : 0.7);
        xy[2 * i] = fmax(-180, fmin(180, x + r * cos(angle)));
        xy[2 * i + 1] = fmax(-85, fmin(85, y + r * sin(angle)));
        xy[2 * (i + COUNT + 1)] = fmax(-180, fmin(180, x + 0.2 * r * cos(-angle)));
        xy[2 * (i + COUNT + 1) + 1] = fmax(-85, fmin(85, y + 0.2 * r * sin(-angle)));
    }
    parts[0] = (struct shape_part){COUNT + 1, false};
    parts[1] = (struct shape_part){2 * (COUNT + 1), kind == GEOMETRY_POLYGON};
    return (struct shape){kind, kind == GEOMETRY_POINT ? 1 : 2, kind == GEOMETRY_POINT ? COUNT + 1 : 2 * (COUNT + 1),
                          parts, xy};
}

/* Snapping while encoding is the same as snapping while projecting. */
static void keeps_geometry_in_every_band(void **state)
{
    (void)state;
    static const double radii[] = {100, 10, 1, 0.1, 0.001, 0.00001};
    struct buffer bytes;
    buffer_init(&bytes, 1 << 20);
    for (int kind = GEOMETRY_POINT; kind <= GEOMETRY_POLYGON; kind++) {
        for (size_t r = 0; r < sizeof radii / sizeof *radii; r++) {
            struct shape shape = make_shape((enum geometry_kind)kind, radii[r], r == 0 ? 100 : -103.4, 25.5);
            struct geometry full;
            assert_true(geometry_from_shape(&shape, 0, NULL, arena, &full));
            for (unsigned b = 0; b < CELL_BANDS; b++) {
                struct geometry expected;
                struct geometry found;
                assert_true(geometry_from_shape(&shape, cell_shift(b), NULL, arena, &expected));
                buffer_clear(&bytes);
                bool kept = cell_put_geometry(&bytes, &full, cell_shift(b));
                assert_int_equal(kept, expected.part_count > 0);
                assert_int_equal(bytes.length > 0, kept);
                if (kept) {
                    struct cell_cursor cursor = cursor_of(&bytes);
                    assert_int_equal(cell_get_geometry(&cursor, (enum geometry_kind)kind, cell_shift(b), arena, &found),
                                     CELL_OK);
                    assert_ptr_equal(cursor.at, cursor.end);
                    check_same_geometry(&found, &expected);
                }
            }
        }
    }
    buffer_finish(&bytes);
}

static void keeps_degrees_to_nine_decimals(void **state)
{
    (void)state;
    static const double numbers[] = {-103.406712345, 25.5,          180,           -90,          -180, 90, 0.1,
                                     -0.000000001,   179.999999999, -85.051128779, -0.000000002, 1e-9};
    struct shape_part part = {6, false};
    struct shape shape = {GEOMETRY_LINE, 1, 6, &part, numbers};
    struct shape found;
    struct buffer bytes;
    buffer_init(&bytes, 1 << 20);
    cell_put_shape(&bytes, &shape);
    struct cell_cursor cursor = cursor_of(&bytes);
    assert_int_equal(cell_get_shape(&cursor, GEOMETRY_LINE, arena, &found), CELL_OK);
    assert_int_equal(found.vertex_count, 6);
    assert_memory_equal(found.xy, numbers, sizeof numbers); /* to the bit */
    buffer_finish(&bytes);
}

static void keeps_attributes(void **state)
{
    (void)state;
    const struct value values[] = {value_null(),
                                   value_of_bool(true),
                                   value_of_bool(false),
                                   value_of_int(INT64_MIN),
                                   value_of_int(INT64_MAX),
                                   value_of_int(0),
                                   value_of_real(0.1),
                                   value_of_real(-0.0),
                                   value_of_real(1e300),
                                   value_of_real(-12345678),
                                   value_of_real(1e15),
                                   value_of_real(INFINITY),
                                   value_of_real(-INFINITY),
                                   value_of_real(5e-324),
                                   value_of_string(""),
                                   value_of_string("Ñandú «x» \"y\" 'z' \xF0\x9F\x97\xBA"),
                                   value_of_text((struct text){"a\0b", 3})};
    enum { COUNT = sizeof values / sizeof *values };
    const struct value ids[] = {value_of_int(7), value_of_int(INT64_MAX), value_of_string("otra"), values[15]};
    struct buffer bytes;
    buffer_init(&bytes, 1 << 20);
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        struct value id;
        struct value found[COUNT];
        buffer_clear(&bytes);
        cell_put_attributes(&bytes, i == 0 ? NULL : &ids[i], values, COUNT); /* 7 is the row */
        struct cell_cursor cursor = cursor_of(&bytes);
        assert_int_equal(cell_get_attributes(&cursor, 7, &id, found, COUNT), CELL_OK);
        assert_ptr_equal(cursor.at, cursor.end);
        assert_true(id.type == ids[i].type && value_equal(&id, &ids[i]));
        for (size_t v = 0; v < COUNT; v++) {
            assert_int_equal(found[v].type, values[v].type);
            assert_true(value_equal(&found[v], &values[v]));
        }
        assert_true(signbit(found[7].real));
    }
    buffer_finish(&bytes);
}

/* Some of the values, and the id alone, without the rest. */
static void finds_single_values(void **state)
{
    (void)state;
    const struct value values[] = {value_of_int(-300),  value_of_string("uno"), value_of_real(0.25), value_null(),
                                   value_of_bool(true), value_of_string(""),    value_of_real(1e6),  value_of_int(1)};
    enum { COUNT = sizeof values / sizeof *values };
    const struct value ids[] = {value_of_int(7), value_of_string("otra"), values[1], value_of_real(0.5)};
    struct buffer bytes;
    buffer_init(&bytes, 1 << 20);
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        buffer_clear(&bytes);
        cell_put_attributes(&bytes, &ids[i], values, COUNT);
        struct value id;
        assert_int_equal(cell_get_id(cursor_of(&bytes), 7, &id, COUNT), CELL_OK);
        assert_true(id.type == ids[i].type && value_equal(&id, &ids[i]));
        for (unsigned mask = 0; mask < 1U << COUNT; mask++) {
            bool wanted[COUNT];
            struct cell_cursor spans[COUNT];
            size_t next = 0;
            for (size_t v = 0; v < COUNT; v++) {
                wanted[v] = mask >> v & 1;
            }
            assert_int_equal(cell_find_values(cursor_of(&bytes), wanted, COUNT, spans), CELL_OK);
            for (size_t v = 0; v < COUNT; v++) {
                struct value found;
                if (wanted[v]) {
                    assert_int_equal(cell_get_value(&spans[next], &found), CELL_OK);
                    assert_ptr_equal(spans[next].at, spans[next].end);
                    assert_true(found.type == values[v].type && value_equal(&found, &values[v]));
                    next++;
                }
            }
        }
        /* Cut anywhere, a value is missed and nothing is read past the end. */
        for (size_t length = 0; length < bytes.length; length++) {
            unsigned char *copy = malloc(length + 1);
            bool all[COUNT];
            struct cell_cursor spans[COUNT];
            memcpy(copy, bytes.data, length);
            memset(all, true, sizeof all);
            struct cell_cursor cut = {copy, copy + length};
            assert_int_equal(cell_find_values(cut, all, COUNT, spans), CELL_DAMAGED);
            free(copy);
        }
    }
    buffer_finish(&bytes);
}

/* As far as decoding goes, whatever the numbers of bytes are. */
static void skips_geometry(void **state)
{
    (void)state;
    struct buffer bytes;
    buffer_init(&bytes, 1 << 20);
    for (uint32_t count = 2; count < 80; count++) {
        struct world_point points[80];
        for (uint32_t i = 0; i < count; i++) {
            uint32_t far = (i * 2654435761U) >> (i % 31);
            points[i] = (struct world_point){(int32_t)far, (int32_t)(i % 2 ? far : 0 - far)};
        }
        const struct shape_part parts[] = {{count / 2, false}, {count, false}};
        buffer_clear(&bytes);
        cell_put_snapped(&bytes, &(struct geometry){GEOMETRY_POINT, 2, count, parts, points}, 0);
        size_t length = bytes.length;
        buffer_append(&bytes, "behind it lies more", 19);
        struct cell_cursor decoded = cursor_of(&bytes);
        struct geometry geometry;
        assert_int_equal(cell_get_geometry(&decoded, GEOMETRY_POINT, 0, arena, &geometry), CELL_OK);
        assert_memory_equal(geometry.points, points, count * sizeof *points);
        assert_int_equal(decoded.at - bytes.data, length);
        decoded = (struct cell_cursor){bytes.data, bytes.data + length - 1};
        assert_int_equal(cell_get_geometry(&decoded, GEOMETRY_POINT, 0, arena, &geometry), CELL_DAMAGED);
    }
    buffer_finish(&bytes);
}

/* Steps of any size, in one part or several: what is written compactly is read as the same. */
static void keeps_compact_geometry(void **state)
{
    (void)state;
    struct buffer bytes;
    struct buffer plain;
    buffer_init(&bytes, 1 << 20);
    buffer_init(&plain, 1 << 20);
    size_t compact = 0;
    for (unsigned round = 0; round < 600; round++) {
        uint32_t count = 1 + round % 40;
        unsigned shift = round % 3 * 5;
        int32_t reach = (int32_t)((1U << (4 + round % 17)) + round % 3);
        struct world_point points[40];
        struct world_point at = {round % 2        ? INT32_MIN
                                 : round % 6 == 4 ? 12345
                                                  : INT32_MAX - 1000000,
                                 round % 5 ? -7 : INT32_MAX};
        for (uint32_t i = 0; i < count; i++) {
            points[i] = (struct world_point){grid_snap(at.x, shift), grid_snap(at.y, shift)};
            at.x += (int32_t)((i * 2654435761U + round) % (uint32_t)reach) * (at.x > 0 ? -1 : 1);
            at.y += (int32_t)((i * 40503U + round) % (uint32_t)reach) * (at.y > 0 ? -1 : 1);
        }
        const struct shape_part parts[] = {{count > 1 && round % 4 == 0 ? count / 2 : count, round % 7 == 0},
                                           {count, true}};
        struct geometry geometry = {GEOMETRY_LINE, parts[0].end < count ? 2 : 1, count, parts, points};
        buffer_clear(&bytes);
        buffer_clear(&plain);
        cell_put_compact(&bytes, &geometry, shift);
        cell_put_snapped(&plain, &geometry, shift);
        compact += bytes.data[0] == 0;
        assert_in_range(bytes.length, 4, plain.length + plain.length / 3 + 2);
        size_t length = bytes.length;
        buffer_append(&bytes, "what lies behind", round % 10);
        struct cell_cursor cursor = cursor_of(&bytes);
        struct geometry found;
        assert_int_equal(cell_get_geometry(&cursor, GEOMETRY_LINE, shift, arena, &found), CELL_OK);
        check_same_geometry(&found, &geometry);
        assert_int_equal(cursor.at - bytes.data, length);
        while (length-- > 0) {
            unsigned char *copy = malloc(length + 1);
            memcpy(copy, bytes.data, length);
            struct cell_cursor cut = {copy, copy + length};
            assert_int_equal(cell_get_geometry(&cut, GEOMETRY_LINE, shift, arena, &found), CELL_DAMAGED);
            free(copy);
        }
    }
    assert_in_range(compact, 200, 590); /* both forms were met */
    struct geometry nothing = {.kind = GEOMETRY_LINE};
    buffer_clear(&bytes);
    cell_put_snapped(&bytes, &nothing, 0);
    struct cell_cursor cursor = cursor_of(&bytes);
    assert_int_equal(cell_get_geometry(&cursor, GEOMETRY_LINE, 0, arena, &nothing), CELL_OK);
    assert_int_equal(nothing.part_count, 0);
    assert_ptr_equal(cursor.at, cursor.end);
    buffer_finish(&bytes);
    buffer_finish(&plain);
}

/* A number of up to `bits` bits, few of them as long as that. */
static uint64_t some_number(uint64_t *seed, unsigned bits)
{
    *seed = *seed * 6364136223846793005U + 1442695040888963407U;
    uint64_t high = *seed >> 11;
    return high >> (53 - 1 - (*seed >> 3) % bits % 53) << (bits > 53 ? 11 : 0);
}

static void put_some_steps(struct buffer *out, uint64_t *seed, uint32_t count, unsigned width, unsigned bits)
{
    buffer_append_varint(out, some_number(seed, bits));
    buffer_append_varint(out, some_number(seed, bits));
    for (uint32_t i = 2; i < 2 * count; i++) {
        if (width == 0) {
            buffer_append_varint(out, some_number(seed, bits));
        }
        for (unsigned j = 0; j < width; j++) {
            buffer_append_byte(out, (unsigned char)some_number(seed, 8));
        }
    }
}

/* A geometry of one part, or of several. */
static void put_some_geometry(struct buffer *out, uint64_t *seed, uint32_t count, unsigned parts, unsigned bits)
{
    unsigned width = (unsigned)some_number(seed, 9) % 3;
    if (width > 0) {
        buffer_append_byte(out, 0);
        buffer_append_varint(out, (uint64_t)(parts == 1 ? count : parts) << 2 | (width == 2 ? 2U : 0) | (parts == 1));
    } else {
        buffer_append_varint(out, parts);
    }
    for (unsigned p = 0; p < parts && (width == 0 || parts > 1); p++) {
        uint32_t size = p + 1 < parts ? 1 : count + 1 - parts;
        buffer_append_varint(out, (uint64_t)size << 1 | (p > 0));
    }
    put_some_steps(out, seed, count, width, bits);
}

enum { SOME_PIECES = 20 };

/* Steps of any size, out of the world as well, give what a plain loop gives, and one after the other what each gives.
 */
static void reads_as_a_plain_loop_does(void **state)
{
    (void)state;
    struct buffer bytes;
    buffer_init(&bytes, 1 << 20);
    uint64_t seed = 1;
    size_t clamped = 0;
    for (unsigned round = 0; round < 3000; round++) {
        const unsigned bits[] = {7, 14, 21, 24, 28, 31, 32, 35, 64};
        unsigned shift = cell_shift(round % CELL_BANDS);
        size_t ends[SOME_PIECES];
        buffer_clear(&bytes);
        for (unsigned i = 0; i < SOME_PIECES; i++) {
            uint32_t count = (uint32_t)(4 + some_number(&seed, 6));
            unsigned limit = bits[some_number(&seed, 10) % 9];
            put_some_geometry(&bytes, &seed, count, round % 3 == 0 ? 1 + (unsigned)some_number(&seed, 2) : 1,
                              limit > 40 || limit <= 32 - shift ? limit : 32 - shift);
            ends[i] = bytes.length;
        }
        struct cell_cursor pieces[SOME_PIECES];
        struct cell_outline outlines[SOME_PIECES];
        unsigned char *copy = malloc(bytes.length);
        memcpy(copy, bytes.data, bytes.length);
        for (unsigned i = 0; i < SOME_PIECES; i++) {
            pieces[i] = (struct cell_cursor){copy + (i > 0 ? ends[i - 1] : 0), copy + ends[i]};
        }
        assert_int_equal(cell_get_outlines(pieces, SOME_PIECES, copy + bytes.length, shift, arena, outlines), CELL_OK);
        for (unsigned i = 0; i < SOME_PIECES; i++) {
            struct geometry alone;
            struct cell_cursor cursor = pieces[i];
            assert_int_equal(cell_get_geometry(&cursor, GEOMETRY_POLYGON, shift, arena, &alone), CELL_OK);
            assert_ptr_equal(cursor.at, pieces[i].end);
            assert_true(plain_geometry_is(pieces[i].at, shift, alone.part_count, alone.parts, alone.points));
            assert_true(
                plain_geometry_is(pieces[i].at, shift, outlines[i].part_count, outlines[i].parts, outlines[i].points));
            clamped += alone.points[alone.vertex_count - 1].x == INT32_MAX;
        }
        free(copy);
        arena_reset(arena);
    }
    assert_in_range(clamped, 100, 30000);
    buffer_finish(&bytes);
}

/* More of them than are reckoned with find room as well; too many for the arena find none. */
static void finds_room_for_many_parts(void **state)
{
    (void)state;
    enum { POINTS = 500 };
    struct buffer bytes;
    buffer_init(&bytes, 1 << 20);
    struct shape_part parts[POINTS];
    struct world_point points[POINTS];
    for (uint32_t i = 0; i < POINTS; i++) {
        parts[i] = (struct shape_part){i + 1, false};
        points[i] = (struct world_point){(int32_t)i, -(int32_t)i};
    }
    struct geometry geometry = {GEOMETRY_POINT, POINTS, POINTS, parts, points};
    cell_put_compact(&bytes, &geometry, 0);
    struct cell_cursor pieces[] = {cursor_of(&bytes), cursor_of(&bytes)};
    struct cell_outline outlines[2];
    assert_int_equal(cell_get_outlines(pieces, 2, pieces[0].end, 0, arena, outlines), CELL_OK);
    check_same_geometry(&(struct geometry){GEOMETRY_POINT, outlines[0].part_count, outlines[0].vertex_count,
                                           outlines[0].parts, outlines[0].points},
                        &geometry);
    assert_memory_equal(outlines[1].points, points, sizeof points);
    pieces[1].end--;
    assert_int_equal(cell_get_outlines(pieces, 2, pieces[0].end, 0, arena, outlines), CELL_DAMAGED);
    struct arena *small = arena_create(sizeof points);
    assert_int_equal(cell_get_outlines(pieces, 1, pieces[0].end, 0, small, outlines), CELL_NO_ROOM);
    assert_true(arena_is_full(small));
    arena_destroy(small);
    buffer_finish(&bytes);
}

static void keeps_nodes(void **state)
{
    (void)state;
    struct buffer bytes;
    buffer_init(&bytes, 1 << 20);
    struct cell_box boxes[CELL_FANOUT + 1];
    for (int i = 0; i <= CELL_FANOUT; i++) {
        boxes[i] = (struct cell_box){INT32_MIN + i, -i, INT32_MAX - i, i};
    }
    cell_put_node(&bytes, INT64_MIN + 5, 2, boxes, CELL_FANOUT);
    struct text text = {(const char *)bytes.data, bytes.length};
    struct cell_node node;
    assert_int_equal(cell_get_node(text, 3, &node), CELL_OK);
    assert_true(node.stamp == INT64_MIN + 5 && node.child_level == 2 && node.count == CELL_FANOUT);
    for (size_t i = 0; i < CELL_FANOUT; i++) {
        struct cell_box box = cell_node_box(&node, i);
        assert_memory_equal(&box, &boxes[i], sizeof box);
    }
    /* A child level that is not below would lead round in circles. */
    assert_int_equal(cell_get_node(text, 2, &node), CELL_DAMAGED);
    text.length--;
    assert_int_equal(cell_get_node(text, 3, &node), CELL_DAMAGED);
    buffer_clear(&bytes);
    cell_put_node(&bytes, 1, 0, boxes, CELL_FANOUT + 1);
    text = (struct text){(const char *)bytes.data, bytes.length};
    assert_int_equal(cell_get_node(text, 3, &node), CELL_DAMAGED);
    buffer_finish(&bytes);
}

static void refuses_absurd_sizes(void **state)
{
    (void)state;
    static const unsigned char parts[] = {0xff, 0xff, 0xff, 0xff, 0x0f};
    static const unsigned char vertices[] = {1, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 1, 1, 1};
    static const unsigned char empty_part[] = {1, 0, 1, 1};
    static const unsigned char endless[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    static const unsigned char text[] = {8 /* row */, 6, 200, 1, 'a'};
    struct geometry geometry;
    struct shape shape;
    struct value id;
    struct value value;
    struct cell_cursor cursor = {parts, parts + sizeof parts};
    assert_int_equal(cell_get_geometry(&cursor, GEOMETRY_LINE, 0, arena, &geometry), CELL_DAMAGED);
    cursor = (struct cell_cursor){vertices, vertices + sizeof vertices};
    assert_int_equal(cell_get_geometry(&cursor, GEOMETRY_LINE, 0, arena, &geometry), CELL_DAMAGED);
    cursor = (struct cell_cursor){vertices, vertices + sizeof vertices};
    assert_int_equal(cell_get_shape(&cursor, GEOMETRY_LINE, arena, &shape), CELL_DAMAGED);
    cursor = (struct cell_cursor){empty_part, empty_part + sizeof empty_part};
    assert_int_equal(cell_get_geometry(&cursor, GEOMETRY_LINE, 0, arena, &geometry), CELL_DAMAGED);
    cursor = (struct cell_cursor){endless, endless + sizeof endless};
    assert_int_equal(cell_get_geometry(&cursor, GEOMETRY_LINE, 0, arena, &geometry), CELL_DAMAGED);
    cursor = (struct cell_cursor){text, text + sizeof text};
    assert_int_equal(cell_get_attributes(&cursor, 1, &id, &value, 1), CELL_DAMAGED);
    struct arena *small = arena_create(64);
    struct buffer bytes;
    buffer_init(&bytes, 1 << 20);
    struct shape star = make_shape(GEOMETRY_LINE, 1, 0, 0);
    cell_put_shape(&bytes, &star);
    cursor = cursor_of(&bytes);
    assert_int_equal(cell_get_shape(&cursor, GEOMETRY_LINE, small, &shape), CELL_NO_ROOM);
    buffer_finish(&bytes);
    arena_destroy(small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bands_follow_the_zoom),
        cmocka_unit_test(finer_bands_stand_for_missing_ones),
        cmocka_unit_test_setup_teardown(keeps_geometry_in_every_band, make_arena, drop_arena),
        cmocka_unit_test_setup_teardown(keeps_degrees_to_nine_decimals, make_arena, drop_arena),
        cmocka_unit_test(keeps_attributes),
        cmocka_unit_test(finds_single_values),
        cmocka_unit_test_setup_teardown(skips_geometry, make_arena, drop_arena),
        cmocka_unit_test_setup_teardown(keeps_compact_geometry, make_arena, drop_arena),
        cmocka_unit_test_setup_teardown(reads_as_a_plain_loop_does, make_arena, drop_arena),
        cmocka_unit_test_setup_teardown(finds_room_for_many_parts, make_arena, drop_arena),
        cmocka_unit_test(keeps_nodes),
        cmocka_unit_test_setup_teardown(refuses_absurd_sizes, make_arena, drop_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
