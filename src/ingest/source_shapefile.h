/* SPDX-License-Identifier: MIT */
#pragma once
/* A shapefile put together from its parts: which belong to it, and what stands in for those that are missing or do not
 * fit. */

#include "ingest/source_parts.h"

/* Adds the layer whose shapes are in `shp`, one of `parts`. */
bool source_shapefile_add(struct source *source, const struct source_part *parts, size_t count,
                          const struct source_part *shp, struct report *report, struct error *err);
