/* SPDX-License-Identifier: MIT */
/* Any bytes as what the reading process sends: whatever is accepted is sound enough for the store and for printing. */

#include "ingest/import_frame.h"

#include "base/buffer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Also where assertions are off. */
static void check(bool sound)
{
    if (!sound) {
        abort();
    }
}

static void check_layer(const struct store_writer_layer *layer)
{
    size_t length = strlen(layer->id) + strlen(layer->srs) + strlen(layer->source_file) + strlen(layer->source_sha256);
    check(length <= IMPORT_FRAME_BYTES_MAX);
    check(text_is_utf8(layer->descriptor_json) && layer->field_count <= IMPORT_FIELDS_MAX);
    for (size_t i = 0; i < layer->field_count; i++) {
        check(text_is_utf8(text_of(layer->fields[i].name)) && field_type_name(layer->fields[i].type));
    }
}

static void check_feature(const struct store_writer_feature *feature, size_t field_count)
{
    const struct shape *shape = &feature->shape;
    unsigned sum = 0;
    for (size_t i = 0; i < feature->wkb_size; i++) {
        sum += feature->wkb[i];
    }
    check(sum <= 255 * feature->wkb_size);
    for (uint32_t i = 0; i < shape->part_count; i++) {
        check(shape->parts[i].end <= shape->vertex_count);
    }
    for (size_t i = 0; i < 2 * (size_t)shape->vertex_count; i++) {
        check(isfinite(shape->xy[i]));
    }
    for (size_t i = 0; i < field_count; i++) {
        const struct value *value = &feature->values[i];
        check(value->type <= VALUE_STRING && (value->type != VALUE_STRING || text_is_utf8(value->string)));
    }
}

static void check_report(const struct report *report)
{
    struct buffer json;
    buffer_init(&json, (size_t)64 << 20);
    report_write_json(report, REPORT_SPANISH, true, &json);
    check(json.failed || text_is_utf8((struct text){(const char *)json.data, json.length}));
    buffer_finish(&json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create((size_t)64 << 20);
    struct report *report = report_create("file");
    if (!arena || !report) {
        abort();
    }
    size_t field_count = 0;
    for (size_t at = 0; size - at >= IMPORT_HEADER_BYTES;) {
        size_t payload = 0;
        struct import_frame frame;
        struct error err;
        if (!import_frame_size(data + at, &payload) || payload > size - at - IMPORT_HEADER_BYTES) {
            break;
        }
        arena_reset(arena);
        if (!import_frame_read(data + at, IMPORT_HEADER_BYTES + payload, field_count, arena, report, &frame, &err)) {
            break;
        }
        if (frame.type == IMPORT_BEGIN) {
            check_layer(&frame.layer);
            field_count = frame.layer.field_count;
        } else if (frame.type == IMPORT_FEATURE) {
            check_feature(&frame.feature, field_count);
        } else if (frame.type == IMPORT_REPORT) {
            check_report(report);
        }
        at += IMPORT_HEADER_BYTES + payload;
    }
    report_destroy(report);
    arena_destroy(arena);
    return 0;
}
