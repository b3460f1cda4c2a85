/* SPDX-License-Identifier: MIT */
#pragma once
/* Colours as text (CSS Color Module Level 4, the part the style specification uses) and colours between colours. */

#include "style/style.h"

/* Named colours, #rgb, #rgba, #rrggbb, #rrggbbaa, rgb(), rgba(), hsl(), hsla(); blanks around are ignored. */
bool css_color_parse(struct text text, struct style_color *out_color);

enum css_color_space { CSS_COLOR_RGB, CSS_COLOR_HCL, CSS_COLOR_LAB };

/* The colour at `t` (0 … 1) on the way from one colour to the other through a colour space. */
struct style_color css_color_mix(struct style_color from, struct style_color to, double t, enum css_color_space space);
