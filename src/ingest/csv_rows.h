/* SPDX-License-Identifier: MIT */
#pragma once
/* The rows of a table, cut into cells: of text with a delimiter (RFC 4180 where it is kept), or of a sheet. */

#include "base/error.h"
#include "base/text.h"
#include "ingest/feed_sheet.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { CSV_COLUMNS_MAX = 1000 };

struct csv_row {
    struct text *cells;
    bool *quoted;
    size_t count;
    bool any; /* some cell is not empty */
};

struct csv_rows {
    FILE *file;
    struct feed_sheet *sheet; /* where rows come from a spreadsheet and not from `file` */
    char delimiter;
    int64_t row; /* counted by whoever reads: how many were of data; for messages */
    char *block;
    size_t block_at;
    size_t block_end;
    bool ended;
    char *text; /* the row at hand, unquoted */
    size_t text_room;
    struct text cells[CSV_COLUMNS_MAX];
    bool quoted[CSV_COLUMNS_MAX];
    size_t *offsets;
};

/* Makes room; `file` or `sheet`, and `delimiter`, are for the caller to set. Closing closes those, too. */
bool csv_rows_open(struct csv_rows *rows, struct error *err);
void csv_rows_close(struct csv_rows *rows);

/* Back to the beginning, behind a byte order mark. */
void csv_rows_rewind(struct csv_rows *rows);

/* Splits the next line (or lines, where quotes hold line ends) into cells, which live until the next call; `*out_end`
 * when there is none. */
bool csv_rows_next(struct csv_rows *rows, struct csv_row *out_row, bool *out_end, struct error *err);
