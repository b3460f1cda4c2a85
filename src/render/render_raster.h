/* SPDX-License-Identifier: MIT */
#pragma once
/* What raster layers are painted from: pieces of pixels or of elevations that lie somewhere in the world. A tile is a
 * square along the axes; the picture of an `image` source may be any quadrilateral. */

#include "geo/grid.h"

#include <stddef.h>

enum render_raster_kind { RENDER_RASTER_COLOR, RENDER_RASTER_ELEVATION };

/* World units; may lie beyond the world. */
struct render_corner {
    double x;
    double y;
};

/* Borrowed: pixels live at least until the picture is painted. */
struct render_raster {
    enum render_raster_kind kind;
    uint32_t width_px;
    uint32_t height_px;
    const uint8_t *rgba;             /* colour: rows of premultiplied pixels, as a canvas has them */
    const float *metres;             /* elevation; not a number where nothing is known */
    struct render_corner corners[4]; /* top left, top right, bottom right, bottom left of the pixels' outer edges */
    double zoom;                     /* elevation: of the tile; that of the view where it is shown larger than it is */
    bool is_averaged; /* shown smaller than it is, pixels are averaged. Tiles are; pictures of image sources are not */
};

/* The place of a tile, `world` worlds east of the first. The caller adds kind and pixels. */
struct render_raster render_raster_of_tile(struct tile_id tile, int64_t world);

/* The corners of an image source from its `coordinates` (longitude, latitude from the top left clockwise), rounded as
 * MapLibre rounds them. */
void render_raster_image_corners(const double coordinates[4][2], struct render_corner out_corners[4]);

/* How a raster-dem source writes metres into colours: red * r + green * g + blue * b - shift. */
struct render_encoding {
    double red;
    double green;
    double blue;
    double shift;
};

struct render_encoding render_raster_mapbox(void);
struct render_encoding render_raster_terrarium(void);
/* Elevations of `count` pixels; transparent ones are not a number. */
void render_raster_decode(struct render_encoding encoding, const uint8_t *rgba, size_t count, float *out_metres);
