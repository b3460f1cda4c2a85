/* SPDX-License-Identifier: MIT */
#pragma once
/* The reference system that an old GeoJSON names in its member "crs", which GDAL passes over where it does not know
 * it. */

#include "base/arena.h"
#include "base/text.h"

/* The words of the member "crs" at the root of the file at `path`, when they describe a system that is not known here;
 * no data when there is none, when it is null, or when it is known. Only the beginning of the file is read. */
struct text geojson_crs_unknown(const char *path, struct arena *arena);
