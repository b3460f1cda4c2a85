/* SPDX-License-Identifier: MIT */
#pragma once
/* The handlers that answer programs. Those of pages for people are in pages.h. */

#include "server/handler.h"

/* tiles.c */
handler handle_tile_png;
handler handle_tile_png_2x;
handler handle_tile_png_512;
handler handle_tile_png_512_2x;
handler handle_tile_jpeg;
handler handle_tile_jpeg_2x;
handler handle_tile_webp;
handler handle_tile_webp_2x;
handler handle_tile_mvt;
handler handle_tile_geojson;

/* tilejson.c, styles.c, picture.c */
handler handle_tilejson;
handler handle_style;
handler handle_picture;

/* style_assets.c */
handler handle_sprite_json;
handler handle_sprite_json_2x;
handler handle_sprite_png;
handler handle_sprite_png_2x;
handler handle_glyphs;

/* landing.c: "/" as JSON or, by handle_home, HTML; what the interface is */
handler handle_landing;
handler handle_conformance;
handler handle_robots;

/* api.c: OpenAPI 3.0 */
handler handle_api;

/* collections.c, items.c */
handler handle_collections;
handler handle_collection;
handler handle_items;
handler handle_item;
handler handle_data_geojson;

/* status.c */
handler handle_live;
handler handle_ready;
handler handle_metrics;

/* static_files.c */
handler handle_static;
