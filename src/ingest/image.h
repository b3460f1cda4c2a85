/* SPDX-License-Identifier: MIT */
#pragma once
/* What a raster file (GeoTIFF, JPEG 2000, PNG or JPEG with a world file) says of itself. Rasters are recognised and
 * described; they are not loaded. */

#include "ingest/report.h"

/* Adds a layer `name` of geometry "raster" to the report, with its reference system and extent, and always fails: `err`
 * (code IMP-090) tells size, bands, type and no-data, and that rasters are not loaded. */
bool image_refuse(const char *path, const char *name, struct report *report, struct error *err);
