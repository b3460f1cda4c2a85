/* SPDX-License-Identifier: MIT */
#pragma once
/* Pixels: 8 bits a channel, red green blue alpha, colour premultiplied by alpha, sRGB values blended as they are (as
 * MapLibre does). A canvas belongs to one thread. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct canvas {
    uint32_t width_px;
    uint32_t height_px;
    uint8_t *rgba; /* height_px rows of width_px * 4 bytes, no padding */
};

/* Premultiplied. */
struct pixel {
    uint8_t r;
    uint8_t g;
    uint8_t b;
    uint8_t a;
};

/* A colour with straight (not multiplied) components 0 … 1. */
struct color {
    float r;
    float g;
    float b;
    float a;
};

struct canvas *canvas_create(uint32_t width_px, uint32_t height_px);
void canvas_destroy(struct canvas *canvas);
void canvas_clear(struct canvas *canvas, struct pixel pixel);
/* Straight colour times `opacity`, rounded to a premultiplied pixel. Components are clamped to 0 … 1. */
struct pixel pixel_from_color(struct color color, double opacity);
/* Lays `above` over `canvas` at opacity 0 … 255; equal sizes. */
void canvas_lay_over(struct canvas *canvas, const struct canvas *above, uint8_t opacity);
/* Lays the canvas over a ground of one colour, in place. */
void canvas_lay_on(struct canvas *canvas, struct pixel ground);
/* `above` over `below`. */
struct pixel pixel_over(struct pixel below, struct pixel above);
/* Lays the pixel over the whole canvas. */
void canvas_fill(struct canvas *canvas, struct pixel pixel);
/* Lays `count` premultiplied pixels over those from x, y on; all inside the canvas. Their colour may be larger than
 * their alpha, as filters of images make it: sums end at the alpha of the result. */
void canvas_lay_row(struct canvas *canvas, uint32_t x, uint32_t y, const uint32_t *pixels, size_t count);
