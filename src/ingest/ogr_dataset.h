/* SPDX-License-Identifier: MIT */
#pragma once
/* Files as GDAL opens them: its switches for the whole process, one driver for one format, its words for our messages.
 */

#include "base/error.h"
#include "ingest/source.h"

enum { OGR_DAMAGE_BYTES = 200 };

/* Settles GDAL's switches: no network, no plugins, no side files. Called by whoever uses GDAL. */
void ogr_dataset_set_up(void);

/* Opens with the one driver that the format stands for. With `adjust_types` long integers of a .dbf stay whole. NULL
 * with `err` filled on failure; else GDALClose closes it. */
void *ogr_dataset_open(const char *path, enum source_format format, bool adjust_types, struct error *err);

/* Until CPLPopErrorHandler the first thing that GDAL complains of goes to `caught`, which begins empty. */
void ogr_dataset_listen(char caught[OGR_DAMAGE_BYTES]);

/* Takes the folder of `path` out of GDAL's words: it says nothing to people, and differs each time. */
void ogr_dataset_hide_folder(char *words, const char *path);
