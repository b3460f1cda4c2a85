/* SPDX-License-Identifier: MIT */
/* color-relief layers: each elevation gets its colour of a ramp. Between the stops of an interpolation colours are
 * mixed evenly, premultiplied, as MapLibre does whatever the kind of interpolation. Any other expression is asked
 * metre by metre. */

#include "render/elevation_layer.h"
#include "render/layer_paint.h"

#include <math.h>
#include <string.h>

typedef float f32x4 __attribute__((vector_size(16)));
typedef int32_t i32x4 __attribute__((vector_size(16)));
typedef uint8_t u8x4 __attribute__((vector_size(4)));

enum {
    STOPS_MAX = 4096,
    LOWEST_M = -11000, /* for expressions without stops: the deepest sea … */
    HIGHEST_M = 9000,  /* … and the highest mountain */
    STEP_M = 5
};

struct stop {
    float metres;
    f32x4 color; /* premultiplied, times the layer's opacity, 0 … 255 */
};

struct ramp {
    struct stop *stops; /* ascending */
    size_t count;
};

static bool add_stop(const struct render_layer_context *context, struct ramp *ramp, double input, double metres,
                     double opacity)
{
    struct style_scope scope = {.zoom = context->view->zoom, .arena = context->arena};
    struct style_color color;
    if (!style_ramp_at(context->layer, STYLE_COLOR_RELIEF_COLOR, &scope, input, &color)) {
        return false;
    }
    double alpha = color.a * opacity * 255;
    ramp->stops[ramp->count++] = (struct stop){
        (float)metres, {(float)(color.r * alpha), (float)(color.g * alpha), (float)(color.b * alpha), (float)alpha}};
    return true;
}

/* Just below each stop the colour is asked again: that of a step differs there. */
static bool ramp_of_stops(const struct render_layer_context *context, const double *inputs, size_t count,
                          double opacity, struct ramp *ramp)
{
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(inputs[i])) {
            continue; /* the start of a step */
        }
        if ((i > 0 && !add_stop(context, ramp, nextafter(inputs[i], -INFINITY), inputs[i], opacity)) ||
            !add_stop(context, ramp, inputs[i], inputs[i], opacity)) {
            return false;
        }
    }
    return true;
}

static bool ramp_of_samples(const struct render_layer_context *context, double opacity, struct ramp *ramp)
{
    for (int metres = LOWEST_M; metres <= HIGHEST_M; metres += STEP_M) {
        if (!add_stop(context, ramp, metres, metres, opacity)) {
            return false;
        }
    }
    return true;
}

/* `*out_ramp` has no stops when the layer has no colours. False when memory is out. */
static bool make_ramp(const struct render_layer_context *context, double opacity, struct ramp *out_ramp)
{
    double *inputs = arena_array(context->arena, STOPS_MAX, sizeof *inputs);
    size_t samples = (HIGHEST_M - LOWEST_M) / STEP_M + 1;
    struct stop *stops = arena_alloc(context->arena, (2 * STOPS_MAX + samples + 1) * sizeof *stops);
    if (!inputs || !stops) {
        return false;
    }
    *out_ramp = (struct ramp){.stops = stops};
    size_t count = style_ramp_stops(context->layer, STYLE_COLOR_RELIEF_COLOR, inputs, STOPS_MAX);
    count = count < STOPS_MAX ? count : STOPS_MAX;
    bool ok = count > 0 ? ramp_of_stops(context, inputs, count, opacity, out_ramp)
                        : ramp_of_samples(context, opacity, out_ramp);
    if (!ok) {
        out_ramp->count = 0;
    }
    return true;
}

static f32x4 color_at(const struct ramp *ramp, float metres)
{
    size_t low = 0;
    size_t high = ramp->count - 1;
    if (metres < ramp->stops[0].metres) {
        return ramp->stops[0].color;
    }
    if (metres >= ramp->stops[high].metres) {
        return ramp->stops[high].color;
    }
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (metres < ramp->stops[middle].metres) {
            high = middle;
        } else {
            low = middle;
        }
    }
    float share = (metres - ramp->stops[low].metres) / (ramp->stops[high].metres - ramp->stops[low].metres);
    return ramp->stops[low].color + (ramp->stops[high].color - ramp->stops[low].color) * share;
}

static bool begin_piece(void *brush, const struct elevation *grid, const struct render_raster *piece)
{
    (void)brush;
    (void)grid;
    (void)piece;
    return true;
}

static void paint_row(void *brush, const struct elevation_row_place *place, uint32_t *out)
{
    const struct ramp *ramp = brush;
    const struct raster_axis *across = place->across;
    const float *above = elevation_row(place->grid, place->first);
    const float *below = elevation_row(place->grid, place->second);
    size_t count = across->to - across->from;
    for (size_t i = 0; i < count; i++) {
        int32_t first = across->first[i];
        int32_t second = across->second[i];
        float metres = elevation_mix(elevation_mix(above[first], above[second], across->weight[i]),
                                     elevation_mix(below[first], below[second], across->weight[i]), place->weight);
        if (isnan(metres)) {
            out[i] = 0;
            continue;
        }
        u8x4 bytes = __builtin_convertvector(__builtin_convertvector(color_at(ramp, metres) + 0.5F, i32x4), u8x4);
        memcpy(&out[i], &bytes, 4);
    }
}

bool color_relief_paint(const struct render_layer_context *context, struct error *err)
{
    struct style_scope scope = {.zoom = context->view->zoom, .arena = context->arena};
    double opacity = fmin(1, style_number(context->layer, STYLE_COLOR_RELIEF_OPACITY, &scope));
    struct ramp ramp;
    if (!(opacity > 0)) {
        return true;
    }
    if (!make_ramp(context, opacity, &ramp)) {
        return error_no_memory(err);
    }
    return ramp.count == 0 || elevation_layer_paint(context, begin_piece, paint_row, &ramp, err);
}
