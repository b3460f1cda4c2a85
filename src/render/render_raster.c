/* SPDX-License-Identifier: MIT */
#include "render/render_raster.h"

#include <math.h>

struct render_raster render_raster_of_tile(struct tile_id tile, int64_t world)
{
    struct world_box box = tile_box(tile);
    double shift = (double)(world * GRID_WORLD_UNITS);
    double left = (double)box.min_x + shift;
    double right = (double)box.max_x + shift;
    double top = (double)box.min_y;
    double bottom = (double)box.max_y;
    return (struct render_raster){
        .corners = {{left, top}, {right, top}, {right, bottom}, {left, bottom}},
        .zoom = (double)tile.z,
        .is_averaged = true,
    };
}

/* Neither rounded nor cut at the world's edges: images may hang over them. */
static struct render_corner corner_of(double longitude, double latitude)
{
    struct render_corner corner;
    grid_from_lonlat_exactly(longitude, fmax(-89.999999, fmin(89.999999, latitude)), &corner.x, &corner.y);
    return corner;
}

/* MapLibre draws an image in the tile that its box just fits into, with whole coordinates of 1/8192 of that tile. */
void render_raster_image_corners(const double coordinates[4][2], struct render_corner out_corners[4])
{
    struct render_corner low = {INFINITY, INFINITY};
    struct render_corner high = {-INFINITY, -INFINITY};
    for (size_t i = 0; i < 4; i++) {
        out_corners[i] = corner_of(coordinates[i][0], coordinates[i][1]);
        low = (struct render_corner){fmin(low.x, out_corners[i].x), fmin(low.y, out_corners[i].y)};
        high = (struct render_corner){fmax(high.x, out_corners[i].x), fmax(high.y, out_corners[i].y)};
    }
    double widest = fmax(high.x - low.x, high.y - low.y) / (double)GRID_WORLD_UNITS;
    double zoom = fmax(0, fmin(25, floor(-log2(widest))));
    double tile = (double)GRID_WORLD_UNITS / exp2(zoom);
    double unit = tile / 8192;
    double half = (double)GRID_WORLD_UNITS / 2;
    double left = floor(((low.x + high.x) / 2 + half) / tile) * tile - half;
    double top = floor(((low.y + high.y) / 2 + half) / tile) * tile - half;
    for (size_t i = 0; i < 4; i++) {
        out_corners[i].x = left + floor((out_corners[i].x - left) / unit + 0.5) * unit;
        out_corners[i].y = top + floor((out_corners[i].y - top) / unit + 0.5) * unit;
    }
}

struct render_encoding render_raster_mapbox(void)
{
    return (struct render_encoding){6553.6, 25.6, 0.1, 10000};
}

struct render_encoding render_raster_terrarium(void)
{
    return (struct render_encoding){256, 1, 1.0 / 256, 32768};
}

void render_raster_decode(struct render_encoding encoding, const uint8_t *rgba, size_t count, float *out_metres)
{
    for (size_t i = 0; i < count; i++) {
        const uint8_t *pixel = rgba + 4 * i;
        out_metres[i] = pixel[3] == 0 ? NAN
                                      : (float)(encoding.red * pixel[0] + encoding.green * pixel[1] +
                                                encoding.blue * pixel[2] - encoding.shift);
    }
}
