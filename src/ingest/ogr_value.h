/* SPDX-License-Identifier: MIT */
#pragma once
/* The values of a feature as GDAL gives it. */

#include "ingest/ogr_layer.h"

/* That of `feature` (an OGRFeatureH) for the feed's field `i`; text is raw bytes in `arena`. */
struct value ogr_value_of(const struct feed_ogr *feed, void *feature, size_t i, struct arena *arena);
