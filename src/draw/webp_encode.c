/* SPDX-License-Identifier: MIT */
#include "draw/webp_encode.h"

#include <stdlib.h>
#include <webp/encode.h>

/* WebP keeps colours straight. */
static uint8_t *straighten(const struct canvas *canvas)
{
    size_t count = (size_t)canvas->width_px * canvas->height_px;
    uint8_t *rgba = malloc(4 * count);
    for (size_t i = 0; rgba && i < count; i++) {
        const uint8_t *from = canvas->rgba + 4 * i;
        unsigned alpha = from[3];
        for (size_t k = 0; k < 3; k++) {
            rgba[4 * i + k] = (uint8_t)(alpha == 0 ? 0 : (from[k] * 255U + alpha / 2) / alpha);
        }
        rgba[4 * i + 3] = (uint8_t)alpha;
    }
    return rgba;
}

bool webp_encode(const struct canvas *canvas, float quality, struct buffer *out, struct error *err)
{
    WebPConfig config;
    WebPPicture picture;
    WebPMemoryWriter writer;
    uint8_t *rgba = straighten(canvas);
    if (!rgba || !WebPConfigPreset(&config, WEBP_PRESET_PICTURE, quality) || !WebPPictureInit(&picture)) {
        free(rgba);
        return error_no_memory(err);
    }
    config.method = 2; /* tiles are made while somebody waits */
    WebPMemoryWriterInit(&writer);
    picture.width = (int)canvas->width_px;
    picture.height = (int)canvas->height_px;
    picture.writer = WebPMemoryWrite;
    picture.custom_ptr = &writer;
    bool ok = WebPPictureImportRGBA(&picture, rgba, (int)canvas->width_px * 4) && WebPEncode(&config, &picture);
    if (ok) {
        buffer_append(out, writer.mem, writer.size);
    }
    WebPPictureFree(&picture);
    WebPMemoryWriterClear(&writer);
    free(rgba);
    if (!ok) {
        error_set(err, ERROR_INTERNAL, "the picture could not be written as WebP");
        return false;
    }
    return !out->failed || error_no_memory(err);
}
