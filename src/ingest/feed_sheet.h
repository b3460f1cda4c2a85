/* SPDX-License-Identifier: MIT */
#pragma once
/* The sheets of spreadsheets (ODS, XLSX) as rows of text, exactly as the cells stand in the file. feed_csv.c makes
 * features of them. */

#include "ingest/feed.h"

struct feed_sheet;

struct feed_sheet_entry {
    const char *name;
    bool is_hidden; /* what people hid in their spreadsheet is not for others (XLSX) */
};

/* The sheets that hold cells, in the order of the file. Refuses books whose dates count from 1904: GDAL would read them
 * four years early. */
bool feed_sheet_list(const char *path, enum source_format format, struct arena *arena,
                     struct feed_sheet_entry **out_entries, size_t *out_count, struct error *err);

bool feed_sheet_open(const char *path, enum source_format format, const char *name, struct feed_sheet **out_sheet,
                     struct error *err);
void feed_sheet_close(struct feed_sheet *sheet);

/* The next row; cells live until the next call. At most `cells_max` are given. */
bool feed_sheet_next(struct feed_sheet *sheet, struct text *cells, size_t cells_max, size_t *out_count, bool *out_end,
                     struct error *err);
void feed_sheet_rewind(struct feed_sheet *sheet);
