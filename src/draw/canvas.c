/* SPDX-License-Identifier: MIT */
/* Canvases and what is done to all of their pixels. */

#include "draw/canvas.h"

#include "draw/blend.h"
#include "draw/cpu.h"

#include <assert.h>
#include <stdlib.h>

static void fill_portable(uint8_t *pixels, size_t count, uint32_t source)
{
    blend_run(pixels, count, source);
}

static void lay_over_portable(uint8_t *below, const uint8_t *above, size_t count, uint32_t opacity)
{
    blend_row(below, above, count, opacity);
}

static void lay_on_portable(uint8_t *pixels, size_t count, uint32_t ground)
{
    blend_row_on(pixels, count, ground);
}

static void lay_row_portable(uint8_t *below, const uint32_t *above, size_t count)
{
    blend_bounded_row(below, above, count);
}

#ifdef DRAW_HAS_AVX2
DRAW_AVX2 static void lay_on_avx2(uint8_t *pixels, size_t count, uint32_t ground)
{
    blend_row_on(pixels, count, ground);
}

DRAW_AVX2 static void lay_row_avx2(uint8_t *below, const uint32_t *above, size_t count)
{
    blend_bounded_row(below, above, count);
}

DRAW_AVX2 static void fill_avx2(uint8_t *pixels, size_t count, uint32_t source)
{
    blend_run(pixels, count, source);
}

DRAW_AVX2 static void lay_over_avx2(uint8_t *below, const uint8_t *above, size_t count, uint32_t opacity)
{
    blend_row(below, above, count, opacity);
}
#endif

static size_t pixel_count(const struct canvas *canvas)
{
    return (size_t)canvas->width_px * canvas->height_px;
}

struct canvas *canvas_create(uint32_t width_px, uint32_t height_px)
{
    if (width_px > 0 && height_px > SIZE_MAX / 4 / width_px) {
        return NULL;
    }
    struct canvas *canvas = malloc(sizeof *canvas);
    if (!canvas) {
        return NULL;
    }
    size_t bytes = (size_t)width_px * height_px * 4;
    *canvas = (struct canvas){width_px, height_px, calloc(bytes > 0 ? bytes : 1, 1)};
    if (!canvas->rgba) {
        free(canvas);
        return NULL;
    }
    return canvas;
}

void canvas_destroy(struct canvas *canvas)
{
    if (canvas) {
        free(canvas->rgba);
        free(canvas);
    }
}

void canvas_clear(struct canvas *canvas, struct pixel pixel)
{
    uint32_t word = blend_word(pixel);
    size_t count = pixel_count(canvas);
    if (word == 0) {
        memset(canvas->rgba, 0, count * 4);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        memcpy(canvas->rgba + i * 4, &word, 4);
    }
}

/* 0 … 1, and 0 for what is not a number. */
static double clamp_unit(double number)
{
    return number > 0 ? (number < 1 ? number : 1) : 0;
}

static uint8_t to_byte(double unit)
{
    return (uint8_t)(unit * 255 + 0.5);
}

struct pixel pixel_from_color(struct color color, double opacity)
{
    double alpha = clamp_unit((double)color.a) * clamp_unit(opacity);
    return (struct pixel){to_byte(clamp_unit((double)color.r) * alpha), to_byte(clamp_unit((double)color.g) * alpha),
                          to_byte(clamp_unit((double)color.b) * alpha), to_byte(alpha)};
}

void canvas_lay_over(struct canvas *canvas, const struct canvas *above, uint8_t opacity)
{
    assert(canvas->width_px == above->width_px && canvas->height_px == above->height_px);
    if (opacity == 0) {
        return;
    }
#ifdef DRAW_HAS_AVX2
    if (cpu_has_avx2()) {
        lay_over_avx2(canvas->rgba, above->rgba, pixel_count(canvas), opacity);
        return;
    }
#endif
    lay_over_portable(canvas->rgba, above->rgba, pixel_count(canvas), opacity);
}

void canvas_lay_on(struct canvas *canvas, struct pixel ground)
{
#ifdef DRAW_HAS_AVX2
    if (cpu_has_avx2()) {
        lay_on_avx2(canvas->rgba, pixel_count(canvas), blend_word(ground));
        return;
    }
#endif
    lay_on_portable(canvas->rgba, pixel_count(canvas), blend_word(ground));
}

struct pixel pixel_over(struct pixel below, struct pixel above)
{
    return blend_pixel(blend_over(blend_word(below), blend_word(above)));
}

void canvas_fill(struct canvas *canvas, struct pixel pixel)
{
#ifdef DRAW_HAS_AVX2
    if (cpu_has_avx2()) {
        fill_avx2(canvas->rgba, pixel_count(canvas), blend_word(pixel));
        return;
    }
#endif
    fill_portable(canvas->rgba, pixel_count(canvas), blend_word(pixel));
}

void canvas_lay_row(struct canvas *canvas, uint32_t x, uint32_t y, const uint32_t *pixels, size_t count)
{
    assert(y < canvas->height_px && x <= canvas->width_px && count <= canvas->width_px - x);
    uint8_t *below = canvas->rgba + 4 * ((size_t)y * canvas->width_px + x);
#ifdef DRAW_HAS_AVX2
    if (__builtin_cpu_supports("avx2")) {
        lay_row_avx2(below, pixels, count);
        return;
    }
#endif
    lay_row_portable(below, pixels, count);
}
