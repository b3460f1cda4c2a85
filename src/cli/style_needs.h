/* SPDX-License-Identifier: MIT */
#pragma once
/* What a style needs from this machine, for `tesela style check`: images in the folder "icons" beside it, fonts. */

#include "style/style.h"

/* Adds a warning to the report for each image and font stack that is not there. Everything lives in `arena`. */
void style_needs_check(const char *path, const struct style *style, struct arena *arena, struct style_report *report);
