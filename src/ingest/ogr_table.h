/* SPDX-License-Identifier: MIT */
#pragma once
/* What GDAL passes over in silence in the .dbf of a shapefile. */

#include "ingest/ogr_layer.h"

/* Finds encoding, logical columns and decimals with a comma; tells values that are none, deleted rows, and rows that
 * are too many or too few. */
bool ogr_table_look(struct feed_ogr *feed, const struct source_layer *layer, struct report *report, struct error *err);

/* Integers of 19 digits and more are real numbers to OGR, unless it looks at the values. False where `dbf` is NULL. */
bool ogr_table_has_long_integers(const char *dbf, struct arena *arena);
