/* SPDX-License-Identifier: MIT */
#include "ingest/import_stream.h"

#include "base/buffer.h"
#include "base/clock.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PROGRESS_STEP_NS = 100 * 1000 * 1000 };

struct import_stream {
    int to;
    struct buffer out;
    size_t frame_start;
    size_t field_count; /* of the layer begun */
    int64_t progress_ns;
};

bool import_stream_open(int to, struct import_stream **out_stream, struct error *err)
{
    struct import_stream *stream = calloc(1, sizeof *stream);
    if (!stream) {
        return error_no_memory(err);
    }
    stream->to = to;
    buffer_init(&stream->out, (size_t)IMPORT_FRAME_BYTES_MAX + IMPORT_BATCH_BYTES);
    *out_stream = stream;
    return true;
}

void import_stream_close(struct import_stream *stream)
{
    if (stream) {
        buffer_finish(&stream->out);
        free(stream);
    }
}

static bool flush(struct import_stream *stream, struct error *err)
{
    for (size_t at = 0; at < stream->out.length;) {
        ssize_t wrote = write(stream->to, stream->out.data + at, stream->out.length - at);
        if (wrote < 0 && errno != EINTR) {
            error_set(err, ERROR_UNAVAILABLE, "what was read could not be handed on: %s", strerror(errno));
            return false;
        }
        at += wrote > 0 ? (size_t)wrote : 0;
    }
    buffer_clear(&stream->out);
    return true;
}

static void put_u8(struct import_stream *stream, unsigned value)
{
    buffer_append_byte(&stream->out, (unsigned char)value);
}

static void put_u32(struct import_stream *stream, uint32_t value)
{
    buffer_append(&stream->out, &value, sizeof value);
}

static void put_i64(struct import_stream *stream, int64_t value)
{
    buffer_append(&stream->out, &value, sizeof value);
}

static void put_double(struct import_stream *stream, double value)
{
    buffer_append(&stream->out, &value, sizeof value);
}

static void put_bytes(struct import_stream *stream, const void *bytes, size_t size)
{
    if (size >= IMPORT_FRAME_BYTES_MAX) {
        stream->out.failed = true;
        return;
    }
    put_u32(stream, (uint32_t)size);
    buffer_append(&stream->out, bytes, size);
}

static void put_string(struct import_stream *stream, const char *string)
{
    if (string) {
        put_bytes(stream, string, strlen(string));
    } else {
        put_u32(stream, (uint32_t)IMPORT_NO_TEXT);
    }
}

static void begin_frame(struct import_stream *stream, enum import_frame_type type)
{
    stream->frame_start = stream->out.length;
    put_u32(stream, (uint32_t)type);
    put_u32(stream, 0);
}

static bool end_frame(struct import_stream *stream, bool now, struct error *err)
{
    size_t size = stream->out.length - stream->frame_start - IMPORT_HEADER_BYTES;
    if (stream->out.failed || size > IMPORT_FRAME_BYTES_MAX) {
        error_tell(err, ERROR_TOO_LARGE, "IMP-050", "a single feature takes more than %d MB: split it",
                   "un solo elemento ocupa más de %d MB: divídalo", IMPORT_FRAME_BYTES_MAX >> 20);
        return false;
    }
    uint32_t length = (uint32_t)size;
    memcpy(stream->out.data + stream->frame_start + sizeof length, &length, sizeof length);
    return (!now && stream->out.length < IMPORT_BATCH_BYTES) || flush(stream, err);
}

bool import_stream_progress(struct import_stream *stream, const struct import_progress *progress, struct error *err)
{
    int64_t now = clock_monotonic_ns();
    if (stream->progress_ns != 0 && now - stream->progress_ns < PROGRESS_STEP_NS) {
        return true;
    }
    stream->progress_ns = now;
    begin_frame(stream, IMPORT_PROGRESS);
    put_u8(stream, (unsigned)progress->stage);
    put_string(stream, progress->layer);
    put_i64(stream, progress->done);
    put_i64(stream, progress->total);
    return end_frame(stream, true, err);
}

bool import_stream_begin(struct import_stream *stream, const struct store_writer_layer *layer, struct error *err)
{
    begin_frame(stream, IMPORT_BEGIN);
    put_string(stream, layer->id);
    put_u8(stream, (unsigned)layer->kind);
    put_u8(stream, layer->has_z);
    put_string(stream, layer->srs);
    put_bytes(stream, layer->descriptor_json.data, layer->descriptor_json.length);
    put_string(stream, layer->source_file);
    put_string(stream, layer->source_sha256);
    put_u32(stream, (uint32_t)layer->field_count);
    for (size_t i = 0; i < layer->field_count; i++) {
        put_string(stream, layer->fields[i].name);
        put_u8(stream, (unsigned)layer->fields[i].type);
    }
    stream->field_count = layer->field_count;
    return end_frame(stream, false, err);
}

static void put_value(struct import_stream *stream, const struct value *value)
{
    put_u8(stream, (unsigned)value->type);
    switch (value->type) {
    case VALUE_BOOL:
        put_u8(stream, value->boolean);
        break;
    case VALUE_INT:
        put_i64(stream, value->integer);
        break;
    case VALUE_REAL:
        put_double(stream, value->real);
        break;
    case VALUE_STRING:
        put_bytes(stream, value->string.data, value->string.length);
        break;
    case VALUE_NULL:
    case VALUE_ARRAY:
    case VALUE_OBJECT:
        break; /* features have none of the last two */
    }
}

bool import_stream_add(struct import_stream *stream, const struct store_writer_feature *feature, bool shape_is_wkb,
                       struct error *err)
{
    const struct shape *shape = &feature->shape;
    begin_frame(stream, IMPORT_FEATURE);
    put_i64(stream, feature->source_row);
    put_u8(stream, !feature->wkb ? IMPORT_NO_GEOMETRY : shape_is_wkb ? IMPORT_WKB : IMPORT_WKB_AND_SHAPE);
    if (feature->wkb) {
        put_bytes(stream, feature->wkb, feature->wkb_size);
    }
    if (feature->wkb && !shape_is_wkb) {
        put_u8(stream, (unsigned)shape->kind);
        put_u32(stream, shape->part_count);
        put_u32(stream, shape->vertex_count);
        for (uint32_t i = 0; i < shape->part_count; i++) {
            put_u32(stream, shape->parts[i].end);
            put_u8(stream, shape->parts[i].is_hole);
        }
        buffer_append(&stream->out, shape->xy, (size_t)shape->vertex_count * 2 * sizeof *shape->xy);
    }
    for (size_t i = 0; i < stream->field_count; i++) {
        put_value(stream, &feature->values[i]);
    }
    return end_frame(stream, false, err);
}

bool import_stream_publish(struct import_stream *stream, const struct import_publish *publish, struct error *err)
{
    begin_frame(stream, IMPORT_PUBLISH);
    put_i64(stream, publish->loaded);
    put_i64(stream, publish->left_out);
    return end_frame(stream, true, err);
}

bool import_stream_style(struct import_stream *stream, const struct ingest_style *style, struct error *err)
{
    begin_frame(stream, IMPORT_STYLE);
    put_string(stream, style->layer);
    put_string(stream, style->source);
    put_string(stream, style->name);
    put_bytes(stream, style->xml.data, style->xml.length);
    return end_frame(stream, true, err);
}

bool import_stream_end(struct import_stream *stream, enum ingest_outcome outcome, struct error *err)
{
    begin_frame(stream, IMPORT_END);
    put_u8(stream, (unsigned)outcome);
    return end_frame(stream, true, err);
}

/* --- the report --- */

static void put_layer(struct import_stream *stream, const struct report_layer *layer)
{
    put_string(stream, layer->name);
    put_string(stream, layer->geometry);
    put_i64(stream, layer->features);
    put_i64(stream, layer->null_geometries);
    put_i64(stream, layer->invalid_geometries);
    put_string(stream, layer->srs_code);
    put_string(stream, layer->srs_name);
    put_double(stream, layer->srs_confidence);
    put_string(stream, layer->srs_how_english);
    put_string(stream, layer->srs_how_spanish);
    put_string(stream, layer->encoding_name);
    put_double(stream, layer->encoding_confidence);
    put_string(stream, layer->encoding_how_english);
    put_string(stream, layer->encoding_how_spanish);
    put_u32(stream, (uint32_t)layer->sample_count);
    for (size_t i = 0; i < layer->sample_count; i++) {
        put_string(stream, layer->samples[i]);
    }
    put_u32(stream, (uint32_t)layer->field_count);
    for (size_t i = 0; i < layer->field_count; i++) {
        put_string(stream, layer->fields[i].name);
        put_u8(stream, (unsigned)layer->fields[i].type);
        put_string(stream, layer->fields[i].title_english);
        put_string(stream, layer->fields[i].title_spanish);
    }
    put_u32(stream, (uint32_t)layer->key_count);
    for (size_t i = 0; i < layer->key_count; i++) {
        put_string(stream, layer->keys[i]);
    }
    put_double(stream, layer->bbox.min_x);
    put_double(stream, layer->bbox.min_y);
    put_double(stream, layer->bbox.max_x);
    put_double(stream, layer->bbox.max_y);
    put_string(stream, layer->id);
    put_i64(stream, layer->version);
    put_i64(stream, layer->loaded);
    put_i64(stream, layer->left_out);
    const struct report_raster *raster = &layer->raster;
    put_i64(stream, raster->width);
    put_i64(stream, raster->height);
    put_i64(stream, raster->bands);
    put_i64(stream, raster->overviews);
    put_string(stream, raster->type);
    put_string(stream, raster->no_data);
    put_string(stream, raster->kind);
    put_u8(stream, raster->has_mask);
    put_double(stream, raster->pixel_x);
    put_double(stream, raster->pixel_y);
}

static void put_rows(struct import_stream *stream, const struct report_rows *rows)
{
    put_u32(stream, (uint32_t)rows->count);
    buffer_append(&stream->out, rows->rows, rows->count * sizeof *rows->rows);
    put_u32(stream, (uint32_t)rows->detail_count);
    for (size_t i = 0; i < rows->detail_count; i++) {
        const struct report_detail *detail = &rows->details[i];
        put_i64(stream, detail->row);
        put_string(stream, detail->key);
        put_string(stream, detail->english ? detail->english : "");
        put_string(stream, detail->spanish ? detail->spanish : "");
        put_double(stream, detail->x);
        put_double(stream, detail->y);
    }
}

static void put_message(struct import_stream *stream, const struct report_message *message)
{
    put_string(stream, message->code);
    put_u8(stream, (unsigned)message->severity);
    put_string(stream, message->english);
    put_string(stream, message->spanish);
    put_string(stream, message->cure_english);
    put_string(stream, message->cure_spanish);
    put_string(stream, message->layer);
    put_string(stream, message->field);
    put_u8(stream, message->rows != NULL);
    if (message->rows) {
        put_rows(stream, message->rows);
    }
}

bool import_stream_report(struct import_stream *stream, const struct report *report, struct error *err)
{
    uint32_t layers = 0;
    uint32_t messages = 0;
    for (const struct report_layer *layer = report->layers; layer; layer = layer->next) {
        layers++;
    }
    for (const struct report_message *message = report->messages; message; message = message->next) {
        messages++;
    }
    begin_frame(stream, IMPORT_REPORT);
    put_u8(stream, report->out_of_memory);
    put_string(stream, report->sha256);
    put_string(stream, report->format);
    put_u32(stream, layers);
    for (const struct report_layer *layer = report->layers; layer; layer = layer->next) {
        put_layer(stream, layer);
    }
    put_u32(stream, messages);
    for (const struct report_message *message = report->messages; message; message = message->next) {
        put_message(stream, message);
    }
    return end_frame(stream, true, err);
}
