/* SPDX-License-Identifier: MIT */
#pragma once
/* Tables (text, or the sheets of feed_sheet.h) with coordinates in columns, or with WKT, as spreadsheets export them:
 * any of four delimiters, title lines above the header, decimal comma. RFC 4180 where it is kept. */

#include "ingest/feed.h"

/* `report` may be NULL. */
bool feed_csv_open(const struct source_layer *layer, struct report *report, struct feed **out_feed, struct error *err);

/* Whether the table has a header that names coordinates; says in `err` what it has instead. */
bool feed_csv_has_coordinates(const struct source_layer *layer, struct error *err);
