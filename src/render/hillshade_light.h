/* SPDX-License-Identifier: MIT */
#pragma once
/* From slopes to shades: the five methods of hillshade layers, for a row of pixels at a time. Plain arithmetic with our
 * own approximations (error below 1e-5), so that every machine gives the same bytes and the compiler can take several
 * pixels at once. */

#include "render/painter.h"

enum { HILLSHADE_LIGHTS_MAX = 16 };

struct hillshade_light {
    float sin_azimuth; /* of where the light comes from, as the surface sees it */
    float cos_azimuth;
    float sin_altitude;
    float cos_altitude;
    float azimuth_turns; /* azimuth / pi */
    float shadow[4];     /* premultiplied, 0 … 255 */
    float highlight[4];
};

struct hillshade_lighting {
    enum style_hillshade_method method;
    float exaggeration;
    float accent[4];
    size_t light_count;
    struct hillshade_light lights[HILLSHADE_LIGHTS_MAX];
};

struct hillshade_lighting hillshade_light_of(const struct render_layer_context *context);
/* Slopes towards east and south (rise over run) of `count` pixels become premultiplied pixels; not a number: nothing.
 */
void hillshade_light_row(const struct hillshade_lighting *lighting, const float *east, const float *south, size_t count,
                         uint32_t *out);
