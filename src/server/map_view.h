/* SPDX-License-Identifier: MIT */
#pragma once
/* What part of a map is looked at, the picture of it, and which maps people are shown. */

#include "base/arena.h"
#include "tile/catalog.h"

/* What part of the world a picture or the viewer shows. */
struct map_view {
    double latitude;
    double longitude;
    double zoom; /* of 256 px tiles, whole */
};

/* Where the map starts: its own centre and zoom, else those that fit its layers into 800 x 500. */
struct map_view map_view_default(const struct catalog_map *map);
/* "25.5428,-103.4067,14"; false, and nothing written, when it is not that. */
bool map_view_parse(const char *text, const struct catalog_map *map, struct map_view *out_view);

/* "/maps/colonias.png?center=…&zoom=…&size=800x500&v=…" in `arena`; NULL when memory is out. */
char *map_picture_url(const struct catalog_map *map, const struct map_view *view, unsigned width, unsigned height,
                      struct arena *arena);

/* The maps people are shown: state "publicar". */
bool map_is_listed(const struct catalog_map *map);
/* True when the style paints a background, so that the map hides what is below it. */
bool map_is_opaque(const struct catalog_map *map);
