/* SPDX-License-Identifier: MIT */
#pragma once
/* Label points of a polygon layer for vector tiles: one point a feature instead of one a tile, so that a client writes
 * each name once. */

#include "base/arena.h"
#include "geo/feature.h"

enum { MVT_LABEL_NAME_MAX = 80, MVT_LABEL_SIDE_MIN_PX = 8 };

/* "colonias:label", the name in a tile. No layer's id has a colon. */
void mvt_label_name(const char *layer, char out_name[static MVT_LABEL_NAME_MAX]);

/* The points of the polygons that lie in `area` (world units), with the attribute `field` alone and the polygons' ids.
 * A point is the pole of inaccessibility of the polygon's largest part. It is found from the whole polygon as the
 * tile's zoom draws it, so every tile of a zoom has it at the same place. Polygons of fewer than MVT_LABEL_SIDE_MIN_PX
 * pixels, `px_units` world units each, have none. All that is found lives in `arena`. Cost: a search for
 * the pole for each polygon large enough (render/label_pole.h). */
bool mvt_label_points(const struct feature_list *polygons, size_t field, const struct world_box *area, double px_units,
                      struct arena *arena, struct feature_list *out_points, struct error *err);
