/* SPDX-License-Identifier: MIT */
#pragma once
/* Points gathered into clusters zoom by zoom, as the reference does (supercluster). */

#include "conformance/geojson_cut.h"

struct cluster_index;

/* The clusters of a GeoJSON source at zoom `z`; `json` is the source with its options. */
bool cluster_index_create(const struct flat_list *list, const struct value *json, uint32_t z, struct arena *arena,
                          struct cluster_index **out_index, struct error *err);
/* Those whose place is in the tile or within its buffer, in units of the tile. False when memory is out. */
bool cluster_index_cut(const struct cluster_index *index, struct tile_id tile, struct arena *arena,
                       struct feature_list *out_features);
