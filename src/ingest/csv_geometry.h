/* SPDX-License-Identifier: MIT */
#pragma once
/* Cells of a table that hold a whole geometry: what databases and telephones put around it. */

#include "base/text.h"

/* The cell without blanks and without the mark that databases put before hexadecimal digits: "0x0101…", "\x0101…". */
struct text csv_geometry_cell(struct text cell);

/* The number of the reference system in PostGIS's spellings: "SRID=4326;POINT…", or hexadecimal. 0: none. */
unsigned csv_geometry_srid(struct text text);

/* "25.5428, -103.4067" as maps on telephones copy it, latitude first; the other way round where only that can be. */
bool csv_geometry_place(struct text cell, double *out_x, double *out_y);
