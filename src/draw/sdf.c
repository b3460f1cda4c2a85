/* SPDX-License-Identifier: MIT */
/* The exact Euclidean distance transform in linear time (Felzenszwalb & Huttenlocher, "Distance transforms of sampled
 * functions", 2012); edge pixels start with the distance that their alpha tells. */

#include "draw/sdf.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double border_css_px = 3;
static const double range_css_px = 8;
static const double inside_share = 0.25;
static const double far_away = 1e20;

/* One row or column of squared distances, `stride` apart. */
struct line {
    double *values;
    size_t stride;
    size_t count;
};

/* Room for the longest line. */
struct scratch {
    double *values;
    double *cuts; /* count + 1: where the lowest parabola changes */
    size_t *tops;
};

static void transform(const struct line *line, struct scratch *scratch)
{
    size_t last = 0;
    for (size_t i = 0; i < line->count; i++) {
        scratch->values[i] = line->values[i * line->stride];
    }
    scratch->tops[0] = 0;
    scratch->cuts[0] = -far_away;
    scratch->cuts[1] = far_away;
    for (size_t i = 1; i < line->count; i++) {
        double at = (double)i;
        double cut;
        for (;;) {
            double top = (double)scratch->tops[last];
            cut = (scratch->values[i] - scratch->values[scratch->tops[last]] + at * at - top * top) / (2 * (at - top));
            if (cut > scratch->cuts[last] || last == 0) {
                break;
            }
            last--;
        }
        if (cut <= scratch->cuts[last]) { /* only at the first: it is replaced */
            scratch->tops[last] = i;
        } else {
            scratch->tops[++last] = i;
            scratch->cuts[last] = cut;
        }
        scratch->cuts[last + 1] = far_away;
    }
    size_t piece = 0;
    for (size_t i = 0; i < line->count; i++) {
        while (scratch->cuts[piece + 1] < (double)i) {
            piece++;
        }
        double off = (double)i - (double)scratch->tops[piece];
        line->values[i * line->stride] = scratch->values[scratch->tops[piece]] + off * off;
    }
}

static void transform_grid(double *grid, size_t width, size_t height, struct scratch *scratch)
{
    for (size_t x = 0; x < width; x++) {
        transform(&(struct line){grid + x, width, height}, scratch);
    }
    for (size_t y = 0; y < height; y++) {
        transform(&(struct line){grid + y * width, 1, width}, scratch);
    }
}

/* Squared distances to start from: `outer` to the shape, `inner` to what is not the shape. */
static void begin(const struct canvas *picture, size_t margin, size_t width, size_t height, double *outer,
                  double *inner)
{
    for (size_t i = 0; i < width * height; i++) {
        outer[i] = far_away;
        inner[i] = 0;
    }
    for (size_t y = 0; y < picture->height_px; y++) {
        for (size_t x = 0; x < picture->width_px; x++) {
            double alpha = picture->rgba[(y * picture->width_px + x) * 4 + 3] / 255.0;
            size_t at = (y + margin) * width + x + margin;
            double off = 0.5 - alpha;
            if (alpha >= 1) {
                outer[at] = 0;
                inner[at] = far_away;
            } else if (alpha > 0) {
                outer[at] = off > 0 ? off * off : 0;
                inner[at] = off < 0 ? off * off : 0;
            }
        }
    }
}

/* The middle of each block of fine pixels; an even number of them has four around its middle. */
static double distance_at(const double *outer, const double *inner, size_t width, size_t x, size_t y, uint32_t fine)
{
    double sum = 0;
    size_t low = (fine - 1) / 2;
    size_t high = fine / 2;
    for (int corner = 0; corner < 4; corner++) {
        size_t at = (y * fine + (corner & 1 ? high : low)) * width + x * fine + (corner & 2 ? high : low);
        sum += sqrt(outer[at]) - sqrt(inner[at]);
    }
    return sum / 4;
}

static uint8_t byte_of(double distance_css_px)
{
    double value = 255 * (1 - inside_share - distance_css_px / range_css_px);
    return (uint8_t)(value > 0 ? (value < 255 ? value + 0.5 : 255) : 0);
}

struct canvas *sdf_of_canvas(const struct canvas *picture, uint32_t fine, double css_px)
{
    uint32_t border = (uint32_t)ceil(border_css_px * css_px);
    struct canvas *field = canvas_create(picture->width_px / fine + 2 * border, picture->height_px / fine + 2 * border);
    if (!field) {
        return NULL;
    }
    size_t width = (size_t)field->width_px * fine;
    size_t height = (size_t)field->height_px * fine;
    size_t longest = width > height ? width : height;
    double *outer = malloc(width * height * sizeof *outer);
    double *inner = malloc(width * height * sizeof *inner);
    struct scratch scratch = {malloc(longest * sizeof(double)), malloc((longest + 1) * sizeof(double)),
                              malloc(longest * sizeof(size_t))};
    if (outer && inner && scratch.values && scratch.cuts && scratch.tops) {
        begin(picture, (size_t)border * fine, width, height, outer, inner);
        transform_grid(outer, width, height, &scratch);
        transform_grid(inner, width, height, &scratch);
        for (uint32_t y = 0; y < field->height_px; y++) {
            for (uint32_t x = 0; x < field->width_px; x++) {
                double distance = distance_at(outer, inner, width, x, y, fine) / (fine * css_px);
                memset(field->rgba + ((size_t)y * field->width_px + x) * 4, byte_of(distance), 4);
            }
        }
    } else {
        canvas_destroy(field);
        field = NULL;
    }
    free(outer);
    free(inner);
    free(scratch.values);
    free(scratch.cuts);
    free(scratch.tops);
    return field;
}
