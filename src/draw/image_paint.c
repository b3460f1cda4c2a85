/* SPDX-License-Identifier: MIT */
#include "draw/image_paint.h"

#include <math.h>
#include <string.h>

/* What is sampled: four bytes a pixel, or one. */
struct texture {
    const uint8_t *bytes;
    int32_t width;
    int32_t height;
    uint32_t channels;
    uint32_t alpha; /* the channel that holds the distance */
};

/* From a place in the box to one in the texture: straight between cuts that rise. */
enum { CUTS_MAX = 2 * SPRITE_ZONES_MAX + 2 };
struct axis {
    size_t count;
    double at[CUTS_MAX];
    double texel[CUTS_MAX];
};

/* What happens to a pixel. */
struct brush {
    enum image_filter filter;
    double opacity;
    const struct image_sdf_ink *ink; /* NULL: the texture's own colours */
};

/* A pixel before rounding, 0 … 255, premultiplied. */
struct sample {
    double channel[4];
};

static const uint8_t *texel_at(const struct texture *texture, int32_t x, int32_t y)
{
    if (x < 0 || y < 0 || x >= texture->width || y >= texture->height) {
        return NULL;
    }
    return texture->bytes + ((size_t)y * (size_t)texture->width + (size_t)x) * texture->channels;
}

static void add_texel(struct sample *sample, const struct texture *texture, int32_t x, int32_t y, double weight)
{
    const uint8_t *texel = weight > 0 ? texel_at(texture, x, y) : NULL;
    for (uint32_t i = 0; texel && i < texture->channels; i++) {
        sample->channel[i] += weight * texel[i];
    }
}

static struct sample sample_at(const struct texture *texture, double u, double v, enum image_filter filter)
{
    struct sample sample = {{0}};
    if (filter == IMAGE_NEAREST) {
        add_texel(&sample, texture, (int32_t)floor(u), (int32_t)floor(v), 1);
        return sample;
    }
    double left = floor(u - 0.5);
    double top = floor(v - 0.5);
    double right_share = u - 0.5 - left;
    double low_share = v - 0.5 - top;
    int32_t x = (int32_t)left;
    int32_t y = (int32_t)top;
    add_texel(&sample, texture, x, y, (1 - right_share) * (1 - low_share));
    add_texel(&sample, texture, x + 1, y, right_share * (1 - low_share));
    add_texel(&sample, texture, x, y + 1, (1 - right_share) * low_share);
    add_texel(&sample, texture, x + 1, y + 1, right_share * low_share);
    return sample;
}

static double smoothstep(double low, double high, double x)
{
    double t = (x - low) / (high - low);
    t = t > 0 ? (t < 1 ? t : 1) : 0;
    return t * t * (3 - 2 * t);
}

/* The share of ink at a distance 0 … 1; the constants are those of the format and of MapLibre's shader. */
static double coverage_of_distance(const struct image_sdf_ink *ink, double distance)
{
    const double edge = 192.0 / 256.0;
    const double range_px = 8;
    double edge_gamma = 0.105 / ink->pixel_ratio;
    double gamma = edge_gamma / ink->scale;
    if (!ink->is_halo) {
        return smoothstep(edge - gamma, edge + gamma, distance);
    }
    gamma = (ink->halo_blur_px * 1.19 / range_px + edge_gamma) / ink->scale;
    double inner = edge + gamma;
    double outer = (6 - ink->halo_width_px / ink->scale) / range_px;
    double inside = smoothstep(inner - gamma, inner + gamma, distance);
    double halo = smoothstep(outer - gamma, outer + gamma, distance);
    return halo < 1 - inside ? halo : 1 - inside;
}

static struct sample ink_sample(const struct image_sdf_ink *ink, double distance)
{
    double alpha = coverage_of_distance(ink, distance) * ink->opacity;
    double strength = alpha * (double)ink->color.a * 255;
    return (struct sample){
        {(double)ink->color.r * strength, (double)ink->color.g * strength, (double)ink->color.b * strength, strength}};
}

static void blend(uint8_t *pixel, const struct sample *sample, double opacity)
{
    double rest = 1 - sample->channel[3] * opacity / 255;
    for (int i = 0; i < 4; i++) {
        double sum = sample->channel[i] * opacity + pixel[i] * rest;
        pixel[i] = (uint8_t)(sum < 255 ? sum + 0.5 : 255);
    }
}

/* False outside the axis. */
static bool axis_find(const struct axis *axis, double at, double *out_texel)
{
    for (size_t i = 0; i + 1 < axis->count; i++) {
        double length = axis->at[i + 1] - axis->at[i];
        double along = at - axis->at[i];
        if (along >= 0 && along < length) {
            *out_texel = axis->texel[i] + along / length * (axis->texel[i + 1] - axis->texel[i]);
            return true;
        }
    }
    return false;
}

/* The pixels of the canvas that a box may touch. */
struct pixels {
    int32_t min_x;
    int32_t min_y;
    int32_t max_x; /* one past */
    int32_t max_y;
};

static int32_t clamped(double number, uint32_t max)
{
    return number > 0 ? (number < max ? (int32_t)number : (int32_t)max) : 0;
}

static struct pixels pixels_of(const struct canvas *canvas, const struct image_matrix *matrix,
                               const struct axis *axis_x, const struct axis *axis_y)
{
    double min_x = INFINITY;
    double min_y = INFINITY;
    double max_x = -INFINITY;
    double max_y = -INFINITY;
    for (int corner = 0; corner < 4; corner++) {
        double x = axis_x->at[corner & 1 ? axis_x->count - 1 : 0];
        double y = axis_y->at[corner & 2 ? axis_y->count - 1 : 0];
        double to_x = matrix->a * x + matrix->c * y + matrix->e;
        double to_y = matrix->b * x + matrix->d * y + matrix->f;
        min_x = fmin(min_x, to_x);
        max_x = fmax(max_x, to_x);
        min_y = fmin(min_y, to_y);
        max_y = fmax(max_y, to_y);
    }
    return (struct pixels){clamped(floor(min_x), canvas->width_px), clamped(floor(min_y), canvas->height_px),
                           clamped(ceil(max_x), canvas->width_px), clamped(ceil(max_y), canvas->height_px)};
}

/* False when the matrix squeezes everything into a line. */
static bool invert(const struct image_matrix *matrix, struct image_matrix *out_inverse)
{
    double area = matrix->a * matrix->d - matrix->b * matrix->c;
    if (!(fabs(area) > 1e-12) || !isfinite(area) || !isfinite(matrix->e) || !isfinite(matrix->f)) {
        return false;
    }
    *out_inverse =
        (struct image_matrix){matrix->d / area, -matrix->b / area, -matrix->c / area, matrix->a / area, 0, 0};
    return true;
}

static void paint(struct canvas *canvas, const struct texture *texture, const struct image_matrix *matrix,
                  const struct axis *axis_x, const struct axis *axis_y, const struct brush *brush)
{
    struct image_matrix back;
    if (!invert(matrix, &back)) {
        return;
    }
    struct pixels pixels = pixels_of(canvas, matrix, axis_x, axis_y);
    for (int32_t y = pixels.min_y; y < pixels.max_y; y++) {
        uint8_t *row = canvas->rgba + (size_t)y * canvas->width_px * 4;
        double from_f = y + 0.5 - matrix->f;
        for (int32_t x = pixels.min_x; x < pixels.max_x; x++) {
            double from_e = x + 0.5 - matrix->e;
            double u;
            double v;
            if (!axis_find(axis_x, back.a * from_e + back.c * from_f, &u) ||
                !axis_find(axis_y, back.b * from_e + back.d * from_f, &v)) {
                continue;
            }
            struct sample sample = sample_at(texture, u, v, brush->filter);
            if (brush->ink) {
                sample = ink_sample(brush->ink, sample.channel[texture->alpha] / 255);
            }
            if (sample.channel[3] > 0) {
                blend(row + (size_t)x * 4, &sample, brush->opacity);
            }
        }
    }
}

static struct texture texture_of(const struct sprite_image *image)
{
    return (struct texture){image->pixels, (int32_t)image->width_px, (int32_t)image->height_px, 4, 3};
}

/* The whole texture and a pixel of nothing around it, so that edges between pixels are smooth. */
static struct axis whole(int32_t size)
{
    return (struct axis){2, {-1, size + 1}, {-1, size + 1}};
}

static void paint_whole(struct canvas *canvas, const struct texture *texture, const struct image_matrix *matrix,
                        const struct brush *brush)
{
    struct axis axis_x = whole(texture->width);
    struct axis axis_y = whole(texture->height);
    paint(canvas, texture, matrix, &axis_x, &axis_y, brush);
}

static double clamp_opacity(double opacity)
{
    return opacity > 0 ? (opacity < 1 ? opacity : 1) : 0;
}

static bool ink_shows(const struct image_sdf_ink *ink)
{
    return ink->scale > 0 && ink->pixel_ratio > 0 && ink->opacity > 0 && ink->color.a > 0 &&
           (!ink->is_halo || ink->halo_width_px > 0);
}

void image_paint(struct canvas *canvas, const struct sprite_image *image, const struct image_matrix *matrix,
                 enum image_filter filter, double opacity)
{
    struct texture texture = texture_of(image);
    struct brush brush = {filter, clamp_opacity(opacity), NULL};
    if (brush.opacity > 0) {
        paint_whole(canvas, &texture, matrix, &brush);
    }
}

void image_paint_sdf(struct canvas *canvas, const struct sprite_image *image, const struct image_matrix *matrix,
                     const struct image_sdf_ink *ink)
{
    struct texture texture = texture_of(image);
    if (ink_shows(ink)) {
        paint_whole(canvas, &texture, matrix, &(struct brush){IMAGE_SMOOTH, 1, ink});
    }
}

void image_paint_field(struct canvas *canvas, const struct image_field *field, const struct image_matrix *matrix,
                       const struct image_sdf_ink *ink)
{
    struct texture texture = {field->distances, (int32_t)field->width_px, (int32_t)field->height_px, 1, 0};
    if (ink_shows(ink)) {
        paint_whole(canvas, &texture, matrix, &(struct brush){IMAGE_SMOOTH, 1, ink});
    }
}

/* One direction of an image that is to be stretched. */
struct stretch {
    double size; /* of the image, its pixels */
    const struct sprite_zone *zones;
    size_t zone_count;
    bool has_content;
    double content_from;
    double content_to;
    double box_from; /* CSS pixels at icon-size 1 */
    double box_to;
    double pixel_ratio;
    double icon_size;
};

/* How much of the zones lies between two places. */
static double zones_within(const struct sprite_zone *zones, size_t count, double from, double to)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += fmax(from, fmin(to, zones[i].to)) - fmax(from, fmin(to, zones[i].from));
    }
    return sum;
}

/* The cuts of one direction: those of the specification's reference, zones stretched and the rest kept. `is_plain`:
 * no zones in either direction. */
static struct axis axis_of(const struct stretch *stretch, bool is_plain)
{
    const struct sprite_zone all = {0, stretch->size};
    const struct sprite_zone *zones = stretch->zone_count > 0 ? stretch->zones : &all;
    size_t zone_count = stretch->zone_count > 0 ? stretch->zone_count : 1;
    double total = zones_within(zones, zone_count, 0, stretch->size);
    double before = 0; /* stretched part in front of the content */
    double within = total;
    double fixed_before = 0;
    double fixed_within = stretch->size - total;
    if (stretch->has_content && zones_within(zones, zone_count, stretch->content_from, stretch->content_to) > 0) {
        before = zones_within(zones, zone_count, 0, stretch->content_from);
        within = zones_within(zones, zone_count, stretch->content_from, stretch->content_to);
        fixed_before = stretch->content_from - before;
        fixed_within = stretch->content_to - stretch->content_from - within;
    }
    double box_size = stretch->box_to - stretch->box_from;
    double scale = fmax(box_size > 0 ? fixed_within / stretch->pixel_ratio / box_size : 0, stretch->icon_size);
    /* Pairs of (pixels that keep their size, pixels that are stretched) up to each cut. */
    double fixed[CUTS_MAX] = {is_plain ? 0 : -1};
    double stretched[CUTS_MAX] = {is_plain ? -1 : 0};
    struct axis axis = {.count = 1};
    double done = 0;
    for (size_t i = 0; i < zone_count && !is_plain; i++) {
        fixed[axis.count] = zones[i].from - done;
        stretched[axis.count++] = done;
        fixed[axis.count] = zones[i].from - done;
        done += zones[i].to - zones[i].from;
        stretched[axis.count++] = done;
    }
    fixed[axis.count] = is_plain ? 0 : stretch->size - total + 1;
    stretched[axis.count++] = is_plain ? stretch->size + 1 : total;
    for (size_t i = 0; i < axis.count; i++) {
        double part = (stretched[i] - before) / within * box_size + stretch->box_from;
        double kept = fixed[i] - fixed_before - fixed_within * stretched[i] / total;
        axis.at[i] = part * scale + kept / stretch->pixel_ratio;
        axis.texel[i] = fixed[i] + stretched[i];
    }
    return axis;
}

void image_paint_stretched(struct canvas *canvas, const struct sprite_image *image, const struct image_box *box,
                           double icon_size, const struct image_matrix *matrix, enum image_filter filter,
                           double opacity, const struct image_sdf_ink *ink)
{
    struct brush brush = {ink ? IMAGE_SMOOTH : filter, ink ? 1 : clamp_opacity(opacity), ink};
    if (brush.opacity <= 0 || (ink && !ink_shows(ink))) {
        return;
    }
    struct stretch across = {image->width_px,    image->stretch_x,  image->stretch_x_count,
                             image->has_content, image->content[0], image->content[2],
                             box->left,          box->right,        image->pixel_ratio,
                             icon_size};
    struct stretch down = {image->height_px,   image->stretch_y,  image->stretch_y_count,
                           image->has_content, image->content[1], image->content[3],
                           box->top,           box->bottom,       image->pixel_ratio,
                           icon_size};
    bool is_plain = image->stretch_x_count == 0 && image->stretch_y_count == 0;
    struct axis axis_x = axis_of(&across, is_plain);
    struct axis axis_y = axis_of(&down, is_plain);
    struct texture texture = texture_of(image);
    paint(canvas, &texture, matrix, &axis_x, &axis_y, &brush);
}

struct image_box image_text_fit_box(const struct sprite_image *image, struct image_box box)
{
    double width = box.right - box.left;
    double height = box.bottom - box.top;
    double content_height = image->content[3] - image->content[1];
    if (!image->has_content || !(content_height > 0) || !(width > 0) || !(height > 0)) {
        return box;
    }
    double aspect = (image->content[2] - image->content[0]) / content_height;
    if (image->text_fit_height == SPRITE_FIT_PROPORTIONAL) {
        if (image->text_fit_width == SPRITE_FIT_PROPORTIONAL ||
            (image->text_fit_width == SPRITE_FIT_STRETCH_ONLY && width / height < aspect)) {
            double wider = ceil(height * aspect);
            box.left *= wider / width;
            box.right = box.left + wider;
        }
    } else if (image->text_fit_width == SPRITE_FIT_PROPORTIONAL) {
        if (image->text_fit_height == SPRITE_FIT_STRETCH_ONLY && aspect > 0 && width / height > aspect) {
            double higher = ceil(width / aspect);
            box.top *= higher / height;
            box.bottom = box.top + higher;
        }
    }
    return box;
}

/* 0 … size - 1. */
static int32_t wrapped(int32_t index, int32_t size)
{
    return index < 0 ? index + size : (index >= size ? index - size : index);
}

struct pixel image_repeat_at(const struct sprite_image *image, double x, double y)
{
    int32_t width = (int32_t)image->width_px;
    int32_t height = (int32_t)image->height_px;
    double u = fmod(x, width);
    double v = fmod(y, height);
    u = (u < 0 ? u + width : u) - 0.5;
    v = (v < 0 ? v + height : v) - 0.5;
    double left = floor(u);
    double top = floor(v);
    double right_share = u - left;
    double low_share = v - top;
    size_t x0 = (size_t)wrapped((int32_t)left, width);
    size_t x1 = (size_t)wrapped((int32_t)left + 1, width);
    size_t y0 = (size_t)wrapped((int32_t)top, height);
    size_t y1 = (size_t)wrapped((int32_t)top + 1, height);
    const uint8_t *upper = image->pixels + y0 * (size_t)width * 4;
    const uint8_t *lower = image->pixels + y1 * (size_t)width * 4;
    uint8_t mixed[4];
    for (size_t i = 0; i < 4; i++) {
        double above = upper[x0 * 4 + i] * (1 - right_share) + upper[x1 * 4 + i] * right_share;
        double below = lower[x0 * 4 + i] * (1 - right_share) + lower[x1 * 4 + i] * right_share;
        mixed[i] = (uint8_t)(above * (1 - low_share) + below * low_share + 0.5);
    }
    return (struct pixel){mixed[0], mixed[1], mixed[2], mixed[3]};
}

/* The image's own pixels, one after the other. */
static void copy_row(const struct sprite_image *image, double x, double y, size_t count, uint8_t *out_rgba)
{
    size_t width = image->width_px;
    double column = fmod(floor(x), (double)width);
    double line = fmod(floor(y), image->height_px);
    size_t at = (size_t)(column < 0 ? column + (double)width : column);
    const uint8_t *row = image->pixels + (size_t)(line < 0 ? line + image->height_px : line) * width * 4;
    while (count > 0) {
        size_t run = width - at < count ? width - at : count;
        memcpy(out_rgba, row + at * 4, run * 4);
        out_rgba += run * 4;
        count -= run;
        at = 0;
    }
}

void image_repeat_row(const struct sprite_image *image, double x, double y, double step, size_t count,
                      uint8_t *out_rgba)
{
    if (step == 1 && x - floor(x) == 0.5 && y - floor(y) == 0.5) {
        copy_row(image, x, y, count, out_rgba);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        struct pixel pixel = image_repeat_at(image, x + (double)i * step, y);
        memcpy(out_rgba + i * 4, &pixel, 4);
    }
}
