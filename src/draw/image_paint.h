/* SPDX-License-Identifier: MIT */
#pragma once
/* Images onto a canvas, the way MapLibre's shaders do it: the centre of each pixel is looked up in the image, between
 * the centres of its pixels; around the image is nothing. An image that lies on whole pixels at its own size is copied
 * exactly. */

#include "draw/canvas.h"
#include "draw/sprite.h"

/* x' = a x + c y + e, y' = b x + d y + f. */
struct image_matrix {
    double a;
    double b;
    double c;
    double d;
    double e;
    double f;
};

enum image_filter { IMAGE_SMOOTH, IMAGE_NEAREST };

/* How a distance field is painted; all lengths in CSS pixels. */
struct image_sdf_ink {
    struct color color; /* of this pass */
    double opacity;
    bool is_halo;
    double halo_width_px;
    double halo_blur_px;
    double scale;       /* icon-size; for glyphs text-size / 24 */
    double pixel_ratio; /* of the picture */
};

/* Paints the image; `matrix` leads from the image's own pixels (0, 0 … width_px, height_px) to those of the canvas. */
void image_paint(struct canvas *canvas, const struct sprite_image *image, const struct image_matrix *matrix,
                 enum image_filter filter, double opacity);
/* The same for an image that is a distance field, in one colour: halo first, then the inside. */
void image_paint_sdf(struct canvas *canvas, const struct sprite_image *image, const struct image_matrix *matrix,
                     const struct image_sdf_ink *ink);

/* A box in CSS pixels, y downwards. */
struct image_box {
    double left;
    double top;
    double right;
    double bottom;
};

/* The image around a text (icon-text-fit): what lies outside its stretch zones keeps its size. `box`, in CSS pixels at
 * icon-size 1, is where its content box goes (the whole image without one); `matrix` leads from CSS pixels, times
 * icon-size, to those of the canvas. With `ink` the image is a distance field; without, it is painted with `filter` and
 * `opacity`. An image without zones is scaled as a whole. */
void image_paint_stretched(struct canvas *canvas, const struct sprite_image *image, const struct image_box *box,
                           double icon_size, const struct image_matrix *matrix, enum image_filter filter,
                           double opacity, const struct image_sdf_ink *ink);
/* The box of a text as textFitWidth and textFitHeight of the image want it: apply before placing and painting. */
struct image_box image_text_fit_box(const struct sprite_image *image, struct image_box box);

/* Any coverage field of one byte a pixel (a glyph's): rows of `width_px` bytes. */
struct image_field {
    const uint8_t *distances;
    uint32_t width_px;
    uint32_t height_px;
};
void image_paint_field(struct canvas *canvas, const struct image_field *field, const struct image_matrix *matrix,
                       const struct image_sdf_ink *ink);

/* Patterns: the image repeated for ever in both directions. `x`, `y` in the image's own pixels, between pixel centres
 * (0.5, 0.5 is exactly the first pixel); any size, the remainder counts. */
struct pixel image_repeat_at(const struct sprite_image *image, double x, double y);
/* A row of it: `count` pixels of 4 bytes, the first at (x, y), each `step` farther right. Whole steps from a pixel
 * centre are exact copies. */
void image_repeat_row(const struct sprite_image *image, double x, double y, double step, size_t count,
                      uint8_t *out_rgba);
