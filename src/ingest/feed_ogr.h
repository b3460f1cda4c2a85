/* SPDX-License-Identifier: MIT */
#pragma once
/* Layers that GDAL's vector drivers read: shapefile, GeoPackage, GeoJSON, FlatGeobuf, KML. */

#include "ingest/feed.h"

/* Settles GDAL's switches for the whole process: no network, no plugins, no side files. Called by whoever uses GDAL. */
void feed_ogr_set_up(void);

/* Opens with the one driver that the format stands for. */
bool feed_ogr_open(const struct source_layer *layer, struct report *report, struct feed **out_feed, struct error *err);

/* The names of the layers with geometry in the file at `path`. */
bool feed_ogr_list(const char *path, enum source_format format, struct arena *arena, const char ***out_names,
                   size_t *out_count, struct error *err);

/* WKB (ISO) of WKT text or of hexadecimal (E)WKB; false when it is neither. */
bool feed_ogr_parse_geometry(struct text text, struct arena *arena, const unsigned char **out_wkb, size_t *out_size);
