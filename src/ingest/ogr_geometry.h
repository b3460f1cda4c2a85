/* SPDX-License-Identifier: MIT */
#pragma once
/* Geometry that stands in text. */

#include "base/arena.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>

/* WKB (ISO) of WKT text, of hexadecimal (E)WKB, or of a geometry of GeoJSON; false when it is none of these. */
bool ogr_geometry_parse(struct text text, struct arena *arena, const unsigned char **out_wkb, size_t *out_size);
