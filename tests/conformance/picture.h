/* SPDX-License-Identifier: MIT */
#pragma once
/* The picture of one render test. */

#include "conformance/assets.h"
#include "conformance/compare.h"
#include "render/render.h"

/* What a test asks for in metadata.test. */
struct picture_parameters {
    double width_css_px;
    double height_css_px;
    double pixel_ratio;
    double allowed;
    double threshold;
    double zoom_max;
    uint32_t report_width_px; /* 0: all */
    uint32_t report_height_px;
};

void picture_parameters_read(const struct value *style, struct picture_parameters *out_parameters);

/* Draws the test's style with its operations folded in. The caller frees out_picture->rgba. */
bool picture_draw(struct painter *painter, const struct value *style, const struct picture_parameters *parameters,
                  const struct assets *assets, struct arena *arena, struct picture *out_picture, struct error *err);
