/* SPDX-License-Identifier: MIT */
/* Heatmap layers: the density of points at a quarter of the resolution, as MapLibre has it, then coloured by the ramp.
 *
 * The coarse cells lie on a grid of four device pixels from the picture's corner. Corners of tiles are multiples of
 * four pixels of the world, so neighbours share cells; one more cell on each side lets them agree where they meet. */

#include "render/layer_features.h"
#include "render/layer_paint.h"

#include <math.h>
#include <string.h>

enum { CELL_PX = 4, RAMP_COLORS = 256, KERNEL_STEPS = 2048 };

static const double kernel_height = 0.3989422804014327; /* of the normal distribution */
static const double least = 1.0 / 255 / 16;             /* what counts as nothing */
static const double kernel_reach_max = 2;               /* radii; a weight of 40 000 */

/* How far a point is seen, in radii; 0: not at all. */
static double reach_of(double weight)
{
    double share = least / weight / kernel_height;
    return weight > 0 && share < 1 ? fmin(kernel_reach_max, sqrt(-2 * log(share)) / 3) : 0;
}

double heatmap_reach_css_px(const struct style_layer *layer, const struct style_scope *scope)
{
    return kernel_reach_max * number_or(layer, STYLE_HEATMAP_RADIUS, scope, REACH_MAX_CSS_PX) + CELL_PX;
}

struct density {
    float *cells; /* one more than the picture on each side */
    int32_t columns;
    int32_t rows;
    float kernel[KERNEL_STEPS + 2]; /* by the squared distance in radii, 0 … kernel_reach_max² */
};

static double kernel_scale(void)
{
    return KERNEL_STEPS / (2 * kernel_reach_max * kernel_reach_max);
}

static bool density_init(struct density *density, const struct canvas *canvas, struct arena *arena)
{
    density->columns = (int32_t)(canvas->width_px + CELL_PX - 1) / CELL_PX + 2;
    density->rows = (int32_t)(canvas->height_px + CELL_PX - 1) / CELL_PX + 2;
    density->cells = arena_array(arena, (size_t)density->columns * (size_t)density->rows, sizeof *density->cells);
    for (int i = 0; i < KERNEL_STEPS + 2; i++) {
        density->kernel[i] = (float)(kernel_height * exp(-4.5 * i / kernel_scale()));
    }
    return density->cells;
}

/* `x`, `y` in cells from the first cell's middle. */
static void add_point(struct density *density, double x, double y, double radius_cells, double weight)
{
    double reach = reach_of(weight) * radius_cells;
    if (!(reach > 0)) {
        return;
    }
    int32_t low_x = (int32_t)fmax(0, ceil(x - reach));
    int32_t low_y = (int32_t)fmax(0, ceil(y - reach));
    int32_t high_x = (int32_t)fmin(density->columns - 1, floor(x + reach));
    int32_t high_y = (int32_t)fmin(density->rows - 1, floor(y + reach));
    double scale = kernel_scale() / (radius_cells * radius_cells);
    for (int32_t row = low_y; row <= high_y; row++) {
        float *cells = density->cells + (size_t)row * (size_t)density->columns;
        double dy = row - y;
        for (int32_t column = low_x; column <= high_x; column++) {
            double dx = column - x;
            double step = fmin(KERNEL_STEPS, (dx * dx + dy * dy) * scale);
            int32_t index = (int32_t)step;
            float share = (float)(step - index);
            float height = density->kernel[index] + (density->kernel[index + 1] - density->kernel[index]) * share;
            cells[column] += height * (float)weight;
        }
    }
}

static bool add_input(const struct render_layer_context *context, struct density *density, struct error *err)
{
    struct style_scope scope = layer_scope(context, NULL);
    double ratio = context->view->pixel_ratio;
    double intensity = layer_number(context, STYLE_HEATMAP_INTENSITY, NULL);
    double reach = heatmap_reach_css_px(context->layer, &scope) * ratio;
    struct projector projector = projector_of_view(context->view, context->input->frame, 0, 0, reach);
    struct layer_features *found;
    if (!layer_features_find(context, &projector, STYLE_PROPERTY_COUNT, LAYER_ALL, &found, err)) {
        return false;
    }
    double units = view_units_per_px(context->view) * CELL_PX;
    for (size_t i = 0; i < found->count; i++) {
        const struct feature *feature = found->items[i].feature;
        double weight = layer_number(context, STYLE_HEATMAP_WEIGHT, &found->items[i]) * intensity;
        double radius = layer_number(context, STYLE_HEATMAP_RADIUS, &found->items[i]);
        radius = fmin(radius, REACH_MAX_CSS_PX * 4.0) * ratio / CELL_PX;
        for (uint32_t p = 0; p < feature->geometry.vertex_count; p++) {
            double x;
            double y;
            render_input_place(context->input, feature, feature->geometry.points[p], &x, &y);
            if (render_input_owns(context->input, x, y)) {
                add_point(density, (x - (double)context->view->origin_x) / units + 0.5,
                          (y - (double)context->view->origin_y) / units + 0.5, radius, weight);
            }
        }
    }
    return true;
}

/* A texture of the ramp's colours as it is sampled: between the middles of its 256 steps. */
static struct pixel ramp_at(const struct pixel *ramp, double density, double opacity)
{
    double at = fmin(RAMP_COLORS - 1, fmax(0, density * RAMP_COLORS - 0.5));
    int index = (int)at;
    double share = at - index;
    const struct pixel *low = &ramp[index];
    const struct pixel *high = &ramp[index + 1 < RAMP_COLORS ? index + 1 : index];
    return (struct pixel){(uint8_t)((low->r + (high->r - low->r) * share) * opacity + 0.5),
                          (uint8_t)((low->g + (high->g - low->g) * share) * opacity + 0.5),
                          (uint8_t)((low->b + (high->b - low->b) * share) * opacity + 0.5),
                          (uint8_t)((low->a + (high->a - low->a) * share) * opacity + 0.5)};
}

static void put_over(uint8_t *rgba, struct pixel above)
{
    unsigned rest = 255u - above.a;
    rgba[0] = (uint8_t)(above.r + (rgba[0] * rest + 127) / 255);
    rgba[1] = (uint8_t)(above.g + (rgba[1] * rest + 127) / 255);
    rgba[2] = (uint8_t)(above.b + (rgba[2] * rest + 127) / 255);
    rgba[3] = (uint8_t)(above.a + (rgba[3] * rest + 127) / 255);
}

static void paint_density(struct canvas *canvas, const struct density *density, const struct pixel *ramp,
                          double opacity)
{
    for (uint32_t y = 0; y < canvas->height_px; y++) {
        double row_at = (y + 0.5) / CELL_PX + 0.5;
        size_t row = (size_t)row_at;
        double down = row_at - (double)row;
        const float *upper = density->cells + row * (size_t)density->columns;
        const float *lower = upper + density->columns;
        uint8_t *rgba = canvas->rgba + 4 * (size_t)y * canvas->width_px;
        for (uint32_t x = 0; x < canvas->width_px; x++, rgba += 4) {
            double column_at = (x + 0.5) / CELL_PX + 0.5;
            size_t column = (size_t)column_at;
            double across = column_at - (double)column;
            double above = upper[column] + ((double)upper[column + 1] - upper[column]) * across;
            double below = lower[column] + ((double)lower[column + 1] - lower[column]) * across;
            struct pixel pixel = ramp_at(ramp, above + (below - above) * down, opacity);
            if (pixel.a > 0) {
                put_over(rgba, pixel);
            }
        }
    }
}

bool heatmap_paint(struct render_layer_context *context, const struct render_input *inputs, size_t count,
                   struct error *err)
{
    const struct style_layer_info *info = style_layer_info(context->layer);
    struct style_scope scope = layer_scope(context, NULL);
    struct style_color *colors = arena_array(context->arena, RAMP_COLORS, sizeof *colors);
    struct density *density = arena_alloc(context->arena, sizeof *density);
    struct pixel ramp[RAMP_COLORS];
    if (!colors || !density || !density_init(density, context->canvas, context->arena)) {
        return error_no_memory(err);
    }
    if (!style_ramp(context->layer, STYLE_HEATMAP_COLOR, &scope, colors, RAMP_COLORS)) {
        return true;
    }
    for (size_t i = 0; i < RAMP_COLORS; i++) {
        struct color color = {(float)colors[i].r, (float)colors[i].g, (float)colors[i].b, (float)colors[i].a};
        ramp[i] = pixel_from_color(color, 1);
    }
    for (size_t i = 0; i < count; i++) {
        if (render_input_is_of(&inputs[i], info->source, info->source_layer)) {
            context->input = &inputs[i];
            if (!add_input(context, density, err)) {
                return false;
            }
        }
    }
    paint_density(context->canvas, density, ramp, layer_number(context, STYLE_HEATMAP_OPACITY, NULL));
    return true;
}
