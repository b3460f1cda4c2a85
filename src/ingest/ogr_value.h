/* SPDX-License-Identifier: MIT */
#pragma once
/* The values of a feature as GDAL gives it. */

#include "ingest/ogr_layer.h"

/* That of the feed's field `i`; text is raw bytes in `arena`. */
struct value ogr_value_of(const struct feed_ogr *feed, OGRFeatureH feature, size_t i, struct arena *arena);
