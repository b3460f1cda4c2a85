/* SPDX-License-Identifier: MIT */
#include "store/raster_warp.h"

#include <math.h>

enum { CELLS_FIRST = 16 };

static const double error_max_px = 0.125;

/* GDAL's six numbers turned round. False when they have no inverse. */
static bool invert(const double *transform, double out[6])
{
    double determinant = transform[1] * transform[5] - transform[2] * transform[4];
    if (!(fabs(determinant) > 0)) {
        return false;
    }
    out[1] = transform[5] / determinant;
    out[2] = -transform[2] / determinant;
    out[4] = -transform[4] / determinant;
    out[5] = transform[1] / determinant;
    out[0] = -(out[1] * transform[0] + out[2] * transform[3]);
    out[3] = -(out[4] * transform[0] + out[5] * transform[3]);
    return true;
}

/* World units, in place, become pixels. A world that is counted from 0 to 360 degrees is met by a turn. */
static bool to_pixels(struct projection *projection, const struct store_raster *raster, double *xy, size_t count)
{
    double back[6];
    if (!invert(raster->transform, back)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        grid_to_lonlat(xy[2 * i], xy[2 * i + 1], &xy[2 * i], &xy[2 * i + 1]);
    }
    bool is_degrees = projection_is_identity(projection);
    projection_from_lonlat(projection, xy, count);
    for (size_t i = 0; i < count; i++) {
        double x = xy[2 * i];
        double y = xy[2 * i + 1];
        if (is_degrees && raster->transform[2] == 0 && raster->transform[1] > 0) {
            x += x < raster->transform[0] - 1e-9 ? 360 : 0;
        }
        xy[2 * i] = back[0] + back[1] * x + back[2] * y;
        xy[2 * i + 1] = back[3] + back[4] * x + back[5] * y;
    }
    return true;
}

/* The farthest that the middle of a cell is from the mean of its corners, in pixels of the full size. */
static bool worst_error(struct projection *projection, const struct store_raster *raster, struct tile_id tile,
                        const struct raster_warp *warp, struct arena *arena, double *out_worst)
{
    size_t cells = warp->cells;
    struct world_box box = tile_box(tile);
    double cell = (double)(box.max_x - box.min_x) / (double)cells;
    double *xy = arena_array(arena, 2 * cells * cells, sizeof *xy);
    if (!xy) {
        return false;
    }
    for (size_t i = 0; i < cells * cells; i++) {
        size_t row = i / cells;
        xy[2 * i] = (double)box.min_x + ((double)(i % cells) + 0.5) * cell;
        xy[2 * i + 1] = (double)box.min_y + ((double)row + 0.5) * cell;
    }
    to_pixels(projection, raster, xy, cells * cells);
    double worst = 0;
    for (size_t i = 0; i < cells * cells; i++) {
        size_t corner = i / cells * (cells + 1) + i % cells;
        const size_t corners[4] = {corner, corner + 1, corner + cells + 1, corner + cells + 2};
        double x = 0;
        double y = 0;
        bool near = false;
        for (size_t k = 0; k < 4; k++) {
            x += warp->x[corners[k]] / 4;
            y += warp->y[corners[k]] / 4;
            near = near ||
                   (warp->x[corners[k]] > -(double)raster->width_px && warp->x[corners[k]] < 2.0 * raster->width_px &&
                    warp->y[corners[k]] > -(double)raster->height_px && warp->y[corners[k]] < 2.0 * raster->height_px);
        }
        double off = hypot(x - xy[2 * i], y - xy[2 * i + 1]);
        if (near && !(off <= worst)) {
            worst = isfinite(off) ? off : 1e9; /* a cell that has no place as a whole */
        }
    }
    *out_worst = worst;
    return true;
}

static bool make_net(struct projection *projection, const struct store_raster *raster, struct tile_id tile,
                     struct arena *arena, struct raster_warp *warp, struct error *err)
{
    size_t side = warp->cells + 1;
    struct world_box box = tile_box(tile);
    double cell = (double)(box.max_x - box.min_x) / (double)warp->cells;
    double *xy = arena_array(arena, 2 * side * side, sizeof *xy);
    double *x = arena_array(arena, side * side, sizeof *x);
    double *y = arena_array(arena, side * side, sizeof *y);
    if (!xy || !x || !y) {
        return error_no_memory(err);
    }
    for (size_t i = 0; i < side * side; i++) {
        size_t row = i / side;
        xy[2 * i] = (double)box.min_x + (double)(i % side) * cell;
        xy[2 * i + 1] = (double)box.min_y + (double)row * cell;
    }
    if (!to_pixels(projection, raster, xy, side * side)) {
        error_set(err, ERROR_UNAVAILABLE, "its raster has no area");
        return false;
    }
    for (size_t i = 0; i < side * side; i++) {
        x[i] = xy[2 * i];
        y[i] = xy[2 * i + 1];
    }
    warp->x = x;
    warp->y = y;
    return true;
}

bool raster_warp_make(struct projection *projection, const struct store_raster *raster, struct tile_id tile,
                      uint32_t side_px, double pixel, struct arena *arena, struct raster_warp *out_warp,
                      struct error *err)
{
    struct raster_warp warp = {.cells = CELLS_FIRST};
    for (;; warp.cells *= 2) {
        double worst;
        if (!make_net(projection, raster, tile, arena, &warp, err)) {
            return false;
        }
        warp.step_px = side_px / warp.cells;
        if (warp.step_px <= 1) {
            break;
        }
        if (!worst_error(projection, raster, tile, &warp, arena, &worst)) {
            return error_no_memory(err);
        }
        if (worst <= error_max_px * pixel) {
            break;
        }
    }
    *out_warp = warp;
    return true;
}

double raster_warp_step(struct projection *projection, const struct store_raster *raster, uint32_t zoom,
                        uint32_t side_px)
{
    const double *t = raster->transform;
    double middle[2] = {t[0] + t[1] * raster->width_px / 2 + t[2] * raster->height_px / 2,
                        t[3] + t[4] * raster->width_px / 2 + t[5] * raster->height_px / 2};
    if (projection_to_lonlat(projection, middle, 1) != 0) {
        return 0;
    }
    double x;
    double y;
    grid_from_lonlat_exactly(middle[0], fmax(-85, fmin(85, middle[1])), &x, &y);
    double unit = (double)GRID_WORLD_UNITS / exp2(zoom) / side_px;
    double xy[6] = {x, y, x + unit, y, x, y + unit};
    if (!to_pixels(projection, raster, xy, 3)) {
        return 0;
    }
    double across = hypot(xy[2] - xy[0], xy[3] - xy[1]);
    double down = hypot(xy[4] - xy[0], xy[5] - xy[1]);
    double step = sqrt(across * down);
    return isfinite(step) ? step : 0;
}
