/* SPDX-License-Identifier: MIT */
#pragma once
/* What a style calls by name and needs from elsewhere: images and fonts. */

#include "style/style.h"

/* A list of fonts as in text-font. */
struct style_font_stack {
    const char *layer_id; /* the first layer that has it */
    const struct text *fonts;
    size_t count;
};

struct style_image_name {
    const char *layer_id; /* the first layer that has it */
    struct text name;
};

struct style_mentions {
    const struct style_image_name *images; /* distinct, in the order of the style */
    size_t image_count;
    bool has_computed_images;              /* names made from attributes: any image may be meant */
    const struct style_font_stack *stacks; /* distinct, in the order of the style */
    size_t stack_count;
    bool has_text;
};

/* Everything lives in `arena` or belongs to the style. False when memory is out. */
bool style_mentions_find(const struct style *style, struct arena *arena, struct style_mentions *out_mentions);
