/* SPDX-License-Identifier: MIT */
#include "geo/grid_patch.h"

#include <math.h>

static const double pi = 3.14159265358979323846;
static const double rows_a_degree = 32;
/* Polewards the fourth derivative, which the cubic leaves out, becomes large. */
static const double latitude_max = 70;
/* Beyond, rounding might leave the world. */
static const double longitude_max = 179;
/* Up to that latitude the fourth derivative, by radians, is below 2^32 / (2 pi) * 500, half a row is pi / 180 / 64:
 * Lagrange's remainder is below 0.00008 units. What rounding adds, here and in the exact way, is below 0.000002. */
static const double doubt = 0.0002;

void grid_patches_init(struct grid_patches *patches)
{
    for (size_t i = 0; i < GRID_PATCH_ROWS; i++) {
        patches->rows[i].middle = NAN;
    }
}

/* Taylor's terms around the middle, by degrees: the derivatives of the ordinate are sec, sec tan, sec (2 sec² - 1). */
static void fit(struct grid_patch_row *row, double middle)
{
    double x;
    double y;
    grid_from_lonlat_exactly(0, middle, &x, &y);
    double radian = pi / 180;
    double secant = 1 / cos(middle * radian);
    double scale = -(double)GRID_WORLD_UNITS / (2 * pi) * radian;
    row->middle = middle;
    row->terms[0] = y;
    row->terms[1] = scale * secant;
    row->terms[2] = scale * radian * secant * tan(middle * radian) / 2;
    row->terms[3] = scale * radian * radian * secant * (2 * secant * secant - 1) / 6;
}

/* To the nearest, halves upwards. */
static int64_t round_up(double number)
{
    double more = number + 0.5;
    int64_t whole = (int64_t)more;
    return whole - (more < (double)whole);
}

void grid_patches_points(struct grid_patches *patches, const double *lonlat, size_t count,
                         struct world_point *out_points)
{
    for (size_t i = 0; i < count; i++) {
        double longitude = lonlat[2 * i];
        double latitude = lonlat[2 * i + 1];
        if (!(fabs(latitude) < latitude_max) || !(fabs(longitude) < longitude_max)) {
            out_points[i] = grid_from_lonlat(longitude, latitude);
            continue;
        }
        int32_t number = (int32_t)((latitude + 90) * rows_a_degree);
        double middle = (number + 0.5) / rows_a_degree - 90;
        struct grid_patch_row *row = &patches->rows[number % GRID_PATCH_ROWS];
        if (row->middle != middle) {
            fit(row, middle);
        }
        double way = latitude - middle;
        double y = row->terms[0] + way * (row->terms[1] + way * (row->terms[2] + way * row->terms[3]));
        int64_t low = round_up(y - doubt);
        int64_t high = round_up(y + doubt);
        if (low != high) {
            out_points[i] = grid_from_lonlat(longitude, latitude);
            continue;
        }
        double x = longitude / 360 * (double)GRID_WORLD_UNITS;
        out_points[i] = (struct world_point){(int32_t)round_up(x), (int32_t)low};
    }
}
