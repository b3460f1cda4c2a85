/* SPDX-License-Identifier: MIT */
#pragma once
/* What each export format does, and what it is told. For the export_*.c files only. */

#include "base/arena.h"
#include "ingest/report.h"
#include "store/store_original.h"

/* What a column holds, found by one pass where a format asks for it. */
struct export_column_stats {
    int64_t empties;      /* texts without characters */
    int64_t blank_ends;   /* texts that end in a blank */
    int64_t longest;      /* bytes of a text */
    int64_t non_finite;   /* numbers that are infinite */
    unsigned whole_bytes; /* numbers: digits before the point, sign included */
    unsigned decimals;    /* numbers: digits after the point that keep every bit */
};

struct export_column {
    const char *name;    /* of the field */
    const char *written; /* in the file */
    enum field_type type;
    size_t source; /* index in the values of the original */
    struct export_column_stats stats;
};

struct export_job {
    const struct store_version *version;
    const struct store_originals_info *info;
    struct export_column *columns;
    size_t column_count;
    const char *srs;   /* of the coordinates as they are written: a code or WKT */
    unsigned decimals; /* of coordinates in text; 17: exact */
    const char *title;
    const char *path; /* the file to write, in a private folder */
    struct report *report;
    struct arena *arena;
};

struct export_feature {
    int64_t row;
    const unsigned char *wkb; /* NULL: none */
    size_t wkb_size;
    const struct value *values; /* of the original: by export_column.source */
};

struct export_sink;

struct export_kind {
    const char *name;
    const char *endings[2]; /* of files, with the dot */
    bool in_degrees;        /* the format knows no other reference system */
    bool looks_first;       /* wants stats */
    unsigned name_bytes;    /* longest column name; 0: any */
    bool (*open)(const struct export_job *job, struct export_sink **out_sink, struct error *err);
    /* `arena` is of this feature. */
    bool (*add)(struct export_sink *sink, const struct export_feature *feature, struct arena *arena, struct error *err);
    bool (*finish)(struct export_sink *sink, struct error *err);
    void (*close)(struct export_sink *sink);
};

/* First member of what each format keeps. */
struct export_sink {
    const struct export_job *job;
    int64_t left_out; /* features that the format cannot hold: told by finish */
};

extern const struct export_kind export_gpkg;
extern const struct export_kind export_shp;
extern const struct export_kind export_fgb;
extern const struct export_kind export_geojson;
extern const struct export_kind export_csv;
extern const struct export_kind export_kml;

/* Tells that a column is not what it was; both formats take the same arguments. */
void export_tell_column(const struct export_job *job, const struct export_column *column, const char *code,
                        enum report_severity severity, const char *english, const char *spanish);
