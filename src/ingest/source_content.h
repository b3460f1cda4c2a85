/* SPDX-License-Identifier: MIT */
#pragma once
/* What a file is, told by its first bytes and never by its name. */

#include "base/error.h"

#include <stdbool.h>

enum content {
    CONTENT_UNKNOWN,
    CONTENT_ZIP,
    CONTENT_SHP,
    CONTENT_SQLITE,
    CONTENT_FLATGEOBUF,
    CONTENT_GEOJSON,
    CONTENT_GEOJSON_SEQUENCE,
    CONTENT_TOPOJSON,
    CONTENT_ESRI_JSON,
    CONTENT_OTHER_JSON,
    CONTENT_KML,
    CONTENT_OSM,
    CONTENT_DXF,
    CONTENT_BINARY_DXF,
    CONTENT_DWG,
    CONTENT_OLD_OFFICE,
    CONTENT_OTHER_ARCHIVE,
    CONTENT_XML,
    CONTENT_GZIP,
    CONTENT_RASTER,
    CONTENT_PDF,
    CONTENT_LFS_POINTER,
    CONTENT_GML,
    CONTENT_GPX,
    CONTENT_MAPINFO,
    CONTENT_E00,
    CONTENT_TEXT,
    CONTENT_UTF16,
    CONTENT_EMPTY
};

/* Reads the head of the file at `path`. */
bool source_content_read(const char *path, enum content *out_content, struct error *err);

/* Says in `err` why a file with such content is no layer, and what to do. Always false. */
bool source_content_refuse(const char *path, enum content content, struct error *err);
