/* SPDX-License-Identifier: MIT */
#pragma once
/* From any coordinate reference system to longitude, latitude in degrees (CRS84) and back, by PROJ.
 *
 * Axis order outside this room is always x, y: longitude, latitude or easting, northing. Datum grids are never fetched:
 * the PROJ network is off. One projection belongs to one thread. */

#include "base/error.h"

#include <stddef.h>

struct projection;

/* `crs` is what PROJ understands and we allow: "EPSG:6372", WKT 1 or 2, PROJJSON; at most 64 KiB, no "+init", no URLs,
 * no pipelines. Creating one costs milliseconds: keep it. */
bool projection_open(const char *crs, struct projection **out_projection, struct error *err);
void projection_close(struct projection *projection);

/* Transforms `count` pairs in place. A point that cannot be transformed becomes (HUGE_VAL, HUGE_VAL), and the number of
 * those is returned. */
size_t projection_to_lonlat(struct projection *projection, double *xy, size_t count);
size_t projection_from_lonlat(struct projection *projection, double *xy, size_t count);

/* True when the system is geographic in degrees on WGS 84 or a frame taken as equal to it, so that nothing is done. */
bool projection_is_identity(const struct projection *projection);
