/* SPDX-License-Identifier: MIT */
#pragma once
/* The bytes of a shapefile that we look at ourselves before GDAL does: headers, the index, the table's columns.
 * ESRI Shapefile Technical Description, July 1998; dBASE III+ table structure. */

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"

#include <stdint.h>

struct shapefile_column {
    char name[12]; /* raw bytes, NUL-terminated */
    char type;     /* 'C', 'N', 'F', 'L', 'D', … */
    unsigned width;
    unsigned decimals;
};

struct shapefile_table {
    uint32_t rows;      /* what the file has room for; the header may claim more */
    uint32_t rows_told; /* what the header claims */
    unsigned char language;
    unsigned header_bytes;
    unsigned row_bytes;
    struct shapefile_column *columns;
    size_t column_count;
};

/* Reads the header of the .dbf at `path`. */
bool shapefile_read_table(const char *path, struct arena *arena, struct shapefile_table *out_table, struct error *err);

/* Copies the table to `out` so that it has a row for each of `records` shapes: GDAL would drop the shapes without one.
 * Rows that the file does not have become blank; rows beyond what its header tells are used. */
bool shapefile_fit_table(const char *path, const struct shapefile_table *table, uint32_t records, const char *out,
                         struct error *err);

/* What a cell means that GDAL would misread. */
enum shapefile_meaning {
    SHAPEFILE_NOTHING,
    SHAPEFILE_COMMA,    /* "1,5" in a column that writes all its decimals so: `number` is what is meant */
    SHAPEFILE_FRACTION, /* "1.5" in a column that announces whole numbers: `number` */
    SHAPEFILE_DATE      /* a date that is not written YYYYMMDD: `text` as YYYY-MM-DD */
};

/* A cell of a number or date column whose content is none, or is not what GDAL takes it for. */
struct shapefile_cell {
    uint32_t row; /* from 0 */
    unsigned column;
    bool starred; /* asterisks: no value, or a number that did not fit; see shapefile_numbers */
    enum shapefile_meaning meaning;
    double number;
    char text[24]; /* as it stands, cut */
};

/* dBASE writes asterisks for a number that does not fit; GDAL and QGIS write them for "no value". Only a column that
 * some number fills from edge to edge can have had one too long for it. */
struct shapefile_numbers {
    bool has_point;
    bool is_filled;
    size_t
        starred_count; /* all; `cells` has no more than SHAPEFILE_STARS_MAX of those of a column that is not filled */
};

enum { SHAPEFILE_STARS_MAX = 1000 };

struct shapefile_faults {
    const struct shapefile_numbers *numbers; /* for each column */
    struct shapefile_cell *cells;            /* in the order of rows, then columns */
    size_t cell_count;
    const uint32_t *deleted; /* rows that are marked as deleted */
    size_t deleted_count;
    const bool *binary; /* by column: numbers in bytes, which are no text (dBASE 7, FoxPro) */
};

/* Reads all rows of the table for what its readers commonly pass over in silence. */
bool shapefile_find_faults(const char *path, const struct shapefile_table *table, struct arena *arena,
                           struct shapefile_faults *out_faults, struct error *err);

struct shapefile_shapes {
    int type;           /* 1, 3, 5, 8, 11, … 31; 0: only null shapes */
    uint32_t records;   /* in the index */
    uint64_t unread_at; /* where a rebuilt index had to stop because the rest is damaged; 0: read to the end */
};

/* Reads the header of the .shp. Fails when it is none. */
bool shapefile_read_header(const char *shp, struct shapefile_shapes *out_shapes, struct error *err);

/* Whether the .shx at `shx` fits the .shp: entries inside the file, and together no larger than it (an index that
 * points again and again at one record would make gigabytes out of a small file). */
bool shapefile_check_index(const char *shp, const char *shx, struct shapefile_shapes *out_shapes, struct error *err);

/* How many shapes the .shx at `shx` has entries for, whatever they are worth. */
uint32_t shapefile_count_entries(const char *shx);

/* Makes the .shx anew from the records of the .shp, up to the first that is damaged. */
bool shapefile_rebuild_index(const char *shp, const char *shx, struct shapefile_shapes *out_shapes, struct error *err);
