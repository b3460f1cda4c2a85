/* SPDX-License-Identifier: MIT */
#pragma once
/* A layer that GDAL reads, as the files behind feed_ogr.h share it. */

#include "ingest/feed.h"
#include "ingest/ogr_dataset.h"
#include "ingest/shapefile.h"

struct sqlite3;

struct feed_ogr {
    struct feed base;
    struct arena *arena;
    enum source_format format;
    void *dataset; /* GDALDatasetH */
    void *layer;   /* OGRLayerH */
    const char *path;
    struct feed_field *fields; /* those of base.info */
    int *columns;              /* OGR's number of each field */
    bool *logical;             /* .dbf columns of type L, which OGR gives as text */
    unsigned char *wkb;        /* the feature's geometry; grows */
    size_t wkb_room;
    int64_t rows_read;
    int64_t records_told;                   /* of a sequence of GeoJSON features: how many there are to the eye */
    const struct shapefile_cell *bad_cells; /* of the .dbf: taken as no value; in the order of rows */
    size_t bad_count;
    size_t bad_room;
    struct shapefile_cell *misfits; /* bad_cells of a GeoPackage */
    unsigned kind;                  /* as in source_layer */
    bool with_empty;
    struct sqlite3 *view;          /* of a GeoPackage: the connection; NULL where the layer is a table */
    char damage[OGR_DAMAGE_BYTES]; /* what GDAL says of the feature at hand */
};
