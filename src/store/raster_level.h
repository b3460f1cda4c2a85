/* SPDX-License-Identifier: MIT */
#pragma once
/* One open raster file, and windows of its pyramid as colours or metres. For raster_source.c only. */

#include "store/store.h"

enum { RASTER_LEVELS_MAX = 32 };

struct raster_level_file {
    void *dataset; /* GDALDatasetH */
    const struct store_raster *about;
    size_t level_count; /* the full size and its overviews */
    int widths[RASTER_LEVELS_MAX];
    int heights[RASTER_LEVELS_MAX];
    int bands[3];       /* red, green, blue, from 1; all the same for grey */
    bool is_gray;       /* one band, perhaps with a palette */
    bool has_mask;      /* a mask or alpha band counts */
    bool has_nodata[3]; /* of `bands` */
    double nodata[3];
    double scale; /* metres = value * scale + offset */
    double offset;
    uint32_t palette[256]; /* premultiplied */
    bool has_palette;
};

/* Opens `path`, which must be as `about` (which lives as long) describes it. */
bool raster_level_open(const char *path, const struct store_raster *about, struct raster_level_file *out_file,
                       struct error *err);
void raster_level_close(struct raster_level_file *file); /* accepts a zeroed one */

struct raster_level_window {
    size_t level;
    int x;
    int y;
    int width;
    int height;
};

/* Premultiplied pixels of a window, in `arena`. */
bool raster_level_colors(const struct raster_level_file *file, const struct raster_level_window *window,
                         struct arena *arena, uint8_t **out_rgba, struct error *err);
/* Metres of a window; not a number where there is none. */
bool raster_level_metres(const struct raster_level_file *file, const struct raster_level_window *window,
                         struct arena *arena, float **out_metres, struct error *err);
/* Reads everything. */
bool raster_level_read_all(const struct raster_level_file *file, struct error *err);
