/* SPDX-License-Identifier: MIT */
#include "ingest/import_frame.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What is left of a frame. Past its end, or at the first thing that cannot be, `bad` is set and zeros come out. */
struct cursor {
    const unsigned char *at;
    size_t left;
    struct arena *arena;
    bool bad;
    bool short_of_memory;
};

static const unsigned char *take(struct cursor *cursor, size_t size)
{
    if (cursor->bad || size > cursor->left) {
        cursor->bad = true;
        return NULL;
    }
    const unsigned char *bytes = cursor->at;
    cursor->at += size;
    cursor->left -= size;
    return bytes;
}

static void take_into(struct cursor *cursor, void *out, size_t size)
{
    const unsigned char *bytes = take(cursor, size);
    if (bytes) {
        memcpy(out, bytes, size);
    } else {
        memset(out, 0, size);
    }
}

/* A number from 0 to `max`. */
static unsigned take_u8(struct cursor *cursor, unsigned max)
{
    unsigned char value;
    take_into(cursor, &value, sizeof value);
    if (value > max) {
        cursor->bad = true;
        return 0;
    }
    return value;
}

static uint32_t take_u32(struct cursor *cursor)
{
    uint32_t value;
    take_into(cursor, &value, sizeof value);
    return value;
}

/* How many things of at least `size` bytes each follow: never more than there is room for. */
static uint32_t take_count(struct cursor *cursor, size_t size)
{
    uint32_t count = take_u32(cursor);
    if (count > cursor->left / size) {
        cursor->bad = true;
        return 0;
    }
    return count;
}

static int64_t take_i64(struct cursor *cursor)
{
    int64_t value;
    take_into(cursor, &value, sizeof value);
    return value;
}

static double take_double(struct cursor *cursor)
{
    double value;
    take_into(cursor, &value, sizeof value);
    return value;
}

static void *take_memory(struct cursor *cursor, size_t size)
{
    void *memory = arena_alloc_raw(cursor->arena, size);
    if (!memory) {
        cursor->short_of_memory = true;
        cursor->bad = true;
    }
    return memory;
}

/* UTF-8, borrowed from the frame. */
static struct text take_text(struct cursor *cursor)
{
    uint32_t size = take_u32(cursor);
    const unsigned char *bytes = take(cursor, size);
    struct text text = {(const char *)bytes, size};
    if (!bytes) {
        return (struct text){"", 0};
    }
    cursor->bad |= !text_is_utf8(text);
    return text;
}

/* A C string in the arena; NULL where there is none. */
static const char *take_string(struct cursor *cursor)
{
    uint32_t none;
    if (cursor->left >= sizeof none) {
        memcpy(&none, cursor->at, sizeof none);
        if (none == (uint32_t)IMPORT_NO_TEXT) {
            take(cursor, sizeof none);
            return NULL;
        }
    }
    struct text text = take_text(cursor);
    char *copy = cursor->bad ? NULL : take_memory(cursor, text.length + 1);
    if (!copy) {
        return NULL;
    }
    memcpy(copy, text.data, text.length);
    copy[text.length] = '\0';
    cursor->bad |= memchr(copy, '\0', text.length) != NULL;
    return copy;
}

/* One that must be there. */
static const char *take_name(struct cursor *cursor)
{
    const char *name = take_string(cursor);
    cursor->bad |= !name;
    return name ? name : "";
}

static void take_progress(struct cursor *cursor, struct import_progress *out)
{
    out->stage = (enum ingest_stage)take_u8(cursor, INGEST_PUBLISHING);
    out->layer = take_name(cursor);
    out->done = take_i64(cursor);
    out->total = take_i64(cursor);
}

static void take_begin(struct cursor *cursor, struct store_writer_layer *out)
{
    out->id = take_name(cursor);
    out->kind = (enum geometry_kind)take_u8(cursor, GEOMETRY_POLYGON);
    out->has_z = take_u8(cursor, 1) != 0;
    out->srs = take_name(cursor);
    out->descriptor_json = take_text(cursor);
    out->source_file = take_name(cursor);
    out->source_sha256 = take_name(cursor);
    out->report_json = (struct text){"{}", 2};
    uint32_t count = take_count(cursor, sizeof(uint32_t) + 1);
    if (count > IMPORT_FIELDS_MAX) {
        cursor->bad = true;
    }
    struct field *fields = cursor->bad ? NULL : take_memory(cursor, count * sizeof *fields);
    for (uint32_t i = 0; fields && i < count; i++) {
        fields[i].name = take_name(cursor);
        fields[i].type = (enum field_type)take_u8(cursor, FIELD_TIME);
    }
    out->fields = fields;
    out->field_count = fields ? count : 0;
}

/* Parts lie one after the other and end with the last vertex; every vertex is on the globe. */
static bool shape_is_sound(const struct shape *shape)
{
    uint32_t start = 0;
    for (uint32_t i = 0; i < shape->part_count; i++) {
        if (shape->parts[i].end < start || shape->parts[i].end > shape->vertex_count ||
            (shape->parts[i].is_hole && (i == 0 || shape->kind != GEOMETRY_POLYGON))) {
            return false;
        }
        start = shape->parts[i].end;
    }
    bool inside = start == shape->vertex_count && (shape->part_count == 0 || shape->kind != GEOMETRY_NONE);
    for (size_t i = 0; i < shape->vertex_count; i++) {
        /* NaN is not smaller than anything. */
        inside &= (fabs(shape->xy[2 * i]) <= 180) & (fabs(shape->xy[2 * i + 1]) <= 90);
    }
    return inside;
}

static void take_shape(struct cursor *cursor, struct shape *out)
{
    const size_t part_bytes = sizeof(uint32_t) + 1;
    const size_t vertex_bytes = 2 * sizeof *out->xy;
    struct shape shape = {.kind = (enum geometry_kind)take_u8(cursor, GEOMETRY_POLYGON)};
    shape.part_count = take_u32(cursor);
    shape.vertex_count = take_u32(cursor);
    /* 32 bits each: the sum fits. */
    if ((uint64_t)shape.part_count * part_bytes + (uint64_t)shape.vertex_count * vertex_bytes > cursor->left) {
        cursor->bad = true;
    }
    if (cursor->bad) {
        return;
    }
    struct shape_part *parts = take_memory(cursor, shape.part_count * sizeof *parts);
    double *xy = take_memory(cursor, shape.vertex_count * vertex_bytes);
    if (!parts || !xy) {
        return;
    }
    for (uint32_t i = 0; i < shape.part_count; i++) {
        parts[i].end = take_u32(cursor);
        parts[i].is_hole = take_u8(cursor, 1) != 0;
    }
    take_into(cursor, xy, shape.vertex_count * vertex_bytes);
    shape.parts = parts;
    shape.xy = xy;
    if (!shape_is_sound(&shape)) {
        cursor->bad = true;
        return;
    }
    *out = shape;
}

static void take_style(struct cursor *cursor, struct ingest_style *out)
{
    out->layer = take_name(cursor);
    out->source = take_name(cursor);
    out->name = take_name(cursor);
    out->xml = take_text(cursor);
    cursor->bad |= !text_is_id(text_of(out->layer)) || out->xml.length > IMPORT_STYLE_BYTES_MAX;
}

static void take_value(struct cursor *cursor, struct value *out)
{
    *out = (struct value){.type = (enum value_type)take_u8(cursor, VALUE_STRING)};
    switch (out->type) {
    case VALUE_BOOL:
        out->boolean = take_u8(cursor, 1) != 0;
        break;
    case VALUE_INT:
        out->integer = take_i64(cursor);
        break;
    case VALUE_REAL:
        out->real = take_double(cursor);
        break;
    case VALUE_STRING:
        out->string = take_text(cursor);
        break;
    case VALUE_NULL:
    case VALUE_ARRAY:
    case VALUE_OBJECT:
        break;
    }
}

static void take_feature(struct cursor *cursor, size_t field_count, struct store_writer_feature *out)
{
    out->source_row = take_i64(cursor);
    enum import_geometry geometry = (enum import_geometry)take_u8(cursor, IMPORT_WKB);
    if (geometry != IMPORT_NO_GEOMETRY) {
        uint32_t size = take_u32(cursor);
        out->wkb = take(cursor, size);
        out->wkb_size = size;
    }
    if (geometry == IMPORT_WKB_AND_SHAPE) {
        take_shape(cursor, &out->shape);
    } else if (geometry == IMPORT_WKB && !cursor->bad) {
        cursor->bad =
            !shape_from_wkb(out->wkb, out->wkb_size, cursor->arena, &out->shape, NULL) || !shape_is_sound(&out->shape);
    }
    struct value *values = cursor->bad ? NULL : take_memory(cursor, field_count * sizeof *values);
    for (size_t i = 0; values && i < field_count; i++) {
        take_value(cursor, &values[i]);
    }
    out->values = values;
}

static void take_layer(struct cursor *cursor, struct report *report)
{
    struct report_layer *layer = report_add_layer(report, take_name(cursor));
    if (!layer) {
        cursor->short_of_memory = true;
        cursor->bad = true;
        return;
    }
    layer->geometry = take_name(cursor);
    layer->features = take_i64(cursor);
    layer->null_geometries = take_i64(cursor);
    layer->invalid_geometries = take_i64(cursor);
    layer->srs_code = take_string(cursor);
    layer->srs_name = take_string(cursor);
    layer->srs_confidence = take_double(cursor);
    layer->srs_how_english = take_string(cursor);
    layer->srs_how_spanish = take_string(cursor);
    layer->encoding_name = take_string(cursor);
    layer->encoding_confidence = take_double(cursor);
    layer->encoding_how_english = take_string(cursor);
    layer->encoding_how_spanish = take_string(cursor);
    layer->sample_count = take_count(cursor, sizeof(uint32_t));
    if (layer->sample_count > REPORT_SAMPLES_MAX) {
        layer->sample_count = 0;
        cursor->bad = true;
    }
    for (size_t i = 0; i < layer->sample_count; i++) {
        layer->samples[i] = take_name(cursor);
    }
    uint32_t count = take_count(cursor, 3 * sizeof(uint32_t) + 1);
    struct report_field *fields = cursor->bad ? NULL : take_memory(cursor, count * sizeof *fields);
    for (uint32_t i = 0; fields && i < count; i++) {
        fields[i].name = take_name(cursor);
        fields[i].type = (enum field_type)take_u8(cursor, FIELD_TIME);
        fields[i].title_english = take_string(cursor);
        fields[i].title_spanish = take_string(cursor);
    }
    layer->fields = fields;
    layer->field_count = fields ? count : 0;
    layer->key_count = take_count(cursor, sizeof(uint32_t));
    if (layer->key_count > REPORT_KEYS_MAX) {
        layer->key_count = 0;
        cursor->bad = true;
    }
    for (size_t i = 0; i < layer->key_count; i++) {
        layer->keys[i] = take_name(cursor);
    }
    layer->bbox.min_x = take_double(cursor);
    layer->bbox.min_y = take_double(cursor);
    layer->bbox.max_x = take_double(cursor);
    layer->bbox.max_y = take_double(cursor);
    layer->id = take_string(cursor);
    layer->version = take_i64(cursor);
    layer->loaded = take_i64(cursor);
    layer->left_out = take_i64(cursor);
    struct report_raster *raster = &layer->raster;
    raster->width = take_i64(cursor);
    raster->height = take_i64(cursor);
    raster->bands = take_i64(cursor);
    raster->overviews = take_i64(cursor);
    raster->type = take_string(cursor);
    raster->no_data = take_string(cursor);
    raster->kind = take_string(cursor);
    raster->has_mask = take_u8(cursor, 1) != 0;
    raster->pixel_x = take_double(cursor);
    raster->pixel_y = take_double(cursor);
}

static void take_rows(struct cursor *cursor, struct report *report, struct report_message *message)
{
    struct report_rows rows = {.count = take_count(cursor, sizeof *rows.rows)};
    rows.capacity = rows.count > 0 ? rows.count : 1;
    rows.rows = malloc(rows.capacity * sizeof *rows.rows);
    if (!rows.rows) {
        cursor->short_of_memory = true;
        cursor->bad = true;
        return;
    }
    take_into(cursor, rows.rows, rows.count * sizeof *rows.rows);
    size_t details = take_count(cursor, 1);
    if (details > REPORT_DETAILS_MAX || details > rows.count) {
        details = 0;
        cursor->bad = true;
    }
    for (size_t i = 0; i < details; i++) {
        struct report_detail *detail = &rows.details[i];
        detail->row = take_i64(cursor);
        detail->key = take_string(cursor);
        detail->english = take_name(cursor);
        detail->spanish = take_name(cursor);
        detail->x = take_double(cursor);
        detail->y = take_double(cursor);
    }
    rows.detail_count = details;
    report_take_rows(report, message, &rows);
}

static void take_message(struct cursor *cursor, struct report *report)
{
    const char *code = take_name(cursor);
    enum report_severity severity = (enum report_severity)take_u8(cursor, REPORT_ERROR);
    struct report_message *message = report_tell(report, code, severity, "%s", "%s", "");
    message->english = take_name(cursor);
    message->spanish = take_name(cursor);
    message->cure_english = take_string(cursor);
    message->cure_spanish = take_string(cursor);
    message->layer = take_string(cursor);
    message->field = take_string(cursor);
    if (take_u8(cursor, 1)) {
        take_rows(cursor, report, message);
    }
}

static void forget_report(struct report *report)
{
    report->sha256 = NULL;
    report->format = NULL;
    report->layers = NULL;
    report->last_layer = NULL;
    report->messages = NULL;
    report->last_message = NULL;
}

static void take_report(struct cursor *cursor, struct report *report)
{
    forget_report(report);
    cursor->arena = report->arena;
    report->out_of_memory |= take_u8(cursor, 1) != 0;
    report->sha256 = take_string(cursor);
    report->format = take_string(cursor);
    uint32_t layers = take_count(cursor, 1);
    for (uint32_t i = 0; i < layers && !cursor->bad; i++) {
        take_layer(cursor, report);
    }
    uint32_t messages = take_count(cursor, 1);
    for (uint32_t i = 0; i < messages && !cursor->bad; i++) {
        take_message(cursor, report);
    }
}

bool import_frame_size(const unsigned char header[IMPORT_HEADER_BYTES], size_t *out_size)
{
    uint32_t type;
    uint32_t size;
    memcpy(&type, header, sizeof type);
    memcpy(&size, header + sizeof type, sizeof size);
    if (type < IMPORT_PROGRESS || type > IMPORT_END || size > IMPORT_FRAME_BYTES_MAX) {
        return false;
    }
    *out_size = size;
    return true;
}

bool import_frame_read(const unsigned char *bytes, size_t size, size_t field_count, struct arena *arena,
                       struct report *report, struct import_frame *out_frame, struct error *err)
{
    size_t payload = 0;
    uint32_t type = 0;
    struct import_frame frame = {0};
    struct cursor cursor = {.arena = arena};
    if (size < IMPORT_HEADER_BYTES || !import_frame_size(bytes, &payload) || payload != size - IMPORT_HEADER_BYTES) {
        cursor.bad = true;
    } else {
        memcpy(&type, bytes, sizeof type);
        cursor.at = bytes + IMPORT_HEADER_BYTES;
        cursor.left = payload;
    }
    frame.type = (enum import_frame_type)type;
    switch (frame.type) {
    case IMPORT_PROGRESS:
        take_progress(&cursor, &frame.progress);
        break;
    case IMPORT_BEGIN:
        take_begin(&cursor, &frame.layer);
        break;
    case IMPORT_FEATURE:
        take_feature(&cursor, field_count, &frame.feature);
        break;
    case IMPORT_PUBLISH:
        frame.publish.loaded = take_i64(&cursor);
        frame.publish.left_out = take_i64(&cursor);
        break;
    case IMPORT_REPORT:
        take_report(&cursor, report);
        break;
    case IMPORT_STYLE:
        take_style(&cursor, &frame.style);
        break;
    case IMPORT_END:
        frame.outcome = (enum ingest_outcome)take_u8(&cursor, INGEST_BROKEN);
        break;
    }
    if (cursor.bad || cursor.left > 0) {
        if (frame.type == IMPORT_REPORT) {
            forget_report(report); /* half a report is none */
        }
        if (cursor.short_of_memory) {
            return error_no_memory(err);
        }
        error_tell(err, ERROR_INVALID, "IMP-061", "the reading process sent something that makes no sense",
                   "el proceso de lectura envió algo que no tiene sentido");
        return false;
    }
    *out_frame = frame;
    return true;
}
