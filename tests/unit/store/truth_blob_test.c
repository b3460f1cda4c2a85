/* SPDX-License-Identifier: MIT */
#include "store/truth_blob.h"

#include "unit/geo/wkb.h"
#include "unit/test.h"

#include <math.h>
#include <stdio.h>

static struct error err;

/* The blob in hexadecimal without start, box and marks: "type count…" from byte 39 on. */
static const char *convert(const struct buffer *wkb, enum geometry_kind kind, bool has_z, struct truth_blob *about)
{
    static char hex[4096];
    struct buffer blob;
    buffer_init(&blob, 1 << 20);
    hex[0] = '\0';
    if (!truth_blob_from_wkb(wkb->data, wkb->length, kind, has_z, 4326, &blob, about, &err)) {
        snprintf(hex, sizeof hex, "error");
    } else if (!about->is_empty) {
        assert_memory_equal(blob.data, "\x00\x01\xe6\x10\x00\x00", 6);
        assert_int_equal(blob.data[38], 0x7c);
        assert_int_equal(blob.data[blob.length - 1], 0xfe);
        double box[4];
        memcpy(box, blob.data + 6, sizeof box);
        assert_true(box[0] == about->bbox.min_x && box[3] == about->bbox.max_y);
        for (size_t i = 39; i + 1 < blob.length; i++) {
            snprintf(hex + 2 * (i - 39), 3, "%02x", blob.data[i]);
        }
    }
    buffer_finish(&blob);
    return hex;
}

/* 1 = 000000000000f03f, 2 = 0000000000000040 */
#define ONE "000000000000f03f"
#define TWO "0000000000000040"
#define ZERO "0000000000000000"

static void converts(void **state)
{
    (void)state;
    static const struct {
        const char *wkt;
        enum geometry_kind kind;
        bool has_z;
        const char *hex;
        bool is_multi;
    } table[] = {
        {"POINT(1 2)", GEOMETRY_POINT, false, "01000000" ONE TWO, false},
        {"POINT(1 2)", GEOMETRY_POINT, true, "e9030000" ONE TWO ZERO, false},
        {"MULTIPOINT((1 2))", GEOMETRY_POINT, false, "01000000" ONE TWO, false},
        {"MULTIPOINT((1 2),(2 1))", GEOMETRY_POINT, false,
         "0400000002000000"
         "6901000000" ONE TWO "6901000000" TWO ONE,
         true},
        {"LINESTRING(1 2,2 1)", GEOMETRY_LINE, false,
         "0500000001000000"
         "690200000002000000" ONE TWO TWO ONE,
         false},
        {"MULTILINESTRING((1 2,2 1),(2 2,1 1))", GEOMETRY_LINE, false,
         "0500000002000000"
         "690200000002000000" ONE TWO TWO ONE "690200000002000000" TWO TWO ONE ONE,
         true},
        {"POLYGON((1 1,2 1,2 2,1 1))", GEOMETRY_POLYGON, true,
         "ee03000001000000"
         "69eb0300000100000004000000" ONE ONE ZERO TWO ONE ZERO TWO TWO ZERO ONE ONE ZERO,
         false},
        {"LINESTRING(1 2,2 1)", GEOMETRY_POLYGON, false, "error", false},
        {"MULTIPOINT((1 2))", GEOMETRY_LINE, false, "error", false},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct buffer wkb = wkb_of(table[i].wkt);
        struct truth_blob about = {0};
        assert_string_equal(convert(&wkb, table[i].kind, table[i].has_z, &about), table[i].hex);
        assert_int_equal(about.is_multi, table[i].is_multi);
        /* Cut short anywhere: an error. */
        for (size_t length = 0; length < wkb.length; length++) {
            struct buffer cut = {.data = malloc(length + 1), .length = length};
            memcpy(cut.data, wkb.data, length);
            assert_string_equal(convert(&cut, table[i].kind, table[i].has_z, &about), "error");
            free(cut.data);
        }
        buffer_finish(&wkb);
    }
}

static const unsigned char *bytes_of(const char *hex, struct buffer *out)
{
    buffer_init(out, 4096);
    for (const char *at = hex; *at; at += 2) {
        char pair[3] = {at[0], at[1], 0};
        buffer_append_byte(out, (unsigned char)strtoul(pair, NULL, 16));
    }
    return out->data;
}

static void reads_all_dialects(void **state)
{
    (void)state;
    static const struct {
        const char *wkb;
        bool has_z;
        const char *hex;
    } table[] = {
        {"00"
         "00000001"
         "3ff0000000000000"
         "4000000000000000",
         false, "01000000" ONE TWO}, /* big-endian */
        {"01"
         "e9030000" ONE TWO TWO,
         true, "e9030000" ONE TWO TWO}, /* ISO Z */
        {"01"
         "e9030000" ONE TWO TWO,
         false, "01000000" ONE TWO}, /* Z dropped */
        {"01"
         "01000080" ONE TWO TWO,
         true, "e9030000" ONE TWO TWO}, /* extended Z */
        {"01"
         "d1070000" ONE TWO TWO,
         false, "01000000" ONE TWO}, /* M dropped */
        {"01"
         "b90b0000" ONE TWO TWO ONE,
         true, "e9030000" ONE TWO TWO}, /* ZM */
        {"01"
         "01000020"
         "e6100000" ONE TWO,
         false, "01000000" ONE TWO}, /* with SRID */
        {"01"
         "01000000"
         "000000000000f87f"
         "000000000000f87f",
         false, ""}, /* POINT EMPTY */
        {"01"
         "04000000"
         "00000000",
         false, ""},
        {"01"
         "07000000"
         "00000000",
         false, "error"},
        {"01"
         "01000000" ONE "000000000000f07f",
         false, "error"}, /* infinite */
        {"01"
         "01000000"
         "000000000000f87f" ONE,
         false, "error"},
        {"01"
         "a10f0000" ONE TWO,
         false, "error"},
        {"02"
         "01000000" ONE TWO,
         false, "error"},
        {"01"
         "04000000"
         "ffffffff",
         false, "error"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct buffer wkb;
        bytes_of(table[i].wkb, &wkb);
        struct truth_blob about = {0};
        assert_string_equal(convert(&wkb, GEOMETRY_POINT, table[i].has_z, &about), table[i].hex);
        buffer_finish(&wkb);
    }
}

/* What is written reads back to the bit, and no damage is worse than an error. */
static void reads_back(void **state)
{
    (void)state;
    static const struct {
        const char *wkt;
        enum geometry_kind kind;
    } table[] = {
        {"POINT(1.25 -2.5)", GEOMETRY_POINT},
        {"MULTIPOINT((1 2),(3 4))", GEOMETRY_POINT},
        {"LINESTRING(1 2,2 1,3 3)", GEOMETRY_LINE},
        {"MULTILINESTRING((1 2,2 1),(2 2,1 1))", GEOMETRY_LINE},
        {"POLYGON((0 0,4 0,4 4,0 0),(1 1,2 1,2 2,1 1))", GEOMETRY_POLYGON},
        {"MULTIPOLYGON(((0 0,1 0,1 1,0 0)),((5 5,6 5,6 6,5 5)))", GEOMETRY_POLYGON},
    };
    struct arena *arena = arena_create((size_t)1 << 20);
    for (size_t i = 0; i < 2 * sizeof table / sizeof *table; i++) {
        struct buffer wkb = wkb_of(table[i / 2].wkt);
        struct buffer blob;
        struct truth_blob about;
        struct shape before;
        struct shape after;
        buffer_init(&blob, 1 << 20);
        assert_true(
            truth_blob_from_wkb(wkb.data, wkb.length, table[i / 2].kind, i % 2 == 1, 4326, &blob, &about, &err));
        assert_true(shape_from_wkb(wkb.data, wkb.length, arena, &before, &err));
        assert_true(truth_blob_to_shape(blob.data, blob.length, arena, &after, &err));
        assert_int_equal(after.kind, before.kind);
        assert_int_equal(after.part_count, before.part_count);
        assert_int_equal(after.vertex_count, before.vertex_count);
        assert_memory_equal(after.xy, before.xy, (size_t)before.vertex_count * 16);
        assert_memory_equal(after.parts, before.parts, before.part_count * sizeof *before.parts);
        for (size_t length = 0; length < blob.length; length++) {
            unsigned char *cut = arena_memdup(arena, blob.data, length); /* so that overruns are seen */
            assert_false(truth_blob_to_shape(cut, length, arena, &after, &err));
            truth_blob_content(cut, length);
        }
        for (size_t at = 0; at < blob.length; at++) {
            for (int bit = 0; bit < 8; bit++) {
                unsigned char *bad = arena_memdup(arena, blob.data, blob.length);
                bad[at] ^= (unsigned char)(1 << bit);
                truth_blob_to_shape(bad, blob.length, arena, &after, &err);
                arena_reset(arena);
            }
        }
        buffer_finish(&blob);
        buffer_finish(&wkb);
    }
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(converts), cmocka_unit_test(reads_all_dialects),
                                       cmocka_unit_test(reads_back)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
