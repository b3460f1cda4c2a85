/* SPDX-License-Identifier: MIT */
#pragma once
/* A view in a GeoPackage is a program, and a program may run for ever. Bounds how long the SQLite that reads such files
 * may work without giving a row. For processes where one thread reads. */

#include <stdbool.h>

struct sqlite3;

/* Before each opening: the connections that GDAL opens are seen. (Closing one makes SQLite forget.) */
void sql_patience_set_up(void);

/* The connection to a data file that was opened last: that of the data set just opened. It lives as long as that. */
struct sqlite3 *sql_patience_connection(void);

/* From now on a statement of `connection` is ended after `seconds` of processor time without another call of this. */
void sql_patience_begin(struct sqlite3 *connection, unsigned seconds);

/* Whether a statement was ended since the last call of sql_patience_begin. */
bool sql_patience_is_lost(void);
