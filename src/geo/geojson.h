/* SPDX-License-Identifier: MIT */
#pragma once
/* GeoJSON geometry objects (RFC 7946): longitude, latitude with at most 7 decimals (about a centimetre). */

#include "base/json_write.h"
#include "geo/feature.h"

/* Writes the shape, in degrees, as a geometry object, or null when it has no part. One part gives a single type,
 * several the Multi type. Rings are written as they are wound: see shape_wind. */
void geojson_write_shape(struct json_writer *writer, const struct shape *shape);

/* The shape in degrees of a geometry in world units moved east by `shift_x`, its rings wound as RFC 7946 wants. */
bool shape_from_geometry(const struct geometry *geometry, int64_t shift_x, struct arena *arena,
                         struct shape *out_shape);
