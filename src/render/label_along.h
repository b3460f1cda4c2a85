/* SPDX-License-Identifier: MIT */
#pragma once
/* Texts and icons along lines, as MapLibre sets them: the line is moved by the offset first, then each cluster of
 * letters stands where it falls, turned as the piece of line under it. */

#include "render/label_candidate.h"
#include "render/label_line.h"

/* Puts text and icon of a candidate on a path whose anchor is at distance 0. `*out_fits` is false when the path is too
 * short. False when memory is out. */
bool label_along_set(const struct label_style *style, const struct label_path *path, struct label_candidate *candidate,
                     bool *out_fits);
