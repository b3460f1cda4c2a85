/* SPDX-License-Identifier: MIT */
#pragma once
/* How far two pictures are apart by the rule of pixelmatch 7. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct picture {
    uint32_t width_px;
    uint32_t height_px;
    uint8_t *rgba; /* straight, not multiplied by alpha */
};

/* The caller frees `rgba`. */
bool picture_read_png(const char *path, struct picture *out_picture);
bool picture_write_png(const char *path, const struct picture *picture);

/* The share of pixels that differ; `out_diff` (may be NULL, of the same size) shows them in red over a pale picture. */
double compare_pictures(const struct picture *a, const struct picture *b, double threshold, struct picture *out_diff);
