/* SPDX-License-Identifier: MIT */
#pragma once
/* The table of a shapefile (dBASE III): written here and not by GDAL, which has no logical columns and cuts numbers. */

#include "ingest/export_sink.h"

struct export_dbf;

/* Chooses widths from the columns' stats, tells what does not fit, and writes the head. */
bool export_dbf_open(const struct export_job *job, const char *path, struct export_dbf **out_dbf, struct error *err);
void export_dbf_close(struct export_dbf *dbf);
bool export_dbf_add(struct export_dbf *dbf, const struct value *values, struct error *err);
/* Writes the number of rows into the head, and tells which values were cut. */
bool export_dbf_finish(struct export_dbf *dbf, struct error *err);
