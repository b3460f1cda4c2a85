/* SPDX-License-Identifier: MIT */
#pragma once
/* What lies inside a file that somebody brings: its format by content, and its layers. Works in a private temporary
 * folder where every part has a name of ours. */

#include "base/arena.h"
#include "base/error.h"
#include "ingest/report.h"

enum source_format {
    SOURCE_SHAPEFILE,
    SOURCE_GEOPACKAGE,
    SOURCE_GEOJSON,
    SOURCE_FLATGEOBUF,
    SOURCE_KML,
    SOURCE_CSV,
    SOURCE_DXF,
    SOURCE_ODS,
    SOURCE_XLSX,
    SOURCE_OSM,
    SOURCE_GEOJSON_SEQUENCE,
    SOURCE_RASTER
};

const char *source_format_name(enum source_format format);

/* One layer that could be loaded. Paths point into the private folder; NULL where a part is missing. */
struct source_layer {
    const char *name; /* for people: the name of the file, or of the layer in its container */
    enum source_format format;
    const char *path;  /* .shp, .gpkg, .geojson, .csv … */
    const char *inner; /* the layer's name in its container; NULL: the only one */
    const char *dbf;
    const char *prj;
    const char *label; /* what a .cpg or .cst says; NULL without */
    uint32_t records;  /* shapefile: entries of the index */
    unsigned index;    /* of `inner` in its container */
    unsigned kind;     /* where mixed geometry was taken apart: only this enum geometry_kind is meant; else 0 */
    bool with_empty;   /* with `kind`: features without geometry belong here */
};

struct source {
    struct arena *arena;
    const char *file; /* as it was given */
    const char *stem; /* its name without folder and extensions */
    const char *folder;
    char sha256[65];    /* over the file, or over the parts of a shapefile */
    const char *format; /* for people: "shapefile", "zip (shapefile)" */
    struct source_layer *layers;
    size_t layer_count;
    unsigned copies; /* files that were made UTF-8 */
};

/* Recognises the file at `path`. What is odd but bearable is told to `report` (which must live as long). Fails when
 * nothing in it can be a layer. The caller closes the source, which removes the folder. */
bool source_open(const char *path, struct report *report, struct source **out_source, struct error *err);
void source_close(struct source *source);

/* The hash that source_open would give, without looking inside. */
bool source_hash(const char *path, char out_sha256[65], struct error *err);

/* The layer `name` (any case), or NULL. */
const struct source_layer *source_find(const struct source *source, const char *name);

/* "Límite Municipal 2020.shp" gives "limite_municipal_2020": lower case, accents folded, [a-z0-9_-]. */
void source_slug(const char *name, char out[65]);
