/* SPDX-License-Identifier: MIT */
#pragma once
/* Rasters (GeoTIFF, JPEG 2000, PNG or JPEG with a world file) as layers of one feature, their outline: reference
 * system, extent and everything that is told of layers come from there. The pixels are raster_convert's. */

#include "ingest/feed.h"

/* Fails with IMP-090 when the file is no picture, has no place on the ground, or holds what cannot be shown. */
bool feed_raster_open(const struct source_layer *layer, struct report *report, struct feed **out_feed,
                      struct error *err);

/* The open file as a GDALDatasetH, the feed's. */
void *feed_raster_dataset(struct feed *feed);
/* Size, bands, type, no-data, resolution, pyramid. False when memory is out. */
bool feed_raster_describe(struct feed *feed, struct report *report, struct report_layer *layer);
