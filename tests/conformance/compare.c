/* SPDX-License-Identifier: MIT */
#include "conformance/compare.h"

#include <math.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>

bool picture_read_png(const char *path, struct picture *out_picture)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    if (!png_image_begin_read_from_file(&image, path)) {
        return false;
    }
    image.format = PNG_FORMAT_RGBA;
    uint8_t *rgba = malloc(PNG_IMAGE_SIZE(image));
    if (!rgba || !png_image_finish_read(&image, NULL, rgba, 0, NULL)) {
        png_image_free(&image);
        free(rgba);
        return false;
    }
    *out_picture = (struct picture){image.width, image.height, rgba};
    return true;
}

bool picture_write_png(const char *path, const struct picture *picture)
{
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = picture->width_px,
                       .height = picture->height_px,
                       .format = PNG_FORMAT_RGBA};
    return png_image_write_to_file(&image, path, 0, picture->rgba, 0, NULL) != 0;
}

/* Distance in YIQ (Kotsarenko and Ramos 2010), signed by whether the second is darker; with `only_brightness` the
 * difference in brightness alone. Pixels that are not opaque lie on a pattern that depends on their place. */
static double color_delta(const uint8_t *a, const uint8_t *b, size_t a_at, size_t b_at, bool only_brightness)
{
    double red = a[a_at];
    double green = a[a_at + 1];
    double blue = a[a_at + 2];
    double alpha = a[a_at + 3];
    double dr = red - b[b_at];
    double dg = green - b[b_at + 1];
    double db = blue - b[b_at + 2];
    double da = alpha - b[b_at + 3];
    if (dr == 0 && dg == 0 && db == 0 && da == 0) {
        return 0;
    }
    if (alpha < 255 || b[b_at + 3] < 255) {
        double k = (double)a_at;
        double below_red = 48 + 159 * fmod(k, 2);
        double below_green = 48 + 159 * fmod(floor(k / 1.618033988749895), 2);
        double below_blue = 48 + 159 * fmod(floor(k / 2.618033988749895), 2);
        dr = (red * alpha - b[b_at] * (double)b[b_at + 3] - below_red * da) / 255;
        dg = (green * alpha - b[b_at + 1] * (double)b[b_at + 3] - below_green * da) / 255;
        db = (blue * alpha - b[b_at + 2] * (double)b[b_at + 3] - below_blue * da) / 255;
    }
    double y = dr * 0.29889531 + dg * 0.58662247 + db * 0.11448223;
    if (only_brightness) {
        return y;
    }
    double i = dr * 0.59597799 - dg * 0.27417610 - db * 0.32180189;
    double q = dr * 0.21147017 - dg * 0.52261711 + db * 0.31114694;
    double delta = 0.5053 * y * y + 0.299 * i * i + 0.1957 * q * q;
    return y > 0 ? -delta : delta;
}

/* The pixels around (x, y), itself included. */
struct block {
    uint32_t x0;
    uint32_t y0;
    uint32_t x2;
    uint32_t y2;
    bool at_border;
};

static struct block block_of(const struct picture *picture, uint32_t x, uint32_t y)
{
    struct block block = {x > 0 ? x - 1 : 0, y > 0 ? y - 1 : 0, x + 1 < picture->width_px ? x + 1 : x,
                          y + 1 < picture->height_px ? y + 1 : y, false};
    block.at_border = x == block.x0 || x == block.x2 || y == block.y0 || y == block.y2;
    return block;
}

static bool has_many_siblings(const struct picture *picture, uint32_t x, uint32_t y)
{
    struct block block = block_of(picture, x, y);
    const uint8_t *own = picture->rgba + 4 * ((size_t)y * picture->width_px + x);
    int equal = block.at_border;
    for (uint32_t row = block.y0; row <= block.y2; row++) {
        for (uint32_t column = block.x0; column <= block.x2; column++) {
            if (row == y && column == x) {
                continue;
            }
            equal += memcmp(own, picture->rgba + 4 * ((size_t)row * picture->width_px + column), 4) == 0;
        }
    }
    return equal > 2;
}

/* "Anti-aliased Pixel and Intensity Slope Detector", Vysniauskas 2009. */
static bool looks_smoothed(const struct picture *picture, uint32_t x, uint32_t y, const struct picture *other)
{
    struct block block = block_of(picture, x, y);
    size_t at = 4 * ((size_t)y * picture->width_px + x);
    int equal = block.at_border;
    double darkest = 0;
    double brightest = 0;
    uint32_t dark_x = 0;
    uint32_t dark_y = 0;
    uint32_t bright_x = 0;
    uint32_t bright_y = 0;
    for (uint32_t column = block.x0; column <= block.x2; column++) {
        for (uint32_t row = block.y0; row <= block.y2; row++) {
            if (row == y && column == x) {
                continue;
            }
            double delta =
                color_delta(picture->rgba, picture->rgba, at, 4 * ((size_t)row * picture->width_px + column), true);
            if (delta == 0) {
                if (++equal > 2) {
                    return false;
                }
            } else if (delta < darkest) {
                darkest = delta;
                dark_x = column;
                dark_y = row;
            } else if (delta > brightest) {
                brightest = delta;
                bright_x = column;
                bright_y = row;
            }
        }
    }
    if (darkest == 0 || brightest == 0) {
        return false;
    }
    return (has_many_siblings(picture, dark_x, dark_y) && has_many_siblings(other, dark_x, dark_y)) ||
           (has_many_siblings(picture, bright_x, bright_y) && has_many_siblings(other, bright_x, bright_y));
}

static void mark(struct picture *diff, const struct picture *a, size_t at, bool differs)
{
    if (!diff) {
        return;
    }
    static const uint8_t red[4] = {255, 0, 0, 255};
    double y = a->rgba[at] * 0.29889531 + a->rgba[at + 1] * 0.58662247 + a->rgba[at + 2] * 0.11448223;
    uint8_t grey = (uint8_t)(255 + (y - 255) * 0.1 * a->rgba[at + 3] / 255);
    uint8_t pale[4] = {grey, grey, grey, 255};
    memcpy(diff->rgba + at, differs ? red : pale, 4);
}

double compare_pictures(const struct picture *a, const struct picture *b, double threshold, struct picture *out_diff)
{
    double delta_max = 35215 * threshold * threshold;
    size_t differing = 0;
    for (uint32_t y = 0; y < a->height_px; y++) {
        for (uint32_t x = 0; x < a->width_px; x++) {
            size_t at = 4 * ((size_t)y * a->width_px + x);
            bool differs = fabs(color_delta(a->rgba, b->rgba, at, at, false)) > delta_max &&
                           !looks_smoothed(a, x, y, b) && !looks_smoothed(b, x, y, a);
            differing += differs;
            mark(out_diff, b, at, differs);
        }
    }
    return (double)differing / ((double)a->width_px * a->height_px);
}
