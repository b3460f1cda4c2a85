/* SPDX-License-Identifier: MIT */
#include "ingest/report.h"

#include "base/json_write.h"
#include "ingest/encoding.h"
#include "ingest/report_remedy.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { REPORT_BYTES_MAX = 256 * 1024 * 1024, ROWS_SHOWN = 5, PAGE_BYTES = 48 };

static const char *const severity_names[] = {"notice", "warning", "error"};

struct report *report_create(const char *file)
{
    struct arena *arena = arena_create(REPORT_BYTES_MAX);
    struct report *report = arena ? arena_alloc(arena, sizeof *report) : NULL;
    if (!report) {
        arena_destroy(arena);
        return NULL;
    }
    report->arena = arena;
    report->file = encoding_readable(file, arena);
    return report;
}

void report_destroy(struct report *report)
{
    if (report) {
        arena_destroy(report->arena);
    }
}

struct report_layer *report_add_layer(struct report *report, const char *name)
{
    struct report_layer *layer = arena_alloc(report->arena, sizeof *layer);
    if (!layer) {
        report->out_of_memory = true;
        return NULL;
    }
    layer->name = encoding_readable(name, report->arena);
    layer->geometry = "none";
    layer->invalid_geometries = -1;
    layer->bbox = bbox_empty();
    if (report->last_layer) {
        report->last_layer->next = layer;
    } else {
        report->layers = layer;
    }
    report->last_layer = layer;
    return layer;
}

static const char *print_into(struct report *report, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

static const char *print_into(struct report *report, const char *format, va_list args)
{
    char raw[1024];
    char text[sizeof raw];
    vsnprintf(raw, sizeof raw, format, args);
    text_mend_utf8(text_of(raw), text, sizeof text);
    const char *copy = arena_strdup(report->arena, text);
    report->out_of_memory |= !copy;
    return copy ? copy : "";
}

static struct report_message *add_message(struct report *report, const char *code, enum report_severity severity)
{
    static struct report_message spare; /* written and never read: memory is out, and the caller will see it */
    struct report_message *message = arena_alloc(report->arena, sizeof *message);
    if (!message) {
        report->out_of_memory = true;
        return &spare;
    }
    message->code = arena_strdup(report->arena, code);
    message->severity = severity;
    if (severity > REPORT_NOTICE) {
        const struct report_remedy *remedy = report_remedy_find(code);
        message->cure_english = remedy->english;
        message->cure_spanish = remedy->spanish;
    }
    if (report->last_message) {
        report->last_message->next = message;
    } else {
        report->messages = message;
    }
    report->last_message = message;
    return message;
}

struct report_message *report_tell(struct report *report, const char *code, enum report_severity severity,
                                   const char *english, const char *spanish, ...)
{
    struct report_message *message = add_message(report, code, severity);
    va_list args;
    va_start(args, spanish);
    va_list again;
    va_copy(again, args);
    message->english = print_into(report, english, args);
    message->spanish = print_into(report, spanish, again);
    va_end(again);
    va_end(args);
    return message;
}

void report_cure(struct report *report, struct report_message *message, const char *english, const char *spanish, ...)
{
    va_list args;
    va_start(args, spanish);
    va_list again;
    va_copy(again, args);
    message->cure_english = print_into(report, english, args);
    message->cure_spanish = print_into(report, spanish, again);
    va_end(again);
    va_end(args);
}

void report_at(struct report *report, struct report_message *message, const char *layer, const char *field)
{
    message->layer = layer ? arena_strdup(report->arena, layer) : NULL;
    message->field = field ? arena_strdup(report->arena, field) : NULL;
}

struct report_message *report_tell_error(struct report *report, const struct error *err)
{
    struct report_message *message = add_message(report, err->code[0] != '\0' ? err->code : "IMP-000", REPORT_ERROR);
    message->english = arena_strdup(report->arena, err->english);
    message->spanish = arena_strdup(report->arena, err->spanish);
    return message;
}

static void release_rows(void *subject)
{
    struct report_rows *rows = subject;
    free(rows->rows);
}

void report_take_rows(struct report *report, struct report_message *message, struct report_rows *rows)
{
    struct report_rows *kept = arena_memdup(report->arena, rows, sizeof *rows);
    if (!kept) {
        report->out_of_memory = true;
        report_rows_finish(rows);
        return;
    }
    memset(rows, 0, sizeof *rows);
    if (!arena_defer(report->arena, release_rows, kept)) {
        report->out_of_memory = true;
        return;
    }
    message->rows = kept;
}

static const char *keep_readable(const char *text, struct arena *arena)
{
    char readable[1024];
    text_mend_utf8(text_of(text), readable, sizeof readable);
    return arena_strdup(arena, readable);
}

bool report_rows_add(struct report_rows *rows, struct arena *arena, const struct report_detail *detail)
{
    if (rows->count == rows->capacity) {
        size_t capacity = rows->capacity == 0 ? 64 : rows->capacity * 2;
        int64_t *larger = realloc(rows->rows, capacity * sizeof *larger);
        if (!larger) {
            return false;
        }
        rows->rows = larger;
        rows->capacity = capacity;
    }
    rows->rows[rows->count++] = detail->row;
    if (rows->detail_count < REPORT_DETAILS_MAX) {
        struct report_detail *kept = &rows->details[rows->detail_count++];
        *kept = *detail;
        kept->key = detail->key ? keep_readable(detail->key, arena) : NULL;
        kept->english = keep_readable(detail->english, arena);
        kept->spanish = keep_readable(detail->spanish, arena);
    }
    return true;
}

void report_rows_finish(struct report_rows *rows)
{
    free(rows->rows);
    memset(rows, 0, sizeof *rows);
}

enum report_severity report_worst(const struct report *report)
{
    enum report_severity worst = REPORT_NOTICE;
    for (const struct report_message *message = report->messages; message; message = message->next) {
        worst = message->severity > worst ? message->severity : worst;
    }
    return worst;
}

static const char *pick(enum report_language language, const char *english, const char *spanish)
{
    return language == REPORT_SPANISH ? spanish : english;
}

/* The page for staff about a code, as the repository has it. */
static const char *page_of(const char *code, char out[PAGE_BYTES])
{
    snprintf(out, PAGE_BYTES, "docs/es/codigos/%.20s.md", code);
    return out;
}

static void write_bbox(struct json_writer *json, const struct bbox *box)
{
    json_write_name(json, "bbox");
    if (bbox_is_empty(box)) {
        json_write_null(json);
        return;
    }
    json_write_begin_array(json);
    json_write_fixed(json, box->min_x, 7);
    json_write_fixed(json, box->min_y, 7);
    json_write_fixed(json, box->max_x, 7);
    json_write_fixed(json, box->max_y, 7);
    json_write_end_array(json);
}

static void write_fields(struct json_writer *json, const struct report_layer *layer, enum report_language language)
{
    json_write_name(json, "fields");
    json_write_begin_array(json);
    for (size_t i = 0; i < layer->field_count; i++) {
        const struct report_field *field = &layer->fields[i];
        json_write_begin_object(json);
        json_write_member_string(json, "name", field->name);
        json_write_member_string(json, "type", field_type_name(field->type));
        json_write_member_string(json, "title", pick(language, field->title_english, field->title_spanish));
        json_write_end_object(json);
    }
    json_write_end_array(json);
    json_write_name(json, "keys");
    json_write_begin_array(json);
    for (size_t i = 0; i < layer->key_count; i++) {
        json_write_string(json, layer->keys[i]);
    }
    json_write_end_array(json);
}

static void write_raster(struct json_writer *json, const struct report_raster *raster)
{
    if (raster->width == 0) {
        return;
    }
    json_write_name(json, "raster");
    json_write_begin_object(json);
    json_write_member_int(json, "width", raster->width);
    json_write_member_int(json, "height", raster->height);
    json_write_member_int(json, "bands", raster->bands);
    json_write_member_string(json, "type", raster->type);
    json_write_member_string(json, "no_data", raster->no_data);
    json_write_member_bool(json, "mask", raster->has_mask);
    json_write_name(json, "pixel");
    json_write_begin_array(json);
    json_write_double(json, raster->pixel_x);
    json_write_double(json, raster->pixel_y);
    json_write_end_array(json);
    json_write_member_int(json, "overviews", raster->overviews);
    if (raster->kind) {
        json_write_member_string(json, "kind", raster->kind);
    }
    json_write_end_object(json);
}

static void write_layer(struct json_writer *json, const struct report_layer *layer, enum report_language language)
{
    json_write_begin_object(json);
    json_write_member_string(json, "name", layer->name);
    json_write_member_string(json, "geometry", layer->geometry);
    json_write_member_int(json, "features", layer->features);
    json_write_member_int(json, "null_geometries", layer->null_geometries);
    json_write_name(json, "invalid_geometries");
    if (layer->invalid_geometries < 0) {
        json_write_null(json);
    } else {
        json_write_int(json, layer->invalid_geometries);
    }
    json_write_name(json, "srs");
    json_write_begin_object(json);
    json_write_member_string(json, "code", layer->srs_code);
    json_write_member_string(json, "name", layer->srs_name);
    json_write_name(json, "confidence");
    json_write_fixed(json, layer->srs_confidence, 2);
    json_write_member_string(json, "how", pick(language, layer->srs_how_english, layer->srs_how_spanish));
    json_write_end_object(json);
    json_write_name(json, "encoding");
    json_write_begin_object(json);
    json_write_member_string(json, "name", layer->encoding_name);
    json_write_name(json, "confidence");
    json_write_fixed(json, layer->encoding_confidence, 2);
    json_write_member_string(json, "how", pick(language, layer->encoding_how_english, layer->encoding_how_spanish));
    json_write_name(json, "samples");
    json_write_begin_array(json);
    for (size_t i = 0; i < layer->sample_count; i++) {
        json_write_string(json, layer->samples[i]);
    }
    json_write_end_array(json);
    json_write_end_object(json);
    write_fields(json, layer, language);
    write_bbox(json, &layer->bbox);
    write_raster(json, &layer->raster);
    json_write_member_string(json, "layer", layer->id);
    if (layer->version > 0) {
        json_write_member_int(json, "version", layer->version);
        json_write_member_int(json, "loaded", layer->loaded);
        json_write_member_int(json, "left_out", layer->left_out);
    }
    json_write_end_object(json);
}

static void write_rows(struct json_writer *json, const struct report_rows *rows, enum report_language language)
{
    json_write_member_int(json, "row_count", (int64_t)rows->count);
    json_write_name(json, "rows");
    json_write_begin_array(json);
    for (size_t i = 0; i < rows->count; i++) {
        json_write_int(json, rows->rows[i]);
    }
    json_write_end_array(json);
    json_write_name(json, "details");
    json_write_begin_array(json);
    for (size_t i = 0; i < rows->detail_count; i++) {
        const struct report_detail *detail = &rows->details[i];
        json_write_begin_object(json);
        json_write_member_int(json, "row", detail->row);
        if (detail->key) {
            json_write_member_string(json, "key", detail->key);
        }
        json_write_member_string(json, "what", pick(language, detail->english, detail->spanish));
        if (isfinite(detail->x) && isfinite(detail->y)) {
            json_write_member_double(json, "x", detail->x);
            json_write_member_double(json, "y", detail->y);
        }
        json_write_end_object(json);
    }
    json_write_end_array(json);
}

static void write_message(struct json_writer *json, const struct report_message *message, enum report_language language,
                          bool both)
{
    json_write_begin_object(json);
    json_write_member_string(json, "code", message->code);
    json_write_member_string(json, "severity", severity_names[message->severity]);
    json_write_member_string(json, "text", pick(language, message->english, message->spanish));
    if (both) {
        json_write_member_string(json, "text_en", message->english);
    }
    json_write_name(json, "place");
    json_write_begin_object(json);
    if (message->layer) {
        json_write_member_string(json, "layer", message->layer);
    }
    if (message->field) {
        json_write_member_string(json, "field", message->field);
    }
    if (message->rows) {
        write_rows(json, message->rows, language);
    }
    json_write_end_object(json);
    json_write_member_string(json, "cure", pick(language, message->cure_english, message->cure_spanish));
    if (both) {
        json_write_member_string(json, "cure_en", message->cure_english);
    }
    char page[PAGE_BYTES];
    json_write_member_string(json, "page", page_of(message->code, page));
    json_write_end_object(json);
}

void report_write_json(const struct report *report, enum report_language language, bool both, struct buffer *out)
{
    struct json_writer json;
    json_write_init(&json, out);
    json_write_begin_object(&json);
    json_write_member_string(&json, "file", report->file);
    json_write_member_string(&json, "sha256", report->sha256);
    json_write_member_string(&json, "format", report->format);
    json_write_name(&json, "layers");
    json_write_begin_array(&json);
    for (const struct report_layer *layer = report->layers; layer; layer = layer->next) {
        write_layer(&json, layer, language);
    }
    json_write_end_array(&json);
    json_write_name(&json, "messages");
    json_write_begin_array(&json);
    for (const struct report_message *message = report->messages; message; message = message->next) {
        write_message(&json, message, language, both);
    }
    json_write_end_array(&json);
    json_write_end_object(&json);
}

/* Text of a file must not command the reader's terminal. */
static void put_clean(FILE *out, const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        unsigned char byte = (unsigned char)*at;
        if (byte < 0x20 || byte == 0x7f) {
            fprintf(out, "\\x%02x", byte);
        } else {
            fputc(*at, out);
        }
    }
}

static void print_encoding(const struct report_layer *layer, enum report_language language, FILE *out)
{
    if (!layer->encoding_name) {
        return;
    }
    fprintf(out, "  %s: %s (%s)", pick(language, "encoding", "codificación"), layer->encoding_name,
            pick(language, layer->encoding_how_english, layer->encoding_how_spanish));
    for (size_t i = 0; i < layer->sample_count; i++) {
        fputs(i == 0 ? ": «" : ", «", out);
        put_clean(out, layer->samples[i]);
        fputs("»", out);
    }
    fputc('\n', out);
}

static void print_raster(const struct report_raster *raster, enum report_language language, FILE *out)
{
    fprintf(out, ": %s, %lld x %lld px, %s %lld (%s), %s %s%s", pick(language, "raster", "ráster"),
            (long long)raster->width, (long long)raster->height, pick(language, "bands", "bandas"),
            (long long)raster->bands, raster->type, pick(language, "no-data", "sin dato"),
            raster->no_data ? raster->no_data : "-",
            raster->has_mask ? pick(language, ", with mask", ", con máscara") : "");
}

static void print_layer(const struct report_layer *layer, enum report_language language, FILE *out)
{
    fputs("\n", out);
    put_clean(out, layer->name);
    if (layer->raster.width > 0) {
        print_raster(&layer->raster, language, out);
    } else {
        fprintf(out, ": %s, %lld %s", layer->geometry, (long long)layer->features,
                pick(language, "features", "elementos"));
    }
    if (layer->null_geometries > 0) {
        fprintf(out, ", %lld %s", (long long)layer->null_geometries,
                pick(language, "without geometry", "sin geometría"));
    }
    if (layer->invalid_geometries > 0) {
        fprintf(out, ", %lld %s", (long long)layer->invalid_geometries,
                pick(language, "with invalid geometry", "con geometría inválida"));
    }
    fputc('\n', out);
    if (layer->srs_name) {
        fprintf(out, "  %s: ", pick(language, "reference system", "sistema de referencia"));
        if (layer->srs_code) {
            fprintf(out, "%s ", layer->srs_code);
        }
        put_clean(out, layer->srs_name);
        fprintf(out, " (%s, %.0f %%)\n", pick(language, layer->srs_how_english, layer->srs_how_spanish),
                layer->srs_confidence * 100);
    }
    print_encoding(layer, language, out);
    if (!bbox_is_empty(&layer->bbox)) {
        fprintf(out, "  %s: %.5f, %.5f … %.5f, %.5f\n", pick(language, "extent", "extensión"), layer->bbox.min_x,
                layer->bbox.min_y, layer->bbox.max_x, layer->bbox.max_y);
    }
    if (layer->field_count > 0) {
        fprintf(out, "  %s: ", pick(language, "columns", "columnas"));
        for (size_t i = 0; i < layer->field_count; i++) {
            fputs(i == 0 ? "" : ", ", out);
            put_clean(out, layer->fields[i].name);
            fprintf(out, " (%s)", field_type_name(layer->fields[i].type));
        }
        fputc('\n', out);
    }
    if (layer->version > 0) {
        fprintf(out, "  %s «%s», %s %lld: %lld %s\n", pick(language, "loaded as", "cargada como"), layer->id,
                pick(language, "version", "versión"), (long long)layer->version, (long long)layer->loaded,
                pick(language, "features", "elementos"));
    }
}

static void print_rows(const struct report_rows *rows, enum report_language language, FILE *out)
{
    size_t shown = rows->detail_count < ROWS_SHOWN ? rows->detail_count : ROWS_SHOWN;
    for (size_t i = 0; i < shown; i++) {
        const struct report_detail *detail = &rows->details[i];
        fprintf(out, "      %s %lld", pick(language, "row", "fila"), (long long)detail->row);
        if (detail->key) {
            fputs(" (", out);
            put_clean(out, detail->key);
            fputs(")", out);
        }
        fputs(": ", out);
        put_clean(out, pick(language, detail->english, detail->spanish));
        if (isfinite(detail->x) && isfinite(detail->y)) {
            fprintf(out, " (%.10g, %.10g)", detail->x, detail->y);
        }
        fputc('\n', out);
    }
    if (rows->count > shown) {
        fprintf(out, "      %s: %zu (%s --json)\n", pick(language, "more rows", "filas más"), rows->count - shown,
                pick(language, "all of them with", "todas con"));
    }
}

/* Where to read on: each page once, however many messages have its code. */
static void print_pages(const struct report *report, enum report_language language, enum report_severity least,
                        FILE *out)
{
    bool any = false;
    for (const struct report_message *message = report->messages; message; message = message->next) {
        bool told = message->severity < least;
        for (const struct report_message *at = report->messages; !told && at != message; at = at->next) {
            told = at->severity >= least && strcmp(at->code, message->code) == 0;
        }
        if (!told) {
            char page[PAGE_BYTES];
            fprintf(out, "%s%s", any ? ", " : pick(language, "more (in Spanish): ", "más: "),
                    page_of(message->code, page));
            any = true;
        }
    }
    fputs(any ? "\n" : "", out);
}

void report_print_messages(const struct report *report, enum report_language language, enum report_severity least,
                           FILE *out)
{
    static const char *const english[] = {"notice", "warning", "error"};
    static const char *const spanish[] = {"aviso", "advertencia", "error"};
    for (const struct report_message *message = report->messages; message; message = message->next) {
        if (message->severity < least) {
            continue;
        }
        fprintf(out, "%s %s: ", pick(language, english[message->severity], spanish[message->severity]), message->code);
        if (message->layer) {
            put_clean(out, message->layer);
            fputs(": ", out);
        }
        put_clean(out, pick(language, message->english, message->spanish));
        fputc('\n', out);
        if (message->rows) {
            print_rows(message->rows, language, out);
        }
        const char *cure = pick(language, message->cure_english, message->cure_spanish);
        if (cure) {
            fprintf(out, "      %s: ", pick(language, "cure", "remedio"));
            put_clean(out, cure);
            fputc('\n', out);
        }
    }
    print_pages(report, language, least, out);
}

void report_print(const struct report *report, enum report_language language, FILE *out)
{
    put_clean(out, report->file);
    if (report->format) {
        fprintf(out, ": %s", report->format);
    }
    fputc('\n', out);
    for (const struct report_layer *layer = report->layers; layer; layer = layer->next) {
        print_layer(layer, language, out);
    }
    report_print_messages(report, language, REPORT_NOTICE, out);
}
