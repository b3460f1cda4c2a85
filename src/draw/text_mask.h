/* SPDX-License-Identifier: MIT */
#pragma once
/* The coverage of one text on a canvas: glyphs are gathered here so that overlaps count once, then painted. */

#include "draw/canvas.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text_mask {
    uint8_t *coverage; /* rows of `stride` */
    size_t capacity;
    int32_t left; /* pixels of the canvas */
    int32_t top;
    int32_t width;
    int32_t height;
    size_t stride; /* a multiple of 8 */
    struct text_mask_run {
        int32_t first; /* columns with ink: first … end - 1 */
        int32_t end;
    } * runs; /* of each row */
    size_t run_capacity;
};

void text_mask_finish(struct text_mask *mask);
/* Covers a box that lies on the canvas, empty. False when memory is out. */
bool text_mask_begin(struct text_mask *mask, int32_t left, int32_t top, int32_t width, int32_t height);
/* Adds a picture of coverage with its top left corner at (x, y) of the canvas; what lies outside the mask is cut.
 * Halos overlap (the greater counts), letters that touch add up. */
void text_mask_add(struct text_mask *mask, const uint8_t *coverage, int32_t width, int32_t height, int64_t x, int64_t y,
                   bool greater);
/* Leaves the mask empty. */
void text_mask_paint(struct text_mask *mask, struct canvas *canvas, struct pixel pixel);
