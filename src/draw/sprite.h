/* SPDX-License-Identifier: MIT */
#pragma once
/* The images a style calls by name: icons and patterns. Filled by one thread, then handed out as const: immutable,
 * shared by counting, read by any thread.
 *
 * A name may have an image for each pixel ratio; all of them have the same size in CSS pixels. */

#include "base/error.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Part of an image's width or height, in its own pixels. */
struct sprite_zone {
    double from;
    double to;
};

/* Zones in one direction. */
enum { SPRITE_ZONES_MAX = 64 };

/* What may be stretched to fit around a text. */
enum sprite_fit { SPRITE_FIT_STRETCH_OR_SHRINK, SPRITE_FIT_STRETCH_ONLY, SPRITE_FIT_PROPORTIONAL };

struct sprite_image {
    struct text name;
    uint32_t width_px;
    uint32_t height_px;
    double pixel_ratio; /* CSS size: width_px / pixel_ratio */
    bool is_sdf;        /* alpha is a distance field (edge at 192 of 255, 8 px for the range); colours mean nothing */
    const uint8_t *pixels;               /* red green blue alpha, premultiplied; rows of width_px * 4 bytes */
    const struct sprite_zone *stretch_x; /* rising, in pixels; count 0: all of it */
    size_t stretch_x_count;
    const struct sprite_zone *stretch_y;
    size_t stretch_y_count;
    bool has_content;
    double content[4]; /* left, top, right, bottom in pixels: where icon-text-fit puts the text */
    enum sprite_fit text_fit_width;
    enum sprite_fit text_fit_height;
};

struct sprite;

/* Empty. NULL when memory is out. */
struct sprite *sprite_create(void);
struct sprite *sprite_ref(const struct sprite *sprite);
void sprite_unref(const struct sprite *sprite); /* accepts NULL */

/* What an image is besides its pixels. */
struct sprite_options {
    double pixel_ratio; /* 0: 1 */
    bool is_sdf;
};

/* Adds the images of a sheet: the index (JSON) and its picture (PNG), as MapLibre reads them. Names get `prefix` and
 * ":" in front unless it is empty or "default". An entry that does not fit the picture is left out. */
bool sprite_add_sheet(struct sprite *sprite, struct text prefix, struct text json, const void *png, size_t png_size,
                      struct error *err);
/* Adds one picture. As the others it takes the place of an image of the same name and pixel ratio. */
bool sprite_add_png(struct sprite *sprite, struct text name, const void *png, size_t png_size,
                    const struct sprite_options *options, struct error *err);
/* Adds a drawing, rasterised at `pixel_ratio` of the options. Whole CSS pixels: sizes are rounded up. As a distance
 * field its shape is kept, with a border of 3 CSS pixels; its colours are not. */
bool sprite_add_svg(struct sprite *sprite, struct text name, const void *svg, size_t svg_size,
                    const struct sprite_options *options, struct error *err);
/* Adds an image as it stands; everything is copied. Zones and content box may be given. */
bool sprite_add_image(struct sprite *sprite, const struct sprite_image *image, struct error *err);
/* All pixel ratios of a name. */
void sprite_remove(struct sprite *sprite, struct text name);

/* The image of a name that is best for a picture of this pixel ratio: the smallest that is at least as fine, else the
 * finest. NULL: no such name; `sprite` may be NULL. */
const struct sprite_image *sprite_find(const struct sprite *sprite, struct text name, double pixel_ratio);
/* The same as a question, in the form style_scope.has_image wants: `sprite` is a struct sprite. */
bool sprite_has(const void *sprite, struct text name);
/* Every image, by name and then pixel ratio. */
size_t sprite_count(const struct sprite *sprite);
const struct sprite_image *sprite_at(const struct sprite *sprite, size_t index);
/* Of all names and contents; the same on every machine. 0 for NULL and without images. */
uint64_t sprite_hash(const struct sprite *sprite);
