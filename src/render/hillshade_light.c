/* SPDX-License-Identifier: MIT */
#include "render/hillshade_light.h"

#include <math.h>
#include <string.h>

static const float pi = 3.14159265358979F;

/* --- functions of one number: M. Abramowitz, I. Stegun, Handbook of Mathematical Functions, sections 4.3 and 4.4 ---
 */

/* 0 … 1 */
static inline float arc_tangent_unit(float x)
{
    float q = x * x;
    float sum = 0.0028662257F;
    sum = sum * q - 0.0161657367F;
    sum = sum * q + 0.0429096138F;
    sum = sum * q - 0.0752896400F;
    sum = sum * q + 0.1065626393F;
    sum = sum * q - 0.1420889944F;
    sum = sum * q + 0.1999355085F;
    sum = sum * q - 0.3333314528F;
    return x + x * q * sum;
}

/* Of numbers that are not negative. */
static inline float arc_tangent(float x)
{
    float flat = x > 1 ? 1 / x : x;
    float angle = arc_tangent_unit(flat);
    return x > 1 ? pi / 2 - angle : angle;
}

/* 0 … 1 */
static inline float arc_cosine(float x)
{
    float sum = -0.0012624911F;
    sum = sum * x + 0.0066700901F;
    sum = sum * x - 0.0170881256F;
    sum = sum * x + 0.0308918810F;
    sum = sum * x - 0.0501743046F;
    sum = sum * x + 0.0889789874F;
    sum = sum * x - 0.2145988016F;
    sum = sum * x + 1.5707963050F;
    return sqrtf(1 - x) * sum;
}

/* 0 … pi / 2 */
static inline float sine(float x)
{
    float q = x * x;
    float sum = -0.0000000239F;
    sum = sum * q + 0.0000027526F;
    sum = sum * q - 0.0001984090F;
    sum = sum * q + 0.0083333315F;
    sum = sum * q - 0.1666666664F;
    return x + x * q * sum;
}

static inline float cosine(float x)
{
    float q = x * x;
    float sum = -0.0000002605F;
    sum = sum * q + 0.0000247609F;
    sum = sum * q - 0.0013888397F;
    sum = sum * q + 0.0416666418F;
    sum = sum * q - 0.4999999963F;
    return 1 + q * sum;
}

/* e^x for -4 … 2. */
static inline float exponential(float x)
{
    float t = x / 16;
    float sum = 1 + t * (1 + t / 2 * (1 + t / 3 * (1 + t / 4 * (1 + t / 5))));
    sum *= sum;
    sum *= sum;
    sum *= sum;
    return sum * sum;
}

/* --- the methods --- */

static inline float bounded(float x, float low, float high)
{
    return x < low ? low : x > high ? high : x;
}

/* The direction a slope falls to, over pi, -1 … 1. */
static inline float aspect_turns(float east, float south)
{
    float x = fabsf(east);
    float y = fabsf(south);
    float more = x > y ? x : y;
    float less = x > y ? y : x;
    float angle = arc_tangent_unit(less / (more > 1e-30F ? more : 1e-30F));
    angle = y > x ? pi / 2 - angle : angle;
    angle = east > 0 ? pi - angle : angle;
    return (south > 0 ? angle : -angle) / pi;
}

/* 0 where a slope looks into the light and 1 where it looks away, or the other way round: a saw tooth of the angle. */
static inline float against_light(float aspect, const struct hillshade_light *light)
{
    float turns = (aspect + light->azimuth_turns + 0.5F) / 2;
    float part = turns - floorf(turns);
    return fabsf(2 * part - 1);
}

/* The cosine of the angle between the surface's normal and the light. */
static inline float incidence(float east, float south, const struct hillshade_light *light)
{
    float along = south * light->cos_azimuth - east * light->sin_azimuth;
    return (light->sin_altitude - along * light->cos_altitude) / sqrtf(1 + east * east + south * south);
}

struct shade {
    float rgba[4];
};

static inline void add(struct shade *shade, const float *color, float share)
{
    for (size_t i = 0; i < 4; i++) {
        shade->rgba[i] += color[i] * share;
    }
}

static inline struct shade standard_shade(const struct hillshade_lighting *lighting, float log_base, float top,
                                          float east, float south)
{
    const struct hillshade_light *light = &lighting->lights[0];
    float intensity = lighting->exaggeration;
    float slope = arc_tangent(0.625F * sqrtf(east * east + south * south));
    float scaled = fabsf(log_base) > 1e-6F ? (exponential(slope * log_base) - 1) / top * (pi / 2) : slope;
    float strength = bounded(intensity * 2, 0, 1);
    float turned = against_light(aspect_turns(east, south), light);
    float steep = sine(scaled) * strength;
    struct shade shade = {{0, 0, 0, 0}};
    add(&shade, light->shadow, (1 - turned) * steep);
    add(&shade, light->highlight, turned * steep);
    add(&shade, lighting->accent, (1 - cosine(scaled)) * strength * (1 - shade.rgba[3] / 255));
    return shade;
}

/* basic, and multidirectional as the mean of several. */
static inline struct shade basic_shade(const struct hillshade_lighting *lighting, size_t lights, float east,
                                       float south)
{
    struct shade shade = {{0, 0, 0, 0}};
    for (size_t i = 0; i < lights; i++) {
        const struct hillshade_light *light = &lighting->lights[i];
        float lit = bounded(incidence(east, south, light), 0, 1);
        float share = fabsf(2 * lit - 1) / (float)lights;
        add(&shade, lit > 0.5F ? light->highlight : light->shadow, share);
    }
    return shade;
}

static inline struct shade combined_shade(const struct hillshade_lighting *lighting, float east, float south)
{
    const struct hillshade_light *light = &lighting->lights[0];
    float angle = arc_cosine(bounded(incidence(east, south, light), 0, 1));
    float slope = arc_tangent(sqrtf(east * east + south * south)) * 4 / (pi * pi);
    struct shade shade = {{0, 0, 0, 0}};
    add(&shade, light->shadow, angle * slope);
    add(&shade, light->highlight, (pi / 2 - angle) * slope);
    return shade;
}

static inline struct shade igor_shade(const struct hillshade_lighting *lighting, float east, float south)
{
    const struct hillshade_light *light = &lighting->lights[0];
    float slope = arc_tangent(sqrtf(east * east + south * south)) * 2 / pi;
    float facing = 1 - against_light(aspect_turns(east, south), light);
    struct shade shade = {{0, 0, 0, 0}};
    add(&shade, light->shadow, slope * facing);
    add(&shade, light->highlight, slope * (1 - facing));
    return shade;
}

static inline uint32_t pixel_of(const struct shade *shade)
{
    uint32_t word = 0;
    for (unsigned i = 0; i < 4; i++) {
        word |= (uint32_t)(bounded(shade->rgba[i], 0, 255) + 0.5F) << 8 * i;
    }
    return word;
}

void hillshade_light_row(const struct hillshade_lighting *lighting, const float *east, const float *south, size_t count,
                         uint32_t *out)
{
    float stretch = lighting->method == STYLE_HILLSHADE_METHOD_STANDARD ? 1 : 2 * lighting->exaggeration;
    size_t lights = lighting->method == STYLE_HILLSHADE_METHOD_MULTIDIRECTIONAL ? lighting->light_count : 1;
    float log_base = (float)log(1.875 - (double)lighting->exaggeration * 1.75);
    float top = exponential(pi / 2 * log_base) - 1;
    for (size_t i = 0; i < count; i++) {
        float x = east[i] * stretch;
        float y = south[i] * stretch;
        if (isnan(x) || isnan(y)) {
            out[i] = 0;
            continue;
        }
        struct shade shade;
        switch (lighting->method) {
        case STYLE_HILLSHADE_METHOD_BASIC:
        case STYLE_HILLSHADE_METHOD_MULTIDIRECTIONAL:
            shade = basic_shade(lighting, lights, x, y);
            break;
        case STYLE_HILLSHADE_METHOD_COMBINED:
            shade = combined_shade(lighting, x, y);
            break;
        case STYLE_HILLSHADE_METHOD_IGOR:
            shade = igor_shade(lighting, x, y);
            break;
        case STYLE_HILLSHADE_METHOD_STANDARD:
        default:
            shade = standard_shade(lighting, log_base, top, x, y);
            break;
        }
        out[i] = pixel_of(&shade);
    }
}

/* --- the layer's properties --- */

static void premultiply(struct style_color color, float out[4])
{
    out[0] = (float)(color.r * color.a * 255);
    out[1] = (float)(color.g * color.a * 255);
    out[2] = (float)(color.b * color.a * 255);
    out[3] = (float)(color.a * 255);
}

static size_t lesser(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Lists of different lengths: the last of a shorter one counts for the rest. */
struct hillshade_lighting hillshade_light_of(const struct render_layer_context *context)
{
    struct style_scope scope = {.zoom = context->view->zoom, .arena = context->arena};
    const struct style_layer *layer = context->layer;
    double directions[HILLSHADE_LIGHTS_MAX] = {335};
    double altitudes[HILLSHADE_LIGHTS_MAX] = {45};
    struct style_color shadows[HILLSHADE_LIGHTS_MAX] = {{0, 0, 0, 1}};
    struct style_color highlights[HILLSHADE_LIGHTS_MAX] = {{1, 1, 1, 1}};
    size_t counts[4] = {
        style_numbers(layer, STYLE_HILLSHADE_ILLUMINATION_DIRECTION, &scope, directions, HILLSHADE_LIGHTS_MAX),
        style_numbers(layer, STYLE_HILLSHADE_ILLUMINATION_ALTITUDE, &scope, altitudes, HILLSHADE_LIGHTS_MAX),
        style_colors(layer, STYLE_HILLSHADE_SHADOW_COLOR, &scope, shadows, HILLSHADE_LIGHTS_MAX),
        style_colors(layer, STYLE_HILLSHADE_HIGHLIGHT_COLOR, &scope, highlights, HILLSHADE_LIGHTS_MAX),
    };
    struct hillshade_lighting lighting = {
        .method = (enum style_hillshade_method)style_enum(layer, STYLE_HILLSHADE_METHOD, &scope),
        .exaggeration = (float)fmin(1, fmax(0, style_number(layer, STYLE_HILLSHADE_EXAGGERATION, &scope))),
        .light_count = 1,
    };
    premultiply(style_color(layer, STYLE_HILLSHADE_ACCENT_COLOR, &scope), lighting.accent);
    for (size_t i = 0; i < 4; i++) {
        counts[i] = counts[i] == 0 ? 1 : lesser(counts[i], HILLSHADE_LIGHTS_MAX);
        lighting.light_count = counts[i] > lighting.light_count ? counts[i] : lighting.light_count;
    }
    for (size_t i = 0; i < lighting.light_count; i++) {
        const double to_radians = 3.14159265358979323846 / 180;
        double azimuth = directions[lesser(i, counts[0] - 1)] * to_radians;
        double altitude = altitudes[lesser(i, counts[1] - 1)] * to_radians;
        struct hillshade_light *light = &lighting.lights[i];
        light->sin_azimuth = (float)-sin(azimuth);
        light->cos_azimuth = (float)-cos(azimuth);
        light->sin_altitude = (float)sin(altitude);
        light->cos_altitude = (float)cos(altitude);
        light->azimuth_turns = (float)(azimuth / 3.14159265358979323846 + 1);
        premultiply(shadows[lesser(i, counts[2] - 1)], light->shadow);
        premultiply(highlights[lesser(i, counts[3] - 1)], light->highlight);
    }
    return lighting;
}
