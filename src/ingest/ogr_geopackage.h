/* SPDX-License-Identifier: MIT */
#pragma once
/* What a GeoPackage holds beyond what GDAL gives of it: values that are not of their column's type, columns of unknown
 * types, views, styles of QGIS. */

#include "ingest/ingest.h"
#include "ingest/ogr_layer.h"

enum { OGR_VIEW_SECONDS = 5 }; /* of processor time that a view may work without a row */

bool ogr_geopackage_is_view(const struct feed_ogr *feed);

/* Says in `err` that the view `name` took too long. Always false. */
bool ogr_geopackage_refuse_view(const char *name, struct error *err);

/* Tells misfits and columns that are not read; misfits become no value. */
bool ogr_geopackage_look(struct feed_ogr *feed, const struct source_layer *layer, struct report *report,
                         struct error *err);

/* The style that QGIS keeps for a layer in its GeoPackage (table layer_styles): the default one, else the newest; QML
 * where there is any, else SLD. `*out_found` false: none. Fills name and text of `out_style`, in `arena`. */
bool ogr_geopackage_style(const struct source_layer *layer, struct arena *arena, struct ingest_style *out_style,
                          bool *out_found, struct error *err);
