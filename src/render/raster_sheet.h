/* SPDX-License-Identifier: MIT */
#pragma once
/* Where the pixels of raster pieces come to lie on a picture, and laying them there.
 *
 * The picture is shifted by less than a CSS pixel so that the world's grid of pixels meets the screen's, as MapLibre
 * does for raster layers: imagery at its own zoom is shown pixel for pixel. A pixel shows what lies at its centre; one
 * on a border belongs to the piece to its right or below. Both are worked out from world units, so the tiles of a map
 * agree with a picture of the whole to the last bit. */

#include "render/painter.h"
#include "render/render_raster.h"

struct raster_sheet {
    struct canvas *canvas;
    uint8_t *taken; /* pixels already painted by a piece of this layer; NULL when no two pieces overlap */
    double origin_x;
    double origin_y;
    double units; /* world units of a pixel */
};

/* False when memory is out. */
bool raster_sheet_init(const struct render_layer_context *context, struct raster_sheet *out_sheet);

/* Lays a run of premultiplied pixels and, if `is_tile`, keeps later pieces off them. Changes `pixels`. */
void raster_sheet_lay(struct raster_sheet *sheet, uint32_t x, uint32_t y, uint32_t *pixels, size_t count, bool is_tile);

/* True for a piece along the axes, right way up. */
bool raster_sheet_is_upright(const struct render_raster *raster);

enum { RASTER_WEIGHT_ONE = 256 };

/* The pixels of the picture that a piece covers in one direction, and the two texels that each is mixed from. */
struct raster_axis {
    uint32_t from; /* pixels of the picture; from >= to when it is not seen */
    uint32_t to;
    int32_t *first;   /* texel -1 … count - 1, for from … to - 1 */
    int32_t *second;  /* the next one, or the same for nearest */
    uint16_t *weight; /* of the second, in 1 / RASTER_WEIGHT_ONE */
    bool is_plain;    /* texel after texel, none mixed */
};

/* How a piece is looked at along one axis. */
struct raster_place {
    double origin; /* world units of the picture's first edge */
    double units;  /* … of one of its pixels */
    uint32_t size_px;
    double low; /* world units: the piece's edges */
    double high;
    uint32_t texels;
    bool nearest;
    bool has_border; /* texels -1 and `texels` exist; else the last ones are repeated */
};

bool raster_axis_place(const struct raster_place *place, struct arena *arena, struct raster_axis *out_axis);
