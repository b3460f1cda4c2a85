/* SPDX-License-Identifier: MIT */
#pragma once
/* What was found in a foreign file and what was done about it: one object, told to people as text and to programs as
 * JSON, in Spanish or English. Nothing is changed or left out without a message here. */

#include "base/arena.h"
#include "base/buffer.h"
#include "geo/feature.h"

#include <stdio.h>

enum report_language { REPORT_ENGLISH, REPORT_SPANISH };

enum report_severity {
    REPORT_NOTICE,  /* worth knowing, nothing to do */
    REPORT_WARNING, /* loaded, but somebody should look */
    REPORT_ERROR    /* not loaded */
};

/* Up to this many rows of a message carry what and where; the others carry their number only. */
enum { REPORT_DETAILS_MAX = 100, REPORT_SAMPLES_MAX = 5, REPORT_KEYS_MAX = 8 };

/* One row that something was done to. */
struct report_detail {
    int64_t row;
    const char *key; /* the value of the key field as text; NULL without */
    const char *english;
    const char *spanish;
    double x; /* coordinate as in the file; NaN when there is none */
    double y;
};

/* Rows with the same fate, gathered while features pass. */
struct report_rows {
    int64_t *rows;
    size_t count;
    size_t capacity;
    struct report_detail details[REPORT_DETAILS_MAX];
    size_t detail_count;
};

struct report_message {
    const char *code; /* "IMP-010" */
    enum report_severity severity;
    const char *english;
    const char *spanish;
    const char *cure_english; /* NULL when there is nothing to do */
    const char *cure_spanish;
    const char *layer; /* NULL: the file as a whole */
    const char *field;
    struct report_rows *rows; /* NULL when no row is meant; owned by the report */
    struct report_message *next;
};

/* What is told of a raster. */
struct report_raster {
    int64_t width; /* 0: the layer is none */
    int64_t height;
    int64_t bands;
    int64_t overviews;   /* in the file that was brought */
    const char *type;    /* of a value: "Byte", "Float32" */
    const char *no_data; /* NULL: none is declared */
    const char *kind;    /* "imagery" or "elevation"; NULL until it is loaded */
    bool has_mask;
    double pixel_x; /* size of a pixel in units of the reference system */
    double pixel_y;
};

struct report_field {
    const char *name;
    enum field_type type;
    const char *title_english; /* from the descriptor; NULL when it is silent */
    const char *title_spanish;
};

struct report_layer {
    const char *name;     /* in the file */
    const char *geometry; /* "point", "multipolygon z", "mixed", "none" */
    int64_t features;
    int64_t null_geometries;
    int64_t invalid_geometries; /* -1: not checked */
    const char *srs_code;       /* NULL: has no code */
    const char *srs_name;
    double srs_confidence; /* 0 … 1 */
    const char *srs_how_english;
    const char *srs_how_spanish;
    const char *encoding_name; /* NULL when there is no text column */
    double encoding_confidence;
    const char *encoding_how_english;
    const char *encoding_how_spanish;
    const char *samples[REPORT_SAMPLES_MAX]; /* values with characters beyond ASCII, decoded */
    size_t sample_count;
    const struct report_field *fields;
    size_t field_count;
    const char *keys[REPORT_KEYS_MAX]; /* fields whose values are all there and all different */
    size_t key_count;
    struct bbox bbox; /* degrees; empty when unknown */
    const char *id;   /* what it is, or would be, loaded as; NULL when nothing would */
    int64_t version;  /* 0: not loaded */
    int64_t loaded;
    int64_t left_out;
    struct report_raster raster;
    struct report_layer *next;
};

struct report {
    struct arena *arena; /* everything here lives in it */
    const char *file;
    const char *sha256;
    const char *format;
    struct report_layer *layers; /* in the order of the file */
    struct report_layer *last_layer;
    struct report_message *messages;
    struct report_message *last_message;
    bool out_of_memory;
};

/* NULL when memory is out. */
struct report *report_create(const char *file);
void report_destroy(struct report *report);

/* A new layer at the end; NULL when memory is out. */
struct report_layer *report_add_layer(struct report *report, const char *name);

/* Adds a message, with the usual cure where it is more than a notice; both formats take the same arguments. Returns it
 * for report_cure, report_at; a spare one when memory is out (`report->out_of_memory` is then set), never NULL. */
struct report_message *report_tell(struct report *report, const char *code, enum report_severity severity,
                                   const char *english, const char *spanish, ...)
    __attribute__((format(printf, 4, 6), format(printf, 5, 6)));
void report_cure(struct report *report, struct report_message *message, const char *english, const char *spanish, ...)
    __attribute__((format(printf, 3, 5), format(printf, 4, 5)));
void report_at(struct report *report, struct report_message *message, const char *layer, const char *field);
/* Adds an error that travelled as `err`. */
struct report_message *report_tell_error(struct report *report, const struct error *err);

/* Hands the gathered rows to a message; `rows` is empty afterwards. */
void report_take_rows(struct report *report, struct report_message *message, struct report_rows *rows);

/* Notes that `row` shares the fate. Texts and key are copied into `arena` for the first REPORT_DETAILS_MAX rows. */
bool report_rows_add(struct report_rows *rows, struct arena *arena, const struct report_detail *detail);
void report_rows_finish(struct report_rows *rows);

enum report_severity report_worst(const struct report *report);

/* The report object as JSON (no newline at the end). With `both` the English texts stand beside as text_en, cure_en. */
void report_write_json(const struct report *report, enum report_language language, bool both, struct buffer *out);
/* The messages of at least this severity, for people. */
void report_print_messages(const struct report *report, enum report_language language, enum report_severity least,
                           FILE *out);
/* The whole report for people. */
void report_print(const struct report *report, enum report_language language, FILE *out);
