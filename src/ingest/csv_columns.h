/* SPDX-License-Identifier: MIT */
#pragma once
/* Which columns of a table say where things are, told by their names. */

#include "ingest/csv_rows.h"

struct csv_columns {
    int x; /* -1: none */
    int y;
    int geometry; /* WKT or WKB, where there are no x and y; -1: none */
    bool degrees; /* the name of x can only be a longitude's */
    /* Where degrees, minutes and seconds stand in columns of their own ("lon_g", "lon_m", "lon_s"), those of the last
     * two for x and y; -1: none. */
    int minutes[2];
    int seconds[2];
};

/* Looks at the first `count` names of `header`. */
struct csv_columns csv_columns_find(const struct csv_row *header, size_t count);

/* Whether well-known names of both axes are there. */
bool csv_columns_name_place(const struct csv_row *header);
