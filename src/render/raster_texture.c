/* SPDX-License-Identifier: MIT */
#include "render/raster_texture.h"

#include <math.h>
#include <string.h>

typedef uint8_t u8x4 __attribute__((vector_size(4)));
typedef uint32_t u32x4 __attribute__((vector_size(16)));

struct raster_texture raster_texture_of(const struct render_raster *raster)
{
    return (struct raster_texture){raster->rgba, raster->width_px, raster->height_px};
}

static uint32_t lesser(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

bool raster_texture_halve(const struct raster_texture *texture, struct arena *arena, struct raster_texture *out_half)
{
    uint32_t width = texture->width_px > 1 ? texture->width_px / 2 : 1;
    uint32_t height = texture->height_px > 1 ? texture->height_px / 2 : 1;
    if (texture->width_px <= 1 && texture->height_px <= 1) {
        *out_half = *texture;
        return true;
    }
    uint8_t *rgba = arena_alloc_raw(arena, (size_t)width * height * 4);
    if (!rgba) {
        return false;
    }
    size_t stride = (size_t)texture->width_px * 4;
    for (uint32_t y = 0; y < height; y++) {
        const uint8_t *above = texture->rgba + stride * lesser(2 * y, texture->height_px - 1);
        const uint8_t *below = texture->rgba + stride * lesser(2 * y + 1, texture->height_px - 1);
        uint8_t *out = rgba + (size_t)width * 4 * y;
        for (uint32_t x = 0; x < width; x++) {
            size_t left = 4 * (size_t)lesser(2 * x, texture->width_px - 1);
            size_t right = 4 * (size_t)lesser(2 * x + 1, texture->width_px - 1);
            for (size_t i = 0; i < 4; i++) {
                out[4 * x + i] =
                    (uint8_t)((above[left + i] + above[right + i] + below[left + i] + below[right + i] + 2) / 4);
            }
        }
    }
    *out_half = (struct raster_texture){rgba, width, height};
    return true;
}

static inline u32x4 wide(const uint8_t *pixel)
{
    u8x4 bytes;
    memcpy(&bytes, pixel, 4);
    return __builtin_convertvector(bytes, u32x4);
}

uint32_t raster_texture_mix(const uint8_t *top_left, const uint8_t *top_right, const uint8_t *bottom_left,
                            const uint8_t *bottom_right, uint32_t right, uint32_t lower)
{
    u32x4 top = wide(top_left) * (256 - right) + wide(top_right) * right;
    u32x4 bottom = wide(bottom_left) * (256 - right) + wide(bottom_right) * right;
    u32x4 sum = (top * (256 - lower) + bottom * lower + 32768) >> 16;
    u8x4 bytes = __builtin_convertvector(sum, u8x4);
    uint32_t word;
    memcpy(&word, &bytes, 4);
    return word;
}

static size_t within(double texel, uint32_t count)
{
    return (size_t)fmin(count - 1.0, fmax(0, texel));
}

uint32_t raster_texture_sample(const struct raster_texture *texture, double x, double y, bool nearest)
{
    size_t stride = (size_t)texture->width_px * 4;
    if (nearest) {
        uint32_t word;
        memcpy(&word,
               texture->rgba + stride * within(floor(y), texture->height_px) + 4 * within(floor(x), texture->width_px),
               4);
        return word;
    }
    double left = floor(x - 0.5);
    double top = floor(y - 0.5);
    const uint8_t *above = texture->rgba + stride * within(top, texture->height_px);
    const uint8_t *below = texture->rgba + stride * within(top + 1, texture->height_px);
    size_t first = 4 * within(left, texture->width_px);
    size_t second = 4 * within(left + 1, texture->width_px);
    return raster_texture_mix(above + first, above + second, below + first, below + second,
                              (uint32_t)((x - 0.5 - left) * 256 + 0.5), (uint32_t)((y - 0.5 - top) * 256 + 0.5));
}
