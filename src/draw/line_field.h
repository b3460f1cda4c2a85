/* SPDX-License-Identifier: MIT */
#pragma once
/* Lines whose colour depends on where in the line a pixel is: blurred ones, gradients, patterns. Each pixel centre is
 * asked how far it is from the line and how far along; from that come opacity and colour, as in MapLibre's shaders.
 *
 * The answers depend on differences of coordinates only: moved by whole pixels, a line gives the same bytes. */

#include "draw/sprite.h"
#include "draw/stroke.h"

struct line_paint {
    struct stroke stroke;
    double blur_px;
    double opacity;
    struct pixel pixel;           /* where there is neither gradient nor image; opacity not included */
    const struct pixel *gradient; /* colours from the line's first point to its last; NULL: none */
    size_t gradient_count;
    const struct sprite_image *image; /* repeated along the line, as high as the line is wide; NULL: none */
    double image_period_px;           /* its length on the line */
};

struct line_field; /* scratch memory; one thread */

struct line_field *line_field_create(void);             /* NULL: memory is out */
void line_field_destroy(struct line_field *line_field); /* accepts NULL */

/* Paints one line or ring (closed: its last point is its first) over the canvas. False: memory is out. */
bool line_field_paint(struct line_field *line_field, struct canvas *canvas, const struct draw_point *points,
                      size_t count, bool closed, const struct line_paint *paint);
