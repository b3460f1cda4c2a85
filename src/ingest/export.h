/* SPDX-License-Identifier: MIT */
#pragma once
/* A layer as a file for other programs: from the truth, coordinates to the bit where the format has the layer's
 * reference system. */

#include "ingest/report.h"

struct export_options {
    const char *directory; /* the data directory */
    const char *layer;
    int64_t version;    /* 0: the served one, else what would be served next */
    const char *format; /* "gpkg", "shp" …; NULL: by the file's ending */
    const char *path;   /* written beside and renamed at the end */
    const char *srs;    /* "EPSG:N"; NULL: the layer's own, or degrees where the format has only those */
    bool with_hidden;   /* hidden columns, too */
    /* Told now and then; may be NULL. */
    void (*progress)(void *context, int64_t done, int64_t total);
    void *context;
};

/* Writes the file. What the format could not carry is told in `report`. */
bool export_run(const struct export_options *options, struct report *report, struct error *err);

/* The formats, for messages: "gpkg, shp, …". */
const char *export_formats(void);
