/* SPDX-License-Identifier: MIT */
#pragma once
/* The columns of a layer that is looked at: their names, the key among them, and what the report lists of them. */

#include "ingest/scan.h"

/* Fills `scan->fields`, once the encoding is known. */
bool scan_columns_name(struct scan *scan, struct error *err);

/* Finds the key, and tells of wishes for columns that are not there. */
void scan_columns_check(struct scan *scan, const struct scan_wishes *wishes);

/* Lists the columns in the report. */
bool scan_columns_list(struct scan *scan, const struct scan_wishes *wishes, struct error *err);
