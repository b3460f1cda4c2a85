/* SPDX-License-Identifier: MIT */
/* Any bytes as a PNG file; what can be read is written and read again without change. */

#include "draw/png_encode.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_and_read(const struct canvas *canvas)
{
    struct png_encoder *encoder = png_encoder_create();
    struct canvas *again = NULL;
    struct buffer out;
    buffer_init(&out, 64 << 20);
    if (!encoder || !png_encode(encoder, canvas, NULL, &out, NULL) || !png_decode(out.data, out.length, &again, NULL) ||
        again->width_px != canvas->width_px || again->height_px != canvas->height_px ||
        memcmp(again->rgba, canvas->rgba, (size_t)canvas->width_px * canvas->height_px * 4) != 0) {
        abort();
    }
    canvas_destroy(again);
    buffer_finish(&out);
    png_encoder_destroy(encoder);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct canvas *canvas = NULL;
    struct error err;
    if (!png_decode(data, size, &canvas, &err)) {
        return 0;
    }
    if ((size_t)canvas->width_px * canvas->height_px <= 1 << 20) {
        write_and_read(canvas);
    }
    canvas_destroy(canvas);
    return 0;
}
