/* SPDX-License-Identifier: MIT */
#pragma once
/* PNG (ISO/IEC 15948) from a canvas: framing by libpng, the IDAT stream by png_deflate.c (indexed) or
 * libdeflate. */

#include "base/buffer.h"
#include "base/error.h"
#include "draw/canvas.h"
#include "draw/palette.h"

struct png_encoder; /* keeps a compressor; belongs to one thread */

struct png_encoder *png_encoder_create(void);
void png_encoder_destroy(struct png_encoder *encoder);

struct png_options {
    int level;        /* libdeflate level 1 … 12; 0: fastest, which for indexed pictures is our own */
    const char *text; /* a "Description" text chunk (attribution, legal note), UTF-8; NULL: none */
};

/* Appends a PNG file. Exact: up to 256 distinct colours give an indexed picture, otherwise RGB when opaque, else RGBA.
 * Equal pixels give equal bytes. */
bool png_encode(struct png_encoder *encoder, const struct canvas *canvas, const struct png_options *options,
                struct buffer *out, struct error *err);

/* The same as an indexed picture of the map's palette: each pixel takes the colour nearest to it, so that pictures with
 * one palette agree where they meet. When more than a thousandth of the pixels are missed (PALETTE_ERROR_MAX), the
 * picture is not what the palette was made for and is encoded exactly, as png_encode does. */
bool png_encode_with_palette(struct png_encoder *encoder, const struct canvas *canvas, struct palette_map *map,
                             const struct png_options *options, struct buffer *out, struct error *err);

/* Reads a PNG file (any type, at most 16 megapixels) into a new canvas, which the caller destroys. For icons, patterns
 * and tests. */
bool png_decode(const void *bytes, size_t size, struct canvas **out_canvas, struct error *err);
