/* SPDX-License-Identifier: MIT */
#pragma once
/* The world as whole numbers, and its tiles.
 *
 * World units: Web Mercator (EPSG:3857) scaled so that the world is 2^32 units wide, about 0.93 cm at the equator.
 * x = 0 is the prime meridian, y = 0 the equator, y grows DOWNWARDS (south), so x and y of a point inside the world
 * fit int32_t. Tiles are those of WebMercatorQuad (OGC Two Dimensional Tile Matrix Set 2.0, annex D.1): z/x/y from the
 * top left. Moving by whole tiles moves by whole units at every zoom up to 32, which is what makes neighbouring tiles
 * agree to the bit. */

#include "geo/bbox.h"

#include <stdbool.h>
#include <stdint.h>

#define GRID_WORLD_UNITS ((int64_t)1 << 32)
#define GRID_ZOOM_MAX 22
#define GRID_LATITUDE_MAX 85.0511287798066 /* degrees; where the Mercator world ends */

struct world_point {
    int32_t x;
    int32_t y;
};

struct tile_id {
    uint32_t z; /* 0 … GRID_ZOOM_MAX */
    uint32_t x; /* 0 … 2^z - 1 */
    uint32_t y;
};

/* Longitude and latitude in degrees to world units, rounded to the nearest; clamped to the world. */
struct world_point grid_from_lonlat(double longitude, double latitude);
/* The same neither rounded nor clamped; latitudes below ±90. */
void grid_from_lonlat_exactly(double longitude, double latitude, double *out_x, double *out_y);
/* The multiple of 2^shift nearest to `unit`; at the sides of the world the last that fits. */
static inline int32_t grid_snap(int32_t unit, unsigned shift)
{
    int64_t half = shift == 0 ? 0 : (int64_t)1 << (shift - 1);
    int64_t snapped = (((int64_t)unit + half) >> shift) * ((int64_t)1 << shift);
    return snapped > INT32_MAX ? INT32_MAX : snapped < INT32_MIN ? INT32_MIN : (int32_t)snapped;
}

/* The middle of a world unit in degrees. */
void grid_to_lonlat(double x, double y, double *out_longitude, double *out_latitude);

bool tile_is_valid(struct tile_id tile);
/* World units a tile of zoom `z` is wide. */
int64_t tile_width(uint32_t z);
struct world_box tile_box(struct tile_id tile);
struct bbox tile_bbox(struct tile_id tile);
/* The box of degrees as world units. One that crosses the antimeridian gets max_x beyond the world. */
struct world_box grid_box(const struct bbox *box);
