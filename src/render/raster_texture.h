/* SPDX-License-Identifier: MIT */
#pragma once
/* The pixels of a piece of imagery, and reading between them. */

#include "base/arena.h"
#include "render/render_raster.h"

struct raster_texture {
    const uint8_t *rgba;
    uint32_t width_px;
    uint32_t height_px;
};

struct raster_texture raster_texture_of(const struct render_raster *raster);
/* Half as wide and high, each pixel the mean of four; `texture` itself when it has one pixel. False: no memory. */
bool raster_texture_halve(const struct raster_texture *texture, struct arena *arena, struct raster_texture *out_half);
/* The mean of four pixels, weights in 1/256 of the right and of the lower ones. */
uint32_t raster_texture_mix(const uint8_t *top_left, const uint8_t *top_right, const uint8_t *bottom_left,
                            const uint8_t *bottom_right, uint32_t right, uint32_t lower);
/* What is at `x`, `y` texels from the top left corner. */
uint32_t raster_texture_sample(const struct raster_texture *texture, double x, double y, bool nearest);
