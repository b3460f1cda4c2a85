/* SPDX-License-Identifier: MIT */
/* The features painting is given: whose they are and where they lie. */

#include "base/text.h"
#include "render/render.h"

bool render_input_is_of(const struct render_input *input, const char *source, const char *source_layer)
{
    return source && text_same_string(input->source, source) && text_same_string(input->source_layer, source_layer);
}

void render_input_place(const struct render_input *input, const struct feature *feature, struct world_point point,
                        double *out_x, double *out_y)
{
    const struct render_frame *frame = input->frame;
    double unit = frame ? frame->unit : 1;
    *out_x = (double)point.x * unit + (double)(feature->shift_x + (frame ? frame->origin_x : 0));
    *out_y = (double)point.y * unit + (double)(frame ? frame->origin_y : 0);
}

bool render_input_owns(const struct render_input *input, double x, double y)
{
    const struct world_box *bounds = input->frame ? &input->frame->bounds : NULL;
    return !bounds || (x >= (double)bounds->min_x && x < (double)bounds->max_x && y >= (double)bounds->min_y &&
                       y < (double)bounds->max_y);
}
