/* SPDX-License-Identifier: MIT */
#include "ingest/import_stream.h"

#include "base/buffer.h"

#include "unit/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* What one end wrote, to be read by the other. */
struct tape {
    unsigned char bytes[65536];
    size_t length;
    size_t at;
    size_t field_count;
    struct arena *arena;
    struct report *report;
};

static const struct field fields[] = {
    {"clave", FIELD_STRING}, {"número", FIELD_INTEGER}, {"área", FIELD_REAL}, {"sí", FIELD_BOOLEAN}};

static const struct store_writer_layer layer = {
    .id = "colonias",
    .kind = GEOMETRY_POLYGON,
    .has_z = true,
    .srs = "EPSG:6372",
    .fields = fields,
    .field_count = 4,
    .descriptor_json = {"{\"title\":\"Colonias\"}", 20},
    .source_file = "colonias.zip",
    .source_sha256 = "00ff",
};

static const struct shape_part parts[] = {{4, false}, {8, true}};
static const double xy[] = {-103,   25,   -102,   25,   -102,   26,   -103,   25,
                            -102.5, 25.2, -102.4, 25.2, -102.4, 25.3, -102.5, 25.2};

static struct report *make_report(void)
{
    struct report *report = report_create("colonias.zip");
    assert_non_null(report);
    report->sha256 = "00ff";
    report->format = "zip (shapefile)";
    struct report_layer *found = report_add_layer(report, "Colonias Ñuñoa");
    found->geometry = "multipolygon z";
    found->features = 3;
    found->srs_code = "EPSG:6372";
    found->srs_name = "Mexico ITRF2008 / LCC";
    found->srs_confidence = 0.9;
    found->srs_how_english = "by its parameters";
    found->srs_how_spanish = "por sus parámetros";
    found->encoding_name = "UTF-8";
    found->samples[0] = "Torreón";
    found->sample_count = 1;
    static const struct report_field columns[] = {{"clave", FIELD_STRING, "Key", "Clave"},
                                                  {"número", FIELD_INTEGER, NULL, NULL}};
    found->fields = columns;
    found->field_count = 2;
    found->keys[0] = "clave";
    found->key_count = 1;
    found->bbox = (struct bbox){-103, 25, -102, 26};
    found->id = "colonias";
    struct report_rows rows = {0};
    for (int64_t i = 1; i <= 200; i++) {
        struct report_detail detail = {i, i % 2 ? "k" : NULL, "ring closed", "anillo cerrado", NAN, 25.5};
        assert_true(report_rows_add(&rows, report->arena, &detail));
    }
    struct report_message *message = report_tell(report, "IMP-050", REPORT_WARNING, "%d rings", "%d anillos", 200);
    report_cure(report, message, "look at them", "revíselos");
    report_at(report, message, "Colonias", "geom");
    report_take_rows(report, message, &rows);
    report_tell(report, "IMP-010", REPORT_NOTICE, "%s", "%s", "nothing");
    return report;
}

/* POINT(2 -2) */
static const unsigned char point_wkb[] = {1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0, 0xc0};
/* POINT(2 -512), off the globe */
static const unsigned char off_wkb[] = {1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0x80, 0xc0};

static void write_all(int descriptor, const struct report *report)
{
    struct import_stream *stream = NULL;
    struct error err;
    struct import_progress progress = {INGEST_LOADING, "colonias", 5, -1};
    const struct value values[] = {value_of_string("ñ"), value_of_int(INT64_MIN), value_of_real(0.1), value_null()};
    struct store_writer_feature feature = {
        .source_row = 7,
        .wkb = (const unsigned char *)"not looked at here",
        .wkb_size = 18,
        .shape = {GEOMETRY_POLYGON, 2, 8, parts, xy},
        .values = values,
    };
    struct store_writer_feature bare = {.source_row = 8, .values = values};
    struct store_writer_feature plain = {
        .source_row = 9, .wkb = point_wkb, .wkb_size = sizeof point_wkb, .values = values};
    struct import_publish publish = {2, 1};
    assert_true(import_stream_open(descriptor, &stream, &err));
    assert_true(import_stream_progress(stream, &progress, &err));
    assert_true(import_stream_begin(stream, &layer, &err));
    assert_true(import_stream_add(stream, &feature, false, &err));
    assert_true(import_stream_add(stream, &bare, false, &err));
    assert_true(import_stream_add(stream, &plain, true, &err));
    assert_true(import_stream_report(stream, report, &err));
    assert_true(import_stream_publish(stream, &publish, &err));
    struct ingest_style style = {"colonias", "Colonias Ñuñoa", "verde", {"<qgis/>", 7}};
    assert_true(import_stream_style(stream, &style, &err));
    assert_true(import_stream_end(stream, INGEST_DONE, &err));
    import_stream_close(stream);
}

static int set_up(void **state)
{
    struct tape *tape = calloc(1, sizeof *tape);
    int descriptor = memfd_create("tape", MFD_CLOEXEC);
    if (!tape || descriptor < 0) {
        free(tape);
        return -1;
    }
    struct report *report = make_report();
    write_all(descriptor, report);
    report_destroy(report);
    tape->length = (size_t)pread(descriptor, tape->bytes, sizeof tape->bytes, 0);
    close(descriptor);
    tape->arena = arena_create(1 << 24);
    tape->report = report_create("colonias.zip");
    *state = tape;
    return tape->arena && tape->report ? 0 : -1;
}

static int tear_down(void **state)
{
    struct tape *tape = *state;
    report_destroy(tape->report);
    arena_destroy(tape->arena);
    free(tape);
    return 0;
}

static bool next(struct tape *tape, struct import_frame *out_frame, struct error *err)
{
    size_t size = 0;
    if (tape->length - tape->at < IMPORT_HEADER_BYTES || !import_frame_size(tape->bytes + tape->at, &size) ||
        size > tape->length - tape->at - IMPORT_HEADER_BYTES) {
        error_set(err, ERROR_INVALID, "cut");
        return false;
    }
    const unsigned char *frame = tape->bytes + tape->at;
    tape->at += IMPORT_HEADER_BYTES + size;
    /* A copy of just its size, so that a sanitizer sees a step past the end. */
    unsigned char *copy = arena_memdup(tape->arena, frame, IMPORT_HEADER_BYTES + size);
    assert_non_null(copy);
    return import_frame_read(copy, IMPORT_HEADER_BYTES + size, tape->field_count, tape->arena, tape->report, out_frame,
                             err);
}

static void check_same_report(const struct report *got)
{
    struct report *sent = make_report();
    struct buffer a;
    struct buffer b;
    buffer_init(&a, 1 << 20);
    buffer_init(&b, 1 << 20);
    report_write_json(sent, REPORT_SPANISH, true, &a);
    report_write_json(got, REPORT_SPANISH, true, &b);
    assert_string_equal(buffer_text(&a), buffer_text(&b));
    buffer_finish(&a);
    buffer_finish(&b);
    report_destroy(sent);
}

static void test_round_trip(void **state)
{
    struct tape *tape = *state;
    struct import_frame frame;
    struct error err = {0};
    assert_true(next(tape, &frame, &err));
    assert_int_equal(frame.type, IMPORT_PROGRESS);
    assert_string_equal(frame.progress.layer, "colonias");
    assert_int_equal(frame.progress.done, 5);
    assert_int_equal(frame.progress.total, -1);
    assert_true(next(tape, &frame, &err));
    assert_int_equal(frame.type, IMPORT_BEGIN);
    assert_string_equal(frame.layer.srs, "EPSG:6372");
    assert_true(frame.layer.has_z);
    assert_int_equal(frame.layer.field_count, 4);
    assert_string_equal(frame.layer.fields[1].name, "número");
    assert_true(text_is(frame.layer.descriptor_json, "{\"title\":\"Colonias\"}"));
    tape->field_count = frame.layer.field_count;
    assert_true(next(tape, &frame, &err));
    assert_int_equal(frame.type, IMPORT_FEATURE);
    assert_int_equal(frame.feature.source_row, 7);
    assert_int_equal(frame.feature.wkb_size, 18);
    assert_int_equal(frame.feature.shape.part_count, 2);
    assert_true(frame.feature.shape.parts[1].is_hole);
    assert_memory_equal(frame.feature.shape.xy, xy, sizeof xy);
    assert_true(text_is(frame.feature.values[0].string, "ñ"));
    assert_int_equal(frame.feature.values[1].integer, INT64_MIN);
    assert_true(frame.feature.values[2].real == 0.1);
    assert_int_equal(frame.feature.values[3].type, VALUE_NULL);
    assert_true(next(tape, &frame, &err));
    assert_null(frame.feature.wkb);
    assert_int_equal(frame.feature.shape.part_count, 0);
    assert_true(next(tape, &frame, &err));
    assert_int_equal(frame.feature.wkb_size, sizeof point_wkb);
    assert_int_equal(frame.feature.shape.kind, GEOMETRY_POINT);
    assert_int_equal(frame.feature.shape.vertex_count, 1);
    assert_true(frame.feature.shape.xy[0] == 2 && frame.feature.shape.xy[1] == -2);
    assert_int_equal(frame.feature.values[1].integer, INT64_MIN);
    assert_true(next(tape, &frame, &err));
    assert_int_equal(frame.type, IMPORT_REPORT);
    check_same_report(tape->report);
    assert_true(next(tape, &frame, &err));
    assert_int_equal(frame.type, IMPORT_PUBLISH);
    assert_int_equal(frame.publish.left_out, 1);
    assert_true(next(tape, &frame, &err));
    assert_int_equal(frame.type, IMPORT_STYLE);
    assert_string_equal(frame.style.layer, "colonias");
    assert_string_equal(frame.style.source, "Colonias Ñuñoa");
    assert_string_equal(frame.style.name, "verde");
    assert_true(text_is(frame.style.xml, "<qgis/>"));
    assert_true(next(tape, &frame, &err));
    assert_int_equal(frame.type, IMPORT_END);
    assert_int_equal(frame.outcome, INGEST_DONE);
    assert_int_equal(tape->at, tape->length);
}

/* Each frame with its end cut off, and with something after its end, is refused. */
static void test_cut_and_long(void **state)
{
    struct tape *tape = *state;
    tape->field_count = 4;
    for (size_t at = 0; at < tape->length;) {
        size_t size = 0;
        assert_true(import_frame_size(tape->bytes + at, &size));
        for (size_t cut = 0; cut <= size + 1; cut += cut + 64 < size ? 7 : 1) {
            if (cut == size) {
                continue;
            }
            unsigned char *copy = calloc(1, IMPORT_HEADER_BYTES + size + 1);
            assert_non_null(copy);
            memcpy(copy, tape->bytes + at, IMPORT_HEADER_BYTES + size);
            uint32_t claimed = (uint32_t)cut;
            memcpy(copy + 4, &claimed, sizeof claimed);
            struct import_frame frame;
            struct error err = {0};
            assert_false(
                import_frame_read(copy, IMPORT_HEADER_BYTES + cut, 4, tape->arena, tape->report, &frame, &err));
            assert_string_equal(err.code, "IMP-061");
            assert_null(tape->report->layers);
            arena_reset(tape->arena);
            free(copy);
        }
        at += IMPORT_HEADER_BYTES + size;
    }
}

/* Places off the globe, parts out of order, text that is none. */
static void test_nonsense(void **state)
{
    (void)state;
    static const double off[] = {-103, 25, NAN, 25, -102, 91, -181, 0};
    static const struct shape_part late[] = {{5, false}};
    static const struct shape_part hole[] = {{4, true}};
    static const struct shape_part back[] = {{3, false}, {2, false}};
    static const struct shape_part good[] = {{4, false}};
    static const struct {
        const struct shape_part *parts;
        uint32_t part_count;
        const double *xy;
        struct value value;
        struct text wkb; /* without a shape */
    } cases[] = {
        {good, 1, off, {.type = VALUE_NULL}, {NULL, 0}},
        {late, 1, xy, {.type = VALUE_NULL}, {NULL, 0}},
        {hole, 1, xy, {.type = VALUE_NULL}, {NULL, 0}},
        {back, 2, xy, {.type = VALUE_NULL}, {NULL, 0}},
        {good, 1, xy, {.type = VALUE_STRING, .string = {"\xff", 1}}, {NULL, 0}},
        {good, 1, xy, {.type = VALUE_ARRAY}, {NULL, 0}},
        {NULL, 0, NULL, {.type = VALUE_NULL}, {(const char *)off_wkb, sizeof off_wkb}},
        {NULL, 0, NULL, {.type = VALUE_NULL}, {(const char *)point_wkb, sizeof point_wkb - 1}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct tape tape = {.field_count = 1, .arena = arena_create(1 << 20), .report = report_create("x")};
        struct store_writer_layer one = layer;
        struct store_writer_feature feature = {
            .source_row = 1,
            .wkb = (const unsigned char *)(cases[i].wkb.data ? cases[i].wkb.data : ""),
            .wkb_size = cases[i].wkb.length,
            .shape = {GEOMETRY_POLYGON, cases[i].part_count, 4, cases[i].parts, cases[i].xy},
            .values = &cases[i].value,
        };
        struct import_stream *stream = NULL;
        struct import_frame frame;
        struct error err = {0};
        int descriptor = memfd_create("tape", MFD_CLOEXEC);
        one.field_count = 1;
        assert_true(tape.arena && tape.report && import_stream_open(descriptor, &stream, &err));
        assert_true(import_stream_begin(stream, &one, &err) &&
                    import_stream_add(stream, &feature, cases[i].wkb.data, &err));
        assert_true(import_stream_end(stream, INGEST_DONE, &err));
        import_stream_close(stream);
        tape.length = (size_t)pread(descriptor, tape.bytes, sizeof tape.bytes, 0);
        close(descriptor);
        assert_true(next(&tape, &frame, &err));
        if (next(&tape, &frame, &err)) {
            fail_msg("case %zu was taken", i);
        }
        assert_string_equal(err.code, "IMP-061");
        report_destroy(tape.report);
        arena_destroy(tape.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_round_trip, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cut_and_long, set_up, tear_down),
        cmocka_unit_test(test_nonsense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
