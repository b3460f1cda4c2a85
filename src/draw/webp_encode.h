/* SPDX-License-Identifier: MIT */
#pragma once
/* WebP from a canvas, by libwebp: lossy colour, exact alpha. */

#include "base/buffer.h"
#include "base/error.h"
#include "draw/canvas.h"

bool webp_encode(const struct canvas *canvas, float quality, struct buffer *out, struct error *err);
