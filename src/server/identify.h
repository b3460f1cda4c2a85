/* SPDX-License-Identifier: MIT */
#pragma once
/* What is at a point of a map: the features drawn there, topmost first, with their attributes for people. The hit test
 * is done in world units on the geometry that the tiles of that zoom show. */

#include "base/buffer.h"
#include "server/format_es.h"
#include "tile/catalog.h"

enum {
    IDENTIFY_FEATURES_MAX = 20,   /* in one answer */
    IDENTIFY_VERTICES_MAX = 2000, /* of all geometry sent for highlighting; more is thinned out */
    IDENTIFY_RADIUS_DEFAULT_PX = 12,
    IDENTIFY_RADIUS_MAX_PX = 64
};

/* How far `point` is from the geometry, in world units: 0 inside a polygon. Negative when it has no vertices. `shift_x`
 * is added to the geometry. */
double identify_distance(const struct geometry *geometry, int64_t shift_x, double x, double y);

/* True when the features of `layer` answer on this map. "popup" of the map's metadata says which do, and what they
 * tell:
 *   {"<layer>": {"title": "<field>", "fields": ["<field>", …]}}
 * A layer that is only ground for others is left out there. Without "popup" every layer answers with all its fields. */
bool identify_answers(const struct catalog_map *map, const struct store_layer *layer);

/* A feature found. */
struct identify_hit {
    const struct store_layer *layer;
    const struct feature *feature;
    const struct feature_list *list;
    double distance_px;
    size_t order; /* 0 is the topmost style layer */
};

struct identify_result {
    struct identify_hit hits[IDENTIFY_FEATURES_MAX];
    size_t count;
    bool is_cut; /* there were more */
};

/* Finds what `map` shows within `radius_px` of the point at `zoom` (of 256 px tiles, as Leaflet counts). Features of
 * the same style layer come nearest first; of polygons only those the point is in, unless it is in none. */
bool identify_find(struct store *store, const struct catalog *catalog, const struct catalog_map *map, double longitude,
                   double latitude, double zoom, double radius_px, struct arena *arena,
                   struct identify_result *out_result, struct error *err);

/* identify_write.c */

/* {"map", "point", "zoom", "truncated", "features": [{"layer", "layer_title", "id", "title", "fields": [{"name",
 * "title", "value", "text", "unit"}], "geometry"}]} */
bool identify_write_json(const struct identify_result *result, const struct catalog_map *map, double longitude,
                         double latitude, double zoom, enum language language, struct arena *arena, struct buffer *out,
                         struct error *err);

/* The same answer for one feature known by layer and id. The geometry is thinned out for `zoom`. */
bool identify_write_item(struct store *store, const struct catalog_map *map, const struct store_layer *layer,
                         const char *id, double zoom, enum language language, struct arena *arena, struct buffer *out,
                         struct error *err);
