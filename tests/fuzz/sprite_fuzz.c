/* SPDX-License-Identifier: MIT */
/* Any bytes as a sprite: the index up to the first NUL, then its picture. What is read is painted. */

#include "draw/image_paint.h"
#include "draw/sprite.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *zero = size > 0 ? memchr(data, 0, size) : NULL;
    size_t json_size = zero ? (size_t)(zero - data) : size;
    const uint8_t *png = data + (zero ? json_size + 1 : size);
    struct sprite *sprite = sprite_create();
    struct canvas *canvas = canvas_create(64, 64);
    if (sprite_add_sheet(sprite, text_of("p"), (struct text){(const char *)data, json_size}, png,
                         (size_t)(data + size - png), NULL)) {
        for (size_t i = 0; i < sprite_count(sprite) && i < 16; i++) {
            const struct sprite_image *image = sprite_at(sprite, i);
            struct image_box box = image_text_fit_box(image, (struct image_box){-20, -10, 20, 10});
            struct image_sdf_ink ink = {.color = {1, 0, 0, 1}, .opacity = 1, .scale = 1, .pixel_ratio = 1};
            image_paint_stretched(canvas, image, &box, 1, &(struct image_matrix){1, 0, 0, 1, 32, 32}, IMAGE_SMOOTH, 1,
                                  image->is_sdf ? &ink : NULL);
            image_repeat_row(image, -1e6, 3.3, 0.7, 64, canvas->rgba);
        }
    }
    canvas_destroy(canvas);
    sprite_unref(sprite);
    return 0;
}
