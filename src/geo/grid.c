/* SPDX-License-Identifier: MIT */
#include "geo/grid.h"

#include <math.h>

static const double pi = 3.14159265358979323846;

static int32_t to_unit(double exact)
{
    double units = floor(exact + 0.5);
    if (units < (double)INT32_MIN) {
        return INT32_MIN;
    }
    if (units > (double)INT32_MAX) {
        return INT32_MAX;
    }
    return (int32_t)units;
}

/* Spherical Mercator, EPSG method 1024 with the semi-major axis divided out. */
void grid_from_lonlat_exactly(double longitude, double latitude, double *out_x, double *out_y)
{
    double sine = sin(latitude * pi / 180);
    *out_x = longitude / 360 * (double)GRID_WORLD_UNITS;
    *out_y = -0.25 * log((1 + sine) / (1 - sine)) / pi * (double)GRID_WORLD_UNITS;
}

struct world_point grid_from_lonlat(double longitude, double latitude)
{
    double x;
    double y;
    grid_from_lonlat_exactly(longitude, fmax(-GRID_LATITUDE_MAX, fmin(GRID_LATITUDE_MAX, latitude)), &x, &y);
    return (struct world_point){to_unit(x), to_unit(y)};
}

void grid_to_lonlat(double x, double y, double *out_longitude, double *out_latitude)
{
    *out_longitude = x / (double)GRID_WORLD_UNITS * 360;
    *out_latitude = atan(sinh(-y / (double)GRID_WORLD_UNITS * 2 * pi)) * 180 / pi;
}

bool tile_is_valid(struct tile_id tile)
{
    return tile.z <= GRID_ZOOM_MAX && tile.x < (uint32_t)1 << tile.z && tile.y < (uint32_t)1 << tile.z;
}

int64_t tile_width(uint32_t z)
{
    return GRID_WORLD_UNITS >> z;
}

struct world_box tile_box(struct tile_id tile)
{
    int64_t width = tile_width(tile.z);
    int64_t x = (int64_t)tile.x * width - GRID_WORLD_UNITS / 2;
    int64_t y = (int64_t)tile.y * width - GRID_WORLD_UNITS / 2;
    return (struct world_box){x, y, x + width, y + width};
}

struct bbox tile_bbox(struct tile_id tile)
{
    struct world_box box = tile_box(tile);
    struct bbox degrees;
    grid_to_lonlat((double)box.min_x, (double)box.max_y, &degrees.min_x, &degrees.min_y);
    grid_to_lonlat((double)box.max_x, (double)box.min_y, &degrees.max_x, &degrees.max_y);
    return degrees;
}

struct world_box grid_box(const struct bbox *box)
{
    struct world_point low = grid_from_lonlat(box->min_x, box->max_y);
    struct world_point high = grid_from_lonlat(box->max_x, box->min_y);
    int64_t max_x = high.x;
    if (box->min_x > box->max_x) {
        max_x += GRID_WORLD_UNITS;
    }
    return (struct world_box){low.x, low.y, max_x, high.y};
}
