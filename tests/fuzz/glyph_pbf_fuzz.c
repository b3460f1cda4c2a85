/* SPDX-License-Identifier: MIT */
/* Any bytes as a glyph range; every glyph that comes out is painted. */

#include "draw/glyph_pbf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void paint_glyph(void *context, const struct glyph_sdf *glyph)
{
    struct image_sdf_ink ink = {
        .color = {0, 0, 0, 1}, .opacity = 1, .is_halo = true, .halo_width_px = 1, .scale = 0.5, .pixel_ratio = 1};
    glyph_sdf_paint(context, glyph, &(struct image_matrix){0.5, 0, 0, 0.5, 8, 24}, &ink);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct canvas *canvas = canvas_create(32, 32);
    (void)glyph_pbf_read(data, size, paint_glyph, canvas, NULL);
    canvas_destroy(canvas);
    return 0;
}
