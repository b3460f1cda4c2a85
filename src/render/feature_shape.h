/* SPDX-License-Identifier: MIT */
#pragma once
/* Where a feature is, for the expressions within and distance. */

#include "render/render.h"

/* The feature's geometry in the units of a tile: that of its source or, for whole features, a fine one at its first
 * vertex, so that every picture comes to the same. Lives in `arena`; NULL when memory is out. */
const struct style_shape *feature_shape_make(const struct render_input *input, const struct feature *feature,
                                             struct arena *arena);
