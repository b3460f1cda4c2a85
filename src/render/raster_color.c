/* SPDX-License-Identifier: MIT */
#include "render/raster_color.h"

#include <math.h>
#include <string.h>

typedef float f32x4 __attribute__((vector_size(16)));
typedef int32_t i32x4 __attribute__((vector_size(16)));
typedef uint8_t u8x4 __attribute__((vector_size(4)));

enum { FACTOR_MAX = 10000 }; /* contrast and saturation of 1 are meant to be endless */

/* A colour's three components become rows . (r, g, b) + shift. */
struct affine {
    double rows[3][3];
    double shift;
};

/* The colour wheel turned, as MapLibre turns it: a rotation about the grey axis. */
static struct affine spun(double degrees)
{
    double angle = degrees * 3.14159265358979323846 / 180;
    double c = cos(angle);
    double s = sin(angle) * sqrt(3);
    double a = (2 * c + 1) / 3;
    double b = (-s - c + 1) / 3;
    double d = (s - c + 1) / 3;
    return (struct affine){.rows = {{a, b, d}, {d, a, b}, {b, d, a}}};
}

/* Moves colours away from their grey. The grey is that of the colour before it was spun, which is the same. */
static void saturate(struct affine *affine, double saturation)
{
    double factor = saturation > 0 ? 1 - 1 / (1.001 - saturation) : -saturation;
    for (size_t row = 0; row < 3; row++) {
        for (size_t i = 0; i < 3; i++) {
            affine->rows[row][i] += (1.0 / 3 - affine->rows[row][i]) * factor;
        }
    }
}

/* value * factor + shift. */
static void scale(struct affine *affine, double factor, double shift)
{
    for (size_t row = 0; row < 3; row++) {
        for (size_t i = 0; i < 3; i++) {
            affine->rows[row][i] *= factor;
        }
    }
    affine->shift = affine->shift * factor + shift;
}

static double number(const struct render_layer_context *context, enum style_property property)
{
    struct style_scope scope = {.zoom = context->view->zoom, .arena = context->arena};
    return style_number(context->layer, property, &scope);
}

static bool is_identity(const struct raster_color *color)
{
    for (size_t i = 0; i < 4; i++) {
        for (size_t k = 0; k < 4; k++) {
            if (fabsf(color->columns[i][k] - (i == k ? 1 : 0)) > 1e-6F) {
                return false;
            }
        }
    }
    return true;
}

struct raster_color raster_color_of(const struct render_layer_context *context)
{
    double contrast = number(context, STYLE_RASTER_CONTRAST);
    double low = number(context, STYLE_RASTER_BRIGHTNESS_MIN);
    double high = number(context, STYLE_RASTER_BRIGHTNESS_MAX);
    double opacity = fmin(1, fmax(0, number(context, STYLE_RASTER_OPACITY)));
    struct affine affine = spun(number(context, STYLE_RASTER_HUE_ROTATE));
    saturate(&affine, number(context, STYLE_RASTER_SATURATION));
    double factor = contrast > 0 ? fmin(FACTOR_MAX, 1 / fmax(1e-9, 1 - contrast)) : 1 + contrast;
    scale(&affine, factor, 0.5 - 0.5 * factor);
    scale(&affine, high - low, low);
    struct raster_color color = {0};
    for (size_t i = 0; i < 3; i++) {
        for (size_t k = 0; k < 3; k++) {
            color.columns[i][k] = (float)(affine.rows[k][i] * opacity);
        }
        color.columns[3][i] = (float)(affine.shift * opacity); /* the colour is premultiplied, so the shift is too */
    }
    color.columns[3][3] = (float)opacity;
    color.is_identity = is_identity(&color);
    return color;
}

void raster_color_apply(const struct raster_color *color, uint32_t *pixels, size_t count)
{
    if (color->is_identity) {
        return;
    }
    f32x4 columns[4];
    memcpy(columns, color->columns, sizeof columns);
    for (size_t i = 0; i < count; i++) {
        float r = (float)(pixels[i] & 255);
        float g = (float)(pixels[i] >> 8 & 255);
        float b = (float)(pixels[i] >> 16 & 255);
        float a = (float)(pixels[i] >> 24);
        f32x4 sum = columns[0] * r + columns[1] * g + columns[2] * b + columns[3] * a + 0.5F;
        i32x4 above = sum > 0.0F;
        i32x4 below = sum < 255.0F;
        /* Out of range numbers are cut before they are made whole. */
        f32x4 high = {255, 255, 255, 255};
        i32x4 bits = ((i32x4)sum & below) | ((i32x4)high & ~below);
        f32x4 bounded = (f32x4)(bits & above);
        u8x4 bytes = __builtin_convertvector(__builtin_convertvector(bounded, i32x4), u8x4);
        memcpy(&pixels[i], &bytes, 4);
    }
}
