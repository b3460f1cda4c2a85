/* SPDX-License-Identifier: MIT */
#pragma once
/* JPEG (baseline, 4:2:0) from a canvas, by libjpeg-turbo: for imagery, a fifth of a PNG. */

#include "base/buffer.h"
#include "base/error.h"
#include "draw/canvas.h"

/* Appends a JPEG file. JPEG knows no transparency: what is not opaque is laid over white, the colour of paper. */
bool jpeg_encode(const struct canvas *canvas, int quality, struct buffer *out, struct error *err);
