/* SPDX-License-Identifier: MIT */
#include "render/elevation.h"

#include <string.h>

static bool is_neighbour(const struct render_raster *piece, const struct render_raster *other, int across, int down)
{
    const struct render_corner *a = piece->corners;
    const struct render_corner *b = other->corners;
    double width = a[2].x - a[0].x;
    double height = a[2].y - a[0].y;
    return other->kind == RENDER_RASTER_ELEVATION && other->width_px == piece->width_px &&
           other->height_px == piece->height_px && b[0].x == a[0].x + across * width &&
           b[0].y == a[0].y + down * height && b[2].x - b[0].x == width && b[2].y - b[0].y == height;
}

static const struct render_raster *neighbour(const struct render_raster *pieces, size_t count,
                                             const struct render_raster *piece, int across, int down)
{
    for (size_t i = 0; i < count; i++) {
        if (is_neighbour(piece, &pieces[i], across, down)) {
            return &pieces[i];
        }
    }
    return NULL;
}

/* -1, 0 or 1: before, within or after the piece; and the place within the one it lies in. */
static int part_of(int32_t at, uint32_t count, int32_t *out_within)
{
    int part = at < 0 ? -1 : at >= (int32_t)count ? 1 : 0;
    int32_t within = at - part * (int32_t)count;
    /* A piece narrower than the border: the farthest value of its neighbour. */
    *out_within = within < 0 ? 0 : within >= (int32_t)count ? (int32_t)count - 1 : within;
    return part;
}

static int32_t bounded(int32_t at, uint32_t count)
{
    return at < 0 ? 0 : at >= (int32_t)count ? (int32_t)count - 1 : at;
}

/* What is at x, y, which may lie outside of the piece: the neighbour's value, or the piece's nearest without one. */
static float value_at(const struct render_raster *const around[3][3], int32_t x, int32_t y)
{
    const struct render_raster *piece = around[1][1];
    int32_t within_x;
    int32_t within_y;
    int across = part_of(x, piece->width_px, &within_x);
    int down = part_of(y, piece->height_px, &within_y);
    const struct render_raster *other = around[down + 1][across + 1];
    if (!other) {
        other = piece;
        within_x = bounded(x, piece->width_px);
        within_y = bounded(y, piece->height_px);
    }
    return other->metres[(size_t)within_y * other->width_px + (size_t)within_x];
}

bool elevation_gather(const struct render_raster *pieces, size_t count, size_t index, struct arena *arena,
                      struct elevation *out_grid)
{
    const struct render_raster *piece = &pieces[index];
    const struct render_raster *around[3][3];
    for (int down = -1; down <= 1; down++) {
        for (int across = -1; across <= 1; across++) {
            around[down + 1][across + 1] =
                across == 0 && down == 0 ? piece : neighbour(pieces, count, piece, across, down);
        }
    }
    int32_t width = (int32_t)piece->width_px;
    int32_t height = (int32_t)piece->height_px;
    size_t stride = (size_t)width + 2 * ELEVATION_BORDER;
    float *metres = arena_alloc_raw(arena, stride * ((size_t)height + 2 * ELEVATION_BORDER) * sizeof *metres);
    if (!metres) {
        return false;
    }
    for (int32_t y = -ELEVATION_BORDER; y < height + ELEVATION_BORDER; y++) {
        float *row = metres + stride * (size_t)(y + ELEVATION_BORDER) + ELEVATION_BORDER;
        bool inside = y >= 0 && y < height;
        if (inside) {
            memcpy(row, piece->metres + (size_t)y * piece->width_px, piece->width_px * sizeof *row);
        }
        for (int32_t x = -ELEVATION_BORDER; x < width + ELEVATION_BORDER; x++) {
            if (inside && x == 0) {
                x = width;
            }
            row[x] = value_at((const struct render_raster *const(*)[3])around, x, y);
        }
    }
    *out_grid = (struct elevation){metres, stride, piece->width_px, piece->height_px};
    return true;
}

const float *elevation_row(const struct elevation *grid, int32_t y)
{
    return grid->metres + grid->stride * (size_t)(y + ELEVATION_BORDER) + ELEVATION_BORDER;
}
