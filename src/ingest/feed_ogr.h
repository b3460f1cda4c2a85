/* SPDX-License-Identifier: MIT */
#pragma once
/* Layers that GDAL's vector drivers read: shapefile, GeoPackage, GeoJSON, FlatGeobuf, KML, DXF, OpenStreetMap. */

#include "ingest/feed.h"
#include "ingest/ingest.h"

/* Opens with the one driver that the format stands for. */
bool feed_ogr_open(const struct source_layer *layer, struct report *report, struct feed **out_feed, struct error *err);

/* A layer of a container. What follows `index` is known of formats that do not declare it and are read through for it
 * (KML, DXF, OpenStreetMap); else 0. */
struct feed_ogr_entry {
    const char *name;
    unsigned index;   /* in the container */
    int64_t kinds[4]; /* features by enum geometry_kind; [GEOMETRY_NONE]: without geometry */
    bool counted;
};

/* The layers in the file at `path` that can have geometry. */
bool feed_ogr_list(const char *path, enum source_format format, struct arena *arena,
                   struct feed_ogr_entry **out_entries, size_t *out_count, struct error *err);
